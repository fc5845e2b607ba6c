"""Heights → edges: what each street and flight of steps climbs, and how much longer slope makes the walk.

Streets follow the raster, in pieces of 10 m; bridges, tunnels and covered ways run straight from end to end; flights
of steps climb what is mapped, or what the raster says within the bounds of a stair.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from cfgeo.core.arrays import enumerate_runs, run_offsets, starts_run
from cfgeo.core.findings import Findings, finding
from cfgeo.core.schema import LEVEL, LIFT, STEPS, BoolArray, FloatArray, IntArray, Network, Slope
from cfgeo.network.linear_reference import positions_along

Heights = Callable[[FloatArray, FloatArray], FloatArray]
"""Positions in the network's CRS → heights [m], NaN where none is known."""

SAMPLE_M = 10.0
"""Streets are sampled in pieces of this length at most."""
SLOPE_CAP = 0.35
"""Rise over run that no street exceeds: what the raster says beyond it is a retaining wall or a tower's roof."""
RISER_M = 0.15
"""Height of one step (unverified: a usual outdoor step)."""
PITCH_LOW, PITCH_USUAL, PITCH_HIGH = 0.15, 0.32, 0.75
"""Rise over run of a flight, landings included: the least, the usual and the most of a stair. Unverified; the usual
one is the median of the 39 flights in Monaco whose steps OpenStreetMap counts, and the least is near their quartile."""
PITCH_MAPPED = 1.0
"""Tags that make a flight steeper than this are not believed."""
FLIGHT_HIGH_M = 100.0
"""A flight that climbs more is asked about."""
DIRECTION_M = 1.0
"""Less difference than this between a flight's two ends in the raster does not say which is the upper one."""

_OF_STAIRS = ("u", "v", "length_m", "incline", "step_count", "slope_tag")
_CAPPED_SHARE = 0.10  # more than this too steep: perhaps the raster is in another unit


@dataclass(frozen=True)
class PreviousNetwork:
    """A network with heights, and which of its edges another one has.

    Attributes
    ----------
    network : Network
    was : numpy.ndarray
        Which edge of it has the same line; -1: none (edges of the other one).
    """

    network: Network
    was: IntArray


def tobler(slope: FloatArray) -> FloatArray:
    """Return Tobler's walking speed [m/s] on a slope (rise over run)."""
    return np.asarray(np.exp(-3.5 * np.abs(slope + 0.05)) * 6 / 3.6)


def irmischer_clarke(slope: FloatArray) -> FloatArray:
    """Return Irmischer and Clarke's speed on a path [m/s]; constants unverified."""
    return np.asarray(0.11 + np.exp(-((100 * slope + 5) ** 2) / 1800))


def campbell(slope: FloatArray) -> FloatArray:
    """Return the median speed of Campbell et al. 2019 [m/s], a Lorentz curve over degrees; constants unverified."""
    degrees = np.degrees(np.arctan(slope))
    curve = 63.66 / (np.pi * 10.064 * (1 + ((degrees + 2.171) / 10.064) ** 2))
    return np.asarray(curve + 0.628 - 0.00463 * degrees)


_SPEED: dict[Slope, Callable[[FloatArray], FloatArray]] = {
    "tobler": tobler,
    "irmischer-clarke": irmischer_clarke,
    "campbell": campbell,
}


def slope_factor(slope: FloatArray, function: Slope) -> FloatArray:
    """Return seconds on a slope as a multiple of those on the level: f(0) / f(s)."""
    if function == "none":
        return np.ones_like(slope)
    speed = _SPEED[function]
    return np.asarray(speed(np.zeros(1))[0] / speed(slope))


