"""A good start: by hand, and what must hold of any model drawn by lot."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from worlds.portfolios import drawn, table

from cfgeo.core.schema import BoolArray
from cfgeo.plan.optimise.greedy import greedy_sets
from cfgeo.plan.optimise.portfolio import Portfolio, may_win

ALL = np.ones(3, dtype=bool)


def sets(portfolio: Portfolio, together: BoolArray = ALL) -> list[list[int]]:
    return [np.flatnonzero(built).tolist() for built in greedy_sets(portfolio, together)]


def test_the_cheapest_group_comes_first(few: Portfolio) -> None:
    assert sets(few) == [[0], [0, 1, 2]]  # 2 for the first; 3 + 4 for the second
    assert sets(replace(few, cost=np.array([8.0, 3, 4]))) == [[1, 2], [0, 1, 2]]


def test_what_is_built_already_costs_nothing_more(few: Portfolio) -> None:
    both = replace(few, alone=table([1, 0, 0], [1, 0, 0]))
    assert sets(both) == [[0]]  # the second group is won with it


def test_the_dearest_is_left_out_where_others_do(few: Portfolio) -> None:
    either = replace(few, alone=table([1, 0, 1], [0, 0, 0]))
    assert sets(either)[0] == [0]
    assert sets(replace(either, cost=np.array([5.0, 3, 4])))[0] == [2]


def test_what_is_needed_comes_along_and_what_is_shut_out_does_not(few: Portfolio) -> None:
    assert sets(replace(few, needs=np.array([[0, 2]]))) == [[0, 2], [0, 1, 2]]
    assert sets(few, np.array([True, True, False])) == [[0]]  # without C nothing wins the second


def test_a_place_at_the_end_of_a_new_way_is_needed(few: Portfolio) -> None:
    ending = replace(few, links=table([0, 0, 0], [0, 1, 0]), places=table([0, 0, 0], [0, 0, 1]),
                     by_links=np.array([True, False]))  # fmt: skip
    assert sets(ending)[-1] == [0, 1, 2]


@given(st.integers(0, 10_000))
def test_each_set_wins_more_until_all_is_won_that_can_be(seed: int) -> None:
    portfolio, together = drawn(seed)
    for needing, needed in portfolio.needs:
        together[needing] &= together[needed]
    steps = list(greedy_sets(portfolio, together))
    won = [may_win(portfolio, built) for built in [np.zeros(8, dtype=bool), *steps]]
    assert all((built <= together).all() for built in steps)
    assert all(built[needed] >= built[needing] for built in steps for needing, needed in portfolio.needs)
    assert all((fewer <= more).all() and more.sum() > fewer.sum() for fewer, more in pairwise(won))
    assert (won[-1] | portfolio.won).tolist() == (may_win(portfolio, together) | portfolio.won).tolist()
