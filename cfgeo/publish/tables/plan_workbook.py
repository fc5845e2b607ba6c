"""A plan → sheets of a workbook: the projects, the frontier with its chart, street offices, what is out of reach."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

from xlsxwriter.worksheet import Worksheet

from cfgeo.core.plan import Plan
from cfgeo.core.strings import Lang, name_of, text
from cfgeo.publish.tables.book import Book, put, written_book
from cfgeo.publish.tables.sheet import Column, add_table, number_form
from cfgeo.publish.words.clauses.planned import (
    Listing,
    clause_listing,
    progress_name,
    progress_words,
    stage_name,
    year_listing,
)
from cfgeo.publish.words.frontier import corners_of, end_of, frontier_points, order_points, ticks
from cfgeo.publish.words.names import listed, separated, study_title
from cfgeo.publish.words.numbers import AMOUNT_DECIMALS, COUNTED_BASES, SHARE_DECIMALS
from cfgeo.publish.words.plan import (
    action_words,
    asked_words,
    communities_of,
    headline_words,
    held_words,
    is_proven,
    left_words,
    project_status,
    reason_words,
    target_count,
)
from cfgeo.publish.words.sources import made_from

_PAPER = "A3"
_WORDS = 3
_CHART_ROWS, _CHART_COLUMNS = 24, 12
_ROUND = 5  # the axis of communities begins at a multiple of it
_BLUE, _ORANGE, _GREEN = "#1D5A94", "#C2571A", "#1B8A3A"
_FRONTIER_LINE = {"color": _BLUE, "width": 2.25}
_TARGET_LINE = {"color": _GREEN, "width": 1.25, "dash_type": "dash"}
_ORDER_MARK = {"type": "circle", "size": 6, "fill": {"color": _ORANGE}, "border": {"color": _ORANGE}}
_GRID_LINES = {"visible": True, "line": {"color": "#E0E0E0", "width": 0.75}}
_NO_LINE, _NO_MARK = {"none": True}, {"type": "none"}

_OFTEN_EMPTY = ("alone_names", "requires", "excludes", "year", "years", "begins", "ends", "spent", "moves", "reason")

Values = dict[str, tuple[Sequence[Any], str]]
"""Columns by name: cells and form."""


def plan_workbook(plan: Plan, *, lang: Lang) -> bytes:
    """Return a workbook of a plan alone."""
    body, about = io.BytesIO(), plan.about
    origin = made_from(about, lang)
    with written_book(
        body, lang=lang, title=study_title(about, lang), status=about["status"], provenance=origin
    ) as book:
        add_plan_sheets(book, plan)
    return body.getvalue()


def add_plan_sheets(book: Book, plan: Plan) -> None:
    """Add the sheets of a plan to a workbook.

    Parameters
    ----------
    book
        A workbook that is being written; its language is that of the words.
    plan
        What :func:`cfgeo.plan_study` gives.
    """
    lang = book.lang
    asked, headline, frontier = asked_words(plan, lang), headline_words(plan, lang), _frontier(plan, lang)
    _sheet(book, "sheet_plan", [asked, *headline], _projects(plan, lang), frozen=3)
    sheet = _sheet(book, "sheet_frontier", headline, frontier, frozen=1)
    _add_chart(book, sheet, plan, first=len(frontier) + 1)
    _sheet(book, "sheet_offices", [], _offices(plan, lang), frozen=1)
    _sheet(book, "sheet_held", [*held_words(plan, lang)[:1], *left_words(plan, lang)], _held(plan, lang), frozen=1)
    sheets: tuple[tuple[str, list[str], list[Column]], ...] = (
        ("sheet_years", [], _years(plan, lang)),
        ("sheet_clauses", [], _clauses(plan, lang)),
        ("sheet_progress", progress_words(plan, lang), _progress(plan, lang)),
    )
    for key, lines, columns in sheets:
        if len(columns[0].cells):
            _sheet(book, key, lines, columns, frozen=1)


def _sheet(book: Book, key: str, lines: Sequence[str], columns: Sequence[Column], *, frozen: int) -> Worksheet:
    """Add a sheet: lines of text, and under them a table."""
    sheet = book.add_sheet(text(f"plan.{key}", book.lang), paper=_PAPER)
    for row, line in enumerate(lines, start=_WORDS):
        put(sheet, row, 0, line, book.format(bold=row == _WORDS, size=11))
        sheet.set_row_pixels(row, 24)
    add_table(book, sheet, columns, top=_WORDS + len(lines) + 1, frozen=frozen, paper=_PAPER)
    return sheet


def _projects(plan: Plan, lang: Lang) -> list[Column]:
    table = plan.projects.reset_index()
    names, communities = plan.projects["name"], plan.before["community"]
    demand, counted = table["adds_demand"].round(AMOUNT_DECIMALS), plan.about["basis"] in COUNTED_BASES
    if not counted:  # what stands for children is a share of the district's
        demand = (table["adds_demand"] / max(float(plan.before["demand"].sum()), 1.0)).round(SHARE_DECIMALS)
    values: Values = {
        "rank": (_whole(table["rank"]), "integer"),
        "name": (list(table["name"]), "text"),
        "status": ([project_status(status, lang) for status in table["status"]], "mark"),
        "action": ([action_words(plan.listed.by_id[project], lang) for project in table["project"]], "long"),
        "cost": (list(table["cost"]), number_form(table["cost"])),
        "cost_so_far": (list(table["cost_so_far"]), number_form(table["cost_so_far"])),
        "passed": (_whole(table["passed"]), "integer"),
        "adds_names": ([_listed(names, lang) for names in table["adds_names"]], "long"),
        "adds_demand": (list(demand), number_form(demand) if counted else "percent"),
        "alone_names": ([_names(codes, communities, lang) for codes in table["alone_codes"]], "long"),
        "community": (list(table["community"]), "text"),
        "street_office": (list(table["street_office"]), "text"),
        "requires": ([_names(ids, names, lang) for ids in table["requires"]], "long"),
        "excludes": ([_names(ids, names, lang) for ids in table["excludes"]], "long"),
        "project": (list(table["project"]), "text"),
        "code": (list(table["code"]), "text"),
        "lon": (list(table["lon"]), "degrees"),
        "lat": (list(table["lat"]), "degrees"),
    }
    titles = {clause: names[lang] for clause, names in plan.titles.items()}
    values |= {
        "stage": ([stage_name(stage, lang) for stage in table["stage"]], "mark"),
        **{name: (_whole(table[name]), "text") for name in ("year", "begins", "ends")},
        "years": ([None if years == 1 else years for years in _whole(table["years"])], "integer"),
        "spent": ([spent or None for spent in table["spent"]], number_form(table["spent"].fillna(0.0))),
        "moves": ([_names(ids, titles, lang) for ids in table["moves"]], "long"),
        "reason": ([reason_words(reason, lang) for reason in table["reason"]], "long"),
    }
    if set(table["stage"]) <= {"planned", None}:
        values.pop("stage")
    # Most lists have no projects that require others: columns with nothing in them only take up room.
    empty = [name for name in _OFTEN_EMPTY if name in values and not any(values[name][0])]
    return _columns({name: column for name, column in values.items() if name not in empty}, plan, lang)


def _frontier(plan: Plan, lang: Lang) -> list[Column]:
    table, count = plan.frontier.reset_index(), communities_of(plan)
    yes, no = text("page.yes", lang), text("page.no", lang)
    names, money = plan.projects["name"], zip(table["cost"], table["bound"], strict=True)
    values: Values = {
        "passed": (list(table["passed"]), "integer"),
        "share": (list((table["passed"] / max(count, 1)).round(SHARE_DECIMALS)), "percent"),
        "cost": (list(table["cost"]), number_form(table["cost"])),
        "bound": (list(table["bound"]), number_form(table["bound"])),
        "proven": ([yes if is_proven(*pair) else no for pair in money], "mark"),
        "count": ([len(ids) for ids in table["projects"]], "integer"),
        "projects": ([_names(ids, names, lang) for ids in table["projects"]], "long"),
    }
    return _columns(values, plan, lang)


def _offices(plan: Plan, lang: Lang) -> list[Column]:
    table, names = plan.offices.reset_index(), plan.projects["name"]
    values: Values = {
        "street_office": (list(table["street_office"]), "text"),
        **{name: (list(table[name]), "integer") for name in ("communities", "passed_before", "passed_after")},
        "projects": ([_names(ids, names, lang) for ids in table["projects"]], "long"),
        "cost": (list(table["cost"]), number_form(table["cost"])),
        "full_projects": ([_names(ids, names, lang) for ids in table["full_projects"]], "long"),
        "full_cost": (list(table["full_cost"]), number_form(table["full_cost"])),
        "full_bound": (list(table["full_bound"]), number_form(table["full_bound"])),
        "held": ([_names(codes, plan.before["community"], lang) for codes in table["held_codes"]], "long"),
    }
    return _columns(values, plan, lang)


def _held(plan: Plan, lang: Lang) -> list[Column]:
    table = plan.held.reset_index()
    clauses = [separated([plan.titles[clause][lang] for clause in ids], lang) for ids in table["clauses"]]
    values: Values = {
        "community": (list(table["community"]), "text"),
        "street_office": (list(table["street_office"]), "text"),
        "clauses": (clauses, "long"),
        "code": (list(table["code"]), "text"),
    }
    return _columns(values, plan, lang)


def _clauses(plan: Plan, lang: Lang) -> list[Column]:
    """Return every clause now and with the plan, as text: each has a unit of its own."""
    listing = clause_listing(plan, lang)
    forms = {
        key: "integer" if key == "listed" else "mark" if key in listing.numbers else "long" for key in listing.keys
    }
    return _columns(_of_listing(listing, forms), plan, lang)


def _progress(plan: Plan, lang: Lang) -> list[Column]:
    table = plan.progress
    values: Values = {
        "group": ([progress_name(row, plan, lang) for row in table.to_dict("records")], "long"),
        **{key: (_whole(table[key]), "integer") for key in ("projects", "planned", "begun", "done", "dropped")},
        "whole_cost": (list(table["cost"]), number_form(table["cost"].astype(float))),
        "spent": (list(table["spent"]), number_form(table["spent"].astype(float))),
        "left": (list(table["left"]), number_form(table["left"].astype(float))),
        "in_plan": (_whole(table["built"]), "integer"),
        "plan_cost": (list(table["plan_cost"]), number_form(table["plan_cost"].astype(float))),
    }
    return _columns(values, plan, lang)


def _years(plan: Plan, lang: Lang) -> list[Column]:
    table, listing = plan.years, year_listing(plan, lang)
    forms = dict.fromkeys(listing.keys, "long") | {"in_year": "mark"}
    values = _of_listing(listing, forms)
    values |= {key: (list(table[key]), number_form(table[key].astype(float))) for key in ("budget", "paid")}
    return _columns({**values, "passed": (_whole(table["passed"]), "integer")}, plan, lang)


def _of_listing(listing: Listing, forms: Mapping[str, str]) -> Values:
    """Return the columns of a table in words; whole numbers are numbers."""
    columns = list(zip(*listing.rows, strict=True)) or [()] * len(listing.keys)
    return {
        key: ([int(cell) for cell in cells] if forms[key] == "integer" else list(cells), forms[key])
        for key, cells in zip(listing.keys, columns, strict=True)
    }


def _columns(values: Values, plan: Plan, lang: Lang) -> list[Column]:
    """Return columns with their headings; money has its unit there."""
    # On a line of its own, so that no bracket stands alone there.
    unit = "\n" + text("plan.unit", lang, unit=plan.listed.unit).strip() if plan.listed.unit else ""
    about = {"unit": unit, "basis": name_of("report", f"who_{plan.about['basis']}", lang)}
    return [
        Column(name, text(f"plan.column_{name}", lang, **about), cells, form) for name, (cells, form) in values.items()
    ]


def _whole(values: Any) -> list[Any]:
    return [None if missing else int(value) for value, missing in zip(values, values.isna(), strict=True)]


def _listed(names: Any, lang: Lang) -> str:
    """Return a tuple of names as a list; "" where there is none."""
    return listed(names, lang) if isinstance(names, tuple) else ""


def _names(ids: Any, names: Any, lang: Lang) -> str:
    """Return the names that belong to a tuple of ids; "" where there is none."""
    return _listed(tuple(names.get(key, key) for key in ids), lang) if isinstance(ids, tuple) else ""


def _add_chart(book: Book, sheet: Worksheet, plan: Plan, *, first: int) -> None:
    """Add Excel's own chart of cost against communities that pass; the cells that it draws stand to its right.

    Parameters
    ----------
    book
        The workbook.
    sheet
        The frontier's.
    plan
        The plan.
    first
        Column that the chart begins in.
    """
    lang, target = book.lang, target_count(plan)
    order, frontier = order_points(plan), corners_of(frontier_points(plan))
    most = max([cost for cost, _ in [*order, *frontier]], default=0.0)
    goal = [(0.0, target), (most, target)]
    chart = book.file.add_chart({"type": "scatter", "subtype": "straight"})
    series = [
        (text("plan.series_frontier", lang), frontier, _FRONTIER_LINE, _NO_MARK),
        (text("plan.series_order", lang), order, _NO_LINE, _ORDER_MARK),
        (text("plan.series_target", lang, wanted=target), goal, _TARGET_LINE, _NO_MARK),
    ]
    for nth, (name, points, line, marker) in enumerate(series):
        costs, counts = _put_points(book, sheet, first + _CHART_COLUMNS + 2 * nth, name, points)
        chart.add_series({"name": name, "categories": costs, "values": counts, "line": line, "marker": marker})
    unit = text("plan.unit", lang, unit=plan.listed.unit) if plan.listed.unit else ""
    chart.set_title({"name": text("plan.chart", lang), "name_font": {"size": 12}})
    axis = {"min": 0, "max": ticks(0.0, end_of(plan) or 1.0)[-1], "num_format": "#,##0"}
    chart.set_x_axis({"name": text("plan.chart_cost", lang) + unit, **axis})
    least = min(passed for _, passed in [*order, *goal]) // _ROUND * _ROUND
    passed = text("plan.chart_passed", lang)
    chart.set_y_axis({"name": passed, "min": least, "num_format": "0", "major_gridlines": _GRID_LINES})
    chart.set_legend({"position": "bottom"})
    chart.set_size({"width": 720, "height": 20 * _CHART_ROWS})
    sheet.insert_chart(_WORDS, first, chart)
    sheet.print_area(0, 0, max(_WORDS + _CHART_ROWS, _WORDS + 5 + len(plan.frontier)), first + _CHART_COLUMNS - 1)


def _put_points(
    book: Book, sheet: Worksheet, column: int, name: str, points: Sequence[tuple[float, float]]
) -> list[list[Any]]:
    """Write a series that a chart draws, and return the ranges of its two columns."""
    grey = book.format(font_color="#777777", size=8)
    put(sheet, _WORDS, column, name, grey)
    for row, point in enumerate(points, start=_WORDS + 1):
        put(sheet, row, column, point[0], grey)
        put(sheet, row, column + 1, point[1], grey)
    return [[sheet.get_name(), _WORDS + 1, at, _WORDS + len(points), at] for at in (column, column + 1)]
