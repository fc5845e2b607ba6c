"""Places that fall short and values of which something is missing, read in each output as a person would."""

import csv
import dataclasses
import json
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pytest
from worlds.publish_results import SCRIPT_NAME, short_results, write_reports

from cfgeo.core.strings import LANGUAGES, Lang, text
from cfgeo.publish.page.data import page_data
from cfgeo.publish.page.run import page_html
from cfgeo.publish.run.record import write_record
from cfgeo.publish.tables.csv import write_tables
from cfgeo.publish.tables.workbook import write_workbook
from cfgeo.publish.words.clauses.found import attribute_name
from cfgeo.publish.words.clauses.shortfalls import shortfall_words
from cfgeo.publish.words.headline import headline_text
from cfgeo.study.standard import built_in_standards, load_standard

RESULTS = short_results()
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8ffff3f0005fe02fe0def46b8"
    "0000000049454e44ae426082"
)


def rows_of(folder: Path, name: str, lang: Lang) -> list[dict[str, str]]:
    write_tables(RESULTS, folder, lang=lang)
    with (folder / f"{name}.csv").open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def sheet_rows(folder: Path, key: str, lang: Lang) -> list[dict[str, Any]]:
    """Return the rows of a sheet by their headings, as a reader sees them."""
    write_workbook(RESULTS, folder / "book.xlsx", lang=lang)
    sheet = openpyxl.load_workbook(folder / "book.xlsx")[text(f"report.{key}", lang)]
    head = next(row for row in sheet.iter_rows() if row[0].comment)
    assert sheet.auto_filter.ref
    cells = sheet.iter_rows(min_row=head[0].row + 1)
    return [{str(name.value): cell for name, cell in zip(head, row, strict=True)} for row in cells]


def test_the_table_names_each_place_with_what_it_has_and_what_is_asked(tmp_path: Path) -> None:
    first, second, third = rows_of(tmp_path, "shortfalls", "zh")
    assert (first["clause_name"], first["name"], first["community"], first["street_office"]) == (
        "母婴室",
        "第一小学",
        "甲社区",
        "东街道",
    )
    assert (first["has"], first["asks"], first["status"], first["result"]) == ("否", "是", "short", "不足")
    assert (first["plan_item"], first["kind_name"], first["clause_result"]) == ("41", "小学", "未达标")
    assert float(first["lon"]) > 100
    assert (second["status"], second["lacks"]) == ("unknown", "母婴室：未填")
    assert (third["attribute"], third["lacks"], third["clause_verdict"]) == ("capacity", "容量：未填", "not_assessed")


@pytest.mark.parametrize(
    ("asked", "answer", "lang", "words"),
    [
        (
            {"measure": "none_within", "near_layer": "tobacco"}, {"attribute": "tobacco", "value": "", "asked": 50.0},
            "zh", ("烟草零售点", "50 米内有", "50 米内没有烟草零售点", "50 米内有烟草零售点"),
        ),
        (
            {"measure": "none_within", "near_layer": "tobacco"}, {"attribute": "tobacco", "value": "", "asked": 50.0},
            "en", ("Tobacco shops", "one within 50 m", "no tobacco shops within 50 m", "tobacco shops within 50 m"),
        ),
        (
            {"attribute": "grade", "attribute_least": "二级"}, {"attribute": "grade", "value": "三级"},
            "zh", ("等级", "三级", "二级或更好", "等级：三级，要求二级或更好"),
        ),
    ],
)  # fmt: skip
def test_what_is_asked_is_said_as_the_measure_asks_it(
    asked: dict[str, Any], answer: dict[str, Any], lang: Lang, words: tuple[str, ...]
) -> None:
    clauses = [clause | asked if clause["id"] == "T-rooms" else clause for clause in RESULTS.parameters["clauses"]]
    results = dataclasses.replace(
        RESULTS,
        parameters=RESULTS.parameters | {"clauses": clauses},
        shortfalls=RESULTS.shortfalls[:1].assign(**answer),
    )
    (row,) = shortfall_words(results, lang).to_dict("records")
    assert tuple(row[key] for key in ("attribute_name", "has", "asks", "lacks")) == words


@pytest.mark.parametrize("lang", LANGUAGES)
def test_columns_that_standards_ask_have_words(lang: Lang) -> None:
    asked = {clause.attribute for name in built_in_standards() for clause in load_standard(name).clause}
    unnamed = {column for column in asked - {None} if attribute_name(str(column), lang) == column}
    assert unnamed == set()


