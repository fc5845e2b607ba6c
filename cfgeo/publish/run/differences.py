"""Two runs of one study → what changed where, and why.

A difference is explained only by causes that can act on it: those in the clause's own data, and in how it is judged.
Where a clause measures the same, and only what it asks differs, the standard alone is the cause.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import shapely

from cfgeo.core.errors import InputError
from cfgeo.core.schema import NOT_ASSESSED, PASSED
from cfgeo.core.strings import KIND_MARK
from cfgeo.publish.run.causes import Cause, basis_causes, clauses_of, data_causes
from cfgeo.publish.run.past import PastRun

OVERALL = ""
"""Stands in place of a clause where the community's own verdict is meant."""
GAINED, LOST, BETTER, WORSE, OTHER = "gained", "lost", "better", "worse", "other"
ADDED, REMOVED, RENAMED, RECODED = "added", "removed", "renamed", "recoded"

CHANGE_COLUMNS = {
    "code": "community; its code in the second run",
    "community": "name",
    "street_office": "name",
    "clause": "clause id; empty: the community as a whole",
    "clause_name": "the clause",
    "change": "gained | lost | better | worse | other; added | removed | renamed | recoded",
    "verdict_a": "verdict of the first run",
    "verdict_b": "verdict of the second run",
    "share_a": "share of the demand in reach, 0–1",
    "share_b": "the same in the second run",
    "minutes_a": "walk of the median child; inf: no place within the search",
    "minutes_b": "the same in the second run",
    "places_a": "places inside",
    "places_b": "the same in the second run",
    "reasons": "data | standard | walker | walk | boundary | version | unknown, with semicolons between",
    "because": "the same in words",
}
"""Columns of the changes: one row for every community and clause whose verdict or share is another."""

_COLUMNS = [name for name in CHANGE_COLUMNS if name not in {"clause_name", "because"}]
_VALUES = {"share": "share", "minutes": "median_minutes", "places": "places"}
_LEAST_SHARE = 0.0005
_SAME_PLACE_M = 0.001
_BOUNDARY = Cause("boundary", "communities")

Values = pd.Series
"""A row of a run's communities (``verdict``) or of its coverage (``verdict`` and numbers)."""


@dataclass(frozen=True)
class Difference:
    """One thing that changed: a community, or one of its clauses.

    Attributes
    ----------
    code, community, street_office : str
        As in the second run; of a community that is gone as in the first.
    clause : str
        Clause id; ``OVERALL`` for the community as a whole.
    change : str
        As in ``CHANGE_COLUMNS``.
    a, b : pandas.Series or None
        What each run found; None where it does not have the community.
    causes : tuple of Cause
    """

    code: str
    community: str
    street_office: str
    clause: str
    change: str
    a: Values | None = None
    b: Values | None = None
    causes: tuple[Cause, ...] = ()

    def row(self) -> dict[str, Any]:
        """Return the difference as a row: ``CHANGE_COLUMNS`` but the words."""
        row: dict[str, Any] = {
            "code": self.code,
            "community": self.community,
            "street_office": self.street_office,
            "clause": self.clause,
            "change": self.change,
            "reasons": ";".join(dict.fromkeys(cause.kind for cause in self.causes)),
        }
        for side, values in (("a", self.a), ("b", self.b)):
            row[f"verdict_{side}"] = "" if values is None else values["verdict"]
            row |= {f"{name}_{side}": _number(values, column) for name, column in _VALUES.items()}
        return row


@dataclass(frozen=True)
class Comparison:
    """Two runs of one study side by side.

    Attributes
    ----------
    a, b : PastRun
    differs : list of Cause
        What keeps their figures from being comparable: standard, walkers, choices of the walk, status.
    causes : list of Cause
        All else that differs: data, and versions.
    differences : list of Difference
        Community by community, in the order of the second run; those that are gone come last.
    """

    a: PastRun
    b: PastRun
    differs: list[Cause]
    causes: list[Cause]
    differences: list[Difference]

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
    basis, data = basis_causes(a, b), data_causes(a, b)
    versions = tuple(cause for cause in data if cause.kind == "version")
    unexplained = versions or (Cause("unknown", ""),)
    differences = [
        difference if difference.causes else replace(difference, causes=unexplained)
        for difference in _differences(a, b, [*basis, *data])
    ]
    return Comparison(a, b, basis, data, differences)


def _differences(a: PastRun, b: PastRun, causes: list[Cause]) -> Iterator[Difference]:
    codes_in_a = _codes_in_a(a, b)
    for code, community in b.communities.iterrows():
        if str(code) in codes_in_a:
            yield from _of_community(a, b, (codes_in_a[str(code)], str(code)), causes)
        else:
            yield _whole_community(str(code), community, ADDED, b=community)
    for code in a.communities.index.difference([*codes_in_a.values()]):
        community = a.communities.loc[code]
        yield _whole_community(str(code), community, REMOVED, a=community)


