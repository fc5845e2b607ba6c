"""Datums are recognised by what lies where: real and made layers moved on purpose, and none accused that was not."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from cfgeo import Inputs, Study
from cfgeo.assess.case import Case
from cfgeo.check.datum_names import hint_by_names
from cfgeo.check.datum_samples import DATUMS, Declared, ReferenceMap
from cfgeo.check.datums import LEAST_POINTS, check_datums
from cfgeo.check.landmarks import NO_MATCHES, NameMatches, concat_matches, match_areas, match_names
from cfgeo.core.schema import WGS84, Network
from cfgeo.files.osm.features import read_features
from cfgeo.files.positions.datum import from_wgs84, to_wgs84
from cfgeo.files.read import read_places

AS_DECLARED = ("wgs84", "wgs84")
OSM = Declared(None, "wgs84", sure=True)


def read_as(shapes: Any, crs: str, *, true: str, declared: str) -> Any:
    """Return shapes as they are read when a file in one datum is taken for another."""
    if (true, declared) == AS_DECLARED:
        return shapes
    degrees = gpd.GeoSeries(shapes, crs=crs).to_crs(WGS84).to_numpy()
    shifted = shapely.transform(
        degrees,
        lambda xy: np.column_stack(to_wgs84(*from_wgs84(xy[:, 0], xy[:, 1], datum=true), datum=declared)),
    )
    return gpd.GeoSeries(shifted, crs=WGS84).to_crs(crs).to_numpy()


class Tables:
    """A study's tables, each as it is read in any datum; what is the same from case to case is made once.

    ``known`` has what bears a name on the map; without it names of streets and stations say nothing.
    """

    def __init__(self, inputs: Inputs, known: gpd.GeoDataFrame | None = None, *, homes: int) -> None:
        self.inputs, self.known = inputs, known
        self.shapes = {name: layer.geometry.to_numpy() for name, layer in inputs.layers.items() if name != "water"}
        self.shapes["demand"] = inputs.demand.geometry.to_numpy()
        self.district = shapely.union_all(inputs.communities.geometry.to_numpy())
        self.cached: dict[Any, Any] = {}
        self.homes = self.shapes["demand"]
        self.shapes["demand"] = self.homes[:: len(self.homes) // homes] if homes else self.homes[:0]

    def areas(self, true: str, declared: str) -> gpd.GeoDataFrame:
        areas = self.inputs.communities
        shifted = read_as(areas.geometry.to_numpy(), self.inputs.crs, true=true, declared=declared)
        return areas.set_geometry(gpd.GeoSeries(shifted, index=areas.index, crs=areas.crs))

    def outline(self, true: str, declared: str, shape: Any = None) -> Declared:
        areas = self.once(self.areas, true, declared)
        district = read_as(np.array([shape or self.district]), self.inputs.crs, true=true, declared=declared)[0]
        return Declared(district, declared, matches=matches_of(areas["community"], areas.geometry, self.known))

    def table(self, name: str, true: str, declared: str, among: tuple[str, str]) -> Declared:
        table = read_as(self.shapes[name], self.inputs.crs, true=true, declared=declared)
        names = self.inputs.layers[name]["name"] if name in self.inputs.layers else None
        if names is None or len(names) != len(table):
            return Declared(table, declared)
        matches = matches_of(names, gpd.GeoSeries(table, crs=self.inputs.crs), self.known)
        areas = match_areas(names, self.once(self.areas, *among))
        return Declared(table, declared, name == "walkways", areas, matches=matches)

    def once(self, make: Callable[..., Any], *arguments: Any) -> Any:
        key = (make.__name__, *arguments)
        if key not in self.cached:
            self.cached[key] = make(*arguments)
        return self.cached[key]


def likely_datums(
    tables: Tables,
    moved: dict[str, tuple[str, str]],
    *,
    streets: Declared = OSM,
    shapes: dict[str, Any] | None = None,
    files: dict[str, str] | None = None,
    network: Network | None = None,
) -> dict[str, tuple[str, int]]:
    """Return each table with a finding, its likely datum and the shift [m].

    ``moved`` has the true and the declared datum of tables; ``shapes`` replace those of tables.
    """
    rows = findings_of(tables, moved, streets=streets, shapes=shapes, files=files, network=network)
    rows = [row for row in rows if row["rule"] != "datum_unchecked"]
    return {row["layer"]: (row["values"]["likely"], row["values"]["shift_m"]) for row in rows}


def findings_of(
    tables: Tables,
    moved: dict[str, tuple[str, str]],
    *,
    streets: Declared = OSM,
    shapes: dict[str, Any] | None = None,
    files: dict[str, str] | None = None,
    network: Network | None = None,
) -> list[dict[str, Any]]:
    """Return all findings about datums."""
    others = dict(shapes or {})
    among = moved.get("communities", AS_DECLARED)
    if "communities" in others:
        outline = tables.outline(*among, others.pop("communities"))
    else:
        outline = tables.once(tables.outline, *among)
    places = {
        name: tables.once(tables.table, name, *moved.get(name, AS_DECLARED), among)
        for name in tables.shapes
        if name not in others
    }
    for name, shape in others.items():
        true, declared = moved.get(name, AS_DECLARED)
        places[name] = Declared(read_as(shape, tables.inputs.crs, true=true, declared=declared), declared)
    for name, file in (files or {}).items():
        places[name] = dataclasses.replace(places[name], file=file)
    return check_datums(places, outline, streets, network or tables.inputs.network)


def matches_of(names: Any, places: gpd.GeoSeries, known: gpd.GeoDataFrame | None) -> NameMatches:
    """Return the places named after something on the map; none without a map."""
    if known is None:
        return NO_MATCHES
    return match_names(names.reset_index(drop=True), places.reset_index(drop=True), known)


FEW_HOMES = 250
"""Where the homes are not in question: they take most of the time."""


@pytest.fixture(scope="module")
def default(default_case: Case) -> Tables:
    return Tables(default_case.inputs, homes=FEW_HOMES)


@pytest.fixture(scope="module")
def unnamed(yuzhong: Inputs) -> Tables:
    """Return the tables of Yuzhong without a map."""
    return Tables(yuzhong, homes=FEW_HOMES)


@pytest.fixture(scope="module")
def named(yuzhong: Inputs, shared_data: Path) -> Tables:
    """Return the tables of Yuzhong with what has a name in its OpenStreetMap file."""
    features, _ = read_features(shared_data / "yuzhong" / "streets.osm.pbf", {"name": ("*",)})
    return Tables(yuzhong, features.to_crs(yuzhong.crs), homes=0)


def homes_of(tables: Tables, layer: str) -> dict[str, Any]:
    """Return all homes, where these are in question."""
    return {"demand": tables.homes} if layer == "demand" else {}


PAIRS = [(true, declared) for true in DATUMS for declared in DATUMS if true != declared]
LARGE = ("schools", "hospitals", "parks", "care_centres", "demand")
BEYOND = ("sports", "traffic_calming")
"""A tenth of them and more lies outside the district, so that a move may go unnoticed."""


@pytest.mark.parametrize(("true", "declared"), PAIRS)
@pytest.mark.parametrize("layer", LARGE)
def test_a_layer_of_the_default_study_is_recognised(default: Tables, layer: str, true: str, declared: str) -> None:
    shifted = likely_datums(default, {layer: (true, declared)}, shapes=homes_of(default, layer))
    assert set(shifted) == {layer}
    likely, shift_m = shifted[layer]
    assert likely == true
    assert 300 < shift_m < 1300


@pytest.mark.parametrize(("true", "declared"), PAIRS)
@pytest.mark.parametrize("layer", BEYOND)
def test_a_list_that_goes_beyond_the_district_is_found_in_its_true_datum_or_not_at_all(
    default: Tables, layer: str, true: str, declared: str
) -> None:
    shifted = likely_datums(default, {layer: (true, declared)})
    assert {name: likely for name, (likely, _) in shifted.items()} in ({}, {layer: true})


def test_no_table_of_the_default_study_is_found_shifted(default: Tables) -> None:
    assert likely_datums(default, {}, shapes={"demand": default.homes}) == {}


@pytest.mark.parametrize(("true", "declared"), PAIRS)
def test_communities_of_the_default_study_are_recognised(default: Tables, true: str, declared: str) -> None:
    shifted = likely_datums(default, {"communities": (true, declared)})
    assert {name: likely for name, (likely, _) in shifted.items()} == {"communities": true}


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_tables_in_the_datum_that_the_study_declares_are_right(default: Tables, datum: str) -> None:
    names = [*default.inputs.layers, "demand", "communities"]
    moved = {name: (datum, datum) for name in names if name not in {"walkways", "water"}}
    assert likely_datums(default, moved) == {}


def test_cgcs2000_is_wgs84(default: Tables) -> None:
    assert likely_datums(default, {"schools": ("wgs84", "cgcs2000")}) == {}


@pytest.mark.parametrize(("true", "declared"), PAIRS)
def test_shifted_streets_are_recognised_where_all_places_agree(default: Tables, true: str, declared: str) -> None:
    inputs = default.inputs
    edges = inputs.network.edges
    lines = read_as(edges.geometry.to_numpy(), inputs.crs, true=true, declared=declared)
    network = dataclasses.replace(inputs.network, edges=edges.set_geometry(gpd.GeoSeries(lines, crs=inputs.crs)))
    shifted = likely_datums(default, {}, streets=Declared(None, declared), network=network)
    if declared == "wgs84":  # the places are in WGS-84, and no datum would bring them to such streets
        assert shifted["network"][0] == true
    assert shifted.get("network", (true,))[0] == true


def test_fewer_points_than_needed_give_no_finding(default: Tables) -> None:
    few = default.inputs.layers["schools"].geometry.to_numpy()[: LEAST_POINTS - 1]
    assert likely_datums(default, {"schools": ("bd09", "wgs84")}, shapes={"schools": few}) == {}


@pytest.mark.shared
def test_no_table_of_yuzhong_is_found_shifted_without_names(unnamed: Tables) -> None:
    assert likely_datums(unnamed, {}, shapes={"demand": unnamed.homes}) == {}


@pytest.mark.shared
@pytest.mark.parametrize(("true", "declared"), PAIRS)
def test_the_buildings_of_yuzhong_are_recognised(unnamed: Tables, true: str, declared: str) -> None:
    shifted = likely_datums(unnamed, {"demand": (true, declared)}, shapes={"demand": unnamed.homes})
    assert {name: likely for name, (likely, _) in shifted.items()} == {"demand": true}


@pytest.mark.shared
@pytest.mark.parametrize(("true", "declared"), PAIRS)
@pytest.mark.parametrize("layer", ["schools", "hospitals", "parks", "care_centres"])
def test_approximate_places_of_yuzhong_are_never_put_into_a_third_datum(
    unnamed: Tables, layer: str, true: str, declared: str
) -> None:
    # Good to some 300 m themselves, they may be left alone; the datum of a finding has to be true.
    shifted = likely_datums(unnamed, {layer: (true, declared)})
    assert {name: likely for name, (likely, _) in shifted.items()} in ({}, {layer: true})


YUZHONG_LISTS = ("schools", "hospitals", "parks", "care_centres", "culture", "activity", "sports")
NOT_RECOGNISED = [("wgs84", "gcj02"), ("gcj02", "wgs84")]
"""The shift, 479 m, is of the size of these lists' own error."""


