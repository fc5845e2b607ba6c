"""What a standard asks and a study's data does not hold → findings."""

import difflib
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from cfgeo.answers import is_blank, is_unclear
from cfgeo.check import label_of
from cfgeo.schema import AGE_BANDS, Inputs, finding
from cfgeo.score import clause_places, kind_mask
from cfgeo.standard import Standard

Findings = list[dict[str, Any]]

_NEAR = 0.8
"""How alike two names are, 0–1, before one is taken for a slip of the other."""


def check_gaps(standard: Standard, inputs: Inputs) -> Findings:
    """Find what leaves clauses open, or decides them by what the data does not say.

    Parameters
    ----------
    standard
        What is asked.
    inputs
        What there is.
    """
    return _kinds(standard, inputs) + _ages(standard, inputs) + _answers(standard, inputs)


def nearest(name: str, names: Iterable[str]) -> str | None:
    """Return the name that is so near to another that it may be a slip of the pen."""
    lower = {other.lower(): other for other in names}
    return next((lower[near] for near in difflib.get_close_matches(name.lower(), lower, n=1, cutoff=_NEAR)), None)


def _kinds(standard: Standard, inputs: Inputs) -> Findings:
    """Find clauses whose layer has facilities, but none of their kinds."""
    rows = []
    for clause in standard.clause:
        places = clause_places(clause, inputs.layers)
        if places is not None and len(places) == 0 and len(inputs.layers[str(clause.layer)]):
            rows.append(finding("clause_without_place", str(clause.layer), clause=clause.id, kinds=clause.kind))
    return rows


def _ages(standard: Standard, inputs: Inputs) -> Findings:
    """Find age bands that clauses ask for and the demand does not have."""
    clauses = {band: tuple(c.id for c in standard.clause if band in c.children) for band in AGE_BANDS}
    missing = [band for band in AGE_BANDS if clauses[band] and band not in inputs.demand.columns]
    others = [heading for heading in inputs.demand_headings if heading not in AGE_BANDS]
    slips = {band: near for band in missing if (near := nearest(band, others))}
    rows = [finding("age_near", "demand", row=band, near=slips[band], clauses=clauses[band]) for band in slips]
    if any(band in inputs.demand.columns for band in AGE_BANDS):
        rest = [band for band in missing if band not in slips]
        rows += [finding("age_missing", "demand", row=band, clauses=clauses[band]) for band in rest]
    elif missing:
        asked = tuple(c.id for c in standard.clause if c.children)
        rows.append(finding("ages_unknown", "demand", severity="note", clauses=asked))
    return rows


def _answers(standard: Standard, inputs: Inputs) -> Findings:
    """Find cells that clauses read and that say neither yes nor no, or no number where one is asked for."""
    rows: dict[tuple[str, str, int], dict[str, Any]] = {}
    for clause in standard.clause:
        layer, column = inputs.layers.get(str(clause.layer)), clause.only_where or clause.attribute
        if layer is None or column is None or column not in layer.columns:
            continue
        cells = layer[column]
        if clause.attribute_min is None:
            unclear = is_unclear(cells)
        else:
            unclear = pd.to_numeric(cells, errors="coerce").isna() & ~is_blank(cells)
        for i in np.flatnonzero(unclear.to_numpy() & kind_mask(layer, clause.kind)):
            cell = {"name": label_of(layer, layer.index[i]), "column": column, "value": cells.iloc[i]}
            if clause.attribute_min is None:
                row = finding("answer_unclear", str(clause.layer), row=i + 1, **cell)
            else:
                row = finding("not_number", str(clause.layer), row=i + 1, column=column, value=cells.iloc[i])
            rows[str(clause.layer), column, int(i)] = row
    return list(rows.values())
