"""A good start for the search: each time the projects that bring the next community over the line for the least.

Only the model is asked, which is generous: what it takes for enough may not be. But it is quick, and where it is right
the set is a good one from the first, whatever time is left for a better one.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from cfgeo.core.schema import BoolArray
from cfgeo.plan.optimise.portfolio import Portfolio, promised


def good_sets(portfolio: Portfolio, together: BoolArray) -> Iterator[BoolArray]:
    """Choose projects for one group after the other, always the one that the model takes for the cheapest now.

    Parameters
    ----------
    portfolio
        What there is.
    together
        Projects that can all stand together, which are chosen from (projects).

    Yields
    ------
    numpy.ndarray
        What is chosen, after each group that something is chosen for (projects).
    """
    needing = _needing(portfolio)
    groups = [_Group(portfolio, int(group), together) for group in np.unique(portfolio.group)]
    built = np.zeros(portfolio.n_projects, dtype=bool)
    left = [group for group in groups if not portfolio.won[group.group] and group.won(together)]
    while left:
        bundles = [group.least(built, needing) & ~built for group in left]
        nth = int(np.argmin([float(portfolio.cost @ bundle) for bundle in bundles]))
        built = built | bundles[nth]
        if bundles[nth].any():
            yield built
        del left[nth]


def _needing(portfolio: Portfolio) -> BoolArray:
    """Say which projects fall with which: those that need it, and those that need these (projects × projects)."""
    falls = np.eye(portfolio.n_projects, dtype=bool)
    one, other = portfolio.needs.T
    falls[other, one] = True
    for _ in range(portfolio.n_projects):
        farther = (falls.astype(np.int64) @ falls.astype(np.int64)) > 0
        if (farther == falls).all():
            break
        falls = farther
    return falls


class _Group:
    """One group, and the projects that are of any use to it."""

    def __init__(self, portfolio: Portfolio, group: int, together: BoolArray) -> None:
        self.group, self.together = group, together
        goals = np.flatnonzero(portfolio.group == group)
        rows = np.isin(portfolio.goal, goals)
        self.mine = replace(
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
        tables = (self.mine.alone, self.mine.links, self.mine.places, self.mine.counts)
        self.useful = together & np.any([np.asarray(table.sum(axis=0)).ravel() > 0 for table in tables], axis=0)

    def won(self, built: BoolArray) -> bool:
        """Say whether the group may be won by some projects."""
        return bool(promised(self.mine, built)[0])

    def least(self, built: BoolArray, needing: BoolArray) -> BoolArray:
        """Return projects that do, with those that are built; the dearest are left out first where others do."""
        kept = built | (needing[:, self.useful].any(axis=1) & self.together)
        free = np.flatnonzero(kept & ~built)
        for one in free[np.lexsort((free, -self.mine.cost[free]))]:
            without = kept & (built | ~needing[one])
            if self.won(without):
                kept = without
        return kept
