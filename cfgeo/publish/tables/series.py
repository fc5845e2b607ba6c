"""A series of years → CSV, a workbook for the yearly report, and the layers of a GeoPackage."""

import io
from collections.abc import Iterable, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from cfgeo.core.strings import Lang, name_of, text
from cfgeo.publish.compared.series.indicators import BLOCK, COMMUNITY, DISTRICT, OFFICE
from cfgeo.publish.compared.series.reasons import YearStep
from cfgeo.publish.compared.series.table import Series
from cfgeo.publish.run.past import PastRun
from cfgeo.publish.tables.book import Book, put, written_book
from cfgeo.publish.tables.geopackage import multipolygons
from cfgeo.publish.tables.sheet import Column, add_table, lines_in, pixels_of, share_form
from cfgeo.publish.words.numbers import SHARE_DECIMALS, TABLE_DECIMALS
from cfgeo.publish.words.series.heading import (
    run_rows,
    series_notes,
    series_origin,
    series_standard,
    series_status,
    series_title,
)
from cfgeo.publish.words.series.lines import IndicatorLine, change_text, clause_name, lead_of, series_lines, value_text

_TOP = 3
_PAPER = "A3"
_PLACE_FORMS = {"year": "mark", "metres": "integer"}
_NOTE_LETTERS, _NOTE_COLUMNS = 150, 8
_FIRST = ["clause", "indicator", "lead", "plan_item", "scope", "unit", "unit_name", "street_office", "year"]


def series_table(series: Series, lang: Lang) -> pd.DataFrame:
    """Return the series as one long table with words: a row for every indicator, unit and year."""
    table = series.table.copy()
    for name in ("value", "value_low", "value_high", "target", "path", "change"):
        table[name] = table[name].astype(float).round(TABLE_DECIMALS)
    counts = ["passed", "failed", "open"]
    table[counts] = table[counts].astype("Int64")
    standard = series.last.record["parameters"]["standard"]
    names = {key: clause_name(series, *key, lang) for key in {*zip(table["clause"], table["scope"], strict=True)}}
    table["indicator"] = [names[key] for key in zip(table["clause"], table["scope"], strict=True)]
    table["lead"] = [lead_of(series.clauses.get(clause) or standard, lang) for clause in table["clause"]]
    items = {clause: about.get("plan_item") for clause, about in series.clauses.items()}
    table["plan_item"] = table["clause"].map(items).astype("Int64")
    table["is_share"] = np.where(table["measure_unit"] == "", "no", "yes")
    table["shown"] = [value_text(row, lang) for row in table.to_dict("records")]
    table["because"] = [change_text(row, series, lang) for row in series.table.to_dict("records")]
    rest = [column for column in table.columns if column not in {*_FIRST, "because"}]
    rest.remove("measure_unit")  # beside shares it would read as their unit
    return table[[*_FIRST, *rest, "because"]].assign(provenance=series_origin(series, lang))


def place_table(series: Series, lang: Lang) -> gpd.GeoDataFrame | None:
    """Return what happened to places, year by year, with words; None where no two years can be compared."""
    places = series.places
    if places is None:
        return None
    words = places["happened"].map(lambda happened: text(f"series.change_{happened}", lang))
    rest = places.columns.drop("year")
    return gpd.GeoDataFrame(places.assign(change_name=words))[["year", "change_name", *rest]]


def series_layers(series: Series, lang: Lang) -> dict[str, pd.DataFrame]:
    """Return the layers of a GeoPackage: the long table, what happened to places, and areas with a column a year."""
    layers: dict[str, pd.DataFrame] = {"indicators": series_table(series, lang)}
    if len(series.reported):
        layers["reported"] = series.reported
    places = place_table(series, lang)
    if places is not None:
        layers["places"] = places
    past = next((run.past for run in reversed(series.runs) if run.past is not None), None)
    if past is not None:
        areas = past.communities[["community", "street_office", "geometry"]].reset_index()
        verdicts = _by_year(series, COMMUNITY, "verdict")
        wide = areas.join(verdicts.add_prefix("verdict_"), on="code")
        layers["communities"] = wide.set_geometry(multipolygons(wide), crs=past.communities.crs)
        offices = past.communities[["street_office", "geometry"]].dissolve(by="street_office").reset_index()
        shares = _by_year(series, OFFICE, "value").astype(float).round(SHARE_DECIMALS)
        wide = offices.join(shares.add_prefix("share_"), on="street_office")
        layers["street_offices"] = wide.set_geometry(multipolygons(wide), crs=past.communities.crs)
    return layers


