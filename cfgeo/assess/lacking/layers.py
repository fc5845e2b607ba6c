"""Layers and kinds that clauses ask for and the study does not have."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from cfgeo.assess.lacking.names import nearest
from cfgeo.assess.measures.counted import clause_places, of_names
from cfgeo.check import layers as check
from cfgeo.core.findings import Findings, finding, label_of, row_of
from cfgeo.core.schema import BASE_LAYERS, ROW, BoolArray, Inputs, is_of_kinds
from cfgeo.core.shapes import campuses, is_blank
from cfgeo.core.strings import KIND_MARK, section
from cfgeo.files.vocabulary.kinds import open_kinds
from cfgeo.study.standard import Standard

OWN_COLUMNS = ("kind", "name", "layer", "geometry", "capacity")
"""Columns of facilities that cfgeo knows."""
_MOST_WORDS = 3
_BY_POSITION = ("reach", "present", "near", "none_within")
"""Measures that ask where places are."""


def layer_gaps(standard: Standard, inputs: Inputs) -> Findings:
    """Find layers that clauses ask for and the study does not declare, and the reverse."""
    asked: dict[str, list[str]] = {}
    for clause in standard.clause:
        for layer in (*clause.all_layers, clause.near_layer):
            if layer is not None:
                asked.setdefault(layer, []).append(clause.id)
    undeclared = [layer for layer in asked if layer not in inputs.layers]
    unused = [layer for layer in inputs.layers if layer not in asked and layer not in BASE_LAYERS]
    slips = {layer: near for layer in unused if (near := nearest(layer, undeclared))}
    rows = [finding("layer_near", name, near=near, clauses=tuple(asked[near])) for name, near in slips.items()]
    rest = tuple(layer for layer in undeclared if layer not in slips.values())
    if rest:
        clauses = tuple(dict.fromkeys(clause for layer in rest for clause in asked[layer]))
        rows.append(finding("layers_undeclared", "study", severity="note", layers=rest, clauses=clauses))
    idle = tuple(layer for layer in unused if layer not in slips)
    if idle:
        rows.append(finding("layers_unused", "study", severity="note", layers=idle))
    return rows


def kind_gaps(standard: Standard, inputs: Inputs) -> Findings:
    """Find clauses without a place of their kinds, unknown kinds, and layers of one kind out of several asked for."""
    rows, reported = [], set()
    clauses = [clause for clause in standard.clause if not clause.among_kinds]  # these have a finding of their own
    for clause in clauses:
        places = clause_places(clause, inputs.layers)
        if places is not None and len(places) == 0 and len(inputs.layers[str(clause.layer)]):
            layer = str(clause.layer)
            has = _counted(inputs.layers[layer]["kind"])
            rows.append(finding("clause_without_place", layer, clause=clause.id, kinds=clause.kind, has=has))
            reported |= {(layer, kind) for kind in clause.kind}
    for name, places in inputs.layers.items():
        asked = dict.fromkeys(kind for clause in clauses if clause.layer == name for kind in clause.kind)
        if not asked:
            continue
        own = {kind for each in places["kind"].unique() for kind in each.split(KIND_MARK)}
        absent = tuple(kind for kind in asked if kind not in own and (name, kind) not in reported)
        if absent and len(set(places["kind"])) == 1:
            kind = places["kind"].iloc[0]
            rows.append(finding("kind_alone", name, severity="note", kind=kind, absent=absent))
        blank = (places["kind"] == name).to_numpy()  # a facility without a kind has its layer's name
        if blank.any() and name not in asked:
            rows.append(_without_kind(name, places, blank, tuple(sorted(asked))))
        strange = tuple(kind for kind in own if kind not in {*asked, *section("kind"), name})
        if strange:
            kinds = _counted(places.loc[is_of_kinds(places["kind"], strange), "kind"])
            rows.append(finding("kinds_unknown", name, kinds=kinds, asked=tuple(sorted(asked))))
        rows += _open_kinds(name, places, own, set(asked))
        unread = ~is_of_kinds(places["kind"], tuple({*asked, *section("kind")}))
        if absent or (name in {layer for layer, _ in reported}):  # places of the map have the kinds that it says
            rows += _kindless(name, places, unread, tuple(sorted(asked)))
    return rows


def untold_gaps(standard: Standard, inputs: Inputs) -> Findings:
    """Find places of none of the kinds that a clause needs to tell apart: whether they count is not known."""
    clauses: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for clause in standard.clause:
        if clause.among_kinds and str(clause.layer) in inputs.layers:
            clauses.setdefault((str(clause.layer), clause.among_kinds), []).append(clause.id)
    rows = []
    for (name, kinds), asking in clauses.items():
        places = inputs.layers[name]
        untold = places.index[~is_of_kinds(places["kind"], kinds)]
        if len(untold):
            names = tuple(label_of(places, i) for i in untold)
            values = {"count": len(untold), "total": len(places), "names": names, "kinds": kinds}
            rows.append(finding("kinds_untold", name, severity="note", clauses=tuple(asking), **values))
    return rows


def name_gaps(standard: Standard, inputs: Inputs) -> Findings:
    """Find places that a clause counts by name and that the layer does not have."""
    rows = []
    for clause in standard.clause:
        places = clause_places(clause, inputs.layers)
        if not clause.names or places is None:
            continue
        found = of_names(clause.names, places)
        absent = tuple(name for nth, name in enumerate(clause.names) if not found[nth].any())
        if absent:
            rows.append(finding("names_absent", str(clause.layer), clause=clause.id, names=absent))
    return rows


def place_gaps(standard: Standard, inputs: Inputs) -> Findings:
    """Find kinds most of whose places have no position, while their layer has enough: clauses would fail by the gap."""
    asked: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for clause in standard.clause:
        if clause.measure in _BY_POSITION and clause.layer in inputs.layers:
            asked.setdefault((str(clause.layer), clause.kind), []).append(clause.id)
    rows = []
    for (name, kinds), clauses in asked.items():
        layer = inputs.layers[name]
        lost = is_blank(layer.geometry.to_numpy()) | check.swapped_rows(layer)
        concerned = is_of_kinds(layer["kind"], kinds) if kinds else np.ones(len(layer), dtype=bool)
        gone = layer.index[lost & concerned]
        if (
            len(gone) > check.MOST * concerned.sum() and lost.mean() <= check.MOST
        ):  # beyond, the layer has its own error
            values = {"count": len(gone), "total": int(concerned.sum()), "kinds": kinds, "clauses": tuple(clauses)}
            names, at = tuple(label_of(layer, i) for i in gone), tuple(row_of(layer, i) for i in gone)
            rows.append(finding("kinds_placeless", name, severity="error", names=names, rows=at, **values))
    return rows


def _kindless(name: str, places: gpd.GeoDataFrame, unread: BoolArray, asked: tuple[str, ...]) -> Findings:
    """Find a list most of whose kinds cannot be read: what clauses lack may well be among them."""
    if "@id" in places.columns or unread.sum() <= check.MOST * len(unread):
        return []
    kinds = places.loc[unread, "kind"]
    has = _words_of(places) if (kinds == name).all() else _counted(kinds)  # without a column of kinds all have its name
    values = {"count": int(unread.sum()), "total": len(places), "asked": asked, "has": has}
    return [finding("layer_kindless", name, severity="error", **values)]


def _words_of(places: gpd.GeoDataFrame) -> tuple[str, ...]:
    """Return the columns that may hold the kinds, each with its first words."""
    rest = places.drop(columns=[*OWN_COLUMNS, ROW], errors="ignore")
    words = {
        str(name): column.dropna().astype(str).unique()
        for name, column in rest.items()
        if not pd.api.types.is_numeric_dtype(column)
    }
    return tuple(f"{name} ({', '.join(has[:_MOST_WORDS])})" for name, has in words.items() if len(has)) or ("–",)


def _open_kinds(name: str, places: gpd.GeoDataFrame, own: set[str], asked: set[str]) -> Findings:
    """Find places whose kind leaves open whether clauses count them: a 中学 may be a junior or a senior school."""
    rows = []
    for kind, others in open_kinds().items():
        may_be = tuple(other for other in others if other in asked)
        if kind in own and may_be and kind in asked:
            count = int(is_of_kinds(places["kind"], (kind,)).sum())
            rows.append(finding("kinds_general", name, severity="note", kind=kind, count=count))
        if kind not in own or not may_be or kind in asked:
            continue
        concerned = places[is_of_kinds(places["kind"], (kind,)) & ~is_of_kinds(places["kind"], may_be)]
        if len(concerned):
            names, at = (
                tuple(label_of(places, i) for i in concerned.index),
                tuple(row_of(places, i) for i in concerned.index),
            )
            severity = "warning" if own.issuperset(may_be) else "error"  # else a clause would fail for a word
            rows.append(
                finding(
                    "kinds_open", name, severity=severity, kind=kind, count=len(at), names=names, rows=at, may_be=may_be
                )
            )
    return rows


def _counted(kinds: pd.Series) -> tuple[str, ...]:
    """Return each kind with the number of its places."""
    return tuple(f"{kind} ({count})" for kind, count in kinds.value_counts(sort=False).items())


def _without_kind(name: str, places: gpd.GeoDataFrame, blank: BoolArray, asked: tuple[str, ...]) -> dict[str, Any]:
    if blank.all():
        has = tuple(str(column) for column in places.columns if column not in {*OWN_COLUMNS, ROW, "@id"})
        return finding("kind_missing", name, asked=asked, has=has or ("–",))
    at = tuple(row_of(places, i) for i in places.index[blank])
    return finding("kinds_blank", name, count=len(at), rows=at, asked=asked)


def campus_gaps(standard: Standard, inputs: Inputs) -> Findings:
    """Find rows of several kinds that count as one place: a school that is listed once for each of its levels."""
    clauses: dict[tuple[str, tuple[str, ...]], list[str]] = {}  # rows of a layer → the clauses that count them once
    for clause in standard.clause:
        places = clause_places(clause, inputs.layers)
        if clause.measure not in ("count", "present") or places is None:
            continue
        campus = pd.Series(campuses(places), index=places.index)
        joined = campus.duplicated(keep=False)
        for _, rows in places[joined].groupby(campus[joined]):
            if len(set(rows["kind"])) > 1:
                clauses.setdefault((str(clause.layer), tuple(rows.index)), []).append(clause.id)
    findings = []
    for (name, index), ids in clauses.items():
        layer = inputs.layers[name]
        rows_said = tuple(str(row_of(layer, i)) for i in index)
        about = {"count": len(index), "rows": rows_said, "name": label_of(layer, index[0]), "clauses": tuple(ids)}
        findings.append(finding("rows_one_campus", name, severity="note", row=row_of(layer, index[0]), **about))
    return findings
