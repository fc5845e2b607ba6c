"""The cache of networks: what is loaded equals what was stored, and damaged networks are built again."""

import hashlib
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from worlds.town import town_network

from cfgeo.core.findings import finding
from cfgeo.core.hashes import file_sha256, file_size
from cfgeo.core.schema import Network
from cfgeo.core.strings import LANGUAGES, Sentence
from cfgeo.network import cache
from cfgeo.network.cache import (
    MOST_TABLES,
    TABLES,
    load_network,
    load_tables,
    network_key,
    packed_findings,
    store_network,
    store_tables,
    unpacked_findings,
)

KEY = "0" * 32


def same(left: Network, right: Network) -> bool:
    pd.testing.assert_frame_equal(left.nodes, right.nodes)
    pd.testing.assert_frame_equal(
        pd.DataFrame(left.edges.drop(columns="geometry")), pd.DataFrame(right.edges.drop(columns="geometry"))
    )
    crs_alike = left.edges.crs == right.edges.crs and str(left.edges.crs) == str(right.edges.crs)
    return crs_alike and bool(np.all(left.edges.geometry.geom_equals_exact(right.edges.geometry, 0)))


def test_what_is_kept_comes_back_the_same(tmp_path: Path) -> None:
    found = finding("graph_mixed", "network", ways=("way/1", "way/2"), share=0.5)
    network = replace(town_network(), relief={"slope": "tobler"}, findings=(found,))
    store_network(tmp_path / "new" / "folder", KEY, network)
    kept = load_network(tmp_path / "new" / "folder", KEY)
    assert kept is not None
    assert same(kept, network)
    assert (kept.relief, kept.findings) == ({"slope": "tobler"}, (found,))


def test_what_was_not_kept_is_nothing(tmp_path: Path) -> None:
    assert load_network(tmp_path, KEY) is None
    assert load_network(tmp_path / "no folder", KEY) is None


