"""Workbooks as offices make them: what is a heading, what is data and what is neither."""

import datetime as dt
import io
import re
import struct
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
import xlsxwriter
from tools.office import converted
from worlds.bad_inputs.workbooks import write_ods
from worlds.binary_workbook import BinarySheet, Cell, record, write_xlsb

from cfgeo import InputError
from cfgeo.core.strings import LANGUAGES
from cfgeo.files.read import TableFile
from cfgeo.files.workbooks.excel import read_workbook
from cfgeo.files.workbooks.sheet_layout import SheetTable, unseen_areas

OLD = Path(__file__).parent / "schools.xls"
"""The sheet of ``office_sheet`` in the format of Excel 97, and a hidden one before it."""
STRUCK = Path(__file__).parent / "struck.xls"
"""``STRUCK_ROWS`` in the format of Excel 97, with the name of the second school struck through."""

TITLE = [["2026年渝中区学校一览表"], ["填报单位：区教委", None, None, None, None, "2026年4月"]]
HEADINGS = [
    ["序号", "学校名称", "坐标", None, "学位数\n（个）", "备注"],
    [None, None, "经度", "纬度", None, None],
]
DATA = [
    [1, "人民小学", 106.5462, 29.5618, 1200, None],
    [2, "人和街小学", "106.5525", "２９.5656", "1,350", "本部"],
]
BELOW = [["合计", None, None, None, 2550, None], ["注：学位数为设计规模。"], ["填表人：张三", None, None, "2026-04-01"]]


def read_sheet(path: Path, name: str | None = None) -> SheetTable:
    return read_workbook(path, path.read_bytes()).sheet(name)


def book(path: Path, rows: list[list[Any]], *, merged: tuple[str, ...] = (), sheet: str = "学校") -> Path:
    workbook = openpyxl.Workbook()
    page = workbook.active
    page.title = sheet
    for row in rows:
        page.append(row)
    for area in merged:
        page.merge_cells(area)
    workbook.save(path)
    return path


def office_sheet(path: Path) -> Path:
    merged = ("A1:F1", "A3:A4", "B3:B4", "C3:D3", "E3:E4", "F3:F4", "A8:F8")
    return book(path, [*TITLE, *HEADINGS, *DATA, *BELOW], merged=merged)


@pytest.mark.parametrize("kind", [".xlsx", ".xls"])
def test_titles_headings_in_two_rows_and_remarks_are_told_apart(tmp_path: Path, kind: str) -> None:
    read = read_sheet(office_sheet(tmp_path / "a.xlsx") if kind == ".xlsx" else OLD)
    assert read.table.columns.tolist() == ["序号", "学校名称", "经度", "纬度", "学位数", "备注"]
    assert read.table["学校名称"].tolist() == ["人民小学", "人和街小学"]
    assert read.table["经度"].tolist() == ["106.5462", "106.5525"]
    assert read.table["纬度"].tolist() == ["29.5618", "29.5656"]
    assert read.table["学位数"].tolist() == ["1200", "1350"]
    assert read.table["备注"].tolist() == [None, "本部"]
    assert (read.name, read.headings, read.skipped) == ("学校", (3, 4), (1, 2, 7, 8, 9))
    assert read.others == ()


def plain(path: Path, rows: list[list[Any]], **more: Any) -> SheetTable:
    return read_sheet(book(path, rows, **more))


def test_a_plain_table_is_read_whole(tmp_path: Path) -> None:
    read = plain(tmp_path / "a.xlsx", [["name", "lon"], ["A", 1], [None, None], ["B", 2.5]])
    assert read.table.to_dict("list") == {"name": ["A", "B"], "lon": ["1", "2.5"]}
    assert (read.headings, read.skipped) == ((1,), ())


def test_cells_are_what_their_user_reads(tmp_path: Path) -> None:
    cells = [7.0, True, dt.datetime(2026, 4, 1), "  ６ ", "007", 500103001003, 500103001003001234, "#N/A", "1,2"]
    texts = ["7", "true", "2026-04-01", "6", "007", "500103001003", "5.00103001003001E+17", "#N/A", "1,2"]
    read = plain(tmp_path / "a.xlsx", [["name", "v"], *([str(i), cell] for i, cell in enumerate(cells, start=1))])
    assert read.table["v"].tolist() == texts


