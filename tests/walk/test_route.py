"""Routes to the nearest place: by hand in the town, added up edge by edge, and flows against a loop."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import Point
from tools.oracle import network_of
from worlds.random_squares import networks, positions
from worlds.town import BRIDGE, CHILD, CRS, ESCALATOR, LIFT, PARK, PRAM, SOUTH, STEPS, WEST, at, moved

from cfgeo import Inputs, Network, Walker, load_walkers
from cfgeo.core.schema import Positions
from cfgeo.network.travel_time import edge_seconds, snappable_edges
from cfgeo.walk.route import FACTS, arc_facts, edge_flows, route_facts, route_stretches
from cfgeo.walk.route_pieces import OFF_NETWORK, route_pieces, route_profile
from cfgeo.walk.search import WalkGraph, node_seconds, path_tree, seconds_at, walk_graph
from cfgeo.walk.snap import snap, snap_index

HOUR = 3600.0
SECONDS = [fact for fact in FACTS if fact.endswith("_s")]


class Routes:
    """A network with the seconds of a walker, and the routes in it."""

    def __init__(self, network: Network, walker: Walker, direction: Any = "to") -> None:
        self.network, self.walker = network, walker
        self.seconds = edge_seconds(network.edges, walker)
        self.graph: WalkGraph = walk_graph(network, self.seconds, leg_m_s=walker.level_m_s, direction=direction)
        self.facts = arc_facts(network, walker)

    def on(self, *shapes: object) -> Positions:
        return snap(snap_index(self.network, snappable_edges(self.network, *self.seconds)), list(shapes), snap_m=100)

    def facts_of(self, start: tuple[float, float], *places: object) -> dict[str, float]:
        goal, home = self.on(*places), self.on(at(*start))
        tree = path_tree(self.graph, goal, limit_s=HOUR)
        return dict(route_facts(self.graph, tree, goal, home, self.facts).iloc[0])


def readded(routes: Routes, places: Positions, home: Positions, limit_s: float) -> float:
    """Return the seconds of one way, edge by edge as it is walked."""
    tree = path_tree(routes.graph, places, limit_s=limit_s)
    stretches, arc = route_stretches(routes.graph, tree, places, home)
    of_arc = np.concatenate(routes.seconds)
    facts = route_facts(routes.graph, tree, places, home, routes.facts).iloc[0]
    legs_s = (home.leg_m[0] + places.leg_m[int(facts["place"])]) / routes.walker.level_m_s
    return float((of_arc[arc] * (stretches.end - stretches.start)).sum() + legs_s)


# --- by hand -----------------------------------------------------------------------------------------------------


def test_up_the_steps_and_along_the_street(town: Network) -> None:
    facts = Routes(town, CHILD).facts_of((0, 100), at(50, 200))
    assert facts["stairs_s"] == pytest.approx(200)
    assert facts["level_s"] == pytest.approx(40)
    assert facts["steps"] == pytest.approx(150)
    assert facts["length_m"] == pytest.approx(150)
    assert facts["seconds"] == pytest.approx(240)


def test_the_route_back_goes_down_the_steps(town: Network) -> None:
    facts = Routes(town, CHILD, "from").facts_of((0, 100), at(50, 200))
    assert facts["stairs_s"] == pytest.approx(125)
    assert facts["seconds"] == pytest.approx(165)


def test_legs_and_lift_and_escalator_have_parts_of_their_own(town: Network) -> None:
    lift = Routes(town, PRAM).facts_of((100, 90), at(100, 210))
    assert lift["lift_s"] == pytest.approx(60)
    assert lift["stairs_s"] == 0
    belt = Routes(town, CHILD).facts_of((200, 100), at(200, 200))
    assert belt["lift_s"] == pytest.approx(200), "the escalator"
    off = Routes(town, CHILD).facts_of((350, -25), at(350, 0))
    assert off["off_network_s"] == pytest.approx(20)
    assert off["off_network_m"] == pytest.approx(25)


def test_inside_a_park_the_route_has_no_length(town: Network) -> None:
    routes = Routes(town, CHILD)
    facts = routes.facts_of((250, 0), moved(PARK))
    assert [facts[name] for name in FACTS] == [0] * len(FACTS)


def test_without_a_place_within_the_search_there_is_no_route(town: Network) -> None:
    routes = Routes(town, CHILD)
    home = routes.on(at(0, 100))
    for places, limit_s in ((home.take(np.zeros(1, dtype=bool)), HOUR), (routes.on(at(400, 300)), 10.0)):
        tree = path_tree(routes.graph, places, limit_s=limit_s)
        facts = route_facts(routes.graph, tree, places, home, routes.facts).iloc[0]
        assert facts["seconds"] == np.inf
        assert facts["place"] == -1
        assert facts[SECONDS].sum() == 0


def test_a_route_lists_its_edges_in_the_order_of_the_walk(town: Network) -> None:
    for direction, first, last in (("to", STEPS, 1002), ("from", 1002, STEPS)):
        routes = Routes(town, CHILD, direction)
        places, home = routes.on(at(50, 200)), routes.on(at(0, 100))
        tree = path_tree(routes.graph, places, limit_s=HOUR)
        stretches, arc = route_stretches(routes.graph, tree, places, home)
        names = town.edges["osm_id"].to_numpy()[stretches.edge]
        assert (names[0], names[-1]) == (first, last)
        forward = arc < len(town.edges)
        assert forward[list(names).index(STEPS)] == (direction == "to"), "up to the place, down from it"


def test_children_are_counted_on_every_edge_of_their_route_and_in_its_direction(town: Network) -> None:
    routes = Routes(town, CHILD)
    places, homes = routes.on(at(50, 200)), routes.on(at(0, 50), at(0, 90), at(75, 200))
    tree = path_tree(routes.graph, places, limit_s=HOUR)
    arcs, nodes = edge_flows(routes.graph, tree, places, homes, np.array([3.0, 4.0, 5.0]))
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
def test_routes_add_up_to_the_seconds_of_the_search_on_random_networks(data: st.DataObject) -> None:
    network = data.draw(networks())
    routes = Routes(network, CHILD, data.draw(st.sampled_from(["to", "from"])))
    places = positions(data.draw, len(network.edges), points=False)
    homes = positions(data.draw, len(network.edges), points=True)
    tree = path_tree(routes.graph, places, limit_s=HOUR)
    np.testing.assert_array_equal(tree.node_s, node_seconds(routes.graph, places, limit_s=HOUR))
    reach_s = seconds_at(routes.graph, tree.node_s, places, homes)
    facts = route_facts(routes.graph, tree, places, homes, routes.facts)
    np.testing.assert_array_equal(facts["seconds"], reach_s)
    reached = np.isfinite(reach_s)
    np.testing.assert_allclose(facts.loc[reached, SECONDS].sum(axis=1), reach_s[reached], atol=1e-6)
    arcs, _ = edge_flows(routes.graph, tree, places, homes, np.ones(len(homes)))
    counted = np.zeros_like(arcs)
    for row in np.flatnonzero(reached):
        home = homes.take(np.array([row]))
        assert readded(routes, places, home, HOUR) == pytest.approx(reach_s[row], abs=1e-6)
        for arc in set(route_stretches(routes.graph, tree, places, home)[1].tolist()):
            counted[arc] += 1
    np.testing.assert_allclose(arcs, counted)


# --- real streets ------------------------------------------------------------------------------------------------


def shares_with_stairs(inputs: Inputs, walker: Walker, layer: str) -> list[float]:
    """Re-add the routes of 200 random points, there and back, edge by edge; return the shares that climb stairs."""
    shares = []
    rng = np.random.default_rng(20)
    xy = inputs.demand.geometry.sample(n=200, replace=True, random_state=rng).to_numpy()
    for direction in ("to", "from"):
        routes = Routes(inputs.network, walker, direction)
        places = routes.on(*inputs.layers[layer].geometry)
        homes = routes.on(*xy)
        node_s = node_seconds(routes.graph, places, limit_s=HOUR)
        reach_s = seconds_at(routes.graph, node_s, places, homes)
        reached = np.flatnonzero(np.isfinite(reach_s))
        assert len(reached) > 150
        added = [readded(routes, places, homes.take(reached[nth : nth + 1]), HOUR) for nth in range(len(reached))]
        np.testing.assert_allclose(added, reach_s[reached], atol=1e-6, rtol=0)
        tree = path_tree(routes.graph, places, limit_s=HOUR)
        facts = route_facts(routes.graph, tree, places, homes, routes.facts)
        np.testing.assert_allclose(facts[SECONDS].sum(axis=1)[reached], reach_s[reached], atol=1e-6, rtol=0)
        shares.append(float((facts.loc[reached, "stairs_s"] > 0).mean()))
    return shares


@pytest.mark.shared
def test_two_hundred_routes_in_monaco_add_up_to_their_seconds(monaco: Inputs) -> None:
    assert min(shares_with_stairs(monaco, load_walkers()["primary"], "schools")) > 0.1


@pytest.mark.shared
def test_two_hundred_routes_in_yuzhong_add_up_to_their_seconds(yuzhong: Inputs) -> None:
    assert min(shares_with_stairs(yuzhong, load_walkers()["preschool"], "parks")) > 0.1


def pieces_of(network: Network, walker: Walker, start: Point, place: Any, direction: Any = "to") -> gpd.GeoDataFrame:
    """Return the way from a start to a place, or back from it."""
    seconds = edge_seconds(network.edges, walker)
    graph = walk_graph(network, seconds, leg_m_s=walker.level_m_s, direction=direction)
    index = snap_index(network, snappable_edges(network, *seconds))
    home, goal = (snap(index, [shape], snap_m=100) for shape in (start, place))
    tree = path_tree(graph, goal, limit_s=HOUR)
    ends = [(home, start), (goal, place)]
    return route_pieces(
        network, walker, *route_stretches(graph, tree, goal, home), ends=ends[::-1] if direction == "from" else ends
    )


def hill(x: Any, y: Any) -> Any:
    """Land that rises eastward, 1 in 10, and is bumpy northward."""
    return (x - WEST) * 0.1 + 3 * np.sin(y - SOUTH)


def hilly(network: Network) -> Network:
    """Return a network whose nodes know the land's height."""
    return replace(network, nodes=network.nodes.assign(height_m=hill(network.nodes["x"], network.nodes["y"])))


