"""Walking time to the nearest place, exact inside edges.

A graph has one direction: to the place (a child walks from home to school), or, turned round, back from it. The
search goes from the places outward, once for all places together (Dijkstra, bounded, in SciPy). Where both ways
count, each position takes the worse of the two, and a stretch is reached where both reach it.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from cfgeo.schema import Direction, FloatArray, IntArray, Network, Positions
from cfgeo.stretches import on_same_edge


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
    arc : numpy.ndarray
        Which way along which edge each entry of ``reversed_csr`` is walked: e from u to v, number of edges + e from
        v to u.
    leg_m_s : float
        Speed off the network [m/s].
    turned : bool
        This is the walk from the place: what it calls u → v is walked from v to u.
    back : WalkGraph, optional
        The walk from the place, where it counts beside the walk to it.
    """

    u: IntArray
    v: IntArray
    forward_s: FloatArray
    backward_s: FloatArray
    reversed_csr: sparse.csr_array
    arc: IntArray
    leg_m_s: float
    turned: bool = False
    back: "WalkGraph | None" = None

    @property
    def ways(self) -> tuple["WalkGraph", ...]:
        """The walks that count: one, or there and back."""
        return (self,) if self.back is None else (self, self.back)


def walk_graph(
    network: Network, seconds: tuple[FloatArray, FloatArray], *, leg_m_s: float, direction: Direction = "to"
) -> WalkGraph:
    """Return a network with a walker's seconds as a graph that can be searched.

    Parameters
    ----------
    network
        The streets.
    seconds
        Of each edge, from u to v and from v to u.
    leg_m_s
        Speed off the network [m/s].
    direction
        ``to`` the place, ``from`` it, or the ``worst`` of both.
    """
    if direction == "worst":
        back = walk_graph(network, seconds, leg_m_s=leg_m_s, direction="from")
        return replace(walk_graph(network, seconds, leg_m_s=leg_m_s), back=back)
    u, v = (network.edges[side].to_numpy(dtype=np.int64) for side in ("u", "v"))
    # The walk from a place is the walk to it on a network where every second has changed its direction.
    forward_s, backward_s = seconds if direction == "to" else seconds[::-1]
    csr, arc = reversed_arcs(u, v, forward_s, backward_s, n_nodes=len(network.nodes))
    return WalkGraph(u, v, forward_s, backward_s, csr, arc, leg_m_s, turned=direction == "from")


def node_seconds(graph: WalkGraph, places: Positions, *, limit_s: float) -> FloatArray:
    """Return the walking time from every node to the nearest place, one way.

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
    return outward(graph, *entries(graph, places), limit_s=limit_s, ways=False)[0]


def entries(graph: WalkGraph, places: Positions) -> tuple[IntArray, FloatArray]:
    """Return the nodes beside places and the seconds from there to the place: of each row its u, then of each its v."""
    leg_s = places.leg_m / graph.leg_m_s
    to_u = part_seconds(graph.forward_s[places.edge], places.start) + leg_s
    to_v = part_seconds(graph.backward_s[places.edge], 1 - places.end) + leg_s
    return np.r_[graph.u[places.edge], graph.v[places.edge]], np.r_[to_u, to_v]


def outward(
    graph: WalkGraph, node: IntArray, seconds: FloatArray, *, limit_s: float, ways: bool = True
) -> tuple[FloatArray, IntArray]:
    """Search from nodes outward, each with seconds of its own to begin with; the ways only where they are wanted.

    Returns
    -------
    node_s : numpy.ndarray
        Seconds, inf beyond the limit (nodes).
    next_node : numpy.ndarray
        Where the walk goes on from each node; -1 where it begins there or none was found (nodes). Empty without ways.
    """
    size = graph.reversed_csr.shape[0]
    seed = np.full(size, np.inf)
    np.minimum.at(seed, node, seconds)
    first = np.flatnonzero(seed <= limit_s)
    if len(first) == 0:
        return np.full(size, np.inf), np.full(size, -1)
    # One more node from which all walks start, each at its own time.
    csr = graph.reversed_csr
    indptr = np.r_[csr.indptr, csr.indptr[-1] + len(first)].astype(csr.indptr.dtype)
    indices = np.r_[csr.indices, first.astype(csr.indices.dtype)]
    with_source = sparse.csr_array((np.r_[csr.data, seed[first]], indices, indptr), shape=(size + 1, size + 1))
    if not ways:
        found = sparse.csgraph.dijkstra(with_source, directed=True, indices=[size], limit=limit_s)
        return found[0, :size], np.empty(0, dtype=np.int64)
    found, before = sparse.csgraph.dijkstra(
        with_source, directed=True, indices=[size], limit=limit_s, return_predecessors=True
    )
    next_node = before[0, :size].astype(np.int64)
    return found[0, :size], np.where((next_node < 0) | (next_node == size), -1, next_node)


def seconds_at(graph: WalkGraph, node_s: FloatArray, places: Positions, at: Positions) -> FloatArray:
    """Return the walking time from positions on edges to the nearest place, one way, legs included.

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
    return first_steps(graph, node_s, places, at)[0]


