"""Why two runs differ, in plain words: facilities by name, streets in metres, what is asked, how a file is read."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from cfgeo.core.strings import Lang, name_of, section, text
from cfgeo.publish.compared.causes import Cause, clauses_of
from cfgeo.publish.compared.differences import Comparison
from cfgeo.publish.compared.places import ADDED, ATTRIBUTE, GROUND, MOVED, REKINDED, REMOVED, RENAMED, UNKNOWN
from cfgeo.publish.words.clauses.found import attribute_name
from cfgeo.publish.words.names import in_language, listed, separated

_SHARES = ("need", "target_share")
"""Keys of clauses and standards that may be shares."""
_MOST_NAMES = 3
"""A sentence names so many facilities of each change."""


def cause_words(comparison: Comparison, cause: Cause, lang: Lang, *, most: int | None = None) -> str:
    """Return one cause as a sentence.

    Parameters
    ----------
    comparison
        Of which it is a cause.
    cause
        The cause.
    lang
        Language of the sentence.
    most
        How many facilities of each change are named; all when missing.
    """
    if cause.kind == "places":
        return _places(comparison, cause, lang, most)
    if cause.kind == "network":
        return _streets(cause, lang)
    key = cause.detail[0] if cause.detail else ""
    values: dict[str, Any] = {"what": "", "key": key_name(key, lang), "was": key}
    values |= {side: value_words(value, lang, key=key) for side, value in (("a", cause.a), ("b", cause.b))}
    sentence = cause.kind
    if cause.kind in ("demand", "residents"):
        same = values["a"] == values["b"]
        sentence = f"{cause.kind}_moved" if same or cause.a is None or cause.b is None else cause.kind
    elif cause.kind == "standard":
        values["what"] = clause_names(comparison, lang).get(cause.what, "")
        if key == "clause":
            sentence = "clause_new" if cause.b else "clause_gone"
    elif cause.kind in ("walker", "status"):
        values["what"] = name_of("word", cause.what, lang)
    elif cause.kind in ("reading", "date"):
        values["what"] = name_of("layer", cause.what, lang)
    elif cause.kind == "boundary":
        sentence = _boundary(cause)
    return text(f"compare.{sentence}", lang, **values)


def place_words(places: pd.DataFrame, lang: Lang, *, most: int | None = _MOST_NAMES) -> list[str]:
    """Return what became of facilities, a phrase for all to which the same has happened.

    Parameters
    ----------
    places
        Rows of ``PLACE_COLUMNS``.
    lang
        Language of the phrases.
    most
        How many are named in each; all when missing.
    """
    groups: dict[tuple[str, ...], list[Mapping[Any, Any]]] = {}
    for row in places.to_dict("records"):
        groups.setdefault(_alike(row), []).append(row)
    return [_phrase(rows, lang, most) for rows in groups.values()]


def clause_names(comparison: Comparison, lang: Lang) -> dict[str, str]:
    """Return the name of each clause that one of the runs has, by id."""
    clauses = clauses_of(comparison.a) | clauses_of(comparison.b)
    return {clause: in_language(entry, "name", lang) for clause, entry in clauses.items()}


def key_name(key: str, lang: Lang) -> str:
    """Return what a key of a standard, a walker, a study or a facility is called."""
    return section("compare").get(f"key_{key}", {}).get(lang) or attribute_name(key, lang)


def value_words(value: object, lang: Lang, *, key: str = "") -> str:
    """Return the value of a key in plain words."""
    if value is None or value == "":
        return text("compare.none", lang)
    if isinstance(value, bool):
        return text("compare.yes" if value else "compare.no", lang)
    if isinstance(value, int | float):
        return f"{value * 100:.10g}%" if key in _SHARES and 0 <= value <= 1 else f"{value:,.10g}"
    if isinstance(value, Mapping):
        value = [f"{name} = {value_words(each, lang)}" for name, each in value.items()]
    if isinstance(value, list | tuple):
        return listed([value_words(each, lang, key=key) for each in value], lang) or text("compare.none", lang)
    return _named(str(value), lang, key=key)


def _named(word: str, lang: Lang, *, key: str) -> str:
    parts = {"kind": "kind", "layer": "layer", "near_layer": "layer"}
    known = section("compare").get(f"value_{word}", {}).get(lang)
    return known or name_of(parts.get(key, "word"), word, lang)


def _boundary(cause: Cause) -> str:
    if not cause.detail:
        return "boundary"
    if isinstance(cause.a, int):
        return "boundary_counts" if cause.a != cause.b else "boundary_moved"
    return "boundary_was"


def _places(comparison: Comparison, cause: Cause, lang: Lang, most: int | None) -> str:
    """Return what became of the facilities of a layer."""
    layer = name_of("layer", cause.what, lang)
    if not cause.rows:
        declared = cause.b is not None and cause.b is not False
        return text("compare.layer_new" if declared else "compare.layer_gone", lang, what=layer)
    phrases = separated(place_words(comparison.places.iloc[list(cause.rows)], lang, most=most), lang)
    counted = isinstance(cause.a, int) and not isinstance(cause.a, bool) and cause.a != cause.b
    key = "compare.places_counted" if counted and most is None else "compare.places"
    return text(key, lang, what=layer, a=cause.a, b=cause.b, more=phrases)


def _streets(cause: Cause, lang: Lang) -> str:
    """Return by how many metres streets differ."""
    parts = []
    for form, metres in cause.metres:
        if form == "changed":
            parts.append(text("compare.metres_changed", lang, metres=f"{metres:,.0f}"))
        else:
            signed, name = f"{metres:+,.0f}".replace("-", "−"), name_of("compare", f"form_{form}", lang)
            parts.append(text("compare.metres", lang, form=name, metres=signed))
    return text("compare.network", lang, more=listed(parts, lang)) if parts else text("compare.network_other", lang)


def _alike(row: Mapping[Any, Any]) -> tuple[str, ...]:
    """Return what two rows must share to be told in one phrase."""
    common = (row["change"], row["nature"], row["since"])
    if row["change"] == RENAMED:
        return (*common, row["facility_b"])
    if row["change"] in (ATTRIBUTE, REKINDED):
        return (*common, row["column"], row["value_a"], row["value_b"])
    return common


def _phrase(rows: Sequence[Mapping[Any, Any]], lang: Lang, most: int | None) -> str:
    """Return what happened to facilities that are alike."""
    first = rows[0]
    names = [row["name"] or text("compare.unnamed", lang, kind=name_of("kind", row["kind"], lang)) for row in rows]
    shown = listed(names[:most], lang)
    if most is not None and len(names) > most:
        shown = text("word.and_more", lang, names=shown, count=len(names))
    change, nature = first["change"], first["nature"]
    values: dict[str, Any] = {"names": shown, "since": first["since"]}
    values |= {side: _cell(first, side, lang) for side in ("a", "b")}
    if change in (ADDED, REMOVED):
        dated = "_dated" if nature != UNKNOWN and first["since"] else ""
        return text(f"compare.place_{change}_{nature}{dated}", lang, **values)
    if change == MOVED:
        values["metres"] = _metres([row["distance_m"] for row in rows])
    values["column"] = key_name(first["column"], lang)
    phrase = text(f"compare.place_{change}", lang, **values)
    if nature == UNKNOWN or (nature == GROUND and not first["since"]):
        return phrase
    if nature == GROUND:
        return text("compare.since", lang, said=phrase, since=first["since"])
    return text("compare.corrected", lang, said=phrase)


def _metres(distances_m: Sequence[float]) -> str:
    """Return how far facilities moved: whole metres, or from how many to how many."""
    least, most = (f"{metres:,.0f}" if metres >= 1 else "<1" for metres in (min(distances_m), max(distances_m)))
    return least if least == most else f"{least}–{most}"


def _cell(row: Mapping[Any, Any], side: str, lang: Lang) -> str:
    """Return what a list says of a facility on one side."""
    value = row[f"value_{side}"]
    if row["change"] == REKINDED:
        return name_of("kind", value, lang)
    if value == "":
        return text("compare.blank", lang)
    words = section("compare").get(f"value_{value.lower()}", {}).get(lang)
    return words or value
