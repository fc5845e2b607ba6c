"""Land within a walk of each place on its own: by hand on one street, and against a search of each place alone."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from tools.oracle import network_of, points, stretches
from worlds.random_squares import networks, positions
from worlds.town import BRIDGE, CHILD, PRAM, at

from cfgeo import Inputs, Network, Walker, load_walkers
from cfgeo.assess.case import Case
from cfgeo.assess.isochrones import layer_isochrones
from cfgeo.core.schema import LAND_M, Positions
from cfgeo.network.linear_reference import whole_edges
from cfgeo.network.travel_time import edge_seconds, snappable_edges
from cfgeo.study.tables import WalkChoices
from cfgeo.walk import catchment
from cfgeo.walk.catchment import land_of_edges, reached_areas
from cfgeo.walk.nearest import search
from cfgeo.walk.search import WalkGraph, walk_graph
from cfgeo.walk.service_area import reached_in_all_directions
from cfgeo.walk.snap import snap, snap_index

LIMITS_S = (120.0, 300.0, 900.0)
DIRECTIONS = ("to", "from", "worst")


def graph_of(network: Network, walker: Walker, direction: Any = "to") -> WalkGraph:
    seconds = edge_seconds(network.edges, walker)
    return walk_graph(network, seconds, leg_m_s=walker.level_m_s, direction=direction)


def on(network: Network, walker: Walker, shapes: Sequence[object]) -> Positions:
    index = snap_index(network, snappable_edges(network, *edge_seconds(network.edges, walker)))
    return snap(index, list(shapes), snap_m=100)


def areas(graph: WalkGraph, land_m2: Any, places: Positions, n_items: int, limits_s: Any = LIMITS_S) -> Any:
    return reached_areas(graph, land_m2, places, n_items=n_items, limits_s=limits_s)


def one_by_one(graph: WalkGraph, land_m2: Any, places: Positions, n_items: int) -> Any:
    """Return the same, searching for each place alone and adding its edges up."""
    parts = whole_edges(len(graph.u))
    expected = np.full((n_items, len(LIMITS_S)), np.nan)
    for item in np.unique(places.item):
        alone = places.take(places.item == item)
        for nth, limit_s in enumerate(LIMITS_S):
            reach = search(graph, alone, limit_s=limit_s)
            _, share = reached_in_all_directions(reach, parts, limit_s=limit_s)
            expected[item, nth] = (share * land_m2).sum()
    return expected


# --- by hand -----------------------------------------------------------------------------------------------------


def street(length_m: float = 1000, **facts: Any) -> Network:
    return network_of({1: (0, 0), 2: (length_m, 0)}, [(1, [1, 2])], facts=[facts])


@pytest.mark.parametrize("degrees", [0, 10, 30, 45, 90, 160])
def test_the_land_of_a_street_is_a_strip_with_round_ends_in_any_direction(degrees: float) -> None:
    turn = math.radians(degrees)
    network = network_of({1: (3, 1), 2: (3 + 1000 * math.cos(turn), 1 + 1000 * math.sin(turn))}, [(1, [1, 2])])
    assert land_of_edges(network) == pytest.approx([1000 * 2 * LAND_M + math.pi * LAND_M**2], rel=0.01)


def test_who_lives_in_the_middle_reaches_as_much_of_the_land_as_of_the_street() -> None:
    network = street()
    area_m2 = areas(graph_of(network, CHILD), np.array([1000.0]), points([(0, 0.5, 0.0)]), 1, (300.0, 60.0))
    # 300 s at 1.25 m/s: 375 m to each side; a minute: 75 m
    assert area_m2.tolist() == [[pytest.approx(750), pytest.approx(150)]]


def test_the_leg_off_the_network_takes_its_part_of_the_walk() -> None:
    area_m2 = areas(graph_of(street(), CHILD), np.array([1000.0]), points([(0, 0.5, 25.0)]), 1, (300.0, 19.0))
    assert area_m2[0] == pytest.approx([700, 0])  # 20 s for 25 m: 350 m to each side, then nothing


def test_a_place_that_a_street_runs_through_is_reached_along_its_whole_stretch() -> None:
    area_m2 = areas(graph_of(street(), CHILD), np.array([1000.0]), stretches([(0, 0.2, 0.6, 0.0)]), 1, (40.0, 0.0))
    assert area_m2[0] == pytest.approx([400 + 2 * 50, 400])


def test_a_one_way_street_is_reached_from_one_side() -> None:
    network, land_m2, middle = street(oneway=1), np.array([1000.0]), points([(0, 0.5, 0.0)])
    for direction, expected in (("to", 375), ("from", 375), ("worst", 0)):
        area_m2 = areas(graph_of(network, CHILD, direction), land_m2, middle, 1, (300.0,))
        assert area_m2[0, 0] == pytest.approx(expected), "what is before the place is not what lies behind it"


def test_two_streets_share_the_land_between_them() -> None:
    # 24 m apart: half of the land between, and 25 m outward; so at the ends, where two circles of 25 m overlap
    network = network_of({1: (0, 0), 2: (500, 0), 3: (0, 24), 4: (500, 24)}, [(1, [1, 2]), (2, [3, 4])])
    ends_m2 = shapely.union_all(shapely.buffer(shapely.points([0, 0], [0, 24]), 25, quad_segs=64)).area
    land_m2 = land_of_edges(network)
    # The line between them runs along cells of 8 m, which go to one of the two.
    assert land_m2 == pytest.approx([500 * (25 + 12) + ends_m2 / 2] * 2, rel=0.12)
    assert land_m2.sum() == pytest.approx(500 * (25 + 24 + 25) + ends_m2, rel=0.01)


@pytest.mark.shared
def test_the_land_of_all_streets_of_monaco_is_what_lies_within_25_m_of_them(monaco: Inputs) -> None:
    edges = monaco.network.edges
    around = shapely.buffer(edges.geometry.to_numpy()[~edges["structure"]], LAND_M)
    assert land_of_edges(monaco.network).sum() == pytest.approx(shapely.area(shapely.union_all(around)), rel=0.01)


def test_bridges_and_lifts_have_no_land(town: Network) -> None:
    land_m2 = land_of_edges(town)
    none = (town.edges["osm_id"] == BRIDGE) | (town.edges["form"] == "lift")
    assert none.sum() == 3
    assert (land_m2[none] == 0).all()
    assert (land_m2[~none] > 0).all()


def test_land_does_not_depend_on_the_bands_it_is_looked_at_in(town: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = land_of_edges(town)
    monkeypatch.setattr("cfgeo.walk.catchment._BAND_CELLS", 1)  # as narrow as land reaches
    assert land_of_edges(town) == pytest.approx(whole)


def test_where_there_are_only_bridges_there_is_no_land() -> None:
    assert land_of_edges(street(structure=True)).tolist() == [0.0]


def test_a_very_long_street_is_measured_in_larger_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catchment, "MOST_CELLS", 5_000)
    network = network_of({1: (0, 0), 2: (1000, 1000)}, [(1, [1, 2])])
    # cells of 14 m instead of 8 m
    assert land_of_edges(network)[0] == pytest.approx(1000 * math.sqrt(2) * 50 + math.pi * 25**2, rel=0.05)


# --- against the exact reach -------------------------------------------------------------------------------------


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("walker", [CHILD, PRAM], ids=["child", "pram"])
def test_every_layer_of_the_town_equals_place_by_place(
    town: Network, town_case: Case, walker: Walker, direction: str
) -> None:
    graph, land_m2 = graph_of(town, walker, direction), land_of_edges(town)
    seen = 0
    for layer in town_case.inputs.layers.values():
        places = on(town, walker, layer.geometry)
        area_m2 = areas(graph, land_m2, places, len(layer))
        np.testing.assert_allclose(area_m2, one_by_one(graph, land_m2, places, len(layer)), rtol=1e-9)
        seen += int((area_m2 > 0).sum())
    assert seen >= 20


@given(st.data())
def test_random_networks_equal_place_by_place(data: st.DataObject) -> None:
    network = data.draw(networks())
    graph = graph_of(network, CHILD, data.draw(st.sampled_from(DIRECTIONS)))
    places = positions(data.draw, len(network.edges), points=False)
    # Some rows are one place, as those of a park that several streets enter.
    places = Positions(places.item // 2, places.edge, places.start, places.end, places.leg_m)
    land_m2 = 1.0 + np.arange(len(network.edges))
    area_m2 = areas(graph, land_m2, places, 4)
    np.testing.assert_allclose(area_m2, one_by_one(graph, land_m2, places, 4), rtol=1e-9, atol=1e-9)
    assert (area_m2[:, :-1] <= area_m2[:, 1:] + 1e-9).all() or np.isnan(area_m2).any()


@pytest.mark.shared
@pytest.mark.parametrize("layer", ["parks", "schools"])
def test_monaco_equals_place_by_place(monaco: Inputs, layer: str) -> None:
    walker, shapes = load_walkers()["primary"], monaco.layers[layer].geometry
    graph, land_m2 = graph_of(monaco.network, walker, "worst"), land_of_edges(monaco.network)
    places = on(monaco.network, walker, shapes)
    area_m2 = areas(graph, land_m2, places, len(shapes))
    np.testing.assert_allclose(area_m2, one_by_one(graph, land_m2, places, len(shapes)), rtol=1e-9)
    assert (area_m2 > 0).all(axis=1).sum() > 10


# --- what always holds -------------------------------------------------------------------------------------------


def test_a_place_without_a_street_has_no_number(town: Network) -> None:
    places = on(town, CHILD, [at(200, 0), at(250, 900), at(0, 100)])
    area_m2 = areas(graph_of(town, CHILD), land_of_edges(town), places, 3)
    assert np.isnan(area_m2).any(axis=1).tolist() == [False, True, False]


def test_places_that_meet_no_street_have_no_area(town: Network) -> None:
    places = on(town, CHILD, [at(250, 900), at(0, 900)])
    area_m2 = areas(graph_of(town, CHILD), land_of_edges(town), places, 2)
    assert np.isnan(area_m2).all()
    assert area_m2.shape == (2, 3)


def test_a_longer_walk_reaches_no_less_and_at_most_everything(town: Network, town_case: Case) -> None:
    land_m2 = land_of_edges(town)
    limits_s = tuple(float(s) for s in range(0, 1500, 60))
    places = on(town, CHILD, town_case.inputs.layers["parks"].geometry)
    for direction in DIRECTIONS:
        area_m2 = areas(graph_of(town, CHILD, direction), land_m2, places, 2, limits_s)
        assert (np.diff(area_m2, axis=1) >= -1e-9).all()
        assert (area_m2 <= land_m2.sum() + 1e-6).all()


def test_the_order_of_the_walks_does_not_matter(town: Network) -> None:
    graph, land_m2, places = graph_of(town, CHILD), land_of_edges(town), on(town, CHILD, [at(200, 0)])
    forth, back = areas(graph, land_m2, places, 1, (60.0, 300.0)), areas(graph, land_m2, places, 1, (300.0, 60.0))
    np.testing.assert_array_equal(forth, back[:, ::-1])


def test_there_and_back_reaches_no_more_than_either_direction(town: Network, town_case: Case) -> None:
    land_m2, places = land_of_edges(town), on(town, CHILD, town_case.inputs.layers["children_homes"].geometry)
    to, back, worst = (areas(graph_of(town, CHILD, way), land_m2, places, 2) for way in DIRECTIONS)
    assert (worst <= np.minimum(to, back) + 1e-6).all()
    assert (worst < to - 1).any()


@pytest.mark.parametrize("at_once", [1, 100, 300])
def test_many_places_in_turns_give_the_same_as_all_at_once(
    town: Network, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    graph, land_m2 = graph_of(town, CHILD, "worst"), land_of_edges(town)
    places = on(town, CHILD, [at(x, y) for x in range(0, 401, 50) for y in (0, 100, 450, 200)])
    expected = areas(graph, land_m2, places, 36)
    monkeypatch.setattr(catchment, "AT_ONCE", at_once)
    np.testing.assert_allclose(areas(graph, land_m2, places, 36), expected, rtol=1e-12)


@pytest.mark.shared
def test_land_in_monaco_is_somewhat_less_than_its_isochrones(monaco: Inputs) -> None:
    # An isochrone takes land that is nearer to a street that is not reached, if it lies within 25 m of one that is.
    walker, shapes = load_walkers()["primary"], monaco.layers["schools"]
    walk = WalkChoices(direction="worst")
    drawn = layer_isochrones(monaco, "schools", walker=walker, minutes=(5, 10), each=True, walk=walk)
    graph, land_m2 = graph_of(monaco.network, walker, "worst"), land_of_edges(monaco.network)
    area_m2 = areas(graph, land_m2, on(monaco.network, walker, shapes.geometry), len(shapes), (300.0, 600.0))
    ratio = area_m2.ravel() / drawn.area.to_numpy()
    assert len(ratio) > 20
    assert ratio.min() > 0.7
    assert ratio.max() < 1.05
    assert 0.85 < ratio.mean() < 0.95
