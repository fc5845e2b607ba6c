"""Reached stretches of edges → polygons, for display. Shares are never taken from them."""

from typing import Any, cast

import contourpy
import numpy as np
import shapely
from scipy import ndimage

from cfgeo.lines import cut_lines
from cfgeo.reach import WalkGraph, reached_on_all_ways, search
from cfgeo.schema import SECONDS_PER_MINUTE, FloatArray, IntArray, Network, Positions
from cfgeo.stretches import Stretches, gaps, whole_edges

OFF_NETWORK_M = 25.0
"""How far from a reached street its land is drawn as reached."""

_CLEAR_M = 6.0  # land this near a street that is not reached belongs to that street
_CORE_M = 1.5  # a reached street itself is always inside
_SLIVER_M = 1e-6  # where the way there and the way back end at one spot, less than this can lie between
_LATE_S = 30.0  # a street counts as not reached when it needs this much longer than the limit
CELL_M = 8.0
"""Cell of the raster that the outline is drawn from."""


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
    found = search(graph, places, limit_s=max(minutes, default=0) * SECONDS_PER_MINUTE + _LATE_S)
    return [_polygon(graph, network, places, found, limit_s=m * SECONDS_PER_MINUTE) for m in minutes]


def _polygon(graph: WalkGraph, network: Network, places: Positions, found: list[FloatArray], *, limit_s: float) -> Any:
    """Grow what is reached, take away the strips of streets that are not, put reached streets back.

    The strips matter where an unreached street runs beside a reached one: above it on a terrace, or over it on a
    bridge. Bridges and tunnels themselves are drawn no wider than a line: nobody steps off them.
    """
    every = whole_edges(len(network.edges))
    reached, _ = reached_on_all_ways(graph, found, places, every, limit_s=limit_s)
    nearly, _ = reached_on_all_ways(graph, found, places, every, limit_s=limit_s + _LATE_S)
    lines = network.edges.geometry.to_numpy()
    inside, edge = _cut(lines, reached)
    if len(inside) == 0:
        return shapely.MultiPolygon()
    on_ground = ~network.edges["structure"].to_numpy()[edge]
    land = grown(inside[on_ground], OFF_NETWORK_M, cell_m=CELL_M)
    shapely.prepare(land)
    beyond, _ = _cut(lines, gaps(nearly, n_edges=len(lines)))
    strips = shapely.union_all(shapely.buffer(beyond[shapely.intersects(land, beyond)], _CLEAR_M, quad_segs=2))
    shapely.prepare(strips)
    thin = ~shapely.contains_properly(land, inside) | shapely.intersects(strips, inside)
    core = shapely.union_all(shapely.buffer(inside[thin], _CORE_M, quad_segs=2))
    return as_multipolygon(shapely.union(shapely.difference(land, strips), core))


def grown(lines: Any, radius_m: float, *, cell_m: float) -> Any:
    """Return the land within a distance of lines, from a raster: the distance of each cell, and its contour.

    Parameters
    ----------
    lines
        LineStrings with a length, in a metric CRS.
    radius_m
        The distance [m]; more than two cells.
    cell_m
        The raster's cell [m], which is also how far off the outline can be.

    Returns
    -------
    shapely.MultiPolygon
        Valid, with holes; the lines lie inside.
    """
    if len(lines) == 0:
        return shapely.MultiPolygon()
    xy = shapely.get_coordinates(shapely.segmentize(lines, cell_m / 2))
    pad = int(np.ceil(radius_m / cell_m)) + 2
    origin = np.floor(xy.min(axis=0) / cell_m) - pad
    column, row = (np.floor(xy / cell_m) - origin).astype(np.int64).T
    far = np.ones((row.max() + pad + 1, column.max() + pad + 1), dtype=bool)
    far[row, column] = False
    distance_m = ndimage.distance_transform_edt(far, sampling=cell_m)
    x = (origin[0] + 0.5 + np.arange(far.shape[1])) * cell_m
    y = (origin[1] + 0.5 + np.arange(far.shape[0])) * cell_m
    contours = contourpy.contour_generator(x, y, distance_m, fill_type=contourpy.FillType.ChunkCombinedOffsetOffset)
    points, offsets, outer = cast("tuple[list[Any], list[Any], list[Any]]", contours.filled(-1.0, radius_m))
    rings = (offsets[0].astype(np.int64), outer[0].astype(np.int64))
    polygons = shapely.from_ragged_array(shapely.GeometryType.POLYGON, points[0], rings)
    return as_multipolygon(shapely.multipolygons(polygons))


def _cut(lines: Any, parts: Stretches) -> tuple[Any, IntArray]:
    """Return stretches as lines, with their edges; lifts have no length and are left out."""
    some = shapely.length(lines)[parts.edge] * (parts.end - parts.start) > _SLIVER_M
    edge = parts.edge[some]
    return cut_lines(lines[edge], parts.start[some], parts.end[some]), edge


def as_multipolygon(shape: Any) -> Any:
    """Return the polygons of a shape as one valid multipolygon."""
    valid = shape if shapely.is_valid(shape) else shapely.make_valid(shape)
    parts = shapely.get_parts(shapely.get_parts(valid))
    return shapely.multipolygons(parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON])
