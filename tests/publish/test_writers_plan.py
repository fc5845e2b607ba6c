"""A plan as files: table, GeoJSON, GeoPackage, workbook; all of it measured on the town."""

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
from worlds.plans import GARDEN, PATH, RAMP, ROOM, SCHOOL, SIGN, Tried
from worlds.studies import degrees

from cfgeo import OutputError
from cfgeo.core.plan import MOVE_COLUMNS, PLAN_COLUMNS, PROGRESS_COLUMNS, Plan, PlanChoices
from cfgeo.core.strings import LANGUAGES, Lang, Sentence
from cfgeo.publish.tables.proposals import plan_table
from cfgeo.publish.words.plan import plan_text
from cfgeo.publish.writers import PLAN_FORMATS, require_formats, write_plan


def test_the_table_has_every_project_in_order(plan: Plan, tmp_path: Path) -> None:
    write_plan(plan, tmp_path / "plan.csv", lang="zh")
    body = (tmp_path / "plan.csv").read_bytes()
    assert body.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(body.decode("utf-8-sig").splitlines()))
    assert list(rows[0]) == ["project", *PLAN_COLUMNS, "result", "unit", "basis", "provenance"]
    assert [row["project"] for row in rows] == [RAMP, ROOM, SCHOOL, PATH, GARDEN, SIGN]
    assert [row["rank"] for row in rows] == ["1", "2", "3", "", "", ""]
    assert [row["result"] for row in rows] == ["已定", "选用", "选用", "备选", "无影响", "无影响"]
    assert [row["cost_so_far"] for row in rows] == ["20.0", "220.5", "520.5", "", "", ""]
    assert rows[2]["name"] == "'=Top School", "no formula"
    assert (rows[2]["action"], rows[2]["adds_codes"], rows[2]["adds_names"]) == ("新建小学", "C03", "Upper")
    assert (rows[3]["action"], rows[3]["requires"], rows[3]["excludes"]) == ("新建步道；新建小学", GARDEN, ROOM)
    assert {(row["unit"], row["basis"]) for row in rows} == {("万元", "children")}
    assert all("示例" in row["provenance"] for row in rows)


def test_geojson_has_every_project_where_it_is(plan: Plan, tmp_path: Path) -> None:
    write_plan(plan, tmp_path / "plan.geojson", lang="en")
    features = json.loads((tmp_path / "plan.geojson").read_text("utf-8"))["features"]
    by_id = {feature["properties"]["project"]: feature for feature in features}
    assert by_id[ROOM]["geometry"]["coordinates"] == pytest.approx(degrees(350, 102), abs=1e-7)
    assert [by_id[project]["geometry"]["type"] for project in (PATH, GARDEN)] == ["LineString", "Polygon"]
    assert by_id[SIGN]["geometry"] is None, "only attributes change"
    assert by_id[GARDEN]["properties"]["action"] == "enlarge: Parks and play places “Garden”"


def test_a_geopackage_has_projects_and_communities(plan: Plan, tmp_path: Path) -> None:
    write_plan(plan, tmp_path / "plan.gpkg", lang="en")
    assert len(gpd.read_file(tmp_path / "plan.gpkg", layer="projects")) == 6
    areas = gpd.read_file(tmp_path / "plan.gpkg", layer="communities").set_index("code")
    assert areas["verdict_before"].tolist() == plan.before["verdict"].tolist()
    assert areas["verdict_after"].tolist() == plan.after["verdict"].tolist()
    assert (areas.loc["C02", "passes_at"], areas.loc["C03", "passes_at"]) == (2, 3)
    assert areas["passes_at"].isna().tolist() == [True, False, False, True]


