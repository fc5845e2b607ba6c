"""Reserve lists: TOML, CSV and Excel give the same projects. Errors list all faults with row and id."""

import re
import tomllib
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from shapely import Point
from worlds.town import write_town

from cfgeo import FacilityChange, InputError, LinkChange, ScenarioError, Study, StudyError, load_study
from cfgeo.core.plan import PlanChoices
from cfgeo.core.projects import Projects
from cfgeo.scenarios.lists.projects import load_projects, plan_choices
from cfgeo.study.tables import ReserveList

TOML = """
[projects]
title = "Reserve"
unit = "万元"

[[change]]
id = "P-1"
project = "A court and the way to it"
cost = 1200
decided = true
action = "add"
layer = "sports"
kind = "court"
name = "Court"
lon = 106.55
lat = 29.55

[[change]]
id = "P-1"
action = "add"
link = "stairs"
wkt = "LINESTRING (106.55 29.55, 106.551 29.55)"

[[change]]
id = "P-2"
cost = "35.5"
requires = ["P-1"]
excludes = "P-3"
action = "refit"
street = "Long Steps"
tags = { "ramp:stroller" = "yes" }

[[change]]
id = "P-3"
cost = 0
action = "close"
layer = "sports"
facility = "Old court"
"""

ROWS = [
    ["序号", "项目编号", "项目名称", "估算投资（万元）", "前置项目", "互斥项目", "是否已立项", "措施", "图层", "类型",
     "名称", "现有设施", "经度", "纬度", "连接", "道路名称", "wkt", "标签", "备注"],
    [1, "P-1", "A court and the way to it", "1,200", "无", None, "是", "新建", "体育设施", "court", "Court", None,
     106.55, 29.55, None, None, None, None, "x"],
    [2, "P-1", None, None, None, None, None, "新增", None, None, None, None, None, None, "梯道", None,
     "LINESTRING (106.55 29.55, 106.551 29.55)", None, None],
    [3, "P-2", None, "35.5 万元", "P-1", "Ｐ-3", "否", "改造", None, None, None, None, None, None, None, "Long Steps",
     None, "ramp:stroller=yes", None],
    [4, "P-3", None, 0, None, None, None, "拆除", "体育设施", None, None, "Old court", None, None, None, None, None,
     None, None],
]  # fmt: skip

HEAD = "id,project,cost,requires,excludes,decided,action,layer,facility,kind,lon,lat,link,wkt\n"
"""The headings of a table. :func:`row` writes a row below them."""


def row(**cells: str) -> str:
    """Return a project that adds a park, with other cells."""
    cells = {"id": "P-1", "cost": "10", "action": "add", "layer": "parks", "lon": "106.5", "lat": "29.5", **cells}
    return ",".join(f'"{cells.get(key, "")}"' for key in HEAD.strip().split(",")) + "\n"


def write_file(folder: Path, body: str, name: str = "projects.csv") -> Path:
    path = folder / name
    path.write_text(body, encoding="utf-8")
    return path


def workbook(folder: Path, rows: list[list[Any]]) -> Path:
    book = openpyxl.Workbook()
    for cells in rows:
        book.active.append(cells)
    book.save(folder / "储备项目.xlsx")
    return folder / "储备项目.xlsx"


def load_rows(folder: Path, *rows: str) -> Projects:
    return load_projects(write_file(folder, HEAD + "".join(rows)))


def error_message(path: Path) -> str:
    with pytest.raises(ScenarioError) as caught:
        load_projects(path)
    assert caught.value.text("zh") != str(caught.value)
    return str(caught.value)


PLAIN_LIST: list[list[Any]] = [
    ["项目编号", "项目名称", "估算投资（万元）", "措施", "图层", "类型", "经度", "纬度"],
    ["P-1", "球场一", 100, "新建", "体育设施", "court", 106.55, 29.55],
    ["P-2", "球场二", 120, "新建", "体育设施", "court", 106.56, 29.55],
]


def with_column(heading: str, *cells: object) -> list[list[Any]]:
    return [[*line, cell] for line, cell in zip(PLAIN_LIST, (heading, *cells), strict=True)]


def told(path: Path) -> dict[str, dict[str, Any]]:
    return {row["rule"]: row["values"] for row in load_projects(path).findings if row["severity"] == "warning"}


