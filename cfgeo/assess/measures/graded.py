"""Grades in words, such as 一级, 二级, 三级 of kindergartens, compared in their order."""

import re
import unicodedata
from collections.abc import Sequence

import pandas as pd

_NUMERALS = str.maketrans("1234", "一二三四")
_NONE = ("", "无", "未评级", "未定级", "未评定", "未评", "无等级", "无级", "none", "no")
_OPEN = re.compile("[非未不待拟申争]")
"""What makes a grade one that a place does not have, or not yet."""


def graded(cells: pd.Series, order: Sequence[str], least: str) -> tuple[pd.Series, pd.Series]:
    """Return whether each grade is good enough, and whether that is not known, on the index of the cells.

    Parameters
    ----------
    cells
        一级, 市级示范园, 2级幼儿园; blank: not known; 未评级: a place without a grade is not good enough.
    order
        The grades, the best first.
    least
        The one that is good enough.
    """
    words = [_plain(word) for word in order]
    enough = words[: words.index(_plain(least)) + 1]
    grades = cells.astype(object).where(cells.notna(), "").astype("str").map(lambda cell: grade_of(cell, words))
    return grades.isin(enough), grades.isna()


def grade_of(cell: str, words: Sequence[str]) -> str | None:
    """Return the only grade that a cell names; "" for none, None where it is not clear."""
    text = _plain(cell)
    if text in _NONE:
        return "" if text else None
    named = [word for word in words if word in text]
    return named[0] if len(named) == 1 and not _OPEN.search(text) else None


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().lower().translate(_NUMERALS)
