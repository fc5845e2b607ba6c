"""Verdicts of clauses, communities, street offices and the district."""

import math
from itertools import product
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from worlds.town import AS_OF, at, moved, town_communities, town_layers

from cfgeo import Network, Results
from cfgeo.assess.measures.areas import measure
from cfgeo.assess.measures.counted import clause_places, count_inside, kind_mask
from cfgeo.assess.measures.values import Area
from cfgeo.assess.score import community_verdicts, district_headline, judge, judge_measured, street_office_table
from cfgeo.core.schema import FAILED, NOT_ASSESSED, PASSED
from cfgeo.study.standard import Clause, Standard

# --- one clause --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("share", "need", "strict", "verdict"),
    [
        (0.8, 0.8, False, PASSED),
        (0.1 + 0.7, 0.8, False, PASSED),  # 0.7999999999999999
        (0.79, 0.8, False, FAILED),
        (0.55, 0.55, True, FAILED),
        (0.551, 0.55, True, PASSED),
        (0.0, 0.8, False, FAILED),
        (math.nan, 0.8, False, NOT_ASSESSED),
        (math.nan, 0.0, True, NOT_ASSESSED),
        (1.0, 1.0, False, PASSED),
        (0.0, 0.0, False, PASSED),
    ],
)
def test_a_clause_is_passed_at_its_need_or_above_it(share: float, need: float, strict: bool, verdict: str) -> None:
    assert judge(pd.Series([share], index=["C01"]), need, strict=strict).to_dict() == {"C01": verdict}


# --- a community -------------------------------------------------------------------------------------------------


def community(*verdicts: str, lived_in: bool = True) -> tuple[str, int, tuple[str, ...]]:
    table = pd.DataFrame([verdicts], columns=[f"c{i}" for i in range(len(verdicts))], index=["C01"])
    row = community_verdicts(table, pd.Series([lived_in], index=["C01"])).loc["C01"]
    return row["verdict"], row["judged"], row["failed"]


def test_a_community_passes_when_all_required_clauses_do() -> None:
    assert community(PASSED, PASSED) == (PASSED, 2, ())


def test_one_failed_clause_fails_the_community_and_is_named() -> None:
    assert community(PASSED, FAILED, NOT_ASSESSED) == (FAILED, 2, ("c1",))


def test_a_clause_that_is_not_assessed_neither_passes_nor_fails() -> None:
    assert community(PASSED, NOT_ASSESSED) == (PASSED, 1, ())


def test_a_community_with_no_clause_assessed_is_not_assessed() -> None:
    assert community(NOT_ASSESSED, NOT_ASSESSED) == (NOT_ASSESSED, 0, ())


@pytest.mark.parametrize("verdict", [PASSED, FAILED, NOT_ASSESSED])
def test_a_community_where_nobody_lives_is_neither_passed_nor_failed(verdict: str) -> None:
    assert community(verdict, PASSED, lived_in=False)[::2] == (NOT_ASSESSED, ())


@given(st.lists(st.sampled_from([PASSED, FAILED, NOT_ASSESSED]), min_size=1, max_size=5), st.booleans())
def test_a_community_verdict_follows_the_rule_written_out(verdicts: list[str], lived_in: bool) -> None:
    if not lived_in or set(verdicts) == {NOT_ASSESSED}:
        expected = NOT_ASSESSED
    else:
        expected = FAILED if FAILED in verdicts else PASSED
    assert community(*verdicts, lived_in=lived_in)[0] == expected


# --- street offices and the district -----------------------------------------------------------------------------


def judged_communities(*verdicts: str) -> gpd.GeoDataFrame:
    count = len(verdicts)
    return gpd.GeoDataFrame(
        {"street_office": ["South" if i % 2 else "North" for i in range(count)], "verdict": list(verdicts),
         "marginal": [i == 0 for i in range(count)]},
        geometry=[moved(at(0, 0).buffer(10 + i)) for i in range(count)], crs="EPSG:32648")  # fmt: skip


def standard_of(target: float, clause: dict[str, Any] | None = None) -> Standard:
    plain = {"id": "a", "name": "a", "name_en": "a", "layer": "l", "walker": "child", "need_share": 0.8}
    return Standard(id="s", title="s", title_en="s", target_share=target, clause=(Clause(**plain, required=True),))


