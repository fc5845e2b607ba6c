"""CSV files → tables, as offices and programs write them, with what is odd about them."""

import codecs
import csv
import io
import re
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from cfgeo.core.errors import InputError
from cfgeo.core.findings import Findings, finding
from cfgeo.files.cell_values import cell_text, money_unit, with_point
from cfgeo.files.encodings.detect import LOST, Encoding, encoded_once, read_encoding
from cfgeo.files.openable import require_no_map
from cfgeo.files.workbooks.asides import has_asides
from cfgeo.files.workbooks.sheet_layout import (
    Area,
    Rows,
    SheetCells,
    SheetTable,
    heading_findings,
    heading_rows,
    named_columns,
    sheet_of,
    unseen_areas,
)

SUFFIXES = (".csv", ".txt", ".tsv")

_SEPARATORS = ",\t;|"
_WIDE_SEPARATORS = "，；"
_IDLE_TABS = re.compile(r"(?<=[,;|])\t+|^\t+|\t+(?=[,;|]|$)", re.MULTILINE)
"""Tabs beside another separator, or at the end: some programs write one into each cell, so that numbers stay text."""
_COLUMNS = (re.compile("、"), re.compile(r" *\u3000[ \u3000]*| {2,}"))
"""What parts cells in texts that people typed, or that a printer has laid out."""
_LEAST_COLUMNS = 3
_SEPARATOR_LINE = re.compile(r"[\"']?sep=(.)[\"']?[,;\t]*", re.IGNORECASE)
_MARKS = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_END_OF_FILE = "\x1a"
"""What programs of DOS write behind a text."""
_BYTE_ORDER_MARK, _UTF_8_MARKS = "\ufeff", re.compile(rb"^(\xef\xbb\xbf)+")
_BETWEEN = re.compile(rb'[\t\r\n",;]+')
"""Bytes that stand between cells, and are no part of a letter in any encoding."""
_MOST_LOOKED_AT = 20


@dataclass(frozen=True)
class Delimited:
    """A text file as a table.

    Attributes
    ----------
    table : pandas.DataFrame
        Index: the rows as a spreadsheet numbers them, headings included; text, missing where a cell is empty.
    long_rows : tuple of int
        Rows with more cells than there are headings; the surplus is not in the table.
    short_rows : tuple of int
        Rows with fewer cells.
    repeated : tuple of str
        Headings that stand more than once; all but the first are named with the letter of their column.
    nameless : tuple of str
        Columns of words without a heading, by the letters that they go by.
    encoding : Encoding
        What the text is in.
    lost : dict of int to str
        Rows with bytes that are no letter, and the first such cell of each.
    mixed : tuple of int
        Rows that are in UTF-8, where others are in ``encoding``.
    sheet : SheetTable, optional
        The layout, where there are titles above the headings, or these stand in two rows.
    """

    table: pd.DataFrame
    long_rows: tuple[int, ...]
    short_rows: tuple[int, ...]
    repeated: tuple[str, ...]
    nameless: tuple[str, ...]
    encoding: Encoding
    lost: dict[int, str] = field(default_factory=dict)
    mixed: tuple[int, ...] = ()
    sheet: SheetTable | None = None

    @property
    def money_units(self) -> dict[str, str]:
        """Units of money by heading, "" where a heading names none."""
        if self.sheet is not None:
            return dict(self.sheet.money_units)
        return {str(heading): money_unit(str(heading)) for heading in self.table.columns}

    @property
    def remarks(self) -> tuple[str, ...]:
        """The text around the table."""
        return () if self.sheet is None else self.sheet.remarks

    def findings(self, layer: str) -> Findings:
        """Return the oddities of the file as findings about ``layer``."""
        rows = self.encoding.findings(layer)
        if self.mixed:
            name, lines = self.encoding.name, self.mixed
            rows.append(finding("encoding_mixed", layer, file=layer, encoding=name, count=len(lines), rows=lines))
        if self.lost:
            sample = next(iter(self.lost.values()))
            rows.append(finding("letters_lost", layer, file=layer, rows=tuple(self.lost), sample=sample))
        rows += [finding("row_long", layer, row=row) for row in self.long_rows]
        rows += [finding("row_short", layer, severity="note", row=row) for row in self.short_rows]
        if self.sheet is not None:
            return rows + self.sheet.findings(layer)
        return rows + heading_findings(layer, self.repeated, self.nameless)


@dataclass(frozen=True)
class _Text:
    """The text of a file without its byte order mark; ``mixed`` are the lines in UTF-8 where the others are not."""

    text: str
    encoding: Encoding
    mixed: tuple[int, ...] = ()


