"""Whether the files of a study are still those that were read."""

from collections.abc import Iterable
from pathlib import Path

from cfgeo.core.hashes import file_sha256
from cfgeo.core.schema import InputFile
from cfgeo.study.config import Study

_Stamp = tuple[int, int] | None


class Watch:
    """The files of a study as they were read.

    Parameters
    ----------
    study
        The study.
    files
        What was read of it, with hashes; what is no file on the disk, such as a table of a database, is left out.
    """

    def __init__(self, study: Study, files: Iterable[InputFile]) -> None:
        known = {study.resolve(file.path): (file.path, file.sha256) for file in files}
        known = {path: about for path, about in known.items() if path not in study.memory and path.exists()}
        if study.file is not None:
            known[study.file] = (study.file.name, file_sha256(study.file))
        self._known = known
        self._stamps: dict[Path, _Stamp] = {path: _stamp(path) for path in known}
        self._other: dict[Path, bool] = dict.fromkeys(known, False)

    def changed(self) -> tuple[str, ...]:
        """Return the files that are gone or have another content; a hash is made only where size or time differ."""
        for path, (_, sha256) in self._known.items():
            stamp = _stamp(path)
            if stamp != self._stamps[path]:
                self._stamps[path] = stamp
                self._other[path] = stamp is None or _differs(path, sha256)
        return tuple(name for path, (name, _) in self._known.items() if self._other[path])


def _stamp(path: Path) -> _Stamp:
    """Return what tells cheaply that a file was written: its time [ns] and its size; None where it is gone."""
    try:
        about = path.stat()
    except OSError:
        return None
    return about.st_mtime_ns, about.st_size


def _differs(path: Path, sha256: str) -> bool:
    try:
        return file_sha256(path) != sha256
    except OSError:  # somebody writes it now
        return True
