"""Values → files: pages, tables, reports and printed maps. Imports ``core`` alone and computes nothing.

A room imports only from the rooms to its right:
``series > arrivals > drawings > writers > report | desk | notebook > tables | maps | page > words > compared > run
> colours | geometry | safe_text | workers``.
``words`` writes sentences; ``tables``, ``maps``, ``page`` and ``report`` lay them out; ``compared`` says how runs
differ and why; ``run`` puts a run's folder in place, records it and reads it back. ``arrivals`` holds the order in
which a run is published. This module and ``writers`` import in their functions what those write with: Word, workbooks
and pictures have a large library each.
"""

from __future__ import annotations

TYPE_CHECKING = False  # as type checkers know it; ``import cfgeo`` loads this module, and shall take no time
if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from cfgeo.core.clock import Course
    from cfgeo.core.results import Results
    from cfgeo.core.strings import Lang

__all__ = ["GROUPS", "KNOWN_GROUPS", "lacks_letters", "publish", "require_groups"]

GROUPS = ("map", "tables", "reports", "figures")
"""Groups of outputs: the page; CSV tables, workbook and GeoPackage; Word reports; map sheets."""
KNOWN_GROUPS = (*GROUPS, "slides")
"""With those that are made only when they are asked for: the story as slides."""


def publish(
    results: Results,
    folder: str | Path,
    *,
    lang: Lang,
    only: Collection[str] = GROUPS,
    tell: Callable[[str], None] = lambda group: None,
    course: Course | None = None,
) -> list[Path]:
    """Write the outputs of a run into a folder and return their paths.

    Map and tables are in place first; then the reports, then the map sheets; at last a plan that is still to be found,
    with all that it stands in. Whatever is in the folder is of one run; page and record say what is still being made.
    So does a run that is stopped or fails on its way: what has arrived stays. Two runs into one folder wait for each
    other. A run that stands there and shows another year is kept under ``years/``.

    Parameters
    ----------
    results
        What :func:`cfgeo.run_study` gives.
    folder
        Made if missing; replaced as a whole if it holds an earlier run.
    lang
        Language of the texts; columns and identifiers are English.
    only
        The ``KNOWN_GROUPS`` to write. The record of the run is always written.
    tell
        Called with each group's name as it begins.
    course
        What finds a plan that ``results`` has not yet, what is called at each arrival, and how many processes draw.

    Raises
    ------
    OutputError
        The folder cannot be written or holds something else than a run, or a group is not known. Or nothing but map
        sheets is asked for, and no font on this machine has their letters: other outputs are written without pictures.
    """
    from pathlib import Path

    from cfgeo.core.clock import Clock, Course
    from cfgeo.publish.arrivals import Arrivals, Task
    from cfgeo.publish.run.folder import alone

    require_groups(only)
    folder = Path(folder)
    drawn = {*only} == {"figures"} or not lacks_letters(results, only, lang=lang)
    groups = tuple(group for group in only if drawn or group != "figures")
    with alone(folder):
        return Arrivals(Task(results, lang, groups, drawn), folder, Clock(tell), course or Course()).put()


def require_groups(only: Collection[str]) -> None:
    """Check that at least one group is asked for, and that all are known.

    Raises
    ------
    OutputError
        No group is asked for, or one is not known.
    """
    unknown = sorted(set(only) - set(KNOWN_GROUPS))
    if unknown or not only:
        from cfgeo.core.errors import OutputError

        raise OutputError("group_unknown", group=", ".join(unknown) or "–", known=", ".join(KNOWN_GROUPS))


def lacks_letters(results: Results, only: Collection[str], *, lang: Lang) -> bool:
    """Return whether no font on this machine has the letters of the pictures in some groups of outputs."""
    if not {"reports", "slides", "figures"} & {*only}:
        return False
    from cfgeo.core.errors import OutputError
    from cfgeo.publish.maps.sheets import style_of

    try:
        style_of(results, lang)
    except OutputError:
        return True
    return False
