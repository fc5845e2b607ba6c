"""The coastline of a map → the sea; mapped and low flat land → water, with what it is known by."""

from typing import Any

import numpy as np
import shapely

from cfgeo.core.schema import BoolArray, Box, FloatArray
from cfgeo.core.shapes import single_parts
from cfgeo.network.rasters.relief import Relief, low_flat_land, polygons_of

_CELL_M = 15.0
_NEAR_END_M = 1.0
_FAR_M, _HIGHEST_SEA_M = 120.0, 12.0
_AREA = 2


def water_of(window: Box, mapped: Any, coast: Any, relief: Relief | None, built: Any) -> tuple[Any, tuple[str, ...]]:
    """Return water as polygons, and what it is known by: ``map``, ``elevation``.

    Parameters
    ----------
    window
        West, south, east, north in a metric CRS.
    mapped
        Polygons of mapped water.
    coast
        Lines with land to their left and the sea to their right, as OpenStreetMap has them.
    relief
        Heights, where the study has any.
    built
        What stands on land.
    """
    box = shapely.box(*window)
    parts, origins = [], []
    known = shapely.get_parts(shapely.intersection(shapely.union_all(mapped), box))
    sea, open_sea = _sea(window, coast, relief)
    if len(known) or len(sea):
        parts += [*known, *sea]
        origins.append("map")
    if relief is not None and (not len(parts) or open_sea is not None):
        low = low_flat_land(relief, built)
        if open_sea is not None:  # where the map's coastline ends, the raster goes on
            low = shapely.intersection(low, open_sea)
        low = low[shapely.area(low) > 0]
        if len(low):
            parts += list(low)
            origins.append("elevation")
    water = shapely.get_parts(shapely.union_all(np.array(parts, dtype=object)))
    return water[shapely.get_dimensions(water) == _AREA], tuple(origins)


def _sea(window: Box, coast: Any, relief: Relief | None) -> tuple[Any, Any]:
    """Return the sea beside a coastline, and the part of the window of which the coastline tells nothing, or None.

    A cell belongs to the side of the nearest stretch of coast on which it lies. Nearest to a loose end of the
    coastline, which an extract has cut off, nothing is known; nor further from it, where the land is too high.
    """
    nothing = np.array([], dtype=object)
    parts = single_parts(coast)[0]
    islands = shapely.get_exterior_ring(shapely.orient_polygons(parts[shapely.get_dimensions(parts) == _AREA]))
    parts = np.concatenate([parts[shapely.get_dimensions(parts) == 1], islands])
    lines = (
        shapely.get_parts(shapely.line_merge(shapely.multilinestrings(parts), directed=True)) if len(parts) else parts
    )
    lines = lines[shapely.intersects(lines, shapely.box(*window))]
    if not len(lines):
        return nothing, None
    west, south, east, north = window
    columns, rows = int(np.ceil((east - west) / _CELL_M)), int(np.ceil((north - south) / _CELL_M))
    grid = Relief(
        (west, north - rows * _CELL_M, west + columns * _CELL_M, north), *2 * (np.zeros((rows, columns)),), _CELL_M
    )
    wet, unknown, far = _sides(lines, grid)
    if relief is not None:
        high = _heights_on(grid, relief) > _HIGHEST_SEA_M
        wet &= ~(high & far)
    told = shapely.union_all(polygons_of(grid, wet)) if wet.any() else shapely.Polygon()
    sea = shapely.get_parts(told)
    return sea, shapely.union_all(polygons_of(grid, unknown)) if unknown.any() else None


def _sides(lines: Any, grid: Relief) -> tuple[BoolArray, BoolArray, BoolArray]:
    """Return which cells lie to the right of the lines, of which a loose end is nearest, and which lie far off."""
    ends = np.concatenate(
        [shapely.get_coordinates(line)[[0, -1]] for line in lines if not line.is_closed] or [np.zeros((0, 2))]
    )
    xy, owner = shapely.get_coordinates(lines, return_index=True)
    joined = owner[1:] == owner[:-1]
    begin, end = xy[:-1][joined], xy[1:][joined]
    pieces = shapely.linestrings(np.stack([begin, end], axis=1))
    x, y = np.meshgrid(grid.x, grid.y)
    points = shapely.points(x.ravel(), y.ravel())
    cells, nearest = shapely.STRtree(pieces).query_nearest(points, all_matches=True)
    # At a corner two pieces are equally near: the one that the point lies more squarely beside tells the side.
    along, at = end[nearest] - begin[nearest], np.column_stack([x.ravel(), y.ravel()])[cells]
    aside = along[:, 0] * (at[:, 1] - begin[nearest, 1]) - along[:, 1] * (at[:, 0] - begin[nearest, 0])
    aside /= np.maximum(np.hypot(*along.T), 1e-9)
    order = np.lexsort((np.abs(aside), cells))
    side = np.zeros(len(points))
    side[cells[order]] = aside[order]  # the last of each cell stands: the one with the largest distance aside
    distance = shapely.distance(pieces[nearest], points[cells])
    at_end = np.zeros(len(points), dtype=bool)
    if len(ends):
        inside = shapely.contains_xy(shapely.box(*grid.bounds), ends)
        loose = shapely.union_all(shapely.points(ends[inside]))
        if inside.any():
            at_end[cells] = shapely.distance(loose, points[cells]) - distance < _NEAR_END_M
    far = np.zeros(len(points), dtype=bool)
    far[cells] = distance > _FAR_M
    shape = grid.z.shape
    return ((side < 0) & ~at_end).reshape(shape), at_end.reshape(shape), far.reshape(shape)


def _heights_on(grid: Relief, relief: Relief) -> FloatArray:
    """Return the heights at the centres of another grid's cells."""
    columns = np.floor((grid.x - relief.bounds[0]) / relief.cell_m).astype(int).clip(0, relief.raw.shape[1] - 1)
    rows = np.floor((relief.bounds[3] - grid.y) / relief.cell_m).astype(int).clip(0, relief.raw.shape[0] - 1)
    return np.asarray(relief.raw[np.ix_(rows, columns)])
