"""Edges × walker → seconds in both directions. Every walking time of cfgeo comes from here."""

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from cfgeo.core.schema import ESCALATOR, LEVEL, LIFT, STEPS, TRAILS, WALK_PARTS, BoolArray, FloatArray, Network
from cfgeo.network.walkers import Walker

PARTS = WALK_PARTS[:-1]
"""What the seconds of a walk on the network are spent on."""
EVEN_SLOPE = 0.02
"""A street that rises or falls less from end to end counts as level. Streets need about that to drain."""


def edge_seconds(edges: pd.DataFrame, walker: Walker) -> tuple[FloatArray, FloatArray]:
    """Return the seconds that a walker takes along each edge.

    Within an edge and direction the pace is uniform: waits and slopes are spread over its length. On steps whose
    direction is not known, both directions take the mean of up and down, so that the sum of there and back is right.

    Parameters
    ----------
    edges
        ``Network.edges``.
    walker
        Who walks.

    Returns
    -------
    forward_s, backward_s : numpy.ndarray
        Seconds from u to v and from v to u; inf where the walker cannot or may not go (edges).
    """
    length_m = edges["length_m"].to_numpy()
    form = edges["form"]
    level_s = length_m / walker.level_m_s
    forward_s, backward_s = level_s * edges["slope_forward"].to_numpy(), level_s * edges["slope_backward"].to_numpy()
    steps = np.flatnonzero(form == STEPS)
    stairs = {name: edges[name].to_numpy()[steps] for name in ("length_m", "incline", "flight_m", "ramp")}
    forward_s[steps], backward_s[steps] = _stairs(stairs, walker)

    wait_s = waiting_seconds(edges, walker)
    forward_s, backward_s = forward_s + wait_s, backward_s + wait_s

    belts = np.flatnonzero(form == ESCALATOR)
    forward_s[belts] = backward_s[belts] = _seconds(length_m[belts], walker.escalator_m_s)
    lifts = np.flatnonzero(form == LIFT)
    forward_s[lifts] = backward_s[lifts] = edges["lift_rides"].to_numpy()[lifts] * walker.lift_s

    oneway = edges["oneway"].to_numpy()
    closed = closed_to(edges, walker)
    forward_s[(oneway < 0) | closed] = np.inf
    backward_s[(oneway > 0) | closed] = np.inf
    return forward_s, backward_s


def closed_to(edges: pd.DataFrame, walker: Walker) -> BoolArray:
    """Return whether edges are closed to a walker: big roads, hard trails, stiles for who cannot climb (edges)."""
    roads = (edges["highway"].isin(walker.closed_roads) & ~edges["footway"]).to_numpy()
    trails = edges["trail"].to_numpy() > TRAILS.index(walker.hardest_trail)
    narrow = edges["narrow"].to_numpy() & (walker.stairs_up_m_s == 0)
    return np.asarray(roads | trails | narrow)


def waiting_seconds(edges: pd.DataFrame, walker: Walker) -> FloatArray:
    """Return the seconds that a walker waits along each edge, at signals or for a gap in the traffic (edges)."""
    wait_s = edges["signal_waits"].to_numpy() * walker.signal_wait_s
    wait_s = wait_s + edges["crossing_waits"].to_numpy() * walker.crossing_wait_s
    return np.where(edges["form"].isin([LEVEL, STEPS]), wait_s, 0.0)


