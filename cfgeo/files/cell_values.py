"""What people write in cells: numbers, degrees, headings, counts."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd

from cfgeo.core.findings import Findings, finding
from cfgeo.core.schema import AREA_M2, COUNT_COLUMNS
from cfgeo.files.answers import is_blank

Frame = TypeVar("Frame", bound=pd.DataFrame)

_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_EITHER = re.compile(r"[+-]?\d{1,3},\d{3}")
_MOST_DEGREES = 180
_DECIMAL_COMMA = re.compile(r"([+-]?\d{1,3}),(\d+)")
_ANGLE = re.compile(
    r"(?P<ahead>[NSEW]?)(?P<degrees>\d{1,3}(\.\d+)?)°?((?<=°)(?P<minutes>\d{1,2}(\.\d+)?)'((?P<seconds>\d{1,2}(\.\d+)?)\"?)?)?"
    r"(?P<behind>[NSEW]?)"
)
_SIGNS = {
    **dict.fromkeys("度º˚゜", "°"),
    **dict.fromkeys("分′’‘＇´`", "'"),
    **dict.fromkeys("秒″”“＂", '"'),
    "东经": "E", "西经": "W", "北纬": "N", "南纬": "S",
    "東經": "E", "西經": "W", "北緯": "N", "南緯": "S", "東経": "E", "西経": "W",
}  # fmt: skip
_SIGN = re.compile("|".join(_SIGNS))
_SEXAGESIMAL = tuple(
    re.compile(rf"(?<![\d.:])(\d{{1,3}}){one}(\d{{1,2}}){two}(\d{{1,2}}(?:\.\d+)?){end}(?![\d.:])", re.IGNORECASE)
    for one, two, end in ((r"\s*:\s*", r"\s*:\s*", ""), (r"\s+", r"\s+", ""), (r"\s*d\s*", r"\s*m\s*", r"\s*s(?:ec)?"))
)
"""Degrees, minutes and seconds without their signs: 106:33:18, 106 33 18, 106d33m18s."""
_SIDE_COLON = re.compile(r"(?<=[NSEW])\s*:\s*(?=\d)")
_SIXTY = 60
_UNSEEN = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\ufeff"))
"""Signs that have no width, which come along when something is copied from a web page or a window."""
_HELD_AS_TEXT = re.compile(r"=\"(?P<formula>[^\"]*)\"|['‘’`](?P<number>[+-]?[\d.]+)")
"""How spreadsheets and programs write digits that shall stay text: ="0501", '0501."""


def cell_text(cell: str) -> str:
    """Return the text of a cell as its user sees it: without blanks around it, unseen signs, and what marks a text."""
    text = (cell if cell.isascii() else cell.translate(_UNSEEN)).strip()
    held = _HELD_AS_TEXT.fullmatch(text)
    return text if held is None else (held["formula"] or held["number"] or "").strip()


def narrowed(text: str) -> str:
    """Return a text with narrow letters and digits for wide ones.

    Digits of notes and powers stay what they are: 800① is 800 with a note, and never 8001.
    """
    if text.isascii():
        return text
    return "".join(sign if unicodedata.category(sign) == "No" else unicodedata.normalize("NFKC", sign) for sign in text)


def plain_number(text: str) -> str:
    """Return the text of a cell; a number in wide digits or with thousands separators becomes a plain one."""
    narrow = narrowed(text).strip()
    if _GROUPED.fullmatch(narrow):
        return narrow.replace(",", "")
    return narrow if _NUMBER.fullmatch(narrow) else text


def has_either_comma(text: str) -> bool:
    """Return whether a text is a number whose comma may be a decimal one, or one of thousands: 106,551."""
    return bool(_EITHER.fullmatch(narrowed(text).strip()))


def is_number(text: str) -> bool:
    """Return whether a text is nothing but a plain number."""
    return bool(_NUMBER.fullmatch(text))


def with_point(text: str) -> str:
    """Return a number with a decimal comma as a number with a point."""
    return re.sub(r"^([+-]?\d+),(\d+)$", r"\1.\2", text)


def plain_code(text: str) -> str:
    """Return a code that a spreadsheet has taken for a decimal number, in narrow digits and without its decimals."""
    return re.sub(r"^(\d+)\.0+$", r"\1", narrowed(text))


