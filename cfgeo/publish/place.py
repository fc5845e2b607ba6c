"""Where a run is written: aside first, then moved into place, so that a failed run leaves the last good one."""

import json
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyogrio

from cfgeo.errors import OutputError

RECORD = "run.json"
GEOPACKAGE = "communities.gpkg"
WORKBOOK = "scorecard.xlsx"
FILES = (
    "index.html", WORKBOOK, GEOPACKAGE, "communities.csv", "street_offices.csv", "coverage.csv", "clauses.csv",
    "reach_ratios.csv", "routes.csv", "walkways.csv", "school_routes.csv", "crossings.csv", "findings.csv", RECORD,
)  # fmt: skip
FOLDERS = ("reports", "figures")

_FAULTS = (OSError, pyogrio.errors.DataSourceError, pyogrio.errors.FeatureError, pyogrio.errors.FieldError)


def require_writable(folder: Path) -> None:
    """See, before any long work, that a run may be written to a folder.

    Raises
    ------
    OutputError
        It is a file, lies under one, or holds something else than a run.
    """
    for place in (folder, *folder.absolute().parents):
        if place.exists() and not place.is_dir():
            raise OutputError("out_is_file", folder=place)
    if folder.is_dir() and any(folder.iterdir()) and not _is_run(folder):
        raise OutputError("out_not_ours", folder=folder)


def _is_run(folder: Path) -> bool:
    """Say whether a folder holds a run of cfgeo's: its record names the version that wrote it."""
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(record, dict) and "cfgeo" in record.get("versions", {})


@contextmanager
def in_place(folder: Path) -> Iterator[Path]:
    """Give a new folder to write to; put it in the place of ``folder`` when all is written.

    Raises
    ------
    OutputError
        The folder cannot be written, or holds something else than a run.
    """
    require_writable(folder)
    with _aside(folder) as aside:
        yield aside
        _exchange(aside, folder.resolve())


@contextmanager
def added(folder: Path, name: str, *, record: bytes) -> Iterator[Path]:
    """Give a new folder to write to; put it into the folder of the run with this record when all is written.

    Raises
    ------
    OutputError
        The folder cannot be written, or holds another run by then: two runs are never mixed.
    """
    with _aside(folder) as aside:
        yield aside
        if (folder / RECORD).read_bytes() != record:
            raise OutputError("out_replaced", folder=folder)
        shutil.rmtree(folder / name, ignore_errors=True)
        aside.replace(folder / name)


@contextmanager
def _aside(folder: Path) -> Iterator[Path]:
    """Give a new folder beside another, which goes if it is not moved."""
    folder = folder.resolve()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        # Not `tempfile.mkdtemp`: what that makes stays its maker's own, on Windows for good.
        aside = folder.parent / f".cfgeo-{secrets.token_hex(8)}"
        aside.mkdir()
    except OSError as error:
        raise OutputError("out_unwritable", folder=folder, reason=error) from error
    try:
        yield aside
    except _FAULTS as error:
        raise OutputError("out_unwritable", folder=folder, reason=error) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _is_ours(name: str) -> bool:
    """Say whether runs write something of this name; QGIS leaves files beside a GeoPackage."""
    return name in FILES or name in FOLDERS or name.startswith(GEOPACKAGE)


def _exchange(aside: Path, folder: Path) -> None:
    """Put a new folder in the place of the last run's; what somebody else has put there stays."""
    if folder == Path.cwd():  # a shell stands in it: it cannot be moved away
        for item in [item for item in folder.iterdir() if _is_ours(item.name)]:
            shutil.rmtree(item) if item.is_dir() else item.unlink()
        for item in aside.iterdir():
            item.replace(folder / item.name)
        return
    old = aside.with_name(aside.name + "-old")
    if folder.exists():
        folder.replace(old)
    try:
        aside.replace(folder)
    except OSError:  # the last good run goes back to its place
        if old.exists():
            old.replace(folder)
        raise
    if old.exists():
        for item in old.iterdir():
            if not _is_ours(item.name):
                item.replace(folder / item.name)
        shutil.rmtree(old, ignore_errors=True)
