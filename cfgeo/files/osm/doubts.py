"""What is doubtful about the tags of streets: findings that name the ways, and how long they are."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from cfgeo.core.findings import Findings, finding
from cfgeo.core.schema import ESCALATOR, STEPS, TRAILS
from cfgeo.files.osm.tags import (
    BIG_ROADS,
    NOT_FOR_FEET,
    belt_direction,
    climb,
    edge_facts,
    form_of,
    is_read,
    plain_tags,
    step_count,
    trail,
    why_closed,
)

HARD = TRAILS.index("mountain_hiking")
"""Harder paths than this are reported, whoever walks them."""

_FOR_FEET = ("footway", "steps", "pedestrian", "path", "corridor")
_TUNNELS = (*BIG_ROADS, "tertiary", "tertiary_link")


class Doubts:
    """Gathers what is doubtful, one way after the other, into a finding for each rule."""

    def __init__(self, *, trunk_roads: bool) -> None:
        self.trunk_roads = trunk_roads
        self.rows: dict[str, list[dict[str, Any]]] = {}

    def look_at(self, name: str, tags: Mapping[str, str], length_m: float) -> None:
        """Look at the tags of one street, whether or not anybody walks along it.

        Parameters
        ----------
        name
            Of the way, such as ``way/12``.
        tags
            With ``highway``.
        length_m
            How long it is.
        """
        for row in _of_way(_Way(name, tags, length_m / 1000), trunk_roads=self.trunk_roads):
            self.rows.setdefault(row["rule"], []).append(row)

    def findings(self) -> Findings:
        """Return a finding for each rule, with the number of ways, their names and their length [km]."""
        return [_joined(rows) for rows in self.rows.values()]


def _joined(rows: Findings) -> dict[str, Any]:
    values = [row["values"] for row in rows]
    ways = tuple(dict.fromkeys(way for value in values for way in value["ways"]))
    km = round(sum(value["km"] for value in values), 2)
    return {**rows[0], "values": {"count": len(ways), "km": km, "ways": ways}}


class _Way:
    """A way with its tags as they are written, and as OpenStreetMap writes them."""

    def __init__(self, name: str, tags: Mapping[str, str], km: float) -> None:
        self.name, self.tags, self.km = name, tags, km
        self.plain = plain_tags(tags)

    def with_tag(self, key: str) -> tuple[str]:
        """Return the way's name with one of its tags as it is written."""
        return (f"{self.name} ({key}={self.tags[key]})",) if key in self.tags else (self.name,)


def _of_way(way: _Way, *, trunk_roads: bool) -> Iterator[dict[str, Any]]:
    """Yield what is doubtful about one way."""
    seen = {"count": 1, "km": way.km, "ways": (way.name,)}
    why = why_closed(way.tags, trunk_roads=trunk_roads)
    if why:
        yield from _of_closed(way, why)
        return
    if ";" in way.tags["highway"]:
        yield finding("highway_several", "network", count=1, km=way.km, ways=way.with_tag("highway"))
    if trunk_roads and why_closed(way.tags) == "trunk":
        yield finding("trunk_opened", "network", severity="note", **seen)
    if any(f"{key}:conditional" in way.tags or "@" in way.tags.get(key, "") for key in ("access", "foot")):
        yield finding("access_conditional", "network", severity="note", **seen)
    if not all(is_read(way.plain.get(key, "")) for key in ("access", "foot")):
        ways = way.with_tag("foot" if "foot" in way.tags else "access")
        yield finding("access_unread", "network", count=1, km=way.km, ways=ways)
    if trail(way.plain) > HARD:
        yield finding("trail_hard", "network", count=1, km=way.km, ways=way.with_tag("sac_scale"))
    yield from _of_form(way)


def _of_closed(way: _Way, why: str) -> Iterator[dict[str, Any]]:
    """Yield what is doubtful about a way that nobody walks along, and why nobody does."""
    seen = {"count": 1, "km": way.km, "ways": (way.name,)}
    if why == "class" and way.plain["highway"] not in NOT_FOR_FEET:
        yield finding("highway_unknown", "network", count=1, km=way.km, ways=way.with_tag("highway"))
    elif why == "gone":
        yield finding("street_gone", "network", severity="note", **seen)
    elif why == "trunk":
        yield finding("trunk_closed", "network", severity="warning", **seen)


def _of_form(way: _Way) -> Iterator[dict[str, Any]]:
    """Yield what is doubtful about tunnels and paths, stairs and escalators."""
    seen = {"count": 1, "km": way.km, "ways": (way.name,)}
    highway, tunnel, oneway = (way.plain.get(key, "no") for key in ("highway", "tunnel", "oneway"))
    is_tunnel = tunnel not in {"no", "", "building_passage"} and highway in _TUNNELS
    if is_tunnel and not edge_facts(way.tags)["footway"]:
        yield finding("tunnel_open", "network", severity="note", **seen)
    form = form_of(way.plain)
    is_oneway = highway in _FOR_FEET and oneway not in {"no", ""} and form != ESCALATOR
    if is_oneway and not edge_facts(way.tags)["oneway"]:
        yield finding("oneway_path", "network", severity="warning", **seen)
    if form == ESCALATOR and not belt_direction(way.plain):
        ways = way.with_tag("conveying")
        yield finding("belt_both_ways", "network", severity="note", count=1, km=way.km, ways=ways)
    if form == STEPS:
        yield from _of_stairs(way)


def _of_stairs(way: _Way) -> Iterator[dict[str, Any]]:
    count, incline = way.plain.get("step_count", ""), way.plain.get("incline", "")
    if count and math.isnan(step_count(count)):
        yield finding("step_count_unread", "network", count=1, km=way.km, ways=way.with_tag("step_count"))
    if incline and climb(incline) is None:
        ways = way.with_tag("incline")
        yield finding("incline_unread", "network", severity="note", count=1, km=way.km, ways=ways)
