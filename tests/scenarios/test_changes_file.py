"""Files of changes: their rows, the changes they describe, and errors in them."""

from pathlib import Path

import openpyxl
import pytest
from shapely import Point

from cfgeo import FacilityChange, LinkChange, ScenarioError, load_scenario
from cfgeo.files.datum import from_wgs84
from cfgeo.scenarios.changes_file import ChangeRow, change_of, read_rows


def test_rows_have_the_numbers_of_the_spreadsheet_and_toml_changes_count_from_1(tmp_path: Path) -> None:
    table, toml = tmp_path / "changes.csv", tmp_path / "changes.toml"
    table.write_text("\n编号,措施,图层,母婴室,备注\n\n7,新建,公园,是,x\n", encoding="utf-8")
    toml.write_text("[[change]]\nid = '7'\naction = '新建'\nlayer = '公园'\n[other]\n", encoding="utf-8")
    from_table, from_toml = read_rows(table, ChangeRow), read_rows(toml, ChangeRow)
    assert from_table.content["change"] == [
        {"id": "7", "action": "新建", "layer": "公园", "attributes": {"mother_baby_room": "是"}}
    ]
    assert (from_table.numbers, from_table.columns["action"], from_table.unused) == ((4,), "措施", ("备注",))
    assert (from_toml.numbers, from_toml.columns, from_toml.unused, from_toml.content["other"]) == ((1,), {}, (), {})


def test_a_file_without_a_list_of_changes_has_no_numbers(tmp_path: Path) -> None:
    (tmp_path / "changes.toml").write_text("change = 7\n", encoding="utf-8")
    assert read_rows(tmp_path / "changes.toml", ChangeRow).numbers == ()
    with pytest.raises(ScenarioError):
        read_rows(tmp_path / "changes.pdf", ChangeRow)


def test_the_faults_of_a_change_are_added_to_earlier_faults() -> None:
    faults = [("change_way", {"where": "1", "way": 7})]
    row = ChangeRow(id="P-2", action="add", layer="parks")
    assert change_of(row, 5, Path("changes.toml"), "wgs84", faults) is None
    assert faults[1:] == [("change_lacks", {"where": "5 (P-2)", "action": "add", "key": "lon, lat"})]


TOML = """
[scenario]
title = "A school and some stairs"

[[change]]
id = "P-1"
action = "add"
layer = "schools"
kind = "primary"
name = "New"
capacity = 270
attributes = { certified = "yes" }
lon = 106.55
lat = 29.55

[[change]]
id = "P-2"
action = "close"
layer = "schools"
facility = "Old"

[[change]]
id = "P-3"
action = "add"
link = "stairs"
wkt = "LINESTRING (106.55 29.55, 106.551 29.55)"
tags = { step_count = 84, incline = "up" }

[[change]]
id = "P-4"
action = "refit"
street = "Long Steps"
tags = { "ramp:stroller" = "yes" }
"""
ROWS = [
    ["编号", "措施", "图层", "类型", "名称", "学位数", "是否认证", "现有设施", "经度", "纬度", "连接", "道路名称",
     "wkt", "标签", "投资"],
    ["P-1", "新建", "学校", "小学", "New", 270, None, None, 106.55, 29.55, None, None, None, None, 900],
    ["P-2", "关闭", "学校", None, None, None, None, "Old", None, None, None, None, None, None, 0],
    ["P-3", "新增", None, None, None, None, None, None, None, None, "梯道", None,
     "LINESTRING (106.55 29.55, 106.551 29.55)", "step_count=84; incline=up", 120],
    ["P-4", "改造", None, None, None, None, None, None, None, None, None, "Long Steps", None, "ramp:stroller=yes", 30],
]  # fmt: skip


def write_file(folder: Path, body: str, name: str = "changes.toml") -> Path:
    path = folder / name
    path.write_text(body, encoding="utf-8")
    return path


def error_message(folder: Path, body: str) -> str:
    with pytest.raises(ScenarioError) as caught:
        load_scenario(write_file(folder, body))
    assert caught.value.text("zh") != str(caught.value)
    return str(caught.value)


def test_a_toml_file_is_read(tmp_path: Path) -> None:
    scenario = load_scenario(write_file(tmp_path, TOML))
    added, closed, stairs, ramp = scenario.changes
    assert scenario.title == "A school and some stairs"
    facts = {"certified": "yes", "capacity": 270.0}
    assert added == FacilityChange("add", "schools", "", "primary", "New", Point(106.55, 29.55), facts, 1, "P-1")
    assert closed == FacilityChange("close", "schools", "Old", nth=2, id="P-2")
    assert isinstance(stairs, LinkChange)
    assert stairs.tags == {"highway": "steps", "step_count": "84", "incline": "up"}
    assert stairs.shape.length == pytest.approx(0.001)
    assert ramp == LinkChange("refit", street="Long Steps", tags={"ramp:stroller": "yes"}, nth=4, id="P-4")


