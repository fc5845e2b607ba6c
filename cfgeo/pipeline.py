"""The order of the work: the only module that knows it."""

import math
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from cfgeo import check, score
from cfgeo.coverage import Ground, Walk, cover, lay_ground, prepare_walks, share_in_reach
from cfgeo.demand import clause_weight
from cfgeo.errors import StandardError, StudyError
from cfgeo.inputs import community_of, load_inputs
from cfgeo.isochrone import isochrones
from cfgeo.schema import (
    COVERAGE_COLUMNS,
    NOT_ASSESSED,
    PASSED,
    SECONDS_PER_MINUTE,
    Inputs,
    Positions,
    Results,
    finding,
    findings_table,
)
from cfgeo.standard import Clause, Standard, load_standard
from cfgeo.study import Study
from cfgeo.walkers import Walker, load_walkers

Tell = Callable[[str], None]

PACES = {"verdict": 1.0, "verdict_slower": 0.9, "verdict_faster": 1.1}
SEARCH_MINUTES = 60.0
_ISOCHRONE_MINUTES = (5.0, 10.0, 15.0)
_THREADS = 2


def run_study(study: Study, *, cache: Path | None = None, tell: Tell = lambda stage: None) -> Results:
    """Do the whole work of a study, from its files to its verdicts.

    Parameters
    ----------
    study
        What :func:`cfgeo.load_study` gives.
    cache
        Folder in which networks are kept between runs; None keeps none.
    tell
        Is called with each stage's name as it begins: ``read``, ``snap``, ``reach``, ``score``, ``draw``.

    Returns
    -------
    Results

    Raises
    ------
    CfgeoError
        The study, its standard, walkers or files have a fault that the user can mend.
    """
    clock = _Clock(tell)
    standard, walkers = choices(study)
    with clock.stage("read"):
        fastest = max(walker.level_m_s for walker in walkers.values())
        margin_m = round(_longest_minutes(study, standard) * SECONDS_PER_MINUTE * fastest * max(PACES.values()))
        inputs = load_inputs(study, margin_m=margin_m, cache=cache)
    with clock.stage("snap"):
        ground = lay_ground(inputs.communities, inputs.demand, inputs.network)
        used = _walkers_used(study, standard, walkers)
        paced = [walker.at_pace(pace) for walker in used.values() for pace in PACES.values()]
        walks = prepare_walks(ground, inputs.network, inputs.layers, paced, snap_m=study.walk.snap_m)
    with clock.stage("reach"):
        coverage = _coverage(study, standard, walkers, inputs, ground, walks)
    with clock.stage("score"):
        communities = _judge_communities(standard, inputs, ground, coverage)
        offices = score.street_office_table(communities)
        clauses, offices = _judge_clauses(standard, inputs, coverage, offices)
        home = walks[walkers[study.walk.walker].at_pace(1.0)]
        facilities = _facilities(inputs, home)
    with clock.stage("draw"):
        areas = _isochrones(study, standard, walkers, inputs, walks)
    return Results(
        communities=communities,
        coverage=coverage,
        street_offices=offices,
        clauses=clauses,
        district=score.district_headline(communities, clauses, standard),
        facilities=facilities,
        isochrones=areas,
        inputs=_with_findings(inputs, study, standard, ground, home, facilities),
        parameters=_parameters(study, standard, used, inputs),
        seconds=clock.seconds,
    )


def choices(study: Study) -> tuple[Standard, dict[str, Walker]]:
    """Return a study's standard and walkers, and see that they fit.

    Raises
    ------
    StudyError, StandardError, WalkerError
        They do not.
    """
    standard = load_standard(study.study.standard, folder=study.folder)
    walkers = load_walkers(study.walkers)
    if study.walk.walker not in walkers:
        raise StudyError("walker_unknown", walker=study.walk.walker, known=", ".join(walkers))
    for clause in standard.clause:
        if clause.walker is not None and clause.walker not in walkers:
            raise StandardError("clause_walker", clause=clause.id, walker=clause.walker, known=", ".join(walkers))
    return standard, walkers


class _Clock:
    """Tells what begins and remembers what each stage took."""

    def __init__(self, tell: Tell) -> None:
        self.tell = tell
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        self.tell(name)
        begun = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - begun, 3)


def _limit_minutes(study: Study, clause: Clause) -> float:
    return clause.limit_minutes or study.walk.limit_minutes


def _longest_minutes(study: Study, standard: Standard) -> float:
    return max(_limit_minutes(study, clause) for clause in standard.clause)


def _walkers_used(study: Study, standard: Standard, walkers: dict[str, Walker]) -> dict[str, Walker]:
    names = [study.walk.walker, *(clause.walker for clause in standard.clause if clause.walker)]
    return {name: walkers[name] for name in dict.fromkeys(names)}


def _places(clause: Clause, inputs: Inputs, walk: Walk) -> Positions:
    """Return where the facilities that count for a clause meet the network."""
    at = walk.places[str(clause.layer)]
    wanted = score.kind_mask(inputs.layers[str(clause.layer)], clause.kind)
    return at.take(wanted[at.item])


