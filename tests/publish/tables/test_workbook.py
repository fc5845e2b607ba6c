"""The workbook: what Excel shows, the numbers of the CSV tables, and that no name can do harm in it."""

import dataclasses
import math
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from openpyxl.worksheet.worksheet import Worksheet
from tools.browser import pdf_pages
from tools.office import converted

from cfgeo import Results
from cfgeo.core.strings import LANGUAGES, Lang, name_of, text
from cfgeo.publish.safe_text import clean, file_names, one_line, width
from cfgeo.publish.tables.csv import (
    clause_table,
    community_table,
    coverage_table,
    required_clauses,
    street_office_table,
    walkway_table,
)
from cfgeo.publish.tables.scorecard import scorecard
from cfgeo.publish.tables.workbook import write_workbook
from cfgeo.publish.words.sources import provenance

HOSTILE = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    '=HYPERLINK("http://x","y")',
    "https://example.org",
    "<script>alert(1)</script>",
    "<r><t>markup</t></r>",
    "_x0041_",
    "a\nb\u2028c",
    "\x00\x0b\x1f\ufffe",
    "\"&P&'",
    "长" * 40_000,
]


def opened(results: Results, path: Path, lang: Lang = "zh") -> dict[str, Worksheet]:
    write_workbook(results, path, lang=lang)
    return {sheet.title: sheet for sheet in openpyxl.load_workbook(path).worksheets}


def table_of(sheet: Worksheet) -> list[dict[str, Any]]:
    """Return a sheet's rows by the machine's names of columns, which stand as notes on the headings."""
    head = next(row for row in sheet.iter_rows(min_row=5) if row[0].comment and row[1].comment)
    names = {cell.column: cell.comment.text for cell in head if cell.comment}
    rows = [
        {names[cell.column]: share_in(cell) for cell in row if cell.column in names}
        for row in sheet.iter_rows(min_row=head[0].row + 1)
    ]
    return [row for row in rows if any(value is not None for value in row.values())]


def share_in(cell: Any) -> Any:
    """Return what a cell holds, of per mille the share: a spreadsheet has no format that multiplies by 1,000."""
    is_permille = isinstance(cell.value, int | float) and "‰" in cell.number_format
    return cell.value / 1000 if is_permille else cell.value


def sheet_of(sheets: dict[str, Worksheet], key: str, lang: Lang) -> Worksheet:
    return sheets[name_of("report", f"sheet_{key}", lang)]


def same(one: Any, other: Any) -> bool:
    """Say whether a cell holds what a table holds; missing is empty."""
    if other is None or other is pd.NA or other == "" or (isinstance(other, float) and math.isnan(other)):
        return one is None
    if isinstance(other, str):
        return bool(one == other)
    return isinstance(one, int | float) and math.isclose(one, other, rel_tol=1e-14)  # Excel keeps 15 digits


def renamed(results: Results, name: str) -> Results:
    """Call a community, its street office, a facility and the study by one name."""
    communities, offices = results.communities.copy(), results.street_offices
    old = communities["street_office"].iloc[0]
    communities["street_office"] = communities["street_office"].replace(old, name)
    communities.loc[communities.index[0], "community"] = name
    facilities = results.facilities.copy()
    facilities.loc[facilities.index[0], "name"] = name
    study = {**results.parameters["study"], "title": name}
    return dataclasses.replace(
        results,
        communities=communities,
        street_offices=offices.rename(index={old: name}),
        facilities=facilities,
        parameters={**results.parameters, "study": study},
    )


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_sheet_says_how_good_the_data_is(town_results: Results, tmp_path: Path, lang: Lang) -> None:
    sheets = opened(town_results, tmp_path / "a.xlsx", lang)
    names = ["contents", "district", "matrix", "offices", "communities", "clauses", "shortfalls", "facilities"]
    names += ["walkways", "method"]
    assert list(sheets) == [name_of("report", f"sheet_{name}", lang) for name in names]
    status = name_of("word", "illustrative", lang)
    for sheet in sheets.values():
        assert status in str(sheet["A2"].value)
        assert sheet["A3"].value == provenance(town_results, lang)
        assert status in sheet.oddFooter.left.text
        assert sheet.page_setup.orientation == "landscape"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_contents_lead_to_every_sheet_and_say_what_it_holds(
    town_results: Results, tmp_path: Path, lang: Lang
) -> None:
    sheets = opened(town_results, tmp_path / "a.xlsx", lang)
    contents, *others = sheets.values()
    rows = list(contents.iter_rows(min_row=5))
    assert [row[0].value for row in rows] == [sheet.title for sheet in others]
    for row in rows:
        assert row[0].hyperlink is not None
        assert row[0].hyperlink.location == f"'{row[0].value}'!A1"
        assert row[1].value


