"""Walking time to the nearest place: one bounded multi-source Dijkstra search (Dijkstra 1959), exact inside edges.

The search starts at the places and runs against the walking direction, once for all places together, in
:func:`scipy.sparse.csgraph.dijkstra`. A super-source, an extra node with an arc to each node beside a place, carries
the seconds between that node and the place.

A graph has one direction: to the place (a child walks from home to school) or from it. The direction "worst" is a
graph for each; :mod:`cfgeo.walk.nearest` combines the two.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import sparse

from cfgeo.core.arrays import equal_pairs, least_of_each, run_offsets, starts_run
from cfgeo.core.schema import Direction, FloatArray, IntArray, Network, Positions

AT_ONCE = 4_000_000
"""Pairs of nodes or points with places that a search holds in memory at once."""


@dataclass(frozen=True)
class WalkGraph:
    """A network with the seconds of one walker.

    Attributes
    ----------
    u, v : numpy.ndarray
        End nodes of the edges.
    forward_s, backward_s : numpy.ndarray
        Seconds from u to v and from v to u; inf: not passable. Swapped where ``from_place``.
    reversed_csr : scipy.sparse.csr_array
        Arcs against the walking direction, the fastest of parallel ones (nodes × nodes) [s].
    arc : numpy.ndarray
        The edge and direction of each entry of ``reversed_csr``: e for edge e from u to v, number of edges + e for
        edge e from v to u.
    leg_m_s : float
        Speed off the network [m/s].
    from_place : bool
        The walk leads from the place: what this graph calls u → v is walked from v to u.
    back : WalkGraph, optional
        The graph of the walk from the place, where it counts as well.
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
        """The graphs of the directions that count: one, or there and back."""
        return (self,) if self.back is None else (self, self.back)

    @property
    def seconds(self) -> tuple[FloatArray, FloatArray]:
        """Seconds from u to v and from v to u, as :func:`walk_graph` got them."""
        return (self.backward_s, self.forward_s) if self.from_place else (self.forward_s, self.backward_s)


def walk_graph(
    network: Network, seconds: tuple[FloatArray, FloatArray], *, leg_m_s: float, direction: Direction = "to"
) -> WalkGraph:
    """Return a network with a walker's seconds as a graph that can be searched.

    Parameters
    ----------
    network
        The streets.
    seconds
        Seconds of each edge from u to v and from v to u, as :func:`cfgeo.network.travel_time.edge_seconds` returns.
    leg_m_s
        Speed off the network [m/s].
    direction
        ``to`` the place, ``from`` it, or the ``worst`` of both.
    """
    if direction == "worst":
        back = walk_graph(network, seconds, leg_m_s=leg_m_s, direction="from")
        return replace(walk_graph(network, seconds, leg_m_s=leg_m_s), back=back)
    u, v = (network.edges[side].to_numpy(dtype=np.int64) for side in ("u", "v"))
    # The walk from a place is the walk to it on a network where every edge has swapped its two times.
    forward_s, backward_s = seconds if direction == "to" else seconds[::-1]
    csr, arc = reversed_arcs(u, v, forward_s, backward_s, n_nodes=len(network.nodes))
    return WalkGraph(u, v, forward_s, backward_s, csr, arc, leg_m_s, from_place=direction == "from")


def node_seconds(graph: WalkGraph, places: Positions, *, limit_s: float) -> FloatArray:
    """Return the walking time from every node to the nearest place, in one direction.

    Parameters
    ----------
    graph
        The walker's network.
    places
        Where the places meet it; may be empty.
    limit_s
        The search ends here [s].

    Returns
    -------
    numpy.ndarray
        Seconds, inf beyond the limit (nodes).
    """
    return multi_source_dijkstra(graph, *entries(graph, places), limit_s=limit_s, paths=False)[0]


def entries(graph: WalkGraph, places: Positions) -> tuple[IntArray, FloatArray]:
    """Return the nodes beside places and the seconds from each to its place: u of every row, then v of every row."""
    leg_s = places.leg_m / graph.leg_m_s
    from_u = part_seconds(graph.forward_s[places.edge], places.start) + leg_s
    from_v = part_seconds(graph.backward_s[places.edge], 1 - places.end) + leg_s
    return np.r_[graph.u[places.edge], graph.v[places.edge]], np.r_[from_u, from_v]


