"""The order of the work: the only module that knows it."""

import dataclasses
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cfgeo import assess, check, score
from cfgeo.arguments import require_minutes, require_position
from cfgeo.assess import PACES, SEARCH_MINUTES, Case
from cfgeo.coverage import Walk, lay_ground, prepare_walks
from cfgeo.elevation import SMOOTH_M
from cfgeo.errors import NetworkError, PlaceError, StandardError, StudyError
from cfgeo.inputs import load_inputs, read_communities
from cfgeo.isochrone import isochrones
from cfgeo.pace import doorsteps, edge_seconds
from cfgeo.reach import walk_graph
from cfgeo.schema import SECONDS_PER_MINUTE, WGS84, Inputs, Results, finding, findings_table
from cfgeo.snap import snap, snap_index
from cfgeo.sources import Files, network_around
from cfgeo.standard import Standard, load_standard
from cfgeo.study import Study
from cfgeo.study import Walk as WalkChoices
from cfgeo.terrain import rules
from cfgeo.walkers import Walker, load_walkers

Tell = Callable[[str], None]

STAGES = ("read", "snap", "reach", "score", "draw")


def run_study(study: Study, *, cache: Path | None = None, tell: Tell = lambda stage: None) -> Results:
    """Do the whole work of a study, from its files to its verdicts.

    Parameters
    ----------
    study
        What :func:`cfgeo.load_study` gives.
    cache
        Folder in which networks are kept between runs; None keeps none.
    tell
        Is called with each stage's name, of ``STAGES``, as it begins.

    Raises
    ------
    CfgeoError
        The study, its standard, walkers or files have a fault that the user can mend.
    """
    clock = _Clock(tell)
    case = _case(study, clock, cache)
    with clock.stage("reach"):
        coverage = assess.coverage_table(case)
    with clock.stage("score"):
        communities = assess.judge_communities(case, coverage)
        offices = score.street_office_table(communities)
        clauses, offices = assess.judge_clauses(case, coverage, offices)
        facilities = assess.facility_table(case.inputs, _home(case, study))
    with clock.stage("draw"):
        areas = assess.isochrone_table(case)
    return Results(
        communities=communities,
        coverage=coverage,
        street_offices=offices,
        clauses=clauses,
        district=score.district_headline(communities, clauses, case.standard),
        facilities=facilities,
        isochrones=areas,
        inputs=_with_findings(case, study, facilities),
        parameters=_parameters(study, case),
        seconds=clock.seconds,
    )


def check_study(study: Study, *, cache: Path | None = None, tell: Tell = lambda stage: None) -> pd.DataFrame:
    """Return what is wrong with a study's data, without judging anything.

    Parameters
    ----------
    study, cache, tell
        As for :func:`run_study`.

    Returns
    -------
    pandas.DataFrame
        Findings, the worst first; :func:`cfgeo.describe_findings` puts them into words.

    Raises
    ------
    CfgeoError
        As :func:`run_study`; a :class:`CheckError` carries the findings.
    """
    case = _case(study, _Clock(tell), cache)
    return _with_findings(case, study, assess.facility_table(case.inputs, _home(case, study))).findings


