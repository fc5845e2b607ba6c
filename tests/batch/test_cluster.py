"""Districts judged by Dask have the bytes of those that processes judge, also where its workers are killed."""

import json
import multiprocessing
from functools import partial
from pathlib import Path

import pytest
from worlds.cities import contents, write_cities
from worlds.studies import invoke

from cfgeo.batch.cluster import LOCAL, cluster
from cfgeo.batch.pools import processes
from cfgeo.batch.run import BatchChoices, run_batch
from cfgeo.batch.studies import load_batch
from cfgeo.publish.batch.values import District

pytest.importorskip("distributed")
NAMES = ["d02", "d00", "d01"]


def kill_the_workers(district: District, count: int, of: int) -> None:
    """Kill all workers when the first district has ended: others are under way."""
    if count == 1:
        for child in multiprocessing.active_children():
            child.kill()


def test_a_cluster_whose_workers_are_killed_gives_the_bytes_of_processes(tmp_path: Path) -> None:
    write_cities(tmp_path, 3)  # the third lacks a file, which is soon told
    (tmp_path / "three.toml").write_text(f"[batch]\nstudies = {json.dumps(NAMES)}\n", "utf-8")
    batch, choices = load_batch(tmp_path / "three.toml"), BatchChoices("zh", ("map",))
    ways = {"pool": (partial(processes, 2), lambda *_: None), "dask": (partial(cluster, LOCAL, 2), kill_the_workers)}
    ended = {}
    for name, (where, tell) in ways.items():
        results, _ = run_batch(batch, tmp_path / name, choices, where=where, tell=tell)
        ended[name] = {district.id: (district.state, district.code) for district in results.districts}
    assert ended["pool"] == {"d00": ("done", ""), "d01": ("done", ""), "d02": ("failed", "file_missing")}
    assert ended["dask"] == ended["pool"]
    assert contents(tmp_path / "pool") == contents(tmp_path / "dask")


def test_a_scheduler_that_is_not_there_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_cities(tmp_path, 1, broken=False)
    monkeypatch.setattr("cfgeo.batch.cluster._CONNECT_S", 1)
    options = ("--scheduler", "tcp://127.0.0.1:1", "--lang", "en", "--no-cache")
    ended = invoke("batch", tmp_path / "cities.toml", "--out", tmp_path / "out", *options)
    assert ended.exit_code == 1
    assert "tcp://127.0.0.1:1 cannot be reached" in ended.stderr
    assert "Traceback" not in ended.stderr
