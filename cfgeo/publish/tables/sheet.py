"""One table on one sheet of a workbook: headings, formats, colours, widths, print."""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from xlsxwriter.worksheet import Worksheet

from cfgeo.core.schema import FAILED, NOT_ASSESSED, PASSED
from cfgeo.core.strings import name_of
from cfgeo.publish.run.units import PER_CENT, MeasureUnit
from cfgeo.publish.safe_text import clean, is_missing, width
from cfgeo.publish.tables.book import Book, add_note, put
from cfgeo.publish.words.numbers import SCALES, TABLE_DECIMALS

_WIDTHS = {"text": (6, 34), "long": (24, 46), "verdict": (9, 14), "degrees": (13, 13)}
_NUMBER_WIDTHS = (9, 15)
_MARGIN_LETTERS = 3
_FEW_LINES, _WIDEST = 3, 140
"""A column of long texts grows until none takes more lines, at most to so many letters: tall rows print badly."""
_PAGE_LETTERS = {"A3": 270, "A4": 185}
"""So many letters stand side by side on a page at ``_PRINT_SCALE``; a sheet of a few more is made to fit."""
_PRINT_SCALE = 62
_FITTED = 1.35
_LINE_PIXELS, _ROW_PIXELS, _BAND_PIXELS = 17, 20, 46
_MOST_LINES = 12
_WORDS = re.compile("[!-~]+")
_RIGHT = {"align": "right", "indent": 1}
_FORMS: dict[str, dict[str, Any]] = {
    "text": {"align": "left", "indent": 1},
    "long": {"align": "left", "indent": 1, "text_wrap": True},
    "mark": {"align": "center"},
    "degrees": {"num_format": "0.000000", **_RIGHT},
    "verdict": {"align": "center"},
    "percent": {"num_format": "0.0%", **_RIGHT},
    "permille": {"num_format": '0.0#"‰"', **_RIGHT},
    "whole_percent": {"num_format": "0%", **_RIGHT},
    "minutes": {"num_format": "0.0", **_RIGHT},
    "integer": {"num_format": "#,##0", **_RIGHT},
    "decimal": {"num_format": "#,##0.0#", **_RIGHT},
    "gap_percent": {"num_format": '0.0%;-0.0%;"–"', **_RIGHT},
    "gap_permille": {"num_format": '0.0#"‰";-0.0#"‰";"–"', **_RIGHT},
    "gap_integer": {"num_format": '#,##0;-#,##0;"–"', **_RIGHT},
    "gap_decimal": {"num_format": '#,##0.0#;-#,##0.0#;"–"', **_RIGHT},
}
_DECIMALS = {
    "percent": "0.{}%",
    "permille": '0.{}"‰"',
    "decimal": "#,##0.{}",
    "gap_percent": '0.{0}%;-0.{0}%;"–"',
    "gap_permille": '0.{0}"‰";-0.{0}"‰";"–"',
    "gap_decimal": '#,##0.{0};-#,##0.{0};"–"',
}
"""Forms that may have any number of decimals: ``percent:3``."""
_HEADING = {"bold": True, "text_wrap": True, "align": "center", "border": 1}
VERDICT_COLOURS = {
    PASSED: {"bg_color": "#D5E8D4", "font_color": "#1B5E20"},
    FAILED: {"bg_color": "#F8D7C9", "font_color": "#8A2B0E"},
    NOT_ASSESSED: {"bg_color": "#E6E6E6", "font_color": "#4A4A4A"},
}


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes
    ----------
    name : str
        As in the CSV tables; stands as a note on the heading.
    heading : str
        In the run's language.
    cells : sequence
        Missing ones stay empty; texts stay texts.
    form : str or sequence of str
        One of the forms of number or text, for all cells or each.
    band : str
        Heading over several neighbours that have the same.
    """

    name: str
    heading: str
    cells: Sequence[Any]
    form: str | Sequence[str] = "text"
    band: str = ""

    def form_of(self, row: int) -> str:
        """Return the form of one cell."""
        return self.form if isinstance(self.form, str) else self.form[row]

    @cached_property
    def width(self) -> float:
        """How wide the column is [letters]."""
        least, most = _WIDTHS.get(self.form_of(0) if self.cells else "text", _NUMBER_WIDTHS)
        words = {value for value in self.cells if isinstance(value, str)}
        widest = max((width(clean(value)) for value in words), default=0)
        # A heading may take two lines, breaks between words, and leaves room for the filter's button.
        word = max(map(len, _WORDS.findall(self.heading)), default=0)
        wide = max(least, widest + _MARGIN_LETTERS, width(self.heading) / 2 + 4, word + _MARGIN_LETTERS)
        if "long" in self.form:
            most = min(max(most, math.ceil(widest / _FEW_LINES) + _MARGIN_LETTERS), _WIDEST)
        return min(wide, most)

    def lines(self, words: str) -> int:
        """Return how many lines a text takes in this column, filled less tightly than a program would."""
        return lines_in(words, self.width - _MARGIN_LETTERS)


def number_form(values: Iterable[Any]) -> str:
    """Return how numbers are written: with decimals where one of them has some."""
    numbers = [float(value) for value in values if not is_missing(value)]
    return "integer" if all(math.isnan(number) or number.is_integer() for number in numbers) else "decimal"


def add_table(book: Book, sheet: Worksheet, columns: Sequence[Column], *, top: int, frozen: int, paper: str) -> None:
    """Write a table with frozen, filtered and repeated headings.

    Parameters
    ----------
    book
        Its formats and language.
    sheet
        Where to.
    columns
        The table; bands stand in a row of their own over the headings.
    top
        First row.
    paper
        A3 | A4.
    frozen
        Columns that stay in sight, and are printed again on each page.
    """
    banded = any(column.band for column in columns)
    head = top + banded
    if banded:
        _add_bands(book, sheet, columns, top)
    last = head + max((len(column.cells) for column in columns), default=0)
    for i, column in enumerate(columns):
        _add_column(book, sheet, column, i, head=head, last=last)
    sheet.set_row_pixels(head, _LINE_PIXELS * max(column.lines(column.heading) for column in columns) + 8)
    long = [column for column in columns if "long" in ([column.form] if isinstance(column.form, str) else column.form)]
    for row in range(last - head):
        sheet.set_row_pixels(head + 1 + row, _row_pixels(long, row))
    breaks = _page_breaks(columns, frozen, _PAGE_LETTERS[paper])
    if breaks:
        sheet.set_print_scale(_PRINT_SCALE)
        sheet.set_v_pagebreaks(breaks)
        sheet.repeat_columns(0, frozen - 1)
    sheet.freeze_panes(head + 1, frozen)
    sheet.autofilter(head, 0, max(last, head + 1), len(columns) - 1)
    sheet.repeat_rows(top, head)
    # Codes are texts of digits: that is meant, and needs no green corner.
    sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{last + 2}"})


def _add_bands(book: Book, sheet: Worksheet, columns: Sequence[Column], row: int) -> None:
    """Write the headings over several columns."""
    form = book.format(bg_color="#D9E2EC", **_HEADING)
    for start, end in _blocks(columns):
        if band := columns[start].band:
            if end - start > 1:
                sheet.merge_range(row, start, row, end - 1, "", form)
            put(sheet, row, start, band, form)
    sheet.set_row_pixels(row, _BAND_PIXELS)


def _add_column(book: Book, sheet: Worksheet, column: Column, i: int, *, head: int, last: int) -> None:
    """Write a column: its heading with a note, its cells, its width, and colours where they are verdicts."""
    put(sheet, head, i, column.heading, book.format(bg_color="#2F4B66", font_color="#FFFFFF", **_HEADING))
    add_note(sheet, head, i, column.name)
    forms = [column.form_of(row) for row in range(len(column.cells))]
    formats = {
        form: book.format(border=1, border_color="#C8C8C8", **_properties_of(form)) for form in dict.fromkeys(forms)
    }
    for row, (value, form) in enumerate(zip(column.cells, forms, strict=True), start=head + 1):
        put(sheet, row, i, _as_written(value, form), formats[form])
    sheet.set_column(i, i, column.width)
    if column.cells and column.form_of(0) == "verdict":
        for verdict, colours in VERDICT_COLOURS.items():
            word = name_of("word", verdict, book.lang).replace('"', '""')
            rule = {"type": "cell", "criteria": "==", "value": f'"{word}"', "format": book.file.add_format(colours)}
            sheet.conditional_format(head + 1, i, last, i, rule)


def exact_form(form: str, decimals: int) -> str:
    """Return a form of numbers with so many decimals."""
    return f"{form}:{decimals}"


def share_form(decimals: int, unit: MeasureUnit = PER_CENT) -> str:
    """Return how a share is written: as per cent or per mille with one decimal or more."""
    form = "percent" if unit == PER_CENT else "permille"
    return exact_form(form, decimals) if decimals > 1 else form


def _as_written(value: Any, form: str) -> Any:
    """Return what a cell holds: a spreadsheet has a format of its own for per cent, and none for per mille."""
    if "permille" not in form or isinstance(value, str) or is_missing(value):
        return value
    return round(float(value) * SCALES["‰"], TABLE_DECIMALS)


def _properties_of(form: str) -> dict[str, Any]:
    name, _, decimals = form.partition(":")
    if not decimals:
        return _FORMS[name]
    return _FORMS[name] | {"num_format": _DECIMALS[name].format("0" * int(decimals))}


def _blocks(columns: Sequence[Column]) -> Iterator[tuple[int, int]]:
    """Yield first and end of each run of neighbours under one band, or without one."""
    start = 0
    for end in range(1, len(columns) + 1):
        if end == len(columns) or columns[end].band != columns[start].band:
            yield start, end
            start = end


def _page_breaks(columns: Sequence[Column], frozen: int, room: float) -> list[int]:
    """Return before which columns a new page begins: never inside a band."""
    if sum(column.width for column in columns) <= room * _FITTED:
        return []
    repeated = sum(column.width for column in columns[:frozen])
    breaks: list[int] = []
    used = repeated
    for start, end in _unbroken(columns, frozen):
        wide = sum(column.width for column in columns[start:end])
        if used + wide > room and used > repeated:
            breaks.append(start)
            used = repeated
        used += wide
    return breaks


def _unbroken(columns: Sequence[Column], frozen: int) -> Iterator[tuple[int, int]]:
    """Yield first and end of what stays on one page, after the frozen columns: a band, or a single column."""
    for start, end in _blocks(columns[frozen:]):
        if columns[frozen + start].band:
            yield frozen + start, frozen + end
        else:
            yield from ((i, i + 1) for i in range(frozen + start, frozen + end))


def lines_in(words: str, room: float) -> int:
    """Return how many lines a text takes in a column of so many letters."""
    return min(sum(math.ceil(max(width(part), 1) / room) for part in words.split("\n")), _MOST_LINES)


def pixels_of(lines: int) -> int:
    """Return the height of a row of so many lines."""
    return _ROW_PIXELS + _LINE_PIXELS * (lines - 1)


def _row_pixels(columns: Sequence[Column], row: int) -> int:
    """Return the height of a row; programs do not agree on whether a row grows by itself."""
    wrapped = [column for column in columns if column.form_of(row) == "long"]
    return pixels_of(max((column.lines(clean(column.cells[row])) for column in wrapped), default=1))
