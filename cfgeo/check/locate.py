"""Findings → where they are on the map."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cfgeo.core.findings import label_of
from cfgeo.core.schema import ROW, WGS84, Inputs

_DECIMALS = 6  # a tenth of a metre


def locate_findings(findings: pd.DataFrame, inputs: Inputs) -> gpd.GeoSeries:
    """Return where the rows lie that findings speak of.

    Parameters
    ----------
    findings
        As :attr:`cfgeo.Inputs.findings`.
    inputs
        The data that they were found in.

    Returns
    -------
    geopandas.GeoSeries
        On the index of ``findings``; WGS-84. Points, lines or areas of what is concerned; None where a
        finding is about a whole file, or nobody can say which row it means.
    """
    said = zip(findings["rule"], findings["layer"], findings["row"], findings["values"], strict=True)
    shapes = np.empty(len(findings), dtype=object)
    for i, (at, about) in enumerate(zip(findings["at"], said, strict=True)):
        shapes[i] = _shape(inputs, *about) if at is None else at
    return _in_degrees(shapes, findings.index, inputs.crs)


def carried_places(findings: pd.DataFrame, crs: Any) -> gpd.GeoSeries:
    """Return the places that findings carry with them, where there is no data yet to look others up in.

    Parameters
    ----------
    findings
        As :attr:`cfgeo.Inputs.findings`.
    crs
        Of the places.
    """
    shapes = np.empty(len(findings), dtype=object)
    shapes[:] = list(findings["at"])
    return _in_degrees(shapes, findings.index, crs)


def _in_degrees(shapes: Any, index: pd.Index, crs: Any) -> gpd.GeoSeries:
    lost = shapely.is_empty(shapes) | shapely.is_missing(shapes)
    shapes[lost] = None
    degrees = gpd.GeoSeries(shapes, index=index, crs=crs).to_crs(WGS84)
    rounded = shapely.transform(degrees.to_numpy(), lambda xy: xy.round(_DECIMALS))
    return gpd.GeoSeries(rounded, index=index, crs=WGS84)


def _shape(inputs: Inputs, rule: str, layer: str, row: str, values: dict[str, Any]) -> Any:
    if layer in inputs.layers:
        return _of_layer(inputs.layers[layer], row, values)
    if layer in {"network", "elevation"}:
        return _of_network(inputs, rule, row)
    if rule == "demand_outside":
        outside = inputs.demand["community"] == ""
        return _together(inputs.demand.geometry[outside])
    return _of_communities(inputs.communities, row, values)


def _of_layer(places: gpd.GeoDataFrame, row: str, values: dict[str, Any]) -> Any:
    if ROW in places.columns and row:
        there = places.geometry[places[ROW].astype(str) == row]
        if len(there) == 1:
            return there.iloc[0]
    names = values.get("names")
    if not isinstance(names, tuple):
        return None
    named = places[[label_of(places, i) in names for i in places.index]]
    return _together(named.geometry) if len(named) == len(names) else None  # else a name stands for others, too


def _of_network(inputs: Inputs, rule: str, row: str) -> Any:
    edges, nodes = inputs.network.edges, inputs.network.nodes
    if row.isdecimal():
        return _together(edges.geometry[edges["osm_id"] == int(row)])
    if rule == "network_pieces":
        return _together(edges.geometry[~inputs.network.main])
    if rule == "slope_capped":
        return _together(edges.geometry[edges["capped_m"] > 0])
    if rule == "elevation_outside":
        lost = nodes[nodes["height_m"].isna()]
        return _together(gpd.GeoSeries(gpd.points_from_xy(lost["x"], lost["y"])))
    return None


def _of_communities(communities: gpd.GeoDataFrame, row: str, values: dict[str, Any]) -> Any:
    if row in communities.index:
        return communities.geometry[row]
    codes = values.get("codes")
    known = communities.index.intersection(codes) if isinstance(codes, tuple) else []
    return _together(communities.geometry[known]) if len(known) else None


def _together(shapes: gpd.GeoSeries) -> Any:
    """Return several shapes as one; nothing for none."""
    there = shapes[~(shapes.is_empty | shapes.isna())]
    if len(there) < 2:
        return there.iloc[0] if len(there) else None
    kinds = set(there.geom_type)
    if kinds == {"Point"}:
        return shapely.multipoints(there.to_numpy())
    if kinds == {"LineString"}:
        return shapely.multilinestrings(there.to_numpy())
    if kinds <= {"Polygon", "MultiPolygon"}:
        return shapely.multipolygons(shapely.get_parts(there.to_numpy()))
    return shapely.geometrycollections(there.to_numpy())
