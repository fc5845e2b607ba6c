"""Plane coordinates of a neighbouring zone are recognised by where they would lie."""

from typing import Any

import geopandas as gpd
import pytest
from shapely import Point

from cfgeo.zones import check_zone

BBOX = (106.4, 29.4, 106.7, 29.7)
AT = gpd.GeoSeries([Point(106.55, 29.56), Point(106.56, 29.55), Point()], crs="EPSG:4326")


def said(true: str, said: str) -> list[dict[str, Any]]:
    table = gpd.GeoDataFrame(geometry=AT.to_crs(true).set_crs(said, allow_override=True))
    return check_zone("schools", table, BBOX)


@pytest.mark.parametrize(
    ("true", "wrong", "likely"),
    [
        ("EPSG:32648", "EPSG:32649", "105"),
        ("EPSG:32648", "EPSG:32647", "105"),
        ("EPSG:4545", "EPSG:4546", "108"),  # CGCS2000, three-degree zones
        ("EPSG:4544", "EPSG:4546", "105"),
    ],
)
def test_another_zone_is_named(true: str, wrong: str, likely: str) -> None:
    rows = said(true, wrong)
    assert [(row["rule"], row["layer"]) for row in rows] == [("zone_elsewhere", "schools")]
    assert rows[0]["values"]["likely"] == likely
    assert rows[0]["values"]["crs"] == wrong


@pytest.mark.parametrize("crs", ["EPSG:32648", "EPSG:4545", "EPSG:4326", "EPSG:3857"])
def test_the_right_zone_is_left_alone(crs: str) -> None:
    assert said(crs, crs) == []


def test_what_lies_nowhere_near_in_any_zone_is_left_alone() -> None:
    table = gpd.GeoDataFrame(geometry=[Point(500_000, 6_000_000)], crs="EPSG:32648")
    assert check_zone("schools", table, BBOX) == []
    assert check_zone("schools", table.iloc[:0], BBOX) == []
