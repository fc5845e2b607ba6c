"""One process at a time: an operating-system lock, which ends with the process that holds it."""

import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from cfgeo.core.errors import OutputError
from cfgeo.core.strings import Sentence

_log = logging.getLogger(__name__)


@contextmanager
def locked(path: Path, *, place: Path, wait_s: float) -> Iterator[None]:
    """Hold a lock. If another process holds it, log which one, and wait.

    Parameters
    ----------
    path
        The lock file, which exists while a process holds it. A file beside it names the holder.
    place
        What is locked, for messages.
    wait_s
        How long to wait for another process [s].

    Raises
    ------
    OutputError
        The other process still holds it.
    OSError
        The lock file cannot be created.
    """
    from filelock import FileLock, Timeout  # noqa: PLC0415  # 0.1 s, and most commands need no lock

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
        with suppress(OSError):  # the lock holds even on a full disk
            holder.write_text(_myself(), encoding="utf-8")
        yield
    finally:
        with suppress(OSError):
            holder.unlink(missing_ok=True)
        _release(lock, path)


def _release(lock: "object", path: Path) -> None:
    """Release the lock and delete its file."""
    # On POSIX the file is deleted before the release, else it could already be the next holder's; waiting processes
    # notice and create it again. Windows cannot delete an open file.
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
