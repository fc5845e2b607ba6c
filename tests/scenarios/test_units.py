"""Changes and the units of judgement: a clause of any measure and scope is as in a run on edited files."""

from pathlib import Path

import pytest
from shapely import Point
from worlds.scenarios import apply_changes, assert_same, by_hand, edited_osm, place, rows_of, town_of_units, way_of
from worlds.studies import case_of, degrees
from worlds.town import RAMP, moved

from cfgeo import FacilityChange, LinkChange, load_study
from cfgeo.assess.case import Case
from cfgeo.assess.measures.communities import VERDICT_COLUMNS
from cfgeo.assess.verdicts import judge_case
from cfgeo.scenarios.remeasure import changed, measured
from cfgeo.scenarios.street_edits import streets_of


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return town_of_units(tmp_path_factory.mktemp("units"), direction="worst")


@pytest.fixture(scope="module")
def case(study: Path) -> Case:
    return case_of(load_study(study))


def with_school(folder: Path) -> None:
    table = rows_of(folder / "schools.csv")
    lon, lat = degrees(320, 205)
    table.loc[len(table)] = {"kind": "primary", "name": "New", "lon": str(lon), "lat": str(lat), "certified": "yes"}
    table.fillna("").to_csv(folder / "schools.csv", index=False)


def without_school(folder: Path) -> None:
    rows_of(folder / "schools.csv").drop(index=0).to_csv(folder / "schools.csv", index=False)


def certify(folder: Path) -> None:
    table = rows_of(folder / "schools.csv")
    table.loc[1, "certified"] = "yes"
    table.to_csv(folder / "schools.csv", index=False)


def without_ramp(folder: Path) -> None:
    edited_osm(folder / "streets.osm", lambda root: root.remove(way_of(root, RAMP)))


NEW = FacilityChange(
    "add", "schools", kind="primary", name="New", shape=place(320, 205), attributes={"certified": "yes"}
)
CASES = {
    "a school is added": (NEW, with_school),
    "a school is closed": (FacilityChange("close", "schools", "schools-1"), without_school),
    "a school is certified": (
        FacilityChange("refit", "schools", "schools-2", attributes={"certified": "yes"}),
        certify,
    ),
    "a way is closed": (LinkChange("close", way=RAMP), without_ramp),
}


@pytest.mark.parametrize("name", CASES)
def test_a_change_equals_a_run_on_edited_files_in_every_scope(
    name: str, study: Path, case: Case, tmp_path: Path
) -> None:
    change, edit = CASES[name]
    result = apply_changes(case, change, streets=streets_of(load_study(study), case))
    assert_same(result.after, by_hand(study, tmp_path / "after", edit))
    found = [name for name in result.after.blocks.columns if name.endswith("_found")]
    assert len(found) == 8
    before, after = result.before, result.after
    assert not (before.clauses.equals(after.clauses) and before.blocks[found].equals(after.blocks[found]))


def test_measuring_again_gives_the_verdicts_of_a_run(case: Case) -> None:
    # The clause that puts walks together stands before one of the walks: it has to wait for it.
    shape = moved(Point(320, 205))
    before = measured(case)
    after = changed(before, [FacilityChange("add", "schools", kind="primary", name="New", shape=shape)])
    for side in (before, after):
        tables = judge_case(side.case)
        for clause in case.standard.of_scope("community"):
            part = tables.coverage[tables.coverage["clause"] == clause.id]
            for column in VERDICT_COLUMNS:
                assert list(side.verdicts[clause.id, column]) == list(part[column]), (clause.id, column)