def with_relief(
    network: Network, heights: Heights | None, *, slope: Slope, before: PreviousNetwork | None = None
) -> Network:
    """Return a network with heights: the columns of ``EDGE_COLUMNS`` from ``rise_m`` on, and ``height_m``.

    Parameters
    ----------
    network
        As :func:`cfgeo.network.build.build_network` makes it.
    heights
        The land; without it, or with slope "none", streets are level and flights climb what is mapped or usual.
    slope
        The function of slope that walking follows.
    before
        A network that lies on the same land under the same function: what its edges climb is not asked again where
        they are the same between nodes at the same heights.
    """
    if heights is None or slope == "none":
        heights, slope = _unknown, "none"
    nodes, edges = network.nodes, network.edges
    raster_m = heights(nodes["x"].to_numpy(), nodes["y"].to_numpy())
    height_m = _over_structures(raster_m, edges)
    columns = _streets(edges, height_m, heights, slope, before)
    steps = np.flatnonzero(edges["form"].to_numpy() == STEPS)
    stairs = pd.DataFrame({name: edges[name].to_numpy()[steps] for name in _OF_STAIRS})
    incline, climb_m, descent_m = _stairs(stairs, height_m)
    columns["incline"] = _put(edges["incline"].to_numpy(), steps, incline)
    columns["climb_m"][steps], columns["descent_m"][steps] = climb_m, descent_m
    columns["rise_m"] = columns["climb_m"] - columns["descent_m"]
    columns["flight_m"] = _flights(edges, climb_m + descent_m, steps)
    nodes = nodes.assign(height_m=np.where(np.isnan(raster_m), np.nan, height_m))
    known = float(np.isfinite(raster_m).mean())
    return replace(network, nodes=nodes, edges=edges.assign(**columns), relief={"slope": slope, "known": known})


def check_relief(network: Network) -> Findings:
    """Find out where the walk is level for want of heights, and where heights cannot be believed."""
    edges, relief = network.edges, network.relief
    rows: Findings = [
        finding("elevation_feet", "elevation", severity="note", row=name) for name in relief.get("feet", [])
    ]
    length_m, steps = edges["length_m"].to_numpy(), edges[edges["form"] == STEPS]
    if relief.get("slope", "none") != "none":
        unknown = network.nodes["height_m"].isna()
        if unknown.all():
            rows.append(finding("elevation_elsewhere", "elevation"))
        elif unknown.any():
            share = float(unknown.mean())
            rows.append(finding("elevation_outside", "elevation", nodes=int(unknown.sum()), share=share))
        capped_m = float(edges["capped_m"].sum())
        if capped_m > 0:
            many = capped_m > _CAPPED_SHARE * length_m.sum()
            shown = {"km": round(capped_m / 1000, 1), "share": capped_m / length_m.sum(), "cap": SLOPE_CAP}
            rows.append(finding("slope_capped", "elevation", severity="warning" if many else "note", **shown))
    pitch = mapped_pitch(steps)
    for way, steep in _worst(steps["osm_id"], pitch, PITCH_MAPPED):
        rows.append(finding("steps_too_steep", "network", row=way, pitch=round(steep, 1)))
    for way, rise_m in _worst(steps["osm_id"], steps["flight_m"].to_numpy(), FLIGHT_HIGH_M):
        rows.append(finding("flight_too_high", "network", row=way, rise_m=round(rise_m)))
    return rows


def _worst(ways: pd.Series, values: FloatArray, limit: float) -> list[tuple[int, float]]:
    """Return the ways on which a value exceeds a limit, with the largest."""
    high = pd.Series(values, index=ways)[values > limit]
    return [(int(str(way)), float(value)) for way, value in high.groupby(level=0).max().items()]


def relief_rules(network: Network) -> dict[str, Any]:
    """Return by which rules a network was laid over the land, ready for JSON; slope "none" where none was known."""
    relief = {"slope": "none", "known": 0.0, "rasters": 0, "feet": [], **network.relief}
    if not relief["known"]:
        relief["slope"] = "none"
    constants = {"sample_m": SAMPLE_M, "slope_cap": SLOPE_CAP, "riser_m": RISER_M, "pitch_usual": PITCH_USUAL}
    return {**relief, **constants, "pitch_low": PITCH_LOW, "pitch_high": PITCH_HIGH}


