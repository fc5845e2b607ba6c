"""The way to the nearest place: which edges, and what its minutes are spent on.

A search leaves behind a tree: from each node one next node, and so on to a place. What a whole way adds up to, for all
nodes at once, and how many people a tree carries over each edge, both follow by doubling: the sum over two steps is
that over one step, here and at the next node.
"""

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cfgeo.core.arrays import enumerate_runs
from cfgeo.core.schema import (
    LEVEL,
    LIFT,
    SECONDS_PER_MINUTE,
    STEPS,
    BoolArray,
    FloatArray,
    IntArray,
    Network,
    Positions,
)
from cfgeo.network.linear_reference import Stretches, cut_lines
from cfgeo.network.terrain import RISER_M, SAMPLE_M, Heights
from cfgeo.network.travel_time import PARTS, seconds_by_part
from cfgeo.network.walkers import Walker
from cfgeo.walk.search import PathTree, WalkGraph, first_steps

METRES = ("climb_m", "descent_m", "length_m", "steps")
"""What else is added up along a way; ``steps`` are counted where the map counts them, else taken from the rise."""
FACTS = (*(f"{part}_s" for part in PARTS), "off_network_s", *METRES, "off_network_m")
"""Columns of the sums along ways. Those that end in ``_s`` add up to the whole walk."""


def arc_facts(network: Network, walker: Walker) -> FloatArray:
    """Return ``FACTS`` of each edge from u to v, then of each from v to u (2 edges × facts)."""
    edges = network.edges
    climb_m, descent_m = edges["climb_m"].to_numpy(), edges["descent_m"].to_numpy()
    counted = edges["step_count"].to_numpy()
    steps = np.where(np.isnan(counted), (climb_m + descent_m) / RISER_M, counted) * (edges["form"] == STEPS)
    both_ways = [np.r_[climb_m, descent_m], np.r_[descent_m, climb_m], np.tile(edges["length_m"], 2), np.tile(steps, 2)]
    none = np.zeros(2 * len(edges))
    return np.column_stack([seconds_by_part(edges, walker), none, *both_ways, none])


def route_facts(graph: WalkGraph, tree: PathTree, places: Positions, at: Positions, facts: FloatArray) -> pd.DataFrame:
    """Add up what the ways from positions to their nearest places are made of.

    Parameters
    ----------
    graph, tree, places
        A walk, and what :func:`path_tree` found in it for these places.
    at
        Where the walks begin: points.
    facts
        What :func:`arc_facts` gives.

    Returns
    -------
    pandas.DataFrame
        RangeIndex over the rows of ``at``: ``seconds`` (as :func:`cfgeo.walk.search.seconds_at`), ``place`` (row of
        ``places``, -1: none in the search) and ``FACTS``, which are zero where there is none.
    """
    begun = _begin(graph, tree, places, at)
    total = np.zeros((len(at), len(FACTS)))
    np.add.at(total, begun.row, facts[_walked(graph, begun.arc)] * (begun.end - begun.start)[:, None])
    total[begun.via] += _along(graph, tree, facts)[begun.node[begun.via]]
    leg_m = np.where(begun.place >= 0, at.leg_m + np.append(places.leg_m, 0.0)[begun.place], 0.0)
    total[:, FACTS.index("off_network_s")] = leg_m / graph.leg_m_s
    total[:, FACTS.index("off_network_m")] = leg_m
    return pd.DataFrame(total, columns=list(FACTS)).assign(seconds=begun.seconds, place=begun.place)


