"""Districts judged by Dask: on a cluster that runs already, or on one of this machine."""

import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pandas as pd

from cfgeo.batch.district import judge_district
from cfgeo.batch.kept import Task
from cfgeo.batch.pools import Judge, killed
from cfgeo.core.errors import OutputError, ServiceError
from cfgeo.publish.batch.values import District
from cfgeo.publish.workers import habits

if TYPE_CHECKING:
    from distributed import Client

LOCAL = "local"
"""In place of an address: a cluster of processes on this machine."""
_MOST_DEATHS = 2
"""With how many processes a district may die: with its own, and with one that was killed as it was given to it."""
_CONNECT_S = 30


def require_dask() -> None:
    """Check, before any long work, that Dask is installed.

    Raises
    ------
    OutputError
        The extra ``batch`` is missing.
    """
    if find_spec("distributed") is None:
        raise OutputError("batch_no_dask", command='pip install "cfgeo[batch]"')


@contextmanager
def cluster(address: str, workers: int) -> Iterator[Judge]:
    """Yield what judges districts on a Dask cluster.

    Parameters
    ----------
    address
        That of its scheduler, such as ``tcp://10.0.0.5:8786``; its machines see all files under the same paths, and
        have the same cfgeo. Or ``LOCAL``.
    workers
        How many processes a cluster of this machine has.

    Raises
    ------
    OutputError
        Dask is not installed.
    ServiceError
        There is no scheduler at this address, or it goes away.
    """
    require_dask()
    import dask  # noqa: PLC0415  # most commands need none of it
    from distributed import Client, LocalCluster  # noqa: PLC0415

    with ExitStack() as stack:
        stack.enter_context(dask.config.set({"distributed.scheduler.allowed-failures": _MOST_DEATHS}))
        stack.enter_context(_silent(logging.getLogger("distributed.client")))
        try:
            if address == LOCAL:
                # The system says when memory is short, as for processes without Dask; no page of its own is served.
                own = LocalCluster(  # type: ignore[no-untyped-call]
                    n_workers=workers, threads_per_worker=1, memory_limit=0, dashboard_address=None, silence_logs=50
                )
                client = stack.enter_context(Client(stack.enter_context(own)))  # type: ignore[no-untyped-call]
            else:
                client = stack.enter_context(Client(address, timeout=_CONNECT_S))  # type: ignore[no-untyped-call]
        except (OSError, ValueError) as error:
            raise ServiceError("batch_scheduler", address=address, reason=error) from error
        yield partial(_judged, client, address)


@contextmanager
def _silent(logger: logging.Logger) -> Iterator[None]:
    """Let a library tell nothing: that a scheduler is gone is our error, in a sentence."""
    was, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = was


def _judged(client: "Client", address: str, tasks: Sequence[Task]) -> Iterator[District]:
    """Yield each district as it ends."""
    from distributed import as_completed  # noqa: PLC0415
    from distributed.scheduler import KilledWorker  # noqa: PLC0415

    texts, _ = habits()
    futures = {client.submit(_with_texts, texts, judge_district, task, pure=False): task for task in tasks}
    for future in as_completed(futures):  # type: ignore[no-untyped-call]
        try:
            yield future.result()
        except KilledWorker:
            yield killed(futures[future])
        except (CancelledError, OSError) as error:  # the scheduler is gone, and with it what it was asked
            raise ServiceError("batch_scheduler", address=address, reason=error) from error


def _with_texts(texts: str, judge: Callable[[Task], District], task: Task) -> District:
    """Judge a district with texts of tables held as the command holds them; a worker's own choice stays what it was."""
    with pd.option_context("mode.string_storage", texts):
        return judge(task)
