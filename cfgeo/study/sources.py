"""A named source of a study → its table, the record of its file for ``run.json``, and findings."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Generic, TypeVar

import geopandas as gpd
import pandas as pd
import pyproj
import shapely

from cfgeo.core.errors import InputError, StudyError
from cfgeo.core.findings import Findings, finding
from cfgeo.core.hashes import file_size
from cfgeo.core.schema import COUNT_COLUMNS, Box, InputFile, StreetWays
from cfgeo.files.cell_values import in_ones
from cfgeo.files.columns import as_text, keep_where, rename, where_cells
from cfgeo.files.memory import MemoryTable
from cfgeo.files.openable import missing, require_file
from cfgeo.files.osm.features import FeatureCollector, Tags, read_features
from cfgeo.files.osm.reader import collect, file_findings, is_osm_file
from cfgeo.files.osm.streets import StreetCollector
from cfgeo.files.positions.places import has_position
from cfgeo.files.positions.written import PositionChoices
from cfgeo.files.postgis import DatabaseTable, address_of, is_database, read_database
from cfgeo.files.read import TableFile, TableRead, locate
from cfgeo.network.cache import (
    MAPS,
    load_tables,
    network_key,
    packed_findings,
    source_hash,
    store_tables,
    unpacked_findings,
)
from cfgeo.study.config import Study
from cfgeo.study.tables import NetworkFile, ReserveList, Table, TableSource

Frame = TypeVar("Frame", bound=pd.DataFrame)

SHAPES = "geometry"
"""Which of a database table's columns of shapes is meant, in ``columns``."""

_NOT_READING = {
    "path", "source", "date", "licence", "elevation", "children", "official", "expected", "budget", "target", "seconds",
}  # fmt: skip
"""Keys of a source that do not say how its file is read."""
_DATUMS_OF_OSM = ("wgs84", "cgcs2000")


@dataclass(frozen=True)
class SourceTable(Generic[Frame]):
    """A source of a study as it was read.

    Attributes
    ----------
    table : pandas.DataFrame
        Under cfgeo's headings; places have the CRS of their file, or WGS-84.
    file : InputFile
        The record of the file or database table.
    findings : list of dict
        What is odd about the file, and how it was understood.
    datum : str
        That its positions were written in.
    """

    table: Frame
    file: InputFile
    findings: Findings
    datum: str = "wgs84"


