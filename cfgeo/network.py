"""Streets → walking network: cut at junctions, lifts opened up, components found."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from scipy import sparse

from cfgeo.errors import NetworkError
from cfgeo.lines import distances_along
from cfgeo.schema import EDGE_COLUMNS, LIFT, BoolArray, FloatArray, IntArray, Network, StreetWays, usual
from cfgeo.tags import BIG_ROADS, SIGNAL_ROADS, edge_facts, walkable

_SAME_PLACE_M = 0.001
_FACTS = [name for name in EDGE_COLUMNS if name not in {"u", "v", "length_m"}]
_WAITS = ("signal_waits", "crossing_waits")
_SPREAD = ["step_count", "rise_m", "climb_m", "descent_m", "capped_m"]  # of a way, over its edges by length


def build_network(streets: StreetWays, *, crs: str) -> Network:
    """Cut ways at junctions and return them as a network in a metric CRS.

    A junction is a node that two ways share or one passes twice, a way's end, or a lift. Edges that cross or
    retrace themselves, or end where they began, are cut at every vertex, so that a place on an edge is always
    one place. Where a lift stands, each way that meets there gets a node of its own, and a ride leads from one to
    the other. Ways that meet a big road, or signals, get half a wait there.

    Raises
    ------
    NetworkError
        There is no walkable way.
    """
    if len(streets.ways) == 0:
        raise NetworkError("network_empty")
    transformer = pyproj.Transformer.from_crs(streets.crs, crs, always_xy=True)
    x, y = transformer.transform(streets.x, streets.y)
    osm_ids, node = np.unique(streets.node_ids, return_inverse=True)
    breaks = _breaks(node, streets.offsets, np.isin(osm_ids, streets.lifts))
    edges = _cut(streets, node, np.column_stack([x, y]), breaks)
    bad = ~shapely.is_simple(edges.geometry.to_numpy()) | (edges["u"] == edges["v"]).to_numpy()
    if bad.any():
        breaks |= _vertices_of(edges[bad], len(breaks))
        edges = _cut(streets, node, np.column_stack([x, y]), breaks)
    edges = edges[edges["u"] != edges["v"]]
    if not edges["length_m"].sum() > 0:
        raise NetworkError("network_empty")
    nodes = pd.DataFrame({"osm_id": osm_ids})
    nodes[["x", "y"]] = np.nan
    nodes.loc[node, "x"], nodes.loc[node, "y"] = x, y
    if not set(_WAITS) <= set(streets.ways.columns):
        edges = _with_waits(nodes, edges, streets.signals)
    nodes, edges = _open_lifts(nodes, edges, streets.lifts)
    return finish(nodes, edges, crs=crs)


def streets_from_lines(lines: gpd.GeoDataFrame) -> StreetWays:
    """Return a line layer as street ways: lines that share a vertex meet there.

    Parameters
    ----------
    lines
        LineStrings or MultiLineStrings; columns with the names of OpenStreetMap's keys (``highway``, ``name``,
        ``incline``, ``bridge`` …) are read as its tags.

    Raises
    ------
    NetworkError
        The layer has no lines.
    """
    parts = lines.explode(ignore_index=True)
    parts = parts[parts.geom_type == "LineString"].reset_index(drop=True)
    tags_of = _tags(parts)
    open_ = np.array([not tags.get("highway") or walkable(tags) for tags in tags_of], dtype=bool)
    parts, tags_of = (
        parts[open_].reset_index(drop=True),
        [tags for tags, keep in zip(tags_of, open_, strict=True) if keep],
    )
    if len(parts) == 0:
        raise NetworkError("network_empty")
    xy, owner = shapely.get_coordinates(parts.geometry.to_numpy(), return_index=True)
    metric = parts.crs is not None and parts.crs.is_projected
    grid = np.round(xy / (_SAME_PLACE_M if metric else _SAME_PLACE_M / 111_000)).astype(np.int64)
    _, node_ids = np.unique(grid, axis=0, return_inverse=True)
    ways = pd.DataFrame([edge_facts(tags) for tags in tags_of])
    ways["osm_id"] = pd.to_numeric(parts.get("osm_id", 0), errors="coerce")
    ways["osm_id"] = ways["osm_id"].fillna(0).astype(np.int64)
    return StreetWays(
        ways=ways,
        node_ids=-1 - node_ids.ravel(),
        x=xy[:, 0],
        y=xy[:, 1],
        offsets=np.r_[0, np.cumsum(np.bincount(owner))],
        lifts=np.empty(0, dtype=np.int64),
        crs=parts.crs.to_wkt(),
    )


def _tags(lines: gpd.GeoDataFrame) -> list[dict[str, str]]:
    """Return each line's columns as tags; empty cells are no tags."""
    texts = lines.drop(columns=lines.geometry.name).rename(columns=str)
    known = texts.notna().to_numpy()
    rows = texts.to_dict("records")
    return [
        {str(key): str(value) for (key, value), has in zip(row.items(), there, strict=True) if has}
        for row, there in zip(rows, known, strict=True)
    ]


