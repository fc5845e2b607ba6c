"""The same inputs give the same bytes, wherever, whenever and on whatever machine's habits they are run."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from town import write_town

HABITS: list[dict[str, str]] = [
    {"PYTHONHASHSEED": "1", "TZ": "UTC", "LC_ALL": "C", "OMP_NUM_THREADS": "1"},
    {"PYTHONHASHSEED": "77", "TZ": "Asia/Shanghai", "LC_ALL": "C.UTF-8", "LANG": "zh_CN.UTF-8"},
]


def content(folder: Path) -> dict[str, bytes]:
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    record = json.loads(found["run.json"])
    assert set(record.pop("run")) == {"finished", "seconds", "network_from_cache", "platform"}
    return {**found, "run.json": json.dumps(record).encode()}


def test_two_runs_in_other_folders_zones_and_locales_are_equal_to_the_byte(tmp_path: Path) -> None:
    """The first builds its network, the second takes it from the cache; no two moments are the same either."""
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
    one, other = map(content, outs)
    assert {Path(name).suffix for name in one} == {".html", ".csv", ".gpkg", ".xlsx", ".json", ".docx"}
    assert one == other
