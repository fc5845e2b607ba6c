"""The runs of a study by year, as read from their folders."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cfgeo.core.errors import InputError
from cfgeo.core.strings import Sentence
from cfgeo.publish.run.folder import is_run
from cfgeo.publish.run.past import PastRun, load_run
from cfgeo.publish.run.record import FORMAT
from cfgeo.publish.run.years import data_year, read_record, runs_of


@dataclass(frozen=True)
class YearRun:
    """The run of one year.

    Attributes
    ----------
    year : int
        That its data shows.
    folder : pathlib.Path
    record : dict
        The content of ``run.json``.
    past : PastRun or None
        Its tables; None where it has none.
    is_comparable : bool
        Whether its data can be compared with that of other years.
    """

    year: int
    folder: Path
    record: dict[str, Any]
    past: PastRun | None
    is_comparable: bool = True

    @property
    def clauses(self) -> dict[str, dict[str, Any]]:
        """The clauses by which it was judged, by id."""
        return {clause["id"]: clause for clause in self.record["parameters"]["clauses"]}


def load_history(folders: Sequence[Path]) -> tuple[list[YearRun], list[Sentence]]:
    """Read the runs of several years.

    Parameters
    ----------
    folders
        One folder: the run in it and those of other years that are kept there. Several: the run in each.

    Returns
    -------
    runs : list of YearRun
        By year.
    notes : list of Sentence
        What could be read in part alone.

    Raises
    ------
    InputError
        A folder holds no run or tables that were changed since, two show the same year, or they are of different
        studies.
    """
    for folder in folders:
        if not is_run(folder):
            raise InputError("run_missing", folder=folder)
    by_year: dict[int, Path] = dict(runs_of(folders[0])) if len(folders) == 1 else {}
    for folder in folders if len(folders) > 1 else ():
        year = data_year(read_record(folder)).year
        if year in by_year:
            raise InputError("series_same_year", year=year, a=by_year[year], b=folder)
        by_year[year] = folder
    notes: list[Sentence] = []
    runs = [_read(year, by_year[year], notes) for year in sorted(by_year)]
    first = runs[0].record["study"]["id"]
    for run in runs[1:]:
        if run.record["study"]["id"] != first:
            raise InputError("runs_other_study", a=first, b=run.record["study"]["id"])
    return runs, notes


def _read(year: int, folder: Path, notes: list[Sentence]) -> YearRun:
    """Read one run as far as it goes, and note what it lacks."""
    record = read_record(folder)
    is_comparable = record.get("format") == FORMAT
    try:
        past = load_run(folder, of_any_version=True)
    except InputError as error:
        if error.code != "run_without_tables":
            raise
        notes.append(Sentence("series.note_without_tables", year=year, folder=folder))
        return YearRun(year, folder, record, None, is_comparable)
    if not is_comparable:
        notes.append(Sentence("series.note_older", year=year, folder=folder))
    return YearRun(year, folder, record, past, is_comparable)
