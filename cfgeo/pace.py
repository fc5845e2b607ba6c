"""Edges × walker → seconds in both directions: the one place where walking gets its time."""

import numpy as np
import pandas as pd

from cfgeo.schema import ESCALATOR, LIFT, STEPS, BoolArray, FloatArray, Network
from cfgeo.walkers import Walker


def edge_seconds(edges: pd.DataFrame, walker: Walker) -> tuple[FloatArray, FloatArray]:
    """Return the seconds that a walker takes along each edge.

    Off the stairs the walk is level: slope is not in it yet. On steps whose direction is not mapped, both ways
    take the mean of up and down, so that there and back together are right.

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
    form = edges["form"].to_numpy()
    forward_s = length_m / walker.level_m_s
    backward_s = forward_s.copy()

    steps = form == STEPS
    up_s, down_s = _seconds(length_m, walker.stairs_up_m_s), _seconds(length_m, walker.stairs_down_m_s)
    incline = edges["incline"].to_numpy()
    mean_s = (up_s + down_s) / 2
    forward_s[steps] = np.select([incline > 0, incline < 0], [up_s, down_s], mean_s)[steps]
    backward_s[steps] = np.select([incline > 0, incline < 0], [down_s, up_s], mean_s)[steps]
    if walker.stairs_up_m_s == 0 or walker.stairs_down_m_s == 0:
        ramps = steps & edges["ramp"].to_numpy()
        forward_s[ramps] = backward_s[ramps] = _seconds(length_m, walker.ramp_m_s)[ramps]

    belts = form == ESCALATOR
    forward_s[belts] = backward_s[belts] = _seconds(length_m, walker.escalator_m_s)[belts]
    lifts = form == LIFT
    forward_s[lifts] = backward_s[lifts] = (edges["lift_rides"].to_numpy() * walker.lift_s)[lifts]

    oneway = edges["oneway"].to_numpy()
    forward_s[oneway < 0] = np.inf
    backward_s[oneway > 0] = np.inf
    return forward_s, backward_s


def doorsteps(network: Network, forward_s: FloatArray, backward_s: FloatArray) -> BoolArray:
    """Say from which edges somebody can step off to a door: walkable, on the largest component, on the ground."""
    edges = network.edges
    on_foot = ~edges["form"].isin([LIFT, ESCALATOR]).to_numpy() & ~edges["structure"].to_numpy()
    on_foot &= edges["length_m"].to_numpy() > 0
    return np.asarray(network.main & on_foot & np.isfinite(np.minimum(forward_s, backward_s)))


def _seconds(length_m: FloatArray, speed_m_s: float) -> FloatArray:
    return length_m / speed_m_s if speed_m_s > 0 else np.full_like(length_m, np.inf)
