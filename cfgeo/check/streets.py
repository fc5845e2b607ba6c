"""A network → findings: detached pieces, communities without streets, and ways that ought to meet and do not."""

from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from cfgeo.core.arrays import starts_run
from cfgeo.core.findings import Findings, finding
from cfgeo.core.schema import LIFT, STEPS, IntArray, Network

_DETACHED_SHARE = 0.02
_MEETS_M = 0.5
"""A way that ends nearer than this to another was drawn to meet it: no mapper leaves half a step."""
_KERB_M = 15.0
"""From stairs to the centre line of a big road: half the road and its sidewalk. Stairs that end so near lead to it."""
_CHUNK_EDGES = 50_000
"""So many edges are searched at once, so that memory stays bounded."""


def check_network(network: Network) -> Findings:
    """Find the pieces of the network that are not connected to its largest component."""
    whole_km, main_km = network.length_km(), network.length_km(main_only=True)
    if whole_km <= main_km:
        return []
    pieces = int(network.nodes["component"].max())
    severity = "warning" if main_km < (1 - _DETACHED_SHARE) * whole_km else "note"
    detached = {"km": round(whole_km - main_km, 1), "share": 1 - main_km / whole_km}
    return [finding("network_pieces", "network", severity=severity, pieces=pieces, **detached)]


def check_gates(network: Network) -> Findings:
    """Find barriers that nobody may pass, and how much street they cut off: the pieces that end at one."""
    nodes = network.nodes
    ends = nodes[nodes["shut"] != 0]
    if len(ends) == 0:
        return []
    behind = np.setdiff1d(ends["component"].unique(), [0])
    edge_component = nodes["component"].to_numpy()[network.edges["u"].to_numpy()]
    km = float(network.edges["length_m"].to_numpy()[np.isin(edge_component, behind)].sum()) / 1000
    names = tuple(f"node/{barrier}" for barrier in ends["shut"].unique())
    at = shapely.multipoints(ends.drop_duplicates("shut")[["x", "y"]].to_numpy())
    severity = "warning" if len(behind) else "note"
    cut_off = {"count": len(names), "pieces": len(behind), "km": round(km, 2), "nodes": names}
    return [finding("gates_closed", "network", severity=severity, at=at, **cut_off)]


def check_unserved(communities: gpd.GeoDataFrame, network: Network, *, snap_m: float) -> Findings:
    """Find communities that no street of the connected network comes near.

    Parameters
    ----------
    communities
        As :class:`cfgeo.Inputs` promises.
    network
        The streets.
    snap_m
        The longest distance to a street [m].
    """
    streets = shapely.STRtree(network.edges.geometry.to_numpy()[network.main])
    near, _ = streets.query(communities.geometry.to_numpy(), predicate="dwithin", distance=snap_m)
    without = communities[~np.isin(np.arange(len(communities)), near)]
    if len(without) == 0:
        return []
    codes = tuple(without.index)
    return [finding("community_without_street", "communities", count=len(codes), codes=codes, snap_m=round(snap_m))]


def check_junctions(network: Network, district: Any) -> Findings:
    """Find ways that cross or meet without a node in common, and stairs that end in front of a street.

    Each kind is one finding with all its places: data without junctions has thousands. Whether stairs lead to a door
    or stop short cannot be known; those with a street nearby most likely stop short.

    Parameters
    ----------
    network
        The streets.
    district
        The communities' outline: junctions outside are not looked at.
    """
    shapely.prepare(district)
    return _unjoined(network, district) + _loose_stairs(network, district)


def _unjoined(network: Network, district: Any) -> Findings:
    """Find edges at grade that cross, or stop just short of one another, without a node in common."""
    lines, way = network.edges.geometry.to_numpy(), network.edges["osm_id"].to_numpy()
    at_grade = np.flatnonzero(
        shapely.intersects(district, lines)
        & ~network.edges["structure"].to_numpy()
        & ~network.edges["across"].to_numpy()
        & (network.edges["form"] != LIFT).to_numpy()
    )
    tree = shapely.STRtree(lines[at_grade])
    first, second = _crossings(network, at_grade, tree)
    end, near = _stopping_short(network, at_grade, tree)
    crossings = _first_points(shapely.intersection(lines[first], lines[second]))
    at = np.concatenate([crossings, _node_points(network, end)])
    pairs = np.column_stack(
        [np.concatenate([way[first], _way_at(network, end)]), np.concatenate([way[second], way[near]])]
    )
    inside = shapely.intersects(district, at)
    if not inside.any():
        return []
    shape, count = shapely.multipoints(at[inside]), int(inside.sum())
    return [finding("ways_unjoined", "network", at=shape, count=count, ways=_way_names(pairs[inside]))]


