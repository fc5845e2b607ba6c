"""Killed at every step on the disk, a run loses no year, and the next one puts all in its place."""

import json
from pathlib import Path

import pytest
from tools.kill import CAN_KILL, killed_at

from cfgeo.publish.run.folder import RECORD, alone, in_place
from cfgeo.publish.run.years import drop_replaced, keep_other_year, runs_of

pytestmark = CAN_KILL


def write_run(folder: Path, year: int, word: str) -> None:
    """Write what looks like the run of a year, in the order of ``cfgeo.publish``."""
    record = {
        "versions": {"cfgeo": word},
        "parameters": {"study": {"as_of": f"{year}-06-01"}},
        "inputs": [],
    }
    with alone(folder):
        with in_place(folder) as aside:
            (aside / "clauses.csv").write_text(word)
            (aside / "reports").mkdir()
            (aside / "reports" / "district.docx").write_text(word)
            (aside / RECORD).write_text(json.dumps(record))
            keep_other_year(folder, aside)
        drop_replaced(folder)


def words(folder: Path) -> set[str]:
    """Return the runs that the files of a run's folder are of: one, where it is whole."""
    parts = [folder / "clauses.csv", folder / "reports" / "district.docx"]
    record = json.loads((folder / RECORD).read_text("utf-8"))
    return {record["versions"]["cfgeo"], *(part.read_text() if part.exists() else "lost" for part in parts)}


def runs(folder: Path) -> dict[int, set[str]]:
    return {year: words(path) for year, path in runs_of(folder).items()}


@pytest.mark.parametrize(
    ("year", "ends"),
    [
        (2026, {2024: {"2024"}, 2025: {"2025"}, 2026: {"new"}}),
        (2025, {2024: {"2024"}, 2025: {"new"}}),
        (2024, {2024: {"new"}, 2025: {"2025"}}),
    ],
    ids=["next", "again", "earlier"],
)
def test_no_year_is_lost_whenever_a_run_is_killed(tmp_path: Path, year: int, ends: dict[int, set[str]]) -> None:
    step = 0
    while True:
        out = tmp_path / str(step) / "out"
        for earlier in (2024, 2025):
            write_run(out, earlier, str(earlier))
        (out / "years" / "2024" / "notes.txt").write_text("of the meeting")
        killed = killed_at(step, lambda out=out: write_run(out, year, "new"))  # type: ignore[misc]
        with alone(out):  # what the next run does first
            left = runs(out)
        assert set(left) - {2026} == {2024, 2025}, step
        for of, found in left.items():
            assert found in ({str(of)}, {"new"} if of == year else {str(of)}), (step, of)
        write_run(out, year, "new")
        assert runs(out) == ends, step
        places = {of: path.relative_to(out).as_posix() for of, path in runs_of(out).items()}
        assert places == {of: "." if of == year else f"years/{of}" for of in ends}
        kept = {path.name for path in (out / "years").iterdir()}
        assert kept - {"2024"} == {str(of) for of in ends} - {str(year), "2024"}, "nothing else is left"
        assert (out / "years" / "2024" / "notes.txt").read_text() == "of the meeting"
        if not killed:
            break
        step += 1
    assert step > 30


def test_what_is_left_of_a_year_by_a_run_killed_while_it_removed_it_gives_way(tmp_path: Path) -> None:
    """Earlier versions removed a kept year file by file: half of it may stand where the year is to be kept."""
    write_run(tmp_path / "out", 2024, "2024")
    half = tmp_path / "out" / "years" / "2024"
    half.mkdir(parents=True)
    (half / "clauses.csv").write_text("half")
    write_run(tmp_path / "out", 2025, "2025")
    assert runs(tmp_path / "out") == {2024: {"2024"}, 2025: {"2025"}}
