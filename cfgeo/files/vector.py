"""Vector files → tables with shapes: what GDAL reads, and GeoParquet."""

import html
import json
import re
import struct
import tempfile
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyogrio
import shapely

from cfgeo.core.errors import InputError
from cfgeo.core.findings import Findings, finding
from cfgeo.core.schema import CLOSED
from cfgeo.files.archives import require_modest
from cfgeo.files.encodings.raw_text import RAW, in_utf_8, sides_of, with_readable_crs, words_of
from cfgeo.files.openable import require_file, require_kind

_GDAL = (".geojson", ".json", ".gpkg", ".shp", ".fgb", ".gml", ".kml", ".kmz", ".gdb", ".tab", ".mif")
_PARQUET = (".parquet", ".geoparquet")
SUFFIXES = (*_GDAL, *_PARQUET)

_RAW = {".shp", ".tab", ".mif"}
"""Formats that say little or nothing of the encoding of their texts."""
_DATA_NAME = re.compile(rb"(<(?:\w+:)?Data\s[^>]*?\bname\s*=\s*)([\"'])(.*?)\2", re.DOTALL)
_PLAIN_NAME, _AS_HEX = re.compile(rb"\w+", re.ASCII), "utf8_"
"""GDAL's KML keeps of the name of a datum ASCII letters and digits alone, so that 学段 and 地址 would be one column."""
_LINK = re.compile(rb"<(?:\w+:)?NetworkLink[\s>]")
_DRIVERS = {".kmz": "LIBKML", ".gdb": "OpenFileGDB", ".tab": "MapInfo File", ".mif": "MapInfo File"}
"""What GDAL needs to have been built with to read a file; the others it always has."""
_OFFLINE = {"GML_DOWNLOAD_WFS_SCHEMA": "NO", "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": "{none}"}
_STYLES = "layer_styles"
_SHAPE_LENGTH = slice(24, 28)
"""Where a Shapefile says how long it is, in words of two bytes."""
_COLLECTION, _DEEPEST = b'"FeatureCollection"', 16
_DAMAGED = (
    ValueError, OSError, KeyError, IndexError, TypeError, pa.ArrowException, shapely.errors.GEOSException,
    zipfile.BadZipFile, zlib.error, EOFError, struct.error, RuntimeError,
    pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError,
)  # fmt: skip
"""What libraries raise over the bytes of a damaged file."""


def read_vector(
    path: Path, layer: str | None = None, *, encoding: str | None = None
) -> tuple[gpd.GeoDataFrame, Findings]:
    """Read a layer of a vector file.

    Parameters
    ----------
    path
        A file with one of ``SUFFIXES``.
    layer
        Which layer of a file that has several; its only one when missing.
    encoding
        Python's name of the encoding of its texts, where the user gives it.

    Returns
    -------
    table : geopandas.GeoDataFrame
        Index: the number of a feature, from 1; all columns; the file's CRS, None where it names none.
        ``CLOSED`` marks the features with a ring that had to be closed, where there are some.
    findings : list of dict
        What is odd about its texts; their layer is the name of the file.

    Raises
    ------
    InputError
        The file cannot be read, has no shapes, or several layers.
    """
    findings: Findings = []
    try:
        if path.suffix.lower() in _PARQUET:
            from pyarrow import parquet  # noqa: PLC0415  # brings file systems of clouds along, a tenth of a second

            require_file(path)
            if layer is not None:
                raise InputError("table_alone", file=path, table=layer)
            if b"geo" not in (parquet.read_schema(path).metadata or {}):
                raise InputError("file_without_geometry", file=path)
            table = gpd.read_parquet(path)
        else:
            table, findings = _read_layer(path, layer, encoding)
    except _DAMAGED as error:
        raise InputError("file_unreadable", file=path, reason=error) from error
    if not isinstance(table, gpd.GeoDataFrame):
        raise InputError("file_without_geometry", file=path)
    table.index = pd.RangeIndex(1, len(table) + 1)
    columns = pd.DataFrame(table.drop(columns=table.geometry.name))
    return gpd.GeoDataFrame(columns, geometry=table.geometry), findings


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
        with _offline(), _in_utf_8(path) as (readable, _):
            return _layer_names(_gdal_path(readable, path))
    except _DAMAGED as error:
        raise InputError("file_unreadable", file=path, reason=error) from error


