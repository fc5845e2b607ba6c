"""Verdicts → ``scorecard.xlsx``: the tables of a run for people who sit at a meeting with Excel."""

import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cfgeo.core.results import Results
from cfgeo.core.schema import BASE_LAYERS, VERDICTS
from cfgeo.core.strings import Lang, name_of, section, text
from cfgeo.publish.tables.csv import community_table, coverage_table, street_office_table, walkway_table
from cfgeo.publish.tables.plan_workbook import add_plan_sheets
from cfgeo.publish.tables.sheet import Book, Column, add_table, number_form, written_book
from cfgeo.publish.tables.workbook_front import add_district, add_method
from cfgeo.publish.words.names import clause_titles
from cfgeo.publish.words.numbers import SHARE_DECIMALS
from cfgeo.publish.words.sources import provenance

_TOP = 4
_LONG = ("missing", "assumption")
_RATIOS = ("circle_ratio", "level_ratio")
_YES_NO = {"yes", "no", "True", "False", ""}
_WHOLE = ("area_m2", "length_m", "climb_m", "extra_minutes")
_BY_CLAUSE = ("verdict", "share", "minutes", "found")
_FIRST = (
    "code", "community", "street_office", "result", "marginal", "fails_by_terrain", "few_homes", "missing", "judged",
    "required",
)  # fmt: skip
_NOT_SHOWN = ("verdict", "provenance", "basis")


def write_workbook(results: Results, path: Path, *, lang: Lang) -> None:
    """Write the workbook: district, street offices, communities, clauses, facilities, walkways, method.

    Parameters
    ----------
    results
        What a run has found out.
    path
        The file.
    lang
        Language of sheets, headings and words; the CSV tables' names of columns stand as notes on the headings.
    """
    study = results.parameters["study"]
    body, made_of = io.BytesIO(), provenance(results, lang)
    with written_book(body, lang=lang, title=study["title"], status=study["status"], provenance=made_of) as book:
        add_district(book, results)
        _add(book, text("report.sheet_offices", lang), _offices(results, lang), frozen=1)
        _add(book, text("report.sheet_communities", lang), _communities(results, lang), frozen=2, paper="A3")
        _add(book, text("report.sheet_clauses", lang), _coverage(results, lang), frozen=2, paper="A3")
        _add(book, text("report.sheet_facilities", lang), _facilities(results, lang), frozen=2, paper="A3")
        _add(book, text("report.sheet_walkways", lang), _walkways(results, lang), frozen=2)
        if results.plan is not None:
            add_plan_sheets(book, results.plan)
        add_method(book, results)
    path.write_bytes(body.getvalue())


def _add(book: Book, name: str, columns: Sequence[Column], *, frozen: int, paper: str = "A4") -> None:
    add_table(book, book.add_sheet(name, paper=paper), columns, top=_TOP, frozen=frozen, paper=paper)


def _offices(results: Results, lang: Lang) -> list[Column]:
    table = street_office_table(results, lang)
    clauses = [clause["id"] for clause in results.parameters["clauses"] if clause["scope"] == "street_office"]
    by_clause = _clause_columns(table, clauses, results, lang)
    plain = [name for name in map(str, table.columns) if name not in {*_NOT_SHOWN, *_names(by_clause), "missing"}]
    headings = {"share": text("report.figure_share", lang)}  # of communities that pass, not of children
    return [
        _column(table, name, results, lang, heading=headings.get(name, "")) for name in [*plain, "missing"]
    ] + by_clause


def _communities(results: Results, lang: Lang) -> list[Column]:
    table = community_table(results, lang)
    by_clause = _clause_columns(table, clause_titles(results.parameters, lang), results, lang)
    rest = [name for name in map(str, table.columns) if name not in {*_FIRST, *_NOT_SHOWN, *_names(by_clause)}]
    return [_column(table, name, results, lang) for name in [*_FIRST, *rest]] + by_clause


def _coverage(results: Results, lang: Lang) -> list[Column]:
    table = coverage_table(results, lang)
    first = ["community", "street_office", "clause_name", "result", "share", "need", "places", "median_minutes"]
    rest = [name for name in map(str, table.columns) if name not in {*first, *_NOT_SHOWN, "passed"}]
    return [_column(table, name, results, lang) for name in [*first, *rest]]


