"""Bombs are refused before anything unpacks them, in a moment and in little memory; honest files are let through."""

import bz2
import gzip
import struct
import time
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from worlds.town import write_town

from cfgeo import InputError, load_study, read_network, run_study
from cfgeo.core.strings import LANGUAGES
from cfgeo.files.archives import MOST_BYTES, MOST_TIMES, require_modest
from cfgeo.files.read import TableFile, TableRead, read_places
from cfgeo.network.rasters.heights import read_rasters

MEBI = 2**20
TEN_GB = 10 * 1024 * MEBI
PIECE = b" " * MEBI
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


def read_table(path: Path) -> TableRead:
    return TableFile(path).read_rows()


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


def test_damaged_and_unpacked_files_are_left_to_their_reader(tmp_path: Path) -> None:
    for name in ("a.zip", "a.osm.gz", "a.osm.bz2", "a.osm.pbf", "a.csv", "a.xlsx"):
        (tmp_path / name).write_bytes(b"PK\x03\x04 and no more")
        require_modest(tmp_path / name)
    for name, read, code in (("a.zip", places, "file_unreadable"), ("a.xlsx", read_table, "workbook_damaged")):
        with pytest.raises(InputError) as caught:
            read(tmp_path / name)
        assert caught.value.code == code


def test_a_file_that_packs_well_is_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "level.zip", "w", zipfile.ZIP_DEFLATED) as pack:
        pack.writestr("a.tif", bytes(MOST_BYTES // 16))
    require_modest(tmp_path / "level.zip")
    with pytest.raises(InputError):
        require_modest(tmp_path / "level.zip", most_bytes=MOST_BYTES // 32)


# --- ten gigabytes, and names that lead outside ------------------------------------------------------------------


@pytest.fixture(scope="module")
def zeros() -> tuple[bytes, int]:
    """Return 128 MiB of zeros as deflate packs them, and their CRC."""
    packer, body = zlib.compressobj(9, zlib.DEFLATED, -15), bytes(128 * MEBI)
    return packer.compress(body) + packer.flush(), zlib.crc32(body)


def write_bomb(path: Path, ending: str, zeros: tuple[bytes, int]) -> Path:
    """Write a zip of eighty files of 128 MiB, which is what its directory says, and true."""
    packed, crc = zeros
    directory, offset = [], 0
    with path.open("wb") as stream:
        for i in range(80):
            name = f"{i}{ending}".encode()
            about = struct.pack("<HHHHHIII", 20, 0, 8, 0, 33, crc, len(packed), 128 * MEBI)
            stream.write(b"PK\x03\x04" + about + struct.pack("<HH", len(name), 0) + name + packed)
            rest = struct.pack("<HHHHHII", len(name), 0, 0, 0, 0, 0, offset)
            directory.append(b"PK\x01\x02" + struct.pack("<H", 20) + about + rest + name)
            offset = stream.tell()
        stream.write(b"".join(directory))
        stream.write(b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 80, 80, stream.tell() - offset, offset, 0))
    with zipfile.ZipFile(path) as pack:
        assert sum(member.file_size for member in pack.infolist()) == TEN_GB
    assert path.stat().st_size < 11 * MEBI
    return path


@pytest.mark.parametrize(("name", "ending", "read"), [("a.zip", ".shp", places), ("a.xlsx", ".xml", read_table)])
def test_ten_gigabytes_are_refused_in_no_time_and_no_memory(
    tmp_path: Path, zeros: tuple[bytes, int], name: str, ending: str, read: Callable[[Path], object]
) -> None:
    path = write_bomb(tmp_path / name, ending, zeros)
    tracemalloc.start()
    with pytest.raises(InputError) as caught:
        read(path)
    assert tracemalloc.get_traced_memory()[1] < 20 * MEBI
    tracemalloc.stop()
    assert caught.value.code == "file_unpacks"
    assert [item.name for item in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", ["../a.shp", "a/../../b.shp", "/etc/a.shp", "..\\a.shp", "C:\\a.shp", "C:/a.shp"])
@pytest.mark.parametrize("ending", [".zip", ".kmz", ".xlsx"])
def test_a_name_that_leads_outside_is_refused_and_nothing_is_written(tmp_path: Path, name: str, ending: str) -> None:
    path = tmp_path / "deep" / f"a{ending}"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as pack:
        pack.writestr(name, b"x" * 100)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(InputError) as caught:
        TableFile(path).layers()
    assert caught.value.code == "archive_outside"
    for lang in LANGUAGES:
        assert name.replace("\\", "/")[-5:] in caught.value.text(lang).replace("\\", "/")
    assert sorted(tmp_path.rglob("*")) == before


def test_a_run_writes_to_no_file_that_its_study_names(tmp_path: Path) -> None:
    """Paths of a study may lead anywhere: they are read. So there is nothing to allow."""
    study = write_town(tmp_path / "elsewhere")
    inner = tmp_path / "deep" / "study"
    inner.mkdir(parents=True)
    body = study.read_text(encoding="utf-8")
    for name in (
        "streets.osm",
        "communities.geojson",
        "homes.geojson",
        "schools.csv",
        "parks.geojson",
        "standard.toml",
    ):
        body = body.replace(f'"{name}"', f'"../../elsewhere/{name}"')
    study.rename(inner / "study.toml")
    (inner / "study.toml").write_text(body, encoding="utf-8")
    for path in (tmp_path / "elsewhere").iterdir():
        if path.name in {"walkways.geojson", "children_homes.csv", "stations.csv", "sports.csv"}:
            path.rename(inner / path.name)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    run_study(load_study(inner), cache=tmp_path / "cache")
    after = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert {path: after[path] for path in before} == before
    assert all(path.is_relative_to(tmp_path / "cache") for path in set(after) - set(before))
