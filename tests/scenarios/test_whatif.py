"""The effect of changes, worked out by hand in the town."""

from pathlib import Path

import pytest
from worlds.scenarios import apply_changes, place
from worlds.studies import case_of

from cfgeo import FacilityChange, WhatIf, load_study
from cfgeo.assess.case import Case
from cfgeo.core.whatif import WHATIF_COLUMNS


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
