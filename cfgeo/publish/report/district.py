"""The report of the district: its result, street office by street office, and item by item of the plan."""

import math
from dataclasses import replace

import geopandas as gpd
import pandas as pd
import shapely

from cfgeo.core.strings import text
from cfgeo.publish.report.facts import FRONT_MM, Facts, add_data, add_method, item_cell
from cfgeo.publish.report.office import add_terrain, few_homes, first_points
from cfgeo.publish.report.paper import Cell, Paper, Verdict
from cfgeo.publish.report.plan import Pictures, add_district_plan
from cfgeo.publish.report.shortfalls import add_shortfalls
from cfgeo.publish.tables.csv import crossing_table, school_route_table, walkway_table
from cfgeo.publish.tables.scorecard import headline

_MOST = 15
"""The report lists so many crossings and streets; the CSV tables have more."""


def district_report(facts: Facts, picture: bytes | None, pictures: Pictures | None = None) -> Paper:
    """Return the district's report.

    Parameters
    ----------
    facts
        The run.
    picture
        The map of the district, PNG; None leaves it out.
    pictures
        Of the run's plan, where it has one.
    """
    title = facts.say("title_district", title=facts.study)
    paper = Paper(facts.lang, title=title, status=facts.status, foot=facts.study)
    paper.title(title, meta=facts.meta(with_study=False))
    paper.heading(facts.say("section_verdict"))
    paper.sentence(headline(facts.results, facts.lang), bold=True)
    marginal = int(facts.results.district["marginal"])
    unsure = [facts.say("verdict_marginal", number=marginal)] if marginal else []
    points = first_points(facts, [*unsure, *few_homes(facts, facts.communities)])
    paper.first_page(picture, facts.say("map_district"), points, most_mm=FRONT_MM)
    _offices(paper, facts)
    _scorecard(paper, facts)
    add_shortfalls(paper, facts)
    if facts.results.plan is not None:
        add_district_plan(paper, facts, facts.results.plan, pictures)
    paper.heading(facts.say("section_terrain"))
    add_terrain(paper, facts, facts.communities, facts.coverage)
    _walkways(paper, facts)
    _school(paper, facts)
    add_method(paper, facts)
    add_data(paper, facts)
    return paper


def _offices(paper: Paper, facts: Facts) -> None:
    """Write the ranking of the street offices."""
    paper.heading(facts.say("section_offices"), new_page=True)
    order = ["share", "communities"]
    ranked = facts.offices.sort_values(order, ascending=False, kind="stable", na_position="last")
    places = ranked["share"].rank(method="min", ascending=False)
    if len(places) > 1 and len(set(places)) == 1:
        places[:] = math.nan  # nobody stands first where all do equally well
    rows: list[list[Cell]] = [
        [
            facts.amount(place),
            str(row["street_office"]),
            *(facts.amount(row[name]) for name in ("communities", "passed", "failed", "not_assessed", "marginal")),
            facts.share(row["share"]),
        ]
        for (_, row), place in zip(ranked.iterrows(), places, strict=True)
    ]
    heads = ("rank", "office", "communities", "passed", "failing", "open", "marginal", "share")
    paper.table(facts.grid(heads, (14, 38, 26, 16, 16, 16, 18, 18), "^<>>>>>>"), rows, facts.say("table_offices"))
    paper.note(facts.say("ranking_note"))


def _scorecard(paper: Paper, facts: Facts) -> None:
    """Write the scorecard: each clause, what it asks, what was found."""
    paper.heading(facts.plan_heading())
    rows: list[list[Cell]] = [
        [
            item_cell(line),
            line.name,
            line.asks,
            line.found_said,
            Verdict(line.verdict),
            line.missing if not line.lacking else f"{line.missing}{facts.say('lacking', names=line.lacking)}",
        ]
        for line in facts.lines
    ]
    grid = facts.grid(("item", "clause", "asks", "found", "verdict", "gap"), (12, 44, 46, 16, 16, 26), "^<<>^<")
    paper.table(grid, rows, facts.say("table_scorecard"))
    paper.note(facts.say("scorecard_note"))


