"""Two revisions' outputs: what differs is found, and what may differ is not."""

import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def same_outputs() -> Iterator[ModuleType]:
    """Return the script."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "scripts"))
        yield importlib.import_module("hunt.same_outputs")


def write_record(folder: Path, *, page: str, table: str, seconds: int) -> None:
    folder.mkdir()
    outputs = [{"path": "index.html", "sha256": page}, {"path": "communities.csv", "sha256": table}]
    (folder / "run.json").write_text(json.dumps({"run": {"seconds": seconds}, "outputs": outputs}), encoding="utf-8")


def test_a_record_may_differ_in_its_time_and_the_bytes_of_pages_alone(same_outputs: ModuleType, tmp_path: Path) -> None:
    write_record(tmp_path / "base", page="1", table="1", seconds=1)
    write_record(tmp_path / "head", page="2", table="1", seconds=2)
    write_record(tmp_path / "other", page="1", table="2", seconds=1)
    assert list(same_outputs.differing(tmp_path / "base", tmp_path / "head", ["run.json"])) == []
    assert list(same_outputs.differing(tmp_path / "base", tmp_path / "other", ["run.json"])) == ["run.json"]


def test_a_page_differs_by_its_data_and_a_missing_file_is_named(same_outputs: ModuleType, tmp_path: Path) -> None:
    for name, value in (("base", 1), ("head", 2)):
        (tmp_path / name).mkdir()
        page = f'<script type="application/json" id="cfgeo-data">{{"a":{value}}}</script>'
        (tmp_path / name / "index.html").write_text(page, encoding="utf-8")
    (tmp_path / "head" / "plan.csv").write_text("a", encoding="utf-8")
    names = ["index.html", "plan.csv"]
    differences = list(same_outputs.differing(tmp_path / "base", tmp_path / "head", names))
    assert differences == ["index.html (its data)", "plan.csv (only one revision has it)"]


def test_durations_are_left_out_of_what_is_printed(same_outputs: ModuleType) -> None:
    assert same_outputs.untimed(b"ready (12.3 s), 439 ms") == same_outputs.untimed(b"ready (1 s), 1683 ms")
    assert same_outputs.untimed("用时 439 毫秒".encode()) == same_outputs.untimed("用时 1 毫秒".encode())
    assert same_outputs.untimed(b"41 of 79") == b"41 of 79"
