"""Isochrones hold the reached streets and no others."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import shapely
from scipy import ndimage
from shapely import LineString, box
from worlds.town import CHILD, at, moved

from cfgeo import Inputs, Network, load_walkers
from cfgeo.core.schema import Positions
from cfgeo.network.linear_reference import cut_lines, whole_edges
from cfgeo.network.travel_time import edge_seconds, snappable_edges
from cfgeo.network.walkers import Walker
from cfgeo.walk.isochrone import LAND_M, _land, _squared_cells, grown, isochrones
from cfgeo.walk.search import WalkGraph, node_seconds, seconds_at, walk_graph
from cfgeo.walk.service_area import reached_parts
from cfgeo.walk.snap import snap, snap_index

MINUTES = (5.0, 10.0, 15.0)


@dataclass(frozen=True)
class Streets:
    """A network as one walker walks it, with samples along its largest component."""

    network: Network
    graph: WalkGraph
    doors: np.ndarray
    samples: Positions
    xy: np.ndarray


def streets_of(network: Network, walker: Walker, *, step_m: float) -> Streets:
    seconds = edge_seconds(network.edges, walker)
    lines, length_m = network.edges.geometry.to_numpy(), network.edges["length_m"].to_numpy()
    edge = np.flatnonzero(network.main & (length_m > 0))
    pieces = np.maximum(np.ceil(length_m[edge] / step_m), 1).astype(int)
    owner = np.repeat(edge, pieces)
    share = np.concatenate([(np.arange(n) + 0.5) / n for n in pieces])
    xy = shapely.get_coordinates(shapely.line_interpolate_point(lines[owner], share, normalized=True))
    samples = Positions(np.arange(len(owner)), owner, share, share, np.zeros(len(owner)))
    return Streets(
        network,
        walk_graph(network, seconds, leg_m_s=walker.level_m_s),
        np.flatnonzero(snappable_edges(network, *seconds) & (length_m > 0)),
        samples,
        xy,
    )


def seconds_of(streets: Streets, places: Positions, *, limit_s: float) -> np.ndarray:
    node_s = node_seconds(streets.graph, places, limit_s=limit_s)
    return seconds_at(streets.graph, node_s, places, streets.samples)


def beside_reached(streets: Streets, places: Positions, xy: np.ndarray, *, limit_s: float) -> np.ndarray:
    """Return which points lie within 1.6 m of a reached stretch of street: above it, below it, at its end."""
    node_s = node_seconds(streets.graph, places, limit_s=limit_s)
    every = whole_edges(len(streets.network.edges))
    reached, _ = reached_parts(streets.graph, node_s, places, every, limit_s=limit_s)
    lines = streets.network.edges.geometry.to_numpy()[reached.edge]
    longer = shapely.length(lines) > 0
    pieces = cut_lines(lines[longer], reached.start[longer], reached.end[longer])
    beside = np.zeros(len(xy), dtype=bool)
    beside[shapely.STRtree(pieces).query(shapely.points(xy), predicate="dwithin", distance=1.6)[0]] = True
    return beside


def faults(streets: Streets, places: Positions, shape: Any, *, limit_s: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the samples that are left out by mistake, and those that are in by mistake (x, y)."""
    seconds = seconds_of(streets, places, limit_s=limit_s + 120)
    shapely.prepare(shape)
    inside = shapely.contains_xy(shape, streets.xy)
    left_out = (seconds <= limit_s - 60) & ~inside
    too_far = np.flatnonzero((seconds > limit_s + 60) & inside)
    wrong = too_far[~beside_reached(streets, places, streets.xy[too_far], limit_s=limit_s)]
    return streets.xy[left_out], streets.xy[wrong]


# --- the town ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def town_streets(town: Network) -> Streets:
    return streets_of(town, CHILD, step_m=2)


def place(streets: Streets, x: float, y: float) -> Positions:
    return snap(
        snap_index(streets.network, np.isin(np.arange(len(streets.network.edges)), streets.doors)),
        [at(x, y)],
        snap_m=100,
    )


