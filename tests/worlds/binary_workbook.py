"""Binary workbooks (.xlsb) by hand, record by record as [MS-XLSB] has them: no library at hand writes them."""

import struct
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_MAIN = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_BINARY = "application/vnd.ms-excel"
FORMATS = {"general": 0, "percent": 10, "date": 14, "年月日": 31, "spelled": 176, "struck": 0}
"""Formats of numbers by the names that cells ask for them with; each is the style of its place. Texts of the last one
are struck through."""


@dataclass(frozen=True)
class Cell:
    """A cell that is more than its value."""

    value: Any
    style: str = "general"
    is_formula: bool = False
    is_packed: bool = False
    is_shared: bool = False


@dataclass(frozen=True)
class BinarySheet:
    """A sheet: its rows, what is hidden (rows from 1), and merged areas (from 1: top, left, bottom, right)."""

    rows: Sequence[Sequence[Any]]
    hidden: frozenset[int] = frozenset()
    merged: Sequence[tuple[int, int, int, int]] = ()
    is_hidden: bool = False
    short: frozenset[int] = field(default=frozenset())
    """Rows whose cells but for the first stand without their columns."""


def _groups(number: int) -> bytes:
    body = b""
    while number > 0x7F:
        body += bytes([number & 0x7F | 0x80])
        number >>= 7
    return body + bytes([number])


def record(number: int, content: bytes = b"") -> bytes:
    return _groups(number) + _groups(len(content)) + content


