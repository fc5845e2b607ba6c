"""Districts judged by Dask have the bytes of those that processes judge, also where its workers are killed."""

import json
import multiprocessing
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from worlds.cities import contents, write_cities
from worlds.studies import invoke

from cfgeo.batch.cluster import LOCAL, cluster
from cfgeo.batch.pools import processes
from cfgeo.batch.run import BatchChoices, run_batch
from cfgeo.batch.studies import Batch, load_batch
from cfgeo.core.errors import ServiceError
from cfgeo.publish.batch.values import BatchResults, District

LocalCluster = pytest.importorskip("distributed").LocalCluster
NAMES = ["d02", "d00", "d01"]
ENDED = {"d00": ("done", ""), "d01": ("done", ""), "d02": ("failed", "file_missing")}
CHOICES = BatchChoices("zh", ("map",))


def kill_the_workers(district: District, count: int, of: int) -> None:
    """Kill all workers when the first district has ended: others are under way."""
    if count == 1:
        for child in multiprocessing.active_children():
            child.kill()


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> tuple[Batch, dict[str, Any]]:
    """Return a batch of three districts, one of which lacks a file, and what processes without Dask write."""
    folder = tmp_path_factory.mktemp("pool")
    write_cities(folder, 3)  # the third lacks a file, which is soon told
    (folder / "three.toml").write_text(f"[batch]\nstudies = {json.dumps(NAMES)}\n", "utf-8")
    batch = load_batch(folder / "three.toml")
    results, _ = run_batch(batch, folder / "out", CHOICES, where=partial(processes, 2))
    assert ended(results) == ENDED
    return batch, contents(folder / "out")


def ended(results: BatchResults) -> dict[str, tuple[str, str]]:
    return {district.id: (district.state, district.code) for district in results.districts}


def test_a_cluster_whose_workers_are_killed_gives_the_bytes_of_processes(
    pool: tuple[Batch, dict[str, Any]], tmp_path: Path
) -> None:
    results, _ = run_batch(pool[0], tmp_path, CHOICES, where=partial(cluster, LOCAL, 2), tell=kill_the_workers)
    assert ended(results) == ENDED
    assert contents(tmp_path) == pool[1]


def test_a_worker_holds_texts_as_the_command_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cfgeo.batch.cluster.judge_district", eval)
    asked: list[Any] = ["__import__('pandas').options.mode.string_storage"]
    for texts in ("python", "pyarrow"):
        with pd.option_context("mode.string_storage", texts), cluster(LOCAL, 1) as judge:
            assert [*judge(asked)] == [texts]


def test_a_scheduler_that_goes_away_loses_nothing_that_was_done(
    pool: tuple[Batch, dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cfgeo.batch.cluster._CONNECT_S", 1)
    told: list[str] = []
    facts = {"n_workers": 1, "threads_per_worker": 1, "memory_limit": 0, "dashboard_address": None, "silence_logs": 50}
    with LocalCluster(**facts) as own:

        def close(district: District, count: int, of: int) -> None:
            told.append(district.id)
            if district.judged:
                own.close()

        with pytest.raises(ServiceError, match="scheduler"):
            run_batch(pool[0], tmp_path, CHOICES, where=partial(cluster, own.scheduler_address, 1), tell=close)
    results, _ = run_batch(pool[0], tmp_path, CHOICES, where=partial(processes, 2))
    kept = {district.id for district in results.districts if district.state == "kept"}
    assert kept >= {*told} - {"d02"} != set()  # its worker may have ended another one meanwhile
    assert contents(tmp_path) == pool[1]


def test_a_scheduler_that_is_not_there_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_cities(tmp_path, 1, broken=False)
    monkeypatch.setattr("cfgeo.batch.cluster._CONNECT_S", 1)
    options = ("--scheduler", "tcp://127.0.0.1:1", "--lang", "en", "--no-cache")
    ended = invoke("batch", tmp_path / "cities.toml", "--out", tmp_path / "out", *options)
    assert ended.exit_code == 1
    assert "tcp://127.0.0.1:1 cannot be reached" in ended.stderr
    assert "Traceback" not in ended.stderr
