"""One study of a whole city, whose communities name their district: a batch makes each district's study of it."""

import json
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from worlds.cities import contents
from worlds.studies import edited, invoke
from worlds.town import write_town

from cfgeo.batch.studies import load_batch
from cfgeo.core.errors import CfgeoError, InputError, StudyError

DISTRICTS = {"C01": "北区", "C02": " 北区", "C03": "South & Co", "C04": "South & Co"}
OPTIONS = ("--only", "map", "--only", "tables", "--no-cache")


def write_city(folder: Path, districts: dict[str, str | None], batch: str = 'by = "district"') -> Path:
    """Write a town whose communities name their district, and the batch of it; return the batch."""
    study = write_town(folder / "town")
    edited(study, "[boundaries.communities]", '[boundaries.communities]\nexpected = 4\nofficial = "official.csv"')
    codes = "\n".join(f"{code},{code}" for code in DISTRICTS)
    (folder / "town" / "official.csv").write_text(f"code,community\n{codes}\n", "utf-8")
    areas = folder / "town" / "communities.geojson"
    content = json.loads(areas.read_text("utf-8"))
    for feature in content["features"]:
        feature["properties"]["district"] = districts[feature["properties"]["code"]]
    areas.write_text(json.dumps(content, ensure_ascii=False), "utf-8")
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
    # The record and what hashes it differ by the study's own file alone, which is the city's.
    assert {name for name in made if made[name] != by_hand[name]} <= {"index.html", "scorecard.xlsx"}
    assert [record["inputs"][0]["role"] for record in records] == ["study", "study"]
    for record in records:
        record["inputs"] = record["inputs"][1:]
    for key in ("study", "district", "clauses", "street_offices", "inputs", "findings", "parameters"):
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
