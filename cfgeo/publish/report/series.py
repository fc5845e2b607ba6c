"""The Word report of a series: the table of indicators in the form that a district files, street offices, reasons."""

from collections.abc import Sequence

from cfgeo.core.schema import FAILED, NOT_ASSESSED, PASSED
from cfgeo.core.strings import Lang, name_of, text
from cfgeo.publish.compared.series.indicators import BLOCKS, DISTRICT, HEADLINE, OFFICE
from cfgeo.publish.compared.series.reasons import DECLINE, PROGRESS
from cfgeo.publish.compared.series.table import BETTER, WORSE, Series
from cfgeo.publish.report.paper import Cell, Grid, Paper, Verdict
from cfgeo.publish.words.series.heading import (
    run_rows,
    series_notes,
    series_standard,
    series_status,
    series_title,
)
from cfgeo.publish.words.series.lines import IndicatorLine, series_lines

_YEAR_WIDTH, _MOST_YEARS = 17.0, 5
"""A page holds the last few years side by side; the workbook has all."""
_MOST_OFFICES = 12
_WHOLE = (HEADLINE, BLOCKS)


def series_report(series: Series, lang: Lang) -> Paper:
    """Return the report."""
    title, status = series_title(series, lang), series_status(series)
    paper = Paper(lang, title=title, status=status, foot=title, wide=True)
    word = name_of("word", status, lang)
    meta = [
        text("report.meta_standard", lang, title=series_standard(series, lang)),
        text("report.meta_status", lang, status=word),
    ]
    paper.title(title, meta=meta)
    lines = series_lines(series, lang, DISTRICT)
    paper.heading(text("series.section_summary", lang))
    for sentence in summary(series, lines, lang):
        paper.sentence(sentence)
    paper.heading(text("series.section_indicators", lang))
    paper.table(*_indicators(series, lines, lang), text("series.table_indicators", lang))
    offices = series_lines(series, lang, OFFICE)
    if offices:
        paper.heading(text("series.section_offices", lang))
        headlines = [line for line in offices if line.clause == HEADLINE]
        paper.table(*_offices(series, headlines, lang), text("series.table_offices", lang))
        caption = text("series.table_office_indicators", lang, year=series.years[-1])
        for first in range(0, len(headlines), _MOST_OFFICES):
            units = [line.unit_name for line in headlines[first : first + _MOST_OFFICES]]
            paper.table(*_office_indicators(offices, units, series.years[-1], lang), caption)
    paper.heading(text("series.section_data", lang))
    paper.table(*_runs(series, lang), text("series.table_runs", lang))
    for note in series_notes(series, lang):
        paper.note(note)
    return paper


def summary(series: Series, lines: Sequence[IndicatorLine], lang: Lang) -> list[str]:
    """Return in sentences how the last year stands, and what has changed since the year before."""
    year, headline = series.years[-1], lines[0]
    district = series.last.record["district"]
    values = {"year": year, "value": headline.shown[year], "target": headline.asks}
    sentences = [text("series.summary_headline", lang, **{**district, **values})]
    verdicts = [line.verdicts.get(year) for line in lines if line.clause not in _WHOLE]
    counts = {name: verdicts.count(name) for name in (PASSED, FAILED, NOT_ASSESSED)}
    sentences.append(text("series.summary_indicators", lang, total=len(verdicts), year=year, **counts))
    if len(series.years) > 1:
        now = series.table[(series.table["scope"] == DISTRICT) & (series.table["year"] == year)]
        changed = now[now["trend"].isin([BETTER, WORSE]) & ~now["clause"].isin(_WHOLE)]["nature"]
        progress, decline = (int((changed == nature).sum()) for nature in (PROGRESS, DECLINE))
        others = len(changed) - progress - decline
        before = series.years[-2]
        counted = {"year": before, "progress": progress, "decline": decline, "others": others}
        sentences.append(text("series.summary_changes", lang, **counted))
    return sentences


def _indicators(series: Series, lines: Sequence[IndicatorLine], lang: Lang) -> tuple[Grid, list[list[Cell]]]:
    """Return the table of indicators: 条目, 指标, 责任单位, a column a year, 年度目标, 目标, 完成情况, 变化原因."""
    years, with_path = series.years[-_MOST_YEARS:], any(line.path_text for line in lines)
    heads = ["item", "indicator", "lead", *[f"value_{year}" for year in years]]
    heads += [*(["path"] if with_path else []), "target", "status", "reason"]
    widths = {
        "item": 13.0,
        "indicator": 36.0,
        "lead": 24.0,
        "path": 24.0,
        "target": 17.0,
        "status": 20.0,
        "reason": 58.0,
    }
    grid = Grid(
        tuple(_head(head, lang) for head in heads),
        tuple(widths.get(head, _YEAR_WIDTH) for head in heads),
        "".join({"item": "^", "target": ">", "status": "^"}.get(head, ">" if "_" in head else "<") for head in heads),
    )
    rows: list[list[Cell]] = [
        [
            line.item,
            line.name,
            line.lead,
            *(_unbroken(line.shown.get(year, "")) for year in years),
            *([line.path_text] if with_path else []),
            _unbroken(line.asks),
            Verdict(line.verdicts[years[-1]]) if _is_plain(line, years[-1]) else line.status,
            line.changes,
        ]
        for line in lines
    ]
    return grid, rows


def _unbroken(number: str) -> str:
    """Return a number with its sign and unit, which stay on one line."""
    return number.replace(" ", "\u00a0")


def _is_plain(line: IndicatorLine, year: int) -> bool:
    """Return whether the status of a line is its verdict and nothing else."""
    return line.verdicts.get(year) in {PASSED, FAILED, NOT_ASSESSED} and year not in line.path


def _offices(series: Series, lines: Sequence[IndicatorLine], lang: Lang) -> tuple[Grid, list[list[Cell]]]:
    years = series.years[-_MOST_YEARS:]
    heads = ("street_office", *(f"value_{year}" for year in years), "reason")
    grid = Grid(
        tuple(_head(head, lang) for head in heads), (32.0, *[_YEAR_WIDTH] * len(years), 90.0), f"<{'>' * len(years)}<"
    )
    return grid, [[line.unit_name, *(line.shown.get(year, "") for year in years), line.changes] for line in lines]


def _office_indicators(
    lines: Sequence[IndicatorLine], units: Sequence[str], year: int, lang: Lang
) -> tuple[Grid, list[list[Cell]]]:
    """Return the last year's value of each indicator in some street offices: a row an indicator, a column an office."""
    values = {(line.clause, line.unit_name): _unbroken(line.shown.get(year, "")) for line in lines}
    names = {line.clause: line.name for line in lines}
    grid = Grid((_head("indicator", lang), *units), (40.0, *[_YEAR_WIDTH] * len(units)), f"<{'>' * len(units)}")
    return grid, [[name, *(values.get((clause, unit), "") for unit in units)] for clause, name in names.items()]


def _runs(series: Series, lang: Lang) -> tuple[Grid, list[list[Cell]]]:
    heads = ("year", "date", "data", "standard", "version")
    grid = Grid(tuple(_head(head, lang) for head in heads), (14.0, 24.0, 80.0, 28.0, 18.0), "^^<<^")
    return grid, [[str(row[head]) for head in heads] for row in run_rows(series, lang)]


def _head(name: str, lang: Lang) -> str:
    """Return the heading of a column; value_2026 is that of a year."""
    key, _, year = name.partition("_")
    return text("series.col_value", lang, year=year) if key == "value" else text(f"series.col_{name}", lang)
