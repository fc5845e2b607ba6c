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
from cfgeo.check.datum_names import hints
from cfgeo.check.datum_samples import DATUMS, Ground, Placed
from cfgeo.check.datums import LEAST_POINTS, check_datums
from cfgeo.check.landmarks import NOBODY, Signposts, namesakes, signposts, together
from cfgeo.core.schema import WGS84, Network
from cfgeo.files.datum import from_wgs84, to_wgs84
from cfgeo.files.osm_features import read_features
from cfgeo.files.read import read_places

AS_SAID = ("wgs84", "wgs84")
OSM = Placed(None, "wgs84", sure=True)


def seen(shapes: Any, crs: str, *, true: str, said: str) -> Any:
    """Return shapes as they are read when a file in one datum is taken for another."""
    if (true, said) == AS_SAID:
        return shapes
    degrees = gpd.GeoSeries(shapes, crs=crs).to_crs(WGS84).to_numpy()
    moved = shapely.transform(
        degrees,
        lambda xy: np.column_stack(to_wgs84(*from_wgs84(xy[:, 0], xy[:, 1], datum=true), datum=said)),
    )
    return gpd.GeoSeries(moved, crs=WGS84).to_crs(crs).to_numpy()


class Tables:
    """A study's tables, each as it is read in any datum; what is the same from case to case is made once.

    ``known`` has what bears a name on the map; without it names of streets and stations say nothing.
    """

    def __init__(self, inputs: Inputs, known: gpd.GeoDataFrame | None = None, *, homes: int) -> None:
        self.inputs, self.known = inputs, known
        self.shapes = {name: layer.geometry.to_numpy() for name, layer in inputs.layers.items() if name != "water"}
        self.shapes["demand"] = inputs.demand.geometry.to_numpy()
        self.district = shapely.union_all(inputs.communities.geometry.to_numpy())
        self.made: dict[Any, Any] = {}
        self.homes = self.shapes["demand"]
        self.shapes["demand"] = self.homes[:: len(self.homes) // homes] if homes else self.homes[:0]

    def areas(self, true: str, said: str) -> gpd.GeoDataFrame:
        areas = self.inputs.communities
        moved = seen(areas.geometry.to_numpy(), self.inputs.crs, true=true, said=said)
        return areas.set_geometry(gpd.GeoSeries(moved, index=areas.index, crs=areas.crs))

    def outline(self, true: str, said: str, shape: Any = None) -> Placed:
        areas = self.once(self.areas, true, said)
        district = seen(np.array([shape or self.district]), self.inputs.crs, true=true, said=said)[0]
        return Placed(district, said, signs=called(areas["community"], areas.geometry, self.known))

    def table(self, name: str, true: str, said: str, among: tuple[str, str]) -> Placed:
        table = seen(self.shapes[name], self.inputs.crs, true=true, said=said)
        names = self.inputs.layers[name]["name"] if name in self.inputs.layers else None
        if names is None or len(names) != len(table):
            return Placed(table, said)
        signs = called(names, gpd.GeoSeries(table, crs=self.inputs.crs), self.known)
        return Placed(table, said, name == "walkways", namesakes(names, self.once(self.areas, *among)), signs=signs)

    def once(self, make: Callable[..., Any], *asked: Any) -> Any:
        key = (make.__name__, *asked)
        if key not in self.made:
            self.made[key] = make(*asked)
        return self.made[key]


def told(
    tables: Tables,
    moved: dict[str, tuple[str, str]],
    *,
    streets: Placed = OSM,
    shapes: dict[str, Any] | None = None,
    files: dict[str, str] | None = None,
    network: Network | None = None,
) -> dict[str, tuple[str, int]]:
    """Return who is said to be in which datum and how far off, where some tables were moved (true datum, said datum).

    ``shapes`` replace those of tables.
    """
    rows = findings_of(tables, moved, streets=streets, shapes=shapes, files=files, network=network)
    rows = [row for row in rows if row["rule"] != "datum_unchecked"]
    return {row["layer"]: (row["values"]["likely"], row["values"]["shift_m"]) for row in rows}


def findings_of(
    tables: Tables,
    moved: dict[str, tuple[str, str]],
    *,
    streets: Placed = OSM,
    shapes: dict[str, Any] | None = None,
    files: dict[str, str] | None = None,
    network: Network | None = None,
) -> list[dict[str, Any]]:
    """Return all findings about datums."""
    others = dict(shapes or {})
    among = moved.get("communities", AS_SAID)
    if "communities" in others:
        outline = tables.outline(*among, others.pop("communities"))
    else:
        outline = tables.once(tables.outline, *among)
    places = {
        name: tables.once(tables.table, name, *moved.get(name, AS_SAID), among)
        for name in tables.shapes
        if name not in others
    }
    for name, shape in others.items():
        true, said = moved.get(name, AS_SAID)
        places[name] = Placed(seen(shape, tables.inputs.crs, true=true, said=said), said)
    for name, file in (files or {}).items():
        places[name] = dataclasses.replace(places[name], file=file)
    return check_datums(places, outline, streets, network or tables.inputs.network)


def called(names: Any, places: gpd.GeoSeries, known: gpd.GeoDataFrame | None) -> Signposts:
    """Return what is called after something on the map; nothing without a map."""
    return NOBODY if known is None else signposts(names.reset_index(drop=True), places.reset_index(drop=True), known)


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


PAIRS = [(true, said) for true in DATUMS for said in DATUMS if true != said]
LARGE = ("schools", "hospitals", "parks", "care_centres", "demand")
BEYOND = ("sports", "traffic_calming")
"""A tenth of them and more lies outside the district, so that a move may go unnoticed."""


@pytest.mark.parametrize(("true", "said"), PAIRS)
@pytest.mark.parametrize("layer", LARGE)
def test_a_layer_of_the_default_study_is_recognised(default: Tables, layer: str, true: str, said: str) -> None:
    found = told(default, {layer: (true, said)}, shapes=homes_of(default, layer))
    assert set(found) == {layer}
    likely, shift_m = found[layer]
    assert likely == true
    assert 300 < shift_m < 1300


@pytest.mark.parametrize(("true", "said"), PAIRS)
@pytest.mark.parametrize("layer", BEYOND)
def test_what_is_said_of_a_list_that_goes_beyond_the_district_is_true(
    default: Tables, layer: str, true: str, said: str
) -> None:
    found = told(default, {layer: (true, said)})
    assert {name: likely for name, (likely, _) in found.items()} in ({}, {layer: true})


def test_nobody_is_accused_of_the_default_study(default: Tables) -> None:
    assert told(default, {}, shapes={"demand": default.homes}) == {}


@pytest.mark.parametrize(("true", "said"), PAIRS)
def test_communities_of_the_default_study_are_recognised(default: Tables, true: str, said: str) -> None:
    found = told(default, {"communities": (true, said)})
    assert {name: likely for name, (likely, _) in found.items()} == {"communities": true}


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_everything_in_a_datum_that_the_study_names_is_right(default: Tables, datum: str) -> None:
    names = [*default.inputs.layers, "demand", "communities"]
    moved = {name: (datum, datum) for name in names if name not in {"walkways", "water"}}
    assert told(default, moved) == {}


def test_cgcs2000_is_wgs84(default: Tables) -> None:
    assert told(default, {"schools": ("wgs84", "cgcs2000")}) == {}


@pytest.mark.parametrize(("true", "said"), PAIRS)
def test_lines_of_streets_are_recognised_where_all_places_agree(default: Tables, true: str, said: str) -> None:
    inputs = default.inputs
    edges = inputs.network.edges
    lines = seen(edges.geometry.to_numpy(), inputs.crs, true=true, said=said)
    network = dataclasses.replace(inputs.network, edges=edges.set_geometry(gpd.GeoSeries(lines, crs=inputs.crs)))
    found = told(default, {}, streets=Placed(None, said), network=network)
    if said == "wgs84":  # the places are in WGS-84, and no datum would bring them to such streets
        assert found["network"][0] == true
    assert found.get("network", (true,))[0] == true


def test_too_few_points_say_nothing(default: Tables) -> None:
    few = default.inputs.layers["schools"].geometry.to_numpy()[: LEAST_POINTS - 1]
    assert told(default, {"schools": ("bd09", "wgs84")}, shapes={"schools": few}) == {}


@pytest.mark.shared
def test_nobody_is_accused_of_yuzhong(unnamed: Tables) -> None:
    assert told(unnamed, {}, shapes={"demand": unnamed.homes}) == {}


@pytest.mark.shared
@pytest.mark.parametrize(("true", "said"), PAIRS)
def test_the_buildings_of_yuzhong_are_recognised(unnamed: Tables, true: str, said: str) -> None:
    found = told(unnamed, {"demand": (true, said)}, shapes={"demand": unnamed.homes})
    assert {name: likely for name, (likely, _) in found.items()} == {"demand": true}


@pytest.mark.shared
@pytest.mark.parametrize(("true", "said"), PAIRS)
@pytest.mark.parametrize("layer", ["schools", "hospitals", "parks", "care_centres"])
def test_approximate_places_of_yuzhong_are_never_put_into_a_third_datum(
    unnamed: Tables, layer: str, true: str, said: str
) -> None:
    # Good to some 300 m themselves, they may be left alone; what is said of them has to be true.
    found = told(unnamed, {layer: (true, said)})
    assert {name: likely for name, (likely, _) in found.items()} in ({}, {layer: true})


YUZHONG_LISTS = ("schools", "hospitals", "parks", "care_centres", "culture", "activity", "sports")
NOT_RECOGNISED = [("wgs84", "gcj02"), ("gcj02", "wgs84")]
"""The shift, 479 m, is of the size of these lists' own error."""


@pytest.mark.shared
@pytest.mark.parametrize(("true", "said"), PAIRS)
def test_approximate_lists_of_one_file_are_recognised_together(unnamed: Tables, true: str, said: str) -> None:
    file = dict.fromkeys(YUZHONG_LISTS, "facilities_approx.csv")
    found = told(unnamed, dict.fromkeys(YUZHONG_LISTS, (true, said)), files=file)
    assert {likely for likely, _ in found.values()} == (set() if (true, said) in NOT_RECOGNISED else {true})
    assert set(found) <= {"facilities_approx.csv", *YUZHONG_LISTS}


@pytest.mark.shared
@pytest.mark.parametrize(("true", "said"), PAIRS)
@pytest.mark.parametrize("layer", [*YUZHONG_LISTS, "communities", "demand"])
def test_each_table_of_yuzhong_is_recognised_by_names(named: Tables, layer: str, true: str, said: str) -> None:
    rows = findings_of(named, {layer: (true, said)}, shapes=homes_of(named, layer))
    rule = {"activity": "datum_hint", "demand": "datum_layer"}.get(layer, "datum_names")
    assert [(row["rule"], row["layer"], row["values"]["likely"]) for row in rows] == [(rule, layer, true)]
    assert rows[0]["severity"] == ("note" if rule == "datum_hint" else "warning")


@pytest.mark.shared
@pytest.mark.parametrize(("true", "said"), PAIRS)
def test_a_list_that_its_file_judges_is_told_by_the_file(named: Tables, true: str, said: str) -> None:
    file = dict.fromkeys(YUZHONG_LISTS, "facilities_approx.csv")
    assert len(named.shapes["activity"]) == 2
    alone = told(named, {"activity": (true, said)}, files=file)
    assert {name: likely for name, (likely, _) in alone.items()} == ({} if said == "wgs84" else {"activity": true})
    found = told(named, dict.fromkeys(YUZHONG_LISTS, (true, said)), files=file)
    assert {name: likely for name, (likely, _) in found.items()} == {"facilities_approx.csv": true}


@pytest.mark.shared
@pytest.mark.parametrize(("true", "said"), PAIRS)
@pytest.mark.parametrize("layer", ["schools", "sports"])
def test_one_moved_list_of_a_file_is_told_from_the_others(named: Tables, layer: str, true: str, said: str) -> None:
    file = dict.fromkeys(YUZHONG_LISTS, "facilities_approx.csv")
    found = told(named, {layer: (true, said)}, files=file)
    assert {name: likely for name, (likely, _) in found.items()} == {layer: true}


@pytest.mark.shared
@pytest.mark.parametrize("datum", DATUMS)
def test_nobody_is_accused_of_yuzhong_by_names(named: Tables, datum: str) -> None:
    file = dict.fromkeys(YUZHONG_LISTS, "facilities_approx.csv")
    moved = dict.fromkeys([*YUZHONG_LISTS, "communities", "demand"], (datum, datum))
    assert told(named, moved) == {}
    assert told(named, moved, files=file) == {}


def drawn(named: Tables, chance: np.random.Generator, few: int, noise_m: float) -> Placed:
    """Return some of Yuzhong's places that names tell of, put elsewhere by chance beyond the error that they have."""
    every = together(named.once(named.table, name, *AS_SAID, AS_SAID).signs for name in YUZHONG_LISTS)
    some = chance.choice(len(every.points), few, replace=False)
    there = shapely.transform(every.points[some], lambda xy: xy + chance.normal(0, noise_m, xy.shape))
    return Placed(there, "wgs84", signs=Signposts(there, every.lands[some], every.words[some]))


@pytest.mark.shared
def test_lists_of_a_few_places_that_lie_a_little_elsewhere_are_not_accused(named: Tables) -> None:
    chance = np.random.default_rng(2026)
    outline = Placed(named.district, "wgs84", sure=True)
    for few in (1, 2, 3, 5, 8, 15, 30) * 8:
        some = {"some": drawn(named, chance, few, 100)}
        found = check_datums(some, outline, OSM, named.inputs.network)
        assert [row["rule"] for row in found if row["severity"] != "note"] == []


@pytest.mark.shared
def test_few_lists_of_one_to_three_places_are_worth_a_look_for_nothing(named: Tables) -> None:
    """Of 150 lists at 200 m one or two (docs/data.md)."""
    chance = np.random.default_rng(2026)
    ground = Ground(shapely.STRtree([named.district]), named.district, named.inputs.crs)
    lists = {f"{few} places, {n}": drawn(named, chance, few, 200) for few in (1, 2, 3) for n in range(50)}
    assert len(hints(ground, lists)[0]) <= 4


@pytest.mark.shared
def test_nobody_is_accused_of_yuzhong_by_its_file(unnamed: Tables) -> None:
    assert told(unnamed, {}, files=dict.fromkeys(YUZHONG_LISTS, "facilities_approx.csv")) == {}


@pytest.mark.shared
@pytest.mark.parametrize(("true", "said"), [pair for pair in PAIRS if pair != ("wgs84", "gcj02")])
def test_communities_of_yuzhong_are_recognised_and_their_lists_are_not_blamed(
    unnamed: Tables, true: str, said: str
) -> None:
    found = told(unnamed, {"communities": (true, said)}, files=dict.fromkeys(YUZHONG_LISTS, "facilities_approx.csv"))
    assert {name: likely for name, (likely, _) in found.items()} == {"communities": true}


@pytest.mark.shared
def test_communities_of_yuzhong_that_are_said_to_be_in_gcj02_accuse_nobody_else(unnamed: Tables) -> None:
    file = dict.fromkeys(YUZHONG_LISTS, "facilities_approx.csv")
    found = told(unnamed, {"communities": ("wgs84", "gcj02")}, files=file)
    assert {name: likely for name, (likely, _) in found.items()} in ({}, {"communities": "wgs84"})


@pytest.mark.shared
def test_the_real_district_in_gcj02_is_recognised(unnamed: Tables, shared_data: Path) -> None:
    outlines = {
        name: read_places(shared_data / "yuzhong" / f"district_{name}.geojson", columns={}, datum="wgs84")
        .to_crs(unnamed.inputs.crs)
        .geometry.iloc[0]
        for name in ("wgs84", "gcj02")
    }
    assert told(unnamed, {}, shapes={"communities": outlines["wgs84"]}) == {}
    found = told(unnamed, {}, shapes={"communities": outlines["gcj02"]})
    assert set(found) == {"communities"}
    assert found["communities"][0] == "gcj02"
    assert 430 < found["communities"][1] < 500


@pytest.mark.shared
def test_outside_china_there_is_nothing_to_tell(monaco: Inputs, monaco_study: Study) -> None:
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
    assert told(default, {}, shapes={"schools": shapely.points(x, y)}) == {}
    alone = {"schools": Placed(shapely.points(x, y), "wgs84", sure=True)}  # nor are the communities, by such a list
    found = check_datums(alone, Placed(default.district, "wgs84"), OSM, inputs.network)
    assert {row["rule"] for row in found} <= {"datum_unchecked"}


def unchecked(rows: list[dict[str, Any]]) -> tuple[str, ...]:
    """Return what a note says that nothing judges."""
    assert [row["severity"] for row in rows if row["rule"] == "datum_unchecked"] in ([], ["note"])
    return next((row["values"]["layers"] for row in rows if row["rule"] == "datum_unchecked"), ())


SMALL = ("family_stations", "protection_stations", "shelters", "study_bases", "scenic", "shopping")
"""Fewer than 15 places, called after nothing that is on the map."""


def test_what_nothing_judges_is_said_in_one_note(default: Tables) -> None:
    assert unchecked(findings_of(default, {})) == SMALL
    assert max(len(default.shapes[name]) for name in SMALL) < LEAST_POINTS


def test_what_is_accused_is_judged(default: Tables) -> None:
    assert unchecked(findings_of(default, {"schools": ("gcj02", "wgs84")})) == SMALL


def test_a_list_is_judged_by_the_streets_with_the_others_of_its_file(default: Tables) -> None:
    assert unchecked(findings_of(default, {}, files=dict.fromkeys(("schools", *SMALL), "all.xlsx"))) == ()


def test_two_places_in_gcj02_are_not_passed_over_in_silence(default: Tables) -> None:
    two = default.inputs.layers["shelters"].geometry.to_numpy()[:2]
    rows = findings_of(default, {"shelters": ("gcj02", "wgs84")}, shapes={"shelters": two})
    assert "shelters" in unchecked(rows)


def test_streets_and_communities_that_nothing_judges_are_named(default: Tables) -> None:
    few = {"shelters": Placed(default.shapes["shelters"], "wgs84")}
    outline = Placed(default.district, "wgs84")
    lines = Placed(None, "wgs84")
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
