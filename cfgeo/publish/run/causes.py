"""What differs between two runs besides their results: standard, walkers, choices, data, versions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from cfgeo.publish.run.past import PastRun

_LEAST_KM = 0.0005
"""A kind of street whose length changes by less is not named."""
_STANDARD_WORDS = {"title", "title_en", "source"}
_CLAUSE_WORDS = {"name", "name_en", "assumption", "assumption_en", "plan_item"}
_NEEDS = {"need_share", "need_count", "need_rate"}
"""As the standard writes what a clause needs; ``need`` holds the same."""


@dataclass(frozen=True)
class Cause:
    """One thing that differs between two runs.

    Attributes
    ----------
    kind : str
        ``data`` | ``standard`` | ``walker`` | ``walk`` | ``status`` | ``boundary`` | ``version`` | ``unknown``.
    what : str
        The layer, clause, walker or key.
    a, b : object
        What it was and what it is.
    detail : tuple of str
        Further words: the key that differs; for a layer the places that went and came, for a file what has changed in
        how it is read.
    """

    kind: str
    what: str
    a: object = None
    b: object = None
    detail: tuple[str, ...] = ()


def clauses_of(run: PastRun) -> dict[str, dict[str, Any]]:
    """Return the clauses by which a run was judged, by id."""
    return {clause["id"]: clause for clause in run.record["parameters"]["clauses"]}


def basis_causes(a: PastRun, b: PastRun) -> list[Cause]:
    """Return what keeps figures of two runs from being comparable: standard, walkers, choices of the walk, status."""
    return [*_standard(a, b), *_walkers(a, b), *_choices(a, b)]


def data_causes(a: PastRun, b: PastRun) -> list[Cause]:
    """Return what else differs: data, and versions of cfgeo and its libraries."""
    return [*_data(a, b), *_unequal("version", "version", a.record["versions"], b.record["versions"])]


def _standard(a: PastRun, b: PastRun) -> list[Cause]:
    standards = [run.record["parameters"]["standard"] for run in (a, b)]
    limits = [run.record["parameters"]["walk"]["limit_minutes"] for run in (a, b)]
    causes = _unequal("standard", "standard", *standards, but=_STANDARD_WORDS)
    clauses_a, clauses_b = clauses_of(a), clauses_of(b)
    for name in dict.fromkeys([*clauses_a, *clauses_b]):
        clauses = [clauses_a.get(name), clauses_b.get(name)]
        if None in clauses:
            causes.append(Cause("standard", name, name in clauses_a, name in clauses_b, ("clause",)))
            continue
        # The study's limit differs once, among the choices of the walk, not once for each clause.
        but = {"limit_minutes"} if [clause["limit_minutes"] for clause in clauses if clause] == limits else set()
        causes += _unequal("standard", name, clauses_a[name], clauses_b[name], but=_CLAUSE_WORDS | _NEEDS | but)
    return causes


def _walkers(a: PastRun, b: PastRun) -> list[Cause]:
    walkers_a, walkers_b = (run.record["parameters"]["walkers"] for run in (a, b))
    return [
        cause
        for name in walkers_a
        if name in walkers_b
        for cause in _unequal("walker", name, walkers_a[name], walkers_b[name], but={"sources"})
    ]


def _choices(a: PastRun, b: PastRun) -> list[Cause]:
    choices = [run.record["parameters"] for run in (a, b)]
    causes = _unequal("walk", "walk", *(choice["walk"] for choice in choices))
    for key in ("demand_basis", "search_minutes"):
        causes += _unequal("walk", "walk", *({key: choice[key]} for choice in choices))
    return causes + _unequal("status", "status", *({"status": run.record["study"]["status"]} for run in (a, b)))


def _data(a: PastRun, b: PastRun) -> list[Cause]:
    data_a, data_b = a.record["data"], b.record["data"]
    causes = [
        Cause("data", role, data_a[role]["count"], data_b[role]["count"], _reading(a, b, role))
        for role in ("communities", "demand")
        if data_a[role]["sha256"] != data_b[role]["sha256"]
    ]
    if data_a["network"]["sha256"] != data_b["network"]["sha256"]:
        causes.append(_network(a, b))
    for layer in dict.fromkeys([*data_a["layers"], *data_b["layers"]]):
        kinds_a, kinds_b = data_a["layers"].get(layer, {}), data_b["layers"].get(layer, {})
        if kinds_a != kinds_b:
            count_a, count_b = (sum(kind["count"] for kind in kinds.values()) for kinds in (kinds_a, kinds_b))
            detail = (*_places_moved(a, b, layer), *_reading(a, b, layer))
            causes.append(Cause("data", layer, count_a, count_b, detail))
    return causes


def _network(a: PastRun, b: PastRun) -> Cause:
    """Return the cause of another network: its length, and by how much each form of street has changed."""
    km_a, km_b = (run.record["data"]["network"]["km"] for run in (a, b))
    change_km = {form: km_b.get(form, 0) - km_a.get(form, 0) for form in dict.fromkeys([*km_a, *km_b])}
    forms = [f"{form} {km * 1000:+.0f} m" for form, km in change_km.items() if abs(km) >= _LEAST_KM]
    detail = (*forms, *_reading(a, b, "network"), *_reading(a, b, "elevation"))
    return Cause("data", "network", round(sum(km_a.values()), 3), round(sum(km_b.values()), 3), detail)


def _reading(a: PastRun, b: PastRun, role: str) -> tuple[str, ...]:
    """Return what has changed in a role's files and in how they are read, such as their datum."""
    nothing: Mapping[str, Any] = {}
    files_a, files_b = ([file for file in run.record["inputs"] if file["role"] == role] for run in (a, b))
    changes = []
    for file_a, file_b in zip_longest(files_a, files_b, fillvalue=nothing):
        changes += [
            f"{cause.detail[0]}: {_or_dash(cause.a)} → {_or_dash(cause.b)}"
            for cause in _unequal("data", role, file_a.get("read", {}), file_b.get("read", {}))
        ]
        if file_a.get("sha256") != file_b.get("sha256"):
            changes.append(f"{file_a.get('path', '–')} → {file_b.get('path', '–')}: SHA-256")
    return tuple(changes)


def _places_moved(a: PastRun, b: PastRun, layer: str) -> tuple[str, ...]:
    """Return the places that went and came, as far as they have names."""
    counts_a, counts_b = (run.facilities[run.facilities["layer"] == layer]["name"].value_counts() for run in (a, b))
    change = counts_b.sub(counts_a, fill_value=0)
    change = change[(change != 0) & (change.index != "")].sort_index()
    return tuple(f"{'+' if count > 0 else '−'} {name}" for name, count in change.items())


def _unequal(
    kind: str, what: str, a: Mapping[str, Any], b: Mapping[str, Any], *, but: Iterable[str] = ()
) -> list[Cause]:
    """Return a cause for each key under which two mappings hold different values."""
    keys = [key for key in dict.fromkeys([*a, *b]) if key not in set(but)]
    return [Cause(kind, what, a.get(key), b.get(key), (key,)) for key in keys if a.get(key) != b.get(key)]


def _or_dash(value: object) -> str:
    return "–" if value is None else str(value)
