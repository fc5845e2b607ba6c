"""The order of each verb's work: the only module that knows it. Plans and changes load where they are asked for."""

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from cfgeo.assess.case import Case, about_of, make_case, parameters_of
from cfgeo.assess.explain import explain, median_walks
from cfgeo.assess.gaps import require_usable, with_walk_findings
from cfgeo.assess.isochrones import isochrone_table, street_minutes
from cfgeo.assess.measures.communities import coverage_table
from cfgeo.assess.reach_ratios import ratios_of, reach_ratio_table
from cfgeo.assess.school_routes import route_gaps
from cfgeo.assess.units import routes_of
from cfgeo.assess.verdicts import facility_table, judge_case
from cfgeo.assess.walkways import walkway_table
from cfgeo.assess.zones import zone_table
from cfgeo.core.clock import Clock, Tell
from cfgeo.core.errors import StudyError
from cfgeo.core.explanation import Explanation
from cfgeo.core.findings import Findings, findings_table
from cfgeo.core.plan import Plan, PlanChoices
from cfgeo.core.projects import Projects
from cfgeo.core.results import Results, Walks
from cfgeo.core.scenario import Scenario
from cfgeo.core.schema import Inputs
from cfgeo.core.shapes import Ground
from cfgeo.core.sites import SiteChoices, Siting
from cfgeo.core.whatif import WhatIf
from cfgeo.network.elevation import rasters_under
from cfgeo.network.rasters.heights import heights_at
from cfgeo.network.terrain import Heights
from cfgeo.study.config import Study
from cfgeo.study.ground.base_map import MapFiles, ground_of
from cfgeo.study.inputs import read_study
from cfgeo.study.settings import choices as standard_and_walkers
from cfgeo.study.settings import margin_m, require_position, walkers_used

if TYPE_CHECKING:
    from cfgeo.scenarios.judge import Judge

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
    study: Study, *, plan: bool = False, cache: Path | None = None, tell: Tell = lambda stage: None
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
    study: Study, *, plan: bool = False, cache: Path | None = None, tell: Tell = lambda stage: None
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
    read = _read_case(study, clock, cache, ground=True)
    results = _judge_case(study, read, clock)
    if question is None:
        return JudgedStudy(results)
    best = partial(_plan, study, read.case, *question, ground=results.ground, tell=tell)
    return JudgedStudy(results, best, len(question[0].projects))


def open_study(study: Study, *, cache: Path | None = None, tell: Tell = lambda stage: None) -> "tuple[Results, Judge]":
    """Judge a study as :func:`run_study` does, without a plan, and keep what judges it again after changes.

    Parameters
    ----------
    study, cache, tell
        As for :func:`run_study`.

    Raises
    ------
    CfgeoError
        As :func:`run_study`.
    """
    from cfgeo.scenarios.judge import Judge
    from cfgeo.scenarios.street_edits import streets_of

    clock = Clock(tell)
    read = _read_case(study, clock, cache, ground=True)
    results = _judge_case(study, read, clock)
    return results, Judge(read.case, streets_of(study, read.case))


def _judge_case(study: Study, read: "_Read", clock: Clock) -> Results:
    """Return all that a run finds out of a case, without a plan, as the stages ``reach`` to ``draw``."""
    case = read.case
    with clock.stage("reach"):
        coverage = coverage_table(case)
    with clock.stage("score"):
        verdicts = judge_case(case, coverage)
        zones = zone_table(case, verdicts)
    with clock.stage("walks"):
        routes, crossings = routes_of(case)
        median = median_walks(case, read.heights())
        walks = Walks(
            reach_ratios=reach_ratio_table(case),
            routes=median.routes,
            steps=median.steps,
            profiles=median.profiles,
            walkways=walkway_table(case),
            school_routes=routes,
            crossings=crossings,
            route_gaps=route_gaps(routes),
            street_minutes=street_minutes(case),
        )
        limit = study.walk.limit_minutes
        communities = verdicts.communities.join(ratios_of(walks.reach_ratios, "community", limit))
        facilities = verdicts.facilities.join(ratios_of(walks.reach_ratios, "facility", limit))
    with clock.stage("draw"):
        isochrones = isochrone_table(case)
        ground = read.ground()
    return Results(
        communities=communities,
        coverage=coverage,
        street_offices=verdicts.street_offices,
        clauses=verdicts.clauses,
        district=verdicts.district,
        facilities=facilities,
        shortfalls=verdicts.shortfalls,
        isochrones=isochrones,
        walks=walks,
        inputs=with_walk_findings(case, study, facilities, read.gaps),
        parameters=parameters_of(study, case),
        seconds=clock.seconds,
        blocks=verdicts.blocks,
        services=verdicts.services,
        ground=ground,
        zones=zones,
    )