def _facilities(results: Results, lang: Lang) -> list[Column]:
    """Return the facilities with names in place of codes; what the study's files add follows as it is."""
    shown = results.facilities[~results.facilities["layer"].isin(BASE_LAYERS)]
    table = pd.DataFrame(shown.drop(columns="geometry")).reset_index()
    table["layer_name"] = [name_of("layer", str(layer), lang) for layer in table["layer"]]
    table["kind_name"] = [name_of("kind", str(kind), lang) for kind in table["kind"]]
    outside = text("report.outside", lang)
    table["community_name"] = table["community"].map(results.communities["community"]).fillna(outside)
    table["street_office"] = table["community"].map(results.communities["street_office"]).fillna("")
    for ratio in _RATIOS:
        table[ratio] = table[ratio].astype(float).round(SHARE_DECIMALS)
    table["leg_m"] = table["leg_m"].astype(float).round(1)
    first = ["layer_name", "name", "kind_name", "community_name", "street_office", "snapped", "leg_m", *_RATIOS]
    rest = [name for name in map(str, table.columns) if name not in {*first, *_NOT_SHOWN} and table[name].notna().any()]
    code = {"community": text("report.column_code", lang)}
    return [_column(table, name, results, lang, heading=code.get(name, "")) for name in [*first, *rest]]


def _walkways(results: Results, lang: Lang) -> list[Column]:
    table = pd.DataFrame(walkway_table(results, lang).drop(columns="geometry"))
    ends = {f"{clause}_beyond": title for clause, title in clause_titles(results.parameters, lang).items()}
    first = ["rank", "walkway"]
    rest = [name for name in map(str, table.columns) if name not in {*first, *_NOT_SHOWN, *ends}]
    who = name_of("report", f"who_{results.parameters['demand_basis']}", lang)
    band = text("report.band_beyond", lang, who=who)
    return [_column(table, name, results, lang) for name in [*first, *rest]] + [
        Column(name, title, list(table[name]), "integer", band) for name, title in ends.items() if name in table
    ]


def _clause_columns(table: pd.DataFrame, clauses: Iterable[str], results: Results, lang: Lang) -> list[Column]:
    """Return what a table has of each clause, side by side under the clause's name."""
    titles = clause_titles(results.parameters, lang)
    known = section("report")
    return [
        _column(table, name, results, lang, heading=known[f"column_{ending}"][lang], band=titles[clause])
        for clause in clauses
        for ending in _BY_CLAUSE
        if (name := f"{clause}_{ending}") in table
    ]


def _names(columns: Iterable[Column]) -> list[str]:
    return [column.name for column in columns]


def _column(
    table: pd.DataFrame, name: str, results: Results, lang: Lang, *, heading: str = "", band: str = ""
) -> Column:
    values = list(table[name])
    who = name_of("report", f"who_{results.parameters['demand_basis']}", lang)
    known = section("report").get(f"column_{name}")
    heading = heading or (known[lang].format(who=who) if known else name)
    if name == "need":  # a share where children have to reach a place, a number where places are counted
        forms = ["percent" if measure == "reach" else "integer" for measure in table["measure"]]
        return Column(name, heading, values, forms, band)
    words = _words(name, values, lang)
    return Column(name, heading, [words.get(_key(value), value) for value in values], _form(name, values), band)


def _key(value: Any) -> str:
    return str(value) if isinstance(value, str | bool | np.bool_) else ""


def _words(name: str, values: Sequence[Any], lang: Lang) -> Mapping[str, str]:
    """Return what the machine's words of a column are in the run's language."""
    if name.endswith("verdict") or name.startswith("verdict"):
        return {word: name_of("word", word, lang) for word in VERDICTS}
    if {_key(value) for value in values} <= _YES_NO:
        yes, no = text("page.yes", lang), text("page.no", lang)
        return {"yes": yes, "no": no, "True": yes, "False": no}
    if name == "walker":
        return {key: words[lang] for key, words in section("word").items()}
    if name == "measure":
        return {"reach": text("report.measure_reach", lang), "present": text("report.measure_present", lang)}
    return {}


def _form(name: str, values: Sequence[Any]) -> str:
    """Return how a column is written, from its name and what stands in it."""
    if name == "result" or name.startswith("verdict") or name.endswith("_verdict"):
        return "verdict"
    if name in _LONG:
        return "long"
    numbers = [float(value) for value in values if isinstance(value, int | float | np.number)]
    if not numbers:
        return "mark" if {_key(value) for value in values} <= _YES_NO else "text"
    if name.endswith("share") or name == "share_level" or name in _RATIOS:
        form = "percent"
    elif name in _WHOLE or name.endswith("_beyond"):
        form = "integer"
    elif name.endswith("minutes"):
        form = "minutes"
    else:
        form = number_form(numbers)
    return form
