"""Explained walks → a picture: each on a map of its streets, with the profile beside it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import shapely
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.style import context

from cfgeo.core.explanation import Explanation, Route
from cfgeo.core.schema import WALK_PARTS
from cfgeo.core.strings import Lang, name_of, text
from cfgeo.publish.maps.fonts import picture_style, rare_letters
from cfgeo.publish.maps.labels import wrapped
from cfgeo.publish.maps.sheet import STATUS_COLOURS
from cfgeo.publish.pictures import saved
from cfgeo.publish.words.explanation import goal_words, nothing_words, parts_words, route_words
from cfgeo.publish.words.sources import made_from

PART_COLOURS = {
    "level": "#4d7f3a", "uphill": "#c2571a", "downhill": "#2f74b5", "stairs": "#5b2a86", "lift": "#00695c",
    "wait": "#8a6d00", "off_network": "#6b6b6b",
}  # fmt: skip
"""Colours of ``WALK_PARTS``, on the map page too."""

_WIDTH_IN, _HEIGHT_IN, _ROW_IN, _AROUND_IN = 13.333, 7.5, 3.0, 1.5
"""As wide as a slide, and as high where there is room."""
_DPI = 150
_MISSED = "#b3261e"
_LETTERS, _TITLE_LETTERS = 92, 46  # in a line above a profile, and above a map


def explained_picture(explanations: Sequence[Explanation], form: str, *, lang: Lang) -> bytes:
    """Draw the slowest route of each walk, which decides.

    Parameters
    ----------
    explanations
        What :func:`cfgeo.explain_study` gives.
    form
        ``png``, ``svg`` or ``pdf``.
    lang
        Language of the picture.

    Raises
    ------
    OutputError
        No font on this machine has the letters.
    """
    words = [goal_words(explanation, lang) + explanation.community for explanation in explanations]
    words += [explanation.slowest.place for explanation in explanations if explanation.slowest]
    words += [explanation.missed.place for explanation in explanations if explanation.missed]
    words += [made_from(explanation.about, lang) for explanation in explanations[:1] if explanation.about]
    with context({**picture_style(*words, text("explain.start_mark", lang)), "font.size": 9}), rare_letters():
        return _drawn(explanations, form, lang)


def _drawn(explanations: Sequence[Explanation], form: str, lang: Lang) -> bytes:
    """Draw a row for each walk: its map, and its profile."""
    rows = len(explanations)
    figure = Figure(figsize=(_WIDTH_IN, max(_HEIGHT_IN, _ROW_IN * rows + _AROUND_IN)), dpi=_DPI, layout="constrained")
    _write_around(figure, explanations[0], lang)
    axes = figure.subplots(rows, 2, squeeze=False, width_ratios=(1, 1.25))
    for explanation, (left, right) in zip(explanations, axes, strict=True):
        route = explanation.slowest
        title = f"{goal_words(explanation, lang)} · {name_of('word', explanation.walker, lang)}"
        left.set_title(wrapped(title, _TITLE_LETTERS), loc="left", fontsize=11, fontweight="bold")
        if route is None:
            _draw_missed(left, explanation, lang)
            _write_alone(right, nothing_words(explanation, lang))
            continue
        if len(route.pieces) == 0:
            _write_alone(left, route_words(explanation, route, lang))
            right.set_axis_off()
            continue
        _draw_map(left, explanation, route, lang)
        _draw_profile(right, explanation, route, lang)
    routes = [explanation.slowest for explanation in explanations if explanation.slowest]
    walked = {part for route in routes for part in route.pieces["part"]}
    parts = [part for part in WALK_PARTS if part in walked]
    handles = [Line2D([], [], color=PART_COLOURS[part], lw=3, label=text(f"explain.{part}", lang)) for part in parts]
    if handles:
        figure.legend(handles=handles, loc="outside lower right", ncols=len(handles), frameon=False)
    FigureCanvasAgg(figure)
    return saved(figure, form)


def _write_around(figure: Figure, explanation: Explanation, lang: Lang) -> None:
    """Write above whose walk it is and how good the data is, below what it rests on."""
    start = explanation.start
    place = explanation.community or text("explain.point", lang, lat=start.y, lon=start.x)
    figure.suptitle(
        f"{text('explain.picture_title', lang, place=place)}\n", x=0.01, ha="left", fontsize=18, fontweight="bold"
    )
    if not explanation.about:
        return
    status = str(explanation.about["status"])
    box = {"boxstyle": "round,pad=0.4", "fc": STATUS_COLOURS[status], "ec": "#111111"}
    figure.text(
        0.988, 0.985, name_of("word", status, lang), fontsize=11, fontweight="bold", ha="right", va="top", bbox=box
    )
    figure.supxlabel(wrapped(made_from(explanation.about, lang), 110), x=0.01, ha="left", fontsize=8, color="#5a666d")


def _write_alone(axes: Any, words: str) -> None:
    """Write a sentence where there is nothing to draw."""
    axes.text(0.02, 0.5, wrapped(words.strip(), _LETTERS), transform=axes.transAxes, va="center", fontsize=11)
    axes.set_axis_off()


def _draw_missed(axes: Any, explanation: Explanation, lang: Lang) -> None:
    """Draw where a walk without a route begins, and the nearest place though out of reach."""
    if explanation.missed is None:
        axes.set_axis_off()
        return
    line = shapely.get_coordinates(explanation.missed.line)
    _draw_streets(axes, explanation)
    axes.plot(*line.T, color=_MISSED, lw=2.0, linestyle=(0, (4, 3)))
    keys = ("start_mark", "place_mark") if explanation.missed.facility else ("start_mark",)
    _draw_ends(axes, line[[0, -1]][: len(keys)], keys, lang)
    _frame(axes, explanation.missed.line.bounds, lang)


def _draw_map(axes: Any, explanation: Explanation, route: Route, lang: Lang) -> None:
    _draw_streets(axes, explanation)
    pieces = route.pieces
    axes.add_collection(
        LineCollection(
            [shapely.get_coordinates(line) for line in pieces.geometry],
            colors=[PART_COLOURS[part] for part in pieces["part"]],
            linewidths=3.2,
            capstyle="round",
        )
    )
    _draw_ends(axes, shapely.get_coordinates(pieces.geometry.to_numpy())[[0, -1]], _end_keys(route), lang)
    _frame(axes, pieces.total_bounds, lang)


def _draw_streets(axes: Any, explanation: Explanation) -> None:
    steps = (explanation.streets["form"] == "steps").to_numpy()
    lines = explanation.streets.geometry.to_numpy()
    for chosen, colour, width in ((~steps, "#c3ccd1", 1.0), (steps, "#c9b3dc", 1.4)):
        axes.add_collection(
            LineCollection([shapely.get_coordinates(line) for line in lines[chosen]], colors=colour, linewidths=width)
        )


def _draw_ends(axes: Any, ends: Any, keys: tuple[str, ...], lang: Lang) -> None:
    """Mark the first point, and the last one."""
    for xy, key, marker in zip(ends, keys, "os"[: len(keys)], strict=True):
        axes.plot(*xy, marker, color="#111111", markersize=7, markerfacecolor="white", markeredgewidth=1.8)
        axes.annotate(
            text(f"explain.{key}", lang),
            xy,
            xytext=(6, 6),
            textcoords="offset points",
            fontweight="bold",
            bbox={"boxstyle": "round,pad=0.15", "fc": "white", "ec": "none", "alpha": 0.8},
        )


def _frame(axes: Any, bounds: Sequence[float], lang: Lang) -> None:
    """Show some bounds with what lies around them, with scale and north."""
    west, south, east, north = bounds
    half = max(east - west, north - south, 120.0) * 0.62
    axes.set_xlim((west + east) / 2 - half, (west + east) / 2 + half)
    axes.set_ylim((south + north) / 2 - half, (south + north) / 2 + half)
    axes.set_aspect("equal")
    axes.set_xticks([])
    axes.set_yticks([])
    _scale_bar(axes, half)
    _north(axes, text("figure.north", lang))


def _end_keys(route: Route) -> tuple[str, str]:
    """Return what stands where a route begins and where it ends: the way back begins at the place."""
    return ("start_mark", "place_mark") if route.direction == "to" else ("place_mark", "end_mark")


def _scale_bar(axes: Any, half_m: float) -> None:
    length_m = max(size for size in (20, 50, 100, 200, 500, 1000, 2000, 5000) if size <= max(half_m / 2, 20))
    axes.plot([0.04, 0.04 + length_m / (2 * half_m)], [0.04, 0.04], color="#111111", lw=3, transform=axes.transAxes)
    axes.text(0.04, 0.06, f"{length_m} m", transform=axes.transAxes, fontsize=8)


def _north(axes: Any, word: str) -> None:
    """Draw a north arrow in the upper right corner, in points: the layout of the figure is not known yet."""
    arrow = {"arrowstyle": "-|>,head_width=0.45,head_length=0.9", "fc": "#111111", "ec": "#111111", "lw": 1.2}
    axes.annotate(
        word, (0.95, 0.98), xytext=(0, -30), xycoords="axes fraction", textcoords="offset points", ha="center",
        va="top", fontweight="bold", arrowprops=arrow,
        bbox={"boxstyle": "round,pad=0.15", "fc": "white", "ec": "none", "alpha": 0.8},
    )  # fmt: skip


def _draw_profile(axes: Any, explanation: Explanation, route: Route, lang: Lang) -> None:
    # The words stand above the profile, where both have room.
    words = f"{route_words(explanation, route, lang)}\n{parts_words(route, lang)}"
    axes.set_title("\n".join(wrapped(line, _LETTERS) for line in words.split("\n")), loc="left", fontsize=9)
    axes.set_xlabel(text("explain.distance_axis", lang))
    axes.set_ylabel(text("explain.height_axis", lang))
    axes.spines[["top", "right"]].set_visible(False)
    profile = route.profile
    if profile["height_m"].notna().sum() < 2:
        axes.text(0.5, 0.5, text("explain.no_heights", lang), transform=axes.transAxes, ha="center")
        return
    stretch = (profile["part"] != profile["part"].shift()).cumsum()
    for _, part in profile.groupby(stretch):
        before = profile.loc[: part.index[0]].iloc[-2:-1]
        line = pd.concat([before, part])
        colour = PART_COLOURS[str(part["part"].iloc[0])]
        axes.plot(line["distance_m"], line["height_m"], color=colour, lw=2.6, solid_capstyle="round")
    low, high = profile["height_m"].min(), profile["height_m"].max()
    axes.fill_between(profile["distance_m"], profile["height_m"], low - 5, color="#e9edef", zorder=0)
    axes.set_ylim(low - 5, max(high + 5, low + 25))
    axes.set_xlim(0, float(np.nanmax(profile["distance_m"])))
