"""One named source of a study → one table or network, with a note of each file that was read."""

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cfgeo.core.errors import InputError, StudyError
from cfgeo.core.findings import Findings, finding
from cfgeo.core.hashes import file_sha256, file_size
from cfgeo.core.schema import WGS84, Box, InputFile, Network, StreetWays
from cfgeo.files.datum import in_china
from cfgeo.files.delimited import SUFFIXES as TABLES
from cfgeo.files.delimited import read_delimited
from cfgeo.files.excel import is_workbook, read_sheet
from cfgeo.files.osm_features import Tags, read_features, read_many_features
from cfgeo.files.osm_streets import bounds_of, is_osm_file, read_streets
from cfgeo.files.postgis import DatabaseTable, address_of, is_database, read_database
from cfgeo.files.read import (
    as_places,
    guessed_encoding,
    has_position,
    keep_where,
    missing,
    read_places,
    read_table,
    rename,
)
from cfgeo.network.build import build_network, streets_from_lines
from cfgeo.network.cache import load_network, network_key, store_network
from cfgeo.network.elevation import add_elevation
from cfgeo.network.networkx_graphs import network_from_graphml, ways_of_network
from cfgeo.study.config import NetworkFile, Source, Study, Table

SHAPES = "geometry"
"""Which of a database table's columns of shapes is meant, in ``columns``."""

_NOT_READING = {
    "path", "source", "date", "licence", "elevation", "children", "official", "expected", "budget", "target", "seconds",
}  # fmt: skip
"""Keys of a source that do not say how its file is read."""
_DATUMS_OF_OSM = ("wgs84", "cgcs2000")

_log = logging.getLogger(__name__)


