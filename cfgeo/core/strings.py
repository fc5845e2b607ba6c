"""Every sentence that a user reads, in Chinese and English, from one table: the files in ``texts/``."""

import tomllib
from functools import cache
from importlib import resources
from typing import Literal, get_args

Lang = Literal["zh", "en"]
LANGUAGES: tuple[Lang, ...] = get_args(Lang)
DEFAULT_LANG: Lang = "zh"


@cache
def section(name: str) -> dict[str, dict[str, str]]:
    """Return one part of the table, a file of ``texts/``: key → language → text."""
    return tomllib.loads(resources.files("cfgeo").joinpath("texts", f"{name}.toml").read_text(encoding="utf-8"))


def text(key: str, lang: Lang, /, **values: object) -> str:
    """Return the sentence ``part.key`` in ``lang`` with ``values`` filled in.

    Raises
    ------
    KeyError
        If the table has no such sentence: a fault of the programmer's, which a test finds.
    """
    part, _, name = key.partition(".")
    return section(part)[name][lang].format(**values)


def name_of(part: str, word: str, lang: Lang) -> str:
    """Return the display name of a layer, kind or walker, or the word itself where the user invented it."""
    return section(part).get(word, {}).get(lang, word)


def kind_of(word: str) -> str:
    """Return the kind that has this Chinese name, the first where two have it; any other word as it is."""
    return _kinds().get(word, word)


def layer_of(word: str) -> str:
    """Return the layer that has this Chinese name; any other word as it is."""
    return {names["zh"]: layer for layer, names in section("layer").items()}.get(word, word)


@cache
def _kinds() -> dict[str, str]:
    return {names["zh"]: kind for kind, names in reversed(section("kind").items())}