def headline(*verdicts: str, target: float = 0.7) -> dict[str, Any]:
    clauses = pd.DataFrame({"verdict": [PASSED, FAILED, NOT_ASSESSED], "required": [True, False, True]})
    return district_headline(judged_communities(*verdicts), clauses, standard_of(target))


@pytest.mark.parametrize(
    ("count", "needed"),
    [(1, 1), (2, 2), (3, 3), (4, 3), (9, 7), (10, 7), (20, 14), (79, 56), (100, 70)],  # 79 × 0.7 = 55.3
)
def test_the_district_needs_seventy_in_a_hundred_communities_rounded_up(count: int, needed: int) -> None:
    assert headline(*[FAILED] * count)["needed"] == needed
    enough = headline(*[PASSED] * needed, *[FAILED] * (count - needed))
    assert (enough["met"], enough["needed"]) == (True, 0)
    short = headline(*[PASSED] * (needed - 1), *[FAILED] * (count - needed + 1))
    assert (short["met"], short["needed"]) == (False, 1)


def test_a_target_is_not_raised_by_the_last_digit_of_a_product() -> None:
    assert headline(*[FAILED] * 100, target=0.55)["needed"] == 55  # 0.55 × 100 is 55.00000000000001


def test_the_share_of_the_district_counts_communities_that_are_not_assessed() -> None:
    district = headline(PASSED, PASSED, FAILED, NOT_ASSESSED)
    assert (district["passed"], district["failed"], district["not_assessed"], district["communities"]) == (2, 1, 1, 4)
    assert district["share"] == 0.5
    assert (district["met"], district["needed"]) == (False, 1)  # 2.8 communities: 3


def test_no_more_communities_are_needed_beyond_the_target() -> None:
    assert headline(PASSED, PASSED, PASSED, PASSED)["needed"] == 0


def test_the_headline_says_how_many_clauses_were_judged() -> None:
    district = headline(PASSED)
    assert (district["clauses_judged"], district["clauses_total"]) == (2, 3)
    assert (district["required_judged"], district["required_total"]) == (1, 2)


def test_street_offices_count_their_communities() -> None:
    table = street_office_table(judged_communities(PASSED, FAILED, PASSED, NOT_ASSESSED, FAILED))
    columns = ["communities", "passed", "failed", "not_assessed", "marginal", "share"]
    assert table.loc["North", columns].tolist() == [3, 2, 1, 0, 1, pytest.approx(2 / 3)]
    assert table.loc["South", columns].tolist() == [2, 0, 1, 1, 0, 0]


# --- clauses of the district -------------------------------------------------------------------------------------


def ask(measure: str, **more: Any) -> Clause:
    plain = {"id": "c", "name": "c", "name_en": "c", "scope": "district", "measure": measure}
    return Clause(**plain, **more)


def judge_district(
    clause: Clause, layers: dict[str, gpd.GeoDataFrame], communities: gpd.GeoDataFrame, town: Network
) -> tuple[float, str]:
    judged = judge_measured(clause, measure(clause, Area(communities, layers, town, AS_OF)))
    return judged["found"], judged["verdict"]


def district(clause: Clause, town: Network, **layers: gpd.GeoDataFrame) -> tuple[float, str]:
    return judge_district(clause, {**town_layers(), **layers}, town_communities(), town)


def test_the_share_of_connected_streets_is_by_length(town: Network) -> None:
    value, verdict = district(ask("connected", need_share=0.95), town)
    assert value == pytest.approx(3740 / 3840)  # 100 m of the fragment are apart
    assert verdict == PASSED
    assert district(ask("connected", need_share=0.98), town)[1] == FAILED


def test_a_count_counts_only_places_in_the_district(town: Network) -> None:
    homes = town_layers()["children_homes"]
    beyond = pd.concat([homes, homes.iloc[[0]].set_geometry([at(5000, 5000)]).set_axis(["children_homes-3"])])
    clause = ask("count", layer="children_homes", need_count=3)
    assert district(clause, town, children_homes=beyond) == (2, FAILED)


def test_a_count_of_certified_places_counts_the_certified_only(town: Network) -> None:
    clause = ask("count", layer="schools", only_where="certified", need_count=1)
    assert district(clause, town) == (1, PASSED)


def test_a_count_by_a_column_that_is_missing_or_empty_is_not_assessed(town: Network) -> None:
    clause = ask("count", layer="children_homes", only_where="certified", need_count=1)
    value, verdict = district(clause, town)
    assert (math.isnan(value), verdict) == (True, NOT_ASSESSED)
    blank = town_layers()["children_homes"].assign(certified=None)
    assert district(clause, town, children_homes=blank)[1] == NOT_ASSESSED


