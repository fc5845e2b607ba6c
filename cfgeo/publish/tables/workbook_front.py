"""The sheets of a workbook that are more than a table: contents, the district with its scorecard, matrix, method."""

import math
import re
from typing import Any

from xlsxwriter.worksheet import Worksheet

from cfgeo.core.results import Results
from cfgeo.core.schema import FAILED
from cfgeo.core.strings import Lang, name_of, text
from cfgeo.publish.run.units import PER_CENT
from cfgeo.publish.tables.book import Book, add_note, put
from cfgeo.publish.tables.scorecard import ScoreLine, headline, open_clauses, scorecard
from cfgeo.publish.tables.sheet import VERDICT_COLOURS, Column, add_table, exact_form, lines_in, pixels_of, share_form
from cfgeo.publish.words.clauses.matrix import matrix, matrix_words
from cfgeo.publish.words.clauses.standing import SIGNS
from cfgeo.publish.words.names import clause_titles
from cfgeo.publish.words.numbers import beside, digits
from cfgeo.publish.words.run import method_words, speed_words
from cfgeo.publish.words.sources import data_sources

_HEADLINE, _FIGURES, _SCORECARD = 3, 4, 7
_FIRST_FIGURE, _MATRIX_FIRST = 3, 3
_HELD = (
    "district", "matrix", "offices", "blocks", "zones", "communities", "clauses", "shortfalls", "facilities",
    "walkways", "method",
)  # fmt: skip
_METHOD_WIDTHS = (30, 90, 16, 24, 16)
_DECIMALS = re.compile(r"\.(\d+)")
_SPEEDS = ("speed_level", "speed_up", "speed_down")


def add_district(book: Book, results: Results) -> None:
    """Add the sheet of the district: headline, main figures and scorecard."""
    lang, district = book.lang, results.district
    sheet = book.add_sheet(text("report.sheet_district", lang), paper="A3")
    columns = _scorecard_columns(scorecard(results, lang), lang)
    put(sheet, _HEADLINE, 0, headline(results, lang), book.format(bold=True, size=12))
    _add_figures(book, sheet, district)
    note = book.format(text_wrap=True, align="left", size=9)
    sheet.merge_range(_FIGURES, 0, _FIGURES + 1, 2, "", note)
    put(sheet, _FIGURES, 0, open_clauses(results, lang), note)
    sheet.set_row_pixels(_FIGURES, 40)
    sheet.set_row_pixels(_FIGURES + 1, 34)
    add_table(book, sheet, columns, top=_SCORECARD, frozen=2, paper="A3")


def _add_figures(book: Book, sheet: Worksheet, district: dict[str, Any]) -> None:
    """Write the district's figures side by side, each under its label."""
    figures: list[tuple[str, Any, str]] = [
        ("communities", district["communities"], "0"),
        ("passed", district["passed"], "0"),
        ("failed", district["failed"], "0"),
        ("not_assessed", district["not_assessed"], "0"),
        ("share", *_share_figure(district)),
        ("target", district["target"], "0%" if _is_whole(district["target"] * 100) else "0.0%"),
        ("needed", district["needed"], "0"),
        ("marginal", district["marginal"], "0"),
        ("clauses_judged", district["clauses_judged"], "0"),
        ("clauses_total", district["clauses_total"], "0"),
    ]
    label = book.format(text_wrap=True, align="center", bg_color="#EEF2F6", border=1, size=8)
    for i, (name, value, number) in enumerate(figures):
        column = _FIRST_FIGURE + i
        put(sheet, _FIGURES, column, name_of("report", f"figure_{name}", book.lang), label)
        add_note(sheet, _FIGURES, column, name)
        figure = book.format(bold=True, size=14, align="center", border=1, num_format=number)
        put(sheet, _FIGURES + 1, column, value, figure)


def _share_figure(district: dict[str, Any]) -> tuple[float, str]:
    """Return the share that passes, and how it is written beside the target."""
    shown = digits(beside(district["share"], district["target"], passed=district["met"]).value, least=1)
    return round(float(district["share"]), 12), f"0.{'0' * _decimals(shown)}%"


_OFTEN_EMPTY = ("missing", "missing_names", "assumption")
"""Columns of the scorecard that are left out where no clause has anything in them."""


