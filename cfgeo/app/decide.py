"""A decided scenario → a dated list of changes that the study itself names, and the way back.

Nobody's file is written to but ``study.toml``, and that only at its end: a list in ``decided/``, and a table
``[[decided]]`` that names it. To take a decision back, that table is cut out again; its list stays for the record.
"""

import datetime as dt
import json
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cfgeo.core.errors import OutputError, StudyError
from cfgeo.core.lock import locked
from cfgeo.core.scenario import Scenario
from cfgeo.publish.run.folder import put
from cfgeo.scenarios.lists.change_table import row_of
from cfgeo.study.config import Study

FOLDER, JOURNAL = "decided", "journal.jsonl"


@dataclass(frozen=True)
class Decision:
    """One decision.

    Attributes
    ----------
    path : str
        Its list of changes, from the folder of the study.
    date : str
    title : str
    count : int
        How many changes.
    """

    path: str
    date: str
    title: str
    count: int


def decided_bytes(scenario: Scenario) -> bytes:
    """Return a scenario's changes as the list that the study keeps: what is read from it is the same to the digit.

    It is TOML, since a table that is safe in Excel may have to alter a name or a number.
    """
    lines = ["[scenario]", f"title = {_toml(scenario.title)}"]
    for change in scenario.changes:
        lines += ["", "[[change]]", *(f"{key} = {_toml(value)}" for key, value in row_of(change, exact=True).items())]
    return ("\n".join(lines) + "\n").encode()


def _toml(value: Any) -> str:
    """Return a value as TOML writes it."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_toml(str(key))} = {_toml(each)}" for key, each in value.items()) + " }"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return json.dumps(value)


def apply_scenario(study: Study, scenario: Scenario, *, today: dt.date) -> Decision:
    """Write a scenario into the study as a dated list, and name it in ``study.toml``: both, or nothing.

    Parameters
    ----------
    study
        The study, as it was read.
    scenario
        Changes that :func:`cfgeo.whatif_study` has judged.
    today
        The date of the decision.

    Raises
    ------
    OutputError
        The files cannot be written, or somebody else writes them now.
    StudyError
        ``study.toml`` is no longer the one that was read, or has no room for the table.
    """
    file, folder = _file_of(study), study.folder / FOLDER
    with _writing(folder):
        text = _text_of(file)
        if len(_tables(file, text)) != len(study.decided):
            raise StudyError("decided_changed", file=file)
        nth = next(n for n in range(1, 10_000) if not (folder / f"{today}-{n}.toml").exists())
        made = Decision(f"{FOLDER}/{today}-{nth}.toml", str(today), scenario.title, len(scenario.changes))
        after = text + _table(made, text)
        if [entry.get("path") for entry in _tables(file, after)][-1:] != [made.path]:
            raise StudyError("decided_no_room", file=file)
        put(study.folder / made.path, decided_bytes(scenario))
        put(file, after.encode())
        _note(folder, {"did": "applied", **vars(made)})
    return made


def undo_last(study: Study, *, today: dt.date) -> Decision:
    """Take the last decision out of ``study.toml``, which is then as it was before; its list of changes stays.

    Parameters
    ----------
    study
        The study.
    today
        For the journal.

    Raises
    ------
    StudyError
        The study has decided on nothing, or the table was edited since.
    OutputError
        The file cannot be written.
    """
    file, folder = _file_of(study), study.folder / FOLDER
    with _writing(folder):
        text = _text_of(file)
        tables = _tables(file, text)
        if not tables:
            raise StudyError("decided_none", file=file)
        last = tables[-1]
        made = Decision(str(last.get("path", "")), str(last.get("date", "")), str(last.get("title", "")), 0)
        before, table, behind = text.rpartition(_table(made, text))
        if not table:
            raise StudyError("decided_edited", file=file, path=made.path)
        put(file, (before + behind).encode())
        _note(folder, {"did": "undone", **vars(made), "date": str(today)})
    return made


def _file_of(study: Study) -> Path:
    if study.file is None:
        raise StudyError("decided_no_file")
    return study.file


def _text_of(file: Path) -> str:
    """Return a file's text with its line ends as they are."""
    try:
        return file.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise StudyError("study_unreadable", file=file, reason=error) from error


def _tables(file: Path, text: str) -> list[dict[str, Any]]:
    """Return the tables ``[[decided]]`` of a study's text.

    Raises
    ------
    StudyError
        It is no TOML, or names them otherwise.
    """
    try:
        tables = tomllib.loads(text.removeprefix("\ufeff").replace("\r\n", "\n")).get("decided", [])
    except tomllib.TOMLDecodeError as error:
        raise StudyError("decided_no_room", file=file) from error
    return [dict(table) for table in tables]


def _table(made: Decision, text: str) -> str:
    """Return the table that names a decision, with the line ends of the text that it goes behind."""
    said = {"path": made.path, "date": made.date, "title": made.title}
    lines = ["", "[[decided]]", *(f"{key} = {_toml(word)}" for key, word in said.items()), ""]
    end = "\r\n" if "\r\n" in text else "\n"
    return end.join(lines) if text.endswith("\n") or "[[decided]]" in text else end + end.join(lines)


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Hold the folder of decisions alone."""
    try:
        folder.mkdir(exist_ok=True)
        with locked(folder / ".cfgeo.lock", place=folder, wait_s=0.0):
            yield
    except OSError as error:
        raise OutputError("out_unwritable", folder=folder, reason=error) from error


def _note(folder: Path, line: dict[str, Any]) -> None:
    with (folder / JOURNAL).open("a", encoding="utf-8", newline="\n") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")
