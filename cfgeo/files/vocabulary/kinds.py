"""A cell of kinds, as departments and maps write it → cfgeo's kinds: 九年一贯制学校 is primary and junior."""

import re
import tomllib
import unicodedata
from functools import cache
from importlib import resources
from typing import Any

from cfgeo.core.strings import KIND_MARK, section

_STRONG = re.compile(r"[、,;/|+&\n](?![^(]*\))")
"""Signs between two kinds, outside brackets."""
_WEAK = re.compile(r"\s+and\s+|[\s和及与兼暨含带·\-–—](?![^(]*\))")
"""Signs that stand between two kinds, but in the name of one as well."""
_PATH = re.compile(r"[;:>/]")
_BRACKETS = re.compile(r"(.+?)\(([^()]*)\)")
_WITH = re.compile("^(?:含|附设?|带|设有?|兼|及|另设?|内设)")
_ENDS = " \t\r\n;,、。."
"""What stands around a word and says nothing."""
_QUALITY = (
    "公办|公立|民办|私立|公益性?|普惠性?|非普惠性?|非?营利性?|实验|中心|附属|附设|直属|[省市区县](?:属|直|级|立)|[省市区县]?[一二三]级|村|镇|乡镇|街道|城区|城市|农村"
    "|独立|单设|独立设置|示范性?|普通|全日制|寄宿制|外国语|双语|国际|民族|少数民族|公共|集体办|教育部门办|其他部门办|企业办|部队办|义务教育"
)
_AHEAD = re.compile(rf"^(?:{_QUALITY})+")
_QUALITIES = re.compile(rf"(?:(?:{_QUALITY})[、,;/ ]*)+")
_BEHIND = re.compile("(?:学段|阶段|教育|[段类部]|分校|校区|分园|园区|本部)$")
_STAGES = re.compile("幼儿园|小学|初中|高中")
_YEARS = {"9年": "九年", "12年": "十二年", "15年": "十五年", "一贯制校": "一贯制学校"}


def kind_of(cell: str) -> str:
    """Return the kinds that a cell names, joined by ``KIND_MARK``; a word that nobody knows stays as it is."""
    return KIND_MARK.join(kinds_of(cell))


def kinds_of(cell: str) -> tuple[str, ...]:
    """Return the kinds that a cell names, each once, in the order of ``texts/kind.toml``.

    Parameters
    ----------
    cell
        One kind or several (小学、初中), in cfgeo's words or a department's, or a type of Amap, Baidu or Tencent
        (科教文化服务;学校;小学). Of what has no certain meaning, such as 小学（停办）, the words remain.
    """
    known = list(section("kind"))
    kinds = dict.fromkeys(_understood(_plain(cell)) or (cell.strip(),))
    return tuple(sorted(kinds, key=lambda kind: known.index(kind) if kind in known else len(known)))


@cache
def open_kinds() -> dict[str, tuple[str, ...]]:
    """Return the kinds that leave open which kind they are, and what they may be."""
    return {kind: tuple(others) for kind, others in _vocabulary()["may_be"].items()}


def _plain(text: str) -> str:
    seen = "".join(sign for sign in unicodedata.normalize("NFKC", text) if unicodedata.category(sign) != "Cf")
    plain = re.sub(r"[ \t]+", " ", seen.strip(_ENDS).casefold())
    for digits, numeral in _YEARS.items():
        plain = plain.replace(digits, numeral)
    return re.sub(r"(?<=[\u4e00-\u9fff()]) (?=[()])|(?<=[(]) ", "", plain)


@cache
def _vocabulary() -> dict[str, Any]:
    return tomllib.loads(resources.files("cfgeo.files.vocabulary").joinpath("kinds.toml").read_text(encoding="utf-8"))


@cache
def _words() -> dict[str, tuple[str, ...]]:
    """Return each word for a kind or for several, in plain letters."""
    words: dict[str, tuple[str, ...]] = {}
    names = section("kind")
    for language in ("en", "zh"):
        words |= {name[language].casefold(): (kind,) for kind, name in reversed(names.items())}
    words |= {word: tuple(kinds.split("+")) for kinds, own in _vocabulary()["words"].items() for word in own}
    words |= {code: (kind,) for code, kind in _vocabulary()["codes"].items()}
    words |= {f"{word}s": kinds for word, kinds in words.items() if " " in word}
    return words | {kind: (kind,) for kind in names}


@cache
def _understood(text: str) -> tuple[str, ...]:
    """Return the kinds that a plain text means; none where it has no certain meaning."""
    if kinds := _alone(text) or _alone(text.replace(" ", "")):
        return kinds
    if _PATH.split(text)[0].strip() in _vocabulary()["paths"]["heads"]:
        return tuple(kind for path in text.split("|") for kind in _of_path(path))
    parts = [part.strip() for part in _STRONG.split(text) if part.strip()]
    if parts and parts != [text]:
        each = [_understood(part) for part in parts]
        named = (kind for part, kinds in zip(parts, each, strict=True) for kind in kinds or (part,))
        return tuple(named) if any(each) else ()
    each = [_alone(part) for part in _WEAK.split(text) if part]
    if len(each) > 1 and all(each):
        return tuple(kind for kinds in each for kind in kinds)
    stages = _STAGES.findall(text)
    return tuple(kind for stage in stages for kind in _alone(stage)) if "".join(stages) == text else ()


def _of_path(path: str) -> tuple[str, ...]:
    """Return the kind of the last part of a path that is one: 三级甲等医院 says less than 综合医院 before it."""
    return next((kinds for part in reversed(_PATH.split(path)[1:]) if (kinds := _alone(part.strip()))), ())


def _alone(text: str) -> tuple[str, ...]:
    """Return what one word means, without what it says of the place's quality or owner."""
    brackets = _BRACKETS.fullmatch(text)
    if brackets and text not in _words():
        return _with_brackets(_alone(brackets[1].strip()), brackets[2].strip())
    ahead, behind = _AHEAD.sub("", text), _BEHIND.sub("", text)
    forms = (text, ahead, behind, _BEHIND.sub("", ahead))
    return next((kinds for form in forms if (kinds := _words().get(form))), ())


def _with_brackets(kinds: tuple[str, ...], inside: str) -> tuple[str, ...]:
    """Return what a word and its brackets mean together: 小学（公办）, 中学（初中）, 小学（含幼儿园）."""
    if _QUALITIES.fullmatch(inside):
        return kinds
    more = _understood(_WITH.sub("", inside))
    if not kinds or not more or not all(kind in section("kind") for kind in more):
        return ()
    if set(more) <= set(kinds) or set(kinds) <= set(open_kinds()):
        return kinds if set(more) <= set(kinds) else more
    return (*kinds, *more) if _WITH.match(inside) else ()
