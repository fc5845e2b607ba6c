"""Files of changes: their rows, the changes they describe, and errors in them."""

from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from shapely import Point

from cfgeo import FacilityChange, LinkChange, ScenarioError, load_scenario
from cfgeo.core.scenario import Cost, WrittenAt, total_costs
from cfgeo.files.positions.datum import from_wgs84
from cfgeo.files.positions.rows import ListPlaces
from cfgeo.scenarios.lists.change_rows import ChangeRow, changes_of
from cfgeo.scenarios.lists.changes import read_rows


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
    assert changes_of([(1, row, WrittenAt(5, "P-2"))], ListPlaces(Path("changes.toml"), "changes"), faults) == ({}, [])
    (code, values), *more = faults[1:]
    assert (code, str(values["where"]), more) == ("change_lacks", "change 5 (P-2)", [])
    assert values["key"].text("zh") == "经度（lon）、纬度（lat）"


@pytest.mark.parametrize("word", ["九年一贯制学校", "小学、初中", "junior/primary"])
def test_a_new_school_of_two_kinds_has_both(word: str) -> None:
    row = ChangeRow(id="P-2", action="add", layer="schools", kind=word, name="N", lon=106.5, lat=29.5)
    changes, _ = changes_of([(1, row, WrittenAt(5, "P-2"))], ListPlaces(Path("changes.toml"), "changes"), [])
    (change,) = changes.values()
    assert isinstance(change, FacilityChange)
    assert change.kind == "primary+junior"


@pytest.mark.parametrize(
    ("heading", "cell", "said"),
    [
        ("造价（万元）", "1,200", "1200 万元"),
        ("造价", "1.2 亿元", "1.2 亿元"),
        ("cost", "0", "0"),
        ("cost", "", "None"),
    ],
)
def test_a_change_has_the_cost_of_its_row(tmp_path: Path, heading: str, cell: str, said: str) -> None:
    path = tmp_path / "changes.csv"
    path.write_text(f'措施,图层,现有设施,{heading}\n关闭,学校,Old,"{cell}"\n', encoding="utf-8")
    scenario = load_scenario(path)
    assert (str(scenario.changes[0].cost), scenario.unused) == (said, ())


def test_a_cost_that_is_no_number_is_named_with_its_row(tmp_path: Path) -> None:
    path = tmp_path / "changes.csv"
    path.write_text("措施,图层,现有设施,造价\n关闭,学校,Old,很贵\n", encoding="utf-8")
    with pytest.raises(ScenarioError, match="row 2: cost '很贵'"):
        load_scenario(path)


def test_costs_are_summed_in_one_unit_where_that_can_be_told() -> None:
    costs = [Cost(50, "万元"), Cost(1, "亿元"), Cost(5000, "元"), Cost(3, "m"), Cost(1, "m")]
    assert [*map(str, total_costs(costs))] == ["10050.5 万元", "4 m"]


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
    assert [change.row for change in scenario.changes] == [2, 3, 4, 5]
    assert [replace(change, row=None, cost=None) for change in others] == list(
        load_scenario(write_file(tmp_path, TOML)).changes[1:]
    )
    assert [change.cost and change.cost.amount for change in scenario.changes] == [900.0, 0.0, 120.0, 30.0]
    assert scenario.unused == ("是否认证",)


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
    "two positions": (ADD + "lon = 1\nlat = 2\nwkt = 'POINT (1 3)'\n", "several times"),
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


def sheet(folder: Path, *rows: list[object], headings: str = "编号 措施 图层 类型 名称 现有设施 经度 纬度") -> Path:
    """Write a workbook of changes with Chinese headings and return its path."""
    book = openpyxl.Workbook()
    for cells in (headings.split(), *rows):
        book.active.append(cells)
    book.save(folder / "变化.xlsx")
    return folder / "变化.xlsx"


def chinese_error(path: Path) -> str:
    with pytest.raises(ScenarioError) as caught:
        load_scenario(path)
    return caught.value.text("zh")


def test_faults_of_a_table_come_together_in_the_order_of_its_rows(tmp_path: Path) -> None:
    rows = [
        ["P-1", "粉刷", "学校"], ["P-2", "新建", "学校", "小学", "新校"],
        ["P-3", "新建", "学校", "小学", "b", None, 29.5, 106.5],
        ["P-4", "新建", "学校", "小学", "c", None, "东", 29.5], ["P-4", "关闭", "学校", None, None, "x"],
    ]  # fmt: skip
    words = chinese_error(sheet(tmp_path, *rows))
    lines = [line.removeprefix("  - ") for line in words.splitlines() if line.startswith("  - ")]
    begins = ["第 2 行（P-1）：", "第 3 行（P-2）：", "第 4 行（P-3）：经", "[第 5 行（P-4），经", "第 6 行（P-4）："]
    assert [line[: len(begin)] for line, begin in zip(lines, begins, strict=True)] == begins
    assert "新建（add）、迁移（move）、关闭（close）、扩建（enlarge）、改造（refit）" in words
    assert "经度和纬度颠倒了（29.5, 106.5）" in words


