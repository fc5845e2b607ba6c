"""A batch from its file to its page: what a user reads, what goes on after any end, and that bytes stay the same."""

import csv
import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
from click.testing import Result
from worlds.cities import BROKEN, contents, write_cities
from worlds.studies import edited, invoke

import cfgeo
from cfgeo.batch.kept import Task, kept
from cfgeo.batch.merged import put_together
from cfgeo.batch.pools import processes
from cfgeo.batch.run import BatchChoices, run_batch
from cfgeo.batch.studies import load_batch
from cfgeo.publish.batch.values import BatchResults, District
from cfgeo.publish.batch.words import batch_notes

COUNT = 6
SOUND = [f"d{nth:02}" for nth in range(COUNT) if f"d{nth:02}" not in BROKEN]
FAILED = 4
CHOICES = BatchChoices("zh", ("map",))


def cities(folder: Path, out: Path, *more: str) -> Result:
    return invoke("batch", folder / "cities.toml", "--out", out, "--only", "map", "--no-cache", "--workers", "2", *more)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Result]:
    """Return the folder of six districts, two of them broken, that of their batch, and how the command ended."""
    home = tmp_path_factory.mktemp("batch")
    write_cities(home / "cities", COUNT)
    return home / "cities", home / "out", cities(home / "cities", home / "out")


@pytest.fixture(scope="module")
def whole(made: tuple[Path, Path, Result]) -> dict[str, object]:
    """Return all files of that batch."""
    return contents(made[1])


def record(out: Path) -> dict[str, dict[str, object]]:
    """Return what the record of a batch has of its districts, by id."""
    districts = json.loads((out / "batch.json").read_text("utf-8"))["districts"]
    return {district["id"]: district for district in districts}