def levelled(edges: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the same streets on level terrain: stairs and escalators become streets, lifts take no time.

    Waits, and roads that are closed to a child, stay as they are.
    """
    level = edges.assign(slope_forward=1.0, slope_backward=1.0, lift_rides=0.0)
    flights = edges["form"].isin([STEPS, ESCALATOR])
    # Nobody steps off an escalator, and homes must snap to the same street as on the real terrain.
    level.loc[edges["form"] == ESCALATOR, ["oneway", "structure"]] = 0, True
    level.loc[flights, "form"] = LEVEL
    level[["rise_m", "climb_m", "descent_m", "flight_m"]] = 0.0
    return level


def seconds_by_part(edges: pd.DataFrame, walker: Walker) -> FloatArray:
    """Return what the seconds of :func:`edge_seconds` are spent on.

    Returns
    -------
    numpy.ndarray
        Seconds by ``PARTS``: every edge from u to v, then every edge from v to u (2 edges × parts). Zeros where the
        walker cannot go.
    """
    total_s = np.concatenate(edge_seconds(edges, walker))
    total_s = np.where(np.isfinite(total_s), total_s, 0.0)
    wait_s = np.where(total_s > 0, np.tile(waiting_seconds(edges, walker), 2), 0.0)
    length_m = np.maximum(edges["length_m"].to_numpy(), 1e-9)
    slope = edges["rise_m"].to_numpy() / length_m
    part = [
        np.select(
            [edges["form"] == STEPS, edges["form"].isin([LIFT, ESCALATOR]), rise > EVEN_SLOPE, rise < -EVEN_SLOPE],
            [PARTS.index("stairs"), PARTS.index("lift"), PARTS.index("uphill"), PARTS.index("downhill")],
            PARTS.index("level"),
        )
        for rise in (slope, -slope)
    ]
    seconds = np.zeros((len(total_s), len(PARTS)))
    seconds[np.arange(len(total_s)), np.concatenate(part)] = total_s - wait_s
    seconds[:, PARTS.index("wait")] += wait_s
    return seconds


def climbing_m_s(flight_m: FloatArray, walker: Walker) -> FloatArray:
    """Return the speed up a flight of steps by its rise. Longer flights are slower, and none is faster than down.

    Up to ``short_flight_m`` the walker is ``short_flight`` times as fast as on a long flight. From there to
    ``long_flight_m`` the speed falls linearly, then it stays.

    Parameters
    ----------
    flight_m
        Rise of the whole flight [m]; 0: not known, counts as long.
    walker
        Who climbs.
    """
    span_m = walker.long_flight_m - walker.short_flight_m
    fresh = np.clip((walker.long_flight_m - flight_m) / span_m, 0, 1) * (flight_m > 0)
    speed = walker.stairs_up_m_s * (1 + (walker.short_flight - 1) * fresh)
    return np.asarray(np.minimum(speed, max(walker.stairs_up_m_s, walker.stairs_down_m_s)))


def _stairs(steps: Mapping[str, Any], walker: Walker) -> tuple[FloatArray, FloatArray]:
    """Return the seconds on steps, from u to v and from v to u."""
    length_m, incline = steps["length_m"], steps["incline"]
    up_s, down_s = np.full_like(length_m, np.inf), _seconds(length_m, walker.stairs_down_m_s)
    if walker.stairs_up_m_s > 0:
        up_s = length_m / climbing_m_s(steps["flight_m"], walker)
    mean_s = (up_s + down_s) / 2
    forward_s = np.select([incline > 0, incline < 0], [up_s, down_s], mean_s)
    backward_s = np.select([incline > 0, incline < 0], [down_s, up_s], mean_s)
    if walker.stairs_up_m_s == 0 or walker.stairs_down_m_s == 0:
        ramps = steps["ramp"]
        forward_s[ramps] = backward_s[ramps] = _seconds(length_m[ramps], walker.ramp_m_s)
    return forward_s, backward_s


def snappable_edges(network: Network, forward_s: FloatArray, backward_s: FloatArray) -> BoolArray:
    """Return whether walkers can step off to a door: walkable, on the largest component, no structure (edges)."""
    edges = network.edges
    on_foot = ~edges["form"].isin([LIFT, ESCALATOR]).to_numpy() & ~edges["structure"].to_numpy()
    on_foot &= edges["length_m"].to_numpy() > 0
    return np.asarray(network.main & on_foot & np.isfinite(np.minimum(forward_s, backward_s)))


def _seconds(length_m: FloatArray, speed_m_s: float) -> FloatArray:
    return length_m / speed_m_s if speed_m_s > 0 else np.full_like(length_m, np.inf)
