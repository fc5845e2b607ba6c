"""Positions that are read and are doubtful all the same: rough, repeated, or with no street near → findings."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cfgeo.core.findings import finding
from cfgeo.core.schema import Network

Findings = list[dict[str, Any]]

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
