"""A sparse origin–destination matrix: seconds between points and places near enough, there, back, or the longer."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from cfgeo.core.schema import FloatArray, IntArray, Positions
from cfgeo.walk.search import AT_ONCE, WalkGraph, dijkstra_of_each, direct_walks, entries, exits


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
        The walk; where both directions count, the longer one.
    """

    point: IntArray
    place: IntArray
    seconds: FloatArray


@dataclass(frozen=True)
class _Ends:
    """Where walks begin or end: nodes, and the seconds between them and the item; sorted by item."""

    item: IntArray
    node: IntArray
    seconds: FloatArray

    @classmethod
    def of(cls, item: IntArray, node: IntArray, seconds: FloatArray) -> "_Ends":
        order = np.argsort(item, kind="stable")
        return cls(item[order], node[order], seconds[order])


@dataclass(frozen=True)
class _Problem:
    """What is searched in one direction: from the origins to all destinations, whichever of points and places they are.

    Attributes
    ----------
    csr : scipy.sparse.csr_array
        Arcs from the origins on.
    origins, destinations : _Ends
    direct : tuple of numpy.ndarray
        Walks along single edges: origin, destination, seconds.
    """

    csr: sparse.csr_array
    origins: _Ends
    destinations: _Ends
    direct: tuple[IntArray, IntArray, FloatArray]

    def seconds(self, chunk: IntArray, *, n_destinations: int, limit_s: float) -> FloatArray:
        """Return the seconds between neighbouring origins and all destinations (chunk × destinations)."""
        first, last = chunk[0], chunk[-1]
        origins, destinations = self.origins, self.destinations
        rows = slice(*np.searchsorted(origins.item, [first, last + 1]))
        near = origins.seconds[rows] <= limit_s
        seeds = (origins.item[rows][near] - first, origins.node[rows][near], origins.seconds[rows][near])
        node_s = dijkstra_of_each(self.csr, *seeds, n_items=len(chunk), limit_s=limit_s)
        via_s = node_s[:, destinations.node] + destinations.seconds
        starts = np.searchsorted(destinations.item, np.arange(n_destinations))
        seconds = np.minimum.reduceat(via_s, starts, axis=1)
        origin, destination, direct_s = self.direct
        here = (origin >= first) & (origin <= last)
        np.minimum.at(seconds, (origin[here] - first, destination[here]), direct_s[here])
        return np.asarray(seconds)


def pairs_within(graph: WalkGraph, at: Positions, places: Positions, *, most_s: FloatArray) -> Pairs:
    """Return the walks between points and places that are no longer than allowed.

    The search starts from the points or from the places, whichever are fewer: each costs one Dijkstra search.

    Parameters
    ----------
    graph
        The walker's network.
    at
        The points.
    places
        Points or stretches; rows with the same ``item`` are one place.
    most_s
        The longest walk from each point [s] (rows of ``at``).
    """
    items, item = np.unique(places.item, return_inverse=True)
    if len(at) == 0 or len(items) == 0:
        return Pairs(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0))
    from_points, limit_s = len(at) <= len(items), float(most_s.max())
    problems = [_problem(direction, at, places, item, from_points=from_points) for direction in graph.directions]
    n_origins, n_destinations = (len(at), len(items)) if from_points else (len(items), len(at))
    widest = max(graph.reversed_csr.shape[0], *(len(problem.destinations.item) for problem in problems))
    parts = []
    for chunk in np.array_split(np.arange(n_origins), max(1, -(-n_origins * widest // AT_ONCE))):
        seconds = np.zeros((len(chunk), n_destinations))
        for problem in problems:
            one_direction_s = problem.seconds(chunk, n_destinations=n_destinations, limit_s=limit_s)
            np.maximum(seconds, one_direction_s, out=seconds)
        most = most_s[chunk, None] if from_points else most_s[None, :]
        origin, destination = np.nonzero(seconds <= most)
        parts.append((chunk[origin], destination, seconds[origin, destination]))
    origin, destination, walk_s = (np.concatenate(column) for column in zip(*parts, strict=True))
    if from_points:
        return Pairs(origin, items[destination], walk_s)
    order = np.lexsort((origin, destination))
    return Pairs(destination[order], items[origin[order]], walk_s[order])


def _problem(graph: WalkGraph, at: Positions, places: Positions, item: IntArray, *, from_points: bool) -> _Problem:
    """Return what is searched in one direction; ``item`` numbers the places from 0 (rows of ``places``)."""
    points = _Ends.of(np.tile(np.arange(len(at)), 2), *exits(graph, at))
    goals = _Ends.of(np.tile(item, 2), *entries(graph, places))
    row, place, direct_s = direct_walks(graph, at, places)
    direct_s = direct_s + (at.leg_m / graph.leg_m_s)[row]
    if from_points:
        return _Problem(graph.reversed_csr.T.tocsr(), points, goals, (row, item[place], direct_s))
    return _Problem(graph.reversed_csr, goals, points, (item[place], row, direct_s))
