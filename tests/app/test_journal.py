"""The journal: what was answered is there again, whenever the power went."""

import errno
import json
import os
import stat
from pathlib import Path

import pytest

from cfgeo.app.edits import History, changed_history
from cfgeo.app.journal import JOURNAL, Journal
from cfgeo.core.errors import OutputError

COMMANDS = [
    {"do": "add", "rows": [{"action": "add", "layer": "schools", "name": "新学校", "lon": 106.5, "lat": 29.5}]},
    {"do": "add", "rows": [{"action": "close", "way": 7}]},
    {"do": "switch", "id": 1, "on": False},
    {"do": "undo"},
    {"do": "remove", "id": 2},
]


def states() -> list[History]:
    history = [History()]
    for command in COMMANDS:
        history.append(changed_history(history[-1], command))
    return history


def test_a_session_opens_as_it_was(tmp_path: Path) -> None:
    assert Journal(tmp_path).read() == History()
    assert not (tmp_path / JOURNAL).exists()  # looking makes no file
    for command in COMMANDS:
        Journal(tmp_path).keep(command)
    assert Journal(tmp_path).read() == states()[-1]


def test_cut_off_at_any_byte_it_opens_with_all_that_was_answered(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    for command in COMMANDS:
        journal.keep(command)
    content = journal.path.read_bytes()
    for size in range(len(content) + 1):
        journal.path.write_bytes(content[:size])
        whole = content[:size].count(b"\n")
        assert journal.read() == states()[whole]
        assert journal.path.read_bytes() == b"".join(content.splitlines(keepends=True)[:whole])
    journal.path.write_bytes(content[:-3])
    journal.read()
    journal.keep(COMMANDS[-1])  # goes on behind what is whole
    assert journal.read() == states()[-1]


@pytest.mark.parametrize("line", ["{", "[1]", "7", '{"do": "remove", "id": 3}', "\x00\x00", "[" * 100_000, '{"a"}'])
def test_a_line_that_is_no_command_is_named(tmp_path: Path, line: str) -> None:
    journal = Journal(tmp_path)
    journal.path.write_text(json.dumps(COMMANDS[0]) + f"\n{line}\n", encoding="utf-8")
    with pytest.raises(OutputError, match=r"Line 2 of .*journal\.jsonl"):
        journal.read()
    assert journal.path.read_text(encoding="utf-8").endswith(f"\n{line}\n")  # nothing is lost


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="cannot be written"):
        Journal(tmp_path / "file").keep(COMMANDS[0])


@pytest.mark.skipif(os.name != "posix", reason="Windows flushes no folders")
@pytest.mark.parametrize("can_flush", [True, False])
def test_the_name_of_a_new_journal_is_on_the_disk_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, can_flush: bool
) -> None:
    flushed, fsync = [], os.fsync

    def counted(handle: int) -> None:
        flushed.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
        if flushed[-1] == "folder" and not can_flush:
            raise OSError(errno.EINVAL, "as some drives of a network say")
        fsync(handle)

    monkeypatch.setattr(os, "fsync", counted)
    for command in COMMANDS[:2]:
        Journal(tmp_path).keep(command)
    assert flushed == ["file", "folder", "file"]
    assert Journal(tmp_path).read() == states()[2]
