"""Networks, walkers and places drawn by hypothesis, small enough for slow oracles."""

from dataclasses import dataclass, replace

import numpy as np
from hypothesis import assume, settings
from hypothesis import strategies as st
from tools import oracle

from cfgeo import Network, Walker
from cfgeo.core.schema import Positions
from cfgeo.network.linear_reference import whole_edges
from cfgeo.network.travel_time import edge_seconds
from cfgeo.walk.search import WalkGraph, node_seconds, walk_graph
from cfgeo.walk.service_area import reached_parts
from worlds.town import CHILD, PRAM

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
        return Positions.concat(self.places, self.more)

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


spots = st.tuples(st.integers(-100, 650), st.integers(-100, 450))
