"""The sea beside a coastline, and water that is known by elevation alone."""

import numpy as np
import shapely

from cfgeo.network.rasters.relief import Relief
from cfgeo.study.ground.water import water_of

WINDOW = (0.0, 0.0, 2000.0, 2000.0)
NONE = np.array([], dtype=object)
SEA = shapely.box(1000, 0, 2000, 2000)


def alike(water: np.ndarray, other: shapely.Geometry) -> float:
    """Return the area that two have in common, as a share of what either has."""
    whole = shapely.union_all(water)
    return float(whole.intersection(other).area / whole.union(other).area)


def test_the_sea_lies_to_the_right_of_a_coastline() -> None:
    north = np.array([shapely.LineString([(1000, -500), (1000, 2500)])], dtype=object)
    water, origins = water_of(WINDOW, NONE, north, None, [])
    assert origins == ("map",)
    assert alike(water, SEA) > 0.97
    south = np.array([shapely.LineString([(1000, 2500), (1000, -500)])], dtype=object)
    assert alike(water_of(WINDOW, NONE, south, None, [])[0], shapely.box(0, 0, 1000, 2000)) > 0.97


def test_an_island_is_land() -> None:
    coast = [shapely.LineString([(1000, -500), (1000, 2500)]), shapely.box(1400, 800, 1700, 1100)]
    water, _ = water_of(WINDOW, NONE, np.array(coast, dtype=object), None, [])
    assert not shapely.union_all(water).intersects(shapely.Point(1550, 950))


def test_beyond_a_loose_end_of_the_coastline_elevation_tells() -> None:
    half = np.array([shapely.LineString([(1000, -500), (1000, 1000)])], dtype=object)
    water, _ = water_of(WINDOW, NONE, half, None, [])
    assert not shapely.union_all(water).intersects(shapely.Point(1500, 1800)), "nobody knows"
    x = np.arange(5.0, 2000.0, 10.0)
    z = np.broadcast_to(np.where(x < 1000, 0.1 * (1000 - x), 0.0), (200, 200)).copy()
    water, origins = water_of(WINDOW, NONE, half, Relief(WINDOW, z, z, 10.0), [])
    assert origins == ("map", "elevation")
    assert alike(water, SEA) > 0.9


def test_mapped_water_is_enough() -> None:
    lake = np.array([shapely.box(100, 100, 400, 400)], dtype=object)
    z = np.zeros((200, 200))
    z[:, :100] = 100.0
    water, origins = water_of(WINDOW, lake, NONE, Relief(WINDOW, z, z, 10.0), [])
    assert origins == ("map",)
    assert alike(water, lake[0]) > 0.99
    nothing, origins = water_of(WINDOW, NONE, NONE, None, [])
    assert (len(nothing), origins) == (0, ())