def test_another_column_of_costs_that_differs_is_told(tmp_path: Path) -> None:
    assert told(workbook(tmp_path, with_column("概算", 100, 150))) == {
        "costs_beside": {"heading": "概算", "used": "估算投资"}
    }
    for rows in (PLAIN_LIST, with_column("概算（元）", 1e6, 1.2e6), with_column("概算", 100, None),
                 with_column("其中：市级资金", 50, 60)):  # fmt: skip
        assert told(workbook(tmp_path, rows)) == {}


@pytest.mark.parametrize(
    ("heading", "cells"), [("备注", ("", "已取消")), ("是否取消", ("否", "是")), ("说明", ("取消原停车位", "暂缓实施"))]
)
def test_rows_that_say_that_they_are_cancelled_where_nobody_reads_it_are_told(
    heading: str, cells: tuple[str, str], tmp_path: Path
) -> None:
    assert told(workbook(tmp_path, with_column(heading, *cells))) == {"rows_cancelled": {"rows": (3,)}}


def test_what_is_odd_about_the_file_of_a_list_is_told(tmp_path: Path) -> None:
    below = ["编号", "项目", "经度", "纬度", "投资"]
    path = workbook(tmp_path, [*PLAIN_LIST, [], below, ["Q-1", "球场三", 106.55, 29.55, 10]])
    book = openpyxl.load_workbook(path)
    book.active.row_dimensions[2].hidden = True
    book.active["B3"].font = openpyxl.styles.Font(strike=True)
    second = book.create_sheet("二期")
    for line in PLAIN_LIST:
        second.append(line)
    book.save(path)
    assert set(told(path)) == {"table_below", "rows_hidden", "rows_struck", "sheets_alike"}
    assert len(load_projects(path).projects) == 2


def test_a_toml_file_is_read(tmp_path: Path) -> None:
    projects = load_projects(write_file(tmp_path, TOML, "projects.toml"))
    assert (projects.title, projects.unit, [project.id for project in projects.projects]) == (
        "Reserve", "万元", ["P-1", "P-2", "P-3"]
    )  # fmt: skip
    court, ramp, closed = projects.projects
    assert (court.name, court.cost, court.decided, court.row) == ("A court and the way to it", 1200, True, 1)
    added, stairs = court.changes
    assert added == FacilityChange("add", "sports", "", "court", "Court", Point(106.55, 29.55), {}, 1, "P-1")
    assert isinstance(stairs, LinkChange)
    assert (stairs.nth, stairs.id, stairs.link) == (2, "P-1", "stairs")
    assert (ramp.name, ramp.cost, ramp.requires, ramp.excludes, ramp.row) == ("P-2", 35.5, ("P-1",), ("P-3",), 3)
    assert (closed.cost, closed.decided) == (0, False)


def test_a_list_is_read_from_a_sheet_and_in_a_datum(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["编号", "投资（元）"])
    book.active.append(["x", "1"])
    page = book.create_sheet("储备")
    for cells in (
        ["编号", "投资（万元）", "措施", "图层", "经度", "纬度"],
        ["P-1", 5, "新建", "体育场地", 106.55, 29.55],
    ):
        page.append(cells)
    book.save(tmp_path / "库.xlsx")
    (court,) = load_projects(tmp_path / "库.xlsx", table="储备", datum="gcj02").projects
    shape = court.changes[0].shape
    assert isinstance(shape, Point)
    assert shape.distance(Point(106.55, 29.55)) > 0.002
    with pytest.raises(InputError, match="储备"):
        load_projects(write_file(tmp_path, TOML, "projects.toml"), table="储备")
    with pytest.raises(ScenarioError):
        load_projects(tmp_path / "库.xlsx")


def test_a_workbook_with_chinese_headings_gives_the_same_projects(tmp_path: Path) -> None:
    projects = load_projects(workbook(tmp_path, ROWS))
    expected = load_projects(write_file(tmp_path, TOML, "projects.toml"))
    assert projects.unit == "万元"
    assert projects.unused == ("序号", "备注")
    assert [project.row for project in projects.projects] == [2, 4, 5]  # the row numbers of the sheet
    for project, same in zip(projects.projects, expected.projects, strict=True):
        assert (project.id, project.name, project.cost, project.requires, project.excludes, project.decided) == (
            same.id, same.name, same.cost, same.requires, same.excludes, same.decided
        )  # fmt: skip
        assert [change.action for change in project.changes] == [change.action for change in same.changes]


