"""Inputs + standard → the tables of a run: coverage, communities, street offices, clauses, facilities, isochrones."""

import math
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from cfgeo import score
from cfgeo.coverage import Ground, Walk, cover, share_in_reach
from cfgeo.demand import clause_weight
from cfgeo.inputs import community_of
from cfgeo.isochrone import isochrones
from cfgeo.schema import COVERAGE_COLUMNS, NOT_ASSESSED, PASSED, SECONDS_PER_MINUTE, Inputs, Positions
from cfgeo.standard import Clause, Standard
from cfgeo.walkers import Walker

PACES = {"verdict": 1.0, "verdict_slower": 0.9, "verdict_faster": 1.1}
"""A verdict that does not hold at these shares of the walker's speed is marginal."""

SEARCH_MINUTES = 30.0
"""Walks are measured up to here, and streets read as far; the rest is "more than half an hour"."""

_ISOCHRONE_MINUTES = (5.0, 10.0, 15.0)
_THREADS = 2


@dataclass(frozen=True)
class Case:
    """What is judged, and by what.

    Attributes
    ----------
    standard : Standard
    walkers : Mapping of str to Walker
        By name.
    limit_minutes : float
        Where a clause names no limit of its own.
    inputs : Inputs
    ground : Ground
    walks : Mapping of Walker to Walk
        Every walker of the standard at every pace of ``PACES``.
    """

    standard: Standard
    walkers: Mapping[str, Walker]
    limit_minutes: float
    inputs: Inputs
    ground: Ground
    walks: Mapping[Walker, Walk]

    def walk(self, clause: Clause, pace: float = 1.0) -> Walk:
        """Return the walk of a clause's walker."""
        return self.walks[self.walkers[str(clause.walker)].at_pace(pace)]

    def places(self, clause: Clause, walk: Walk) -> Positions:
        """Return where the facilities that count for a clause meet the network."""
        at = walk.places[str(clause.layer)]
        wanted = score.kind_mask(self.inputs.layers[str(clause.layer)], clause.kind)
        return at.take(wanted[at.item])


def coverage_table(case: Case) -> pd.DataFrame:
    """Return every community × every community clause, with ``COVERAGE_COLUMNS``."""
    parts = []
    for clause in case.standard.of_scope("community"):
        part = pd.DataFrame(np.nan, index=case.ground.codes, columns=list(COVERAGE_COLUMNS), dtype=object)
        part["code"], part["clause"], part["measure"] = case.ground.codes, clause.id, clause.measure
        part["basis"], part["need"] = case.inputs.demand_basis, clause.need
        part[list(PACES)] = NOT_ASSESSED
        facilities = score.clause_places(clause, case.inputs.layers)
        if facilities is not None:
            part["places"] = score.count_inside(facilities, case.inputs.communities)
            part = part.assign(**(_reach(case, clause) if clause.measure == "reach" else _present(clause, part)))
        parts.append(part)
    table = pd.concat(parts, ignore_index=True)
    numbers = ["demand", "children", "share", "area_share", "street_share", "median_minutes", "p90_minutes", "places"]
    return table.astype({**dict.fromkeys([*numbers, "need"], float), "clause": "str", "code": "str"})


def _present(clause: Clause, part: pd.DataFrame) -> dict[str, pd.Series]:
    return dict.fromkeys(PACES, score.judge(part["places"].astype(float), clause.need))


def _reach(case: Case, clause: Clause) -> dict[str, pd.Series]:
    """Return the columns of a reach clause (index ``code``)."""
    weight = clause_weight(case.ground.demand, clause.children).to_numpy()
    limit_s = (clause.limit_minutes or case.limit_minutes) * SECONDS_PER_MINUTE
    search_s = max(limit_s, SEARCH_MINUTES * SECONDS_PER_MINUTE)
    walk = case.walk(clause)
    found = cover(case.ground, walk, case.places(clause, walk), weight, limit_s=limit_s, search_s=search_s)
    columns: dict[str, pd.Series] = {str(name): found[name] for name in found.columns}
    if case.inputs.demand_basis == "children":
        columns["children"] = found["demand"]
    for column, pace in PACES.items():
        share = found["share"]
        if pace != 1.0:
            walk = case.walk(clause, pace)
            share = share_in_reach(case.ground, walk, case.places(clause, walk), weight, limit_s=limit_s)
        columns[column] = score.judge(share, clause.need, strict=clause.strict)
    return columns


