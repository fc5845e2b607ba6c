"""Walking times and reached lengths of the town, by hand; pieces of edges against simple loops."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tools.oracle import points, stretches
from worlds.town import CHILD, ESCALATOR, LIFT, ONE_WAY, PARK, PRAM, RAMP, STEPS, WALKWAY, at, grid, moved

from cfgeo import Network, Walker
from cfgeo.core.schema import Positions
from cfgeo.network.linear_reference import Stretches, complement, split_at_places, whole_edges
from cfgeo.network.travel_time import edge_seconds, snappable_edges
from cfgeo.walk.nearest import nearest_seconds, search
from cfgeo.walk.search import WalkGraph, node_seconds, seconds_at, walk_graph
from cfgeo.walk.service_area import reached_parts
from cfgeo.walk.snap import snap, snap_index

HOUR = 3600.0


def test_a_place_off_the_network_by_exactly_the_limit_is_searched_from(town: Network) -> None:
    # 10 m off the street at 1.25 m/s: 8 s, the limit itself.
    child = Town(town, CHILD)
    places = child.on(at(50, -10))
    seed_s = float(places.leg_m[0] / CHILD.level_m_s)
    node = node_seconds(child.graph, places, limit_s=HOUR)
    nearest = float(node.min())
    assert np.isfinite(node_seconds(child.graph, places, limit_s=nearest)).any()
    assert not np.isfinite(node_seconds(child.graph, places, limit_s=float(np.nextafter(nearest, 0)))).any()
    assert nearest >= seed_s


class Town:
    """The town as one walker meets it."""

    def __init__(self, network: Network, walker: Walker) -> None:
        seconds = edge_seconds(network.edges, walker)
        self.network = network
        self.index = snap_index(network, snappable_edges(network, *seconds))
        self.graph: WalkGraph = walk_graph(network, seconds, leg_m_s=walker.level_m_s)

    def on(self, *shapes: object) -> Positions:
        return snap(self.index, list(shapes), snap_m=100)

    def walk(self, start: tuple[float, float], *places: object, limit_s: float = HOUR) -> float:
        goal, home = self.on(*places), self.on(at(*start))
        reach = search(self.graph, goal, limit_s=limit_s)
        return float(nearest_seconds(reach, home, n_items=1)[0])

    def edge(self, way: int) -> int:
        return int(np.flatnonzero(self.network.edges["osm_id"] == way)[0])

    def reached_m(self, way: int, *places: object, limit_s: float) -> list[tuple[float, float]]:
        """Return the reached pieces of a way of one edge as metres from its start."""
        on = self.on(*places)
        node_s = node_seconds(self.graph, on, limit_s=limit_s)
        part = Stretches(np.array([self.edge(way)]), np.zeros(1), np.ones(1), np.zeros(1, dtype=np.int64))
        reached, _ = reached_parts(self.graph, node_s, on, part, limit_s=limit_s)
        length_m = self.network.edges["length_m"].iloc[self.edge(way)]
        return sorted(zip((reached.start * length_m).tolist(), (reached.end * length_m).tolist(), strict=True))


@pytest.fixture(scope="module")
def child(town: Network) -> Town:
    return Town(town, CHILD)


@pytest.fixture(scope="module")
def pram(town: Network) -> Town:
    return Town(town, PRAM)


# --- by hand: the child ------------------------------------------------------------------------------------------


def test_a_straight_walk_takes_its_metres_over_the_speed(child: Town) -> None:
    assert child.walk((0, 0), at(400, 0)) == pytest.approx(320)  # 400 m / 1.25 m/s


def test_legs_off_the_street_are_walked_at_both_ends(child: Town) -> None:
    # (8 m + 50 m + 30 m + 10 m) / 1.25 m/s
    assert child.walk((-8, 50), at(30, -10)) == pytest.approx(98 / 1.25)


def test_on_the_same_street_the_walk_is_direct_ahead_and_behind(child: Town) -> None:
    assert child.walk((20, 0), at(70, 0)) == pytest.approx(40)  # 50 m / 1.25 m/s
    assert child.walk((70, 0), at(20, 0)) == pytest.approx(40)


def test_the_nearer_of_two_places_counts(child: Town) -> None:
    assert child.walk((120, 0), at(0, 0), at(150, 0), at(400, 0)) == pytest.approx(24)  # 30 m


def test_steps_take_longer_up_than_down(child: Town) -> None:
    assert child.walk((0, 100), at(0, 200)) == pytest.approx(200)  # 100 m / 0.5 m/s
    assert child.walk((0, 200), at(0, 100)) == pytest.approx(125)  # 100 m / 0.8 m/s


def test_a_lift_takes_one_ride_between_its_two_ways(child: Town) -> None:
    assert child.walk((100, 100), at(100, 200)) == pytest.approx(140)  # 50 m + 60 s + 50 m
    assert child.walk((100, 200), at(100, 100)) == pytest.approx(140)


def test_past_a_lift_on_the_same_way_no_ride_is_taken(child: Town) -> None:
    assert child.walk((100, 100), at(60, 150)) == pytest.approx(72)  # 50 m + 40 m


def test_an_escalator_goes_up_only(child: Town) -> None:
    # Up: by escalator 100 m / 0.5 m/s = 200 s; the lift round the block: 80 + 140 + 80 = 300 s.
    assert child.walk((200, 100), at(200, 200)) == pytest.approx(200)
    # Down: by lift 80 + 140 + 80 = 300 s; by the steps with a ramp 80 + 162.5 + 80 = 322.5 s.
    assert child.walk((200, 200), at(200, 100)) == pytest.approx(300)


def test_a_one_way_street_is_walked_round_against_its_direction(child: Town) -> None:
    assert child.walk((200, 20), at(200, 80)) == pytest.approx(48)  # 60 m
    # Back: 20 m on to (200, 100), west 100 m, south 100 m, east 100 m, 20 m north.
    assert child.walk((200, 80), at(200, 20)) == pytest.approx(340 / 1.25)


def test_steps_of_unmapped_direction_take_the_mean_in_both_directions(child: Town) -> None:
    assert child.walk((300, 100), at(300, 200)) == pytest.approx(162.5)
    assert child.walk((300, 200), at(300, 100)) == pytest.approx(162.5)


def test_over_the_bridge_is_nearer_than_the_stairs(child: Town) -> None:
    # (400, 100) to (400, 200): bridge 300 m = 240 s; by the ramp steps 80 + 162.5 + 80 = 322.5 s.
    assert child.walk((400, 100), at(400, 200)) == pytest.approx(240)


def test_the_street_under_the_bridge_is_reached_round_its_corner_only(child: Town) -> None:
    # From (500, 150), under the bridge: 50 m east, 150 m south, 150 m west to (400, 0), 100 m north.
    assert child.walk((500, 150), at(400, 100)) == pytest.approx(450 / 1.25)


def test_a_place_on_the_fragment_is_never_reached(child: Town) -> None:
    assert child.walk((200, 300), at(250, 452)) == math.inf


def test_a_home_far_from_any_street_reaches_nothing(child: Town) -> None:
    assert child.walk((580, 320), at(400, 300)) == math.inf


def test_inside_a_park_the_walk_takes_no_time(child: Town) -> None:
    assert child.walk((300, 0), moved(PARK)) == 0
    assert child.walk((260, 0), moved(PARK)) == 0


def test_a_park_is_reached_at_its_edge_not_at_its_middle(child: Town) -> None:
    assert child.walk((370, -5), moved(PARK)) == pytest.approx(20)  # (5 m + 20 m) / 1.25 m/s
    assert child.walk((200, 0), moved(PARK)) == pytest.approx(40)  # 50 m
    assert child.walk((300, 100), moved(PARK)) == pytest.approx(72)  # 90 m: it reaches 10 m up the street


def test_a_walkway_is_reached_anywhere_along_its_line(child: Town) -> None:
    assert child.walk((150, 300), moved(WALKWAY)) == 0
    assert child.walk((300, 300), moved(WALKWAY)) == pytest.approx(40)  # 50 m to x = 250
    assert child.walk((100, 200), moved(WALKWAY)) == pytest.approx(92 / 1.25)  # to y = 292


# --- by hand: the pram -------------------------------------------------------------------------------------------


def test_a_pram_goes_round_by_the_lift(pram: Town) -> None:
    # (0, 100) to (0, 200): 100 m east, 50 m, lift 60 s, 50 m, 100 m west, at 1 m/s.
    assert pram.walk((0, 100), at(0, 200)) == pytest.approx(360)


def test_a_pram_takes_the_steps_with_a_ramp(pram: Town) -> None:
    assert pram.walk((300, 100), at(300, 200)) == pytest.approx(250)  # 100 m / 0.4 m/s


def test_a_pram_does_not_take_the_escalator(pram: Town) -> None:
    # (200, 100) to (200, 200): 100 m, lift 160 s, 100 m.
    assert pram.walk((200, 100), at(200, 200)) == pytest.approx(360)


def test_a_pram_meets_no_steps_at_its_door(pram: Town, town: Network) -> None:
    # A door at (30, 160): the steps x = 0 are nearer than row 200, 40 m off.
    door = pram.on(at(30, 160))
    assert town.edges["osm_id"].iloc[door.edge[0]] != STEPS
    assert door.leg_m[0] == pytest.approx(np.hypot(30, 10))  # the platform's end at (60, 150)


# --- limits ------------------------------------------------------------------------------------------------------


def test_a_walk_of_exactly_the_limit_counts_and_a_longer_walk_does_not(child: Town) -> None:
    assert child.walk((0, 0), at(400, 0), limit_s=320.0) == pytest.approx(320)
    assert child.walk((0, 0), at(400, 0), limit_s=319.9) > 319.9
    assert child.walk((0, 0), at(400, 0), limit_s=200.0) == math.inf


def test_without_places_nobody_reaches_anything(child: Town) -> None:
    assert np.isinf(node_seconds(child.graph, points([]), limit_s=HOUR)).all()
    assert child.walk((0, 0)) == math.inf


def test_a_place_whose_leg_alone_is_too_long_is_not_reached(child: Town) -> None:
    far = points([(child.edge(STEPS), 0.5, 100.0)])  # 100 m / 1.25 m/s = 80 s
    assert np.isinf(node_seconds(child.graph, far, limit_s=79)).all()


def test_of_several_positions_of_a_home_the_nearest_counts(child: Town) -> None:
    homes = Positions(np.array([0, 0]), np.array([0, 3]), np.array([0.5, 0.5]), np.array([0.5, 0.5]), np.zeros(2))
    goal = child.on(at(400, 0))
    seconds = nearest_seconds(search(child.graph, goal, limit_s=HOUR), homes, n_items=2)
    assert seconds.tolist() == [pytest.approx(40), math.inf]  # edge 3 of row 0 ends at (400, 0); item 1 has no row


# --- reached length ----------------------------------------------------------------------------------------------


def test_a_street_is_reached_as_far_as_the_seconds_carry(child: Town) -> None:
    # From (0, 100) down to the foot of the steps: 60 s at 0.8 m/s are 48 m of the flight.
    assert child.reached_m(STEPS, at(0, 100), limit_s=60) == [(0, pytest.approx(48))]
    # To its head: 60 s at 0.5 m/s are 30 m.
    assert child.reached_m(STEPS, at(0, 200), limit_s=60) == [(pytest.approx(70), 100)]


def test_a_street_is_reached_from_both_ends_with_a_gap_between(child: Town) -> None:
    # 20 s carry 10 m up to the head and 16 m down to the foot.
    reached = child.reached_m(STEPS, at(0, 100), at(0, 200), limit_s=20)
    assert reached == [(0, pytest.approx(16)), (pytest.approx(90), 100)]


def test_pieces_from_both_ends_never_overlap(child: Town) -> None:
    reached = child.reached_m(STEPS, at(0, 100), at(0, 200), limit_s=150)
    assert sum(end - start for start, end in reached) == pytest.approx(100)


def test_a_place_on_a_one_way_street_is_not_reached_from_beyond_it(child: Town) -> None:
    # The place is 40 m up the one-way street; 8 s are 10 m, from below only.
    assert child.reached_m(ONE_WAY, at(200, 40), limit_s=8) == [(pytest.approx(30), pytest.approx(40))]


def test_an_escalator_is_reached_from_its_foot(child: Town) -> None:
    # To its head, 100 s at 0.5 m/s: the upper 50 m.
    assert child.reached_m(ESCALATOR, at(200, 200), limit_s=100) == [(pytest.approx(50), 100)]
    assert child.reached_m(ESCALATOR, at(200, 100), limit_s=100) == []


def test_a_street_inside_a_park_is_reached_whole(child: Town) -> None:
    reached = child.reached_m(1013, moved(PARK), limit_s=8)  # 10 m inside, and 8 s are 10 m more
    assert sum(end - start for start, end in reached) == pytest.approx(20)
    assert min(start for start, _ in reached) == 0


def test_a_street_through_a_park_is_reached_however_long_it_is(child: Town) -> None:
    # Row 0 from x = 200 to 300: the park begins at x = 250; 8 s are 10 m before it.
    park = child.on(moved(PARK))
    node_s = node_seconds(child.graph, park, limit_s=8)
    row_0 = Stretches(np.array([2]), np.zeros(1), np.ones(1), np.zeros(1, dtype=np.int64))
    _, share = reached_parts(child.graph, node_s, park, row_0, limit_s=8)
    assert share.tolist() == pytest.approx([0.6])
    # With a leg of 100 s nothing of it is reached in 99 s, all in 100 s.
    off = stretches([(2, 0.5, 1.0, 125.0)])
    for limit_s, expected in ((99.0, 0.0), (100.0, 0.5)):
        node_s = node_seconds(child.graph, off, limit_s=limit_s)
        assert reached_parts(child.graph, node_s, off, row_0, limit_s=limit_s)[1].tolist() == pytest.approx([expected])


def test_a_leg_longer_than_the_walk_reaches_no_street(child: Town) -> None:
    assert child.reached_m(1010, at(-50, 50), limit_s=39) == []  # 50 m / 1.25 m/s = 40 s
    reached = child.reached_m(1010, at(-50, 50), limit_s=44)  # 4 s: 5 m either way
    assert reached == [(pytest.approx(45), pytest.approx(50)), (pytest.approx(50), pytest.approx(55))]


def test_steps_with_a_ramp_are_reached_by_a_pram(pram: Town) -> None:
    # The way runs from (300, 200) down; 50 s at 0.4 m/s are 20 m.
    assert pram.reached_m(RAMP, at(300, 200), limit_s=50) == [(0, pytest.approx(20))]
    assert pram.reached_m(STEPS, at(0, 200), limit_s=500) == []


# --- the graph ---------------------------------------------------------------------------------------------------


def test_of_parallel_streets_the_fastest_counts(town: Network) -> None:
    forward_s, backward_s = edge_seconds(town.edges, CHILD)
    doubled = Network(town.nodes, town.edges.iloc[[0, 0, 0]].reset_index(drop=True))
    seconds = np.array([80.0, 20.0, 50.0]), np.array([30.0, np.inf, 70.0])
    graph = walk_graph(doubled, seconds, leg_m_s=1.25)
    dense = graph.reversed_csr.toarray()
    assert (dense[1, 0], dense[0, 1]) == (20, 30)
    assert graph.reversed_csr.nnz == 2
    assert np.isfinite(np.maximum(forward_s, backward_s)).sum() == 35  # all but the escalator and the one-way street


def test_a_ride_without_seconds_still_connects(town: Network) -> None:
    at_once = Town(town, Walker("child", 1.25, 0.5, 0.8, 0.4, 0.5, 0.0))
    assert at_once.walk((100, 100), at(100, 200)) == pytest.approx(80)  # 50 m + no wait + 50 m
    assert LIFT in set(town.nodes["osm_id"])


def test_arguments_are_not_written_to(child: Town) -> None:
    places, home = child.on(moved(PARK), at(30, -10)), child.on(at(370, -5))
    before = [a.copy() for a in (places.item, places.start, places.end, places.leg_m, home.start, home.leg_m)]
    node_s = node_seconds(child.graph, places, limit_s=HOUR)
    kept = node_s.copy()
    seconds_at(child.graph, node_s, places, home)
    reached_parts(child.graph, node_s, places, whole_edges(len(child.network.edges)), limit_s=100)
    after = [places.item, places.start, places.end, places.leg_m, home.start, home.leg_m]
    np.testing.assert_array_equal(node_s, kept)
    for expected, array in zip(before, after, strict=True):
        np.testing.assert_array_equal(expected, array)


def test_every_junction_of_the_town_has_its_seconds_to_the_low_school(child: Town) -> None:
    node_s = dict(
        zip(
            child.network.nodes["osm_id"],
            node_seconds(child.graph, child.on(at(30, -10)), limit_s=HOUR),
            strict=True,
        )
    )
    assert node_s[grid(0, 0)] == pytest.approx(32)  # 30 m + 10 m
    assert node_s[grid(100, 0)] == pytest.approx(64)  # 70 m + 10 m
    assert node_s[grid(0, 100)] == pytest.approx(112)  # 100 m more
    assert node_s[grid(0, 200)] == pytest.approx(237)  # and 125 s down the steps
    assert node_s[grid(100, 200)] == pytest.approx(284)  # lift: 140 s to (100, 100), 80 s, 64 s; by the steps 317 s
    assert node_s[grid(200, 100)] == pytest.approx(224)  # 200 m + 100 m - 30 m + 10 m: not down the one-way street
    assert node_s[grid(200, 0)] == pytest.approx(144)  # 170 m + 10 m
    assert node_s[57] == math.inf  # the fragment


# --- pieces of edges against loops -------------------------------------------------------------------------------

tenths = st.integers(0, 10).map(lambda n: n / 10)
spans = st.tuples(st.integers(0, 3), tenths, tenths).map(lambda s: (s[0], min(s[1:]), max(s[1:])))
span_lists = st.lists(spans, max_size=6)


def as_stretches(rows: list[tuple[int, float, float]]) -> Stretches:
    table = np.array(rows, dtype=float).reshape(-1, 3)
    return Stretches(table[:, 0].astype(np.int64), table[:, 1], table[:, 2], np.arange(len(table)))


@given(span_lists, span_lists)
def test_splitting_at_places_equals_cutting_each_stretch_at_each_place_inside_it(parts: list, places: list) -> None:
    split = split_at_places(as_stretches(parts), stretches((e, a, b, 0.0) for e, a, b in places))
    expected = []
    for row, (edge, start, end) in enumerate(parts):
        inside = {cut for e, a, b in places if e == edge for cut in (a, b) if start < cut < end}
        shares = [start, *sorted(inside), end]
        expected += [(row, edge, first, second) for first, second in pairwise(shares)]
    ours = zip(split.row.tolist(), split.edge.tolist(), split.start.tolist(), split.end.tolist(), strict=True)
    assert sorted({piece for piece in ours if piece[2] < piece[3]}) == sorted(
        {piece for piece in expected if piece[2] < piece[3]}
    )


@given(st.lists(st.lists(st.booleans(), min_size=10, max_size=10), min_size=1, max_size=4))
def test_gaps_are_the_tenths_of_each_edge_that_are_not_reached(tenth_reached: list[list[bool]]) -> None:
    pieces = [(e, t / 10, (t + 1) / 10) for e, row in enumerate(tenth_reached) for t in range(10) if row[t]]
    left = complement(as_stretches(pieces), n_edges=len(tenth_reached))
    spans = list(zip(left.edge, left.start, left.end, strict=True))
    gaps = [[any(e == i and a < (t + 0.5) / 10 < b for i, a, b in spans) for t in range(10)]
             for e in range(len(tenth_reached))]  # fmt: skip
    assert gaps == [[not here for here in row] for row in tenth_reached]
    np.testing.assert_array_equal(left.edge, left.row)
