"""Two runs of one study → what changed where, and why.

A reason is only given where what it acts on has changed too: a clause's own data, judged as it is asked of. Where the
same is measured and the same is asked, nothing has changed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import shapely

from cfgeo.core.errors import InputError
from cfgeo.core.schema import NOT_ASSESSED, PASSED
from cfgeo.publish.run.past import PastRun

OVERALL = ""
"""Stands in place of a clause where the community's own verdict is meant."""
GAINED, LOST, BETTER, WORSE, OTHER = "gained", "lost", "better", "worse", "other"
ADDED, REMOVED, RENAMED, RECODED = "added", "removed", "renamed", "recoded"
_LEAST_SHARE = 0.0005
_SAME_PLACE_M = 0.001

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


@dataclass(frozen=True)
class Cause:
    """One thing that differs between two runs.

    Attributes
    ----------
    kind : str
        ``data`` | ``standard`` | ``walker`` | ``walk`` | ``status`` | ``version``.
    what : str
        The layer, clause, walker or key.
    a, b : object
        What it was and what it is.
    detail : tuple
        Further words: for a layer the places that went and came, for a file what of its reading has changed.
    """

    kind: str
    what: str
    a: object
    b: object
    detail: tuple[str, ...] = ()


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
    changes : pandas.DataFrame
        ``CHANGE_COLUMNS`` but the words.
    """

    a: PastRun
    b: PastRun
    differs: list[Cause]
    causes: list[Cause]
    changes: pd.DataFrame
    by_row: dict[int, list[Cause]] = field(default_factory=dict)

    @property
    def comparable(self) -> bool:
        """Whether both were judged by the same standard, on the same walk."""
        return not self.differs


def compare(a: PastRun, b: PastRun) -> Comparison:
    """Compare two runs.

    Raises
    ------
    InputError
        They are of different studies.
    """
    studies = [run.record["study"]["id"] for run in (a, b)]
    if studies[0] != studies[1]:
        raise InputError("runs_other_study", a=studies[0], b=studies[1])
    differs = [*_standard(a, b), *_walkers(a, b), *_choices(a, b)]
    causes = [*_data(a, b), *_versions(a, b)]
    rows, reasons = _changes(a, b, [*differs, *causes])
    return Comparison(a, b, differs, causes, pd.DataFrame(rows, columns=list(_ROW)), dict(enumerate(reasons)))


_ROW = [name for name in CHANGE_COLUMNS if name not in {"clause_name", "because"}]


def clauses_of(run: PastRun) -> dict[str, dict[str, Any]]:
    """Return the clauses by which a run was judged, by id."""
    return {clause["id"]: clause for clause in run.record["parameters"]["clauses"]}


# --- what differs ----------------------------------------------------------------------------------------------------

_NAMES = {"name", "name_en", "assumption", "assumption_en", "plan_item"}


def _standard(a: PastRun, b: PastRun) -> list[Cause]:
    one, other = clauses_of(a), clauses_of(b)
    limits = [run.record["parameters"]["walk"]["limit_minutes"] for run in (a, b)]
    found = _unequal("standard", "standard", *(run.record["parameters"]["standard"] for run in (a, b)), but=_TITLES)
    for clause in dict.fromkeys([*one, *other]):
        if clause not in one or clause not in other:
            found.append(Cause("standard", clause, clause in one, clause in other, ("clause",)))
            continue
        old, new = dict(one[clause]), dict(other[clause])
        if [old["limit_minutes"], new["limit_minutes"]] == limits:  # the study's limit, said once below
            old.pop("limit_minutes"), new.pop("limit_minutes")
        found += _unequal("standard", clause, old, new, but=_NAMES | {"need_share", "need_count", "need_rate"})
    return found


_TITLES = {"title", "title_en", "source"}


def _walkers(a: PastRun, b: PastRun) -> list[Cause]:
    one, other = (run.record["parameters"]["walkers"] for run in (a, b))
    both = [name for name in one if name in other]
    return [cause for name in both for cause in _unequal("walker", name, one[name], other[name], but={"sources"})]


def _choices(a: PastRun, b: PastRun) -> list[Cause]:
    one, other = (run.record["parameters"] for run in (a, b))
    found = _unequal("walk", "walk", one["walk"], other["walk"])
    for key in ("demand_basis", "search_minutes"):
        found += _unequal("walk", "walk", {key: one[key]}, {key: other[key]})
    return found + _unequal("status", "status", *({"status": run["study"]["status"]} for run in (a.record, b.record)))


def _unequal(
    kind: str, what: str, one: Mapping[str, Any], other: Mapping[str, Any], *, but: Iterable[str] = ()
) -> list[Cause]:
    keys = [key for key in dict.fromkeys([*one, *other]) if key not in set(but)]
    return [Cause(kind, what, one.get(k), other.get(k), (k,)) for k in keys if one.get(k) != other.get(k)]


def _data(a: PastRun, b: PastRun) -> list[Cause]:
    one, other = a.record["data"], b.record["data"]
    found = [
        Cause("data", role, one[role]["count"], other[role]["count"], _reading(a, b, role))
        for role in ("communities", "demand")
        if one[role]["sha256"] != other[role]["sha256"]
    ]
    if one["network"]["sha256"] != other["network"]["sha256"]:
        km = [sum(run["network"]["km"].values()) for run in (one, other)]
        forms = dict.fromkeys([*one["network"]["km"], *other["network"]["km"]])
        moved = {f: other["network"]["km"].get(f, 0) - one["network"]["km"].get(f, 0) for f in forms}
        detail = [f"{form} {change * 1000:+.0f} m" for form, change in moved.items() if abs(change) >= _LEAST_SHARE]
        reading = (*_reading(a, b, "network"), *_reading(a, b, "elevation"))
        found.append(Cause("data", "network", round(km[0], 3), round(km[1], 3), (*detail, *reading)))
    for layer in dict.fromkeys([*one["layers"], *other["layers"]]):
        kinds, others = one["layers"].get(layer, {}), other["layers"].get(layer, {})
        if kinds != others:
            counts = [sum(kind["count"] for kind in side.values()) for side in (kinds, others)]
            found.append(Cause("data", layer, counts[0], counts[1], (*_moved(a, b, layer), *_reading(a, b, layer))))
    return found


def _reading(a: PastRun, b: PastRun, role: str) -> tuple[str, ...]:
    """Say what of the reading of a role's file has changed, such as its datum."""
    one, other = ({f["role"]: f for f in run.record["inputs"]}.get(role, {}) for run in (a, b))
    said = [
        f"{cause.detail[0]}: {_short(cause.a)} → {_short(cause.b)}"
        for cause in _unequal("data", role, one.get("read", {}), other.get("read", {}))
    ]
    if one.get("sha256") != other.get("sha256"):
        said.append(f"{one.get('path', '–')} → {other.get('path', '–')}: SHA-256")
    return tuple(said)


