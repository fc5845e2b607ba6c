"""Numbers as they are published: rounded as in the CSV tables, ready for JSON, or as text.

A number that stands beside a need has as many digits as it takes: 4.475 of 4.5 never reads "4.5 of 4.5, failed".
"""

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal

import numpy as np
import pandas as pd

from cfgeo.core.schema import SEARCH_MINUTES, TOLERANCE
from cfgeo.core.strings import Lang, text
from cfgeo.publish.run.units import PER_CENT, MeasureUnit
from cfgeo.publish.safe_text import is_missing

SHARE_DECIMALS, MINUTE_DECIMALS, AMOUNT_DECIMALS, MONEY_DECIMALS = 6, 1, 1, 6
BEYOND_SEARCH = ">"
"""Stands for a walk longer than the search."""

Compare = Literal["at_least", "more_than", "at_most", "less_than"]
"""How a value has to lie to a need."""

_HOLDS: Mapping[str, Callable[[Any, Any], Any]] = {
    "at_least": operator.ge,
    "more_than": operator.gt,
    "at_most": operator.le,
    "less_than": operator.lt,
}
_SLACK = {"at_least": -TOLERANCE, "more_than": TOLERANCE, "at_most": TOLERANCE, "less_than": -TOLERANCE}
SCALES: Mapping[MeasureUnit, int] = {"%": 100, "‰": 1000, "": 1}
"""Unit → what a number of the tables is multiplied by to be shown."""
_SIGNS = {"%": "page.percent", "‰": "page.permille"}
_MOST_DECIMALS, TABLE_DECIMALS = 16, 12
_GAP_ERROR = Decimal("0.1")
"""How wrong the gap between a rate and its need may be by rounding: 4.475 of 4.5 is 0.025 short, not 0.02."""


@dataclass(frozen=True)
class Beside:
    """A value and the need that it stands beside, as they are shown.

    Attributes
    ----------
    value, need, gap : decimal.Decimal
        In the shown unit. Read as numbers they compare as the verdict says; ``gap`` is their
        difference, so that it is 0 only where both are the same.
    """

    value: Decimal
    need: Decimal

    @property
    def gap(self) -> Decimal:
        """How far they are apart."""
        return abs(self.need - self.value)


def meets(value: float, need: float, compare: Compare = "at_least") -> bool:
    """Return whether a value meets a need, as verdicts have it."""
    return bool(_HOLDS[compare](value, need + _SLACK[compare]))


def beside(
    value: float,
    need: float,
    *,
    compare: Compare = "at_least",
    passed: bool | None = None,
    unit: MeasureUnit = PER_CENT,
) -> Beside:
    """Return a value and its need with as many digits as it takes for them to compare as the verdict says.

    Parameters
    ----------
    value, need
        As in the tables: shares 0–1; finite.
    compare
        How the value has to lie to the need.
    passed
        Whether it does; from the numbers where it is missing.
    unit
        How they are shown: per cent with one decimal or more; other numbers may have two or more.
    """
    passed = meets(value, need, compare) if passed is None else passed
    scale, usual = SCALES[unit], _usual_decimals(unit)
    exact, asked = Decimal(repr(float(value))) * scale, _as_asked(need, scale)
    for decimals in range(usual, _MOST_DECIMALS):
        shown = _half_up(exact, decimals)
        is_near = bool(unit) or abs(shown - exact) <= _GAP_ERROR * abs(exact - asked)
        if _HOLDS[compare](shown, asked) == passed and is_near:
            return Beside(shown, asked)
    # A need of more digits than are shown may lie below a value that does not exceed it.
    return Beside(exact if _HOLDS[compare](exact, asked) == passed else asked, asked)


def _usual_decimals(unit: MeasureUnit) -> int:
    return 1 if unit == PER_CENT else 2


def digits(number: Decimal, *, least: int = 0) -> str:
    """Return a number's digits without needless zeros, with at least so many decimals."""
    plain = f"{number:,f}".rstrip("0").rstrip(".") if "." in f"{number:f}" else f"{number:,f}"
    decimals = len(plain.partition(".")[2])
    return plain if decimals >= least else f"{number:,.{least}f}"


def beside_text(
    value: Any,
    need: float,
    lang: Lang,
    *,
    compare: Compare = "at_least",
    passed: bool | None = None,
    unit: MeasureUnit = PER_CENT,
) -> str:
    """Return a value as text that never contradicts its verdict; "–" if missing, what is beyond all bounds as ∞.

    Without a need it has the usual decimals.
    """
    if value is None or pd.isna(value):
        return text("page.missing", lang)
    if math.isinf(value):
        return "∞"
    if pd.isna(need):
        shown = _half_up(Decimal(repr(float(value))) * SCALES[unit], _usual_decimals(unit))
    else:
        shown = beside(float(value), need, compare=compare, passed=passed, unit=unit).value
    return with_unit(digits(shown, least=1 if unit else 0), unit, lang)


def decimals_beside(value: Any, need: Any, compare: Compare = "at_least", *, unit: MeasureUnit = PER_CENT) -> int:
    """Return how many decimals a value takes beside its need, in the shown unit; 1 where either is missing."""
    if any(number is None or pd.isna(number) or math.isinf(number) for number in (value, need)):
        return 1
    shown = beside(float(value), float(need), compare=compare, unit=unit)
    return len(digits(shown.value, least=1).partition(".")[2])


def per_cent(share: float, target: float, *, passed: bool) -> dict[str, str]:
    """Return a share and its target as digits of per cent, for sentences that have the sign themselves."""
    shown = beside(share, target, passed=passed)
    return {"share": digits(shown.value, least=1), "target": digits(shown.need)}


