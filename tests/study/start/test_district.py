"""Districts and what they are made of, on squares that can be measured by hand."""

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box
from worlds.osm_elements import area, node, way

from cfgeo.core.errors import InputError
from cfgeo.study.start.district import (
    District,
    administrative_areas,
    communities_from,
    communities_in,
    district_from,
    district_in,
    hexagons,
    is_one_place,
    with_offices,
)
from cfgeo.study.start.extract import write_elements

CRS = "EPSG:32648"
WEST, SOUTH = 650_000.0, 3_270_000.0


def degrees(shape: Any) -> Any:
    """Return a shape of local metres in WGS-84."""
    moved = shapely.transform(shape, lambda xy: xy + np.array([WEST, SOUTH]))
    return gpd.GeoSeries([moved], crs=CRS).to_crs("EPSG:4326").iloc[0]


def map_of(tmp_path: Path, *boxes: tuple[Any, dict[str, str]]) -> Path:
    """Write administrative areas, each a box in local metres with its tags."""
    elements = []
    for nth, (shape, tags) in enumerate(boxes):
        corners = list(degrees(shape).exterior.coords)[:-1]
        nodes = [100 * (nth + 1) + corner for corner in range(len(corners))]
        elements += [node(ident, *at) for ident, at in zip(nodes, corners, strict=True)]
        elements += [way(nth + 1, [*nodes, nodes[0]])]
        elements += [area(nth + 1, [nth + 1], type="boundary", boundary="administrative", **tags)]
    path = tmp_path / "map.osm.pbf"
    path.unlink(missing_ok=True)
    write_elements(elements, path)
    return path


def level(number: int, name: str, **tags: str) -> dict[str, str]:
    return {"admin_level": str(number), "name": name, **{key.replace("_", ":"): word for key, word in tags.items()}}


CITY = (box(0, 0, 2000, 1000), level(6, "中区", name_en="Middle"))
OFFICES = [(box(x, 0, x + 1000, 1000), level(8, f"{name}街道")) for x, name in ((0, "西"), (1000, "东"))]
QUARTERS = [
    (box(x, y, x + 500, y + 500), level(10, f"社区{x // 500}{y // 500}")) for x in range(0, 2000, 500) for y in (0, 500)
]
OTHER = (box(5000, 0, 6000, 1000), level(6, "中区"))


@pytest.mark.parametrize("place", ["中区", "Middle", "middle", "中区，不在文件中的市", "relation/1"])
def test_a_place_is_found_by_any_of_its_names(tmp_path: Path, place: str) -> None:
    path = map_of(tmp_path, CITY, *OFFICES)
    district = district_in(administrative_areas(path), place, file=path, extent="–", lang="zh")
    assert (district.name, district.mended_share) == ("中区", 0.0)
    assert shapely.area(shapely.symmetric_difference(district.shape, degrees(CITY[0]))) < 1e-8


def test_a_place_is_called_as_the_language_has_it(tmp_path: Path) -> None:
    path = map_of(tmp_path, CITY)
    assert district_in(administrative_areas(path), "中区", file=path, extent="–", lang="en").name == "Middle"


def test_of_several_places_the_one_within_the_area_named_after_it_is_meant(tmp_path: Path) -> None:
    path = map_of(tmp_path, CITY, OTHER, (box(-100, -100, 3000, 2000), level(4, "市")))
    areas = administrative_areas(path)
    meant = district_in(areas, "中区, 市", file=path, extent="–", lang="zh").shape
    assert shapely.contains(degrees(CITY[0].buffer(1)), meant)
    with pytest.raises(InputError) as error:
        district_in(areas, "中区", file=path, extent="–", lang="zh")
    assert error.value.code == "fetch_place_several"
    assert "relation/1: 中区\n  relation/2: 中区" in str(error.value)


@pytest.mark.parametrize("place", ["下区", "", ",", "relation/77"])
def test_a_place_that_is_not_there_is_an_error_that_names_those_that_are(tmp_path: Path, place: str) -> None:
    path = map_of(tmp_path, CITY, *OFFICES)
    with pytest.raises(InputError, match=r"中区, (西街道, 东街道|东街道, 西街道)"):
        district_in(administrative_areas(path), place, file=path, extent="–", lang="zh")