def test_a_route_is_a_table_of_its_pieces(town: Network) -> None:
    pieces = pieces_of(town, CHILD, at(50, 205), at(30, -10))
    assert pieces["part"].tolist() == [OFF_NETWORK, "level", "stairs", "level", "level", OFF_NETWORK]
    assert pieces["name"].tolist() == ["", "Row 200", "", "", "Row 0", ""]
    assert pieces["length_m"].tolist() == pytest.approx([5, 50, 100, 100, 30, 10])
    assert (pieces["minutes"] * 60).tolist() == pytest.approx([4, 40, 125, 80, 24, 8])
    assert (pieces["edge"] == -1).tolist() == [True, False, False, False, False, True]
    corners = [(50, 205), (50, 200), (0, 200), (0, 100), (0, 0), (30, 0), (30, -10)]
    for line, (one, other) in zip(pieces.geometry, pairwise(corners), strict=True):
        assert np.array(line.coords) == pytest.approx(np.array([at(*one).coords[0], at(*other).coords[0]]))
    assert pieces.crs == town.edges.crs


def test_shares_run_in_the_direction_of_the_walk(town: Network) -> None:
    pieces = pieces_of(town, CHILD, at(50, 205), at(30, -10))
    on = pieces[pieces["edge"] >= 0]
    steps = on[on["part"] == "stairs"].iloc[0]
    assert (steps["from_share"], steps["to_share"]) == (1, 0), "mapped upwards, walked down"
    last = on.iloc[-1]
    assert (last["from_share"], last["to_share"]) == pytest.approx((0, 0.3))
    size = (on["to_share"] - on["from_share"]).abs().to_numpy()
    assert size * town.edges["length_m"].to_numpy()[on["edge"]] == pytest.approx(on["length_m"].to_numpy())


