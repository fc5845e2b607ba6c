"""Terrain: what each street and flight of steps climbs, and how much longer its slope makes the walk.

Streets follow the raster in pieces of 10 m. Bridges, tunnels and covered ways run straight from end to end. Flights of
steps climb what is mapped, or what the raster says within the bounds of a stair.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from cfgeo.core.arrays import enumerate_runs, run_offsets
from cfgeo.core.findings import finding
from cfgeo.core.schema import LEVEL, LIFT, STEPS, BoolArray, FloatArray, IntArray, Network, Slope
from cfgeo.network.linear_reference import positions_along
from cfgeo.network.slope import slope_factor

Heights = Callable[[FloatArray, FloatArray], FloatArray]
"""x and y in the network's CRS → heights [m], NaN where unknown."""

SAMPLE_M = 10.0
"""Streets are sampled in pieces of this length at most."""
SLOPE_CAP = 0.35
"""Rise over run that no street exceeds. A steeper raster shows a retaining wall or a tower's roof."""
RISER_M = 0.15
"""Height of a single step (unverified: a usual outdoor step)."""
PITCH_LOW, PITCH_USUAL, PITCH_HIGH = 0.15, 0.32, 0.75
"""Rise over run of a flight, landings included: lowest, usual and highest. Unverified; the usual pitch is the median of
the 39 flights in Monaco whose steps OpenStreetMap counts, and the lowest is near their quartile."""
PITCH_LEAST, PITCH_MAPPED = 0.02, 1.0
"""Tags that make a flight flatter (a step of 15 cm in more than 7.5 m) or steeper than this are ignored."""
FLIGHT_HIGH_M = 100.0
"""A flight that climbs more is reported."""
DIRECTION_M = 1.0
"""If the raster's heights at the two ends of a flight differ by less, they do not tell which end is the upper one."""

_STAIR_COLUMNS = ("u", "v", "length_m", "incline", "step_count", "slope_tag")
_CAPPED_SHARE = 0.10  # more than this too steep: perhaps the raster is in another unit


@dataclass(frozen=True)
class PreviousNetwork:
    """A network with heights, and which of its edges another network has as well.

    Attributes
    ----------
    network : Network
    was : numpy.ndarray
        Which edge of it has the same line; -1: none (edges of the other network).
    """

    network: Network
    was: IntArray


def with_relief(
    network: Network, heights: Heights | None, *, slope: Slope, before: PreviousNetwork | None = None
) -> Network:
    """Return a network with heights: ``height_m``, and the columns of ``EDGE_COLUMNS`` from ``rise_m`` on.

    Parameters
    ----------
    network
        As :func:`cfgeo.network.build.build_network` returns it.
    heights
        Heights of the terrain. Without it, or with slope "none", streets are level and flights climb what is mapped or
        usual.
    slope
        The function of slope that walking follows.
    before
        A network on the same terrain under the same function. Its values are taken over for edges that are the same
        and whose nodes have the same heights.
    """
    if heights is None or slope == "none":
        heights, slope = _unknown, "none"
    nodes, edges = network.nodes, network.edges
    raster_m = heights(nodes["x"].to_numpy(), nodes["y"].to_numpy())
    height_m = _over_structures(raster_m, edges)
    columns = _streets(edges, height_m, heights, slope, before)
    steps = np.flatnonzero(edges["form"].to_numpy() == STEPS)
    stairs = pd.DataFrame({name: edges[name].to_numpy()[steps] for name in _STAIR_COLUMNS})
    incline = edges["incline"].to_numpy().copy()
    incline[steps], climb_m, descent_m = _stairs(stairs, height_m)
    columns["incline"] = incline
    columns["climb_m"][steps], columns["descent_m"][steps] = climb_m, descent_m
    columns["rise_m"] = columns["climb_m"] - columns["descent_m"]
    columns["flight_m"] = _flights(edges, climb_m + descent_m, steps)
    nodes = nodes.assign(height_m=np.where(np.isnan(raster_m), np.nan, height_m))
    known = float(np.isfinite(raster_m).mean())
    return replace(network, nodes=nodes, edges=edges.assign(**columns), relief={"slope": slope, "known": known})