@pytest.mark.parametrize("xy", [(0, 0), (200, 100), (100, 250), (550, 100), (400, 300)])
def test_isochrones_of_the_town_hold_reached_streets_and_no_others(
    town_streets: Streets, xy: tuple[float, float]
) -> None:
    places = place(town_streets, *xy)
    for minutes, shape in zip(
        (1.0, 3.0, 5.0),
        isochrones(town_streets.graph, town_streets.network, places, minutes=(1.0, 3.0, 5.0)),
        strict=True,
    ):
        left_out, too_far = faults(town_streets, places, shape, limit_s=minutes * 60)
        assert (len(left_out), len(too_far)) == (0, 0)


def test_a_minute_along_a_street_is_drawn_as_a_strip_around_it(town_streets: Streets) -> None:
    shape = isochrones(town_streets.graph, town_streets.network, place(town_streets, 550, 75), minutes=(0.5,))[0]
    # 30 s at 1.25 m/s: 37.5 m either way along x = 550; 25 m of land around.
    assert shapely.contains(shape, moved(LineString([(550, 38), (550, 112)])))
    assert not shapely.intersects(shape, moved(LineString([(500, 0), (540, 0)])))
    strip = moved(LineString([(550, 37.5), (550, 112.5)])).buffer(LAND_M)
    assert shape.area == pytest.approx(strip.area, rel=0.2)


def test_a_bridge_does_not_claim_the_street_below(town_streets: Streets) -> None:
    # From the bridge's south end; the cul-de-sac's end below it is 450 m away, the bridge itself 0 to 300 m.
    shape = isochrones(town_streets.graph, town_streets.network, place(town_streets, 400, 100), minutes=(4.0,))[0]
    assert shapely.contains(shape, moved(LineString([(405, 100), (500, 100), (500, 195)])))
    assert not shapely.intersects(shape, at(530, 150))
    assert not shapely.intersects(shape, at(470, 150))
    # Nobody steps off a bridge: no land beside it.
    assert not shapely.intersects(shape, at(510, 120))


def test_land_that_nobody_walks_to_stays_a_hole(town_streets: Streets) -> None:
    shape = isochrones(town_streets.graph, town_streets.network, place(town_streets, 200, 0), minutes=(15.0,))[0]
    assert not shapely.intersects(shape, at(150, 250))  # the middle of a block, 50 m from its streets
    assert not shapely.intersects(shape, at(250, 450))  # the fragment
    assert shapely.get_num_interior_rings(shapely.get_parts(shape)).sum() >= 8


def test_without_a_place_nothing_is_drawn(town_streets: Streets) -> None:
    none = np.empty(0)
    empty = Positions(none.astype(np.int64), none.astype(np.int64), none, none, none)
    shapes = isochrones(town_streets.graph, town_streets.network, empty, minutes=(5.0, 15.0))
    assert all(shape.is_empty and shape.geom_type == "MultiPolygon" for shape in shapes)


def test_no_minutes_give_no_polygons(town_streets: Streets) -> None:
    assert isochrones(town_streets.graph, town_streets.network, place(town_streets, 0, 0), minutes=()) == []


def test_a_longer_walk_reaches_no_less_land(town_streets: Streets) -> None:
    minutes = (1.0, 2.0, 3.0, 4.0, 5.0, 7.0, 10.0, 15.0)
    shapes = isochrones(town_streets.graph, town_streets.network, place(town_streets, 30, -10), minutes=minutes)
    areas = shapely.area(shapes)
    assert (np.diff(areas) >= -0.02 * areas[1:]).all()


# --- drawing -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cell_m", [4.0, 8.0, 10.0])
def test_grown_land_is_the_buffer_to_within_a_cell(cell_m: float) -> None:
    line = LineString([(0, 0), (200, 0), (200, 150), (40, 150)])
    land = grown([line], 25.0, cell_m=cell_m)
    assert land.is_valid
    assert shapely.contains(land, line)
    assert shapely.contains(line.buffer(25.0 + cell_m), land)
    assert shapely.contains(land, line.buffer(25.0 - cell_m))


def test_grown_land_keeps_a_hole() -> None:
    ring = box(0, 0, 200, 200).exterior
    land = grown([LineString(ring.coords)], 25.0, cell_m=8.0)
    assert not shapely.intersects(land, shapely.Point(100, 100))
    assert len(shapely.get_parts(land)[0].interiors) == 1


def test_nothing_grown_is_nothing() -> None:
    assert grown([], 25.0, cell_m=8.0).is_empty


