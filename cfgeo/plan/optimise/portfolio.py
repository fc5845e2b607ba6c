"""Projects to choose from, what they may bring, and what trials have refuted of that.

Nothing here knows of streets or clauses. A project alone covers a point, or several do together. Of the latter this is
a relaxation: any link and any place that may be on a route of several projects may cover a point. A trial that finds a
point uncovered adds a cut: for this point, build something that was not built in the trial, or leave out something
that hurts. :mod:`cfgeo.plan.optimise.master` makes a model of it.
"""

from dataclasses import dataclass, field, replace

import numpy as np
from scipy import sparse

from cfgeo.core.schema import BoolArray, FloatArray, IntArray
from cfgeo.plan.optimise.covering import TINY


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