def decimals_asked(need: float, *, unit: MeasureUnit = PER_CENT) -> int:
    """Return how many decimals a need has, in the shown unit."""
    return 0 if pd.isna(need) else len(digits(_as_asked(need, SCALES[unit])).partition(".")[2])


def with_unit(number: str, unit: MeasureUnit, lang: Lang) -> str:
    """Return a number in its unit: 70 %, 1.2 ‰, 4.5."""
    return text(_SIGNS[unit], lang, number=number) if unit else number


def need_text(need: float, lang: Lang, *, unit: MeasureUnit = PER_CENT) -> str:
    """Return a need as text: 70 %, 3 ‰, 4.5."""
    if pd.isna(need):
        return text("page.missing", lang)
    return with_unit(digits(_as_asked(need, SCALES[unit])), unit, lang)


def rounded_beside(values: pd.Series, needs: pd.Series, compare: Compare = "at_least") -> pd.Series:
    """Return values rounded as in the tables, except where rounded ones would contradict their verdicts.

    Parameters
    ----------
    values, needs
        In one unit, on one index; missing ones stay missing.
    compare
        How the values have to lie to their needs.
    """
    values, needs = values.astype(float), needs.astype(float)
    passed = _HOLDS[compare](values, needs + _SLACK[compare])
    needs, shown = needs.round(TABLE_DECIMALS), values.round(SHARE_DECIMALS)
    for closer in (values.round(TABLE_DECIMALS), needs):
        wrong = _HOLDS[compare](shown, needs) != passed
        shown = shown.mask(wrong & shown.notna() & needs.notna(), closer)
    return shown


def _as_asked(need: float, scale: int) -> Decimal:
    """Return a need in the shown unit, without what binary fractions add."""
    return Decimal(f"{float(need) * scale:.12g}")


def _half_up(number: Decimal, decimals: int) -> Decimal:
    return number.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


_WHOLE = 2.0**53
"""From here on every float is a whole number."""


def number(value: Any, decimals: int) -> float | int | None:
    """Return a number rounded to some decimals, or None where it is missing or infinite."""
    if is_missing(value) or math.isinf(value):
        return None
    scale = 10.0**decimals
    scaled = float(value) * scale
    # As pandas rounds the tables, which Python's round to decimals does not. What is larger has none to round.
    shown = round(scaled) / scale if abs(scaled) < _WHOLE else float(value)
    return int(shown) if shown == int(shown) else shown


def minutes(value: Any) -> float | int | str | None:
    """Return minutes with one decimal; ``BEYOND_SEARCH`` where there is no place within the search."""
    return BEYOND_SEARCH if value is not None and value == math.inf else number(value, MINUTE_DECIMALS)


def string(value: Any) -> str:
    """Return a text; "" where it is missing."""
    return "" if value is None or pd.isna(value) else str(value)


def rounded(table: pd.DataFrame, decimals: int, *columns: str) -> pd.DataFrame:
    """Return a table with some columns as floats, rounded."""
    return table.assign(**{name: table[name].astype(float).round(decimals) for name in columns})


def shown_minutes(minutes: pd.Series, *, search: float = SEARCH_MINUTES) -> pd.Series:
    """Return walks as published: rounded, beyond the search ">30", empty where nobody walks."""
    numbers = minutes.astype(float)
    shown = numbers.round(MINUTE_DECIMALS).astype(object).where(numbers.notna(), None)
    return shown.where(~np.isinf(numbers), f">{search:.0f}")


def minutes_text(minutes: float) -> str:
    """Return a walk with one decimal; ">30" where there is no place within the search."""
    return f"{minutes:.1f}" if math.isfinite(minutes) else f">{SEARCH_MINUTES:.0f}"


COUNTED_BASES = ("children", "residents")
"""Demand that is a number of people."""


def percent(share: Any, lang: Lang) -> str:
    """Return a share as a percentage with one decimal, from six decimals as in the tables; "–" if missing."""
    if share is None or pd.isna(share):
        return text("page.missing", lang)
    # Whole millionths, half up: Python and the page's script then write the same digits.
    tenths = (round(float(share) * 1_000_000) + 500) // 1000
    return text("page.percent", lang, number=f"{tenths // 10:,}.{tenths % 10}")


def target_percent(share: float, lang: Lang) -> str:
    """Return a target without needless decimals: 70 %."""
    if math.isnan(share):
        return text("page.missing", lang)
    return text("page.percent", lang, number=f"{share * 100:.10g}")


def amount(value: Any, lang: Lang) -> str:
    """Return a number with at most one decimal; "–" if missing or infinite."""
    if value is None or pd.isna(value) or math.isinf(value):
        return text("page.missing", lang)
    shown = round(float(value), AMOUNT_DECIMALS)
    return f"{int(shown):,}" if shown == int(shown) else f"{shown:,.1f}"


def demand_text(value: float, lang: Lang, *, basis: str, whole: float) -> str:
    """Return how many children or residents, as a whole number; of what stands for them, which share of the district's.

    Nobody can picture square metres of dwellings that cross a road, and they are no children.

    Parameters
    ----------
    value
        In units of the demand.
    lang
        Language of the words.
    basis
        What a unit is: ``demand_basis`` of a run.
    whole
        The demand of the district.
    """
    if basis in COUNTED_BASES:
        return text(f"page.demand_{basis}", lang, number=amount(round(value), lang))
    return text(f"page.demand_{basis}", lang, number=percent(value / whole if whole else None, lang))


def decimal(value: float, lang: Lang) -> str:
    """Return a number with at most two decimals; "–" if missing."""
    return text("page.missing", lang) if math.isnan(value) else f"{value:,.2f}".rstrip("0").rstrip(".")


def count_for(share: float, total: float) -> int:
    """Return how many of ``total`` reach a share."""
    return 0 if math.isnan(share) else math.ceil(share * total - TOLERANCE)
