"""What people write in the cells of reported figures: numbers with units, years, words for sexes."""

import re
import unicodedata

PERCENT, PER_MILLE = "%", "‰"
PARTS = {PERCENT: 0.01, PER_MILLE: 0.001}
"""A unit of shares → its part of the whole."""

ALL, MALE, FEMALE = "all", "male", "female"

_UNITS = {
    PERCENT: ("%", "百分比", "百分数", "百分率", "percent", "per cent", "pct"),
    PER_MILLE: ("‰", "千分比", "千分数", "千分率", "per mille", "per thousand"),
}
_COUNTERS = "个|人|名|位|次|场|场次|家|所|处|座|张|件|节|课时|天|份|例|户|对|times|events"
_SCALED = re.compile(rf"(?:每|/)?[百千万亿](?:{_COUNTERS})?|每[百千万](?:{_COUNTERS}).*|per (?:1,?000|thousand).*")
_FIGURE = re.compile(rf"(?P<part>百分之|千分之)?(?P<number>\d+(?:\.\d+)?)(?P<unit>%|‰|percent|{_COUNTERS})?")
_YEAR = re.compile(r"((?:19|20)\d{2})(?:年度?)?(?:-(?:12-31|12)|12月(?:31日)?|年?末|年?底)?")
_BRACKETS = re.compile(r"[(\[【]\s*(?:单位[::]?)?\s*([^()\[\]【】]+?)\s*[)\]】]\s*$")
_SEXES = {
    ALL: ("", "合计", "总计", "全部", "总体", "总", "不分性别", "男女", "男女合计", "all", "total", "both"),
    MALE: ("男", "男性", "男童", "男生", "男孩", "male", "m", "boys", "boy"),
    FEMALE: ("女", "女性", "女童", "女生", "女孩", "female", "f", "girls", "girl"),
}


def plain(text: str) -> str:
    """Return a cell in narrow small letters without blanks around."""
    return unicodedata.normalize("NFKC", text).strip().lower()


def unit_of(text: str) -> str:
    """Return % or ‰ for what says so, another unit as it is written."""
    word = plain(text).strip("()")
    return next((unit for unit, words in _UNITS.items() if word in words), word)


def unit_in_brackets(text: str) -> str:
    """Return the unit of shares that stands in brackets at the end of a heading or name; "" for none."""
    unit = unit_of_heading(text)
    return unit if unit in PARTS else ""


def unit_of_heading(text: str) -> str:
    """Return the unit at the end of a heading, in brackets or as a bare sign: %, ‰, 万人, per 1,000; "" for none.

    What else stands in brackets is a remark and no unit.
    """
    word = plain(text)
    if word.endswith(tuple(PARTS)):
        return word[-1]
    match = _BRACKETS.search(word)
    unit = unit_of(match[1]) if match else ""
    return unit if unit in PARTS or _SCALED.fullmatch(unit) or re.fullmatch(_COUNTERS, unit) else ""


def without_unit(text: str) -> str:
    """Return a heading without the unit at its end."""
    word = plain(text).removesuffix(PERCENT).removesuffix(PER_MILLE)
    return _BRACKETS.sub("", word) if unit_of_heading(word) else word


def scale_of_unit(unit: str) -> float | None:
    """Return what a number of a unit is multiplied by; None where that is not clear: 千人 may be two things."""
    if re.fullmatch(rf"万(?:{_COUNTERS})?", unit):
        return 10_000.0
    return None if _SCALED.fullmatch(unit) and not unit.startswith(("每", "/", "per")) else 1.0


def figure_of(text: str) -> tuple[float, str] | None:
    """Return the number of a cell and the unit that it is written with; None where it is no figure.

    ``98.5%``, ``1.2‰``, ``百分之98``, ``1,200``, ``12场`` are figures; ``约98%``, ``≥90%``, ``120余场`` and
    ``待定`` are not.
    """
    word = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", plain(text)).replace(" ", "")
    match = _FIGURE.fullmatch(word)
    if match is None or (match["part"] and match["unit"]):
        return None
    unit = {"百分之": PERCENT, "千分之": PER_MILLE}.get(match["part"] or "", match["unit"] or "")
    return float(match["number"]), unit_of(unit)


def year_of(text: str) -> int | None:
    """Return the year of a cell or heading: 2025, 2025年, 2025年度, 2025-12-31; None where it is none."""
    word = re.sub(r"[\s年](?=-)|\.0$", "", plain(text)).replace(" ", "")
    match = _YEAR.fullmatch(word)
    return int(match[1]) if match else None


def sex_of(text: str) -> str | None:
    """Return ``all``, ``male`` or ``female`` for a word; None where it is none of them."""
    return next((sex for sex, words in _SEXES.items() if plain(text) in words), None)
