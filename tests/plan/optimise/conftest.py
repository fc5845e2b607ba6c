"""A portfolio that several test modules share."""

import numpy as np
import pytest
from worlds.portfolios import NONE, table

from cfgeo.plan.optimise.portfolio import Portfolio


@pytest.fixture
def few() -> Portfolio:
    """Return three groups of one point each: A alone wins the first, B and C together the second; the third is won."""
    return Portfolio(
        cost=np.array([2.0, 3.0, 4.0]),
        needs=NONE,
        excludes=NONE,
        alone=table([1, 0, 0], [0, 0, 0]),
        links=table([0, 0, 0], [0, 1, 1]),
        places=table([0, 0, 0], [0, 0, 0]),
        by_links=np.array([True, True]),
        share=np.ones(2),
        goal=np.arange(2),
        counts=table([0, 0, 0], [0, 0, 0]),
        group=np.array([0, 1]),
        won=np.array([False, False, True]),
        touches=np.array([[True, False, False], [False, True, True], [False, False, False]]),
        hurts=np.zeros((3, 3), dtype=bool),
        opens=np.zeros(3, dtype=bool),
    )
