"""The model proposes, the trial decides: until both agree, and honestly where the time ends."""

from pathlib import Path

import numpy as np
from worlds.plan_traps import AROUND, FIRST, LOOP, SECOND, of, project, school, trap

from cfgeo.plan.optimise.portfolio import Wish
from cfgeo.plan.potential import potential_of
from cfgeo.plan.search import PortfolioSearch, TimeBudget


def search_in(folder: Path) -> PortfolioSearch:
    """Return two homes: A and B bring one its school; C brings the other one, and takes the first off its street."""
    town = trap(folder, project("A", 2, FIRST), project("B", 3, SECOND), project("C", 1, LOOP, school(-50, 605)),
                project("D", 4, school(-55, 605)), project("E", 1, school(0, 25), decided=False, excludes=("A", "D")),
                project("F", 0.5, school(-100, -400), decided=True),
                ways=AROUND, homes=[(0, 20), (-50, 610)], schools=[(300, 5)])  # fmt: skip
    trials = of(town)
    return PortfolioSearch(trials, potential_of(trials))


def enough() -> TimeBudget:
    return TimeBudget.start(20)


def none() -> TimeBudget:
    return TimeBudget.start(0)


def test_the_cheapest_for_so_many_and_for_certain_ones(tmp_path: Path) -> None:
    search = search_in(tmp_path)
    answer = search.cheapest(Wish(at_least=1), budget=enough())
    assert (answer.ids, answer.cost, answer.bound, answer.proven) == ({"F", "C"}, 1.5, 1.5, True)
    both = search.cheapest(Wish(groups=np.array([0, 1])), budget=enough())
    assert (both.ids, both.cost, both.proven) == ({"F", "C", "E"}, 2.5, True), "not A, B and D for 9.5"
    none = search.cheapest(Wish(at_least=3), budget=enough())
    assert (none.ids, none.cost, none.bound) == (None, np.inf, np.inf)


def test_without_time_the_best_known_set_is_returned_unproven(tmp_path: Path) -> None:
    search = search_in(tmp_path)
    answer = search.cheapest(Wish(at_least=1), budget=none())
    assert (answer.ids, answer.cost) == ({"F", "C"}, 1.5), "each project alone has been tried"
    assert (answer.bound, answer.proven) == (0, False)
    for wish in (Wish(at_least=2), Wish(at_least=3)):
        nothing = search.cheapest(wish, budget=none())
        assert (nothing.ids, nothing.cost, nothing.bound, nothing.proven) == (None, np.inf, 0, False)


def test_a_bound_that_is_known_is_not_forgotten_without_time(tmp_path: Path) -> None:
    answer = search_in(tmp_path).cheapest(Wish(at_least=1), budget=none(), bound=1.2)
    assert (answer.cost, answer.bound) == (1.5, 1.2)
