"""A map sheet to print: A3 landscape, with title, legend, notes, sources and the status of the data."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke

from cfgeo.core.results import Results
from cfgeo.core.strings import Lang, name_of, text
from cfgeo.publish.colours import STREET, STREET_EDGE, STREET_EDGE_OPACITY, STREET_OPACITY, rgb
from cfgeo.publish.maps.drawing import INK, SOFT, draw_north, draw_scale, frame_map
from cfgeo.publish.maps.fonts import is_chinese
from cfgeo.publish.maps.land import Land, draw_street_names
from cfgeo.publish.words.sources import dated_sources

A3_MM = (420.0, 297.0)
PNG_DPI = 110
_MM_PER_IN = 25.4
STATUS_COLOURS = {"official": "#ffffff", "approximate": "#ffd54a", "illustrative": "#ffab91"}
_NEVER_FIRST = "，。；：、）”"  # no line begins with these
_NOTE_WIDTH = 30  # letters; Chinese ones count twice

Entry = tuple[str, Patch | Line2D]
"""One entry of a legend: its words, and its mark."""


@dataclass(frozen=True)
class Sheet:
    """One map sheet.

    Attributes
    ----------
    name : str
        Of the files, without ending.
    title, subtitle : str
    draw : callable
        Draws the map on axes whose limits are set.
    bounds : sequence of float
        West, south, east, north of what it shows.
    legend : list of tuple
        Words and marks.
    notes : list of str
        Paragraphs beside the map.
    """

    name: str
    title: str
    subtitle: str
    draw: Callable[[Any], None]
    bounds: Sequence[float]
    legend: list[Entry] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def area_entry(words: str, fill: str) -> Entry:
    """Return a legend's entry for areas."""
    return words, Patch(facecolor=fill, edgecolor=INK, linewidth=0.6)


def line_entry(words: str, colour: str, width: float) -> Entry:
    """Return a legend's entry for lines."""
    return words, Line2D([], [], color=colour, lw=width)


def street_entry(words: str, fill: str) -> Entry:
    """Return a legend's entry for streets, as they stand on a fill."""
    edge = to_hex(_mixed(STREET_EDGE, fill, STREET_EDGE_OPACITY))
    middle = to_hex(_mixed(STREET, edge, STREET_OPACITY))
    effects = [withStroke(linewidth=9.0, foreground=fill), withStroke(linewidth=4.2, foreground=edge)]
    return words, Line2D([], [], color=middle, lw=2.4, path_effects=effects)


def _mixed(colour: str, under: str, opacity: float) -> tuple[float, float, float]:
    """Return what is seen of a colour of some opacity above another one."""
    red, green, blue = (
        opacity * above + (1 - opacity) * below for above, below in zip(rgb(colour), rgb(under), strict=True)
    )
    return red, green, blue


def blank_figure(size_mm: tuple[float, float], *, dpi: float) -> Figure:
    """Return an empty white figure of some width and height."""
    figure = Figure(figsize=(size_mm[0] / _MM_PER_IN, size_mm[1] / _MM_PER_IN), dpi=dpi, facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def drawn_sheet(sheet: Sheet, results: Results, *, lang: Lang, land: Land | None = None) -> Figure:
    """Return a sheet as a figure."""
    figure = blank_figure(A3_MM, dpi=PNG_DPI)
    axes = figure.add_axes((0.02, 0.06, 0.74, 0.84))
    frame_map(axes, sheet.bounds)
    limits = axes.axis()
    sheet.draw(axes)
    axes.axis(limits)
    if land is not None:
        draw_street_names(axes, land)
    axes.set(xlabel="", ylabel="")  # geopandas writes the CRS's axes there
    draw_scale(axes)
    draw_north(axes, text("figure.north", lang))
    _write_words(figure, sheet, results, lang)
    return figure


def saved(figure: Figure, form: str) -> bytes:
    """Return a figure as a file; the same figure gives the same bytes."""
    stream = io.BytesIO()
    undated = {"pdf": {"CreationDate": None}, "svg": {"Date": None}}
    figure.savefig(stream, format=form, metadata=undated.get(form))
    return stream.getvalue()


def _write_words(figure: Figure, sheet: Sheet, results: Results, lang: Lang) -> None:
    """Write title, status, legend, notes and sources around the map."""
    study = results.parameters["study"]
    write = partial(figure.text, color=INK, va="top")
    write(0.02, 0.975, sheet.title, fontsize=24, fontweight="bold")
    write(0.02, 0.93, sheet.subtitle, fontsize=12, color=SOFT)
    status = name_of("word", study["status"], lang)
    box = {"boxstyle": "round,pad=0.4", "fc": STATUS_COLOURS[study["status"]], "ec": INK}
    write(0.98, 0.97, status, fontsize=14, fontweight="bold", ha="right", bbox=box)
    marks = [mark for _, mark in sheet.legend]
    words = [wrapped(words, _NOTE_WIDTH) for words, _ in sheet.legend]
    legend = figure.legend(
        marks, words, loc="upper left", bbox_to_anchor=(0.77, 0.905), frameon=False, fontsize=11,
        title=text("figure.legend", lang), alignment="left", handlelength=2.2, handleheight=1.4, labelspacing=0.55,
        borderpad=0,
    )  # fmt: skip
    legend.get_title().set(fontsize=13, fontweight="bold")
    extent = legend.get_window_extent()
    below = figure.transFigure.inverted().transform(extent)[0][1]
    notes = "\n".join(wrapped(note, int(_NOTE_WIDTH * 1.28)) for note in sheet.notes)
    write(0.775, below - 0.02, text("figure.notes", lang), fontsize=13, fontweight="bold")
    write(0.775, below - 0.05, notes, fontsize=10.5, linespacing=1.5)
    program = text("figure.made", lang, version=version("cfgeo"))
    write(0.02, 0.047, f"{study['title']}    {program}", fontsize=9, color=SOFT)
    sources = text("figure.sources", lang, sources=dated_sources(results, lang=lang))
    write(0.02, 0.028, wrapped(sources, 300), fontsize=8.5, color=SOFT)


def wrapped(words: str, width: int) -> str:
    """Break a text into lines of a width in letters, Chinese ones counting twice."""
    lines, line, used = [], "", 0
    for part in _unbroken(words):
        size = sum(2 if is_chinese(letter) else 1 for letter in part)
        if line and used + size > width and part not in _NEVER_FIRST:
            lines.append(line.rstrip())
            line, used = part.lstrip(), size - part.startswith(" ")
        else:
            line, used = line + part, used + size
    return "\n".join([*lines, line.rstrip()])


def _unbroken(words: str) -> list[str]:
    """Return what must not be broken: Latin words with the space before them, and single Chinese letters."""
    parts: list[str] = []
    for letter in words:
        if parts and letter != " " and not is_chinese(letter) and not is_chinese(parts[-1][-1]):
            parts[-1] += letter
        else:
            parts.append(letter)
    return parts
