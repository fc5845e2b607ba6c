"""A case → the tables of a run: coverage, communities, street offices, clauses, facilities, isochrones."""

import math
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from cfgeo.assess import score
from cfgeo.assess.case import Case
from cfgeo.assess.coverage import Walk, cover, share_in_reach
from cfgeo.assess.measures.counted import clause_places, count_inside
from cfgeo.assess.measures.district import measure
from cfgeo.assess.measures.values import Area, Measured
from cfgeo.core.results import COVERAGE_COLUMNS, MET, SHORTFALL_COLUMNS, Verdicts
from cfgeo.core.schema import (
    FAILED,
    FEW_HOMES,
    ISOCHRONE_MINUTES,
    NOT_ASSESSED,
    PASSED,
    ROW,
    SECONDS_PER_MINUTE,
    Inputs,
    Positions,
)
from cfgeo.network.walkers import PACES
from cfgeo.study.communities import community_of
from cfgeo.study.standard import Clause
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
    communities = judge_communities(case, coverage)
    facilities = facility_table(case.inputs, case.home)
    area = district_of(case)
    values = {clause.id: measure(clause, area) for clause in case.standard.of_scope("district")}
    clauses, offices = judge_clauses(case, coverage, score.street_office_table(communities), values)
    return Verdicts(
        communities=communities,
        coverage=coverage,
        street_offices=offices,
        clauses=clauses,
        district=score.district_headline(communities, clauses, case.standard),
        facilities=facilities,
        shortfalls=shortfall_table(values, facilities, communities),
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
    if facilities is not None:
        part["places"] = count_inside(facilities, case.inputs.communities)
        part = part.assign(**(_reach(case, clause) if clause.measure == "reach" else _present(clause, part)))
    numbers = ["demand", "children", "share", "area_share", "street_share", "share_level", "need", "places"]
    numbers += ["median_minutes", "p90_minutes"]
    return part.astype({**dict.fromkeys(numbers, float), "clause": "str", "code": "str"})


def _present(clause: Clause, part: pd.DataFrame) -> dict[str, pd.Series]:
    return dict.fromkeys(VERDICT_COLUMNS, score.judge(part["places"].astype(float), clause.need))


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
    required = [clause.id for clause in case.standard.clause if clause.required]
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


def district_of(case: Case) -> Area:
    """Return what the clauses of the district are measured on."""
    inputs = case.inputs
    return Area(inputs.communities, inputs.layers, inputs.network, inputs.as_of)


def judge_clauses(
    case: Case, coverage: pd.DataFrame, offices: gpd.GeoDataFrame, values: Mapping[str, Measured]
) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
    """Return the table of clauses, and the street offices with the columns of their own clauses.

    Parameters
    ----------
    case
        What is judged.
    coverage
        What :func:`coverage_table` gives for it.
    offices
        What :func:`cfgeo.assess.score.street_office_table` gives.
    values
        The value of each clause of the district.
    """
    rows = []
    for clause in case.standard.clause:
        row = clause.model_dump(
            include={"plan_item", "scope", "measure", "layer", "required", "assumption", "assumption_en"}
        )
        if clause.scope == "district":
            row |= score.judge_measured(clause, values[clause.id])
        elif clause.scope == "community":
            row |= _counted(case, clause, coverage.loc[coverage["clause"] == clause.id, "verdict"])
        else:
            offices = _judge_offices(case, clause, offices)
            row |= _counted(case, clause, offices[f"{clause.id}_verdict"])
        rows.append({"clause": clause.id, **row})
    return pd.DataFrame(rows).set_index("clause").astype(
        {"plan_item": "Int64", "missing": "Int64", "year": "Int64"}
    ), offices


def _counted(case: Case, clause: Clause, verdicts: pd.Series) -> dict[str, Any]:
    """Return how many communities or street offices pass a clause, and whether enough of them do."""
    passed, open_ = int((verdicts == PASSED).sum()), int((verdicts == NOT_ASSESSED).sum())
    asked = case.standard.target_share if clause.required else clause.target_share
    share = passed / len(verdicts) if open_ < len(verdicts) else math.nan
    verdict = str(score.judge(pd.Series([share]), asked).iloc[0])
    counts = {"passed": passed, "failed": len(verdicts) - passed - open_, "open": open_}
    interval = {"found_low": share, "found_high": share, "missing": 0, "year": None}
    return {"found": share, "asked": asked, "verdict": verdict, **interval, **counts}


def _judge_offices(case: Case, clause: Clause, offices: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    places = clause_places(clause, case.inputs.layers)
    count = pd.Series(np.nan, index=offices.index) if places is None else count_inside(places, offices)
    return offices.assign(**{f"{clause.id}_found": count, f"{clause.id}_verdict": score.judge(count, clause.need)})


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
    values: Mapping[str, Measured], facilities: gpd.GeoDataFrame, communities: gpd.GeoDataFrame
) -> pd.DataFrame:
    """Return which places fall short of which clause, or may, as ``SHORTFALL_COLUMNS`` promises.

    Parameters
    ----------
    values
        The value of each clause that asks single places.
    facilities
        What :func:`facility_table` gives.
    communities
        Index ``code``; ``street_office``.
    """
    parts = []
    for clause, value in values.items():
        answers = value.answers[value.answers["status"] != MET]
        of = facilities.reindex(answers.index)[["layer", "kind", "name", "community"]]
        parts.append(answers.join(of.rename(columns={"community": "code"})).assign(clause=clause))
    if not parts:
        return pd.DataFrame(columns=list(SHORTFALL_COLUMNS))
    table = pd.concat(parts).rename_axis("facility").reset_index()
    office = communities["street_office"].reindex(table["code"]).fillna("")
    return table.assign(street_office=office.to_numpy()).reindex(columns=list(SHORTFALL_COLUMNS))


def isochrone_table(case: Case) -> gpd.GeoDataFrame:
    """Return the land within 5, 10 and 15 minutes of the places of each reach clause, and within every limit."""
    inputs = case.inputs
    groups = {(clause.layer, clause.kind, clause.walker): clause for clause in case.reach_clauses}
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
    for clause in case.reach_clauses:
        walk = case.walk(clause)
        places, search_s = case.places(clause, walk), case.search_s(clause)
        reach = search(walk.graph, places, limit_s=search_s)
        seconds = nearest_seconds(reach, at, n_items=n_edges)
        columns[clause.id] = np.where(seconds <= search_s, seconds, np.inf) / SECONDS_PER_MINUTE
    return pd.DataFrame(columns, index=case.inputs.network.edges.index)
