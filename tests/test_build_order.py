"""The order in which to build: what is decided, then what brings most for its cost, nothing before what it needs."""

from pathlib import Path

from test_plan_traps import AROUND, FIRST, SECOND, project, school, trap
from test_trials import of

from cfgeo.build_order import build_order
from cfgeo.portfolio_search import portfolio_of
from cfgeo.potential import potential


def test_the_best_next_ones_each_time(tmp_path: Path) -> None:
    # For 5 the links A and B bring the first home its school, for 4 C the second one's. D is decided, E wins nothing.
    listed = [project("E", 1, school(-100, -400)), project("A", 2, FIRST, requires=("E",)), project("B", 3, SECOND),
              project("C", 4, school(-55, 605)), project("D", 9, school(300, 5), decided=True)]  # fmt: skip
    town = trap(tmp_path, *listed, ways=AROUND, homes=[(0, 20), (-50, 610)], schools=[(300, 8)])
    trials = of(town)
    able = potential(trials)
    ids = frozenset("ABCDE")
    order = build_order(trials.listed, able, portfolio_of(trials, able), ids, trials.outcome(ids))
    assert order[0] == "D"
    assert order[1] == "C", "one home for 4; the other costs 6 with what it needs"
    assert set(order[2:]) == {"A", "B", "E"}
    assert order.index("E") < order.index("A")
    only = build_order(trials.listed, able, portfolio_of(trials, able), frozenset("D"), trials.outcome(frozenset("D")))
    assert only == ["D"]