@pytest.mark.parametrize(
    ("heading", "cell", "cost", "unit"),
    [("cost (CNY m)", "1,200", 1200, "CNY m"), ("投资（万元）", "12.5", 12.5, "万元"), ("造价[元]", "9 元", 9, "元"),
     ("cost", "1200", 1200, ""), ("总投资", "1200 万元", 1200, "万元"), ("费用", "1200万", 1200, "万"),
     ("投资（万元）", "１２００", 1200, "万元"), ("cost (estimated)", "7", 7, ""), ("预算", "1.5e3", 1500, "")],
)  # fmt: skip
def test_costs_and_their_unit_are_read_as_people_write_them(
    heading: str, cell: str, cost: float, unit: str, tmp_path: Path
) -> None:
    projects = load_projects(write_file(tmp_path, HEAD.replace("cost", heading) + row(cost=cell)))
    assert (projects.projects[0].cost, projects.unit) == (cost, unit)


def test_costs_in_yuan_wan_and_yi_are_brought_into_the_unit_of_the_heading(tmp_path: Path) -> None:
    costs = ("0.01 亿元", "3万", "5000元", "1.2千万", "７")
    rows = [row(id=f"P-{nth}", cost=cost) for nth, cost in enumerate(costs)]
    table = HEAD.replace("cost", "投资（万元）") + "".join(rows)
    projects = load_projects(write_file(tmp_path, table))
    assert ([project.cost for project in projects.projects], projects.unit) == ([100, 3, 0.5, 1200, 7], "万元")


@pytest.mark.parametrize(
    "cost",
    ["约200", "200-300", "200~300", "200—300", "待定", "200左右", "≥200", "200+50", "200*2", "二百", "200万-300万"],
)
def test_a_cost_that_is_no_single_number_is_refused_with_its_row(cost: str, tmp_path: Path) -> None:
    table = HEAD.replace("cost", "投资（万元）") + row(cost=cost) + row(id="P-2", cost="7")
    message = error_message(write_file(tmp_path, table))
    assert f"row 2 (P-1): cost '{cost}'" in message
    assert message.count("\n  - ") == 1


@pytest.mark.parametrize("cost", ["2 USD", "3 美元", "4 港元"])
def test_a_cost_in_another_currency_than_the_heading_is_refused(cost: str, tmp_path: Path) -> None:
    table = HEAD.replace("cost", "投资（万元）") + row(cost=cost)
    assert "another unit than the heading or the others (万元)" in error_message(write_file(tmp_path, table))


def test_a_list_as_offices_keep_it_is_refused_with_the_headings_it_lacks_and_its_costs(tmp_path: Path) -> None:
    lines = [["项目名称", "总投资", "建设内容"], ["运动场", "约200万", "新建一处"], ["电梯", "80", None]]
    with pytest.raises(ScenarioError) as caught:
        load_projects(workbook(tmp_path, lines))
    words = caught.value.text("zh")
    assert "缺少列：编号（id）、措施（action）；第 2 行到第 3 行都要填" in words
    assert "“措施”可写：新建（add）、迁移（move）、关闭（close）" in words
    assert "第 2 行：投资 '约200万'" in words
    assert words.count("\n  - ") == 4, "three about the table, and the cost; nothing row by row"


def test_the_unit_may_stand_above_the_table_or_below_its_headings(tmp_path: Path) -> None:
    rows = [["编号", "投资", "措施", "图层", "经度", "纬度"], ["P-1", 5, "新建", "公园", 106.5, 29.5]]
    assert load_projects(workbook(tmp_path, [["储备项目  单位：万元"], *rows])).unit == "万元"
    units = [None, "万元", None, None, "度", "度"]
    assert load_projects(workbook(tmp_path, [rows[0], units, rows[1]])).unit == "万元"
    assert load_projects(workbook(tmp_path, rows)).unit == ""


@pytest.mark.parametrize("cell", ["P-1,P-2", "P-1;P-2", "P-1、P-2", "P-1，P-2", "P-1；P-2", " P-1  P-2 ", "Ｐ-1 , P-2"])
def test_ids_may_have_any_usual_separator(cell: str, tmp_path: Path) -> None:
    projects = load_rows(tmp_path, row(id="P-1"), row(id="P-2"), row(id="P-3", requires=cell))
    assert projects.projects[2].requires == ("P-1", "P-2")