def test_rows_that_are_no_data_are_skipped_and_reported(tmp_path: Path) -> None:
    rows = [
        ["名称", "床位", "托位", "学位"],
        [None, "（张）", "（个）", "（个）"],
        ["一、公办", None, None, None],
        ["甲", 1, 2, 3],
        ["小计", 1, 2, 3],
        ["（二）民办", None, None, None],
        ["乙", 4, 5, 6],
        ["丙", None, None, None],  # a place of which nothing is known is a place
        ["总 计", 5, 7, 9],
        ["数据来源：统计局"],
    ]
    read = plain(tmp_path / "a.xlsx", rows)
    assert read.table["名称"].tolist() == ["甲", "乙", "丙"]
    assert read.skipped == (2, 3, 5, 6, 9, 10)


@pytest.mark.parametrize(
    "counted", [["甲", "乙", 1, 2, 3], ["1", "2", "3", "4", "5"], ["（1）", "（2）", "（3）", "（4）", "（5）"]]
)
def test_a_row_that_counts_the_columns_is_no_data(tmp_path: Path, counted: list[Any]) -> None:
    read = plain(tmp_path / "a.xlsx", [["名称", "街道", "学位", "床位", "托位"], counted, ["甲", "乙", 1, 2, 4]])
    assert read.table["名称"].tolist() == ["甲"]
    assert read.skipped == (2,)


@pytest.mark.parametrize("row", [["甲", 1, 2, 3], [1, "甲", 2, 3], ["乙", "甲", 1, 2]])
def test_a_row_that_only_looks_like_counting_is_data(tmp_path: Path, row: list[Any]) -> None:
    read = plain(tmp_path / "a.xlsx", [["名称", "床位", "托位", "学位"], row])
    assert (len(read.table), read.skipped) == (1, ())


def test_a_merged_cell_fills_all_its_rows(tmp_path: Path) -> None:
    rows = [["街道", "社区", "人数"], ["七星岗", "甲", 1], [None, "乙", 2], ["大阳沟", "丙", 3]]
    read = plain(tmp_path / "a.xlsx", rows, merged=("A2:A3",))
    assert read.table["街道"].tolist() == ["七星岗", "七星岗", "大阳沟"]


def test_repeated_headings_are_preceded_by_their_group(tmp_path: Path) -> None:
    rows = [["名称", "公办", None, "民办", None], [None, "园数", "学位", "园数", "学位"], ["甲", 1, 2, 3, 4]]
    read = plain(tmp_path / "a.xlsx", rows, merged=("A1:A2", "B1:C1", "D1:E1"))
    assert read.table.columns.tolist() == ["名称", "公办 园数", "公办 学位", "民办 园数", "民办 学位"]


def test_columns_without_a_heading_or_with_the_same_are_kept(tmp_path: Path) -> None:
    read = plain(tmp_path / "a.xlsx", [["名称", "值", "值", None, None], ["甲", 1, 2, 3, None]])
    assert read.table.to_dict("list") == {"名称": ["甲"], "值": ["1"], "值 (C)": ["2"], "D": ["3"]}


def workbook(path: Path, **sheets: list[list[Any]]) -> Path:
    with pd.ExcelWriter(path) as writer:
        for name, rows in sheets.items():
            pd.DataFrame(rows).to_excel(writer, sheet_name=name, header=False, index=False)
    return path


def test_the_first_sheet_with_a_table_is_read_unless_one_is_named(tmp_path: Path) -> None:
    table = [["name", "lon"], ["A", 1]]
    path = workbook(tmp_path / "a.xlsx", 说明=[["本表由教委填报"]], 小学=table, 初中=[["name", "lon"], ["B", 2]])
    read = read_sheet(path)
    assert (read.name, read.others) == ("小学", ("初中",))
    assert read_workbook(path, path.read_bytes()).sheet_names == ["小学", "初中"]
    other = read_sheet(path, "初中")
    assert (other.table["name"].tolist(), other.others) == (["B"], ())


def test_sheets_of_the_same_headings_are_an_error_until_some_are_named(tmp_path: Path) -> None:
    """The rest of the list, or that of another year, would be left out without a word."""
    headings = {
        "小学": ["名称", "学段", "经度", "纬度"],
        "初中": ["学校名称", "学段", "经度", "纬度"],
        "幼儿园": ["名称", "学段", "经度", "纬度", "备注"],
        "医院床位": ["名称", "等级", "床位", "备注"],
    }
    sheets = {name: [row, ["甲", *"123456"[: len(row) - 1]]] for name, row in headings.items()}
    path = workbook(tmp_path / "a.xlsx", **sheets)
    read = read_sheet(path)
    assert (read.others, read.alike) == (("初中", "幼儿园", "医院床位"), ("初中", "幼儿园"))
    assert [(row["rule"], row["severity"]) for row in read.findings("schools")] == [("sheets_alike", "error")]
    assert read_sheet(path, "小学").findings("schools") == []
    hospitals = workbook(tmp_path / "b.xlsx", 医院床位=sheets["医院床位"], 小学=sheets["小学"])
    assert [row["rule"] for row in read_sheet(hospitals).findings("schools")] == ["sheet_chosen"]


