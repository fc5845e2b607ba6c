"""One OpenStreetMap file → a file for each of many boxes: whoever reads it in that box finds what the whole one has."""

from array import array
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from cfgeo.core.arrays import run_offsets
from cfgeo.core.schema import BoolArray, Box, FloatArray, IntArray
from cfgeo.files.osm.clean import open_writer
from cfgeo.files.osm.reader import open_osm_file, read_elements, tags_of
from cfgeo.libraries import osmium

_AT_ONCE = 64
"""Files that are written in one go: each has buffers of its own."""
_AREAS = ("multipolygon", "boundary")
_NOWHERE = (np.nan, np.nan, np.nan, np.nan)
_KINDS = ("n", "w", "r")


def cut(source: Path, boxes: Mapping[Path, Box]) -> set[Path]:
    """Write what a file has in each of some boxes to a file of its own; return those in which anything lies.

    A box holds the tagged nodes inside, the ways whose bounds meet it, and the areas whose outlines do: bounds, since a
    park around a whole district has no corner in it. Ways have all their nodes, areas all their ways. What has no
    position at all, as at the edge of an extract, is in every box: it is told of wherever the file is read. All is in
    the order of the source.

    Parameters
    ----------
    source
        A file that :func:`cfgeo.files.osm.reader.is_in_order`.
    boxes
        New ``.osm.pbf`` → west, south, east, north [degrees].

    Raises
    ------
    InputError
        The source cannot be read.
    OSError
        A file cannot be written.
    """
    paths, filled = list(boxes), set[Path]()
    for first in range(0, len(paths), _AT_ONCE):
        filled |= _cut(source, {path: boxes[path] for path in paths[first : first + _AT_ONCE]})
    return filled


def _cut(source: Path, boxes: Mapping[Path, Box]) -> set[Path]:
    """Look at all elements, then at the nodes of those that are kept, then write: three passes for all boxes."""
    seen = _look(source)
    ways, relations = zip(*(seen.within(box) for box in boxes.values()), strict=True)
    refs = _nodes_of(source, np.unique(np.concatenate(ways)))
    nodes = [
        np.unique(np.concatenate([refs.of(kept), seen.node_ids[_meets(seen.nodes, box)]]))
        for kept, box in zip(ways, boxes.values(), strict=True)
    ]
    owners = dict(zip(_KINDS, map(_Owners, (nodes, ways, relations)), strict=True))
    with ExitStack() as stack:
        writers = [stack.enter_context(open_writer(path)) for path in boxes]
        wanted = [_only(owners[kind].ids, kind) for kind in _KINDS]
        processor = open_osm_file(source)
        for each in wanted:
            processor = processor.with_filter(each)
        filled: set[int] = set()
        for item in read_elements(processor, source):
            for nth in owners[item.type_str()].next(item.id):
                writers[nth].add(item)
                filled |= {nth} if item.is_node() else set()
    return {path for nth, path in enumerate(boxes) if nth in filled}


@dataclass(frozen=True)
class _Areas:
    """The ways of areas, whose ids are in order: the nth entry is a way of the area at ``owner[n]``."""

    ids: IntArray
    owner: IntArray
    way: IntArray
    outer: BoolArray


@dataclass(frozen=True)
class _Seen:
    """Where everything lies: bounds as west, south, east, north [degrees], NaN where nothing has a position.

    Attributes
    ----------
    node_ids, way_ids : numpy.ndarray
        Those of tagged nodes and of ways, in order.
    nodes, ways : numpy.ndarray
        Their bounds.
    areas : _Areas
    """

    node_ids: IntArray
    nodes: FloatArray
    way_ids: IntArray
    ways: FloatArray
    areas: _Areas

    def within(self, box: Box) -> tuple[IntArray, IntArray]:
        """Return the ids of ways and of areas in a box; the ways with all that bound these areas."""
        areas, inside = self.areas, _meets(self.ways, box)
        kept = _meets(self.outlines, box)
        held, row = self._rows
        kept[areas.owner[held][inside[row]]] = True
        ways = np.union1d(self.way_ids[inside], areas.way[kept[areas.owner]])
        return ways, areas.ids[kept]

    @cached_property
    def _rows(self) -> tuple[BoolArray, IntArray]:
        """Which ways of areas the file holds, and their positions among its ways."""
        held = np.isin(self.areas.way, self.way_ids)
        return held, np.searchsorted(self.way_ids, self.areas.way[held])

    @cached_property
    def outlines(self) -> FloatArray:
        """The bounds of each area by those of its ways that are no holes (areas × 4)."""
        held, row = self._rows
        outer = self.areas.outer[held]
        owner, bounds = self.areas.owner[held][outer], self.ways[row[outer]]
        around = np.full((len(self.areas.ids), 4), np.nan)
        for edge, most in enumerate((np.fmin, np.fmin, np.fmax, np.fmax)):
            most.at(around[:, edge], owner, bounds[:, edge])
        return around


