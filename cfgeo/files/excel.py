"""Sheets of Excel workbooks → tables, as offices make them: titles above, headings in two rows, notes below."""

import datetime as dt
import re
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import openpyxl
import pandas as pd
import xlrd
from openpyxl.utils import column_index_from_string, get_column_letter
from openpyxl.worksheet.worksheet import Worksheet
from xlrd.compdoc import CompDocError

from cfgeo.core.errors import InputError
from cfgeo.files.archives import require_modest
from cfgeo.files.cell_values import is_number, is_unit, money_unit, money_unit_above, plain_heading, plain_number

SUFFIXES = (".xlsx", ".xlsm", ".xls")

Rows = list[list[str]]
Area = tuple[int, int, int, int]
"""First row, first column, last row, last column of merged cells; from 0."""

_HEADING_ROWS = 3
_LEAST_NUMBERED = 3
_STEMS = ("甲", "乙", "丙", "丁")
_EXACT_DIGITS = 1e15
_TOTAL = re.compile(r"(合\s*计|总\s*计|小\s*计|(sub)?total|sum)[:：]?", re.IGNORECASE)
_REMARK = re.compile(
    r"[(（【]?\s*(注|备注|说明|填表|制表|审核|复核|负责人|联系|数据来源|资料来源|来源|截至|notes?\b|sources?\b)",
    re.IGNORECASE,
)
_SECTION = re.compile(
    r"([(（][一二三四五六七八九十]+[)）]|[一二三四五六七八九十]+[、.．]|第[一二三四五六七八九十]+[部类])"
)
_OLE, _ZIP = b"\xd0\xcf\x11\xe0", b"PK\x03\x04"
_DAMAGED = (
    ValueError, OSError, LookupError, TypeError, AttributeError, AssertionError, EOFError, zlib.error,
    SyntaxError,  # of XML
    CompDocError, struct.error, RuntimeError, NotImplementedError, OverflowError,
)  # fmt: skip
"""What openpyxl and xlrd raise over the bytes of a damaged file."""
_MOST_BYTES = 2**27
"""Of a workbook unpacked: a million cells are half of it, and take a gigabyte of memory."""
_MOST_CELLS = 5_000_000
_MOST_MERGED = 1_000_000
_AREA = re.compile(
    rb"<(?:\w+:)?(?:mergeCell|hyperlink)\b[^>]*?\bref=[\"']\$?([A-Za-z]{1,3})\$?(\d{1,9}):\$?([A-Za-z]{1,3})\$?(\d{1,9})"
)


@dataclass(frozen=True)
class Sheet:
    """A sheet as a table.

    Attributes
    ----------
    table : pandas.DataFrame
        Index: the rows of the sheet, from 1; text, missing where a cell is empty.
    name : str
    headings : tuple of int
        Rows of the sheet that the headings come from, from 1.
    skipped : tuple of int
        Rows that hold something and are neither headings nor data.
    others : tuple of str
        Other sheets that hold something.
    remarks : tuple of str
        What the skipped rows say.
    twice : tuple of str
        Headings that stand more than once; all but the first go by another name.
    hidden : tuple of int
        Rows of data that the sheet does not show.
    unworked : tuple of str
        Cells of data with a formula that has never been worked out: they are read as empty.
    money : Mapping of str to str
        Units of money by the headings that name them, which go by their names alone; "" has that of the skipped rows.
    """

    table: pd.DataFrame
    name: str
    headings: tuple[int, ...]
    skipped: tuple[int, ...]
    others: tuple[str, ...]
    remarks: tuple[str, ...] = ()
    twice: tuple[str, ...] = ()
    hidden: tuple[int, ...] = ()
    unworked: tuple[str, ...] = ()
    money: Mapping[str, str] = field(default_factory=dict)


def is_workbook(path: Path) -> bool:
    """Say whether a file's name is one of Excel's."""
    return path.suffix.lower() in SUFFIXES


