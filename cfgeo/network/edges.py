"""Ways → edges from junction to junction. After changes, only the ways that they touch are cut again."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pyproj
import shapely

from cfgeo.core.arrays import enumerate_runs
from cfgeo.core.schema import LEVEL, NO_ROADS, WGS84, BoolArray, FloatArray, IntArray, StreetWays
from cfgeo.files.osm.tags import SIGNAL_ROADS
from cfgeo.network.squares.crossings import Crossings, StreetGraph, cross_squares


@dataclass(frozen=True)
class CutWays:
    """Ways, the edges that they are cut into, in the order of the ways, and the crossings of squares.

    Attributes
    ----------
    streets : StreetWays
    crs : str
        The metric CRS.
    osm_ids : numpy.ndarray
        The nodes, ascending.
    node : numpy.ndarray
        Position in ``osm_ids`` (vertices of the ways).
    xy : numpy.ndarray
        In the metric CRS (vertices × 2).
    breaks : numpy.ndarray
        Whether an edge has to end here: ends of ways, shared nodes, lifts (vertices).
    run : numpy.ndarray
        The row of the edge's way (edges).
    first, last : numpy.ndarray
        The vertices at which it begins and ends (edges).
    lines : numpy.ndarray
        LineStrings (edges).
    length_m : numpy.ndarray
        (edges)
    crossings : Crossings
        Their edges come after those of the ways.
    """

    streets: StreetWays
    crs: str
    osm_ids: IntArray
    node: IntArray
    xy: FloatArray
    breaks: BoolArray
    run: IntArray
    first: IntArray
    last: IntArray
    lines: Any
    length_m: FloatArray
    crossings: Crossings = field(default_factory=Crossings)

    @cached_property
    def way_lines(self) -> Any:
        """The ways' whole lines."""
        return np.asarray(shapely.linestrings(self.xy, indices=_run_of(self.streets)), dtype=object)

    @cached_property
    def way_tree(self) -> shapely.STRtree:
        """A spatial index over ``way_lines``."""
        return shapely.STRtree(self.way_lines)

    @cached_property
    def to_read(self) -> pyproj.Transformer:
        """From the metric CRS to that of the ways."""
        return pyproj.Transformer.from_crs(self.crs, self.streets.crs, always_xy=True)

    @cached_property
    def to_degrees(self) -> pyproj.Transformer:
        """From the metric CRS to WGS-84."""
        return pyproj.Transformer.from_crs(self.crs, WGS84, always_xy=True)

    @cached_property
    def from_degrees(self) -> pyproj.Transformer:
        """From WGS-84 to the metric CRS."""
        return pyproj.Transformer.from_crs(WGS84, self.crs, always_xy=True)

    @property
    def way_ids(self) -> IntArray:
        """The ids of the edges' ways (edges)."""
        return np.asarray(self.streets.ways["osm_id"].to_numpy()[self.run], dtype=np.int64)

    @cached_property
    def all_lines(self) -> Any:
        """The lines of all edges, then of all crossings."""
        return np.r_[self.lines, self.crossings.lines]

    @cached_property
    def all_ids(self) -> IntArray:
        """The ids of the ways of all edges, then of the areas of all crossings."""
        areas = self.streets.areas
        if areas is None:
            return self.way_ids
        return np.concatenate([self.way_ids, areas.table["osm_id"].to_numpy(dtype=np.int64)[self.crossings.area]])

    @property
    def ends(self) -> tuple[IntArray, IntArray]:
        """The nodes at which edges, then crossings, begin and end."""
        u, v = self.node[self.first], self.node[self.last]
        return np.r_[u, self.crossings.u], np.r_[v, self.crossings.v]

    @cached_property
    def node_xy(self) -> FloatArray:
        """The positions of the nodes in the metric CRS (nodes × 2)."""
        xy = np.empty((len(self.osm_ids), 2))
        xy[self.node] = self.xy
        return xy

    @property
    def share(self) -> FloatArray:
        """The share of its way's length that each edge has (edges)."""
        step_m = np.hypot(*np.diff(self.xy, axis=0, append=self.xy[-1:]).T)
        step_m[self.streets.offsets[1:] - 1] = 0.0
        way_m = np.bincount(_run_of(self.streets), weights=step_m)[self.run]
        return np.divide(self.length_m, way_m, where=way_m > 0, out=np.zeros_like(way_m))


