"""Seconds of edges: every form, direction and walker, by hand and against a loop."""

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest
from tools import oracle
from worlds.town import APART, BRIDGE, CHILD, ESCALATOR, ONE_WAY, PRAM, RAMP, STEPS

from cfgeo import Inputs, Network, load_walkers
from cfgeo.core.schema import EDGE_COLUMNS, TRAILS, usual
from cfgeo.network.travel_time import PARTS, edge_seconds, levelled, seconds_by_part, snappable_edges


def edge(**facts: object) -> pd.DataFrame:
    return pd.DataFrame([{**{name: usual(name) for name in EDGE_COLUMNS}, "length_m": 100.0, **facts}])


def both_ways(walker: object, **facts: object) -> tuple[float, float]:
    forward_s, backward_s = edge_seconds(edge(**facts), walker)
    return float(forward_s[0]), float(backward_s[0])


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, (80, 80)),  # 100 m / 1.25 m/s
        ({"form": "steps", "incline": 1}, (200, 125)),  # 100 m / 0.5 m/s up, 100 m / 0.8 m/s down
        ({"form": "steps", "incline": -1}, (125, 200)),
        ({"form": "steps"}, (162.5, 162.5)),  # direction not known: (200 s + 125 s) / 2
        ({"form": "steps", "incline": 1, "ramp": True}, (200, 125)),  # who takes steps does not need the ramp
        ({"incline": 1}, (80, 80)),  # what is tagged on a street is not its slope
        ({"form": "escalator", "oneway": 1}, (200, math.inf)),  # 100 m / 0.5 m/s
        ({"form": "escalator", "oneway": -1}, (math.inf, 200)),
        ({"form": "escalator"}, (200, 200)),
        ({"form": "lift", "lift_rides": 0.5, "length_m": 0.0}, (30, 30)),  # half a ride of 60 s
        ({"form": "lift", "lift_rides": 1.0, "length_m": 7.0}, (60, 60)),
        ({"oneway": 1}, (80, math.inf)),
        ({"oneway": -1}, (math.inf, 80)),
        ({"form": "steps", "incline": 1, "oneway": -1}, (math.inf, 125)),
    ],
)
def test_a_child_takes_the_seconds_worked_out_by_hand(facts: dict[str, object], expected: tuple[float, float]) -> None:
    assert both_ways(CHILD, **facts) == expected


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, (100, 100)),  # 100 m / 1.0 m/s
        ({"form": "steps", "incline": 1}, (math.inf, math.inf)),
        ({"form": "steps"}, (math.inf, math.inf)),
        ({"form": "steps", "incline": 1, "ramp": True}, (250, 250)),  # 100 m / 0.4 m/s
        ({"form": "steps", "ramp": True, "oneway": 1}, (250, math.inf)),
        ({"form": "escalator", "oneway": 1}, (math.inf, math.inf)),
        ({"form": "lift", "lift_rides": 1.0, "length_m": 0.0}, (60, 60)),
    ],
)
def test_a_pram_takes_ramps_and_lifts_but_neither_steps_nor_escalators(
    facts: dict[str, object], expected: tuple[float, float]
) -> None:
    assert both_ways(PRAM, **facts) == expected


@pytest.mark.parametrize("name", ["stroller", "preschool", "primary", "teen", "adult"])
@pytest.mark.parametrize("pace", [0.9, 1.0, 1.1])
def test_every_walker_walks_the_town_as_a_loop_over_its_edges_says(town: Network, name: str, pace: float) -> None:
    walker = load_walkers()[name].at_pace(pace)
    for ours, theirs in zip(edge_seconds(town.edges, walker), oracle.edge_seconds(town.edges, walker), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)


@pytest.mark.shared
@pytest.mark.parametrize("name", ["stroller", "primary"])
def test_every_edge_of_monaco_takes_what_a_loop_says(monaco: Inputs, name: str) -> None:
    edges, walker = monaco.network.edges, load_walkers()[name]
    for ours, theirs in zip(edge_seconds(edges, walker), oracle.edge_seconds(edges, walker), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)


