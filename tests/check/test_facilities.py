"""Places that are listed twice or lie across water are found; neighbours, branches and places on the bank are not."""

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, Point, box
from worlds.studies import edited, invoke, places
from worlds.town import CRS, at, moved, town_layers, town_network, write_town

from cfgeo import Inputs, Network, describe_findings
from cfgeo.check.facilities import check_grounds, check_twice, check_water
from cfgeo.core.findings import findings_table
from cfgeo.core.strings import LANGUAGES, Lang, plain_name
from cfgeo.walk.snap import snap, snap_index


def listed(*rows: tuple[str, float, float], kind: str | list[str] = "primary") -> gpd.GeoDataFrame:
    """Return a layer of places: name, x, y."""
    table = places([at(x, y) for _, x, y in rows], name=[name for name, _, _ in rows], kind=kind)
    return table.set_axis([f"schools-{i + 1}" for i in range(len(rows))])


def rules(rows: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    return [(row["rule"], row["severity"], row["row"]) for row in rows]


@pytest.mark.parametrize(
    ("name", "kinds", "found"),
    [
        ("人民小学", ["primary", "junior"], True),
        ("人民小学", ["junior", "primary"], True),
        ("人民幼儿园", ["kindergarten", "primary"], True),
        ("求精初级中学", ["junior", "senior"], True),
        ("人民小学", ["primary", "primary+junior"], False),
        ("人民九年一贯制学校", ["primary", "junior"], False),
        ("求精中学", ["junior", "senior"], False),
        ("人民小学", ["primary", "court"], False),
    ],
)
def test_a_school_under_a_stage_that_its_name_denies_is_a_note(name: str, kinds: list[str], found: bool) -> None:
    near = check_twice("schools", listed((name, 0, 0), (name, 30, 40), kind=kinds))
    assert [each["severity"] for each in near if each["rule"] == "kinds_torn"] == ["note"] * found
    assert check_twice("schools", listed((name, 0, 0), (name, 900, 0), kind=kinds)) == []


@pytest.mark.parametrize("layer", list(town_layers()))
def test_sound_layers_have_no_findings(layer: str) -> None:
    assert check_twice(layer, town_layers()[layer]) == []


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("人民小学", "人民小学"),
        ("第一小学", "第1小学"),
        ("第二十三中学", "第23中学"),
        ("一二三幼儿园", "123幼儿园"),
        ("人民小学（分校）", "人民小学(分校)"),
        ("人民 小学", "人民·小学"),
        ("ABC 幼儿园", "ａｂｃ幼儿园"),
        ("重庆市渝中区人民小学", "人民小学"),
        ("渝中区人民小学", "重庆市人民小学"),
    ],
)
def test_a_place_under_two_spellings_is_found(name: str, other: str) -> None:
    (row,) = check_twice("schools", listed((name, 0, 0), (other, 30, 40)))
    assert rules([row]) == [("place_twice", "warning", "schools-1")]
    assert row["values"] == {"name": name, "other": other, "other_row": "schools-2", "apart_m": 50}
    assert row["at"].equals(shapely.MultiPoint([at(0, 0), at(30, 40)]))


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("第一小学", "第二小学"),
        ("第十一中学", "第十中学"),
        ("人民小学", "人和小学"),
        ("阳光小区第一幼儿园", "星光小区第一幼儿园"),
        ("", ""),
    ],
)
def test_neighbours_are_not_the_same_place(name: str, other: str) -> None:
    assert check_twice("schools", listed((name, 0, 0), (other, 30, 40))) == []


def test_a_school_of_two_kinds_is_listed_once() -> None:
    assert check_twice("schools", listed(("九年制", 0, 0), ("九年制", 0, 0), kind=["primary", "junior"])) == []


def test_three_entries_of_one_place_are_two_findings() -> None:
    rows = check_twice("schools", listed(("甲小学", 0, 0), ("甲小学", 100, 0), ("甲小学", 190, 0)))
    assert [(row["row"], row["values"]["other_row"]) for row in rows] == [
        ("schools-1", "schools-2"),
        ("schools-2", "schools-3"),
    ]


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("人民小学", "重庆市人民小学校"),
        ("人民小学", "人民小学（本部）"),
        ("重庆市人民小学校", "人民小学（本部）"),
        ("大溪沟人民小学", "人民小学"),
        ("第二人民小学", "沙坪坝第2人民小学"),
    ],
)
def test_slightly_different_names_near_each_other_are_a_note(name: str, other: str) -> None:
    (row,) = check_twice("schools", listed((name, 0, 0), (other, 30, 40)))
    assert rules([row]) == [("place_alike", "note", "schools-1")]
    assert row["values"] == {"name": name, "other": other, "other_row": "schools-2", "apart_m": 50}
    assert check_twice("schools", listed((name, 0, 0), (other, 300, 0))) == []
    assert check_twice("schools", listed((name, 0, 0), (other, 30, 40), kind=["primary", "junior"])) == []


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("第一小学", "第二小学"),
        ("第1小学", "第11小学"),
        ("东方红幼儿园", "西方红幼儿园"),
        ("公园", "人民公园"),
        ("石油路小学", "大坪小学"),
    ],
)
def test_neighbours_whose_names_tell_them_apart_are_not_alike(name: str, other: str) -> None:
    assert check_twice("schools", listed((name, 0, 0), (other, 30, 40))) == []


