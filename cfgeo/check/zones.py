"""Tables whose plane coordinates belong to another zone than their file says → findings."""

from typing import Any

import geopandas as gpd
import numpy as np
import pyproj
import shapely

from cfgeo.core.findings import finding
from cfgeo.core.schema import WGS84

_NATURAL_ORIGIN = "EPSG:8802"  # "Longitude of natural origin", which tells one zone from the next
_ZONES_AWAY = (3, -3, 6, -6, 9, -9, 12, -12)  # zones are three or six degrees wide
"""[degrees]"""
_PREFIX_M = 1_000_000
"""Chinese plane coordinates may have their zone's number before x: 36,405,000 for 405,000."""


def check_zone(name: str, table: gpd.GeoDataFrame, bbox: tuple[float, float, float, float]) -> list[dict[str, Any]]:
    """Find a table that lies elsewhere, and would lie in the district in a neighbouring zone of its CRS.

    Parameters
    ----------
    name
        The layer.
    table
        As read, in its file's CRS.
    bbox
        West, south, east, north of the district [degrees].
    """
    crs = pyproj.CRS(table.crs)
    shapes = table.geometry.to_numpy()
    xy = shapely.get_coordinates(shapely.centroid(shapes[~(shapely.is_empty(shapes) | shapely.is_missing(shapes))]))
    if crs.is_geographic or len(xy) == 0:
        return []
    x, y = np.median(xy, axis=0)
    meridian = _meridian(crs)
    if meridian is None or _is_in(bbox, crs, x, y):
        return []
    for zone in _prefixes(x, meridian):
        if _is_in(bbox, crs, x - zone * _PREFIX_M, y):
            return [finding("zone_prefix", name, crs=crs.to_string(), zone=abs(zone), x=round(float(x)))]
    for degrees in _ZONES_AWAY:
        other = _with_meridian(crs, meridian + degrees)
        # Where zones have their number before x, another zone has another number, too.
        if any(_is_in(bbox, other, x - numbers * _PREFIX_M, y) for numbers in (0, degrees // 3, degrees // 6)):
            about = {"crs": crs.to_string(), "meridian": f"{meridian:g}", "likely": f"{meridian + degrees:g}"}
            return [finding("zone_elsewhere", name, **about)]
    return []


def _prefixes(x: float, meridian: float) -> list[int]:
    """Return the zones whose number stands before x, though the CRS does not say so; less than 0: the other way."""
    own = int(x // _PREFIX_M)
    three, six = round(meridian / 3), round((meridian + 3) / 6)
    return [own] if own in {three, six} else [-three, -six] if own == 0 else []


def _meridian(crs: pyproj.CRS) -> float | None:
    operation = crs.coordinate_operation
    found = [p.value for p in operation.params if f"{p.auth_name}:{p.code}" == _NATURAL_ORIGIN] if operation else []
    return float(found[0]) if found else None


def _with_meridian(crs: pyproj.CRS, meridian: float) -> pyproj.CRS:
    content = crs.to_json_dict()
    for parameter in content["conversion"]["parameters"]:
        if parameter["name"] == "Longitude of natural origin":
            parameter["value"] = meridian
    content.pop("id", None)
    return pyproj.CRS.from_json_dict(content)


def _is_in(bbox: tuple[float, float, float, float], crs: pyproj.CRS, x: float, y: float) -> bool:
    lon, lat = pyproj.Transformer.from_crs(crs, WGS84, always_xy=True).transform(x, y)
    west, south, east, north = bbox
    return bool(west <= lon <= east and south <= lat <= north)