def test_a_city_that_is_a_state_is_one_place() -> None:
    assert is_one_place(gpd.GeoSeries([box(0, 0, 10, 10), box(0, 0, 10, 10.5)]))
    assert not is_one_place(gpd.GeoSeries([box(0, 0, 10, 10), box(0, 0, 10, 20)]))
    assert not is_one_place(gpd.GeoSeries([box(0, 0, 10, 10), box(0, 0, 5, 10)]))


def test_the_smallest_areas_are_the_communities_and_the_next_their_offices(tmp_path: Path) -> None:
    path = map_of(tmp_path, CITY, *OFFICES, *QUARTERS, OTHER)
    areas, district = administrative_areas(path), District("中区", degrees(CITY[0]))
    communities = communities_in(areas, district, crs=CRS)
    assert communities is not None
    communities = with_offices(communities, areas, district)
    assert dict(zip(communities["community"], communities["street_office"], strict=True)) == {
        f"社区{x}{y}": "西街道" if x < 2 else "东街道" for x in range(4) for y in range(2)
    }
    assert communities.area.to_numpy() == pytest.approx(250_000, rel=1e-4)
    assert communities["code"].str.match(r"relation/\d+$").all()


def test_street_offices_are_no_communities(tmp_path: Path) -> None:
    areas, district = administrative_areas(map_of(tmp_path, CITY, *OFFICES)), District("中区", degrees(CITY[0]))
    assert communities_in(areas, district, crs=CRS) is None
    cells = with_offices(hexagons(district, crs=CRS, width_m=250, lang="en"), areas, district)
    assert set(cells["street_office"]) == {"西街道", "东街道"}


def test_areas_that_leave_much_of_the_district_out_are_no_communities(tmp_path: Path) -> None:
    areas, district = administrative_areas(map_of(tmp_path, CITY, *QUARTERS[:6])), District("中区", degrees(CITY[0]))
    assert communities_in(areas, district, crs=CRS) is None


def test_a_map_without_boundaries_has_no_communities(tmp_path: Path) -> None:
    write_elements([node(1, 106.5, 29.5, amenity="school")], tmp_path / "map.osm.pbf")
    areas, district = administrative_areas(tmp_path / "map.osm.pbf"), District("中区", degrees(CITY[0]))
    assert communities_in(areas, district, crs=CRS) is None
    cells = with_offices(hexagons(district, crs=CRS, width_m=500, lang="en"), areas, district)
    assert set(cells["street_office"]) == {"中区"}


# From files


def test_a_boundary_is_all_areas_of_its_file(tmp_path: Path) -> None:
    shapes = [degrees(box(0, 0, 100, 100)), degrees(box(100, 0, 200, 100)), degrees(shapely.Point(0, 0))]
    gpd.GeoDataFrame({"名称": ["东区"] * 3}, geometry=shapes, crs="EPSG:4326").to_file(tmp_path / "a.geojson")
    district = district_from(tmp_path / "a.geojson", datum="wgs84")
    assert district.name == "东区"
    assert gpd.GeoSeries([district.shape], crs="EPSG:4326").to_crs(CRS).area.iloc[0] == pytest.approx(20_000, rel=1e-4)
    gpd.GeoSeries(shapes[2:], crs="EPSG:4326").to_file(tmp_path / "b.geojson")
    with pytest.raises(InputError, match="holds no areas"):
        district_from(tmp_path / "b.geojson", datum="wgs84")


def points_file(path: Path, rows: list[tuple[str, float, float]], *, head: str = "社区") -> Path:
    at = [degrees(shapely.Point(x, y)) for _, x, y in rows]
    lines = [f"{name},{p.x:.9f},{p.y:.9f}" for (name, *_), p in zip(rows, at, strict=True)]
    path.write_text("\n".join([f"{head},经度,纬度", *lines, ""]), encoding="utf-8")
    return path


DISTRICT = District("区", degrees(box(0, 0, 400, 100)))


def test_a_cell_is_the_land_nearest_to_its_point(tmp_path: Path) -> None:
    path = points_file(tmp_path / "a.csv", [("东", 300, 50), ("西", 100, 50), ("外", 900, 50)])
    listed = communities_from(path, DISTRICT, crs=CRS, datum="wgs84")
    cells = listed.communities
    assert (listed.outside, listed.drawn) == (1, False)
    assert cells["community"].tolist() == ["东", "西"]
    assert cells["code"].tolist() == ["P001", "P002"]
    assert cells.area.to_numpy() == pytest.approx([20_000, 20_000], rel=1e-3)
    assert cells.centroid.x.to_numpy() - WEST == pytest.approx([300, 100], abs=0.5)


