"""Datums are recognised by what lies where: real and made layers moved on purpose, and none accused that was not."""

import dataclasses
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from cfgeo import Inputs, Study
from cfgeo.case import Case
from cfgeo.datum import from_wgs84, to_wgs84
from cfgeo.features import read_features
from cfgeo.namesakes import namesakes
from cfgeo.read import read_places
from cfgeo.schema import WGS84
from cfgeo.shifted import DATUMS, LEAST_POINTS, Placed, check_datums
from cfgeo.signposts import NOBODY, Signposts, signposts

OSM = Placed(None, "wgs84", sure=True)


def seen(shapes: Any, crs: str, *, true: str, said: str) -> Any:
    """Return shapes as they are read when a file in one datum is taken for another."""
    degrees = gpd.GeoSeries(shapes, crs=crs).to_crs(WGS84).to_numpy()
    moved = shapely.transform(
        degrees,
        lambda xy: np.column_stack(to_wgs84(*from_wgs84(xy[:, 0], xy[:, 1], datum=true), datum=said)),
    )
    return gpd.GeoSeries(moved, crs=WGS84).to_crs(crs).to_numpy()


def told(
    inputs: Inputs,
    moved: dict[str, tuple[str, str]],
    *,
    streets: Placed = OSM,
    shapes: dict[str, Any] | None = None,
    files: dict[str, str] | None = None,
    known: gpd.GeoDataFrame | None = None,
) -> dict[str, tuple[str, int]]:
    """Return who is accused of which datum and shift, where some tables were moved (true datum, said datum).

    ``known`` has what bears a name on the map; without it names of streets and stations say nothing.
    """
    tables = {name: layer.geometry.to_numpy() for name, layer in inputs.layers.items() if name != "water"}
    tables["demand"] = inputs.demand.geometry.to_numpy()
    tables["communities"] = np.array([shapely.union_all(inputs.communities.geometry.to_numpy())])
    tables |= shapes or {}
    for name, (true, said) in moved.items():
        tables[name] = seen(tables[name], inputs.crs, true=true, said=said)
    said_of = {name: moved[name][1] if name in moved else "wgs84" for name in tables}
    areas = inputs.communities
    if "communities" in moved:
        true, said = moved["communities"]
        areas = areas.set_geometry(
            gpd.GeoSeries(
                seen(areas.geometry.to_numpy(), inputs.crs, true=true, said=said), index=areas.index, crs=areas.crs
            )
        )
    named = {name: inputs.layers[name]["name"] for name in tables if name in inputs.layers}
    named = {name: names for name, names in named.items() if len(names) == len(tables[name])}
    outline = Placed(
        tables.pop("communities")[0], said_of["communities"], signs=called(areas["community"], areas.geometry, known)
    )
    places = {
        name: Placed(
            table,
            said_of[name],
            name == "walkways",
            namesakes(named[name], areas) if name in named else None,
            (files or {}).get(name, ""),
            called(named[name], gpd.GeoSeries(table, crs=inputs.crs), known) if name in named else NOBODY,
        )
        for name, table in tables.items()
    }
    rows = check_datums(places, outline, streets, inputs.network)
    return {row["layer"]: (row["values"]["likely"], row["values"]["shift_m"]) for row in rows}


def called(names: Any, places: gpd.GeoSeries, known: gpd.GeoDataFrame | None) -> Signposts:
    """Return what is called after something on the map; nothing without a map."""
    return NOBODY if known is None else signposts(names.reset_index(drop=True), places.reset_index(drop=True), known)


PAIRS = [(true, said) for true in DATUMS for said in DATUMS if true != said]
LARGE = ("schools", "hospitals", "parks", "care_centres", "demand")
BEYOND = ("sports", "traffic_calming")
"""A tenth of them and more lies outside the district, so that a move may go unnoticed."""


@pytest.mark.parametrize(("true", "said"), PAIRS)
@pytest.mark.parametrize("layer", LARGE)
def test_a_layer_of_the_default_study_is_recognised(default_case: Case, layer: str, true: str, said: str) -> None:
    found = told(default_case.inputs, {layer: (true, said)})
    assert set(found) == {layer}
    likely, shift_m = found[layer]
    assert likely == true
    assert 300 < shift_m < 1300


