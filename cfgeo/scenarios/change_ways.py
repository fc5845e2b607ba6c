"""Changes of the network → the OpenStreetMap ways that it is cut from, as if the file had been edited."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from cfgeo.core.arrays import enumerate_runs, run_offsets
from cfgeo.core.scenario import Fault, LinkChange, WrittenAt, similar_names, where_of
from cfgeo.core.schema import BoolArray, IntArray, StreetWays
from cfgeo.files.osm.barriers import CLOSED
from cfgeo.files.osm.tags import opens, walkable
from cfgeo.network.edges import CutWays, cut_again
from cfgeo.scenarios.change_areas import areas_beside, changed_areas, refitted, ways_meant
from cfgeo.scenarios.draw_links import Canvas, Junction
from cfgeo.scenarios.signals import changed_signals, gate_faults, gate_near, is_gate, is_placed


def changed_ways(
    cut: CutWays, changes: Sequence[LinkChange]
) -> tuple[StreetWays, IntArray, list[Junction], list[Fault]]:
    """Return a network's ways after changes: closed ones are opened, ways refitted and closed, then new ones drawn.

    Parameters
    ----------
    cut
        The ways as they were read; they are not changed.
    changes
        Shapes in the metric CRS.

    Returns
    -------
    streets : StreetWays
    was : numpy.ndarray
        Which way before has the same nodes; -1: none (ways).
    junctions : list of Junction
        Where new links meet what was there, or one another.
    faults : list of Fault
        What cannot be done; then the ways are of no use.
    """
    faults = gate_faults(cut, changes)
    cut, same = with_opened(cut, changes)
    before = cut.streets.ways
    ways, closed, seen = before, np.zeros(len(before), dtype=bool), dict[int, WrittenAt]()
    for change in changes:
        if change.action == "add" or is_placed(change):
            continue
        meant = ways_meant(before, change)
        faults += _named_faults(cut.streets, change, meant, seen)
        seen |= dict.fromkeys(np.flatnonzero(meant).tolist(), where_of(change))
        if change.action == "close":
            closed |= meant
        elif change.action == "refit":
            ways = refitted(ways, meant, change.tags)
    canvas, junctions = Canvas.of(cut, ways, ~closed), list[Junction]()
    for change in changes if not faults else []:
        if change.action != "add":
            continue
        if closed_faults := _closed_faults(change, change.tags):
            faults += closed_faults
            continue
        canvas, new, link_faults = canvas.with_link(change)
        junctions, faults = junctions + new, faults + link_faults
    streets, was = canvas.streets()
    was = np.where(was >= 0, same[was], -1)
    signals, signal_faults = changed_signals(cut, streets.signals, changes)
    drawn = changed_areas(streets.areas, [change for change in changes if change.action != "add"])
    return replace(streets, areas=drawn, signals=signals), was, junctions, faults + signal_faults


def is_opening(change: LinkChange) -> bool:
    """Return whether a change opens the closed ways that it names."""
    return change.action == "refit" and change.shape is None and opens(change.tags)


def with_opened(cut: CutWays, changes: Sequence[LinkChange]) -> tuple[CutWays, IntArray]:
    """Return ways with those that changes open on foot after them, and without the gates on these and those opened.

    Returns
    -------
    cut : CutWays
    was : numpy.ndarray
        Which way before has the same nodes; -1: none (ways).
    """
    streets, closed = cut.streets, cut.streets.closed
    same = np.arange(len(streets.ways))
    asked = {gate_near(cut, np.array(change.shape.coords[0])) for change in changes if is_gate(change)} - {None}
    meant = np.zeros(0 if closed is None else len(closed.ways), dtype=bool)
    for change in filter(is_opening, changes):
        meant |= False if closed is None else ways_meant(closed.ways, change)
    if not (asked or meant.any()):
        return cut, same
    new, rest = (streets.only(same < 0), None) if closed is None else (closed.only(meant), closed.only(~meant))
    gates = streets.shut[streets.shut.isin(new.node_ids) | streets.shut.isin(asked)]
    parted = np.isin(streets.node_ids, gates.index)
    ids = streets.node_ids.copy()
    ids[parted] = gates[ids[parted]]
    sizes = np.diff(streets.offsets)
    joined = np.bincount(np.repeat(same, sizes)[parted], minlength=len(same)) > 0
    made = replace(
        streets,
        ways=pd.concat([streets.ways, new.ways[streets.ways.columns]], ignore_index=True).astype(streets.ways.dtypes),
        node_ids=np.r_[ids, new.node_ids],
        x=np.r_[streets.x, new.x],
        y=np.r_[streets.y, new.y],
        offsets=run_offsets(np.r_[sizes, np.diff(new.offsets)]),
        shut=streets.shut.drop(gates.index),
        closed=rest if rest is not None and len(rest.ways) else None,
    )
    was = np.r_[np.where(joined, -1, same), np.full(len(new.ways), -1)]
    return cut_again(cut, made, was)[0], was


def ways_beside(streets: StreetWays, refits: Sequence[LinkChange]) -> tuple[StreetWays, IntArray]:
    """Return the ways and, beside them, copies of those that are refitted with their new tags, numbered by refit.

    Returns
    -------
    streets : StreetWays
    was : numpy.ndarray
        As for :func:`changed_ways`.
    """
    meant = [ways_meant(streets.ways, change) for change in refits]
    number = 1 + int(streets.ways["osm_id"].max())
    tables = [
        refitted(streets.ways, rows, change.tags)[rows].assign(osm_id=number + nth)
        for nth, (change, rows) in enumerate(zip(refits, meant, strict=True))
    ]
    rows = np.concatenate([np.flatnonzero(mask) for mask in meant])
    size = np.diff(streets.offsets)
    copy, nth = enumerate_runs(size[rows])
    vertex = np.r_[np.arange(streets.offsets[-1]), streets.offsets[rows][copy] + nth]
    made = replace(
        streets,
        areas=areas_beside(streets.areas, refits, number),
        ways=pd.concat([streets.ways, *tables], ignore_index=True).astype(streets.ways.dtypes.to_dict()),
        node_ids=streets.node_ids[vertex],
        x=streets.x[vertex],
        y=streets.y[vertex],
        offsets=run_offsets(np.r_[size, size[rows]]),
    )
    return made, np.r_[np.arange(len(streets.ways)), np.full(len(rows), -1)]


def _named_faults(
    streets: StreetWays, change: LinkChange, meant: BoolArray, seen: Mapping[int, WrittenAt]
) -> list[Fault]:
    where, ways = where_of(change), streets.ways
    if not meant.any():
        if streets.closed is not None and (shut := ways_meant(streets.closed.ways, change)).any():
            tag = streets.closed.ways[CLOSED].to_numpy()[shut][0]
            return [("change_way_shut", {"where": where, "way": change.street or change.way, "tag": tag})]
        if change.way is not None:
            return [("change_way", {"where": where, "way": change.way})]
        names = [name for name in ways["name"].unique() if name]
        return [
            ("change_street", {"where": where, "street": change.street, "near": similar_names(change.street, names)})
        ]
    again = [seen[row] for row in np.flatnonzero(meant).tolist() if row in seen]
    if again:
        named = change.street or str(change.way)
        return [("change_same", {"where": where, "facility": named, "other": again[0]})]
    highway = change.tags.get("highway", ways["highway"].to_numpy()[meant][0])
    if change.action == "refit" and {"highway", "foot"} & set(change.tags):
        return _closed_faults(change, {"highway": highway or "footway", **change.tags})
    return []


def _closed_faults(change: LinkChange, tags: Mapping[str, str]) -> list[Fault]:
    """Return a fault where nobody may walk on a way with these tags."""
    if walkable(tags):
        return []
    text = "; ".join(f"{key}={value}" for key, value in change.tags.items())
    return [("change_closed", {"where": where_of(change), "tags": text})]
