"""Arrays of shapes: what has a position, parts of shapes, places that are one; and the ground that maps stand on."""

import re
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from cfgeo.core.schema import UNIT_LAYERS, WGS84, BoolArray, Box, FloatArray, IntArray
from cfgeo.core.strings import plain_name

CAMPUS_M = 200.0
"""Rows of one name nearer than this are one campus: a school that is listed for two levels, its gate and back door."""
_LEVEL = re.compile("(?:幼儿|小学|初中|高中|中学)部$")


def _nothing() -> Any:
    return np.array([], dtype=object)


@dataclass(frozen=True)
class StreetName:
    """A street's name where it stands on a map.

    Attributes
    ----------
    name : str
    x, y : float
        Its middle, in the metric CRS.
    angle_deg : float
        How it lies, to the left from the east, from -90 to 90.
    rank : int
        0 for the largest roads, 1 for streets, 2 for paths.
    length_m : float
        Of the straight piece that it stands on.
    """

    name: str
    x: float
    y: float
    angle_deg: float
    rank: int
    length_m: float


@dataclass(frozen=True)
class Ground:
    """What maps show of the place itself, in the metric CRS. No number rests on it.

    Attributes
    ----------
    bounds : tuple of float
        West, south, east, north.
    shade : numpy.ndarray
        Cells over ``bounds``, north above: -1 (dark) to 1 (light), 0 on flat land; no cells without elevation.
    height : numpy.ndarray
        The same cells between the lowest (0) and the highest (1) land; NaN where no raster has a height.
    contours, water, buildings, greens, rails : numpy.ndarray
        Lines, polygons, polygons, polygons, lines.
    contour_m : float
        Interval of the contours; 0 where there are none.
    water_from : tuple of str
        ``map``, ``elevation``: what the water is known by.
    names : tuple of StreetName
        The most important first.
    """

    bounds: Box
    shade: FloatArray = field(default_factory=lambda: np.zeros((0, 0)))
    height: FloatArray = field(default_factory=lambda: np.zeros((0, 0)))
    contours: Any = field(default_factory=_nothing)
    contour_m: float = 0.0
    water: Any = field(default_factory=_nothing)
    water_from: tuple[str, ...] = ()
    buildings: Any = field(default_factory=_nothing)
    greens: Any = field(default_factory=_nothing)
    rails: Any = field(default_factory=_nothing)
    names: tuple[StreetName, ...] = ()


def is_blank(shapes: Any) -> BoolArray:
    """Return which shapes are missing or empty (n)."""
    return np.asarray(shapely.is_empty(shapes) | shapely.is_missing(shapes))


def is_finite(shapes: Any) -> BoolArray:
    """Return which shapes have a position in finite coordinates (n): beyond the reach of a CRS metres are infinite."""
    return np.asarray(np.isfinite(shapely.bounds(shapes)).all(axis=1))


def single_parts(shapes: Any) -> tuple[Any, IntArray]:
    """Return the points, lines and polygons of shapes, out of collections of multi-parts too.

    Parameters
    ----------
    shapes
        Of any kind (n).

    Returns
    -------
    parts : numpy.ndarray
        No multi-part and no collection, in the order of ``shapes`` (m).
    owner : numpy.ndarray
        Position in ``shapes`` of each part (m).
    """
    parts, owner = shapely.get_parts(shapes, return_index=True)
    parts, inner = shapely.get_parts(parts, return_index=True)
    return parts, owner[inner]


def valid_shapes(shapes: Any) -> Any:
    """Return shapes with those that cross themselves made valid (n); of what no CRS reaches nothing can be made."""
    broken = is_finite(shapes) & ~shapely.is_valid(shapes)
    whole = np.array(shapes, dtype=object)
    whole[broken] = shapely.make_valid(whole[broken])
    return whole


def moved(shapes: gpd.GeoSeries, crs: Any) -> gpd.GeoSeries:
    """Return shapes in another CRS, valid there too: rounded on the way, a narrow slit crosses itself."""
    there = shapes.to_crs(crs)
    return gpd.GeoSeries(valid_shapes(there.to_numpy()), index=there.index, crs=there.crs)


def land_of(areas: gpd.GeoDataFrame) -> shapely.Geometry:
    """Return valid areas as one valid shape, WGS-84 [degrees]."""
    land = gpd.GeoSeries([shapely.union_all(areas.geometry.to_numpy())], crs=areas.crs)
    return (land if land.crs is None else moved(land, WGS84)).iloc[0]


def campuses(places: gpd.GeoDataFrame) -> IntArray:
    """Return the campus of each place, by number: places of one name within ``CAMPUS_M`` are one (n).

    A school that is listed once for its primary and once for its junior level is one school. Places without a name are
    campuses of their own, and so are communities and street blocks.
    """
    if len(places) and places["layer"].iloc[0] in UNIT_LAYERS:
        return np.arange(len(places))
    names = places["name"].map(_campus_name)
    repeated = np.flatnonzero((names.duplicated(keep=False) & (names != "")).to_numpy())
    own = np.arange(len(places))
    if len(repeated) == 0:
        return own
    shapes, same = places.geometry.to_numpy()[repeated], names.to_numpy()[repeated]
    left, right = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=CAMPUS_M)
    joined = same[left] == same[right]
    pairs = (np.ones(int(joined.sum())), (repeated[left[joined]], repeated[right[joined]]))
    _, campus = connected_components(coo_array(pairs, shape=(len(places), len(places))), directed=False)
    return np.asarray(campus, dtype=np.int64)


def _campus_name(name: str) -> str:
    """Return the name of a school without its level: 人民学校（小学部） is 人民学校."""
    return _LEVEL.sub("", plain_name(name))