@contextmanager
def _in_utf_8(path: Path, encoding: str | None = None) -> Iterator[tuple[Path, Findings]]:
    """Yield a file, or a copy in UTF-8 where its texts are in another encoding, also those packed in a ``.kmz``."""
    if path.suffix.lower() == ".shp":
        with with_readable_crs(path) as readable:
            yield readable, []
        return
    if path.suffix.lower() == ".kml":
        with in_utf_8(path, encoding) as (readable, findings), tempfile.TemporaryDirectory() as folder:
            body = readable.read_bytes()
            plain, copy = _with_plain_names(body), Path(folder, path.name)
            if plain != body:
                copy.write_bytes(plain)
            yield (readable if plain == body else copy), findings
        return
    if path.suffix.lower() != ".kmz":
        with in_utf_8(path, encoding) as (readable, findings), _unnested(readable, path.name) as (flat, nested):
            yield flat, [*findings, *nested]
        return
    _require_driver(path)
    require_modest(path)
    findings = []
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(path) as packed:
            bodies = {name: packed.read(name) for name in packed.namelist()}
        texts = {name: body for name, body in bodies.items() if name.lower().endswith(".kml")}
        for name, body in texts.items():
            member = Path(folder, "doc.kml")
            member.write_bytes(body)
            with in_utf_8(member, encoding) as (readable, rows):
                bodies[name] = _with_plain_names(readable.read_bytes())
            findings += [{**row, "layer": path.name, "values": {**row["values"], "file": path.name}} for row in rows]
        if all(bodies[name] == body for name, body in texts.items()):
            yield path, []
            return
        copy = Path(folder, path.name)
        with zipfile.ZipFile(copy, "w") as usual:
            for name, body in bodies.items():
                usual.writestr(name, body)
        yield copy, findings


def _with_plain_names(body: bytes) -> bytes:
    """Return a KML in UTF-8 whose data have names that GDAL keeps: others as hexadecimal digits."""

    def plain(found: re.Match[bytes]) -> bytes:
        name = html.unescape(found[3].decode("utf-8", "replace"))
        kept = found[3] if _PLAIN_NAME.fullmatch(found[3]) else f"{_AS_HEX}{name.encode().hex()}".encode()
        return found[1] + found[2] + kept + found[2]

    return _DATA_NAME.sub(plain, body)


def _as_named(heading: str) -> str:
    """Return the heading that :func:`_with_plain_names` has written as digits."""
    return (
        bytes.fromhex(heading[len(_AS_HEX) :]).decode()
        if re.fullmatch(rf"{_AS_HEX}(?:[0-9a-f]{{2}})+", heading)
        else heading
    )


@contextmanager
def _unnested(readable: Path, name: str) -> Iterator[tuple[Path, Findings]]:
    """Yield a GeoJSON, or a copy of it whose collections in collections are one, of which GDAL would read none."""
    is_nested = False
    if readable.suffix.lower() in {".geojson", ".json"}:
        body = readable.read_bytes()
        is_nested = body.count(_COLLECTION) > 1
    content = _parsed(body) if is_nested else None
    inner = [] if content is None else [each for each in _members(content) if each.get("type") == "FeatureCollection"]
    if content is None or not inner:
        yield readable, []
        return
    crs = next((each["crs"] for each in (content, *inner) if each.get("crs")), None)
    features = [each for each in _members(content) if each.get("type") == "Feature" and not _is_nest(each)]
    flat = {"type": "FeatureCollection", **({"crs": crs} if crs else {}), "features": features}
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, readable.name)
        copy.write_text(json.dumps(flat, ensure_ascii=False), encoding="utf-8")
        yield copy, [finding("geojson_nested", name, severity="note", file=name, count=len(inner))]


def _parsed(body: bytes) -> dict[str, Any] | None:
    """Return a GeoJSON as Python has it; None for what is no such object, which GDAL refuses or knows."""
    try:
        content = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) and content.get("type") in {"FeatureCollection", "Feature"} else None


def _members(content: dict[str, Any], depth: int = 0) -> Iterator[dict[str, Any]]:
    """Yield the features and collections inside a collection, or inside a feature that has one for its geometry."""
    inside = content.get("features") if content.get("type") == "FeatureCollection" else [content.get("geometry")]
    for each in inside if isinstance(inside, list) and depth < _DEEPEST else ():
        if isinstance(each, dict) and each.get("type") in {"FeatureCollection", "Feature"}:
            yield each
            yield from _members(each, depth + 1)


def _is_nest(feature: dict[str, Any]) -> bool:
    geometry = feature.get("geometry")
    return isinstance(geometry, dict) and geometry.get("type") == "FeatureCollection"


@contextmanager
def _offline() -> Iterator[None]:
    """Keep GDAL from opening connections: for the schema that a GML names, and for any file of its network drives."""
    pyogrio.set_gdal_config_options(_OFFLINE)
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options(dict.fromkeys(_OFFLINE))


def _layer_names(gdal_path: str | Path) -> list[str]:
    """Return the layers of a file, without the table in which QGIS keeps their styles."""
    return [str(name) for name in pyogrio.list_layers(gdal_path)[:, 0] if name != _STYLES]


