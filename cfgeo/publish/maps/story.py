"""The map of each step of a run's story, and its legend in words: for slides, which write it themselves."""

from dataclasses import dataclass
from typing import Any

from matplotlib.colors import to_hex
from matplotlib.lines import Line2D
from matplotlib.style import context

from cfgeo.core.strings import text
from cfgeo.publish.colours import CHANGE_FILLS
from cfgeo.publish.maps.drawing import draw_communities, draw_north, draw_scale, frame_map
from cfgeo.publish.maps.fonts import rare_letters
from cfgeo.publish.maps.labels import draw_labels
from cfgeo.publish.maps.land import draw_street_names
from cfgeo.publish.maps.run import Run
from cfgeo.publish.maps.sheet import Entry, area_entry
from cfgeo.publish.maps.sheets import style_of
from cfgeo.publish.maps.steps import draw_step, number_boxes
from cfgeo.publish.maps.verdicts import clause_sheet, district_sheet
from cfgeo.publish.maps.walks import terrain_sheet
from cfgeo.publish.pictures import blank_figure, saved
from cfgeo.publish.words.changes import change_word
from cfgeo.publish.words.names import short_name
from cfgeo.publish.words.steps import BuildSteps
from cfgeo.publish.words.story.scenes import Scene

_DPI = 150
_LABEL_PT = 6.5


@dataclass(frozen=True)
class SceneMap:
    """The map of a step.

    Attributes
    ----------
    picture : bytes
        PNG.
    legend : tuple of tuple of str
        Words and colour of each entry.
    """

    picture: bytes
    legend: tuple[tuple[str, str], ...]


def scene_map(run: Run, scene: Scene, steps: BuildSteps | None, *, size_mm: tuple[float, float]) -> SceneMap:
    """Draw the map of a step.

    Parameters
    ----------
    run
        What :func:`cfgeo.publish.maps.sheets.prepared` gives.
    scene
        The step.
    steps
        Of the run's plan, where it has one.
    size_mm
        Width and height.

    Raises
    ------
    OutputError
        No font on this machine has the letters.
    """
    with context(style_of(run.results, run.lang)), rare_letters():
        figure = blank_figure(size_mm, dpi=_DPI)
        axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
        frame_map(axes, run.bounds())
        limits = axes.axis()
        entries = _draw(run, axes, scene, steps)
        axes.axis(limits)
        if run.background.land is not None:
            draw_street_names(axes, run.background.land)
        axes.set(xlabel="", ylabel="")
        draw_scale(axes)
        draw_north(axes, text("figure.north", run.lang))
        return SceneMap(saved(figure, "png"), tuple(_as_colour(entry) for entry in entries))


def _draw(run: Run, axes: Any, scene: Scene, steps: BuildSteps | None) -> list[Entry]:
    """Draw what a step's map shows, and return its legend."""
    if steps is not None and scene.view == "plan":
        kinds = steps.kinds
        draw_communities(axes, run.background, steps.before, [CHANGE_FILLS[kind] for kind in kinds])
        names = [short_name(str(name)) for name in steps.before["community"]]
        draw_labels(axes, steps.before, names, size=_LABEL_PT, taken=number_boxes(axes, steps, _LABEL_PT))
        _draw_projects(axes, steps)
        return [area_entry(change_word(kind, run.lang), fill) for kind, fill in CHANGE_FILLS.items() if kind in kinds]
    if scene.view == "clause":
        clause = next(each for each in run.results.parameters["clauses"] if each["id"] == scene.clause)
        coverage = run.results.coverage
        sheet = clause_sheet(run, clause, coverage[coverage["clause"] == scene.clause].set_index("code"))
    else:
        sheet = terrain_sheet(run) if scene.view == "terrain" else district_sheet(run)
    sheet.draw(axes)
    if steps is not None and scene.view == "projects":
        _draw_projects(axes, steps)
    return sheet.legend


def _draw_projects(axes: Any, steps: BuildSteps) -> None:
    for step in reversed(steps.steps):
        if step.shape is not None:
            draw_step(axes, step, _LABEL_PT)


def _as_colour(entry: Entry) -> tuple[str, str]:
    """Return an entry of a legend with a colour for its mark; a sign stands before the words."""
    words, mark = entry
    if isinstance(mark, tuple):
        dot, sign = mark
        return f"{sign.get_label()}  {words}", str(to_hex(dot.get_markerfacecolor()))
    return words, str(to_hex(mark.get_color() if isinstance(mark, Line2D) else mark.get_facecolor()))
