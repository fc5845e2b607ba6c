"""Positions that are rough, repeated or off all streets are found, and sound ones are not."""

from typing import Any

import geopandas as gpd
from shapely import Point
from worlds.studies import places
from worlds.town import at, town_communities, town_layers

from cfgeo import Network
from cfgeo.check.coordinates import check_repeated, check_rough, check_streets
from cfgeo.core.schema import ROW


def degrees(*xy: tuple[float, float]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=[Point(*one) for one in xy], crs="EPSG:4326")


def test_a_list_of_few_decimals_is_rough() -> None:
    rough, fine = [(106.55, 29.556), (106.5, 29.5), (106.551, 29.55)], (106.551234, 29.551234)
    assert [row["values"] for row in check_rough("schools", degrees(*rough, fine))] == [{"count": 3, "total": 4}]
    for table in (degrees(*rough[:2], fine), degrees(*rough, *[fine] * 4), degrees(), degrees(*rough).to_crs(32648)):
        assert check_rough("schools", table) == []


def facilities(shapes: list[Any], **columns: Any) -> gpd.GeoDataFrame:
    usual = {"kind": ["primary"] * len(shapes), "name": ["一小"] * len(shapes), ROW: range(2, 2 + len(shapes))}
    return places(shapes, **{**usual, **columns})


def test_rows_that_say_the_same_are_counted() -> None:
    homes = places([at(0, 0), at(1, 0), at(0, 0), at(0, 0)], children=[1, 1, 1, 2]).set_axis([2, 3, 4, 5])
    assert [row["values"] for row in check_repeated("demand", homes)] == [{"count": 1, "rows": ("4",)}]
    assert check_repeated("demand", homes.drop(columns="children")) == [], "points alone are no statement"


def test_communities_without_a_street_are_named(town: Network) -> None:
    communities = town_communities()
    assert check_streets(communities, town, snap_m=100) == []
    (row,) = check_streets(communities, town, snap_m=20)
    assert row["values"] == {"count": 1, "codes": ("C04",), "snap_m": 20}
    assert town_layers()["schools"].crs == communities.crs
