"""The cheapest set of projects as a sparse mixed-integer model: the master problem, with cuts from trials.

The model is a relaxation, and each trial adds cuts to it (logic-based Benders decomposition, Hooker and Ottosson 2003).
So it never promises less than the truth, and each trial brings it closer.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import sparse

from cfgeo.core.schema import BoolArray, FloatArray
from cfgeo.plan.optimise.covering import twins
from cfgeo.plan.optimise.highs import Limit, Variables, least_cost
from cfgeo.plan.optimise.portfolio import Cuts, Portfolio, Wish


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


@dataclass(frozen=True)
class Model:
    """A portfolio as variables and limits.

    Attributes
    ----------
    sizes : tuple of int
        How many projects, points (without twins) and groups there are: the variables, in this order.
    whole : numpy.ndarray
        Which variables are integers.
    least, most : numpy.ndarray
        Bounds of each variable.
    limits : list of Limit
        The constraints.
    """

    sizes: tuple[int, int, int]
    whole: BoolArray
    least: FloatArray
    most: FloatArray
    limits: list[Limit]


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
    model = model_of(portfolio, cuts, wish)
    if (model.least > model.most).any():
        return Proposal(None, np.inf, feasible=False)
    n, n_points, n_groups = model.sizes
    costs = np.r_[portfolio.cost, np.zeros(n_points + n_groups)]
    start_values = None if start is None else np.r_[start[0], np.full(n_points, np.nan), start[1] & portfolio.possible]
    optimum = least_cost(
        Variables(costs, model.whole, model.least, model.most, start_values), model.limits, seconds=seconds
    )
    if optimum.bound == np.inf:
        return Proposal(None, np.inf, feasible=False)
    return Proposal(None if optimum.values is None else optimum.values[:n] > 0.5, optimum.bound)


def model_of(portfolio: Portfolio, cuts: Cuts, wish: Wish) -> Model:
    """Return a portfolio as variables and limits: what is built, covered and won, and what the wish asks for."""
    small, cuts = _merge_twins(portfolio, cuts)
    n, n_points, n_groups = small.n_projects, len(small.share), len(small.won)
    won = np.r_[np.zeros(n + n_points), np.ones(n_groups)]
    most = np.r_[np.ones(n + n_points), small.possible.astype(float)]
    least = np.zeros(len(most))
    least[n + n_points + wish.groups] = 1.0
    limits = [(won[None, :], wish.at_least, np.inf), *_rules(small), *_covering(small), *_goals(small)]
    limits += [*_conflict_cuts(small, cuts), *_trial_cuts(small, cuts)]
    return Model((n, n_points, n_groups), np.repeat([True, False, True], [n, n_points, n_groups]), least, most, limits)


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
    trials = cuts.trials
    if not trials:
        return []
    built, for_subsets = np.array([cut.built for cut in trials]), np.array([cut.for_subsets for cut in trials])
    cut, point = np.nonzero(np.array([cut.uncovered for cut in trials]))
    helps = sparse.coo_array((portfolio.alone + portfolio.links + portfolio.places).minimum(1.0)[point])
    more = ~built[cut[helps.coords[0]], helps.coords[1]]
    helping = sparse.coo_array((helps.data[more], tuple(at[more] for at in helps.coords)), shape=helps.shape)
    hurting = built[cut] & portfolio.hurts[portfolio.group[portfolio.goal[point]]] & ~for_subsets[cut, None]
    table = sparse.csr_array(helping.tocsr() - sparse.csr_array(hurting.astype(float)))
    each_point = -sparse.eye_array(len(portfolio.share), format="csr")[point]
    of_points = _rows(portfolio, table, each_point), -hurting.sum(axis=1).astype(float), np.inf

    cut, group = np.nonzero(np.array([cut.lost for cut in trials]))
    touching, stands = portfolio.touches[group], built[cut]
    table = sparse.csr_array(np.where(stands, -1.0, 1.0) * touching)
    each_group = -sparse.eye_array(len(portfolio.won), format="csr")[group]
    of_groups = _rows(portfolio, table, None, each_group), -(stands & touching).sum(axis=1).astype(float), np.inf
    return [of_points, of_groups]
