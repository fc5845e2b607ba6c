"""Places that serve so many children only: who is served where is part of the question."""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from cfgeo.core.schema import BoolArray, FloatArray, IntArray
from cfgeo.plan.optimise.covering import TINY, Cover, gains
from cfgeo.plan.optimise.covering_exact import Chosen, most_groups, most_weight
from cfgeo.plan.optimise.highs import Limit, Variables, least_cost

_LITTLE = 1e-6
"""Of a whole: what the solver leaves open."""
_LONGEST_S = 600.0
_TINY_SHARE = 1e-9


@dataclass(frozen=True)
class Ration:
    """What some places serve when each serves no more than it can.

    Attributes
    ----------
    served : numpy.ndarray
        Weight that each place serves (places that were asked for, in their order).
    won : numpy.ndarray
        Which groups have all that their goals ask for (groups).
    weight : float
        All that is served.
    """

    served: FloatArray
    won: BoolArray
    weight: float


def ration(cover: Cover, capacity: FloatArray, uses: BoolArray, places: IntArray) -> Ration:
    """Share what can be covered out among some places: the most groups, then the most weight.

    Parameters
    ----------
    cover
        What there is to cover.
    capacity
        What each place can serve, in weight; inf: any (places).
    uses
        Which rows take up capacity (rows).
    places
        Those that are there.
    """
    model = _Model(cover, capacity, uses, places)
    found = model.shared_out()
    flow = found.flow if found.flow is not None else np.zeros(len(model.row))
    counted = flow * uses[model.row]
    served = np.bincount(model.place, weights=counted, minlength=len(places)).astype(float)
    return Ration(served, found.won, float(served.sum()))


def most_with_capacity(
    cover: Cover, capacity: FloatArray, uses: BoolArray, *, count: int, seconds: float, for_groups: bool
) -> tuple[Chosen, float]:
    """Choose the places that win the most groups, or serve the most weight, none beyond its capacity.

    Parameters
    ----------
    cover, capacity, uses
        As for :func:`ration`.
    count
        How many places at most.
    seconds
        Time for the proof [s].
    for_groups
        Groups are wanted, otherwise weight.

    Returns
    -------
    chosen : Chosen
        The place that serves most first.
    one_by_one : float
        What the best next one each time reaches.
    """
    ends = time.monotonic() + seconds

    def value_of(places: IntArray) -> float:
        share = ration(cover, capacity, uses, places)
        return float(share.won.sum()) if for_groups else share.weight

    places = _one_by_one(cover, capacity, uses, count=count, for_groups=for_groups)
    first = value = value_of(places)
    # Without capacities no set can be worse: a bound, and often the answer.
    free = (most_groups if for_groups else most_weight)(cover, count=count, seconds=seconds / 4)
    free_value = value_of(free.places)
    if free_value > value:
        places, value = free.places, free_value
    bound = free.bound
    if not for_groups:
        bound = min(bound, float(np.sort(capacity)[::-1][:count].sum()))
    if bound > value * (1 + _LITTLE) + _LITTLE:
        model = _Model(cover, capacity, uses, _worth_trying(cover, capacity, count))
        found = model.best(count=count, for_groups=for_groups, seconds=ends - time.monotonic())
        if found.places is not None and value_of(model.places[found.places]) > value:
            places = model.places[found.places]
            value = value_of(places)
        bound = min(bound, max(found.bound, value))
    if for_groups:
        bound = max(float(np.floor(bound + _LITTLE)), value)
    bound = value if abs(bound - value) <= _LITTLE * max(value, 1.0) else bound
    share = ration(cover, capacity, uses, places)
    order = np.argsort(-share.served, kind="stable")
    useful = order[(share.served[order] > 0) | bool(cover.n_groups and not uses.all())]
    return Chosen(places[useful], value, bound), first


def _one_by_one(cover: Cover, capacity: FloatArray, uses: BoolArray, *, count: int, for_groups: bool) -> IntArray:
    """Choose the best next one each time, by what it can serve of what the others leave."""
    chosen: list[int] = []
    left = cover.weight.copy()
    while len(chosen) < min(count, cover.n_places):
        open_ = Cover(cover.covers, left, cover.goal, cover.most, cover.asked, cover.group)
        table = gains(open_, np.empty(0, dtype=np.int64), for_groups=for_groups)
        serves = np.minimum(table[-1], capacity)
        score = np.minimum(table[0], 1 + serves) if for_groups else serves
        serves[chosen] = score[chosen] = -1.0
        best = int(np.lexsort((serves, score))[-1])
        if serves[best] <= TINY:
            break
        chosen.append(best)
        model = _Model(cover, capacity, uses, np.array(chosen, dtype=np.int64))
        found = model.shared_out()
        if found.flow is not None:
            left = np.maximum(cover.weight - np.bincount(model.row, weights=found.flow, minlength=len(left)), 0.0)
    return np.array(chosen, dtype=np.int64)


def _worth_trying(cover: Cover, capacity: FloatArray, count: int) -> IntArray:
    """Return the places without those of which there are more equal ones than are wanted."""
    columns = cover.covers.tocsc()
    columns.sort_indices()
    seen: dict[bytes, int] = {}
    kept = []
    for place in np.argsort(-capacity, kind="stable").tolist():
        rows = columns.indices[columns.indptr[place] : columns.indptr[place + 1]]
        seen[rows.tobytes()] = times = seen.get(rows.tobytes(), 0) + 1
        if len(rows) and times <= count:
            kept.append(place)
    return np.sort(np.array(kept, dtype=np.int64))


