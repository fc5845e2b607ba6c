"""Workbooks → the cells of their sheets: openpyxl (.xlsx, .xlsm), xlrd (.xls, .et), GDAL (.ods), `binary` (.xlsb)."""

import datetime as dt
import io
import re
import struct
import tempfile
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import pyogrio

from cfgeo.core.errors import InputError
from cfgeo.core.findings import Findings, finding
from cfgeo.files.archives import require_modest
from cfgeo.files.cell_values import cell_text, has_either_comma, plain_number
from cfgeo.files.openable import require_no_map
from cfgeo.files.workbooks.binary import BUILTIN_DATES, BUILTIN_PERCENT, BinaryWorkbook, Value, read_binary
from cfgeo.files.workbooks.sheet_layout import (
    Rows,
    SheetCells,
    SheetTable,
    are_alike,
    heading_rows,
    sheet_of,
    unseen_areas,
)
from cfgeo.libraries import openpyxl, xlrd

SUFFIXES = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods", ".et")

_EXACT_DIGITS = 1e15
_PERCENT_DECIMALS = 10
_OLE, _ZIP = b"\xd0\xcf\x11\xe0", b"PK\x03\x04"
_LOCKED = "EncryptedPackage".encode("utf-16-le")
"""The name of what a workbook with a password holds instead of sheets."""
_STRICT = re.compile(rb"http://purl\.oclc\.org/ooxml/(\w+)/")
"""How "Strict Open XML" names its words; the usual workbook, which has the same ones, says it as below."""
_USUAL = rb"http://schemas.openxmlformats.org/\1/2006/"
_RECALCULATES = re.compile(rb"<(?:\w+:)?calcPr\b[^>]*\bfullCalcOnLoad=[\"'](?:1|true)[\"']")
_DAMAGED = (
    ValueError, OSError, LookupError, TypeError, AttributeError, AssertionError, EOFError, zlib.error,
    SyntaxError,  # of XML
    pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError,
    struct.error, RuntimeError, NotImplementedError, OverflowError,
)  # fmt: skip
"""What libraries raise over the bytes of a damaged file, beside errors of their own."""
_MOST_BYTES = 2**27
"""Of a workbook unpacked: a million cells are half of it, and take a gigabyte of memory."""
_MOST_CELLS = 5_000_000
_MOST_MERGED = 1_000_000
_AREA = re.compile(
    rb"<(?:\w+:)?(?:mergeCell|hyperlink)\b[^>]*?\bref=[\"']\$?([A-Za-z]{1,3})\$?(\d{1,9}):\$?([A-Za-z]{1,3})\$?(\d{1,9})"
)


@dataclass(frozen=True)
class Workbook:
    """The cells of all sheets of a workbook.

    Attributes
    ----------
    path : Path
    cells : Mapping of str to Cells
        By the names of the sheets, in their order.
    is_plain : bool
        Whether their reader gives no merged cells, hidden rows and formulas without a result.
    """

    path: Path
    cells: Mapping[str, SheetCells]
    is_plain: bool = False

    @cached_property
    def _tables(self) -> dict[str, list[int]]:
        """The visible sheets that hold a table, with the rows of their headings."""
        visible = {name: heading_rows(cells) for name, cells in self.cells.items() if not cells.is_hidden}
        return {name: headings for name, headings in visible.items() if headings}

    @property
    def sheet_names(self) -> list[str]:
        """The names of the visible sheets that hold a table."""
        return list(self._tables)

    def findings(self, layer: str) -> Findings:
        """Return what the reader of this kind of workbook does not see, as a finding about ``layer``."""
        return [finding("workbook_plain", layer, severity="note", file=self.path.name)] if self.is_plain else []

    def sheet(self, name: str | None = None) -> SheetTable:
        """Return a sheet as a table: the named one, or the first that is visible and holds a table.

        Raises
        ------
        InputError
            The workbook has no such sheet, or the sheet holds no table.
        """
        if name is not None and name not in self.cells:
            raise InputError("sheet_missing", file=self.path, sheet=name, has=", ".join(self.cells))
        chosen = name or next(iter(self._tables), None)
        headings = heading_rows(self.cells[chosen]) if chosen else []
        if chosen is None or not headings:
            hidden = [title for title, cells in self.cells.items() if cells.is_hidden and heading_rows(cells)]
            if name is None and hidden:
                raise InputError("workbook_hidden", file=self.path, sheets=", ".join(hidden))
            raise InputError("workbook_empty", file=self.path)
        others = [title for title in self._tables if title != chosen] if name is None else []
        alike = [title for title in others if are_alike(self._headings(chosen), self._headings(title))]
        return sheet_of(chosen, self.cells[chosen], headings, others=others, alike=alike)

    def _headings(self, name: str) -> Rows:
        """Return the rows of headings of a sheet that holds a table."""
        return [self.cells[name].rows[row] for row in self._tables[name]]


