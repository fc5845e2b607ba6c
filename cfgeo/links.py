"""Changes of the network → the ways that it is cut from, as if the file had been edited.

A new way is joined where it begins and ends, at a node of the nearest way or at a new one inside it; on the ground also
wherever it crosses another way. Positions have the seven decimals that OpenStreetMap keeps, so that an edited file
says the same to the last digit.
"""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pyproj
import shapely

from cfgeo.scenario import Fault, LinkChange, where_of
from cfgeo.schema import ESCALATOR, LEVEL, LIFT, STEPS, WGS84, BoolArray, FloatArray, StreetWays, usual
from cfgeo.tags import edge_facts, signalled, walkable

JOIN_M = 30.0
"""A new link ends on the nearest street, no farther off than this; the way there becomes a part of it."""
SAME_NODE_M = 1.0
"""So near to a node of a way a link is joined there, and not beside it."""

_DECIMALS = 7  # of degrees in OpenStreetMap's files
_MOST_NEAR = 5
_ROLES = {"incline": ("incline", "slope_tag"), "step_count": ("step_count",), "ramp:stroller": ("ramp",)}
_ROLES |= {"oneway:foot": ("oneway",), "conveying": ("form", "oneway"), "sidewalk": ("footway",), "foot": ("footway",)}


@dataclass(frozen=True)
class Junction:
    """Where a new link meets the network.

    Attributes
    ----------
    nth : int
        Which change of its file, from 1.
    node : int
        Id of the node.
    way : int
        The way that it lies on.
    lon, lat : float
        WGS-84 [degrees].
    """

    nth: int
    node: int
    way: int
    lon: float
    lat: float


def changed_ways(
    streets: StreetWays, changes: Sequence[LinkChange], *, crs: str
) -> tuple[StreetWays, list[Junction], list[Fault]]:
    """Return a network's ways with changes: first what is refitted and closed, then what is new.

    Parameters
    ----------
    streets
        As they were read; are left as they are.
    changes
        Shapes in the metric CRS.
    crs
        The metric CRS.

    Returns
    -------
    streets : StreetWays
    junctions : list of Junction
        Where new links meet what was there, or one another.
    faults : list of Fault
        What cannot be done; then the ways are no use.
    """
    faults: list[Fault] = []
    closed = np.zeros(len(streets.ways), dtype=bool)
    ways, seen = streets.ways.copy(), dict[int, int]()
    for change in changes:
        if change.action == "add":
            continue
        meant = ways_meant(streets.ways, change)
        faults += _named_faults(streets.ways, change, meant, seen)
        seen |= dict.fromkeys(np.flatnonzero(meant).tolist(), change.nth)
        if change.action == "close":
            closed |= meant
        elif change.action == "refit":
            ways = _refitted(ways, meant, change.tags)
    if faults:
        return streets, [], faults
    canvas = _Canvas.of(_kept(replace(streets, ways=ways), ~closed), crs)
    junctions: list[Junction] = []
    for change in changes:
        if change.action == "add":
            canvas, joined, found = canvas.with_link(change)
            junctions, faults = junctions + joined, faults + found
    return canvas.streets, junctions, faults


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


def _kept(streets: StreetWays, keep: BoolArray) -> StreetWays:
    """Return some of the ways."""
    size = np.diff(streets.offsets)
    vertex = np.repeat(keep, size)
    offsets = np.r_[0, np.cumsum(size[keep])]
    ways = streets.ways[keep].reset_index(drop=True)
    return replace(
        streets,
        ways=ways,
        node_ids=streets.node_ids[vertex],
        x=streets.x[vertex],
        y=streets.y[vertex],
        offsets=offsets,
    )


@dataclass(frozen=True)
class _Spot:
    """A place on a way: after which of its vertices, where in metres, and the vertex itself where it is one."""

    run: int
    after: int
    xy: tuple[float, float]
    vertex: int


