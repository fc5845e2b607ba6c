"""What changes in a community's clauses, side by side: for the pages of what-ifs, plans and sites."""

from collections.abc import Collection, Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from cfgeo.core.schema import FAILED, PASSED
from cfgeo.core.strings import Lang, name_of, text
from cfgeo.publish.words.numbers import (
    AMOUNT_DECIMALS,
    COUNTED_BASES,
    SCALES,
    amount,
    minutes_text,
    percent,
)

_KEYS = ["code", "clause"]
_COMPARED = ["verdict", "share", "median_minutes", "places"]


def change_kinds(before: pd.DataFrame, after: pd.DataFrame, held: Collection[Any] = ()) -> list[str]:
    """Return what becomes of each community, and how it is filled: a key of ``CHANGE_FILLS``.

    Parameters
    ----------
    before, after
        As ``Results.communities``.
    held
        Codes of those that nothing of the kind makes pass.
    """
    kinds = []
    for code, was, now in zip(before.index, before["verdict"], after["verdict"], strict=True):
        if was == PASSED:
            kinds.append("passed" if now == PASSED else "lost")
        elif now == PASSED:
            kinds.append("gained")
        else:
            kinds.append("held" if was == FAILED and code in held else str(was))
    return kinds


def change_word(kind: str, lang: Lang) -> str:
    """Return what a fill of ``CHANGE_FILLS`` stands for."""
    return name_of("word", kind, lang) if kind == "not_assessed" else text(f"steps.legend_{kind}", lang)


def side_by_side(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Return two tables of coverage as one, with some of ``WHATIF_COLUMNS``.

    Parameters
    ----------
    before, after
        As ``Results.coverage``.
    """
    before, after = before.set_index(_KEYS), after.set_index(_KEYS)
    table = before[_COMPARED].add_suffix("_before").join(after[_COMPARED].add_suffix("_after"))
    passed_before, passed_after = (table[f"verdict_{side}"] == PASSED for side in ("before", "after"))
    more = after["share"] * after["demand"] - before["share"] * before["demand"]
    change = np.select([passed_after & ~passed_before, passed_before & ~passed_after], ["gained", "lost"], "")
    return table.assign(change=change, gained=more.clip(lower=0), lost=(-more).clip(lower=0)).reset_index()


def clause_cells(rows: pd.DataFrame, titles: Mapping[str, str], lang: Lang, *, basis: str) -> list[list[str]]:
    """Return the clauses of one community that change: name, before, after, who is newly in reach or no longer.

    Where people are not counted, that is in points of the share: nobody can picture square metres in reach.

    Parameters
    ----------
    rows
        The community's rows of a what-if, or of :func:`side_by_side`.
    titles
        Names of clauses.
    lang
        Language of the numbers.
    basis
        What a unit of the demand is: ``demand_basis`` of a run.
    """
    cells = []
    for row in rows.to_dict("records"):
        if row["change"] or any(round(row[name], 1) for name in ("gained", "lost") if pd.notna(row[name])):
            values = [_value(row, side, lang) for side in ("before", "after")]
            cells.append([titles[row["clause"]], *values, _more(row, lang, basis=basis), row["change"]])
    return cells


def _more(row: Mapping[Hashable, Any], lang: Lang, *, basis: str) -> str:
    """Return how many more are in reach, or by how many points the share grows; "" where nobody lives."""
    if pd.isna(row["gained"]):
        return ""
    if basis in COUNTED_BASES:
        return amount(row["gained"] - row["lost"], lang)
    points = round((row["share_after"] - row["share_before"]) * SCALES["%"], AMOUNT_DECIMALS)
    return text("report.points", lang, number=f"{points:+g}".replace("-", "−"))


def _value(row: Mapping[Hashable, Any], side: str, lang: Lang) -> str:
    """Return share and median walk of a clause that asks for reach, or the number of places."""
    share, minutes = row[f"share_{side}"], row[f"median_minutes_{side}"]
    if pd.isna(share):
        return amount(row[f"places_{side}"], lang)
    return f"{percent(share, lang)} · {minutes_text(minutes)}′"
