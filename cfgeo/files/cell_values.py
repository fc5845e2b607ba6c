"""Numbers and degrees as people write them in tables."""

import re
import unicodedata
from collections.abc import Callable

import numpy as np
import pandas as pd

_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_DECIMAL_COMMA = re.compile(r"([+-]?\d{1,3}),(\d+)")
_ANGLE = re.compile(
    r"(?P<ahead>[NSEW]?)(?P<degrees>\d{1,3}(\.\d+)?)°?((?<=°)(?P<minutes>\d{1,2}(\.\d+)?)'((?P<seconds>\d{1,2}(\.\d+)?)\")?)?"
    r"(?P<behind>[NSEW]?)"
)
_SIGNS = {
    **dict.fromkeys("度º˚゜", "°"),
    **dict.fromkeys("分′’‘＇´`", "'"),
    **dict.fromkeys("秒″”“＂", '"'),
    "东经": "E", "西经": "W", "北纬": "N", "南纬": "S",
}  # fmt: skip
_SIGN = re.compile("|".join(_SIGNS))


def plain_number(said: str) -> str:
    """Return what was typed into a cell; numbers in wide digits or with commas as plain ones."""
    narrow = unicodedata.normalize("NFKC", said).strip()
    if _GROUPED.fullmatch(narrow):
        return narrow.replace(",", "")
    return narrow if _NUMBER.fullmatch(narrow) else said


def is_number(said: str) -> bool:
    """Say whether a text is nothing but a plain number."""
    return bool(_NUMBER.fullmatch(said))


def with_point(said: str) -> str:
    """Return a number with a decimal comma as one with a point."""
    return re.sub(r"^([+-]?\d+),(\d+)$", r"\1.\2", said)


def plain_code(said: str) -> str:
    """Return a code that a spreadsheet has taken for a decimal number, in narrow digits and without its decimals."""
    return re.sub(r"^(\d+)\.0+$", r"\1", unicodedata.normalize("NFKC", said))


def numbers(column: pd.Series) -> pd.Series:
    """Return cells as finite numbers on their index; NaN where they are none."""
    found = pd.to_numeric(column.mask(column.map(lambda cell: isinstance(cell, bool))), errors="coerce")
    found = found.astype(float)
    return _read(column, found.where(np.isfinite(found)), _number)


def _number(said: str) -> float:
    plain = plain_number(said)
    return float(plain) if is_number(plain) else np.nan


def degrees(column: pd.Series, sides: str) -> pd.Series:
    """Return longitudes or latitudes as decimal degrees on their index; NaN where they are none.

    Parameters
    ----------
    column
        Decimal degrees, also with a decimal comma, or degrees, minutes and seconds: ``106°33'18"``.
    sides
        The letters that may stand beside them, the negative one last: ``EW`` or ``NS``.
    """
    return _read(column, numbers(column), lambda said: _angle(said, sides))


def _read(column: pd.Series, found: pd.Series, read: Callable[[str], float]) -> pd.Series:
    """Return numbers with those put in that only ``read`` understands."""
    strange = column[found.isna() & column.map(lambda cell: isinstance(cell, str))]

    def number(said: str) -> float:
        try:
            value = read(said)
        except ValueError:
            return np.nan
        return value if np.isfinite(value) else np.nan

    return found.fillna(strange.map(number).astype(float)) if len(strange) else found


def _angle(said: str, sides: str) -> float:
    comma = _DECIMAL_COMMA.fullmatch(unicodedata.normalize("NFKC", said).strip())
    if comma:
        return float(f"{comma[1]}.{comma[2]}")
    signs = _SIGN.sub(lambda match: _SIGNS[match[0]], said)
    plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", signs)).replace("''", '"').upper()
    match = _ANGLE.fullmatch(plain)
    if match is None or not {match["ahead"], match["behind"]} <= {"", *sides} or (match["ahead"] and match["behind"]):
        raise ValueError(said)
    minutes, seconds = float(match["minutes"] or 0), float(match["seconds"] or 0)
    if max(minutes, seconds) >= _SIXTY:
        raise ValueError(said)
    value = float(match["degrees"]) + minutes / _SIXTY + seconds / _SIXTY**2
    return -value if sides[1] in {match["ahead"], match["behind"]} else value


_SIXTY = 60
