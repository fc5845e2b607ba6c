"""New tags on ways and on areas, and areas that are closed, copied, or bounded by ways with new nodes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd

from cfgeo.core.arrays import enumerate_runs, run_offsets
from cfgeo.core.scenario import LinkChange
from cfgeo.core.schema import ESCALATOR, LEVEL, STEPS, BoolArray, IntArray, StreetAreas
from cfgeo.files.osm.tags import edge_facts

_ROLES = {"incline": ("incline", "slope_tag"), "step_count": ("step_count",), "ramp:stroller": ("ramp",)}
_ROLES |= {"oneway:foot": ("oneway",), "conveying": ("form", "oneway"), "sidewalk": ("footway",), "foot": ("footway",)}


_NO_WAY = np.iinfo(np.int64).min
"""The id of no way: 0 is that of all which have none, and these are not meant together."""


def ways_meant(ways: pd.DataFrame, change: LinkChange) -> BoolArray:
    """Return which existing ways a change names (ways); none where it is about a place."""
    if change.shape is not None:
        return np.zeros(len(ways), dtype=bool)
    if change.way is not None:
        return (ways["osm_id"] == (change.way or _NO_WAY)).to_numpy()
    return (ways["name"] == change.street).to_numpy()


def refitted(ways: pd.DataFrame, meant: BoolArray, tags: Mapping[str, str]) -> pd.DataFrame:
    """Return the ways with new tags on some of them: only the columns that these tags decide change."""
    ways = ways.copy()
    facts = edge_facts(tags)
    columns = {column for key in tags for column in _ROLES.get(key, ())} & set(ways.columns)
    for column in columns - {"form", "oneway", "footway"}:
        ways.loc[meant, column] = facts[column]
    form = ways["form"].to_numpy(dtype=object)
    if "highway" in tags:
        ways.loc[meant, "highway"] = tags["highway"]
        walked = meant & (form != ESCALATOR)
        form[walked] = facts["form"] if facts["form"] != ESCALATOR else LEVEL
        ways.loc[walked, "lift_rides"] = facts["lift_rides"]
    if "conveying" in tags:
        rest = np.where(ways["highway"].to_numpy() == "steps", STEPS, LEVEL)
        form[meant] = facts["form"] if facts["form"] == ESCALATOR else rest[meant]
    ways["form"] = pd.Series(form, index=ways.index, dtype="str")
    if "oneway" in columns:
        turned = meant & ((form != ESCALATOR) | ("conveying" in tags))
        ways.loc[turned, "oneway"] = facts["oneway"]
    if "footway" in columns:
        ways.loc[meant, "footway"] = facts["footway"] | ways.loc[meant, "footway"]
    return ways


def changed_areas(areas: StreetAreas | None, changes: Sequence[LinkChange]) -> StreetAreas | None:
    """Return the areas without those that changes close, and with new tags on those that they refit.

    A part of the outline of a multipolygon can be closed by its number: nobody walks along it, and the area stays.
    """
    for change in changes:
        if areas is None:
            break
        meant = ways_meant(areas.table, change)
        if meant.any() and change.action == "refit":
            areas = replace(areas, table=refitted(areas.table, meant, change.tags))
        elif meant.any():
            lines = np.flatnonzero(~meant[areas.area])
            row = np.cumsum(~meant) - 1
            areas = _taken(areas, lines, row[areas.area[lines]], areas.table[~meant].reset_index(drop=True))
    return areas


def areas_beside(areas: StreetAreas | None, refits: Sequence[LinkChange], number: int) -> StreetAreas | None:
    """Return the areas and, beside them, copies of those that are refitted, numbered on by refit."""
    if areas is None:
        return None
    table, lines, rows = areas.table, [np.arange(len(areas.area))], [areas.area]
    for nth, change in enumerate(refits):
        meant = ways_meant(areas.table, change)
        copied = np.flatnonzero(meant[areas.area])
        lines, rows = [*lines, copied], [*rows, (len(table) + np.cumsum(meant) - 1)[areas.area[copied]]]
        copies = refitted(areas.table, meant, change.tags)[meant].assign(osm_id=number + nth)
        table = pd.concat([table, copies], ignore_index=True).astype(areas.table.dtypes.to_dict())
    return _taken(areas, np.concatenate(lines), np.concatenate(rows), table)


def _taken(areas: StreetAreas, lines: IntArray, rows: IntArray, table: pd.DataFrame) -> StreetAreas:
    """Return some of the lines of areas, which now belong to rows of a table."""
    size = np.diff(areas.offsets)[lines]
    line, nth = enumerate_runs(size)
    vertex = areas.offsets[lines][line] + nth
    return StreetAreas(
        table=table,
        area=rows,
        way=areas.way[lines],
        hole=areas.hole[lines],
        node_ids=areas.node_ids[vertex],
        x=areas.x[vertex],
        y=areas.y[vertex],
        offsets=run_offsets(size),
    )


Vertex = tuple[int, float, float]  # node, x, y


def with_new_nodes(
    areas: StreetAreas | None, ways: Sequence[tuple[int, IntArray, Sequence[Vertex]]]
) -> StreetAreas | None:
    """Return areas whose lines have the nodes that were put into ways.

    Parameters
    ----------
    areas
        In the CRS of the ways.
    ways
        Id of a way, its nodes before, and its vertices now.
    """
    if areas is None:
        return None
    new = {(way, *pair): nodes for way, before, now in ways for pair, nodes in _inserted(before, now).items()}
    if not set(areas.way.tolist()) & {way for way, _, _ in new}:
        return areas
    ids, at, sizes = areas.node_ids.tolist(), list(zip(areas.x.tolist(), areas.y.tolist(), strict=True)), []
    vertices: list[Vertex] = []
    for way, first, end in zip(areas.way.tolist(), areas.offsets[:-1], areas.offsets[1:], strict=True):
        line = [(ids[nth], *at[nth]) for nth in range(first, end)]
        longer = line[:1]
        for (a, *_), there in pairwise(line):
            longer += [*new.get((way, a, there[0]), ()), there]
        vertices += longer
        sizes.append(len(longer))
    node_ids, x, y = zip(*vertices, strict=True)
    return replace(areas, node_ids=np.array(node_ids), x=np.array(x), y=np.array(y), offsets=run_offsets(sizes))


def _inserted(before: IntArray, now: Sequence[Vertex]) -> dict[tuple[int, int], Sequence[Vertex]]:
    """Return the new vertices between two nodes of a way that followed each other, in both directions."""
    found: dict[tuple[int, int], Sequence[Vertex]] = {}
    nth = 0
    for a, b in pairwise(before.tolist()):
        first = nth + 1
        nth = next(at for at in range(first, len(now)) if now[at][0] == b)
        if nth > first:
            found[a, b], found[b, a] = now[first:nth], now[first:nth][::-1]
    return found