def cut_ways(streets: StreetWays, *, crs: str) -> CutWays:
    """Cut ways at junctions.

    Edges that cross or retrace themselves, or end where they began, are cut at every vertex.

    Parameters
    ----------
    streets
        At least one way.
    crs
        The metric CRS.
    """
    osm_ids, node = np.unique(streets.node_ids, return_inverse=True)
    xy = _metres(streets, np.ones(len(node), dtype=bool), crs)
    breaks = _breaks(streets, osm_ids, node)
    edges = _edges(node, xy, breaks, _run_of(streets), np.ones(len(streets.ways), dtype=bool))
    return _crossed(CutWays(streets, crs, osm_ids, node, xy, breaks, *edges))


def cut_again(before: CutWays, streets: StreetWays, was: IntArray) -> tuple[CutWays, IntArray]:
    """Return what :func:`cut_ways` returns, taking over the edges of ways that are cut as before.

    Parameters
    ----------
    before
        The previous cut, which is not written to.
    streets
        The ways now.
    was
        Which previous way has the same nodes at the same positions; -1: none (ways).

    Returns
    -------
    cut : CutWays
    was : numpy.ndarray
        Which previous edge has the same way and line; -1: none (edges, then crossings).
    """
    osm_ids, node = np.unique(streets.node_ids, return_inverse=True)
    run_of = _run_of(streets)
    # Without a previous way, was = -1 picks a vertex of the last way, which is never used.
    vertex = np.arange(len(node)) + (before.streets.offsets[was] - streets.offsets[:-1])[run_of]
    known = (was >= 0)[run_of]
    xy = np.empty((len(node), 2))
    xy[known] = before.xy[vertex[known]]
    xy[~known] = _metres(streets, ~known, before.crs)
    breaks = _breaks(streets, osm_ids, node)
    differs = ~known
    differs[known] = breaks[known] != before.breaks[vertex[known]]
    again = np.bincount(run_of[differs], minlength=len(was)) > 0
    now = np.full(len(before.streets.ways), -1)
    now[was[~again]] = np.flatnonzero(~again)
    row = now[before.run]
    kept = np.flatnonzero(row >= 0)
    moved = (streets.offsets[row] - before.streets.offsets[before.run])[kept]
    old = (row[kept], before.first[kept] + moved, before.last[kept] + moved, before.lines[kept], before.length_m[kept])
    new = _edges(node, xy, breaks, run_of, again)
    order = np.argsort(np.r_[old[1], new[1]], kind="stable")
    run, first, last, lines, length_m = (np.concatenate(both)[order] for both in zip(old, new, strict=True))
    cut = CutWays(streets, before.crs, osm_ids, node, xy, breaks, run, first, last, lines, length_m)
    cut = _crossed(cut, before.crossings)
    # Most edges of a way that is cut again are the same as before.
    edge = np.full(len(cut.all_lines), -1)
    edge[: len(order)] = np.r_[kept, np.full(len(new[0]), -1)][order]
    now, gone = np.flatnonzero(edge < 0), np.setdiff1d(np.arange(len(before.all_lines)), kept)
    same = same_edges(before.all_ids[gone], before.all_lines[gone], cut.all_ids[now], cut.all_lines[now])
    edge[now[same >= 0]] = gone[same[same >= 0]]
    return cut, edge


