"""Numbers and degrees are read as people write them, and nothing else is."""

import math

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import Point

from cfgeo.files.cell_values import (
    cell_text,
    counted_cells,
    degrees,
    is_unit,
    money_unit,
    money_unit_above,
    number_cells,
    numbers,
    plain_code,
    plain_heading,
    plain_number,
    whole_cells,
    with_point,
)


@pytest.mark.parametrize(
    ("cell", "number"),
    [("300", 300), (" 300 ", 300), ("３００", 300), ("1,200", 1200), ("-5", -5), ("1e3", 1000), (7, 7), (2.5, 2.5),
     ("\u00a012\u3000", 12)],
)  # fmt: skip
def test_a_number_is_read(cell: object, number: float) -> None:
    assert numbers(pd.Series([cell], dtype=object)).tolist() == [number]


@pytest.mark.parametrize(
    "cell",
    [
        "",
        None,
        "约300",
        "300人",
        "inf",
        "nan",
        "1e400",
        math.inf,
        True,
        "1,20",
        "1_0",
        "0x10",
        "800①",
        "800²",
        "①800",
        "5½",
    ],
)
def test_a_cell_that_is_no_number_is_missing(cell: object) -> None:
    assert numbers(pd.Series([cell], dtype=object)).isna().all()


@pytest.mark.parametrize(
    "cell",
    ["106.55", "106,55", "106°33'", "106°33′00″", "106度33分0秒", "东经106°33'", "E106.55", "106.55°E", "１０６．５５",
     "106° 33' 0\"", "106:33:00", "106：33：00", "106 33 00", "106d33m00s", "东经：106.55", "E106 33 0.0", "106°33′00"],
)  # fmt: skip
def test_a_longitude_is_read(cell: str) -> None:
    assert degrees(pd.Series([cell]), "EW").tolist() == pytest.approx([106.55])


@pytest.mark.parametrize(
    "cell",
    [
        "106°75'",
        "N106.55",
        "106 75 00",
        "106:33",
        "106.33.00",
        "106-33-00",
        "见附图",
        "",
        "106°33'99\"",
        "E106.55E",
        "106.55①",
    ],
)
def test_a_cell_that_is_no_longitude_is_missing(cell: str) -> None:
    assert degrees(pd.Series([cell]), "EW").isna().all()


def test_south_and_west_are_negative() -> None:
    assert degrees(pd.Series(["33°52'S", "南纬33°52'"]), "NS").tolist() == pytest.approx([-33 - 52 / 60] * 2)
    assert degrees(pd.Series(["W10.5"]), "EW").tolist() == [-10.5]


@given(st.floats(-179, 179))
def test_degrees_minutes_and_seconds_are_read_back_to_the_same_angle(degree: float) -> None:
    whole, rest = divmod(abs(degree), 1)
    minutes, part = divmod(rest * 60, 1)
    cell = f"{whole:.0f}°{minutes:.0f}'{min(part * 60, 59.99999):.5f}\"{'W' if degree < 0 else 'E'}"
    assert degrees(pd.Series([cell]), "EW").tolist() == pytest.approx([degree], abs=1e-7)


@given(st.text())
def test_any_text_is_an_angle_or_missing(cell: str) -> None:
    assert degrees(pd.Series([cell], dtype=object), "EW").map(lambda d: math.isnan(d) or math.isfinite(d)).all()


def test_a_count_in_fractions_is_said() -> None:
    table = pd.DataFrame(
        {"capacity": ["1.200", "0.12", "800", "", "1200.0", 0.0567 * 10_000]}, index=[2, 3, 4, 5, 6, 7]
    )
    number, findings = whole_cells(table, "capacity", "schools")
    assert number.round(9).tolist()[:3] == [1.2, 0.12, 800]
    assert [(row["rule"], row["row"], row["values"]["value"], row["values"]["rows"]) for row in findings] == [
        ("number_fraction", "2", "1.200", ("2", "3"))
    ]


def test_codes_lose_what_a_spreadsheet_adds() -> None:
    assert plain_code("500103001.0") == "500103001"
    assert plain_code("５００１０３") == "500103"
    assert [plain_code(code) for code in ("C01", "007", "1.5", "a.0")] == ["C01", "007", "1.5", "a.0"]


