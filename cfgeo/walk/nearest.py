"""Walking time to the nearest place: there, back, or the longer of both to one and the same place.

A child who walks to a clinic walks home from that clinic. One search there and one search back, each for all places
together (:mod:`cfgeo.walk.search`), give the answer wherever both find the same place. Only elsewhere is every place
searched on its own.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cfgeo.core.arrays import enumerate_runs, least_of_each, run_offsets, starts_run
from cfgeo.core.schema import FloatArray, IntArray, Positions
from cfgeo.walk.search import (
    AT_ONCE,
    PathTree,
    WalkGraph,
    dijkstra_of_each,
    direct_walks,
    entries,
    exits,
    first_steps,
    path_tree,
)


@dataclass(frozen=True)
class NodePlacePairs:
    """Seconds between nodes and every place within a search, in one direction; sorted by node, in CSR layout.

    Attributes
    ----------
    offsets : numpy.ndarray
        The pairs of node n are ``offsets[n]:offsets[n + 1]`` (nodes + 1).
    item : numpy.ndarray
        The place of each pair.
    seconds : numpy.ndarray
    """

    offsets: IntArray
    item: IntArray
    seconds: FloatArray


@dataclass(frozen=True)
class Reach:
    """A finished search for the nearest of some places.

    Attributes
    ----------
    graph : WalkGraph
    places : Positions
        Rows with the same ``item`` are one place.
    limit_s : float
        Where the search ended [s].
    trees : tuple of PathTree
        The paths between the nodes and the nearest place, for each direction of the graph.
    """

    graph: WalkGraph
    places: Positions
    limit_s: float
    trees: tuple[PathTree, ...]

    @cached_property
    def every_place(self) -> tuple[NodePlacePairs, ...]:
        """Every place searched on its own, for each direction; done when it is first needed."""
        return tuple(_search_every_place(graph, self.places, limit_s=self.limit_s) for graph in self.graph.directions)


def search(graph: WalkGraph, places: Positions, *, limit_s: float) -> Reach:
    """Search from places outward, in each direction that counts.

    Parameters
    ----------
    graph
        The walker's network.
    places
        Where the places meet it; may be empty.
    limit_s
        The search ends here [s].
    """
    trees = tuple(path_tree(direction, places, limit_s=limit_s) for direction in graph.directions)
    return Reach(graph, places, limit_s, trees)


def nearest_seconds(reach: Reach, at: Positions, *, n_items: int, limit_s: float = np.inf) -> FloatArray:
    """Return the walking time of each snapped item to its nearest place, as :func:`nearest` does.

    Parameters
    ----------
    reach
        What :func:`search` returns.
    at
        Where the items meet the network.
    n_items
        How many items there are.
    limit_s
        Seconds have to be exact up to here; by default up to the end of the search [s].

    Returns
    -------
    numpy.ndarray
        Seconds; inf where an item was not snapped or no place is in the search (items).
    """
    best = np.full(n_items, np.inf)
    np.minimum.at(best, at.item, nearest(reach, at, limit_s=limit_s)[0])
    return best


def nearest(reach: Reach, at: Positions, *, limit_s: float = np.inf) -> tuple[FloatArray, IntArray]:
    """Return the walking time between positions and the nearest place, legs included.

    Where both directions count, a place is as far as the longer of the two walks, and the nearest place is the one
    for which that is least.

    Parameters
    ----------
    reach
        What :func:`search` returns.
    at
        Where the walks begin: points (``start`` equals ``end``).
    limit_s
        Seconds have to be exact up to here; by default up to the end of the search [s].

    Returns
    -------
    seconds : numpy.ndarray
        inf: no place is in the search. Exact up to the limit; beyond it they may belong to a detour, or to two
        different places there and back (rows of ``at``).
    item : numpy.ndarray
        The place; -1: none (rows of ``at``).
    """
    walks = nearest_in_each_direction(reach, at)
    if len(walks) == 1:
        return walks[0]
    (there_s, there), (back_s, back) = walks
    seconds = np.maximum(there_s, back_s)
    item = np.where(np.isfinite(seconds), there, -1)
    differ = np.flatnonzero((there != back) & (seconds <= min(limit_s, reach.limit_s)))
    if len(differ):
        exact = _nearest_of_every_place(reach, at.take(differ), limit_s=min(limit_s, reach.limit_s))
        seconds[differ], item[differ] = exact
    return seconds, item


def nearest_in_each_direction(reach: Reach, at: Positions) -> list[tuple[FloatArray, IntArray]]:
    """Return seconds and place of :func:`nearest` for each direction, as if it alone counted."""
    items, walks = np.append(reach.places.item, -1), []
    for graph, tree in zip(reach.graph.directions, reach.trees, strict=True):
        seconds, node, direct = first_steps(graph, tree.node_s, reach.places, at)
        walks.append((seconds, items[np.where(node >= 0, tree.place[node], direct)]))
    return walks


def seconds_to_each(
    reach: Reach, nth_direction: int, at: Positions, *, limit_s: float
) -> tuple[IntArray, IntArray, FloatArray]:
    """Return the walking time between points and every place within a limit, in one direction, legs included.

    A walk from a point p to a place q leaves the edge of p by one of its ends, or stays on it where q lies on the
    same edge. Of these, the shortest counts::

        q ─ ─ ─ u ◄───── p ─────► v ─ ─ ─ q     via u or v: seconds along the part edge (exits)
                                                + seconds from the node to q (every_place)

                u ────── p ──► q ─ v            direct: seconds along the shared edge (direct_walks)

    The seconds from both ends to every place come from a Dijkstra search with a super-source for each place
    (:func:`cfgeo.walk.search.dijkstra_of_each`).

    Parameters
    ----------
    reach
        What :func:`search` returns.
    nth_direction
        Which of the graph's directions.
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
    graph, pairs = reach.graph.directions[nth_direction], reach.every_place[nth_direction]
    n_places = int(reach.places.item.max()) + 1
    node, exit_s = exits(graph, at)
    exit_, nth = enumerate_runs(pairs.offsets[node + 1] - pairs.offsets[node])
    pair = pairs.offsets[node][exit_] + nth
    row, place, direct_s = direct_walks(graph, at, reach.places)
    key = np.r_[
        np.tile(np.arange(len(at)), 2)[exit_] * n_places + pairs.item[pair],
        row * n_places + reach.places.item[place],
    ]
    seconds = np.r_[exit_s[exit_] + pairs.seconds[pair], direct_s + (at.leg_m / graph.leg_m_s)[row]]
    near = np.flatnonzero(seconds <= limit_s)
    # The keys are three sorted runs, which a stable sort only merges.
    near = near[np.argsort(key[near], kind="stable")]
    key = key[near]
    first = np.flatnonzero(starts_run(key))
    least_s = np.minimum.reduceat(seconds[near], first) if len(first) else seconds[near]
    return key[first] // n_places, key[first] % n_places, least_s


