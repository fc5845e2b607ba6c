"""Verdicts → ``scorecard.xlsx``: the tables of a run for people who sit at a meeting with Excel."""

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cfgeo.core.results import Results
from cfgeo.core.schema import BASE_LAYERS
from cfgeo.core.strings import Lang, name_of, section, text
from cfgeo.publish.run.units import need_unit
from cfgeo.publish.tables.book import Book, written_book
from cfgeo.publish.tables.csv import (
    RATIOS,
    block_table,
    community_table,
    coverage_table,
    required_clauses,
    shortfall_table,
    street_office_table,
    walkway_table,
    zone_table,
)
from cfgeo.publish.tables.plan_workbook import add_plan_sheets
from cfgeo.publish.tables.sheet import Column, add_table, number_form, share_form
from cfgeo.publish.tables.workbook_front import add_district, add_matrix, add_method, fill_contents
from cfgeo.publish.words.clauses.found import compare_of
from cfgeo.publish.words.names import clause_titles, study_title, texts_of, verdict_names
from cfgeo.publish.words.numbers import (
    AMOUNT_DECIMALS,
    COUNTED_BASES,
    SHARE_DECIMALS,
    decimals_asked,
    decimals_beside,
    rounded,
)
from cfgeo.publish.words.sources import provenance

_TOP = 4
_LONG = ("missing", "assumption", "lacks")
_YES_NO = {"yes", "no", "True", "False", ""}
_WHOLE = ("area_m2", "length_m", "climb_m")
_BY_CLAUSE = ("verdict", "share", "minutes", "found")
_NOT_SHOWN = ("verdict", "provenance", "basis", "extra_minutes")


def write_workbook(results: Results, path: Path, *, lang: Lang) -> None:
    """Write the workbook: contents, district, matrix, street offices, communities, clauses, places, walkways, method.

    Parameters
    ----------
    results
        What a run has found out.
    path
        The file.
    lang
        Language of sheets, headings and words; the CSV tables' names of columns stand as notes on the headings.
    """
    study, columns = results.parameters["study"], _RunColumns(results, lang)
    body, origin = io.BytesIO(), provenance(results, lang)
    with written_book(
        body, lang=lang, title=study_title(study, lang), status=study["status"], provenance=origin
    ) as book:
        contents = book.add_sheet(text("report.sheet_contents", lang))
        add_district(book, results)
        add_matrix(book, results)
        _add(book, "sheet_offices", columns.offices(), frozen=1)
        if len(results.blocks):
            _add(book, "sheet_blocks", columns.blocks(), frozen=2, paper="A3")
        if len(results.zones):
            _add(book, "sheet_zones", columns.zones(), frozen=2, paper="A3")
        _add(book, "sheet_communities", columns.communities(), frozen=2, paper="A3")
        _add(book, "sheet_clauses", columns.coverage(), frozen=2, paper="A3")
        _add(book, "sheet_shortfalls", columns.shortfalls(), frozen=2, paper="A3")
        _add(book, "sheet_facilities", columns.facilities(), frozen=2, paper="A3")
        _add(book, "sheet_walkways", columns.walkways(), frozen=2)
        if results.plan is not None:
            add_plan_sheets(book, results.plan)
        add_method(book, results)
        fill_contents(book, contents)
    path.write_bytes(body.getvalue())


def _add(book: Book, key: str, columns: Sequence[Column], *, frozen: int, paper: str = "A4") -> None:
    sheet = book.add_sheet(text(f"report.{key}", book.lang), paper=paper)
    add_table(book, sheet, columns, top=_TOP, frozen=frozen, paper=paper)


