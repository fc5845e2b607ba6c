"""The outputs of a run arrive one group after the other; whatever is in its folder is whole and says what it lacks."""

import hashlib
import json
import os
import re
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import cfgeo
from cfgeo import Results
from cfgeo.core.clock import Course
from cfgeo.core.plan import Plan
from cfgeo.publish import drawings
from cfgeo.publish.maps.sheets import sheet_makers
from cfgeo.publish.run.folder import FILES, PLAN, require_writable

GROUPS = ("map", "tables", "reports", "figures")
ARRIVALS = ("map", "reports", "figures", "plan")
STILL = {
    "map": "Still being made: reports, map sheets, plan.",
    "reports": "Still being made: map sheets, plan.",
    "figures": "Still being made: plan.",
    "plan": "",
}


def content(folder: Path) -> dict[str, bytes]:
    """Return the files of a run; the record without the object that times it."""
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    record = json.loads(files["run.json"])
    del record["run"]
    return files | {"run.json": json.dumps(record).encode()}


def check_whole(folder: Path, last: str) -> None:
    """Check that a folder holds what had arrived last, and that its record and its page say so."""
    record = json.loads((folder / "run.json").read_text("utf-8"))
    hashes = {name: hashlib.sha256(body).hexdigest() for name, body in content(folder).items() if name != "run.json"}
    assert {file["path"]: file["sha256"] for file in record["outputs"]} == hashes
    assert record.get("pending", []) == list(ARRIVALS[ARRIVALS.index(last) + 1 :])
    page = (folder / "index.html").read_text("utf-8")
    shown = re.search(r'id="pending"[^>]*>([^<]*)<', page)
    assert (shown[1] if shown else "").startswith(STILL[last])
    assert bool(shown) == (last != "plan")
    for name in re.findall(r'"((?:reports|figures)/[^"]+)"', page):
        assert (folder / name).is_file(), "the page leads to what is there alone"
    assert (folder / PLAN).exists() == (last == "plan")
    assert (folder / "reports").is_dir() == (last != "map")
    assert (folder / "figures").is_dir() == (last in {"figures", "plan"})


def in_turn(results: Results, folder: Path, plan: Plan, arrived: Callable[[str], None], **how: Any) -> None:
    cfgeo.publish(results, folder, lang="en", course=Course(lambda: plan, arrived, **how))


@pytest.fixture(scope="module", autouse=True)
def few_sheets() -> Iterator[None]:
    """Let a run have two map sheets: all of them have tests of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drawings, "sheet_makers", lambda results: sheet_makers(results)[:2])
        yield


@pytest.fixture(scope="module")
def at_once(town_results: Results, plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the outputs of a run whose plan was there before anything was written."""
    folder = tmp_path_factory.mktemp("at_once") / "out"
    cfgeo.publish(replace(town_results, plan=plan), folder, lang="en")
    return folder


def test_each_arrival_is_whole_and_the_last_is_as_if_all_had_come_at_once(
    town_results: Results, plan: Plan, at_once: Path, tmp_path: Path
) -> None:
    out, seen = tmp_path / "out", []

    def look(group: str) -> None:
        check_whole(out, group)
        seen.append(group)

    in_turn(town_results, out, plan, look)
    assert seen == list(ARRIVALS)
    assert content(out) == content(at_once)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_two_processes_draw_the_same_as_one(town_results: Results, plan: Plan, at_once: Path, tmp_path: Path) -> None:
    in_turn(town_results, tmp_path / "out", plan, lambda group: None, workers=2)
    assert content(tmp_path / "out") == content(at_once)


def test_a_later_group_that_fails_leaves_what_has_arrived(town_results: Results, tmp_path: Path) -> None:
    def fail() -> Plan:
        raise cfgeo.StudyError("plan_one")

    with pytest.raises(cfgeo.StudyError):
        cfgeo.publish(town_results, tmp_path / "out", lang="en", only=GROUPS[:3], course=Course(fail))
    record = json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))
    assert record["pending"] == ["plan"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted([*FILES, "reports"])
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_the_folder_stays_so_that_somebody_may_stand_in_it(town_results: Results, plan: Plan, tmp_path: Path) -> None:
    out, numbers = tmp_path / "out", []
    (tmp_path / "out").mkdir()

    def note(group: str) -> None:
        numbers.append(out.stat().st_ino)
        if group == "map":
            (out / "notes.txt").write_text("mine")

    cfgeo.publish(town_results, out, lang="en", only=("map", "reports"), course=Course(lambda: plan, note))
    assert len(numbers) == 3
    assert len(set(numbers)) == 1
    assert (out / "notes.txt").read_text() == "mine"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a process is copied, to be killed")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # of threads that libraries keep
@pytest.mark.parametrize("last", ARRIVALS[:-1])
def test_killed_between_two_arrivals_the_folder_is_whole_and_the_next_run_completes_it(
    town_results: Results, plan: Plan, at_once: Path, tmp_path: Path, last: str
) -> None:
    out = tmp_path / "out"
    cfgeo.publish(town_results, out, lang="zh", only=("map", "tables"))

    def kill(group: str) -> None:
        if group == last:
            os.kill(os.getpid(), signal.SIGKILL)

    child = os.fork()
    if child == 0:
        try:
            in_turn(town_results, out, plan, kill)
        finally:
            os._exit(0)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    check_whole(out, last)
    require_writable(out)
    check_whole(out, last)
    in_turn(town_results, out, plan, lambda group: None)
    assert content(out) == content(at_once)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
