"""Signals at crossings: which nodes walkers wait at for a green light, after changes."""

from collections.abc import Sequence

import numpy as np

from cfgeo.core.scenario import Fault, LinkChange, where_of
from cfgeo.core.schema import FloatArray, IntArray
from cfgeo.files.osm.tags import SIGNAL_ROADS, signalled
from cfgeo.network.edges import CutWays
from cfgeo.scenarios.draw_links import JOIN_M


def is_signal(change: LinkChange) -> bool:
    """Return whether a change sets the signal of a crossing, which it names by its place."""
    return change.action == "refit" and change.shape is not None


def crossing_near(cut: CutWays, point: FloatArray, *, within_m: float = JOIN_M) -> int | None:
    """Return the position in ``cut.osm_ids`` of the crossing that is nearest to a point; None where none is near.

    A crossing is where a way for walkers meets a road on which signals make them wait, and that does not end there.

    Parameters
    ----------
    cut
        The ways.
    point
        In the metric CRS.
    within_m
        How far off it may be.
    """
    n_cut, count = len(cut.run), len(cut.osm_ids)
    u, v = (ends[:n_cut] for ends in cut.ends)
    is_road = np.isin(cut.streets.ways["highway"].to_numpy(dtype=object)[cut.run], SIGNAL_ROADS)
    roads, others = (np.bincount(np.r_[u[rows], v[rows]], minlength=count) for rows in (is_road, ~is_road))
    crossings = np.flatnonzero((roads >= 2) & (others > 0))
    if len(crossings) == 0:
        return None
    metres = np.hypot(*(cut.node_xy[crossings] - point).T)
    best = int(np.argmin(metres))
    return int(crossings[best]) if metres[best] <= within_m else None


def changed_signals(cut: CutWays, signals: IntArray, changes: Sequence[LinkChange]) -> tuple[IntArray, list[Fault]]:
    """Return the nodes that have signals after changes, and what cannot be done.

    Parameters
    ----------
    cut
        The ways before.
    signals
        The nodes that have signals without the changes.
    changes
        Of which those count that :func:`is_signal` names; shapes in the metric CRS.
    """
    faults: list[Fault] = []
    lit, seen = dict.fromkeys(signals.tolist()), dict[int, LinkChange]()
    for change in filter(is_signal, changes):
        where, at = where_of(change), crossing_near(cut, np.array(change.shape.coords[0]))
        if at is None:
            faults.append(("change_no_crossing", {"where": where, "join_m": JOIN_M}))
            continue
        node = int(cut.osm_ids[at])
        if node in seen:
            faults.append(("change_same", {"where": where, "facility": str(node), "other": where_of(seen[node])}))
        seen[node] = change
        if signalled(change.tags):
            lit[node] = None
        else:
            lit.pop(node, None)
    return np.array(list(lit), dtype=np.int64), faults
