"""Changes at a place of the streets: signals at crossings, and gates that are opened."""

from collections.abc import Sequence

import numpy as np

from cfgeo.core.scenario import GATE, Fault, LinkChange, where_of
from cfgeo.core.schema import FloatArray, IntArray
from cfgeo.files.osm.tags import SIGNAL_ROADS, signalled
from cfgeo.network.edges import CutWays
from cfgeo.scenarios.draw_links import JOIN_M


def is_placed(change: LinkChange) -> bool:
    """Return whether a change is about a crossing or gate that is there, which it names by its place."""
    return change.action == "refit" and change.shape is not None


def is_signal(change: LinkChange) -> bool:
    """Return whether a change sets the signal of a crossing."""
    return is_placed(change) and change.link != GATE


def is_gate(change: LinkChange) -> bool:
    """Return whether a change opens a gate that is there."""
    return is_placed(change) and change.link == GATE


def closed_gates(cut: CutWays) -> tuple[IntArray, FloatArray]:
    """Return the closed gates at which streets end on both sides: their ids, and where they are in the metric CRS."""
    shut = cut.streets.shut
    gates, first, count = np.unique(shut.to_numpy(dtype=np.int64), return_index=True, return_counts=True)
    at = np.searchsorted(cut.osm_ids, shut.index.to_numpy(dtype=np.int64)[first[count > 1]])
    return gates[count > 1], cut.node_xy[at]


def gate_near(cut: CutWays, point: FloatArray, *, within_m: float = JOIN_M) -> int | None:
    """Return the id of the closed gate that is nearest to a point in the metric CRS; None where none is near."""
    gates, xy = closed_gates(cut)
    metres = np.hypot(*(xy - point).T)
    return int(gates[np.argmin(metres)]) if (metres <= within_m).any() else None


def gate_faults(cut: CutWays, changes: Sequence[LinkChange]) -> list[Fault]:
    """Return a fault for each change that opens a gate where there is none, or one that another opens."""
    faults: list[Fault] = []
    seen: dict[int, LinkChange] = {}
    for change in filter(is_gate, changes):
        where, gate = where_of(change), gate_near(cut, np.array(change.shape.coords[0]))
        if gate is None:
            faults.append(("change_no_gate", {"where": where, "join_m": JOIN_M}))
        elif gate in seen:
            faults.append(("change_same", {"where": where, "facility": str(gate), "other": where_of(seen[gate])}))
        else:
            seen[gate] = change
    return faults


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
