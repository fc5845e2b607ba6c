"""The tables of a plan: its steps as they will stand, the street offices, and who stays out of reach."""

from dataclasses import replace
from pathlib import Path

import pytest
from shapely import Point
from worlds.plan_traps import AROUND, FIRST, SECOND, gone, planned, project, school, trap
from worlds.town import moved

from cfgeo import FacilityChange, LinkChange
from cfgeo.core.plan import Plan


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


def wide(folder: Path, **wanted: float) -> Plan:
    """Return two street offices, something decided, a dear way to win the first home, and what that needs."""
    far = school(-100, -400)
    listed = [project("D", 9, far, decided=True, excludes=("V",)), project("A", 2, FIRST), project("B", 3, SECOND),
              project("C", 4, school(-55, 605)), project("V", 1, school(-54, 605), excludes=("D",)),
              project("K", 50, school(0, 25), requires=("Y",)), project("Y", 1, far, requires=("Z",)),
              project("Z", 1, far), project("N", 1, far),
              project("M", 60, replace(gone("School 1"), action="move", shape=moved(Point(2, 25))))]  # fmt: skip
    return planned(trap(folder, *listed, ways=AROUND, homes=[(0, 20), (-50, 610), (300, -390), (300, 20)],
                        schools=[(300, 5), (-100, -395)], offices="WNWN"), **wanted)  # fmt: skip


def test_what_a_project_is_to_the_plan(tmp_path: Path) -> None:
    plan = wide(tmp_path, target=1.0)
    assert plan.built.index.tolist()[:2] == ["D", "C"]
    assert plan.projects["status"].to_dict() == {
        "D": "decided", "C": "chosen", "A": "chosen", "B": "chosen", "V": "never", "K": "spare", "Y": "spare",
        "Z": "spare", "N": "never", "M": "spare",
    }  # fmt: skip
    alone = plan.projects["alone_codes"]
    assert alone[alone.map(len) > 0].to_dict() == {"C": ("C1",), "K": ("C0",), "M": ("C0",)}, "C3 passes now"
    assert plan.projects.loc[["A", "K", "M"], "action"].tolist() == ["add_link", "add", "move"]
    assert plan.projects.loc[["C", "K"], "street_office"].tolist() == ["N", "W"]
    assert (plan.projects.loc["C", ["lon", "lat"]] > [100, 20]).all()


def test_street_offices_pay_for_what_is_built_there(tmp_path: Path) -> None:
    plan = wide(tmp_path, target=1.0)
    offices = plan.offices.loc[["W", "N"]]
    assert offices["communities"].tolist() == [2, 2]
    assert offices["passed_before"].tolist() == [0, 1]
    assert offices["passed_after"].tolist() == [1, 2]
    assert offices["held_codes"].tolist() == [("C2",), ()]
    assert offices["full_projects"].tolist() == [("A", "B"), ("C",)], "D is decided"
    assert offices[["full_cost", "full_bound"]].to_numpy().tolist() == [[5, 5], [4, 4]]
    where = plan.built.groupby("street_office")["cost"].sum()
    assert offices["cost"].to_dict() == where.to_dict() == {"W": 14, "N": 4}
    assert plan.cost == 18


def test_what_a_budget_does_not_pay_for_is_not_out_of_reach(tmp_path: Path) -> None:
    plan = wide(tmp_path, budget=13)
    assert (plan.built.index.tolist(), plan.passed, plan.most) == (["D", "C"], 2, 3)
    assert plan.held.index.tolist() == ["C2"]
    assert plan.offices["held_codes"].to_dict() == {"W": ("C2",), "N": ()}
    assert plan.offices["passed_after"].to_dict() == {"W": 0, "N": 2}
    assert plan.offices["full_projects"].to_dict() == {"W": ("A", "B"), "N": ("C",)}


def test_a_project_lies_where_what_it_changes_is(tmp_path: Path) -> None:
    # By id and by name, a facility and a way; what lies in no community lies in the nearest.
    changes = [FacilityChange("close", "schools", "schools-1"), gone("School 1"), LinkChange("close", way=4),
               LinkChange("close", street="Way 5")]  # fmt: skip
    listed = [project(f"P{nth}", 1, change) for nth, change in enumerate(changes)]
    plan = planned(trap(tmp_path, *listed, ways=AROUND, homes=[(0, 20), (-50, 610), (300, -390)],
                        schools=[(300, 5), (-50, 605)]), target=1.0)  # fmt: skip
    shapes = plan.projects.geometry
    assert shapes["P0"].distance(moved(Point(300, 5))) < 0.01
    assert shapes["P1"].distance(moved(Point(-50, 605))) < 0.01
    assert [round(shapes[project_id].length) for project_id in ("P2", "P3")] == [1200, 800]
    assert plan.projects.loc[["P0", "P1"], "code"].tolist() == ["C0", "C1"]


def test_what_holds_a_community_is_what_it_lacks(tmp_path: Path) -> None:
    # The home has its two rooms, and no school; where nobody lives, nothing is lacking.
    plan = planned(trap(tmp_path, project("A", 2, FIRST), ways=AROUND, homes=[(0, 20)], schools=[(300, 5)],
                        rooms=((0, 22), (1, 22)), need_rooms=2, empty=((-50, 610),)), target=1.0)  # fmt: skip
    assert plan.held["clauses"].to_dict() == {"C0": ("school",)}