def exits(graph: WalkGraph, points: Positions) -> tuple[IntArray, FloatArray]:
    """Return the nodes beside points and the seconds from the point to each: u of every row, then v of every row."""
    leg_s = points.leg_m / graph.leg_m_s
    to_u = part_seconds(graph.backward_s[points.edge], points.start) + leg_s
    to_v = part_seconds(graph.forward_s[points.edge], 1 - points.start) + leg_s
    return np.r_[graph.u[points.edge], graph.v[points.edge]], np.r_[to_u, to_v]


def multi_source_dijkstra(
    graph: WalkGraph, node: IntArray, seconds: FloatArray, *, limit_s: float, paths: bool = True
) -> tuple[FloatArray, IntArray]:
    """Search from several nodes at once, each of which starts with its own seconds.

    Returns
    -------
    node_s : numpy.ndarray
        Seconds, inf beyond the limit (nodes).
    next_node : numpy.ndarray
        The next node on the path to the place; -1 where the path starts or nothing is reached (nodes). Empty without
        ``paths``.
    """
    size = graph.reversed_csr.shape[0]
    seed = np.full(size, np.inf)
    np.minimum.at(seed, node, seconds)
    first = np.flatnonzero(seed <= limit_s)
    if len(first) == 0:
        return np.full(size, np.inf), np.full(size, -1)
    # The super-source is the last node.
    csr = graph.reversed_csr
    indptr = np.r_[csr.indptr, csr.indptr[-1] + len(first)].astype(csr.indptr.dtype)
    indices = np.r_[csr.indices, first.astype(csr.indices.dtype)]
    with_source = sparse.csr_array((np.r_[csr.data, seed[first]], indices, indptr), shape=(size + 1, size + 1))
    if not paths:
        node_s = sparse.csgraph.dijkstra(with_source, directed=True, indices=[size], limit=limit_s)
        return node_s[0, :size], np.empty(0, dtype=np.int64)
    node_s, predecessor = sparse.csgraph.dijkstra(
        with_source, directed=True, indices=[size], limit=limit_s, return_predecessors=True
    )
    next_node = predecessor[0, :size].astype(np.int64)
    return node_s[0, :size], np.where((next_node < 0) | (next_node == size), -1, next_node)


@dataclass(frozen=True)
class PathTree:
    """The shortest paths that one search found, in one direction: a forest whose roots lie beside the places.

    Attributes
    ----------
    graph : WalkGraph
        The graph that was searched.
    node_s : numpy.ndarray
        Seconds from each node to its place, inf where none is in the search (nodes).
    next_node : numpy.ndarray
        The next node on the path; -1 where the place lies on an edge beside the node (nodes).
    root : numpy.ndarray
        The last node of the path (nodes).
    place : numpy.ndarray
        The row of the places where the path ends; -1 where none is in the search (nodes).
    """

    graph: WalkGraph
    node_s: FloatArray
    next_node: IntArray
    root: IntArray
    place: IntArray

    @cached_property
    def arc(self) -> IntArray:
        """The arc to the next node, numbered as in :attr:`WalkGraph.arc`; -1 where there is none (nodes)."""
        on, csr, size = np.flatnonzero(self.next_node >= 0), self.graph.reversed_csr, len(self.next_node)
        key = np.repeat(np.arange(size), np.diff(csr.indptr)) * size + csr.indices
        arc = np.full(size, -1)
        arc[on] = self.graph.arc[np.searchsorted(key, self.next_node[on] * size + on)]
        return arc


