"""The tables of a run: what is judged, what stays open, and that no row is lost."""

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from worlds.studies import edited, remade, without_table
from worlds.town import write_town

from cfgeo import Results, Study, load_study, run_study
from cfgeo.assess.case import Case
from cfgeo.assess.measures.communities import coverage_table
from cfgeo.assess.verdicts import judge_case, judge_communities
from cfgeo.core.results import COVERAGE_COLUMNS
from cfgeo.core.schema import VERDICTS

COMMUNITY_CLAUSES = ["school", "park", "culture", "home", "sports"]
CLAUSES = [*COMMUNITY_CLAUSES, "station", "connected", "certified"]


def rows_of_clause(results: Results, clause: str) -> pd.DataFrame:
    return results.coverage[results.coverage["clause"] == clause].set_index("code")


def test_every_community_has_one_row_for_every_clause_in_order(town_results: Results) -> None:
    coverage = town_results.coverage
    assert coverage.columns.tolist() == list(COVERAGE_COLUMNS)
    pairs = list(zip(coverage["code"], coverage["clause"], strict=True))
    assert pairs == [(code, clause) for clause in COMMUNITY_CLAUSES for code in ("C01", "C02", "C03", "C04")]
    assert town_results.communities.index.tolist() == ["C01", "C02", "C03", "C04"]
    assert town_results.clauses.index.tolist() == CLAUSES
    assert set(coverage["verdict"]) <= set(VERDICTS)


def test_shares_are_those_worked_out_by_hand(town_results: Results) -> None:
    # Pupils: all 32 of C01; in C02 those at the park, 5 of 15; in C03 those above the steps, 8 of 24.
    school = rows_of_clause(town_results, "school")
    assert school["share"].tolist()[:3] == pytest.approx([1, 1 / 3, 1 / 3])
    assert school["demand"].tolist()[:3] == [32, 15, 24]
    assert school["verdict"].tolist() == ["passed", "failed", "failed", "not_assessed"]


def test_minutes_are_those_worked_out_by_hand(town_results: Results) -> None:
    # Half of C01's pupils live at (150, 5): 5 m, 120 m of row 0 and 10 m at 1.25 m/s.
    school = rows_of_clause(town_results, "school")
    assert school.loc["C01", "median_minutes"] == pytest.approx(135 / 1.25 / 60, abs=1e-4)
    assert school.loc["C02", "median_minutes"] == pytest.approx(435 / 1.25 / 60, abs=1e-4)
    assert school.loc["C03", "p90_minutes"] == np.inf


def test_a_stranded_home_counts_as_not_covered(town_results: Results) -> None:
    assert rows_of_clause(town_results, "school").loc["C03", "demand"] == 8 + 12 + 4
    assert "demand_stranded" in set(town_results.inputs.findings["rule"])


def test_a_community_where_nobody_lives_has_no_share_and_no_verdict(town_results: Results) -> None:
    nobody = town_results.communities.loc["C04"]
    assert nobody["verdict"] == "not_assessed"
    assert np.isnan(nobody["demand"])
    for clause in ("school", "park"):
        row = rows_of_clause(town_results, clause).loc["C04"]
        assert pd.isna([row["share"], row["demand"], row["median_minutes"], row["p90_minutes"]]).all()
        assert row["verdict"] == "not_assessed"


def test_an_undeclared_layer_is_never_passed_and_never_failed(town_results: Results) -> None:
    culture = rows_of_clause(town_results, "culture")
    assert (culture[["verdict", "verdict_slower", "verdict_faster"]] == "not_assessed").all(axis=None)
    assert culture[["share", "places", "demand"]].isna().all(axis=None)
    row = town_results.clauses.loc["culture"]
    assert (row["verdict"], row["passed"], row["failed"], row["open"]) == ("not_assessed", 0, 0, 4)
    assert town_results.communities["judged"].tolist() == [2, 2, 2, 0]
    assert (town_results.communities["required"] == 3).all()


def test_a_declared_and_empty_layer_fails(town_results: Results) -> None:
    sports = rows_of_clause(town_results, "sports")
    assert (sports["verdict"] == "failed").all()
    assert (sports["places"] == 0).all()
    assert town_results.clauses.loc["sports", "found"] == 0


