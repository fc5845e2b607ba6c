"""A map sheet to print: A3 landscape, with title, legend, notes, sources and the status of the data."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from typing import Any

import geopandas as gpd
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke
from matplotlib.textpath import TextPath
from matplotlib.transforms import Affine2D

from cfgeo.core.results import Results
from cfgeo.core.strings import Lang, name_of, text
from cfgeo.publish.colours import PALE, STREET, STREET_EDGE, STREET_EDGE_OPACITY, STREET_OPACITY, rgb
from cfgeo.publish.maps.bars import Chart, bars_height, draw_bars, fitted
from cfgeo.publish.maps.drawing import SOFT, draw_north, draw_scale, frame_map
from cfgeo.publish.maps.labels import INK, text_width, wrapped
from cfgeo.publish.maps.land import Land, draw_street_names
from cfgeo.publish.pictures import A3_MM, blank_figure
from cfgeo.publish.words.names import study_title
from cfgeo.publish.words.sources import dated_sources

PNG_DPI = 300
LOCATED = "#d9480f"
STATUS_COLOURS = {"official": "#ffffff", "approximate": "#ffd54a", "illustrative": "#ffab91"}
_COLUMN, _RIGHT, _BOTTOM, _LOCATOR = 0.775, 0.98, 0.065, 0.14  # of the figure
_TITLE_PT = 880.0  # room for the title beside the status
_TITLE_SIZES, _SUBTITLE_SIZES = (24.0, 20.0, 18.0, 15.0), (12.0, 10.5, 9.5)
_BAR_SIZES, _LEAST_PT, _FEW_BARS_PT, _GAP = (9.0, 8.5, 8.0, 7.5, 7.0), 90.0, 140.0, 0.025
_NOTE_WIDTH = 38  # letters; Chinese ones count twice
_LEGEND, _LONG_LEGEND, _MANY = (11.0, 0.55), (9.0, 0.3), 12  # letters [pt] and space between entries
_LEGEND_PT = 407.0  # of the letters of a line together
_DOT_PT, _SIGN_PT = 14.0, 8.0

Entry = tuple[str, Patch | Line2D | tuple[Line2D, Line2D]]
"""One entry of a legend: its words, and its mark; of two marks the second lies on the first."""


@dataclass(frozen=True)
class MapSheet:
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
    charts : sequence of tuple
        Heading and ranked bars, below the notes.
    place : shapely.Geometry, optional
        Where the map lies in the district, for the small map in the corner; None: it shows all of it.
    """

    name: str
    title: str
    subtitle: str
    draw: Callable[[Any], None]
    bounds: Sequence[float]
    legend: list[Entry] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    charts: Sequence[Chart] = ()
    place: Any = None


def area_entry(words: str, fill: str) -> Entry:
    """Return a legend's entry for areas."""
    return words, Patch(facecolor=fill, edgecolor=INK, linewidth=0.6)


def line_entry(words: str, colour: str, width: float) -> Entry:
    """Return a legend's entry for lines."""
    return words, Line2D([], [], color=colour, lw=width)


def place_entry(words: str, sign: str, colour: str) -> Entry:
    """Return a legend's entry for places: a dot with the sign of their layer, as on the map."""
    letter = TextPath((0, 0), sign)
    box = letter.get_extents()
    middle = Affine2D().translate(-(box.x0 + box.x1) / 2, -(box.y0 + box.y1) / 2)
    dot = Line2D([], [], ls="none", marker="o", ms=_DOT_PT, mfc=colour, mec="white", mew=0.6)
    on_it = Line2D(
        [], [], ls="none", marker=letter.transformed(middle), ms=_SIGN_PT, mfc="white", mec="none", label=sign
    )
    return words, (dot, on_it)


def street_entry(words: str, fill: str) -> Entry:
    """Return a legend's entry for streets, as they stand on a fill."""
    edge = to_hex(_mixed(STREET_EDGE, fill, STREET_EDGE_OPACITY))
    middle = to_hex(_mixed(STREET, edge, STREET_OPACITY))
    effects = [withStroke(linewidth=9.0, foreground=fill), withStroke(linewidth=4.2, foreground=edge)]
    return words, Line2D([], [], color=middle, lw=2.4, path_effects=effects)


def write_legend(figure: Figure, entries: Sequence[Entry], *, letters: int = 1000, **look: Any) -> Any:
    """Write a legend with its upper left corner at ``bbox_to_anchor``, its words broken after so many letters."""
    marks: Any = [mark for _, mark in entries]  # pairs are drawn on each other, which the stubs do not know
    words = [wrapped(words, letters) for words, _ in entries]
    return figure.legend(marks, words, loc="upper left", frameon=False, borderpad=0, **look)


def _mixed(colour: str, under: str, opacity: float) -> tuple[float, float, float]:
    """Return what is seen of a colour of some opacity above another one."""
    red, green, blue = (
        opacity * above + (1 - opacity) * below for above, below in zip(rgb(colour), rgb(under), strict=True)
    )
    return red, green, blue