def _by_year(series: Series, scope: str, column: str) -> pd.DataFrame:
    """Return a column of the headline of each unit, with the years side by side."""
    rows = series.table[(series.table["scope"] == scope) & (series.table["clause"] == "")]
    return rows.pivot(index="unit", columns="year", values=column).rename(columns=str)


def series_workbook(series: Series, *, lang: Lang) -> bytes:
    """Return the workbook: sheets of the district, street offices, blocks, communities, places, and notes."""
    body = io.BytesIO()
    title, origin = series_title(series, lang), series_origin(series, lang)
    status = series_status(series)
    with written_book(body, lang=lang, title=title, status=status, provenance=origin) as book:
        for scope, frozen in ((DISTRICT, 2), (OFFICE, 3), (BLOCK, 3), (COMMUNITY, 4)):
            lines = series_lines(series, lang, scope)
            if lines:
                columns = _columns(lines, series, scope, lang)
                sheet = book.add_sheet(text(f"series.sheet_{scope}", lang), paper=_PAPER)
                add_table(book, sheet, columns, top=_TOP + 1, frozen=frozen, paper=_PAPER)
        _add_reported(book, series)
        _add_places(book, series)
        _add_runs(book, series)
    return body.getvalue()


def _columns(lines: Sequence[IndicatorLine], series: Series, scope: str, lang: Lang) -> list[Column]:
    """Return the columns of a sheet of indicators: numbers are numbers, and verdicts stand where there are none."""

    def column(name: str, cells: Sequence[Any], form: Any = "text", **values: object) -> Column:
        return Column(
            name, text(f"series.col_{name.partition('_')[0] if values else name}", lang, **values), cells, form
        )

    of_unit = {
        DISTRICT: [],
        OFFICE: [column("street_office", [line.unit_name for line in lines])],
        BLOCK: [column("block", [line.unit_name for line in lines])],
        COMMUNITY: [
            column("street_office", [line.street_office for line in lines]),
            column("community", [line.unit_name for line in lines]),
        ],
    }[scope]
    years = [
        column(
            f"value_{year}",
            [_cell(line, year) for line in lines],
            [_form(line, year) for line in lines],
            year=year,
        )
        for year in series.years
    ]
    path = [column("path", [line.path_text for line in lines], "long")] if any(line.path_text for line in lines) else []
    return [
        column("item", [line.item for line in lines], "mark"),
        *of_unit,
        column("indicator", [line.name for line in lines], "long"),
        column("lead", [line.lead for line in lines]),
        *years,
        *path,
        column("target", [line.asks for line in lines], "mark"),
        column("status", [line.status for line in lines], "long" if path else "verdict"),
        column("reason", [line.changes for line in lines], "long"),
        column("clause", [line.clause for line in lines]),
    ]


def _cell(line: IndicatorLine, year: int) -> Any:
    """Return what stands in the column of a year: a number where there is one, else the words."""
    number = line.numbers.get(year, np.nan)
    return line.shown.get(year, "") if np.isnan(number) else number


def _form(line: IndicatorLine, year: int) -> str:
    """Return how the cell of a year is written: with as many decimals as its text has."""
    if np.isnan(line.numbers.get(year, np.nan)):
        return "mark"
    decimals = len(line.shown[year].rstrip("%‰ ").partition(".")[2])
    if line.measure_unit:
        return share_form(decimals, line.measure_unit)
    return f"decimal:{decimals}" if decimals else "integer"


