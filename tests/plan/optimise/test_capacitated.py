"""Places that serve so many only: by hand, against a maximum flow, and every set looked at."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds.covers import TOWN, cover_from, covers, sets_of

from cfgeo.plan.optimise.capacitated import allocate, most_with_capacity
from cfgeo.plan.optimise.covering import Cover, groups_won
from cfgeo.plan.optimise.covering_exact import most_groups, most_weight

LONG_S = 60.0
FEW = settings(max_examples=max(settings().max_examples // 4, 1))
capacities = st.lists(st.sampled_from([1.0, 4.0, 9.0, np.inf]), min_size=6, max_size=6)


def all_rows(cover: Cover) -> np.ndarray:
    return np.ones(len(cover.weight), dtype=bool)


def once(cover: Cover) -> Cover:
    """Return the same with every row counting once."""
    return Cover(cover.covers, cover.weight, cover.goal, np.ones(len(cover.weight)), cover.asked, cover.group)


def test_no_place_serves_more_than_its_capacity() -> None:
    capacity = np.array([6.0, 4.0, np.inf, 3.0])
    share = allocate(TOWN, capacity, all_rows(TOWN), np.array([0, 1]))
    assert share.served.tolist() == [6, 4]
    assert share.won.tolist() == [False, False], "the first goal asks for 10"
    share = allocate(TOWN, capacity, all_rows(TOWN), np.array([2, 3]))
    assert share.won.tolist() == [True, False], "the second group asks for 5, of a place that has 3"
    assert share.served.tolist() == [14, 3]


def test_groups_come_before_weight() -> None:
    # One place of 5 for a goal that asks for 3 and for 6 who belong to nobody.
    cover = cover_from([[1], [1]], weight=[3.0, 6.0], goal=[0, -1], asked=[3.0], group=[0])
    share = allocate(cover, np.array([5.0]), all_rows(cover), np.array([0]))
    assert (share.won.tolist(), share.served.tolist()) == ([True], [5])


def test_rows_that_take_no_room_are_served_all_the_same() -> None:
    cover = cover_from([[1], [1]], weight=[1.0, 6.0], goal=[0, -1], asked=[1.0], group=[0])
    share = allocate(cover, np.array([4.0]), np.array([False, True]), np.array([0]))
    assert (share.won.tolist(), share.weight) == ([True], 4)


@FEW
@given(covers(), capacities)
def test_what_is_shared_out_is_a_maximum_flow(cover: Cover, capacity: list[float]) -> None:
    cover, most = once(cover), np.array(capacity)[: cover.n_places]
    plain = Cover(cover.covers, cover.weight, np.full(len(cover.weight), -1), cover.most, np.empty(0), np.empty(0, int))
    graph = nx.DiGraph()
    graph.add_nodes_from("se")
    for place in range(cover.n_places):
        graph.add_edge("s", f"p{place}", **({} if np.isinf(most[place]) else {"capacity": most[place]}))
    for row, place in zip(*cover.covers.nonzero(), strict=True):
        graph.add_edge(f"p{place}", f"r{row}", capacity=1000.0)
    for row, weight in enumerate(cover.weight):
        graph.add_edge(f"r{row}", "e", capacity=weight)
    share = allocate(plain, most, all_rows(plain), np.arange(cover.n_places))
    assert share.weight == pytest.approx(nx.maximum_flow_value(graph, "s", "e"))
    assert (share.served <= most + 1e-6).all()


@FEW
@given(covers(), capacities, st.integers(1, 3), st.booleans())
def test_no_set_serves_better(cover: Cover, capacity: list[float], count: int, for_groups: bool) -> None:
    most, uses = np.array(capacity)[: cover.n_places], all_rows(cover)
    cover = once(cover)
    chosen, greedy_value = most_with_capacity(cover, most, uses, count=count, seconds=LONG_S, for_groups=for_groups)
    shares = [allocate(cover, most, uses, places) for places in sets_of(cover, count) if len(places)]
    best = max(float(share.won.sum()) if for_groups else share.weight for share in shares)
    assert chosen.value == pytest.approx(best)
    assert chosen.bound == pytest.approx(best)
    assert greedy_value <= chosen.value + 1e-6
    assert len(chosen.places) <= count


@FEW
@given(covers(), st.integers(1, 3))
def test_room_for_all_is_no_limit(cover: Cover, count: int) -> None:
    cover, room = once(cover), np.full(cover.n_places, cover.weight.sum())
    for for_groups, free in ((True, most_groups), (False, most_weight)):
        chosen, _ = most_with_capacity(cover, room, all_rows(cover), count=count, seconds=LONG_S, for_groups=for_groups)
        assert chosen.value == pytest.approx(free(cover, count=count, seconds=LONG_S).value)
        if for_groups:
            assert groups_won(cover, chosen.places).sum() == chosen.value
