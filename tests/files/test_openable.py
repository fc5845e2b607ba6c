"""No file opens a connection or sends its reader elsewhere, and nothing waits for what never ends."""

import json
import os
import socket
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
from worlds.listener import Listener, listening

from cfgeo.core.errors import InputError
from cfgeo.files.openable import require_file
from cfgeo.files.read import TableFile

POINT = {"type": "Feature", "properties": {"name": "校"}, "geometry": {"type": "Point", "coordinates": [106.5, 29.5]}}


@pytest.fixture
def server() -> Iterator[Listener]:
    with listening() as listener:
        yield listener


def collection(**more: Any) -> str:
    return json.dumps({"type": "FeatureCollection", **more, "features": [POINT]})


def ogr_vrt(url: str) -> str:
    source = f"<SrcDataSource>/vsicurl/{url}/a.geojson</SrcDataSource>"
    return f'<OGRVRTDataSource><OGRVRTLayer name="a">{source}</OGRVRTLayer></OGRVRTDataSource>'


def wfs(url: str) -> str:
    return f"<OGRWFSDataSource><URL>{url}/wfs?</URL></OGRWFSDataSource>"


def capabilities(url: str) -> str:
    get = f'<ows:DCP><ows:HTTP><ows:Get xlink:href="{url}/wfs?"/></ows:HTTP></ows:DCP>'
    operations = "".join(
        f'<ows:Operation name="{name}">{get}</ows:Operation>' for name in ("GetFeature", "DescribeFeatureType")
    )
    return (
        '<?xml version="1.0"?><wfs:WFS_Capabilities version="1.1.0" xmlns:wfs="http://www.opengis.net/wfs" '
        'xmlns:ows="http://www.opengis.net/ows" xmlns:xlink="http://www.w3.org/1999/xlink">'
        f"<ows:OperationsMetadata>{operations}</ows:OperationsMetadata><FeatureTypeList><FeatureType><Name>a</Name>"
        "<DefaultSRS>EPSG:4326</DefaultSRS></FeatureType></FeatureTypeList></wfs:WFS_Capabilities>"
    )


def pipeline(url: str) -> str:
    return json.dumps({"type": "gdal_streamed_alg", "command_line": f"gdal vector pipeline ! read {url}/a.geojson"})


def raster_vrt(url: str) -> str:
    source = f"<SourceFilename>/vsicurl/{url}/a.tif</SourceFilename>"
    return f'<VRTDataset rasterXSize="4" rasterYSize="4"><VRTRasterBand>{source}</VRTRasterBand></VRTDataset>'


def vrt_in_a_property(url: str) -> str:
    """A GeoJSON to people, an OGR VRT to GDAL: it looks for the mark anywhere in the beginning."""
    return collection(note=ogr_vrt(url).replace('"', "'"))


@pytest.mark.parametrize(
    "name", ["c.geojson", "c.json", "c.gpkg", "c.kml", "c.kmz", "c.gml", "c.shp", "c.fgb", "c.tab"]
)
@pytest.mark.parametrize("disguise", [ogr_vrt, wfs, capabilities, pipeline, raster_vrt, vrt_in_a_property])
def test_what_only_says_where_data_is_is_refused_under_any_ending(
    server: Listener, tmp_path: Path, name: str, disguise: Callable[[str], str]
) -> None:
    (tmp_path / name).write_text(disguise(server.address), encoding="utf-8")
    for suffix in (".shx", ".dbf"):
        (tmp_path / f"c{suffix}").touch()
    for ask in (TableFile.read, TableFile.layers):
        with pytest.raises(InputError) as caught:
            ask(TableFile(tmp_path / name))
        assert caught.value.code in {"file_elsewhere", "file_unreadable"}


@pytest.mark.parametrize("member", ["a.vrt", "a.geojson", "a.kml", "a.xml", "a.gdalg.json"])
@pytest.mark.parametrize("others", [[], ["liesmich.txt"]])
@pytest.mark.parametrize("ending", ["zip", "kmz"])
def test_a_disguise_in_an_archive_is_refused(
    server: Listener, tmp_path: Path, member: str, others: list[str], ending: str
) -> None:
    path = tmp_path / f"c.{ending}"
    with zipfile.ZipFile(path, "w") as pack:
        pack.writestr(member, pipeline(server.address) if "gdalg" in member else ogr_vrt(server.address))
        for other in others:
            pack.writestr(other, "")
    with pytest.raises(InputError):
        TableFile(path).read()


