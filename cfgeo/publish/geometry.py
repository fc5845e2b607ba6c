"""Geometry for pages: from the metric CRS to WGS-84, simplified, as short lists of whole numbers.

A line is ``[x, y, dx, dy, dx, dy, …]`` in units of 1e-5 degree (about 1 m): a fifth of what GeoJSON takes.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from cfgeo.core.arrays import run_offsets, starts_run
from cfgeo.core.schema import ESCALATOR, LIFT, NO_ROADS, STEPS, WGS84, FloatArray, Network

UNITS_PER_DEGREE = 100_000
MAP_DEGREE_DECIMALS = 6
"""Of positions that are shown, a tenth of a metre; ``core.schema`` has those of positions to build at."""
COMMUNITY_TOLERANCE_M = 3.0
LINE_TOLERANCE_M = 2.0
POLYGON_TOLERANCE_M = 4.0
MARGIN_M = 1_000.0
_EDGES_AT_FULL_DETAIL = 20_000
_AREA = 2
_KINDS = ("point", "line", "area")  # by dimension
_RING_NUMBERS = 8  # four corners of two numbers each

_MAJOR = ("motorway", "trunk", "primary", "secondary", "tertiary")

Line = list[int]
Shape = list[list[Line]]


class Projector:
    """Turns geometry in one metric CRS into the page's lists.

    Parameters
    ----------
    crs
        The metric CRS.
    """

    def __init__(self, crs: str) -> None:
        self._transformer = pyproj.Transformer.from_crs(crs, WGS84, always_xy=True)

    def units(self, xy: FloatArray) -> Any:
        """Return positions as whole units (positions x 2)."""
        lon, lat = self._transformer.transform(xy[:, 0], xy[:, 1])
        return np.rint(np.column_stack([lon, lat]) * UNITS_PER_DEGREE).astype(np.int64)

    def bounds(self, box: FloatArray) -> Line:
        """Return west, south, east and north of a box in the metric CRS."""
        return [int(unit) for unit in self.units(np.reshape(box, (2, 2))).ravel()]

    def point(self, geometry: Any) -> Line:
        """Return one point."""
        x, y = self.units(shapely.get_coordinates(geometry)[:1])[0].tolist()
        return [x, y]

    def lines(self, geometries: Any) -> list[Line]:
        """Return every line or ring of an array of them, without those that are a single point at this grain."""
        return [line for line in self._each(shapely.get_parts(geometries)) if line]

    def lines_of_each(self, geometries: Any) -> list[list[Line]]:
        """Return the lines of each of an array of geometries, as :meth:`lines` does."""
        parts, owner = shapely.get_parts(geometries, return_index=True)
        lines = self._each(parts)
        ends = np.searchsorted(owner, np.arange(len(geometries) + 1)).tolist()
        return [[line for line in lines[first:end] if line] for first, end in pairwise(ends)]

    def polygons(self, geometry: Any, *, tolerance_m: float = 0.0) -> Shape:
        """Return every polygon of a (multi)polygon as its rings, the outer one first.

        Rings are simplified separately: simplified together, they would take time with the square of their number.
        """
        parts = shapely.get_parts(geometry)
        parts = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
        rings, owner = shapely.get_rings(parts, return_index=True)
        lists = self._each(shapely.simplify(rings, tolerance_m) if tolerance_m else rings)
        begin = np.searchsorted(owner, np.arange(len(parts) + 1)).tolist()
        return [
            [lists[first], *(hole for hole in lists[first + 1 : end] if len(hole) >= _RING_NUMBERS)]
            for first, end in pairwise(begin)
            if first < end and len(lists[first]) >= _RING_NUMBERS
        ]

    def _each(self, lines: Any) -> list[Line]:
        """Return each line; an empty one where all its corners fall on one point."""
        xy, owner = shapely.get_coordinates(lines, return_index=True)
        if len(xy) == 0:
            return [[] for _ in lines]
        units = self.units(xy)
        is_first = starts_run(owner)
        moves = np.where(is_first[:, np.newaxis], units, np.diff(units, axis=0, prepend=0))
        kept = is_first | moves.any(axis=1)
        numbers = moves[kept].ravel().tolist()
        ends = run_offsets(2 * np.bincount(owner[kept], minlength=len(lines))).tolist()
        return [numbers[first:end] if end - first > 2 else [] for first, end in pairwise(ends)]


def simplified_coverage(communities: gpd.GeoDataFrame) -> Any:
    """Return the communities' polygons with fewer corners; neighbours keep one common border."""
    geometry = np.array([_area(shape) for shape in communities.geometry], dtype=object)
    simpler = shapely.coverage_simplify(geometry, COMMUNITY_TOLERANCE_M)
    # Overlapping neighbours are no coverage, and simplification may then lose one of them.
    lost = shapely.is_empty(simpler) | ~shapely.is_valid(simpler)
    return np.where(lost, geometry, simpler)


