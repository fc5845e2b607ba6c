"""Progress of long work, and the seconds that each stage took."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Tell = Callable[[str], None]
"""A function that is called with the name of each stage as it begins."""


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