def check_relief(network: Network) -> list[dict[str, Any]]:
    """Return findings where the walk is level because heights are missing, and where heights are not plausible."""
    edges, relief = network.edges, network.relief
    rows = [finding("elevation_feet", "elevation", severity="note", row=name) for name in relief.get("feet", [])]
    street_m, steps = network.street_m, edges[edges["form"] == STEPS]
    if relief.get("slope", "none") != "none":
        unknown = network.nodes["height_m"].isna()
        if unknown.all():
            rows.append(finding("elevation_elsewhere", "elevation"))
        elif unknown.any():
            share = float(unknown.mean())
            rows.append(finding("elevation_outside", "elevation", nodes=int(unknown.sum()), share=share))
        capped_m = float(edges["capped_m"].to_numpy()[street_m > 0].sum())
        if capped_m > 0:
            many = capped_m > _CAPPED_SHARE * street_m.sum()
            shown = {"km": round(capped_m / 1000, 1), "share": capped_m / street_m.sum(), "cap": SLOPE_CAP}
            rows.append(finding("slope_capped", "elevation", severity="warning" if many else "note", **shown))
    pitch = mapped_pitch(steps)
    for way, steep in _worst(steps["osm_id"], pitch, PITCH_MAPPED):
        rows.append(finding("steps_too_steep", "network", row=way, pitch=round(steep, 1)))
    for way, flat in _worst(steps["osm_id"], -pitch, -PITCH_LEAST):
        rows.append(finding("steps_too_flat", "network", row=way, metres=round(RISER_M / max(-flat, 1e-9))))
    for way, rise_m in _worst(steps["osm_id"], steps["flight_m"].to_numpy(), FLIGHT_HIGH_M):
        rows.append(finding("flight_too_high", "network", row=way, rise_m=round(rise_m)))
    return rows


def _worst(ways: pd.Series, values: FloatArray, limit: float) -> list[tuple[int, float]]:
    """Return the ways on which a value exceeds a limit, and the largest value on each."""
    high = pd.Series(values, index=ways)[values > limit]
    return [(int(str(way)), float(value)) for way, value in high.groupby(level=0).max().items()]


def relief_rules(network: Network) -> dict[str, Any]:
    """Return the rules by which a network got its heights, ready for JSON; slope "none" where no height is known."""
    relief = {"slope": "none", "known": 0.0, "rasters": 0, "feet": [], **network.relief}
    if not relief["known"]:
        relief["slope"] = "none"
    constants = {"sample_m": SAMPLE_M, "slope_cap": SLOPE_CAP, "riser_m": RISER_M, "pitch_usual": PITCH_USUAL}
    return {**relief, **constants, "pitch_low": PITCH_LOW, "pitch_high": PITCH_HIGH}


def mapped_pitch(edges: pd.DataFrame) -> FloatArray:
    """Return rise over run of steps from ``step_count`` or a numeric ``incline``; NaN where neither is mapped."""
    counted = edges["step_count"].to_numpy() * RISER_M / np.maximum(edges["length_m"].to_numpy(), 1e-9)
    return np.asarray(np.where(np.isnan(counted), np.abs(edges["slope_tag"].to_numpy()), counted))


