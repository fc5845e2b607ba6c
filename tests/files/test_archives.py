"""Bombs are refused before anything unpacks them, in a moment and in little memory; honest files are let through."""

import bz2
import gzip
import re
import struct
import time
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import openpyxl
import pytest
from shapely import Point
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


# --- tables inside a zip -----------------------------------------------------------------------------------------

NAMES = ["人民路小学", "石板坡小学"]


def points(folder: Path, name: str, names: list[str], suffix: str = ".shp") -> list[Path]:
    """Write places in GBK into a folder, and return their files."""
    table = gpd.GeoDataFrame({"mc": names}, geometry=[Point(106.5, 29.5)] * len(names), crs="EPSG:4326")
    table.to_file(folder / f"{name}{suffix}", **({"encoding": "GBK"} if suffix == ".shp" else {}))
    return sorted(folder.glob(f"{name}.*"))


def packed(path: Path, members: dict[str, bytes], *, codec: str | None = None) -> Path:
    """Write a zip; its names in an encoding as Windows writes them, where one is given."""
    with zipfile.ZipFile(path, "w") as pack:
        for i, (name, body) in enumerate(members.items()):
            pack.writestr(f"member{i:03}" if codec else name, body)
    if codec:  # zipfile writes names in ASCII or UTF-8 only
        body = path.read_bytes()
        for i, name in enumerate(members):
            old, new = f"member{i:03}".encode(), name.encode(codec)
            while (at := body.find(old)) >= 0:
                header = body.rfind(b"PK", 0, at)
                field = header + (28 if body[header : header + 4] == b"PK\1\2" else 26)
                body = (
                    body[:field] + len(new).to_bytes(2, "little") + body[field + 2 : at] + new + body[at + len(old) :]
                )
        path.write_bytes(repaired(body))
    return path


def repaired(body: bytes) -> bytes:
    """Return a zip with the places of its members set right, after their names grew."""
    starts = [at.start() for at in re.finditer(b"PK\3\4", body)]
    directory = [at.start() for at in re.finditer(b"PK\1\2", body)]
    for start, entry in zip(starts, directory, strict=True):
        body = body[: entry + 42] + start.to_bytes(4, "little") + body[entry + 46 :]
    end = body.index(b"PK\5\6")
    size = (end - directory[0]).to_bytes(4, "little")
    return body[: end + 12] + size + directory[0].to_bytes(4, "little") + body[end + 20 :]


def contents(files: list[Path], folder: str = "") -> dict[str, bytes]:
    return {f"{folder}{file.name}": file.read_bytes() for file in files}


def names_of(path: Path, table: str | None = None) -> list[str]:
    return list(TableFile(path).read(table).table["mc"])


@pytest.mark.parametrize("folder", ["", "学校/", "来件/2026/学校/", "a.b/"])
@pytest.mark.parametrize("codec", [None, "gbk", "big5", "utf-8"])
def test_a_shapefile_in_a_folder_is_read_whatever_its_name_is_in(
    tmp_path: Path, folder: str, codec: str | None
) -> None:
    if codec == "big5":
        folder = folder.replace("学校", "學校").replace("来件", "來件")
    members = contents(points(tmp_path, "a", NAMES), folder) | {f"{folder}readme.txt": b"x", "__MACOSX/._a.shp": b"x"}
    members |= {f"{folder}.DS_Store": b"x", f"{folder}Thumbs.db": b"x"}
    path = packed(tmp_path / "packed.zip", members, codec=codec)
    assert TableFile(path).layers() == [None]
    assert names_of(path) == names_of(path, "a") == NAMES


def test_parts_of_a_shapefile_may_differ_in_capitals(tmp_path: Path) -> None:
    members = {
        name.replace("a.", "A.").replace(".dbf", ".DBF"): body
        for name, body in contents(points(tmp_path, "a", NAMES)).items()
    }
    assert names_of(packed(tmp_path / "packed.zip", members)) == NAMES


def test_of_several_tables_one_is_named(tmp_path: Path) -> None:
    members = contents(points(tmp_path, "小学", NAMES), "学校/") | contents(
        points(tmp_path, "公园", ["鹅岭公园"]), "公园/"
    )
    path = packed(tmp_path / "packed.zip", members)
    assert TableFile(path).layers() == ["小学", "公园"]
    assert (names_of(path, "小学"), names_of(path, "公园")) == (NAMES, ["鹅岭公园"])
    for table in (None, "中学", "学校/小学/x"):
        with pytest.raises(InputError) as caught:
            TableFile(path).read(table)
        assert (caught.value.code, caught.value.values["layers"]) == ("file_layers", "小学, 公园")


