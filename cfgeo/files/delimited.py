"""CSV files → tables, as offices and programs write them, with what is odd about them."""

import csv
import io
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pandas as pd
from openpyxl.utils import get_column_letter

from cfgeo.core.errors import InputError
from cfgeo.files.cell_values import with_point
from cfgeo.files.encoding import encoding_of

SUFFIXES = (".csv", ".txt", ".tsv")

_SEPARATORS = ",\t;|"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_MARK = "\ufeff"


@dataclass(frozen=True)
class Delimited:
    """A text file as a table.

    Attributes
    ----------
    table : pandas.DataFrame
        Index: the rows as a spreadsheet numbers them, headings included; text, missing where a cell is empty.
    long : tuple of int
        Rows with more cells than there are headings; what is too much is not in the table.
    short : tuple of int
        Rows with fewer cells.
    twice : tuple of str
        Headings that stand more than once; all but the first go by their name and the letter of their column.
    """

    table: pd.DataFrame
    long: tuple[int, ...]
    short: tuple[int, ...]
    twice: tuple[str, ...]


def read_delimited(path: Path) -> Delimited:
    """Read a CSV in UTF-8, UTF-16 with its mark, or a Chinese encoding; with commas, tabs, semicolons or bars.

    Raises
    ------
    InputError
        The file is no such table.
    """
    about = path.stat()
    return _read(path, about.st_mtime_ns, about.st_size)


@lru_cache(maxsize=4)
def _read(path: Path, _changed: int, _size: int) -> Delimited:
    body = _decoded(path)
    separator = _separator(body, "\t" if path.suffix.lower() == ".tsv" else ",")
    rows = _rows(path, body, separator)
    first = next((i for i, row in enumerate(rows) if any(row)), None)
    if first is None:
        raise InputError("file_unreadable", file=path, reason=pd.errors.EmptyDataError())
    there = [i for i in range(first + 1, len(rows)) if any(rows[i])]
    given = rows[first]
    width = max(at + 1 for at, heading in enumerate(given) if heading)
    # A separator at the end of each row makes a nameless column, which is nobody's.
    twice = tuple(dict.fromkeys(heading for heading in given if heading and given.count(heading) > 1))
    columns: dict[str, list[str]] = {}
    for at, heading in enumerate(given[:width]):
        cells = [rows[i][at] if at < len(rows[i]) else "" for i in there]
        letter = get_column_letter(at + 1)
        name = heading if heading not in columns else f"{heading} ({letter})"
        if heading or any(cells):
            columns[name or letter] = cells
    table = pd.DataFrame(columns, index=pd.Index([i + 1 for i in there], dtype="int64"), dtype=object)
    long = tuple(i + 1 for i in there if any(rows[i][width:]))
    short = tuple(i + 1 for i in there if len(rows[i]) < width)
    return Delimited(table.where(table != "", None), long, short, twice)


def _decoded(path: Path) -> str:
    """Return what a file says, without the marks of its encoding."""
    try:
        body = path.read_bytes()
    except OSError as error:
        raise InputError("file_unreadable", file=path, reason=error) from error
    encoding = "utf-16" if body.startswith(_UTF_16) else encoding_of(body)
    if encoding is None:
        raise InputError("file_encoding", file=path)
    try:
        said = body.decode(encoding)
    except UnicodeDecodeError as error:
        raise InputError("file_encoding", file=path) from error
    if "\0" in said:
        raise InputError("file_nul", file=path)
    return said.lstrip(_MARK)


def _separator(body: str, usual: str) -> str:
    """Return the sign that stands most often in the first line that says something."""
    line = next((line for line in body.splitlines() if line.strip()), "")
    outside = re.sub(r'"[^"]*"', "", line)
    return str(max((usual, *_SEPARATORS), key=outside.count))


def _rows(path: Path, body: str, separator: str) -> list[list[str]]:
    reader = csv.reader(io.StringIO(body, newline=""), delimiter=separator, skipinitialspace=True, strict=True)
    try:
        rows = [[cell.strip() for cell in row] for row in reader]
    except csv.Error as error:
        raise InputError("text_quotes", file=path, line=reader.line_num) from error
    if separator == ";":  # what spreadsheets write where the comma is the decimal sign
        rows = [[with_point(cell) for cell in row] for row in rows]
    return rows