@pytest.mark.parametrize("name", ["nodes.feather", "edges.feather"])
@pytest.mark.parametrize("damage", ["emptied", "cut short", "rubbish", "deleted"])
def test_a_damaged_network_is_built_and_kept_again(tmp_path: Path, name: str, damage: str) -> None:
    network = town_network()
    store_network(tmp_path, KEY, network)
    path = tmp_path / KEY / name
    if damage == "deleted":
        path.unlink()
    else:
        body = path.read_bytes()
        path.write_bytes({"emptied": b"", "cut short": body[: len(body) // 2], "rubbish": b"x" * 999}[damage])
    assert load_network(tmp_path, KEY) is None
    store_network(tmp_path, KEY, network)
    kept = load_network(tmp_path, KEY)
    assert kept is not None
    assert same(kept, network)


def test_storing_twice_leaves_a_single_whole_network(tmp_path: Path) -> None:
    for _ in range(2):
        store_network(tmp_path, KEY, town_network())
    assert [path.name for path in tmp_path.iterdir()] == [KEY]


def test_a_cache_that_cannot_be_written_is_skipped(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("x")
    store_network(tmp_path / "file", KEY, town_network())
    assert load_network(tmp_path / "file", KEY) is None
    assert "not kept" in caplog.text
    assert (tmp_path / "file").read_text() == "x"


def test_the_key_depends_on_all_inputs_of_the_network() -> None:
    made_of = {"sha256": "a", "crs": "EPSG:32648", "bbox": (1.0, 2.0, 3.0, 4.0), "datum": "wgs84", "name": ".osm"}
    key = network_key(**made_of)
    assert key == network_key(**dict(reversed(made_of.items())))
    others = [
        network_key(**{**made_of, name: value})
        for name, value in {"sha256": "b", "crs": "EPSG:32647", "bbox": (1.0, 2.0, 3.0, 5.0), "datum": "gcj02"}.items()
    ]
    assert len({key, *others}) == 5


def test_a_hash_is_that_of_the_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"x" * 100_000)
    assert file_sha256(path) == hashlib.sha256(b"x" * 100_000).hexdigest()


def test_a_folder_has_the_hash_of_what_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12")
    (tmp_path / "b").write_bytes(b"3")
    before = file_sha256(tmp_path)
    assert file_size(tmp_path) == 3
    (tmp_path / "x.lock").write_bytes(b"somebody looks")
    assert (file_sha256(tmp_path), file_size(tmp_path)) == (before, 3)
    (tmp_path / "b").write_bytes(b"4")
    assert file_sha256(tmp_path) != before


def test_a_flipped_bit_is_noticed_and_reported_in_both_languages(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store_network(tmp_path, KEY, town_network())
    for name in ("nodes.feather", "edges.feather", "about.json", "sums.json"):
        path = tmp_path / KEY / name
        body = bytearray(path.read_bytes())
        body[len(body) // 3] ^= 1
        path.write_bytes(body)
        assert load_network(tmp_path, KEY) is None
        message = caplog.records[-1].msg
        assert isinstance(message, Sentence)
        assert all(str(tmp_path / KEY) in message.text(lang) for lang in LANGUAGES)
        store_network(tmp_path, KEY, town_network())
        assert load_network(tmp_path, KEY) is not None


def test_what_a_killed_run_left_goes(tmp_path: Path) -> None:
    (tmp_path / f".new-{'1' * 32}").mkdir(parents=True)
    (tmp_path / f".new-{'1' * 32}" / "nodes.feather").write_bytes(b"half")
    store_network(tmp_path, KEY, town_network())
    assert [path.name for path in tmp_path.iterdir()] == [KEY]


@pytest.mark.parametrize(
    ("name", "part"), [("a.shp", "a.dbf"), ("a.SHP", "a.CPG"), ("a.mif", "a.mid"), ("a.tab", "a.dat")]
)
def test_a_format_of_several_files_has_the_hash_of_all(tmp_path: Path, name: str, part: str) -> None:
    (tmp_path / name).write_bytes(b"shapes")
    (tmp_path / part).write_bytes(b"words")
    (tmp_path / "a.txt").write_bytes(b"not a part")
    before = file_sha256(tmp_path / name)
    assert file_size(tmp_path / name) == 11
    (tmp_path / "a.txt").write_bytes(b"another")
    assert file_sha256(tmp_path / name) == before
    (tmp_path / part).write_bytes(b"other")
    assert file_sha256(tmp_path / name) != before


def tables() -> dict[str, pd.DataFrame]:
    edges = town_network().edges
    texts = pd.Series(["梯道", "", None], dtype=object)
    return {
        "numbers": pd.DataFrame({"P8-primary": [1 / 3, np.inf, np.nan], "texts": texts, "n": [1, 2, 3]}),
        "none": edges.iloc[:0][["highway", "geometry"]].rename_axis("walkway"),
        "streets": edges[["highway", "length_m", "oneway", "geometry"]],
    }


def same_tables(left: dict[str, pd.DataFrame], right: dict[str, pd.DataFrame]) -> None:
    assert list(left) == list(right)
    for name, table in left.items():
        assert type(right[name]) is type(table)
        pd.testing.assert_frame_equal(pd.DataFrame(table), pd.DataFrame(right[name]), check_exact=True)
        assert getattr(table, "crs", None) == getattr(right[name], "crs", None)


def test_kept_tables_come_back_the_same(tmp_path: Path) -> None:
    assert load_tables(tmp_path, TABLES + KEY) is None
    store_tables(tmp_path, TABLES + KEY, tables())
    kept = load_tables(tmp_path, TABLES + KEY)
    assert kept is not None
    same_tables(tables(), kept)


def test_damaged_tables_are_none(tmp_path: Path) -> None:
    store_tables(tmp_path, TABLES + KEY, tables())
    path = tmp_path / (TABLES + KEY) / "numbers.feather"
    body = bytearray(path.read_bytes())
    body[len(body) // 2] ^= 1
    path.write_bytes(body)
    assert load_tables(tmp_path, TABLES + KEY) is None
    assert not path.exists()


def test_the_oldest_tables_go(tmp_path: Path) -> None:
    store_network(tmp_path, KEY, town_network())
    for nth in range(MOST_TABLES + 2):
        store_tables(tmp_path, f"{TABLES}{nth:032}", {"a": pd.DataFrame({"x": [nth]})})
        os.utime(tmp_path / f"{TABLES}{nth:032}", (nth, nth))
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == [KEY, *(f"{TABLES}{nth:032}" for nth in range(2, MOST_TABLES + 2))]


def test_findings_are_kept_with_their_groups_and_their_tuples(tmp_path: Path) -> None:
    groups = [
        [],
        [finding("osm_twice", "a.osm", names=("w1", "w2"), count=2), finding("osm_closed", "园.osm", row=7)],
        [],
    ]
    store_tables(tmp_path, TABLES + KEY, {"findings": packed_findings(groups), "none": packed_findings([[]])})
    kept = load_tables(tmp_path, TABLES + KEY)
    assert kept is not None
    assert unpacked_findings(kept["findings"], n_groups=3) == groups
    assert unpacked_findings(kept["none"], n_groups=1) == [[]]


def test_the_source_of_a_wing_is_its_code_and_its_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wing = tmp_path / "cfgeo" / "files"
    (tmp_path / "cfgeo" / "network").mkdir(parents=True)
    wing.mkdir()
    monkeypatch.setattr(cache, "__file__", str(tmp_path / "cfgeo" / "network" / "cache.py"))
    known = set()
    for name, body in (("a.py", "1"), ("a.py", "2"), ("words.toml", "1"), ("words.toml", "2"), ("notes.txt", "1")):
        (wing / name).write_text(body, encoding="utf-8")
        cache.source_hash.cache_clear()
        known.add(cache.source_hash("files"))
    cache.source_hash.cache_clear()
    assert len(known) == 4  # notes are no source
