"""The report of one street office: its communities, what they lack, and how far children walk."""

from typing import Any

import pandas as pd

from cfgeo.core.schema import FAILED, FEW_HOMES, NOT_ASSESSED, PASSED
from cfgeo.core.strings import name_of, text
from cfgeo.publish.report.facts import MAP_MM, Facts, add_data, add_method, capitalised, item_cell
from cfgeo.publish.report.paper import Cell, Paper, Verdict
from cfgeo.publish.report.plan import add_office_plan
from cfgeo.publish.report.shortfalls import add_shortfalls
from cfgeo.publish.run.units import need_unit
from cfgeo.publish.tables.scorecard import Line, open_clauses
from cfgeo.publish.words.clauses.found import compare_of, need_words
from cfgeo.publish.words.numbers import beside_text, target_percent

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
    paper.picture(picture, facts.say("map_office", office=office), key=facts.map_key, most_mm=MAP_MM)
    sentences = [*most_failed(facts, inside), *_near_verdicts(facts, inside), *few_homes(facts, inside)]
    paper.sentence(facts.join([*sentences, open_clauses(facts.results, facts.lang)]))
    _communities(paper, facts, office, inside)
    _clauses(paper, facts, office, coverage)
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


def most_failed(facts: Facts, inside: pd.DataFrame) -> list[str]:
    """Return the required clause that most communities fail, as a sentence, if any fails."""
    failed = facts.results.communities.loc[inside.index, "failed"].explode().dropna()
    if failed.empty:
        return []
    counts = failed.value_counts(sort=False)
    clause = next(line for line in facts.lines if counts.get(line.clause) == counts.max())
    key = "verdict_most_one" if counts.max() == 1 else "verdict_most"
    return [facts.say(key, clause=clause.name, number=int(counts.max()))]


def few_homes(facts: Facts, inside: pd.DataFrame) -> list[str]:
    """Return the communities in which one home decides, as a sentence, if there are any."""
    few = inside[inside["few_homes"] == "yes"]
    if few.empty:
        return []
    return [facts.say("verdict_few_homes", number=len(few), least=FEW_HOMES, names=facts.names(few["community"]))]


def _near_verdicts(facts: Facts, inside: pd.DataFrame) -> list[str]:
    """Return how many verdicts a little speed, or level streets, would change."""
    marginal, terrain = inside[inside["marginal"] == "yes"], inside[inside["fails_by_terrain"] == "yes"]
    sentences = [facts.say("verdict_marginal", number=len(marginal))] if len(marginal) else []
    if len(terrain):
        sentences.append(facts.say("verdict_terrain", number=len(terrain), names=facts.names(terrain["community"])))
    return sentences


def _communities(paper: Paper, facts: Facts, office: str, inside: pd.DataFrame) -> None:
    """Write the table of communities, those that fail most clauses first."""
    paper.heading(facts.say("section_communities"))
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
            "" if pd.isna(row["demand"]) else facts.many(row["demand"]),
        ]
        for _, row in inside.loc[order.index].iterrows()
    ]
    heads = ("community", "verdict", "failed", "marginal", "terrain", "demand")
    grid = facts.grid(heads, (28, 17, 62, 15, 17, 19), "<^<^^>")
    paper.table(grid, rows, facts.say("table_communities", office=office))
    facts.note_basis(paper)


def _clauses(paper: Paper, facts: Facts, office: str, coverage: pd.DataFrame) -> None:
    """Write for each clause how many communities pass it, and whether the street office passes its own clauses."""
    paper.heading(facts.plan_heading())
    counts = coverage.groupby(["clause", "verdict"]).size()
    rows: list[list[Cell]] = [
        [
            item_cell(line),
            line.name,
            line.asks,
            *(str(counts.get((line.clause, verdict), 0)) for verdict in (PASSED, FAILED, NOT_ASSESSED)),
        ]
        for line in facts.lines
        if line.scope == "community"
    ]
    grid = facts.grid(("item", "clause", "asks", "passed", "failing", "open"), (12, 50, 58, 13, 13, 13), "^<<>>>")
    paper.table(grid, rows, facts.say("table_plan", office=office))
    clauses = {clause["id"]: clause for clause in facts.results.parameters["clauses"]}
    row = _row(facts, office)
    for line in facts.lines:
        if line.scope == "street_office":
            paper.sentence(_unit_clause(facts, row, line, clauses[line.clause]))
    for name, block in _blocks_of(facts, office):
        lines = [line for line in facts.lines if line.scope == "block"]
        said = [_unit_clause(facts, block, line, clauses[line.clause]) for line in lines]
        paper.sentence(facts.say("named", heading=name, body=facts.join(said)))