def _meets(bounds: FloatArray, box: Box) -> BoolArray:
    """Return which bounds meet a box, or are not known."""
    west, south, east, north = box
    apart = (bounds[:, 2] < west) | (bounds[:, 0] > east) | (bounds[:, 3] < south) | (bounds[:, 1] > north)
    return np.asarray(~apart)


def _look(source: Path) -> _Seen:
    """Look at every element that matters by itself."""
    ids = {kind: array("q") for kind in _KINDS}
    bounds = {"n": array("d"), "w": array("d")}
    members: list[tuple[int, int, bool]] = []
    tagged = osmium.filter.EmptyTagFilter()
    tagged.enable_for(osmium.osm.NODE)
    for item in read_elements(open_osm_file(source).with_locations().with_filter(tagged), source):
        kind = item.type_str()
        if kind != "r":
            bounds[kind].extend(_bounds([item] if kind == "n" else item.nodes))
        elif tags_of(item, source).get("type") in _AREAS:
            members += [(len(ids["r"]), each.ref, each.role != "inner") for each in item.members if each.type == "w"]
        else:
            continue
        ids[kind].append(item.id)
    places = {kind: np.array(some, dtype=float).reshape(-1, 4) for kind, some in bounds.items()}
    numbers = {kind: np.array(some, dtype=np.int64) for kind, some in ids.items()}
    owner, way, outer = np.array(members, dtype=np.int64).reshape(-1, 3).T
    areas = _Areas(numbers["r"], owner, way, outer.astype(bool))
    return _Seen(numbers["n"], places["n"], numbers["w"], places["w"], areas)


def _bounds(nodes: Sequence[Any]) -> Sequence[float]:
    at = [(node.lon, node.lat) for node in nodes if node.location.valid()]
    if not at:
        return _NOWHERE
    lon, lat = zip(*at, strict=True)
    return min(lon), min(lat), max(lon), max(lat)


@dataclass(frozen=True)
class _Refs:
    """The nodes of some ways, whose ids are in order: those of the nth are ``refs[offsets[n] : offsets[n + 1]]``."""

    ways: IntArray
    refs: IntArray
    offsets: IntArray

    def of(self, ways: IntArray) -> IntArray:
        """Return the nodes of some of the ways, those that the file has."""
        chosen = np.isin(self.ways, ways, assume_unique=True)
        return self.refs[np.repeat(chosen, np.diff(self.offsets))]


def _nodes_of(source: Path, ways: IntArray) -> _Refs:
    ids, sizes, refs = array("q"), array("q"), array("q")
    for way in read_elements(open_osm_file(source, osmium.osm.WAY).with_filter(_only(ways, "w")), source):
        ids.append(way.id)
        sizes.append(len(way.nodes))
        refs.extend(node.ref for node in way.nodes)
    return _Refs(np.array(ids, dtype=np.int64), np.array(refs, dtype=np.int64), run_offsets(np.array(sizes)))


def _only(ids: IntArray, kind: str) -> Any:
    """Return osmium's filter of the elements of a kind with some ids; those of other kinds pass."""
    kept = osmium.filter.IdFilter(ids.tolist())
    return kept.enable_for({"n": osmium.osm.NODE, "w": osmium.osm.WAY, "r": osmium.osm.RELATION}[kind])


class _Owners:
    """In which boxes each element of a kind lies, asked for in the order of their ids."""

    def __init__(self, by_box: Sequence[IntArray]) -> None:
        ids = np.concatenate(by_box)
        box = np.repeat(np.arange(len(by_box)), [len(some) for some in by_box])
        order = np.lexsort((box, ids))
        self.ids, counts = np.unique(ids, return_counts=True)
        # Numbers of Python's own: asking numpy for one at a time takes ten times as long.
        self._ids, self._box, self._offsets = (array("q", some) for some in (self.ids, box[order], run_offsets(counts)))
        self._at = 0

    def next(self, ident: int) -> Sequence[int]:
        """Return the boxes of an element; none of those after it has a lower id."""
        while self._ids[self._at] < ident:
            self._at += 1
        return self._box[self._offsets[self._at] : self._offsets[self._at + 1]]
