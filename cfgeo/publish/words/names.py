"""Names in the language of an output: clauses, verdicts, layers, lists of names."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from cfgeo.core.schema import VERDICTS
from cfgeo.core.strings import Lang, name_of, section, text

_MOST_LISTED = 5
_ON_MAPS = ("north", "north_label", "zoom_in", "zoom_out", "line_steps")


def listed(names: Iterable[Any], lang: Lang) -> str:
    """Return names as a list: a, b, c."""
    return text("word.list", lang).join(map(str, names))


def separated(phrases: Iterable[Any], lang: Lang) -> str:
    """Return phrases that may hold commas as a list: a, b; c, d."""
    return text("word.between", lang).join(map(str, phrases))


def abridged(phrases: Sequence[Any], lang: Lang, *, few: Callable[[Iterable[Any], Lang], str] = separated) -> str:
    """Return phrases as a list that ``few`` makes, of many only the first and how many more there are."""
    if len(phrases) <= _MOST_LISTED + 1:
        return few(phrases, lang)
    names, count = few(phrases[:_MOST_LISTED], lang), len(phrases) - _MOST_LISTED
    return text("word.and_rest", lang, names=names, count=count)


def texts_of(part: str, lang: Lang) -> dict[str, str]:
    """Return all texts of one file of ``texts/`` in ``lang``."""
    return {key: by_language[lang] for key, by_language in section(part).items()}


def map_texts(part: str, lang: Lang) -> dict[str, str]:
    """Return all texts of one file of ``texts/`` in ``lang``, with what stands on every map."""
    return texts_of(part, lang) | {key: text(f"page.{key}", lang) for key in _ON_MAPS}


def study_title(study: Mapping[str, Any], lang: Lang) -> str:
    """Return a study's title: in English the one that it has for that, if it has one."""
    return str((lang == "en" and study.get("title_en")) or study["title"])


def in_language(entry: Mapping[str, Any], key: str, lang: Lang) -> Any:
    """Return what a clause or a standard says under a key, Chinese, or under ``<key>_en``."""
    return entry[key if lang == "zh" else f"{key}_en"]


def clause_titles(parameters: Mapping[str, Any], lang: Lang) -> dict[str, str]:
    """Return the name of each clause in ``lang``, by id.

    Parameters
    ----------
    parameters
        Of a run or a what-if, as ``Results.parameters``.
    lang
        Language of the names.
    """
    return {clause["id"]: in_language(clause, "name", lang) for clause in parameters["clauses"]}


def verdict_names(lang: Lang) -> dict[str, str]:
    """Return the word for each verdict."""
    return {verdict: name_of("word", verdict, lang) for verdict in VERDICTS}


def role_name(role: str, lang: Lang) -> str:
    """Return what an input file is for: communities, network, or the layer's name."""
    word = role.rsplit(".", 1)[-1]
    return section("page").get(f"role_{word}", {}).get(lang) or name_of("layer", word, lang)


def layer_mark(layer: str, lang: Lang) -> str:
    """Return the sign that stands for a layer's facilities on the map: one or two letters."""
    mark = section("page").get(f"mark_{layer}")
    return mark[lang] if mark else name_of("layer", layer, lang)[: 1 if lang == "zh" else 2]


def short_name(name: str) -> str:
    """Return a community's name as it stands on maps."""
    return name.removesuffix("社区") if len(name) > 3 else name