def test_a_failed_district_is_a_row_with_its_reason_and_stops_no_other(made: tuple[Path, Path, Result]) -> None:
    _, out, ended = made
    assert ended.exit_code == FAILED
    assert "6 个区：算出 4 个，沿用 0 个，失败 2 个" in ended.stdout
    assert "失败的区：d02、d05" in ended.stdout
    assert sum(line.startswith("[") for line in ended.stderr.splitlines()) == COUNT
    assert "[6/6]" in ended.stderr
    assert "小镇0（d00）：4 个社区中 0 个达标" in ended.stderr
    districts = record(out)
    assert list(districts) == [f"d{nth:02}" for nth in range(COUNT)]
    assert {name: districts[name]["code"] for name in BROKEN} == BROKEN
    assert "schools.csv" in str(districts["d02"]["reason"])
    with (out / "districts.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["district"]: row for row in csv.DictReader(file)}
    assert rows["d05"]["code"] == "study_not_toml"
    assert rows["d00"]["communities"] == "4"
    assert rows["d02"]["communities"] == ""


def test_a_district_has_the_bytes_of_a_run(made: tuple[Path, Path, Result], tmp_path: Path) -> None:
    folder, out, _ = made
    alone = invoke("run", folder / "d03", "--out", tmp_path / "d03", "--only", "map", "--no-cache")
    assert alone.exit_code == 0
    assert contents(out / "districts" / "d03") == contents(tmp_path / "d03")


def test_all_together_are_counted_again_and_not_averaged(made: tuple[Path, Path, Result]) -> None:
    _, out, _ = made
    communities, coverage = (pd.read_parquet(out / "parquet" / name) for name in ("communities", "coverage"))
    (together,) = json.loads((out / "batch.json").read_text("utf-8"))["together"]
    passed = int((communities["verdict"] == "passed").sum())
    assert (together["communities"], together["passed"]) == (len(communities), passed) == (16, 2)
    assert together["share"] == passed / 16
    assert together["needed"] == 12 - passed  # 70 % of 16 are 11.2
    assert together["demand"] == pytest.approx(communities["demand"].sum())
    book = openpyxl.load_workbook(out / "districts.xlsx")
    rows = {row[1]: row for row in book["社区条款合计"].iter_rows(min_row=6, values_only=True)}
    for clause in ("school", "park"):
        own = coverage[coverage["clause"] == clause]
        assert rows[clause][3] == int((own["verdict"] == "passed").sum())
        walked = own[own["demand"].notna()]
        assert rows[clause][-1] == pytest.approx((walked["share"] * walked["demand"]).sum() / walked["demand"].sum())
    by_district = own.groupby("district", observed=True).apply(lambda some: some["share"].mean()).mean()
    assert rows[clause][-1] != pytest.approx(by_district), "an average would not be seen here"
    offices = list(book["街道"].iter_rows(min_row=6, values_only=True))
    assert len(offices) == 2 * len(SOUND)
    assert {row[0] for row in offices} == set(SOUND)
    assert [row[0] for row in book["未能评定的区"].iter_rows(min_row=6, values_only=True)] == list(BROKEN)


def test_the_tables_of_all_districts_are_one_dataset(made: tuple[Path, Path, Result]) -> None:
    _, out, _ = made
    communities = gpd.read_parquet(out / "parquet" / "communities")
    assert communities.crs == "EPSG:4326"
    assert communities.groupby("district", observed=True).size().to_dict() == dict.fromkeys(SOUND, 4)
    outlines = gpd.read_parquet(out / "parquet" / "districts").set_index("district")
    assert sorted(outlines.index) == SOUND
    assert outlines.geometry.is_valid.all()
    # The town is 650 m wide and 560 m high.
    assert outlines.to_crs("EPSG:32648").area.to_numpy() == pytest.approx(650 * 560, rel=0.01)


def test_a_second_call_computes_what_has_changed_and_nothing_else(
    made: tuple[Path, Path, Result], whole: dict[str, object], tmp_path: Path
) -> None:
    folder, out = tmp_path / "cities", tmp_path / "out"
    shutil.copytree(made[0], folder)
    shutil.copytree(made[1], out)
    edited(folder / "d04" / "homes.geojson", '"age_6_11": 20.0', '"age_6_11": 21.0')
    shutil.copy(sound(tmp_path / "sound", 3).parent / "d02" / "schools.csv", folder / "d02")
    (out / "districts" / "d01" / "index.html").write_bytes(b"")
    again = cities(folder, out)
    assert "算出 3 个，沿用 2 个，失败 1 个" in again.stdout
    same = {line.partition("（")[2][:3] for line in again.stderr.splitlines() if "不再计算" in line}
    assert same == {"d00", "d03"}
    after = contents(out)
    assert {name for name in whole if after[name] != whole[name] and "d04" not in name} == {
        "batch.json", "districts.csv", "districts.xlsx", "index.html"
    }  # fmt: skip
    assert record(out)["d02"]["district"]["communities"] == 4  # type: ignore[index]


def test_choices_and_versions_count_too(made: tuple[Path, Path, Result], monkeypatch: pytest.MonkeyPatch) -> None:
    folder, out, _ = made
    study = cfgeo.load_study(folder / "d00")
    task = Task("d00", "d00/study.toml", folder / "d00" / "study.toml", out, "zh", ("map",), plan=True, cache=None)
    assert kept(task, study) is not None
    assert kept(replace(task, lang="en"), study) is None
    assert kept(replace(task, groups=("map", "tables")), study) is None
    assert kept(replace(task, plan=False), study) is None
    monkeypatch.setattr("cfgeo.batch.kept.versions", lambda: {"cfgeo": "0.0.0"})
    assert kept(task, study) is None


def sound(tmp_path: Path, count: int) -> Path:
    return write_cities(tmp_path / "cities", count, broken=False)


THREE = ["d00", "d01", "d04"]


def three(folder: Path) -> Path:
    """Write a batch of three sound districts beside that of all."""
    batch = folder / "three.toml"
    batch.write_text(f"[batch]\nstudies = {json.dumps(THREE)}\n", "utf-8")
    return batch


def assert_same(out: Path, whole: dict[str, object]) -> None:
    """Check that three districts have the bytes that they have in the whole batch, and that nothing else is left."""
    of_all = {name: body for name, body in whole.items() if "/" in name and any(part in name for part in THREE)}
    found = contents(out)
    assert {name: body for name, body in found.items() if "/" in name} == of_all
    assert set(found) - set(of_all) == {"batch.json", "districts.csv", "districts.xlsx", "index.html"}


def test_a_process_that_is_killed_takes_no_district_with_it(
    whole: dict[str, object], made: tuple[Path, Path, Result], tmp_path: Path
) -> None:
    killed: list[int] = []

    def kill_the_others(district: District, count: int, of: int) -> None:
        if count == 1:
            for child in multiprocessing.active_children():
                killed.append(child.pid or 0)
                os.kill(child.pid or 0, signal.SIGKILL)

    batch = load_batch(three(made[0]))
    results, _ = run_batch(batch, tmp_path / "out", CHOICES, where=partial(processes, 2), tell=kill_the_others)
    assert len(killed) == 2
    assert [district.id for district in results.districts if district.judged] == THREE
    assert_same(tmp_path / "out", whole)


def test_a_district_whose_process_is_killed_again_and_again_is_a_row(tmp_path: Path) -> None:
    over = threading.Event()

    def kill_all() -> None:
        while not over.wait(0.02):
            for child in multiprocessing.active_children():
                child.kill()

    hunter = threading.Thread(target=kill_all)
    hunter.start()
    try:
        results, _ = run_batch(load_batch(sound(tmp_path, 1)), tmp_path / "out", CHOICES, where=partial(processes, 1))
    finally:
        over.set()
        hunter.join()
    (district,) = results.districts
    assert (district.state, district.code) == ("failed", "worker_killed")
    assert "--workers" in district.reason


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_command_that_is_killed_goes_on_where_it_was(
    made: tuple[Path, Path, Result], whole: dict[str, object], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    choices = ["--only", "map", "--no-cache", "--workers", "2"]
    command = [sys.executable, "-m", "cfgeo", "batch", three(made[0]), "--out", out, *choices]
    with subprocess.Popen(command, stderr=subprocess.PIPE, encoding="utf-8") as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "个达标" in line:
                break
        process.kill()
    there = len(list((out / "records").iterdir()))
    assert 1 <= there < len(THREE)
    again = invoke("batch", three(made[0]), "--out", out, *choices)
    assert f"算出 {len(THREE) - there} 个，沿用 {there} 个，失败 0 个" in again.stdout
    assert_same(out, whole)


def test_only_faults_that_pass_are_tried_again_and_once(tmp_path: Path) -> None:
    asked: list[list[str]] = []

    @contextmanager
    def where() -> Iterator[object]:
        def judge(tasks: Sequence[Task]) -> Iterator[District]:
            asked.append([task.id for task in tasks])
            for task in tasks:
                yield District(task.id, task.path, "failed", code="x", reason="y", again=task.id in ("d01", "d03"))

        yield judge

    told: list[str] = []
    results, _ = run_batch(
        load_batch(sound(tmp_path, 4)),
        str(tmp_path / "out"),  # a text as a path
        CHOICES,
        where=where,  # type: ignore[arg-type]
        tell=lambda district, count, of: told.append(f"{district.id} {count}/{of}"),
    )
    assert asked == [["d00", "d01", "d02", "d03"], ["d01", "d03"]]
    assert told == ["d00 1/4", "d02 2/4", "d01 3/4", "d03 4/4"]
    assert len(results.failed) == 4


def test_districts_of_other_rules_or_another_basis_are_not_added_up(made: tuple[Path, Path, Result]) -> None:
    folder, out, _ = made
    files = {name: folder / name / "study.toml" for name in SOUND}
    records = {name: json.loads((out / "records" / f"{name}.json").read_text("utf-8")) for name in SOUND}
    records["d01"]["rules"] = "other"
    records["d04"]["basis"] = "residents"
    districts = tuple(District(name, name, "done", of_one) for name, of_one in records.items())
    results = put_together(BatchResults("市", "City", districts), out, files)
    assert [some.districts for some in results.together] == [("d00", "d03", "d04"), ("d01",)]
    assert [some.headline["communities"] for some in results.together] == [12, 4]
    assert [some.headline["basis"] for some in results.together] == [None, "children"]
    assert results.together[0].headline["demand"] is None
    assert results.together[0].clauses["reached"].isna().all()
    notes = batch_notes(results, "en")
    assert any("2 different sets" in note for note in notes)
    assert any("count demand differently" in note for note in notes)


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    batch = sound(tmp_path, 1)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("x")
    ended = cities(batch.parent, tmp_path / "out")
    assert ended.exit_code == 1
    assert "mine.txt" in [path.name for path in (tmp_path / "out").iterdir()]
    assert len(list((tmp_path / "out").iterdir())) == 1


def test_the_page_is_one_file_that_opens_each_district(made: tuple[Path, Path, Result]) -> None:
    _, out, _ = made
    page = (out / "index.html").read_text("utf-8")
    assert "default-src 'none'" in page
    assert "http" not in page.replace("http-equiv", "").replace("http://www.w3.org", "")
    for name in SOUND:
        assert f'href="districts/{name}/index.html"' in page
        assert (out / "districts" / name / "index.html").is_file()
    assert page.count("</title></path>") == len(SOUND)
    assert "d02" in page
    assert "schools.csv" in page
