"""Two runs of one study → what changed where, from the district down to its communities, and why.

A difference is explained only by causes that can act on it (:mod:`cfgeo.publish.compared.reasons`). Where a clause
measures the same, and only what it asks differs, the standard alone is the cause.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from cfgeo.core.errors import InputError
from cfgeo.core.schema import NOT_ASSESSED, PASSED
from cfgeo.publish.compared.causes import (
    Cause,
    basis_causes,
    clauses_of,
    data_causes,
    merged,
    saved_anew,
    street_changes,
)
from cfgeo.publish.compared.changes import (
    ADDED,
    BETTER,
    CHANGE_COLUMNS,
    GAINED,
    LOST,
    OTHER,
    RECODED,
    REMOVED,
    RENAMED,
    WORSE,
    Difference,
    Values,
    nature_of,
)
from cfgeo.publish.compared.places import CORRECTION, facility_changes
from cfgeo.publish.compared.reasons import Evidence
from cfgeo.publish.run.past import PastRun
from cfgeo.publish.run.units import (
    BLOCK,
    COMMUNITY,
    DISTRICT,
    OF_BLOCKS,
    OVERALL,
    STREET_OFFICE,
    unit_table,
    units_in_a,
)

_LEAST_SHARE = 0.0005
_LEAST = 1e-6
_BOUNDARY = Cause("boundary", "communities")
_COLUMNS = [name for name in CHANGE_COLUMNS if name not in {"clause_name", "because"}]


@dataclass(frozen=True)
class Comparison:
    """Two runs of one study side by side.

    Attributes
    ----------
    a, b : PastRun
    differs : list of Cause
        What keeps their figures from being comparable: standard, walkers, choices of the walk, status.
    causes : list of Cause
        All else that differs: data, how it is read, and versions.
    differences : list of Difference
        Scope by scope, in the order of the second run; units that are gone come last.
    places : pandas.DataFrame
        The facilities that differ: ``PLACE_COLUMNS`` of :mod:`cfgeo.publish.compared.places`.
    streets : geopandas.GeoDataFrame
        The streets that differ, as :func:`cfgeo.publish.compared.causes.street_changes` gives them.
    saved_anew : list of str
        The roles of files that were saved anew with the same content.
    """

    a: PastRun
    b: PastRun
    differs: list[Cause]
    causes: list[Cause]
    differences: list[Difference]
    places: pd.DataFrame
    streets: gpd.GeoDataFrame
    saved_anew: list[str]

    @property
    def comparable(self) -> bool:
        """Whether both were judged by the same standard, on the same walk."""
        return not self.differs

    @property
    def changes(self) -> pd.DataFrame:
        """The differences as a table: ``CHANGE_COLUMNS`` but the words."""
        return pd.DataFrame([difference.row() for difference in self.differences], columns=_COLUMNS)


def compare(a: PastRun, b: PastRun) -> Comparison:
    """Compare two runs.

    Raises
    ------
    InputError
        They are of different studies.
    """
    study_a, study_b = (run.record["study"]["id"] for run in (a, b))
    if study_a != study_b:
        raise InputError("runs_other_study", a=study_a, b=study_b)
    places, streets, basis = facility_changes(a, b), street_changes(a, b), basis_causes(a, b)
    data = data_causes(a, b, places, streets)
    read_anew = {cause.what for cause in data if cause.kind == "reading"}
    places.loc[places["layer"].isin(read_anew), "nature"] = CORRECTION
    evidence = Evidence(a, b, (*basis, *data), places, streets)
    differences = [_explained(difference, evidence) for difference in _Differences(evidence).all()]
    return Comparison(a, b, basis, data, differences, places, streets, saved_anew(a, b, data))


def _explained(difference: Difference, evidence: Evidence) -> Difference:
    """Return a difference with its nature, and with versions as its causes where it has no other."""
    versions = tuple(cause for cause in evidence.causes if cause.kind == "version")
    whole = next((cause for cause in evidence.causes if cause.kind == "network"), None)
    causes = tuple(
        whole if whole is not None and cause.kind == "network" and not cause.metres else cause
        for cause in difference.causes or versions or (Cause("unknown", ""),)
    )
    return replace(difference, causes=causes, nature=nature_of(causes, evidence.places))


class _Differences:
    """Finds the differences of two runs, unit by unit.

    Parameters
    ----------
    evidence
        All that differs between them.
    """

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self.a, self.b = evidence.a, evidence.b
        self.clauses = clauses_of(self.b)
        self.units_in_a = units_in_a(self.a, self.b)
        table_a, table_b = (unit_table(run, clauses_of(run)) for run in (self.a, self.b))
        self.table_a = table_a.set_index(["scope", "unit", "clause"], drop=False)
        self.found_a = dict(zip(self.table_a.index, _rows(table_a), strict=True))
        self.found_b = table_b

    def all(self) -> list[Difference]:
        """Return all differences, scope by scope."""
        found = [*self._of_clauses()]
        communities = [*self._of_communities(found)]
        offices = [*self._of_areas(STREET_OFFICE, [*found, *communities])]
        blocks = [*self._of_areas(BLOCK, found)]
        own = [difference for difference in found if difference.scope == DISTRICT]
        district = [*self._of_district([*found, *communities, *blocks]), *own]
        order = {clause: nth for nth, clause in enumerate(self.clauses)}
        district.sort(key=lambda difference: order.get(difference.clause, -1))
        return [*district, *blocks, *offices, *communities]

    def _of_clauses(self) -> Iterator[Difference]:
        """Yield what changed in clauses of units that both runs have."""
        for scope, unit_a, after in self._changed(self.found_b[self.found_b["clause"] != OVERALL]):
            clause = after["clause"]
            if scope == DISTRICT and not self._is_of_district(clause):
                continue
            before = self.found_a[scope, unit_a, clause]
            change = self._change(before, after)
            if change is None:
                continue
            causes = self.evidence.of_clause(
                clause,
                scope,
                (unit_a, after["unit"]),
                up=_is_up(before, after),
                same=_measures_the_same(before, after),
                numbers=(_demand(self.a, unit_a, clause), _demand(self.b, after["unit"], clause)),
            )
            yield _difference(after, change, before, causes)

    def _is_of_district(self, clause: str) -> bool:
        """Return whether the district itself is judged by a clause, not the share of its units that pass."""
        return bool(self.clauses.get(clause, {}).get("scope") == DISTRICT)

    def _changed(self, table: pd.DataFrame) -> Iterator[tuple[str, str, Values]]:
        """Yield scope, unit in A, and row of the rows that A has, too, and that may differ."""
        units = [self.units_in_a.get((scope, unit)) for scope, unit in zip(table["scope"], table["unit"], strict=True)]
        table = table.assign(unit_a=pd.Series(units, index=table.index, dtype=object))
        table = table[table["unit_a"].notna()]
        keys = pd.MultiIndex.from_frame(table[["scope", "unit_a", "clause"]])
        before = self.table_a.reindex(keys)
        known = before["scope"].notna().to_numpy()
        differs = before["verdict"].to_numpy() != table["verdict"].to_numpy()
        for name in ("value", "low", "high"):
            x, y = before[name].to_numpy(dtype=float), table[name].to_numpy(dtype=float)
            differs |= ~((np.abs(x - y) < _LEAST) | (np.isnan(x) & np.isnan(y)))
        for row in _rows(table[known & differs]):
            yield row["scope"], row["unit_a"], row

    def _change(self, a: Values, b: Values) -> str | None:
        """Return how a clause has changed; None where it has not."""
        if a["verdict"] != b["verdict"]:
            return _verdict_change(a["verdict"], b["verdict"])
        if np.isnan(a["value"]) or np.isnan(b["value"]):
            return OTHER
        least = _LEAST_SHARE if b["scope"] == COMMUNITY and b["measure"] == "reach" else _LEAST
        if abs(b["value"] - a["value"]) < least:
            wide = max(abs(b[side] - a[side]) for side in ("low", "high"))
            return OTHER if wide >= least else None
        fewer = self.clauses.get(b["clause"], {}).get("compare") in ("at_most", "less_than")
        return BETTER if (b["value"] > a["value"]) != (fewer and b["measure"] != "share") else WORSE

    def _of_communities(self, found: list[Difference]) -> Iterator[Difference]:
        """Yield what changed in communities: their verdict, their clauses, their name or code."""
        by_code: dict[str, list[Difference]] = {}
        for difference in found:
            if difference.scope == COMMUNITY:
                by_code.setdefault(difference.code, []).append(difference)
        whole = self.found_b[(self.found_b["scope"] == COMMUNITY) & (self.found_b["clause"] == OVERALL)]
        for after in _rows(whole):
            code = after["unit"]
            code_a = self.units_in_a.get((COMMUNITY, code))
            if code_a is None:
                yield _difference(after, ADDED, None, (_BOUNDARY,))
                continue
            before, own = self.found_a[COMMUNITY, code_a, OVERALL], by_code.get(code, [])
            if before["verdict"] != after["verdict"]:
                change = _verdict_change(before["verdict"], after["verdict"])
                yield _difference(after, change, before, self._of_verdict(own, change))
            yield from own
            if code != code_a or before["name"] != after["name"]:
                was = Cause("boundary", "communities", code_a, code, (str(before["name"]),))
                yield _difference(after, RECODED if code != code_a else RENAMED, before, (was,))
        yield from self._gone(COMMUNITY)

    def _of_areas(self, scope: str, found: list[Difference]) -> Iterator[Difference]:
        """Yield what changed in street offices or blocks, and in their clauses."""
        own = [difference for difference in found if difference.scope == scope]
        whole = self.found_b[(self.found_b["scope"] == scope) & (self.found_b["clause"] == OVERALL)]
        for after in _rows(whole):
            unit_a = self.units_in_a.get((scope, after["unit"]))
            if unit_a is None:
                yield _difference(after, ADDED, None, (_BOUNDARY,))
                continue
            before = self.found_a[scope, unit_a, OVERALL]
            mine = [difference for difference in own if difference.code == after["unit"]]
            inside = [
                difference
                for difference in found
                if difference.scope == COMMUNITY
                and difference.clause == OVERALL
                and difference.street_office == after["unit"]
            ]
            change = self._change(before, after) if not _alike(before, after) else None
            if change:
                causes = self._of_verdict(mine, change) if scope == BLOCK else causes_of_units(inside, change)
                yield _difference(after, change, before, causes)
            yield from mine
            if unit_a != after["unit"]:
                was = Cause("boundary", "communities", unit_a, after["unit"], (unit_a,))
                yield _difference(after, RENAMED, before, (was,))
        yield from self._gone(scope)

    def _of_district(self, found: list[Difference]) -> Iterator[Difference]:
        """Yield what changed in the district as a whole, and in clauses that its units are judged by."""
        rows = self.found_b[self.found_b["scope"] == DISTRICT]
        for _, _, after in self._changed(rows):
            clause = after["clause"]
            if self._is_of_district(clause):
                continue
            before = self.found_a[DISTRICT, "", clause]
            change = self._change(before, after)
            if change is None:
                continue
            scopes, of = {OVERALL: ((COMMUNITY,), OVERALL), OF_BLOCKS: ((BLOCK,), OVERALL)}.get(
                clause, ((COMMUNITY, STREET_OFFICE, BLOCK), clause)
            )
            inside = [each for each in found if each.clause == of and each.scope in scopes]
            causes = causes_of_units(inside, change)
            if before["target"] != after["target"]:
                keys = {clause or "standard", "standard"}
                causes = (
                    *(each for each in self.evidence.causes if each.kind == "standard" and each.what in keys),
                    *(causes if not _alike(before, after, but="verdict") else ()),
                )
            yield _difference(after, change, before, causes)

    def _of_verdict(self, own: list[Difference], change: str) -> tuple[Cause, ...]:
        """Return the causes of a unit's own verdict: those of the required clauses that changed as it did."""
        required = [each for each in own if self.clauses[each.clause].get("required")]
        causes = causes_of_units(required or own, change)
        asked = [each for each in self.evidence.causes if each.kind == "standard" and each.detail[:1] == ("required",)]
        return (*causes, *(each for each in asked if each not in causes))

    def _gone(self, scope: str) -> Iterator[Difference]:
        """Yield the units that only the first run has."""
        kept = {unit_a for (of, _), unit_a in self.units_in_a.items() if of == scope}
        whole = self.table_a[(self.table_a["scope"] == scope) & (self.table_a["clause"] == OVERALL)]
        for before in _rows(whole):
            if before["unit"] not in kept:
                yield _difference(before, REMOVED, before, (_BOUNDARY,), gone=True)


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table."""
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def _difference(
    unit: Values, change: str, before: Values | None, causes: tuple[Cause, ...], *, gone: bool = False
) -> Difference:
    scope, code, name, office, clause = (str(unit[key]) for key in ("scope", "unit", "name", "street_office", "clause"))
    return Difference(scope, code, name, office, clause, change, before, None if gone else unit, causes)


def causes_of_units(differences: list[Difference], change: str) -> tuple[Cause, ...]:
    """Return the causes of what changed as the whole did: that passes now, or no longer; else of all; each once."""
    wanted = {GAINED: 1, BETTER: 1, LOST: -1, WORSE: -1}.get(change)
    turned = [each for each in differences if (_turn(each) in (wanted, 0) if wanted else each.change == change)]
    return merged(cause for difference in turned or differences for cause in difference.causes)


def _turn(difference: Difference) -> int | None:
    """Return whether something passes only now (1), or no longer (-1); 0: it came or went; None: neither."""
    if difference.a is None or difference.b is None:
        return 0
    was, now = (side["verdict"] == PASSED for side in (difference.a, difference.b))
    return int(now) - int(was) or None


def _verdict_change(a: str, b: str) -> str:
    if NOT_ASSESSED in (a, b):
        return OTHER
    return GAINED if b == PASSED else LOST


def _is_up(a: Values, b: Values) -> bool | None:
    """Return whether a value has risen; None where it is not known, or has not changed."""
    change = b["value"] - a["value"]
    return None if np.isnan(change) or abs(change) < _LEAST else bool(change > 0)


def _alike(a: Values, b: Values, *, but: str = "") -> bool:
    """Return whether two rows have the same verdict and value."""
    same = np.isclose(a["value"], b["value"], rtol=0, atol=_LEAST, equal_nan=True)
    return bool(same) and (but == "verdict" or a["verdict"] == b["verdict"])


def _measures_the_same(a: Values, b: Values) -> bool:
    """Return whether what a clause found is the same, or missing in both."""
    return all(
        abs(a[name] - b[name]) < _LEAST or (np.isnan(a[name]) and np.isnan(b[name]))
        for name in ("value", "low", "high")
    )


def _demand(run: PastRun, unit: str, clause: str) -> float:
    """Return the demand of a community for a clause; NaN where there is none."""
    demand = run.coverage["demand"]
    return float(demand.loc[[(unit, clause)]].iloc[0]) if (unit, clause) in demand.index else np.nan