def test_the_route_back_begins_at_the_place(town: Network) -> None:
    pieces = pieces_of(town, CHILD, at(50, 205), at(30, -10), "from")
    # By the lift, which is faster than the steps up
    assert pieces.geometry.iloc[0].coords[0] == pytest.approx(at(30, -10).coords[0])
    assert pieces.geometry.iloc[-1].coords[-1] == pytest.approx(at(50, 205).coords[0])
    assert pieces["part"].tolist() == [OFF_NETWORK, *["level"] * 3, "lift", "lift", "level", "level", OFF_NETWORK]
    assert pieces["minutes"].sum() * 60 == pytest.approx(328)


def test_a_lift_is_a_piece_without_length_that_takes_its_time(town: Network) -> None:
    pieces = pieces_of(town, PRAM, at(100, 90), at(100, 210))
    lifts = pieces[pieces["part"] == "lift"]
    assert lifts["length_m"].tolist() == [0, 0]
    assert lifts["minutes"].sum() == pytest.approx(1)
    where = town.nodes.set_index("osm_id").loc[LIFT, ["x", "y"]].tolist()
    for line in lifts.geometry:
        assert line.coords[0] == pytest.approx(tuple(where))


def test_a_place_on_the_same_street_is_one_piece(town: Network) -> None:
    for x, y, shares in ((20, 80, (0.2, 0.8)), (80, 20, (0.8, 0.2))):
        pieces = pieces_of(town, CHILD, at(x, 0), at(y, 0))
        assert len(pieces) == 1
        assert tuple(pieces[["from_share", "to_share"]].iloc[0]) == pytest.approx(shares)
        assert np.array(pieces.geometry.iloc[0].coords) == pytest.approx(
            np.array([at(x, 0).coords[0], at(y, 0).coords[0]])
        )


