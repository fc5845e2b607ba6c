"""A function for each measure of an area: counts, rates, shares of facilities, connected streets.

What lies near by is in :mod:`cfgeo.assess.measures.near`, reported figures in :mod:`cfgeo.assess.measures.figures`.
"""

import math
from collections.abc import Callable, Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cfgeo.assess.measures.counted import clause_places, counts, of_names, on_land
from cfgeo.assess.measures.figures import reported_figure
from cfgeo.assess.measures.graded import graded
from cfgeo.assess.measures.near import near, none_within
from cfgeo.assess.measures.people import people
from cfgeo.assess.measures.values import NOTHING, Area, ClauseValue, answers_of, both, land_of, share_interval
from cfgeo.core.schema import COMMUNITIES, UNIT_LAYERS, BoolArray, FloatArray
from cfgeo.core.shapes import campuses
from cfgeo.files.answers import is_blank, is_unknown, is_yes
from cfgeo.files.cell_values import numbers
from cfgeo.study.standard import Clause


def measure(clause: Clause, area: Area) -> ClauseValue:
    """Return the value of a clause, in the unit of its measure; ``NOTHING`` where the data does not carry it."""
    return MEASURES[clause.measure](clause, area)


def places_in(clause: Clause, area: Area) -> gpd.GeoDataFrame | None:
    """Return the places of an area that count for a clause; None where a layer is not declared."""
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
    values, asked = places[column], column == clause.attribute
    if asked and clause.attribute_min is not None:
        number = numbers(values)
        met, unknown = number >= clause.attribute_min, number.isna()
    elif asked and clause.attribute_least is not None:
        met, unknown = graded(values, clause.attribute_order, clause.attribute_least)
    else:
        met = is_yes(values, area.today)
        unknown = is_unknown(_whole_column(clause, column, area)).loc[places.index]
    if clause.implied_by in places.columns:
        implied = is_yes(places[clause.implied_by], area.today)
        met, unknown = met | implied, unknown & ~implied
    return met.to_numpy(dtype=bool), unknown.to_numpy(dtype=bool)


def _whole_column(clause: Clause, column: str, area: Area) -> pd.Series:
    """Return a column of whole layers: whether a list is one of ticks, its other rows tell as well."""
    tables = [area.layers[name] for name in clause.all_layers]
    cells: pd.Series = pd.concat([table[column] for table in tables if column in table.columns])
    return cells


def _count(clause: Clause, area: Area) -> ClauseValue:
    """Return how many campuses, or names, there are; or how many have the attribute that the clause asks for."""
    places = places_in(clause, area)
    if places is None:
        return NOTHING
    met, unknown = counts(clause, places)
    column = "capacity" if clause.min_capacity is not None else "kind"
    if clause.only_where is not None and len(places):
        answers = _answers(clause, clause.only_where, places, area)
        if answers is None:
            return NOTHING
        has, unclear = answers  # a certificate that nobody has entered is none
        answers = has, unclear & ~is_blank(places[clause.only_where]).to_numpy()
        (met, unknown), column = both((met, unknown), answers), clause.only_where
    if clause.names:
        of = of_names(clause.names, places)
        low, high = (float((of & has).any(axis=1).sum()) for has in (met, met | unknown))
        ours = of.any(axis=0)
        places, met, unknown = places[ours], met[ours], unknown[ours]
    else:
        campus = campuses(places)
        low, high = (float(len(np.unique(campus[has]))) for has in (met, met | unknown))
    if clause.only_where is None and clause.min_capacity is None and not clause.among_kinds:
        return ClauseValue.known(low)
    return ClauseValue(low, high, answers_of(places, column, met, unknown), missing=int(high - low))


def _rate(clause: Clause, area: Area) -> ClauseValue:
    """Return an amount of the places per 1,000 people; an amount that is missing has no upper bound."""
    places, whom = places_in(clause, area), people(clause, area)
    if places is None or whom is None or not whom.known > 0:
        return NOTHING
    if len(places) and (clause.amount not in places.columns or is_blank(places[clause.amount]).all()):
        return NOTHING
    amount = numbers(places[clause.amount]) if len(places) else pd.Series(dtype=float)
    unknown = amount.isna().to_numpy()
    per_thousand = float(amount.sum() / whom.known * 1000)
    low = 0.0 if whom.missing else per_thousand
    high = math.inf if unknown.any() else per_thousand
    answers = answers_of(places, clause.amount, ~unknown, unknown)
    return ClauseValue(low, high, answers, missing=int(unknown.sum()) + whom.missing)


