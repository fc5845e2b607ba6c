"""One budget for all districts: each has a frontier of costs, and together they get the most communities for it."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from cfgeo.core.schema import FloatArray
from cfgeo.plan.optimise.budget import share_out
from cfgeo.publish.batch.values import BudgetRow, District, SharedBudget


def share_budget(districts: Sequence[District], money: float) -> SharedBudget:
    """Share a budget over the districts that have a reserve list.

    Parameters
    ----------
    districts
        As they ended; ``plan`` of their records has the frontier of each.
    money
        In the unit of the lists, which must be one.
    """
    planned = {district.id: district.record["plan"] for district in districts if district.record.get("plan")}
    units = tuple(sorted({str(plan["unit"]) for plan in planned.values()}))
    if len(units) != 1:
        return SharedBudget(money, units)
    costs, bounds = zip(*(_frontier(plan) for plan in planned.values()), strict=True)
    shares, most = share_out(costs, money), share_out(bounds, money)
    if shares is None or most is None:
        return SharedBudget(money, units, needed=float(sum(cost[0] for cost in costs)))
    rows = tuple(_row(name, plan, nth) for (name, plan), nth in zip(planned.items(), shares.chosen, strict=True))
    return SharedBudget(money, units, rows, cost=shares.cost, more=most.gained - shares.gained)


def _frontier(plan: Mapping[str, Any]) -> tuple[FloatArray, FloatArray]:
    """Return what each number of communities costs, from the first on, and what it costs at least (numbers).

    Numbers beyond the last known set, of which nobody has proven that none reaches them, cost as much as that at least.
    """
    points = plan["frontier"]
    first, last = points[0]["passed"], points[-1]["passed"]
    cost, bound = np.full(last - first + 1, np.inf), np.full(plan["most"] - first + 1, points[-1]["bound"])
    bound[: len(cost)] = np.inf
    for point in points:
        cost[point["passed"] - first] = point["cost"]
        bound[point["passed"] - first] = point["bound"]
    # A set with which more pass is one for fewer, too.
    return np.minimum.accumulate(cost[::-1])[::-1], np.minimum.accumulate(bound[::-1])[::-1]


def _row(name: str, plan: Mapping[str, Any], nth: int) -> BudgetRow:
    """Return what a district gets: the point of its frontier where so many more pass."""
    first = plan["frontier"][0]["passed"]
    point = next(point for point in plan["frontier"] if point["passed"] == first + nth)
    return BudgetRow(name, first, point["passed"], point["cost"], tuple(point["projects"]))
