"""Refuse packed files that would unpack to too much or write outside their folder, before anything reads them."""

import bz2
import gzip
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Protocol

from cfgeo.core.errors import InputError

MOST_BYTES = 2**28
"""A file that unpacks to no more than this (256 MB) is read however well it was packed."""
MOST_TIMES = 100
"""A larger file may unpack to so many times its size. Streets shrink to a tenth, level land to a fiftieth."""

_PIECE = 2**20
_HEADER_BYTES = 64 * 1024
"""The longest header of a blob that the format allows."""


def require_modest(path: Path, *, most_bytes: int | None = None) -> None:
    """Refuse a ``.zip``, ``.kmz``, workbook, ``.gz``, ``.bz2`` or ``.osm.pbf`` that unpacks to too much.

    Parameters
    ----------
    path
        The file. Files of other kinds and damaged files are let through: their reader reports them.
    most_bytes
        The most that it may unpack to; ``MOST_BYTES``, or ``MOST_TIMES`` the size of a large file, when missing.

    Raises
    ------
    InputError
        It unpacks to more, or the name of a member leads outside.
    """
    unpacked = 0
    try:
        packed = path.stat().st_size
        most = most_bytes or max(MOST_BYTES, MOST_TIMES * packed)
        for piece in _pieces(path):
            unpacked += piece
            if unpacked > most:
                raise InputError("file_unpacks", file=path, packed_mb=round(packed / 2**20, 1), most_mb=most // 2**20)
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, struct.error, RuntimeError, ValueError):
        return


def _pieces(path: Path) -> Iterator[int]:
    """Yield how many bytes a file unpacks to, piece by piece."""
    name = path.name.lower()
    if name.endswith(".gz"):
        with gzip.open(path) as stream:
            yield from _unpacked_pieces(stream)
    elif name.endswith(".bz2"):
        with bz2.open(path) as stream:
            yield from _unpacked_pieces(stream)
    elif name.endswith(".pbf"):
        with path.open("rb") as stream:
            yield from _blob_sizes(stream)
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as pack:
            for member in pack.infolist():
                _require_inside(path, member.filename)
                yield member.file_size


def _require_inside(path: Path, member: str) -> None:
    name = PurePosixPath(member.replace("\\", "/"))
    if name.is_absolute() or ".." in name.parts or (name.parts[:1] and name.parts[0].endswith(":")):
        raise InputError("archive_outside", file=path, name=member)


class _Stream(Protocol):
    """A stream of bytes."""

    def read(self, size: int, /) -> bytes: ...

    def seek(self, offset: int, whence: int, /) -> int: ...


def _unpacked_pieces(stream: _Stream) -> Iterator[int]:
    while piece := stream.read(_PIECE):
        yield len(piece)


_SIZE_IN_FILE = re.compile(rb"\x18([\x80-\xff]*[\x00-\x7f])")  # field 3 of a blob's header
_SIZE_UNPACKED = re.compile(rb"\x10([\x80-\xff]*[\x00-\x7f])")  # field 2 of a blob, which comes before its data


def _blob_sizes(stream: _Stream) -> Iterator[int]:
    """Yield the unpacked size that each blob declares, which osmium enforces."""
    while frame := stream.read(4):
        length = int.from_bytes(frame, "big")
        if length > _HEADER_BYTES:
            return
        size = _varint(_SIZE_IN_FILE.search(stream.read(length)))
        begin = stream.read(min(size, 16))
        yield _varint(_SIZE_UNPACKED.match(begin)) or size
        stream.seek(size - len(begin), 1)


def _varint(match: re.Match[bytes] | None) -> int:
    """Return a number of a protocol buffer, seven bits a byte with the low bits first; 0 where nothing matched."""
    return sum((byte & 0x7F) << 7 * i for i, byte in enumerate(match[1])) if match else 0