def test_a_hidden_sheet_is_read_only_by_its_name(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", old=[["name", "lon"], ["A", 1]], new=[["name", "lon"], ["B", 2]])
    hidden = openpyxl.load_workbook(path)
    hidden["old"].sheet_state = "hidden"
    hidden.save(path)
    assert (read_sheet(path).name, read_sheet(path).others) == ("new", ())
    assert read_sheet(path, "old").table["name"].tolist() == ["A"]


def test_a_changed_workbook_is_read_anew(tmp_path: Path) -> None:
    rows: list[list[Any]] = [["name", "lon"], ["A", 1]]
    assert len(plain(tmp_path / "a.xlsx", rows).table) == 1
    assert len(plain(tmp_path / "a.xlsx", [*rows, ["B", 2]]).table) == 2


@pytest.mark.parametrize(
    ("name", "body", "code"),
    [
        ("a.xlsx", b"PK\x03\x04 cut short", "workbook_damaged"),
        ("a.xls", b"\xd0\xcf\x11\xe0 or with a password", "workbook_locked"),
        ("a.xls", "<table><tr><td>名称</td></tr></table>".encode(), "workbook_other"),
        ("a.xls", b"", "workbook_other"),
    ],
)
def test_the_error_of_no_workbook_says_what_to_do(tmp_path: Path, name: str, body: bytes, code: str) -> None:
    (tmp_path / name).write_bytes(body)
    with pytest.raises(InputError) as caught:
        read_sheet(tmp_path / name)
    assert caught.value.code == code
    assert all(".xlsx" in caught.value.text(lang) for lang in LANGUAGES)


def test_sheets_that_are_missing_or_empty_are_named(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", 小学=[["name", "lon"], ["A", 1]], 空=[["只有标题"]])
    for sheet, code in (("中学", "sheet_missing"), ("空", "workbook_empty")):
        with pytest.raises(InputError) as caught:
            read_sheet(path, sheet)
        assert caught.value.code == code


def book_with(path: Path, old: bytes, new: bytes, *, member: str = "xl/worksheets/sheet1.xml") -> Path:
    """Write a workbook in whose XML some bytes are others."""
    pd.DataFrame({"name": ["a"], "lon": [106.5], "lat": [29.5]}).to_excel(path, index=False)
    with zipfile.ZipFile(path) as pack:
        members = {name: pack.read(name) for name in pack.namelist()}
    assert old in members[member]
    with zipfile.ZipFile(path, "w") as pack:
        for name, body in members.items():
            pack.writestr(name, body.replace(old, new, 1) if name == member else body)
    return path


ENTITIES = b'<!DOCTYPE x [<!ENTITY a "' + b"x" * 1000 + b'">' + b"".join(
    f'<!ENTITY {b} "{f"&{a};" * 40}">'.encode() for a, b in ("ab", "bc", "cd", "de", "ef")
) + b"]>"  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b'r="A2"', b'r="XFD1048576"', "workbook_vast"),
        (b"</sheetData>", b'</sheetData><mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>', "workbook_vast"),
        (b"</sheetData>", b"</sheetData><hyperlinks><hyperlink ref='$A$1:$XFD$99999'/></hyperlinks>", "workbook_vast"),
        (b"</sheetData>", b"</sheetDat>", "workbook_damaged"),
        (b"<worksheet", b'<?xml version="1.0" encoding="UTF-14"?><worksheet', "workbook_damaged"),
        (b"<worksheet", ENTITIES + b"<worksheet", None),
        (b"<sheetData>", b"<sheetData>&f;", "workbook_damaged"),
    ],
)
def test_a_sheet_that_would_fill_the_memory_is_refused(
    tmp_path: Path, old: bytes, new: bytes, code: str | None
) -> None:
    path = book_with(tmp_path / "a.xlsx", old, new)
    if code is None:  # entities that nothing uses; where defusedxml is installed, openpyxl refuses them too
        with suppress(InputError):
            assert len(read_sheet(path).table) == 1
        return
    with pytest.raises(InputError) as caught:
        read_sheet(path)
    assert caught.value.code == code


