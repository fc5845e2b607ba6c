"""Dates in the future are findings; periods that have begun and dates of expiry are not."""

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from worlds.studies import edited
from worlds.town import town_layers, write_town

from cfgeo import Study, describe_findings, load_inputs, load_study
from cfgeo.core.findings import findings_table
from cfgeo.core.schema import ROW
from cfgeo.core.strings import LANGUAGES, Lang
from cfgeo.files.answers import first_day
from cfgeo.study.dates import check_dates

TODAY = dt.date(2026, 11, 22)


@pytest.fixture
def study(tmp_path: Path) -> Path:
    return write_town(tmp_path / "town")


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("2026", (2026, 1, 1)),
        ("2026-04", (2026, 4, 1)),
        ("2026-04-09", (2026, 4, 9)),
        ("2026/4/9", (2026, 4, 9)),
        ("2026.4", (2026, 4, 1)),
        ("2026年4月9日", (2026, 4, 9)),
        ("2026 年 4 月", (2026, 4, 1)),
        ("20260409", (2026, 4, 9)),
        ("2026-04-09 00:00:00", (2026, 4, 9)),
        ("2024—2026", (2024, 1, 1)),
    ],
)
def test_dates_are_read_as_offices_write_them(words: str, day: tuple[int, int, int]) -> None:
    assert first_day(words) == dt.date(*day)


@pytest.mark.parametrize("words", ["", "-", "08:00-20:00", "全天", "2026-13-01", "123456", "tel 2026", "0000"])
def test_a_text_that_is_no_date_has_no_day(words: str) -> None:
    assert first_day(words) is None


@given(st.text(max_size=20))
def test_any_text_is_a_day_or_none(words: str) -> None:
    day = first_day(words)
    assert day is None or isinstance(day, dt.date)


def loaded(path: Path) -> Study:
    return load_study(path)


def test_dates_up_to_today_are_no_findings(study: Path, default_study: Study) -> None:
    assert check_dates(loaded(study), town_layers(), today=TODAY) == []
    assert check_dates(default_study, {}, today=TODAY) == []


def test_a_source_of_a_future_date_is_a_finding(study: Path) -> None:
    edited(study, 'date = "2026-01"', 'date = "2062-01"')
    more = 'date = "2026-12"\n[demand.children]\npath = "c.csv"\ndate = "2026-11-23"\n'
    edited(study, 'path = "homes.geojson"\n', f'path = "homes.geojson"\n{more}')
    edited(study, "[layers.parks]\n", '[layers.parks]\ndate = "2026-11-22"\n')
    rows = check_dates(loaded(study), {}, today=TODAY)
    assert [(row["rule"], row["severity"], row["layer"], row["values"]["date"]) for row in rows] == [
        ("date_ahead", "warning", "communities", "2062-01"),
        ("date_ahead", "warning", "demand", "2026-12"),
        ("date_ahead", "warning", "children", "2026-11-23"),
    ]


@pytest.mark.parametrize("heading", ["建成时间", "开园日期", "start_date", "竣工（年份）", "Year opened"])
def test_facilities_that_open_later_are_findings(study: Path, heading: str) -> None:
    schools = town_layers()["schools"].assign(**{heading: ["2027年9月", "2020", None]})
    (row,) = check_dates(loaded(study), {"schools": schools}, today=TODAY)
    assert (row["rule"], row["severity"], row["row"]) == ("opens_later", "warning", "schools-1")
    assert row["values"] == {"name": "Low School", "column": heading, "date": "2027年9月"}


@pytest.mark.parametrize("state", ["停办", "已停办", "停业整顿", "在建", "规划中", "尚未启用", "closed", "Planned"])
def test_a_place_that_is_said_not_to_be_open_is_a_finding(study: Path, state: str) -> None:
    schools = town_layers()["schools"].assign(**{ROW: [2, 3, 4], "状态": ["正常", state, None], "学校类别": "公办"})
    (row,) = check_dates(loaded(study), {"schools": schools}, today=TODAY)
    assert (row["rule"], row["row"], row["values"]["state"]) == ("not_open", "3", state)
    named = town_layers()["schools"].assign(name=["甲小学", f"乙小学（{state}）", "建设小学（东区）"])
    (row,) = check_dates(loaded(study), {"schools": named}, today=TODAY)
    assert (row["rule"], row["values"]["column"]) == ("not_open", "name")