def is_workbook(path: Path, body: bytes | None = None) -> bool:
    """Return whether a file has the suffix of a workbook, or begins as one does."""
    return path.suffix.lower() in SUFFIXES or (body or b"").startswith((_OLE, _ZIP))


def read_workbook(path: Path, body: bytes) -> Workbook:
    """Read all sheets of a workbook, by what it is and not by its name.

    Parameters
    ----------
    path
        The file, for errors.
    body
        Its content.

    Raises
    ------
    InputError
        The file is no workbook, is damaged, has a password, or holds more cells than memory has room for.
    """
    readers: dict[str, Callable[[Path, bytes], dict[str, SheetCells]]] = {
        "xls": _from_xls,
        "xlsx": _from_xlsx,
        "ods": _from_ods,
        "xlsb": _from_xlsb,
    }
    try:
        kind = _kind(path, body)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of validations, styles and the like, which no table needs
            return Workbook(path, readers[kind](path, body), is_plain=kind == "ods")
    except (xlrd.XLRDError, xlrd.compdoc.CompDocError, zipfile.BadZipFile, *_DAMAGED) as error:
        if body.startswith(_OLE):
            raise InputError("workbook_locked", file=path) from error
        raise InputError("workbook_damaged", file=path) from error


def _kind(path: Path, body: bytes) -> str:
    """Return what a workbook is in truth."""
    if body.startswith(_OLE):
        if _LOCKED in body:
            raise InputError("workbook_locked", file=path)
        return "xls"
    require_no_map(path, body)
    if not body.startswith(_ZIP):  # a web page or a CSV under a workbook's name, as some systems export it
        raise InputError("workbook_other", file=path)
    require_modest(path, body=body, most_bytes=_MOST_BYTES)
    with zipfile.ZipFile(io.BytesIO(body)) as pack:
        names = set(pack.namelist())
        if "xl/workbook.bin" in names:
            return "xlsb"
        if "content.xml" in names and "mimetype" in names:
            if not pack.read("mimetype").startswith(b"application/vnd.oasis.opendocument.spreadsheet"):
                raise InputError("workbook_other", file=path)
            if b"encryption-data" in pack.read("META-INF/manifest.xml"):
                raise InputError("workbook_locked", file=path)
            return "ods"
        if "[Content_Types].xml" in names and not any(name.startswith("xl/") for name in names):
            raise InputError("workbook_other", file=path)
    return "xlsx"


def _usual(body: bytes) -> bytes:
    """Return a workbook that was saved as "Strict Open XML" as a usual one, and any other as it is."""
    with zipfile.ZipFile(io.BytesIO(body)) as pack:
        if "xl/workbook.xml" not in pack.namelist() or not _STRICT.search(pack.read("xl/workbook.xml")):
            return body
        copy = io.BytesIO()
        with zipfile.ZipFile(copy, "w") as usual:
            for name in pack.namelist():
                usual.writestr(name, _STRICT.sub(_USUAL, pack.read(name)))
    return copy.getvalue()


def _from_ods(path: Path, body: bytes) -> dict[str, SheetCells]:
    """Return the sheets as GDAL reads them: from a file of the right ending, by which GDAL goes."""
    sheets: dict[str, SheetCells] = {}
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "sheets.ods")
        copy.write_bytes(body)
        for name in pyogrio.list_layers(copy)[:, 0]:
            about = {"layer": name, "read_geometry": False, "HEADERS": "DISABLE", "FIELD_TYPES": "STRING"}
            table = pyogrio.read_dataframe(copy, **about)
            _require_small(path, name, max(len(table), 1), max(table.shape[1], 1))
            cells = table.astype(object).where(table.notna(), None).to_numpy().tolist()
            rows = [[_text(cell) for cell in row] for row in cells]
            sheets[name] = SheetCells(rows, unseen_areas(rows), is_hidden=False, hidden=frozenset())
    return sheets


