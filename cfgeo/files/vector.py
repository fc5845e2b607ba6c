"""Vector files → tables with shapes: what GDAL reads, and GeoParquet."""

import glob
import re
import struct
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyogrio
import shapely

from cfgeo.core.errors import InputError
from cfgeo.core.schema import CLOSED
from cfgeo.files.archives import require_modest
from cfgeo.files.encoding import GUESSES, guessed_name, shapefile_encoding
from cfgeo.files.openable import require_file, require_kind

_GDAL = (".geojson", ".json", ".gpkg", ".shp", ".fgb", ".gml", ".kml", ".kmz", ".gdb", ".tab", ".mif", ".zip")
_PARQUET = (".parquet", ".geoparquet")
SUFFIXES = (*_GDAL, *_PARQUET)

_DRIVERS = {".kmz": "LIBKML", ".gdb": "OpenFileGDB", ".tab": "MapInfo File", ".mif": "MapInfo File"}
"""What GDAL needs to have been built with to read a file; the others it always has."""
_OFFLINE = {"GML_DOWNLOAD_WFS_SCHEMA": "NO", "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": "{none}"}
_SHAPE_LENGTH = slice(24, 28)
"""Where a Shapefile says how long it is, in words of two bytes."""
_DAMAGED = (
    ValueError, OSError, KeyError, IndexError, TypeError, pa.ArrowException, shapely.errors.GEOSException,
    zipfile.BadZipFile, struct.error, RuntimeError, pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError,
)  # fmt: skip
"""What libraries raise over the bytes of a damaged file."""


def read_vector(path: Path, layer: str | None = None) -> tuple[gpd.GeoDataFrame, str | None]:
    """Read a layer of a vector file.

    Parameters
    ----------
    path
        A file with one of ``SUFFIXES``.
    layer
        Which layer of a file that has several; its only one when missing.

    Returns
    -------
    table : geopandas.GeoDataFrame
        Index: the number of a feature, from 1; all columns; the file's CRS, None where it names none.
        ``CLOSED`` marks the features with a ring that had to be closed, where there are some.
    encoding : str, optional
        The encoding that was guessed, where a Shapefile names none and it is not UTF-8.

    Raises
    ------
    InputError
        The file cannot be read, has no shapes, or several layers.
    """
    encoding = None
    try:
        if path.suffix.lower() in _PARQUET:
            require_file(path)
            if layer is not None:
                raise InputError("table_alone", file=path, table=layer)
            table = gpd.read_parquet(path)
        else:
            table, encoding = _read_layer(path, layer)
    except _DAMAGED as error:
        raise InputError("file_unreadable", file=path, reason=error) from error
    if not isinstance(table, gpd.GeoDataFrame):
        raise InputError("file_without_geometry", file=path)
    table.index = pd.RangeIndex(1, len(table) + 1)
    columns = pd.DataFrame(table.drop(columns=table.geometry.name))
    return gpd.GeoDataFrame(columns, geometry=table.geometry), guessed_name(encoding)


def vector_layers(path: Path) -> list[str]:
    """Return the names of the layers of a vector file.

    Raises
    ------
    InputError
        The file cannot be read.
    """
    if path.suffix.lower() in _PARQUET:
        return []
    try:
        with _offline():
            return _layer_names(_gdal_path(path))
    except _DAMAGED as error:
        raise InputError("file_unreadable", file=path, reason=error) from error


@contextmanager
def _offline() -> Iterator[None]:
    """Keep GDAL from opening connections: for the schema that a GML names, and for any file of its network drives."""
    pyogrio.set_gdal_config_options(_OFFLINE)
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options(dict.fromkeys(_OFFLINE))


def _layer_names(gdal_path: str | Path) -> list[str]:
    return [str(name) for name in pyogrio.list_layers(gdal_path)[:, 0]]


def _read_layer(path: Path, layer: str | None) -> tuple[gpd.GeoDataFrame, str | None]:
    """Return a layer, and Python's name of the encoding of a Shapefile that names none."""
    _require_parts(path)
    with warnings.catch_warnings(), _offline():
        # Rings that GDAL closes, widths that it does not know, measures that it drops: no row lacks anything after.
        warnings.simplefilter("ignore")
        gdal_path = _gdal_path(path)
        layers = _layer_names(gdal_path)
        if len(layers) > 1 if layer is None else layer not in layers:
            raise InputError("file_layers", file=path, layers=", ".join(layers))
        encoding = shapefile_encoding(path)
        options = {"layer": layer, "encoding": GUESSES[encoding] if encoding else None}
        table = pyogrio.read_dataframe(gdal_path, on_invalid="ignore", **options)
        if isinstance(table, gpd.GeoDataFrame) and table.geometry.isna().any():  # rows without a shape, or open rings
            # Only a second reading, which closes rings, tells the rows with an open ring from those without a shape.
            fixed = pyogrio.read_dataframe(gdal_path, on_invalid="fix", **options)
            closed = table.geometry.isna() & fixed.geometry.notna()
            table = fixed.assign(**{CLOSED: closed}) if closed.any() else fixed
    is_named = "Name" in table.columns and "name" not in table.columns
    if is_named and path.suffix.lower() in {".kml", ".kmz"}:
        table = table.assign(name=table["Name"])
    return table, encoding


def _require_parts(path: Path) -> None:
    """Refuse a Shapefile that lacks files that belong to it, or is shorter than it says: GDAL would read it."""
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


def _gdal_path(path: Path) -> str | Path:
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
    require_kind(path)
    if path.suffix.lower() == ".zip" and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as pack:
            folders = {
                match[0] for name in pack.namelist() if (match := re.match(r"(.*?\.gdb)(?=/)", name, re.IGNORECASE))
            }
        if len(folders) == 1:
            return f"/vsizip/{path.as_posix()}/{folders.pop()}"
    return path