def numbers(column: pd.Series) -> pd.Series:
    """Return cells as finite numbers on their index; NaN where a cell is no number."""
    parsed = pd.to_numeric(column.mask(column.map(lambda cell: isinstance(cell, bool))), errors="coerce")
    parsed = parsed.astype(float)
    return _filled_by(_number, column, parsed.where(np.isfinite(parsed)))


def _number(text: str) -> float:
    plain = plain_number(text)
    return float(plain) if is_number(plain) else np.nan


def degrees(column: pd.Series, sides: str) -> pd.Series:
    """Return longitudes or latitudes as decimal degrees on their index; NaN where a cell is no angle.

    Parameters
    ----------
    column
        Decimal degrees, also with a decimal comma, or degrees, minutes and seconds: ``106°33'18"``.
    sides
        The letters that may stand beside them, the negative last: ``EW`` or ``NS``.
    """
    return _filled_by(lambda text: angle(text, sides), column, numbers(column))


def with_decimal_points(*columns: pd.Series) -> list[pd.Series]:
    """Return columns of positions in which a comma is a point where it has to be: in degrees, never in metres.

    106,551 alone may be either. It is degrees where all such cells can be degrees, and no other number is beyond them:
    beside 3,268,551 it is metres, of a table whose metres have commas.
    """
    pointed = [column.map(_with_point_if_either) for column in columns]
    either = [new.notna().to_numpy() for new in pointed]
    if not any(map(np.any, either)):
        return [*columns]
    read = [numbers(new.where(mask, column)) for new, mask, column in zip(pointed, either, columns, strict=True)]
    if any((values.abs() > _MOST_DEGREES).any() for values in read):
        return [*columns]
    return [column.mask(mask, new) for new, mask, column in zip(pointed, either, columns, strict=True)]


def _with_point_if_either(cell: object) -> str | None:
    """Return a number whose comma may be a decimal one with a point in its place; None for any other cell."""
    is_either = isinstance(cell, str) and has_either_comma(cell)
    return with_point(narrowed(str(cell)).strip()) if is_either else None


def _filled_by(parse: Callable[[str], float], column: pd.Series, parsed: pd.Series) -> pd.Series:
    """Return ``parsed`` with the numbers of the texts that only ``parse`` understands."""
    unparsed = column[parsed.isna() & column.map(lambda cell: isinstance(cell, str))]

    def number(text: str) -> float:
        try:
            value = parse(text)
        except ValueError:
            return np.nan
        return value if np.isfinite(value) else np.nan

    return parsed.fillna(unparsed.map(number).astype(float)) if len(unparsed) else parsed


def with_signs(text: str) -> str:
    """Return a text with the signs ° ' " and the letters E W N S for what people write in their place."""
    signed = _SIDE_COLON.sub("", narrowed(_SIGN.sub(lambda match: _SIGNS[match[0]], text)))
    for parts in _SEXAGESIMAL:
        signed = parts.sub("\\1°\\2'\\3\"", signed)
    return signed


def angle(text: str, sides: str) -> float:
    """Return an angle in decimal degrees.

    Parameters
    ----------
    text
        As :func:`degrees` takes it.
    sides
        The letters that may stand beside it, the negative last.

    Raises
    ------
    ValueError
        It is no angle.
    """
    comma = _DECIMAL_COMMA.fullmatch(narrowed(text).strip())
    if comma:
        return float(f"{comma[1]}.{comma[2]}")
    plain = re.sub(r"\s", "", with_signs(text)).replace("''", '"').upper()
    match = _ANGLE.fullmatch(plain)
    if match is None or not {match["ahead"], match["behind"]} <= {"", *sides} or (match["ahead"] and match["behind"]):
        raise ValueError(text)
    minutes, seconds = float(match["minutes"] or 0), float(match["seconds"] or 0)
    if max(minutes, seconds) >= _SIXTY:
        raise ValueError(text)
    value = float(match["degrees"]) + minutes / _SIXTY + seconds / _SIXTY**2
    return -value if sides[1] in {match["ahead"], match["behind"]} else value


