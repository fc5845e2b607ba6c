"""The route to the nearest place: its edges, what its minutes are spent on, and how many people walk each edge.

A search leaves a shortest-path tree (:class:`cfgeo.walk.search.PathTree`) in which each node points to the next node of
its route. What all routes add up to, and how many people walk each edge, both follow by pointer jumping (list ranking,
Wyllie 1979): the sum over 2n steps is the sum over n steps from here plus the sum over n steps from where they lead.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cfgeo.core.schema import (
    STEPS,
    BoolArray,
    FloatArray,
    IntArray,
    Network,
    Positions,
)
from cfgeo.network.linear_reference import Stretches
from cfgeo.network.terrain import RISER_M
from cfgeo.network.travel_time import PARTS, seconds_by_part
from cfgeo.network.walkers import Walker
from cfgeo.walk.search import PathTree, WalkGraph, first_steps

METRES = ("climb_m", "descent_m", "length_m", "steps")
"""What is added up along a route beside seconds. ``steps`` are those of the map, or follow from the rise."""
FACTS = (*(f"{part}_s" for part in PARTS), "off_network_s", *METRES, "off_network_m")
"""Columns of the sums along routes. Those that end in ``_s`` add up to the seconds of the whole walk."""


def arc_facts(network: Network, walker: Walker) -> FloatArray:
    """Return ``FACTS`` of each edge from u to v, then of each from v to u (2 edges × facts)."""
    edges = network.edges
    climb_m, descent_m = edges["climb_m"].to_numpy(), edges["descent_m"].to_numpy()
    counted = edges["step_count"].to_numpy()
    steps = np.where(np.isnan(counted), (climb_m + descent_m) / RISER_M, counted) * (edges["form"] == STEPS)
    metres = [np.r_[climb_m, descent_m], np.r_[descent_m, climb_m], np.tile(edges["length_m"], 2), np.tile(steps, 2)]
    zero = np.zeros(2 * len(edges))
    return np.column_stack([seconds_by_part(edges, walker), zero, *metres, zero])


def route_facts(graph: WalkGraph, tree: PathTree, places: Positions, at: Positions, facts: FloatArray) -> pd.DataFrame:
    """Add up what the routes from positions to their nearest places consist of.

    Parameters
    ----------
    graph, tree, places
        A graph, and what :func:`cfgeo.walk.search.path_tree` returns for it and these places.
    at
        Where the walks begin: points.
    facts
        What :func:`arc_facts` returns.

    Returns
    -------
    pandas.DataFrame
        RangeIndex over the rows of ``at``: ``seconds`` (as :func:`cfgeo.walk.search.seconds_at`), ``place`` (row of
        ``places``, -1: none in the search) and ``FACTS``, which are zero where there is no place.
    """
    ends = _route_ends(graph, tree, places, at)
    total = np.zeros((len(at), len(FACTS)))
    np.add.at(total, ends.row, facts[_as_walked(graph, ends.arc)] * (ends.end - ends.start)[:, None])
    total[ends.via] += _sums_to_root(graph, tree, facts)[ends.node[ends.via]]
    leg_m = np.where(ends.place >= 0, at.leg_m + np.append(places.leg_m, 0.0)[ends.place], 0.0)
    total[:, FACTS.index("off_network_s")] = leg_m / graph.leg_m_s
    total[:, FACTS.index("off_network_m")] = leg_m
    return pd.DataFrame(total, columns=list(FACTS)).assign(seconds=ends.seconds, place=ends.place)


def edge_flows(
    graph: WalkGraph, tree: PathTree, places: Positions, at: Positions, weight: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Assign weights to the routes from positions: an all-or-nothing assignment.

    Parameters
    ----------
    graph, tree, places, at
        As for :func:`route_facts`.
    weight
        How many walk from each row of ``at``.

    Returns
    -------
    arcs : numpy.ndarray
        How many walk along each edge, or a part of it, from u to v, then how many from v to u (2 edges).
    nodes : numpy.ndarray
        How many pass each node (nodes).
    """
    ends = _route_ends(graph, tree, places, at)
    nodes = _passing(tree, ends, weight)
    arcs = np.zeros(2 * len(graph.u))
    on = tree.arc >= 0
    arcs[_as_walked(graph, tree.arc[on])] = nodes[on]
    walked = ends.end > ends.start
    np.add.at(arcs, _as_walked(graph, ends.arc[walked]), weight[ends.row[walked]])
    return arcs, np.asarray(nodes, dtype=float)


def edge_loads(graph: WalkGraph, tree: PathTree, places: Positions, at: Positions, weight: FloatArray) -> FloatArray:
    """Return how many walk along each edge, each by the share of the edge that it walks (edges).

    Parameters as for :func:`edge_flows`.
    """
    ends, n_edges = _route_ends(graph, tree, places, at), len(graph.u)
    on = tree.arc >= 0
    whole = np.bincount(tree.arc[on] % n_edges, weights=_passing(tree, ends, weight)[on], minlength=n_edges)
    part = np.maximum(ends.end - ends.start, 0) * weight[ends.row]
    return np.asarray(whole + np.bincount(ends.arc % n_edges, weights=part, minlength=n_edges), dtype=float)


