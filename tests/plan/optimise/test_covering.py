"""What places cover and win: by hand, and what must hold for any of them."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from worlds.covers import TOWN, cover_from, covers, sets_of

from cfgeo.plan.optimise.covering import (
    Cover,
    asked_for,
    covered,
    exchanged,
    gains,
    greedy,
    groups_won,
    in_order,
    without_twins,
)

EVERY = np.arange(4)


def test_a_group_is_won_when_all_its_goals_are_met() -> None:
    assert groups_won(TOWN, np.array([0])).tolist() == [False, False]
    assert groups_won(TOWN, np.array([2])).tolist() == [True, False]
    assert groups_won(TOWN, np.array([0, 1, 3])).tolist() == [True, True]
    assert covered(TOWN, np.array([2, 0])) == 19


def test_a_row_that_counts_twice_needs_two_places() -> None:
    twice = replace(TOWN, most=np.array([1.0, 2.0, 1.0, 1.0, 1.0]))
    assert covered(twice, np.array([1])) == 8
    assert covered(twice, np.array([1, 2])) == 4 * 2 + 4 + 10


def test_gains_are_groups_then_shares_of_what_is_asked_then_weight() -> None:
    groups, shares, weight = gains(TOWN, np.empty(0, dtype=np.int64), for_groups=True)
    assert groups.tolist() == [0, 0, 1, 1]
    assert shares.tolist() == [1, 1, 2, 1]
    assert weight.tolist() == [15, 8, 14, 11]
    after = gains(TOWN, np.array([0]), for_groups=True)
    assert after[0].tolist() == [0, 1, 1, 1], "with the first goal met, the second place wins the group"
    assert gains(TOWN, np.array([0]), for_groups=False)[0].tolist() == [0, 8, 4, 6]


def test_greedy_adds_the_place_that_gains_most() -> None:
    assert greedy(TOWN, count=3, for_groups=True).tolist() == [2, 3, 1]
    assert greedy(TOWN, count=2, for_groups=False).tolist() == [0, 1]
    assert greedy(TOWN, count=9, for_groups=False).tolist() == [0, 1, 3], "the last adds nothing"
    assert greedy(TOWN, count=2, for_groups=False, after=np.array([3])).tolist() == [3, 2]
    assert in_order(TOWN, np.array([3, 2, 0]), for_groups=False).tolist() == [0, 3, 2]


def test_of_equals_the_first_is_taken() -> None:
    same = cover_from([[1, 1, 1]], weight=[3.0], goal=[0], asked=[3.0], group=[0])
    assert greedy(same, count=1, for_groups=True).tolist() == [0]


def test_an_exchange_improves_the_greedy_places() -> None:
    # The first place covers most, and stands in the way of the two that cover all.
    cover = cover_from([[1, 1, 0], [1, 1, 0], [1, 0, 1], [1, 0, 1], [0, 1, 0], [0, 0, 1]], [1.0] * 6, [-1] * 6, [], [])
    first = greedy(cover, count=2, for_groups=False)
    assert covered(cover, first) == 5
    assert sorted(exchanged(cover, first, for_groups=False)) == [1, 2]


def test_rows_without_a_goal_are_left_out() -> None:
    small = asked_for(TOWN)
    assert small.weight.tolist() == [10, 4, 4, 6]
    assert small.covers.shape == (4, 4)


@given(covers())
def test_without_twins_every_set_is_worth_the_same(cover: Cover) -> None:
    small, places = without_twins(cover)
    assert small.covers.shape[0] <= cover.covers.shape[0]
    for chosen in sets_of(small, small.n_places):
        assert covered(small, chosen) == covered(cover, places[chosen])
        assert groups_won(small, chosen).tolist() == groups_won(cover, places[chosen]).tolist()
    columns = cover.covers.toarray().T
    assert {tuple(column) for column in columns if column.any()} == {tuple(columns[place]) for place in places}


@given(covers(), st.booleans())
def test_more_places_never_cover_or_win_less(cover: Cover, for_groups: bool) -> None:
    order = greedy(cover, count=cover.n_places, for_groups=for_groups)
    assert len(set(order.tolist())) == len(order)
    weights = [covered(cover, order[:n]) for n in range(len(order) + 1)]
    assert (np.diff(weights) >= 0).all()
    won = np.array([groups_won(cover, order[:n]) for n in range(len(order) + 1)], dtype=int)
    assert (np.diff(won, axis=0) >= 0).all()


@given(covers())
def test_the_first_of_the_best_next_ones_is_the_best_of_all(cover: Cover) -> None:
    (first,) = greedy(cover, count=1, for_groups=False).tolist() or [None]
    best = max(covered(cover, np.array([place])) for place in range(cover.n_places))
    assert best == (0 if first is None else covered(cover, np.array([first])))
