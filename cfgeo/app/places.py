"""Where things are: the street at a click, where a link would join, the community that a change begins in."""

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from cfgeo.app.edits import Row
from cfgeo.assess.units import places_of
from cfgeo.core.errors import CfgeoError
from cfgeo.core.results import Results
from cfgeo.core.scenario import Change, FacilityChange
from cfgeo.core.schema import LIFT, UNIT_LAYERS, WGS84
from cfgeo.network.edges import CutWays
from cfgeo.scenarios.change_areas import ways_meant
from cfgeo.scenarios.change_facilities import facility_ids
from cfgeo.scenarios.draw_links import JOIN_M
from cfgeo.scenarios.lists.change_table import DECIMALS
from cfgeo.scenarios.lists.changes import scenario_of
from cfgeo.scenarios.signals import crossing_near
from cfgeo.study.config import Study

_STREET_M, _MOST_STREET_M, _DECIMALS = 30.0, 300.0, 6
_OPPOSITE = -0.5
"""The cosine of 120 degrees."""


def street_at(edges: gpd.GeoDataFrame, lon: float, lat: float, within_m: float = 0.0) -> dict[str, Any]:
    """Return the street at a place: ``way`` (id), ``name``, ``line`` (WGS-84); all empty where there is none.

    Parameters
    ----------
    edges
        Of a network.
    lon, lat
        WGS-84 [degrees].
    within_m
        How far off it may be, if more than 30 m: what a finger covers on a small map.
    """
    row, _ = _nearest(edges, _in_crs(edges, lon, lat), min(max(within_m, _STREET_M), _MOST_STREET_M))
    if row is None:
        return {"way": None, "name": "", "line": []}
    edge = edges.iloc[row]
    return {"way": int(edge["osm_id"]), "name": str(edge["name"] or ""), "line": _degrees(edges, edge.geometry)}


def joined_at(edges: gpd.GeoDataFrame, lon: float, lat: float) -> dict[str, Any]:
    """Return where a link that ends at a place would join the streets.

    Parameters
    ----------
    edges
        Of a network.
    lon, lat
        WGS-84 [degrees].

    Returns
    -------
    dict
        ``near``: whether it is near enough; ``metres`` to the nearest street (None: none within 300 m), its ``name``
        and where it is met (``at``: lat, lon); ``across``: where a gate at the place would meet a street on the other
        side (lat, lon), None where none is near enough.
    """
    place = _in_crs(edges, lon, lat)
    row, metres = _nearest(edges, place, _MOST_STREET_M, but=LIFT)
    if row is None:
        return {"near": False, "metres": None, "name": "", "at": None, "across": None}
    edge = edges.iloc[row]
    foot = edge.geometry.interpolate(edge.geometry.project(place))
    other = _across(edges, place, row, foot) if metres <= JOIN_M else None
    (at,), across = _degrees(edges, foot), [] if other is None else _degrees(edges, other)
    return {
        "near": metres <= JOIN_M,
        "metres": round(metres, 1),
        "name": str(edge["name"] or ""),
        "at": at,
        "across": across[0] if across else None,
    }


def _across(edges: gpd.GeoDataFrame, place: Any, row: int, foot: Any) -> Any:
    """Return where the nearest street on the other side of a place is met; None where there is none within reach.

    On the other side is what lies at more than 120° from the street that is nearest, and does not meet it there.
    """
    ends = edges[["u", "v"]].to_numpy()
    rows = edges.sindex.query(place, predicate="dwithin", distance=JOIN_M)
    rows = rows[(edges["form"].iloc[rows] != LIFT).to_numpy() & ~np.isin(ends[rows], ends[row]).any(axis=1)]
    lines, centre = edges.geometry.to_numpy()[rows], shapely.get_coordinates(place)[0]
    feet = shapely.line_interpolate_point(lines, shapely.line_locate_point(lines, place))
    here, there = shapely.get_coordinates(foot)[0] - centre, shapely.get_coordinates(feet).reshape(-1, 2) - centre
    metres = np.hypot(*there.T)
    opposite = there @ here < _OPPOSITE * metres * np.hypot(*here)
    if not opposite.any():
        return None
    return feet[np.flatnonzero(opposite)[np.argmin(metres[opposite])]]


