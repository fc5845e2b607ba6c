"""The layers of a study: its facilities in the metric CRS, with findings."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cfgeo.check.areas import check_rings
from cfgeo.check.coordinates import check_rough, check_zone
from cfgeo.check.layers import MOST, check_layer
from cfgeo.core.errors import InputError
from cfgeo.core.findings import Findings, finding
from cfgeo.core.schema import CLOSED, ROW, SWAPPED, WGS84, Box, InputFile, is_of_kinds
from cfgeo.core.shapes import is_finite, moved, valid_shapes
from cfgeo.core.strings import Sentence, section
from cfgeo.files.cell_values import whole_cells
from cfgeo.files.columns import as_text
from cfgeo.files.osm.features import merge_named_lines
from cfgeo.files.osm.stages import with_stages
from cfgeo.files.postgis import is_database
from cfgeo.files.vocabulary.headings import columns_of, headings_that_are
from cfgeo.files.vocabulary.kinds import kind_of
from cfgeo.study.config import Study
from cfgeo.study.sources import SourceReader, SourceTable, file_name, read_source
from cfgeo.study.start.propose import matched_rows
from cfgeo.study.tables import Layer

_FILE_COLUMNS = ("@id", "kind", "name")


@dataclass(frozen=True)
class StudyLayers:
    """The layers of a study as they were read.

    Attributes
    ----------
    tables : dict of str to geopandas.GeoDataFrame
        As :class:`cfgeo.Inputs` promises its ``layers``.
    parts : tuple of LayerPart
        What each file gave, in the order of ``tables``.
    files : tuple of InputFile
    findings : list of dict
    """

    tables: dict[str, gpd.GeoDataFrame]
    parts: tuple["LayerPart", ...]
    files: tuple[InputFile, ...]
    findings: Findings


@dataclass(frozen=True)
class LayerPart:
    """The facilities of one file or table of a layer.

    Attributes
    ----------
    label : str
        The layer, and the file in brackets where the layer has several.
    source : Layer
    places : geopandas.GeoDataFrame
        Rows of the layer's table.
    datum : str
        That their positions were written in.
    """

    label: str
    source: Layer
    places: gpd.GeoDataFrame
    datum: str


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
    parts: list[LayerPart] = []
    files: list[InputFile] = []
    findings: Findings = []
    land = moved(gpd.GeoSeries([district], crs=crs), WGS84).iloc[0]
    for name, sources in reader.study.layers.items():
        labels = [_label(source, reader.study) if len(sources) > 1 else "" for source in sources]
        read = [_read_part(name, each, reader, crs, bbox, land) for each in zip(sources, labels, strict=True)]
        for part, label in zip(read, labels, strict=True):
            files.append(part.file)
            findings += part.findings
            if "where_none" not in {row["rule"] for row in part.findings}:
                findings += check_layer(name, part.table, district=district, margin_m=margin_m, file=label)
        table = _joined([part.table for part in read])
        table.index = pd.Index([f"{name}-{i + 1}" for i in range(len(table))], name="facility")
        tables[name] = without_infinite(table.drop(columns=SWAPPED, errors="ignore"))
        ends = np.cumsum([len(part.table) for part in read])
        parts += [
            LayerPart(
                f"{name} ({label})" if label else name,
                source,
                tables[name].iloc[end - len(part.table) : end],
                part.datum,
            )
            for source, label, part, end in zip(sources, labels, read, ends, strict=True)
        ]
    return StudyLayers(tables, tuple(parts), tuple(files), findings)


def _label(source: Layer, study: Study) -> str:
    """Return what tells a file from the others of its layer: its name, with the table in it that is read."""
    return " ".join(filter(None, (file_name(source, study), None if is_database(source.path) else source.table)))


def _joined(tables: Sequence[gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """Return the facilities of several files in one table."""
    filled = [table for table in tables if len(table)] or tables[:1]
    return filled[0] if len(filled) == 1 else pd.concat(filled)


def _read_part(
    name: str, part: tuple[Layer, str], reader: SourceReader, crs: Any, bbox: Box, land: shapely.Geometry
) -> SourceTable[gpd.GeoDataFrame]:
    """Read a file or table of a layer; with its label, where the layer has several, rows are named by it as well."""
    source, label = part
    read = _read_source(source, name, reader, bbox, land)
    table, findings = read.table, read.findings
    if label and source.osm is None:
        table = table.set_axis([f"{label} {row}" for row in table.index])
        findings = [{**row, "row": f"{label} {row['row']}".strip()} for row in findings]
    if source.osm is not None:
        table = with_stages(table)
        extra = [column for column in source.columns if column not in _FILE_COLUMNS]
        table = table[[c for c in (*_FILE_COLUMNS, *extra) if c in table.columns] + ["geometry"]]
        table = merge_named_lines(table)
    findings += check_zone(name, table, bbox)
    if source.osm is None:
        findings += check_rough(name, table)
        if not source.kind and (heading := _heading_of_kinds(table)):
            table = table.assign(kind=table[heading])
            findings.append(finding("kind_heading", name, severity="note", row=heading, heading=heading))
        if heading := _heading_of_names(table):
            table = table.assign(name=table[heading])
            findings.append(finding("name_heading", name, severity="note", row=heading, heading=heading))
    table = table.to_crs(crs)
    for column, default in {"kind": name, "name": ""}.items():
        text = as_text(table[column]) if column in table.columns else pd.Series("", index=table.index)
        table[column] = text.where(text != "", default)
    if source.kind:
        table["kind"] = source.kind
    table["kind"] = table["kind"].map(lambda word: word if word == name else kind_of(word)).astype("str")
    if "capacity" in table.columns:
        table["capacity"], rows = whole_cells(table, "capacity", name)
        findings += rows
    table["layer"] = name
    table[ROW] = table["@id"] if source.osm is not None else table.index
    findings += check_rings(name, table.set_axis(table[ROW].astype(str)))
    return SourceTable(valid(table.reset_index(drop=True)), read.file, findings, read.datum)


def _read_source(
    source: Layer, name: str, reader: SourceReader, bbox: Box, land: shapely.Geometry
) -> SourceTable[gpd.GeoDataFrame]:
    """Read a file of a layer; the error about addresses alone says how many of them the study's own files know."""
    try:
        return read_source(source, name, reader, bbox=bbox, district=land)
    except InputError as error:
        if error.code == "position_address":
            matched = matched_rows(reader.study, name, file_name(source, reader.study))
            error.values["matched"] = Sentence("word.addresses_matched", matched=matched, count=error.values["count"])
        raise