def _whole_community(
    code: str, community: Values, change: str, *, a: Values | None = None, b: Values | None = None
) -> Difference:
    """Return the difference that only one run has a community."""
    names = (community["community"], community["street_office"])
    return Difference(code, *names, OVERALL, change, a, b, causes=(_BOUNDARY,))


def _codes_in_a(a: PastRun, b: PastRun) -> dict[str, str]:
    """Return the code in A of each community of B: the same, or that of the only one with its names."""
    same = {str(code): str(code) for code in b.communities.index.intersection(a.communities.index)}
    names = ["community", "street_office"]
    left_a, left_b = (run.communities.drop(index=list(same)) for run in (a, b))
    left_a, left_b = (left[~left.duplicated(names, keep=False)].reset_index() for left in (left_a, left_b))
    recoded = left_a.merge(left_b, on=names, suffixes=("_a", "_b"))
    return same | dict(zip(recoded["code_b"].astype(str), recoded["code_a"].astype(str), strict=True))


def _of_community(a: PastRun, b: PastRun, codes: tuple[str, str], causes: list[Cause]) -> Iterator[Difference]:
    """Yield what changed in a community that both runs have: its verdict, its clauses, its name or code."""
    code_a, code = codes
    before, after = a.communities.loc[code_a], b.communities.loc[code]
    new = partial(Difference, code, after["community"], after["street_office"])
    moved = not shapely.equals_exact(before.geometry, after.geometry, _SAME_PLACE_M)
    of_clauses = []
    for clause in clauses_of(b):
        found_a, found_b = _coverage(a, code_a, clause), _coverage(b, code, clause)
        change = _clause_change(found_a, found_b)
        if change and found_a is not None and found_b is not None:
            reasons = _causes_of(a, b, clause, causes, same=_measures_the_same(found_a, found_b))
            of_clauses.append(new(clause, change, found_a, found_b, (*reasons, *[_BOUNDARY] * moved)))
    if change := _verdict_change(before["verdict"], after["verdict"]):
        yield new(OVERALL, change, before, after, _joint_causes(of_clauses, change))
    yield from of_clauses
    if code != code_a or before["community"] != after["community"]:
        was = Cause("boundary", "communities", code_a, code, (str(before["community"]),))
        yield new(OVERALL, RECODED if code != code_a else RENAMED, before, after, (was,))


def _joint_causes(differences: list[Difference], change: str) -> tuple[Cause, ...]:
    """Return the causes of the clauses that changed as their community did, or of all where none did, each once."""
    alike = [difference for difference in differences if difference.change == change] or differences
    causes = [cause for difference in alike for cause in difference.causes]
    return tuple(cause for nth, cause in enumerate(causes) if cause not in causes[:nth])


def _coverage(run: PastRun, code: str, clause: str) -> Any:
    """Return a clause's row of the coverage; None where the run has no such community or clause."""
    return run.coverage.loc[(code, clause)] if (code, clause) in run.coverage.index else None


def _clause_change(a: Values | None, b: Values | None) -> str | None:
    """Return how a clause has changed; None where it has not, or is not in both standards."""
    if a is None or b is None:
        return None
    change = _verdict_change(a["verdict"], b["verdict"])
    if change is None and abs(b["share"] - a["share"]) >= _LEAST_SHARE:
        change = BETTER if b["share"] > a["share"] else WORSE
    return change


def _verdict_change(a: str, b: str) -> str | None:
    if a == b:
        return None
    if NOT_ASSESSED in (a, b):
        return OTHER
    return GAINED if b == PASSED else LOST


def _causes_of(a: PastRun, b: PastRun, clause: str, causes: list[Cause], *, same: bool) -> list[Cause]:
    """Return what caused a clause's change: what it asks, and unless it measures the same, what that depends on."""
    asked = clauses_of(b)[clause]
    standard = [cause for cause in causes if cause.kind == "standard" and cause.what == clause]
    if same and standard:
        return standard
    walks = asked["measure"] == "reach"
    walkers = {asked["walker"], clauses_of(a).get(clause, {}).get("walker")} if walks else set()
    data = {"demand", "network"} if walks else set()
    kinds_a, kinds_b = (run.record["data"]["layers"].get(asked["layer"], {}) for run in (a, b))
    counted = {
        kind for kind in (*kinds_a, *kinds_b) if not asked["kind"] or {*asked["kind"]} & {*kind.split(KIND_MARK)}
    }
    if any(kinds_a.get(kind) != kinds_b.get(kind) for kind in counted):
        data.add(asked["layer"])
    return standard + [
        cause
        for cause in causes
        if (cause.kind == "data" and cause.what in data)
        or (cause.kind == "walker" and cause.what in walkers)
        or (cause.kind == "walk" and walks)
    ]


def _measures_the_same(a: Values, b: Values) -> bool:
    """Return whether share and places of a clause are the same, or missing in both."""
    return all(a[name] == b[name] or (np.isnan(a[name]) and np.isnan(b[name])) for name in ("share", "places"))


def _number(values: Values | None, column: str) -> Any:
    return np.nan if values is None or column not in values else values[column]
