"""Every sentence that a user reads, in Chinese and English, from one table: the files in ``texts/``."""

import os
import re
import shlex
import tomllib
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from functools import cache
from importlib import resources
from typing import Literal, get_args

from cfgeo.core import LANG_VARIABLE

Lang = Literal["zh", "en"]
LANGUAGES: tuple[Lang, ...] = get_args(Lang)
DEFAULT_LANG: Lang = "zh"
WINDOWS_DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{nth}" for port in ("com", "lpt") for nth in range(10))}
"""Names, in lower case, that Windows takes for devices whatever their ending: no file can have one."""
KIND_MARK = "+"
"""Stands between the kinds of a place that has several, in the column ``kind``."""
COMMAND_VARIABLE = "CFGEO_COMMAND"
"""Environment variable with what a user types for ``cfgeo``, where that is another command."""
MOST_NAMED = 8
"""A list in a sentence names this many communities at most."""

_NUMERAL = re.compile("[零〇一二三四五六七八九十百]+")
_DIGITS = {sign: value for value, sign in enumerate("零一二三四五六七八九")} | {"〇": 0}
_REASONS = {
    "UnicodeError": "encoding",
    "FileNotFoundError": "missing",
    "IsADirectoryError": "folder",
    "PermissionError": "denied",
    "EmptyDataError": "empty",
    "ParserError": "ragged",
    "DataSourceError": "format",
}
"""Errors of Python, pandas and pyogrio, which speak English, by name → the key in ``texts/reason.toml``."""


def usual_lang() -> Lang:
    """Return the language that the environment asks for, or Chinese."""
    return "en" if os.environ.get(LANG_VARIABLE) == "en" else DEFAULT_LANG


@cache
def section(name: str) -> dict[str, dict[str, str]]:
    """Return a file of ``texts/``: key → language → text."""
    return tomllib.loads(resources.files("cfgeo").joinpath("texts", f"{name}.toml").read_text(encoding="utf-8"))


def text(key: str, lang: Lang, /, **values: object) -> str:
    """Return the sentence ``part.key`` in ``lang`` with ``values`` filled in.

    Raises
    ------
    KeyError
        There is no such sentence. Tests check that every key exists.
    """
    part, _, name = key.partition(".")
    return section(part)[name][lang].format(**values)


def name_of(part: str, word: str, lang: Lang) -> str:
    """Return the display name of a layer, kind or walker, or the word itself if the user invented it.

    Of a place of several kinds it has the names of all. A place of which no kind is known is named by its layer.
    """
    if part == "kind" and KIND_MARK in word:
        return text("word.list", lang).join(name_of(part, each, lang) for each in word.split(KIND_MARK))
    if part == "kind" and word not in section(part):
        return section("layer").get(word, {}).get(lang, word)
    return section(part).get(word, {}).get(lang, word)


def layer_of(word: str) -> str:
    """Return the layer with this Chinese name. Any other word stays as it is."""
    return {names["zh"]: layer for layer, names in section("layer").items()}.get(word, word)


def name_list(names: Iterable[object], lang: Lang) -> str:
    """Return the first ``MOST_NAMED`` names as a list in ``lang``, and how many there are in all."""
    every = [str(name) for name in names]
    shown = text("word.list", lang).join(every[:MOST_NAMED])
    return shown if len(every) <= MOST_NAMED else text("word.and_more", lang, names=shown, count=len(every))


def command(*words: object) -> str:
    """Return a command of cfgeo that can be pasted into cmd, PowerShell and sh: names with blanks are quoted."""
    return " ".join([os.environ.get(COMMAND_VARIABLE, "cfgeo"), *(_quoted(str(word)) for word in words)])


def _quoted(word: str) -> str:
    if re.fullmatch(r"[\w./\\:=+,-]+", word):
        return word
    if os.name != "nt" and re.search(r"[\"$`\\!]", word):
        return shlex.quote(word)
    return f'"{word}"'


class Message(ABC):
    """A text that exists in both languages."""

    @abstractmethod
    def text(self, lang: Lang) -> str:
        """Return the text in ``lang``."""


class Sentence(Message):
    """One sentence of ``texts/``.

    Parameters
    ----------
    key
        The sentence, as ``part.key``.
    values
        Values that fill it. Messages among them appear in the same language.
    """

    def __init__(self, key: str, /, **values: object) -> None:
        self.key, self.values = key, values

    def text(self, lang: Lang) -> str:
        """Return the sentence in ``lang``."""
        return text(self.key, lang, **{name: _in_language(value, lang) for name, value in self.values.items()})

    def __str__(self) -> str:
        return self.text("en")


class Sentences(Message):
    """Several sentences, one a line.

    Parameters
    ----------
    rows
        Keys of ``texts/fault.toml`` with the values that fill them.
    """

    def __init__(self, rows: Sequence[tuple[str, dict[str, object]]]) -> None:
        self.rows = tuple(rows)

    def text(self, lang: Lang) -> str:
        """Return the lines in ``lang``."""
        return "\n".join(f"  - {Sentence(f'fault.{key}', **values).text(lang)}" for key, values in self.rows)


class Word(Message):
    """A word of ``texts/word.toml``."""

    def __init__(self, key: str) -> None:
        self.key = key

    def text(self, lang: Lang) -> str:
        """Return the word in ``lang``."""
        return text(f"word.{self.key}", lang)


def _in_language(value: object, lang: Lang) -> object:
    """Return a message or a known error in ``lang``, any other value as it is."""
    if isinstance(value, Message):
        return value.text(lang)
    keys = [_REASONS[kind.__name__] for kind in type(value).__mro__ if kind.__name__ in _REASONS]
    return text(f"reason.{keys[0]}", lang) if keys else value


def plain_name(name: str) -> str:
    """Return a name without differences of width, capitals, signs, blanks and the way numbers are written."""
    signs = re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", name).casefold())
    return _NUMERAL.sub(lambda match: _number(match[0]), signs)


def _number(numeral: str) -> str:
    """Return a Chinese numeral in digits: 二十三 is 23, 一〇一 is 101."""
    if not set(numeral) & {"十", "百"}:
        return "".join(str(_DIGITS[sign]) for sign in numeral)
    total, digit = 0, None
    for sign in numeral:
        if sign in _DIGITS:
            digit = _DIGITS[sign]
        else:
            total += (1 if digit is None else digit) * (10 if sign == "十" else 100)
            digit = None
    return str(total + (digit or 0))