def _scorecard_columns(lines: list[ScoreLine], lang: Lang) -> list[Column]:
    targets = [_form(line.asked, line, _decimals(line.asked_said), whole="whole_percent") for line in lines]
    decimals = [_decimals(line.found_said) for line in lines]
    # What is only known to lie between two numbers is no number.
    found = [line.found if line.is_exact else line.found_said for line in lines]
    numbers = [_form(line.found, line, n) if line.is_exact else "text" for line, n in zip(lines, decimals, strict=True)]
    gaps = [f"gap_{_form(line.gap, line, n)}" for line, n in zip(lines, decimals, strict=True)]
    lows = [_form(line.low, line, _decimals(line.low_said)) for line in lines]
    highs = [_form(line.high, line, _decimals(line.high_said)) for line in lines]
    yes, no = text("page.yes", lang), text("page.no", lang)
    values: dict[str, tuple[list[Any], str | list[str]]] = {
        "plan_item": ([line.item for line in lines], "mark"),
        "clause_name": ([line.name for line in lines], "long"),
        "asks": ([line.asks for line in lines], "long"),
        "asked": ([line.asked for line in lines], targets),
        "found": (found, numbers),
        "gap": ([line.gap for line in lines], gaps),
        "result": ([name_of("word", line.verdict, lang) for line in lines], "verdict"),
        "gap_said": ([line.missing for line in lines], "text"),
        "found_low": ([line.low for line in lines], lows),
        "found_high": ([line.high for line in lines], highs),
        "missing": ([line.n_missing for line in lines], "integer"),
        "missing_names": ([line.lacking for line in lines], "long"),
        "required": ([yes if line.required else no for line in lines], "mark"),
        "scope": ([name_of("report", f"scope_{line.scope}", lang) for line in lines], "mark"),
        "passed": ([line.passed for line in lines], "integer"),
        "failed": ([line.failed for line in lines], "integer"),
        "open": ([line.open for line in lines], "integer"),
        "clause": ([line.clause for line in lines], "text"),
        "assumption": ([line.assumption for line in lines], "long"),
    }
    return [
        Column(name, name_of("report", f"scorecard_{name}", lang), column, form)
        for name, (column, form) in values.items()
        if name not in _OFTEN_EMPTY or any(column)
    ]


def _form(value: float, line: ScoreLine, decimals: int, *, whole: str = "percent") -> str:
    """Return how a number of a clause is written: with the decimals that it has in words, where these are many.

    Excel would leave a dot after optional decimals.
    """
    if line.unit:
        is_short = line.unit == PER_CENT and decimals <= 1 and _is_whole(value * 100)
        return whole if is_short else share_form(decimals, line.unit)
    if decimals > 1:
        return exact_form("decimal", decimals)
    return "integer" if _is_whole(value) else "decimal"


def _decimals(said: str) -> int:
    """Return how many decimals a number has in words."""
    return max((len(decimals) for decimals in _DECIMALS.findall(said)), default=0)


def _is_whole(value: float) -> bool:
    return math.isnan(value) or round(value, 6).is_integer()


