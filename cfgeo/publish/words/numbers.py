"""Numbers as they are published: rounded as in the CSV tables, ready for JSON, or as text."""

import math
from typing import Any

import numpy as np
import pandas as pd

from cfgeo.core.schema import SEARCH_MINUTES, TOLERANCE
from cfgeo.core.strings import Lang, text

SHARE_DECIMALS, MINUTE_DECIMALS, AMOUNT_DECIMALS, MONEY_DECIMALS = 6, 1, 1, 6
BEYOND_SEARCH = ">"
"""Stands for a walk longer than the search."""


def number(value: Any, decimals: int) -> float | int | None:
    """Return a number rounded to some decimals, or None where it is missing or infinite."""
    if value is None or pd.isna(value) or math.isinf(value):
        return None
    shown = float(np.round(float(value), decimals))  # as pandas rounds the tables, which Python's round does not
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


def percent(share: Any, lang: Lang) -> str:
    """Return a share as a percentage with one decimal, from six decimals as in the tables; "–" if missing."""
    if share is None or pd.isna(share):
        return text("page.missing", lang)
    # Whole millionths, half up: Python and the page's script then write the same digits.
    tenths = (round(float(share) * 1_000_000) + 500) // 1000
    return text("page.percent", lang, number=f"{tenths // 10:,}.{tenths % 10}")


def target_percent(share: float, lang: Lang) -> str:
    """Return a target without needless decimals: 70 %."""
    return text("page.percent", lang, number=f"{share * 100:.10g}")


def amount(value: Any, lang: Lang) -> str:
    """Return a number with at most one decimal; "–" if missing or infinite."""
    if value is None or pd.isna(value) or math.isinf(value):
        return text("page.missing", lang)
    shown = round(float(value), AMOUNT_DECIMALS)
    return f"{int(shown):,}" if shown == int(shown) else f"{shown:,.1f}"


def decimal(value: float, lang: Lang) -> str:
    """Return a number with at most two decimals; "–" if missing."""
    return text("page.missing", lang) if math.isnan(value) else f"{value:,.2f}".rstrip("0").rstrip(".")


def count_for(share: float, total: float) -> int:
    """Return how many of ``total`` reach a share."""
    return math.ceil(share * total - TOLERANCE)
