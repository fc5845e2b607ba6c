"""The map sheets of a run: verdicts, each clause, minutes, terrain, walkways, school routes, each street office."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from matplotlib.style import context

from cfgeo.core.plan import Plan
from cfgeo.core.results import Results
from cfgeo.core.schema import NOT_ASSESSED
from cfgeo.core.shapes import Ground
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


def write_figures(results: Results, folder: Path, *, lang: Lang) -> list[Path]:
    """Draw all map sheets of a run, each as PNG and as PDF.

    Parameters
    ----------
    results
        What the run has found out.
    folder
        Is made if missing.
    lang
        Language of the sheets.

    Returns
    -------
    list of pathlib.Path
        The files, in the order of the sheets.

    Raises
    ------
    OutputError
        No font on this machine has the letters.
    """
    paths = []
    with context(style_of(results, lang)), rare_letters():
        run = Run(results, background_of(results.communities, results.inputs, results.ground), lang)
        for sheet in map_sheets(run):
            figure = drawn_sheet(sheet, results, lang=lang, land=run.background.land)
            for form in FORMATS:
                paths.append(folder / f"{sheet.name}.{form}")
                folder.mkdir(parents=True, exist_ok=True)
                paths[-1].write_bytes(saved(figure, form))
    return (
        paths
        if results.plan is None
        else [*paths, *write_plan_sheet(results.plan, folder, lang=lang, ground=results.ground)]
    )


def write_plan_sheet(plan: Plan, folder: Path, *, lang: Lang, ground: Ground | None = None) -> list[Path]:
    """Draw the sheet of a run's plan, as PNG and as PDF."""
    steps, paths = plan_steps(plan, lang), [folder / f"plan.{form}" for form in FORMATS]
    for path, form in zip(paths, FORMATS, strict=True):
        path.write_bytes(steps_picture(steps, form, lang=lang, ground=ground))
    return paths


def map_png(results: Results, *, lang: Lang, office: str | None = None, size_mm: tuple[float, float]) -> bytes:
    """Draw the map of verdicts alone, for a document.

    Parameters
    ----------
    results
        What the run has found out.
    lang
        Language of its few words.
    office
        The street office to show; the whole district when missing.
    size_mm
        Width and height.

    Raises
    ------
    OutputError
        No font on this machine has the letters.
    """
    with context(style_of(results, lang)), rare_letters():
        run = Run(results, background_of(results.communities, results.inputs, results.ground), lang)
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


def map_sheets(run: Run) -> Iterator[Sheet]:
    """Return all sheets of a run, not drawn yet."""
    results = run.results
    yield district_sheet(run)
    for clause in results.parameters["clauses"]:
        rows = results.coverage[results.coverage["clause"] == clause["id"]].set_index("code")
        if len(rows) and (rows["verdict"] != NOT_ASSESSED).any():
            yield clause_sheet(run, clause, rows)
    for clause in results.parameters["clauses"]:
        if clause["id"] in results.walks.street_minutes.columns:
            yield minutes_sheet(run, clause)
    if results.communities["level_ratio"].notna().any():
        yield terrain_sheet(run)
    if len(results.walks.walkways):
        yield walkway_sheet(run)
    if len(results.walks.school_routes):
        yield school_sheet(run)
    for office in results.street_offices.index:
        yield office_sheet(run, str(office))
