"""What pages hold of lines and areas: packed, and the same after reading."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from tools.packed import point_lists, polygon_rings, unpacked

from cfgeo.publish.geometry import Projector, packed

CRS = "EPSG:32648"


@given(st.lists(st.integers(-(2**30), 2**30)))
def test_packed_numbers_are_the_same_after_reading(numbers: list[int]) -> None:
    assert unpacked(packed(numbers)) == numbers


def test_small_numbers_take_one_byte() -> None:
    assert (len(packed([0, 63, -64])), len(packed([0, 63, 64]))) == (4, 6)


def test_lines_keep_their_points_without_repeats_and_lines_of_one_point_are_left_out() -> None:
    projector = Projector(CRS)
    xy = [[(500_000, 3_270_000), (500_100, 3_270_000), (500_100.1, 3_270_000.1)], [(500_050, 3_270_000)] * 2]
    xy.append([(499_000, 3_270_500), (499_010, 3_270_400)])
    lines = np.array([shapely.LineString(points) for points in xy])
    read = point_lists(projector.lines(lines))
    expected = [projector.units(np.array(points, dtype=float)) for points in (xy[0][:2], xy[2])]
    assert [line.tolist() for line in read] == [line.tolist() for line in expected]
    each = projector.lines_of_each(lines)
    assert [len(point_lists(own)) for own in each] == [1, 0, 1]
    assert point_lists(each[2])[0].tolist() == expected[1].tolist()


def test_areas_keep_their_holes() -> None:
    projector = Projector(CRS)
    square = shapely.box(500_000, 3_270_000, 500_400, 3_270_400)
    holed = square.difference(shapely.box(500_100, 3_270_100, 500_200, 3_270_200))
    far = shapely.box(499_000, 3_270_000, 499_100, 3_270_100)
    read = polygon_rings(projector.polygons(np.array([holed, shapely.Point(0, 0), far])))
    assert [len(rings) for rings in read] == [2, 1]
    for ring, shape in zip(read[0], shapely.get_rings(holed), strict=True):
        assert ring.tolist() == projector.units(shapely.get_coordinates(shape)[:-1]).tolist()
    assert projector.polygons(shapely.Polygon()) == ""


@pytest.mark.parametrize("tolerance_m", [2.0, 30.0])
def test_simpler_areas_stay_within_their_tolerance(tolerance_m: float) -> None:
    projector, circle = Projector(CRS), shapely.Point(500_000, 3_270_000).buffer(200)
    fine, coarse = (polygon_rings(projector.polygons(circle, tolerance_m=each))[0][0] for each in (0.0, tolerance_m))
    assert 3 <= len(coarse) < len(fine)
    gap = shapely.hausdorff_distance(shapely.LinearRing(fine), shapely.LinearRing(coarse))
    assert gap < tolerance_m / 0.95 + 1.5  # a unit is about a metre


@pytest.mark.parametrize("tolerance_m", [5.0, 20.0, 60.0])
def test_simpler_areas_neither_cross_themselves_nor_vanish(tolerance_m: float) -> None:
    """Douglas & Peucker without regard to topology ties loops into fjords, and makes flat areas lines."""
    turns, chance = np.linspace(0, 2 * np.pi, 120, endpoint=False), np.random.default_rng(7)
    for _ in range(40):
        away = chance.uniform(20, 200, len(turns))
        star = shapely.Polygon(np.column_stack((500_000 + away * np.cos(turns), 3_270_000 + away * np.sin(turns))))
        flat = shapely.box(501_000, 3_270_000, 501_100, 3_270_000 + tolerance_m / 4)
        rings = polygon_rings(Projector(CRS).polygons(np.array([star, flat]), tolerance_m=tolerance_m))
        assert len(rings) == 2
        assert all(shapely.is_valid(shapely.Polygon(outer)) for outer, *_ in rings)