def test_a_home_inside_the_place_has_a_route_without_pieces(town: Network) -> None:
    pieces = pieces_of(town, CHILD, at(300, 0), moved(Point(300, 0).buffer(30)))
    assert len(pieces) == 0
    assert "part" in pieces
    assert len(route_profile(town, pieces, hill)) == 0


def test_waits_are_in_the_minutes_of_their_piece() -> None:
    network = network_of({1: (0, 0), 2: (100, 0), 3: (200, 0)}, [(1, [1, 2]), (2, [2, 3])])
    walker = replace(CHILD, signal_wait_s=30.0)
    network = replace(network, edges=network.edges.assign(signal_waits=[1.0, 0.0]))
    pieces = pieces_of(network, walker, at(0, 0), at(200, 0))
    assert pieces["part"].tolist() == ["level", "level"]
    assert (pieces["minutes"] * 60).tolist() == pytest.approx([80 + 30, 80])


def test_distances_begin_at_the_start_and_end_at_the_place(town: Network) -> None:
    pieces = pieces_of(town, CHILD, at(50, 205), at(30, -10))
    profile = route_profile(hilly(town), pieces, hill)
    distance_m = profile["distance_m"].to_numpy()
    assert (distance_m[0], distance_m[-1]) == pytest.approx((0, 295))
    assert (np.diff(distance_m) >= -1e-9).all()
    assert np.diff(distance_m).max() > 50, "the steps are not sampled"
    assert profile["part"].drop_duplicates().tolist() == [OFF_NETWORK, "level", "stairs"]