def reach_from(
    study: Study,
    lon: float,
    lat: float,
    *,
    minutes: tuple[float, ...],
    walker: str | None = None,
    cache: Path | None = None,
) -> gpd.GeoDataFrame:
    """Return the land from which somebody walks to a point within some minutes, and back where that counts.

    Parameters
    ----------
    study
        Whose network is walked, and in which direction.
    lon, lat
        The point, WGS-84 [degrees].
    minutes
        The limits.
    walker
        Who walks; the study's own walker when missing.
    cache
        Folder in which networks are kept between runs; None keeps none.

    Returns
    -------
    geopandas.GeoDataFrame
        One row a limit: ``minutes``, ``walker``; multipolygons in WGS-84, with holes.

    Raises
    ------
    PlaceError
        It is no position, or no walkable street lies within the study's ``snap_m``.
    StudyError
        There is no limit, or one that nobody can walk; or no such walker.
    """
    require_minutes(minutes)
    require_position(lon, lat)
    standard, walkers = choices(study)
    name = walker or study.walk.walker
    if name not in walkers:
        raise StudyError("walker_unknown", walker=name, known=", ".join(walkers))
    who = walkers[name]
    files = Files(study)
    communities, _ = read_communities(files)
    point = gpd.GeoSeries.from_xy([lon], [lat], crs=WGS84).to_crs(communities.crs)
    nowhere = PlaceError("place_off_network", lon=lon, lat=lat, snap_m=round(study.walk.snap_m))
    if not np.isfinite(point.total_bounds).all():
        raise nowhere
    # Inside the district the network of a run will do, which may be in the cache.
    inside = shapely.box(*communities.total_bounds).contains(point.iloc[0])
    margin_m = max(
        max(minutes) * SECONDS_PER_MINUTE * who.fastest_m_s,
        _margin_m(study, standard, _walkers_used(study, standard, walkers)) if inside else 0.0,
    )
    place = communities.geometry if inside else point
    try:
        network, _ = network_around(place, files, margin_m=margin_m, cache=cache)
    except NetworkError as error:
        raise error if inside else nowhere from None
    seconds = edge_seconds(network.edges, who)
    at = snap(snap_index(network, doorsteps(network, *seconds)), point.to_numpy(), snap_m=study.walk.snap_m)
    if len(at) == 0:
        raise nowhere
    graph = walk_graph(network, seconds, leg_m_s=who.level_m_s, direction=study.walk.direction)
    shapes = isochrones(graph, network, at, minutes=minutes)
    return gpd.GeoDataFrame({"minutes": minutes, "walker": name}, geometry=shapes, crs=communities.crs).to_crs(WGS84)


def _case(study: Study, clock: "_Clock", cache: Path | None) -> Case:
    """Read a study and join everything in it to the network."""
    standard, walkers = choices(study)
    used = _walkers_used(study, standard, walkers)
    with clock.stage("read"):
        inputs = load_inputs(study, margin_m=_margin_m(study, standard, used), cache=cache)
    with clock.stage("snap"):
        ground = lay_ground(inputs.communities, inputs.demand, inputs.network)
        paced = [walker.at_pace(pace) for walker in used.values() for pace in PACES.values()]
        walks = prepare_walks(
            ground, inputs.network, inputs.layers, paced, snap_m=study.walk.snap_m, direction=study.walk.direction
        )
    return Case(standard, used, study.walk.limit_minutes, inputs, ground, walks)


def _home(case: Case, study: Study) -> Walk:
    """Return the walk of the study's own walker."""
    return case.walks[case.walkers[study.walk.walker]]


def layer_isochrones(
    inputs: Inputs,
    layer: str,
    *,
    walker: Walker,
    minutes: tuple[float, ...],
    each: bool = False,
    walk: WalkChoices | None = None,
) -> gpd.GeoDataFrame:
    """Return the land within some minutes of a layer's facilities, together or one by one.

    Parameters
    ----------
    inputs
        What :func:`cfgeo.load_inputs` gives, or ``Results.inputs``.
    layer
        A layer of the study.
    walker
        Who walks, from :func:`cfgeo.load_walkers`.
    minutes
        The limits.
    each
        One polygon a facility and limit, instead of one a limit.
    walk
        ``snap_m`` and ``direction`` as in a study's ``[walk]``, which ``Study.walk`` is; the defaults when missing.

    Returns
    -------
    geopandas.GeoDataFrame
        ``layer``, ``facility`` ("" for all together), ``walker``, ``minutes``; multipolygons in the metric CRS.
        Facilities without a street have empty ones.

    Raises
    ------
    StudyError
        The study has no such layer, or a limit is none that can be walked.
    """
    require_minutes(minutes)
    if layer not in inputs.layers:
        raise StudyError("layer_unknown", layer=layer, has=", ".join(inputs.layers))
    facilities, chosen = inputs.layers[layer], walk or WalkChoices()
    seconds = edge_seconds(inputs.network.edges, walker)
    index = snap_index(inputs.network, doorsteps(inputs.network, *seconds))
    at = snap(index, facilities.geometry.to_numpy(), snap_m=chosen.snap_m)
    graph = walk_graph(inputs.network, seconds, leg_m_s=walker.level_m_s, direction=chosen.direction)
    groups = {name: at.take(at.item == nth) for nth, name in enumerate(facilities.index)} if each else {"": at}
    rows = [
        {"layer": layer, "facility": name, "walker": walker.name, "minutes": limit, "geometry": shape}
        for name, places in groups.items()
        for limit, shape in zip(minutes, isochrones(graph, inputs.network, places, minutes=minutes), strict=True)
    ]
    return gpd.GeoDataFrame(rows, columns=["layer", "facility", "walker", "minutes", "geometry"], crs=inputs.crs)


