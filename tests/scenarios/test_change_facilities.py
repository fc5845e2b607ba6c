"""Changed facilities: every change equals a run on tables that were edited by hand."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from shapely import Point, Polygon
from worlds.scenarios import apply_changes, assert_same, by_hand, place, rows_of, town_in
from worlds.studies import case_of, degrees
from worlds.town import moved

from cfgeo import FacilityChange, ScenarioError, load_study
from cfgeo.assess.case import Case
from cfgeo.scenarios.remeasure import changed, measured

BIG_PARK = Polygon([degrees(*xy) for xy in ((-20, 250), (150, 250), (150, 320), (-20, 320))])


def add_row(layer: str, **cells: object) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        table = rows_of(folder / f"{layer}.csv")
        row = pd.DataFrame([{column: str(cells.get(column, "")) for column in table.columns}])
        pd.concat([table, row]).to_csv(folder / f"{layer}.csv", index=False)

    return edit


def set_cells(name: str, nth: int, **cells: object) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        table = rows_of(folder / f"{name}.csv")
        for column, value in cells.items():
            table.loc[nth, column] = str(value)
        table.to_csv(folder / f"{name}.csv", index=False)

    return edit


def drop_row(name: str, nth: int) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        rows_of(folder / f"{name}.csv").drop(index=nth).to_csv(folder / f"{name}.csv", index=False)

    return edit


def set_shape(name: str, nth: int, shape: object) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        path = folder / f"{name}.geojson"
        body = json.loads(path.read_text(encoding="utf-8"))
        body["features"][nth]["geometry"] = shapely.geometry.mapping(shape)
        path.write_text(json.dumps(body), encoding="utf-8")

    return edit


def add_shape(layer: str, shape: object, **properties: object) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        path = folder / f"{layer}.geojson"
        body = json.loads(path.read_text(encoding="utf-8"))
        feature = {"type": "Feature", "properties": properties, "geometry": shapely.geometry.mapping(shape)}
        body["features"].append(feature)
        path.write_text(json.dumps(body), encoding="utf-8")

    return edit


def lonlat(x: float, y: float) -> dict[str, float]:
    lon, lat = degrees(x, y)
    return {"lon": lon, "lat": lat}


SCHOOL = {"kind": "primary", "name": "New School", "capacity": 240.0, "certified": "yes"}
WALK = shapely.LineString([degrees(300, 301), degrees(400, 301)])

CASES: dict[str, tuple[list[FacilityChange], list[Callable[[Path], None]]]] = {
    "a school is added": (
        [FacilityChange("add", "schools", kind="primary", name="New School", shape=place(320, 205),
                        attributes={"capacity": 240.0, "certified": "yes"})],
        [add_row("schools", **SCHOOL, **lonlat(320, 205))],
    ),
    "a school of a kind that no clause counts is added": (
        [FacilityChange("add", "schools", kind="junior", name="J", shape=place(320, 205))],
        [add_row("schools", kind="junior", name="J", **lonlat(320, 205))],
    ),
    "a school of two kinds is added": (
        [FacilityChange("add", "schools", kind="primary+junior", name="Both", shape=place(320, 205))],
        [add_row("schools", kind="九年一贯制学校", name="Both", **lonlat(320, 205))],
    ),
    "a school is closed": ([FacilityChange("close", "schools", "schools-1")], [drop_row("schools", 0)]),
    "a school moves": (
        [FacilityChange("move", "schools", "Low School", shape=place(120, 305))],
        [set_cells("schools", 0, **lonlat(120, 305))],
    ),
    "a school is enlarged": (
        [FacilityChange("enlarge", "schools", "Low School", attributes={"capacity": 900.0})],
        [set_cells("schools", 0, capacity=900.0)],
    ),
    "a school is certified": (
        [FacilityChange("refit", "schools", "High School", attributes={"certified": "yes"})],
        [set_cells("schools", 1, certified="yes")],
    ),
    "a park is added": (
        [FacilityChange("add", "parks", kind="park", name="Big", shape=BIG_PARK)],
        [add_shape("parks", BIG_PARK, kind="park", name="Big")],
    ),
    "a park grows": (
        [FacilityChange("enlarge", "parks", "Garden", shape=BIG_PARK)], [set_shape("parks", 1, BIG_PARK)]
    ),
    "a walkway is added": (
        [FacilityChange("add", "walkways", kind="walkway", name="Top", shape=WALK)],
        [add_shape("walkways", WALK, kind="walkway", name="Top")],
    ),
    "the first of a layer without any": (
        [FacilityChange("add", "sports", kind="pitch", name="P", shape=place(50, 100))],
        [add_row("sports", kind="pitch", name="P", **lonlat(50, 100))],
    ),
    "a children's home is closed": (
        [FacilityChange("close", "children_homes", "Low Home")], [drop_row("children_homes", 0)]
    ),
    "the only station is closed": ([FacilityChange("close", "stations", "South Station")], [drop_row("stations", 0)]),
    "several at once": (
        [
            FacilityChange("close", "schools", "schools-1"),
            FacilityChange("add", "schools", kind="primary", name="New School", shape=place(320, 205)),
            FacilityChange("enlarge", "parks", "Garden", shape=BIG_PARK),
        ],
        [
            drop_row("schools", 0),
            add_row("schools", kind="primary", name="New School", **lonlat(320, 205)),
            set_shape("parks", 1, BIG_PARK),
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_change_equals_a_run_on_edited_files(name: str, case: Case, town_study: Path, tmp_path: Path) -> None:
    changes, edits = CASES[name]
    assert_same(apply_changes(case, *changes).after, by_hand(town_study, tmp_path, *edits))


@pytest.mark.parametrize("name", ["a school is added", "a school is closed", "several at once"])
def test_a_change_equals_a_run_on_edited_files_where_both_directions_count(name: str, tmp_path: Path) -> None:
    changes, edits = CASES[name]
    study = town_in(tmp_path / "before", direction="worst")
    assert_same(apply_changes(case_of(load_study(study)), *changes).after, by_hand(study, tmp_path / "after", *edits))


@pytest.fixture(scope="module")
def case(town_study: Path) -> Case:
    return case_of(load_study(town_study))


def test_kinds_have_the_words_that_tables_have(case: Case) -> None:
    at = place(0, 0)
    named, own = (
        apply_changes(case, FacilityChange("add", "schools", kind=kind, name="新校", shape=at))
        for kind in ("九年一贯制学校", "primary+junior")
    )
    assert named.inputs.layers["schools"]["kind"].iloc[-1] == "primary+junior"
    assert named.coverage.equals(own.coverage)


def test_the_case_before_is_left_unchanged(case: Case) -> None:
    before = case.inputs.layers["schools"].copy()
    result = apply_changes(case, FacilityChange("close", "schools", "schools-1"))
    assert_geodataframe_equal(case.inputs.layers["schools"], before)
    assert result.inputs.layers["parks"] is case.inputs.layers["parks"]
    assert list(result.inputs.layers["schools"].index) == ["schools-2", "schools-3"]


FAULTS = {
    "no such layer": (FacilityChange("add", "culture", shape=place(0, 0)), "culture"),
    "no kind, where clauses ask for one": (FacilityChange("add", "schools", shape=place(0, 0)), "lacks: kind"),
    "an unknown kind": (FacilityChange("add", "schools", kind="zoo", shape=place(0, 0)), "junior, primary"),
    "no such facility": (FacilityChange("close", "schools", "Law School"), "Low School"),
    "an attribute that nobody reads": (
        FacilityChange("refit", "schools", "Low School", attributes={"certifed": "yes"}), "certifed"
    ),
    "a text for a number": (
        FacilityChange("enlarge", "schools", "Low School", attributes={"capacity": "many"}), "many"
    ),
    "off the map": (FacilityChange("add", "stations", shape=place(50_000, 0)), "off the map"),
    "no street near": (FacilityChange("add", "stations", shape=place(700, 300)), "within 100 m"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_the_error_about_an_impossible_change_names_its_number_and_id(name: str, case: Case) -> None:
    change, reason = FAULTS[name]
    with pytest.raises(ScenarioError) as caught:
        apply_changes(
            case, FacilityChange("close", "stations", "South Station", nth=1), replace(change, nth=2, id="P-2")
        )
    assert "change 2 (P-2)" in str(caught.value)
    assert reason in str(caught.value)
    assert "第 2 项（P-2）" in caught.value.text("zh")


def test_the_error_lists_all_faults(case: Case) -> None:
    changes = [FacilityChange("close", "schools", name, nth=nth) for nth, name in enumerate(("a", "b"), start=1)]
    with pytest.raises(ScenarioError) as caught:
        apply_changes(case, *changes)
    assert str(caught.value).count("change ") == 2


def test_a_facility_can_change_only_once(case: Case) -> None:
    changes = [
        FacilityChange("close", "schools", "schools-1", nth=1), FacilityChange("close", "schools", "Low School", nth=2)
    ]  # fmt: skip
    with pytest.raises(ScenarioError, match="changed by change 1 already"):
        apply_changes(case, *changes)


def test_an_ambiguous_name_is_an_error_that_lists_the_ids(case: Case) -> None:
    twin = FacilityChange("add", "stations", name="South Station", shape=moved(Point(50, 100)))
    both = changed(measured(case), [twin])
    assert list(both.case.inputs.layers["stations"].index) == ["stations-1", "stations-2"]
    with pytest.raises(ScenarioError, match="stations-1, stations-2"):
        changed(both, [FacilityChange("close", "stations", "South Station")])