def test_streets_follow_the_terrain_and_stairs_run_straight(town: Network) -> None:
    pieces = pieces_of(town, CHILD, at(50, 205), at(30, -10))
    profile = route_profile(hilly(town), pieces, hill)

    def between(low_m: float, high_m: float) -> Any:
        return profile[(profile["distance_m"] >= low_m - 1e-6) & (profile["distance_m"] <= high_m + 1e-6)]

    row = between(5, 55)  # Row 200, westward: the land falls 1 in 10, y stays
    assert len(row) > 3
    expected = hill(WEST + 50 - (row["distance_m"] - 5), SOUTH + 200)
    assert row["height_m"].to_numpy() == pytest.approx(expected.to_numpy(), abs=1e-6)
    street = between(155, 255)  # x = 0, southward over the bumps
    expected = hill(WEST, SOUTH + 100 - (street["distance_m"] - 155))
    assert street["height_m"].to_numpy() == pytest.approx(expected.to_numpy(), abs=1e-6)
    steps = profile[profile["part"] == "stairs"]
    ends = [hill(WEST, SOUTH + 200), hill(WEST, SOUTH + 100)]
    assert steps["height_m"].tolist() == pytest.approx(ends)
    assert steps["distance_m"].tolist() == pytest.approx([55, 155])


def test_a_bridge_runs_straight_from_end_to_end(town: Network) -> None:
    pieces = pieces_of(town, CHILD, at(400, 90), at(400, 210))
    on_bridge = pieces["edge"].map(town.edges["osm_id"]) == BRIDGE
    assert on_bridge.sum() == 1
    nodes = hilly(town).nodes
    network = replace(town, nodes=nodes)
    profile = route_profile(network, pieces, lambda x, y: np.where(x > WEST + 401, -99.0, hill(x, y)))
    assert profile["height_m"].min() > 30, "what lies under the bridge is not walked"


def test_part_of_a_flight_of_steps_has_that_part_of_its_rise(town: Network) -> None:
    pieces = pieces_of(town, CHILD, at(0, 175), at(0, 125))
    assert pieces["part"].tolist() == ["stairs"]
    assert pieces["edge"].map(town.edges["osm_id"]).tolist() == [STEPS]
    ends = town.edges.loc[pieces["edge"].iloc[0], ["u", "v"]].astype(int)
    network = replace(town, nodes=town.nodes.assign(height_m=0.0))
    network.nodes.loc[ends["v"], "height_m"] = 40.0
    assert route_profile(network, pieces, hill)["height_m"].tolist() == pytest.approx([30, 10])


def test_junctions_are_as_high_as_the_network_says(town: Network) -> None:
    network = replace(town, nodes=town.nodes.assign(height_m=500.0))
    profile = route_profile(network, pieces_of(town, CHILD, at(50, 0), at(250, 0)), hill)
    assert (profile["height_m"] == 500).sum() == 4, "two junctions, each at the end of a piece and at the next's start"
    assert profile["height_m"].iloc[[0, -1]].tolist() == pytest.approx([5, 25], abs=1e-6)


def test_where_no_height_is_known_the_profile_says_so(town: Network) -> None:
    pieces = pieces_of(town, CHILD, at(50, 205), at(30, -10))
    profile = route_profile(town, pieces, lambda x, y: np.full(len(x), np.nan))
    assert profile["height_m"].isna().all()
    assert profile["distance_m"].notna().all()


def test_nothing_is_written_to(town: Network) -> None:
    edges, pieces = town.edges.copy(), pieces_of(town, CHILD, at(50, 205), at(30, -10))
    before = pieces.copy()
    route_profile(hilly(town), pieces, hill)
    assert pieces.equals(before)
    assert town.edges.equals(edges)
    assert town.edges.crs == CRS
