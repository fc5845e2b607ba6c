"""Files → tables: vector files, GeoParquet, CSV and Excel, in WGS-84 or their own CRS."""

import glob
import re
import struct
import warnings
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyogrio
import pyproj
import shapely

from cfgeo.core.errors import InputError
from cfgeo.core.schema import CLOSED, SWAPPED, WGS84
from cfgeo.files.archives import require_modest
from cfgeo.files.cell_values import degrees, money_unit, plain_heading
from cfgeo.files.datum import to_wgs84
from cfgeo.files.delimited import SUFFIXES as TABLES
from cfgeo.files.delimited import read_delimited
from cfgeo.files.encoding import GUESSES, encoding_of, shapefile_encoding
from cfgeo.files.excel import SUFFIXES as WORKBOOKS
from cfgeo.files.excel import is_workbook, read_sheet, sheet_names

_DAMAGED = (
    ValueError, OSError, KeyError, IndexError, TypeError, pa.ArrowException, shapely.errors.GEOSException,
    zipfile.BadZipFile, struct.error, RuntimeError,
)  # fmt: skip
"""What libraries raise over the bytes of a damaged file."""

Frame = TypeVar("Frame", bound=pd.DataFrame)

_VECTOR = (".geojson", ".json", ".gpkg", ".shp", ".fgb", ".gml", ".kml", ".kmz", ".gdb", ".tab", ".mif", ".zip")
_DRIVERS = {".kmz": "LIBKML", ".gdb": "OpenFileGDB", ".tab": "MapInfo File", ".mif": "MapInfo File"}
"""What GDAL needs to have been built with to read a file; the others it always has."""
_PARQUET = (".parquet", ".geoparquet")
_OTHER_WORKBOOKS = (".xlsb", ".et", ".ods")
_SHAPE_LENGTH = slice(24, 28)
"""Where a Shapefile says how long it is, in words of two bytes."""
_LON = ("lon", "lng", "longitude", "x", "经度")
_LAT = ("lat", "latitude", "y", "纬度")


def read_places(path: Path, *, columns: Mapping[str, str], datum: str, table: str | None = None) -> gpd.GeoDataFrame:
    """Read a vector file, or a table with lon and lat, as it stands.

    Parameters
    ----------
    path
        The file.
    columns
        cfgeo's name → the file's name; columns are renamed so.
    datum
        Of the coordinates: ``wgs84``, ``gcj02``, ``bd09`` or ``cgcs2000``.
    table
        Which layer of a file that has several, such as a GeoPackage, or sheet of a workbook; its only one when missing,
        and the first sheet that holds a table.

    Returns
    -------
    geopandas.GeoDataFrame
        Index: the rows of a sheet as it shows them, the number of a feature from 1 in other files; all columns; WGS-84,
        or the file's CRS where that is projected. Rows without a position have an empty geometry; where that is
        because longitude and latitude are swapped, ``SWAPPED`` says so. Where a ring had to be closed, ``CLOSED`` does.

    Raises
    ------
    InputError
        The file is missing, cannot be read, or lacks a column that ``columns`` names.
    """
    suffix = path.suffix.lower()
    if not path.exists():
        raise missing(path)
    if is_table(path):
        rows: pd.DataFrame = read_table(path, table)
    elif suffix in _VECTOR or suffix in _PARQUET:
        rows = _read_vector(path, table)
    else:
        _require_no_workbook(path)
        raise InputError("file_format", file=path, known=" ".join((*_VECTOR, *_PARQUET, *TABLES, *WORKBOOKS)))
    return as_places(rows, columns=columns, datum=datum, path=path)


def as_places(rows: pd.DataFrame, *, columns: Mapping[str, str], datum: str, path: Path | str) -> gpd.GeoDataFrame:
    """Return rows as :func:`read_places` promises: of shapes, or with lon and lat.

    Parameters
    ----------
    rows
        A GeoDataFrame, or a table without shapes.
    columns, datum
        As for :func:`read_places`.
    path
        Where they come from, for errors.
    """
    renamed = rename(rows, columns, path=path)
    if isinstance(renamed, gpd.GeoDataFrame):
        places = renamed.set_geometry(_flat(renamed.geometry))
    else:
        places = _with_position(renamed, path)
    _require_degrees(places, path)
    return _from_datum(places, datum)