def mapped_pitch(edges: pd.DataFrame) -> FloatArray:
    """Return rise over run of steps as ``step_count`` or a numeric ``incline`` says it (NaN: neither does)."""
    counted = edges["step_count"].to_numpy() * RISER_M / np.maximum(edges["length_m"].to_numpy(), 1e-9)
    return np.asarray(np.where(np.isnan(counted), np.abs(edges["slope_tag"].to_numpy()), counted))


def _streets(
    edges: Any, height_m: FloatArray, heights: Heights, slope: Slope, before: PreviousNetwork | None
) -> dict[str, FloatArray]:
    """Return what streets climb and descend, and the seconds that slope makes of those on the level (edges)."""
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
    profile_m, owner = _profiles(edges.iloc[street], height_m, pieces, heights)
    run_m = (length_m / pieces)[owner]
    rise_m = np.diff(profile_m)[~starts_run(np.repeat(np.arange(len(street)), pieces + 1))[1:]]
    some = np.isfinite(rise_m) & (run_m > 0)  # land that no raster knows is level
    raw = np.divide(rise_m, run_m, where=some, out=np.zeros(len(run_m)))
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
    """Say which edges have the profile that they had: sampled as before, between nodes at the same heights (edges)."""
    at = np.flatnonzero(before.was >= 0)
    rows, same = before.was[at], np.ones(len(at), dtype=bool)
    old, old_m = before.network.edges, before.network.nodes["height_m"].to_numpy()
    for name in ("form", "structure"):
        same &= old[name].to_numpy()[rows] == edges[name].to_numpy()[at]
    for side in ("u", "v"):
        same &= old_m[old[side].to_numpy()[rows]] == height_m[edges[side].to_numpy()[at]]
    found = np.zeros(len(edges), dtype=bool)
    found[at[same]] = True
    return found


def _profiles(edges: Any, height_m: FloatArray, pieces: IntArray, heights: Heights) -> tuple[FloatArray, IntArray]:
    """Return the heights along edges, from node to node, one edge after the other; and each piece's edge."""
    (owner, nth), first = enumerate_runs(pieces), run_offsets(pieces)[:-1]
    inner = nth > 0
    xy = positions_along(edges.geometry.to_numpy(), owner[inner], (nth / pieces[owner])[inner])
    profile = np.empty(len(owner) + len(edges))
    at = np.arange(len(owner)) + owner  # each edge before has one height more than pieces
    profile[at[inner]] = heights(xy[:, 0], xy[:, 1])
    profile[first + np.arange(len(edges))] = height_m[edges["u"].to_numpy()]
    profile[first + pieces + np.arange(len(edges))] = height_m[edges["v"].to_numpy()]
    return profile, owner


def _over_structures(raster_m: FloatArray, edges: Any) -> FloatArray:
    """Return node heights in which bridges, tunnels and covered ways run straight from end to end (nodes).

    A node that only structures meet gets the height that its neighbours give it: on a chain, that is the straight
    line; where a bridge ends at a lift, the height of its other end.
    """
    form, structure = edges["form"].to_numpy(), edges["structure"].to_numpy()
    u, v = edges["u"].to_numpy(dtype=np.int64), edges["v"].to_numpy(dtype=np.int64)
    size = len(raster_m)
    over = structure & (form != LIFT)
    ground = ~structure & (form != LIFT)
    on_ground = np.bincount(np.r_[u[ground], v[ground]], minlength=size) > 0
    free = (np.bincount(np.r_[u[over], v[over]], minlength=size) > 0) & ~on_ground
    if not free.any():
        return raster_m
    known = ~free & np.isfinite(raster_m)
    start, end = np.r_[u[over], v[over]], np.r_[v[over], u[over]]
    weight = np.tile(1 / np.maximum(edges["length_m"].to_numpy()[over], 1e-3), 2)
    told = (free | known)[start] & (free | known)[end]
    start, end, weight = start[told], end[told], weight[told]
    links = sparse.coo_array((weight, (start, end)), shape=(size, size))
    _, piece = sparse.csgraph.connected_components(links, directed=False)
    # A piece without any known height keeps what the raster says.
    solve = free & (np.bincount(piece, weights=known) > 0)[piece]
    row = np.cumsum(solve) - 1
    mine = solve[start]
    inner, outer = mine & solve[end], mine & known[end]
    n_rows = int(solve.sum())
    if n_rows == 0:
        return raster_m
    total = np.bincount(row[start[mine]], weights=weight[mine], minlength=n_rows)
    given = np.bincount(row[start[outer]], weights=(weight * raster_m[end])[outer], minlength=n_rows)
    entries = np.r_[total, -weight[inner]]
    at = (np.r_[np.arange(n_rows), row[start[inner]]], np.r_[np.arange(n_rows), row[end[inner]]])
    height_m = raster_m.copy()
    height_m[solve] = sparse.linalg.spsolve(sparse.csc_array((entries, at), shape=(n_rows, n_rows)), given)
    return height_m