@pytest.mark.shared
@pytest.mark.parametrize(("true", "declared"), PAIRS)
def test_approximate_lists_of_one_file_are_recognised_together(unnamed: Tables, true: str, declared: str) -> None:
    file = dict.fromkeys(YUZHONG_LISTS, "facilities_approx.csv")
    shifted = likely_datums(unnamed, dict.fromkeys(YUZHONG_LISTS, (true, declared)), files=file)
    assert {likely for likely, _ in shifted.values()} == (set() if (true, declared) in NOT_RECOGNISED else {true})
    assert set(shifted) <= {"facilities_approx.csv", *YUZHONG_LISTS}


@pytest.mark.shared
@pytest.mark.parametrize(("true", "declared"), PAIRS)
@pytest.mark.parametrize("layer", [*YUZHONG_LISTS, "communities", "demand"])
def test_each_table_of_yuzhong_is_recognised_by_names(named: Tables, layer: str, true: str, declared: str) -> None:
    rows = findings_of(named, {layer: (true, declared)}, shapes=homes_of(named, layer))
    rule = {"activity": "datum_hint", "demand": "datum_layer"}.get(layer, "datum_names")
    assert [(row["rule"], row["layer"], row["values"]["likely"]) for row in rows] == [(rule, layer, true)]
    assert rows[0]["severity"] == ("note" if rule == "datum_hint" else "warning")


