"""Walkable areas → the ways across them, between the places where somebody enters, straight or round what stands there.

An area is entered at nodes of its outline from which another way leads off, and at ends and junctions of ways inside
it on the same storey. Areas that overlap or share a stretch of outline are one square.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pyproj
import shapely
from scipy import sparse

from cfgeo.core.arrays import enumerate_runs, run_offsets
from cfgeo.core.findings import finding
from cfgeo.core.schema import LEVEL, BoolArray, FloatArray, IntArray, StreetAreas, StreetWays
from cfgeo.files.osm.areas import CROSSED, same_storey
from cfgeo.network.squares.visibility import ROUNDING_M, inner_ways, needed

MOST_ENTRIES = 300
"""A square with more is walked along its outline only, and a finding says so."""
MOST_EXACT = 60
"""Between more entries than these, walks may be longer than the shortest by ``STRETCH``."""
STRETCH = 0.005
_MOST_NAMED = 10

Ways = tuple[IntArray, Any]  # pairs of entries (pairs × 2), their lines


@dataclass(frozen=True)
class StreetGraph:
    """Ways as they are cut, without ways across squares.

    Attributes
    ----------
    osm_ids : numpy.ndarray
        The nodes, ascending.
    xy : numpy.ndarray
        Their positions in metres (nodes × 2).
    node : numpy.ndarray
        Position in ``osm_ids`` (vertices of the ways).
    breaks : numpy.ndarray
        Whether edges end there (nodes).
    through : numpy.ndarray
        Whether somebody passes without delay: no lift, no road with waits (nodes).
    u, v, length_m : numpy.ndarray
        Edges that everybody walks in both directions.
    """

    osm_ids: IntArray
    xy: FloatArray
    node: IntArray
    breaks: BoolArray
    through: BoolArray
    u: IntArray
    v: IntArray
    length_m: FloatArray


def _no_ints() -> IntArray:
    return np.empty(0, dtype=np.int64)


@dataclass(frozen=True)
class Crossings:
    """Ways across squares.

    Attributes
    ----------
    area : numpy.ndarray
        The row of the area in ``StreetAreas.table`` (crossings).
    u, v : numpy.ndarray
        Positions of their end nodes (crossings).
    lines : numpy.ndarray
        LineStrings in the metric CRS (crossings).
    findings : tuple of dict
        Squares that are not crossed.
    known : Mapping
        What was found for each square, by what it was found from: squares that stay the same are not searched again.
    areas : StreetAreas, optional
        What the squares are made of.
    squares : tuple of _Square
    """

    area: IntArray = field(default_factory=_no_ints)
    u: IntArray = field(default_factory=_no_ints)
    v: IntArray = field(default_factory=_no_ints)
    lines: Any = field(default_factory=lambda: np.empty(0, dtype=object))
    findings: tuple[dict[str, Any], ...] = ()
    known: Mapping[tuple[bytes, ...], Ways | None] = field(default_factory=dict)
    areas: StreetAreas | None = None
    squares: tuple["_Square", ...] = ()

    @cached_property
    def length_m(self) -> FloatArray:
        """Their lengths [m] (crossings)."""
        return np.asarray(shapely.length(self.lines), dtype=float)


def cross_squares(streets: StreetWays, graph: StreetGraph, *, crs: str, before: Crossings | None = None) -> Crossings:
    """Return the ways across the areas of some streets.

    Parameters
    ----------
    streets
        The ways, with areas or without.
    graph
        The same ways as they are cut.
    crs
        The metric CRS.
    before
        The crossings of streets most of which are the same.
    """
    areas = streets.areas
    if areas is None or not len(areas.table):
        return Crossings()
    found: list[tuple[IntArray, IntArray, Any]] = []
    known: dict[tuple[bytes, ...], Ways | None] = {}
    same = before is not None and before.areas is areas
    squares = before.squares if before is not None and same else tuple(_squares(areas, streets.crs, crs))
    entered = _Entered(streets, areas, graph)
    refused: list[str] = []
    for square in squares:
        entries = entered.entries(square)
        if len(entries) < 2:
            continue
        there, through = entered.between(entries), graph.through[entries]
        key = (shapely.to_wkb(square.shape), graph.osm_ids[entries].tobytes(), there.tobytes(), through.tobytes())
        if before is not None and key in before.known:
            known[key] = before.known[key]
        elif key not in known:
            known[key] = _ways_across(square.shape, graph.xy[entries], there, through)
        ways = known[key]
        if ways is None:
            refused.append(_name(areas, square.areas[0]))
        elif len(ways[1]):
            found.append((square.areas_of(ways[1]), entries[ways[0]], ways[1]))
    made = Crossings(findings=(_refusal(refused),) if refused else (), known=known, areas=areas, squares=squares)
    if not found:
        return made
    area, ends, lines = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return replace(made, area=area, u=ends[:, 0], v=ends[:, 1], lines=lines)


def _refusal(names: list[str]) -> dict[str, Any]:
    shown = tuple(dict.fromkeys(names))[:_MOST_NAMED]
    return finding("squares_too_large", "network", count=len(names), squares=shown, entries=MOST_ENTRIES)


def _name(areas: StreetAreas, row: int) -> str:
    name, way = (str(areas.table[column].iloc[row]) for column in ("name", "osm_id"))
    return name or (f"way/{way}" if way != "0" else "–")


def _ways_across(shape: Any, at: FloatArray, there: FloatArray, through: BoolArray) -> Ways | None:
    """Return the ways that a square needs, or None where it is too large."""
    ways = inner_ways(shape, at) if len(at) <= MOST_ENTRIES else None
    if ways is None:
        return None
    pairs = needed(ways.metres, there, through, stretch=0.0 if len(at) <= MOST_EXACT else STRETCH)
    lines = np.empty(len(pairs), dtype=object)
    lines[:] = [ways.line(a, b) for a, b in pairs.tolist()]
    return pairs, lines


@dataclass(frozen=True)
class _Square:
    """A polygon that can be crossed, the areas that it is made of, and the polygons of these."""

    shape: Any
    areas: IntArray
    shapes: Any

    def areas_of(self, lines: Any) -> IntArray:
        """Return the area that the middle of each line lies in."""
        middle = shapely.line_interpolate_point(lines, 0.5, normalized=True)
        return np.asarray(self.areas[np.argmin(shapely.distance(self.shapes[:, None], middle), axis=0)])


def _squares(areas: StreetAreas, read_crs: Any, crs: str) -> Iterator[_Square]:
    """Return the squares that areas are: those that overlap or share a stretch of outline are one."""
    to_metres = pyproj.Transformer.from_crs(read_crs, crs, always_xy=True)
    xy = np.column_stack(to_metres.transform(areas.x, areas.y))
    owner = np.repeat(np.arange(len(areas.area)), np.diff(areas.offsets))
    lines = np.asarray(shapely.linestrings(xy, indices=owner), dtype=object)
    shapes = np.array([_polygon(lines[areas.area == row], areas.hole[areas.area == row])
                       for row in range(len(areas.table))], dtype=object)  # fmt: skip
    crossed = (areas.table["form"] == LEVEL) & areas.table["highway"].isin(CROSSED)
    rows = np.flatnonzero(crossed.to_numpy() & (shapely.area(shapes) > 0))
    first, second = shapely.STRtree(shapes[rows]).query(shapes[rows], predicate="intersects")
    first, second = rows[first], rows[second]
    alike = areas.table.groupby(["storey", "structure", "narrow", "trail"], sort=False).ngroup().to_numpy()
    joined = (first < second) & (alike[first] == alike[second])
    first, second = first[joined], second[joined]
    joined = shapely.length(shapely.intersection(shapes[first], shapes[second])) > ROUNDING_M
    links = sparse.coo_array((np.ones(joined.sum()), (first[joined], second[joined])), shape=(len(shapes),) * 2)
    _, group = sparse.csgraph.connected_components(links, directed=False)
    for number in np.unique(group[rows]).tolist():
        members = rows[group[rows] == number]
        whole = shapes[members[0]] if len(members) == 1 else shapely.union_all(shapes[members])
        for part in shapely.get_parts(whole):
            if shapely.get_dimensions(part) == 2:
                yield _Square(part, members, shapes[members])


def _polygon(lines: Any, hole: BoolArray) -> Any:
    """Return the polygon within lines, without its holes: of outlines that cross themselves, what they go round."""
    outer, inner = (shapely.build_area(shapely.union_all(lines[side])) for side in (~hole, hole))
    return shapely.difference(outer, inner) if hole.any() else outer


class _Entered:
    """Finds where squares are entered."""

    def __init__(self, streets: StreetWays, areas: StreetAreas, graph: StreetGraph) -> None:
        self.areas, self.graph = areas, graph
        run = np.repeat(np.arange(len(streets.ways)), np.diff(streets.offsets))
        step = np.flatnonzero(run[1:] == run[:-1])
        a, b = graph.node[step], graph.node[step + 1]
        n_nodes = len(graph.osm_ids)
        self.steps = _Grouped(np.r_[a, b], np.r_[b, a], n_nodes)
        self.runs = _Grouped(graph.node, run, n_nodes)
        self.edges = _Grouped(graph.u, np.arange(len(graph.u)), n_nodes)
        self.storey = streets.ways["storey"].to_numpy(dtype=object)
        self.inner = np.flatnonzero(graph.breaks & ~np.isin(graph.osm_ids, streets.shut.index))
        self.tree = shapely.STRtree(shapely.points(graph.xy[self.inner]))
        at = np.minimum(np.searchsorted(graph.osm_ids, areas.node_ids), n_nodes - 1)
        self.vertex = np.where(graph.osm_ids[at] == areas.node_ids, at, -1)
        self.line = np.repeat(np.arange(len(areas.area)), np.diff(areas.offsets))
        self.by_area = _Grouped(areas.area[self.line], np.arange(len(self.line)), len(areas.table))
        self.area_storey = areas.table["storey"].tolist()

    def entries(self, square: _Square) -> IntArray:
        """Return the nodes at which a square is entered, ascending."""
        n_nodes = len(self.graph.osm_ids)
        _, mine = self.by_area.of(square.areas)
        vertex, line = self.vertex[mine], self.line[mine]
        step = np.flatnonzero((line[1:] == line[:-1]) & (vertex[1:] >= 0) & (vertex[:-1] >= 0))
        a, b = vertex[step], vertex[step + 1]
        outline = np.unique(vertex[vertex >= 0])
        owner, other = self.steps.of(outline)
        leads_off = ~np.isin(owner * n_nodes + other, np.r_[a * n_nodes + b, b * n_nodes + a])
        doors = np.unique(owner[leads_off])
        doors = doors[shapely.dwithin(shapely.points(self.graph.xy[doors]), square.shape, ROUNDING_M)]
        inner = np.setdiff1d(self.inner[self.tree.query(square.shape, predicate="contains_properly")], outline)
        return np.union1d(doors, inner[self._on_storey(inner, self.area_storey[square.areas[0]])])

    def _on_storey(self, nodes: IntArray, storey: str) -> BoolArray:
        """Return whether all ways at nodes are on a storey (nodes)."""
        if len(nodes) == 0:
            return np.zeros(0, dtype=bool)
        owner, run = self.runs.of(nodes)
        names, which = np.unique(self.storey[run].astype(str), return_inverse=True)
        other = ~np.array([same_storey(storey, name) for name in names], dtype=bool)[which]
        return ~np.isin(nodes, owner[other])

    def between(self, entries: IntArray) -> FloatArray:
        """Return the lengths of edges between entries; inf: none (entries × entries)."""
        _, edge = self.edges.of(entries)
        u, v, length_m = self.graph.u[edge], self.graph.v[edge], self.graph.length_m[edge]
        both = np.isin(v, entries)
        a, b = np.searchsorted(entries, u[both]), np.searchsorted(entries, v[both])
        there = np.full((len(entries), len(entries)), np.inf)
        np.minimum.at(there, (np.r_[a, b], np.r_[b, a]), np.tile(length_m[both], 2))
        return there


class _Grouped:
    """Values by the node that they belong to."""

    def __init__(self, node: IntArray, value: IntArray, n_nodes: int) -> None:
        order = np.argsort(node, kind="stable")
        self.value = value[order]
        self.offsets = run_offsets(np.bincount(node, minlength=n_nodes))

    def of(self, nodes: IntArray) -> tuple[IntArray, IntArray]:
        """Return the nodes, once for each of their values, and the values."""
        first = self.offsets[nodes]
        nth, at = enumerate_runs(self.offsets[nodes + 1] - first)
        return nodes[nth], self.value[first[nth] + at]
