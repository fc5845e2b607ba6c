"""A case → the tables of a run: coverage, communities, street offices, clauses, facilities, isochrones."""

import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from cfgeo.assess import score
from cfgeo.assess.case import Case
from cfgeo.assess.coverage import Walk, cover, share_in_reach, shares_of
from cfgeo.assess.measures.counted import clause_places, presence
from cfgeo.assess.measures.district import MEASURES, measure
from cfgeo.assess.measures.values import Measured
from cfgeo.assess.services import Services, is_near, service_table, services_of
from cfgeo.assess.units import (
    OF_PLACES,
    block_of,
    judged_units,
    measure_units,
    unit_layers,
    units_of,
    with_clauses,
)
from cfgeo.core.results import BLOCK_COLUMNS, COVERAGE_COLUMNS, MET, SHORTFALL_COLUMNS, Verdicts
from cfgeo.core.schema import (
    FAILED,
    FEW_HOMES,
    ISOCHRONE_MINUTES,
    NOT_ASSESSED,
    PASSED,
    ROW,
    SECONDS_PER_MINUTE,
    BoolArray,
    Inputs,
    Positions,
)
from cfgeo.network.walkers import PACES
from cfgeo.study.communities import community_of
from cfgeo.study.standard import Clause, Scope
from cfgeo.walk.isochrone import isochrones
from cfgeo.walk.nearest import nearest_seconds, search

ON_THE_LEVEL = "verdict_level"
"""Column of the verdict on the same streets if the land were level."""

VERDICT_COLUMNS = (*PACES, ON_THE_LEVEL)
_THREADS = 2


def judge_case(case: Case, coverage: pd.DataFrame | None = None) -> Verdicts:
    """Judge a case: from the coverage of clauses to communities, street offices, clauses and the district.

    Parameters
    ----------
    case
        What is judged.
    coverage
        What :func:`coverage_table` gives for it; measured when missing.
    """
    if coverage is None:
        coverage = coverage_table(case)
    standard, communities = case.standard, judge_communities(case, coverage)
    offices = score.street_office_table(communities)
    clauses, judged = judge_clauses(case, coverage)
    facilities = facility_table(case.inputs, case.home)
    blocks = judge_blocks(case, communities, judged["block"])
    district = score.district_headline(communities, clauses, standard)
    if standard.required_of("block"):
        district["blocks"] = score.block_headline(blocks, district, standard)
    (area,) = units_of(case, "district").areas(case)
    values = [(clause, measure(clause, area)) for clause in standard.clause if clause.measure in MEASURES]
    return Verdicts(
        communities=communities,
        coverage=coverage,
        street_offices=with_clauses(offices, judged["street_office"]),
        clauses=clauses,
        district=district,
        facilities=facilities,
        shortfalls=shortfall_table(values, facilities, case.inputs),
        blocks=blocks,
        services=service_table(case),
    )


def coverage_table(case: Case) -> pd.DataFrame:
    """Return every community × every community clause, with ``COVERAGE_COLUMNS``."""
    clauses = case.standard.of_scope("community")
    return pd.concat([clause_coverage(case, clause) for clause in clauses], ignore_index=True)


def clause_coverage(case: Case, clause: Clause) -> pd.DataFrame:
    """Return one clause's rows of :func:`coverage_table` (index ``code``)."""
    part = pd.DataFrame(np.nan, index=case.samples.codes, columns=list(COVERAGE_COLUMNS), dtype=object)
    part["code"], part["clause"], part["measure"] = case.samples.codes, clause.id, clause.measure
    part["basis"], part["need"] = case.inputs.demand_basis, clause.need
    part[[*PACES, ON_THE_LEVEL]] = NOT_ASSESSED
    facilities = clause_places(clause, case.inputs.layers)
    most = part["places"]
    if facilities is not None:
        part["places"], most = presence(clause, facilities, case.inputs.communities)
    if clause.measure == "all_reach":
        part = part.assign(**_all_reach(case, clause))
    elif clause.measure not in ("reach", "present"):
        part = part.assign(**_measured(case, clause))
    elif facilities is not None:
        present = dict.fromkeys(VERDICT_COLUMNS, judge_presence(clause, part["places"], most))
        part = part.assign(**(_reach(case, clause) if clause.measure == "reach" else present))
    numbers = ["demand", "children", "share", "area_share", "street_share", "share_level", "value", "need", "places"]
    numbers += ["median_minutes", "p90_minutes"]
    return part.astype({**dict.fromkeys(numbers, float), "clause": "str", "code": "str"})


