"""The gate of the pages' scripts."""

import importlib
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def check() -> ModuleType:
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        return importlib.import_module("check")
    finally:
        sys.path.pop(0)


def test_the_lock_of_the_pages_tools_names_no_registry() -> None:
    lock = json.loads((ROOT / "scripts" / "pages" / "package-lock.json").read_text(encoding="utf-8"))
    assert "://" not in json.dumps(lock)
    assert all("integrity" in package for name, package in lock["packages"].items() if name)


def test_without_node_the_gate_of_the_pages_is_skipped(
    check: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "")
    assert check.pages_checked()
    assert capsys.readouterr().out.startswith("skipped: no npm here")
