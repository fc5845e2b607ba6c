"""SHA-256 of files, including formats that consist of several files; and texts known by what they are made of."""

import glob
import hashlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path


class Pieces:
    """Texts that take long to make, known by a hash of all that they are made of.

    Parameters
    ----------
    known
        Those of an earlier run, by their hash.
    keep
        Keeps those of this run for a later one.
    """

    def __init__(
        self,
        known: Mapping[str, str] | None = None,
        keep: Callable[[Mapping[str, str]], None] = lambda texts: None,
    ) -> None:
        self._known, self._keep, self._used = dict(known or {}), keep, dict[str, str]()

    def __reduce__(self) -> tuple[type["Pieces"], tuple[()]]:
        """Go to another process empty: none draws a page of its own."""
        return Pieces, ()

    def text(self, made_of: Iterable[bytes], make: Callable[[], str]) -> str:
        """Return the text that is made of some bytes, whose order and number say what they are."""
        digest = hashlib.sha256()
        for part in made_of:
            digest.update(len(part).to_bytes(8))
            digest.update(part)
        key = digest.hexdigest()
        self._used[key] = self._known[key] if key in self._known else make()
        return self._used[key]

    def keep(self) -> None:
        """Keep the texts that were asked for, if any of them is new."""
        if not self._used.keys() <= self._known.keys():
            self._keep(self._used)
            self._known = dict(self._used)


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file as 64 hexadecimal digits.

    For a folder, or a format of several files such as a Shapefile, it is the hash of their names and hashes.
    """
    parts = _parts_of(path)
    if parts != [path]:
        listed = "".join(f"{part.name} {sha256_of(part)}\n" for part in parts)
        return hashlib.sha256(listed.encode()).hexdigest()
    return sha256_of(path)


def file_size(path: Path) -> int:
    """Return the bytes of a file, or of all files in a folder or a format of several files."""
    return sum(part.stat().st_size for part in _parts_of(path))


def _parts_of(path: Path) -> list[Path]:
    """Return all files that belong to a path: usually the file itself."""
    if path.is_dir():
        # Lock files of a geodatabase come and go with whoever opens it.
        return sorted(file for file in path.iterdir() if file.is_file() and file.suffix.lower() != ".lock")
    endings = _PARTS.get(path.suffix.lower(), ())
    beside = path.parent.glob(f"{glob.escape(path.stem)}.*") if endings else ()
    tail = len(path.stem)
    return sorted({path, *(file for file in beside if file.name[tail:].lower() in endings and file.is_file())})


_PARTS = {
    ".shp": (".dbf", ".prj", ".cpg", ".shx"),
    ".tab": (".dat", ".map", ".id", ".ind"),
    ".mif": (".mid",),
    ".gpkg": (".gpkg-wal",),
    ".tif": (".tfw", ".tifw", ".wld", ".prj", ".aux.xml", ".tif.aux.xml", ".tif.ovr", ".tif.msk"),
    ".tiff": (".tfw", ".tiffw", ".wld", ".prj", ".aux.xml", ".tiff.aux.xml", ".tiff.ovr", ".tiff.msk"),
    ".hgt": (".hgt.aux.xml", ".hgt.ovr", ".hgt.msk"),
    ".asc": (".prj", ".asc.aux.xml", ".asc.ovr", ".asc.msk"),
    ".img": (".ige", ".rrd", ".img.aux.xml", ".img.ovr", ".img.msk"),
}
"""Endings of the files that are read along with a file, after the name that they share."""


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of one file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
