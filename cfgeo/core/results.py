"""What a run finds out: its tables, their columns and units."""

from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import pandas as pd

from cfgeo.core.plan import Plan
from cfgeo.core.schema import WALK_PARTS, Inputs

COVERAGE_COLUMNS = {
    "code": "community",
    "clause": "clause id",
    "measure": "reach | present",
    "demand": "what is to be covered, in units of `basis`; missing where there is none",
    "basis": "children | residents | floor_area | count | street_length",
    "children": "children concerned, where the study knows their number",
    "share": "share of the demand in reach, 0–1; missing where there is no demand",
    "area_share": "share of the community's area in reach, 0–1",
    "street_share": "share of the community's street length in reach, 0–1",
    "median_minutes": "walk of the median child; inf: no place within the search",
    "p90_minutes": "walk that nine in ten children do not exceed",
    "places": "places of the clause inside the community",
    "need": "share that is needed (reach), or number of places (present)",
    "verdict": "passed | failed | not_assessed",
    "verdict_slower": "the same with every speed 10 % lower",
    "verdict_faster": "the same with every speed 10 % higher",
    "share_level": "share of the demand in reach if the same streets were level, stairs among them",
    "verdict_level": "the verdict in that case",
}
"""Columns of the coverage table: one row for every community and every community clause."""

ROUTE_COLUMNS = {
    "code": "community",
    "clause": "clause id",
    "walker": "who walks",
    "direction": "to | from: there, or back where that is slower",
    "facility": "the place; empty: none within the search",
    "minutes": "the walk; inf: beyond the search",
    **{f"{part}_minutes": f"of it: {part}" for part in WALK_PARTS},
    "length_m": "its length, ways off the network included",
    "climb_m": "metres climbed",
    "descent_m": "metres descended",
    "steps": "steps of stairs; where the map does not count them, from their rise",
}
"""Columns of the routes: one row for every community and reach clause, the walk of its median child."""


REACH_RATIO_COLUMNS = {
    "scope": "facility | layer | community: whose reach it is",
    "id": "facility, layer or code",
    "layer": "where a facility or layer belongs",
    "kind": "kinds of it that count; empty for all",
    "walker": "who walks",
    "minutes": "how long",
    "reached_m2": "land within the walk, along streets",
    "circle_m2": "the circle of the same walk on level ground, in a straight line",
    "level_m2": "land within the walk if the same streets were level, stairs among them",
    "circle_ratio": "reached_m2 / circle_m2",
    "level_ratio": "reached_m2 / level_m2",
}
"""Columns of the reach ratios: what the terrain costs."""


WALKWAY_COLUMNS = {
    "rank": "1: without it most would be lost",
    "length_m": "streets that were taken out; 0: none runs along it",
    "climb_m": "what they climb and descend",
    "beyond": "demand that no longer has a place of some clause within its limit, each child once a clause",
    "extra_minutes": "what all walks take longer, up to the search [demand × min]",
}
"""Columns of the walkways, index ``walkway`` (name), beside ``<clause>_beyond``: each was taken out on its own."""

SCHOOL_ROUTE_COLUMNS = {
    "rank": "1: the busiest",
    "osm_id": "way; 0: none",
    "name": "street",
    "highway": "OpenStreetMap's class",
    "form": "level | steps | lift | escalator",
    "length_m": "of the edge",
    "forward": "demand that walks from u to v, the edge or a part of it",
    "backward": "demand that walks from v to u",
    "total": "both",
    "code": "community in which it lies, or a point of it; empty: none",
    "community": "its name",
    "street_office": "its street office",
}
"""Columns of the school routes, index ``edge``, beside ``<clause>`` for each clause; lines from u to v."""

CROSSING_COLUMNS = {
    "rank": "1: the busiest",
    "osm_id": "node",
    "name": "of the road that is crossed",
    "highway": "its class",
    "total": "demand that crosses",
    "code": "community in which it lies; empty: none",
    "community": "its name",
    "street_office": "its street office",
}
"""Columns of the crossings of big roads, index ``node``, beside ``<clause>`` for each clause; points."""


