"""A run told in five steps: where we stand, what holds us back, what the hills cost, what to build, and after.

The one source of these words: the page's story, the slides and the first page of the district's report show them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from cfgeo.core.plan import Plan
from cfgeo.core.results import Results
from cfgeo.core.schema import FAILED, NOT_ASSESSED, PASSED
from cfgeo.core.strings import Lang, name_list, text
from cfgeo.publish.words.clauses.standing import most_failed
from cfgeo.publish.words.names import clause_titles
from cfgeo.publish.words.numbers import amount, beside_text, percent, target_percent
from cfgeo.publish.words.plan import asked_words, block_words, built_words, costs, proof_words
from cfgeo.publish.words.sources import dated_sources

View = Literal["verdict", "clause", "terrain", "projects", "plan"]

MOST_BARS = 12
"""A step shows so many bars; its heading says how many there are."""


@dataclass(frozen=True)
class StoryBar:
    """One row of a step's figures.

    Attributes
    ----------
    name, value : str
        In words.
    share : float
        How long its bar is, 0–1.
    before : float or None
        How long it was, where a step compares two times.
    """

    name: str
    value: str
    share: float
    before: float | None = None


@dataclass(frozen=True)
class Scene:
    """One step.

    Attributes
    ----------
    key : str
        ``standing`` | ``why`` | ``hills`` | ``build`` | ``after``.
    title, message : str
        What it is about, and what it says in one sentence.
    lines : tuple of str
        Further sentences.
    heading : str
        Of the bars; "" without any.
    bars : tuple of StoryBar
    view : str
        What its map shows: verdicts, one clause, the terrain, verdicts and the plan's projects, the plan built.
    clause : str
        Id of the clause of the view ``clause``.
    sources : tuple of str
        Where the numbers stand, and what data they rest on.
    """

    key: str
    title: str
    message: str
    lines: tuple[str, ...] = ()
    heading: str = ""
    bars: tuple[StoryBar, ...] = ()
    view: View = "verdict"
    clause: str = ""
    sources: tuple[str, ...] = ()


def story_of(results: Results, lang: Lang, *, pending: bool = False) -> tuple[Scene, ...]:
    """Return the steps of a run: five, or four where nothing is known of what could be built.

    Parameters
    ----------
    results
        What the run has found out.
    lang
        Language of the words.
    pending
        Whether the plan is still being made; the last two steps say so.
    """
    first = (_standing(results, lang), _why(results, lang), _hills(results, lang))
    if results.plan is not None:
        return (*first, _build(results, results.plan, lang), _after(results, results.plan, lang))
    if pending:
        waiting = [("build", _say(lang, "build_title"), _say(lang, "build_pending"))]
        waiting += [("after", _say(lang, "after_title"), _say(lang, "after_pending"))]
        return (*first, *(Scene(*words, sources=_sources(results, "plan", lang)) for words in waiting))
    return (*first, _lacking(results, lang))


def _standing(results: Results, lang: Lang) -> Scene:
    """Return how many communities pass, and in which street offices."""
    district = results.district
    judged = {"judged": district["clauses_judged"], "total": district["clauses_total"]}
    marginal = int(district["marginal"])
    turned = _say(lang, "standing_marginal_one" if marginal == 1 else "standing_marginal", count=marginal)
    lines = [
        _say(lang, "standing_judged_all" if judged["judged"] == judged["total"] else "standing_judged", **judged),
        *([turned] if marginal else []),
        text(f"page.status_{results.parameters['study']['status']}", lang) + _stop(lang),
    ]
    counts = {"communities": district["communities"], "passed": district["passed"]}
    message = _say(lang, "standing_message", **counts, **_against_target(district, lang))
    figures = _distances(results, lang) if district["passed"] == 0 else _by_office(results, lang)
    return _scene(results, "standing", message, lines, figures, lang=lang)


def _by_office(results: Results, lang: Lang) -> tuple[str, list[StoryBar]]:
    """Return how many communities of each street office pass, the best first."""
    offices = results.street_offices.sort_values("share", ascending=False, kind="stable", na_position="last")
    bars = [
        StoryBar(
            str(name), text("page.passed_value", lang, passed=passed, communities=communities), passed / communities
        )
        for name, passed, communities in _counts(offices, "passed")
    ]
    return _say(lang, "standing_bars"), bars


def _distances(results: Results, lang: Lang) -> tuple[str, list[StoryBar]]:
    """Return how many communities lack one clause, two and so on: where none passes, offices would all be alike."""
    lacks = _failing(results).map(len).value_counts().sort_index()
    bars = [
        StoryBar(
            _say(lang, "standing_lacks_one" if lacking == 1 else "standing_lacks", count=lacking),
            amount(int(count), lang),
            count / results.district["communities"],
        )
        for lacking, count in lacks.items()
    ]
    return _say(lang, "standing_distances"), bars


def _why(results: Results, lang: Lang) -> Scene:
    """Return which required clauses hold how many communities back, and who lacks least."""
    failing, titles = _failing(results), clause_titles(results.parameters, lang)
    alone = failing[failing.map(len) == 1].explode().value_counts()
    counts = failing.explode().value_counts().reindex(results.clauses.index).dropna().astype(int)
    bars = [
        StoryBar(titles[str(clause)], _why_value(count, int(alone.get(str(clause), 0)), lang), count / len(failing))
        for clause, count in counts.sort_values(ascending=False, kind="stable").items()
    ]
    clauses = results.clauses
    unknown = clauses.index[(clauses["verdict"] == NOT_ASSESSED) & clauses["required"].astype(bool)]
    open_names = name_list([titles[clause] for clause in unknown], lang)
    lines = [*_nearest(results, lang), *([_say(lang, "why_open", names=open_names)] if len(unknown) else [])]
    most = most_failed(results)
    if most is None:
        return _scene(results, "why", _say(lang, "why_none"), lines, lang=lang)
    key = "why_message_all" if most[1] == len(failing) else "why_message"
    message = _say(lang, key, clause=titles[most[0]], count=most[1], failed=len(failing))
    figures = (_say(lang, "why_bars"), bars)
    return _scene(results, "why", message, lines, figures, view="clause", clause=most[0], lang=lang)


def _why_value(count: int, alone: int, lang: Lang) -> str:
    return _say(lang, "why_alone", count=count, alone=alone) if alone else amount(count, lang)


def _nearest(results: Results, lang: Lang) -> list[str]:
    """Return who lacks the fewest clauses, as a sentence."""
    failing = _failing(results)
    if failing.empty:
        return []
    least = int(failing.map(len).min())
    nearest = results.communities.loc[failing.index[failing.map(len) == least], "community"]
    key = "why_nearest_one" if len(nearest) == 1 else "why_nearest"
    return [_say(lang, key, names=name_list(nearest, lang), number=len(nearest), count=least)]


def _hills(results: Results, lang: Lang) -> Scene:
    """Return who fails by slope and stairs alone: each walk is measured on the same streets made level, too."""
    communities, coverage = results.communities, results.coverage
    walked = coverage[(coverage["measure"] == "reach") & (coverage["verdict"] != NOT_ASSESSED)]
    if walked.empty:
        return _scene(results, "hills", _say(lang, "hills_unknown"), lang=lang)
    names = communities.loc[communities["fails_by_terrain"].astype(bool), "community"]
    steep = walked[(walked["verdict"] == FAILED) & (walked["verdict_level"] == PASSED)]
    if len(names) > 1:
        message = _say(lang, "hills_message", count=len(names))
    elif len(names):
        message = _say(lang, "hills_message_one", name=names.iloc[0])
    elif len(steep):
        message = _say(lang, "hills_clauses", rows=len(steep), communities=steep["code"].nunique())
    else:
        message = _say(lang, "hills_none")
    lines = [_say(lang, "hills_names", names=name_list(names, lang))] if len(names) > 1 else []
    ratio = communities["level_ratio"].dropna().astype(float)
    if len(ratio):
        limit = amount(results.parameters["walk"]["limit_minutes"], lang)
        least = communities["community"][ratio.idxmin()]
        shares = {"middle": percent(ratio.median(), lang), "least": percent(ratio.min(), lang)}
        lines.append(_say(lang, "hills_ratio", limit=limit, name=least, **shares))
    if results.parameters["relief"]["slope"] == "none":
        lines.append(_say(lang, "hills_stairs"))
    titles = clause_titles(results.parameters, lang)
    failing = walked["clause"][walked["verdict"] == FAILED].value_counts()
    failed = {str(clause): count for clause, count in failing.items()}
    counts = {str(clause): count for clause, count in steep["clause"].value_counts().items()}
    bars = [
        StoryBar(titles[clause], _say(lang, "hills_of", rows=count, failed=failed[clause]), count / failed[clause])
        for clause, count in counts.items()
    ]
    figures = (_say(lang, "hills_bars"), bars)
    return _scene(results, "hills", message, lines, figures, view="terrain", lang=lang)


def _build(results: Results, plan: Plan, lang: Lang) -> Scene:
    """Return what the plan builds, in order, and how good it is known to be."""
    communities = max(int(plan.district_after["communities"]), 1)
    bars = [
        StoryBar(
            f"{int(row['rank'])}. {row['name']}",
            _say(lang, "build_value", cost=costs(row["cost"], plan, lang), passed=int(row["passed"])),
            row["passed"] / communities,
        )
        for row in plan.built.to_dict("records")
    ]
    decided = int((plan.projects["status"] == "decided").sum())
    fixed = [_say(lang, "build_decided", count=decided)] if decided else []
    lines, message = [proof_words(plan, lang), asked_words(plan, lang), *fixed], built_words(plan, lang)
    return _scene(results, "build", message, lines, (_say(lang, "build_bars"), bars), view="projects", lang=lang)


def _after(results: Results, plan: Plan, lang: Lang) -> Scene:
    """Return how the communities stand with the plan built, and who is left."""
    now, then = plan.before["verdict"] == PASSED, plan.after["verdict"] == PASSED
    names, lines = plan.before["community"], []
    for key, changed in (("after_gained", names[then & ~now]), ("after_lost", names[now & ~then])):
        if len(changed):
            lines.append(_say(lang, key, count=len(changed), names=name_list(changed, lang)))
    lines += block_words(plan, lang)
    if len(plan.held):
        lines.append(_say(lang, "after_held", count=len(plan.held), names=name_list(plan.held["community"], lang)))
    offices = plan.offices.sort_values("passed_after", ascending=False, kind="stable")
    bars = [
        StoryBar(
            name,
            _say(lang, "after_value", before=before, passed=passed, communities=communities),
            passed / communities,
            before / communities,
        )
        for (name, passed, communities), (_, before, _) in zip(
            _counts(offices, "passed_after"), _counts(offices, "passed_before"), strict=True
        )
    ]
    district = plan.district_after
    counts = {"communities": district["communities"], "passed": district["passed"]}
    counts["before"] = plan.district_before["passed"]
    message = _say(lang, "after_message", **counts, **_against_target(district, lang))
    return _scene(results, "after", message, lines, (_say(lang, "after_bars"), bars), view="plan", lang=lang)


def _lacking(results: Results, lang: Lang) -> Scene:
    """Return what the communities that are nearest to passing lack: all that is known without a list of projects."""
    needed, failing = int(results.district["needed"]), _failing(results)
    message = _say(lang, "build_unlisted")
    if needed == 0 or failing.empty:
        return _scene(results, "build", message, [_say(lang, "build_reached")], lang=lang)
    lacks = failing.map(len)
    most = int(lacks.sort_values(kind="stable").iloc[min(needed, len(lacks)) - 1])
    nearest, titles = failing[lacks <= most], clause_titles(results.parameters, lang)
    counts = {"needed": needed, "number": len(nearest), "most": most}
    bars = [
        StoryBar(titles[str(clause)], amount(count, lang), count / len(nearest))
        for clause, count in nearest.explode().value_counts().items()
    ]
    all_fail = len(nearest) == len(failing)
    lines = [_say(lang, "build_lacking_all" if all_fail else "build_lacking", **counts)]
    heading = _say(lang, "build_lacking_bars_all" if all_fail else "build_lacking_bars")
    return _scene(results, "build", message, lines, (heading, bars), lang=lang)


def _scene(
    results: Results,
    key: str,
    message: str,
    lines: Sequence[str] = (),
    figures: tuple[str, Sequence[StoryBar]] = ("", ()),
    *,
    lang: Lang,
    **shown: Any,
) -> Scene:
    """Return a step with as many bars as have room."""
    heading, bars = figures
    if len(bars) > MOST_BARS:
        heading = _say(lang, "first", heading=heading, shown=MOST_BARS, count=len(bars))
    titles = {name: _say(lang, f"{name}_title") for name in ("standing", "why", "hills", "build", "after")}
    part = "plan" if key in {"build", "after"} and results.plan is not None else {"build": "why"}.get(key, key)
    return Scene(
        key=key,
        title=titles[key],
        message=message,
        lines=tuple(lines),
        heading=heading if bars else "",
        bars=tuple(bars[:MOST_BARS]),
        sources=_sources(results, part, lang),
        **shown,
    )


def _failing(results: Results) -> pd.Series:
    """Return the required clauses that each failing community fails."""
    communities = pd.DataFrame(results.communities)
    return communities["failed"][communities["verdict"] == FAILED]


def _counts(offices: pd.DataFrame, column: str) -> list[tuple[str, int, int]]:
    """Return name, number in a column and communities of each street office that has any."""
    rows = [(str(name), int(row[column]), int(row["communities"])) for name, row in offices.iterrows()]
    return [row for row in rows if row[2]]


def _against_target(district: Mapping[str, Any], lang: Lang) -> dict[str, str]:
    """Return a district's share, its target, and how far it is from it."""
    needed = int(district["needed"])
    distance = text("page.target_needed_one" if needed == 1 else "page.target_needed", lang, needed=needed)
    return {
        "share": beside_text(district["share"], district["target"], lang, passed=district["met"]),
        "target": target_percent(district["target"], lang),
        "distance": _say(lang, "standing_reached") if district["met"] else distance,
    }


def _sources(results: Results, part: str, lang: Lang) -> tuple[str, ...]:
    return _say(lang, f"source_{part}"), _say(lang, "source_data", sources=dated_sources(results, lang=lang))


def _stop(lang: Lang) -> str:
    return "。" if lang == "zh" else "."


def _say(lang: Lang, key: str, **values: object) -> str:
    return text(f"story.{key}", lang, **values)
