"""A study of any place in one command: from an extract, and from recorded answers of the services."""

import gzip
import json
import math
import re
import shutil
import signal
import socket
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import typer
from geopandas.testing import assert_geodataframe_equal
from pandas.testing import assert_frame_equal
from tools.replay import Fault, Replay, elements, replaying, yuzhong_answers
from worlds.osm_elements import area, node, osm_xml, way
from worlds.studies import assert_calm, cfgeo, degrees, invoke, refused
from worlds.town import write_town

from cfgeo import Study, load_inputs, load_study, read_network
from cfgeo.cli.main import app
from cfgeo.core.errors import CfgeoError
from cfgeo.files.osm.features import read_features
from cfgeo.files.osm.streets import read_streets
from cfgeo.files.osm.tags import walkable
from cfgeo.pipeline.check import check_study
from cfgeo.study.demand import NOT_DWELLINGS
from cfgeo.study.standard import built_in_standards, load_standard
from cfgeo.study.start.extract import write_elements
from cfgeo.study.start.fetch import LAYERS, fetch_study, margin_m, steps_of
from cfgeo.study.start.osm_services import OsmServices
from cfgeo.study.start.place import FetchRequest

if TYPE_CHECKING:
    import networkx as nx

ROOT = Path(__file__).resolve().parents[3]
QUICK = ("--only", "map,tables", "--no-cache")
TOWN = ",".join(f"{edge:.6f}" for edge in (*degrees(-60, -70), *degrees(610, 510)))


@pytest.fixture
def town(tmp_path: Path) -> Path:
    """Return the streets of the town."""
    return write_town(tmp_path / "town").parent / "streets.osm"


def content(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / "study.toml").read_text(encoding="utf-8"))


def test_the_layers_are_those_of_the_standard_that_the_study_names() -> None:
    required = {clause.layer for clause in load_standard("fifteen-minute").clause}
    assert required <= set(LAYERS)
    assert "fifteen-minute" in built_in_standards()


def test_streets_are_fetched_as_far_as_a_study_reads_them(tmp_path: Path, town: Path) -> None:
    """The fastest walker of any standard, half an hour, at 110 % of the speed."""
    from cfgeo.study.settings import choices, walkers_used  # noqa: PLC0415
    from cfgeo.study.settings import margin_m as read_m  # noqa: PLC0415

    invoke("fetch", tmp_path / "a", "--pbf", town, "--bbox", TOWN)
    study = load_study(tmp_path / "a")
    for name in built_in_standards():
        judged = study.model_copy(update={"study": study.study.model_copy(update={"standard": name})})
        standard, walkers = choices(judged)
        assert read_m(judged, standard, walkers_used(judged, standard, walkers)) <= margin_m() + 1


