"""What changes in a community's clauses, side by side: for the pages of what-ifs, plans and sites."""

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from cfgeo.core.schema import PASSED
from cfgeo.core.strings import Lang
from cfgeo.publish.words.numbers import amount, minutes_text, percent

_KEYS = ["code", "clause"]
_COMPARED = ["verdict", "share", "median_minutes", "places"]


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


def clause_cells(rows: pd.DataFrame, titles: Mapping[str, str], lang: Lang) -> list[list[str]]:
    """Return the clauses of one community that change: name, before, after, demand newly in reach or no longer.

    Parameters
    ----------
    rows
        The community's rows of a what-if, or of :func:`side_by_side`.
    titles
        Names of clauses.
    lang
        Language of the numbers.
    """
    cells = []
    for row in rows.to_dict("records"):
        if row["change"] or any(round(row[name], 1) for name in ("gained", "lost") if pd.notna(row[name])):
            values = [_value(row, side, lang) for side in ("before", "after")]
            more = "" if pd.isna(row["gained"]) else amount(row["gained"] - row["lost"], lang)
            cells.append([titles[row["clause"]], *values, more, row["change"]])
    return cells


def _value(row: Mapping[Hashable, Any], side: str, lang: Lang) -> str:
    """Return share and median walk of a clause that asks for reach, or the number of places."""
    share, minutes = row[f"share_{side}"], row[f"median_minutes_{side}"]
    if pd.isna(share):
        return amount(row[f"places_{side}"], lang)
    return f"{percent(share, lang)} · {minutes_text(minutes)}′"
