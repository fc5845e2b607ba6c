"""Measures of the district: each exactly on, just above and just below its need, and with values that are missing."""

import itertools
import math
from dataclasses import replace
from typing import Any, get_args

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, box
from worlds.town import AS_OF, CRS, at, moved, town_communities, town_demand, town_network

from cfgeo.assess.measures.areas import MEASURES, measure
from cfgeo.assess.measures.communities import judge_presence
from cfgeo.assess.measures.counted import presence
from cfgeo.assess.measures.graded import graded
from cfgeo.assess.measures.people import bands_for
from cfgeo.assess.measures.values import Area, ClauseValue
from cfgeo.assess.score import judge, judge_measured
from cfgeo.core.schema import FAILED, NOT_ASSESSED, PASSED, Network, Positions
from cfgeo.study.standard import Clause, Measure


def test_every_measure_of_the_district_has_a_function() -> None:
    assert set(get_args(Measure)) - set(MEASURES) == {"reach", "present", "all_reach"}


@pytest.fixture(scope="module")
def town() -> Network:
    return town_network()


def ask(measure: str, **more: Any) -> Clause:
    plain = {"id": "c", "name": "指标", "name_en": "c", "scope": "district", "measure": measure}
    return Clause(**{**plain, **more})


def places(layer: str, *rows: dict[str, Any]) -> gpd.GeoDataFrame:
    table = pd.DataFrame([{"kind": layer, "name": "", "geometry": at(100, 50), **row} for row in rows])
    frame = gpd.GeoDataFrame(table, geometry="geometry", crs=CRS).assign(layer=layer)
    return frame.set_index(pd.Index([f"{layer}-{i + 1}" for i in range(len(frame))], name="facility"))


def area_of(town: Network, *layers: gpd.GeoDataFrame, **more: Any) -> Area:
    return Area(town_communities(), {table["layer"].iloc[0]: table for table in layers}, town, AS_OF, **more)


def verdict_of(clause: Clause, value: ClauseValue) -> str:
    return str(judge_measured(clause, value)["verdict"])


# --- comparison --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("compare", "verdicts"),
    [
        ("at_least", [FAILED, PASSED, PASSED]),
        ("more_than", [FAILED, FAILED, PASSED]),
        ("at_most", [PASSED, PASSED, FAILED]),
        ("less_than", [PASSED, FAILED, FAILED]),
    ],
)
def test_a_value_just_below_on_and_just_above_its_need(compare: Any, verdicts: list[str]) -> None:
    assert judge(pd.Series([0.0014, 0.0015, 0.0016]), 0.0015, compare=compare).tolist() == verdicts
    assert judge(pd.Series([1.0]), math.nan, compare=compare).tolist() == [NOT_ASSESSED]


def test_at_most_passes_only_if_the_highest_value_does() -> None:
    """At most 3: between 1 and 3 it passes, between 1 and 4 nobody knows, between 4 and 5 it fails."""
    clause = ask("reported", need_value=3, compare="at_most")
    assert [verdict_of(clause, ClauseValue(*bounds)) for bounds in ((1, 3), (1, 4), (4, 5))] == [
        PASSED, NOT_ASSESSED, FAILED,
    ]  # fmt: skip
    assert judge_measured(clause, ClauseValue(1, 3))["found"] == 3


# --- reported figures --------------------------------------------------------------------------------------------


def reported(*rows: dict[str, Any]) -> pd.DataFrame:
    usual = {
        "indicator": "指标",
        "year": 2025,
        "scope": "district",
        "area": "",
        "sex": "all",
        "unit": "%",
        "source": "",
    }
    return pd.DataFrame([{**usual, "row": str(i + 2), **row} for i, row in enumerate(rows)])


def found(town: Network, clause: Clause, *rows: dict[str, Any], **more: Any) -> ClauseValue:
    return measure(clause, area_of(town, reported=reported(*rows), **more) if rows else area_of(town))


NINETY = {"measure": "reported", "need_value": 90, "unit": "%"}