def test_places_inside_are_counted(town_results: Results) -> None:
    assert rows_of_clause(town_results, "home")["places"].tolist() == [1, 0, 1, 0]
    assert rows_of_clause(town_results, "home")["verdict"].tolist() == ["passed", "failed", "passed", "failed"]
    assert town_results.clauses.loc["home", ["found", "asked", "verdict"]].tolist() == [0.5, 0.5, "passed"]


def test_street_offices_and_district_have_their_own_clauses(town_results: Results) -> None:
    offices = town_results.street_offices
    assert offices["station_found"].to_dict() == {"North": 0, "South": 1}
    assert offices["station_verdict"].to_dict() == {"North": "failed", "South": "passed"}
    clauses = town_results.clauses
    assert clauses.loc["connected", "verdict"] == "passed"
    assert clauses.loc["certified", ["found", "asked", "verdict"]].tolist() == [1, 2, "failed"]


def test_every_community_counts_in_one_street_office(town_results: Results) -> None:
    offices, district = town_results.street_offices, town_results.district
    assert offices["communities"].sum() == district["communities"] == 4
    for column in ("passed", "not_assessed", "marginal", "failed"):
        assert offices[column].sum() == district[column]
    assert offices["share"].to_dict() == {"North": 0, "South": 0.5}
    assert (district["passed"], district["failed"], district["not_assessed"]) == (1, 2, 1)
    assert (district["share"], district["target"], district["met"], district["needed"]) == (0.25, 0.7, False, 2)
    assert (district["clauses_judged"], district["clauses_total"]) == (7, 8)
    assert (district["required_judged"], district["required_total"]) == (2, 3)


def test_every_facility_has_one_row_with_its_leg_and_community(town_results: Results) -> None:
    facilities = town_results.facilities
    assert facilities.index.is_unique
    assert len(facilities) == sum(len(layer) for layer in town_results.inputs.layers.values())
    assert facilities.index[~facilities["snapped"]].tolist() == ["schools-3"]
    assert facilities.loc["schools-1", "leg_m"] == pytest.approx(10, abs=0.05)
    assert facilities["community"].to_dict() == {
        "schools-1": "C01", "schools-2": "C03", "schools-3": "C04", "parks-1": "C02", "parks-2": "C01",
        "walkways-1": "C03", "children_homes-1": "C01", "children_homes-2": "C03", "stations-1": "C02",
    }  # fmt: skip


def test_there_is_an_isochrone_for_each_reach_clause(town_results: Results) -> None:
    table = town_results.isochrones
    assert list(zip(table["layer"], table["kind"], table["walker"], strict=True)) == [
        ("schools", "primary", "child"),
        ("parks", "", "pram"),
    ]
    assert table["minutes"].tolist() == [5, 5]
    assert table.is_valid.all()
    assert table.crs == town_results.inputs.crs


# Other studies


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """Return a town of the test's own."""
    return write_town(tmp_path / "town")


def run(study: Path) -> Results:
    return run_study(load_study(study))


def without_layers(study: Path) -> Path:
    for layer in ("schools", "parks", "walkways", "children_homes", "stations", "sports"):
        without_table(study, f"layers.{layer}")
    return study


def test_without_any_layer_nothing_is_judged_and_nothing_crashes(study: Path) -> None:
    results = run(without_layers(study))
    assert (results.coverage["verdict"] == "not_assessed").all()
    assert results.district["passed"] == results.district["failed"] == 0
    assert results.district["not_assessed"] == 4
    assert results.district["clauses_judged"] == 1  # the network's connection needs no layer
    assert len(results.facilities) == len(results.isochrones) == 0


def test_a_layer_that_is_emptied_fails_where_it_was_passed(study: Path) -> None:
    (study.parent / "schools.csv").write_text("kind,name,lon,lat\n", encoding="utf-8")
    school = rows_of_clause(run(study), "school")
    assert school["share"].tolist()[:3] == [0, 0, 0]
    assert school["verdict"].tolist() == ["failed", "failed", "failed", "not_assessed"]
    assert (school["median_minutes"].iloc[:3] == np.inf).all()