def _crossed(cut: CutWays, before: Crossings | None = None) -> CutWays:
    """Return a cut with the ways across its squares."""
    if cut.streets.areas is None:
        return cut
    ways, run, n_nodes = cut.streets.ways, cut.run, len(cut.osm_ids)
    u, v = cut.node[cut.first], cut.node[cut.last]
    highway, form = ways["highway"], ways["form"]
    plain = (form == LEVEL) & (ways["oneway"] == 0) & highway.isin(NO_ROADS)
    waits = highway.isin(SIGNAL_ROADS).to_numpy()[run]
    through = ~np.isin(cut.osm_ids, cut.streets.lifts)
    through[np.r_[u[waits], v[waits]]] = False
    breaks = np.zeros(n_nodes, dtype=bool)
    breaks[cut.node[cut.breaks]] = True
    walked = plain.to_numpy()[run]
    graph = StreetGraph(cut.osm_ids, cut.node_xy, cut.node, breaks, through, u[walked], v[walked], cut.length_m[walked])
    return replace(cut, crossings=cross_squares(cut.streets, graph, crs=cut.crs, before=before))


def same_edges(ids: IntArray, lines: Any, ids_now: IntArray, lines_now: Any) -> IntArray:
    """Return which of some edges has the same way and line as each edge now; -1: none. No edge is used twice."""
    by_key: dict[tuple[int, bytes], list[int]] = {}
    for nth, key in enumerate(zip(ids.tolist(), shapely.to_wkb(lines), strict=True)):
        by_key.setdefault(key, []).insert(0, nth)
    keys = zip(ids_now.tolist(), shapely.to_wkb(lines_now), strict=True)
    return np.array([by_key[key].pop() if by_key.get(key) else -1 for key in keys], dtype=np.int64)


def _run_of(streets: StreetWays) -> IntArray:
    """Return the way of each vertex."""
    return np.repeat(np.arange(len(streets.ways)), np.diff(streets.offsets))


def _metres(streets: StreetWays, vertices: BoolArray, crs: str) -> FloatArray:
    """Return the positions of chosen vertices in the metric CRS."""
    transformer = pyproj.Transformer.from_crs(streets.crs, crs, always_xy=True)
    return np.column_stack(transformer.transform(streets.x[vertices], streets.y[vertices]))


def _breaks(streets: StreetWays, osm_ids: IntArray, node: IntArray) -> BoolArray:
    """Return whether an edge ends at a vertex: ends of ways, shared nodes, lifts (vertices)."""
    breaks = np.asarray(((np.bincount(node) > 1) | np.isin(osm_ids, streets.lifts))[node])
    breaks[streets.offsets[:-1]] = True
    breaks[streets.offsets[1:] - 1] = True
    return breaks


def _edges(
    node: IntArray, xy: FloatArray, breaks: BoolArray, run_of: IntArray, cut: BoolArray
) -> tuple[IntArray, IntArray, IntArray, Any, FloatArray]:
    """Return run, first and last vertex, line and length of the edges of the ways where ``cut``."""
    at = np.flatnonzero(breaks & cut[run_of])
    same = run_of[at[:-1]] == run_of[at[1:]]
    first, last = at[:-1][same], at[1:][same]
    lines = _lines(xy, first, last)
    # On a line that crosses itself or is closed, a share of the length is ambiguous: cut it at every vertex.
    bad = ~shapely.is_simple(lines) | (node[first] == node[last])
    if bad.any():
        steps, _ = _vertices(first[bad], last[bad] - 1)
        lines = np.r_[lines[~bad], _lines(xy, steps, steps + 1)]
        first, last = np.r_[first[~bad], steps], np.r_[last[~bad], steps + 1]
        order = np.argsort(first)
        first, last, lines = first[order], last[order], lines[order]
    apart = node[first] != node[last]
    first, last, lines = first[apart], last[apart], lines[apart]
    return run_of[first], first, last, lines, shapely.length(lines)


def _vertices(first: IntArray, last: IntArray) -> tuple[IntArray, IntArray]:
    """Return all vertices between each first and last one, and which pair each vertex belongs to."""
    owner, nth = enumerate_runs(last - first + 1)
    return first[owner] + nth, owner


def _lines(xy: FloatArray, first: IntArray, last: IntArray) -> Any:
    vertex, owner = _vertices(first, last)
    return np.asarray(shapely.linestrings(xy[vertex], indices=owner), dtype=object)