@dataclass(frozen=True)
class _Found:
    places: IntArray | None
    flow: FloatArray | None
    won: BoolArray
    bound: float


class _Model:
    """Places (0 or 1), what each serves of each row, groups (0 or 1)."""

    def __init__(self, cover: Cover, capacity: FloatArray, uses: BoolArray, places: IntArray) -> None:
        self.cover, self.places, self.capacity = cover, places, capacity[places]
        pairs = sparse.coo_array(sparse.csr_array(cover.covers.tocsc()[:, places]))
        self.row, self.place = pairs.coords[0].astype(np.int64), pairs.coords[1].astype(np.int64)
        self.uses = uses

    def best(self, *, count: int, for_groups: bool, seconds: float) -> _Found:
        """Choose so many of the places: the most groups, or the most weight that takes up capacity."""
        n_groups = self.cover.n_groups if for_groups else 0
        groups = np.full(n_groups, -1.0)
        flows = np.zeros(len(self.row)) if n_groups else self._weighs()
        opened = np.r_[np.ones(len(self.places)), np.zeros(len(self.row) + n_groups)]
        return self._solved(np.r_[flows, groups], [(opened[None, :], -np.inf, count)], least=0.0, seconds=seconds)

    def shared_out(self) -> _Found:
        """Share out among all of the places: the most groups, then the most weight."""
        n_groups = self.cover.n_groups
        # All weight together counts for less than one group.
        scale = 0.5 / max(float(self.cover.weight[self.row].sum()), 1.0)
        gain = np.r_[self._weighs() * scale, np.full(n_groups, -1.0)]
        return self._solved(gain, [], least=1.0, seconds=_LONGEST_S)

    def _weighs(self) -> FloatArray:
        return np.where(self.uses[self.row], -1.0, 0.0)

    def _solved(self, gain: FloatArray, limits: list[Limit], *, least: float, seconds: float) -> _Found:
        n_places, n_pairs = len(self.places), len(self.row)
        n_groups = len(gain) - n_pairs
        if n_pairs == 0:
            return _Found(None, None, np.zeros(n_groups, dtype=bool), 0.0)
        most = self.cover.weight[self.row] * self.cover.most[self.row]
        variables = Variables(
            np.r_[np.zeros(n_places), gain],
            whole=np.repeat([True, False, True], [n_places, n_pairs, n_groups]),
            least=np.repeat([least, 0.0], [n_places, n_pairs + n_groups]),
            most=np.r_[np.ones(n_places), most, np.ones(n_groups)],
        )
        found = least_cost(variables, [*self._limits(n_groups), *limits], seconds=min(seconds, _LONGEST_S))
        if found.values is None:
            return _Found(None, None, np.zeros(n_groups, dtype=bool), abs(found.bound))
        place, flow, won = np.split(found.values, [n_places, n_places + n_pairs])
        return _Found(np.flatnonzero(place > 0.5), flow, won > 0.5, abs(found.bound))

    def _limits(self, n_groups: int) -> list[Limit]:
        cover, weight = self.cover, self.cover.weight[self.row]
        n_rows, n_places, n_pairs = len(cover.weight), len(self.places), len(self.row)
        each, ones = np.arange(n_pairs), np.ones(n_pairs)

        def of_pairs(rows: IntArray, values: FloatArray, n: int) -> Any:
            return sparse.csr_array((values, (rows, each)), shape=(n, n_pairs))

        def line(of_places: Any, pairs: Any) -> Any:
            return sparse.hstack([of_places, pairs, sparse.csr_array((pairs.shape[0], n_groups))], format="csr")

        nowhere = sparse.csr_array((n_rows, n_places))
        there = sparse.csr_array((-weight, (each, self.place)), shape=(n_pairs, n_places))
        # What is infinite limits nothing.
        takes = np.where(self.uses[self.row] & np.isfinite(self.capacity)[self.place], 1.0, 0.0)
        room = sparse.diags_array(np.where(np.isfinite(self.capacity), -self.capacity, 0.0), format="csr")
        limits: list[Limit] = [
            (line(nowhere, of_pairs(self.row, ones, n_rows)), -np.inf, cover.weight * cover.most),
            (line(there, of_pairs(each, ones, n_pairs)), -np.inf, 0.0),
            (line(room, of_pairs(self.place, takes, n_places)), -np.inf, 0.0),
        ]
        if n_groups:
            goal, n_goals = cover.goal[self.row], len(cover.asked)
            some = np.flatnonzero(goal >= 0)
            shares = sparse.csr_array((1 / cover.asked[goal[some]], (goal[some], some)), shape=(n_goals, n_pairs))
            asked = sparse.csr_array((-np.ones(n_goals), (np.arange(n_goals), cover.group)), shape=(n_goals, n_groups))
            amounts = sparse.hstack([sparse.csr_array((n_goals, n_places)), shares, asked], format="csr")
            limits.append((amounts, -_TINY_SHARE, np.inf))
        return limits