def test_what_no_project_can_win_is_named_with_its_clauses(poor: Plan, tmp_path: Path) -> None:
    write_plan(poor, tmp_path / "plan.gpkg", lang="en")
    areas = gpd.read_file(tmp_path / "plan.gpkg", layer="communities").set_index("code")
    assert areas["held_by"].fillna("").to_dict() == {"C01": "", "C02": "Primary school", "C03": "", "C04": ""}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_workbook_has_four_sheets_and_a_chart(plan: Plan, poor: Plan, tmp_path: Path, lang: Lang) -> None:
    write_plan(plan, tmp_path / "plan.xlsx", lang=lang)
    book = openpyxl.load_workbook(tmp_path / "plan.xlsx")
    names = {
        "zh": ["建设方案", "费用与达标数", "各街道建设方案", "无法达标的社区"],
        "en": ["Plan", "Frontier", "Plan by street office", "Out of reach"],
    }
    assert book.sheetnames == names[lang]
    projects, frontier, offices, held = book.worksheets
    assert [row[0] for row in projects.iter_rows(min_row=9, values_only=True)] == [1, 2, 3, None, None, None]
    assert "=Top School" in [cell.value for cell in projects["B"]]
    assert len(frontier._charts) == 1
    assert [row[:3] for row in frontier.iter_rows(min_row=8, max_row=10, values_only=True)] == [
        (1, 0.25, 20),
        (2, 0.5, 220.5),
        (3, 0.75, 520.5),
    ]
    assert [row[0] for row in offices.iter_rows(min_row=6, values_only=True)] == ["North", "South"]
    assert "{" not in "".join(str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row)
    assert held.max_row <= 8
    write_plan(poor, tmp_path / "poor.xlsx", lang=lang)
    rows = list(openpyxl.load_workbook(tmp_path / "poor.xlsx").worksheets[3].iter_rows(values_only=True))
    assert rows[-1][:3] == ("Lower East", "South", "小学" if lang == "zh" else "Primary school")


def rows_below(sheet: Any, first: str) -> list[tuple[Any, ...]]:
    """Return a sheet's table from its headings on, without what stands beside it."""
    rows = list(sheet.iter_rows(values_only=True))
    top = next(nth for nth, row in enumerate(rows) if row[0] == first)
    width = next((nth for nth, head in enumerate(rows[top]) if head is None), len(rows[top]))
    return [row[:width] for row in rows[top:]]


def test_the_sheets_say_every_number_of_the_plan(plan: Plan, tmp_path: Path) -> None:
    changed = replace(plan, frontier=plan.frontier.assign(bound=[20.0, 200.0, 520.5]),
                    offices=plan.offices.assign(full_bound=[290.0, 200.5]))  # fmt: skip
    write_plan(changed, tmp_path / "plan.xlsx", lang="en")
    projects, frontier, offices, _ = openpyxl.load_workbook(tmp_path / "plan.xlsx").worksheets
    head, *rows = rows_below(projects, "Order")
    table = {row[1]: dict(zip(head, row, strict=True)) for row in rows}
    assert list(table) == ["Ramp", "East School", "=Top School", "<b>Path", "Garden", "Sign"]
    numbers = ("Cost\n(万元)", "Cost so far\n(万元)", "Communities that pass")
    assert [tuple(row[head] for head in numbers) for row in table.values()] == [
        (20, 20, 1), (200.5, 220.5, 2), (300, 520.5, 3), (400, None, None), (80, None, None), (5, None, None)
    ]  # fmt: skip
    assert [row["Status"] for row in table.values()] == [
        "decided", "chosen", "chosen", "not in this plan", "never matters", "never matters"
    ]  # fmt: skip
    assert [row["Newly in reach: children"] for row in table.values()] == [0, 12, 12, None, None, None]
    assert [row["Newly passing"] for row in table.values()][:3] == [None, "Lower East", "Upper"]
    assert [row["Pass with it alone"] for row in table.values()][:4] == [None, "Lower East", "Upper", "Lower East"]
    path = table["<b>Path"]
    assert (path["Requires"], path["Excludes"], table["East School"]["Excludes"]) == (
        "Garden",
        "East School",
        "<b>Path",
    )
    assert (path["Community"], path["Street office"], path["Id"], path["Code"]) == ("Lower West", "South", PATH, "C01")
    assert (path["Longitude"], path["Latitude"]) == pytest.approx((106.5487529, 29.5516265))
    assert rows_below(frontier, "Communities that pass")[1:] == [
        (1, 0.25, 20, 20, "yes", 1, "Ramp"),
        (2, 0.5, 220.5, 200, "no", 2, "East School, Ramp"),
        (3, 0.75, 520.5, 520.5, "yes", 3, "=Top School, East School, Ramp"),
    ]
    assert rows_below(offices, "Street office")[1:] == [
        ("North", 2, 0, 1, "=Top School", 300, "=Top School", 300, 290, None),
        ("South", 2, 1, 2, "East School", 200.5, "East School", 200.5, 200.5, None),
    ]


