"""Map sheets of walks: minutes street by street, what the terrain costs, walkways, school routes."""

import itertools
import math
from typing import Any

import numpy as np
import shapely
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D

from cfgeo.core.strings import name_of, text
from cfgeo.publish.colours import MINUTE_FILLS, OPEN, PALE, RATIO_FILLS, RATIO_STEPS
from cfgeo.publish.maps.drawing import draw_communities
from cfgeo.publish.maps.labels import INK, draw_labels
from cfgeo.publish.maps.run import Run, draw_places, line_legend, place_legend
from cfgeo.publish.maps.sheet import Entry, MapSheet, area_entry, line_entry
from cfgeo.publish.safe_text import file_name
from cfgeo.publish.words.names import short_name
from cfgeo.publish.words.numbers import amount, percent, target_percent
from cfgeo.publish.words.story.scenes import StoryBar, story_of

_WALKWAY, _SCHOOL, _CROSSING = "#0b6b2e", "#c51b7d", "#ffd400"
_WIDEST_PT = 7.0
WITHIN_PT, BEYOND_PT = 1.2, 3.0
_MOST_CROSSINGS = 60


def minutes_sheet(run: Run, clause: dict[str, Any]) -> MapSheet:
    """Return the sheet of one clause's minutes: each street by the walk from its middle."""
    results, limit = run.results, float(clause["limit_minutes"])
    minutes = results.walks.street_minutes[clause["id"]].to_numpy()
    steps = [limit / 3, limit * 2 / 3, limit, limit * 4 / 3, limit * 2]
    lines = results.inputs.network.edges.geometry.to_numpy()
    # Places across the border may be missing from the data, so streets there have no colour.
    district = shapely.union_all(results.communities.geometry.to_numpy())
    shapely.prepare(district)
    drawn = results.inputs.network.main & (shapely.length(lines) > 0) & shapely.intersects(district, lines)
    colours = np.array(MINUTE_FILLS)[np.searchsorted(steps, minutes, side="left")]
    places = run.places_of(clause)

    def draw(axes: Any) -> None:
        fills = [PALE] * len(results.communities)
        draw_communities(axes, run.background, results.communities, fills, steps=False)
        coordinates = [shapely.get_coordinates(line) for line in lines[drawn]]
        # Streets beyond the limit are what the sheet is about: they are wider, in print without colours too.
        widths = np.where(minutes[drawn] <= limit, WITHIN_PT, BEYOND_PT)
        axes.add_collection(LineCollection(coordinates, colors=colours[drawn], linewidths=widths, zorder=3.6))
        taken = draw_places(run, axes, places, size=6.5)
        names = [short_name(str(name)) for name in results.communities["community"]]
        draw_labels(axes, results.communities, names, size=7.0, taken=taken, first=np.zeros(len(names), dtype=bool))

    legend = [*_minutes_legend(run, steps), *line_legend(run, fill=PALE, steps=False), *place_legend(run, places)]
    length_m, bins = shapely.length(lines[drawn]), np.searchsorted(steps, minutes[drawn], side="left")
    whole_m = max(float(length_m.sum()), 1.0)
    beyond = percent(float(length_m[minutes[drawn] > limit].sum()) / whole_m, run.lang)
    lengths = np.bincount(bins, weights=length_m, minlength=len(MINUTE_FILLS))
    bars = [
        StoryBar(words, run.say("bars_km", km=amount(metres / 1000, run.lang)), float(metres) / whole_m)
        for (words, _), metres in zip(_minutes_legend(run, steps), lengths, strict=True)
    ]
    said = {"name": run.title(clause), "share": beyond, "limit": amount(limit, run.lang)}
    name, subtitle = f"minutes-{file_name(clause['id'])}", run.say("minutes", name=run.title(clause))
    return MapSheet(name, run.say("minutes_message", **said), f"{subtitle}    {run.asks(clause)}", draw, run.bounds(),
                 legend, [run.say("note_minutes")], [(run.say("bars_minutes"), bars)])  # fmt: skip


