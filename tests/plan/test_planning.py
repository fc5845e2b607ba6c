"""Plans as they are asked for: budgets, targets, and what makes no question."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import pytest
from shapely import Point
from worlds.osm_files import OsmFile
from worlds.plan_traps import (
    AROUND,
    FIRST,
    LOOP,
    SECOND,
    assert_best,
    gone,
    link,
    planned,
    project,
    school,
    trap,
    write_layer,
)
from worlds.scenarios import add_tags, by_hand, edited_osm, line, place, set_tag, town_in, way_of
from worlds.studies import case_of, degrees, edited, without_table
from worlds.terraces import Terraces, terraces

from cfgeo import ScenarioError, StudyError, load_study
from cfgeo.assess.case import Case
from cfgeo.core.plan import Plan
from cfgeo.core.projects import Project, Projects
from cfgeo.core.scenario import LINK_TAGS, Change, FacilityChange, LinkChange
from cfgeo.pipeline.case import load_case
from cfgeo.plan.planning import list_faults, settled
from cfgeo.plan.trials import Trials
from cfgeo.scenarios.street_edits import Streets, streets_of

Made = Callable[..., Terraces]


@pytest.fixture
def row(tmp_path: Path) -> Made:
    """Make a town of one home, for which two links in a row do, with some projects."""

    def make_row(*projects: Project, **more: Any) -> Terraces:
        defaults = {"homes": [(0, 20)], "schools": [(300, 5)], "ways": AROUND, **more}
        return trap(tmp_path, *projects, **defaults)

    return make_row


A, B = project("A", 2, FIRST), project("B", 3, SECOND)


def built(plan: Plan) -> list[str]:
    return plan.built.index.tolist()


def test_an_empty_list_is_a_plan_that_builds_nothing(row: Made) -> None:
    plan = planned(row(), target=1.0)
    assert (plan.passed, plan.cost, plan.most, len(plan.projects)) == (0, 0, 0, 0)
    assert plan.held["clauses"].tolist() == [("school",)]
    assert planned(row(), budget=0.0).gap == 0


def test_decided_projects_are_built_and_paid_for(row: Made) -> None:
    plan = planned(row(replace(A, decided=True), replace(B, decided=True)), target=0.5)
    assert (built(plan), plan.passed, plan.cost, plan.bound) == (["A", "B"], 1, 5, 5)
    assert plan.built["adds_codes"].tolist() == [(), ("C0",)]


def test_a_budget_builds_no_more_than_it_pays_for(row: Made) -> None:
    town = row(A, B, replace(project("D", 1, school(-100, -390)), decided=True))
    assert [planned(town, budget=budget).passed for budget in (1.0, 5.9, 6.0)] == [0, 0, 1]
    with pytest.raises(StudyError) as caught:
        planned(town, budget=0.5)
    assert caught.value.code == "plan_budget"


def test_a_budget_pays_for_what_is_decided_to_the_cent(row: Made) -> None:
    town = row(replace(A, cost=0.1, decided=True), replace(B, cost=0.2, decided=True))
    assert 0.1 + 0.2 > 0.3
    assert planned(town, budget=0.3).passed == 1
    with pytest.raises(StudyError, match=r"costs 0\.3 "):
        planned(town, budget=0.29)


@pytest.mark.parametrize(("wanted", "code"), [
    ({"budget": 1.0, "target": 0.5}, "plan_one"), ({"target": 0.0}, "plan_target"), ({"target": 1.5}, "plan_target"),
    ({"budget": -1.0}, "plan_budget"), ({"budget": np.inf}, "plan_budget"), ({"budget": np.nan}, "plan_budget"),
    ({"target": np.nan}, "plan_target"),
])  # fmt: skip
def test_choices_that_cannot_be_met_are_refused(row: Made, wanted: dict[str, float], code: str) -> None:
    with pytest.raises(StudyError) as caught:
        planned(row(A, B), **wanted)
    assert caught.value.code == code


def test_a_target_that_cannot_be_met_has_a_plan_for_the_most(row: Made) -> None:
    plan = planned(row(A, B, homes=[(0, 20), (-50, 610)]), target=1.0)
    assert (plan.passed, plan.most, built(plan)) == (1, 1, ["A", "B"])
    assert plan.held.index.tolist() == ["C1"]
    assert plan.held["clauses"].tolist() == [("school",)]


def test_the_target_of_the_choices_goes_before_that_of_the_standard(row: Made) -> None:
    two = row(A, B, project("C", 4, school(-55, 605)), homes=[(0, 20), (-50, 610)])
    for target, ids in ((0.5, ["C"]), (0.5 + 1e-12, ["C"]), (0.6, ["C", "A", "B"])):
        plan = planned(two, target=target)
        assert set(built(plan)) == set(ids)
        assert (plan.passed, plan.most) == (len(ids) // 2 + 1, 2)
    assert planned(two).passed == 2, "the standard's own"


def test_two_that_cannot_pass_together_are_no_target(row: Made) -> None:
    first, other = project("S", 1, school(0, 25)), project("T", 3, school(-55, 605), excludes=("S",))
    plan = planned(row(replace(first, excludes=("T",)), other, homes=[(0, 20), (-50, 610)]), target=1.0)
    assert (plan.passed, plan.most, built(plan), plan.gap) == (1, 1, ["S"], 0)
    assert plan.frontier.index.tolist() == [0, 1]
    assert plan.held.empty, "each can pass"
    assert plan.offices[["full_cost", "full_bound"]].isna().to_numpy().tolist() == [[True, False]]
    assert np.isinf(plan.offices.loc["O", "full_bound"])


def test_what_is_decided_is_drawn_before_what_begins_at_it(row: Made) -> None:
    begun = project("A", 2, link("walkway", (50, 0), (120, -30), (200, 0)))
    plan = planned(row(begun, replace(project("B", 3, FIRST), decided=True)), target=1.0)
    assert (built(plan), plan.passed, plan.cost) == (["B", "A"], 1, 5)


def test_free_projects_and_duplicates_cost_nothing_extra(row: Made) -> None:
    free = planned(row(replace(A, cost=0.0), replace(B, cost=0.0)), target=1.0)
    assert (free.passed, free.cost, free.gap) == (1, 0, 0)
    twice = planned(row(A, B, replace(B, id="B2", name="B2")), target=1.0)
    assert (twice.passed, twice.cost, twice.bound) == (1, 5, 5)


def test_a_chain_of_requirements_is_built_from_its_end(row: Made) -> None:
    far = [project(project_id, 1, school(-100, -390 - nth)) for nth, project_id in enumerate("XYZ")]
    chain = [replace(far[0], requires=("Y",)), replace(far[1], requires=("Z",)), far[2], replace(A, requires=("X",)), B]
    plan = planned(row(*chain), target=1.0)
    order = built(plan)
    assert plan.cost == 8
    places = [order.index(project_id) for project_id in "ZYXA"]
    assert places == sorted(places)


def test_what_a_decided_project_shuts_out_is_no_choice(row: Made) -> None:
    door = project("S", 1, school(0, 25), excludes=("D",))
    town = row(A, B, door, replace(project("D", 1, school(-100, -390)), decided=True, excludes=("S",)))
    plan = planned(town, target=1.0)
    assert (built(plan)[0], set(built(plan)), plan.cost) == ("D", {"D", "A", "B"}, 6)
    assert plan.projects.loc["S", "status"] == "never"
    with pytest.raises(ScenarioError):
        planned(row(replace(door, decided=True), replace(project("D", 1, school(-100, -390)), decided=True,
                                                         excludes=("S",))), target=1.0)  # fmt: skip


def test_all_that_cannot_be_built_is_named(row: Made) -> None:
    bad = [project("FAR", 1, school(90_000, 0)), project("LAYER", 1, FacilityChange("close", "moons", "x")),
           project("RIVER", 1, link("stairs", (500, 800), (600, 900))),
           project("NOBODY", 1, FacilityChange("close", "schools", "No School")),
           project("CERTIFICATE", 1, FacilityChange("refit", "communities", "c1", attributes={"certified": "yes"})),
           project("SIGNAL", 1, replace(link("stairs", (0, 0), (9, 0)), action="refit"))]  # fmt: skip
    with pytest.raises(ScenarioError) as caught:
        planned(row(A, *bad), target=1.0)
    text = str(caught.value)
    assert all(project_id in text for project_id in ("FAR", "LAYER", "RIVER", "NOBODY", "CERTIFICATE", "SIGNAL"))
    assert "(A)" not in text


def test_what_closes_the_street_that_what_it_requires_begins_at_is_named(row: Made) -> None:
    begun = project("A", 2, link("walkway", (0, -60), (200, -40), (200, 0)))
    town = row(begun, project("X", 1, LinkChange("close", way=6), requires=("A",)),
               ways={**AROUND, 6: [(0, 0), (0, -100)]})  # fmt: skip
    with pytest.raises(ScenarioError) as caught:
        planned(town, target=1.0)
    assert caught.value.code == "project_faults"
    assert str(caught.value).count("no street lies within 30 m of the link's end") == 1


def test_the_plan_is_what_a_run_on_edited_files_finds(tmp_path: Path) -> None:
    yard = school(-55, 605)
    town = trap(tmp_path / "town", project("C", 4, yard, gone("School 0")), project("A", 2, school(0, 30)),
                ways=AROUND, homes=[(0, 20), (-50, 610)], schools=[(300, 5)])  # fmt: skip
    plan = planned(town, target=1.0)
    assert set(built(plan)) == {"A", "C"}

    def edit(folder: Path) -> None:
        write_layer(
            folder / "schools.geojson", [Point(-55, 605), Point(0, 30)], [{"kind": "schools", "name": "new"}] * 2
        )

    expected = by_hand(tmp_path / "town" / "study.toml", tmp_path / "edited", edit)
    assert plan.after["verdict"].tolist() == expected.communities["verdict"].tolist() == ["passed", "passed"]
    assert plan.district_after == expected.district
    np.testing.assert_allclose(plan.coverage_after["share"], expected.coverage["share"])


def test_where_all_pass_nothing_is_built(row: Made) -> None:
    plan = planned(row(A, schools=[(0, 25)]), target=1.0)
    assert (plan.passed, plan.cost, built(plan), plan.gap) == (1, 0, [], 0)
    assert plan.projects["status"].tolist() == ["never"]


@pytest.mark.parametrize("seed", [1, 8])
def test_with_little_time_the_plan_is_sound_and_its_gap_honest(tmp_path: Path, seed: int) -> None:
    town = terraces(tmp_path, seed, n_projects=9)
    quick, whole = planned(town, target=1.0, seconds=0.1), planned(town, target=1.0)
    assert quick.passed <= whole.passed
    for count in quick.frontier.index.intersection(whole.frontier.index):
        quick_row, whole_row = quick.frontier.loc[count], whole.frontier.loc[count]
        assert quick_row["bound"] - 1e-6 <= whole_row["cost"] <= quick_row["cost"] + 1e-6
    assert quick.most >= whole.most
    assert (quick.after["verdict"] == "passed").sum() == quick.passed


def test_without_time_the_plan_is_the_best_set_that_was_tried(row: Made) -> None:
    # Alone C is tried, and all together, where C takes the first home off its street; D beside A and B is not.
    town = row(A, B, project("C", 1, LOOP, school(-50, 605)), project("D", 4, school(-55, 605)),
               homes=[(0, 20), (-50, 610)])  # fmt: skip
    plan = planned(town, target=1.0, seconds=1e-9)
    assert (plan.frontier.index.tolist(), plan.frontier["cost"].tolist()) == ([0, 1], [0, 1])
    assert (plan.passed, plan.most, built(plan)) == (1, 2, ["C"])


def test_the_order_and_the_ids_of_a_list_change_no_cost(tmp_path: Path) -> None:
    town = terraces(tmp_path, 8, n_projects=7)
    once = planned(town, target=1.0).frontier
    renamed = {project.id: f"Z{9 - nth}" for nth, project in enumerate(town.listed.projects)}
    free = not any(change.shape is not None and hasattr(change, "link") for p in town.listed.projects
                   for change in p.changes)  # fmt: skip
    listed = [replace(project, id=renamed[project.id], requires=tuple(renamed[r] for r in project.requires),
                      excludes=tuple(renamed[e] for e in project.excludes))
              for project in town.listed.projects]  # fmt: skip
    # Links are joined to one another in the order of the list, so that only places may be turned round.
    turned = replace(town.listed, projects=tuple(reversed(listed) if free else listed))
    again = planned(replace(town, listed=turned), target=1.0).frontier
    np.testing.assert_allclose(again["cost"], once["cost"])
    halved = tuple(replace(project, cost=project.cost / 2) for project in town.listed.projects)
    cheaper = replace(town.listed, projects=halved)
    np.testing.assert_allclose(planned(replace(town, listed=cheaper), target=1.0).frontier["cost"], once["cost"] / 2)


def reread(folder: Path, town: Terraces) -> Terraces:
    """Return a town after edits of its files."""
    study = load_study(folder / "study.toml")
    case = load_case(study)
    return replace(town, case=case, streets=streets_of(study, case))


def test_where_homes_are_taken_from_streets_a_finding_says_what_new_streets_bring(tmp_path: Path) -> None:
    # Who lives on the street at x = 10 is 90 m from the school of A. A's walkway runs past there, too, and is walked
    # from x = -340 alone: who will live on it at x = 21 has 369 m to the street, and another 60 m to a school.
    street: dict[int, list[tuple[float, float]]] = {1: [(-400, 0), (400, 0)]}
    bends = [(-340, 0), (-340, 8), (40, 8), (40, 14), (-330, 14), (-330, 0)]
    town = trap(tmp_path / "town", project("A", 1, link("walkway", *bends), school(100, -5)), ways=street,
                homes=[(16, 0)], schools=[(-395, 5)])  # fmt: skip
    assert planned(town, target=1.0).passed == 1
    without_table(tmp_path / "town" / "study.toml", "demand")
    plan = planned(reread(tmp_path / "town", town), target=1.0)
    assert (built(plan), plan.passed, plan.district_after["passed"]) == (["A"], 0, 0)
    values = plan.findings.set_index("rule").loc["plan_homes", "values"]
    assert (values["searched"], values["passed"]) == (1, 0)

    def edit(folder: Path) -> None:
        osm = OsmFile.read(folder / "streets.osm")
        nodes = [osm.add_node(*np.round(degrees(x, y), 7)) for x, y in bends]
        osm.put_into(1, nodes[0])
        osm.put_into(1, nodes[-1])
        osm.add_way(nodes, {"highway": "footway"})
        osm.write(folder / "streets.osm")
        write_layer(folder / "schools.geojson", [Point(-395, 5), Point(100, -5)],
                    [{"kind": "schools", "name": "new"}] * 2)  # fmt: skip

    expected = by_hand(tmp_path / "town" / "study.toml", tmp_path / "edited", edit)
    assert plan.after["demand_points"].tolist() == expected.communities["demand_points"].tolist()
    np.testing.assert_allclose(plan.coverage_after["share"], expected.coverage["share"])


def test_a_standard_that_only_counts_places_has_a_plan(tmp_path: Path) -> None:
    town = trap(tmp_path, project("A", 1, FIRST), project("S", 3, school(0, 25)), project("T", 2, school(5, 15)),
                project("U", 4, school(-50, 605), school(-55, 615)),
                project("X", 1, gone("School 0"), school(-50, 612)),
                ways=AROUND, homes=[(0, 20), (-50, 610)], schools=[(3, 20)])  # fmt: skip
    standard = (tmp_path / "standard.toml").read_text(encoding="utf-8")
    head, _, _ = standard.partition("[[clause]]")
    clause = {"id": "rooms", "name": "小学", "name_en": "Schools", "measure": "present", "layer": "schools"}
    rows = [f'{key} = "{value}"' for key, value in clause.items()]
    (tmp_path / "standard.toml").write_text(
        "\n".join([head, "[[clause]]", *rows, "need_count = 2", "required = true"]), encoding="utf-8"
    )
    town = reread(tmp_path, town)
    # Two are asked for. The first home has one and gets T; X would take it away.
    assert assert_best(town) == {0: (), 1: ("T",), 2: ("T", "U")}
    assert planned(town, target=1.0).projects.loc["A", "status"] == "never"


@pytest.mark.parametrize(("direction", "cheapest"), [("to", ("B",)), ("worst", ("C",))])
def test_signals_and_both_directions_decide_which_crossing_is_best(
    tmp_path: Path, direction: str, cheapest: tuple[str, ...]
) -> None:
    # From the home 5 m and, for A and C, 20 m along the street, 200 m across the big road, 20 m and 5 m: 250 s in all,
    # and 10 s for a gap in the traffic or 20 s for green. The limit is 264 s. B is 40 m less, and one way only.
    ways: dict[int, list[tuple[float, float]]] = {
        1: [(-100, 0), (100, 0)], 2: [(-100, 100), (100, 100)], 3: [(-100, -100), (100, -100)],
        4: [(100, 100), (600, 100), (600, -100), (100, -100)],
    }  # fmt: skip
    zebra = {"crossing": "zebra"}
    town = trap(tmp_path, project("A", 1, link("crossing", (-20, 100), (-20, -100), crossing="traffic_signals")),
                project("B", 2, link("crossing", (0, 100), (0, -100), **zebra, **{"oneway:foot": "yes"})),
                project("C", 3, link("crossing", (20, 100), (20, -100), **zebra)),
                ways=ways, homes=[(0, 105)], schools=[(0, -105)])  # fmt: skip
    edited_osm(tmp_path / "streets.osm", lambda root: set_tag(root, 1, "highway", "secondary"))
    study = edited(tmp_path / "study.toml", 'direction = "to"', f'direction = "{direction}"')
    edited(study, "lift_wait_s = 30", "lift_wait_s = 30\nsignal_wait_s = 20\ncrossing_wait_s = 10")
    edited(tmp_path / "standard.toml", "limit_minutes = 6", "limit_minutes = 4.4")
    assert assert_best(reread(tmp_path, town))[1] == cheapest


def test_closed_streets_are_opened_by_projects(tmp_path: Path) -> None:
    """The short way to school is private, in two halves with a gate between; a third street was never there."""
    halves: dict[int, list[tuple[float, float]]] = {91: [(0, 0), (100, 0)], 92: [(100, 0), (200, 0)]}
    opened = [LinkChange("refit", way=way, tags={"foot": "yes"}) for way in halves]
    town = trap(tmp_path, project("West", 1, opened[0]), project("East", 2, opened[1]), project("L", 9, LOOP),
                ways={**AROUND, **halves}, homes=[(0, 20)], schools=[(300, 5)])  # fmt: skip

    def shut(root: ET.Element) -> None:
        for way in halves:
            set_tag(root, way, "access", "private")
        gate = way_of(root, 92).find("nd")
        node = next(item for item in root.iter("node") if gate is not None and item.get("id") == gate.get("ref"))
        add_tags(node, barrier="gate", locked="yes")

    edited_osm(tmp_path / "streets.osm", shut)
    town = reread(tmp_path, town)
    assert assert_best(town) == {0: (), 1: ("East", "West")}
    assert planned(town, budget=2.5).passed == 0  # a half is no use


def test_the_order_of_a_list_with_links_changes_nothing(row: Made) -> None:
    # S leads on from the middle of A: 20 m + 50 m + 94 m and 5 m, then 160 m to the school of F and 5 m to its door.
    projects = [A, B, project("S", 0.5, link("walkway", (50, 0), (100, -80)), requires=("A",)),
                project("F", 1, school(105, -240)), project("L", 1, LOOP)]  # fmt: skip
    orders = projects, projects[::-1], [*projects[2:], *projects[:2]]
    frontiers = [planned(row(*order), target=1.0).frontier for order in orders]
    assert frontiers[0]["cost"].tolist() == [0, 3.5]
    assert frontiers[0]["projects"][1] == ("A", "F", "S")
    for other in frontiers[1:]:
        pd.testing.assert_frame_equal(other, frontiers[0])


def test_where_nobody_lives_a_list_is_no_use(tmp_path: Path) -> None:
    town = trap(tmp_path, A, B, ways=AROUND, homes=[(0, 20)], schools=[(300, 5)])
    without_table(tmp_path / "study.toml", "demand")  # and no street runs through the community
    plan = planned(reread(tmp_path, town), target=1.0)
    assert (built(plan), plan.passed, plan.most) == ([], 0, 0)
    assert plan.projects["status"].tolist() == ["never", "never"]


Town = tuple[Case, Streets]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    study = load_study(town_in(tmp_path_factory.mktemp("town")))
    case = case_of(study)
    return case, streets_of(study, case)


def listed(*projects: Project) -> Projects:
    return Projects("", projects)


def town_project(project_id: str, *changes: Change, **about: Any) -> Project:
    return Project(project_id, project_id, 1, changes, **about)


def town_school(x: float, y: float, nth: int, **about: Any) -> FacilityChange:
    return FacilityChange("add", "schools", kind="primary", shape=place(x, y), nth=nth, id=f"P-{nth}", **about)


def faults_of(town: Town, projects: Projects) -> list[tuple[str, str]]:
    case, streets = town
    faults = list_faults(Trials(case, streets, projects.in_crs(case.inputs.crs)), streets=streets)
    return [(code, values["where"].short) for code, values in faults]


def test_what_can_be_built_has_no_faults(town: Town) -> None:
    bridge = LinkChange("add", "footbridge", shape=line((0, 300), (200, 450)), tags=LINK_TAGS["footbridge"])
    assert faults_of(town, listed(town_project("a", town_school(120, 10, 1)), town_project("b", bridge))) == []


def test_each_fault_names_the_project_that_has_it(town: Town) -> None:
    lost = FacilityChange("close", "schools", "Hogwarts", nth=5, id="P-5")
    no_way = LinkChange("refit", way=7, tags={"ramp:stroller": "yes"}, nth=6, id="P-6")
    nowhere = LinkChange("add", "lift", shape=line((700, 0), (700, 60)), tags=LINK_TAGS["lift"], nth=7, id="P-7")
    faults = faults_of(
        town,
        listed(
            town_project("a", town_school(90_000, 0, 1)),
            town_project("b", town_school(350, 700, 2)),
            town_project("c", FacilityChange("add", "zoos", shape=place(0, 0), nth=3, id="P-3")),
            town_project("d", FacilityChange("add", "schools", kind="magic", shape=place(0, 0), nth=4, id="P-4")),
            town_project("e", lost),
            town_project("f", no_way),
            town_project("g", nowhere),
            town_project("h", town_school(120, 10, 8), requires=("e", "g")),
        ),
    )
    assert sorted(faults) == [
        ("change_end_off", "7 (P-7)"),
        ("change_end_off", "7 (P-7)"),
        ("change_facility", "5 (P-5)"),
        ("change_kind", "4 (P-4)"),
        ("change_layer", "3 (P-3)"),
        ("change_off_map", "1 (P-1)"),
        ("change_off_street", "2 (P-2)"),
        ("change_way", "6 (P-6)"),
    ]


def test_a_place_at_a_street_that_comes_with_it_or_is_required_can_be_built(town: Town) -> None:
    road = LinkChange("add", "walkway", shape=line((400, 300), (400, 700)), tags=LINK_TAGS["walkway"], nth=3, id="P-3")
    back = LinkChange(
        "add", "walkway", shape=line((400, 300), (400, 310), (300, 450)), tags=LINK_TAGS["walkway"], nth=2
    )
    assert faults_of(town, listed(town_project("a", town_school(350, 600, 1)))) == [("change_off_street", "1 (P-1)")]
    needing = town_project("a", town_school(330, 400, 1), requires=("b",))
    assert faults_of(town, listed(needing, town_project("b", back))) == []
    assert faults_of(town, listed(town_project("c", road))) == [("change_end_off", "3 (P-3)")]


def test_who_changes_the_same_excludes_the_other_however_it_is_called(town: Town) -> None:
    case, streets = town
    layer = case.inputs.layers["schools"]
    name, other = layer["name"].iloc[0], str(layer.index[1])
    closes = [FacilityChange("close", "schools", which) for which in (str(layer.index[0]), name, other)]
    street = LinkChange("refit", street="Row 100", tags={"sidewalk": "both"})
    way = LinkChange("close", way=1001)
    changes = zip("abcde", [*closes, street, way], strict=True)
    reserve = listed(*(town_project(project_id, change) for project_id, change in changes))
    assert {project.id: project.excludes for project in settled(case, reserve, streets=streets).projects} == {
        "a": ("b",), "b": ("a",), "c": (), "d": ("e",), "e": ("d",)
    }  # fmt: skip
    needs = listed(*reserve.projects[:1], town_project("b", closes[1], requires=("a",)))
    assert [code for code, _ in faults_of(town, needs)][-1:] == ["project_requires_same"]