def test_ids_may_be_numbers_or_have_blanks(tmp_path: Path) -> None:
    projects = load_rows(tmp_path, row(id="1.0"), row(id="Lift 2"), row(id="3", requires="1", excludes="Lift 2"))
    assert [project.id for project in projects.projects] == ["1", "Lift 2", "3"]
    assert (projects.projects[2].requires, projects.projects[2].excludes) == (("1",), ("Lift 2",))


@pytest.mark.parametrize(
    ("cell", "decided"),
    [("是", True), ("yes", True), ("1", True), ("TRUE", True), ("否", False), ("", False), ("无", False)],
)
def test_decided_is_yes_or_no(cell: str, decided: bool, tmp_path: Path) -> None:
    assert load_rows(tmp_path, row(decided=cell)).projects[0].decided is decided


def test_exclusions_are_mutual(tmp_path: Path) -> None:
    projects = load_rows(tmp_path, row(id="P-1"), row(id="P-2", excludes="P-1"), row(id="P-3"))
    assert [project.excludes for project in projects.projects] == [("P-2",), ("P-1",), ()]


def test_projects_that_change_the_same_facility_or_way_exclude_each_other(tmp_path: Path) -> None:
    school = {"layer": "学校", "facility": "schools-1", "lon": "", "lat": ""}
    projects = load_rows(
        tmp_path,
        row(**{**school, "id": "P-1", "action": "close"}),
        row(**{**school, "id": "P-2", "action": "move", "lon": "106.5", "lat": "29.5", "layer": "schools"}),
        row(**{**school, "id": "P-3", "action": "close", "facility": "schools-2"}),
    )
    assert [project.excludes for project in projects.projects] == [("P-2",), ("P-1",), ()]