def _heading_of_kinds(table: gpd.GeoDataFrame) -> str | None:
    """Return the column that holds the kinds of a table without ``kind``: by its heading, and most of its cells."""
    if "kind" in table.columns or len(table) == 0:
        return None
    heading = columns_of(table.drop(columns=table.geometry.name), ("kind",)).get("kind")
    if heading is None:
        return None
    known = is_of_kinds(as_text(table[heading]).map(kind_of), tuple(section("kind")))
    return heading if known.mean() > MOST else None


def _heading_of_names(table: gpd.GeoDataFrame) -> str | None:
    """Return the column that holds the names of a table without ``name``: a known heading, and cells that tell apart.

    街道名称 and 主管单位名称 end in the same word and name something else, so that only whole words count.
    """
    if "name" in table.columns or len(table) == 0:
        return None
    for heading in headings_that_are(table.drop(columns=table.geometry.name), "name"):
        cells = as_text(table[heading])
        filled = cells[cells != ""]
        if len(filled) > MOST * len(table) and filled.nunique() > MOST * len(filled):
            return heading
    return None


def valid(places: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return places with shapes that cross themselves made valid."""
    whole = valid_shapes(places.geometry.to_numpy())
    return places.drop(columns=CLOSED, errors="ignore").set_geometry(gpd.GeoSeries(whole, places.index, crs=places.crs))


def without_infinite(places: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return places without the positions that lie beyond the reach of their CRS, whose metres are infinite."""
    shapes = places.geometry.to_numpy().copy()
    shapes[~(is_finite(shapes) | shapely.is_missing(shapes))] = shapely.Point()
    return places.set_geometry(gpd.GeoSeries(shapes, index=places.index, crs=places.crs))
