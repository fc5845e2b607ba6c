"""What clauses found before and after, in digits that contradict neither a verdict nor each other."""

import math
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import Any

from cfgeo.core.schema import TOLERANCE
from cfgeo.core.strings import Lang, text
from cfgeo.publish.run.units import OF_BLOCKS, PER_CENT, MeasureUnit, need_unit
from cfgeo.publish.words.clauses.found import compare_of
from cfgeo.publish.words.numbers import SCALES, digits, need_text, with_unit

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
    unit = _unit_of(row, clause)
    sides = [[float(row[f"{name}_{side}"]) for name in ("value", "low", "high")] for side in ("a", "b")]
    numbers = [number for side in sides for number in side]
    decimals = decimals_for([*numbers, float(row["target"])], unit=unit)
    first, second = (_one(side, decimals, lang, unit=unit) for side in sides)
    return first, second


def target_words(row: Mapping[Any, Any], clause: Mapping[str, Any], lang: Lang) -> str:
    """Return what is asked with its sign, such as ``≥ 10``; "" where nothing is. Parameters as :func:`value_pair`."""
    target = float(row["target"])
    if math.isnan(target):
        return ""
    of_units = row["measure"] == _UNITS_SHARE
    sign = _SIGNS["at_least" if of_units else compare_of(clause)]
    return f"{sign} {need_text(target, lang, unit=_unit_of(row, clause))}"


def clause_title(scope: str, clause: str, titles: Mapping[str, str], lang: Lang) -> str:
    """Return the name of a clause, or what is judged of a unit as a whole."""
    if clause in titles:
        return titles[clause]
    return text("compare.overall_blocks" if clause == OF_BLOCKS else f"compare.overall_{scope}", lang)


def _unit_of(row: Mapping[Any, Any], clause: Mapping[str, Any]) -> MeasureUnit:
    """Return how the numbers of a row are written: the share of units that pass is per cent whatever they pass."""
    return PER_CENT if row["measure"] == _UNITS_SHARE or not clause else need_unit(clause)


def decimals_for(numbers: Sequence[float], *, unit: MeasureUnit) -> int:
    """Return how many decimals it takes so that numbers that differ look different, and in the same order."""
    known = sorted({number for number in numbers if math.isfinite(number)})
    different = [*known[:1], *(b for a, b in pairwise(known) if b - a > TOLERANCE)]
    least = 1 if unit == PER_CENT else 0 if all(number.is_integer() for number in known) else 2
    for decimals in range(least, _MOST_DECIMALS):
        shown = [_rounded(number, decimals, unit=unit) for number in different]
        if all(a < b for a, b in pairwise(shown)):
            return decimals
    return _MOST_DECIMALS


def _rounded(number: float, decimals: int, *, unit: MeasureUnit) -> Decimal:
    scaled = Decimal(repr(number)) * SCALES[unit]
    return scaled.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


def _figure(number: float, decimals: int, lang: Lang, *, unit: MeasureUnit) -> str:
    """Return a number with some decimals: per cent with all of them, another without needless zeros."""
    shown = _rounded(number, decimals, unit=unit)
    return with_unit(f"{shown:,f}" if unit == PER_CENT else digits(shown, least=1 if unit else 0), unit, lang)


def _one(side: Sequence[float], decimals: int, lang: Lang, *, unit: MeasureUnit) -> str:
    """Return a value, or the range in which it lies."""
    value, low, high = side
    if not math.isnan(value):
        return _figure(value, decimals, lang, unit=unit)
    if math.isnan(low) or math.isnan(high):
        return ""
    least = _figure(low, decimals, lang, unit=unit)
    if math.isinf(high):
        return text("clause.found_from", lang, low=least)
    most = _figure(high, decimals, lang, unit=unit)
    return least if least == most else text("clause.found_between", lang, low=least, high=most)