def _from_xlsx(path: Path, body: bytes) -> dict[str, SheetCells]:
    body = _usual(body)
    has_formulas, recalculates = _scan_sheets(path, body)
    book = openpyxl.load_workbook(io.BytesIO(body), data_only=True)
    # openpyxl gives either results or formulas; only the formulas tell a blank cell from one without a result.
    formulas = openpyxl.load_workbook(io.BytesIO(body)) if has_formulas else None
    crossed = {number for number, font in enumerate(book._fonts) if font.strike}
    sheets: dict[str, SheetCells] = {}
    for sheet in book.worksheets:
        _require_small(path, sheet.title, sheet.max_row, sheet.max_column)
        rows = [[_xlsx_text(cell) for cell in row] for row in sheet.iter_rows()]
        areas = [(a.min_row - 1, a.min_col - 1, a.max_row - 1, a.max_col - 1) for a in sheet.merged_cells.ranges]
        hidden = frozenset(int(row) - 1 for row, settings in sheet.row_dimensions.items() if settings.hidden)
        cells = _formulas(formulas[sheet.title]) if formulas else ()
        uncalculated = _without_results(cells, rows, recalculates=recalculates)
        is_hidden = sheet.sheet_state != "visible"
        sheets[sheet.title] = SheetCells(rows, areas, is_hidden, hidden, uncalculated, _struck_rows(sheet, crossed))
    return sheets


def _struck_rows(sheet: "openpyxl.worksheet.worksheet.Worksheet", crossed: set[int]) -> frozenset[int]:
    """Return the rows with a text that is struck through, from 0; ``crossed`` are the fonts that do so."""
    if not crossed:
        return frozenset()
    cells = (cell for line in sheet.iter_rows() for cell in line)
    return frozenset(cell.row - 1 for cell in cells if cell.value is not None and cell._style.fontId in crossed)


def _require_small(path: Path, sheet: str, rows: int, columns: int) -> None:
    """Refuse a sheet with something far away from its table: all cells between would have to be held."""
    if rows * columns > _MOST_CELLS:
        raise InputError(
            "workbook_vast", file=path, sheet=sheet, cell=f"{openpyxl.utils.get_column_letter(columns)}{rows}"
        )


def _scan_sheets(path: Path, body: bytes) -> tuple[bool, bool]:
    """Return whether a sheet has formulas, and whether the workbook asks for all of them to be calculated.

    Refuse merged cells and links over whole sheets: openpyxl would make an object of each cell in them.
    """
    number, has_formulas, recalculates = openpyxl.utils.column_index_from_string, False, False
    with zipfile.ZipFile(io.BytesIO(body)) as pack:
        for name in pack.namelist():
            if name.startswith("xl/workbook") and name.endswith(".xml"):
                recalculates |= bool(_RECALCULATES.search(pack.read(name)))
            if not name.startswith("xl/worksheets/"):
                continue
            sheet = pack.read(name)
            has_formulas |= name.startswith("xl/worksheets/sheet") and b"<f" in sheet
            for area in _AREA.finditer(sheet):
                left, top, right, bottom = (corner.decode().upper() for corner in area.groups())
                width = abs(number(right) - number(left)) + 1
                if width * (abs(int(bottom) - int(top)) + 1) > _MOST_MERGED:
                    raise InputError("workbook_vast", file=path, sheet=Path(name).stem, cell=f"{right}{bottom}")
    return has_formulas, recalculates


def _formulas(sheet: "openpyxl.worksheet.worksheet.Worksheet") -> Iterator[tuple[int, int]]:
    return ((cell.row - 1, cell.column - 1) for line in sheet.iter_rows() for cell in line if cell.data_type == "f")


def _without_results(
    formulas: Iterable[tuple[int, int]], rows: Rows, *, recalculates: bool
) -> tuple[tuple[int, int], ...]:
    """Make the formulas blank that nothing has calculated, as a program writes them; return their cells.

    A program that knows no result leaves it out, or writes 0 and that all formulas have to be calculated.
    """
    unknown = {"", "0"} if recalculates else {""}
    cells = tuple(sorted(cell for cell in formulas if rows[cell[0]][cell[1]] in unknown))
    for row, column in cells:
        rows[row][column] = ""
    return cells


def _xlsx_text(cell: "openpyxl.cell.cell.Cell | openpyxl.cell.cell.MergedCell") -> str:
    """Return a cell as its user reads it: a number that is shown as 98.5% with its sign."""
    if isinstance(cell.value, bool) or not isinstance(cell.value, int | float):
        return _text(cell.value)
    if "%" in cell.number_format:
        return _percent_text(cell.value)
    if cell._style.numFmtId in BUILTIN_DATES:  # of East Asian systems, which openpyxl does not know
        return _date_text(cell.value, cell.parent.parent.epoch)
    return _text(cell.value)


