"""Runs killed at random moments: two of the trials of ``scripts/hunt/kills.py``."""

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