def test_the_table_of_clauses_has_the_interval_and_what_is_missing(tmp_path: Path) -> None:
    rows = {row["clause"]: row for row in rows_of(tmp_path, "clauses", "en")}
    public = rows["T-public"]
    assert (public["found"], public["found_low"], public["found_high"]) == ("", "0.55", "0.625")
    assert (public["missing"], public["missing_names"]) == ("1", f"Capacity: {SCRIPT_NAME}")
    assert rows["T-rate"]["found"] == "4.475"


@pytest.mark.parametrize(
    ("lang", "open_words", "failed_words", "rate_words"),
    [
        ("zh", "55.0% 至 62.5%，取决于缺失的 1 项", "实际：最多 50.0%", "实际：4.475，要求不少于 4.5"),
        (
            "en",
            "between 55.0 % and 62.5 %, depending on what is missing (1)",
            "at most 50.0 %",
            "4.475 today; the clause asks for at least 4.5",
        ),
    ],
)
def test_the_page_says_intervals_and_digits(lang: Lang, open_words: str, failed_words: str, rate_words: str) -> None:
    body = page_html(RESULTS, lang=lang)
    for words in (open_words, failed_words, rate_words, "高于 55%" if lang == "zh" else "more than 55 %"):
        assert words in body, words
    assert "4.5 today; the clause asks for at least 4.5" not in body


def test_the_page_knows_where_to_fly() -> None:
    rows = page_data(RESULTS, lang="zh")["shortfalls"]
    assert [(row["clause"], row["facility"], row["status"]) for row in rows] == [
        ("T-rooms", 0, "short"),
        ("T-rooms", 3, "unknown"),
        ("T-public", 1, "unknown"),
    ]
    assert rows[0]["lacks"] == "母婴室：否，要求是"
    assert rows[0]["where"] == "甲社区 · 东街道"
    assert rows[0]["point"] == page_data(RESULTS, lang="zh")["facilities"][0]["point"]


def test_the_workbook_has_a_sheet_of_them_with_a_filter(tmp_path: Path) -> None:
    rows = sheet_rows(tmp_path, "sheet_shortfalls", "zh")
    first = {heading: cell.value for heading, cell in rows[0].items()}
    assert len(rows) == 3
    assert (first["条款"], first["名称"], first["社区"], first["街道"]) == ("母婴室", "第一小学", "甲社区", "东街道")
    assert (first["现有"], first["要求"], first["设施情况"], first["条款结果"]) == ("否", "是", "不足", "未达标")


def test_the_scorecard_shows_numbers_as_their_verdicts_say(tmp_path: Path) -> None:
    rows = {row["Clause id"].value: row for row in sheet_rows(tmp_path, "sheet_district", "en")}
    rate = rows["T-rate"]
    assert (rate["Found"].value, rate["Found"].number_format) == (4.475, "#,##0.000")
    assert rate["Missing"].value == "0.025 per 1,000 short"
    assert rows["T-public"]["Found"].value == "between 55.0 % and 62.5 %"
    assert rows["T-public"]["What is asked"].value == "more than 55 %"
    assert rows["T-rooms"]["Found"].value == "at most 50.0 %"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_street_offices_report_has_its_own_places_and_no_others(tmp_path: Path, lang: Lang) -> None:
    paths = write_reports(RESULTS, tmp_path, lang=lang, maps=lambda _: PIXEL)
    words = {path.stem: _words(path) for path in paths}
    room = "母婴室：否，要求是" if lang == "zh" else "Mother-and-baby room: 否; asked: yes"
    blank = "母婴室：未填" if lang == "zh" else "Mother-and-baby room: nothing entered"
    assert room in words["东街道"]
    assert blank not in words["东街道"]
    assert blank in words["西街道"]
    district = _words(paths[0])
    assert room in district
    assert blank in district
    assert "4.475" in district


def test_the_record_has_them(tmp_path: Path) -> None:
    write_record(RESULTS, tmp_path / "run.json", lang="zh")
    record = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    assert [row["facility"] for row in record["shortfalls"]] == ["f1", "f4", "f2"]
    assert record["shortfalls"][0]["asked"] is None


def test_the_terminal_names_what_is_missing() -> None:
    assert f"公办学位占比（缺少容量：{SCRIPT_NAME}）" in headline_text(RESULTS, [], lang="zh")


def _words(path: Path) -> str:
    """Return all text of a Word report."""
    document = docx.Document(str(path))
    cells = (cell.text for table in document.tables for row in table.rows for cell in row.cells)
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])
