"""The indicators of a series as lines of a table: one a clause and unit, with a value for each year."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd

from cfgeo.core.schema import FAILED, NOT_ASSESSED, PASSED
from cfgeo.core.strings import Lang, name_of, text
from cfgeo.publish.compared.series.indicators import BLOCKS, DISTRICT, HEADLINE, path_of
from cfgeo.publish.compared.series.table import BETTER, WORSE, Series
from cfgeo.publish.run.units import MeasureUnit
from cfgeo.publish.words.names import in_language, separated
from cfgeo.publish.words.numbers import beside_text, need_text
from cfgeo.publish.words.series.reasons import reasons_text

_LIMITS = {"at_least": "≥ ", "more_than": "> ", "at_most": "≤ ", "less_than": "< "}


@dataclass(frozen=True)
class IndicatorLine:
    """One indicator of one unit.

    Attributes
    ----------
    clause, name, scope, unit, unit_name, street_office : str
        What it is about.
    item : str
        Number in the plan; "" where it has none.
    lead : str
        The department that leads; "" where the standard names none.
    measure_unit : str
        How the numbers are written: ``%`` and ``‰`` are shares, 0–1.
    numbers : dict of int to float
        Year → value; missing where it is not known.
    shown, verdicts : dict of int to str
        Year → value as text, and the verdict (as in the tables).
    target : float
        What the standard asks in the end; missing where it asks nothing of the unit.
    path : dict of int to float
        Year → what the standard asks for that year, as far as it does.
    asks, path_text, status, changes : str
        Target, path, 完成情况 and the reasons of the changes, in words.
    nature : str
        What the last year's change is.
    """

    clause: str
    name: str
    scope: str
    unit: str
    unit_name: str
    street_office: str
    item: str
    lead: str
    measure_unit: MeasureUnit
    numbers: dict[int, float]
    shown: dict[int, str]
    verdicts: dict[int, str]
    target: float
    path: dict[int, float]
    asks: str
    path_text: str
    status: str
    changes: str
    nature: str


def series_lines(series: Series, lang: Lang, scope: str) -> list[IndicatorLine]:
    """Return the indicators of all units of a scope, in the order of the series."""
    table = series.table[series.table["scope"] == scope]
    return [
        _line(rows.to_dict("records"), series, lang)
        for _, rows in table.groupby(["clause", "scope", "unit"], sort=False, dropna=False)
    ]


def clause_name(series: Series, clause: str, scope: str, lang: Lang) -> str:
    """Return the name of an indicator."""
    if clause in {HEADLINE, BLOCKS}:
        return text(f"series.headline_{scope if clause == HEADLINE else BLOCKS}", lang)
    return str(in_language(series.clauses[clause], "name", lang))


def lead_of(clause: Mapping[str, Any], lang: Lang) -> str:
    """Return the department that leads on a clause, or on a standard; "" where none is named."""
    return str((clause.get("lead_en") if lang == "en" else None) or clause.get("lead") or "")


def status_text(verdict: str, on_path: str, year: int, lang: Lang) -> str:
    """Return whether the target is met, and where the standard names one, the target of the year."""
    words = [name_of("word", verdict, lang)] if verdict else []
    if on_path:
        words.append(text(f"series.path_{on_path}", lang, year=year))
    return separated(words, lang)


def change_text(row: Mapping[Any, Any], series: Series, lang: Lang) -> str:
    """Return what one year's change is and why; "" where nothing changed."""
    if row["trend"] not in {BETTER, WORSE}:
        return ""
    key = (row["clause"], row["scope"], row["unit"], row["year"])
    reasons = series.reasons.get(key, [])
    because = reasons_text(reasons, series.steps[row["year"]], lang) if reasons else ""
    words = {"year": row["year"], "nature": text(f"series.nature_{row['nature']}", lang), "because": because}
    return text("series.change_because" if because else "series.change_alone", lang, **words)


def _line(rows: list[dict[Any, Any]], series: Series, lang: Lang) -> IndicatorLine:
    last = rows[-1]
    clause, measure_unit, target = last["clause"], last["measure_unit"], last["target"]
    standard = series.last.record["parameters"]["standard"]
    about = series.clauses.get(clause, {})
    path = {row["year"]: row["path"] for row in rows if not math.isnan(row["path"])}
    item = about.get("plan_item")
    targets = path_of(about or standard) if last["scope"] == DISTRICT else {}
    return IndicatorLine(
        clause=clause,
        name=clause_name(series, clause, last["scope"], lang),
        scope=last["scope"],
        unit=last["unit"],
        unit_name=last["unit_name"],
        street_office=last["street_office"],
        item="" if item is None or pd.isna(item) else str(int(item)),
        lead=lead_of(about or standard, lang),
        measure_unit=measure_unit,
        numbers={row["year"]: row["value"] for row in rows},
        shown={row["year"]: value_text(row, lang) for row in rows},
        verdicts={row["year"]: row["verdict"] for row in rows},
        target=target,
        path=path,
        asks="" if math.isnan(target) else _asks(target, last["comparison"], lang, unit=measure_unit),
        path_text=separated(_path(targets, last["comparison"], lang, unit=measure_unit), lang),
        status=status_text(last["verdict"], last["on_path"], last["year"], lang),
        changes=separated([words for row in rows if (words := change_text(row, series, lang))], lang),
        nature=last["nature"],
    )


def _path(targets: Mapping[int, float], comparison: str, lang: Lang, *, unit: MeasureUnit) -> list[str]:
    """Return the targets by year that a standard names."""
    return [
        text("series.path_year", lang, year=year, target=_asks(asked, comparison, lang, unit=unit))
        for year, asked in targets.items()
    ]


def _asks(target: float, comparison: str, lang: Lang, *, unit: MeasureUnit) -> str:
    return f"{_LIMITS[comparison]}{need_text(target, lang, unit=unit)}"


def value_text(row: Mapping[Any, Any], lang: Lang) -> str:
    """Return the value of a year: a number, between which two it lies, or the verdict where there is no number."""
    low, high = row["value_low"], row["value_high"]
    said = partial(beside_text, need=row["target"], lang=lang, compare=row["comparison"], unit=row["measure_unit"])
    if not math.isnan(row["value"]):
        return said(row["value"])
    if not math.isnan(low) and not math.isnan(high) and low != high:
        key = "series.between" if math.isfinite(high) else "series.from"
        return text(key, lang, low=said(low), high=said(high))
    return name_of("word", row["verdict"] if row["verdict"] in {PASSED, FAILED} else NOT_ASSESSED, lang)
