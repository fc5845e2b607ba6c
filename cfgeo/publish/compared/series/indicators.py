"""Every indicator of every scope, of one run and by year: value, target, path, verdict."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from cfgeo.core.schema import FAILED, NOT_ASSESSED, PASSED, TOLERANCE
from cfgeo.publish.compared.series.history import YearRun
from cfgeo.publish.run.units import PER_CENT, found_unit, need_unit

DISTRICT, BLOCK, OFFICE, COMMUNITY = "district", "block", "street_office", "community"
_PARTS = {"%": 0.01, "‰": 0.001}
SCOPES = (DISTRICT, BLOCK, OFFICE, COMMUNITY)
HEADLINE, BLOCKS = "", "blocks"
"""Stand in place of a clause: the share of communities, and of street blocks, that pass."""
KEYS = ["clause", "scope", "unit"]
ON_PATH, OFF_PATH, OPEN_PATH = "yes", "no", "unknown"

VALUE_COLUMNS = {
    "clause": "clause id; empty: the verdicts of communities; blocks: those of street blocks",
    "scope": "district | block | street_office | community: what the row is about",
    "unit": "code of the community, name of the street office or block; empty: the district",
    "unit_name": "its name",
    "street_office": "street office of a community",
    "year": "year that the data shows",
    "measure_unit": "% | ‰ | empty: how the numbers are written; those of the first two are shares, 0–1",
    "value": "the value; missing: not known, or between value_low and value_high",
    "value_low": "the value with everything that is missing at its worst",
    "value_high": "the same at its best",
    "target": "what the standard asks in the end; missing: it asks nothing of this unit",
    "comparison": "at_least | more_than | at_most | less_than",
    "path": "what the standard asks for this year; missing: it names no path, and none is invented",
    "on_path": "yes | no | unknown; empty: no path",
    "verdict": "passed | failed | not_assessed; empty: the standard judges no such unit",
    "passed": "number of communities, blocks or street offices that pass; missing: a single value",
    "failed": "that fail",
    "open": "that are not assessed",
}
"""Columns of the values: one row for every indicator, unit and year."""


def values_of(run: YearRun) -> pd.DataFrame:
    """Return the value of every indicator of one run, as far as its folder has them: ``VALUE_COLUMNS``."""
    rows = [*_of_district(run), *_of_areas(run, OFFICE, "street_offices"), *_of_areas(run, BLOCK, "blocks")]
    if run.past is not None:
        rows += [*_shares_of_offices(run), *_of_communities(run)]
    table = pd.DataFrame(rows, columns=list(VALUE_COLUMNS)).assign(year=run.year)
    numbers = ["value", "value_low", "value_high", "target", "path", "passed", "failed", "open"]
    return table.astype(dict.fromkeys(numbers, float))


def _row(clause: str, scope: str, unit: str = "", **values: Any) -> dict[str, Any]:
    value = values.get("value", math.nan)
    row: dict[str, Any] = {
        "clause": clause,
        "scope": scope,
        "unit": unit,
        "unit_name": unit,
        "street_office": "",
        "verdict": "",
    }
    row |= {"value_low": value, "value_high": value, "comparison": "at_least", "on_path": "", "path": math.nan}
    return row | {name: math.nan if value is None else value for name, value in values.items()}


def _of_district(run: YearRun) -> Iterator[dict[str, Any]]:
    district, clauses = run.record["district"], run.clauses
    path = _path_of(run.record["parameters"]["standard"], run.year)
    yield _headline(HEADLINE, district, path)
    if BLOCKS in district:
        yield _headline(BLOCKS, district[BLOCKS], path)
    for row in run.record["clauses"]:
        clause = clauses[row["clause"]]
        found = {"value": row["found"], "value_low": row.get("found_low"), "value_high": row.get("found_high")}
        if "found_low" not in row:  # of an older cfgeo
            found |= {"value_low": row["found"], "value_high": row["found"]}
        yield with_path(
            _row(
                row["clause"],
                DISTRICT,
                **found,
                measure_unit=found_unit(clause),
                target=row["asked"],
                comparison=comparison_of(clause) if row["scope"] == DISTRICT else "at_least",
                path=_path_of(clause, run.year),
                verdict=row["verdict"],
                **{name: row.get(name) for name in ("passed", "failed", "open")},
            )
        )


def _headline(clause: str, counts: Mapping[str, Any], path: float) -> dict[str, Any]:
    """Return the share of communities or blocks that pass, and what is asked of it."""
    share = counts["share"]
    known = share is not None and counts["passed"] + counts["failed"] > 0
    return with_path(
        _row(
            clause,
            DISTRICT,
            value=share,
            measure_unit=PER_CENT,
            target=counts["target"],
            path=path,
            verdict=(PASSED if counts["met"] else FAILED) if known else NOT_ASSESSED,
            passed=counts["passed"],
            failed=counts["failed"],
            open=counts["not_assessed"],
        )
    )


def _of_areas(run: YearRun, scope: str, key: str) -> Iterator[dict[str, Any]]:
    """Yield how street offices or blocks stand: in all, and on each clause of their scope."""
    areas = run.record.get(key) or []
    if not areas and scope == BLOCK and run.past is not None and len(run.past.blocks):
        areas = pd.DataFrame(run.past.blocks.drop(columns="geometry")).reset_index().to_dict("records")
    for area in areas:
        unit = str(area["block"] if scope == BLOCK else area["street_office"])
        if scope == OFFICE:
            counts = {"passed": area["passed"], "failed": area["failed"], "open": area["not_assessed"]}
            yield _row(HEADLINE, scope, unit, value=area["share"], measure_unit=PER_CENT, **counts)
        elif "verdict" in area:
            yield _row(HEADLINE, scope, unit, measure_unit=PER_CENT, verdict=area["verdict"], unit_name=_name(area))
        for clause in run.clauses.values():
            if clause["scope"] != scope or f"{clause['id']}_verdict" not in area:
                continue
            yield _row(
                clause["id"],
                scope,
                unit,
                unit_name=_name(area),
                **_found(area, clause["id"]),
                measure_unit=need_unit(clause),
                target=clause["need"],
                comparison=comparison_of(clause),
                verdict=area[f"{clause['id']}_verdict"],
            )


def _name(area: Mapping[str, Any]) -> str:
    """Return the name of a street office, or of a block where it has another than its id."""
    return str(area.get("name") or area.get("block") or area["street_office"])


def _found(area: Mapping[str, Any], clause: str) -> dict[str, Any]:
    """Return what an area found for a clause: the value, and at its worst and best where the record has them."""
    value = area.get(f"{clause}_found")
    sides = {f"value_{side}": area.get(f"{clause}_{side}", value) for side in ("low", "high")}
    return {"value": value, **sides}


def _shares_of_offices(run: YearRun) -> Iterator[dict[str, Any]]:
    """Yield the share of each street office's communities that pass each clause for communities."""
    if run.past is None:
        return
    office = run.past.communities["street_office"]
    for clause, rows in run.past.coverage.groupby(level="clause", sort=False):
        verdicts = rows["verdict"].droplevel("clause")
        counts = pd.crosstab(office.reindex(verdicts.index), verdicts.to_numpy())
        counts = counts.reindex(columns=[PASSED, FAILED, NOT_ASSESSED], fill_value=0)
        for unit, (passed, failed, open_) in zip(counts.index, counts.to_numpy(), strict=True):
            share = passed / (passed + failed + open_) if passed + failed else math.nan
            numbers = {"passed": passed, "failed": failed, "open": open_}
            yield _row(str(clause), OFFICE, str(unit), value=share, measure_unit=PER_CENT, **numbers)