def crossing_at(cut: CutWays, lon: float, lat: float, within_m: float = 0.0) -> dict[str, Any]:
    """Return the crossing of a road at a place: ``at`` (lat, lon; None where there is none), ``signals`` (bool).

    Parameters
    ----------
    cut
        The streets.
    lon, lat
        WGS-84 [degrees].
    within_m
        How far off it may be, if more than 30 m.
    """
    point = np.array(cut.from_degrees.transform(lon, lat))
    found = crossing_near(cut, point, within_m=min(max(within_m, _STREET_M), _MOST_STREET_M))
    if found is None:
        return {"at": None, "signals": False}
    x, y = cut.to_degrees.transform(*cut.node_xy[found])
    return {"at": [round(y, DECIMALS), round(x, DECIMALS)], "signals": bool(cut.osm_ids[found] in cut.streets.signals)}


def closed_lines(row: Row, edges: gpd.GeoDataFrame) -> list[Any]:
    """Return the lines of the street that a change closes or refits, in WGS-84; empty where it is about none."""
    if row.get("way") is None and not row.get("street"):
        return []
    key = "osm_id" if row.get("way") is not None else "name"
    meant = (edges[key] == row["way" if key == "osm_id" else "street"]).to_numpy()
    return [_degrees(edges, line) for line in edges.geometry[meant]]


def _in_crs(table: gpd.GeoDataFrame, lon: float, lat: float) -> Any:
    return gpd.GeoSeries.from_xy([lon], [lat], crs=WGS84).to_crs(table.crs).iloc[0]


def _degrees(edges: gpd.GeoDataFrame, shape: Any) -> list[Any]:
    """Return the corners of a shape (lat, lon)."""
    (there,) = gpd.GeoSeries([shape], crs=edges.crs).to_crs(WGS84)
    corners: list[Any] = shapely.get_coordinates(there)[:, ::-1].round(_DECIMALS).tolist()
    return corners


def _nearest(edges: gpd.GeoDataFrame, place: Any, within_m: float, *, but: str = "") -> tuple[int | None, float]:
    """Return the row of the edge that is nearest to a place, and how far it is; None where none is near enough.

    Edges of the form ``but`` are left out.
    """
    if not np.isfinite(shapely.get_coordinates(place)).all():
        return None, np.inf
    rows = edges.sindex.query(place, predicate="dwithin", distance=within_m)
    rows = rows[(edges["form"].iloc[rows] != but).to_numpy()]
    metres = shapely.distance(edges.geometry.iloc[rows].to_numpy(), place)
    best = int(np.argmin(metres)) if len(rows) else None
    return (None, np.inf) if best is None else (int(rows[best]), float(metres[best]))


def community_of(row: Row, results: Results, study: Study, folder: Path) -> int | None:
    """Return the place of the community in which a change begins in their table; None where it is in none.

    Parameters
    ----------
    row
        The change, by the keys of a table of changes.
    results, study
        What is open.
    folder
        Where the session is kept, for messages.
    """
    try:
        changes = scenario_of({1: row}, file=folder / "changes", study=study).changes
    except CfgeoError:
        return None
    shape = _shape_of(changes[0], results) if changes else None
    if shape is None or shape.is_empty:
        return None
    inside = shape.representative_point() if shape.geom_type.endswith("Polygon") else shape
    return _community_at(results.communities, shapely.Point(shapely.get_coordinates(inside)[0]))


def community_at(communities: gpd.GeoDataFrame, lon: float, lat: float) -> int | None:
    """Return the place in their table of the community at a place (WGS-84) [degrees]; None where there is none."""
    return _community_at(communities, _in_crs(communities, lon, lat))


def _community_at(communities: gpd.GeoDataFrame, place: Any) -> int | None:
    within = communities.sindex.query(place, predicate="intersects")
    return int(min(within)) if len(within) else None


def _shape_of(change: Change, results: Results) -> shapely.Geometry | None:
    """Return what a change draws, or where that is which it is about, in the CRS of the communities."""
    crs = results.communities.crs
    if change.shape is not None:
        return gpd.GeoSeries([change.shape], crs=WGS84).to_crs(crs).iloc[0]
    if not isinstance(change, FacilityChange):
        edges = results.inputs.network.edges
        lines = edges.geometry[ways_meant(edges, change)]
        return lines.iloc[0] if len(lines) else None
    if change.layer not in (*results.inputs.layers, *UNIT_LAYERS):
        return None
    table = places_of(results.inputs, change.layer)
    own = table.geometry[facility_ids(table, change.facility)]
    return own.iloc[0] if len(own) else None
