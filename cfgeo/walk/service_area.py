"""How much of each edge lies within a walk of the nearest place: exact, with no geometry."""

from dataclasses import replace

import numpy as np

from cfgeo.core.arrays import equal_pairs
from cfgeo.core.schema import BoolArray, FloatArray, Positions
from cfgeo.network.linear_reference import Stretches, concat, intersection, split_at_places, union
from cfgeo.walk.nearest import Reach, nearest_in_each_direction, seconds_to_each
from cfgeo.walk.search import WalkGraph, seconds_at


def reached_parts(
    graph: WalkGraph, node_s: FloatArray, places: Positions, parts: Stretches, *, limit_s: float
) -> tuple[Stretches, FloatArray]:
    """Return how far each stretch is reached from its two ends, one way.

    A walk out of a stretch without a place inside passes one of its ends, so what is within the limit is a piece
    at the start and a piece at the end: exact, with no geometry.

    Parameters
    ----------
    graph, node_s, places
        As for :func:`seconds_at`.
    parts
        Stretches of edges.
    limit_s
        The walk [s].

    Returns
    -------
    reached : Stretches
        The reached pieces, never overlapping; ``row`` is the row of ``parts``.
    share : numpy.ndarray
        Reached share of each edge's length that a row of ``parts`` holds (rows).
    """
    pieces = split_at_places(Stretches(parts.edge, parts.start, parts.end, np.arange(len(parts.edge))), places)
    zero = np.zeros(len(pieces.edge))
    start_s = seconds_at(graph, node_s, places, Positions(pieces.row, pieces.edge, pieces.start, pieces.start, zero))
    end_s = seconds_at(graph, node_s, places, Positions(pieces.row, pieces.edge, pieces.end, pieces.end, zero))
    here_s = _inside_seconds(pieces, places, graph.leg_m_s)
    size = pieces.end - pieces.start
    from_start = np.where(here_s <= limit_s, size, share_in(limit_s - start_s, graph.backward_s[pieces.edge], size))
    from_end = np.where(here_s <= limit_s, 0.0, share_in(limit_s - end_s, graph.forward_s[pieces.edge], size))
    from_end = np.minimum(from_end, size - from_start)
    reached = Stretches(
        np.r_[pieces.edge, pieces.edge],
        np.r_[pieces.start, pieces.end - from_end],
        np.r_[pieces.start + from_start, pieces.end],
        np.r_[pieces.row, pieces.row],
    )
    some = reached.end > reached.start
    reached = Stretches(reached.edge[some], reached.start[some], reached.end[some], reached.row[some])
    share = np.zeros(len(parts.edge))
    np.add.at(share, pieces.row, from_start + from_end)
    return reached, share


def reached_in_all_directions(found: Reach, parts: Stretches, *, limit_s: float) -> tuple[Stretches, FloatArray]:
    """Return what of each stretch lies within the limit of one and the same place on every way that counts.

    Parameters
    ----------
    found
        What :func:`cfgeo.walk.nearest.search` found.
    parts, limit_s
        As for :func:`reached_parts`; the limit is no longer than the search.

    Returns
    -------
    reached, share
        As :func:`reached_parts`.
    """
    graph, places = found.graph, found.places
    if len(graph.directions) == 1:
        return reached_parts(graph, found.trees[0].node_s, places, parts, limit_s=limit_s)
    pieces = split_at_places(Stretches(parts.edge, parts.start, parts.end, np.arange(len(parts.edge))), places)
    each = Stretches(pieces.edge, pieces.start, pieces.end, np.arange(len(pieces.edge)))
    covers = [
        reached_parts(way, tree.node_s, places, each, limit_s=limit_s)[0]
        for way, tree in zip(graph.directions, found.trees, strict=True)
    ]
    reached = intersection(*covers)
    # Where the nearest there and the nearest back are two places, both reach more than any one of them.
    open_ = np.zeros(len(each.row), dtype=bool)
    open_[reached.row] = True
    open_ &= _of_two_places(found, each) & (_inside_seconds(each, places, graph.leg_m_s) > limit_s)
    if open_.any():
        sure = ~open_[reached.row]
        reached = concat(reached.take(sure), _reached_of_each(found, each.take(open_), limit_s=limit_s))
    reached = replace(reached, row=pieces.row[reached.row])
    share = np.zeros(len(parts.edge))
    np.add.at(share, reached.row, reached.end - reached.start)
    return reached, share


def _of_two_places(found: Reach, pieces: Stretches) -> BoolArray:
    """Say on which stretches, without a place inside, the walks at the two ends, there and back, are not all to one."""
    zero, items = np.zeros(len(pieces.edge)), []
    for at in (pieces.start, pieces.end):
        items += [
            item for _, item in nearest_in_each_direction(found, Positions(pieces.row, pieces.edge, at, at, zero))
        ]
    return np.asarray((np.array(items[1:]) != items[0]).any(axis=0))


def _reached_of_each(found: Reach, pieces: Stretches, *, limit_s: float) -> Stretches:
    """Return what of stretches each place on its own reaches both ways, put together; rows are those of the pieces."""
    zero, covers = np.zeros(len(pieces.edge)), []
    n_places = int(found.places.item.max()) + 1
    for nth, way in enumerate(found.graph.directions):
        pairs, seconds = [], []
        for at in (pieces.start, pieces.end):
            here = Positions(pieces.row, pieces.edge, at, at, zero)
            row, item, walk_s = seconds_to_each(found, nth, here, limit_s=limit_s)
            pairs.append(row * n_places + item)
            seconds.append(walk_s)
        key = np.unique(np.concatenate(pairs))
        left_s = np.full((2, len(key)), -np.inf)
        for end, (pair, walk_s) in enumerate(zip(pairs, seconds, strict=True)):
            left_s[end, np.searchsorted(key, pair)] = limit_s - walk_s
        piece = pieces.take(key // n_places)
        size = piece.end - piece.start
        from_start = share_in(left_s[0], way.backward_s[piece.edge], size)
        from_end = np.minimum(share_in(left_s[1], way.forward_s[piece.edge], size), size - from_start)
        ends = Stretches(piece.edge, piece.start, piece.start + from_start, key)
        covers.append(concat(ends, Stretches(piece.edge, piece.end - from_end, piece.end, key)))
    common = intersection(*covers)
    return union(replace(common, row=pieces.row[common.row // n_places]))


def share_in(left_s: FloatArray, whole_s: FloatArray, most: FloatArray) -> FloatArray:
    """Return what share of an edge can be walked in the seconds left."""
    able = (left_s >= 0) & np.isfinite(whole_s)
    share = np.divide(np.maximum(left_s, 0), whole_s, where=able & (whole_s > 0), out=np.where(able, np.inf, 0.0))
    return np.minimum(share, most)


def _inside_seconds(pieces: Stretches, places: Positions, leg_m_s: float) -> FloatArray:
    """Return the seconds to a place whose stretch holds the whole piece (pieces); inf where none does."""
    row, place = equal_pairs(pieces.edge, places.edge)
    holds = (places.start[place] <= pieces.start[row]) & (places.end[place] >= pieces.end[row])
    best = np.full(len(pieces.edge), np.inf)
    np.minimum.at(best, row[holds], (places.leg_m / leg_m_s)[place[holds]])
    return best