def check_study(study: Study, *, cache: Path | None = None, tell: Tell = lambda stage: None) -> pd.DataFrame:
    """Return what is wrong with a study's data, without judging it.

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
    listed: Sequence[dict[str, Any]] = ()
    if study.projects is not None:
        from cfgeo.scenarios.lists.projects import plan_choices

        listed = plan_choices(study)[0].findings
    read = _read_case(study, Clock(tell), cache)
    inputs = with_walk_findings(read.case, study, facility_table(read.case.inputs, read.case.home), read.gaps)
    if not listed:
        return inputs
    return dataclasses.replace(inputs, findings=findings_table([*_rows_of(inputs.findings), *listed]))


def _rows_of(findings: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in findings.to_dict("records")]


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
    case = load_case(study, cache=cache, tell=tell)
    about = about_of(study, case)
    explanations = explain(case, _heights(study, case), lonlat=lonlat, code=community, layer=layer)
    return [dataclasses.replace(explanation, about=about) for explanation in explanations]


def _heights(study: Study, case: Case) -> Heights:
    """Return what gives the heights of the land."""
    paths = [study.resolve(name) for name in study.network.elevation] if study.walk.slope != "none" else []
    return partial(heights_at, rasters_under(case.inputs.network, paths), crs=case.inputs.crs)


def load_case(study: Study, *, cache: Path | None = None, tell: Tell = lambda stage: None) -> Case:
    """Read a study and snap everything in it to the network, ready to be measured any number of times.

    Parameters
    ----------
    study, cache, tell
        As for :func:`run_study`.

    Raises
    ------
    CfgeoError
        As :func:`run_study`.
    """
    return _read_case(study, Clock(tell), cache).case


@dataclass(frozen=True)
class _Read:
    """A study as it was read: the case, what its data lacks, and what its files tell of the ground, if asked for."""

    case: Case
    gaps: Findings
    map_files: MapFiles | None

    def heights(self) -> Heights:
        """Return what gives the heights of the land; none where nothing was read of the ground."""
        return partial(heights_at, self.map_files.rasters if self.map_files else [], crs=self.case.inputs.crs)

    def ground(self) -> Ground | None:
        """Return what maps show of the place itself."""
        return None if self.map_files is None else ground_of(self.map_files, self.case.inputs)


def _read_case(study: Study, clock: Clock, cache: Path | None, *, ground: bool = False) -> _Read:
    """Read a study and snap everything in it to the network, as the stages ``read`` and ``snap``."""
    standard, walkers = standard_and_walkers(study)
    used = walkers_used(study, standard, walkers)
    with clock.stage("read"):
        data = read_study(study, margin_m=margin_m(study, standard, used), cache=cache, ground=ground)
        gaps = require_usable(standard, data.inputs)
    with clock.stage("snap"):
        case = make_case(data.inputs, standard, used, study.walk)
        if study.decided:
            from cfgeo.scenarios.decided import with_decided

            case = with_decided(study, case)
        return _Read(case, gaps, data.map_files)


def whatif_study(
    study: Study,
    scenario: Scenario,
    *,
    ground: bool = False,
    cache: Path | None = None,
    tell: Tell = lambda stage: None,
) -> WhatIf:
    """Judge a study before and after changes, as if its files had been edited and run again.

    Parameters
    ----------
    study
        What :func:`cfgeo.load_study` gives.
    scenario
        What :func:`cfgeo.load_scenario` gives.
    ground
        Whether to gather what a map shows of the place itself.
    cache, tell
        As for :func:`run_study`.

    Raises
    ------
    ScenarioError
        A change cannot be made; the message names all of them.
    CfgeoError
        As :func:`run_study`.
    """
    from cfgeo.scenarios.street_edits import streets_of
    from cfgeo.scenarios.whatif import what_if

    clock = Clock(tell)
    read = _read_case(study, clock, cache, ground=ground)
    case = read.case
    with clock.stage("score"):
        result = what_if(case, scenario, streets=streets_of(study, case), parameters=parameters_of(study, case))
    whole = result.seconds["whole"] + clock.seconds["read"] + clock.seconds["snap"]
    seconds = {**result.seconds, "whole": whole}
    return dataclasses.replace(result, seconds=seconds, ground=read.ground())


def site_study(
    study: Study,
    choices: SiteChoices,
    *,
    ground: bool = False,
    cache: Path | None = None,
    tell: Tell = lambda stage: None,
) -> Siting:
    """Find the sites where new places of a layer would bring most: a greedy choice, then the best set, proven.

    Parameters
    ----------
    study
        What :func:`cfgeo.load_study` gives.
    choices
        How many sites, of what, and what they shall bring.
    ground
        Whether to gather what a map shows of the place itself.
    cache, tell
        As for :func:`run_study`.

    Raises
    ------
    StudyError
        No clause counts such places, no candidate can be one, or the target cannot be met with them.
    CfgeoError
        As :func:`run_study`.
    """
    from cfgeo.plan.candidates import place_candidates, street_candidates
    from cfgeo.plan.site_cover import site_clauses
    from cfgeo.plan.siting import find_sites

    standard, _ = standard_and_walkers(study)
    site_clauses(standard, choices, list(study.layers))  # before any long work
    read = _read_case(study, Clock(tell), cache, ground=ground)
    case = read.case
    tell("site")
    about = about_of(study, case)
    if choices.candidates is None:
        siting = find_sites(case, choices, street_candidates(case), about=about)
    else:
        candidates, findings = place_candidates(case, study, choices.candidates)
        siting = find_sites(case, choices, candidates, about=about, findings=findings)
    return dataclasses.replace(siting, ground=read.ground())


def plan_study(
    study: Study,
    projects: Projects,
    choices: PlanChoices,
    *,
    ground: bool = False,
    cache: Path | None = None,
    tell: Tell = lambda stage: None,
) -> Plan:
    """Find which projects of a reserve list to build: the cheapest for a target, or the best for a budget.

    Parameters
    ----------
    study
        What :func:`cfgeo.load_study` gives.
    projects
        What :func:`cfgeo.load_projects` gives.
    choices
        The target or the budget.
    ground
        Whether to gather what a map shows of the place itself.
    cache, tell
        As for :func:`run_study`; ``measure``, ``search`` and ``order`` follow.

    Raises
    ------
    ScenarioError
        Projects cannot be built; the message names all of them.
    StudyError
        The choices contradict one another, or the budget does not pay for what is decided.
    CfgeoError
        As :func:`run_study`.
    """
    from cfgeo.plan.planning import require_sound

    require_sound(projects, choices)
    read = _read_case(study, Clock(tell), cache, ground=ground)
    return _plan(study, read.case, projects, choices, ground=read.ground(), tell=tell)


def _plan(
    study: Study, case: Case, projects: Projects, choices: PlanChoices, *, ground: Ground | None, tell: Tell
) -> Plan:
    from cfgeo.plan.planning import find_plan
    from cfgeo.scenarios.street_edits import streets_of

    about = about_of(study, case)
    plan = find_plan(case, projects, choices, streets=streets_of(study, case), about=about, tell=tell)
    return dataclasses.replace(plan, ground=ground)