def test_the_matrix_has_each_communitys_verdict_on_each_clause(town_results: Results, tmp_path: Path) -> None:
    sheet = opened(town_results, tmp_path / "a.xlsx", "en")["Matrix"]
    head = {cell.value: nth for nth, cell in enumerate(sheet[5])}
    rows = {row[1].value: row for row in sheet.iter_rows(min_row=6)}
    assert set(rows) == set(town_results.communities["community"])
    upper = rows["Upper"]
    assert upper[head["Primary school (required)"]].value == "✗ 33.3 %"
    verdicts = town_results.coverage.set_index(["code", "clause"])["verdict"]
    codes = {name: code for code, name in town_results.communities["community"].items()}
    signs = {"passed": "✓", "failed": "✗", "not_assessed": "–"}
    compared = 0
    for name, row in rows.items():
        for cell, heading in zip(row[3:], sheet[5][3:], strict=True):
            verdict = verdicts[codes[name], heading.comment.text]
            assert str(cell.value)[0] == signs[verdict]
            compared += 1
        assert row[2].value == len(town_results.communities.loc[codes[name], "failed"])
    assert compared >= 4 * 4
    assert sheet.print_title_rows == "$5:$5"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_its_numbers_are_those_of_the_tables(town_results: Results, tmp_path: Path, lang: Lang) -> None:
    assert _equal_cells(town_results, tmp_path, lang) > 100


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_default_studys_numbers_are_those_of_the_tables(
    default_results: Results, tmp_path: Path, lang: Lang
) -> None:
    assert _equal_cells(default_results, tmp_path, lang) > 5000


def _equal_cells(results: Results, tmp_path: Path, lang: Lang) -> int:
    """Compare every cell with the tables, and return how many there were."""
    cells = 0
    sheets = opened(results, tmp_path / "a.xlsx", lang)
    expected = {
        "communities": community_table(results, lang),
        "offices": street_office_table(results, lang),
        "clauses": coverage_table(results, lang),
        "walkways": pd.DataFrame(walkway_table(results, lang).drop(columns="geometry")),
        "district": clause_table(results, lang),
    }
    words = {name_of("word", word, lang): word for word in ("passed", "failed", "not_assessed")}
    words |= {text("page.yes", lang): "yes", text("page.no", lang): "no"}
    left_out = dict.fromkeys(expected, ()) | {"offices": ("missing",)}  # counted by clause: rows are short in print
    left_out["walkways"] = ("extra_minutes",)  # a sum of children and minutes, which nobody can picture
    often_empty = ("missing", "missing_names", "assumption")
    blank = expected["district"].reindex(columns=often_empty).replace(["", 0], None).isna().all()
    left_out["district"] = tuple(blank.index[blank])
    own = {"asks", "gap", "gap_said", "scope", "walker", "measure"}
    for key, table in expected.items():
        rows = table_of(sheet_of(sheets, key, lang))
        assert len(rows) == len(table), key
        compared = [name for name in (rows[0] if rows else []) if name not in own]
        unseen = {"verdict", "provenance", "basis", "passed", "layer", *own, *left_out[key]}
        assert set(table.columns) - set(compared) <= unseen, key
        for row, (_, values) in zip(rows, table.iterrows(), strict=True):
            is_interval = pd.notna(values.get("found_low")) and values["found_low"] != values["found_high"]
            for name in compared:
                found = row[name]
                if name == "found" and is_interval:  # a number alone would hide that it is a bound
                    assert isinstance(found, str)
                    continue
                assert same(words.get(found, found), values[name]) or same(found, values[name]), (key, name)
                cells += 1
    return cells


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_stands_for_children_is_a_share_and_never_square_metres(
    town_results: Results, tmp_path: Path, lang: Lang
) -> None:
    parameters = {**town_results.parameters, "demand_basis": "floor_area"}
    sheets = opened(dataclasses.replace(town_results, parameters=parameters), tmp_path / "a.xlsx", lang)
    whole = town_results.communities["demand"].sum()
    communities = sheet_of(sheets, "communities", lang)
    rows = {row["code"]: row for row in table_of(communities)}
    for code, demand in town_results.communities["demand"].items():
        assert same(rows[str(code)]["demand"], round(demand / whole, 6))
    (cell,) = [
        cell for row in communities.iter_rows() for cell in row if cell.comment and cell.comment.text == "demand"
    ]
    assert communities.cell(cell.row + 1, cell.column).number_format.endswith("%")
    for row in table_of(sheet_of(sheets, "walkways", lang)):
        assert 0 <= row["beyond"] <= 1
        assert all(0 <= value <= 1 for name, value in row.items() if name.endswith("_beyond"))
    heads = {cell.value for sheet in sheets.values() for row in sheet.iter_rows() for cell in row if cell.comment}
    assert {head for head in heads if "m²" in str(head)} <= {text("report.column_area_m2", lang)}
    assert any(name_of("report", "who_floor_area", lang) in str(head) for head in heads)


