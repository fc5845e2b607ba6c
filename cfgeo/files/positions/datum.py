"""Chinese map datums: GCJ-02 and BD-09 to WGS-84 and back.

The forward transform of GCJ-02 has been public since 2010. Its inverse is not, so it is computed by fixed-point
iteration, which converges to below a millimetre. CGCS2000 equals WGS-84 at the scale of
a city (their ellipsoids differ by 0.1 mm) and is left as it is.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
LonLat = tuple[Floats, Floats]

_AXIS_M = 6_378_245.0  # Krasovsky 1940, which GCJ-02 is computed on
_ECCENTRICITY_2 = 0.00669342162296594323
_BD_OFFSET = (0.0065, 0.006)
_BD_TURN = np.pi * 3000.0 / 180.0
_CHINA = (72.004, 137.8347, 0.8293, 55.8271)  # outside this box GCJ-02 and BD-09 equal WGS-84
_ITERATIONS = 10


def to_wgs84(lon: Floats, lat: Floats, *, datum: str) -> LonLat:
    """Return positions of a datum as WGS-84 [degrees], in arrays of the same shape.

    Parameters
    ----------
    lon, lat
        Longitudes and latitudes [degrees].
    datum
        ``wgs84``, ``cgcs2000``, ``gcj02`` or ``bd09``.
    """
    if datum == "gcj02":
        return _inverse(gcj02_from_wgs84, lon, lat)
    if datum == "bd09":
        return _inverse(_bd09_from_wgs84, lon, lat)
    return np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)


def from_wgs84(lon: Floats, lat: Floats, *, datum: str) -> LonLat:
    """Return WGS-84 positions in another datum [degrees]; the opposite of :func:`to_wgs84`."""
    lon, lat = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    if datum == "gcj02":
        return gcj02_from_wgs84(lon, lat)
    return _bd09_from_wgs84(lon, lat) if datum == "bd09" else (lon, lat)


def gcj02_from_wgs84(lon: Floats, lat: Floats) -> LonLat:
    """Return WGS-84 positions in GCJ-02 [degrees]; positions outside China are left alone."""
    x, y = lon - 105.0, lat - 35.0
    waves = 20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)
    d_lat = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x))
    d_lat = d_lat + (waves + _waves(y, (20.0, 1.0), (40.0, 3.0), (160.0, 12.0), (320.0, 30.0))) * 2.0 / 3.0
    d_lon = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x))
    d_lon = d_lon + (waves + _waves(x, (20.0, 1.0), (40.0, 3.0), (150.0, 12.0), (300.0, 30.0))) * 2.0 / 3.0
    phi = np.radians(lat)
    magic = 1 - _ECCENTRICITY_2 * np.sin(phi) ** 2
    meridian_m = _AXIS_M * (1 - _ECCENTRICITY_2) / magic**1.5
    parallel_m = _AXIS_M / np.sqrt(magic) * np.cos(phi)
    inside = in_china(lon, lat)
    return (
        np.where(inside, lon + np.degrees(d_lon / parallel_m), lon),
        np.where(inside, lat + np.degrees(d_lat / meridian_m), lat),
    )


def in_china(lon: Floats, lat: Floats) -> npt.NDArray[np.bool_]:
    """Return whether each position is where GCJ-02 and BD-09 are used."""
    west, east, south, north = _CHINA
    return np.asarray((lon >= west) & (lon <= east) & (lat >= south) & (lat <= north))


def _waves(t: Floats, *terms: tuple[float, float]) -> Floats:
    """Return the sum of amplitude · sin(π t / divisor)."""
    return np.asarray(sum(amplitude * np.sin(t * np.pi / divisor) for amplitude, divisor in terms))


def _bd09_from_wgs84(lon: Floats, lat: Floats) -> LonLat:
    bd_lon, bd_lat = _bd09_from_gcj02(*gcj02_from_wgs84(lon, lat))
    inside = in_china(lon, lat)
    return np.where(inside, bd_lon, lon), np.where(inside, bd_lat, lat)


def _bd09_from_gcj02(lon: Floats, lat: Floats) -> LonLat:
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BD_TURN)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BD_TURN)
    return radius * np.cos(angle) + _BD_OFFSET[0], radius * np.sin(angle) + _BD_OFFSET[1]


def _inverse(forward: Callable[[Floats, Floats], LonLat], lon: Floats, lat: Floats) -> LonLat:
    """Return the positions that ``forward`` takes to (lon, lat), by fixed-point iteration."""
    target_lon, target_lat = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    lon, lat = target_lon, target_lat
    for _ in range(_ITERATIONS):
        image_lon, image_lat = forward(lon, lat)
        lon, lat = lon + target_lon - image_lon, lat + target_lat - image_lat
    return lon, lat