def test_the_last_sheet_says_what_is_out_of_reach_and_what_need_not_be_built(
    plan: Plan, poor: Plan, tmp_path: Path
) -> None:
    for changed, begins in (
        (plan, ["Every community in which", "Not in this plan: 1.", "Never matter (2:", "Community"]),
        (poor, ["With all projects of the list", "Never matter (2:", "Community", "Lower East"]),
    ):
        write_plan(changed, tmp_path / "plan.xlsx", lang="en")
        sheet = openpyxl.load_workbook(tmp_path / "plan.xlsx").worksheets[3]
        lines = [str(row[0]) for row in sheet.iter_rows(min_row=4, values_only=True) if row[0] is not None]
        assert [line[: len(begin)] for line, begin in zip(lines, begins, strict=True)] == begins


def test_money_is_rounded_without_needless_digits(plan: Plan) -> None:
    thirds = plan.projects.assign(cost=1 / 3, cost_so_far=2 / 3, adds_demand=1.26)
    table = plan_table(replace(plan, projects=thirds), "en")
    assert table.loc[0, ["cost", "cost_so_far", "adds_demand"]].tolist() == [0.333333, 0.666667, 1.3]


def test_the_chart_draws_what_the_table_says(plan: Plan, tmp_path: Path) -> None:
    write_plan(plan, tmp_path / "plan.xlsx", lang="en")
    sheet = openpyxl.load_workbook(tmp_path / "plan.xlsx").worksheets[1]
    corners = [(sheet.cell(row, 21).value, sheet.cell(row, 22).value) for row in range(5, 10)]
    assert corners == [(20, 1), (220.5, 1), (220.5, 2), (520.5, 2), (520.5, 3)]


def test_the_same_plan_gives_the_same_bytes(plan: Plan, tmp_path: Path) -> None:
    for suffix in ("csv", "geojson", "gpkg", "xlsx"):
        bodies = set()
        for nth in range(2):
            write_plan(plan, tmp_path / f"{nth}.{suffix}", lang="zh")
            bodies.add((tmp_path / f"{nth}.{suffix}").read_bytes())
        assert len(bodies) == 1, suffix


def test_a_plan_that_builds_nothing_can_be_written(tried_town: Tried, nothing: Plan, tmp_path: Path) -> None:
    assert len(nothing.built) == 1, "what is decided"
    for name in ("plan.csv", "plan.geojson", "plan.gpkg", "plan.xlsx"):
        write_plan(nothing, tmp_path / name, lang="en")
        assert (tmp_path / name).stat().st_size > 500


def test_what_cannot_be_written_is_told(plan: Plan, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"\.docx"):
        require_formats([tmp_path / "plan.csv", tmp_path / "plan.docx"], PLAN_FORMATS)
    with pytest.raises(OutputError, match="cannot be written"):
        write_plan(plan, tmp_path / "no" / "plan.csv", lang="en")


