"""What a plan moves, clause by clause, how far its list is, and its years: tables in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from cfgeo.core.plan import Plan
from cfgeo.core.schema import PASSED
from cfgeo.core.strings import Lang, name_list, name_of, text
from cfgeo.publish.run.units import found_unit
from cfgeo.publish.words.clauses.found import found_compare
from cfgeo.publish.words.names import verdict_names
from cfgeo.publish.words.numbers import amount, beside_text, need_text

_STAGES = ("planned", "begun", "done", "dropped")
_COUNTS = ("projects", *_STAGES)
_MONEY = ("cost", "spent", "left")


@dataclass(frozen=True)
class Listing:
    """A table in words.

    Attributes
    ----------
    title : str
    heads : tuple of str
        Keys of the columns are those of ``plan.column_…``.
    keys : tuple of str
    rows : list of tuple of str
    numbers : frozenset of str
        Keys of the columns that hold numbers.
    """

    title: str
    heads: tuple[str, ...]
    keys: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    numbers: frozenset[str] = frozenset()


def plan_listings(plan: Plan, lang: Lang) -> list[Listing]:
    """Return the tables of a plan that have rows: its years, the clauses, the progress of its list."""
    every = (year_listing(plan, lang), clause_listing(plan, lang), progress_listing(plan, lang))
    return [listing for listing in every if listing.rows]


def clause_listing(plan: Plan, lang: Lang) -> Listing:
    """Return every clause now, with the plan, and what was asked for."""
    names, verdicts = plan.projects["name"], verdict_names(lang)
    rows = [
        (
            plan.titles[str(clause)][lang],
            value_text(row, "before", lang),
            value_text(row, "after", lang),
            need_text(row["asked"], lang, unit=found_unit(row)),
            need_text(row["target"], lang, unit=found_unit(row)),
            verdicts[row["verdict_after"]],
            name_list([names.get(i, i) for i in row["built"]], lang) if row["built"] else "",
            str(row["listed"]),
        )
        for clause, row in _records(plan.clauses)
    ]
    keys = ("clause", "before", "after", "asked", "target", "verdict", "movers", "listed")
    return _listing("table_clauses", keys, rows, frozenset(keys[1:5]) | {"listed"}, plan, lang)


def progress_listing(plan: Plan, lang: Lang) -> Listing:
    """Return how far the list is: all of it, by status, street office and clause."""
    rows = [
        (
            progress_name(row, plan, lang),
            *(str(int(row[key])) for key in _COUNTS),
            *(amount(row[key], lang) for key in _MONEY),
            str(int(row["built"])),
            amount(row["plan_cost"], lang),
        )
        for row in plan.progress.to_dict("records")
    ]
    keys = ("group", *_COUNTS, "whole_cost", "spent", "left", "in_plan", "plan_cost")
    return _listing("table_progress", keys, rows, frozenset(keys[1:]), plan, lang)


def year_listing(plan: Plan, lang: Lang) -> Listing:
    """Return the years: money, what begins and is ready, and the communities that pass."""
    names = plan.projects["name"]

    def named(ids: Any) -> str:
        return name_list([names.get(i, i) for i in ids], lang) if ids else ""

    rows = [
        (
            str(year),
            amount(row["budget"], lang),
            amount(row["paid"], lang),
            named(row["begins"]),
            named(row["ready"]),
            str(int(row["passed"])),
        )
        for year, row in _records(plan.years)
    ]
    keys = ("in_year", "budget", "paid", "begins_names", "ready", "passed")
    return _listing("table_years", keys, rows, frozenset(("budget", "paid", "passed")), plan, lang)


def progress_name(row: dict[Any, Any], plan: Plan, lang: Lang) -> str:
    """Return the name of a row of ``Plan.progress``."""
    by, key = row["by"], str(row["key"])
    if by == "all":
        return text("plan.progress_all", lang)
    if by == "stage":
        return stage_name(key, lang)
    if by == "clause":
        return text("plan.progress_clause", lang, clause=plan.titles[key][lang])
    return key or text("plan.progress_nowhere", lang)


def stage_name(stage: str | None, lang: Lang) -> str:
    """Return how far a project is, in words."""
    return name_of("plan", f"stage_{stage or 'planned'}", lang)


def value_text(row: Any, key: str, lang: Lang) -> str:
    """Return a value of a clause (a row of ``Plan.clauses``), with digits that do not contradict its verdict."""
    verdict = row["verdict_after" if key == "after" else "verdict_before"]
    need = row["asked"] if pd.isna(row["target"]) else row["target"]
    passed = verdict == PASSED if pd.isna(row["target"]) and verdict in {"passed", "failed"} else None
    return beside_text(row[key], need, lang, compare=found_compare(row), passed=passed, unit=found_unit(row))


def target_words(plan: Plan, lang: Lang) -> list[str]:
    """Return the clauses that the plan has targets for, each with its target."""
    return [
        text("plan.asked_clause", lang, clause=plan.titles[str(clause)][lang],
             target=need_text(row["target"], lang, unit=found_unit(row)))
        for clause, row in _records(plan.clauses)
        if not pd.isna(row["target"])
    ]  # fmt: skip


def moved_words(plan: Plan, lang: Lang) -> list[str]:
    """Return the clauses that the plan moves or was asked to, each with its value before and after."""
    lines = []
    for clause, row in _records(plan.clauses):
        asked = not pd.isna(row["target"])
        if not asked and (pd.isna(row["after"]) or row["before"] == row["after"]):
            continue
        values = {"clause": plan.titles[str(clause)][lang], "before": value_text(row, "before", lang),
                  "after": value_text(row, "after", lang)}  # fmt: skip
        key = "plan.moved_asked" if asked else "plan.moved"
        lines.append(text(key, lang, target=need_text(row["target"], lang, unit=found_unit(row)), **values))
    return [text("plan.moved_head", lang), *lines] if lines else []


def progress_words(plan: Plan, lang: Lang) -> list[str]:
    """Return in a sentence how far the list is."""
    every = plan.progress[plan.progress["by"] == "all"].to_dict("records")
    return [
        text(
            "plan.progress",
            lang,
            unit=plan.listed.unit,
            **{key: str(int(row[key])) for key in _COUNTS},
            **{key: amount(row[key], lang) for key in _MONEY},
        )
        for row in every
    ]


def year_words(plan: Plan, lang: Lang) -> list[str]:
    """Return what is paid and ready in each year."""
    unit = plan.listed.unit
    return [
        text("plan.year", lang, year=year, budget=budget, paid=paid, unit=unit, ready=ready or "–", passed=passed)
        for year, budget, paid, _, ready, passed in year_listing(plan, lang).rows
    ]


def _records(table: pd.DataFrame) -> list[tuple[Any, dict[Any, Any]]]:
    return list(zip(table.index, table.to_dict("records"), strict=True))


def _listing(
    title: str, keys: tuple[str, ...], rows: Sequence[tuple[str, ...]], numbers: frozenset[str], plan: Plan, lang: Lang
) -> Listing:
    heads = tuple(text(f"plan.column_{key}", lang, unit="", basis="") for key in keys)
    named = name_of("plan", title, lang)
    caption = text("run_plan.in_unit", lang, table=named, unit=plan.listed.unit) if plan.listed.unit else named
    return Listing(named if title == "table_clauses" else caption, heads, keys, rows, numbers)
