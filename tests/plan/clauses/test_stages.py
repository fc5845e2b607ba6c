"""Statuses of projects: what is done and in the data, done and not in it, dropped, and what hangs on them."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest
from worlds.plan_traps import ABOUT, AROUND, FIRST, SECOND, gone, link, planned, project, room, school, trap
from worlds.terraces import Terraces

from cfgeo import FacilityChange, Scenario, load_study
from cfgeo.app.decide import apply_scenario
from cfgeo.core.plan import Plan, PlanChoices
from cfgeo.core.projects import Project
from cfgeo.pipeline.case import load_case
from cfgeo.plan.clauses.stages import settle
from cfgeo.plan.planning import find_plan
from cfgeo.scenarios.street_edits import streets_of

CERTIFY = FacilityChange("refit", "schools", "School 0", attributes={"certified": "yes"})
HERE = {"homes": [(0, 20)], "schools": [(300, 5)], "ways": AROUND}


def town(folder: Path, *projects: Project) -> Terraces:
    return trap(folder, *projects, **HERE)


def done(item: Project, **more: object) -> Project:
    return replace(item, stage="done", decided=True, cost=0.0, spent=item.cost, **more)  # type: ignore[arg-type]


def rules(plan: Plan) -> dict[str, tuple[str, ...]]:
    return {str(row["rule"]): row["values"].get("names", ()) for _, row in plan.findings.iterrows()}


def test_what_is_done_and_in_the_data_is_not_counted_again(tmp_path: Path) -> None:
    # The school at (300, 5) stands 20 m from the one that the list calls done; P needs it, N is shut out by it.
    near = done(project("D", 9, school(300, 25)))
    plan = planned(town(tmp_path, near, project("P", 1, school(0, 25), requires=("D",)),
                        project("N", 1, school(5, 25), excludes=("D",))), target=1.0)  # fmt: skip
    assert plan.built.index.tolist() == ["P"]
    assert plan.projects["status"].to_dict() == {"P": "chosen", "D": "left", "N": "left"}
    assert rules(plan) == {"projects_done_found": ("D",)}
    assert (str(plan.projects.loc["N", "reason"]), plan.cost) == ("shut out by D, which is done", 1)
    assert str(plan.projects.loc["D", "reason"]) == "done, and in the data"


def test_what_is_done_and_not_in_the_data_is_counted_at_no_cost(tmp_path: Path) -> None:
    plan = planned(town(tmp_path, done(project("D", 9, FIRST)), project("P", 3, SECOND)), target=1.0)
    assert plan.built.index.tolist() == ["D", "P"]
    assert (plan.cost, plan.passed, rules(plan)) == (3, 1, {"projects_done_absent": ("D",)})
    every = plan.progress.set_index(["by", "key"]).loc[("all", "")]
    assert (every["projects"], every["done"], every["cost"], every["spent"], every["left"]) == (2, 1, 12, 9, 3)


def test_a_way_along_the_line_is_the_link_that_was_done(tmp_path: Path) -> None:
    # Way 2 runs from (200, 0) to (300, 0); the list has it as done, 3 m beside and as a footway of its own: not found.
    plan = planned(town(tmp_path / "a", done(project("D", 9, link("walkway", (200, 3), (300, 3))))), target=1.0)
    assert rules(plan) == {"projects_done_absent": ("D",)}
    same = link("walkway", (200, 3), (300, 3), highway="residential")
    assert rules(planned(town(tmp_path / "b", done(project("D", 9, same))), target=1.0)) == {
        "projects_done_found": ("D",)
    }


def test_what_was_closed_and_is_gone_is_done(tmp_path: Path) -> None:
    plan = planned(town(tmp_path, done(project("D", 0, gone("School 7")))), target=1.0)
    assert rules(plan) == {"projects_done_found": ("D",)}
    assert plan.projects["status"].tolist() == ["left"]


def test_what_the_study_has_decided_is_not_offered_again(tmp_path: Path) -> None:
    first, second = project("D", 9, school(300, 25)), project("P", 1, school(0, 25), requires=("D",))
    half = project("H", 4, school(305, 25), school(5, 25))
    listed = town(tmp_path, first, second, project("N", 1, school(5, 25), excludes=("D",)), half).listed
    decided = (*listed.by_id["D"].changes, listed.by_id["H"].changes[0])
    study = tmp_path / "study.toml"
    apply_scenario(load_study(study), Scenario("", decided), today=dt.date(2026, 11, 29))
    case = load_case(load_study(study))
    settled = settle(case, listed.in_crs(case.inputs.crs), streets=streets_of(load_study(study), case))
    reason = "decided by the study, and counted already"
    assert {name: str(why) for name, why in settled.left.items()} == {"D": reason, "N": "shut out by D, which is done"}
    assert {one.id: len(one.changes) for one in settled.listed.projects} == {"P": 1, "H": 1}
    plan = find_plan(case, listed, PlanChoices(target=1.0), streets=streets_of(load_study(study), case), about=ABOUT)
    assert (plan.built.index.tolist(), plan.cost) == (["P"], 1)
    assert plan.projects.loc["D", "status"] == "left"


def test_what_is_dropped_is_not_built_nor_what_requires_it(tmp_path: Path) -> None:
    bound = project("B", 1, room(5, 18), requires=("A",))
    listed = (project("A", 1, school(0, 25), stage="dropped"), bound, project("C", 2, school(5, 25)))
    plan = planned(town(tmp_path, *listed), target=1.0)
    assert plan.built.index.tolist() == ["C"]
    assert {str(name): str(why) for name, why in plan.projects["reason"].items() if why is not None} == {
        "A": "dropped", "B": "requires A, which is not built",
    }  # fmt: skip
    stages = plan.progress[plan.progress["by"] == "stage"].set_index("key")
    assert stages["projects"].to_dict() == {"planned": 2, "dropped": 1}
    assert stages["cost"].to_dict() == {"planned": 3, "dropped": 0}


def test_what_is_begun_is_decided_and_costs_what_is_left(tmp_path: Path) -> None:
    begun = project("A", 2, school(0, 25), stage="begun", decided=True, spent=5.0)
    plan = planned(town(tmp_path, begun, project("B", 1, school(5, 25))), target=1.0)
    assert (plan.built.index.tolist(), plan.built["status"].tolist(), plan.cost) == (["A"], ["decided"], 2)
    offices = plan.progress[plan.progress["by"] == "street_office"].iloc[0]
    assert (offices["cost"], offices["spent"], offices["left"], offices["plan_cost"]) == (8, 5, 3, 2)


@pytest.mark.parametrize(("item", "reason"), [
    (project("X", 1, school(-90, -390)), "lies in no community"),
    (project("X", 1, room(-90, -390)), "lies in no community"),
    (project("X", 1, CERTIFY), "certified"),
    (project("X", 1, link("walkway", (-100, -300), (-100, -390))), "make no walk shorter"),
    (project("X", 1, gone("School 0")), "School"),
])  # fmt: skip
def test_what_moves_nothing_has_a_reason(tmp_path: Path, item: Project, reason: str) -> None:
    plan = planned(town(tmp_path, item), target=1.0)
    assert plan.projects["status"].tolist() == ["never"]
    why = plan.projects.loc["X", "reason"]
    assert reason in why.text("en"), why.text("en")
    assert why.text("zh")
