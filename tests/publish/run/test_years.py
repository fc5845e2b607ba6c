"""The run of one data year is never overwritten by that of another; a rerun of a year replaces that year alone."""

import dataclasses
import os
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from cfgeo import Results, publish
from cfgeo.core.results import REPORTED_COLUMNS
from cfgeo.core.strings import LANGUAGES
from cfgeo.publish.compared.series.table import make_series
from cfgeo.publish.run.folder import FILES
from cfgeo.publish.run.years import data_year, read_record, runs_of
from cfgeo.publish.series import write_series
from cfgeo.publish.words.headline import year_text


def record(*dates: tuple[str, str], as_of: str | None = None, finished: str = "2027-06-01T04:00:00+00:00") -> Any:
    """Return what the year of a run is taken from: the role and date of each input."""
    return {
        "parameters": {"study": {"as_of": as_of}},
        "inputs": [{"role": role, "date": date} for role, date in dates],
        "run": {"finished": finished},
    }


@pytest.mark.parametrize(
    ("content", "year", "said_by"),
    [
        (record(("communities", "2024"), ("schools", "2025-11"), ("parks", "2023年4月")), 2025, "data"),
        (
            record(
                ("schools", "20251130"),
            ),
            2025,
            "data",
        ),
        # Streets are newer than the lists: the study shows the year of the lists.
        (record(("network", "2026-11-01"), ("schools", "2025")), 2025, "data"),
        (record(("network", "2026-11-01"), ("schools", "")), 2026, "data"),
        (record(("schools", "2025"), as_of="2024-12-31"), 2024, "as_of"),
        (record(("schools", "last spring"), ("parks", "")), 2027, "run"),
        ({"inputs": [], "run": {"finished": "2023-06-01T04:00:00+00:00"}}, 2023, "run"),
    ],
)
def test_the_year_of_a_run_is_that_of_its_data(content: Any, year: int, said_by: str) -> None:
    shown = data_year(content)
    assert (shown.year, shown.said_by) == (year, said_by)


def of_year(results: Results, year: int) -> Results:
    """Return the town as if all of its files were of one year."""
    files = tuple(dataclasses.replace(file, date=f"{year}-10") for file in results.inputs.files)
    return dataclasses.replace(results, inputs=dataclasses.replace(results.inputs, files=files))


def run(results: Results, out: Path, year: int, **choices: Any) -> None:
    publish(of_year(results, year), out, **{"lang": "en", "only": ("tables",), **choices})


def years(out: Path) -> dict[int, str]:
    """Return where the run of each year stands."""
    return {year: path.relative_to(out).as_posix() for year, path in runs_of(out).items()}


