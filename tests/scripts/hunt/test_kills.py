"""Runs killed at random moments: two of the trials of ``scripts/hunt/kills.py``."""

import hashlib
import importlib
import sys
from pathlib import Path

import pytest
from worlds.town import write_town

ROOT = Path(__file__).resolve().parents[3]


def test_killed_runs_leave_the_last_good_outputs_and_the_next_succeeds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    kills = importlib.import_module("hunt.kills")
    (tmp_path / "home").mkdir()
    trials = kills.Trials(tmp_path / "home", write_town(tmp_path / "town"), "tables", warm=False)
    seen = []
    for share in (0.6, 0.95):
        seen.append(trials.killed(share * trials.usual_s, fresh_cache=share > 0.9))
        assert trials.faults() == []
    assert seen != ["ended", "ended"]
    sys.modules.pop("hunt.kills")


def test_outputs_without_their_hashes_and_the_last_stage_are_recognised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    kills = importlib.import_module("hunt.kills")
    (tmp_path / "a.csv").write_text("a")
    (tmp_path / "run.json").write_text('{"outputs": [], "run": {}}')
    assert not kills.sealed(tmp_path)
    digest = kills.hashes(tmp_path)["a.csv"]
    (tmp_path / "run.json").write_text(f'{{"outputs": [{{"path": "a.csv", "sha256": "{digest}"}}], "run": {{}}}}')
    assert kills.sealed(tmp_path)
    assert kills.stage_of("Reading the data\nDrawing isochrones\nelse\n") == "draw"
    assert kills.stage_of("") == "start"
    assert kills.stage_of("Writing the reports (about 20 s)\nChoosing from the reserve list\n") == "plan"


def test_outputs_of_which_a_part_has_arrived_say_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    kills = importlib.import_module("hunt.kills")
    good = {"a.csv": hashlib.sha256(b"a").hexdigest(), "index.html": "1", "run.json": "2", "figures/a.png": "3"}
    for name in ("a.csv", "index.html"):
        (tmp_path / name).write_text("a")
    (tmp_path / "run.json").write_text('{"pending": ["figures"], "run": {}}')
    assert kills.arrived(tmp_path, good)
    assert not kills.arrived(tmp_path, good | {"reports/a.docx": "4"}), "it does not say that reports are missing"
    assert not kills.arrived(tmp_path, good | {"a.csv": "5"}), "a table of another run"
    (tmp_path / "run.json").write_text('{"run": {}}')
    assert not kills.arrived(tmp_path, good), "it says that nothing is missing"