def test_the_newest_figure_that_is_not_after_the_day_counts(town: Network) -> None:
    """Judged on 2026-11-01: of 2024, 2025 and 2027 it is the 91 % of 2025."""
    rows = [{"year": 2024, "value": 0.8}, {"year": 2027, "value": 0.5}, {"value": 0.91}]
    value = found(town, ask(**NINETY), *rows)
    assert (value.low, value.high, value.year) == (0.91, 0.91, 2025)
    assert judge_measured(ask(**NINETY), value)["year"] == 2025


def test_a_figure_that_is_not_clear_is_not_replaced_by_an_older_one(town: Network) -> None:
    value = found(town, ask(**NINETY), {"year": 2024, "value": 0.95}, {"value": math.nan})
    assert verdict_of(ask(**NINETY), value) == NOT_ASSESSED


@pytest.mark.parametrize(
    ("male", "female", "verdict"), [(0.9, 0.95, PASSED), (0.8, 0.95, NOT_ASSESSED), (0.8, 0.89, FAILED)]
)
def test_the_share_of_all_lies_between_those_of_the_sexes(
    town: Network, male: float, female: float, verdict: str
) -> None:
    value = found(town, ask(**NINETY), {"sex": "male", "value": male}, {"sex": "female", "value": female})
    assert verdict_of(ask(**NINETY), value) == verdict


def test_a_share_without_a_unit_counts_only_where_it_is_surely_per_cent(town: Network) -> None:
    assert found(town, ask(**NINETY), {"value": 91.0, "unit": ""}).low == pytest.approx(0.91)
    for unclear in ({"value": 0.91, "unit": ""}, {"value": 91.0, "unit": "场"}):
        assert math.isnan(found(town, ask(**NINETY), unclear).low)
    count = ask("reported", need_value=10)
    assert found(town, count, {"value": 12.0, "unit": "场"}).low == 12
    assert math.isnan(found(town, count, {"value": 0.12, "unit": "%"}).low)


def test_a_figure_counts_for_its_own_area_and_under_any_of_its_names(town: Network) -> None:
    clause = ask(**NINETY, indicator=["接种率"])
    rows = [{"indicator": "接种率（%）", "scope": "street_office", "area": "South", "value": 0.7}, {"value": 0.9}]
    assert found(town, clause, *rows).low == 0.9
    assert found(town, clause, *rows, unit=("street_office", "South")).low == 0.7
    assert math.isnan(found(town, ask(**NINETY), {"indicator": "别的", "value": 0.9}).low)
    assert math.isnan(found(town, ask(**NINETY)).low)


# --- rates -------------------------------------------------------------------------------------------------------


def test_a_rate_per_age_needs_bands_that_add_up_to_it(town: Network) -> None:
    """As many beds as children of 0–5 are exactly 1,000 per 1,000."""
    inside = town_demand()[["age_0_2", "age_3_5"]].to_numpy().sum()
    hospitals = places("hospitals", {"beds": "20"}, {"beds": str(int(inside) - 20)})
    area = area_of(town, hospitals, demand=town_demand())
    rate = {"measure": "rate", "layer": "hospitals", "amount": "beds"}
    for compare, verdict in (("at_least", PASSED), ("more_than", FAILED)):
        clause = ask(**rate, per=["age_0_5"], need_rate=1000.0, compare=compare)
        assert verdict_of(clause, measure(clause, area)) == verdict
    assert math.isnan(measure(ask(**rate, per=["age_0_14"], need_rate=1.0), area).low)
    children = ask(**rate, per="children", need_rate=1.0)
    assert measure(children, area).low == pytest.approx(1000 * inside / town_demand()["weight"].sum())


def test_a_rate_per_a_column_of_communities_and_a_blank_amount(town: Network) -> None:
    """4 beds, and one place that does not say: at least 4 per 2,000 aged 0–14, without upper bound."""
    hospitals = places("hospitals", {"beds": "4"}, {"beds": None})
    answers = pd.DataFrame({"age_0_14": [500.0] * 4}, index=town_communities().index)
    clause = ask("rate", layer="hospitals", amount="beds", per=["age_0_14"], need_rate=2.0)
    value = measure(clause, area_of(town, hospitals, community_answers=answers))
    assert (value.low, value.high, verdict_of(clause, value)) == (2.0, math.inf, PASSED)
    above = clause.model_copy(update={"compare": "more_than"})
    assert verdict_of(above, value) == NOT_ASSESSED