def judge_communities(case: Case, coverage: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return the communities with their verdicts, as ``Results.communities`` promises."""
    ground, inputs = case.ground, case.inputs
    owner, weight = ground.demand_owner, ground.demand["weight"].to_numpy()
    inside = owner >= 0
    demand = np.bincount(owner[inside], weights=weight[inside], minlength=len(ground.codes))
    table = inputs.communities.assign(demand=np.where(demand > 0, demand, np.nan))
    table["children"] = table["demand"] if inputs.demand_basis == "children" else np.nan
    required = [clause.id for clause in case.standard.clause if clause.required]
    judged = {}
    for column in PACES:
        wide = coverage.pivot(index="code", columns="clause", values=column).loc[table.index, required]
        judged[column] = score.community_verdicts(wide, table["demand"].notna())
    now = judged["verdict"]
    differs = pd.concat([other["verdict"] != now["verdict"] for other in judged.values()], axis=1).any(axis=1)
    return table.assign(
        verdict=now["verdict"], marginal=differs, judged=now["judged"], required=len(required), failed=now["failed"]
    )


def judge_clauses(
    case: Case, coverage: pd.DataFrame, offices: gpd.GeoDataFrame
) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
    """Return the table of clauses, and the street offices with their own clauses put in."""
    rows = []
    for clause in case.standard.clause:
        row = clause.model_dump(
            include={"plan_item", "scope", "measure", "layer", "required", "assumption", "assumption_en"}
        )
        if clause.scope == "district":
            found, verdict = score.judge_district(
                clause, case.inputs.layers, case.inputs.communities, case.inputs.network
            )
            row |= {"found": found, "asked": clause.need, "verdict": verdict}
        elif clause.scope == "community":
            row |= _counted(case, clause, coverage.loc[coverage["clause"] == clause.id, "verdict"])
        else:
            offices = _judge_offices(case, clause, offices)
            row |= _counted(case, clause, offices[f"{clause.id}_verdict"])
        rows.append({"clause": clause.id, **row})
    return pd.DataFrame(rows).set_index("clause").astype({"plan_item": "Int64"}), offices


def _counted(case: Case, clause: Clause, verdicts: pd.Series) -> dict[str, Any]:
    """Return how many pass a clause, and whether as many as shall."""
    passed, open_ = int((verdicts == PASSED).sum()), int((verdicts == NOT_ASSESSED).sum())
    asked = case.standard.target_share if clause.required else clause.target_share
    share = passed / len(verdicts) if open_ < len(verdicts) else math.nan
    verdict = str(score.judge(pd.Series([share]), asked).iloc[0])
    counts = {"passed": passed, "failed": len(verdicts) - passed - open_, "open": open_}
    return {"found": share, "asked": asked, "verdict": verdict, **counts}


def _judge_offices(case: Case, clause: Clause, offices: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    places = score.clause_places(clause, case.inputs.layers)
    found = pd.Series(np.nan, index=offices.index) if places is None else score.count_inside(places, offices)
    return offices.assign(**{f"{clause.id}_found": found, f"{clause.id}_verdict": score.judge(found, clause.need)})


def facility_table(inputs: Inputs, walk: Walk) -> gpd.GeoDataFrame:
    """Return all layers in one table, with how each facility meets the network of a walker."""
    parts = []
    for name, layer in inputs.layers.items():
        at = walk.places[name]
        leg_m = pd.Series(at.leg_m, index=layer.index[at.item]).groupby(level=0).min().reindex(layer.index)
        inside = community_of(layer.set_geometry(layer.representative_point()), inputs.communities)
        parts.append(layer.assign(snapped=leg_m.notna(), leg_m=leg_m, community=inside))
    if not parts:
        empty: dict[str, list[Any]] = {"layer": [], "kind": [], "name": [], "snapped": [], "leg_m": [], "community": []}
        return gpd.GeoDataFrame(empty, geometry=[], crs=inputs.crs)
    return gpd.GeoDataFrame(pd.concat(parts), geometry="geometry", crs=inputs.crs)


def isochrone_table(case: Case) -> gpd.GeoDataFrame:
    """Return the land within 5, 10 and 15 minutes of the places of each reach clause, and within every limit."""
    inputs = case.inputs
    clauses = [c for c in case.standard.of_scope("community") if c.measure == "reach" and c.layer in inputs.layers]
    groups = {(c.layer, c.kind, c.walker): c for c in clauses}
    usual = {minutes for minutes in _ISOCHRONE_MINUTES if minutes < case.limit_minutes}
    limits = sorted(usual | {case.limit_minutes} | {c.limit_minutes for c in clauses if c.limit_minutes})

    def draw(clause: Clause) -> list[Any]:
        walk = case.walk(clause)
        return isochrones(walk.graph, inputs.network, case.places(clause, walk), minutes=tuple(limits))

    with ThreadPoolExecutor(_THREADS) as pool:  # GEOS lets go of the interpreter's lock
        drawn = list(pool.map(draw, groups.values()))
    rows = [
        {"layer": layer, "kind": "+".join(kind), "walker": walker, "minutes": minutes, "geometry": shape}
        for (layer, kind, walker), shapes in zip(groups, drawn, strict=True)
        for minutes, shape in zip(limits, shapes, strict=True)
    ]
    columns = ["layer", "kind", "walker", "minutes", "geometry"]
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns), geometry="geometry", crs=inputs.crs)
