"""The changes of a meeting: a list with undo and redo, as frozen values. Nothing here knows a map or a network."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from cfgeo.core.errors import ScenarioError

MOST_EDITS, MOST_UNDO, MOST_KEPT = 200, 500, 20
"""Changes on the desk, steps that can be undone, and named scenarios: memory stays bounded over a day."""
MOST_LETTERS = 60
"""The longest name of a scenario."""

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
class Kept:
    """A named scenario: the changes that were on the desk when it was kept."""

    name: str
    edits: tuple[Edit, ...]


Moment = tuple[tuple[Edit, ...], tuple[Kept, ...]]
"""The desk and the named scenarios at one time."""


@dataclass(frozen=True)
class History:
    """The changes as they stand, and those before and after as far as they can be brought back.

    Attributes
    ----------
    edits : tuple of Edit
        In the order in which they were made.
    past, future : tuple of Moment
        What undo and redo bring back, the nearest last.
    last : int
        The highest number that a change was given.
    kept : tuple of Kept
        Named scenarios, in the order in which they were first kept.
    """

    edits: tuple[Edit, ...] = ()
    past: tuple[Moment, ...] = ()
    future: tuple[Moment, ...] = ()
    last: int = 0
    kept: tuple[Kept, ...] = ()

    @property
    def on(self) -> list[Edit]:
        """The changes that are switched on."""
        return [edit for edit in self.edits if edit.on]

    @property
    def rows(self) -> list[Row]:
        """What they change."""
        return [edit.row for edit in self.on]

    def put(self, *edits: Edit) -> "History":
        """Return the history with other changes, as one step that can be undone."""
        return self.step(edits, self.kept)

    def step(self, edits: tuple[Edit, ...], kept: tuple[Kept, ...]) -> "History":
        """Return the history with another desk and other named scenarios, as one step that can be undone."""
        last = max((edit.id for edit in edits), default=self.last)
        return History(edits, (*self.past, (self.edits, self.kept))[-MOST_UNDO:], (), max(self.last, last), kept)


def changed_history(history: History, command: Mapping[str, Any]) -> History:
    """Return the history after a command.

    Parameters
    ----------
    history
        As it stands.
    command
        ``do``: ``add`` or ``load`` (with ``rows``), ``replace`` (``id``, ``row``), ``remove`` (``id``), ``switch``
        (``id``, ``on``), ``clear``, ``undo`` or ``redo``; with a ``name`` ``keep``, ``recall`` or ``forget``.

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
        raise ScenarioError("edit_gone")
    return number


def _undo(history: History, command: Mapping[str, Any]) -> History:
    if not history.past:
        return history
    edits, kept = history.past[-1]
    future = (*history.future, (history.edits, history.kept))
    return replace(history, edits=edits, kept=kept, past=history.past[:-1], future=future)


def _redo(history: History, command: Mapping[str, Any]) -> History:
    if not history.future:
        return history
    edits, kept = history.future[-1]
    past = (*history.past, (history.edits, history.kept))
    return replace(history, edits=edits, kept=kept, past=past, future=history.future[:-1])


def _keep(history: History, command: Mapping[str, Any]) -> History:
    """Keep the desk under a name; a scenario that had the name before makes room for it."""
    name = command.get("name")
    if not isinstance(name, str) or not name.strip().isprintable() or not 0 < len(name.strip()) <= MOST_LETTERS:
        raise ScenarioError("kept_name", most=MOST_LETTERS)
    if not history.edits:
        raise ScenarioError("kept_empty")
    kept = {each.name: each for each in history.kept} | {name.strip(): Kept(name.strip(), history.edits)}
    if len(kept) > MOST_KEPT:
        raise ScenarioError("kept_many", most=MOST_KEPT)
    return history.step(history.edits, tuple(kept.values()))


def _recall(history: History, command: Mapping[str, Any]) -> History:
    """Put a named scenario on the desk, in the place of what is there."""
    return history.put(*_named(history, command).edits)


def _forget(history: History, command: Mapping[str, Any]) -> History:
    gone = _named(history, command)
    return history.step(history.edits, tuple(each for each in history.kept if each is not gone))


def _named(history: History, command: Mapping[str, Any]) -> Kept:
    name = command.get("name")
    found = next((each for each in history.kept if each.name == name), None)
    if found is None:
        raise ScenarioError("kept_gone", name=str(name)[:MOST_LETTERS])
    return found


_COMMANDS: dict[str, Callable[[History, Mapping[str, Any]], History]] = {
    "add": _add,
    "load": _load,
    "replace": _replace,
    "remove": _remove,
    "switch": _switch,
    "clear": _clear,
    "undo": _undo,
    "redo": _redo,
    "keep": _keep,
    "recall": _recall,
    "forget": _forget,
}
