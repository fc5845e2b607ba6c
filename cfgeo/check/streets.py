"""A network → findings: pieces that hang on nothing, and ways that ought to meet and do not."""

from typing import Any

import numpy as np
import shapely

from cfgeo.core.findings import Findings, finding
from cfgeo.core.schema import LIFT, STEPS, IntArray, Network

_DETACHED_SHARE = 0.02
_MEETS_M = 0.5
"""A way that ends nearer than this to another was drawn to meet it: nobody leaves half a step."""
_KERB_M = 15.0
"""From stairs to the middle of a big road: its half with the sidewalk. Stairs that end so near lead down to it."""
_AT_ONCE = 50_000
"""Edges that are looked at together, so that memory stays bounded."""


def check_network(network: Network) -> Findings:
    """Find out how much of the network hangs on nothing."""
    rows: Findings = []
    whole_km, main_km = network.length_km(), network.length_km(main_only=True)
    if whole_km > main_km:
        pieces = int(network.nodes["component"].max())
        severity = "warning" if main_km < (1 - _DETACHED_SHARE) * whole_km else "note"
        detached = {"km": round(whole_km - main_km, 1), "share": 1 - main_km / whole_km}
        rows.append(finding("network_pieces", "network", severity=severity, pieces=pieces, **detached))
    return rows


def check_junctions(network: Network, district: Any) -> Findings:
    """Find ways that cross or meet without a node in common, and stairs that end in front of a street.

    Each is one finding with all its places: data without junctions has thousands. Whether stairs lead to a door or
    stop short cannot be known; those with a street nearby are most likely to stop short.

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
    lines, way = network.edges.geometry.to_numpy(), network.edges["osm_id"].to_numpy()
    on_ground = np.flatnonzero(
        shapely.intersects(district, lines)
        & ~network.edges["structure"].to_numpy()
        & (network.edges["form"] != LIFT).to_numpy()
    )
    tree = shapely.STRtree(lines[on_ground])
    one, other = _crossing(network, on_ground, tree)
    end, near = _stopping_short(network, on_ground, tree)
    at = np.concatenate([_one_point(shapely.intersection(lines[one], lines[other])), _node_points(network, end)])
    pairs = np.column_stack(
        [np.concatenate([way[one], _way_at(network, end)]), np.concatenate([way[other], way[near]])]
    )
    inside = shapely.intersects(district, at)
    if not inside.any():
        return []
    ways = _way_names(pairs[inside])
    shape = shapely.multipoints(at[inside])
    return [finding("ways_unjoined", "network", at=shape, count=int(inside.sum()), ways=ways)]


def _crossing(network: Network, edge: IntArray, tree: shapely.STRtree) -> tuple[IntArray, IntArray]:
    """Return pairs of edges of two ways that cross and have no node in common."""
    lines, way = network.edges.geometry.to_numpy(), network.edges["osm_id"].to_numpy()
    u, v = network.edges["u"].to_numpy(), network.edges["v"].to_numpy()
    found = []
    for some in np.array_split(edge, max(1, len(edge) // _AT_ONCE)):
        part, nth = tree.query(lines[some])
        one, other = some[part], edge[nth]
        apart = (
            (one < other) & (u[one] != u[other]) & (u[one] != v[other]) & (v[one] != u[other]) & (v[one] != v[other])
        )
        apart &= (way[one] != way[other]) | (way[one] == 0)  # a spiral crosses itself, one turn over the other
        one, other = one[apart], other[apart]
        cross = shapely.crosses(lines[one], lines[other])
        found.append((one[cross], other[cross]))
    return np.concatenate([pair[0] for pair in found]), np.concatenate([pair[1] for pair in found])


def _stopping_short(network: Network, edge: IntArray, tree: shapely.STRtree) -> tuple[IntArray, IntArray]:
    """Return dead ends that all but touch an edge of another way, and the edge."""
    dead = _dead_ends(network, edge)
    nth, part = tree.query(_node_points(network, dead), predicate="dwithin", distance=_MEETS_M)
    end, near = dead[nth], edge[part]
    own = (network.edges["u"].to_numpy()[near] == end) | (network.edges["v"].to_numpy()[near] == end)
    first = np.unique(end[~own], return_index=True)[1]
    return end[~own][first], near[~own][first]


def _dead_ends(network: Network, edge: IntArray) -> IntArray:
    """Return the nodes of some edges at which no other edge of the network begins or ends."""
    ends = network.edges[["u", "v"]].to_numpy()
    many = np.bincount(ends.ravel(), minlength=len(network.nodes))
    return np.unique(ends[edge][many[ends[edge]] == 1])


def _loose_stairs(network: Network, district: Any) -> Findings:
    lines, way = network.edges.geometry.to_numpy(), network.edges["osm_id"].to_numpy()
    stairs = np.flatnonzero((network.edges["form"] == STEPS).to_numpy() & shapely.intersects(district, lines))
    dead = _dead_ends(network, stairs)
    dead = dead[shapely.intersects(district, _node_points(network, dead))]
    at = _node_points(network, dead)
    nth, edge = shapely.STRtree(lines).query(at, predicate="dwithin", distance=_KERB_M)
    ends = network.edges[["u", "v"]].to_numpy()
    street = (way[edge] != _way_at(network, dead)[nth]) & ~network.edges["structure"].to_numpy()[edge]
    street &= (ends[edge] != dead[nth][:, None]).all(axis=1)
    beside = np.zeros(len(dead), dtype=bool)
    beside[nth[street]] = True
    if not beside.any():
        return []
    ways = _way_names(_way_at(network, dead[beside])[:, None])
    shape, count = shapely.multipoints(at[beside]), int(beside.sum())
    return [finding("stairs_loose", "network", at=shape, count=count, near_m=round(_KERB_M), ways=ways)]


def _way_at(network: Network, dead: IntArray) -> IntArray:
    """Return the way of the one edge at each dead end."""
    ends = network.edges[["u", "v"]].to_numpy()
    edge_at = np.zeros(len(network.nodes), dtype=np.int64)
    edge_at[ends[:, 0]] = edge_at[ends[:, 1]] = np.arange(len(ends))
    return np.asarray(network.edges["osm_id"].to_numpy()[edge_at[dead]])


def _node_points(network: Network, nodes: IntArray) -> Any:
    return shapely.points(network.nodes[["x", "y"]].to_numpy()[nodes])


def _one_point(crossings: Any) -> Any:
    """Return the first point of each crossing: two ways may cross several times, or run together for a while."""
    xy, owner = shapely.get_coordinates(crossings, return_index=True)
    return shapely.points(xy[np.unique(owner, return_index=True)[1]])


def _way_names(pairs: IntArray) -> tuple[str, ...]:
    """Return the ways of each place in words, those that the file gives an id."""
    named = pairs[(pairs > 0).all(axis=1)]
    return tuple(dict.fromkeys(" × ".join(f"way/{way}" for way in pair) for pair in named)) or ("–",)