@pytest.mark.parametrize(
    ("heading", "cells"),
    [
        ("停用", ["否", "是", ""]),
        ("是否停办", [None, "√", None]),
        ("已撤并", [0, 1, 0]),
        ("is_closed", [False, True, False]),
        ("是否在用", ["是", "否", ""]),
        ("正常使用", ["1", "0", "–"]),
        ("停办日期", ["", "2023-09-01", "2027-09"]),
        ("撤销时间", ["9999", "2024年8月", "/"]),
        ("状态", ["在用", "2023年停办", "2027年停办"]),
        ("备注", ["2023年新建", "已于2023年9月撤并至人民小学", "由人民小学2019年并入而成"]),
        ("现状", ["正常", "停办（2022年）", "停办（2027年9月起）"]),
        ("status", ["open", "closed in 2021", "closed in 2031"]),
        ("是否有效", ["是", "否", ""]),
        ("is_deleted", [0, 1, 0]),
        ("建设情况", ["2020年建成", "预计2027年9月建成投用", "已建成"]),
        ("备注", ["2010年建设", "自2024年起停用", "规划路12号"]),
    ],
)
def test_a_column_of_what_is_closed_is_read(study: Path, heading: str, cells: list[object]) -> None:
    schools = town_layers()["schools"].assign(**{heading: cells})
    (row,) = check_dates(loaded(study), {"schools": schools}, today=TODAY)
    assert (row["rule"], row["row"], row["values"]["column"]) == ("not_open", "schools-2", heading)


@pytest.mark.parametrize(
    ("heading", "cells"),
    [
        ("开放", ["否", "否", "是"]),
        ("启用", ["2020", "2021-09", ""]),
        ("运营", ["某公司", "无", "/"]),
        ("停用", ["否", "", "无"]),
    ],
)
def test_what_is_in_use_is_no_finding(study: Path, heading: str, cells: list[str]) -> None:
    schools = town_layers()["schools"].assign(**{heading: cells})
    assert check_dates(loaded(study), {"schools": schools}, today=TODAY) == []


def test_words_within_others_close_nothing(study: Path) -> None:
    words = ["建设路小学", "规划局旁", "可关闭大门"]
    schools = town_layers()["schools"].assign(name=["建设小学", "规划小学", "关闭路小学"], 备注=words)
    assert check_dates(loaded(study), {"schools": schools}, today=TODAY) == []


@pytest.mark.parametrize("heading", ["有效日期", "到期时间", "end_date", "capacity", "电话"])
def test_dates_of_expiry_may_lie_in_the_future(study: Path, heading: str) -> None:
    schools = town_layers()["schools"].assign(**{heading: [2027.0, 2027.0, 2027.0]})
    assert check_dates(loaded(study), {"schools": schools}, today=TODAY) == []


def test_a_file_with_planned_places_reaches_the_findings(study: Path) -> None:
    schools = study.parent / "schools.csv"
    heading, first, *rest = schools.read_text(encoding="utf-8").splitlines()
    body = [f"{heading},建成时间", f"{first},9999-01", *(f"{line},2001" for line in rest)]
    schools.write_text("\n".join(body), encoding="utf-8")
    findings = load_inputs(loaded(study), margin_m=500).findings
    assert findings.loc[findings["rule"] == "opens_later", "row"].tolist() == ["2"]  # as its file shows it


@pytest.mark.parametrize("lang", LANGUAGES)
def test_findings_about_dates_read_well(study: Path, lang: Lang) -> None:
    edited(study, 'date = "2026-01"', 'date = "2062-01"')
    schools = town_layers()["schools"].assign(年份="2027")
    sentences = describe_findings(findings_table(check_dates(loaded(study), {"schools": schools}, today=TODAY)), lang)
    assert sentences["rule"].tolist() == ["date_ahead", *["opens_later"] * 3]
    assert not sentences["what"].str.contains("{", regex=False).any()
