"""Map sheets of verdicts: the district, each clause, each street office."""

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from cfgeo.core.schema import FAILED
from cfgeo.core.strings import text
from cfgeo.publish.colours import ELSEWHERE, VERDICT_FILLS
from cfgeo.publish.maps.bars import Chart
from cfgeo.publish.maps.drawing import draw_communities
from cfgeo.publish.maps.labels import Box, draw_labels
from cfgeo.publish.maps.run import Run, draw_places, line_legend, place_legend
from cfgeo.publish.maps.sheet import MapSheet, area_entry
from cfgeo.publish.safe_text import file_name
from cfgeo.publish.words.clauses.found import compare_of
from cfgeo.publish.words.clauses.standing import SIGNS, class_legend, standing_words, verdict_classes
from cfgeo.publish.words.names import in_language, short_name
from cfgeo.publish.words.numbers import amount, beside_text, target_percent
from cfgeo.publish.words.story.front import front_of
from cfgeo.publish.words.story.scenes import StoryBar, story_of


def draw_verdicts(
    run: Run,
    axes: Any,
    *,
    size: float,
    office: str | None = None,
    by_office: bool = False,
    taken: Sequence[Box] = (),
) -> None:
    """Draw the communities by verdict; with an office, those of other offices stay pale.

    On a small map of the whole district there is room for the names of street offices alone.
    """
    communities = run.results.communities
    shown = np.ones(len(communities), dtype=bool) if office is None else communities["street_office"] == office
    classes = verdict_classes(communities)
    fills = [VERDICT_FILLS[name] if here else ELSEWHERE for here, name in zip(shown, classes, strict=True)]
    draw_communities(axes, run.background, communities, fills)
    if by_office:
        outlines = gpd.GeoDataFrame(geometry=run.background.offices)
        draw_labels(axes, outlines, [str(name) for name in outlines.index], size=size)
        return
    labels = [
        f"{short_name(str(row.community))}\n{SIGNS[str(row.verdict)]}{' ≈' if row.marginal else ''}"
        for row in communities.itertuples()
    ]
    draw_labels(axes, communities, labels, size=size, first=np.asarray(shown), taken=taken)


def district_sheet(run: Run) -> MapSheet:
    """Return the sheet of the district's verdicts."""
    standing, why, *_ = story_of(run.results, run.lang)
    notes = [standing_words(run.results, run.lang), run.say("note_marginal"), run.say("note_shares")]
    notes = [note for note in notes if note]
    legend = verdict_legend(run, run.results.communities) + line_legend(run)

    def draw(axes: Any) -> None:
        draw_verdicts(run, axes, size=9.0)

    charts = [(scene.heading, scene.bars) for scene in (standing, why) if scene.bars]
    subtitle = f"{run.say('verdict')}    {run.basis()}"
    return MapSheet("district-verdict", standing.message, subtitle, draw, run.bounds(), legend, notes, charts)


def office_sheet(run: Run, office: str) -> MapSheet:
    """Return one street office's sheet: its verdicts, and the places in it."""
    results = run.results
    inside = results.communities[results.communities["street_office"] == office]
    places = results.facilities[results.facilities["community"].isin(inside.index)]
    row, target = results.street_offices.loc[office], target_percent(results.district["target"], run.lang)
    counts = {name: int(row[name]) for name in ("communities", "passed")}
    headline = run.say(
        "headline", share=beside_text(row["share"], results.district["target"], run.lang), target=target, **counts
    )
    legend = [*verdict_legend(run, inside), *line_legend(run), *place_legend(run, places)]
    notes = [run.say("note_marginal")] if inside["marginal"].astype(bool).any() else []

    def draw(axes: Any) -> None:
        taken = draw_places(run, axes, places, size=7.0)
        draw_verdicts(run, axes, size=12.0, office=office, taken=taken)

    front = front_of(results, run.lang, office)
    title, subtitle = run.say("office_message", office=office, headline=headline), front.points[0][1]
    place = run.background.offices.get(office)
    return MapSheet(
        f"office-{file_name(office)}", title, subtitle, draw, run.bounds(office), legend, notes, front.charts, place
    )


