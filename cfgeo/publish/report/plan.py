"""The sections that a plan adds to the reports: what to build in the district, what a street office needs."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from cfgeo.core.plan import Plan
from cfgeo.core.strings import Lang, text
from cfgeo.publish.report.facts import MAP_MM, Facts, capitalised
from cfgeo.publish.report.paper import Cell, Grid, Paper
from cfgeo.publish.words.clauses.planned import Listing, plan_listings
from cfgeo.publish.words.frontier import frontier_chart
from cfgeo.publish.words.names import listed, separated
from cfgeo.publish.words.plan import (
    action_words,
    asked_words,
    costs,
    decided_words,
    headline_words,
    held_words,
    is_proven,
    left_words,
)

PICTURE_MM = 80.0
"""The frontier is so high."""

_WIDTHS = {
    "rank": 12, "project": 40, "what": 32, "where": 25, "cost": 14, "so_far": 18, "passed": 14, "adds": 33,
    "office": 28, "clauses": 80, "demand": 20,
}  # fmt: skip
_NUMBER_WIDTH, _WORDS_WIDTH = 15.0, 38.0
_NOTHING = "–"
_ALIGN = {"rank": "^", "cost": ">", "so_far": ">", "passed": ">", "demand": ">"}


class Pictures(NamedTuple):
    """Pictures of a plan, PNG: the numbered map, and the frontier."""

    map: bytes
    frontier: bytes


def add_district_plan(paper: Paper, facts: Facts, plan: Plan, pictures: Pictures | None) -> None:
    """Write what to build in the district, in which order, what it costs, and who stays out of reach."""
    lang = facts.lang
    paper.heading(_say("section_district", lang))
    first, proof = headline_words(plan, lang)
    paper.sentence(first, bold=True)
    paper.sentence(facts.join([asked_words(plan, lang), proof]))
    for sentence in decided_words(plan, lang):
        paper.sentence(sentence)
    if pictures is not None:
        paper.picture(pictures.map, _say("map_plan", lang), key=_say("map_key", lang), most_mm=MAP_MM)
    _order(paper, facts, plan)
    if pictures is not None:
        note = frontier_chart(plan, lang).note
        paper.picture(pictures.frontier, _say("map_frontier", lang), key=note, most_mm=PICTURE_MM)
    paper.sentence(held_words(plan, lang)[0])
    if len(plan.held):
        rows: list[list[Cell]] = [
            [str(row["community"]), str(row["street_office"]), _clauses(row["clauses"], plan, lang)]
            for row in plan.held.to_dict("records")
        ]
        paper.table(_grid(("where", "office", "clauses"), facts), rows, _say("table_held", lang))
    for sentence in left_words(plan, lang):
        paper.sentence(sentence)
    for listing in plan_listings(plan, lang):
        paper.table(_listing_grid(listing), [list(row) for row in listing.rows], listing.title)


def _listing_grid(listing: Listing) -> Grid:
    """Return the heads of a table in words; numbers take less room and stand to the right."""
    numbers = [key in listing.numbers for key in listing.keys]
    widths = tuple(_NUMBER_WIDTH if number else _WORDS_WIDTH for number in numbers)
    return Grid(listing.heads, widths, "".join(">" if number else "<" for number in numbers))


def add_office_plan(paper: Paper, facts: Facts, plan: Plan, office: str) -> None:
    """Write what it takes for a street office's communities to pass, and what the district's plan does there."""
    lang = facts.lang
    paper.heading(_say("section_office", lang))
    row: dict[Any, Any] = plan.offices.loc[office].to_dict()
    counts = {name: int(row[name]) for name in ("communities", "passed_before", "passed_after")}
    now = {"communities": counts["communities"], "before": counts["passed_before"], "after": counts["passed_after"]}
    paper.sentence(_say("office_now", lang, office=office, **now), bold=True)
    paper.sentence(_full(row, facts, plan))
    held = [plan.held.loc[code] for code in row["held_codes"] if code in plan.held.index]
    if held:
        names = [
            _say("held_one", lang, community=row["community"], clauses=_clauses(row["clauses"], plan, lang))
            for row in held
        ]
        paper.sentence(_say("office_held", lang, names=listed(names, lang)))
    else:
        paper.sentence(_say("office_all", lang, office=office))
    _concerning(paper, facts, plan, office)


def _full(row: dict[Any, Any], facts: Facts, plan: Plan) -> str:
    """Return what it takes for all communities of a street office (a row of ``Plan.offices``) that can pass."""
    lang, ids = facts.lang, row["full_projects"]
    if np.isnan(row["full_cost"]):
        return _say("office_together" if np.isinf(row["full_bound"]) else "office_unknown", lang)
    if not ids:
        return _say("office_done", lang)
    money = {"cost": costs(row["full_cost"], plan, lang), "bound": costs(row["full_bound"], plan, lang)}
    names = facts.names(plan.projects["name"].get(project, project) for project in ids)
    key = "office_full" if is_proven(row["full_cost"], row["full_bound"]) else "office_full_open"
    return _say(key, lang, count=len(ids), names=names, **money)


def _order(paper: Paper, facts: Facts, plan: Plan) -> None:
    """Write the table of projects in the order in which to build them."""
    rows: list[list[Cell]] = [
        [
            str(int(row["rank"])),
            str(row["name"]),
            action_words(plan.listed.by_id[row["project"]], facts.lang),
            str(row["community"]),
            facts.amount(row["cost"]),
            facts.amount(row["cost_so_far"]),
            str(int(row["passed"])),
            facts.names(row["adds_names"]) or _NOTHING,
        ]
        for row in plan.built.reset_index().to_dict("records")
    ]
    heads = ("rank", "project", "what", "where", "cost", "so_far", "passed", "adds")
    if rows:
        paper.table(_grid(heads, facts), rows, _priced(plan, _say("table_order", facts.lang), facts.lang))


def _concerning(paper: Paper, facts: Facts, plan: Plan, office: str) -> None:
    """Write the table of projects that lie in a street office, or by which its communities pass."""
    inside = plan.before[plan.before["street_office"] == office]
    rows: list[list[Cell]] = []
    for row in plan.built.reset_index().to_dict("records"):
        added = [code for code in row["adds_codes"] if code in inside.index]
        if added or row["street_office"] == office:
            what = action_words(plan.listed.by_id[row["project"]], facts.lang)
            rows.append(
                [
                    str(int(row["rank"])),
                    str(row["name"]),
                    what,
                    str(row["community"]),
                    facts.amount(row["cost"]),
                    facts.names(inside.loc[added, "community"]) or _NOTHING,
                    facts.amount(round(row["adds_demand"])),
                ]
            )
    if not rows:
        paper.sentence(_say("office_none", facts.lang))
        return
    heads = ("rank", "project", "what", "where", "cost", "adds", "demand")
    caption = _priced(plan, _say("table_office", facts.lang, office=office), facts.lang)
    paper.table(_grid(heads, facts), rows, caption)


def _clauses(ids: Iterable[str], plan: Plan, lang: Lang) -> str:
    """Return the names of clauses as a list."""
    return separated([plan.titles[clause][lang] for clause in ids], lang)


def _priced(plan: Plan, caption: str, lang: Lang) -> str:
    """Return the caption of a table with costs. The unit stands there, since the columns are narrow."""
    return _say("in_unit", lang, table=caption, unit=plan.listed.unit) if plan.listed.unit else caption


def _grid(heads: Sequence[str], facts: Facts) -> Grid:
    """Return a table's heads, with the width and alignment that each has."""
    words = tuple(capitalised(_say(f"head_{head}", facts.lang, who=facts.who())) for head in heads)
    widths = tuple(float(_WIDTHS[head]) for head in heads)
    return Grid(words, widths, "".join(_ALIGN.get(head, "<") for head in heads))


def _say(key: str, lang: Lang, **values: object) -> str:
    return text(f"run_plan.{key}", lang, **values)
