"""The tables of a plan: its steps as they will stand, the street offices, and who stays out of reach."""

from pathlib import Path

import pytest
from test_plan_oracle import planned
from test_plan_traps import AROUND, FIRST, SECOND, project, school, trap

from cfgeo.planned import Plan


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    """Return two homes: for 5 two links bring the first its school, for 4 the second has one at its door."""
    return planned(trap(tmp_path, project("A", 2, FIRST), project("B", 3, SECOND), project("C", 4, school(-55, 605)),
                        project("N", 1, school(-100, -400)), ways=AROUND, homes=[(0, 20), (-50, 610), (300, -390)],
                        schools=[(300, 5)]), target=1.0)  # fmt: skip


def test_each_step_says_what_it_brings(plan: Plan) -> None:
    steps = plan.built
    assert steps.index[0] == "C"
    assert steps["cost_so_far"].tolist()[-1] == 9
    assert steps["passed"].tolist() == [1, 1, 2]
    assert steps["adds_codes"].tolist() == [("C1",), (), ("C0",)]
    assert steps["adds_names"].tolist() == [("Home 1",), (), ("Home 0",)]
    assert steps["adds_demand"].tolist() == [4, 0, 4]


def test_a_project_that_no_verdict_depends_on_is_told_apart(plan: Plan) -> None:
    assert plan.projects["status"].to_dict() == {"C": "chosen", "A": "chosen", "B": "chosen", "N": "never"}
    assert plan.projects["alone_codes"].to_dict() == {"C": ("C1",), "A": (), "B": (), "N": ()}
    assert plan.projects.loc["N", ["rank", "passed"]].isna().all()


def test_the_street_office_and_who_stays_out_of_reach(plan: Plan) -> None:
    office = plan.offices.loc["O"]
    assert office[["communities", "passed_before", "passed_after", "full_cost"]].tolist() == [3, 0, 2, 9]
    assert set(office["full_projects"]) == {"A", "B", "C"}
    assert office["held_codes"] == ("C2",)
    assert plan.held["clauses"].to_dict() == {"C2": ("school",)}
