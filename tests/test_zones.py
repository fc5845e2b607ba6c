"""Plane coordinates of a neighbouring zone are recognised by where they would lie."""

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyproj
import pytest
from shapely import Point

from cfgeo.read import read_places
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


CGCS2000 = range(4491, 4555)
"""EPSG: zones of six degrees with and without their number before x, then of three."""


def test_the_codes_are_all_zones_of_china() -> None:
    names = {code: pyproj.CRS(code).name for code in CGCS2000}
    assert all(name.startswith("CGCS2000 /") for name in names.values())
    assert sum("zone" in name for name in names.values()) == sum("CM" in name for name in names.values()) == 32


@pytest.mark.parametrize("code", [4491, 4496, 4501, 4502, 4507, 4512, 4513, 4524, 4533, 4534, 4545, 4554])
def test_a_shapefile_in_a_zone_of_cgcs2000_lies_where_its_degrees_do(tmp_path: Path, code: int) -> None:
    crs = pyproj.CRS(code)
    (meridian,) = (p.value for p in crs.coordinate_operation.params if p.name == "Longitude of natural origin")
    lon, lat = np.meshgrid(meridian + np.array([-1.4, 0, 1.4]), np.array([20, 35, 50.0]))
    at = gpd.GeoDataFrame({"n": range(9)}, geometry=gpd.points_from_xy(lon.ravel(), lat.ravel(), crs=4490))
    there = at.to_crs(code)
    prefix = int(there.geometry.x.iloc[4] // 1_000_000)
    assert prefix == (0 if "CM" in crs.name else int(crs.name.rsplit(" ", 1)[1]))
    there.to_file(tmp_path / "a.shp")
    read = read_places(tmp_path / "a.shp", columns={}, datum="cgcs2000")
    back = read.to_crs("EPSG:4326").geometry
    off_m = np.hypot((back.x - lon.ravel()) * np.cos(np.radians(lat.ravel())), back.y - lat.ravel()) * 111_320
    assert off_m.max() < 0.001
    box = (meridian - 2, 19, meridian + 2, 51)
    assert check_zone("schools", read, box) == []
    # The same numbers, with a zone's number where the system has none, or without where it has one.
    zone = prefix or round(meridian / 3)
    other = read.set_geometry(read.geometry.translate((-1 if prefix else 1) * zone * 1_000_000))
    (row,) = check_zone("schools", other, box)
    assert (row["rule"], row["values"]["zone"]) == ("zone_prefix", zone)