@pytest.fixture
def wide(plan: Plan) -> Plan:
    """A plan with two years, two clauses, reasons and a list that is under way."""
    first, second = list(plan.titles)[:2]
    names = list(plan.projects.index)
    clauses = pd.DataFrame(
        {"scope": ["community", "district"], "measure": ["present", "rate"], "compare": "at_least", "unit": "",
         "before": [0.25, 4.475], "decided": [0.25, 4.475], "after": [0.75, 4.5], "asked": [1.0, 4.5],
         "target": [0.7, np.nan], "verdict_before": "failed", "verdict_after": ["failed", "passed"],
         "built": [(names[0],), ()], "listed": [3, 0]},
        index=pd.Index([first, second], name="clause"))  # fmt: skip
    progress = pd.DataFrame([
        ("all", "", 6, 4, 1, 1, 0, 1005.5, 80.0, 925.5, 3, 520.5),
        ("stage", "done", 1, 0, 0, 1, 0, 80.0, 80.0, 0.0, 0, 0.0),
        ("clause", first, 3, 3, 0, 0, 0, 500.0, 0.0, 500.0, 1, 20.0),
    ], columns=list(PROGRESS_COLUMNS))  # fmt: skip
    years = pd.DataFrame(
        {"budget": [300.0, 250.0], "paid": [220.5, 250.0], "begins": [(names[0], names[1]), (names[2],)],
         "ready": [(names[0],), (names[1], names[2])], "passed": [1, 3]},
        index=pd.Index([2026, 2027], name="year"))  # fmt: skip
    moves = pd.DataFrame([(names[0], first, 0.25, 0.5, 1.0, 12.0, True)], columns=["project", *MOVE_COLUMNS])
    table = plan.projects.assign(stage="planned", years=1.0, spent=0.0)
    table["status"] = table["status"].mask(table.index == names[-1], "other")
    table["moves"] = [(first,), *[()] * 4, (second,)]
    table["reason"] = [*[None] * 4, Sentence("plan.reason_outside"), None]
    choices = PlanChoices(budgets={2026: 300.0, 2027: 250.0}, targets={first: 0.7})
    return replace(plan, choices=choices, projects=table, clauses=clauses, progress=progress, years=years,
                   moves=moves.set_index("project"), least=520.5)  # fmt: skip


def test_tables_beside_the_projects_say_what_moves_and_how_far_the_list_is(wide: Plan, tmp_path: Path) -> None:
    write_plan(wide, tmp_path / "p.csv", lang="zh")
    tables = {name: pd.read_csv(tmp_path / f"p_{name}.csv") for name in ("clauses", "moves", "progress", "years")}
    assert tables["clauses"]["target"].tolist()[0] == 0.7
    assert tables["progress"]["name"].tolist()[:2] == ["全部项目", "已完成"]
    assert tables["years"][["year", "paid", "passed"]].to_numpy().tolist() == [[2026, 220.5, 1], [2027, 250, 3]]
    assert tables["moves"][["units", "gained", "helps"]].to_numpy().tolist() == [[1, 12, True]]
    rows = pd.read_csv(tmp_path / "p.csv").set_index("project")
    assert rows["reason"].dropna().tolist() == ["不在任何社区内"]


def test_the_workbook_has_the_years_the_clauses_and_the_progress(wide: Plan, tmp_path: Path) -> None:
    write_plan(wide, tmp_path / "plan.xlsx", lang="zh")
    book = openpyxl.load_workbook(tmp_path / "plan.xlsx")
    assert book.sheetnames[4:] == ["分年安排", "各条款", "项目库进度"]
    years, clauses, progress = book.worksheets[4:]
    assert [row[0] for row in rows_below(years, "年份")[1:]] == ["2026", "2027"]
    assert [row[1:6] for row in rows_below(clauses, "条款")[1:]] == [
        ("25.0%", "75.0%", "100%", "70%", "未达标"), ("4.475", "4.5", "4.5", "–", "达标"),
    ]  # fmt: skip
    assert rows_below(progress, "分组")[1][1:9] == (6, 4, 1, 1, 0, 1005.5, 80, 925.5)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_text_and_the_page_say_what_was_asked_and_what_moves(wide: Plan, tmp_path: Path, lang: Lang) -> None:
    words = plan_text(wide, lang=lang)
    asked = {"zh": "2026 年 300 万元、2027 年 250 万元", "en": "2026: 300 万元"}[lang]
    assert asked in words.replace("；", "、")
    moved = {"zh": "25.0% → 75.0%（目标 70%）", "en": "25.0 % → 75.0 % (target 70 %)"}[lang]
    assert moved in words.replace(chr(160), " ")
    why = {"zh": "不在任何社区内", "en": "lies in no community"}[lang]
    assert why in words
    write_plan(wide, tmp_path / "plan.html", lang=lang)
    page = (tmp_path / "plan.html").read_text(encoding="utf-8")
    assert {"zh": "项目库进度", "en": "Progress of the list"}[lang] in page
    assert "1,005.5" in page
