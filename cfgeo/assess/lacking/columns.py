"""Columns that clauses read, and the cells in them, which are missing or no plain answer."""

import datetime as dt

import geopandas as gpd
import numpy as np

from cfgeo.assess.lacking.layers import OWN_COLUMNS
from cfgeo.assess.lacking.names import nearest
from cfgeo.assess.measures.areas import weight_of
from cfgeo.assess.measures.counted import clause_places, in_district, kind_mask
from cfgeo.assess.measures.graded import graded
from cfgeo.core.findings import Findings, finding, label_of, row_of
from cfgeo.core.schema import BoolArray, Inputs
from cfgeo.files.answers import is_blank, is_later, is_since, is_tick_list, is_unclear, is_yes
from cfgeo.files.cell_values import numbers
from cfgeo.study.standard import Clause, Standard


def column_gaps(standard: Standard, inputs: Inputs) -> Findings:
    """Find columns that clauses read and that are missing or empty: these clauses are not assessed."""
    rows, absent = [], {}
    for clause in standard.clause:
        places = clause_places(clause, inputs.layers)
        if places is None or len(places) == 0:
            continue
        for column in read_by(clause, places):
            if column in places.columns and not is_blank(places[column]).all():
                continue
            near = nearest(column, set(places.columns) - {*OWN_COLUMNS, column})
            if near:
                more = {"near": near, "clause": clause.id}
                rows.append(finding("column_near", str(clause.layer), row=column, **more))
            else:
                absent[f"{clause.layer}.{column}", clause.id] = True
        if clause.measure == "rate" and "residents" in clause.per and "residents" not in inputs.communities.columns:
            absent["communities.residents", clause.id] = True
    if absent:
        columns, clauses = (tuple(dict.fromkeys(names)) for names in zip(*absent, strict=True))
        rows.append(finding("columns_absent", "study", severity="note", columns=columns, clauses=clauses))
    return rows


def read_by(clause: Clause, places: gpd.GeoDataFrame | None = None) -> list[str]:
    """Return the columns of facilities that decide a clause, or may, where the places are not given."""
    numbers_read = [clause.amount] if clause.measure == "rate" else []
    if clause.min_capacity is not None:
        numbers_read.append("capacity")
    if clause.weigh_by is not None and places is None:
        numbers_read += dict.fromkeys((clause.weigh_by, "capacity"))
    elif clause.weigh_by is not None and places is not None:
        weight = weight_of(clause, places)
        numbers_read.append("capacity" if weight is None else weight[1])
    return [column for column in (clause.only_where, clause.attribute, *numbers_read) if column is not None]


def _is_number(clause: Clause, column: str) -> bool:
    """Return whether a clause reads a number in a column."""
    return column not in (clause.only_where, clause.attribute) or clause.attribute_min is not None


def weight_gaps(standard: Standard, inputs: Inputs) -> Findings:
    """Find clauses that should weigh places by their enrolment and have to weigh them by capacity."""
    rows = []
    for clause in standard.clause:
        places = clause_places(clause, inputs.layers)
        if clause.weigh_by != "enrolment" or places is None:
            continue
        inside = in_district(places, inputs.communities)
        weight = weight_of(clause, inside) if len(inside) else None
        if weight is None or weight[1] == "enrolment":
            continue
        has = "enrolment" in inside.columns and not is_blank(inside["enrolment"]).all()
        without = tuple(label_of(inside, i) for i in inside.index[is_blank(inside["enrolment"])]) if has else ()
        severity = "warning" if has else "note"
        values = {"clause": clause.id, "names": without or ("–",)}
        rows.append(finding("weight_capacity", str(clause.layer), severity=severity, **values))
    return rows


def number_gaps(standard: Standard, inputs: Inputs) -> Findings:
    """Find facilities without a number where clauses read one: these clauses may stay open."""
    names: dict[tuple[str, str], dict[str, None]] = {}
    clauses: dict[tuple[str, str], list[str]] = {}
    for clause in standard.clause:
        places = clause_places(clause, inputs.layers)
        if places is None:
            continue
        for column in read_by(clause, places):
            if column not in places.columns or not _is_number(clause, column):
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


def answer_gaps(standard: Standard, inputs: Inputs) -> Findings:
    """Find cells that clauses read and that are no plain answer, or no number where a number is asked for."""
    cells: dict[tuple[str, str], dict[int, str]] = {}
    clauses: dict[tuple[str, str], dict[str, None]] = {}
    asked = [(clause, name) for clause in standard.clause for name in clause.all_layers]
    for clause, name in asked:
        layer, column = inputs.layers.get(name), clause.only_where or clause.attribute
        if layer is None or column is None or column not in layer.columns:
            continue
        rules = _rules_of_cells(clause, layer, column, inputs.as_of)
        clauses.setdefault((name, column), {})[clause.id] = None
        counted = kind_mask(layer, clause.kind if name == clause.layer else ())
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
    if clause.attribute_least is not None and column == clause.attribute:
        unclear = graded(cells, clause.attribute_order, clause.attribute_least)[1].to_numpy()
        return {"grade_unclear": unclear & ~blank, "blank": blank}
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
        elif rule == "grade_unclear":
            rows.append(finding("grade_unclear", name, row=at, **cell))
        elif rule == "not_number":
            rows.append(finding("not_number", name, row=at, column=column, value=value))
    if blank and len(blank) < len(layer):
        rows.append(finding("answers_blank", name, row=column, names=blank, clauses=clauses))
    return rows