def edge_flows(
    graph: WalkGraph, tree: PathTree, places: Positions, at: Positions, weight: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Send weights from positions along their ways.

    Parameters
    ----------
    graph, tree, places, at
        As for :func:`route_facts`.
    weight
        Of each row of ``at``.

    Returns
    -------
    arcs : numpy.ndarray
        Who walks along each edge, or a part of it, from u to v, then who from v to u (2 edges).
    nodes : numpy.ndarray
        Who passes each node (nodes).
    """
    begun = _begin(graph, tree, places, at)
    size = len(tree.node_s)
    nodes = np.bincount(begun.node[begun.via], weights=weight[begun.via], minlength=size)
    to = tree.next_node
    while (to >= 0).any():
        nodes = nodes + np.bincount(to[to >= 0], weights=nodes[to >= 0], minlength=size)
        to = np.where(to >= 0, to[to], -1)
    arcs = np.zeros(2 * len(graph.u))
    on = tree.arc >= 0
    arcs[_walked(graph, tree.arc[on])] = nodes[on]
    walked = begun.end > begun.start
    np.add.at(arcs, _walked(graph, begun.arc[walked]), weight[begun.row[walked]])
    return arcs, np.asarray(nodes, dtype=float)


def route_stretches(graph: WalkGraph, tree: PathTree, places: Positions, at: Positions) -> tuple[Stretches, IntArray]:
    """Return one way as stretches of edges in the order and the direction of the walk.

    Parameters
    ----------
    graph, tree, places
        As for :func:`route_facts`.
    at
        One row, whose place is in the search.

    Returns
    -------
    stretches : Stretches
        ``row`` is the place in the order.
    arc : numpy.ndarray
        The edge from u to v, or number of edges + edge from v to u, as it is walked.
    """
    begun = _begin(graph, tree, places, at)
    inner = []
    node = int(begun.node[0])
    while node >= 0 and tree.next_node[node] >= 0:
        inner.append(tree.arc[node])
        node = int(tree.next_node[node])
    middle = np.array(inner, dtype=np.int64)
    arc = _walked(graph, np.r_[begun.arc[:1], middle, begun.arc[1:]])
    start, end = (
        np.r_[begun.start[:1], 0 * middle, begun.start[1:]],
        np.r_[begun.end[:1], 0 * middle + 1, begun.end[1:]],
    )
    if graph.from_place:
        arc, start, end = arc[::-1], start[::-1], end[::-1]
    some = end > start
    arc = arc[some]
    return Stretches(arc % len(graph.u), start[some], end[some], np.arange(len(arc))), arc


@dataclass(frozen=True)
class _Begun:
    """How walks begin, and the parts of edges at both their ends.

    ``seconds``, ``node`` (-1: straight to the place), ``place`` (row; -1: none) and ``via`` (passes a node) have a
    value for each walk; ``row``, ``arc``, ``start`` and ``end`` one for each part: first those at the beginning, then
    those at the places.
    """

    seconds: FloatArray
    node: IntArray
    place: IntArray
    via: BoolArray
    row: IntArray
    arc: IntArray
    start: FloatArray
    end: FloatArray


def _begin(graph: WalkGraph, tree: PathTree, places: Positions, at: Positions) -> _Begun:
    seconds, node, direct = first_steps(graph, tree.node_s, places, at)
    found = np.isfinite(seconds)
    place = np.where(found, np.where(node >= 0, tree.place[node], direct), -1)
    via, n_edges = found & (node >= 0), len(graph.u)
    # A place that is not there (-1) takes the zero at the end.
    goal_start, goal_end = np.append(places.start, 0.0)[place], np.append(places.end, 0.0)[place]
    ahead = np.where(via, node == graph.v[at.edge], goal_start > at.start)
    start = np.where(ahead, at.start, np.where(via, 0.0, np.minimum(goal_end, at.start)))
    end = np.where(ahead, np.where(via, 1.0, goal_start), at.start)
    first = np.flatnonzero(found)
    last = np.flatnonzero(via)
    k = place[last]
    edge = places.edge[k]
    from_u = graph.u[edge] == tree.root[node[last]]
    return _Begun(
        seconds,
        node,
        place,
        via,
        np.r_[first, last],
        np.r_[np.where(ahead, at.edge, n_edges + at.edge)[first], np.where(from_u, edge, n_edges + edge)],
        np.r_[start[first], np.where(from_u, 0.0, places.end[k])],
        np.r_[end[first], np.where(from_u, places.start[k], 1.0)],
    )


def _along(graph: WalkGraph, tree: PathTree, facts: FloatArray) -> FloatArray:
    """Return what whole edges add up to on the way from each node to its root (nodes × facts)."""
    on = tree.arc >= 0
    total = np.zeros((len(tree.arc), facts.shape[1]))
    total[on] = facts[_walked(graph, tree.arc[on])]
    to = tree.next_node
    while (to >= 0).any():
        total = total + np.where((to >= 0)[:, None], total[to], 0.0)
        to = np.where(to >= 0, to[to], -1)
    return total


def _walked(graph: WalkGraph, arc: IntArray) -> IntArray:
    """Return arcs as they are walked: on the way from a place, the other way than the search goes."""
    n_edges = len(graph.u)
    return (arc + n_edges) % (2 * n_edges) if graph.from_place else arc


OFF_NETWORK = "off_network"


def route_pieces(
    network: Network, walker: Walker, stretches: Stretches, arc: IntArray, *, ends: list[tuple[Positions, Any]]
) -> gpd.GeoDataFrame:
    """Return a way as its pieces, the ways off the network at both ends included.

    Parameters
    ----------
    network, walker
        Where, and who.
    stretches, arc
        What :func:`cfgeo.walk.route.route_stretches` gives.
    ends
        Where the walk begins and where it ends: the position on the network (one row), and what lies there.

    Returns
    -------
    geopandas.GeoDataFrame
        ``part`` (of ``WALK_PARTS`` but for the waits, which are in the minutes of their piece), ``name``, ``length_m``,
        ``minutes``, ``edge`` (-1: off the network), ``from_share`` and ``to_share`` along it; lines in the direction of
        the walk.
    """
    edges, edge = network.edges, stretches.edge
    size, against = stretches.end - stretches.start, arc >= len(network.edges)
    lines = edges.geometry.to_numpy()[edge]
    ride = (edges["form"].to_numpy() == LIFT)[edge]
    lines[~ride] = cut_lines(lines[~ride], stretches.start[~ride], stretches.end[~ride])
    seconds = seconds_by_part(edges, walker)[arc]
    moving = seconds[:, : PARTS.index("wait")]
    table = gpd.GeoDataFrame(
        {
            "part": np.array(PARTS)[moving.argmax(axis=1)],
            "name": edges["name"].to_numpy()[edge],
            "length_m": edges["length_m"].to_numpy()[edge] * size,
            "minutes": seconds.sum(axis=1) * size / SECONDS_PER_MINUTE,
            "edge": edge,
            "from_share": np.where(against, stretches.end, stretches.start),
            "to_share": np.where(against, stretches.start, stretches.end),
        },
        geometry=np.where(against, shapely.reverse(lines), lines),
        crs=edges.crs,
    )
    first, last = (_leg(network, walker, *end) for end in ends)
    last["geometry"] = shapely.reverse(last["geometry"])
    whole = pd.concat([_row(first, table), table, _row(last, table)], ignore_index=True)
    return gpd.GeoDataFrame(whole[(whole["edge"] >= 0) | (whole["length_m"] > 0)].reset_index(drop=True))


def _leg(network: Network, walker: Walker, at: Positions, shape: Any) -> dict[str, Any]:
    """Return the way from something to the network."""
    line = network.edges.geometry.iloc[int(at.edge[0])]
    door = shapely.line_interpolate_point(line, at.start[0], normalized=True)
    length_m = float(at.leg_m[0])
    minutes = length_m / walker.level_m_s / SECONDS_PER_MINUTE
    about = {"part": OFF_NETWORK, "name": "", "length_m": length_m, "minutes": minutes, "edge": -1}
    return {**about, "from_share": np.nan, "to_share": np.nan, "geometry": shapely.shortest_line(shape, door)}


def _row(leg: dict[str, Any], table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame([leg], geometry="geometry", crs=table.crs)[list(table.columns)]


def route_profile(network: Network, pieces: gpd.GeoDataFrame, heights: Heights) -> pd.DataFrame:
    """Return the heights along a way: streets follow the land, stairs and structures run straight.

    Parameters
    ----------
    network, pieces
        What :func:`route_pieces` was given, and gave.
    heights
        The land.

    Returns
    -------
    pandas.DataFrame
        ``distance_m`` from the start, ``height_m`` (NaN: not known), ``part`` of the piece that ends there.
    """
    edge = pieces["edge"].to_numpy()
    known = np.maximum(edge, 0)
    street = (network.edges["form"].to_numpy() == LEVEL)[known] & ~network.edges["structure"].to_numpy()[known]
    follows = street | (edge < 0)
    length_m = pieces["length_m"].to_numpy()
    count = np.where(follows, np.maximum(np.ceil(length_m / SAMPLE_M), 1), 1).astype(np.int64) + 1
    owner, nth = enumerate_runs(count)
    share = nth / (count[owner] - 1)
    at = shapely.line_interpolate_point(pieces.geometry.to_numpy()[owner], share, normalized=True)
    xy = shapely.get_coordinates(at)
    land_m = heights(xy[:, 0], xy[:, 1])
    # Along an edge that runs straight from end to end, and at junctions, the nodes know better than the raster.
    ends_m = network.nodes["height_m"].to_numpy()[network.edges[["u", "v"]].to_numpy()[known]]
    begin, end = pieces["from_share"].to_numpy()[owner], pieces["to_share"].to_numpy()[owner]
    along = begin + share * (end - begin)
    straight_m = ends_m[owner, 0] + along * (ends_m[owner, 1] - ends_m[owner, 0])
    node = ~follows[owner] | (((along == 0) | (along == 1)) & (edge[owner] >= 0))
    distance_m = (np.cumsum(length_m) - length_m)[owner] + share * length_m[owner]
    part = pieces["part"].to_numpy()[owner]
    return pd.DataFrame({"distance_m": distance_m, "height_m": np.where(node, straight_m, land_m), "part": part})