@pytest.mark.shared
@pytest.mark.parametrize(("true", "declared"), PAIRS)
def test_shifted_lists_of_one_file_give_one_finding_of_the_file(named: Tables, true: str, declared: str) -> None:
    file = dict.fromkeys(YUZHONG_LISTS, "facilities_approx.csv")
    assert len(named.shapes["activity"]) == 2
    alone = likely_datums(named, {"activity": (true, declared)}, files=file)
    assert {name: likely for name, (likely, _) in alone.items()} == ({} if declared == "wgs84" else {"activity": true})
    shifted = likely_datums(named, dict.fromkeys(YUZHONG_LISTS, (true, declared)), files=file)
    assert {name: likely for name, (likely, _) in shifted.items()} == {"facilities_approx.csv": true}


@pytest.mark.shared
@pytest.mark.parametrize(("true", "declared"), PAIRS)
@pytest.mark.parametrize("layer", ["schools", "sports"])
def test_a_shifted_list_of_a_file_is_told_from_the_others(named: Tables, layer: str, true: str, declared: str) -> None:
    file = dict.fromkeys(YUZHONG_LISTS, "facilities_approx.csv")
    shifted = likely_datums(named, {layer: (true, declared)}, files=file)
    assert {name: likely for name, (likely, _) in shifted.items()} == {layer: true}