def test_the_next_year_keeps_the_last_one_whole(town_results: Results, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(town_results, out, 2024)
    before = {name: (out / name).read_bytes() for name in FILES if (out / name).exists()}
    (out / "notes.txt").write_text("of the meeting")
    run(town_results, out, 2025, only=("map", "tables"))
    run(town_results, out, 2026, lang="zh")
    assert years(out) == {2024: "years/2024", 2025: "years/2025", 2026: "."}
    assert {path.name: path.read_bytes() for path in (out / "years" / "2024").iterdir()} == before
    assert (out / "years" / "2025" / "index.html").is_file()
    assert not (out / "index.html").exists()
    assert (out / "notes.txt").read_text() == "of the meeting"
    assert sorted(path.name for path in (out / "years").iterdir()) == ["2024", "2025"]


def test_a_rerun_replaces_its_own_year_alone(town_results: Results, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for year in (2024, 2025, 2025):
        run(town_results, out, year)
    assert years(out) == {2024: "years/2024", 2025: "."}
    kept = (out / "years" / "2024" / "run.json").read_bytes()
    run(town_results, out, 2025, lang="zh")
    assert (out / "years" / "2024" / "run.json").read_bytes() == kept
    # An old year is run again, with a correction: the newest is kept now, and no year stands twice.
    run(town_results, out, 2024, lang="zh")
    assert years(out) == {2024: ".", 2025: "years/2025"}
    assert (read_record(out)["language"], read_record(out / "years" / "2025")["language"]) == ("zh", "zh")


def test_a_run_that_fails_leaves_all_years(town_results: Results, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(town_results, out, 2024)
    run(town_results, out, 2025)
    broken = dataclasses.replace(town_results, isochrones=town_results.isochrones.drop(columns="layer"))
    with pytest.raises(KeyError):
        run(broken, out, 2026, only=("map", "tables"))
    assert years(out) == {2024: "years/2024", 2025: "."}


def test_reports_are_kept_with_their_year(town_results: Results, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(town_results, out, 2024)
    (out / "reports").mkdir()
    (out / "reports" / "district.docx").write_text("2024")
    run(town_results, out, 2025)
    assert (out / "years" / "2024" / "reports" / "district.docx").read_text() == "2024"
    assert not (out / "reports").exists()


def test_where_a_folder_cannot_be_moved_years_are_kept_as_well(
    town_results: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(town_results, tmp_path, 2024)
    monkeypatch.chdir(tmp_path)
    run(town_results, tmp_path, 2025)
    assert years(tmp_path) == {2024: "years/2024", 2025: "."}
    run(town_results, tmp_path, 2024)
    assert years(tmp_path) == {2024: ".", 2025: "years/2025"}


def test_on_a_disk_without_links_the_files_are_copied(
    town_results: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*paths: Any) -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    run(town_results, tmp_path / "out", 2024)
    run(town_results, tmp_path / "out", 2025)
    assert years(tmp_path / "out") == {2024: "years/2024", 2025: "."}


def test_killed_between_keeping_and_exchange_the_next_run_puts_it_right(town_results: Results, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(town_results, out, 2024)
    (out / "years" / ".cfgeo-new").mkdir(parents=True)
    (out / "years" / "2024").mkdir()
    (out / "years" / "2024" / "run.json").write_bytes((out / "run.json").read_bytes())
    assert years(out) == {2024: "."}, "the newer of both"
    run(town_results, out, 2025)
    assert years(out) == {2024: "years/2024", 2025: "."}
    assert (out / "years" / "2024" / "clauses.csv").is_file()
    assert [path.name for path in (out / "years").iterdir()] == ["2024"]


def test_reported_figures_stand_by_sex_with_their_years(town_results: Results, tmp_path: Path) -> None:
    """The table of 2026 repeats the figure of 2025 with a correction: the last one counts."""
    figures = [(2025, "female", 0.25), (2025, "male", 0.5), (2026, "female", 0.2)]
    for year, known in ((2025, figures[:2]), (2026, [(2025, "female", 0.24), *figures[1:]])):
        about = {"indicator": "近视率", "scope": "district", "area": "", "unit": "%", "source": "卫健委", "row": 1}
        rows = [{**about, "year": of, "sex": sex, "value": value} for of, sex, value in known]
        inputs = dataclasses.replace(town_results.inputs, reported=pd.DataFrame(rows, columns=list(REPORTED_COLUMNS)))
        run(dataclasses.replace(town_results, inputs=inputs), tmp_path / "out", year)
    series = make_series([tmp_path / "out"])
    write_series(series, tmp_path / "series.xlsx", lang="zh")
    cells = [[cell.value for cell in row] for row in openpyxl.load_workbook(tmp_path / "series.xlsx")["上报数字"].rows]
    assert ["近视率", "全区", None, "女", 0.24, 0.2, "%", "卫健委"] in cells
    assert ["近视率", "全区", None, "男", 0.5, None, "%", "卫健委"] in cells


def test_a_run_says_which_year_it_shows_and_where_the_others_are(town_results: Results, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(town_results, out, 2025)
    assert year_text(out, lang="zh") == "数据年份：2025（取自各表的日期；也可在 [study] 写 as_of 指定）。"
    run(town_results, out, 2026)
    for lang in LANGUAGES:
        words = year_text(out, lang=lang)
        assert "2026" in words.splitlines()[0]
        assert "2025" in words.splitlines()[1]
        assert str(out / "years") in words
        assert "series" in words
