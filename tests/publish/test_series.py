"""The series as files: the row, the cell and the sentence that a reader finds."""

import copy
import dataclasses
import json
import re
import shutil
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pandas as pd
import pyogrio
import pytest
from worlds.series import YEARS
from worlds.studies import invoke, refused

from cfgeo import load_standard
from cfgeo.core.errors import OutputError
from cfgeo.core.strings import LANGUAGES, Lang
from cfgeo.publish.compared.series.table import Series, make_series
from cfgeo.publish.series import SERIES_FORMATS, write_series
from cfgeo.publish.tables.qgis import STYLES
from cfgeo.publish.words.series.chart import chart_of
from cfgeo.publish.words.series.heading import series_notes
from cfgeo.publish.words.series.lines import series_lines


@pytest.fixture(scope="module")
def written(series: Series, tmp_path_factory: pytest.TempPathFactory) -> dict[Lang, Path]:
    home = tmp_path_factory.mktemp("written")
    for lang in LANGUAGES:
        write_series(series, home / lang, lang=lang)
    return {lang: home / lang for lang in LANGUAGES}


def test_a_folder_holds_every_format(written: dict[Lang, Path]) -> None:
    for folder in written.values():
        assert {path.name for path in folder.iterdir()} == {f"series{ending}" for ending in SERIES_FORMATS}


def test_the_same_runs_give_the_same_bytes(series: Series, written: dict[Lang, Path], tmp_path: Path) -> None:
    write_series(series, tmp_path / "again", lang="zh")
    for path in written["zh"].iterdir():
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes(), path.name


def sheet(path: Path, name: str) -> list[dict[str, Any]]:
    """Return the rows of a sheet by its headings."""
    cells = [[cell.value for cell in row] for row in openpyxl.load_workbook(path)[name].iter_rows()]
    head = next(i for i, row in enumerate(cells) if {"指标", "年份", "Indicator"} & {*row})
    return [dict(zip(map(str, cells[head]), row, strict=True)) for row in cells[head + 1 :] if any(row)]


def test_the_workbook_has_each_indicator_with_three_values_target_and_reason(written: dict[Lang, Path]) -> None:
    path = written["zh"] / "series.xlsx"
    rows = {row["指标"]: row for row in sheet(path, "指标监测")}
    home = rows["儿童之家"]
    assert [home[f"{year} 年"] for year in YEARS] == [0.5, 0.75, 0.5]
    assert (home["目标"], home["完成情况"]) == ("≥ 50%", "达标")
    assert home["变化原因"].startswith(
        "2025 年（进展）：新增儿童之家 1 处：New Home；2026 年（数据更正或更新，不计为进展或退步）："
    )
    blocks = rows[next(name for name in rows if "街区" in name and "达标" in name)]
    assert [blocks[f"{year} 年"] for year in YEARS] == [1, 1, 0.5]
    assert (blocks["责任单位"], blocks["年度目标"]) == ("妇儿工委办", "2024 年 ≥ 20%；2026 年 ≥ 90%")
    assert blocks["完成情况"] == "未达标；未达到 2026 年目标"
    certified = rows["认证"]
    assert [certified[f"{year} 年"] for year in YEARS] == [1, 2, 2]
    assert certified["责任单位"] == "教育局"
    assert certified["年度目标"] == "2024 年 ≥ 1；2026 年 ≥ 3"
    assert certified["完成情况"] == "达标；未达到 2026 年目标"
    assert rows["文化"]["2026 年"] == "未评定"
    offices = {(row["街道"], row["指标"]): row for row in sheet(path, "各街道")}
    assert [offices["South", "儿童之家"][f"{year} 年"] for year in YEARS] == [0.5, 1, 1]
    assert offices["South", "儿童之家"]["目标"] is None
    communities = {(row["社区"], row["指标"]): row for row in sheet(path, "各社区")}
    assert [communities["Upper", "儿童之家"][f"{year} 年"] for year in YEARS] == [1, 1, 0]
    places = [(row["年份"], row["变化"], row["名称"]) for row in sheet(path, "设施变化")]
    assert (2025, "减少", "Low School") in places
    assert (2026, "补录（早已建成）", "North Station") in places
    english = {row["Indicator"]: row for row in sheet(written["en"] / "series.xlsx", "Indicators")}
    assert english["Certified schools"]["Lead department"] == "Education"
    assert "progress" in english["Children's home"]["What changed and why"]