@pytest.mark.shared
@pytest.mark.parametrize("datum", DATUMS)
def test_no_table_of_yuzhong_is_found_shifted_by_names(named: Tables, datum: str) -> None:
    file = dict.fromkeys(YUZHONG_LISTS, "facilities_approx.csv")
    moved = dict.fromkeys([*YUZHONG_LISTS, "communities", "demand"], (datum, datum))
    assert likely_datums(named, moved) == {}
    assert likely_datums(named, moved, files=file) == {}


def random_sample(named: Tables, chance: np.random.Generator, few: int, noise_m: float) -> Declared:
    """Return some of Yuzhong's places with landmarks, with normal noise on top of their own error."""
    every = concat_matches(named.once(named.table, name, *AS_DECLARED, AS_DECLARED).matches for name in YUZHONG_LISTS)
    rows = chance.choice(len(every.points), few, replace=False)
    there = shapely.transform(every.points[rows], lambda xy: xy + chance.normal(0, noise_m, xy.shape))
    return Declared(there, "wgs84", matches=NameMatches(there, every.landmarks[rows], every.words[rows]))


@pytest.mark.shared
def test_lists_of_a_few_places_that_lie_some_metres_off_are_not_accused(named: Tables) -> None:
    chance = np.random.default_rng(2026)
    outline = Declared(named.district, "wgs84", sure=True)
    for few in (1, 2, 3, 5, 8, 15, 30) * 8:
        tables = {"some": random_sample(named, chance, few, 100)}
        rows = check_datums(tables, outline, OSM, named.inputs.network)
        assert [row["rule"] for row in rows if row["severity"] != "note"] == []


@pytest.mark.shared
def test_few_lists_of_one_to_three_places_get_a_hint_for_nothing(named: Tables) -> None:
    """Of 150 lists at 200 m one or two (docs/datums.md)."""
    chance = np.random.default_rng(2026)
    reference = ReferenceMap(shapely.STRtree([named.district]), named.district, named.inputs.crs)
    lists = {f"{few} places, {n}": random_sample(named, chance, few, 200) for few in (1, 2, 3) for n in range(50)}
    assert len(hint_by_names(reference, lists)[0]) <= 4


@pytest.mark.shared
def test_no_table_of_yuzhong_is_found_shifted_with_its_file(unnamed: Tables) -> None:
    assert likely_datums(unnamed, {}, files=dict.fromkeys(YUZHONG_LISTS, "facilities_approx.csv")) == {}


@pytest.mark.shared
@pytest.mark.parametrize(("true", "declared"), [pair for pair in PAIRS if pair != ("wgs84", "gcj02")])
def test_communities_of_yuzhong_are_recognised_and_their_lists_are_not_blamed(
    unnamed: Tables, true: str, declared: str
) -> None:
    shifted = likely_datums(
        unnamed, {"communities": (true, declared)}, files=dict.fromkeys(YUZHONG_LISTS, "facilities_approx.csv")
    )
    assert {name: likely for name, (likely, _) in shifted.items()} == {"communities": true}


@pytest.mark.shared
def test_communities_of_yuzhong_that_are_declared_in_gcj02_accuse_no_other_table(unnamed: Tables) -> None:
    file = dict.fromkeys(YUZHONG_LISTS, "facilities_approx.csv")
    shifted = likely_datums(unnamed, {"communities": ("wgs84", "gcj02")}, files=file)
    assert {name: likely for name, (likely, _) in shifted.items()} in ({}, {"communities": "wgs84"})


