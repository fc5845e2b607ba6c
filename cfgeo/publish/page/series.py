"""A series of years → one HTML file: a small chart for each indicator, and tables. It needs no network."""

from collections.abc import Iterable, Sequence
from typing import Any

from cfgeo.core.strings import Lang, text
from cfgeo.publish.compared.series.indicators import BLOCK, COMMUNITY, DISTRICT, OFFICE
from cfgeo.publish.compared.series.table import Series
from cfgeo.publish.page.frame import render_still, still_table
from cfgeo.publish.words.names import separated, verdict_names
from cfgeo.publish.words.series.chart import HEIGHT, WIDTH, chart_of
from cfgeo.publish.words.series.heading import (
    run_rows,
    series_notes,
    series_origin,
    series_standard,
    series_status,
    series_title,
)
from cfgeo.publish.words.series.lines import IndicatorLine, series_lines


def series_html(series: Series, *, lang: Lang) -> str:
    """Return the page. The same runs give the same text."""
    lines = series_lines(series, lang, DISTRICT)
    return render_still(
        "series",
        styles=["series/series.css"],
        lang=lang,
        title=series_title(series, lang),
        status=series_status(series),
        standard=series_standard(series, lang),
        verdicts=verdict_names(lang),
        has_path=any(line.path for line in lines),
        cards=[_card(line, lang) for line in lines],
        size=(WIDTH, HEIGHT),
        parts=[part for scope in (OFFICE, BLOCK, COMMUNITY) if (part := _part(series, scope, lang))["groups"]],
        runs=_runs(series, lang),
        notes=series_notes(series, lang),
        provenance=series_origin(series, lang),
    )


def _card(line: IndicatorLine, lang: Lang) -> dict[str, Any]:
    """Return one indicator: its chart, what it asks and who leads."""
    item = text("page.item", lang, item=line.item) if line.item else ""
    asks = [text("word.gap", lang, clause=text("series.col_target", lang), communities=line.asks)] if line.asks else []
    if line.path_text:
        asks.append(text("word.gap", lang, clause=text("series.col_path", lang), communities=line.path_text))
    return {
        "line": line,
        "chart": chart_of(line),
        "about": separated([word for word in (item, line.lead) if word], lang),
        "words": separated([f"{line.name} {year}: {words}" for year, words in line.shown.items()], lang),
        "target": separated(asks, lang),
    }


def _part(series: Series, scope: str, lang: Lang) -> dict[str, Any]:
    """Return the tables of a scope: one a street office or block; for communities one a street office."""
    lines = series_lines(series, lang, scope)
    of_communities = scope == COMMUNITY
    groups: dict[str, list[IndicatorLine]] = {}
    for line in lines:
        groups.setdefault(line.street_office if of_communities else line.unit_name, []).append(line)
    return {
        "title": text(f"series.sheet_{scope}", lang),
        "groups": [_group(name, rows, series, lang, with_unit=of_communities) for name, rows in groups.items()],
    }


def _group(name: str, lines: Sequence[IndicatorLine], series: Series, lang: Lang, *, with_unit: bool) -> dict[str, Any]:
    of_unit, of_lead = ["col_community"] if with_unit else [], ["col_lead"] if any(line.lead for line in lines) else []
    heads = [*of_unit, "col_indicator", *of_lead]
    years = [text("series.col_value", lang, year=year) for year in series.years]
    last = [text(f"series.{key}", lang) for key in ("col_target", "col_status", "col_reason")]
    return still_table(
        [*(text(f"series.{head}", lang) for head in heads), *years, *last],
        [_row(line, series.years, with_unit=with_unit, with_lead="col_lead" in heads) for line in lines],
        title=name,
    )


def _row(line: IndicatorLine, years: Iterable[int], *, with_unit: bool, with_lead: bool) -> list[str]:
    first = [*([line.unit_name] if with_unit else []), line.name, *([line.lead] if with_lead else [])]
    return [*first, *(line.shown.get(year, "") for year in years), line.asks, line.status, line.changes]


def _runs(series: Series, lang: Lang) -> dict[str, Any]:
    rows = run_rows(series, lang)
    heads = [text(f"series.col_{name}", lang) for name in rows[0]]
    return still_table(heads, [[str(cell) for cell in row.values()] for row in rows])