@pytest.mark.parametrize(("true", "said"), PAIRS)
@pytest.mark.parametrize("layer", BEYOND)
def test_what_is_said_of_a_list_that_goes_beyond_the_district_is_true(
    default_case: Case, layer: str, true: str, said: str
) -> None:
    found = told(default_case.inputs, {layer: (true, said)})
    assert {name: likely for name, (likely, _) in found.items()} in ({}, {layer: true})


def test_nobody_is_accused_of_the_default_study(default_case: Case) -> None:
    assert told(default_case.inputs, {}) == {}


@pytest.mark.parametrize(("true", "said"), PAIRS)
def test_communities_of_the_default_study_are_recognised(default_case: Case, true: str, said: str) -> None:
    assert told(default_case.inputs, {"communities": (true, said)})["communities"][0] == true
    assert set(told(default_case.inputs, {"communities": (true, said)})) == {"communities"}


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_everything_in_a_datum_that_the_study_names_is_right(default_case: Case, datum: str) -> None:
    names = [*default_case.inputs.layers, "demand", "communities"]
    moved = {name: (datum, datum) for name in names if name not in {"walkways", "water"}}
    assert told(default_case.inputs, moved) == {}


def test_cgcs2000_is_wgs84(default_case: Case) -> None:
    assert told(default_case.inputs, {"schools": ("wgs84", "cgcs2000")}) == {}


@pytest.mark.parametrize(("true", "said"), PAIRS)
def test_lines_of_streets_are_recognised_where_all_places_agree(default_case: Case, true: str, said: str) -> None:
    inputs = default_case.inputs
    edges = inputs.network.edges
    lines = seen(edges.geometry.to_numpy(), inputs.crs, true=true, said=said)
    network = dataclasses.replace(inputs.network, edges=edges.set_geometry(gpd.GeoSeries(lines, crs=inputs.crs)))
    found = told(dataclasses.replace(inputs, network=network), {}, streets=Placed(None, said))
    if said == "wgs84":  # the places are in WGS-84, and no datum would bring them to such streets
        assert found["network"][0] == true
    assert found.get("network", (true,))[0] == true


def test_too_few_points_say_nothing(default_case: Case) -> None:
    few = default_case.inputs.layers["schools"].geometry.to_numpy()[: LEAST_POINTS - 1]
    assert told(default_case.inputs, {"schools": ("bd09", "wgs84")}, shapes={"schools": few}) == {}


@pytest.mark.shared
def test_nobody_is_accused_of_yuzhong(yuzhong: Inputs) -> None:
    assert told(yuzhong, {}) == {}


@pytest.mark.shared
@pytest.mark.parametrize(("true", "said"), PAIRS)
def test_the_buildings_of_yuzhong_are_recognised(yuzhong: Inputs, true: str, said: str) -> None:
    found = told(yuzhong, {"demand": (true, said)})
    assert {name: likely for name, (likely, _) in found.items()} == {"demand": true}


@pytest.mark.shared
@pytest.mark.parametrize(("true", "said"), PAIRS)
@pytest.mark.parametrize("layer", ["schools", "hospitals", "parks", "care_centres"])
def test_approximate_places_of_yuzhong_are_never_put_into_a_third_datum(
    yuzhong: Inputs, layer: str, true: str, said: str
) -> None:
    # Good to some 300 m themselves, they may be left alone; what is said of them has to be true.
    found = told(yuzhong, {layer: (true, said)})
    assert {name: likely for name, (likely, _) in found.items()} in ({}, {layer: true})


YUZHONG_LISTS = ("schools", "hospitals", "parks", "care_centres", "culture", "activity", "sports")
NOT_RECOGNISED = [("wgs84", "gcj02"), ("gcj02", "wgs84")]
"""The shift, 479 m, is of the size of these lists' own error."""


