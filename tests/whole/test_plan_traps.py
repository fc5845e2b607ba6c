"""Small towns made by hand in which projects work together, or against one another, as a model may not expect."""

from pathlib import Path
from typing import Any

import pytest
from shapely import box
from worlds.plan_traps import (
    AROUND,
    FIRST,
    LOOP,
    SECOND,
    XY,
    assert_best,
    gone,
    link,
    planned,
    project,
    room,
    school,
    trap,
)
from worlds.terraces import Terraces

from cfgeo import LinkChange


def test_two_links_in_a_row_bring_what_neither_does(tmp_path: Path) -> None:
    town = trap(tmp_path, project("A", 2, FIRST), project("B", 3, SECOND), ways=AROUND, homes=[(0, 20)],
                schools=[(300, 5)])  # fmt: skip
    # 20 m off the street, 300 m along, 5 m to the door: 325 s.
    assert assert_best(town)[1] == ("A", "B")


def test_a_way_past_the_door_that_leads_nowhere_does_not_hide_what_two_links_bring(tmp_path: Path) -> None:
    town = trap(tmp_path, project("A", 2, FIRST), project("B", 3, SECOND), project("C", 1, LOOP), ways=AROUND,
                homes=[(0, 20)], schools=[(300, 5)])  # fmt: skip
    assert assert_best(town)[1] == ("A", "B")


def test_what_takes_a_home_off_its_street_is_left_out_where_another_does(tmp_path: Path) -> None:
    town = trap(tmp_path, project("A", 2, FIRST), project("B", 3, SECOND),
                project("C", 1, LOOP, school(-50, 605)), project("D", 4, school(-55, 605)),
                ways=AROUND, homes=[(0, 20), (-50, 610)], schools=[(300, 5)])  # fmt: skip
    assert assert_best(town) == {0: (), 1: ("C",), 2: ("A", "B", "D")}


def test_of_two_that_hurt_and_shut_each_other_out_neither_is_built(tmp_path: Path) -> None:
    other = link("walkway", (-45, 600), (0, 25), (45, 600))
    town = trap(tmp_path, project("A", 2, FIRST), project("B", 3, SECOND),
                project("C", 1, LOOP, school(-50, 605), excludes=("E",)), project("D", 4, school(-55, 605)),
                project("E", 1.5, other, school(-50, 604), excludes=("C",)),
                ways=AROUND, homes=[(0, 20), (-50, 610)], schools=[(300, 5)])  # fmt: skip
    assert assert_best(town) == {0: (), 1: ("C",), 2: ("A", "B", "D")}


def test_a_yard_is_entered_where_a_new_street_comes_to_it(tmp_path: Path) -> None:
    # The school's yard is 400 m long; B runs through it to its gate at the other end.
    ways = {**AROUND, 2: [(700, 0), (800, 0)], 4: [(-100, 0), (-100, -400), (100, -400), (800, -400), (800, 0)]}
    town = trap(tmp_path, project("A", 2, FIRST), project("B", 3, link("walkway", (100, 0), (700, 0))), ways=ways,
                homes=[(0, 20)], schools=[box(290, -10, 690, 40)])  # fmt: skip
    assert assert_best(town) == {0: (), 1: ("A", "B")}


def test_a_street_that_hangs_loose_may_take_a_home_off_its_own_once_it_is_joined(tmp_path: Path) -> None:
    # It passes 4 m from the first home, and C joins it to the street of the second, 536 m on.
    ways = {**AROUND, 6: [(-40, 560), (0, 24), (40, 560)]}
    join = link("walkway", (-50, 600), (-40, 560))
    town = trap(tmp_path, project("A", 2, FIRST), project("B", 3, SECOND), project("C", 1, join, school(-50, 605)),
                project("D", 4, school(-55, 605)), ways=ways, homes=[(0, 20), (-50, 610)],
                schools=[(300, 5)])  # fmt: skip
    assert assert_best(town) == {0: (), 1: ("C",), 2: ("A", "B", "D")}


def test_two_schools_closed_hurt_whom_neither_does_alone(tmp_path: Path) -> None:
    # The home at (0, 0) has two schools. A and B each bring a far home one, and close one of them.
    ways = {1: [(-2000, 0), (-1000, 0), (0, 0), (1000, 0), (2000, 0)]}
    town = trap(tmp_path, project("A", 1, gone("School 0"), school(-1000, 0)),
                project("B", 1, gone("School 1"), school(1000, 0)), project("C", 5, school(2000, 0)),
                ways=ways, homes=[(0, 5), (-1000, 5), (1000, 5), (2000, 5)],
                schools=[(50, 0), (-50, 0)])  # fmt: skip
    # All four with A and B alone would be the school of C less; the home between them has none then.
    assert assert_best(town)[3] in {("A", "C"), ("B", "C")}


