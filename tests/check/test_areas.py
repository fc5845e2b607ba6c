"""Communities that cannot be right are named, with the land in question; sound ones are not accused."""

import itertools
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import MultiPolygon, Point, Polygon, box
from worlds.studies import places
from worlds.town import at, moved, town_communities

from cfgeo import Inputs, describe_findings
from cfgeo.check.areas import check_codes, check_communities, check_shared
from cfgeo.core.findings import findings_table
from cfgeo.core.strings import LANGUAGES, Lang
from cfgeo.study.communities import community_of


def communities(*shapes: Any, codes: list[Any] | None = None, names: list[str] | None = None) -> gpd.GeoDataFrame:
    codes = codes or [f"C{i}" for i in range(len(shapes))]
    names = names or [f"N{c}{i}" for i, c in enumerate(codes)]
    shapes = [None if s is None else moved(s) for s in shapes]
    table = places(shapes, code=codes, community=names, street_office="S")
    return table.set_axis(range(1, len(table) + 1))


def rules(rows: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    return [(row["rule"], row["severity"], row["row"]) for row in rows]


SQUARE = box(0, 0, 100, 100)
NEXT = box(100, 0, 200, 100)
BOWTIE = Polygon([(300, 0), (400, 100), (400, 0), (300, 100)])


def test_sound_communities_have_no_findings() -> None:
    assert check_communities(communities(SQUARE, NEXT)) == []
    assert check_communities(town_communities().reset_index()) == []


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_community_whose_corners_lie_on_one_line_is_no_polygon(place: int) -> None:
    shapes = [SQUARE, NEXT]
    shapes.insert(place, Polygon([(0, 0), (1, 1), (2, 2), (0, 0)]))
    rows = check_communities(communities(*shapes, codes=list("abc")))
    assert [row["row"] for row in rows if row["rule"] == "not_polygon"] == ["abc"[place]]


def test_no_community_is_an_error() -> None:
    assert rules(check_communities(communities(SQUARE).iloc[:0])) == [("communities_none", "error", "")]


def test_a_part_far_from_all_other_communities_is_a_warning_that_names_its_own() -> None:
    far = MultiPolygon([SQUARE, box(70_000, 0, 70_100, 100)])
    (row,) = check_communities(communities(far, NEXT))
    assert (row["rule"], row["severity"], row["row"]) == ("community_parts_apart", "warning", "C0")
    assert (row["values"]["count"], row["values"]["km"]) == (1, 70)


def test_exclaves_and_archipelagos_are_no_slips() -> None:
    exclave = MultiPolygon([SQUARE, box(60_000, 0, 60_100, 100)])
    assert rules(check_communities(communities(exclave, NEXT, box(60_100, 0, 60_200, 100)))) == []
    islands = MultiPolygon([box(50_000, 0, 50_100, 100), box(90_000, 0, 90_100, 100)])
    assert rules(check_communities(communities(SQUARE, islands))) == []
    assert rules(check_communities(communities(MultiPolygon([SQUARE, box(70_000, 0, 70_100, 100)])))) == []


def test_a_missing_code_is_an_error_with_its_row() -> None:
    assert rules(check_communities(communities(SQUARE, NEXT, codes=["A", ""]))) == [("code_missing", "error", "2")]


def test_a_code_that_stands_twice_is_an_error_with_its_rows() -> None:
    far = box(500, 0, 600, 100)
    rows = check_communities(communities(SQUARE, NEXT, far, codes=["A", "B", "A"]))
    assert rules(rows) == [("code_twice", "error", "A")]
    assert rows[0]["values"]["rows"] == ("1", "3")


def test_a_name_that_stands_twice_in_one_street_office_is_a_warning() -> None:
    same = communities(SQUARE, NEXT, names=["新村社区", "新村社区"])
    (row,) = check_communities(same)
    assert (row["rule"], row["severity"], row["values"]) == (
        "name_twice",
        "warning",
        {"name": "新村社区", "codes": ("C0", "C1")},
    )
    assert check_communities(same.assign(street_office=["S", "T"])) == []
    assert check_communities(communities(SQUARE, NEXT, names=["", ""])) == []


@pytest.mark.parametrize("shape", [None, Polygon(), Point(0, 0), shapely.LineString([(0, 0), (1, 1)])])
def test_a_row_without_a_polygon_is_an_error(shape: Any) -> None:
    assert rules(check_communities(communities(SQUARE, shape))) == [("not_polygon", "error", "C1")]


def test_an_outline_that_crosses_itself_is_a_warning() -> None:
    assert rules(check_communities(communities(SQUARE, BOWTIE))) == [("ring_mended", "warning", "C1")]


def test_an_overlap_is_a_warning_with_its_size_and_place() -> None:
    (row,) = check_communities(communities(SQUARE, box(90, 0, 200, 100)))
    assert rules([row]) == [("overlap", "warning", "C0")]
    assert row["values"] == {"other": "C1", "area_m2": 1000, "share": pytest.approx(0.1)}
    assert row["at"].equals(moved(box(90, 0, 100, 100)))


def test_one_polygon_under_two_codes_overlaps_as_a_whole() -> None:
    (row,) = check_communities(communities(SQUARE, SQUARE))
    assert row["values"]["share"] == 1


def test_borders_that_do_not_meet_are_one_note() -> None:
    # 1 m of overlap to the east (100 m²); 2 m of a gap to the north that opens outwards at both ends (200 m²).
    (row,) = check_communities(communities(SQUARE, box(99, 0, 200, 100), box(0, 102, 100, 200)))
    assert rules([row]) == [("borders_apart", "note", "")]
    assert row["values"] == {"count": 2, "overlap_m2": 100, "gap_m2": 200, "wide_m": 3, "codes": ("C0", "C1", "C2")}
    assert row["at"].area == pytest.approx(300)


def test_rounded_coordinates_are_no_strips() -> None:
    assert check_communities(communities(SQUARE, box(100.05, 0, 200, 100))) == []
    assert check_communities(communities(SQUARE, box(99.95, 0, 200, 100))) == []


def ring(hole: Polygon) -> tuple[Polygon, Polygon]:
    """Return two halves of a square around a hole."""
    land = box(0, 0, 100, 100).difference(hole)
    return land.intersection(box(0, 0, 50, 100)), land.intersection(box(50, 0, 100, 100))


def test_land_between_communities_that_none_has_is_a_warning() -> None:
    hole = box(40, 40, 60, 60)
    (row,) = check_communities(communities(*ring(hole)))
    assert rules([row]) == [("gap", "warning", "")]
    assert row["values"] == {"area_m2": 400, "codes": ("C0", "C1")}
    assert row["at"].equals(moved(hole))


def test_a_river_between_communities_and_an_acute_corner_are_no_gaps() -> None:
    assert check_communities(communities(SQUARE, box(110, 0, 200, 100))) == []
    notch = Polygon([(0, 0), (100, 0), (50, 1), (100, 2), (100, 100), (0, 100)])  # within one community
    assert check_communities(communities(notch)) == []


def test_crumbs_are_a_note_and_tiny_communities_a_warning() -> None:
    crumb = box(300, 0, 305, 5)
    (row,) = check_communities(communities(MultiPolygon([SQUARE, crumb]), NEXT))
    assert rules([row]) == [("crumbs", "note", "")]
    assert row["values"] == {"codes": ("C0",), "count": 1, "area_m2": 25}
    assert row["at"].equals(MultiPolygon([moved(crumb)]))
    (row,) = check_communities(communities(SQUARE, box(300, 0, 320, 40)))
    assert rules([row]) == [("community_tiny", "warning", "C1")]
    assert check_communities(communities(SQUARE, box(300, 0, 340, 40))) == []


@given(st.lists(st.floats(0, 1), min_size=4, max_size=12), st.floats(-3, 3))
def test_communities_cut_from_one_whole_are_never_accused(cuts: list[float], tilt: float) -> None:
    edges = [0.0, *(1000 * c for c in sorted(set(np.round(cuts, 2))) if 0.05 < c < 0.95), 1000.0]
    shapes = [
        Polygon([(a, 0), (b, 0), (b + 20 * tilt, 500), (a + 20 * tilt, 500)]) for a, b in itertools.pairwise(edges)
    ]
    assert check_communities(communities(*shapes)) == []


def test_every_fault_is_found_at_once() -> None:
    rows = check_communities(communities(SQUARE, None, BOWTIE, box(50, 0, 150, 100), codes=["A", "A", "", "B"]))
    assert {row["rule"] for row in rows} == {"code_missing", "code_twice", "not_polygon", "ring_mended", "overlap"}


def test_demand_in_two_communities_counts_once_and_is_a_note() -> None:
    two = communities(SQUARE, box(90, 0, 200, 100)).set_index("code")
    homes = places([at(50, 50), at(95, 50), at(90, 50), at(150, 50)], weight=[1.0, 2.0, 3.0, 4.0])
    (row,) = check_shared(homes, two)
    assert (row["rule"], row["severity"], row["values"]) == ("demand_shared", "note", {"points": 2, "share": 0.5})
    assert row["at"].equals(shapely.MultiPoint([at(95, 50), at(90, 50)]))
    assert community_of(homes, two).tolist() == ["C0", "C0", "C0", "C1"]
    assert check_shared(homes.iloc[[0, 3]], two) == []


def test_codes_that_a_spreadsheet_has_rounded_are_named() -> None:
    codes = pd.Series(["5.00103E+11", "5.00103E+11", "500103001001", "E12", "1.5"])
    (row,) = check_codes("children", codes)
    assert (row["rule"], row["layer"], row["values"]) == ("codes_rounded", "children", {"codes": ("5.00103E+11",)})
    assert check_codes("children", codes[2:]) == []
    shape = communities(SQUARE, codes=["5.00103E+11"])
    assert [row["rule"] for row in check_communities(shape)] == ["codes_rounded"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_findings_have_words_in_both_languages(lang: Lang) -> None:
    rows = [
        *check_communities(communities(SQUARE, None, BOWTIE, box(50, 0, 150, 100), codes=["A", "A", "", "B"])),
        *check_communities(communities(SQUARE).iloc[:0]),
        *check_communities(communities(*ring(box(40, 40, 60, 60)), box(99, 0, 120, 100), names=["A", "A", "B"])),
        *check_communities(communities(MultiPolygon([SQUARE, box(300, 0, 305, 5)]), box(400, 0, 405, 5))),
        *check_shared(places([at(95, 50)], weight=[1.0]), communities(SQUARE, box(90, 0, 200, 100))),
    ]
    words = describe_findings(findings_table(rows), lang)
    assert not words["what"].str.contains("{", regex=False).any()
    assert {"gap", "overlap", "borders_apart", "crumbs", "community_tiny", "name_twice"} <= set(words["rule"])


def test_real_wards_are_not_accused(monaco: Inputs, yuzhong: Inputs) -> None:
    for inputs in (monaco, yuzhong):
        assert check_communities(inputs.communities.reset_index()) == []
