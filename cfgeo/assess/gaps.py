"""Findings about what a standard asks for and a study's data does not hold."""

import dataclasses
import datetime as dt
import difflib
from collections.abc import Iterable
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cfgeo.assess.case import Case
from cfgeo.assess.measures.counted import clause_places, in_district, kind_mask
from cfgeo.assess.units import unit_layers
from cfgeo.assess.verdicts import demand_points
from cfgeo.check import layers as check
from cfgeo.check.facilities import check_twice, check_water
from cfgeo.check.locate import locate_findings
from cfgeo.core.findings import Findings, finding, findings_table, label_of, require_clean, row_of
from cfgeo.core.schema import AGE_BANDS, BASE_LAYERS, ROW, WATER_LAYERS, BoolArray, Inputs, is_of_kinds
from cfgeo.core.strings import KIND_MARK, section
from cfgeo.files.answers import is_blank, is_later, is_since, is_tick_list, is_unclear, is_yes
from cfgeo.files.cell_values import numbers
from cfgeo.files.vocabulary.kinds import open_kinds
from cfgeo.study.config import Study
from cfgeo.study.settings import margin_m
from cfgeo.study.standard import Clause, Standard

_NEAR = 0.8
"""Two names at least so alike, 0–1, are taken for one that is misspelled."""

_OWN_COLUMNS = ("kind", "name", "layer", "geometry", "capacity")


def check_gaps(standard: Standard, inputs: Inputs) -> Findings:
    """Find what leaves clauses open, or decides them by data that is missing.

    Parameters
    ----------
    standard
        What is asked for.
    inputs
        The data.
    """
    asked = {clause.layer for clause in standard.clause}
    units = {name: table for name, table in unit_layers(inputs).items() if name in asked}
    inputs = dataclasses.replace(inputs, layers={**inputs.layers, **units})
    finders = (_layers, _kinds, _ages, _columns, _numbers, _answers)
    return [row for find in finders for row in find(standard, inputs)]


def require_usable(standard: Standard, inputs: Inputs) -> None:
    """Refuse layers that clauses would fail by, though their files may well hold what the clauses ask for.

    Raises
    ------
    CheckError
        Carries all findings so far, and where they are.
    """
    gaps = check_gaps(standard, inputs)
    if any(row["severity"] == "error" for row in gaps):
        known = [{str(name): value for name, value in row.items()} for row in inputs.findings.to_dict("records")]
        table = findings_table(known + gaps)
        require_clean(table, lambda: locate_findings(table, inputs))


def nearest(name: str, names: Iterable[str]) -> str | None:
    """Return the name of which another may be a misspelling."""
    lower = {other.lower(): other for other in names}
    return next((lower[near] for near in difflib.get_close_matches(name.lower(), lower, n=1, cutoff=_NEAR)), None)


def _layers(standard: Standard, inputs: Inputs) -> Findings:
    """Find layers that clauses ask for and the study does not declare, and the reverse."""
    asked: dict[str, list[str]] = {}
    for clause in standard.clause:
        for layer in (clause.layer, clause.near_layer):
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


def _kinds(standard: Standard, inputs: Inputs) -> Findings:
    """Find clauses without a place of their kinds, unknown kinds, and layers of one kind out of several asked for."""
    rows, reported = [], set()
    for clause in standard.clause:
        places = clause_places(clause, inputs.layers)
        if places is not None and len(places) == 0 and len(inputs.layers[str(clause.layer)]):
            layer = str(clause.layer)
            has = _counted(inputs.layers[layer]["kind"])
            rows.append(finding("clause_without_place", layer, clause=clause.id, kinds=clause.kind, has=has))
            reported |= {(layer, kind) for kind in clause.kind}
    for name, places in inputs.layers.items():
        asked = dict.fromkeys(kind for clause in standard.clause if clause.layer == name for kind in clause.kind)
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


def _kindless(name: str, places: gpd.GeoDataFrame, unread: BoolArray, asked: tuple[str, ...]) -> Findings:
    """Find a list most of whose kinds cannot be read: what clauses lack may well be among them."""
    if "@id" in places.columns or unread.sum() <= check.MOST * len(unread):
        return []
    has = _counted(places.loc[unread, "kind"])
    values = {"count": int(unread.sum()), "total": len(places), "asked": asked, "has": has}
    return [finding("layer_kindless", name, severity="error", **values)]


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
        has = tuple(str(column) for column in places.columns if column not in {*_OWN_COLUMNS, ROW, "@id"})
        return finding("kind_missing", name, asked=asked, has=has or ("–",))
    at = tuple(row_of(places, i) for i in places.index[blank])
    return finding("kinds_blank", name, count=len(at), rows=at, asked=asked)