def finish(nodes: pd.DataFrame, edges: gpd.GeoDataFrame, *, crs: str) -> Network:
    """Drop nodes that no edge uses, number the rest, find the components, set the promised types."""
    ends = edges[["u", "v"]].to_numpy()
    used, renumbered = np.unique(ends, return_inverse=True)
    u, v = renumbered.reshape(-1, 2).T
    columns = {**{name: edges[name].to_numpy() for name in _FACTS}, "u": u, "v": v, "length_m": edges["length_m"]}
    table = pd.DataFrame({name: np.asarray(columns[name]) for name in EDGE_COLUMNS})
    table = table.astype({name: kind for name, kind in EDGE_COLUMNS.items() if kind != "str"})
    frame = gpd.GeoDataFrame(table, geometry=edges.geometry.to_numpy(), crs=crs)
    kept = nodes.iloc[used].reset_index(drop=True)
    kept["component"] = components(len(kept), u, v, frame["length_m"].to_numpy())
    kept["height_m"] = np.nan
    return Network(nodes=kept[["osm_id", "x", "y", "component", "height_m"]], edges=frame)


def components(n_nodes: int, u: IntArray, v: IntArray, length_m: FloatArray) -> IntArray:
    """Return each node's connected component, 0 being the longest (nodes)."""
    links = sparse.coo_array((np.ones(len(u)), (u, v)), shape=(n_nodes, n_nodes))
    count, label = sparse.csgraph.connected_components(links, directed=False)
    length = np.bincount(label[u], weights=length_m, minlength=count)
    rank = np.empty(count, dtype=np.int64)
    rank[np.argsort(-length, kind="stable")] = np.arange(count)
    return rank[label]


def _breaks(node: IntArray, offsets: IntArray, is_lift: BoolArray) -> BoolArray:
    """Say at which vertices of the runs an edge ends: run ends, shared nodes, lifts (vertices)."""
    breaks = np.asarray((np.bincount(node) > 1)[node] | is_lift[node])
    breaks[offsets[:-1]] = True
    breaks[offsets[1:] - 1] = True
    return breaks


def _cut(streets: StreetWays, node: IntArray, xy: FloatArray, breaks: BoolArray) -> gpd.GeoDataFrame:
    """Cut runs at their breaks; columns beside the promised ones: ``first`` and ``last`` vertex."""
    at = np.flatnonzero(breaks)
    run = np.searchsorted(streets.offsets, at, side="right") - 1
    same = run[:-1] == run[1:]
    first, last = at[:-1][same], at[1:][same]
    size = last - first + 1
    vertex = np.repeat(first - np.r_[0, np.cumsum(size)[:-1]], size) + np.arange(size.sum())
    owner = np.repeat(np.arange(len(size)), size)
    geometry = shapely.linestrings(xy[vertex], indices=owner)
    edges = streets.ways.iloc[run[:-1][same]].reset_index(drop=True)
    edges = edges.assign(**{name: usual(name) for name in _FACTS if name not in edges.columns})
    edges = edges.assign(u=node[first], v=node[last], length_m=shapely.length(geometry), first=first, last=last)
    # A flight's steps and what a way climbs are spread over its edges by length.
    along = distances_along(xy, np.repeat(np.arange(len(streets.offsets) - 1), np.diff(streets.offsets)))
    whole = along[streets.offsets[1:] - 1][run[:-1][same]]
    share = np.divide(edges["length_m"], whole, where=whole > 0, out=0 * whole)
    # So are waits that came with the ways, as those of a graph do.
    spread = [*_SPREAD, *(name for name in _WAITS if name in streets.ways.columns)]
    edges[spread] = edges[spread].mul(share, axis=0)
    return gpd.GeoDataFrame(edges, geometry=geometry)


