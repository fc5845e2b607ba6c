"""Relief for maps: where it is dark, what is level, and where a river lies."""

from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely

from cfgeo.files.osm.features import read_features
from cfgeo.network.rasters.heights import read_extents
from cfgeo.network.rasters.relief import Relief, contours_of, low_flat_land, relief_extents, relief_of, shade_of

CELL_M, SIZE = 10.0, 200
BOUNDS = (0.0, 0.0, SIZE * CELL_M, SIZE * CELL_M)
X, Y = np.meshgrid((np.arange(SIZE) + 0.5) * CELL_M, (SIZE - np.arange(SIZE) - 0.5) * CELL_M)


def relief(z: np.ndarray) -> Relief:
    return Relief(BOUNDS, z, z, CELL_M)


def valley() -> np.ndarray:
    """Return a river 300 m wide from west to east, 150 m up, between slopes of 20 %."""
    return 150.0 + 0.2 * np.maximum(np.abs(Y - 1000.0) - 150.0, 0.0)


def test_level_land_has_no_shade_and_slopes_face_the_light_or_not() -> None:
    assert (shade_of(relief(np.full((SIZE, SIZE), 200.0))) == 0).all()
    to_the_north_west = shade_of(relief(200 - 0.2 * (Y - X)))
    to_the_south_east = shade_of(relief(200 + 0.2 * (Y - X)))
    assert to_the_north_west[50, 50] > 0.3
    assert to_the_south_east[50, 50] < -0.3


def test_where_nothing_is_known_there_is_no_shade_and_no_contour() -> None:
    z = 100 + 0.1 * X
    z[:, 100:] = np.nan
    assert (shade_of(relief(z))[:, 110:] == 0).all()
    lines, interval = contours_of(relief(z))
    assert interval == 10.0
    assert shapely.bounds(lines)[:, 2].max() < 1000.0
    assert len(lines) == 9, "110 m to 190 m"


@pytest.mark.parametrize("wide_m", [2_000.0, 20_000.0])
def test_bounds_are_plain_numbers(wide_m: float) -> None:
    """Parts of a page are kept by the letters of what they are drawn from; a number of numpy's has others."""
    (extent, _) = relief_extents((0.0, 0.0, wide_m, 11_000.0))
    assert {type(edge) for edge in extent.bounds} == {float}


def test_a_river_is_found_between_slopes_and_not_where_houses_stand() -> None:
    water = shapely.union_all(low_flat_land(relief(valley()), []))
    river = shapely.box(0, 850, 2000, 1150)
    assert water.intersection(river).area / water.union(river).area > 0.85
    house = shapely.box(950, 970, 1010, 1030)
    around = shapely.union_all(low_flat_land(relief(valley()), [house]))
    assert around.intersection(house).area < 0.2 * house.area


def test_a_narrow_river_is_found_in_a_coarse_raster() -> None:
    """An SRTM raster shows hardly more than one level cell across the Jialing: the others hang on the banks."""
    rng = np.random.default_rng(7)
    coarse = 150.0 + 0.2 * np.maximum(np.abs(np.arange(67) * 30.0 - 990.0) - 40.0, 0.0)
    z = np.repeat(np.repeat(np.round(coarse[:, None] + np.zeros(67)), 3, axis=0), 3, axis=1)[:SIZE, :SIZE]
    z[np.abs(z - 150.0) > 8.0] += rng.integers(0, 5, (z.shape))[np.abs(z - 150.0) > 8.0]
    water = shapely.union_all(low_flat_land(relief(z), []))
    middle = shapely.LineString([(0, 1000), (2000, 1000)])
    assert water.intersection(middle).length == pytest.approx(2000.0)
    assert water.area < 2000 * 240


@pytest.mark.parametrize(("middle_m", "found"), [(75.0, True), (995.0, False)])
def test_water_that_the_raster_cuts_off_may_be_smaller(middle_m: float, found: bool) -> None:
    """Fifteen hectares at the border are a part of something; in the midst they may be any level place."""
    aside = np.maximum(np.abs(X - 1000.0) - 500.0, 0.0) + np.maximum(np.abs(Y - middle_m) - 74.0, 0.0)
    assert (aside == 0).sum() * CELL_M**2 == pytest.approx(150_000)
    assert (len(low_flat_land(relief(100.0 + 0.3 * aside), [])) > 0) == found


@pytest.mark.shared
def test_every_bridge_of_yuzhong_crosses_water_that_its_raster_shows(shared_data: Path) -> None:
    folder = shared_data / "yuzhong"
    window, crs = (643_000, 3_266_000, 655_000, 3_274_000), "EPSG:32648"
    rasters = read_extents([folder / "elevation_30m.tif"], relief_extents(window), crs=crs)
    found = relief_of(rasters, window=window, crs=crs)
    assert found is not None
    water = shapely.union_all(low_flat_land(found, []))
    names = ("红岩村大桥", "嘉陵江大桥", "渝澳大桥", "曾家岩大桥", "菜园坝长江大桥", "石板坡长江大桥", "东水门大桥")
    ways, _ = read_features(folder / "streets.osm.pbf", {"bridge": ("*",), "name": names})
    bridges = ways.to_crs(crs).dissolve("name").geometry
    assert set(bridges.index) == set(names)
    assert bridges.intersection(water).length.min() > 100.0


def test_a_flat_city_is_no_lake() -> None:
    assert len(low_flat_land(relief(np.full((SIZE, SIZE), 3.0)), [])) == 0


@pytest.mark.parametrize(("shift_m", "known"), [(0.0, True), (9000.0, False)])
def test_a_raster_is_read_where_it_reaches(tmp_path: Path, shift_m: float, known: bool) -> None:
    path = tmp_path / "heights.tif"
    grid = rasterio.Affine(30, 0, 500_000 + shift_m, 0, -30, 3_300_000)
    z = np.linspace(100, 400, 100 * 100).reshape(1, 100, 100).astype("float32")
    profile = {"driver": "GTiff", "width": 100, "height": 100, "count": 1, "dtype": "float32", "crs": "EPSG:32648"}
    with rasterio.open(path, "w", transform=grid, **profile) as file:
        file.write(z)
    window, crs = (501_000, 3_296_000, 502_000, 3_299_000), "EPSG:32648"
    found = relief_of(read_extents([path], relief_extents(window), crs=crs), window=window, crs=crs)
    assert (found is not None) == known
    if found is not None:
        assert np.isfinite(found.z[:150]).all()
        assert np.isnan(found.z[-50:]).all(), "it ends 3 km south, and nothing is made up there"
