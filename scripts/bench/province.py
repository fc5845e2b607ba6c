"""Cut districts out of a file of the size of a province, and compare each with what the whole file gives in its box.

    python scripts/bench/province.py PBF FOLDER [--copies 700] [--districts 10] [--compare 10]

The province is PBF many times side by side, each copy with ids and a place of its own, as FOLDER/province.osm.pbf; it
is made once. Districts are boxes of nine copies. Every measurement runs in a process of its own: processor seconds and
the peak of its memory. Exit 1 if the streets of a part are not those of the whole file.
"""

import argparse
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import osmium
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the scripts' folder

# isort: split
from bench.peers import alone, peak_mb
from cfgeo.batch.cut import cut
from cfgeo.core.schema import Box, StreetWays
from cfgeo.files.osm.clean import open_writer
from cfgeo.files.osm.streets import read_streets

BESIDE = 3
"""A district is so many copies wide and high."""


def make_province(source: Path, path: Path, copies: int) -> Box:
    """Write a file many times side by side, if that is not done yet; return the box of the first copy."""
    kinds: dict[str, list[Any]] = defaultdict(list)
    for item in osmium.FileProcessor(str(source)):
        kinds[item.type_str()].append(_held(item))
    places = np.array([item["location"] for item in kinds["n"]])
    (west, south), (east, north) = places.min(axis=0), places.max(axis=0)
    if path.exists():
        return west, south, east, north
    ids = {kind: {item["id"]: nth + 1 for nth, item in enumerate(items)} for kind, items in kinds.items()}
    with open_writer(path) as writer:
        for kind, items in kinds.items():
            for copy in range(copies):
                at = np.array(divmod(copy, round(copies**0.5)))[::-1] * (east - west, north - south)
                for item in items:
                    _write(writer, kind, item, ids, copy, at)
    return west, south, east, north


def _held(item: Any) -> dict[str, Any]:
    """Return an element as it is kept while its copies are written."""
    own: dict[str, Any] = {"id": item.id, "tags": dict(item.tags), "version": 1}
    if item.is_node():
        return own | {"location": (item.location.lon, item.location.lat)}
    if item.is_way():
        return own | {"nodes": [node.ref for node in item.nodes]}
    return own | {"members": [(each.type, each.ref, each.role) for each in item.members]}


def _write(writer: Any, kind: str, item: dict[str, Any], ids: dict[str, dict[int, int]], copy: int, at: Any) -> None:
    """Write a copy of an element; what it names and the file does not hold, it does not name."""

    def own(letter: str, ident: int) -> int:
        return copy * len(ids[letter]) + ids[letter][ident]

    changed = {**item, "id": own(kind, item["id"])}
    if kind == "n":
        lon, lat = item["location"]
        writer.add_node(osmium.osm.mutable.Node(**{**changed, "location": (lon + at[0], lat + at[1])}))
    elif kind == "w":
        nodes = [own("n", ref) for ref in item["nodes"] if ref in ids["n"]]
        writer.add_way(osmium.osm.mutable.Way(**{**changed, "nodes": nodes}))
    else:
        members = [(letter, own(letter, ref), role) for letter, ref, role in item["members"] if ref in ids[letter]]
        writer.add_relation(osmium.osm.mutable.Relation(**{**changed, "members": members}))


def boxes_of(first: Box, copies: int, count: int) -> list[Box]:
    """Return boxes spread over a province."""
    west, south, east, north = first
    width, height, side = east - west, north - south, round(copies**0.5)
    steps = [divmod(nth * side * side // count, side) for nth in range(count)]
    corners = [(min(x, side - BESIDE), min(y, side - BESIDE)) for y, x in steps]
    return [
        (west + x * width, south + y * height, west + (x + BESIDE) * width, south + (y + BESIDE) * height)
        for x, y in corners
    ]


def cut_of(source: Path, boxes: dict[Path, Box]) -> tuple[float, float]:
    """Cut a file; return processor seconds and the peak of memory [MB]."""
    begun = time.process_time()
    cut(source, boxes)
    return time.process_time() - begun, peak_mb()


def streets_of(path: Path, box: Box) -> tuple[StreetWays, float, float]:
    """Read the streets of a box; return them with processor seconds and the peak of memory [MB]."""
    begun = time.process_time()
    return read_streets(path, bbox=box), time.process_time() - begun, peak_mb()


def same(one: StreetWays, other: StreetWays) -> bool:
    """Return whether two files give the same streets."""
    arrays = all(np.array_equal(getattr(one, name), getattr(other, name)) for name in ("node_ids", "x", "y", "offsets"))
    return arrays and pd.DataFrame(one.ways).equals(pd.DataFrame(other.ways))


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--copies", type=int, default=700)
    parser.add_argument("--districts", type=int, default=10)
    parser.add_argument("--compare", type=int, default=10, help="so many of them with the whole file")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    whole = options.folder / "province.osm.pbf"
    first = make_province(options.source, whole, options.copies)
    print(f"{whole.stat().st_size / 1e6:.0f} MB", flush=True)
    boxes = boxes_of(first, options.copies, options.districts)
    parts = {options.folder / f"part{nth}.osm.pbf": box for nth, box in enumerate(boxes)}
    for path in parts:
        path.unlink(missing_ok=True)
    took, peak = alone(cut_of, whole, parts)
    print(f"{len(parts)} districts cut out of it: {took:.0f} s, {peak:.0f} MB", flush=True)
    differ = 0
    for path, box in list(parts.items())[: options.compare]:
        (part, part_s, part_mb), (all_, all_s, all_mb) = (alone(streets_of, file, box) for file in (path, whole))
        alike = same(part, all_)
        differ += not alike
        took = f"{part_s:.1f} s, {part_mb:.0f} MB; of the whole file {all_s:.0f} s, {all_mb:.0f} MB"
        print(f"{len(part.ways)} ways, {'the same' if alike else 'NOT the same'}: {took}", flush=True)
    return int(differ > 0)


if __name__ == "__main__":
    sys.exit(main())
