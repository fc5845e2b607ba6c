"""The first page of a report: where the district or a street office stands, what it lacks, and what comes first."""

from dataclasses import dataclass, replace

from cfgeo.core.results import Results
from cfgeo.core.schema import FAILED, NOT_ASSESSED
from cfgeo.core.strings import Lang, name_list, text
from cfgeo.publish.words.clauses.standing import most_failed
from cfgeo.publish.words.names import clause_titles
from cfgeo.publish.words.story.scenes import Scene, StoryBar, story_of

_MOST_ALONE = 4  # so many communities that lack one clause are named


@dataclass(frozen=True)
class Front:
    """What stands on the first page of a report.

    Attributes
    ----------
    points : tuple of tuple of str
        What each is about, and what it says.
    charts : tuple of tuple
        Heading and bars of each, the communities or street offices first.
    """

    points: tuple[tuple[str, str], ...]
    charts: tuple[tuple[str, tuple[StoryBar, ...]], ...]


def front_of(results: Results, lang: Lang, office: str | None = None) -> Front:
    """Return the first page of a report on a street office, or on the district for None."""
    shown = results if office is None else _of_office(results, office)
    standing, why, hills, *build = story_of(shown, lang)
    points = [
        (text("report.lead_why", lang), why.message),
        (text("report.lead_hills", lang), _joined([hills.message, *([] if office is None else hills.lines[:1])], lang)),
        (text("report.lead_next", lang), _first_step(shown, build[0], lang, office=office)),
    ]
    first = (standing.heading, standing.bars) if office is None else _lacks(shown, lang)
    return Front(
        points=tuple(points), charts=tuple((head, bars) for head, bars in (first, (why.heading, why.bars)) if bars)
    )


def _of_office(results: Results, office: str) -> Results:
    """Return a run of one street office's communities alone, without its plan, which is the district's."""
    communities = results.communities[results.communities["street_office"] == office]
    coverage = results.coverage[results.coverage["code"].isin(communities.index)]
    offices = results.street_offices.loc[[office]]
    return replace(results, communities=communities, coverage=coverage, street_offices=offices, plan=None)


def _lacks(results: Results, lang: Lang) -> tuple[str, tuple[StoryBar, ...]]:
    """Return how many required clauses each community fails, most first."""
    communities = results.communities
    lacks = communities["failed"].map(len).astype(int).sort_values(ascending=False, kind="stable")
    bars = []
    for code, count in lacks.items():
        key = "front_open" if communities.loc[code, "verdict"] == NOT_ASSESSED else "front_passes"
        value = text("report.front_lacks", lang, count=count) if count else text(f"report.{key}", lang)
        bars.append(StoryBar(str(communities.loc[code, "community"]), value, count / max(int(lacks.max()), 1)))
    return text("report.front_lacking", lang), tuple(bars)


def _first_step(results: Results, build: Scene, lang: Lang, *, office: str | None) -> str:
    """Return what to do first: the plan, where the district has one; else the clauses that would bring most."""
    if office is None and results.plan is not None:
        return _joined([build.message, *build.lines[:1]], lang)
    most = most_failed(results)
    if most is None:
        return text("report.next_done", lang)
    titles = clause_titles(results.parameters, lang)
    sentences = [text("report.next_most", lang, clause=titles[most[0]], count=most[1])]
    alone = results.communities[
        (results.communities["verdict"] == FAILED) & (results.communities["failed"].map(len) == 1)
    ]
    pairs = [
        text("report.next_pair", lang, community=row.community, clause=titles[row.failed[0]])
        for row in alone.head(_MOST_ALONE).itertuples()
    ]
    if len(alone) > _MOST_ALONE:
        pairs.append(text("report.next_others", lang, count=len(alone) - _MOST_ALONE))
    if pairs:
        sentences.append(text("report.next_one", lang, names=name_list(pairs, lang)))
    sentences.append(
        text(
            "report.next_rest",
            lang,
            section=text("report.section_gaps" if office else "report.section_shortfalls", lang),
        )
    )
    return _joined(sentences, lang)


def _joined(sentences: list[str], lang: Lang) -> str:
    return ("" if lang == "zh" else " ").join(sentences)
