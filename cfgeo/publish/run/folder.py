"""Write a run: aside first, then moved into place, so that a failed run leaves the last good one."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cfgeo.core.errors import OutputError
from cfgeo.core.lock import locked
from cfgeo.core.results import Results
from cfgeo.core.strings import Lang, text
from cfgeo.publish.run.exchange import Ours, add_items, exchange, repair, spot_of
from cfgeo.publish.safe_text import file_names, one_line

RECORD = "run.json"
GEOPACKAGE = "communities.gpkg"
PROJECT = "communities.qgz"
PAGE = "index.html"
WORKBOOK = "scorecard.xlsx"
PLAN = "plan.csv"
BLOCKS, ZONES = "blocks.csv", "zones.csv"
PLAN_TABLES = {name: f"plan_{name}.csv" for name in ("clauses", "moves", "progress", "years")}
"""Only of a run with a plan."""
FILES = (
    PAGE, WORKBOOK, GEOPACKAGE, PROJECT, "communities.csv", "street_offices.csv", "coverage.csv", "clauses.csv",
    "shortfalls.csv", "reach_ratios.csv", "routes.csv", "walkways.csv", "school_routes.csv", "route_gaps.csv",
    "crossings.csv", "services.csv", "findings.csv", RECORD,
)  # fmt: skip
FOLDERS = ("reports", "slides", "figures")
SLIDES = "story.pptx"

_WAIT_S = 1800.0  # all map sheets of a large district take less


def require_writable(folder: Path) -> None:
    """Check, before any long work, that a run may be written to a folder, and repair what a killed run left there.

    Raises
    ------
    OutputError
        It is a file, lies under one, holds something else than a run, or may not be written.
    """
    for place in (folder, *folder.absolute().parents):
        if place.exists() and not place.is_dir():
            raise OutputError("out_is_file", folder=place)
    spot = spot_of(folder)
    if spot.left_behind:
        with suppress(OutputError), locked(spot.lock, place=folder, wait_s=0):  # a run may be under way
            repair(spot, is_ours, is_run)
    if folder.is_dir() and any(folder.iterdir()) and not is_run(folder):
        raise OutputError("out_not_ours", folder=folder)
    nearest = next(place for place in (spot.home, *spot.home.parents) if place.exists())
    if not os.access(nearest, os.W_OK):
        raise OutputError("out_unwritable", folder=folder, reason=PermissionError(f"{nearest}"))


def is_run(folder: Path) -> bool:
    """Return whether a folder holds a run of cfgeo: its record names the version that wrote it."""
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(record, dict) and "cfgeo" in record.get("versions", {})


@contextmanager
def alone(folder: Path, *, ours: Ours | None = None) -> Iterator[None]:
    """Keep all other runs from writing to a folder, and repair first what a killed one left there.

    Parameters
    ----------
    folder
        Where a run is written.
    ours
        Whether it is a run that writes something of a name; those of :func:`is_ours` when missing.

    Raises
    ------
    OutputError
        The folder cannot be written, or another run does not end.
    """
    spot = spot_of(folder)
    try:
        spot.lock.parent.mkdir(parents=True, exist_ok=True)
        with locked(spot.lock, place=folder, wait_s=_WAIT_S):
            repair(spot, ours or is_ours, is_run)
            yield
    except _faults() as error:
        raise OutputError("out_unwritable", folder=folder, reason=error) from error


@contextmanager
def in_place(folder: Path, *, ours: Ours | None = None) -> Iterator[Path]:
    """Yield a new folder to write to, and put it in the place of ``folder`` when the block ends.

    Parameters
    ----------
    folder, ours
        As for :func:`alone`.

    Raises
    ------
    OutputError
        The folder cannot be written, or holds something else than a run.
    """
    require_writable(folder)
    with _aside(folder) as aside:
        yield aside
        exchange(spot_of(folder), ours or is_ours)


@contextmanager
def added(folder: Path, *, record: bytes) -> Iterator[Path]:
    """Yield a new folder to write to, and put what it holds into that of the run with this record when the block ends.

    Each item takes the place of the one of its name; the others stay.

    Raises
    ------
    OutputError
        The folder cannot be written, or holds another run by then. Two runs are never mixed.
    """
    with _aside(folder) as aside:
        yield aside
        if (folder / RECORD).read_bytes() != record:
            raise OutputError("out_replaced", folder=folder)
        add_items(spot_of(folder))


def write_whole(path: Path, body: bytes) -> None:
    """Write a file aside, then move it into place, so that it is never there in part.

    Raises
    ------
    OutputError
        It cannot be written.
    """
    try:
        if path.exists() and not path.is_file():  # a pipe or a terminal
            path.write_bytes(body)
        else:
            put(path, body)
    except OSError as error:
        raise OutputError("file_unwritable", file=path, reason=error) from error


def put(path: Path, body: bytes) -> None:
    """Write a file aside and move it into place.

    Raises
    ------
    OSError
        It cannot be written.
    """
    aside = path.with_name(f".cfgeo-{os.getpid()}{path.suffix}")
    try:
        aside.write_bytes(body)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


@contextmanager
def _aside(folder: Path) -> Iterator[Path]:
    """Yield a new folder beside another; it is removed unless it was moved."""
    # Not `tempfile.mkdtemp`: only its maker has access to what it makes, on Windows for good.
    aside = spot_of(folder).new
    try:
        aside.parent.mkdir(parents=True, exist_ok=True)
        aside.mkdir()
        yield aside
    except _faults() as error:
        raise OutputError("out_unwritable", folder=folder, reason=error) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def is_ours(name: str) -> bool:
    """Return whether runs write something of this name; QGIS leaves files beside a GeoPackage."""
    return (
        name in {*FILES, BLOCKS, ZONES, PLAN, *PLAN_TABLES.values()} or name in FOLDERS or name.startswith(GEOPACKAGE)
    )


def report_names(results: Results, *, lang: Lang) -> dict[str | None, str]:
    """Return the file of each report: the district's (None) first, then each street office's."""
    offices = [str(office) for office in results.street_offices.index]
    title = one_line(results.parameters["study"]["title"]) if lang == "zh" else ""
    names = file_names([title or text("report.district_file", lang), *map(one_line, offices)])
    return dict(zip([None, *offices], (f"{name}.docx" for name in names), strict=True))


def _faults() -> tuple[type[Exception], ...]:
    """Return what libraries raise over a full disk, missing rights and files that another program has open."""
    import pyogrio  # noqa: PLC0415  # no fault, no need
    import xlsxwriter.exceptions  # noqa: PLC0415

    errors = pyogrio.errors
    libraries = (errors.DataSourceError, errors.FeatureError, errors.FieldError, xlsxwriter.exceptions.XlsxFileError)
    return OSError, *libraries
