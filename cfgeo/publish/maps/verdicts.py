"""Map sheets of verdicts: the district, each clause, each street office."""

from typing import Any

import numpy as np
import pandas as pd

from cfgeo.core.schema import FAILED
from cfgeo.core.strings import name_of, text
from cfgeo.publish.maps.drawing import (
    VERDICT_FILLS,
    Fill,
    draw_areas,
    draw_ground,
    draw_labels,
    draw_offices,
    draw_streets,
    short_name,
)
from cfgeo.publish.maps.run import Run, draw_places, line_legend, place_legend
from cfgeo.publish.maps.sheet import Sheet, area_entry
from cfgeo.publish.safe_text import file_name
from cfgeo.publish.words.numbers import amount, percent, target_percent

_SIGNS = {"passed": "✓", "failed": "✗", "not_assessed": "–"}
_NEAR_MISS = 2  # a community that fails so many clauses or fewer is near to passing
_ELSEWHERE = Fill("#f4f5f5")


def draw_verdicts(run: Run, axes: Any, *, size: float, office: str | None = None) -> None:
    """Draw the communities by verdict; those of other street offices than a named one stay pale."""
    communities = run.results.communities
    mine = np.ones(len(communities), dtype=bool) if office is None else communities["street_office"] == office
    classes = [_verdict_class(row) for row in communities.itertuples()]
    fills = [VERDICT_FILLS[name] if here else _ELSEWHERE for here, name in zip(mine, classes, strict=True)]
    draw_ground(axes, run.ground)
    draw_streets(axes, run.ground)
    draw_areas(axes, communities, fills)
    draw_offices(axes, run.ground)
    labels = [
        f"{short_name(str(row.community))}\n{_SIGNS[str(row.verdict)]}{' ≈' if row.marginal else ''}"
        for row in communities.itertuples()
    ]
    draw_labels(axes, communities, labels, size=size)


def district_sheet(run: Run) -> Sheet:
    """Return the sheet of the district's verdicts."""
    notes = [run.say("note_marginal"), run.say("note_shares")]
    legend = _verdict_legend(run, run.results.communities) + line_legend(run)

    def draw(axes: Any) -> None:
        draw_verdicts(run, axes, size=9.0)

    return Sheet("district-verdict", run.say("verdict"), run.headline(), draw, run.bounds(), legend, notes)


def office_sheet(run: Run, office: str) -> Sheet:
    """Return one street office's sheet: its verdicts, and the places in it."""
    results = run.results
    mine = results.communities[results.communities["street_office"] == office]
    places = results.facilities[results.facilities["community"].isin(mine.index)]
    row = results.street_offices.loc[office]
    share = {"share": percent(row["share"], run.lang), "target": target_percent(results.district["target"], run.lang)}
    headline = run.say("headline", communities=int(row["communities"]), passed=int(row["passed"]), **share)
    legend = [*_verdict_legend(run, mine), *line_legend(run), *place_legend(run, places)]
    notes = [run.say("note_marginal")]

    def draw(axes: Any) -> None:
        draw_verdicts(run, axes, size=12.0, office=office)
        draw_places(run, axes, places, size=7.0)

    title = run.say("office", office=office)
    return Sheet(f"office-{file_name(office)}", title, headline, draw, run.bounds(office), legend, notes)


def clause_sheet(run: Run, clause: dict[str, Any], rows: pd.DataFrame) -> Sheet:
    """Return one clause's sheet: what it found in each community, and the places that count."""
    results, lang = run.results, run.lang
    reach, need = clause["measure"] == "reach", float(clause["need"])
    found = rows.reindex(results.communities.index)
    classes = [_clause_class(row, need, reach=reach) for row in found.itertuples()]
    values = (
        found["share"].map(lambda share: percent(share, lang))
        if reach
        else found["places"].map(lambda n: amount(n, lang))
    )
    facilities = results.facilities[results.facilities["layer"] == clause["layer"]]
    if clause["kind"]:
        facilities = facilities[facilities["kind"].isin(clause["kind"])]

    def draw(axes: Any) -> None:
        draw_ground(axes, run.ground)
        draw_streets(axes, run.ground)
        draw_areas(axes, results.communities, [VERDICT_FILLS[name] for name in classes])
        draw_offices(axes, run.ground)
        names = results.communities["community"].map(lambda name: short_name(str(name)))
        draw_labels(axes, results.communities, [f"{n}\n{v}" for n, v in zip(names, values, strict=True)], size=8.5)
        draw_places(run, axes, facilities, size=6.5)

    counts = results.clauses.loc[clause["id"]]
    told = {name: int(counts[name]) for name in ("passed", "failed", "open")}
    asked = _asked(run, clause)
    title = run.say("clause" if reach else "clause_places", name=run.title(clause))
    headline = f"{run.say('clause_headline', **told)}    {asked}"
    legend = [*_clause_legend(run, classes, need, reach=reach), *line_legend(run), *place_legend(run, facilities)]
    assumption = clause["assumption"] if lang == "zh" else clause["assumption_en"]
    notes = [note for note in (assumption, run.say("note_shares") if reach else "") if note]
    return Sheet(f"clause-{file_name(clause['id'])}", title, headline, draw, run.bounds(), legend, notes)


def _asked(run: Run, clause: dict[str, Any]) -> str:
    need = float(clause["need"])
    if clause["measure"] != "reach":
        return run.say("for_count", need=amount(need, run.lang))
    walker = name_of("word", clause["walker"], run.lang)
    limit = amount(clause["limit_minutes"], run.lang)
    return run.say("for_walker", walker=walker, limit=limit, need=target_percent(need, run.lang))


def _verdict_class(row: Any) -> str:
    if row.verdict != FAILED:
        return str(row.verdict)
    return "failed-low" if len(row.failed) > _NEAR_MISS else "failed-high"


def _verdict_legend(run: Run, communities: pd.DataFrame) -> list[Any]:
    classes = {_verdict_class(row) for row in communities.itertuples()}
    words = {
        "passed": name_of("word", "passed", run.lang),
        "failed-high": text("page.legend_near", run.lang),
        "failed-low": text("page.legend_far", run.lang),
        "not_assessed": name_of("word", "not_assessed", run.lang),
    }
    there = [name for name in words if name in classes]
    return [area_entry(f"{_SIGNS[name.split('-')[0]]} {words[name]}", VERDICT_FILLS[name]) for name in there]


def _clause_class(row: Any, need: float, *, reach: bool) -> str:
    if not reach or row.verdict not in {"passed", FAILED}:
        return "failed-high" if row.verdict == FAILED else str(row.verdict)
    high = row.share >= (1 + need) / 2 if row.verdict == "passed" else row.share >= need / 2
    return f"{row.verdict}-{'high' if high else 'low'}"


def _clause_legend(run: Run, classes: list[str], need: float, *, reach: bool) -> list[Any]:
    if reach:
        half, most, high = (target_percent(share, run.lang) for share in (need / 2, need, (1 + need) / 2))
        words = {
            "passed-high": text("page.legend_high", run.lang, high=high),
            "passed-low": text("page.legend_above", run.lang, need=most, high=high),
            "failed-high": text("page.legend_below", run.lang, half=half, need=most),
            "failed-low": text("page.legend_below_half", run.lang, half=half),
        }
    else:
        count = amount(need, run.lang)
        words = {"passed": text("page.legend_places", run.lang, need=count)}
        words["failed-high"] = text("page.legend_no_place", run.lang, need=count)
    words["not_assessed"] = text("page.legend_no_value", run.lang)
    return [area_entry(words[name], VERDICT_FILLS[name]) for name in words if name in classes]