@pytest.mark.parametrize("oneway", [0, 1, -1])
def test_a_road_without_a_sidewalk_is_closed_in_both_directions_to_whom_it_is_closed(oneway: int) -> None:
    trunk = {"highway": "trunk", "oneway": oneway}
    alone = dataclasses.replace(CHILD, closed_roads=("trunk",))
    assert both_ways(alone, **trunk) == (math.inf, math.inf)
    assert both_ways(alone, **trunk, footway=True) == both_ways(CHILD, **trunk)
    assert both_ways(alone, highway="primary") == (80, 80)


@pytest.mark.parametrize("form", ["level", "steps"])
def test_waits_count_on_streets_and_on_steps_in_both_directions(form: str) -> None:
    waiting = dataclasses.replace(CHILD, signal_wait_s=20.0, crossing_wait_s=10.0)
    dry, wet = both_ways(CHILD, form=form), both_ways(waiting, form=form, signal_waits=1.0, crossing_waits=0.5)
    assert [w - d for w, d in zip(wet, dry, strict=True)] == pytest.approx([25, 25])


def test_waits_do_not_count_in_lifts_and_on_escalators() -> None:
    waiting = dataclasses.replace(CHILD, signal_wait_s=20.0)
    for facts in ({"form": "escalator"}, {"form": "lift", "lift_rides": 1.0}):
        assert both_ways(waiting, **facts, signal_waits=1.0) == both_ways(CHILD, **facts)


@pytest.mark.parametrize("grade", TRAILS)
def test_a_trail_is_closed_to_whom_it_is_too_hard(grade: str) -> None:
    hard = TRAILS.index(grade)
    expected = (80, 80) if hard <= TRAILS.index("mountain_hiking") else (math.inf, math.inf)
    assert both_ways(CHILD, trail=hard) == expected
    climber = dataclasses.replace(CHILD, hardest_trail="via_ferrata")
    assert both_ways(climber, trail=hard) == (80, 80)


def test_nobody_below_a_mountaineer_takes_a_hard_trail_and_a_stroller_no_mountain_path() -> None:
    for name, walker in load_walkers().items():
        assert both_ways(walker, trail=TRAILS.index("demanding_mountain_hiking")) == (math.inf, math.inf)
        rough = both_ways(walker, trail=TRAILS.index("mountain_hiking"))
        assert (rough == (math.inf, math.inf)) == (name == "stroller")


def test_what_is_narrow_is_closed_to_a_pram_in_both_directions_and_to_nobody_else() -> None:
    assert both_ways(PRAM, narrow=True) == (math.inf, math.inf)
    assert both_ways(CHILD, narrow=True) == (80, 80)


def test_lifts_and_belts_do_not_go_faster_for_a_fast_walker() -> None:
    fast = CHILD.at_pace(1.1)
    assert both_ways(fast, form="lift", lift_rides=1.0) == (60, 60)
    assert both_ways(fast, form="escalator", oneway=1) == (200, math.inf)
    assert both_ways(fast)[0] == pytest.approx(80 / 1.1)
    assert both_ways(fast, form="steps", incline=1) == pytest.approx((200 / 1.1, 125 / 1.1))


def test_edges_are_not_written_to(town: Network) -> None:
    before = town.edges.copy()
    edge_seconds(town.edges, PRAM)
    pd.testing.assert_frame_equal(pd.DataFrame(town.edges), pd.DataFrame(before))


def test_bridges_lifts_escalators_and_detached_streets_are_not_snappable(town: Network) -> None:
    ways = town.edges["osm_id"]
    at_door = pd.Series(snappable_edges(town, *edge_seconds(town.edges, CHILD)), index=ways)
    assert not at_door[[BRIDGE, ESCALATOR, APART]].any()
    assert not at_door[town.edges["form"].eq("lift").to_numpy()].any()
    assert at_door.drop([BRIDGE, ESCALATOR, APART]).sum() == 32  # 37 edges, less 3 ways of one edge and 2 half rides
    assert at_door[[STEPS, RAMP, ONE_WAY]].all()


