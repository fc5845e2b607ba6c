"""The lie of the land: contour coordinates on a peninsula, and its elevation.

A place is given by ``p`` and ``d``. ``p`` runs along the bank, in metres: east along the north side, round
the eastern tip, west again along the south side. ``d`` is 0 on the ridge and 1 at the water. Lines of equal
``d`` follow the contours, which is what streets on a hillside do.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pyproj import Transformer
from scipy.interpolate import PchipInterpolator
from scipy.ndimage import map_coordinates

Floats = NDArray[np.float64]

CRS = "EPSG:32648"
ORIGIN_M = np.array([646_500.0, 3_270_430.0])  # UTM: where the ridge meets the district's western edge
END_M = 6_200.0  # the ridge's length inside the district; round its end the contours turn
ARC_M = 3_000.0  # p along the tip
TURN_M = 2 * END_M + ARC_M  # p of the western edge on the south side
WEST_M = 1_300.0  # streets go on so far west of the district
RIVER_M, WATER_Z = 400.0, 163.0  # width and level of both rivers
CELL_M = 30.0
RASTER_M = (-1_800.0, -2_430.0, 8_100.0, 2_400.0)  # west, south, east, north of the elevation model

_KNOTS = (-2500.0, 0.0, 1200.0, 2400.0, 3300.0, 4300.0, 5200.0, 6200.0)
_NORTH = PchipInterpolator(_KNOTS, (1600, 1560, 1500, 1180, 1040, 1330, 1400, 1220))
_SOUTH = PchipInterpolator(_KNOTS, (1720, 1640, 1600, 1420, 1120, 1150, 1340, 1180))
_RIDGE = PchipInterpolator(_KNOTS, (340, 350, 391, 377, 338, 302, 279, 250))
_TIP_WIDTH = 1_020.0
_TERRACES, _STEEPNESS = 4, 0.80  # benches between river and ridge; 0 even slope … 1 flat benches


def _warp(xy: Floats) -> Floats:
    """Bend the plane a little [m], so that no line is drawn with a ruler."""
    x, y = xy[..., 0], xy[..., 1]
    dx = 55 * np.sin(y / 310 + 0.7) * np.cos(x / 520) + 14 * np.sin(y / 95 + x / 140)
    dy = 75 * np.sin(x / 420 + 1.1) * np.cos(y / 640) + 16 * np.sin(x / 105 - y / 170) + 90 * np.sin(x / 1500)
    return np.stack([dx, dy], axis=-1)


def ridge_u(p: Floats) -> Floats:
    """Distance east of the western edge [m] of the ridge point that ``p`` belongs to."""
    return np.minimum(np.minimum(p, END_M), TURN_M - p)


def width(p: Floats) -> Floats:
    """Distance from the ridge to the water [m]."""
    u, turn = ridge_u(p), np.clip((p - END_M) / ARC_M, 0, 1)
    sides = np.where(turn < 0.5, _NORTH(u), _SOUTH(u))
    return sides + (_TIP_WIDTH - sides) * np.sin(np.pi * turn)


def place(p: Floats, d: Floats) -> Floats:
    """UTM position of contour coordinates (… x 2) [m]."""
    p, d = np.broadcast_arrays(np.asarray(p, float), np.asarray(d, float))
    angle = np.pi / 2 - np.pi * np.clip((p - END_M) / ARC_M, 0, 1)
    away = (d * width(p))[..., None] * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    flat = np.stack([ridge_u(p), np.zeros_like(p)], axis=-1) + away
    return flat + _warp(flat) + ORIGIN_M


def locate(xy: Floats) -> tuple[Floats, Floats]:
    """Contour coordinates of UTM positions: the inverse of :func:`place`."""
    there = np.asarray(xy, float) - ORIGIN_M
    flat = there
    for _ in range(40):  # the warp is a contraction, so this settles
        flat = there - _warp(flat)
    x, y = flat[..., 0], flat[..., 1]
    turn = 0.5 - np.arctan2(y, x - END_M) / np.pi
    p = np.where(x > END_M, END_M + ARC_M * turn, np.where(y >= 0, x, TURN_M - x))
    away = np.where(x > END_M, np.hypot(x - END_M, y), np.abs(y))
    return p, away / width(p)


@dataclass(frozen=True)
class Land:
    """Elevation model: ``z`` (row x column) [m], north-up, with the UTM position of its north-west corner."""

    z: Floats
    west_m: float
    north_m: float

    def height(self, xy: Floats) -> Floats:
        """Elevation at UTM positions [m], bilinear between cell centres."""
        xy = np.asarray(xy, float)
        column = (xy[..., 0] - self.west_m) / CELL_M - 0.5
        row = (self.north_m - xy[..., 1]) / CELL_M - 0.5
        return map_coordinates(self.z, [row, column], order=1, mode="nearest")


def _elevation(p: Floats, d: Floats, xy: Floats) -> Floats:
    """Terraced slope from ridge to river, then the water, then the far bank [m]."""
    phase = 1.6 * np.sin(p / 900)
    waves = 2 * np.pi * _TERRACES
    fall = d - _STEEPNESS / waves * (np.sin(waves * d + phase) - np.sin(phase))
    inside = np.clip(d, 0, 1)
    bumps = 4 * inside * (1 - inside) * (5 * np.sin(xy[..., 0] / 83) * np.sin(xy[..., 1] / 97))
    slope = WATER_Z + 6 + (_RIDGE(ridge_u(p)) - WATER_Z - 6) * (1 - fall) + bumps
    beyond_m = (d - 1) * width(p)
    far = WATER_Z + 70 * np.clip((beyond_m - RIVER_M) / 700, 0, 1) ** 0.8
    return np.where(d < 1, slope, far)


def make_land() -> Land:
    """Build the elevation model, rounded to 0.2 m (which keeps the file small)."""
    west, south, east, north = RASTER_M
    x = np.arange(west, east, CELL_M) + CELL_M / 2 + ORIGIN_M[0]
    y = np.arange(north, south, -CELL_M) - CELL_M / 2 + ORIGIN_M[1]
    xy = np.stack(np.meshgrid(x, y), axis=-1)
    p, d = locate(xy)
    z = np.round(_elevation(p, d, xy) * 5) / 5
    return Land(z=z, west_m=x[0] - CELL_M / 2, north_m=y[0] + CELL_M / 2)


_TO_DEGREES = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)


def degrees(xy: Floats) -> Floats:
    """WGS-84 longitude and latitude of UTM positions (… x 2), to 6 decimals."""
    xy = np.asarray(xy, float)
    lon, lat = _TO_DEGREES.transform(xy[..., 0], xy[..., 1])
    return np.round(np.stack([lon, lat], axis=-1), 6)
