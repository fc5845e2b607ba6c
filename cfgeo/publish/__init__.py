"""Verdicts → files: written aside and moved into place, so that a failed run leaves the last good one."""

import json
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pyogrio

from cfgeo.errors import OutputError
from cfgeo.publish.geopackage import write_geopackage
from cfgeo.publish.page import write_page
from cfgeo.publish.record import write_record
from cfgeo.publish.tables import write_tables
from cfgeo.results import Results
from cfgeo.strings import Lang

RECORD = "run.json"
GEOPACKAGE = "communities.gpkg"
FILES = (
    "index.html", GEOPACKAGE, "communities.csv", "street_offices.csv", "coverage.csv", "clauses.csv",
    "reach_ratios.csv", "routes.csv", "walkways.csv", "school_routes.csv", "crossings.csv", "findings.csv", RECORD,
)  # fmt: skip


def publish(results: Results, folder: Path, *, lang: Lang) -> list[Path]:
    """Write all outputs of a run into a folder and return their paths.

    Parameters
    ----------
    results
        What :func:`cfgeo.run_study` gives.
    folder
        Is made, or replaced as a whole where it holds an earlier run.
    lang
        Language of the texts; columns and identifiers are English.

    Raises
    ------
    OutputError
        The folder cannot be written, or holds something else than a run.
    """
    begun = time.perf_counter()
    with _in_place(folder) as aside:
        write_tables(results, aside, lang=lang)
        write_geopackage(results, aside / GEOPACKAGE, lang=lang)
        write_page(results, aside / "index.html", lang=lang)
        seconds = {**results.seconds, "publish": round(time.perf_counter() - begun, 3)}
        write_record(replace(results, seconds=seconds), aside / RECORD, lang=lang)
    return [folder / name for name in FILES]


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
def _in_place(folder: Path) -> Iterator[Path]:
    """Give a new folder to write to; put it in the place of ``folder`` when all is written."""
    require_writable(folder)
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
        _exchange(aside, folder)
    except (OSError, pyogrio.errors.DataSourceError, pyogrio.errors.FeatureError, pyogrio.errors.FieldError) as error:
        raise OutputError("out_unwritable", folder=folder, reason=error) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _exchange(aside: Path, folder: Path) -> None:
    """Put a new folder in the place of the last run's; what somebody else has put there stays."""
    if folder == Path.cwd():  # a shell stands in it: it cannot be moved away
        for name in FILES:
            (aside / name).replace(folder / name)
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
            if item.name not in FILES and not item.name.startswith(GEOPACKAGE):  # QGIS leaves files beside it
                item.replace(folder / item.name)
        shutil.rmtree(old, ignore_errors=True)
