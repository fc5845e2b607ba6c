"""The cheapest set of projects as a sparse mixed-integer model: the master problem, with cuts from trials.

Nothing here knows of streets or clauses. A project alone covers a point, or several do together. Of the latter the
model is a relaxation: any link and any place that may be on a route of several projects may cover a point. A trial
that finds a point uncovered adds a cut (logic-based Benders decomposition, Hooker and Ottosson 2003): for this point,
build something that was not built in the trial, or leave out something that hurts. So the model never promises less
than the truth, and each trial brings it closer.
"""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from scipy import sparse

from cfgeo.core.schema import BoolArray, FloatArray, IntArray
from cfgeo.plan.optimise.covering import TINY, twins
from cfgeo.plan.optimise.highs import Limit, Variables, least_cost


@dataclass(frozen=True)
class Portfolio:
    """The projects to choose from, and what they may bring.

    Attributes
    ----------
    cost : numpy.ndarray
        Cost of each project.
    needs, excludes : numpy.ndarray
        Pairs of projects: the first needs the second; the two cannot both be built (pairs × 2).
    alone, links, places : scipy.sparse.csr_array
        As in :class:`cfgeo.plan.potential.Potential` (points × projects).
    by_links : numpy.ndarray
        Whether links without a place may cover a point (points).
    share : numpy.ndarray
        Share of its goal that each point brings, 1 at most (points).
    goal : numpy.ndarray
        Goal that each point adds to (points).
    counts : scipy.sparse.csr_array
        Share of a goal that each project brings by itself (goals × projects).
    group : numpy.ndarray
        Group of each goal (goals).
    won : numpy.ndarray
        Which groups are won without any project. Other groups can be won if they have a goal (groups).
    touches : numpy.ndarray
        Whether each project may change anything for each group (groups × projects).
    hurts : numpy.ndarray
        Whether each project may take something from each group (groups × projects).
    opens : numpy.ndarray
        Whether each project may let others be built that cannot be without it, as a new street may (projects).
    """

    cost: FloatArray
    needs: IntArray
    excludes: IntArray
    alone: sparse.csr_array
    links: sparse.csr_array
    places: sparse.csr_array
    by_links: BoolArray
    share: FloatArray
    goal: IntArray
    counts: sparse.csr_array
    group: IntArray
    won: BoolArray
    touches: BoolArray
    hurts: BoolArray
    opens: BoolArray

    @property
    def n_projects(self) -> int:
        """How many projects there are to choose from."""
        return len(self.cost)

    @property
    def possible(self) -> BoolArray:
        """Which groups are won, or may be (groups)."""
        possible = self.won.copy()
        possible[self.group] = True
        return possible


@dataclass(frozen=True)
class Cut:
    """What a trial of one set refuted in the model.

    Attributes
    ----------
    built : numpy.ndarray
        The projects that were built (projects).
    uncovered : numpy.ndarray
        Points that several projects cover in the model and did not cover in the trial (points): a combinatorial
        Benders cut for each.
    lost : numpy.ndarray
        Groups that were not won, although the points that the trial left covered win them in the model (groups): a
        no-good cut for each.
    for_subsets : bool
        Whether the points are uncovered with every part of the set as well, since it was measured as if nothing hurt.
    """

    built: BoolArray
    uncovered: BoolArray
    lost: BoolArray
    for_subsets: bool = False


@dataclass(frozen=True)
class Cuts:
    """All that trials have refuted.

    Attributes
    ----------
    trials : tuple of Cut
        One for each trial that the model contradicted.
    conflicts : tuple of numpy.ndarray
        Sets that cannot be built with no other project, as where one closes the street that another begins at
        (projects).
    """

    trials: tuple[Cut, ...] = ()
    conflicts: tuple[BoolArray, ...] = ()

    def with_trial(self, cut: Cut) -> "Cuts":
        """Return the cuts with those of another trial, if it refuted anything."""
        return replace(self, trials=(*self.trials, cut)) if cut.uncovered.any() or cut.lost.any() else self

    def with_conflict(self, projects: BoolArray) -> "Cuts":
        """Return the cuts with another set that cannot be built."""
        return replace(self, conflicts=(*self.conflicts, projects))


@dataclass(frozen=True)
class Wish:
    """The groups to win for the least cost.

    Attributes
    ----------
    at_least : int
        Number of groups to win.
    groups : numpy.ndarray, optional
        Groups that have to be among them (positions).
    """

    at_least: int = 0
    groups: IntArray = field(default_factory=lambda: np.empty(0, dtype=np.int64))

    def granted(self, won: BoolArray) -> bool:
        """Whether the groups that are won are enough."""
        return bool(won.sum() >= self.at_least and won[self.groups].all())


@dataclass(frozen=True)
class Proposal:
    """The solution of the model.

    Attributes
    ----------
    built : numpy.ndarray, optional
        The cheapest set that was found (projects); None: none was found in the time, or there is none.
    bound : float
        No set costs less.
    feasible : bool
        Whether any set may grant the wish.
    """

    built: BoolArray | None
    bound: float
    feasible: bool = True


