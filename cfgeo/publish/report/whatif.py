"""A what-if → a Word report, whose first page says it all, and slides: the numbers are those of its table."""

from collections.abc import Sequence

import pandas as pd

from cfgeo.core.strings import Lang, name_of, text
from cfgeo.core.whatif import WhatIf
from cfgeo.publish.maps.steps import change_legend, steps_map
from cfgeo.publish.maps.story import SceneMap
from cfgeo.publish.report.facts import FRONT_MM
from cfgeo.publish.report.paper import Cell, Grid, Paper, Verdict
from cfgeo.publish.report.slides import MAP_MM, slides_body
from cfgeo.publish.report.styles import DESIGNS
from cfgeo.publish.words.names import clause_titles, in_language, listed, study_title
from cfgeo.publish.words.numbers import demand_text, target_percent
from cfgeo.publish.words.steps import BuildSteps, unbuilt, whatif_steps
from cfgeo.publish.words.story.scenes import MOST_BARS, Scene, StoryBar
from cfgeo.publish.words.whatif import change_words, clause_words, cost_words, headline_words, near_words

_SIDES = ("before", "after")


def whatif_report(whatif: WhatIf, *, lang: Lang, drawn: bool = True) -> bytes:
    """Return the report as a Word file.

    Parameters
    ----------
    whatif
        What :func:`cfgeo.whatif_study` gives.
    lang
        Language of the words.
    drawn
        Whether it has a map.
    """
    steps, study = whatif_steps(whatif, lang), whatif.parameters["study"]
    title = _say("report_title", lang, study=study_title(study, lang))
    paper = Paper(lang, title=title, status=study["status"], foot=title)
    standard = in_language(whatif.parameters["standard"], "title", lang)
    status = name_of("word", study["status"], lang)
    meta = [
        *([whatif.scenario.title] if whatif.scenario.title else []),
        text("report.meta_standard", lang, title=standard),
    ]
    paper.title(title, meta=[*meta, text("report.meta_status", lang, status=status)])
    paper.heading(_say("report_result", lang))
    paper.sentence(headline_words(whatif, lang), bold=True)
    size_mm = DESIGNS[lang].text_mm, FRONT_MM
    picture = steps_map(steps, lang=lang, size_mm=size_mm) if drawn else None
    key = listed([words for words, _ in change_legend(steps, lang)], lang)
    paper.picture(picture, _say("report_map", lang), key=text("whatif.report_key", lang, fills=key), most_mm=FRONT_MM)
    cost = cost_words(whatif.scenario.changes, lang)
    for line in (*change_words(whatif, lang), *cost, *near_words(whatif, lang)):
        paper.sentence(line)
    _changes(paper, steps)
    _turned(paper, whatif)
    _clauses(paper, whatif)
    paper.heading(_say("report_basis", lang))
    for line in (steps.provenance, _say("report_same", lang), *(remark.text(lang) for remark in whatif.remarks)):
        paper.sentence(line)
    return paper.body()


def _changes(paper: Paper, steps: BuildSteps) -> None:
    paper.heading(_say("report_changes", paper.lang))
    rows: list[list[Cell]] = [[str(step.rank), step.name, step.what, step.where or "–"] for step in steps.steps]
    grid = _grid(("nth", "change", "action", "community"), (12, 74, 24, 46), "^<<<", paper.lang)
    paper.table(grid, rows, _say("report_changes", paper.lang))


def _turned(paper: Paper, whatif: WhatIf) -> None:
    """Write the table of communities that are gained and lost."""
    lang, titles = paper.lang, clause_titles(whatif.parameters, paper.lang)
    table = whatif.communities[whatif.communities["change"] != ""]
    paper.heading(_say("report_turned", lang))
    if table.empty:
        paper.sentence(_say("report_none", lang))
        return
    rows: list[list[Cell]] = [
        [
            row["community"],
            row["street_office"],
            Verdict(row["before"]),
            Verdict(row["after"]),
            listed([titles[clause] for clause in row["missing"]], lang) or "–",
        ]
        for row in table.to_dict("records")
    ]
    said = tuple(_say(f"head_{head}", lang) for head in ("before", "after", "missing"))
    heads = (text("report.head_community", lang), text("report.head_office", lang), *said)
    paper.table(Grid(heads, (38, 34, 22, 22, 40), "<<^^<"), rows, _say("report_turned", lang))


