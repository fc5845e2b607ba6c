"""What stages ask of arrays of shapes."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely import GeometryCollection, LineString, MultiPoint, Point, box

from cfgeo.core.schema import WGS84
from cfgeo.core.shapes import is_blank, is_finite, land_of, moved, single_parts


def test_missing_and_empty_shapes_are_blank_and_infinite_ones_are_not() -> None:
    shapes = np.array([Point(1, 2), Point(), None, Point(np.inf, 0), box(0, 0, 1, 1)])
    assert is_blank(shapes).tolist() == [False, True, True, False, False]
    assert is_finite(shapes).tolist() == [True, False, False, False, True]
    assert is_blank(shapes[:0]).tolist() == is_finite(shapes[:0]).tolist() == []


def test_collections_of_multi_parts_are_split_into_single_parts() -> None:
    line, points = LineString([(0, 0), (1, 1)]), MultiPoint([(0, 0), (2, 2)])
    parts, owner = single_parts(np.array([line, GeometryCollection([line, points]), Point()]))
    assert [part.geom_type for part in parts] == ["LineString", "LineString", "Point", "Point", "Point"]
    assert owner.tolist() == [0, 1, 1, 1, 2]


def _slit(x: float, y: float, width_m: float) -> shapely.Polygon:
    """Return a square with a slit so narrow that degrees may not tell its sides apart."""
    tip, mouth = (x + 50.7, y + 33.3), (x + 100.3, y + 0.1)
    slit = [mouth, tip, (tip[0] + width_m, tip[1] + 0.7 * width_m), (mouth[0] + width_m, mouth[1] + width_m)]
    return shapely.Polygon([(x, y), *slit, (x + 100, y + 100), (x, y + 100)])


def test_shapes_that_rounding_breaks_on_the_way_to_another_crs_are_whole_there() -> None:
    rng = np.random.default_rng(1)
    corners, widths = rng.uniform(0, 100, (500, 2)) + np.array([650_000, 3_270_000]), 10 ** rng.uniform(-10, -8, 500)
    slits = [_slit(x, y, width) for (x, y), width in zip(corners, widths, strict=True)]
    metric = gpd.GeoSeries([each for each in slits if each.is_valid], crs="EPSG:32648")
    assert not metric.to_crs(WGS84).is_valid.all()  # else nothing is shown here
    degrees = moved(metric, WGS84)
    assert degrees.is_valid.all()
    assert degrees.index.equals(metric.index)
    assert degrees.to_crs(metric.crs).area.to_numpy() == pytest.approx(metric.area.to_numpy(), rel=1e-9)


def test_what_has_no_position_stays_without_one_in_another_crs() -> None:
    there = moved(gpd.GeoSeries([None, shapely.Polygon(), shapely.Point(106.5, 29.5)], crs=WGS84), "EPSG:32648")
    assert is_blank(there.to_numpy()).tolist() == [True, True, False]


def test_land_is_one_valid_shape_in_degrees_of_whatever_areas() -> None:
    areas = gpd.GeoDataFrame(geometry=[_slit(650_000 + 100 * i, 3_270_000, 4e-10) for i in range(40)], crs="EPSG:32648")
    areas = areas[areas.is_valid]
    land = land_of(areas)
    assert land.is_valid
    assert gpd.GeoSeries([land], crs=WGS84).to_crs(areas.crs).area[0] == pytest.approx(
        shapely.area(shapely.union_all(areas.geometry.to_numpy())), rel=1e-9
    )