def _area(shape: Any) -> Any:
    """Return the polygons of a repaired shape: repairing may leave lines beside them."""
    if shapely.get_type_id(shape) != shapely.GeometryType.GEOMETRYCOLLECTION:
        return shape
    parts = [_area(part) for part in shapely.get_parts(shape) if shapely.get_dimensions(part) == _AREA]
    return shapely.union_all(parts)


def drawn_shapes(shape: Any) -> list[dict[str, Any]]:
    """Return a shape in WGS-84 as Leaflet's positions, in full detail.

    Returns
    -------
    list of dict
        One for the points that it has, one for its lines, one for its areas: ``kind`` (point | line | area), ``at``.
    """
    parts = shapely.get_parts(shape)
    drawn = []
    for dimension, kind in enumerate(_KINDS):
        lines = parts[shapely.get_dimensions(parts) == dimension]
        if dimension == _AREA:
            lines = shapely.get_exterior_ring(lines)
        at = [np.round(shapely.get_coordinates(line)[:, ::-1], MAP_DEGREE_DECIMALS).tolist() for line in lines]
        if at:
            drawn.append({"kind": kind, "at": at})
    return drawn


def outlines(polygons: Any, groups: pd.Series) -> dict[str, Any]:
    """Return the outline of each group of polygons: group → geometry."""
    values = groups.to_numpy()
    return {
        str(name): shapely.union_all(shapely.buffer(polygons[values == name], 0)) for name in pd.unique(groups) if name
    }


def street_lines(network: Network, projector: Projector, bounds: Sequence[float]) -> dict[str, Any]:
    """Return the network as lines by how they are drawn, and its lifts as points.

    Parameters
    ----------
    network
        The walking network.
    projector
        From its CRS to the page.
    bounds
        West, south, east and north of the communities; what lies further off than ``MARGIN_M`` is left out.
    """
    edges = network.edges
    box = shapely.box(bounds[0] - MARGIN_M, bounds[1] - MARGIN_M, bounds[2] + MARGIN_M, bounds[3] + MARGIN_M)
    geometry = edges.geometry.to_numpy()
    # A lift has no length and hence no bounds that overlap in the usual sense: its first corner decides.
    near = shapely.intersects(shapely.get_point(geometry, 0), box) | shapely.intersects(geometry, box)
    drawn = _drawn_as(edges)
    tolerance_m = LINE_TOLERANCE_M * max(1.0, float(near.sum()) / _EDGES_AT_FULL_DETAIL)
    lines: dict[str, Any] = {}
    for name in ("path", "minor", "major", STEPS, ESCALATOR):
        alike = geometry[near & (drawn == name)]
        merged = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(alike))) if len(alike) else alike
        lines[name] = projector.lines(shapely.simplify(merged, tolerance_m))
    lines[LIFT] = sorted({tuple(projector.point(lift)) for lift in geometry[near & (drawn == LIFT)]})
    return lines


def _drawn_as(edges: gpd.GeoDataFrame) -> Any:
    """Return how each edge is drawn: by its form, or by its class of street; ways across squares are not drawn."""
    road = edges["highway"].astype(str).str.removesuffix("_link")
    street = np.where(road.isin(_MAJOR), "major", np.where(road.isin(NO_ROADS), "path", "minor"))
    form = edges["form"].astype(str).to_numpy()
    street = np.where(edges["across"].to_numpy(), "", street)
    return np.where(np.isin(form, [STEPS, LIFT, ESCALATOR]), form, street)
