"""Walking time to the nearest place, there or back, or the worse of both ways to one and the same place.

A child who walks to one clinic walks home from that one. The nearest there and the nearest back, each found by one
search for all places together, decide wherever they are the same place. Only where they are not, every place is looked
at on its own.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cfgeo.core.arrays import enumerate_runs, equal_pairs, least_of_each, run_offsets, starts_run
from cfgeo.core.schema import FloatArray, IntArray, Positions
from cfgeo.walk.search import (
    PathTree,
    WalkGraph,
    dijkstra_of_each,
    direct_seconds,
    entries,
    first_steps,
    part_seconds,
    path_tree,
)

_AT_ONCE = 4_000_000  # nodes × places


@dataclass(frozen=True)
class Each:
    """Seconds between nodes and every place within a search, one way: a table of pairs, sorted by node.

    Attributes
    ----------
    first : numpy.ndarray
        Where each node's pairs begin (nodes + 1).
    item : numpy.ndarray
        The place of each pair.
    seconds : numpy.ndarray
    """

    first: IntArray
    item: IntArray
    seconds: FloatArray


@dataclass(frozen=True)
class Reach:
    """What a search for the nearest of some places found.

    Attributes
    ----------
    graph : WalkGraph
    places : Positions
        Rows with one ``item`` are one place.
    limit_s : float
        Where the search ended [s].
    trees : tuple of PathTree
        The ways between the nodes and the nearest place, for each way that counts.
    """

    graph: WalkGraph
    places: Positions
    limit_s: float
    trees: tuple[PathTree, ...]

    @cached_property
    def each(self) -> tuple[Each, ...]:
        """Every place on its own, for each way; searched when it is first asked for."""
        return tuple(_search_each(way, self.places, limit_s=self.limit_s) for way in self.graph.directions)


def search(graph: WalkGraph, places: Positions, *, limit_s: float) -> Reach:
    """Search from places outward, on each way that counts.

    Parameters
    ----------
    graph
        The walker's network.
    places
        Where the places meet it; empty is allowed.
    limit_s
        The search ends here [s].
    """
    return Reach(graph, places, limit_s, tuple(path_tree(way, places, limit_s=limit_s) for way in graph.directions))


def nearest_seconds(found: Reach, at: Positions, *, n_items: int, limit_s: float = np.inf) -> FloatArray:
    """Return the walking time of each snapped item to its nearest place, as :func:`nearest` does.

    Parameters
    ----------
    found
        What :func:`search` found.
    at
        Where the items meet the network.
    n_items
        How many there are.
    limit_s
        Up to which seconds are wanted, if not up to the end of the search [s].

    Returns
    -------
    numpy.ndarray
        Seconds; inf where an item was not snapped or no place is in the search (items).
    """
    best = np.full(n_items, np.inf)
    np.minimum.at(best, at.item, nearest(found, at, limit_s=limit_s)[0])
    return best


def nearest(found: Reach, at: Positions, *, limit_s: float = np.inf) -> tuple[FloatArray, IntArray]:
    """Return the walking time between positions and the nearest place, legs included.

    Where both ways count a place is as far as the longer one, and the place for which that is least is the nearest.

    Parameters
    ----------
    found
        What :func:`search` found.
    at
        Where the walks begin: points (``start`` equals ``end``).
    limit_s
        Up to which seconds are wanted, if not up to the end of the search [s].

    Returns
    -------
    seconds : numpy.ndarray
        inf: no place is in the search. Exact up to the limit; beyond it may be that of a detour, or there and back
        of two places (rows of ``at``).
    item : numpy.ndarray
        The place; -1: none (rows of ``at``).
    """
    ways = nearest_in_each_direction(found, at)
    if len(ways) == 1:
        return ways[0]
    (there_s, there), (back_s, back) = ways
    seconds = np.maximum(there_s, back_s)
    item = np.where(np.isfinite(seconds), there, -1)
    two = np.flatnonzero((there != back) & (seconds <= min(limit_s, found.limit_s)))
    if len(two):
        seconds[two], item[two] = _nearest_of_each(found, at.take(two), limit_s=min(limit_s, found.limit_s))
    return seconds, item


def nearest_in_each_direction(found: Reach, at: Positions) -> list[tuple[FloatArray, IntArray]]:
    """Return seconds and place of :func:`nearest` for each way that counts, as if it alone did."""
    items, ways = np.append(found.places.item, -1), []
    for way, tree in zip(found.graph.directions, found.trees, strict=True):
        seconds, node, direct = first_steps(way, tree.node_s, found.places, at)
        ways.append((seconds, items[np.where(node >= 0, tree.place[node], direct)]))
    return ways


def seconds_to_each(
    found: Reach, nth_way: int, at: Positions, *, limit_s: float
) -> tuple[IntArray, IntArray, FloatArray]:
    """Return the walking time between positions and every place within a limit, one way, legs included.

    Parameters
    ----------
    found
        What :func:`search` found.
    nth_way
        Which of the graph's ways.
    at
        Points.
    limit_s
        At most where the search ended [s].

    Returns
    -------
    row, item : numpy.ndarray
        Pairs of a row of ``at`` and a place, sorted, each once.
    seconds : numpy.ndarray
        (pairs)
    """
    way, each, places = found.graph.directions[nth_way], found.each[nth_way], found.places
    leg_s = at.leg_m / way.leg_m_s
    to_u = part_seconds(way.backward_s[at.edge], at.start) + leg_s
    to_v = part_seconds(way.forward_s[at.edge], 1 - at.start) + leg_s
    size, pairs = int(places.item.max()) + 1, []
    for node, begin_s in ((way.u[at.edge], to_u), (way.v[at.edge], to_v)):
        row, nth = enumerate_runs(each.first[node + 1] - each.first[node])
        pair = each.first[node][row] + nth
        pairs.append((row * size + each.item[pair], begin_s[row] + each.seconds[pair]))
    row, place = equal_pairs(at.edge, places.edge)
    direct_s = direct_seconds(way, at.edge[row], at.start[row], places.take(place)) + leg_s[row]
    pairs.append((row * size + places.item[place], direct_s))
    key, seconds = (np.concatenate(column) for column in zip(*pairs, strict=True))
    near = np.flatnonzero(seconds <= limit_s)
    # The pairs come as sorted runs, which a stable sort only merges.
    near = near[np.argsort(key[near], kind="stable")]
    key = key[near]
    first = np.flatnonzero(starts_run(key))
    least_s = np.minimum.reduceat(seconds[near], first) if len(first) else seconds[near]
    return key[first] // size, key[first] % size, least_s


def _nearest_of_each(found: Reach, at: Positions, *, limit_s: float) -> tuple[FloatArray, IntArray]:
    """Return :func:`nearest` by looking at every place on its own, both ways."""
    size = int(found.places.item.max()) + 1
    there, back = (seconds_to_each(found, nth, at, limit_s=limit_s) for nth in range(2))
    key, one, other = np.intersect1d(
        there[0] * size + there[1], back[0] * size + back[1], assume_unique=True, return_indices=True
    )
    worse_s = np.maximum(there[2][one], back[2][other])
    first = least_of_each(key // size, worse_s)
    row = key[first] // size
    seconds, item = np.full(len(at), np.inf), np.full(len(at), -1)
    seconds[row], item[row] = worse_s[first], key[first] % size
    return seconds, item


def _search_each(way: WalkGraph, places: Positions, *, limit_s: float) -> Each:
    """Search from every place on its own, as many at once as there is room for."""
    n_nodes = way.reversed_csr.shape[0]
    items, item = np.unique(places.item, return_inverse=True)
    node, seconds = entries(way, places)
    item = np.tile(item, 2)
    parts = []
    for chosen in np.array_split(np.arange(len(items)), max(1, len(items) * n_nodes // _AT_ONCE)):
        here = np.isin(item, chosen) & (seconds <= limit_s)
        begin = (item[here] - chosen[0], node[here], seconds[here])
        found = dijkstra_of_each(way.reversed_csr, *begin, n_items=len(chosen), limit_s=limit_s)
        row, at = np.nonzero(np.isfinite(found))
        parts.append((at, items[chosen[row]], found[row, at]))
    node, item, seconds = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.argsort(node, kind="stable")
    first = run_offsets(np.bincount(node, minlength=n_nodes))
    return Each(first, item[order], seconds[order])
