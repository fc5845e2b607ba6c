"""Whatever the bytes: findings or an error that a user can read, in bounded time and memory.

These are a few cases of ``scripts/hunt/fuzz.py``, which tries many more.
"""

import importlib
import random
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import settings

from cfgeo import load_study
from cfgeo.pipeline.check import check_study

ROOT = Path(__file__).resolve().parents[3]
CASES = settings().max_examples * 15 // 2
"""150; 300 if the profile is full."""
SEED = 1
MOST_MB = 1024


@pytest.fixture(scope="module")
def fuzz() -> Iterator[ModuleType]:
    """Return the script as a module that its worker process can import too."""
    pytest.importorskip("resource", reason="a process can be bounded on Unix only")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "scripts"))
        yield importlib.import_module("hunt.fuzz")


@pytest.fixture(scope="module")
def studies(fuzz: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the tiny studies."""
    folder: Path = fuzz.write_studies(tmp_path_factory.mktemp("fuzz"))
    return folder


@pytest.mark.sampled
def test_changed_bytes_give_findings_or_an_error_of_cfgeos(fuzz: ModuleType, studies: Path) -> None:
    with fuzz.Worker(studies, SEED) as worker:
        outcomes = [worker.try_case(case) for case in range(CASES)]
    assert [(o.case, o.file, o.kind, o.detail) for o in outcomes if o.failed] == []
    kinds = {outcome.kind.split()[0] for outcome in outcomes}
    assert kinds == {"findings", "judged", "refused"}
    assert {outcome.file for outcome in outcomes} == {name for names in fuzz.FILES.values() for name in names}
    assert worker.peak_kb / 1024 < MOST_MB


@pytest.mark.parametrize("study", ["text", "packed"])
def test_the_unchanged_studies_have_no_errors(fuzz: ModuleType, studies: Path, study: str) -> None:
    assert "error" not in set(check_study(load_study(studies / study))["severity"])
    assert set(fuzz.FILES[study]) <= {path.name for path in (studies / study).iterdir()}


def test_a_case_repeats_exactly_and_restores_its_file(fuzz: ModuleType, studies: Path) -> None:
    before = {path: path.read_bytes() for path in studies.rglob("*.*") if path.is_file()}
    for case in range(40):
        study, name, rng = fuzz.changed_file(SEED, case)
        body = before[studies / study / name]
        changed = fuzz.mutated(name, body, rng)
        assert changed == fuzz.mutated(name, body, fuzz.changed_file(SEED, case)[2])
    assert fuzz.try_case(studies, SEED, 0).case == 0
    assert {path: path.read_bytes() for path in before} == before


def test_packed_content_is_changed_inside_a_frame_that_stays_readable(fuzz: ModuleType, studies: Path) -> None:
    body = (studies / "packed" / "streets.osm.pbf").read_bytes()
    blobs = list(fuzz._blobs(body))
    assert [kind for kind, _ in blobs][:2] == [b"OSMHeader", b"OSMData"]
    changed = list(fuzz._blobs(fuzz._in_pbf(body, random.Random(3))))  # noqa: S311
    assert [kind for kind, _ in changed] == [kind for kind, _ in blobs]
    assert sum(new != old for new, old in zip(changed, blobs, strict=True)) == 1


@pytest.mark.parametrize(("kind", "failed"), [
    ("findings", False), ("judged", False), ("refused file_unreadable", False),
    ("crash", True), ("timeout", True), ("warning RuntimeWarning", True), ("MemoryError", True),
])  # fmt: skip
def test_only_findings_verdicts_and_refusals_are_no_failure(fuzz: ModuleType, kind: str, failed: bool) -> None:
    assert fuzz.Outcome(0, "a", kind, 0.0).failed is failed


def test_an_error_that_is_not_cfgeos_is_reported_with_its_traceback(
    fuzz: ModuleType, studies: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(study: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(fuzz, "check_study", broken)
    kind, detail = fuzz._answer(studies / "text", judge=False)
    assert kind == "ZeroDivisionError"
    assert "Traceback" in detail
