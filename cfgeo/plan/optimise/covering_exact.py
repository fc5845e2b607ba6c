"""The best set of places, proven: prices that bound it, then a sparse mixed-integer model of what is left."""

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
"""What the solver's tolerance may leave open of an amount."""
_ROUNDS, _PATIENCE, _LEAST_PACE, _GAIN, _MEMORY = 1500, 20, 1e-3, 1e-3, 0.9


@dataclass(frozen=True)
class Chosen:
    """A set of places, and how good it is known to be.

    Attributes
    ----------
    places : numpy.ndarray
        Columns, the best next one each time.
    value : float
        What they reach.
    bound : float
        What no set can exceed (or, of a number of places, go below).
    """

    places: IntArray
    value: float
    bound: float


def most_weight(cover: Cover, *, count: int, seconds: float) -> Chosen:
    """Choose the places that cover the most weight: the maximal covering problem."""
    return _best(cover, count=count, seconds=seconds, for_groups=False)


def most_groups(cover: Cover, *, count: int, seconds: float) -> Chosen:
    """Choose the places that win the most groups.

    Parameters
    ----------
    cover
        What there is to cover.
    count
        How many places at most.
    seconds
        Time for the proof [s]; what is found until then is returned with its bound.
    """
    return _best(cover, count=count, seconds=seconds, for_groups=True)


def fewest(cover: Cover, *, groups: int, seconds: float) -> Chosen:
    """Choose the fewest places that win a number of groups, which all places together do.

    Where all rows of one goal are asked for it is the set covering problem.
    """
    small, columns = without_twins(asked_for(cover))
    start = greedy(small, count=small.n_places, for_groups=True)
    won = np.array([groups_won(small, start[:nth]).sum() for nth in range(len(start) + 1)])
    start = start[: int(np.argmax(won >= groups))]
    found = _fewer_places(small, groups=groups, than=len(start), seconds=seconds)
    better = start if found.places is None else found.places
    places = better if len(better) < len(start) and groups_won(small, better).sum() >= groups else start
    bound = min(_up(found.bound), len(places))
    return Chosen(columns[in_order(small, places, for_groups=True)], float(len(places)), float(bound))


def _best(cover: Cover, *, count: int, seconds: float, for_groups: bool) -> Chosen:
    ends = time.monotonic() + seconds
    small, columns = without_twins(cover)

    def value_of(places: IntArray) -> float:
        return float(groups_won(small, places).sum()) if for_groups else covered(small, places)

    places = exchanged(small, greedy(small, count=count, for_groups=for_groups), for_groups=for_groups)
    value = value_of(places)
    core, named = without_twins(asked_for(small) if for_groups else small)
    bound, possible = bound_of(core, count=count, known=value, for_groups=for_groups)
    if bound > value:
        few, mine = without_twins(replace(core, covers=sparse.csr_array(core.covers.tocsc()[:, possible])))
        left_s = ends - time.monotonic()
        found = _better_set(few, count=count, known=value, for_groups=for_groups, seconds=left_s)
        better = places if found.places is None else named[possible[mine[found.places]]]
        if value_of(better) > value:
            places, value = better, value_of(better)
        # Without the places that no better set can hold the model's bound is one for what is better than was known.
        bound = min(bound, max(_down(found.bound) if for_groups else found.bound, value))
    bound = value if abs(bound - value) <= _SLACK * max(value, 1.0) else bound
    places = in_order(small, places, for_groups=for_groups)
    return Chosen(columns[greedy(small, count=count, for_groups=for_groups, after=places)], value, bound)


def bound_of(cover: Cover, *, count: int, known: float, for_groups: bool) -> tuple[float, IntArray]:
    """Return what no places can exceed, and which of them a set better than a known one can hold.

    The links between rows and places are given prices instead (Lagrange's relaxation, by Polyak's steps): for any
    prices what is left can be solved by sorting, and bounds the best set. A place whose opening would bring that
    bound down to what is known is in no better set.
    """
    price = cover.weight * (0.5 if not for_groups else 0.0)
    if for_groups:
        price = np.full(len(price), known / max(float(cover.most.sum()), 1.0))
    by_place = cover.covers.T.tocsr()
    best, kept, possible, pace, idle = np.inf, price, np.ones(cover.n_places, dtype=bool), 1.0, 0
    count, along = min(count, cover.n_places), np.zeros(len(price))
    whole = _down if for_groups else float
    for _ in range(_ROUNDS):
        value, rows = _inner(cover, price, for_groups=for_groups)
        worth = by_place @ price
        top = np.argpartition(-worth, count - 1)[:count] if count else np.empty(0, dtype=np.int64)
        bound = value + float(worth[top].sum())
        least = float(worth[top].min()) if count else 0.0
        with_it = bound - np.maximum(least - worth, 0.0)
        limit = known + (1 - _SLACK if for_groups else _SLACK * max(known, 1.0))
        possible &= with_it >= limit
        idle += 1
        if bound < best:
            idle = 0 if bound < best - _GAIN * (best - known) else idle
            best, kept = bound, price
        if best < limit or not possible.any() or pace < _LEAST_PACE:
            break
        if idle >= _PATIENCE:
            pace, idle, price, along = pace / 2, 0, kept, np.zeros(len(price))
            continue
        open_ = np.zeros(cover.n_places)
        open_[top] = 1.0
        along = _MEMORY * along + (1 - _MEMORY) * (cover.covers @ open_ - rows)
        size = float(along @ along)
        if size == 0:
            break
        price = np.maximum(price - pace * (bound - known) / size * along, 0.0)
    return max(whole(best), known) if possible.any() else known, np.flatnonzero(possible)


