"""Whole positions in one cell, as people and programs write them."""

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import Point

from cfgeo.files.positions.cells import shapes_in, share_of_positions

HERE = Point(106.55, 29.55)
WKB, EWKB = HERE.wkb_hex, shapely.to_wkb(shapely.set_srid(HERE, 4326), hex=True, include_srid=True)


@pytest.mark.parametrize(
    "cell",
    [
        "29°33'18\"N, 106°33'18\"E",
        "29:33:18N, 106:33:18E",
        "N29 33 18 E106 33 18",
        "106:33:18, 29:33:18",
        "106 33 18, 29 33 18",
        "106 33 18 29 33 18",
        "106d33m18s 29d33m18s",
        "东经：106：33：18，北纬：29：33：18",
    ],
)
def test_degrees_minutes_and_seconds_are_a_position(cell: str) -> None:
    xy = shapely.get_coordinates(shapes_in(pd.Series([cell])).shapes)
    assert xy == pytest.approx(np.array([[106.555, 29.555]]))


@pytest.mark.parametrize("cell", ["106.55①,29.55②", "106 75 18, 29 33 18", "12-3-4, 5-6-7"])
def test_notes_and_minutes_beyond_sixty_make_no_position(cell: str) -> None:
    assert shapely.is_empty(shapes_in(pd.Series([cell])).shapes).all()


@pytest.mark.parametrize(
    "cell",
    [
        "106.55,29.55",
        "106.55 29.55",
        "106.55，29.55",
        "(106.55, 29.55)",
        "【106.55，29.55】",
        "[106.55,29.55]",
        "106.55、29.55",
        "106.55;29.55",
        "106.55/29.55",
        "106.55|29.55",
        "106.55\n29.55",
        "106,55;29,55",
        "106.55,29.55,230",
        "１０６．５５，２９．５５",
        "POINT(106.55 29.55)",
        "Point Z (106.55 29.55 230)",
        "SRID=4326;POINT(106.55 29.55)",
        "point(106.55,29.55)",
        WKB,
        EWKB,
        '{"type":"Point","coordinates":[106.55,29.55]}',
        "{x:106.55,y:29.55}",
    ],
)
def test_two_numbers_are_a_position(cell: str) -> None:
    cells = shapes_in(pd.Series([cell]))
    assert shapely.get_coordinates(cells.shapes) == pytest.approx(np.array([[106.55, 29.55]]))
    assert not cells.labelled.any()


@pytest.mark.parametrize(
    "cell",
    [
        "E106°33′ N29°33′",
        "N29°33′ E106°33′",
        "106°33′00″E,29°33′00″N",
        "东经106.55度，北纬29.55度",
        "北纬29°33′ 东经106°33′",
        "东经106.55北纬29.55",
        "经度：106.55，纬度：29.55",
        "纬度29.55，经度106.55",
        "lng:106.55,lat:29.55",
        "lat=29.55&lng=106.55",
        '{"lng":106.55,"lat":29.55}',
        "{'lat': 29.55, 'lng': 106.55}",
        '{"location":{"lat":"29.55","lng":"106.55"}}',
        "北緯29.55 東経106.55",
    ],
)
def test_a_cell_that_says_which_is_which_is_read_so(cell: str) -> None:
    cells = shapes_in(pd.Series([cell]))
    assert shapely.get_coordinates(cells.shapes) == pytest.approx(np.array([[106.55, 29.55]]))
    assert cells.labelled.all()


@pytest.mark.parametrize(
    "cell", ["", None, "人民路33号2栋", "1,2号楼", "106.55", "106.55,29.55;106.56,29.56", "E106,E29", "{[", "POINT("]
)
def test_other_cells_hold_no_position(cell: str | None) -> None:
    assert shapely.is_empty(shapes_in(pd.Series([cell, "x"])).shapes).all()


def test_the_system_that_all_cells_name_is_theirs() -> None:
    cells = shapes_in(pd.Series(["SRID=4544;POINT (650332 3271335)", "SRID=4544;POINT (650333 3271335)"]))
    assert cells.crs == "EPSG:4544"
    assert shapes_in(pd.Series(["SRID=4544;POINT (1 2)", "POINT (1 2)"])).crs == ""


def test_an_area_in_a_cell_is_an_area() -> None:
    cells = shapes_in(pd.Series(["POLYGON ((106 29, 107 29, 107 30, 106 29))"]))
    assert shapely.get_dimensions(cells.shapes).tolist() == [2]


def test_the_share_counts_no_blank_cells() -> None:
    assert share_of_positions(pd.Series(["106.5,29.5", "", None, "x"])) == 0.5
    assert share_of_positions(pd.Series(["", None])) == 0


@given(st.text())
def test_no_text_breaks_the_reading(cell: str) -> None:
    assert len(shapes_in(pd.Series([cell])).shapes) == 1
