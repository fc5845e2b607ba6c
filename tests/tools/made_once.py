"""What takes long to make, made once for all processes of a test run: each reads a copy of its own."""

import os
from collections.abc import Callable
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import TypeVar

import pytest
from filelock import FileLock

Made = TypeVar("Made")


def folder_of_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that the processes of a test run share, and no other run."""
    base = tmp_path_factory.getbasetemp()  # of a process alone, below that of the run, where there are several
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "made-once"
    folder.mkdir(exist_ok=True)
    return folder


def made_once(folder: Path, name: str, make: Callable[[], Made]) -> Made:
    """Return what a function makes; the process that asks first makes it, others wait for it.

    Parameters
    ----------
    folder
        What :func:`folder_of_run` gives.
    name
        Of the file that keeps it.
    make
        Gives what can be pickled.
    """
    kept = folder / f"{name}.pickle"
    with FileLock(folder / f"{name}.lock"):
        if not kept.is_file():
            aside = folder / f"{name}.aside"
            aside.write_bytes(ForkingPickler.dumps(make()))
            aside.replace(kept)
    made: Made = ForkingPickler.loads(kept.read_bytes())
    return made
