"""Walking time to the nearest place, exact inside edges, and how much of each edge lies within a limit.

Times run *to* the place: a child walks from home to school. The search goes from the places outward over the
reversed network, once for all places together (Dijkstra, bounded, in SciPy).
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from cfgeo.schema import FloatArray, IntArray, Network, Positions


@dataclass(frozen=True)
class WalkGraph:
    """A network as one walker walks it.

    Attributes
    ----------
    u, v : numpy.ndarray
        End nodes of the edges.
    forward_s, backward_s : numpy.ndarray
        Seconds from u to v and from v to u; inf: no way.
    reversed_csr : scipy.sparse.csr_array
        Arcs against the walking direction, the fastest of parallel ones (nodes × nodes) [s].
    leg_m_s : float
        Speed off the network [m/s].
    """

    u: IntArray
    v: IntArray
    forward_s: FloatArray
    backward_s: FloatArray
    reversed_csr: sparse.csr_array
    leg_m_s: float


@dataclass(frozen=True)
class Stretches:
    """Parts of edges: shares of the edge's length, 0 ≤ start ≤ end ≤ 1, and the row they come from."""

    edge: IntArray
    start: FloatArray
    end: FloatArray
    row: IntArray


def walk_graph(network: Network, seconds: tuple[FloatArray, FloatArray], *, leg_m_s: float) -> WalkGraph:
    """Return a network with a walker's seconds as a graph that can be searched."""
    u, v = (network.edges[side].to_numpy(dtype=np.int64) for side in ("u", "v"))
    forward_s, backward_s = seconds
    # Walking u → v is the reversed arc v → u.
    tail, head = np.r_[v, u], np.r_[u, v]
    weight = np.r_[forward_s, backward_s]
    size = len(network.nodes)
    return WalkGraph(u, v, forward_s, backward_s, _fastest_arcs(tail, head, weight, size), leg_m_s)


def node_seconds(graph: WalkGraph, places: Positions, *, limit_s: float) -> FloatArray:
    """Return the walking time from every node to the nearest place.

    Parameters
    ----------
    graph
        The walker's network.
    places
        Where the places meet it; empty is allowed.
    limit_s
        The search ends here [s].

    Returns
    -------
    numpy.ndarray
        Seconds, inf beyond the limit (nodes).
    """
    size = graph.reversed_csr.shape[0]
    leg_s = places.leg_m / graph.leg_m_s
    to_u = _part(graph.forward_s[places.edge], places.start) + leg_s
    to_v = _part(graph.backward_s[places.edge], 1 - places.end) + leg_s
    seed = np.full(size, np.inf)
    np.minimum.at(seed, graph.u[places.edge], to_u)
    np.minimum.at(seed, graph.v[places.edge], to_v)
    first = np.flatnonzero(seed <= limit_s)
    if len(first) == 0:
        return np.full(size, np.inf)
    # One more node from which all places start, each at its own time.
    csr = graph.reversed_csr
    indptr = np.r_[csr.indptr, csr.indptr[-1] + len(first)].astype(csr.indptr.dtype)
    indices = np.r_[csr.indices, first.astype(csr.indices.dtype)]
    with_source = sparse.csr_array((np.r_[csr.data, seed[first]], indices, indptr), shape=(size + 1, size + 1))
    found = sparse.csgraph.dijkstra(with_source, directed=True, indices=[size], limit=limit_s)
    return np.asarray(found[0, :size])


def seconds_at(graph: WalkGraph, node_s: FloatArray, places: Positions, at: Positions) -> FloatArray:
    """Return the walking time from positions on edges to the nearest place, legs included.

    Parameters
    ----------
    graph
        The walker's network.
    node_s
        What :func:`node_seconds` found for the same places (nodes).
    places
        The places.
    at
        Where the walks begin: points (``start`` equals ``end``).

    Returns
    -------
    numpy.ndarray
        Seconds; inf: no place in the search (rows of ``at``).
    """
    edge, share = at.edge, at.start
    via_u = _part(graph.backward_s[edge], share) + node_s[graph.u[edge]]
    via_v = _part(graph.forward_s[edge], 1 - share) + node_s[graph.v[edge]]
    best = np.minimum(via_u, via_v)
    row, place = _on_same_edge(edge, places.edge)
    e, p = edge[row], share[row]
    ahead_s = _part(graph.forward_s[e], np.maximum(places.start[place] - p, 0))
    behind_s = _part(graph.backward_s[e], np.maximum(p - places.end[place], 0))
    # One of the two is zero: a place lies ahead, behind, or here.
    np.minimum.at(best, row, ahead_s + behind_s + places.leg_m[place] / graph.leg_m_s)
    return best + at.leg_m / graph.leg_m_s


