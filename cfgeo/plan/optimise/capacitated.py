"""Places with capacities: the capacitated covering problem, in which who is served where is part of the answer.

One mixed-integer model serves two questions: how to allocate demand among given places (a flow from places to rows),
and which places to choose. The bound without capacities is a relaxation of the second.
"""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from cfgeo.core.schema import BoolArray, FloatArray, IntArray
from cfgeo.plan.optimise.covering import TINY, Cover, gains
from cfgeo.plan.optimise.covering_exact import Chosen, most_groups, most_weight
from cfgeo.plan.optimise.highs import Limit, Variables, least_cost

_SLACK = 1e-6
"""Tolerance of the solver, relative to the value."""
_LONGEST_S = 600.0
"""No model is solved for longer [s]."""
_TINY_SHARE = 1e-9
"""A goal is met when no more than this share of it is missing."""


@dataclass(frozen=True)
class Allocation:
    """What places serve when none serves more than its capacity.

    Attributes
    ----------
    served : numpy.ndarray
        Weight that each place serves (given places, in their order).
    won : numpy.ndarray
        Which groups have all that their goals ask for (groups).
    weight : float
        Weight that all places serve together.
    """

    served: FloatArray
    won: BoolArray
    weight: float


def allocate(cover: Cover, capacity: FloatArray, uses: BoolArray, places: IntArray) -> Allocation:
    """Allocate the rows to some places: the most groups, then the most weight.

    Parameters
    ----------
    cover
        The covering problem.
    capacity
        Weight that each place can serve; inf: no limit (places).
    uses
        Which rows take up capacity (rows).
    places
        Positions of the places that are open.
    """
    model = _Model(cover, capacity, uses, places)
    solution = model.allocation()
    flow = solution.flow if solution.flow is not None else np.zeros(len(model.row))
    counted = flow * uses[model.row]
    served = np.bincount(model.place, weights=counted, minlength=len(places)).astype(float)
    return Allocation(served, solution.won, float(served.sum()))


def most_with_capacity(
    cover: Cover, capacity: FloatArray, uses: BoolArray, *, count: int, seconds: float, for_groups: bool
) -> tuple[Chosen, float]:
    """Choose the places that win the most groups, or serve the most weight, none beyond its capacity.

    Parameters
    ----------
    cover, capacity, uses
        As for :func:`allocate`.
    count
        How many places at most.
    seconds
        Time for the proof [s].
    for_groups
        Whether to win groups; otherwise to serve weight.

    Returns
    -------
    chosen : Chosen
        The places; the one that serves most comes first.
    greedy_value : float
        The value that the greedy algorithm reaches.
    """
    ends = time.monotonic() + seconds

    def value_of(places: IntArray) -> float:
        allocation = allocate(cover, capacity, uses, places)
        return float(allocation.won.sum()) if for_groups else allocation.weight

    places = _greedy(cover, capacity, uses, count=count, for_groups=for_groups)
    greedy_value = value = value_of(places)
    # The relaxation without capacities gives a bound, and often the answer.
    relaxed = (most_groups if for_groups else most_weight)(cover, count=count, seconds=seconds / 4)
    relaxed_value = value_of(relaxed.places)
    if relaxed_value > value:
        places, value = relaxed.places, relaxed_value
    bound = relaxed.bound
    if not for_groups:
        bound = min(bound, float(np.sort(capacity)[::-1][:count].sum()))
    if bound > value * (1 + _SLACK) + _SLACK:
        model = _Model(cover, capacity, uses, _without_surplus_twins(cover, capacity, count))
        solution = model.best(count=count, for_groups=for_groups, seconds=ends - time.monotonic())
        if solution.places is not None and value_of(model.places[solution.places]) > value:
            places = model.places[solution.places]
            value = value_of(places)
        bound = min(bound, max(solution.bound, value))
    if for_groups:
        bound = max(float(np.floor(bound + _SLACK)), value)
    bound = value if abs(bound - value) <= _SLACK * max(value, 1.0) else bound
    served = allocate(cover, capacity, uses, places).served
    order = np.argsort(-served, kind="stable")
    useful = order[(served[order] > 0) | bool(cover.n_groups and not uses.all())]
    return Chosen(places[useful], value, bound), greedy_value


def _greedy(cover: Cover, capacity: FloatArray, uses: BoolArray, *, count: int, for_groups: bool) -> IntArray:
    """Choose the place that serves most of what is left, again and again."""
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
        flow = model.allocation().flow
        if flow is not None:
            left = np.maximum(cover.weight - np.bincount(model.row, weights=flow, minlength=len(left)), 0.0)
    return np.array(chosen, dtype=np.int64)


def _without_surplus_twins(cover: Cover, capacity: FloatArray, count: int) -> IntArray:
    """Return the places that cover anything; of places that cover the same rows, the ``count`` with most capacity."""
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
class _Solution:
    places: IntArray | None
    flow: FloatArray | None
    won: BoolArray
    bound: float


