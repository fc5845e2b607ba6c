"""Isochrones: reached stretches of edges → polygons, for display only; shares never come from them.

Land within a distance of reached streets is the contour (marching squares, by contourpy) of an exact Euclidean distance
transform on a raster.
"""

from collections.abc import Iterator
from typing import Any, cast

import contourpy
import numpy as np
import shapely

from cfgeo.core.arrays import run_offsets
from cfgeo.core.schema import LAND_M, SECONDS_PER_MINUTE, BoolArray, FloatArray, IntArray, Network, Positions
from cfgeo.network.linear_reference import Stretches, complement, cut_lines, whole_edges
from cfgeo.walk.nearest import Reach, search
from cfgeo.walk.search import WalkGraph
from cfgeo.walk.service_area import reached_in_all_directions

_CLEAR_M = 6.0  # land this near to an unreached street belongs to that street
_CORE_M = 1.5  # a reached street itself is always inside
_SLIVER_M = 1e-6  # stretches shorter than this are rounding, where two directions end at one spot
_LATE_S = 30.0  # a street counts as unreached if it takes this much longer than the limit
_OFF_CELLS_M = 1e-4
CELL_M = 8.0
"""Cell of the raster that land is measured and drawn on; larger where that would take more than ``MOST_CELLS``."""
MOST_CELLS = 8_000_000
_LEAST_CELLS = 2.2  # the distance that land reaches from streets, in cells
_HOLE_SHARE = 1e-5  # of the bounding box: smaller holes are invisible on a map


def isochrones(graph: WalkGraph, network: Network, places: Positions, *, minutes: tuple[float, ...]) -> list[Any]:
    """Return the land within walks of the nearest place, a polygon for each limit.

    Parameters
    ----------
    graph, network
        The network, with and without the seconds of the walker.
    places
        Where the places meet it.
    minutes
        The limits [min].

    Returns
    -------
    list of shapely.MultiPolygon
        Valid, in the network's CRS, with holes where nobody gets within the limit; empty where nothing is reached.
    """
    return list(each_isochrone(graph, network, places, minutes=minutes))


def each_isochrone(
    graph: WalkGraph, network: Network, places: Positions, *, minutes: tuple[float, ...]
) -> Iterator[Any]:
    """Yield what :func:`isochrones` returns, each as soon as it is drawn."""
    reach = search(graph, places, limit_s=max(minutes, default=0) * SECONDS_PER_MINUTE + _LATE_S)
    for limit in minutes:
        yield _polygon(network, reach, limit_s=limit * SECONDS_PER_MINUTE)


def _polygon(network: Network, reach: Reach, *, limit_s: float) -> Any:
    """Buffer the reached streets, subtract strips along unreached streets, and add the reached streets again.

    The strips matter where an unreached street runs beside a reached one: above it on a terrace, or over it on a
    bridge. Bridges and tunnels themselves are drawn as wide as a line: nobody steps off them.
    """
    edges = whole_edges(len(network.edges))
    reached, _ = reached_in_all_directions(reach, edges, limit_s=limit_s)
    nearly, _ = reached_in_all_directions(reach, edges, limit_s=limit_s + _LATE_S)
    lines = network.edges.geometry.to_numpy()
    inside, edge = _cut(lines, reached)
    if len(inside) == 0:
        return shapely.MultiPolygon()
    off_structure = ~network.edges["structure"].to_numpy()[edge]
    land = _land(inside[off_structure])
    shapely.prepare(land)
    beyond, _ = _cut(lines, complement(nearly, n_edges=len(lines)))
    strips = shapely.disjoint_subset_union_all(
        shapely.buffer(beyond[shapely.intersects(land, beyond)], _CLEAR_M, quad_segs=2)
    )
    shapely.prepare(strips)
    thin = ~shapely.contains_properly(land, inside) | shapely.intersects(strips, inside)
    core = shapely.disjoint_subset_union_all(shapely.buffer(inside[thin], _CORE_M, quad_segs=2))
    return _as_multipolygon(shapely.union(shapely.difference(land, strips), core))


