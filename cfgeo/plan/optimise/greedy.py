"""Greedy sets of projects, a start for the search: again and again those that win the next group for the least.

The greedy algorithm asks the model alone, which is a relaxation: a set may win less than the model says. But it is
quick, and where the model is right the search begins with a good set, whatever time is left for a better one.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from cfgeo.core.schema import BoolArray
from cfgeo.plan.optimise.portfolio import Portfolio, may_win


def greedy_sets(portfolio: Portfolio, compatible: BoolArray) -> Iterator[BoolArray]:
    """Choose projects for one group after the other, always the group that is cheapest to win now.

    Parameters
    ----------
    portfolio
        The projects.
    compatible
        Projects to choose from, which can all be built together (projects).

    Yields
    ------
    numpy.ndarray
        The projects chosen so far, after each group that needs any (projects).
    """
    dependents = _dependents(portfolio)
    groups = [_Group(portfolio, int(group), compatible) for group in np.unique(portfolio.group)]
    built = np.zeros(portfolio.n_projects, dtype=bool)
    left = [group for group in groups if not portfolio.won[group.group] and group.may_be_won(compatible)]
    while left:
        bundles = [group.bundle(built, dependents) & ~built for group in left]
        nth = int(np.argmin([float(portfolio.cost @ bundle) for bundle in bundles]))
        built = built | bundles[nth]
        if bundles[nth].any():
            yield built
        del left[nth]


def _dependents(portfolio: Portfolio) -> BoolArray:
    """Return which projects need which, directly or not, themselves included (needed × needing)."""
    needed = np.eye(portfolio.n_projects, dtype=bool)
    needing, required = portfolio.needs.T
    needed[required, needing] = True
    for _ in range(portfolio.n_projects):
        farther = (needed.astype(np.int64) @ needed.astype(np.int64)) > 0
        if (farther == needed).all():
            break
        needed = farther
    return needed


class _Group:
    """A group, and the projects that are of any use to it."""

    def __init__(self, portfolio: Portfolio, group: int, compatible: BoolArray) -> None:
        self.group, self.compatible = group, compatible
        goals = np.flatnonzero(portfolio.group == group)
        rows = np.isin(portfolio.goal, goals)
        self.portfolio = replace(
            portfolio,
            alone=portfolio.alone[rows],
            links=portfolio.links[rows],
            places=portfolio.places[rows],
            by_links=portfolio.by_links[rows],
            share=portfolio.share[rows],
            goal=np.searchsorted(goals, portfolio.goal[rows]),
            counts=portfolio.counts[goals],
            group=np.zeros_like(goals),
            won=portfolio.won[[group]],
        )
        own = self.portfolio
        tables = (own.alone, own.links, own.places, own.counts)
        self.useful = compatible & np.any([np.asarray(table.sum(axis=0)).ravel() > 0 for table in tables], axis=0)

    def may_be_won(self, built: BoolArray) -> bool:
        """Whether some projects may win the group."""
        return bool(may_win(self.portfolio, built)[0])

    def bundle(self, built: BoolArray, dependents: BoolArray) -> BoolArray:
        """Return projects that win the group, those that are built included: drop the dearest first while it is won."""
        kept = built | (dependents[:, self.useful].any(axis=1) & self.compatible)
        free = np.flatnonzero(kept & ~built)
        for project in free[np.lexsort((free, -self.portfolio.cost[free]))]:
            rest = kept & (built | ~dependents[project])
            if self.may_be_won(rest):
                kept = rest
        return kept