def test_a_kind_without_any_place_fails_and_is_a_finding(study: Path) -> None:
    edited(study.with_name("standard.toml"), 'kind = ["primary"]', 'kind = ["大学"]')
    results = run(study)
    assert rows_of_clause(results, "school")["verdict"].tolist()[:3] == ["failed"] * 3
    row = results.inputs.findings.set_index("rule").loc["clause_without_place"]
    has = ("primary (2)", "junior (1)")
    assert row["values"] == {"clause": "school", "kinds": ("university",), "has": has}


def test_without_demand_street_length_is_judged(study: Path) -> None:
    results = run(without_table(study, "demand"))
    assert set(results.coverage["basis"]) == {"street_length"}
    assert results.communities["children"].isna().all()
    assert results.coverage["children"].isna().all()
    assert rows_of_clause(results, "school")["share"].between(0, 1).iloc[:3].all()


def test_a_community_at_the_edge_of_its_need_is_marginal(study: Path) -> None:
    # 284 s from the home beside the park in C02: 5 of 15 pupils, within 300 s but not at nine tenths of the speed.
    standard = study.with_name("standard.toml")
    edited(standard, "need_share = 0.8", "need_share = 0.3")
    results = run(study)
    school = rows_of_clause(results, "school").loc["C02"]
    assert (school["verdict"], school["verdict_slower"], school["verdict_faster"]) == ("passed", "failed", "passed")
    assert bool(results.communities.loc["C02", "marginal"])
    assert results.district["marginal"] == results.communities["marginal"].sum() >= 1


def test_a_share_equal_to_the_need_passes_unless_the_clause_is_strict(study: Path) -> None:
    standard = study.with_name("standard.toml")
    edited(standard, "need_share = 0.8", "need_share = 1.0")
    assert rows_of_clause(run(study), "school").loc["C01", "verdict"] == "passed"
    edited(standard, "need_share = 1.0", "need_share = 1.0\nstrict = true")
    assert rows_of_clause(run(study), "school").loc["C01", "verdict"] == "failed"


def test_the_limit_of_the_study_holds_where_a_clause_has_none(study: Path) -> None:
    edited(study, "limit_minutes = 5", "limit_minutes = 1")
    results = run(study)
    limits = {clause["id"]: clause["limit_minutes"] for clause in results.parameters["clauses"]}
    assert (limits["school"], limits["park"]) == (5, 1)


def test_a_faster_walker_never_covers_less(study: Path) -> None:
    slow = run(study).coverage
    fast = run(edited(study, "level_m_s = 1.25", "level_m_s = 2.5")).coverage
    for column in ("share", "area_share", "street_share"):
        both = pd.concat([slow[column], fast[column]], axis=1).dropna()
        assert (both.iloc[:, 1] >= both.iloc[:, 0] - 1e-9).all()


def test_results_are_reproducible_and_frozen(town_results: Results, town_study: Path) -> None:
    study: Study = load_study(town_study)
    again = run_study(study)
    pd.testing.assert_frame_equal(again.coverage, town_results.coverage)
    assert again.district == town_results.district
    with pytest.raises(dataclasses.FrozenInstanceError):
        again.district = {}  # type: ignore[misc]


# As if the streets were level


def with_school(case: Case, **changes: object) -> Case:
    """Return a case with changes of its first clause."""
    first, *rest = case.standard.clause
    standard = case.standard.model_copy(update={"clause": (first.model_copy(update=changes), *rest)})
    return dataclasses.replace(case, standard=standard)


def test_on_the_level_stairs_are_streets(town_case: Case) -> None:
    # From "up" to school: 50 + 100 + 100 + 30 m of streets and the steps among them, 15 m off: 295 m, 236 s instead of
    # 281 s. "top" walks 635 m either way, and a lift in no time is no shorter: 508 s.
    table = coverage_table(with_school(town_case, limit_minutes=4.0))
    school = table[table["clause"] == "school"].set_index("code")
    assert school["share"].tolist()[:3] == pytest.approx([1, 0, 0])
    assert school["share_level"].tolist()[:3] == pytest.approx([1, 0, 1 / 3])
    assert np.isnan(school.loc["C04", "share_level"])
    assert school["verdict_level"].tolist() == ["passed", "failed", "failed", "not_assessed"]


