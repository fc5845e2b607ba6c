"""Sparse models: small ones that can be solved by hand."""

import numpy as np
import pytest
from scipy import sparse

from cfgeo.plan.optimise.highs import Limit, Optimum, Variables, least_cost


def solved(cost: list[float], *limits: Limit, whole: bool = True) -> Optimum:
    size = len(cost)
    variables = Variables(np.array(cost), np.full(size, whole), np.zeros(size), np.ones(size))
    return least_cost(variables, limits, seconds=10)


def test_the_cheapest_that_weigh_enough() -> None:
    # Weights 3, 4 and 5 shall come to 7: 3 and 4 for 7 are dearer than 3 and 5 for 6.
    optimum = solved([3, 4, 3], (np.array([[3.0, 4, 5]]), 7, np.inf))
    assert optimum.values is not None
    assert optimum.values.round().tolist() == [1, 0, 1]
    assert optimum.bound == pytest.approx(6)


def test_parts_cost_less_than_wholes() -> None:
    optimum = solved([3, 4, 3], (sparse.csr_array([[3.0, 4, 5]]), 7, np.inf), whole=False)
    assert optimum.bound == pytest.approx(3 + 2)  # the third, and two units of the first or second at 1 each


@pytest.mark.parametrize("start", [[1, 0, 1], [np.nan, 1, 1], [0, 0, 0]])
def test_a_start_changes_no_answer_even_a_wrong_one(start: list[float]) -> None:
    variables = Variables(np.array([3.0, 4, 3]), np.ones(3, dtype=bool), np.zeros(3), np.ones(3), np.array(start))
    optimum = least_cost(variables, [(np.array([[3.0, 4, 5]]), 7, np.inf)], seconds=10)
    assert optimum.values is not None
    assert (optimum.values.round().tolist(), optimum.bound) == ([1, 0, 1], pytest.approx(6))


def test_limits_that_contradict_one_another_have_no_answer(capfd: pytest.CaptureFixture[str]) -> None:
    optimum = solved([1, 1], (np.array([[1.0, 1]]), 2, 2), (np.array([[1.0, 0]]), -np.inf, 0))
    assert (optimum.values, optimum.bound) == (None, np.inf)
    assert capfd.readouterr() == ("", ""), "HiGHS keeps quiet"
