"""Linear referencing: points and stretches of lines at shares of their length, for arrays of lines without a loop."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import shapely

from cfgeo.core.arrays import ends_run, equal_pairs, starts_run
from cfgeo.core.schema import BoolArray, FloatArray, IntArray, Positions


def cut_lines(lines: Any, start: FloatArray, end: FloatArray) -> Any:
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
        LineStrings (n) in the direction of the line. Where start equals end, both points are the same.
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
    # A stable sort keeps the first point, the line's own vertices and the last point in this order.
    order = np.argsort(parts_owner, kind="stable")
    return np.asarray(shapely.linestrings(parts_xy[order], indices=parts_owner[order]), dtype=object)


def positions_along(lines: Any, owner: IntArray, share: FloatArray) -> FloatArray:
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


def distances_along(xy: FloatArray, owner: IntArray) -> FloatArray:
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
    # Subtracting running totals loses some 1e-8 m in a city of a million edges.
    return np.asarray(np.maximum(total - total[is_first][np.cumsum(is_first) - 1], 0.0))


def _at(xy: FloatArray, line: IntArray, along: FloatArray, owner: IntArray, share: FloatArray) -> FloatArray:
    """Return points at shares of lines' lengths; ``along`` is the distance of each vertex from its line's start."""
    length = along[ends_run(line)]
    # One interpolation for all lines: they lie one after the other on one axis, with a gap between.
    begin = np.cumsum(length + 1) - (length + 1)
    axis, at = along + begin[line], begin[owner] + share * length[owner]
    return np.column_stack([np.interp(at, axis, xy[:, 0]), np.interp(at, axis, xy[:, 1])])


@dataclass(frozen=True)
class Stretches:
    """Parts of edges.

    Attributes
    ----------
    edge : numpy.ndarray
        Position of the edge in ``Network.edges``.
    start, end : numpy.ndarray
        Shares of the edge's length, 0 ≤ start ≤ end ≤ 1.
    row : numpy.ndarray
        The row of the caller's table that each stretch belongs to.
    """

    edge: IntArray
    start: FloatArray
    end: FloatArray
    row: IntArray

    @classmethod
    def concat(cls, *parts: "Stretches") -> "Stretches":
        """Return the rows of all parts, one part after the other."""
        return cls(*(np.concatenate([getattr(part, column.name) for part in parts]) for column in fields(cls)))

    def take(self, rows: IntArray | BoolArray) -> "Stretches":
        """Return some of the rows, by position or mask."""
        return Stretches(self.edge[rows], self.start[rows], self.end[rows], self.row[rows])


def whole_edges(n_edges: int) -> Stretches:
    """Return every edge in full; ``row`` is the edge."""
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
    within = owner[:-1] == owner[1:]  # from one cut of a stretch to its next, not from one stretch to another
    source = owner[:-1][within]
    return Stretches(parts.edge[source], at[:-1][within], at[1:][within], parts.row[source])


def intersection(left: Stretches, right: Stretches) -> Stretches:
    """Return what lies in both sets of stretches, row by row. Within a row, neither set may overlap itself."""
    at_left, at_right = equal_pairs(left.row, right.row)
    start = np.maximum(left.start[at_left], right.start[at_right])
    end = np.minimum(left.end[at_left], right.end[at_right])
    common = Stretches(left.edge[at_left], start, end, left.row[at_left])
    return common.take((end > start) & (left.edge[at_left] == right.edge[at_right]))


def union(parts: Stretches) -> Stretches:
    """Return the stretches of each row merged where they overlap or touch. A row lies on one edge."""
    parts = parts.take(np.lexsort((parts.start, parts.row)))
    edge, start, end, row = parts.edge, parts.start, parts.end, parts.row
    # The running maximum of ends within each row. Ranked by row first, one accumulation serves all rows.
    ranked = np.lexsort((end, row))
    rank = np.empty(len(row), dtype=np.int64)
    rank[ranked] = np.arange(len(row))
    so_far = end[ranked][np.maximum.accumulate(rank)]
    first = starts_run(row)
    first[1:] |= start[1:] > so_far[:-1]
    last = np.roll(first, -1)  # a merged stretch ends where the next one starts
    return Stretches(edge[first], start[first], so_far[last], row[first])


def complement(reached: Stretches, *, n_edges: int) -> Stretches:
    """Return what stretches leave out of all edges; ``row`` is the edge."""
    each = np.arange(n_edges)
    edge = np.r_[each, reached.edge, each]
    start = np.r_[np.zeros(n_edges), reached.start, np.ones(n_edges)]
    end = np.r_[np.zeros(n_edges), reached.end, np.ones(n_edges)]
    order = np.lexsort((end, start, edge))
    edge, start, end = edge[order], start[order], end[order]
    gap = (edge[:-1] == edge[1:]) & (start[1:] > end[:-1])
    return Stretches(edge[:-1][gap], end[:-1][gap], start[1:][gap], edge[:-1][gap])