def _short(value: object) -> str:
    return "–" if value is None else str(value)


def _moved(a: PastRun, b: PastRun, layer: str) -> tuple[str, ...]:
    """Name the places that went and came, as far as they have names."""
    one, other = (run.facilities[run.facilities["layer"] == layer]["name"].value_counts() for run in (a, b))
    change = other.sub(one, fill_value=0)
    change = change[(change != 0) & (change.index != "")].sort_index()
    return tuple(f"{'+' if count > 0 else '−'} {name}" for name, count in change.items())


def _versions(a: PastRun, b: PastRun) -> list[Cause]:
    return _unequal("version", "version", a.record["versions"], b.record["versions"])


# --- what changed ----------------------------------------------------------------------------------------------------


def _changes(a: PastRun, b: PastRun, causes: list[Cause]) -> tuple[list[dict[str, Any]], list[list[Cause]]]:
    """Return the rows of the changes, and what caused each."""
    before = _same_community(a, b)
    rows: list[dict[str, Any]] = []
    reasons: list[list[Cause]] = []
    boundary = Cause("boundary", "communities", None, None)
    for code, there in b.communities.iterrows():
        known = before.get(str(code))
        about = {"code": code, "community": there["community"], "street_office": there["street_office"]}
        rows_here, reasons_here = [], []
        if known is None:
            rows_here, reasons_here = [_row(about, OVERALL, ADDED, b=there)], [[boundary]]
        else:
            was = a.communities.loc[known]
            moved = not shapely.equals_exact(was.geometry, there.geometry, _SAME_PLACE_M)
            for clause in clauses_of(b):
                row = _clause_row(about, clause, _cell(a, known, clause), _cell(b, str(code), clause))
                if row is not None:
                    rows_here.append(row)
                    reasons_here.append(_reasons(a, b, clause, row, causes) + [boundary] * moved)
            _overall(about, was, there, rows_here, reasons_here)
            if str(code) != known or was["community"] != there["community"]:
                rows_here.append(_row(about, OVERALL, RECODED if str(code) != known else RENAMED, a=was, b=there))
                reasons_here.append([Cause("boundary", "communities", known, code, (str(was["community"]),))])
        rows += rows_here
        reasons += reasons_here
    for code in a.communities.index.difference([*before.values()]):
        gone = a.communities.loc[code]
        about = {"code": code, "community": gone["community"], "street_office": gone["street_office"]}
        rows.append(_row(about, OVERALL, REMOVED, a=gone))
        reasons.append([boundary])
    version = [cause for cause in causes if cause.kind == "version"]
    reasons = [found or version or [Cause("unknown", "", None, None)] for found in reasons]
    for row, found in zip(rows, reasons, strict=True):
        row["reasons"] = ";".join(dict.fromkeys(cause.kind for cause in found))
    return rows, reasons


