"""Ways to the nearest place: by hand in the town, re-added edge by edge against the reach, people against a loop."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from worlds.random_squares import networks, positions
from worlds.town import CHILD, ESCALATOR, PARK, PRAM, STEPS, at, moved

from cfgeo import Inputs, Network, Walker, load_walkers
from cfgeo.core.schema import Positions
from cfgeo.network.travel_time import doorsteps, edge_seconds
from cfgeo.walk.route import FACTS, arc_facts, carried, one_way, way_facts
from cfgeo.walk.search import WalkGraph, node_seconds, seconds_at, walk_graph, way_tree
from cfgeo.walk.snap import snap, snap_index

HOUR = 3600.0
SECONDS = [fact for fact in FACTS if fact.endswith("_s")]


class Ways:
    """A network as one walker walks it, and the ways in it."""

    def __init__(self, network: Network, walker: Walker, direction: Any = "to") -> None:
        self.network, self.walker = network, walker
        self.seconds = edge_seconds(network.edges, walker)
        self.graph: WalkGraph = walk_graph(network, self.seconds, leg_m_s=walker.level_m_s, direction=direction)
        self.facts = arc_facts(network, walker)

    def on(self, *shapes: object) -> Positions:
        return snap(snap_index(self.network, doorsteps(self.network, *self.seconds)), list(shapes), snap_m=100)

    def facts_of(self, start: tuple[float, float], *places: object) -> dict[str, float]:
        goal, home = self.on(*places), self.on(at(*start))
        tree = way_tree(self.graph, goal, limit_s=HOUR)
        return dict(way_facts(self.graph, tree, goal, home, self.facts).iloc[0])


def readded(ways: Ways, places: Positions, home: Positions, limit_s: float) -> float:
    """Return the seconds of one way, edge by edge as it is walked."""
    tree = way_tree(ways.graph, places, limit_s=limit_s)
    stretches, arc = one_way(ways.graph, tree, places, home)
    of_arc = np.concatenate(ways.seconds)
    facts = way_facts(ways.graph, tree, places, home, ways.facts).iloc[0]
    legs_s = (home.leg_m[0] + places.leg_m[int(facts["place"])]) / ways.walker.level_m_s
    return float((of_arc[arc] * (stretches.end - stretches.start)).sum() + legs_s)


# --- by hand -----------------------------------------------------------------------------------------------------


def test_up_the_steps_and_along_the_street(town: Network) -> None:
    facts = Ways(town, CHILD).facts_of((0, 100), at(50, 200))
    assert facts["stairs_s"] == pytest.approx(200)
    assert facts["level_s"] == pytest.approx(40)
    assert facts["steps"] == pytest.approx(150)
    assert facts["length_m"] == pytest.approx(150)
    assert facts["seconds"] == pytest.approx(240)


def test_the_way_back_goes_down(town: Network) -> None:
    facts = Ways(town, CHILD, "from").facts_of((0, 100), at(50, 200))
    assert facts["stairs_s"] == pytest.approx(125)
    assert facts["seconds"] == pytest.approx(165)


def test_legs_and_lift_and_escalator_have_parts_of_their_own(town: Network) -> None:
    lift = Ways(town, PRAM).facts_of((100, 90), at(100, 210))
    assert lift["lift_s"] == pytest.approx(60)
    assert lift["stairs_s"] == 0
    belt = Ways(town, CHILD).facts_of((200, 100), at(200, 200))
    assert belt["lift_s"] == pytest.approx(200), "the escalator"
    off = Ways(town, CHILD).facts_of((350, -25), at(350, 0))
    assert off["off_network_s"] == pytest.approx(20)
    assert off["off_network_m"] == pytest.approx(25)


def test_inside_a_park_no_way_is_left(town: Network) -> None:
    ways = Ways(town, CHILD)
    facts = ways.facts_of((250, 0), moved(PARK))
    assert [facts[name] for name in FACTS] == [0] * len(FACTS)


def test_where_nothing_is_found_there_is_no_way(town: Network) -> None:
    ways = Ways(town, CHILD)
    home = ways.on(at(0, 100))
    for places, limit_s in ((home.take(np.zeros(1, dtype=bool)), HOUR), (ways.on(at(400, 300)), 10.0)):
        tree = way_tree(ways.graph, places, limit_s=limit_s)
        facts = way_facts(ways.graph, tree, places, home, ways.facts).iloc[0]
        assert facts["seconds"] == np.inf
        assert facts["place"] == -1
        assert facts[SECONDS].sum() == 0


def test_a_way_is_told_in_the_order_of_the_walk(town: Network) -> None:
    for direction, first, last in (("to", STEPS, 1002), ("from", 1002, STEPS)):
        ways = Ways(town, CHILD, direction)
        places, home = ways.on(at(50, 200)), ways.on(at(0, 100))
        tree = way_tree(ways.graph, places, limit_s=HOUR)
        stretches, arc = one_way(ways.graph, tree, places, home)
        names = town.edges["osm_id"].to_numpy()[stretches.edge]
        assert (names[0], names[-1]) == (first, last)
        forward = arc < len(town.edges)
        assert forward[list(names).index(STEPS)] == (direction == "to"), "up to the place, down from it"


def test_children_are_counted_on_every_edge_of_their_way_and_in_its_direction(town: Network) -> None:
    ways = Ways(town, CHILD)
    places, homes = ways.on(at(50, 200)), ways.on(at(0, 50), at(0, 90), at(75, 200))
    tree = way_tree(ways.graph, places, limit_s=HOUR)
    arcs, nodes = carried(ways.graph, tree, places, homes, np.array([3.0, 4.0, 5.0]))
    n_edges = len(town.edges)
    steps = int(np.flatnonzero(town.edges["osm_id"] == STEPS)[0])
    assert arcs[steps] == 7
    assert arcs[n_edges + steps] == 0
    street = int(homes.edge[2])
    assert arcs[street] == 7, "up the steps and on to the school"
    assert arcs[n_edges + street] == 5, "from the other side"
    assert nodes[town.edges["v"].iloc[steps]] == 7
    assert arcs[int(np.flatnonzero(town.edges["osm_id"] == ESCALATOR)[0])] == 0


# --- random networks ---------------------------------------------------------------------------------------------


@given(st.data())
def test_ways_add_up_to_the_reach_on_random_networks(data: st.DataObject) -> None:
    network = data.draw(networks())
    ways = Ways(network, CHILD, data.draw(st.sampled_from(["to", "from"])))
    places = positions(data.draw, len(network.edges), points=False)
    homes = positions(data.draw, len(network.edges), points=True)
    tree = way_tree(ways.graph, places, limit_s=HOUR)
    np.testing.assert_array_equal(tree.node_s, node_seconds(ways.graph, places, limit_s=HOUR))
    reach_s = seconds_at(ways.graph, tree.node_s, places, homes)
    facts = way_facts(ways.graph, tree, places, homes, ways.facts)
    np.testing.assert_array_equal(facts["seconds"], reach_s)
    found = np.isfinite(reach_s)
    np.testing.assert_allclose(facts.loc[found, SECONDS].sum(axis=1), reach_s[found], atol=1e-6)
    arcs, _ = carried(ways.graph, tree, places, homes, np.ones(len(homes)))
    counted = np.zeros_like(arcs)
    for row in np.flatnonzero(found):
        home = homes.take(np.array([row]))
        assert readded(ways, places, home, HOUR) == pytest.approx(reach_s[row], abs=1e-6)
        for arc in set(one_way(ways.graph, tree, places, home)[1].tolist()):
            counted[arc] += 1
    np.testing.assert_allclose(arcs, counted)


# --- real streets ------------------------------------------------------------------------------------------------


def shares_with_stairs(inputs: Inputs, walker: Walker, layer: str) -> list[float]:
    """Re-add the ways of 200 random points, there and back, edge by edge; return the shares that climb stairs."""
    shares = []
    rng = np.random.default_rng(20)
    xy = inputs.demand.geometry.sample(n=200, replace=True, random_state=rng).to_numpy()
    for direction in ("to", "from"):
        ways = Ways(inputs.network, walker, direction)
        places = ways.on(*inputs.layers[layer].geometry)
        homes = ways.on(*xy)
        node_s = node_seconds(ways.graph, places, limit_s=HOUR)
        reach_s = seconds_at(ways.graph, node_s, places, homes)
        found = np.flatnonzero(np.isfinite(reach_s))
        assert len(found) > 150
        added = [readded(ways, places, homes.take(found[nth : nth + 1]), HOUR) for nth in range(len(found))]
        np.testing.assert_allclose(added, reach_s[found], atol=1e-6, rtol=0)
        tree = way_tree(ways.graph, places, limit_s=HOUR)
        facts = way_facts(ways.graph, tree, places, homes, ways.facts)
        np.testing.assert_allclose(facts[SECONDS].sum(axis=1)[found], reach_s[found], atol=1e-6, rtol=0)
        shares.append(float((facts.loc[found, "stairs_s"] > 0).mean()))
    return shares


@pytest.mark.shared
def test_two_hundred_ways_in_monaco(monaco: Inputs) -> None:
    assert min(shares_with_stairs(monaco, load_walkers()["primary"], "schools")) > 0.1


@pytest.mark.shared
def test_two_hundred_ways_in_yuzhong(yuzhong: Inputs) -> None:
    assert min(shares_with_stairs(yuzhong, load_walkers()["preschool"], "parks")) > 0.1