def test_the_page_lists_the_layers_and_the_options() -> None:
    page = (ROOT / "docs" / "fetch.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| `(\w+)` = (.+) \|$", page, re.MULTILINE)
    assert {layer: {key: tuple(re.findall(r"`(\w+)`", values))} for layer, key, values in rows} == LAYERS
    (sample,) = re.findall(r"^```toml\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    tables = tomllib.loads(sample)
    tables["network"].pop("elevation")
    minimal = {
        "study": {"id": "a", "title": "a", "status": "approximate"},
        "boundaries": {"communities": {"path": "a"}},
    }
    assert Study.model_validate({**minimal, **tables}).layers["schools"][0].datum == "gcj02"
    has = {option for p in typer.main.get_command(app).commands["fetch"].params for option in p.opts}  # type: ignore[attr-defined]
    options = set(re.findall(r"(?<!-)--[a-z][a-z-]*", page)) - {"--from"}
    assert options - has == set()


@pytest.mark.shared
def test_the_figures_of_what_yuzhong_lacks_are_those_of_its_data(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "yuzhong"
    answer = json.loads(gzip.decompress((folder / "overpass" / "walk_2026-04-24.json.gz").read_bytes()))
    tags = [element.get("tags", {}) for element in answer["elements"] if element["type"] == "way"]
    stairs = [own for own in tags if own.get("highway") == "steps"]
    classes = {"trunk", "primary", "secondary", "tertiary", "unclassified", "residential"}
    roads = [own for own in tags if own.get("highway") in classes]
    sidewalks = sum(any(key.startswith("sidewalk") for key in own) for own in roads)
    lifts = sum(element.get("tags", {}).get("highway") == "elevator" for element in answer["elements"])
    assert not any("step_count" in own or any(key.startswith("ramp") for key in own) for own in stairs)
    place = ("--pbf", folder / "streets.osm.pbf", "--boundary", folder / "district_wgs84.geojson")
    invoke("fetch", tmp_path / "a", *place, "--lang", "en")
    body = (tmp_path / "a" / "study.toml").read_text(encoding="utf-8")
    along = re.search(r"only (\d+%) of residential streets", body)
    homes, _ = read_features(folder / "streets.osm.pbf", {"building": ("*",)})
    homes = homes[~homes["kind"].isin(NOT_DWELLINGS)]
    network = read_network(tmp_path / "a" / "openstreetmap.osm.pbf", crs="EPSG:32648")
    apart = 1 - network.length_km(main_only=True) / network.length_km()
    page = (ROOT / "docs" / "fetch.md").read_text(encoding="utf-8")
    assert along is not None
    for row in (
        f"| {network.length_km():.1f} km, of which {apart:.1%} hang on nothing |",
        f"| {len(stairs)} flights; none says how many steps it has, {sum('incline' in own for own in stairs)} say ",
        f"| said of {sidewalks} of {len(roads)} roads |",
        f"| lifts | {lifts} |",
        f"| {len(homes)} buildings; {homes['building:levels'].notna().sum()} say how many levels; beside {along[1]} of",
    ):
        assert row in page


# From an extract


@pytest.mark.shared
def test_monaco_from_its_extract_is_a_full_map_without_further_input(tmp_path: Path, shared_data: Path) -> None:
    extract = shared_data / "monaco" / "monaco.osm.pbf"
    environment = {"cwd": tmp_path, "cache": tmp_path / "cache"}
    run = cfgeo("fetch", "my-monaco", "--pbf", extract, "--place", "Monaco", "--lang", "en", **environment)
    assert run.returncode == 0, run.stderr
    assert_calm(run)
    assert run.stdout.startswith("Wrote my-monaco/study.toml")
    folder = tmp_path / "my-monaco"
    for note in ("a straight line closes it", "monaco.osm.pbf ends within half an hour's walk"):
        assert note in run.stderr
        assert note in (folder / "study.toml").read_text(encoding="utf-8")
    assert sorted(path.name for path in folder.iterdir()) == [
        "communities.geojson", "district.geojson", "openstreetmap.osm.pbf", "study.schema.json", "study.toml"
    ]  # fmt: skip
    study = content(folder)
    assert study["study"] == {
        "id": "my-monaco", "title": "Monaco", "standard": "fifteen-minute", "status": "approximate"
    }  # fmt: skip
    assert study["network"]["date"] == study["boundaries"]["communities"]["date"] == "2023-12-26"
    assert "ODbL" in study["network"]["licence"]
    assert set(study["layers"]) == {*LAYERS, "walkways"}
    assert study["demand"] == {"osm": {"building": "*"}}
    wards = gpd.read_file(folder / "communities.geojson")
    assert len(wards) == 9
    assert set(wards["street_office"]) == {"Monaco"}

    assert len(check_study(load_study(folder)).query("severity == 'error'")) == 0
    run = cfgeo("run", "my-monaco", *QUICK, "--lang", "en", **environment)
    assert run.returncode == 0, run.stderr
    assert_calm(run)
    assert "of 9 communities" in run.stdout
    assert "Judged on 6 of 6 clauses" in run.stdout
    record = json.loads((tmp_path / "maps" / "my-monaco" / "run.json").read_text(encoding="utf-8"))
    assert {(item["date"], item["licence"]) for item in record["inputs"] if item["role"] != "study"} == {
        ("2023-12-26", "ODbL 1.0")
    }
    assert all("© OpenStreetMap contributors" in item["source"] for item in record["inputs"] if item["role"] != "study")
    assert (tmp_path / "maps" / "my-monaco" / "index.html").stat().st_size > 100_000


@pytest.mark.shared
def test_a_clip_of_monaco_lacks_nothing_that_the_study_reads(tmp_path: Path, shared_data: Path) -> None:
    extract = shared_data / "monaco" / "monaco.osm.pbf"
    invoke("fetch", tmp_path / "a", "--pbf", extract, "--place", "摩纳哥")
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    shutil.copyfile(extract, tmp_path / "b" / "openstreetmap.osm.pbf")
    mine, whole = (load_inputs(load_study(tmp_path / name), margin_m=3000) for name in ("a", "b"))
    assert_frame_equal(mine.network.nodes, whole.network.nodes)
    assert_geodataframe_equal(mine.network.edges, whole.network.edges)
    assert_geodataframe_equal(mine.demand, whole.demand)
    for name in mine.layers:
        assert_geodataframe_equal(mine.layers[name], whole.layers[name])


def test_without_communities_hexagons_stand_for_them_and_the_study_says_so(tmp_path: Path, town: Path) -> None:
    result = invoke("fetch", tmp_path / "小镇", "--pbf", town, "--bbox", TOWN, "--lang", "zh")
    assert result.exit_code == 0
    assert "六边形网格代替" in result.stderr
    body = (tmp_path / "小镇" / "study.toml").read_text(encoding="utf-8")
    assert "OpenStreetMap 没有这里的社区边界" in body
    cells = gpd.read_file(tmp_path / "小镇" / "communities.geojson")
    assert cells["community"].str.match(r"网格 \d\d-\d\d$").all()
    assert set(cells["street_office"]) == {"小镇"}
    # The town has no facilities and no buildings in OpenStreetMap: nothing is claimed to be absent.
    study = content(tmp_path / "小镇")
    assert "layers" not in study or set(study["layers"]) == {"walkways"}
    assert "demand" not in study
    assert body.count("# [layers.") == len(LAYERS) + ("layers" not in study)
    result = invoke("run", tmp_path / "小镇", "--out", tmp_path / "out", *QUICK, "--lang", "en")
    assert result.exit_code == 0
    assert "Judged on 0 of 6 clauses" in result.stdout


def test_an_extract_without_boundaries_is_a_district_of_its_own_extent_and_that_is_said(
    tmp_path: Path, town: Path
) -> None:
    result = invoke("fetch", tmp_path / "Heidelberg", "--pbf", town, "--lang", "en")
    assert result.exit_code == 0, result.stderr
    assert (
        "streets.osm holds no whole administrative area of its own name: the district is all of the file"
        in result.stderr
    )
    assert "ends within half an hour's walk" in result.stderr
    body = (tmp_path / "Heidelberg" / "study.toml").read_text(encoding="utf-8")
    assert "取文件的全部范围" in body
    west, south, east, north = gpd.read_file(tmp_path / "Heidelberg" / "district.geojson").total_bounds
    assert (west, south) == pytest.approx(degrees(0, 0), abs=1e-4)
    assert (east, north) == pytest.approx(degrees(550, 450), abs=1e-4)
    assert invoke("check", tmp_path / "Heidelberg").exit_code == 0


def _with_areas(folder: Path, name: str, *names: str, size: float = 0.004) -> Path:
    """Write an extract of a street and square areas beside each other, the first of which it is in."""
    items: list[dict[str, Any]] = [node(1, 24.9501, 60.1701), node(2, 24.9515, 60.1701)]
    items += [way(1, [1, 2], highway="residential")]
    for nth, title in enumerate(names):
        west, ids = 24.95 + nth * size, [10 * nth + 10 + corner for corner in range(4)]
        corners = ((west, 60.17), (west + size, 60.17), (west + size, 60.17 + size), (west, 60.17 + size))
        items += [node(ident, *at) for ident, at in zip(ids, corners, strict=True)]
        items.append(way(100 + nth, [*ids, ids[0]]))
        about = {
            "boundary": "administrative",
            "type": "boundary",
            "admin_level": "9",
            "name": title,
            "name:en": f"{title} en",
        }
        items.append(area(200 + nth, [100 + nth], **about))
    bounds = f'<bounds minlon="24.95" minlat="60.17" maxlon="{24.95 + len(names) * size}" maxlat="{60.17 + size}"/>'
    (folder / name).write_text(osm_xml(items, head=bounds), encoding="utf-8")
    return folder / name


@pytest.mark.parametrize("file", ["Töölö.osm", "töölö-latest.osm", "Töölö_en-260424.osm", "Töölö-2026-04-24.osm"])
def test_the_district_of_an_extract_is_the_area_that_it_is_named_after(tmp_path: Path, file: str) -> None:
    extract = _with_areas(tmp_path, file, "Töölö", "Kallio")
    result = invoke("fetch", tmp_path / "a", "--pbf", extract, "--lang", "en")
    assert result.exit_code == 0, result.stderr
    assert f"Töölö en, the area after which {file} is named" in result.stderr
    bounds = gpd.read_file(tmp_path / "a" / "district.geojson").total_bounds
    assert bounds == pytest.approx((24.95, 60.17, 24.954, 60.174), abs=1e-6)
    assert content(tmp_path / "a")["study"]["title"] == "Töölö en"


def _street_of_a_city(west: float, south: float, *, length: float, **tags: str) -> list[dict[str, Any]]:
    """Return a street from west to east with a house every 0.0004 degrees beside it."""
    houses = round(length / 0.0004)
    items = [node(nth, west + nth * length / houses, south, **({} if nth else tags)) for nth in range(houses + 1)]
    items.append(way(1, [*range(houses + 1)], highway="residential", name="Hauptstraße"))
    for nth in range(houses):
        x, y, ids = west + nth * 0.0004 + 0.0001, south + 0.0001, [1000 + 4 * nth + corner for corner in range(4)]
        corners = ((x, y), (x + 0.0001, y), (x + 0.0001, y + 0.0001), (x, y + 0.0001))
        items += [node(ident, *at) for ident, at in zip(ids, corners, strict=True)]
        items.append(way(1000 + nth, [*ids, ids[0]], building="house"))
    return items


def test_an_extract_as_of_heidelberg_whose_boundary_is_missing_is_a_full_map_of_its_extent(tmp_path: Path) -> None:
    """A street of 4.1 km: the school at its west end, a Kita, a music and a dance school at its east end.

    A child of six walks about a kilometre in 15 minutes: a quarter of the homes reach the school. Were the others
    schools, it would be half.
    """
    west, south, length = 8.66, 49.41, 0.056
    items = _street_of_a_city(west, south, length=length)
    east = [("Kita Zwergenland", "kindergarten"), ("Städtische Musikschule", "music_school")]
    east += [("Tanzschule Nuzinger", "dancing_school"), ("Fahrschule Kern", "driving_school")]
    items += [node(900 + nth, west + length, south, amenity=kind, name=name) for nth, (name, kind) in enumerate(east)]
    items.append(node(950, west, south, amenity="school", name="Friedrich-Ebert-Grundschule"))
    border = {"type": "boundary", "boundary": "administrative", "admin_level": "8", "name": "Heidelberg"}
    items.append(area(7000, [7001, 7002], **border))  # the file holds none of its ways
    bounds = f'<bounds minlon="{west}" minlat="{south - 0.001}" maxlon="{west + length}" maxlat="{south + 0.001}"/>'
    extract = tmp_path / "heidelberg-latest.osm"
    extract.write_text(osm_xml(items, head=bounds), encoding="utf-8")
    result = invoke("fetch", tmp_path / "a", "--pbf", extract, "--lang", "en")
    assert result.exit_code == 0, result.stderr
    assert "the district is all of the file, 8.66,49.409,8.716,49.411" in result.stderr
    assert invoke("check", tmp_path / "a").exit_code == 0
    assert invoke("run", tmp_path / "a", "--out", tmp_path / "out", *QUICK, "--lang", "en").exit_code == 0
    coverage = pd.read_csv(tmp_path / "out" / "coverage.csv")
    schools = coverage[coverage["clause"] == "schools"]
    share, homes = schools["share"], schools["demand"]
    assert share.iloc[:2].tolist() == [1, 1]
    assert (share.iloc[3:] == 0).all()
    assert (share * homes).sum() / homes.sum() == pytest.approx(0.26, abs=0.02)


@pytest.mark.parametrize("place", [None, "Helsinki", "Helsingfors"])
def test_an_extract_as_of_helsinki_that_cuts_its_boundary_closes_it_and_says_so(
    tmp_path: Path, place: str | None
) -> None:
    """The west of the boundary is in the file, its east (the sea) is not; the city has names in two languages."""
    west, south, size = 24.93, 60.16, 0.01
    items = _street_of_a_city(west + 0.001, south + 0.005, length=0.008, name="Mannerheimintie")
    corners = [(west + size, south + size), (west, south + size), (west, south), (west + size, south)]
    items += [node(6000 + nth, *at) for nth, at in enumerate(corners)]
    items.append(way(6000, [6000, 6001, 6002, 6003]))
    names = {"name": "Helsinki", "name:fi": "Helsinki", "name:sv": "Helsingfors"}
    items.append(area(7000, [6000, 6001], type="boundary", boundary="administrative", admin_level="8", **names))
    bounds = f'<bounds minlon="{west}" minlat="{south}" maxlon="{west + size}" maxlat="{south + size}"/>'
    extract = tmp_path / ("helsingfors-260424.osm" if place is None else "stad.osm")
    extract.write_text(osm_xml(items, head=bounds), encoding="utf-8")
    named = ("--place", place) if place else ()
    result = invoke("fetch", tmp_path / "a", "--pbf", extract, *named, "--lang", "en")
    assert result.exit_code == 0, result.stderr
    assert content(tmp_path / "a")["study"]["title"] == "Helsinki"
    assert gpd.read_file(tmp_path / "a" / "district.geojson").total_bounds == pytest.approx(
        (west, south, west + size, south + size), abs=1e-6
    )
    assert invoke("check", tmp_path / "a").exit_code == 0
    assert "25%" in result.stderr  # one of the four sides


def test_an_extract_of_another_name_lists_what_could_be_meant(tmp_path: Path) -> None:
    result = invoke("fetch", tmp_path / "a", "--pbf", _with_areas(tmp_path, "a.osm", "Töölö", "Kallio"), "--lang", "en")
    assert result.exit_code == 0, result.stderr
    assert "Töölö, Kallio" in result.stderr or "Kallio, Töölö" in result.stderr


def test_an_extract_of_a_country_asks_for_a_district(tmp_path: Path) -> None:
    extract = _with_areas(tmp_path, "a.osm", "Uusimaa", "Häme", size=1.0)
    message = refused("fetch", tmp_path / "a", "--pbf", extract, "--lang", "en")
    assert "reaches too far" in message
    assert "Uusimaa" in message
    message = refused("fetch", tmp_path / "a", "--pbf", extract, "--place", "Turku", "--lang", "en")
    assert "--bbox=24.95,60.17,26.95,61.17" in message


@pytest.mark.parametrize("code", ["osm_misnamed", "osm_unreadable"])
def test_a_fault_of_the_extract_names_the_extract(tmp_path: Path, town: Path, code: str) -> None:
    body = town.read_bytes()
    extract = tmp_path / ("a.osm.pbf" if code == "osm_misnamed" else "a.osm")
    extract.write_bytes(body if code == "osm_misnamed" else body[: len(body) // 2])
    assert str(extract) in refused("fetch", tmp_path / "a", "--pbf", extract, "--bbox", TOWN, "--lang", "en")


@pytest.mark.parametrize("change", ["new", "deleted", "backwards"])
def test_an_extract_as_an_editor_saves_it_gives_the_streets_that_it_has(
    tmp_path: Path, town: Path, change: str
) -> None:
    lines = town.read_text(encoding="utf-8").splitlines()
    head, body, end = lines[:2], lines[2:-1], lines[-1]
    deleted = next(line for line in body if line.startswith("<way"))
    if change == "deleted":
        body[body.index(deleted)] = deleted.replace("<way ", '<way action="delete" ', 1)
    elif change == "backwards":
        body = body[::-1]
    else:
        body = sorted(body, reverse=True)
        body = [re.sub(r'<way id="(\d+)', r'<way id="-\1', line) for line in body]
    (tmp_path / "b.osm").write_text("\n".join([*head, *body, end]), encoding="utf-8")
    assert invoke("fetch", tmp_path / "a", "--pbf", tmp_path / "b.osm", "--bbox", TOWN).exit_code == 0
    read, source = (read_network(path, crs="EPSG:32648") for path in (tmp_path / "a" / "openstreetmap.osm.pbf", town))
    if change == "deleted":
        assert read.length_km() < source.length_km()
    else:
        assert read.length_km() == pytest.approx(source.length_km(), abs=1e-6)
        assert (read.edges["osm_id"] < 0).any() == (change == "new")


def test_layers_that_are_there_are_counted_and_used(tmp_path: Path) -> None:
    at = {nth: degrees(x, 0) for nth, x in enumerate(range(0, 500, 100), start=1)}
    elements: list[dict[str, Any]] = [
        {"type": "node", "id": nth, "lon": lon, "lat": lat} for nth, (lon, lat) in at.items()
    ]
    elements[1] |= {"tags": {"amenity": "kindergarten", "name": "幼儿园"}}
    elements += [
        {"type": "way", "id": 1, "nodes": [*at], "tags": {"highway": "residential"}},
        {"type": "way", "id": 2, "nodes": [1, 2, 3], "tags": {"highway": "footway", "name": "半山崖步道"}},
        {"type": "way", "id": 3, "nodes": [1, 2, 3, 1], "tags": {"building": "apartments"}},
    ]
    write_elements(elements, tmp_path / "a.osm.pbf")
    box = ",".join(map(str, (*degrees(-10, -50), *degrees(250, 50))))
    assert invoke("fetch", tmp_path / "a", "--pbf", tmp_path / "a.osm.pbf", "--bbox", box).exit_code == 0
    study = content(tmp_path / "a")
    assert set(study["layers"]) == {"schools", "walkways"}
    assert study["layers"]["walkways"]["osm"]["name"] == "*步道*"
    assert study["demand"] == {"osm": {"building": "*"}}
    body = (tmp_path / "a" / "study.toml").read_text(encoding="utf-8")
    assert 'amenity = ["school", "kindergarten"] }  # 共 1 处，其中区内 1 处' in body


def test_dwellings_that_are_mostly_not_mapped_are_not_used(tmp_path: Path) -> None:
    """A street of 400 m with one house at its end: 50 m beside it, and then no more."""
    elements: list[dict[str, Any]] = [
        {"type": "node", "id": nth, "lon": degrees(x, y)[0], "lat": degrees(x, y)[1]}
        for nth, (x, y) in enumerate([(0, 0), (400, 0), (0, 1), (-9, 1), (-9, 9)], start=1)
    ]
    elements += [
        {"type": "way", "id": 1, "nodes": [1, 2], "tags": {"highway": "residential"}},
        {"type": "way", "id": 2, "nodes": [3, 4, 5, 3], "tags": {"building": "house"}},
    ]
    write_elements(elements, tmp_path / "a.osm.pbf")
    box = ",".join(map(str, (*degrees(-10, -50), *degrees(410, 50))))
    invoke("fetch", tmp_path / "a", "--pbf", tmp_path / "a.osm.pbf", "--bbox", box, "--lang", "en")
    assert "demand" not in content(tmp_path / "a")
    # Points stand every 20 m from 10 m on: those at 10, 30 lie within 50 m; so does none after 50.
    assert "only 10%" in (tmp_path / "a" / "study.toml").read_text(encoding="utf-8")


@pytest.mark.shared
def test_yuzhong_by_its_boundary_and_the_points_of_its_communities(tmp_path: Path, shared_data: Path) -> None:
    folder = shared_data / "yuzhong"
    approximate = gpd.read_file(folder / "communities_approx.geojson")
    points = approximate.to_crs("EPSG:32648").representative_point().to_crs("EPSG:4326")
    table = approximate[["code", "community", "street_office"]].assign(经度=points.x, 纬度=points.y)
    table.rename(columns={"code": "代码", "community": "社区", "street_office": "街道"}).to_csv(
        tmp_path / "社区点.csv", index=False, encoding="gbk"
    )
    place = ("--pbf", folder / "streets.osm.pbf", "--boundary", folder / "district_wgs84.geojson")
    result = invoke("fetch", tmp_path / "a", *place, "--communities", tmp_path / "社区点.csv")
    assert "79 个点" in result.stderr
    cells = gpd.read_file(tmp_path / "a" / "communities.geojson")
    assert sorted(cells["code"]) == sorted(approximate["code"])
    assert sorted(cells["street_office"]) == sorted(approximate["street_office"])
    district = gpd.read_file(folder / "district_wgs84.geojson").to_crs("EPSG:32648").area.sum()
    assert cells.to_crs("EPSG:32648").area.sum() == pytest.approx(district, rel=1e-5)
    findings = check_study(load_study(tmp_path / "a"))
    assert not (findings["severity"] == "error").any()
    assert not (findings["rule"] == "overlap").any()


# From the services: recorded answers, replayed


@dataclass
class Fetched:
    """Yuzhong as it was fetched from a replay, and that replay."""

    folder: Path
    replay: Replay
    cache: Path
    osmnx: "nx.MultiDiGraph[int]"
    asked: list[tuple[str, str]] = field(default_factory=list)

    def services(self, *, cache: Path | None) -> OsmServices:
        return OsmServices(self.replay.interpreter, self.replay.url, cache, sleep=lambda seconds: None)


PLACE = FetchRequest(place="渝中区, 重庆市")


@pytest.fixture(scope="module")
def fetched(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Iterator[Fetched]:
    """Return Yuzhong as it is fetched from the recorded answers, and the same answers as OSMnx reads them."""
    home = tmp_path_factory.mktemp("replayed")
    with replaying(*yuzhong_answers(shared_data / "yuzhong")) as replay:
        fetched = Fetched(home / "yuzhong", replay, home / "cache", read_by_osmnx(f"{replay.url}/api"))
        replay.asked.clear()
        fetch_study(
            fetched.folder, PLACE, services=fetched.services(cache=fetched.cache), lang="zh", tell=lambda sentence: None
        )
        fetched.asked += [(path, asked) for path, asked, _ in replay.asked]
        yield fetched


def read_by_osmnx(overpass: str) -> "nx.MultiDiGraph[int]":
    """Return all streets of an Overpass as OSMnx asks for them and reads them, walked both ways."""
    import osmnx as ox  # noqa: PLC0415

    walks = ("foot", "sidewalk", "sidewalk:both", "sidewalk:left", "sidewalk:right", "motorroad")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", socket.getaddrinfo)  # which OSMnx replaces
        patch.setattr(ox.settings, "overpass_url", overpass)
        patch.setattr(ox.settings, "overpass_rate_limit", False)
        patch.setattr(ox.settings, "use_cache", False)
        patch.setattr(ox.settings, "useful_tags_way", [*ox.settings.useful_tags_way, *walks])
        graph: nx.MultiDiGraph[int] = ox.graph_from_bbox(
            (106.3, 29.4, 106.7, 29.7),
            network_type="walk",
            custom_filter='["highway"]',
            simplify=False,
            retain_all=True,
            truncate_by_edge=True,
        )
    closed = [
        (u, v, key)
        for u, v, key, tags in graph.edges(keys=True, data=True)
        if not walkable({name: str(value) for name, value in tags.items()})
    ]
    graph.remove_edges_from(closed)
    graph.remove_nodes_from([node for node, degree in graph.degree if degree == 0])
    return graph


@pytest.mark.shared
def test_the_network_is_the_one_that_osmnx_reads_from_the_same_answers(fetched: Fetched) -> None:
    """Node by node and stretch by stretch; cut where OSMnx cuts when it keeps ways apart."""
    import osmnx as ox  # noqa: PLC0415

    graph = fetched.osmnx
    once = [(u, v, tags) for u, v, tags in graph.edges(data=True) if not tags["reversed"]]
    theirs = Counter((tags["osmid"], min(u, v), max(u, v)) for u, v, tags in once)
    streets = read_streets(fetched.folder / "openstreetmap.osm.pbf")
    way = np.repeat(streets.ways["osm_id"].to_numpy(), np.diff(streets.offsets))
    a, b = streets.node_ids[:-1], streets.node_ids[1:]
    inside = np.ones(len(a), dtype=bool)
    inside[streets.offsets[1:-1] - 1] = False
    ours = Counter(zip(way[:-1][inside], np.minimum(a, b)[inside], np.maximum(a, b)[inside], strict=True))
    # OSMnx does not know gates: at the closed one the way ends at a node of its own, on both sides.
    assert ours - theirs == Counter({(1308583173, -1, 12118305101): 1})
    assert theirs - ours == Counter({(1308583173, 12118305101, 12118305102): 1})
    assert len(ours) == 19_911
    assert set(streets.node_ids) - {-1} == set(graph.nodes) - {12118305102}

    inputs = load_inputs(load_study(fetched.folder), margin_m=margin_m())
    network = inputs.network
    metric = ox.project_graph(graph, to_crs=inputs.crs)
    at = {node: (data["x"], data["y"]) for node, data in metric.nodes(data=True)}
    length_km = sum(math.dist(at[u], at[v]) for u, v, _ in once) / 1000
    assert network.length_km() == pytest.approx(length_km, rel=1e-9)
    assert (len(network.nodes), len(network.edges)) == (4899, 6148)  # 8 of them across a square
    # cfgeo also cuts ways that cross or retrace themselves at every vertex: one node and one edge more for each.
    simple = ox.simplify_graph(graph, edge_attrs_differ=["osmid"], remove_rings=False)
    edges = sum(not tags["reversed"] for *_, tags in simple.edges(data=True))
    assert set(simple.nodes) - {12118305102} <= set(network.nodes["osm_id"])
    of_ways = network.edges[~network.edges["across"]]  # without the links across squares, which OSMnx has not
    assert len(of_ways) - edges == len(network.nodes) - len(simple) == 156


@pytest.mark.shared
def test_yuzhong_from_the_services_is_a_full_map_without_further_input(fetched: Fetched, tmp_path: Path) -> None:
    assert [path for path, _ in fetched.asked] == ["/search", *["/api/interpreter"] * 4]
    place, streets, places, homes, borders = (asked for _, asked in fetched.asked)
    assert "q=%E6%B8%9D%E4%B8%AD%E5%8C%BA%2C+%E9%87%8D%E5%BA%86%E5%B8%82" in place
    assert ';(way["highway"];node["highway"="elevator"];);(._;>;);out;' in streets
    for tags in LAYERS.values():
        for key, values in tags.items():
            (listed,) = re.findall(rf'nwr\["{key}"~"\^\((.+?)\)\$"\];', places)
            assert set(values) <= set(listed.split("|"))
    assert ';(way["building"];relation["building"]["type"="multipolygon"];);' in homes
    assert '"admin_level"~"^(8|9|10|11)$"' in borders
    study = content(fetched.folder)
    assert study["network"]["date"] == "2026-04-24"
    assert study["network"]["source"].startswith("© OpenStreetMap contributors (Overpass, 127.0.0.1:")
    assert set(study["layers"]) == {*LAYERS, "walkways"}
    result = invoke("run", fetched.folder, "--out", tmp_path / "out", *QUICK, "--lang", "en")
    assert result.exit_code == 0
    assert "Judged on 6 of 6 clauses" in result.stdout
    assert (tmp_path / "out" / "index.html").stat().st_size > 100_000


@pytest.mark.shared
@pytest.mark.parametrize("cached", [True, False], ids=["cached", "anew"])
def test_the_same_answers_give_the_same_bytes(fetched: Fetched, tmp_path: Path, cached: bool) -> None:
    """Also where each question needs several attempts."""
    fetched.replay.asked.clear()
    fetched.replay.faults = [] if cached else FAULTS.copy()
    services = fetched.services(cache=fetched.cache if cached else None)
    fetch_study(tmp_path / "yuzhong", PLACE, services=services, lang="zh", tell=lambda sentence: None)
    assert len(fetched.replay.asked) == (0 if cached else 5 + len(FAULTS))
    for path in fetched.folder.iterdir():
        assert (tmp_path / "yuzhong" / path.name).read_bytes() == path.read_bytes()


FAULTS: list[Fault] = [("status", "429", "3"), ("status", "504"), ("cut",), ("cut_within",), ("half",)]


@pytest.mark.shared
@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no Ctrl-C to one process alone")
def test_an_interrupted_fetch_resumes_where_it_stopped(fetched: Fetched, tmp_path: Path) -> None:
    replay = fetched.replay
    replay.asked.clear()
    replay.faults = [("",), ("",), ("hold",)]
    command = [
        sys.executable, "-c",
        "import signal as s; s.signal(s.SIGINT, s.default_int_handler); from cfgeo.__main__ import main; main()",
        "fetch", tmp_path / "a", "--place", "渝中区", "--overpass", replay.interpreter, "--nominatim", replay.url,
        "--cache", tmp_path / "cache", "--lang", "en",
    ]  # fmt: skip
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8") as process:
        assert replay.holding.wait(60)
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=60)
    replay.let_go.set()
    assert (process.returncode, stdout) == (130, "")
    assert "Stopped; nothing was written." in stderr
    assert "Traceback" not in stderr
    assert not (tmp_path / "a").exists()
    replay.asked.clear()
    again = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)
    assert [('"amenity"' in asked, '"building"' in asked) for _, asked, _ in replay.asked] == [
        (True, False), (False, True), (False, False)
    ]  # fmt: skip
    assert again.stderr.count("has answered this before") == 2
    assert (tmp_path / "a" / "openstreetmap.osm.pbf").read_bytes() == (
        fetched.folder / "openstreetmap.osm.pbf"
    ).read_bytes()


STREET = [
    *({"type": "node", "id": nth, "lon": 106.55 + nth / 1000, "lat": 29.55} for nth in (1, 2)),
    {"type": "way", "id": 1, "nodes": [1, 2], "tags": {"highway": "residential"}},
]


def place(number: int, lon: float, *, kind: str = "boundary", shape: str = "Polygon") -> dict[str, Any]:
    corners = list(shapely.box(lon, 29.54, lon + 0.01, 29.56).exterior.coords)
    geometry = {"type": shape, "coordinates": [corners] if shape == "Polygon" else corners[0]}
    named = {"name": f"新城{number}", "display_name": f"新城{number}, 中国", "class": kind}
    return {"osm_type": "relation", "osm_id": number, "geojson": geometry, **named}


@pytest.mark.parametrize(
    ("places", "code", "words"),
    [
        ([], "fetch_place_unknown", ["新城", "--boundary"]),
        ([place(1, 106.55, shape="Point")], "fetch_place_point", ["新城1, 中国", "--bbox"]),
        ([place(1, 106.55), place(2, 108.0)], "fetch_place_several", ["relation/1: 新城1, 中国", "relation/2: 新城2"]),
        ([place(1, 106.55, kind="place"), place(2, 108.0, kind="place")], "fetch_place_several", ["relation/2"]),
        ([place(1, 106.55), place(2, 106.55), place(3, 108.0, kind="place")], "", ["新城1"]),
        ([place(3, 108.0, shape="Point"), place(1, 106.55, kind="place")], "", ["新城1"]),
    ],
    ids=["none", "point", "several", "several-places", "one-at-two-levels", "one-with-an-area"],
)
def test_a_name_is_one_place_or_an_error_that_says_which_there_are(
    tmp_path: Path, places: list[dict[str, Any]], code: str, words: list[str]
) -> None:
    answers = {'"highway"': elements(*STREET), '"': elements()}
    with replaying(json.dumps(places).encode(), answers) as replay:
        services = OsmServices(replay.interpreter, replay.url, sleep=lambda seconds: None)
        try:
            fetch_study(
                tmp_path / "a", FetchRequest(place="新城"), services=services, lang="zh", tell=lambda sentence: None
            )
        except CfgeoError as error:
            assert error.code == code  # noqa: PT017
            answer = error.text("zh")
        else:
            assert code == ""
            answer = content(tmp_path / "a")["study"]["title"]
    for word in words:
        assert word in answer
    assert (tmp_path / "a").exists() == (code == "")


def test_a_district_without_streets_is_a_clear_error(tmp_path: Path) -> None:
    with replaying(json.dumps([place(1, 106.55)]).encode(), {'"': elements()}) as replay:
        message = refused(
            "fetch", tmp_path / "a", "--place", "新城", "--overpass", replay.interpreter, "--nominatim", replay.url,
            "--no-cache", "--lang", "en",
        )  # fmt: skip
    assert "has no street to walk on in 新城1" in message
    assert not (tmp_path / "a").exists()


def test_offline_is_an_error_at_once_with_what_to_do(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{free.getsockname()[1]}"
    arguments = ("--overpass", nobody, "--nominatim", nobody, "--no-cache")
    message = refused("fetch", tmp_path / "a", "--place", "渝中区", *arguments, "--lang", "en")
    assert f"{nobody}/search cannot be reached" in message
    assert "--pbf FILE" in message
    message = refused("fetch", tmp_path / "a", "--bbox", TOWN, *arguments, "--lang", "zh")
    assert "无法连接" in message
    assert not (tmp_path / "a").exists()


# What cannot be


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--place", "X", "--bbox", TOWN], ["--place", "--bbox"]),
        (["--bbox", "1,2,3"], ["1,2,3"]),
        (["--bbox", "3,2,1,4"], ["3,2,1,4"]),
        (["--bbox", TOWN, "--grid", "500", "--communities", "x.csv"], ["--grid"]),
        (["--bbox", TOWN, "--grid", "5"], ["100", "5000"]),
        (["--bbox", TOWN, "--communities", "nowhere.csv"], ["nowhere.csv"]),
        (["--boundary", "nowhere.geojson"], ["nowhere.geojson"]),
        (["--bbox", "1,2,1.01,2.01"], ["1,2,1.01,2.01", "street"]),
        (["--place", "渝中区"], ["streets.osm", "渝中区"]),
    ],
)
def test_an_impossible_request_is_one_clear_message(
    tmp_path: Path, town: Path, arguments: list[str], words: list[str]
) -> None:
    message = refused("fetch", tmp_path / "a", "--pbf", town, *arguments, "--lang", "en")
    fault = message[message.index("Error: ") :]
    for word in words if words[-1] != "street" else words[-1:]:
        assert word in fault
    assert not (tmp_path / "a").exists()


def test_without_an_extract_somebody_has_to_name_the_place(tmp_path: Path) -> None:
    message = refused("fetch", tmp_path / "a", "--lang", "en")
    assert "--place" in message
    assert "--pbf" in message


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path, town: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "thesis.docx").write_text("mine")
    assert "not empty" in refused("fetch", tmp_path / "a", "--pbf", town, "--bbox", TOWN, "--lang", "en")
    assert "not empty" in refused("fetch", town, "--pbf", town, "--bbox", TOWN, "--lang", "en")
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["thesis.docx"]


def test_a_file_that_is_no_extract_is_refused(tmp_path: Path, town: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"PK")
    assert "a.zip" in refused("fetch", tmp_path / "a", "--pbf", tmp_path / "a.zip", "--bbox", TOWN)


def test_a_folder_that_cannot_be_written_gets_nothing(tmp_path: Path, town: Path) -> None:
    (tmp_path / "file").write_text("")
    request = FetchRequest(bbox=(106.54, 29.53, 106.57, 29.56), pbf=town)
    with pytest.raises(CfgeoError) as error:
        fetch_study(tmp_path / "file" / "a", request, services=OsmServices(), lang="en", tell=lambda sentence: None)
    assert error.value.code == "out_unwritable"


def test_steps_are_reported_in_order(tmp_path: Path, town: Path) -> None:
    keys: list[str] = []
    west, south, east, north = (float(edge) for edge in TOWN.split(","))
    request = FetchRequest(bbox=(west, south, east, north), pbf=town)
    fetch_study(
        tmp_path / "a", request, services=OsmServices(), lang="en", tell=lambda sentence: keys.append(sentence.key)
    )
    assert [key for key in keys if key in steps_of(request)] == list(steps_of(request))
