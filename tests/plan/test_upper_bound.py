"""What all projects could bring: everything new beside what is there, met wherever some set would have it met."""

from dataclasses import replace
from pathlib import Path

import pytest
from worlds.plan_traps import AROUND, FIRST, LOOP, SECOND, link, project, school, trap
from worlds.terraces import Terraces

from cfgeo.core.scenario import LinkChange
from cfgeo.plan.trials import Trials
from cfgeo.plan.upper_bound import Relaxation, relax


def of(town: Terraces) -> Relaxation:
    trials = Trials(town.case, replace(town.streets, homes=None), town.metric)
    return relax(trials, town.metric.projects)


def homes_meet(relaxation: Relaxation) -> list[float]:
    """Return how far the homes are from what they may meet [m]."""
    (walk,) = {id(walk): walk for walk in relaxation.case.walks.values() if walk.walker in relaxation.lasting}.values()
    return sorted(round(float(leg_m)) for leg_m in walk.demand.leg_m)


def test_a_home_meets_its_street_and_what_is_nearer(tmp_path: Path) -> None:
    town = trap(tmp_path, project("A", 1, FIRST), project("C", 1, LOOP), ways=AROUND, homes=[(0, 20)],
                schools=[(300, 5)])  # fmt: skip
    # At 4 m the loop, at 20 m the street's end; FIRST, which begins there, is no nearer.
    assert homes_meet(of(town)) == [4, 20]


def test_a_refit_lies_beside_what_it_refits_and_nothing_is_closed(tmp_path: Path) -> None:
    ramp = LinkChange("refit", way=1, tags={"highway": "steps"})
    town = trap(tmp_path, project("R", 1, ramp), project("X", 1, LinkChange("close", way=1)), ways=AROUND,
                homes=[(0, 20)], schools=[(300, 5)])  # fmt: skip
    relaxation = of(town)
    edges = relaxation.case.inputs.network.edges
    assert edges.loc[edges["osm_id"] == 1, "form"].tolist() == ["level"]
    assert edges.loc[edges["osm_id"] == 6, "form"].tolist() == ["steps"]
    assert {way: set(owners) for way, owners in relaxation.owners.items()} == {1: {0, 1}, 6: {0}}
    assert all(1 not in ways for ways in relaxation.lasting.values())


def test_a_link_lies_also_where_it_would_alone(tmp_path: Path) -> None:
    line = [(-8, 12), (50, 12), (108, 12)]
    ways = {1: [(-100, 0), (0, 0)], 3: [(100, 0), (200, 0)], 4: [(-100, 0), (-100, -900), (200, -900), (200, 0)]}
    town = trap(tmp_path, project("S", 1, link("stairs", *line)), project("R", 1, link("ramp", *line)), ways=ways,
                homes=[(-50, 5)], schools=[(-100, -900)])  # fmt: skip
    relaxation = of(town)
    assert relaxation.owners == {5: (0,), 6: (1,), 7: (1,)}, "the ramp twice: on the stairs' end, and on the street"
    assert relaxation.disturbed[0, 1]


@pytest.mark.parametrize("action", ["move", "enlarge"])
def test_a_moved_place_is_there_twice(tmp_path: Path, action: str) -> None:
    there = replace(school(-50, 5), action=action, facility="School 0", kind="")
    town = trap(tmp_path, project("M", 1, there), project("B", 1, SECOND, school(250, 5)), ways=AROUND,
                homes=[(0, 20)], schools=[(300, 5)])  # fmt: skip
    relaxation = of(town)
    assert len(relaxation.case.inputs.layers["schools"]) == 3
    assert relaxation.new_places == ((0, "schools", 1), (1, "schools", 2))
