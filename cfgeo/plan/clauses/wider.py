"""The plan where more is asked than passing communities: from the choices to a joint search, and to years."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from cfgeo.core.errors import StudyError
from cfgeo.core.findings import Findings, finding
from cfgeo.core.plan import PlanChoices
from cfgeo.core.schema import IntArray
from cfgeo.plan.build_order import build_order
from cfgeo.plan.clauses.joint_search import JointSearch
from cfgeo.plan.clauses.moves import Moves
from cfgeo.plan.clauses.of_blocks import are_provable, asks_for_blocks, block_goal, block_search
from cfgeo.plan.clauses.targets import Target, goals_of, reached
from cfgeo.plan.clauses.years import begins_of, timetable_of
from cfgeo.plan.frontier import Solution
from cfgeo.plan.optimise.sums import Goal
from cfgeo.plan.optimise.timetable import Timetable
from cfgeo.plan.potential import potential_of
from cfgeo.plan.search import PortfolioSearch
from cfgeo.plan.trials import Ids, Trials

_FOR_YEARS_S = 20.0


@dataclass(frozen=True)
class Wider:
    """The answer to a wider question.

    Attributes
    ----------
    solution : Solution
        With the set that answers it.
    order : list of str
        The order in which to build.
    least : float
        No set that does as much costs less.
    proven : bool
        Whether no set does better.
    years : tuple, optional
        Timetable of what is built, and the year in which each begins, in the order of ``ids``.
    ids : list of str
        What is built, in the order of the timetable.
    findings : list of dict
        What could not be proven or found.
    """

    solution: Solution
    order: list[str]
    least: float
    proven: bool
    years: tuple[Timetable, IntArray] | None
    ids: list[str]
    findings: Findings


def wider_answer(
    search: PortfolioSearch, solution: Solution, choices: PlanChoices, targets: Sequence[Target], moves: Moves
) -> Wider:
    """Answer a question with targets of clauses or with years.

    Parameters
    ----------
    search, solution
        The search for communities that pass, and what it found for the same money.
    choices
        The question.
    targets
        What clauses shall come to.
    moves
        What was measured of each project alone.

    Raises
    ------
    StudyError
        The data does not carry a clause, or the years' money does not pay for what is decided.
    """
    trials, potential = search.trials, search.potential
    goals = goals_of(list(targets), trials, potential.ids, moves.vectors)
    walked = [_walk_search(trials, target) for target in targets if target.walked]
    goals, provable = [_scaled(goal, walked) for goal in goals], all(target.provable for target in targets)
    if asks_for_blocks(choices):
        walked.append(block_search(trials))
        standard = trials.now.case.standard
        goals.append(block_goal(walked[-1], choices, standard.target_share, block=len(walked)))
        provable &= are_provable(trials.now.case)

    def values(ids: Ids) -> list[float]:
        if moves.summed and ids not in moves.vectors:
            moves.watch(ids, trials.measured(ids))
        pairs = zip(goals, targets, strict=False)  # a goal for street blocks comes last
        return [reached(goal, target, moves.vectors[ids][target.clause.id])
                for goal, target in pairs if not target.walked]  # fmt: skip

    timetable = timetable_of(trials, potential.ids, choices) if choices.budgets else None
    budget = np.inf if choices.money is None else choices.money
    joint = JointSearch(search, walked, goals, values, budget=budget, timetable=timetable)
    answer = joint.answer(solution.count, solution.ids, seconds=choices.seconds)
    if answer is None and timetable is not None:
        raise StudyError("plan_budgets_decided", spent=round(trials.cost(trials.decided), 6), unit=trials.listed.unit)
    findings: Findings = []
    if answer is None:
        findings.append(finding("plan_targets_open", "projects"))
        ids, count, most, least, proven = solution.ids, solution.count, solution.bound, np.nan, False
    else:
        ids, count, most, least = answer.ids, answer.count, float(answer.most), answer.least
        proven = answer.proven and solution.proven_for(count) and provable
    bound = least if choices.money is None else max(most, solution.bound if timetable is None else most)
    found = replace(solution, choices=choices, ids=ids, count=count, bound=bound)
    order = build_order(trials.listed, potential, search.portfolio, ids, trials.outcome(ids))
    if timetable is None:
        return Wider(found, order, least, proven, None, [], findings)
    stands = np.r_[np.isin(potential.ids, list(ids)), np.ones(len(timetable.cost) - len(potential.ids))].astype(bool)
    decided = [project.id for project in trials.listed.projects if project.id in trials.decided]
    names = [name for name, built in zip([*potential.ids, *decided], stands, strict=True) if built]
    part = timetable.of(stands)
    begins = begins_of(part, order, names, seconds=_FOR_YEARS_S)
    if begins is None:
        raise StudyError("plan_budgets_decided", spent=round(trials.cost(trials.decided), 6), unit=trials.listed.unit)
    ends = dict(zip(names, begins + part.takes, strict=True))
    rank = {name: nth for nth, name in enumerate(order)}
    order = sorted(order, key=lambda name: (ends[name], rank[name]))
    return Wider(found, order, least, proven, (part, begins), names, findings)


def _walk_search(trials: Trials, target: Target) -> PortfolioSearch:
    """Return a search for communities that pass one clause of walks, as if nothing else were required."""
    case = trials.now.case
    alone = case.standard.model_copy(update={"clause": (target.clause.model_copy(update={"required": True}),)})
    if trials.now.streets is None:
        raise ValueError("walks cannot be searched without streets")
    own = Trials(replace(case, standard=alone), trials.now.streets, trials.listed)
    return PortfolioSearch(own, potential_of(own))


def _scaled(goal: Goal, walked: Sequence[PortfolioSearch]) -> Goal:
    """Return a goal of walks with how many communities it is short of now."""
    if goal.block < 0:
        return goal
    now = int(walked[goal.block - 1].potential.now.passed.sum())
    return replace(goal, scale=max(goal.asked - now, 1.0))
