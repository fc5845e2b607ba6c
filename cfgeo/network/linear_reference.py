"""Linear referencing: lines as arrays, cut at shares of their length, and the stretches between, without a loop."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from cfgeo.core.arrays import ends_run, equal_pairs, starts_run
from cfgeo.core.schema import BoolArray, FloatArray, IntArray, Positions

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
    length = along[ends_run(owner)]
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
    is_first = starts_run(owner)
    step[is_first] = 0
    total = np.cumsum(step)
    # Subtracting the running total loses nothing that matters: 1e-8 m in a city of a million edges.
    return np.asarray(np.maximum(total - total[is_first][np.cumsum(is_first) - 1], 0.0))


def _at(xy: Floats, line: Ints, along: Floats, owner: Ints, share: Floats) -> Floats:
    """Return points at shares of the lengths of lines whose vertices lie so far along them."""
    length = along[ends_run(line)]
    # All lines one after the other on one axis, each with some room to the next.
    begin = np.cumsum(length + 1) - (length + 1)
    axis, at = along + begin[line], begin[owner] + share * length[owner]
    return np.column_stack([np.interp(at, axis, xy[:, 0]), np.interp(at, axis, xy[:, 1])])


@dataclass(frozen=True)
class Stretches:
    """Parts of edges: shares of the edge's length, 0 ≤ start ≤ end ≤ 1, and the row they come from."""

    edge: IntArray
    start: FloatArray
    end: FloatArray
    row: IntArray

    def take(self, rows: IntArray | BoolArray) -> "Stretches":
        """Return some rows."""
        return Stretches(self.edge[rows], self.start[rows], self.end[rows], self.row[rows])


def concat(one: Stretches, other: Stretches) -> Stretches:
    """Return the stretches of two sets, one after the other."""
    return Stretches(
        np.r_[one.edge, other.edge], np.r_[one.start, other.start], np.r_[one.end, other.end], np.r_[one.row, other.row]
    )


def whole_edges(n_edges: int) -> Stretches:
    """Return every edge in full."""
    each = np.arange(n_edges)
    return Stretches(each, np.zeros(n_edges), np.ones(n_edges), each)


def split_at_places(parts: Stretches, places: Positions) -> Stretches:
    """Cut stretches where places begin and end, so that no place begins or ends inside one."""
    row, place = equal_pairs(parts.edge, places.edge)
    row, cut_at = np.r_[row, row], np.r_[places.start[place], places.end[place]]
    inside = (cut_at > parts.start[row]) & (cut_at < parts.end[row])
    each = np.arange(len(parts.edge))
    owner = np.r_[each, each, row[inside]]
    at = np.r_[parts.start, parts.end, cut_at[inside]]
    order = np.lexsort((at, owner))
    owner, at = owner[order], at[order]
    same = owner[:-1] == owner[1:]
    source = owner[:-1][same]
    return Stretches(parts.edge[source], at[:-1][same], at[1:][same], parts.row[source])


def intersection(one: Stretches, other: Stretches) -> Stretches:
    """Return what lies in two sets of stretches, by ``row``; within a row neither set overlaps itself."""
    mine, yours = equal_pairs(one.row, other.row)
    start = np.maximum(one.start[mine], other.start[yours])
    end = np.minimum(one.end[mine], other.end[yours])
    some = (end > start) & (one.edge[mine] == other.edge[yours])
    return Stretches(one.edge[mine][some], start[some], end[some], one.row[mine][some])


def union(parts: Stretches) -> Stretches:
    """Return what lies in any of the stretches of a row, without overlaps; a row lies on one edge."""
    parts = parts.take(np.lexsort((parts.start, parts.row)))
    edge, start, end, row = parts.edge, parts.start, parts.end, parts.row
    # The running maximum of ends within each row: ranked by row first, all rows can be gone through at once.
    ranked = np.lexsort((end, row))
    rank = np.empty(len(row), dtype=np.int64)
    rank[ranked] = np.arange(len(row))
    so_far = end[ranked][np.maximum.accumulate(rank)]
    first = starts_run(row)
    first[1:] |= start[1:] > so_far[:-1]
    last = np.roll(first, -1)
    return Stretches(edge[first], start[first], so_far[last], row[first])


def complement(reached: Stretches, *, n_edges: int) -> Stretches:
    """Return what the reached pieces of whole edges leave out (``row`` is the edge)."""
    each = np.arange(n_edges)
    edge = np.r_[each, reached.edge, each]
    start = np.r_[np.zeros(n_edges), reached.start, np.ones(n_edges)]
    end = np.r_[np.zeros(n_edges), reached.end, np.ones(n_edges)]
    order = np.lexsort((end, start, edge))
    edge, start, end = edge[order], start[order], end[order]
    open_ = (edge[:-1] == edge[1:]) & (start[1:] > end[:-1])
    return Stretches(edge[:-1][open_], end[:-1][open_], start[1:][open_], edge[:-1][open_])
