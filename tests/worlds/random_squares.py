"""A grid of squares whose streets hypothesis draws: parallel ones, stairs, lifts."""

import numpy as np
from hypothesis import strategies as st
from tools.oracle import network_of

from cfgeo import Network
from cfgeo.core.schema import Positions

XY = {i: (100.0 * (i % 4), 100.0 * (i // 4)) for i in range(12)}
FORMS = [
    {}, {"form": "steps", "incline": 1}, {"form": "steps", "incline": -1, "step_count": 40.0}, {"oneway": 1},
    {"form": "escalator", "oneway": 1}, {"oneway": -1},
]  # fmt: skip


@st.composite
def networks(draw: st.DrawFn) -> Network:
    links = draw(st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), min_size=4, max_size=22))
    ways = [(i + 1, [a, b]) for i, (a, b) in enumerate(links) if a != b] or [(1, [0, 1])]
    facts = [draw(st.sampled_from(FORMS)) for _ in ways]
    return network_of(XY, ways, facts=facts)


def positions(draw: st.DrawFn, n_edges: int, *, points: bool) -> Positions:
    rows = draw(
        st.lists(st.tuples(st.integers(0, n_edges - 1), st.integers(0, 8), st.integers(0, 8)), min_size=1, max_size=6)
    )
    table = np.array(rows, dtype=float)
    start, end = np.minimum(table[:, 1], table[:, 2]) / 8, np.maximum(table[:, 1], table[:, 2]) / 8
    leg_m = np.arange(len(rows)) * 7.0
    return Positions(np.arange(len(rows)), table[:, 0].astype(np.int64), start, start if points else end, leg_m)
