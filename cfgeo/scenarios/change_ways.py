"""Changes of the network → the ways that it is cut from, as if the file had been edited."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from cfgeo.core.arrays import enumerate_runs, run_offsets
from cfgeo.core.scenario import Fault, LinkChange, where_of
from cfgeo.core.schema import ESCALATOR, LEVEL, STEPS, BoolArray, IntArray, StreetWays
from cfgeo.files.osm_tags import edge_facts, walkable
from cfgeo.network.edges import Cut
from cfgeo.scenarios.draw_links import Canvas, Junction

_MOST_NEAR = 5
_ROLES = {"incline": ("incline", "slope_tag"), "step_count": ("step_count",), "ramp:stroller": ("ramp",)}
_ROLES |= {"oneway:foot": ("oneway",), "conveying": ("form", "oneway"), "sidewalk": ("footway",), "foot": ("footway",)}


def changed_ways(cut: Cut, changes: Sequence[LinkChange]) -> tuple[StreetWays, IntArray, list[Junction], list[Fault]]:
    """Return a network's ways with changes: first what is refitted and closed, then what is new.

    Parameters
    ----------
    cut
        The ways as they were read; are left as they are.
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
        What cannot be done; then the ways are no use.
    """
    faults: list[Fault] = []
    before = cut.streets.ways
    ways, closed, seen = before, np.zeros(len(before), dtype=bool), dict[int, int]()
    for change in changes:
        if change.action == "add":
            continue
        meant = ways_meant(before, change)
        faults += _named_faults(before, change, meant, seen)
        seen |= dict.fromkeys(np.flatnonzero(meant).tolist(), change.nth)
        if change.action == "close":
            closed |= meant
        elif change.action == "refit":
            ways = _refitted(ways, meant, change.tags)
    canvas, junctions = Canvas.of(cut, ways, ~closed), list[Junction]()
    for change in changes if not faults else []:
        if change.action != "add":
            continue
        if unwalked := _not_walked(change, change.tags):
            faults += unwalked
            continue
        canvas, joined, found = canvas.with_link(change)
        junctions, faults = junctions + joined, faults + found
    return *canvas.streets(), junctions, faults


def ways_beside(streets: StreetWays, refits: Sequence[LinkChange]) -> tuple[StreetWays, IntArray]:
    """Return ways beside which there are once more those that are refitted, as they are then; each refit has a number.

    Returns
    -------
    streets : StreetWays
    was : numpy.ndarray
        As for :func:`changed_ways`.
    """
    meant = [ways_meant(streets.ways, change) for change in refits]
    number = 1 + int(streets.ways["osm_id"].max())
    tables = [
        _refitted(streets.ways, these, change.tags)[these].assign(osm_id=number + nth)
        for nth, (change, these) in enumerate(zip(refits, meant, strict=True))
    ]
    rows = np.concatenate([np.flatnonzero(these) for these in meant])
    size = np.diff(streets.offsets)
    copy, nth = enumerate_runs(size[rows])
    vertex = np.r_[np.arange(streets.offsets[-1]), streets.offsets[rows][copy] + nth]
    made = replace(
        streets,
        ways=pd.concat([streets.ways, *tables], ignore_index=True).astype(streets.ways.dtypes.to_dict()),
        node_ids=streets.node_ids[vertex],
        x=streets.x[vertex],
        y=streets.y[vertex],
        offsets=run_offsets(np.r_[size, size[rows]]),
    )
    return made, np.r_[np.arange(len(streets.ways)), np.full(len(rows), -1)]


def ways_meant(ways: pd.DataFrame, change: LinkChange) -> BoolArray:
    """Say which ways a change of what is there is about (ways)."""
    if change.way is not None:
        return (ways["osm_id"] == change.way).to_numpy()
    return (ways["name"] == change.street).to_numpy()


def _named_faults(ways: pd.DataFrame, change: LinkChange, meant: BoolArray, seen: Mapping[int, int]) -> list[Fault]:
    where = where_of(change)
    if not meant.any():
        if change.way is not None:
            return [("change_way", {"where": where, "way": change.way})]
        names = [name for name in ways["name"].unique() if name]
        near = ", ".join(difflib.get_close_matches(change.street, names, n=_MOST_NEAR, cutoff=0.4)) or "–"
        return [("change_street", {"where": where, "street": change.street, "near": near})]
    again = [seen[row] for row in np.flatnonzero(meant).tolist() if row in seen]
    if again:
        named = change.street or str(change.way)
        return [("change_same", {"where": where, "facility": named, "other": again[0]})]
    highway = change.tags.get("highway", ways["highway"].to_numpy()[meant][0])
    asked = change.action == "refit" and {"highway", "foot"} & set(change.tags)
    return _not_walked(change, {"highway": highway or "footway", **change.tags}) if asked else []


def _not_walked(change: LinkChange, tags: Mapping[str, str]) -> list[Fault]:
    """Say where nobody may walk on a way with these tags."""
    if walkable(tags):
        return []
    said = "; ".join(f"{key}={value}" for key, value in change.tags.items())
    return [("change_closed", {"where": where_of(change), "tags": said})]


def _refitted(ways: pd.DataFrame, meant: BoolArray, tags: Mapping[str, str]) -> pd.DataFrame:
    """Return ways of which some have new tags: only what these tags decide is different."""
    made = ways.copy()
    facts = edge_facts(tags)
    columns = {column for key in tags for column in _ROLES.get(key, ())} & set(made.columns)
    for column in columns - {"form", "oneway", "footway"}:
        made.loc[meant, column] = facts[column]
    form = made["form"].to_numpy(dtype=object)
    if "highway" in tags:
        made.loc[meant, "highway"] = tags["highway"]
        walked = meant & (form != ESCALATOR)
        form[walked] = facts["form"] if facts["form"] != ESCALATOR else LEVEL
        made.loc[walked, "lift_rides"] = facts["lift_rides"]
    if "conveying" in tags:
        rest = np.where(made["highway"].to_numpy() == "steps", STEPS, LEVEL)
        form[meant] = facts["form"] if facts["form"] == ESCALATOR else rest[meant]
    made["form"] = pd.Series(form, index=made.index, dtype="str")
    if "oneway" in columns:
        turned = meant & ((form != ESCALATOR) | ("conveying" in tags))
        made.loc[turned, "oneway"] = facts["oneway"]
    if "footway" in columns:
        made.loc[meant, "footway"] = facts["footway"] | made.loc[meant, "footway"]
    return made