_UNITS = (
    "个|人|张|名|位|所|家|处|座|栋|户|岁|年|元|万元|床|班|套|间|层|米|m|公里|千米|km|平方米|㎡|m2|m²"
    "|度|°|十进制度|deg|degrees?|是/否|是否|必填|选填"
)
_SCALES = "万|万人|万个|万张|万名|%|％|‰|万平方米|万㎡|万m2|万m²|公顷|ha|hm2|hm²|亩|平方公里|平方千米|km2|km²"
"""Units that say how large a number is: without them it would be another number."""
_UNIT_IN_BRACKETS = re.compile(rf"\s*[(（\[【]\s*(单位[:：]?)?\s*({_UNITS})\s*[)）\]】]\s*$", re.IGNORECASE)
_UNIT = re.compile(rf"[(（\[【]?\s*(单位[:：]?)?\s*({_UNITS}|{_SCALES})\s*[)）\]】]?", re.IGNORECASE)
_BARE = r"[^()（）\[\]【】]*"
_MONEY = re.compile(
    rf"[(（\[【]\s*(?:单位[:：]?)?\s*({_BARE}(?:元|万(?!人)|亿|[$€£¥]|\b[A-Z]{{3}}\b){_BARE}?)\s*[)）\]】]\s*$"
)
_MONEY_ABOVE = re.compile(r"单位[:：]?\s*(?:人民币)?\s*([百千万亿]*元)")


def money_unit(heading: str) -> str:
    """Return the unit of money in a heading's brackets; "" where it has none."""
    match = _MONEY.search(heading.strip())
    return match[1] if match else ""


def money_unit_above(remarks: Iterable[str]) -> str:
    """Return the unit of money that the lines around a table name, as in 单位：万元; "" where they name none."""
    return next((match[1] for remark in remarks if (match := _MONEY_ABOVE.search(remark))), "")


def plain_heading(heading: str) -> str:
    """Return a heading without a unit in brackets, the star of a required field, and blanks that break lines."""
    joined = re.sub(r"\s*\n\s*", "", heading.strip())
    if re.search(r"[\u4e00-\u9fff]", joined):
        joined = re.sub(r"(?<=[\u4e00-\u9fff])\s+(?=[\u4e00-\u9fff])", "", joined)
    joined = joined.strip("*＊ \t\u3000")
    return _UNIT_IN_BRACKETS.sub("", joined) or joined


_SHARE = re.compile(r"[%‰]|百分|千分|[每/][百千万]|per ?(?:cent|mille|thousand|1,?000)")
_TEN_THOUSANDS = re.compile(r"[(\[【](?:单位:?)?(?P<ten_thousand>万)[人个张名]?(?:人次)?[)\]】]$")
_TEN_THOUSAND = 10_000.0


def scale_of(heading: str) -> float:
    """Return what a number under a heading is multiplied by to be a count: 1 or 10,000 (万); NaN for a share."""
    plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", heading).lower())
    if _SHARE.search(plain):
        return np.nan
    return _TEN_THOUSAND if _TEN_THOUSANDS.search(plain) else 1.0


_AREA_UNIT = re.compile(r"[(\[【](?:单位:?)?([^()\[\]【】]+)[)\]】]$")
_SQUARE_METRES = {
    "亩": 2000 / 3, "万平方米": 1e4, "万m2": 1e4, "公顷": 1e4, "ha": 1e4, "hm2": 1e4,
    "平方公里": 1e6, "平方千米": 1e6, "km2": 1e6,
}  # fmt: skip


def square_metres_of(heading: str) -> float:
    """Return what a number under a heading is multiplied by to be square metres; NaN for a share."""
    plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", heading).lower())
    match = _AREA_UNIT.search(plain)
    return np.nan if _SHARE.search(plain) else _SQUARE_METRES.get(match[1], 1.0) if match else 1.0


