"""Where the districts of a batch are judged: in processes of this machine, or by Dask, here or on a cluster."""

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection

from cfgeo.batch.district import judge_district
from cfgeo.batch.kept import Task
from cfgeo.core.strings import text
from cfgeo.publish.batch.values import District
from cfgeo.publish.workers import Habits, begin_worker, habits

Judge = Callable[[Sequence[Task]], Iterator[District]]
"""Judges districts, and yields each as it ends."""


@contextmanager
def processes(workers: int) -> Iterator[Judge]:
    """Yield what judges districts in so many processes.

    A process that is killed, as when memory is short, takes no district with it: those that were under way are judged
    once more, one by one in a process of their own. One that ends its process again is failed.
    """

    def judge(tasks: Sequence[Task]) -> Iterator[District]:
        doubtful: list[Task] = []
        waiting = list(reversed(tasks))
        while waiting:
            yield from _judged(waiting, doubtful, workers)
        for task in doubtful:
            alone, lost = [task], list[Task]()
            yield from _judged(alone, lost, 1)
            yield from map(killed, lost)

    yield judge


def _judged(waiting: list[Task], lost: list[Task], workers: int) -> Iterator[District]:
    """Judge what waits until all is done or a process is killed; what was under way then is added to ``lost``.

    No more is handed over than is worked on, so that it is known what was under way.
    """
    context = multiprocessing.get_context("spawn")  # never a copy of this process, which has threads that hold locks
    ends, lasts = context.Pipe(duplex=False)  # no event of multiprocessing: one waits for all, also for a killed one
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_begin, initargs=(ends, habits()))
    running: dict[Future[District], Task] = {}
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                running[pool.submit(judge_district, waiting[-1])] = waiting[-1]
                waiting.pop()
            for ended in wait(running, return_when=FIRST_COMPLETED).done:
                district = ended.result()
                del running[ended]
                yield district
    except BrokenProcessPool:
        wait(running)
        whole = {future for future in running if future.exception() is None}
        yield from [future.result() for future in whole]
        lost += [task for future, task in running.items() if future not in whole]
    finally:
        if running:  # the command is stopped: nobody waits for what is under way
            lasts.close()
        pool.shutdown(wait=True, cancel_futures=True)
        ends.close()
        lasts.close()


def _begin(ends: Connection, given: Habits) -> None:
    """Begin a process that ends with the command: when that is killed, and when it is stopped."""
    begin_worker(given)
    threading.Thread(target=_end_at, args=(ends,), daemon=True).start()


def _end_at(ends: Connection) -> None:
    with suppress(EOFError, OSError):
        ends.recv()
    os._exit(1)


def killed(task: Task) -> District:
    """Return the row of a district whose process was killed, twice."""
    return District(task.id, task.path, "failed", code="worker_killed", reason=text("batch.killed", task.lang))
