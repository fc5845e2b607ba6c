"""Places that fall short of clauses: as a table with words."""

from typing import Any

import pandas as pd

from cfgeo.core.clock import once
from cfgeo.core.results import SHORT, UNKNOWN, Results
from cfgeo.core.schema import FAILED, NOT_ASSESSED
from cfgeo.core.strings import Lang, name_of, text
from cfgeo.publish.words.clauses.found import attribute_name, need_words
from cfgeo.publish.words.names import clause_titles, verdict_names
from cfgeo.publish.words.numbers import need_text

_TRUTHS = {"true": "page.yes", "false": "page.no", "yes": "page.yes", "no": "page.no"}
_NEAR = {
    "near": {"has": "has_none_near", "asks": "asks_near", "lacks": "lacks_near"},
    "none_within": {"has": "has_near", "asks": "asks_none_near", "lacks": "lacks_none_near"},
}
"""Measures of what lies near places → their texts."""


@once
def shortfall_words(results: Results, lang: Lang) -> pd.DataFrame:
    """Return the shortfalls with their words, in the order of the clauses; those of which nobody knows come last.

    Beside ``SHORTFALL_COLUMNS``: ``clause_name``, ``plan_item``, ``clause_verdict``, ``clause_result``, ``layer_name``,
    ``kind_name``, ``community``, ``result`` (the status in words), ``attribute_name``, ``has``, ``asks``, ``lacks``.
    """
    clauses = {clause["id"]: clause for clause in results.parameters["clauses"]}
    table = results.shortfalls
    order = {clause: nth for nth, clause in enumerate(clauses)}
    ranks = pd.DataFrame({"clause": table["clause"].map(order), "status": table["status"] == UNKNOWN})
    table = table.loc[ranks.sort_values(["clause", "status"], kind="stable").index].reset_index(drop=True)
    verdicts = table["clause"].map(results.clauses["verdict"])
    said = [_words(row, clauses[row["clause"]], lang) for row in table.to_dict("records")]
    return table.assign(
        clause_name=table["clause"].map(clause_titles(results.parameters, lang)),
        plan_item=table["clause"].map(results.clauses["plan_item"]),
        clause_verdict=verdicts,
        clause_result=verdicts.map(verdict_names(lang)),
        layer_name=[name_of("layer", str(layer), lang) for layer in table["layer"]],
        kind_name=[name_of("kind", str(kind), lang) for kind in table["kind"]],
        name=table["name"].replace("", text("clause.unnamed", lang)),
        community=table["code"].map(results.communities["community"]).fillna(""),
        result=table["status"].map({SHORT: text("clause.short", lang), UNKNOWN: text("clause.unknown", lang)}),
        **{name: [words[name] for words in said] for name in ("attribute_name", "has", "asks", "lacks")},
    )


def telling(table: pd.DataFrame) -> pd.DataFrame:
    """Return the shortfalls of clauses that are not passed: what falls short of the others changes nothing."""
    return table[table["clause_verdict"].isin([FAILED, NOT_ASSESSED])]


def shortfall_counts(table: pd.DataFrame, lang: Lang) -> str:
    """Return how many places fall short, and of how many nobody knows."""
    counts = {status: int((table["status"] == status).sum()) for status in (SHORT, UNKNOWN)}
    if counts[SHORT] and counts[UNKNOWN]:
        return text("clause.counts", lang, **counts)
    return text("clause.counts_unknown" if counts[UNKNOWN] else "clause.counts_short", lang, **counts)


def _words(row: dict[Any, Any], clause: dict[str, Any], lang: Lang) -> dict[str, str]:
    """Return what one place has, what is asked of it, and both in one phrase."""
    attribute, asked, is_unknown = str(row["attribute"]), row["asked"], row["status"] == UNKNOWN
    if clause["measure"] in _NEAR and attribute == clause.get("near_layer"):
        near = {
            "layer": _lower(name_of("layer", attribute, lang), lang),
            "metres": need_text(asked, lang, unit=""),
        }
        words = {name: text(f"clause.{key}", lang, **near) for name, key in _NEAR[clause["measure"]].items()}
        return {"attribute_name": name_of("layer", attribute, lang), **words}
    name, has = attribute_name(attribute, lang), _cell(str(row["value"]), lang)
    if not pd.isna(asked):
        asks = need_words(float(asked), "at_least", lang, unit="")
    elif attribute == "capacity" or clause["measure"] == "rate":
        asks = text("clause.asks_number", lang)
    elif clause.get("attribute_least"):
        asks = text("clause.asks_grade", lang, grade=clause["attribute_least"])
    else:
        asks = text("clause.asks_yes", lang)
    key = "clause.lacks_unknown" if is_unknown else "clause.lacks"
    return {
        "attribute_name": name,
        "has": has,
        "asks": asks,
        "lacks": text(key, lang, attribute=name, has=has, asks=asks),
    }


def _cell(value: str, lang: Lang) -> str:
    """Return what a file has in a cell, for a reader: a truth value as a word, a whole number without decimals."""
    if not value.strip():
        return text("clause.has_nothing", lang)
    word = _TRUTHS.get(value.casefold())
    if word:
        return text(word, lang)
    return value.removesuffix(".0") if value.removesuffix(".0").lstrip("-").isdigit() else value


def _lower(name: str, lang: Lang) -> str:
    """Return a name of a layer inside an English sentence."""
    return name if lang == "zh" else name[:1].lower() + name[1:]