def test_the_dearer_of_two_refits_may_be_the_one_that_helps(tmp_path: Path) -> None:
    # Steps at x 0 to 50; the pram can take them with a ramp (100 s), and then needs the school of B behind them.
    ways = {1: [(-100, 0), (0, 0)], 2: [(0, 0), (50, 0)], 3: [(50, 0), (200, 0)],
            4: [(-100, 0), (-100, -900), (200, -900), (200, 0)]}  # fmt: skip
    handrail = LinkChange("refit", way=2, tags={"step_count": "100"})
    ramp = LinkChange("refit", way=2, tags={"ramp:stroller": "yes"})
    town = trap(tmp_path, project("A", 1, handrail), project("R", 5, ramp), project("B", 2, school(100, 0)),
                ways=ways, homes=[(-50, 5)], schools=[(-100, -900)], walker="pram", steps=(2,))  # fmt: skip
    assert assert_best(town)[1] == ("B", "R")


def test_a_refit_that_blocks_a_way_does_not_hide_it(tmp_path: Path) -> None:
    stairs = LinkChange("refit", way=2, tags={"highway": "steps"})
    town = trap(tmp_path, project("A", 1, stairs), project("B", 2, FIRST), project("C", 2, SECOND), ways=AROUND,
                homes=[(0, 20)], schools=[(300, 5)], walker="pram")  # fmt: skip
    assert assert_best(town)[1] == ("B", "C")


@pytest.mark.parametrize("first", ["stairs", "ramp"])
def test_stairs_and_a_ramp_on_one_line_are_two_projects(tmp_path: Path, first: str) -> None:
    # Both are drawn from 10 m beside the street: what joins the one to it must not be a part of the other.
    ways = {1: [(-100, 0), (0, 0)], 3: [(100, 0), (200, 0)], 4: [(-100, 0), (-100, -900), (200, -900), (200, 0)]}
    line = [(-8, 12), (50, 12), (108, 12)]
    second = "ramp" if first == "stairs" else "stairs"
    town = trap(tmp_path, project("A", 1, link(first, *line), excludes=("R",)),
                project("R", 1, link(second, *line), excludes=("A",)), project("B", 2, school(150, 0)),
                ways=ways, homes=[(-50, 5)], schools=[(-100, -900)], walker="pram")  # fmt: skip
    assert assert_best(town)[1] == (("A", "B") if first == "ramp" else ("B", "R"))


def test_a_path_into_a_school_yard_does_not_hide_its_other_gate(tmp_path: Path) -> None:
    # The yard of B has its gate on way 2 until a path runs through it; then only the path leads in.
    ways = {**AROUND, 6: [(300, 0), (300, 300), (100, 300)]}
    yard = box(210, 10, 290, 60)
    path = link("walkway", (300, 200), (250, 200), (250, 50), (280, 50), (280, 210), (300, 220))
    town = trap(tmp_path, project("A", 2, FIRST), project("B", 3, SECOND, school(yard)), project("C", 1, path),
                ways=ways, homes=[(0, 20)], schools=[(-100, -390)])  # fmt: skip
    assert assert_best(town)[1] == ("A", "B")


def test_one_way_by_its_id_and_by_its_name_is_one_thing(tmp_path: Path) -> None:
    ways = {1: [(-100, 0), (0, 0)], 2: [(0, 0), (50, 0)], 3: [(50, 0), (200, 0)],
            4: [(-100, 0), (-100, -900), (200, -900), (200, 0)]}  # fmt: skip
    by_id = LinkChange("refit", way=2, tags={"ramp:stroller": "yes"})
    by_name = LinkChange("refit", street="Way 2", tags={"ramp:stroller": "yes"})
    town = trap(tmp_path, project("A", 3, by_id), project("R", 2, by_name), project("B", 2, school(100, 0)),
                project("S", 1, school(-20, 0), excludes=("B",)),
                ways=ways, homes=[(-50, 5)], schools=[(-100, -900)], walker="pram", steps=(2,))  # fmt: skip
    assert assert_best(town)[1] == ("S",)


