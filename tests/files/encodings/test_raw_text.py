"""Shapefiles, MapInfo files, KML, GML and GeoJSON are read in their words' own encoding, whatever they say of it."""

import warnings
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyogrio
import pytest
from shapely import Point
from worlds.studies import WGS84

from cfgeo.files.encodings.raw_text import cut_heading
from cfgeo.files.read import TableFile, TableRead, read_places

HEADING = "mc"
NAMES = ["人民路小学", "石板坡小学"]
TRADITIONAL = ["忠孝國小", "建國中學"]


def places(names: list[str], heading: str = "名称", **more: list[Any]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({heading: names, **more}, geometry=[Point(106.5, 29.5)] * len(names), crs=WGS84)


def shapefile(folder: Path, names: list[str], codec: str, cpg: str | None, *, language: int = 0) -> Path:
    """Write a Shapefile in an encoding, with what its ``.cpg`` and its table's header say of it."""
    path = folder / "学校.shp"
    places(names, HEADING).to_file(path, encoding=codec)
    path.with_suffix(".cpg").unlink(missing_ok=True)
    if cpg is not None:
        path.with_suffix(".cpg").write_text(cpg, encoding="utf-8")
    with path.with_suffix(".dbf").open("r+b") as stream:
        stream.seek(29)
        stream.write(bytes([language]))
    return path


def rules(read: TableRead) -> list[tuple[str, str]]:
    return [(row["rule"], row["severity"]) for row in read.layout]


@pytest.mark.parametrize(
    "cpg", [None, "", "System", "OEM", "GBK", "x-gbk", "CP936", "936", "OEM 936", "ANSI 936", "GB2312"]
)
def test_a_shapefile_in_gbk_is_read_whatever_it_calls_that(tmp_path: Path, cpg: str | None) -> None:
    read = TableFile(shapefile(tmp_path, NAMES, "GBK", cpg)).read()
    assert read.table[HEADING].tolist() == NAMES
    assert rules(read) == ([] if cpg and cpg not in {"System", "OEM"} else [("encoding_guessed", "note")])


@pytest.mark.parametrize("cpg", [None, "", "System", "UTF-8", "utf8", "65001", "\ufeffUTF-8\r\n"])
@pytest.mark.parametrize("language", [0, 0x4D, 0x57, 0x03])
def test_a_shapefile_in_utf_8_is_read_without_a_word(tmp_path: Path, cpg: str | None, language: int) -> None:
    read = TableFile(shapefile(tmp_path, NAMES, "UTF-8", cpg, language=language)).read()
    assert (read.table[HEADING].tolist(), rules(read)) == (NAMES, [])


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
@pytest.mark.parametrize("cpg", [None, "GBK"])
def test_a_coordinate_system_is_read_in_whatever_encoding_its_name_is(
    tmp_path: Path, codec: str, cpg: str | None
) -> None:
    path = shapefile(tmp_path, NAMES, "GBK", cpg)
    plane = gpd.read_file(path).to_crs("EPSG:4545")
    plane.to_file(tmp_path / "plane.shp")
    plain = (tmp_path / "plane.prj").read_text(encoding="utf-8")
    named = plain.replace('"CGCS2000_3_Degree_GK_CM_108E"', '"国家2000坐标系三度带"')
    assert named != plain
    path.with_suffix(".prj").write_bytes(named.encode(codec))
    read = TableFile(path).read()
    assert read.table.crs.name == "国家2000坐标系三度带"
    assert (read.table.crs.to_cf()["longitude_of_central_meridian"], read.table[HEADING].tolist()) == (108.0, NAMES)


@pytest.mark.parametrize(
    ("names", "codec", "cpg"),
    [(NAMES, "GBK", "UTF-8"), (NAMES, "UTF-8", "GBK"), (NAMES, "GBK", "ISO-8859-1"), (NAMES, "GBK", "88591"),
     (NAMES, "GBK", "ANSI 1252"), (NAMES, "UTF-8", "1252"), (NAMES, "GBK", "BIG5"), (TRADITIONAL, "BIG5", "GBK"),
     (TRADITIONAL, "BIG5", "UTF-8")],
)  # fmt: skip
def test_a_wrong_cpg_is_told_and_not_followed(tmp_path: Path, names: list[str], codec: str, cpg: str) -> None:
    read = TableFile(shapefile(tmp_path, names, codec, cpg)).read()
    assert read.table[HEADING].tolist() == names
    assert rules(read) == [("encoding_misdeclared", "warning")]


def test_a_heading_cut_inside_a_letter_goes_by_its_whole_letters_and_by_its_full_name(tmp_path: Path) -> None:
    shapefile(tmp_path, NAMES, "UTF-8", None)
    table = tmp_path / "学校.dbf"
    body = bytearray(table.read_bytes())
    body[32:43] = "学校名称".encode()[:10] + b"\0"
    table.write_bytes(body)
    path = table.with_suffix(".shp")
    assert TableFile(path).read().table.columns.tolist() == ["学校名", "geometry"]
    for said in ("学校名", "学校名称"):
        found = read_places(path, columns={"name": said}, datum="wgs84")
        assert found["name"].tolist() == NAMES
    assert cut_heading("学校名称") == {"学校名"}
    assert cut_heading("名称") == set()


def write_dbase(path: Path, names: list[str], width: int, codec: str) -> None:
    """Write a table of one text of a width, with names cut off at it as old programs do."""
    cells = [name.encode(codec)[:width].ljust(width) for name in names]
    field = b"mc".ljust(11, b"\0") + b"C" + bytes(4) + bytes([width]) + bytes(15)
    head = b"\x03\x7e\x01\x01" + len(names).to_bytes(4, "little") + (65).to_bytes(2, "little")
    head += (width + 1).to_bytes(2, "little") + bytes(20)
    path.write_bytes(head + field + b"\r" + b"".join(b" " + cell for cell in cells) + b"\x1a")


@pytest.mark.parametrize("cpg", [None, "UTF-8", "GBK"])
@pytest.mark.parametrize("codec", ["utf-8", "gbk"])
@pytest.mark.parametrize("width", [19, 20, 253, 254])
def test_a_name_cut_inside_a_letter_keeps_its_whole_letters_and_is_told(
    tmp_path: Path, width: int, codec: str, cpg: str | None
) -> None:
    long = ["重庆市渝中区第一实验小学" * 12, "a" + "石板坡幼儿园" * 30]
    path = shapefile(tmp_path, [*NAMES, *NAMES], "UTF-8", cpg)
    write_dbase(path.with_suffix(".dbf"), [*long, *NAMES], width, codec)
    read = TableFile(path).read()
    whole = [name.encode(codec)[:width].decode(codec, "ignore") for name in long]
    assert read.table["mc"].tolist() == [*whole, *NAMES]
    rows = tuple(i + 1 for i, name in enumerate(whole) if len(name.encode(codec)) < width)
    cut = [row["values"]["rows"] for row in read.layout if row["rule"] == "text_cut"]
    assert cut == ([rows] if rows else [])


def test_headings_of_cfgeo_that_a_shapefile_cuts_are_whole_again(tmp_path: Path) -> None:
    table = places(NAMES, "community", code=["1", "2"], street_office=["A", "B"], mother_baby_room=["是", "否"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of names that are cut
        table.to_file(tmp_path / "c.shp", encoding="UTF-8")
    assert {"street_office", "mother_baby_room"} <= set(TableFile(tmp_path / "c.shp").read().table.columns)


def test_the_encoding_that_the_user_gives_is_taken(tmp_path: Path) -> None:
    path = shapefile(tmp_path, ["楼"], "GBK", None)
    read = TableFile(path).read(encoding="gb18030")
    assert (read.table[HEADING].tolist(), rules(read)) == (["楼"], [])


@pytest.mark.parametrize("suffix", [".tab", ".mif"])
@pytest.mark.parametrize("charset", ["CP936", "GBK", "WindowsLatin1"])
def test_a_mapinfo_file_is_read_whatever_its_charset(tmp_path: Path, suffix: str, charset: str) -> None:
    path = tmp_path / f"a{suffix}"
    said = "CP936" if charset == "WindowsLatin1" else charset
    how = {"dataset_options": {"ENCODING": said}} if said == "CP936" else {"encoding": said}
    pyogrio.write_dataframe(places(NAMES, "mc"), path, driver="MapInfo File", **how)
    if charset == "WindowsLatin1":
        path.write_bytes(path.read_bytes().replace(b"WindowsSimpChinese", b"WindowsLatin1"))
    read = TableFile(path).read()
    assert read.table["mc"].tolist() == NAMES
    expected = {"CP936": [], "GBK": [("encoding_guessed", "note")]}.get(charset, [("encoding_misdeclared", "warning")])
    assert rules(read) == expected


def kml(encoding: str) -> str:
    marks = "".join(
        f"<Placemark><name>{name}</name><Point><coordinates>106.5,29.5</coordinates></Point></Placemark>"
        for name in NAMES
    )
    return (
        f'<?xml version="1.0" encoding="{encoding}"?><kml xmlns="http://www.opengis.net/kml/2.2">'
        f"<Document>{marks}</Document></kml>"
    )


@pytest.mark.parametrize(
    ("said", "codec", "told"),
    [("UTF-8", "utf-8", []), ("GBK", "gbk", []), ("GB2312", "gbk", []), ("gb18030", "gb18030", []),
     ("UTF-8", "gbk", [("encoding_misdeclared", "warning")]), ("GBK", "utf-8", [("encoding_misdeclared", "warning")]),
     ("UTF-16", "utf-16", [])],
)  # fmt: skip
def test_a_kml_is_read_in_its_encoding(tmp_path: Path, said: str, codec: str, told: list[tuple[str, str]]) -> None:
    (tmp_path / "a.kml").write_bytes(kml(said).encode(codec))
    assert TableFile(tmp_path / "a.kml").layers() == [None]
    read = TableFile(tmp_path / "a.kml").read()
    assert (read.table["name"].tolist(), rules(read)) == (NAMES, told)


@pytest.mark.parametrize(("said", "codec"), [("utf-8", "utf-8"), ("GBK", "gbk"), ("UTF-8", "gbk")])
def test_a_gml_is_read_in_its_encoding(tmp_path: Path, said: str, codec: str) -> None:
    places(NAMES, "mc").to_file(tmp_path / "a.gml", driver="GML")
    body = (tmp_path / "a.gml").read_text(encoding="utf-8").replace('encoding="utf-8"', f'encoding="{said}"')
    (tmp_path / "a.gml").write_bytes(body.encode(codec))
    assert TableFile(tmp_path / "a.gml").read().table["mc"].tolist() == NAMES


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "gbk"])
def test_a_geojson_is_read_in_its_encoding(tmp_path: Path, codec: str) -> None:
    (tmp_path / "a.geojson").write_bytes(places(NAMES).to_json(ensure_ascii=False).encode(codec))
    read = TableFile(tmp_path / "a.geojson").read()
    assert read.table["名称"].tolist() == NAMES
    assert rules(read) == ([("encoding_guessed", "note")] if codec == "gbk" else [])


def test_a_bad_byte_in_a_geojson_is_told(tmp_path: Path) -> None:
    body = places(NAMES).to_json(ensure_ascii=False).encode().replace("石板坡小学".encode(), "石板坡小学".encode()[:-1])
    (tmp_path / "a.geojson").write_bytes(body)
    read = TableFile(tmp_path / "a.geojson").read()
    assert read.table["名称"].tolist() == ["人民路小学", "石板坡小�"]
    assert rules(read) == [("letters_lost", "warning")]
