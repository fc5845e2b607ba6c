"""The series: every indicator of every scope by year, and for each change what it is and why."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from cfgeo.core.schema import FAILED, NOT_ASSESSED, PASSED
from cfgeo.core.strings import Sentence
from cfgeo.publish.run.differences import codes_in_a
from cfgeo.publish.run.series.history import YearRun, load_history
from cfgeo.publish.run.series.indicators import (
    BLOCK,
    BLOCKS,
    COMMUNITY,
    DISTRICT,
    HEADLINE,
    KEYS,
    OFFICE,
    SCOPES,
    VALUE_COLUMNS,
    is_better,
    values_of,
)
from cfgeo.publish.run.series.reasons import Reason, Step, merged, nature_of

BETTER, WORSE, SAME, ANEW, UNKNOWN = "better", "worse", "same", "new", "unknown"

SERIES_COLUMNS = {
    **VALUE_COLUMNS,
    "change": "value of the year less that of the last year; missing: the first year, or one of both is not known",
    "trend": "better | worse | same | unknown; new: the last year has no such indicator; empty: the first year",
    "nature": "what the change is: progress | decline (only places changed) | data (only lists, homes or streets) | "
    "method (only standard, walk or versions) | mixed | unexplained; empty: no change",
}
"""Columns of the series: one row for every indicator, unit and year."""

_LEAST = 1e-9
_RANK = {FAILED: 0, NOT_ASSESSED: 1, PASSED: 2}


@dataclass(frozen=True)
class Series:
    """The runs of a study by year.

    Attributes
    ----------
    runs : list of YearRun
        By year.
    notes : list of Sentence
        What could be read in part alone.
    table : pandas.DataFrame
        ``SERIES_COLUMNS``, by scope, unit, indicator (in the standard's order) and year.
    reasons : dict
        (clause, scope, unit, year) → the reasons of that year's change.
    steps : list of Step
        What happened between each two years whose tables can be read.
    """

    runs: list[YearRun]
    notes: list[Sentence]
    table: pd.DataFrame
    reasons: dict[tuple[str, str, str, int], list[Reason]]
    steps: dict[int, Step]

    @property
    def last(self) -> YearRun:
        """The run of the last year."""
        return self.runs[-1]

    @property
    def years(self) -> list[int]:
        """The years, in order."""
        return [run.year for run in self.runs]

    @cached_property
    def clauses(self) -> dict[str, dict[str, Any]]:
        """Every clause by its id, as in the last year that has it, in the last year's order."""
        last = dict(self.last.clauses)
        for run in reversed(self.runs):
            last |= {name: clause for name, clause in run.clauses.items() if name not in last}
        return last

    @cached_property
    def places(self) -> gpd.GeoDataFrame | None:
        """What happened to places, with ``year``; None where no two years can be compared."""
        parts = [step.places.assign(year=year) for year, step in self.steps.items()]
        if not parts:
            return None
        return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), geometry="geometry", crs=parts[-1].crs)


def make_series(folders: Sequence[Path]) -> Series:
    """Read runs and put them side by side.

    Parameters
    ----------
    folders
        As for :func:`load_history`.

    Raises
    ------
    InputError
        As for :func:`load_history`.
    """
    runs, notes = load_history(folders)
    steps = {
        b.year: Step(a.past, b.past, a.year, b.year, {name: c for name, c in b.clauses.items() if name in a.clauses})
        for a, b in pairwise(runs)
        if a.past is not None and b.past is not None
    }
    table = _sorted(pd.concat([values_of(run) for run in runs], ignore_index=True), runs, steps)
    table = _with_trend(table)
    reasons = {year: _Reasons(table, step, year).of_all() for year, step in steps.items()}
    by_key = {(*key, year): each for year, of_year in reasons.items() for key, each in of_year.items()}
    table["nature"] = [_nature(row, by_key) for row in table.to_dict("records")]
    return Series(runs, notes, table, by_key, steps)


def _sorted(table: pd.DataFrame, runs: list[YearRun], steps: dict[int, Step]) -> pd.DataFrame:
    """Return the values in order: scope, unit and clause as in the last run, then year; one code for a community."""
    for year, step in sorted(steps.items(), reverse=True):
        recoded = {was: now for now, was in codes_in_a(step.a, step.b).items() if was != now}
        rows = (table["scope"] == COMMUNITY) & (table["year"] < year) & table["unit"].isin(recoded)
        table.loc[rows, "unit"] = table.loc[rows, "unit"].map(recoded)
    order = {name: nth for nth, name in enumerate([HEADLINE, BLOCKS, *runs[-1].clauses])}
    last_first = table.sort_values("year", ascending=False, kind="stable")["unit"]
    units = {unit: nth for nth, unit in enumerate(dict.fromkeys(last_first))}
    ranks = table.assign(
        scope=table["scope"].map({scope: nth for nth, scope in enumerate(SCOPES)}),
        unit=table["unit"].map(units),
        clause=table["clause"].map(lambda clause: order.get(clause, len(order))),
    )
    return table.loc[ranks.sort_values(["scope", "unit", "clause", "year"], kind="stable").index].reset_index(drop=True)


