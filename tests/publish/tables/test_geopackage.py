"""The GeoPackage: layers that QGIS opens, the numbers of the tables, the same bytes each time."""

import dataclasses
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
from worlds.publish_results import sample_results, without_isochrones, without_walks

from cfgeo import Results
from cfgeo.core.plan import Plan
from cfgeo.core.strings import LANGUAGES, Lang
from cfgeo.publish.tables.csv import community_table, school_route_table, street_office_table, walkway_table
from cfgeo.publish.tables.geopackage import write_geopackage
from cfgeo.publish.tables.proposals import plan_table
from cfgeo.publish.tables.qgis import STYLES

LAYERS = [
    "communities",
    "street_offices",
    "facilities",
    "isochrones",
    "network",
    "walkways",
    "school_routes",
    "crossings",
]


def layers(results: Results, tmp_path: Path, lang: Lang = "zh") -> dict[str, gpd.GeoDataFrame]:
    path = tmp_path / "a.gpkg"
    write_geopackage(results, path, lang=lang)
    names = pyogrio.list_layers(path)[:, 0]
    return {name: pyogrio.read_dataframe(path, layer=name) for name in names if name != STYLES}


def test_all_layers_are_there_in_the_metric_crs(town_results: Results, tmp_path: Path) -> None:
    tables = layers(town_results, tmp_path)
    assert list(tables) == LAYERS
    for table in tables.values():
        assert table.crs == town_results.inputs.crs
        assert table.geometry.notna().all()
    assert len(tables["communities"]) == 4
    assert len(tables["street_offices"]) == 2
    assert len(tables["facilities"]) == len(town_results.facilities)
    assert len(tables["isochrones"]) == len(town_results.isochrones)
    edges = town_results.inputs.network.edges
    assert tables["network"]["length_m"].sum() == pytest.approx(edges["length_m"].sum())


def test_a_layer_has_one_type_of_shape(town_results: Results, tmp_path: Path) -> None:
    tables = layers(town_results, tmp_path)
    for name in ("communities", "street_offices", "isochrones"):
        assert set(tables[name].geom_type) <= {"MultiPolygon"}
        assert tables[name].is_valid.all()
    assert set(tables["network"].geom_type) == {"LineString"}
    assert set(tables["walkways"].geom_type) | set(tables["school_routes"].geom_type) == {"MultiLineString"}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_its_numbers_are_those_of_the_tables(town_results: Results, tmp_path: Path, lang: Lang) -> None:
    tables = layers(town_results, tmp_path, lang)
    routes = school_route_table(town_results, lang).drop(columns="geometry")
    for name, table in (
        ("communities", community_table(town_results, lang)),
        ("street_offices", street_office_table(town_results, lang)),
        ("walkways", walkway_table(town_results, lang).drop(columns="geometry")),
        ("school_routes", routes[routes["form"] != "lift"]),
    ):
        stored = pd.DataFrame(tables[name].drop(columns="geometry"))
        assert stored.columns.tolist() == table.columns.tolist()
        for column in table.columns:
            for stored_value, value in zip(stored[column], table[column], strict=True):
                shown = None if str(value).startswith(">") else value
                same = (
                    stored_value == shown
                    or (pd.isna(stored_value) and pd.isna(shown))
                    or str(stored_value) == str(shown)
                )
                assert same, (name, column, stored_value, value)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_projects_of_a_plan_are_a_layer_with_the_columns_of_its_table(
    town_results: Results, plan: Plan, tmp_path: Path, lang: Lang
) -> None:
    tables = layers(dataclasses.replace(town_results, plan=plan), tmp_path, lang)
    assert list(tables) == [*LAYERS, "projects"]
    projects, table = tables["projects"], plan_table(plan, lang)
    assert projects.crs == town_results.inputs.crs
    assert projects.columns.tolist() == [*table.columns, "geometry"]
    where = plan.projects.geometry.notna().to_numpy()
    assert {"Point", "LineString", "Polygon"} <= set(projects.geom_type[where])
    assert projects.geometry[~where].isna().all(), "only attributes change"
    assert all(projects.geometry[where].to_numpy() == plan.projects.geometry[where].to_numpy())
    for column in table.columns:
        for stored_value, value in zip(projects[column], table[column], strict=True):
            assert pd.isna(stored_value) if pd.isna(value) else stored_value == value, (column, stored_value, value)


def test_the_same_plan_gives_the_same_bytes(town_results: Results, plan: Plan, tmp_path: Path) -> None:
    results = dataclasses.replace(town_results, plan=plan)
    for name in ("one.gpkg", "two.gpkg"):
        write_geopackage(results, tmp_path / name, lang="zh")
    assert (tmp_path / "one.gpkg").read_bytes() == (tmp_path / "two.gpkg").read_bytes()