def _overall(
    about: dict[str, Any], was: Any, there: Any, rows: list[dict[str, Any]], reasons: list[list[Cause]]
) -> None:
    """Put the community's own verdict first, if it is another, with the reasons of the clauses that changed so."""
    change = _verdict_change(was["verdict"], there["verdict"])
    if change is None:
        return
    same_way = [found for row, found in zip(rows, reasons, strict=True) if row["change"] == change] or reasons
    causes = [cause for found in same_way for cause in found]
    rows.insert(0, _row(about, OVERALL, change, a=was, b=there))
    reasons.insert(0, [cause for i, cause in enumerate(causes) if cause not in causes[:i]])


def _same_community(a: PastRun, b: PastRun) -> dict[str, str]:
    """Return the code in A of each community of B: the same, or that of the only one with its names."""
    known = {str(code): str(code) for code in b.communities.index.intersection(a.communities.index)}
    left, new = (one.communities.drop(index=list(known)) for one in (a, b))
    names = ["community", "street_office"]
    left, new = (one[~one.duplicated(names, keep=False)].reset_index() for one in (left, new))
    both = left.merge(new, on=names, suffixes=("_a", "_b"))
    return known | dict(zip(both["code_b"].astype(str), both["code_a"].astype(str), strict=True))


def _cell(run: PastRun, code: str, clause: str) -> Any:
    return run.coverage.loc[(code, clause)] if (code, clause) in run.coverage.index else None


def _clause_row(about: dict[str, Any], clause: str, was: Any, there: Any) -> dict[str, Any] | None:
    """Return the row of one clause, or None where nothing has changed that is worth one."""
    if was is None or there is None:
        return None  # the clause is not in both standards
    change = _verdict_change(was["verdict"], there["verdict"])
    if change is None and abs(there["share"] - was["share"]) >= _LEAST_SHARE:
        change = BETTER if there["share"] > was["share"] else WORSE
    return None if change is None else _row(about, clause, change, a=was, b=there)


def _verdict_change(was: str, there: str) -> str | None:
    if was == there:
        return None
    if NOT_ASSESSED in (was, there):
        return OTHER
    return GAINED if there == PASSED else LOST


def _row(about: dict[str, Any], clause: str, change: str, *, a: Any = None, b: Any = None) -> dict[str, Any]:
    row = {**about, "clause": clause, "change": change}
    for side, values in (("a", a), ("b", b)):
        for name, source in (("share", "share"), ("minutes", "median_minutes"), ("places", "places")):
            row[f"{name}_{side}"] = np.nan if values is None or source not in values else values[source]
        row[f"verdict_{side}"] = "" if values is None else values["verdict"]
    return row


def _reasons(a: PastRun, b: PastRun, clause: str, row: dict[str, Any], causes: list[Cause]) -> list[Cause]:
    """Return what caused a clause's change: what it asks, and, where other is measured, what that is measured on."""
    asked = clauses_of(b)[clause]
    standard = [cause for cause in causes if cause.kind == "standard" and cause.what == clause]
    if _same(row["share_a"], row["share_b"]) and _same(row["places_a"], row["places_b"]) and standard:
        return standard
    walks = asked["measure"] == "reach"
    used = {asked["walker"], *(clauses_of(a).get(clause, {}).get("walker"),)} if walks else set()
    on = {"communities", "demand", "network"} if walks else set()
    layers = [run.record["data"]["layers"].get(asked["layer"], {}) for run in (a, b)]
    kinds = asked["kind"] or dict.fromkeys([*layers[0], *layers[1]])
    if any(layers[0].get(kind) != layers[1].get(kind) for kind in kinds):
        on.add(asked["layer"])
    found = [
        cause
        for cause in causes
        if (cause.kind == "data" and cause.what in on - {"communities"})
        or (cause.kind == "walker" and cause.what in used)
        or (cause.kind == "walk" and walks)
    ]
    return standard + found


def _same(one: float, other: float) -> bool:
    return bool(one == other or (np.isnan(one) and np.isnan(other)))
