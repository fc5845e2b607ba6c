"""A user's TOML stays within bounds: no number without end, no nesting without end, no pipe that is waited for."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cfgeo import load_study
from cfgeo.core.errors import CfgeoError, InputError
from cfgeo.core.strings import LANGUAGES
from cfgeo.network.walkers import load_walkers
from cfgeo.scenarios.lists.changes import load_scenario
from cfgeo.study.standard import built_in_standards, load_standard
from cfgeo.study.validation import TomlError, read_toml

STUDY = """
[study]
id = "bare"
title = "Bare"
status = "official"

[boundaries.communities]
path = "communities.geojson"

[network]
path = "streets.osm"
"""
STANDARD = """
[standard]
id = "own"
title = "自定"
title_en = "Own"
target_share = 0.7
[[clause]]
id = "a"
name = "甲"
name_en = "A"
layer = "schools"
need_share = 0.8
walker = "primary"
limit_minutes = 15
required = true
"""
CHANGES = """
[[change]]
action = "add"
layer = "schools"
kind = "primary"
lon = 106.5
lat = 29.5
"""


def refusal(read: Callable[[Path], Any], path: Path, body: str) -> str:
    path.write_text(body, encoding="utf-8")
    with pytest.raises(CfgeoError) as caught:
        read(path)
    assert all(caught.value.text(lang) for lang in LANGUAGES)
    return str(caught.value)


READERS: dict[str, tuple[Callable[[Path], Any], str]] = {
    "study": (load_study, STUDY),
    "standard": (lambda path: load_standard(str(path)), STANDARD),
    "changes": (load_scenario, CHANGES),
}


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize(
    "more",
    [
        f"deep = {'[' * 5000}{']' * 5000}",
        f"deep = {'[' * 100}{']' * 100}",
        f"deep = {'{a = ' * 500}1{'}' * 500}",
        f"deep.{'a.' * 5000}b = 1",
    ],
    ids=["lists without end", "lists", "tables", "dotted keys"],
)
def test_what_is_nested_deep_is_an_error(tmp_path: Path, kind: str, more: str) -> None:
    read, body = READERS[kind]
    assert "nested more than 32 deep" in refusal(read, tmp_path / "a.toml", f"{body}{more}\n")


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize("number", ["inf", "-inf", "nan", "1e400", "9" * 40, "-" + "9" * 400])
def test_a_number_beyond_all_bounds_is_named(tmp_path: Path, kind: str, number: str) -> None:
    read, body = READERS[kind]
    assert "own] has a number beyond all bounds" in refusal(read, tmp_path / "a.toml", f"{body}own = {number}\n")


@pytest.mark.parametrize("kind", READERS)
def test_a_number_of_thousands_of_digits_is_an_error(tmp_path: Path, kind: str) -> None:
    read, body = READERS[kind]
    assert "too many digits" in refusal(read, tmp_path / "a.toml", f"{body}own = {'9' * 5000}\n")


@pytest.mark.parametrize("kind", READERS)
def test_a_file_without_end_is_not_read(tmp_path: Path, kind: str) -> None:
    read, body = READERS[kind]
    assert "more than 4 MB" in refusal(read, tmp_path / "a.toml", body + "# long\n" * 700_000)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
@pytest.mark.parametrize("kind", READERS)
def test_a_pipe_is_not_waited_for(tmp_path: Path, kind: str) -> None:
    os.mkfifo(tmp_path / "a.toml")
    with pytest.raises(InputError, match="no plain file"):
        READERS[kind][0](tmp_path / "a.toml")


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ("walk", "limit_minutes"), ("walk", "snap_m"), ("projects", "budget"), ("projects", "target"),
        ("projects", "seconds"), ("boundaries.communities", "expected"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("value", ["true", "false"])
def test_true_is_no_number_in_a_study(tmp_path: Path, table: str, key: str, value: str) -> None:
    path = 'path = "list.csv"\n' if table == "projects" else ""
    body = STUDY if table == "boundaries.communities" else f"{STUDY}[{table}]\n{path}"
    line = f"{key} = {value}\n"
    body = body.replace("[network]", f"{line}[network]") if table == "boundaries.communities" else body + line
    assert f"[{table}.{key}] is {value}; it should be a number" in refusal(load_study, tmp_path / "s.toml", body)


@pytest.mark.parametrize(
    "key",
    [
        "plan_item",
        "limit_minutes",
        "need_share",
        "need_count",
        "need_rate",
        "attribute_min",
        "within_m",
        "target_share",
    ],
)
def test_true_is_no_number_in_a_standard(tmp_path: Path, key: str) -> None:
    head, clause = STANDARD.split("[[clause]]")
    body = head + "[[clause]]" + "\n".join(line for line in clause.splitlines() if not line.startswith(key)) + "\n"
    said = refusal(READERS["standard"][0], tmp_path / "s.toml", f"{body}{key} = true\n")
    assert f"{key}] is true; it should be a number" in said


@pytest.mark.parametrize("key", ["lon", "lat", "capacity"])
def test_true_is_no_number_in_changes(tmp_path: Path, key: str) -> None:
    body = "\n".join(line for line in CHANGES.splitlines() if not line.startswith(key))
    assert "true" in refusal(load_scenario, tmp_path / "c.toml", f"{body}\n{key} = true\n")


@pytest.mark.parametrize("value", [True, float("inf"), float("nan")])
def test_true_is_no_speed_of_a_walker(value: object) -> None:
    with pytest.raises(CfgeoError, match="level_m_s"):
        load_walkers({"adult": {"level_m_s": value}})


def test_switches_stay_switches(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text(STANDARD + "strict = true\n", encoding="utf-8")
    assert load_standard(str(tmp_path / "s.toml")).clause[0].strict
    assert all(load_standard(name).clause for name in built_in_standards())


@pytest.mark.parametrize(
    "path",
    [
        "https://example.org/a.geojson", "HTTP://127.0.0.1/a.csv", "file:///tmp/a.csv", "ftp://example.org/a.zip",
        "/vsicurl/http://127.0.0.1/a.tif", "/vsizip/a.zip/b.shp", "//server/share/a.shp", r"\\server\share\a.shp",
        r"\\.\pipe\a", "s3://bucket/a.gpkg",
    ],
)  # fmt: skip
@pytest.mark.parametrize("place", ["communities.geojson", "streets.osm", "fifteen-minute"])
def test_an_address_is_no_file(tmp_path: Path, path: str, place: str) -> None:
    body = STUDY.replace('"official"', '"official"\nstandard = "fifteen-minute"').replace(f'"{place}"', f"'{path}'")
    assert "an address or share of a network" in refusal(load_study, tmp_path / "s.toml", body)


@pytest.mark.parametrize("path", ["a/b.geojson", r"D:\数据\a.shp", "../a.csv", "/data/a.csv", "postgresql://u@h/db"])
def test_a_path_and_a_database_are_no_such_address(tmp_path: Path, path: str) -> None:
    (tmp_path / "s.toml").write_text(STUDY.replace('"communities.geojson"', f"'{path}'"), encoding="utf-8")
    assert load_study(tmp_path / "s.toml").boundaries.communities.path == path


@pytest.mark.parametrize(
    "name",
    ["a" * 300, "渝" * 41, "CON", "aux", "aux.2026", "com1", "LPT9.v2", "a/b", r"a\b", "a.", " a", "a ", "..", "-a", "",
     "a\x1b", "a\u202e", "a\n"],
)  # fmt: skip
def test_an_id_names_a_folder_on_every_system(tmp_path: Path, name: str) -> None:
    escaped = "".join(f"\\u{ord(sign):04x}" for sign in name)
    said = refusal(load_study, tmp_path / "s.toml", STUDY.replace('"bare"', f'"{escaped}"'))
    assert "[study.id]" in said


@pytest.mark.parametrize("name", ["a" * 120, "渝" * 40, "渝中区-2026.1", "console"])
def test_a_usual_id_is_kept(tmp_path: Path, name: str) -> None:
    (tmp_path / "s.toml").write_text(STUDY.replace('"bare"', f'"{name}"'), encoding="utf-8")
    assert load_study(tmp_path / "s.toml").study.id == name
    (tmp_path / name).mkdir()


def test_faults_carry_their_place(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("[a]\nb = [1, inf]\n[a.c]\nd = nan\n", encoding="utf-8")
    with pytest.raises(TomlError) as caught:
        read_toml(tmp_path / "a.toml")
    assert [values["where"] for _, values in caught.value.faults.rows] == ["a.b", "a.c.d"]


@pytest.mark.parametrize(
    ("kind", "old", "new", "reason", "not_said"),
    [
        ("standard", "need_share = 0.8", "need_share = 80", "0.8 for 80 %", "less than"),
        ("standard", "target_share = 0.7", 'target_share = "70%"', "0.8 for 80 %", "a number"),
        ("standard", "limit_minutes = 15", "limit_minutes = 150", "less than or equal to 120", "80 %"),
        (
            "study",
            'status = "official"',
            'status = "official"\nas_of = "2025-02-30"',
            "no day of the calendar",
            "Input",
        ),
        ("study", "[network]", '[layers]\nschools = "schools.csv"\n[network]', "layers.schools] is", "empty"),
    ],
)
def test_what_a_value_should_be_is_said_as_its_user_thinks_of_it(
    tmp_path: Path, kind: str, old: str, new: str, reason: str, not_said: str
) -> None:
    read, body = READERS[kind]
    said = refusal(read, tmp_path / "a.toml", body.replace(old, new))
    assert reason in said
    assert not_said not in said
