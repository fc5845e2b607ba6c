"""The results of a run: its tables, their columns and units."""

from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from cfgeo.core.hashes import Pieces
from cfgeo.core.plan import Plan
from cfgeo.core.schema import WALK_PARTS, Inputs
from cfgeo.core.shapes import Ground
from cfgeo.core.strings import DEFAULT_LANG, Lang, usual_lang

if TYPE_CHECKING:
    import folium
    from matplotlib.axes import Axes

_NOTEBOOK = "cfgeo.publish.notebook"
"""What shows results in a notebook. It is loaded by name, as pandas loads what plots: core imports no other wing."""

COVERAGE_COLUMNS = {
    "code": "community",
    "clause": "clause id",
    "measure": "reach | present | all_reach, or a measure of places",
    "demand": "demand of the community, in units of `basis`; missing where there is none",
    "basis": "children | residents | floor_area | count | street_length",
    "children": "children of the clause's ages, where the study knows their number",
    "share": "share of the demand in reach, 0–1; missing where there is no demand",
    "area_share": "share of the community's area in reach, 0–1",
    "street_share": "share of the community's street length in reach, 0–1",
    "median_minutes": "walk of the median child; inf: no place within the search",
    "p90_minutes": "walk that nine in ten children do not exceed",
    "places": "places of the clause inside the community",
    "value": "value of any other measure: a count, a rate or a share; missing where it hangs on data that is missing",
    "need": "share that is needed (reach), or number of places (present), or what the measure asks",
    "verdict": "passed | failed | not_assessed",
    "verdict_slower": "the same with every speed 10 % lower",
    "verdict_faster": "the same with every speed 10 % higher",
    "share_level": "share of the demand in reach if the same streets, stairs included, were level",
    "verdict_level": "the verdict in that case",
}
"""Columns of the coverage table: a row for every community and every community clause."""

ROUTE_COLUMNS = {
    "code": "community",
    "clause": "clause id",
    "walker": "who walks",
    "direction": "to | from: there, or back where that is slower",
    "facility": "the nearest place; empty: none within the search",
    "minutes": "the walk; inf: beyond the search",
    **{f"{part}_minutes": f"of it: {part}" for part in WALK_PARTS},
    "length_m": "length, legs off the network included",
    "climb_m": "metres climbed",
    "descent_m": "metres descended",
    "steps": "steps of stairs, as mapped or from their rise",
}
"""Columns of the routes: a row for every community and reach clause, the walk of its median child."""


WALK_STEP_COLUMNS = {
    "code": "community",
    "clause": "clause id",
    "part": "level | uphill | downhill | stairs | lift | off_network",
    "name": "of the street; empty: it has none",
    "length_m": "",
    "minutes": "waits included; all steps of a walk add up to its minutes",
    "wait_minutes": "of these: waiting to cross",
}
"""Columns of the steps of the routes, in the order of the walk; lines in its direction, in the metric CRS."""

WALK_PROFILE_COLUMNS = {
    "code": "community",
    "clause": "clause id",
    "distance_m": "from the start",
    "height_m": "missing: not known",
}
"""Columns of the heights along the routes."""

REACH_RATIO_COLUMNS = {
    "scope": "facility | layer | community",
    "id": "facility, layer or code",
    "layer": "layer of the facility, or the layer itself",
    "kind": "kinds of the layer that count; empty: all",
    "walker": "who walks",
    "minutes": "the limit of the walk",
    "reached_m2": "land within the walk, along streets",
    "circle_m2": "circle of the same walk in a straight line on level terrain",
    "level_m2": "land within the walk if the same streets, stairs included, were level",
    "circle_ratio": "reached_m2 / circle_m2",
    "level_ratio": "reached_m2 / level_m2",
}
"""Columns of the reach ratios: how much reach the terrain costs."""


WALKWAY_COLUMNS = {
    "rank": "1: most would be lost without it",
    "length_m": "length of the streets that were removed; 0: none runs along it",
    "climb_m": "metres that they climb and descend",
    "beyond": "demand that loses its last place within the limit of a clause; a child counts once per clause",
    "extra_minutes": "sum of the longer walks, up to the search [demand × min]",
}
"""Columns of the walkways, index ``walkway`` (name), beside ``<clause>_beyond``. Each was removed on its own."""