def test_one_name_at_two_ends_of_the_district_is_a_note() -> None:
    rows = check_twice("schools", listed(("甲小学", 0, 0), ("甲小学", 0, 201), ("乙小学", 50, 0)))
    assert rules(rows) == [("place_apart", "note", "")]
    assert rows[0]["values"] == {"count": 2, "names": ("甲小学",)}
    assert rows[0]["at"].equals(shapely.MultiPoint([at(0, 0), at(0, 201)]))


def test_many_places_at_one_position_are_found() -> None:
    crowd = listed(("甲小学", 0, 0), ("乙小学", 0, 0), ("丙小学", 0, 0), ("丁小学", 50, 0))
    (row,) = check_twice("schools", crowd)
    assert rules([row]) == [("one_position", "warning", "schools-1")]
    assert row["values"] == {"count": 3, "names": ("甲小学", "乙小学", "丙小学")}
    assert check_twice("schools", crowd.iloc[1:]) == []
    assert check_twice("schools", crowd.assign(kind=["primary", "junior", "kindergarten", "primary"])) == []


def test_places_without_a_position_are_left_to_another_finding() -> None:
    lost = places([Point(), None, Point(float("inf"), 0)], name=["甲小学"] * 3, kind="primary")
    assert check_twice("schools", lost) == []


@given(st.integers(1, 999))
def test_chinese_numerals_equal_their_digits(number: int) -> None:
    signs, word = "零一二三四五六七八九", ""
    hundreds, tens, ones = number // 100, number // 10 % 10, number % 10
    word += f"{signs[hundreds]}百" if hundreds else ""
    if tens:
        word += f"{signs[tens] if tens > 1 or hundreds else ''}十"
    elif hundreds and ones:
        word += "零"
    word += signs[ones] if ones else ""
    assert plain_name(f"第{word}中学") == f"第{number}中学"


RIVER = moved(box(-100, -30, 500, -10))
"""South of row 0, which runs along y = 0."""


def wet(layer: gpd.GeoDataFrame, *water: Any, network: Network | None = None) -> list[dict[str, Any]]:
    net = network or town_network()
    index = snap_index(net, net.main)
    positions = snap(index, layer.geometry.to_numpy(), snap_m=100)
    return check_water("schools", layer, positions, network=net, water=gpd.GeoSeries(list(water), crs=CRS))


def test_a_place_across_the_river_is_found_with_its_leg() -> None:
    (row,) = wet(listed(("甲小学", 50, -40), ("乙小学", 50, -5)), RIVER)
    assert rules([row]) == [("across_water", "warning", "schools-1")]
    assert row["values"] == {"name": "甲小学", "leg_m": 40}
    assert row["at"].equals(LineString([at(50, -40), at(50, 0)]))


def test_a_place_in_the_water_and_one_across_a_line_are_found() -> None:
    assert rules(wet(listed(("甲小学", 50, -20)), RIVER)) == [("across_water", "warning", "schools-1")]
    line = moved(LineString([(-100, -20), (500, -20)]))
    assert rules(wet(listed(("甲小学", 50, -40)), line)) == [("across_water", "warning", "schools-1")]


def test_places_on_their_own_bank_are_not_accused() -> None:
    here = listed(("甲小学", 50, -9.5), ("乙小学", 50, 0), ("丙小学", 50, -200))
    assert wet(here, RIVER) == []
    assert wet(here) == []
    bank = moved(box(-100, -30, 500, -9))  # half a metre into the water: its outline is no better
    assert wet(here.iloc[:1], bank) == []
    park = places([moved(box(0, -50, 100, 10))], name=["公园"], kind="park")  # its streets are in it
    assert wet(park, RIVER) == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_findings_have_words_in_both_languages(lang: Lang) -> None:
    crowd = listed(("甲小学", 0, 0), ("乙小学", 0, 0), ("丙小学", 0, 0), ("丙小学", 50, 0), ("甲小学", 900, 0))
    rows = [*check_twice("schools", crowd), *wet(listed(("甲小学", 50, -40)), RIVER)]
    words = describe_findings(findings_table(rows), lang)
    assert not words["what"].str.contains("{", regex=False).any()
    assert set(words["rule"]) == {"place_twice", "place_apart", "one_position", "across_water"}


