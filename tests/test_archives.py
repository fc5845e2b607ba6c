"""Ten gigabytes in ten megabytes are refused before they are unpacked, and no zip reaches outside of itself."""

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
from studies import edited
from town import write_town

from cfgeo import InputError, load_study, run_study
from cfgeo.archives import require_sound_stream, require_sound_zip
from cfgeo.elevation import read_rasters
from cfgeo.osm import read_streets
from cfgeo.read import layers_of, read_places, read_table
from cfgeo.strings import LANGUAGES

MEBI = 2**20
TEN_GB = 10 * 1024 * MEBI


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


READERS: list[tuple[str, str, Callable[[Path], object]]] = [
    ("a.zip", ".shp", lambda path: read_places(path, columns={}, datum="wgs84")),
    ("a.zip", ".dbf", layers_of),
    ("a.kmz", ".kml", lambda path: read_places(path, columns={}, datum="wgs84")),
    ("a.xlsx", ".xml", read_table),
    ("a.xlsx", ".xml", layers_of),
    ("a.hgt.zip", ".hgt", lambda path: read_rasters([path], bounds=(0, 0, 1, 1), crs="EPSG:4326")),
]


@pytest.mark.parametrize(("name", "ending", "read"), READERS)
def test_a_bomb_is_refused_in_no_time_and_no_memory(
    tmp_path: Path, zeros: tuple[bytes, int], name: str, ending: str, read: Callable[[Path], object]
) -> None:
    path = write_bomb(tmp_path / name, ending, zeros)
    tracemalloc.start()
    begun = time.perf_counter()
    with pytest.raises(InputError) as caught:
        read(path)
    assert time.perf_counter() - begun < 5
    assert tracemalloc.get_traced_memory()[1] < 20 * MEBI
    tracemalloc.stop()
    assert caught.value.code == "archive_bomb"
    for lang in LANGUAGES:
        assert "10240" in caught.value.text(lang)
    assert [item.name for item in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(("ending", "pack"), [(".gz", gzip.compress), (".bz2", bz2.compress)])
def test_a_stream_that_grows_without_end_is_refused(
    tmp_path: Path, ending: str, pack: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / f"a.osm{ending}"
    one = pack(b"<?xml version='1.0'?><osm version='0.6'>" + b" " * 128 * MEBI)
    path.write_bytes(one * 80)  # a packed stream may be followed by others
    begun = time.perf_counter()
    with pytest.raises(InputError) as caught:
        read_streets(path)
    assert time.perf_counter() - begun < 5
    assert caught.value.code == "archive_stream"


@pytest.mark.parametrize("name", ["../a.shp", "a/../../b.shp", "/etc/a.shp", "..\\a.shp", "C:\\a.shp", "C:/a.shp"])
@pytest.mark.parametrize("ending", [".zip", ".kmz", ".xlsx"])
def test_a_name_that_leads_outside_is_refused_and_nothing_is_written(tmp_path: Path, name: str, ending: str) -> None:
    path = tmp_path / "deep" / f"a{ending}"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as pack:
        pack.writestr(name, b"x" * 100)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(InputError) as caught:
        layers_of(path)
    assert caught.value.code == "archive_outside"
    for lang in LANGUAGES:
        assert name.replace("\\", "/")[-5:] in caught.value.text(lang).replace("\\", "/")
    assert sorted(tmp_path.rglob("*")) == before


def test_what_is_sound_damaged_or_no_zip_is_let_through(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as pack:
        pack.writestr("区/a..b.shp", bytes(MEBI))
    (tmp_path / "b.zip").write_bytes((tmp_path / "a.zip").read_bytes()[:100])
    (tmp_path / "c.zip").write_text("no zip")
    for name in ("a.zip", "b.zip", "c.zip", "none.zip"):
        require_sound_zip(tmp_path / name)
    (tmp_path / "a.osm.gz").write_bytes(gzip.compress(b"<osm/>" * 1000))
    (tmp_path / "b.osm.bz2").write_bytes(b"no bz2")
    for name in ("a.osm.gz", "b.osm.bz2", "c.osm"):
        require_sound_stream(tmp_path / name)


def test_nothing_that_a_study_names_is_written_to(tmp_path: Path) -> None:
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


@pytest.mark.parametrize("name", ["../../x", "a/b", "..", "C:x", "a\\\\b"])
def test_a_studys_id_cannot_lead_outside(tmp_path: Path, name: str) -> None:
    study = edited(write_town(tmp_path / "town"), 'id = "town"', f'id = "{name}"')
    with pytest.raises(Exception, match="id"):
        load_study(study)
