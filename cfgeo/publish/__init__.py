"""Values → files: pages, tables, reports and printed maps. Imports ``core`` alone and computes nothing.

A room imports only from the rooms to its right:
``series > writers | report > tables | maps | page > words > run > colours | geometry | safe_text``.
``words`` writes sentences; ``tables``, ``maps``, ``page`` and ``report`` lay them out; ``run`` puts a run's folder in
place, records it and reads it back. This module holds the order in which a run is published. It and ``writers`` import
in their functions what those write with: Word, workbooks, maps and pictures have a large library each.
"""

from __future__ import annotations

TYPE_CHECKING = False  # as type checkers know it; ``import cfgeo`` loads this module, and shall take no time
if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from cfgeo.core.results import Results
    from cfgeo.core.strings import Lang
    from cfgeo.publish.report.plan import Pictures

__all__ = ["GROUPS", "lacks_letters", "publish", "require_groups"]

GROUPS = ("map", "tables", "reports", "figures")
"""Groups of outputs: the page; CSV tables, workbook and GeoPackage; Word reports; map sheets."""


def publish(
    results: Results,
    folder: Path,
    *,
    lang: Lang,
    only: Collection[str] = GROUPS,
    tell: Callable[[str], None] = lambda group: None,
) -> list[Path]:
    """Write the outputs of a run into a folder and return their paths.

    The map and the tables are in place first; reports and map sheets, which take longer, follow. Where an earlier run
    has left reports or map sheets, all outputs are put in place at once, so that a killed run loses nothing. Two runs
    into one folder wait for each other. A run that stands there and shows another year is kept under ``years/``.

    Parameters
    ----------
    results
        What :func:`cfgeo.run_study` gives.
    folder
        Made if missing; replaced as a whole if it holds an earlier run.
    lang
        Language of the texts; columns and identifiers are English.
    only
        The ``GROUPS`` to write. The record of the run is always written.
    tell
        Called with each group's name as it begins.

    Raises
    ------
    OutputError
        The folder cannot be written or holds something else than a run, or a group is not known. Or nothing but map
        sheets is asked for, and no font on this machine has their letters: other outputs are written without pictures.
    """
    from functools import partial
    from pathlib import Path

    from cfgeo.publish.run.folder import added, alone, in_place
    from cfgeo.publish.run.record import seal
    from cfgeo.publish.run.years import drop_replaced, keep_other_year

    require_groups(only)
    drawn = {*only} == {"figures"} or not lacks_letters(results, only, lang=lang)
    writers = _LATER if drawn else {"reports": partial(_write_reports, drawn=False)}
    later = {group: write for group, write in writers.items() if group in only}
    only = [group for group in only if group in later or group not in _LATER]
    with alone(folder):
        # Reports and sheets of an earlier run stay until this run has its own: killed before, it would leave none.
        at_once = bool(later) and any((folder / group).exists() for group in _LATER)
        with in_place(folder) as aside:
            paths = _write_first(results, aside, lang=lang, only=only, tell=tell)
            for group in later if at_once else ():
                tell(group)
                (aside / group).mkdir()
                paths += later[group](results, aside / group, lang)
            record = seal(aside, paths)
            keep_other_year(folder, aside)
        drop_replaced(folder)
        names = [path.relative_to(aside) for path in paths]
        for group in () if at_once else later:
            tell(group)
            with added(folder, group, record=record) as aside:
                names += [Path(group, path.relative_to(aside)) for path in later[group](results, aside, lang)]
            record = seal(folder, [folder / name for name in names if name.parts[0] == group])
    return [folder / name for name in names]


