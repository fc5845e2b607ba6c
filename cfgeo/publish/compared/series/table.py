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

from cfgeo.core.results import REPORTED_COLUMNS
from cfgeo.core.schema import FAILED, NOT_ASSESSED, PASSED
from cfgeo.core.strings import Sentence
from cfgeo.publish.compared.changes import ADDED, RECODED, REMOVED, RENAMED, Difference
from cfgeo.publish.compared.differences import causes_of_units, compare
from cfgeo.publish.compared.places import PLACE_COLUMNS
from cfgeo.publish.compared.series.history import YearRun, load_history
from cfgeo.publish.compared.series.indicators import (
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
from cfgeo.publish.compared.series.reasons import Reason, YearStep, nature_of
from cfgeo.publish.run.units import codes_in_a

BETTER, WORSE, SAME, ANEW, UNKNOWN = "better", "worse", "same", "new", "unknown"

SERIES_COLUMNS = {
    **VALUE_COLUMNS,
    "change": "value of the year less that of the last year; missing: the first year, or one of both is not known",
    "trend": "better | worse | same | unknown; new: the last year has no such indicator; empty: the first year",
    "nature": "what the change is: progress | decline (only places changed) | data (only lists, homes or streets) | "
    "method (only standard, walk or versions) | mixed | unexplained; empty: no change",
}
"""Columns of the series: one row for every indicator, unit and year."""

PLACE_CHANGE_COLUMNS = {
    "year": "the later of both years",
    "happened": "built | closed | certified | uncertified: to the place; moved | renamed | kind | number | filled | "
    "emptied | late | struck | twice | once: to the list",
    **PLACE_COLUMNS,
    "geometry": "a point on it",
}
"""Columns of the places: one row for each difference of a place from one year to the next."""

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
    steps : list of YearStep
        What happened between each two years whose tables can be read.
    """

    runs: list[YearRun]
    notes: list[Sentence]
    table: pd.DataFrame
    reasons: dict[tuple[str, str, str, int], list[Reason]]
    steps: dict[int, YearStep]

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
    def reported(self) -> pd.DataFrame:
        """What each run has of reported figures: ``REPORTED_COLUMNS``; of a figure that several have, the last."""
        rows = [row for run in self.runs for row in run.record.get("reported") or []]
        table = pd.DataFrame(rows, columns=list(REPORTED_COLUMNS))
        return table.drop_duplicates(["indicator", "scope", "area", "sex", "year"], keep="last", ignore_index=True)

    @cached_property
    def places(self) -> gpd.GeoDataFrame | None:
        """What happened to places, with ``PLACE_CHANGE_COLUMNS``; None where no two years can be compared."""
        parts = [_places(step) for step in self.steps.values()]
        return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=parts[-1].crs) if parts else None


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
        b.year: YearStep(compare(a.past, b.past), a.year, b.year)
        for a, b in pairwise(runs)
        if a.past is not None and b.past is not None and a.is_comparable and b.is_comparable
    }
    table = _sorted(pd.concat([values_of(run) for run in runs], ignore_index=True), runs, steps)
    table = _with_trend(table)
    reasons = {year: _reasons(table, step, year) for year, step in steps.items()}
    by_key = {(*key, year): each for year, of_year in reasons.items() for key, each in of_year.items()}
    table["nature"] = [_nature(row, by_key) for row in table.to_dict("records")]
    return Series(runs, notes, table, by_key, steps)


def _sorted(table: pd.DataFrame, runs: list[YearRun], steps: dict[int, YearStep]) -> pd.DataFrame:
    """Return the values in order: scope, unit and clause as in the last run, then year; one code for a community."""
    for year, step in sorted(steps.items(), reverse=True):
        recoded = {was: now for now, was in codes_in_a(step.comparison.a, step.comparison.b).items() if was != now}
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


def _reasons(table: pd.DataFrame, step: YearStep, year: int) -> dict[tuple[str, str, str], list[Reason]]:
    """Return clause, scope and unit → the reasons of all changes from one year to the next.

    A street office's share of communities that pass a clause is explained by the communities that turned.
    """
    differences = [
        each for each in step.comparison.differences if each.change not in {ADDED, REMOVED, RENAMED, RECODED}
    ]
    asked = {clause["id"]: clause for clause in step.comparison.b.record["parameters"]["clauses"]}
    required = [name for name, clause in asked.items() if clause["required"]]
    found = {}
    for each in differences:
        clauses = [each.clause] if each.clause else required
        found[each.clause, each.scope, each.code] = step.reasons(each.causes, clauses)
    whole = table[(table["year"] == year) & (table["clause"] == BLOCKS) & table["trend"].isin([BETTER, WORSE])]
    for trend in whole["trend"]:
        blocks = [each for each in differences if each.scope == BLOCK and not each.clause]
        found[BLOCKS, DISTRICT, ""] = step.reasons(causes_of_units(blocks, trend), required)
    of_community: dict[tuple[str, str], list[Difference]] = {}
    for each in differences:
        if each.scope == COMMUNITY and each.clause:
            of_community.setdefault((each.clause, each.street_office), []).append(each)
    changed = table[(table["year"] == year) & (table["scope"] == OFFICE) & table["trend"].isin([BETTER, WORSE])]
    for row in changed.to_dict("records"):
        key = (row["clause"], row["scope"], row["unit"])
        inside = of_community.get((row["clause"], row["unit"]), [])
        if key not in found and inside:
            found[key] = step.reasons(causes_of_units(inside, row["trend"]), [row["clause"]])
    return found


def _places(step: YearStep) -> gpd.GeoDataFrame:
    """Return what happened to places between two years: ``PLACE_CHANGE_COLUMNS``; points on them."""
    a, b = step.comparison.a, step.comparison.b
    asked = [clause["id"] for clause in b.record["parameters"]["clauses"] if clause.get("layer")]
    layers = {clause["id"]: clause["layer"] for clause in b.record["parameters"]["clauses"]}
    rows = []
    for row in step.comparison.places.to_dict("records"):
        clauses = [clause for clause in asked if layers[clause] == row["layer"]]
        run, place = (b, row["facility_b"]) if row["facility_b"] else (a, row["facility_a"])
        happened: dict[Any, Any] = {"year": step.year_b, "happened": step.kind_of(row, clauses)[0]}
        rows.append({**happened, **row, "geometry": run.facilities.geometry[place].representative_point()})
    return gpd.GeoDataFrame(rows, columns=list(PLACE_CHANGE_COLUMNS), geometry="geometry", crs=b.communities.crs)