def _inner(cover: Cover, price: FloatArray, *, for_groups: bool) -> tuple[float, FloatArray]:
    """Return the best that rows can bring at their prices, and how far each is covered then."""
    if not for_groups:
        rows = np.where(cover.weight > price, cover.most, 0.0)
        return float((cover.weight - price) @ rows), rows
    some = np.flatnonzero(cover.goal >= 0)
    goal = cover.goal[some]
    part = np.minimum(cover.weight[some] / cover.asked[goal], 1.0)
    # The cheapest way to what a goal asks takes the rows by their price for its share, the last one in part.
    order = np.lexsort((price[some] / part, goal))
    goal, most, share = goal[order], cover.most[some][order], (part * cover.most[some])[order]
    first = np.searchsorted(goal, np.arange(len(cover.asked)))
    before = np.cumsum(share) - share
    before -= np.append(before, 0.0)[first][goal] if len(goal) else before
    taken = np.clip((1.0 - before) / np.maximum(share, TINY), 0.0, 1.0) * most
    cost = np.bincount(goal, weights=price[some][order] * taken, minlength=len(cover.asked))
    value = 1.0 - np.bincount(cover.group, weights=cost, minlength=cover.n_groups)
    won = value > 0
    rows = np.zeros(len(price))
    rows[some[order]] = taken * won[cover.group[goal]]
    return float(value[won].sum()), rows


@dataclass(frozen=True)
class _Solved:
    places: IntArray | None
    bound: float


def _better_set(cover: Cover, *, count: int, known: float, for_groups: bool, seconds: float) -> _Solved:
    """Look for a set of so many places that is better than what is known; where there is none, that is the proof."""
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
    return _solved(cover, cost, limits, n_groups=n_groups, nothing=known, seconds=seconds)


def _fewer_places(cover: Cover, *, groups: int, than: int, seconds: float) -> _Solved:
    """Look for fewer places than some that win a number of groups."""
    n_rows, n_places = cover.covers.shape
    cost = np.r_[np.ones(n_places), np.zeros(n_rows + cover.n_groups)]
    won = np.r_[np.zeros(n_places + n_rows), np.ones(cover.n_groups)]
    limits = [
        (won[None, :], groups, np.inf),
        (cost[None, :], -np.inf, than - 1),
    ]
    return _solved(cover, cost, limits, n_groups=cover.n_groups, nothing=than, seconds=seconds)


def _solved(
    cover: Cover,
    cost: FloatArray,
    limits: list[Limit],
    *,
    n_groups: int,
    nothing: float,
    seconds: float,
) -> _Solved:
    """Solve a model of places (0 or 1), rows (how far covered) and groups (0 or 1), in this order.

    ``nothing`` is the bound where the model has no solution.
    """
    n_rows, n_places = cover.covers.shape
    limits = [*limits, _rows_need_places(cover, n_groups)]
    if n_groups:
        limits.append(_groups_need_amounts(cover))
    whole = np.repeat([True, False, True], [n_places, n_rows, n_groups])
    most = np.r_[np.ones(n_places), cover.most, np.ones(n_groups)]
    found = least_cost(Variables(cost, whole, np.zeros(len(cost)), most), limits, seconds=seconds)
    if found.bound == np.inf:
        return _Solved(None, nothing)
    places = None if found.values is None else np.flatnonzero(found.values[:n_places] > 0.5)
    return _Solved(places, abs(found.bound))


def _rows_need_places(cover: Cover, n_groups: int) -> Limit:
    """No row is covered further than by the places that are open."""
    n_rows = len(cover.weight)
    left = [cover.covers, -sparse.eye_array(n_rows, format="csr")]
    if n_groups:
        left.append(sparse.csr_array((n_rows, n_groups)))
    return sparse.hstack(left, format="csr"), 0, np.inf


def _groups_need_amounts(cover: Cover) -> Limit:
    """No group is won while one of its goals lacks something of what it asks."""
    rows = np.flatnonzero(cover.goal >= 0)
    # What one row brings beyond all that is asked does not help, and would make the model looser.
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
