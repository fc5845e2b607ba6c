"""Excel workbooks → the cells of their sheets, with openpyxl (.xlsx, .xlsm) and xlrd (.xls)."""

import datetime as dt
import re
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import openpyxl
import xlrd
from openpyxl.utils import column_index_from_string, get_column_letter
from openpyxl.worksheet.worksheet import Worksheet
from xlrd.compdoc import CompDocError

from cfgeo.core.errors import InputError
from cfgeo.files.archives import require_modest
from cfgeo.files.cell_values import plain_number
from cfgeo.files.sheet_layout import Cells, Rows, Sheet, heading_rows, sheet_of

SUFFIXES = (".xlsx", ".xlsm", ".xls")

_EXACT_DIGITS = 1e15
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
class Workbook:
    """The cells of all sheets of a workbook.

    Attributes
    ----------
    path : Path
    cells : Mapping of str to Cells
        By the names of the sheets, in their order.
    """

    path: Path
    cells: Mapping[str, Cells]

    @cached_property
    def _tables(self) -> dict[str, list[int]]:
        """The visible sheets that hold a table, with the rows of their headings."""
        visible = {name: heading_rows(cells) for name, cells in self.cells.items() if not cells.is_hidden}
        return {name: headings for name, headings in visible.items() if headings}

    @property
    def sheet_names(self) -> list[str]:
        """The names of the visible sheets that hold a table."""
        return list(self._tables)

    def sheet(self, name: str | None = None) -> Sheet:
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
            raise InputError("workbook_empty", file=self.path)
        others = tuple(title for title in self._tables if title != chosen) if name is None else ()
        return sheet_of(chosen, self.cells[chosen], headings, others)


def is_workbook(path: Path) -> bool:
    """Return whether a file has one of Excel's suffixes."""
    return path.suffix.lower() in SUFFIXES


def read_workbook(path: Path) -> Workbook:
    """Read all sheets of a workbook.

    Raises
    ------
    InputError
        The file is no workbook, is damaged, or holds more cells than memory has room for.
    """
    with path.open("rb") as stream:
        signature = stream.read(len(_OLE))
    readers: dict[bytes, Callable[[Path], dict[str, Cells]]] = {_OLE: _from_xls, _ZIP: _from_xlsx}
    if signature not in readers:  # a web page or a CSV under a workbook's name, as some systems export it
        raise InputError("workbook_other", file=path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of validations, styles and the like, which no table needs
            return Workbook(path, readers[signature](path))
    except (xlrd.XLRDError, zipfile.BadZipFile, *_DAMAGED) as error:
        if signature == _OLE:
            raise InputError("workbook_locked", file=path) from error
        raise InputError("workbook_damaged", file=path) from error


def _from_xlsx(path: Path) -> dict[str, Cells]:
    require_modest(path, most_bytes=_MOST_BYTES)
    has_formulas = _scan_sheets(path)
    with path.open("rb") as stream:  # openpyxl leaves a damaged file open
        book = openpyxl.load_workbook(stream, data_only=True)
        # openpyxl gives either results or formulas; only the formulas tell a blank cell from one without a result.
        formulas = openpyxl.load_workbook(stream) if has_formulas else None
    sheets: dict[str, Cells] = {}
    for sheet in book.worksheets:
        _require_small(path, sheet.title, sheet.max_row, sheet.max_column)
        rows = [[_text(value) for value in row] for row in sheet.iter_rows(values_only=True)]
        areas = [(a.min_row - 1, a.min_col - 1, a.max_row - 1, a.max_col - 1) for a in sheet.merged_cells.ranges]
        hidden = frozenset(int(row) - 1 for row, settings in sheet.row_dimensions.items() if settings.hidden)
        uncalculated = _uncalculated(formulas[sheet.title], rows) if formulas else ()
        sheets[sheet.title] = Cells(rows, areas, sheet.sheet_state != "visible", hidden, uncalculated)
    return sheets


def _require_small(path: Path, sheet: str, rows: int, columns: int) -> None:
    """Refuse a sheet with something far away from its table: all cells between would have to be held."""
    if rows * columns > _MOST_CELLS:
        raise InputError("workbook_vast", file=path, sheet=sheet, cell=f"{get_column_letter(columns)}{rows}")


def _scan_sheets(path: Path) -> bool:
    """Return whether a sheet has formulas; refuse merged cells and links over whole sheets.

    openpyxl would make an object of each cell in them.
    """
    has_formulas = False
    with zipfile.ZipFile(path) as pack:
        for name in pack.namelist():
            if not name.startswith("xl/worksheets/"):
                continue
            body = pack.read(name)
            has_formulas |= name.startswith("xl/worksheets/sheet") and b"<f" in body
            for area in _AREA.finditer(body):
                left, top, right, bottom = (corner.decode().upper() for corner in area.groups())
                width = abs(column_index_from_string(right) - column_index_from_string(left)) + 1
                if width * (abs(int(bottom) - int(top)) + 1) > _MOST_MERGED:
                    raise InputError("workbook_vast", file=path, sheet=Path(name).stem, cell=f"{right}{bottom}")
    return has_formulas


def _uncalculated(sheet: Worksheet, rows: Rows) -> tuple[tuple[int, int], ...]:
    """Return the cells whose formula has no result, as in files that a program has written and Excel never opened."""
    return tuple(
        (cell.row - 1, cell.column - 1)
        for line in sheet.iter_rows()
        for cell in line
        if cell.data_type == "f" and not rows[cell.row - 1][cell.column - 1]
    )


def _from_xls(path: Path) -> dict[str, Cells]:
    with xlrd.open_workbook(path, formatting_info=True, ragged_rows=True) as book:
        sheets: dict[str, Cells] = {}
        for sheet in book.sheets():
            _require_small(path, sheet.name, max(sheet.nrows, 1), max(sheet.ncols, 1))
            rows = [[_xls_text(cell, book.datemode) for cell in sheet.row(i)] for i in range(sheet.nrows)]
            width = max(map(len, rows), default=0)
            rows = [row + [""] * (width - len(row)) for row in rows]
            areas = [(r0, c0, r1 - 1, c1 - 1) for r0, r1, c0, c1 in sheet.merged_cells]
            hidden = frozenset(row for row, settings in sheet.rowinfo_map.items() if settings.hidden)
            sheets[sheet.name] = Cells(rows, areas, bool(sheet.visibility), hidden)
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
    """Return a cell as its user reads it; a number that was typed as text becomes a plain one."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        if abs(value) >= _EXACT_DIGITS:  # Excel has lost the last digits; written so, the check of codes finds it
            return f"{value:.14E}"
        return str(int(value)) if float(value).is_integer() else repr(float(value))
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat().removesuffix("T00:00:00")
    return plain_number("" if value is None else str(value).strip())
