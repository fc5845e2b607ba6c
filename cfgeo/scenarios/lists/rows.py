"""What a file of changes or projects holds, row by row, and which of its cells are wrong."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from cfgeo.core.scenario import ACTIONS, Fault, WrittenAt
from cfgeo.core.strings import Lang, Message, Sentence
from cfgeo.files.cell_values import plain_code
from cfgeo.files.vocabulary.words import Choices, headings
from cfgeo.study.validation import KnownKeys, sentences_of

File = TypeVar("File", bound=BaseModel)
THINGS = ("layer", "link", "way", "street")
"""Columns that say what a change concerns: each row has one of them."""


@dataclass(frozen=True)
class Rows:
    """What a file of changes holds.

    Attributes
    ----------
    content : Mapping of str to object
        As a TOML file holds it; the changes are the list ``change``.
    numbers : tuple of int
        Which row of the sheet each change is, as a spreadsheet numbers them; in a TOML file which change, from 1.
    columns : Mapping of str to str
        cfgeo's name → the table's.
    unused : tuple of str
        Columns of a table that mean nothing to cfgeo.
    money_units : Mapping of str to str
        The units of money that the table's headings name; under "" the unit that the lines around it name.
    headings : tuple of str, optional
        All columns of a table; None where the file is none.
    pairs : tuple of Fault
        What is wrong with the choice of its columns of positions.
    findings : tuple of dict
        How its columns of positions were chosen.
    """

    content: Mapping[str, Any]
    numbers: tuple[int, ...]
    columns: Mapping[str, str]
    unused: tuple[str, ...]
    money_units: Mapping[str, str] = field(default_factory=dict)
    headings: tuple[str, ...] | None = None
    pairs: tuple[Fault, ...] = ()
    findings: tuple[dict[str, Any], ...] = ()

    def where(self, nth: int, own: str = "") -> WrittenAt:
        """Return where the change at a position of ``change`` is written."""
        return WrittenAt(self.numbers[nth], own, self.headings is not None)

    def faults(self, needed: Sequence[str], of_rows: Sequence[Fault]) -> list[Fault]:
        """Return what is wrong with the table as a whole, and with its rows what this does not tell already.

        Parameters
        ----------
        needed
            Columns that every row needs.
        of_rows
            What is wrong with single rows.
        """
        if self.headings is None or not self.numbers:
            return [*of_rows]
        first, last = min(self.numbers), max(self.numbers)
        place = WrittenAt(first, is_row=True) if first == last else Sentence("fault.rows", first=first, last=last)
        values: dict[str, object] = {"rows": place, "has": ", ".join(self.headings)}
        missing, told = [column for column in needed if column not in self.columns], set[str]()
        faults: list[Fault] = [("change_columns", {**values, "columns": headings(*missing)})] if missing else []
        if "action" in missing:
            faults.append(("change_actions", {"known": Choices("actions", ACTIONS)}))
            told.add("change_no_action")
        unsaid = "action" in missing or "change_neither" in {code for code, _ in of_rows}
        if unsaid and self.columns.keys().isdisjoint(THINGS):
            faults.append(("change_things", {**values, "columns": headings(*THINGS)}))
            told.add("change_neither")
        return [*faults, *self.pairs] + [fault for fault in of_rows if fault[0] not in told]


@dataclass(frozen=True)
class Cell(Message):
    """A cell, for sentences: where its change is written, and its heading."""

    where: WrittenAt
    heading: str

    def text(self, lang: Lang) -> str:
        """Return the cell in ``lang``."""
        return f"{self.where.text(lang)}{'，' if lang == 'zh' else ', '}{self.heading}"


def known_keys(file: type[BaseModel], about: type[BaseModel], row: type[BaseModel]) -> KnownKeys:
    """Return which keys can stand where a key does: in the file itself, in its heading table, or in a row."""
    return lambda path: {1: file, 2: about}.get(len(path), row).model_fields


def valid_rows(rows: Rows, file: type[File], known: KnownKeys) -> tuple[File | None, set[int], list[Fault]]:
    """Return a file's content without the cells that are wrong.

    Parameters
    ----------
    rows
        What the file holds.
    file
        What its content has to be.
    known
        The keys that it knows.

    Returns
    -------
    file : BaseModel, optional
        None where more is wrong than single cells.
    invalid : set of int
        Positions of the rows that have lost a cell.
    faults : list of Fault
    """
    content, lost = dict(rows.content), dict[int, set[str]]()
    try:
        return file.model_validate(content), set(), []
    except ValidationError as error:
        paths = [fault["loc"] for fault in error.errors(include_url=False)]
        if any(path[0] != "change" or len(path) == 1 for path in paths):
            return None, set(), list(sentences_of(error, known, content).rows)
        faults = list(sentences_of(error, known, named=lambda path: _cell(rows, path)).rows)
        for path in paths:
            lost.setdefault(int(path[1]), set()).update(map(str, path[2:3]))
        valid = [_without(row, lost[nth]) if nth in lost else row for nth, row in enumerate(content["change"])]
        return file.model_validate({**content, "change": valid}), set(lost), faults


def _cell(rows: Rows, path: Sequence[str | int]) -> Cell | WrittenAt:
    """Return the cell at a key's path, which begins with ``change`` and a position."""
    nth = int(path[1])
    row = rows.content["change"][nth]
    where = rows.where(nth, plain_code(str(row.get("id", ""))) if isinstance(row, dict) else "")
    names = [rows.columns.get(str(part), str(part)) for part in path[2:]]
    return Cell(where, ".".join(names)) if names else where


def _without(row: Any, keys: Container[str]) -> dict[str, Any]:
    cells = row if isinstance(row, dict) else {}
    return {key: value for key, value in cells.items() if key not in keys}