def nearest_seconds(graph: WalkGraph, places: Positions, at: Positions, *, n_items: int, limit_s: float) -> FloatArray:
    """Return the walking time of each snapped item to the nearest place (items); inf where it was not snapped."""
    node_s = node_seconds(graph, places, limit_s=limit_s)
    best = np.full(n_items, np.inf)
    np.minimum.at(best, at.item, seconds_at(graph, node_s, places, at))
    return best


def whole_edges(n_edges: int) -> Stretches:
    """Return every edge in full."""
    each = np.arange(n_edges)
    return Stretches(each, np.zeros(n_edges), np.ones(n_edges), each)


def split_at_places(parts: Stretches, places: Positions) -> Stretches:
    """Cut stretches where places begin and end, so that no place begins or ends inside one."""
    row, place = _on_same_edge(parts.edge, places.edge)
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


def reached_parts(
    graph: WalkGraph, node_s: FloatArray, places: Positions, parts: Stretches, *, limit_s: float
) -> tuple[Stretches, FloatArray]:
    """Return how far each stretch is reached from its two ends.

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
    from_start = np.where(here_s <= limit_s, size, _share_in(limit_s - start_s, graph.backward_s[pieces.edge], size))
    from_end = np.where(here_s <= limit_s, 0.0, _share_in(limit_s - end_s, graph.forward_s[pieces.edge], size))
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


def _fastest_arcs(tail: IntArray, head: IntArray, weight: FloatArray, size: int) -> sparse.csr_array:
    """Return arcs as CSR. SciPy would add parallel arcs up, so all but the fastest go; zeros stay."""
    open_ = np.isfinite(weight)
    tail, head, weight = tail[open_], head[open_], weight[open_]
    order = np.lexsort((weight, head, tail))
    tail, head, weight = tail[order], head[order], weight[order]
    first = np.r_[True, (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])][: len(tail)]
    tail, head, weight = tail[first], head[first], weight[first]
    indptr = np.r_[0, np.cumsum(np.bincount(tail, minlength=size))]
    kind = np.int32 if len(tail) < np.iinfo(np.int32).max else np.int64
    return sparse.csr_array((weight, head.astype(kind), indptr.astype(kind)), shape=(size, size))


def _part(seconds: FloatArray, share: FloatArray) -> FloatArray:
    """Return a share of an edge's seconds; no share of a closed edge takes no time."""
    return np.multiply(seconds, share, where=share > 0, out=np.zeros_like(share))


def _share_in(left_s: FloatArray, whole_s: FloatArray, most: FloatArray) -> FloatArray:
    """Return what share of an edge can be walked in the seconds left."""
    able = (left_s >= 0) & np.isfinite(whole_s)
    share = np.divide(np.maximum(left_s, 0), whole_s, where=able & (whole_s > 0), out=np.where(able, np.inf, 0.0))
    return np.minimum(share, most)


def _inside_seconds(pieces: Stretches, places: Positions, leg_m_s: float) -> FloatArray:
    """Return the seconds to a place whose stretch holds the whole piece (pieces); inf where none does."""
    row, place = _on_same_edge(pieces.edge, places.edge)
    holds = (places.start[place] <= pieces.start[row]) & (places.end[place] >= pieces.end[row])
    best = np.full(len(pieces.edge), np.inf)
    np.minimum.at(best, row[holds], (places.leg_m / leg_m_s)[place[holds]])
    return best


def _on_same_edge(edge: IntArray, place_edge: IntArray) -> tuple[IntArray, IntArray]:
    """Return all pairs (row, place) that share an edge."""
    order = np.argsort(place_edge, kind="stable")
    ordered = place_edge[order]
    first = np.searchsorted(ordered, edge, side="left")
    count = np.searchsorted(ordered, edge, side="right") - first
    row = np.repeat(np.arange(len(edge)), count)
    nth = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    return row, order[first[row] + nth]
