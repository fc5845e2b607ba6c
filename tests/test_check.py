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
    check_communities,
    check_demand,
    check_layer,
    check_network,
    check_snapped,
    require_clean,
)
from cfgeo.schema import FINDING_COLUMNS, finding, findings_table
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


def test_a_facility_without_position_or_far_away_is_named() -> None:
    layer = places([at(0, 0), Point(), None, at(0, 5000)], name=["A", "B", "", "远"]).set_axis(list("wxyz"))
    rows = check_layer("schools", layer, district=district(), margin_m=1000)
    assert rules(rows) == [
        ("no_position", "warning", "x"),
        ("no_position", "warning", "y"),
        ("far_away", "warning", "z"),
    ]
    assert [row["values"]["name"] for row in rows] == ["B", "y", "远"]
    assert rows[2]["values"]["km"] == 4.5


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
