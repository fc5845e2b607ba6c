"""The order of a run's work: the only module that knows it."""

import dataclasses
from functools import partial
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cfgeo.assess import score
from cfgeo.assess import verdicts as assess
from cfgeo.assess.case import Case
from cfgeo.assess.explain import explain, median_routes
from cfgeo.assess.gaps import check_gaps
from cfgeo.assess.reach_ratios import ratios_of, reach_ratio_table
from cfgeo.assess.school_routes import school_routes
from cfgeo.assess.walkways import walkway_table
from cfgeo.check import layers as check
from cfgeo.check.facilities import check_twice, check_water
from cfgeo.core.clock import Clock, Tell
from cfgeo.core.errors import StudyError
from cfgeo.core.results import Explanation, Results, Walks
from cfgeo.core.schema import BASE_LAYERS, WATER_LAYERS, Inputs, finding, findings_table
from cfgeo.network.elevation import heights_at
from cfgeo.network.land import rasters_under
from cfgeo.plan.planning import require_sound
from cfgeo.proposals import plan_of
from cfgeo.scenarios.project_file import plan_choices
from cfgeo.study.arguments import require_position
from cfgeo.study.config import Study
from cfgeo.study.settings import margin_m
from cfgeo.study_case import parameters_of, read_case

STAGES = ("read", "snap", "reach", "score", "walks", "draw")


def run_study(
    study: Study, *, plan: bool = False, cache: Path | None = None, tell: Tell = lambda stage: None
) -> Results:
    """Do the whole work of a study, from its files to its verdicts.

    Parameters
    ----------
    study
        What :func:`cfgeo.load_study` gives.
    plan
        Whether to look for the plan that ``[projects]`` of the study asks for, where it does.
    cache
        Folder in which networks are kept between runs; None keeps none.
    tell
        Is called with each stage's name, of ``STAGES`` and of the plan's, as it begins.

    Raises
    ------
    CfgeoError
        The study, its standard, walkers or files have a fault that the user can mend.
    """
    clock = Clock(tell)
    wanted = None
    if plan and study.projects is not None:
        wanted = plan_choices(study)  # before any long work
        require_sound(*wanted)
    case = read_case(study, clock, cache)
    with clock.stage("reach"):
        coverage = assess.coverage_table(case)
    with clock.stage("score"):
        communities = assess.judge_communities(case, coverage)
        offices = score.street_office_table(communities)
        clauses, offices = assess.judge_clauses(case, coverage, offices)
        facilities = assess.facility_table(case.inputs, case.home)
    with clock.stage("walks"):
        routes, crossings = school_routes(case)
        walks = Walks(
            reach_ratios=reach_ratio_table(case),
            routes=median_routes(case),
            walkways=walkway_table(case),
            school_routes=routes,
            crossings=crossings,
            street_minutes=assess.street_minutes(case),
        )
        limit = study.walk.limit_minutes
        communities = communities.join(ratios_of(walks.reach_ratios, "community", limit))
        facilities = facilities.join(ratios_of(walks.reach_ratios, "facility", limit))
    with clock.stage("draw"):
        areas = assess.isochrone_table(case)
    found = None
    if wanted is not None:
        with clock.stage("plan"):
            found = plan_of(study, case, *wanted, tell=tell)
    return Results(
        communities=communities,
        coverage=coverage,
        street_offices=offices,
        clauses=clauses,
        district=score.district_headline(communities, clauses, case.standard),
        facilities=facilities,
        isochrones=areas,
        walks=walks,
        inputs=_with_findings(case, study, facilities),
        parameters=parameters_of(study, case),
        seconds=clock.seconds,
        plan=found,
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
    return checked_inputs(study, cache=cache, tell=tell).findings


def checked_inputs(study: Study, *, cache: Path | None = None, tell: Tell = lambda stage: None) -> Inputs:
    """Return a study's data with all that is wrong with it, as :func:`check_study` finds it."""
    if study.projects is not None:
        plan_choices(study)
    case = read_case(study, Clock(tell), cache)
    return _with_findings(case, study, assess.facility_table(case.inputs, case.home))


def explain_study(
    study: Study,
    *,
    lonlat: tuple[float, float] | None = None,
    community: str | None = None,
    layer: str | None = None,
    cache: Path | None = None,
    tell: Tell = lambda stage: None,
) -> list[Explanation]:
    """Explain why walks take as long as they do: the routes to the nearest places, and what their minutes go on.

    Parameters
    ----------
    study
        What :func:`cfgeo.load_study` gives.
    lonlat
        Where the walks begin, WGS-84 [degrees]; or
    community
        the code or name of a community, whose median child walks.
    layer
        Where to; all that clauses of the standard ask a walk to when missing.
    cache, tell
        As for :func:`run_study`.

    Returns
    -------
    list of Explanation
        One a clause.

    Raises
    ------
    PlaceError
        No walkable street lies within the study's ``snap_m`` of the point.
    StudyError
        There is no such community or layer, nobody lives there, or neither or both of point and community are given.
    """
    if (lonlat is None) == (community is None):
        raise StudyError("explain_one")
    if lonlat is not None:
        require_position(*lonlat)
    case = read_case(study, Clock(tell), cache)
    rasters = [study.resolve(name) for name in study.network.elevation] if study.walk.slope != "none" else []
    read = rasters_under(case.inputs.network, rasters)
    heights = partial(heights_at, read, crs=case.inputs.crs)
    return explain(case, heights, lonlat=lonlat, code=community, layer=layer)


def _with_findings(case: Case, study: Study, facilities: gpd.GeoDataFrame) -> Inputs:
    """Return the inputs with what only the walk could find out."""
    inputs, ground, snap_m = case.inputs, case.ground, study.walk.snap_m
    rows = [{str(name): value for name, value in row.items()} for row in inputs.findings.to_dict("records")]
    district = shapely.union_all(inputs.communities.geometry.to_numpy())
    far_m = margin_m(study, case.standard, case.walkers)
    water = [inputs.layers[name].geometry for name in WATER_LAYERS if name in inputs.layers]
    wet = gpd.GeoSeries(pd.concat(water) if water else [], crs=inputs.crs)
    for name, whole in inputs.layers.items():
        if name in BASE_LAYERS:
            continue
        rows += check_twice(name, whole)
        rows += check_water(name, whole, case.home.places[name], network=inputs.network, water=wet)
        layer = whole[check.near(whole, district, within_m=far_m)]  # the others have a finding of their own
        rows += check.check_snapped(
            name, layer, facilities.loc[layer.index, "snapped"].to_numpy(dtype=bool), snap_m=snap_m
        )
    met = np.isin(np.arange(len(ground.demand)), case.home.demand.item)
    rows += check.check_demand(ground.demand, ground.demand["community"], met, snap_m=snap_m)
    rows += check_gaps(case.standard, inputs)
    rows += check.check_populated(inputs.communities, assess.demand_points(case))
    if not study.network.elevation:
        rows.append(finding("elevation_none", "network", severity="note"))
    elif study.walk.slope == "none":
        rows.append(finding("elevation_off", "network", severity="note"))
    return dataclasses.replace(inputs, findings=findings_table(rows))