def test_communities_hold_the_number_of_homes_that_they_are_judged_by(town_case: Case) -> None:
    communities = judge_communities(town_case, coverage_table(town_case))
    assert communities["demand_points"].tolist() == [3, 2, 3, 0]
    assert communities["few_homes"].tolist() == [True, True, True, False], "nobody lives in the last"


def test_a_community_that_fails_only_because_of_stairs_fails_by_terrain(town_case: Case) -> None:
    case = with_school(town_case, limit_minutes=4.0, need_share=0.3)
    communities = judge_communities(case, coverage_table(case))
    assert communities["verdict"].tolist() == ["passed", "failed", "failed", "not_assessed"]
    # Lower East fails on level streets, too; where nobody lives, nothing fails.
    assert communities["fails_by_terrain"].tolist() == [False, False, True, False]


def test_a_community_that_passes_does_not_fail_by_terrain(town_results: Results) -> None:
    communities = town_results.communities
    assert not communities["fails_by_terrain"].any(), "five minutes are enough for the steps"
    assert communities["fails_by_terrain"].dtype == bool


def test_a_clause_without_a_walk_has_the_same_verdict_on_the_level(town_results: Results) -> None:
    rows = town_results.coverage[town_results.coverage["measure"] == "present"]
    assert (rows["verdict_level"] == rows["verdict"]).all()
    assert rows["share_level"].isna().all()
    culture = rows_of_clause(town_results, "culture")
    assert (culture["verdict_level"] == "not_assessed").all()
    assert culture["share_level"].isna().all()


def check_level(case: Case) -> pd.DataFrame:
    """Compare the shares on the level with those of a study whose streets are level."""
    table, flat = coverage_table(case), coverage_table(remade(case, case.level_network))
    pd.testing.assert_series_equal(table["share_level"], flat["share"].rename("share_level"), check_exact=False)
    assert table["verdict_level"].tolist() == flat["verdict"].tolist()
    assert flat["share_level"].equals(flat["share"]), "it cannot become more level"
    return table


def test_the_share_on_the_level_is_that_of_level_streets(town_case: Case) -> None:
    table = check_level(town_case)
    assert table["share_level"].tolist()[:3] == pytest.approx([1, 1 / 3, 1 / 3])
    assert (table["share_level"].dropna() >= table["share"].dropna()).all()


def test_the_default_study_has_communities_that_fail_by_terrain(default_case: Case) -> None:
    table = check_level(default_case)
    reach = table[table["share"].notna()]
    assert (reach["share_level"] >= reach["share"] - 1e-9).mean() > 0.99
    assert (reach["share_level"] > reach["share"] + 0.1).sum() > 20
    communities = judge_communities(default_case, table)
    flagged = communities[communities["fails_by_terrain"]]
    assert 0 < len(flagged) < (communities["verdict"] == "failed").sum()
    assert (flagged["verdict"] == "failed").all()
    for code, failed in flagged["failed"].items():
        clauses = table[(table["code"] == code) & table["clause"].isin(failed)]
        assert (clauses["verdict_level"] == "passed").all()
        assert (clauses["share_level"] > clauses["share"]).all()


def test_a_share_of_communities_is_open_where_those_without_data_could_turn_it(town_case: Case) -> None:
    """Homes in C01 and in C02 of four: 0.5 is asked. Where nobody knows the places of that in C02: 0.25 to 0.5."""
    layers = dict(town_case.inputs.layers)
    layers["children_homes"] = layers["children_homes"].assign(capacity=[5.0, np.nan])

    def judged(least: float) -> pd.Series:
        clauses = tuple(
            clause.model_copy(update={"min_capacity": least}) if clause.id == "home" else clause
            for clause in town_case.standard.clause
        )
        standard = town_case.standard.model_copy(update={"clause": clauses})
        inputs = dataclasses.replace(town_case.inputs, layers=layers)
        return judge_case(dataclasses.replace(town_case, standard=standard, inputs=inputs)).clauses.loc["home"]

    row = judged(1.0)
    assert (row["found_low"], row["found_high"], row["missing"], row["verdict"]) == (0.25, 0.5, 1, "not_assessed")
    row = judged(6.0)
    assert (row["found_low"], row["found_high"], row["verdict"]) == (0.0, 0.25, "failed")
