"""Elevation rasters: tiles, CRS, units, voids, and files that are no elevation of the place."""

import zipfile
from pathlib import Path

import numpy as np
import pyproj
import pytest
import rasterio
from tools.oracle import network_of
from worlds.town import CRS, SOUTH, WEST

from cfgeo import InputError
from cfgeo.network.elevation import add_elevation
from cfgeo.network.rasters.heights import heights_at, read_rasters
from cfgeo.network.terrain import check_relief

BOUNDS = (WEST, SOUTH, WEST + 1000, SOUTH + 1000)
X, Y = np.array([100.0, 500.0, 893.0]) + WEST, np.array([500.0, 123.0, 900.0]) + SOUTH


def plane(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return 200 + 0.1 * (x - WEST) - 0.05 * (y - SOUTH)


def write(
    path: Path,
    *,
    west: float = -600,
    east: float = 1600,
    cell: float = 20,
    factor: float = 1,
    unit: str = "",
    **profile: object,
) -> Path:
    """Write a raster of the plane from 600 m south to 600 m north of the land."""
    x = np.arange(west, east, cell) + cell / 2 + WEST
    y = np.arange(1600, -600, -cell) - cell / 2 + SOUTH
    z = plane(*np.meshgrid(x, y)) / factor
    usual = {"driver": "GTiff", "dtype": "float32", "count": 1, "height": len(y), "width": len(x), "crs": CRS}
    at = rasterio.Affine(cell, 0, WEST + west, 0, -cell, SOUTH + 1600)
    with rasterio.open(path, "w", **{**usual, "transform": at, **profile}) as file:
        file.write(z.astype("float32"), 1)
        if unit:
            file.units = (unit,)
    return path


def heights(*paths: Path) -> np.ndarray:
    return heights_at(read_rasters(paths, bounds=BOUNDS, crs=CRS), X, Y, crs=CRS)


@pytest.mark.parametrize("cell", [2, 20, 30, 90])
def test_heights_of_a_plane_are_the_plane(tmp_path: Path, cell: float) -> None:
    np.testing.assert_allclose(heights(write(tmp_path / "a.tif", cell=cell)), plane(X, Y), atol=0.05)


def test_tiles_meet_without_a_seam(tmp_path: Path) -> None:
    west, east = write(tmp_path / "w.tif", east=500), write(tmp_path / "e.tif", west=500)
    np.testing.assert_allclose(heights(west, east), plane(X, Y), atol=1.01)  # half a cell has no neighbour: 10 m × 0.1
    np.testing.assert_allclose(heights(east, west), plane(X, Y), atol=1.01)


def test_a_tile_in_degrees_and_zipped_says_the_same(tmp_path: Path) -> None:
    to_degrees = pyproj.Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)
    lon, lat = to_degrees.transform(WEST + 500, SOUTH + 500)
    name = f"N{int(lat):02}E{int(lon):03}"
    size = 1201
    east, north = np.meshgrid(int(lon) + np.arange(size) / 1200, int(lat) + 1 - np.arange(size) / 1200)
    x, y = pyproj.Transformer.from_crs("EPSG:4326", CRS, always_xy=True).transform(east, north)
    z = np.clip(np.round(plane(x, y)), -400, 8000).astype(">i2")
    (tmp_path / f"{name}.hgt").write_bytes(z.tobytes())
    with zipfile.ZipFile(tmp_path / "tile.zip", "w") as archive:
        archive.write(tmp_path / f"{name}.hgt", f"{name}.hgt")
    for path in (tmp_path / f"{name}.hgt", tmp_path / "tile.zip"):
        np.testing.assert_allclose(heights(path), plane(X, Y), atol=1.5)


@pytest.mark.parametrize(
    ("unit", "factor"), [("ft", 0.3048), ("US survey foot", 1200 / 3937), ("m", 1.0), ("metre", 1.0)]
)
def test_feet_are_converted_to_metres_and_reported(tmp_path: Path, unit: str, factor: float) -> None:
    path = write(tmp_path / "a.tif", factor=factor, unit=unit)
    np.testing.assert_allclose(heights(path), plane(X, Y), atol=0.05)
    street = network_of({1: (0, 0), 2: (100, 0)}, [(10, [1, 2])])
    network = add_elevation(street, [path])
    assert network.edges["climb_m"].iloc[0] == pytest.approx(10, abs=0.1)
    assert ("elevation_feet" in {row["rule"] for row in check_relief(network)}) == (factor != 1)


