"""A study's files into tables, when something in them is not as it should be."""

import csv
import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import Point, Polygon, box
from worlds.binary_workbook import BinarySheet, write_xlsb
from worlds.studies import WGS84, degrees, edited, without_table
from worlds.town import CRS, HOMES, at, moved, town_communities, write_town

from cfgeo import CheckError, InputError, Inputs, Network, StudyError, load_inputs, load_study, to_networkx
from cfgeo.core import schema
from cfgeo.core.schema import AGE_BANDS, SWAPPED
from cfgeo.core.strings import LANGUAGES
from cfgeo.files.positions.datum import from_wgs84
from cfgeo.files.read import read_places
from cfgeo.scenarios.lists.changes import load_scenario
from cfgeo.scenarios.lists.projects import plan_choices
from cfgeo.study.communities import community_of
from cfgeo.study.start.draft import copy_default_study

MARGIN_M = 500.0


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """Return a town of the test's own."""
    return write_town(tmp_path / "town")


def load(study: Path) -> Inputs:
    return load_inputs(load_study(study), margin_m=MARGIN_M)


def rules(inputs: Inputs, layer: str | None = None) -> list[str]:
    findings = inputs.findings
    return sorted(findings.loc[findings["layer"] == layer, "rule"] if layer else findings["rule"])


def communities(**columns: Any) -> gpd.GeoDataFrame:
    """Return the town's communities with other columns."""
    return town_communities().drop(columns="area_m2").reset_index().assign(**columns)


def write(table: gpd.GeoDataFrame, study: Path, name: str) -> None:
    table.to_crs(WGS84).to_file(study.parent / name)


def test_the_town_is_read_as_promised(study: Path) -> None:
    inputs = load(study)
    assert inputs.crs == CRS
    assert inputs.communities.index.tolist() == ["C01", "C02", "C03", "C04"]
    assert inputs.communities.columns.tolist() == ["community", "street_office", "area_m2", "residents", "geometry"]
    assert inputs.demand_basis == "children"
    assert inputs.demand["community"].tolist() == [code for *_, code in HOMES.values()]
    assert list(inputs.layers) == ["schools", "parks", "walkways", "children_homes", "stations", "sports"]
    assert [len(layer) for layer in inputs.layers.values()] == [3, 2, 1, 2, 1, 0]
    for name, layer in inputs.layers.items():
        assert layer.index.tolist() == [f"{name}-{i + 1}" for i in range(len(layer))]
        assert layer.index.name == "facility"
        assert {"layer", "kind", "name"} <= set(layer.columns)
        assert layer.crs == CRS
    assert {file.role for file in inputs.files} == {
        "study",
        "standard",
        "communities",
        "network",
        "demand",
        *inputs.layers,
    }


def test_every_file_is_named_by_its_place_in_the_study(study: Path) -> None:
    for file in load(study).files:
        assert (study.parent / file.path).is_file()
        assert not Path(file.path).is_absolute()


# Communities


def test_leading_zeros_of_codes_stay(study: Path) -> None:
    write(communities(code=["001", "002", "003", "004"]), study, "communities.geojson")
    assert load(study).communities.index.tolist() == ["001", "002", "003", "004"]


def test_numbers_as_codes_are_read_as_they_are_written(study: Path) -> None:
    write(communities(code=[500103001001, 500103001002, 500103001003, 500103001004]), study, "communities.geojson")
    assert load(study).communities.index[0] == "500103001001"


def test_decimal_numbers_as_codes_have_no_decimals(study: Path) -> None:
    write(communities(code=[101.0, 102.0, 103.0, 104.0]), study, "communities.gpkg")
    edited(study, "communities.geojson", "communities.gpkg")
    assert load(study).communities.index.tolist() == ["101", "102", "103", "104"]


def test_a_repeated_code_stops_with_all_that_is_wrong(study: Path) -> None:
    table = communities(code=["C01", "C01", "", "C04"])
    table.loc[3, "geometry"] = Point(650_000, 3_270_000)
    write(table, study, "communities.geojson")
    with pytest.raises(CheckError) as caught:
        load(study)
    assert set(caught.value.findings["rule"]) == {"code_twice", "code_missing", "not_polygon"}
    for lang in LANGUAGES:
        assert "C01" in caught.value.text(lang)


