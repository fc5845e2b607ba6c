"""Positions → findings where they are doubtful: rounded, repeated, or in another zone."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from cfgeo.core.findings import Findings, finding
from cfgeo.core.schema import WGS84, Box
from cfgeo.core.shapes import is_blank

_ROUGH_DECIMALS = 3
_SURE_DECIMALS = 6
"""A number that equals its rounded value to so many decimals was rounded in its file."""
_LEAST_ROUGH = 3


def check_rough(name: str, table: gpd.GeoDataFrame) -> Findings:
    """Find a list of points most of which have at most three decimals of a degree, which are good to some 100 m.

    Parameters
    ----------
    name
        The layer.
    table
        As read, in its file's CRS.
    """
    shapes = table.geometry.to_numpy()
    shapes = shapes[~is_blank(shapes)]
    if not table.crs.is_geographic or (shapely.get_type_id(shapes) != shapely.GeometryType.POINT).any():
        return []
    xy = shapely.get_coordinates(shapes)
    rough = (np.round(xy, _ROUGH_DECIMALS) == np.round(xy, _SURE_DECIMALS)).all(axis=1)
    if rough.sum() < max(_LEAST_ROUGH, len(xy) / 2):
        return []
    return [finding("positions_rough", name, count=int(rough.sum()), total=len(table))]


def check_repeated(name: str, table: gpd.GeoDataFrame) -> Findings:
    """Find rows of a table that are equal to an earlier one, position included.

    Parameters
    ----------
    name
        The layer.
    table
        As read; index: its rows as their user sees them.
    """
    content, shapes = pd.DataFrame(table.drop(columns=table.geometry.name)).astype("str"), table.geometry.to_numpy()
    repeated = content.assign(**{"@": shapely.to_wkb(shapes)}).duplicated().to_numpy() & ~is_blank(shapes)
    if not repeated.any() or len(content.columns) == 0:
        return []
    rows = tuple(str(row) for row in table.index[repeated])
    return [finding("rows_repeated", name, count=len(rows), rows=rows)]


_CENTRAL_MERIDIAN = "EPSG:8802"  # "Longitude of natural origin", in which the zones of a projection differ
_ZONE_OFFSETS = (3, -3, 6, -6, 9, -9, 12, -12)
"""Central meridians of other zones from that of the CRS [degrees]: zones are three or six degrees wide."""
_PREFIX_M = 1_000_000
"""Chinese plane coordinates may have their zone's number before x: 36,405,000 for 405,000."""


def check_zone(name: str, table: gpd.GeoDataFrame, bbox: Box) -> Findings:
    """Find a table outside the district that would lie inside in a neighbouring zone of its projection.

    Parameters
    ----------
    name
        The layer.
    table
        As read, in its file's CRS.
    bbox
        West, south, east, north of the district [degrees].
    """
    crs = table.crs
    shapes = table.geometry.to_numpy()
    xy = shapely.get_coordinates(shapely.centroid(shapes[~is_blank(shapes)]))
    if crs.is_geographic or len(xy) == 0:
        return []
    x, y = np.median(xy, axis=0)
    meridian = _central_meridian(crs)
    if meridian is None or _is_in(bbox, crs, x, y):
        return []
    for zone in _prefixes(x, meridian):
        if _is_in(bbox, crs, x - zone * _PREFIX_M, y):
            return [finding("zone_prefix", name, crs=crs.to_string(), zone=abs(zone), x=round(float(x)))]
    for degrees in _ZONE_OFFSETS:
        neighbour = _with_meridian(crs, meridian + degrees)
        # Where zones have their number before x, another zone has another number, too.
        if any(_is_in(bbox, neighbour, x - zones * _PREFIX_M, y) for zones in (0, degrees // 3, degrees // 6)):
            meridians = {"meridian": f"{meridian:g}", "likely": f"{meridian + degrees:g}"}
            return [finding("zone_elsewhere", name, crs=crs.to_string(), **meridians)]
    return []


def _prefixes(x: float, meridian: float) -> list[int]:
    """Return zones whose number stands before x though the CRS has none; negative: it lacks though the CRS has one."""
    own = int(x // _PREFIX_M)
    three, six = round(meridian / 3), round((meridian + 3) / 6)
    return [own] if own in {three, six} else [-three, -six] if own == 0 else []


def _central_meridian(crs: pyproj.CRS) -> float | None:
    parameters = crs.coordinate_operation.params if crs.coordinate_operation else []
    values = (p.value for p in parameters if f"{p.auth_name}:{p.code}" == _CENTRAL_MERIDIAN)
    return next(map(float, values), None)


def _with_meridian(crs: pyproj.CRS, meridian: float) -> pyproj.CRS:
    content = crs.to_json_dict()
    for parameter in content["conversion"]["parameters"]:
        if parameter["name"] == "Longitude of natural origin":
            parameter["value"] = meridian
    content.pop("id", None)
    return pyproj.CRS.from_json_dict(content)


def _is_in(bbox: Box, crs: pyproj.CRS, x: float, y: float) -> bool:
    lon, lat = pyproj.Transformer.from_crs(crs, WGS84, always_xy=True).transform(x, y)
    west, south, east, north = bbox
    return bool(west <= lon <= east and south <= lat <= north)
