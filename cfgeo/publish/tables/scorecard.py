"""The scorecard in words: each clause of the standard, what it asks, what was found, what is missing."""

import math
from dataclasses import dataclass
from typing import Any

import pandas as pd

from cfgeo.core.clock import once
from cfgeo.core.results import Results
from cfgeo.core.schema import FAILED, NOT_ASSESSED
from cfgeo.core.strings import Lang, name_of, text
from cfgeo.publish.run.units import PER_CENT, MeasureUnit, found_unit, need_unit
from cfgeo.publish.tables.csv import clause_table
from cfgeo.publish.words.clauses.found import (
    asked_words,
    compare_of,
    found_beside,
    found_number,
    found_words,
    missing_words,
    need_words,
    value_words,
)
from cfgeo.publish.words.names import abridged
from cfgeo.publish.words.numbers import (
    TABLE_DECIMALS,
    Beside,
    amount,
    beside_text,
    count_for,
    digits,
    need_text,
    target_percent,
    with_unit,
)

_GAP_UNITS = {
    "community": "report.gap_communities",
    "block": "report.gap_blocks",
    "street_office": "report.gap_offices",
}
_GAPS = {"rate": "report.gap_rate", "count": "report.gap_count"}


@dataclass(frozen=True)
class ScoreLine:
    """One clause.

    Attributes
    ----------
    clause, name : str
        Its id, and its name in the run's language.
    item : int or None
        Number in the plan.
    scope : str
        community | street_office | district.
    required : bool
    asks : str
        What it asks, in words.
    asked, found, gap : float
        Numbers of the measure, as in ``clauses.csv``, and how much ``found`` is short of ``asked`` (0: it is enough).
    unit : str
        How they are written: ``%`` and ``‰`` are shares, 0–1.
    is_exact : bool
        Whether ``found`` is known, not only to be at least or at most so large, or nothing is known.
    found_said, asked_said : str
        Both in words: of an interval its bounds; what has to be exceeded says so.
    missing : str
        The gap in words.
    lacking : str
        The values that are missing in the data, by name.
    low, high, low_said, high_said : float or str
        The least and the greatest that ``found`` may be, with what is missing.
    n_missing : int
        Number of values that are missing.
    verdict : str
    passed, failed, open : int or None
        Numbers of communities or street offices.
    assumption : str
        What was assumed where the plan leaves a choice.
    """

    clause: str
    name: str
    item: int | None
    scope: str
    required: bool
    asks: str
    asked: float
    found: float
    gap: float
    unit: MeasureUnit
    is_exact: bool
    found_said: str
    asked_said: str
    missing: str
    lacking: str
    low: float
    high: float
    low_said: str
    high_said: str
    n_missing: int
    verdict: str
    passed: int | None
    failed: int | None
    open: int | None
    assumption: str


@once
def scorecard(results: Results, lang: Lang) -> list[ScoreLine]:
    """Return all clauses in the standard's order."""
    table = clause_table(results, lang).set_index("clause")
    return [_line(clause, table.loc[clause["id"]], results, lang) for clause in results.parameters["clauses"]]


def headline(results: Results, lang: Lang) -> str:
    """Return in one sentence how many communities pass, and how far the district is from its target."""
    district = results.district
    numbers = {name: int(district[name]) for name in ("communities", "passed", "failed", "not_assessed", "needed")}
    target = target_percent(district["target"], lang)
    share = beside_text(district["share"], district["target"], lang, passed=district["met"])
    key = "report.headline_met" if district["met"] else "report.headline_short"
    said = text(key, lang, share=share, target=target, **numbers)
    return ("" if lang == "zh" else " ").join([said, *block_headline(results, lang)])


def block_headline(results: Results, lang: Lang) -> list[str]:
    """Return the sentence on the street blocks, judged beside the communities, if they are judged."""
    blocks = results.district.get("blocks")
    if blocks is None:
        return []
    target, both = target_percent(blocks["target"], lang), blocks["together"]
    share = beside_text(blocks["share"], blocks["target"], lang, passed=blocks["met"])
    numbers = {"blocks": blocks["blocks"], "passed": blocks["passed"], "units": both["units"], "both": both["passed"]}
    return [text("report.headline_blocks", lang, share=share, target=target, **numbers)]


def open_clauses(results: Results, lang: Lang) -> str:
    """Return on how many clauses the district was judged, and which are open."""
    judged, total = results.district["clauses_judged"], results.district["clauses_total"]
    names = [line.name for line in scorecard(results, lang) if line.verdict == NOT_ASSESSED]
    if not names:
        return text("report.judged_all", lang, total=total)
    return text("report.judged", lang, judged=judged, total=total, names=abridged(names, lang))


