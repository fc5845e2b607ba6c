"""What a table is, by its headings and words, in Chinese and English."""

from typing import Any

import pandas as pd
import pytest

from cfgeo.files.guess import AREAS, LINES, NOTHING, POINTS, Seen, guess
from cfgeo.files.vocabulary.headings import columns_of

COORDINATES = {"经度": ["106.5"] * 4, "纬度": ["29.5"] * 4}
CODES = ["500103001003", "500103001006", "500103001011", "500103001013"]


def table(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame(columns, dtype=object)


@pytest.mark.parametrize(
    ("ours", "heading"),
    [
        ("lon", "经度"),
        ("lon", "经度(GCJ-02)"),
        ("lon", "百度经度"),
        ("lon", "X坐标（经度）"),
        ("lat", "Y（纬度，°）"),
        ("name", "XXMC"),
        ("lon", "gcj02_lng"),
        ("lon", "LON"),
        ("name", "学校名称"),
        ("name", "医疗机构全称"),
        ("capacity", "学位数（个）"),
        ("capacity", "核定床位数"),
        ("capacity", "托位（个）"),
        ("kind", "学段"),
        ("age_6_11", "6-11岁"),
        ("age_6_11", "6~11岁（人）"),
        ("age_6_11", "age_6_11"),
        ("community", "社区"),
        ("street_office", "所属街道"),
        ("code", "社区代码"),
        ("building:levels", "层数"),
    ],
)
def test_a_heading_is_recognised_by_its_words(ours: str, heading: str) -> None:
    others = {"序号": ["1"], "备注": [""], "地址": ["中山路1号"], "联系电话": ["023"]}
    assert columns_of(table(**others, **{heading: ["x"]}), [ours]) == {ours: heading}
    assert columns_of(table(**others), [ours]) == {}


def test_a_word_goes_before_a_heading_that_ends_in_it() -> None:
    both = table(学校名称=["a"], 名称=["b"], 主管部门名称=["c"])
    assert columns_of(both, ["name"]) == {"name": "名称"}


def test_a_heading_is_taken_for_one_column_only() -> None:
    assert columns_of(table(社区=["a"], 街道=["b"]), ["code", "street_office", "community"]) == {
        "street_office": "街道",
        "community": "社区",
    }


@pytest.mark.parametrize(
    ("label", "layer", "kind"),
    [
        ("渝中区小学名单", "schools", "primary"),
        ("hospitals", "hospitals", ""),
        ("社区卫生服务中心", "hospitals", "community_health"),
        ("儿童之家", "children_homes", "childrens_home"),
        ("口袋公园2025", "parks", "pocket"),
        ("托育机构", "care_centres", "nursery"),
        ("山城步道", "walkways", ""),
        ("应急避难场所", "shelters", "shelter"),
        ("protection_stations", "protection_stations", ""),
    ],
)
def test_a_file_is_a_layer_by_its_name(label: str, layer: str, kind: str) -> None:
    (guessed,) = guess(Seen(label, table(名称=["甲", "乙", "丙", "丁"], **COORDINATES), NOTHING))
    assert (guessed.role, guessed.layer, guessed.kind) == ("layer", layer, kind)
    assert guessed.columns == {"lon": "经度", "lat": "纬度", "name": "名称"}
    assert ("no_kind" in guessed.doubts) == (kind == "")


def test_a_file_without_a_telling_name_is_a_layer_by_its_places() -> None:
    names = ["人民小学", "巴蜀小学", "人和街小学", "某处"]
    (guessed,) = guess(Seen("Sheet1 导出", table(名称=names, **COORDINATES), NOTHING))
    assert guessed.layer == "schools"
    unknown = table(名称=["甲", "乙", "丙", "丁"], **COORDINATES)
    assert [part.role for part in guess(Seen("Sheet1 导出", unknown, NOTHING))] == [""]


def test_a_file_of_many_layers_is_split_by_the_column_that_names_them() -> None:
    rows = table(名称=["甲", "乙", "丙", "丁"], 类别=["小学", "小学", "综合医院", "综合医院"], **COORDINATES)
    guesses = guess(Seen("设施", rows, NOTHING))
    assert [(part.layer, part.where, part.rows) for part in guesses] == [
        ("schools", {"类别": ("小学",)}, 2),
        ("hospitals", {"类别": ("综合医院",)}, 2),
    ]
    assert all(part.columns["kind"] == "类别" for part in guesses)


def test_rows_that_belong_to_no_layer_are_reported() -> None:
    kinds = ["小学", "小学", "公园", "公园", "加油站", "加油站", None, "小学"]
    rows = pd.DataFrame({"类别": kinds, "名称": list("甲乙丙丁戊己庚辛"), "经度": "106.5", "纬度": "29.5"})
    guesses = guess(Seen("设施", rows, NOTHING))
    assert [(part.role, part.layer, part.rows) for part in guesses] == [
        ("layer", "schools", 3),
        ("layer", "parks", 2),
        ("", "", 3),
    ]
    assert guesses[-1].where == {"类别": ("加油站",)}
    assert guesses[-1].doubts == ("other_rows",)


def test_communities_are_areas_with_codes_and_names() -> None:
    rows = table(XZQDM=CODES, 名称=["甲社区", "乙社区", "丙社区", "丁社区"], 街道=["七星岗街道"] * 4)
    (guessed,) = guess(Seen("边界", rows, AREAS, datum="cgcs2000"))
    assert guessed.role == "communities"
    assert guessed.columns == {"code": "XZQDM", "street_office": "街道", "community": "名称"}
    assert (guessed.datum, guessed.names_datum, guessed.first_code, guessed.doubts) == ("cgcs2000", True, CODES[0], ())
    (other,) = guess(Seen("边界", rows.drop(columns=["XZQDM", "街道"]).assign(编=CODES), AREAS))
    assert other.columns["code"] == "编"
    assert other.doubts == ("no_street_office",)


def test_communities_are_known_by_their_cells_where_headings_say_nothing() -> None:
    rows = table(F1=CODES, F2=["甲社区", "乙社区", "丙村", "丁居委会"])
    (guessed,) = guess(Seen("export", rows, AREAS))
    assert (guessed.role, guessed.columns) == ("communities", {"code": "F1", "community": "F2"})


def test_areas_of_another_kind_are_no_communities() -> None:
    assert guess(Seen("buildings", table(building=["yes"], name=["a"]), AREAS))[0].role == "demand"
    assert guess(Seen("公园", table(名称=["甲公园"]), AREAS))[0].layer == "parks"
    assert guess(Seen("district", table(name=["渝中区"]), AREAS))[0].role == ""


def test_homes_are_known_by_their_children() -> None:
    ages = {"0-2岁": ["1"] * 4, "6-11岁": ["2"] * 4}
    (guessed,) = guess(Seen("点位", table(**ages, **COORDINATES), NOTHING))
    assert guessed.role == "demand"
    assert guessed.columns == {"lon": "经度", "lat": "纬度", "age_0_2": "0-2岁", "age_6_11": "6-11岁"}
    (guessed,) = guess(Seen("点位", table(社区代码=CODES, **ages), NOTHING))
    assert (guessed.role, guessed.columns) == (
        "children",
        {"code": "社区代码", "age_0_2": "0-2岁", "age_6_11": "6-11岁"},
    )
    (guessed,) = guess(Seen("点位", table(社区=list("甲乙丙丁"), 街道=["城"] * 4, **ages), NOTHING))
    assert (guessed.role, guessed.columns) == (
        "children",
        {"community": "社区", "street_office": "街道", "age_0_2": "0-2岁", "age_6_11": "6-11岁"},
    )
    (guessed,) = guess(Seen("点位", table(社区=list("甲乙丙丁"), 费用=["1"] * 4), NOTHING))
    assert guessed.role == ""


PLACE = {"名称": ["甲", "乙", "丙", "丁"], **COORDINATES}
FEES = {"费用": ["100"] * 4}


@pytest.mark.parametrize(
    ("label", "columns", "lacks"),
    [
        ("Sheet1", {"编号": list("1234"), "动作": ["新建", "改造", "拆除", "扩建"], "图层": ["学校"] * 4}, ()),
        ("小学", {"序号": list("1234"), "建设性质": ["新建"] * 4, "连接": ["梯道"] * 4}, ()),
        ("Sheet1", {"项目编号": list("1234"), "前置项目": ["1", "", "", ""]}, ("action", "layer / link")),
        ("Sheet1", {"项目名称": ["甲"] * 4}, ("id", "action", "layer / link")),
        ("公园储备", {"项目名称": ["甲"] * 4}, ("id", "action", "layer / link")),
    ],
)
def test_a_reserve_list_is_known_by_costs_and_what_only_projects_have(
    label: str, columns: dict[str, list[str]], lacks: tuple[str, ...]
) -> None:
    (guessed,) = guess(Seen(label, table(**columns, **FEES, **PLACE), NOTHING, ("坐标取自高德",)))
    assert (guessed.role, guessed.lacks, guessed.datum, guessed.rows) == ("projects", lacks, "gcj02", 4)
    without = guess(Seen(label, table(**columns, **PLACE), NOTHING))
    assert "projects" not in {part.role for part in without}


@pytest.mark.parametrize(
    ("label", "columns"),
    [("托育", {}), ("体育场地", {"运动项目": ["篮球"] * 4}), ("体育场地", {"项目": ["篮球"] * 4}),
     ("小学", {"建设方式": ["政府投资"] * 4})],
)  # fmt: skip
def test_places_with_fees_are_no_projects(label: str, columns: dict[str, list[str]]) -> None:
    (guessed,) = guess(Seen(label, table(**columns, **FEES, **PLACE), NOTHING))
    assert guessed.role == "layer"


def test_lines_are_streets_unless_they_are_walkways() -> None:
    assert guess(Seen("roads", table(fclass=["a"]), LINES))[0].role == "network"
    assert guess(Seen("山城步道", table(名称=["a"]), LINES))[0].layer == "walkways"


@pytest.mark.parametrize(
    ("label", "headings", "remarks", "datum", "names_datum"),
    [
        ("学校_高德", ["经度", "纬度"], (), "gcj02", True),
        ("学校", ["BD09_lng", "BD-09 lat"], (), "bd09", True),
        ("学校", ["经度", "纬度"], ("坐标系：百度坐标",), "bd09", True),
        ("学校", ["经度(国家2000)", "纬度"], (), "cgcs2000", True),
        ("学校", ["经度", "纬度"], (), "wgs84", False),
        ("学校_高德转百度", ["经度", "纬度"], (), "wgs84", False),  # two are named, so that none is names_datum
    ],
)
def test_a_datum_that_the_file_names_is_taken(
    label: str, headings: list[str], remarks: tuple[str, ...], datum: str, names_datum: bool
) -> None:
    rows = pd.DataFrame({"名称": ["甲"], headings[0]: ["106.5"], headings[1]: ["29.5"]})
    (guessed,) = guess(Seen(label, rows, NOTHING, remarks))
    assert (guessed.layer, guessed.datum, guessed.names_datum) == ("schools", datum, names_datum)


def test_points_of_a_vector_file_need_no_columns_of_positions() -> None:
    (guessed,) = guess(Seen("学校", table(name=["甲"], 类型=["小学"]), POINTS))
    assert (guessed.layer, guessed.columns, guessed.doubts) == ("schools", {"kind": "类型"}, ())


def test_a_list_of_changes_is_no_layer_of_places() -> None:
    """What is to be built would be there already."""
    kinds = {"图层": ["体育场地"] * 4, "类型": ["球场"] * 4}
    (found,) = guess(Seen("变化", table(措施=["新建", "关闭", "新建", "新建"], **kinds, **PLACE), NOTHING))
    assert (found.role, found.doubts) == ("", ("is_changes",))
    built = table(建设性质=["新建", "改建", "新建", "新建"], 设施大类=["学校"] * 4, 类型=["小学"] * 4, **PLACE)
    assert [found.role for found in guess(Seen("学校", built, NOTHING))] == ["layer"]


@pytest.mark.parametrize(
    ("columns", "doubt"),
    [
        ({"社区": ["东门社区", "西门社区"], "0-14岁": ["1", "2"], "15-59岁": ["3", "4"]}, "other_ages"),
        ({"社区": ["甲", "乙"], "0至6周岁": ["1", "2"]}, "other_ages"),
        ({"社区": ["东门社区", "西门社区"], "户数": ["1", "2"], "总户数": ["3", "4.5"]}, "other_ages"),
        ({"学校名称": ["一小", "二小"], "社区": ["东门社区", "东门社区"], "学位数": ["3", "4"]}, "no_position"),
        ({"名称": ["东门社区卫生站", "西门社区卫生站"], "地址": ["某路1号", "某路2号"]}, "no_position"),
    ],
)
def test_numbers_by_community_of_other_ages_are_told_from_places(columns: dict[str, list[str]], doubt: str) -> None:
    (found,) = guess(Seen("统计表", pd.DataFrame(columns), NOTHING))
    assert (found.role, found.doubts) == ("", (doubt,))


def test_a_table_without_positions_is_doubted_as_such() -> None:
    (guessed,) = guess(Seen("学校", table(名称=["甲"], 地址=["人民路1号"]), NOTHING))
    assert (guessed.role, guessed.doubts) == ("", ("no_position",))
