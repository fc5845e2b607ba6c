"""Any file → a table, with what its reader saw; tables → places in WGS-84 or in their file's CRS."""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cfgeo.core.errors import InputError
from cfgeo.core.findings import Findings
from cfgeo.core.hashes import file_sha256
from cfgeo.core.schema import WGS84
from cfgeo.files import archives, delimited, vector
from cfgeo.files.columns import rename
from cfgeo.files.openable import missing, require_file
from cfgeo.files.positions.datum import to_wgs84
from cfgeo.files.positions.parts import join_angles
from cfgeo.files.positions.places import Positioned, with_positions
from cfgeo.files.positions.written import PositionChoices
from cfgeo.files.workbooks import excel
from cfgeo.files.workbooks.sheet_layout import SheetTable

_DEEPEST = 3
"""An archive in an archive in an archive is as deep as cfgeo looks."""
_WIDEST = [180, 90, 180, 90]
"""Bounds of the earth, without their signs [degrees]."""
_MOST_ODD_DEGREES = 360
"""Beyond this nothing is an angle, however it was written: such numbers are metres."""


@dataclass(frozen=True)
class TableRead:
    """A table as it stands in its file, and what its reader saw.

    Attributes
    ----------
    table : pandas.DataFrame
        All columns. With shapes a GeoDataFrame in the file's CRS, else text, missing where a cell is empty. Index: the
        rows of a sheet as it shows them, the number of a feature from 1 in other files.
    layout : tuple of dict
        Findings about how the table was understood: its encoding, its headings, skipped rows, the sheet that was
        chosen. Their layer is the name of the file.
    remarks : tuple of str
        The text around the table.
    money_units : Mapping of str to str
        The units of money that headings name; under "" the unit that the lines around the table name.
    """

    table: pd.DataFrame
    layout: tuple[dict[str, Any], ...] = ()
    remarks: tuple[str, ...] = ()
    money_units: Mapping[str, str] = field(default_factory=dict)