def test_the_scorecard_says_how_far_it_is(town_results: Results, tmp_path: Path) -> None:
    sheets = opened(town_results, tmp_path / "a.xlsx", "en")
    rows = {row["clause"]: row for row in table_of(sheets["District"])}
    assert rows["school"]["asks"] == "80 % of children aged 6–11 within 5 minutes; in 70 % of communities"
    assert rows["school"]["gap_said"] == "2 communities short"  # 1 of 4 passes, 2.8 shall
    assert rows["school"]["gap"] == pytest.approx(0.45)
    assert rows["culture"]["gap_said"] == "not assessed"
    assert rows["culture"]["gap"] is None
    assert rows["certified"]["asks"] == "at least 2"
    assert sheets["District"]["A4"].value.startswith("1 of 4 communities pass: 25.0 %. The target is 70 %; 2 more")


def test_a_reader_can_sort_filter_and_print(town_results: Results, tmp_path: Path) -> None:
    sheets = opened(town_results, tmp_path / "a.xlsx", "zh")
    for key in ("district", "offices", "communities", "clauses", "facilities", "walkways"):
        sheet = sheet_of(sheets, key, "zh")
        head = next(row[0].row for row in sheet.iter_rows(min_row=5) if row[0].comment and row[1].comment)
        assert sheet.freeze_panes is not None
        assert int("".join(filter(str.isdigit, sheet.freeze_panes))) == head + 1
        assert sheet.auto_filter.ref.startswith(f"A{head}:")
        assert sheet.print_title_rows.endswith(f"${head}")
        for column in (cell.column_letter for cell in sheet[head]):
            assert sheet.column_dimensions[column].width >= 6
    communities = sheet_of(sheets, "communities", "zh")
    assert {range_.sqref for range_ in communities.conditional_formatting}
    formats = {row[0].row: row[0].number_format for row in sheet_of(sheets, "district", "zh").iter_rows(min_row=9)}
    assert formats
    wide = {name: communities.column_dimensions[name].width for name in ("A", "B")}
    assert wide["B"] >= max(width(name) for name in town_results.communities["community"])


@pytest.mark.parametrize("lang", LANGUAGES)
def test_rows_stay_short_where_every_community_fails_every_clause(
    default_results: Results, tmp_path: Path, lang: Lang
) -> None:
    communities, required = default_results.communities.copy(), required_clauses(default_results)
    communities["failed"] = [required] * len(communities)
    sheets = opened(dataclasses.replace(default_results, communities=communities), tmp_path / "a.xlsx", lang)
    rows = table_of(sheet_of(sheets, "offices", lang))
    in_office = communities["street_office"].value_counts()
    for row in rows:
        counts = [row[f"{clause}_failed"] for clause in required]
        assert counts == [in_office[row["street_office"]]] * len(required)
    for key in ("offices", "communities", "blocks"):
        sheet = sheet_of(sheets, key, lang)
        head = next(row[0].row for row in sheet.iter_rows(min_row=5) if row[0].comment and row[1].comment)
        heights = [sheet.row_dimensions[row].height or 15 for row in range(head + 1, sheet.max_row + 1)]
        assert max(heights) <= 45, "three lines, in points"


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: repr(name)[:20])
def test_a_name_is_text_and_nothing_else(town_results: Results, tmp_path: Path, name: str) -> None:
    sheets = opened(renamed(town_results, name), tmp_path / "a.xlsx")
    cells = [cell for sheet in sheets.values() for row in sheet.iter_rows() for cell in row]
    assert not [cell.coordinate for cell in cells if cell.data_type in {"f", "e"}]
    linked = [cell for cell in cells if cell.hyperlink]
    assert {cell.parent.title for cell in linked} == {text("report.sheet_contents", "zh")}
    assert all(cell.hyperlink.target is None and cell.value in sheets for cell in linked), "they lead to sheets alone"
    rows = table_of(sheet_of(sheets, "communities", "zh"))
    shown = str(rows[0]["community"] or "")
    # openpyxl gives carriage returns and escapes back as they stand in the file
    shown = shown.replace("_x000D_", "\r").replace("_x005F_", "_")
    assert shown.strip() == clean(name)[:32_767].strip()
    assert len(rows) == len(town_results.communities)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_same_results_give_the_same_bytes(town_results: Results, tmp_path: Path, lang: Lang) -> None:
    for name in ("one.xlsx", "two.xlsx"):
        write_workbook(town_results, tmp_path / name, lang=lang)
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()


