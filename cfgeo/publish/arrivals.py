"""A run's outputs in the order in which somebody waits for them: map and tables, reports, map sheets, the plan.

Each arrival is whole. What is in the folder belongs to one run; its page and its record say what is still being made.
"""

import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from cfgeo.core.clock import Clock, Course
from cfgeo.core.results import Results
from cfgeo.core.strings import Lang
from cfgeo.publish.maps.run import Run
from cfgeo.publish.maps.sheets import draw_sheet, map_png, plan_sheets, prepared, sheet_makers
from cfgeo.publish.maps.steps import frontier_picture, steps_map
from cfgeo.publish.page.data import page_data
from cfgeo.publish.page.run import page_html
from cfgeo.publish.report.facts import Facts
from cfgeo.publish.report.plan import PICTURE_MM, Pictures
from cfgeo.publish.report.write import map_size_mm, report_body
from cfgeo.publish.run.exchange import link
from cfgeo.publish.run.folder import (
    BLOCKS,
    FILES,
    GEOPACKAGE,
    PLAN,
    PLAN_TABLES,
    RECORD,
    WORKBOOK,
    added,
    in_place,
    report_names,
)
from cfgeo.publish.run.record import seal, write_record
from cfgeo.publish.run.years import drop_replaced, keep_other_year
from cfgeo.publish.tables.csv import csv_bytes, write_tables
from cfgeo.publish.tables.geopackage import write_geopackage
from cfgeo.publish.tables.proposals import plan_table, plan_tables
from cfgeo.publish.tables.workbook import write_workbook
from cfgeo.publish.words.steps import plan_steps
from cfgeo.publish.workers import Workers

LATER = ("reports", "figures")
"""Groups that arrive after map and tables, each a folder of its own."""

_FIRST = (*FILES, BLOCKS, PLAN, *PLAN_TABLES.values())
_PAGE = "index.html"


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


