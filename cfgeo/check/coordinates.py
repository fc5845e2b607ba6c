"""Positions that are read and yet doubtful: rough, repeated, far from any street, or in another zone → findings."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from cfgeo.core.findings import Findings, finding
from cfgeo.core.schema import WGS84, Network

_ROUGH_DECIMALS = 3
_SURE_DECIMALS = 6
"""What is a number of few decimals to so many has no more of them in its file."""
_LEAST_ROUGH = 3


def check_rough(name: str, table: gpd.GeoDataFrame) -> Findings:
    """Find a list of points most of which have three decimals of a degree at most: right to some 100 m.

    Parameters
    ----------
    name
        The layer.
    table
        As read, in its file's CRS.
    """
    shapes = table.geometry.to_numpy()
    there = ~(shapely.is_empty(shapes) | shapely.is_missing(shapes))
    if not table.crs.is_geographic or (shapely.get_type_id(shapes[there]) != 0).any():
        return []
    xy = shapely.get_coordinates(shapes[there])
    rough = (np.round(xy, _ROUGH_DECIMALS) == np.round(xy, _SURE_DECIMALS)).all(axis=1)
    if rough.sum() < max(_LEAST_ROUGH, len(xy) / 2):
        return []
    return [finding("positions_rough", name, count=int(rough.sum()), total=len(table))]


def check_repeated(name: str, table: gpd.GeoDataFrame) -> Findings:
    """Find rows of a table that say the same as an earlier one, position and all.

    Parameters
    ----------
    name
        The layer.
    table
        As read; index: its rows as their user sees them.
    """
    content = pd.DataFrame(table.drop(columns=table.geometry.name)).astype("str")
    again = content.assign(**{"@": shapely.to_wkb(table.geometry.to_numpy())}).duplicated().to_numpy() & ~_lost(table)
    if not again.any() or len(content.columns) == 0:
        return []
    at = tuple(str(row) for row in table.index[again])
    return [finding("rows_repeated", name, count=len(at), rows=at)]


def check_streets(communities: gpd.GeoDataFrame, network: Network, *, snap_m: float) -> Findings:
    """Find communities that no street of the connected network comes near.

    Parameters
    ----------
    communities
        As :class:`cfgeo.Inputs` promises.
    network
        The streets.
    snap_m
        The longest way to a street [m].
    """
    streets = shapely.STRtree(network.edges.geometry.to_numpy()[network.main])
    met, _ = streets.query(communities.geometry.to_numpy(), predicate="dwithin", distance=snap_m)
    without = communities[~np.isin(np.arange(len(communities)), met)]
    if len(without) == 0:
        return []
    codes = tuple(without.index)
    return [finding("community_without_street", "communities", count=len(codes), codes=codes, snap_m=round(snap_m))]


def _lost(places: gpd.GeoDataFrame) -> Any:
    shapes = places.geometry.to_numpy()
    return shapely.is_empty(shapes) | shapely.is_missing(shapes)


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