def _read_layer(path: Path, layer: str | None, encoding: str | None) -> tuple[gpd.GeoDataFrame, Findings]:
    """Return a layer, and what is odd about its texts."""
    _require_parts(path)
    suffix = path.suffix.lower()
    with warnings.catch_warnings(), _offline(), _in_utf_8(path, encoding) as (readable, findings):
        # Rings that GDAL closes, widths that it does not know, measures that it drops: no row lacks anything after.
        warnings.simplefilter("ignore")
        gdal_path = _gdal_path(readable, path)
        links = _links_in(readable)
        layers = _layer_names(gdal_path)
        if not layers:
            raise _without_places(path, links)
        if len(layers) > 1 if layer is None else layer not in layers:
            raise InputError("file_layers", file=path, layers=", ".join(layers))
        try:
            raw = suffix in _RAW
            table = _features(gdal_path, layer=layer, encoding=RAW if raw else None)
        except UnicodeDecodeError:
            raw, table = True, _features(gdal_path, layer=layer, encoding=RAW)
    if raw and isinstance(table, gpd.GeoDataFrame):
        table, findings = words_of(table, path, encoding=encoding)
    if links and len(table) == 0:
        raise _without_places(path, links)
    if links:
        findings = [*findings, finding("kml_links", path.name, file=path.name, count=links)]
    if suffix in {".kml", ".kmz"}:
        table = table.rename(columns={heading: _as_named(str(heading)) for heading in table.columns})
    is_named = "Name" in table.columns and "name" not in table.columns
    if is_named and suffix in {".kml", ".kmz"}:
        table = table.assign(name=table["Name"])
    return table, findings


def _features(gdal_path: str | Path, **options: str | None) -> gpd.GeoDataFrame:
    """Return the features of a layer; ``CLOSED`` marks those with a ring that had to be closed."""
    table = pyogrio.read_dataframe(gdal_path, on_invalid="ignore", **options)
    if isinstance(table, gpd.GeoDataFrame) and table.geometry.isna().any():  # rows without a shape, or open rings
        # Only a second reading, which closes rings, tells the rows with an open ring from those without a shape.
        fixed = pyogrio.read_dataframe(gdal_path, on_invalid="fix", **options)
        closed = table.geometry.isna() & fixed.geometry.notna()
        table = fixed.assign(**{CLOSED: closed}) if closed.any() else fixed
    return table


def _require_parts(path: Path) -> None:
    """Refuse a Shapefile that lacks files that belong to it, or is shorter than it says: GDAL would read it."""
    if path.suffix.lower() != ".shp":
        return
    sides = sides_of(path)
    lost = [suffix for suffix in (".shx", ".dbf") if suffix not in sides]
    if lost:
        raise InputError("shapefile_parts", file=path, parts=", ".join(f"{path.stem}{suffix}" for suffix in lost))
    with path.open("rb") as stream:
        words = int.from_bytes(stream.read(_SHAPE_LENGTH.stop)[_SHAPE_LENGTH], "big")
    if path.stat().st_size < 2 * words:
        raise InputError("file_unreadable", file=path, reason=pyogrio.errors.DataSourceError())


def _without_places(path: Path, links: int) -> InputError:
    """Return the error of a file that holds no layer, or nothing but links to places."""
    return InputError("kml_links", file=path, count=links) if links else InputError("file_without_geometry", file=path)


def _links_in(readable: Path) -> int:
    """Return how often a KML fetches places from elsewhere: GDAL reads it without them."""
    suffix = readable.suffix.lower()
    bodies: list[bytes] = []
    if suffix == ".kml":
        bodies = [readable.read_bytes()]
    elif suffix == ".kmz":
        with zipfile.ZipFile(readable) as packed:
            bodies = [packed.read(name) for name in packed.namelist() if name.lower().endswith(".kml")]
    return sum(len(_LINK.findall(body)) for body in bodies)


def _require_driver(path: Path) -> None:
    """Refuse a format that this build of GDAL does not read."""
    driver = _DRIVERS.get(path.suffix.lower())
    if driver is not None and driver not in pyogrio.list_drivers(read=True):
        raise InputError("file_driver", file=path, driver=driver)


def _gdal_path(readable: Path, file: Path) -> Path:
    """Return what GDAL opens, ``file`` or a copy of it; refuse what it would not read as what its ending says."""
    _require_driver(readable)
    if readable.suffix.lower() == ".kmz":
        require_modest(readable)
    try:
        require_kind(readable)
    except InputError as error:
        if error.values.get("file") == readable:  # nobody knows the copy
            error.values["file"] = file
        raise
    return readable
