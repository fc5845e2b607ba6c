"""In which order projects are built: each time the few that bring the next community over the line for the least."""

from collections.abc import Iterable

import numpy as np

from cfgeo.core.projects import Projects
from cfgeo.core.schema import BoolArray, FloatArray, IntArray
from cfgeo.plan.optimise.covering import TINY
from cfgeo.plan.optimise.portfolio import Portfolio
from cfgeo.plan.potential import Potential
from cfgeo.plan.trials import Ids, Outcome


def build_order(listed: Projects, able: Potential, portfolio: Portfolio, ids: Ids, found: Outcome) -> list[str]:
    """Return projects in the order in which to build them.

    What is decided goes first. Then come, again and again, those few projects that bring more communities over the
    line for the money than any other few; among these what brings most for its cost. What wins no community by itself
    comes last.

    Parameters
    ----------
    listed
        The reserve list.
    able, portfolio
        What projects can bring.
    ids
        All that is to be built.
    found
        What was measured with all of them.
    """
    decided = [one for one in listed.with_required(ids) if one not in able.ids]
    mine = [nth for nth, one in enumerate(able.ids) if one in ids]
    view = _View(portfolio, np.array(mine, dtype=np.int64), found.reached[able.open])
    position = {able.ids[nth]: at for at, nth in enumerate(mine)}
    needed = [[position[one] for one in listed.with_required([able.ids[nth]]) if one in position] for nth in mine]
    order: list[int] = []
    left = [int(group) for group in np.flatnonzero(found.passed & ~portfolio.won)]
    while left:
        bundles = {tuple(sorted(view.least(group, order, needed))) for group in left}
        nice = [(view.worth(order, bundle, left), bundle) for bundle in bundles]
        best = max(nice, key=lambda each: (each[0], [-one for one in each[1]]))[1]
        order += view.sorted(order, best, left, needed)
        left = [group for group in left if not view.won(order, group)]
        if not best:  # what the model cannot tell is said by the trial of all together
            break
    rest = [at for at in range(len(mine)) if at not in order]
    order += view.sorted(order, rest, [], needed)
    return decided + [able.ids[mine[at]] for at in order]


class _View:
    """What some projects bring to each group, whose points several of them cover only when all of them stand."""

    def __init__(self, portfolio: Portfolio, mine: IntArray, covered: BoolArray) -> None:
        self.cost = np.maximum(portfolio.cost[mine], TINY)
        alone = portfolio.alone.tocsc()[:, mine].toarray() > 0
        several = (portfolio.links + portfolio.places).tocsc()[:, mine].toarray() > 0
        together = covered & ~alone.any(axis=1)
        counts = portfolio.counts.tocsc()[:, mine].toarray()
        self.goals: dict[int, list[tuple[BoolArray, BoolArray, BoolArray, FloatArray, FloatArray]]] = {}
        for goal, group in enumerate(portfolio.group):
            rows = np.flatnonzero(portfolio.goal == goal)
            parts = (alone[rows], several[rows], together[rows], portfolio.share[rows], counts[goal])
            self.goals.setdefault(int(group), []).append(parts)

    def have(self, built: Iterable[int], group: int) -> FloatArray:
        """Return how much of what each goal of a group asks is there (goals)."""
        stands = np.zeros(len(self.cost), dtype=bool)
        stands[list(built)] = True
        found = []
        for alone, several, together, share, counts in self.goals.get(group, []):
            reached = (alone & stands).any(axis=1) | (together & ~(several & ~stands).any(axis=1))
            found.append(min(float(share @ reached + counts @ stands), 1.0))
        return np.array(found)

    def won(self, built: Iterable[int], group: int) -> bool:
        """Say whether a group is won."""
        return bool((self.have(built, group) >= 1 - TINY).all())

    def least(self, group: int, built: list[int], needed: list[list[int]]) -> list[int]:
        """Return the projects that are still needed for a group, the dearest left out first where others do."""
        more = [at for at in range(len(self.cost)) if at not in built]
        for at in sorted(more, key=lambda one: (-self.cost[one], one)):
            without = [one for one in more if at not in needed[one]]
            if self.won([*built, *without], group):
                more = without
        return more

    def worth(self, built: list[int], bundle: Iterable[int], groups: list[int]) -> float:
        """Return how many groups a bundle wins for its cost."""
        bundle = list(bundle)
        won = sum(self.won([*built, *bundle], group) for group in groups)
        return float(won / max(float(self.cost[bundle].sum()), TINY))

    def sorted(self, built: list[int], bundle: Iterable[int], groups: list[int], needed: list[list[int]]) -> list[int]:
        """Return a bundle, what brings most for its cost first, and nothing before what it needs."""
        left, order = list(bundle), list[int]()
        while left:
            ready = [at for at in left if not any(one in left and one != at for one in needed[at])]
            now = sum(float(self.have([*built, *order], group).sum()) for group in groups)
            gain = {at: sum(float(self.have([*built, *order, at], group).sum()) for group in groups) for at in ready}
            best = max(ready, key=lambda at: ((gain[at] - now) / self.cost[at], -at))
            order.append(best)
            left.remove(best)
        return order
