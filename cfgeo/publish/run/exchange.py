"""A new folder in the place of an old one, so that whenever the process is killed nothing is lost or mixed.

Beside the folder lie, under names that only it has, ``new`` (what is being written), ``old`` (what it replaces) and
``part`` (what is being taken away, in a folder that cannot be moved as a whole). Whoever comes next finds from what is
there how far a killed run had got, and ends or undoes it.
"""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

Ours = Callable[[str], bool]
"""Says whether runs write something of this name."""


@dataclass(frozen=True)
class Spot:
    """A folder to replace, and where it is done."""

    folder: Path
    home: Path

    @property
    def new(self) -> Path:
        """What is being written."""
        return self._beside("new")

    @property
    def old(self) -> Path:
        """What is replaced, whole."""
        return self._beside("old")

    @property
    def part(self) -> Path:
        """What is replaced, not whole yet."""
        return self._beside("part")

    @property
    def lock(self) -> Path:
        """The file that is locked meanwhile, the same wherever the process stands."""
        home = self.folder if _is_fixed(self.folder) else self.folder.parent
        return home / f"{self._name}.lock"

    @property
    def left_behind(self) -> bool:
        """Whether there is something of a killed run's, or of one that is under way."""
        return any(path.exists() for spot in self._both() for path in (spot.new, spot.old, spot.part))

    @property
    def _name(self) -> str:
        # The folder's own name may be as long as names can be.
        return f".cfgeo-{hashlib.sha256(os.path.normcase(self.folder.name).encode()).hexdigest()[:12]}"

    def _beside(self, role: str) -> Path:
        return self.home / f"{self._name}-{role}"

    def _both(self) -> "tuple[Spot, Spot]":
        """Return both ways to replace the folder: a killed run may have stood elsewhere."""
        return Spot(self.folder, self.folder.parent), Spot(self.folder, self.folder)

    @property
    def beside(self) -> "Spot":
        """The way with all beside the folder."""
        return self._both()[0]

    @property
    def inside(self) -> "Spot":
        """The way with all inside the folder."""
        return self._both()[1]


def spot_of(folder: Path) -> Spot:
    """Return where a folder is replaced: beside it, or in it where it cannot be moved."""
    folder = folder.resolve()
    # A shell that stands in it would stand in the old one.
    stays = folder.is_dir() and (folder == Path.cwd() or _is_fixed(folder))
    return Spot(folder, folder if stays else folder.parent)


def _is_fixed(folder: Path) -> bool:
    """Say whether a folder is the root of a drive, or nothing can be written beside it."""
    return os.path.ismount(folder) or (folder.is_dir() and not os.access(folder.parent, os.W_OK))


def exchange(spot: Spot, is_ours: Ours) -> None:
    """Put the new folder in the place of the last run's; what somebody else has put there stays.

    Raises
    ------
    OSError
        Something cannot be moved; the last run's is as it was.
    """
    _flush(spot.new)
    if spot.home == spot.folder:
        _exchange_items(spot, is_ours)
        return
    if spot.folder.exists():
        spot.folder.replace(spot.old)
    try:
        spot.new.replace(spot.folder)
    except OSError:  # the last good run goes back to its place
        if spot.old.exists():
            spot.old.replace(spot.folder)
        raise
    _settle(spot, is_ours)


def mend(spot: Spot, is_ours: Ours, is_run: Callable[[Path], bool]) -> None:
    """End or undo what a killed run was at, and clean up what it left. Only under the lock.

    Parameters
    ----------
    spot
        The folder.
    is_ours
        Says whether runs write something of this name.
    is_run
        Says whether a folder holds a run.
    """
    inside, beside = spot.inside, spot.beside
    if inside.part.exists():  # the old was not whole away: back
        _move(inside.part.iterdir(), inside.folder)
        _remove(inside.part, inside.new)
    elif inside.old.exists():  # the new was whole: on
        if inside.new.exists():
            _move(inside.new.iterdir(), inside.folder)
        _remove(inside.new, inside.old)
    if beside.old.exists():
        if is_run(beside.folder):
            _settle(beside, is_ours)
        elif not beside.folder.exists() or not any(beside.folder.iterdir()):
            if beside.folder.exists():
                beside.folder.rmdir()
            beside.old.replace(beside.folder)
    _remove(beside.new, inside.new)


def _exchange_items(spot: Spot, is_ours: Ours) -> None:
    """Put the new items in the place of the last run's, one by one."""
    spot.part.mkdir()
    try:
        _move([item for item in spot.folder.iterdir() if is_ours(item.name)], spot.part)
    except OSError:
        _move(spot.part.iterdir(), spot.folder)
        _remove(spot.part)
        raise
    spot.part.replace(spot.old)
    _move(spot.new.iterdir(), spot.folder)
    _remove(spot.new, spot.old)


def _settle(spot: Spot, is_ours: Ours) -> None:
    """Take what is somebody else's out of the old folder, and let it go."""
    if spot.old.exists():
        for item in [item for item in spot.old.iterdir() if not is_ours(item.name)]:
            item.replace(_free(spot.folder / item.name))
        _remove(spot.old)


def _free(path: Path) -> Path:
    """Return a path, or one like it where there is something already."""
    count, free = 1, path
    while free.exists():
        count += 1
        free = path.with_name(f"{path.stem} ({count}){path.suffix}")
    return free


def _move(items: Iterable[Path], folder: Path) -> None:
    for item in list(items):
        item.replace(folder / item.name)


def _remove(*folders: Path) -> None:
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def _flush(folder: Path) -> None:
    """See that all is on the disk before it takes the place of something that is: the power may fail, too."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb+") as stream:
                os.fsync(stream.fileno())