def _with_trend(table: pd.DataFrame) -> pd.DataFrame:
    """Return the values with ``change`` and ``trend``: against the last year that there is."""
    before = table.groupby(KEYS, sort=False).shift()
    first_year = table["year"].min()
    change = table["value"] - before["value"]
    trends = [
        _trend(now, was, delta, first=now["year"] == first_year)
        for now, was, delta in zip(table.to_dict("records"), before.to_dict("records"), change, strict=True)
    ]
    return table.assign(change=change.round(12), trend=trends)


def _trend(now: dict[Any, Any], was: dict[Any, Any], change: float, *, first: bool) -> str:
    if first:
        return ""
    if not isinstance(was["verdict"], str):
        return ANEW
    if not math.isnan(change):
        if abs(change) > _LEAST:
            return BETTER if is_better(change, now["comparison"]) else WORSE
        return SAME
    verdicts = [_RANK.get(row["verdict"]) for row in (was, now)]
    known = [not math.isnan(row["value"]) for row in (was, now)]
    if None in verdicts or NOT_ASSESSED in {was["verdict"], now["verdict"]} or any(known):
        return SAME if verdicts[0] == verdicts[1] and not any(known) else UNKNOWN
    return SAME if verdicts[0] == verdicts[1] else BETTER if verdicts == [0, 2] else WORSE


def _nature(row: dict[Any, Any], reasons: dict[tuple[str, str, str, int], list[Reason]]) -> str:
    key = (row["clause"], row["scope"], row["unit"], row["year"])
    if row["trend"] not in {BETTER, WORSE}:
        return ""
    return nature_of(reasons.get(key, []), better=row["trend"] == BETTER)


class _Reasons:
    """The reasons of all changes from one year to the next."""

    def __init__(self, table: pd.DataFrame, step: Step, year: int) -> None:
        self.step = step
        self.rows = table[(table["year"] == year) & table["trend"].isin([BETTER, WORSE, UNKNOWN])]
        before = table[table["year"] < year].drop_duplicates(KEYS, keep="last").set_index(KEYS)["verdict"]
        keys = pd.MultiIndex.from_frame(self.rows[KEYS])
        self.turned = self.rows["verdict"].to_numpy() != before.reindex(keys).to_numpy()
        self.areas = step.b.communities.geometry
        self.offices = step.b.communities["street_office"]
        self.found: dict[tuple[str, str, str], list[Reason]] = {}

    def of_all(self) -> dict[tuple[str, str, str], list[Reason]]:
        """Return clause, scope and unit → reasons: first of communities, of which those of larger units consist."""
        rows = self.rows.assign(turned=self.turned)
        order = {COMMUNITY: 0, OFFICE: 1, DISTRICT: 3}
        rows = rows.assign(rank=rows["scope"].map(order).fillna(2), is_headline=rows["clause"].isin([HEADLINE, BLOCKS]))
        self.rows = rows
        for row in rows.sort_values(["rank", "is_headline"], kind="stable").to_dict("records"):
            key = (row["clause"], row["scope"], row["unit"])
            self.found[key] = self._of(row) or self.step.versions
        return self.found

    def _of(self, row: dict[Any, Any]) -> list[Reason]:
        clause, scope, unit = row["clause"], row["scope"], row["unit"]
        if clause in {HEADLINE, BLOCKS} and scope == COMMUNITY:
            required = {name for name, asked in self.step.clauses.items() if asked["required"]}
            return self._joined(self._below(COMMUNITY, {unit}, required, row["trend"]))
        if clause not in self.step.clauses and clause not in {HEADLINE, BLOCKS}:
            return []
        own_scope = {HEADLINE: COMMUNITY, BLOCKS: BLOCK}.get(clause) or self.step.clauses[clause]["scope"]
        if scope == own_scope:
            return self.step.reasons(clause, self._area_of(scope, unit))
        units = None if scope == DISTRICT else {str(code) for code in self.offices.index[self.offices == unit]}
        return self._joined(self._below(own_scope, units, {clause}, row["trend"]))

    def _below(self, scope: str, units: set[str] | None, clauses: set[str], trend: str) -> list[tuple[str, str, str]]:
        """Return the units whose verdict on some clauses turned the same way; whichever way if none did."""
        rows = self.rows[(self.rows["scope"] == scope) & self.rows["clause"].isin(clauses) & self.rows["turned"]]
        if units is not None:
            rows = rows[rows["unit"].isin(units)]
        alike = rows[rows["trend"] == trend]
        chosen = rows if alike.empty else alike
        return [tuple(key) for key in chosen[KEYS].itertuples(index=False)]

    def _joined(self, keys: list[tuple[str, str, str]]) -> list[Reason]:
        return merged(reason for key in keys for reason in self.found.get(key, []))

    def _area_of(self, scope: str, unit: str) -> Any:
        """Return the polygon of a community or street office; None for the district and for blocks."""
        if scope == COMMUNITY:
            return self.areas.get(unit)
        if scope != OFFICE:
            return None
        inside = self.areas[self.offices == unit]
        return inside.union_all() if len(inside) else None
