"""What people write in cells for yes and no: words, ticks, and since when or by which document something is so."""

import datetime as dt
import re
import unicodedata
from functools import lru_cache

import numpy as np
import pandas as pd

from cfgeo.core.schema import NO, YES

_DATE = re.compile(r"\s*(\d{4})(?:\s*[-/.年]\s*(\d{1,2}))?(?:\s*[-/.月]\s*(\d{1,2}))?(?!\d)")
_PLAIN_DATE = re.compile(r"\s*(\d{4})(\d{2})(\d{2})(?!\d)")
_SINCE = re.compile(
    r"(?:于|自|since )?(?P<day>20\d{2}(?:年度?|(?:[-/.年]\d{1,2}(?:月|(?:[-/.月]\d{1,2}日?)?))?)|20\d{6})(?: 00:00:00)?"
    r"(?:已|获|被|经)?(?:认定|命名|授牌|评定|认证|挂牌|获评|入选|通过|达标|创建|建成|certified|awarded)?"
    r"|[\u4e00-\u9fff]{2,12}[〔\[(](?P<year>20\d{2})[〕\])]第?\d+号"
)
"""A day, month or year, also with what was done then, or the document of a year: 2024年认定, 渝妇儿〔2023〕5号."""

_KEPT_WORDS = 4096
"""A column has few different words, which many clauses ask again."""
_TICKS = frozenset("√✓✔☑✅1")


def today() -> dt.date:
    """Return today's date where the computer is."""
    return dt.datetime.now().astimezone().date()


def first_day(text: str) -> dt.date | None:
    """Return the first day of a date (2026, 2026-04, 2026年4月1日, 20260401); None where a text is no date."""
    match = _PLAIN_DATE.match(text) or _DATE.match(text)
    if match is None:
        return None
    year, month, day = (int(part or 1) for part in match.groups())
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def is_yes(answers: pd.Series, by: dt.date | None = None) -> pd.Series:
    """Return whether each answer is a yes, on the index of the answers.

    Parameters
    ----------
    answers
        Cells as read.
    by
        What is so only since a later day is no yes yet; today when missing.
    """
    return _plain(answers).isin(YES) | is_since(answers, by)


def is_since(answers: pd.Series, by: dt.date | None = None) -> pd.Series:
    """Return whether each answer says since when, or by which document, it is a yes; what is to come is none yet.

    A year or month that has begun is not to come. Parameters as for :func:`is_yes`.
    """
    day = by or today()
    return _plain(answers).map(lambda word: (since := _since(word)) is not None and since <= day).astype(bool)


def is_later(answers: pd.Series, by: dt.date | None = None) -> pd.Series:
    """Return whether each answer says that it is a yes from a day to come. Parameters as for :func:`is_yes`."""
    day = by or today()
    return _plain(answers).map(lambda word: (since := _since(word)) is not None and since > day).astype(bool)


@lru_cache(maxsize=_KEPT_WORDS)
def _since(word: str) -> dt.date | None:
    match = _SINCE.fullmatch(word)
    return None if match is None else first_day(match["day"] or match["year"])


def is_unclear(answers: pd.Series) -> pd.Series:
    """Return whether each answer is neither yes nor no, nor says since when, on the index of the answers."""
    return _unclear(_plain(answers))


def _unclear(words: pd.Series) -> pd.Series:
    dated = [_since(word) is not None for word in words]
    return ~(words.isin(YES | NO) | np.array(dated, dtype=bool))


def is_tick_list(answers: pd.Series) -> bool:
    """Return whether only the yes is marked, so that a blank cell is a no: with √, or in a minority of cells."""
    return _ticked(_plain(answers))


def _ticked(words: pd.Series) -> bool:
    marked = words[words != ""]
    return set(marked) <= _TICKS or (2 * len(marked) <= len(words) and not marked.isin(NO).any())


def is_unknown(answers: pd.Series) -> pd.Series:
    """Return whether an answer is not known, on the index of the answers: unclear, or blank in no list of ticks."""
    words = _plain(answers)
    blank = (words == "") & (not _ticked(words))
    return _unclear(words) | blank


def is_blank(cells: pd.Series) -> pd.Series:
    """Return whether each cell is blank, on the index of the cells."""
    return _plain(cells) == ""


def _plain(cells: pd.Series) -> pd.Series:
    """Return cells as text without differences of width, capitals and blanks."""
    there = zip(cells.astype(object).tolist(), cells.notna().tolist(), strict=True)
    words = [_plain_word(str(cell)) if known else "" for cell, known in there]
    return pd.Series(words, index=cells.index, name=cells.name, dtype="str")


@lru_cache(maxsize=_KEPT_WORDS)
def _plain_word(word: str) -> str:
    return unicodedata.normalize("NFKC", word).strip().lower().removesuffix(".0")
