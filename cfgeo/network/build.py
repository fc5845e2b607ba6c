"""Street ways → walking network: edges between junctions, rides in lifts, waits at crossings, connected components."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy import sparse

from cfgeo.core.errors import NetworkError
from cfgeo.core.schema import (
    EDGE_COLUMNS,
    LIFT,
    FloatArray,
    IntArray,
    Network,
    StreetWays,
    usual,
)
from cfgeo.files.osm.tags import BIG_ROADS, SIGNAL_ROADS
from cfgeo.network.edges import CutWays, cut_ways

_FACTS = [name for name in EDGE_COLUMNS if name not in {"u", "v", "length_m"}]
_WAITS = ("signal_waits", "crossing_waits")
_SPREAD = ["step_count", "rise_m", "climb_m", "descent_m", "capped_m"]  # of a way, spread over its edges by length
_RIDE = {"highway": "elevator", "form": LIFT, "lift_rides": 0.5, "structure": True}


def build_network(streets: StreetWays, *, crs: str) -> Network:
    """Cut ways at junctions and return them as a network in a metric CRS.

    A junction is a node that two ways share or a way passes twice, a way's end, or a lift. Edges that cross or retrace
    themselves, or end where they begin, are cut at every vertex, so that a share of an edge's length is a single
    position. At a lift, each way gets a node of its own, and a ride is an edge between that node and the lift. Ways
    that meet a big road, or signals, get half a wait there.

    Raises
    ------
    NetworkError
        There is no walkable way.
    """
    if len(streets.ways) == 0:
        raise NetworkError("network_empty")
    return network_of(cut_ways(streets, crs=crs))


def network_of(cut: CutWays) -> Network:
    """Return the network of ways that are cut already: the edges of the cut, its crossings of squares, then rides.

    Raises
    ------
    NetworkError
        There is no walkable way.
    """
    if not cut.length_m.sum() > 0:
        raise NetworkError("network_empty")
    streets, crossings = cut.streets, cut.crossings
    n_cut, n_across = len(cut.run), len(crossings.u)
    ways = streets.ways
    if n_across and streets.areas is not None:
        ways = pd.concat([ways, streets.areas.table], ignore_index=True).astype(ways.dtypes.to_dict())
    row = np.r_[cut.run, len(streets.ways) + crossings.area]
    u, v, lift = _with_landings(cut)
    n_rides = len(lift)
    xy = cut.node_xy
    # A ride belongs to no way (-1).
    rows, share = np.r_[row, np.full(n_rides, -1)], np.r_[cut.share, np.ones(n_across + n_rides)]
    columns = {name: _column(ways, name, rows) for name in _FACTS}
    has_waits = set(_WAITS) <= set(ways.columns)
    for name in (*_SPREAD, *(_WAITS if has_waits else ())):
        columns[name] = columns[name] * share
    if not has_waits:
        columns |= _waits(cut, columns)
    columns["across"][n_cut : n_cut + n_across] = True
    columns["osm_id"][len(row) :] = cut.osm_ids[lift]
    columns |= {"u": np.r_[u, lift], "v": np.r_[v, len(cut.osm_ids) + np.arange(n_rides)]}
    columns["length_m"] = np.r_[cut.length_m, crossings.length_m, np.zeros(n_rides)]
    lines = np.r_[cut.all_lines, shapely.linestrings(np.stack([xy[lift]] * 2, axis=1))]
    lowest = min(0, int(cut.osm_ids.min()))
    nodes = pd.DataFrame({"osm_id": np.r_[cut.osm_ids, lowest - 1 - np.arange(n_rides)]})
    nodes["x"], nodes["y"] = np.vstack([xy, xy[lift]]).T
    nodes["shut"] = nodes["osm_id"].map(streets.shut).fillna(0).astype(np.int64)
    findings = (*streets.findings, *crossings.findings)
    return replace(finish(nodes, columns, lines, crs=cut.crs), findings=findings)


def finish(nodes: pd.DataFrame, columns: Mapping[str, Any], lines: Any, *, crs: str) -> Network:
    """Drop nodes without edges, number the rest, find connected components, and set the types of ``EDGE_COLUMNS``.

    Parameters
    ----------
    nodes
        ``osm_id``, ``x``, ``y``, ``shut``.
    columns
        All of ``EDGE_COLUMNS`` (edges).
    lines
        LineStrings (edges).
    crs
        CRS of the lines.
    """
    used, renumbered = np.unique(np.r_[columns["u"], columns["v"]], return_inverse=True)
    u, v = np.split(renumbered, 2)
    typed = {name: _typed({**columns, "u": u, "v": v}[name], kind) for name, kind in EDGE_COLUMNS.items()}
    frame = gpd.GeoDataFrame(pd.DataFrame(typed, copy=False), geometry=lines, crs=crs)
    kept = nodes.iloc[used].reset_index(drop=True)
    component = components(len(kept), u, v, np.where(typed["across"], 0.0, typed["length_m"]))
    return Network(nodes=kept.assign(component=component, height_m=np.nan), edges=frame)


def _typed(values: Any, kind: str) -> Any:
    return pd.array(values, dtype="str") if kind == "str" else np.asarray(values, dtype=kind)


def components(n_nodes: int, u: IntArray, v: IntArray, length_m: FloatArray) -> IntArray:
    """Return the connected component of each node; 0 is the longest (nodes)."""
    links = sparse.coo_array((np.ones(len(u)), (u, v)), shape=(n_nodes, n_nodes))
    count, label = sparse.csgraph.connected_components(links, directed=False)
    length = np.bincount(label[u], weights=length_m, minlength=count)
    rank = np.empty(count, dtype=np.int64)
    rank[np.argsort(-length, kind="stable")] = np.arange(count)
    return rank[label]


def _column(ways: pd.DataFrame, name: str, rows: IntArray) -> Any:
    """Return a column of the ways for each edge, by the row of its way; -1: half a ride, from a lift to a way."""
    ride: Any = _RIDE.get(name, usual(name))
    if name not in ways.columns:
        return np.where(rows >= 0, usual(name), ride)
    values = ways[name].array
    if isinstance(values.dtype, pd.StringDtype):
        return values.take(rows, allow_fill=True, fill_value=ride)
    return np.append(values.to_numpy(), ride)[rows]


def _waits(cut: CutWays, columns: Mapping[str, Any]) -> dict[str, FloatArray]:
    """Return half a wait for each end of an edge that meets a road with signals, or a big road without.

    Walkers who cross the road wait once (two halves). Walkers along the road do not wait. Walkers who turn into it wait
    half, since every other one of them has to cross.
    """
    u, v = cut.ends
    n_rides = len(columns["highway"]) - len(u)
    highway, lift = (pd.Series(columns[name][: len(u)]) for name in ("highway", "form"))
    signals = np.isin(cut.osm_ids, cut.streets.signals)
    waits = {}
    for column, classes, at in zip(_WAITS, (SIGNAL_ROADS, BIG_ROADS), (signals, ~signals), strict=True):
        road = highway.isin(classes).to_numpy()
        ends = np.bincount(np.r_[u[road], v[road]], minlength=len(signals))
        wait = 0.5 * (at & (ends >= 2))  # a road that only ends here is not crossed
        on_edges = np.where(road | (lift == LIFT).to_numpy(), 0.0, wait[u] + wait[v])
        waits[column] = np.r_[on_edges, np.zeros(n_rides)]
    return waits


def _with_landings(cut: CutWays) -> tuple[IntArray, IntArray, IntArray]:
    """Give each of several ways that meet at a lift a node of its own there.

    Returns
    -------
    u, v : numpy.ndarray
        End nodes of the edges; new nodes are numbered after those of the cut (edges).
    lift : numpy.ndarray
        The node of the lift for each new node.
    """
    ends = np.concatenate(cut.ends)
    at = np.flatnonzero(np.isin(cut.osm_ids, cut.streets.lifts)[ends])
    way = np.tile(cut.all_ids, 2)
    landings, landing = np.unique(np.column_stack([ends[at], way[at]]), axis=0, return_inverse=True)
    lift = landings[:, 0]
    several = np.bincount(lift, minlength=len(cut.osm_ids))[lift] > 1
    node = np.where(several, len(cut.osm_ids) + np.cumsum(several) - 1, lift)
    ends[at] = node[landing.ravel()]
    u, v = np.split(ends, 2)
    return u, v, lift[several]
