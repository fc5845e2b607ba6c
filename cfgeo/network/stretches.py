"""Parts of edges as shares of their length: cut, intersected, and what they leave out."""

from dataclasses import dataclass

import numpy as np

from cfgeo.core.schema import BoolArray, FloatArray, IntArray, Positions


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
    row, place = on_same_edge(parts.edge, places.edge)
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


def both(one: Stretches, other: Stretches) -> Stretches:
    """Return what lies in two sets of stretches, by ``row``; within a row neither set overlaps itself."""
    mine, yours = on_same_edge(one.row, other.row)
    start = np.maximum(one.start[mine], other.start[yours])
    end = np.minimum(one.end[mine], other.end[yours])
    some = (end > start) & (one.edge[mine] == other.edge[yours])
    return Stretches(one.edge[mine][some], start[some], end[some], one.row[mine][some])


def joined(parts: Stretches) -> Stretches:
    """Return what lies in any of the stretches of a row, without overlaps; a row lies on one edge."""
    parts = parts.take(np.lexsort((parts.start, parts.row)))
    edge, start, end, row = parts.edge, parts.start, parts.end, parts.row
    # The running maximum of ends within each row: ranked by row first, all rows can be gone through at once.
    ranked = np.lexsort((end, row))
    rank = np.empty(len(row), dtype=np.int64)
    rank[ranked] = np.arange(len(row))
    so_far = end[ranked][np.maximum.accumulate(rank)]
    new = np.r_[True, (row[1:] != row[:-1]) | (start[1:] > so_far[:-1])][: len(row)]
    first = np.flatnonzero(new)
    last = np.r_[first[1:], len(row)][: len(first)] - 1
    return Stretches(edge[first], start[first], so_far[last], row[first])


def gaps(reached: Stretches, *, n_edges: int) -> Stretches:
    """Return what the reached pieces of whole edges leave out (``row`` is the edge)."""
    each = np.arange(n_edges)
    edge = np.r_[each, reached.edge, each]
    start = np.r_[np.zeros(n_edges), reached.start, np.ones(n_edges)]
    end = np.r_[np.zeros(n_edges), reached.end, np.ones(n_edges)]
    order = np.lexsort((end, start, edge))
    edge, start, end = edge[order], start[order], end[order]
    open_ = (edge[:-1] == edge[1:]) & (start[1:] > end[:-1])
    return Stretches(edge[:-1][open_], end[:-1][open_], start[1:][open_], edge[:-1][open_])


def on_same_edge(edge: IntArray, place_edge: IntArray) -> tuple[IntArray, IntArray]:
    """Return all pairs (row, place) that share an edge."""
    order = np.argsort(place_edge, kind="stable")
    ordered = place_edge[order]
    first = np.searchsorted(ordered, edge, side="left")
    count = np.searchsorted(ordered, edge, side="right") - first
    row = np.repeat(np.arange(len(edge)), count)
    nth = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    return row, order[first[row] + nth]
