"""What long work is at, and what each part of it took."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Tell = Callable[[str], None]
"""Is called with the name of each part as it begins."""


class Clock:
    """Tells what begins and remembers what each part took.

    Parameters
    ----------
    tell
        Is called with the name of each part as it begins.
    """

    def __init__(self, tell: Tell) -> None:
        self.tell = tell
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure what one part takes [s]."""
        self.tell(name)
        begun = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - begun, 3)