class SourceReader:
    """Reads the sources of one study: hashes and parses each file once, however many sources take from it.

    Nothing is noted here for somebody else: each method returns all that there is to know.

    Parameters
    ----------
    study
        What :func:`cfgeo.load_study` gives.
    cache_folder
        Folder in which elements of OpenStreetMap files are kept between runs; None keeps none.
    """

    def __init__(self, study: Study, cache_folder: Path | None = None) -> None:
        self.study, self._cache = study, cache_folder
        self.file: Callable[[Path], TableFile] = cache(self._file)
        self._sha256: Callable[[Path], str] = cache(lambda path: self.file(path).sha256())
        self._database = cache(read_database)
        self._elements: dict[tuple[Path, str, Box], tuple[gpd.GeoDataFrame, Findings]] = {}
        self._expected: list[tuple[Tags, Box]] = []
        self._about: dict[Path, Findings] = {}

    def _file(self, path: Path) -> TableFile:
        held = self.study.memory.get(path)
        return held if isinstance(held, MemoryTable) else TableFile(path)

    def record(
        self, role: str, path: Path, about: TableSource | Table | NetworkFile | ReserveList | None = None
    ) -> InputFile:
        """Return the record of a file with its SHA-256.

        Parameters
        ----------
        role
            What the file is in the study.
        path
            Its full path.
        about
            What the study says of it.

        Raises
        ------
        InputError
            There is no such file.
        """
        if path in self.study.memory:
            held = self.study.memory[path]
            record = _record(InputFile(role, path.as_posix(), held.sha256(), held.size), about)
        else:
            record = _record(self._file_record(role, path), about)
        if path != self.study.resolve(None):
            return record
        # What is taken from the network's own file shares its source, where it names none itself.
        streets = self.study.network
        return replace(
            record,
            source=record.source or streets.source,
            date=record.date or streets.date,
            licence=record.licence or streets.licence,
        )

    def _file_record(self, role: str, path: Path) -> InputFile:
        if path.suffix.lower() != ".gdb":  # a geodatabase is a folder
            require_file(path)
        elif not path.is_dir():
            raise missing(path)
        folder = self.study.folder
        name = path.relative_to(folder) if path.is_relative_to(folder) else path
        return InputFile(role, name.as_posix(), self._sha256(path), file_size(path))

    def database_table(
        self, role: str, about: TableSource | Table | NetworkFile, *, shapes: bool = True
    ) -> tuple[DatabaseTable, InputFile]:
        """Return a table of a database, which is read once for all sources that take from it, and its record."""
        geometry = getattr(about, "columns", {}).get(SHAPES) if shapes else None
        read = self._database(str(about.path), about.table, shapes=shapes, geometry=geometry)
        return read, _record(InputFile(role, read.name, read.sha256, read.size), about)

    def expect(self, queries: Iterable[tuple[Tags, Box]]) -> None:
        """Note what will be asked of the network's OpenStreetMap file, so that one pass over it answers all."""
        self._expected += queries

    def elements(self, path: Path, tags: Tags, *, bbox: Box | None) -> tuple[gpd.GeoDataFrame, Findings]:
        """Return elements of an OpenStreetMap file; one pass over it serves all that is asked of it in a box."""
        if bbox is None:
            return read_features(path, tags)
        if (path, str(tags), bbox) not in self._elements:
            self._pass_over(path, [(query, bbox) for query in (tags, *self.queries(path))])
        return self._elements[path, str(tags), bbox]

    def streets(self, bbox: Box) -> StreetWays:
        """Return the streets of the network's OpenStreetMap file in a box."""
        return self._pass_over(self.study.resolve(None), [], bbox)[0]

    def _pass_over(
        self, path: Path, queries: Iterable[tuple[Tags, Box]], streets: Box | None = None
    ) -> list[StreetWays]:
        """Answer queries, and all that is expected, from one pass over an OpenStreetMap file; return the streets."""
        boxes: dict[Box, dict[str, Tags]] = {}
        for tags, box in (*queries, *(self._expected if path == self.study.resolve(None) else ())):
            if (path, str(tags), box) not in self._elements:
                boxes.setdefault(box, {})[str(tags)] = tags

        asked = sorted((box, tags) for box, own in boxes.items() for tags in own)
        if streets is None and self._take_kept(path, asked):
            return []

        def made() -> list[FeatureCollector | StreetCollector]:
            ways = [] if streets is None else [StreetCollector(streets, trunk_roads=self.study.walk.trunk_roads)]
            return [*(FeatureCollector([*asked.values()], box) for box, asked in boxes.items()), *ways]

        asked_in = [*boxes, *([] if streets is None else [streets])]
        cut = self.study.cut if path == self.study.resolve(None) else None
        collectors, about, opened = collect(cut.file if cut and cut.holds(asked_in) else path, made)
        self._about[path] = about
        features = [each for each in collectors if isinstance(each, FeatureCollector)]
        for (box, own), collector in zip(boxes.items(), features, strict=True):
            for tags, answer in zip(own, collector.tables(path, opened), strict=True):
                self._elements[path, tags, box] = answer
        self._keep(path, asked)
        return [each.ways(path, opened, about) for each in collectors if isinstance(each, StreetCollector)]

    def _take_kept(self, path: Path, asked: Sequence[tuple[Box, str]]) -> bool:
        """Take from the cache what an earlier run was told of an OpenStreetMap file; return whether it is there."""
        kept = load_tables(self._cache, self._kept_as(path, asked)) if self._cache else None
        if kept is None:
            return False
        *findings, self._about[path] = unpacked_findings(kept["findings"], n_groups=len(asked) + 1)
        for nth, ((box, tags), own) in enumerate(zip(asked, findings, strict=True)):
            self._elements[path, tags, box] = kept[str(nth)], own
        return True

    def _keep(self, path: Path, asked: Sequence[tuple[Box, str]]) -> None:
        """Keep answers for a later run."""
        if self._cache and asked and self.study.cut is None:  # a district of a batch is one of many
            answers = [self._elements[path, tags, box] for box, tags in asked]
            findings = packed_findings([*(own for _, own in answers), self._about[path]])
            tables = {str(nth): table for nth, (table, _) in enumerate(answers)}
            store_tables(self._cache, self._kept_as(path, asked), {"findings": findings, **tables})

    def _kept_as(self, path: Path, asked: Sequence[tuple[Box, str]]) -> str:
        """Return the key of answers: what is asked of which content, and the source of all that reads it."""
        code = source_hash("core", "files", "network")
        return MAPS + network_key(sha256=self._sha256(path), name=path.name, asked=asked, code=code)

    def queries(self, path: Path) -> list[Tags]:
        """Return what layers and homes take from an OpenStreetMap file."""
        sources = [*(part for _, part in self.study.layer_parts), self.study.demand]
        return [s.osm for s in sources if s and s.osm and self.study.resolve(s.path) == path]

    def about_map(self, path: Path) -> Findings:
        """Return what was found in an OpenStreetMap file itself."""
        return self._about[path] if path in self._about else file_findings(path)


