"""Walking time to the nearest place, exact inside edges.

A graph has one direction: to the place (a child walks from home to school), or, turned round, back from it. The
search goes from the places outward, once for all places together (Dijkstra, bounded, in SciPy). What both ways come
to is in :mod:`cfgeo.walk.nearest`.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import sparse

from cfgeo.core.arrays import equal_pairs, least_of_each, run_offsets, starts_run
from cfgeo.core.schema import Direction, FloatArray, IntArray, Network, Positions


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
    from_place : bool
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
    from_place: bool = False
    back: "WalkGraph | None" = None

    @property
    def directions(self) -> tuple["WalkGraph", ...]:
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
    return WalkGraph(u, v, forward_s, backward_s, csr, arc, leg_m_s, from_place=direction == "from")


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
    return multi_source_dijkstra(graph, *entries(graph, places), limit_s=limit_s, paths=False)[0]


def entries(graph: WalkGraph, places: Positions) -> tuple[IntArray, FloatArray]:
    """Return the nodes beside places and the seconds from there to the place: of each row its u, then of each its v."""
    leg_s = places.leg_m / graph.leg_m_s
    to_u = part_seconds(graph.forward_s[places.edge], places.start) + leg_s
    to_v = part_seconds(graph.backward_s[places.edge], 1 - places.end) + leg_s
    return np.r_[graph.u[places.edge], graph.v[places.edge]], np.r_[to_u, to_v]


def multi_source_dijkstra(
    graph: WalkGraph, node: IntArray, seconds: FloatArray, *, limit_s: float, paths: bool = True
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
    if not paths:
        found = sparse.csgraph.dijkstra(with_source, directed=True, indices=[size], limit=limit_s)
        return found[0, :size], np.empty(0, dtype=np.int64)
    found, before = sparse.csgraph.dijkstra(
        with_source, directed=True, indices=[size], limit=limit_s, return_predecessors=True
    )
    next_node = before[0, :size].astype(np.int64)
    return found[0, :size], np.where((next_node < 0) | (next_node == size), -1, next_node)


@dataclass(frozen=True)
class PathTree:
    """The ways that one search found, one way of walking.

    Attributes
    ----------
    graph : WalkGraph
        What was searched.
    node_s : numpy.ndarray
        Seconds from each node to its place, inf where none is in the search (nodes).
    next_node : numpy.ndarray
        -1 where the place lies on an edge beside the node (nodes).
    root : numpy.ndarray
        The last node of the way (nodes).
    place : numpy.ndarray
        The row of the places where it ends; -1 where none is in the search (nodes).
    """

    graph: WalkGraph
    node_s: FloatArray
    next_node: IntArray
    root: IntArray
    place: IntArray

    @cached_property
    def arc(self) -> IntArray:
        """The way to the next node, as :attr:`WalkGraph.arc` counts; -1 where there is none (nodes)."""
        on, csr, size = np.flatnonzero(self.next_node >= 0), self.graph.reversed_csr, len(self.next_node)
        key = np.repeat(np.arange(size), np.diff(csr.indptr)) * size + csr.indices
        arc = np.full(size, -1)
        arc[on] = self.graph.arc[np.searchsorted(key, self.next_node[on] * size + on)]
        return arc


def path_tree(graph: WalkGraph, places: Positions, *, limit_s: float) -> PathTree:
    """Search as :func:`node_seconds` does, one way, and keep the ways.

    Parameters
    ----------
    graph
        The walker's network.
    places
        Where the places meet it.
    limit_s
        The search ends here [s].
    """
    size = graph.reversed_csr.shape[0]
    node, seconds = entries(graph, places)
    node_s, next_node = multi_source_dijkstra(graph, node, seconds, limit_s=limit_s)
    nearest = least_of_each(node, seconds)
    place = np.full(size, -1)
    place[node[nearest]] = nearest % max(len(places), 1)
    on = next_node >= 0
    root = np.where(on, next_node, np.arange(size))
    while (next_node[root] >= 0).any():
        root = root[root]
    return PathTree(graph, node_s, next_node, root, np.where(np.isfinite(node_s), place[root], -1))


def dijkstra_of_each(
    csr: sparse.csr_array, item: IntArray, node: IntArray, seconds: FloatArray, *, n_items: int, limit_s: float
) -> FloatArray:
    """Search from the nodes of each item on its own, each node with seconds of its own to begin with.

    Parameters
    ----------
    csr
        Arcs to search along, as :attr:`WalkGraph.reversed_csr`.
    item, node, seconds
        Where the search of each item begins.
    n_items
        How many items there are.
    limit_s
        The search ends here [s].

    Returns
    -------
    numpy.ndarray
        Seconds, inf beyond the limit (items × nodes).
    """
    order = np.lexsort((seconds, node, item))
    item, node, seconds = item[order], node[order], seconds[order]
    # SciPy would add up what begins twice at one node: the nearest stays.
    first = starts_run(item, node)
    # One more node an item, from which its walks start.
    size = csr.shape[0]
    starts = np.cumsum(np.bincount(item[first], minlength=n_items))
    indptr = np.r_[csr.indptr, csr.indptr[-1] + starts].astype(csr.indptr.dtype)
    indices = np.r_[csr.indices, node[first].astype(csr.indices.dtype)]
    shape = (size + n_items, size + n_items)
    whole = sparse.csr_array((np.r_[csr.data, seconds[first]], indices, indptr), shape=shape)
    found = sparse.csgraph.dijkstra(whole, directed=True, indices=size + np.arange(n_items), limit=limit_s)
    return np.asarray(found[:, :size])


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
    row, place = equal_pairs(edge, places.edge)
    direct_s = direct_seconds(graph, edge[row], share[row], places.take(place))
    nearest = least_of_each(row, direct_s)
    nearest = nearest[direct_s[nearest] < best[row[nearest]]]
    best[row[nearest]], node[row[nearest]], chosen[row[nearest]] = direct_s[nearest], -1, place[nearest]
    return best + at.leg_m / graph.leg_m_s, node, chosen


def direct_seconds(graph: WalkGraph, edge: IntArray, share: FloatArray, places: Positions) -> FloatArray:
    """Return the seconds along edges from points on them to places on the same edges, and on to the place (pairs)."""
    ahead_s = part_seconds(graph.forward_s[edge], np.maximum(places.start - share, 0))
    behind_s = part_seconds(graph.backward_s[edge], np.maximum(share - places.end, 0))
    # One of the two is zero: a place lies ahead, behind, or here.
    return np.asarray(ahead_s + behind_s + places.leg_m / graph.leg_m_s)


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
    first = starts_run(key)
    again = np.flatnonzero(~first)
    if len(again):
        parallel = np.union1d(again - 1, again)
        arc[parallel] = arc[parallel][np.lexsort((weight[arc[parallel]], key[parallel]))]
    arc = arc[first]
    tail, head = tail[arc], head[arc]
    indptr = run_offsets(np.bincount(tail, minlength=n_nodes))
    kind = np.int32 if len(tail) < np.iinfo(np.int32).max else np.int64
    return sparse.csr_array((weight[arc], head.astype(kind), indptr.astype(kind)), shape=(n_nodes, n_nodes)), arc


def part_seconds(seconds: FloatArray, share: FloatArray) -> FloatArray:
    """Return a share of an edge's seconds; no share of a closed edge takes no time."""
    return np.multiply(seconds, share, where=share > 0, out=np.zeros_like(share))
