"""CSV files → tables, as offices and programs write them, with what is odd about them."""

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from openpyxl.utils import get_column_letter

from cfgeo.core.errors import InputError
from cfgeo.core.findings import Findings, finding
from cfgeo.files.cell_values import money_unit, with_point
from cfgeo.files.encoding import encoding_of, guessed_name

SUFFIXES = (".csv", ".txt", ".tsv")

_SEPARATORS = ",\t;|"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_BYTE_ORDER_MARK = "\ufeff"


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
    encoding : str, optional
        The encoding that was guessed, since the text is not UTF-8 and the file names none.
    """

    table: pd.DataFrame
    long_rows: tuple[int, ...]
    short_rows: tuple[int, ...]
    repeated: tuple[str, ...]
    encoding: str | None = None

    @property
    def money_units(self) -> dict[str, str]:
        """Units of money by heading, "" where a heading names none."""
        return {str(heading): money_unit(str(heading)) for heading in self.table.columns}

    def findings(self, layer: str) -> Findings:
        """Return the oddities of the file as findings about ``layer``."""
        rows = [finding("row_long", layer, row=row) for row in self.long_rows]
        rows += [finding("row_short", layer, severity="note", row=row) for row in self.short_rows]
        return rows + [finding("heading_twice", layer, row=heading) for heading in self.repeated]


def read_delimited(path: Path) -> Delimited:
    """Read a CSV in UTF-8, UTF-16 with its mark, or a Chinese encoding; with commas, tabs, semicolons or bars.

    Raises
    ------
    InputError
        The file is no such table.
    """
    text, encoding = _decoded(path)
    separator = _separator(text, default="\t" if path.suffix.lower() == ".tsv" else ",")
    # Row numbers are those of a spreadsheet: from 1, blank rows included.
    rows = {number: row for number, row in enumerate(_split(path, text, separator), start=1) if any(row)}
    if not rows:
        raise InputError("file_unreadable", file=path, reason=pd.errors.EmptyDataError())
    headings = rows.pop(min(rows))
    # A separator at the end of each row makes a nameless column, which is nobody's.
    width = max(column + 1 for column, heading in enumerate(headings) if heading)
    cells = [[row[column] if column < len(row) else "" for column in range(width)] for row in rows.values()]
    columns: dict[str, list[str]] = {}
    for column, heading in enumerate(headings[:width]):
        values, letter = [row[column] for row in cells], get_column_letter(column + 1)
        if heading or any(values):
            name = heading or letter
            columns[f"{heading} ({letter})" if heading and heading in columns else name] = values
    table = pd.DataFrame(columns, index=pd.Index(list(rows), dtype="int64"), dtype=object)
    return Delimited(
        table=table.where(table != "", None),
        long_rows=tuple(number for number, row in rows.items() if any(row[width:])),
        short_rows=tuple(number for number, row in rows.items() if len(row) < width),
        repeated=tuple(dict.fromkeys(heading for heading in headings if heading and headings.count(heading) > 1)),
        encoding=encoding,
    )


def _decoded(path: Path) -> tuple[str, str | None]:
    """Return a file's text without its byte order mark, and the encoding where it was guessed."""
    try:
        body = path.read_bytes()
    except OSError as error:
        raise InputError("file_unreadable", file=path, reason=error) from error
    encoding = "utf-16" if body.startswith(_UTF_16) else encoding_of(body)
    if encoding is None:
        raise InputError("file_encoding", file=path)
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError as error:
        raise InputError("file_encoding", file=path) from error
    if "\0" in text:
        raise InputError("file_nul", file=path)
    return text.lstrip(_BYTE_ORDER_MARK), guessed_name(encoding)


def _separator(text: str, *, default: str) -> str:
    """Return the separator that stands most often in the first line that is not blank, outside quotes."""
    line = next((line for line in text.splitlines() if line.strip()), "")
    unquoted = re.sub(r'"[^"]*"', "", line)
    return str(max((default, *_SEPARATORS), key=unquoted.count))


def _split(path: Path, text: str, separator: str) -> list[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True, strict=True)
    try:
        rows = [[cell.strip() for cell in row] for row in reader]
    except csv.Error as error:
        raise InputError("text_quotes", file=path, line=reader.line_num) from error
    if separator == ";":  # what spreadsheets write where the comma is the decimal sign
        rows = [[with_point(cell) for cell in row] for row in rows]
    return rows
