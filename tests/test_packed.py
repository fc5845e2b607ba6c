"""Bombs are refused before anything unpacks them, in a moment and in little memory; honest files are let through."""

import bz2
import gzip
import struct
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from cfgeo import InputError, read_network
from cfgeo.elevation import read_rasters
from cfgeo.packed import MOST_BYTES, MOST_TIMES, require_modest
from cfgeo.read import read_places, read_table
from cfgeo.strings import LANGUAGES

PIECE = b" " * 2**20
PIECES = MOST_BYTES // len(PIECE) + 1
MOST_S = 10.0


def zipped(path: Path, member: str) -> Path:
    """Write an archive with a member of blanks that is a little too large."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as pack, pack.open(member, "w") as stream:
        for _ in range(PIECES):
            stream.write(PIECE)
    return path


def streets(path: Path) -> None:
    read_network(path, crs="EPSG:32648")


def places(path: Path) -> None:
    read_places(path, columns={}, datum="wgs84")


def heights(path: Path) -> None:
    read_rasters([path], bounds=(0, 0, 1, 1), crs="EPSG:32648")


def pbf(path: Path) -> Path:
    """Write a header and blobs of nothing, 32 MB each when unpacked."""
    content = bytes(2**25)
    packed = zlib.compress(content, 9)
    blob = b"\x10" + varint(len(content)) + b"\x1a" + varint(len(packed)) + packed
    header = b"\x0a\x07OSMData\x18" + varint(len(blob))
    path.write_bytes((struct.pack(">I", len(header)) + header + blob) * (MOST_BYTES // 2**25 + 1))
    return path


def varint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def stream(path: Path) -> Path:
    """Write blanks, each piece packed by itself, which is allowed."""
    pack = gzip.compress if path.suffix == ".gz" else bz2.compress
    path.write_bytes(pack(b"<osm>") + pack(PIECE) * PIECES)
    return path


BOMBS: dict[str, tuple[Callable[[Path], Path], Callable[[Path], object]]] = {
    "a.xlsx": (lambda path: zipped(path, "xl/worksheets/sheet1.xml"), read_table),
    "a.xlsm": (lambda path: zipped(path, "xl/sharedStrings.xml"), read_table),
    "a.kmz": (lambda path: zipped(path, "doc.kml"), places),
    "a.zip": (lambda path: zipped(path, "a.dbf"), places),
    "dem.zip": (lambda path: zipped(path, "a.tif"), heights),
    "a.osm.gz": (stream, streets),
    "a.osm.bz2": (stream, streets),
    "a.osm.pbf": (pbf, streets),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_at_once(tmp_path: Path, name: str) -> None:
    make, read = BOMBS[name]
    path = make(tmp_path / name)
    assert path.stat().st_size * MOST_TIMES < MOST_BYTES
    begun = time.perf_counter()
    with pytest.raises(InputError) as caught:
        read(path)
    assert caught.value.code == "file_unpacks"
    assert all(name in caught.value.text(lang) for lang in LANGUAGES)
    assert time.perf_counter() - begun < MOST_S


def test_what_is_damaged_or_not_packed_is_left_to_its_reader(tmp_path: Path) -> None:
    for name in ("a.zip", "a.osm.gz", "a.osm.bz2", "a.osm.pbf", "a.csv", "a.xlsx"):
        (tmp_path / name).write_bytes(b"PK\x03\x04 and no more")
        require_modest(tmp_path / name)


def test_well_packed_is_not_yet_a_bomb(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "level.zip", "w", zipfile.ZIP_DEFLATED) as pack:
        pack.writestr("a.tif", bytes(MOST_BYTES // 16))
    require_modest(tmp_path / "level.zip")
    with pytest.raises(InputError):
        require_modest(tmp_path / "level.zip", most_bytes=MOST_BYTES // 32)