def _record(file: InputFile, about: TableSource | Table | NetworkFile | ReserveList | None) -> InputFile:
    """Return the record of a file with what the study says of it."""
    if about is None:
        return file
    source, date, licence = (str(getattr(about, key, "")) for key in ("source", "date", "licence"))
    read = about.model_dump(mode="json", exclude=_NOT_READING, exclude_defaults=True)
    return replace(file, source=source, date=date, licence=licence, read=read)


def each_file(records: Iterable[InputFile]) -> tuple[InputFile, ...]:
    """Return each role's record of a file once, or of each table that it reads from it, in the order of reading."""
    return tuple({(record.role, record.path, repr(record.read)): record for record in records}.values())


def read_source(
    source: TableSource,
    role: str,
    reader: SourceReader,
    *,
    bbox: Box | None = None,
    district: shapely.Geometry | None = None,
) -> SourceTable[gpd.GeoDataFrame]:
    """Read a table of places: from OpenStreetMap elements, a database or any other file.

    Parameters
    ----------
    source, role
        The source, and what it is for.
    reader
        Reads the study's files.
    bbox
        West, south, east, north [degrees] for layers and homes from OpenStreetMap; all is read when missing.
    district
        The communities, WGS-84 [degrees]: they tell of which zone metres are. None for their own table.
    """
    where = PositionChoices(
        name_of_source(source, reader.study), role, source.said_datum, crs_of(source, role), district
    )
    if is_database(source.path):
        return _from_database(source, role, reader, where)
    path = reader.study.resolve(source.path)
    record = reader.record(role, path, source)
    findings: Findings = []
    datum: str = source.datum
    if source.osm is not None:
        if not is_osm_file(path):
            raise StudyError("osm_from_other_file", role=role, file=path)
        require_plain_osm(path, role, source.datum, source.table)
        table, findings = reader.elements(path, source.osm, bbox=bbox)
        if path != reader.study.resolve(None):  # the network's own file is told about once, with the streets
            findings = findings + reader.about_map(path)
        named = [*source.columns.values(), *source.where]
        table = table.assign(**{key: None for key in named if key not in table.columns})  # a tag that nothing has
        table = rename(table, source.columns, path=path).set_axis(table["@id"])
    else:
        read = reader.file(path).read(source.table, encoding=source.encoding)
        with _of_sheet(read):
            places = locate(read.table, columns=source.columns, where=where)
        table, datum = places.table, places.datum
        findings += [*read.layout, *places.findings]
    table, missed = _chosen(table, source, path, source.columns)
    table, scaled = in_ones(table, source.columns, role)
    return SourceTable(table, record, _of_layer(role, findings + missed + scaled), datum)


@contextmanager
def _of_sheet(read: TableRead) -> Iterator[None]:
    """Name the sheet that was read in an error about a column that it lacks, and the others: one may be meant."""
    try:
        yield
    except InputError as error:
        chosen = [row["values"] for row in read.layout if row["rule"] in {"sheet_chosen", "sheets_alike"}]
        if error.code != "column_missing" or not chosen:
            raise
        about, others = error.values, ", ".join(chosen[0]["others"])
        raise InputError(
            "column_of_sheet", file=about["file"], column=about["column"], key=about["key"], has=about["has"],
            sheet=chosen[0]["sheet"], others=others,
        ) from error  # fmt: skip


def _counts_of(columns: Mapping[str, str]) -> dict[str, str]:
    """Return the columns of counts with their headings."""
    return {ours: theirs for ours, theirs in columns.items() if ours in COUNT_COLUMNS}


