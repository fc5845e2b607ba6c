"""The plan for a budget or a target: which projects to build, in what order, and the frontier of cost and communities.

The frontier is found by the epsilon-constraint method (Haimes, Lasdon and Wismer 1971): for each number of communities,
the cheapest set of projects with which at least so many pass.
"""

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
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
from cfgeo.core.results import Verdicts
from cfgeo.core.scenario import Fault, LinkChange
from cfgeo.core.strings import Sentences
from cfgeo.plan.build_order import build_order
from cfgeo.plan.optimise.portfolio import Wish
from cfgeo.plan.potential import potential_of
from cfgeo.plan.search import Answer, PortfolioSearch, TimeBudget
from cfgeo.plan.tables import held_table, office_table, passed_of, project_table
from cfgeo.plan.trials import Ids, Trials
from cfgeo.scenarios.change_facilities import facility_ids
from cfgeo.scenarios.change_ways import ways_meant
from cfgeo.scenarios.project_rules import excluded, relation_faults
from cfgeo.scenarios.remeasure import changed, measured
from cfgeo.scenarios.street_edits import Streets
from cfgeo.scenarios.whatif import judge_again

_FOR_QUESTION = 0.6
"""Share of the time for what was asked; the rest is for the other points of the frontier and the street offices."""


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
    clock = Clock(tell)
    listed = settled(case, projects.in_crs(case.inputs.crs), streets=streets)
    # Homes stay as they are: where homes are taken from streets, a new street would bring new homes.
    trials = Trials(case, replace(streets, homes=None), listed)
    with clock.stage("measure"):
        if faults := list_faults(trials, streets=streets):
            raise ScenarioError("project_faults", file=projects.file or "–", faults=Sentences(faults))
        potential = potential_of(trials)
    with clock.stage("search"):
        search = PortfolioSearch(trials, potential)
        solution = _solve(search, choices)
    with clock.stage("order"):
        solution, order = _ordered(search, solution)
        table = project_table(trials, potential, search.portfolio, order)
        before = judge_case(case)
        # As a run would measure it: with the homes of new streets.
        changes = trials.changes_of(solution.ids)
        built = changed(measured(case, streets=streets), changes, file=listed.file)
        after = judge_again(built.case, before=case, verdicts=before)
    about = {**about, "basis": case.inputs.demand_basis, "limits": _limits(case)}
    return _plan(search, solution, table, (before, after), about=about, seconds=clock.seconds)


