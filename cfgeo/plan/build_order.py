"""The order in which to build the projects of a plan: a greedy order by communities won for the money."""

from collections.abc import Iterable

import numpy as np

from cfgeo.core.projects import Projects
from cfgeo.core.schema import BoolArray, FloatArray, IntArray
from cfgeo.plan.optimise.covering import TINY
from cfgeo.plan.optimise.portfolio import Portfolio
from cfgeo.plan.potential import Potential
from cfgeo.plan.trials import Ids, Outcome


def build_order(listed: Projects, potential: Potential, portfolio: Portfolio, ids: Ids, outcome: Outcome) -> list[str]:
    """Return projects in the order in which to build them.

    Decided projects come first. Then comes, again and again, the bundle of projects that brings the most communities to
    pass for its cost; in a bundle, the project that brings most for its cost. Projects that win no community come last.

    Parameters
    ----------
    listed
        The reserve list.
    potential, portfolio
        What projects can bring.
    ids
        All projects to build.
    outcome
        The trial of all of them.
    """
    decided = [project_id for project_id in listed.with_required(ids) if project_id not in potential.ids]
    chosen = [nth for nth, project_id in enumerate(potential.ids) if project_id in ids]
    gains = _Gains(portfolio, np.array(chosen, dtype=np.int64), outcome.reached[potential.open])
    position = {potential.ids[nth]: at for at, nth in enumerate(chosen)}
    needed = [[position[required] for required in listed.with_required([potential.ids[nth]]) if required in position]
              for nth in chosen]  # fmt: skip
    order: list[int] = []
    left = [int(group) for group in np.flatnonzero(outcome.passed & ~portfolio.won)]
    while left:
        bundles = {tuple(sorted(gains.bundle(group, order, needed))) for group in left}
        ranked = [(gains.worth(order, bundle, left), [-at for at in bundle], bundle) for bundle in bundles]
        best = max(ranked)[-1]
        order += gains.sorted(order, best, left, needed)
        left = [group for group in left if not gains.won(order, group)]
        if not best:  # the trial of all together wins these groups, but the model cannot tell why
            break
    rest = [at for at in range(len(chosen)) if at not in order]
    order += gains.sorted(order, rest, [], needed)
    return decided + [potential.ids[chosen[at]] for at in order]


class _Gains:
    """What the projects of a plan bring to each group; a point that takes several of them takes all that may help it.

    Parameters
    ----------
    portfolio
        All projects.
    chosen
        Positions of the projects of the plan.
    covered
        Whether a point is in reach with all of them (points).
    """

    def __init__(self, portfolio: Portfolio, chosen: IntArray, covered: BoolArray) -> None:
        self.cost = np.maximum(portfolio.cost[chosen], TINY)
        alone = portfolio.alone.tocsc()[:, chosen].toarray() > 0
        several = (portfolio.links + portfolio.places).tocsc()[:, chosen].toarray() > 0
        together = covered & ~alone.any(axis=1)
        counts = portfolio.counts.tocsc()[:, chosen].toarray()
        self.goals: dict[int, list[tuple[BoolArray, BoolArray, BoolArray, FloatArray, FloatArray]]] = {}
        for goal, group in enumerate(portfolio.group):
            rows = np.flatnonzero(portfolio.goal == goal)
            parts = (alone[rows], several[rows], together[rows], portfolio.share[rows], counts[goal])
            self.goals.setdefault(int(group), []).append(parts)

    def have(self, built: Iterable[int], group: int) -> FloatArray:
        """Return the share of each goal of a group that is met (goals)."""
        stands = np.zeros(len(self.cost), dtype=bool)
        stands[list(built)] = True
        shares = []
        for alone, several, together, share, counts in self.goals.get(group, []):
            reached = (alone & stands).any(axis=1) | (together & ~(several & ~stands).any(axis=1))
            shares.append(min(float(share @ reached + counts @ stands), 1.0))
        return np.array(shares)

    def won(self, built: Iterable[int], group: int) -> bool:
        """Whether some projects win a group."""
        return bool((self.have(built, group) >= 1 - TINY).all())

    def bundle(self, group: int, built: list[int], needed: list[list[int]]) -> list[int]:
        """Return the projects that a group still needs: drop the dearest first while the others win it."""
        kept = [at for at in range(len(self.cost)) if at not in built]
        for at in sorted(kept, key=lambda project: (-self.cost[project], project)):
            rest = [other for other in kept if at not in needed[other]]
            if self.won([*built, *rest], group):
                kept = rest
        return kept

    def worth(self, built: list[int], bundle: Iterable[int], groups: list[int]) -> float:
        """Return how many groups a bundle wins per cost."""
        bundle = list(bundle)
        won = sum(self.won([*built, *bundle], group) for group in groups)
        return float(won / max(float(self.cost[bundle].sum()), TINY))

    def sorted(self, built: list[int], bundle: Iterable[int], groups: list[int], needed: list[list[int]]) -> list[int]:
        """Return a bundle in order: what brings most for its cost first, nothing before what it needs."""
        left, order = list(bundle), list[int]()
        while left:
            ready = [at for at in left if not any(other in left and other != at for other in needed[at])]
            now = sum(float(self.have([*built, *order], group).sum()) for group in groups)
            gain = {at: sum(float(self.have([*built, *order, at], group).sum()) for group in groups) for at in ready}
            best = max(ready, key=lambda at: ((gain[at] - now) / self.cost[at], -at))
            order.append(best)
            left.remove(best)
        return order
