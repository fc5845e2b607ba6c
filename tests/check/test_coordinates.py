"""Positions that are rough, repeated or off all streets are found, and sound ones are not."""

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
from shapely import Point
from worlds.studies import edited, places
from worlds.town import at, write_town

from cfgeo import CfgeoError, CheckError, Inputs, Study, load_inputs, load_study, run_study
from cfgeo.check.coordinates import check_repeated, check_rough, check_zone
from cfgeo.core.schema import ROW
from cfgeo.files.read import read_places


def degrees(*xy: tuple[float, float]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=[Point(*point) for point in xy], crs="EPSG:4326")


def test_a_list_of_three_decimals_is_rough() -> None:
    rough, fine = [(106.55, 29.556), (106.5, 29.5), (106.551, 29.55)], (106.551234, 29.551234)
    assert [row["values"] for row in check_rough("schools", degrees(*rough, fine))] == [{"count": 3, "total": 4}]
    for table in (degrees(*rough[:2], fine), degrees(*rough, *[fine] * 4), degrees(), degrees(*rough).to_crs(32648)):
        assert check_rough("schools", table) == []


def facilities(shapes: list[Any], **columns: Any) -> gpd.GeoDataFrame:
    usual = {"kind": ["primary"] * len(shapes), "name": ["一小"] * len(shapes), ROW: range(2, 2 + len(shapes))}
    return places(shapes, **{**usual, **columns})


def test_equal_rows_are_counted() -> None:
    homes = places([at(0, 0), at(1, 0), at(0, 0), at(0, 0)], children=[1, 1, 1, 2]).set_axis([2, 3, 4, 5])
    assert [row["values"] for row in check_repeated("demand", homes)] == [{"count": 1, "rows": ("4",)}]
    assert check_repeated("demand", homes.drop(columns="children")) == [], "points alone are no statement"


BBOX = (106.4, 29.4, 106.7, 29.7)
AT = gpd.GeoSeries([Point(106.55, 29.56), Point(106.56, 29.55), Point()], crs="EPSG:4326")


def check_as(true: str, declared: str) -> list[dict[str, Any]]:
    table = gpd.GeoDataFrame(geometry=AT.to_crs(true).set_crs(declared, allow_override=True))
    return check_zone("schools", table, BBOX)


@pytest.mark.parametrize(
    ("true", "wrong", "likely"),
    [
        ("EPSG:32648", "EPSG:32649", "105"),
        ("EPSG:32648", "EPSG:32647", "105"),
        ("EPSG:4545", "EPSG:4546", "108"),  # CGCS2000, three-degree zones
        ("EPSG:4544", "EPSG:4546", "105"),
        ("EPSG:4524", "EPSG:4525", "108"),  # with the zone's number before x
        ("EPSG:4496", "EPSG:4497", "105"),  # of six degrees
    ],
)
def test_another_zone_is_named(true: str, wrong: str, likely: str) -> None:
    rows = check_as(true, wrong)
    assert [(row["rule"], row["layer"]) for row in rows] == [("zone_elsewhere", "schools")]
    assert rows[0]["values"]["likely"] == likely
    assert rows[0]["values"]["crs"] == wrong


@pytest.mark.parametrize("crs", ["EPSG:32648", "EPSG:4545", "EPSG:4326", "EPSG:3857"])
def test_the_right_zone_is_left_alone(crs: str) -> None:
    assert check_as(crs, crs) == []


def test_a_table_elsewhere_in_every_zone_is_left_alone() -> None:
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


def study_of(folder: Path, layers: dict[str, gpd.GeoDataFrame], real: Study, crs: int, declared: int | None) -> Path:
    """Write a real study whose layers are files in another zone than they say, or with lon and lat exchanged."""
    lines = [
        f'[study]\nid = "wrong"\ntitle = "wrong"\nstandard = "{real.study.standard}"\nstatus = "approximate"',
        f"[boundaries.communities]\npath = {json.dumps(str(real.resolve(real.boundaries.communities.path)))}",
    ]
    about = real.boundaries.communities
    if about.osm:
        lines.append(f"osm = {{ {', '.join(f'{k} = {json.dumps(list(v))}' for k, v in about.osm.items())} }}")
    columns = ", ".join(f"{ours} = {json.dumps(theirs)}" for ours, theirs in about.columns.items())
    lines.append(f"columns = {{ {columns} }}")
    lines += [f'street_office = "{about.street_office}"'] * bool(about.street_office)
    lines.append(f"[network]\npath = {json.dumps(str(real.resolve(None)))}")
    for name, layer in layers.items():
        at = layer[["kind", "name"]].set_geometry(layer.representative_point())
        if declared is None:
            degrees = at.to_crs(4326).geometry
            table = pd.DataFrame({"name": at["name"], "lon": degrees.y, "lat": degrees.x})
            table.to_csv(folder / f"{name}.csv", index=False)
        else:
            at.to_crs(crs).set_crs(declared, allow_override=True).to_file(folder / f"{name}.gpkg")
        lines.append(f'[layers.{name}]\npath = "{name}.{"csv" if declared is None else "gpkg"}"')
    (folder / "study.toml").write_text("\n".join(lines), encoding="utf-8")
    return folder / "study.toml"


