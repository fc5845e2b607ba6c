"""Words whose encoding nobody says."""

import zipfile
from pathlib import Path

import geopandas as gpd
import pytest
from shapely import Point
from worlds.studies import WGS84

from cfgeo.files.encoding import GUESSES, encoding_of, shapefile_encoding

WORDS = "渝中区人民小学"


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (WORDS.encode(), "utf-8-sig"),
        (WORDS.encode("utf-8-sig"), "utf-8-sig"),
        (WORDS.encode("gbk"), "gb18030"),
        (b"plain", "utf-8-sig"),
        (b"\xff\xff,1", None),
    ],
)
def test_the_first_encoding_that_fits_is_taken(body: bytes, encoding: str | None) -> None:
    assert encoding_of(body) == encoding
    assert encoding is None or encoding in GUESSES


@pytest.fixture
def shapefile(tmp_path: Path) -> Path:
    """Return a Shapefile in GBK that does not say so, in a folder with signs that globs read."""
    path = tmp_path / "[1]学校.shp"
    gpd.GeoDataFrame({"名称": [WORDS]}, geometry=[Point(0, 0)], crs=WGS84).to_file(path, encoding="GBK")
    path.with_suffix(".cpg").unlink()
    return path


def test_a_shapefile_is_judged_by_its_headings_and_words(shapefile: Path) -> None:
    assert shapefile_encoding(shapefile) == "gb18030"
    shapefile.with_suffix(".CPG").write_text("GBK")
    assert shapefile_encoding(shapefile) is None
    assert shapefile_encoding(shapefile.with_name("no.shp")) is None


def test_a_damaged_archive_is_left_to_gdal(shapefile: Path, tmp_path: Path) -> None:
    table = shapefile.with_suffix(".dbf")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as pack:
        pack.write(table, "a.dbf")
    body = (tmp_path / "a.zip").read_bytes()
    assert shapefile_encoding(tmp_path / "a.zip") == "gb18030"
    (tmp_path / "a.zip").write_bytes(body.replace(WORDS.encode("gbk"), b"?" * 14))
    assert shapefile_encoding(tmp_path / "a.zip") is None
    (tmp_path / "a.zip").write_bytes(body[: len(body) // 2])
    assert shapefile_encoding(tmp_path / "a.zip") is None


def test_a_table_cut_short_has_no_encoding(shapefile: Path) -> None:
    table = shapefile.with_suffix(".dbf")
    table.write_bytes(table.read_bytes()[:20])
    assert shapefile_encoding(shapefile) is None
