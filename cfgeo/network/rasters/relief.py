"""Elevation rasters → what a map shows of the relief: shade, tint, contours, and low flat land that may be water."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import contourpy
import numpy as np
import pandas as pd
import scipy
import shapely

from cfgeo.core.schema import BoolArray, FloatArray
from cfgeo.network.cache import RELIEF, load_tables, network_key, source_hash, store_tables
from cfgeo.network.rasters.heights import Bounds, Extent, Raster, heights_at

CELL_M, MOST_CELLS = 10.0, 900_000
_SMOOTH_M = 24.0
_SUN_AZIMUTH_DEG, _SUN_ALTITUDE_DEG, _STEEPER = 315.0, 45.0, 1.4
_FLAT_SLOPE = 0.06  # from here on down there is no shade at all: legends hold there
_INTERVALS_M = (1, 2, 5, 10, 20, 50, 100, 200, 500)
_MOST_CONTOURS = 16
_CONTOUR_TOLERANCE_M, _SHORTEST_CONTOUR_M = 4.0, 120.0
_FLAT_RANGE_M, _FLAT_WITHIN_M, _LOW_SHARE = 1.0, 30.0, 0.3
_SHORE_RISE_M, _SHORE_WITHIN_M = 2.0, 90.0
_PATCH_M2, _CUT_PATCH_M2 = 200_000.0, 100_000.0
_HILLY_M, _MOST_WATER = 25.0, 0.7
_KEPT = ("z", "raw")


@dataclass(frozen=True)
class Relief:
    """Heights over a window, north above.

    Attributes
    ----------
    bounds : tuple of float
        West, south, east, north of the cells, in the metric CRS.
    z : numpy.ndarray
        Heights of the cells' centres, smoothed [m]; NaN where no raster has one (rows × columns).
    raw : numpy.ndarray
        The same as the rasters have them: water lies flat in them.
    cell_m : float
    """

    bounds: Bounds
    z: FloatArray
    raw: FloatArray
    cell_m: float

    @property
    def x(self) -> FloatArray:
        """Return the columns' centres."""
        return np.asarray(self.bounds[0] + (np.arange(self.z.shape[1]) + 0.5) * self.cell_m)

    @property
    def y(self) -> FloatArray:
        """Return the rows' centres, from the north."""
        return np.asarray(self.bounds[3] - (np.arange(self.z.shape[0]) + 0.5) * self.cell_m)


def relief_extents(window: Bounds) -> list[Extent]:
    """Return what has to be read of elevation rasters for the relief over a window."""
    empty = _nothing(window)
    return [Extent(empty.bounds, smooth_m) for smooth_m in (_SMOOTH_M, 0.0)]


def relief_of(parts: Sequence[Sequence[Raster]], *, window: Bounds, crs: str) -> Relief | None:
    """Return the relief over a window; None where no raster reaches into it.

    Parameters
    ----------
    parts
        What was read for :func:`relief_extents`; the first raster with a height counts.
    window
        West, south, east, north in ``crs``, a metric CRS.
    crs
        CRS of the window.
    """
    empty = _nothing(window)
    x, y = (each.ravel() for each in np.meshgrid(empty.x, empty.y))
    z, raw = (heights_at(rasters, x, y, crs=crs).reshape(empty.z.shape) for rasters in parts)
    return replace(empty, z=z, raw=raw) if np.isfinite(z).any() else None


