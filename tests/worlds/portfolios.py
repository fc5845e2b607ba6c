"""Small portfolios drawn by hypothesis."""

import numpy as np
from scipy import sparse

from cfgeo.core.schema import BoolArray
from cfgeo.plan.optimise.portfolio import Portfolio

NONE = np.zeros((0, 2), dtype=np.int64)


def table(*rows: list[float]) -> sparse.csr_array:
    return sparse.csr_array(np.array(rows, dtype=float))


def drawn(seed: int) -> tuple[Portfolio, BoolArray]:
    """Draw a model of 8 projects, 12 points and 5 groups."""
    rng = np.random.default_rng(seed)

    def random_table(n: int, share: float) -> sparse.csr_array:
        return sparse.csr_array((rng.random((n, 8)) < share).astype(float))

    counts = random_table(6, 0.15) * 0.5
    needs = np.array([(a, b) for a in range(8) for b in range(a) if rng.random() < 0.08], dtype=np.int64)
    group = np.array([0, 1, 2, 3, 4, 4])
    return Portfolio(
        cost=rng.integers(1, 9, 8).astype(float),
        needs=needs.reshape(-1, 2),
        excludes=NONE,
        alone=random_table(12, 0.15),
        links=random_table(12, 0.2),
        places=random_table(12, 0.2),
        by_links=rng.random(12) < 0.5,
        share=rng.choice([0.4, 0.6, 1.0], 12),
        goal=rng.integers(0, 6, 12),
        counts=counts,
        group=group,
        won=np.array([False, False, False, False, rng.random() < 0.3, True]),
        touches=np.ones((6, 8), dtype=bool),
        hurts=np.zeros((6, 8), dtype=bool),
        opens=np.zeros(8, dtype=bool),
    ), rng.random(8) < 0.9