def _minutes_legend(run: Run, steps: list[float]) -> list[Entry]:
    """Return the legend of the classes of minutes; the third ends at the limit."""
    ends = ["0", *(f"{step:.0f}" for step in steps)]
    words = [run.say("minutes_class", low=low, high=high) for low, high in itertools.pairwise(ends)]
    words[2] += run.say("limit_mark")
    words.append(run.say("minutes_over", low=ends[-1]))
    return [
        line_entry(words, colour, WITHIN_PT if nth <= 2 else BEYOND_PT)
        for nth, (words, colour) in enumerate(zip(words, MINUTE_FILLS, strict=True))
    ]


def terrain_sheet(run: Run) -> MapSheet:
    """Return the sheet of the reach ratios: land within the limit, against level streets."""
    results = run.results
    communities, ratio = results.communities, results.communities["level_ratio"].to_numpy(dtype=float)
    fills = [OPEN if np.isnan(value) else RATIO_FILLS[int(np.sum(value >= RATIO_STEPS))] for value in ratio]
    flagged = communities[communities["fails_by_terrain"].to_numpy(dtype=bool)]

    def draw(axes: Any) -> None:
        draw_communities(axes, run.background, communities, fills)
        if len(flagged):
            flagged.boundary.plot(ax=axes, color=INK, linewidth=2.8, zorder=5, aspect=None)
        names = [short_name(str(name)) for name in communities["community"]]
        labels = [f"{name}\n{percent(value, run.lang)}" for name, value in zip(names, ratio, strict=True)]
        draw_labels(axes, communities, labels, size=8.5)

    shares = [target_percent(step, run.lang) for step in RATIO_STEPS]
    words = [text("page.ratio_below", run.lang, high=shares[0])]
    between = ({"low": low, "high": high} for low, high in itertools.pairwise(shares))
    words += [text("page.ratio_between", run.lang, **ends) for ends in between]
    words.append(text("page.ratio_above", run.lang, low=shares[-1]))
    legend = [area_entry(label, colour) for label, colour in zip(words, RATIO_FILLS, strict=True)]
    if np.isnan(ratio).any():
        legend.append(area_entry(text("page.legend_no_value", run.lang), OPEN))
    if len(flagged):
        legend.append(line_entry(text("page.by_terrain", run.lang), INK, 2.8))
    limit = amount(results.parameters["walk"]["limit_minutes"], run.lang)
    notes = [run.say("note_terrain", limit=limit)]
    hills = story_of(results, run.lang)[2]
    charts = [(hills.heading, hills.bars)] if hills.bars else []
    return MapSheet("terrain", hills.message, run.say("terrain", limit=limit), draw, run.bounds(),
                 [*legend, *line_legend(run)], notes, charts)  # fmt: skip


def walkway_sheet(run: Run) -> MapSheet:
    """Return the sheet of the walkways, numbered by their rank."""
    table = run.results.walks.walkways
    most = max(float(table["beyond"].max()), 1.0)

    def draw(axes: Any) -> None:
        _draw_base(run, axes)
        for row in table.itertuples():
            width = 2.5 + (_WIDEST_PT - 2.5) * float(row.beyond) / most
            _draw_lines(axes, [row.geometry], _WALKWAY, [width])
            middle = shapely.get_coordinates(shapely.point_on_surface(row.geometry))[0]
            box = {"boxstyle": "circle,pad=0.25", "fc": _WALKWAY, "ec": "white"}
            axes.text(*middle, str(row.rank), color="white", fontweight="bold", fontsize=10, ha="center", va="center",
                      bbox=box, zorder=9, clip_on=True)  # fmt: skip

    legend = [
        line_entry(run.demand(share * most), _WALKWAY, 2.5 + (_WIDEST_PT - 2.5) * share) for share in (1.0, 0.5, 0.1)
    ]
    bars = [
        StoryBar(f"{row.rank}  {name}", run.demand(row.beyond), float(row.beyond) / most)
        for name, row in zip(table.index, table.itertuples(), strict=True)
    ]
    basis = name_of("word", f"basis_{run.results.parameters['demand_basis']}", run.lang)
    notes = [run.say("note_walkways"), run.say("note_beyond", basis=basis)]
    title = run.say("walkway_message", name=table.index[0], demand=run.demand(table["beyond"].iloc[0]))
    legend += line_legend(run, fill=PALE)
    charts = [(run.say("bars_walkways"), bars)]
    return MapSheet("walkways", title, run.say("walkways"), draw, run.bounds(), legend, notes, charts)


