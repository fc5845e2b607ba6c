"""What all reports share: the facts of a run with their words, and the sections on method and data."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from cfgeo.core.results import Results
from cfgeo.core.schema import WALK_PARTS
from cfgeo.core.strings import Lang, name_of, text
from cfgeo.publish.report.paper import Cell, Grid, Paper
from cfgeo.publish.safe_text import one_line
from cfgeo.publish.tables.csv import community_table, coverage_table, route_table, street_office_table
from cfgeo.publish.tables.scorecard import ScoreLine, scorecard
from cfgeo.publish.words.clauses.shortfalls import shortfall_words, telling
from cfgeo.publish.words.clauses.standing import map_key
from cfgeo.publish.words.explanation import SHOWN_MINUTES
from cfgeo.publish.words.names import in_language, listed, study_title
from cfgeo.publish.words.numbers import COUNTED_BASES, amount, demand_text, percent
from cfgeo.publish.words.run import method_words
from cfgeo.publish.words.sources import data_sources

MAP_MM, FRONT_MM = 100.0, 84.0
"""A map is at most so high, and so is the picture of the first page."""


@dataclass(frozen=True)
class Facts:
    """A run, with its tables as they are published."""

    results: Results
    lang: Lang

    @cached_property
    def lines(self) -> list[ScoreLine]:
        """The scorecard."""
        return scorecard(self.results, self.lang)

    @cached_property
    def communities(self) -> pd.DataFrame:
        """``communities.csv`` by code."""
        return community_table(self.results, self.lang).set_index("code")

    @cached_property
    def coverage(self) -> pd.DataFrame:
        """``coverage.csv``."""
        return coverage_table(self.results, self.lang)

    @cached_property
    def offices(self) -> pd.DataFrame:
        """``street_offices.csv``."""
        return street_office_table(self.results, self.lang)

    @cached_property
    def map_key(self) -> str:
        """What the fills of its maps mean."""
        return map_key(self.results.communities, self.lang)

    @cached_property
    def routes(self) -> dict[tuple[str, str], dict[str, Any]]:
        """``routes.csv``: (code, clause) → row."""
        table = route_table(self.results, self.lang)
        rows = [dict(zip(map(str, table.columns), row, strict=True)) for row in table.itertuples(index=False)]
        return {(str(row["code"]), str(row["clause"])): row for row in rows}

    @cached_property
    def shortfalls(self) -> pd.DataFrame:
        """``shortfalls.csv``, of the clauses that are not passed."""
        return telling(shortfall_words(self.results, self.lang))

    @property
    def status(self) -> str:
        """How good the data is: official | approximate | illustrative."""
        return str(self.results.parameters["study"]["status"])

    @property
    def study(self) -> str:
        """The study's title."""
        return one_line(study_title(self.results.parameters["study"], self.lang))

    def say(self, key: str, **values: object) -> str:
        """Return a sentence of the reports."""
        return text(f"report.{key}", self.lang, **values)

    def names(self, names: Iterable[Any]) -> str:
        """Return names as a list."""
        return listed(map(one_line, names), self.lang)

    def join(self, sentences: Iterable[str]) -> str:
        """Return sentences as one paragraph; Chinese ones need no space between them."""
        return ("" if self.lang == "zh" else " ").join(sentences)

    def share(self, value: Any) -> str:
        """Return a share as a percentage."""
        return percent(value, self.lang)

    def amount(self, value: Any) -> str:
        """Return a number."""
        return amount(value, self.lang)

    def many(self, value: float) -> str:
        """Return a number of children, or of what stands for them, without decimals."""
        return self.amount(round(value))

    def demand(self, value: float) -> str:
        """Return a number of children, or a share of what stands for them, with its unit."""
        basis, whole = self.results.parameters["demand_basis"], float(self.results.communities["demand"].sum())
        return demand_text(value, self.lang, basis=basis, whole=whole)

    def without(self, row: pd.Series, out: float) -> str:
        """Return how many children of a community (a row of ``coverage``) are out of reach, or which share of homes."""
        if self.results.parameters["demand_basis"] in COUNTED_BASES:
            return self.amount(round(out))
        return self.share(1 - float(row["share"]))

    def part(self, value: float) -> str:
        """Return a number of children; of what stands for them, which share of the district's."""
        if self.results.parameters["demand_basis"] in COUNTED_BASES:
            return self.many(value)
        return self.share(value / float(self.results.communities["demand"].sum()))

    def who(self) -> str:
        """Return whom the demand counts, or what has a share of the district's."""
        return name_of("report", f"who_{self.results.parameters['demand_basis']}", self.lang)

    def minutes(self, value: Any) -> str:
        """Return minutes as published; ">30" where there is no place within the search."""
        if isinstance(value, str):
            return text("page.beyond", self.lang, search=value.lstrip(">"))
        return text("page.missing" if pd.isna(value) else "page.minutes", self.lang, number=value)

    def spent(self, route: dict[str, Any]) -> str:
        """Return what the minutes of a walk (a row of ``routes``) are spent on."""
        minutes = {part: route[f"{part}_minutes"] for part in WALK_PARTS}
        parts = [
            text("page.part_minutes", self.lang, part=name_of("page", f"part_{part}", self.lang), minutes=value)
            for part, value in minutes.items()
            if not pd.isna(value) and value >= SHOWN_MINUTES
        ]
        return listed(parts, self.lang) or text("page.missing", self.lang)

    def plan_heading(self) -> str:
        """Return the heading over the clauses; not every standard stems from a plan with numbered items."""
        return self.say("section_clauses" if all(line.item is None for line in self.lines) else "section_plan")

    def grid(self, heads: tuple[str, ...], widths: tuple[float, ...], align: str) -> Grid:
        """Return a table's heads, widths and alignment."""
        return Grid(tuple(capitalised(self.say(f"head_{head}", who=self.who())) for head in heads), widths, align)

    def note_basis(self, paper: Paper) -> None:
        """Note what numbers count if it is not children."""
        basis = self.results.parameters["demand_basis"]
        if basis != "children":
            key = "report.counted_in" if basis in COUNTED_BASES else "report.shares_in"
            paper.note(text(key, self.lang, basis=name_of("word", f"basis_{basis}", self.lang)))

    def meta(self, *, with_study: bool) -> list[str]:
        """Return the lines under a title: study, standard, status of the data."""
        standard = in_language(self.results.parameters["standard"], "title", self.lang)
        lines = [self.say("meta_study", title=self.study)] if with_study else []
        status = name_of("word", self.status, self.lang)
        return [*lines, self.say("meta_standard", title=standard), self.say("meta_status", status=status)]