def test_the_report_has_the_official_table(written: dict[Lang, Path]) -> None:
    document = docx.Document(str(written["zh"] / "series.docx"))
    table = document.tables[0]
    heads = [cell.text for cell in table.rows[0].cells]
    assert heads == [
        "条目",
        "指标",
        "责任单位",
        "2024 年",
        "2025 年",
        "2026 年",
        "年度目标",
        "目标",
        "完成情况",
        "变化原因",
    ]
    rows = {row.cells[1].text: [cell.text.replace("\xa0", " ") for cell in row.cells] for row in table.rows[1:]}
    assert rows["小学"][:6] == ["8", "小学", "", "25.0%", "0.0%", "0.0%"]
    assert rows["小学"][7:] == ["≥ 70%", "未达标", "2025 年（退步）：学校减少 1 处：Low School"]
    words = "\n".join(paragraph.text for paragraph in document.paragraphs)
    assert "2026 年，4 个社区中 0 个达标" in words
    assert "与 2025 年相比，有进展的 0 项，退步的 0 项；另有 3 项" in words


def test_the_page_has_every_value_and_runs_no_script(written: dict[Lang, Path]) -> None:
    for lang, said in (("zh", "数据更正或更新，不计为进展或退步"), ("en", "neither progress nor decline")):
        body = (written[lang] / "series.html").read_text("utf-8")
        assert said in body
        assert "script-src &#39;none&#39;" in body or "script-src 'none'" in body
        assert len(re.findall(r"<svg", body)) == 11, "two headlines and nine clauses"
        for shown in ("50.0", "75.0", "New Home", "North Station"):
            assert shown in body
        assert "http" not in body.replace("http-equiv", "")


def test_the_geopackage_opens_with_areas_and_tables(written: dict[Lang, Path]) -> None:
    path = written["zh"] / "series.gpkg"
    layers = {name for name, _ in pyogrio.list_layers(path)} - {STYLES}
    assert layers == {"indicators", "places", "communities", "street_offices"}
    long = pyogrio.read_dataframe(path, layer="indicators")
    home = long[(long["clause"] == "home") & (long["scope"] == "district")]
    assert list(home["value"]) == [0.5, 0.75, 0.5]
    areas = pyogrio.read_dataframe(path, layer="communities").set_index("code")
    assert areas.loc["C01", ["verdict_2024", "verdict_2025", "verdict_2026"]].tolist() == ["passed", "failed", "failed"]
    offices = pyogrio.read_dataframe(path, layer="street_offices").set_index("street_office")
    assert offices.loc["South", ["share_2024", "share_2025"]].tolist() == [0.5, 0]
    csv = pd.read_csv(written["zh"] / "series.csv", dtype=str, keep_default_na=False, encoding="utf-8-sig")
    assert len(csv) == len(long)
    assert set(csv["nature"]) <= {"", "progress", "decline", "data", "method", "mixed", "unexplained"}


def test_the_command_says_it_and_writes_it(three_years: Path, tmp_path: Path) -> None:
    run = invoke("series", three_years, "-o", tmp_path / "a.xlsx", "-o", tmp_path / "all", "--lang", "en")
    assert run.exit_code == 0
    assert "Children's home: 50.0 % → 75.0 % → 50.0 %; target ≥ 50 %, passed" in run.stdout
    assert (tmp_path / "a.xlsx").is_file()
    assert (tmp_path / "all" / "series.docx").is_file()
    assert "series.pdf" in refused("series", three_years, "-o", tmp_path / "series.pdf")
    assert "run.json" in refused("series", tmp_path)
    assert "2026" in refused("series", three_years, three_years)


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("zh", ["所用标准没有写明年度目标", "所用标准没有写明责任单位"]),
        ("en", ["names no targets by year", "names no lead departments"]),
    ],
)
def test_a_standard_without_paths_and_departments_is_said_to_have_none(
    series: Series, tmp_path: Path, lang: Lang, said: list[str]
) -> None:
    """As that of the plan of Yuzhong: its text names neither."""
    assert not [words for words in said if any(words in note for note in series_notes(series, lang))]
    parameters = copy.deepcopy(series.last.record["parameters"])
    for entry in [parameters["standard"], *parameters["clauses"]]:
        entry |= {"path": {}, "lead": "", "lead_en": ""}
    last = dataclasses.replace(series.last, record=series.last.record | {"parameters": parameters})
    bare = dataclasses.replace(series, runs=[last])
    write_series(bare, tmp_path, lang=lang)
    written = "\n".join(paragraph.text for paragraph in docx.Document(str(tmp_path / "series.docx")).paragraphs)
    page = (tmp_path / "series.html").read_text("utf-8")
    for words in said:
        assert words in written
        assert words in page


