"""Words of users, in messages: the Chinese words that tables take for cfgeo's own, beside these."""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator, GetJsonSchemaHandler
from pydantic_core import CoreSchema

from cfgeo.core.strings import Lang, Message, Sentence, text
from cfgeo.files.vocabulary.headings import meaning, vocabulary

_INVENTED = ("layer_names", "walkers")
"""Groups to which a study adds names of its own, in plain letters: walk_ways is not walkways."""
_NEAR = 0.6
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


@dataclass(frozen=True)
class Choices(Message):
    """Some of cfgeo's words of a group of ``words.toml``: 新建（add） in Chinese, the word alone in English.

    Attributes
    ----------
    group : str
    words : tuple of str
        Words without a Chinese name stand alone.
    """

    group: str
    words: tuple[str, ...]

    def text(self, lang: Lang) -> str:
        """Return the list in ``lang``."""
        shown = [self._named(word) if lang == "zh" else word for word in self.words]
        return text("word.list", lang).join(shown) or "–"

    def _named(self, word: str) -> str:
        name = chinese_word(word, self.group)
        return name if name == word else text("word.named", "zh", name=name, word=word)


def chinese_word(word: str, group: str) -> str:
    """Return the likeliest Chinese word of a group for one of cfgeo's; a word that has none as it is."""
    return next((name for name in vocabulary()[group].get(word, ()) if _CHINESE.search(name)), word)


def headings(*columns: str) -> Choices:
    """Return the headings of some of cfgeo's columns."""
    return Choices("columns", columns)


def similar_words(word: str, group: str) -> tuple[str, ...]:
    """Return the words of cfgeo's that a word of a user's may be meant for: its name is in it, or spelt alike."""
    names = {name.lower(): ours for ours, every in vocabulary()[group].items() for name in (*every, ours)}
    inside = [(len(name), ours) for name, ours in names.items() if name and name in word.lower()]
    alike = difflib.get_close_matches(word.lower(), names, n=3, cutoff=0.5)
    return tuple(dict.fromkeys([ours for _, ours in sorted(inside, reverse=True)] + [names[name] for name in alike]))


def perhaps_layer(word: str, layers: Iterable[str]) -> Message | str:
    """Return what asks whether a layer of a study is meant by a word that is none of them; "" where none is near."""
    known = [*layers]
    alike = difflib.get_close_matches(word.lower(), known, n=1, cutoff=_NEAR)
    near = [layer for layer in dict.fromkeys((*similar_words(word, "layer_names"), *alike)) if layer in known]
    return Sentence("word.perhaps", names=Choices("layer_names", tuple(near[:1]))) if near else ""


def own_word(word: str, group: str) -> str:
    """Return cfgeo's word for a user's; any other word as it is, and so is a name that a user has invented."""
    if group in _INVENTED and word.isascii():
        return word
    return meaning(word, group) or word


def as_own_word(group: str) -> BeforeValidator:
    """Return what a key of a file takes its value through, so that it may hold any word of a group."""
    return BeforeValidator(
        lambda value: own_word(value, group) if isinstance(value, str) else value,
        json_schema_input_type=Annotated[str, Offered(group)],
    )


@dataclass(frozen=True)
class Offered:
    """The words of a group of ``words.toml`` that the JSON Schema of a file offers for a key, beside any other text."""

    group: str

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Return the schema: cfgeo's words and their Chinese names."""
        return {"anyOf": [{"enum": offered(self.group)}, handler(schema)]}


def offered(group: str) -> list[str]:
    """Return cfgeo's words of a group and their Chinese names."""
    names = [next(filter(_CHINESE.search, every), word) for word, every in vocabulary()[group].items()]
    return [*dict.fromkeys((*vocabulary()[group], *names))]
