"""One table on one sheet of a workbook: headings, formats, colours, widths, print."""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import numpy as np
import pandas as pd
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from cfgeo.core.schema import FAILED, NOT_ASSESSED, PASSED
from cfgeo.core.strings import Lang, name_of, text
from cfgeo.publish.safe_text import NO_CLOCK, clean, is_missing, one_line, width

PAPER = {"A3": 8, "A4": 9}
"""Excel's numbers of paper sizes."""

FONTS: dict[Lang, str] = {"zh": "微软雅黑", "en": "Arial"}
FONT_SIZE = 10
_WIDTHS = {"text": (6, 34), "long": (24, 46), "verdict": (9, 14), "degrees": (13, 13)}
_NUMBER_WIDTHS = (9, 15)
_PAGE_LETTERS = {"A3": 270, "A4": 185}
"""So many letters stand side by side on a page at ``_PRINT_SCALE``; a sheet of a few more is made to fit."""
_PRINT_SCALE = 62
_FITTED = 1.15
_LINE_PIXELS, _ROW_PIXELS = 17, 20
_MOST_LINES = 12
_WORDS = re.compile("[!-~]+")
_MOST_LETTERS = 32_767
_MOST_FOOTER = 240
_RIGHT = {"align": "right", "indent": 1}
_FORMS: dict[str, dict[str, Any]] = {
    "text": {"align": "left", "indent": 1},
    "long": {"align": "left", "indent": 1, "text_wrap": True},
    "mark": {"align": "center"},
    "degrees": {"num_format": "0.000000", **_RIGHT},
    "verdict": {"align": "center"},
    "percent": {"num_format": "0.0%", **_RIGHT},
    "whole_percent": {"num_format": "0%", **_RIGHT},
    "minutes": {"num_format": "0.0", **_RIGHT},
    "integer": {"num_format": "#,##0", **_RIGHT},
    "decimal": {"num_format": "#,##0.0#", **_RIGHT},
    "gap_percent": {"num_format": '0.0%;-0.0%;"–"', **_RIGHT},
    "gap_integer": {"num_format": '#,##0;-#,##0;"–"', **_RIGHT},
    "gap_decimal": {"num_format": '#,##0.0#;-#,##0.0#;"–"', **_RIGHT},
}
_VERDICT_COLOURS = {
    PASSED: {"bg_color": "#D5E8D4", "font_color": "#1B5E20"},
    FAILED: {"bg_color": "#F8D7C9", "font_color": "#8A2B0E"},
    NOT_ASSESSED: {"bg_color": "#E6E6E6", "font_color": "#4A4A4A"},
}
_STATUS_COLOURS = {"official": "#E3EDF7", "approximate": "#FFE9A8", "illustrative": "#FFD9B0"}


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


@dataclass
class Book:
    """A workbook that is being written.

    Attributes
    ----------
    file : xlsxwriter.Workbook
    lang : str
    title : str
        The study's.
    status : str
        official | approximate | illustrative.
    provenance : str
        Stands on each sheet.
    """

    file: xlsxwriter.Workbook
    lang: Lang
    title: str
    status: str
    provenance: str
    formats: dict[str, Format] = field(default_factory=dict)

    def format(self, **properties: Any) -> Format:
        """Return a format, made once."""
        key = repr(sorted(properties.items()))
        if key not in self.formats:
            base = {"font_name": FONTS[self.lang], "font_size": FONT_SIZE, "valign": "vcenter"}
            self.formats[key] = self.file.add_format({**base, **properties})
        return self.formats[key]

    def add_sheet(self, name: str, *, paper: str = "A4") -> Worksheet:
        """Begin a sheet: its title and, under it, how good the data is and where it comes from."""
        sheet = self.file.add_worksheet(name)
        put(
            sheet,
            0,
            0,
            text("word.gap", self.lang, clause=self.title, communities=name),
            self.format(bold=True, size=14),
        )
        colour = _STATUS_COLOURS.get(self.status, "#FFFFFF")
        said = text("report.sheet_status", self.lang, status=name_of("word", self.status, self.lang))
        put(sheet, 1, 0, said, self.format(bold=True, bg_color=colour))
        for column in range(1, 6):
            sheet.write_blank(1, column, None, self.format(bg_color=colour))
        put(sheet, 2, 0, self.provenance, self.format(size=8, font_color="#555555"))
        for row, pixels in enumerate((28, 22, 18, 26)):
            sheet.set_row_pixels(row, pixels)
        sheet.set_landscape()
        sheet.set_paper(PAPER[paper])
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
        sheet.hide_gridlines(2)
        # In a footer "&" begins a command; twice it is itself.
        foot = clean(f"{self.title}  {said}").replace("&", "&&").replace("\n", " ")[:_MOST_FOOTER]
        sheet.set_footer(f"&L&8{foot}&R&8&P / &N")
        return sheet


@contextmanager
def written_book(body: BinaryIO, *, lang: Lang, title: str, status: str, provenance: str) -> Iterator[Book]:
    """Give a workbook to write sheets to; it is whole when the block ends.

    Parameters
    ----------
    body
        Where it goes.
    lang
        Language of its sheets.
    title, status
        Of the study.
    provenance
        Stands on each sheet.
    """
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "default_format_properties": {"font_name": FONTS[lang], "font_size": FONT_SIZE},
    }
    said = one_line(title)
    with xlsxwriter.Workbook(body, options) as file:
        file.set_properties({"title": said, "comments": name_of("word", status, lang), "created": NO_CLOCK})
        yield Book(file, lang, said, status, provenance)


