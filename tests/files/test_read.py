"""Files of every kind that offices send, whole and damaged."""

import json
import struct
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiPolygon, Point, Polygon, box
from worlds.studies import WGS84, degrees, places
from worlds.town import CRS, at, moved

from cfgeo import CfgeoError, InputError
from cfgeo.core.strings import LANGUAGES
from cfgeo.files.columns import keep_where
from cfgeo.files.positions.datum import from_wgs84
from cfgeo.files.positions.written import PositionChoices
from cfgeo.files.read import TableFile, TableRead, locate, read_places

LON, LAT = degrees(100, 100)
CSV = f'编号,名称,kind,lon,lat\r\n007,人民小学,primary,{LON},{LAT}\r\n008,"a, ""b""\n=c",junior,{LON},{LAT}\r\n'
SUFFIXES = (".geojson", ".gpkg", ".shp", ".fgb", ".parquet")


def read(path: Path, datum: str = "wgs84", **columns: str) -> gpd.GeoDataFrame:
    return read_places(path, columns=columns, datum=datum)


def read_table(path: Path) -> TableRead:
    return TableFile(path).read_rows()


def write(table: gpd.GeoDataFrame, path: Path) -> Path:
    if path.suffix == ".parquet":
        table.to_parquet(path)
    else:
        table.to_file(path)
    return path


# Tables


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_chinese_table_is_read_in_its_encoding(tmp_path: Path, encoding: str, newline: str) -> None:
    path = tmp_path / "学校.csv"
    path.write_bytes(CSV.replace("\r\n", newline).encode(encoding))
    table = read(path, code="编号", name="名称")
    assert table["code"].tolist() == ["007", "008"]
    assert table["name"].tolist() == ["人民小学", 'a, "b"\n=c']
    assert table.crs == WGS84
    assert shapely.get_coordinates(table.geometry.to_numpy()) == pytest.approx(np.array([[LON, LAT]] * 2))
    assert set(table.columns) == {"code", "name", "kind", "geometry"}


@pytest.mark.parametrize(("lon", "lat"), [("lon", "lat"), ("lng", "lat"), ("Longitude", "Latitude"), ("经度", "纬度"),
                                          ("X", "Y"), (" LON ", "LAT ")])  # fmt: skip
def test_positions_go_by_several_names(tmp_path: Path, lon: str, lat: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"name,{lon},{lat}\nA,106.5,29.5\n", encoding="utf-8")
    assert read(path).geometry.tolist() == [Point(106.5, 29.5)]


