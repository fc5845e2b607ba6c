"""A study as it could be: after changes, with new places, with projects of a reserve list."""

import dataclasses
from pathlib import Path

from cfgeo.assess.case import Case, about_of, parameters_of
from cfgeo.core.clock import Clock, Tell
from cfgeo.core.plan import Plan, PlanChoices
from cfgeo.core.projects import Projects
from cfgeo.core.scenario import Scenario
from cfgeo.core.shapes import Ground
from cfgeo.core.sites import SiteChoices, Siting
from cfgeo.core.whatif import WhatIf
from cfgeo.pipeline.case import ReadStudy, read_case
from cfgeo.study.config import Study
from cfgeo.study.settings import choices as standard_and_walkers


def whatif_study(
    study: Study,
    scenario: Scenario,
    *,
    ground: bool = False,
    cache: str | Path | None = None,
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
    clock = Clock(tell)
    read = read_case(study, clock, cache, ground=ground)
    with clock.stage("score"):
        result = whatif_read(read, scenario)
    whole = result.seconds["whole"] + clock.seconds["read"] + clock.seconds["snap"]
    return dataclasses.replace(result, seconds={**result.seconds, "whole": whole})


def whatif_read(read: ReadStudy, scenario: Scenario) -> WhatIf:
    """Judge a study that has been read before and after changes; see :func:`whatif_study`."""
    from cfgeo.scenarios.street_edits import streets_of
    from cfgeo.scenarios.whatif import what_if

    study, case = read.study, read.case
    result = what_if(case, scenario, streets=streets_of(study, case), parameters=parameters_of(study, case))
    return dataclasses.replace(result, ground=read.ground())


def site_study(
    study: Study,
    choices: SiteChoices,
    *,
    ground: bool = False,
    cache: str | Path | None = None,
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
    from cfgeo.plan.site_cover import site_clauses

    standard, _ = standard_and_walkers(study)
    site_clauses(standard, choices, list(study.layers))  # before any long work
    read = read_case(study, Clock(tell), cache, ground=ground)
    tell("site")
    return site_read(read, choices)


def site_read(read: ReadStudy, choices: SiteChoices) -> Siting:
    """Find sites for a study that has been read; see :func:`site_study`."""
    from cfgeo.plan.candidates import place_candidates, street_candidates
    from cfgeo.plan.siting import find_sites

    study, case = read.study, read.case
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
    cache: str | Path | None = None,
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
    read = read_case(study, Clock(tell), cache, ground=ground)
    return plan_case(study, read.case, projects, choices, ground=read.ground(), tell=tell)


def plan_case(
    study: Study, case: Case, projects: Projects, choices: PlanChoices, *, ground: Ground | None, tell: Tell
) -> Plan:
    """Return the plan of a case; see :func:`plan_study`."""
    from cfgeo.plan.planning import find_plan
    from cfgeo.scenarios.street_edits import streets_of

    about = about_of(study, case)
    plan = find_plan(case, projects, choices, streets=streets_of(study, case), about=about, tell=tell)
    return dataclasses.replace(plan, ground=ground)
