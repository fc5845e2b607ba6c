"""Street blocks and services in what a run writes: tables, workbook, record, GeoPackage, page and reports."""

import json
from pathlib import Path

import pandas as pd
import pyogrio
import pytest
from openpyxl import load_workbook
from tools.browser import chromium, open_page
from tools.page_types import declared_keys
from worlds.town import write_town

from cfgeo import Results, load_study, publish, run_study
from cfgeo.publish.page.data import page_data
from cfgeo.publish.page.run import write_page
from cfgeo.publish.tables.scorecard import headline, scorecard
from cfgeo.publish.words.run import page_words

BLOCKS = """
[[clause]]
id = "block-school"
name = "街区小学"
name_en = "Block school"
scope = "block"
layer = "schools"
kind = ["primary"]
walker = "child"
limit_minutes = 5
children = ["age_6_11"]
need_share = 0.7
required = true

[[clause]]
id = "office-certified"
name = "街道认证学校"
name_en = "Certified schools"
scope = "street_office"
measure = "facility_share"
layer = "schools"
attribute = "certified"
need_share = 0.6

[[clause]]
id = "all"
name = "同时可达"
name_en = "All in reach"
measure = "all_reach"
of = ["school", "park"]
need_share = 0.5
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    study = write_town(tmp_path_factory.mktemp("blocks"))
    standard = study.parent / "standard.toml"
    standard.write_text(standard.read_text(encoding="utf-8") + BLOCKS, encoding="utf-8")
    return run_study(load_study(study))


@pytest.fixture(scope="module")
def folder(results: Results, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("out")
    publish(results, out, lang="zh", only=["tables", "reports"])
    return out


def test_a_row_of_the_blocks_reads_as_it_was_judged(folder: Path) -> None:
    table = pd.read_csv(folder / "blocks.csv").set_index("block")
    assert table["verdict"].to_dict() == {"North": "failed", "South": "passed"}
    assert table["block-school_found"].to_dict() == pytest.approx({"North": 1 / 3, "South": 37 / 47}, abs=1e-4)
    assert table.loc["North", ["missing", "result", "communities"]].tolist() == ["街区小学", "未达标", 2]


def test_the_services_of_all_children_are_listed(folder: Path) -> None:
    table = pd.read_csv(folder / "services.csv", keep_default_na=False)
    whole = table[table["code"] == ""].astype({"demand": float})
    assert set(whole["clause"]) == {"all"}
    assert whole.groupby("of")["demand"].sum().to_dict() == {1: 71.0 + 25.0}  # pupils, and those of 0 to 5


def test_the_record_has_blocks_and_both_headlines(folder: Path) -> None:
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert [block["verdict"] for block in record["blocks"]] == ["failed", "passed"]
    assert record["district"]["blocks"]["together"]["units"] == 6
    assert sum(row["demand"] for row in record["services"]) == 96


def test_workbook_and_geopackage_have_the_blocks(folder: Path) -> None:
    book = load_workbook(folder / "scorecard.xlsx")
    cells = [cell.value for row in book["街区"].iter_rows() for cell in row]
    assert {"South", "North", "街区小学", "达标", "未达标"} <= set(cells)
    (package,) = folder.glob("*.gpkg")
    assert "blocks" in pyogrio.list_layers(package)[:, 0].tolist()


def test_words_name_the_unit(results: Results) -> None:
    lines = {line.clause: line for line in scorecard(results, "zh")}
    assert lines["block-school"].asks == "70% 的6–11 岁儿童步行 5 分钟内可达；70% 的街区达标"
    assert lines["block-school"].missing == "差 1 个街区"
    assert lines["office-certified"].asks == "不少于 60%；100% 的街道达标"
    assert "街区 2 个，1 个达标（50.0%，目标 70%）" in headline(results, "zh")
    assert "Of 2 street blocks 1 pass" in headline(results, "en")
    words = page_words(results, lang="zh")
    assert "街区 1 / 2 达标" in words["cards"][0]["note"]
    assert [row["scope"] for row in words["clauses"] if row["id"] == "block-school"] == ["街区"]


@pytest.mark.browser
def test_the_page_draws_the_blocks_and_tells_of_each(results: Results, tmp_path: Path) -> None:
    data = page_data(results, lang="en")["blocks"]
    assert set(data[0]) == declared_keys("StreetBlock")
    assert [(block["communities"], block["passed"]) for block in data] == [
        (int(row["communities"]), int(row["passed"])) for _, row in results.blocks.iterrows()
    ]
    write_page(results, tmp_path / "index.html", lang="en")
    with chromium(tmp_path / "profile") as context, open_page(context, tmp_path / "index.html") as watched:
        page = watched.page
        page.click("#tab-layers")
        page.check('input[name="line-blocks"]')
        assert page.locator("path.block").count() == len(data)
        for block in data:
            page.locator(".block-name span", has_text=block["name"]).click()
            assert page.inner_text("#place-title") == block["name"]
            assert f"{block['communities']} communities" in page.inner_text("#place")
            assert page.locator('#place [data-part="lacks"] li').count() == len(block["failed"])
            page.keyboard.press("Escape")