def first_steps(
    graph: WalkGraph, node_s: FloatArray, places: Positions, at: Positions
) -> tuple[FloatArray, IntArray, IntArray]:
    """Return :func:`seconds_at`, and how each walk begins.

    Returns
    -------
    seconds : numpy.ndarray
        As :func:`seconds_at` (rows of ``at``).
    node : numpy.ndarray
        The end of the edge that is passed first; -1: the place lies on the same edge and is walked to directly.
    place : numpy.ndarray
        The row of ``places`` that is walked to directly; -1: none.
    """
    edge, share = at.edge, at.start
    via_u = part_seconds(graph.backward_s[edge], share) + node_s[graph.u[edge]]
    via_v = part_seconds(graph.forward_s[edge], 1 - share) + node_s[graph.v[edge]]
    best, node = np.minimum(via_u, via_v), np.where(via_v < via_u, graph.v[edge], graph.u[edge])
    chosen = np.full(len(edge), -1)
    row, place = on_same_edge(edge, places.edge)
    e, p = edge[row], share[row]
    ahead_s = part_seconds(graph.forward_s[e], np.maximum(places.start[place] - p, 0))
    behind_s = part_seconds(graph.backward_s[e], np.maximum(p - places.end[place], 0))
    # One of the two is zero: a place lies ahead, behind, or here.
    direct_s = ahead_s + behind_s + places.leg_m[place] / graph.leg_m_s
    order = np.lexsort((direct_s, row))
    nearest = order[np.r_[True, row[order][1:] != row[order][:-1]][: len(order)]]
    nearest = nearest[direct_s[nearest] < best[row[nearest]]]
    best[row[nearest]], node[row[nearest]], chosen[row[nearest]] = direct_s[nearest], -1, place[nearest]
    return best + at.leg_m / graph.leg_m_s, node, chosen


def search(graph: WalkGraph, places: Positions, *, limit_s: float) -> list[FloatArray]:
    """Return :func:`node_seconds` of each way that counts."""
    return [node_seconds(way, places, limit_s=limit_s) for way in graph.ways]


def nearest_seconds(
    graph: WalkGraph, found: list[FloatArray], places: Positions, at: Positions, *, n_items: int
) -> FloatArray:
    """Return the walking time of each snapped item to the nearest place, the worse of the ways that count.

    Parameters
    ----------
    graph, places
        As for :func:`search`.
    found
        What it found.
    at
        Where the items meet the network.
    n_items
        How many there are.

    Returns
    -------
    numpy.ndarray
        Seconds; inf where an item was not snapped or no place is in the search (items).
    """
    worst = np.zeros(n_items)
    for way, node_s in zip(graph.ways, found, strict=True):
        best = np.full(n_items, np.inf)
        np.minimum.at(best, at.item, seconds_at(way, node_s, places, at))
        worst = np.maximum(worst, best)
    return worst


def reversed_arcs(
    u: IntArray, v: IntArray, forward_s: FloatArray, backward_s: FloatArray, *, n_nodes: int
) -> tuple[sparse.csr_array, IntArray]:
    """Return edges as arcs against the walking direction, and which they are, as :class:`WalkGraph` keeps them.

    SciPy would add parallel arcs up: all but the fastest go; zeros stay.
    """
    # Walking u → v is the reversed arc v → u.
    tail, head, weight = np.r_[v, u], np.r_[u, v], np.r_[forward_s, backward_s]
    # One sort by one number: on tens of thousands of arcs half the work of a sort by three.
    open_ = np.flatnonzero(np.isfinite(weight))
    key = tail[open_] * n_nodes + head[open_]
    order = np.argsort(key, kind="stable")
    arc, key = open_[order], key[order]
    twice = np.flatnonzero(key[1:] == key[:-1])
    if len(twice):
        among = np.unique(np.r_[twice, twice + 1])
        arc[among] = arc[among][np.lexsort((weight[arc[among]], key[among]))]
    first = np.r_[True, key[1:] != key[:-1]][: len(arc)]
    arc = arc[first]
    tail, head = tail[arc], head[arc]
    indptr = np.r_[0, np.cumsum(np.bincount(tail, minlength=n_nodes))]
    kind = np.int32 if len(tail) < np.iinfo(np.int32).max else np.int64
    return sparse.csr_array((weight[arc], head.astype(kind), indptr.astype(kind)), shape=(n_nodes, n_nodes)), arc


def part_seconds(seconds: FloatArray, share: FloatArray) -> FloatArray:
    """Return a share of an edge's seconds; no share of a closed edge takes no time."""
    return np.multiply(seconds, share, where=share > 0, out=np.zeros_like(share))