def _vertices_of(edges: gpd.GeoDataFrame, n_vertices: int) -> BoolArray:
    """Mark all vertices of some edges (vertices)."""
    change = np.zeros(n_vertices + 1, dtype=np.int64)
    np.add.at(change, edges["first"].to_numpy(), 1)
    np.add.at(change, edges["last"].to_numpy() + 1, -1)
    return np.asarray(np.cumsum(change)[:-1] > 0)


def _with_waits(nodes: pd.DataFrame, edges: gpd.GeoDataFrame, signals: IntArray) -> gpd.GeoDataFrame:
    """Put half a wait on each end of a way that meets a road one waits to cross.

    Who goes straight over the road waits once, who walks along it does not wait, and who turns into it waits half:
    every other one has to cross.
    """
    u, v, highway = edges["u"].to_numpy(), edges["v"].to_numpy(), edges["highway"]
    green = nodes["osm_id"].isin(signals).to_numpy()
    waits = {}
    for column, classes, here in zip(_WAITS, (SIGNAL_ROADS, BIG_ROADS), (green, ~green), strict=True):
        road = highway.isin(classes).to_numpy()
        ends = np.bincount(np.r_[u[road], v[road]], minlength=len(nodes))
        wait = 0.5 * (here & (ends >= 2))  # a road that only ends here is not crossed
        waits[column] = np.where(road | (edges["form"] == LIFT).to_numpy(), 0.0, wait[u] + wait[v])
    return gpd.GeoDataFrame(edges.assign(**waits))


def _open_lifts(nodes: pd.DataFrame, edges: gpd.GeoDataFrame, lifts: IntArray) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
    """Give every way that meets at a lift a node of its own, half a ride from the lift itself."""
    is_lift = nodes["osm_id"].isin(lifts).to_numpy()
    at_lift = {side: edges.loc[is_lift[edges[side].to_numpy()], [side, "osm_id"]] for side in ("u", "v")}
    ends = pd.concat([t.set_axis(["node", "way"], axis=1).assign(side=side) for side, t in at_lift.items()])
    landings = ends.drop_duplicates(["node", "way"])[["node", "way"]]
    several = landings.groupby("node")["way"].transform("size") > 1
    landings = landings[several].sort_values(["node", "way"]).reset_index(drop=True)
    if len(landings) == 0:
        return nodes, edges
    landings["landing"] = len(nodes) + np.arange(len(landings))
    moved = ends.reset_index().merge(landings, on=["node", "way"])
    edges = edges.copy()
    for side in ("u", "v"):
        part = moved[moved["side"] == side]
        edges.loc[part["index"].to_numpy(), side] = part["landing"].to_numpy()
    at = nodes.iloc[landings["node"].to_numpy()]
    lowest = min(0, int(nodes["osm_id"].min()))
    extra = at.assign(osm_id=lowest - 1 - np.arange(len(at)))
    xy = at[["x", "y"]].to_numpy()
    half = {"highway": "elevator", "form": LIFT, "lift_rides": 0.5, "osm_id": at["osm_id"].to_numpy(), "length_m": 0.0}
    half |= {"u": landings["node"].to_numpy(), "v": landings["landing"].to_numpy(), "structure": True}
    rides = pd.DataFrame({name: half.get(name, usual(name)) for name in EDGE_COLUMNS}, index=range(len(at)))
    shape: Any = shapely.linestrings(np.stack([xy, xy], axis=1))
    both = pd.concat([edges[[*EDGE_COLUMNS, "geometry"]], gpd.GeoDataFrame(rides, geometry=shape)], ignore_index=True)
    return pd.concat([nodes, extra], ignore_index=True), gpd.GeoDataFrame(both, geometry="geometry")