def _blocks_of(facts: Facts, office: str) -> list[tuple[str, pd.Series]]:
    """Return the street blocks that lie in a street office, or that it reaches into, with their names."""
    blocks = facts.results.blocks
    if blocks.empty:
        return []
    communities = facts.results.communities
    inside = communities[communities["street_office"] == office]
    within = blocks.geometry.map(lambda shape: inside.geometry.representative_point().intersects(shape).any())
    return [(str(row["name"]), row) for _, row in blocks[within].iterrows()]


def _unit_clause(facts: Facts, row: pd.Series, line: Line, clause: dict[str, Any]) -> str:
    """Return how a street office or street block does on a clause of its own."""
    verdict, item, found = row[f"{line.clause}_verdict"], "", row[f"{line.clause}_found"]
    if line.item is not None:
        item = facts.say("item_after", item=line.item)
    about = {"item": item, "clause": line.name, "verdict": name_of("word", str(verdict), facts.lang)}
    if verdict == NOT_ASSESSED or pd.isna(found):
        return facts.say("office_clause_open", **about)
    if clause["measure"] == "present":
        return facts.say("office_clause", found=facts.amount(found), need=facts.amount(clause["need"]), **about)
    compare, unit = compare_of(clause), need_unit(clause)
    shown = beside_text(found, clause["need"], facts.lang, compare=compare, passed=verdict == PASSED, unit=unit)
    asked = need_words(clause["need"], compare, facts.lang, unit=unit)
    sentence = text("clause.found_asked", facts.lang, found=shown, asked=asked)
    return facts.say("office_clause_other", found=sentence, **about)


def _gaps(paper: Paper, facts: Facts, inside: pd.DataFrame, coverage: pd.DataFrame) -> None:
    """Write for each clause that fails somewhere: where, how many children, and how far they walk."""
    paper.heading(facts.say("section_gaps"))
    failing = coverage[coverage["verdict"] == FAILED]
    lines = [line for line in facts.lines if (failing["clause"] == line.clause).any()]
    if not lines:
        paper.sentence(facts.say("gap_nothing"))
        return
    paper.sentence(facts.say("gap_note"))
    for line in sorted(lines, key=lambda line: not line.required):
        rows = failing[failing["clause"] == line.clause]
        paper.heading(line.name, 2)
        asks = _asks(facts, line)
        if (rows["measure"] == "all_reach").all():
            demand = facts.demand(float(_out_of_reach(rows).sum()))
            paper.sentence(facts.join([asks, facts.say("gap_reach", failed=len(rows), demand=demand)]))
        elif (rows["measure"] != "reach").all():
            demand = facts.demand(float(inside.loc[rows["code"], "demand"].sum()))
            names = facts.names(rows["community"])
            paper.sentence(facts.join([asks, facts.say("gap_present", failed=len(rows), names=names, demand=demand)]))
        else:
            demand = facts.demand(float(_out_of_reach(rows).sum()))
            paper.sentence(facts.join([asks, facts.say("gap_reach", failed=len(rows), demand=demand)]))
            _walks(paper, facts, line, rows)


def _asks(facts: Facts, line: Line) -> str:
    """Return what a clause asks, as a sentence that begins with its item in the plan, where it has one."""
    item = "" if line.item is None else facts.say("item_of", item=line.item)
    return capitalised(facts.say("gap_required" if line.required else "gap_other", item=item, asks=line.asks))


def _out_of_reach(rows: pd.DataFrame) -> pd.Series:
    """Return the demand of each community that is out of reach."""
    return rows["demand"].astype(float) * (1 - rows["share"].astype(float))


def _walks(paper: Paper, facts: Facts, line: Line, rows: pd.DataFrame) -> None:
    """Write the table of the communities that fail a clause, each with the walk of its median child."""
    cells: list[list[Cell]] = []
    for (_, row), out in zip(rows.iterrows(), _out_of_reach(rows), strict=True):
        route = facts.routes.get((str(row["code"]), line.clause), {})
        place = str(route.get("place") or facts.say("no_name")) if route.get("facility") else facts.say("no_place")
        cells.append(
            [
                str(row["community"]),
                facts.share(row["share"]),
                facts.share(row["need"]),
                facts.amount(round(out)),
                place,
                facts.minutes(row["median_minutes"]),
                facts.spent(route) if route else "",
            ]
        )
    heads = ("community", "covered", "need", "out", "place", "minutes", "spent")
    grid = facts.grid(heads, (25, 15, 14, 16, 31, 18, 45), "<>>><><")
    paper.table(grid, cells, facts.say("table_gap", clause=line.name))


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
    paper.sentence(facts.say("marginal_note"))
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
    paper.sentence(facts.say("terrain_note"))
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
