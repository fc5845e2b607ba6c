"""The plan for a budget or a target: which projects to build, in what order, and what that changes."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from cfgeo.assess.case import Case
from cfgeo.assess.verdicts import judge_case
from cfgeo.core.clock import Clock, Tell
from cfgeo.core.errors import ScenarioError, StudyError
from cfgeo.core.findings import finding, findings_table
from cfgeo.core.plan import Plan, PlanChoices
from cfgeo.core.projects import Project, Projects
from cfgeo.core.results import Verdicts
from cfgeo.core.scenario import FacilityChange, Fault, LinkChange, where_of
from cfgeo.core.schema import TOLERANCE, UNIT_LAYERS
from cfgeo.core.strings import Sentences
from cfgeo.plan.clauses.moves import Moves, reasons
from cfgeo.plan.clauses.progress import clause_table, progress_table, with_moves
from cfgeo.plan.clauses.stages import settle
from cfgeo.plan.clauses.targets import Target, targets_of, vectors_of
from cfgeo.plan.clauses.wider import Wider, wider_answer
from cfgeo.plan.clauses.years import require_years, year_table
from cfgeo.plan.frontier import Solution, ordered, solve
from cfgeo.plan.potential import potential_of
from cfgeo.plan.search import PortfolioSearch
from cfgeo.plan.tables import held_table, office_table, passed_of, project_table
from cfgeo.plan.trials import Trials
from cfgeo.scenarios.change_areas import ways_meant
from cfgeo.scenarios.change_facilities import facility_ids
from cfgeo.scenarios.change_ways import is_opening
from cfgeo.scenarios.lists.project_rules import excluded, relation_faults
from cfgeo.scenarios.remeasure import changed, measured
from cfgeo.scenarios.signals import is_placed
from cfgeo.scenarios.street_edits import Streets
from cfgeo.scenarios.whatif import judge_again


def find_plan(
    case: Case,
    projects: Projects,
    choices: PlanChoices,
    *,
    streets: Streets,
    about: Mapping[str, Any],
    tell: Tell = lambda stage: None,
) -> Plan:
    """Find the cheapest projects for a target, or the best ones for a budget.

    Parameters
    ----------
    case
        The study.
    projects
        The reserve list; shapes in WGS-84.
    choices
        Budget or target, and the time for the search.
    streets
        The streets that the network is built from.
    about
        Facts about the study, the first of :attr:`Plan.about`.
    tell
        Is called with ``measure``, ``search`` and ``order`` as each begins.

    Raises
    ------
    ScenarioError
        Projects cannot be built; the message names all of them.
    StudyError
        The budget does not pay for the decided projects, or the choices contradict one another.
    """
    require_sound(projects, choices)
    targets = targets_of(case.standard, choices)
    clock, every = Clock(tell), projects.in_crs(case.inputs.crs)
    stages = settle(case, every, streets=streets)
    listed = settled(case, stages.listed, streets=streets)
    # Homes stay as they are: where homes are taken from streets, a new street would bring new homes.
    trials = Trials(case, replace(streets, homes=None), listed)
    with clock.stage("measure"):
        before = judge_case(case)
        moves = Moves(trials, vectors_of(targets))
        trials.watcher = moves
        if faults := list_faults(trials, streets=streets):
            raise ScenarioError("project_faults", file=projects.file or "–", faults=Sentences(faults))
        potential = potential_of(trials)
    with clock.stage("search"):
        search = PortfolioSearch(trials, potential)
        solution = solve(search, replace(choices, budget=choices.money))
        wider = wider_answer(search, solution, choices, targets, moves) if choices.widened else None
    with clock.stage("order"):
        solution, order = ordered(search, solution) if wider is None else (wider.solution, wider.order)
        known = tuple(listed.by_id.get(project.id, project) for project in every.projects)
        table = project_table(trials, potential, search.portfolio, order, every=known)
        table = with_moves(table, moves.table(), reasons(moves, stages.left), stages.left)
        # As a run would measure it: with the homes of new streets.
        changes = trials.changes_of(solution.ids)
        built = changed(measured(case, streets=streets), changes, file=listed.file)
        after = judge_again(built.case, before=case, verdicts=before)
    about = {**about, "basis": case.inputs.demand_basis, "limits": _limits(case)}
    plan = _plan(search, solution, table, (before, after), about=about, seconds=clock.seconds)
    found = [*projects.findings, *stages.findings, *(wider.findings if wider is not None else [])]
    found += _findings(trials, solution, int(after.district["passed"]))
    plan = replace(plan, choices=choices, listed=replace(listed, projects=known), findings=findings_table(found))
    plan = _with_clauses(plan, moves, targets, (before, after))
    return plan if wider is None else _with_years(plan, wider)


def _with_clauses(plan: Plan, moves: Moves, targets: Sequence[Target], verdicts: tuple[Verdicts, Verdicts]) -> Plan:
    """Return a plan with what its projects move, and how far the list is."""
    moved, now = moves.table(), moves.tables[moves.trials.decided]
    return replace(
        plan,
        moves=moved.set_index("project"),
        clauses=clause_table(moves.trials.now.case.standard, verdicts, now, targets, moved, plan.built.index),
        progress=progress_table(plan.listed.projects, plan.projects, moved),
    )


def _with_years(plan: Plan, wider: Wider) -> Plan:
    """Return a plan with how good it is known to be, and with the years in which its projects begin and are ready."""
    plan = replace(plan, proven=wider.proven, least=wider.least)
    if wider.years is None:
        return plan
    timetable, begins = wider.years
    first = min(plan.choices.budgets)
    begin = pd.Series(begins + first, index=wider.ids, dtype=float)
    end = pd.Series(begins + timetable.takes - 1 + first, index=wider.ids, dtype=float)
    index = plan.projects.index
    table = plan.projects.assign(begins=begin.reindex(index), ends=end.reindex(index))
    passed = int(plan.district_before["passed"])
    years = year_table(plan.choices, timetable, begins, table, passed=passed)
    return replace(plan, projects=table, years=years)


def _plan(
    search: PortfolioSearch,
    solution: Solution,
    table: gpd.GeoDataFrame,
    verdicts: tuple[Verdicts, Verdicts],
    *,
    about: Mapping[str, Any],
    seconds: Mapping[str, float],
) -> Plan:
    trials, potential, (before, after) = search.trials, search.potential, verdicts
    case = trials.now.case
    passed = {"before": passed_of(before.communities), "after": passed_of(after.communities)}
    return Plan(
        choices=solution.choices,
        listed=trials.listed,
        projects=table,
        passed=int(after.district["passed"]),
        cost=trials.cost(solution.ids),
        bound=solution.bound,
        frontier=solution.frontier,
        offices=office_table(trials, table, solution.offices, potential, passed),
        held=held_table(trials, potential),
        most=solution.first + len(solution.answers) - 1,
        before=before.communities,
        after=after.communities,
        coverage_before=before.coverage,
        coverage_after=after.coverage,
        district_before=before.district,
        district_after=after.district,
        titles={clause.id: {"zh": clause.name, "en": clause.name_en} for clause in case.standard.clause},
        inputs=case.inputs,
        findings=findings_table([]),
        about=about,
        seconds=seconds,
    )


def require_sound(projects: Projects, choices: PlanChoices) -> None:
    """Check, before any long work, that the choices can be met.

    Raises
    ------
    StudyError
        They cannot.
    """
    if choices.budget is not None and choices.target is not None:
        raise StudyError("plan_one")
    if choices.target is not None and not 0 < choices.target <= 1:
        raise StudyError("plan_target", target=choices.target)
    require_years(choices)
    spent, money = sum(project.cost for project in projects.projects if project.decided), choices.money
    # Sums of costs are not exact to the last digit: 0.1 + 0.2 is more than 0.3.
    if money is not None and not spent <= money * (1 + TOLERANCE) < np.inf:
        raise StudyError("plan_budget", budget=money, spent=round(spent, 6), unit=projects.unit)


def _findings(trials: Trials, solution: Solution, passed: int) -> list[dict[str, Any]]:
    """Return the findings about a plan: whether new homes on new streets change how many communities pass."""
    searched = int(trials.outcome(solution.ids).passed.sum())
    return [] if searched == passed else [finding("plan_homes", "projects", passed=passed, searched=searched)]


def _limits(case: Case) -> dict[str, float]:
    return {clause.id: case.limit_minutes(clause) for clause in case.reach_clauses}


def settled(case: Case, projects: Projects, *, streets: Streets) -> Projects:
    """Return the list in which projects that change the same facility or way, by id or by name, exclude each other."""
    return excluded(projects, {project.id: set(_things(case, streets, project)) for project in projects.projects})


def list_faults(trials: Trials, *, streets: Streets) -> list[Fault]:
    """Return the faults of projects that cannot be built, each tried with all that it requires and all that is decided.

    Parameters
    ----------
    trials
        The oracle, which keeps the outcomes for later.
    streets
        The streets that the case's network is built from.
    """
    listed, faults = trials.listed, dict[str, Fault]()
    things = {project.id: set(_things(trials.now.case, streets, project)) for project in listed.projects}
    faults |= {repr(fault): fault for fault in relation_faults(listed, things)}
    for project in listed.projects if not faults else ():
        if not trials.can_stand(project.id):
            continue
        try:
            trials.outcome(trials.standing([project.id]))
        except ScenarioError as error:
            # The fault is often one of a required project. That two cannot be built together may show here alone.
            rows: Sequence[Fault] = getattr(error.values.get("faults"), "rows", ())
            faults |= {repr(fault): fault for fault in rows}
    faults |= {repr(fault): fault for fault in _unplanned(trials)}
    return list(faults.values())


def _unplanned(trials: Trials) -> list[Fault]:
    """Return a fault for each change that no bound of a plan knows: of a community, a signal, a gate that stands."""
    changes = [change for project in trials.listed.projects for change in project.changes]
    return [
        ("change_not_planned", {"where": where_of(change)})
        for change in changes
        if (change.layer in UNIT_LAYERS if isinstance(change, FacilityChange) else is_placed(change))
    ]


def _things(case: Case, streets: Streets, project: Project) -> Sequence[Hashable]:
    """Return the facilities (layer, id) and ways (row) that a project changes."""
    things, read = list[Hashable](), streets.laid.cut.streets
    ways, closed = read.ways, read.closed
    for change in project.changes:
        if change.action == "add":
            continue
        if isinstance(change, LinkChange):
            things += np.flatnonzero(ways_meant(ways, change)).tolist()
            if closed is not None and is_opening(change):
                things += [("closed", row) for row in np.flatnonzero(ways_meant(closed.ways, change)).tolist()]
        elif change.layer in case.inputs.layers:
            things += [
                (change.layer, facility) for facility in facility_ids(case.inputs.layers[change.layer], change.facility)
            ]
    return things
