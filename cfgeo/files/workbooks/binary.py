"""A binary workbook (.xlsb) → the cells of its sheets, from its records.

The records are those of Microsoft's [MS-XLSB], whose names they bear here. Each is its number and its length, in
groups of seven bits with the lowest first, and its content. Records that say nothing of cells are passed over.
"""

import io
import posixpath
import re
import struct
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import takewhile

BUILTIN_PERCENT = frozenset({9, 10})
BUILTIN_DATES = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
"""Numbers of formats that a workbook does not spell out; 27 to 36 and 50 to 58 are dates of East Asian systems."""

_ROW, _MERGED, _TEXT, _FONT, _FORMAT, _STYLE, _SHEET = 0, 176, 19, 43, 44, 47, 156
_WORKBOOK, _CALCULATION, _CELL_STYLES, _CELL_STYLES_END, _RICH_TEXT = 153, 157, 617, 618, 62
_BLANKS = frozenset({1, 12})
_SHORT = range(12, 19)
"""Cells that stand right of the one before; the same kinds as 1 to 7, without their column."""
_KINDS_OF_RESULTS = {8: 6, 9: 5, 10: 4, 11: 3}
"""Formulas, and the cells whose kind their results are of."""
_IS_1904, _RECALCULATES, _IS_HIDDEN_ROW, _IS_STRUCK = 1, 1, 0x10, 0x8
_NULL = 0xFFFFFFFF
_MOST_ROWS, _MOST_COLUMNS = 2**20, 2**14
"""Of a sheet of Excel."""
_RELATION = re.compile(r"<(?:\w+:)?Relationship\b[^>]*>")
_ATTRIBUTE = re.compile(r"""\b(\w+)\s*=\s*["']([^"']*)["']""")
_ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}

Value = str | float | bool
Place = tuple[int, int]
"""Row and column, from 0."""


@dataclass
class BinarySheet:
    """What the records of a sheet say.

    Attributes
    ----------
    values : dict of (int, int) to (str, float or bool, int)
        The value of each cell that is not blank, and its style.
    formulas : set of (int, int)
        The cells whose value a formula gives.
    hidden : set of int
        Rows that are not shown.
    areas : list of (int, int, int, int)
        Merged cells: first row, first column, last row, last column.
    is_hidden : bool
    """

    is_hidden: bool
    values: dict[Place, tuple[Value, int]] = field(default_factory=dict)
    formulas: set[Place] = field(default_factory=set)
    hidden: set[int] = field(default_factory=set)
    areas: list[tuple[int, int, int, int]] = field(default_factory=list)


@dataclass
class BinaryWorkbook:
    """The sheets of a binary workbook by their names, and what is true of all their cells.

    Attributes
    ----------
    sheets : dict of str to BinarySheet
    formats : Mapping of int to str
        The formats of numbers that the workbook spells out.
    styles : list of int
        The format of each style.
    struck : frozenset of int
        The styles whose texts are struck through.
    is_1904 : bool
        Whether its days are counted from 1904.
    recalculates : bool
        Whether it asks for all formulas to be calculated when it is opened: its results are not to be trusted.
    """

    sheets: dict[str, BinarySheet]
    formats: Mapping[int, str]
    styles: list[int]
    struck: frozenset[int]
    is_1904: bool
    recalculates: bool

    def format_of(self, style: int) -> int:
        """Return the number of the format of a style; 0, the general one, for a style that is not there."""
        return self.styles[style] if style < len(self.styles) else 0


def read_binary(body: bytes, *, most_cells: int, refuse: Callable[[str, int, int], object]) -> BinaryWorkbook:
    """Return the sheets of a binary workbook.

    Parameters
    ----------
    body
        The content of the file.
    most_cells
        Of a sheet, and of its rectangle.
    refuse
        Called with the name of a sheet that has more, and with its rows and columns; raises.
    """
    with zipfile.ZipFile(io.BytesIO(body)) as pack:
        parts = set(pack.namelist())
        book = list(_records(pack.read("xl/workbook.bin")))
        texts = [_rich(content) for _, content in _optional(pack, parts, "xl/sharedStrings.bin", _TEXT)]
        has_styles = "xl/styles.bin" in parts
        formats, styles, struck = _styles(pack.read("xl/styles.bin")) if has_styles else ({}, [], frozenset())
        files = _worksheets(pack.read("xl/_rels/workbook.bin.rels").decode())
        sheets: dict[str, BinarySheet] = {}
        for record, content in book:
            if record != _SHEET:
                continue
            relation, end = _wide(content, 8)
            name = _wide(content, end)[0]
            if relation in files:  # a sheet that is one chart has no cells
                sheet = BinarySheet(is_hidden=struct.unpack_from("<I", content)[0] != 0)
                sheets[name] = sheet
                size = _fill(sheet, pack.read(files[relation]), texts, most_cells)
                if size[0] * size[1] > most_cells:
                    refuse(name, *size)
    flags = dict(book)
    calculation = flags.get(_CALCULATION, b"")
    return BinaryWorkbook(
        sheets=sheets,
        formats=formats,
        styles=styles,
        struck=struck,
        is_1904=bool(flags.get(_WORKBOOK, b"\0")[0] & _IS_1904),
        recalculates=len(calculation) >= 26 and bool(calculation[24] & _RECALCULATES),
    )