def weight_of(clause: Clause, places: pd.DataFrame) -> tuple[FloatArray, str] | None:
    """Return what each place weighs in a share (n), and the column that says so; None where none does.

    The weight is the enrolment only where all places tell it; else their capacity.
    """
    if clause.weigh_by is None:
        return np.ones(len(places)), ""
    columns = ("enrolment", "capacity") if clause.weigh_by == "enrolment" else ("capacity",)
    for column in columns:
        weight = numbers(places[column]).to_numpy(dtype=float) if column in places.columns else np.full(1, np.nan)
        if not np.isnan(weight).any() or (column == "capacity" and not np.isnan(weight).all()):
            return weight, column
    return None


def _facility_share(clause: Clause, area: Area) -> ClauseValue:
    """Return the share of the places, or of their weight, that have the attribute that the clause asks for."""
    places, column = places_in(clause, area), str(clause.attribute)
    if places is None:
        return NOTHING
    if len(places) == 0:
        return ClauseValue.known(0.0)
    answers, weights = _answers(clause, column, places, area), weight_of(clause, places)
    if answers is None or weights is None:
        return NOTHING
    return _share(clause, places, answers, *weights)


def _share(
    clause: Clause, places: pd.DataFrame, answers: tuple[BoolArray, BoolArray], weight: FloatArray, by: str
) -> ClauseValue:
    """Return the share of the weight of the places that meet a need; ``by`` is the column that weighs them."""
    met, unknown = answers
    low, high = share_interval(met, unknown, weight)
    asked = math.nan if clause.attribute_min is None else clause.attribute_min
    blank = np.isnan(weight)
    answered = [answers_of(places, str(clause.attribute), met, unknown, asked=asked)]
    if blank.any():
        answered.append(answers_of(places[blank], by, np.zeros(blank.sum(), dtype=bool), blank[blank]))
    return ClauseValue(low, high, pd.concat(answered), missing=int((unknown | blank).sum()))


def _length_share(clause: Clause, area: Area) -> ClauseValue:
    """Return the share of the length of lines in the area whose attribute is a yes; other shapes have no length."""
    places = places_in(clause, area)
    if places is None:
        return NOTHING
    if len(places) == 0:
        return ClauseValue.known(0.0)
    answers = _answers(clause, str(clause.attribute), places, area)
    if answers is None:
        return NOTHING
    shapes = places.geometry.to_numpy()
    inside = shapely.intersection(shapes, land_of(area.communities))
    is_line = shapely.get_dimensions(shapes) == 1
    return _share(clause, places, answers, np.where(is_line, shapely.length(inside), math.nan), "geometry")


def _school_routes(_: Clause, area: Area) -> ClauseValue:
    """Return the share of the metres that children walk to school that run on calm or separate ways."""
    if area.routes is None:
        return NOTHING
    routes = area.routes()
    own = routes[routes["code"].isin(area.communities.index)]
    metres, calm = own["child_metres"].to_numpy(dtype=float), own["calm"].to_numpy()
    if metres.sum() <= 0:
        return NOTHING
    low, high = (float(metres[np.isin(calm, which)].sum() / metres.sum()) for which in (["yes"], ["yes", "unknown"]))
    return ClauseValue(low, high, missing=int((calm == "unknown").sum()))


def _connected(_: Clause, area: Area) -> ClauseValue:
    """Return the share of the area's street length on the largest component; an edge lies where its middle does."""
    land, edges = area.land, area.network.edges
    shapely.prepare(land)
    middle = shapely.line_interpolate_point(edges.geometry.to_numpy(), 0.5, normalized=True)
    length_m = area.network.street_m * shapely.intersects(land, middle)
    whole = length_m.sum()
    return ClauseValue.known(float(length_m[area.network.main].sum() / whole) if whole > 0 else math.nan)


MEASURES: Mapping[str, Callable[[Clause, Area], ClauseValue]] = {
    "count": _count,
    "rate": _rate,
    "facility_share": _facility_share,
    "near": near,
    "none_within": none_within,
    "length_share": _length_share,
    "connected": _connected,
    "school_routes": _school_routes,
    "reported": reported_figure,
}
"""The measures of an area, by their names in a standard."""