def judge_presence(clause: Clause, least: pd.Series, most: pd.Series) -> pd.Series:
    """Return the verdict of each area: not assessed where it hangs on whether a place counts.

    Parameters
    ----------
    clause
        What is asked.
    least, most
        What :func:`cfgeo.assess.measures.counted.presence` gives.
    """
    worst, best = (score.judge(number.astype(float), clause.need) for number in (least, most))
    return worst.where(worst == best, NOT_ASSESSED)


def _reach(case: Case, clause: Clause) -> dict[str, pd.Series]:
    """Return the columns of a reach clause (index ``code``)."""
    weight, limit_s, walk = case.weight(clause), case.limit_s(clause), case.walk(clause)
    places = case.places(clause, walk)
    table = cover(case.samples, walk, places, weight, limit_s=limit_s, search_s=case.search_s(clause))
    columns: dict[str, pd.Series] = {str(name): table[name] for name in table.columns}
    if case.inputs.demand_basis == "children":
        columns["children"] = table["demand"]

    def share_of(other: Walk) -> pd.Series:
        return share_in_reach(case.samples, other, case.places(clause, other), weight, limit_s=limit_s)

    columns["share_level"] = share_of(case.level_walk(clause))
    shares = {column: share_of(case.walk(clause, pace)) for column, pace in PACES.items() if pace != 1.0}
    shares |= {"verdict": table["share"], ON_THE_LEVEL: columns["share_level"]}
    for column, share in shares.items():
        columns[column] = score.judge(share, clause.need, strict=clause.strict)
    return columns


def _measured(case: Case, clause: Clause) -> dict[str, pd.Series]:
    """Return the columns of a clause that is measured on places or streets (index ``code``)."""
    units = units_of(case, "community")
    judged = judged_units(clause, measure_units(case, clause, units), units.ids)
    return {"value": judged["found"], **dict.fromkeys(VERDICT_COLUMNS, judged["verdict"])}


def _all_reach(case: Case, clause: Clause) -> dict[str, pd.Series]:
    """Return the columns of a clause that puts several services together (index ``code``)."""
    walks: dict[str, Callable[[Clause], Walk]] = {ON_THE_LEVEL: case.level_walk}
    walks |= {column: partial(case.walk, pace=pace) for column, pace in PACES.items()}
    columns: dict[str, pd.Series] = {}
    for column, walk in walks.items():
        services = services_of(case, clause, near=partial(_is_near, case, walk))
        share, verdicts = all_reach_verdicts(case, clause, services)
        columns[column] = verdicts
        if column in ("verdict", ON_THE_LEVEL):
            columns["share" if column == "verdict" else "share_level"] = share
    demand, *_ = services.all_reached(case.samples.demand_owner, n_areas=len(case.samples.codes))
    columns["demand"] = pd.Series(demand, index=case.samples.codes)
    if case.inputs.demand_basis == "children":
        columns["children"] = columns["demand"]
    return columns


def _is_near(case: Case, walk: Callable[[Clause], Walk], clause: Clause) -> BoolArray:
    return is_near(case, clause, walk(clause))