@pytest.mark.parametrize(
    "clause",
    [
        ask("count", layer="nowhere", need_count=1),
        ask("rate", layer="nowhere", need_rate=1.0),
        ask("facility_share", layer="nowhere", attribute="public", need_share=0.5),
        ask("near", layer="nowhere", near_layer="schools", within_m=100, need_share=0.5),
        ask("near", layer="schools", near_layer="nowhere", within_m=100, need_share=0.5),
    ],
)
def test_a_layer_that_is_not_declared_leaves_its_clause_not_assessed(clause: Clause, town: Network) -> None:
    value, verdict = district(clause, town)
    assert (math.isnan(value), verdict) == (True, NOT_ASSESSED)


@pytest.mark.parametrize(
    "clause",
    [
        ask("count", layer="sports", need_count=1),
        ask("count", layer="sports", only_where="certified", need_count=1),
        ask("rate", layer="sports", need_rate=1.0),
        ask("facility_share", layer="sports", attribute="public", need_share=0.5),
        ask("near", layer="sports", near_layer="schools", within_m=100, need_share=0.5),
        ask("near", layer="schools", near_layer="sports", within_m=100, need_share=0.5),
    ],
)
def test_a_layer_that_is_declared_and_empty_fails_its_clause(clause: Clause, town: Network) -> None:
    assert district(clause, town) == (0, FAILED)


def test_a_rate_is_places_for_a_thousand_residents(town: Network) -> None:
    # 18 places, 4,500 residents.
    assert district(ask("rate", layer="children_homes", need_rate=4.0), town) == (pytest.approx(4), PASSED)
    assert district(ask("rate", layer="children_homes", need_rate=4.1), town)[1] == FAILED


def test_a_rate_without_residents_or_capacities_is_not_assessed(town: Network) -> None:
    clause = ask("rate", layer="children_homes", need_rate=4.0)
    communities, layers = town_communities(), town_layers()
    assert judge_district(clause, layers, communities.drop(columns="residents"), town)[1] == NOT_ASSESSED
    bare = layers["children_homes"].drop(columns="capacity")
    assert judge_district(clause, {"children_homes": bare}, communities, town)[1] == NOT_ASSESSED


def test_a_share_of_facilities_is_by_number_or_by_capacity(town: Network) -> None:
    by_number = ask("facility_share", layer="schools", attribute="certified", need_share=0.5)
    assert district(by_number, town) == (pytest.approx(1 / 3), FAILED)
    by_capacity = by_number.model_copy(update={"weigh_by": "capacity"})
    assert district(by_capacity, town) == (pytest.approx(300 / 450), PASSED)
    primary = by_capacity.model_copy(update={"kind": ("primary",)})
    assert district(primary, town)[0] == pytest.approx(300 / 350)


def test_a_missing_capacity_never_decides_a_share(town: Network) -> None:
    # Two places of 300 and 100: 0.75. A third with a yes can only raise it; one with a no may bring it to nothing.
    schools = town_layers()["schools"]
    clause = ask("facility_share", layer="schools", attribute="certified", need_share=0.7, weigh_by_capacity=True)
    for answer, verdict in (("yes", PASSED), ("no", NOT_ASSESSED)):
        own = schools.assign(capacity=[300.0, 100.0, math.nan], certified=["yes", "no", answer])
        assert district(clause, town, schools=own)[1] == verdict
    own = schools.assign(capacity=[300.0, 0.0, math.nan], certified=["yes", "no", "yes"])
    assert district(clause, town, schools=own) == (1.0, PASSED)  # whatever the third one has


@pytest.mark.parametrize("capacities", list(product((100.0, math.nan, 0.0), repeat=3)))
def test_what_is_missing_in_a_share_is_taken_at_its_worst_and_best(
    capacities: tuple[float, ...], town: Network
) -> None:
    # Each blank is tried as nothing, as 1, and as a million: a verdict stands only where all of them give it.
    schools = town_layers()["schools"].assign(capacity=capacities, certified=["yes", "yes", "no"])
    clause = ask("facility_share", layer="schools", attribute="certified", need_share=0.55, weigh_by_capacity=True)
    clause = clause.model_copy(update={"compare": "more_than"})
    possible = set()
    for tried in product(*([0.0, 1.0, 1e6] if math.isnan(each) else [each] for each in capacities)):
        possible.add(None if sum(tried) == 0 else (tried[0] + tried[1]) / sum(tried) > 0.55)
    known_verdicts = {frozenset({True}): PASSED, frozenset({False}): FAILED}
    nobody_knows = all(math.isnan(each) or each == 0 for each in capacities)
    expected = NOT_ASSESSED if nobody_knows else known_verdicts.get(frozenset(possible), NOT_ASSESSED)
    assert district(clause, town, schools=schools)[1] == expected


