"""The search for the best set of projects where more is asked than passing communities: targets of clauses, and years.

One model holds all of it: a portfolio for the communities that pass, one for each target that asks for walks, sums for
the others, and the years. It is a relaxation, so that it bounds every set; trials refute what it hopes, as in
:mod:`cfgeo.plan.search`. In this order counts: how many communities pass, then how little the targets are missed by,
then the cost.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from cfgeo.core.schema import TOLERANCE, BoolArray, FloatArray
from cfgeo.plan.optimise.joint import Side, Together, propose_together
from cfgeo.plan.optimise.sums import Goal, with_goals
from cfgeo.plan.optimise.timetable import Timetable, earliest, with_years
from cfgeo.plan.search import PortfolioSearch, TimeBudget
from cfgeo.plan.trials import Ids

_SAME = 1e-6
"""Values that differ by this share are the same."""
_FOR_YEARS_S = 10.0
"""Time for telling whether the years' money pays for one set."""
_FOR_COUNT, _FOR_TARGETS = 0.3, 0.6
"""Shares of the time for the communities that pass, and for the targets; the rest is for the cost."""


@dataclass(frozen=True)
class Best:
    """The best set that was found.

    Attributes
    ----------
    ids : frozenset of str, optional
        All that is built; None: no set is known.
    value : float
        What was to be small: the shortfall or the cost; inf where no set is known.
    bound : float
        No set has less; inf: no set is within the limits.
    """

    ids: Ids | None
    value: float
    bound: float

    @property
    def proven(self) -> bool:
        """Whether no set is better."""
        return self.value <= self.bound + _SAME * max(abs(self.bound), 1.0)


@dataclass(frozen=True)
class JointSet:
    """The answer to a wider question.

    Attributes
    ----------
    ids : frozenset of str
        All that is built.
    count : int
        Communities that pass, at least; and at most, by the bound.
    most : int
        An upper bound of the communities that pass.
    least : float
        No set that does as much costs less.
    proven : bool
        Whether that holds for the communities, the targets and the cost.
    """

    ids: Ids
    count: int
    most: int
    least: float
    proven: bool


@dataclass(frozen=True)
class _Level:
    """What one search makes small, and within what."""

    passed: int
    shortfall: float
    by_cost: bool