def test_a_pram_has_no_doorstep_on_steps_without_a_ramp(town: Network) -> None:
    at_door = pd.Series(snappable_edges(town, *edge_seconds(town.edges, PRAM)), index=town.edges["osm_id"])
    assert not at_door[STEPS]
    assert at_door[RAMP]


@pytest.mark.parametrize(
    ("facts", "there", "back"),
    [
        ({}, {"level": 80}, {"level": 80}),
        ({"rise_m": 1.9}, {"level": 80}, {"level": 80}),  # less than 2 in 100
        ({"rise_m": 10.0, "slope_forward": 1.5}, {"uphill": 120}, {"downhill": 80}),
        ({"rise_m": -10.0, "slope_backward": 1.5}, {"downhill": 80}, {"uphill": 120}),
        ({"form": "steps", "incline": 1, "rise_m": 40.0}, {"stairs": 200}, {"stairs": 125}),
        ({"form": "lift", "lift_rides": 0.5, "length_m": 0.0}, {"lift": 30}, {"lift": 30}),
        ({"form": "escalator", "oneway": 1}, {"lift": 200}, {}),  # nobody goes down
    ],
)
def test_seconds_fall_into_parts(facts: dict[str, object], there: dict[str, float], back: dict[str, float]) -> None:
    parts = seconds_by_part(edge(**facts), CHILD)
    for row, expected in zip(parts, (there, back), strict=True):
        assert {part: s for part, s in zip(PARTS, row, strict=True) if s} == expected


def test_waits_are_a_part_of_their_own() -> None:
    walker = load_walkers()["primary"]
    parts = dict(zip(PARTS, seconds_by_part(edge(signal_waits=1.0, crossing_waits=0.5), walker)[0], strict=True))
    assert parts["wait"] == walker.signal_wait_s + walker.crossing_wait_s / 2
    assert parts["level"] == pytest.approx(100 / walker.level_m_s)


@pytest.mark.shared
@pytest.mark.parametrize("name", ["stroller", "primary"])
def test_parts_add_up_to_the_seconds_of_every_edge(yuzhong: Inputs, name: str) -> None:
    walker = load_walkers()[name]
    seconds = np.concatenate(edge_seconds(yuzhong.network.edges, walker))
    parts = seconds_by_part(yuzhong.network.edges, walker)
    assert (parts >= 0).all()
    np.testing.assert_allclose(parts.sum(axis=1), np.where(np.isfinite(seconds), seconds, 0), rtol=1e-12)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"rise_m": 10.0, "slope_forward": 1.5, "slope_backward": 1.2}, (100, 100)),
        ({"form": "steps", "incline": 1, "flight_m": 30.0}, (100, 100)),
        ({"form": "escalator", "oneway": 1}, (100, 100)),
        ({"form": "lift", "lift_rides": 0.5, "length_m": 0.0}, (0, 0)),
        ({"oneway": 1}, (100, math.inf)),
    ],
)
def test_on_level_terrain_stairs_are_streets(facts: dict[str, object], expected: tuple[float, float]) -> None:
    table = edge(**facts)
    forward_s, backward_s = edge_seconds(levelled(table), PRAM)
    assert (forward_s[0], backward_s[0]) == expected
    assert table.equals(edge(**facts)), "arguments are not written to"


@pytest.mark.shared
def test_level_streets_are_never_slower_than_steep_ones_there_and_back(monaco: Inputs) -> None:
    edges = monaco.network.edges
    for walker in load_walkers().values():
        steep = sum(edge_seconds(edges, walker))
        level = sum(edge_seconds(levelled(edges), walker))
        assert (level <= steep + 1e-9).all(), walker.name
        assert (level[np.isfinite(steep)] < steep[np.isfinite(steep)] - 1).any(), walker.name
