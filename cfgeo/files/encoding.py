"""Which encoding a text is in: UTF-8, or one that Chinese offices use without naming it."""

import glob
import struct
import zipfile
import zlib
from pathlib import Path

GUESSES = {"utf-8-sig": "UTF-8", "gb18030": "GB18030"}
"""Python's name → the name that GDAL and people use; tried in this order. GB18030 includes GBK and GB2312."""

_DBASE_HEADER = 32
"""Bytes of a dBASE header, and of each of its fields."""


def encoding_of(body: bytes) -> str | None:
    """Return Python's name of the first encoding of ``GUESSES`` that decodes ``body``, None for none."""
    for encoding in GUESSES:
        try:
            body.decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    return None


def guessed_name(encoding: str | None) -> str | None:
    """Return the name of an encoding whose choice was a guess; None for UTF-8, which no other text fits by chance."""
    return GUESSES[encoding] if encoding == "gb18030" else None


def shapefile_encoding(path: Path) -> str | None:
    """Return the encoding of a Shapefile's text where it does not name one; None: it does, or it is no Shapefile.

    Parameters
    ----------
    path
        ``.shp``, or a ``.zip`` that holds one.
    """
    body = _dbase_without_encoding(path)
    if body is None or len(body) < _DBASE_HEADER:
        return None
    start = int.from_bytes(body[8:10], "little")
    fields = body[_DBASE_HEADER : start - 1]
    names = [fields[i : i + 11].split(b"\0")[0] for i in range(0, len(fields), _DBASE_HEADER)]
    return encoding_of(b"\n".join((*names, body[start:].rstrip(b"\x1a"))))


def _dbase_without_encoding(path: Path) -> bytes | None:
    """Return the ``.dbf`` of a Shapefile that has no ``.cpg``."""
    suffix = path.suffix.lower()
    if suffix == ".zip" and zipfile.is_zipfile(path):
        return _packed_dbase(path)
    if suffix == ".shp" and path.is_file():
        sides = {item.suffix.lower(): item for item in path.parent.glob(f"{glob.escape(path.stem)}.*")}
        if ".dbf" in sides and ".cpg" not in sides:
            return sides[".dbf"].read_bytes()
    return None


def _packed_dbase(path: Path) -> bytes | None:
    try:
        with zipfile.ZipFile(path) as pack:
            names = {name.lower(): name for name in pack.namelist()}
            tables = [name for key, name in names.items() if key.endswith(".dbf")]
            if len(tables) != 1 or any(key.endswith(".cpg") for key in names):
                return None
            return pack.read(tables[0])
    except (zipfile.BadZipFile, zlib.error, struct.error, RuntimeError, ValueError, OSError, EOFError):
        return None  # damaged, or with a password: GDAL will say so
