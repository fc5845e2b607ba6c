"""Reported figures, references and numbers of people that clauses ask for and the study does not give."""

import math

import pandas as pd

from cfgeo.assess.lacking.names import nearest
from cfgeo.assess.measures.figures import figures_of, in_clause_unit, indicator_names
from cfgeo.assess.measures.people import bands_for, number_columns
from cfgeo.core.findings import Findings, finding
from cfgeo.core.schema import Inputs
from cfgeo.files.vocabulary.headings import plain_word
from cfgeo.study.figures.cells import PERCENT
from cfgeo.study.standard import Clause, Standard

_SLIGHT = 0.01


def figure_gaps(standard: Standard, inputs: Inputs) -> Findings:
    """Find indicators that clauses ask for and nobody reports, those that no clause knows, units that do not fit."""
    asking = [clause for clause in standard.clause if clause.measure == "reported"]
    table = inputs.reported
    if not asking:
        return []
    if len(table) == 0:
        clauses = tuple(clause.id for clause in asking)
        return [finding("reported_none", "reported", severity="note", clauses=clauses)]
    named = set[str]().union(*(indicator_names(clause) for clause in asking))
    lacking = [clause for clause in asking if len(figures_of(clause, table)) == 0]
    absent = {plain_word(clause.name): clause for clause in lacking}
    rows: Findings = []
    strange = table[~table["indicator"].map(plain_word).isin(named)]
    for name, same in strange.groupby("indicator", sort=False):
        at = tuple(dict.fromkeys(same["row"]))
        near = nearest(plain_word(str(name)), absent)
        if near is not None:
            values = {"indicator": str(name), "near": absent[near].name, "clause": absent[near].id}
            rows.append(finding("reported_near", "reported", row=at[0], rows=at, **values))
        else:
            rows.append(finding("reported_unknown", "reported", severity="note", row=at[0], name=str(name), rows=at))
    if lacking:
        clauses = tuple(clause.id for clause in lacking)
        rows.append(finding("reported_lacking", "reported", severity="note", clauses=clauses))
    return rows + [row for clause in asking for row in _units(clause, figures_of(clause, table))]


def _units(clause: Clause, figures: pd.DataFrame) -> Findings:
    """Find figures of a clause whose unit is not known, or hardly what is meant."""
    read = in_clause_unit(clause, figures)
    lost = figures[figures["value"].notna() & read.isna()]
    rows = [
        finding("reported_unit", "reported", row=row, indicator=indicator, clause=clause.id, unit=clause.unit or "–")
        for row, indicator in zip(lost["row"], lost["indicator"], strict=True)
    ]
    bare = figures[read.notna() & (figures["unit"] == "") & (clause.unit == PERCENT)]
    if len(bare):
        at = tuple(dict.fromkeys(bare["row"]))
        rows.append(finding("reported_percent", "reported", severity="note", row=at[0], clause=clause.id, rows=at))
    slight = figures[(read <= _SLIGHT) & (read > 0) & (figures["unit"] == PERCENT)]
    if clause.compare in ("at_least", "more_than") and clause.unit == PERCENT and len(slight):
        at = tuple(dict.fromkeys(slight["row"]))
        rows.append(finding("reported_slight", "reported", row=at[0], clause=clause.id, rows=at))
    return rows


def reference_gaps(standard: Standard, _: Inputs) -> Findings:
    """Find needs that a study has to give and does not."""
    lacking = [clause for clause in standard.clause if clause.reference is not None and math.isnan(clause.need)]
    names = tuple(dict.fromkeys(str(clause.reference) for clause in lacking))
    clauses = tuple(clause.id for clause in lacking)
    return [finding("reference_missing", "study", severity="note", names=names, clauses=clauses)] if lacking else []


def people_gaps(standard: Standard, inputs: Inputs) -> Findings:
    """Find people per whom clauses count and whose number the data does not have: ages that no bands add up to."""
    known = inputs.demand_basis == "children"
    bands = number_columns(inputs.demand) if known else []
    lacking: dict[str, list[str]] = {}
    for clause in standard.clause:
        if clause.measure != "rate" or "residents" in clause.per:
            continue
        for name in clause.per:
            if (
                name in {*inputs.communities.columns, *inputs.community_answers.columns}
                or (name == "children" and known)
                or bands_for(name, bands)
            ):
                continue
            lacking.setdefault(name, []).append(clause.id)
    has = tuple(bands) or ("–",)
    return [
        finding("people_missing", "communities", severity="note", row=name, name=name, clauses=tuple(clauses), has=has)
        for name, clauses in lacking.items()
    ]
