"""What takes longest of a run's outputs: reports and map sheets, drawn by several processes that share the run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from types import TracebackType
from typing import Self

from cfgeo.core.results import Results
from cfgeo.core.strings import Lang
from cfgeo.publish.maps.run import Run
from cfgeo.publish.maps.sheets import draw_sheet, map_png, plan_sheets, prepared, sheet_makers
from cfgeo.publish.maps.steps import frontier_picture, steps_map
from cfgeo.publish.maps.story import SceneMap, scene_map
from cfgeo.publish.report.facts import Facts
from cfgeo.publish.report.plan import PICTURE_MM, Pictures
from cfgeo.publish.report.write import map_size_mm, report_body
from cfgeo.publish.run.folder import SLIDES, report_names
from cfgeo.publish.words.steps import plan_steps
from cfgeo.publish.words.story.scenes import story_of
from cfgeo.publish.workers import Workers


@dataclass(frozen=True)
class Work:
    """What reports and map sheets are made from, in whichever process.

    Attributes
    ----------
    results : Results
    lang : str
    drawn : bool
        Whether reports have pictures.
    maps : dict
        The maps of reports that are drawn already, by street office; the district's under None.
    """

    results: Results
    lang: Lang
    drawn: bool
    maps: Mapping[str | None, bytes] = field(default_factory=dict)

    @cached_property
    def run(self) -> Run:
        """The run with what all its maps share."""
        return prepared(self.results, self.lang)

    @cached_property
    def facts(self) -> Facts:
        """The run as its reports tell it."""
        return Facts(self.results, self.lang)


class Drawings:
    """Draws the reports and the map sheets of a run; after the block its processes have ended.

    Parameters
    ----------
    work
        The run.
    n_workers
        How many processes may draw at a time.

    Attributes
    ----------
    maps : dict
        The maps of the reports, by street office; the district's under None.
    """

    def __init__(self, work: Work, n_workers: int) -> None:
        self.work, self.maps = work, dict(work.maps)
        self._workers = Workers(work, n_workers)

    def reports(self) -> dict[str, bytes]:
        """Return the reports by file name, the district's first."""
        names = report_names(self.work.results, lang=self.work.lang)
        if self.work.drawn and not self.maps:
            _ = self.work.run  # before processes share it
        made = list(self._workers.map(_report, list(names)))
        self.maps |= {office: picture for office, (_, picture) in zip(names, made, strict=True) if picture is not None}
        return {name: body for name, (body, _) in zip(names.values(), made, strict=True)}

    def sheets(self) -> dict[str, bytes]:
        """Return the map sheets by file name, without the plan's."""
        _ = self.work.run
        sheets = range(len(sheet_makers(self.work.results)))
        return dict(file for files in self._workers.map(_sheet, sheets) for file in files)

    def slides(self, *, pending: bool) -> dict[str, bytes]:
        """Return the slides by file name; with ``pending`` the plan is still being made, and they say so."""
        from cfgeo.publish.report.slides import MAP_MM, slides_body  # noqa: PLC0415  # only slides need PowerPoint's

        results, lang = self.work.results, self.work.lang
        scenes = story_of(results, lang, pending=pending)
        _ = self.work.run if self.work.drawn else None  # before processes share it
        draw = partial(_scene, size_mm=MAP_MM, pending=pending)
        maps = list(self._workers.map(draw, range(len(scenes)))) if self.work.drawn else [None] * len(scenes)
        return {SLIDES: slides_body(results, scenes, maps, lang=lang)}

    def plan_sheets(self) -> dict[str, bytes]:
        """Return the sheets of the run's plan by file name; none where it has none."""
        results, lang = self.work.results, self.work.lang
        return {} if results.plan is None else dict(plan_sheets(results.plan, lang=lang))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._workers.close()


def _report(work: Work, office: str | None) -> tuple[bytes, bytes | None]:
    """Return the report on a street office, or on the district for None, and its map."""
    size_mm, plan = map_size_mm(work.lang), work.results.plan
    if not work.drawn:
        return report_body(work.facts, office), None
    picture = work.maps[office] if office in work.maps else map_png(work.run, office, size_mm=size_mm)
    pictures = None
    if plan is not None and office is None:
        steps = plan_steps(plan, work.lang)
        frontier = frontier_picture(steps, lang=work.lang, size_mm=(size_mm[0], PICTURE_MM))
        pictures = Pictures(steps_map(steps, lang=work.lang, size_mm=size_mm), frontier)
    return report_body(work.facts, office, picture=picture, pictures=pictures), picture


def _sheet(work: Work, nth: int) -> list[tuple[str, bytes]]:
    """Return the files of a map sheet."""
    return draw_sheet(work.run, nth)


def _scene(work: Work, nth: int, *, size_mm: tuple[float, float], pending: bool) -> SceneMap:
    """Return the map of a step of the story."""
    results, lang = work.results, work.lang
    steps = None if results.plan is None else plan_steps(results.plan, lang)
    return scene_map(work.run, story_of(results, lang, pending=pending)[nth], steps, size_mm=size_mm)