def test_a_street_closed_may_be_where_another_project_begins(tmp_path: Path) -> None:
    # A begins on way 6, which X closes for a school that it brings to the second home.
    ways = {**AROUND, 6: [(0, 0), (0, -100)]}
    far = link("walkway", (0, -60), (200, -40), (200, 0))
    town = trap(tmp_path, project("A", 2, far), project("X", 1, LinkChange("close", way=6), school(-50, 300)),
                project("D", 4, school(-40, 300)), ways=ways, homes=[(0, 5), (-50, 305)],
                schools=[(260, 0)])  # fmt: skip
    assert_best(town)


def test_two_streets_closed_may_part_the_town_in_two(tmp_path: Path) -> None:
    # North of the main street lies a lane with a home and its school, 500 m from either bridge. Without both it is cut
    # off, and only the larger part is walked. The links A and B are 100 m each; limit 360 s.
    bridges = {4: [(-500, 0), (-500, 1000)], 5: [(500, 0), (500, 1000)]}
    north = {3: [(-500, 1000), (0, 1000)], 6: [(200, 1000), (500, 1000)], 7: [(100, 1000), (100, 1400)],
             8: [(-500, 1000), (-500, 1400), (100, 1400), (500, 1400), (500, 1000)]}  # fmt: skip
    ways: dict[int, list[XY]] = {1: [(-500, 0), (500, 0)], 2: [(500, 0), (9000, 0)], **bridges, **north}
    homes: list[XY] = [(0, 1005), (2000, 5), (4000, 5)]
    shut = [project("X", 1, LinkChange("close", way=4), school(2000, 8)),
            project("Y", 1, LinkChange("close", way=5), school(4000, 8)), project("D", 4, school(4010, 8))]  # fmt: skip
    whole = trap(tmp_path / "whole", *shut, ways={**ways, 9: [(0, 1000), (200, 1000)]}, homes=homes,
                 schools=[(300, 1005)])  # fmt: skip
    assert assert_best(whole) == {1: (), 2: ("X",), 3: ("D", "X")}
    links = [project("A", 2, link("walkway", (0, 1000), (100, 1000))),
             project("B", 3, link("walkway", (100, 1000), (200, 1000)))]  # fmt: skip
    apart = trap(tmp_path / "apart", *links, *shut, ways=ways, homes=homes, schools=[(300, 1005)])
    assert assert_best(apart)[3] == ("A", "B", "D", "X")


def test_a_lane_that_is_cut_off_leaves_its_home_to_the_next_street(tmp_path: Path) -> None:
    # The home lies 10 m from the lane, which meets the main street 500 m away, and 50 m from the main street. Without
    # way 4 nobody walks on the lane, and the school of S is near.
    ways: dict[int, list[XY]] = {1: [(-500, 0), (500, 0)], 2: [(500, 0), (3000, 0)], 3: [(-400, 60), (500, 60)],
                                 4: [(500, 60), (500, 0)]}  # fmt: skip
    town = trap(tmp_path, project("X", 1, LinkChange("close", way=4)), project("S", 2, school(100, -5)),
                project("T", 9, school(5, 62)), ways=ways, homes=[(0, 50)], schools=[(3000, 5)])  # fmt: skip
    assert assert_best(town) == {0: (), 1: ("S", "X")}


def test_a_yard_whose_street_is_closed_is_entered_from_another(tmp_path: Path) -> None:
    # Way 6 comes from the north and ends in the yard of S, 40 m from the main street: while it is there, nobody enters
    # from the south.
    ways: dict[int, list[XY]] = {1: [(-500, 0), (500, 0)], 5: [(-500, 0), (-500, 600), (50, 600)],
                                 6: [(50, 600), (50, 50)]}  # fmt: skip
    yard = project("S", 2, school(box(40, 40, 60, 60)))
    town = trap(tmp_path, project("X", 1, LinkChange("close", way=6)), yard, project("T", 9, school(5, 5)), ways=ways,
                homes=[(0, 5)], schools=[(-500, 500)])  # fmt: skip
    assert assert_best(town) == {0: (), 1: ("S", "X")}


