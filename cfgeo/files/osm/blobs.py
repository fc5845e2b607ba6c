"""The texts of a ``.osm.pbf``, looked at before osmium is: a zero byte in one takes it past the end of its memory.

The format: https://wiki.openstreetmap.org/wiki/PBF_Format. A file is frames; each has a header with the size of a blob,
whose content may be deflated and begins, where it holds elements, with the table of all their texts.
"""

import zlib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from cfgeo.core.errors import InputError

_HEADER_BYTES = 64 * 1024
_BLOB_BYTES = 2**25
"""The format's own bounds of a header and of a blob, packed or not."""
_TYPE, _SIZE, _PLAIN, _DEFLATED, _TEXTS = 1, 3, 1, 3, 1
"""Numbers of fields: of a header, of a blob, and of its content."""
_LENGTHS = {1: 8, 5: 4}
"""Bytes of the field types that have no length of their own."""
_TEXT = 2

Field = tuple[int, bytes | int]


def require_whole_texts(path: Path) -> None:
    """Refuse a ``.osm.pbf`` with a text that holds a zero byte. What else is damaged, osmium tells.

    Raises
    ------
    InputError
        A text holds one.
    OSError
        The file cannot be read.
    """
    status = path.stat()
    if _has_zeros(path, status.st_mtime_ns, status.st_size):
        raise InputError("osm_nul", file=path)


@lru_cache(maxsize=32)
def _has_zeros(path: Path, _time: int, _size: int) -> bool:
    try:
        with path.open("rb") as stream:
            return any(b"\x00" in text for table in _tables(stream) if b"\x00" in table[2:] for text in _texts(table))
    except (IndexError, zlib.error):
        return False


def _tables(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the table of texts of each blob of elements. It begins with an empty text, whose length is a zero byte."""
    while frame := stream.read(4):
        length = int.from_bytes(frame, "big")
        if length > _HEADER_BYTES:
            return
        header = dict(fields(stream.read(length)))
        size = header.get(_SIZE)
        if not isinstance(size, int):
            return
        blob = stream.read(min(size, _BLOB_BYTES))
        if header.get(_TYPE) == b"OSMData":
            yield from _texts(_content(blob), most=1)


def _content(blob: bytes) -> bytes:
    """Return what a blob holds, "" where it is packed in a way that few files are."""
    for number, value in fields(blob):
        if number == _PLAIN and isinstance(value, bytes):
            return value
        if number == _DEFLATED and isinstance(value, bytes):
            return zlib.decompressobj().decompress(value, _BLOB_BYTES)
    return b""


def _texts(message: bytes, most: int = 2**31) -> Iterator[bytes]:
    """Yield the first texts of a message, those of field 1."""
    for number, value in fields(message):
        if number == _TEXTS and isinstance(value, bytes) and most:
            yield value
            most -= 1
        if not most:
            return


def fields(message: bytes) -> Iterator[Field]:
    """Yield the numbers and values of a protocol buffer's fields, one after the other."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        kind = key & 7
        number, at = (0, at + _LENGTHS[kind]) if kind in _LENGTHS else _varint(message, at)
        if kind == _TEXT:
            yield key >> 3, message[at : at + number]
            at += number
        else:
            yield key >> 3, number


def _varint(message: bytes, at: int) -> tuple[int, int]:
    """Return a number of seven bits a byte, the low bits first, and where the next field begins."""
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
