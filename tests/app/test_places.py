"""Where a gate at a click would meet the streets on both sides of a wall."""

from typing import Any

import geopandas as gpd
import pytest
from shapely import LineString
from worlds.studies import degrees
from worlds.town import CRS, moved

from cfgeo.app.places import joined_at

SOUTH = LineString([(0, 0), (100, 0)])
NORTH = LineString([(0, 24), (100, 24)])
TOWARDS = LineString([(100, 0), (100, 24)])
BEYOND = LineString([(0, 31), (100, 31)])


def streets(*lines: LineString, ends: list[tuple[int, int]], form: str = "level") -> gpd.GeoDataFrame:
    """Return edges between numbered nodes, in the town's metres."""
    u, v = zip(*ends, strict=True)
    facts = {"u": u, "v": v, "form": form, "name": "", "osm_id": range(len(lines))}
    return gpd.GeoDataFrame(facts, geometry=[moved(line) for line in lines], crs=CRS)


def met(edges: gpd.GeoDataFrame, x: float, y: float) -> tuple[Any, Any]:
    """Return where a click is joined, and where across, in local metres."""
    found = joined_at(edges, *degrees(x, y))
    return found["at"], found["across"]


def place(x: float, y: float) -> Any:
    lon, lat = degrees(x, y)
    return pytest.approx([lat, lon], abs=2e-6)


def test_a_gate_between_two_streets_takes_one_click() -> None:
    wall = streets(SOUTH, NORTH, ends=[(1, 2), (3, 4)])
    assert met(wall, 50, 10) == (place(50, 0), place(50, 24))
    assert met(wall, 50, 15) == (place(50, 24), place(50, 0))
    assert met(streets(SOUTH, NORTH, BEYOND, ends=[(1, 2), (3, 4), (5, 6)]), 50, 10) == (place(50, 0), place(50, 24))


@pytest.mark.parametrize(
    ("edges", "x", "y"),
    [
        (streets(SOUTH, ends=[(1, 2)]), 50, 10),  # one side alone
        (streets(SOUTH, BEYOND, ends=[(1, 2), (3, 4)]), 50, 0.5),  # 30.5 m to the other
        (streets(SOUTH, TOWARDS, ends=[(1, 2), (2, 3)]), 90, 5),  # round a corner
        (streets(SOUTH, NORTH, ends=[(1, 2), (3, 4)]), 50, 0),  # on a street: there is no side
        (streets(SOUTH, NORTH, ends=[(1, 2), (3, 4)], form="lift"), 50, 10),
    ],
)
def test_else_it_takes_two(edges: gpd.GeoDataFrame, x: float, y: float) -> None:
    assert joined_at(edges, *degrees(x, y))["across"] is None
