"""A case → the tables of a run: coverage, communities, street offices, clauses, facilities, isochrones."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from cfgeo.assess import score
from cfgeo.assess.case import Case
from cfgeo.assess.coverage import Walk
from cfgeo.assess.measures.areas import MEASURES, measure
from cfgeo.assess.measures.communities import ON_THE_LEVEL, VERDICT_COLUMNS, coverage_table
from cfgeo.assess.measures.people import people_unknown
from cfgeo.assess.measures.shares import shares_of
from cfgeo.assess.measures.values import Area, ClauseValue
from cfgeo.assess.services import service_table
from cfgeo.assess.units import (
    OF_PLACES,
    block_of,
    judged_units,
    measure_units,
    unit_layers,
    units_of,
    with_clauses,
)
from cfgeo.core.results import BLOCK_COLUMNS, MET, SHORTFALL_COLUMNS, Verdicts
from cfgeo.core.schema import (
    COMMUNITIES,
    FAILED,
    FEW_HOMES,
    NOT_ASSESSED,
    PASSED,
    ROW,
    Inputs,
)
from cfgeo.network.walkers import PACES
from cfgeo.study.communities import community_of
from cfgeo.study.standard import Clause, Scope, Standard


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
        shortfalls=shortfall_table(values, facilities, area, case.inputs),
        blocks=blocks,
        services=service_table(case),
    )


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
    points = demand_points(case)
    judged = community_columns(case.standard, coverage, table["demand"].notna())
    return table.assign(demand_points=points, few_homes=(points > 0) & (points < FEW_HOMES), **judged)


def community_columns(standard: Standard, coverage: pd.DataFrame, has_demand: pd.Series) -> dict[str, Any]:
    """Return the columns of verdicts of ``Results.communities``, from coverage alone.

    Parameters
    ----------
    standard
        Whose required clauses decide.
    coverage
        With ``COVERAGE_COLUMNS``, of one district or of several judged by this standard.
    has_demand
        Whether children, or what stands for them, live in each community, on their codes.
    """
    required = [clause.id for clause in standard.required_of("community")]
    judged = {}
    for column in VERDICT_COLUMNS:
        wide = coverage.pivot(index="code", columns="clause", values=column).loc[has_demand.index, required]
        judged[column] = score.community_verdicts(wide, has_demand)
    now = judged["verdict"]
    differs = pd.concat([judged[column]["verdict"] != now["verdict"] for column in PACES], axis=1).any(axis=1)
    return {
        "verdict": now["verdict"],
        "marginal": differs,
        "fails_by_terrain": (now["verdict"] == FAILED) & (judged[ON_THE_LEVEL]["verdict"] == PASSED),
        "judged": now["judged"],
        "required": len(required),
        "failed": now["failed"],
    }


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
    for clause in case.standard.clause:
        row: dict[str, Any] = {"clause": clause.id}
        row |= clause.model_dump(
            include={"plan_item", "scope", "measure", "layer", "required", "assumption", "assumption_en"}
        )
        if clause.scope == "community":
            row |= community_clause(case.standard, clause, coverage[coverage["clause"] == clause.id])
        else:
            columns, table = wider_clause(case, clause)
            row |= columns
            if table is not None:
                judged[clause.scope][clause.id] = table
        rows.append(row)
    return pd.DataFrame(rows).set_index("clause").astype(
        {"plan_item": "Int64", "missing": "Int64", "year": "Int64"}
    ), judged


def wider_clause(case: Case, clause: Clause) -> tuple[dict[str, Any], pd.DataFrame | None]:
    """Return what ``Results.clauses`` has of a clause that is not of communities, and what it found in its units.

    Returns
    -------
    row : dict
        The columns of what was found, asked and judged.
    table : pandas.DataFrame or None
        What :func:`cfgeo.assess.units.judged_units` gives; None for the district, which is one unit.
    """
    units = units_of(case, clause.scope)
    values = measure_units(case, clause, units)
    if clause.scope == "district":
        return score.judge_measured(clause, values[0]), None
    table = judged_units(clause, values, units.ids)
    idle = (table["verdict"] == NOT_ASSESSED) & ~table["unknown"] & (clause.measure in OF_PLACES)
    return _counted(case.standard, clause, table["verdict"], table["unknown"], idle), table


def community_clause(standard: Standard, clause: Clause, own: pd.DataFrame) -> dict[str, Any]:
    """Return how many communities pass a clause, as ``Results.clauses`` has it, from its rows of the coverage alone."""
    return _counted(standard, clause, *_open_communities(clause, own))


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


def _counted(
    standard: Standard, clause: Clause, verdicts: pd.Series, unknown: pd.Series, idle: pd.Series
) -> dict[str, Any]:
    """Return how many units pass a clause, and whether enough of them do.

    The share is of all units but the idle ones, which have nothing to be judged; those that are open for missing data
    may pass.
    """
    passed, open_ = int((verdicts == PASSED).sum()), int((verdicts == NOT_ASSESSED).sum())
    asked = standard.target_share if clause.required else clause.target_share
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
    values: Sequence[tuple[Clause, ClauseValue]], facilities: gpd.GeoDataFrame, area: Area, inputs: Inputs
) -> pd.DataFrame:
    """Return which places fall short of which clause, or may, as ``SHORTFALL_COLUMNS`` promises.

    Parameters
    ----------
    values
        The clauses that ask single places, each with its value in the district.
    facilities
        What :func:`facility_table` gives.
    area
        The district, of whose communities a rate may lack the people.
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
        if clause.measure == "rate" and not math.isnan(value.low):
            without = people_unknown(clause, area)
            parts.append(without.join(units[COMMUNITIES].reindex(without.index)).assign(clause=clause.id))
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