def read_delimited(path: Path, body: bytes, *, encoding: str | None = None) -> Delimited:
    """Read a CSV in whatever encoding; with commas, tabs, semicolons or bars; with titles above its headings or none.

    Parameters
    ----------
    path
        The file, for errors.
    body
        Its content.
    encoding
        Python's name of its encoding, where the user gives it.

    Raises
    ------
    InputError
        The file is no such table.
    """
    require_no_map(path, body)
    read = _decoded(path, body, encoding)
    first_line = next(iter(read.text.splitlines()), "")
    named = _SEPARATOR_LINE.fullmatch(first_line.strip(" \ufeff"))
    text = read.text if named else _in_columns(read.text)
    separator = named[1] if named else _separator(text, default="\t" if path.suffix.lower() == ".tsv" else ",")
    split = _split(path, text, separator)
    # Row numbers are those of a spreadsheet: from 1, blank rows included; Excel does not show its line sep=; as one.
    rows = {number: row for number, row in enumerate(split, start=0 if named else 1) if number and any(row)}
    if not rows:
        raise InputError("file_unreadable", file=path, reason=pd.errors.EmptyDataError())
    tops, areas = _heading_rows(rows)
    above = {number: rows.pop(number) for number in [*rows] if number < tops[0]}
    heads = {number: rows.pop(number) for number in tops}
    headings = heads[tops[0]]
    # A separator at the end of each row makes a nameless column, which is nobody's.
    width = max(column + 1 for head in heads.values() for column, heading in enumerate(head) if heading)
    cells = [[row[column] if column < len(row) else "" for column in range(width)] for row in rows.values()]
    columns, repeated, nameless = named_columns(headings[:width], cells)
    values = {heading: [row[at] for row in cells] for heading, at in columns.items()}
    table = pd.DataFrame(values, index=pd.Index(list(rows), dtype="int64"), dtype=object)
    is_sheet = above or areas or has_asides(cells, headings[:width])
    sheet = _laid_out(path.name, {**above, **heads, **rows}, width, tops, areas) if is_sheet else None
    return Delimited(
        table=table.where(table != "", None) if sheet is None else sheet.table,
        long_rows=tuple(number for number, row in rows.items() if any(row[width:])),
        short_rows=tuple(number for number, row in rows.items() if len(row) < width and sheet is None),
        repeated=repeated,
        nameless=nameless,
        encoding=read.encoding,
        lost={number: cell for number, row in rows.items() for cell in reversed(row) if LOST in cell},
        mixed=read.mixed,
        sheet=sheet,
    )


def _heading_rows(rows: dict[int, list[str]]) -> tuple[list[int], list[Area]]:
    """Return the rows of the headings, below the titles of a sheet that was saved as text, and what was merged there.

    A text does not tell what was merged: headings in two rows are known by their blanks.
    """
    first = min(rows)
    width = max(map(len, rows.values()))
    padded = [row + [""] * (width - len(row)) for row in rows.values()]
    areas = unseen_areas(padded)
    found = heading_rows(SheetCells(padded, areas, is_hidden=False, hidden=frozenset()))
    filled = [sum(map(bool, row)) for row in padded]
    if not found or any(count > 1 and count * 2 >= filled[found[0]] for count in filled[: found[0]]):
        return [first], []
    numbers = list(rows)
    merged = [(numbers[row] - 1, left, numbers[row] - 1, right) for row, left, _, right in areas if row in found]
    return [numbers[row] for row in (found if merged else found[:1])], merged


def _laid_out(name: str, rows: dict[int, list[str]], width: int, tops: list[int], areas: list[Area]) -> SheetTable:
    """Return rows as the sheet that they were saved from, on their own numbers."""
    every: Rows = [[] for _ in range(max(rows))]
    for number, row in rows.items():
        every[number - 1] = row[:width]
    every = [row + [""] * (width - len(row)) for row in every]
    cells = SheetCells(every, areas, is_hidden=False, hidden=frozenset())
    return sheet_of(name, cells, [top - 1 for top in tops])


