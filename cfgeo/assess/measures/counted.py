"""The places that count for a clause: those of its kinds, inside an area, each campus once."""

import re
from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cfgeo.assess.measures.values import both, land_of
from cfgeo.core.clock import once
from cfgeo.core.schema import AREA_M2, BoolArray, is_of_kinds
from cfgeo.core.shapes import campuses
from cfgeo.core.strings import plain_name
from cfgeo.files.cell_values import numbers
from cfgeo.study.standard import Clause

_JOINT = re.compile("[—–\\-、/·]+")
_WHAT = re.compile("(?:儿童友好)?(?:核心)?(?:商圈|商业区|商业街区)$")


def clause_places(clause: Clause, layers: Mapping[str, gpd.GeoDataFrame]) -> gpd.GeoDataFrame | None:
    """Return the facilities that count for a clause, or may; None where one of its layers is not declared."""
    if any(name not in layers for name in (str(clause.layer), *clause.more_layers)):
        return None
    own = _that_may_count(layers[str(clause.layer)], clause.kind, clause.among_kinds)
    others = [layers[name] for name in clause.all_layers[1:]]
    places = pd.concat([own, *others]) if others else own
    return with_areas(places) if AREA_M2 in (clause.attribute, clause.amount) else places


def with_areas(places: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return places with ``area_m2``: what their file says, else that of their shape; a point has none."""
    shapes = places.geometry.to_numpy()
    drawn = pd.Series(np.where(shapely.get_dimensions(shapes) == 2, shapely.area(shapes), np.nan), places.index)
    said = numbers(places[AREA_M2]) if AREA_M2 in places.columns else drawn
    return places.assign(**{AREA_M2: said.fillna(drawn)})


@once
def _that_may_count(layer: gpd.GeoDataFrame, kinds: tuple[str, ...], among: tuple[str, ...]) -> gpd.GeoDataFrame:
    """Return the facilities that are of some kinds, or of none that is named: many clauses ask alike."""
    may_count = kind_mask(layer, kinds) if kinds else np.ones(len(layer), dtype=bool)
    return layer[may_count | ~kind_mask(layer, among)] if among else layer[may_count]


def kind_mask(facilities: pd.DataFrame, kinds: tuple[str, ...]) -> BoolArray:
    """Return which facilities are of some kinds; all are where no kind is named."""
    return is_of_kinds(facilities["kind"], kinds)


def counts(clause: Clause, places: gpd.GeoDataFrame) -> tuple[BoolArray, BoolArray]:
    """Return whether each place counts by its kind and capacity, and whether that is not known.

    Parameters
    ----------
    clause
        What is asked.
    places
        What :func:`clause_places` gives (n).
    """
    counted, unknown = np.ones(len(places), dtype=bool), np.zeros(len(places), dtype=bool)
    if clause.among_kinds:
        counted = kind_mask(places, clause.kind)
        unknown = ~kind_mask(places, clause.among_kinds) & ~counted
    if clause.min_capacity is not None:
        capacity = numbers(places["capacity"]) if "capacity" in places.columns else pd.Series(np.nan, places.index)
        enough = (capacity >= clause.min_capacity).to_numpy(), capacity.isna().to_numpy()
        counted, unknown = both((counted, unknown), enough)
    return counted, unknown


def presence(clause: Clause, places: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> tuple[pd.Series, pd.Series]:
    """Return how many places of a clause lie in each area at least, and at most, on the areas' index."""
    counted, unknown = counts(clause, places)
    least = count_inside(places[counted], areas)
    return least, (count_inside(places[counted | unknown], areas) if unknown.any() else least)


def of_names(names: tuple[str, ...], places: gpd.GeoDataFrame) -> BoolArray:
    """Return which places go by which name: 解放碑商圈 by 解放碑—朝天门 (names × places).

    A name of several parts goes for each of them. Endings that only say what a place is do not count.
    """
    own = [_bare(name) for name in places["name"]]
    found = np.zeros((len(names), len(places)), dtype=bool)
    for nth, name in enumerate(names):
        parts = [_bare(part) for part in (name, *_JOINT.split(name))]
        parts = [part for part in parts if len(part) > 1]
        found[nth] = [len(word) > 1 and any(part in word or word in part for part in parts) for word in own]
    return found


def _bare(name: str) -> str:
    """Return a name without signs, and without an ending that only says what it is."""
    return _WHAT.sub("", plain_name(name))


def count_inside(facilities: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> pd.Series:
    """Count the campuses that lie in or reach into each area, on the areas' index."""
    area, place = shapely.STRtree(facilities.geometry.to_numpy()).query(
        areas.geometry.to_numpy(), predicate="intersects"
    )
    pairs = np.unique(np.stack([area, campuses(facilities)[place]]), axis=1)
    return pd.Series(np.bincount(pairs[0], minlength=len(areas)).astype(float), index=areas.index)


def in_district(places: gpd.GeoDataFrame, communities: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the places that lie in or reach into the district."""
    return on_land(places, land_of(communities))


def on_land(places: gpd.GeoDataFrame, land: shapely.Geometry) -> gpd.GeoDataFrame:
    """Return the places that lie on or reach into some land."""
    shapely.prepare(land)
    return places[shapely.intersects(land, places.geometry.to_numpy())]
