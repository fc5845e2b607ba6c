"""No raster opens a connection or another file, and the kept network knows each file that a raster is made of."""

import json
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import rasterio
from worlds.listener import Listener, listening
from worlds.town import CRS, SOUTH, WEST

from cfgeo import InputError
from cfgeo.core.hashes import file_sha256
from cfgeo.network.rasters.heights import heights_at, read_rasters

BOUNDS = (WEST, SOUTH, WEST + 1000, SOUTH + 1000)


@pytest.fixture
def server() -> Iterator[Listener]:
    with listening() as listener:
        yield listener


def write(path: Path) -> Path:
    """Write level land at 300 m in cells of 2 m, which are read at a coarser size."""
    at = rasterio.Affine(2, 0, WEST - 200, 0, -2, SOUTH + 1200)
    with rasterio.open(
        path, "w", driver="GTiff", dtype="float32", count=1, height=700, width=700, crs=CRS, transform=at
    ) as file:
        file.write(np.full((700, 700), 300, dtype="float32"), 1)
    return path


def height(path: Path) -> float:
    rasters = read_rasters([path], bounds=BOUNDS, crs=CRS)
    return float(heights_at(rasters, np.array([WEST + 500]), np.array([SOUTH + 500]), crs=CRS)[0])


def vrt(url: str) -> str:
    source = f"<SimpleSource><SourceFilename>/vsicurl/{url}/a.tif</SourceFilename><SourceBand>1</SourceBand>"
    band = f'<VRTRasterBand dataType="Float32" band="1">{source}</SimpleSource></VRTRasterBand>'
    return f'<VRTDataset rasterXSize="700" rasterYSize="700">{band}</VRTDataset>'


def wms(url: str) -> str:
    return f'<GDAL_WMS><Service name="TMS"><ServerUrl>{url}/${{z}}/${{x}}</ServerUrl></Service></GDAL_WMS>'


def wmts(url: str) -> str:
    return f"<GDAL_WMTS><GetCapabilitiesUrl>{url}/wmts</GetCapabilitiesUrl></GDAL_WMTS>"


def wcs(url: str) -> str:
    return f"<WCS_GDAL><ServiceURL>{url}/wcs?</ServiceURL><CoverageName>a</CoverageName></WCS_GDAL>"


def stac(url: str) -> str:
    asset = {"href": f"{url}/a.tif", "type": "image/tiff"}
    return json.dumps({"type": "Feature", "stac_version": "1.0.0", "assets": {"a": asset}})


@pytest.mark.parametrize("ending", ["tif", "tiff", "hgt", "asc", "img", "dt2"])
@pytest.mark.parametrize("disguise", [vrt, wms, wmts, wcs, stac], ids=lambda function: function.__name__)
def test_what_only_says_where_heights_are_is_refused(server: Listener, tmp_path: Path, ending: str, disguise) -> None:
    path = tmp_path / f"land.{ending}"
    path.write_text(disguise(server.address), encoding="utf-8")
    with pytest.raises(InputError, match=rf"land\.{ending}"):
        height(path)
    with zipfile.ZipFile(tmp_path / "land.zip", "w") as pack:
        pack.write(path, path.name)
    with pytest.raises(InputError, match=r"land\.zip"):
        height(tmp_path / "land.zip")


def test_a_vrt_is_refused_with_what_to_write_instead(server: Listener, tmp_path: Path) -> None:
    (tmp_path / "land.vrt").write_text(vrt(server.address), encoding="utf-8")
    with pytest.raises(InputError, match="List those rasters themselves") as caught:
        height(tmp_path / "land.vrt")
    assert caught.value.code == "elevation_vrt"


@pytest.mark.parametrize("side", ["land.tif.ovr", "land.tif.msk", "LAND.TIF.OVR"])
def test_a_file_beside_a_raster_sends_it_nowhere(server: Listener, tmp_path: Path, side: str) -> None:
    path = write(tmp_path / "land.tif")
    (tmp_path / side).write_text(vrt(server.address), encoding="utf-8")
    with pytest.raises(InputError, match=r"(?i)land\.tif"):
        height(path)
    with zipfile.ZipFile(tmp_path / "land.zip", "w") as pack:
        pack.write(path, path.name)
        pack.write(tmp_path / side, side)
    with pytest.raises(InputError, match=r"land\.zip"):
        height(tmp_path / "land.zip")


@pytest.mark.parametrize("inside", [False, True], ids=["beside", "inside"])
def test_overviews_are_taken_from_nowhere_else(server: Listener, tmp_path: Path, inside: bool) -> None:
    path, link = write(tmp_path / "land.tif"), f"/vsicurl/{server.address}/o.tif"
    if inside:
        with rasterio.open(path, "r+") as file:
            file.update_tags(ns="OVERVIEWS", OVERVIEW_FILE=link)
    else:
        item = f'<Metadata domain="OVERVIEWS"><MDI key="OVERVIEW_FILE">{link}</MDI></Metadata>'
        (tmp_path / "land.tif.aux.xml").write_text(f"<PAMDataset>{item}</PAMDataset>", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        height(path)
    assert caught.value.code == "file_elsewhere"


def test_overviews_of_its_own_are_no_fault(tmp_path: Path) -> None:
    path = write(tmp_path / "land.tif")
    with rasterio.Env(TIFF_USE_OVR=True), rasterio.open(path, "r+") as file:
        file.build_overviews([2, 4])
    assert (tmp_path / "land.tif.ovr").exists()
    assert height(path) == pytest.approx(300)


def test_another_format_is_refused_with_those_that_are_read(tmp_path: Path) -> None:
    (tmp_path / "land.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(InputError, match=r"\.tif"):
        height(tmp_path / "land.png")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_is_no_raster(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "land.tif")
    with pytest.raises(InputError, match="no plain file"):
        height(tmp_path / "land.tif")


@pytest.mark.parametrize(
    "side", ["land.tfw", "land.prj", "land.TFW", "land.tif.aux.xml", "land.aux.xml", "land.tif.ovr", "land.tif.msk"]
)
def test_the_hash_of_a_raster_counts_the_files_beside_it(tmp_path: Path, side: str) -> None:
    """The kept network goes by this hash: it must be made anew when one of them changes."""
    path = write(tmp_path / "land.tif")
    hashes = [file_sha256(path)]
    for content in ("1", "2"):
        (tmp_path / side).write_text(content, encoding="utf-8")
        hashes.append(file_sha256(path))
    (tmp_path / "land.txt").touch()
    (tmp_path / "other.tfw").touch()
    assert len({*hashes, file_sha256(path)}) == 3