def test_a_reference_that_the_study_does_not_give_leaves_a_clause_open(town: Network) -> None:
    clause = ask("rate", layer="hospitals", reference="city")
    area = area_of(town, places("hospitals", {"capacity": 9.0}))
    assert verdict_of(clause, measure(clause, area)) == NOT_ASSESSED
    given_ = clause.with_reference({"city": 2.0})
    assert verdict_of(given_, measure(given_, area)) == PASSED  # 9 per 4,500 residents


@pytest.mark.parametrize(
    ("name", "columns", "bands"),
    [
        ("age_0_5", ["age_0_2", "age_3_5"], ("age_0_2", "age_3_5")),
        ("age_0_14", ["age_0_2", "age_3_5", "age_6_11", "age_12_17"], None),
        ("age_0_14", ["age_0_11", "age_0_2", "age_3_14", "age_12_17"], ("age_0_2", "age_3_14")),
        ("age_3_5", ["age_3_5"], ("age_3_5",)),
        ("age_0_5", ["age_0_2", "age_4_5"], None),
        ("beds", ["age_0_2"], None),
    ],
)
def test_bands_add_up_exactly_or_not_at_all(name: str, columns: list[str], bands: Any) -> None:
    assert bands_for(name, columns) == bands


# --- shares ------------------------------------------------------------------------------------------------------


def test_enrolment_weighs_where_all_tell_it_else_capacity(town: Network) -> None:
    """Public: 60 of 100 children, 50 of 100 places. Without one number of children, places count."""
    rows = [{"public": "yes", "enrolment": 60, "capacity": 50.0}, {"public": "no", "enrolment": 40, "capacity": 50.0}]
    clause = ask("facility_share", layer="schools", attribute="public", weigh_by="enrolment", need_share=0.55)
    assert measure(clause, area_of(town, places("schools", *rows))).low == pytest.approx(0.6)
    rows[1]["enrolment"] = None
    assert measure(clause, area_of(town, places("schools", *rows))).low == pytest.approx(0.5)


@given(
    st.lists(st.sampled_from(["一级", "市级示范园", "2级幼儿园", "三级", "未定级", "", "待评"]), min_size=1, max_size=6)
)
def test_grades_are_compared_in_their_order(cells: list[str]) -> None:
    met, unknown = graded(pd.Series(cells), ["示范", "一级", "二级", "三级"], "二级")
    assert met.tolist() == [cell in ("一级", "市级示范园", "2级幼儿园") for cell in cells]
    assert unknown.tolist() == [cell in ("", "待评") for cell in cells]


def test_grades_of_places_make_an_interval(town: Network) -> None:
    """Of five, three are good enough, one is not, one is blank: between 3/5 and 4/5."""
    schools = places("schools", *({"grade": grade} for grade in ("一级", "二级", "示范", "三级", None)))
    order = {"attribute_order": ["示范", "一级", "二级", "三级"], "attribute_least": "二级"}
    clause = ask("facility_share", layer="schools", attribute="grade", need_share=0.6, **order)
    value = measure(clause, area_of(town, schools))
    assert (value.low, value.high, value.missing) == (pytest.approx(0.6), pytest.approx(0.8), 1)
    assert verdict_of(clause, value) == PASSED
    assert value.answers["status"].tolist() == ["met", "met", "met", "short", "unknown"]


@pytest.mark.parametrize(("need", "verdict"), [(0.75, PASSED), (0.751, FAILED)])
def test_the_share_of_length_is_of_the_length_inside(town: Network, need: float, verdict: str) -> None:
    """300 m are refitted, of which 150 lie outside (x below −50); 50 m are not: 150 of 200 m."""
    lines = [(LineString([(-200, 20), (100, 20)]), "yes"), (LineString([(0, 40), (50, 40)]), "no")]
    walkways = places("walkways", *({"geometry": moved(line), "refitted": answer} for line, answer in lines))
    clause = ask("length_share", layer="walkways", attribute="refitted", need_share=need)
    assert verdict_of(clause, measure(clause, area_of(town, walkways))) == verdict


