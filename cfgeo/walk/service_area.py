"""The service area of places: how much of each edge lies within a walk of the nearest place, exact, without geometry.

The seconds at the two ends of an edge are enough, as in spatial analysis along networks (Okabe & Sugihara 2012): a walk
out of an edge without a place on it passes one of its ends, so that what is reached is a piece at the start and a piece
at the end.
"""

from dataclasses import replace

import numpy as np

from cfgeo.core.arrays import equal_pairs
from cfgeo.core.schema import BoolArray, FloatArray, Positions
from cfgeo.network.linear_reference import Stretches, intersection, split_at_places, union
from cfgeo.walk.nearest import Reach, nearest_in_each_direction, seconds_to_each
from cfgeo.walk.search import WalkGraph, seconds_at


def reached_parts(
    graph: WalkGraph, node_s: FloatArray, places: Positions, parts: Stretches, *, limit_s: float
) -> tuple[Stretches, FloatArray]:
    """Return how far each stretch is reached from its two ends, in one direction.

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
    pieces = split_at_places(replace(parts, row=np.arange(len(parts.edge))), places)
    start_s, end_s = (seconds_at(graph, node_s, places, at) for at in _ends(pieces))
    size = pieces.end - pieces.start
    inside = _inside_seconds(pieces, places, graph.leg_m_s) <= limit_s
    from_start = np.where(inside, size, share_in(limit_s - start_s, graph.backward_s[pieces.edge], size))
    from_end = np.where(inside, 0.0, share_in(limit_s - end_s, graph.forward_s[pieces.edge], size))
    from_end = np.minimum(from_end, size - from_start)
    reached = Stretches.concat(
        replace(pieces, end=pieces.start + from_start), replace(pieces, start=pieces.end - from_end)
    )
    share = np.zeros(len(parts.edge))
    np.add.at(share, pieces.row, from_start + from_end)
    return reached.take(reached.end > reached.start), share


def reached_in_all_directions(reach: Reach, parts: Stretches, *, limit_s: float) -> tuple[Stretches, FloatArray]:
    """Return what of each stretch lies within the limit of one and the same place in every direction that counts.

    Parameters
    ----------
    reach
        What :func:`cfgeo.walk.nearest.search` returns.
    parts, limit_s
        As for :func:`reached_parts`; the limit is no longer than the search.

    Returns
    -------
    reached, share
        As :func:`reached_parts`.
    """
    graph, places = reach.graph, reach.places
    if len(graph.directions) == 1:
        return reached_parts(graph, reach.trees[0].node_s, places, parts, limit_s=limit_s)
    pieces = split_at_places(replace(parts, row=np.arange(len(parts.edge))), places)
    each = replace(pieces, row=np.arange(len(pieces.edge)))
    covers = [
        reached_parts(direction, tree.node_s, places, each, limit_s=limit_s)[0]
        for direction, tree in zip(graph.directions, reach.trees, strict=True)
    ]
    reached = intersection(*covers)
    # Where the nearest place there is not the nearest place back, the two together reach more than either alone.
    unsure = np.zeros(len(each.row), dtype=bool)
    unsure[reached.row] = True
    unsure &= _of_two_places(reach, each) & (_inside_seconds(each, places, graph.leg_m_s) > limit_s)
    if unsure.any():
        sure = reached.take(~unsure[reached.row])
        reached = Stretches.concat(sure, _reached_of_each_place(reach, each.take(unsure), limit_s=limit_s))
    reached = replace(reached, row=pieces.row[reached.row])
    share = np.zeros(len(parts.edge))
    np.add.at(share, reached.row, reached.end - reached.start)
    return reached, share


def _ends(pieces: Stretches) -> tuple[Positions, Positions]:
    """Return the two ends of pieces as points."""
    no_leg = np.zeros(len(pieces.edge))
    start, end = (Positions(pieces.row, pieces.edge, share, share, no_leg) for share in (pieces.start, pieces.end))
    return start, end


def _of_two_places(reach: Reach, pieces: Stretches) -> BoolArray:
    """Return whether the walks from the two ends, there and back, lead to more than one place (pieces)."""
    items = [item for at in _ends(pieces) for _, item in nearest_in_each_direction(reach, at)]
    return np.asarray((np.array(items[1:]) != items[0]).any(axis=0))


def _reached_of_each_place(reach: Reach, pieces: Stretches, *, limit_s: float) -> Stretches:
    """Return the union of what every single place reaches in both directions; rows are those of the pieces."""
    covers = []
    n_places = int(reach.places.item.max()) + 1
    for nth, graph in enumerate(reach.graph.directions):
        keys, seconds = [], []
        for at in _ends(pieces):
            row, item, walk_s = seconds_to_each(reach, nth, at, limit_s=limit_s)
            keys.append(row * n_places + item)
            seconds.append(walk_s)
        key = np.unique(np.concatenate(keys))
        left_s = np.full((2, len(key)), -np.inf)
        for end, (end_key, walk_s) in enumerate(zip(keys, seconds, strict=True)):
            left_s[end, np.searchsorted(key, end_key)] = limit_s - walk_s
        piece = replace(pieces.take(key // n_places), row=key)
        size = piece.end - piece.start
        from_start = share_in(left_s[0], graph.backward_s[piece.edge], size)
        from_end = np.minimum(share_in(left_s[1], graph.forward_s[piece.edge], size), size - from_start)
        ends = replace(piece, end=piece.start + from_start), replace(piece, start=piece.end - from_end)
        covers.append(Stretches.concat(*ends))
    common = intersection(*covers)
    return union(replace(common, row=pieces.row[common.row // n_places]))


def share_in(left_s: FloatArray, edge_s: FloatArray, most: FloatArray) -> FloatArray:
    """Return what share of an edge can be walked in the seconds left, ``most`` at the most.

    Parameters
    ----------
    left_s
        Seconds left; negative: nothing is reached.
    edge_s
        Seconds of the whole edge; inf: not passable.
    most
        The longest share that is asked for.
    """
    able = (left_s >= 0) & np.isfinite(edge_s)
    share = np.divide(np.maximum(left_s, 0), edge_s, where=able & (edge_s > 0), out=np.where(able, np.inf, 0.0))
    return np.minimum(share, most)


def _inside_seconds(pieces: Stretches, places: Positions, leg_m_s: float) -> FloatArray:
    """Return the seconds to a place whose stretch holds the whole piece; inf where none does (pieces)."""
    row, place = equal_pairs(pieces.edge, places.edge)
    holds = (places.start[place] <= pieces.start[row]) & (places.end[place] >= pieces.end[row])
    best = np.full(len(pieces.edge), np.inf)
    np.minimum.at(best, row[holds], (places.leg_m / leg_m_s)[place[holds]])
    return best