def in_ones(table: Frame, headings: Mapping[str, str], layer: str) -> tuple[Frame, Findings]:
    """Return a table whose counts are in ones and areas in m², and findings about headings that say otherwise.

    Parameters
    ----------
    table
        Under cfgeo's names.
    headings
        cfgeo's columns → their headings in the file. A share or rate is no count: its cells become blank. Of what is
        neither a count nor an area nobody but the user knows in which unit it is asked for.
    layer
        Where the table belongs.
    """
    findings: Findings = []
    for column, heading in headings.items():
        scale = square_metres_of(heading) if column == AREA_M2 else scale_of(heading)
        if scale == 1.0 or column not in table.columns:
            continue
        if column not in {*COUNT_COLUMNS, AREA_M2}:
            if numbers(table[column]).notna().any():
                findings.append(finding("heading_unit", layer, row=heading, column=column, heading=heading))
        elif np.isnan(scale):
            table = table.assign(**{column: np.nan})
            findings.append(finding("heading_share", layer, row=heading, column=column, heading=heading))
        else:
            number = numbers(table[column])
            table = table.assign(**{column: table[column].where(number.isna(), number * scale)})
            about = {"severity": "note", "row": heading, "column": column, "heading": heading}
            if column == AREA_M2:
                findings.append(finding("heading_area", layer, factor=round(scale, 1), **about))
            else:
                findings.append(finding("heading_scale", layer, **about))
    return table, findings


def is_unit(cell: str) -> bool:
    """Return whether a cell is nothing but a unit."""
    return bool(_UNIT.fullmatch(cell.strip()))


def scale_unit(cell: str) -> str:
    """Return the unit of a cell that holds nothing else, if numbers without it would be others (万人); else ""."""
    match = _UNIT.fullmatch(cell.strip())
    return match[2] if match and re.fullmatch(_SCALES, match[2], re.IGNORECASE) else ""


_ROUNDING = 1e-6
"""What 0.1234 万 is off 1,234 by computing."""
_MOST = 1e8
"""No community and no place counts as many: such a number is a slip, or another column (a telephone number)."""


def number_cells(table: pd.DataFrame, column: str, layer: str) -> tuple[pd.Series, Findings]:
    """Return a column of counts as numbers, and findings about the cells that are no count.

    Parameters
    ----------
    table
        Index: its rows as their user sees them.
    column
        Its heading.
    layer
        Where the table belongs.

    Returns
    -------
    numbers : pandas.Series
        NaN where a cell is blank, no number, or larger than any count, 0 where it is negative.
    findings : list of dict
    """
    number = numbers(table[column])
    no_number = np.flatnonzero(number.isna() & ~is_blank(table[column]))
    negative = np.flatnonzero(number < 0)
    huge = tuple(str(row) for row in table.index[(number > _MOST).to_numpy()])
    shapes = table.geometry.to_numpy() if isinstance(table, gpd.GeoDataFrame) else [None] * len(table)
    row_names = [str(row) for row in table.index]
    rows = [
        finding("not_number", layer, row=row_names[i], at=shapes[i], column=column, value=table[column].iloc[i])
        for i in no_number
    ]
    rows += [
        finding("negative", layer, row=row_names[i], at=shapes[i], column=column, value=f"{number.iloc[i]:g}")
        for i in negative
    ]
    if huge:
        value = f"{number.max():g}"
        rows.append(finding("number_huge", layer, severity="error", column=column, value=value, rows=huge))
    return number.clip(lower=0).where(number <= _MOST), rows


def whole_cells(table: pd.DataFrame, column: str, layer: str) -> tuple[pd.Series, Findings]:
    """Return a column of counts of which there is no half as :func:`number_cells` does, with a finding about fractions.

    1.200 is 1,200 to many, and 0.12 may be 万: nobody can tell by the number.
    """
    number, rows = number_cells(table, column, layer)
    broken = ((number - number.round()).abs() > _ROUNDING).to_numpy()
    if broken.any():
        at = tuple(str(row) for row in table.index[broken])
        example = str(table[column].to_numpy()[broken][0])
        rows.append(finding("number_fraction", layer, row=at[0], column=column, value=example, count=len(at), rows=at))
    return number, rows


def counted_cells(table: pd.DataFrame, column: str, layer: str) -> tuple[pd.Series, Findings]:
    """Return a column of counts as numbers; blank cells count 0, and a finding says how many there are."""
    number, rows = number_cells(table, column, layer)
    blank = tuple(str(row) for row in table.index[is_blank(table[column]).to_numpy()])
    if blank:
        rows.append(finding("ages_blank", layer, row=column, count=len(blank), total=len(table), rows=blank))
    return number.fillna(0.0), rows