def read_sheet(path: Path, name: str | None = None) -> Sheet:
    """Read a sheet of a workbook: the named one, or the first that is visible and holds a table.

    Raises
    ------
    InputError
        The file is no workbook, has no such sheet, or the sheet holds no table.
    """
    about = path.stat()
    sheets = _opened(path, about.st_mtime_ns, about.st_size)
    if name is not None and name not in sheets:
        raise InputError("sheet_missing", file=path, sheet=name, has=", ".join(sheets))
    filled = [title for title, sheet in sheets.items() if not sheet.is_hidden and _heading_rows(sheet)]
    chosen = name or next(iter(filled), None)
    headings = _heading_rows(sheets[chosen]) if chosen else []
    if chosen is None or not headings:
        raise InputError("workbook_empty", file=path)
    others = tuple(title for title in filled if title != chosen) if name is None else ()
    return _sheet(chosen, sheets[chosen], headings, others)


def sheet_names(path: Path) -> list[str]:
    """Return the names of the visible sheets that hold a table."""
    about = path.stat()
    sheets = _opened(path, about.st_mtime_ns, about.st_size)
    return [title for title, sheet in sheets.items() if not sheet.is_hidden and _heading_rows(sheet)]


@dataclass(frozen=True)
class _Cells:
    """What a sheet holds: its cells, merged areas, whether it is hidden, hidden rows, cells never worked out."""

    rows: Rows
    areas: list[Area]
    is_hidden: bool
    hidden: frozenset[int]
    unworked: tuple[tuple[int, int], ...] = ()


