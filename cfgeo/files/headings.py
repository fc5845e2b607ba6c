"""Headings of tables as offices write them, without their units and line breaks."""

import re
from collections.abc import Iterable

_UNITS = (
    "个|人|张|名|位|所|家|处|座|栋|户|岁|年|元|万元|万人|床|班|套|间|层|米|m|公里|千米|km|平方米|㎡|m2|m²|平方公里|公顷|亩"
    "|度|°|十进制度|deg|degrees?|%|％|是/否|是否|必填|选填"
)
_UNIT_IN_BRACKETS = re.compile(rf"\s*[(（\[【]\s*(单位[:：]?)?\s*({_UNITS})\s*[)）\]】]\s*$", re.IGNORECASE)
_UNIT = re.compile(rf"[(（\[【]?\s*(单位[:：]?)?\s*({_UNITS})\s*[)）\]】]?", re.IGNORECASE)

_BARE = r"[^()（）\[\]【】]*"
_MONEY = re.compile(
    rf"[(（\[【]\s*(?:单位[:：]?)?\s*({_BARE}(?:元|万(?!人)|亿|[$€£¥]|\b[A-Z]{{3}}\b){_BARE}?)\s*[)）\]】]\s*$"
)
_MONEY_ABOVE = re.compile(r"单位[:：]?\s*(?:人民币)?\s*([百千万亿]*元)")


def money_unit(heading: str) -> str:
    """Return the unit of money that a heading has in brackets; "" where it has none."""
    found = _MONEY.search(heading.strip())
    return found[1] if found else ""


def money_unit_above(remarks: Iterable[str]) -> str:
    """Return the unit of money that the lines around a table name, as in 单位：万元; "" where they name none."""
    return next((found[1] for remark in remarks if (found := _MONEY_ABOVE.search(remark))), "")


def plain_heading(heading: str) -> str:
    """Return a heading without a unit in brackets, a mark of duty, and blanks that only break its lines."""
    joined = re.sub(r"\s*\n\s*", "", heading.strip())
    if re.search(r"[\u4e00-\u9fff]", joined):
        joined = re.sub(r"(?<=[\u4e00-\u9fff])\s+(?=[\u4e00-\u9fff])", "", joined)
    joined = joined.strip("*＊ \t\u3000")
    return _UNIT_IN_BRACKETS.sub("", joined) or joined


def is_unit(cell: str) -> bool:
    """Say whether a cell is nothing but a unit."""
    return bool(_UNIT.fullmatch(cell.strip()))