def drawn_sheet(sheet: MapSheet, results: Results, *, lang: Lang, land: Land | None = None) -> Figure:
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
    below = _write_words(figure, sheet, results, lang)
    _draw_column(figure, sheet, results, lang, top=below)
    return figure


def sized(words: str, sizes: Sequence[float]) -> tuple[str, float]:
    """Return what stands above a map, and its size [pt]: the largest that has room on a line, the smallest on two."""
    for size in sizes:
        if text_width(words, size) < _TITLE_PT:
            return words, size
    first, *rest = wrapped(words, int(_TITLE_PT / sizes[-1] / 0.55)).split("\n")
    return "\n".join([first, fitted(" ".join(rest), _TITLE_PT, sizes[-1])]), sizes[-1]


def _write_words(figure: Figure, sheet: MapSheet, results: Results, lang: Lang) -> float:
    """Write title, status, legend, notes and sources around the map; return where the notes end [of the figure]."""
    study = results.parameters["study"]
    write = partial(figure.text, color=INK, va="top")
    for heading, sizes, y, look in (
        (sheet.title, _TITLE_SIZES, 0.975, {"fontweight": "bold", "linespacing": 1.05}),
        (sheet.subtitle, _SUBTITLE_SIZES, 0.93, {"color": SOFT}),
    ):
        lines, size = sized(heading, sizes)
        write(0.02, y, lines, fontsize=size, **look)
    status = name_of("word", study["status"], lang)
    box = {"boxstyle": "round,pad=0.4", "fc": STATUS_COLOURS[study["status"]], "ec": INK}
    write(0.98, 0.97, status, fontsize=14, fontweight="bold", ha="right", bbox=box)
    size, space = _LONG_LEGEND if len(sheet.legend) > _MANY else _LEGEND
    legend = write_legend(
        figure, sheet.legend, letters=int(_LEGEND_PT / size), bbox_to_anchor=(0.77, 0.905), fontsize=size,
        title=text("figure.legend", lang), alignment="left", handlelength=2.2, handleheight=1.4, labelspacing=space,
    )  # fmt: skip
    legend.get_title().set(fontsize=13, fontweight="bold")
    extent = legend.get_window_extent()
    below = figure.transFigure.inverted().transform(extent)[0][1]
    notes = "\n".join(wrapped(note, _NOTE_WIDTH) for note in sheet.notes)
    if notes:
        write(_COLUMN, below - 0.02, text("figure.notes", lang), fontsize=13, fontweight="bold")
        said = write(_COLUMN, below - 0.05, notes, fontsize=10.5, linespacing=1.5)
        below = figure.transFigure.inverted().transform(said.get_window_extent())[0][1]
    program = text("figure.made", lang, version=version("cfgeo"))
    write(0.02, 0.047, f"{study_title(study, lang)}    {program}", fontsize=9, color=SOFT)
    sources = text("figure.sources", lang, sources=dated_sources(results, lang=lang))
    write(0.02, 0.028, wrapped(sources, 300), fontsize=8.5, color=SOFT)
    return float(below)


def _draw_column(figure: Figure, sheet: MapSheet, results: Results, lang: Lang, *, top: float) -> None:
    """Draw what stands below the notes: ranked bars, and where a map of a part lies in the district."""
    wide_pt, high_pt = (_RIGHT - _COLUMN) * figure.get_figwidth() * 72, figure.get_figheight() * 72
    bottom = _BOTTOM
    if sheet.place is not None:
        bottom += _LOCATOR + 0.02
        axes = figure.add_axes((_COLUMN, _BOTTOM, _RIGHT - _COLUMN, _LOCATOR))
        frame_map(axes, results.communities.total_bounds)
        limits = axes.axis()
        results.communities.plot(ax=axes, color=PALE, edgecolor=SOFT, linewidth=0.3, aspect=None)
        gpd.GeoSeries([sheet.place]).plot(ax=axes, color=LOCATED, edgecolor=INK, linewidth=1.0, aspect=None)
        axes.axis(limits)
        axes.set(xlabel="", ylabel="")

    def height_pt(charts: Sequence[Chart], size: float) -> float:
        return sum(bars_height(bars, size, wide_pt) + _GAP * high_pt for _, bars in charts)

    room = (top - bottom) * high_pt
    # As many charts as show all of their bars, or at least a few of them; the first ones say most.
    least_pt = {n: _FEW_BARS_PT * n if n > 1 else _LEAST_PT for n in range(1, len(sheet.charts) + 1)}
    fitting = [n for n, least in least_pt.items() if min(least, height_pt(sheet.charts[:n], _BAR_SIZES[-1])) <= room]
    charts = sheet.charts[: max(fitting, default=0)]
    # Smaller letters where all bars have room then; of many the first ones are large again.
    size = next((each for each in _BAR_SIZES if height_pt(charts, each) <= room), _BAR_SIZES[0])
    for nth, chart in enumerate(charts):
        top -= _GAP
        room = (top - bottom) * high_pt
        most_pt = max(room / (len(charts) - nth), room - height_pt(charts[nth + 1 :], size))
        top = draw_bars(figure, (_COLUMN, _RIGHT, top), chart, size=size, lang=lang, most_pt=most_pt)
