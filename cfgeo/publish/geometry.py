"""Geometry for pages: from the metric CRS to WGS-84, simplified, and packed into short texts.

Lines are steps from point to point in units of 1e-5 degree (about 1 m), as varints in base64: a seventh of what GeoJSON
takes, and nothing for a browser to parse before it draws them. ``shared/packed.js`` reads them.
"""

import base64
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from cfgeo.core.arrays import run_offsets, starts_run
from cfgeo.core.hashes import Pieces
from cfgeo.core.schema import ESCALATOR, LIFT, NO_ROADS, STEPS, WGS84, FloatArray, IntArray, Network

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
_RING_CORNERS = 4  # the last one is the first again
_VARINT_BITS = 7

_MAJOR = ("motorway", "trunk", "primary", "secondary", "tertiary")

Point = list[int]
Packed = str


def packed(numbers: Any) -> Packed:
    """Return whole numbers as base64 of varints: seven bits a byte, the low ones first, the sign in the lowest bit."""
    values = np.asarray(numbers, dtype=np.int64)
    values = ((values << 1) ^ (values >> 63)).astype(np.uint64)
    most = max(1, -(-int(values.max(initial=0)).bit_length() // _VARINT_BITS))
    shifts = np.arange(0, _VARINT_BITS * most, _VARINT_BITS, dtype=np.uint64)
    groups = (values[:, np.newaxis] >> shifts).astype(np.int64)
    is_there = groups > 0
    is_there[:, 0] = True
    follows = np.column_stack([is_there[:, 1:], np.zeros(len(groups), dtype=bool)])
    body = (groups & 127 | np.where(follows, 128, 0)).astype(np.uint8)[is_there].tobytes()
    return base64.b64encode(body).decode("ascii").rstrip("=")


def packed_lines(lines: Iterable[IntArray], *, heads: Mapping[int, int] = MappingProxyType({})) -> Packed:
    """Return lines (points x 2) packed; a number of ``heads`` stands before the line of that position."""
    lines = list(lines)
    if not lines:
        return ""
    counts = np.array([len(line) for line in lines])
    steps = np.diff(np.concatenate(lines), axis=0, prepend=0)
    ahead = [[heads[nth], count] if nth in heads else [count] for nth, count in enumerate(counts.tolist())]
    begin = (2 * run_offsets(counts)[:-1]).tolist()
    places = np.repeat(begin, [len(numbers) for numbers in ahead])
    return packed(np.insert(steps.ravel(), places, np.concatenate(ahead)))


class Projector:
    """Turns geometry in one metric CRS into the page's units.

    Parameters
    ----------
    crs
        The metric CRS.
    pieces
        What was drawn before.
    """

    def __init__(self, crs: str, pieces: Pieces | None = None) -> None:
        self._transformer = pyproj.Transformer.from_crs(crs, WGS84, always_xy=True)
        self._crs, self.pieces = crs, pieces or Pieces()

    def units(self, xy: FloatArray) -> Any:
        """Return positions as whole units (positions x 2)."""
        lon, lat = self._transformer.transform(xy[:, 0], xy[:, 1])
        return np.rint(np.column_stack([lon, lat]) * UNITS_PER_DEGREE).astype(np.int64)

    def bounds(self, box: FloatArray) -> list[int]:
        """Return west, south, east and north of a box in the metric CRS."""
        return [int(unit) for unit in self.units(np.reshape(box, (2, 2))).ravel()]

    def point(self, geometry: Any) -> Point:
        """Return one point."""
        x, y = self.units(shapely.get_coordinates(geometry)[:1])[0].tolist()
        return [x, y]

    def lines(self, geometries: Any) -> Packed:
        """Return every line or ring of an array of them, without those that are a single point at this grain.

        Each is the number of its points, and the steps to them; the first from the last point before.
        """
        return packed_lines(line for line in self._each(shapely.get_parts(geometries)) if len(line) > 1)

    def lines_of_each(self, geometries: Any) -> list[Packed]:
        """Return the lines of each of an array of geometries, as :meth:`lines` does."""
        parts, owner = shapely.get_parts(geometries, return_index=True)
        lines = self._each(parts)
        ends = np.searchsorted(owner, np.arange(len(geometries) + 1)).tolist()
        return [packed_lines(line for line in lines[first:end] if len(line) > 1) for first, end in pairwise(ends)]

    def polygons(self, geometry: Any, *, tolerance_m: float = 0.0) -> Packed:
        """Return every polygon of a (multi)polygon or of an array of them.

        Each is the number of its rings, and these as :meth:`lines` has them, the outer one first, without the last
        corner. Rings are simplified separately: simplified together, they would take time with the square of their
        number.
        """
        if not tolerance_m:
            return self._polygons(geometry, 0.0)
        made_of = [f"polygons {self._crs} {tolerance_m}".encode(), *bytes_of(geometry)]
        return self.pieces.text(made_of, lambda: self._polygons(geometry, tolerance_m))

    def _polygons(self, geometry: Any, tolerance_m: float) -> Packed:
        parts = shapely.get_parts(shapely.get_parts(geometry))
        parts = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
        rings, owner = shapely.get_rings(parts, return_index=True)
        corners = self._each(_simple_rings(rings, tolerance_m) if tolerance_m else rings)
        begin = np.searchsorted(owner, np.arange(len(parts) + 1)).tolist()
        shapes = [
            [corners[first], *(hole for hole in corners[first + 1 : end] if len(hole) >= _RING_CORNERS)]
            for first, end in pairwise(begin)
            if first < end and len(corners[first]) >= _RING_CORNERS
        ]
        first_rings = run_offsets([len(shape) for shape in shapes])[:-1]
        return packed_lines(
            (ring[:-1] for shape in shapes for ring in shape),
            heads=dict(zip(first_rings.tolist(), (len(shape) for shape in shapes), strict=True)),
        )

    def _each(self, lines: Any) -> list[IntArray]:
        """Return the points of each line in units, each once where several in a row fall together."""
        xy, owner = shapely.get_coordinates(lines, return_index=True)
        if len(xy) == 0:
            return [np.empty((0, 2), dtype=np.int64) for _ in lines]
        units = self.units(xy)
        kept = starts_run(owner) | np.diff(units, axis=0, prepend=0).any(axis=1)
        return np.split(units[kept], np.cumsum(np.bincount(owner[kept], minlength=len(lines)))[:-1])


def _simple_rings(rings: Any, tolerance_m: float) -> Any:
    """Return rings with fewer corners, each valid (Douglas & Peucker 1973).

    GEOS takes fifteen times as long where it preserves the topology: it does so for the few rings that would otherwise
    cross themselves or fall together.
    """
    simple = shapely.simplify(rings, tolerance_m, preserve_topology=False)
    broken = ~shapely.is_valid(simple) | (shapely.get_num_coordinates(simple) < _RING_CORNERS)
    simple[broken] = shapely.simplify(rings[broken], tolerance_m)
    return simple


def bytes_of(shapes: Any) -> list[bytes]:
    """Return a shape, or each of an array of them, as bytes that say all of it."""
    return [shape or b"" for shape in shapely.to_wkb(np.atleast_1d(shapes))]


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
