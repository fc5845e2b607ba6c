"""A study's runs by data year: the latest stands in the study's folder, those of other years under ``years/`` in it.

The kept runs stay where foreign files stay: the exchange of a run moves them as they are. So the next year's run never
overwrites a year. A kept run comes and goes by one renaming: killed at any moment, a run leaves each year whole.
"""

import datetime as dt
import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from cfgeo.publish.run.exchange import flush, free_path, link
from cfgeo.publish.run.folder import RECORD, is_ours, is_run

YEARS = "years"
"""The folder of the runs of other years, in that of the study."""

_BASE_MAPS = ("network", "elevation", "study")
"""What says little about the year that a study shows: streets are often newer than the lists of places."""
_BEING_KEPT, _BEING_DROPPED = ".cfgeo-new", ".cfgeo-old-"
_YEAR = re.compile(r"\s*((?:19|20)\d{2})(?!\d)|\s*((?:19|20)\d{2})\d{4}(?!\d)")


@dataclass(frozen=True)
class DataYear:
    """The year that a run shows, and what says so: the study (``as_of``), the dates of its ``data``, or the ``run``."""

    year: int
    said_by: Literal["as_of", "data", "run"]


def data_year(record: Mapping[str, Any]) -> DataYear:
    """Return the year that a run shows.

    That is the year of ``as_of`` of the study; else of the newest table that has a date (of the streets, where only
    they have one); else of the run.

    Parameters
    ----------
    record
        The content of ``run.json``, of any version.
    """
    as_of = record.get("parameters", {}).get("study", {}).get("as_of")
    if as_of:
        return DataYear(int(str(as_of)[:4]), "as_of")
    dated = [(file["role"] in _BASE_MAPS, year) for file in record.get("inputs", []) for year in _years(file)]
    years = [year for is_base, year in dated if not is_base] or [year for _, year in dated]
    if years:
        return DataYear(max(years), "data")
    return DataYear(dt.datetime.fromisoformat(record["run"]["finished"]).astimezone().year, "run")


def keep_other_year(folder: Path, new: Path) -> None:
    """Keep the run in a folder under its year, if the new run shows another one. Call it before the exchange.

    Parameters
    ----------
    folder
        Of the study.
    new
        The new run, complete but not yet in place.

    Raises
    ------
    OSError
        It cannot be kept. Everything is as it was.
    """
    if not is_run(folder):
        return
    year = data_year(read_record(folder)).year
    if year == data_year(read_record(new)).year:
        return
    _end_killed(folder)
    aside, kept = folder / YEARS / _BEING_KEPT, folder / YEARS / str(year)
    aside.mkdir(parents=True)
    for item in folder.iterdir():
        if item.is_dir() and is_ours(item.name):
            shutil.copytree(item, aside / item.name, copy_function=link)
        elif is_ours(item.name):
            link(item, aside / item.name)
    flush(aside)
    # What a killed run has left there of this year is older, or the same. Until the next line the folder has the year.
    dropped = _put_aside(kept)
    aside.replace(kept)
    _drop(dropped)


def drop_replaced(folder: Path) -> None:
    """Remove what was kept of the year that the run in a folder shows now. Call it after the exchange."""
    _end_killed(folder)
    kept = folder / YEARS / str(data_year(read_record(folder)).year)
    if is_run(kept):
        _drop(_put_aside(kept))


def runs_of(folder: Path) -> dict[int, Path]:
    """Return the folders of a study's runs by the year that they show, in order.

    Where a year stands twice, as a killed run can leave it, the run in the study's own folder is the newer one.
    """
    kept = sorted((folder / YEARS).iterdir()) if (folder / YEARS).is_dir() else []
    runs = {data_year(read_record(run)).year: run for run in [*kept, folder] if is_run(run)}
    return dict(sorted(runs.items()))


def read_record(folder: Path) -> dict[str, Any]:
    """Return the record of a run."""
    return dict(json.loads((folder / RECORD).read_text(encoding="utf-8")))


def _years(file: Mapping[str, Any]) -> list[int]:
    match = _YEAR.match(file.get("date") or "")
    return [int(match[1] or match[2])] if match else []


def _put_aside(kept: Path) -> Path:
    """Take what is kept of a year away at once, if there is something, and return where it is now."""
    dropped = kept.with_name(f"{_BEING_DROPPED}{kept.name}")
    if kept.exists():
        kept.replace(dropped)
    return dropped


def _drop(dropped: Path) -> None:
    """Remove what was put aside; what others have put there goes back to the year's folder."""
    if not dropped.exists():
        return
    kept = dropped.with_name(dropped.name.removeprefix(_BEING_DROPPED))
    for item in [item for item in dropped.iterdir() if not is_ours(item.name)]:
        kept.mkdir(exist_ok=True)
        item.replace(free_path(kept / item.name))
    shutil.rmtree(dropped, ignore_errors=True)


def _end_killed(folder: Path) -> None:
    """End what a killed run has begun: its copy was not complete, what it put aside was replaced or still stands."""
    shutil.rmtree(folder / YEARS / _BEING_KEPT, ignore_errors=True)
    for dropped in (folder / YEARS).glob(f"{_BEING_DROPPED}*"):
        _drop(dropped)