def choices(study: Study) -> tuple[Standard, dict[str, Walker]]:
    """Return a study's standard and walkers, and see that they fit.

    Raises
    ------
    StudyError, StandardError, WalkerError
        They do not.
    """
    standard = load_standard(study.study.standard, folder=study.folder)
    walkers = load_walkers(study.walkers, pace=study.walk.pace)
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


def _walkers_used(study: Study, standard: Standard, walkers: dict[str, Walker]) -> dict[str, Walker]:
    names = [study.walk.walker, *(clause.walker for clause in standard.clause if clause.walker)]
    return {name: walkers[name] for name in dict.fromkeys(names)}


def _margin_m(study: Study, standard: Standard, used: dict[str, Walker]) -> float:
    """Return how far somebody gets at the fastest pace while the search lasts [m]."""
    limits = [clause.limit_minutes or study.walk.limit_minutes for clause in standard.clause]
    fastest_m_s = max(walker.fastest_m_s for walker in used.values()) * max(PACES.values())
    return float(round(max(SEARCH_MINUTES, *limits) * SECONDS_PER_MINUTE * fastest_m_s))


def _with_findings(case: Case, study: Study, facilities: gpd.GeoDataFrame) -> Inputs:
    """Return the inputs with what only the walk could find out."""
    inputs, ground, snap_m = case.inputs, case.ground, study.walk.snap_m
    rows = [{str(name): value for name, value in row.items()} for row in inputs.findings.to_dict("records")]
    for name, layer in inputs.layers.items():
        rows += check.check_snapped(
            name, layer, facilities.loc[layer.index, "snapped"].to_numpy(dtype=bool), snap_m=snap_m
        )
    met = np.isin(np.arange(len(ground.demand)), _home(case, study).demand.item)
    rows += check.check_demand(ground.demand, ground.demand["community"], met, snap_m=snap_m)
    for clause in case.standard.clause:
        places = score.clause_places(clause, inputs.layers)
        if places is not None and len(places) == 0 and len(inputs.layers[str(clause.layer)]):
            kinds = ", ".join(clause.kind)
            rows.append(finding("clause_without_place", str(clause.layer), clause=clause.id, kinds=kinds))
    if not study.network.elevation:
        rows.append(finding("elevation_none", "network", severity="note"))
    elif study.walk.slope == "none":
        rows.append(finding("elevation_off", "network", severity="note"))
    return dataclasses.replace(inputs, findings=findings_table(rows))


def _parameters(study: Study, case: Case) -> dict[str, Any]:
    """Return every choice that went in, ready for JSON."""
    clauses = [
        {**clause.model_dump(), "need": clause.need, "limit_minutes": clause.limit_minutes or study.walk.limit_minutes}
        for clause in case.standard.clause
    ]
    return {
        "study": study.study.model_dump(include={"id", "title", "status"}),
        "standard": case.standard.model_dump(exclude={"clause"}),
        "clauses": clauses,
        "walk": study.walk.model_dump(),
        "walkers": {n: walker.record() for n, walker in case.walkers.items()},
        "relief": {**rules(case.inputs.network), "smooth_m": SMOOTH_M},
        "paces": PACES,
        "search_minutes": SEARCH_MINUTES,
        "demand_basis": case.inputs.demand_basis,
        "crs": case.inputs.crs,
    }
