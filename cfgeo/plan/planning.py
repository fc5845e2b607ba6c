"""Which projects to build, in what order, for how much: the plan for a budget or for a target."""

import math
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from cfgeo.assess.case import Case
from cfgeo.assess.score import TOLERANCE
from cfgeo.assess.verdicts import judge_case
from cfgeo.core.clock import Clock, Tell
from cfgeo.core.errors import ScenarioError, StudyError
from cfgeo.core.findings import finding, findings_table
from cfgeo.core.plan import FRONTIER_COLUMNS, Plan, PlanChoices
from cfgeo.core.projects import Project, Projects
from cfgeo.core.scenario import Fault, LinkChange
from cfgeo.core.strings import Sentences
from cfgeo.plan.build_order import build_order
from cfgeo.plan.optimise.portfolio import Wish
from cfgeo.plan.potential import potential
from cfgeo.plan.search import Answer, PortfolioSearch
from cfgeo.plan.tables import held_table, office_table, passed_of, project_table
from cfgeo.plan.trials import Ids, Trials
from cfgeo.scenarios.change_facilities import facility_ids
from cfgeo.scenarios.change_ways import ways_meant
from cfgeo.scenarios.project_rules import excluded, relation_faults
from cfgeo.scenarios.remeasure import changed, measured
from cfgeo.scenarios.street_edits import Streets
from cfgeo.scenarios.whatif import judge_again