def _streets(
    edges: Any, height_m: FloatArray, heights: Heights, slope: Slope, before: PreviousNetwork | None
) -> dict[str, FloatArray]:
    """Return what streets climb and descend, and their slope factors, as columns (edges)."""
    size = len(edges)
    columns = {name: np.zeros(size) for name in ("climb_m", "descent_m", "capped_m")}
    columns |= {"slope_forward": np.ones(size), "slope_backward": np.ones(size)}
    if slope == "none":
        return columns
    street = np.flatnonzero(edges["form"].to_numpy() == LEVEL)
    if before is not None:
        same = _same_profile(edges, height_m, before)
        kept, street = street[same[street]], street[~same[street]]
        for name, column in columns.items():
            column[kept] = before.network.edges[name].to_numpy()[before.was[kept]]
    straight = edges["structure"].to_numpy()[street]
    length_m = edges["length_m"].to_numpy()[street]
    pieces = np.where(straight, 1, np.maximum(np.ceil(length_m / SAMPLE_M), 1)).astype(np.int64)
    rise_m, owner = _rises(edges.iloc[street], height_m, pieces, heights)
    run_m = (length_m / pieces)[owner]
    known = np.isfinite(rise_m) & (run_m > 0)  # where no raster has a height, streets are level
    raw = np.divide(rise_m, run_m, where=known, out=np.zeros(len(run_m)))
    s = np.clip(raw, -SLOPE_CAP, SLOPE_CAP)

    def total(values: FloatArray) -> FloatArray:
        return np.asarray(np.bincount(owner, weights=values, minlength=len(street)), dtype=float)

    columns["climb_m"][street] = total(np.maximum(s, 0) * run_m)
    columns["descent_m"][street] = total(np.maximum(-s, 0) * run_m)
    columns["capped_m"][street] = total((s != raw) * run_m)
    columns["slope_forward"][street] = total(slope_factor(s, slope)) / pieces
    columns["slope_backward"][street] = total(slope_factor(-s, slope)) / pieces
    return columns


def _same_profile(edges: Any, height_m: FloatArray, before: PreviousNetwork) -> BoolArray:
    """Return whether edges keep their profile: sampled as before, between nodes at the same heights (edges)."""
    at = np.flatnonzero(before.was >= 0)
    rows, same = before.was[at], np.ones(len(at), dtype=bool)
    old, old_m = before.network.edges, before.network.nodes["height_m"].to_numpy()
    for name in ("form", "structure"):
        same &= old[name].to_numpy()[rows] == edges[name].to_numpy()[at]
    for side in ("u", "v"):
        same &= old_m[old[side].to_numpy()[rows]] == height_m[edges[side].to_numpy()[at]]
    keeps = np.zeros(len(edges), dtype=bool)
    keeps[at[same]] = True
    return keeps


def _rises(edges: Any, height_m: FloatArray, pieces: IntArray, heights: Heights) -> tuple[FloatArray, IntArray]:
    """Return the rise of each piece of edges that are cut into equal pieces [m], and the edge of each piece."""
    owner, nth = enumerate_runs(pieces)
    first = run_offsets(pieces)[:-1]
    inner = nth > 0
    xy = positions_along(edges.geometry.to_numpy(), owner[inner], (nth / pieces[owner])[inner])
    profile = np.empty(len(owner) + len(edges))
    at = np.arange(len(owner)) + owner  # where pieces begin: each edge before has one height more than pieces
    profile[at[inner]] = heights(xy[:, 0], xy[:, 1])
    profile[first + np.arange(len(edges))] = height_m[edges["u"].to_numpy()]
    profile[first + pieces + np.arange(len(edges))] = height_m[edges["v"].to_numpy()]
    return profile[at + 1] - profile[at], owner