def test_one_point_has_the_whole_district(tmp_path: Path) -> None:
    path = points_file(tmp_path / "a.csv", [("西", 100, 50)])
    cells = communities_from(path, DISTRICT, crs=CRS, datum="wgs84").communities
    assert cells.area.to_numpy() == pytest.approx([40_000], rel=1e-3)


def test_boundaries_of_communities_are_taken_as_they_are(tmp_path: Path) -> None:
    shapes = [degrees(box(x, 0, x + 150, 100)) for x in (0, 150, 900)]
    table = {"社区名称": ["西", "东", "外"], "社区代码": ["500103001003", "500103001006", "500103001007"]}
    gpd.GeoDataFrame(table, geometry=shapes, crs="EPSG:4326").to_file(tmp_path / "a.geojson")
    listed = communities_from(tmp_path / "a.geojson", DISTRICT, crs=CRS, datum="wgs84")
    assert (listed.outside, listed.drawn) == (1, True)
    assert dict(zip(listed.communities["code"], listed.communities["community"], strict=True)) == {
        "500103001003": "西", "500103001006": "东"
    }  # fmt: skip
    assert listed.communities.area.to_numpy() == pytest.approx([15_000, 15_000], rel=1e-3)


@pytest.mark.parametrize(
    ("rows", "head", "code"),
    [
        ([("外", 900, 50)], "社区", "fetch_points_outside"),
        ([("甲", 100, 50), ("乙", 100, 50)], "社区", "fetch_points_twice"),
        ([("甲", 100, 50)], "备注", "column_missing"),
    ],
)
def test_points_that_make_no_cells_are_a_clear_error(
    tmp_path: Path, rows: list[tuple[str, float, float]], head: str, code: str
) -> None:
    with pytest.raises(InputError) as error:
        communities_from(points_file(tmp_path / "a.csv", rows, head=head), DISTRICT, crs=CRS, datum="wgs84")
    assert error.value.code == code


# The grid


def test_a_hexagon_is_as_wide_as_it_is_said_to_be() -> None:
    cells = hexagons(District("区", degrees(box(0, 0, 3000, 3000))), crs=CRS, width_m=500, lang="zh")
    inner = cells[cells.within(cells.union_all().buffer(-1))]
    assert inner.area.to_numpy() == pytest.approx(500**2 * 3**0.5 / 2, rel=1e-6)
    bounds = inner.bounds
    assert (bounds["maxx"] - bounds["minx"]).to_numpy() == pytest.approx(500, abs=0.002)
    assert set(cells["community"]) == {f"网格 {code[1:]}" for code in cells["code"]}


@settings(max_examples=25)
@given(
    width=st.floats(50, 2000),
    height=st.floats(50, 2000),
    at=st.tuples(st.floats(-400, 400), st.floats(-400, 400)),
    size=st.sampled_from([250.0, 500.0, 1000.0]),
)
def test_a_grid_covers_its_district_once_and_leaves_no_slivers(
    width: float, height: float, at: tuple[float, float], size: float
) -> None:
    shape = degrees(box(at[0], at[1], at[0] + width, at[1] + height))
    cells = hexagons(District("区", shape), crs=CRS, width_m=size, lang="en")
    whole = gpd.GeoSeries([shape], crs="EPSG:4326").to_crs(CRS).iloc[0]
    assert cells["code"].is_unique
    assert cells.area.sum() == pytest.approx(whole.area, rel=1e-4)
    assert shapely.area(shapely.symmetric_difference(cells.union_all(), whole)) < 1e-4 * whole.area
    assert len(cells) == 1 or cells.area.min() >= 0.25 * size**2 * 3**0.5 / 2


def test_a_district_s_edge_moves_no_cell() -> None:
    first, second = (
        hexagons(District("区", degrees(box(0, 0, 3000, top))), crs=CRS, width_m=500, lang="en") for top in (3000, 4000)
    )
    mine = {shapely.to_wkt(cell.normalize(), 2) for cell in first.geometry[first.within(first.union_all().buffer(-1))]}
    assert len(mine) > 10
    assert mine <= {shapely.to_wkt(shape.normalize(), 2) for shape in second.geometry}
