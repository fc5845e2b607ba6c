"""Findings → the shapes on the map that they are about."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cfgeo.core.findings import label_of
from cfgeo.core.schema import ROW, SHOWN_DEGREE_DECIMALS, WGS84, Inputs
from cfgeo.core.shapes import is_blank


def locate_findings(findings: pd.DataFrame, inputs: Inputs) -> gpd.GeoSeries:
    """Return the shapes that findings are about.

    Parameters
    ----------
    findings
        As :attr:`cfgeo.Inputs.findings`.
    inputs
        The data that was checked.

    Returns
    -------
    geopandas.GeoSeries
        On the index of ``findings``; WGS-84. Points, lines or areas; None where a finding is about a whole file, or
        its row is not known.
    """
    columns = (findings[name] for name in ("at", "rule", "layer", "row", "values"))
    shapes = np.empty(len(findings), dtype=object)
    for i, (at, rule, layer, row, values) in enumerate(zip(*columns, strict=True)):
        shapes[i] = _shape(inputs, rule, layer, row, values) if at is None else at
    return _in_degrees(shapes, findings.index, inputs.crs)


def carried_places(findings: pd.DataFrame, crs: Any) -> gpd.GeoSeries:
    """Return the shapes that findings carry with them, for use before there are inputs to look others up in.

    Parameters
    ----------
    findings
        As :attr:`cfgeo.Inputs.findings`.
    crs
        Of the shapes.
    """
    shapes = np.empty(len(findings), dtype=object)
    shapes[:] = list(findings["at"])
    return _in_degrees(shapes, findings.index, crs)


def _in_degrees(shapes: Any, index: pd.Index, crs: Any) -> gpd.GeoSeries:
    shapes[is_blank(shapes)] = None
    degrees = gpd.GeoSeries(shapes, index=index, crs=crs).to_crs(WGS84)
    rounded = shapely.transform(degrees.to_numpy(), lambda xy: xy.round(SHOWN_DEGREE_DECIMALS))
    return gpd.GeoSeries(rounded, index=index, crs=WGS84)


def _shape(inputs: Inputs, rule: str, layer: str, row: str, values: dict[str, Any]) -> Any:
    if layer in inputs.layers:
        return _of_layer(inputs.layers[layer], row, values)
    if layer in {"network", "elevation"}:
        return _of_network(inputs, rule, row)
    if rule == "demand_outside":
        outside = inputs.demand["community"] == ""
        return _collected(inputs.demand.geometry[outside])
    return _of_communities(inputs.communities, row, values)


def _of_layer(places: gpd.GeoDataFrame, row: str, values: dict[str, Any]) -> Any:
    if ROW in places.columns and row:
        shapes = places.geometry[places[ROW].astype(str) == row]
        if len(shapes) == 1:
            return shapes.iloc[0]
    names = values.get("names")
    if not isinstance(names, tuple):
        return None
    named = places[[label_of(places, i) in names for i in places.index]]
    return _collected(named.geometry) if len(named) == len(names) else None  # else places share a name


def _of_network(inputs: Inputs, rule: str, row: str) -> Any:
    edges, nodes = inputs.network.edges, inputs.network.nodes
    if row.isdecimal():
        return _collected(edges.geometry[edges["osm_id"] == int(row)])
    if rule == "network_pieces":
        return _collected(edges.geometry[~inputs.network.main])
    if rule == "slope_capped":
        return _collected(edges.geometry[edges["capped_m"] > 0])
    if rule == "elevation_outside":
        unknown = nodes[nodes["height_m"].isna()]
        return _collected(gpd.GeoSeries(gpd.points_from_xy(unknown["x"], unknown["y"])))
    return None


def _of_communities(communities: gpd.GeoDataFrame, row: str, values: dict[str, Any]) -> Any:
    if row in communities.index:
        return communities.geometry[row]
    codes = values.get("codes")
    known = communities.index.intersection(codes) if isinstance(codes, tuple) else []
    return _collected(communities.geometry[known]) if len(known) else None


def _collected(series: gpd.GeoSeries) -> Any:
    """Return several shapes as one multi-part or collection; None for none."""
    shapes = series.to_numpy()
    shapes = shapes[~is_blank(shapes)]
    if len(shapes) < 2:
        return shapes[0] if len(shapes) else None
    kinds = {shape.geom_type for shape in shapes}
    if kinds == {"Point"}:
        return shapely.multipoints(shapes)
    if kinds == {"LineString"}:
        return shapely.multilinestrings(shapes)
    if kinds <= {"Polygon", "MultiPolygon"}:
        return shapely.multipolygons(shapely.get_parts(shapes))
    return shapely.geometrycollections(shapes)
