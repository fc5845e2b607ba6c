"""Values for the page, rounded as in the CSV tables and ready for JSON."""

import math
from typing import Any

import numpy as np
import pandas as pd

from cfgeo.core.schema import SEARCH_MINUTES

__all__ = ["BEYOND_SEARCH", "SHARE_DECIMALS", "minutes", "number", "word"]

BEYOND_SEARCH = ">"
"""Stands for a walk longer than the search."""


def number(value: Any, digits: int) -> float | int | None:
    """Return a number with so many decimals, or nothing where it is missing or infinite."""
    if value is None or pd.isna(value) or math.isinf(value):
        return None
    rounded = float(np.round(float(value), digits))  # as pandas rounds the tables, which Python's round does not
    return int(rounded) if rounded == int(rounded) else rounded


def minutes(value: Any) -> float | int | str | None:
    """Return minutes with one decimal; ``BEYOND_SEARCH`` where there is no place within the search."""
    return BEYOND_SEARCH if value is not None and value == math.inf else number(value, 1)


def word(value: Any) -> str:
    """Return a text; "" where it is missing."""
    return "" if value is None or pd.isna(value) else str(value)


SHARE_DECIMALS = 6
MINUTE_DECIMALS = 1
AMOUNT_DECIMALS = 1


def shown_minutes(minutes: pd.Series, *, search: float = SEARCH_MINUTES) -> pd.Series:
    """Return walks as published: rounded, beyond the search ">30", empty where nobody walks."""
    numbers = minutes.astype(float)
    shown = numbers.round(MINUTE_DECIMALS).astype(object).where(numbers.notna(), None)
    return shown.where(~np.isinf(numbers), f">{search:.0f}")
