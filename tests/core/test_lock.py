"""One process at a time: the second waits, and logs for whom."""

import logging
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from cfgeo.core.errors import OutputError
from cfgeo.core.lock import locked
from cfgeo.core.strings import LANGUAGES, Sentence

HOLD = "import sys, pathlib; from cfgeo.core.lock import locked; path = pathlib.Path(sys.argv[1])\n" \
       "with locked(path, place=path, wait_s=0): print('held', flush=True); sys.stdin.read()"  # fmt: skip


@pytest.fixture
def holder(tmp_path: Path) -> "subprocess.Popen[str]":
    """Return another process that holds the lock until its input ends."""
    command = [sys.executable, "-c", HOLD, str(tmp_path / "a.lock")]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8")
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def end(process: "subprocess.Popen[str]") -> None:
    process.communicate("")
    assert process.returncode == 0


def test_a_second_process_waits_and_logs_who_holds_the_lock(
    holder: "subprocess.Popen[str]", tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    threading.Timer(0.3, lambda: end(holder)).start()
    with locked(tmp_path / "a.lock", place=tmp_path / "out", wait_s=60):
        assert holder.wait(10) == 0, "it has let go"
    (record,) = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert isinstance(record.msg, Sentence)
    for lang in LANGUAGES:
        assert f"PID {holder.pid}" in record.msg.text(lang)
        assert str(tmp_path / "out") in record.msg.text(lang)
    assert list(tmp_path.iterdir()) == []


def test_a_holder_that_never_ends_is_named_in_the_error(holder: "subprocess.Popen[str]", tmp_path: Path) -> None:
    with pytest.raises(OutputError) as caught, locked(tmp_path / "a.lock", place=tmp_path / "out", wait_s=0.1):
        pass
    assert caught.value.code == "out_busy"
    for lang in LANGUAGES:
        assert f"PID {holder.pid}" in caught.value.text(lang)
    end(holder)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_killed_process_holds_nothing(holder: "subprocess.Popen[str]", tmp_path: Path) -> None:
    holder.kill()
    holder.communicate()
    with locked(tmp_path / "a.lock", place=tmp_path / "out", wait_s=0):
        assert f"PID {os.getpid()}" in (tmp_path / "a.who").read_text(encoding="utf-8")
    assert list(tmp_path.iterdir()) == []


def test_where_there_can_be_no_file_it_is_an_error_of_the_systems(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OSError, match="file"), locked(tmp_path / "file" / "a.lock", place=tmp_path, wait_s=0):
        pass