def test_entities_that_multiply_are_refused(tmp_path: Path) -> None:
    path = book_with(tmp_path / "a.xlsx", b"<worksheet", ENTITIES + b"<worksheet")
    with zipfile.ZipFile(path) as pack:
        members = {name: pack.read(name) for name in pack.namelist()}
    with zipfile.ZipFile(path, "w") as pack:
        for name, body in members.items():
            pack.writestr(name, body.replace(b"<v>106.5</v>", b"<v>&f;</v>"))
    with pytest.raises(InputError):
        read_sheet(path)


def test_hidden_rows_and_formulas_without_a_result_are_reported_by_the_sheets_rows(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (["学校一览", None, None], ["name", "lon", "name"], ["A", 106.5, "x"], [None] * 3, ["B", "=1+1", "y"]):
        sheet.append(row)
    sheet.row_dimensions[3].hidden = True
    book.save(tmp_path / "a.xlsx")
    read = read_sheet(tmp_path / "a.xlsx")
    assert read.headings == (2,)
    assert read.table.index.tolist() == [3, 5]
    assert read.table["lon"].tolist() == ["106.5", None]
    assert (read.repeated, read.hidden, read.uncalculated) == (("name",), (3,), ("B5",))


STRUCK_ROWS = [["名称", "学段", "经度"], ["一小", "小学", 106.5], ["二小", "小学", 106.6], ["三小", "小学", 106.7]]


@pytest.mark.parametrize("kind", [".xlsx", ".xls", ".xlsb"])
def test_rows_that_are_struck_through_are_told_and_read(tmp_path: Path, kind: str) -> None:
    """In one row the name alone is struck through; a blank cell that would be counts for nothing."""
    path = tmp_path / f"a{kind}"
    if kind == ".xlsb":
        write_xlsb(
            path, {"学校": BinarySheet([*STRUCK_ROWS[:2], [Cell("二小", "struck"), "小学", 106.6], STRUCK_ROWS[3]])}
        )
    elif kind == ".xls":
        path = STRUCK
    else:
        book = openpyxl.load_workbook(plain_book := workbook(path, 学校=STRUCK_ROWS))
        for place in ("A3", "D4"):
            book["学校"][place].font = openpyxl.styles.Font(strike=True)
        book.save(plain_book)
    read = read_sheet(path)
    assert (len(read.table), read.struck) == (3, (3,))
    (told,) = read.findings("schools")
    assert (told["rule"], told["severity"], told["values"]["rows"]) == ("rows_struck", "warning", (3,))


def test_a_formula_that_its_program_left_at_nought_has_no_result(tmp_path: Path) -> None:
    """XlsxWriter and others write 0 for what they do not calculate, and ask for it to be done."""
    with xlsxwriter.Workbook(str(tmp_path / "a.xlsx")) as written:
        sheet = written.add_worksheet()
        for at, row in enumerate((["name", "lon", "lat"], ["A", "=100+6.5", 29.5], ["B", 0, 29.6])):
            sheet.write_row(at, 0, row)
    read = read_sheet(tmp_path / "a.xlsx")
    assert read.table["lon"].tolist() == [None, "0"]
    assert read.uncalculated == ("B2",)


@pytest.mark.parametrize("number", [14, 22, 31, 57])
def test_dates_are_known_by_formats_that_a_workbook_does_not_spell_out(tmp_path: Path, number: int) -> None:
    """31 and 57 are those of Chinese systems: 2026年4月1日."""
    path = book(tmp_path / "a.xlsx", [["名称", "日期", "学位"], ["一小", dt.date(2026, 4, 1), 46113]])
    with zipfile.ZipFile(path) as pack:
        parts = {name: pack.read(name) for name in pack.namelist()}
    styles = re.sub(rb'numFmtId="164"(?! format)', b'numFmtId="%d"' % number, parts["xl/styles.xml"])
    styles = re.sub(rb"<numFmts.*</numFmts>", b"", styles)
    styles = re.sub(rb'numFmtId="14"', b'numFmtId="%d"' % number, styles)
    with zipfile.ZipFile(path, "w") as pack:
        for name, body in {**parts, "xl/styles.xml": styles}.items():
            pack.writestr(name, body)
    assert read_sheet(path).table.to_dict("list") == {"名称": ["一小"], "日期": ["2026-04-01"], "学位": ["46113"]}


def test_an_angle_that_excel_took_for_a_time_is_what_was_typed(tmp_path: Path) -> None:
    """Typed as 106:33:18, a cell becomes 106 hours; 29:33:18 as well."""
    lon, lat = dt.timedelta(hours=106, minutes=33, seconds=18), dt.timedelta(hours=29, minutes=33, seconds=5)
    path = book(tmp_path / "a.xlsx", [["名称", "经度", "纬度"], ["一小", lon, lat]])
    assert read_sheet(path).table.to_dict("list") == {"名称": ["一小"], "经度": ["106:33:18"], "纬度": ["29:33:05"]}


BINARY_ROWS = [
    ["2026年学校一览表"],
    ["名称", "经度", "学位数", "日期", "达标率", "公办"],
    ["人民小学", 106.5462123, Cell(1200, is_packed=True), Cell(46113, "date"), Cell(0.985, "percent"), True],
    [Cell("人和街小学", is_shared=True), Cell(106.55, is_packed=True), Cell(1350, is_formula=True),
     Cell(46114, "年月日"), None, Cell("否", is_formula=True)],
    ["二小", -106.5, Cell(-7, is_packed=True), Cell(46115, "spelled"), Cell(1.0, "percent"), False],
    ["藏小", Cell(-1.25, is_packed=True), 3, 4, None, Cell(value=True, is_formula=True)],
]  # fmt: skip
"""Each kind of cell that a binary workbook has; the last row without the columns of its cells."""


def binary_book(path: Path, **sheet: Any) -> Path:
    shown = BinarySheet(BINARY_ROWS, frozenset({6}), [(1, 1, 1, 6)], short=frozenset({6}), **sheet)
    return write_xlsb(path, {"说明": BinarySheet([["a", "b", "c"], [1, 2, 3]], is_hidden=True), "学校": shown})


@pytest.mark.parametrize("name", ["a.xlsb", "a.xlsx", "a.csv"])
def test_a_binary_workbook_is_read_with_what_it_hides(tmp_path: Path, name: str) -> None:
    read = TableFile(binary_book(tmp_path / name)).read()
    assert read.table.to_dict("list") == {
        "名称": ["人民小学", "人和街小学", "二小", "藏小"],
        "经度": ["106.5462123", "106.55", "-106.5", "-1.25"],
        "学位数": ["1200", "1350", "-7", "3"],
        "日期": ["2026-04-01", "2026-04-02", "2026-04-03", "4"],
        "达标率": ["98.5%", None, "100%", None],
        "公办": ["true", "否", "false", "true"],
    }
    assert read.table.index.tolist() == [3, 4, 5, 6]
    assert [(row["rule"], row["values"].get("rows")) for row in read.layout] == [
        ("rows_hidden", (6,)), ("sheet_layout", None)
    ]  # fmt: skip


@pytest.mark.office
def test_libreoffice_reads_the_same_cells_of_a_binary_workbook(tmp_path: Path) -> None:
    """So the workbooks of these tests are ones that others open, too."""
    (tmp_path / "b.xlsx").write_bytes(converted(binary_book(tmp_path / "a.xlsb"), tmp_path, "xlsx"))
    ours, theirs = read_sheet(tmp_path / "a.xlsb", "学校"), read_sheet(tmp_path / "b.xlsx", "学校")
    pd.testing.assert_frame_equal(ours.table, theirs.table)
    assert (ours.hidden, ours.headings, ours.skipped) == (theirs.hidden, theirs.headings, theirs.skipped)


def test_a_binary_workbook_tells_formulas_without_a_result_and_days_from_1904(tmp_path: Path) -> None:
    rows = [["name", "lon", "day"], ["A", Cell(0, is_formula=True), Cell(46113 - 1462, "date")],
            ["B", Cell("", is_formula=True), None], ["C", 0, Cell(1e9, "date")]]  # fmt: skip
    write_xlsb(tmp_path / "a.xlsb", {"s": BinarySheet(rows)}, recalculates=True, is_1904=True)
    read = read_sheet(tmp_path / "a.xlsb")
    assert read.table["lon"].tolist() == [None, None, "0"]
    assert read.table["day"].tolist() == ["2026-04-01", None, "1000000000"]
    assert read.uncalculated == ("B2", "B3")
    write_xlsb(tmp_path / "b.xlsb", {"s": BinarySheet(rows)})
    assert read_sheet(tmp_path / "b.xlsb").uncalculated == ("B3",)


def test_merged_cells_and_two_rows_of_headings_of_a_binary_workbook(tmp_path: Path) -> None:
    merged = [(1, 1, 1, 6), (3, 1, 4, 1), (3, 2, 4, 2), (3, 3, 3, 4), (3, 5, 4, 5), (3, 6, 4, 6), (8, 1, 8, 6)]
    write_xlsb(tmp_path / "a.xlsb", {"学校": BinarySheet([*TITLE, *HEADINGS, *DATA, *BELOW], merged=merged)})
    pd.testing.assert_frame_equal(
        read_sheet(tmp_path / "a.xlsb").table, read_sheet(office_sheet(tmp_path / "b.xlsx")).table
    )


@pytest.mark.parametrize("at", range(0, 2400, 60))
def test_a_damaged_binary_workbook_is_refused_or_read_never_a_crash(tmp_path: Path, at: int) -> None:
    """Where one byte is another, one cell or heading may be; rows, columns and all other cells stay what they are.

    A style, or the first day of the calendar, is of whole columns: of days and of percentages.
    """
    path = binary_book(tmp_path / "a.xlsb")
    intact = read_sheet(path).table
    is_styled = intact.columns.isin(["日期", "达标率"])
    with zipfile.ZipFile(path) as pack:
        parts = {name: pack.read(name) for name in pack.namelist()}
    for name in [name for name in parts if name.endswith(".bin")]:
        body = bytearray(parts[name])
        body[at % len(body)] ^= 0xFF
        with zipfile.ZipFile(path, "w") as pack:
            for other, part in parts.items():
                pack.writestr(other, bytes(body) if other == name else part)
        with suppress(InputError):
            read = read_sheet(path).table
            assert read.index.tolist() == intact.index.tolist()
            assert read.shape == intact.shape
            differs = (read.fillna("").to_numpy() != intact.fillna("").to_numpy()) & ~is_styled
            assert differs.sum() + (read.columns != intact.columns).sum() <= 1, (name, at)


@pytest.mark.parametrize(
    ("record", "damaged"),
    [
        (b"\0\x19\x02\0\0\0", b"\0\x19\x01\0\0\0"),  # BrtRowHdr: the third row is the second once more
        (b"\0\x19\x02\0\0\0", b"\0\x19\xff\0\0\0"),  # or one behind the fourth
        (b"\x06\x10\x01\0\0\0", b"\x06\x10\0\0\0\0"),  # BrtCellSt: the second cell is the first once more
    ],
)
def test_rows_and_cells_of_a_binary_workbook_follow_each_other(tmp_path: Path, record: bytes, damaged: bytes) -> None:
    path = binary_book(tmp_path / "a.xlsb")
    with zipfile.ZipFile(path) as pack:
        parts = {name: pack.read(name) for name in pack.namelist()}
    sheet = "xl/worksheets/sheet2.bin"
    assert record in parts[sheet]
    parts[sheet] = parts[sheet].replace(record, damaged, 1)
    with zipfile.ZipFile(path, "w") as pack:
        for name, part in parts.items():
            pack.writestr(name, part)
    with pytest.raises(InputError, match=r"a\.xlsb"):
        read_sheet(path)


def test_a_binary_workbook_with_something_far_away_is_refused(tmp_path: Path) -> None:
    part = record(145) + record(0, struct.pack("<IIHBBB", 900_000, 0, 300, 0, 0, 0))
    part += record(5, struct.pack("<IId", 16_000, 0, 1.0)) + record(146)
    path = write_xlsb(tmp_path / "a.xlsb", {"学校": BinarySheet([["a"]])})
    with zipfile.ZipFile(path) as pack:
        parts = {name: pack.read(name) for name in pack.namelist()}
    with zipfile.ZipFile(path, "w") as pack:
        for name, body in {**parts, "xl/worksheets/sheet1.bin": part}.items():
            pack.writestr(name, body)
    with pytest.raises(InputError) as caught:
        read_sheet(path)
    assert caught.value.code == "workbook_vast"
    assert "WQK900001" in caught.value.text("en")


def test_headings_in_two_rows_with_their_units_below_keep_their_names(tmp_path: Path) -> None:
    """The names are merged down over all three rows, so the row of units is no row of units alone."""
    rows = [["名称", "位置", None, "规模", None], [None, "经度", "纬度", "班级数", "学位数（人）"],
            [None, "°", "°", "个", "人"], ["人民小学", 106.55, 29.55, 30, 1200]]  # fmt: skip
    path = book(tmp_path / "a.xlsx", rows)
    workbook = openpyxl.load_workbook(path)
    for area in ("A1:A3", "B1:C1", "D1:E1"):
        workbook.active.merge_cells(area)
    workbook.save(path)
    read = read_sheet(path)
    assert read.table.to_dict("list") == {
        "名称": ["人民小学"], "经度": ["106.55"], "纬度": ["29.55"], "班级数": ["30"], "学位数": ["1200"]
    }  # fmt: skip
    assert (read.headings, read.skipped) == ((1, 2), (3,))


def test_a_unit_below_a_heading_that_makes_numbers_larger_goes_with_it(tmp_path: Path) -> None:
    rows = [["名称", "学位数", "占地面积", "床位数"], [None, "万人", "公顷", "张"], ["人民小学", 0.12, 3, 5]]
    assert read_sheet(book(tmp_path / "a.xlsx", rows)).table.columns.tolist() == [
        "名称", "学位数（万人）", "占地面积（公顷）", "床位数"
    ]  # fmt: skip


def test_units_of_money_are_known_from_headings_the_row_below_and_the_lines_above(tmp_path: Path) -> None:
    rows = [["编号", "投资（万元）", "补助（元）", "人口（万人）"], ["P-1", 5, 6, 7]]
    assert read_sheet(book(tmp_path / "one.xlsx", rows)).money_units == {"": "", "投资": "万元", "补助": "元"}
    below = [["编号", "投资", "面积"], [None, "万元", "亩"], ["P-1", 5, 6]]
    assert read_sheet(book(tmp_path / "two.xlsx", below)).money_units == {"": "", "投资": "万元"}
    headings = ["编号", "名称", "投资", "措施", "图层"]
    above = [["储备项目表", None, None, None, "单位：万元"], headings, ["P-1", "球场", 5, "新建", "体育"]]
    assert read_sheet(book(tmp_path / "three.xlsx", above)).money_units == {"": "万元"}


def strict(path: Path) -> Path:
    """Write a workbook again as "Strict Open XML": the same words under other addresses."""
    with zipfile.ZipFile(path) as usual:
        members = {name: usual.read(name) for name in usual.namelist()}
    with zipfile.ZipFile(path, "w") as pack:
        for name, body in members.items():
            words = rb"http://schemas.openxmlformats.org/(spreadsheetml|officeDocument|drawingml)/2006/"
            pack.writestr(name, re.sub(words, rb"http://purl.oclc.org/ooxml/\1/", body))
    return path


def test_a_strict_workbook_is_read_as_a_usual_one(tmp_path: Path) -> None:
    read, usual = read_sheet(strict(office_sheet(tmp_path / "a.xlsx"))), read_sheet(office_sheet(tmp_path / "b.xlsx"))
    pd.testing.assert_frame_equal(read.table, usual.table)
    assert (read.headings, read.skipped) == (usual.headings, usual.skipped)


def test_headings_in_two_rows_of_opendocument_are_joined_as_those_of_excel(tmp_path: Path) -> None:
    shown = [["" if cell is None else str(cell) for cell in row] for row in [*TITLE, *HEADINGS, *DATA]]
    width = max(map(len, shown))
    write_ods(tmp_path / "a.ods", [row + [""] * (width - len(row)) for row in shown])
    ods, xlsx = read_sheet(tmp_path / "a.ods").table, read_sheet(office_sheet(tmp_path / "b.xlsx")).table
    assert ods.columns.tolist() == xlsx.columns.tolist()
    assert ods.index.tolist() == xlsx.index.tolist()
    assert ods["经度"].tolist() == xlsx["经度"].tolist()


def test_two_pairs_under_two_headings_keep_the_words_of_both_rows(tmp_path: Path) -> None:
    rows = [["名称", "高德坐标", "", "GPS坐标", ""], ["", "经度", "纬度", "经度", "纬度"],
            ["一小", "106.54", "29.56", "106.53", "29.55"]]  # fmt: skip
    write_ods(tmp_path / "a.ods", rows)
    assert read_sheet(tmp_path / "a.ods").table.columns.tolist() == [
        "名称", "高德坐标 经度", "高德坐标 纬度", "GPS坐标 经度", "GPS坐标 纬度"
    ]  # fmt: skip


@pytest.mark.parametrize(
    "rows",
    [
        [["名称", "经度", "纬度"], ["一小", "106.5", "29.5"]],
        [["名称", "电话", "", "地址"], ["一小", "无", "分机", "人民路"], ["二小", "无", "", "长街"]],
        [["学校一览表", "", ""], ["名称", "类型", "公办"], ["一小", "小学", "是"]],
        [["名称", "类型", "公办", ""], ["一小", "小学", "", "已停办"], ["二小", "小学", "是", ""]],
    ],
)
def test_rows_of_data_are_no_second_row_of_headings(rows: list[list[str]]) -> None:
    assert unseen_areas(rows) == []


def test_a_workbook_of_opendocument_is_read_and_what_is_not_seen_is_told(tmp_path: Path) -> None:
    rows = [
        ["学校一览表", "", ""],
        ["名称", "经度", "代码"],
        ["人民小学", "106.5462123", "500103001003"],
        ["巴蜀小学", "106.5", "1"],
    ]
    for name in ("a.ods", "a.xlsx", "a.et"):  # whatever its name
        write_ods(tmp_path / name, rows)
        book = read_workbook(tmp_path / name, (tmp_path / name).read_bytes())
        sheet = book.sheet()
        assert sheet.table.to_dict("list") == {
            "名称": ["人民小学", "巴蜀小学"], "经度": ["106.5462123", "106.5"], "代码": ["500103001003", "1"],
        }  # fmt: skip
        assert (sheet.table.index.tolist(), sheet.headings, sheet.skipped) == ([3, 4], (2,), (1,))
        assert [row["rule"] for row in book.findings(name)] == ["workbook_plain"]


def test_a_workbook_is_what_it_is_and_not_what_it_is_called(tmp_path: Path) -> None:
    for name in ("a.csv", "a.xls", "a.et", "a.ods"):
        office_sheet(tmp_path / "a.xlsx").replace(tmp_path / name)
        assert TableFile(tmp_path / name).read().table["学校名称"].tolist() == ["人民小学", "人和街小学"]
    for name in ("b.csv", "b.xlsx", "b.et"):
        (tmp_path / name).write_bytes(OLD.read_bytes())
        assert TableFile(tmp_path / name).read().table["学校名称"].tolist() == ["人民小学", "人和街小学"]


def zip_of(*names: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as pack:
        for name in names:
            pack.writestr(name, b"")
    return stream.getvalue()


LOCKED = b"\xd0\xcf\x11\xe0" + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(600)


@pytest.mark.parametrize(
    ("body", "code"),
    [(LOCKED, "workbook_locked"), (zip_of("xl/workbook.bin"), "workbook_damaged"),
     (zip_of("[Content_Types].xml", "word/document.xml"), "workbook_other"),
     (zip_of("mimetype", "content.xml"), "workbook_other"),
     (zip_of("a.txt"), "workbook_damaged"), (b"MIME-Version: 1.0\r\nX-Document-Type: Workbook\r\n", "workbook_other"),
     (b"<?xml version='1.0'?><Workbook xmlns='urn:schemas-microsoft-com:office:spreadsheet'/>", "workbook_other")],
)  # fmt: skip
def test_what_is_no_workbook_or_locked_is_refused_with_what_to_do(tmp_path: Path, body: bytes, code: str) -> None:
    for name in ("a.xlsx", "a.xls", "a.et", "a.ods", "a.xlsb"):
        with pytest.raises(InputError) as caught:
            read_workbook(tmp_path / name, body)
        assert caught.value.code == code
        for lang in LANGUAGES:
            assert ".xlsx" in caught.value.text(lang)


@pytest.mark.office
def test_a_sheet_that_libreoffice_wrote_is_read(tmp_path: Path) -> None:
    rows = [
        ["名称", "经度", "日期", "友好"],
        ["人民小学", 106.5462123, dt.date(2026, 4, 1), "#N/A"],
        ["二小", "106.5", None, "=1+2"],
    ]
    (tmp_path / "a.ods").write_bytes(converted(book(tmp_path / "b.xlsx", rows), tmp_path, "ods"))
    table = read_sheet(tmp_path / "a.ods").table
    assert table["经度"].tolist() == ["106.5462123", "106.5"]
    assert table["日期"].tolist() == ["2026-04-01", None]
    assert table["友好"].tolist() == ["#N/A", "3"]


def test_tables_on_hidden_sheets_alone_are_named(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", 名单=[["name", "lon"], ["A", 1]], 说明=[["见另一张"]])
    hidden = openpyxl.load_workbook(path)
    hidden["名单"].sheet_state = "hidden"
    hidden.save(path)
    with pytest.raises(InputError) as caught:
        read_sheet(path)
    assert caught.value.code == "workbook_hidden"
    assert all("名单" in caught.value.text(lang) for lang in LANGUAGES)
    assert read_sheet(path, "名单").table["name"].tolist() == ["A"]


def test_headings_that_stand_again_among_the_rows_are_no_data(tmp_path: Path) -> None:
    rows: list[list[Any]] = [["名称", "学段"], ["一小", "小学"], ["名称", "学段"], ["二小", "小学"]]
    read = plain(tmp_path / "a.xlsx", rows)
    assert (read.table["名称"].tolist(), read.skipped) == (["一小", "二小"], (3,))
