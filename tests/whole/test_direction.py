"""There, back, or the worse of both: by hand in the town, against networkx, and on all that a run publishes."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
import shapely
from tools import oracle
from worlds.town import CHILD, PRAM, at, town_communities, town_demand, town_layers

from cfgeo import Inputs, Network, load_walkers
from cfgeo.assess.coverage import Samples, Walk, cover, prepare_walks, street_shares, take_samples
from cfgeo.core.schema import Direction, Positions
from cfgeo.network.linear_reference import Stretches, intersection, whole_edges
from cfgeo.network.travel_time import edge_seconds, snappable_edges
from cfgeo.walk.isochrone import isochrones
from cfgeo.walk.nearest import nearest_seconds, search
from cfgeo.walk.search import WalkGraph, walk_graph
from cfgeo.walk.service_area import reached_in_all_directions, reached_parts
from cfgeo.walk.snap import snap, snap_index

DIRECTIONS: tuple[Direction, ...] = ("to", "from", "worst")
HOUR = 3600.0


def graph_of(network: Network, direction: Direction, walker: object = CHILD) -> WalkGraph:
    return walk_graph(network, edge_seconds(network.edges, walker), leg_m_s=walker.level_m_s, direction=direction)


def on(network: Network, *xy: tuple[float, float]) -> Positions:
    index = snap_index(network, snappable_edges(network, *edge_seconds(network.edges, CHILD)))
    return snap(index, [at(*spot) for spot in xy], snap_m=100)


@pytest.mark.parametrize(
    ("direction", "expected"),
    # From (0, 100) up the steps to a place at (0, 200): 200 s; down: 125 s.
    [("to", 200), ("from", 125), ("worst", 200)],
)
def test_a_place_above_steps_takes_longer_there_than_back(town: Network, direction: Direction, expected: float) -> None:
    graph, place, home = graph_of(town, direction), on(town, (0, 201)), on(town, (0, 99))
    place, home = replace(place, leg_m=np.zeros(1)), replace(home, leg_m=np.zeros(1))
    reach = search(graph, place, limit_s=HOUR)
    seconds = nearest_seconds(reach, home, n_items=1)
    assert seconds[0] == pytest.approx(expected, abs=2)


@pytest.mark.parametrize("walker", [CHILD, PRAM], ids=["child", "pram"])
def test_there_and_back_equals_networkx(town: Network, walker: object) -> None:
    samples = take_samples(town_communities(), town_demand(), town)
    forward_s, backward_s = oracle.edge_seconds(town.edges, walker)
    walks = {
        direction: prepare_walks(samples, town, town_layers(), [walker], snap_m=100, direction=direction)[walker]
        for direction in DIRECTIONS
    }
    places, at_home = walks["to"].places, walks["to"].demand
    there = oracle.seconds_to_layers(town, (forward_s, backward_s), places, at_home, leg_m_s=walker.level_m_s)
    back = oracle.seconds_to_layers(town, (backward_s, forward_s), places, at_home, leg_m_s=walker.level_m_s)
    for layer in places:
        worst = oracle.seconds_there_and_back(
            town, (forward_s, backward_s), places[layer], at_home, leg_m_s=walker.level_m_s
        )
        expected = {"to": there[layer], "from": back[layer], "worst": worst}
        for direction, walk in walks.items():
            reach = search(walk.graph, places[layer], limit_s=HOUR)
            ours = nearest_seconds(reach, at_home, n_items=len(samples.demand))
            np.testing.assert_allclose(ours[at_home.item], expected[direction], atol=1e-6, rtol=0)


@pytest.mark.parametrize("limit_s", [97.0, 240.0])
def test_streets_reached_there_and_back_equal_samples(town: Network, limit_s: float) -> None:
    walk = prepare_walks(
        take_samples(town_communities(), town_demand(), town), town, town_layers(), [CHILD], snap_m=100
    )[CHILD]
    streets = np.flatnonzero(town.edges["length_m"] > 0)
    middles, metres = oracle.every_metre(town, streets.tolist(), step_m=0.25)
    forward_s, backward_s = oracle.edge_seconds(town.edges, CHILD)
    for layer in ("schools", "parks", "walkways"):
        places = walk.places[layer]
        parts = Stretches(streets, np.zeros(len(streets)), np.ones(len(streets)), np.arange(len(streets)))
        reach = search(walk.graph, places, limit_s=limit_s)
        reached, share = reached_in_all_directions(reach, parts, limit_s=limit_s)
        within = oracle.seconds_there_and_back(town, (forward_s, backward_s), places, middles, leg_m_s=1.25) <= limit_s
        sampled = np.bincount(np.searchsorted(streets, middles.edge), weights=metres * within, minlength=len(streets))
        ends = np.bincount(reached.row, minlength=len(streets)) * 2
        length_m = town.edges["length_m"].to_numpy()[streets]
        assert (np.abs(share * length_m - sampled) <= np.maximum(ends, 2) * 0.125 + 1e-6).all()


def test_the_worst_coverage_is_never_more_than_in_either_direction(town: Network) -> None:
    samples = take_samples(town_communities(), town_demand(), town)
    weight = samples.demand["weight"].to_numpy()
    tables = {}
    for direction in DIRECTIONS:
        walk = prepare_walks(samples, town, town_layers(), [CHILD], snap_m=100, direction=direction)[CHILD]
        tables[direction] = cover(samples, walk, walk.places["schools"], weight, limit_s=240, search_s=HOUR)
    for column in ("share", "area_share", "street_share"):
        worst = tables["worst"][column].fillna(0)
        assert (worst <= tables["to"][column].fillna(0) + 1e-12).all()
        assert (worst <= tables["from"][column].fillna(0) + 1e-12).all()
    assert not tables["to"]["street_share"].equals(tables["from"]["street_share"])


def test_isochrones_there_and_back_lie_in_those_of_each_direction(town: Network) -> None:
    places = on(town, (200, 205))
    to, back, worst = (isochrones(graph_of(town, d), town, places, minutes=(3.0,))[0] for d in DIRECTIONS)
    assert shapely.difference(worst, shapely.intersection(to, back)).area < 0.05 * worst.area
    assert worst.area < min(to.area, back.area)
    assert worst.is_valid


def test_without_slopes_and_stairs_every_direction_is_the_same(town: Network) -> None:
    level = town.edges["form"].eq("level") & town.edges["oneway"].eq(0)
    forward_s = np.where(level, town.edges["length_m"] / 1.25, np.inf)
    places, every = on(town, (100, -5)), whole_edges(len(town.edges))
    covers = []
    for direction in DIRECTIONS:
        graph = walk_graph(town, (forward_s, forward_s), leg_m_s=1.25, direction=direction)
        covers.append(reached_in_all_directions(search(graph, places, limit_s=200), every, limit_s=200)[1])
    np.testing.assert_allclose(covers[1], covers[0], atol=1e-12)
    np.testing.assert_allclose(covers[2], covers[0], atol=1e-12)


def test_stretches_are_intersected_row_by_row() -> None:
    def stretches(*rows: tuple[int, float, float]) -> Stretches:
        edge, start, end = (np.array(column) for column in zip(*rows, strict=True))
        return Stretches(edge, start, end, edge)

    left = stretches((0, 0.0, 0.4), (0, 0.6, 1.0), (1, 0.0, 0.5))
    right = stretches((0, 0.3, 0.7), (1, 0.5, 1.0), (2, 0.0, 1.0))
    common = intersection(left, right)
    assert sorted(zip(common.row.tolist(), common.start.tolist(), common.end.tolist(), strict=True)) == [
        (0, 0.3, 0.4),
        (0, 0.6, 0.7),
    ]


@pytest.mark.shared
def test_streets_of_monaco_reached_there_and_back_are_no_more_than_in_either_direction(monaco: Inputs) -> None:
    network, walker = monaco.network, load_walkers()["primary"]
    samples: Samples = take_samples(monaco.communities, monaco.demand, network)
    walk: Walk = prepare_walks(samples, network, monaco.layers, [walker], snap_m=100)[walker]
    places = walk.places["schools"]
    reach = search(walk.graph, places, limit_s=300)
    every = whole_edges(len(network.edges))
    reached, share = reached_in_all_directions(reach, every, limit_s=300)
    singles = [
        reached_parts(direction, tree.node_s, places, every, limit_s=300)[1]
        for direction, tree in zip(walk.graph.directions, reach.trees, strict=True)
    ]
    assert (share <= np.minimum(*singles) + 1e-9).all()
    assert (reached.end > reached.start).all()
    streets = street_shares(samples, reach, limit_s=300)
    assert ((streets >= 0) & (streets <= 1 + 1e-9)).all()
    assert isinstance(network.edges, gpd.GeoDataFrame)
