"""Layers of lines as a GIS keeps them mean what the same tags mean in OpenStreetMap."""

import json
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import LineString
from worlds.town import CRS

from cfgeo import NetworkError
from cfgeo.core.schema import StreetWays
from cfgeo.files.osm.lines import streets_from_lines


def layer(*rows: dict[str, Any]) -> gpd.GeoDataFrame:
    """Return lines of 100 m, one above the other, with these columns."""
    shapes = [LineString([(650_000, 3_270_000 + 50 * n), (650_100, 3_270_000 + 50 * n)]) for n in range(len(rows))]
    return gpd.GeoDataFrame(pd.DataFrame(list(rows)), geometry=shapes, crs=CRS)


def rules(streets: StreetWays) -> dict[str, Any]:
    return {row["rule"]: row["values"] for row in streets.findings}


@pytest.mark.parametrize("no", ["no", "No", " NO ", False, 0, 0.0, "F", "false", np.False_, "否"])
def test_a_no_of_any_type_closes_a_line(no: object) -> None:
    streets = streets_from_lines(layer({"highway": "footway", "foot": no}, {"highway": "footway", "foot": None}))
    assert len(streets.ways) == 1


@pytest.mark.parametrize("yes", ["yes", "Yes", True, 1, 1.0, "T", "true", np.True_, "是"])
def test_a_yes_of_any_type_opens_a_line_and_makes_a_bridge(yes: object) -> None:
    streets = streets_from_lines(layer({"highway": "service", "access": "private", "foot": yes, "bridge": yes}))
    assert streets.ways["structure"].tolist() == [True]


@pytest.mark.parametrize(
    "row",
    [
        {"oneway:foot": "yes"},
        {"oneway:foo": "yes"},  # a Shapefile keeps ten characters
        {"oneway_foo": "1"},
        {"ONEWAY:FOOT": "YES"},
        {"other_tags": '"surface"=>"paved","oneway:foot"=>"yes"'},
        {"other_tags": json.dumps({"oneway:foot": "yes"})},
        {"foot:backw": "no"},
    ],
)
def test_a_tag_is_read_however_a_gis_writes_its_column(row: dict[str, Any]) -> None:
    assert streets_from_lines(layer({"highway": "footway", **row})).ways["oneway"].tolist() == [1]


def test_an_osm_layer_of_gdal_keeps_its_closed_ways_closed_and_its_rivers_rivers() -> None:
    rows = [
        {"osm_id": "1", "highway": "footway", "waterway": None, "other_tags": '"foot"=>"private"'},
        {"osm_id": "2", "highway": "footway", "waterway": None, "other_tags": None},
        {"osm_id": "3", "highway": None, "waterway": "river", "other_tags": None},
        {"osm_id": "4", "highway": None, "waterway": None, "other_tags": None},
    ]
    streets = streets_from_lines(layer(*rows))
    assert streets.ways["osm_id"].tolist() == [2, 4]
    assert rules(streets) == {"lines_no_streets": {"count": 1, "km": 0.1, "kinds": ("waterway=river",)}}


def test_roads_of_geofabrik_are_known_by_their_fclass() -> None:
    names = ["footway", "steps", "motorway", "trunk", "track_grade2", "unknown", "living_street"]
    streets = streets_from_lines(layer(*({"osm_id": str(n), "fclass": name} for n, name in enumerate(names, 1))))
    assert streets.ways["highway"].tolist() == ["footway", "steps", "track", "road", "living_street"]
    assert streets.ways["form"].tolist()[1] == "steps"
    assert rules(streets) == {"trunk_closed": {"count": 1, "km": 0.1, "ways": ("way/4",)}}


def test_a_study_can_open_the_trunk_roads_of_a_layer() -> None:
    streets = streets_from_lines(layer({"highway": "trunk"}), trunk_roads=True)
    assert streets.ways["footway"].tolist() == [True]
    assert set(rules(streets)) == {"trunk_opened"}


@pytest.mark.parametrize("value", [["footway", "path"], "['footway', 'path']", "footway;path"])
def test_of_several_classes_the_first_counts_and_is_said(value: object) -> None:
    streets = streets_from_lines(layer({"highway": value}))
    assert streets.ways["highway"].tolist() == ["footway"]
    assert set(rules(streets)) == {"highway_several"}


@pytest.mark.parametrize(
    ("column", "value"), [("osm_id", 12), ("osm_id", "12"), ("osm_id", 12.0), ("@id", "way/12"), ("full_id", "w12")]
)
def test_findings_name_the_way_and_else_the_row(column: str, value: object) -> None:
    hard = {"highway": "path", "sac_scale": "alpine_hiking"}
    (row,) = streets_from_lines(layer({**hard, column: value})).findings
    assert row["values"]["ways"] == ("way/12 (sac_scale=alpine_hiking)",)
    (row,) = streets_from_lines(layer(hard)).findings
    assert row["values"]["ways"] == ("#0 (sac_scale=alpine_hiking)",)


def test_a_line_without_an_id_has_the_number_of_its_row() -> None:
    private = {"highway": "footway", "foot": "private"}
    streets = streets_from_lines(layer({"highway": "footway"}, private, {"highway": "steps"}))
    assert streets.ways["osm_id"].tolist() == [-1, -3]
    assert streets.closed is not None
    assert streets.closed.ways["osm_id"].tolist() == [-2]
    known = streets_from_lines(layer({"osm_id": 5, "highway": "footway"}, {"osm_id": None, "highway": "footway"}))
    assert known.ways["osm_id"].tolist() == [5, -2]
    two = layer({"highway": "footway"}, {"highway": "steps"}).dissolve()  # one row, two lines
    assert streets_from_lines(two).ways["osm_id"].tolist() == [-1, -1]


@pytest.mark.parametrize("count", [48, 48.0, "48"])
def test_a_number_of_steps_may_be_a_number(count: object) -> None:
    assert streets_from_lines(layer({"highway": "steps", "step_count": count})).ways["step_count"].tolist() == [48]


def test_a_column_without_values_is_as_none() -> None:
    for blank in (None, np.nan, "", "NULL", pd.NA):
        ways = streets_from_lines(layer({"highway": "footway", "foot": blank, "layer": blank})).ways
        assert ways["structure"].tolist() == [False]


def test_a_layer_of_rivers_or_motorways_holds_no_street() -> None:
    for row in ({"waterway": "river"}, {"highway": "motorway"}, {"highway": None, "railway": "rail"}):
        with pytest.raises(NetworkError):
            streets_from_lines(layer(row))