def _plan(
    search: PortfolioSearch,
    solution: "_Solution",
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
        findings=findings_table(_findings(trials, solution, int(after.district["passed"]))),
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
    spent = sum(project.cost for project in projects.projects if project.decided)
    # Sums of costs are not exact to the last digit: 0.1 + 0.2 is more than 0.3.
    if choices.budget is not None and not spent <= choices.budget * (1 + TOLERANCE) < np.inf:
        raise StudyError("plan_budget", budget=choices.budget, spent=round(spent, 6), unit=projects.unit)


class _Frontier:
    """The cheapest set for each number of communities; each is searched once, and further if its proof lacked time."""

    def __init__(self, search: PortfolioSearch) -> None:
        self.search = search
        self.first = int(search.potential.now.passed.sum())
        self.most = int(search.portfolio.possible.sum())
        self._answers: dict[int, Answer] = {}

    def cheapest(self, count: int, time: TimeBudget) -> Answer:
        """Return the cheapest set with which at least so many communities pass."""
        answer = self._answers.get(count, Answer(None, np.inf, 0.0))
        if not answer.proven:
            answer = self.search.cheapest(Wish(at_least=count), budget=time, bound=answer.bound)
            self._answers[count] = answer
        return answer

    def count_for_target(self, share: float, time: TimeBudget) -> int:
        """Return how many communities the target asks for, or the most that a known set reaches."""
        needed = max(math.ceil(share * self.search.trials.n_communities - TOLERANCE), self.first)
        count = min(needed, self.most)
        while not np.isfinite(self.cheapest(count, time).cost) and count > self.first:
            count -= 1
        return count

    def search_budget(self, money: float, time: TimeBudget) -> None:
        """Search the numbers of communities around the greatest one that a budget pays for, by bisection."""
        low, high = self.first, self.most
        while low < high:
            middle = (low + high + 1) // 2
            if self.cheapest(middle, time).cost <= money * (1 + TOLERANCE):
                low = middle
            else:
                high = middle - 1

    def answers(self, time: TimeBudget) -> list[Answer]:
        """Return the sets for all numbers of communities, without those at the end that are proven impossible."""
        answers = [self.cheapest(count, time) for count in range(self.first, self.most + 1)]
        while np.isinf(answers[-1].bound) and len(answers) > 1:
            answers.pop()
        return answers


@dataclass(frozen=True)
class _Solution:
    """What the search found.

    Attributes
    ----------
    choices : PlanChoices
        The question.
    ids : frozenset of str
        The set that answers the question.
    bound : float
        As :attr:`Plan.bound`.
    count : int
        Number of communities that pass with the set.
    first : int
        Number of communities of the first of the answers, that pass with the decided projects.
    answers : list of Answer
        The cheapest set for each number of communities.
    offices : dict of str to Answer
        The cheapest set for all communities of each street office that can pass.
    frontier : pandas.DataFrame
        ``FRONTIER_COLUMNS``.
    """

    choices: PlanChoices
    ids: Ids
    bound: float
    count: int
    first: int
    answers: list[Answer]
    offices: dict[str, Answer]
    frontier: pd.DataFrame

    @property
    def proven(self) -> bool:
        """Whether no point of the frontier can be cheaper."""
        return all(answer.proven for answer in self.answers)


def _solve(search: PortfolioSearch, choices: PlanChoices) -> _Solution:
    """Answer the question; then the street offices, and the other points of the frontier."""
    time, frontier, case = TimeBudget.start(choices.seconds), _Frontier(search), search.trials.now.case
    count = frontier.first
    if choices.budget is None:
        share = case.standard.target_share if choices.target is None else choices.target
        count = frontier.count_for_target(share, time.first(_FOR_QUESTION))
    else:
        frontier.search_budget(choices.budget, time.first(_FOR_QUESTION))
    office = case.inputs.communities["street_office"]
    possible = search.portfolio.possible
    wishes = {
        name: Wish(groups=np.flatnonzero((office == name).to_numpy() & possible)) for name in dict.fromkeys(office)
    }
    offices = {name: search.cheapest(wish, budget=time) for name, wish in wishes.items()}
    return _solution(search, choices, count, frontier.first, frontier.answers(time), offices)


def _ordered(search: PortfolioSearch, solution: _Solution) -> tuple[_Solution, list[str]]:
    """Return the order in which to build, and the solution, which its steps may improve where nothing is proven."""
    trials, potential, portfolio = search.trials, search.potential, search.portfolio
    order = build_order(trials.listed, potential, portfolio, solution.ids, trials.outcome(solution.ids))
    if solution.proven:
        return solution, order
    for nth in range(len(order)):
        search.try_set(trials.standing(order[:nth]))
    solution = _solution(search, solution.choices, solution.count, solution.first, solution.answers, solution.offices)
    return solution, build_order(trials.listed, potential, portfolio, solution.ids, trials.outcome(solution.ids))


def _solution(
    search: PortfolioSearch,
    choices: PlanChoices,
    count: int,
    first: int,
    answers: Sequence[Answer],
    offices: dict[str, Answer],
) -> _Solution:
    """Return the solution with all sets that have been tried by now."""
    latest = [search.best_known(Wish(at_least=n), bound=answer.bound) for n, answer in enumerate(answers, start=first)]
    frontier = _frontier_table(latest, first)
    bound = float(frontier["bound"][count])
    if choices.budget is not None:
        money = choices.budget * (1 + TOLERANCE)
        count = int(frontier.index[frontier["cost"] <= money].max())
        bound = float(max(n for n, answer in enumerate(latest, start=first) if n == count or answer.bound <= money))
    return _Solution(choices, frozenset(frontier["projects"][count]), bound, count, first, latest, offices, frontier)


def _frontier_table(answers: Sequence[Answer], first: int) -> pd.DataFrame:
    """Return cost against communities, with ``FRONTIER_COLUMNS``."""
    cost = np.array([answer.cost for answer in answers], dtype=float)
    # A bound for some communities is one for more of them.
    bound = np.maximum.accumulate([answer.bound for answer in answers])
    ids = [tuple(sorted(answer.ids or ())) for answer in answers]
    values = {"cost": cost, "bound": np.minimum(bound, cost), "projects": ids}
    index = pd.RangeIndex(first, first + len(answers), name="passed")
    table = pd.DataFrame(values, index=index, columns=list(FRONTIER_COLUMNS))
    return pd.DataFrame(table[np.isfinite(cost)])


def _findings(trials: Trials, solution: _Solution, passed: int) -> list[dict[str, Any]]:
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
    return list(faults.values())


def _things(case: Case, streets: Streets, project: Project) -> Sequence[Hashable]:
    """Return the facilities (layer, id) and ways (row) that a project changes."""
    things, ways = list[Hashable](), streets.laid.cut.streets.ways
    for change in project.changes:
        if change.action == "add":
            continue
        if isinstance(change, LinkChange):
            things += np.flatnonzero(ways_meant(ways, change)).tolist()
        elif change.layer in case.inputs.layers:
            things += [
                (change.layer, facility) for facility in facility_ids(case.inputs.layers[change.layer], change.facility)
            ]
    return things
