"""Which places fall short of which clause: a section of the district's report and of each street office's."""

import pandas as pd

from cfgeo.core.schema import FAILED
from cfgeo.publish.report.facts import Facts, capitalised
from cfgeo.publish.report.paper import Band, Cell, Paper
from cfgeo.publish.tables.scorecard import ScoreLine
from cfgeo.publish.words.clauses.shortfalls import shortfall_counts

_MOST = 12
"""The district's report lists so many places of a clause; the workbook has all of them."""


def add_shortfalls(paper: Paper, facts: Facts, office: str | None = None) -> None:
    """Write the places that fall short of each clause that is not passed, or may.

    Parameters
    ----------
    paper
        The report.
    facts
        The run.
    office
        The street office whose places are listed; those of the whole district where it is missing.
    """
    table = facts.shortfalls
    if office is not None:
        table = table[table["street_office"] == office]
    paper.heading(facts.say("section_shortfalls"))
    if table.empty:
        paper.sentence(facts.say("shortfalls_none"))
        return
    paper.note(facts.say("shortfalls_note"))
    lines = {line.clause: line for line in facts.lines}
    rows: list[list[Cell] | Band] = []
    for clause, places in table.groupby("clause", sort=False):
        line, most = lines[str(clause)], _MOST if office is None else len(places)
        rows += [
            Band(line.name, _said(facts, line, places)),
            *_places(facts, places.head(most), with_office=office is None),
        ]
        if len(places) > most:
            rows.append(Band("", facts.say("shortfalls_more", shown=most, count=len(places))))
    columns = [("facility", 44.0, "<"), ("kind", 26.0, "<"), ("community", 28.0, "<"), ("office", 26.0, "<")]
    columns += [("lacks", 52.0, "<"), ("status", 16.0, "^")]
    heads, widths, align = zip(*(c for c in columns if office is None or c[0] != "office"), strict=True)
    paper.table(facts.grid(heads, widths, "".join(align)), rows, facts.say("table_places"))


def _said(facts: Facts, line: ScoreLine, rows: pd.DataFrame) -> str:
    """Return what the clause asks, what was found for its whole scope, and how many of the places fall short."""
    item = "" if line.item is None else facts.say("item_of", item=line.item)
    key = "shortfalls_failed" if line.verdict == FAILED else "shortfalls_open"
    about = {"item": item, "asks": line.asks, "found": line.found_said, "counts": shortfall_counts(rows, facts.lang)}
    about["lacking"] = facts.say("lacking", names=line.lacking) if line.lacking else ""
    return capitalised(facts.say(key, **about))


def _places(facts: Facts, rows: pd.DataFrame, *, with_office: bool) -> list[list[Cell]]:
    """Return places as rows; the community of a place outside the district is empty."""
    return [
        [
            str(row["name"]),
            str(row["kind_name"] or row["layer_name"]),
            str(row["community"]) or facts.say("outside"),
            *([str(row["street_office"])] if with_office else []),
            str(row["lacks"]),
            str(row["result"]),
        ]
        for row in rows.to_dict("records")
    ]