def school_sheet(run: Run) -> MapSheet:
    """Return the sheet of the school routes and crossings."""
    routes, crossings = run.results.walks.school_routes, run.results.walks.crossings.head(_MOST_CROSSINGS)
    busiest = max(float(routes["total"].max()), 1.0)
    widths = _school_width(routes["total"].to_numpy(dtype=float) / busiest)

    def draw(axes: Any) -> None:
        _draw_base(run, axes)
        _draw_lines(axes, list(routes.geometry), _SCHOOL, list(widths))
        if len(crossings):
            size = _crossing_area(crossings["total"] / crossings["total"].max())
            at = shapely.get_coordinates(crossings.geometry.to_numpy())
            axes.scatter(at[:, 0], at[:, 1], s=size, color=_CROSSING, edgecolor=INK, linewidth=1.0, zorder=8)

    legend = [
        line_entry(f"{run.say('school_street')}: {run.demand(share * busiest)}", _SCHOOL, _school_width(share))
        for share in (1.0, 0.25, 0.04)
    ]
    if len(crossings):
        most = float(crossings["total"].max())
        legend += [(f"{run.say('crossing')}: {run.demand(share * most)}", _dot(share)) for share in (1.0, 0.25)]
    notes = [text("page.school_note", run.lang), run.say("note_school")]
    bars = [
        StoryBar(_named(run, row), run.demand(row.total), float(row.total) / max(float(crossings["total"].max()), 1.0))
        for row in crossings.itertuples()
    ]
    said = {"street": _named(run, next(routes.sort_values("total", ascending=False).itertuples()))}
    title = (
        run.say("school_message", **said, crossing=bars[0].name) if bars else run.say("school_message_street", **said)
    )
    legend += line_legend(run, fill=PALE)
    charts = [(run.say("bars_crossings"), bars)] if bars else []
    return MapSheet("school-routes", title, run.say("school"), draw, run.bounds(), legend, notes, charts)


def _school_width(share: Any) -> Any:
    """Return how wide a street is drawn by its share of the busiest street's children [pt]."""
    return 0.4 + (_WIDEST_PT - 0.4) * np.sqrt(share)


def _crossing_area(share: Any) -> Any:
    """Return how large a crossing is drawn by its share of the busiest one's children [pt²]."""
    return 30 + 260 * share


def _dot(share: float) -> Line2D:
    size = math.sqrt(_crossing_area(share))
    return Line2D([], [], linestyle="", marker="o", color=_CROSSING, markeredgecolor=INK, markersize=size)


def _named(run: Run, row: Any) -> str:
    """Return the name of a street or crossed road; without one, where it is."""
    if row.name:
        return str(row.name)
    return run.say("unnamed_in", community=row.community) if row.community else run.say("unnamed")


def _draw_base(run: Run, axes: Any) -> None:
    """Draw pale communities with their names, and streets, under other lines."""
    communities = run.results.communities
    draw_communities(axes, run.background, communities, [PALE] * len(communities))
    names = [short_name(str(name)) for name in communities["community"]]
    draw_labels(axes, communities, names, size=8.0, first=np.zeros(len(names), dtype=bool))


def _draw_lines(axes: Any, shapes: list[Any], colour: str, widths: list[float]) -> None:
    """Draw (multi)lines, each with its width."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    coordinates = [shapely.get_coordinates(part) for part in parts]
    width = np.array(widths)[owner]
    axes.add_collection(
        LineCollection(coordinates, colors=colour, linewidths=width, capstyle="round", zorder=6, alpha=0.9)
    )
