"""One budget for several frontiers of cost: the multiple-choice knapsack problem, solved by dynamic programming.

How many communities pass is a small whole number, so that what each number costs at least is known exactly when one
frontier after the other is added, as a (min, +) convolution. That needs no solver, no time limit and no tolerance, and
proves itself: every combination is in the minimum.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cfgeo.core.schema import TOLERANCE, FloatArray, IntArray


@dataclass(frozen=True)
class Shares:
    """How a budget is shared.

    Attributes
    ----------
    chosen : numpy.ndarray
        The point of each frontier (frontiers).
    cost : float
        Of all of them: no other points do as much for less.
    """

    chosen: IntArray
    cost: float

    @property
    def gained(self) -> int:
        """How many pass beyond the first points of the frontiers."""
        return int(self.chosen.sum())


def share_out(frontiers: Sequence[FloatArray], money: float) -> Shares | None:
    """Choose a point of each frontier so that the most pass for some money, and of those the cheapest.

    Parameters
    ----------
    frontiers
        What it costs that n more pass, for n = 0, 1, …; inf where that cannot be. One of them at least.
    money
        For all of them.

    Returns
    -------
    Shares or None
        None: already the first points cost more.
    """
    enough = money * (1 + TOLERANCE)
    least, steps = np.zeros(1), list[IntArray]()
    for frontier in frontiers:
        least, step = _added(least, frontier)
        affordable = np.flatnonzero(least <= enough)
        if len(affordable) == 0:
            return None
        least = least[: affordable[-1] + 1]
        steps.append(step[: len(least)])
    left, chosen = len(least) - 1, np.zeros(len(frontiers), dtype=np.int64)
    for nth in range(len(frontiers) - 1, -1, -1):
        chosen[nth] = steps[nth][left]
        left -= chosen[nth]
    return Shares(chosen, float(least[-1]))


def _added(least: FloatArray, frontier: FloatArray) -> tuple[FloatArray, IntArray]:
    """Return what each number costs at least with one more frontier, and the point of it that is in there."""
    total = np.full(len(least) + len(frontier) - 1, np.inf)
    point = np.zeros(len(total), dtype=np.int64)
    for n, cost in enumerate(frontier):
        part = slice(n, n + len(least))
        cheaper = least + cost < total[part]
        total[part][cheaper] = (least + cost)[cheaper]
        point[part][cheaper] = n
    return total, point
