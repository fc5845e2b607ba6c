"""Several portfolios of the same projects as one model, with further variables and limits beside them.

So the cheapest set can be asked for that wins groups of each portfolio, meets sums, and can be paid year by year. All
that the single models leave open stays open here: the model is a relaxation, to be tried and cut.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import sparse

from cfgeo.core.schema import BoolArray, FloatArray
from cfgeo.plan.optimise.highs import Limit, Variables, least_cost
from cfgeo.plan.optimise.master import model_of
from cfgeo.plan.optimise.portfolio import Cuts, Portfolio, Wish

Block = tuple[Portfolio, Cuts]
"""A portfolio, and what trials have refuted of it."""
SideLimit = tuple[FloatArray, FloatArray, float, float]
"""Coefficients of projects and of further variables (rows × each), and the least and greatest value of each row."""


@dataclass(frozen=True)
class Side:
    """Variables beside those of the portfolios, and limits on projects and these.

    Attributes
    ----------
    cost : numpy.ndarray
        Cost of each variable.
    whole : numpy.ndarray
        Which variables are integers.
    least, most : numpy.ndarray
        Bounds of each variable.
    limits : tuple of SideLimit
        The constraints; coefficients of fewer variables than there are stand for the first ones.
    """

    cost: FloatArray
    whole: BoolArray
    least: FloatArray
    most: FloatArray
    limits: tuple[SideLimit, ...] = ()

    @classmethod
    def of_counts(cls, least: Sequence[int]) -> "Side":
        """Return the first variables: how many groups each portfolio wins, so many at least."""
        n = len(least)
        return cls(np.zeros(n), np.zeros(n, dtype=bool), np.array(least, dtype=float), np.full(n, np.inf))

    @property
    def size(self) -> int:
        """How many variables there are."""
        return len(self.cost)

    def with_variables(self, least: FloatArray, most: FloatArray, *, whole: bool) -> "Side":
        """Return the side with more variables, which cost nothing."""
        n = len(least)
        return replace(
            self,
            cost=np.r_[self.cost, np.zeros(n)],
            whole=np.r_[self.whole, np.full(n, whole)],
            least=np.r_[self.least, least],
            most=np.r_[self.most, most],
        )

    def with_limits(self, *limits: SideLimit) -> "Side":
        """Return the side with more constraints."""
        return replace(self, limits=(*self.limits, *limits))


@dataclass(frozen=True)
class Together:
    """The solution of the model.

    Attributes
    ----------
    built : numpy.ndarray, optional
        The set that was found (projects); None: none was found in the time, or there is none.
    side : numpy.ndarray
        Values of the further variables.
    bound : float
        No set costs less; inf: no set is within the limits.
    """

    built: BoolArray | None
    side: FloatArray
    bound: float


def propose_together(blocks: Sequence[Block], side: Side, cost: FloatArray, *, seconds: float) -> Together:
    """Return the cheapest set of projects within the limits of all portfolios and of the side.

    Parameters
    ----------
    blocks
        Portfolios of the same projects; the first variables of the side count the groups that each wins.
    side
        Further variables and limits.
    cost
        Cost of each project (projects).
    seconds
        Time for the solver [s].
    """
    n, models = len(cost), [model_of(portfolio, cuts, Wish()) for portfolio, cuts in blocks]
    own = [sum(model.sizes[1:]) for model in models]
    total = n + sum(own) + side.size
    limits: list[Limit] = []
    for nth, model in enumerate(models):
        begins = n + sum(own[:nth])
        columns = np.r_[np.arange(n), begins + np.arange(own[nth])]
        limits += [(_spread(table, columns, total), least, most) for table, least, most in model.limits]
        counted = np.zeros((1, total))
        counted[0, begins + model.sizes[1] : begins + own[nth]] = 1.0
        counted[0, n + sum(own) + nth] = -1.0
        limits.append((counted, 0.0, np.inf))
    for projects, further, least_value, most_value in side.limits:
        columns = np.r_[np.arange(n), n + sum(own) + np.arange(further.shape[1])]
        limits.append((_spread(np.hstack([projects, further]), columns, total), least_value, most_value))
    variables = Variables(
        cost=np.r_[cost, np.zeros(sum(own)), side.cost],
        whole=np.r_[np.ones(n), *(model.whole[n:] for model in models), side.whole].astype(bool),
        least=np.r_[np.zeros(n), *(model.least[n:] for model in models), side.least],
        most=np.r_[np.ones(n), *(model.most[n:] for model in models), side.most],
    )
    optimum = least_cost(variables, limits, seconds=seconds)
    if optimum.values is None:
        return Together(None, np.empty(0), optimum.bound)
    return Together(optimum.values[:n] > 0.5, optimum.values[n + sum(own) :], optimum.bound)


def _spread(table: Any, columns: np.ndarray, total: int) -> sparse.csr_array:
    """Return rows whose coefficients stand at some columns of a wider table."""
    narrow = sparse.coo_array(table)
    row, column = narrow.coords
    return sparse.csr_array((narrow.data, (row, columns[column])), shape=(narrow.shape[0], total))