# --- near --------------------------------------------------------------------------------------------------------


def on_street(town: Network, *xy: tuple[float, float]) -> Positions:
    """Return points on the streets themselves, in metres of the town."""
    points = gpd.GeoSeries([at(x, y) for x, y in xy], crs=CRS)
    edge = np.array([town.edges.geometry.distance(point).argmin() for point in points])
    share = np.array(
        [town.edges.geometry.iloc[e].project(p, normalized=True) for e, p in zip(edge, points, strict=True)]
    )
    return Positions(np.arange(len(xy)), edge, share, share, np.zeros(len(xy)))


@pytest.mark.parametrize(("y", "has"), [(80.0, True), (80.1, False)])
def test_near_along_streets_goes_round_the_corner(town: Network, y: float, has: bool) -> None:
    """From (30, 0) to the street x = 100 are 70 m, then 80 m up it: 150 m, though only 106 m straight."""
    schools, calming = places("schools", {"geometry": at(30, 0)}), places("traffic_calming", {"geometry": at(100, y)})
    snapped = {"schools": on_street(town, (30, 0)), "traffic_calming": on_street(town, (100, y))}
    clause = ask("near", layer="schools", near_layer="traffic_calming", within_m=150, need_share=1.0)
    area = area_of(town, schools, calming, snapped=snapped)
    assert measure(clause, area).low == 1.0
    along = clause.model_copy(update={"along": "streets"})
    assert measure(along, area).low == float(has)


def test_a_stretch_that_holds_the_other_place_is_near_it(town: Network) -> None:
    parks, calming = places("parks", {}), places("traffic_calming", {})
    edge = on_street(town, (50, 0))
    stretch = replace(edge, start=np.array([0.0]), end=np.array([1.0]))
    clause = ask("near", layer="parks", near_layer="traffic_calming", within_m=1, along="streets", need_share=1.0)
    area = area_of(town, parks, calming, snapped={"parks": stretch, "traffic_calming": edge})
    assert measure(clause, area).low == 1.0


def test_more_layers_count_as_well_and_have_to_be_declared(town: Network) -> None:
    schools, parks = places("schools", {"geometry": at(0, 0)}), places("parks", {"geometry": at(200, 0)})
    calming = places("traffic_calming", {"geometry": at(10, 0)})
    clause = ask(
        "near", layer="schools", more_layers=["parks"], near_layer="traffic_calming", within_m=50, need_share=1.0
    )
    value = measure(clause, area_of(town, schools, parks, calming))
    assert value.low == 0.5
    assert value.answers["status"].to_dict() == {"schools-1": "met", "parks-1": "short"}
    assert math.isnan(measure(clause, area_of(town, schools, calming)).low)


@pytest.mark.parametrize(("x", "share"), [(50.0, 0.0), (50.1, 1.0)])
def test_none_within_counts_places_without_another_near_by(town: Network, x: float, share: float) -> None:
    schools, tobacco = places("schools", {"geometry": at(0, 0)}), places("tobacco", {"geometry": at(x, 0)})
    clause = ask("none_within", layer="schools", near_layer="tobacco", within_m=50, need_share=1.0)
    assert measure(clause, area_of(town, schools, tobacco)).low == share
    assert math.isnan(measure(clause, area_of(town, schools)).low)


# --- presence and counts -----------------------------------------------------------------------------------------

CARE = {"kind": ["hourly"], "among_kinds": ["full_day", "hourly"], "min_capacity": 1}