@pytest.mark.shared
@pytest.mark.parametrize(("true", "said"), PAIRS)
def test_approximate_lists_of_one_file_are_recognised_together(yuzhong: Inputs, true: str, said: str) -> None:
    file = dict.fromkeys(YUZHONG_LISTS, "facilities_approx.csv")
    found = told(yuzhong, dict.fromkeys(YUZHONG_LISTS, (true, said)), files=file)
    assert {likely for likely, _ in found.values()} == (set() if (true, said) in NOT_RECOGNISED else {true})
    assert set(found) <= {"facilities_approx.csv", *YUZHONG_LISTS}


NO_HOMES = {"demand": np.empty(0, dtype=object)}
"""Homes have no names, and take most of the time."""


@pytest.fixture(scope="module")
def yuzhong_map(yuzhong: Inputs, shared_data: Path) -> gpd.GeoDataFrame:
    """Return what has a name in Yuzhong's OpenStreetMap file."""
    features, _ = read_features(shared_data / "yuzhong" / "streets.osm.pbf", {"name": ("*",)})
    return features.to_crs(yuzhong.crs)


@pytest.mark.shared
@pytest.mark.parametrize(("true", "said"), PAIRS)
@pytest.mark.parametrize("layer", [*(name for name in YUZHONG_LISTS if name != "activity"), "communities", "demand"])
def test_each_table_of_yuzhong_is_recognised_by_names(
    yuzhong: Inputs, yuzhong_map: gpd.GeoDataFrame, layer: str, true: str, said: str
) -> None:
    found = told(yuzhong, {layer: (true, said)}, known=yuzhong_map, shapes={} if layer == "demand" else NO_HOMES)
    assert {name: likely for name, (likely, _) in found.items()} == {layer: true}


@pytest.mark.shared
@pytest.mark.parametrize(("true", "said"), PAIRS)
def test_a_list_of_two_places_is_told_by_its_file_alone(
    yuzhong: Inputs, yuzhong_map: gpd.GeoDataFrame, true: str, said: str
) -> None:
    file = dict.fromkeys(YUZHONG_LISTS, "facilities_approx.csv")
    assert len(yuzhong.layers["activity"]) == 2
    assert told(yuzhong, {"activity": (true, said)}, known=yuzhong_map, files=file, shapes=NO_HOMES) == {}
    every = dict.fromkeys(YUZHONG_LISTS, (true, said))
    found = told(yuzhong, every, known=yuzhong_map, files=file, shapes=NO_HOMES)
    assert {name: likely for name, (likely, _) in found.items()} == {"facilities_approx.csv": true}


@pytest.mark.shared
@pytest.mark.parametrize(("true", "said"), PAIRS)
@pytest.mark.parametrize("layer", ["schools", "sports"])
def test_one_moved_list_of_a_file_is_told_from_the_others(
    yuzhong: Inputs, yuzhong_map: gpd.GeoDataFrame, layer: str, true: str, said: str
) -> None:
    file = dict.fromkeys(YUZHONG_LISTS, "facilities_approx.csv")
    found = told(yuzhong, {layer: (true, said)}, known=yuzhong_map, files=file, shapes=NO_HOMES)
    assert {name: likely for name, (likely, _) in found.items()} == {layer: true}


@pytest.mark.shared
@pytest.mark.parametrize("datum", DATUMS)
def test_nobody_is_accused_of_yuzhong_by_names(yuzhong: Inputs, yuzhong_map: gpd.GeoDataFrame, datum: str) -> None:
    file = dict.fromkeys(YUZHONG_LISTS, "facilities_approx.csv")
    moved = dict.fromkeys([*YUZHONG_LISTS, "communities", "demand"], (datum, datum))
    assert told(yuzhong, moved, known=yuzhong_map) == {}
    assert told(yuzhong, moved, known=yuzhong_map, files=file) == {}


