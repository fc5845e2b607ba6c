"""Reached stretches of edges → polygons, for display. Shares are never taken from them."""

from typing import Any

import numpy as np
import shapely

from cfgeo.lines import cut_lines
from cfgeo.reach import Stretches, WalkGraph, gaps, node_seconds, reached_parts, whole_edges
from cfgeo.schema import SECONDS_PER_MINUTE, FloatArray, Network, Positions

OFF_NETWORK_M = 25.0
"""How far from a reached street its land is drawn as reached."""

_CLEAR_M = 6.0  # land this near a street that is not reached belongs to that street
_CORE_M = 1.5  # a reached street itself is always inside
_LATE_S = 30.0  # a street counts as not reached when it needs this much longer than the limit
_SIMPLIFY_M = 1.0


def isochrones(graph: WalkGraph, network: Network, places: Positions, *, minutes: tuple[float, ...]) -> list[Any]:
    """Return the land within some walks of the nearest place, one polygon a limit.

    Parameters
    ----------
    graph, network
        The network as the walker walks it.
    places
        Where the places meet it.
    minutes
        The limits.

    Returns
    -------
    list of shapely.MultiPolygon
        Valid, in the network's CRS, with holes where nobody gets within the limit; empty where nothing is reached.
    """
    node_s = node_seconds(graph, places, limit_s=max(minutes, default=0) * SECONDS_PER_MINUTE + _LATE_S)
    return [_polygon(graph, network, places, node_s, limit_s=m * SECONDS_PER_MINUTE) for m in minutes]


def _polygon(graph: WalkGraph, network: Network, places: Positions, node_s: FloatArray, *, limit_s: float) -> Any:
    """Grow what is reached, take away the strips of streets that are not, put reached streets back.

    The strips matter where an unreached street runs beside a reached one: above it on a terrace, or over it on a
    bridge.
    """
    every = whole_edges(len(network.edges))
    reached, _ = reached_parts(graph, node_s, places, every, limit_s=limit_s)
    nearly, _ = reached_parts(graph, node_s, places, every, limit_s=limit_s + _LATE_S)
    lines = network.edges.geometry.to_numpy()
    has_length = network.edges["length_m"].to_numpy() > 0
    inside = _cut(lines, reached, has_length)
    if len(inside) == 0:
        return shapely.MultiPolygon()
    on_ground = ~network.edges["structure"].to_numpy()[reached.edge[has_length[reached.edge]]]
    land = shapely.union_all(
        shapely.buffer(shapely.simplify(inside[on_ground], _SIMPLIFY_M), OFF_NETWORK_M, quad_segs=4)
    )
    land = shapely.union(land, shapely.union_all(shapely.buffer(inside[~on_ground], _CORE_M, quad_segs=2)))
    beyond = _cut(lines, gaps(nearly, n_edges=len(lines)), has_length)
    shapely.prepare(land)
    strips = shapely.union_all(shapely.buffer(beyond[shapely.intersects(land, beyond)], _CLEAR_M, quad_segs=2))
    shapely.prepare(strips)
    core = shapely.union_all(shapely.buffer(inside[shapely.intersects(strips, inside)], _CORE_M, quad_segs=2))
    return _as_multipolygon(shapely.union(shapely.difference(land, strips), core))


def _cut(lines: Any, parts: Stretches, has_length: Any) -> Any:
    some = has_length[parts.edge]
    return cut_lines(lines[parts.edge[some]], parts.start[some], parts.end[some])


def _as_multipolygon(shape: Any) -> Any:
    valid = shape if shapely.is_valid(shape) else shapely.make_valid(shape)
    parts = shapely.get_parts(shapely.get_parts(valid))
    polygons = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
    return shapely.multipolygons(np.asarray(polygons, dtype=object))
