"""The search for the cheapest sets of projects: logic-based Benders decomposition.

The master problem (:mod:`cfgeo.plan.optimise.master`) proposes a set and bounds the cost of all others; a trial
measures the set exactly. Where the trial contradicts the master problem it adds cuts, until both agree: then the set
is the cheapest, proven. Cuts are strengthened by trials of larger sets. Where the time does not suffice for a proof,
a local search improves the best set that was tried.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import count

import numpy as np

from cfgeo.core.errors import ScenarioError
from cfgeo.core.schema import BoolArray
from cfgeo.plan.optimise.greedy import greedy_sets
from cfgeo.plan.optimise.master import propose
from cfgeo.plan.optimise.portfolio import Cut, Cuts, Wish, may_win, refute
from cfgeo.plan.potential import Potential, independent_sets, portfolio_of, reached_at_most
from cfgeo.plan.trials import Ids, Outcome, Trials

_SAME = 1e-9
"""Costs that differ by this share are the same."""
_DIGITS = 1e-6
"""Bounds of the solver are as exact as this share of them."""
_MOST_TRIALS = 6
"""Trials of larger sets that strengthen one cut; more cost more time than they save."""
_FOR_LOCAL_SEARCH = 0.2
"""Share of the time that is left for local search where it does not suffice for a proof."""


@dataclass(frozen=True)
class TimeBudget:
    """Processor time for a search, so that a machine that is busy with other things finds the same.

    Attributes
    ----------
    begins_s : float
        When it begins, as :func:`time.process_time` counts.
    seconds : float
        How long it lasts.
    """

    begins_s: float
    seconds: float

    @classmethod
    def start(cls, seconds: float) -> "TimeBudget":
        """Return a budget that begins now."""
        return cls(time.process_time(), seconds)

    @property
    def left_s(self) -> float:
        """The seconds that are left; none or less: it is spent."""
        return self.begins_s + self.seconds - time.process_time()

    def first(self, share: float) -> "TimeBudget":
        """Return the first part of it."""
        return replace(self, seconds=share * self.seconds)


@dataclass(frozen=True)
class CheapestSet:
    """The cheapest set for a wish.

    Attributes
    ----------
    ids : frozenset of str, optional
        All that is built, decided projects included; None: no set that grants the wish is known.
    cost : float
        Cost of the set; inf where there is none.
    bound : float
        No set costs less; inf: no set grants the wish.
    """

    ids: Ids | None
    cost: float
    bound: float

    @property
    def proven(self) -> bool:
        """Whether no set is cheaper."""
        return self.cost <= self.bound * (1 + _SAME) + _SAME

    def settles(self, enough: float | None) -> bool:
        """Whether no set is cheaper, or, where that is all that is asked, whether one costs no more than enough."""
        return self.proven or (enough is not None and (self.cost <= enough or self.above(enough)))

    def above(self, money: float) -> bool:
        """Whether every set costs more; the last digits of the solver's bound mean nothing."""
        return self.bound > money * (1 + _DIGITS)


