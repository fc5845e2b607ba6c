"""Units of judgement: what communities, street blocks, street offices and the district have of a clause."""

import dataclasses
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import box
from worlds.town import CRS, HOMES, moved

from cfgeo.assess.case import Case
from cfgeo.assess.coverage import demand_seconds
from cfgeo.assess.units import measure_units, units_of
from cfgeo.assess.verdicts import judge_case
from cfgeo.core.results import BLOCK_COLUMNS, Verdicts
from cfgeo.study.standard import Clause

SCHOOL = {"layer": "schools", "kind": ["primary"], "walker": "child", "limit_minutes": 5, "children": ["age_6_11"]}
HALVES = {"West": (-50, -60, 250, 500), "East": (250, -60, 600, 500)}


def clause(name: str, **keys: Any) -> Clause:
    return Clause(id=name, name=name, name_en=name, **keys)


def asked(case: Case, *clauses: Clause) -> Case:
    """Return a case whose standard has further clauses."""
    standard = case.standard.model_copy(update={"clause": (*case.standard.clause, *clauses)})
    return dataclasses.replace(case, standard=standard)


def in_halves(case: Case) -> Case:
    """Return the town in two street blocks of their own, west and east of x = 250."""
    shapes = [moved(box(*bounds)) for bounds in HALVES.values()]
    index = pd.Index(list(HALVES), name="block")
    blocks = gpd.GeoDataFrame({"name": list(HALVES)}, geometry=shapes, index=index, crs=CRS)
    return dataclasses.replace(case, inputs=dataclasses.replace(case.inputs, blocks=blocks))


@pytest.mark.parametrize("scope", ["community", "block", "street_office", "district"])
def test_units_are_worked_out_once_for_cases_of_the_same_land(town_case: Case, scope: Any) -> None:
    layers = {**town_case.inputs.layers, "schools": town_case.inputs.layers["schools"].iloc[:1]}
    fewer = dataclasses.replace(town_case, inputs=dataclasses.replace(town_case.inputs, layers=layers))
    assert units_of(fewer, scope) is units_of(town_case, scope)
    halved = in_halves(town_case)
    assert units_of(halved, scope) is not units_of(town_case, scope)
    assert list(units_of(halved, "block").ids) == ["West", "East"]
    assert list(units_of(town_case, "block").ids) == ["North", "South"]


def certified(case: Case, *answers: Any) -> Case:
    """Return the town with a column that says which of its communities are certified."""
    table = pd.DataFrame({"certified": list(answers)}, index=case.inputs.communities.index)
    return dataclasses.replace(case, inputs=dataclasses.replace(case.inputs, community_answers=table))


def judged(case: Case, *clauses: Clause) -> Verdicts:
    return judge_case(asked(case, *clauses))


# Reach


def test_a_blocks_share_is_that_of_its_children_not_the_mean_of_its_communities(town_case: Case) -> None:
    # In reach of a primary school are 32 of 32 pupils of C01, 5 of 15 of C02 and 8 of 24 of C03.
    # South: 37 of 47, though the mean of C01 and C02 is two thirds. North: 8 of 24. The town: 45 of 71.
    scopes = ("block", "street_office", "district")
    parts = [clause(f"s-{scope}", scope=scope, need_share=0.7, **SCHOOL) for scope in scopes]
    result = judged(town_case, *parts)
    assert result.blocks["s-block_found"].to_dict() == pytest.approx({"South": 37 / 47, "North": 8 / 24})
    assert result.blocks["s-block_verdict"].to_dict() == {"South": "passed", "North": "failed"}
    assert result.street_offices["s-street_office_found"].to_dict() == pytest.approx({"South": 37 / 47, "North": 1 / 3})
    assert result.clauses.loc["s-district", "found"] == pytest.approx(45 / 71)
    assert result.clauses.loc["s-district", "verdict"] == "failed"
    assert result.clauses.loc["s-block", ["passed", "failed", "found", "asked"]].tolist() == [1, 1, 0.5, 1.0]


def test_blocks_of_their_own_have_the_children_who_live_in_them(town_case: Case) -> None:
    # West of x = 250 live "west", "row", "platform" and "up": 40 pupils, all in reach. East: "park" alone, 5 of 31.
    result = judged(in_halves(town_case), clause("s", scope="block", need_share=0.8, required=True, **SCHOOL))
    assert result.blocks["s_found"].to_dict() == pytest.approx({"West": 1.0, "East": 5 / 31})
    assert result.blocks["verdict"].to_dict() == {"West": "passed", "East": "failed"}
    assert result.blocks["failed_clauses"].to_dict() == {"West": (), "East": ("s",)}
    # C03 (x -50 to 600) and C04 have their middles at x = 275.
    assert result.blocks["communities"].to_dict() == {"West": 1, "East": 3}
    headline = result.district["blocks"]
    assert (headline["blocks"], headline["passed"], headline["met"], headline["needed"]) == (2, 1, False, 1)