def _ages(standard: Standard, inputs: Inputs) -> Findings:
    """Find age bands that clauses ask for and the demand does not have."""
    clauses = {band: tuple(clause.id for clause in standard.clause if band in clause.children) for band in AGE_BANDS}
    missing = [band for band in AGE_BANDS if clauses[band] and band not in inputs.demand.columns]
    others = [heading for heading in inputs.demand_headings if heading not in AGE_BANDS]
    slips = {band: near for band in missing if (near := nearest(band, others))}
    if any(band in inputs.demand.columns for band in AGE_BANDS):
        rest = [band for band in missing if band not in slips]
        rows = [finding("age_near", "demand", row=band, near=slips[band], clauses=clauses[band]) for band in slips]
        return rows + [finding("age_missing", "demand", row=band, clauses=clauses[band]) for band in rest]
    if slips:
        return [finding("ages_near", "demand", near=tuple(slips.values()), bands=tuple(slips))]
    asked = tuple(clause.id for clause in standard.clause if clause.children)
    return [finding("ages_unknown", "demand", severity="note", clauses=asked)] if missing else []


def _columns(standard: Standard, inputs: Inputs) -> Findings:
    """Find columns that clauses read and that are missing or empty: these clauses are not assessed."""
    rows, absent = [], {}
    for clause in standard.clause:
        places = clause_places(clause, inputs.layers)
        if places is None or len(places) == 0:
            continue
        for column in read_by(clause):
            if column in places.columns and not is_blank(places[column]).all():
                continue
            near = nearest(column, set(places.columns) - {*_OWN_COLUMNS, column})
            if near:
                more = {"near": near, "clause": clause.id}
                rows.append(finding("column_near", str(clause.layer), row=column, **more))
            else:
                absent[f"{clause.layer}.{column}", clause.id] = True
        if clause.measure == "rate" and "residents" not in inputs.communities.columns:
            absent["communities.residents", clause.id] = True
    if absent:
        columns, clauses = (tuple(dict.fromkeys(names)) for names in zip(*absent, strict=True))
        rows.append(finding("columns_absent", "study", severity="note", columns=columns, clauses=clauses))
    return rows


def read_by(clause: Clause) -> list[str]:
    """Return the columns of facilities that decide a clause."""
    capacity = "capacity" if clause.measure == "rate" or clause.weigh_by_capacity else None
    return [column for column in (clause.only_where, clause.attribute, capacity) if column is not None]


def _numbers(standard: Standard, inputs: Inputs) -> Findings:
    """Find facilities without a number where clauses read one: these clauses may stay open."""
    names: dict[tuple[str, str], dict[str, None]] = {}
    clauses: dict[tuple[str, str], list[str]] = {}
    for clause in standard.clause:
        places = clause_places(clause, inputs.layers)
        for column in read_by(clause):
            is_number = column == "capacity" or clause.attribute_min is not None
            if places is None or column not in places.columns or not is_number:
                continue
            inside = in_district(places, inputs.communities)
            without = inside.index[is_blank(inside[column])]
            if 0 < len(without) < len(inside):
                key = str(clause.layer), column
                clauses.setdefault(key, []).append(clause.id)
                names.setdefault(key, {}).update(dict.fromkeys(label_of(inside, i) for i in without))
    return [
        finding("number_missing", layer, row=column, names=tuple(own), clauses=tuple(clauses[layer, column]))
        for (layer, column), own in names.items()
    ]


