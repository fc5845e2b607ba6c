"""Sites: verdicts measured again, against every set of candidates and against a study whose files hold the sites."""

from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds.sites import candidates_at, found_in
from worlds.studies import WGS84
from worlds.town import write_town

from cfgeo import SiteChoices, StudyError, load_study, run_study, site_study
from cfgeo.assess import verdicts as assess
from cfgeo.assess.case import Case
from cfgeo.core.sites import SITE_COLUMNS, Objective
from cfgeo.plan.candidates import street_candidates
from cfgeo.plan.siting import site_gains, with_sites
from cfgeo.publish.words.sites import sites_text

FEW = settings(max_examples=max(settings().max_examples // 8, 1))

spots = st.tuples(st.integers(0, 8).map(lambda n: 50.0 * n), st.sampled_from([0.0, 100.0, 200.0, 300.0]))


def standing(case: Case, candidates: gpd.GeoDataFrame, kind: str, layer: str) -> Case:
    """Return a case in which some candidates are facilities."""
    return with_sites(case, candidates.assign(layer=layer, kind=kind).rename_axis("site"))


def passed(case: Case) -> int:
    communities = assess.judge_communities(case, assess.coverage_table(case))
    return int((communities["verdict"] == "passed").sum())


def in_reach(case: Case, clause: str) -> float:
    table = assess.coverage_table(case)
    rows = table[table["clause"] == clause]
    return float((rows["share"] * rows["demand"]).sum())


def test_a_school_on_the_hill_by_hand(town_case: Case) -> None:
    # Low School has all pupils but those of "east" (10), "top" (12) and "stranded" (4), whom nobody can reach. From
    # "top" down the ramp to (300, 100) take 40 + 80 + 162.5 s and 4 s off the streets: below five minutes.
    candidates = candidates_at(town_case, (200, 300), (300, 100), (0, 0))
    siting = found_in(town_case, candidates, layer="schools", kind="primary", count=1, objective="children")
    assert siting.sites["candidate"].tolist() == ["c1"]
    assert (siting.value, siting.bound, siting.one_by_one) == (22, 22, 22)
    assert siting.sites["serves_codes"].tolist() == [("C01", "C02", "C03")]
    assert siting.sites["adds_demand"].tolist() == [22]
    assert siting.sites.columns.tolist() == [*SITE_COLUMNS, "geometry"]
    upper = found_in(town_case, candidates.iloc[[0, 2]], layer="schools", kind="primary", count=2, objective="children")
    assert upper.sites["adds_demand"].tolist() == [12], "the other adds nothing"
    assert upper.sites["demand"].tolist() == [22], "so are the 8 of up and 2 of platform, who have a school already"


@FEW
@given(st.lists(spots, min_size=3, max_size=5, unique=True), st.integers(1, 2), st.sampled_from(["schools", "parks"]))
def test_no_set_of_candidates_is_better(town_case: Case, xy: list[tuple[float, float]], count: int, layer: str) -> None:
    kind = {"schools": "primary", "parks": "park"}[layer]
    clause = {"schools": "school", "parks": "park"}[layer]
    candidates = candidates_at(town_case, *xy)
    sets = [list(places) for n in range(count + 1) for places in combinations(range(len(xy)), n)]
    cases = [standing(town_case, candidates.iloc[places], kind, layer) for places in sets]
    siting = found_in(town_case, candidates, layer=layer, kind=kind, count=count)
    best = max(passed(case) for case in cases)
    assert siting.district_after["passed"] == best
    if siting.objective == "communities":
        assert siting.value == siting.bound == best - siting.district_before["passed"]
    more = found_in(town_case, candidates, layer=layer, kind=kind, count=count, objective="children")
    most = max(in_reach(case, clause) for case in cases)
    assert more.value == pytest.approx(most - in_reach(town_case, clause))
    assert more.bound == pytest.approx(more.value)


@FEW
@given(st.lists(spots, min_size=1, max_size=3, unique=True))
def test_a_site_never_lowers_a_verdict(town_case: Case, xy: list[tuple[float, float]]) -> None:
    candidates = candidates_at(town_case, *xy)
    before = assess.coverage_table(town_case)
    after = assess.coverage_table(standing(town_case, candidates, "primary", "schools"))
    asked = before["verdict"] == "passed"
    assert (after.loc[asked, "verdict"] == "passed").all()
    assert (after["share"].fillna(0) >= before["share"].fillna(0)).all()


def test_kinds_have_the_words_that_tables_have(town_case: Case) -> None:
    candidates = street_candidates(town_case).iloc[::40]
    named, own = (site_gains(town_case, SiteChoices("schools", kind, 1), candidates) for kind in ("小学", "primary"))
    assert named.equals(own)


def test_what_each_candidate_adds_alone_is_what_a_measurement_finds(town_case: Case) -> None:
    candidates = street_candidates(town_case).iloc[::9]
    choices = SiteChoices("schools", "primary", 1)
    gains = site_gains(town_case, choices, candidates)
    assert gains.index.equals(candidates.index)
    for nth in range(len(candidates)):
        case = standing(town_case, candidates.iloc[[nth]], "primary", "schools")
        assert gains["communities"].iloc[nth] == passed(case) - passed(town_case)
        assert gains["demand"].iloc[nth] == pytest.approx(in_reach(case, "school") - in_reach(town_case, "school"))
    assert gains["demand"].max() > 0


def appended(study: Path, layer: str, sites: gpd.GeoDataFrame) -> Path:
    """Write sites at the end of the file of one of the town's layers."""
    path = study.parent / f"{layer}.csv"
    columns = path.read_text(encoding="utf-8").splitlines()[0].split(",")
    degrees = sites.to_crs(WGS84).geometry
    cells = {"kind": sites["kind"], "name": sites["name"], "lon": degrees.x.round(7), "lat": degrees.y.round(7)}
    table = pd.DataFrame(cells).reindex(columns=columns)
    path.write_text(path.read_text(encoding="utf-8") + table.to_csv(index=False, header=False), encoding="utf-8")
    return study


@pytest.mark.parametrize(
    ("layer", "kind", "objective"),
    [("schools", "primary", "communities"), ("schools", "primary", "minutes"), ("children_homes", None, "communities")],
)
def test_the_verdicts_are_those_of_a_run_on_files_that_hold_the_sites(
    tmp_path: Path, layer: str, kind: str | None, objective: Objective
) -> None:
    study = write_town(tmp_path / "town")
    standard = study.parent / "standard.toml"
    body = standard.read_text(encoding="utf-8").replace("limit_minutes = 5", "limit_minutes = 4")
    if layer == "children_homes":  # nothing else is asked for
        body = body.replace("required = true", "").replace("target_share = 0.5", "required = true")
    standard.write_text(body, encoding="utf-8")
    siting = site_study(load_study(study), SiteChoices(layer, kind, 2, objective))
    assert len(siting.sites) > 0
    results = run_study(load_study(appended(study, layer, siting.sites)))
    pd.testing.assert_frame_equal(results.coverage, siting.coverage_after)
    for column in ("verdict", "failed", "judged", "marginal"):
        pd.testing.assert_series_equal(results.communities[column], siting.after[column])
    assert results.district == siting.district_after


def test_the_long_walk_is_as_short_as_any_set_makes_it(town_case: Case) -> None:
    candidates = candidates_at(town_case, (200, 300), (300, 100), (0, 0), (350, 200))
    siting = found_in(town_case, candidates, layer="schools", kind="primary", count=2, objective="minutes")
    others = [
        found_in(town_case, candidates.iloc[list(two)], layer="schools", kind="primary", count=2, objective="minutes")
        for two in combinations(range(4), 2)
    ]
    assert siting.minutes_after == pytest.approx(min(other.minutes_after for other in others), abs=1 / 60)
    assert siting.minutes_after <= siting.minutes_before


def test_without_a_count_the_fewest_sites_meet_the_target(town_case: Case) -> None:
    # Three of four communities shall pass and nobody lives in one: with a school on the hill and one in the east
    # all three do, if no park is asked for; or with one between them.
    school = tuple(clause for clause in town_case.standard.clause if clause.id == "school")
    case = replace(town_case, standard=town_case.standard.model_copy(update={"clause": school}))
    candidates = candidates_at(case, (200, 300), (400, 0), (0, 0), (300, 100))
    for positions, count in (([0, 1, 2], 2), ([0, 1, 2, 3], 1)):
        siting = found_in(case, candidates.iloc[positions], layer="schools", kind="primary")
        assert siting.district_after["met"]
        assert siting.district_before["needed"] == 2
        assert siting.value == siting.bound == len(siting.sites) == count
    with pytest.raises(StudyError) as caught:
        found_in(case, candidates.iloc[[2]], layer="schools", kind="primary")
    assert caught.value.values["most"] == siting.district_before["passed"]  # noqa: PD011 (no pandas)
    message = caught.value.text("en")
    assert "at most" in message
    assert "Primary school: " in message
    assert "Upper" in message


def test_where_the_target_is_met_no_site_is_needed(town_case: Case) -> None:
    case = replace(town_case, standard=town_case.standard.model_copy(update={"target_share": 0.25}))
    siting = found_in(case, candidates_at(case, (300, 100)), layer="schools", kind="primary")
    assert (len(siting.sites), siting.value, siting.bound) == (0, 0, 0)
    assert "The target is met already" in sites_text(siting, lang="en")


def test_communities_that_stay_out_are_held_back_by_clauses(town_case: Case) -> None:
    siting = found_in(town_case, candidates_at(town_case, (0, 0)), layer="schools", kind="primary", count=1)
    failing = siting.before[siting.before["verdict"] == "failed"]
    assert set(siting.held.index) <= set(failing.index)
    assert all(clauses for clauses in siting.held["clauses"])
    assert siting.most == siting.district_before["passed"] + len(failing) - len(siting.held)


def test_a_search_for_sites_leaves_the_case_unchanged(town_case: Case) -> None:
    layer = town_case.inputs.layers["schools"].copy()
    found_in(town_case, candidates_at(town_case, (200, 300)), layer="schools", kind="primary", count=1)
    assert town_case.inputs.layers["schools"].equals(layer)


def test_a_site_serves_no_more_than_it_can(town_case: Case) -> None:
    # At (300, 100) a school would have "east" (10) and "top" (12) in reach; (200, 300) has "top", too.
    candidates = candidates_at(town_case, (200, 300), (300, 100))
    wanted = {"layer": "schools", "kind": "primary", "objective": "children"}
    siting = found_in(town_case, candidates, **wanted, count=1, capacity=15.0)
    assert (siting.value, siting.bound) == (15, 15)
    assert siting.sites["capacity"].tolist() == [15]
    both = found_in(town_case, candidates, **wanted, count=2, capacity=11.0)
    assert both.value == 22, "10 of east and one of top, 11 of top"
    assert both.sites["adds_demand"].tolist() == [11, 11]
    assert found_in(town_case, candidates, **wanted, count=2, capacity=9.0).value == 18
    own = found_in(town_case, candidates.assign(capacity=[np.nan, 40.0]), **wanted, count=1, capacity=2.0)
    assert own.value == 22, "a candidate's own capacity goes before"


def test_a_community_passes_by_a_site_that_can_serve_those_it_lacks(town_case: Case) -> None:
    school = tuple(clause for clause in town_case.standard.clause if clause.id == "school")
    case = replace(town_case, standard=town_case.standard.model_copy(update={"clause": school}))
    candidates = candidates_at(case, (300, 100))
    # Lower East lacks 7 of its 15 pupils to 80 %, Upper 11.2 of 24.
    for capacity, won in ((6.9, 0), (7.1, 1), (11.3, 1), (18.3, 2)):
        siting = found_in(case, candidates, layer="schools", kind="primary", count=1, capacity=capacity)
        assert siting.value == won
        assert siting.district_after["passed"] - siting.district_before["passed"] == 2 * len(siting.sites)
    two = candidates_at(case, (300, 100), (300, 101))
    siting = found_in(case, two, layer="schools", kind="primary", capacity=12.0)
    assert (siting.value, siting.bound, len(siting.sites)) == (2, 2, 2)
    with pytest.raises(StudyError, match="capacities given"):
        found_in(case, two, layer="schools", kind="primary", capacity=6.0)


def test_a_capacity_needs_numbers_of_children(town_case: Case) -> None:
    case = replace(town_case, inputs=replace(town_case.inputs, demand_basis="floor_area"))
    with pytest.raises(StudyError, match="floor area"):
        found_in(case, candidates_at(case, (0, 0)), layer="schools", kind="primary", count=1, capacity=5.0)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"layer": "parks", "count": 1, "capacity": 0.0}, "site_capacity"),
        ({"layer": "parks", "count": 1, "capacity": 5.0, "objective": "minutes"}, "site_capacity_minutes"),
        ({"layer": "swimming", "count": 1}, "layer_unknown"),
        ({"layer": "walkways", "count": 1}, "site_layer_idle"),
        ({"layer": "schools", "count": 1}, "site_kind_needed"),
        ({"layer": "schools", "kind": "harbour", "count": 1}, "site_kind_idle"),
        ({"layer": "children_homes", "count": 1}, "site_not_required"),
        ({"layer": "children_homes", "count": 1, "objective": "children"}, "site_no_walk"),
        ({"layer": "parks", "count": 0}, "site_count"),
        ({"layer": "parks", "objective": "children"}, "site_until_met"),
        ({"layer": "parks", "count": 1, "objective": "luck"}, "site_objective"),
    ],
)
def test_what_cannot_be_answered_is_told_before_any_work(
    town_study: Path, wanted: dict[str, Any], code: str, lang: str
) -> None:
    told: list[str] = []
    with pytest.raises(StudyError) as caught:
        site_study(load_study(town_study), SiteChoices(**wanted), tell=told.append)
    assert caught.value.code == code
    assert told == []
    assert caught.value.text(lang)  # type: ignore[arg-type]
