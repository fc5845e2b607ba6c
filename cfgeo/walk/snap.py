"""Snapping: points, areas and lines → positions on edges, at an exact share of the edge's length."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely

from cfgeo.core.arrays import ends_run, least_of_each, starts_run
from cfgeo.core.schema import BoolArray, IntArray, Network, Positions
from cfgeo.core.shapes import single_parts

LINE_WIDTH_M = 10.0
"""A street that runs nearer than this to a walkway's line is the walkway itself."""


@dataclass(frozen=True)
class SnapIndex:
    """A spatial index over the edges that can be snapped to.

    Attributes
    ----------
    edge : numpy.ndarray
        Positions of the usable edges in ``Network.edges``.
    lines : numpy.ndarray
        Their geometries.
    tree : shapely.STRtree
    streets : SnapIndex, optional
        The same without ways across squares; None where there are none of these.
    """

    edge: IntArray
    lines: Any
    tree: shapely.STRtree
    streets: "SnapIndex | None" = None

    def part(self, edges: BoolArray) -> "SnapIndex":
        """Return an index over some of the edges."""
        streets = None if self.streets is None else self.streets.part(edges[np.isin(self.edge, self.streets.edge)])
        lines = self.lines[edges]
        return SnapIndex(self.edge[edges], lines, shapely.STRtree(lines), streets)


def snap_index(network: Network, usable: BoolArray) -> SnapIndex:
    """Index the usable edges of a network."""
    edge = np.flatnonzero(usable)
    lines = network.edges.geometry.to_numpy()[edge]
    index = SnapIndex(edge, lines, shapely.STRtree(lines))
    across = network.edges["across"].to_numpy()[edge]
    return replace(index, streets=index.part(~across)) if across.any() else index


def snap(index: SnapIndex, geometries: Any, *, snap_m: float) -> Positions:
    """Return where geometries meet the network.

    A point meets the nearest edge at its nearest point, with a leg off the network to get there; so does an area or
    line that no street enters. An area is entered wherever an edge crosses it or runs inside, a line wherever an edge
    runs within ``LINE_WIDTH_M`` of it. Each such stretch is a row. Ways across squares are further ways in: what only
    they enter or come near meets the nearest street as well.

    Parameters
    ----------
    index
        The edges to snap to.
    geometries
        Points, lines or polygons in the network's CRS (n).
    snap_m
        The longest leg off the network [m]. Geometries farther away have no row.
    """
    shapes = np.asarray(geometries, dtype=object)
    dimension = shapely.get_dimensions(shapes)
    areas = np.where(dimension == 1, shapely.buffer(shapes, LINE_WIDTH_M, cap_style="flat"), shapes)
    entered = _stretches(index, areas, np.flatnonzero(dimension > 0))
    there = ~shapely.is_empty(shapes)
    rest = np.setdiff1d(np.flatnonzero(there), entered.item)
    nearest = _nearest(index, shapes, rest, snap_m=snap_m)
    if index.streets is None:
        return merged(entered, nearest)
    is_street = [np.isin(at.edge, index.streets.edge) for at in (entered, nearest)]
    by_street = np.r_[entered.item[is_street[0]], nearest.item[is_street[1]]]
    wide = np.setdiff1d(np.flatnonzero(there & (dimension > 0)), by_street)
    return merged(entered, nearest, _nearest(index.streets, shapes, wide, snap_m=snap_m))


def snap_again(index: SnapIndex, points: Any, wider: Positions, *, snap_m: float) -> Positions:
    """Return what :func:`snap` does for points, of which is known where they meet more edges than these.

    Most meet an edge that is among these, which is then their nearest here, too: only the others are looked for.

    Parameters
    ----------
    index
        The edges to snap to.
    points
        In the network's CRS (n).
    wider
        What :func:`snap` gives for the same points and an index over these edges and others.
    snap_m
        The longest leg off the network [m], the same as for ``wider``.
    """
    here = np.isin(wider.edge, index.edge)
    others = _nearest(index, np.asarray(points, dtype=object), wider.item[~here], snap_m=snap_m)
    return merged(wider.take(np.flatnonzero(here)), others)


def _stretches(index: SnapIndex, shapes: Any, items: IntArray) -> Positions:
    """Return the stretches of edges inside areas."""
    area, at = index.tree.query(shapes[items], predicate="intersects")
    inside = shapely.intersection(index.lines[at], shapes[items][area])
    parts, pair = single_parts(inside)  # the intersection with a multipolygon can be a collection of multi-parts
    area, at = area[pair], at[pair]
    lines = index.lines[at]
    xy, part = shapely.get_coordinates(parts, return_index=True)
    first, last = (
        shapely.line_locate_point(lines, shapely.points(xy[corner]), normalized=True)
        for corner in (starts_run(part), ends_run(part))
    )
    start, end = np.minimum(first, last), np.maximum(first, last)
    return Positions(items[area], index.edge[at], start, end, np.zeros(len(start)))


def _nearest(index: SnapIndex, shapes: Any, items: IntArray, *, snap_m: float) -> Positions:
    """Return the nearest point of the nearest edge; of equally near edges, as at a junction, the first."""
    (row, at), leg_m = index.tree.query_nearest(shapes[items], max_distance=snap_m, return_distance=True)
    first = least_of_each(row, index.edge[at])
    row, at, leg_m = row[first], at[first], leg_m[first]
    lines = index.lines[at]
    link = shapely.shortest_line(lines, shapes[items][row])
    share = shapely.line_locate_point(lines, shapely.get_point(link, 0), normalized=True)
    return Positions(items[row], index.edge[at], share, share, leg_m)


def merged(*parts: Positions) -> Positions:
    """Return the rows of all parts, sorted by item, edge and start."""
    rows = Positions.concat(*parts)
    return rows.take(np.lexsort((rows.start, rows.edge, rows.item)))