@dataclass(frozen=True)
class Walks:
    """What the walks tell beside the verdicts.

    Attributes
    ----------
    reach_ratios : pandas.DataFrame
        ``REACH_RATIO_COLUMNS``: what the terrain costs.
    routes : pandas.DataFrame
        ``ROUTE_COLUMNS``: what the minutes of median children are spent on.
    walkways : geopandas.GeoDataFrame
        ``WALKWAY_COLUMNS``: what children would lose without each.
    school_routes : geopandas.GeoDataFrame
        ``SCHOOL_ROUTE_COLUMNS``.
    crossings : geopandas.GeoDataFrame
        ``CROSSING_COLUMNS``.
    street_minutes : pandas.DataFrame
        The walk from the middle of each edge to the nearest place of each clause (``Network.edges`` × clause ids; inf:
        beyond the search).
    """

    reach_ratios: pd.DataFrame
    routes: pd.DataFrame
    walkways: gpd.GeoDataFrame
    school_routes: gpd.GeoDataFrame
    crossings: gpd.GeoDataFrame
    street_minutes: pd.DataFrame


@dataclass(frozen=True, repr=False)
class Results:
    """All that a run has found out; what is published is made from this and nothing else.

    Attributes
    ----------
    communities : geopandas.GeoDataFrame
        Index ``code``; ``community``, ``street_office``, ``area_m2``, ``demand``, ``children`` (NaN: not known),
        ``demand_points`` (their number), ``few_homes`` (so few that one decides), ``judged`` and ``required`` (numbers
        of required clauses), ``failed`` (tuple of the required clauses it fails), ``verdict``, ``marginal`` (a verdict
        that 10 % of speed overturns), ``fails_by_terrain`` (it fails, and would pass if the same streets were level),
        ``circle_ratio`` and ``level_ratio`` (of its reach ratios, at the study's limit); polygons.
    coverage : pandas.DataFrame
        ``COVERAGE_COLUMNS``; every community × every community clause exactly once.
    street_offices : geopandas.GeoDataFrame
        Index ``street_office``; ``communities``, ``passed``, ``not_assessed``, ``marginal`` (numbers),
        ``share``; and for each street-office clause ``<clause>_found`` and ``<clause>_verdict``.
    clauses : pandas.DataFrame
        Index ``clause``; one row a clause of the standard, in its order: ``plan_item``, ``scope``
        (community | street_office | district), ``measure``, ``layer``, ``required``, ``assumption``,
        ``found`` and ``asked`` (numbers of the measure; for a community or street-office clause the share of
        those that pass, and the share that shall), ``passed`` / ``failed`` / ``open`` (numbers of communities or
        street offices), ``verdict``.
    district : dict
        ``communities``, ``passed``, ``failed``, ``not_assessed``, ``share``, ``target``, ``met``,
        ``marginal``, ``needed`` (communities still missing to the target), ``clauses_judged``,
        ``clauses_total``.
    facilities : geopandas.GeoDataFrame
        Index ``facility``; ``layer``, ``kind``, ``name``, ``snapped`` (bool), ``leg_m``, ``community`` (code
        or ""), ``circle_ratio`` and ``level_ratio`` (the lowest of several walkers', at the study's limit), and what
        the inputs add.
    isochrones : geopandas.GeoDataFrame
        ``layer``, ``kind`` ("" for all), ``walker``, ``minutes``; (multi)polygons.
    walks : Walks
    inputs : Inputs
    parameters : dict
        Every choice that went in, ready for JSON.
    seconds : dict of str to float
        What each stage took [s].
    plan : Plan, optional
        What to build, where the study has a reserve list.
    """

    communities: gpd.GeoDataFrame
    coverage: pd.DataFrame
    street_offices: gpd.GeoDataFrame
    clauses: pd.DataFrame
    district: dict[str, Any]
    facilities: gpd.GeoDataFrame
    isochrones: gpd.GeoDataFrame
    walks: Walks
    inputs: Inputs
    parameters: dict[str, Any]
    seconds: dict[str, float] = field(default_factory=dict)
    plan: Plan | None = None

    def __repr__(self) -> str:
        """Say in one line what was found; the tables have thousands."""
        named, faults = self.parameters.get("study", {}).get("id", "?"), len(self.inputs.findings)
        judged = "{passed} of {communities} communities pass, {clauses_judged} of {clauses_total} clauses judged"
        return f"<Results of {named}: {judged.format(**self.district)}, {faults} findings>"


@dataclass(frozen=True)
class Verdicts:
    """The tables of verdicts of :class:`Results`, which describes them; the facilities without ratios."""

    communities: gpd.GeoDataFrame
    coverage: pd.DataFrame
    street_offices: gpd.GeoDataFrame
    clauses: pd.DataFrame
    district: dict[str, Any]
    facilities: gpd.GeoDataFrame
