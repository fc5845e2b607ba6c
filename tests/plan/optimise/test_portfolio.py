"""The model alone, without streets: what it promises, and what trials teach it."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from worlds.portfolios import drawn, table

from cfgeo.core.schema import BoolArray
from cfgeo.plan.optimise.master import propose
from cfgeo.plan.optimise.portfolio import Cuts, Portfolio, Wish, may_win, refute


def proposed(portfolio: Portfolio, wish: Wish, cuts: Cuts | None = None) -> tuple[list[int], float]:
    proposal = propose(portfolio, cuts or Cuts(), wish, seconds=10)
    built = [] if proposal.built is None else np.flatnonzero(proposal.built).tolist()
    return built, round(proposal.bound, 6)


def test_the_model_proposes_the_cheapest_sets(few: Portfolio) -> None:
    assert proposed(few, Wish(at_least=1)) == ([], 0)
    assert proposed(few, Wish(at_least=2)) == ([0], 2)
    assert proposed(few, Wish(at_least=3)) == ([0, 1, 2], 9)
    assert proposed(few, Wish(groups=np.array([1]))) == ([1, 2], 7)
    assert proposed(few, Wish(at_least=4)) == ([], np.inf)


def test_a_way_with_a_new_place_at_its_end_takes_the_place(few: Portfolio) -> None:
    ending = replace(few, links=table([0, 0, 0], [0, 1, 0]), places=table([0, 0, 0], [0, 0, 1]),
                     by_links=np.array([True, False]))  # fmt: skip
    assert proposed(ending, Wish(groups=np.array([1]))) == ([1, 2], 7)


def test_no_proposal_lacks_what_it_needs_or_holds_what_it_excludes(few: Portfolio) -> None:
    assert proposed(replace(few, needs=np.array([[0, 2]])), Wish(at_least=2)) == ([0, 2], 6)
    assert proposed(replace(few, excludes=np.array([[1, 2]])), Wish(at_least=3)) == ([], np.inf)


def test_a_trial_asks_for_something_more(few: Portfolio) -> None:
    """B and C are tried, and the second group's point is not in reach: only what was not built can help."""
    wider = replace(few, cost=np.array([9.0, 3, 4]), links=table([0, 0, 0], [1, 1, 1]))
    built = np.array([False, True, True])
    cut = refute(wider, built, np.array([False, False]), wider.won)
    assert (cut.uncovered.tolist(), cut.lost.tolist()) == ([False, True], [False, False, False])
    cuts = Cuts().with_trial(cut)
    assert proposed(wider, Wish(groups=np.array([1])), cuts) == ([0, 1], 12)


def test_what_hurt_in_a_trial_may_be_left_out(few: Portfolio) -> None:
    built = np.array([True, True, True])
    hurting = replace(few, hurts=np.array([[False] * 3, [True, False, False], [False] * 3]))
    for portfolio, expected in ((few, ([], np.inf)), (hurting, ([1, 2], 7))):
        cut = refute(portfolio, built, np.array([True, False]), np.array([True, False, True]))
        cuts = Cuts().with_trial(cut)
        assert proposed(portfolio, Wish(groups=np.array([1])), cuts) == expected
        assert proposed(portfolio, Wish(at_least=3), cuts) == ([], np.inf)
    cuts = Cuts().with_trial(replace(cut, for_subsets=True))
    assert proposed(hurting, Wish(groups=np.array([1])), cuts) == ([], np.inf)


def test_a_group_that_was_lost_asks_for_another_set(few: Portfolio) -> None:
    built = np.array([True, False, False])
    cut = refute(few, built, np.array([True, False]), np.array([False, False, True]))
    assert (cut.uncovered.any(), cut.lost.tolist()) == (False, [True, False, False])
    cuts = Cuts().with_trial(cut)
    assert proposed(few, Wish(groups=np.array([0])), cuts) == ([], np.inf), "no other project touches it"


def test_what_one_project_covers_and_a_trial_does_not_find_is_lost_to_this_set(few: Portfolio) -> None:
    linked = replace(few, links=table([1, 1, 0], [0, 1, 1]))
    cut = refute(linked, np.array([True, False, False]), np.array([False, False]), few.won)
    assert (cut.uncovered.any(), cut.lost.tolist()) == (False, [True, False, False])


def test_points_that_only_a_place_covers_are_not_those_that_links_cover(few: Portfolio) -> None:
    shared, none = [0, 1, 1], [0, 0, 0]
    both = replace(few, alone=table(none, none), links=table(shared, shared), goal=np.array([1, 1]),
                   share=np.full(2, 0.5), by_links=np.array([True, False]))  # fmt: skip
    assert proposed(both, Wish(groups=np.array([1]))) == ([], np.inf), "no project brings a place"
    assert proposed(replace(both, by_links=np.array([True, True])), Wish(groups=np.array([1]))) == ([1, 2], 7)


def test_what_cannot_stand_together_is_not_proposed(few: Portfolio) -> None:
    cuts = Cuts().with_conflict(np.array([False, True, True]))
    assert proposed(few, Wish(at_least=3), cuts) == ([], np.inf)
    beside = replace(few, opens=np.array([True, True, False]))
    assert proposed(beside, Wish(groups=np.array([1])), cuts) == ([0, 1, 2], 9), "A may bring a street"


def test_counted_places_meet_a_goal_together(few: Portfolio) -> None:
    counting = replace(few, counts=table([0, 0, 0], [0, 0.5, 0.5]), links=table([0, 0, 0], [0, 0, 0]))
    assert proposed(counting, Wish(groups=np.array([1]))) == ([1, 2], 7)


def truth(portfolio: Portfolio, built: BoolArray) -> tuple[BoolArray, BoolArray]:
    """Return which points are covered and which groups won where several projects together never do more than each."""
    covered = portfolio.alone @ built.astype(float) > 0
    nothing = replace(portfolio, links=portfolio.links * 0.0, places=portfolio.places * 0.0)
    return covered, may_win(nothing, built)


@given(st.integers(0, 10_000), st.integers(1, 4))
def test_what_a_trial_refuted_is_not_proposed_again_and_the_end_is_the_best(seed: int, at_least: int) -> None:
    """The model hopes for what several projects do together, and trials always disappoint it."""
    portfolio, _ = drawn(seed)
    every = [np.array(bits, dtype=bool) for bits in product([False, True], repeat=portfolio.n_projects)]
    sound = [built for built in every if all(built[needed] for needing, needed in portfolio.needs if built[needing])]
    cost = [portfolio.cost @ built for built in sound if truth(portfolio, built)[1].sum() >= at_least]
    cuts, seen = Cuts(), set[bytes]()
    while True:
        proposal = propose(portfolio, cuts, Wish(at_least=at_least), seconds=10)
        if not proposal.feasible:
            assert not cost
            return
        assert proposal.built is not None
        assert proposal.bound <= min(cost, default=np.inf) + 1e-6
        covered, won = truth(portfolio, proposal.built)
        if won.sum() >= at_least:
            assert portfolio.cost @ proposal.built == pytest.approx(min(cost))
            return
        assert proposal.built.tobytes() not in seen
        seen.add(proposal.built.tobytes())
        cuts = cuts.with_trial(refute(portfolio, proposal.built, covered, won))
