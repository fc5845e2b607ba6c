"""Faults in the data are rows: each rule finds its fault and nothing else, in both languages."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import Point, Polygon, box
from studies import places
from town import CRS, at, moved, town_communities, town_demand, town_layers, town_network

from cfgeo import CheckError, describe_findings
from cfgeo.check import (
    check_codes,
    check_communities,
    check_demand,
    check_homes,
    check_layer,
    check_network,
    check_snapped,
    fold,
    require_clean,
)
from cfgeo.schema import FINDING_COLUMNS, SWAPPED, WGS84, finding, findings_table
from cfgeo.strings import LANGUAGES, Lang, section


def communities(*shapes: Any, codes: list[Any] | None = None) -> gpd.GeoDataFrame:
    codes = codes or [f"C{i}" for i in range(len(shapes))]
    return places([None if s is None else moved(s) for s in shapes], code=codes, community=[f"N{c}" for c in codes])


def rules(rows: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    return [(row["rule"], row["severity"], row["row"]) for row in rows]


SQUARE = box(0, 0, 100, 100)
NEXT = box(100, 0, 200, 100)
BOWTIE = Polygon([(300, 0), (400, 100), (400, 0), (300, 100)])


def test_sound_communities_have_no_findings() -> None:
    assert check_communities(communities(SQUARE, NEXT)) == []
    assert check_communities(town_communities().reset_index()) == []


def test_no_community_is_an_error() -> None:
    assert rules(check_communities(communities(SQUARE).iloc[:0])) == [("communities_none", "error", "")]


def test_a_missing_code_is_an_error_with_its_row() -> None:
    assert rules(check_communities(communities(SQUARE, NEXT, codes=["A", ""]))) == [("code_missing", "error", "2")]


def test_a_code_that_stands_twice_is_an_error_with_its_rows() -> None:
    far = box(500, 0, 600, 100)
    rows = check_communities(communities(SQUARE, NEXT, far, codes=["A", "B", "A"]))
    assert rules(rows) == [("code_twice", "error", "A")]
    assert rows[0]["values"]["rows"] == "1, 3"


@pytest.mark.parametrize("shape", [None, Polygon(), Point(0, 0), shapely.LineString([(0, 0), (1, 1)])])
def test_what_is_no_polygon_is_an_error(shape: Any) -> None:
    assert rules(check_communities(communities(SQUARE, shape))) == [("not_polygon", "error", "C1")]


def test_an_outline_that_crosses_itself_is_a_warning() -> None:
    assert rules(check_communities(communities(SQUARE, BOWTIE))) == [("ring_mended", "warning", "C1")]


def test_an_overlap_is_a_warning_with_its_size() -> None:
    rows = check_communities(communities(SQUARE, box(90, 0, 200, 100)))
    assert rules(rows) == [("overlap", "warning", "C0")]
    assert rows[0]["values"] == {"other": "C1", "area_m2": 1000}


def test_a_sliver_is_no_overlap() -> None:
    assert check_communities(communities(SQUARE, box(99.5, 0, 200, 100))) == []


def test_every_fault_is_found_at_once() -> None:
    rows = check_communities(communities(SQUARE, None, BOWTIE, box(50, 0, 150, 100), codes=["A", "A", "", "B"]))
    assert {row["rule"] for row in rows} == {"code_missing", "code_twice", "not_polygon", "ring_mended", "overlap"}


def district() -> Any:
    return town_communities().union_all()


@pytest.mark.parametrize("name", ["schools", "parks", "walkways"])
def test_a_sound_layer_has_no_findings(name: str) -> None:
    assert check_layer(name, town_layers()[name], district=district(), margin_m=500) == []


def test_an_empty_layer_is_a_warning() -> None:
    assert rules(check_layer("sports", town_layers()["sports"], district=district(), margin_m=500)) == [
        ("layer_empty", "warning", "")
    ]


def layer_rules(shapes: list[Any], **columns: Any) -> list[tuple[str, str, str]]:
    layer = places(shapes, **{"name": list("ABCDEFGH")[: len(shapes)], **columns})
    rows = check_layer("schools", layer.set_axis([f"s-{i + 1}" for i in range(len(layer))]), district=district(),
                       margin_m=1000)  # fmt: skip
    for row in rows:
        assert "{" not in describe_findings(findings_table([row]), "zh")["what"].iloc[0]
    return rules(rows)


def test_facilities_without_position_are_named() -> None:
    rows = check_layer("schools", places([at(0, 0), Point(), None], name=["A", "B", ""]).set_axis(list("xyz")),
                       district=district(), margin_m=1000)  # fmt: skip
    assert rules(rows) == [("no_position", "warning", "y"), ("no_position", "warning", "z")]
    assert [row["values"]["name"] for row in rows] == ["B", "z"]


def test_facilities_far_away_are_one_note() -> None:
    rows = check_layer("schools", places([at(0, 0), at(0, 5000), at(0, 9000)], name=list("ABC")), district=district(),
                       margin_m=1000)  # fmt: skip
    assert rules(rows) == [("far_away", "note", "")]
    assert rows[0]["values"] == {"names": ("B", "C"), "km": 8.5}


@pytest.mark.parametrize("elsewhere", [at(0, 60_000), at(0, 3_000_000), Point(float("inf"), float("inf"))])
def test_only_facilities_of_another_place_are_told_to_look_at_their_datum(elsewhere: Point) -> None:
    assert layer_rules([at(0, 0), at(0, 49_000), elsewhere]) == [
        ("far_away", "note", ""),
        ("far_elsewhere", "warning", ""),
    ]


def test_swapped_positions_are_told_so() -> None:
    crs = "EPSG:32632"  # Monaco: both ways round are degrees
    shape = gpd.GeoSeries([box(7.40, 43.72, 7.44, 43.76)], crs=WGS84).to_crs(crs).iloc[0]
    layer = gpd.GeoDataFrame({"name": ["A", "B"]}, geometry=[Point(7.42, 43.74), Point(43.74, 7.42)], crs=WGS84)
    rows = check_layer("schools", layer.to_crs(crs), district=shape, margin_m=1000)
    assert rules(rows) == [("swapped", "warning", "1")]
    assert rows[0]["values"] == {"name": "B"}
    assert layer_rules([at(0, 0), Point()], **{SWAPPED: [False, True]}) == [("swapped", "warning", "s-2")]


def test_homes_inside_are_no_finding_and_those_without_position_or_swapped_are() -> None:
    homes = places([at(0, 0), at(0, 0), Point(), Point(), None], **{SWAPPED: [False, False, False, True, False]})
    assert check_homes(homes.iloc[:2], district()) == []
    rows = check_homes(homes, district())
    assert rules(rows) == [("demand_no_position", "warning", ""), ("demand_swapped", "warning", "")]
    assert rows[0]["values"] == {"points": 2, "share": 0.4, "rows": (3, 5)}
    assert rows[1]["values"] == {"points": 1, "share": 0.2}


@pytest.mark.parametrize(
    ("shape", "swapped", "rule"),
    [
        (at(0, 9000), False, "demand_elsewhere"),
        (Point(), True, "demand_swapped"),
        (Point(), False, "demand_no_position"),
    ],
)
def test_demand_of_which_nothing_lies_inside_is_an_error(shape: Point, swapped: bool, rule: str) -> None:
    rows = check_homes(places([shape] * 3, **{SWAPPED: [swapped] * 3}), district())
    assert rules(rows) == [(rule, "error", "")]


def test_codes_that_a_spreadsheet_has_rounded_are_named() -> None:
    codes = pd.Series(["5.00103E+11", "5.00103E+11", "500103001001", "E12", "1.5"])
    (row,) = check_codes("children", codes)
    assert (row["rule"], row["layer"], row["values"]) == ("codes_rounded", "children", {"codes": ("5.00103E+11",)})
    assert check_codes("children", codes[2:]) == []
    shape = communities(SQUARE, codes=["5.00103E+11"])
    assert [row["rule"] for row in check_communities(shape)] == ["codes_rounded"]


def test_much_demand_outside_is_a_warning() -> None:
    demand, snapped = town_demand(), np.ones(8, dtype=bool)
    inside = demand["community"].where(demand["weight"].cumsum() > 0.34 * demand["weight"].sum(), "")
    assert [row["severity"] for row in check_demand(demand, inside, snapped, snap_m=100)] == ["warning"]


def test_many_findings_of_one_kind_are_told_in_one() -> None:
    few = [finding("layer_empty", "a"), *(finding("osm_incomplete", "b", row=f"way/{i}") for i in range(3))]
    table = findings_table(few)
    assert fold(table) is not table
    pd.testing.assert_frame_equal(fold(table), table)
    many = [*few, *(finding("no_position", "c", row=f"c-{i}", name=f"N{i}") for i in range(30)), few[0]]
    folded = fold(findings_table(many))
    assert folded["rule"].tolist() == ["layer_empty", *["osm_incomplete"] * 3, "no_position", "layer_empty"]
    said = describe_findings(folded, "en")["what"].iloc[4]
    for word in ("N0", "29 more", "N1, N2, N3;", "csv"):
        assert word in said
    assert len(fold(findings_table([]))) == 0


def test_detached_streets_are_a_note_until_they_are_many() -> None:
    network = town_network()
    rows = check_network(network)
    assert [(row["rule"], row["severity"]) for row in rows] == [("network_pieces", "warning")]
    assert rows[0]["values"]["pieces"] == 1
    assert rows[0]["values"]["km"] == 0.1
    assert rows[0]["values"]["share"] == pytest.approx(0.1 / network.length_km())


def test_facilities_off_the_network_are_named() -> None:
    layer = town_layers()["schools"]
    rows = check_snapped("schools", layer, np.array([True, True, False]), snap_m=100)
    assert rules(rows) == [("not_snapped", "warning", "schools-3")]
    assert rows[0]["values"] == {"name": "Lost School", "snap_m": 100}


def test_demand_outside_and_off_the_network_is_counted_with_its_share() -> None:
    demand = town_demand()
    code = demand["community"].copy()
    code.iloc[0] = ""
    snapped = np.array([False] + [True] * 6 + [False])
    rows = check_demand(demand, code, snapped, snap_m=100)
    weight = demand["weight"]
    assert [(row["rule"], row["severity"], row["values"]["points"]) for row in rows] == [
        ("demand_outside", "note", 1),
        ("demand_stranded", "warning", 1),
    ]
    assert rows[0]["values"]["share"] == pytest.approx(weight.iloc[0] / weight.sum())
    assert rows[1]["values"]["share"] == pytest.approx(weight.iloc[7] / weight.iloc[1:].sum())


def test_the_worst_comes_first_and_the_order_stays_otherwise() -> None:
    rows = [
        finding(f"r{i}", "x", severity=word) for i, word in enumerate(["note", "warning", "error", "note", "error"])
    ]
    table = findings_table(rows)
    assert table["rule"].tolist() == ["r2", "r4", "r1", "r0", "r3"]
    assert table.columns.tolist() == list(FINDING_COLUMNS)
    assert findings_table([]).columns.tolist() == list(FINDING_COLUMNS)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_rule_has_words_and_a_way_to_mend_it(lang: Lang) -> None:
    made = [
        *check_communities(communities(SQUARE, None, BOWTIE, box(50, 0, 150, 100), codes=["A", "A", "", "B"])),
        *check_communities(communities(SQUARE).iloc[:0]),
        *check_layer("sports", town_layers()["sports"], district=district(), margin_m=5),
        *check_layer("schools", places([Point(), at(0, 9000)], name=["A", "B"]), district=district(), margin_m=5),
        *check_homes(places([Point(), at(0, 9000)]), district()),
        *check_network(town_network()),
        *check_snapped("schools", town_layers()["schools"], np.array([False] * 3), snap_m=100),
        *check_demand(town_demand(), pd.Series(["", *["C01"] * 7]), np.array([False] * 8), snap_m=100),
    ]
    table = findings_table(made)
    said = describe_findings(table, lang)
    assert said.index.equals(table.index)
    assert said.columns.tolist() == ["layer", "row", "rule", "severity", "what", "mend"]
    assert not said["what"].str.contains("{", regex=False).any()
    assert (said["what"].str.len() > 5).all()
    assert (said["mend"].str.len() > 2).all()
    assert {f"{rule}_mend" for rule in said["rule"]} <= set(section("finding"))


def test_warnings_do_not_stop_a_run_and_errors_do() -> None:
    require_clean(findings_table([finding("layer_empty", "sports"), finding("layer_empty", "a", severity="note")]))
    table = findings_table(
        [finding("layer_empty", "sports"), finding("code_twice", "c", severity="error", row="A", rows="1, 2")]
    )
    with pytest.raises(CheckError) as caught:
        require_clean(table)
    assert caught.value.findings is table
    for lang in LANGUAGES:
        assert "1" in caught.value.text(lang)
        assert "A" in caught.value.text(lang)


def test_errors_are_told_in_the_language_asked_for() -> None:
    table = findings_table([finding("code_twice", "c", severity="error", row="A", rows="1, 2")])
    with pytest.raises(CheckError) as caught:
        require_clean(table)
    assert "代码 A 出现多次" in caught.value.text("zh")
    assert "stands more than once" in caught.value.text("en")


def test_the_town_is_in_metres() -> None:
    assert town_communities().crs == CRS


@pytest.mark.parametrize(
    ("shapes", "columns", "severity"),
    [
        ([at(0, 3_000_000), at(50, 3_000_000)], {}, "warning"),
        ([at(0, 0), at(10, 0)], {SWAPPED: [True, True]}, "error"),
        ([Point(), None], {}, "warning"),
    ],
)
def test_a_layer_of_which_nothing_lies_near_is_told_so(
    shapes: list[Any], columns: dict[str, Any], severity: str
) -> None:
    shapes = [Point() if columns else shape for shape in shapes]
    assert ("layer_elsewhere", severity, "") in layer_rules(shapes, **columns)
    some = {name: [False, *values[1:]] for name, values in columns.items()}
    assert "layer_elsewhere" not in [rule for rule, *_ in layer_rules([at(0, 0), *shapes[1:]], **some)]


def test_findings_without_names_are_folded_without_empty_examples() -> None:
    rows = findings_table([finding("swapped", "schools", name="") for _ in range(6)])
    for lang in LANGUAGES:
        (said,) = describe_findings(fold(rows), lang)["what"]
        assert "5" in said
        assert "、、" not in said
        assert ", ," not in said


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_community_whose_corners_lie_on_one_line_is_no_polygon(place: int) -> None:
    flat = shapely.Polygon([(0, 0), (1, 1), (2, 2), (0, 0)])
    shapes = [box(10, 0, 20, 10), box(30, 0, 40, 10)]
    shapes.insert(place, flat)
    communities = gpd.GeoDataFrame({"code": list("abc"), "community": list("abc")}, geometry=shapes, crs="EPSG:32648")
    rows = [row for row in check_communities(communities) if row["severity"] == "error"]
    assert [(row["rule"], row["row"]) for row in rows] == [("not_polygon", "abc"[place])]
