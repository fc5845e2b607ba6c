"""The pipeline: choices are checked first, stages are reported, networks are cached."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from worlds.plans import town_projects
from worlds.scenarios import place
from worlds.studies import case_of, edited, without_table
from worlds.town import CRS, write_town

from cfgeo import (
    CheckError,
    FacilityChange,
    InputError,
    PlanChoices,
    Results,
    Scenario,
    SiteChoices,
    StandardError,
    Study,
    StudyError,
    WalkerError,
    load_study,
    load_walkers,
    plan_study,
    run_study,
    site_study,
    whatif_study,
)
from cfgeo.assess.case import about_of, parameters_of
from cfgeo.core.strings import LANGUAGES
from cfgeo.pipeline.case import load_case
from cfgeo.pipeline.check import check_study
from cfgeo.pipeline.run import STAGES
from cfgeo.scenarios.street_edits import streets_of
from cfgeo.study.settings import choices
from cfgeo.study.standard import built_in_standards


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """Return a town of the test's own."""
    return write_town(tmp_path / "town")


def test_every_stage_is_reported_and_timed(town_study: Path) -> None:
    stages: list[str] = []
    results = run_study(load_study(town_study), tell=stages.append)
    assert stages == list(STAGES)
    assert list(results.seconds) == list(STAGES)
    assert all(seconds >= 0 for seconds in results.seconds.values())


def test_a_second_run_reads_the_network_from_the_cache_with_the_same_results(study: Path, tmp_path: Path) -> None:
    first, second = (run_study(load_study(study), cache=tmp_path / "cache") for _ in range(2))
    assert (first.inputs.cached, second.inputs.cached) == (False, True)
    pd.testing.assert_frame_equal(first.coverage, second.coverage)
    pd.testing.assert_frame_equal(pd.DataFrame(first.communities), pd.DataFrame(second.communities))
    assert first.isochrones.geometry.geom_equals_exact(second.isochrones.geometry, 0).all()