def _nearest_of_every_place(reach: Reach, at: Positions, *, limit_s: float) -> tuple[FloatArray, IntArray]:
    """Return :func:`nearest` by comparing the walks there and back of every single place."""
    n_places = int(reach.places.item.max()) + 1
    there, back = (seconds_to_each(reach, nth, at, limit_s=limit_s) for nth in range(2))
    key, in_there, in_back = np.intersect1d(
        there[0] * n_places + there[1], back[0] * n_places + back[1], assume_unique=True, return_indices=True
    )
    longer_s = np.maximum(there[2][in_there], back[2][in_back])
    first = least_of_each(key // n_places, longer_s)
    row = key[first] // n_places
    seconds, item = np.full(len(at), np.inf), np.full(len(at), -1)
    seconds[row], item[row] = longer_s[first], key[first] % n_places
    return seconds, item


def _search_every_place(graph: WalkGraph, places: Positions, *, limit_s: float) -> NodePlacePairs:
    """Search from every place on its own, as many at once as fit in memory."""
    n_nodes = graph.reversed_csr.shape[0]
    items, item = np.unique(places.item, return_inverse=True)
    node, seconds = entries(graph, places)
    item = np.tile(item, 2)
    parts = []
    for chunk in np.array_split(np.arange(len(items)), max(1, len(items) * n_nodes // AT_ONCE)):
        near = np.isin(item, chunk) & (seconds <= limit_s)
        seeds = (item[near] - chunk[0], node[near], seconds[near])
        node_s = dijkstra_of_each(graph.reversed_csr, *seeds, n_items=len(chunk), limit_s=limit_s)
        row, reached = np.nonzero(np.isfinite(node_s))
        parts.append((reached, items[chunk[row]], node_s[row, reached]))
    node, item, seconds = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.argsort(node, kind="stable")
    return NodePlacePairs(run_offsets(np.bincount(node, minlength=n_nodes)), item[order], seconds[order])
