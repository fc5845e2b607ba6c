"""What clauses found before and after, in digits that contradict neither a verdict nor each other."""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from cfgeo.core.schema import TOLERANCE
from cfgeo.core.strings import Lang, text

_SHARES = {"reach", "facility_share", "near", "connected", "share"}
_MOST_DECIMALS = 8
_SIGNS = {"at_least": "≥", "more_than": ">", "at_most": "≤", "less_than": "<"}


def value_pair(row: Mapping[Any, Any], lang: Lang) -> tuple[str, str]:
    """Return what both sides found for a row of the changes, as text; "" where a side has no value.

    Parameters
    ----------
    row
        ``measure``, ``target`` and, for both sides, ``value_``, ``low_`` and ``high_`` with ``a`` and ``b``.
    lang
        Language of the words.
    """
    sides = [[float(row[f"{name}_{side}"]) for name in ("value", "low", "high")] for side in ("a", "b")]
    numbers = [number for side in sides for number in side]
    decimals = decimals_for([*numbers, float(row["target"])], is_share=is_share(row["measure"]))
    first, second = (_one(side, decimals, lang, is_share=is_share(row["measure"])) for side in sides)
    return first, second


def target_words(row: Mapping[Any, Any], clause: Mapping[str, Any]) -> str:
    """Return what is asked with its sign, such as ``≥ 10``; "" where nothing is.

    Parameters
    ----------
    row
        ``measure`` and ``target`` of a row of the changes.
    clause
        The clause, as ``Results.parameters`` has it; empty for a unit as a whole.
    """
    target = float(row["target"])
    if math.isnan(target):
        return ""
    compared = clause.get("compare") or ("more_than" if clause.get("strict") else "at_least")
    sign = "≥" if row["measure"] == "share" else _SIGNS[str(compared)]
    decimals = decimals_for([target], is_share=is_share(row["measure"]))
    return f"{sign} {figure(target, decimals, is_share=is_share(row['measure'])).replace('.0%', '%')}"


def is_share(measure: object) -> bool:
    """Return whether the values of a measure are shares, 0–1."""
    return measure in _SHARES


def decimals_for(numbers: Sequence[float], *, is_share: bool) -> int:
    """Return how many decimals it takes so that numbers that differ look different, and in the same order."""
    known = sorted({number for number in numbers if math.isfinite(number)})
    different = [*known[:1], *(b for a, b in pairwise(known) if b - a > TOLERANCE)]
    scale, least = (100, 1) if is_share else (1, 0 if all(number.is_integer() for number in known) else 2)
    for decimals in range(least, _MOST_DECIMALS):
        shown = [round(number * scale, decimals) for number in different]
        if all(a < b for a, b in pairwise(shown)):
            return decimals
    return _MOST_DECIMALS


def figure(number: float, decimals: int, *, is_share: bool) -> str:
    """Return a number with some decimals: a share as per cent, another without needless zeros."""
    if is_share:
        return f"{number * 100:,.{decimals}f}%"
    shown = f"{number:,.{decimals}f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def _one(side: Sequence[float], decimals: int, lang: Lang, *, is_share: bool) -> str:
    """Return a value, or the range in which it lies."""
    value, low, high = side
    if not math.isnan(value):
        return figure(value, decimals, is_share=is_share)
    if math.isnan(low) or math.isnan(high):
        return ""
    least = figure(low, decimals, is_share=is_share)
    if math.isinf(high):
        return text("compare.at_least", lang, number=least)
    most = figure(high, decimals, is_share=is_share)
    return least if least == most else text("compare.range", lang, low=least, high=most)