@pytest.mark.shared
def test_lists_of_a_few_places_that_lie_a_little_elsewhere_are_not_accused(
    yuzhong: Inputs, yuzhong_map: gpd.GeoDataFrame
) -> None:
    """Some of all places by chance, each moved by up to a hundred metres or so more than it is wrong already."""
    chance = np.random.default_rng(2026)
    lists = [yuzhong.layers[name] for name in YUZHONG_LISTS]
    names = np.concatenate([table["name"] for table in lists])
    points = np.concatenate([table.geometry.to_numpy() for table in lists])
    outline = Placed(shapely.union_all(yuzhong.communities.geometry.to_numpy()), "wgs84", sure=True)
    for few in (3, 5, 8, 15, 30) * 12:
        some = chance.choice(len(names), few, replace=False)
        there = shapely.transform(points[some], lambda xy: xy + chance.normal(0, 100, xy.shape))
        signs = called(pd.Series(names[some]), gpd.GeoSeries(there, crs=yuzhong.crs), yuzhong_map)
        assert check_datums({"some": Placed(there, "wgs84", signs=signs)}, outline, OSM, yuzhong.network) == []


@pytest.mark.shared
def test_nobody_is_accused_of_yuzhong_by_its_file(yuzhong: Inputs) -> None:
    assert told(yuzhong, {}, files=dict.fromkeys(YUZHONG_LISTS, "facilities_approx.csv")) == {}


@pytest.mark.shared
@pytest.mark.parametrize(("true", "said"), [pair for pair in PAIRS if pair != ("wgs84", "gcj02")])
def test_communities_of_yuzhong_are_recognised_and_their_lists_are_not_blamed(
    yuzhong: Inputs, true: str, said: str
) -> None:
    found = told(yuzhong, {"communities": (true, said)}, files=dict.fromkeys(YUZHONG_LISTS, "facilities_approx.csv"))
    assert {name: likely for name, (likely, _) in found.items()} == {"communities": true}


@pytest.mark.shared
def test_communities_of_yuzhong_that_are_said_to_be_in_gcj02_accuse_nobody_else(yuzhong: Inputs) -> None:
    file = dict.fromkeys(YUZHONG_LISTS, "facilities_approx.csv")
    found = told(yuzhong, {"communities": ("wgs84", "gcj02")}, files=file)
    assert {name: likely for name, (likely, _) in found.items()} in ({}, {"communities": "wgs84"})


@pytest.mark.shared
def test_the_real_district_in_gcj02_is_recognised(yuzhong: Inputs, shared_data: Path) -> None:
    outlines = {
        name: read_places(shared_data / "yuzhong" / f"district_{name}.geojson", columns={}, datum="wgs84")
        .to_crs(yuzhong.crs)
        .geometry.to_numpy()
        for name in ("wgs84", "gcj02")
    }
    assert told(yuzhong, {}, shapes={"communities": outlines["wgs84"]}) == {}
    found = told(yuzhong, {}, shapes={"communities": outlines["gcj02"]})
    assert set(found) == {"communities"}
    assert found["communities"][0] == "gcj02"
    assert 430 < found["communities"][1] < 500


@pytest.mark.shared
def test_outside_china_there_is_nothing_to_tell(monaco: Inputs, monaco_study: Study) -> None:
    assert monaco_study.demand is not None
    assert told(monaco, {"demand": ("bd09", "wgs84")}) == {}


@pytest.mark.parametrize("side", [(1, 0), (-1, 0), (0, 1), (0, -1), (1, 1)])
@pytest.mark.parametrize("reach_m", [1500, 8000])
def test_a_list_that_goes_beyond_the_district_on_one_side_is_not_accused(
    default_case: Case, side: tuple[int, int], reach_m: int
) -> None:
    # What lies east of all streets comes nearer to them by any move to the west.
    west, south, east, north = default_case.inputs.communities.total_bounds
    random = np.random.default_rng(7).uniform(size=(400, 2))
    x = west + (east - west) * random[:, 0] + side[0] * reach_m * random[:, 1]
    y = south + (north - south) * random[:, 1] + side[1] * reach_m * random[:, 0]
    inputs = default_case.inputs
    assert told(inputs, {}, shapes={"schools": shapely.points(x, y)}) == {}
    district = shapely.union_all(inputs.communities.geometry.to_numpy())
    alone = {"schools": Placed(shapely.points(x, y), "wgs84", sure=True)}  # nor are the communities, by such a list
    assert check_datums(alone, Placed(district, "wgs84"), OSM, inputs.network) == []
