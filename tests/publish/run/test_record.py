"""``run.json``: from it every number can be traced to its inputs."""

import hashlib
import json
import shutil
from dataclasses import replace
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from cfgeo import Results, load_study, publish, run_study
from cfgeo.core.hashes import file_sha256
from cfgeo.core.plan import Plan
from cfgeo.core.strings import LANGUAGES, Lang
from cfgeo.pipeline.run import STAGES
from cfgeo.publish.run.record import seal, write_record


def no_constant(word: str) -> Any:
    raise AssertionError(f"{word} is no JSON")


def record(results: Results, tmp_path: Path, lang: Lang = "zh") -> dict[str, Any]:
    write_record(results, tmp_path / "run.json", lang=lang)
    content: dict[str, Any] = json.loads((tmp_path / "run.json").read_text("utf-8"), parse_constant=no_constant)
    return content


def test_the_record_has_the_headline(town_results: Results, tmp_path: Path) -> None:
    district = record(town_results, tmp_path)["district"]
    assert {"communities", "passed", "share", "target", "met", "marginal"} <= set(district)
    assert (district["communities"], district["passed"], district["share"], district["met"]) == (4, 1, 0.25, False)


def test_the_record_has_every_input_with_its_hash(town_results: Results, town_study: Path, tmp_path: Path) -> None:
    inputs = record(town_results, tmp_path)["inputs"]
    roles = {"study", "standard", "communities", "network", "demand", *town_results.inputs.layers}
    assert {entry["role"] for entry in inputs} == roles
    for entry in inputs:
        path = town_study.parent / entry["path"]
        assert entry["sha256"] == file_sha256(path)
        assert entry["size"] == path.stat().st_size


def test_a_studys_own_standard_is_an_input_too(town_results: Results, tmp_path: Path) -> None:
    assert "standard.toml" in {entry["path"] for entry in record(town_results, tmp_path)["inputs"]}


def test_the_record_has_parameters_versions_and_seconds(town_results: Results, tmp_path: Path) -> None:
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
def test_findings_are_printed_in_the_language(town_results: Results, tmp_path: Path, lang: Lang) -> None:
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


def test_the_record_measures_the_network(town_results: Results, tmp_path: Path) -> None:
    network = record(town_results, tmp_path)["network"]
    assert network["km"] == pytest.approx(town_results.inputs.network.length_km(), abs=1e-3)
    assert network["main_km"] == pytest.approx(network["km"] - 0.1, abs=1e-3)


def test_the_record_is_indented_and_keeps_chinese_letters(town_results: Results, tmp_path: Path) -> None:
    write_record(town_results, tmp_path / "run.json", lang="zh")
    body = seal(tmp_path, []).decode()
    assert "小镇" in body
    assert body.endswith("}\n")
    assert body.count("\n") > 100


def test_the_record_has_counts_and_hashes_of_the_data(town_results: Results, tmp_path: Path) -> None:
    content = record(town_results, tmp_path)
    data = content["data"]
    assert content["format"] == 3
    assert (data["communities"]["count"], data["demand"]["count"]) == (4, 8)
    assert {kind: facts["count"] for kind, facts in data["layers"]["schools"].items()} == {"junior": 1, "primary": 2}
    assert data["layers"]["sports"] == {}
    assert data["network"]["km"]["steps"] == pytest.approx(0.2, abs=1e-3), "two stairs of 100 m"
    assert sum(data["network"]["km"].values()) == pytest.approx(content["network"]["km"], abs=0.01)


def test_the_record_says_how_each_input_was_read(town_study: Path, tmp_path: Path) -> None:
    study = shutil.copytree(town_study.parent, tmp_path / "town") / "study.toml"
    body = study.read_text(encoding="utf-8")
    schools = '[layers.schools]\npath = "schools.csv"'
    study.write_text(body.replace(schools, f'{schools}\ndatum = "cgcs2000"\nwhere = {{ kind = "primary" }}'), "utf-8")
    inputs = {entry["role"]: entry for entry in record(run_study(load_study(study)), tmp_path)["inputs"]}
    assert inputs["schools"]["read"] == {"datum": "cgcs2000", "where": {"kind": ["primary"]}}
    assert inputs["parks"]["read"] == {}


def test_outputs_are_sealed_with_their_hashes(town_results: Results, tmp_path: Path) -> None:
    publish(town_results, tmp_path / "out", lang="zh", only=("map", "tables", "reports"))
    listed = json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))["outputs"]
    there = {path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.*")}
    assert [file["path"] for file in listed if "/" in file["path"]] != []
    assert {file["path"] for file in listed} == there - {"run.json"}
    for file in listed:
        body = (tmp_path / "out" / file["path"]).read_bytes()
        assert (file["size"], file["sha256"]) == (len(body), hashlib.sha256(body).hexdigest())


def test_the_page_and_the_workbook_show_the_start_of_each_hash(town_results: Results, tmp_path: Path) -> None:
    publish(town_results, tmp_path / "out", lang="zh", only=("map", "tables"))
    page = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    book = openpyxl.load_workbook(tmp_path / "out" / "scorecard.xlsx")
    cells = {cell.value for sheet in book for row in sheet for cell in row}
    data = [file for file in town_results.inputs.files if file.role != "study"]
    assert all(file.sha256[:12] in cells for file in data)
    assert all(f">{file.sha256[:12]}<" in page for file in data if file.date)
    assert any(file.date for file in data)


def test_the_record_has_the_choices_and_the_proof_of_a_plan(town_results: Results, plan: Plan, tmp_path: Path) -> None:
    assert "plan" not in record(town_results, tmp_path)
    content = record(replace(town_results, plan=plan), tmp_path)["plan"]
    asked = {"budget": None, "target": plan.choices.target, "seconds": plan.choices.seconds}
    assert content["choices"].items() >= asked.items()
    assert content["built"] == list(plan.built.index)
    assert (content["passed"], content["cost"], content["bound"], content["gap"]) == (3, plan.cost, plan.cost, 0)
    assert [row["passed"] for row in content["frontier"]] == list(plan.frontier.index)
    assert content["frontier"][-1]["projects"] == list(plan.frontier["projects"].iloc[-1])