def test_the_built_in_standard_of_the_plan_names_neither_path_nor_department() -> None:
    standard = load_standard("yuzhong-2026")
    assert not [entry.id for entry in (standard, *standard.clause) if entry.path or entry.lead]


def test_a_single_year_is_said_to_be_one(three_years: Path) -> None:
    run = invoke("series", three_years / "years" / "2024")
    assert run.exit_code == 0
    assert "只有一个年份" in run.stdout


def test_an_older_run_is_read_as_far_as_it_goes(three_years: Path, tmp_path: Path) -> None:
    old = tmp_path / "old"
    shutil.copytree(three_years / "years" / "2024", old)
    record = json.loads((old / "run.json").read_text("utf-8"))
    del record["shortfalls"]
    for row in record["clauses"]:
        for name in ("found_low", "found_high", "missing"):
            row.pop(name)
    (old / "run.json").write_text(json.dumps(record | {"format": 1}), "utf-8")
    (old / "communities.gpkg").unlink()
    series = make_series([old, three_years])
    assert [note.key for note in series.notes] == ["series.note_without_tables"]
    table = series.table[(series.table["clause"] == "certified") & (series.table["scope"] == "district")]
    assert list(table["value"]) == [1, 2]
    assert list(table["nature"]) == ["", "unexplained"]
    communities = series.table[series.table["scope"] == "community"]
    assert set(communities["year"]) == {2026}
    assert set(communities["trend"]) == {"new"}
    for lang in LANGUAGES:
        write_series(series, tmp_path / lang, lang=lang)


def test_a_run_of_another_format_gives_its_figures_without_reasons(three_years: Path, tmp_path: Path) -> None:
    old = tmp_path / "old"
    shutil.copytree(three_years / "years" / "2025", old)
    record = json.loads((old / "run.json").read_text("utf-8"))
    (old / "run.json").write_text(json.dumps(record | {"format": 2}), "utf-8")
    series = make_series([old, three_years])
    assert [note.key for note in series.notes] == ["series.note_older"]
    home = series.table[(series.table["clause"] == "home") & (series.table["unit"] == "C02")]
    assert list(home["value"]) == [1, 1]
    assert series.reasons == {}
    assert set(series.table["nature"]) == {"", "unexplained"}


def test_a_number_never_looks_like_the_target_that_it_misses(series: Series) -> None:
    """3 of 4 communities are 75.0 %; of a value just short of its target more digits are shown."""
    table = series.table.assign(value=series.table["value"].where(series.table["clause"] != "connected", 0.89999))
    lines = {line.clause: line for line in series_lines(dataclasses.replace(series, table=table), "zh", "district")}
    assert lines["connected"].shown[2026] == "89.999%"
    assert lines["connected"].asks == "≥ 90%"
    assert lines["home"].shown[2025] == "75.0%"


def test_no_line_runs_through_a_number_of_a_chart(series: Series) -> None:
    for line in series_lines(series, "zh", "district"):
        chart = chart_of(line)
        for bar in chart.bars:
            assert bar.words_y <= bar.y or bar.y < 16
            for edge in (chart.target_y, bar.path_y):
                assert edge is None or not bar.words_y - 10 < edge < bar.words_y or bar.words_y == 12


def test_every_line_has_words_in_both_languages(series: Series) -> None:
    for lang in LANGUAGES:
        for scope in ("district", "street_office", "community"):
            lines = series_lines(series, lang, scope)
            assert lines
            assert all(line.name and all(line.shown.values()) for line in lines)


def test_a_folder_that_cannot_be_written_is_said(series: Series, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError):
        write_series(series, tmp_path / "file" / "series", lang="zh")
