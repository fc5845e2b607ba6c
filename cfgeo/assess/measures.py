"""What clauses measure: the places that count for a clause, and one function for each measure of the district.

The measures of a community or street office, reach and presence, are in :mod:`cfgeo.assess.verdicts`.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cfgeo.check.layers import MOST
from cfgeo.core.schema import BoolArray, Network, is_of_kinds
from cfgeo.files.cell_values import is_blank, is_unclear, is_yes, numbers
from cfgeo.study.standard import Clause


@dataclass(frozen=True)
class District:
    """What district clauses are measured on: a study's communities, layers and network."""

    communities: gpd.GeoDataFrame
    layers: Mapping[str, gpd.GeoDataFrame]
    network: Network


def measure(clause: Clause, district: District) -> float:
    """Return the value of a district clause, in the unit of its measure; NaN where the data does not carry it."""
    return MEASURES[clause.measure](clause, district)


def clause_places(clause: Clause, layers: Mapping[str, gpd.GeoDataFrame]) -> gpd.GeoDataFrame | None:
    """Return the facilities that count for a clause; None where its layer is not declared."""
    layer = layers.get(str(clause.layer))
    return None if layer is None else layer[kind_mask(layer, clause.kind)]


def kind_mask(facilities: pd.DataFrame, kinds: tuple[str, ...]) -> BoolArray:
    """Return which facilities are of some kinds; all are where no kind is named."""
    return is_of_kinds(facilities["kind"], kinds)


def count_inside(facilities: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> pd.Series:
    """Count the facilities that lie in or reach into each area, on the areas' index."""
    area, _ = shapely.STRtree(facilities.geometry.to_numpy()).query(areas.geometry.to_numpy(), predicate="intersects")
    return pd.Series(np.bincount(area, minlength=len(areas)).astype(float), index=areas.index)


def in_district(places: gpd.GeoDataFrame, communities: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the places that lie in or reach into the district."""
    district = shapely.union_all(communities.geometry.to_numpy())
    shapely.prepare(district)
    return places[shapely.intersects(district, places.geometry.to_numpy())]


def _places(clause: Clause, district: District) -> gpd.GeoDataFrame | None:
    """Return the places of the district that count for a clause; None where its layer is not declared."""
    places = clause_places(clause, district.layers)
    return None if places is None else in_district(places, district.communities)


def _mostly(flags: pd.Series) -> bool:
    """Return whether more than half are true: of what is not known for most places nothing can be said."""
    return bool(flags.mean() > MOST)


def _unread(answers: pd.Series, least: float | None = None) -> bool:
    """Return whether no place has an answer, or most answers cannot be read (as numbers, where a least is asked)."""
    unclear = is_unclear(answers) if least is None else numbers(answers).isna()
    return bool(is_blank(answers).all()) or _mostly(unclear)


def _count(clause: Clause, district: District) -> float:
    """Return how many places there are, or how many have the attribute that the clause asks for."""
    places = _places(clause, district)
    if places is None:
        return math.nan
    if clause.only_where is None or len(places) == 0:
        return float(len(places))
    if clause.only_where not in places.columns or _unread(places[clause.only_where]):
        return math.nan
    return float(is_yes(places[clause.only_where]).sum())


def _connected(_: Clause, district: District) -> float:
    """Return the share of the district's street length on the largest component; an edge lies where its middle does."""
    area, edges = shapely.union_all(district.communities.geometry.to_numpy()), district.network.edges
    shapely.prepare(area)
    middle = shapely.line_interpolate_point(edges.geometry.to_numpy(), 0.5, normalized=True)
    length_m = district.network.street_m * shapely.intersects(area, middle)
    return float(length_m[district.network.main].sum() / length_m.sum()) if length_m.sum() > 0 else math.nan


def _rate(clause: Clause, district: District) -> float:
    """Return the capacity of the places per 1,000 residents."""
    places, communities = _places(clause, district), district.communities
    if places is None:
        return math.nan
    if "residents" not in communities.columns or not communities["residents"].sum() > 0:
        return math.nan
    if communities["residents"].isna().any():  # a sum of what happens to be known would raise the rate
        return math.nan
    if len(places) and ("capacity" not in places.columns or _mostly(places["capacity"].isna())):
        return math.nan
    capacity = places["capacity"].sum() if len(places) else 0.0
    return float(capacity / communities["residents"].sum() * 1000)


def _facility_share(clause: Clause, district: District) -> float:
    """Return the share of the places, or of their capacity, that have the attribute that the clause asks for."""
    places = _places(clause, district)
    if places is None:
        return math.nan
    if len(places) == 0:
        return 0.0
    if clause.attribute not in places.columns or _unread(places[clause.attribute], clause.attribute_min):
        return math.nan
    values = places[clause.attribute]
    least = clause.attribute_min
    good = is_yes(values) if least is None else numbers(values).fillna(-math.inf) >= least
    if clause.implied_by in places.columns:
        good |= is_yes(places[clause.implied_by])
    weight = pd.Series(1.0, index=places.index)
    if clause.weigh_by_capacity:
        if "capacity" not in places.columns or not places["capacity"].sum() > 0 or _mostly(places["capacity"].isna()):
            return math.nan
        weight = places["capacity"].fillna(0.0)
    return float(weight[good].sum() / weight.sum())


def _near(clause: Clause, district: District) -> float:
    """Return the share of the places that have one of another layer near by."""
    places, others = _places(clause, district), district.layers.get(str(clause.near_layer))
    if places is None or others is None:
        return math.nan
    if len(places) == 0:
        return 0.0
    tree = shapely.STRtree(others.geometry.to_numpy())
    near, _ = tree.query(places.geometry.to_numpy(), predicate="dwithin", distance=float(clause.within_m or 0))
    return len(np.unique(near)) / len(places)


MEASURES: Mapping[str, Callable[[Clause, District], float]] = {
    "count": _count,
    "rate": _rate,
    "facility_share": _facility_share,
    "near": _near,
    "connected": _connected,
}
"""The measures of the district, by their names in a standard."""
