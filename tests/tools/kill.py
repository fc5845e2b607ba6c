"""Kill work at any of its steps on the disk, as a power cut would."""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import pytest

CAN_KILL = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="a process is copied, to be killed"),
    pytest.mark.filterwarnings("ignore:This process:DeprecationWarning"),  # of threads that libraries keep
]
_STEPS = ("os.rename", "os.mkdir", "os.rmdir", "os.remove", "os.link", "open", "shutil.rmtree")


def killed_at(step: int, work: Callable[[], None]) -> bool:
    """Do some work in a process that kills itself before its n-th step on the disk; say whether it was killed."""
    child = os.fork()
    if child == 0:
        left = [step]

        def watch(event: str, _: tuple[Any, ...]) -> None:
            if event in _STEPS:
                left[0] -= 1
                if left[0] < 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        try:
            sys.addaudithook(watch)
            work()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    assert status in {0, signal.SIGKILL}
    return status == signal.SIGKILL
