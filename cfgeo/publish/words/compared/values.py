"""What clauses found before and after, in digits that contradict neither a verdict nor each other."""

import math
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import Any

from cfgeo.core.schema import TOLERANCE
from cfgeo.core.strings import Lang, text
from cfgeo.publish.run.units import OF_BLOCKS
from cfgeo.publish.words.clauses.found import COUNTED, compare_of
from cfgeo.publish.words.numbers import digits, need_text

_MOST_DECIMALS = 12
_UNITS_SHARE = "share"
"""The measure of the share of communities or street offices that pass."""
_SIGNS = {"at_least": "≥", "more_than": ">", "at_most": "≤", "less_than": "<"}


def value_pair(row: Mapping[Any, Any], clause: Mapping[str, Any], lang: Lang) -> tuple[str, str]:
    """Return what both sides found for a row of the changes, as text; "" where a side has no value.

    Parameters
    ----------
    row
        ``measure``, ``target`` and, for both sides, ``value_``, ``low_`` and ``high_`` with ``a`` and ``b``.
    clause
        The clause, as ``Results.parameters`` has it; empty for a unit as a whole.
    lang
        Language of the words.
    """
    share = is_share(row["measure"], clause)
    sides = [[float(row[f"{name}_{side}"]) for name in ("value", "low", "high")] for side in ("a", "b")]
    numbers = [number for side in sides for number in side]
    decimals = decimals_for([*numbers, float(row["target"])], is_share=share)
    first, second = (_one(side, decimals, lang, is_share=share) for side in sides)
    return first, second


def target_words(row: Mapping[Any, Any], clause: Mapping[str, Any], lang: Lang) -> str:
    """Return what is asked with its sign, such as ``≥ 10``; "" where nothing is. Parameters as :func:`value_pair`."""
    target = float(row["target"])
    if math.isnan(target):
        return ""
    of_units = row["measure"] == _UNITS_SHARE
    sign = _SIGNS["at_least" if of_units else compare_of(clause)]
    return f"{sign} {need_text(target, lang, is_share=is_share(row['measure'], clause))}"


def clause_title(scope: str, clause: str, titles: Mapping[str, str], lang: Lang) -> str:
    """Return the name of a clause, or what is judged of a unit as a whole."""
    if clause in titles:
        return titles[clause]
    return text("compare.overall_blocks" if clause == OF_BLOCKS else f"compare.overall_{scope}", lang)


def is_share(measure: object, clause: Mapping[str, Any]) -> bool:
    """Return whether the values of a measure are shares, 0–1."""
    if measure == "reported":
        return bool(clause.get("unit"))
    return measure not in COUNTED


def decimals_for(numbers: Sequence[float], *, is_share: bool) -> int:
    """Return how many decimals it takes so that numbers that differ look different, and in the same order."""
    known = sorted({number for number in numbers if math.isfinite(number)})
    different = [*known[:1], *(b for a, b in pairwise(known) if b - a > TOLERANCE)]
    least = 1 if is_share else 0 if all(number.is_integer() for number in known) else 2
    for decimals in range(least, _MOST_DECIMALS):
        shown = [_rounded(number, decimals, is_share=is_share) for number in different]
        if all(a < b for a, b in pairwise(shown)):
            return decimals
    return _MOST_DECIMALS


def _rounded(number: float, decimals: int, *, is_share: bool) -> Decimal:
    scaled = Decimal(repr(number)) * (100 if is_share else 1)
    return scaled.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


def _figure(number: float, decimals: int, lang: Lang, *, is_share: bool) -> str:
    """Return a number with some decimals: a share as per cent, another without needless zeros."""
    shown = _rounded(number, decimals, is_share=is_share)
    return text("page.percent", lang, number=f"{shown:,f}") if is_share else digits(shown)


def _one(side: Sequence[float], decimals: int, lang: Lang, *, is_share: bool) -> str:
    """Return a value, or the range in which it lies."""
    value, low, high = side
    if not math.isnan(value):
        return _figure(value, decimals, lang, is_share=is_share)
    if math.isnan(low) or math.isnan(high):
        return ""
    least = _figure(low, decimals, lang, is_share=is_share)
    if math.isinf(high):
        return text("clause.found_from", lang, low=least)
    most = _figure(high, decimals, lang, is_share=is_share)
    return least if least == most else text("clause.found_between", lang, low=least, high=most)
