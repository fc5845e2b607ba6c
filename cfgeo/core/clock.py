"""Long work: its progress, the seconds that each stage took, and answers that are worked out once."""

import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from cfgeo.core.plan import Plan


Tell = Callable[[str], None]
"""A function that is called with the name of each stage as it begins."""

P = ParamSpec("P")
Answer = TypeVar("Answer")


def once(work: Callable[P, Answer]) -> Callable[P, Answer]:
    """Return a function that works once for each value and its choices, as long as the value lives.

    For values that are never written to and have no hash, as a run's results: they are told apart by identity. The
    answer must not hold the value, which would then live for ever, and nobody may write to it. All arguments are given
    by position: the value, then choices that have a hash.
    """
    kept: dict[int, tuple[weakref.ref[object], dict[tuple[object, ...], Answer]]] = {}

    @wraps(work)
    def answer(*args: P.args, **kwargs: P.kwargs) -> Answer:
        if kwargs:
            raise TypeError("arguments are given by position")
        value, *choices = args
        key, asked = id(value), tuple(choices)
        if key not in kept:
            kept[key] = (weakref.ref(value, lambda _: kept.pop(key, None)), {})
        answers = kept[key][1]
        if asked not in answers:
            answers[asked] = work(*args, **kwargs)
        return answers[asked]

    return answer


class Clock:
    """Announce each stage and record how long it took.

    Parameters
    ----------
    tell
        Called with the name of each stage as it begins.

    Attributes
    ----------
    seconds : dict of str to float
        Stage → what it took [s].
    """

    def __init__(self, tell: Tell) -> None:
        self.tell = tell
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure how long the body of the ``with`` takes."""
        self.tell(name)
        begun = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - begun, 3)


@dataclass(frozen=True)
class Course:
    """How the outputs of a run come about, one group after the other.

    Attributes
    ----------
    plan : callable, optional
        Finds the plan of the run, where its results have none yet. It is called when all else is in place.
    arrived : callable
        Called with a group's name when it is in place: ``map`` (with the tables), ``reports``, ``figures``, ``plan``.
    workers : int
        How many processes draw at a time. With more than one, a script that publishes has to keep its own work under
        ``if __name__ == "__main__"``. The outputs are the same.
    """

    plan: "Callable[[], Plan] | None" = None
    arrived: Tell = lambda group: None
    workers: int = 1