def wide(text: str) -> bytes:
    body = text.encode("utf-16-le")
    return struct.pack("<I", len(body) // 2) + body


def _token(value: Any) -> bytes:
    """Return a formula that is nothing but a value, as Excel has =1 and ="a"."""
    if isinstance(value, bool):
        return bytes([0x1D, value])
    if isinstance(value, str):
        return b"\x17" + struct.pack("<H", len(value)) + value.encode("utf-16-le")
    return b"\x1f" + struct.pack("<d", value)


def _cell(cell: Any, column: int, shared: list[str], *, short: bool) -> bytes:
    cell = cell if isinstance(cell, Cell) else Cell(cell)
    style = struct.pack("<I", list(FORMATS).index(cell.style))
    short = short and not cell.is_formula
    start = style if short else struct.pack("<I", column) + style
    formula = struct.pack("<HI", 0, len(token := _token(cell.value))) + token + bytes(4) if cell.is_formula else b""
    match cell.value:
        case None:
            kind, body = 1, b""
        case bool(truth):
            kind, body = (10 if cell.is_formula else 4), bytes([truth])
        case int(number) if cell.is_packed:
            kind, body = 2, struct.pack("<i", number << 2 | 2)
        case float(number) if cell.is_packed:
            kind, body = 2, struct.pack("<i", round(number * 100) << 2 | 3)
        case int(number) | float(number):
            kind, body = (9 if cell.is_formula else 5), struct.pack("<d", number)
        case str(text) if cell.is_shared:
            shared.append(text)
            kind, body = 7, struct.pack("<I", len(shared) - 1)
        case text:
            kind, body = (8 if cell.is_formula else 6), wide(str(text))
    return record(kind + 11 if short else kind, start + body + formula)


def _sheet(sheet: BinarySheet, shared: list[str]) -> bytes:
    last = max(map(len, sheet.rows), default=1) - 1
    body = record(129) + record(148, struct.pack("<4I", 0, max(len(sheet.rows) - 1, 0), 0, last)) + record(145)
    for at, row in enumerate(sheet.rows):
        flags = 0x10 if at + 1 in sheet.hidden else 0
        body += record(0, struct.pack("<IIHBBBI", at, 0, 300, 0, flags, 0, 1) + struct.pack("<II", 0, last))
        body += b"".join(
            _cell(cell, column, shared, short=column > 0 and at + 1 in sheet.short)
            for column, cell in enumerate(row)
            if cell is not None or at + 1 in sheet.short
        )
    body += record(146)
    if sheet.merged:
        areas = (record(176, struct.pack("<4I", t - 1, b - 1, le - 1, r - 1)) for t, le, b, r in sheet.merged)
        body += record(177, struct.pack("<I", len(sheet.merged))) + b"".join(areas) + record(178)
    return body + record(130)


def _styles() -> bytes:
    spelled = struct.pack("<H", FORMATS["spelled"]) + wide('yyyy"年"m"月"d"日";@')
    about_font = bytes([7, 1, 0, 0, 0, 0, 0, 255, 0]) + wide("宋体")
    fonts = [struct.pack("<HHHHBBBB", 220, flags, 400, 0, 0, 2, 134, 0) + about_font for flags in (0, 8)]
    fill = struct.pack("<I", 0) + bytes([3, 64, 0, 0, 0, 0, 0, 255]) + bytes([3, 65, 0, 0, 255, 255, 255, 255])
    fill += struct.pack("<I5dI", 0, 0, 0, 0, 0, 0, 0)
    border = bytes([0]) + bytes(10) * 5
    style = [
        struct.pack("<HHHHHBBHBB", 0, number, int(name == "struck"), 0, 0, 0, 0, 0x1010, 1, 0)
        for name, number in FORMATS.items()
    ]
    base = struct.pack("<HHHHHBBHBB", 0xFFFF, 0, 0, 0, 0, 0, 0, 0x1010, 0, 0)
    return b"".join(
        [record(278),
         record(615, struct.pack("<I", 1)), record(44, spelled), record(616),
         record(611, struct.pack("<I", 2)), *(record(43, font) for font in fonts), record(612),
         record(603, struct.pack("<I", 1)), record(45, fill), record(604),
         record(613, struct.pack("<I", 1)), record(46, border), record(614),
         record(626, struct.pack("<I", 1)), record(47, base), record(627),
         record(617, struct.pack("<I", len(style))), *(record(47, each) for each in style), record(618),
         record(619, struct.pack("<I", 1)), record(48, struct.pack("<IHBB", 0, 1, 0, 255) + wide("Normal")),
         record(620), record(279)]
    )  # fmt: skip


def write_xlsb(
    path: Path, sheets: dict[str, BinarySheet], *, recalculates: bool = False, is_1904: bool = False
) -> Path:
    """Write a binary workbook, and return its path."""
    shared: list[str] = []
    parts = [_sheet(sheet, shared) for sheet in sheets.values()]
    book = record(131) + record(153, struct.pack("<II", int(is_1904), 0) + wide("")) + record(143)
    for at, (name, sheet) in enumerate(sheets.items(), 1):
        book += record(156, struct.pack("<II", int(sheet.is_hidden), at) + wide(f"rId{at}") + wide(name))
    calculation = struct.pack("<IIIdIH", 191029, 1, 100, 0.001, 0, int(recalculates))
    book += record(144) + record(157, calculation) + record(132)
    relations = "".join(
        f'<Relationship Id="rId{at}" Type="{_MAIN}/worksheet" Target="worksheets/sheet{at}.bin"/>'
        for at in range(1, len(parts) + 1)
    )
    kinds = "".join(
        f'<Override PartName="/xl/worksheets/sheet{at}.bin" ContentType="{_BINARY}.worksheet"/>'
        for at in range(1, len(parts) + 1)
    )
    relations += f'<Relationship Id="styles" Type="{_MAIN}/styles" Target="styles.bin"/>'
    relations += f'<Relationship Id="texts" Type="{_MAIN}/sharedStrings" Target="sharedStrings.bin"/>'
    texts = record(159, struct.pack("<II", len(shared), len(shared)))
    texts += b"".join(record(19, b"\0" + wide(text)) for text in shared) + record(160)
    with zipfile.ZipFile(path, "w") as pack:
        pack.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{_PACKAGE}/content-types">'
            f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Default Extension="bin" ContentType="{_BINARY}.sheet.binary.macroEnabled.main"/>{kinds}'
            f'<Override PartName="/xl/styles.bin" ContentType="{_BINARY}.styles"/>'
            f'<Override PartName="/xl/sharedStrings.bin" ContentType="{_BINARY}.sharedStrings"/></Types>',
        )
        head = f'<Relationships xmlns="{_PACKAGE}/relationships">'
        main = f'<Relationship Id="book" Type="{_MAIN}/officeDocument" Target="xl/workbook.bin"/>'
        pack.writestr("_rels/.rels", f"{head}{main}</Relationships>")
        pack.writestr("xl/_rels/workbook.bin.rels", f"{head}{relations}</Relationships>")
        pack.writestr("xl/workbook.bin", book)
        pack.writestr("xl/styles.bin", _styles())
        pack.writestr("xl/sharedStrings.bin", texts)
        for at, part in enumerate(parts, 1):
            pack.writestr(f"xl/worksheets/sheet{at}.bin", part)
    return path