class Files:
    """Remembers each file that is read, with its hash, and the CRS that each table had in it."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self.hashes: dict[Path, str] = {}
        self.seen: dict[tuple[str, str], InputFile] = {}
        self.tables: dict[tuple[str, ...], DatabaseTable] = {}
        self.crs: dict[str, Any] = {}
        self.elements: dict[tuple[Path, str], tuple[gpd.GeoDataFrame, Findings]] = {}

    def note(self, role: str, path: Path, about: Any = None) -> str:
        """Take note of a file and return its SHA-256."""
        if not path.is_file() and not path.suffix.lower() == ".gdb":  # a geodatabase is a folder
            raise InputError("file_is_folder", file=path) if path.is_dir() else missing(path)
        if path not in self.hashes:
            self.hashes[path] = file_sha256(path)
        name = path.relative_to(self.study.folder) if path.is_relative_to(self.study.folder) else path
        self._see(InputFile(role, name.as_posix(), self.hashes[path], file_size(path)), path, about)
        return self.hashes[path]

    def _see(self, file: InputFile, path: Path | None, about: Any) -> None:
        # What is taken from the network's own file shares its source, where it names none itself.
        streets = self.study.network if path == self.study.resolve(None) else about
        source, date, licence = (
            str(getattr(about, key, "") or getattr(streets, key, "")) for key in ("source", "date", "licence")
        )
        read = {} if about is None else about.model_dump(mode="json", exclude=_NOT_READING, exclude_defaults=True)
        self.seen[file.role, file.path] = replace(file, source=source, date=date, licence=licence, read=read)

    def table_of(self, role: str, about: Source | Table | NetworkFile, *, shapes: bool = True) -> DatabaseTable:
        """Read a table of a database, once for all that the study takes from it, and take note of it."""
        geometry = getattr(about, "columns", {}).get(SHAPES) if shapes else None
        address, table = str(about.path), about.table
        key = (address, table or "", geometry or "", str(shapes))
        if key not in self.tables:
            self.tables[key] = read_database(address, table, shapes=shapes, geometry=geometry)
        read = self.tables[key]
        self._see(InputFile(role, read.name, read.sha256, read.size), None, about)
        return read

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
    if is_database(source.path):
        table = _from_database(source, role, files)
        files.crs[role] = table.crs
        return table, []
    path = files.study.resolve(source.path)
    files.note(role, path, source)
    findings: Findings = []
    if source.osm is not None:
        if not is_osm_file(path):
            raise StudyError("osm_from_other_file", role=role, file=path)
        _require_plain_osm(path, role, source.datum, source.table)
        if bbox is None:
            table, findings = read_features(path, source.osm)
        else:
            table, findings = files.elements_of(path, source.osm, bbox=bbox)
        named = [*source.columns.values(), *source.where]
        table = table.assign(**{key: None for key in named if key not in table.columns})  # a tag that nothing has
        table = rename(table, source.columns, path=path).set_axis(table["@id"])
    else:
        table = read_places(path, columns=source.columns, datum=source.datum, table=source.table)
        if encoding := guessed_encoding(path):
            findings.append(finding("encoding_guessed", role, severity="note", file=path.name, encoding=encoding))
        findings += _layout(path, source.table)
    table = keep_where(table, source.where, path=path, columns=source.columns)
    files.crs[role] = table.crs
    return table, [{**row, "layer": role} for row in findings]


def _from_database(source: Source, role: str, files: Files) -> gpd.GeoDataFrame:
    if source.osm is not None:
        raise StudyError("osm_from_other_file", role=role, file=name_of_place(source, files.study))
    read = files.table_of(role, source)
    columns = {ours: theirs for ours, theirs in source.columns.items() if ours != SHAPES}
    places = rename(read.table, columns, path=read.name)
    if not (isinstance(places, gpd.GeoDataFrame) or has_position(places)):
        raise InputError("postgis_without_geometry", file=read.name, has=", ".join(read.table.columns))
    places = as_places(places, columns={}, datum=source.datum, path=read.name).set_axis(range(1, len(places) + 1))
    return keep_where(places, source.where, path=read.name, columns=columns)


def names_of_map(files: Files, network: Network, bbox: Box) -> gpd.GeoDataFrame:
    """Return ``name`` and shape of what has a name in the network's OpenStreetMap file: streets, stations, buildings.

    Of a graph of OSMnx the streets; of places where no datum of China's is used nothing.
    """
    west, south, east, north = bbox
    if not in_china(np.array([west, east]), np.array([south, north])).any():
        return network.edges.iloc[:0]
    path = files.study.resolve(None)
    if not is_osm_file(path):
        return network.edges[network.edges["name"] != ""]
    named = read_features(path, {"name": ("*",)}, bbox=bbox)[0]
    return named.to_crs(network.edges.crs) if len(named) else network.edges.iloc[:0]


def name_of_place(source: Source | Table, study: Study) -> Path | str:
    """Return how errors call a source: the path of its file, or the address of its database and the table."""
    if is_database(source.path):
        return " ".join(filter(None, (address_of(str(source.path)), source.table)))
    return study.resolve(source.path)


def read_rows(source: Table, role: str, files: Files) -> tuple[pd.DataFrame, Findings]:
    """Read a table without places, under cfgeo's headings.

    Parameters
    ----------
    source
        A table of the study: a CSV file, a sheet of a workbook, a table of a database.
    role
        What it is in the study.
    files
        Takes note of the file.
    """
    path = name_of_place(source, files.study)
    if isinstance(path, Path):
        files.note(role, path, source)
        rows, findings = read_table(path, source.table), _layout(path, source.table)
    else:
        rows, findings = files.table_of(role, source, shapes=False).table, []
    return rename(rows, source.columns, path=path), [{**row, "layer": role} for row in findings]


def _layout(path: Path, sheet: str | None) -> Findings:
    """Say which rows of a table were taken for what, where it is not a plain one."""
    if path.suffix.lower() in TABLES:
        text = read_delimited(path)
        rows = [finding("row_long", path.name, row=row) for row in text.long]
        rows += [finding("row_short", path.name, severity="note", row=row) for row in text.short]
        return rows + [finding("heading_twice", path.name, row=heading) for heading in text.twice]
    if not is_workbook(path):
        return []
    read = read_sheet(path, sheet)
    rows = [finding("heading_twice", path.name, row=heading) for heading in read.twice]
    if read.hidden:
        rows.append(finding("rows_hidden", path.name, sheet=read.name, count=len(read.hidden), rows=read.hidden))
    if read.unworked:
        rows.append(finding("formula_blank", path.name, sheet=read.name, count=len(read.unworked), cells=read.unworked))
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
    sha256 = files.table_of("network", given).sha256 if is_database(given.path) else files.note("network", path, given)
    rasters = [files.study.resolve(name) for name in given.elevation]
    hashes = [files.note("elevation", raster, given) for raster in rasters]
    slope = files.study.walk.slope
    crs = place.crs.to_string()
    bbox = box_around(place, margin_m=margin_m)
    relief = {"elevation": hashes, "slope": slope}
    about = {"datum": given.datum, "name": "".join(path.suffixes), "table": given.table}
    key = network_key(sha256=sha256, crs=crs, bbox=bbox, **about, **relief)
    kept = load_network(cache, key) if cache else None
    if kept is not None:
        _log.info("network taken from the cache: %s", key)
        return kept, True
    if path.suffix.lower() == ".graphml":
        _require_plain_osm(path, "network", given.datum, given.table)
        network = network_from_graphml(path, crs=crs)
    else:
        network = build_network(ways_around(files, crs=crs, bbox=bbox), crs=crs)
    network = add_elevation(network, rasters, slope=slope)
    if cache:
        store_network(cache, key, network)
    return network, False


def box_around(place: gpd.GeoSeries, *, margin_m: float) -> Box:
    """Return the box in which streets are read: west, south, east, north [degrees]."""
    west, south, east, north = (round(edge, 5) for edge in bounds_of(place, margin_m=margin_m))
    return west, south, east, north


def read_network(
    path: str | Path, *, crs: str, bbox: Box | None = None, datum: str = "wgs84", table: str | None = None
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

    Raises
    ------
    InputError
        The file cannot be read.
    NetworkError
        There is nothing to walk on.
    """
    path = Path(path)
    if path.suffix.lower() == ".graphml":
        _require_plain_osm(path, "network", datum, table)
        return network_from_graphml(path, crs=crs)
    return build_network(_read_ways(path, crs=crs, bbox=bbox, datum=datum, table=table), crs=crs)


