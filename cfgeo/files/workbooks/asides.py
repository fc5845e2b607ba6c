"""Rows below the headings of a table that are none of its records: units, totals, remarks, another table's headings."""

import re
from collections import defaultdict
from collections.abc import Sequence
from functools import cache, lru_cache

from cfgeo.files.cell_values import is_number, is_unit
from cfgeo.files.positions.headings import LAT, LON, axis_of, cells_in, datum_of
from cfgeo.files.vocabulary.headings import plain_word, vocabulary

Rows = list[list[str]]

_TOTAL = re.compile(
    r"(合\s*计|总\s*计|小\s*计|共\s*计|累\s*计|(sub)?total|sum)"
    r"\s*[:：]?\s*([(（【\[].*[)）】\]]|\d+\s*[个所处家座项人张])?\s*[:：]?"
    r"|共\s*\d+\s*[条行个所处家座项]\s*(记录|数据)?",
    re.IGNORECASE,
)
"""Also with what it is of: 合计（12所）, 小计 3所, 合计：12所, 共 12 条记录."""
_REMARK = re.compile(
    r"[(（【]?\s*(注|备注|说明|填表|制表|审核|复核|负责人|联系|数据来源|资料来源|来源|截至|notes?\b|sources?\b)",
    re.IGNORECASE,
)
_FOOTNOTE = re.compile(
    r"[*＊※].*(为|是|系|含|指|均|表示|标注|其中|[,，;；:：。]|\b(is|are|means|includ))", re.IGNORECASE
)
"""What a star stands for, said below a table. A name may have a star too: *人民小学."""
_SECTION = re.compile(
    r"([(（][一二三四五六七八九十]+[)）]|[一二三四五六七八九十]+[、.．]|第[一二三四五六七八九十]+[部类])"
)
_EXAMPLE = re.compile(r"[(（【\[]?(填写)?(示例|样例|范例)([)）】\]:：\d]|$)")
"""What a form begins its example with, whose position is nobody's."""
_RULE = re.compile(r":?[-=—]{3,}:?")
"""A line that is drawn below headings."""
_LEAST_HEADINGS, _LONGEST_HEADING = 3, 24
_KEPT_WORDS = 4096
"""Rows of a list have few different words."""
_KNOWN = 2 / 3
"""Where a row heads a table, so many of its cells are words for columns, each for another."""


def is_units(row: Sequence[str]) -> bool:
    """Return whether a row holds nothing but units, or nothing at all."""
    return all(is_unit(text) for text in row if text)


def is_aside(row: list[str], *, merged: bool, totals: bool, above: Rows) -> bool:
    """Return whether a row below the headings is a total, a section's name, a remark, or has the headings again."""
    texts = [text for text in row if text]
    if row in above or is_said_again(row, above[-1]) or all(map(_RULE.fullmatch, texts)):
        return True
    if totals and any(_TOTAL.fullmatch(text) for text in texts[:2]):
        return True
    if any(map(_EXAMPLE.match, texts[:2])):
        return True
    if len(set(texts)) == 1 and (merged or _SECTION.match(texts[0])):
        return True
    if len(texts) == 1 and _FOOTNOTE.match(texts[0]):
        return True
    return len(set(texts)) <= 2 and bool(_REMARK.match(texts[0]))


def has_asides(rows: Rows, headings: list[str]) -> bool:
    """Return whether rows below headings have units on top, or totals, remarks or the headings among them."""
    if any(is_units(row) for row in rows[:2] if any(row)):
        return True
    filled = [row for row in rows if any(row)]
    return any(is_aside(row, merged=False, totals=True, above=[headings]) or is_of_another(row) for row in filled)


def is_said_again(row: Sequence[str], headings: Sequence[str]) -> bool:
    """Return whether a row has the headings again in other words: 名称 for 学校名称, 经度 for lon."""
    if not _may_head(row):
        return False
    pairs = [(text, heading) for text, heading in zip(row, headings, strict=False) if text or heading]
    return len(pairs) >= _LEAST_HEADINGS and all(
        text and heading and _are_one(text, heading) for text, heading in pairs
    )


def _may_head(row: Sequence[str]) -> bool:
    """Return whether a row has neither numbers nor long texts, as most rows of data do."""
    return not any(len(text) > _LONGEST_HEADING or is_number(text) for text in row)


def _are_one(text: str, heading: str) -> bool:
    """Return whether two headings mean the same column."""
    if _axis(text) or _axis(heading):
        return _axis(text) == _axis(heading) and datum_of([text]) in {"", datum_of([heading])}
    return plain_word(text) == plain_word(heading) or bool(_meanings(text) & _meanings(heading))


def is_of_another(row: Sequence[str]) -> bool:
    """Return whether a row below headings heads another table: of places, or else most of it are words for columns."""
    texts = [text for text in row if text]
    if len(set(texts)) < _LEAST_HEADINGS or not _may_head(row):
        return False
    return _has_axes(texts) or len({*map(_meanings, texts)} - {frozenset()}) >= _KNOWN * len(texts)


def is_of_places(row: Sequence[str]) -> bool:
    """Return whether a row of headings names positions."""
    texts = [text for text in row if text]
    return _has_axes(texts) or bool(cells_in(texts))


def _has_axes(texts: Sequence[str]) -> bool:
    return {LON, LAT} <= {*map(_axis, texts)}


_axis = lru_cache(_KEPT_WORDS)(axis_of)


@lru_cache(_KEPT_WORDS)
def _meanings(word: str) -> frozenset[str]:
    """Return which of cfgeo's columns a heading may mean."""
    return _columns_by_word().get(plain_word(word), frozenset())


@cache
def _columns_by_word() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for ours, words in vocabulary()["columns"].items():
        for word in (ours, *words):
            found[plain_word(word)].add(ours)
    return {word: frozenset(columns) for word, columns in found.items()}