def _clauses(paper: Paper, whatif: WhatIf) -> None:
    """Write the table of clauses of communities, and what changes for those of other units."""
    lang, titles, basis = paper.lang, clause_titles(whatif.parameters, paper.lang), whatif.parameters["demand_basis"]
    paper.heading(_say("report_clauses", lang))
    demand = whatif.before.coverage.groupby("clause")["demand"].sum()
    rows: list[list[Cell]] = []
    for clause, row in whatif.clauses.iterrows():
        if not any(round(row[name], 1) for name in ("communities_gained", "communities_lost", "gained", "lost")):
            continue
        more, less = (
            demand_text(row[side], lang, basis=basis, whole=float(demand.loc[str(clause)]))
            for side in ("gained", "lost")
        )
        walked = row["measure"] == "reach"
        counts = f"+{row['communities_gained']} / −{row['communities_lost']}"
        cells = [titles[str(clause)], str(row["passed_before"]), str(row["passed_after"]), counts]
        rows.append([*cells, f"{more} / {less}" if walked else "–"])
    if not rows:
        paper.sentence(_say("report_none", lang))
        return
    grid = _grid(("clause", "before", "after", "turned", "more"), (48, 15, 15, 22, 56), "<>>^<", lang)
    paper.table(grid, rows, _say("report_clauses", lang))
    for line in clause_words(whatif, lang):
        paper.note(line)


def _grid(heads: Sequence[str], widths: tuple[float, ...], align: str, lang: Lang) -> Grid:
    return Grid(tuple(_say(f"head_{head}", lang) for head in heads), widths, align)


def whatif_slides(whatif: WhatIf, *, lang: Lang, drawn: bool = True) -> bytes:
    """Return three slides: now, the changes, and after them.

    Parameters
    ----------
    whatif, lang, drawn
        As for :func:`whatif_report`.
    """
    steps = whatif_steps(whatif, lang)
    scenes = whatif_scenes(whatif, steps, lang)
    if not drawn:
        return slides_body(whatif, scenes, [None] * len(scenes), lang=lang)
    now, after = (_map(shown, lang) for shown in (unbuilt(steps), steps))
    return slides_body(whatif, scenes, [now, after, after], lang=lang)


def _map(steps: BuildSteps, lang: Lang) -> SceneMap:
    return SceneMap(steps_map(steps, lang=lang, size_mm=MAP_MM), change_legend(steps, lang))


def whatif_scenes(whatif: WhatIf, steps: BuildSteps, lang: Lang) -> tuple[Scene, ...]:
    """Return what the slides say.

    Parameters
    ----------
    whatif, lang
        As for :func:`whatif_report`.
    steps
        The same as steps.
    """
    before = whatif.before.district
    counts = {"communities": before["communities"], "passed": before["passed"]}
    now = _say("slide_now_message", lang, target=target_percent(before["target"], lang), **counts)
    changes = tuple(
        f"{step.rank}. {step.name} · {step.what}" + (f" · {step.where}" if step.where else "") for step in steps.steps
    )
    shown = changes if len(changes) <= MOST_BARS else changes[: MOST_BARS - 1]
    if len(shown) < len(changes):
        shown = (*shown, text("steps.more", lang, count=len(changes) - len(shown)))
    sources = (steps.provenance, _say("report_same", lang))
    offices = [whatif.before.street_offices, whatif.after.street_offices]
    turned = tuple(change_words(whatif, lang))
    return (
        Scene("standing", _say("slide_now", lang), now, sources=sources),
        Scene(
            "build", _say("slide_changes", lang), _say("slide_changes_message", lang, count=len(changes)),
            (*shown, *turned, *cost_words(whatif.scenario.changes, lang)), sources=sources,
        ),
        Scene(
            "after", _say("slide_after", lang), headline_words(whatif, lang), (*turned, *steps.left),
            _say("slide_offices", lang), _bars(offices, lang), "plan", sources=sources,
        ),
    )  # fmt: skip


def _bars(sides: Sequence[pd.DataFrame], lang: Lang) -> tuple[StoryBar, ...]:
    """Return how many communities of each street office pass after the changes, and before them."""
    before, after = sides
    rows = after[["communities", "passed"]].astype(int).to_dict("records")
    bars = [
        StoryBar(
            str(name),
            text("page.passed_value", lang, passed=row["passed"], communities=row["communities"]),
            row["passed"] / max(row["communities"], 1),
            int(was) / max(row["communities"], 1),
        )
        for name, row, was in zip(after.index, rows, before["passed"], strict=True)
    ]
    return tuple(sorted(bars, key=lambda bar: -bar.share)[:MOST_BARS])


def _say(key: str, lang: Lang, **values: object) -> str:
    return text(f"whatif.{key}", lang, **values)
