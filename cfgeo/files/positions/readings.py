"""Numbers that are no degrees → what puts them into the district: metres of a zone, or degrees without their point."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pyproj
import shapely

from cfgeo.core.schema import WGS84, FloatArray

_NEAR_DEGREES = 0.05
"""Places up to here around the district count as near it: five kilometres."""
_SAMPLE = 2000
_CLEARLY = 2.0
"""The best way to read a table has to put so many times as many places into the district as another."""
_SURE_SHARE, _SURE_LEAD = 0.9, 5
"""Or nearly all, and so many places more."""
_WEST_CM, _EAST_CM = 75, 135
"""Central meridians of China's zones [degrees]."""
_CM_3, _ZONE_3, _ZONE_6 = 4534, 4513, 4491
"""EPSG codes of CGCS2000: the first zone of three degrees without and with its number before x, and of six with it."""
_SCALES = (1e5, 1e6, 1e7)
"""What degrees were multiplied by to become whole numbers."""


@dataclass(frozen=True)
class Reading:
    """One way to understand two numbers as a position.

    Attributes
    ----------
    crs : pyproj.CRS
        Their coordinate system.
    scale : float
        What they are divided by.
    flipped : bool
        Whether northing comes first.
    near, inside : int
        How many of the places then lie near the district, and inside it.
    """

    crs: pyproj.CRS
    scale: float = 1.0
    flipped: bool = False
    near: int = 0
    inside: int = 0

    @property
    def code(self) -> str:
        """What ``crs`` in ``study.toml`` can say."""
        return self.crs.to_string()

    def __str__(self) -> str:
        return f"{self.code} ({self.crs.name})" if self.scale == 1 else f"× {self.scale:,.0f}"


def readings_of(xy: FloatArray, district: shapely.Geometry) -> list[Reading]:
    """Return all ways to understand numbers that put some places near the district, the likeliest first.

    Parameters
    ----------
    xy
        The two numbers of each place (n, 2).
    district
        The communities, WGS-84 [degrees].
    """
    sample = xy[:: max(1, len(xy) // _SAMPLE)]
    lon, lat = shapely.get_coordinates(shapely.centroid(district))[0]
    tried = (_tried(sample, district, crs, scale) for crs, scale in _systems(float(lon), float(lat)))
    found = [
        reading for both in tried for reading in both if reading.near and not (reading.scale > 1 and reading.flipped)
    ]
    return sorted(found, key=lambda reading: (reading.inside, reading.near), reverse=True)


def clear_one(readings: Sequence[Reading]) -> Reading | None:
    """Return the first of several readings where no other one is nearly as likely."""
    if not readings:
        return None
    best, *others = readings
    for other in others:
        mine, its = (best.inside, other.inside) if best.inside else (best.near, other.near)
        sure = mine >= _SURE_SHARE * best.near and mine - its >= _SURE_LEAD
        if mine < _CLEARLY * its and not sure:
            return None
    return best


def order_in(xy: FloatArray, crs: pyproj.CRS, district: shapely.Geometry | None) -> Reading:
    """Return how numbers of a known coordinate system are read: which of the two is easting is told by what fits.

    Parameters
    ----------
    xy
        The two numbers of each place (n, 2).
    crs
        Their coordinate system.
    district
        The communities, WGS-84 [degrees]; None where they are not known.
    """
    land = district
    if land is None:
        area = crs.area_of_use
        land = shapely.box(*area.bounds) if area else shapely.box(-180, -90, 180, 90)
    straight, flipped = _tried(xy[:: max(1, len(xy) // _SAMPLE)], land, crs, 1.0)
    return flipped if (flipped.inside, flipped.near) > (straight.inside, straight.near) else straight


def as_written(xy: FloatArray, reading: Reading) -> FloatArray:
    """Return numbers as x and y of their coordinate system (n, 2)."""
    return (xy[:, ::-1] if reading.flipped else xy) / reading.scale


def near_count(lonlat: FloatArray, district: shapely.Geometry) -> int:
    """Return how many positions (n, 2) [degrees] lie near a district."""
    west, south, east, north = shapely.bounds(district)
    x, y = lonlat.T
    return int(((x > west - _NEAR_DEGREES) & (x < east + _NEAR_DEGREES)
                & (y > south - _NEAR_DEGREES) & (y < north + _NEAR_DEGREES)).sum())  # fmt: skip


def sexagesimal(degrees: FloatArray) -> FloatArray:
    """Return 106.3318, meant as 106°33′18″, in decimal degrees; NaN where minutes or seconds are no such."""
    whole = np.trunc(degrees)
    minutes, seconds = np.divmod(np.round(np.abs(degrees - whole) * 10_000, 4), 100)
    value = whole + np.sign(degrees) * (minutes / 60 + seconds / 3600)
    return np.where((minutes < 60) & (seconds < 60), value, np.nan)


def _tried(xy: FloatArray, district: shapely.Geometry, crs: pyproj.CRS, scale: float) -> Iterator[Reading]:
    """Return how many places lie in the district, as they are written and the other way round."""
    shapely.prepare(district)
    for flipped in (False, True):
        written = as_written(xy, Reading(crs, scale, flipped))
        lonlat = np.column_stack(_transformer(crs).transform(*written.T)) if not crs.is_geographic else written
        lonlat = np.where(np.isfinite(lonlat).all(axis=1, keepdims=True), lonlat, np.nan)
        inside = int(shapely.intersects_xy(district, *lonlat.T).sum())
        yield Reading(crs, scale, flipped, near_count(lonlat, district), inside)


@cache
def _transformer(crs: pyproj.CRS) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(crs, WGS84, always_xy=True)


def _systems(lon: float, lat: float) -> list[tuple[pyproj.CRS, float]]:
    """Return coordinate systems that places near a position may be written in, and their scales."""
    codes = [3857]
    for nth in range(-2, 3):
        meridian = 3 * (round(lon / 3) + nth)
        if _WEST_CM <= meridian <= _EAST_CM:
            codes += [_CM_3 + (meridian - _WEST_CM) // 3, _ZONE_3 + (meridian - _WEST_CM) // 3]
        six = 6 * (round((lon + 3) / 6) + nth) - 3
        if _WEST_CM <= six <= _EAST_CM:
            codes.append(_ZONE_6 + (six - _WEST_CM) // 6)  # without its number a zone of six degrees is one of three
    zone = int((lon + 180) // 6) + 1
    codes += [(32600 if lat >= 0 else 32700) + (zone + nth - 1) % 60 + 1 for nth in (-1, 0, 1)]
    return [(_crs(code), 1.0) for code in dict.fromkeys(codes)] + [(WGS84, scale) for scale in _SCALES]


@cache
def _crs(code: int) -> pyproj.CRS:
    return pyproj.CRS.from_epsg(code)
