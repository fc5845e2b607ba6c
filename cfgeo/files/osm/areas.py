"""Walkable areas: squares, piers and platforms, as closed ways and as multipolygons; and on which storey ways lie."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from cfgeo.core.arrays import run_offsets
from cfgeo.core.schema import IntArray, StreetAreas
from cfgeo.files.osm.clean import user_ids

Position = tuple[int, float, float]  # id, longitude, latitude
Tags = Mapping[str, str]

KEYS = ("highway", "man_made", "railway", "public_transport")
"""A walkable way has one of these."""
CROSSED = ("pedestrian", "footway", "path", "corridor", "platform")
"""Classes of areas that people cross. An area of steps does not tell in which direction they climb."""
_NO = {"no", "false", "0", ""}


def as_street(tags: Tags) -> dict[str, str]:
    """Return tags with a class of highway for piers and platforms, which people walk on though they have none."""
    if "highway" not in tags and tags.get("man_made") == "pier":
        return {**tags, "highway": "path"}
    if "highway" not in tags and _is_platform(tags):
        return {**tags, "highway": "platform"}
    return dict(tags)


def is_area(tags: Tags) -> bool:
    """Return whether a closed way or a multipolygon with these tags is an area, such as a square.

    Tags as :func:`as_street` returns them. A closed footway without ``area=yes`` goes round something.
    """
    if tags.get("area") in _NO:
        return False
    said = tags.get("area") == "yes" or tags.get("type") == "multipolygon" or tags.get("place") == "square"
    return said or tags.get("man_made") == "pier" or _is_platform(tags)


def _is_platform(tags: Tags) -> bool:
    return "platform" in {tags.get("railway"), tags.get("public_transport")}


def storey(tags: Tags) -> str:
    """Return on which storey a way lies: its layer and levels, such as ``0:0`` for the ground."""
    usual = "0" if tags.get("bridge", "no").lower() in _NO else "1"
    if tags.get("tunnel", "no").lower() not in {*_NO, "building_passage"}:
        usual = "-1"
    inside = "" if tags.get("indoor", "no").lower() in _NO else "indoor "
    return f"{inside}{_plain(tags.get('layer', usual))}:{_plain(tags.get('level', '0'))}"


def _plain(levels: str) -> str:
    """Return numbers without blanks and without decimals that are zero."""
    return ";".join(level.strip().removesuffix(".0") for level in levels.split(";")) or "0"


def same_storey(one: str, other: str) -> bool:
    """Return whether two storeys, as :func:`storey` returns them, have layer and a level in common."""
    (layer, _, levels), (other_layer, _, other_levels) = one.partition(":"), other.partition(":")
    return layer == other_layer and bool({*levels.split(";")} & {*other_levels.split(";")})


def level_areas(table: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of areas: nobody knows in which direction of an area a way of it climbs, or leads alone."""
    return table.assign(oneway=0, incline=0, step_count=np.nan, slope_tag=np.nan)


@dataclass(frozen=True)
class BoundaryLine:
    """A way, or a part of it, that bounds an area."""

    way: int
    hole: bool
    nodes: Sequence[Position]


@dataclass
class AreaCollector:
    """Gathers areas in flat lists."""

    rows: list[Mapping[str, Any]] = field(default_factory=list)
    lines: list[tuple[int, BoundaryLine]] = field(default_factory=list)

    def add(self, facts: Mapping[str, Any], lines: Sequence[BoundaryLine]) -> None:
        """Add an area; ``facts`` are the columns of a way."""
        self.lines += [(len(self.rows), line) for line in lines]
        self.rows.append(facts)

    def areas(self, walked: IntArray) -> StreetAreas | None:
        """Return the areas that ways meet; None for none. ``walked`` are the nodes of the ways."""
        meets = set(walked.tolist())
        near = {row for row, line in self.lines if any(node[0] in meets for node in line.nodes)}
        place = {row: nth for nth, row in enumerate(sorted(near))}
        lines = [(place[row], line) for row, line in self.lines if row in near]
        if not lines:
            return None
        nodes = [node for _, line in lines for node in line.nodes]
        return StreetAreas(
            table=level_areas(pd.DataFrame([self.rows[row] for row in place])),
            area=np.array([row for row, _ in lines], dtype=np.int64),
            way=np.array([line.way for _, line in lines], dtype=np.int64),
            hole=np.array([line.hole for _, line in lines], dtype=bool),
            node_ids=user_ids(np.array([ref for ref, _, _ in nodes], dtype=np.int64)),
            x=np.array([lon for _, lon, _ in nodes], dtype=float),
            y=np.array([lat for _, _, lat in nodes], dtype=float),
            offsets=run_offsets([len(line.nodes) for _, line in lines]),
        )


def is_closed(lines: Sequence[BoundaryLine]) -> bool:
    """Return whether lines bound an area without a gap: at each node, as many end as begin."""
    outline = [line.nodes for line in lines if not line.hole]
    ends = Counter(nodes[end][0] for nodes in outline for end in (0, -1))
    return bool(outline) and all(count % 2 == 0 for count in ends.values())