def test_positions_under_a_name_of_their_own_are_named_in_columns(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("name,东经,北纬\nA,106.5,29.5\n", encoding="utf-8")
    assert read(path, lon="东经", lat="北纬").geometry.tolist() == [Point(106.5, 29.5)]


@pytest.mark.parametrize("bad", ["", "106°75'", "abc", "29.56,106.55", "1e400", "650000"])
def test_a_row_without_a_position_is_kept_without_geometry(tmp_path: Path, bad: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f'name,lon,lat\nA,"{bad}",29.5\nB,106.5,29.5\n', encoding="utf-8")
    table = read(path)
    assert table["name"].tolist() == ["A", "B"]
    assert table.geometry.is_empty.tolist() == [True, False]


def test_swapped_longitude_and_latitude_are_no_position_where_they_cannot_be_one(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("name,lon,lat\nA,29.56,106.55\n", encoding="utf-8")
    assert read(path).geometry.is_empty.all()


def test_a_table_with_tabs_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_text("name\tlon\tlat\nA, B\t106.5\t29.5\n", encoding="utf-8")
    assert read(path)["name"].tolist() == ["A, B"]


def test_headers_only_are_a_table_without_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("name,lon,lat\n", encoding="utf-8")
    table = read(path)
    assert len(table) == 0
    assert isinstance(table, gpd.GeoDataFrame)


@pytest.mark.parametrize("name", ["NA", "None", "null", "NaN"])
def test_names_such_as_null_and_nan_stay_names(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"name,lon,lat\n{name},106.5,29.5\n", encoding="utf-8")
    assert read(path)["name"].tolist() == [name]


def test_a_comma_at_the_end_of_each_row_moves_no_column(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("code,name,lon,lat\n007,A,106.5,29.5,\n008,B,106.5,29.5,\n", encoding="utf-8")
    table = read(path)
    assert table["code"].tolist() == ["007", "008"]
    assert table.geometry.tolist() == [Point(106.5, 29.5)] * 2


def test_two_columns_of_one_name_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("name,name ,lon,lat\nA,B,106.5,29.5\n", encoding="utf-8")
    assert read(path)["name"].tolist() == ["A"]


@pytest.mark.parametrize(
    "body", [b"", b"\n\n", b"\xef\xbb\xbf", b"\xff\xfe\x00\x80\xff", b'a,"b\nc', b"a,b\n1,2,3\n4\n1,2,3,4,5\n"]
)
def test_a_file_that_is_no_table_is_a_clear_error(tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "schools.csv"
    path.write_bytes(body)
    with pytest.raises(InputError) as caught:
        read(path)
    for lang in LANGUAGES:
        assert "schools.csv" in caught.value.text(lang)


def test_the_error_of_an_unknown_encoding_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "schools.csv"
    path.write_bytes(b"name,lon,lat\n\xff\x01\xff\x02,1,2\n")
    with pytest.raises(InputError) as caught:
        read_table(path)
    assert "UTF-8" in caught.value.text("zh")
    assert "UTF-8" in caught.value.text("en")


@pytest.mark.parametrize(("header", "missing"), [("name,lat", "lon"), ("name,lon", "lat"), ("name，lon,lat", "lon")])
def test_a_table_without_positions_says_which_column_it_lacks_and_what_it_has(
    tmp_path: Path, header: str, missing: str
) -> None:
    path = tmp_path / "schools.csv"
    path.write_text(f"{header}\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read(path)
    for lang in LANGUAGES:
        sentence = caught.value.text(lang)
        assert "schools.csv" in sentence
        assert missing in sentence
        assert "name" in sentence


# Columns


@pytest.mark.parametrize("suffix", [".csv", ".geojson"])
def test_a_column_that_is_not_there_is_named_with_those_that_are(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"schools{suffix}"
    if suffix == ".csv":
        path.write_text("名称,kind,lon,lat\nA,x,1,2\n", encoding="utf-8")
    else:
        write(places([at(0, 0)], 名称=["A"], kind=["x"]), path)
    with pytest.raises(InputError) as caught:
        read(path, name="学校名称")
    for lang in LANGUAGES:
        sentence = caught.value.text(lang)
        for word in ("schools", "学校名称", "name", "名称, kind", "columns"):
            assert word in sentence


def test_a_renamed_column_takes_the_place_of_one_that_had_its_name(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("name,full,lon,lat\nshort,long,1,2\n", encoding="utf-8")
    table = read(path, name="full")
    assert table["name"].tolist() == ["long"]


def test_two_columns_can_change_names(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("kind,name,lon,lat\nSchool A,primary,1,2\n", encoding="utf-8")
    table = read(path, name="kind", kind="name")
    assert (table["name"].tolist(), table["kind"].tolist()) == (["School A"], ["primary"])


def test_a_column_moves_up_when_another_takes_its_name(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("kind,type,lon,lat\nSchool A,primary,1,2\n", encoding="utf-8")
    table = read(path, name="kind", kind="type")
    assert (table["name"].tolist(), table["kind"].tolist()) == (["School A"], ["primary"])


def test_one_column_can_serve_twice(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("社区,lon,lat\n东社区,1,2\n", encoding="utf-8")
    table = read(path, code="社区", community="社区")
    assert (table["code"].tolist(), table["community"].tolist()) == (["东社区"], ["东社区"])


# Vector files


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_vector_file_keeps_its_columns_and_its_place(tmp_path: Path, suffix: str) -> None:
    shapes = [box(0, 0, 10, 10), box(20, 0, 30, 10)]
    table = places([moved(shape) for shape in shapes], code=["007", "008"])
    back = read(write(table.to_crs(WGS84) if suffix == ".geojson" else table, tmp_path / f"a{suffix}"))
    back = back.sort_values("code", ignore_index=True)  # FlatGeobuf sorts by place
    assert back["code"].tolist() == ["007", "008"]
    assert back.to_crs(CRS).area.to_numpy() == pytest.approx(np.array([100.0, 100.0]), rel=1e-3)
    assert back.to_crs(CRS).geometry.iloc[0].distance(at(5, 5)) == 0


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_heights_are_left_out(tmp_path: Path, suffix: str) -> None:
    table = gpd.GeoDataFrame({"code": ["1"]}, geometry=[Polygon([(0, 0, 5), (1, 0, 6), (1, 1, 7)])], crs=WGS84)
    back = read(write(table, tmp_path / f"a{suffix}"))
    assert not back.has_z.any()
    assert back.geometry.iloc[0].equals(Polygon([(0, 0), (1, 0), (1, 1)]))


def test_a_shapefile_without_its_projection_is_taken_for_degrees_if_it_can_be(tmp_path: Path) -> None:
    near = write(gpd.GeoDataFrame({"code": ["1"]}, geometry=[Point(106.5, 29.5)], crs=WGS84), tmp_path / "a.shp")
    near.with_suffix(".prj").unlink()
    assert read(near).crs == WGS84
    far = write(places([at(0, 0)], code=["1"]), tmp_path / "b.shp")
    far.with_suffix(".prj").unlink()
    with pytest.raises(InputError) as caught:
        read(far)
    for lang in LANGUAGES:
        assert "b.shp" in caught.value.text(lang)
        assert ".prj" in caught.value.text(lang)


def test_a_shapefile_in_a_chinese_encoding_is_read(tmp_path: Path) -> None:
    table = gpd.GeoDataFrame({"名称": ["人民小学"]}, geometry=[Point(106.5, 29.5)], crs=WGS84)
    table.to_file(tmp_path / "a.shp", encoding="GB18030")
    assert read(tmp_path / "a.shp", name="名称")["name"].tolist() == ["人民小学"]


@pytest.mark.parametrize("encoding", ["GBK", "UTF-8"])
@pytest.mark.parametrize("packed", [False, True])
def test_a_shapefile_that_does_not_say_its_encoding_is_read(tmp_path: Path, encoding: str, packed: bool) -> None:
    table = gpd.GeoDataFrame(
        {"名称": ["人民小学", "渝中区"], "n": [1, 2]}, geometry=[Point(106.5, 29.5)] * 2, crs=WGS84
    )
    path = tmp_path / "a.shp"
    table.to_file(path, encoding=encoding)
    path.with_suffix(".cpg").unlink()
    dbf = bytearray(path.with_suffix(".dbf").read_bytes())
    dbf[29] = 0x57  # what ArcGIS of old writes whatever the words are in
    path.with_suffix(".dbf").write_bytes(dbf)
    if packed:
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as pack:
            for side in (".shp", ".shx", ".dbf", ".prj"):
                pack.write(path.with_suffix(side), f"a{side}")
        path = tmp_path / "a.zip"
    assert read(path, name="名称")["name"].tolist() == ["人民小学", "渝中区"]
    rules = [(row["rule"], row["severity"]) for row in TableFile(path).read().layout]
    assert rules == ([("encoding_guessed", "note")] if encoding == "GBK" else [])


def test_measures_along_a_shape_are_left_out_without_a_warning(tmp_path: Path) -> None:
    record = struct.pack("<iddd", 21, 106.5, 29.5, 3.0)  # a point with a measure
    for suffix, body in ((".shp", struct.pack(">ii", 1, 14) + record), (".shx", struct.pack(">ii", 50, 14))):
        head = struct.pack(">7i", 9994, 0, 0, 0, 0, 0, 50 + len(body) // 2)
        head += struct.pack("<ii8d", 1000, 21, 106.5, 29.5, 106.5, 29.5, 0, 0, 3, 3)
        (tmp_path / "a").with_suffix(suffix).write_bytes(head + body)
    field = b"name".ljust(11, b"\0") + b"C" + bytes(4) + bytes([1]) + bytes(15)
    (tmp_path / "a.dbf").write_bytes(struct.pack("<B3xIHH20x", 3, 1, 65, 2) + field + b"\r" + b" A\x1a")
    assert read(tmp_path / "a.shp").geometry.tolist() == [Point(106.5, 29.5)]


def test_a_geopackage_of_several_layers_needs_a_layer(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    for layer, name in (("one", "A"), ("two", "B")):
        places([at(0, 0)], name=[name]).to_file(path, layer=layer)
    with pytest.raises(InputError) as caught:
        read(path)
    assert "one" in str(caught.value)


def test_a_feature_without_geometry_has_none(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    path.write_text('{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"a":1},"geometry":null}]}')
    table = read(path)
    assert table.geometry.isna().all() or table.geometry.is_empty.all()


def test_collections_inside_a_collection_are_read_whole_and_told(tmp_path: Path) -> None:
    places([at(0, 0), at(1, 1), at(2, 2)], name=["一", "二", "FeatureCollection"]).to_file(tmp_path / "a.geojson")
    content = json.loads((tmp_path / "a.geojson").read_text(encoding="utf-8"))
    one, *rest = content["features"]
    inner = {**content, "features": rest}
    as_geometry = {"type": "Feature", "properties": {}, "geometry": inner}
    for nests in ([one, inner], [one, as_geometry], [{**content, "features": [one, inner]}]):
        body = json.dumps({"type": "FeatureCollection", "features": nests}, ensure_ascii=False)
        (tmp_path / "b.geojson").write_text(body, encoding="utf-8")
        table = TableFile(tmp_path / "b.geojson").read()
        assert table.table["name"].tolist() == ["一", "二", "FeatureCollection"]
        assert table.table.geometry.notna().all()
        assert [(row["rule"], row["severity"]) for row in table.layout] == [("geojson_nested", "note")]
    assert TableFile(tmp_path / "a.geojson").read().layout == ()


def test_a_layer_without_features_is_a_table_without_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    path.write_text('{"type":"FeatureCollection","features":[]}')
    assert len(read(path)) == 0


def test_a_workbook_is_read_like_a_csv(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(CSV.encode())
    pd.read_csv(tmp_path / "a.csv", dtype=str).to_excel(tmp_path / "a.xlsx", index=False)
    columns = {"name": "名称", "code": "编号"}
    book, table = (read_places(tmp_path / f"a.{s}", columns=columns, datum="gcj02") for s in ("xlsx", "csv"))
    assert_geodataframe_equal(book, table, check_dtype=False)
    assert book["code"].tolist() == ["007", "008"]


def test_a_heading_goes_with_and_without_its_unit(tmp_path: Path) -> None:
    table = {"名称": ["A", "B"], "学位数（个）": [120, 80], "经度(°)": [106.5, 106.6], "纬度(°)": [29.5, 29.6]}
    pd.DataFrame(table).to_excel(tmp_path / "a.xlsx", index=False)
    for heading in ("学位数（个）", "学位数"):
        places = read(tmp_path / "a.xlsx", capacity=heading)
        assert places["capacity"].tolist() == ["120", "80"]
    assert places.geometry.tolist() == [Point(106.5, 29.5), Point(106.6, 29.6)]


def named(**columns: list[object]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=[Point(106.5, 29.5), Point(106.6, 29.6)], crs=WGS84)


@pytest.mark.parametrize(
    ("declared", "codec"), [("GBK", "gbk"), ("UTF-8", "gbk"), ("UTF-16", "utf-16"), ("UTF-8", "utf-8")]
)
def test_a_packed_kml_is_read_in_any_encoding_as_a_plain_one_is(tmp_path: Path, declared: str, codec: str) -> None:
    marks = "".join(
        f"<Placemark><name>{name}</name><Point><coordinates>{LON},{LAT}</coordinates></Point></Placemark>"
        for name in ("人民小学", "求精中学", "巴蜀小学")
    )
    text = f'<?xml version="1.0" encoding="{declared}"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>{marks}'
    body = f"{text}</Document></kml>".encode(codec)
    (tmp_path / "a.kml").write_bytes(body)
    with zipfile.ZipFile(tmp_path / "a.kmz", "w") as pack:
        pack.writestr("doc.kml", body)
    plain, packed = (TableFile(tmp_path / name).read() for name in ("a.kml", "a.kmz"))
    assert packed.table["name"].tolist() == plain.table["name"].tolist() == ["人民小学", "求精中学", "巴蜀小学"]
    assert [row["rule"] for row in packed.layout] == [row["rule"] for row in plain.layout]
    assert all(row["layer"] == "a.kmz" for row in packed.layout)


def test_kml_and_kmz_have_the_names_that_they_show(tmp_path: Path) -> None:
    named(Name=["人民小学", "巴蜀小学"]).to_file(tmp_path / "a.kml", driver="KML")
    with zipfile.ZipFile(tmp_path / "b.kmz", "w") as pack:
        pack.write(tmp_path / "a.kml", "doc.kml")
    for file in ("a.kml", "b.kmz"):
        table = read(tmp_path / file)
        assert table["name"].tolist() == ["人民小学", "巴蜀小学"]
        assert table.geometry.tolist() == [Point(106.5, 29.5), Point(106.6, 29.6)]
        assert read(tmp_path / file, title="Name")["title"].tolist() == ["人民小学", "巴蜀小学"]


@pytest.mark.parametrize("codec", ["utf-8", "gbk"])
def test_data_of_a_kml_keep_their_names(tmp_path: Path, codec: str) -> None:
    """GDAL alone makes ______ of 学段 and of 地址, which would be one column."""
    data = "".join(
        f'<Data name="{name}"><value>{cell}</value></Data>'
        for name, cell in (("学段", "小学"), ("地址", "某路1号"), ("a&amp;b c", "x"), ("capacity", "900"))
    )
    mark = f"<Placemark><ExtendedData>{data}</ExtendedData><Point><coordinates>{LON},{LAT}</coordinates></Point>"
    text = f'<?xml version="1.0" encoding="{codec}"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>{mark}'
    body = f"{text}</Placemark></Document></kml>".encode(codec)
    (tmp_path / "a.kml").write_bytes(body)
    with zipfile.ZipFile(tmp_path / "a.kmz", "w") as pack:
        pack.writestr("doc.kml", body)
    for file in ("a.kml", "a.kmz"):
        (row,) = TableFile(tmp_path / file).read().table.to_dict("records")
        assert [row[name] for name in ("学段", "地址", "a&b c", "capacity")] == ["小学", "某路1号", "x", "900"]


@pytest.mark.parametrize("prefix", ["", "kml:"])
@pytest.mark.parametrize("names", [[], ["人民小学", "巴蜀小学"]])
def test_a_kml_whose_places_are_elsewhere_says_so(tmp_path: Path, prefix: str, names: list[str]) -> None:
    """It would be a layer without the places of the link, and clauses would fail."""
    link = f"<{prefix}NetworkLink><Link><href>http://127.0.0.1:9/b.kml</href></Link></{prefix}NetworkLink>"
    point = f"<Point><coordinates>{LON},{LAT}</coordinates></Point>"
    marks = "".join(f"<Placemark><name>{name}</name>{point}</Placemark>" for name in names)
    spaces = 'xmlns="http://www.opengis.net/kml/2.2" xmlns:kml="http://www.opengis.net/kml/2.2"'
    body = f"<kml {spaces}><Document>{marks}{link}</Document></kml>"
    (tmp_path / "a.kml").write_text(body, encoding="utf-8")
    with zipfile.ZipFile(tmp_path / "b.kmz", "w") as pack:
        pack.writestr("doc.kml", body)
    for file in ("a.kml", "b.kmz"):
        if names:
            seen = TableFile(tmp_path / file).read()
            assert seen.table["name"].tolist() == names
            assert [(row["rule"], row["values"]["count"]) for row in seen.layout] == [("kml_links", 1)]
            continue
        with pytest.raises(InputError) as caught:
            read(tmp_path / file)
        assert caught.value.code == "kml_links"
        assert "1 network links" in caught.value.text("en")


def test_a_file_without_any_layer_says_so(tmp_path: Path) -> None:
    schema = 'xmlns:gml="http://www.opengis.net/gml" xmlns:xlink="http://www.w3.org/1999/xlink"'
    member = '<gml:featureMember xlink:href="http://127.0.0.1:9/a.gml#b"/>'
    (tmp_path / "a.gml").write_text(f"<gml:FeatureCollection {schema}>{member}</gml:FeatureCollection>")
    with pytest.raises(InputError) as caught:
        read(tmp_path / "a.gml")
    assert caught.value.code == "file_without_geometry"


def test_a_geodatabase_is_read_as_a_folder_and_packed(tmp_path: Path) -> None:
    for layer in ("schools", "clinics"):
        named(name=["甲", layer]).to_file(tmp_path / "a.gdb", layer=layer, driver="OpenFileGDB", engine="pyogrio")
    with zipfile.ZipFile(tmp_path / "packed.zip", "w") as pack:
        for file in (tmp_path / "a.gdb").iterdir():
            pack.write(file, f"data/a.gdb/{file.name}")
    for path in (tmp_path / "a.gdb", tmp_path / "packed.zip"):
        for layer in ("schools", "clinics"):
            assert read_places(path, columns={}, datum="wgs84", table=layer)["name"].tolist() == ["甲", layer]
        with pytest.raises(InputError) as caught:
            read(path)
        assert caught.value.code == "file_layers"
        assert "schools, clinics" in str(caught.value)


@pytest.mark.parametrize("suffix", [".tab", ".mif"])
def test_mapinfo_files_are_read(tmp_path: Path, suffix: str) -> None:
    named(name=["a", "b"]).to_file(tmp_path / f"a{suffix}", driver="MapInfo File")
    table = read(tmp_path / f"a{suffix}")
    assert table["name"].tolist() == ["a", "b"]
    assert table.geometry.iloc[1].distance(Point(106.6, 29.6)) < 1e-6


def test_a_format_that_this_gdal_lacks_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.kmz").write_bytes(b"PK")
    monkeypatch.setattr("pyogrio.list_drivers", lambda **_: {"KML": "rw"})
    with pytest.raises(InputError) as caught:
        read(tmp_path / "a.kmz")
    assert caught.value.code == "file_driver"
    assert "LIBKML" in str(caught.value)


@pytest.mark.parametrize("suffix", [".tif", ".dwg", ""])
def test_the_error_of_an_unknown_format_lists_the_known_ones(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"schools{suffix}"
    path.write_bytes(b"x")
    with pytest.raises(InputError) as caught:
        read(path)
    for lang in LANGUAGES:
        sentence = caught.value.text(lang)
        for word in ("schools", ".csv", ".gpkg", ".geojson", ".shp", ".parquet"):
            assert word in sentence


def test_the_error_of_a_missing_file_lists_the_files_of_its_folder(tmp_path: Path) -> None:
    (tmp_path / "school.csv").write_text("x")
    for path in (tmp_path / "schools.csv", tmp_path / "schools.gpkg"):
        with pytest.raises(InputError) as caught:
            read(path)
        for lang in LANGUAGES:
            assert path.name in caught.value.text(lang)
            assert "school.csv" in caught.value.text(lang)
    with pytest.raises(InputError) as caught:
        read(tmp_path / "no" / "schools.csv")
    assert "no folder" in str(caught.value)
    assert "no folder" not in caught.value.text("zh")


@pytest.mark.parametrize("suffix", [*SUFFIXES, ".csv", ".kml", ".gml", ".zip", ".tsv", ".json"])
@pytest.mark.parametrize("body", [b"", b"garbage", b"\x00" * 200, bytes(range(256))])
def test_garbage_is_a_clear_error(tmp_path: Path, suffix: str, body: bytes) -> None:
    path = tmp_path / f"rubbish{suffix}"
    path.write_bytes(body)
    with pytest.raises(InputError) as caught:
        read(path)
    assert "rubbish" in str(caught.value)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # what GDAL mutters about a damaged file is not the matter here
@pytest.mark.parametrize("suffix", SUFFIXES)
@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_file_gives_a_table_or_a_clear_error(tmp_path: Path, suffix: str, data: st.DataObject) -> None:
    whole = tmp_path / f"whole{suffix}"
    if not whole.exists():
        write(places([at(i, i).buffer(3) for i in range(20)], name=["人民小学"] * 20).to_crs(WGS84), whole)
    body = bytearray(whole.read_bytes())
    if data.draw(st.booleans(), label="cut short"):
        body = body[: data.draw(st.integers(0, len(body) - 1))]
    else:
        for _ in range(data.draw(st.integers(1, 20))):
            body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    damaged = tmp_path / f"damaged{suffix}"
    damaged.write_bytes(body)
    if suffix == ".shp":
        for side in (".shx", ".dbf", ".prj"):
            damaged.with_suffix(side).write_bytes(whole.with_suffix(side).read_bytes())
    try:
        table = read(damaged)
    except CfgeoError as error:
        assert "damaged" in str(error)  # noqa: PT017 (a table is right, too)
    else:
        assert isinstance(table, gpd.GeoDataFrame)


# Datum


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
@pytest.mark.parametrize("kind", ["csv", "geojson", "projected"])
def test_chinese_datums_come_out_as_wgs84(tmp_path: Path, datum: str, kind: str) -> None:
    lon, lat = from_wgs84(np.array([LON]), np.array([LAT]), datum=datum)
    there = gpd.GeoDataFrame({"name": ["A"]}, geometry=[Point(lon[0], lat[0])], crs=WGS84)
    if kind == "csv":
        path = tmp_path / "a.csv"
        path.write_text(f"name,lon,lat\nA,{float(lon[0])!r},{float(lat[0])!r}\nB,,\n", encoding="utf-8")
    else:
        path = write(
            there.to_crs(CRS) if kind == "projected" else there,
            tmp_path / f"a.{'gpkg' if kind == 'projected' else kind}",
        )
    shape = read(path, datum=datum).geometry.iloc[0]
    # GeoJSON keeps seven decimals, a centimetre.
    assert (shape.x, shape.y) == pytest.approx((LON, LAT), abs=2e-7)


def test_a_datum_moves_polygons_with_their_holes(tmp_path: Path) -> None:
    lon, lat = degrees(0, 0)
    ring = Point(lon, lat).buffer(0.01).difference(Point(lon, lat).buffer(0.004))
    moved = shapely.transform(ring, lambda xy: np.column_stack(from_wgs84(xy[:, 0], xy[:, 1], datum="gcj02")))
    path = write(gpd.GeoDataFrame({"code": ["1"]}, geometry=[MultiPolygon([moved])], crs=WGS84), tmp_path / "a.gpkg")
    shape = read(path, datum="gcj02").geometry.iloc[0]
    assert shape.symmetric_difference(ring).area < 1e-9
    assert read(path).geometry.iloc[0].symmetric_difference(ring).area > 1e-5


# Filters


def kept(where: dict[str, tuple[object, ...]], **columns: list[object]) -> list[int]:
    shapes = [at(i, 0) for i in range(len(next(iter(columns.values()))))]
    table = places(shapes, row=list(range(len(shapes))), **columns)
    kept = keep_where(table, where, path=Path("a.csv"))
    assert kept.index.tolist() == kept["row"].tolist(), "what is left of a list keeps its rows"
    return [int(row) for row in kept["row"]]


def test_where_takes_lists_and_wildcards() -> None:
    kinds: list[object] = ["park", "pocket park", "garden", None, "Park"]
    assert kept({"kind": ("park",)}, kind=kinds) == [0, 4]
    assert kept({"kind": ("park", "garden")}, kind=kinds) == [0, 2, 4]
    assert kept({"kind": ("*park",)}, kind=kinds) == [0, 1, 4]
    assert kept({"kind": ("*",)}, kind=kinds) == [0, 1, 2, 3, 4]
    assert kept({"kind": ("zoo",)}, kind=kinds) == []
    assert kept({}, kind=kinds) == [0, 1, 2, 3, 4]


def test_where_takes_all_columns_together() -> None:
    names: list[object] = ["张家花园山城步道", "半山崖步道", "人民路"]
    assert kept({"name": ("*步道*",), "open": ("yes",)}, name=names, open=["yes", "no", "yes"]) == [0]


def test_where_takes_numbers() -> None:
    assert kept({"level": (2,)}, level=[1, 2, 3]) == [1]
    assert kept({"level": (2, 3)}, level=["1", "2", "3"]) == [1, 2]
    assert kept({"level": (2.5,)}, level=[1.0, 2.5, 3.0]) == [1]


def test_where_takes_whole_numbers_also_where_some_are_missing() -> None:
    assert kept({"level": (2,)}, level=[1, 2, None]) == [1]
    assert kept({"level": (2,)}, level=[1.0, 2.0, 3.0]) == [1]


def test_where_takes_yes_and_no() -> None:
    assert kept({"open": (True,)}, open=[True, False, True]) == [0, 2]


@pytest.mark.parametrize("name", ["学校[东区]", "what?", "[", "[a"])
def test_where_means_what_it_says_but_for_the_star(name: str) -> None:
    assert kept({"name": (name,)}, name=[name, "学校东", "whatx"]) == [0]


def test_where_names_a_column_that_is_not_there() -> None:
    with pytest.raises(InputError) as caught:
        kept({"knd": ("a",)}, kind=["a"])
    for lang in LANGUAGES:
        sentence = caught.value.text(lang)
        for word in ("a.csv", "knd", "where", "kind"):
            assert word in sentence


def test_lines_are_read_as_lines(tmp_path: Path) -> None:
    path = write(
        gpd.GeoDataFrame({"name": ["A"]}, geometry=[LineString([(0, 0), (1, 1)])], crs=WGS84), tmp_path / "a.gpkg"
    )
    assert read(path).geom_type.tolist() == ["LineString"]


def test_degrees_that_a_file_calls_metres_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "schools.gpkg"
    gpd.GeoDataFrame(geometry=[Point(106.55, 29.56)], crs=32648).to_file(file)
    with pytest.raises(InputError) as caught:
        read_places(file, columns={}, datum="wgs84")
    assert caught.value.code == "file_degrees_as_metres"
    assert "UTM zone 48N" in str(caught.value)


def test_layers_and_sheets_are_listed_where_there_are_several(tmp_path: Path) -> None:
    for layer in ("a", "b"):
        named(name=["x", "y"]).to_file(tmp_path / "two.gpkg", layer=layer)
    named(name=["x", "y"]).to_file(tmp_path / "one.gpkg")
    (tmp_path / "t.csv").write_text("a\n", encoding="utf-8")
    assert TableFile(tmp_path / "two.gpkg").layers() == ["a", "b"]
    assert TableFile(tmp_path / "one.gpkg").layers() == TableFile(tmp_path / "t.csv").layers() == [None]
    (tmp_path / "bad.gpkg").write_bytes(b"x")
    for name, code in (("bad.gpkg", "file_unreadable"), ("no.gpkg", "file_missing")):
        with pytest.raises(InputError) as caught:
            TableFile(tmp_path / name).layers()
        assert caught.value.code == code


def test_an_archive_whose_directory_is_damaged_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as pack:
        pack.writestr("a.dbf", bytes(100))
    path.write_bytes(path.read_bytes().replace(b"PK\x01\x02", b"PK\x01\x00"))
    with pytest.raises(InputError):
        read_places(path, columns={}, datum="wgs84")


def test_metres_of_a_file_that_names_no_system_need_it_from_the_study(tmp_path: Path) -> None:
    in_metres = gpd.GeoDataFrame({"a": [1]}, geometry=[Point(LON, LAT)], crs=WGS84).to_crs(4545)
    path = write(in_metres.set_crs(WGS84, allow_override=True), tmp_path / "a.geojson")
    with pytest.raises(InputError) as caught:
        read(path)
    assert caught.value.code == "file_metres_unnamed"
    where = PositionChoices(path, crs=pyproj.CRS(4545))
    (point,) = locate(TableFile(path).read().table, columns={}, where=where).table.to_crs(WGS84).geometry
    assert (point.x, point.y) == pytest.approx((LON, LAT), abs=1e-6)


def test_a_parquet_without_shapes_is_not_called_damaged(tmp_path: Path) -> None:
    pd.DataFrame({"name": ["A"]}).to_parquet(tmp_path / "a.parquet")
    with pytest.raises(InputError) as caught:
        read(tmp_path / "a.parquet")
    assert caught.value.code == "file_without_geometry"