def test_minutes_are_numbers_and_missing_beyond_the_search(town_results: Results, tmp_path: Path) -> None:
    coverage = town_results.coverage.copy()
    reach = coverage["measure"] == "reach"
    clause, beyond = coverage.loc[reach, "clause"].iloc[0], coverage["code"].iloc[0]
    coverage.loc[reach & (coverage["code"] == beyond), "median_minutes"] = np.inf
    results = dataclasses.replace(town_results, coverage=coverage)
    column = f"{clause}_minutes"
    in_csv = community_table(results, "zh").set_index("code")[column]
    in_layer = layers(results, tmp_path)["communities"].set_index("code")[column]
    assert in_csv[beyond] == ">30"
    assert in_layer.dtype == float
    assert np.isnan(in_layer[beyond])
    assert in_layer.notna().any()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_same_results_give_the_same_bytes(town_results: Results, tmp_path: Path, lang: Lang) -> None:
    for name in ("one.gpkg", "two.gpkg"):
        write_geopackage(town_results, tmp_path / name, lang=lang)
    assert (tmp_path / "one.gpkg").read_bytes() == (tmp_path / "two.gpkg").read_bytes()


def test_the_fixed_clock_is_reset_after_writing(town_results: Results, tmp_path: Path) -> None:
    write_geopackage(town_results, tmp_path / "a.gpkg", lang="zh")
    assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") is None


@pytest.mark.parametrize(
    "columns",
    [
        {"facility": "x"},
        {"FID": 7},
        {"geom": "x"},
        {"Name": "x", "NAME": "y"},
        {"opened": pd.Timestamp("2020-01-01")},
        {"many": ["a", "b"]},
        {"备注（说明）": "x"},
        {"": "x"},
        {"'; DROP TABLE x": "x"},
    ],
    ids=str,
)
def test_columns_of_any_name_and_kind_can_be_written(
    town_results: Results, tmp_path: Path, columns: dict[str, Any]
) -> None:
    facilities = town_results.facilities.copy()
    for name, value in columns.items():
        facilities[name] = pd.Series([value] * len(facilities), index=facilities.index)
    tables = layers(dataclasses.replace(town_results, facilities=facilities), tmp_path)
    assert tables["facilities"]["name"].tolist() == town_results.facilities["name"].tolist()


def test_names_of_any_kind_are_read_back(town_results: Results, tmp_path: Path) -> None:
    names = ["=1+1", "a\nb", 'a"b', "'; DROP TABLE facilities; --", "🚸", "", " x ", "</script>", "第一小学"]
    facilities = town_results.facilities.assign(name=names)
    tables = layers(dataclasses.replace(town_results, facilities=facilities), tmp_path)
    assert tables["facilities"]["name"].tolist() == names


def test_no_facilities_and_no_isochrones_are_empty_layers(tmp_path: Path) -> None:
    results = sample_results()
    results = dataclasses.replace(without_isochrones(results), clauses=results.clauses.assign(assumption_en=""))
    tables = layers(results, tmp_path)
    assert [len(tables[name]) for name in ("facilities", "isochrones")] == [0, 0]


def test_walkways_school_routes_and_crossings_come_back_with_their_names(tmp_path: Path) -> None:
    results = sample_results()
    results = dataclasses.replace(results, clauses=results.clauses.assign(assumption_en=""))
    tables, walks = layers(results, tmp_path), results.walks
    assert tables["walkways"]["walkway"].tolist() == walks.walkways.index.tolist()
    assert tables["school_routes"]["name"].tolist() == walks.school_routes["name"].tolist()[:2], "a lift is no line"
    assert tables["crossings"]["name"].tolist() == walks.crossings["name"].tolist()
    assert tables["crossings"]["total"].tolist() == [55.0, 4.5]
    assert set(tables["crossings"].geom_type) == {"Point"}
    assert tables["school_routes"].length.sum() == pytest.approx(400, rel=1e-9)


def test_a_study_without_walks_has_empty_layers_of_the_same_columns(tmp_path: Path) -> None:
    results = sample_results()
    results = dataclasses.replace(results, clauses=results.clauses.assign(assumption_en=""))
    (tmp_path / "with").mkdir()
    full, empty = layers(results, tmp_path / "with"), layers(without_walks(results), tmp_path)
    for name in ("walkways", "school_routes", "crossings"):
        assert len(empty[name]) == 0
        assert empty[name].columns.tolist() == full[name].columns.tolist()
        assert empty[name].crs == results.inputs.crs