def test_a_run_without_facilities_and_walkways_has_its_sheets(town_results: Results, tmp_path: Path) -> None:
    walks = dataclasses.replace(town_results.walks, walkways=town_results.walks.walkways.iloc[:0])
    empty = dataclasses.replace(town_results, facilities=town_results.facilities.iloc[:0], walks=walks)
    for lang in LANGUAGES:
        sheets = opened(empty, tmp_path / f"{lang}.xlsx", lang)
        assert table_of(sheet_of(sheets, "facilities", lang)) == []
        assert table_of(sheet_of(sheets, "walkways", lang)) == []


def test_the_users_own_columns_are_kept(town_results: Results, tmp_path: Path) -> None:
    facilities = town_results.facilities.assign(**{"{who} {0}": "x", "opened": pd.Timestamp("2020-01-01")})
    facilities["many"] = [["a", "b"]] * len(facilities)
    facilities["array"] = [np.array([1, 2])] * len(facilities)
    sheets = opened(dataclasses.replace(town_results, facilities=facilities), tmp_path / "a.xlsx")
    row = table_of(sheet_of(sheets, "facilities", "zh"))[0]
    assert (row["{who} {0}"], row["opened"], row["many"]) == ("x", "2020-01-01 00:00:00", "['a', 'b']")


def test_every_clause_has_a_line(default_results: Results) -> None:
    for lang in LANGUAGES:
        lines = scorecard(default_results, lang)
        assert [line.clause for line in lines] == default_results.clauses.index.tolist()
        assert all(line.asks and line.missing for line in lines)
        for line in lines:
            assert (line.gap == 0) == (line.verdict == "passed") or math.isnan(line.gap)


@pytest.mark.office
@pytest.mark.parametrize("lang", LANGUAGES)
def test_an_office_program_opens_and_prints_it(town_results: Results, tmp_path: Path, lang: Lang) -> None:
    write_workbook(renamed(town_results, HOSTILE[8]), tmp_path / "a.xlsx", lang=lang)
    assert 9 <= pdf_pages(converted(tmp_path / "a.xlsx", tmp_path)) <= 14


# Texts of anybody's


def test_a_file_name_is_allowed_everywhere_and_unique() -> None:
    titles = [
        "上清寺街道",
        "a/b\\c:d",
        "A/B c:d",
        "con",
        "NUL.txt",
        "",
        "...",
        "x" * 300,
        "中" * 300,
        "a\nb\u202ec",
        "\x00",
    ]
    names = file_names(titles)
    assert names[:3] == ["上清寺街道", "a b c d", "A B c d (2)"]
    assert len({name.casefold() for name in names}) == len(titles)
    for name in names:
        assert name
        assert name == name.strip(" .") or name == "_"
        assert not set('<>:"/\\|?*') & set(name)
        assert len(name.encode()) <= 128
        assert name.split(".")[0].lower() not in {"con", "nul"}


def test_a_text_is_what_xml_can_hold() -> None:
    assert clean("a\x00b\ud800") == "a\ufffdb\ufffd"
    assert clean(None) == clean(float("nan")) == clean(pd.NA) == ""
    assert one_line(" a\n\u2028b\t") == "a b"
    assert (width("ab"), width("中文")) == (2, 4)