@dataclass(frozen=True)
class _Canvas:
    """Ways with their lines in metres, to draw new ones on."""

    streets: StreetWays
    crs: str
    xy: FloatArray
    lines: Any

    @classmethod
    def of(cls, streets: StreetWays, crs: str) -> "_Canvas":
        xy = np.column_stack(_transformer(streets.crs, crs).transform(streets.x, streets.y))
        return cls(streets, crs, xy, np.empty(0, dtype=object))._drawn(streets, xy)

    def with_link(self, change: LinkChange) -> tuple["_Canvas", list[Junction], list[Fault]]:
        """Return the ways with one more, where it is joined, and what is wrong with it."""
        where, facts = where_of(change), edge_facts(change.tags)
        if closed := _not_walked(change, change.tags):
            return self, [], closed
        xy = shapely.get_coordinates(change.shape)
        ends = [self._nearest(end) for end in (xy[0], xy[-1])]
        lost = [end for end, spot in zip((xy[0], xy[-1]), ends, strict=True) if spot is None]
        if lost:
            degrees = np.round(_transformer(self.crs, WGS84).transform(*np.transpose(lost)), 6).T
            about = {"where": where, "join_m": JOIN_M}
            return self, [], [("change_end_off", {**about, "lon": lon, "lat": lat}) for lon, lat in degrees]
        first, last = (spot for spot in ends if spot is not None)
        if np.hypot(*np.subtract(first.xy, last.xy)) < SAME_NODE_M:
            return self, [], [("change_nowhere", {"where": where})]
        line = shapely.LineString(_without_twins(np.vstack([first.xy, xy, last.xy])))
        spots = [(0.0, first), *self._crossed(line, facts, {first.xy, last.xy}), (line.length, last)]
        return (*self._joined(change, facts, line, spots), [])

    def _nearest(self, point: FloatArray) -> _Spot | None:
        """Return the nearest place on a way that is no lift; None where it is too far away."""
        near_m = shapely.distance(self.lines, shapely.Point(point))
        near_m[(self.streets.ways["form"] == LIFT).to_numpy()] = np.inf
        run = int(np.argmin(near_m)) if len(near_m) else 0
        return self._spot(run, point) if len(near_m) and near_m[run] <= JOIN_M else None

    def _spot(self, run: int, point: FloatArray) -> _Spot:
        """Return the nearest place on one way."""
        start, stop = self.streets.offsets[run], self.streets.offsets[run + 1]
        xy = self.xy[start:stop]
        step = np.diff(xy, axis=0)
        length2 = np.maximum((step**2).sum(axis=1), 1e-12)
        share = np.clip(((point - xy[:-1]) * step).sum(axis=1) / length2, 0, 1)
        foot = xy[:-1] + share[:, None] * step
        best = int(np.argmin(((foot - point) ** 2).sum(axis=1)))
        to_vertex = np.hypot(*(xy - foot[best]).T)
        vertex = int(np.argmin(to_vertex))
        if to_vertex[vertex] <= SAME_NODE_M:
            return _Spot(run, int(start) + best, (float(xy[vertex, 0]), float(xy[vertex, 1])), int(start) + vertex)
        return _Spot(run, int(start) + best, self._as_kept(foot[best]), -1)

    def _crossed(
        self, line: Any, facts: Mapping[str, Any], ends: set[tuple[float, float]]
    ) -> list[tuple[float, _Spot]]:
        """Return where a link on the ground crosses other ways there, with how far along it that is [m]."""
        if facts["structure"] or facts["form"] in {LIFT, ESCALATOR}:
            return []
        ways = self.streets.ways
        ground = ~ways["structure"].to_numpy(dtype=bool) & ~ways["form"].isin([LIFT, ESCALATOR]).to_numpy()
        found = []
        for run in np.flatnonzero(ground & shapely.intersects(self.lines, line)):
            for point in shapely.get_coordinates(shapely.intersection(self.lines[run], line)):
                along = float(line.project(shapely.Point(point)))
                if SAME_NODE_M < along < line.length - SAME_NODE_M:
                    found.append((along, self._spot(int(run), point)))
        # Ways that meet there are met at one node, which is joined once.
        once = {(spot.xy, spot.run if spot.vertex < 0 else -1): (along, spot) for along, spot in found}
        return sorted((each for each in once.values() if each[1].xy not in ends), key=lambda each: each[0])

    def _joined(
        self, change: LinkChange, facts: Mapping[str, Any], line: Any, spots: list[tuple[float, _Spot]]
    ) -> tuple["_Canvas", list[Junction]]:
        """Return the ways with a new one, and new nodes in those that it meets."""
        free = 1 + max(0, int(self.streets.node_ids.max()), *self.streets.lifts, *self.streets.signals)
        nodes: dict[tuple[float, float], int] = {}
        for _, spot in spots:
            new = free + len(nodes)
            nodes.setdefault(spot.xy, int(self.streets.node_ids[spot.vertex]) if spot.vertex >= 0 else new)
        taken = np.array([along for along, _ in spots])
        vertices = {along: (spot.xy, nodes[spot.xy]) for along, spot in spots}
        for nth, point in enumerate(shapely.get_coordinates(line)[1:-1]):
            along = float(line.project(shapely.Point(point)))
            if np.abs(taken - along).min() > SAME_NODE_M:
                vertices[along] = self._as_kept(point), free + len(nodes) + nth
        made = self._with_nodes({spot: nodes[spot.xy] for _, spot in spots if spot.vertex < 0})
        path = list(dict(sorted(vertices.items())).values())
        made = made._with_way(
            facts, [step for step, before in zip(path, [None, *path], strict=False) if step != before]
        )
        if signalled(change.tags):
            signals = np.r_[made.streets.signals, np.array(list(nodes.values()), dtype=np.int64)]
            made = replace(made, streets=replace(made.streets, signals=signals))
        ids = self.streets.ways["osm_id"].to_numpy()
        to_degrees = _transformer(self.crs, WGS84)
        at = [(spot, np.round(to_degrees.transform(*spot.xy), _DECIMALS)) for _, spot in spots]
        return made, [
            Junction(change.nth, nodes[spot.xy], int(ids[spot.run]), float(lon), float(lat)) for spot, (lon, lat) in at
        ]

    def _with_nodes(self, spots: Mapping[_Spot, int]) -> "_Canvas":
        """Return the ways with new nodes inside them."""
        if not spots:
            return self
        found = [(spot.after, float(np.hypot(*np.subtract(spot.xy, self.xy[spot.after]))), spot) for spot in spots]
        ordered = [spot for *_, spot in sorted(found, key=lambda each: each[:2])]
        at = np.array([spot.after + 1 for spot in ordered])
        xy = np.array([spot.xy for spot in ordered])
        streets = self.streets
        x, y = self._as_read(xy)
        made = replace(
            streets,
            node_ids=np.insert(streets.node_ids, at, [spots[spot] for spot in ordered]),
            x=np.insert(streets.x, at, x),
            y=np.insert(streets.y, at, y),
            offsets=streets.offsets + np.searchsorted(at, streets.offsets),
        )
        return self._drawn(made, np.insert(self.xy, at, xy, axis=0))

    def _with_way(self, facts: Mapping[str, Any], path: Sequence[tuple[tuple[float, float], int]]) -> "_Canvas":
        """Return the ways with one more."""
        streets, xy = self.streets, np.array([xy for xy, _ in path])
        x, y = self._as_read(xy)
        own = {**facts, "osm_id": 1 + max(0, int(streets.ways["osm_id"].max()))}
        columns = {
            name: np.append(column.to_numpy(dtype=object), own.get(str(name), usual(str(name))))
            for name, column in streets.ways.items()
        }
        made = replace(
            streets,
            ways=pd.DataFrame(columns).astype(streets.ways.dtypes.to_dict()),
            node_ids=np.r_[streets.node_ids, [node for _, node in path]],
            x=np.r_[streets.x, x],
            y=np.r_[streets.y, y],
            offsets=np.r_[streets.offsets, streets.offsets[-1] + len(path)],
        )
        return self._drawn(made, np.vstack([self.xy, xy]))

    def _drawn(self, streets: StreetWays, xy: FloatArray) -> "_Canvas":
        owner = np.repeat(np.arange(len(streets.ways)), np.diff(streets.offsets))
        return _Canvas(streets, self.crs, xy, shapely.linestrings(xy, indices=owner))

    def _as_kept(self, point: FloatArray) -> tuple[float, float]:
        """Return a position in metres as a file keeps it, and as it is read from there."""
        degrees = np.round(_transformer(self.crs, WGS84).transform(*point), _DECIMALS)
        x, y = _transformer(WGS84, self.crs).transform(*degrees)
        return float(x), float(y)

    def _as_read(self, xy: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return positions in the CRS of the ways."""
        x, y = _transformer(self.crs, self.streets.crs).transform(xy[:, 0], xy[:, 1])
        return (np.round(x, _DECIMALS), np.round(y, _DECIMALS)) if self.streets.crs == WGS84 else (x, y)


def _without_twins(xy: FloatArray) -> FloatArray:
    """Return positions without those that follow on one at the same spot."""
    apart = np.r_[True, np.hypot(*np.diff(xy, axis=0).T) > 1e-6]
    return xy[apart]


def _transformer(source: str | pyproj.CRS, target: str | pyproj.CRS) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(source, target, always_xy=True)