def test_a_share_of_facilities_can_ask_for_a_number(town: Network) -> None:
    clinics = town_layers()["children_homes"].assign(doctors=["2", "1"])
    clause = ask("facility_share", layer="clinics", attribute="doctors", attribute_min=2, need_share=1.0)
    assert district(clause, town, clinics=clinics) == (0.5, FAILED)


def test_a_missing_capacity_counts_nothing(town: Network) -> None:
    schools = town_layers()["schools"].assign(capacity=[550.0, math.nan, 330.0], certified=["yes", "yes", "no"])
    share = ask("facility_share", layer="all", attribute="certified", need_share=0.5, weigh_by_capacity=True)
    everywhere = town_communities().assign(residents=1000.0)
    everywhere.geometry = everywhere.buffer(2000)
    assert judge_district(share, {"all": schools}, everywhere, town)[0] == pytest.approx(550 / 880)
    rate = ask("rate", layer="all", need_rate=1.0)
    assert judge_district(rate, {"all": schools}, everywhere, town)[0] == pytest.approx(880 / 4)


def test_a_clause_is_judged_only_where_no_missing_answer_could_turn_it(town: Network) -> None:
    everywhere = town_communities().assign(residents=1000.0)
    everywhere.geometry = everywhere.buffer(2000)

    def verdict(clause: Clause, **columns: list[object]) -> str:
        return judge_district(clause, {"all": town_layers()["schools"].assign(**columns)}, everywhere, town)[1]

    count = ask("count", layer="all", only_where="certified", need_count=1)
    assert verdict(count, certified=["申报中", "否", "否"]) == NOT_ASSESSED
    assert verdict(count, certified=["申报中", "是", "否"]) == PASSED
    two = count.model_copy(update={"need_count": 2})
    assert verdict(two, certified=["申报中", "否", "否"]) == FAILED
    share = ask("facility_share", layer="all", attribute="doctors", attribute_min=2, need_share=1.0)
    assert verdict(share, doctors=["两名", "", "3"]) == NOT_ASSESSED
    assert verdict(share, doctors=["1", "", "3"]) == FAILED
    rate = ask("rate", layer="all", need_rate=1.0)  # 4,000 residents
    assert verdict(rate, capacity=[math.nan, 0.0, 0.0]) == NOT_ASSESSED
    assert verdict(rate, capacity=[math.nan, 4.0, 0.0]) == PASSED


def test_a_blank_certificate_is_none_in_a_count_and_not_known_in_a_share(town: Network) -> None:
    schools = town_layers()["schools"].assign(certified=["yes", "no", ""])
    everywhere = town_communities().set_geometry(town_communities().buffer(2000))
    count = ask("count", layer="all", only_where="certified", need_count=2)
    assert judge_district(count, {"all": schools}, everywhere, town) == (1, FAILED)
    share = ask("facility_share", layer="all", attribute="certified", need_share=0.5)
    assert judge_district(share, {"all": schools}, everywhere, town)[1] == NOT_ASSESSED


def test_a_school_of_two_levels_at_one_place_counts_once(town: Network) -> None:
    schools = pd.concat([town_layers()["schools"]] * 2, ignore_index=True)
    schools.index = [f"schools-{i}" for i in range(6)]
    schools["name"] = ["人民学校（小学部）", "二中", "三小", "人民学校 (初中部)", "二中分校", "三小"]
    schools["certified"] = ["no", "yes", "yes", "yes", "yes", "yes"]
    everywhere = town_communities().set_geometry(town_communities().buffer(2000))
    clause = ask("count", layer="all", only_where="certified", need_count=4)
    assert judge_district(clause, {"all": schools}, everywhere, town) == (4, PASSED)
    every = ask("count", layer="all", need_count=5)
    assert judge_district(every, {"all": schools}, everywhere, town) == (4, FAILED)
    apart = schools.set_geometry(schools.geometry.where(schools.index != "schools-5", schools.translate(300, 0)))
    assert judge_district(every, {"all": apart}, everywhere, town) == (5, PASSED)


