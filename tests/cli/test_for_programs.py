"""What programs and shells have of the command line: JSON on stdout, variables of the environment, completion."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from worlds.studies import invoke

from cfgeo.core.hashes import file_sha256

COMMAND = Path(sys.executable).with_name("cfgeo")
KEYS = [
    "study", "standard", "status", "year", "headline", "district", "verdicts", "held_back", "not_assessed", "findings",
    "folder", "page", "record", "outputs", "inputs", "network_from_cache",
]  # fmt: skip


@pytest.fixture(autouse=True)
def _calm(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CFGEO_LANG", "CFGEO_CACHE"):
        monkeypatch.delenv(name, raising=False)


def test_a_run_says_in_json_what_it_found_and_where(town_study: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run = invoke("run", town_study, "--out", out, "--only", "tables", "--no-cache", "--format", "json", "--lang", "en")
    assert run.exit_code == 0
    said = json.loads(run.stdout)
    assert list(said) == KEYS
    assert (said["study"], said["standard"], said["status"], said["page"]) == ("town", "town", "illustrative", None)
    assert said["verdicts"] == {"passed": 1, "failed": 2, "not_assessed": 1}
    assert said["district"]["passed"] == 1
    assert said["held_back"] == {"clause": "school", "name": "Primary school", "communities": 2}
    assert said["headline"][0].startswith("小镇: 1 of 4 communities pass")
    assert said["findings"] == {"errors": 0, "warnings": 7, "notes": 4}
    assert Path(said["record"]).is_file()
    assert {file["path"] for file in said["outputs"]} >= {"communities.csv", "scorecard.xlsx"}
    assert all(file_sha256(out / file["path"]) == file["sha256"] for file in said["outputs"])
    roles = {file["role"]: file["sha256"] for file in said["inputs"]}
    assert roles["study"] == file_sha256(town_study)
    assert "Writing" in run.stderr


def test_findings_are_json_alone(town_study: Path) -> None:
    run = invoke("check", town_study, "--format", "json", "--lang", "en", "--no-cache")
    rows = json.loads(run.stdout)
    assert len(rows) == 11
    assert {"severity", "layer", "what", "mend"} <= set(rows[0])


def test_variables_stand_for_options_and_options_count_more(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CFGEO_LANG", "en")
    assert "There is no study" in invoke("check", "nowhere").output
    assert "找不到研究文件" in invoke("check", "nowhere", "--lang", "zh").output
    assert "找不到研究文件" in invoke("--lang", "zh", "check", "nowhere").output
    usage = invoke("reach", "--help").stdout
    assert "(environment: CFGEO_CACHE)" in usage
    assert "(environment: CFGEO_LANG)" in " ".join(invoke("--help").stdout.split())
    monkeypatch.setenv("CFGEO_LANG", "fr")
    assert "CFGEO_LANG" in invoke("check", "nowhere").output


def test_the_cache_can_be_named_once(monkeypatch: pytest.MonkeyPatch, town_study: Path, tmp_path: Path) -> None:
    monkeypatch.setenv("CFGEO_CACHE", str(tmp_path / "kept"))
    invoke("check", town_study)
    assert [*(tmp_path / "kept").rglob("*")]
    invoke("check", town_study, "--cache", tmp_path / "other")
    assert [*(tmp_path / "other").rglob("*")]


@pytest.mark.skipif(not COMMAND.is_file(), reason="cfgeo is not installed beside this Python")
@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
def test_a_shell_completes_verbs_and_options(tmp_path: Path) -> None:
    def in_bash(line: str, **more: str) -> str:
        environment = {**os.environ, "HOME": str(tmp_path), "PATH": f"{COMMAND.parent}:{os.environ['PATH']}", **more}
        bash = str(shutil.which("bash"))
        run = subprocess.run([bash, "-c", line], env=environment, capture_output=True, encoding="utf-8", check=True)
        return run.stdout

    assert "_CFGEO_COMPLETE=complete_bash" in in_bash("cfgeo --show-completion; true")
    in_bash("cfgeo --install-completion; true")
    installed = next(file for file in tmp_path.rglob("*cfgeo*") if file.is_file())
    assert "complete " in in_bash(f"source {installed}; complete -p cfgeo")
    asked = {"_CFGEO_COMPLETE": "complete_bash", "COMP_CWORD": "1"}
    assert in_bash("cfgeo", COMP_WORDS="cfgeo ch", **asked).split() == ["check"]
    asked["COMP_CWORD"] = "2"
    assert "--format" in in_bash("cfgeo", COMP_WORDS="cfgeo run --fo", **asked).split()
