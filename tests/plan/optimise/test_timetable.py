"""Sums and years of a model, against every project in every year."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cfgeo.core.schema import FloatArray, IntArray
from cfgeo.plan.optimise.joint import Side, propose_together
from cfgeo.plan.optimise.sums import Goal, with_goals
from cfgeo.plan.optimise.timetable import Timetable, earliest, paid, with_years

SLACK = 1e-6


def drawn(seed: int) -> tuple[Timetable, list[Goal]]:
    """Draw up to 5 projects and 3 years, a sum and a count of units."""
    rng = np.random.default_rng(seed)
    n, n_years = int(rng.integers(1, 6)), int(rng.integers(1, 4))
    needs = [(a, b) for a in range(n) for b in range(a) if rng.random() < 0.2]
    timetable = Timetable(
        money=rng.integers(0, 12, n_years).astype(float),
        cost=rng.integers(0, 9, n).astype(float),
        first=rng.integers(0, n_years + 1, n),
        takes=rng.integers(1, 3, n),
        needs=np.array(needs, dtype=np.int64).reshape(-1, 2),
        carries_over=bool(rng.random() < 0.5),
    )
    total = Goal(float(rng.integers(1, 6)), np.array([1.0]), rng.integers(-1, 4, (1, n)).astype(float))
    units = Goal(2.0, rng.integers(0, 2, 3).astype(float), rng.integers(0, 2, (3, n)).astype(float), need=1.0)
    return timetable, [total, units]


def in_time(timetable: Timetable, begins: IntArray) -> bool:
    """Check by hand whether projects that begin in some years (-1: never) can be: ready in time, paid, in order."""
    n_years = len(timetable.money)
    built = begins >= 0
    ready = begins + timetable.takes
    late = built & ((begins < timetable.first) | (ready > n_years))
    spent = [
        sum(timetable.cost[p] / timetable.takes[p] for p in np.flatnonzero(built) if begins[p] <= year < ready[p])
        for year in range(n_years)
    ]
    money = timetable.money
    if timetable.carries_over:
        spent, money = list(np.cumsum(spent)), np.cumsum(money)
    ordered = all(not built[a] or (built[b] and ready[b] <= ready[a]) for a, b in timetable.needs)
    return not late.any() and all(np.array(spent) <= money + SLACK) and ordered


def every(timetable: Timetable) -> list[IntArray]:
    years = range(-1, len(timetable.money))
    plans = (np.array(plan, dtype=np.int64) for plan in product(years, repeat=len(timetable.cost)))
    return [plan for plan in plans if in_time(timetable, plan)]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 100_000))
def test_the_cheapest_set_that_meets_goals_within_the_years_is_found(seed: int) -> None:
    timetable, goals = drawn(seed)
    n = len(timetable.cost)
    side, short = with_goals(Side.of_counts(()), goals)
    side.most[short] = 0.0
    side, _ = with_years(side, timetable, n)
    found = propose_together([], side, timetable.cost, seconds=20)
    good = [plan for plan in every(timetable) if all(goal.value(plan >= 0) >= goal.asked for goal in goals)]
    if not good:
        assert found.built is None
        assert found.bound == np.inf
        return
    least = min(float(timetable.cost @ (plan >= 0)) for plan in good)
    assert found.built is not None
    assert float(timetable.cost @ found.built) == pytest.approx(least, abs=SLACK)
    assert found.bound == pytest.approx(least, abs=SLACK)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 100_000))
def test_projects_are_ready_as_early_as_the_money_lets_them(seed: int) -> None:
    timetable, _ = drawn(seed)
    weight = np.arange(len(timetable.cost), 0, -1).astype(float)

    def lateness(begins: IntArray) -> float:
        return float(weight @ (begins + timetable.takes))

    whole = [plan for plan in every(timetable) if (plan >= 0).all()]
    begins = earliest(timetable, weight, seconds=20)
    assert (begins is None) == (not whole)
    if begins is not None:
        assert in_time(timetable, begins)
        assert lateness(begins) == pytest.approx(min(map(lateness, whole)))
        assert paid(timetable, begins).sum() == pytest.approx(timetable.cost.sum())


def test_a_shortfall_is_what_a_goal_is_short_of() -> None:
    # Three units have 1, 0 and 0 places; each of two projects adds one to its own unit. A sum of 2 grows by 0.5.
    effect = np.array([[0.0, 0], [1, 0], [0, 1]])
    units = Goal(3.0, np.array([1.0, 0, 0]), effect, need=1.0)
    total = Goal(3.0, np.array([2.0]), np.array([[0.5, 0.0]]))
    side, short = with_goals(Side.of_counts(()), [units, total])
    shortfalls: dict[tuple[int, int], FloatArray] = {}
    for built in product((0, 1), repeat=2):
        fixed = [(row[None, :], np.zeros((1, 0)), float(on), float(on))
                 for row, on in zip(np.eye(2), built, strict=True)]  # fmt: skip
        side.cost[short] = 1.0
        found = propose_together([], side.with_limits(*fixed), np.zeros(2), seconds=20)
        shortfalls[built] = found.side[short]
    assert {built: tuple(map(float, values.round(6))) for built, values in shortfalls.items()} == {
        (0, 0): (2, 1), (0, 1): (1, 1), (1, 0): (1, 0.5), (1, 1): (0, 0.5),
    }  # fmt: skip