@pytest.mark.parametrize(
    "crs",
    [
        {"type": "link", "properties": {"href": "URL/crs", "type": "proj4"}},
        {"type": "URL", "properties": {"url": "URL/crs"}},
        {"properties": {"href": "URL/crs"}, "type": "link"},
    ],
)
@pytest.mark.parametrize("place", ["collection", "geometry", "escaped"])
def test_a_crs_that_is_an_address_is_refused(server: Listener, tmp_path: Path, crs: dict[str, Any], place: str) -> None:
    shape = POINT["geometry"]
    text = collection(crs=crs)
    if place == "geometry":
        text = json.dumps({**POINT, "geometry": {**shape, "crs": crs}})  # type: ignore[dict-item]
    if place == "escaped":
        text = text.replace('"crs"', '"c\\u0072s"')
    (tmp_path / "c.geojson").write_text(text.replace("URL", server.address), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        TableFile(tmp_path / "c.geojson").read()
    assert caught.value.code == "file_elsewhere"


@pytest.mark.parametrize(
    "name", ["urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326", "http://www.opengis.net/def/crs/EPSG/0/4326"]
)
def test_a_crs_by_its_name_is_read(tmp_path: Path, name: str) -> None:
    text = collection(crs={"type": "name", "properties": {"name": name}}, website="https://example.org")
    (tmp_path / "c.geojson").write_text("\ufeff\n" + text, encoding="utf-8")
    assert len(TableFile(tmp_path / "c.geojson").read().table) == 1


KML = (
    '<?xml version="1.0"?>{doctype}<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{more}<Placemark>'
    "<name>{name}</name><Point><coordinates>106.5,29.5</coordinates></Point></Placemark></Document></kml>"
)


def kml(*, doctype: str = "", more: str = "", name: str = "校") -> str:
    return KML.format(doctype=doctype, more=more, name=name)


@pytest.mark.parametrize(
    "more",
    [
        "<NetworkLink><Link><href>URL/a.kml</href></Link></NetworkLink>",
        '<Style id="s"><IconStyle><Icon><href>URL/i.png</href></Icon></IconStyle></Style>',
        "<GroundOverlay><Icon><href>URL/i.png</href></Icon></GroundOverlay>",
    ],
)
@pytest.mark.parametrize("ending", ["kml", "kmz"])
def test_links_in_a_kml_are_not_followed(server: Listener, tmp_path: Path, more: str, ending: str) -> None:
    text = kml(more=more).replace("URL", server.address)
    path = tmp_path / f"c.{ending}"
    if ending == "kml":
        path.write_text(text, encoding="utf-8")
    else:
        with zipfile.ZipFile(path, "w") as pack:
            pack.writestr("doc.kml", text)
    assert "校" in set(TableFile(path).read().table["name"])


def test_an_entity_reads_no_other_file(server: Listener, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("geheim", encoding="utf-8")
    for target in (f"{server.address}/e", (tmp_path / "secret.txt").as_uri()):
        text = kml(doctype=f'<!DOCTYPE kml [<!ENTITY e SYSTEM "{target}">]>', name="&e;")
        (tmp_path / "c.kml").write_text(text, encoding="utf-8")
        with pytest.raises(InputError):
            TableFile(tmp_path / "c.kml").read()


@pytest.mark.parametrize("ending", ["kml", "gml"])
def test_entities_that_multiply_end_soon(tmp_path: Path, ending: str) -> None:
    lines = ['<!ENTITY a "aaaaaaaaaaaaaaaaaaaa">']
    lines += [f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)]
    text = kml(doctype=f"<!DOCTYPE kml [{''.join(lines)}]>", name="&j;")
    (tmp_path / f"c.{ending}").write_text(text.replace("<kml", '<kml xmlns:gml="http://www.opengis.net/gml"'))
    with pytest.raises(InputError):
        TableFile(tmp_path / f"c.{ending}").read()


def test_the_schema_that_a_gml_names_is_not_fetched(server: Listener, tmp_path: Path) -> None:
    ask = "SERVICE=WFS&amp;VERSION=1.0.0&amp;REQUEST=DescribeFeatureType&amp;TYPENAME=a"
    text = (
        '<?xml version="1.0"?><wfs:FeatureCollection xmlns:gml="http://www.opengis.net/gml" '
        'xmlns:wfs="http://www.opengis.net/wfs" xmlns:xlink="http://www.w3.org/1999/xlink" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        f'xsi:schemaLocation="http://x {server.address}/wfs?{ask}"><gml:featureMember><a fid="1"><g><gml:Point '
        f'srsName="EPSG:4326"><gml:coordinates>106.5,29.5</gml:coordinates></gml:Point></g><name xlink:href='
        f'"{server.address}/b#x">校</name></a></gml:featureMember></wfs:FeatureCollection>'
    )
    (tmp_path / "c.gml").write_text(text, encoding="utf-8")
    assert len(TableFile(tmp_path / "c.gml").read().table) == 1


@pytest.mark.parametrize("depth", [5_000, 200_000])
def test_json_nested_deep_is_an_error(tmp_path: Path, depth: int) -> None:
    text = collection().replace('"\\u6821"', "[" * depth + "]" * depth)
    (tmp_path / "c.geojson").write_text(text, encoding="utf-8")
    with pytest.raises(InputError):
        TableFile(tmp_path / "c.geojson").read()


@pytest.mark.parametrize("name", ["c.geojson", "c.gpkg", "c.fgb", "c.shp"])
def test_a_file_of_its_own_kind_is_read(tmp_path: Path, name: str) -> None:
    table = gpd.GeoDataFrame({"name": ["a"]}, geometry=[shapely.Point(106.5, 29.5)], crs="EPSG:4326")
    table.to_file(tmp_path / name)
    assert len(TableFile(tmp_path / name).read().table) == 1
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as pack:
        for file in tmp_path.glob("c.*"):
            pack.write(file, file.name)
    assert len(TableFile(tmp_path / "all.zip").read().table) == 1


def test_what_macos_packs_beside_a_file_is_no_file(tmp_path: Path) -> None:
    gpd.GeoDataFrame({"name": ["a"]}, geometry=[shapely.Point(106.5, 29.5)], crs="EPSG:4326").to_file(
        tmp_path / "c.shp"
    )
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as pack:
        for file in tmp_path.glob("c.*"):
            pack.write(file, file.name)
            pack.writestr(f"__MACOSX/._{file.name}", b"\0\x05\x16\x07")
    assert len(TableFile(tmp_path / "all.zip").read().table) == 1


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
@pytest.mark.parametrize("name", ["a.csv", "a.xlsx", "a.geojson", "a.parquet", "a.zip", "a.shp"])
def test_a_pipe_is_an_error_at_once(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    for ask in (TableFile.read, TableFile.read_rows, TableFile.layers):
        with pytest.raises(InputError, match="no plain file"):
            ask(TableFile(tmp_path / name))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_beside_a_shapefile_is_an_error_at_once(tmp_path: Path) -> None:
    gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.Point(1, 2)], crs="EPSG:4326").to_file(tmp_path / "a.shp")
    (tmp_path / "a.dbf").unlink()
    os.mkfifo(tmp_path / "a.dbf")
    with pytest.raises(InputError, match="no plain file"):
        TableFile(tmp_path / "a.shp").read()


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="there are no devices here")
def test_devices_sockets_and_folders_are_no_files(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no plain file"):
        require_file(Path("/dev/zero"))
    with socket.socket(socket.AF_UNIX) as own:
        own.bind(str(tmp_path / "s"))
        with pytest.raises(InputError, match="no plain file"):
            require_file(tmp_path / "s")
    for path, code in (
        (tmp_path, "file_is_folder"),
        (tmp_path / "x", "file_missing"),
        (Path("a\0b"), "file_unreadable"),
    ):
        with pytest.raises(InputError) as caught:
            require_file(path)
        assert caught.value.code == code


@pytest.mark.parametrize("ending", ["fgb", "gpkg"])
def test_a_file_of_another_format_is_refused_by_its_own_name(tmp_path: Path, ending: str) -> None:
    """It is in no encoding, so a copy is looked at; nobody would find that."""
    places = gpd.GeoDataFrame({"名称": ["校"]}, geometry=[shapely.Point(106.5, 29.5)], crs=4326)
    places.to_file(tmp_path / f"a.{ending}")
    path = (tmp_path / f"a.{ending}").rename(tmp_path / "b.geojson")
    with pytest.raises(InputError) as error:
        TableFile(path).read()
    assert str(error.value).startswith(f"{path} ")


KML_BODY = b"<?xml version='1.0'?>\n<!-- a map -->\n<kml xmlns='http://www.opengis.net/kml/2.2'><Document/></kml>"


@pytest.mark.parametrize("name", ["schools.csv", "schools.txt", "schools.xlsx"])
@pytest.mark.parametrize(
    ("body", "kind", "ending"),
    [
        (KML_BODY, "KML", ".kml"),
        (b"\xef\xbb\xbf<gml:FeatureCollection/>", "GML", ".gml"),
        (b"<osm version='0.6'/>", "OpenStreetMap", ".osm"),
        (collection().encode(), "GeoJSON", ".geojson"),
        (b'Version 300\nCharset "Neutral"\nColumns 1\n', "MapInfo MIF", ".mif"),
        (b"SQLite format 3\0" + bytes(84), "GeoPackage", ".gpkg"),
        (b"<gpx version='1.1'/>", "GPX", ""),
        (b"  0\r\nSECTION\r\n  2\r\nHEADER\r\n", "DXF", ""),
        (b"999\nmade by a program\n0\nSECTION\n", "DXF", ""),
        (b"AC1015\0\0\0", "DWG", ""),
        (b"%PDF-1.7\n", "PDF", ""),
    ],
)
def test_a_map_under_the_name_of_a_table_is_named(
    tmp_path: Path, name: str, body: bytes, kind: str, ending: str
) -> None:
    path = tmp_path / name
    path.write_bytes(body)
    with pytest.raises(InputError, match=f"{kind} file in truth") as error:
        TableFile(path).read()
    assert error.value.values["kind"] == kind
    assert error.value.values.get("ending", "") == ending


@pytest.mark.parametrize("first", ["0,1", "<name>,lon", "version,lon", '"{type}",lon', "kml,lon"])
def test_a_table_with_odd_headings_is_a_table(tmp_path: Path, first: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"{first}\n5,6\n", encoding="utf-8")
    assert len(TableFile(path).read().table) == 1