def test_small_holes_are_filled_and_large_ones_kept() -> None:
    rings = [box(0, 0, 100, 100).exterior, box(300, 0, 500, 200).exterior]  # holes of 50 m and 150 m a side, about
    lines = [LineString(ring.coords) for ring in rings]
    every = grown(lines, 25.0, cell_m=8.0)
    large = grown(lines, 25.0, cell_m=8.0, least_hole_m2=5_000)
    assert [len(part.interiors) for part in shapely.get_parts(every)] == [1, 1]
    assert sorted(len(part.interiors) for part in shapely.get_parts(large)) == [0, 1]
    assert not shapely.intersects(large, shapely.Point(400, 100))
    assert shapely.intersects(large, shapely.Point(50, 50))


@pytest.mark.parametrize("cell_m", [5.0, 8.0, 10.0])  # at 5 m many cells lie at 25 m exactly
@pytest.mark.parametrize("seed", range(8))
def test_the_outline_of_any_streets_is_valid_without_repair(cell_m: float, seed: int) -> None:
    ends = np.random.default_rng(seed).random((150, 2, 2)) * 1_500
    lines = shapely.linestrings(ends[:, :1] + (ends - ends[:, :1]) * 0.1)
    land = grown(lines, 25.0, cell_m=cell_m)
    assert shapely.is_valid_reason(land) == "Valid Geometry"
    assert shapely.contains(land, lines).all()


def test_squared_cells_are_those_of_the_full_transform_as_far_as_they_are_wanted() -> None:
    marked = np.random.default_rng(3).random((60, 80)) > 0.99
    squared = ndimage.distance_transform_edt(~marked) ** 2
    near = squared <= 6**2
    assert near.any()
    assert not near.all()
    bounded = _squared_cells(marked, 6)
    assert bounded[near] == pytest.approx(squared[near])
    assert (bounded[~near] > 6**2).all()


def test_a_large_extent_is_drawn_with_larger_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    line = LineString([(0, 0), (4_000, 4_000)])
    fine = _land(np.array([line]))
    monkeypatch.setattr("cfgeo.walk.isochrone.MOST_CELLS", 40_000)  # of 20 m: the land grows by 44 m
    coarse = _land(np.array([line]))
    assert fine.area == pytest.approx(line.buffer(25).area, rel=0.05)
    assert coarse.area == pytest.approx(line.buffer(44).area, rel=0.05)
    assert coarse.is_valid
    assert shapely.contains(coarse, line)
    assert shapely.get_num_coordinates(coarse) < shapely.get_num_coordinates(fine) / 2


def test_an_unreached_street_is_left_out_where_its_hole_is_filled(
    monkeypatch: pytest.MonkeyPatch, town: Network
) -> None:
    streets = streets_of(town, CHILD, step_m=2)
    monkeypatch.setattr("cfgeo.walk.isochrone._HOLE_SHARE", 1.0)  # fills every hole
    places = place(streets, 200, 0)
    for minutes, shape in zip((3.0, 5.0), isochrones(streets.graph, town, places, minutes=(3.0, 5.0)), strict=True):
        left_out, too_far = faults(streets, places, shape, limit_s=minutes * 60)
        assert (len(left_out), len(too_far)) == (0, 0)
        assert shape.is_valid


# --- Monaco ------------------------------------------------------------------------------------------------------


@pytest.mark.shared
@pytest.mark.parametrize(("name", "count"), [("primary", 35), ("stroller", 15)])
def test_isochrones_of_monaco_hold_reached_streets_and_no_others(monaco: Inputs, name: str, count: int) -> None:
    streets = streets_of(monaco.network, load_walkers()[name], step_m=10)
    random = np.random.default_rng(2024)
    edge = random.choice(streets.doors, count, replace=False)
    share = random.random(count)
    wrong = []
    for i in range(count):
        row = slice(i, i + 1)
        places = Positions(np.zeros(1, dtype=np.int64), edge[row], share[row], share[row], np.zeros(1))
        for minutes, shape in zip(
            MINUTES, isochrones(streets.graph, streets.network, places, minutes=MINUTES), strict=True
        ):
            left_out, too_far = faults(streets, places, shape, limit_s=minutes * 60)
            if len(left_out) or len(too_far) or not shape.is_valid or shape.geom_type != "MultiPolygon":
                wrong.append((int(edge[i]), minutes, len(left_out), too_far[:3].tolist(), shape.is_valid))
    assert wrong == []
