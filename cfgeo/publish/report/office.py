"""The report of one street office: its communities, what they lack, and how far children walk."""

import pandas as pd

from cfgeo.core.schema import FAILED, FEW_HOMES, NOT_ASSESSED, PASSED
from cfgeo.core.strings import text
from cfgeo.publish.report.facts import FRONT_MM, Facts, add_data, add_method, capitalised, item_cell
from cfgeo.publish.report.paper import Band, Cell, Grid, Paper, Verdict
from cfgeo.publish.report.plan import add_office_plan
from cfgeo.publish.report.shortfalls import add_shortfalls
from cfgeo.publish.run.units import need_unit
from cfgeo.publish.tables.scorecard import ScoreLine, open_clauses
from cfgeo.publish.words.clauses.found import compare_of, need_words
from cfgeo.publish.words.clauses.matrix import matrix
from cfgeo.publish.words.names import abridged, listed, short_name
from cfgeo.publish.words.numbers import beside_text, target_percent
from cfgeo.publish.words.story.front import front_of

_MATRIX_MM = 62.0  # for all communities side by side
_ORDER = {FAILED: 0, NOT_ASSESSED: 1, PASSED: 2}


def office_report(facts: Facts, office: str, picture: bytes | None) -> Paper:
    """Return a street office's report.

    Parameters
    ----------
    facts
        The run.
    office
        Its name, as in the tables.
    picture
        The map of the street office, PNG; None leaves it out.
    """
    title = facts.say("title_office", office=office)
    paper = Paper(facts.lang, title=title, status=facts.status, foot=facts.study)
    paper.title(title, meta=facts.meta(with_study=True))
    inside = facts.communities[facts.communities["street_office"] == office]
    coverage = facts.coverage[facts.coverage["code"].isin(inside.index)]
    _verdict(paper, facts, office)
    points = first_points(facts, [*_near_verdicts(facts, inside), *few_homes(facts, inside)], office)
    paper.first_page(picture, facts.say("map_office", office=office), points, most_mm=FRONT_MM)
    _communities(paper, facts, office, inside)
    _clauses(paper, facts, office)
    _gaps(paper, facts, inside, coverage)
    add_shortfalls(paper, facts, office)
    if facts.results.plan is not None:
        add_office_plan(paper, facts, facts.results.plan, office)
    _marginal(paper, facts, inside, coverage)
    paper.heading(facts.say("section_terrain"))
    add_terrain(paper, facts, inside, coverage)
    add_method(paper, facts)
    add_data(paper, facts)
    return paper


def _verdict(paper: Paper, facts: Facts, office: str) -> None:
    """Write how many communities pass, beside the district and its target."""
    row, district = _row(facts, office), facts.results.district
    counts = {
        "open": int(row["not_assessed"]),
        **{name: int(row[name]) for name in ("communities", "passed", "failed")},
    }
    shares = {
        "share": beside_text(row["share"], district["target"], facts.lang),
        "district": beside_text(district["share"], district["target"], facts.lang, passed=district["met"]),
    }
    target = target_percent(district["target"], facts.lang)
    paper.heading(facts.say("section_verdict"))
    paper.sentence(facts.say("verdict_office", office=office, target=target, **counts, **shares), bold=True)


def _row(facts: Facts, office: str) -> pd.Series:
    return facts.offices[facts.offices["street_office"] == office].iloc[0]


def first_points(facts: Facts, unsure: list[str], office: str | None = None) -> list[tuple[str, str]]:
    """Return the points of the first page: what holds back, what the hills cost, what next, how sure it is."""
    sure = facts.join([*unsure, open_clauses(facts.results, facts.lang)])
    return [*front_of(facts.results, facts.lang, office).points, (facts.say("lead_sure"), sure)]


def few_homes(facts: Facts, inside: pd.DataFrame) -> list[str]:
    """Return the communities in which one home decides, as a sentence, if there are any."""
    few = inside[inside["few_homes"] == "yes"]
    if few.empty:
        return []
    names = abridged(list(few["community"]), facts.lang, few=listed)
    return [facts.say("verdict_few_homes", number=len(few), least=FEW_HOMES, names=names)]


def _near_verdicts(facts: Facts, inside: pd.DataFrame) -> list[str]:
    """Return how many verdicts a little speed would change."""
    marginal = int((inside["marginal"] == "yes").sum())
    return [facts.say("verdict_marginal", number=marginal)] if marginal else []


