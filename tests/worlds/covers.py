"""Covers by hand and by hypothesis: which candidates serve whom."""

from dataclasses import replace
from itertools import combinations

import numpy as np
from hypothesis import strategies as st
from scipy import sparse

from cfgeo.plan.optimise.covering import (
    Cover,
)


def cover_from(
    table: list[list[int]], weight: list[float], goal: list[int], asked: list[float], group: list[int]
) -> Cover:
    """Return a cover from a table of rows × places; each row counts once."""
    covers = sparse.csr_array(np.array(table, dtype=float))
    most = np.ones(len(weight))
    return Cover(covers, np.array(weight), np.array(goal), most, np.array(asked), np.array(group, dtype=np.int64))


# Two communities: the first has two goals, the second one. The last row belongs to nobody.
TOWN = cover_from(
    [[1, 0, 1, 0], [0, 1, 1, 0], [0, 1, 0, 0], [0, 0, 0, 1], [1, 0, 0, 1]],
    weight=[10.0, 4.0, 4.0, 6.0, 5.0],
    goal=[0, 1, 1, 2, -1],
    asked=[10.0, 4.0, 5.0],
    group=[0, 0, 1],
)


@st.composite
def covers(draw: st.DrawFn) -> Cover:
    """Any few places and rows; every goal can be met by all places together, or not."""
    n_rows, n_places = draw(st.integers(1, 8)), draw(st.integers(1, 6))
    table = draw(
        st.lists(st.lists(st.integers(0, 1), min_size=n_places, max_size=n_places), min_size=n_rows, max_size=n_rows)
    )
    weight = draw(st.lists(st.integers(1, 9).map(float), min_size=n_rows, max_size=n_rows))
    n_goals = draw(st.integers(1, 4))
    goal = draw(st.lists(st.integers(-1, n_goals - 1), min_size=n_rows, max_size=n_rows))
    asked = draw(st.lists(st.integers(1, 12).map(float), min_size=n_goals, max_size=n_goals))
    group = np.unique(draw(st.lists(st.integers(0, 2), min_size=n_goals, max_size=n_goals)), return_inverse=True)[1]
    cover = cover_from(table, weight, goal, asked, group.tolist())
    return replace(
        cover, most=np.array(draw(st.lists(st.sampled_from([1.0, 1.0, 2.0]), min_size=n_rows, max_size=n_rows)))
    )


def sets_of(cover: Cover, count: int) -> list[np.ndarray]:
    """Return every set of at most so many places."""
    every = range(cover.n_places)
    return [np.array(places, dtype=np.int64) for n in range(count + 1) for places in combinations(every, n)]
