"""A workbook that is being written: its look, its sheets with their heads, and its cells."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, BinaryIO

import numpy as np
import pandas as pd
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from cfgeo.core.strings import Lang, name_of, text
from cfgeo.publish.safe_text import NO_CLOCK, clean, is_missing, one_line

FONTS: dict[Lang, str] = {"zh": "微软雅黑", "en": "Arial"}
FONT_SIZE = 10
_PAPER = {"A3": 8, "A4": 9}
"""Excel's numbers of paper sizes."""
_STATUS_COLOURS = {"official": "#E3EDF7", "approximate": "#FFE9A8", "illustrative": "#FFD9B0"}
_HEAD_PIXELS = (28, 22, 18, 26)
_MOST_LETTERS = 32_767
_MOST_FOOTER = 240


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
        """Return a format; the same properties give the same format."""
        key = repr(sorted(properties.items()))
        if key not in self.formats:
            base = {"font_name": FONTS[self.lang], "font_size": FONT_SIZE, "valign": "vcenter"}
            self.formats[key] = self.file.add_format({**base, **properties})
        return self.formats[key]

    def add_sheet(self, name: str, *, paper: str = "A4") -> Worksheet:
        """Begin a sheet: its title and, under it, how good the data is and where it comes from."""
        sheet = self.file.add_worksheet(name)
        status = text("report.sheet_status", self.lang, status=name_of("word", self.status, self.lang))
        self._add_head(sheet, text("word.gap", self.lang, clause=self.title, communities=name), status)
        sheet.set_landscape()
        sheet.set_paper(_PAPER[paper])
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
        sheet.hide_gridlines(2)
        # In a footer "&" begins a command; twice it is itself.
        footer = clean(f"{self.title}  {status}").replace("&", "&&").replace("\n", " ")[:_MOST_FOOTER]
        sheet.set_footer(f"&L&8{footer}&R&8&P / &N")
        return sheet

    def _add_head(self, sheet: Worksheet, title: str, status: str) -> None:
        put(sheet, 0, 0, title, self.format(bold=True, size=14))
        colour = _STATUS_COLOURS.get(self.status, "#FFFFFF")
        put(sheet, 1, 0, status, self.format(bold=True, bg_color=colour))
        for column in range(1, 6):
            sheet.write_blank(1, column, None, self.format(bg_color=colour))
        put(sheet, 2, 0, self.provenance, self.format(size=8, font_color="#555555"))
        for row, pixels in enumerate(_HEAD_PIXELS):
            sheet.set_row_pixels(row, pixels)


@contextmanager
def written_book(body: BinaryIO, *, lang: Lang, title: str, status: str, provenance: str) -> Iterator[Book]:
    """Yield a workbook to add sheets to; it is written when the block ends.

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
    title = one_line(title)
    with xlsxwriter.Workbook(body, options) as file:
        file.set_properties({"title": title, "comments": name_of("word", status, lang), "created": NO_CLOCK})
        yield Book(file, lang, title, status, provenance)


def sheet_bytes(table: pd.DataFrame, *, lang: Lang) -> bytes:
    """Return a table as a workbook of one plain sheet, which a study can read again."""
    body = BytesIO()
    with written_book(body, lang=lang, title="", status="approximate", provenance="") as book:
        sheet, bold, usual = book.file.add_worksheet(), book.format(bold=True), book.format()
        for at, heading in enumerate(table.columns):
            put(sheet, 0, at, heading, bold)
            for nth, value in enumerate(table[heading], start=1):
                put(sheet, nth, at, value, usual)
        sheet.freeze_panes(1, 0)
        sheet.autofit()
    return body.getvalue()


def put(sheet: Worksheet, row: int, column: int, value: Any, form: Format) -> None:
    """Write a value as what it is: a number as a number, a text as a text, whatever it begins with."""
    if not isinstance(value, str | float | int) and not pd.api.types.is_scalar(value):
        value = str(value)  # a user's list, or worse
    if value == "" if isinstance(value, str) else is_missing(value) or value == math.inf:
        sheet.write_blank(row, column, None, form)
    elif isinstance(value, int | float | np.number) and not isinstance(value, bool):
        sheet.write_number(row, column, float(value), form)
    else:
        words = clean(value)[:_MOST_LETTERS]
        # A string in these tags would be written as markup instead of text.
        words = f"{words} " if words.startswith("<r>") and words.endswith("</r>") else words
        sheet.write_string(row, column, words, form)


def add_note(sheet: Worksheet, row: int, column: int, name: str) -> None:
    """Note on a heading how the CSV tables call its column."""
    sheet.write_comment(row, column, clean(name), {"font_size": 9, "x_scale": 1.4, "y_scale": 0.5})
