"""One named source of a study → one table or network, with a note of each file that was read."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely

from cfgeo.cache import file_sha256, file_size, load_network, network_key, store_network
from cfgeo.elevation import Raster, heights_at, read_rasters
from cfgeo.errors import StudyError
from cfgeo.features import Box, Tags, read_features, read_many_features
from cfgeo.interop import network_from_graphml, ways_of_network
from cfgeo.network import build_network, streets_from_lines
from cfgeo.osm import bounds_of, is_osm_file, read_streets
from cfgeo.read import guessed_encoding, keep_where, missing, read_places, rename
from cfgeo.schema import WGS84, InputFile, Network, Slope, StreetWays, finding
from cfgeo.study import Source, Study
from cfgeo.terrain import with_relief
from cfgeo.workbook import is_workbook, read_sheet

Findings = list[dict[str, Any]]

_log = logging.getLogger(__name__)


class Files:
    """Remembers each file that is read, with its hash."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self.hashes: dict[Path, str] = {}
        self.seen: dict[tuple[str, Path], InputFile] = {}
        self.elements: dict[tuple[Path, str], tuple[gpd.GeoDataFrame, Findings]] = {}

    def note(self, role: str, path: Path, about: Any = None) -> str:
        """Take note of a file and return its SHA-256."""
        if not path.is_file() and not path.suffix.lower() == ".gdb":  # a geodatabase is a folder
            raise missing(path)
        if path not in self.hashes:
            self.hashes[path] = file_sha256(path)
        name = path.relative_to(self.study.folder) if path.is_relative_to(self.study.folder) else path
        # What is taken from the network's own file shares its source, where it names none itself.
        streets = self.study.network if path == self.study.resolve(None) else about
        keys = ("source", "date", "licence")
        provenance = {key: getattr(about, key, "") or getattr(streets, key, "") for key in keys}
        size = file_size(path)
        self.seen[role, path] = InputFile(role, name.as_posix(), self.hashes[path], size, **provenance)
        return self.hashes[path]

    def elements_of(self, path: Path, tags: Tags, *, bbox: Box) -> tuple[gpd.GeoDataFrame, Findings]:
        """Return elements of an OpenStreetMap file, which is read once for all layers and homes of the study."""
        if (path, str(tags)) not in self.elements:
            sources = [*self.study.layers.values(), self.study.demand]
            others = [s.osm for s in sources if s and s.osm and self.study.resolve(s.path) == path]
            queries = {(path, str(query)): query for query in (tags, *others)}
            found = read_many_features(path, list(queries.values()), bbox=bbox)
            self.elements |= dict(zip(queries, found, strict=True))
        return self.elements[path, str(tags)]

    def listed(self) -> tuple[InputFile, ...]:
        """Return what was noted, in the order of reading."""
        return tuple(self.seen.values())


def read_source(
    source: Source, role: str, files: Files, *, bbox: Box | None = None
) -> tuple[gpd.GeoDataFrame, Findings]:
    """Read a table of places: from OpenStreetMap elements or from any other file.

    Parameters
    ----------
    source, role
        The source, and what it is for.
    files
        The study's files.
    bbox
        West, south, east, north [degrees] for layers and homes from OpenStreetMap; all is read when missing.
    """
    path = files.study.resolve(source.path)
    files.note(role, path, source)
    findings: Findings = []
    if source.osm is not None:
        if not is_osm_file(path):
            raise StudyError("osm_from_other_file", role=role, file=path)
        if bbox is None:
            table, findings = read_features(path, source.osm)
        else:
            table, findings = files.elements_of(path, source.osm, bbox=bbox)
        named = [*source.columns.values(), *source.where]
        table = table.assign(**{key: None for key in named if key not in table.columns})  # a tag that nothing has
        table = rename(table, source.columns, path=path)
    else:
        table = read_places(path, columns=source.columns, datum=source.datum, table=source.table)
        if encoding := guessed_encoding(path):
            findings.append(finding("encoding_guessed", role, severity="note", file=path.name, encoding=encoding))
        findings += check_layout(path, source.table)
    table = keep_where(table, source.where, path=path, columns=source.columns)
    return table, [{**row, "layer": role} for row in findings]


def check_layout(path: Path, sheet: str | None) -> Findings:
    """Say which rows of a workbook's sheet were taken for what, where it is not a plain table."""
    if not is_workbook(path):
        return []
    read = read_sheet(path, sheet)
    rows: Findings = []
    if read.others:
        rows.append(finding("sheet_chosen", path.name, severity="note", sheet=read.name, others=read.others))
    if read.skipped or read.headings != (1,):
        at = {"sheet": read.name, "headings": read.headings, "skipped": read.skipped or ("–",)}
        rows.append(finding("sheet_layout", path.name, severity="note", **at))
    return rows


