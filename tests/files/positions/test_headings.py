"""Headings as departments, maps and QGIS write them."""

import pytest

from cfgeo.files.positions.headings import cells_in, datum_of, pairs_in


@pytest.mark.parametrize(
    ("lon", "lat", "datum"),
    [
        ("JD", "WD", ""),
        ("POINT_X", "POINT_Y", ""),
        ("X", "Y", ""),
        ("X坐标", "Y坐标", ""),
        ("坐标X", "坐标Y", ""),
        ("经度(E)", "纬度(N)", ""),
        ("东经", "北纬", ""),
        ("long", "lat", ""),
        ("Lng", "Lat", ""),
        ("ＬＯＮ", "ＬＡＴ", ""),
        ("中心点经度", "中心点纬度", ""),
        ("经 度", "纬 度", ""),
        ("經度", "緯度", ""),
        ("経度", "緯度", ""),
        ("横坐标", "纵坐标", ""),
        ("X坐标(东)", "Y坐标(北)", ""),
        ("centerLng", "centerLat", ""),
        ("Longitude(°)", "Latitude(°)", ""),
        ("E", "N", ""),
        ("经度", "lat", ""),
        ("lng_wgs84", "lat_wgs84", "wgs84"),
        ("lng84", "lat84", "wgs84"),
        ("WGS84经度", "WGS84纬度", "wgs84"),
        ("gcj02_lon", "gcj02_lat", "gcj02"),
        ("gd_lng", "gd_lat", "gcj02"),
        ("gdlng", "gdlat", "gcj02"),
        ("amap_lng", "amap_lat", "gcj02"),
        ("tencent_lng", "tencent_lat", "gcj02"),
        ("高德经度", "高德纬度", "gcj02"),
        ("经度（gcj02）", "纬度（gcj02）", "gcj02"),
        ("bd_lng", "bd_lat", "bd09"),
        ("bd09ll_x", "bd09ll_y", "bd09"),
        ("baidu_lon", "baidu_lat", "bd09"),
        ("百度经度", "百度纬度", "bd09"),
        ("经度(国家2000)", "纬度", "cgcs2000"),
    ],
)
def test_a_pair_of_headings_and_its_datum_are_recognised(lon: str, lat: str, datum: str) -> None:
    (pair,) = pairs_in(["名称", lat, "地址", lon])
    assert (pair.lon, pair.lat, pair.datum, pair.of) == (lon, lat, datum, "")


@pytest.mark.parametrize("headings", [["max", "may"], ["index", "name"], ["JD", "JDMC"], ["salon", "plat"], ["经度"]])
def test_other_headings_are_no_pair(headings: list[str]) -> None:
    assert pairs_in(headings) == []


def test_pairs_of_one_table_are_kept_apart() -> None:
    pairs = pairs_in(["lon", "经度", "百度纬度", "纬度", "lat", "百度经度", "入口经度", "入口纬度"])
    assert [(str(pair), pair.datum, pair.of) for pair in pairs] == [
        ("lon/lat", "", ""),
        ("经度/纬度", "", ""),
        ("百度经度/百度纬度", "bd09", ""),
        ("入口经度/入口纬度", "", "入口"),
    ]


def test_a_heading_that_stands_again_is_a_pair_of_its_own() -> None:
    pairs = pairs_in(["经度", "纬度", "名称 (C)", "经度 (D)", "纬度 (E)", "经度 (WGS)"])
    assert [(str(pair), pair.of) for pair in pairs] == [("经度/纬度", ""), ("经度 (D)/纬度 (E)", "")]


@pytest.mark.parametrize(
    ("heading", "datum", "lat_first"),
    [
        ("坐标", "", False),
        ("经纬度", "", False),
        ("location", "", False),
        ("百度坐标", "bd09", False),
        ("the_geom", "", False),
        ("坐标（高德）", "gcj02", False),
        ("latLng", "", True),
        ("纬度,经度", "", True),
        ("经度,纬度", "", False),
        ("WKT", "", False),
    ],
)
def test_headings_of_both_in_one_cell(heading: str, datum: str, lat_first: bool) -> None:
    (columns,) = cells_in(["名称", heading, "地址"])
    assert (columns.cell, columns.datum, columns.lat_first) == (heading, datum, lat_first)


def test_headings_of_two_datums_name_none() -> None:
    assert datum_of(["高德经度", "百度纬度"]) == ""
    assert datum_of(["高德转百度经度"]) == ""
