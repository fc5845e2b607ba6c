"""What must hold for any network, any places and any walker."""

from dataclasses import dataclass, replace

import numpy as np
import oracle
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from town import CHILD, PRAM, at, town_communities, town_demand, town_layers

from cfgeo import Network, Walker, from_networkx, to_networkx
from cfgeo.coverage import cover, lay_ground, prepare_walks
from cfgeo.pace import edge_seconds
from cfgeo.reach import WalkGraph, node_seconds, seconds_at, walk_graph
from cfgeo.reached import reached_parts
from cfgeo.schema import Positions
from cfgeo.stretches import whole_edges

FEW = settings(max_examples=max(settings().max_examples * 5 // 8, 1))
"""Each network takes some hundredths of a second to build."""

tenths = st.integers(0, 10).map(lambda n: n / 10)
limits = st.sampled_from([0.0, 10.0, 40.0, 100.0, 250.0, 1000.0])
forms = st.sampled_from(
    [
        {},
        {},
        {"oneway": 1},
        {"oneway": -1},
        {"form": "steps"},
        {"form": "steps", "incline": 1},
        {"form": "steps", "incline": -1, "ramp": True},
        {"form": "escalator", "oneway": 1},
    ]
)


@dataclass(frozen=True)
class Case:
    """A network as somebody walks it, and places on it."""

    network: Network
    walker: Walker
    places: Positions
    more: Positions

    def graph(self, pace: float = 1.0) -> WalkGraph:
        walker = self.walker.at_pace(pace)
        return walk_graph(self.network, edge_seconds(self.network.edges, walker), leg_m_s=walker.level_m_s)

    @property
    def both(self) -> Positions:
        one, other = self.places, self.more
        columns = [(getattr(one, name), getattr(other, name)) for name in ("item", "edge", "start", "end", "leg_m")]
        return Positions(*(np.concatenate(pair) for pair in columns))

    def shares(self, places: Positions, limit_s: float, pace: float = 1.0) -> np.ndarray:
        graph = self.graph(pace)
        node_s = node_seconds(graph, places, limit_s=limit_s)
        return reached_parts(graph, node_s, places, whole_edges(len(self.network.edges)), limit_s=limit_s)[1]


@st.composite
def networks(draw: st.DrawFn) -> Network:
    """Networks with parallel, one-way and crossing ways, loops, ways that go back on themselves, and lifts."""
    spots = draw(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=7, unique=True))
    nodes = {1 + i: (50.0 * x, 50.0 * y) for i, (x, y) in enumerate(spots)}
    one_way = st.tuples(st.lists(st.sampled_from(sorted(nodes)), min_size=2, max_size=4), forms)
    ways = draw(st.lists(one_way, min_size=1, max_size=6))
    assume(any(len(set(refs)) > 1 for refs, _ in ways))
    lifts = draw(st.lists(st.sampled_from(sorted(nodes)), max_size=2, unique=True))
    runs = [(100 + i, refs) for i, (refs, _) in enumerate(ways)]
    return oracle.network_of(nodes, runs, lifts=lifts, facts=[facts for _, facts in ways])


def positions(n_edges: int, *, least: int, points: bool) -> st.SearchStrategy[Positions]:
    row = st.tuples(st.integers(0, n_edges - 1), tenths, tenths, st.sampled_from([0.0, 5.0, 60.0]))
    if points:
        return st.lists(row.map(lambda r: (r[0], r[1], r[3])), min_size=least, max_size=4).map(oracle.points)
    ordered = row.map(lambda r: (r[0], min(r[1:3]), max(r[1:3]), r[3]))
    return st.lists(ordered, min_size=least, max_size=4).map(oracle.stretches)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    network = draw(networks())
    count = len(network.edges)
    if draw(st.booleans()):  # on a slope: any two ways take their own time
        factors = st.lists(st.sampled_from([0.8, 1.0, 1.5, 2.9]), min_size=2 * count, max_size=2 * count)
        there, back = np.reshape(draw(factors), (2, count))
        network = replace(network, edges=network.edges.assign(slope_forward=there, slope_backward=back))
    walker = draw(st.sampled_from([CHILD, PRAM, replace(CHILD, lift_wait_s=0.0)]))
    places = draw(positions(count, least=1, points=draw(st.booleans())))
    return Case(network, walker, places, draw(positions(count, least=1, points=draw(st.booleans()))))


def every_tenth(n_edges: int) -> Positions:
    return oracle.points((edge, t / 20, 0.0) for edge in range(n_edges) for t in range(21))


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
def test_one_more_place_never_lengthens_a_walk_nor_takes_a_street_away(case: Case, limit_s: float) -> None:
    graph, spots = case.graph(), every_tenth(len(case.network.edges))
    few, many = (
        seconds_at(graph, node_seconds(graph, places, limit_s=1e4), places, spots)
        for places in (case.places, case.both)
    )
    assert (many <= few + 1e-9).all()
    assert (case.shares(case.both, limit_s) >= case.shares(case.places, limit_s) - 1e-9).all()


@FEW
@given(cases(), limits, limits)
def test_a_longer_limit_never_takes_a_street_away(case: Case, one_s: float, other_s: float) -> None:
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

spots = st.tuples(st.integers(-100, 650), st.integers(-100, 450))


def town_cover(town: Network, schools: list[tuple[int, int]], *, walker: Walker, limit_s: float) -> pd.DataFrame:
    layer = town_layers()["schools"].iloc[:1]
    every = layer.iloc[[0] * len(schools)].set_geometry([at(*xy) for xy in schools]).reset_index(drop=True)
    ground = lay_ground(town_communities(), town_demand(), town)
    walk = prepare_walks(ground, town, {"schools": every}, [walker], snap_m=100)[walker]
    weight = ground.demand["weight"].to_numpy()
    return cover(ground, walk, walk.places["schools"], weight, limit_s=limit_s, search_s=3600.0)


_SHARES = ["share", "area_share", "street_share"]


def no_less(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    """Say whether no share of the second table is lower, and no median walk longer."""
    shares = (other[_SHARES].fillna(0) >= one[_SHARES].fillna(0) - 1e-9).all(axis=None)
    walks = ["median_minutes", "p90_minutes"]
    return bool(shares and (other[walks].fillna(0) <= one[walks].fillna(0) + 1e-9).all(axis=None))


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
            found = node_seconds(graph, oracle.points([(int(edge), 0.5, 0.0)]), limit_s=1e4)
            assert np.isfinite(found[main]).all()
            assert np.isinf(found[~main]).all()