@dataclass(frozen=True)
class _RunColumns:
    """The columns of each sheet of a run."""

    results: Results
    lang: Lang

    def offices(self) -> list[Column]:
        """Return the street offices: how many communities fail each required clause, and the clauses of their own.

        Names of communities would make rows of a third of a page; the sheet of the matrix has them.
        """
        table = street_office_table(self.results, self.lang)
        clauses = [clause["id"] for clause in self.results.parameters["clauses"] if clause["scope"] == "street_office"]
        by_clause = self._by_clause(table, clauses)
        share = text("report.figure_share", self.lang)  # of communities that pass, not of children
        titles = clause_titles(self.results.parameters, self.lang)
        band = text("report.band_failing", self.lang, matrix=text("report.sheet_matrix", self.lang))
        failing = [
            self._column(table, f"{clause}_failed", heading=titles[clause], band=band)
            for clause in required_clauses(self.results)
        ]
        names = _others(table, {"missing"}, [*failing, *by_clause])
        own = [self._column(table, name, heading=share if name == "share" else "") for name in names]
        return [*own, *failing, *by_clause]

    def blocks(self) -> list[Column]:
        """Return the street blocks; each clause under its own band."""
        table = block_table(self.results, self.lang)
        clauses = [clause["id"] for clause in self.results.parameters["clauses"] if clause["scope"] == "block"]
        by_clause = self._by_clause(table, clauses)
        share = text("report.figure_share", self.lang)  # of communities that pass, not of children
        first = ["name", "result", "missing", "judged", "required"]
        names = [*first, *_others(table, first, by_clause)]
        return [self._column(table, name, heading=share if name == "share" else "") for name in names] + by_clause

    def zones(self) -> list[Column]:
        """Return the zones; shares in reach under each clause, and facilities by kind under each layer."""
        table, lang = zone_table(self.results, self.lang), self.lang
        titles = clause_titles(self.results.parameters, lang)
        in_reach = self._by_clause(table, titles)
        places = []
        for name in (name for name in table.columns if name.endswith("_places")):
            layer, kind = name.removesuffix("_places").split("/", 1)
            heading, band = name_of("kind", kind, lang), name_of("layer", layer, lang)
            places.append(Column(name, heading, list(table[name]), "integer", band))
        share = text("report.figure_share", lang)  # of communities that pass, not of children
        first = ["kind_name", "name", "title", "communities", "passed", "failed", "not_assessed", "share", "touched"]
        rest = ["demand", "near_m", "names"]
        own = [self._column(table, name, heading=share if name == "share" else "") for name in [*first, *rest]]
        return [*own, *in_reach, *places]

    def communities(self) -> list[Column]:
        """Return the communities; each clause under its own band."""
        table = community_table(self.results, self.lang)
        by_clause = self._by_clause(table, clause_titles(self.results.parameters, self.lang))
        first = [
            "code", "community", "street_office", "result", "marginal", "fails_by_terrain", "few_homes", "missing",
            "judged", "required",
        ]  # fmt: skip
        return [self._column(table, name) for name in [*first, *_others(table, first, by_clause)]] + by_clause

    def coverage(self) -> list[Column]:
        """Return every community × clause."""
        table = coverage_table(self.results, self.lang)
        first = ["community", "street_office", "clause_name", "result", "share", "need", "places", "median_minutes"]
        return [self._column(table, name) for name in [*first, *_others(table, {*first, "passed"})]]

    def shortfalls(self) -> list[Column]:
        """Return the places that fall short of clauses: where they are, what they have and what is asked."""
        table = shortfall_table(self.results, self.lang)
        first = ["clause_name", "name", "community", "street_office", "lacks", "has", "asks", "result", "clause_result"]
        first += ["plan_item", "layer_name", "kind_name", "attribute_name", "clause", "facility", "code", "lon", "lat"]
        headed = {
            "result": text("report.column_status", self.lang),
            "clause_name": text("report.scorecard_clause_name", self.lang),
            "plan_item": text("report.scorecard_plan_item", self.lang),
        }
        return [self._column(table, name, heading=headed.get(name, "")) for name in first]

    def facilities(self) -> list[Column]:
        """Return the facilities with names in place of codes; what the study's files add follows as it is."""
        lang, communities = self.lang, self.results.communities
        shown = self.results.facilities[~self.results.facilities["layer"].isin(BASE_LAYERS)]
        table = pd.DataFrame(shown.drop(columns="geometry")).reset_index()
        table["layer_name"] = [name_of("layer", str(layer), lang) for layer in table["layer"]]
        table["kind_name"] = [name_of("kind", str(kind), lang) for kind in table["kind"]]
        outside = text("report.outside", lang)
        table["community_name"] = table["community"].map(communities["community"]).fillna(outside)
        table["street_office"] = table["community"].map(communities["street_office"]).fillna("")
        table = rounded(rounded(table, SHARE_DECIMALS, *RATIOS), AMOUNT_DECIMALS, "leg_m")
        first = ["layer_name", "name", "kind_name", "community_name", "street_office", "snapped", "leg_m", *RATIOS]
        names = [*first, *(name for name in _others(table, first) if table[name].notna().any())]
        code = text("report.column_code", lang)
        return [self._column(table, name, heading=code if name == "community" else "") for name in names]

    def walkways(self) -> list[Column]:
        """Return the walkways; what each clause would lose without them stands under one band."""
        table = pd.DataFrame(walkway_table(self.results, self.lang).drop(columns="geometry"))
        titles = clause_titles(self.results.parameters, self.lang)
        band = text("report.band_beyond", self.lang, who=self._who())
        lost = [
            self._column(table, name, heading=title, band=band)
            for clause, title in titles.items()
            if (name := f"{clause}_beyond") in table
        ]
        first = ["rank", "walkway"]
        return [self._column(table, name) for name in [*first, *_others(table, first, lost)]] + lost

    def _who(self) -> str:
        """Return whom the demand counts."""
        return name_of("report", f"who_{self.results.parameters['demand_basis']}", self.lang)

    @cached_property
    def _clauses(self) -> dict[str, dict[str, Any]]:
        return {clause["id"]: clause for clause in self.results.parameters["clauses"]}

    def _forms(self, values: Iterable[float], clauses: Iterable[str]) -> list[str]:
        """Return how each value is written, so that it does not contradict the verdict of its clause."""
        forms = []
        for value, clause in zip(values, (self._clauses[clause] for clause in clauses), strict=True):
            unit = need_unit(clause)
            decimals = decimals_beside(value, clause["need"], compare_of(clause), unit=unit)
            forms.append(share_form(decimals, unit) if unit else number_form([value]))
        return forms

    def _by_clause(self, table: pd.DataFrame, clauses: Iterable[str]) -> list[Column]:
        """Return what a table has of each clause, side by side under the clause's name."""
        titles = clause_titles(self.results.parameters, self.lang)
        return [
            self._column(table, name, heading=self._heading(clause, ending), band=titles[clause])
            for clause in clauses
            for ending in _BY_CLAUSE
            if (name := f"{clause}_{ending}") in table
        ]

    def _heading(self, clause: str, ending: str) -> str:
        """Return the heading of what a unit has of a clause: places, or a share of what the clause measures."""
        shares = ending == "found" and bool(need_unit(self._clauses[clause]))
        return text(f"report.column_{'share' if shares else ending}", self.lang)

    def _column(self, table: pd.DataFrame, name: str, *, heading: str = "", band: str = "") -> Column:
        """Return a column of a published table in words, with its heading and form."""
        values = list(table[name])
        known = section("report").get(f"column_{name}")
        if self._is_part(name):
            values, form = [self._part(value) for value in values], "percent"
            known = section("report")["column_demand_part"] if name == "demand" else known
        else:
            form = ""
        heading = heading or (known[self.lang].format(who=self._who()) if known else name)
        if name == "need":  # a share where children have to reach a place, a number where places are counted
            units = [need_unit(self._clauses[clause]) for clause in table["clause"]]
            forms = [
                share_form(decimals_asked(need, unit=unit), unit) if unit else number_form([need])
                for need, unit in zip(values, units, strict=True)
            ]
            return Column(name, heading, values, forms, band)
        clause = name.removesuffix("_share")
        if name in ("share", "value") and "clause" in table:
            return Column(name, heading, values, self._forms(values, table["clause"]), band)
        found = name.removesuffix("_found")
        if found != name and found in self._clauses and need_unit(self._clauses[found]):
            clause = found  # a share of a block or street office
        if clause != name and clause in self._clauses:
            return Column(name, heading, values, self._forms(values, [clause] * len(table)), band)
        words = _words(name, values, self.lang)
        form = form or _form(name, values)
        return Column(name, heading, [words.get(_key(value), value) for value in values], form, band)

    def _is_part(self, name: str) -> bool:
        """Return whether a column counts what stands for children: it is shown as a share of the district's."""
        is_demand = name in ("demand", "beyond") or name.endswith("_beyond")
        return is_demand and self.results.parameters["demand_basis"] not in COUNTED_BASES

    @cached_property
    def _whole(self) -> float:
        return float(self.results.communities["demand"].sum())

    def _part(self, value: Any) -> float | None:
        return None if pd.isna(value) or not self._whole else round(float(value) / self._whole, SHARE_DECIMALS)


