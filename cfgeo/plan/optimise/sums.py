"""Goals whose values add up over projects: sums that shall reach a number, and units that shall each have enough."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cfgeo.core.schema import BoolArray, FloatArray
from cfgeo.plan.optimise.covering import TINY
from cfgeo.plan.optimise.joint import Side


@dataclass(frozen=True)
class Goal:
    """Something that shall reach a number.

    Attributes
    ----------
    asked : float
        The number of units, or the sum.
    base : numpy.ndarray
        What each unit has without any project; a sum is a single unit (units). Empty: the groups of a portfolio.
    effect : numpy.ndarray
        What each project adds to each unit (units × projects).
    need : float
        What a unit needs to count; NaN: the goal is the sum itself.
    block : int
        Portfolio whose groups are counted; -1: none.
    scale : float
        How much is missing without any project, greater than 0: by this, shortfalls of several goals are compared.
    weight : float
        What the whole shortfall weighs beside those of other goals.
    """

    asked: float
    base: FloatArray
    effect: FloatArray
    need: float = np.nan
    block: int = -1
    scale: float = 1.0
    weight: float = 1.0

    @property
    def counts_units(self) -> bool:
        """Whether units are counted that have enough."""
        return self.block < 0 and not np.isnan(self.need)

    def value(self, built: BoolArray) -> float:
        """Return what the goal comes to with some projects (projects), as far as effects add up."""
        have = self.base + self.effect @ built.astype(float)
        return float((have >= self.need - TINY).sum() if self.counts_units else have.sum())


def with_goals(side: Side, goals: Sequence[Goal]) -> tuple[Side, slice]:
    """Return a side with the shortfall of each goal as a variable, and where these stand.

    Parameters
    ----------
    side
        Its first variables count the groups that portfolios win.
    goals
        What shall be reached.
    """
    n_goals, n_projects = len(goals), max((goal.effect.shape[1] for goal in goals), default=0)
    at = side.size
    side = side.with_variables(np.zeros(n_goals), np.full(n_goals, np.inf), whole=False)
    for nth, goal in enumerate(goals):
        # What is reached and what is short of it come to what is asked.
        projects, further = np.zeros((1, n_projects)), np.zeros((1, side.size))
        further[0, at + nth] = 1.0
        asked = goal.asked
        if goal.block >= 0:
            further[0, goal.block] = 1.0
        elif goal.counts_units:
            n_units = len(goal.base)
            further = np.hstack([further, np.ones((1, n_units))])
            before = side.size
            side = side.with_variables(np.zeros(n_units), np.ones(n_units), whole=True)
            # A unit has at least what all projects that take something leave it, and enough where it counts.
            floor = goal.base + np.minimum(goal.effect, 0.0).sum(axis=1)
            enough = np.zeros((n_units, side.size))
            enough[np.arange(n_units), before + np.arange(n_units)] = -np.maximum(goal.need - floor, 0.0)
            side = side.with_limits(*_rows(goal.effect, enough, floor - goal.base))
        else:
            projects, asked = goal.effect.sum(axis=0, keepdims=True), goal.asked - float(goal.base.sum())
        side = side.with_limits((projects, further, asked, np.inf))
    return side, slice(at, at + n_goals)


def _rows(
    projects: FloatArray, further: FloatArray, least: FloatArray
) -> list[tuple[FloatArray, FloatArray, float, float]]:
    return [(projects[[nth]], further[[nth]], float(value), np.inf) for nth, value in enumerate(least)]
