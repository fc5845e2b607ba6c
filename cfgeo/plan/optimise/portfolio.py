"""The best set of projects as a sparse mixed-integer model, and what trials have shown that it cannot be.

Nothing here knows of streets or clauses. A point is covered by one project, or by several together; the model is
generous about the latter: it lets any link and any place that may be on such a way cover a point. A trial that shows
a point uncovered becomes a row that says so: something must be built that was not built then (or something that hurts
left out). So what the model promises is never less than the truth, and each trial brings it closer.
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
    """What there is to choose from, and what it may bring.

    Attributes
    ----------
    cost : numpy.ndarray
        Of each project.
    needs, shuts_out : numpy.ndarray
        Pairs of projects: the first needs the second; the two cannot both be built (pairs × 2).
    alone, links, places : scipy.sparse.csr_array
        As :class:`cfgeo.plan.potential.Potential` has them (points × projects).
    by_links : numpy.ndarray
        Whether links without a place may cover a point (points).
    share : numpy.ndarray
        Part of what its goal asks that each point brings, 1 at most (points).
    goal : numpy.ndarray
        Goal that each point adds to (points).
    counts : scipy.sparse.csr_array
        Part of what a goal asks that each project brings by itself (goals × projects).
    group : numpy.ndarray
        Group of each goal (goals).
    won : numpy.ndarray
        Which groups are won without any project; the others with a goal may be, the rest cannot (groups).
    touches : numpy.ndarray
        Which projects may change anything for which group (groups × projects).
    hurts : numpy.ndarray
        Which projects may take something from which group (groups × projects).
    opens : numpy.ndarray
        Beside which projects others may stand that cannot without, as at a new street (projects).
    """

    cost: FloatArray
    needs: IntArray
    shuts_out: IntArray
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
        found = self.won.copy()
        found[self.group] = True
        return found


@dataclass(frozen=True)
class Refuted:
    """What trials have shown.

    Attributes
    ----------
    sets : tuple of numpy.ndarray
        What was built in each trial (projects).
    uncovered : tuple of numpy.ndarray
        The points that the model could have taken for covered then, and that were not (points).
    lost : tuple of numpy.ndarray
        The groups that the model could have taken for won then, whatever its points say, and that were not (groups).
    firm : tuple of bool
        Whether the same holds for whatever part of the set is built, since nothing in it could hurt.
    broken : tuple of numpy.ndarray
        Projects that cannot all stand with no others, as where one closes the street that another begins at (projects).
    """

    sets: tuple[BoolArray, ...] = ()
    uncovered: tuple[BoolArray, ...] = ()
    lost: tuple[BoolArray, ...] = ()
    firm: tuple[bool, ...] = ()
    broken: tuple[BoolArray, ...] = ()

    def with_trial(self, built: BoolArray, uncovered: BoolArray, lost: BoolArray, *, firm: bool = False) -> "Refuted":
        """Return the same with one trial more."""
        return replace(
            self,
            sets=(*self.sets, built),
            uncovered=(*self.uncovered, uncovered),
            lost=(*self.lost, lost),
            firm=(*self.firm, firm),
        )

    def with_broken(self, together: BoolArray) -> "Refuted":
        """Return the same with one set more that cannot stand."""
        return replace(self, broken=(*self.broken, together))


@dataclass(frozen=True)
class Wish:
    """What is wanted, for the least cost.

    Attributes
    ----------
    at_least : int
        Groups that are won.
    groups : numpy.ndarray, optional
        Groups that have to be won (positions).
    """

    at_least: int = 0
    groups: IntArray = field(default_factory=lambda: np.empty(0, dtype=np.int64))


@dataclass(frozen=True)
class Promise:
    """What the model promises.

    Attributes
    ----------
    built : numpy.ndarray, optional
        The best set that was found (projects); None: none was in the time, or there is none.
    bound : float
        No set costs less.
    possible : bool
        Whether any set can do what is wanted, as far as is known.
    """

    built: BoolArray | None
    bound: float
    possible: bool = True


def best(
    portfolio: Portfolio,
    refuted: Refuted,
    wish: Wish,
    *,
    seconds: float,
    start: tuple[BoolArray, BoolArray] | None = None,
) -> Promise:
    """Return the cheapest set of projects that promises what is wanted.

    Parameters
    ----------
    portfolio
        What there is.
    refuted
        What trials have shown.
    wish
        What is wanted.
    seconds
        Time for it [s].
    start
        A set that is known to do what is wanted, and the groups that it wins (projects; groups).
    """
    small, known = _gathered(portfolio, refuted)
    n, n_points, n_groups = small.n_projects, len(small.share), len(small.won)
    zero = np.zeros(n_points)
    costs, won = np.r_[small.cost, zero, np.zeros(n_groups)], np.r_[np.zeros(n), zero, np.ones(n_groups)]
    most = np.r_[np.ones(n + n_points), small.possible.astype(float)]
    least = np.zeros(len(most))
    least[n + n_points + wish.groups] = 1.0
    if (least > most).any():
        return Promise(None, np.inf, possible=False)
    limits = [(won[None, :], wish.at_least, np.inf), *_rules(small), *_covering(small), *_goals(small)]
    limits += _refutations(small, known)
    whole = np.repeat([True, False, True], [n, n_points, n_groups])
    known_values = None if start is None else np.r_[start[0], np.full(n_points, np.nan), start[1] & small.possible]
    found = least_cost(Variables(costs, whole, least, most, known_values), limits, seconds=seconds)
    if found.bound == np.inf:
        return Promise(None, np.inf, possible=False)
    return Promise(None if found.values is None else found.values[:n] > 0.5, found.bound)


def disproved(
    portfolio: Portfolio, built: BoolArray, covered: BoolArray, won: BoolArray
) -> tuple[BoolArray, BoolArray]:
    """Return what a trial shows that the model would have believed.

    Parameters
    ----------
    portfolio
        What there is.
    built
        What stood in the trial (projects).
    covered, won
        What was found (points; groups).

    Returns
    -------
    uncovered : numpy.ndarray
        Points that several projects could have covered, and did not (points).
    lost : numpy.ndarray
        Groups that would be won by all other points, and were not (groups).
    """
    alone, several = _covered(portfolio, built)
    uncovered = ~covered & ~alone & several
    return uncovered, _won(portfolio, built, (alone | several) & ~uncovered) & ~won


def promised(portfolio: Portfolio, built: BoolArray) -> BoolArray:
    """Return which groups a set may win, as far as is known without trials (groups)."""
    alone, several = _covered(portfolio, built)
    # What one project does is not done by several: a way over links alone takes two.
    two = (portfolio.links + portfolio.places).minimum(1.0) @ built.astype(float) > 1
    return _won(portfolio, built, alone | (several & (two | ~portfolio.by_links)))


def _covered(portfolio: Portfolio, built: BoolArray) -> tuple[BoolArray, BoolArray]:
    """Say which points one project covers, and which the model takes for covered by several, if in part (points)."""
    stands = built.astype(float)
    alone, linked = portfolio.alone @ stands > 0, portfolio.links @ stands > 0
    return alone, linked & (portfolio.by_links | (portfolio.places @ stands > 0))


def _won(portfolio: Portfolio, built: BoolArray, covered: BoolArray) -> BoolArray:
    """Return which groups are won where some points are covered (groups)."""
    have = portfolio.counts @ built.astype(float)
    have += np.bincount(portfolio.goal, weights=portfolio.share * covered, minlength=len(have))
    short = np.bincount(portfolio.group[have < 1 - TINY], minlength=len(portfolio.won)) > 0
    return np.asarray(portfolio.possible & ~short)


def _gathered(portfolio: Portfolio, refuted: Refuted) -> tuple[Portfolio, Refuted]:
    """Put the points together that nothing tells apart."""
    shape = len(refuted.sets), len(portfolio.share)
    known = sparse.csr_array(np.array(refuted.uncovered, dtype=float).reshape(shape).T)
    tables = [portfolio.alone, portfolio.links, portfolio.places, known]
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
    return small, replace(refuted, uncovered=tuple(column[first] for column in refuted.uncovered))


def _rows(portfolio: Portfolio, projects: Any, points: Any = None, groups: Any = None) -> sparse.csr_array:
    """Return rows over all variables."""
    n_rows = projects.shape[0]
    points = sparse.csr_array((n_rows, len(portfolio.share))) if points is None else points
    groups = sparse.csr_array((n_rows, len(portfolio.won))) if groups is None else groups
    return sparse.csr_array(sparse.hstack([projects, points, groups], format="csr"))


def _rules(portfolio: Portfolio) -> list[Limit]:
    """Have a project need what it requires, and shut others out."""
    limits: list[Limit] = []
    for pairs, sign in ((portfolio.needs, 1.0), (portfolio.shuts_out, -1.0)):
        if len(pairs):
            nth = np.arange(len(pairs))
            # What needs: x of the other - x of the one >= 0; what shuts out: - x - x >= -1.
            weights = np.r_[np.full(len(pairs), -1.0), np.full(len(pairs), sign)]
            table = sparse.csr_array(
                (weights, (np.r_[nth, nth], pairs.T.ravel())), shape=(len(pairs), portfolio.n_projects)
            )
            limits.append((_rows(portfolio, table), 0.0 if sign > 0 else -1.0, np.inf))
    return limits


def _covering(portfolio: Portfolio) -> list[Limit]:
    """Cover no point but by one project, or by a link and another link or a place."""
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
    both = (portfolio.links + portfolio.places).minimum(1.0) * 0.5
    limit(several & portfolio.by_links, both)
    return limits


def _goals(portfolio: Portfolio) -> list[Limit]:
    """Win no group while one of its goals lacks something."""
    n_goals = len(portfolio.group)
    nth = np.arange(n_goals)
    shape = (n_goals, len(portfolio.share))
    points = sparse.csr_array((portfolio.share, (portfolio.goal, np.arange(len(portfolio.share)))), shape=shape)
    groups = sparse.csr_array((-np.ones(n_goals), (nth, portfolio.group)), shape=(n_goals, len(portfolio.won)))
    return [(_rows(portfolio, portfolio.counts, points, groups), 0.0, np.inf)] if n_goals else []


def _refutations(portfolio: Portfolio, refuted: Refuted) -> list[Limit]:
    """Ask for something that was not built then, or less of what hurts, where a trial showed what does not do."""
    limits: list[Limit] = []
    may = (portfolio.alone + portfolio.links + portfolio.places).minimum(1.0)
    each_point = sparse.eye_array(len(portfolio.share), format="csr")
    each_group = sparse.eye_array(len(portfolio.won), format="csr")
    for together in refuted.broken:
        row = together.astype(float) - (portfolio.opens & ~together)
        limits.append((_rows(portfolio, sparse.csr_array(row[None, :])), -np.inf, together.sum() - 1.0))
    trials = zip(refuted.sets, refuted.uncovered, refuted.lost, refuted.firm, strict=True)
    for built, uncovered, lost, firm in trials:
        if uncovered.any():
            hurting = built & portfolio.hurts[portfolio.group[portfolio.goal[uncovered]]] & (not firm)
            new = may[uncovered] * (~built).astype(float)[None, :]
            less = sparse.csr_array(hurting.astype(float))
            table = _rows(portfolio, sparse.csr_array(new - less), -each_point[uncovered])
            limits.append((table, -hurting.sum(axis=1).astype(float), np.inf))
        if lost.any():
            other = np.where(built, -1.0, 1.0) * portfolio.touches[lost]
            table = _rows(portfolio, sparse.csr_array(other), None, -each_group[lost])
            limits.append((table, -(built & portfolio.touches[lost]).sum(axis=1).astype(float), np.inf))
    return limits
