"""Walking time between every point and every place that lie near enough, there, back, or the worse of both ways."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from cfgeo.core.arrays import equal_pairs
from cfgeo.core.schema import FloatArray, IntArray, Positions
from cfgeo.walk.search import WalkGraph, dijkstra_of_each, direct_seconds, entries, part_seconds

_AT_ONCE = 4_000_000  # points × nodes, or × places


@dataclass(frozen=True)
class Pairs:
    """Points and places that lie near enough, sorted by point, each pair once.

    Attributes
    ----------
    point : numpy.ndarray
        Row of the points.
    place : numpy.ndarray
        ``item`` of the places.
    seconds : numpy.ndarray
        The walk; where both ways count, the longer one.
    """

    point: IntArray
    place: IntArray
    seconds: FloatArray


@dataclass(frozen=True)
class _Side:
    """Where walks begin or end: nodes, and the seconds between them and the item; sorted by item."""

    item: IntArray
    node: IntArray
    seconds: FloatArray


def pairs_within(graph: WalkGraph, at: Positions, places: Positions, *, most_s: FloatArray) -> Pairs:
    """Return the walks between points and places that take no longer than is wanted.

    Searched is from the points or from the places, whichever are fewer: a search costs the same from either.

    Parameters
    ----------
    graph
        The walker's network.
    at
        The points.
    places
        Points or stretches; rows with one ``item`` are one place.
    most_s
        The longest walk that is wanted from each point [s] (rows of ``at``).
    """
    items, item = np.unique(places.item, return_inverse=True)
    if len(at) == 0 or len(items) == 0:
        return Pairs(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0))
    from_points, limit_s = len(at) <= len(items), float(most_s.max())
    ways = [_sides(way, at, places, item, from_points=from_points) for way in graph.directions]
    n_begin, n_end = (len(at), len(items)) if from_points else (len(items), len(at))
    widest = max(graph.reversed_csr.shape[0], *(len(end.item) for _, _, end, _ in ways))
    found = []
    for chosen in np.array_split(np.arange(n_begin), max(1, -(-n_begin * widest // _AT_ONCE))):
        seconds = np.zeros((len(chosen), n_end))
        for way in ways:
            np.maximum(seconds, _block(*way, chosen, n_end=n_end, limit_s=limit_s), out=seconds)
        most = most_s[chosen, None] if from_points else most_s[None, :]
        begin, end = np.nonzero(seconds <= most)
        found.append((chosen[begin], end, seconds[begin, end]))
    begin, end, walk_s = (np.concatenate(column) for column in zip(*found, strict=True))
    point, place = (begin, end) if from_points else (end, begin)
    order = np.lexsort((place, point)) if not from_points else np.arange(len(point))
    return Pairs(point[order], items[place[order]], walk_s[order])


_Way = tuple[sparse.csr_array, _Side, _Side, tuple[IntArray, IntArray, FloatArray]]


def _sides(way: WalkGraph, at: Positions, places: Positions, item: IntArray, *, from_points: bool) -> _Way:
    """Return what is searched one way: the arcs, where it begins and ends, and the walks along single edges."""
    leg_s = at.leg_m / way.leg_m_s
    to_u = part_seconds(way.backward_s[at.edge], at.start) + leg_s
    to_v = part_seconds(way.forward_s[at.edge], 1 - at.start) + leg_s
    points = _side(np.tile(np.arange(len(at)), 2), np.r_[way.u[at.edge], way.v[at.edge]], np.r_[to_u, to_v])
    ends = _side(np.tile(item, 2), *entries(way, places))
    row, place = equal_pairs(at.edge, places.edge)
    direct_s = direct_seconds(way, at.edge[row], at.start[row], places.take(place)) + leg_s[row]
    if from_points:
        return way.reversed_csr.T.tocsr(), points, ends, (row, item[place], direct_s)
    return way.reversed_csr, ends, points, (item[place], row, direct_s)


def _side(item: IntArray, node: IntArray, seconds: FloatArray) -> _Side:
    order = np.argsort(item, kind="stable")
    return _Side(item[order], node[order], seconds[order])


def _block(  # noqa: PLR0913  (one way as _sides gives it, and which part of it)
    csr: sparse.csr_array,
    begin: _Side,
    end: _Side,
    direct: tuple[IntArray, IntArray, FloatArray],
    chosen: IntArray,
    *,
    n_end: int,
    limit_s: float,
) -> FloatArray:
    """Return the seconds between some neighbouring items and every item of the other side (chosen × others)."""
    first, last = chosen[0], chosen[-1]
    mine = slice(*np.searchsorted(begin.item, [first, last + 1]))
    near = begin.seconds[mine] <= limit_s
    starts = (begin.item[mine][near] - first, begin.node[mine][near], begin.seconds[mine][near])
    node_s = dijkstra_of_each(csr, *starts, n_items=len(chosen), limit_s=limit_s)
    via_s = node_s[:, end.node] + end.seconds
    seconds = np.minimum.reduceat(via_s, np.searchsorted(end.item, np.arange(n_end)), axis=1)
    one, other, walk_s = direct
    here = (one >= first) & (one <= last)
    np.minimum.at(seconds, (one[here] - first, other[here]), walk_s[here])
    return np.asarray(seconds)
