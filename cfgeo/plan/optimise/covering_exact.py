"""The best set of places, proven: a Lagrangian bound, then a sparse mixed-integer model of what that leaves open."""

import time
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from cfgeo.core.schema import FloatArray, IntArray
from cfgeo.plan.optimise.covering import (
    TINY,
    Cover,
    asked_for,
    covered,
    exchanged,
    greedy,
    groups_won,
    in_order,
    without_twins,
)
from cfgeo.plan.optimise.highs import Limit, Variables, least_cost

_SLACK = 1e-6
"""Tolerance of the solver, relative to the value."""

# The subgradient method of `bound_of`. With these values it ends after 5 to 450 steps on the covers of the default
# study, each a few sparse products.
_MOST_STEPS = 1500
"""Number of steps after which the bound is taken as it is: three times the most that the default study takes."""
_PATIENCE = 20
"""Number of steps without progress after which the step size is halved, and the search returns to the best prices."""
_PROGRESS = 1e-3
"""Share of the gap between bound and value by which a step has to lower the bound to count as progress."""
_LEAST_STEP_SIZE = 1e-3
"""Step size, in Polyak steps, at which the search ends: ten halvings of 1, below which prices hardly move."""
_MOMENTUM = 0.9
"""Share of the last direction that is kept in the next: it averages the subgradient over some ten steps, for the
subgradients of covers alternate between the same few places."""


@dataclass(frozen=True)
class Chosen:
    """A set of places, and its optimality gap.

    Attributes
    ----------
    places : numpy.ndarray
        Columns of the cover, in greedy order.
    value : float
        Value of the set.
    bound : float
        No set has a better value: more weight or groups, or fewer places or seconds.
    """

    places: IntArray
    value: float
    bound: float


def most_weight(cover: Cover, *, count: int, seconds: float) -> Chosen:
    """Choose the places that cover the most weight: the maximal covering location problem (Church and ReVelle 1974)."""
    return _best(cover, count=count, seconds=seconds, for_groups=False)


def most_groups(cover: Cover, *, count: int, seconds: float) -> Chosen:
    """Choose the places that win the most groups.

    Parameters
    ----------
    cover
        The covering problem.
    count
        How many places at most.
    seconds
        Time for the proof [s]; after it, the best set so far is returned with its bound.
    """
    return _best(cover, count=count, seconds=seconds, for_groups=True)


def fewest(cover: Cover, *, groups: int, seconds: float) -> Chosen:
    """Choose the fewest places that win a number of groups, which all places together do.

    Where one goal asks for all rows, this is the location set covering problem (Toregas et al. 1971).
    """
    small, columns = without_twins(asked_for(cover))
    start = greedy(small, count=small.n_places, for_groups=True)
    won = np.array([groups_won(small, start[:nth]).sum() for nth in range(len(start) + 1)])
    start = start[: int(np.argmax(won >= groups))]
    solution = _fewer_places(small, groups=groups, than=len(start), seconds=seconds)
    fewer = start if solution.places is None else solution.places
    places = fewer if len(fewer) < len(start) and groups_won(small, fewer).sum() >= groups else start
    bound = min(_up(solution.bound), len(places))
    return Chosen(columns[in_order(small, places, for_groups=True)], float(len(places)), float(bound))


def _best(cover: Cover, *, count: int, seconds: float, for_groups: bool) -> Chosen:
    ends = time.monotonic() + seconds
    small, columns = without_twins(cover)

    def value_of(places: IntArray) -> float:
        return float(groups_won(small, places).sum()) if for_groups else covered(small, places)

    places = exchanged(small, greedy(small, count=count, for_groups=for_groups), for_groups=for_groups)
    value = value_of(places)
    core, core_columns = without_twins(asked_for(small) if for_groups else small)
    bound, possible = bound_of(core, count=count, known=value, for_groups=for_groups)
    if bound > value:
        left, left_columns = without_twins(replace(core, covers=sparse.csr_array(core.covers.tocsc()[:, possible])))
        left_s = ends - time.monotonic()
        solution = _better_set(left, count=count, known=value, for_groups=for_groups, seconds=left_s)
        better = places if solution.places is None else core_columns[possible[left_columns[solution.places]]]
        if value_of(better) > value:
            places, value = better, value_of(better)
        # The model lacks places that no better set holds, so that it bounds the sets better than the known one alone.
        bound = min(bound, max(_down(solution.bound) if for_groups else solution.bound, value))
    bound = value if abs(bound - value) <= _SLACK * max(value, 1.0) else bound
    places = in_order(small, places, for_groups=for_groups)
    return Chosen(columns[greedy(small, count=count, for_groups=for_groups, after=places)], value, bound)


