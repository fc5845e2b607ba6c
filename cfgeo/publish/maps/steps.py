"""A plan or sites → a picture: the numbered map, what it costs, and the list; map and frontier alone for reports."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import shapely
from matplotlib.collections import LineCollection, PatchCollection
from matplotlib.figure import Figure
from matplotlib.patches import Polygon
from matplotlib.style import context

from cfgeo.core.schema import FloatArray
from cfgeo.core.strings import Lang, name_of, text
from cfgeo.publish.colours import CHANGE_FILLS
from cfgeo.publish.maps.drawing import (
    SOFT,
    background_of,
    draw_communities,
    draw_north,
    draw_scale,
    frame_map,
)
from cfgeo.publish.maps.fonts import picture_style, rare_letters
from cfgeo.publish.maps.labels import INK, AxesPaper, Box, draw_labels, text_width, wrapped
from cfgeo.publish.maps.sheet import PNG_DPI, STATUS_COLOURS, area_entry, write_legend
from cfgeo.publish.pictures import A3_MM, blank_figure, saved
from cfgeo.publish.words.changes import change_word
from cfgeo.publish.words.frontier import FrontierChart
from cfgeo.publish.words.names import listed, short_name
from cfgeo.publish.words.steps import BuildStep, BuildSteps

_DPI = 200
_CHANGE, _DECIDED, _FRONTIER, _GOAL, _BOUND = "#b23c08", "#37474f", "#1d5a94", "#14692c", "#a9c4dc"
_MOST_LINES, _MOST_NOTED, _LIST_SIZE = 23, 43, 10.5
_TITLE_LETTERS, _LIST_LETTERS, _NOTE_LETTERS = 150, 68, 78
_LINE, _POINTS_PER_IN = 1.5, 72
_AREA = 2


def steps_picture(steps: BuildSteps, form: str, *, lang: Lang) -> bytes:
    """Draw a plan or sites on a sheet: the map, and beside it the frontier and the list.

    Parameters
    ----------
    steps
        A plan or sites, as steps in the same language.
    form
        ``png``, ``svg`` or ``pdf``.
    lang
        Language of the words.

    Raises
    ------
    OutputError
        No font on this machine has the letters.
    """
    with context(_style(steps, lang)), rare_letters():
        figure = blank_figure(A3_MM, dpi=PNG_DPI)
        write = partial(figure.text, color=INK, va="top")
        _write_head(figure, steps, lang)
        draw_steps_map(figure.add_axes((0.02, 0.11, 0.6, 0.75)), steps, size=8.0, lang=lang)
        entries = [area_entry(words, fill) for words, fill in change_legend(steps, lang)]
        write_legend(figure, entries, bbox_to_anchor=(0.02, 0.105), ncols=3, fontsize=11, handlelength=2.2,
                     handleheight=1.4)  # fmt: skip
        top = 0.86
        if steps.chart is not None:
            write(0.645, top, text("steps.chart", lang), fontsize=13, fontweight="bold")
            _draw_chart(figure.add_axes((0.675, 0.595, 0.305, 0.235)), steps.chart, size=10)
            write(0.645, 0.55, wrapped(steps.chart.note, _NOTE_LETTERS), fontsize=9, color=SOFT)
            top = 0.485
        write(0.645, top, steps.heading, fontsize=13, fontweight="bold")
        lines = [*listed_steps(steps, lang), *_noted(steps)]
        write(0.645, top - 0.03, "\n".join(lines[:_MOST_NOTED]), fontsize=_LIST_SIZE, linespacing=1.45)
        write(0.02, 0.028, wrapped(steps.provenance, 260), fontsize=8.5, color=SOFT)
        return saved(figure, form)


def _write_head(figure: Figure, steps: BuildSteps, lang: Lang) -> None:
    """Write the title, under it the first sentences, beside it how good the data is."""
    box = {"boxstyle": "round,pad=0.4", "fc": STATUS_COLOURS[steps.status], "ec": INK}
    status = name_of("word", steps.status, lang)
    figure.text(0.98, 0.97, status, fontsize=13, fontweight="bold", ha="right", va="top", bbox=box)
    y = 0.975
    for nth, line in enumerate([steps.title, *steps.lines[:2]]):
        size, colour = ((18, INK), (13, INK), (11, SOFT))[nth]
        lines = wrapped(line, _TITLE_LETTERS if nth else _TITLE_LETTERS * 2 // 3)
        figure.text(0.02, y, lines, fontsize=size, color=colour, fontweight="normal" if nth else "bold", va="top")
        y -= size * _LINE / figure.get_figheight() / _POINTS_PER_IN * (lines.count("\n") + 1)


def steps_map(steps: BuildSteps, *, lang: Lang, size_mm: tuple[float, float]) -> bytes:
    """Draw the map alone, as PNG for a document."""
    with context(_style(steps, lang)), rare_letters():
        figure = blank_figure(size_mm, dpi=_DPI)
        draw_steps_map(figure.add_axes((0.0, 0.0, 1.0, 1.0)), steps, size=6.5, lang=lang)
        return saved(figure, "png")


def change_legend(steps: BuildSteps, lang: Lang) -> tuple[tuple[str, str], ...]:
    """Return the words and colour of each fill that the map of steps has."""
    kinds = set(steps.kinds)
    return tuple((change_word(kind, lang), fill) for kind, fill in CHANGE_FILLS.items() if kind in kinds)


def frontier_picture(steps: BuildSteps, *, lang: Lang, size_mm: tuple[float, float]) -> bytes:
    """Draw the frontier alone, as PNG for a document; empty where the steps have none."""
    with context(_style(steps, lang)), rare_letters():
        figure = blank_figure(size_mm, dpi=_DPI)
        if steps.chart is not None:
            _draw_chart(figure.add_axes((0.09, 0.16, 0.86, 0.81)), steps.chart, size=9)
        return saved(figure, "png")


def _style(steps: BuildSteps, lang: Lang) -> dict[str, Any]:
    names = [steps.title, *steps.lines, *(step.name for step in steps.steps), *steps.before["community"]]
    return picture_style(*names, text("steps.legend", lang))


def draw_steps_map(axes: Any, steps: BuildSteps, *, size: float, lang: Lang) -> None:
    """Draw the communities with all built, the steps with their numbers, and the names where they have room."""
    frame_map(axes, steps.before.total_bounds)
    limits = axes.axis()
    fills = [CHANGE_FILLS[kind] for kind in steps.kinds]
    draw_communities(axes, background_of(steps.before, steps.inputs, steps.ground), steps.before, fills)
    names = [short_name(str(name)) for name in steps.before["community"]]
    draw_labels(axes, steps.before, names, size=size, taken=number_boxes(axes, steps, size))
    for step in reversed(steps.steps):
        if step.shape is not None:
            draw_step(axes, step, size)
    axes.axis(limits)
    axes.set(xlabel="", ylabel="")
    draw_scale(axes)
    draw_north(axes, text("figure.north", lang))


def number_boxes(axes: Any, steps: BuildSteps, size: float) -> list[Box]:
    """Return where the numbers of steps stand [pt]: names keep clear of them."""
    placed = [step for step in steps.steps if step.shape is not None]
    points = AxesPaper(axes).at(np.array([_number_at(step) for step in placed]).reshape(-1, 2))
    return [
        (x - reach, y - size, x + reach, y + size)
        for step, (x, y) in zip(placed, points, strict=True)
        for reach in [max(size, text_width(str(step.rank), size))]
    ]


def _number_at(step: BuildStep) -> FloatArray:
    return np.asarray(shapely.get_coordinates(shapely.point_on_surface(step.shape))[0])


def draw_step(axes: Any, step: BuildStep, size: float) -> None:
    """Draw what a step builds, and its number."""
    parts = shapely.get_parts(step.shape)
    dimensions = shapely.get_dimensions(parts)
    lines = [shapely.get_coordinates(line) for line in parts[dimensions == 1]]
    areas = [Polygon(shapely.get_coordinates(area)) for area in shapely.get_exterior_ring(parts[dimensions == _AREA])]
    axes.add_collection(LineCollection(lines, colors="#d9480f", linewidths=3, zorder=6))
    look: dict[str, Any] = {"facecolor": "#ffd54a", "edgecolor": "#d9480f", "linewidth": 1.5, "zorder": 6}
    axes.add_collection(PatchCollection(areas, **look))
    x, y = _number_at(step)
    shape = "square,pad=0.25" if step.decided else "circle,pad=0.2"
    box = {"boxstyle": shape, "fc": _DECIDED if step.decided else _CHANGE, "ec": "white", "lw": 0.9}
    axes.text(x, y, str(step.rank), fontsize=size, color="white", fontweight="bold", ha="center", va="center",
              bbox=box, zorder=10, clip_on=True)  # fmt: skip


def _draw_chart(axes: Any, chart: FrontierChart, *, size: float) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(visible=True, color="#dfe4e7", linewidth=0.7)
    axes.set_axisbelow(True)
    for point in chart.open:
        axes.plot([point.bound, point.cost], [point.passed] * 2, color=_BOUND, lw=4, solid_capstyle="butt")
    if chart.aim is not None:
        axes.axhline(chart.aim, color=_GOAL, lw=1.3, ls=(0, (6, 4)))
    corners = np.array(chart.corners, dtype=float).reshape(-1, 2)
    axes.plot(corners[:, 0], corners[:, 1], color=_FRONTIER, lw=2)
    order = np.array([(point.cost, point.passed) for point in chart.order], dtype=float)
    axes.plot(order[:, 0], order[:, 1], "o", ms=4.5, mfc="white", mec=_CHANGE, mew=1.5, zorder=4)
    axes.set_xticks(chart.costs, [f"{cost:,.10g}" for cost in chart.costs], fontsize=size)
    axes.set_yticks(chart.counts, [f"{count:.0f}" for count in chart.counts], fontsize=size)
    axes.set_xlim(chart.costs[0], chart.costs[-1])
    axes.set_ylim(chart.counts[0], chart.counts[-1])
    axes.set_xlabel(chart.cost, fontsize=size)
    axes.set_ylabel(chart.passed, fontsize=size)


def listed_steps(steps: BuildSteps, lang: Lang) -> list[str]:
    """Return the list of steps as lines that have room beside the map; what each brings too, if there is room."""
    room = _MOST_LINES if steps.chart is not None else _MOST_LINES * 7 // 4
    names = steps.before["community"]
    lines: list[str] = []
    for step in steps.steps if len(steps.steps) <= room else steps.steps[: room - 1]:
        at_once = [step.what, step.where]  # of changes that come all together
        reached = at_once if step.passed is None else [text("steps.passing", lang, passed=step.passed)]
        parts: Sequence[str] = [step.cost, *reached]
        lines.append(_short(f"{step.rank}. {step.name}    {' · '.join(part for part in parts if part)}"))
        if step.adds and 2 * len(steps.steps) <= room:
            added = listed(names[list(step.adds)], lang)
            lines.append(_short(f"      {text('steps.adds', lang, count=len(step.adds), names=added)}"))
    if len(steps.steps) > room:
        lines.append(text("steps.more", lang, count=len(steps.steps) - room + 1))
    return lines or [text("steps.order_none", lang)]


def _noted(steps: BuildSteps) -> list[str]:
    """Return what stands below the list of steps, in lines that have room."""
    lines = [line for note in steps.notes for line in wrapped(note.strip(), _LIST_LETTERS).split("\n")]
    return ["", *lines] if lines else []


def _short(line: str) -> str:
    """Return as much of a line as has room."""
    first, *rest = wrapped(line, _LIST_LETTERS).split("\n")
    return f"{first}…" if rest else first
