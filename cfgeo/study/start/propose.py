"""Rows without a position → proposals from names and addresses in the study's own data, which the user confirms."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cfgeo.core.errors import InputError
from cfgeo.core.schema import WGS84
from cfgeo.core.shapes import is_blank, land_of
from cfgeo.core.strings import plain_name
from cfgeo.files.columns import as_text
from cfgeo.files.osm.features import read_many_features
from cfgeo.files.osm.reader import is_osm_file
from cfgeo.files.osm.streets import bounds_of
from cfgeo.files.positions.places import address_columns
from cfgeo.files.positions.written import PositionChoices
from cfgeo.files.postgis import is_database
from cfgeo.files.read import locate
from cfgeo.files.vocabulary.headings import columns_of
from cfgeo.study.communities import read_communities
from cfgeo.study.config import Study
from cfgeo.study.sources import SourceReader, crs_of, file_name
from cfgeo.study.tables import Layer

_BETWEEN = "\x1f"
"""What parts a street and its number in a key: no NUL, which texts that Python holds would lose."""
NAME, ADDRESS, STREET = "name", "address", "street"
"""What a proposal stands on: an equal name, an address, or only its street."""

_AROUND_M = 5000.0
_ONE_PLACE_M = 300.0
"""Places of one name farther apart are several."""
_MOST_DOUBT_M = 1000.0
"""A street longer than twice that does not tell where on it a place lies."""
_LEAST_DOUBT_M = 10.0
_NUMBER = re.compile(r"\s*(\d+)\s*(?:号|$|[^\d])")


def propose_positions(study: Study) -> pd.DataFrame:
    """Return where rows without a position may lie, by what the study's own files tell. Nothing is taken from it.

    Returns
    -------
    pandas.DataFrame
        A row for each row of a layer's table that has no position: ``layer``, ``file``, ``row``, ``name``,
        ``address``; ``lon``, ``lat`` [WGS-84, degrees], ``basis`` (``NAME``, ``ADDRESS`` or ``STREET``), ``source``
        (the element or layer that it is taken from) and ``doubt_m`` (how far off it may be [m]); these are missing
        where nothing is known.

    Raises
    ------
    CfgeoError
        The communities or a file cannot be read.
    """
    reader = SourceReader(study)
    communities = read_communities(reader).table
    land = land_of(communities)
    wanted: list[dict[str, Any]] = []
    known: list[gpd.GeoDataFrame] = []
    for name, part in study.layer_parts:
        if part.osm is None and not is_database(part.path):
            rows, places = _rows(name, part, reader, land)
            wanted += rows
            known += [places.to_crs(communities.crs)] if len(places) else []
    knowledge = _Known(known, *_of_map(study, communities))
    proposed = [{**row, **knowledge.proposal(row["name"], row["address"])} for row in wanted]
    columns = ["layer", "file", "row", "name", "address", "lon", "lat", "basis", "source", "doubt_m"]
    return pd.DataFrame(proposed, columns=columns)


def matched_rows(study: Study, layer: str, file: str) -> int:
    """Return how many rows of a layer's file have a name or an address that the study's own files know."""
    table = propose_positions(study)
    return int(table["lon"][(table["layer"] == layer) & (table["file"] == file)].notna().sum())


def _rows(
    layer: str, part: Layer, reader: SourceReader, land: shapely.Geometry
) -> tuple[list[dict[str, Any]], gpd.GeoDataFrame]:
    """Return the rows of a table that have no position, and ``name``, ``source`` and shape of those that have one."""
    study = reader.study
    path = study.resolve(part.path)
    table = reader.file(path).read(part.table, encoding=part.encoding).table
    own = columns_of(table, ("name",)) | {ours: theirs for ours, theirs in part.columns.items() if ours == "name"}
    name = as_text(table[own["name"]]) if own.get("name") in table.columns else pd.Series("", index=table.index)
    address = address_columns(table)
    where = as_text(table[address[0]]) if address else pd.Series("", index=table.index)
    shapes = np.full(len(table), shapely.Point(), dtype=object)
    try:
        places = locate(
            table, columns=part.columns, where=PositionChoices(path, layer, part.said_datum, crs_of(part, layer), land)
        ).table
        shapes = places.geometry.to_crs(WGS84).to_numpy()
    except InputError as error:
        if error.code not in {"position_address", "column_missing", "column_of_sheet", "table_one_column"}:
            raise
    blank = is_blank(shapes)
    file = file_name(part, study)
    rows = [
        {"layer": layer, "file": file, "row": str(row), "name": name[row], "address": where[row]}
        for row in table.index[blank]
    ]
    found = {"name": name[~blank].to_numpy(), "source": f"{layer} ({file})"}
    return rows, gpd.GeoDataFrame(found, geometry=shapes[~blank], crs=WGS84)


def _of_map(study: Study, communities: gpd.GeoDataFrame) -> Iterator[gpd.GeoDataFrame]:
    """Yield what has a name, and what has an address, in the network's OpenStreetMap file around the communities."""
    path = study.resolve(None)
    if not is_osm_file(path):
        yield from [gpd.GeoDataFrame({"@id": []}, geometry=[], crs=communities.crs)] * 2
        return
    queries = [{"name": ("*",)}, {"addr:housenumber": ("*",)}]
    for table, _ in read_many_features(path, queries, bbox=bounds_of(communities.geometry, margin_m=_AROUND_M)):
        yield table.to_crs(communities.crs)