def _communities(paper: Paper, facts: Facts, office: str, inside: pd.DataFrame) -> None:
    """Write the table of communities, those that fail most clauses first."""
    paper.heading(facts.say("section_communities"), new_page=True)
    failed = facts.results.communities.loc[inside.index, "failed"].map(len)
    ranks = pd.DataFrame({"verdict": inside["verdict"].map(_ORDER), "failed": -failed})
    order = ranks.sort_values(["verdict", "failed"], kind="stable")
    yes = {"yes": text("page.yes", facts.lang), "no": text("page.missing", facts.lang)}
    rows: list[list[Cell]] = [
        [
            str(row["community"]),
            Verdict(str(row["verdict"])),
            str(row["missing"]),
            yes[row["marginal"]],
            yes[row["fails_by_terrain"]],
            "" if pd.isna(row["demand"]) else facts.part(row["demand"]),
        ]
        for _, row in inside.loc[order.index].iterrows()
    ]
    heads = ("community", "verdict", "failed", "marginal", "terrain", "demand")
    grid = facts.grid(heads, (24, 15, 82, 13, 14, 17), "<^<^^>")
    paper.table(grid, rows, facts.say("table_communities", office=office))
    facts.note_basis(paper)


def _clauses(paper: Paper, facts: Facts, office: str) -> None:
    """Write clauses against communities, and whether the street office and its blocks pass clauses of their own."""
    paper.heading(facts.plan_heading())
    table, lines = matrix(facts.results), {line.clause: line for line in facts.lines}
    inside = table.communities[table.communities["street_office"] == office]
    rows: list[list[Cell]] = [
        [
            item_cell(lines[clause["id"]]),
            lines[clause["id"]].name,
            lines[clause["id"]].asks,
            *(Verdict(str(table.verdicts.loc[clause["id"], code]), short=True) for code in inside.index),
        ]
        for clause in table.clauses
    ]
    grid = facts.grid(("item", "clause", "asks"), (9.0, 40.0, 48.0), "^<<")
    each = _MATRIX_MM / max(len(inside), 1)
    names = tuple(short_name(str(name)) for name in inside["community"])
    grid = Grid((*grid.heads, *names), (*grid.widths, *[each] * len(names)), grid.align + "^" * len(names), len(names))
    paper.table(grid, rows, facts.say("table_plan", office=office))
    units = [(office, "street_office", _row(facts, office))]
    units += [(name, "block", block) for name, block in _blocks_of(facts, office)]
    own = [
        _own_clause(facts, name, row, line) for name, scope, row in units for line in facts.lines if line.scope == scope
    ]
    if own:
        grid = facts.grid(("item", "unit", "clause", "found", "asked", "verdict"), (11, 30, 57, 17, 24, 17), "^<<>>^")
        paper.table(grid, own, facts.say("table_own"))


def _blocks_of(facts: Facts, office: str) -> list[tuple[str, pd.Series]]:
    """Return the street blocks that lie in a street office, or that it reaches into, with their names."""
    blocks = facts.results.blocks
    if blocks.empty:
        return []
    communities = facts.results.communities
    inside = communities[communities["street_office"] == office]
    within = blocks.geometry.map(lambda shape: inside.geometry.representative_point().intersects(shape).any())
    return [(str(row["name"]), row) for _, row in blocks[within].iterrows()]


def _own_clause(facts: Facts, name: str, row: pd.Series, line: ScoreLine) -> list[Cell]:
    """Return how a street office or street block does on a clause of its own, as a row."""
    clause = next(clause for clause in facts.results.parameters["clauses"] if clause["id"] == line.clause)
    verdict, found = str(row[f"{line.clause}_verdict"]), row[f"{line.clause}_found"]
    compare, unit = compare_of(clause), need_unit(clause)
    shown, asked = text("page.missing", facts.lang), need_words(clause["need"], compare, facts.lang, unit=unit)
    if verdict != NOT_ASSESSED and pd.notna(found):
        shown = beside_text(found, clause["need"], facts.lang, compare=compare, passed=verdict == PASSED, unit=unit)
    return [item_cell(line), name, line.name, shown, asked, Verdict(verdict)]


def _gaps(paper: Paper, facts: Facts, inside: pd.DataFrame, coverage: pd.DataFrame) -> None:
    """Write the clauses that fail somewhere: which are out of reach, for whom, and of which there is too little."""
    paper.heading(facts.say("section_gaps"))
    failing = coverage[coverage["verdict"] == FAILED]
    by_clause = {str(clause): rows for clause, rows in failing.groupby("clause", sort=False)}
    lines = sorted((line for line in facts.lines if line.clause in by_clause), key=lambda line: not line.required)
    if not lines:
        paper.sentence(facts.say("gap_nothing"))
        return
    walked = [line for line in lines if (by_clause[line.clause]["measure"] == "reach").all()]
    if walked:
        paper.note(facts.say("gap_note"))
        cells: list[list[Cell] | Band] = []
        for line in walked:
            rows = by_clause[line.clause]
            said = facts.say("gap_reach", failed=len(rows), demand=facts.demand(float(_out_of_reach(rows).sum())))
            cells += [Band(line.name, facts.join([_asks(facts, line), said])), *_walks(facts, line, rows)]
        heads = ("community", "covered", "out", "place", "minutes", "spent")
        grid = facts.grid(heads, (24, 14, 15, 36, 19, 62), "<>><><")
        paper.table(grid, cells, facts.say("table_gaps"))
        facts.note_basis(paper)
    few = [_too_few(facts, inside, line, by_clause[line.clause]) for line in lines if line not in walked]
    if few:
        columns = ("item", "clause", "asks", "number", "short", "children")
        paper.table(facts.grid(columns, (11, 32, 42, 11, 50, 26), "^<<><>"), few, facts.say("table_few"))