def propose(
    portfolio: Portfolio,
    cuts: Cuts,
    wish: Wish,
    *,
    seconds: float,
    start: tuple[BoolArray, BoolArray] | None = None,
) -> Proposal:
    """Return the cheapest set of projects that grants a wish in the model.

    Parameters
    ----------
    portfolio
        The projects.
    cuts
        What trials have refuted.
    wish
        The groups to win.
    seconds
        Time for the solver [s].
    start
        A set that is known to grant the wish, and the groups that it wins (projects; groups).
    """
    small, cuts = _merge_twins(portfolio, cuts)
    n, n_points, n_groups = small.n_projects, len(small.share), len(small.won)
    zero = np.zeros(n_points)
    costs, won = np.r_[small.cost, zero, np.zeros(n_groups)], np.r_[np.zeros(n), zero, np.ones(n_groups)]
    most = np.r_[np.ones(n + n_points), small.possible.astype(float)]
    least = np.zeros(len(most))
    least[n + n_points + wish.groups] = 1.0
    if (least > most).any():
        return Proposal(None, np.inf, feasible=False)
    limits = [(won[None, :], wish.at_least, np.inf), *_rules(small), *_covering(small), *_goals(small)]
    limits += [*_conflict_cuts(small, cuts), *_trial_cuts(small, cuts)]
    whole = np.repeat([True, False, True], [n, n_points, n_groups])
    start_values = None if start is None else np.r_[start[0], np.full(n_points, np.nan), start[1] & small.possible]
    optimum = least_cost(Variables(costs, whole, least, most, start_values), limits, seconds=seconds)
    if optimum.bound == np.inf:
        return Proposal(None, np.inf, feasible=False)
    return Proposal(None if optimum.values is None else optimum.values[:n] > 0.5, optimum.bound)


def refute(portfolio: Portfolio, built: BoolArray, covered: BoolArray, won: BoolArray) -> Cut:
    """Return what a trial refutes in the model.

    Parameters
    ----------
    portfolio
        The projects.
    built
        Projects that were built in the trial (projects).
    covered, won
        What the trial found (points; groups).
    """
    alone, several = _covered(portfolio, built)
    uncovered = ~covered & ~alone & several
    return Cut(built, uncovered, lost=_won(portfolio, built, (alone | several) & ~uncovered) & ~won)


def may_win(portfolio: Portfolio, built: BoolArray) -> BoolArray:
    """Return which groups a set may win, as far as the model knows without cuts (groups)."""
    alone, several = _covered(portfolio, built)
    # A route over links alone that takes several projects takes two or more.
    two = (portfolio.links + portfolio.places).minimum(1.0) @ built.astype(float) > 1
    return _won(portfolio, built, alone | (several & (two | ~portfolio.by_links)))


def _covered(portfolio: Portfolio, built: BoolArray) -> tuple[BoolArray, BoolArray]:
    """Return which points a project covers alone, and which the model lets several cover, perhaps in part (points)."""
    chosen = built.astype(float)
    alone, linked = portfolio.alone @ chosen > 0, portfolio.links @ chosen > 0
    return alone, linked & (portfolio.by_links | (portfolio.places @ chosen > 0))


def _won(portfolio: Portfolio, built: BoolArray, covered: BoolArray) -> BoolArray:
    """Return which groups are won when some points are covered (groups)."""
    have = portfolio.counts @ built.astype(float)
    have += np.bincount(portfolio.goal, weights=portfolio.share * covered, minlength=len(have))
    short = np.bincount(portfolio.group[have < 1 - TINY], minlength=len(portfolio.won)) > 0
    return np.asarray(portfolio.possible & ~short)


def _merge_twins(portfolio: Portfolio, cuts: Cuts) -> tuple[Portfolio, Cuts]:
    """Merge the points that neither the projects nor the cuts tell apart; their shares add up."""
    shape = len(cuts.trials), len(portfolio.share)
    uncovered = sparse.csr_array(np.array([cut.uncovered for cut in cuts.trials], dtype=float).reshape(shape).T)
    tables = [portfolio.alone, portfolio.links, portfolio.places, uncovered]
    about = np.column_stack([portfolio.goal, portfolio.by_links]).astype(float)
    owner = twins(sparse.csr_array(sparse.hstack(tables, format="csr")), about)
    first = np.unique(owner, return_index=True)[1]
    share = np.minimum(np.bincount(owner, weights=portfolio.share, minlength=len(first)), 1.0)
    small = replace(
        portfolio,
        alone=portfolio.alone[first],
        links=portfolio.links[first],
        places=portfolio.places[first],
        by_links=portfolio.by_links[first],
        share=share,
        goal=portfolio.goal[first],
    )
    return small, replace(cuts, trials=tuple(replace(cut, uncovered=cut.uncovered[first]) for cut in cuts.trials))


