"""Verdicts → files: written aside and moved into place, so that a failed run leaves the last good one."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from cfgeo.errors import OutputError
from cfgeo.publish.geopackage import write_geopackage
from cfgeo.publish.page import write_page
from cfgeo.publish.record import write_record
from cfgeo.publish.tables import write_tables
from cfgeo.schema import Results
from cfgeo.strings import Lang

RECORD = "run.json"
FILES = (
    "index.html", "communities.gpkg", "communities.csv", "street_offices.csv", "coverage.csv", "clauses.csv",
    "findings.csv", RECORD,
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
        write_geopackage(results, aside / "communities.gpkg", lang=lang)
        write_page(results, aside / "index.html", lang=lang)
        seconds = {**results.seconds, "publish": round(time.perf_counter() - begun, 3)}
        write_record(replace(results, seconds=seconds), aside / RECORD, lang=lang)
    return [folder / name for name in FILES]


def require_writable(folder: Path) -> None:
    """See, before any long work, that a run may be written to a folder.

    Raises
    ------
    OutputError
        It is a file, or holds something else than a run.
    """
    if folder.exists() and not folder.is_dir():
        raise OutputError("out_is_file", folder=folder)
    if folder.is_dir() and any(folder.iterdir()) and not (folder / RECORD).is_file():
        raise OutputError("out_not_ours", folder=folder)


@contextmanager
def _in_place(folder: Path) -> Iterator[Path]:
    """Give a new folder to write to; put it in the place of ``folder`` when all is written."""
    require_writable(folder)
    folder = folder.absolute()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    except OSError as error:
        raise OutputError("out_unwritable", folder=folder, reason=error) from error
    try:
        yield aside
        aside.chmod(0o755)
        old = aside.with_name(aside.name + "-old")
        if folder.exists():
            folder.replace(old)
        aside.replace(folder)
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise OutputError("out_unwritable", folder=folder, reason=error) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