def _coverage(
    study: Study, standard: Standard, walkers: dict[str, Walker], inputs: Inputs, ground: Ground, walks: dict[Walker, Walk]
) -> pd.DataFrame:  # fmt: skip
    """Return the coverage table: every community × every community clause."""
    parts = []
    for clause in standard.of_scope("community"):
        part = pd.DataFrame(np.nan, index=ground.codes, columns=list(COVERAGE_COLUMNS), dtype=object)
        part["code"], part["clause"], part["measure"] = ground.codes, clause.id, clause.measure
        part["basis"], part["need"] = inputs.demand_basis, clause.need
        part[list(PACES)] = NOT_ASSESSED
        facilities = score.clause_places(clause, inputs.layers)
        if facilities is not None:
            part["places"] = score.count_inside(facilities, inputs.communities)
            if clause.measure == "present":
                for column in PACES:
                    part[column] = score.judge(part["places"].astype(float), clause.need)
            else:
                part = part.assign(**_reach(study, clause, walkers, inputs, ground, walks))
        parts.append(part)
    table = pd.concat(parts, ignore_index=True)
    numbers = ["demand", "children", "share", "area_share", "street_share", "median_minutes", "p90_minutes", "places"]
    return table.astype({**dict.fromkeys([*numbers, "need"], float), "clause": "str", "code": "str"})


def _reach(
    study: Study, clause: Clause, walkers: dict[str, Walker], inputs: Inputs, ground: Ground, walks: dict[Walker, Walk]
) -> dict[str, pd.Series]:
    """Return the columns of a reach clause (index ``code``)."""
    walker = walkers[str(clause.walker)]
    weight = clause_weight(ground.demand, clause.children).to_numpy()
    limit_s = _limit_minutes(study, clause) * SECONDS_PER_MINUTE
    search_s = max(limit_s, SEARCH_MINUTES * SECONDS_PER_MINUTE)
    walk = walks[walker.at_pace(1.0)]
    found = cover(ground, walk, _places(clause, inputs, walk), weight, limit_s=limit_s, search_s=search_s)
    columns: dict[str, pd.Series] = {name: found[name] for name in found.columns}
    if inputs.demand_basis == "children":
        columns["children"] = found["demand"]
    columns["verdict"] = score.judge(found["share"], clause.need, strict=clause.strict)
    for column, pace in PACES.items():
        if pace != 1.0:
            other = walks[walker.at_pace(pace)]
            share = share_in_reach(ground, other, _places(clause, inputs, other), weight, limit_s=limit_s)
            columns[column] = score.judge(share, clause.need, strict=clause.strict)
    return columns


def _judge_communities(standard: Standard, inputs: Inputs, ground: Ground, coverage: pd.DataFrame) -> gpd.GeoDataFrame:
    owner, weight = ground.demand_owner, ground.demand["weight"].to_numpy()
    inside = owner >= 0
    demand = np.bincount(owner[inside], weights=weight[inside], minlength=len(ground.codes))
    table = inputs.communities.assign(demand=np.where(demand > 0, demand, np.nan))
    table["children"] = table["demand"] if inputs.demand_basis == "children" else np.nan
    required = [clause.id for clause in standard.clause if clause.required]
    has_demand = table["demand"].notna()
    judged = {
        column: score.community_verdicts(
            coverage.pivot(index="code", columns="clause", values=column).loc[table.index, required], has_demand
        )
        for column in PACES
    }
    now = judged["verdict"]
    differs = pd.concat([other["verdict"] != now["verdict"] for other in judged.values()], axis=1).any(axis=1)
    return table.assign(
        verdict=now["verdict"], marginal=differs, judged=now["judged"], required=len(required), failed=now["failed"]
    )


def _judge_clauses(
    standard: Standard, inputs: Inputs, coverage: pd.DataFrame, offices: gpd.GeoDataFrame
) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
    """Return the table of clauses, and the street offices with their own clauses put in."""
    rows = []
    for clause in standard.clause:
        row: dict[str, Any] = {"clause": clause.id, "plan_item": clause.plan_item, "scope": clause.scope}
        row |= {"measure": clause.measure, "layer": clause.layer, "required": clause.required}
        row |= {"assumption": clause.assumption, "assumption_en": clause.assumption_en}
        if clause.scope == "district":
            found, verdict = score.judge_district(clause, inputs.layers, inputs.communities, inputs.network)
            row |= {"found": found, "asked": clause.need, "verdict": verdict}
        else:
            if clause.scope == "community":
                verdicts = coverage.loc[coverage["clause"] == clause.id, "verdict"]
            else:
                offices = _judge_offices(clause, inputs, offices)
                verdicts = offices[f"{clause.id}_verdict"]
            row |= _counted(verdicts, clause, standard)
        rows.append(row)
    return pd.DataFrame(rows).set_index("clause").astype({"plan_item": "Int64"}), offices


