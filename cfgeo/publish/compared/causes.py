"""What differs between two runs besides their results: standard, walkers, choices, data, versions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cfgeo.core.schema import UNIT_LAYERS
from cfgeo.publish.run.contents import row_keys
from cfgeo.publish.run.past import PastRun

_STANDARD_WORDS = {"title", "title_en", "source", "path", "lead", "lead_en"}
_CLAUSE_WORDS = {
    "name",
    "name_en",
    "assumption",
    "assumption_en",
    "plan_item",
    "lead",
    "lead_en",
    "indicator",
    "source",
    "source_en",
    "path",
}
"""What a clause says and does not ask; the targets by year change neither what is measured nor its verdict."""
_NEEDS = {"need_share", "need_count", "need_rate"}
"""As the standard writes what a clause needs; ``need`` holds the same."""
_UNWALKED = ["u", "v", "osm_id", "name", "highway"]
"""Columns of edges that walks do not depend on, or that follow from the order of a file."""
_CENTIMETRE = 2
_UNREAD = {"sha256", "size", "source", "date", "licence", "path"}
_LEAST_M = 0.5
"""A kind of street whose length changes by less is not named."""
_SAME_PLACE_M = 0.001


@dataclass(frozen=True)
class Cause:
    """One thing that differs between two runs.

    Attributes
    ----------
    kind : str
        ``places`` (facilities) | ``demand`` | ``residents`` | ``network`` | ``boundary`` | ``reading`` (how a file is
        read) | ``date`` (a day has come) | ``reported`` (figures) | ``standard`` | ``walker`` | ``walk`` | ``status`` |
        ``version`` | ``unknown``.
    what : str
        The layer, clause, walker or key.
    a, b : object
        What it was and what it is.
    detail : tuple of str
        Further words: the key that differs, and of a boundary the name that a community had.
    rows : tuple of int
        Of facilities: the rows of ``Comparison.places``.
    metres : tuple of tuple
        Of streets: each form with the metres that came (or went, below 0); ``changed``: of other streets that differ.
    """

    kind: str
    what: str
    a: object = None
    b: object = None
    detail: tuple[str, ...] = ()
    rows: tuple[int, ...] = ()
    metres: tuple[tuple[str, float], ...] = ()


def clauses_of(run: PastRun) -> dict[str, dict[str, Any]]:
    """Return the clauses by which a run was judged, by id."""
    return {clause["id"]: clause for clause in run.record["parameters"]["clauses"]}


def basis_causes(a: PastRun, b: PastRun) -> list[Cause]:
    """Return what keeps figures of two runs from being comparable: standard, walkers, choices of the walk, status."""
    return [*_standard(a, b), *_walkers(a, b), *_choices(a, b)]


def data_causes(a: PastRun, b: PastRun, places: pd.DataFrame, streets: gpd.GeoDataFrame) -> list[Cause]:
    """Return what else differs: contents of the data, how files are read, versions of cfgeo and its libraries.

    Parameters
    ----------
    a, b
        The earlier and the later run.
    places
        What :func:`cfgeo.publish.compared.places.facility_changes` gives for them.
    streets
        What :func:`street_changes` gives for them.
    """
    causes = [*_areas(a, b), *_residents(a, b), *_demand(a, b)]
    if _sha256(a, "network") != _sha256(b, "network"):
        causes.append(network_cause(streets))
    layers = [*a.record["data"]["layers"], *b.record["data"]["layers"], *UNIT_LAYERS]
    for layer in dict.fromkeys(layers):
        rows = tuple(np.flatnonzero(places["layer"] == layer).tolist())
        count_a, count_b = (_count(run, layer) for run in (a, b))
        if rows or (count_a is None) != (count_b is None):
            causes.append(Cause("places", layer, count_a, count_b, rows=rows))
    causes += _readings(a, b, {cause.what for cause in causes})
    return [*causes, *_unequal("version", "version", a.record["versions"], b.record["versions"])]


def saved_anew(a: PastRun, b: PastRun, causes: Iterable[Cause]) -> list[str]:
    """Return the roles whose files have other bytes and the same content, whatever their names."""
    changed = {cause.what for cause in causes}
    roles = dict.fromkeys(file["role"] for file in (*a.record["inputs"], *b.record["inputs"]))
    hashes = [{role: _file_hashes(run, role) for role in roles} for run in (a, b)]
    data = {"communities", "demand", "network", *a.record["data"]["layers"], *b.record["data"]["layers"]}
    return [role for role in roles if role in data and role not in changed and hashes[0][role] != hashes[1][role]]


def network_cause(streets: gpd.GeoDataFrame) -> Cause:
    """Return the cause that streets differ: by how many metres each form of street does."""
    sign = streets["side"].map({"a": -1.0, "b": 1.0}).astype(float)
    net = (streets["length_m"] * sign).groupby(streets["form"]).sum()
    metres = tuple((str(form), float(length)) for form, length in net.items() if abs(length) >= _LEAST_M)
    if not metres and len(streets):
        metres = (("changed", float(streets.loc[streets["side"] == "b", "length_m"].sum())),)
    return Cause("network", "network", metres=metres)


def street_changes(a: PastRun, b: PastRun) -> gpd.GeoDataFrame:
    """Return the edges that only one of two runs has, in place or in what walks depend on.

    Returns
    -------
    geopandas.GeoDataFrame
        ``side`` (``a``: only the first has it, ``b``: only the second), ``form``, ``name``, ``length_m``; lines.
    """
    columns = ["side", "form", "name", "length_m", "geometry"]
    if _sha256(a, "network") == _sha256(b, "network"):
        return gpd.GeoDataFrame({name: [] for name in columns}, geometry="geometry", crs=b.communities.crs)
    walked = [run.network.drop(columns=_UNWALKED, errors="ignore") for run in (a, b)]
    keys = [row_keys(network, decimals=_CENTIMETRE) for network in walked]
    parts = [
        run.network[~np.isin(keys[nth], keys[1 - nth])].assign(side=side)
        for nth, (run, side) in enumerate(((a, "a"), (b, "b")))
    ]
    return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True))[columns]


def merged(causes: Iterable[Cause]) -> tuple[Cause, ...]:
    """Return causes with those of one kind and layer as one."""
    found: dict[tuple[Any, ...], Cause] = {}
    for cause in causes:
        key = (cause.kind, cause.what) if cause.kind in {"places", "network", "demand"} else (cause,)
        if key not in found:
            found[key] = cause
            continue
        first = found[key]
        rows = tuple(sorted({*first.rows, *cause.rows}))
        numbers = (None, None) if (first.a, first.b) != (cause.a, cause.b) else (first.a, first.b)
        metres = first.metres if first.metres == cause.metres else ()
        found[key] = replace(first, a=numbers[0], b=numbers[1], rows=rows, metres=metres)
    return tuple(found.values())


def moved_areas(a: Any, b: Any) -> bool:
    """Return whether an area differs by more than a millimetre."""
    return not shapely.equals_exact(a, b, _SAME_PLACE_M)


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


def _areas(a: PastRun, b: PastRun) -> list[Cause]:
    """Return the cause that boundaries differ, or the numbers of communities."""
    both = a.communities.index.intersection(b.communities.index)
    shapes = [run.communities.geometry.loc[both].to_numpy() for run in (a, b)]
    moved = int((~shapely.equals_exact(*shapes, _SAME_PLACE_M)).sum())
    count_a, count_b = len(a.communities), len(b.communities)
    same = not moved and a.communities.index.equals(b.communities.index)
    return [] if same else [Cause("boundary", "communities", count_a, count_b, (str(moved),))]


def _residents(a: PastRun, b: PastRun) -> list[Cause]:
    before, after = (run.communities["residents"].astype(float).sort_index() for run in (a, b))
    if before.equals(after):
        return []
    total_a, total_b = (float(side.sum(skipna=False)) for side in (before, after))
    return [Cause("residents", "communities", total_a, total_b)]


def _demand(a: PastRun, b: PastRun) -> list[Cause]:
    if _sha256(a, "demand") == _sha256(b, "demand") or _homes_are_streets(b):
        return []
    total_a, total_b = (run.record["data"]["demand"]["total"] for run in (a, b))
    return [Cause("demand", "demand", total_a, total_b)]


def _homes_are_streets(run: PastRun) -> bool:
    """Return whether children are taken to live along streets: then they change with the network."""
    return bool(run.record["parameters"]["demand_basis"] == "street_length")


def _readings(a: PastRun, b: PastRun, changed: set[str]) -> list[Cause]:
    """Return what has changed in how the files of some roles are read, such as their datum."""
    causes = []
    for role in dict.fromkeys(file["role"] for file in (*a.record["inputs"], *b.record["inputs"])):
        if role not in changed and not (role == "elevation" and "network" in changed):
            continue
        reads = [[file.get("read", {}) for file in run.record["inputs"] if file["role"] == role] for run in (a, b)]
        reads = [[read for read in side if read not in other] for side, other in (reads, reads[::-1])]
        for nth in range(max(map(len, reads))):
            read_a, read_b = (side[nth] if nth < len(side) else {} for side in reads)
            causes += _unequal("reading", role, read_a, read_b, but=_UNREAD)
    return causes


def _count(run: PastRun, layer: str) -> int | None:
    """Return how many facilities a layer has; None where it is not declared."""
    kinds = run.record["data"]["layers"].get(layer)
    return None if kinds is None else sum(kind["count"] for kind in kinds.values())


def _sha256(run: PastRun, role: str) -> str:
    return str(run.record["data"][role]["sha256"])


def _file_hashes(run: PastRun, role: str) -> list[str]:
    return sorted(file["sha256"] for file in run.record["inputs"] if file["role"] == role)


def _unequal(
    kind: str, what: str, a: Mapping[str, Any], b: Mapping[str, Any], *, but: Iterable[str] = ()
) -> list[Cause]:
    """Return a cause for each key under which two mappings hold different values."""
    keys = [key for key in dict.fromkeys([*a, *b]) if key not in set(but)]
    return [Cause(kind, what, a.get(key), b.get(key), (key,)) for key in keys if a.get(key) != b.get(key)]