def test_an_address_is_said_to_be_no_position(tmp_path: Path) -> None:
    path = sheet(
        tmp_path, ["P-1", "新建", "学校", "小学", "新校", "大坪正街8号"], headings="编号 措施 图层 类型 名称 地址"
    )
    words = chinese_error(path)
    assert "第 2 行（P-1）：新建（add） 缺少 经度（lon）、纬度（lat）" in words
    assert "地址“大坪正街8号”不是位置" in words


def test_a_table_without_headings_is_told_which_it_needs(tmp_path: Path) -> None:
    workbook = sheet(tmp_path, ["新建初中", 106.55, 29.56], headings="新建小学 106.545 29.556")
    csv = write_file(tmp_path, "新建小学,106.545,29.556\n新建初中,106.55,29.56\n", "变化.csv")
    for path in (workbook, csv):
        assert "没有认得出的表头" in chinese_error(path)
        assert "编号（id）、措施（action）、图层（layer）" in chinese_error(path)


@pytest.mark.parametrize("action", ["开门", "打通", "增设出入口"])
def test_opening_a_gate_along_a_line_adds_one_and_at_a_point_opens_one(action: str, tmp_path: Path) -> None:
    line = "LINESTRING (106.55 29.55, 106.551 29.55)"
    (change,) = load_scenario(
        sheet(tmp_path, ["G-1", action, "某小区东门", line], headings="编号 措施 名称 wkt")
    ).changes
    assert (change.action, change.link, change.tags) == ("add", "gate", {"highway": "footway"})
    path = sheet(tmp_path, ["G-1", action, "东门", 106.55, 29.55], headings="编号 措施 名称 经度 纬度")
    (change,) = load_scenario(path).changes
    assert (change.action, change.link, change.tags) == ("refit", "gate", {"foot": "yes"})
    assert (change.shape.x, change.shape.y) == (106.55, 29.55)
    words = chinese_error(sheet(tmp_path, ["G-1", action, "东门"], headings="编号 措施 名称"))
    assert f"第 2 行（G-1）：措施“{action}”要写成新的连接：措施填 新建，“连接”（link）填 出入口，wkt" in words


@pytest.mark.parametrize("gate", ["小区大门", "出入口", "门", "gate"])
def test_a_gate_is_a_link_of_its_own(gate: str, tmp_path: Path) -> None:
    line = "LINESTRING (106.55 29.55, 106.551 29.55)"
    (change,) = load_scenario(sheet(tmp_path, ["G-1", "新建", gate, line], headings="编号 措施 连接 wkt")).changes
    assert (change.link, change.tags) == ("gate", {"highway": "footway"})


@pytest.mark.parametrize(
    ("word", "layer"),
    [("体育", "sports"), ("体育设施", "sports"), ("体育场地", "sports"), ("医院", "hospitals"), ("乐园", "乐园")],
)
def test_layers_go_by_the_words_that_offices_use(word: str, layer: str, tmp_path: Path) -> None:
    (change,) = load_scenario(sheet(tmp_path, ["P-1", "关闭", word, None, None, "x"])).changes
    assert change.layer == layer


@pytest.mark.parametrize(
    ("lon", "lat"),
    [("１０６．５５", "２９．５５"), ("106°33′", "29°33′"), ("106°33′0″E", "北纬29°33′"), (106.55, 29.55)],
)
def test_positions_are_read_as_people_write_them(lon: object, lat: object, tmp_path: Path) -> None:
    (change,) = load_scenario(sheet(tmp_path, ["P-1", "新建", "公园", None, None, None, lon, lat])).changes
    assert (change.shape.x, change.shape.y) == pytest.approx((106.55, 29.55))


