"""Any file → a table, with what its reader saw; tables → places in WGS-84 or in their file's CRS."""

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from cfgeo.core.errors import InputError
from cfgeo.core.schema import WGS84
from cfgeo.files import delimited, excel, vector
from cfgeo.files.cell_values import plain_heading
from cfgeo.files.openable import missing, require_file
from cfgeo.files.positions.datum import to_wgs84
from cfgeo.files.positions.places import Positioned, with_positions
from cfgeo.files.positions.written import Where

Frame = TypeVar("Frame", bound=pd.DataFrame)

OTHER_WORKBOOKS = (".xlsb", ".et", ".ods")
_WIDEST = [180, 90, 180, 90]
"""Bounds of the earth, without their signs [degrees]."""


@dataclass(frozen=True)
class TableRead:
    """A table as it stands in its file, and what its reader saw.

    Attributes
    ----------
    table : pandas.DataFrame
        All columns. With shapes a GeoDataFrame in the file's CRS, else text, missing where a cell is empty. Index: the
        rows of a sheet as it shows them, the number of a feature from 1 in other files.
    encoding : str, optional
        The encoding that was guessed, where the file names none and it is not UTF-8.
    layout : tuple of dict
        Findings about how the table was understood: its headings, skipped rows, the sheet that was chosen. Their layer
        is the name of the file.
    remarks : tuple of str
        The text around the table.
    money_units : Mapping of str to str
        The units of money that headings name; under "" the unit that the lines around the table name.
    """

    table: pd.DataFrame
    encoding: str | None = None
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

    def __init__(self, path: Path) -> None:
        self.path = path
        self._tables: dict[str | None, TableRead] = {}

    def read(self, table: str | None = None) -> TableRead:
        """Return a table of the file as it stands.

        Parameters
        ----------
        table
            Which layer of a file that has several, such as a GeoPackage, or sheet of a workbook; its only one when
            missing, and the first sheet that holds a table.

        Raises
        ------
        InputError
            The file is missing, cannot be read, or has no such table.
        """
        if table not in self._tables:
            self._tables[table] = self._parse(table)
        return self._tables[table]

    def read_rows(self, sheet: str | None = None) -> TableRead:
        """Return a table without shapes; what is no workbook is read as a CSV, whatever its suffix.

        Raises
        ------
        InputError
            The file is missing, is no table, or has no such sheet.
        """
        if excel.is_workbook(self.path):
            return self.read(sheet)
        _require_there(self.path)
        if self.path.suffix.lower() in OTHER_WORKBOOKS:
            raise InputError("file_spreadsheet", file=self.path)
        if sheet is not None:
            raise InputError("table_alone", file=self.path, table=sheet)
        return self._text

    def layers(self) -> list[str | None]:
        """Return the layers or sheets that ``table`` can name; None stands for the only one.

        Raises
        ------
        InputError
            The file is missing or cannot be read.
        """
        _require_there(self.path)
        names: list[str] = []
        if excel.is_workbook(self.path):
            names = self._workbook.sheet_names
        elif self.path.suffix.lower() in vector.SUFFIXES:
            names = vector.vector_layers(self.path)
        return [*names] if len(names) > 1 else [None]

    @cached_property
    def _workbook(self) -> excel.Workbook:
        return excel.read_workbook(self.path)

    @cached_property
    def _text(self) -> TableRead:
        text = delimited.read_delimited(self.path)
        layout = tuple(text.findings(self.path.name))
        return TableRead(text.table, text.encoding, layout, money_units=text.money_units)

    def _parse(self, table: str | None) -> TableRead:
        path, suffix = self.path, self.path.suffix.lower()
        _require_there(path)
        if excel.is_workbook(path):
            sheet = self._workbook.sheet(table)
            layout = tuple(sheet.findings(path.name))
            return TableRead(sheet.table, layout=layout, remarks=sheet.remarks, money_units=sheet.money_units)
        if suffix in delimited.SUFFIXES:
            return self.read_rows(table)
        if suffix in vector.SUFFIXES:
            return TableRead(*vector.read_vector(path, table))
        if suffix in OTHER_WORKBOOKS:
            raise InputError("file_spreadsheet", file=path)
        known = " ".join((*vector.SUFFIXES, *delimited.SUFFIXES, *excel.SUFFIXES))
        raise InputError("file_format", file=path, known=known)


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
    return locate(rows, columns=columns, where=Where(path, datum=datum)).table


def locate(rows: pd.DataFrame, *, columns: Mapping[str, str], where: Where) -> Positioned:
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