def test_near_counts_the_facilities_with_a_place_within_the_metres(town: Network) -> None:
    # Low school (30, -10) to the garden's tip (120, 40): 103 m; junior (350, 310) to nothing; the park is 220 m off.
    clause = ask("near", layer="schools", near_layer="parks", within_m=103, need_share=0.3)
    assert district(clause, town) == (pytest.approx(1 / 3), PASSED)
    assert district(clause.model_copy(update={"within_m": 102}), town) == (0, FAILED)


def test_a_column_of_blanks_counts_as_missing(town: Network) -> None:
    blank = town_layers()["children_homes"].assign(certified=" ")
    count = ask("count", layer="children_homes", only_where="certified", need_count=1)
    share = ask("facility_share", layer="children_homes", attribute="certified", need_share=0.5)
    assert {district(clause, town, children_homes=blank)[1] for clause in (count, share)} == {NOT_ASSESSED}


# --- which places count ------------------------------------------------------------------------------------------


def test_a_clause_without_kinds_takes_all_places_and_one_with_kinds_only_those() -> None:
    schools = town_layers()["schools"]
    assert kind_mask(schools, ()).tolist() == [True, True, True]
    assert kind_mask(schools, ("primary",)).tolist() == [True, False, True]
    assert kind_mask(schools, ("nursery",)).tolist() == [False, False, False]


def test_a_clause_has_no_places_where_its_layer_is_not_declared() -> None:
    assert clause_places(ask("count", layer="culture", need_count=1), town_layers()) is None
    places = clause_places(ask("count", layer="sports", need_count=1), town_layers())
    assert places is not None
    assert len(places) == 0


def test_a_park_on_a_border_lies_in_both_communities() -> None:
    counts = count_inside(town_layers()["parks"], town_communities())
    assert counts.to_dict() == {"C01": 2, "C02": 1, "C03": 0, "C04": 0}  # the long park begins at x = 250


# --- the whole town ----------------------------------------------------------------------------------------------


def verdicts(results: Results, clause: str) -> dict[str, str]:
    rows = results.coverage[results.coverage["clause"] == clause]
    return dict(zip(rows["code"], rows["verdict"], strict=True))


def test_every_community_has_one_row_for_every_clause(town_results: Results) -> None:
    pairs = town_results.coverage[["code", "clause"]]
    assert len(pairs.drop_duplicates()) == len(pairs) == 4 * 5
    assert town_results.communities.index.tolist() == ["C01", "C02", "C03", "C04"]


def test_the_town_has_the_verdicts_worked_out_by_hand(town_results: Results) -> None:
    # In 300 s at 1.25 m/s: by the park 355 m = 284 s, east 435 m = 348 s. Up: (5 + 50 + 130 + 10 m) / 1.25 m/s and
    # 125 s down the steps = 281 s; top: too far.
    assert verdicts(town_results, "school") == {"C01": PASSED, "C02": FAILED, "C03": FAILED, "C04": NOT_ASSESSED}
    # 300 m with a pram. Up: 5 + 50 m, lift 100 m and 60 s, 60 + 20 m to the garden: 295 s.
    assert verdicts(town_results, "park") == {"C01": PASSED, "C02": PASSED, "C03": PASSED, "C04": NOT_ASSESSED}
    assert verdicts(town_results, "home") == {"C01": PASSED, "C02": FAILED, "C03": PASSED, "C04": FAILED}
    assert town_results.communities["verdict"].to_dict() == {
        "C01": PASSED, "C02": FAILED, "C03": FAILED, "C04": NOT_ASSESSED}  # fmt: skip
    assert town_results.communities["failed"].to_dict() == {
        "C01": (),
        "C02": ("school",),
        "C03": ("school",),
        "C04": (),
    }


def test_the_town_has_the_shares_worked_out_by_hand(town_results: Results) -> None:
    share = town_results.coverage.set_index(["clause", "code"])["share"]
    # Children of 6 to 11: all 32 in C01; by the park 5 of 15; on the hill the 8 of "up", of 24.
    assert share["school"].to_list()[:3] == pytest.approx([1, 5 / 15, 8 / 24])
    # Children of 0 to 5: all 5, all 9, and 6 of 11.
    assert share["park"].to_list()[:3] == pytest.approx([1, 1, 6 / 11])
    assert share[["home", "sports", "culture"]].isna().all()


