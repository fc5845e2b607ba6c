"""Commands → a file, line by line as they are made, so that a session that was cut off opens as it was."""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from cfgeo.app.edits import History, changed_history
from cfgeo.core.errors import OutputError, ScenarioError

JOURNAL = "journal.jsonl"


class Journal:
    """The journal of a session.

    Parameters
    ----------
    folder
        Where it is kept; made when the first command comes.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / JOURNAL

    def read(self) -> History:
        """Return the changes as the last session left them.

        A last line that was cut off while it was written was never answered, and is taken away.

        Raises
        ------
        OutputError
            The file cannot be read, or is no journal.
        """
        history = History()
        try:
            content = self.path.read_bytes()
            whole = content[: content.rfind(b"\n") + 1]
            for nth, line in enumerate(whole.splitlines(), start=1):
                history = _replayed(history, line, nth, self.path)
            if whole != content:
                self._cut(len(whole))
        except FileNotFoundError:
            return History()
        except OSError as error:
            raise OutputError("out_unwritable", folder=self.path.parent, reason=error) from error
        return history

    def keep(self, command: Mapping[str, Any]) -> None:
        """Write a command, and return when it is on the disk.

        Raises
        ------
        OutputError
            It cannot be written.
        """
        line = json.dumps(command, ensure_ascii=False, separators=(",", ":")).encode()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            size = self.path.stat().st_size if self.path.exists() else 0
            try:
                with self.path.open("ab") as file:
                    file.write(line + b"\n")
                    file.flush()
                    os.fsync(file.fileno())
                if not size:
                    _flush_names(self.path.parent)
            except OSError:
                self._cut(size)
                raise
        except OSError as error:
            raise OutputError("out_unwritable", folder=self.path.parent, reason=error) from error

    def _cut(self, size: int) -> None:
        with self.path.open("ab") as file:
            file.truncate(size)


def _flush_names(folder: Path) -> None:
    """Write the names of a folder's files to the disk: else a power cut may take a new file as a whole.

    Windows, and some drives of a network, have no such call: there it is left to them.
    """
    with suppress(OSError):
        names = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(names)
        finally:
            os.close(names)


def _replayed(history: History, line: bytes, nth: int, path: Path) -> History:
    """Return the history after one line of a journal.

    Raises
    ------
    OutputError
        It is no command, or none that could have been given there.
    """
    try:
        return changed_history(history, dict(json.loads(line)))
    except (ValueError, TypeError, RecursionError, ScenarioError):
        raise OutputError("journal_broken", file=path, line=nth) from None