def add_matrix(book: Book, results: Results) -> None:
    """Add the sheet of communities against clauses: what each has, in the colour of its verdict."""
    lang, table = book.lang, matrix(results)
    words, titles = matrix_words(results, lang), clause_titles(results.parameters, lang)
    sheet = book.add_sheet(text("report.sheet_matrix", lang), paper="A3")
    head = book.format(bg_color="#2F4B66", font_color="#FFFFFF", bold=True, text_wrap=True, border=1, align="center")
    turned = book.format(bg_color="#2F4B66", font_color="#FFFFFF", bold=True, text_wrap=True, border=1, rotation=90)
    top = _HEADLINE + 1
    put(sheet, _HEADLINE, 0, text("report.matrix_note", lang), book.format(size=9))
    for column, key in enumerate(("column_street_office", "column_community", "matrix_failing")):
        put(sheet, top, column, text(f"report.{key}", lang), head)
    for column, clause in enumerate(table.clauses, start=_MATRIX_FIRST):
        mark = text("report.matrix_required", lang) if clause["required"] else ""
        put(sheet, top, column, f"{titles[clause['id']]}{mark}", turned)
        add_note(sheet, top, column, clause["id"])
    verdicts, said = table.verdicts.to_numpy(), words.to_numpy()
    failing = (verdicts == FAILED)[[bool(clause["required"]) for clause in table.clauses]].sum(axis=0)
    edge = {"border": 1, "border_color": "#C8C8C8"}
    usual, middle = book.format(**edge), book.format(align="center", **edge)
    forms = {name: book.format(align="center", size=9, **edge, **look) for name, look in VERDICT_COLOURS.items()}
    for nth, (office, community) in enumerate(
        zip(table.communities["street_office"], table.communities["community"], strict=True)
    ):
        row = top + 1 + nth
        put(sheet, row, 0, office, usual)
        put(sheet, row, 1, community, usual)
        put(sheet, row, 2, int(failing[nth]), middle)
        for place, (verdict, value) in enumerate(zip(verdicts[:, nth], said[:, nth], strict=True)):
            put(sheet, row, _MATRIX_FIRST + place, f"{SIGNS[verdict]} {value}", forms[verdict])
    sheet.set_row_pixels(top, 190)
    sheet.set_column(0, 1, 18)
    sheet.set_column(_MATRIX_FIRST, _MATRIX_FIRST + len(table.clauses) - 1, 10)
    sheet.freeze_panes(top + 1, 2)
    sheet.repeat_rows(top)
    sheet.autofilter(top, 0, top + max(len(table.communities), 1), _MATRIX_FIRST + len(table.clauses) - 1)


def fill_contents(book: Book, sheet: Worksheet) -> None:
    """Fill the sheet of contents: a link to each other sheet, and what it holds."""
    link, usual = book.format(underline=1, font_color="#0F4C81", size=12), book.format(text_wrap=True, valign="top")
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 1, 100)
    holds = {text(f"report.sheet_{key}", book.lang): text(f"report.holds_{key}", book.lang) for key in _HELD}
    others = [other.get_name() for other in book.file.worksheets() if other is not sheet]
    for row, name in enumerate(others, start=_HEADLINE + 1):
        sheet.write_url(row, 0, f"internal:'{name}'!A1", link, string=name)
        put(sheet, row, 1, holds.get(name, text("report.holds_plan", book.lang)), usual)
        sheet.set_row_pixels(row, 26)
    sheet.activate()


def add_method(book: Book, results: Results) -> None:
    """Add the sheet that says how the results were computed, and from which data."""
    sheet = book.add_sheet(text("report.sheet_method", book.lang))
    for i, wide in enumerate(_METHOD_WIDTHS):
        sheet.set_column(i, i, wide)
    row = _HEADLINE + 1
    for title, lines in _method_blocks(results, book.lang):
        put(sheet, row, 0, title, book.format(bold=True, size=12, bottom=1))
        for line in lines:
            row += 1
            for i, words in enumerate(line):
                put(sheet, row, i, words, book.format(text_wrap=True, valign="top", bold=i == 0))
            pairs = zip(line, _METHOD_WIDTHS, strict=False)
            sheet.set_row_pixels(row, pixels_of(max(lines_in(words, wide - 3) for words, wide in pairs)))
        row += 2
    sheet.freeze_panes(_HEADLINE, 0)


def _method_blocks(results: Results, lang: Lang) -> list[tuple[str, list[list[str]]]]:
    """Return the parts of the method: title and rows of cells."""
    return [
        (text("page.method_title", lang), [[part["heading"], part["body"]] for part in method_words(results, lang)]),
        (text("report.limits_title", lang), [["", text("report.limits", lang)], ["", text("report.limits_use", lang)]]),
        (
            text("page.method_assumptions", lang),
            [[line.name, line.assumption] for line in scorecard(results, lang) if line.assumption]
            or [["", text("page.method_assumptions_none", lang)]],
        ),
        (
            text("page.method_data", lang),
            [
                [
                    *(text(f"page.{key}", lang) for key in ("data_role", "data_source", "data_date", "data_licence")),
                    "SHA-256",
                ],
                *([s.what, f"{s.source} ({s.file})", s.date, s.licence, s.sha256] for s in data_sources(results, lang)),
            ],
        ),
        (
            text("page.method_speeds", lang),
            [
                [text(f"page.{key}", lang) for key in ("speed_walker", "speed_source", *_SPEEDS)],
                *([s["walker"], s["source"], s["level"], s["up"], s["down"]] for s in speed_words(results, lang)),
            ],
        ),
    ]
