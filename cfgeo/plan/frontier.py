"""The frontier of a plan: cost against communities, and the point on it that was asked for.

The frontier is found by the epsilon-constraint method (Haimes, Lasdon and Wismer 1971): for each number of communities,
the cheapest set of projects with which at least so many pass.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cfgeo.assess.score import communities_for
from cfgeo.core.plan import FRONTIER_COLUMNS, PlanChoices
from cfgeo.core.schema import TOLERANCE
from cfgeo.plan.build_order import build_order
from cfgeo.plan.optimise.portfolio import Wish
from cfgeo.plan.search import CheapestSet, PortfolioSearch, TimeBudget
from cfgeo.plan.trials import Ids

_FOR_SKETCH, _FOR_QUESTION = 0.4, 0.7
"""Shares of the time until the sketch ends, and what was asked; the rest is for the frontier and the street offices."""
_ROUNDS = 2
"""Proposals for each number of communities in the sketch: what the model hopes, and again what a trial leaves of it."""


class Frontier:
    """The cheapest set for each number of communities, each searched once, and again while its proof lacks time."""

    def __init__(self, search: PortfolioSearch) -> None:
        self.search = search
        self.first = int(search.potential.now.passed.sum())
        self.most = int(search.portfolio.possible.sum())
        self._answers: dict[int, CheapestSet] = {}

    def sketch(self, time: TimeBudget) -> None:
        """Approach every number of communities, the fewest first, with a few proposals for each.

        That is the same whatever is asked, so that a question knows the sets that every other question knows. And it is
        quick: what is learnt of few communities holds for more.
        """
        for count in range(self.first, self.most + 1):
            answer, wish = self._known(count), Wish(at_least=count)
            if not answer.proven:
                answer = self.search.approach(wish, budget=time, bound=answer.bound, rounds=_ROUNDS)
                self._answers[count] = answer

    def cheapest(self, count: int, time: TimeBudget, *, enough: float | None = None) -> CheapestSet:
        """Return the cheapest set with which at least so many communities pass.

        Parameters
        ----------
        count, time
            How many communities, and the time for the search.
        enough
            Ask only whether a set costs no more than this.
        """
        answer, wish = self._known(count), Wish(at_least=count)
        if not answer.settles(enough):
            answer = self.search.cheapest(wish, budget=time, bound=answer.bound, enough=enough)
            self._answers[count] = answer
        return answer

    def _known(self, count: int) -> CheapestSet:
        """Return the cheapest set that has been tried; what fewer communities cost at least, more cost at least."""
        bound = max([self._answers[n].bound for n in range(self.first, count + 1) if n in self._answers], default=0.0)
        return self.search.best_known(Wish(at_least=count), bound=bound)

    def count_for_target(self, share: float, time: TimeBudget) -> int:
        """Return how many communities the target asks for, or the most that a known set reaches."""
        needed = max(communities_for(share, of=self.search.trials.n_communities), self.first)
        count = min(needed, self.most)
        while not np.isfinite(self.cheapest(count, time).cost) and count > self.first:
            count -= 1
        return count

    def count_for_budget(self, money: float, time: TimeBudget) -> int:
        """Return for how many communities a set is known that a budget pays for: one more, as long as there is one."""
        enough, count = money * (1 + TOLERANCE), self.first
        while count < self.most and self.cheapest(count + 1, time, enough=enough).cost <= enough:
            count += 1
        self.cheapest(count, time)
        return count

    def answers(self, time: TimeBudget) -> list[CheapestSet]:
        """Return the sets for all numbers of communities, without those at the end that are proven impossible."""
        answers = [self.cheapest(count, time) for count in range(self.first, self.most + 1)]
        while np.isinf(answers[-1].bound) and len(answers) > 1:
            answers.pop()
        return answers


@dataclass(frozen=True)
class Solution:
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
    answers : list of CheapestSet
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
    answers: list[CheapestSet]
    offices: dict[str, CheapestSet]
    frontier: pd.DataFrame

    @property
    def proven(self) -> bool:
        """Whether no point of the frontier can be cheaper."""
        return all(answer.proven for answer in self.answers)

    def proven_for(self, count: int) -> bool:
        """Whether it is known what so many communities cost, and that more are out of reach where that was asked."""
        above = self.answers[count - self.first :]
        return bool(above) and above[0].proven


def solve(search: PortfolioSearch, choices: PlanChoices) -> Solution:
    """Sketch the frontier; answer the question; then the street offices, and the other points of the frontier."""
    time, frontier, case = TimeBudget.start(choices.seconds), Frontier(search), search.trials.now.case
    frontier.sketch(time.first(_FOR_SKETCH))
    if choices.budget is None:
        share = case.standard.target_share if choices.target is None else choices.target
        count = frontier.count_for_target(share, time.first(_FOR_QUESTION))
    else:
        count = frontier.count_for_budget(choices.budget, time.first(_FOR_QUESTION))
    office = case.inputs.communities["street_office"]
    possible = search.portfolio.possible
    wishes = {
        name: Wish(groups=np.flatnonzero((office == name).to_numpy() & possible)) for name in dict.fromkeys(office)
    }
    offices = {name: search.cheapest(wish, budget=time) for name, wish in wishes.items()}
    return _solution(search, choices, count, frontier.first, frontier.answers(time), offices)


def ordered(search: PortfolioSearch, solution: Solution) -> tuple[Solution, list[str]]:
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
    answers: Sequence[CheapestSet],
    offices: dict[str, CheapestSet],
) -> Solution:
    """Return the solution with all sets that have been tried by now."""
    # A bound for some communities is one for more of them.
    bounds = np.maximum.accumulate([answer.bound for answer in answers]).tolist()
    latest = [search.best_known(Wish(at_least=n), bound=least) for n, least in enumerate(bounds, start=first)]
    frontier = _frontier_table(latest, first)
    bound = float(frontier["bound"][count])
    if choices.budget is not None:
        money = choices.budget * (1 + TOLERANCE)
        count = int(frontier.index[frontier["cost"] <= money].max())
        bound = float(max(n for n, answer in enumerate(latest, start=first) if n == count or not answer.above(money)))
    return Solution(choices, frozenset(frontier["projects"][count]), bound, count, first, latest, offices, frontier)


def _frontier_table(answers: Sequence[CheapestSet], first: int) -> pd.DataFrame:
    """Return cost against communities, with ``FRONTIER_COLUMNS``."""
    cost = np.array([answer.cost for answer in answers], dtype=float)
    bound = np.array([answer.bound for answer in answers], dtype=float)
    ids = [tuple(sorted(answer.ids or ())) for answer in answers]
    values = {"cost": cost, "bound": np.minimum(bound, cost), "projects": ids}
    index = pd.RangeIndex(first, first + len(answers), name="passed")
    table = pd.DataFrame(values, index=index, columns=list(FRONTIER_COLUMNS))
    return pd.DataFrame(table[np.isfinite(cost)])