_MAIN = 0.6  # of the time for what was asked; the rest is for the frontier and the street offices


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
        What is wanted.
    streets
        What the network is cut from.
    about
        The study, as :attr:`Plan.about` begins.
    tell
        Is called with ``measure``, ``search`` and ``order`` as each begins.

    Raises
    ------
    ScenarioError
        Projects cannot be built; the message names all of them.
    StudyError
        The budget does not pay for what is decided, or the choices contradict one another.
    """
    require_sound(projects, choices)
    clock = Clock(tell)
    listed = settled(case, projects.in_crs(case.inputs.crs), streets=streets)
    # Who lives where is taken as it is now: new streets would bring new homes where homes are taken from streets.
    trials = Trials(case, replace(streets, homes=None), listed)
    with clock.stage("measure"):
        if faults := list_faults(trials, streets=streets):
            raise ScenarioError("project_faults", file=projects.file or "–", faults=Sentences(faults))
        able = potential(trials)
    with clock.stage("search"):
        search = PortfolioSearch(trials, able)
        asked = _asked(search, choices, seconds=choices.seconds)
    with clock.stage("order"):
        asked, order = _ordered(search, choices, asked)
        table = project_table(trials, able, search.portfolio, order)
        was = judge_case(case)
        after = changed(measured(case, streets=streets), trials.changes_of(asked.ids), file=listed.file)
        now = judge_again(after.case, before=case, verdicts=was)
        passed = {"before": passed_of(was.communities), "after": passed_of(now.communities)}
    return Plan(
        choices=choices,
        listed=listed,
        projects=table,
        passed=int(now.district["passed"]),
        cost=trials.cost(asked.ids),
        bound=asked.bound,
        frontier=asked.frontier,
        offices=office_table(trials, table, asked.offices, able, passed),
        held=held_table(trials, able),
        most=asked.first + len(asked.answers) - 1,
        before=was.communities,
        after=now.communities,
        coverage_before=was.coverage,
        coverage_after=now.coverage,
        district_before=was.district,
        district_after=now.district,
        titles={clause.id: {"zh": clause.name, "en": clause.name_en} for clause in case.standard.clause},
        inputs=case.inputs,
        findings=findings_table(_findings(trials, asked, int(now.district["passed"]))),
        about={**about, "basis": case.inputs.demand_basis, "limits": _limits(case)},
        seconds=clock.seconds,
    )


def require_sound(projects: Projects, choices: PlanChoices) -> None:
    """See, before any long work, that the choices make a question.

    Raises
    ------
    StudyError
        They do not.
    """
    if choices.budget is not None and choices.target is not None:
        raise StudyError("plan_one")
    if choices.target is not None and not 0 < choices.target <= 1:
        raise StudyError("plan_target", target=choices.target)
    spent = sum(project.cost for project in projects.projects if project.decided)
    # Sums of costs are not exact to the last digit: 0.1 + 0.2 is more than 0.3.
    if choices.budget is not None and not spent <= choices.budget * (1 + TOLERANCE) < np.inf:
        raise StudyError("plan_budget", budget=choices.budget, spent=round(spent, 6), unit=projects.unit)


@dataclass(frozen=True)
class _Asked:
    """What the search found: for so many communities, for all others from the first on, and for street offices."""

    ids: Ids
    bound: float
    count: int
    first: int
    answers: list[Answer]
    offices: dict[str, Answer]
    frontier: pd.DataFrame

    @property
    def proven(self) -> bool:
        return all(answer.proven for answer in self.answers)


def _asked(search: PortfolioSearch, choices: PlanChoices, *, seconds: float) -> _Asked:
    """Return the set that was asked for, and the sets for any other number of communities and for street offices."""
    trials, begun = search.trials, time.process_time()
    main, ends = begun + _MAIN * seconds, begun + seconds
    first = int(search.able.now.passed.sum())
    known: dict[int, Answer] = {}

    def cheapest(count: int, until: float) -> Answer:
        before = known.get(count, Answer(None, np.inf, 0.0))
        if not before.proven:
            known[count] = search.cheapest(Wish(at_least=count), ends=until, bound=before.bound)
        return known[count]

    most = int(search.portfolio.possible.sum())
    share = trials.now.case.standard.target_share if choices.target is None else choices.target
    wanted = max(math.ceil(share * trials.n_communities - TOLERANCE), first)
    count = first if choices.budget is not None else min(wanted, most)
    while choices.budget is None and not np.isfinite(cheapest(count, main).cost) and count > first:
        count -= 1
    if choices.budget is not None:
        _look_for_budget(lambda n: cheapest(n, main), choices.budget, first, most)
    office = trials.now.case.inputs.communities["street_office"]
    able = search.portfolio.possible
    wishes = {name: np.flatnonzero((office == name).to_numpy() & able) for name in dict.fromkeys(office)}
    offices = {name: search.cheapest(Wish(groups=groups), ends=ends) for name, groups in wishes.items()}
    answers = [cheapest(n, ends) for n in range(first, most + 1)]
    while np.isinf(answers[-1].bound) and len(answers) > 1:
        answers.pop()
    return _settled(search, choices, count, first, answers, offices)


def _ordered(search: PortfolioSearch, choices: PlanChoices, asked: _Asked) -> tuple[_Asked, list[str]]:
    """Return the order in which to build; where nothing is proven, its steps may be cheaper than what was found."""
    trials, able = search.trials, search.able
    order = build_order(trials.listed, able, search.portfolio, asked.ids, trials.outcome(asked.ids))
    if asked.proven:
        return asked, order
    for nth in range(len(order)):
        search.learn(trials.standing(order[:nth]))
    asked = _settled(search, choices, asked.count, asked.first, asked.answers, asked.offices)
    return asked, build_order(trials.listed, able, search.portfolio, asked.ids, trials.outcome(asked.ids))


def _settled(
    search: PortfolioSearch,
    choices: PlanChoices,
    count: int,
    first: int,
    answers: Sequence[Answer],
    offices: dict[str, Answer],
) -> _Asked:
    """Return what is known now of what was asked, and of all other numbers of communities."""
    latest = [search.known(Wish(at_least=n), bound=answer.bound) for n, answer in enumerate(answers, start=first)]
    frontier = _frontier(latest, first)
    bound = float(frontier["bound"][count])
    if choices.budget is not None:
        paid = choices.budget * (1 + TOLERANCE)
        count = int(frontier.index[frontier["cost"] <= paid].max())
        bound = float(max(n for n, answer in enumerate(latest, start=first) if n == count or answer.bound <= paid))
    return _Asked(frozenset(frontier["projects"][count]), bound, count, first, latest, offices, frontier)


def _look_for_budget(cheapest: Callable[[int], Answer], budget: float, first: int, most: int) -> None:
    """Look for the greatest number of communities whose cheapest set a budget pays for, by halves."""
    low, high = first, most
    while low < high:
        middle = (low + high + 1) // 2
        if cheapest(middle).cost <= budget * (1 + TOLERANCE):
            low = middle
        else:
            high = middle - 1


def _frontier(answers: Sequence[Answer], first: int) -> pd.DataFrame:
    """Return cost against communities, with ``FRONTIER_COLUMNS``; answers are of one moment: more never cost less."""
    cost = np.array([answer.cost for answer in answers], dtype=float)
    bound = np.maximum.accumulate([answer.bound for answer in answers])
    ids = [tuple(sorted(answer.ids or ())) for answer in answers]
    values = {"cost": cost, "bound": np.minimum(bound, cost), "projects": ids}
    index = pd.RangeIndex(first, first + len(answers), name="passed")
    table = pd.DataFrame(values, index=index, columns=list(FRONTIER_COLUMNS))
    return pd.DataFrame(table[np.isfinite(cost)])


def _findings(trials: Trials, asked: _Asked, passed: int) -> list[dict[str, Any]]:
    """Say what a reader of the plan has to know."""
    count = int(trials.outcome(asked.ids).passed.sum())
    rows = []
    if count != passed:
        rows.append(finding("plan_homes", "projects", passed=passed, searched=count))
    return rows


def _limits(case: Case) -> dict[str, float]:
    return {clause.id: case.limit_minutes(clause) for clause in case.reach_clauses}


def settled(case: Case, projects: Projects, *, streets: Streets) -> Projects:
    """Return a list in which projects exclude each other that change the same facility or way, however they call it."""
    return excluded(projects, {project.id: set(_things(case, streets, project)) for project in projects.projects})


def list_faults(trials: Trials, *, streets: Streets) -> list[Fault]:
    """Find what cannot be built, each project with all that it requires and what is decided.

    Parameters
    ----------
    trials
        What measures; what can be built is measured by it.
    streets
        What the case's network is cut from.
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
            # Often of what it requires; that one of these cannot stand beside it may show here alone.
            said: Sequence[Fault] = getattr(error.values.get("faults"), "rows", ())
            faults |= {repr(fault): fault for fault in said}
    return list(faults.values())


def _things(case: Case, streets: Streets, project: Project) -> Sequence[Hashable]:
    """Return the facilities and ways that a project changes."""
    found, ways = list[Any](), streets.laid.cut.streets.ways
    for change in project.changes:
        if isinstance(change, LinkChange):
            found += [] if change.action == "add" else np.flatnonzero(ways_meant(ways, change)).tolist()
        elif change.action != "add" and change.layer in case.inputs.layers:
            found += [(change.layer, one) for one in facility_ids(case.inputs.layers[change.layer], change.facility)]
    return found
