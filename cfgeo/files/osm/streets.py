"""Streets of OpenStreetMap files (``.osm.pbf``, ``.osm``, also compressed) into arrays, with ``osmium``."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import osmium
import pandas as pd
import shapely

from cfgeo.core.errors import InputError
from cfgeo.core.schema import WGS84, FloatArray, IntArray, StreetWays
from cfgeo.files.archives import require_modest
from cfgeo.files.osm.tags import edge_facts, signalled, walkable

Position = tuple[int, float, float]  # id, longitude, latitude

SUFFIXES = (".osm.pbf", ".pbf", ".osm", ".osm.gz", ".osm.bz2")


def is_osm_file(path: Path) -> bool:
    """Return whether a file has the suffix of one of OpenStreetMap's own formats."""
    return path.name.lower().endswith(SUFFIXES)


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
                collector.add(item.id, tags, [_position(node) for node in item.nodes])
        elif item.is_node():
            if item.tags.get("highway") == "elevator":
                lifts.append(item.id)
            elif signalled(dict(item.tags)):
                signals.append(item.id)
    if collector.ways and not collector.positions:
        _read_unsorted(path, collector)
    return collector.streets(np.asarray(lifts, dtype=np.int64), np.asarray(signals, dtype=np.int64))


def _position(node: Any) -> Position | None:
    return (node.ref, node.lon, node.lat) if node.location.valid() else None


def _read_unsorted(path: Path, collector: "_Collector") -> None:
    """Read a file whose ways precede their nodes, or whose ids are negative: osmium has no locations for those."""
    nodes = read_elements(open_osm_file(path, osmium.osm.NODE), path)
    positions = {node.id: (node.id, node.lon, node.lat) for node in nodes if node.location.valid()}
    ways = open_osm_file(path, osmium.osm.WAY).with_filter(osmium.filter.KeyFilter("highway"))
    for way in read_elements(ways, path):
        if walkable(tags := tags_of(way, path)):
            collector.add(way.id, tags, [positions.get(node.ref) for node in way.nodes])


class _Collector:
    """Gathers the runs of nodes of walkable ways in flat lists."""

    def __init__(self, bbox: tuple[float, float, float, float] | None) -> None:
        self.bbox = bbox
        self.ways = self.positions = 0
        self.rows: list[dict[str, Any]] = []
        self.ids: list[int] = []
        self.lon: list[float] = []
        self.lat: list[float] = []
        self.offsets: list[int] = [0]

    def add(self, way: int, tags: Mapping[str, str], nodes: list[Position | None]) -> None:
        """Add one way, as several runs where nodes are missing."""
        self.ways += 1
        self.positions += sum(node is not None for node in nodes)
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

    def streets(self, lifts: IntArray, signals: IntArray) -> StreetWays:
        return StreetWays(
            ways=pd.DataFrame(self.rows),
            node_ids=np.asarray(self.ids, dtype=np.int64),
            x=np.asarray(self.lon, dtype=float),
            y=np.asarray(self.lat, dtype=float),
            offsets=np.asarray(self.offsets, dtype=np.int64),
            lifts=lifts,
            signals=signals,
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


def tags_of(item: Any, path: Path) -> dict[str, str]:
    """Return an element's tags.

    Raises
    ------
    InputError
        A tag is not UTF-8, as OpenStreetMap requires.
    """
    try:
        return dict(item.tags)
    except UnicodeDecodeError as error:
        raise InputError("osm_unreadable", file=path, reason=error) from error


def bounds_of(areas: gpd.GeoSeries, *, margin_m: float) -> tuple[float, float, float, float]:
    """Return the box around areas in a metric CRS, grown by a margin: west, south, east, north [degrees]."""
    grown = gpd.GeoSeries(shapely.box(*_grow(areas.total_bounds, margin_m)), crs=areas.crs)
    west, south, east, north = grown.to_crs(WGS84).total_bounds
    return float(west), float(south), float(east), float(north)


def _grow(bounds: FloatArray, margin_m: float) -> tuple[float, float, float, float]:
    return bounds[0] - margin_m, bounds[1] - margin_m, bounds[2] + margin_m, bounds[3] + margin_m


def open_osm_file(path: Path, kinds: Any = osmium.osm.ALL) -> Any:
    """Return osmium's reader of a file. On Windows osmium cannot open a name such as 渝中区: it gets bytes.

    Raises
    ------
    InputError
        The file cannot be read, or unpacks to more than such data does.
    """
    require_modest(path)
    if str(path).isascii():
        return osmium.FileProcessor(str(path), kinds)
    ending = next(suffix for suffix in SUFFIXES if path.name.lower().endswith(suffix))
    try:
        return osmium.FileProcessor(osmium.io.FileBuffer(path.read_bytes(), ending[1:]), kinds)
    except OSError as error:
        raise InputError("osm_unreadable", file=path, reason=error) from error


def read_elements(processor: Any, path: Path) -> Iterator[Any]:
    """Yield a file's elements; a damaged file is an error of the user's file, not a traceback.

    Raises
    ------
    InputError
        The file cannot be read to its end.
    """
    try:
        yield from processor
    except (RuntimeError, OSError, ValueError, osmium.InvalidLocationError) as error:
        raise InputError("osm_unreadable", file=path, reason=error) from error
