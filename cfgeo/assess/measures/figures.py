"""Reported figures: the newest of an indicator that is not after the day of judging."""

import math

import pandas as pd

from cfgeo.assess.measures.values import NOTHING, Area, ClauseValue
from cfgeo.core.schema import BoolArray
from cfgeo.files.vocabulary.headings import plain_word
from cfgeo.study.figures.cells import ALL, PARTS, PERCENT
from cfgeo.study.standard import Clause

_MOST_SHARE = 100.0


def indicator_names(clause: Clause) -> set[str]:
    """Return the plain names under which a clause's figure may be reported."""
    names = {plain_word(name) for name in (clause.id, clause.name, clause.name_en, *clause.indicator)}
    return names - {""}


def figures_of(clause: Clause, reported: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a clause's figure."""
    return reported[reported["indicator"].map(plain_word).isin(indicator_names(clause)).to_numpy(dtype=bool)]


def in_clause_unit(clause: Clause, figures: pd.DataFrame) -> pd.Series:
    """Return figures in the unit of a clause, on their index; NaN where theirs is another or, for a share, not known.

    A share without a unit is in per cent where it is larger than 1 and the clause asks for per cent.
    """
    is_share = figures["unit"].isin(list(PARTS))
    if not clause.unit:
        return figures["value"].where(~is_share).astype(float)
    bare = (figures["unit"] == "") & (figures["value"] > 1) & (figures["value"] <= _MOST_SHARE)
    as_percent = bare & (clause.unit == PERCENT)
    return figures["value"].where(is_share, (figures["value"] * PARTS[PERCENT]).where(as_percent)).astype(float)


def reported_figure(clause: Clause, area: Area) -> ClauseValue:
    """Return the newest figure of a clause for the area, and its year.

    Where only the sexes are reported, the figure of all lies between theirs, if it is a share. A figure that is not
    clear leaves the clause open: an older one does not stand in for it.
    """
    if area.reported is None or len(area.reported) == 0:
        return NOTHING
    scope, name = area.unit
    rows = figures_of(clause, area.reported)
    rows = rows[(rows["scope"] == scope) & (rows["area"] == name) & (rows["year"] <= area.today.year)]
    if len(rows) == 0:
        return NOTHING
    year = int(rows["year"].max())
    newest = rows[rows["year"] == year]
    values, whole = in_clause_unit(clause, newest), (newest["sex"] == ALL).to_numpy()
    if whole.any():
        value = float(values[whole].iloc[0])
        return ClauseValue(value, value, missing=int(math.isnan(value)), year=year)
    return _of_sexes(clause, values, whole, year)


def _of_sexes(clause: Clause, values: pd.Series, whole: BoolArray, year: int) -> ClauseValue:
    if not clause.unit or len(values) < 2 or values.isna().any():
        return ClauseValue(math.nan, math.nan, missing=1, year=year)
    return ClauseValue(float(values.min()), float(values.max()), missing=int((~whole).sum() > 0), year=year)