def _flat(shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    """Return shapes without heights; what lies nowhere on earth is empty."""
    flat = shapely.force_2d(shapes.to_numpy())
    xy, owner = shapely.get_coordinates(flat, return_index=True)
    flat[owner[~np.isfinite(xy).all(axis=1)]] = shapely.Point()
    return gpd.GeoSeries(flat, index=shapes.index, crs=shapes.crs)


def has_position(table: pd.DataFrame) -> bool:
    """Say whether a table without shapes has headings of longitude or latitude."""
    return _first(table, _LON) is not None or _first(table, _LAT) is not None


def guessed_encoding(path: Path) -> str | None:
    """Return the encoding that was taken for a file's words where the file says nothing and UTF-8 does not fit."""
    is_table = path.suffix.lower() in TABLES
    guess = encoding_of(path.read_bytes()) if is_table else shapefile_encoding(path)
    return GUESSES[guess] if guess == "gb18030" else None


def read_table(path: Path, sheet: str | None = None) -> pd.DataFrame:
    """Read a CSV or a workbook's sheet; codes stay text, empty cells are missing, the index has the sheet's rows.

    Raises
    ------
    InputError
        The file is missing or is no table.
    """
    if not path.exists():
        raise missing(path)
    _require_no_workbook(path)
    if is_workbook(path):
        return read_sheet(path, sheet).table
    if sheet is not None:
        raise InputError("table_alone", file=path, table=sheet)
    return read_delimited(path).table


def money_units(path: Path, sheet: str | None = None) -> dict[str, str]:
    """Return the units of money that a table's headings name; for "" that of the lines around it, "" where none does.

    A workbook's sheet is the named one, or the first that holds a table.

    Raises
    ------
    InputError
        The file is missing or is no table.
    """
    if is_workbook(path):
        return dict(read_sheet(path, sheet).money)
    return {str(heading): money_unit(str(heading)) for heading in read_table(path).columns}


def layers_of(path: Path) -> list[str | None]:
    """Return the layers or sheets of a file that ``table`` can name; None stands for the only one.

    Raises
    ------
    InputError
        The file is missing or cannot be read.
    """
    if not path.exists():
        raise missing(path)
    if is_workbook(path):
        names = sheet_names(path)
    elif path.suffix.lower() in _VECTOR:
        try:
            names = [str(name) for name in pyogrio.list_layers(_inside(path))[:, 0]]
        except (pyogrio.errors.DataSourceError, *_DAMAGED) as error:
            raise InputError("file_unreadable", file=path, reason=error) from error
    else:
        names = []
    return [*names] if len(names) > 1 else [None]


def is_table(path: Path) -> bool:
    """Say whether a file's name is that of a table without shapes."""
    return path.suffix.lower() in TABLES or is_workbook(path)


def _require_no_workbook(path: Path) -> None:
    if path.suffix.lower() in _OTHER_WORKBOOKS:
        raise InputError("file_spreadsheet", file=path)


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
            raise InputError("column_missing", file=path, column=theirs, key=ours, has=_names(table.columns))
    renamed = {ours: table[theirs] for ours, theirs in columns.items()}  # one column may serve twice
    kept = table.drop(columns=[theirs for theirs in columns.values() if theirs not in columns])
    return kept.assign(**renamed)


def _as_headed(table: pd.DataFrame, name: str) -> str:
    """Return a column's name without the unit that its heading may have in the file, where only that is read."""
    plain = plain_heading(name)
    return plain if name not in table.columns and plain in table.columns else name


def keep_where(
    table: gpd.GeoDataFrame,
    where: Mapping[str, tuple[object, ...]],
    *,
    path: Path | str,
    columns: Mapping[str, str] | None = None,
) -> gpd.GeoDataFrame:
    """Keep the rows whose columns have one of the wanted values; ``*`` in a text stands for any text.

    A column goes by its name in the table, or by the file's name for it where ``columns`` (cfgeo's name → the file's
    name) has changed that.

    Raises
    ------
    InputError
        The table has no such column.
    """
    keep = np.ones(len(table), dtype=bool)
    now = {theirs: ours for ours, theirs in (columns or {}).items()}
    for name, wanted in where.items():
        column = name if name in table.columns else now.get(name, name)
        if column not in table.columns:
            raise InputError("column_missing", file=path, column=column, key="where", has=_names(table.columns))
        text = as_text(table[column])
        patterns = [_as_text(value) for value in wanted]
        found = {value for value in set(text) if matches(value, patterns)}
        keep &= text.isin(found).to_numpy()
    return table[keep]


def _read_vector(path: Path, layer: str | None) -> gpd.GeoDataFrame:
    try:
        is_parquet = path.suffix.lower() in _PARQUET
        if is_parquet and layer is not None:
            raise InputError("table_alone", file=path, table=layer)
        table = gpd.read_parquet(path) if is_parquet else _read_layer(path, layer)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, *_DAMAGED) as error:
        raise InputError("file_unreadable", file=path, reason=error) from error
    if not isinstance(table, gpd.GeoDataFrame):
        raise InputError("file_without_geometry", file=path)
    if table.crs is None:
        bounds = table.total_bounds
        if not (np.abs(bounds) <= [180, 90, 180, 90]).all():
            raise InputError("file_without_crs", file=path)
        table = table.set_crs(WGS84)
    table.index = pd.RangeIndex(1, len(table) + 1)
    return gpd.GeoDataFrame(pd.DataFrame(table.drop(columns=table.geometry.name)), geometry=table.geometry)