def _counted(verdicts: pd.Series, clause: Clause, standard: Standard) -> dict[str, Any]:
    """Return how many pass a clause, and whether as many as shall."""
    passed, open_ = int((verdicts == PASSED).sum()), int((verdicts == NOT_ASSESSED).sum())
    asked = standard.target_share if clause.required else clause.target_share
    share = passed / len(verdicts) if open_ < len(verdicts) else math.nan
    verdict = str(score.judge(pd.Series([share]), asked).iloc[0])
    counts = {"passed": passed, "failed": len(verdicts) - passed - open_, "open": open_}
    return {"found": share, "asked": asked, "verdict": verdict, **counts}


def _judge_offices(clause: Clause, inputs: Inputs, offices: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    places = score.clause_places(clause, inputs.layers)
    found = pd.Series(np.nan, index=offices.index) if places is None else score.count_inside(places, offices)
    return offices.assign(**{f"{clause.id}_found": found, f"{clause.id}_verdict": score.judge(found, clause.need)})


def _facilities(inputs: Inputs, walk: Walk) -> gpd.GeoDataFrame:
    """Return all layers in one table, with how each facility meets the network."""
    parts = []
    for name, layer in inputs.layers.items():
        at = walk.places[name]
        leg_m = pd.Series(at.leg_m, index=layer.index[at.item]).groupby(level=0).min().reindex(layer.index)
        inside = community_of(layer.set_geometry(layer.representative_point()), inputs.communities)
        parts.append(layer.assign(snapped=leg_m.notna(), leg_m=leg_m, community=inside))
    if not parts:
        empty = {"layer": [], "kind": [], "name": [], "snapped": [], "leg_m": [], "community": []}
        return gpd.GeoDataFrame(empty, geometry=[], crs=inputs.crs)
    return gpd.GeoDataFrame(pd.concat(parts), geometry="geometry", crs=inputs.crs)


def _isochrones(
    study: Study, standard: Standard, walkers: dict[str, Walker], inputs: Inputs, walks: dict[Walker, Walk]
) -> gpd.GeoDataFrame:
    """Return the land within 5, 10 and 15 minutes of the places of each reach clause."""
    clauses = [c for c in standard.of_scope("community") if c.measure == "reach" and c.layer in inputs.layers]
    groups = {(c.layer, c.kind, c.walker): c for c in clauses}
    limits = sorted({m for m in _ISOCHRONE_MINUTES if m < study.walk.limit_minutes} | {study.walk.limit_minutes})

    def draw(clause: Clause) -> list[Any]:
        walk = walks[walkers[str(clause.walker)].at_pace(1.0)]
        return isochrones(walk.graph, inputs.network, _places(clause, inputs, walk), minutes=tuple(limits))

    with ThreadPoolExecutor(_THREADS) as pool:  # GEOS lets go of the interpreter's lock
        drawn = list(pool.map(draw, groups.values()))
    rows = [
        {"layer": layer, "kind": "+".join(kind), "walker": walker, "minutes": minutes, "geometry": shape}
        for (layer, kind, walker), shapes in zip(groups, drawn, strict=True)
        for minutes, shape in zip(limits, shapes, strict=True)
    ]
    columns = ["layer", "kind", "walker", "minutes", "geometry"]
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns), geometry="geometry", crs=inputs.crs)


def _with_findings(
    inputs: Inputs, study: Study, standard: Standard, ground: Ground, walk: Walk, facilities: gpd.GeoDataFrame
) -> Inputs:
    """Return the inputs with what only the walk could find out."""
    rows = inputs.findings.to_dict("records")
    for name, layer in inputs.layers.items():
        snapped = facilities.loc[layer.index, "snapped"].to_numpy(dtype=bool)
        rows += check.check_snapped(name, layer, snapped, snap_m=study.walk.snap_m)
    met = np.isin(np.arange(len(ground.demand)), walk.demand.item)
    rows += check.check_demand(ground.demand, ground.demand["community"], met, snap_m=study.walk.snap_m)
    for clause in standard.clause:
        places = score.clause_places(clause, inputs.layers)
        if places is not None and len(places) == 0 and len(inputs.layers[str(clause.layer)]):
            rows.append(finding("clause_without_place", str(clause.layer), clause=clause.id, kinds=", ".join(clause.kind)))
    if study.network.elevation is not None:
        rows.append(finding("elevation_unused", "network", severity="note"))
    return Inputs(**{**vars(inputs), "findings": findings_table(rows)})


def _parameters(study: Study, standard: Standard, used: dict[str, Walker], inputs: Inputs) -> dict[str, Any]:
    """Return every choice that went in, ready for JSON."""
    clauses = [
        {**clause.model_dump(), "need": clause.need, "limit_minutes": _limit_minutes(study, clause)}
        for clause in standard.clause
    ]
    return {
        "study": study.study.model_dump(include={"id", "title", "status"}),
        "standard": standard.model_dump(exclude={"clause"}),
        "clauses": clauses,
        "walk": study.walk.model_dump(),
        "walkers": {n: {**walker.numbers(), "sources": dict(walker.sources)} for n, walker in used.items()},
        "paces": PACES,
        "search_minutes": SEARCH_MINUTES,
        "demand_basis": inputs.demand_basis,
        "crs": inputs.crs,
    }
