"""The places that count for a clause: those of its kinds, inside an area, each campus once."""

import re
from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from cfgeo.check.facilities import plain_name
from cfgeo.core.schema import UNIT_LAYERS, BoolArray, IntArray, is_of_kinds
from cfgeo.study.standard import Clause

CAMPUS_M = 200.0
"""Rows of one name nearer than this are one campus: a school that is listed for two levels, its gate and back door."""

_LEVEL = re.compile("(?:幼儿|小学|初中|高中|中学)部$")


def clause_places(clause: Clause, layers: Mapping[str, gpd.GeoDataFrame]) -> gpd.GeoDataFrame | None:
    """Return the facilities that count for a clause; None where its layer is not declared."""
    layer = layers.get(str(clause.layer))
    return None if layer is None else layer[kind_mask(layer, clause.kind)]


def kind_mask(facilities: pd.DataFrame, kinds: tuple[str, ...]) -> BoolArray:
    """Return which facilities are of some kinds; all are where no kind is named."""
    return is_of_kinds(facilities["kind"], kinds)


def count_inside(facilities: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> pd.Series:
    """Count the campuses that lie in or reach into each area, on the areas' index."""
    area, place = shapely.STRtree(facilities.geometry.to_numpy()).query(
        areas.geometry.to_numpy(), predicate="intersects"
    )
    pairs = np.unique(np.stack([area, campuses(facilities)[place]]), axis=1)
    return pd.Series(np.bincount(pairs[0], minlength=len(areas)).astype(float), index=areas.index)


def in_district(places: gpd.GeoDataFrame, communities: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the places that lie in or reach into the district."""
    return on_land(places, shapely.union_all(communities.geometry.to_numpy()))


def on_land(places: gpd.GeoDataFrame, land: shapely.Geometry) -> gpd.GeoDataFrame:
    """Return the places that lie on or reach into some land."""
    shapely.prepare(land)
    return places[shapely.intersects(land, places.geometry.to_numpy())]


def campuses(places: gpd.GeoDataFrame) -> IntArray:
    """Return the campus of each place, by number: places of one name within ``CAMPUS_M`` are one (n).

    A school that is listed once for its primary and once for its junior level is one school. Places without a name are
    campuses of their own, and so are communities and street blocks.
    """
    if len(places) and places["layer"].iloc[0] in UNIT_LAYERS:
        return np.arange(len(places))
    names = places["name"].map(_campus_name)
    repeated = np.flatnonzero((names.duplicated(keep=False) & (names != "")).to_numpy())
    own = np.arange(len(places))
    if len(repeated) == 0:
        return own
    shapes, same = places.geometry.to_numpy()[repeated], names.to_numpy()[repeated]
    left, right = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=CAMPUS_M)
    joined = same[left] == same[right]
    pairs = (np.ones(int(joined.sum())), (repeated[left[joined]], repeated[right[joined]]))
    _, campus = connected_components(coo_array(pairs, shape=(len(places), len(places))), directed=False)
    return np.asarray(campus, dtype=np.int64)


def _campus_name(name: str) -> str:
    """Return the name of a school without its level: 人民学校（小学部） is 人民学校."""
    return _LEVEL.sub("", plain_name(name))
