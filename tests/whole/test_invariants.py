"""What must hold for any network, any places and any walker."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tools import oracle
from worlds.random_networks import FEW, Case, cases, every_tenth, limits, networks, spots, tenths
from worlds.town import CHILD, PRAM, at, town_communities, town_demand, town_layers

from cfgeo import Network, Walker, from_networkx, to_networkx
from cfgeo.assess.coverage import cover, prepare_walks, take_samples
from cfgeo.network.linear_reference import whole_edges
from cfgeo.network.travel_time import edge_seconds
from cfgeo.walk.search import node_seconds, seconds_at, walk_graph
from cfgeo.walk.service_area import reached_parts

# --- networks ----------------------------------------------------------------------------------------------------


@FEW
@given(networks())
def test_any_streets_become_simple_open_edges(network: Network) -> None:
    assert oracle.broken_promises(network) == []


@FEW
@given(networks())
def test_any_network_comes_back_from_networkx_with_the_same_walks(network: Network) -> None:
    back = from_networkx(to_networkx(network))
    assert sorted(back.nodes["osm_id"]) == sorted(network.nodes["osm_id"])

    def walks(net: Network) -> list[tuple[float, ...]]:
        ids = net.nodes["osm_id"].to_numpy()
        u, v = ids[net.edges["u"]], ids[net.edges["v"]]
        times = [edge_seconds(net.edges, walker) for walker in (CHILD, PRAM)]
        there = zip(u, v, net.edges["length_m"].round(6), *(f.round(6) for f, _ in times), strict=True)
        back_again = zip(v, u, net.edges["length_m"].round(6), *(b.round(6) for _, b in times), strict=True)
        return sorted(row for row in [*there, *back_again] if np.isfinite(row[3:]).any())

    assert walks(back) == walks(network)


# --- reach -------------------------------------------------------------------------------------------------------


@FEW
@given(cases(), limits)
def test_reach_equals_networkx_on_the_split_graph(case: Case, limit_s: float) -> None:
    spots = every_tenth(len(case.network.edges))
    graph = case.graph()
    ours = seconds_at(graph, node_seconds(graph, case.places, limit_s=limit_s), case.places, spots)
    seconds = oracle.edge_seconds(case.network.edges, case.walker)
    theirs = oracle.seconds_to_place(case.network, seconds, case.places, spots, leg_m_s=case.walker.level_m_s)
    within = theirs <= limit_s - 1e-6
    np.testing.assert_allclose(ours[within], theirs[within], atol=1e-6)
    assert (ours[~within] >= theirs[~within] - 1e-6).all()


@FEW
@given(cases(), limits)
def test_a_spot_lies_in_a_reached_piece_when_networkx_gets_there_in_time(case: Case, limit_s: float) -> None:
    count, graph = len(case.network.edges), case.graph()
    # No place begins or ends at these, so that each lies inside a stretch of street.
    spots = oracle.points((edge, (t + 0.37) / 10, 0.0) for edge in range(count) for t in range(10))
    node_s = node_seconds(graph, case.places, limit_s=limit_s)
    reached, _ = reached_parts(graph, node_s, case.places, whole_edges(count), limit_s=limit_s)
    inside = np.zeros(len(spots), dtype=bool)
    for edge, start, end in zip(reached.edge, reached.start, reached.end, strict=True):
        inside |= (spots.edge == edge) & (spots.start >= start) & (spots.start <= end)
    seconds = oracle.edge_seconds(case.network.edges, case.walker)
    theirs = oracle.seconds_to_place(case.network, seconds, case.places, spots, leg_m_s=case.walker.level_m_s)
    assert inside[theirs <= limit_s - 1e-6].all()
    assert not inside[theirs > limit_s + 1e-6].any()


@FEW
@given(cases(), limits)
def test_an_added_place_never_lengthens_a_walk_nor_loses_a_street(case: Case, limit_s: float) -> None:
    graph, spots = case.graph(), every_tenth(len(case.network.edges))
    few, many = (
        seconds_at(graph, node_seconds(graph, places, limit_s=1e4), places, spots)
        for places in (case.places, case.both)
    )
    assert (many <= few + 1e-9).all()
    assert (case.shares(case.both, limit_s) >= case.shares(case.places, limit_s) - 1e-9).all()


@FEW
@given(cases(), limits, limits)
def test_a_longer_limit_never_loses_a_street(case: Case, one_s: float, other_s: float) -> None:
    short, long = sorted([one_s, other_s])
    assert (case.shares(case.places, long) >= case.shares(case.places, short) - 1e-9).all()


@FEW
@given(cases(), limits, st.sampled_from([1.1, 1.5, 3.0]))
def test_a_faster_walker_never_loses_a_street(case: Case, limit_s: float, pace: float) -> None:
    assert (case.shares(case.places, limit_s, pace) >= case.shares(case.places, limit_s) - 1e-9).all()


@FEW
@given(cases(), limits)
def test_reached_pieces_lie_apart_inside_their_edges_and_make_up_the_share(case: Case, limit_s: float) -> None:
    graph, count = case.graph(), len(case.network.edges)
    node_s = node_seconds(graph, case.places, limit_s=limit_s)
    reached, share = reached_parts(graph, node_s, case.places, whole_edges(count), limit_s=limit_s)
    assert ((share >= 0) & (share <= 1 + 1e-9)).all()
    assert ((reached.start >= -1e-12) & (reached.start < reached.end) & (reached.end <= 1 + 1e-12)).all()
    sizes = np.bincount(reached.edge, weights=reached.end - reached.start, minlength=count)
    np.testing.assert_allclose(sizes, share, atol=1e-9)
    order = np.lexsort((reached.start, reached.edge))
    edge, start, end = reached.edge[order], reached.start[order], reached.end[order]
    assert (start[1:] >= end[:-1] - 1e-9)[edge[1:] == edge[:-1]].all()


@FEW
@given(cases(), limits, tenths)
def test_the_share_of_an_edge_is_that_of_its_two_halves(case: Case, limit_s: float, cut: float) -> None:
    graph, count = case.graph(), len(case.network.edges)
    node_s = node_seconds(graph, case.places, limit_s=limit_s)
    whole = whole_edges(count)
    halves = (replace(whole, end=np.full(count, cut)), replace(whole, start=np.full(count, cut)))
    sizes = [reached_parts(graph, node_s, case.places, half, limit_s=limit_s)[1] for half in halves]
    np.testing.assert_allclose(sum(sizes), case.shares(case.places, limit_s), atol=1e-9)


@FEW
@given(cases())
def test_the_order_of_places_does_not_matter(case: Case) -> None:
    both = case.both
    turned = both.take(np.arange(len(both))[::-1])
    for limit_s in (40.0, 250.0):
        np.testing.assert_allclose(case.shares(both, limit_s), case.shares(turned, limit_s), atol=1e-9)


# --- coverage ----------------------------------------------------------------------------------------------------


def town_cover(town: Network, schools: list[tuple[int, int]], *, walker: Walker, limit_s: float) -> pd.DataFrame:
    layer = town_layers()["schools"].iloc[:1]
    every = layer.iloc[[0] * len(schools)].set_geometry([at(*xy) for xy in schools]).reset_index(drop=True)
    samples = take_samples(town_communities(), town_demand(), town)
    walk = prepare_walks(samples, town, {"schools": every}, [walker], snap_m=100)[walker]
    weight = samples.demand["weight"].to_numpy()
    return cover(samples, walk, walk.places["schools"], weight, limit_s=limit_s, search_s=3600.0)


_SHARES = ["share", "area_share", "street_share"]


def no_less(before: pd.DataFrame, after: pd.DataFrame) -> bool:
    """Return whether no share is lower after, and no median walk longer."""
    shares = (after[_SHARES].fillna(0) >= before[_SHARES].fillna(0) - 1e-9).all(axis=None)
    walks = ["median_minutes", "p90_minutes"]
    return bool(shares and (after[walks].fillna(0) <= before[walks].fillna(0) + 1e-9).all(axis=None))


@settings(max_examples=15)
@given(st.lists(spots, min_size=1, max_size=3), spots, st.sampled_from([CHILD, PRAM]), limits)
def test_coverage_never_falls_with_a_facility_a_longer_limit_or_a_faster_child(
    town: Network, schools: list, new: tuple[int, int], walker: Walker, limit_s: float
) -> None:
    before = town_cover(town, schools, walker=walker, limit_s=limit_s)
    shares = before[_SHARES].to_numpy()
    assert ((shares >= 0) & (shares <= 1 + 1e-9) | np.isnan(shares)).all()
    assert no_less(before, town_cover(town, [*schools, new], walker=walker, limit_s=limit_s))
    assert no_less(before, town_cover(town, schools, walker=walker, limit_s=limit_s + 60))
    assert no_less(before, town_cover(town, schools, walker=walker.at_pace(1.1), limit_s=limit_s))


@settings(max_examples=10)
@given(st.lists(spots, max_size=3), limits)
def test_a_home_that_no_street_meets_is_counted_and_not_covered(town: Network, schools: list, limit_s: float) -> None:
    table = town_cover(town, schools, walker=CHILD, limit_s=limit_s)
    demand = town_demand()
    stranded = demand["weight"].iloc[-1] / demand.loc[demand["community"] == "C03", "weight"].sum()
    assert table.loc["C03", "demand"] == demand.loc[demand["community"] == "C03", "weight"].sum()
    assert table.loc["C03", "share"] <= 1 - stranded + 1e-9


def test_the_random_networks_hold_what_they_are_for() -> None:
    """Lifts, one-way and parallel edges do occur in the networks that the tests above draw."""
    seen = set()

    @settings(max_examples=60)
    @given(networks())
    def look(network: Network) -> None:
        edges = network.edges
        seen.update(edges["form"])
        seen.update(edges["oneway"])
        ends = np.sort(edges[["u", "v"]].to_numpy(), axis=1)
        if len(np.unique(ends, axis=0)) < len(ends):
            seen.add("parallel")

    look()
    assert seen == {"level", "steps", "escalator", "lift", 0, 1, -1, "parallel"}


@pytest.mark.parametrize("walker", [CHILD, PRAM], ids=["child", "pram"])
def test_from_everywhere_on_the_main_network_a_child_gets_everywhere(town: Network, walker: Walker) -> None:
    # Escalators and one-way streets have a way round for both.
    graph = walk_graph(town, edge_seconds(town.edges, walker), leg_m_s=walker.level_m_s)
    main = town.nodes["component"].to_numpy() == 0
    for edge in np.flatnonzero(town.main):
        if np.isfinite(np.minimum(graph.forward_s[edge], graph.backward_s[edge])):
            node_s = node_seconds(graph, oracle.points([(int(edge), 0.5, 0.0)]), limit_s=1e4)
            assert np.isfinite(node_s[main]).all()
            assert np.isinf(node_s[~main]).all()
