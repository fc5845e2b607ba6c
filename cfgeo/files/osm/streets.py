"""Streets of OpenStreetMap files into arrays."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy import sparse

from cfgeo.core.arrays import run_offsets
from cfgeo.core.findings import Findings, finding
from cfgeo.core.schema import WGS84, BoolArray, Box, FloatArray, IntArray, StreetWays
from cfgeo.files.osm.areas import (
    CROSSED,
    KEYS,
    AreaCollector,
    BoundaryLine,
    Position,
    as_street,
    is_area,
    is_closed,
    storey,
)
from cfgeo.files.osm.barriers import CLOSED, Barriers, cut_at_barriers, parted, stops
from cfgeo.files.osm.clean import user_id, user_ids
from cfgeo.files.osm.doubts import Doubts
from cfgeo.files.osm.reader import Opened, file_findings, open_osm_file, read_elements, tags_of
from cfgeo.files.osm.tags import closing_tag, edge_facts, opened, plain_tags, signalled, walkable
from cfgeo.libraries import osmium

_MOST_NAMED = 5
_DEGREE_M = 111_320.0
"""Metres of a degree of latitude."""


def read_streets(path: Path, *, bbox: Box | None = None, trunk_roads: bool = False) -> StreetWays:
    """Read the walkable ways of a file in one pass.

    A node that the file does not hold (as at the edge of an extract) splits its way: it ends before and begins after.
    So does a barrier that nobody may pass.

    Parameters
    ----------
    path
        The file.
    bbox
        West, south, east, north [degrees]; ways without a node inside are left out. All when missing.
    trunk_roads
        Whether trunk roads are walked where nothing says that they have a sidewalk.

    Raises
    ------
    InputError
        The file cannot be read.
    """
    collector = StreetCollector(bbox, trunk_roads=trunk_roads)
    processor = open_osm_file(path).with_locations().with_filter(osmium.filter.KeyFilter(*collector.keys))
    for item in read_elements(processor, path):
        collector.take(item, tags_of(item, path))
    return collector.ways(path, partial(open_osm_file, path), file_findings(path))


def _position(node: Any) -> Position | None:
    return (node.ref, node.lon, node.lat) if node.location.valid() else None


@dataclass(frozen=True)
class _Relation:
    """A walkable multipolygon: its name in findings, its tags, its ways, and whether each bounds a hole."""

    name: str
    tags: dict[str, str]
    members: list[tuple[int, bool]]


class StreetCollector:
    """Gathers the runs of nodes of walkable ways in flat lists, from elements as they come by.

    Parameters
    ----------
    bbox, trunk_roads
        As for :func:`read_streets`.

    Attributes
    ----------
    keys : frozenset of str
        An element without one of them is no street, and nothing on one.
    """

    def __init__(self, bbox: Box | None, *, trunk_roads: bool) -> None:
        self.keys = frozenset((*KEYS, "barrier", "crossing", "crossing:signals"))
        self.bbox, self.trunk_roads = bbox, trunk_roads
        self.lifts: list[int] = []
        self.signals: list[int] = []
        self.relations: list[_Relation] = []
        self.stopping: dict[str, list[int]] = {"all": [], "strollers": []}
        self.doubts = Doubts(trunk_roads=trunk_roads)
        self.lost: list[int] = []
        self.cut: list[int] = []
        self.rows: list[dict[str, Any]] = []
        self.ids: list[int] = []
        self.lon: list[float] = []
        self.lat: list[float] = []
        self.offsets: list[int] = [0]
        self.aside: list[bool] = []
        self.closed: list[str] = []
        self.known: set[int] = set()
        self.squares = AreaCollector()
        self.open: list[str] = []

    def take(self, item: Any, tags: Mapping[str, str]) -> None:
        """Look at the next element of the file."""
        if item.is_way():
            self.add_way(user_id(item.id), tags, [_position(node) for node in item.nodes])
        elif item.is_relation():
            street = as_street(tags)
            if street.get("type") == "multipolygon" and walkable(street):
                members = [(member.ref, member.role == "inner") for member in item.members if member.type == "w"]
                self.relations.append(_Relation(f"relation/{user_id(item.id)}", street, members))
        elif item.is_node():
            if plain_tags(tags).get("highway") == "elevator":
                self.lifts.append(user_id(item.id))
            elif signalled(tags):
                self.signals.append(user_id(item.id))
            if whom := stops(tags):
                self.stopping[whom].append(user_id(item.id))

    def ways(self, path: Path, opened: Opened, about_file: Findings) -> StreetWays:
        """Return the ways, without what lies behind barriers.

        Parameters
        ----------
        path
            The file, for findings.
        opened
            Opens it again, where squares are multipolygons.
        about_file
            What was found in the file itself.
        """
        if self.relations:
            self._read_members(path, opened)
        findings = (*({**row, "layer": "network"} for row in about_file), *self.findings(path.name))
        barriers = Barriers(*(np.asarray(self.stopping[whom], dtype=np.int64) for whom in ("all", "strollers")))
        return parted(cut_at_barriers(self._all_ways(findings), barriers))

    def _read_members(self, path: Path, opened: Opened) -> None:
        """Read the ways of multipolygons in a second pass: most have no tags that tell them from buildings."""
        wanted = {way for square in self.relations for way, _ in square.members}
        processor = opened().with_locations().with_filter(osmium.filter.IdFilter(sorted(wanted)))
        ways = {
            item.id: (as_street(tags_of(item, path)), [_position(node) for node in item.nodes])
            for item in read_elements(processor, path)
            if item.is_way()
        }
        for square in self.relations:
            self.add_square(square, ways)

    def add_way(self, way: int, tags: Mapping[str, str], nodes: list[Position | None]) -> None:
        """Add one way, and the area that it bounds; one that is not walkable as it would be once it is opened."""
        street = as_street(tags)
        if "highway" not in street:
            return
        is_walked = walkable(street, trunk_roads=self.trunk_roads)
        if not any(nodes):
            self.lost += [way] if is_walked else []
            return
        if self.bbox is None or any(self._inside(node) for node in nodes):
            self.doubts.look_at(f"way/{way}", street, sum(map(_length_m, _runs(nodes))))
        if not is_walked:
            once_open = opened(street) if "highway" in tags and not is_area(street) else {}
            if once_open:
                self._add(way, once_open, nodes, aside=False, closed=closing_tag(street))
            return
        facts = self._add(way, street, nodes, aside="highway" not in tags)
        whole = [node for node in nodes if node is not None]
        if facts and is_area(street) and len(whole) == len(nodes) > 3 and nodes[0] == nodes[-1]:
            self.squares.add(facts, [BoundaryLine(way, hole=False, nodes=whole)])

    def add_square(self, square: _Relation, ways: Mapping[int, tuple[dict[str, str], list[Position | None]]]) -> None:
        """Add a multipolygon: the area, and those stretches of its outline that are no streets themselves.

        Where members or nodes are missing, as at the edge of an extract, what there is of the outline is walked.
        """
        lines, whole = [], True
        for way, hole in square.members:
            tags, nodes = ways.get(way, ({}, []))
            runs = list(_runs(nodes))
            whole &= len(runs) == 1 and None not in nodes
            lines += [BoundaryLine(user_id(way), hole, run) for run in runs]
            outline = {**square.tags, **tags}
            if not hole and "highway" not in tags and user_id(way) not in self.known and walkable(outline):
                self._add(user_id(way), outline, nodes, aside="man_made" in outline or "railway" in outline)
        if not is_area(square.tags) or not any(self._inside(node) for line in lines for node in line.nodes):
            return
        if whole and is_closed(lines):
            self.squares.add({"osm_id": 0, **_facts(square.tags, trunk_roads=False)}, lines)
        elif square.tags["highway"] in CROSSED:
            self.open.append(square.name)

    def _add(
        self, way: int, tags: Mapping[str, str], nodes: list[Position | None], *, aside: bool, closed: str = ""
    ) -> dict[str, Any]:
        """Add one way, as several runs where nodes are missing; return its columns, none where it lies outside.

        Parameters
        ----------
        aside
            It counts only where a street leads to it.
        closed
            The tag for which nobody walks along it.
        """
        if self.bbox and not any(self._inside(node) for node in nodes):
            return {}
        facts = {"osm_id": way, **_facts(tags, trunk_roads=self.trunk_roads)}
        if not closed:
            self.known.add(way)
            inside = [i for i, node in enumerate(nodes) if self._inside(node)]
            self.cut += [way] if None in nodes[inside[0] : inside[-1]] else []
        for run in _runs(nodes):
            self.rows.append(facts)
            self.aside.append(aside)
            self.closed.append(closed)
            for ref, lon, lat in run:
                self.ids.append(ref)
                self.lon.append(lon)
                self.lat.append(lat)
            self.offsets.append(len(self.ids))
        return facts

    def _inside(self, node: Position | None) -> bool:
        west, south, east, north = self.bbox or (-180, -90, 180, 90)
        return node is not None and west <= node[1] <= east and south <= node[2] <= north

    def findings(self, file: str) -> Findings:
        """Return what is doubtful about ways, of which ways the file has no node, and which squares have a gap."""
        rows = self.doubts.findings()
        if self.lost:
            names = ", ".join(f"way/{way}" for way in self.lost[:_MOST_NAMED])
            rows.append(finding("osm_ways_lost", "network", file=file, count=len(self.lost), names=names))
        if self.cut:
            names = ", ".join(f"way/{way}" for way in self.cut[:_MOST_NAMED])
            rows.append(finding("osm_ways_cut", "network", file=file, count=len(self.cut), names=names))
        if self.open:
            names = ", ".join(self.open[:_MOST_NAMED])
            rows.append(finding("squares_open", "network", severity="note", count=len(self.open), squares=names))
        return rows

    def _all_ways(self, findings: tuple[dict[str, Any], ...]) -> StreetWays:
        node_ids, sizes = np.asarray(self.ids, dtype=np.int64), np.diff(self.offsets)
        shut = np.array([bool(tag) for tag in self.closed], dtype=bool)
        kept, aside = shut.copy(), np.asarray(self.aside, dtype=bool)
        kept[~shut] = _leads_there(node_ids[np.repeat(~shut, sizes)], sizes[~shut], aside[~shut])
        vertex = np.repeat(kept, sizes)
        ways = pd.DataFrame(self.rows)
        if shut.any():
            ways = ways.assign(**{CLOSED: self.closed})
        return StreetWays(
            ways=ways[kept].reset_index(drop=True),
            node_ids=user_ids(node_ids[vertex]),
            x=np.asarray(self.lon, dtype=float)[vertex],
            y=np.asarray(self.lat, dtype=float)[vertex],
            offsets=run_offsets(sizes[kept]),
            lifts=np.asarray(self.lifts, dtype=np.int64),
            signals=np.asarray(self.signals, dtype=np.int64),
            findings=findings,
            areas=self.squares.areas(node_ids[np.repeat(kept & ~shut, sizes)]),
        )


def _facts(tags: Mapping[str, str], *, trunk_roads: bool) -> dict[str, Any]:
    return {**edge_facts(tags, trunk_roads=trunk_roads), "storey": storey(tags)}


def _length_m(run: list[Position]) -> float:
    """Return how long a run is, good to a per cent."""
    shrink = math.cos(math.radians(run[0][2]))
    steps = ((there[1] - here[1], there[2] - here[2]) for here, there in pairwise(run))
    return _DEGREE_M * sum(math.hypot(east * shrink, north) for east, north in steps)


def _leads_there(node_ids: IntArray, sizes: IntArray, aside: BoolArray) -> BoolArray:
    """Return which ways are streets, or connected with one by nodes that they share (ways)."""
    if not aside.any():
        return ~aside
    nodes, node = np.unique(node_ids, return_inverse=True)
    way, n_ways = np.repeat(np.arange(len(sizes)), sizes), len(sizes)
    shape = (n_ways + len(nodes),) * 2
    links = sparse.coo_array((np.ones(len(way)), (way, n_ways + node)), shape=shape)
    piece = sparse.csgraph.connected_components(links, directed=False)[1][:n_ways]
    return np.isin(piece, piece[~aside])


def _runs(nodes: Iterable[Position | None]) -> Iterator[list[Position]]:
    """Split a way at missing nodes; a run of fewer than two nodes leads nowhere and is dropped."""
    run: list[Position] = []
    for node in [*nodes, None]:
        if node is not None:
            run.append(node)
            continue
        if len(run) > 1:
            yield run
        run = []


def bounds_of(areas: gpd.GeoSeries, *, margin_m: float) -> tuple[float, float, float, float]:
    """Return the box around areas in a metric CRS, grown by a margin: west, south, east, north [degrees]."""
    grown = gpd.GeoSeries(shapely.box(*_grow(areas.total_bounds, margin_m)), crs=areas.crs)
    west, south, east, north = grown.to_crs(WGS84).total_bounds
    return float(west), float(south), float(east), float(north)


def _grow(bounds: FloatArray, margin_m: float) -> tuple[float, float, float, float]:
    return bounds[0] - margin_m, bounds[1] - margin_m, bounds[2] + margin_m, bounds[3] + margin_m
