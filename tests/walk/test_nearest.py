"""There and back to one and the same place: by hand, against networkx place by place, and on real streets."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from tools import oracle
from worlds import random_networks as invariants

from cfgeo import Inputs, Network, load_walkers
from cfgeo.assess.coverage import prepare_walks, take_samples
from cfgeo.core.schema import FloatArray, Positions
from cfgeo.network.linear_reference import equal_pairs, whole_edges
from cfgeo.network.travel_time import edge_seconds
from cfgeo.walk.nearest import nearest, nearest_seconds, search, seconds_to_each
from cfgeo.walk.search import WalkGraph, walk_graph
from cfgeo.walk.service_area import reached_in_all_directions

HOUR = 3600.0


def street(*seconds: tuple[float, float]) -> tuple[Network, tuple[FloatArray, FloatArray]]:
    """Return one street, 100 m between junctions, and what its edges take there and back."""
    nodes = {nth + 1: (100.0 * nth, 0.0) for nth in range(len(seconds) + 1)}
    network = oracle.network_of(nodes, [(100 + nth, [nth + 1, nth + 2]) for nth in range(len(seconds))])
    assert (network.edges["u"].to_numpy() == np.arange(len(seconds))).all()
    forward_s, backward_s = np.array(seconds, dtype=float).T
    return network, (forward_s, backward_s)


def there_and_back(network: Network, seconds: tuple[FloatArray, FloatArray]) -> WalkGraph:
    return walk_graph(network, seconds, leg_m_s=1.0, direction="worst")


def at(*rows: tuple[int, float]) -> Positions:
    return oracle.points((edge, share, 0.0) for edge, share in rows)


# A slope that falls to the right: home stands in the middle, one clinic at either end.
# Down to the right 100 s, up again 220 s; up to the left 180 s, down again 90 s.
SLOPE = ((90.0, 180.0), (100.0, 220.0))
HOME, CLINICS = (1, 0.0), ((0, 0.0), (1, 1.0))


def test_the_walks_there_and_back_are_to_the_same_clinic() -> None:
    reach = search(there_and_back(*street(*SLOPE)), at(*CLINICS), limit_s=HOUR)
    seconds, clinic = nearest(reach, at(HOME))
    # Not 100 s, which is there to the right clinic and back from the left one.
    assert (seconds.tolist(), clinic.tolist()) == ([180.0], [0])


def test_a_place_can_be_the_nearest_there_and_back_but_in_neither_direction_alone() -> None:
    # Three streets from one junction: 420 s there and 90 s back, 100 s and 710 s, 300 s and 400 s.
    nodes = {1: (0.0, 0.0), 2: (100.0, 0.0), 3: (0.0, 100.0), 4: (-100.0, 0.0)}
    network = oracle.network_of(nodes, [(100, [1, 2]), (101, [1, 3]), (102, [1, 4])])
    seconds = np.array([420.0, 100.0, 300.0]), np.array([90.0, 710.0, 400.0])
    assert (network.edges["u"] == network.edges["u"].iloc[0]).all()
    reach = search(there_and_back(network, seconds), at((0, 1.0), (1, 1.0), (2, 1.0)), limit_s=HOUR)
    walk_s, place = nearest(reach, at((0, 0.0)))
    assert (walk_s.tolist(), place.tolist()) == ([400.0], [2])


def test_a_street_is_reached_where_the_same_clinic_is_within_the_limit_there_and_back() -> None:
    # Within 100 s, there and back: 100 s are 100/180 of the left edge and 100/220 of the right one.
    reach = search(there_and_back(*street(*SLOPE)), at(*CLINICS), limit_s=100)
    reached, share = reached_in_all_directions(reach, whole_edges(2), limit_s=100)
    assert share == pytest.approx([100 / 180, 100 / 220])
    assert reached.start.tolist() == pytest.approx([0.0, 1 - 100 / 220])
    # 180 s reach all of the left edge; from the right clinic 180/220 of the right one.
    reach = search(there_and_back(*street(*SLOPE)), at(*CLINICS), limit_s=180)
    assert reached_in_all_directions(reach, whole_edges(2), limit_s=180)[1] == pytest.approx([1.0, 180 / 220])


def test_where_two_clinics_reach_from_both_sides_the_pieces_are_put_together() -> None:
    network, seconds = street((100.0, 100.0))
    reach = search(there_and_back(network, seconds), at((0, 0.0), (0, 1.0)), limit_s=60)
    reached, share = reached_in_all_directions(reach, whole_edges(1), limit_s=60)
    assert share.tolist() == [1.0]
    assert (reached.start.min(), reached.end.max()) == (0.0, 1.0)


def test_a_park_may_be_left_by_another_gate() -> None:
    # One place with two gates is one place: in by the lower one, out by the upper one.
    gates = replace(at(*CLINICS), item=np.zeros(2, dtype=np.int64))
    reach = search(there_and_back(*street(*SLOPE)), gates, limit_s=HOUR)
    assert nearest(reach, at(HOME))[0].tolist() == [100.0]


def test_beyond_the_search_there_is_no_place() -> None:
    reach = search(there_and_back(*street(*SLOPE)), at(*CLINICS), limit_s=150)
    # There in 100 s to one, back in 90 s from the other, and neither both ways.
    seconds, clinic = nearest(reach, at(HOME))
    assert (seconds.tolist(), clinic.tolist()) == ([np.inf], [-1])
    assert nearest_seconds(reach, at(HOME), n_items=2).tolist() == [np.inf, np.inf]


def test_what_is_wanted_up_to_a_limit_is_right_up_to_it() -> None:
    reach = search(there_and_back(*street(*SLOPE)), at(*CLINICS), limit_s=HOUR)
    assert nearest(reach, at(HOME), limit_s=99)[0][0] > 99
    assert nearest(reach, at(HOME), limit_s=200)[0].tolist() == [180.0]


def test_no_places_reach_nothing() -> None:
    reach = search(there_and_back(*street(*SLOPE)), at(), limit_s=HOUR)
    assert nearest(reach, at(HOME))[1].tolist() == [-1]
    assert reached_in_all_directions(reach, whole_edges(2), limit_s=HOUR)[1].tolist() == [0.0, 0.0]


def test_pairs_are_sorted_and_each_stands_once() -> None:
    reach = search(there_and_back(*street(*SLOPE)), at(*CLINICS), limit_s=HOUR)
    row, item, seconds = seconds_to_each(reach, 0, at(HOME, (0, 0.5)), limit_s=HOUR)
    assert (row.tolist(), item.tolist()) == ([0, 0, 1, 1], [0, 1, 0, 1])
    assert seconds.tolist() == [180.0, 100.0, 90.0, 145.0]


# --- any network -------------------------------------------------------------------------------------------------


@invariants.FEW
@given(invariants.cases())
def test_walks_equal_networkx_place_by_place(case: invariants.Case) -> None:
    places = replace(case.both, item=np.arange(len(case.both)))
    seconds = edge_seconds(case.network.edges, case.walker)
    graph = walk_graph(case.network, seconds, leg_m_s=case.walker.level_m_s, direction="worst")
    spots = invariants.every_tenth(len(case.network.edges))
    ours = nearest_seconds(search(graph, places, limit_s=HOUR), spots, n_items=len(spots))
    expected = oracle.seconds_there_and_back(case.network, seconds, places, spots, leg_m_s=case.walker.level_m_s)
    np.testing.assert_allclose(np.where(ours <= HOUR, ours, np.inf)[spots.item], expected, atol=1e-6, rtol=0)


@invariants.FEW
@given(invariants.cases(), invariants.limits)
def test_what_is_reached_is_where_the_walk_is_within_the_limit(case: invariants.Case, limit_s: float) -> None:
    seconds = edge_seconds(case.network.edges, case.walker)
    graph = walk_graph(case.network, seconds, leg_m_s=case.walker.level_m_s, direction="worst")
    reach, count = search(graph, case.both, limit_s=limit_s), len(case.network.edges)
    reached, share = reached_in_all_directions(reach, whole_edges(count), limit_s=limit_s)
    # No place begins or ends at these shares, so that no spot is reached without some street around it.
    spots = oracle.points((edge, 0.0137 + t / 21, 0.0) for edge in range(count) for t in range(20))
    walk_s = nearest_seconds(reach, spots, n_items=len(spots))
    row, nth = equal_pairs(spots.edge, reached.edge)
    inside = (reached.start[nth] <= spots.start[row]) & (spots.start[row] <= reached.end[nth])
    on_reached = np.bincount(row, weights=inside, minlength=len(spots))
    assert (on_reached <= 1).all()
    clear = np.abs(walk_s - limit_s) > 1e-6
    assert ((on_reached == 1) == (walk_s <= limit_s))[clear].all()
    assert ((share >= 0) & (share <= 1 + 1e-9)).all()


# --- real streets ------------------------------------------------------------------------------------------------


@pytest.mark.shared
@pytest.mark.parametrize("layer", ["schools", "parks", "sports"])
def test_homes_in_monaco_equal_a_search_from_each_place_alone(monaco: Inputs, layer: str) -> None:
    walker, limit_s = load_walkers()["primary"], 1800.0
    samples = take_samples(monaco.communities, monaco.demand, monaco.network)
    walk = prepare_walks(samples, monaco.network, monaco.layers, [walker], snap_m=100)[walker]
    places, n_items = walk.places[layer], len(samples.demand)
    ours = nearest_seconds(search(walk.graph, places, limit_s=limit_s), walk.demand, n_items=n_items)
    alone = [
        nearest_seconds(
            search(walk.graph, places.take(places.item == item), limit_s=limit_s), walk.demand, n_items=n_items
        )
        for item in np.unique(places.item)
    ]
    expected = np.min(alone, axis=0)
    np.testing.assert_allclose(ours[expected <= limit_s], expected[expected <= limit_s], atol=1e-9, rtol=0)
    assert (ours[expected > limit_s] > limit_s).all()
    there, back = (walk.graph.directions[nth] for nth in range(2))
    apart = np.maximum(
        *(
            nearest_seconds(search(replace(way, back=None), places, limit_s=limit_s), walk.demand, n_items=n_items)
            for way in (there, back)
        )
    )
    assert (ours >= apart - 1e-9).all()
    assert (ours > apart + 1).any()