def test_decimal_commas_become_points_and_names_stay() -> None:
    assert with_point("106,55") == "106.55"
    assert with_point("A, B") == "A, B"
    assert plain_number("一小，二小") == "一小，二小"


@pytest.mark.parametrize(
    ("heading", "plain"),
    [
        ("学位数（个）", "学位数"),
        ("床位(张)", "床位"),
        ("经度（°）", "经度"),
        ("面积(单位：平方米)", "面积"),
        ("*学校\n名称", "学校名称"),
        ("名　称", "名称"),
        ("学 位 数", "学位数"),
        ("school name", "school name"),
        ("人数（男）", "人数（男）"),
        ("托位（2025年）", "托位（2025年）"),
        ("（个）", "（个）"),
        ("", ""),
    ],
)
def test_a_plain_heading_has_no_unit_star_or_line_break(heading: str, plain: str) -> None:
    assert plain_heading(heading) == plain


def test_units_stand_alone_or_in_brackets() -> None:
    assert [is_unit(cell) for cell in ("（个）", "张", "单位：人", "人民小学", "120")] == [
        True,
        True,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("heading", "unit"),
    [("投资（万元）", "万元"), ("投资(单位：万元)", "万元"), ("cost (CNY m)", "CNY m"), ("cost [€ 1,000]", "€ 1,000"),
     ("人口（万人）", ""), ("cost (estimated)", ""), ("投资", ""), ("投资（万元）备注", ""), ("", "")],
)  # fmt: skip
def test_the_unit_of_money_stands_in_brackets(heading: str, unit: str) -> None:
    assert money_unit(heading) == unit


def test_the_unit_of_money_may_stand_above_the_table() -> None:
    assert money_unit_above(["储备项目表", "填报单位：教委", "金额单位：人民币 万元"]) == "万元"
    assert money_unit_above(["2026年", "单位：元"]) == "元"
    assert money_unit_above(["单位：人"]) == ""


CELLS = ["3", "-5", None, "约300", "inf", " ", "１２", "1,200"]


def table() -> pd.DataFrame:
    return pd.DataFrame({"age_6_11": CELLS}, index=range(2, 10))


def test_cells_that_are_no_number_or_negative_are_findings() -> None:
    numbers, findings = number_cells(table(), "age_6_11", "schools")
    assert numbers.fillna(-1).tolist() == [3, 0, -1, -1, -1, -1, 12, 1200]
    assert numbers.index.tolist() == list(range(2, 10))
    assert [(row["rule"], row["layer"], row["row"], row["values"]["value"]) for row in findings] == [
        ("not_number", "schools", "5", "约300"),
        ("not_number", "schools", "6", "inf"),
        ("negative", "schools", "3", "-5"),
    ]


def test_blank_cells_count_zero_and_are_a_finding() -> None:
    numbers, findings = counted_cells(table(), "age_6_11", "demand")
    assert numbers.tolist() == [3, 0, 0, 0, 0, 0, 12, 1200]
    last = findings[-1]
    assert (last["rule"], last["row"]) == ("ages_blank", "age_6_11")
    assert last["values"] == {"count": 2, "total": 8, "rows": ("4", "7")}
    assert counted_cells(table().iloc[:1], "age_6_11", "demand")[1] == []


def test_a_finding_about_a_cell_of_a_place_lies_at_the_place() -> None:
    places = gpd.GeoDataFrame(table().iloc[:2], geometry=[Point(1, 2), Point(3, 4)], crs="EPSG:32648")
    (row,) = number_cells(places, "age_6_11", "demand")[1]
    assert row["at"] == Point(3, 4)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("'0501", "0501"), ("’106.55", "106.55"), ('="0501"', "0501"), ('="人民小学"', "人民小学"), ('=""', ""),
        ("\u200b29.55\xa0", "29.55"), ("\u202a人民小学\u202c", "人民小学"),
        ("'s Gravenhage", "'s Gravenhage"), ("29°33'", "29°33'"), ("=A1", "=A1"), ("a\nb", "a\nb"),
    ],
)  # fmt: skip
def test_a_cell_is_what_its_user_sees(cell: str, text: str) -> None:
    assert cell_text(cell) == text
