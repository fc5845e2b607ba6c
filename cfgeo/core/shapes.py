"""Arrays of shapes: which have a position, what single parts they have; and those of the ground that maps stand on."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely

from cfgeo.core.schema import BoolArray, Box, FloatArray, IntArray


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