@pytest.mark.parametrize("apart", [False, True])
def test_a_school_at_a_street_that_is_new_itself(tmp_path: Path, *, apart: bool) -> None:
    # No other street lies within 100 m of it.
    street, there = link("walkway", (0, 0), (50, 250), (60, 600)), school(90, 250)
    listed = [project("N", 2, street), project("S", 1, there, requires=("N",))] if apart else [
        project("S", 3, street, there)]  # fmt: skip
    town = trap(tmp_path, *listed, project("T", 9, school(0, 25)), ways=AROUND, homes=[(0, 20)],
                schools=[(300, 5)])  # fmt: skip
    assert assert_best(town) == {0: (), 1: ("N", "S") if apart else ("S",)}


def standing_apart(folder: Path, *path: XY) -> Terraces:
    """Return a town in which the school of S stands at way 6, which X closes for a school that the second home gets."""
    ways: dict[int, list[XY]] = {1: [(-500, 0), (200, 0), (500, 0)], 2: [(500, 0), (3000, 0)],
                                 6: [(200, 0), (200, 300)]}  # fmt: skip
    shut = project("X", 1, LinkChange("close", way=6), school(-400, -5))
    return trap(folder, project("S", 2, school(190, 250)), shut, project("N", 1, link("walkway", *path)),
                project("T", 9, school(150, -5)), project("U", 9, school(-395, -5)), ways=ways,
                homes=[(150, 5), (-400, 5)], schools=[(3000, 5)])  # fmt: skip


def test_what_cannot_stand_together_may_with_a_third(tmp_path: Path) -> None:
    # The path of N leaves the main street, comes back to it, and passes 70 m from the school of S.
    town = standing_apart(tmp_path, (100, 0), (120, 250), (140, 0))
    assert assert_best(town) == {0: (), 1: ("X",), 2: ("N", "S", "X")}
    order = planned(town, target=1.0).built
    assert order.index.tolist() == ["X", "N", "S"], "S waits for N"
    assert order["passed"].tolist() == [1, 1, 2]


def test_what_cannot_stand_with_a_third_either_is_ruled_out(tmp_path: Path) -> None:
    # Here the path of N ends 150 m short of it.
    town = standing_apart(tmp_path, (100, 0), (120, 100), (140, 0))
    assert assert_best(town) == {0: (), 1: ("X",), 2: ("T", "X")}


def test_a_ramp_that_stairs_would_take_off_the_street_is_built_without_them(tmp_path: Path) -> None:
    # Both are drawn from 12 m beside the street. Beside the stairs of A the ramp begins at their end, and no pram comes
    # to it; A also brings the second home its school, as D does for more.
    ways = {1: [(-100, 0), (0, 0)], 3: [(100, 0), (200, 0)], 4: [(-100, 0), (-100, -900), (200, -900), (200, 0)]}
    line = [(-8, 12), (50, 12), (108, 12)]
    town = trap(tmp_path, project("A", 1, link("stairs", *line), school(200, -410)),
                project("R", 1, link("ramp", *line)), project("B", 2, school(150, 0)),
                project("D", 4, school(200, -420)), ways=ways, homes=[(-50, 5), (195, -400)],
                schools=[(-100, -900)], walker="pram")  # fmt: skip
    assert assert_best(town) == {0: (), 1: ("A",), 2: ("B", "D", "R")}


def test_a_room_that_one_closes_and_another_makes_good(tmp_path: Path) -> None:
    # X brings the second home its school and closes the first one's room, without which that fails.
    listed = [project("X", 1, school(-50, 605), gone("Room 0")), project("R", 2, room(0, 21)),
              project("D", 4, school(-55, 605))]  # fmt: skip
    common: dict[str, Any] = {"homes": [(0, 20), (-50, 610)], "schools": [(0, 25)], "ways": AROUND}
    town = trap(tmp_path / "one", *listed, **common, rooms=((0, 22), (-50, 608)), need_rooms=1)
    assert assert_best(town) == {1: (), 2: ("R", "X")}
    assert planned(town, target=0.5).projects["status"].to_dict() == {"X": "spare", "R": "spare", "D": "spare"}


def test_rooms_that_several_projects_bring_are_counted_together(tmp_path: Path) -> None:
    # Three are asked for and one is there, which X would close; Q and R bring one each, W something else.
    listed = [
        project("W", 0.5, room(0, 20, kind="court"), room(1, 20, kind="court")),
        project("X", 1, gone("Room 0")),
        project("Q", 1, room(0, 21)),
        project("R", 1, room(1, 21)),
    ]
    town = trap(tmp_path, *listed, ways=AROUND, homes=[(0, 20)], schools=[(0, 25)], rooms=((0, 22),), need_rooms=3)
    assert assert_best(town) == {0: (), 1: ("Q", "R")}