def test_a_study_with_water_is_checked_by_it(tmp_path: Path) -> None:
    study = write_town(tmp_path / "town")
    gpd.GeoDataFrame(geometry=[RIVER], crs=CRS).to_crs("EPSG:4326").to_file(study.parent / "water.geojson")
    assert "across_water" not in invoke("check", study, "--format", "csv", "--no-cache").stdout
    edited(study, "[layers.parks]", '[layers.water]\npath = "water.geojson"\n\n[layers.parks]')
    schools = study.parent / "schools.csv"
    lines = schools.read_text(encoding="utf-8").splitlines()
    schools.write_text("\n".join([*lines, lines[1]]), encoding="utf-8")
    output = invoke("check", study, "--format", "csv", "--no-cache", "--lang", "en").stdout
    assert "place_twice" in output
    assert "across_water" not in output  # Low School stands 10 m from row 0, on its bank
    low = ",".join(lines[1].split(",")[:-1])
    south = float(lines[1].split(",")[-1]) - 30 / 111_000
    schools.write_text("\n".join([lines[0], f"{low},{south}"]), encoding="utf-8")
    assert "across_water" in invoke("check", study, "--format", "csv", "--no-cache").stdout


def test_real_lists_are_not_accused(monaco: Inputs, yuzhong: Inputs) -> None:
    for inputs in (monaco, yuzhong):
        rows = [row for name, layer in inputs.layers.items() for row in check_twice(name, layer)]
        assert rows == []


# --- grounds -----------------------------------------------------------------------------------------------------


def squares(*sides_m: float) -> list[shapely.Polygon]:
    """Return squares of these sides beside one another, from 10 m off the town's corner."""
    west = np.cumsum([10, *sides_m])[:-1] + 20 * np.arange(len(sides_m))
    pairs = zip(west, sides_m, strict=True)
    return [shapely.box(*at(x, 10).coords[0], *at(x + side, 10 + side).coords[0]) for x, side in pairs]


def wide_communities() -> gpd.GeoDataFrame:
    """Return two communities of 1.5 × 3 km side by side."""
    halves = [shapely.box(*at(x, 0).coords[0], *at(x + 1500, 3000).coords[0]) for x in (0, 1500)]
    return places(halves, community=["甲", "乙"]).set_axis(["C1", "C2"])


def grounds(name: str, shapes: list[Any], names: list[str] | None = None) -> list[tuple[str, str]]:
    table = places(shapes, name=names or [f"S{i}" for i in range(len(shapes))])
    return [(row["rule"], row["severity"]) for row in check_grounds(name, table, wide_communities())]


def test_the_grounds_of_a_school_are_no_finding_and_a_very_large_one_is_a_warning() -> None:
    assert grounds("schools", [*squares(300, 400), at(5, 5)]) == []
    assert grounds("schools", squares(300, 800)) == [("grounds_large", "warning")]
    assert grounds("care_centres", squares(400)) == [("grounds_large", "warning")]
    assert grounds("parks", squares(300, 800)) == []
    assert grounds("ours", [shapely.box(*wide_communities().total_bounds)]) == []


def test_an_area_that_holds_a_community_is_a_catchment() -> None:
    whole = wide_communities().geometry.iloc[0]
    assert grounds("schools", [whole.buffer(-10), *squares(300)]) == [("grounds_catchment", "error")]
    assert grounds("hospitals", [whole.buffer(-200)]) == [("grounds_large", "warning")]


def test_areas_that_cover_most_of_the_district_are_catchments() -> None:
    strips = [shapely.box(*at(0, y).coords[0], *at(3000, y + 150).coords[0]) for y in range(0, 3000, 150)]
    assert grounds("schools", strips) == [("grounds_catchment", "error")]
    assert grounds("schools", strips[:9]) == []


def test_lines_where_places_are_wanted_are_an_error_if_most_rows_are_such() -> None:
    line, track = (shapely.LineString([at(0, 0), at(length, 0)]) for length in (2000, 250))
    assert grounds("schools", [line, line, at(0, 0)]) == [("lines_for_places", "error")]
    assert grounds("schools", [line, at(5, 5), at(0, 0)]) == [("lines_for_places", "warning")]
    assert grounds("sports", [track]) == []
    assert grounds("walkways", [line]) == []


def test_points_that_are_named_like_catchments_are_a_warning() -> None:
    assert grounds("schools", [at(0, 0), at(9, 9)], ["人民路小学学区", "学府小学"]) == [("named_catchment", "warning")]
