"""A run asks no file twice: each input of the tests' town, in every format, is parsed once.

Counted are the calls of the libraries that parse: GDAL through pyogrio, openpyxl, osmium and rasterio, which open files
in C. A CSV or workbook is read once, hashed and parsed from memory: its opens are counted, by an audit hook.

Other files may be opened more often than they are parsed: for the SHA-256 in ``run.json``, and to look at what they are
and which encoding they are in. One pass over OpenStreetMap's file gives its streets, the elements of all layers and
homes, the names that datums are checked by and the ground under the map; a raster gives heights under streets and map.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import osmium
import pandas as pd
import pyogrio
import pytest
import rasterio
from worlds.studies import edited, flat_land, invoke
from worlds.town import write_town

_running: list[Counter[Path]] = []
"""The counter of the test that runs."""


@cache
def _install_audit_hook() -> None:
    """Count what Python opens from now on; an audit hook cannot be taken away again."""

    def count(event: str, arguments: tuple[object, ...]) -> None:
        if _running and event == "open" and isinstance(arguments[0], str | Path):
            _running[0][Path(arguments[0])] += 1

    sys.addaudithook(count)


@pytest.fixture
def opened() -> Iterator[Counter[Path]]:
    """Return how often Python opens each file."""
    _install_audit_hook()
    _running.append(Counter())
    yield _running[0]
    _running.clear()


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> Counter[Path]:
    """Return how often a library parses each file."""
    counts: Counter[Path] = Counter()

    def count(module: Any, name: str) -> None:
        reader: Callable[..., Any] = getattr(module, name)

        def counted(file: Any, *arguments: Any, **options: Any) -> Any:
            if not hasattr(file, "read"):  # a workbook is parsed from memory: its opens are counted
                counts[Path(str(file))] += 1
            return reader(file, *arguments, **options)

        monkeypatch.setattr(module, name, counted)

    count(pyogrio, "read_dataframe")
    count(openpyxl, "load_workbook")
    count(osmium, "FileProcessor")
    count(rasterio, "open")
    return counts


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """Return a town whose files are of every kind, and several of whose tables share a file."""
    study = write_town(tmp_path / "town")
    folder = study.parent
    with pd.ExcelWriter(folder / "lists.xlsx") as writer:
        for name in ("schools", "stations"):
            pd.read_csv(folder / f"{name}.csv", dtype=str).to_excel(writer, sheet_name=name, index=False)
            (folder / f"{name}.csv").unlink()
            edited(study, f'path = "{name}.csv"', f'path = "lists.xlsx"\ntable = "{name}"')
    homes = pd.read_csv(folder / "children_homes.csv", dtype=str).assign(layer="home")
    both = pd.concat([homes, homes.assign(layer="clinic", kind="clinic")])
    both.to_csv(folder / "children_homes.csv", index=False)
    edited(study, 'path = "children_homes.csv"', 'path = "children_homes.csv"\nwhere = { layer = "home" }')
    layers = {
        "clinics": 'path = "children_homes.csv"\nwhere = { layer = "clinic" }',
        "gardens": 'path = "parks.geojson"\nwhere = { kind = "garden" }',
        "stairs": 'osm = { highway = "steps" }',
        "paths": 'osm = { highway = "footway" }',
    }
    tables = "\n".join(f"[layers.{name}]\n{keys}\n" for name, keys in layers.items())
    edited(study, "[walk]\n", f'{tables}\n[demand.children]\npath = "children.csv"\n\n[walk]\n')
    (folder / "children.csv").write_text("code,age_6_11\nC01,30\nC02,20\nC03,10\n", encoding="utf-8")
    (folder / "official.csv").write_text("code\nC01\nC02\nC03\nC04\n", encoding="utf-8")
    edited(study, 'path = "communities.geojson"', 'path = "communities.geojson"\nofficial = "official.csv"')
    flat_land(folder / "land.tif")
    return edited(study, 'path = "streets.osm"', 'path = "streets.osm"\nelevation = "land.tif"')


def test_a_run_parses_each_input_once(
    study: Path, tmp_path: Path, opened: Counter[Path], parsed: Counter[Path]
) -> None:
    result = invoke("run", study, "--out", tmp_path / "out", "--no-cache")
    assert result.exit_code == 0, result.stderr
    opens, parses = (
        {path.name: times for path, times in counts.items() if path.parent == study.parent}
        for counts in (opened, parsed)
    )
    shapes = ("communities.geojson", "homes.geojson", "parks.geojson", "walkways.geojson", "land.tif")
    assert parses == dict.fromkeys((*shapes, "streets.osm"), 1)
    assert opens["land.tif"] == 1  # by the hash
    # By the hash, and to see what they are, in which encoding and whether collections lie in collections.
    assert {opens[name] for name in shapes[:-1]} == {4}
    tables = ("lists.xlsx", "children.csv", "children_homes.csv", "official.csv", "sports.csv")
    assert {name: opens[name] for name in tables} == dict.fromkeys(tables, 1)  # for the hash and the parser together