def test_a_workbook_with_chinese_headings_gives_the_same_changes(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in ROWS:
        book.active.append(row)
    book.save(tmp_path / "储备项目.xlsx")
    scenario = load_scenario(tmp_path / "储备项目.xlsx")
    added, *others = scenario.changes
    assert isinstance(added, FacilityChange)
    assert (added.kind, added.attributes) == ("primary", {"capacity": 270.0})
    assert others == list(load_scenario(write_file(tmp_path, TOML)).changes[1:])
    assert scenario.unused == ("是否认证", "投资")


def test_a_shape_is_read_from_a_file_beside_the_list(tmp_path: Path) -> None:
    ring = "[[[106.5, 29.5], [106.6, 29.5], [106.6, 29.6], [106.5, 29.5]]]"
    body = f'{{"type": "Feature", "properties": {{}}, "geometry": {{"type": "Polygon", "coordinates": {ring}}}}}'
    write_file(tmp_path, body, "park.geojson")
    (change,) = load_scenario(
        write_file(tmp_path, "[[change]]\naction = 'add'\nlayer = 'parks'\nfile = 'park.geojson'\n")
    ).changes
    assert change.shape.area == pytest.approx(0.005)


def test_positions_in_another_datum_are_converted(tmp_path: Path) -> None:
    lon, lat = from_wgs84([106.55], [29.55], datum="gcj02")  # type: ignore[arg-type]
    body = f"[scenario]\ndatum = 'gcj02'\n[[change]]\naction = 'add'\nlayer = 'parks'\nlon = {lon[0]}\nlat = {lat[0]}\n"
    (change,) = load_scenario(write_file(tmp_path, body)).changes
    assert (change.shape.x, change.shape.y) == pytest.approx((106.55, 29.55), abs=1e-7)


ADD = "[[change]]\naction = 'add'\nlayer = 'parks'\n"
LINK = "[[change]]\naction = 'add'\nlink = 'stairs'\n"
CLOSE = "[[change]]\naction = 'close'\n"
FAULTS = {
    "an unknown action": ("[[change]]\naction = 'paint'\nlayer = 'parks'\n", "add, move, close, enlarge, refit"),
    "an unknown key": (ADD + "lon = 1\nlat = 2\nkid = 'x'\n", "did you mean `kind`"),
    "a number that is none": (ADD + "lon = 'east'\nlat = 2\n", "should be a number"),
    "about nothing": ("[[change]]\naction = 'add'\nlon = 1\nlat = 2\n", "does not say what changes"),
    "about two things": (ADD + "way = 7\nlon = 1\nlat = 2\n", "one change is about one thing"),
    "nowhere": (ADD, "lacks: lon, lat"),
    "half a position": (ADD + "lon = 106.5\n", "only one of lon and lat"),
    "two positions": (ADD + "lon = 1\nlat = 2\nwkt = 'POINT (1 2)'\n", "several times"),
    "no position at all": (ADD + "wkt = 'POINT EMPTY'\n", "empty position"),
    "metres for degrees": (ADD + "lon = 650000\nlat = 3270000\n", "no degrees"),
    "a number beyond all": (ADD + "wkt = 'POINT (1e999 29)'\n", "no degrees"),
    "no WKT": (ADD + "wkt = 'here'\n", "no WKT"),
    "a file that is not there": (ADD + "file = 'park.gpkg'\n", "park.gpkg cannot be read"),
    "a facility that is added and exists": (ADD + "facility = 'x'\nlon = 1\nlat = 2\n", "no use for: facility"),
    "what is closed has no name": (CLOSE + "layer = 'parks'\n", "lacks: facility"),
    "a closed facility goes nowhere": (CLOSE + "layer = 'parks'\nfacility = 'x'\nlon=1\nlat=2\n", "no use for: lon"),
    "a kind is given anew": ("[[change]]\naction='refit'\nlayer='a'\nfacility='x'\nkind='y'\n", "no use for: kind"),
    "an unknown link": ("[[change]]\naction = 'add'\nlink = 'rope'\nwkt = 'LINESTRING (0 0, 1 1)'\n", "stairs, ramp"),
    "a link that is a point": (LINK + "lon = 1\nlat = 2\n", "one line"),
    "a link in two pieces": (LINK + "wkt = 'MULTILINESTRING ((0 0, 1 1), (5 5, 6 6))'\n", "one line"),
    "a link of its own name": (LINK + "way = 7\nwkt = 'LINESTRING (0 0, 1 1)'\n", "no use for: way, street"),
    "a way that moves": ("[[change]]\naction = 'move'\nway = 7\nlon = 1\nlat = 2\n", "by add, close or refit"),
    "a way by id and by name": (CLOSE + "way = 7\nstreet = 'x'\n", "no use for: street"),
    "a tag that cannot be set": (
        "[[change]]\naction = 'refit'\nway = 7\ntags = { surface = 'asphalt' }\n", "cannot be given the tag 'surface'"
    ),
    "tags that are none": (LINK + "wkt = 'LINESTRING (0 0, 1 1)'\ntags = 'up'\n", "key=value"),
    "twice": (2 * (ADD + "lon = 1\nlat = 2\n"), "change 2 is the same as change 1"),
    "one id for two": (
        ADD + "id = 'a'\nlon = 1\nlat = 2\n" + ADD + "id = 'a'\nlon = 3\nlat = 2\n", "(a) has the id of change 1"
    ),
    "nothing": ("[scenario]\ntitle = 'x'\n", "holds no change"),
    "no TOML": ("change\n", "line 1"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_the_error_about_a_wrong_file_names_the_reason(name: str, tmp_path: Path) -> None:
    body, reason = FAULTS[name]
    message = error_message(tmp_path, body)
    assert reason in message
    assert "changes.toml" in message


def test_the_error_lists_all_faults(tmp_path: Path) -> None:
    assert error_message(tmp_path, ADD + CLOSE + "way = 7\nstreet = 'x'\n").count("change ") >= 2


def test_a_missing_file_and_a_file_of_another_kind_are_errors(tmp_path: Path) -> None:
    for name, reason in (("changes.toml", "no file of changes"), ("changes.docx", "CSV or Excel")):
        with pytest.raises(ScenarioError, match=reason):
            load_scenario(tmp_path / name)