@pytest.mark.parametrize("codes", [["A", None, "C", "D"], ["A", " ", "C", "D"], [1.0, None, 3.0, 4.0]])
def test_a_missing_code_of_any_kind_stops_with_its_row(study: Path, codes: list[Any]) -> None:
    communities(code=codes).to_file(study.parent / "communities.gpkg")
    edited(study, "communities.geojson", "communities.gpkg")
    with pytest.raises(CheckError) as caught:
        load(study)
    assert caught.value.findings[["rule", "row"]].to_numpy().tolist() == [["code_missing", "2"]]


def test_spaces_around_codes_do_not_make_them_two(study: Path) -> None:
    write(communities(code=["A", "A ", "C", "D"]), study, "communities.geojson")
    with pytest.raises(CheckError) as caught:
        load(study)
    assert caught.value.findings["rule"].tolist() == ["code_twice"]


def test_communities_without_a_code_column_say_so(study: Path) -> None:
    write(communities().drop(columns="code"), study, "communities.geojson")
    with pytest.raises(InputError) as caught:
        load(study)
    for lang in LANGUAGES:
        for word in ("communities.geojson", "code", "community, street_office"):
            assert word in caught.value.text(lang)


@pytest.mark.parametrize(
    "shape", ["null", '{"type":"Polygon","coordinates":[[["106.5","29.5"],["106.6","29.5"],["106.6","29.6"]]]}']
)
def test_communities_without_any_shape_say_so(study: Path, shape: str) -> None:
    feature = f'{{"type":"Feature","properties":{{"code":"1","community":"A","street_office":"S"}},"geometry":{shape}}}'
    body = f'{{"type":"FeatureCollection","features":[{feature}]}}'
    (study.parent / "communities.geojson").write_text(body, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load(study)
    assert caught.value.code == "communities_shapeless"


def test_a_file_without_communities_stops(study: Path) -> None:
    write(communities().iloc[:0], study, "communities.gpkg")
    edited(study, "communities.geojson", "communities.gpkg")
    with pytest.raises(CheckError) as caught:
        load(study)
    assert caught.value.findings["rule"].tolist() == ["communities_none"]


def test_one_street_office_can_be_given_for_all(study: Path) -> None:
    write(communities().drop(columns="street_office"), study, "communities.geojson")
    edited(study, 'path = "communities.geojson"', 'path = "communities.geojson"\nstreet_office = "全区"')
    assert load(study).communities["street_office"].unique().tolist() == ["全区"]


def test_an_empty_street_office_is_a_finding_and_counts_somewhere(study: Path) -> None:
    write(communities(street_office=["South", None, "North", "North"]), study, "communities.geojson")
    inputs = load(study)
    assert "C02" in set(inputs.findings["row"])
    assert inputs.communities["street_office"].notna().all()


def test_an_empty_name_of_a_community_is_replaced_by_its_code(study: Path) -> None:
    write(communities(community=["A", None, "C", "D"]), study, "communities.geojson")
    assert load(study).communities["community"].fillna("").tolist() in (["A", "", "C", "D"], ["A", "C02", "C", "D"])


def test_residents_that_are_missing_or_no_numbers_are_findings(study: Path) -> None:
    write(communities(residents=["1200", "约900", None, "800"]), study, "communities.geojson")
    inputs = load(study)
    findings = inputs.findings[inputs.findings["layer"] == "communities"].set_index("rule")
    assert findings.loc["not_number", ["row", "values"]].tolist() == ["C02", {"column": "residents", "value": "约900"}]
    assert findings.loc["residents_missing", "values"] == {"codes": ("C02", "C03")}
    assert inputs.communities["residents"].isna().tolist() == [False, True, True, False]


def test_a_crossing_outline_is_fixed_and_reported(study: Path) -> None:
    table = communities()
    table.loc[3, "geometry"] = moved(Polygon([(-50, 330), (600, 500), (600, 330), (-50, 500)]))
    write(table, study, "communities.geojson")
    inputs = load(study)
    assert "ring_mended" in rules(inputs)
    assert inputs.communities.is_valid.all()
    assert (inputs.communities["area_m2"] > 0).all()


def test_a_spike_is_fixed_into_a_polygon(study: Path) -> None:
    table = communities()
    table.loc[3, "geometry"] = moved(Polygon([(-50, 330), (600, 330), (600, 500), (700, 500), (600, 500), (-50, 500)]))
    write(table, study, "communities.geojson")
    assert set(load(study).communities.geom_type) <= {"Polygon", "MultiPolygon"}


@pytest.mark.parametrize(("datum", "written"), [("gcj02", "gcj02"), ("bd09", "bd09"), ("cgcs2000", "wgs84")])
def test_a_datum_brings_everything_to_the_same_place(study: Path, datum: str, written: str) -> None:
    table = communities().to_crs(WGS84)

    def move(xy: Any) -> Any:
        lon, lat = from_wgs84(xy[:, 0], xy[:, 1], datum=written)
        return np.column_stack([lon, lat])

    table["geometry"] = shapely.transform(table.geometry.to_numpy(), move)
    (study.parent / "communities.geojson").unlink()
    table.to_file(study.parent / "communities.gpkg")
    edited(study, 'path = "communities.geojson"', f'path = "communities.gpkg"\ndatum = "{datum}"')
    areas = load(study).communities
    assert areas.geometry.symmetric_difference(town_communities().geometry).area.max() < 1


def test_one_layer_of_a_geopackage_can_be_chosen(study: Path) -> None:
    other = communities(code=["X1", "X2", "X3", "X4"])
    communities().to_file(study.parent / "all.gpkg", layer="现状")
    other.to_file(study.parent / "all.gpkg", layer="规划")
    edited(study, 'path = "communities.geojson"', 'path = "all.gpkg"\ntable = "规划"')
    assert load(study).communities.index.tolist() == ["X1", "X2", "X3", "X4"]
    for old, new in (('table = "规划"', 'table = "远期"'), ('table = "远期"', "")):
        with pytest.raises(InputError) as caught:
            load(edited(study, old, new))
        for lang in LANGUAGES:
            assert "all.gpkg" in caught.value.text(lang)
            assert "现状" in caught.value.text(lang)


@pytest.mark.parametrize("crs", ["EPSG:32648", "EPSG:4547", "EPSG:4490"])
def test_communities_in_another_projection_are_brought_to_one(study: Path, crs: str) -> None:
    communities().to_crs(crs).to_file(study.parent / "communities.gpkg")
    edited(study, "communities.geojson", "communities.gpkg")
    areas = load(study).communities
    assert areas.crs == CRS
    assert areas.geometry.symmetric_difference(town_communities().geometry).area.max() < 50


def test_without_a_crs_the_local_utm_zone_is_taken(study: Path) -> None:
    assert load(edited(study, f'crs = "{CRS}"', "")).crs == CRS


@pytest.mark.parametrize("crs", ["EPSG:99999", "UTM 48", "EPSG:4326", "EPSG:2263", "EPSG:3857"])
def test_a_crs_that_is_none_or_not_in_metres_is_refused(study: Path, crs: str) -> None:
    edited(study, f'crs = "{CRS}"', f'crs = "{crs}"')
    with pytest.raises(StudyError) as caught:
        load(study)
    for lang in LANGUAGES:
        assert "crs" in caught.value.text(lang)
        assert crs in caught.value.text(lang)


def test_a_point_on_a_border_belongs_to_the_first() -> None:
    areas = gpd.GeoDataFrame(geometry=[box(0, 0, 1, 1), box(1, 0, 2, 1)], crs=CRS, index=["A", "B"])
    points = gpd.GeoDataFrame(geometry=[Point(x, 0.5) for x in (0.5, 1, 1.5, 3)], crs=CRS, index=list("wxyz"))
    assert community_of(points, areas).to_dict() == {"w": "A", "x": "A", "y": "B", "z": ""}


# Layers


def schools(study: Path, body: str) -> gpd.GeoDataFrame:
    (study.parent / "schools.csv").write_text(body, encoding="utf-8")
    return load(study).layers["schools"]


def test_a_table_without_kind_and_name_has_the_layers_name_as_kind(study: Path) -> None:
    table = schools(study, "lon,lat\n106.5,29.5\n")
    assert (table["kind"].tolist(), table["name"].tolist()) == (["schools"], [""])


def test_empty_cells_never_become_nan_or_none(study: Path) -> None:
    table = schools(study, "name,kind,lon,lat\n,,106.5,29.5\n")
    assert (table["kind"].tolist(), table["name"].tolist()) == (["schools"], [""])


def test_spaces_around_words_do_not_count(study: Path) -> None:
    table = schools(study, "name,kind,lon,lat\n A ,primary ,106.5,29.5\n")
    assert (table["kind"].tolist(), table["name"].tolist()) == (["primary"], ["A"])


def test_kinds_may_have_their_chinese_names(study: Path) -> None:
    table = schools(study, "kind,lon,lat\n小学,106.5,29.5\n 初中,106.5,29.5\nprimary,106.5,29.5\n书院,106.5,29.5\n")
    assert table["kind"].tolist() == ["primary", "junior", "primary", "书院"]


def test_a_capacity_that_is_no_number_is_a_finding(study: Path) -> None:
    (study.parent / "schools.csv").write_text(
        "name,capacity,lon,lat\nA,约300,106.549,29.551\nB,20,106.549,29.551\n", encoding="utf-8"
    )
    inputs = load(study)
    assert inputs.layers["schools"]["capacity"].isna().tolist() == [True, False]
    assert inputs.layers["schools"]["capacity"].iloc[1] == 20
    row = inputs.findings[inputs.findings["rule"] == "not_number"].iloc[0]
    assert row["values"] == {"column": "capacity", "value": "约300"}


def test_swapped_positions_and_far_ones_are_findings(study: Path) -> None:
    (study.parent / "schools.csv").write_text("name,lon,lat\n换,29.56,106.55\n远,106.9,29.5\n", encoding="utf-8")
    assert rules(load(study), "schools") == ["far_away", "swapped"]
    assert SWAPPED not in load(study).layers["schools"].columns


def test_headers_only_are_an_empty_layer(study: Path) -> None:
    (study.parent / "schools.csv").write_text("name,lon,lat\n", encoding="utf-8")
    inputs = load(study)
    assert rules(inputs, "schools") == ["layer_empty"]
    assert len(inputs.layers["schools"]) == 0


def test_a_filter_that_keeps_nothing_is_an_error_that_lists_the_values(study: Path) -> None:
    edited(study, 'path = "schools.csv"', 'path = "schools.csv"\nwhere = { kind = "university" }')
    with pytest.raises(CheckError, match=r"kind = university\) fits no row of schools\.csv.*primary, junior"):
        load(study)


def test_facilities_that_have_no_shape_are_findings(study: Path) -> None:
    features = [{"type": "Feature", "properties": {"name": "A"}, "geometry": None}]
    (study.parent / "parks.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    with pytest.raises(CheckError, match="1 of the 1 facilities in parks have no position"):
        load(study)
    positions = [{"type": "Point", "coordinates": degrees(x, 0)} for x in (0, 100)]
    features += [{**features[0], "geometry": position} for position in positions]
    (study.parent / "parks.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    assert "no_position" in rules(load(study), "parks")


def areas(*rings: list[tuple[float, float]]) -> str:
    """Return GeoJSON of areas with these corners, in local metres, as they stand: closed or not."""
    shapes = [{"type": "Polygon", "coordinates": [[list(degrees(x, y)) for x, y in ring]]} for ring in rings]
    about = {"code": "C01", "community": "Lower West", "street_office": "South", "name": "Garden"}
    features = [{"type": "Feature", "properties": about, "geometry": shape} for shape in shapes]
    return json.dumps({"type": "FeatureCollection", "features": features})


OPEN = [(0.0, 0.0), (200.0, 0.0), (200.0, 100.0), (0.0, 100.0)]
CLOSED = [(300.0, 0.0), (400.0, 0.0), (400.0, 100.0), (300.0, 100.0), (300.0, 0.0)]
BOWTIE = [(300.0, 0.0), (400.0, 100.0), (400.0, 0.0), (300.0, 100.0), (300.0, 0.0)]


def test_an_open_ring_is_closed_and_reported(study: Path) -> None:
    (study.parent / "parks.geojson").write_text(areas(CLOSED, OPEN, OPEN[:3]))
    inputs = load(study)
    rule_of = inputs.findings[inputs.findings["layer"] == "parks"].set_index("row")["rule"]
    assert rule_of.to_dict() == {"2": "ring_closed", "3": "ring_closed"}
    assert inputs.layers["parks"].area.tolist() == pytest.approx([10_000, 20_000, 10_000], rel=0.01)
    assert schema.CLOSED not in inputs.layers["parks"].columns


def test_open_communities_and_homes_that_cross_themselves_are_fixed_and_reported(study: Path) -> None:
    (study.parent / "homes.geojson").write_text(areas(CLOSED, BOWTIE).replace("Garden", "House"))
    (study.parent / "communities.geojson").write_text(areas([*OPEN[:1], (400.0, 0.0), (400.0, 100.0), OPEN[3]]))
    inputs = load(study)
    findings = inputs.findings.set_index("rule")
    assert findings.loc["ring_closed", ["layer", "row"]].tolist() == ["communities", "C01"]
    assert findings.loc["ring_mended", ["layer", "row"]].tolist() == ["demand", "2"]
    assert inputs.communities["area_m2"].tolist() == pytest.approx([40_000], rel=0.01)
    assert inputs.demand["weight"].tolist() == pytest.approx([10_000, 5_000], rel=0.01)  # two triangles of a quarter


def test_a_file_without_shapes_in_some_rows_is_read_as_it_stands(study: Path) -> None:
    body = areas(CLOSED, CLOSED).replace(json.dumps(json.loads(areas(CLOSED))["features"][0]["geometry"]), "null", 1)
    (study.parent / "parks.geojson").write_text(body)
    assert rules(load(study), "parks") == ["no_position"]


def test_a_layer_of_mixed_shapes_is_read(study: Path) -> None:
    bowtie = Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
    mixed = shapely.GeometryCollection([Point(30, 5), box(100, 20, 110, 30)])
    shapes = [moved(s) for s in (Point(5, 5), bowtie, mixed, shapely.MultiPoint([(0, 0), (9, 9)]))]
    write(gpd.GeoDataFrame({"name": list("abcd")}, geometry=shapes, crs=CRS), study, "parks.geojson")
    layer = load(study).layers["parks"]
    assert len(layer) == 4
    assert layer.is_valid.all()


# Demand


def test_without_demand_the_streets_stand_for_it(study: Path) -> None:
    inputs = load(without_table(study, "demand"))
    assert inputs.demand_basis == "street_length"
    assert inputs.demand["weight"].sum() > 1000


def test_numbers_of_children_by_community_are_spread(study: Path) -> None:
    (study.parent / "children.csv").write_text("社区代码,age_0_2,age_6_11\nC01,10,20\nC03,5,\n", encoding="gb18030")
    edited(
        study,
        'path = "homes.geojson"',
        'path = "homes.geojson"\n[demand.children]\npath = "children.csv"\ncolumns = { code = "社区代码" }',
    )
    inputs = load(study)
    assert inputs.demand_basis == "children"
    assert inputs.demand["weight"].groupby(inputs.demand["community"]).sum().to_dict() == pytest.approx(
        {"C01": 30, "C02": 0, "C03": 5}
    )
    assert inputs.demand.groupby("community")["age_6_11"].sum().to_dict() == pytest.approx(
        {"C01": 20, "C02": 0, "C03": 0}
    )
    assert "children" in {file.role for file in inputs.files}


def test_children_without_any_demand_are_spread_over_streets(study: Path) -> None:
    (study.parent / "children.csv").write_text("code,age_6_11\nC01,10\nC02,0\n", encoding="utf-8")
    edited(study, '[demand]\npath = "homes.geojson"', '[demand.children]\npath = "children.csv"')
    inputs = load(study)
    assert inputs.demand.groupby("community")["weight"].sum()[["C01", "C02"]].tolist() == pytest.approx([10, 0])


def test_children_of_a_community_that_does_not_exist_are_a_finding(study: Path) -> None:
    (study.parent / "children.csv").write_text("code,age_6_11\nC01,10\nC99,7\n", encoding="utf-8")
    edited(study, 'path = "homes.geojson"', 'path = "homes.geojson"\n[demand.children]\npath = "children.csv"')
    findings = load(study).findings
    assert findings.loc[findings["rule"] == "children_nowhere", "row"].tolist() == ["C99"]


@pytest.mark.parametrize(("body", "missing"), [("kode,age_0_2\nC01,1\n", "code"), ("code,kids\nC01,1\n", AGE_BANDS[0])])
def test_numbers_of_children_without_their_columns_say_so(study: Path, body: str, missing: str) -> None:
    (study.parent / "children.csv").write_text(body, encoding="utf-8")
    edited(study, 'path = "homes.geojson"', 'path = "homes.geojson"\n[demand.children]\npath = "children.csv"')
    with pytest.raises(InputError) as caught:
        load(study)
    for lang in LANGUAGES:
        assert "children.csv" in caught.value.text(lang)
        assert missing in caught.value.text(lang)


def test_a_number_of_children_that_is_no_number_is_a_finding(study: Path) -> None:
    (study.parent / "children.csv").write_text("code,age_6_11\nC01,约10\nC02,-5\n", encoding="utf-8")
    edited(study, 'path = "homes.geojson"', 'path = "homes.geojson"\n[demand.children]\npath = "children.csv"')
    inputs = load(study)
    assert (inputs.demand["weight"] >= 0).all()
    assert "not_number" in rules(inputs)


def test_demand_outside_all_communities_belongs_to_none(study: Path) -> None:
    homes = gpd.GeoDataFrame({"age_0_2": [1, 1]}, geometry=[at(50, 50), at(50, -500)], crs=CRS)
    write(homes, study, "homes.geojson")
    assert load(study).demand["community"].tolist() == ["C01", ""]


def test_demand_of_another_place_stops_with_what_may_be_wrong(study: Path) -> None:
    edited(study, "homes.geojson", "homes.csv")
    for body, rule in (("29.551,106.549", "demand_swapped"), ("116.4,39.9", "demand_elsewhere")):
        (study.parent / "homes.csv").write_text(f"age_0_2,lon,lat\n5,{body}\n", encoding="utf-8")
        with pytest.raises(CheckError) as caught:
            load(study)
        findings = caught.value.findings
        assert findings.loc[findings["severity"] == "error", "rule"].tolist() == [rule]


def test_communities_that_the_numbers_of_children_lack_are_named(study: Path) -> None:
    (study.parent / "children.csv").write_text("code,age_6_11\nC01,10\n5.00103E+11,7\n", encoding="utf-8")
    edited(study, 'path = "homes.geojson"', 'path = "homes.geojson"\n[demand.children]\npath = "children.csv"')
    findings = load(study).findings.set_index("rule")
    assert findings.loc["children_missing", "values"] == {"codes": ("C02", "C03")}
    assert findings.loc["codes_rounded", "layer"] == "children"


def test_numbers_of_children_of_no_community_at_all_stop(study: Path) -> None:
    (study.parent / "children.csv").write_text("code,age_6_11\n5.00103E+11,7\n", encoding="utf-8")
    edited(study, 'path = "homes.geojson"', 'path = "homes.geojson"\n[demand.children]\npath = "children.csv"')
    with pytest.raises(CheckError) as caught:
        load(study)
    assert {"children_missing", "codes_rounded"} <= set(caught.value.findings["rule"])


def test_demand_without_position_is_read(study: Path) -> None:
    (study.parent / "homes.csv").write_text("age_0_2,lon,lat\n5,,\n3,106.549,29.551\n", encoding="utf-8")
    inputs = load(edited(study, "homes.geojson", "homes.csv"))
    assert inputs.demand["weight"].sum() == 8


def test_a_missing_elevation_is_an_error(study: Path) -> None:
    edited(study, 'path = "streets.osm"', 'path = "streets.osm"\nelevation = "dem.tif"')
    with pytest.raises(InputError, match=r"dem\.tif"):
        load(study)


@pytest.mark.parametrize("body", ["age_0_2,lon,lat\n", "age_0_2,lon,lat\n0,106.549,29.551\n"])
def test_demand_that_weighs_nothing_is_a_finding(study: Path, body: str) -> None:
    (study.parent / "homes.csv").write_text(body, encoding="utf-8")
    assert rules(load(edited(study, "homes.geojson", "homes.csv")), "demand") != []


def test_the_error_of_swapped_communities_says_where_they_lie(study: Path) -> None:
    table = communities().to_crs(WGS84)
    swapped = shapely.transform(table.geometry.to_numpy(), lambda xy: xy[:, ::-1])
    table.set_geometry(gpd.GeoSeries(swapped, crs=WGS84)).to_file(study.parent / "communities.gpkg")
    edited(study, "communities.geojson", "communities.gpkg")
    with pytest.raises((InputError, StudyError, CheckError)) as caught:
        load(study)
    assert "communities.gpkg" in str(caught.value)


def test_a_graph_with_several_classes_of_road_on_an_edge_is_a_finding(study: Path, town: Network) -> None:
    import osmnx

    graph = to_networkx(town)
    u, v, _ = next(iter(graph.edges))
    for ends in ((u, v), (v, u)):
        graph.edges[*ends, 0]["highway"] = ["residential", "steps"]
    osmnx.save_graphml(graph, study.parent / "streets.graphml")
    assert "graph_mixed" not in rules(load(study), "network")
    inputs = load(edited(study, "streets.osm", "streets.graphml"))
    (row,) = inputs.findings[inputs.findings["rule"] == "graph_mixed"].to_dict("records")
    assert row["values"]["edges"] == 1


def test_a_layer_in_another_datum_and_one_in_another_zone_are_findings(tmp_path: Path) -> None:
    study = copy_default_study(tmp_path / "study")
    edited(study, 'path = "facilities/schools.csv"', 'path = "facilities/schools.csv"\ndatum = "bd09"')
    sports = read_places(tmp_path / "study" / "facilities" / "sports.csv", columns={}, datum="wgs84")
    sports.to_crs(32648).set_crs(32649, allow_override=True).to_file(tmp_path / "study" / "sports.gpkg")
    edited(study, 'path = "facilities/sports.csv"', 'path = "sports.gpkg"')
    with pytest.raises(CheckError) as caught:
        load_inputs(load_study(study), margin_m=1500)
    findings = caught.value.findings.set_index("rule")
    assert findings.loc["datum_layer", "layer"] == "schools"
    assert findings.loc["datum_layer", "values"]["likely"] == "wgs84"
    assert findings.loc["zone_elsewhere", "layer"] == "sports"
    assert findings.loc["far_elsewhere", "layer"] == "sports"
    assert findings.loc["layer_elsewhere", "severity"] == "error"  # 40 of 40 lie in the next zone


@pytest.mark.shared
def test_names_that_lie_elsewhere_in_another_datum_are_findings(shared_data: Path, tmp_path: Path) -> None:
    folder, study = shared_data / "yuzhong", tmp_path / "study.toml"
    body = (folder / "study.toml").read_text(encoding="utf-8")
    for key in ("path", "elevation"):
        body = body.replace(f'{key} = "', f'{key} = "{folder.as_posix()}/')
    study.write_text(body.replace('_approx.csv"\n', '_approx.csv"\ndatum = "gcj02"\n'), encoding="utf-8")
    findings = load_inputs(load_study(study), margin_m=1500).findings
    (row,) = findings[findings["rule"].str.startswith("datum_")].to_dict("records")
    assert (row["rule"], row["layer"]) == ("datum_names", "facilities_approx.csv")
    assert row["values"]["likely"] == "wgs84"
    assert row["values"]["then_m"] < row["values"]["now_m"]
    edited(study, 'datum = "wgs84"', 'datum = "bd09"')
    findings = load_inputs(load_study(study), margin_m=1500).findings
    shifted = findings[findings["rule"].str.startswith("datum_")].set_index("layer")["values"]
    assert {name: values["likely"] for name, values in shifted.items()} == {
        "communities": "wgs84",
        "facilities_approx.csv": "wgs84",
    }


@pytest.mark.parametrize("study", ["default_study", pytest.param("yuzhong_study", marks=pytest.mark.shared)])
def test_studies_with_right_datums_have_no_findings_about_datums(study: str, request: pytest.FixtureRequest) -> None:
    findings = load_inputs(request.getfixturevalue(study), margin_m=1500).findings
    about_datums = [rule for rule in findings["rule"] if rule.startswith("datum_") or rule == "zone_elsewhere"]
    assert about_datums == (["datum_unchecked"] if study == "default_study" else [])


def test_a_sheet_of_a_workbook_and_a_geodatabase_are_layers_like_others(study: Path) -> None:
    plain = load(study)
    schools = pd.read_csv(study.parent / "schools.csv", dtype=str)
    with pd.ExcelWriter(study.parent / "lists.xlsx") as writer:
        schools.to_excel(writer, sheet_name="学校", index=False, startrow=2)
        few = schools.head(1).assign(年份="2023", 区县="甲", 备注="")
        few.to_excel(writer, sheet_name="其他", index=False)
        pd.DataFrame([["学校一览表"]]).to_excel(writer, sheet_name="学校", index=False, header=False)
    gpd.read_file(study.parent / "parks.geojson").to_file(study.parent / "parks.gdb", driver="OpenFileGDB")
    edited(study, 'path = "schools.csv"', 'path = "lists.xlsx"')
    edited(study, 'path = "parks.geojson"', 'path = "parks.gdb"')
    inputs = load(study)
    for layer in ("schools", "parks"):
        apart_m = inputs.layers[layer].geometry.hausdorff_distance(plain.layers[layer].geometry)
        assert apart_m.max() < 0.01
        assert inputs.layers[layer]["name"].tolist() == plain.layers[layer]["name"].tolist()
    notes = inputs.findings.set_index("rule")
    assert notes.loc["sheet_chosen", "layer"] == "schools"
    assert notes.loc["sheet_chosen", "values"]["others"] == ("其他",)
    assert notes.loc["sheet_layout", "values"] == {"sheet": "学校", "headings": (3,), "skipped": (1,)}
    (packed,) = (file for file in inputs.files if file.path == "parks.gdb")
    assert packed.size > 1000
    edited(study, 'path = "lists.xlsx"', 'path = "lists.xlsx"\ntable = "其他"')
    assert len(load(study).layers["schools"]) == 1
    assert "sheet_chosen" not in rules(load(study))


def test_numbers_of_children_come_from_a_workbook(study: Path) -> None:
    with pd.ExcelWriter(study.parent / "children.xlsx") as writer:
        pd.DataFrame({"code": ["C01"], "age_6_11": [7]}).to_excel(writer, sheet_name="a", index=False)
        pd.DataFrame({"code": ["C01", "C02"], "age_6_11": [3, 4]}).to_excel(writer, sheet_name="b", index=False)
    edited(study, "[demand]\n", '[demand.children]\npath = "children.xlsx"\ntable = "b"\n\n[demand]\n')
    inputs = load(study)
    assert inputs.demand["age_6_11"].sum() == pytest.approx(7)


def test_a_layer_can_be_of_one_kind(study: Path) -> None:
    edited(study, 'path = "schools.csv"', 'path = "schools.csv"\nkind = "小学"')
    assert set(load(study).layers["schools"]["kind"]) == {"primary"}


def as_binary(path: Path, *, numbers: bool = True) -> str:
    """Write a CSV again as a binary workbook beside it, with its numbers as such; return its name."""
    with path.open(encoding="utf-8-sig", newline="") as lines:
        rows = [[_cell(text, numbers=numbers) for text in row] for row in csv.reader(lines)]
    path.unlink()
    return write_xlsb(path.with_suffix(".xlsb"), {"表": BinarySheet(rows)}).name


def _cell(text: str, *, numbers: bool) -> float | str | None:
    try:
        return float(text) if numbers else text or None
    except ValueError:
        return text or None


def test_every_table_of_a_study_comes_from_binary_workbooks_as_from_csv(tmp_path: Path) -> None:
    """Layers, homes, reported figures and the reserve list of the default study; the projects' shapes are texts."""
    usual, binary = copy_default_study(tmp_path / "a"), copy_default_study(tmp_path / "b")
    for path in sorted(binary.parent.rglob("*.csv")):
        edited(binary, path.name, as_binary(path))
    read, expected = (load_inputs(load_study(study), margin_m=MARGIN_M) for study in (binary, usual))
    for name, layer in expected.layers.items():
        pd.testing.assert_frame_equal(read.layers[name], layer, obj=name)
    pd.testing.assert_frame_equal(read.demand, expected.demand)
    assert len(read.reported) == len(expected.reported) > 0
    pd.testing.assert_frame_equal(read.reported, expected.reported)
    ours, theirs = (plan_choices(load_study(study))[0] for study in (binary, usual))
    assert ours.projects == theirs.projects


def test_numbers_of_children_the_official_list_and_changes_come_from_binary_workbooks(study: Path) -> None:
    children = study.parent / "children.csv"
    children.write_text("code,age_0_2,age_3_5,age_6_11,age_12_17\nC01,1,2,3,4\nC02,5,6,7,8\nC03,9,1,2,3\n")
    official = study.parent / "official.csv"
    official.write_text("code,community\nC01,Other\n")
    edited(study, '[demand]\npath = "homes.geojson"', f'[demand.children]\npath = "{as_binary(children)}"')
    edited(study, "[boundaries.communities]\n", f'[boundaries.communities]\nofficial = "{as_binary(official)}"\n')
    inputs = load(study)
    assert inputs.demand[list(AGE_BANDS)].sum().tolist() == pytest.approx([15, 9, 12, 15])
    assert {"community_unlisted", "name_differs"} <= set(rules(inputs, "communities"))
    changes = study.parent / "changes.csv"
    changes.write_text("action,layer,kind,name,lon,lat\nadd,parks,,New park,106.5,29.5\n")
    (change,) = load_scenario(changes.parent / as_binary(changes), study=load_study(study)).changes
    assert (change.layer, change.name) == ("parks", "New park")