def _of_communities(run: YearRun) -> Iterator[dict[str, Any]]:
    """Yield the verdict of each community, and its value and verdict for each clause."""
    if run.past is None:
        return
    names = {
        str(code): {"unit_name": row["community"], "street_office": row["street_office"]}
        for code, row in run.past.communities.iterrows()
    }
    for code, verdict in run.past.communities["verdict"].items():
        yield _row(HEADLINE, COMMUNITY, str(code), measure_unit=PER_CENT, verdict=verdict, **names[str(code)])
    clauses = run.clauses
    for (code, clause), row in zip(run.past.coverage.index, run.past.coverage.to_dict("records"), strict=True):
        yield _row(
            str(clause),
            COMMUNITY,
            str(code),
            value=_of_community(row),
            measure_unit=need_unit(clauses[clause]),
            target=row["need"],
            comparison=comparison_of(clauses[clause]),
            verdict=row["verdict"],
            **names[str(code)],
        )


def _of_community(row: Mapping[Any, Any]) -> float:
    """Return what a community has of a clause: places, a share in reach, or the value of another measure."""
    if row["measure"] == "present":
        return float(row["places"])
    return float(row.get("value", math.nan) if math.isnan(row["share"]) else row["share"])


def comparison_of(clause: Mapping[str, Any]) -> str:
    """Return how a clause compares its value with what it asks."""
    return str(clause.get("compare") or ("more_than" if clause.get("strict") else "at_least"))


def path_of(entry: Mapping[str, Any]) -> dict[int, float]:
    """Return what a clause or a standard asks by year, in the unit of the measure: shares are 0–1."""
    part = _PARTS.get(entry.get("unit") or "", 1.0)
    return {int(year): float(asked) * part for year, asked in sorted((entry.get("path") or {}).items())}


def _path_of(entry: Mapping[str, Any], year: int) -> float:
    """Return what a clause or a standard asks for one year; missing where it does not name that year."""
    return path_of(entry).get(year, math.nan)


def with_path(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with ``on_path``: whether the worst value is enough for its year, or the best is not."""
    if math.isnan(row["path"]):
        return row
    met = [meets(row[side], row["path"], row["comparison"]) for side in ("value_low", "value_high")]
    word = OPEN_PATH if None in met or met[0] != met[1] else ON_PATH if met[0] else OFF_PATH
    return row | {"on_path": word}


def meets(value: float, asked: float, comparison: str) -> bool | None:
    """Return whether a value is what is asked; None where it is not known."""
    if math.isnan(value):
        return None
    answers = {
        "at_least": value >= asked - TOLERANCE,
        "more_than": value > asked + TOLERANCE,
        "at_most": value <= asked + TOLERANCE,
        "less_than": value < asked - TOLERANCE,
    }
    return bool(answers[comparison])


def is_better(change: float, comparison: str) -> bool:
    """Return whether a change of a value is for the better."""
    return bool(np.sign(change) == (1 if comparison in {"at_least", "more_than"} else -1))
