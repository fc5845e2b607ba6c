"""One study of a whole city, whose communities name their district: a batch makes each district's study of it."""

import io
import json
import shutil
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from shapely import Point
from worlds.cities import contents
from worlds.scenarios import town_of_units
from worlds.studies import edited, invoke
from worlds.town import CRS, moved, write_town

from cfgeo import Inputs, load_inputs, load_study, run_study
from cfgeo.batch.parts import parts_of, study_at
from cfgeo.batch.studies import load_batch
from cfgeo.core.errors import CfgeoError, CheckError, InputError, StudyError

DISTRICTS = {"C01": "北区", "C02": " 北区", "C03": "South & Co", "C04": "South & Co"}
OPTIONS = ("--only", "map", "--only", "tables", "--no-cache")


def name_districts(areas: Path, districts: dict[str, str | None]) -> None:
    content = json.loads(areas.read_text("utf-8"))
    for feature in content["features"]:
        feature["properties"]["district"] = districts[feature["properties"]["code"]]
    areas.write_text(json.dumps(content, ensure_ascii=False), "utf-8")


def write_city(folder: Path, districts: dict[str, str | None], batch: str = 'by = "district"') -> Path:
    """Write a town whose communities name their district, and the batch of it; return the batch."""
    study = write_town(folder / "town")
    edited(study, "[boundaries.communities]", '[boundaries.communities]\nexpected = 4\nofficial = "official.csv"')
    codes = "\n".join(f"{code},{code}" for code in DISTRICTS)
    (folder / "town" / "official.csv").write_text(f"code,community\n{codes}\n", "utf-8")
    name_districts(folder / "town" / "communities.geojson", districts)
    (folder / "city.toml").write_text(f'[batch]\nstudy = "town"\n{batch}\n', "utf-8")
    return folder / "city.toml"


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return the folder of a city, and that of its batch."""
    home = tmp_path_factory.mktemp("parts")
    batch = write_city(home / "city", dict(DISTRICTS))
    run = invoke("batch", batch, "--out", home / "out", *OPTIONS, "--workers", "1")
    assert run.exit_code == 0, run.output
    return home / "city", home / "out"


def test_each_district_is_a_run_of_the_study_with_its_communities(city: tuple[Path, Path], tmp_path: Path) -> None:
    folder, out = city
    assert [study.id for study in load_batch(folder / "city.toml").studies] == ["北区", "South-Co"]
    shutil.copytree(folder / "town", tmp_path / "town")
    study = tmp_path / "town" / "study.toml"
    edited(study, '\nexpected = 4\nofficial = "official.csv"', '\nwhere = { district = "South & Co" }')
    edited(study, 'id = "town"', 'id = "South-Co"')
    edited(study, 'title = "小镇"', 'title = "South & Co"\ntitle_en = "South & Co"')
    assert invoke("run", study, "--out", tmp_path / "run", *OPTIONS).exit_code == 0
    made, by_hand = contents(out / "districts" / "South-Co"), contents(tmp_path / "run")
    assert set(made) == set(by_hand)
    records: list[dict[str, Any]] = [files.pop("run.json") for files in (made, by_hand)]
    # The record and what hashes it differ by the study's own file, which is the city's, and by the homes of the city.
    assert {name for name in made if made[name] != by_hand[name]} <= {"index.html", "scorecard.xlsx", "findings.csv"}
    found = [pd.read_csv(io.BytesIO(files["findings.csv"])).set_index("rule") for files in (made, by_hand)]
    assert [table.loc["demand_outside", "severity"] for table in found] == ["note", "warning"]
    rest = [table.drop(index="demand_outside").sort_index() for table in found]
    pd.testing.assert_frame_equal(*rest)
    assert [record["inputs"][0]["role"] for record in records] == ["study", "study"]
    for record in records:
        record["inputs"] = record["inputs"][1:]
    for key in ("study", "district", "clauses", "street_offices", "inputs", "parameters"):
        assert records[0][key] == records[1][key], key


def test_all_communities_are_judged_once_and_together(city: tuple[Path, Path]) -> None:
    table = pd.read_csv(city[1] / "districts.csv", encoding="utf-8-sig").set_index("district")
    assert table["communities"].to_dict() == {"北区": 2, "South-Co": 2}
    assert table["title"].to_dict() == {"北区": "北区", "South-Co": "South & Co"}


def test_what_another_column_cuts_otherwise_is_judged_again(city: tuple[Path, Path], tmp_path: Path) -> None:
    folder, out = (shutil.copytree(each, tmp_path / each.name) for each in city)
    again = invoke("batch", folder / "city.toml", "--out", out, *OPTIONS, "--workers", "1")
    assert again.output.count("South-Co") >= 1
    areas = folder / "town" / "communities.geojson"
    areas.write_text(areas.read_text("utf-8").replace('"district"', '"area"'), "utf-8")
    edited(folder / "city.toml", 'by = "district"', 'by = "area"')
    records = [json.loads(path.read_text("utf-8"))["options"] for path in sorted((out / "records").glob("*.json"))]
    assert [record["part"] for record in records] == [{"district": "South & Co"}, {"district": "北区"}]
    assert invoke("batch", folder / "city.toml", "--out", out, *OPTIONS, "--workers", "1").exit_code == 0
    record = json.loads((out / "records" / "South-Co.json").read_text("utf-8"))
    assert record["options"]["part"] == {"area": "South & Co"}


@pytest.mark.parametrize(
    ("districts", "batch", "kind", "message"),
    [
        ({"C02": None}, 'by = "district"', StudyError, "column district of .* 1 communities name no district"),
        ({"C02": "South / Co"}, 'by = "district"', StudyError, "have one id, South-Co"),
        ({}, 'by = "distrikt"', InputError, "no column distrikt .* It has: district"),
        ({}, "", StudyError, "either studies, or study with by"),
        ({}, 'by = "district"\nstudies = ["town"]', StudyError, "either studies, or study with by"),
        ({}, 'by = "district"\nbudget = 5', StudyError, "no budget with by"),
    ],
)
def test_what_does_not_cut_a_city_is_refused_before_any_work(
    districts: dict[str, str | None], batch: str, kind: type[CfgeoError], message: str, tmp_path: Path
) -> None:
    path = write_city(tmp_path, {**DISTRICTS, **districts}, batch)
    with pytest.raises(kind, match=message) as raised:
        load_batch(path)
    assert raised.value.text("zh") != raised.value.text("en")


@pytest.fixture(scope="module")
def lists(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a city whose lists have something of every district, and something of none."""
    study = town_of_units(tmp_path_factory.mktemp("lists") / "town")
    folder = study.parent
    name_districts(folder / "communities.geojson", {"C01": "West", "C02": "East", "C03": "East", "C04": "East"})
    rows = {"West": 1, "East": 2, "total": 3, "Lower East": 4, "Lower West": 5, "Nowhere": 6}
    table = "".join(f"places,2025,{area},{value}\n" for area, value in rows.items())
    (folder / "reported.csv").write_text(f"indicator,year,area,value\n{table}", "utf-8")
    names = ("Lower West", "Lower East", "Upper", "Nowhere")
    (folder / "children.csv").write_text("community,age_6_11\n" + "".join(f"{name},9\n" for name in names), "utf-8")
    shapes = [moved(Point(100, 100).buffer(20)), moved(Point(500, 50).buffer(20))]
    zones = gpd.GeoDataFrame({"name": ["in West", "in East"], "kind": "core"}, geometry=shapes, crs=CRS)
    zones.to_crs("EPSG:4326").to_file(folder / "zones.geojson")
    (folder / "far.csv").write_text("name,lon,lat\nA,107.9,29.5\nB,107.8,29.6\n", "utf-8")
    edited(study, "[demand]", '[zones]\npath = "zones.geojson"\n\n[demand]\nchildren = { path = "children.csv" }')
    edited(study, "[study]", 'reported = "reported.csv"\n\n[study]')
    return study


