"""What could be, of a study: changes, sites, plans."""

import dataclasses
from pathlib import Path

from cfgeo.assess.case import Case
from cfgeo.core.clock import Clock, Tell
from cfgeo.core.plan import Plan, PlanChoices
from cfgeo.core.projects import Projects
from cfgeo.core.results import WhatIf
from cfgeo.core.scenario import Scenario
from cfgeo.core.sites import SiteChoices, Siting
from cfgeo.plan.candidates import place_candidates, street_candidates
from cfgeo.plan.planning import find_plan, require_sound
from cfgeo.plan.site_cover import site_clauses
from cfgeo.plan.siting import find_sites
from cfgeo.scenarios.whatif import what_if
from cfgeo.study.config import Study
from cfgeo.study.settings import choices as standard_and_walkers
from cfgeo.study_case import about_of, parameters_of, read_case, streets_of


def whatif_study(
    study: Study, scenario: Scenario, *, cache: Path | None = None, tell: Tell = lambda stage: None
) -> WhatIf:
    """Judge a study before and after changes, as if its files had been edited and run again.

    Parameters
    ----------
    study
        What :func:`cfgeo.load_study` gives.
    scenario
        What :func:`cfgeo.load_scenario` gives.
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
    case = read_case(study, clock, cache)
    with clock.stage("score"):
        found = what_if(case, scenario, streets=streets_of(study, case), parameters=parameters_of(study, case))
    whole = found.seconds["whole"] + clock.seconds["read"] + clock.seconds["snap"]
    return dataclasses.replace(found, seconds={**found.seconds, "whole": whole})


def site_study(
    study: Study, choices: SiteChoices, *, cache: Path | None = None, tell: Tell = lambda stage: None
) -> Siting:
    """Find where new places of a layer would bring most: the best next one each time, then the best set, proven.

    Parameters
    ----------
    study
        What :func:`cfgeo.load_study` gives.
    choices
        Which sites are wanted.
    cache, tell
        As for :func:`run_study`.

    Raises
    ------
    StudyError
        Nothing counts such places, no candidate can be one, or the target cannot be met with them.
    CfgeoError
        As :func:`run_study`.
    """
    standard, _ = standard_and_walkers(study)
    site_clauses(standard, choices, list(study.layers))  # before any long work
    case = read_case(study, Clock(tell), cache)
    tell("site")
    about = about_of(study, case)
    if choices.candidates is None:
        return find_sites(case, choices, street_candidates(case), about=about)
    candidates, findings = place_candidates(case, study, choices.candidates)
    return find_sites(case, choices, candidates, about=about, findings=findings)


def plan_study(
    study: Study,
    projects: Projects,
    choices: PlanChoices,
    *,
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
        What is wanted.
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
    require_sound(projects, choices)
    return plan_of(study, read_case(study, Clock(tell), cache), projects, choices, tell=tell)


def plan_of(study: Study, case: Case, projects: Projects, choices: PlanChoices, *, tell: Tell) -> Plan:
    """Find the plan of a case that was read already."""
    return find_plan(case, projects, choices, streets=streets_of(study, case), about=about_of(study, case), tell=tell)
