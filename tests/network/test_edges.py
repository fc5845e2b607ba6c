"""Ways cut into edges, and cut again where they have changed."""

from dataclasses import replace

import numpy as np
import pytest
import shapely
from worlds.scenarios import drawn
from worlds.town import APART, CRS, SAC, STEPS, grid, town_streets

from cfgeo import LinkChange
from cfgeo.network.edges import CutWays, cut_again, cut_ways
from cfgeo.scenarios.change_ways import changed_ways

COLUMNS = ("osm_ids", "node", "xy", "breaks", "run", "first", "last", "length_m", "share")


def assert_same_cut(left: CutWays, right: CutWays) -> None:
    for name in COLUMNS:
        np.testing.assert_array_equal(getattr(left, name), getattr(right, name), name)
    assert shapely.equals_exact(left.lines, right.lines).all()


def way(cut: CutWays, osm_id: int) -> np.ndarray:
    """Return the edges of a way."""
    return np.flatnonzero(cut.streets.ways["osm_id"].to_numpy()[cut.run] == osm_id)


def test_edges_follow_their_ways() -> None:
    cut = cut_ways(town_streets(), crs=CRS)
    row = way(cut, 1000)
    assert cut.length_m[row].tolist() == [100.0] * 4
    assert cut.share[row].tolist() == [0.25] * 4
    assert cut.osm_ids[cut.node[cut.first[row]]].tolist() == [grid(x, 0) for x in (0, 100, 200, 300)]
    assert len(way(cut, SAC)) == 1
    assert (np.diff(cut.first) > 0).all()


def test_only_ways_that_a_change_touches_are_cut_again() -> None:
    cut = cut_ways(town_streets(), crs=CRS)
    changes = [drawn("stairs", (550, 50), (400, 50)), LinkChange("close", way=STEPS)]
    ways, same, *_ = changed_ways(cut, changes)
    again, was = cut_again(cut, ways, same)
    assert_same_cut(again, cut_ways(ways, crs=CRS))
    new = np.flatnonzero(was < 0)
    # The cul-de-sac, the street x = 400 and the stairs between them.
    assert sorted(set(again.streets.ways["osm_id"].to_numpy()[again.run[new]])) == [1014, SAC, 2009]
    assert len(new) == 2 + 2 + 1
    stays = np.flatnonzero(was >= 0)
    assert (again.lines[stays] == cut.lines[was[stays]]).all()
    assert set(np.arange(len(cut.run))) - set(was) == {*way(cut, STEPS), *way(cut, SAC), *way(cut, 1014)}


def test_a_way_that_another_no_longer_meets_is_cut_again() -> None:
    cut = cut_ways(town_streets(), crs=CRS)
    ways, same, *_ = changed_ways(cut, [LinkChange("close", way=1012), LinkChange("close", way=2004)])
    again, was = cut_again(cut, ways, same)
    row = way(again, 1001)
    assert again.length_m[row].tolist() == [100.0, 200.0, 100.0]
    assert was[row].tolist() == [way(cut, 1001)[0], -1, way(cut, 1001)[3]]


@pytest.mark.parametrize("crossing", [False, True])
def test_a_way_that_crosses_itself_is_cut_at_every_vertex_again(crossing: bool) -> None:
    streets = town_streets()
    cut = cut_ways(streets, crs=CRS)
    at = streets.offsets[streets.ways["osm_id"].to_list().index(SAC)]
    x = streets.x.copy()
    x[at + 3] += 200 if crossing else 0
    y = streets.y.copy()
    y[at + 3] -= 100 if crossing else 0
    same = np.where(streets.ways["osm_id"] == SAC, -1, np.arange(len(streets.ways)))
    moved = replace(streets, x=x, y=y)
    again, _ = cut_again(cut, moved, same)
    assert_same_cut(again, cut_ways(moved, crs=CRS))


def test_nothing_may_be_left() -> None:
    cut = cut_ways(town_streets(), crs=CRS)
    ways, same, *_ = changed_ways(cut, [LinkChange("close", way=int(each)) for each in cut.streets.ways["osm_id"]])
    again, was = cut_again(cut, ways, same)
    assert len(again.run) == len(was) == 0
    assert APART not in set(ways.ways["osm_id"])
