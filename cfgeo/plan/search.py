"""The cheapest projects for so many communities: the model proposes, the trial decides, until both agree."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from cfgeo.core.errors import ScenarioError
from cfgeo.core.scenario import LinkChange
from cfgeo.core.schema import BoolArray
from cfgeo.plan.optimise.greedy import good_sets
from cfgeo.plan.optimise.portfolio import Portfolio, Refuted, Wish, best, disproved, promised
from cfgeo.plan.potential import Potential, apart, in_reach
from cfgeo.plan.trials import Ids, Outcome, Trials

_SAME = 1e-9
_TRIED = 6  # links that are tried beside a set that failed; more trials cost more than they teach
_FOR_EXCHANGE = 0.2  # of the time, where it does not suffice for a proof


@dataclass(frozen=True)
class Answer:
    """The cheapest set for a wish.

    Attributes
    ----------
    ids : frozenset of str, optional
        All that stands, decided projects included; None where no set is known that does what is wanted.
    cost : float
        Of these; inf where there are none.
    bound : float
        No set costs less; inf: none can do it.
    """

    ids: Ids | None
    cost: float
    bound: float

    @property
    def proven(self) -> bool:
        """Whether nothing is cheaper."""
        return self.cost <= self.bound * (1 + _SAME) + _SAME


class PortfolioSearch:
    """Looks for sets of projects, and remembers what trials have shown.

    Parameters
    ----------
    trials
        What measures.
    able
        What the projects can bring.
    """

    def __init__(self, trials: Trials, able: Potential) -> None:
        self.trials, self.able = trials, able
        self.portfolio = portfolio_of(trials, able)
        self.refuted = Refuted()
        self._tried: dict[Ids, Outcome] = {}
        self._broken = set[Ids]()
        self._spent = trials.cost(trials.decided)
        # Everything but a few projects that no point shares shows which of them it cannot do without.
        for few in [few for table in (able.links, able.places) for few in apart(table)]:
            built = np.ones(len(able.ids), dtype=bool)
            built[few] = False
            reached = in_reach(trials, able, built)
            self._learn(built, disproved(self.portfolio, built, reached, self.portfolio.won)[0], firm=True)
        for ids in ([], *([one] for one in able.ids), self._all()):
            self.learn(trials.standing(ids))
        for built in good_sets(self.portfolio, np.isin(able.ids, list(self._all()))):
            self.learn(self._standing(built))

    def _all(self) -> Ids:
        """Return all projects that can stand together; of two that shut each other out the first."""
        ids = self.trials.standing(())
        for one in self.able.ids:
            more = self.trials.standing({*ids, one})
            ids = more if self.trials.compatible(more) else ids
        return ids

    def cheapest(self, wish: Wish, *, ends: float, bound: float = 0.0) -> Answer:
        """Return the cheapest set with which so many communities, or some certain ones, pass.

        Parameters
        ----------
        wish
            What is wanted.
        ends
            When the search ends, as :func:`time.process_time` counts [s].
        bound
            What no set costs less than, as far as is known already.
        """
        stop = ends - _FOR_EXCHANGE * max(ends - time.process_time(), 0.0)
        while True:
            answer = self.known(wish, bound=bound)
            if answer.ids is not None and answer.proven:
                return answer
            left_s = stop - time.process_time()
            if left_s <= 0:
                break
            promise = best(self.portfolio, self.refuted, wish, seconds=left_s, start=self._start(answer))
            if not promise.possible:
                return Answer(None, np.inf, np.inf)
            bound = max(bound, promise.bound + self._spent)
            if promise.built is None or not self.learn(ids := self._standing(promise.built)):
                break
            if ids in self._tried and not self._does(ids, wish):
                self._stretch(ids)
        self._exchange(wish, ends=ends)
        return self.known(wish, bound=bound)

    def _start(self, answer: Answer) -> tuple[BoolArray, BoolArray] | None:
        if answer.ids is None:
            return None
        return np.isin(self.able.ids, list(answer.ids)), self._tried[answer.ids].passed

    def known(self, wish: Wish, *, bound: float) -> Answer:
        """Return the cheapest set tried so far that does what is wanted, under a bound that was found before."""
        found = self._known(wish)
        answer = Answer(found, np.inf if found is None else self._cost(found), bound)
        # The last digits of the solver's bound tell nothing.
        return replace(answer, bound=answer.cost) if answer.proven and found is not None else answer

    def _exchange(self, wish: Wish, *, ends: float) -> None:
        """Leave projects out, or take cheaper ones in their place, as long as that is better and there is time."""
        found = self._known(wish)
        while found is not None:
            better = (ids for ids in self._others(found, wish, ends=ends) if self._does(ids, wish))
            found = next(better, None)

    def _others(self, ids: Ids, wish: Wish, *, ends: float) -> Iterator[Ids]:
        """Try the cheaper sets that differ from one in one project, and are promised to do what is wanted."""
        listed = self.trials.listed
        cost = {one: listed.by_id[one].cost for one in self.able.ids}
        for out in sorted(ids - self.trials.decided, key=lambda one: (-cost[one], one)):
            rest = frozenset(one for one in ids if out not in listed.with_required([one]))
            for new in (None, *sorted(set(cost) - ids, key=lambda one: (cost[one], one))):
                if time.process_time() >= ends:
                    return
                other = rest if new is None else self.trials.standing({*rest, new})
                if (
                    other in self._tried
                    or other in self._broken
                    or self._cost(other) >= self._cost(ids)
                    or not self.trials.compatible(other)
                ):
                    continue
                if self._promised(other, wish):
                    self.learn(other)
                    if other in self._tried:
                        yield other

    def _promised(self, ids: Ids, wish: Wish) -> bool:
        won = promised(self.portfolio, np.isin(self.able.ids, list(ids)))
        return bool(won.sum() >= wish.at_least and won[wish.groups].all())

    def _does(self, ids: Ids, wish: Wish) -> bool:
        passed = self._tried[ids].passed
        return bool(passed.sum() >= wish.at_least and passed[wish.groups].all())

    def _cost(self, ids: Ids) -> float:
        return self.trials.cost(ids)

    def _known(self, wish: Wish) -> Ids | None:
        """Return the cheapest set tried so far that does what is wanted."""
        able = [ids for ids in self._tried if self._does(ids, wish)]
        return min(able, key=lambda ids: (self._cost(ids), sorted(ids)), default=None)

    def _standing(self, built: BoolArray) -> Ids:
        return self.trials.standing(one for one, stands in zip(self.able.ids, built, strict=True) if stands)

    def learn(self, ids: Ids) -> bool:
        """Try a set and learn from it; say whether it was new."""
        if ids in self._tried or ids in self._broken:
            return False
        try:
            outcome = self.trials.outcome(ids)
        except ScenarioError:
            self._broken.add(ids)
            # A few of them say more; but with what else is in the set these may stand.
            for together in dict.fromkeys((self._core(ids), ids)):
                self.refuted = self.refuted.with_broken(np.isin(self.able.ids, list(together)))
            return True
        self._tried[ids] = outcome
        uncovered, lost = self._disproved(ids, outcome)
        if uncovered.any() or lost.any():
            self.refuted = self.refuted.with_trial(np.isin(self.able.ids, list(ids)), uncovered, lost)
        return True

    def _disproved(self, ids: Ids, outcome: Outcome) -> tuple[BoolArray, BoolArray]:
        built = np.isin(self.able.ids, list(ids))
        return disproved(self.portfolio, built, outcome.reached[self.able.open], outcome.passed)

    def _stretch(self, ids: Ids) -> None:
        """Add more links to a set while most of what it leaves uncovered stays so: the last set says most.

        First it is asked what could be if nothing hurt, which takes a fraction of a trial and holds for all parts of a
        set; where that is more than there is, trials are asked.
        """
        built = np.isin(self.able.ids, list(ids))
        uncovered, _ = self._disproved(ids, self._tried[ids])
        could = in_reach(self.trials, self.able, built)
        whose = np.unique(self.portfolio.group[self.portfolio.goal[uncovered]])
        kind = np.asarray(~self.able.hurts[whose].any(axis=0))
        self._stretched(built, uncovered & ~could, lambda more: in_reach(self.trials, self.able, more), firm=True)
        self._stretched(built, uncovered & could, self._tried_reach, firm=False, only=kind)

    def _stretched(
        self,
        built: BoolArray,
        uncovered: BoolArray,
        reach: Callable[[BoolArray], BoolArray | None],
        *,
        firm: bool,
        only: BoolArray | None = None,
    ) -> None:
        """Learn of points by sets with more and more links, as long as ``reach`` leaves most of them uncovered."""
        portfolio, links = self.portfolio, self.portfolio.links.tocsc()
        use = np.asarray(portfolio.links[uncovered].sum(axis=0)).ravel() * ~built * (True if only is None else only)
        for nth in np.lexsort((portfolio.cost, -use))[: min(len(use) if firm else _TRIED, np.count_nonzero(use))]:
            if not uncovered[links.indices[links.indptr[nth] : links.indptr[nth + 1]]].any():
                continue  # it is of no use to any of them, so that the row does not name it
            more = built.copy()
            more[nth] = True
            reached = reach(more)
            if reached is None:
                continue
            still = uncovered & ~reached
            if 2 * still.sum() >= uncovered.sum():
                self._learn(built, uncovered & ~still, firm=firm)
                built, uncovered = more, still
        self._learn(built, uncovered, firm=firm)

    def _tried_reach(self, built: BoolArray) -> BoolArray | None:
        """Return which open points a trial finds in reach; None: the set cannot stand."""
        ids = self._standing(built)
        if len(ids - self.trials.decided) != np.count_nonzero(built) or not self.trials.compatible(ids):
            return None
        try:
            return self.trials.outcome(ids).reached[self.able.open]
        except ScenarioError:
            return None

    def _learn(self, built: BoolArray, uncovered: BoolArray, *, firm: bool) -> None:
        """Remember points that a set does not cover, and no part of it either where that is firm."""
        if uncovered.any():
            none = np.zeros_like(self.portfolio.won)
            self.refuted = self.refuted.with_trial(built, uncovered, none, firm=firm)

    def _core(self, ids: Ids) -> Ids:
        """Return a few of the projects of a set that cannot stand, which cannot stand either, if nothing else does."""
        for one in sorted(ids - self.trials.decided):
            rest = frozenset(other for other in ids if one not in self.trials.listed.with_required([other]))
            try:
                self.trials.outcome(rest)
            except ScenarioError:
                ids = rest
        return ids


def portfolio_of(trials: Trials, able: Potential) -> Portfolio:
    """Return the model of what projects can bring to the communities that do not pass."""
    n = len(able.ids)
    points, position = trials.points, {one: nth for nth, one in enumerate(able.ids)}
    goal_of = np.full(able.lacking.shape, -1)
    clause, community = np.nonzero(able.lacking)
    goal_of[clause, community] = np.arange(len(clause))
    at, asked = (points.clause[able.open], points.community[able.open]), able.lacking[clause, community]
    walks = len(trials.reach_clauses)
    counted = np.flatnonzero(clause >= walks)
    counts = np.zeros((len(clause), n))
    counts[counted] = able.counts[clause[counted] - walks, community[counted]] / asked[counted, None]
    listed = [trials.listed.by_id[one] for one in able.ids]
    needs = [(nth, position[other]) for nth, one in enumerate(listed) for other in one.requires if other in position]
    shut = [(nth, position[other]) for nth, one in enumerate(listed) for other in one.excludes if other in position]
    return Portfolio(
        cost=np.array([one.cost for one in listed], dtype=float),
        needs=np.array(needs, dtype=np.int64).reshape(-1, 2),
        shuts_out=np.array([pair for pair in shut if pair[0] < pair[1]], dtype=np.int64).reshape(-1, 2),
        alone=able.alone.astype(float),
        links=able.links.astype(float),
        places=able.places.astype(float),
        by_links=able.by_links,
        share=np.minimum(points.weight[able.open] / able.lacking[at], 1.0),
        goal=goal_of[at],
        counts=sparse.csr_array(np.clip(counts, 0.0, 1.0)),
        group=community,
        won=able.now.passed,
        touches=able.touches,
        hurts=able.hurts,
        opens=np.array([any(isinstance(change, LinkChange) for change in one.changes) for one in listed], dtype=bool),
    )