def _over_structures(raster_m: FloatArray, edges: Any) -> FloatArray:
    """Return node heights in which bridges, tunnels and covered ways run straight from end to end (nodes).

    Harmonic interpolation (Laplace's equation on the graph): a node that only structures meet gets the mean height of
    its neighbours, weighted by 1 / length. On a chain that is the straight line; where a bridge ends at a lift, it is
    the height of the other end.
    """
    form, structure = edges["form"].to_numpy(), edges["structure"].to_numpy()
    u, v = edges["u"].to_numpy(dtype=np.int64), edges["v"].to_numpy(dtype=np.int64)
    size = len(raster_m)
    over = structure & (form != LIFT)
    under = ~structure & (form != LIFT)
    on_terrain = np.bincount(np.r_[u[under], v[under]], minlength=size) > 0
    free = (np.bincount(np.r_[u[over], v[over]], minlength=size) > 0) & ~on_terrain
    if not free.any():
        return raster_m
    known = ~free & np.isfinite(raster_m)
    start, end = np.r_[u[over], v[over]], np.r_[v[over], u[over]]
    weight = np.tile(1 / np.maximum(edges["length_m"].to_numpy()[over], 1e-3), 2)
    usable = (free | known)[start] & (free | known)[end]
    start, end, weight = start[usable], end[usable], weight[usable]
    links = sparse.coo_array((weight, (start, end)), shape=(size, size))
    _, component = sparse.csgraph.connected_components(links, directed=False)
    # A component without any known height keeps the raster's heights.
    solve = free & (np.bincount(component, weights=known) > 0)[component]
    row = np.cumsum(solve) - 1
    inner, outer = solve[start] & solve[end], solve[start] & known[end]
    n_rows = int(solve.sum())
    if n_rows == 0:
        return raster_m
    total = np.bincount(row[start[solve[start]]], weights=weight[solve[start]], minlength=n_rows)
    right = np.bincount(row[start[outer]], weights=(weight * raster_m[end])[outer], minlength=n_rows)
    entries = np.r_[total, -weight[inner]]
    at = (np.r_[np.arange(n_rows), row[start[inner]]], np.r_[np.arange(n_rows), row[end[inner]]])
    laplacian = sparse.csc_array((entries, at), shape=(n_rows, n_rows))
    height_m = raster_m.copy()
    height_m[solve] = sparse.linalg.spsolve(laplacian, right)
    return height_m


def _stairs(steps: Any, height_m: FloatArray) -> tuple[IntArray, FloatArray, FloatArray]:
    """Return whether flights climb from u to v (1, -1: descend, 0: not known), and what they climb and descend [m].

    Where the direction is not known, half of the rise counts in each direction, as the time does.
    """
    length_m = steps["length_m"].to_numpy()
    between_m = height_m[steps["v"].to_numpy()] - height_m[steps["u"].to_numpy()]
    incline = steps["incline"].to_numpy().astype(np.int64)
    by_raster = np.where(np.abs(between_m) >= DIRECTION_M, np.sign(between_m), 0)
    incline = np.where(incline == 0, np.nan_to_num(by_raster).astype(np.int64), incline)
    along_m = np.where(incline == 0, np.abs(between_m), incline * between_m)
    pitch = mapped_pitch(steps)
    mapped = (pitch >= PITCH_LEAST) & (pitch <= PITCH_MAPPED)
    bounded = np.clip(along_m, PITCH_LOW * length_m, PITCH_HIGH * length_m)
    guessed = np.where(np.isnan(along_m), PITCH_USUAL * length_m, bounded)
    rise_m = np.where(mapped, pitch * length_m, guessed)
    share_up = (1 + incline) / 2
    return incline, rise_m * share_up, rise_m * (1 - share_up)


def _flights(edges: Any, rise_m: FloatArray, steps: IntArray) -> FloatArray:
    """Return the rise of the whole flight that each edge is a part of (edges; 0: no steps).

    A flight is a chain of steps, connected at nodes where nothing else meets. So it does not matter where it is cut.
    """
    flight_m = np.zeros(len(edges))
    n_nodes = int(max(edges["u"].max(), edges["v"].max())) + 1
    ends = np.column_stack([edges["u"], edges["v"]])
    meets = np.bincount(ends.ravel(), minlength=n_nodes)
    node, edge = ends[steps].ravel(), np.repeat(np.arange(len(steps)), 2)
    # A joint is a node that two ends of steps meet, and nothing else.
    joint = (np.bincount(node, minlength=n_nodes) == 2)[node] & (meets == 2)[node]
    order = np.argsort(node[joint], kind="stable")
    pair = edge[joint][order].reshape(-1, 2)
    links = sparse.coo_array((np.ones(len(pair)), (pair[:, 0], pair[:, 1])), shape=(len(steps), len(steps)))
    if len(steps):
        _, flight = sparse.csgraph.connected_components(links, directed=False)
        flight_m[steps] = np.bincount(flight, weights=rise_m)[flight]
    return flight_m


def _unknown(x: FloatArray, y: FloatArray) -> FloatArray:
    """Return NaN for every position."""
    return np.full(len(x), np.nan)
