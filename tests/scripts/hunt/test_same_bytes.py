"""The same inputs give the same bytes in any folder, time zone, locale and hash seed, at any time."""

import importlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from worlds.town import write_town

from cfgeo import Results, publish

ROOT = Path(__file__).resolve().parents[3]
HABITS: list[dict[str, str]] = [
    {"PYTHONHASHSEED": "1", "TZ": "UTC", "LC_ALL": "C", "OMP_NUM_THREADS": "1"},
    {"PYTHONHASHSEED": "77", "TZ": "Asia/Shanghai", "LC_ALL": "C.UTF-8", "LANG": "zh_CN.UTF-8"},
]


@pytest.fixture
def same_bytes() -> Iterator[ModuleType]:
    """Return the script that compares runs of two clean environments."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "scripts"))
        yield importlib.import_module("hunt.same_bytes")


def content(folder: Path) -> dict[str, bytes]:
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    record = json.loads(files["run.json"])
    assert set(record.pop("run")) == {"finished", "seconds", "network_from_cache", "platform"}
    return {**files, "run.json": json.dumps(record).encode()}


def test_two_runs_in_other_folders_zones_and_locales_are_equal_to_the_byte(tmp_path: Path) -> None:
    """The first run builds its network, the second takes it from the cache, at another time."""
    write_town(tmp_path / "one" / "town")
    shutil.copytree(tmp_path / "one" / "town", tmp_path / "二" / "a b")
    outs = []
    for study, habits in zip((tmp_path / "one" / "town", tmp_path / "二" / "a b"), HABITS, strict=True):
        outs.append(study.parent / f"out of {habits['TZ'].replace('/', ' ')}")
        command = ["run", study, "--out", outs[-1], "--cache", tmp_path / "cache", "--only", "map,tables,reports"]
        subprocess.run(
            [sys.executable, "-m", "cfgeo", *command],
            cwd=study.parent,
            env={**os.environ, **habits},
            check=True,
            capture_output=True,
        )
    first, second = map(content, outs)
    assert {Path(name).suffix for name in first} == {".html", ".csv", ".gpkg", ".qgz", ".xlsx", ".json", ".docx"}
    assert first == second


def test_the_script_finds_what_differs_and_nothing_else(
    same_bytes: ModuleType, town_results: Results, tmp_path: Path
) -> None:
    first, second = tmp_path / "one", tmp_path / "other"
    publish(town_results, first, lang="en", only=["tables"])
    publish(town_results, second, lang="en", only=["tables"])
    record = json.loads((second / "run.json").read_text(encoding="utf-8"))
    record["run"]["seconds"] = {"read": 1e9}
    (second / "run.json").write_text(json.dumps(record), encoding="utf-8")
    comparison = same_bytes.compare(first, second)
    assert comparison.differing == ()
    assert comparison.files == sum(comparison.kinds.values()) == sum(path.is_file() for path in first.rglob("*"))
    assert comparison.kinds[".json"] == 1
    assert f".csv   {comparison.kinds['.csv']:4} files, 0 differ" in comparison.lines()

    body = (second / "communities.csv").read_bytes()
    (second / "communities.csv").write_bytes(body[:-1] + b" ")
    (second / "clauses.csv").rename(second / "more.csv")
    (second / "run.json").write_text(json.dumps({**record, "language": "zh"}), encoding="utf-8")
    comparison = same_bytes.compare(first, second)
    assert comparison.differing == ("clauses.csv", "communities.csv", "more.csv", "run.json")
    assert f".csv   {comparison.kinds['.csv']:4} files, 3 differ" in comparison.lines()
    assert comparison.lines()[-1] == "DIFFERS: run.json"


def test_a_copy_of_the_project_holds_only_what_a_fresh_checkout_has(same_bytes: ModuleType, tmp_path: Path) -> None:
    environments = [same_bytes.Environment(tmp_path, name) for name in same_bytes.HABITS]
    for environment in environments:
        there = {path.name for path in environment.project.iterdir()}
        assert {"cfgeo", "data", "scripts", "pyproject.toml", "constraints.txt", "README.md"} <= there
        assert not there & {".venv", ".git", "maps"}
    first, second = (environment.habits for environment in environments)
    assert all(first[name] != second[name] for name in first)