def _read_layer(path: Path, layer: str | None) -> gpd.GeoDataFrame:
    _require_parts(path)
    with warnings.catch_warnings():
        # Rings that GDAL closes, widths that it does not know, measures that it drops: nothing that a row lacks after.
        warnings.simplefilter("ignore")
        place = _inside(path)
        layers = [str(name) for name in pyogrio.list_layers(place)[:, 0]]
        if len(layers) > 1 if layer is None else layer not in layers:
            raise InputError("file_layers", file=path, layers=", ".join(layers))
        guess = shapefile_encoding(path)
        encoding = GUESSES[guess] if guess else None
        table = pyogrio.read_dataframe(place, layer=layer, on_invalid="ignore", encoding=encoding)
        if isinstance(table, gpd.GeoDataFrame) and table.geometry.isna().any():  # rows without a shape, or open rings
            fixed = pyogrio.read_dataframe(place, layer=layer, on_invalid="fix", encoding=encoding)
            closed = table.geometry.isna() & fixed.geometry.notna()
            table = fixed.assign(**{CLOSED: closed}) if closed.any() else fixed
    is_named = "Name" in table.columns and "name" not in table.columns
    return table.assign(name=table["Name"]) if is_named and path.suffix.lower() in {".kml", ".kmz"} else table


def _require_parts(path: Path) -> None:
    """Refuse a Shapefile that came without the files that belong to it, or is shorter than it says: GDAL reads on."""
    if path.suffix.lower() != ".shp":
        return
    sides = {item.suffix.lower(): item for item in path.parent.glob(f"{glob.escape(path.stem)}.*")}
    lost = [suffix for suffix in (".shx", ".dbf") if suffix not in sides]
    if lost:
        raise InputError("shapefile_parts", file=path, parts=", ".join(f"{path.stem}{suffix}" for suffix in lost))
    with path.open("rb") as stream:
        words = int.from_bytes(stream.read(_SHAPE_LENGTH.stop)[_SHAPE_LENGTH], "big")
    if path.stat().st_size < 2 * words:
        raise InputError("file_unreadable", file=path, reason=pyogrio.errors.DataSourceError())