def _crossings(network: Network, edge: IntArray, tree: shapely.STRtree) -> tuple[IntArray, IntArray]:
    """Return pairs of edges of two ways that cross and have no node in common."""
    lines, way = network.edges.geometry.to_numpy(), network.edges["osm_id"].to_numpy()
    u, v = network.edges["u"].to_numpy(), network.edges["v"].to_numpy()
    pairs = []
    for chunk in np.array_split(edge, max(1, len(edge) // _CHUNK_EDGES)):
        at_chunk, at_tree = tree.query(lines[chunk])
        a, b = chunk[at_chunk], edge[at_tree]
        apart = (a < b) & (u[a] != u[b]) & (u[a] != v[b]) & (v[a] != u[b]) & (v[a] != v[b])
        apart &= (way[a] != way[b]) | (way[a] == 0)  # a spiral crosses itself, one turn over the other
        a, b = a[apart], b[apart]
        crossing = shapely.crosses(lines[a], lines[b])
        pairs.append((a[crossing], b[crossing]))
    return np.concatenate([a for a, _ in pairs]), np.concatenate([b for _, b in pairs])


def _stopping_short(network: Network, edge: IntArray, tree: shapely.STRtree) -> tuple[IntArray, IntArray]:
    """Return dead ends that all but touch an edge of another way, and the edge."""
    dead = _dead_ends(network, edge)
    nth, at_tree = tree.query(_node_points(network, dead), predicate="dwithin", distance=_MEETS_M)
    end, near = dead[nth], edge[at_tree]
    own = (network.edges["u"].to_numpy()[near] == end) | (network.edges["v"].to_numpy()[near] == end)
    first = np.unique(end[~own], return_index=True)[1]
    return end[~own][first], near[~own][first]


def _dead_ends(network: Network, edge: IntArray) -> IntArray:
    """Return the nodes of some edges that have degree one in the network and end at no barrier."""
    ends = network.edges[["u", "v"]].to_numpy()
    degree = np.bincount(ends.ravel(), minlength=len(network.nodes))
    ends_by_itself = (degree == 1) & (network.nodes["shut"].to_numpy() == 0)
    return np.unique(ends[edge][ends_by_itself[ends[edge]]])


def _loose_stairs(network: Network, district: Any) -> Findings:
    """Find stairs whose dead end lies beside a street of another way."""
    lines, way = network.edges.geometry.to_numpy(), network.edges["osm_id"].to_numpy()
    stairs = np.flatnonzero((network.edges["form"] == STEPS).to_numpy() & shapely.intersects(district, lines))
    dead = _dead_ends(network, stairs)
    dead = dead[shapely.intersects(district, _node_points(network, dead))]
    at = _node_points(network, dead)
    nth, edge = shapely.STRtree(lines).query(at, predicate="dwithin", distance=_KERB_M)
    ends = network.edges[["u", "v"]].to_numpy()
    street = (way[edge] != _way_at(network, dead)[nth]) & ~network.edges["structure"].to_numpy()[edge]
    street &= ~network.edges["across"].to_numpy()[edge]
    street &= (ends[edge] != dead[nth][:, None]).all(axis=1)
    beside = np.zeros(len(dead), dtype=bool)
    beside[nth[street]] = True
    if not beside.any():
        return []
    ways = _way_names(_way_at(network, dead[beside])[:, None])
    shape, count = shapely.multipoints(at[beside]), int(beside.sum())
    return [finding("stairs_loose", "network", at=shape, count=count, near_m=round(_KERB_M), ways=ways)]


def _way_at(network: Network, dead: IntArray) -> IntArray:
    """Return the way of the single edge at each dead end."""
    ends = network.edges[["u", "v"]].to_numpy()
    edge_at = np.zeros(len(network.nodes), dtype=np.int64)
    edge_at[ends[:, 0]] = edge_at[ends[:, 1]] = np.arange(len(ends))
    return np.asarray(network.edges["osm_id"].to_numpy()[edge_at[dead]])


def _node_points(network: Network, nodes: IntArray) -> Any:
    return shapely.points(network.nodes[["x", "y"]].to_numpy()[nodes])


def _first_points(crossings: Any) -> Any:
    """Return the first point of each crossing: two ways may cross several times, or run together for a while."""
    xy, owner = shapely.get_coordinates(crossings, return_index=True)
    return shapely.points(xy[starts_run(owner)])


def _way_names(pairs: IntArray) -> tuple[str, ...]:
    """Return the ways of each place in words, those that the file gives an id."""
    named = pairs[(pairs > 0).all(axis=1)]
    return tuple(dict.fromkeys(" × ".join(f"way/{way}" for way in pair) for pair in named)) or ("–",)