@pytest.fixture(scope="module")
def network_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that caches the real networks."""
    return tmp_path_factory.mktemp("networks")


def rules_of(study: Path, cache: Path) -> dict[str, set[str]]:
    """Return which tables have which findings about where they lie."""
    try:
        findings = load_inputs(load_study(study), margin_m=1500, cache=cache).findings
    except CheckError as error:
        findings = error.findings
    rows = findings[findings["rule"].isin(["swapped", "zone_elsewhere", "zone_prefix"])]
    return rows.groupby("layer")["rule"].agg(set).to_dict()


WRONG = {
    "yuzhong": [(4326, None), (32648, 32649), (4524, 4545), (4545, 4524)],
    "monaco": [(4326, None), (32632, 32633)],
}


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "crs", "declared"), [(name, *pair) for name, pairs in WRONG.items() for pair in pairs]
)
def test_every_real_layer_that_is_swapped_or_in_another_zone_is_found(
    tmp_path: Path, network_cache: Path, request: pytest.FixtureRequest, name: str, crs: int, declared: int | None
) -> None:
    real: Study = request.getfixturevalue(f"{name}_study")
    layers = request.getfixturevalue(name).layers
    other_zone = "zone_prefix" if {crs, declared} == {4524, 4545} else "zone_elsewhere"
    expected = {"swapped" if declared is None else other_zone}
    assert rules_of(study_of(tmp_path, layers, real, crs, declared), network_cache) == dict.fromkeys(layers, expected)


@pytest.mark.shared
@pytest.mark.parametrize("name", WRONG)
def test_no_real_layer_that_is_right_is_accused(
    tmp_path: Path, network_cache: Path, request: pytest.FixtureRequest, name: str
) -> None:
    real: Study = request.getfixturevalue(f"{name}_study")
    crs = WRONG[name][1][0]
    assert rules_of(study_of(tmp_path, request.getfixturevalue(name).layers, real, crs, crs), network_cache) == {}


@pytest.mark.shared
@pytest.mark.parametrize(("crs", "declared"), [(4545, 4546), (32648, 32649), (4524, 4525), (4524, 4545), (4545, 4524)])
def test_communities_of_another_zone_stop_a_run_with_the_reason(
    tmp_path: Path, yuzhong: Inputs, yuzhong_study: Study, crs: int, declared: int
) -> None:
    study = study_of(tmp_path, {}, yuzhong_study, crs, crs)
    table = yuzhong.communities[["community", "street_office", "geometry"]].reset_index()
    table.to_crs(crs).set_crs(declared, allow_override=True).to_file(tmp_path / "c.gpkg")
    edited(study, str(yuzhong_study.resolve(yuzhong_study.boundaries.communities.path)), "c.gpkg")
    with pytest.raises(CfgeoError) as caught:
        load_inputs(load_study(study), margin_m=1500)
    # Coordinates that are no place on earth in the declared CRS have no likely zone.
    assert caught.value.code == ("file_beyond_crs" if {crs, declared} == {4524, 4545} else "network_zone")


def test_a_layer_beyond_the_reach_of_its_system_is_a_finding_all_the_way(tmp_path: Path) -> None:
    study = write_town(tmp_path / "town")
    schools = pd.read_csv(tmp_path / "town" / "schools.csv")
    at = gpd.GeoDataFrame(schools, geometry=gpd.points_from_xy(schools["lon"], schools["lat"], crs=4326))
    at.to_crs(4524).set_crs(4545, allow_override=True).to_file(tmp_path / "town" / "schools.gpkg")
    edited(study, "schools.csv", "schools.gpkg")
    with pytest.raises(CheckError, match="3 of the 3 facilities in schools") as caught:
        run_study(load_study(study))
    assert "zone_prefix" in set(caught.value.findings["rule"])
