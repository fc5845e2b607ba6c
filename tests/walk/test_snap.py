"""Where points, areas and lines meet the network."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, MultiPolygon, Point, Polygon, box
from worlds.town import CHILD, GARDEN, PARK, WALKWAY, at, moved

from cfgeo import Network
from cfgeo.core.schema import Positions
from cfgeo.network.travel_time import edge_seconds, snappable_edges
from cfgeo.walk.snap import SnapIndex, snap, snap_again, snap_index


@pytest.fixture(scope="module")
def index(town: Network) -> SnapIndex:
    return snap_index(town, snappable_edges(town, *edge_seconds(town.edges, CHILD)))


def as_metres(town: Network, positions: Positions) -> set[tuple[int, float, float, float]]:
    """Return (way, from, to, leg), whole centimetres, as a set."""
    length_m = town.edges["length_m"].to_numpy()[positions.edge]
    way = town.edges["osm_id"].to_numpy()[positions.edge]
    rows = zip(way, positions.start * length_m, positions.end * length_m, positions.leg_m, strict=True)
    return {(int(w), round(float(a), 2), round(float(b), 2), round(float(leg), 2)) for w, a, b, leg in rows}


def test_a_home_meets_the_nearest_street_at_its_exact_share(town: Network, index: SnapIndex) -> None:
    positions = snap(index, [at(-8, 50)], snap_m=100)
    assert as_metres(town, positions) == {(1010, 50, 50, 8)}  # the street x = 0, 50 m along, 8 m off
    np.testing.assert_allclose([positions.start[0], positions.end[0]], 0.5)


def test_a_place_on_a_junction_has_one_row_and_no_leg(town: Network, index: SnapIndex) -> None:
    positions = snap(index, [at(200, 300)], snap_m=100)
    assert len(positions) == 1
    assert positions.leg_m[0] == 0
    assert positions.start[0] in (0, 1)


def test_a_place_as_far_as_the_longest_leg_is_met_and_one_farther_is_not(index: SnapIndex) -> None:
    positions = snap(index, [at(-100, 50), at(-100.01, 50)], snap_m=100)
    assert positions.item.tolist() == [0]


def test_a_home_beside_a_bridge_does_not_snap_to_it(town: Network, index: SnapIndex) -> None:
    # On the bridge itself at (500, 120): the cul-de-sac runs 30 m north of it, at y = 150, and 50 m east of it.
    positions = snap(index, [at(500, 120)], snap_m=100)
    assert as_metres(town, positions) == {(2007, 350, 350, 30)}  # 150 m + 150 m + 50 m along it


def test_a_park_is_entered_wherever_a_street_runs_in_it(town: Network, index: SnapIndex) -> None:
    positions = snap(index, [moved(PARK)], snap_m=100)
    assert as_metres(town, positions) == {(1000, 50, 100, 0), (1000, 0, 50, 0), (1013, 0, 10, 0)}


def test_a_park_without_a_street_is_entered_at_its_nearest_point(town: Network, index: SnapIndex) -> None:
    positions = snap(index, [moved(GARDEN)], snap_m=100)
    assert as_metres(town, positions) == {(1011, 40, 40, 20)}


def test_a_walkway_is_entered_anywhere_along_its_line(town: Network, index: SnapIndex) -> None:
    positions = snap(index, [moved(WALKWAY)], snap_m=100)
    # Row 300 from x = 100 to 250, and the last 8 m of the two streets that lead up to it (y 292 to 300).
    # Row 300 west of x = 100 touches the walkway's land with its end alone.
    row_300 = {(1003, 100, 100, 0), (1003, 0, 100, 0), (1003, 0, 50, 0)}
    assert as_metres(town, positions) == row_300 | {(1021, 92, 100, 0), (1022, 92, 100, 0)}


def test_a_park_in_two_parts_is_entered_in_both(town: Network, index: SnapIndex) -> None:
    parts = MultiPolygon([box(20, -5, 40, 5), box(60, -5, 80, 5)])
    positions = snap(index, [moved(parts)], snap_m=100)
    assert as_metres(town, positions) == {(1000, 20, 40, 0), (1000, 60, 80, 0)}


def test_a_park_with_a_hole_is_not_entered_in_the_hole(town: Network, index: SnapIndex) -> None:
    ring = Polygon(box(20, -20, 80, 20).exterior, [box(40, -10, 60, 10).exterior])
    positions = snap(index, [moved(ring)], snap_m=100)
    assert as_metres(town, positions) == {(1000, 20, 40, 0), (1000, 60, 80, 0)}


def test_what_has_no_geometry_is_not_met(index: SnapIndex) -> None:
    positions = snap(index, [Point(), at(50, 5), Polygon(), LineString()], snap_m=100)
    assert positions.item.tolist() == [1]


def test_what_is_missing_is_not_met(index: SnapIndex) -> None:
    positions = snap(index, [None, at(50, 5)], snap_m=100)
    assert positions.item.tolist() == [1]


def test_nothing_snaps_to_a_network_without_walkable_edges(town: Network) -> None:
    nowhere = snap_index(town, np.zeros(len(town.edges), dtype=bool))
    assert len(snap(nowhere, [at(50, 5), moved(PARK)], snap_m=100)) == 0


def test_points_areas_and_lines_go_together_and_keep_their_rows(index: SnapIndex) -> None:
    shapes = [moved(PARK), at(50, 5), at(2000, 2000), moved(WALKWAY)]
    positions = snap(index, shapes, snap_m=100)
    assert np.bincount(positions.item, minlength=4).tolist() == [3, 1, 0, 5]


def test_where_several_streets_are_as_near_the_first_of_them_is_met(town: Network, index: SnapIndex) -> None:
    # At a lift each way has a landing of its own: which of them a door meets must not hang on how the tree was built.
    lift = [at(100 + x, 150 + y) for x, y in ((5, 0), (9, 0), (0, 0), (40, 0))]
    junctions = [at(x, y) for x in range(0, 401, 100) for y in range(0, 301, 100)]
    apart_m = shapely.distance(np.array([*lift, *junctions])[:, None], index.lines)
    positions = snap(index, [*lift, *junctions], snap_m=100)
    assert ((apart_m == apart_m.min(axis=1, keepdims=True)).sum(axis=1) > 1).all()
    assert positions.edge.tolist() == index.edge[apart_m.argmin(axis=1)].tolist()
    for seed in range(20):
        shuffled = np.random.default_rng(seed).permutation(len(index.edge))
        other = SnapIndex(index.edge[shuffled], index.lines[shuffled], shapely.STRtree(index.lines[shuffled]))
        again = snap(other, [*lift, *junctions], snap_m=100)
        assert again.edge.tolist() == positions.edge.tolist()


metres = st.integers(-60, 660)


@given(st.lists(st.tuples(metres, metres), min_size=1, max_size=8))
def test_a_point_meets_the_network_as_near_as_any_street_comes(town: Network, index: SnapIndex, xy: list) -> None:
    places = [at(x, y) for x, y in xy]
    positions = snap(index, places, snap_m=100)
    nearest = np.array([shapely.distance(place, index.lines).min() for place in places])
    assert positions.item.tolist() == np.flatnonzero(nearest <= 100).tolist()
    np.testing.assert_allclose(positions.leg_m, nearest[positions.item], atol=1e-6)
    met = shapely.line_interpolate_point(
        town.edges.geometry.to_numpy()[positions.edge], positions.start, normalized=True
    )
    np.testing.assert_allclose(shapely.distance(met, np.array(places)[positions.item]), positions.leg_m, atol=1e-6)


@given(st.tuples(metres, metres, st.integers(1, 200), st.integers(1, 200)))
def test_the_stretches_of_an_area_are_as_long_as_the_streets_in_it(
    index: SnapIndex, town: Network, sides: tuple[int, int, int, int]
) -> None:
    x, y, width, height = sides
    area = moved(box(x, y, x + width, y + height))
    inside_m = shapely.length(shapely.intersection(index.lines, area)).sum()
    positions = snap(index, [area], snap_m=100)
    length_m = town.edges["length_m"].to_numpy()[positions.edge] * (positions.end - positions.start)
    assert length_m.sum() == pytest.approx(inside_m, abs=1e-6)


@given(seed=st.integers(0, 2**32 - 1), left=st.floats(0, 1))
def test_points_that_met_more_edges_meet_fewer_as_if_they_had_met_none(town: Network, seed: int, left: float) -> None:
    chance = np.random.default_rng(seed)
    usable = snappable_edges(town, *edge_seconds(town.edges, CHILD))
    fewer = snap_index(town, usable & (chance.random(len(usable)) < left))
    corners = shapely.get_coordinates(town.edges.geometry.to_numpy())
    near = corners[chance.integers(len(corners), size=60)] + chance.integers(-9, 10, size=(60, 2)) * 10
    points = [Point(), *shapely.points(near), *shapely.points(corners[:40])]  # on junctions many edges are as near
    wider = snap(snap_index(town, usable), points, snap_m=80)
    again, anew = snap_again(fewer, points, wider, snap_m=80), snap(fewer, points, snap_m=80)
    assert [again.item.tolist(), again.edge.tolist()] == [anew.item.tolist(), anew.edge.tolist()]
    assert [again.start.tolist(), again.end.tolist(), again.leg_m.tolist()] == [
        anew.start.tolist(), anew.end.tolist(), anew.leg_m.tolist(),
    ]  # fmt: skip
