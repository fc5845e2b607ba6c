"""The map sheets of a run, one for each result and street office; the picture on the first page of its reports."""

from collections.abc import Callable
from functools import partial
from typing import Any

from matplotlib.figure import Figure
from matplotlib.style import context

from cfgeo.core.plan import Plan
from cfgeo.core.results import Results
from cfgeo.core.schema import NOT_ASSESSED
from cfgeo.core.strings import Lang, text
from cfgeo.publish.maps.bars import bars_height, draw_bars
from cfgeo.publish.maps.drawing import background_of, draw_north, draw_scale, frame_map
from cfgeo.publish.maps.fonts import picture_style, rare_letters
from cfgeo.publish.maps.run import Run, line_legend
from cfgeo.publish.maps.sheet import MapSheet, drawn_sheet, write_legend
from cfgeo.publish.maps.steps import steps_picture
from cfgeo.publish.maps.verdicts import clause_sheet, district_sheet, draw_verdicts, office_sheet, verdict_legend
from cfgeo.publish.maps.walks import minutes_sheet, school_sheet, terrain_sheet, walkway_sheet
from cfgeo.publish.pictures import blank_figure, saved
from cfgeo.publish.words.steps import plan_steps
from cfgeo.publish.words.story.front import front_of

FORMATS = ("png", "pdf")
_FRONT_DPI = 220
_MAP_SHARE, _GAP = 0.63, 0.03
_LEGEND_PT, _SIZE = 7.0, 7.0
_MM_PER_IN, _POINTS_PER_IN = 25.4, 72
_LEGEND_MM = 4.4  # high, a row
_LETTERS = 38  # in an entry of the legend


def prepared(results: Results, lang: Lang) -> Run:
    """Return a run with what all its maps share."""
    return Run(results, background_of(results.communities, results.inputs, results.ground), lang)


def draw_sheet(run: Run, nth: int) -> list[tuple[str, bytes]]:
    """Draw one of a run's map sheets, and return its files: name and content, for each of ``FORMATS``.

    Parameters
    ----------
    run
        What :func:`prepared` gives.
    nth
        Its position in :func:`sheet_makers`.

    Raises
    ------
    OutputError
        No font on this machine has the letters.
    """
    with context(style_of(run.results, run.lang)), rare_letters():
        sheet = sheet_makers(run.results)[nth](run)
        figure = drawn_sheet(sheet, run.results, lang=run.lang, land=run.background.land)
        return [(f"{sheet.name}.{form}", saved(figure, form)) for form in FORMATS]


def plan_sheets(plan: Plan, *, lang: Lang) -> list[tuple[str, bytes]]:
    """Draw the sheet of a run's plan, and return its files as :func:`draw_sheet` does."""
    steps = plan_steps(plan, lang)
    return [(f"plan.{form}", steps_picture(steps, form, lang=lang)) for form in FORMATS]


def map_png(run: Run, office: str | None = None, *, size_mm: tuple[float, float]) -> bytes:
    """Draw the picture on the first page of a report: the map of verdicts with its legend, and ranked bars.

    Parameters
    ----------
    run
        What :func:`prepared` gives.
    office
        The street office to show; the whole district when missing.
    size_mm
        Width and height.

    Raises
    ------
    OutputError
        No font on this machine has the letters.
    """
    with context(style_of(run.results, run.lang)), rare_letters():
        return saved(_front_figure(run, office, size_mm=size_mm), "png")


def style_of(results: Results, lang: Lang) -> dict[str, Any]:
    """Return matplotlib's settings for a run's sheets."""
    names = [
        *results.communities["community"],
        *results.communities["street_office"],
        results.parameters["study"]["title"],
    ]
    return picture_style(*names, text("figure.legend", lang))


def sheet_makers(results: Results) -> list[Callable[[Run], MapSheet]]:
    """Return what makes each sheet of a run, in their order."""
    clauses, coverage = results.parameters["clauses"], results.coverage
    makers: list[Callable[[Run], MapSheet]] = [district_sheet]
    for clause in clauses:
        rows = coverage[coverage["clause"] == clause["id"]].set_index("code")
        if len(rows) and (rows["verdict"] != NOT_ASSESSED).any():
            makers.append(partial(clause_sheet, clause=clause, rows=rows))
    timed = [clause for clause in clauses if clause["id"] in results.walks.street_minutes.columns]
    makers += [partial(minutes_sheet, clause=clause) for clause in timed]
    if results.communities["level_ratio"].notna().any():
        makers.append(terrain_sheet)
    if len(results.walks.walkways):
        makers.append(walkway_sheet)
    if len(results.walks.school_routes):
        makers.append(school_sheet)
    return [*makers, *(partial(office_sheet, office=str(office)) for office in results.street_offices.index)]


def _front_figure(run: Run, office: str | None, *, size_mm: tuple[float, float]) -> Figure:
    """Return the picture of a street office, or of the district for None."""
    results, lang = run.results, run.lang
    communities = results.communities
    inside = communities if office is None else communities[communities["street_office"] == office]
    entries = [*verdict_legend(run, inside), *line_legend(run)]
    figure = blank_figure(size_mm, dpi=_FRONT_DPI)
    legend_share = _LEGEND_MM * -(-len(entries) // 2) / size_mm[1]
    axes = figure.add_axes((0.0, legend_share, _MAP_SHARE, 1 - legend_share))
    frame_map(axes, run.bounds(office))
    limits = axes.axis()
    draw_verdicts(run, axes, size=_SIZE, office=office, by_office=office is None)
    axes.axis(limits)
    axes.set(xlabel="", ylabel="")
    draw_scale(axes)
    draw_north(axes, text("figure.north", lang))
    write_legend(
        figure, entries, letters=_LETTERS, bbox_to_anchor=(0.0, legend_share - 0.005), ncols=2, fontsize=_LEGEND_PT,
        handlelength=2.0, handleheight=1.1, labelspacing=0.4, columnspacing=1.2, borderaxespad=0.1,
    )  # fmt: skip
    charts = front_of(results, lang, office).charts
    top, left, right = 1.0, _MAP_SHARE + _GAP, 0.985
    wide_pt, high_pt = (side / _MM_PER_IN * _POINTS_PER_IN for side in ((right - left) * size_mm[0], size_mm[1]))
    asked = [bars_height(bars, _SIZE, wide_pt) for _, bars in charts]
    for nth, chart in enumerate(charts):
        later = min(sum(asked[nth + 1 :]), high_pt * 0.5)
        room = top * high_pt - later
        top = draw_bars(figure, (left, right, top), chart, size=_SIZE, lang=lang, most_pt=room) - 0.02
    return figure