def _write_first(
    results: Results, folder: Path, *, lang: Lang, only: Collection[str], tell: Callable[[str], None]
) -> list[Path]:
    """Write map, tables and the record of the run, and return their paths."""
    import time
    from dataclasses import replace

    from cfgeo.publish.run.folder import BLOCKS, FILES, GEOPACKAGE, PLAN, PLAN_TABLES, RECORD, WORKBOOK, ZONES
    from cfgeo.publish.run.record import write_record

    begun = time.perf_counter()
    if "tables" in only:
        from cfgeo.publish.tables.csv import csv_bytes, write_tables
        from cfgeo.publish.tables.geopackage import write_geopackage
        from cfgeo.publish.tables.proposals import plan_table, plan_tables
        from cfgeo.publish.tables.workbook import write_workbook

        tell("tables")
        write_tables(results, folder, lang=lang)
        write_geopackage(results, folder / GEOPACKAGE, lang=lang)
        write_workbook(results, folder / WORKBOOK, lang=lang)
        if results.plan is not None:
            (folder / PLAN).write_bytes(csv_bytes(plan_table(results.plan, lang)))
            for name, table in plan_tables(results.plan, lang).items():
                (folder / PLAN_TABLES[name]).write_bytes(csv_bytes(table))
    if "map" in only:
        from cfgeo.publish.page.run import write_page

        tell("map")
        write_page(results, folder / "index.html", lang=lang, beside=only)
    seconds = {**results.seconds, "publish": round(time.perf_counter() - begun, 3)}
    write_record(replace(results, seconds=seconds), folder / RECORD, lang=lang)
    return [folder / name for name in (*FILES, BLOCKS, ZONES, PLAN, *PLAN_TABLES.values()) if (folder / name).exists()]


def require_groups(only: Collection[str]) -> None:
    """Check that at least one group is asked for, and that all are known.

    Raises
    ------
    OutputError
        No group is asked for, or one is not known.
    """
    unknown = sorted(set(only) - set(GROUPS))
    if unknown or not only:
        from cfgeo.core.errors import OutputError

        raise OutputError("group_unknown", group=", ".join(unknown) or "–", known=", ".join(GROUPS))


def lacks_letters(results: Results, only: Collection[str], *, lang: Lang) -> bool:
    """Return whether no font on this machine has the letters of the pictures in some groups of outputs."""
    if not {*_LATER} & {*only}:
        return False
    from cfgeo.core.errors import OutputError
    from cfgeo.publish.maps.sheets import style_of

    try:
        style_of(results, lang)
    except OutputError:
        return True
    return False


def _write_reports(results: Results, folder: Path, lang: Lang, *, drawn: bool = True) -> list[Path]:
    """Write the reports, with their maps if these can be drawn, and return their paths."""
    from functools import partial

    from cfgeo.publish.maps.sheets import map_png
    from cfgeo.publish.report.write import map_size_mm, write_reports

    if not drawn:
        return write_reports(results, folder, lang=lang)
    maps = partial(map_png, results, lang=lang, size_mm=map_size_mm(lang))
    return write_reports(
        results, folder, lang=lang, maps=lambda office: maps(office=office), pictures=_plan_pictures(results, lang)
    )


def _plan_pictures(results: Results, lang: Lang) -> Pictures | None:
    """Return the pictures of a run's plan; None where it has none."""
    if results.plan is None:
        return None
    from cfgeo.publish.maps.steps import frontier_picture, steps_map
    from cfgeo.publish.report.plan import PICTURE_MM, Pictures
    from cfgeo.publish.report.write import map_size_mm
    from cfgeo.publish.words.steps import plan_steps

    steps, size_mm = plan_steps(results.plan, lang), map_size_mm(lang)
    frontier = frontier_picture(steps, lang=lang, size_mm=(size_mm[0], PICTURE_MM))
    return Pictures(steps_map(steps, lang=lang, size_mm=size_mm), frontier)


def _write_figures(results: Results, folder: Path, lang: Lang) -> list[Path]:
    """Draw the map sheets, and return their paths."""
    from cfgeo.publish.maps.sheets import write_figures

    return write_figures(results, folder, lang=lang)


_LATER = {"reports": _write_reports, "figures": _write_figures}
"""Groups that take longest, each a folder of its own."""
