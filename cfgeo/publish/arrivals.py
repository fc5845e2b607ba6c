"""A run's outputs in the order in which somebody waits for them: map and tables, reports, map sheets, the plan.

Each arrival is whole. What is in the folder belongs to one run; its page and its record say what is still being made.
"""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from cfgeo.core.clock import Clock, Course
from cfgeo.core.results import Results
from cfgeo.core.strings import Lang
from cfgeo.publish.page.run import PageParts, page_html, page_parts
from cfgeo.publish.run.exchange import link
from cfgeo.publish.run.folder import (
    BLOCKS,
    FILES,
    GEOPACKAGE,
    PAGE,
    PLAN,
    PLAN_TABLES,
    PROJECT,
    RECORD,
    WORKBOOK,
    ZONES,
    added,
    in_place,
)
from cfgeo.publish.run.record import seal, write_record
from cfgeo.publish.run.years import drop_replaced, keep_other_year
from cfgeo.publish.tables.csv import csv_bytes, write_tables
from cfgeo.publish.tables.geopackage import write_geopackage
from cfgeo.publish.tables.proposals import plan_table, plan_tables
from cfgeo.publish.tables.workbook import write_workbook

if TYPE_CHECKING:
    from cfgeo.publish.drawings import Drawings

LATER = ("reports", "slides", "figures")
"""Groups that arrive after map and tables, each a folder of its own."""

_FIRST = (*FILES, BLOCKS, ZONES, PLAN, *PLAN_TABLES.values())


@dataclass(frozen=True)
class Task:
    """What is to be published.

    Attributes
    ----------
    results : Results
    lang : str
    groups : tuple of str
        Groups of outputs that are asked for and can be made.
    drawn : bool
        Whether reports have pictures.
    """

    results: Results
    lang: Lang
    groups: tuple[str, ...]
    drawn: bool


class Arrivals:
    """The outputs of one run on their way into its folder, which is locked meanwhile.

    Parameters
    ----------
    task
        The run.
    folder
        Where its outputs go.
    clock
        Announces each group.
    course
        What finds the plan, what is called at each arrival, and how many processes draw.
    """

    def __init__(self, task: Task, folder: Path, clock: Clock, course: Course) -> None:
        self.task, self.folder, self.clock, self.course = task, folder, clock, course
        self.maps: dict[str | None, bytes] = {}
        self.names: dict[str, list[str]] = {}
        self.record = b""

    def put(self) -> list[Path]:
        """Make all outputs, put each group in place when it is made, and return the paths of all."""
        later = [group for group in LATER if group in self.task.groups]
        pending = [*later, *([] if self.course.plan is None else ["plan"])]
        with in_place(self.folder) as aside:
            self._write_first(aside, pending)
            keep_other_year(self.folder, aside)
        drop_replaced(self.folder)
        self.course.arrived("map")
        if later:
            with self._drawings() as drawings:
                for group in later:
                    pending.remove(group)
                    with self._addition(group, pending) as aside, self.clock.stage(group):
                        self._write_drawn(group, aside, drawings, pending)
                self.maps = drawings.maps
        if self.course.plan is not None:
            with self.clock.stage("plan"):
                self.task = replace(self.task, results=replace(self.task.results, plan=self.course.plan()))
            with self._addition("plan", []) as aside:
                self._write_planned(aside)
        return [self.folder / name for names in self.names.values() for name in names]

    @cached_property
    def _page(self) -> PageParts:
        """What all pages have in common; each new one has other links and, at last, the plan beside it."""
        return page_parts(self.task.results, lang=self.task.lang)

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
        results, lang = self.task.results, self.task.lang
        if "tables" in self.task.groups:
            with self.clock.stage("tables"):
                write_tables(results, aside, lang=lang)
                self._write_planned_tables(aside)
        if "map" in self.task.groups:
            with self.clock.stage("map"):
                self._write_page(aside, pending)
        write_record(results, aside / RECORD, lang=lang)
        self._seal(aside, pending)

    def _drawings(self) -> "Drawings":
        """Return what draws reports and map sheets of the run as it is known now."""
        from cfgeo.publish.drawings import Drawings, Work

        work = Work(self.task.results, self.task.lang, self.task.drawn, self.maps)
        return Drawings(work, self.course.workers)

    def _write_drawn(self, group: str, aside: Path, drawings: "Drawings", pending: Sequence[str]) -> None:
        """Write reports, slides or map sheets."""
        if group == "reports":
            bodies = drawings.reports()
        elif group == "slides":
            bodies = drawings.slides(pending="plan" in pending)
        else:
            bodies = drawings.sheets() | drawings.plan_sheets()
        (aside / group).mkdir()
        for name, body in bodies.items():
            (aside / group / name).write_bytes(body)
        self.names[group] = [f"{group}/{name}" for name in bodies]

    def _write_planned(self, aside: Path) -> None:
        """Write all that a plan that came last adds to, or stands in."""
        if "tables" in self.task.groups:
            self._write_planned_tables(aside)
        again = [group for group in ("reports", "slides") if group in self.task.groups]
        if again:
            with self._drawings() as drawings:
                for group in again:
                    self._write_drawn(group, aside, drawings, ())
        if "figures" in self.task.groups:
            shutil.copytree(self.folder / "figures", aside / "figures", copy_function=link)
            for name, body in self._drawings().plan_sheets().items():
                (aside / "figures" / name).write_bytes(body)
                self.names["figures"].append(f"figures/{name}")
        write_record(self.task.results, aside / RECORD, lang=self.task.lang)

    def _write_planned_tables(self, aside: Path) -> None:
        """Write the tables that a plan stands in."""
        results, lang, plan = self.task.results, self.task.lang, self.task.results.plan
        write_geopackage(results, aside / GEOPACKAGE, lang=lang, project=aside / PROJECT)
        write_workbook(results, aside / WORKBOOK, lang=lang)
        if plan is not None:
            (aside / PLAN).write_bytes(csv_bytes(plan_table(plan, lang)))
            for name, table in plan_tables(plan, lang).items():
                (aside / PLAN_TABLES[name]).write_bytes(csv_bytes(table))

    def _write_page(self, aside: Path, pending: Sequence[str]) -> None:
        """Write the page, if it is asked for, with links to what is there with it."""
        if "map" in self.task.groups:
            beside = [group for group in self.task.groups if group not in pending]
            page = page_html(self.task.results, lang=self.task.lang, beside=beside, pending=pending, parts=self._page)
            (aside / PAGE).write_text(page, encoding="utf-8", newline="\n")

    def _seal(self, aside: Path, pending: Sequence[str]) -> None:
        """Complete the record of what will be in the folder once the new files are in place."""
        first = [name for name in _FIRST if name in self.names.get("", ()) or (aside / name).exists()]
        self.names = {"": first, **{group: names for group, names in self.names.items() if group}}
        every = [name for names in self.names.values() for name in names]
        seconds = self.task.results.seconds | self.clock.seconds
        standing = self.folder if self.record else None  # what stands there at first is another run's
        self.record = seal(aside, every, standing=standing, pending=pending, seconds=seconds)
