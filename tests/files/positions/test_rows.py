"""Rows of a list that each say where they lie: as numbers, cells, shapes or files, in datums of their own."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import pytest
import shapely

from cfgeo.core.scenario import WrittenAt
from cfgeo.core.schema import WGS84
from cfgeo.core.strings import LANGUAGES, Sentence
from cfgeo.files.positions.datum import from_wgs84
from cfgeo.files.positions.rows import ListPlaces, PlacedRows, RowPlace, place_rows

HERE = (106.551, 29.551)
DISTRICT = shapely.box(106.55, 29.55, 106.56, 29.56)
LIST = Path("库.xlsx")


def row(nth: int = 2, **said: Any) -> RowPlace:
    return RowPlace(WrittenAt(nth, is_row=True), **said)


def placed(*rows: RowPlace, district: Any = DISTRICT, **said: Any) -> PlacedRows:
    found = place_rows(rows, ListPlaces(LIST, "projects", find_district=lambda: district, **said))
    for code, values in (fault for faults in found.faults for fault in faults):
        assert all(Sentence(f"fault.{code}", **values).text(lang) for lang in LANGUAGES)
    return found


def lonlat(found: PlacedRows) -> list[tuple[float, ...]]:
    return [tuple(shapely.get_coordinates(shape)[0]) for shape in found.shapes]


def codes(found: PlacedRows) -> list[str]:
    return [code for faults in found.faults for code, _ in faults]


def in_metres(code: int) -> tuple[float, float]:
    return tuple(pyproj.Transformer.from_crs(WGS84, code, always_xy=True).transform(*HERE))


def in_datum(datum: str) -> tuple[float, float]:
    lon, lat = from_wgs84(np.array([HERE[0]]), np.array([HERE[1]]), datum=datum)
    return float(lon[0]), float(lat[0])


def test_each_row_may_say_it_in_its_own_form_and_datum() -> None:
    gcj02, metres = in_datum("gcj02"), in_metres(4544)
    found = placed(
        row(2, lon=HERE[0], lat=HERE[1]),
        row(3, lon=gcj02[0], lat=gcj02[1], datum="gcj02"),
        row(4, position="106.551,29.551"),
        row(5, position="29.551 106.551"),
        row(6, wkt="LINESTRING (106.551 29.551， 106.552 29.551)"),
        row(7, lon=metres[0], lat=metres[1], crs="EPSG:4544"),
        row(8, lon=metres[1], lat=metres[0], crs="4544"),
        row(9),
    )
    assert codes(found) == []
    assert lonlat(replace_last(found)) == [pytest.approx(HERE, abs=1e-6)] * 7
    assert found.shapes[-1] is None


def replace_last(found: PlacedRows) -> PlacedRows:
    return PlacedRows(found.shapes[:-1], found.faults[:-1], found.findings)


@pytest.mark.parametrize("code", [4544, 4523, 32648])
def test_metres_that_name_no_zone_are_read_in_the_one_that_fits_with_a_warning_by_row(code: int) -> None:
    x, y = in_metres(code)
    found = placed(row(2, lon=x, lat=y), row(5, lon=x + 5, lat=y), headings={"lon": "X坐标", "lat": "Y坐标"})
    assert lonlat(found) == [pytest.approx(HERE, abs=1e-4)] * 2
    (finding,) = found.findings
    assert (finding["rule"], finding["severity"], finding["row"]) == ("positions_zone", "warning", "2, 5")
    assert finding["values"]["columns"] == "X坐标/Y坐标"


def test_the_heading_tells_the_datum_unless_the_row_does() -> None:
    named = {"lon": "gcj02_lon", "lat": "gcj02_lat"}
    bd09, gcj02 = in_datum("bd09"), in_datum("gcj02")
    found = placed(row(2, lon=gcj02[0], lat=gcj02[1]), row(3, lon=bd09[0], lat=bd09[1], datum="bd09"), headings=named)
    assert lonlat(found) == [pytest.approx(HERE, abs=1e-6)] * 2
    assert [(each["rule"], each["row"]) for each in found.findings] == [
        ("datum_heading", "2"), ("datum_heading_differs", "3")
    ]  # fmt: skip


FAULTS: dict[str, tuple[Sequence[RowPlace], str]] = {
    "one number": ([row(lon=106.5)], "change_half_position"),
    "swapped": ([row(lon=29.5, lat=106.5)], "change_swapped"),
    "no degrees among degrees": (
        [row(lon=650000.0, lat=3270000.0), *(row(nth, lon=HERE[0], lat=HERE[1]) for nth in (3, 4))], "change_degrees"
    ),
    "metres of nowhere": ([row(lon=12000.0, lat=34000.0)], "change_metres"),
    "metres of the wrong zone": ([row(lon=in_metres(4544)[0], lat=in_metres(4544)[1], crs="EPSG:4549")], "change_crs"),
    "degrees as metres": ([row(lon=HERE[0], lat=HERE[1], crs="EPSG:4544")], "change_crs_degrees"),
    "no system": ([row(lon=HERE[0], lat=HERE[1], crs="EPSG:999999")], "change_crs_unknown"),
    "an address": ([row(position="人民路1号")], "change_position"),
    "no shape": ([row(wkt="POINT EMPTY")], "change_no_shape"),
    "no WKT": ([row(wkt="here 1")], "change_wkt"),
    "infinite": ([row(wkt="POINT (1e999 29)")], "change_degrees"),
    "one corner far away": ([row(wkt="LINESTRING (106.551 29.551, 106.551 2955)")], "change_degrees"),
    "two places": ([row(lon=HERE[0], lat=HERE[1], position="106.6,29.6")], "change_positions"),
    "no file": ([row(file="没有.geojson")], "change_file"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_a_row_that_cannot_be_placed_has_a_fault(name: str) -> None:
    rows, code = FAULTS[name]
    found = placed(*rows)
    assert codes(found) == [code]
    assert found.shapes[0] is None
    assert all(shape is not None for shape in found.shapes[1:])


def test_metres_that_several_zones_put_near_the_district_are_a_fault() -> None:
    found = placed(row(lon=in_metres(4544)[0], lat=in_metres(4544)[1]), district=shapely.box(106.5, 29.5, 106.6, 29.6))
    assert codes(found) == ["change_metres_several"]


def test_metres_without_a_study_are_a_fault_that_asks_for_their_system() -> None:
    found = placed(*(row(nth, lon=650000.0 + nth, lat=3270000.0) for nth in (2, 3, 4)), district=None)
    ((code, values),) = found.faults[0]
    assert code == "change_metres"
    assert Sentence(f"fault.{code}", **values).text("zh").startswith("第 2 行到第 4 行：")


def test_the_same_place_said_twice_is_one_place() -> None:
    assert codes(placed(row(lon=HERE[0], lat=HERE[1], position="106.5510,29.5510"))) == []


def test_the_district_is_asked_for_only_where_numbers_alone_do_not_tell() -> None:
    def asked() -> None:
        raise AssertionError

    said = ListPlaces(LIST, "projects", find_district=asked)
    rows = [row(lon=HERE[0], lat=HERE[1]), row(position="106.55,29.55"), row(wkt="POINT (106.55 29.55)")]
    assert place_rows(rows, said).findings == []