def _stairs(steps: Any, height_m: FloatArray) -> tuple[IntArray, FloatArray, FloatArray]:
    """Return which way flights climb from u to v (1, -1, 0: not known), and what they climb and descend [m].

    Where the direction is not known, half of the rise counts each way, as the time does.
    """
    length_m = steps["length_m"].to_numpy()
    seen_m = height_m[steps["v"].to_numpy()] - height_m[steps["u"].to_numpy()]
    incline = steps["incline"].to_numpy().astype(np.int64)
    by_raster = np.where(np.abs(seen_m) >= DIRECTION_M, np.sign(seen_m), 0)
    incline = np.where(incline == 0, np.nan_to_num(by_raster).astype(np.int64), incline)
    along_m = np.where(incline == 0, np.abs(seen_m), incline * seen_m)
    pitch = mapped_pitch(steps)
    mapped = pitch <= PITCH_MAPPED
    bounded = np.clip(along_m, PITCH_LOW * length_m, PITCH_HIGH * length_m)
    guessed = np.where(np.isnan(along_m), PITCH_USUAL * length_m, bounded)
    rise_m = np.where(mapped, pitch * length_m, guessed)
    share_up = (1 + incline) / 2
    return incline, rise_m * share_up, rise_m * (1 - share_up)


def _flights(edges: Any, rise_m: FloatArray, steps: IntArray) -> FloatArray:
    """Return the rise of the whole flight that each edge is a part of (edges; 0: no steps).

    A flight is a chain of steps joined at nodes where nothing else meets, so that a cut changes nothing.
    """
    flight_m = np.zeros(len(edges))
    n_nodes = int(max(edges["u"].max(), edges["v"].max())) + 1
    ends = np.column_stack([edges["u"], edges["v"]])
    meets = np.bincount(ends.ravel(), minlength=n_nodes)
    node, edge = ends[steps].ravel(), np.repeat(np.arange(len(steps)), 2)
    joint = _joints(node, meets)
    order = np.argsort(node[joint], kind="stable")
    pair = edge[joint][order].reshape(-1, 2)
    links = sparse.coo_array((np.ones(len(pair)), (pair[:, 0], pair[:, 1])), shape=(len(steps), len(steps)))
    if len(steps):
        _, flight = sparse.csgraph.connected_components(links, directed=False)
        flight_m[steps] = np.bincount(flight, weights=rise_m)[flight]
    return flight_m


def _joints(node: IntArray, meets: IntArray) -> BoolArray:
    """Say which ends of steps lie at a node that two steps meet, and nothing else (ends of steps)."""
    both = np.bincount(node, minlength=len(meets)) == 2
    return np.asarray((both & (meets == 2))[node])


def _unknown(x: FloatArray, y: FloatArray) -> FloatArray:
    """Return no height for any position."""
    return np.full(len(x), np.nan)


def _put(values: Any, at: IntArray, new: IntArray) -> Any:
    changed = values.copy()
    changed[at] = new
    return changed
