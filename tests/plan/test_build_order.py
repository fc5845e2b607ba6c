"""The order in which to build: what is decided, then what brings most for its cost, nothing before what it needs."""

from pathlib import Path

from worlds.plan_traps import AROUND, FIRST, SECOND, of, project, room, school, trap
from worlds.terraces import Terraces

from cfgeo.plan.build_order import build_order
from cfgeo.plan.potential import portfolio_of, potential_of


def ordered(town: Terraces, ids: str) -> list[str]:
    """Return the order in which to build some projects."""
    trials = of(town)
    potential, built = potential_of(trials), trials.standing(ids)
    return build_order(trials.listed, potential, portfolio_of(trials, potential), built, trials.outcome(built))


def test_the_bundle_that_wins_most_for_its_cost_comes_first(tmp_path: Path) -> None:
    # For 5 the links A and B bring the first home its school, for 4 C the second one's. D is decided, E wins nothing.
    listed = [project("E", 1, school(-100, -400)), project("A", 2, FIRST, requires=("E",)), project("B", 3, SECOND),
              project("C", 4, school(-55, 605)), project("D", 9, school(300, 5), decided=True)]  # fmt: skip
    town = trap(tmp_path, *listed, ways=AROUND, homes=[(0, 20), (-50, 610)], schools=[(300, 8)])
    order = ordered(town, "ABCDE")
    assert order[0] == "D"
    assert order[1] == "C", "one home for 4; the other costs 6 with what it needs"
    assert set(order[2:]) == {"A", "B", "E"}
    assert order.index("E") < order.index("A")
    assert ordered(town, "D") == ["D"]


def test_of_two_that_do_the_cheaper_one_comes_first(tmp_path: Path) -> None:
    town = trap(tmp_path, project("K", 50, school(0, 25)), project("C", 4, school(0, 30)), ways=AROUND, homes=[(0, 20)],
                schools=[(300, 5)])  # fmt: skip
    assert ordered(town, "KC") == ["C", "K"]


def test_of_what_wins_together_comes_first_what_brings_most_for_its_cost(tmp_path: Path) -> None:
    # Three rooms: Q brings two of them for 6, R one for 1.
    town = trap(tmp_path, project("Q", 6, room(0, 21), room(1, 21)), project("R", 1, room(2, 21)), ways=AROUND,
                homes=[(0, 20), (-50, 610)], schools=[(0, 25)], rooms=((-50, 611),) * 3, need_rooms=3)  # fmt: skip
    assert ordered(town, "QR") == ["R", "Q"]


def test_who_counts_rooms_is_won_by_rooms(tmp_path: Path) -> None:
    # One room wins the first home for 3; the second takes two, of which S is the dearer.
    town = trap(tmp_path, project("S", 2, room(-50, 611)), project("T", 1.5, room(-50, 612)),
                project("R", 3, room(0, 21)), ways=AROUND, homes=[(0, 20), (-50, 610)],
                schools=[(0, 25), (-50, 605)], rooms=((1, 21),), need_rooms=2)  # fmt: skip
    assert ordered(town, "RST") == ["R", "T", "S"]
