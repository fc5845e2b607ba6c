"""Slow and simple versions of what the package computes (loops, networkx, single geometries), and small networks."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import networkx as nx
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from shapely.ops import substring
from worlds.town import CRS, SOUTH, WEST

from cfgeo.core.schema import TRAILS, Network, Positions, StreetWays
from cfgeo.network.build import build_network
from cfgeo.network.walkers import Walker

Floats = npt.NDArray[np.float64]


def edge_seconds(edges: pd.DataFrame, walker: Walker) -> tuple[Floats, Floats]:
    """Return the seconds of each edge in both directions, one edge after the other."""
    both = [_one_edge(edge, walker) for edge in edges.itertuples()]
    return np.array([f for f, _ in both]), np.array([b for _, b in both])


def _one_edge(edge: Any, walker: Walker) -> tuple[float, float]:
    if edge.form == "lift":
        there = back = edge.lift_rides * walker.lift_s
    elif edge.form == "escalator":
        there = back = _seconds(edge.length_m, walker.escalator_m_s)
    elif edge.form == "steps":
        there, back = _stairs(edge, walker)
    else:
        level_s = edge.length_m / walker.level_m_s
        there, back = level_s * edge.slope_forward, level_s * edge.slope_backward
    if edge.form in {"level", "steps"}:
        wait_s = edge.signal_waits * walker.signal_wait_s + edge.crossing_waits * walker.crossing_wait_s
        there, back = there + wait_s, back + wait_s
    if edge.highway in walker.closed_roads and not edge.footway:
        return math.inf, math.inf
    cannot_climb = walker.stairs_up_m_s == 0
    if edge.trail > TRAILS.index(walker.hardest_trail) or (edge.narrow and cannot_climb):
        return math.inf, math.inf
    return (math.inf if edge.oneway == -1 else there), (math.inf if edge.oneway == 1 else back)


def _stairs(edge: Any, walker: Walker) -> tuple[float, float]:
    if edge.ramp and not (walker.stairs_up_m_s and walker.stairs_down_m_s):
        return (_seconds(edge.length_m, walker.ramp_m_s),) * 2
    up_m_s = walker.stairs_up_m_s
    if 0 < edge.flight_m < walker.long_flight_m:
        tired = (edge.flight_m - walker.short_flight_m) / (walker.long_flight_m - walker.short_flight_m)
        fresh_m_s = up_m_s * (walker.short_flight + (1 - walker.short_flight) * max(tired, 0))
        up_m_s = max(up_m_s, min(fresh_m_s, walker.stairs_down_m_s))
    up, down = _seconds(edge.length_m, up_m_s), _seconds(edge.length_m, walker.stairs_down_m_s)
    return {1: (up, down), -1: (down, up), 0: ((up + down) / 2,) * 2}[edge.incline]


def _seconds(length_m: float, speed_m_s: float) -> float:
    return length_m / speed_m_s if speed_m_s else math.inf


def seconds_to_place(
    network: Network, seconds: tuple[Floats, Floats], places: Positions, at: Positions, *, leg_m_s: float
) -> Floats:
    """Return the walking time from each row of ``at`` to the nearest place, on a graph split at every position."""
    return seconds_to_layers(network, seconds, {"": places}, at, leg_m_s=leg_m_s)[""]


def seconds_there_and_back(
    network: Network, seconds: tuple[Floats, Floats], places: Positions, at: Positions, *, leg_m_s: float
) -> Floats:
    """Return the longer of the walks there and back, for the place for which it is least (rows of ``at``)."""
    each = {str(item): places.take(places.item == item) for item in np.unique(places.item)}
    there = seconds_to_layers(network, seconds, each, at, leg_m_s=leg_m_s)
    back = seconds_to_layers(network, seconds[::-1], each, at, leg_m_s=leg_m_s)
    return np.min([np.maximum(there[place], back[place]) for place in each], axis=0, initial=math.inf)


def seconds_to_layers(
    network: Network, seconds: tuple[Floats, Floats], layers: Mapping[str, Positions], at: Positions, *, leg_m_s: float
) -> dict[str, Floats]:
    """Return the same for the places of each layer."""
    cuts = _cuts(*layers.values(), at)
    graph = _split_graph(network, seconds, cuts)
    walk_s = {}
    for layer, places in layers.items():
        goal = ("goal", layer)
        graph.add_node(goal)
        for edge, start, end, leg in zip(places.edge, places.start, places.end, places.leg_m, strict=True):
            for share in cuts[int(edge)]:
                if start <= share <= end:
                    known = graph.get_edge_data(goal, (int(edge), share), {"seconds": math.inf})["seconds"]
                    graph.add_edge(goal, (int(edge), share), seconds=min(known, leg / leg_m_s))
        walks = nx.multi_source_dijkstra_path_length(graph, {goal}, weight="seconds")
        here = [walks.get((int(edge), float(share)), math.inf) for edge, share in zip(at.edge, at.start, strict=True)]
        walk_s[layer] = np.array(here) + at.leg_m / leg_m_s
    return walk_s


def _cuts(*where: Positions) -> dict[int, set[float]]:
    """Return the shares at which each edge is to be cut."""
    cuts: dict[int, set[float]] = defaultdict(set)
    for positions in where:
        for edge, start, end in zip(positions.edge, positions.start, positions.end, strict=True):
            cuts[int(edge)] |= {float(start), float(end)}
    return cuts


def _split_graph(network: Network, seconds: tuple[Floats, Floats], cuts: dict[int, set[float]]) -> nx.DiGraph:
    """Return the reversed walk as a graph with a node (edge, share) at each cut; no two arcs are parallel."""
    graph = nx.DiGraph()
    ends = zip(network.edges["u"].tolist(), network.edges["v"].tolist(), strict=True)
    for edge, (u, v) in enumerate(ends):
        for node, share in ((u, 0.0), (v, 1.0)):
            graph.add_edge(("node", node), (edge, share), seconds=0.0)
            graph.add_edge((edge, share), ("node", node), seconds=0.0)
        for first, second in pairwise(sorted({0.0, 1.0} | cuts[edge])):
            if seconds[0][edge] < math.inf:
                graph.add_edge((edge, second), (edge, first), seconds=seconds[0][edge] * (second - first))
            if seconds[1][edge] < math.inf:
                graph.add_edge((edge, first), (edge, second), seconds=seconds[1][edge] * (second - first))
    return graph


def every_metre(network: Network, edges: Iterable[int], *, step_m: float) -> tuple[Positions, Floats]:
    """Return the middles of short pieces of edges as positions, and the metres of each piece."""
    edge, share, metres = [], [], []
    for e in edges:
        length_m = float(network.edges["length_m"].iloc[e])
        pieces = max(math.ceil(length_m / step_m), 1)
        edge += [e] * pieces
        share += [(i + 0.5) / pieces for i in range(pieces)]
        metres += [length_m / pieces] * pieces
    middle = np.array(share)
    none = np.zeros(len(edge))
    return Positions(np.arange(len(edge)), np.array(edge, dtype=np.int64), middle, middle, none), np.array(metres)


def substrings(lines: Iterable[Any], start: Floats, end: Floats) -> list[Any]:
    """Return the stretch of each line between two shares of its length, one line after the other."""
    return [substring(line, low, high, normalized=True) for line, low, high in zip(lines, start, end, strict=True)]


def weighted_minutes(seconds: Floats, weight: Floats, part: float) -> float:
    """Return the walk that ``part`` of the weight does not exceed; NaN where nothing weighs."""
    whole = sum(weight)
    so_far = 0.0
    for walk, own in sorted(zip(seconds, weight, strict=True)):
        so_far += own
        if own > 0 and so_far >= part * whole:
            return float(walk) / 60
    return math.nan


def points(rows: Iterable[tuple[int, float, float]]) -> Positions:
    """Return (edge, share, leg) rows as positions of points."""
    return stretches((edge, share, share, leg) for edge, share, leg in rows)


def stretches(rows: Iterable[tuple[int, float, float, float]]) -> Positions:
    """Return (edge, start, end, leg) rows as positions."""
    table = np.array(list(rows), dtype=float).reshape(-1, 4)
    edge = table[:, 0].astype(np.int64)
    return Positions(np.arange(len(table)), edge, table[:, 1], table[:, 2], table[:, 3])


Way = tuple[int, list[int]]

_USUAL = {"name": "", "highway": "footway", "form": "level", "oneway": 0, "incline": 0, "step_count": np.nan,
          "ramp": False, "structure": False, "lift_rides": 0.0}  # fmt: skip


def network_of(
    nodes: dict[int, tuple[float, float]],
    ways: Sequence[Way],
    *,
    lifts: Sequence[int] = (),
    facts: Sequence[dict[str, Any]] | None = None,
) -> Network:
    """Return the network of ways over nodes at local metres, with what is not usual about each way."""
    ids = [node for _, refs in ways for node in refs]
    xy = np.array([nodes[i] for i in ids], dtype=float).reshape(-1, 2) + np.array([WEST, SOUTH])
    streets = StreetWays(
        ways=pd.DataFrame(
            [{**_USUAL, **own, "osm_id": way} for (way, _), own in zip(ways, facts or [{}] * len(ways), strict=True)]
        ),
        node_ids=np.array(ids, dtype=np.int64),
        x=xy[:, 0],
        y=xy[:, 1],
        offsets=np.cumsum([0, *(len(refs) for _, refs in ways)]),
        lifts=np.array(lifts, dtype=np.int64),
        crs=CRS,
    )
    return build_network(streets, crs=CRS)


def broken_promises(network: Network) -> list[str]:
    """Return which properties of :class:`cfgeo.Network` a network violates.

    Every geometry is simple and open, runs from u to v, and is as long as its column says. What has no length (a lift,
    two nodes at one spot) begins and ends at one spot, which the same comparison sees.
    """
    edges = network.edges
    shapes = edges.geometry.to_numpy()
    length_m, long = edges["length_m"].to_numpy(), edges["length_m"].to_numpy() > 0
    xy = network.nodes[["x", "y"]].to_numpy()
    ends = {end: shapely.get_coordinates(shapely.get_point(shapes, at)) for end, at in (("u", 0), ("v", -1))}
    kept = {
        "open": (edges["u"] != edges["v"]).all(),
        "simple": shapely.is_simple(shapes[long]).all(),
        "length": np.allclose(shapely.length(shapes), length_m, rtol=1e-12, atol=0),
        **{end: np.allclose(points, xy[edges[end]], rtol=0, atol=1e-6) for end, points in ends.items()},
        "unique": network.nodes["osm_id"].is_unique,
        "used": set(edges[["u", "v"]].to_numpy().ravel()) == set(range(len(network.nodes))),
    }
    return [promise for promise, holds in kept.items() if not holds]