def part(study: Path, value: str) -> Inputs:
    (own,) = (each for each in parts_of(study, "district") if each.value == value)
    return load_inputs(study_at(study, own), margin_m=500)


def said(inputs: Inputs, *rules: str) -> list[tuple[str, Any]]:
    rows = inputs.findings[inputs.findings["rule"].isin(rules)].to_dict("records")
    return [(row["rule"], row["values"].get("names", row["values"].get("name"))) for row in rows]


def test_names_of_other_districts_are_no_findings(lists: Path) -> None:
    for value in ("West", "East"):
        assert said(part(lists, value), "reported_area", "children_unknown", "zone_apart", "reported_twice") == [
            ("children_unknown", ("Nowhere",)),
            ("reported_area", "Nowhere"),
        ]


def test_a_district_has_its_own_figures_zones_and_blocks(lists: Path) -> None:
    west, east = part(lists, "West"), part(lists, "East")
    figures = {
        name: {(row.scope, row.area): row.value for row in inputs.reported.itertuples()}
        for name, inputs in (("west", west), ("east", east))
    }
    assert figures["west"] == {("district", ""): 1, ("city", ""): 3, ("community", "C01"): 5}
    assert figures["east"] == {("district", ""): 2, ("city", ""): 3, ("community", "C02"): 4}
    assert [inputs.zones["name"].tolist() for inputs in (west, east)] == [["in West"], ["in East"]]
    assert [inputs.blocks.index.tolist() for inputs in (west, east)] == [["West"], ["East"]]


def test_a_list_that_has_nothing_near_one_district_stops_none(lists: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(lists.parent, tmp_path / "town")
    study = edited(folder / "study.toml", "[demand]", '[layers.shelters]\npath = "far.csv"\n\n[demand]')
    assert not said(part(study, "West"), "layer_elsewhere", "far_elsewhere")
    with pytest.raises(CheckError, match="shelters"):
        load_inputs(load_study(study), margin_m=500)


def test_a_city_s_reserve_list_is_no_district_s(lists: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(lists.parent, tmp_path / "town")
    study = edited(folder / "study.toml", "[demand]", '[projects]\npath = "projects.csv"\n\n[demand]')
    assert load_study(study).projects
    assert [study_at(study, each).projects for each in parts_of(study, "district")] == [None, None]


def test_what_a_city_decides_elsewhere_stops_no_district(lists: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(lists.parent, tmp_path / "town")
    change = (
        '[[change]]\naction = "refit"\nlayer = "communities"\nfacility = "{}"\nattributes = {{ certified = "yes" }}\n'
    )
    far = '[[change]]\naction = "add"\nlayer = "schools"\nkind = "primary"\nname = "Far"\nlon = 106.9\nlat = 29.55\n'
    (folder / "decided.toml").write_text(change.format("C01") + change.format("C02") + far, "utf-8")
    study = folder / "study.toml"
    study.write_text(study.read_text("utf-8") + '\n[[decided]]\npath = "decided.toml"\n', "utf-8")
    for each, code in zip(parts_of(study, "district"), ("C01", "C02"), strict=True):
        inputs = run_study(study_at(study, each)).inputs
        assert inputs.community_answers["certified"].dropna().to_dict() == {code: "yes"}
        assert "Far" not in set(inputs.layers["schools"]["name"])
        (laid,) = inputs.findings[inputs.findings["rule"] == "decided_laid"]["values"]
        assert laid["count"] == 1