def _answers(standard: Standard, inputs: Inputs) -> Findings:
    """Find cells that clauses read and that are no plain answer, or no number where a number is asked for."""
    cells: dict[tuple[str, str], dict[int, str]] = {}
    clauses: dict[tuple[str, str], dict[str, None]] = {}
    for clause in standard.clause:
        name, column = str(clause.layer), clause.only_where or clause.attribute
        layer = inputs.layers.get(name)
        if layer is None or column is None or column not in layer.columns:
            continue
        rules = _rules_of_cells(clause, layer, column, inputs.as_of)
        clauses.setdefault((name, column), {})[clause.id] = None
        counted = kind_mask(layer, clause.kind)
        own = cells.setdefault((name, column), {})
        own |= {int(i): rule for rule, found in rules.items() for i in np.flatnonzero(found & counted)}
    return [
        row
        for (name, column), found in cells.items()
        for row in _about_cells(name, inputs.layers[name], column, found, tuple(clauses[name, column]))
    ]


def _rules_of_cells(clause: Clause, layer: gpd.GeoDataFrame, column: str, by: dt.date) -> dict[str, BoolArray]:
    """Return which cells of a column are no plain answer to a clause, by the rule that says so."""
    cells = layer[column]
    blank = is_blank(cells).to_numpy()
    if clause.attribute_min is not None:
        return {"not_number": numbers(cells).isna().to_numpy() & ~blank}
    if clause.implied_by in layer.columns:
        blank = blank & ~is_yes(layer[clause.implied_by], by).to_numpy()
    open_ = blank & (not is_tick_list(cells))
    dated = {"answer_since": is_since(cells, by).to_numpy(), "answer_later": is_later(cells, by).to_numpy()}
    return {"answer_unclear": is_unclear(cells).to_numpy(), **dated, "blank": open_}


def _about_cells(
    name: str, layer: gpd.GeoDataFrame, column: str, found: dict[int, str], clauses: tuple[str, ...]
) -> Findings:
    """Return the findings about cells of a column, by row; the blank ones are one finding."""
    rows: Findings = []
    blank = tuple(label_of(layer, layer.index[i]) for i, rule in found.items() if rule == "blank")
    for i, rule in sorted(found.items()):
        at, value = row_of(layer, layer.index[i]), layer[column].iloc[i]
        cell = {"name": label_of(layer, layer.index[i]), "column": column, "value": value, "clauses": clauses}
        if rule == "answer_unclear":
            rows.append(finding("answer_unclear", name, row=at, **cell))
        elif rule == "answer_since":
            rows.append(finding("answer_since", name, row=at, **cell))
        elif rule == "answer_later":
            rows.append(finding("answer_later", name, row=at, **cell))
        elif rule == "not_number":
            rows.append(finding("not_number", name, row=at, column=column, value=value))
    if blank and len(blank) < len(layer):
        rows.append(finding("answers_blank", name, row=column, names=blank, clauses=clauses))
    return rows


def with_walk_findings(case: Case, study: Study, facilities: gpd.GeoDataFrame) -> Inputs:
    """Return the inputs with the findings that need the network as well."""
    inputs, samples, snap_m = case.inputs, case.samples, study.walk.snap_m
    rows = [{str(name): value for name, value in row.items()} for row in inputs.findings.to_dict("records")]
    district = shapely.union_all(inputs.communities.geometry.to_numpy())
    far_m = margin_m(study, case.standard, case.walkers)
    water = [inputs.layers[name].geometry for name in WATER_LAYERS if name in inputs.layers]
    wet = gpd.GeoSeries(pd.concat(water) if water else [], crs=inputs.crs)
    for name, whole in inputs.layers.items():
        if name in BASE_LAYERS:
            continue
        rows += check_twice(name, whole)
        rows += check_water(name, whole, case.home.places[name], network=inputs.network, water=wet)
        layer = whole[check.near(whole, district, within_m=far_m)]  # the others have a finding of their own
        rows += check.check_snapped(
            name, layer, facilities.loc[layer.index, "snapped"].to_numpy(dtype=bool), snap_m=snap_m
        )
    met = np.isin(np.arange(len(samples.demand)), case.home.demand.item)
    homes = study.demand and study.demand.places
    rows += check.check_demand(
        samples.demand,
        samples.demand["community"],
        met,
        snap_m=snap_m,
        read_around=not homes or homes.osm is not None,
    )
    rows += check_gaps(case.standard, inputs)
    rows += check.check_populated(inputs.communities, demand_points(case))
    if not study.network.elevation:
        rows.append(finding("elevation_none", "network", severity="note"))
    elif study.walk.slope == "none":
        rows.append(finding("elevation_off", "network", severity="note"))
    return dataclasses.replace(inputs, findings=findings_table(rows))
