"""One process at a time: a lock of the system's own, which goes when the process that holds it goes."""

import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from cfgeo.core.errors import OutputError, Sentence

_log = logging.getLogger(__name__)


@contextmanager
def locked(path: Path, *, place: Path, wait_s: float) -> Iterator[None]:
    """Hold a lock; where another process has it, say who that is, and wait.

    Parameters
    ----------
    path
        The lock's file, which is there while somebody holds it. Beside it lies who that is.
    place
        What is locked, for the user's eyes.
    wait_s
        How long to wait for another [s].

    Raises
    ------
    OutputError
        The other still has it.
    OSError
        There can be no file.
    """
    from filelock import FileLock, Timeout  # noqa: PLC0415  # a tenth of a second; most commands need none

    holder = path.with_suffix(".who")
    lock = FileLock(path)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        _log.warning(Sentence("notice.waiting", place=place, who=_read(holder)))
        try:
            lock.acquire(timeout=wait_s)
        except Timeout:
            raise OutputError("out_busy", folder=place, who=_read(holder), lock=path) from None
    try:
        with suppress(OSError):  # on a full disk, too, the lock itself holds
            holder.write_text(_myself(), encoding="utf-8")
        yield
    finally:
        with suppress(OSError):
            holder.unlink(missing_ok=True)
        _release(lock, path)


def _release(lock: "object", path: Path) -> None:
    """Let go, and leave no file behind."""
    # Elsewhere than on Windows a file goes while it is open, and whoever waits notices and makes it anew; were it let
    # go first, that would be another's. Windows keeps it as long as anybody has it open.
    last = os.name == "nt"
    if not last:
        path.unlink(missing_ok=True)
    lock.release()  # type: ignore[attr-defined]  # filelock's class depends on the system
    if last:
        with suppress(OSError):
            path.unlink(missing_ok=True)


def _myself() -> str:
    return f"PID {os.getpid()}, {socket.gethostname()}, {datetime.now():%Y-%m-%d %H:%M:%S}"


def _read(holder: Path) -> str:
    try:
        return holder.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return "?"
