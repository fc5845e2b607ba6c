"""A study of any place in one command: from an extract, and from recorded answers of the services."""

import json
import shutil
import tomllib
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
from geopandas.testing import assert_geodataframe_equal
from pandas.testing import assert_frame_equal
from studies import assert_calm, cfgeo, degrees, invoke, refused
from town import write_town

from cfgeo import load_inputs, load_study
from cfgeo.errors import CfgeoError
from cfgeo.extract import put_together
from cfgeo.fetch import LAYERS, Wanted, fetch_study, margin_m, steps_of
from cfgeo.pipeline import check_study
from cfgeo.services import Services
from cfgeo.standard import built_in_standards, load_standard

QUICK = ("--only", "map,tables", "--no-cache")
TOWN = ",".join(f"{edge:.6f}" for edge in (*degrees(-60, -70), *degrees(610, 510)))


@pytest.fixture
def town(tmp_path: Path) -> Path:
    """Return the streets of the town."""
    return write_town(tmp_path / "town").parent / "streets.osm"


def content(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / "study.toml").read_text(encoding="utf-8"))


def test_the_layers_are_those_of_the_standard_that_the_study_names() -> None:
    asked = {clause.layer for clause in load_standard("fifteen-minute").clause}
    assert asked <= set(LAYERS)
    assert "fifteen-minute" in built_in_standards()


def test_streets_are_fetched_as_far_as_a_study_reads_them(tmp_path: Path, town: Path) -> None:
    """The fastest walker of any standard, half an hour, at 110 % of the speed."""
    from cfgeo.choices import choices, walkers_used  # noqa: PLC0415
    from cfgeo.choices import margin_m as read_m  # noqa: PLC0415

    invoke("fetch", tmp_path / "a", "--pbf", town, "--bbox", TOWN)
    study = load_study(tmp_path / "a")
    for name in built_in_standards():
        judged = study.model_copy(update={"study": study.study.model_copy(update={"standard": name})})
        standard, walkers = choices(judged)
        assert read_m(judged, standard, walkers_used(judged, standard, walkers)) <= margin_m() + 1


# From an extract


@pytest.mark.shared
def test_monaco_from_its_extract_is_a_full_map_with_nothing_else_typed(tmp_path: Path, shared_data: Path) -> None:
    extract = shared_data / "monaco" / "monaco.osm.pbf"
    environment = {"cwd": tmp_path, "cache": tmp_path / "cache"}
    run = cfgeo("fetch", "my-monaco", "--pbf", extract, "--place", "Monaco", "--lang", "en", **environment)
    assert run.returncode == 0, run.stderr
    assert_calm(run)
    assert run.stdout.startswith("Wrote my-monaco/study.toml")
    folder = tmp_path / "my-monaco"
    assert sorted(path.name for path in folder.iterdir()) == [
        "communities.geojson", "district.geojson", "openstreetmap.osm.pbf", "study.toml"
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
        ("2023-12-26", "© OpenStreetMap contributors, ODbL 1.0")
    }
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


def test_without_communities_hexagons_stand_for_them_and_it_is_said(tmp_path: Path, town: Path) -> None:
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
    put_together(elements, tmp_path / "a.osm.pbf")
    box = ",".join(map(str, (*degrees(-10, -50), *degrees(250, 50))))
    assert invoke("fetch", tmp_path / "a", "--pbf", tmp_path / "a.osm.pbf", "--bbox", box).exit_code == 0
    study = content(tmp_path / "a")
    assert set(study["layers"]) == {"schools", "walkways"}
    assert study["layers"]["walkways"]["osm"]["name"] == "*步道*"
    assert study["demand"] == {"osm": {"building": "*"}}
    body = (tmp_path / "a" / "study.toml").read_text(encoding="utf-8")
    assert 'amenity = ["school", "kindergarten"] }  # 共 1 处，其中区内 1 处' in body


def test_dwellings_that_are_mostly_not_mapped_stand_for_nobody(tmp_path: Path) -> None:
    """A street of 400 m with one house at its end: 50 m beside it, and then no more."""
    elements: list[dict[str, Any]] = [
        {"type": "node", "id": nth, "lon": degrees(x, y)[0], "lat": degrees(x, y)[1]}
        for nth, (x, y) in enumerate([(0, 0), (400, 0), (0, 1), (-9, 1), (-9, 9)], start=1)
    ]
    elements += [
        {"type": "way", "id": 1, "nodes": [1, 2], "tags": {"highway": "residential"}},
        {"type": "way", "id": 2, "nodes": [3, 4, 5, 3], "tags": {"building": "house"}},
    ]
    put_together(elements, tmp_path / "a.osm.pbf")
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


# What cannot be


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], ["--place", "--bbox"]),
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
def test_a_wish_that_cannot_be_is_one_clear_message(
    tmp_path: Path, town: Path, arguments: list[str], words: list[str]
) -> None:
    message = refused("fetch", tmp_path / "a", "--pbf", town, *arguments, "--lang", "en")
    fault = message[message.index("Error: ") :]
    for word in words if words[-1] != "street" else words[-1:]:
        assert word in fault
    assert not (tmp_path / "a").exists()


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path, town: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "thesis.docx").write_text("mine")
    assert "not empty" in refused("fetch", tmp_path / "a", "--pbf", town, "--bbox", TOWN, "--lang", "en")
    assert "not empty" in refused("fetch", town, "--pbf", town, "--bbox", TOWN, "--lang", "en")
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["thesis.docx"]


def test_an_extract_that_is_none_is_refused(tmp_path: Path, town: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"PK")
    assert "a.zip" in refused("fetch", tmp_path / "a", "--pbf", tmp_path / "a.zip", "--bbox", TOWN)


def test_a_folder_that_cannot_be_written_gets_nothing(tmp_path: Path, town: Path) -> None:
    (tmp_path / "file").write_text("")
    wanted = Wanted(bbox=(106.54, 29.53, 106.57, 29.56), pbf=town)
    with pytest.raises(CfgeoError) as error:
        fetch_study(tmp_path / "file" / "a", wanted, services=Services(), lang="en", tell=lambda said: None)
    assert error.value.code == "out_unwritable"


def test_steps_are_told_in_order(tmp_path: Path, town: Path) -> None:
    said: list[str] = []
    west, south, east, north = (float(edge) for edge in TOWN.split(","))
    wanted = Wanted(bbox=(west, south, east, north), pbf=town)
    fetch_study(tmp_path / "a", wanted, services=Services(), lang="en", tell=lambda one: said.append(one.key))
    assert [key for key in said if key in steps_of(wanted)] == list(steps_of(wanted))
