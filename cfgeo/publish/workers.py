"""Processes that share one value and apply functions to it: all cores draw, and the bytes are those of one process."""

import gc
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

import pandas as pd

_PRELOADED = ["cfgeo.publish.drawings"]
"""What has the functions, and loads the libraries that they draw with."""

_shared: list[Any] = []
"""What a worker's functions are applied to: one value for each process."""


class Workers:
    """Functions of a shared value, applied in several processes; in this one where there is one core or one item.

    Parameters
    ----------
    shared
        The first argument of all functions. It goes to each process once.
    count
        How many processes may work at a time.
    """

    def __init__(self, shared: Any, count: int) -> None:
        self._shared, self._count = shared, count
        self._pool: ProcessPoolExecutor | None = None

    def map(self, function: Callable[[Any, Any], Any], items: Sequence[Any]) -> Iterator[Any]:
        """Yield what a function of the module's level gives for the shared value and each item, in their order."""
        if self._count < 2 or len(items) < 2:
            yield from (function(self._shared, item) for item in items)
            return
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                self._count,
                mp_context=_context(),
                initializer=_begin,
                initargs=(self._shared, habits()),
            )
        done = 0
        try:
            for result in self._pool.map(_apply, [function] * len(items), items):
                yield result
                done += 1
        except BrokenProcessPool:  # a worker was killed, as when memory is short: one process needs less
            self._count = 1
            yield from self.map(function, items[done:])

    def close(self) -> None:
        """End the processes; what has not begun is not done."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _context() -> Any:
    """Return how processes are started: never as copies of this one, which has threads that hold locks."""
    if sys.platform == "win32":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")  # loads libraries once for all workers
    context.set_forkserver_preload(_PRELOADED)
    return context


Habits = tuple[str, tuple[int, int, int]]
"""How a process holds texts of tables, and how often it looks for cycles."""


def habits() -> Habits:
    """Return the habits of this process, for its workers: a verb has set them for speed, a program has its own."""
    return pd.options.mode.string_storage, gc.get_threshold()


def begin_worker(given: Habits) -> None:
    """Begin a worker: it has the main process's habits, leaves Ctrl-C to it, and ends when that is killed."""
    pd.options.mode.string_storage, threshold = given
    gc.set_threshold(*threshold)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _begin(shared: Any, given: Habits) -> None:
    _shared[:] = [shared]
    begin_worker(given)


def _end_with(parent: Any) -> None:
    parent.join()
    os._exit(1)


def _apply(function: Callable[[Any, Any], Any], item: Any) -> Any:
    return function(_shared[0], item)
