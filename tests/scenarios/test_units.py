"""Changes and the units of judgement: a clause of any measure and scope is as in a run on edited files."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from shapely import Point
from worlds.scenarios import apply_changes, assert_same, by_hand, edited_osm, place, rows_of, town_of_units, way_of
from worlds.studies import case_of, degrees
from worlds.town import RAMP, moved

from cfgeo import FacilityChange, LinkChange, load_study
from cfgeo.assess.case import Case
from cfgeo.assess.measures.communities import VERDICT_COLUMNS
from cfgeo.assess.verdicts import judge_case
from cfgeo.core.errors import ScenarioError
from cfgeo.core.results import Results
from cfgeo.core.scenario import Scenario
from cfgeo.pipeline.run import open_study
from cfgeo.publish.words.compared.sides import other_scopes
from cfgeo.scenarios.judge import Judge
from cfgeo.scenarios.remeasure import changed, measured
from cfgeo.scenarios.street_edits import streets_of
from cfgeo.scenarios.whatif import what_if
from cfgeo.scenarios.wider import wider


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


def certify_community(folder: Path) -> None:
    path = folder / "communities.geojson"
    content = json.loads(path.read_text(encoding="utf-8"))
    for feature in content["features"]:
        feature["properties"]["certified"] = "yes" if feature["properties"]["community"] == "Upper" else None
    path.write_text(json.dumps(content), encoding="utf-8")


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
    "a community is certified": (
        FacilityChange("refit", "communities", "Upper", attributes={"certified": "yes"}),
        certify_community,
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


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ([FacilityChange("close", "communities", "Upper")], "change_community"),
        ([FacilityChange("refit", "communities", "Nowhere", attributes={"certified": "yes"})], "change_facility"),
        ([FacilityChange("refit", "communities", "Upper", attributes={"colour": "red"})], "change_attribute"),
        ([FacilityChange("refit", "communities", "Upper", attributes={"certified": word}) for word in ("yes", "no")],
         "change_same"),
    ],
)  # fmt: skip
def test_what_cannot_be_changed_of_a_community_is_said(case: Case, changes: list[FacilityChange], code: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        apply_changes(case, *changes)
    assert [fault for fault, _ in refused.value.values["faults"].rows] == [code]  # noqa: PD011


@pytest.fixture(scope="module")
def opened(study: Path) -> tuple[Results, Judge]:
    return open_study(load_study(study))


@pytest.mark.parametrize("name", CASES)
def test_what_a_click_does_not_wait_for_is_that_of_the_whole_what_if(name: str, opened: tuple[Results, Judge]) -> None:
    (results, judge), (change, _) = opened, CASES[name]
    whole = what_if(judge.case, scenario := Scenario("", (change,)), streets=judge.streets)
    after = judge.judge(scenario.in_crs(results.inputs.crs))
    found = wider(results, judge.base, after)
    others = results.clauses["scope"] != "community"
    pd.testing.assert_frame_equal(found.verdicts.clauses[others], whole.after.clauses[others])
    for table in ("street_offices", "blocks"):
        own = [name for name in getattr(whole.after, table) if name.endswith(("_found", "_verdict", "failed_clauses"))]
        pd.testing.assert_frame_equal(getattr(found.verdicts, table)[own], getattr(whole.after, table)[own])
    assert found.verdicts.blocks["verdict"].tolist() == whole.after.blocks["verdict"].tolist()
    assert found.verdicts.district["blocks"] == whole.after.district["blocks"]
    walks = whole.after.coverage.set_index("clause")[["code", "median_minutes", "p90_minutes"]]
    touched = found.minutes.keys()
    for clause in judge.case.reach_clauses:
        there = walks.loc[clause.id, ["median_minutes", "p90_minutes"]].to_numpy()
        known = results.coverage.set_index("clause").loc[clause.id, ["median_minutes", "p90_minutes"]].to_numpy()
        here = found.minutes[clause.id].to_numpy() if clause.id in touched else known
        np.testing.assert_array_equal(here, there)
    lines = other_scopes(results, found.verdicts, results.parameters, "en")
    assert lines == other_scopes(whole.before, whole.after, results.parameters, "en")
    assert lines or not touched


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