class KeptRelief:
    """The relief over a window, from an earlier run or to be kept for a later one.

    Parameters
    ----------
    folder
        The cache; None keeps none.
    window, crs
        As :func:`relief_of` takes them.
    rasters
        The SHA-256 of each raster.

    Attributes
    ----------
    relief : Relief, optional
        That of an earlier run; None where there is none.
    """

    def __init__(self, folder: Path | None, window: Bounds, crs: str, rasters: Sequence[str]) -> None:
        self._folder = folder if rasters else None
        made_of = {"window": window, "crs": crs, "rasters": list(rasters), "code": source_hash("core", "network")}
        self._key = RELIEF + network_key(**made_of)
        tables = load_tables(self._folder, self._key) if self._folder else None
        self.relief: Relief | None = None
        if tables:
            empty = _nothing(window)
            z, raw = (tables["heights"][name].to_numpy().reshape(empty.z.shape) for name in _KEPT)
            self.relief = replace(empty, z=z, raw=raw)

    def keep(self, relief: Relief | None) -> None:
        """Keep a relief, where there was none."""
        if self._folder and relief is not None and self.relief is None:
            heights = pd.DataFrame({name: getattr(relief, name).ravel() for name in _KEPT})
            store_tables(self._folder, self._key, {"heights": heights})


def _nothing(window: Bounds) -> Relief:
    """Return the relief over a window without heights."""
    west, south, east, north = window
    cell_m = float(max(CELL_M, np.ceil(np.sqrt((east - west) * (north - south) / MOST_CELLS))))
    columns, rows = (max(3, int(np.ceil(side / cell_m))) for side in (east - west, north - south))
    nothing = np.full((rows, columns), np.nan)
    return Relief((west, north - rows * cell_m, west + columns * cell_m, north), nothing, nothing, cell_m)


def shade_of(relief: Relief) -> FloatArray:
    """Return how much darker (-1) or lighter (1) than flat land each cell lies; 0 where nothing is known.

    Lambertian shading with the sun in the north-west, as maps have it (Horn 1981).
    """
    down, right = np.gradient(relief.z, relief.cell_m)
    slope = np.hypot(right, down)
    azimuth, altitude = np.radians(_SUN_AZIMUTH_DEG), np.radians(_SUN_ALTITUDE_DEG)
    toward = right * np.sin(azimuth) - down * np.cos(azimuth)  # how steeply the land rises towards the sun
    steeper = np.hypot(1.0, _STEEPER * slope)
    light = (np.sin(altitude) - np.cos(altitude) * _STEEPER * toward) / steeper
    flat = np.sin(altitude)
    shade = np.where(light < flat, (light - flat) / flat, (light - flat) / (1 - flat))
    shade *= np.clip((slope - _FLAT_SLOPE) / _FLAT_SLOPE, 0.0, 1.0)
    return np.asarray(np.nan_to_num(np.clip(shade, -1.0, 1.0)))


def contours_of(relief: Relief) -> tuple[Any, float]:
    """Return contours as lines, and their interval [m]."""
    low, high = float(np.nanmin(relief.z)), float(np.nanmax(relief.z))
    interval = next((each for each in _INTERVALS_M if (high - low) / each <= _MOST_CONTOURS), _INTERVALS_M[-1])
    generator = contourpy.contour_generator(relief.x, relief.y, np.ma.masked_invalid(relief.z))
    levels = np.arange(np.floor(low / interval) + 1, np.ceil(high / interval)) * interval
    lines = [shapely.LineString(line) for level in levels for line in generator.lines(level) if len(line) > 1]
    simple = shapely.simplify(np.array(lines, dtype=object), _CONTOUR_TOLERANCE_M)
    return simple[shapely.length(simple) > _SHORTEST_CONTOUR_M], float(interval)


def low_flat_land(relief: Relief, built: Any) -> Any:
    """Return large patches of low flat land as polygons: rivers, lakes and the sea, where no map tells.

    None in flat places, where it would be the land as well.

    Parameters
    ----------
    relief
        The heights.
    built
        Shapes that stand on land: buildings, streets that are no bridges.
    """
    known = np.isfinite(relief.raw)
    low, middle, high = np.quantile(relief.raw[known], (0.02, _LOW_SHARE, 0.95))
    if high - low < _HILLY_M:
        return np.array([], dtype=object)
    flat = known & (_range_of(relief, known) <= _FLAT_RANGE_M) & (relief.raw <= middle)
    wet = (flat | _shore_of(relief, flat)) & known & ~_cells_of(relief, built)
    wet = _large(scipy.ndimage.binary_opening(wet, iterations=2), known, relief.cell_m)
    return np.array([], dtype=object) if wet.mean() > _MOST_WATER else polygons_of(relief, wet)


