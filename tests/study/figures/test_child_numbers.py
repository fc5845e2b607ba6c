"""Numbers of children by the names of communities, as departments write them."""

import pandas as pd
import pytest

from cfgeo.study.figures.child_numbers import _codes, _is_total

COMMUNITIES = pd.DataFrame(
    {
        "community": ["东门社区", "西门社区", "新村社区", "新村社区", "石桥村"],
        "street_office": ["甲街道", "甲街道", "甲街道", "乙街道", "丙镇"],
    },
    index=pd.Index(["1", "2", "3", "4", "5"], name="code"),
)


def codes_of(**columns: list[str]) -> tuple[list[str], list[tuple[str, tuple[str, ...]]]]:
    code, findings = _codes(pd.DataFrame(columns), COMMUNITIES, None)
    return code.tolist(), [(row["rule"], row["values"]["names"]) for row in findings]


@pytest.mark.parametrize(
    "name",
    [
        "东门社区",
        "东门",
        " 东门 社区",
        "东门社区居委会",
        "东门社区居民委员会",
        "某区东门社区",
        "甲街道东门社区",
        "某市某区甲街道东门社区",
    ],
)
def test_a_community_goes_by_several_forms_of_its_name(name: str) -> None:
    assert codes_of(community=[name]) == (["1"], [])


@pytest.mark.parametrize("office", ["乙街道", "乙街道办事处", "乙", "某区乙街道"])
def test_the_street_office_tells_equal_names_apart(office: str) -> None:
    assert codes_of(community=["新村社区"], street_office=[office]) == (["4"], [])


def test_a_name_of_several_communities_or_of_none_is_a_finding() -> None:
    codes, rows = codes_of(community=["新村社区", "南门社区", "石桥村村民委员会"])
    assert codes == ["", "", "5"]
    assert rows == [("children_unknown", ("南门社区",)), ("children_doubtful", ("新村社区",))]


def test_a_name_in_another_street_office_is_another_community() -> None:
    codes, rows = codes_of(community=["东门社区"], street_office=["乙街道"])
    assert (codes, rows) == ([""], [("children_unknown", ("乙街道 东门社区",))])


def test_codes_come_before_names() -> None:
    assert codes_of(code=["2", ""], community=["东门社区", "东门社区"]) == (["2", "1"], [])


@pytest.mark.parametrize("word", ["合计", "总计", "小计", "Total"])
def test_a_row_of_sums_is_no_community(word: str) -> None:
    table = pd.DataFrame({"code": ["1", word], "age_6_11": ["3", "3"]})
    assert _is_total(table).tolist() == [False, True]
    assert _is_total(pd.DataFrame({"code": ["1", ""], "community": ["东门社区", word]})).tolist() == [False, True]
