"""The files by which others cite, pack and ship cfgeo say what ``pyproject.toml`` says."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CONDA_NAMES = {"osmium": "pyosmium", "matplotlib": "matplotlib-base"}
"""Names of conda-forge that differ from those of PyPI."""


def read(name: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))
    return content


def test_the_citation_is_of_this_version() -> None:
    cited = read("CITATION.cff")
    assert cited["cff-version"] == "1.2.0"
    assert {"message", "title", "authors", "abstract", "type"} <= set(cited)
    assert (cited["version"], cited["license"]) == (PROJECT["version"], PROJECT["license"])
    assert cited["keywords"] == PROJECT["keywords"]
    assert [author["name"] for author in cited["authors"]] == [author["name"] for author in PROJECT["authors"]]


def test_the_conda_recipe_needs_what_the_project_needs() -> None:
    recipe = read("recipe/recipe.yaml")
    assert recipe["context"]["version"] == PROJECT["version"]
    split = [re.fullmatch(r"([\w-]+)(.*)", line) for line in PROJECT["dependencies"]]
    needed = {CONDA_NAMES.get(match[1], match[1]): match[2] for match in split if match}
    packed = re.findall(r'"([\w-]+)(.*?)"', "\n".join(recipe["build"]["script"]))
    listed = dict(line.split(" ", 1) for line in recipe["requirements"]["run"])
    assert listed.pop("python") == PROJECT["requires-python"]
    assert {**listed, **dict(packed)} == needed
    assert recipe["build"]["python"]["entry_points"] == [f"cfgeo = {PROJECT['scripts']['cfgeo']}"]


def test_the_container_copies_what_is_there_and_may_be_copied() -> None:
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    named = [word for line in lines if line.startswith("COPY ") and "--from" not in line for word in line.split()[1:-1]]
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line[0] == "!"}
    assert set(named) == allowed
    assert all((ROOT / name).exists() for name in named)


def test_the_container_has_one_python_which_the_project_names() -> None:
    versions = re.findall(r"^FROM python:(\d+\.\d+)-", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(versions) == 2
    assert len(set(versions)) == 1
    assert f"Programming Language :: Python :: {versions[0]}" in PROJECT["classifiers"]


def test_the_pins_of_the_container_are_those_of_the_project_without_hashes() -> None:
    sed = shutil.which("sed")
    if sed is None:
        pytest.skip("no sed here")
    (line,) = (line for line in (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines() if "RUN sed" in line)
    scripts = re.findall(r"-e '([^']*)'", line)
    command = [sed, *(part for script in scripts for part in ("-e", script)), str(ROOT / "constraints.txt")]
    pins = subprocess.run(command, capture_output=True, encoding="utf-8", check=True).stdout
    assert re.search(r"^geopandas==[\d.]+$", pins, re.MULTILINE)
    assert not re.search(r"hash|\\", pins.partition("\n#    uv")[2].partition("\n")[2])


def test_the_container_has_no_fault_that_its_linter_knows() -> None:
    hadolint = shutil.which("hadolint", path=str(Path(sys.executable).parent)) or shutil.which("hadolint")
    if hadolint is None:
        pytest.skip("hadolint has no package for this system")
    run = subprocess.run([hadolint, "Dockerfile"], cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    assert (run.returncode, run.stdout) == (0, "")
