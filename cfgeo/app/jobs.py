"""One long question at a time, answered by a process of its own: it slows no click, and can be stopped."""

import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from typing import Any, Literal

import pandas as pd

from cfgeo.core.clock import Tell
from cfgeo.core.errors import CfgeoError, ScenarioError
from cfgeo.core.strings import Lang

State = Literal["running", "done", "failed", "stopped"]
Work = Callable[[Mapping[str, Any], Tell], Any]
"""What answers a question, on the top level of its module: another process finds it by its name."""
_SPAWN = multiprocessing.get_context("spawn")
_POLITE = 10


@dataclass(frozen=True)
class Job:
    """A question.

    Attributes
    ----------
    id : int
        Rises with each question.
    kind : str
    state : str
        ``running``, ``done``, ``failed`` or ``stopped``.
    stage : str
        What is under way.
    seconds : float
        How long it has been, or took.
    answer : object
        None until it is done.
    error : str
        Why it failed, in the language of the page.
    """

    id: int
    kind: str
    state: State = "running"
    stage: str = "read"
    seconds: float = 0.0
    answer: Any = None
    error: str = ""


class Jobs:
    """Asks one question after the other; who asks hears at once that it has begun.

    Parameters
    ----------
    lang
        Language of what is said of faults.
    """

    def __init__(self, lang: Lang) -> None:
        self.lang: Lang = lang
        self._lock = threading.Lock()
        self._job: Job | None = None
        self._process: Any = None
        self._begun = 0.0

    def now(self) -> Job | None:
        """Return the question that was asked last, as it stands; None before the first."""
        with self._lock:
            job = self._job
            if job is None or job.state != "running":
                return job
            return replace(job, seconds=time.monotonic() - self._begun)

    def begin(self, kind: str, work: Work, asked: Mapping[str, Any]) -> Job:
        """Ask a question.

        Parameters
        ----------
        kind
            What the page calls it.
        work, asked
            What answers it, and what it is given.

        Raises
        ------
        ScenarioError
            Another one is under way.
        """
        with self._lock:
            if self._job is not None and self._job.state == "running":
                raise ScenarioError("job_busy")
            here, there = _SPAWN.Pipe(duplex=False)
            texts = pd.options.mode.string_storage
            process = _SPAWN.Process(target=_answer, args=(there, work, dict(asked), self.lang, texts), daemon=True)
            process.start()
            there.close()
            self._process, self._begun = process, time.monotonic()
            self._job = Job(1 if self._job is None else self._job.id + 1, kind)
            threading.Thread(target=self._listen, args=(here, process, self._job.id), daemon=True).start()
            return self._job

    def stop(self) -> None:
        """Stop the question that is under way, if one is."""
        with self._lock:
            if self._job is not None and self._job.state == "running":
                self._process.kill()
                self._job = replace(self._job, state="stopped", seconds=time.monotonic() - self._begun)

    def _listen(self, pipe: Connection, process: Any, number: int) -> None:
        """Take what a question's process says until it ends."""
        with pipe:
            try:
                while True:
                    self._hear(number, **pipe.recv())
            except (EOFError, OSError):
                process.join()
        self._hear(number, state="failed", error="–")  # unless it has said how it ended

    def _hear(self, number: int, **said: Any) -> None:
        with self._lock:
            job = self._job
            if job is not None and job.id == number and job.state == "running":
                self._job = replace(job, seconds=time.monotonic() - self._begun, **said)


def _answer(pipe: Connection, work: Work, asked: Mapping[str, Any], lang: Lang, texts: str) -> None:
    """Answer a question, in a process of its own; where the session was killed meanwhile, end without a word."""
    pd.options.mode.string_storage = texts  # held as the session holds them
    if hasattr(os, "nice"):
        os.nice(_POLITE)
    with suppress(BrokenPipeError):
        try:
            answer = work(asked, lambda stage: pipe.send({"stage": stage}))
        except CfgeoError as error:
            pipe.send({"state": "failed", "error": error.text(lang)})
        else:
            pipe.send({"state": "done", "answer": answer})
