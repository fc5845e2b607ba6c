"""Where things are: the street at a click, closed streets, where a link would join, where a change begins."""

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cfgeo.app.edits import Row
from cfgeo.assess.units import places_of
from cfgeo.core.errors import CfgeoError
from cfgeo.core.results import Results
from cfgeo.core.scenario import Change, FacilityChange
from cfgeo.core.schema import LIFT, UNIT_LAYERS, WGS84
from cfgeo.files.osm.barriers import CLOSED
from cfgeo.network.edges import CutWays
from cfgeo.scenarios.change_areas import ways_meant
from cfgeo.scenarios.change_facilities import facility_ids
from cfgeo.scenarios.draw_links import JOIN_M
from cfgeo.scenarios.lists.change_table import DECIMALS
from cfgeo.scenarios.lists.changes import scenario_of
from cfgeo.scenarios.signals import closed_gates, crossing_near
from cfgeo.study.config import Study

_STREET_M, _MOST_STREET_M, _DECIMALS = 30.0, 300.0, 6
_OPPOSITE = -0.5
"""The cosine of 120 degrees."""


def street_at(edges: gpd.GeoDataFrame, lon: float, lat: float, within_m: float = 0.0) -> dict[str, Any]:
    """Return the street at a place: ``way`` (id; 0: it has none), ``name``, ``line`` (WGS-84); all empty without one.

    Parameters
    ----------
    edges
        Of a network.
    lon, lat
        WGS-84 [degrees].
    within_m
        How far off it may be, if more than 30 m: what a finger covers on a small map.
    """
    row, _ = _nearest(edges, _in_crs(edges, lon, lat), _within(within_m))
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


def gate_list(cut: CutWays) -> list[list[float]]:
    """Return where closed gates stand on streets (lat, lon)."""
    _, xy = closed_gates(cut)
    lon, lat = cut.to_degrees.transform(*xy.T)
    return [list(at) for at in np.column_stack([lat, lon]).round(DECIMALS).tolist()]


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
    found = crossing_near(cut, point, within_m=_within(within_m))
    if found is None:
        return {"at": None, "signals": False}
    x, y = cut.to_degrees.transform(*cut.node_xy[found])
    return {"at": [round(y, DECIMALS), round(x, DECIMALS)], "signals": bool(cut.osm_ids[found] in cut.streets.signals)}


def closed_streets(cut: CutWays) -> gpd.GeoDataFrame:
    """Return the streets that nobody walks along and that a change can open by their ids.

    Parameters
    ----------
    cut
        The streets.

    Returns
    -------
    geopandas.GeoDataFrame
        A row for each run of nodes: ``osm_id``, ``name``, ``closed`` (the tag that closes it), ``meets`` (where open
        streets are met, as a multipoint) and its line, in the metric CRS.
    """
    streets, closed = cut.streets, cut.streets.closed
    columns = ["osm_id", "name", CLOSED]
    if closed is None:
        nothing = pd.DataFrame(columns=[*columns, "meets"])
        return gpd.GeoDataFrame(nothing, geometry=gpd.GeoSeries([], crs=cut.crs), crs=cut.crs)
    xy = np.column_stack([closed.x, closed.y])
    open_ = np.isin(closed.node_ids, streets.node_ids) | np.isin(closed.node_ids, streets.shut)
    runs, met = (np.split(each, closed.offsets[1:-1]) for each in (xy, open_))
    lines = [shapely.LineString(run) for run in runs]
    meets = [shapely.MultiPoint(run[nodes]) for run, nodes in zip(runs, met, strict=True)]
    table = gpd.GeoDataFrame(closed.ways[columns], geometry=lines, crs=closed.crs).to_crs(cut.crs)
    table["meets"] = gpd.GeoSeries(meets, crs=closed.crs).to_crs(cut.crs)
    return table[table["osm_id"] != 0].reset_index(drop=True)


def closed_list(closed: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """Return closed streets for a page: ``way``, ``name``, ``tag``, ``lines`` and ``meets`` (WGS-84)."""
    return [
        {
            "way": int(way),
            "name": str(runs["name"].iloc[0] or ""),
            "tag": str(runs[CLOSED].iloc[0]),
            "lines": [_degrees(closed, line) for line in runs.geometry],
            "meets": [at for points in runs["meets"] for at in _degrees(closed, points)],
        }
        for way, runs in closed.groupby("osm_id", sort=True)
    ]


def street_of(row: Row, *tables: gpd.GeoDataFrame) -> dict[str, Any]:
    """Return ``street`` (its name) and ``lines`` (WGS-84) of the street that a change closes, opens or refits.

    Parameters
    ----------
    row
        The change; where it is about no street, there are neither.
    tables
        Where streets are looked for: open ones, then closed ones.
    """
    if row.get("way") is None and not row.get("street"):
        return {"street": "", "lines": []}
    for table in tables:
        own = table[(table["osm_id"] == row["way"]) if row.get("way") is not None else table["name"] == row["street"]]
        if len(own):
            return {"street": str(own["name"].iloc[0] or ""), "lines": [_degrees(table, line) for line in own.geometry]}
    return {"street": "", "lines": []}


def _within(asked_m: float) -> float:
    return min(max(asked_m, _STREET_M), _MOST_STREET_M)


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


def community_of(row: Row, results: Results, study: Study, folder: Path, closed: gpd.GeoDataFrame) -> int | None:
    """Return the place of the community in which a change begins in their table; None where it is in none.

    Parameters
    ----------
    row
        The change, by the keys of a table of changes.
    results, study
        What is open.
    folder
        Where the session is kept, for messages.
    closed
        As :func:`closed_streets` gives them.
    """
    try:
        changes = scenario_of({1: row}, file=folder / "changes", study=study).changes
    except CfgeoError:
        return None
    shape = _shape_of(changes[0], results, closed) if changes else None
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


def _shape_of(change: Change, results: Results, closed: gpd.GeoDataFrame) -> shapely.Geometry | None:
    """Return what a change draws, or where that is which it is about, in the CRS of the communities."""
    crs = results.communities.crs
    if change.shape is not None:
        return gpd.GeoSeries([change.shape], crs=WGS84).to_crs(crs).iloc[0]
    if not isinstance(change, FacilityChange):
        tables = results.inputs.network.edges, closed
        lines = [line for table in tables for line in table.geometry[ways_meant(table, change)].iloc[:1]]
        return lines[0] if lines else None
    if change.layer not in (*results.inputs.layers, *UNIT_LAYERS):
        return None
    table = places_of(results.inputs, change.layer)
    own = table.geometry[facility_ids(table, change.facility)]
    return own.iloc[0] if len(own) else None