def ways_around(files: Files, *, crs: str, bbox: Box) -> StreetWays:
    """Return what a study's network is cut from.

    Parameters
    ----------
    files
        The study's files.
    crs
        The metric CRS of a graph, each of whose edges is a way of its own.
    bbox
        West, south, east, north [degrees]: what lies outside is not read.
    """
    given = files.study.network
    if is_database(given.path):
        return _of_lines(
            _from_database(Source(path=given.path, table=given.table, datum=given.datum), "network", files), bbox=bbox
        )
    return _read_ways(files.study.resolve(given.path), crs=crs, bbox=bbox, datum=given.datum, table=given.table)


def _read_ways(path: Path, *, crs: str, bbox: Box | None, datum: str, table: str | None) -> StreetWays:
    if is_osm_file(path):
        _require_plain_osm(path, "network", datum, table)
        return read_streets(path, bbox=bbox)
    if path.suffix.lower() == ".graphml":
        return ways_of_network(network_from_graphml(path, crs=crs))
    return _of_lines(read_places(path, columns={}, datum=datum, table=table), bbox=bbox)


def _require_plain_osm(path: Path, role: str, datum: str, table: str | None) -> None:
    """Refuse what cannot be said of OpenStreetMap's data: another datum, one of several tables."""
    if datum not in _DATUMS_OF_OSM:
        raise StudyError("osm_datum", file=path, table=role, datum=datum)
    if table is not None:
        raise InputError("table_alone", file=path, table=table)


def _of_lines(lines: gpd.GeoDataFrame, *, bbox: Box | None) -> StreetWays:
    if bbox is not None:
        lines = lines[lines.intersects(gpd.GeoSeries([shapely.box(*bbox)], crs=WGS84).to_crs(lines.crs).iloc[0])]
    return streets_from_lines(lines)
