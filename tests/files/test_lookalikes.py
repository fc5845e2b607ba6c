"""What is named after a layer and is none: the word that ends last decides, then the size of areas."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from cfgeo.files.guess import AREAS, LINES, NOTHING, POINTS, Seen, guess
from cfgeo.files.lookalikes import AreaFacts, area_facts, is_zone

COORDINATES = {"经度": ["106.5"] * 3, "纬度": ["29.5"] * 3}


@pytest.mark.parametrize(
    ("label", "doubt"),
    [
        ("小学学区", "is_catchment"),
        ("2025年小学招生范围（公示）", "is_catchment"),
        ("学校服务半径", "is_catchment"),
        ("school_catchments", "is_catchment"),
        ("School Service Areas", "is_catchment"),
        ("公园公厕", "is_toilet"),
        ("park toilets", "is_toilet"),
        ("医院停车场", "is_parking"),
        ("学校周边公交站点", "is_stop"),
        ("bus_stops", "is_stop"),
        ("公园出入口", "is_entrance"),
        ("学校文具店", "is_business"),
    ],
)
@pytest.mark.parametrize("shape", [NOTHING, POINTS, AREAS])
def test_a_file_named_after_a_layer_is_not_that_layer(label: str, doubt: str, shape: str) -> None:
    rows = pd.DataFrame({"名称": ["甲", "乙", "丙"], **COORDINATES})
    (guessed,) = guess(Seen(label, rows, shape))
    assert (guessed.role, guessed.layer, guessed.doubts) == ("", "", (doubt,))


@pytest.mark.parametrize(
    ("label", "layer"),
    [
        ("学区内小学名单", "schools"),
        ("公交小学", "schools"),
        ("车站小学幼儿园", "schools"),
        ("社区卫生服务站", "hospitals"),
        ("family_stations", "family_stations"),
        ("protection stations", "protection_stations"),
        ("未成年人保护站", "protection_stations"),
        ("停车场旁公园", "parks"),
        ("应急避难场所", "shelters"),
    ],
)
def test_a_name_whose_last_word_is_the_layer_is_that_layer(label: str, layer: str) -> None:
    rows = pd.DataFrame({"名称": ["甲", "乙", "丙"], **COORDINATES})
    assert [part.layer for part in guess(Seen(label, rows, NOTHING))] == [layer]


@pytest.mark.parametrize(
    ("names", "doubt"),
    [
        (["人民小学站", "巴蜀小学公交站", "南开中学站", "求精中学"], "is_stop"),
        (["中央公园公厕", "人民公园公共厕所", "鹅岭公园厕所"], "is_toilet"),
        (["人民医院停车场", "儿童医院地下车库", "中医院停车楼"], "is_parking"),
        (["鹅岭公园北门", "人民公园（东）大门", "沙坪公园出入口"], "is_entrance"),
    ],
)
def test_places_named_after_others_are_known_by_their_names(names: list[str], doubt: str) -> None:
    rows = pd.DataFrame({"名称": names, "经度": "106.5", "纬度": "29.5"})
    assert [part.doubts for part in guess(Seen("Sheet1", rows, NOTHING))] == [(doubt,)]
    kinds = pd.DataFrame({"名称": list("甲乙丙丁"), "类型": "公共厕所", "经度": "106.5", "纬度": "29.5"})
    assert [part.doubts for part in guess(Seen("公园", kinds, NOTHING))] == [("is_toilet",)]


def test_rows_of_stops_and_toilets_in_a_list_of_all_places_go_to_no_layer() -> None:
    kinds = ["小学", "小学", "公园", "公园", "公园公厕", "公园公厕"]
    rows = pd.DataFrame({"类别": kinds, "名称": list("甲乙丙丁戊己"), "经度": "106.5", "纬度": "29.5"})
    guesses = guess(Seen("设施", rows, NOTHING))
    assert [(part.layer, part.rows) for part in guesses] == [("schools", 2), ("parks", 2), ("", 2)]


@pytest.mark.parametrize(
    ("label", "columns", "doubt"),
    [
        ("地铁线路", {"名称": ["1号线"]}, "is_transit"),
        ("lines", {"name": ["2号线", "3号线"]}, "is_transit"),
        ("bus_routes", {"ref": ["120"]}, "is_transit"),
        ("公交线路", {"线路": ["120路"]}, "is_transit"),
        ("铁路", {"名称": ["成渝线"]}, "is_rail"),
        ("export", {"fclass": ["rail", "rail"]}, ""),
        ("水系", {"名称": ["嘉陵江"]}, "is_water"),
        ("rivers", {"fclass": ["river"]}, "is_water"),
        ("数据", {"名称": ["嘉陵江", "清水溪"]}, "is_water"),
        ("等高线", {"高程": ["200"]}, "is_contour"),
        ("燃气管线", {"管径": ["100"]}, "is_pipes"),
        ("社区边界线", {"名称": ["甲社区"]}, "is_border"),
        ("公园", {"名称": ["甲公园"]}, "is_line"),
    ],
)
def test_lines_that_nobody_walks_are_no_streets(label: str, columns: dict[str, list[str]], doubt: str) -> None:
    (guessed,) = guess(Seen(label, pd.DataFrame(columns), LINES))
    if doubt:
        assert (guessed.role, guessed.doubts) == ("", (doubt,))
    else:  # nothing but the classes say so: the streets of another file go first
        assert guessed.weight < guess(Seen("export", pd.DataFrame({"fclass": ["residential"]}), LINES))[0].weight


@pytest.mark.parametrize(
    ("label", "columns"),
    [
        ("道路中心线", {"名称": ["人民路"]}),
        ("河滨路路网", {"名称": ["河滨路"]}),
        ("公交数据", {"highway": ["residential"]}),
        ("roads", {"fclass": ["footway"]}),
        ("数据", {"名称": ["人民路", "中山二路", "民生巷"]}),
        ("export", {"name": ["River Road", "Mill Lane"]}),
    ],
)
def test_lines_with_streets_classes_or_names_are_streets(label: str, columns: dict[str, list[str]]) -> None:
    (guessed,) = guess(Seen(label, pd.DataFrame(columns), LINES))
    assert (guessed.role, guessed.doubts) == ("network", ())


def test_lines_of_which_nothing_is_known_are_streets_with_a_doubt() -> None:
    (guessed,) = guess(Seen("export", pd.DataFrame({"id": ["1"]}), LINES))
    assert (guessed.role, guessed.weight, guessed.doubts) == ("network", 0, ("streets_unsure",))


def test_street_offices_that_look_like_communities_are_doubted_and_weigh_less() -> None:
    offices = pd.DataFrame(
        {"代码": ["500103001", "500103002"], "名称": ["七星岗街道", "大溪沟街道"], "街道": ["x", "y"]}
    )
    (guessed,) = guess(Seen("街道边界", offices, AREAS))
    assert (guessed.role, guessed.weight) == ("communities", -1)
    assert "is_ward" in guessed.doubts
    communities = offices.assign(名称=["七星岗社区", "街道口社区"])
    (guessed,) = guess(Seen("边界", communities, AREAS))
    assert (guessed.weight, guessed.doubts) == (1, ())


def squares(side_m: float, *, gap_m: float) -> gpd.GeoSeries:
    """Return four squares in a row."""
    left = [number * (side_m + gap_m) for number in range(4)]
    boxes = [shapely.box(500_000 + x, 3_200_000, 500_000 + x + side_m, 3_200_000 + side_m) for x in left]
    return gpd.GeoSeries(boxes, crs=32648)


def test_areas_are_measured_in_metres_and_tiles_by_their_common_outline() -> None:
    facts = area_facts(squares(300, gap_m=0).to_crs(4326))
    assert facts.median_m2 == pytest.approx(90_000, rel=2e-3)
    assert facts.tiled == 1  # the outer ones share 300 of 1,200 m, the inner ones 600
    assert area_facts(squares(300, gap_m=5)).tiled == 0
    assert area_facts(gpd.GeoSeries([], crs=4326)) == AreaFacts(0, 0)


@pytest.mark.parametrize(
    ("layer", "side_m", "gap_m", "zone"),
    [
        ("schools", 500, 50, True),  # 0.25 km²
        ("schools", 200, 50, False),
        ("schools", 200, 0, True),  # 0.04 km², wall to wall
        ("schools", 100, 0, False),  # buildings of one campus
        ("hospitals", 500, 50, True),
        ("parks", 500, 0, False),
    ],
)
def test_a_school_is_no_zone(layer: str, side_m: float, gap_m: float, *, zone: bool) -> None:
    facts = area_facts(squares(side_m, gap_m=gap_m))
    assert is_zone(layer, facts) is zone
    label = {"schools": "小学", "hospitals": "医院", "parks": "公园"}[layer]
    (guessed,) = guess(Seen(label, pd.DataFrame({"名称": list("甲乙丙丁")}), AREAS, areas=facts))
    assert (guessed.layer, guessed.doubts == ("is_zone",)) == ("" if zone else layer, zone)