def _line(clause: dict[str, Any], row: pd.Series, results: Results, lang: Lang) -> ScoreLine:
    """Return one clause, with its row of ``clauses.csv``."""
    counts = {name: None if pd.isna(row.get(name)) else int(row[name]) for name in ("passed", "failed", "open")}
    judged = results.clauses.loc[clause["id"]]
    asked, found, both = float(judged["asked"]), found_number(clause, row), found_beside(clause, judged)
    verdict = str(judged["verdict"])
    return ScoreLine(
        clause=clause["id"],
        name=str(row["clause_name"]),
        item=None if pd.isna(row["plan_item"]) else int(row["plan_item"]),
        scope=clause["scope"],
        required=bool(clause["required"]),
        asks=_asks(clause, asked, results, lang),
        asked=asked,
        found=found,
        gap=math.nan if both is None else round(abs(asked - found), TABLE_DECIMALS) if verdict == FAILED else 0.0,
        unit=found_unit(clause),
        is_exact=not judged["found_low"] < judged["found_high"],
        found_said=found_words(clause, judged, lang),
        asked_said=asked_words(clause, judged, lang),
        missing=_missing(clause, both, _short_of(asked, counts), judged, lang),
        lacking=missing_words(results, clause["id"], lang),
        low=float(row["found_low"]),
        high=float(row["found_high"]),
        low_said=value_words(float(judged["found_low"]), clause, judged, lang),
        high_said=value_words(float(judged["found_high"]), clause, judged, lang),
        n_missing=int(row["missing"]),
        verdict=verdict,
        assumption=str(row["assumption"] or ""),
        **counts,
    )


def _short_of(asked: float, counts: dict[str, int | None]) -> int:
    """Return how many more communities or street offices have to pass."""
    total = sum(number or 0 for number in counts.values())
    return max(count_for(asked, total) - (counts["passed"] or 0), 0)


def _asks(clause: dict[str, Any], asked: float, results: Results, lang: Lang) -> str:
    """Return what a clause asks, in words."""
    if clause["need"] is None:  # a reference that the study does not give
        return text("page.missing", lang)
    unit, compare = need_unit(clause), compare_of(clause)
    need = need_text(clause["need"], lang, unit=unit)
    if compare != "at_least":
        need = need_words(clause["need"], compare, lang, unit=unit)
    target = target_percent(asked, lang)
    if clause["measure"] == "reach":
        limit, who = amount(clause["limit_minutes"], lang), _who(clause, results, lang)
        said = text("report.asks_reach", lang, need=need, who=who, limit=limit)
    elif clause["measure"] == "all_reach":
        said = text("report.asks_all", lang, need=need, who=_who(clause, results, lang))
    elif clause["measure"] == "present":
        said = text("report.asks_present", lang, need=need, unit=name_of("report", f"scope_{clause['scope']}", lang))
    else:
        said = need_words(clause["need"], compare, lang, unit=unit)
        if clause["measure"] in ("count", "rate"):
            said = text("report.asks_rate" if clause["measure"] == "rate" else "report.asks_count", lang, need=said)
    if clause["scope"] == "district":
        return said
    return text("report.asks_of_units", lang, asks=said, target=target, units=_units(clause, lang))


def _units(clause: dict[str, Any], lang: Lang) -> str:
    return name_of("report", f"units_{clause['scope']}", lang)


def _who(clause: dict[str, Any], results: Results, lang: Lang) -> str:
    """Return whom a reach clause counts: children of which ages, or what stands for them."""
    basis = results.parameters["demand_basis"]
    ages = sorted(tuple(map(int, band.split("_")[1:3])) for band in clause.get("children") or ())
    if basis != "children" or not ages:
        return name_of("report", f"who_{basis}", lang)
    return text("report.who_aged", lang, first=ages[0][0], last=ages[-1][1])


def _missing(clause: dict[str, Any], both: Beside | None, short: int, row: pd.Series, lang: Lang) -> str:
    """Return how far a clause is from what it asks, in words."""
    if row["verdict"] == NOT_ASSESSED:
        return text("word.not_assessed", lang)
    if row["verdict"] != FAILED:
        return text("report.gap_none", lang)
    if clause["scope"] != "district":
        key = _GAP_UNITS[clause["scope"]]
        return text(f"{key}_one" if short == 1 else key, lang, number=short)
    if both is None or both.gap == 0:  # what is asked has to be exceeded, or stayed below
        return text("report.gap_equal_below" if compare_of(clause) == "less_than" else "report.gap_equal", lang)
    if both.value > both.need:
        return text("report.gap_over", lang, number=_gap(both, clause, lang))
    key = _GAPS.get(clause["measure"], "report.gap_short")
    return text(key, lang, number=digits(both.gap) if clause["measure"] in _GAPS else _gap(both, clause, lang))


def _gap(both: Beside, clause: dict[str, Any], lang: Lang) -> str:
    """Return a gap in its unit: percentage points, ‰, or a number."""
    unit, gap = found_unit(clause), digits(both.gap)
    return text("report.points", lang, number=gap) if unit == PER_CENT else with_unit(gap, unit, lang)
