"""How much of each edge lies within a walk of the nearest place: exact, with no geometry."""

import numpy as np

from cfgeo.reach import WalkGraph, seconds_at
from cfgeo.schema import FloatArray, Positions
from cfgeo.stretches import Stretches, both, on_same_edge, split_at_places


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


def reached_on_all_ways(
    graph: WalkGraph, found: list[FloatArray], places: Positions, parts: Stretches, *, limit_s: float
) -> tuple[Stretches, FloatArray]:
    """Return what of each stretch lies within the limit on every way that counts: :func:`reached_parts`, intersected.

    Parameters
    ----------
    graph, found
        As for :func:`nearest_seconds`.
    places, parts, limit_s
        As for :func:`reached_parts`.
    """
    covers = [
        reached_parts(way, node_s, places, parts, limit_s=limit_s)
        for way, node_s in zip(graph.ways, found, strict=True)
    ]
    if len(covers) == 1:
        return covers[0]
    reached = both(covers[0][0], covers[1][0])
    share = np.zeros(len(parts.edge))
    np.add.at(share, reached.row, reached.end - reached.start)
    return reached, share


def share_in(left_s: FloatArray, whole_s: FloatArray, most: FloatArray) -> FloatArray:
    """Return what share of an edge can be walked in the seconds left."""
    able = (left_s >= 0) & np.isfinite(whole_s)
    share = np.divide(np.maximum(left_s, 0), whole_s, where=able & (whole_s > 0), out=np.where(able, np.inf, 0.0))
    return np.minimum(share, most)


def _inside_seconds(pieces: Stretches, places: Positions, leg_m_s: float) -> FloatArray:
    """Return the seconds to a place whose stretch holds the whole piece (pieces); inf where none does."""
    row, place = on_same_edge(pieces.edge, places.edge)
    holds = (places.start[place] <= pieces.start[row]) & (places.end[place] >= pieces.end[row])
    best = np.full(len(pieces.edge), np.inf)
    np.minimum.at(best, row[holds], (places.leg_m / leg_m_s)[place[holds]])
    return best
