"""The map sheets of a run: verdicts, each clause, minutes, terrain, walkways, school routes, each street office."""

from collections.abc import Callable
from functools import partial
from typing import Any

from matplotlib.style import context

from cfgeo.core.plan import Plan
from cfgeo.core.results import Results
from cfgeo.core.schema import NOT_ASSESSED
from cfgeo.core.strings import Lang, text
from cfgeo.publish.maps.drawing import background_of, draw_scale, frame_map
from cfgeo.publish.maps.fonts import picture_style, rare_letters
from cfgeo.publish.maps.run import Run
from cfgeo.publish.maps.sheet import Sheet, blank_figure, drawn_sheet, saved
from cfgeo.publish.maps.steps import steps_picture
from cfgeo.publish.maps.verdicts import clause_sheet, district_sheet, draw_verdicts, office_sheet
from cfgeo.publish.maps.walks import minutes_sheet, school_sheet, terrain_sheet, walkway_sheet
from cfgeo.publish.words.steps import plan_steps

FORMATS = ("png", "pdf")
_DOCUMENT_DPI = 200


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
    """Draw the map of verdicts alone, for a document.

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
        figure = blank_figure(size_mm, dpi=_DOCUMENT_DPI)
        axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
        frame_map(axes, run.bounds(office))
        limits = axes.axis()
        draw_verdicts(run, axes, size=8.0, office=office)
        axes.axis(limits)
        axes.set(xlabel="", ylabel="")
        draw_scale(axes)
        return saved(figure, "png")


def style_of(results: Results, lang: Lang) -> dict[str, Any]:
    """Return matplotlib's settings for a run's sheets."""
    names = [
        *results.communities["community"],
        *results.communities["street_office"],
        results.parameters["study"]["title"],
    ]
    return picture_style(*names, text("figure.legend", lang))


def sheet_makers(results: Results) -> list[Callable[[Run], Sheet]]:
    """Return what makes each sheet of a run, in their order."""
    clauses, coverage = results.parameters["clauses"], results.coverage
    makers: list[Callable[[Run], Sheet]] = [district_sheet]
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