class _Known:
    """What is known of names and addresses, in a metric CRS.

    Parameters
    ----------
    layers
        ``name``, ``source`` and shape of the places of other lists.
    named, addressed
        Elements of OpenStreetMap that have a name, and that have a house number.
    """

    def __init__(self, layers: list[gpd.GeoDataFrame], named: gpd.GeoDataFrame, addressed: gpd.GeoDataFrame) -> None:
        is_street = _tag(named, "highway") != ""
        self._streets, rest = named[is_street], named[~is_street]
        of_map = rest.assign(source=rest["@id"])
        columns = ["name", "source", "geometry"]
        tables = [table[columns] for table in (*layers, of_map) if len(table)]
        self._places = pd.concat(tables, ignore_index=True) if tables else None
        self._keys = self._places["name"].map(plain_name) if self._places is not None else pd.Series(dtype="str")
        self._houses = addressed
        self._numbers = (
            _tag(addressed, "addr:street") + _BETWEEN + _tag(addressed, "addr:housenumber")
        ).str.removesuffix("号")
        self._street_names = sorted({*_tag(named, "name")[is_street], *_tag(addressed, "addr:street")} - {""}, key=len)

    def proposal(self, name: str, address: str) -> dict[str, Any]:
        """Return ``lon``, ``lat``, ``basis``, ``source`` and ``doubt_m`` for a place, as far as known."""
        key = plain_name(name)
        if key and self._places is not None and (alike := self._places[(self._keys == key).to_numpy()]).size:
            found = self._at(alike.geometry, NAME, str(alike["source"].iloc[0]), most_m=_ONE_PLACE_M)
            if found:
                return found
        text = unicodedata.normalize("NFKC", address)
        street = next((street for street in reversed(self._street_names) if street in text), "")
        if not street:
            return {}
        number = _NUMBER.match(text, text.index(street) + len(street))
        houses = (
            self._houses[(self._numbers == f"{street}{_BETWEEN}{number[1]}").to_numpy()] if number else self._houses[:0]
        )
        if len(houses) and (
            found := self._at(houses.geometry, ADDRESS, str(houses["@id"].iloc[0]), most_m=_ONE_PLACE_M)
        ):
            return found
        lines = self._streets[(_tag(self._streets, "name") == street).to_numpy()]
        return self._at(lines.geometry, STREET, street, most_m=2 * _MOST_DOUBT_M) if len(lines) else {}

    @staticmethod
    def _at(shapes: gpd.GeoSeries, basis: str, source: str, *, most_m: float) -> dict[str, Any]:
        """Return a proposal in the middle of shapes; nothing where they spread over more than ``most_m``."""
        whole = shapely.union_all(shapes.to_numpy())
        west, south, east, north = shapely.bounds(whole)
        across_m = float(np.hypot(east - west, north - south))
        if across_m > most_m:
            return {}
        at = shapely.get_point(shapely.shortest_line(whole, shapely.centroid(whole)), 0)
        lon, lat = gpd.GeoSeries([at], crs=shapes.crs).to_crs(WGS84).iloc[0].coords[0]
        doubt_m = max(round(across_m / 2), round(_LEAST_DOUBT_M))
        return {"lon": round(lon, 6), "lat": round(lat, 6), "basis": basis, "source": source, "doubt_m": doubt_m}


def _tag(table: pd.DataFrame, tag: str) -> pd.Series:
    """Return a tag of elements as text; "" where they lack it."""
    return as_text(table[tag]) if tag in table.columns else pd.Series("", index=table.index, dtype="str")