class JointSearch:
    """Searches for sets that win communities, meet targets of clauses, and can be paid year by year.

    Parameters
    ----------
    search
        For the communities that pass.
    walked
        Searches for the targets that ask for walks, in the order of their goals.
    goals
        What the targets ask for.
    values
        Measures what the goals come to with a set: those of walks are not asked for.
    budget
        Money for all years; inf: any.
    timetable
        Years and their money; its first projects are those of the searches. None: no years.
    """

    def __init__(
        self,
        search: PortfolioSearch,
        walked: Sequence[PortfolioSearch],
        goals: Sequence[Goal],
        values: Callable[[Ids], list[float]],
        *,
        budget: float = np.inf,
        timetable: Timetable | None = None,
    ) -> None:
        self.searches, self.goals, self.values = [search, *walked], list(goals), values
        self.budget, self.timetable = budget, timetable
        self.trials, self.ids = search.trials, search.potential.ids
        self._decided_cost = self.trials.cost(self.trials.decided)
        self._banned = list[BoolArray]()
        self._known: dict[Ids, tuple[int, float]] = {}
        self._fits: dict[Ids, bool] = {}

    def answer(self, wanted: int, seed: Ids, *, seconds: float) -> JointSet | None:
        """Return the best set, with what is proven of it; None where no set is within the limits or none is known.

        Parameters
        ----------
        wanted
            Communities that have to pass; with years, as many up to this as the money lets.
        seed
            A set that may be within the limits.
        seconds
            Processor time [s].
        """
        time = TimeBudget.start(seconds)
        for ids in (seed, self.trials.standing(())):
            self._measure(ids)
        count, most = wanted, wanted
        if self.timetable is not None:
            count, most = self._most_passing(wanted, time.first(_FOR_COUNT))
            if count < 0:
                return None
        first = self._search(_Level(count, 0.0, by_cost=True), time.first(_FOR_TARGETS))
        if first.ids is not None:
            return JointSet(first.ids, count, most, first.bound + self._decided_cost, first.proven and count == most)
        nearest = self._search(_Level(count, np.inf, by_cost=False), time.first(_FOR_TARGETS))
        if nearest.ids is None:
            return None
        cheapest = self._search(_Level(count, nearest.value + _SAME, by_cost=True), time)
        proven = nearest.proven and cheapest.proven and count == most
        return JointSet(cheapest.ids or nearest.ids, count, most, cheapest.bound + self._decided_cost, proven)

    def _most_passing(self, wanted: int, time: TimeBudget) -> tuple[int, int]:
        """Return how many communities the years' money brings to pass, and an upper bound; -1: not what is decided."""
        best = self._search(_Level(wanted, np.inf, by_cost=True), time)
        if best.ids is not None:
            return wanted, wanted
        least = self._search(_Level(0, np.inf, by_cost=True), time)
        if least.ids is None:
            return -1, wanted
        low, high = self._known[least.ids][0], wanted - 1
        most = high if best.bound == np.inf else wanted
        while low < high:
            middle = (low + high + 1) // 2
            best = self._search(_Level(middle, np.inf, by_cost=True), time)
            if best.ids is not None:
                low = middle
            else:
                high, most = middle - 1, min(most, middle - 1) if best.bound == np.inf else most
        return low, max(most, low)

    def _search(self, level: _Level, time: TimeBudget) -> Best:
        """Return the set with the least cost or shortfall within the limits of a level."""
        bound = -np.inf
        while True:
            best = self._best_known(level, bound)
            if best.ids is not None and best.proven:
                return replace(best, bound=best.value)
            if time.left_s <= 0:
                return best
            found = self._propose(level, seconds=time.left_s)
            bound = max(bound, found.bound)
            if found.built is None:
                best = self._best_known(level, bound)
                return best if best.ids is None or bound < np.inf else replace(best, bound=best.value)
            self._learn(found.built, found.side)

    def _propose(self, level: _Level, *, seconds: float) -> Together:
        n_blocks, portfolio = len(self.searches), self.searches[0].portfolio
        side = Side.of_counts([level.passed, *[0] * (n_blocks - 1)])
        side, short = with_goals(side, self.goals)
        weights = np.zeros(side.size)
        weights[short] = [goal.weight / goal.scale for goal in self.goals]
        n, none = len(self.ids), np.zeros((1, 0))
        if self.timetable is not None:
            side, _ = with_years(side, self.timetable, n)
        if level.shortfall < np.inf and self.goals:
            side = side.with_limits((np.zeros((1, n)), weights[None, :], -np.inf, level.shortfall))
        if self.budget < np.inf:
            money = self.budget * (1 + TOLERANCE) - self._decided_cost
            side = side.with_limits((portfolio.cost[None, :], none, -np.inf, money))
        for built in self._banned:
            row = np.where(built, -1.0, 1.0)[None, :]
            side = side.with_limits((row, none, 1.0 - built.sum(), np.inf))
        if not level.by_cost:
            further = np.zeros(side.size)
            further[: len(weights)] = weights
            side = replace(side, cost=further)
        cost = portfolio.cost if level.by_cost else np.zeros(n)
        blocks = [(search.portfolio, search.cuts) for search in self.searches]
        return propose_together(blocks, side, cost, seconds=seconds)

    def _learn(self, built: BoolArray, promises: FloatArray) -> None:
        """Try a proposed set; where nothing new is learnt of it, it is never proposed again."""
        ids = self.trials.standing(np.array(self.ids, dtype=object)[built])
        before = [search.cuts for search in self.searches]
        self._measure(ids)
        for search, promised in zip(self.searches, promises, strict=False):
            search.learn(ids, promised=round(float(promised)))
        if all(was is search.cuts for was, search in zip(before, self.searches, strict=True)):
            self._banned.append(built)

    def _measure(self, ids: Ids) -> None:
        """Measure how many communities pass with a set, and how much its targets are missed by."""
        if ids in self._known:
            return
        outcomes = [search.learn(ids, promised=0) for search in self.searches]
        passed = [int(outcome.passed.sum()) for outcome in outcomes if outcome is not None]
        if len(passed) < len(outcomes):
            return
        own, short = iter(self.values(ids)), 0.0
        for goal in self.goals:
            value = passed[goal.block] if goal.block > 0 else next(own)
            short += goal.weight / goal.scale * max(goal.asked - value, 0.0)
        self._known[ids] = (passed[0], short)

    def _best_known(self, level: _Level, bound: float) -> Best:
        """Return the best set that has been measured within the limits of a level."""
        fitting = [
            (self._worth(ids, level), sorted(ids), ids)
            for ids, (passed, short) in self._known.items()
            if passed >= level.passed and short <= level.shortfall + _SAME and self._payable(ids)
        ]
        if not fitting:
            return Best(None, np.inf, bound)
        value, _, ids = min(fitting, key=lambda row: row[:2])
        return Best(ids, value, bound)

    def _worth(self, ids: Ids, level: _Level) -> float:
        return self.trials.cost(ids) - self._decided_cost if level.by_cost else self._known[ids][1]

    def _payable(self, ids: Ids) -> bool:
        """Whether the money pays for a set, in all and year by year."""
        if self.trials.cost(ids) > self.budget * (1 + TOLERANCE):
            return False
        if self.timetable is not None and ids not in self._fits:
            part, weight = self.timetable.of(self._stands(ids)), np.ones(len(ids))
            self._fits[ids] = earliest(part, weight, seconds=_FOR_YEARS_S) is not None
        return self._fits.get(ids, True)

    def _stands(self, ids: Ids) -> BoolArray:
        """Return which projects of the timetable are built: those of the model, then what is decided."""
        n_decided = 0 if self.timetable is None else len(self.timetable.cost) - len(self.ids)
        return np.concatenate([np.isin(self.ids, list(ids)), np.ones(n_decided, dtype=bool)])