def _inside(path: Path) -> str | Path:
    """Return what GDAL opens: a geodatabase packed as a folder has to be named inside its ``.zip``.

    Raises
    ------
    InputError
        This build of GDAL does not read the format.
    """
    driver = _DRIVERS.get(path.suffix.lower())
    if driver is not None and driver not in pyogrio.list_drivers(read=True):
        raise InputError("file_driver", file=path, driver=driver)
    if path.suffix.lower() in {".zip", ".kmz"}:
        require_modest(path)
    if path.suffix.lower() == ".zip" and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as pack:
            folders = {
                match[0] for name in pack.namelist() if (match := re.match(r"(.*?\.gdb)(?=/)", name, re.IGNORECASE))
            }
        if len(folders) == 1:
            return f"/vsizip/{path.as_posix()}/{folders.pop()}"
    return path


def _require_degrees(places: gpd.GeoDataFrame, path: Path | str) -> None:
    """Refuse degrees that cannot be (swapped, or the metres of a plane) and metres that are degrees."""
    bounds = places.total_bounds
    if pyproj.CRS(places.crs).is_projected and (np.abs(bounds) <= [180, 90, 180, 90]).all() and bounds.any():
        at = ", ".join(f"{edge:.6g}" for edge in bounds)
        raise InputError("file_degrees_as_metres", file=path, crs=pyproj.CRS(places.crs).name, bounds=at)
    if pyproj.CRS(places.crs).is_geographic and (np.abs(bounds) > [180, 90, 180, 90]).any():
        raise InputError("file_not_degrees", file=path, bounds=", ".join(f"{edge:.6g}" for edge in bounds))


def _with_position(table: pd.DataFrame, path: Path | str) -> gpd.GeoDataFrame:
    lon_name, lat_name = _first(table, _LON), _first(table, _LAT)
    if lon_name is None or lat_name is None:
        missing = "lon" if lon_name is None else "lat"
        raise InputError("column_missing", file=path, column=missing, key=missing, has=_names(table.columns))
    lon = degrees(table[lon_name], "EW").to_numpy(dtype=float)
    lat = degrees(table[lat_name], "NS").to_numpy(dtype=float)
    known = (np.abs(lon) <= 180) & (np.abs(lat) <= 90)
    points = np.full(len(table), shapely.Point(), dtype=object)
    points[known] = shapely.points(lon[known], lat[known])
    swapped = (np.abs(lon) <= 90) & (np.abs(lat) > 90) & (np.abs(lat) <= 180)
    if swapped.any():
        table = table.assign(**{SWAPPED: swapped})
    return gpd.GeoDataFrame(table.drop(columns=[lon_name, lat_name]), geometry=points, crs=WGS84)


def _from_datum(places: gpd.GeoDataFrame, datum: str) -> gpd.GeoDataFrame:
    if datum in {"wgs84", "cgcs2000"}:
        return places
    if not pyproj.CRS(places.crs).is_geographic:
        places = places.to_crs(WGS84)
    moved = shapely.transform(
        places.geometry.to_numpy(), lambda xy: np.column_stack(to_wgs84(xy[:, 0], xy[:, 1], datum=datum))
    )
    return places.set_geometry(gpd.GeoSeries(moved, index=places.index, crs=WGS84))


def _first(table: pd.DataFrame, names: Iterable[str]) -> str | None:
    lower = {plain_heading(column).lower(): column for column in reversed(table.columns)}
    return next((lower[name] for name in names if name in lower), None)


def _names(columns: Iterable[object]) -> str:
    return ", ".join(str(column) for column in columns if column != "geometry")


def as_text(column: pd.Series) -> pd.Series:
    """Return a column as its user would write it, without blanks around; empty where there is nothing."""
    return column.map(_as_text).astype("str").str.strip()


def _as_text(value: object) -> str:
    """Return a cell as a user would write it: 3.0 is 3, nothing is empty."""
    if value is None or value is pd.NA or value != value:  # noqa: PLR0124
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def missing(path: Path) -> InputError:
    """Return the error of a file that is not there, with the files that are."""
    folder = path.parent
    if not folder.is_dir():
        return InputError("folder_missing", file=path, folder=folder)
    near = sorted(item.name for item in folder.iterdir() if item.is_file())[:12]
    return InputError("file_missing", file=path, near=", ".join(near))


def matches(value: str, patterns: Iterable[str]) -> bool:
    """Say whether a text is one of some patterns."""
    return any(re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), value, re.DOTALL) for pattern in patterns)