class TableFile:
    """A file of tables, each of which is parsed once, however often it is asked for.

    Parameters
    ----------
    path
        A vector file, a CSV or a workbook.
    """

    def __init__(self, path: Path, *, depth: int = 0) -> None:
        self.path = path
        self._depth = depth
        self._tables: dict[tuple[str | None, str | None], TableRead] = {}

    def read(self, table: str | None = None, *, encoding: str | None = None) -> TableRead:
        """Return a table of the file as it stands.

        Parameters
        ----------
        table
            Which layer of a file that has several, such as a GeoPackage, or sheet of a workbook; its only one when
            missing, and the first sheet that holds a table. Of an archive of several files, the name of one without
            its ending, with ``/`` and a layer or sheet behind it where that file has several.
        encoding
            Python's name of the encoding of its texts, where the user gives it.

        Raises
        ------
        InputError
            The file is missing, cannot be read, or has no such table.
        """
        if (table, encoding) not in self._tables:
            self._tables[table, encoding] = self._parse(table, encoding)
        return self._tables[table, encoding]

    def read_rows(self, sheet: str | None = None, *, encoding: str | None = None) -> TableRead:
        """Return a table without shapes; what is no workbook or archive is read as a CSV, whatever its suffix.

        Raises
        ------
        InputError
            The file is missing, is no table, or has no such sheet.
        """
        if self._is_archive or self._is_workbook or (sheet, encoding) in self._tables:
            return self.read(sheet, encoding=encoding)
        if sheet is not None:
            raise InputError("table_alone", file=self.path, table=sheet)
        text = delimited.read_delimited(self.path, self._body, encoding=encoding)
        return self._as_read(text, text.findings(self.path.name))

    def layers(self) -> list[str | None]:
        """Return the layers or sheets that ``table`` can name; None stands for the only one.

        Raises
        ------
        InputError
            The file is missing or cannot be read.
        """
        self._require_readable()
        names: list[str] = []
        if self._is_archive:
            names = self._packed_names()
        elif self._is_workbook:
            names = self._workbook.sheet_names
        elif self.path.suffix.lower() in vector.SUFFIXES:
            names = vector.vector_layers(self.path)
        return [*names] if len(names) > 1 else [None]

    def sha256(self) -> str:
        """Return the SHA-256 of the file, and of those that belong to it."""
        is_read_whole = self.path.suffix.lower() in {*delimited.SUFFIXES, *excel.SUFFIXES}
        return hashlib.sha256(self._body).hexdigest() if is_read_whole else file_sha256(self.path)

    @cached_property
    def _body(self) -> bytes:
        """The content of a CSV or workbook, which is opened once, to hash and to parse it."""
        require_file(self.path)
        try:
            return self.path.read_bytes()
        except OSError as error:
            raise InputError("file_unreadable", file=self.path, reason=error) from error

    @property
    def _is_archive(self) -> bool:
        return self.path.suffix.lower() == ".zip"

    @property
    def _is_workbook(self) -> bool:
        """Whether the file is a workbook, be it named as a text."""
        is_text = self.path.suffix.lower() in delimited.SUFFIXES
        return excel.is_workbook(self.path, self._body if is_text else None)

    @cached_property
    def _workbook(self) -> excel.Workbook:
        return excel.read_workbook(self.path, self._body)

    def _require_readable(self) -> None:
        """Refuse a file that does not exist, or is of a kind that cfgeo does not read."""
        suffix = self.path.suffix.lower()
        _require_there(self.path)
        if suffix in archives.OTHER_ARCHIVES:
            raise InputError("archive_other", file=self.path)
        if suffix not in {*vector.SUFFIXES, *delimited.SUFFIXES, *excel.SUFFIXES, ".zip"}:
            known = " ".join((*vector.SUFFIXES, ".zip", *delimited.SUFFIXES, *excel.SUFFIXES))
            raise InputError("file_format", file=self.path, known=known)

    def _parse(self, table: str | None, encoding: str | None) -> TableRead:
        self._require_readable()
        if self._is_archive:
            return self._from_archive(table, encoding)
        if self._is_workbook:
            sheet = self._workbook.sheet(table)
            return self._as_read(sheet, [*self._workbook.findings(self.path.name), *sheet.findings(self.path.name)])
        if self.path.suffix.lower() in delimited.SUFFIXES:
            return self.read_rows(table, encoding=encoding)
        shapes, findings = vector.read_vector(self.path, table, encoding=encoding)
        return TableRead(shapes, tuple(findings))

    def _as_read(self, cells: delimited.Delimited | SheetTable, findings: Findings) -> TableRead:
        """Return a table without shapes as its file has it, but with each angle in one column."""
        table, joined = join_angles(cells.table, self.path.name)
        return TableRead(table, (*findings, *joined), cells.remarks, cells.money_units)

    @cached_property
    def _packed(self) -> list[archives.Packed]:
        if self._depth == _DEEPEST:
            raise InputError("archive_empty", file=self.path, has=self.path.name)
        return archives.packed_tables(self.path, (*vector.SUFFIXES, *delimited.SUFFIXES, *excel.SUFFIXES, ".zip"))

    @contextmanager
    def _unpacked(self, packed: archives.Packed) -> Iterator["TableFile"]:
        """Yield a file of the archive; errors about it name the archive, too."""
        with archives.unpacked(self.path, packed) as path:
            try:
                yield TableFile(path, depth=self._depth + 1)
            except InputError as error:
                inside = Path(str(error.values["file"])).name if "file" in error.values else packed.main.name
                error.values["file"] = f"{self.path}/{packed.main.parent / inside}"
                raise

    def _packed_names(self) -> list[str]:
        names: list[str] = []
        for packed in self._packed:
            with self._unpacked(packed) as file:
                layers = file.layers()
            inner = [layer for layer in layers if layer is not None]
            if len(self._packed) == 1:
                return inner
            names += [f"{packed.name}/{layer}" for layer in inner] or [packed.name]
        return names

    def _from_archive(self, table: str | None, encoding: str | None) -> TableRead:
        """Return a table of the only file of an archive, or of the file that ``table`` begins with."""
        chosen = {packed.name: packed for packed in self._packed}
        if len(chosen) == 1:
            packed, inner = self._packed[0], table
            inner = None if table == packed.name else table
        else:
            name, _, layer = (table or "", "", "") if table in chosen else (table or "").rpartition("/")
            if name not in chosen:
                raise InputError("file_layers", file=self.path, layers=", ".join(self._packed_names()))
            packed, inner = chosen[name], layer or None
        with self._unpacked(packed) as file:
            return file.read(inner, encoding=encoding)


def read_places(path: Path, *, columns: Mapping[str, str], datum: str, table: str | None = None) -> gpd.GeoDataFrame:
    """Read a vector file, or a table with lon and lat, as it stands.

    Parameters
    ----------
    path
        The file.
    columns, datum
        As for :func:`as_places`.
    table
        As for :meth:`TableFile.read`.

    Returns
    -------
    geopandas.GeoDataFrame
        As :func:`as_places` returns it.

    Raises
    ------
    InputError
        The file is missing, cannot be read, or lacks a column that ``columns`` names.
    """
    return as_places(TableFile(path).read(table).table, columns=columns, datum=datum, path=path)


