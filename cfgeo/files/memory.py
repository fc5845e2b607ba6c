"""Tables in memory → tables as their files would give them."""

import datetime as dt
import hashlib
from functools import cached_property
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from cfgeo.core.errors import InputError
from cfgeo.files.read import TableFile, TableRead


class MemoryTable(TableFile):
    """A table in memory, read and checked as if it stood in a file: findings name rows by the table's index.

    Parameters
    ----------
    name
        What errors call it, in place of a file's path.
    table
        With shapes, or with columns of positions. It is copied, and never written to. The levels of an index that has
        names are columns as well.
    """

    def __init__(self, name: str, table: pd.DataFrame) -> None:
        super().__init__(Path(name))
        self.index = table.index
        self.rows = _rows_of(table.index)
        self._read = TableRead(_as_read(table, self.rows, Path(name)))

    def read(self, table: str | None = None, *, encoding: str | None = None) -> TableRead:
        """Return the table; it has neither layers nor an encoding."""
        if table is not None:
            raise InputError("table_alone", file=self.path, table=table)
        return self._read

    def read_rows(self, sheet: str | None = None, *, encoding: str | None = None) -> TableRead:
        """Return the table without its shapes."""
        read = self.read(sheet, encoding=encoding)
        if not isinstance(read.table, gpd.GeoDataFrame):
            return read
        return TableRead(_as_text(pd.DataFrame(read.table.drop(columns="geometry"))))

    def layers(self) -> list[str | None]:
        """Return that there is one table."""
        return [None]

    def sha256(self) -> str:
        """Return the SHA-256 of headings, cells and shapes, which two equal tables share."""
        return self._sha256

    @cached_property
    def _sha256(self) -> str:
        table = self._read.table
        digest = hashlib.sha256(repr([str(name) for name in table.columns]).encode())
        if isinstance(table, gpd.GeoDataFrame):
            digest.update(str(table.crs).encode())
            for shape in shapely.to_wkb(table.geometry.to_numpy()):
                digest.update(shape or b"-")
            table = pd.DataFrame(table.drop(columns="geometry"))
        digest.update(_as_text(table).to_csv(index=True).encode())
        return digest.hexdigest()

    @property
    def size(self) -> int:
        """Return the bytes that the table takes in memory."""
        return int(self._read.table.memory_usage(deep=True).sum())


def _rows_of(index: pd.Index) -> pd.Index:
    """Return what findings call the rows: the index, or numbers from 1 where it does not tell them apart."""
    if index.is_unique and index.nlevels == 1:
        return index.rename(None)
    return pd.RangeIndex(1, len(index) + 1)


def _as_read(table: pd.DataFrame, rows: pd.Index, path: Path) -> pd.DataFrame:
    """Return a copy of a table with texts for headings, and ``geometry`` for the name of its shapes."""
    shapes = None
    if isinstance(table, gpd.GeoDataFrame):
        if table.active_geometry_name is None:
            raise InputError("file_without_geometry", file=path)
        shapes = gpd.GeoSeries(table.geometry.to_numpy(copy=True), index=rows, crs=table.crs)
        table = table.drop(columns=table.active_geometry_name)
    columns = pd.DataFrame(table).copy()
    levels = {name: columns.index.get_level_values(nth) for nth, name in enumerate(columns.index.names)}
    for name in reversed([name for name in levels if name is not None and name not in columns.columns]):
        columns.insert(0, name, levels[name])
    columns = columns.set_axis(rows, axis=0).set_axis([str(name) for name in columns.columns], axis=1)
    if not columns.columns.is_unique:
        twice = columns.columns[columns.columns.duplicated()].unique()
        raise InputError("table_columns_twice", file=path, columns=", ".join(twice))
    categories = columns.select_dtypes("category").columns
    columns = columns.astype(dict.fromkeys(categories, "object"))
    return _as_text(columns) if shapes is None else gpd.GeoDataFrame(columns, geometry=shapes)


def _as_text(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table as a CSV would give it: text, missing where a cell is empty."""
    texts = {name: [_cell(value) for value in cells] for name, cells in table.items()}
    return pd.DataFrame(texts, index=table.index, columns=table.columns, dtype="object")


def _cell(value: Any) -> str | None:
    """Return a cell as a person would write it: no hours behind a day."""
    if not isinstance(value, list | tuple | dict | set) and pd.isna(value):
        return None
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        value = value.date()
    text = str(value).strip()
    return text or None