FAULTS = {
    "no cost": ([row(cost="")], "row 2 (P-1) has no cost"),
    "a cost of words": ([row(cost="many")], "cost 'many' is no number of 0 or more"),
    "a cost below 0": ([row(cost="-3")], "cost '-3' is no number of 0 or more"),
    "a cost without end": ([row(cost="1e999")], "cost '1e999' is no number"),
    "costs in two units": ([row(cost="10 万元"), row(id="P-2", cost="1 USD")], "another unit than the heading"),
    "no id": ([row(id="")], "row 2 has no id"),
    "an id twice": ([row(), row(id="P-2"), row(lon="106.6")], "row 4 (P-1) has the id of row 2"),
    "an id twice in a row, each with a cost": ([row(), row(lon="106.6")], "row 3 (P-1) has the id of row 2"),
    "an id again without a cost": ([row(), row(id="P-2"), row(cost="")], "row 4 (P-1) has the id of row 2"),
    "a requirement that is not there": ([row(requires="P-9")], "requires names 'P-9'"),
    "an exclusion that is not there": ([row(excludes="P-9")], "excludes names 'P-9'"),
    "requires itself": ([row(requires="P-1")], "requires names the project itself"),
    "a circle": (
        [row(requires="P-2"), row(id="P-2", requires="P-3"), row(id="P-3", requires="P-1")], "round in a circle"
    ),
    "requires what it excludes": ([row(requires="P-2", excludes="P-2"), row(id="P-2")], "without both P-1 and P-2"),
    "requires what what it requires excludes": (
        [row(requires="P-2"), row(id="P-2", requires="P-3"), row(id="P-3", excludes="P-1")], "row 2 (P-1): it cannot be"
    ),
    "requires another change of the same": (
        [row(action="close", facility="x", lon="", lat="", requires="P-2"),
         row(id="P-2", action="close", facility="x", lon="", lat="")],
        "which change the same facility",
    ),
    "decided is neither": ([row(decided="maybe")], "decided is 'maybe'"),
    "decided and what it requires is not": ([row(requires="P-2", decided="yes"), row(id="P-2")], "decide on P-2 too"),
    "decided and excluded": (
        [row(excludes="P-2", decided="yes"), row(id="P-2", decided="yes")], "P-2 are both decided"
    ),
    "an unknown action": ([row(action="paint")], "row 2 (P-1): action 'paint' is not known"),
    "about nothing": ([row(layer="")], "row 2 (P-1) does not say what changes"),
    "no action": ([row(action="")], "row 2 (P-1) has no action; it can be: add, move"),
    "a number that is none": ([row(lon="east")], "[row 2 (P-1), lon] is 'east'"),
    "nothing": ([], "holds no project"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_the_error_about_a_wrong_list_names_the_reason(name: str, tmp_path: Path) -> None:
    rows, reason = FAULTS[name]
    message = error_message(write_file(tmp_path, HEAD + "".join(rows)))
    assert reason in message
    assert "projects.csv" in message
    assert message.count("\n  - ") <= 2  # both projects of a contradiction are named
    assert "None" not in message


def test_the_error_lists_all_faults_by_row(tmp_path: Path) -> None:
    rows = [
        row(cost="", requires="P-9"), row(id="P-2", lon="east", cost="many"), row(id="P-3", layer="", requires="P-2"),
        row(id="", lon="west"),
    ]  # fmt: skip
    message = error_message(write_file(tmp_path, HEAD + "".join(rows)))
    reasons = [
        "row 2 (P-1) has no cost", "row 2 (P-1): requires names 'P-9'", "[row 3 (P-2), lon]",
        "row 3 (P-2): cost 'many'", "row 4 (P-3) does not say", "[row 5, lon]", "row 5 has no id",
    ]  # fmt: skip
    assert all(reason in line for reason, line in zip(reasons, message.splitlines()[1:-1], strict=True))


def test_every_circle_is_named_once(tmp_path: Path) -> None:
    pairs = [("P-1", "P-2"), ("P-2", "P-1"), ("P-3", "P-4"), ("P-4", "P-3")]
    message = error_message(
        write_file(tmp_path, HEAD + "".join(row(id=project, requires=required) for project, required in pairs))
    )
    assert message.count("round in a circle") == 2


def test_a_file_that_is_no_list_of_projects_is_an_error(tmp_path: Path) -> None:
    assert "did you mean `unit`" in error_message(write_file(tmp_path, "[projects]\nunits = 'x'\n", "projects.toml"))
    assert "[change]" in error_message(write_file(tmp_path, "change = 7\n", "projects.toml"))
    assert "[change 1] is 7" in error_message(write_file(tmp_path, "change = [7]\n", "projects.toml"))
    assert "cost True is no number" in error_message(
        write_file(tmp_path, TOML.replace("cost = 1200", "cost = true"), "projects.toml")
    )
    assert "no file of changes" in error_message(tmp_path / "list.toml")


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """Return a study with a list of its own and a budget."""
    own = tmp_path / "own"
    own.mkdir()
    write_file(own, HEAD + row(id="OWN"))
    path = write_town(own)
    with path.open("a", encoding="utf-8") as toml:
        toml.write('\n[projects]\npath = "projects.csv"\nbudget = 50\nseconds = 7\n')
    return load_study(path)


def test_choices_default_to_those_of_the_study(study: Study) -> None:
    projects, choices = plan_choices(study)
    assert ([project.id for project in projects.projects], choices) == (["OWN"], PlanChoices(50, None, 7))


@pytest.mark.parametrize(("asked", "seconds", "expected"), [
    (PlanChoices(target=0.5), None, PlanChoices(None, 0.5, 7)),
    (PlanChoices(budget=9), None, PlanChoices(9, None, 7)),
    (PlanChoices(budgets={2026: 9}), None, PlanChoices(None, None, 7, budgets={2026: 9})),
    (PlanChoices(targets={"a": 0.5}), None, PlanChoices(50, None, 7, targets={"a": 0.5})),
    (None, 3.0, PlanChoices(50, None, 3)),
])  # fmt: skip
def test_choices_of_the_caller_take_precedence_over_the_study(
    study: Study, asked: PlanChoices | None, seconds: float | None, expected: PlanChoices
) -> None:
    assert plan_choices(study, choices=asked, seconds=seconds)[1] == expected


def test_a_list_of_the_caller_takes_precedence_over_that_of_the_study(study: Study, tmp_path: Path) -> None:
    other = write_file(tmp_path, HEAD + row(id="OTHER"), "other.csv")
    assert [project.id for project in plan_choices(study, other)[0].projects] == ["OTHER"]
    bare = study.model_copy(update={"projects": None})
    assert [project.id for project in plan_choices(bare, other)[0].projects] == ["OTHER"]
    assert plan_choices(bare, other)[1] == PlanChoices()
    with pytest.raises(StudyError, match="There is no reserve list") as caught:
        plan_choices(bare)
    assert caught.value.code == "plan_no_list"


def test_the_lists_of_the_docs_are_read(tmp_path: Path) -> None:
    page = (Path(__file__).resolve().parents[3] / "docs" / "planning.md").read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line[1:-1].split("|")] for line in page.splitlines() if line.startswith("| ")]
    wide = [row for row in rows if len(row) == 13]
    for rows, unit, costs in ((wide[:4], "CNY m", [2.4, 6.5, 0.9]), (wide[4:], "万元", [240, 650, 90])):
        projects = load_projects(workbook(tmp_path, rows))
        assert (projects.unit, [project.cost for project in projects.projects]) == (unit, costs)
        assert [project.excludes for project in projects.projects] == [(), ("P-3",), ("P-2",)]
        assert [project.decided for project in projects.projects] == [True, False, False]
    study, toml = re.findall(r"^```toml\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    (court,) = load_projects(write_file(tmp_path, toml, "projects.toml")).projects
    assert (court.cost, len(court.changes)) == (330, 2)
    assert ReserveList.model_validate(tomllib.loads(study)["projects"]).seconds == ReserveList(path="a.csv").seconds


STANDING = "编号,项目名称,投资（万元）,状态,最早年份,工期,已投入（元）,措施,图层,经度,纬度\n"


def standing(folder: Path, *rows: str) -> Projects:
    body = STANDING + "".join(f"P-{n},x,100,{row},新建,公园,106.5,29.5\n" for n, row in enumerate(rows, start=1))
    return load_projects(write_file(folder, body))


def test_what_is_begun_costs_what_is_left_and_what_is_done_costs_no_more(tmp_path: Path) -> None:
    listed = standing(
        tmp_path, ",,,", "计划,2026年,18个月,", "在建,2025-2027,,400000", "已完成,,,", "取消,,,0", "60%,,,"
    )
    seen = [(p.stage, p.cost, p.spent, p.whole_cost, p.decided, p.year, p.years) for p in listed.projects]
    assert seen == [
        ("planned", 100, 0, 100, False, None, 1),
        ("planned", 100, 0, 100, False, 2026, 2),
        ("begun", 60, 40, 100, True, 2025, 3),
        ("done", 0, 100, 100, True, None, 1),
        ("dropped", 100, 0, 100, False, None, 1),
        ("begun", 100, 0, 100, True, None, 1),
    ]


@pytest.mark.parametrize(("cells", "words"), [
    ("等批复,,,", "等批复"), (",明年,,", "明年"), (",2027-2025,,", "2027-2025"), (",,18,", "18"), (",,-1年,", "-1年"),
    (",,,2000000", "2000000"), (",,,-1", "-1"), ("120%,,,", "120%"),
])  # fmt: skip
def test_a_status_year_or_payment_that_cannot_be_read_is_a_fault(tmp_path: Path, cells: str, words: str) -> None:
    with pytest.raises(ScenarioError, match=rf"row 2 \(P-1\).*{words}"):
        standing(tmp_path, cells)


def test_what_is_dropped_cannot_be_decided_nor_what_decided_projects_require(tmp_path: Path) -> None:
    head = "编号,投资,是否已立项,状态,前置项目,措施,图层,经度,纬度\n"
    body = "A,1,是,取消,,新建,公园,106.5,29.5\nB,1,,取消,,新建,公园,106.5,29.5\nC,1,,在建,B,新建,公园,106.5,29.5\n"
    with pytest.raises(ScenarioError, match=r"(?s)\(A\) is dropped and decided.*\(C\) is decided and requires B"):
        load_projects(write_file(tmp_path, head + body))


def test_headings_that_only_end_in_a_known_word_are_not_read(tmp_path: Path) -> None:
    head = "编号,投资,审批状态,竣工年份,资金进度,措施,图层,经度,纬度\n"
    listed = load_projects(write_file(tmp_path, head + "A,1,已批,去年,90%,新建,公园,106.5,29.5\n"))
    assert (listed.projects[0].stage, listed.projects[0].year) == ("planned", None)
    assert {"审批状态", "竣工年份"} <= set(listed.unused)


def test_what_is_done_and_what_comes_after_it_may_change_the_same_place(tmp_path: Path) -> None:
    head = "编号,投资,状态,措施,图层,现有设施,容量\n"
    body = "A,1,完成,扩建,学校,一小,100\nB,1,计划,扩建,学校,一小,200\nC,1,计划,扩建,学校,一小,300\n"
    listed = load_projects(write_file(tmp_path, head + body))
    assert [project.excludes for project in listed.projects] == [(), ("C",), ("B",)]
