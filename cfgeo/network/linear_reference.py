"""Lines as arrays: cut many at once, without a loop over geometries."""

from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Geometries = npt.NDArray[np.object_]


def cut_lines(lines: Any, start: Floats, end: Floats) -> Geometries:
    """Return the stretch of each line between two shares of its length.

    Parameters
    ----------
    lines
        LineStrings (n), each with a length.
    start, end
        Shares of the length, 0 ≤ start ≤ end ≤ 1 (n).

    Returns
    -------
    numpy.ndarray
        LineStrings (n) in the direction of the line; where start equals end, both points are the same.
    """
    lines = np.asarray(lines, dtype=object)
    if len(lines) == 0:
        return np.empty(0, dtype=object)
    xy, owner = shapely.get_coordinates(lines, return_index=True)
    along = distances_along(xy, owner)
    each = np.arange(len(lines))
    length = along[_last_of(owner)]
    inside = (along > (start * length)[owner]) & (along < (end * length)[owner])
    parts_owner = np.concatenate([each, owner[inside], each])
    parts_xy = np.concatenate([_at(xy, owner, along, each, start), xy[inside], _at(xy, owner, along, each, end)])
    # Stable sort: the first point, then the line's own vertices in their order, then the last point.
    order = np.argsort(parts_owner, kind="stable")
    return np.asarray(shapely.linestrings(parts_xy[order], indices=parts_owner[order]), dtype=object)


def positions_along(lines: Any, owner: Ints, share: Floats) -> Floats:
    """Return points at shares of lines' lengths.

    Parameters
    ----------
    lines
        LineStrings, each with a length (n).
    owner
        The line of each point (m).
    share
        Where on it, 0–1 (m).

    Returns
    -------
    numpy.ndarray
        Coordinates (m × 2).
    """
    if len(owner) == 0:
        return np.empty((0, 2))
    xy, line = shapely.get_coordinates(lines, return_index=True)
    return _at(xy, line, distances_along(xy, line), owner, share)


def distances_along(xy: Floats, owner: Ints) -> Floats:
    """Return how far along its line each vertex lies.

    Parameters
    ----------
    xy
        Vertices of all lines, one line after the other (n × 2).
    owner
        Which line each vertex belongs to, ascending from 0 (n).

    Returns
    -------
    numpy.ndarray
        Distances from the line's first vertex, in the unit of ``xy`` (n).
    """
    step = np.zeros(len(xy))
    step[1:] = np.hypot(*(xy[1:] - xy[:-1]).T)
    is_first = np.r_[True, owner[1:] != owner[:-1]][: len(xy)]
    step[is_first] = 0
    total = np.cumsum(step)
    # Subtracting the running total loses nothing that matters: 1e-8 m in a city of a million edges.
    return np.asarray(np.maximum(total - total[is_first][np.cumsum(is_first) - 1], 0.0))


def _at(xy: Floats, line: Ints, along: Floats, owner: Ints, share: Floats) -> Floats:
    """Return points at shares of the lengths of lines whose vertices lie so far along them."""
    length = along[_last_of(line)]
    # All lines one after the other on one axis, each with some room to the next.
    begin = np.cumsum(length + 1) - (length + 1)
    axis, at = along + begin[line], begin[owner] + share * length[owner]
    return np.column_stack([np.interp(at, axis, xy[:, 0]), np.interp(at, axis, xy[:, 1])])


def _last_of(line: Ints) -> Ints:
    """Return the last vertex of each line."""
    return np.flatnonzero(np.r_[line[1:] != line[:-1], True][: len(line)])