class _Model:
    """The mixed-integer model. Variables: places (0 or 1), flows (place to row, in weight), groups (0 or 1)."""

    def __init__(self, cover: Cover, capacity: FloatArray, uses: BoolArray, places: IntArray) -> None:
        self.cover, self.places, self.capacity = cover, places, capacity[places]
        pairs = sparse.coo_array(sparse.csr_array(cover.covers.tocsc()[:, places]))
        self.row, self.place = pairs.coords[0].astype(np.int64), pairs.coords[1].astype(np.int64)
        self.uses = uses

    def best(self, *, count: int, for_groups: bool, seconds: float) -> _Solution:
        """Choose at most ``count`` places: the most groups, or the most weight that takes up capacity."""
        n_groups = self.cover.n_groups if for_groups else 0
        flow_cost = np.zeros(len(self.row)) if n_groups else self._flow_cost()
        opened = np.r_[np.ones(len(self.places)), np.zeros(len(self.row) + n_groups)]
        cost = np.r_[flow_cost, np.full(n_groups, -1.0)]
        return self._solve(cost, [(opened[None, :], -np.inf, count)], least_open=0.0, seconds=seconds)

    def allocation(self) -> _Solution:
        """Allocate rows to all of the places: the most groups, then the most weight."""
        n_groups = self.cover.n_groups
        # All weight together counts for less than one group.
        scale = 0.5 / max(float(self.cover.weight[self.row].sum()), 1.0)
        cost = np.r_[self._flow_cost() * scale, np.full(n_groups, -1.0)]
        return self._solve(cost, [], least_open=1.0, seconds=_LONGEST_S)

    def _flow_cost(self) -> FloatArray:
        return np.where(self.uses[self.row], -1.0, 0.0)

    def _solve(self, cost: FloatArray, limits: list[Limit], *, least_open: float, seconds: float) -> _Solution:
        """Solve the model for the costs of flows and groups; ``least_open`` 1 opens every place."""
        n_places, n_flows = len(self.places), len(self.row)
        n_groups = len(cost) - n_flows
        if n_flows == 0:
            return _Solution(None, None, np.zeros(n_groups, dtype=bool), 0.0)
        most = self.cover.weight[self.row] * self.cover.most[self.row]
        variables = Variables(
            np.r_[np.zeros(n_places), cost],
            whole=np.repeat([True, False, True], [n_places, n_flows, n_groups]),
            least=np.repeat([least_open, 0.0], [n_places, n_flows + n_groups]),
            most=np.r_[np.ones(n_places), most, np.ones(n_groups)],
        )
        optimum = least_cost(variables, [*self._limits(n_groups), *limits], seconds=min(seconds, _LONGEST_S))
        if optimum.values is None:
            return _Solution(None, None, np.zeros(n_groups, dtype=bool), abs(optimum.bound))
        place, flow, won = np.split(optimum.values, [n_places, n_places + n_flows])
        return _Solution(np.flatnonzero(place > 0.5), flow, won > 0.5, abs(optimum.bound))

    def _limits(self, n_groups: int) -> list[Limit]:
        """Return the limits of flows: by rows, by open places, by capacities; and of groups, by their goals."""
        cover, weight = self.cover, self.cover.weight[self.row]
        n_rows, n_places, n_flows = len(cover.weight), len(self.places), len(self.row)
        each, ones = np.arange(n_flows), np.ones(n_flows)

        def flows(rows: IntArray, values: FloatArray, n: int) -> Any:
            return sparse.csr_array((values, (rows, each)), shape=(n, n_flows))

        def limit_rows(places: Any, flows: Any) -> Any:
            return sparse.hstack([places, flows, sparse.csr_array((flows.shape[0], n_groups))], format="csr")

        no_places = sparse.csr_array((n_rows, n_places))
        opened = sparse.csr_array((-weight, (each, self.place)), shape=(n_flows, n_places))
        # An infinite capacity limits nothing, and HiGHS takes no infinite coefficient.
        takes = np.where(self.uses[self.row] & np.isfinite(self.capacity)[self.place], 1.0, 0.0)
        room = sparse.diags_array(np.where(np.isfinite(self.capacity), -self.capacity, 0.0), format="csr")
        limits: list[Limit] = [
            (limit_rows(no_places, flows(self.row, ones, n_rows)), -np.inf, cover.weight * cover.most),
            (limit_rows(opened, flows(each, ones, n_flows)), -np.inf, 0.0),
            (limit_rows(room, flows(self.place, takes, n_places)), -np.inf, 0.0),
        ]
        if n_groups:
            goal, n_goals = cover.goal[self.row], len(cover.asked)
            counting = np.flatnonzero(goal >= 0)
            shares = sparse.csr_array(
                (1 / cover.asked[goal[counting]], (goal[counting], counting)), shape=(n_goals, n_flows)
            )
            asked = sparse.csr_array((-np.ones(n_goals), (np.arange(n_goals), cover.group)), shape=(n_goals, n_groups))
            amounts = sparse.hstack([sparse.csr_array((n_goals, n_places)), shares, asked], format="csr")
            limits.append((amounts, -_TINY_SHARE, np.inf))
        return limits
