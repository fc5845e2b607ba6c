"""Walks between all points and all places: against searches from each place alone."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tools import oracle
from worlds import random_networks as invariants

from cfgeo.core.schema import Direction, Positions
from cfgeo.network.travel_time import edge_seconds
from cfgeo.walk import od_matrix as between
from cfgeo.walk.nearest import nearest_seconds, search
from cfgeo.walk.od_matrix import pairs_within
from cfgeo.walk.search import WalkGraph, walk_graph

SPOTS = 9


def dense(graph: WalkGraph, places: Positions, spots: Positions, most_s: float) -> np.ndarray:
    """Return the pairs as a table (points × items); inf where there is none."""
    pairs = pairs_within(graph, spots, places, most_s=np.full(len(spots), most_s))
    assert (np.diff(pairs.point * 100 + pairs.place) > 0).all(), "sorted, each once"
    table = np.full((len(spots), int(places.item.max()) + 1), np.inf)
    table[pairs.point, pairs.place] = pairs.seconds
    return table


@invariants.FEW
@given(invariants.cases(), invariants.limits, st.sampled_from(["to", "from", "worst"]), st.booleans())
def test_pairs_equal_a_search_for_each_place_alone(
    case: invariants.Case, most_s: float, direction: Direction, few_spots: bool
) -> None:
    spots = invariants.every_tenth(len(case.network.edges))
    if few_spots:  # then it is searched from them, not from the places
        spots = spots.take(np.array([0, len(spots) // 2]))
    places = replace(case.both, item=np.arange(len(case.both)) // 2)
    graph = walk_graph(
        case.network, edge_seconds(case.network.edges, case.walker), leg_m_s=case.walker.level_m_s, direction=direction
    )
    ours = dense(graph, places, spots, most_s)
    at = replace(spots, item=np.arange(len(spots)))
    alone = [search(graph, places.take(places.item == item), limit_s=most_s) for item in np.unique(places.item)]
    walks = np.column_stack([nearest_seconds(reach, at, n_items=len(at)) for reach in alone])
    clear = np.abs(walks - most_s) > 1e-6
    np.testing.assert_allclose(ours[clear], np.where(walks <= most_s, walks, np.inf)[clear], atol=1e-6, rtol=0)


def test_each_point_may_want_walks_of_another_length() -> None:
    nodes = {1: (0.0, 0.0), 2: (100.0, 0.0)}
    network = oracle.network_of(nodes, [(100, [1, 2])])
    graph = walk_graph(network, (np.array([100.0]), np.array([50.0])), leg_m_s=1.0, direction="worst")
    spots = oracle.points([(0, 0.0, 0.0), (0, 0.5, 3.0)])
    places = oracle.points([(0, 1.0, 0.0), (0, 0.75, 10.0)])
    pairs = pairs_within(graph, spots, places, most_s=np.array([90.0, 60.0]))
    # From the start 100 s and 75 + 10 s; from the middle 50 + 3 s and 25 + 3 + 10 s.
    assert list(zip(pairs.point.tolist(), pairs.place.tolist(), strict=True)) == [(0, 1), (1, 0), (1, 1)]
    assert pairs.seconds.tolist() == [85.0, 53.0, 38.0]


def test_without_points_or_places_there_are_no_pairs() -> None:
    network = oracle.network_of({1: (0.0, 0.0), 2: (100.0, 0.0)}, [(100, [1, 2])])
    graph = walk_graph(network, (np.array([100.0]), np.array([100.0])), leg_m_s=1.0)
    none, point = oracle.points([]), oracle.points([(0, 0.5, 0.0)])
    for points, places in ((none, point), (point, none)):
        assert len(pairs_within(graph, points, places, most_s=np.full(len(points), 100.0)).point) == 0


def test_many_are_looked_at_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    nodes = {nth + 1: (100.0 * nth, 0.0) for nth in range(4)}
    network = oracle.network_of(nodes, [(100, [1, 2, 3, 4])])
    seconds = np.full(len(network.edges), 80.0)
    graph = walk_graph(network, (seconds, seconds * 1.5), leg_m_s=1.0, direction="worst")
    rows = [(edge, share / 7, 2.0) for edge in range(len(network.edges)) for share in range(SPOTS - 1)]
    spots, places = oracle.points(rows), oracle.points(rows[::3])
    whole = pairs_within(graph, spots, places, most_s=np.full(len(spots), 200.0))
    monkeypatch.setattr(between, "AT_ONCE", 50)
    parts = pairs_within(graph, spots, places, most_s=np.full(len(spots), 200.0))
    assert len(whole.point) > 50 / 3
    for name in ("point", "place", "seconds"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(parts, name))
