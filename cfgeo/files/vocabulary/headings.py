"""What planners call columns, actions, layers and files: the words of ``words.toml``, compared with a file's."""

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from functools import cache
from importlib import resources

import pandas as pd

from cfgeo.files.cell_values import plain_heading


def columns_of(table: pd.DataFrame, columns: Iterable[str]) -> dict[str, str]:
    """Return cfgeo's columns → the file's headings: those that are a known word, then those that only contain one."""
    columns = tuple(columns)
    plain = {str(heading): plain_word(str(heading)) for heading in table.columns}
    taken: dict[str, str] = {}
    for fits in (_is_word, _ends_in_word, _holds_axis):
        for ours in columns:
            if ours in taken:
                continue
            words = [plain_word(word) for word in (ours, *vocabulary()["columns"][ours])]
            free = [heading for heading in plain if heading not in taken.values()]
            texts = {heading: narrow(heading) if fits is _holds_axis else plain[heading] for heading in free}
            fitting = (heading for word in words for heading in free if fits(texts[heading], word))
            if heading := next(fitting, None):
                taken[ours] = heading
    return {ours: taken[ours] for ours in columns if ours in taken}


def headings_that_are(table: pd.DataFrame, ours: str) -> list[str]:
    """Return the headings that are a known word for one of cfgeo's columns, the likeliest first."""
    words = [plain_word(word) for word in (ours, *vocabulary()["columns"][ours])]
    plain = {str(heading): plain_word(str(heading)) for heading in table.columns}
    return [heading for word in dict.fromkeys(words) for heading in plain if plain[heading] == word]


def meaning(word: str, group: str) -> str | None:
    """Return what a word means in a group of ``words.toml``; None where it is not in the group."""
    meanings = {plain_word(name): ours for ours, names in vocabulary()[group].items() for name in (*names, ours)}
    return meanings.get(plain_word(word))


def _is_word(heading: str, word: str) -> bool:
    return heading == word


def _ends_in_word(heading: str, word: str) -> bool:
    least = 2 if re.search(r"[\u4e00-\u9fff]", word) else 4
    return len(word) >= least and heading.endswith(word)


def _holds_axis(heading: str, word: str) -> bool:
    """Return whether a heading has 经度 or 纬度 anywhere, also in brackets."""
    return word in {"经度", "纬度"} and word in heading


@cache
def vocabulary() -> dict[str, dict[str, list[str]]]:
    """Return the words of ``words.toml``, by group and cfgeo's name."""
    return tomllib.loads(resources.files("cfgeo.files.vocabulary").joinpath("words.toml").read_text(encoding="utf-8"))


def plain_word(word: str) -> str:
    """Return a word without the differences that do not count in a comparison."""
    return re.sub(r"[\s_\-~—–:]|\(.*?\)", "", narrow(plain_heading(word)))


def narrow(word: str) -> str:
    """Return a word in narrow small letters."""
    return unicodedata.normalize("NFKC", word).lower()
