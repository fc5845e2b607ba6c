"""A function for each measure of an area: counts, rates, shares of facilities, what is near, connected streets."""

import math
from collections.abc import Callable, Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cfgeo.assess.measures.counted import campuses, clause_places, on_land
from cfgeo.assess.measures.values import NOTHING, Area, Measured, answers_of, share_interval
from cfgeo.core.schema import COMMUNITIES, UNIT_LAYERS, BoolArray
from cfgeo.files.answers import is_blank, is_unknown, is_yes
from cfgeo.files.cell_values import numbers
from cfgeo.study.standard import Clause


def measure(clause: Clause, area: Area) -> Measured:
    """Return the value of a clause, in the unit of its measure; ``NOTHING`` where the data does not carry it."""
    return MEASURES[clause.measure](clause, area)


def places_in(clause: Clause, area: Area) -> gpd.GeoDataFrame | None:
    """Return the places of an area that count for a clause; None where its layer is not declared."""
    places = clause_places(clause, area.layers)
    if places is None:
        return None
    if clause.layer in UNIT_LAYERS:
        return places.loc[area.communities.index if clause.layer == COMMUNITIES else area.blocks]
    return on_land(places, area.land)


def _answers(clause: Clause, column: str, places: gpd.GeoDataFrame, area: Area) -> tuple[BoolArray, BoolArray] | None:
    """Return whether each place has what a clause asks of a column, and whether that is not known.

    None where nobody has answered. A blank cell is a no only in a list of ticks, and no number where one is asked.
    """
    if column not in places.columns or is_blank(places[column]).all():
        return None
    values = places[column]
    if clause.attribute_min is None or column != clause.attribute:
        met = is_yes(values, area.today)
        unknown = is_unknown(area.layers[str(clause.layer)][column]).loc[places.index]
    else:
        number = numbers(values)
        met, unknown = number >= clause.attribute_min, number.isna()
    if clause.implied_by in places.columns:
        implied = is_yes(places[clause.implied_by], area.today)
        met, unknown = met | implied, unknown & ~implied
    return met.to_numpy(dtype=bool), unknown.to_numpy(dtype=bool)


def _count(clause: Clause, area: Area) -> Measured:
    """Return how many campuses there are, or how many have the attribute that the clause asks for."""
    places = places_in(clause, area)
    if places is None:
        return NOTHING
    campus = campuses(places)
    if clause.only_where is None or len(places) == 0:
        return Measured.known(float(len(np.unique(campus))))
    answers = _answers(clause, clause.only_where, places, area)
    if answers is None:
        return NOTHING
    met, unknown = answers
    low, high = (float(len(np.unique(campus[counts]))) for counts in (met, met | unknown))
    return Measured(low, high, answers_of(places, clause.only_where, met, unknown), missing=int(high - low))


def _rate(clause: Clause, area: Area) -> Measured:
    """Return the capacity of the places per 1,000 residents; a capacity that is missing has no upper bound."""
    places, communities = places_in(clause, area), area.communities
    if places is None or "residents" not in communities.columns or not communities["residents"].sum() > 0:
        return NOTHING
    if len(places) and ("capacity" not in places.columns or places["capacity"].isna().all()):
        return NOTHING
    capacity = places["capacity"] if len(places) else pd.Series(dtype=float)
    unknown, residents = capacity.isna().to_numpy(), communities["residents"]
    per_thousand = float(capacity.sum() / residents.sum() * 1000)
    low = 0.0 if residents.isna().any() else per_thousand
    high = math.inf if unknown.any() else per_thousand
    answers = answers_of(places, "capacity", ~unknown, unknown)
    return Measured(low, high, answers, missing=int(unknown.sum() + residents.isna().sum()))


def _facility_share(clause: Clause, area: Area) -> Measured:
    """Return the share of the places, or of their capacity, that have the attribute that the clause asks for."""
    places, column = places_in(clause, area), str(clause.attribute)
    if places is None:
        return NOTHING
    if len(places) == 0:
        return Measured.known(0.0)
    answers = _answers(clause, column, places, area)
    if answers is None or (clause.weigh_by_capacity and "capacity" not in places.columns):
        return NOTHING
    met, unknown = answers
    weight = places["capacity"].to_numpy(dtype=float) if clause.weigh_by_capacity else np.ones(len(places))
    if np.isnan(weight).all():
        return NOTHING
    low, high = share_interval(met, unknown, weight)
    asked = math.nan if clause.attribute_min is None else clause.attribute_min
    blank = np.isnan(weight)
    answered = [answers_of(places, column, met, unknown, asked=asked)]
    if blank.any():
        answered.append(answers_of(places[blank], "capacity", np.zeros(blank.sum(), dtype=bool), blank[blank]))
    return Measured(low, high, pd.concat(answered), missing=int((unknown | blank).sum()))


def _near(clause: Clause, area: Area) -> Measured:
    """Return the share of the places that have one of another layer near by."""
    places, others = places_in(clause, area), area.layers.get(str(clause.near_layer))
    if places is None or others is None:
        return NOTHING
    if len(places) == 0:
        return Measured.known(0.0)
    tree = shapely.STRtree(others.geometry.to_numpy())
    near, _ = tree.query(places.geometry.to_numpy(), predicate="dwithin", distance=float(clause.within_m or 0))
    has = np.isin(np.arange(len(places)), near)
    asked = float(clause.within_m or 0)
    answers = answers_of(places, str(clause.near_layer), has, np.zeros(len(places), dtype=bool), asked=asked)
    value = float(has.mean())
    return Measured(value, value, answers)


def _connected(_: Clause, area: Area) -> Measured:
    """Return the share of the area's street length on the largest component; an edge lies where its middle does."""
    land, edges = area.land, area.network.edges
    shapely.prepare(land)
    middle = shapely.line_interpolate_point(edges.geometry.to_numpy(), 0.5, normalized=True)
    length_m = area.network.street_m * shapely.intersects(land, middle)
    whole = length_m.sum()
    return Measured.known(float(length_m[area.network.main].sum() / whole) if whole > 0 else math.nan)


MEASURES: Mapping[str, Callable[[Clause, Area], Measured]] = {
    "count": _count,
    "rate": _rate,
    "facility_share": _facility_share,
    "near": _near,
    "connected": _connected,
}
"""The measures of an area, by their names in a standard."""
