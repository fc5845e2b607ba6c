"""Degrees, minutes and seconds in columns of their own are one angle, and never degrees alone."""

from pathlib import Path

import openpyxl
import pytest

from cfgeo.core.errors import InputError
from cfgeo.files.positions.places import with_positions
from cfgeo.files.positions.written import PositionChoices
from cfgeo.files.read import TableFile, TableRead

LON, LAT = 106 + 33 / 60 + 18 / 3600, 29 + 34 / 60 + 6 / 3600


def points(read: TableRead) -> list[tuple[float, float]]:
    placed = with_positions(read.table, PositionChoices("a.csv", "schools", "wgs84"), {})
    assert {row["rule"] for row in placed.findings} <= {"positions_unread"}
    return [(point.x, point.y) if not point.is_empty else (0, 0) for point in placed.table.geometry]


def written(folder: Path, *lines: str) -> TableRead:
    (folder / "a.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return TableFile(folder / "a.csv").read()


@pytest.mark.parametrize(
    "headings",
    [
        "名称,经度（度）,经度（分）,经度（秒）,纬度（度）,纬度（分）,纬度（秒）",
        "名称,经度度,经度分,经度秒,纬度度,纬度分,纬度秒",
        "名称,经度_度,经度_分,经度_秒,纬度_度,纬度_分,纬度_秒",
        "name,lon_d,lon_m,lon_s,lat_d,lat_m,lat_s",
        "name,Lon Deg,Lon Min,Lon Sec,Lat Deg,Lat Min,Lat Sec",
        "名称,东经（°）,东经（′）,东经（″）,北纬（°）,北纬（′）,北纬（″）",
        "名称,经度,,,纬度,,\n,度,分,秒,度,分,秒",
    ],
)
def test_parts_are_read_together(tmp_path: Path, headings: str) -> None:
    read = written(tmp_path, headings, "一小,106,33,18,29,34,6", "二小,106.0,33,18.0,29,34,6.0")
    assert points(read) == [pytest.approx((LON, LAT), abs=1e-9)] * 2
    assert len(read.table.columns) == 3
    assert [row["rule"] for row in read.layout if row["rule"] == "angle_parts"] == ["angle_parts"] * 2


def test_merged_headings_of_a_workbook_are_read_together(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in [["名称", "经度", None, None, "纬度", None, None], [None, "度", "分", "秒", "度", "分", "秒"]]:
        book.active.append(row)
    book.active.append(["一小", 106, 33, 18, 29, 34, 6])
    for area in ("A1:A2", "B1:D1", "E1:G1"):
        book.active.merge_cells(area)
    book.save(tmp_path / "a.xlsx")
    assert points(TableFile(tmp_path / "a.xlsx").read()) == [pytest.approx((LON, LAT), abs=1e-9)]


def test_minutes_alone_are_enough(tmp_path: Path) -> None:
    read = written(tmp_path, "名称,经度度,经度分,纬度度,纬度分", "一小,106,33.3,29,34.1")
    assert points(read) == [pytest.approx((LON, LAT), abs=1e-9)]


def test_a_blank_part_is_no_zero(tmp_path: Path) -> None:
    read = written(tmp_path, "名称,经度度,经度分,纬度度,纬度分", "一小,106,,29,34.1", "二小,,,,")
    assert points(read) == [(0, 0), (0, 0)]
    assert read.table["经度"].tolist() == ["106°?′", None]


@pytest.mark.parametrize(
    "lines",
    [
        ("名称,经度,纬度,得分", "一小,106.555,29.5683,33"),
        ("名称,经度,经度分,纬度,纬度分", "一小,106.555,33.3,29.5683,34.1"),
        ("name,lon,lat,lon_m", "一小,106.555,29.5683,5"),
    ],
)
def test_other_columns_stay_as_they_are(tmp_path: Path, lines: tuple[str, ...]) -> None:
    read = written(tmp_path, *lines)
    assert read.table.columns.tolist() == lines[0].split(",")
    assert not read.layout


@pytest.mark.parametrize("headings", ["度,分,秒,度,分,秒", "经,分,秒,纬,分,秒", "deg,min,sec,deg,min,sec"])
def test_parts_that_name_no_axis_are_refused_with_the_names_to_write(tmp_path: Path, headings: str) -> None:
    read = written(tmp_path, f"名称,{headings}", "一小,106,33,18,29,34,5.88")
    with pytest.raises(InputError) as error:
        with_positions(read.table, PositionChoices("a.csv", "schools", "wgs84"), {})
    assert error.value.code == "angle_parts_nameless"
    assert "lon_deg, lon_min, lon_sec, lat_deg" in str(error.value)


def test_the_names_that_the_refusal_proposes_are_read(tmp_path: Path) -> None:
    for headings in ("lon_deg,lon_min,lon_sec,lat_deg,lat_min,lat_sec", "经度度,经度分,经度秒,纬度度,纬度分,纬度秒"):
        read = written(tmp_path, f"名称,{headings}", "一小,106,33,18,29,33,18")
        places = with_positions(read.table, PositionChoices("a.csv", "schools", "wgs84"), {}).table
        assert [places.geometry.x.item(), places.geometry.y.item()] == pytest.approx([106.555, 29.555])
