"""Replace a folder by a new one, so that nothing is lost or mixed whenever the process is killed.

Beside the folder lie, under names that only it has, ``new`` (what is being written), ``old`` (what it replaces) and
``part`` (what is being taken away, in a folder that cannot be moved as a whole). The next run sees from these how far a
killed one got, and completes or undoes its exchange.
"""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

Ours = Callable[[str], bool]
"""Tells whether runs write something of this name."""


@dataclass(frozen=True)
class Spot:
    """A folder to replace, and the folder in which that is prepared."""

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
        """What is replaced, while items are being moved there."""
        return self._beside("part")

    @property
    def lock(self) -> Path:
        """The file that is locked meanwhile, the same whatever the process's current folder is."""
        home = self.folder if _is_fixed(self.folder) else self.folder.parent
        return home / f"{self._name}.lock"

    @property
    def left_behind(self) -> bool:
        """Whether something of a killed run is there, or of one that is under way."""
        return any(path.exists() for spot in self._both() for path in (spot.new, spot.old, spot.part))

    @property
    def _name(self) -> str:
        # The folder's own name may be as long as names can be.
        return f".cfgeo-{hashlib.sha256(os.path.normcase(self.folder.name).encode()).hexdigest()[:12]}"

    def _beside(self, role: str) -> Path:
        return self.home / f"{self._name}-{role}"

    def _both(self) -> "tuple[Spot, Spot]":
        """Return both ways to replace the folder: a killed run may have had another current folder."""
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
    # A shell in this folder would be left in the old one.
    stays = folder.is_dir() and (folder == Path.cwd() or _is_fixed(folder))
    return Spot(folder, folder if stays else folder.parent)


def _is_fixed(folder: Path) -> bool:
    """Return whether a folder is the root of a drive, or nothing can be written beside it."""
    return os.path.ismount(folder) or (folder.is_dir() and not os.access(folder.parent, os.W_OK))


def exchange(spot: Spot, is_ours: Ours) -> None:
    """Put the new folder in the place of the last run's. What others have put there stays.

    Raises
    ------
    OSError
        Something cannot be moved. The last run's folder is as it was.
    """
    flush(spot.new)
    if spot.home == spot.folder:
        _exchange_items(spot, is_ours)
        return
    if spot.folder.exists():
        spot.folder.replace(spot.old)
    try:
        spot.new.replace(spot.folder)
    except OSError:  # put the last good run back
        if spot.old.exists():
            spot.old.replace(spot.folder)
        raise
    _settle(spot, is_ours)


def add_items(spot: Spot) -> None:
    """Put the items of the new folder into the last run's, each in the place of the one of its name. Others stay.

    The folder itself stays: somebody may stand in it, or look at its page.

    Raises
    ------
    OSError
        Something cannot be moved. The last run's folder is as it was.
    """
    flush(spot.new)
    inside, names = spot.inside, {item.name for item in spot.new.iterdir()}
    if spot.new != inside.new:
        spot.new.replace(inside.new)
    try:
        _exchange_items(inside, names.__contains__)
    except OSError:
        if not inside.old.exists():
            _remove(inside.new)
        raise


def repair(spot: Spot, is_ours: Ours, is_run: Callable[[Path], bool]) -> None:
    """Complete or undo the exchange of a killed run, and remove what it left. Call it only under the lock.

    Parameters
    ----------
    spot
        The folder.
    is_ours
        Tells whether runs write something of this name.
    is_run
        Tells whether a folder holds a run.
    """
    inside, beside = spot.inside, spot.beside
    if inside.part.exists():  # the old items were not all moved: undo
        _move(inside.part.iterdir(), inside.folder)
        _remove(inside.part, inside.new)
    elif inside.old.exists():  # the new items were complete: go on
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
    """Move what others have put into the old folder to the new one, and remove the old one."""
    if spot.old.exists():
        for item in [item for item in spot.old.iterdir() if not is_ours(item.name)]:
            item.replace(free_path(spot.folder / item.name))
        _remove(spot.old)


def free_path(path: Path) -> Path:
    """Return a path, or one with a number where something has its name already."""
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


def link(source: str | Path, target: str | Path) -> None:
    """Give a file a second name, which takes no space; copy it where the disk has no such names."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def flush(folder: Path) -> None:
    """Write all files through to the disk before they replace others: the power may fail, too."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb+") as stream:
                os.fsync(stream.fileno())