def rename(table: Frame, columns: Mapping[str, str], *, path: Path | str) -> Frame:
    """Give columns cfgeo's names.

    Raises
    ------
    InputError
        The table has no such column.
    """
    columns = {ours: _as_headed(table, theirs) for ours, theirs in columns.items()}
    for ours, theirs in columns.items():
        if theirs not in table.columns:
            raise InputError(
                "column_missing", file=path, column=theirs, key=ours, has=_names(table.columns, theirs, ours)
            )
    renamed = {ours: table[theirs] for ours, theirs in columns.items()}  # one column may serve twice
    kept = table.drop(columns=[theirs for theirs in columns.values() if theirs not in columns])
    return kept.assign(**renamed)


def _as_headed(table: pd.DataFrame, name: str) -> str:
    """Return a column's name without the unit that its heading has in the file, where it is read without."""
    plain = plain_heading(name)
    return plain if name not in table.columns and plain in table.columns else name


def keep_where(
    table: gpd.GeoDataFrame,
    where: Mapping[str, tuple[object, ...]],
    *,
    path: Path | str,
    columns: Mapping[str, str] | None = None,
) -> gpd.GeoDataFrame:
    """Keep the rows whose columns have one of the values of ``where``; ``*`` in a text stands for any text.

    Values are compared without differences of width, capitals and blanks, and 3 is 3.0. A column goes by its name in
    the table, or by the file's name for it where ``columns`` (cfgeo's name → the file's name) has changed that.

    Raises
    ------
    InputError
        The table has no such column.
    """
    keep = np.ones(len(table), dtype=bool)
    for name, values in where.items():
        text = as_text(where_cells(table, name, path=path, columns=columns)).map(_loose)
        patterns = [_loose(_as_text(value)) for value in values]
        keep &= text.isin({value for value in set(text) if matches(value, patterns)}).to_numpy()
    return table[keep]


def where_cells(
    table: pd.DataFrame, name: str, *, path: Path | str, columns: Mapping[str, str] | None = None
) -> pd.Series:
    """Return the column that ``where`` names, as :func:`keep_where` finds it."""
    ours = {theirs: ours for ours, theirs in (columns or {}).items()}
    column = name if name in table.columns else ours.get(name, name)
    if column not in table.columns:
        raise InputError("column_missing", file=path, column=column, key="where", has=_names(table.columns, column))
    return table[column]


def _loose(text: str) -> str:
    """Return a text without differences of width, capitals and blanks, and a whole number without its decimals."""
    plain = re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text).strip()).casefold()
    return re.sub(r"^(-?\d+)\.0+$", r"\1", plain)


def _flat(shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    """Return shapes without heights; a shape with an infinite coordinate becomes empty."""
    flat = shapely.force_2d(shapes.to_numpy())
    xy, owner = shapely.get_coordinates(flat, return_index=True)
    flat[owner[~np.isfinite(xy).all(axis=1)]] = shapely.Point()
    return gpd.GeoSeries(flat, index=shapes.index, crs=shapes.crs)


def _in_named_crs(shapes: gpd.GeoSeries, where: Where) -> gpd.GeoSeries:
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
    bounds, crs = places.total_bounds, pyproj.CRS(places.crs)
    shown = ", ".join(f"{edge:.6g}" for edge in bounds)
    if crs.is_projected and (np.abs(bounds) <= _WIDEST).all() and bounds.any():
        raise InputError("file_degrees_as_metres", file=path, crs=crs.name, bounds=shown)
    if crs.is_geographic and (np.abs(bounds) > _WIDEST).any():
        raise InputError("file_not_degrees", file=path, bounds=shown)


def _from_datum(places: gpd.GeoDataFrame, datum: str) -> gpd.GeoDataFrame:
    if datum in {"wgs84", "cgcs2000"}:
        return places
    if not pyproj.CRS(places.crs).is_geographic:
        places = places.to_crs(WGS84)
    moved = shapely.transform(
        places.geometry.to_numpy(), lambda xy: np.column_stack(to_wgs84(xy[:, 0], xy[:, 1], datum=datum))
    )
    return places.set_geometry(gpd.GeoSeries(moved, index=places.index, crs=WGS84))


def _names(columns: Iterable[object], *wanted: str) -> str:
    """Return headings as a list, those first that are spelt most like what is wanted."""
    names = [str(column) for column in columns if column != "geometry"]
    near = [name for word in wanted for name in difflib.get_close_matches(word, names, n=3, cutoff=0.5)]
    return ", ".join(dict.fromkeys([*near, *names]))


def as_text(column: pd.Series) -> pd.Series:
    """Return a column as its user would write it, without blanks around; "" where a cell is missing."""
    return column.map(_as_text).astype("str").str.strip()


def _as_text(value: object) -> str:
    """Return a cell as a user would write it: 3.0 is 3, a missing cell is ""."""
    if value is None or value is pd.NA or value != value:  # noqa: PLR0124
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def matches(value: str, patterns: Iterable[str]) -> bool:
    """Return whether a text is one of the patterns, in which ``*`` stands for any text."""
    return any(re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), value, re.DOTALL) for pattern in patterns)