@lru_cache(maxsize=4)
def _opened(path: Path, _changed: int, _size: int) -> dict[str, _Cells]:
    """Return what each sheet holds; once for all layers that come from one workbook."""
    with path.open("rb") as stream:
        start = stream.read(len(_OLE))
    readers: dict[bytes, Callable[[Path], dict[str, _Cells]]] = {_OLE: _from_xls, _ZIP: _from_xlsx}
    if start not in readers:  # a web page or a CSV under a workbook's name, as some systems export it
        raise InputError("workbook_other", file=path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of validations, styles and the like, which no table needs
            return readers[start](path)
    except (xlrd.XLRDError, zipfile.BadZipFile, *_DAMAGED) as error:
        if start == _OLE:
            raise InputError("workbook_locked", file=path) from error
        raise InputError("workbook_damaged", file=path) from error


def _from_xlsx(path: Path) -> dict[str, _Cells]:
    require_modest(path, most_bytes=_MOST_BYTES)
    _require_small_areas(path)
    with path.open("rb") as stream:  # openpyxl leaves a damaged file open
        book = openpyxl.load_workbook(stream, data_only=True)
        formulas = openpyxl.load_workbook(stream) if _has_formulas(path) else None
    sheets: dict[str, _Cells] = {}
    for sheet in book.worksheets:
        _require_small(path, sheet.title, sheet.max_row, sheet.max_column)
        rows = [[_text(value) for value in row] for row in sheet.iter_rows(values_only=True)]
        areas = [(a.min_row - 1, a.min_col - 1, a.max_row - 1, a.max_col - 1) for a in sheet.merged_cells.ranges]
        hidden = frozenset(int(row) - 1 for row, about in sheet.row_dimensions.items() if about.hidden)
        unworked = _unworked(formulas[sheet.title], rows) if formulas else ()
        sheets[sheet.title] = _Cells(rows, areas, sheet.sheet_state != "visible", hidden, unworked)
    return sheets


def _require_small(path: Path, sheet: str, rows: int, columns: int) -> None:
    """Refuse a sheet with something far away from its table: all cells between would have to be held."""
    if rows * columns > _MOST_CELLS:
        raise InputError("workbook_vast", file=path, sheet=sheet, cell=f"{get_column_letter(columns)}{rows}")


def _require_small_areas(path: Path) -> None:
    """Refuse merged cells and links over whole sheets, of which openpyxl would make each cell."""
    with zipfile.ZipFile(path) as pack:
        for name in pack.namelist():
            if not name.startswith("xl/worksheets/"):
                continue
            for area in _AREA.finditer(pack.read(name)):
                left, top, right, bottom = (cell.decode().upper() for cell in area.groups())
                width = abs(column_index_from_string(right) - column_index_from_string(left)) + 1
                if width * (abs(int(bottom) - int(top)) + 1) > _MOST_MERGED:
                    raise InputError("workbook_vast", file=path, sheet=Path(name).stem, cell=f"{right}{bottom}")


def _has_formulas(path: Path) -> bool:
    with zipfile.ZipFile(path) as pack:
        names = [name for name in pack.namelist() if name.startswith("xl/worksheets/sheet")]
        return any(b"<f" in pack.read(name) for name in names)


def _unworked(sheet: Worksheet, rows: Rows) -> tuple[tuple[int, int], ...]:
    """Return the cells whose formula has no result, as in files that a program has written and Excel never opened."""
    return tuple(
        (cell.row - 1, cell.column - 1)
        for line in sheet.iter_rows()
        for cell in line
        if cell.data_type == "f" and not rows[cell.row - 1][cell.column - 1]
    )


def _from_xls(path: Path) -> dict[str, _Cells]:
    with xlrd.open_workbook(path, formatting_info=True, ragged_rows=True) as book:
        sheets: dict[str, _Cells] = {}
        for sheet in book.sheets():
            _require_small(path, sheet.name, max(sheet.nrows, 1), max(sheet.ncols, 1))
            rows = [[_xls_text(cell, book.datemode) for cell in sheet.row(i)] for i in range(sheet.nrows)]
            width = max(map(len, rows), default=0)
            rows = [row + [""] * (width - len(row)) for row in rows]
            areas = [(r0, c0, r1 - 1, c1 - 1) for r0, r1, c0, c1 in sheet.merged_cells]
            hidden = frozenset(row for row, about in sheet.rowinfo_map.items() if about.hidden)
            sheets[sheet.name] = _Cells(rows, areas, bool(sheet.visibility), hidden)
        return sheets


def _xls_text(cell: "xlrd.sheet.Cell", datemode: int) -> str:
    if cell.ctype == xlrd.XL_CELL_DATE:
        return _text(xlrd.xldate_as_datetime(cell.value, datemode))
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return _text(bool(cell.value))
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return str(xlrd.error_text_from_code.get(cell.value, "#N/A"))
    return _text(cell.value)


def _text(value: object) -> str:
    """Return a cell as its user reads it; a number that is text becomes one."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        if abs(value) >= _EXACT_DIGITS:  # Excel has lost the last digits; written so, the check of codes finds it
            return f"{value:.14E}"
        return str(int(value)) if float(value).is_integer() else repr(float(value))
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat().removesuffix("T00:00:00")
    return plain_number("" if value is None else str(value).strip())


def _filled(rows: Rows, areas: Sequence[Area]) -> Rows:
    """Return rows in which each cell of a merged area says what the area says."""
    copy = [list(row) for row in rows]
    for top, left, bottom, right in areas:
        for i in range(top, min(bottom + 1, len(copy))):
            for j in range(left, min(right + 1, len(copy[i]))):
                copy[i][j] = rows[top][left]
    return copy


def _heading_rows(sheet: _Cells) -> list[int]:
    """Return the rows that the headings stand in; none where there is no table."""
    rows, areas = sheet.rows, sheet.areas
    filled = _filled(rows, areas)
    width = max((sum(map(bool, row)) for row in rows), default=0)
    first = next((i for i, row in enumerate(filled) if _is_heading(row, width)), None)
    if first is None:
        return []
    last = first
    for row in range(first, min(first + _HEADING_ROWS, len(rows)) - 1):
        down = any(top <= row < bottom for top, _, bottom, _ in areas if top >= first)
        across = any(top == row and right > left for top, left, _, right in areas)
        if row == last and (down or across) and not any(map(is_number, rows[row + 1])) and any(rows[row + 1]):
            last = row + 1
    return list(range(first, last + 1))


def _is_heading(row: list[str], width: int) -> bool:
    said = [cell for cell in row if cell]
    return len(set(said)) >= 2 and len(said) * 2 >= width and not any(map(is_number, said))


def _sheet(name: str, sheet: _Cells, headings: list[int], others: tuple[str, ...]) -> Sheet:
    begin, rows = headings[-1] + 1, _filled(sheet.rows, sheet.areas)
    across = {top for top, left, bottom, right in sheet.areas if top == bottom and right > left}
    body = [i for i in range(begin, len(rows)) if any(rows[i])]
    units = [i for i in body[:2] if _is_units(rows[i]) or _is_numbering(rows[i])]
    body = [i for i in body if i not in units]
    kept = [i for i in body if not _is_aside(rows[i], merged=i in across)]
    columns, twice = _columns([rows[i] for i in headings], [rows[i] for i in kept])
    cells = {heading: [rows[i][at] for i in kept] for heading, at in columns.items()}
    table = pd.DataFrame(cells, index=pd.Index([i + 1 for i in kept], dtype="int64"), dtype=object)
    used = {*headings, *kept}
    skipped = tuple(i + 1 for i, row in enumerate(rows) if any(row) and i not in used)
    remarks = tuple(cell for i in skipped for cell in dict.fromkeys(rows[i - 1]) if cell)
    said = {heading: [money_unit(rows[i][at]) or money_unit(f"({rows[i][at]})" if i in units else "")
                      for i in (*headings, *units)] for heading, at in columns.items()}  # fmt: skip
    money = {heading: one for heading, found in said.items() if (one := next(filter(None, found), ""))}
    return Sheet(
        table=table.where(table != "", None),
        name=name,
        headings=tuple(i + 1 for i in headings),
        skipped=skipped,
        others=others,
        remarks=remarks,
        twice=twice,
        hidden=tuple(i + 1 for i in kept if i in sheet.hidden),
        unworked=tuple(f"{get_column_letter(at + 1)}{i + 1}" for i, at in sheet.unworked if i >= begin),
        money={"": money_unit_above(remarks), **money},
    )


def _is_units(row: list[str]) -> bool:
    return all(is_unit(cell) for cell in row if cell)


def _is_numbering(row: list[str]) -> bool:
    """Say whether a row counts the columns, as forms do: 1, 2, 3 … or 甲, 乙, 1, 2, 3 …."""
    said = [cell.strip("()（）") for cell in row]
    stems = 0 if said[0].isdecimal() else sum(cell in _STEMS for cell in said)
    counted = [*_STEMS[:stems], *(str(i + 1) for i in range(len(said) - stems))]
    return said == counted and stems != 1 and len(said) - stems >= _LEAST_NUMBERED


def _is_aside(row: list[str], *, merged: bool) -> bool:
    """Say whether a row below the headings is a total, a section's name or a remark."""
    said = [cell for cell in row if cell]
    if any(_TOTAL.fullmatch(cell) for cell in said[:2]):
        return True
    if len(set(said)) == 1 and (merged or _SECTION.match(said[0])):
        return True
    return len(set(said)) <= 2 and bool(_REMARK.match(said[0]))


def _columns(headings: Rows, body: Rows) -> tuple[dict[str, int], tuple[str, ...]]:
    """Return each column's heading and where it stands: the lowest that tells it from others; and those that fail."""
    width = len(headings[0])
    paths = [list(dict.fromkeys(plain_heading(row[at]) for row in headings if row[at])) for at in range(width)]
    lowest = [path[-1] if path else "" for path in paths]
    columns: dict[str, int] = {}
    twice: dict[str, None] = {}
    for at, path in enumerate(paths):
        heading = lowest[at] if lowest.count(lowest[at]) == 1 else " ".join(path)
        if not heading:
            if not any(row[at] for row in body):
                continue
            heading = get_column_letter(at + 1)
        if heading in columns:
            twice[heading] = None
            heading = f"{heading} ({get_column_letter(at + 1)})"
        columns[heading] = at
    return columns, tuple(twice)