def test_blocks_and_communities_are_two_verdicts(town_case: Case) -> None:
    alone = judge_case(town_case)
    result = judged(town_case, clause("s", scope="block", need_share=0.7, required=True, **SCHOOL))
    pd.testing.assert_frame_equal(result.communities, alone.communities)
    own = {name: value for name, value in result.district.items() if name in alone.district}
    assert {name: own[name] for name in ("communities", "passed", "share", "met")} == {
        name: alone.district[name] for name in ("communities", "passed", "share", "met")
    }
    passed = alone.district["passed"] + 1
    assert result.district["blocks"]["together"] == {"units": 6, "passed": passed, "share": passed / 6}
    assert "blocks" not in alone.district
    assert len(alone.blocks) == 0


@pytest.mark.parametrize("own_blocks", [False, True])
@given(need=st.floats(0.1, 6.0), band=st.sampled_from(["age_0_2", "age_3_5", "age_6_11", "age_12_17"]))
def test_a_units_share_is_that_of_the_demand_table(own_blocks: bool, need: float, band: str, town_case: Case) -> None:
    case = in_halves(town_case) if own_blocks else town_case
    asks = clause("s", scope="block", need_share=0.5, **{**SCHOOL, "limit_minutes": need, "children": [band]})
    case = asked(case, asks)
    walk = case.walk(asks)
    seconds = demand_seconds(case.samples, walk, case.places(asks, walk), limit_s=need * 60)
    units = units_of(case, "block")
    found = dict(zip(units.ids, measure_units(case, asks, units), strict=True))
    offices = case.inputs.communities["street_office"]
    for name in units.ids:
        whole = near = 0.0
        for row, ((x, _), _, code) in enumerate(HOMES.values()):
            if (HALVES[name][0] <= x <= HALVES[name][2]) if own_blocks else offices[code] == name:
                whole += case.samples.demand[band].iloc[row]
                near += case.samples.demand[band].iloc[row] if seconds[row] <= need * 60 else 0.0
        assert found[name].low == pytest.approx(near / whole if whole else np.nan, nan_ok=True)


# Places and streets


def test_places_are_counted_in_any_unit(town_case: Case) -> None:
    # Low School lies in C01, High School in C03, Lost School (on the fragment, x = 250) in C04.
    for scope, found in {"community": [1, 0, 1, 1], "block": [2, 1], "street_office": [2, 1], "district": [3]}.items():
        units = units_of(town_case, scope)  # type: ignore[arg-type]
        values = measure_units(
            town_case, clause("n", scope=scope, measure="count", layer="schools", need_count=1), units
        )
        assert dict(zip(units.ids, [value.low for value in values], strict=True)) == dict(
            zip(["North", "South"] if len(found) == 2 else units.ids, found, strict=True)
        )


def test_places_of_a_block_of_its_own_are_those_on_its_land(town_case: Case) -> None:
    # South Station (310, 50) lies in the east, Long Park (x 250 to 350) touches both, Garden (x 120 to 150) the west.
    case = in_halves(town_case)
    for layer, found in {"stations": [0, 1], "parks": [2, 1]}.items():
        for measure in ("count", "present"):
            asks = clause("n", scope="block", measure=measure, layer=layer, need_count=1)
            values = measure_units(case, asks, units_of(case, "block"))
            assert [value.low for value in values] == found, (layer, measure)


def test_a_share_of_facilities_says_nothing_of_a_unit_without_any(town_case: Case) -> None:
    # Low School (C01) is certified; High School (C03) and Lost School (C04) are not; C02 has no school.
    keys = {"measure": "facility_share", "layer": "schools", "attribute": "certified", "need_share": 1.0}
    result = judged(town_case, clause("c", target_share=0.3, **keys), clause("o", scope="street_office", **keys))
    rows = result.coverage[result.coverage["clause"] == "c"].set_index("code")
    assert rows["verdict"].tolist() == ["passed", "not_assessed", "failed", "failed"]
    assert rows["value"].tolist() == pytest.approx([1, np.nan, 0, 0], nan_ok=True)
    assert result.clauses.loc["c", "found"] == pytest.approx(1 / 3), "of the communities that have a school"
    assert result.clauses.loc["c", "verdict"] == "passed"
    assert result.street_offices["o_found"].to_dict() == {"South": 1.0, "North": 0.0}
    short = result.shortfalls[result.shortfalls["clause"] == "c"]
    assert short["facility"].tolist() == ["schools-2", "schools-3"]