def _walkways(paper: Paper, facts: Facts) -> None:
    """Write the table of walkways and of what would be lost without each."""
    table = pd.DataFrame(walkway_table(facts.results, facts.lang).drop(columns="geometry"))
    paper.heading(facts.say("section_walkways"))
    if table.empty:
        paper.sentence(facts.say("walkways_none"))
        return
    paper.sentence(text("page.walkways_caption", facts.lang))
    lost = {f"{line.clause}_beyond": line.name for line in facts.lines if f"{line.clause}_beyond" in table}
    rows: list[list[Cell]] = [
        [
            facts.amount(row["rank"]),
            str(row["walkway"]),
            facts.amount(round(row["length_m"])),
            facts.amount(round(row["climb_m"])),
            facts.part(row["beyond"]),
            _worst(facts, row[list(lost)].astype(float), lost),
        ]
        for _, row in table.iterrows()
    ]
    heads = ("rank", "walkway", "length", "climb", "beyond", "worst")
    paper.table(facts.grid(heads, (14, 32, 20, 20, 26, 50), "^<>>><"), rows, facts.say("table_walkways"))
    facts.note_basis(paper)


def _worst(facts: Facts, lost: pd.Series, names: dict[str, str]) -> str:
    """Return the clause whose places most children would lose, and how many would."""
    if lost.empty or not lost.max() > 0:
        return text("page.missing", facts.lang)
    worst = str(lost.idxmax())
    return text("page.walkway_lost", facts.lang, clause=names[worst], many=facts.demand(lost[worst]))


def _school(paper: Paper, facts: Facts) -> None:
    """Write the tables of crossings and streets on the way to school."""
    paper.heading(facts.say("section_school"))
    crossings = crossing_table(facts.results, facts.lang).head(_MOST)
    streets = school_route_table(facts.results, facts.lang).head(_MOST)
    if crossings.empty and streets.empty:
        paper.sentence(facts.say("school_none"))
        return
    paper.sentence(text("page.school_note", facts.lang))
    _busiest(paper, facts, crossings, ("rank", "where", "road", "cross"), facts.say("table_crossings"))
    _busiest(paper, facts, streets, ("rank", "where", "road", "walk"), facts.say("table_streets"))
    facts.note_basis(paper)


def _busiest(paper: Paper, facts: Facts, table: gpd.GeoDataFrame, heads: tuple[str, ...], caption: str) -> None:
    """Write a table of crossings or streets, if it has rows; a further column for each school clause."""
    schools = {f"{line.clause}_demand": line.name for line in facts.lines if f"{line.clause}_demand" in table}
    grid = facts.grid(heads, (12, 36, 36, 18), "^<<>")
    grid = replace(
        grid,
        heads=(*grid.heads, *schools.values()),
        widths=(*grid.widths, *[30.0] * len(schools)),
        align=grid.align + ">" * len(schools),
    )
    unnamed = text("page.street_unnamed", facts.lang)
    rows: list[list[Cell]] = [
        [
            facts.amount(row["rank"]),
            community,
            str(row["name"] or unnamed),
            *(facts.part(row[name]) for name in ("total", *schools)),
        ]
        for (_, row), community in zip(table.iterrows(), _communities_of(facts, table), strict=True)
    ]
    if rows:
        paper.table(grid, rows, caption)


def _communities_of(facts: Facts, table: gpd.GeoDataFrame) -> list[str]:
    """Return the community in which the middle of each line, or each point, lies; the first where several do."""
    communities = facts.results.communities
    points = shapely.point_on_surface(table.geometry.to_numpy())
    point, community = communities.sindex.query(points, predicate="intersects")
    names = dict(zip(point[::-1], communities["community"].to_numpy()[community[::-1]], strict=True))
    outside = facts.say("outside")
    return [str(names.get(i, outside)) for i in range(len(points))]