def add_method(paper: Paper, facts: Facts) -> None:
    """Write how the results were computed, what they can say and what they cannot, and what was assumed."""
    paper.heading(facts.say("section_method"))
    rows: list[list[Cell]] = [[part["heading"], part["body"]] for part in method_words(facts.results, facts.lang)]
    paper.table(facts.grid(("part", "said"), (20, 136), "<<"), rows, facts.say("table_method"))
    paper.heading(facts.say("limits_title"), 2)
    paper.note(facts.say("limits"))
    paper.note(facts.say("limits_use"))
    assumed = [[item_cell(line), line.name, line.assumption] for line in facts.lines if line.assumption]
    if assumed:
        grid = facts.grid(("item", "clause", "assumption"), (11, 52, 93), "^<<")
        paper.table(grid, assumed, facts.say("table_assumptions"))


def add_data(paper: Paper, facts: Facts) -> None:
    """Write where the data comes from, and of which date it is."""
    paper.heading(facts.say("section_data"))
    grid = facts.grid(("what", "file", "source", "date", "licence"), (34, 54, 38, 17, 17), "<<<^<")
    rows = [
        [s.what, f"{s.file} {s.sha256}", s.source, s.date, s.licence] for s in data_sources(facts.results, facts.lang)
    ]
    paper.table(grid, rows, facts.say("table_data"))
    if any(text("page.data_none", facts.lang) in row for row in rows):
        paper.note(facts.say("sources_note"))


def capitalised(words: str) -> str:
    """Return a phrase as the beginning of a sentence."""
    return words[:1].upper() + words[1:]


def item_cell(line: ScoreLine) -> str:
    """Return the number of a clause in the plan; "" where it has none."""
    return "" if line.item is None else str(line.item)