def clause_sheet(run: Run, clause: dict[str, Any], rows: pd.DataFrame) -> MapSheet:
    """Return one clause's sheet: its result in each community, and the places that count."""
    communities, lang = run.results.communities, run.lang
    reach, need = clause["measure"] == "reach", float(clause["need"])
    rows = rows.reindex(communities.index)
    classes = [_clause_class(row, need, reach=reach) for row in rows.itertuples()]
    values = (
        [beside_text(share, need, lang, compare=compare_of(clause)) for share in rows["share"]]
        if reach
        else [amount(n, lang) for n in rows["places"]]
    )
    labels = [f"{short_name(str(n))}\n{value}" for n, value in zip(communities["community"], values, strict=True)]
    places = run.places_of(clause)

    def draw(axes: Any) -> None:
        draw_communities(axes, run.background, communities, [VERDICT_FILLS[name] for name in classes])
        taken = draw_places(run, axes, places, size=6.5)
        draw_labels(axes, communities, labels, size=8.5, taken=taken)

    row = run.results.clauses.loc[clause["id"]]
    counts = {name: int(row[name]) for name in ("passed", "failed", "open")}
    title = run.say("clause_message", name=run.title(clause), counts=run.say("clause_headline", **counts))
    shown = run.say("clause" if reach else "clause_places", name=run.title(clause))
    headline = f"{shown}    {run.asks(clause)}"
    legend = [*_clause_legend(run, classes, need, reach=reach), *line_legend(run), *place_legend(run, places)]
    notes = [in_language(clause, "assumption", lang), run.say("note_shares") if reach else ""]
    notes = [note for note in notes if note]
    charts = [_lowest(run, rows, values)] if reach else [_failing_by_office(run, rows)]
    name = f"clause-{file_name(clause['id'])}"
    return MapSheet(name, title, headline, draw, run.bounds(), legend, notes, [chart for chart in charts if chart[1]])


def _lowest(run: Run, rows: pd.DataFrame, values: Sequence[str]) -> Chart:
    """Return the communities of a clause of reach, the least covered first."""
    names = run.results.communities["community"]
    order = np.argsort(rows["share"].fillna(np.inf).to_numpy(dtype=float), kind="stable")
    known = [nth for nth in order if pd.notna(rows["share"].iloc[nth])]
    bars = [StoryBar(str(names.iloc[nth]), values[nth], float(rows["share"].iloc[nth])) for nth in known]
    return run.say("bars_lowest"), bars


def _failing_by_office(run: Run, rows: pd.DataFrame) -> Chart:
    """Return how many communities of each street office fail a clause, most first."""
    offices = run.results.communities["street_office"]
    failing = (rows["verdict"] == FAILED).groupby(offices).agg(["sum", "size"]).sort_values("sum", ascending=False)
    bars = [
        StoryBar(str(office), run.say("bars_of", count=int(row["sum"]), all=int(row["size"])), row["sum"] / row["size"])
        for office, row in failing.iterrows()
        if office
    ]
    return run.say("bars_failing"), bars


def verdict_legend(run: Run, communities: pd.DataFrame) -> list[Any]:
    """Return the legend of the verdicts that some communities have."""
    classes = verdict_classes(run.results.communities).loc[communities.index]
    most = int(run.results.communities["required"].max())
    return [area_entry(words, VERDICT_FILLS[name]) for name, words in class_legend(classes, run.lang, most=most)]


def _clause_class(row: Any, need: float, *, reach: bool) -> str:
    """Return how a community is filled for a clause (a row of its coverage): by verdict, and how far from the need."""
    if not reach or row.verdict not in {"passed", FAILED}:
        return "failed-high" if row.verdict == FAILED else str(row.verdict)
    high = row.share >= (1 + need) / 2 if row.verdict == "passed" else row.share >= need / 2
    return f"{row.verdict}-{'high' if high else 'low'}"


def _clause_legend(run: Run, classes: list[str], need: float, *, reach: bool) -> list[Any]:
    if reach:
        half, least, high = (target_percent(share, run.lang) for share in (need / 2, need, (1 + need) / 2))
        words = {
            "passed-high": text("page.legend_high", run.lang, high=high),
            "passed-low": text("page.legend_above", run.lang, need=least, high=high),
            "failed-high": text("page.legend_below", run.lang, half=half, need=least),
            "failed-low": text("page.legend_below_half", run.lang, half=half),
        }
    else:
        count = amount(need, run.lang)
        words = {"passed": text("page.legend_places", run.lang, need=count)}
        words["failed-high"] = text("page.legend_no_place", run.lang, need=count)
    words["not_assessed"] = text("page.legend_no_value", run.lang)
    return [area_entry(words[name], VERDICT_FILLS[name]) for name in words if name in classes]