def bound_of(cover: Cover, *, count: int, known: float, for_groups: bool) -> tuple[float, IntArray]:
    """Lagrangian bound (Geoffrion 1974) by a subgradient method with Polyak steps, and variable fixing by it.

    The constraint that a row is covered no further than by open places is relaxed: each row has a price instead, which
    it pays to the places that cover it. For any prices the rest is solved by sorting (rows by :func:`_price_rows`;
    the ``count`` places that are paid most), and its value bounds every set. The subgradient method lowers that bound.

    Where the bound with one place forced open falls to the known value, no better set holds that place.

    Parameters
    ----------
    cover
        The covering problem.
    count
        How many places at most.
    known
        Value of the best known set.
    for_groups
        Whether the value is the number of groups won; otherwise it is the weight covered.

    Returns
    -------
    bound : float
        No set has a greater value.
    possible : numpy.ndarray
        Places that a set better than the known one can hold.
    """
    price = _start_prices(cover, known=known, for_groups=for_groups)
    by_place = cover.covers.T.tocsr()
    count = min(count, cover.n_places)
    better = known + (1 - _SLACK if for_groups else _SLACK * max(known, 1.0))
    best_bound, best_price, possible = np.inf, price, np.ones(cover.n_places, dtype=bool)
    step_size, idle, direction = 1.0, 0, np.zeros(len(price))
    for _ in range(_MOST_STEPS):
        value, rows = _price_rows(cover, price, for_groups=for_groups)
        paid = by_place @ price
        opened = np.argpartition(-paid, count - 1)[:count] if count else np.empty(0, dtype=np.int64)
        bound = value + float(paid[opened].sum())
        least_paid = float(paid[opened].min()) if count else 0.0
        possible &= bound - np.maximum(least_paid - paid, 0.0) >= better
        idle += 1
        if bound < best_bound:
            idle = 0 if bound < best_bound - _PROGRESS * (best_bound - known) else idle
            best_bound, best_price = bound, price
        if best_bound < better or not possible.any() or step_size < _LEAST_STEP_SIZE:
            break
        if idle >= _PATIENCE:
            step_size, idle, price, direction = step_size / 2, 0, best_price, np.zeros(len(price))
            continue
        open_ = np.zeros(cover.n_places)
        open_[opened] = 1.0
        direction = _MOMENTUM * direction + (1 - _MOMENTUM) * (cover.covers @ open_ - rows)
        length = float(direction @ direction)
        if length == 0:
            break
        price = np.maximum(price - step_size * (bound - known) / length * direction, 0.0)
    whole = _down if for_groups else float
    return max(whole(best_bound), known) if possible.any() else known, np.flatnonzero(possible)


def _start_prices(cover: Cover, *, known: float, for_groups: bool) -> FloatArray:
    """Return half the weight of each row or, for groups, the known value shared out among all rows."""
    if not for_groups:
        return cover.weight * 0.5
    return np.full(len(cover.weight), known / max(float(cover.most.sum()), 1.0))


def _price_rows(cover: Cover, price: FloatArray, *, for_groups: bool) -> tuple[float, FloatArray]:
    """Return the value of the rows worth their price, and how far each row is covered then: a fractional knapsack."""
    if not for_groups:
        rows = np.where(cover.weight > price, cover.most, 0.0)
        return float((cover.weight - price) @ rows), rows
    counting = np.flatnonzero(cover.goal >= 0)
    goal = cover.goal[counting]
    part = np.minimum(cover.weight[counting] / cover.asked[goal], 1.0)
    # The cheapest rows for a goal are those with the lowest price for their share of it, the last one taken in part.
    order = np.lexsort((price[counting] / part, goal))
    goal, most, share = goal[order], cover.most[counting][order], (part * cover.most[counting])[order]
    first = np.searchsorted(goal, np.arange(len(cover.asked)))
    before = np.cumsum(share) - share
    before -= np.append(before, 0.0)[first][goal] if len(goal) else before
    taken = np.clip((1.0 - before) / np.maximum(share, TINY), 0.0, 1.0) * most
    cost = np.bincount(goal, weights=price[counting][order] * taken, minlength=len(cover.asked))
    value = 1.0 - np.bincount(cover.group, weights=cost, minlength=cover.n_groups)
    won = value > 0
    rows = np.zeros(len(price))
    rows[counting[order]] = taken * won[cover.group[goal]]
    return float(value[won].sum()), rows