def _land(lines: Any) -> Any:
    """Return the land around streets, on a raster whose cell grows with the extent."""
    west, south, east, north = shapely.total_bounds(lines) if len(lines) else (0.0, 0.0, 0.0, 0.0)
    box_m2 = float((east - west) * (north - south))
    cell_m = max(CELL_M, float(np.sqrt(box_m2 / MOST_CELLS)))
    radius_m = max(LAND_M, _LEAST_CELLS * cell_m)
    return grown(lines, radius_m, cell_m=cell_m, least_hole_m2=box_m2 * _HOLE_SHARE)


def grown(lines: Any, radius_m: float, *, cell_m: float, least_hole_m2: float = 0.0) -> Any:
    """Return the land within a distance of lines: the contour of a distance transform on a raster.

    Parameters
    ----------
    lines
        LineStrings with a length, in a metric CRS.
    radius_m
        The distance [m]; more than two cells.
    cell_m
        The raster's cell [m], which bounds the error of the outline.
    least_hole_m2
        Smaller holes are filled [m²].

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
    marked = np.zeros((row.max() + pad + 1, column.max() + pad + 1), dtype=bool)
    marked[row, column] = True
    distance_m = np.sqrt(_squared_cells(marked, pad), dtype=float) * cell_m
    x = (origin[0] + 0.5 + np.arange(marked.shape[1])) * cell_m
    y = (origin[1] + 0.5 + np.arange(marked.shape[0])) * cell_m
    contours = contourpy.contour_generator(x, y, distance_m, fill_type=contourpy.FillType.ChunkCombinedOffsetOffset)
    # A contour that passes through no cell's middle never touches itself, so the polygon is valid. 0.1 mm more than the
    # radius is enough: no distance between cells is that.
    chunks = cast("tuple[list[Any], list[Any], list[Any]]", contours.filled(-1.0, radius_m + _OFF_CELLS_M))
    points, rings, polygons = (parts[0] for parts in chunks)
    return _polygons_of(points, rings.astype(np.int64), polygons.astype(np.int64), least_hole_m2)


def _squared_cells(marked: BoolArray, steps: int) -> Any:
    """Return each cell's squared distance to the nearest marked cell, in cells: exact up to ``steps``, no less beyond.

    An exact Euclidean distance transform, separable by axis (Saito & Toriwaki 1994). SciPy's has no bound and takes
    five times as long.
    """
    squared = np.where(marked, 0, (steps + 1) ** 2).astype(np.uint16)
    for axis in (squared, squared.T):
        before = axis.copy()
        for step in range(1, steps + 1):
            further = before + np.uint16(step * step)
            np.minimum(axis[step:], further[:-step], out=axis[step:])
            np.minimum(axis[:-step], further[step:], out=axis[:-step])
    return squared


def _polygons_of(points: FloatArray, rings: IntArray, polygons: IntArray, least_hole_m2: float) -> Any:
    """Return a multipolygon from rings, without small holes; the first ring of each polygon is its outer ring."""
    x, y = (points - points[0]).T
    cross = np.r_[x[:-1] * y[1:] - x[1:] * y[:-1], 0.0]
    cross[rings[1:] - 1] = 0.0  # from the end of a ring to the start of the next
    kept = np.abs(np.add.reduceat(cross, rings[:-1])) / 2 >= least_hole_m2
    kept[polygons[:-1]] = True
    size = np.diff(rings)
    offsets = (
        run_offsets(size[kept]),
        run_offsets(np.add.reduceat(kept.astype(np.int64), polygons[:-1])),
        np.array([0, len(polygons) - 1]),
    )
    return shapely.from_ragged_array(shapely.GeometryType.MULTIPOLYGON, points[np.repeat(kept, size)], offsets)[0]


def _cut(lines: Any, parts: Stretches) -> tuple[Any, IntArray]:
    """Return stretches as lines, with their edges, without those that have no length, as lifts."""
    long = shapely.length(lines)[parts.edge] * (parts.end - parts.start) > _SLIVER_M
    edge, start, end = parts.edge[long], parts.start[long], parts.end[long]
    stretches = lines[edge]
    partial = (start > 0) | (end < 1)  # most edges are reached from end to end, or not at all
    stretches[partial] = cut_lines(stretches[partial], start[partial], end[partial])
    return stretches, edge


def _as_multipolygon(shape: Any) -> Any:
    """Return the polygons of a shape as one multipolygon."""
    parts = shapely.get_parts(shape)
    return shapely.multipolygons(parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON])