def _rows(portfolio: Portfolio, projects: Any, points: Any = None, groups: Any = None) -> sparse.csr_array:
    """Return rows over all variables: projects, points, groups."""
    n_rows = projects.shape[0]
    points = sparse.csr_array((n_rows, len(portfolio.share))) if points is None else points
    groups = sparse.csr_array((n_rows, len(portfolio.won))) if groups is None else groups
    return sparse.csr_array(sparse.hstack([projects, points, groups], format="csr"))


def _rules(portfolio: Portfolio) -> list[Limit]:
    """Build no project without those that it needs, nor beside one that it excludes."""
    limits: list[Limit] = []
    for pairs, sign in ((portfolio.needs, 1.0), (portfolio.excludes, -1.0)):
        if len(pairs):
            nth = np.arange(len(pairs))
            # a needs b: x_b - x_a >= 0; a excludes b: - x_a - x_b >= -1.
            weights = np.r_[np.full(len(pairs), -1.0), np.full(len(pairs), sign)]
            table = sparse.csr_array(
                (weights, (np.r_[nth, nth], pairs.T.ravel())), shape=(len(pairs), portfolio.n_projects)
            )
            limits.append((_rows(portfolio, table), 0.0 if sign > 0 else -1.0, np.inf))
    return limits


def _covering(portfolio: Portfolio) -> list[Limit]:
    """Cover a point by one project alone, or by a link of one and a link or place of another."""
    each = sparse.eye_array(len(portfolio.share), format="csr")
    several = np.diff(portfolio.links.indptr) > 0
    limits: list[Limit] = []

    def limit(rows: BoolArray, more: sparse.csr_array) -> None:
        if rows.any():
            table = _rows(portfolio, (portfolio.alone + more)[rows], -each[rows])
            limits.append((table, 0.0, np.inf))

    limit(~several, sparse.csr_array(portfolio.alone.shape))
    limit(several, portfolio.links)
    limit(several & ~portfolio.by_links, portfolio.places)
    half = (portfolio.links + portfolio.places).minimum(1.0) * 0.5  # two projects make a whole
    limit(several & portfolio.by_links, half)
    return limits


def _goals(portfolio: Portfolio) -> list[Limit]:
    """Win no group before all of its goals are met."""
    n_goals = len(portfolio.group)
    nth = np.arange(n_goals)
    shape = (n_goals, len(portfolio.share))
    points = sparse.csr_array((portfolio.share, (portfolio.goal, np.arange(len(portfolio.share)))), shape=shape)
    groups = sparse.csr_array((-np.ones(n_goals), (nth, portfolio.group)), shape=(n_goals, len(portfolio.won)))
    return [(_rows(portfolio, portfolio.counts, points, groups), 0.0, np.inf)] if n_goals else []


def _conflict_cuts(portfolio: Portfolio, cuts: Cuts) -> list[Limit]:
    """Build no conflicting set whole, unless with a project that may resolve the conflict (no-good cuts)."""
    limits: list[Limit] = []
    for projects in cuts.conflicts:
        row = projects.astype(float) - (portfolio.opens & ~projects)
        limits.append((_rows(portfolio, sparse.csr_array(row[None, :])), -np.inf, projects.sum() - 1.0))
    return limits


def _trial_cuts(portfolio: Portfolio, cuts: Cuts) -> list[Limit]:
    """Return the combinatorial Benders cuts of uncovered points, and the no-good cuts of groups that were lost.

    With ``x`` of projects, ``y`` of points and ``z`` of groups:

    - a point is covered only with a project that may help it and was not built, or without one that hurts its group:
      ``sum(x[helping and not built]) + sum(1 - x[hurting and built]) >= y``;
    - a group is won only with another choice of the projects that touch it:
      ``sum(x[touching and not built]) + sum(1 - x[touching and built]) >= z``.
    """
    limits: list[Limit] = []
    helps = (portfolio.alone + portfolio.links + portfolio.places).minimum(1.0)
    each_point = sparse.eye_array(len(portfolio.share), format="csr")
    each_group = sparse.eye_array(len(portfolio.won), format="csr")
    for cut in cuts.trials:
        if cut.uncovered.any():
            groups = portfolio.group[portfolio.goal[cut.uncovered]]
            hurting = cut.built & portfolio.hurts[groups] & (not cut.for_subsets)
            helping = helps[cut.uncovered] * (~cut.built).astype(float)[None, :]
            table = sparse.csr_array(helping - sparse.csr_array(hurting.astype(float)))
            rows = _rows(portfolio, table, -each_point[cut.uncovered])
            limits.append((rows, -hurting.sum(axis=1).astype(float), np.inf))
        if cut.lost.any():
            touches = portfolio.touches[cut.lost]
            table = sparse.csr_array(np.where(cut.built, -1.0, 1.0) * touches)
            rows = _rows(portfolio, table, None, -each_group[cut.lost])
            limits.append((rows, -(cut.built & touches).sum(axis=1).astype(float), np.inf))
    return limits
