"""SHA-256 of files, including formats that consist of several files."""

import glob
import hashlib
from pathlib import Path


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