def all_reach_verdicts(case: Case, clause: Clause, services: Services) -> tuple[pd.Series, pd.Series]:
    """Return the share of each community's children who have all of some services, and its verdict."""
    codes = case.samples.codes
    _, low, high = services.all_reached(case.samples.demand_owner, n_areas=len(codes))
    values = [Measured(*bounds) for bounds in zip(low.tolist(), high.tolist(), strict=True)]
    judged = judged_units(clause, values, codes)
    return judged["found"], judged["verdict"]


def demand_points(case: Case) -> pd.Series:
    """Return how many demand points have weight in each community, on the communities' index."""
    samples = case.samples
    weighted = (samples.demand_owner >= 0) & (samples.demand["weight"].to_numpy() > 0)
    return pd.Series(np.bincount(samples.demand_owner[weighted], minlength=len(samples.codes)), index=samples.codes)


def judge_communities(case: Case, coverage: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return the communities with their verdicts, as ``Results.communities`` promises."""
    samples, inputs = case.samples, case.inputs
    demand = samples.by_community(samples.demand["weight"].to_numpy())
    table = inputs.communities.assign(demand=np.where(demand > 0, demand, np.nan))
    table["children"] = table["demand"] if inputs.demand_basis == "children" else np.nan
    required = [clause.id for clause in case.standard.required_of("community")]
    judged = {}
    for column in VERDICT_COLUMNS:
        wide = coverage.pivot(index="code", columns="clause", values=column).loc[table.index, required]
        judged[column] = score.community_verdicts(wide, table["demand"].notna())
    now = judged["verdict"]
    differs = pd.concat([judged[column]["verdict"] != now["verdict"] for column in PACES], axis=1).any(axis=1)
    points = demand_points(case)
    return table.assign(
        demand_points=points,
        few_homes=(points > 0) & (points < FEW_HOMES),
        verdict=now["verdict"],
        marginal=differs,
        fails_by_terrain=(now["verdict"] == FAILED) & (judged[ON_THE_LEVEL]["verdict"] == PASSED),
        judged=now["judged"],
        required=len(required),
        failed=now["failed"],
    )


def judge_clauses(case: Case, coverage: pd.DataFrame) -> tuple[pd.DataFrame, dict[Scope, dict[str, pd.DataFrame]]]:
    """Return the table of clauses, and what the clauses of each scope but the communities' found in its units.

    Parameters
    ----------
    case
        What is judged.
    coverage
        What :func:`coverage_table` gives for it.

    Returns
    -------
    clauses : pandas.DataFrame
        As ``Results.clauses`` promises.
    judged : dict
        Scope → clause → what :func:`cfgeo.assess.units.judged_units` gives.
    """
    rows: list[dict[str, Any]] = []
    judged: dict[Scope, dict[str, pd.DataFrame]] = {"block": {}, "street_office": {}, "district": {}}
    units = {scope: units_of(case, scope) for scope in judged if case.standard.of_scope(scope)}
    for clause in case.standard.clause:
        row: dict[str, Any] = {"clause": clause.id}
        row |= clause.model_dump(
            include={"plan_item", "scope", "measure", "layer", "required", "assumption", "assumption_en"}
        )
        if clause.scope == "community":
            row |= _counted(case, clause, *_open_communities(clause, coverage[coverage["clause"] == clause.id]))
        else:
            values = measure_units(case, clause, units[clause.scope])
            if clause.scope == "district":
                row |= score.judge_measured(clause, values[0])
            else:
                table = judged_units(clause, values, units[clause.scope].ids)
                judged[clause.scope][clause.id] = table
                idle = (table["verdict"] == NOT_ASSESSED) & ~table["unknown"] & (clause.measure in OF_PLACES)
                row |= _counted(case, clause, table["verdict"], table["unknown"], idle)
        rows.append(row)
    return pd.DataFrame(rows).set_index("clause").astype(
        {"plan_item": "Int64", "missing": "Int64", "year": "Int64"}
    ), judged


def _open_communities(clause: Clause, own: pd.DataFrame) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Return a community clause's verdicts, where they are open for missing data, and where there is nothing to judge.

    Parameters
    ----------
    clause
        The clause.
    own
        Its rows of the coverage.
    """
    verdicts = own["verdict"]
    open_ = verdicts == NOT_ASSESSED
    never = open_ & False
    if clause.measure == "reach":  # open where nobody lives
        return verdicts, never, never
    if clause.measure == "present":
        return verdicts, open_, never
    if clause.measure == "all_reach":
        return verdicts, open_ & own["demand"].notna(), never
    idle = open_ & (own["places"] == 0) & (clause.measure in OF_PLACES)
    return verdicts, open_ & ~idle, idle


def _counted(case: Case, clause: Clause, verdicts: pd.Series, unknown: pd.Series, idle: pd.Series) -> dict[str, Any]:
    """Return how many units pass a clause, and whether enough of them do.

    The share is of all units but the idle ones, which have nothing to be judged; those that are open for missing data
    may pass.
    """
    passed, open_ = int((verdicts == PASSED).sum()), int((verdicts == NOT_ASSESSED).sum())
    asked = case.standard.target_share if clause.required else clause.target_share
    counts = {"passed": passed, "failed": len(verdicts) - passed - open_, "open": open_}
    low = high = math.nan
    if open_ < len(verdicts):
        of, maybe = len(verdicts) - int(idle.sum()), int(unknown.sum())
        low, high = passed / of, (passed + maybe) / of
    worst, best = score.judge(pd.Series([low, high]), asked)
    verdict = str(worst) if worst == best else NOT_ASSESSED
    found = low if verdict != NOT_ASSESSED else math.nan
    interval = {"found_low": low, "found_high": high, "missing": int(unknown.sum()), "year": None}
    return {"found": found, "asked": asked, "verdict": verdict, **interval, **counts}


def judge_blocks(case: Case, communities: gpd.GeoDataFrame, judged: Mapping[str, pd.DataFrame]) -> gpd.GeoDataFrame:
    """Return the street blocks with their verdicts, as ``BLOCK_COLUMNS`` promises; none without clauses of blocks.

    Parameters
    ----------
    case
        What is judged.
    communities
        What :func:`judge_communities` gives.
    judged
        Clause of blocks → what was found in each block.
    """
    if not judged:
        return gpd.GeoDataFrame(columns=[*BLOCK_COLUMNS, "geometry"], geometry="geometry", crs=case.inputs.crs)
    units = units_of(case, "block")
    demand, _ = shares_of(
        np.zeros(len(units.demand), dtype=bool),
        case.samples.demand["weight"].to_numpy(),
        units.demand,
        n_areas=len(units.ids),
    )
    table = score.block_table(communities, block_of(case.inputs), units.shapes).assign(demand=demand)
    required = [clause.id for clause in case.standard.required_of("block")]
    wide = pd.DataFrame({name: judged[name]["verdict"] for name in required}, index=table.index)
    now = score.community_verdicts(wide, table["demand"].notna())
    table = table.assign(verdict=now["verdict"], judged=now["judged"], required=len(required))
    return with_clauses(table.assign(failed_clauses=now["failed"]), judged)


def facility_table(inputs: Inputs, walk: Walk) -> gpd.GeoDataFrame:
    """Return all layers in one table, with how each facility meets the network of a walker."""
    parts = []
    for name, layer in inputs.layers.items():
        at = walk.places[name]
        leg_m = pd.Series(at.leg_m, index=layer.index[at.item]).groupby(level=0).min().reindex(layer.index)
        inside = community_of(layer.set_geometry(layer.representative_point()), inputs.communities)
        parts.append(
            layer.drop(columns=ROW, errors="ignore").assign(snapped=leg_m.notna(), leg_m=leg_m, community=inside)
        )
    if not parts:
        empty: dict[str, list[Any]] = {"layer": [], "kind": [], "name": [], "snapped": [], "leg_m": [], "community": []}
        return gpd.GeoDataFrame(empty, geometry=[], crs=inputs.crs)
    return gpd.GeoDataFrame(pd.concat(parts), geometry="geometry", crs=inputs.crs)


def shortfall_table(
    values: Sequence[tuple[Clause, Measured]], facilities: gpd.GeoDataFrame, inputs: Inputs
) -> pd.DataFrame:
    """Return which places fall short of which clause, or may, as ``SHORTFALL_COLUMNS`` promises.

    Parameters
    ----------
    values
        The clauses that ask single places, each with its value in the district.
    facilities
        What :func:`facility_table` gives.
    inputs
        The communities and street blocks, which may be places themselves.
    """
    places = facilities[["layer", "kind", "name", "community"]].rename(columns={"community": "code"})
    places = pd.DataFrame(places.assign(facility=places.index))
    units = {name: _as_places(table) for name, table in unit_layers(inputs).items()}
    parts = []
    for clause, value in values:
        answers = value.answers[value.answers["status"] != MET]
        of = units.get(str(clause.layer), places).reindex(answers.index)
        parts.append(answers.join(of).assign(clause=clause.id))
    if not parts:
        return pd.DataFrame(columns=list(SHORTFALL_COLUMNS))
    table = pd.concat(parts, ignore_index=True)
    office = inputs.communities["street_office"].reindex(table["code"]).fillna("")
    table["street_office"] = office.to_numpy()
    return table.reindex(columns=list(SHORTFALL_COLUMNS))


def _as_places(units: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return communities or street blocks as the shortfalls name them: no facilities, but with their code or name."""
    code = units.index if units.index.name == "code" else ""
    return pd.DataFrame(units[["layer", "kind", "name"]]).assign(code=code, facility="")


def isochrone_table(case: Case) -> gpd.GeoDataFrame:
    """Return the land within 5, 10 and 15 minutes of the places of each reach clause, and within every limit."""
    inputs = case.inputs
    groups = {(clause.layer, clause.kind, clause.walker): clause for clause in case.walked_clauses}
    usual = {minutes for minutes in ISOCHRONE_MINUTES if minutes < case.choices.limit_minutes}
    limits = sorted(usual | {case.choices.limit_minutes} | set(map(case.limit_minutes, groups.values())))

    def draw(clause: Clause) -> list[Any]:
        walk = case.walk(clause)
        return isochrones(walk.graph, inputs.network, case.places(clause, walk), minutes=tuple(limits))

    with ThreadPoolExecutor(_THREADS) as pool:  # GEOS releases the interpreter's lock
        drawn = list(pool.map(draw, groups.values()))
    rows = [
        {"layer": layer, "kind": "+".join(kind), "walker": walker, "minutes": minutes, "geometry": shape}
        for (layer, kind, walker), shapes in zip(groups, drawn, strict=True)
        for minutes, shape in zip(limits, shapes, strict=True)
    ]
    columns = ["layer", "kind", "walker", "minutes", "geometry"]
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns), geometry="geometry", crs=inputs.crs)


def street_minutes(case: Case) -> pd.DataFrame:
    """Return the walk from the middle of each street to each clause's nearest place, as ``Walks`` promises."""
    n_edges = len(case.inputs.network.edges)
    middle, each = np.full(n_edges, 0.5), np.arange(n_edges)
    at = Positions(each, each, middle, middle, np.zeros(n_edges))
    columns = {}
    for clause in case.walked_clauses:
        walk = case.walk(clause)
        places, search_s = case.places(clause, walk), case.search_s(clause)
        reach = search(walk.graph, places, limit_s=search_s)
        seconds = nearest_seconds(reach, at, n_items=n_edges)
        columns[clause.id] = np.where(seconds <= search_s, seconds, np.inf) / SECONDS_PER_MINUTE
    return pd.DataFrame(columns, index=case.inputs.network.edges.index)