class Arrivals:
    """The outputs of one run on their way into its folder, which is locked meanwhile.

    Parameters
    ----------
    work
        The run.
    folder
        Where they go.
    groups
        Those that are asked for and can be made.
    clock
        Announces each group.
    course
        What finds the plan, what is called at each arrival, and how many processes draw.
    """

    def __init__(self, work: Work, folder: Path, groups: Collection[str], clock: Clock, course: Course) -> None:
        self.work, self.folder, self.groups, self.clock, self.course = work, folder, groups, clock, course
        self.names: dict[str, list[str]] = {}
        self.record = b""

    def put(self) -> list[Path]:
        """Make all outputs, put each group in place when it is made, and return the paths of all."""
        plan, n_workers = self.course.plan, self.course.workers
        later = [group for group in LATER if group in self.groups]
        pending = [*later, *([] if plan is None else ["plan"])]
        with in_place(self.folder) as aside:
            self._write_first(aside, pending)
            keep_other_year(self.folder, aside)
        drop_replaced(self.folder)
        self.course.arrived("map")
        if later and self.work.drawn:
            _ = self.work.run  # before processes share it
        with Workers(self.work, n_workers) as workers:
            for group in later:
                pending.remove(group)
                with self._addition(group, pending) as aside, self.clock.stage(group):
                    self._write_later(group, aside, workers)
        if plan is not None:
            with self.clock.stage("plan"):
                self.work = replace(self.work, results=replace(self.work.results, plan=plan()))
            with self._addition("plan", []) as aside, Workers(self.work, n_workers) as workers:
                self._write_planned(aside, workers)
        return [self.folder / name for names in self.names.values() for name in names]

    @cached_property
    def _page(self) -> dict[str, Any]:
        """What the page's scripts read; each new page has other links and, at last, the plan beside it."""
        return page_data(self.work.results, lang=self.work.lang)

    @contextmanager
    def _addition(self, group: str, pending: Sequence[str]) -> Iterator[Path]:
        """Yield a new folder to write to, and put it into the run's, with a page and a record that know of it."""
        with added(self.folder, record=self.record) as aside:
            yield aside
            self._write_page(aside, pending)
            self._seal(aside, pending)
        self.course.arrived(group)

    def _write_first(self, aside: Path, pending: Sequence[str]) -> None:
        """Write map, tables and the record of the run."""
        results, lang = self.work.results, self.work.lang
        if "tables" in self.groups:
            with self.clock.stage("tables"):
                write_tables(results, aside, lang=lang)
                self._write_planned_tables(aside)
        if "map" in self.groups:
            with self.clock.stage("map"):
                self._write_page(aside, pending)
        write_record(results, aside / RECORD, lang=lang)
        self._seal(aside, pending)

    def _write_later(self, group: str, aside: Path, workers: Workers) -> None:
        """Write reports or map sheets."""
        folder = aside / group
        folder.mkdir()
        if group == "reports":
            names = report_names(self.work.results, lang=self.work.lang)
            made = list(workers.map(_report, list(names)))
            bodies = {name: body for name, (body, _) in zip(names.values(), made, strict=True)}
            maps = {office: picture for office, (_, picture) in zip(names, made, strict=True) if picture is not None}
            self.work = replace(self.work, maps=maps)
        else:
            sheets = range(len(sheet_makers(self.work.results)))
            bodies = dict(file for files in workers.map(_sheet, sheets) for file in files)
            bodies |= self._plan_sheets()
        for name, body in bodies.items():
            (folder / name).write_bytes(body)
        self.names[group] = [f"{group}/{name}" for name in bodies]

    def _write_planned(self, aside: Path, workers: Workers) -> None:
        """Write all that a plan that came last adds to, or stands in."""
        if "tables" in self.groups:
            self._write_planned_tables(aside)
        if "reports" in self.groups:
            self._write_later("reports", aside, workers)
        if "figures" in self.groups:
            shutil.copytree(self.folder / "figures", aside / "figures", copy_function=link)
            for name, body in self._plan_sheets().items():
                (aside / "figures" / name).write_bytes(body)
                self.names["figures"].append(f"figures/{name}")
        write_record(self.work.results, aside / RECORD, lang=self.work.lang)

    def _write_planned_tables(self, aside: Path) -> None:
        """Write the tables that a plan stands in."""
        results, lang, plan = self.work.results, self.work.lang, self.work.results.plan
        write_geopackage(results, aside / GEOPACKAGE, lang=lang)
        write_workbook(results, aside / WORKBOOK, lang=lang)
        if plan is not None:
            (aside / PLAN).write_bytes(csv_bytes(plan_table(plan, lang)))
            for name, table in plan_tables(plan, lang).items():
                (aside / PLAN_TABLES[name]).write_bytes(csv_bytes(table))

    def _plan_sheets(self) -> dict[str, bytes]:
        """Return the sheets of the run's plan, by name; none where it has none."""
        plan = self.work.results.plan
        return {} if plan is None else dict(plan_sheets(plan, lang=self.work.lang, ground=self.work.results.ground))

    def _write_page(self, aside: Path, pending: Sequence[str]) -> None:
        """Write the page, if it is asked for, with links to what is there with it."""
        if "map" in self.groups:
            beside = [group for group in self.groups if group not in pending]
            page = page_html(self.work.results, lang=self.work.lang, beside=beside, pending=pending, data=self._page)
            (aside / _PAGE).write_text(page, encoding="utf-8", newline="\n")

    def _seal(self, aside: Path, pending: Sequence[str]) -> None:
        """Complete the record of what will be in the folder once the new files are in place."""
        first = [name for name in _FIRST if name in self.names.get("", ()) or (aside / name).exists()]
        self.names = {"": first, **{group: names for group, names in self.names.items() if group}}
        every = [name for names in self.names.values() for name in names]
        seconds = self.work.results.seconds | self.clock.seconds
        standing = self.folder if self.record else None  # what stands there at first is another run's
        self.record = seal(aside, every, standing=standing, pending=pending, seconds=seconds)


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
