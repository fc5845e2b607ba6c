"""Streets of OpenStreetMap files into arrays."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import osmium
import pandas as pd
import shapely

from cfgeo.core.findings import Findings, finding
from cfgeo.core.schema import WGS84, FloatArray, IntArray, StreetWays
from cfgeo.files.osm.clean import user_id, user_ids
from cfgeo.files.osm.reader import file_findings, open_osm_file, read_elements, tags_of
from cfgeo.files.osm.tags import edge_facts, signalled, walkable

Position = tuple[int, float, float]  # id, longitude, latitude

_MOST_NAMED = 5


def read_streets(path: Path, *, bbox: tuple[float, float, float, float] | None = None) -> StreetWays:
    """Read the walkable ways of a file in one pass.

    A node that the file does not hold (as at the edge of an extract) splits its way: it ends before and begins after.

    Parameters
    ----------
    path
        The file.
    bbox
        West, south, east, north [degrees]; ways without a node inside are left out. All when missing.

    Raises
    ------
    InputError
        The file cannot be read.
    """
    collector = _Collector(bbox)
    lifts: list[int] = []
    signals: list[int] = []
    processor = open_osm_file(path).with_locations().with_filter(osmium.filter.KeyFilter("highway"))
    for item in read_elements(processor, path):
        if item.is_way():
            if walkable(tags := tags_of(item, path)):
                collector.add(user_id(item.id), tags, [_position(node) for node in item.nodes])
        elif item.is_node():
            if item.tags.get("highway") == "elevator":
                lifts.append(user_id(item.id))
            elif signalled(dict(item.tags)):
                signals.append(user_id(item.id))
    about_file = ({**row, "layer": "network"} for row in file_findings(path))
    findings = (*about_file, *collector.findings(path.name))
    return collector.streets(np.asarray(lifts, dtype=np.int64), np.asarray(signals, dtype=np.int64), findings)


def _position(node: Any) -> Position | None:
    return (node.ref, node.lon, node.lat) if node.location.valid() else None


class _Collector:
    """Gathers the runs of nodes of walkable ways in flat lists."""

    def __init__(self, bbox: tuple[float, float, float, float] | None) -> None:
        self.bbox = bbox
        self.lost: list[int] = []
        self.rows: list[dict[str, Any]] = []
        self.ids: list[int] = []
        self.lon: list[float] = []
        self.lat: list[float] = []
        self.offsets: list[int] = [0]

    def add(self, way: int, tags: Mapping[str, str], nodes: list[Position | None]) -> None:
        """Add one way, as several runs where nodes are missing."""
        if not any(nodes):
            self.lost.append(way)
            return
        if self.bbox and not any(self._inside(node) for node in nodes):
            return
        facts = {"osm_id": way, **edge_facts(tags)}
        for run in _runs(nodes):
            self.rows.append(facts)
            for ref, lon, lat in run:
                self.ids.append(ref)
                self.lon.append(lon)
                self.lat.append(lat)
            self.offsets.append(len(self.ids))

    def _inside(self, node: Position | None) -> bool:
        west, south, east, north = self.bbox or (-180, -90, 180, 90)
        return node is not None and west <= node[1] <= east and south <= node[2] <= north

    def findings(self, file: str) -> Findings:
        """Return a finding about the ways of which the file has no node: they are nowhere."""
        if not self.lost:
            return []
        names = ", ".join(f"way/{way}" for way in self.lost[:_MOST_NAMED])
        return [finding("osm_ways_lost", "network", file=file, count=len(self.lost), names=names)]

    def streets(self, lifts: IntArray, signals: IntArray, findings: tuple[dict[str, Any], ...]) -> StreetWays:
        return StreetWays(
            ways=pd.DataFrame(self.rows),
            node_ids=user_ids(np.asarray(self.ids, dtype=np.int64)),
            x=np.asarray(self.lon, dtype=float),
            y=np.asarray(self.lat, dtype=float),
            offsets=np.asarray(self.offsets, dtype=np.int64),
            lifts=lifts,
            signals=signals,
            findings=findings,
        )


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