@pytest.mark.shared
def test_the_real_district_in_gcj02_is_recognised(unnamed: Tables, shared_data: Path) -> None:
    outlines = {
        name: read_places(shared_data / "yuzhong" / f"district_{name}.geojson", columns={}, datum="wgs84")
        .to_crs(unnamed.inputs.crs)
        .geometry.iloc[0]
        for name in ("wgs84", "gcj02")
    }
    assert likely_datums(unnamed, {}, shapes={"communities": outlines["wgs84"]}) == {}
    shifted = likely_datums(unnamed, {}, shapes={"communities": outlines["gcj02"]})
    assert set(shifted) == {"communities"}
    assert shifted["communities"][0] == "gcj02"
    assert 430 < shifted["communities"][1] < 500


@pytest.mark.shared
def test_outside_china_there_are_no_findings(monaco: Inputs, monaco_study: Study) -> None:
    assert monaco_study.demand is not None
    assert findings_of(Tables(monaco, homes=FEW_HOMES), {"demand": ("bd09", "wgs84")}) == []


@pytest.mark.parametrize("side", [(1, 0), (-1, 0), (0, 1), (0, -1), (1, 1)])
@pytest.mark.parametrize("reach_m", [1500, 8000])
def test_a_list_that_goes_beyond_the_district_on_one_side_is_not_accused(
    default: Tables, side: tuple[int, int], reach_m: int
) -> None:
    # What lies east of all streets comes nearer to them by any move to the west.
    west, south, east, north = default.inputs.communities.total_bounds
    random = np.random.default_rng(7).uniform(size=(400, 2))
    x = west + (east - west) * random[:, 0] + side[0] * reach_m * random[:, 1]
    y = south + (north - south) * random[:, 1] + side[1] * reach_m * random[:, 0]
    inputs = default.inputs
    assert likely_datums(default, {}, shapes={"schools": shapely.points(x, y)}) == {}
    alone = {"schools": Declared(shapely.points(x, y), "wgs84", sure=True)}  # nor are the communities, by such a list
    rows = check_datums(alone, Declared(default.district, "wgs84"), OSM, inputs.network)
    assert {row["rule"] for row in rows} <= {"datum_unchecked"}


def unchecked(rows: list[dict[str, Any]]) -> tuple[str, ...]:
    """Return what a note says that nothing judges."""
    assert [row["severity"] for row in rows if row["rule"] == "datum_unchecked"] in ([], ["note"])
    return next((row["values"]["layers"] for row in rows if row["rule"] == "datum_unchecked"), ())


SMALL = ("family_stations", "protection_stations", "shelters", "study_bases", "scenic", "shopping", "legal_bases")
"""Fewer than 15 places, called after nothing that is on the map."""


def test_tables_that_nothing_judges_are_named_in_one_note(default: Tables) -> None:
    assert unchecked(findings_of(default, {})) == SMALL
    assert max(len(default.shapes[name]) for name in SMALL) < LEAST_POINTS


def test_a_table_with_a_finding_is_not_unchecked(default: Tables) -> None:
    assert unchecked(findings_of(default, {"schools": ("gcj02", "wgs84")})) == SMALL


def test_a_list_is_judged_by_the_streets_with_the_others_of_its_file(default: Tables) -> None:
    assert unchecked(findings_of(default, {}, files=dict.fromkeys(("schools", *SMALL), "all.xlsx"))) == ()


def test_two_places_in_gcj02_are_named_as_unchecked(default: Tables) -> None:
    two = default.inputs.layers["shelters"].geometry.to_numpy()[:2]
    rows = findings_of(default, {"shelters": ("gcj02", "wgs84")}, shapes={"shelters": two})
    assert "shelters" in unchecked(rows)


def test_streets_and_communities_that_nothing_judges_are_named(default: Tables) -> None:
    few = {"shelters": Declared(default.shapes["shelters"], "wgs84")}
    outline = Declared(default.district, "wgs84")
    lines = Declared(None, "wgs84")
    assert unchecked(check_datums(few, outline, lines, default.inputs.network)) == (
        "network",
        "communities",
        "shelters",
    )
    assert unchecked(check_datums(few, outline, OSM, default.inputs.network)) == ("communities", "shelters")
    sure = {"shelters": dataclasses.replace(few["shelters"], sure=True)}
    assert check_datums(sure, dataclasses.replace(outline, sure=True), OSM, default.inputs.network) == []


@pytest.mark.shared
def test_nothing_of_yuzhong_is_unchecked(named: Tables) -> None:
    file = dict.fromkeys(YUZHONG_LISTS, "facilities_approx.csv")
    assert findings_of(named, {}, files=file, shapes={"demand": named.homes}) == []
    assert findings_of(named, {}, shapes={"demand": named.homes}) == []  # nor where each list is a file