def test_tables_of_the_same_name_go_by_their_folder(tmp_path: Path) -> None:
    files = points(tmp_path, "a", NAMES)
    path = packed(tmp_path / "packed.zip", contents(files, "东/") | contents(files, "西/"))
    assert TableFile(path).layers() == ["东/a", "西/a"]
    assert names_of(path, "西/a") == NAMES


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".fgb", ".gml", ".tab"])
def test_other_formats_are_read_in_a_zip(tmp_path: Path, suffix: str) -> None:
    options = {"driver": "MapInfo File"} if suffix == ".tab" else {"driver": "GML"} if suffix == ".gml" else {}
    table = gpd.GeoDataFrame({"mc": ["a", "b"]}, geometry=[Point(106.5, 29.5)] * 2, crs="EPSG:4326")
    table.to_file(tmp_path / f"a{suffix}", **options)
    path = packed(tmp_path / "packed.zip", contents(sorted(tmp_path.glob("a.*")), "data/"))
    assert names_of(path) == ["a", "b"]


def test_sheets_and_layers_are_named_behind_their_file(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for name in ("小学", "初中"):
        sheet = book.create_sheet(name)
        for row in (["mc", "lon"], [f"{name}一", 1]):
            sheet.append(row)
    book.save(tmp_path / "学校.xlsx")
    body = (tmp_path / "学校.xlsx").read_bytes()
    one = packed(tmp_path / "one.zip", {"名单/学校.xlsx": body})
    assert TableFile(one).layers() == ["小学", "初中"]
    assert names_of(one, "初中") == ["初中一"]
    two = packed(tmp_path / "two.zip", {"学校.xlsx": body, "公园.csv": "mc,lon\n鹅岭,1\n".encode("gbk")})
    assert TableFile(two).layers() == ["学校/小学", "学校/初中", "公园"]
    assert (names_of(two, "学校/初中"), names_of(two, "公园")) == (["初中一"], ["鹅岭"])


def test_a_zip_in_a_zip_is_read_but_not_without_end(tmp_path: Path) -> None:
    path = packed(tmp_path / "0.zip", contents(points(tmp_path, "a", NAMES)))
    for depth in range(1, 5):
        path = packed(tmp_path / f"{depth}.zip", {f"{depth - 1}.zip": path.read_bytes()})
        if depth <= 2:
            assert names_of(path) == NAMES
    with pytest.raises(InputError) as caught:
        TableFile(path).read()
    assert caught.value.code == "archive_empty"


def test_what_is_wrong_inside_is_told_with_the_name_of_the_zip(tmp_path: Path) -> None:
    files = [file for file in points(tmp_path, "a", NAMES) if file.suffix != ".dbf"]
    with pytest.raises(InputError) as caught:
        TableFile(packed(tmp_path / "packed.zip", contents(files, "学校/"))).read()
    assert caught.value.code == "shapefile_parts"
    for lang in LANGUAGES:
        assert "packed.zip/学校/a.shp" in caught.value.text(lang)
        assert "a.dbf" in caught.value.text(lang)


@pytest.mark.parametrize(
    ("name", "body", "code"),
    [("a.rar", b"Rar!\x1a\x07\x00", "archive_other"), ("a.7z", b"7z\xbc\xaf\x27\x1c", "archive_other"),
     ("a.zip", b"Rar!\x1a\x07\x01\x00", "archive_other"), ("a.zip", b"7z\xbc\xaf\x27\x1c", "archive_other"),
     ("a.tar.gz", b"\x1f\x8b", "archive_other"), ("a.zip", b"PK\3\4 cut", "file_unreadable"),
     ("a.zip", b"", "file_unreadable")],
)  # fmt: skip
def test_other_archives_are_refused_with_what_to_do(tmp_path: Path, name: str, body: bytes, code: str) -> None:
    (tmp_path / name).write_bytes(body)
    for ask in (TableFile(tmp_path / name).read, TableFile(tmp_path / name).layers):
        with pytest.raises(InputError) as caught:
            ask()
        assert caught.value.code == code
        assert name in caught.value.text("zh")


def test_a_zip_with_a_password_is_refused(tmp_path: Path) -> None:
    body = bytearray(packed(tmp_path / "a.zip", {"a.csv": b"name\nA\n"}).read_bytes())
    for mark, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        body[body.index(mark) + at] |= 1
    (tmp_path / "a.zip").write_bytes(body)
    with pytest.raises(InputError) as caught:
        TableFile(tmp_path / "a.zip").read()
    assert caught.value.code == "archive_locked"