def number_form(values: Iterable[Any]) -> str:
    """Return how numbers are written: with decimals where one of them has some."""
    numbers = [float(value) for value in values if not is_missing(value)]
    return "integer" if all(math.isnan(number) or number.is_integer() for number in numbers) else "decimal"


def put(sheet: Worksheet, row: int, column: int, value: Any, form: Format) -> None:
    """Write a value as what it is: a number as a number, a text as a text, whatever it begins with."""
    value = value if pd.api.types.is_scalar(value) else str(value)  # a user's list, or worse
    if is_missing(value) or value in ("", math.inf):
        sheet.write_blank(row, column, None, form)
    elif isinstance(value, int | float | np.number) and not isinstance(value, bool):
        sheet.write_number(row, column, float(value), form)
    else:
        said = clean(value)[:_MOST_LETTERS]
        # A string in these tags would be written as markup instead of text.
        said = f"{said} " if said.startswith("<r>") and said.endswith("</r>") else said
        sheet.write_string(row, column, said, form)


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
        _bands(book, sheet, columns, top)
    heading = book.format(bold=True, text_wrap=True, align="center", bg_color="#2F4B66", font_color="#FFFFFF", border=1)
    last = head + max((len(column.cells) for column in columns), default=0)
    for i, column in enumerate(columns):
        put(sheet, head, i, column.heading, heading)
        sheet.write_comment(head, i, clean(column.name), {"font_size": 9, "x_scale": 1.4, "y_scale": 0.5})
        for j, value in enumerate(column.cells):
            form = book.format(border=1, border_color="#C8C8C8", **_FORMS[column.form_of(j)])
            put(sheet, head + 1 + j, i, value, form)
        sheet.set_column(i, i, _width(column))
        if column.cells and column.form_of(0) == "verdict":
            _colour(book, sheet, (head + 1, i, last, i))
    sheet.set_row_pixels(head, _LINE_PIXELS * max(_lines(column.heading, column) for column in columns) + 8)
    for j in range(last - head):
        sheet.set_row_pixels(head + 1 + j, _row_pixels(columns, j))
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


def _page_breaks(columns: Sequence[Column], frozen: int, room: float) -> list[int]:
    """Return before which columns a new page begins: never inside a band."""
    if sum(map(_width, columns)) <= room * _FITTED:
        return []
    repeated = sum(map(_width, columns[:frozen]))
    breaks: list[int] = []
    used, start = repeated, frozen
    while start < len(columns):
        end = start + 1
        while columns[start].band and end < len(columns) and columns[end].band == columns[start].band:
            end += 1
        wide = sum(map(_width, columns[start:end]))
        if used + wide > room and used > repeated:
            breaks.append(start)
            used = repeated
        used, start = used + wide, end
    return breaks


def _bands(book: Book, sheet: Worksheet, columns: Sequence[Column], row: int) -> None:
    form = book.format(bold=True, text_wrap=True, align="center", bg_color="#D9E2EC", border=1)
    start = 0
    for end in range(1, len(columns) + 1):
        if end < len(columns) and columns[end].band == columns[start].band:
            continue
        band = columns[start].band
        if band and end - start > 1:
            sheet.merge_range(row, start, row, end - 1, "", form)
        if band:
            put(sheet, row, start, band, form)
        start = end
    sheet.set_row_pixels(row, 46)


def _colour(book: Book, sheet: Worksheet, cells: tuple[int, int, int, int]) -> None:
    """Colour the cells of a verdict by the word that stands there."""
    for verdict, colours in _VERDICT_COLOURS.items():
        word = name_of("word", verdict, book.lang).replace('"', '""')
        form = book.file.add_format(colours)
        sheet.conditional_format(*cells, {"type": "cell", "criteria": "==", "value": f'"{word}"', "format": form})


def _width(column: Column) -> float:
    least, most = _WIDTHS.get(column.form_of(0) if column.cells else "text", _NUMBER_WIDTHS)
    widest = max((width(clean(value)) for value in column.cells if isinstance(value, str)), default=0)
    # A heading may take two lines, breaks between words, and leaves room for the filter's button.
    word = max(map(len, _WORDS.findall(column.heading)), default=0)
    return min(max(least, widest + 3, width(column.heading) / 2 + 4, word + 3), most)


def _lines(said: str, column: Column) -> int:
    """Return how many lines a text takes in a column, filled less tightly than a program would."""
    return lines_in(said, _width(column) - 3)


def lines_in(said: str, room: float) -> int:
    """Return how many lines a text takes in a column of so many letters."""
    return min(sum(math.ceil(max(width(part), 1) / room) for part in said.split("\n")), _MOST_LINES)


def pixels_of(lines: int) -> int:
    """Return the height of a row of so many lines."""
    return _ROW_PIXELS + _LINE_PIXELS * (lines - 1)


def _row_pixels(columns: Sequence[Column], row: int) -> int:
    """Return the height of a row; programs do not agree on whether a row grows by itself."""
    wrapped = [column for column in columns if column.form_of(row) == "long"]
    lines = max((_lines(clean(column.cells[row]), column) for column in wrapped), default=1)
    return pixels_of(lines)