def _others(table: pd.DataFrame, taken: Iterable[str], columns: Iterable[Column] = ()) -> list[str]:
    """Return the names of a table's further columns, without those that nobody reads in a workbook."""
    left_out = {*taken, *_NOT_SHOWN, *(column.name for column in columns)}
    return [name for name in map(str, table.columns) if name not in left_out]


def _key(value: Any) -> str:
    """Return a word of the tables, or a truth value, as text; "" for any other value."""
    return str(value) if isinstance(value, str | bool | np.bool_) else ""


def _words(name: str, values: Sequence[Any], lang: Lang) -> Mapping[str, str]:
    """Return what stands for the words of a column in the run's language."""
    if name.endswith("verdict") or name.startswith("verdict"):
        return verdict_names(lang)
    if {_key(value) for value in values} <= _YES_NO:
        yes, no = text("page.yes", lang), text("page.no", lang)
        return {"yes": yes, "no": no, "True": yes, "False": no}
    if name == "walker":
        return texts_of("word", lang)
    if name == "measure":
        return {str(value): name_of("report", f"measure_{value}", lang) for value in values}
    return {}


def _form(name: str, values: Sequence[Any]) -> str:
    """Return how a column is written, from its name and its values."""
    if name in ("result", "clause_result") or name.startswith("verdict") or name.endswith("_verdict"):
        return "verdict"
    if name in ("lon", "lat"):
        return "degrees"
    if name in _LONG:
        return "long"
    numbers = [float(value) for value in values if isinstance(value, int | float | np.number)]
    if not numbers:
        return "mark" if {_key(value) for value in values} <= _YES_NO else "text"
    if name.endswith("share") or name == "share_level" or name in RATIOS:
        form = "percent"
    elif name in _WHOLE or name.endswith("_beyond"):
        form = "integer"
    elif name.endswith("minutes"):
        form = "minutes"
    else:
        form = number_form(numbers)
    return form
