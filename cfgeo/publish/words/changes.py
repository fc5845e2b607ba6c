"""What changes in a community's clauses, side by side: for the pages of what-ifs, plans and sites."""

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from cfgeo.core.schema import PASSED, SEARCH_MINUTES
from cfgeo.core.strings import Lang
from cfgeo.publish.words.run import amount, percent

_KEYS = ["code", "clause"]
_KEPT = ["verdict", "share", "median_minutes", "places"]


def side_by_side(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Return two tables of coverage as one, with some of ``WHATIF_COLUMNS``.

    Parameters
    ----------
    before, after
        As ``Results.coverage``.
    """
    one, other = before.set_index(_KEYS), after.set_index(_KEYS)
    table = one[_KEPT].add_suffix("_before").join(other[_KEPT].add_suffix("_after"))
    passed = [table[f"verdict_{side}"] == PASSED for side in ("before", "after")]
    more = other["share"] * other["demand"] - one["share"] * one["demand"]
    change = np.select([passed[1] & ~passed[0], passed[0] & ~passed[1]], ["gained", "lost"], "")
    return table.assign(change=change, gained=more.clip(lower=0), lost=(-more).clip(lower=0)).reset_index()


def clause_cells(part: pd.DataFrame, titles: Mapping[str, str], lang: Lang) -> list[list[str]]:
    """Return the clauses of one community that change: name, before, after, demand newly in reach or no longer.

    Parameters
    ----------
    part
        Its rows of a what-if, or of :func:`side_by_side`.
    titles
        Names of clauses.
    lang
        Language of the numbers.
    """
    rows = []
    for row in part.to_dict("records"):
        if row["change"] or any(round(row[name], 1) for name in ("gained", "lost") if pd.notna(row[name])):
            said = [_value(row, side, lang) for side in ("before", "after")]
            more = "" if pd.isna(row["gained"]) else amount(row["gained"] - row["lost"], lang)
            rows.append([titles[row["clause"]], *said, more, row["change"]])
    return rows


def _value(row: Mapping[Hashable, Any], side: str, lang: Lang) -> str:
    share, minutes = row[f"share_{side}"], row[f"median_minutes_{side}"]
    if pd.isna(share):
        return amount(row[f"places_{side}"], lang)
    walk = f">{SEARCH_MINUTES:.0f}" if np.isinf(minutes) else f"{minutes:.1f}"
    return f"{percent(share, lang)} · {walk}′"