def _decoded(path: Path, body: bytes, given: str | None) -> _Text:
    """Return the text of a file's content, and what it is in."""
    wide = _MARKS.get(body[:2]) or (_utf_16(body) if b"\0" in body else None)
    if given or wide:
        encoding = Encoding(given or str(wide), known=bool(given) or body[:2] in _MARKS)
    elif once := encoded_once(body.removeprefix(codecs.BOM_UTF8)):
        body = once
        encoding = replace(read_encoding(_BETWEEN.split(body)), twice=True)
    else:
        encoding = read_encoding(_BETWEEN.split(_UTF_8_MARKS.sub(b"", body)))
    text = body.decode(encoding.codec, "replace")
    if not encoding.known and not encoding.sample:
        cells = [cell for cell in re.split(r'[\t\r\n",;]+', text) if cell.strip()]
        encoding = replace(encoding, sample=next((cell for cell in cells if not cell.isascii()), "".join(cells[:1])))
    mixed: tuple[int, ...] = ()
    if not (given or wide or (encoding.codec == "utf-8" and LOST not in text)):
        text, encoding, mixed = _line_by_line(body, text, encoding)
    if not encoding.is_text:
        raise InputError("file_encoding", file=path)
    if "\0" in text:
        raise InputError("file_nul", file=path)
    return _Text(text.lstrip(_BYTE_ORDER_MARK).rstrip(_END_OF_FILE), encoding, mixed)


def _utf_16(body: bytes) -> str | None:
    """Return which UTF-16 a text without its mark is in: most of its ASCII has a byte of nothing beside it."""
    zeros = {"utf-16-le": body[1::2].count(0), "utf-16-be": body[0::2].count(0)}
    codec = max(zeros, key=lambda name: zeros[name])
    is_wide = len(body) % 2 == 0 and zeros[codec] > max(len(body) // 8, 4 * min(zeros.values()))
    return codec if is_wide else None


def _line_by_line(body: bytes, text: str, encoding: Encoding) -> tuple[str, Encoding, tuple[int, ...]]:
    """Return a text of which some lines are in UTF-8 and others are not, as when one list is pasted below another."""
    lines = body.splitlines(keepends=True)
    strict = [i for i, line in enumerate(lines) if not line.isascii() and _is_utf_8(line)]
    rest = [line for line in lines if not line.isascii() and not _is_utf_8(line)]
    other = read_encoding(_BETWEEN.split(b"\n".join(rest))) if strict else encoding
    if not (strict and rest) or other.codec == "utf-8" or other.other:
        return text, encoding, ()
    parts = [line.decode("utf-8" if _is_utf_8(line) else other.codec, "replace") for line in lines]
    return "".join(parts), other, tuple(i + 1 for i in strict)


def _is_utf_8(line: bytes) -> bool:
    """Return whether a line is UTF-8, and no other text by chance."""
    try:
        return any(sign > "\u07ff" for sign in line.decode("utf-8"))
    except UnicodeDecodeError:
        return False


def _in_columns(text: str) -> str:
    """Return a text whose cells are parted by 、 or by several blanks, alike in each line, with tabs; else as it is.

    A blank cell is not seen among blanks, so that a text with lines of other lengths stays one column.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines or any(sign in lines[0] for sign in (*_SEPARATORS, *_WIDE_SEPARATORS, '"')):
        return text
    for between in _COLUMNS:
        counts = {len(between.split(line)) for line in lines}
        if len(counts) == 1 and counts.pop() >= _LEAST_COLUMNS:
            return "\n".join(between.sub("\t", line.strip()) for line in text.splitlines())
    return text


def _separator(text: str, *, default: str) -> str:
    """Return the separator that stands most often in the first lines, outside quotes; a comma in a number is none."""
    lines = [line for line in text.splitlines() if line.strip()][:_MOST_LOOKED_AT]
    unquoted = re.sub(r'"[^"]*"', "", "\n".join(lines))
    words = _IDLE_TABS.sub("", re.sub(r"(?<=\d),(?=\d)", "", unquoted))
    most = max((default, *_SEPARATORS), key=words.count)
    wide = max(_WIDE_SEPARATORS, key=lines[0].count) if lines else ""
    if unquoted.count(most) == 0 and wide and lines[0].count(wide):
        return wide
    return str(most)


def _split(path: Path, text: str, separator: str) -> list[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True, strict=True)
    try:
        rows = [[cell_text(cell) for cell in row] for row in reader]
    except csv.Error as error:
        raise InputError("text_quotes", file=path, line=reader.line_num) from error
    lines = ["".join(row) for row in rows]
    heading = next(filter(None, lines), "")
    if all(len(row) <= 1 for row in rows) and _separator(heading, default=separator) in heading:
        # Each line as a whole stands in quotes: a list that was saved as a list once more.
        return _split(path, "\n".join(lines), _separator(heading, default=separator))
    if separator == ";":  # what spreadsheets write where the comma is the decimal sign
        rows = [[with_point(cell) for cell in row] for row in rows]
    return rows
