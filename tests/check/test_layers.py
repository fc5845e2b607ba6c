"""Faults in the data are rows: each rule finds its fault and nothing else, in both languages."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import Point, box
from worlds.studies import places
from worlds.town import CRS, at, town_communities, town_demand, town_layers

from cfgeo import CheckError, describe_findings
from cfgeo.check.layers import check_demand, check_homes, check_layer, check_populated, check_snapped
from cfgeo.core.findings import FINDING_COLUMNS, finding, findings_table, fold, require_clean
from cfgeo.core.schema import SWAPPED, WGS84
from cfgeo.core.strings import LANGUAGES, Lang, section


def rules(rows: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    return [(row["rule"], row["severity"], row["row"]) for row in rows]


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
    assert rules(rows) == [
        ("no_position", "warning", "y"), ("no_position", "warning", "z"), ("layer_elsewhere", "error", "")
    ]  # fmt: skip
    assert [row["values"].get("name") for row in rows] == ["B", "z", None]


@pytest.mark.parametrize(("known", "error"), [(1, True), (2, False), (3, False)])
def test_a_list_without_positions_in_more_than_half_of_its_rows_is_an_error(known: int, error: bool) -> None:
    shapes = [at(10 * i, 0) for i in range(known)] + [Point(), None, Point()][: 4 - known]
    assert (("layer_elsewhere", "error", "") in layer_rules(shapes)) == error


def test_a_list_without_any_place_in_walking_distance_is_a_warning() -> None:
    assert layer_rules([at(0, 9000), at(0, 30_000)]) == [("far_away", "warning", "")]


def test_facilities_far_away_are_one_note() -> None:
    rows = check_layer("schools", places([at(0, 0), at(0, 5000), at(0, 9000)], name=list("ABC")), district=district(),
                       margin_m=1000)  # fmt: skip
    assert rules(rows) == [("far_away", "note", "")]
    assert rows[0]["values"] == {"names": ("B", "C"), "km": 8.5}


@pytest.mark.parametrize("elsewhere", [at(0, 60_000), at(0, 3_000_000), Point(float("inf"), float("inf"))])
def test_facilities_50_km_away_are_a_warning_of_their_own(elsewhere: Point) -> None:
    assert layer_rules([at(0, 0), at(0, 49_000), elsewhere]) == [
        ("far_away", "note", ""),
        ("far_elsewhere", "warning", ""),
    ]


def test_swapped_positions_are_a_finding_of_their_own() -> None:
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
    assert rows[0]["values"] == {"points": 2, "share": 0.4, "rows": ("2", "4")}
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


def test_much_demand_outside_is_a_warning() -> None:
    demand, snapped = town_demand(), np.ones(8, dtype=bool)
    inside = demand["community"].where(demand["weight"].cumsum() > 0.34 * demand["weight"].sum(), "")
    assert [row["severity"] for row in check_demand(demand, inside, snapped, snap_m=100)] == ["warning"]


def test_many_findings_of_one_kind_are_folded() -> None:
    few = [finding("layer_empty", "a"), *(finding("osm_incomplete", "b", row=f"way/{i}") for i in range(3))]
    table = findings_table(few)
    assert fold(table) is not table
    pd.testing.assert_frame_equal(fold(table), table)
    many = [*few, *(finding("no_position", "c", row=f"c-{i}", name=f"N{i}") for i in range(30)), few[0]]
    folded = fold(findings_table(many))
    assert folded["rule"].tolist() == ["layer_empty", *["osm_incomplete"] * 3, "no_position", "layer_empty"]
    sentence = describe_findings(folded, "en")["what"].iloc[4]
    for word in ("N0", "29 more", "N1, N2, N3;", "csv"):
        assert word in sentence
    assert len(fold(findings_table([]))) == 0


def test_facilities_off_the_network_are_named() -> None:
    layer = town_layers()["schools"]
    rows = check_snapped("schools", layer, np.array([True, True, False]), snap_m=100, walked=True)
    assert rules(rows) == [("not_snapped", "warning", "schools-3")]
    assert rows[0]["values"] == {"name": "Lost School", "snap_m": 100}


def test_a_layer_of_which_no_place_meets_a_street_is_an_error_where_a_clause_walks_there() -> None:
    """One remote place is possible; that all of several are is a wrong datum, or streets that are missing."""
    layer, none = town_layers()["schools"], np.zeros(3, dtype=bool)
    assert rules(check_snapped("schools", layer, none, snap_m=100, walked=True)) == [("layer_unsnapped", "error", "")]
    few = [check_snapped("schools", layer[:1], none[:1], snap_m=100, walked=True)]
    few.append(check_snapped("schools", layer, none, snap_m=100, walked=False))
    assert [{rule for rule, *_ in rules(rows)} for rows in few] == [{"not_snapped"}] * 2


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
    assert rows[1]["at"].equals(shapely.MultiPoint([demand.geometry.iloc[7]]))


def test_communities_with_hardly_any_homes_are_named() -> None:
    communities = town_communities()
    rows = check_populated(communities, pd.Series([4, 5, 100, 0], index=communities.index))
    assert rules(rows) == [("few_homes", "warning", "C01")]
    assert rows[0]["values"] == {"name": "Lower West", "points": 4}
    none = check_populated(communities, pd.Series([0, 5, 100, 5], index=communities.index))
    assert rules(none) == [("community_unpopulated", "warning", "")]
    assert none[0]["values"] == {"count": 1, "names": ("Lower West",)}
    assert none[0]["at"].equals(communities.geometry["C01"])
    without = check_populated(communities.drop(columns="residents"), pd.Series([9, 9, 9, 0], index=communities.index))
    assert rules(without) == [("community_unpopulated", "warning", "")]


def test_findings_are_sorted_by_severity_and_stable() -> None:
    rows = [
        finding(f"r{i}", "x", severity=word) for i, word in enumerate(["note", "warning", "error", "note", "error"])
    ]
    table = findings_table(rows)
    assert table["rule"].tolist() == ["r2", "r4", "r1", "r0", "r3"]
    assert table.columns.tolist() == list(FINDING_COLUMNS)
    assert findings_table([]).columns.tolist() == list(FINDING_COLUMNS)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_rule_has_words_and_a_remedy(lang: Lang) -> None:
    rows = [
        *check_layer("sports", town_layers()["sports"], district=district(), margin_m=5),
        *check_layer("schools", places([Point(), at(0, 9000)], name=["A", "B"]), district=district(), margin_m=5),
        *check_homes(places([Point(), at(0, 9000)]), district()),
        *check_snapped("schools", town_layers()["schools"], np.array([False] * 3), snap_m=100, walked=False),
        *check_snapped("schools", town_layers()["schools"], np.array([False] * 3), snap_m=100, walked=True),
        *check_populated(town_communities(), pd.Series([1, 0, 9, 0], index=town_communities().index)),
        *check_demand(town_demand(), pd.Series(["", *["C01"] * 7]), np.array([False] * 8), snap_m=100),
    ]
    table = findings_table(rows)
    words = describe_findings(table, lang)
    assert words.index.equals(table.index)
    assert words.columns.tolist() == ["layer", "row", "rule", "severity", "what", "mend"]
    assert not words["what"].str.contains("{", regex=False).any()
    assert (words["what"].str.len() > 5).all()
    assert (words["mend"].str.len() > 2).all()
    assert {f"{rule}_mend" for rule in words["rule"]} <= set(section("finding"))


def test_warnings_do_not_stop_a_run_and_errors_do() -> None:
    notes = findings_table([finding("layer_empty", "sports"), finding("layer_empty", "a", severity="note")])
    require_clean(notes, lambda: pytest.fail("nobody asks where"))
    table = findings_table(
        [finding("layer_empty", "sports"), finding("code_twice", "c", severity="error", row="A", rows=("2", "3"))]
    )
    with pytest.raises(CheckError) as caught:
        require_clean(table, gpd.GeoSeries)
    assert caught.value.findings is table
    assert isinstance(caught.value.places, gpd.GeoSeries)
    for lang in LANGUAGES:
        assert "1" in caught.value.text(lang)
        assert "A" in caught.value.text(lang)


def test_errors_are_in_the_requested_language() -> None:
    table = findings_table([finding("code_twice", "c", severity="error", row="A", rows=("2", "3"))])
    with pytest.raises(CheckError) as caught:
        require_clean(table, gpd.GeoSeries)
    assert "代码 A 出现多次" in caught.value.text("zh")
    assert "stands more than once" in caught.value.text("en")


def test_the_town_is_in_metres() -> None:
    assert town_communities().crs == CRS


@pytest.mark.parametrize(
    ("shapes", "columns", "severity"),
    [
        ([at(0, 3_000_000), at(50, 3_000_000)], {}, "error"),
        ([at(0, 0), at(10, 0)], {SWAPPED: [True, True]}, "error"),
        ([Point(), None], {}, "error"),
    ],
)
def test_a_layer_with_nothing_near_is_a_finding(shapes: list[Any], columns: dict[str, Any], severity: str) -> None:
    shapes = [Point() if columns else shape for shape in shapes]
    assert ("layer_elsewhere", severity, "") in layer_rules(shapes, **columns)
    near_first = {name: [False, *values[1:]] for name, values in columns.items()}
    assert "layer_elsewhere" not in [rule for rule, *_ in layer_rules([at(0, 0), *shapes[1:]], **near_first)]


def test_findings_without_names_are_folded_without_empty_examples() -> None:
    rows = findings_table([finding("swapped", "schools", name="") for _ in range(6)])
    for lang in LANGUAGES:
        (sentence,) = describe_findings(fold(rows), lang)["what"]
        assert "5" in sentence
        assert "、、" not in sentence
        assert ", ," not in sentence