SCHOOL_ROUTE_COLUMNS = {
    "rank": "1: the busiest",
    "osm_id": "way; 0: none",
    "name": "street",
    "highway": "OpenStreetMap's class",
    "form": "level | steps | lift | escalator",
    "length_m": "of the edge",
    "forward": "demand that walks the edge, or a part of it, from u to v",
    "backward": "demand that walks from v to u",
    "total": "both",
    "child_metres": "demand × metres that it walks on the edge",
    "calm": "yes | no | unknown: apart from cars, or among few slow ones",
    "code": "community of a point on it; empty: none",
    "community": "its name",
    "street_office": "its street office",
}
"""Columns of the school routes, index ``edge``, beside ``<clause>`` for each clause; lines from u to v."""

ROUTE_GAP_COLUMNS = {
    "rank": "1: most is walked there",
    "name": "street",
    "osm_id": "way, where the street has no name; else 0",
    "highway": "OpenStreetMap's class",
    "known": "no: among cars | unknown",
    "length_m": "of its edges that children walk",
    "children": "demand on its busiest edge",
    "child_metres": "demand × metres that it walks there",
    "code": "community; empty: none",
    "community": "its name",
    "street_office": "its street office",
}
"""Columns of the gaps of the school routes: a row for each street of a community where children walk among cars; its
edges as lines."""

CROSSING_COLUMNS = {
    "rank": "1: the busiest",
    "osm_id": "node",
    "name": "name of the crossed road",
    "highway": "class of the crossed road",
    "total": "demand that crosses",
    "code": "community in which it lies; empty: none",
    "community": "its name",
    "street_office": "its street office",
}
"""Columns of the crossings of big roads, index ``node``, beside ``<clause>`` for each clause; points."""

REPORTED_COLUMNS = {
    "indicator": "its name as reported, without a unit in brackets",
    "year": "",
    "scope": "district | street_office | community | city",
    "area": "street office, or code of the community; empty: the whole",
    "sex": "all | male | female",
    "value": "a share 0–1 where the unit is % or ‰; missing: it is not clear",
    "unit": "as reported: % | ‰ | another | empty",
    "source": "who reports it",
    "row": "row of the file",
}
"""Columns of the reported figures: a row for each indicator, year, area and sex."""

MET, SHORT, UNKNOWN = "met", "short", "unknown"
"""Status of a place against a clause: it has what is asked, it has not, or nobody knows."""

SHORTFALL_COLUMNS = {
    "clause": "clause id",
    "facility": "the place that falls short",
    "layer": "its layer",
    "kind": "its kind",
    "name": "its name",
    "code": "community in which it lies; empty: none",
    "street_office": "its street office",
    "status": "short | unknown",
    "attribute": "column that is asked, or the layer that is asked near by",
    "value": "what the file has there; empty: nothing",
    "asked": "the number that is asked, or the distance [m]; missing: a yes",
}
"""Columns of the shortfalls: a row for each place that falls short of a clause, or of which nobody knows."""

BLOCK_COLUMNS = {
    "name": "its name",
    "communities": "number of communities that it holds",
    "passed": "how many of them pass",
    "failed": "how many fail",
    "not_assessed": "how many are not assessed",
    "marginal": "how many are marginal",
    "share": "share of them that passes; missing: it holds none",
    "demand": "demand of the block; missing where there is none",
    "verdict": "passed | failed | not_assessed, by the required clauses of blocks",
    "judged": "number of required clauses that were assessed",
    "required": "number of required clauses of blocks",
    "failed_clauses": "the required clauses that it fails",
}
"""Columns of the street blocks, index ``block``, beside ``<clause>_found`` and ``<clause>_verdict``; polygons."""

ZONE_COLUMNS = {
    "name": "its name",
    "kind": "core | network | circle | belt | point; zone: its file does not say",
    "title": "its title",
    "near_m": "of a line or point: what lies so near belongs to it; missing for areas",
    "layout": "the title of all zones",
    "codes": "the communities that belong to it: most of their demand lies in it, or most of their area without demand",
    "communities": "their number",
    "passed": "how many of them pass",
    "failed": "how many fail",
    "not_assessed": "how many are not assessed",
    "share": "share of them that passes; missing: it holds none",
    "touched": "number of communities that lie in it in part or as a whole",
    "demand": "demand in the zone, in units of the study's basis",
}
"""Columns of the zones, index ``zone``, beside ``<clause>_share`` (of the zone's demand in reach, for the clauses of
communities that are walked) and ``<layer>/<kind>_places`` (their number); lines, areas and points."""