def _chosen(
    table: gpd.GeoDataFrame, source: TableSource, path: Path | str, columns: Mapping[str, str]
) -> tuple[gpd.GeoDataFrame, Findings]:
    """Return the rows that the study's ``where`` chooses, and a finding where it chooses none of them.

    In OpenStreetMap's data a district may well have none; the rows of somebody's list are there to be read.
    """
    chosen = keep_where(table, source.where, path=path, columns=columns)
    if len(chosen) or len(table) == 0:
        return chosen, []
    one_by_one = {name: {name: values} for name, values in source.where.items()}
    idle = (name for name, one in one_by_one.items() if keep_where(table, one, path=path, columns=columns).empty)
    name = next(idle, list(source.where)[-1])
    has = as_text(where_cells(table, name, path=path, columns=columns)).value_counts().index
    wanted = ", ".join(f"{key} = {' / '.join(map(str, values))}" for key, values in source.where.items())
    values = {"file": Path(path).name, "where": wanted, "column": name, "has": tuple(value or "–" for value in has)}
    return chosen, [finding("where_none", "", severity="error" if source.osm is None else "warning", **values)]


def crs_of(source: TableSource, role: str) -> pyproj.CRS | None:
    """Return the coordinate system that the study names for a table."""
    if source.crs is None:
        return None
    if source.osm is not None:
        raise StudyError("osm_crs", table=role)
    try:
        return pyproj.CRS(source.crs)
    except pyproj.exceptions.CRSError as error:
        raise StudyError("table_crs", table=role, crs=source.crs) from error


def _from_database(
    source: TableSource, role: str, reader: SourceReader, where: PositionChoices
) -> SourceTable[gpd.GeoDataFrame]:
    if source.osm is not None:
        raise StudyError("osm_from_other_file", role=role, file=name_of_source(source, reader.study))
    read, record = reader.database_table(role, source)
    columns = {ours: theirs for ours, theirs in source.columns.items() if ours != SHAPES}
    places = rename(read.table, columns, path=read.name)
    if not (isinstance(places, gpd.GeoDataFrame) or has_position(places)):
        raise InputError("postgis_without_geometry", file=read.name, has=", ".join(read.table.columns))
    located = locate(places.set_axis(range(1, len(places) + 1)), columns={}, where=where)
    places, missed = _chosen(located.table, source, read.name, columns)
    return SourceTable(places, record, _of_layer(role, located.findings + missed), located.datum)


def read_rows(source: Table, role: str, reader: SourceReader) -> SourceTable[pd.DataFrame]:
    """Read a table without places, under cfgeo's headings.

    Parameters
    ----------
    source
        A table of the study: a CSV file, a sheet of a workbook, a table of a database.
    role
        What it is in the study.
    reader
        Reads the study's files.
    """
    path = name_of_source(source, reader.study)
    if isinstance(path, Path):
        record = reader.record(role, path, source)
        read = reader.file(path).read_rows(source.table, encoding=source.encoding)
        rows, findings = read.table, list(read.layout)
    else:
        database, record = reader.database_table(role, source, shapes=False)
        rows, findings = database.table, []
    table, scaled = in_ones(rename(rows, source.columns, path=path), _counts_of(source.columns), role)
    return SourceTable(table, record, _of_layer(role, findings + scaled))


def name_of_source(source: TableSource | Table, study: Study) -> Path | str:
    """Return how errors call a source: the path of its file, or the address of its database and the table."""
    if is_database(source.path):
        return " ".join(filter(None, (address_of(str(source.path)), source.table)))
    return study.resolve(source.path)


def file_name(source: TableSource, study: Study) -> str:
    """Return the name of a source's file, or of its table in a database; "" for the network's own file."""
    return "" if source.path is None else str(name_of_source(source, study)).replace("\\", "/").rpartition("/")[2]


def require_plain_osm(path: Path, role: str, datum: str, table: str | None) -> None:
    """Refuse what cannot be said of OpenStreetMap's data: another datum, one of several tables."""
    if datum not in _DATUMS_OF_OSM:
        raise StudyError("osm_datum", file=path, table=role, datum=datum)
    if table is not None:
        raise InputError("table_alone", file=path, table=table)


def _of_layer(layer: str, findings: Findings) -> Findings:
    return [{**row, "layer": layer} for row in findings]
