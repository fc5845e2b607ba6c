"""Headings without units, marks and line breaks."""

import pytest

from cfgeo.files.headings import is_unit, money_unit, money_unit_above, plain_heading


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
def test_a_heading_is_what_it_names(heading: str, plain: str) -> None:
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
