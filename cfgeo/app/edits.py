"""The changes of a meeting: a list with undo and redo, as frozen values. Nothing here knows a map or a network."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from cfgeo.core.errors import ScenarioError

MOST_EDITS, MOST_UNDO = 200, 500
"""Changes that a session holds, and steps that can be undone: memory stays bounded over a day."""

Row = Mapping[str, Any]
"""One change, by the keys of a table of changes."""


@dataclass(frozen=True)
class Edit:
    """One change.

    Attributes
    ----------
    id : int
        Its number in the session; no two changes ever have the same.
    row : Mapping of str to object
        What is changed, by the keys of a table of changes.
    on : bool
        Whether it counts now.
    """

    id: int
    row: Row
    on: bool = True


@dataclass(frozen=True)
class History:
    """The changes as they stand, and those before and after as far as they can be brought back.

    Attributes
    ----------
    edits : tuple of Edit
        In the order in which they were made.
    past, future : tuple of tuple of Edit
        What undo and redo bring back, the nearest last.
    last : int
        The highest number that a change was given.
    """

    edits: tuple[Edit, ...] = ()
    past: tuple[tuple[Edit, ...], ...] = ()
    future: tuple[tuple[Edit, ...], ...] = ()
    last: int = 0

    @property
    def rows(self) -> list[Row]:
        """The changes that count."""
        return [edit.row for edit in self.edits if edit.on]

    def put(self, *edits: Edit) -> "History":
        """Return the history with other changes, as one step that can be undone."""
        last = max((edit.id for edit in edits), default=self.last)
        return History(edits, (*self.past, self.edits)[-MOST_UNDO:], (), max(self.last, last))


def changed_history(history: History, command: Mapping[str, Any]) -> History:
    """Return the history after a command.

    Parameters
    ----------
    history
        As it stands.
    command
        ``do``: ``add`` or ``load`` (with ``rows``), ``replace`` (``id``, ``row``), ``remove`` (``id``), ``switch``
        (``id``, ``on``), ``clear``, ``undo`` or ``redo``.

    Raises
    ------
    ScenarioError
        There is no such command, or nothing that it could act on.
    """
    act = _COMMANDS.get(str(command.get("do")))
    if act is None:
        raise ScenarioError("edit_unknown", known=", ".join(_COMMANDS))
    after = act(history, command)
    if len(after.edits) > MOST_EDITS:
        raise ScenarioError("edit_many", most=MOST_EDITS)
    return after


def _add(history: History, command: Mapping[str, Any]) -> History:
    return history.put(*history.edits, *_numbered(history, command))


def _load(history: History, command: Mapping[str, Any]) -> History:
    return history.put(*_numbered(history, command))


def _numbered(history: History, command: Mapping[str, Any]) -> list[Edit]:
    rows = command.get("rows")
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise ScenarioError("edit_rows")
    _refuse_files(rows)
    return [Edit(history.last + nth, dict(row)) for nth, row in enumerate(rows, start=1)]


def _refuse_files(rows: list[Row]) -> None:
    """Refuse rows that name a file: the page draws shapes, and no path of the machine is read for it."""
    if any(row.get("file") for row in rows):
        raise ScenarioError("edit_file")


def _replace(history: History, command: Mapping[str, Any]) -> History:
    row = command.get("row")
    if not isinstance(row, Mapping):
        raise ScenarioError("edit_rows")
    _refuse_files([row])
    return _with(history, command, row=dict(row))


def _switch(history: History, command: Mapping[str, Any]) -> History:
    return _with(history, command, on=command.get("on") is not False)


def _with(history: History, command: Mapping[str, Any], **values: Any) -> History:
    number = _number_of(history, command)
    return history.put(*(replace(edit, **values) if edit.id == number else edit for edit in history.edits))


def _remove(history: History, command: Mapping[str, Any]) -> History:
    number = _number_of(history, command)
    return history.put(*(edit for edit in history.edits if edit.id != number))


def _clear(history: History, command: Mapping[str, Any]) -> History:
    return history.put() if history.edits else history


def _number_of(history: History, command: Mapping[str, Any]) -> int:
    """Return the number of the change that a command names."""
    number = command.get("id")
    if type(number) is not int or not any(edit.id == number for edit in history.edits):
        raise ScenarioError("edit_gone", id=str(number))
    return number


def _undo(history: History, command: Mapping[str, Any]) -> History:
    if not history.past:
        return history
    return replace(history, edits=history.past[-1], past=history.past[:-1], future=(*history.future, history.edits))


def _redo(history: History, command: Mapping[str, Any]) -> History:
    if not history.future:
        return history
    return replace(history, edits=history.future[-1], past=(*history.past, history.edits), future=history.future[:-1])


_COMMANDS: dict[str, Callable[[History, Mapping[str, Any]], History]] = {
    "add": _add,
    "load": _load,
    "replace": _replace,
    "remove": _remove,
    "switch": _switch,
    "clear": _clear,
    "undo": _undo,
    "redo": _redo,
}