@given(
    st.lists(
        st.tuples(st.sampled_from(["hourly", "full_day", "nursery"]), st.sampled_from([0.0, 5.0, None])), max_size=3
    )
)
def test_presence_is_open_exactly_where_what_is_missing_decides(rows: list[tuple[str, float | None]]) -> None:
    """Against every way to fill in what is missing: the kind of a nursery, and a blank capacity."""
    clause = ask("present", scope="community", layer="care_centres", need_count=1, **CARE)
    table = [{"kind": kind, "capacity": capacity, "name": f"n{i}"} for i, (kind, capacity) in enumerate(rows)]
    layer = places("care_centres", *table) if table else places("care_centres", {}).iloc[:0].assign(capacity=0.0)
    least, most = presence(clause, layer, town_communities())
    verdict = judge_presence(clause, least, most)["C01"]
    options = [
        [
            (k, c)
            for k in (["hourly", "full_day"] if kind == "nursery" else [kind])
            for c in ([0.0, 5.0] if capacity is None else [capacity])
        ]
        for kind, capacity in rows
    ]
    passes = {any(k == "hourly" and c >= 1 for k, c in filled) for filled in itertools.product(*options)}
    assert verdict == (NOT_ASSESSED if len(passes) == 2 else PASSED if passes == {True} else FAILED)


def test_named_places_count_once_for_each_name(town: Network) -> None:
    """Two rows of the first name are one; the third name is not there."""
    rows = [("解放碑商圈", "yes"), ("朝天门商圈", "yes"), ("化龙桥核心商圈", "no"), ("大坪商圈", "yes")]
    shopping = places("shopping", *({"name": name, "certified": answer} for name, answer in rows))
    clause = ask(
        "count",
        layer="shopping",
        names=["解放碑—朝天门", "龙湖时代天街", "化龙桥"],
        only_where="certified",
        need_count=2,
    )
    value = measure(clause, area_of(town, shopping))
    assert (value.low, value.high, verdict_of(clause, value)) == (1.0, 1.0, FAILED)
    assert measure(clause.model_copy(update={"only_where": None}), area_of(town, shopping)).low == 2.0


def test_the_share_of_school_routes_is_by_the_metres_that_children_walk(town: Network) -> None:
    """600 of 1,000 child-metres are calm, 100 on lines of unknown class: between 60 and 70 %."""
    routes = pd.DataFrame(
        {
            "code": ["C01", "C02", "C02", ""],
            "child_metres": [600.0, 300.0, 100.0, 9.0],
            "calm": ["yes", "no", "unknown", "yes"],
        }
    )
    clause = ask("school_routes", need_share=0.65)
    value = measure(clause, area_of(town, routes=lambda: routes))
    assert (value.low, value.high) == (pytest.approx(0.6), pytest.approx(0.7))
    assert verdict_of(clause, value) == NOT_ASSESSED


def test_the_town_has_no_school_routes_without_children(town: Network) -> None:
    empty = pd.DataFrame({"code": [], "child_metres": [], "calm": []})
    assert math.isnan(measure(ask("school_routes", need_share=0.5), area_of(town, routes=lambda: empty)).low)
    assert math.isnan(measure(ask("school_routes", need_share=0.5), area_of(town)).low)


@pytest.mark.parametrize(("need", "verdict"), [(1699.0, PASSED), (1700.0, PASSED), (1701.0, FAILED)])
def test_sizes_are_those_of_the_file_else_of_the_shape(town: Network, need: float, verdict: str) -> None:
    """A ground of 20 × 60 m is 1,200 m², but its file says 1,700; one of 50 × 40 m says nothing: 2,000."""
    drawn = [(moved(box(0, 0, 20, 60)), "1700"), (moved(box(0, 0, 50, 40)), None)]
    grounds = places("sports", *({"geometry": shape, "area_m2": size} for shape, size in drawn))
    clause = ask("facility_share", layer="sports", attribute="area_m2", attribute_min=need, need_share=1.0)
    assert verdict_of(clause, measure(clause, area_of(town, grounds))) == verdict
    rate = ask("rate", layer="sports", amount="area_m2", need_rate=3700 / 4.5)
    assert verdict_of(rate, measure(rate, area_of(town, grounds))) == PASSED, "4,500 residents"


def test_a_point_without_a_size_leaves_its_clause_open(town: Network) -> None:
    clause = ask("facility_share", layer="sports", attribute="area_m2", attribute_min=1.0, need_share=1.0)
    assert verdict_of(clause, measure(clause, area_of(town, places("sports", {})))) == NOT_ASSESSED
