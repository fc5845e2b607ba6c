"""The layers of a study: its facilities in the metric CRS, with findings."""

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from cfgeo.check.areas import check_rings
from cfgeo.check.coordinates import check_rough, check_zone
from cfgeo.check.layers import check_layer
from cfgeo.core.findings import Findings
from cfgeo.core.schema import CLOSED, ROW, SWAPPED, Box, InputFile
from cfgeo.core.shapes import is_finite
from cfgeo.core.strings import kind_of
from cfgeo.files.cell_values import number_cells
from cfgeo.files.osm.features import merge_named_lines
from cfgeo.files.read import as_text
from cfgeo.study.config import Layer
from cfgeo.study.sources import SourceReader, SourceTable, read_source

_FILE_COLUMNS = ("@id", "kind", "name")


@dataclass(frozen=True)
class StudyLayers:
    """The layers of a study as they were read.

    Attributes
    ----------
    tables : dict of str to geopandas.GeoDataFrame
        As :class:`cfgeo.Inputs` promises its ``layers``.
    files : tuple of InputFile
    findings : list of dict
    """

    tables: dict[str, gpd.GeoDataFrame]
    files: tuple[InputFile, ...]
    findings: Findings


def read_layers(
    reader: SourceReader, *, district: shapely.Geometry, crs: Any, bbox: Box, margin_m: float
) -> StudyLayers:
    """Read the facilities of all layers of a study.

    Parameters
    ----------
    reader
        Reads the study's files.
    district
        All communities, in the metric CRS.
    crs
        The metric CRS.
    bbox
        Of facilities from OpenStreetMap: west, south, east, north [degrees].
    margin_m
        How far around the district facilities count [m].
    """
    tables: dict[str, gpd.GeoDataFrame] = {}
    files: list[InputFile] = []
    findings: Findings = []
    for name, source in reader.study.layers.items():
        read = _read_layer(name, source, reader, crs, bbox)
        files.append(read.file)
        findings += read.findings + check_layer(name, read.table, district=district, margin_m=margin_m)
        tables[name] = without_infinite(read.table.drop(columns=SWAPPED, errors="ignore"))
    return StudyLayers(tables, tuple(files), findings)


def _read_layer(name: str, source: Layer, reader: SourceReader, crs: Any, bbox: Box) -> SourceTable[gpd.GeoDataFrame]:
    read = read_source(source, name, reader, bbox=bbox)
    table, findings = read.table, read.findings
    if source.osm is not None:
        extra = [column for column in source.columns if column not in _FILE_COLUMNS]
        table = table[[c for c in (*_FILE_COLUMNS, *extra) if c in table.columns] + ["geometry"]]
        table = merge_named_lines(table)
    findings += check_zone(name, table, bbox)
    if source.osm is None:
        findings += check_rough(name, table)
    table = table.to_crs(crs)
    for column, default in {"kind": name, "name": ""}.items():
        text = as_text(table[column]) if column in table.columns else pd.Series("", index=table.index)
        table[column] = text.where(text != "", default)
    if source.kind:
        table["kind"] = source.kind
    table["kind"] = table["kind"].map(kind_of)
    if "capacity" in table.columns:
        table["capacity"], rows = number_cells(table, "capacity", name)
        findings += rows
    table["layer"] = name
    table[ROW] = table["@id"] if source.osm is not None else table.index
    table.index = pd.Index([f"{name}-{i + 1}" for i in range(len(table))], name="facility")
    findings += check_rings(name, table.set_axis(table[ROW].astype(str)))
    return SourceTable(valid(table), read.file, findings)


def valid(places: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return places with shapes that cross themselves made valid."""
    shapes = places.geometry.to_numpy()
    finite = is_finite(shapes)  # nothing can be made of a shape beyond its CRS's reach
    broken = finite & ~shapely.is_valid(shapes)
    whole = shapes.copy()
    whole[broken] = shapely.make_valid(shapes[broken])
    return places.drop(columns=CLOSED, errors="ignore").set_geometry(gpd.GeoSeries(whole, places.index, crs=places.crs))


def without_infinite(places: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return places without the positions that lie beyond the reach of their CRS, whose metres are infinite."""
    shapes = places.geometry.to_numpy().copy()
    shapes[~(is_finite(shapes) | shapely.is_missing(shapes))] = shapely.Point()
    return places.set_geometry(gpd.GeoSeries(shapes, index=places.index, crs=places.crs))
