"""Packed files that would fill the memory or the disk, or name a place outside themselves, are refused unread."""

import bz2
import gzip
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO, cast

from cfgeo.errors import InputError

MEBI = 2**20
STREAMED_BYTES = 4096 * MEBI
"""A zip whose files are read piece by piece may hold so much: a Shapefile is at most half of it."""
WHOLE_BYTES = 512 * MEBI
"""A workbook or KMZ is read whole, and takes many times its size: a list of a million places is smaller."""

_WHOLE = (".xlsx", ".xlsm", ".kmz")
_RATIO = 100
_SAMPLE_BYTES = 32 * MEBI
_PIECE_BYTES = MEBI


def require_sound_zip(path: Path) -> None:
    """See what a zip says that it holds, before anything of it is unpacked.

    What is not a zip, or a damaged one, is left to whoever reads it. None of its files is ever written to the disk.

    Raises
    ------
    InputError
        It is too much, or a name in it leads outside.
    """
    try:
        with zipfile.ZipFile(path) as pack:
            inside = pack.infolist()
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError):
        return
    for member in inside:
        name = PurePosixPath(member.filename.replace("\\", "/"))
        if name.is_absolute() or ".." in name.parts or (name.parts[:1] and name.parts[0].endswith(":")):
            raise InputError("archive_outside", file=path, name=member.filename)
    # No reader gives more of a file than its size in the directory, whatever follows.
    size, limit = sum(member.file_size for member in inside), _limit(path)
    if size > limit:
        raise InputError("archive_bomb", file=path, size=size // MEBI, limit=limit // MEBI)


def _limit(path: Path) -> int:
    return WHOLE_BYTES if path.suffix.lower() in _WHOLE else STREAMED_BYTES


def require_sound_stream(path: Path) -> None:
    """See that a ``.gz`` or ``.bz2``, which do not say what they hold, begins as packed text does.

    Raises
    ------
    InputError
        It grows more than text can.
    """
    if path.suffix.lower() not in {".gz", ".bz2"}:
        return
    size = 0
    try:
        with path.open("rb") as packed, _unpacked(packed, path) as stream:
            while size < _SAMPLE_BYTES and (piece := stream.read(_PIECE_BYTES)):
                size += len(piece)
            taken = packed.tell()
    except (OSError, EOFError, zlib.error):  # osmium will say so
        return
    if size >= _SAMPLE_BYTES and size > _RATIO * taken:
        raise InputError("archive_stream", file=path, ratio=size // max(taken, 1))


def _unpacked(packed: IO[bytes], path: Path) -> IO[bytes]:
    return cast(IO[bytes], gzip.open(packed) if path.suffix.lower() == ".gz" else bz2.open(packed))