def path_tree(graph: WalkGraph, places: Positions, *, limit_s: float) -> PathTree:
    """Search as :func:`node_seconds` does, and keep the paths.

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
    root = np.where(next_node >= 0, next_node, np.arange(size))
    while (next_node[root] >= 0).any():  # pointer jumping: the distance to the root halves each time
        root = root[root]
    return PathTree(graph, node_s, next_node, root, np.where(np.isfinite(node_s), place[root], -1))


def dijkstra_of_each(
    csr: sparse.csr_array, item: IntArray, node: IntArray, seconds: FloatArray, *, n_items: int, limit_s: float
) -> FloatArray:
    """Search from the nodes of each item on its own: a super-source for each item.

    Parameters
    ----------
    csr
        Arcs to search along, as :attr:`WalkGraph.reversed_csr`.
    item, node, seconds
        The nodes at which the search of each item starts, and the seconds it starts with.
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
    # SciPy would add up two arcs between the same nodes; only the shortest stays.
    first = starts_run(item, node)
    size = csr.shape[0]
    starts = np.cumsum(np.bincount(item[first], minlength=n_items))
    indptr = np.r_[csr.indptr, csr.indptr[-1] + starts].astype(csr.indptr.dtype)
    indices = np.r_[csr.indices, node[first].astype(csr.indices.dtype)]
    shape = (size + n_items, size + n_items)
    with_sources = sparse.csr_array((np.r_[csr.data, seconds[first]], indices, indptr), shape=shape)
    node_s = sparse.csgraph.dijkstra(with_sources, directed=True, indices=size + np.arange(n_items), limit=limit_s)
    return np.asarray(node_s[:, :size])


def seconds_at(graph: WalkGraph, node_s: FloatArray, places: Positions, at: Positions) -> FloatArray:
    """Return the walking time from positions on edges to the nearest place, in one direction, legs included.

    Parameters
    ----------
    graph
        The walker's network.
    node_s
        What :func:`node_seconds` returns for the same places (nodes).
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
        The end of the edge that the walk passes first; -1: the place lies on the same edge, and the walk is direct.
    place : numpy.ndarray
        The row of ``places`` of a direct walk; -1: the walk is not direct.
    """
    edge, share = at.edge, at.start
    via_u = part_seconds(graph.backward_s[edge], share) + node_s[graph.u[edge]]
    via_v = part_seconds(graph.forward_s[edge], 1 - share) + node_s[graph.v[edge]]
    best, node = np.minimum(via_u, via_v), np.where(via_v < via_u, graph.v[edge], graph.u[edge])
    direct_place = np.full(len(edge), -1)
    row, place, direct_s = direct_walks(graph, at, places)
    nearest = least_of_each(row, direct_s)
    nearest = nearest[direct_s[nearest] < best[row[nearest]]]
    best[row[nearest]], node[row[nearest]], direct_place[row[nearest]] = direct_s[nearest], -1, place[nearest]
    return best + at.leg_m / graph.leg_m_s, node, direct_place


def direct_walks(graph: WalkGraph, at: Positions, places: Positions) -> tuple[IntArray, IntArray, FloatArray]:
    """Return the walks that stay on one edge: between each point and every place on the same edge.

    Returns
    -------
    row, place : numpy.ndarray
        Rows of ``at`` and of ``places`` (pairs).
    seconds : numpy.ndarray
        The leg of the place included, that of the point not (pairs).
    """
    row, place = equal_pairs(at.edge, places.edge)
    edge, share, goal = at.edge[row], at.start[row], places.take(place)
    ahead_s = part_seconds(graph.forward_s[edge], np.maximum(goal.start - share, 0))
    behind_s = part_seconds(graph.backward_s[edge], np.maximum(share - goal.end, 0))
    # At least one of the two is zero: a place lies ahead, behind, or here.
    return row, place, ahead_s + behind_s + goal.leg_m / graph.leg_m_s


def reversed_arcs(
    u: IntArray, v: IntArray, forward_s: FloatArray, backward_s: FloatArray, *, n_nodes: int
) -> tuple[sparse.csr_array, IntArray]:
    """Return edges as arcs against the walking direction, and which edges they are, as :class:`WalkGraph` has them.

    SciPy would add up parallel arcs, so only the fastest stays. Arcs of zero seconds stay.
    """
    # Walking u → v is the reversed arc v → u.
    tail, head, weight = np.r_[v, u], np.r_[u, v], np.r_[forward_s, backward_s]
    # Sorting by one combined number takes half the time of sorting by three, on tens of thousands of arcs.
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
    dtype = np.int32 if len(tail) < np.iinfo(np.int32).max else np.int64
    return sparse.csr_array((weight[arc], head.astype(dtype), indptr.astype(dtype)), shape=(n_nodes, n_nodes)), arc


def part_seconds(seconds: FloatArray, share: FloatArray) -> FloatArray:
    """Return the seconds of a share of an edge. No share takes no time, also of an edge that is not passable."""
    return np.multiply(seconds, share, where=share > 0, out=np.zeros_like(share))
