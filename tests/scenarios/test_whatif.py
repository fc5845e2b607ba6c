"""The effect of changes, worked out by hand in the town."""

from dataclasses import replace
from pathlib import Path

import pytest
from worlds.scenarios import apply_changes, place
from worlds.studies import case_of

from cfgeo import FacilityChange, LinkChange, Scenario, ScenarioError, WhatIf, load_study
from cfgeo.assess.case import Case
from cfgeo.core.scenario import WrittenAt
from cfgeo.core.schema import WGS84
from cfgeo.core.whatif import WHATIF_COLUMNS
from cfgeo.scenarios.whatif import what_if


@pytest.fixture(scope="module")
def case(town_study: Path) -> Case:
    return case_of(load_study(town_study))


@pytest.fixture(scope="module")
def result(case: Case) -> WhatIf:
    """Add a school above the hill, where "top" lives, and close a children's home below."""
    school = FacilityChange("add", "schools", kind="primary", name="Top School", shape=place(320, 305))
    return apply_changes(case, school, FacilityChange("close", "children_homes", "Low Home"))


def test_children_near_a_new_school_are_gained(result: WhatIf) -> None:
    # "top" (12 pupils) walks 30 m and 5 m twice: 32 s; before, to Low School, 568 s.
    # "up" (8 pupils) reached Low School in 281 s and still does; "stranded" (4) reaches nothing.
    row = result.coverage.set_index(["code", "clause"]).loc[("C03", "school")]
    assert (row["gained"], row["lost"]) == (12, 0)
    assert row["share_before"] == pytest.approx(8 / 24)
    assert row["share_after"] == pytest.approx(20 / 24)
    assert (row["verdict_before"], row["verdict_after"], row["change"]) == ("failed", "passed", "gained")


def test_minutes_saved_are_those_worked_out_by_hand(result: WhatIf) -> None:
    # "top": 12 pupils took 568 s to Low School. "east": 10 pupils took 348 s and now take 4 + 40 + 162.5 (steps whose
    # direction nobody knows: the mean of up and down) + 80 + 16 + 4 = 306.5 s.
    rows = result.coverage.set_index(["code", "clause"])["minutes_saved"]
    assert rows["C03", "school"] == pytest.approx(12 * (568 - 32) / 60, abs=0.01)
    assert rows["C02", "school"] == pytest.approx(10 * (348 - 306.5) / 60, abs=0.01)
    assert rows["C01", "school"] == pytest.approx(0, abs=1e-9)


def test_clauses_count_what_they_gain_and_lose(result: WhatIf) -> None:
    school, home = result.clauses.loc["school"], result.clauses.loc["home"]
    assert (school["communities_gained"], school["communities_lost"], school["gained"]) == (1, 0, 12)
    assert (home["passed_before"], home["passed_after"], home["communities_lost"]) == (2, 1, 1)
    assert "culture" not in result.clauses.index  # not assessed


def test_every_community_has_one_row_for_every_clause(result: WhatIf) -> None:
    assert list(result.coverage.columns) == list(WHATIF_COLUMNS)
    assert not result.coverage.duplicated(["code", "clause"]).any()
    assert len(result.coverage) == 4 * 5
    assert list(result.communities.index) == ["C01", "C02", "C03", "C04"]


def test_a_community_is_gained_when_all_its_required_clauses_pass(result: WhatIf) -> None:
    assert list(result.communities["change"]) == ["", "", "gained", ""]
    upper = result.communities.loc["C03"]
    assert (upper["before"], upper["after"]) == ("failed", "passed")
    assert (upper["missing_before"], upper["missing"]) == (("school",), ())
    assert (result.before.district["passed"], result.after.district["passed"]) == (1, 2)


def test_a_change_without_effect_gains_and_loses_nothing(case: Case) -> None:
    nothing = apply_changes(case, FacilityChange("refit", "schools", "Low School", attributes={"certified": "yes"}))
    assert (nothing.coverage["change"] == "").all()
    assert nothing.clauses[["communities_gained", "communities_lost", "gained", "lost"]].to_numpy().sum() == 0
    assert repr(nothing).startswith("<WhatIf: ")


def remarks(case: Case, *changes: FacilityChange | LinkChange) -> list[str]:
    return [remark.text("en") for remark in apply_changes(case, *changes).remarks]


def test_a_change_that_no_clause_can_notice_is_said(case: Case) -> None:
    places = FacilityChange("enlarge", "schools", "Low School", attributes={"capacity": 900.0}, row=2, id="P-1")
    assert remarks(case, places) == [
        "row 2 (P-1): no clause of the standard reads capacity of schools; changing it touches no verdict."
    ]


def test_a_change_that_leaves_all_as_it_is_is_said(case: Case) -> None:
    schools = case.inputs.layers["schools"].to_crs(WGS84)
    school = schools.geometry[schools["name"] == "Low School"].iloc[0]
    assert remarks(case, FacilityChange("move", "schools", "Low School", shape=school)) == [
        "change 1: this is how it is already; nothing changes."
    ]


def test_a_kind_that_no_clause_counts_is_said(case: Case) -> None:
    clauses = tuple(clause for clause in case.standard.clause if clause.kind or clause.layer != "schools")
    case = replace(case, standard=case.standard.model_copy(update={"clause": clauses}))
    (said,) = remarks(case, FacilityChange("add", "schools", kind="junior", name="x", shape=place(320, 305)))
    assert "count primary only; this facility does not count" in said


def test_a_change_that_clauses_notice_has_no_remark(result: WhatIf) -> None:
    assert result.remarks == ()


def test_faults_of_the_file_and_of_the_study_come_in_one_error(case: Case) -> None:
    gone = FacilityChange("close", "schools", "Low Scool", nth=1, id="P-1", row=2)
    faults = (("change_swapped", {"where": WrittenAt(3, "P-2", True), "lon": "29.5", "lat": "106.5"}),)
    with pytest.raises(ScenarioError) as caught:
        what_if(case, Scenario("", (gone,), faults=faults))
    lines = str(caught.value).splitlines()
    assert lines[1].startswith("  - row 2 (P-1): layer schools has no 'Low Scool'; near it are: Low School")
    assert lines[2].startswith("  - row 3 (P-2): longitude and latitude are swapped")
