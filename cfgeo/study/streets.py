"""The streets of a study: its network, from the cache or from its file, and the names on its map."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from cfgeo.check.coordinates import check_zone
from cfgeo.core.errors import NetworkError, StudyError
from cfgeo.core.schema import WGS84, Box, InputFile, Network, Slope, StreetWays
from cfgeo.files.osm.features import Tags
from cfgeo.files.osm.lines import streets_from_lines
from cfgeo.files.osm.reader import is_osm_file
from cfgeo.files.osm.streets import bounds_of, read_streets
from cfgeo.files.positions.datum import in_china
from cfgeo.files.postgis import is_database
from cfgeo.files.read import TableFile, as_places
from cfgeo.network.build import build_network
from cfgeo.network.cache import load_network, network_key, store_network
from cfgeo.network.elevation import Elevation, apply_elevation, read_elevation
from cfgeo.network.memory import MemoryStreets
from cfgeo.network.networkx_graphs import network_from_graphml, ways_of_network
from cfgeo.network.rasters.relief import KeptRelief, relief_extents
from cfgeo.study.communities import StudyCommunities
from cfgeo.study.config import Study
from cfgeo.study.sources import SourceReader, read_source, require_plain_osm
from cfgeo.study.tables import TableSource

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class StudyNetwork:
    """The network of a study.

    Attributes
    ----------
    network : Network
    cached : bool
        Whether it was kept from an earlier run.
    files : tuple of InputFile
        The records of its file and of its elevation rasters.
    elevation : Elevation, optional
        What was read of the rasters; None where a kept network needed nothing of them.
    relief : KeptRelief, optional
        That of the window which was asked for.
    """

    network: Network
    cached: bool
    files: tuple[InputFile, ...]
    elevation: Elevation | None
    relief: KeptRelief | None = None


def network_around(
    place: gpd.GeoSeries,
    reader: SourceReader,
    *,
    margin_m: float,
    cache: Path | None,
    window: Box | None = None,
) -> StudyNetwork:
    """Return a study's network around a place.

    Parameters
    ----------
    place
        What the network is for, in the network's metric CRS.
    reader
        Reads the study's files.
    margin_m
        How far around the place streets are read [m].
    cache
        Folder in which networks are kept between runs; None keeps none.
    window
        Where the relief is wanted as well, in the network's metric CRS: each raster is opened once.
    """
    streets, study = reader.study.network, reader.study
    path = study.resolve(streets.path)
    if is_database(streets.path):
        file = reader.database_table("network", streets)[1]
    else:
        file = reader.record("network", path, streets)
    rasters = [study.resolve(name) for name in streets.elevation]
    files = (file, *(reader.record("elevation", raster, streets) for raster in rasters))
    slope, crs, bbox = study.walk.slope, place.crs.to_string(), box_around(place, margin_m=margin_m)
    key = network_key(
        sha256=file.sha256,
        crs=crs,
        bbox=bbox,
        datum=streets.datum,
        name="".join(path.suffixes),
        table=streets.table,
        elevation=[raster.sha256 for raster in files[1:]],
        slope=slope,
        trunk_roads=study.walk.trunk_roads,
    )
    relief = window and KeptRelief(cache, window, crs, [raster.sha256 for raster in files[1:]])
    land = relief_extents(window) if window and relief and relief.relief is None else []
    held = study.memory.get(path)
    stored = load_network(cache, key) if cache and not held else None
    if stored is not None:
        _log.info("network taken from the cache: %s", key)
        elevation = read_elevation(stored, rasters, slope=slope, also=land) if land else None
        return StudyNetwork(stored, cached=True, files=files, elevation=elevation, relief=relief)
    if isinstance(held, MemoryStreets):
        network = held.network(crs=crs, trunk_roads=study.walk.trunk_roads)
    elif path.suffix.lower() == ".graphml":
        require_plain_osm(path, "network", streets.datum, streets.table)
        network = network_from_graphml(path, crs=crs, trunk_roads=study.walk.trunk_roads)
    else:
        network = build_network(ways_around(reader, crs=crs, bbox=bbox), crs=crs)
    elevation = read_elevation(network, rasters, slope=slope, also=land)
    if not (held and _has_heights(network, slope, rasters)):
        network = apply_elevation(network, elevation, slope=slope)
    if cache and not held:
        store_network(cache, key, network)
    return StudyNetwork(network, cached=False, files=files, elevation=elevation, relief=relief)


def _has_heights(network: Network, slope: Slope, rasters: Sequence[Path]) -> bool:
    """Return whether a network in memory has the heights and the slopes that a study asks for already.

    Raises
    ------
    StudyError
        It has those of another function of slope, and there is no raster to take others from.
    """
    own = network.relief.get("slope", "none") if network.relief.get("known") else "none"
    if own not in {"none", slope} and slope != "none" and not rasters:
        raise StudyError("network_slope", own=own, slope=slope)
    return own == slope != "none"


def box_around(place: gpd.GeoSeries, *, margin_m: float) -> Box:
    """Return the box in which streets are read: west, south, east, north [degrees]."""
    west, south, east, north = (round(edge, 5) for edge in bounds_of(place, margin_m=margin_m))
    return west, south, east, north


def read_network(
    path: str | Path,
    *,
    crs: str,
    bbox: Box | None = None,
    datum: str = "wgs84",
    table: str | None = None,
    trunk_roads: bool = False,
) -> Network:
    """Read a walking network, level as yet, from an OpenStreetMap file, an OSMnx GraphML file or a layer of lines.

    Parameters
    ----------
    path
        ``.osm.pbf``, ``.osm``, ``.graphml``, or lines in any vector file.
    crs
        Metric CRS of the network.
    bbox
        West, south, east, north [degrees]: what lies outside is not read. All when missing.
    datum
        Of a layer of lines.
    table
        Which layer of a file that has several.
    trunk_roads
        Whether trunk roads are walked where nothing says that they have a sidewalk.

    Raises
    ------
    InputError
        The file cannot be read.
    NetworkError
        There is nothing to walk on.
    """
    path = Path(path)
    if path.suffix.lower() == ".graphml":
        require_plain_osm(path, "network", datum, table)
        return network_from_graphml(path, crs=crs, trunk_roads=trunk_roads)
    ways = _read_ways(TableFile(path), crs=crs, bbox=bbox, datum=datum, table=table, trunk_roads=trunk_roads)
    return build_network(ways, crs=crs)


def ways_around(reader: SourceReader, *, crs: str, bbox: Box) -> StreetWays:
    """Return the ways that a study's network is cut from.

    Parameters
    ----------
    reader
        Reads the study's files.
    crs
        The metric CRS of a graph, each of whose edges is a way of its own.
    bbox
        West, south, east, north [degrees]: what lies outside is not read.
    """
    streets, trunk_roads = reader.study.network, reader.study.walk.trunk_roads
    if is_database(streets.path):
        source = TableSource(path=streets.path, table=streets.table, datum=streets.datum)
        return _of_lines(read_source(source, "network", reader).table, bbox=bbox, trunk_roads=trunk_roads)
    path = reader.study.resolve(streets.path)
    held = reader.study.memory.get(path)
    if isinstance(held, MemoryStreets):
        return ways_of_network(held.network(crs=crs, trunk_roads=trunk_roads))
    if is_osm_file(path):
        require_plain_osm(path, "network", streets.datum, streets.table)
        return reader.streets(bbox)
    file = reader.file(path)
    return _read_ways(file, crs=crs, bbox=bbox, datum=streets.datum, table=streets.table, trunk_roads=trunk_roads)


def _read_ways(
    file: TableFile, *, crs: str, bbox: Box | None, datum: str, table: str | None, trunk_roads: bool
) -> StreetWays:
    if is_osm_file(file.path):
        require_plain_osm(file.path, "network", datum, table)
        return read_streets(file.path, bbox=bbox, trunk_roads=trunk_roads)
    if file.path.suffix.lower() == ".graphml":
        return ways_of_network(network_from_graphml(file.path, crs=crs, trunk_roads=trunk_roads))
    lines = as_places(file.read(table).table, columns={}, datum=datum, path=file.path)
    return _of_lines(lines, bbox=bbox, trunk_roads=trunk_roads)


def _of_lines(lines: gpd.GeoDataFrame, *, bbox: Box | None, trunk_roads: bool) -> StreetWays:
    if bbox is not None:
        lines = lines[lines.intersects(gpd.GeoSeries([shapely.box(*bbox)], crs=WGS84).to_crs(lines.crs).iloc[0])]
    return streets_from_lines(lines, trunk_roads=trunk_roads)


def elsewhere(reader: SourceReader, communities: StudyCommunities, error: NetworkError) -> NetworkError:
    """Return why no street lies near the communities: there is none at all, or they lie in different places.

    Parameters
    ----------
    reader, communities
        The study's files and its communities.
    error
        What the search for streets around them raised.
    """
    study, areas = reader.study, communities.table
    path, crs = study.resolve(None), areas.crs.to_string()
    try:
        network = _whole_network(reader, crs=crs)
    except NetworkError:
        is_file = error.code == "network_empty" and path not in study.memory
        return NetworkError("network_not_walked", file=path) if is_file else error
    whole = gpd.GeoSeries([shapely.box(*network.edges.total_bounds)], crs=crs)
    west, south, east, north = whole.to_crs(WGS84).total_bounds
    zone = check_zone("communities", areas.to_crs(communities.file_crs), (west, south, east, north))
    if zone:
        values, boundaries = zone[0]["values"], study.resolve(study.boundaries.communities.path)
        crs, meridian, likely = (values[key] for key in ("crs", "meridian", "likely"))
        return NetworkError("network_zone", file=boundaries, crs=crs, meridian=meridian, likely=likely)
    here, there = (
        ", ".join(f"{edge:.4f}" for edge in box)
        for box in (areas.geometry.to_crs(WGS84).total_bounds, (west, south, east, north))
    )
    km = round(whole.distance(shapely.box(*areas.total_bounds).centroid).iloc[0] / 1000)
    return NetworkError("network_elsewhere", file=path, here=here, there=there, km=km)


def _whole_network(reader: SourceReader, *, crs: str) -> Network:
    """Return a study's streets wherever they lie."""
    streets, path = reader.study.network, reader.study.resolve(None)
    held = reader.study.memory.get(path)
    if isinstance(held, MemoryStreets):
        return held.network(crs=crs, trunk_roads=False)
    if held is None:
        return read_network(path, crs=crs, datum=streets.datum)
    ways = _read_ways(reader.file(path), crs=crs, bbox=None, datum=streets.datum, table=None, trunk_roads=False)
    return build_network(ways, crs=crs)


NAMES: Tags = {"name": ("*",)}


def names_asked(study: Study, bbox: Box) -> list[tuple[Tags, Box]]:
    """Return what :func:`names_of_map` asks of the network's OpenStreetMap file; nothing of another file."""
    return [(NAMES, bbox)] if _is_in_china(bbox) and is_osm_file(study.resolve(None)) else []


def names_of_map(reader: SourceReader, network: Network, bbox: Box) -> gpd.GeoDataFrame:
    """Return ``name`` and shape of what has a name in the network's OpenStreetMap file: streets, stations, buildings.

    Of a graph of OSMnx the streets; nothing for places where no Chinese datum is used.
    """
    if not _is_in_china(bbox):
        return network.edges.iloc[:0]
    path = reader.study.resolve(None)
    if not is_osm_file(path):
        return network.edges[network.edges["name"] != ""]
    named = reader.elements(path, NAMES, bbox=bbox)[0]
    return named.to_crs(network.edges.crs) if len(named) else network.edges.iloc[:0]


def _is_in_china(bbox: Box) -> bool:
    west, south, east, north = bbox
    return bool(in_china(np.array([west, east]), np.array([south, north])).any())