def _add_reported(book: Book, series: Series) -> None:
    """Add the sheet of reported figures, by area and sex: a row each, a column a year."""
    lang, table = book.lang, series.reported
    if table.empty:
        return
    keys = ["indicator", "scope", "area", "sex"]
    rows = table.drop_duplicates(keys)[[*keys, "unit", "source"]].set_index(keys)
    years = table.pivot(index=keys, columns="year", values="value").astype(float).reindex(rows.index)
    sexes = [text(f"series.sex_{sex}", lang) for sex in rows.index.get_level_values("sex")]
    forms = [{"%": "percent", "‰": "permille"}.get(unit, "decimal") for unit in rows["unit"]]

    def column(name: str, cells: Iterable[Any]) -> Column:
        return Column(name, text(f"series.col_{name}", lang), list(cells))

    columns = [
        column("indicator", rows.index.get_level_values("indicator")),
        column("scope", [text(f"series.scope_{scope}", lang) for scope in rows.index.get_level_values("scope")]),
        column("unit", rows.index.get_level_values("area")),
        column("sex", sexes),
        *(
            Column(
                f"value_{year}",
                text("series.col_value", lang, year=year),
                [None if np.isnan(value) else value for value in years[year]],
                forms,
            )
            for year in years.columns
        ),
        column("measure_unit", rows["unit"]),
        column("source", rows["source"]),
    ]
    sheet = book.add_sheet(text("series.sheet_reported", lang), paper=_PAPER)
    add_table(book, sheet, columns, top=_TOP + 1, frozen=4, paper=_PAPER)


def _add_places(book: Book, series: Series) -> None:
    """Add the sheet of what happened to places."""
    lang, table = book.lang, place_table(series, book.lang)
    if table is None or table.empty:
        return
    communities = [run.communities["community"] for step in series.steps.values() for run in _both(step)]
    names = {code: name for side in communities for code, name in side.items()}
    cells: dict[str, list[Any]] = {
        "year": list(table["year"]),
        "change": list(table["change_name"]),
        "layer": [name_of("layer", layer, lang) for layer in table["layer"]],
        "kind": [name_of("kind", kind, lang) for kind in table["kind"]],
        "name": list(table["name"]),
        "community": [names.get(code, "") for code in table["code"]],
        "what": list(table["column"]),
        "was": list(table["value_a"]),
        "now": list(table["value_b"]),
        "metres": list(table["distance_m"].round()),
    }
    columns = [
        Column(name, text(f"series.col_{name}", lang), values, _PLACE_FORMS.get(name, "text"))
        for name, values in cells.items()
    ]
    sheet = book.add_sheet(text("series.sheet_places", lang), paper=_PAPER)
    add_table(book, sheet, columns, top=_TOP + 1, frozen=2, paper=_PAPER)


def _both(step: YearStep) -> tuple[PastRun, PastRun]:
    return step.comparison.a, step.comparison.b


def _add_runs(book: Book, series: Series) -> None:
    """Add the sheet of the runs and of what a reader has to know."""
    lang = book.lang
    rows = run_rows(series, lang)
    columns = [
        Column(
            name, text(f"series.col_{name}", lang), [row[name] for row in rows], "long" if name == "data" else "text"
        )
        for name in rows[0]
    ]
    sheet = book.add_sheet(text("series.sheet_runs", lang), paper=_PAPER)
    add_table(book, sheet, columns, top=_TOP + 1, frozen=1, paper=_PAPER)
    form = book.format(text_wrap=True, valign="top")
    notes = [series_standard(series, lang), *series_notes(series, lang)]
    for row, note in enumerate(notes, start=_TOP + len(rows) + 3):
        sheet.merge_range(row, 0, row, _NOTE_COLUMNS - 1, "", form)
        put(sheet, row, 0, note, form)
        sheet.set_row_pixels(row, pixels_of(lines_in(note, _NOTE_LETTERS)))