@pytest.mark.parametrize(
    ("headings", "cells"),
    [
        ("JD WD", [106.55, 29.55]),
        ("POINT_X POINT_Y", ["106.55", "29.55"]),
        ("lng_wgs84 lat_wgs84", [106.55, 29.55]),
        ("坐标", ["106.55,29.55"]),
        ("经纬度", ["东经106.55 北纬29.55"]),
        ("位置", ["29.55,106.55"]),
        ("location", ['{"lng": 106.55, "lat": 29.55}']),
        ("经度 纬度", ["106,550", "29,550"]),
        ("gcj02_lon gcj02_lat", [float(each[0]) for each in from_wgs84([106.55], [29.55], datum="gcj02")]),  # type: ignore[arg-type]
        ("百度经度 百度纬度", [float(each[0]) for each in from_wgs84([106.55], [29.55], datum="bd09")]),  # type: ignore[arg-type]
        ("X坐标 Y坐标 crs", [650233.336139, 3271233.852846, "EPSG:4544"]),
        ("纵坐标 横坐标 坐标系", [3271233.852846, 650233.336139, "CGCS2000 / 3-degree Gauss-Kruger CM 105E"]),
    ],
)
def test_positions_are_read_as_those_of_layers_are(headings: str, cells: list[object], tmp_path: Path) -> None:
    scenario = load_scenario(sheet(tmp_path, ["P-1", "新建", "公园", *cells], headings=f"编号 措施 图层 {headings}"))
    (change,) = scenario.changes
    assert (change.shape.x, change.shape.y) == pytest.approx((106.55, 29.55), abs=1.5e-5)
    assert (change.row, scenario.unused) == (2, ())


def test_points_and_lines_stand_in_columns_of_their_own(tmp_path: Path) -> None:
    rows = [
        ["P-1", "新建", "公园", None, 106.55, 29.55, None],
        ["P-2", "新建", None, "步道", None, None, "LINESTRING (106.55 29.55, 106.551 29.55)"],
        ["P-3", "关闭", None, None, None, None, None],
    ]
    words = chinese_error(sheet(tmp_path, *rows, headings="编号 措施 图层 连接 经度 纬度 几何"))
    assert words.count("第 ") == 1  # of the closing alone, which names nothing
    scenario = load_scenario(sheet(tmp_path, *rows[:2], headings="编号 措施 图层 连接 经度 纬度 几何"))
    assert [change.shape.geom_type for change in scenario.changes] == ["Point", "LineString"]


def test_two_pairs_that_differ_are_a_fault_and_two_datums_of_one_place_are_not(tmp_path: Path) -> None:
    bd09 = [float(each[0]) for each in from_wgs84([106.55], [29.55], datum="bd09")]  # type: ignore[arg-type]
    headings = "编号 措施 图层 经度 纬度 百度经度 百度纬度"
    (change,) = load_scenario(sheet(tmp_path, ["P-1", "新建", "公园", 106.55, 29.55, *bd09], headings=headings)).changes
    assert (change.shape.x, change.shape.y) == pytest.approx((106.55, 29.55), abs=1e-6)
    words = chinese_error(sheet(tmp_path, ["P-1", "新建", "公园", 106.56, 29.55, *bd09], headings=headings))
    assert "有两组坐标：" in words
    assert "经度/纬度" in words


def test_a_position_in_toml_is_a_list_or_a_text(tmp_path: Path) -> None:
    for position in ("[106.55, 29.55]", "'106.55, 29.55'"):
        (change,) = load_scenario(write_file(tmp_path, f"{ADD}position = {position}\n")).changes
        assert (change.shape.x, change.shape.y) == (106.55, 29.55)


def test_what_the_file_says_counts_for_rows_that_say_nothing(tmp_path: Path) -> None:
    body = f"[scenario]\ncrs = 'EPSG:4544'\n{ADD}lon = 650233.336139\nlat = 3271233.852846\n"
    (change,) = load_scenario(write_file(tmp_path, body)).changes
    assert (change.shape.x, change.shape.y) == pytest.approx((106.55, 29.55), abs=1.5e-5)


@pytest.mark.parametrize("capacity", ["约200", "待定", "200-300", "nan", "inf", "-1"])
def test_a_capacity_that_is_no_number_is_refused_with_its_row_and_heading(capacity: str, tmp_path: Path) -> None:
    path = sheet(tmp_path, ["P-1", "扩建", "学校", "x", capacity], headings="编号 措施 图层 现有设施 学位数")
    assert "[第 2 行（P-1），学位数] 是" in chinese_error(path)


@pytest.mark.parametrize("action", ["关闭", "迁移", "扩建"])
def test_the_name_of_what_is_there_may_stand_under_name(tmp_path: Path, action: str) -> None:
    path = tmp_path / "changes.csv"
    cells = {"关闭": ",,", "迁移": "106.5,29.5,", "扩建": ",,300"}[action]
    path.write_text(f"措施,图层,名称,经度,纬度,学位数\n{action},学校,人民小学,{cells}\n", encoding="utf-8")
    (change,) = load_scenario(path).changes
    assert isinstance(change, FacilityChange)
    assert (change.facility, change.name) == ("人民小学", "")