def network_around(place: gpd.GeoSeries, files: Files, *, margin_m: float, cache: Path | None) -> tuple[Network, bool]:
    """Return a study's network, and whether it was kept from an earlier run.

    Parameters
    ----------
    place
        What it is wanted for, in the network's metric CRS.
    files
        The study's files.
    margin_m
        How far around it streets are read [m].
    cache
        Folder in which networks are kept between runs; None keeps none.
    """
    given = files.study.network
    path = files.study.resolve(given.path)
    sha256 = files.note("network", path, given)
    rasters = [files.study.resolve(name) for name in given.elevation]
    hashes = [files.note("elevation", raster, given) for raster in rasters]
    slope = files.study.walk.slope
    crs = place.crs.to_string()
    bbox = box_around(place, margin_m=margin_m)
    relief = {"elevation": hashes, "slope": slope}
    key = network_key(sha256=sha256, crs=crs, bbox=bbox, datum=given.datum, name="".join(path.suffixes), **relief)
    kept = load_network(cache, key) if cache else None
    if kept is not None:
        _log.info("network taken from the cache: %s", key)
        return kept, True
    network = read_network(path, crs=crs, bbox=bbox, datum=given.datum)
    network = over_land(network, rasters, slope=slope)
    if cache:
        store_network(cache, key, network)
    return network, False


def box_around(place: gpd.GeoSeries, *, margin_m: float) -> Box:
    """Return the box in which streets are read: west, south, east, north [degrees]."""
    west, south, east, north = (round(edge, 5) for edge in bounds_of(place, margin_m=margin_m))
    return west, south, east, north


@dataclass(frozen=True)
class Streets:
    """What a study's network is cut from; read when it is first asked for, and then kept.

    Attributes
    ----------
    study : Study
    crs : str
        The metric CRS.
    bbox : tuple of float
        West, south, east, north [degrees].
    edited : StreetWays, optional
        The ways after changes; those of the file when missing.
    homes : callable, optional
        Demand on a network, where homes are taken from streets.
    """

    study: Study
    crs: str
    bbox: Box
    edited: StreetWays | None = None
    homes: Callable[[Network], gpd.GeoDataFrame] | None = None

    @cached_property
    def ways(self) -> StreetWays:
        """The ways, without what lies outside the box."""
        given = self.study.network
        if self.edited is not None:
            return self.edited
        return read_ways(self.study.resolve(None), crs=self.crs, bbox=self.bbox, datum=given.datum)

    def network(self) -> Network:
        """Return the network that is cut from the ways, over the land."""
        rasters = [self.study.resolve(name) for name in self.study.network.elevation]
        return over_land(build_network(self.ways, crs=self.crs), rasters, slope=self.study.walk.slope)


def over_land(network: Network, rasters: Sequence[Path], *, slope: Slope = "tobler") -> Network:
    """Return a network with the heights of elevation rasters walked.

    Parameters
    ----------
    network
        As :func:`read_network` gives it.
    rasters
        GeoTIFF, ``.hgt`` or zipped ``.hgt``; the first that knows a place says its height.
    slope
        How slope slows; ``none`` leaves the rasters out.

    Raises
    ------
    InputError
        A raster cannot be read.
    """
    read = [] if slope == "none" else rasters_under(network, rasters)
    heights = partial(heights_at, read, crs=str(network.edges.crs)) if rasters else None
    made = with_relief(network, heights, slope=slope)
    relief = {**made.relief, "rasters": len(read), "feet": [raster.name for raster in read if raster.feet]}
    return replace(made, relief=relief)


def rasters_under(network: Network, paths: Sequence[Path]) -> list[Raster]:
    """Return the parts of elevation rasters that lie under a network, as :func:`cfgeo.elevation.read_rasters`."""
    west, south, east, north = network.edges.total_bounds
    return read_rasters(paths, bounds=(west, south, east, north), crs=str(network.edges.crs))


def read_network(
    path: str | Path, *, crs: str, bbox: tuple[float, float, float, float] | None = None, datum: str = "wgs84"
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

    Raises
    ------
    InputError
        The file cannot be read.
    NetworkError
        There is nothing to walk on.
    """
    path = Path(path)
    if path.suffix.lower() == ".graphml":
        return network_from_graphml(path, crs=crs)
    return build_network(read_ways(path, crs=crs, bbox=bbox, datum=datum), crs=crs)


def read_ways(path: Path, *, crs: str, bbox: Box | None = None, datum: str = "wgs84") -> StreetWays:
    """Read what :func:`read_network` makes a network of, before it is cut at junctions.

    Parameters
    ----------
    path, crs, bbox, datum
        As for :func:`read_network`.
    """
    if is_osm_file(path):
        if datum not in {"wgs84", "cgcs2000"}:
            raise StudyError("osm_datum", file=path, datum=datum)
        return read_streets(path, bbox=bbox)
    if path.suffix.lower() == ".graphml":
        return ways_of_network(network_from_graphml(path, crs=crs))
    lines = read_places(path, columns={}, datum=datum)
    if bbox is not None:
        lines = lines[lines.intersects(gpd.GeoSeries([shapely.box(*bbox)], crs=WGS84).to_crs(lines.crs).iloc[0])]
    return streets_from_lines(lines)
