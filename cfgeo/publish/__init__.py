"""Verdicts → files: the map, tables, reports and map sheets of a run."""

import time
from collections.abc import Callable, Collection
from dataclasses import replace
from functools import partial
from pathlib import Path

from cfgeo.errors import OutputError
from cfgeo.publish.geopackage import write_geopackage
from cfgeo.publish.page import write_page
from cfgeo.publish.place import FILES, GEOPACKAGE, RECORD, WORKBOOK, added, in_place, require_writable
from cfgeo.publish.record import write_record
from cfgeo.publish.report import map_size_mm, write_reports
from cfgeo.publish.tables import write_tables
from cfgeo.publish.workbook import write_workbook
from cfgeo.results import Results
from cfgeo.strings import Lang

__all__ = ["FILES", "GROUPS", "publish", "require_groups", "require_writable"]

GROUPS = ("map", "tables", "reports", "figures")
"""What can be asked for: the page; CSV tables, workbook and GeoPackage; Word reports; map sheets."""


def publish(
    results: Results,
    folder: Path,
    *,
    lang: Lang,
    only: Collection[str] = GROUPS,
    tell: Callable[[str], None] = lambda group: None,
) -> list[Path]:
    """Write the outputs of a run into a folder and return their paths.

    The map and the tables are in place first; reports and map sheets, which take longer, follow.

    Parameters
    ----------
    results
        What :func:`cfgeo.run_study` gives.
    folder
        Is made, or replaced as a whole where it holds an earlier run.
    lang
        Language of the texts; columns and identifiers are English.
    only
        Some of ``GROUPS``. The record of the run is always written.
    tell
        Is called with each group's name as it begins.

    Raises
    ------
    OutputError
        The folder cannot be written, holds something else than a run, or there is no such group.
    """
    require_groups(only)
    begun = time.perf_counter()
    with in_place(folder) as aside:
        if "tables" in only:
            tell("tables")
            write_tables(results, aside, lang=lang)
            write_geopackage(results, aside / GEOPACKAGE, lang=lang)
            write_workbook(results, aside / WORKBOOK, lang=lang)
        if "map" in only:
            tell("map")
            write_page(results, aside / "index.html", lang=lang, beside=only)
        seconds = {**results.seconds, "publish": round(time.perf_counter() - begun, 3)}
        write_record(replace(results, seconds=seconds), aside / RECORD, lang=lang)
        record = (aside / RECORD).read_bytes()
        written = [name for name in FILES if (aside / name).exists()]
    paths = [folder / name for name in written]
    for group, write in (("reports", _write_reports), ("figures", _write_figures)):
        if group in only:
            tell(group)
            with added(folder, group, record=record) as aside:
                paths += [folder / group / path.name for path in write(results, aside, lang)]
    return paths


def require_groups(only: Collection[str]) -> None:
    """See that some groups are asked for, and that they are known.

    Raises
    ------
    OutputError
        They are not.
    """
    unknown = sorted(set(only) - set(GROUPS))
    if unknown or not only:
        raise OutputError("group_unknown", group=", ".join(unknown) or "–", known=", ".join(GROUPS))


def _write_reports(results: Results, folder: Path, lang: Lang) -> list[Path]:
    from cfgeo.publish.figures import map_png  # noqa: PLC0415  # matplotlib takes half a second

    maps = partial(map_png, results, lang=lang, size_mm=map_size_mm(lang))
    return write_reports(results, folder, lang=lang, maps=lambda office: maps(office=office))


def _write_figures(results: Results, folder: Path, lang: Lang) -> list[Path]:
    from cfgeo.publish.figures import write_figures  # noqa: PLC0415  # matplotlib takes half a second

    return write_figures(results, folder, lang=lang)