SERVICE_COLUMNS = {
    "clause": "all_reach clause that names the services; empty: the walks of all required clauses",
    "code": "community; empty: the district",
    "services": "number of services in reach",
    "of": "number of services that the children of these ages are asked for",
    "demand": "demand that has so many, in units of the study's basis",
    "share": "share of the demand with the same `of`, 0–1",
}
"""Columns of the services: how many of them children have in reach."""


@dataclass(frozen=True)
class Walks:
    """What the walks show beside the verdicts.

    Attributes
    ----------
    reach_ratios : pandas.DataFrame
        ``REACH_RATIO_COLUMNS``: how much reach the terrain costs.
    routes : pandas.DataFrame
        ``ROUTE_COLUMNS``: what the minutes of median children consist of.
    walkways : geopandas.GeoDataFrame
        ``WALKWAY_COLUMNS``: what children would lose without each walkway.
    school_routes : geopandas.GeoDataFrame
        ``SCHOOL_ROUTE_COLUMNS``.
    crossings : geopandas.GeoDataFrame
        ``CROSSING_COLUMNS``.
    route_gaps : geopandas.GeoDataFrame
        ``ROUTE_GAP_COLUMNS``.
    steps : geopandas.GeoDataFrame
        ``WALK_STEP_COLUMNS``: the routes, step by step.
    profiles : pandas.DataFrame
        ``WALK_PROFILE_COLUMNS``.
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
    route_gaps: gpd.GeoDataFrame
    steps: gpd.GeoDataFrame = field(
        default_factory=lambda: gpd.GeoDataFrame(columns=[*WALK_STEP_COLUMNS, "geometry"], geometry="geometry")
    )
    profiles: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(WALK_PROFILE_COLUMNS)))


@dataclass(frozen=True, repr=False)
class Results:
    """The results of a run. All published files are made from these values alone.

    Attributes
    ----------
    communities : geopandas.GeoDataFrame
        Index ``code``; ``community``, ``street_office``, ``area_m2``, ``demand``, ``children`` (NaN: not known),
        ``demand_points`` (their number), ``few_homes`` (a single point decides), ``judged`` and ``required`` (numbers
        of required clauses), ``failed`` (tuple of the required clauses it fails), ``verdict``, ``marginal`` (the
        verdict changes with 10 % of speed), ``fails_by_terrain`` (it fails, and would pass if the same streets were
        level), ``circle_ratio`` and ``level_ratio`` (of its reach ratios, at the study's limit); polygons.
    coverage : pandas.DataFrame
        ``COVERAGE_COLUMNS``; every community × every community clause exactly once.
    street_offices : geopandas.GeoDataFrame
        Index ``street_office``; ``communities``, ``passed``, ``not_assessed``, ``marginal`` (numbers),
        ``share``; and for each street-office clause ``<clause>_found`` and ``<clause>_verdict``.
    clauses : pandas.DataFrame
        Index ``clause``; one row a clause of the standard, in its order: ``plan_item``, ``scope``
        (community | block | street_office | district), ``measure``, ``layer``, ``required``, ``assumption``,
        ``found`` and ``asked`` (numbers of the measure; for a clause of communities, blocks or street offices the share
        of those that pass, and the share that shall), ``found_low`` and ``found_high`` (the value with everything that
        is missing at its worst and at its best; ``found`` is the worst where the verdict is the same with both, and
        missing otherwise), ``missing`` (number of missing values), ``year`` (of a reported figure), ``passed`` /
        ``failed`` / ``open`` (numbers of communities, blocks or street offices), ``verdict``.
    district : dict
        ``communities``, ``passed``, ``failed``, ``not_assessed``, ``share``, ``target``, ``met``,
        ``marginal``, ``needed`` (communities still missing to the target), ``clauses_judged``,
        ``clauses_total``. Where the standard has required clauses of blocks, ``blocks``: their ``blocks``, ``passed``,
        ``failed``, ``not_assessed``, ``share``, ``target``, ``met``, ``needed``, and ``together`` (blocks and
        communities: ``units``, ``passed``, ``share``).
    facilities : geopandas.GeoDataFrame
        Index ``facility``; ``layer``, ``kind``, ``name``, ``snapped`` (bool), ``leg_m``, ``community`` (code
        or ""), ``circle_ratio`` and ``level_ratio`` (the lowest of several walkers', at the study's limit), and what
        the inputs add.
    shortfalls : pandas.DataFrame
        ``SHORTFALL_COLUMNS``: which places fall short of which clause.
    isochrones : geopandas.GeoDataFrame
        ``layer``, ``kind`` ("" for all), ``walker``, ``minutes``; (multi)polygons.
    walks : Walks
    inputs : Inputs
    parameters : dict
        Every choice of the run, ready for JSON.
    seconds : dict of str to float
        Stage → how long it took [s].
    plan : Plan, optional
        What to build, where the study has a reserve list.
    blocks : geopandas.GeoDataFrame
        ``BLOCK_COLUMNS``: the street blocks with their verdicts; empty where the standard has no clause of blocks.
    services : pandas.DataFrame
        ``SERVICE_COLUMNS``: how many services children have in reach.
    ground : Ground, optional
        What maps show of the place itself.
    zones : geopandas.GeoDataFrame
        ``ZONE_COLUMNS``: what lies in each zone of ``[zones]``; empty where the study has none.
    pieces : Pieces
        Parts of the page that an earlier run has drawn.
    """

    communities: gpd.GeoDataFrame
    coverage: pd.DataFrame
    street_offices: gpd.GeoDataFrame
    clauses: pd.DataFrame
    district: dict[str, Any]
    facilities: gpd.GeoDataFrame
    shortfalls: pd.DataFrame
    isochrones: gpd.GeoDataFrame
    walks: Walks
    inputs: Inputs
    parameters: dict[str, Any]
    seconds: dict[str, float] = field(default_factory=dict)
    plan: Plan | None = None
    blocks: gpd.GeoDataFrame = field(default_factory=gpd.GeoDataFrame)
    services: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(SERVICE_COLUMNS)))
    ground: Ground | None = None
    zones: gpd.GeoDataFrame = field(default_factory=gpd.GeoDataFrame)
    pieces: Pieces = field(default_factory=Pieces, compare=False)

    def __repr__(self) -> str:
        """Return a summary in one line: the tables have thousands."""
        study, n_findings = self.parameters.get("study", {}).get("id", "?"), len(self.inputs.findings)
        judged = "{passed} of {communities} communities pass, {clauses_judged} of {clauses_total} clauses judged"
        return f"<Results of {study}: {judged.format(**self.district)}, {n_findings} findings>"

    def _repr_html_(self) -> str:
        """Return what a notebook shows of them; in English where the environment has ``CFGEO_LANG=en``."""
        return str(import_module(_NOTEBOOK).summary_html(self, lang=usual_lang()))

    def explore(self, *, clause: str | None = None, lang: Lang = DEFAULT_LANG) -> "folium.Map":
        """Return the communities as an interactive map: :func:`cfgeo.explore`."""
        shown: folium.Map = import_module(_NOTEBOOK).explore(self, clause=clause, lang=lang)
        return shown

    def plot(self, *, clause: str | None = None, ax: "Axes | None" = None, lang: Lang = DEFAULT_LANG) -> "Axes":
        """Draw the communities with matplotlib, coloured by verdict or by those of a clause, and return the axes."""
        drawn: Axes = import_module(_NOTEBOOK).plot(self, clause=clause, ax=ax, lang=lang)
        return drawn


@dataclass(frozen=True)
class Verdicts:
    """The tables of verdicts, as :class:`Results` describes them; the facilities without ratios."""

    communities: gpd.GeoDataFrame
    coverage: pd.DataFrame
    street_offices: gpd.GeoDataFrame
    clauses: pd.DataFrame
    district: dict[str, Any]
    facilities: gpd.GeoDataFrame
    shortfalls: pd.DataFrame
    blocks: gpd.GeoDataFrame = field(default_factory=gpd.GeoDataFrame)
    services: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(SERVICE_COLUMNS)))
