"""Cells of a reserve list: costs and their units, stages, years, durations and ids."""

import math
import re
import unicodedata
from collections.abc import Sequence

from cfgeo.core.projects import STAGES, Stage
from cfgeo.core.schema import NO, TOLERANCE
from cfgeo.files.cell_values import is_number, plain_code, plain_number
from cfgeo.files.vocabulary.headings import meaning

_COST = re.compile(r"(?P<number>[+-]?[\d.,]+([eE][+-]?\d+)?)\s*(?P<unit>[^\d\s.,+*/~-][^\d]*)?")
_SEPARATOR = re.compile(r"[,;、]")
_YEAR = re.compile(
    r"(?P<first>20\d\d)年?度?(?:[-—–~至到]+(?P<last>20\d\d)年?度?"
    r"|[上下]半年|第?[一二三四1-4]季度|[-/.]?(?:0?[1-9]|1[0-2])月?份?(?:[-/.]?\d{1,2}日?)?(?:00:00:00)?)?"
)
"""A year, a part of one or a date in it; or the first and the last year."""
_DURATION = re.compile(r"(?P<number>\d+(?:\.\d+)?)个?(?P<unit>年|月|天|日|years?|months?|days?)?")
_PER_YEAR = {"年": 1.0, "year": 1.0, "月": 12.0, "month": 12.0, "天": 365.0, "日": 365.0, "day": 365.0}
_MOST_YEARS = 10
"""A duration of more without a unit may be months."""
_WHOLE = 100.0


def read_cost(cell: object) -> tuple[float, str]:
    """Return a cost and the unit beside it; NaN where it is no number."""
    match = None if isinstance(cell, bool) else _COST.fullmatch(unicodedata.normalize("NFKC", str(cell)).strip())
    number = plain_number(match["number"]) if match else ""
    return (float(number), match["unit"] or "") if match and is_number(number) else (float("nan"), "")


def is_blank(cell: object) -> bool:
    """Return whether a cell holds nothing, or a word for it; 0 is a number."""
    return str("" if cell is None else cell).strip().lower() in NO - {"0"}


def _plain_cell(cell: object) -> str:
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", plain_code(str("" if cell is None else cell))))


def read_stage(cell: object) -> Stage | None:
    """Return how far a project is, by a word or by per cent; None where that cannot be told."""
    word = _plain_cell(cell)
    if match := re.fullmatch(r"(\d+(?:\.\d+)?)%", word):
        done = float(match[1])
        return "planned" if done == 0 else "begun" if done < _WHOLE else "done" if done == _WHOLE else None
    found = "planned" if is_blank(cell) else meaning(word, "stages")
    return next((stage for stage in STAGES if stage == found), None)


def read_period(cell: object) -> tuple[int | None, int | None]:
    """Return the first and the last year that a cell names; None where it names none."""
    match = _YEAR.fullmatch(_plain_cell(cell))
    if match is None:
        return None, None
    first, last = int(match["first"]), int(match["last"] or match["first"])
    return (first, last if match["last"] else None) if last >= first else (None, None)


def read_duration(cell: object) -> int | None:
    """Return how many years a duration takes, begun ones counted whole; None where that cannot be told."""
    match = _DURATION.fullmatch(_plain_cell(cell).lower())
    if match is None:
        return None
    number, unit = float(match["number"]), (match["unit"] or "").removesuffix("s")
    if number <= 0 or (not unit and number > _MOST_YEARS):
        return None
    return math.ceil(number / _PER_YEAR[unit or "年"] - TOLERANCE)


def read_ids(cells: Sequence[str], known: set[str]) -> tuple[str, ...]:
    """Return the ids that cells name, each once; words for "none" name none."""
    ids: dict[str, None] = {}
    for cell in cells:
        for part in _SEPARATOR.split(unicodedata.normalize("NFKC", cell)):
            words = [part.strip()] if plain_code(part.strip()) in known else part.split()
            ids |= dict.fromkeys(plain_code(word) for word in words)
    return tuple(name for name in ids if name in known or name.lower() not in NO)