def test_a_damaged_cache_is_built_again(study: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    first = run_study(load_study(study), cache=cache)
    for path in cache.rglob("*.feather"):
        path.write_bytes(path.read_bytes()[:100])
    second = run_study(load_study(study), cache=cache)
    assert second.inputs.cached is False
    pd.testing.assert_frame_equal(first.coverage, second.coverage)
    assert run_study(load_study(study), cache=cache).inputs.cached is True


def test_a_run_without_a_cache_writes_no_file(town_study: Path, town_results: Results) -> None:
    assert town_results.inputs.cached is False
    assert {path.name for path in town_study.parent.iterdir()} == {
        "study.toml", "standard.toml", "streets.osm", "communities.geojson", "homes.geojson", "schools.csv",
        "parks.geojson", "walkways.geojson", "children_homes.csv", "stations.csv", "sports.csv",
    }  # fmt: skip


def test_a_check_has_the_findings_of_a_run(town_study: Path, town_results: Results) -> None:
    findings = check_study(load_study(town_study))
    pd.testing.assert_frame_equal(findings, town_results.inputs.findings)
    warnings = set(findings.loc[findings["severity"] == "warning", "rule"])
    assert warnings == {"network_pieces", "layer_empty", "not_snapped", "demand_stranded", "few_homes"}
    notes = {"elevation_none", "layers_undeclared", "layers_unused", "datum_unchecked"}
    assert set(findings["rule"]) - warnings == notes


def test_the_error_about_an_unknown_walker_lists_the_known_ones(study: Path) -> None:
    edited(study, 'walker = "child"', 'walker = "childd"')
    for work in (run_study, check_study):
        with pytest.raises(StudyError) as caught:
            work(load_study(study))
        for lang in LANGUAGES:
            for word in ("childd", "primary", "child", "pram", "[walkers.childd]"):
                assert word in caught.value.text(lang)


def test_the_error_about_a_clause_of_an_unknown_walker_lists_the_known_ones(study: Path) -> None:
    without_table(study, "walkers.pram")
    with pytest.raises(StandardError) as caught:
        run_study(load_study(study))
    for lang in LANGUAGES:
        for word in ("park", "pram", "primary", "child"):
            assert word in caught.value.text(lang)


def test_an_impossible_speed_of_a_walker_is_an_error(study: Path) -> None:
    edited(study, "level_m_s = 1.25", "level_m_s = 125")
    with pytest.raises(WalkerError) as caught:
        run_study(load_study(study))
    for lang in LANGUAGES:
        for word in ("child", "level_m_s", "125"):
            assert word in caught.value.text(lang)


def test_an_unknown_standard_is_an_error_before_any_file_is_read(study: Path) -> None:
    edited(study, '"standard.toml"', '"yuzhong"')
    (study.parent / "communities.geojson").unlink()
    with pytest.raises(StandardError, match="yuzhong-2026"):
        run_study(load_study(study))


def test_a_built_in_walker_can_be_changed(study: Path) -> None:
    study.write_text(study.read_text(encoding="utf-8") + "\n[walkers.teen]\nlevel_m_s = 1.1\n", encoding="utf-8")
    _, walkers = choices(load_study(study))
    assert walkers["teen"].level_m_s == 1.1
    assert walkers["adult"] == load_walkers()["adult"]


@pytest.mark.parametrize("standard", built_in_standards())
def test_every_built_in_standard_judges_the_town(study: Path, standard: str) -> None:
    results = run_study(load_study(edited(study, '"standard.toml"', f'"{standard}"')))
    assert results.parameters["standard"]["id"] == standard
    assert results.district["communities"] == 4
    assert 0 < results.district["clauses_judged"] <= results.district["clauses_total"]


def test_a_standard_without_reach_clauses_is_judged_too(study: Path) -> None:
    (study.parent / "standard.toml").write_text(
        '[standard]\nid = "s"\ntitle = "s"\ntitle_en = "s"\ntarget_share = 0.5\n[[clause]]\nid = "home"\nname = "h"\n'
        'name_en = "h"\nmeasure = "present"\nlayer = "children_homes"\nneed_count = 1\nrequired = true\n',
        encoding="utf-8",
    )
    results = run_study(load_study(study))
    assert results.communities["verdict"].tolist() == ["passed", "failed", "passed", "not_assessed"]


def test_errors_in_the_communities_stop_a_run_with_the_findings(study: Path) -> None:
    path = study.parent / "communities.geojson"
    path.write_text(path.read_text(encoding="utf-8").replace('"C02"', '"C01"'), encoding="utf-8")
    for work in (run_study, check_study):
        with pytest.raises(CheckError) as caught:
            work(load_study(study))
        assert caught.value.findings["rule"].tolist() == ["code_twice"]


def test_parameters_hold_every_choice(town_results: Results) -> None:
    parameters = town_results.parameters
    about = {"id": "town", "title": "小镇", "title_en": "", "status": "illustrative", "as_of": None}
    assert parameters["study"] == about
    assert parameters["standard"]["id"] == "town"
    assert [clause["id"] for clause in parameters["clauses"]] == town_results.clauses.index.tolist()
    assert set(parameters["walkers"]) == {"child", "pram"}
    how = {"direction": "to", "pace": "mean", "slope": "tobler"}
    assert parameters["walk"] == {"limit_minutes": 5, "walker": "child", "snap_m": 100, "trunk_roads": False, **how}
    assert parameters["relief"]["slope"] == "none"
    assert parameters["crs"] == CRS


def test_the_repr_of_results_is_one_line(town_results: Results) -> None:
    shown = repr(town_results)
    assert shown == "<Results of town: 1 of 4 communities pass, 7 of 8 clauses judged, 11 findings>"


def test_communities_without_demand_are_named_unless_the_study_says_that_nobody_lives_there(
    study: Path, town_results: Results
) -> None:
    assert "community_unpopulated" not in set(town_results.inputs.findings["rule"]), "it has 0 residents"
    path = study.parent / "communities.geojson"
    path.write_text(path.read_text(encoding="utf-8").replace('"residents"', '"people"'), encoding="utf-8")
    findings = check_study(load_study(study))
    (values,) = findings.loc[findings["rule"] == "community_unpopulated", "values"]
    assert values == {"count": 1, "names": ("Nobody",)}


WHAT_IF = Scenario("", (FacilityChange("add", "schools", kind="primary", shape=place(320, 305)),))


@pytest.fixture
def unreadable(tmp_path: Path) -> Study:
    """Return the town without its communities' file."""
    study = load_study(write_town(tmp_path))
    (tmp_path / study.boundaries.communities.path).unlink()
    return study


@pytest.mark.parametrize(("ask", "code"), [
    (lambda study: site_study(study, SiteChoices("moons", None, 1)), "layer_unknown"),
    (lambda study: plan_study(study, town_projects(), PlanChoices(budget=1.0, target=0.5)), "plan_one"),
    (lambda study: plan_study(study, town_projects(), PlanChoices(budget=1.0)), "plan_budget"),
])  # fmt: skip
def test_wrong_choices_are_an_error_before_any_file_is_read(
    unreadable: Study, ask: Callable[[Study], Any], code: str
) -> None:
    with pytest.raises(StudyError) as caught:
        ask(unreadable)
    assert caught.value.code == code


@pytest.mark.parametrize("ask", [
    lambda study: whatif_study(study, WHAT_IF),
    lambda study: site_study(study, SiteChoices("schools", "primary", 1)),
    lambda study: plan_study(study, town_projects(), PlanChoices(target=0.5)),
])  # fmt: skip
def test_a_missing_file_is_the_same_error_as_in_a_run(unreadable: Study, ask: Callable[[Study], Any]) -> None:
    with pytest.raises(InputError, match="communities"):
        ask(unreadable)


def test_the_stages_of_a_whatif_are_reported_and_its_whole_time_includes_reading(town_study: Path) -> None:
    stages: list[str] = []
    result = whatif_study(load_study(town_study), WHAT_IF, tell=stages.append)
    assert stages == ["read", "snap", "score"]
    assert result.seconds["whole"] > result.seconds["again"] > 0


def test_a_case_is_read_and_snapped_in_two_stages(town_study: Path) -> None:
    stages: list[str] = []
    case, expected = load_case(load_study(town_study), tell=stages.append), case_of(load_study(town_study))
    assert stages == ["read", "snap"]
    assert case.samples.demand.equals(expected.samples.demand)
    assert list(case.walkers) == list(expected.walkers)


def test_homes_come_from_streets_only_without_demand(tmp_path: Path, town_study: Path) -> None:
    study = load_study(town_study)
    assert streets_of(study, load_case(study)).homes is None
    without = load_study(without_table(write_town(tmp_path), "demand"))
    case = load_case(without)
    homes = streets_of(without, case).homes
    assert homes is not None
    assert homes(case.inputs.network).geometry.geom_equals_exact(case.inputs.demand.geometry, 1e-9).all()


def test_about_and_parameters_name_what_the_numbers_rest_on(town_study: Path) -> None:
    study = load_study(town_study)
    case = case_of(study)
    about, parameters = about_of(study, case), parameters_of(study, case)
    assert (about["title"], about["standard"]["title"]) == (study.study.title, case.standard.title)
    assert set(about["dates"]) == {file.role for file in case.inputs.files if file.date}
    assert [clause["id"] for clause in parameters["clauses"]] == [clause.id for clause in case.standard.clause]
    assert set(parameters["walkers"]) == set(case.walkers)


@pytest.mark.parametrize(("least", "told"), [(1, 1), (200_000, 0)])
def test_a_large_study_says_what_it_needs_before_it_searches(
    least: int, told: int, town_study: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cfgeo.pipeline.case._LARGE_NODES", least)
    stages: list[tuple[str, int]] = []
    load_case(load_study(town_study), tell=lambda stage: stages.append((stage, len(caplog.records))))
    assert stages == [("read", 0), ("snap", told)]
    assert all("27" in record.msg.text("en") and "1 GB" in record.msg.text("en") for record in caplog.records)
