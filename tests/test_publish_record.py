"""``run.json``: from it every number can be traced to its inputs."""

import json
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from cfgeo import Results
from cfgeo.cache import file_sha256
from cfgeo.pipeline import STAGES
from cfgeo.publish.record import write_record
from cfgeo.strings import LANGUAGES, Lang


def no_constant(word: str) -> Any:
    raise AssertionError(f"{word} is no JSON")


def record(results: Results, tmp_path: Path, lang: Lang = "zh") -> dict[str, Any]:
    write_record(results, tmp_path / "run.json", lang=lang)
    content: dict[str, Any] = json.loads((tmp_path / "run.json").read_text("utf-8"), parse_constant=no_constant)
    return content


def test_the_headline_is_there(town_results: Results, tmp_path: Path) -> None:
    district = record(town_results, tmp_path)["district"]
    assert {"communities", "passed", "share", "target", "met", "marginal"} <= set(district)
    assert (district["communities"], district["passed"], district["share"], district["met"]) == (4, 1, 0.25, False)


def test_every_input_is_there_with_its_hash(town_results: Results, town_study: Path, tmp_path: Path) -> None:
    inputs = record(town_results, tmp_path)["inputs"]
    roles = {"study", "standard", "communities", "network", "demand", *town_results.inputs.layers}
    assert {entry["role"] for entry in inputs} == roles
    for entry in inputs:
        path = town_study.parent / entry["path"]
        assert entry["sha256"] == file_sha256(path)
        assert entry["size"] == path.stat().st_size


def test_an_own_standard_is_an_input_too(town_results: Results, tmp_path: Path) -> None:
    assert "standard.toml" in {entry["path"] for entry in record(town_results, tmp_path)["inputs"]}


def test_parameters_versions_and_seconds_are_there(town_results: Results, tmp_path: Path) -> None:
    content = record(town_results, tmp_path)
    assert content["versions"]["cfgeo"] == version("cfgeo")
    assert content["versions"]["shapely"] == version("shapely")
    assert content["parameters"]["walkers"]["child"]["level_m_s"] == 1.25
    assert set(content["run"]["seconds"]) == set(STAGES)
    assert datetime.fromisoformat(content["run"]["finished"]).tzinfo is not None
    assert content["run"]["network_from_cache"] is False


def test_what_is_missing_is_null(town_results: Results, tmp_path: Path) -> None:
    clauses = {clause["clause"]: clause for clause in record(town_results, tmp_path)["clauses"]}
    assert clauses["culture"]["found"] is None
    assert clauses["connected"]["plan_item"] is None
    assert clauses["school"]["plan_item"] == 8
    assert clauses["connected"]["passed"] is None
    assert clauses["sports"]["found"] == 0


@pytest.mark.parametrize("lang", LANGUAGES)
def test_findings_are_told_in_the_language(town_results: Results, tmp_path: Path, lang: Lang) -> None:
    content = record(town_results, tmp_path, lang)
    assert content["language"] == lang
    assert [row["rule"] for row in content["findings"]] == town_results.inputs.findings["rule"].tolist()
    said = {"zh": "图层 sports 已声明", "en": "The layer sports is declared"}[lang]
    assert any(said in row["what"] for row in content["findings"])


def test_only_the_object_run_differs_between_runs(town_results: Results, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    one, other = record(town_results, tmp_path), record(town_results, tmp_path / "other")
    one.pop("run")
    other.pop("run")
    assert one == other


def test_the_network_is_measured(town_results: Results, tmp_path: Path) -> None:
    network = record(town_results, tmp_path)["network"]
    assert network["km"] == pytest.approx(town_results.inputs.network.length_km(), abs=1e-3)
    assert network["main_km"] == pytest.approx(network["km"] - 0.1, abs=1e-3)


def test_it_can_be_read_by_people(town_results: Results, tmp_path: Path) -> None:
    write_record(town_results, tmp_path / "run.json", lang="zh")
    body = (tmp_path / "run.json").read_text(encoding="utf-8")
    assert "小镇" in body
    assert body.endswith("}\n")
    assert body.count("\n") > 100