def _too_few(facts: Facts, inside: pd.DataFrame, line: ScoreLine, rows: pd.DataFrame) -> list[Cell]:
    """Return the communities that have too little of a clause, as a row; and how many children that touches."""
    asks = facts.say("asks_required", asks=line.asks) if line.required else line.asks
    touched = float(inside.loc[rows["code"], "demand"].sum())
    if (rows["measure"] == "all_reach").all():
        touched = float(_out_of_reach(rows).sum())
    return [item_cell(line), line.name, asks, str(len(rows)), facts.names(rows["community"]), facts.demand(touched)]


def _asks(facts: Facts, line: ScoreLine) -> str:
    """Return what a clause asks, as a sentence that begins with its item in the plan, where it has one."""
    item = "" if line.item is None else facts.say("item_of", item=line.item)
    return capitalised(facts.say("gap_required" if line.required else "gap_other", item=item, asks=line.asks))


def _out_of_reach(rows: pd.DataFrame) -> pd.Series:
    """Return the demand of each community that is out of reach."""
    return rows["demand"].astype(float) * (1 - rows["share"].astype(float))


def _walks(facts: Facts, line: ScoreLine, rows: pd.DataFrame) -> list[list[Cell]]:
    """Return the communities that fail a clause, each with the walk of its median child."""
    cells: list[list[Cell]] = []
    for (_, row), out in zip(rows.iterrows(), _out_of_reach(rows), strict=True):
        route = facts.routes.get((str(row["code"]), line.clause), {})
        place = str(route.get("place") or facts.say("no_name")) if route.get("facility") else facts.say("no_place")
        cells.append(
            [
                str(row["community"]),
                facts.share(row["share"]),
                facts.without(row, out),
                place,
                facts.minutes(row["median_minutes"]),
                facts.spent(route) if route else "",
            ]
        )
    return cells


def _marginal(paper: Paper, facts: Facts, inside: pd.DataFrame, coverage: pd.DataFrame) -> None:
    """List the clauses whose verdicts make a community's verdict marginal."""
    paper.heading(facts.say("section_marginal"))
    required = _required(facts)
    codes = inside.index[inside["marginal"] == "yes"]
    differs = (coverage["verdict"] != coverage["verdict_slower"]) | (coverage["verdict"] != coverage["verdict_faster"])
    rows = coverage[differs & coverage["code"].isin(codes) & coverage["clause"].isin(list(required))]
    if rows.empty:
        paper.sentence(facts.say("marginal_none"))
        return
    paper.note(facts.say("marginal_note"))
    cells: list[list[Cell]] = [
        [
            str(row["community"]),
            required[row["clause"]],
            facts.share(row["share"]),
            facts.share(row["need"]),
            *(Verdict(str(row[name])) for name in ("verdict", "verdict_slower", "verdict_faster")),
        ]
        for _, row in rows.sort_values("code", kind="stable").iterrows()
    ]
    heads = ("community", "clause", "covered", "need", "verdict", "slower", "faster")
    paper.table(facts.grid(heads, (28, 52, 17, 16, 18, 18, 18), "<<>>^^^"), cells, facts.say("table_marginal"))


def add_terrain(paper: Paper, facts: Facts, inside: pd.DataFrame, coverage: pd.DataFrame) -> None:
    """List the communities that would pass if their streets were level, with the clauses that they fail."""
    codes, required = inside.index[inside["fails_by_terrain"] == "yes"], _required(facts)
    failing = coverage["code"].isin(codes) & (coverage["verdict"] == FAILED) & coverage["clause"].isin(list(required))
    rows = coverage[failing]
    if rows.empty:
        paper.sentence(facts.say("terrain_none"))
        return
    paper.note(facts.say("terrain_note"))
    cells: list[list[Cell]] = [
        [
            str(row["community"]),
            str(row["street_office"]),
            required[row["clause"]],
            facts.share(row["share"]),
            facts.share(row["share_level"]),
            facts.share(row["need"]),
        ]
        for _, row in rows.sort_values(["street_office", "code"], kind="stable").iterrows()
    ]
    grid = facts.grid(("community", "office", "clause", "covered", "level", "need"), (28, 28, 52, 17, 17, 17), "<<<>>>")
    paper.table(grid, cells, facts.say("table_terrain"))


def _required(facts: Facts) -> dict[str, str]:
    """Return the names of the required clauses, by id."""
    return {line.clause: line.name for line in facts.lines if line.required}
