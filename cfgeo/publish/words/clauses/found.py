"""What a clause asks, what was found, and what is missing: as text that never contradicts the verdict."""

import math
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, cast

import pandas as pd

from cfgeo.core.clock import once
from cfgeo.core.results import UNKNOWN, Results
from cfgeo.core.schema import NOT_ASSESSED, PASSED
from cfgeo.core.strings import Lang, name_list, name_of, section, text
from cfgeo.publish.run.units import MeasureUnit, found_unit
from cfgeo.publish.words.names import separated
from cfgeo.publish.words.numbers import Beside, Compare, beside, beside_text, need_text


def compare_of(clause: Mapping[str, Any]) -> Compare:
    """Return how a clause's value has to lie to its need."""
    compare = clause.get("compare") or ("more_than" if clause.get("strict") else "at_least")
    return cast("Compare", compare)


def found_compare(clause: Mapping[str, Any]) -> Compare:
    """Return how ``found`` of a clause has to lie to ``asked``: of units a share shall pass."""
    return compare_of(clause) if clause["scope"] == "district" else "at_least"


def need_words(need: float, compare: Compare, lang: Lang, *, unit: MeasureUnit) -> str:
    """Return a need as words: at least 70 %, more than 4.5."""
    said = need_text(need, lang, unit=unit)
    sentences = {
        "at_least": "clause.need_at_least",
        "more_than": "clause.need_more_than",
        "at_most": "clause.need_at_most",
        "less_than": "clause.need_less_than",
    }
    return text(sentences[compare], lang, need=said)


def asked_words(clause: Mapping[str, Any], row: pd.Series, lang: Lang) -> str:
    """Return what is asked of a clause's ``found``, in words."""
    return need_words(float(row["asked"]), found_compare(clause), lang, unit=found_unit(clause))


def found_number(clause: Mapping[str, Any], row: pd.Series) -> float:
    """Return the number that stands for what was found: of an interval the bound on which the verdict stands."""
    low, high, verdict = _bounds(row)
    if verdict == NOT_ASSESSED:
        return math.nan
    return low if _stands_on_low(clause, verdict) else high


def found_beside(clause: Mapping[str, Any], row: pd.Series) -> Beside | None:
    """Return what was found beside what is asked; None where nothing was."""
    value, asked = found_number(clause, row), float(row["asked"])
    if not (math.isfinite(value) and math.isfinite(asked)):
        return None
    passed = row["verdict"] == PASSED
    return beside(value, asked, compare=found_compare(clause), passed=passed, unit=found_unit(clause))


def found_words(clause: Mapping[str, Any], row: pd.Series, lang: Lang) -> str:
    """Return what was found: a value, one that is at least or at most so large, or an interval.

    Parameters
    ----------
    clause
        Of the run's parameters.
    row
        Its row of ``Results.clauses``.
    lang
        Language of the words.
    """
    low, high, verdict = _bounds(row)
    if math.isnan(low) or math.isnan(high):
        return text("page.missing", lang)
    if verdict == NOT_ASSESSED:
        least, most = value_words(low, clause, row, lang), value_words(high, clause, row, lang)
        if math.isinf(high):
            return text("clause.found_from", lang, low=least)
        return least if low == high else text("clause.found_between", lang, low=least, high=most)
    said = value_words(found_number(clause, row), clause, row, lang, passed=verdict == PASSED)
    if low == high:
        return said
    if _stands_on_low(clause, verdict):
        return text("clause.found_from", lang, low=said)
    return text("clause.found_to", lang, high=said)


def result_words(clause: Mapping[str, Any], row: pd.Series, missing: str, lang: Lang) -> str:
    """Return what was found and what is asked, as one sentence; "" where nothing is known.

    Parameters
    ----------
    clause
        Of the run's parameters.
    row
        Its row of ``Results.clauses``.
    missing
        What :func:`missing_words` says.
    lang
        Language of the words.
    """
    low, high, _ = _bounds(row)
    if math.isnan(low) or math.isnan(high):
        return ""
    found = found_words(clause, row, lang)
    if low != high and missing:
        found = text("clause.depends", lang, found=found, count=int(row["missing"]), missing=missing)
    return text("clause.found_asked", lang, found=found, asked=asked_words(clause, row, lang))


@once
def missing_words(results: Results, clause: str, lang: Lang) -> str:
    """Return which values are missing behind a clause: the column with the names of the places; "" if none is."""
    unnamed = text("clause.unnamed", lang)
    parts = []
    for attribute, names in _unknown_places(results).get(clause, {}).items():
        said = name_list([unnamed if isinstance(name, str) and not name else name for name in names], lang)
        parts.append(text("clause.missing_of", lang, attribute=attribute_name(attribute, lang), names=said))
    return separated(parts, lang)


@once
def _unknown_places(results: Results) -> dict[str, dict[str, list[str]]]:
    """Return clause → column → the names of the places of which it is not known, in the order of the shortfalls."""
    table, places = results.shortfalls, defaultdict[str, dict[str, list[str]]](dict)
    rows = table[table["status"] == UNKNOWN]
    for clause, attribute, name in zip(rows["clause"], rows["attribute"], rows["name"], strict=True):
        if not pd.isna(attribute):
            places[clause].setdefault(str(attribute), []).append(name)
    return places


def missing_inputs(results: Results, clause: Mapping[str, Any], lang: Lang) -> str:
    """Return which columns or layers a clause that nothing is known of reads and the study lacks; "" if none."""
    layer, near = clause.get("layer"), clause.get("near_layer")
    facilities, layers = results.facilities, results.inputs.layers
    lacking = [name_of("layer", near, lang)] if near and near not in layers else []
    columns = [clause.get("only_where"), clause.get("attribute")]
    columns += ["capacity"] if clause.get("weigh_by_capacity") else []
    columns += [clause.get("amount") or "capacity"] if clause["measure"] == "rate" else []
    own = facilities[facilities["layer"] == layer]
    for column in dict.fromkeys(filter(None, columns)):
        if column not in own.columns or own[column].replace("", None).isna().all():
            names = name_of("layer", str(layer), lang)
            lacking.append(text("clause.column_of", lang, layer=names, attribute=attribute_name(str(column), lang)))
    communities = results.communities
    if clause["measure"] == "rate" and ("residents" not in communities or communities["residents"].isna().all()):
        lacking.append(attribute_name("residents", lang))
    return separated(lacking, lang)


def attribute_name(attribute: str, lang: Lang) -> str:
    """Return a column of the facilities in words, as the workbook heads it."""
    known = section("report").get(f"column_{attribute}")
    return known[lang] if known else attribute


def value_words(
    value: float, clause: Mapping[str, Any], row: pd.Series, lang: Lang, *, passed: bool | None = None
) -> str:
    """Return one number of a clause's row beside what is asked."""
    compare, unit = found_compare(clause), found_unit(clause)
    return beside_text(value, float(row["asked"]), lang, compare=compare, passed=passed, unit=unit)


def _bounds(row: pd.Series) -> tuple[float, float, str]:
    """Return the least and the greatest value that a clause may have, and its verdict."""
    low, high = float(row["found_low"]), float(row["found_high"])
    return low, high, str(row["verdict"])


def _stands_on_low(clause: Mapping[str, Any], verdict: str) -> bool:
    """Return whether a verdict stands on the least value: what is missing could only add to it."""
    return (found_compare(clause) in ("at_least", "more_than")) == (verdict == PASSED)