def as_places(
    rows: pd.DataFrame, *, columns: Mapping[str, str], datum: str | None, path: Path | str
) -> gpd.GeoDataFrame:
    """Return the places of a table as :func:`locate` does, for callers who need nothing else of it."""
    return locate(rows, columns=columns, where=PositionChoices(path, datum=datum)).table


def locate(rows: pd.DataFrame, *, columns: Mapping[str, str], where: PositionChoices) -> Positioned:
    """Return the places of a table with shapes, or with columns of positions.

    Parameters
    ----------
    rows
        A GeoDataFrame, or a table without shapes.
    columns
        cfgeo's name → the file's name; columns are renamed so.
    where
        What the study says of their positions.

    Returns
    -------
    table : geopandas.GeoDataFrame
        On the index of ``rows``; all columns; WGS-84, or the CRS of ``rows`` where that is projected. Rows without a
        position have an empty geometry; ``SWAPPED`` marks those whose longitude and latitude are swapped, where there
        are some.
    datum : str
        That they were written in.
    findings : list of dict

    Raises
    ------
    InputError
        The table lacks a column or a position, or its coordinates do not fit its CRS.
    """
    renamed = rename(rows, columns, path=where.path)
    if isinstance(renamed, gpd.GeoDataFrame):
        shapes = _in_named_crs(renamed.geometry, where)
        found = Positioned(renamed.set_geometry(_flat(shapes)), where.datum or "wgs84", [])
    else:
        found = with_positions(renamed, where, columns)
    _require_degrees(found.table, where.path)
    return replace(found, table=_from_datum(found.table, found.datum))


def _require_there(path: Path) -> None:
    if path.suffix.lower() != ".gdb":  # a geodatabase is a folder
        require_file(path)
    elif not path.exists():
        raise missing(path)


def is_table(path: Path) -> bool:
    """Return whether a file has the suffix of a table without shapes."""
    return path.suffix.lower() in delimited.SUFFIXES or excel.is_workbook(path)


def _flat(shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    """Return shapes without heights; a shape with an infinite coordinate becomes empty."""
    flat = shapely.force_2d(shapes.to_numpy())
    xy, owner = shapely.get_coordinates(flat, return_index=True)
    flat[owner[~np.isfinite(xy).all(axis=1)]] = shapely.Point()
    return gpd.GeoSeries(flat, index=shapes.index, crs=shapes.crs)


def _in_named_crs(shapes: gpd.GeoSeries, where: PositionChoices) -> gpd.GeoSeries:
    """Return shapes in the coordinate system that the study names, where their file names none or cannot be right."""
    degrees = (np.abs(shapes.total_bounds) <= _WIDEST).all() or not shapes.count()
    if where.crs is None or shapes.crs == where.crs:
        if shapes.crs is None and not degrees:
            raise InputError("file_without_crs", file=where.path)
        return shapes.set_crs(shapes.crs or WGS84)
    if shapes.crs is not None and (shapes.crs.is_projected or degrees):
        raise InputError("file_other_crs", file=where.path, own=shapes.crs.name, named=where.crs.name)
    return shapes.set_crs(where.crs, allow_override=True)


def _require_degrees(places: gpd.GeoDataFrame, path: Path | str) -> None:
    """Refuse degrees that cannot be (swapped, or the metres of a plane) and metres that are degrees."""
    bounds, crs = places.total_bounds, places.crs
    shown = ", ".join(f"{edge:.6g}" for edge in bounds)
    if crs.is_projected and (np.abs(bounds) <= _WIDEST).all() and bounds.any():
        raise InputError("file_degrees_as_metres", file=path, crs=crs.name, bounds=shown)
    if crs.is_geographic and (np.abs(bounds) > _MOST_ODD_DEGREES).any():
        raise InputError("file_metres_unnamed", file=path, bounds=shown)
    if crs.is_geographic and (np.abs(bounds) > _WIDEST).any():
        raise InputError("file_not_degrees", file=path, bounds=shown)


def _from_datum(places: gpd.GeoDataFrame, datum: str) -> gpd.GeoDataFrame:
    if datum in {"wgs84", "cgcs2000"}:
        return places
    if not places.crs.is_geographic:
        places = places.to_crs(WGS84)
    moved = shapely.transform(
        places.geometry.to_numpy(), lambda xy: np.column_stack(to_wgs84(xy[:, 0], xy[:, 1], datum=datum))
    )
    return places.set_geometry(gpd.GeoSeries(moved, index=places.index, crs=WGS84))