class PortfolioSearch:
    """Searches for sets of projects, and keeps what trials have shown from one question to the next.

    Parameters
    ----------
    trials
        The oracle.
    potential
        What the projects can bring.
    """

    def __init__(self, trials: Trials, potential: Potential) -> None:
        self.trials, self.potential = trials, potential
        self.portfolio = portfolio_of(trials, potential)
        self.cuts = Cuts()
        self._tried: dict[Ids, Outcome] = {}
        self._conflicts = set[Ids]()
        self._decided_cost = trials.cost(trials.decided)
        self._cut_without_independent_sets()
        together = self._all_compatible()
        for ids in ([], *([project_id] for project_id in potential.ids), together):
            self.try_set(trials.standing(ids))
        for built in greedy_sets(self.portfolio, self._built(together)):
            self.try_set(self._standing(built))

    def _cut_without_independent_sets(self) -> None:
        """Learn which points need one project of a set, by building all but the set.

        No point could use two projects of an independent set, so that one such step teaches of each of them.
        """
        for table in (self.potential.links, self.potential.places):
            for projects in independent_sets(table):
                built = np.ones(len(self.potential.ids), dtype=bool)
                built[projects] = False
                reached = reached_at_most(self.trials, self.potential, built)
                refuted = refute(self.portfolio, built, reached, self.portfolio.won)
                self._cut_points(built, refuted.uncovered, for_subsets=True)

    def _all_compatible(self) -> Ids:
        """Return all projects that can be built together; of two that exclude each other the first."""
        ids = self.trials.standing(())
        for project_id in self.potential.ids:
            more = self.trials.standing({*ids, project_id})
            ids = more if self.trials.compatible(more) else ids
        return ids

    def cheapest(
        self, wish: Wish, *, budget: TimeBudget, bound: float = 0.0, enough: float | None = None
    ) -> CheapestSet:
        """Return the cheapest set that grants a wish, with the bound that the time suffices to prove.

        Parameters
        ----------
        wish
            How many communities, or which ones, have to pass.
        budget
            Time for the search.
        bound
            A bound that is known already.
        enough
            Ask only whether a set costs no more than this.
        """
        for_proof = TimeBudget.start((1 - _FOR_LOCAL_SEARCH) * max(budget.left_s, 0.0))
        answer = self.approach(wish, budget=for_proof, bound=bound, enough=enough)
        if answer.settles(enough):
            return answer
        self._local_search(wish, budget=budget)
        return self.best_known(wish, bound=answer.bound)

    def approach(
        self,
        wish: Wish,
        *,
        budget: TimeBudget,
        bound: float = 0.0,
        enough: float | None = None,
        rounds: int | None = None,
    ) -> CheapestSet:
        """Propose, try and cut until model and trial agree, as often as ``rounds`` says or until the time ends.

        Parameters
        ----------
        wish, budget, bound, enough
            As for :meth:`cheapest`.
        rounds
            How many proposals at most; any number when missing.
        """
        for nth in count():
            answer = self.best_known(wish, bound=bound)
            left_s = budget.left_s
            if answer.settles(enough) or nth == rounds or left_s <= 0:
                return answer
            proposal = propose(self.portfolio, self.cuts, wish, seconds=left_s, start=self._start(answer))
            if not proposal.feasible:
                return CheapestSet(None, np.inf, np.inf)
            bound = max(bound, proposal.bound + self._decided_cost)
            if proposal.built is None or not self.try_set(ids := self._standing(proposal.built)):
                break
            if ids in self._tried and not wish.granted(self._tried[ids].passed):
                self._strengthen_cut(ids)
        return self.best_known(wish, bound=bound)

    def _start(self, answer: CheapestSet) -> tuple[BoolArray, BoolArray] | None:
        if answer.ids is None:
            return None
        return self._built(answer.ids), self._tried[answer.ids].passed

    def best_known(self, wish: Wish, *, bound: float) -> CheapestSet:
        """Return the cheapest set tried so far that grants a wish, with a bound that is known."""
        ids = self._best_tried(wish)
        if ids is None:
            return CheapestSet(None, np.inf, bound)
        answer = CheapestSet(ids, self.trials.cost(ids), bound)
        # The last digits of the solver's bound mean nothing.
        return replace(answer, bound=answer.cost) if answer.proven else answer

    def _best_tried(self, wish: Wish) -> Ids | None:
        granting = [ids for ids, outcome in self._tried.items() if wish.granted(outcome.passed)]
        return min(granting, key=lambda ids: (self.trials.cost(ids), sorted(ids)), default=None)

    def _local_search(self, wish: Wish, *, budget: TimeBudget) -> None:
        """Local search by drop and exchange: move to the first cheaper neighbour, as long as there is one, and time."""
        ids = self._best_tried(wish)
        while ids is not None:
            cheaper = self._cheaper_neighbours(ids, wish, budget=budget)
            ids = next((other for other in cheaper if wish.granted(self._tried[other].passed)), None)

    def _cheaper_neighbours(self, ids: Ids, wish: Wish, *, budget: TimeBudget) -> Iterator[Ids]:
        """Try the cheaper sets without one project, or with another in its place, that may grant a wish."""
        trials = self.trials
        cost = {project_id: trials.listed.by_id[project_id].cost for project_id in self.potential.ids}
        for dropped in sorted(ids - trials.decided, key=lambda project_id: (-cost[project_id], project_id)):
            rest = frozenset(kept for kept in ids if dropped not in trials.listed.with_required([kept]))
            for new in (None, *sorted(set(cost) - ids, key=lambda project_id: (cost[project_id], project_id))):
                if budget.left_s <= 0:
                    return
                other = rest if new is None else trials.standing({*rest, new})
                if (
                    other in self._tried
                    or other in self._conflicts
                    or trials.cost(other) >= trials.cost(ids)
                    or not trials.compatible(other)
                ):
                    continue
                if wish.granted(may_win(self.portfolio, self._built(other))):
                    self.try_set(other)
                    if other in self._tried:
                        yield other

    def _standing(self, built: BoolArray) -> Ids:
        return self.trials.standing(np.array(self.potential.ids, dtype=object)[built])

    def _built(self, ids: Ids) -> BoolArray:
        return np.isin(self.potential.ids, list(ids))

    def try_set(self, ids: Ids) -> bool:
        """Try a set and add the cuts that follow; return whether it had not been tried."""
        if ids in self._tried or ids in self._conflicts:
            return False
        try:
            outcome = self.trials.outcome(ids)
        except ScenarioError:
            self._conflicts.add(ids)
            # The core says more, but holds only where no other project of the set resolves the conflict.
            for projects in dict.fromkeys((self._conflict_core(ids), ids)):
                self.cuts = self.cuts.with_conflict(self._built(projects))
            return True
        self._tried[ids] = outcome
        self.cuts = self.cuts.with_trial(self._refute(ids, outcome))
        return True

    def learn(self, ids: Ids, *, promised: int) -> Outcome | None:
        """Try a set, and strengthen its cut if fewer communities pass than the model promised.

        Returns
        -------
        Outcome, optional
            None: it cannot be built.
        """
        self.try_set(ids)
        outcome = self._tried.get(ids)
        if outcome is not None and outcome.passed.sum() < promised:
            self._strengthen_cut(ids)
        return outcome

    def _refute(self, ids: Ids, outcome: Outcome) -> Cut:
        return refute(self.portfolio, self._built(ids), outcome.reached[self.potential.open], outcome.passed)

    def _strengthen_cut(self, ids: Ids) -> None:
        """Strengthen the cut of a set that failed: a larger set that leaves a point uncovered cuts off more sets.

        Points that are out of reach on the relaxation of the set come first: that takes a fraction of a trial, and
        holds for all parts of the set. The others take trials.
        """
        built = self._built(ids)
        uncovered = self._refute(ids, self._tried[ids]).uncovered
        may_reach = reached_at_most(self.trials, self.potential, built, uncovered)
        groups = np.unique(self.portfolio.group[self.portfolio.goal[uncovered]])
        harmless = np.asarray(~self.potential.hurts[groups].any(axis=0))

        def relaxed_reach(larger: BoolArray) -> BoolArray:
            return reached_at_most(self.trials, self.potential, larger, uncovered)

        self._grow(built, uncovered & ~may_reach, relaxed_reach, for_subsets=True)
        self._grow(built, uncovered & may_reach, self._trial_reach, for_subsets=False, candidates=harmless)

    def _grow(
        self,
        built: BoolArray,
        uncovered: BoolArray,
        reach: Callable[[BoolArray], BoolArray | None],
        *,
        for_subsets: bool,
        candidates: BoolArray | None = None,
    ) -> None:
        """Add links to a set, and cut with each larger set, as long as most of the points stay uncovered.

        Parameters
        ----------
        built
            The set (projects).
        uncovered
            Points that it leaves uncovered (points).
        reach
            Returns which points a larger set reaches; None: it cannot be built.
        for_subsets
            Whether what ``reach`` leaves uncovered is so with every part of the set.
        candidates
            Projects that may be added; all when missing (projects).
        """
        portfolio, links = self.portfolio, self.portfolio.links.tocsc()
        use = np.asarray(portfolio.links[uncovered].sum(axis=0)).ravel() * ~built
        if candidates is not None:
            use = use * candidates
        most = len(use) if for_subsets else _MOST_TRIALS
        for nth in np.lexsort((portfolio.cost, -use))[: min(most, np.count_nonzero(use))]:
            if not uncovered[links.indices[links.indptr[nth] : links.indptr[nth + 1]]].any():
                continue  # no point can use it, so no cut names it
            larger = built.copy()
            larger[nth] = True
            reached = reach(larger)
            if reached is None:
                continue
            still = uncovered & ~reached
            if 2 * still.sum() >= uncovered.sum():
                self._cut_points(built, uncovered & ~still, for_subsets=for_subsets)
                built, uncovered = larger, still
        self._cut_points(built, uncovered, for_subsets=for_subsets)

    def _trial_reach(self, built: BoolArray) -> BoolArray | None:
        """Return which open points a trial finds in reach; None: the set cannot be built."""
        ids = self._standing(built)
        if len(ids - self.trials.decided) != np.count_nonzero(built) or not self.trials.compatible(ids):
            return None
        try:
            return self.trials.outcome(ids).reached[self.potential.open]
        except ScenarioError:
            return None

    def _cut_points(self, built: BoolArray, uncovered: BoolArray, *, for_subsets: bool) -> None:
        """Add a cut for points that a set leaves uncovered."""
        no_group = np.zeros_like(self.portfolio.won)
        self.cuts = self.cuts.with_trial(Cut(built, uncovered, no_group, for_subsets))

    def _conflict_core(self, ids: Ids) -> Ids:
        """Return a minimal part of a set that cannot be built either, by a deletion filter (Chinneck)."""
        for project_id in sorted(ids - self.trials.decided):
            rest = frozenset(other for other in ids if project_id not in self.trials.listed.with_required([other]))
            try:
                self.trials.outcome(rest)
            except ScenarioError:
                ids = rest
        return ids
