"""The scorecard in words: each clause of the standard, what it asks, what was found, what is missing."""

import math
from dataclasses import dataclass
from typing import Any

import pandas as pd

from cfgeo.core.results import Results
from cfgeo.core.schema import FAILED, NOT_ASSESSED
from cfgeo.core.strings import Lang, name_of, text
from cfgeo.publish.tables.csv import clause_table
from cfgeo.publish.words.names import listed
from cfgeo.publish.words.numbers import SHARE_DECIMALS, amount, count_for, decimal, percent, target_percent

_COUNTED = ("present", "count", "rate")
"""Measures whose need is a number; that of the others is a share."""
_GAPS = {"rate": "report.gap_rate", "count": "report.gap_count"}


@dataclass(frozen=True)
class Line:
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
    is_share : bool
        Whether they are shares, 0–1.
    missing : str
        The gap in words.
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
    is_share: bool
    missing: str
    verdict: str
    passed: int | None
    failed: int | None
    open: int | None
    assumption: str

    def number(self, value: float, lang: Lang) -> str:
        """Return one of its numbers as text."""
        return percent(value, lang) if self.is_share else decimal(value, lang)


def scorecard(results: Results, lang: Lang) -> list[Line]:
    """Return all clauses in the standard's order."""
    table = clause_table(results, lang).set_index("clause")
    return [_line(clause, table.loc[clause["id"]], results, lang) for clause in results.parameters["clauses"]]


def headline(results: Results, lang: Lang) -> str:
    """Return in one sentence how many communities pass, and how far the district is from its target."""
    district = results.district
    numbers = {name: int(district[name]) for name in ("communities", "passed", "failed", "not_assessed", "needed")}
    share, target = percent(district["share"], lang), target_percent(district["target"], lang)
    key = "report.headline_met" if district["met"] else "report.headline_short"
    return text(key, lang, share=share, target=target, **numbers)


def open_clauses(results: Results, lang: Lang) -> str:
    """Return on how many clauses the district was judged, and which are open."""
    judged, total = results.district["clauses_judged"], results.district["clauses_total"]
    names = [line.name for line in scorecard(results, lang) if line.verdict == NOT_ASSESSED]
    if not names:
        return text("report.judged_all", lang, total=total)
    return text("report.judged", lang, judged=judged, total=total, names=listed(names, lang))


def _line(clause: dict[str, Any], row: pd.Series, results: Results, lang: Lang) -> Line:
    """Return one clause, with its row of ``clauses.csv``."""
    counts = {name: None if pd.isna(row.get(name)) else int(row[name]) for name in ("passed", "failed", "open")}
    asked, found = float(row["asked"]), float(row["found"])
    is_share = clause["scope"] != "district" or clause["measure"] not in _COUNTED
    gap = math.nan if math.isnan(found) else max(round(asked - found, SHARE_DECIMALS), 0.0)
    return Line(
        clause=clause["id"],
        name=str(row["clause_name"]),
        item=None if pd.isna(row["plan_item"]) else int(row["plan_item"]),
        scope=clause["scope"],
        required=bool(clause["required"]),
        asks=_asks(clause, asked, results, lang),
        asked=asked,
        found=found,
        gap=gap,
        is_share=is_share,
        missing=_missing(clause, gap, _short_of(asked, counts), str(row["verdict"]), lang),
        verdict=str(row["verdict"]),
        assumption=str(row["assumption"] or ""),
        **counts,
    )


def _short_of(asked: float, counts: dict[str, int | None]) -> int:
    """Return how many more communities or street offices have to pass."""
    total = sum(number or 0 for number in counts.values())
    return max(count_for(asked, total) - (counts["passed"] or 0), 0)


def _asks(clause: dict[str, Any], asked: float, results: Results, lang: Lang) -> str:
    """Return what a clause asks, in words."""
    counted = clause["measure"] in _COUNTED
    need = (amount if counted else target_percent)(clause["need"], lang)
    target = target_percent(asked, lang)
    if clause["measure"] == "reach":
        limit = amount(clause["limit_minutes"], lang)
        who = _who(clause, results, lang)
        return text("report.asks_reach", lang, need=need, who=who, limit=limit, target=target)
    if clause["measure"] == "present":
        key = "report.asks_office" if clause["scope"] == "street_office" else "report.asks_community"
        return text(key, lang, need=need, target=target)
    if clause["measure"] in ("count", "rate"):
        return text("report.asks_rate" if clause["measure"] == "rate" else "report.asks_count", lang, need=need)
    return text("report.asks_more" if clause.get("strict") else "report.asks_least", lang, need=need)


def _who(clause: dict[str, Any], results: Results, lang: Lang) -> str:
    """Return whom a reach clause counts: children of which ages, or what stands for them."""
    basis = results.parameters["demand_basis"]
    ages = sorted(tuple(map(int, band.split("_")[1:3])) for band in clause.get("children") or ())
    if basis != "children" or not ages:
        return name_of("report", f"who_{basis}", lang)
    return text("report.who_aged", lang, first=ages[0][0], last=ages[-1][1])


def _missing(clause: dict[str, Any], gap: float, short: int, verdict: str, lang: Lang) -> str:
    """Return how far a clause is from what it asks, in words."""
    if verdict == NOT_ASSESSED:
        return text("word.not_assessed", lang)
    if verdict != FAILED:
        return text("report.gap_none", lang)
    if clause["scope"] != "district":
        key = "report.gap_communities" if clause["scope"] == "community" else "report.gap_offices"
        return text(f"{key}_one" if short == 1 else key, lang, number=short)
    if gap == 0:  # what is asked has to be exceeded
        return text("report.gap_equal", lang)
    numbers = {"rate": decimal(gap, lang), "count": amount(gap, lang)}
    number = numbers.get(clause["measure"], amount(gap * 100, lang))
    return text(_GAPS.get(clause["measure"], "report.gap_points"), lang, number=number)
