"""Questions that many stages ask of arrays of shapes: which have a position, and what single parts they have."""

from typing import Any

import numpy as np
import shapely

from cfgeo.core.schema import BoolArray, IntArray


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
