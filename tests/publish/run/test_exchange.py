"""Killed at every step of the exchange, a run loses and mixes nothing, and the next one ends or undoes it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tools.kill import CAN_KILL, killed_at

from cfgeo.publish.run.exchange import Spot, spot_of
from cfgeo.publish.run.folder import RECORD, alone, in_place, is_run, require_writable

pytestmark = CAN_KILL

NOTES = "notes of the meeting.txt"


def write_run(folder: Path, word: str) -> None:
    """Write what looks like a run, as a run does."""
    with alone(folder), in_place(folder) as aside:
        (aside / "index.html").write_text(word)
        (aside / "reports").mkdir()
        (aside / "reports" / "district.docx").write_text(word)
        (aside / RECORD).write_text(f'{{"versions": {{"cfgeo": "{word}"}}}}')


def content(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


def of_run(word: str) -> dict[str, str]:
    return {"index.html": word, "reports/district.docx": word, RECORD: f'{{"versions": {{"cfgeo": "{word}"}}}}'}


@contextmanager
def standing_in(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


@pytest.mark.parametrize("where", ["beside", "inside"])
def test_killed_at_any_step_nothing_is_lost_or_mixed_and_the_next_run_succeeds(tmp_path: Path, where: str) -> None:
    whole, mended, step = 0, [], 0
    while True:
        home = tmp_path / str(step)
        out = home / "out"
        home.mkdir()
        write_run(out, "old")
        (out / NOTES).write_text("mine")

        def work(stand: Path = out if where == "inside" else home, out: Path = out) -> None:
            os.chdir(stand)  # what a process stands in cannot be moved
            write_run(out, "new")

        if not killed_at(step, work):
            break
        left = content(out) if out.is_dir() else {}
        whole += {name: text for name, text in left.items() if name in of_run("")} in (of_run("old"), of_run("new"))
        require_writable(out)  # before any long work, the next run mends
        mended.append(content(out))
        write_run(out, "next")
        assert content(out) == {**of_run("next"), NOTES: "mine"}
        assert [path.name for path in home.iterdir()] == ["out"], "what the killed run left is gone"
        step += 1
    assert step > 20
    assert {there.pop(NOTES) for there in mended} == {"mine"}
    assert all(there in (of_run("old"), of_run("new")) for there in mended)
    assert {there["index.html"] for there in mended} == {"old", "new"}
    # Beside, only between two renames nothing is in place; inside, while the items are moved one by one.
    assert step - whole <= {"beside": 1, "inside": 7}[where]


def test_a_new_folder_at_the_place_of_a_killed_run_gives_way_to_the_last_good_one(tmp_path: Path) -> None:
    write_run(tmp_path / "out", "old")
    spot = spot_of(tmp_path / "out")
    spot.folder.rename(spot.old)
    (tmp_path / "out").mkdir()
    with alone(tmp_path / "out"):
        assert is_run(tmp_path / "out")
    assert content(tmp_path / "out") == of_run("old")


def test_files_of_the_same_name_are_both_kept(tmp_path: Path) -> None:
    write_run(tmp_path / "out", "old")
    (tmp_path / "out" / NOTES).write_text("mine")
    spot = spot_of(tmp_path / "out")
    spot.folder.rename(spot.old)
    write_run(tmp_path / "other", "new")
    (tmp_path / "other").rename(spot.folder)
    (spot.folder / NOTES).write_text("mine, too")
    with alone(tmp_path / "out"):
        pass
    assert content(tmp_path / "out") == {
        **of_run("new"), NOTES: "mine, too", "notes of the meeting (2).txt": "mine"}  # fmt: skip


def test_the_names_beside_a_folder_differ_from_those_of_another(tmp_path: Path) -> None:
    one, other = (spot_of(tmp_path / name) for name in ("one", "other"))
    assert {one.new, one.old, one.part, one.lock}.isdisjoint({other.new, other.old, other.part, other.lock})
    assert Spot(one.folder, one.folder.parent) == one


def test_if_nothing_can_be_written_beside_a_folder_the_exchange_is_inside(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with standing_in(tmp_path / "out"):
        spot = spot_of(tmp_path / "out")
    assert spot.new.parent == tmp_path / "out"
    assert spot.lock == spot_of(tmp_path / "out").lock, "one lock, wherever a process stands"
