"""A budget for several frontiers of cost, against every combination of their points."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cfgeo.plan.optimise.budget import share_out

costs = st.sampled_from([0.0, 1.0, 2.5, 2.5, 4.0, 7.1, 12.0, np.inf])
frontiers = st.lists(
    st.lists(costs, min_size=1, max_size=5).map(lambda c: np.sort(np.array(c))), min_size=1, max_size=4
)


@given(frontiers, st.sampled_from([0.0, 1.0, 5.0, 9.6, 14.2, 100.0]))
def test_no_combination_does_more_or_as_much_for_less(some: list[np.ndarray], money: float) -> None:
    shares = share_out(some, money)
    every = [
        (sum(points), sum(float(c[n]) for c, n in zip(some, points, strict=True)))
        for points in product(*(range(len(c)) for c in some))
    ]
    affordable = [(-gained, cost) for gained, cost in every if cost <= money * (1 + 1e-9)]
    if not affordable:
        assert shares is None
        return
    assert shares is not None
    best = min(affordable)
    assert (-shares.gained, shares.cost) == (best[0], pytest.approx(best[1]))
    assert shares.cost == pytest.approx(sum(c[n] for c, n in zip(some, shares.chosen, strict=True)))


def test_a_district_whose_first_step_is_dear_waits() -> None:
    shares = share_out([np.array([0, 3, 4]), np.array([0, 2, 9]), np.array([5, 5.5])], 11.0)
    assert shares is not None
    assert (shares.chosen.tolist(), shares.cost) == ([2, 0, 1], 9.5)
