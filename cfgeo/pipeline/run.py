"""A study, from its files to its verdicts: the order of a run."""

import dataclasses
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from cfgeo.assess.case import Case, parameters_of
from cfgeo.assess.gaps import with_walk_findings
from cfgeo.assess.isochrones import isochrones_beside, street_minutes
from cfgeo.assess.kept.pieces import kept_pieces
from cfgeo.assess.kept.walks import KeptTables
from cfgeo.assess.measures.communities import coverage_table
from cfgeo.assess.reach_ratios import ratios_of, reach_ratio_table
from cfgeo.assess.routes.medians import median_walks
from cfgeo.assess.school_routes import route_gaps
from cfgeo.assess.units import routes_of
from cfgeo.assess.verdicts import judge_case
from cfgeo.assess.walkways import ranked_walkways, walkway_losses
from cfgeo.assess.zones import zone_table
from cfgeo.core.clock import Clock, Tell
from cfgeo.core.plan import Plan
from cfgeo.core.results import Results, Walks
from cfgeo.network.cache import folder_of
from cfgeo.network.terrain import Heights
from cfgeo.pipeline.case import ReadStudy, read_case
from cfgeo.study.config import Study

if TYPE_CHECKING:
    from cfgeo.scenarios.judge import Judge

_ISOCHRONES = "isochrones"
STAGES = ("read", "snap", "reach", "score", "walks", "draw")


@dataclass(frozen=True)
class JudgedStudy:
    """What a run has found out, and what finds the plan that comes after it.

    Attributes
    ----------
    results : Results
        Without a plan.
    find_plan : callable, optional
        Looks for the plan that ``[projects]`` of the study asks for; None where it asks for none.
    n_projects : int
        How many projects that plan chooses from.
    """

    results: Results
    find_plan: Callable[[], Plan] | None = None
    n_projects: int = 0


def run_study(
    study: Study, *, plan: bool = False, cache: str | Path | None = None, tell: Tell = lambda stage: None
) -> Results:
    """Judge a study, from its files to its verdicts.

    Parameters
    ----------
    study
        What :func:`cfgeo.load_study` gives.
    plan
        Whether to look for the plan that ``[projects]`` of the study asks for, where it does.
    cache
        Folder in which networks are kept between runs; None keeps none.
    tell
        Called with the name of each stage as it begins: those of ``STAGES``, and those of the plan.

    Raises
    ------
    CfgeoError
        The study, its standard, walkers or files have a fault that the user can fix.
    """
    judged = judge_study(study, plan=plan, cache=cache, tell=tell)
    if judged.find_plan is None:
        return judged.results
    clock = Clock(tell)
    with clock.stage("plan"):
        best = judged.find_plan()
    return dataclasses.replace(judged.results, plan=best, seconds=judged.results.seconds | clock.seconds)


def judge_study(
    study: Study, *, plan: bool = False, cache: str | Path | None = None, tell: Tell = lambda stage: None
) -> JudgedStudy:
    """Judge a study as :func:`run_study` does, with the plan left for later.

    Parameters
    ----------
    study, plan, cache, tell
        As for :func:`run_study`.

    Raises
    ------
    CfgeoError
        As :func:`run_study`.
    """
    clock = Clock(tell)
    question = None
    if plan and study.projects is not None:
        from cfgeo.plan.planning import require_sound
        from cfgeo.scenarios.lists.projects import plan_choices

        question = plan_choices(study)
        require_sound(*question)  # before any long work
    read = read_case(study, clock, cache, ground=True)
    results = judge_read(read, clock, cache)
    if question is None:
        return JudgedStudy(results)
    from cfgeo.pipeline.proposals import plan_case

    best = partial(plan_case, study, read.case, *question, ground=results.ground, tell=tell)
    return JudgedStudy(results, best, len(question[0].projects))


def open_study(
    study: Study, *, cache: str | Path | None = None, tell: Tell = lambda stage: None
) -> "tuple[Results, Judge]":
    """Return what :func:`run_study` returns, without a plan, and what judges the study again after changes."""
    from cfgeo.scenarios.judge import Judge
    from cfgeo.scenarios.street_edits import streets_of

    clock = Clock(tell)
    read = read_case(study, clock, cache, ground=True)
    return judge_read(read, clock, cache), Judge(read.case, streets_of(study, read.case))


def judge_read(read: ReadStudy, clock: Clock, cache: str | Path | None = None) -> Results:
    """Return all that a run finds out of a case, without a plan, as the stages ``reach`` to ``draw``."""
    study, case = read.study, read.case
    kept = KeptTables(case, folder_of(cache))
    with isochrones_beside(case, layers=() if kept.tables else kept.missing) as isochrones:
        with clock.stage("reach"):
            coverage = coverage_table(case)
        with clock.stage("score"):
            verdicts = judge_case(case, coverage)
            zones = zone_table(case, verdicts)
        with clock.stage("walks"):
            tables = kept.tables or kept.completed(_walk_tables(case, read.heights(), kept.missing))
            walks = _walks(case, tables)
            limit = study.walk.limit_minutes
            communities = verdicts.communities.join(ratios_of(walks.reach_ratios, "community", limit))
            facilities = verdicts.facilities.join(ratios_of(walks.reach_ratios, "facility", limit))
        with clock.stage("draw"):
            if not kept.tables:
                tables |= kept.completed({_ISOCHRONES: isochrones()})
                kept.keep(tables)
            ground = read.ground()
    return Results(
        communities=communities,
        coverage=coverage,
        street_offices=verdicts.street_offices,
        clauses=verdicts.clauses,
        district=verdicts.district,
        facilities=facilities,
        shortfalls=verdicts.shortfalls,
        isochrones=tables[_ISOCHRONES],
        walks=walks,
        inputs=with_walk_findings(case, study, facilities, read.gaps),
        parameters=parameters_of(study, case),
        seconds=clock.seconds,
        blocks=verdicts.blocks,
        services=verdicts.services,
        ground=ground,
        zones=zones,
        pieces=kept_pieces(folder_of(cache), study=study.study.id),
    )


def _walks(case: Case, tables: Mapping[str, Any]) -> Walks:
    """Return the walks of a run from what was searched for them."""
    routes, crossings = routes_of(case)
    return Walks(
        **{name: tables[name] for name in ("reach_ratios", "routes", "steps", "profiles", "street_minutes")},
        walkways=ranked_walkways(case, tables["walkways"], tables["losses"]),
        school_routes=routes,
        crossings=crossings,
        route_gaps=route_gaps(routes),
    )


def _walk_tables(case: Case, heights: Heights, layers: Collection[str] | None) -> dict[str, pd.DataFrame]:
    """Return what ``Walks`` is made of and the streets are searched for again, by name: of some layers, or of all."""
    median, walkways = median_walks(case, heights, layers=layers), walkway_losses(case, layers=layers)
    return {
        "reach_ratios": reach_ratio_table(case, layers=layers),
        "routes": median.routes,
        "steps": median.steps,
        "profiles": median.profiles,
        "walkways": walkways.walkways,
        "losses": walkways.losses,
        "street_minutes": street_minutes(case, layers=layers),
    }
