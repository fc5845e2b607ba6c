"""The tables inside a ``.zip``; packed files that would unpack to too much or write outside are refused before."""

import bz2
import gzip
import io
import re
import shutil
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

from cfgeo.core.errors import InputError
from cfgeo.files.encodings.detect import read_encoding

MOST_BYTES = 2**28
"""A file that unpacks to no more than this (256 MB) is read however well it was packed."""
MOST_TIMES = 100
"""A larger file may unpack to so many times its size. Streets shrink to a tenth, level land to a fiftieth."""

OTHER_ARCHIVES = (".rar", ".7z", ".tar", ".tgz", ".gz", ".bz2", ".xz")
"""Suffixes of archives that are not read."""

_OTHER_SIGNATURES = (b"Rar!", b"7z\xbc\xaf")
_NAME_IN_UTF_8 = 0x800
_LOCKED = 0x1
_NO_FILES = ("__macosx", ".ds_store", "thumbs.db", "desktop.ini")
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    NotImplementedError,
    ValueError,
    OSError,
    EOFError,
    LookupError,
)
_PIECE = 2**20
_HEADER_BYTES = 64 * 1024
"""The longest header of a blob that the format allows."""


def require_modest(path: Path, *, body: bytes | None = None, most_bytes: int | None = None) -> None:
    """Refuse a ``.zip``, ``.kmz``, workbook, ``.gz``, ``.bz2`` or ``.osm.pbf`` that unpacks to too much.

    Parameters
    ----------
    path
        The file. Files of other kinds and damaged files are let through: their reader reports them.
    body
        The content of a zip that was read already.
    most_bytes
        The most that it may unpack to; ``MOST_BYTES``, or ``MOST_TIMES`` the size of a large file, when missing.

    Raises
    ------
    InputError
        It unpacks to more, or the name of a member leads outside.
    """
    unpacked = 0
    try:
        packed = path.stat().st_size if body is None else len(body)
        most = most_bytes or max(MOST_BYTES, MOST_TIMES * packed)
        for piece in _pieces(path) if body is None else _members(path, io.BytesIO(body)):
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
        yield from _members(path, path)


def _members(path: Path, pack: Path | io.BytesIO) -> Iterator[int]:
    """Yield the unpacked size of each member of a zip; refuse one that leads outside."""
    with zipfile.ZipFile(pack) as opened:
        for member in opened.infolist():
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


@dataclass(frozen=True)
class Packed:
    """A table of an archive, and the files that belong to it.

    Attributes
    ----------
    name : str
        What the user calls it: its file's name without the ending, with its folder where two have the same.
    main : PurePosixPath
        Its place in the archive: a file, or the folder of a geodatabase.
    members : tuple of zipfile.ZipInfo
        Its file and those beside it with the same name, such as ``.dbf`` and ``.prj``.
    suffixes : tuple of str
        Of these members, in small letters; the names inside a geodatabase.
    """

    name: str
    main: PurePosixPath
    members: tuple[zipfile.ZipInfo, ...]
    suffixes: tuple[str, ...]


def packed_tables(path: Path, suffixes: Sequence[str]) -> list[Packed]:
    """Return the tables of an archive.

    Parameters
    ----------
    path
        A ``.zip``.
    suffixes
        The endings of files of tables.

    Raises
    ------
    InputError
        It is no zip, is damaged, has a password, unpacks to too much, or holds no table.
    """
    with path.open("rb") as stream:
        if stream.read(8).startswith(_OTHER_SIGNATURES):
            raise InputError("archive_other", file=path)
    require_modest(path)
    try:
        with zipfile.ZipFile(path) as pack:
            members = _named(pack.infolist())
    except _DAMAGED as error:
        raise InputError("file_unreadable", file=path, reason=error) from error
    files = {name: member for name, member in members.items() if not _is_of_system(name)}
    if any(member.flag_bits & _LOCKED for member in files.values()):
        raise InputError("archive_locked", file=path)
    mains = _mains(files, suffixes)
    if not mains:
        raise InputError("archive_empty", file=path, has=", ".join(map(str, list(files)[:12])) or "–")
    stems = [main.stem for main in mains]
    twice = len(set(stems)) < len(stems)
    return [Packed(str(main.with_suffix("")) if twice else main.stem, main, *_parts(main, files)) for main in mains]


@contextmanager
def unpacked(path: Path, table: Packed) -> Iterator[Path]:
    """Yield a table of an archive as a file in a temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, table.main.name)
        is_folder = table.main.suffix.lower() == ".gdb"
        if is_folder:
            place.mkdir()
        try:
            with zipfile.ZipFile(path) as pack:
                for member, suffix in zip(table.members, table.suffixes, strict=True):
                    target = place / suffix if is_folder else place.with_name(f"{table.main.stem}{suffix}")
                    with pack.open(member) as source, target.open("wb") as copy:
                        shutil.copyfileobj(source, copy)
        except (RuntimeError, *_DAMAGED) as error:
            raise InputError("file_unreadable", file=path, reason=error) from error
        yield place if is_folder else place.with_name(f"{table.main.stem}{table.main.suffix.lower()}")


def _named(members: Sequence[zipfile.ZipInfo]) -> dict[PurePosixPath, zipfile.ZipInfo]:
    """Return the files of an archive by their names: Windows writes these in the encoding of its language."""
    raw = {i: m.filename.encode("cp437") for i, m in enumerate(members) if not m.flag_bits & _NAME_IN_UTF_8}
    codec = read_encoding(raw.values()).codec
    names = {i: body.decode(codec, "replace") for i, body in raw.items()}
    return {
        PurePosixPath(names.get(i, member.filename).replace("\\", "/")): member
        for i, member in enumerate(members)
        if not member.is_dir()
    }


def _is_of_system(name: PurePosixPath) -> bool:
    return name.parts[0].lower() in _NO_FILES or name.name.lower() in _NO_FILES or name.name.startswith(("._", "~$"))


def _mains(files: dict[PurePosixPath, zipfile.ZipInfo], suffixes: Sequence[str]) -> list[PurePosixPath]:
    """Return the files of tables, and folders of geodatabases; a ``.txt`` in an archive says what is in it."""
    folders = {parent: None for name in files for parent in name.parents if parent.suffix.lower() == ".gdb"}
    plain = [name for name in files if not any(parent in folders for parent in name.parents)]
    return [*folders, *(name for name in plain if name.suffix.lower() in suffixes and name.suffix.lower() != ".txt")]


def _parts(
    main: PurePosixPath, files: dict[PurePosixPath, zipfile.ZipInfo]
) -> tuple[tuple[zipfile.ZipInfo, ...], tuple[str, ...]]:
    if main.suffix.lower() == ".gdb":
        inside = {name: member for name, member in files.items() if name.parent == main}
        return tuple(inside.values()), tuple(name.name for name in inside)
    beside = {
        name.suffix.lower(): member
        for name, member in files.items()
        if name.parent == main.parent and name.stem.lower() == main.stem.lower()
    }
    return tuple(beside.values()), tuple(beside)