@dataclass(frozen=True)
class _Solution:
    places: IntArray | None
    bound: float


def _better_set(cover: Cover, *, count: int, known: float, for_groups: bool, seconds: float) -> _Solution:
    """Find a set of at most ``count`` places that is better than the known one; that there is none is the proof."""
    n_rows, n_places = cover.covers.shape
    n_groups = cover.n_groups if for_groups else 0
    cost = np.zeros(n_places + n_rows + n_groups)
    cost[n_places:] = np.r_[np.zeros(n_rows), -np.ones(n_groups)] if for_groups else -cover.weight
    opened = np.arange(len(cost)) < n_places
    better = known + 1 if for_groups else known
    limits = [
        (opened.astype(float)[None, :], -np.inf, count),
        (cost[None, :], -np.inf, -better * (1 - TINY)),
    ]
    return _solve(cover, cost, limits, n_groups=n_groups, bound_if_none=known, seconds=seconds)


def _fewer_places(cover: Cover, *, groups: int, than: int, seconds: float) -> _Solution:
    """Find fewer than ``than`` places that win a number of groups."""
    n_rows, n_places = cover.covers.shape
    cost = np.r_[np.ones(n_places), np.zeros(n_rows + cover.n_groups)]
    won = np.r_[np.zeros(n_places + n_rows), np.ones(cover.n_groups)]
    limits = [
        (won[None, :], groups, np.inf),
        (cost[None, :], -np.inf, than - 1),
    ]
    return _solve(cover, cost, limits, n_groups=cover.n_groups, bound_if_none=than, seconds=seconds)


def _solve(
    cover: Cover,
    cost: FloatArray,
    limits: list[Limit],
    *,
    n_groups: int,
    bound_if_none: float,
    seconds: float,
) -> _Solution:
    """Solve the model. Variables: places (0 or 1), rows (how far covered), groups (0 or 1), in this order.

    ``bound_if_none`` is the bound where the model has no solution.
    """
    n_rows, n_places = cover.covers.shape
    limits = [*limits, _rows_need_places(cover, n_groups)]
    if n_groups:
        limits.append(_groups_need_amounts(cover))
    whole = np.repeat([True, False, True], [n_places, n_rows, n_groups])
    most = np.r_[np.ones(n_places), cover.most, np.ones(n_groups)]
    optimum = least_cost(Variables(cost, whole, np.zeros(len(cost)), most), limits, seconds=seconds)
    if optimum.bound == np.inf:
        return _Solution(None, bound_if_none)
    places = None if optimum.values is None else np.flatnonzero(optimum.values[:n_places] > 0.5)
    return _Solution(places, abs(optimum.bound))


def _rows_need_places(cover: Cover, n_groups: int) -> Limit:
    """Cover no row further than open places do."""
    n_rows = len(cover.weight)
    left = [cover.covers, -sparse.eye_array(n_rows, format="csr")]
    if n_groups:
        left.append(sparse.csr_array((n_rows, n_groups)))
    return sparse.hstack(left, format="csr"), 0, np.inf


def _groups_need_amounts(cover: Cover) -> Limit:
    """Win no group before all of its goals are met."""
    rows = np.flatnonzero(cover.goal >= 0)
    # What a row brings beyond its goal does not help, and would loosen the model.
    part = np.minimum(cover.weight[rows] / cover.asked[cover.goal[rows]], 1.0)
    n_goals, n_rows = len(cover.asked), len(cover.weight)
    amounts = sparse.csr_array((part, (cover.goal[rows], rows)), shape=(n_goals, n_rows))
    asked = sparse.csr_array((-np.ones(n_goals), (np.arange(n_goals), cover.group)), shape=(n_goals, cover.n_groups))
    places = sparse.csr_array((n_goals, cover.n_places))
    return sparse.hstack([places, amounts, asked], format="csr"), 0, np.inf


def _up(value: float) -> int:
    return int(np.ceil(value - _SLACK)) if np.isfinite(value) else 0


def _down(value: float) -> float:
    return float(np.floor(value + _SLACK)) if np.isfinite(value) else value