def _records(part: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the number and the content of each record of a part."""
    at = 0
    while at < len(part):
        record, at = _groups(part, at, most=2)
        size, at = _groups(part, at, most=4)
        if at + size > len(part):
            raise ValueError("a record is cut")
        yield record, part[at : at + size]
        at += size


def _groups(part: bytes, at: int, *, most: int) -> tuple[int, int]:
    """Return a number in groups of seven bits, and where it ends."""
    number = 0
    for group in range(most):
        number |= (part[at] & 0x7F) << 7 * group
        at += 1
        if part[at - 1] < 0x80:
            break
    return number, at


def _wide(content: bytes, at: int) -> tuple[str, int]:
    """Return a text (XLWideString), and where it ends; none is empty."""
    length = struct.unpack_from("<I", content, at)[0]
    if length == _NULL:
        return "", at + 4
    end = at + 4 + 2 * length
    if end > len(content):
        raise ValueError("a text is cut")
    return content[at + 4 : end].decode("utf-16-le"), end


def _rich(content: bytes) -> str:
    """Return a text with or without fonts and readings (RichStr)."""
    return _wide(content, 1)[0]


def _optional(pack: zipfile.ZipFile, parts: set[str], name: str, wanted: int) -> list[tuple[int, bytes]]:
    return [found for found in _records(pack.read(name)) if found[0] == wanted] if name in parts else []


def _worksheets(relations: str) -> dict[str, str]:
    """Return the part of each worksheet by the name of its relation."""
    files = {}
    for element in _RELATION.findall(relations):
        about = dict(_ATTRIBUTE.findall(element))
        if about.get("Type", "").endswith("/worksheet"):
            files[about["Id"]] = posixpath.normpath(posixpath.join("/xl", about["Target"])).lstrip("/")
    return files


def _styles(part: bytes) -> tuple[dict[int, str], list[int], frozenset[int]]:
    """Return the formats that a workbook spells out, the format of each style of its cells, and the struck styles."""
    formats, records = {}, list(_records(part))
    for record, content in records:
        if record == _FORMAT:
            formats[struct.unpack_from("<H", content)[0]] = _wide(content, 2)[0]
    crossed = [
        bool(struct.unpack_from("<H", content, 2)[0] & _IS_STRUCK) for record, content in records if record == _FONT
    ]
    numbers = [record for record, _ in records]
    start = numbers.index(_CELL_STYLES) + 1 if _CELL_STYLES in numbers else len(numbers)
    within = takewhile(lambda found: found[0] != _CELL_STYLES_END, records[start:])
    styles = [struct.unpack_from("<2H", content, 2) for record, content in within if record == _STYLE]
    struck = frozenset(nth for nth, (_, font) in enumerate(styles) if font < len(crossed) and crossed[font])
    return formats, [number for number, _ in styles], struck


def _fill(sheet: BinarySheet, part: bytes, texts: list[str], most_cells: int) -> tuple[int, int]:
    """Write the cells of a part into ``sheet``; return its rows and columns, with no more cells than ``most_cells``."""
    row = column = -1
    rows = columns = 0
    for record, content in _records(part):
        if record == _ROW:
            row, column = _after(row, struct.unpack_from("<I", content)[0], _MOST_ROWS), -1
            if content[11] & _IS_HIDDEN_ROW:
                sheet.hidden.add(row)
        elif record == _MERGED:
            top, bottom, left, right = struct.unpack_from("<4I", content)
            sheet.areas.append((top, left, bottom, right))
        elif record <= _SHORT[-1] or record == _RICH_TEXT:
            following, at = (column + 1, 0) if record in _SHORT else (struct.unpack_from("<I", content)[0], 4)
            column = _after(column, following, _MOST_COLUMNS)
            if record in _BLANKS:
                continue
            style = struct.unpack_from("<I", content, at)[0] & 0xFFFFFF
            sheet.values[row, column] = (_value(record, content, at + 4, texts), style)
            rows, columns = max(rows, row + 1), max(columns, column + 1)
            if record in _KINDS_OF_RESULTS:
                sheet.formulas.add((row, column))
            if rows * columns > most_cells:
                break
    return rows, columns


def _after(before: int, at: int, most: int) -> int:
    """Return the number of a row or column, which follows the one before it in a workbook that is whole."""
    if not before < at < most:
        raise ValueError("the cells of a sheet do not follow each other, or are beyond its edge")
    return at


def _value(record: int, content: bytes, at: int, texts: list[str]) -> Value:
    """Return the value of a cell: BrtCell… (2 to 7), BrtFmla… (8 to 11), BrtShort… (13 to 18), BrtCellRString (62)."""
    kind = record - _SHORT[0] + 1 if record in _SHORT else _KINDS_OF_RESULTS.get(record, record)
    match kind:
        case 2:
            return _packed(struct.unpack_from("<I", content, at)[0])
        case 3:
            return _ERRORS.get(content[at], "#N/A")
        case 4:
            return bool(content[at])
        case 5:
            return float(struct.unpack_from("<d", content, at)[0])
        case 7:
            return texts[int(struct.unpack_from("<I", content, at)[0])]
        case _:
            return _wide(content, at + (kind == _RICH_TEXT))[0]


def _packed(number: int) -> float:
    """Return a number packed in 30 bits (RkNumber): an integer or the upper half of a double, perhaps in hundredths."""
    if number & 2:
        value = float((number >> 2) - (1 << 30 if number >> 31 else 0))
    else:
        value = float(struct.unpack("<d", struct.pack("<Q", (number & 0xFFFFFFFC) << 32))[0])
    return value / 100 if number & 1 else value