def test_a_rate_of_an_office_is_of_its_own_residents(town_case: Case) -> None:
    # South: 300 places for 3,000 residents; North: 100 and 50 for 1,500.
    asks = clause("r", scope="street_office", measure="rate", layer="schools", need_rate=100.0)
    result = judged(town_case, asks)
    assert result.street_offices["r_found"].to_dict() == {"South": 100.0, "North": 100.0}
    assert set(result.street_offices["r_verdict"]) == {"passed"}


def test_communities_without_residents_are_named_as_what_a_rate_lacks(town_case: Case) -> None:
    """Nobody knows how many live in Upper: the rate is open upwards, and Upper is a row of the shortfalls."""
    communities = town_case.inputs.communities
    residents = communities["residents"].where(communities["community"] != "Upper")
    inputs = dataclasses.replace(town_case.inputs, communities=communities.assign(residents=residents))
    asks = clause("r", scope="district", measure="rate", layer="schools", need_rate=100.0)
    result = judged(dataclasses.replace(town_case, inputs=inputs), asks)
    short = result.shortfalls
    (row,) = short[short["clause"] == "r"].to_dict("records")
    assert [row[name] for name in ("layer", "code", "name", "street_office", "attribute", "status", "facility")] == [
        "communities", "C03", "Upper", "North", "residents", "unknown", "",
    ]  # fmt: skip
    assert result.clauses.loc["r", "missing"] == 1


# Communities and blocks themselves


def test_certified_communities_are_counted_and_the_others_are_named(town_case: Case) -> None:
    case = certified(town_case, "yes", "no", "2024年认定", "2031年认定")
    asks = [
        clause("number", scope="district", measure="count", layer="communities", only_where="certified", need_count=2),
        clause(
            "share",
            scope="district",
            measure="facility_share",
            layer="communities",
            attribute="certified",
            need_share=0.7,
        ),
        clause(
            "office",
            scope="street_office",
            measure="facility_share",
            layer="communities",
            attribute="certified",
            need_share=0.5,
        ),
    ]
    result = judged(case, *asks)
    assert result.clauses.loc[["number", "share"], "found"].tolist() == [2.0, 0.5]
    assert result.clauses.loc[["number", "share"], "verdict"].tolist() == ["passed", "failed"]
    assert result.street_offices["office_found"].to_dict() == {"South": 0.5, "North": 0.5}
    short = result.shortfalls[result.shortfalls["clause"] == "share"]
    assert short[["facility", "layer", "code", "name"]].to_numpy().tolist() == [
        ["", "communities", "C02", "Lower East"],
        ["", "communities", "C04", "Nobody"],
    ]


def test_a_community_of_which_nobody_knows_decides_nothing(town_case: Case) -> None:
    keys = {"scope": "district", "measure": "facility_share", "layer": "communities", "attribute": "certified"}
    case = certified(town_case, "yes", "yes", "no", "?")
    result = judged(case, clause("c", need_share=0.7, **keys), clause("d", need_share=0.5, **keys))
    assert result.clauses.loc["c", ["found_low", "found_high", "verdict"]].tolist() == [0.5, 0.75, "not_assessed"]
    assert result.clauses.loc["d", "verdict"] == "passed"


def test_neighbours_of_one_name_are_two_communities(town_case: Case) -> None:
    case = certified(town_case, "yes", "yes", "no", "no")
    communities = case.inputs.communities.assign(community="Same")
    case = dataclasses.replace(case, inputs=dataclasses.replace(case.inputs, communities=communities))
    asks = clause("n", scope="district", measure="count", layer="communities", only_where="certified", need_count=2)
    assert judged(case, asks).clauses.loc["n", "found"] == 2.0


def test_the_table_of_blocks_has_its_columns(town_case: Case) -> None:
    result = judged(town_case, clause("s", scope="block", need_share=0.7, required=True, **SCHOOL))
    assert result.blocks.columns.tolist() == [
        "name",
        *list(BLOCK_COLUMNS)[1:7],
        "geometry",
        *list(BLOCK_COLUMNS)[7:],
        "s_found",
        "s_verdict",
    ]
    assert result.blocks.index.name == "block"
    assert result.blocks["demand"].to_dict() == {"North": 53.0, "South": 68.0}