def test_an_undeclared_layer_is_never_passed_in_the_whole_run(town_results: Results) -> None:
    assert set(verdicts(town_results, "culture").values()) == {NOT_ASSESSED}
    clauses = town_results.clauses
    assert clauses.loc["culture", "verdict"] == NOT_ASSESSED
    assert math.isnan(clauses.loc["culture", "found"])
    assert clauses.loc["culture", ["passed", "failed", "open"]].tolist() == [0, 0, 4]


def test_a_declared_and_empty_layer_fails_in_the_whole_run(town_results: Results) -> None:
    assert set(verdicts(town_results, "sports").values()) == {FAILED}
    assert town_results.clauses.loc["sports", ["found", "verdict"]].tolist() == [0, FAILED]


def test_clauses_of_the_town_hold_the_share_of_communities_that_pass(town_results: Results) -> None:
    clauses = town_results.clauses
    assert clauses.loc["school", ["found", "asked", "verdict"]].tolist() == [0.25, 0.7, FAILED]
    assert clauses.loc["park", ["found", "asked", "verdict"]].tolist() == [0.75, 0.7, PASSED]
    assert clauses.loc["home", ["found", "asked", "verdict"]].tolist() == [0.5, 0.5, PASSED]
    assert clauses.loc["station", ["found", "asked", "verdict"]].tolist() == [0.5, 1.0, FAILED]
    assert clauses.loc["connected", "found"] == pytest.approx(3740 / 3840, abs=1e-4)
    assert clauses.loc["certified", ["found", "asked", "verdict"]].tolist() == [1, 2, FAILED]


def test_street_offices_of_the_town_have_their_own_verdicts(town_results: Results) -> None:
    offices = town_results.street_offices
    assert offices["station_verdict"].to_dict() == {"North": FAILED, "South": PASSED}
    assert offices["communities"].to_dict() == {"North": 2, "South": 2}
    assert offices["passed"].to_dict() == {"North": 0, "South": 1}


def test_the_district_of_the_town_is_two_communities_short(town_results: Results) -> None:
    district = town_results.district
    assert (district["communities"], district["passed"], district["failed"], district["not_assessed"]) == (4, 1, 2, 1)
    assert (district["met"], district["needed"]) == (False, 2)  # 70 % of 4 are 2.8: 3
    assert (district["clauses_judged"], district["clauses_total"]) == (7, 8)
    assert (district["required_judged"], district["required_total"]) == (2, 3)


def test_verdicts_are_given_for_slower_and_faster_walkers_too(town_results: Results) -> None:
    park = town_results.coverage.set_index(["clause", "code"]).loc[("park", "C03")]
    # Up: 295 s of 300 s. At 0.9 m/s: 60 s + 235 m / 0.9 m/s = 321 s.
    assert (park["verdict"], park["verdict_slower"], park["verdict_faster"]) == (PASSED, FAILED, PASSED)


def test_places_and_homes_that_are_not_snapped_are_findings(town_results: Results) -> None:
    findings = town_results.inputs.findings
    assert {"layer_empty", "not_snapped", "demand_stranded", "network_pieces"} <= set(findings["rule"])
    lost = findings[findings["rule"] == "not_snapped"]
    assert lost["row"].tolist() == ["4"], "the row of the sheet, headings included"


def test_streets_beyond_the_district_do_not_count_as_connected(town: Network) -> None:
    clause = Clause(id="c", name="c", name_en="c", scope="district", measure="connected", need_share=0.5)
    far = town_communities().translate(50_000, 0)
    moved_away = town_communities().set_geometry(far)
    value, verdict = judge_district(clause, {}, moved_away, town)
    assert math.isnan(value)
    assert verdict == NOT_ASSESSED


def test_a_rate_over_residents_that_are_partly_unknown_is_not_assessed(town: Network) -> None:
    clause = Clause(
        id="r", name="r", name_en="r", scope="district", measure="rate", layer="children_homes", need_rate=1.0
    )
    communities = town_communities().assign(residents=[100.0, math.nan, 100.0, 100.0])
    layers = {"children_homes": town_layers()["children_homes"].assign(capacity=10.0)}
    assert judge_district(clause, layers, communities.assign(residents=100.0), town)[1] != NOT_ASSESSED
    assert judge_district(clause, layers, communities, town)[1] == NOT_ASSESSED
