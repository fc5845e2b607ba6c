"""Elevation rasters → heights in metres: GeoTIFF, ``.hgt`` and zipped ``.hgt``, in any CRS, in several tiles."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyproj

from cfgeo.core.errors import InputError
from cfgeo.core.findings import Findings, finding
from cfgeo.core.schema import FloatArray, IntArray
from cfgeo.libraries import rasterio
from cfgeo.network.rasters.files import doubts_about, opened, raster_names

SMOOTH_M = 30.0
"""Standard deviation of the Gaussian that smooths rasters. Surface models show towers and gorges between them."""

LOWEST_M, HIGHEST_M = -450.0, 9000.0
"""Bounds for the heights of streets."""

_FINEST_M = 5.0  # finer rasters are read at this cell size: smoothing would remove the detail anyway
_COARSE_M = 100.0
"""Cells of three seconds are 93 m; larger ones leave out the slope of a street, and a walk would seem too fast."""
_VOIDS = (-32768, -32767, -9999, 32767)
_ABSURD = 1e6
_WHOLE = 0.999  # the Gaussian mean is unbiased if this share of its weight is known
_METRES_PER_DEGREE = 111_320.0
_UNITS = {
    **dict.fromkeys(("", "m", "metre", "metres", "meter", "meters", "米", "公尺"), 1.0),
    **dict.fromkeys(("ft", "foot", "feet", "international foot", "英尺"), 0.3048),
    **dict.fromkeys(("us survey foot", "us-ft", "us foot", "ussurveyfoot", "survey foot", "ftus"), 1200 / 3937),
}
_FILLS = (0, -1, 1, -99, -100)
"""What some programs write where they know no height, and do not declare."""
_FILL_GAP_M = 30.0
"""Such a value stands for no height if every other one lies so far from it: land does not leave out so much."""
_LEAST_CELLS, _NO_RELIEF_M = 25, 1.0
"""So many cells of which the highest is not higher by this are no measured land: a model of it has more noise."""
_TOO_STEEP = 0.6
"""Half of the cells of no place where people live differ so much from the next, a metre; in Yuzhong 0.1 to 0.2."""
_STRIP_CELLS = 2**22
_MOST_CELLS = 2**34
"""A raster with more cells under the streets is no elevation: 1 m over 130 km of land has fewer."""

Bounds = tuple[float, float, float, float]
_Heights = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Raster:
    """A part of an elevation raster, smoothed.

    Attributes
    ----------
    name : str
        The file.
    z : numpy.ndarray
        Heights of the cells' centres [m], NaN where the file has none (rows × columns).
    to_cell : tuple of float
        Affine coefficients from ``crs`` to column and row: ``column = a·x + b·y + c``, ``row = d·x + e·y + f``.
    crs : str
    feet : bool
        The file is in feet.
    findings : list of dict
        What is odd about its values.
    """

    name: str
    z: _Heights
    to_cell: tuple[float, ...]
    crs: str
    feet: bool = False
    findings: Findings = field(default_factory=list)


@dataclass(frozen=True)
class Extent:
    """What is read of rasters.

    Attributes
    ----------
    bounds : tuple of float
        West, south, east, north.
    smooth_m : float
        Standard deviation of the Gaussian that smooths them [m]; 0 leaves them as they are.
    """

    bounds: Bounds
    smooth_m: float = SMOOTH_M


def read_rasters(paths: Sequence[Path], *, bounds: Bounds, crs: str, smooth_m: float = SMOOTH_M) -> list[Raster]:
    """Read the parts of rasters that cover one extent, as :func:`read_extents` does."""
    return read_extents(paths, [Extent(bounds, smooth_m)], crs=crs)[0]


def read_extents(paths: Sequence[Path], extents: Sequence[Extent], *, crs: str) -> list[list[Raster]]:
    """Read the parts of rasters that cover each of several extents; each file is opened once.

    Parameters
    ----------
    paths
        GeoTIFF, ``.hgt``, or a ``.zip`` of such files.
    extents
        What is read of them.
    crs
        CRS of the extents.

    Returns
    -------
    list of list of Raster
        For each extent, in the order of the files, without those outside it.

    Raises
    ------
    InputError
        A file cannot be read, has no CRS, is in an unknown unit, or has heights that do not exist on Earth.
    """
    rasters: list[list[Raster]] = [[] for _ in extents]
    for path in paths if extents else ():
        for name in raster_names(path):
            with opened(name, path) as dataset:
                parts = [_read(dataset, path, extent.bounds, crs, extent.smooth_m) for extent in extents]
            for part, of_extent in zip(parts, rasters, strict=True):
                of_extent.extend([] if part is None else [part])
    return rasters


def heights_at(rasters: Sequence[Raster], x: FloatArray, y: FloatArray, *, crs: str) -> FloatArray:
    """Return the heights of positions by bilinear interpolation; the first raster with a height counts.

    Parameters
    ----------
    rasters
        From :func:`read_rasters`.
    x, y
        Positions in ``crs``.
    crs
        CRS of the positions.

    Returns
    -------
    numpy.ndarray
        Metres; NaN outside all rasters and in their voids.
    """
    height_m = np.full(len(x), np.nan)
    for raster in rasters:
        missing = np.flatnonzero(np.isnan(height_m))
        if len(missing) == 0:
            break
        raster_x, raster_y = x[missing], y[missing]
        if raster.crs != crs:
            raster_x, raster_y = _transformer(crs, raster.crs).transform(raster_x, raster_y)
        a, b, c, d, e, f = raster.to_cell
        column, row = a * raster_x + b * raster_y + c, d * raster_x + e * raster_y + f
        height_m[missing] = _bilinear(raster.z, column - 0.5, row - 0.5)
    return height_m


def _read(dataset: Any, path: Path, bounds: Bounds, crs: str, smooth_m: float) -> Raster | None:
    own_crs = dataset.crs.to_wkt()
    metres = _metres_per_unit(dataset, own_crs, path)
    to_cell = ~dataset.transform
    corners = np.array(_corners(_transformer(crs, own_crs).transform_bounds(*bounds)))
    columns = to_cell.a * corners[:, 0] + to_cell.b * corners[:, 1] + to_cell.c
    rows = to_cell.d * corners[:, 0] + to_cell.e * corners[:, 1] + to_cell.f
    # Down and across: in degrees a cell is longer from north to south than from west to east.
    cell_m = _cell_m(dataset.transform, own_crs, corners[:, 1].mean())
    step = np.maximum(1, _FINEST_M // cell_m).astype(int)
    pad = np.ceil(4 * SMOOTH_M / cell_m).astype(int) + step
    top, bottom = _clipped(rows, pad[0], dataset.height)
    left, right = _clipped(columns, pad[1], dataset.width)
    if right <= left or bottom <= top:
        return None
    if (right - left) * (bottom - top) > _MOST_CELLS:
        raise InputError("elevation_vast", file=path, cell_m=f"{cell_m.min():.3g}")
    z = _cells(dataset, rasterio.windows.Window(left, top, right - left, bottom - top), step)
    z = (z * dataset.scales[0] + dataset.offsets[0]) * metres
    findings = doubts_about(dataset, path.name)
    z, odd = _without_fills(z, path.name)
    if np.nanmin(z, initial=0) < LOWEST_M or np.nanmax(z, initial=0) > HIGHEST_M:
        low, high = round(float(np.nanmin(z))), round(float(np.nanmax(z)))
        raise InputError("elevation_implausible", file=path, low=low, high=high)
    if np.nanmax(z, initial=-np.inf) < 0 and np.isfinite(z).any():
        odd.append(finding("elevation_below_sea", "elevation", row=path.name, low=round(float(np.nanmin(z)))))
    if cell_m.max() > _COARSE_M:
        odd.append(finding("elevation_coarse", "elevation", row=path.name, cell_m=round(float(cell_m.max()))))
    odd += _doubts_about_relief(z, cell_m * step, path.name)
    down, across = 1 / step
    to_column = (to_cell.a * across, to_cell.b * across, (to_cell.c - left) * across)
    to_row = (to_cell.d * down, to_cell.e * down, (to_cell.f - top) * down)
    heights: _Heights = z.astype(np.float32)
    if smooth_m:
        heights = _smoothed(heights, smooth_m / (cell_m * step))
    return Raster(path.name, heights, (*to_column, *to_row), own_crs, feet=metres != 1.0, findings=findings + odd)


def _cells(dataset: Any, window: "rasterio.windows.Window", step: IntArray) -> FloatArray:
    """Return the values of a window, NaN where there are none: means of ``step`` cells (down, across).

    Means are taken here, over the cells that have a value: GDAL would take voids that nobody declared into them.
    """
    down, across = (int(count) for count in step)
    strip = max(1, _STRIP_CELLS // (window.width * down)) * down
    means = []
    for top in range(0, window.height, strip):
        height = min(strip, window.height - top)
        part = rasterio.windows.Window(window.col_off, window.row_off + top, window.width, height)
        band = dataset.read(1, window=part, masked=True)
        z = np.where(np.ma.getmaskarray(band), np.nan, band.data.astype(np.float64))
        z[np.isin(z, _VOIDS) | ~(np.abs(z) <= _ABSURD)] = np.nan
        if (down, across) != (1, 1):
            z = np.pad(z, ((0, -z.shape[0] % down), (0, -z.shape[1] % across)), constant_values=np.nan)
            blocks = z.reshape(z.shape[0] // down, down, z.shape[1] // across, across)
            known = np.isfinite(blocks).sum(axis=(1, 3))
            z = np.divide(np.nansum(blocks, axis=(1, 3)), known, where=known > 0, out=np.full(known.shape, np.nan))
        means.append(z)
    return np.concatenate(means)


def _without_fills(z: FloatArray, name: str) -> tuple[FloatArray, Findings]:
    """Return heights without the value that stands for "no height" undeclared, and the finding that says so."""
    for fill in _FILLS:
        is_fill, known = z == fill, np.isfinite(z)
        others = z[known & ~is_fill]
        if is_fill.any() and len(others) and np.abs(others - fill).min() > _FILL_GAP_M:
            cells = int(is_fill.sum())
            found = finding("elevation_fill", "elevation", row=name, value=fill, cells=cells, low=round(others.min()))
            return np.where(is_fill, np.nan, z), [found]
    return z, []


def _doubts_about_relief(z: FloatArray, cell_m: FloatArray, name: str) -> Findings:
    """Find heights without any relief, and such as no land has: in decimetres or feet, or no heights at all."""
    known = int(np.isfinite(z).sum())
    if known < _LEAST_CELLS:
        return []
    low, high = float(np.nanmin(z)), float(np.nanmax(z))
    if high - low < _NO_RELIEF_M:
        return [finding("elevation_level", "elevation", row=name, low=round(low, 2), high=round(high, 2))]
    down, across = np.abs(np.diff(z, axis=0)) / cell_m[0], np.abs(np.diff(z, axis=1)) / cell_m[1]
    steep = np.hypot(down[:, 1:], across[1:])
    known_steep = steep[np.isfinite(steep)]
    usual = float(np.median(known_steep)) if len(known_steep) else 0.0
    return [finding("elevation_steep", "elevation", row=name, usual=usual)] if usual > _TOO_STEEP else []


def _metres_per_unit(dataset: Any, wkt: str, path: Path) -> float:
    """Return the metres in a unit of height, from the band or from the vertical axis of the CRS."""
    word = (dataset.units[0] or "").strip().lower()
    if word:
        if word not in _UNITS:
            raise InputError("elevation_unit", file=path, unit=dataset.units[0])
        return _UNITS[word]
    axes = pyproj.CRS(wkt).axis_info
    return float(axes[2].unit_conversion_factor) if len(axes) > 2 else 1.0


@lru_cache(maxsize=16)  # creating a transformer takes longer than transforming a thousand points
def _transformer(crs: str, other: str) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(crs, other, always_xy=True)


def _corners(bounds: Bounds) -> list[tuple[float, float]]:
    west, south, east, north = bounds
    return [(west, south), (west, north), (east, south), (east, north)]


def _cell_m(transform: Any, wkt: str, y: float) -> FloatArray:
    """Return the sides of a cell, down and across [m]."""
    crs = pyproj.CRS(wkt)
    per_unit = _METRES_PER_DEGREE if crs.is_geographic else float(crs.axis_info[0].unit_conversion_factor)
    # A metre to the east is a longer step of longitude than of latitude; rows and columns may be turned.
    east = np.cos(np.radians(y)) if crs.is_geographic else 1.0
    down = np.hypot(transform.b * east, transform.e) * per_unit
    across = np.hypot(transform.a * east, transform.d) * per_unit
    return np.maximum([down, across], 1e-3)


def _clipped(cells: FloatArray, pad: int, size: int) -> tuple[int, int]:
    """Return the first cell and the cell after the last, clipped to the file."""
    if not np.isfinite(cells).all():
        return 0, 0
    return max(int(np.floor(cells.min())) - pad, 0), min(int(np.ceil(cells.max())) + pad, size)


def _smoothed(z: _Heights, sigma: FloatArray) -> _Heights:
    """Return heights smoothed over the cells that have a height; voids stay voids. ``sigma``: down, across [cells].

    Inside, this is a Gaussian mean. Beside voids and at the border of the file, where the mean would be biased, it is a
    local linear regression (a plane fitted by weighted least squares, Cleveland 1979) with the same weights, so that
    adjacent tiles agree.
    """
    from scipy import ndimage  # noqa: PLC0415  # 0.1 s, and a network from the cache needs none of it

    known = np.isfinite(z)

    if not known.any():
        return z
    base = z[known].mean()  # the filter keeps more digits of small numbers
    rest = np.where(known, z - base, 0.0)
    row, column = np.meshgrid(*(np.arange(n, dtype=float) for n in z.shape), indexing="ij")

    def mean(values: FloatArray) -> FloatArray:
        return np.asarray(ndimage.gaussian_filter(values, sigma, mode="constant"))

    weight, total = mean(known.astype(float)), mean(rest)
    smooth = np.divide(total, weight, where=known, out=np.full(z.shape, np.nan))
    edge = known & (weight < _WHOLE)
    if edge.any():
        x, y = column[edge], row[edge]
        w, wx, wy = weight[edge], mean(known * column)[edge], mean(known * row)[edge]
        t, tx, ty = total[edge], mean(rest * column)[edge], mean(rest * row)[edge]
        xx = mean(known * column**2)[edge] - 2 * x * wx + x**2 * w
        yy = mean(known * row**2)[edge] - 2 * y * wy + y**2 * w
        xy = mean(known * column * row)[edge] - x * wy - y * wx + x * y * w
        tx, ty, wx, wy = tx - x * t, ty - y * t, wx - x * w, wy - y * w
        # Ridge regularisation: where the known cells lie in a row, the plane is level across it.
        xx, yy = xx + 1e-6 * w, yy + 1e-6 * w
        minor = xx * yy - xy * xy
        lean_x, lean_y = wx * yy - wy * xy, wy * xx - wx * xy
        smooth[edge] = (t * minor - tx * lean_x - ty * lean_y) / (w * minor - wx * lean_x - wy * lean_y)
    return np.asarray(base + smooth, dtype=np.float32)


def _bilinear(z: _Heights, column: FloatArray, row: FloatArray) -> FloatArray:
    """Return heights between cell centres. Voids are left out if the other cells have half the weight or more."""
    height, width = z.shape
    inside = (column >= -0.5) & (column <= width - 0.5) & (row >= -0.5) & (row <= height - 0.5)
    column, row = np.clip(np.where(inside, column, 0), 0, width - 1), np.clip(np.where(inside, row, 0), 0, height - 1)
    left, top = np.floor(column).astype(np.int64), np.floor(row).astype(np.int64)
    right, bottom = np.minimum(left + 1, width - 1), np.minimum(top + 1, height - 1)
    x, y = column - left, row - top
    corners = [(top, left, (1 - x) * (1 - y)), (top, right, x * (1 - y)), (bottom, left, (1 - x) * y)]
    total, weight = np.zeros(len(column)), np.zeros(len(column))
    for at_row, at_column, share in [*corners, (bottom, right, x * y)]:
        value = z[at_row, at_column].astype(float)
        known = np.isfinite(value)
        total += np.where(known, value * share, 0.0)
        weight += np.where(known, share, 0.0)
    enough = inside & (weight >= 0.5)
    return np.asarray(np.divide(total, weight, where=enough, out=np.full(len(column), np.nan)))