def _range_of(relief: Relief, known: BoolArray) -> FloatArray:
    """Return the range of heights around each cell, over 3 × 3 cells of 30 m, as most rasters have them."""
    size = 2 * max(1, round(_FLAT_WITHIN_M / relief.cell_m)) + 1
    highest = scipy.ndimage.maximum_filter(np.where(known, relief.raw, -np.inf), size)
    return np.asarray(highest - scipy.ndimage.minimum_filter(np.where(known, relief.raw, np.inf), size))


def _shore_of(relief: Relief, flat: BoolArray) -> BoolArray:
    """Return the cells beside flat ones that lie hardly higher: around a cell at the shore the land rises already."""
    if not flat.any():
        return flat
    far, nearest = scipy.ndimage.distance_transform_edt(~flat, sampling=relief.cell_m, return_indices=True)
    return np.asarray((far <= _SHORE_WITHIN_M) & (relief.raw <= relief.raw[tuple(nearest)] + _SHORE_RISE_M))


def _large(wet: BoolArray, known: BoolArray, cell_m: float) -> BoolArray:
    """Return the large patches; one that ends where the heights do goes on beyond, and half as much is enough."""
    label, count = scipy.ndimage.label(wet)
    areas_m2 = np.bincount(label.ravel(), minlength=count + 1) * cell_m**2
    inner = scipy.ndimage.binary_erosion(known, iterations=3)  # nothing lies beyond the window either
    least_m2 = np.full(count + 1, _PATCH_M2)
    least_m2[np.unique(label[~inner])] = _CUT_PATCH_M2
    return np.asarray((areas_m2 >= least_m2)[label] & wet)


def polygons_of(relief: Relief, cells: BoolArray) -> Any:
    """Return the outline of some cells, smoothed, as polygons."""
    # A frame of what lies at the border, so that outlines close outside of the window.
    soft = scipy.ndimage.gaussian_filter(np.pad(cells.astype(float), 2, mode="edge"), 1.2)
    soft = np.pad(soft[1:-1, 1:-1], 1, constant_values=0.0)
    step = relief.cell_m
    x = np.concatenate(
        [[relief.x[0] - 2 * step, relief.x[0] - step], relief.x, [relief.x[-1] + step, relief.x[-1] + 2 * step]]
    )
    y = np.concatenate(
        [[relief.y[0] + 2 * step, relief.y[0] + step], relief.y, [relief.y[-1] - step, relief.y[-1] - 2 * step]]
    )
    generator = contourpy.contour_generator(x, y, soft, fill_type="OuterOffset")
    shapes = []
    for points, starts in zip(*generator.filled(0.5, 2.0)[:2], strict=True):
        outer, *holes = (points[first:end] for first, end in pairwise(starts))
        shapes.append(shapely.Polygon(outer, holes))
    simple = shapely.make_valid(shapely.simplify(np.array(shapes, dtype=object), 0.6 * step))
    return shapely.get_parts(shapely.intersection(simple, shapely.box(*relief.bounds)))


def _cells_of(relief: Relief, shapes: Any) -> BoolArray:
    """Return the cells that lines, or the outlines of areas, run through."""
    touched = np.zeros(relief.z.shape, dtype=bool)
    shapes = np.array(shapes, dtype=object)
    shapes = shapes[shapely.length(shapes) > 0]
    if len(shapes):
        xy = shapely.get_coordinates(shapely.segmentize(shapes, relief.cell_m / 2))
        columns = np.floor((xy[:, 0] - relief.bounds[0]) / relief.cell_m).astype(int)
        rows = np.floor((relief.bounds[3] - xy[:, 1]) / relief.cell_m).astype(int)
        height, width = relief.z.shape
        inside = (columns >= 0) & (rows >= 0) & (columns < width) & (rows < height)
        touched[rows[inside], columns[inside]] = True
    return touched