def test_feet_of_the_vertical_datum_are_feet(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", factor=1200 / 3937, crs=f"{CRS}+6360")  # NAVD88 height (ftUS)
    np.testing.assert_allclose(heights(path), plane(X, Y), atol=0.05)


@pytest.mark.parametrize(("nodata", "void"), [(-9999.0, -9999.0), (None, -32768.0), (None, np.nan)])
def test_voids_are_unknown_and_spoil_nothing_beside(tmp_path: Path, nodata: float | None, void: float) -> None:
    path = write(tmp_path / "a.tif", nodata=nodata)
    with rasterio.open(path, "r+") as file:
        z = file.read(1)
        column, row = int((X[0] - WEST + 600) // 20), int((SOUTH + 1600 - Y[0]) // 20)
        z[row - 2 : row + 3, column - 2 : column + 3] = void
        file.write(z, 1)
    height_m = heights(path)
    assert np.isnan(height_m).tolist() == [True, False, False]
    np.testing.assert_allclose(height_m[1:], plane(X, Y)[1:], atol=0.05)


def test_a_raster_of_another_place_gives_nothing_and_a_finding(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", west=50_000, east=52_000)
    assert read_rasters([path], bounds=BOUNDS, crs=CRS) == []
    network = add_elevation(network_of({1: (0, 0), 2: (100, 0)}, [(10, [1, 2])]), [path])
    assert [row["rule"] for row in check_relief(network)] == ["elevation_elsewhere"]


@pytest.mark.parametrize(
    ("code", "profile"),
    [
        ("elevation_unit", {"unit": "furlong"}),
        ("elevation_implausible", {"factor": 0.01}),  # centimetres
        ("elevation_without_crs", {"crs": None}),
    ],
)
def test_what_cannot_be_heights_in_metres_is_refused(tmp_path: Path, code: str, profile: dict[str, object]) -> None:
    path = write(tmp_path / "a.tif", **profile)
    with pytest.raises(InputError) as caught:
        heights(path)
    assert caught.value.code == code
    for lang in ("zh", "en"):
        assert "a.tif" in caught.value.text(lang)


@pytest.mark.parametrize("codec", ["gbk", "utf-16"])
def test_a_coordinate_system_that_gdal_cannot_read_is_none(tmp_path: Path, codec: str) -> None:
    rows = "\n".join(["200 210 220"] * 3)
    head = "ncols 3\nnrows 3\nxllcorner 500000\nyllcorner 3270000\ncellsize 30"
    (tmp_path / "a.asc").write_text(f"{head}\n{rows}", encoding="utf-8")
    named = pyproj.CRS("EPSG:4545").to_wkt("WKT1_ESRI").replace("CGCS2000_3_Degree_GK_CM_108E", "三度带")
    (tmp_path / "a.prj").write_text(named, encoding=codec)
    with pytest.raises(InputError, match=r"a\.asc") as caught:
        heights(tmp_path / "a.asc")
    assert caught.value.code == "elevation_without_crs"


def test_what_is_no_raster_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_text("no raster")
    (tmp_path / "b.zip").write_text("no zip")
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as archive:
        archive.writestr("readme.txt", "nothing")
    for name, code in (("a.tif", "file_unreadable"), ("b.zip", "file_unreadable"), ("c.zip", "elevation_zip")):
        with pytest.raises(InputError) as caught:
            heights(tmp_path / name)
        assert caught.value.code == code


def degrees_ridge(path: Path, *, along: str, latitude: float) -> tuple[Path, float, float]:
    """Write a ridge one cell wide in cells of a second of arc; return it with their metres, down and across."""
    cell, size = 1 / 3600, 201
    z = np.zeros((size, size), dtype="float32")
    z[(size // 2, slice(None)) if along == "east" else (slice(None), size // 2)] = 100
    at = rasterio.Affine(cell, 0, 106.5, 0, -cell, latitude + size // 2 * cell)
    with rasterio.open(
        path, "w", driver="GTiff", dtype="float32", count=1, height=size, width=size, crs="EPSG:4326", transform=at
    ) as file:
        file.write(z + 50, 1)
    return path, 111_320 * cell, 111_320 * cell * np.cos(np.radians(latitude))


@pytest.mark.parametrize("latitude", [0.0, 30.0, 60.0])
@pytest.mark.parametrize("along", ["east", "north"])
def test_smoothing_is_as_wide_to_the_north_as_to_the_east(tmp_path: Path, along: str, latitude: float) -> None:
    """A ridge one cell wide becomes a bell: its height over that of the next cell says how wide the bell is."""
    path, down_m, across_m = degrees_ridge(tmp_path / "a.tif", along=along, latitude=latitude)
    cell_m = down_m if along == "east" else across_m
    middle = (106.5 + 100.5 / 3600, latitude - 0.5 / 3600)
    next_ = (middle[0], middle[1] - 2 / 3600) if along == "east" else (middle[0] + 2 / 3600, middle[1])
    west, east = middle[0] - 0.004, middle[0] + 0.004
    rasters = read_rasters([path], bounds=(west, middle[1] - 0.004, east, middle[1] + 0.004), crs="EPSG:4326")
    top, beside = heights_at(rasters, *np.transpose([middle, next_]), crs="EPSG:4326") - 50
    sigma_m = 2 * cell_m / np.sqrt(2 * np.log(top / beside))
    assert sigma_m == pytest.approx(30, rel=0.03)


@pytest.mark.parametrize("degrees", [0, 20, 45, 90, 200])
def test_a_turned_grid_says_the_same(tmp_path: Path, degrees: float) -> None:
    turn = rasterio.Affine.rotation(degrees)
    at = rasterio.Affine.translation(WEST + 500, SOUTH + 500) @ turn @ rasterio.Affine.scale(20, -20)
    at @= rasterio.Affine.translation(-80, -80)
    column, row = np.meshgrid(np.arange(160) + 0.5, np.arange(160) + 0.5)
    x, y = at.a * column + at.b * row + at.c, at.d * column + at.e * row + at.f
    with rasterio.open(
        tmp_path / "a.tif", "w", driver="GTiff", dtype="float32", count=1, height=160, width=160, crs=CRS, transform=at
    ) as file:
        file.write(plane(x, y).astype("float32"), 1)
    np.testing.assert_allclose(heights(tmp_path / "a.tif"), plane(X, Y), atol=0.05)


SHEARED = rasterio.Affine(20, 8, WEST - 600, 0, -20, SOUTH + 1600)
FLAT = rasterio.Affine(20, 40, WEST, 10, 20, SOUTH)


@pytest.mark.parametrize(
    ("code", "profile"),
    [
        ("elevation_complex", {"dtype": "complex64"}),
        ("elevation_complex", {"dtype": "complex_int16"}),
        ("elevation_picture", {"count": 3, "dtype": "uint8", "photometric": "RGB"}),
        ("elevation_picture", {"count": 4, "dtype": "uint8", "photometric": "RGB", "alpha": "YES"}),
        ("elevation_bands", {"count": 2}),
        ("elevation_bands", {"count": 3}),
        ("elevation_without_crs", {"crs": None}),
        ("elevation_without_place", {"transform": None}),
        ("elevation_without_place", {"transform": FLAT}),
        ("elevation_sheared", {"transform": SHEARED}),
    ],
)
@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")  # while it is written
def test_what_is_no_grid_of_heights_is_refused_by_name(
    tmp_path: Path, code: str, profile: dict[str, object], recwarn: pytest.WarningsRecorder
) -> None:
    path = write(tmp_path / "land.tif", **profile)
    recwarn.clear()
    with pytest.raises(InputError, match=r"land\.tif") as caught:
        heights(path)
    assert caught.value.code == code
    assert not recwarn.list


def test_a_palette_is_a_picture(tmp_path: Path) -> None:
    path = write(tmp_path / "land.tif", dtype="uint8")
    with rasterio.open(path, "r+") as file:
        file.write_colormap(1, {value: (value, 0, 0, 255) for value in range(256)})
    with pytest.raises(InputError) as caught:
        heights(path)
    assert caught.value.code == "elevation_picture"


def test_a_band_of_transparency_is_no_second_band_of_heights(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", count=2, alpha="YES")
    with rasterio.open(path, "r+") as file:
        file.write(np.full(file.shape, 255, dtype="float32"), 2)
    np.testing.assert_allclose(heights(path), plane(X, Y), atol=0.05)


def doubts(path: Path) -> list[tuple[str, str]]:
    (raster,) = read_rasters([path], bounds=BOUNDS, crs=CRS)
    return [(row["rule"], row["row"]) for row in raster.findings]


@pytest.mark.parametrize("name", ["Slope.tif", "渝中坡度.tif", "aspect_30m.tif", "hillshade.tif", "山体阴影.tif"])
def test_what_is_made_from_heights_is_doubted_by_its_name(tmp_path: Path, name: str) -> None:
    assert doubts(write(tmp_path / name)) == [("elevation_derived", name)]


def test_bytes_are_doubted(tmp_path: Path) -> None:
    assert doubts(write(tmp_path / "a.tif", factor=2, dtype="uint8")) == [("elevation_bytes", "a.tif")]
    assert doubts(write(tmp_path / "b.tif")) == doubts(write(tmp_path / "c.tif", dtype="int16")) == []


def test_heights_of_the_wrong_sign_are_doubted(tmp_path: Path) -> None:
    assert doubts(write(tmp_path / "a.tif", factor=-1)) == [("elevation_below_sea", "a.tif")]


def test_cells_larger_than_a_street_is_long_are_doubted(tmp_path: Path) -> None:
    """What is flattened would only make walks faster; cells of three seconds are usual."""
    assert doubts(write(tmp_path / "a.tif", cell=110)) == [("elevation_coarse", "a.tif")]
    assert doubts(write(tmp_path / "b.tif", cell=93)) == []


@pytest.mark.parametrize("factor", [1e9, 1000])
def test_heights_without_relief_are_doubted(tmp_path: Path, factor: float) -> None:
    """A blank raster, and kilometres."""
    assert doubts(write(tmp_path / "a.tif", factor=factor)) == [("elevation_level", "a.tif")]
    assert doubts(write(tmp_path / "b.tif", factor=10)) == []  # 20 m over 2 km: a plain


def test_heights_as_steep_as_no_town_are_doubted(tmp_path: Path) -> None:
    """Decimetres; 40 feet a hundred are still a mountain village."""
    assert doubts(write(tmp_path / "a.tif", factor=0.1)) == [("elevation_steep", "a.tif")]
    assert doubts(write(tmp_path / "b.tif", factor=0.3)) == []


@pytest.mark.parametrize("fill", [0, -1, -99, -9999, -32768])
@pytest.mark.parametrize("cell", [1, 20])
def test_an_undeclared_void_is_unknown_and_lowers_nothing_beside(tmp_path: Path, fill: float, cell: float) -> None:
    path = write(tmp_path / "a.tif", cell=cell)
    with rasterio.open(path, "r+") as file:
        z = file.read(1)
        rows = file.height
        z[rows // 2 : rows // 2 + round(200 / cell), :] = fill  # 200 m from west to east
        file.write(z, 1)
    (raster,) = read_rasters([path], bounds=BOUNDS, crs=CRS)
    at = np.array([500.0, 500.0]) + WEST, np.array([400.0, 800.0]) + SOUTH
    inside, outside = heights_at([raster], *at, crs=CRS)
    assert np.isnan(inside)
    assert outside == pytest.approx(plane(at[0], at[1])[1], abs=0.1)
    assert [row["rule"] for row in raster.findings] == (["elevation_fill"] if fill > -1000 else [])


def test_a_raster_without_end_is_not_read(tmp_path: Path) -> None:
    """Cells of a millimetre: a small file may claim a million times a million of them."""
    path = tmp_path / "a.tif"
    sparse = {"sparse_ok": True, "tiled": True, "blockxsize": 8192, "blockysize": 8192, "dtype": "uint8", "count": 1}
    at = rasterio.Affine(0.005, 0, WEST, 0, -0.005, SOUTH + 1000)
    with rasterio.open(
        path, "w", driver="GTiff", height=200_000, width=200_000, crs=CRS, transform=at, bigtiff="YES", **sparse
    ):
        pass
    with pytest.raises(InputError) as caught:
        heights(path)
    assert caught.value.code == "elevation_vast"


def test_the_sea_is_no_void(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif")
    with rasterio.open(path, "r+") as file:
        file.write(np.maximum(file.read(1) - 230, 0), 1)
    assert doubts(path) == []


def test_one_void_in_a_fine_raster_lowers_no_mean(tmp_path: Path) -> None:
    """25 cells of 1 m make one of 5 m: GDAL's mean of 24 heights and −9999 would be some hundred metres lower."""
    path = write(tmp_path / "a.tif", cell=1)
    with rasterio.open(path, "r+") as file:
        z = file.read(1)
        z[::7, ::7] = -9999
        file.write(z, 1)
    np.testing.assert_allclose(heights(path), plane(X, Y), atol=0.1)


@pytest.mark.shared
def test_monacos_zipped_tile_covers_it(shared_data: Path) -> None:
    raster = shared_data / "monaco" / "N43E007.hgt.zip"
    lon, lat = np.array([7.4246, 7.4197]), np.array([43.7384, 43.7314])  # above the harbour, and the Rock
    height_m = heights_at(
        read_rasters([raster], bounds=(7.40, 43.72, 7.44, 43.75), crs="EPSG:4326"), lon, lat, crs="EPSG:4326"
    )
    assert ((height_m > 0) & (height_m < 170)).all()