def _passing(tree: PathTree, ends: "_RouteEnds", weight: FloatArray) -> FloatArray:
    """Return how many pass each node (nodes)."""
    n_nodes = len(tree.node_s)
    nodes = np.bincount(ends.node[ends.via], weights=weight[ends.via], minlength=n_nodes)
    to = tree.next_node
    while (to >= 0).any():
        nodes = nodes + np.bincount(to[to >= 0], weights=nodes[to >= 0], minlength=n_nodes)
        to = np.where(to >= 0, to[to], -1)
    return np.asarray(nodes, dtype=float)


def route_stretches(graph: WalkGraph, tree: PathTree, places: Positions, at: Positions) -> tuple[Stretches, IntArray]:
    """Return a single route as stretches of edges, in the order and the direction of the walk.

    Parameters
    ----------
    graph, tree, places
        As for :func:`route_facts`.
    at
        A single row, whose place is in the search.

    Returns
    -------
    stretches : Stretches
        ``row`` is the position in the order.
    arc : numpy.ndarray
        The edge if it is walked from u to v, number of edges + edge if from v to u.
    """
    ends = _route_ends(graph, tree, places, at)
    inner = []
    node = int(ends.node[0])
    while node >= 0 and tree.next_node[node] >= 0:
        inner.append(tree.arc[node])
        node = int(tree.next_node[node])
    middle = np.array(inner, dtype=np.int64)
    arc = _as_walked(graph, np.r_[ends.arc[:1], middle, ends.arc[1:]])
    start = np.r_[ends.start[:1], np.zeros(len(middle)), ends.start[1:]]
    end = np.r_[ends.end[:1], np.ones(len(middle)), ends.end[1:]]
    if graph.from_place:
        arc, start, end = arc[::-1], start[::-1], end[::-1]
    walked = end > start
    arc = arc[walked]
    return Stretches(arc % len(graph.u), start[walked], end[walked], np.arange(len(arc))), arc


@dataclass(frozen=True)
class _RouteEnds:
    """How routes begin, and the parts of edges at both of their ends.

    ``seconds``, ``node`` (-1: direct to the place), ``place`` (row; -1: none) and ``via`` (passes a node) have a value
    for each route. ``row`` (which route), ``arc``, ``start`` and ``end`` have a value for each part of an edge: first
    the parts where routes begin, then those at the places.
    """

    seconds: FloatArray
    node: IntArray
    place: IntArray
    via: BoolArray
    row: IntArray
    arc: IntArray
    start: FloatArray
    end: FloatArray


def _route_ends(graph: WalkGraph, tree: PathTree, places: Positions, at: Positions) -> _RouteEnds:
    seconds, node, direct_place = first_steps(graph, tree.node_s, places, at)
    reached = np.isfinite(seconds)
    place = np.where(reached, np.where(node >= 0, tree.place[node], direct_place), -1)
    via, n_edges = reached & (node >= 0), len(graph.u)
    # Without a place, -1 picks the zero that is appended.
    place_start, place_end = np.append(places.start, 0.0)[place], np.append(places.end, 0.0)[place]
    forward = np.where(via, node == graph.v[at.edge], place_start > at.start)
    start = np.where(forward, at.start, np.where(via, 0.0, np.minimum(place_end, at.start)))
    end = np.where(forward, np.where(via, 1.0, place_start), at.start)
    first = np.flatnonzero(reached)
    last = np.flatnonzero(via)
    last_place = place[last]
    last_edge = places.edge[last_place]
    from_u = graph.u[last_edge] == tree.root[node[last]]
    return _RouteEnds(
        seconds,
        node,
        place,
        via,
        np.r_[first, last],
        np.r_[np.where(forward, at.edge, n_edges + at.edge)[first], np.where(from_u, last_edge, n_edges + last_edge)],
        np.r_[start[first], np.where(from_u, 0.0, places.end[last_place])],
        np.r_[end[first], np.where(from_u, places.start[last_place], 1.0)],
    )


def _sums_to_root(graph: WalkGraph, tree: PathTree, facts: FloatArray) -> FloatArray:
    """Return the sums over whole edges on the path from each node to its root (nodes × facts)."""
    on = tree.arc >= 0
    total = np.zeros((len(tree.arc), facts.shape[1]))
    total[on] = facts[_as_walked(graph, tree.arc[on])]
    to = tree.next_node
    while (to >= 0).any():
        total = total + np.where((to >= 0)[:, None], total[to], 0.0)
        to = np.where(to >= 0, to[to], -1)
    return total


def _as_walked(graph: WalkGraph, arc: IntArray) -> IntArray:
    """Return arcs in the direction of the walk, which is against that of the graph where it leads from the place."""
    n_edges = len(graph.u)
    return (arc + n_edges) % (2 * n_edges) if graph.from_place else arc
