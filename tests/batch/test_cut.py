"""What a file has in a box, in a file of its own: whoever reads it in that box finds what the whole file has."""

from pathlib import Path
from typing import Any

import numpy as np
import osmium
import pandas as pd
import pytest
from worlds.osm_elements import area, node, way

from cfgeo.batch.cut import cut
from cfgeo.core.schema import Box
from cfgeo.files.osm.features import read_many_features
from cfgeo.files.osm.streets import read_streets
from cfgeo.study.start.extract import write_elements

ASKED = [{"name": ("*",)}, {"building": ("*",)}, {"leisure": ("*",)}, {"amenity": ("*",)}, {"boundary": ("*",)}]
BOX = (106.50, 29.50, 106.60, 29.60)


def grid(ident: int, x: int, y: int, **tags: str) -> dict[str, Any]:
    return node(ident, 106.5 + x / 50, 29.5 + y / 50, **tags)


# A square around a box, a line through it without a node inside, an area of two ways and a hole, one that lacks a way,
# one of which the file has nothing, a way without positions, and a gate on a street that leaves the box.
AROUND = [
    *(grid(10 * x + y, x, y) for x in range(8) for y in range(8)),
    grid(100, 2, 3, amenity="school", name="School"),
    grid(101, 7, 7, amenity="school", name="Far school"),
    grid(102, 3, 3, barrier="gate", access="no"),
    way(200, [0, 70, 77, 7, 0], leisure="park", name="Around"),
    way(201, [20, 27], highway="footway", name="Through"),
    way(202, [30, 33, 102, 63], highway="residential"),
    way(203, [11, 41, 44]),
    way(204, [44, 14, 11], highway="footway"),
    way(205, [22, 32, 33, 23, 22]),
    way(206, [9001, 9002], highway="footway"),
    way(207, [66, 67, 77, 76, 66], building="yes", name="Far"),
    way(208, [51, 61, 62]),
    area(300, [203, 204], type="multipolygon", leisure="park", name="Two ways"),
    area(301, [208, 999], type="multipolygon", leisure="park", name="Open"),
    area(302, [998], type="multipolygon", leisure="park", name="Nowhere"),
    area(303, [207], type="boundary", boundary="administrative", name="Far"),
    area(304, [203], type="route", name="Route"),
]  # fmt: skip
AROUND[-5]["members"].append({"type": "way", "ref": 205, "role": "inner"})
BOXES: list[Box] = [
    (106.50 + x / 50 + 0.005, 29.50 + y / 50 + 0.005, 106.50 + x / 50 + size, 29.50 + y / 50 + size)
    for x in range(7)
    for y in range(7)
    for size in (0.012, 0.06)
]


def assert_reads_alike(source: Path, boxes: list[Box], folder: Path) -> int:
    """Check that each box of a file reads as the whole does, and return how many bytes all cuts have."""
    files = {folder / f"{nth}.osm.pbf": box for nth, box in enumerate(boxes)}
    cut(source, files)
    for file, box in files.items():
        whole, part = (read_streets(path, bbox=box) for path in (source, file))
        pd.testing.assert_frame_equal(part.ways, whole.ways)
        for name in ("node_ids", "x", "y", "offsets"):
            np.testing.assert_array_equal(getattr(part, name), getattr(whole, name), name)
        for name in ("lifts", "signals"):
            walked = [np.intersect1d(getattr(streets, name), streets.node_ids) for streets in (part, whole)]
            np.testing.assert_array_equal(*walked)
        assert unnamed(part.findings, file) == unnamed(whole.findings, source)
        assert (part.areas is None) == (whole.areas is None)
        if part.areas is not None and whole.areas is not None:
            pd.testing.assert_frame_equal(part.areas.table, whole.areas.table)
            np.testing.assert_array_equal(part.areas.node_ids, whole.areas.node_ids)
        for (table, found), (expected, told) in zip(
            read_many_features(file, ASKED, bbox=box), read_many_features(source, ASKED, bbox=box), strict=True
        ):
            pd.testing.assert_frame_equal(pd.DataFrame(table), pd.DataFrame(expected))
            assert unnamed(found, file) == unnamed(told, source)
    return sum(file.stat().st_size for file in files)


def unnamed(findings: Any, file: Path) -> str:
    return str(list(findings)).replace(file.name, "")


@pytest.fixture(scope="module")
def around(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cut") / "around.osm.pbf"
    write_elements(AROUND, path)
    return path


def test_every_box_reads_as_the_whole_file_does(around: Path, tmp_path: Path) -> None:
    assert_reads_alike(around, BOXES, tmp_path)  # more than are written in one go


def test_a_box_holds_what_meets_it_whole_and_nothing_else(around: Path, tmp_path: Path) -> None:
    cut(around, {tmp_path / "a.osm.pbf": (106.545, 29.545, 106.557, 29.557)})
    held = {f"{item.type_str()}{item.id}" for item in osmium.FileProcessor(str(tmp_path / "a.osm.pbf"))}
    # The park around and the park of two ways with its hole; what has no place; no far building, and no node of it.
    assert {f"w{n}" for n in (200, 203, 204, 205, 206)} <= held
    assert {"r300", "r302"} <= held
    assert held.isdisjoint({"w201", "w202", "w207", "w208", "r301", "r303", "r304", "n100", "n101", "n66"})
    assert {"n0", "n70", "n77", "n7", "n11", "n44"} <= held


def test_a_box_in_which_nothing_lies_is_none_to_read(around: Path, tmp_path: Path) -> None:
    (tmp_path / "渝中").mkdir()
    boxes = {tmp_path / "渝中" / "区.osm.pbf": BOX, tmp_path / "empty.osm.pbf": (0.0, 0.0, 1.0, 1.0)}
    assert cut(around, boxes) == {tmp_path / "渝中" / "区.osm.pbf"}


@pytest.mark.shared
def test_boxes_of_monaco_read_as_the_whole_does(shared_data: Path, tmp_path: Path) -> None:
    source = shared_data / "monaco" / "monaco.osm.pbf"
    boxes = [(7.41 + x / 100, 43.725 + y / 100, 7.414 + x / 100, 43.729 + y / 100) for x, y in ((0, 0), (1, 1), (2, 1))]
    assert assert_reads_alike(source, boxes, tmp_path) / len(boxes) < source.stat().st_size / 4