def _date_text(days: float, first_day: dt.datetime) -> str:
    """Return the day that a number means; the number, where there is no such day."""
    with suppress(ValueError, OverflowError):
        return _text(openpyxl.utils.datetime.from_excel(days, first_day))
    return _text(days)


def _percent_text(share: float) -> str:
    return f"{_text(round(share * 100, _PERCENT_DECIMALS))}%"


def _from_xlsb(path: Path, body: bytes) -> dict[str, SheetCells]:
    refuse = partial(_require_small, path)
    book = read_binary(body, most_cells=_MOST_CELLS, refuse=refuse)
    sheets: dict[str, SheetCells] = {}
    for name, sheet in book.sheets.items():
        height = 1 + max((row for row, _ in sheet.values), default=-1)
        width = 1 + max((column for _, column in sheet.values), default=-1)
        rows = [[""] * width for _ in range(height)]
        for (row, column), (value, style) in sheet.values.items():
            rows[row][column] = _xlsb_text(value, style, book)
        uncalculated = _without_results(sheet.formulas, rows, recalculates=book.recalculates)
        struck = frozenset(row for (row, _), (_, style) in sheet.values.items() if style in book.struck)
        sheets[name] = SheetCells(rows, sheet.areas, sheet.is_hidden, frozenset(sheet.hidden), uncalculated, struck)
    return sheets


def _xlsb_text(value: Value, style: int, book: BinaryWorkbook) -> str:
    """Return a cell as its user reads it: a date by the format of a number, as all of Excel has them."""
    if isinstance(value, str | bool):
        return _text(value)
    number = book.format_of(style)
    code = book.formats.get(number, "")
    if number in BUILTIN_PERCENT or "%" in code:
        return _percent_text(value)
    if number in BUILTIN_DATES or (code and openpyxl.styles.numbers.is_date_format(code)):
        dates = openpyxl.utils.datetime
        return _date_text(value, dates.CALENDAR_MAC_1904 if book.is_1904 else dates.CALENDAR_WINDOWS_1900)
    return _text(value)


def _from_xls(path: Path, body: bytes) -> dict[str, SheetCells]:
    with xlrd.open_workbook(file_contents=body, formatting_info=True, ragged_rows=True) as book:
        sheets: dict[str, SheetCells] = {}
        for sheet in book.sheets():
            _require_small(path, sheet.name, max(sheet.nrows, 1), max(sheet.ncols, 1))
            rows = [[_xls_text(cell, book.datemode) for cell in sheet.row(i)] for i in range(sheet.nrows)]
            width = max(map(len, rows), default=0)
            rows = [row + [""] * (width - len(row)) for row in rows]
            areas = [(r0, c0, r1 - 1, c1 - 1) for r0, r1, c0, c1 in sheet.merged_cells]
            hidden = frozenset(row for row, settings in sheet.rowinfo_map.items() if settings.hidden)
            struck = frozenset(i for i in range(sheet.nrows) if any(_is_struck(book, cell) for cell in sheet.row(i)))
            sheets[sheet.name] = SheetCells(rows, areas, bool(sheet.visibility), hidden, struck=struck)
        return sheets


def _is_struck(book: "xlrd.book.Book", cell: "xlrd.sheet.Cell") -> bool:
    is_blank = cell.ctype in {xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK}
    return not is_blank and bool(book.font_list[book.xf_list[cell.xf_index].font_index].struck_out)


def _xls_text(cell: "xlrd.sheet.Cell", datemode: int) -> str:
    if cell.ctype == xlrd.XL_CELL_DATE:
        return _text(xlrd.xldate_as_datetime(cell.value, datemode))
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return _text(bool(cell.value))
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return str(xlrd.error_text_from_code.get(cell.value, "#N/A"))
    return _text(cell.value)


def _text(value: object) -> str:
    """Return a cell as its user reads it; a number that was typed as text becomes a plain one."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        if abs(value) >= _EXACT_DIGITS:  # Excel has lost the last digits; written so, the check of codes finds it
            return f"{value:.14E}"
        return str(int(value)) if float(value).is_integer() else repr(float(value))
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat().removesuffix("T00:00:00")
    if isinstance(value, dt.timedelta):  # Excel takes 106:33:18 for hours, minutes and seconds
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    text = "" if value is None else cell_text(str(value))
    return text if has_either_comma(text) else plain_number(text)
