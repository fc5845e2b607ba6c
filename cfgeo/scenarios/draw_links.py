"""A canvas of OpenStreetMap ways: new links are drawn on it and joined to the ways that they meet.

A link is joined where it begins and ends, at a node of the nearest way or at a new node inside it. At ground level it
is also joined wherever it crosses another way. Positions are rounded to the seven decimals that OpenStreetMap keeps, so
that an edited file gives the same to the last digit. The canvas holds only ways that are new or get new nodes; all
others stay in the cut.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import shapely

from cfgeo.core.arrays import run_offsets
from cfgeo.core.scenario import Fault, LinkChange, where_of
from cfgeo.core.schema import (
    DEGREE_DECIMALS,
    ESCALATOR,
    LIFT,
    SHOWN_DEGREE_DECIMALS,
    WGS84,
    BoolArray,
    FloatArray,
    IntArray,
    StreetWays,
    usual,
)
from cfgeo.files.osm.areas import storey
from cfgeo.files.osm.tags import edge_facts, signalled
from cfgeo.network.edges import CutWays
from cfgeo.scenarios.change_areas import with_new_nodes

JOIN_M = 30.0
"""A new link is extended at each end to the nearest street, which must be no farther off than this."""
SAME_NODE_M = 1.0
"""A link that meets a way this near to a node of the way is joined at that node."""

XY = tuple[float, float]


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


@dataclass(frozen=True)
class _Spot:
    """A place on a way.

    Attributes
    ----------
    run : int
        Row of the way.
    after : int
        The vertex before it.
    xy : tuple of float
        Position in metres.
    vertex : int
        The vertex that it is; -1: none.
    """

    run: int
    after: int
    xy: XY
    vertex: int


@dataclass(frozen=True)
class _Run:
    """One way: its nodes, with positions in metres and in the CRS of the ways."""

    ids: IntArray
    xy: FloatArray
    read: FloatArray

    @cached_property
    def line(self) -> Any:
        return shapely.LineString(self.xy)

    @property
    def vertices(self) -> list[tuple[int, float, float]]:
        return list(zip(self.ids.tolist(), *self.read.T.tolist(), strict=True))


@dataclass(frozen=True)
class Canvas:
    """Ways with the links that have been drawn on them.

    Attributes
    ----------
    cut : CutWays
        The ways before.
    ways : pandas.DataFrame
        Their columns, after refits.
    open : numpy.ndarray
        Which of them are not closed (ways before).
    known : Mapping of str to numpy.ndarray
        Columns of ``ways``, as arrays.
    highest : int
        The highest id of a node.
    drawn : Mapping of int to _Run
        Ways that got new nodes, by row; new ways, numbered on.
    facts : tuple of dict
        The columns of new ways.
    signals : tuple of int
        Ids of nodes with new signals.
    """

    cut: CutWays
    ways: pd.DataFrame
    open: BoolArray
    known: Mapping[str, Any]
    highest: int
    drawn: Mapping[int, _Run] = field(default_factory=dict)
    facts: tuple[Mapping[str, Any], ...] = ()
    signals: tuple[int, ...] = ()

    @classmethod
    def of(cls, cut: CutWays, ways: pd.DataFrame, open_: BoolArray) -> "Canvas":
        """Return a canvas without new links."""
        streets = cut.streets
        node_ids = streets.node_ids[np.repeat(open_, np.diff(streets.offsets))]
        known = {name: ways[name].to_numpy() for name in ("form", "structure", "osm_id")}
        closed = streets.closed.node_ids if streets.closed else node_ids[:0]  # they may be opened later
        taken = (node_ids, streets.lifts, streets.signals, closed)
        highest = max((int(ids.max()) for ids in taken if len(ids)), default=0)
        return cls(cut, ways, open_, known, max(highest, 0))

    def with_link(self, change: LinkChange) -> tuple["Canvas", list[Junction], list[Fault]]:
        """Return the canvas with a new link, where it is joined, and what is wrong with it."""
        where, facts = where_of(change), {**edge_facts(change.tags), "storey": storey(change.tags)}
        xy = shapely.get_coordinates(change.shape)
        ends = [self._nearest(end) for end in (xy[0], xy[-1])]
        lost = [end for end, spot in zip((xy[0], xy[-1]), ends, strict=True) if spot is None]
        if lost:
            degrees = np.round(self.cut.to_degrees.transform(*np.transpose(lost)), SHOWN_DEGREE_DECIMALS).T
            values = {"where": where, "join_m": JOIN_M}
            return self, [], [("change_end_off", {**values, "lon": lon, "lat": lat}) for lon, lat in degrees]
        first, last = (spot for spot in ends if spot is not None)
        if np.hypot(*np.subtract(first.xy, last.xy)) < SAME_NODE_M:
            return self, [], [("change_nowhere", {"where": where})]
        line = shapely.LineString(_without_twins(np.vstack([first.xy, xy, last.xy])))
        spots = [(0.0, first), *self._crossings(line, facts, {first.xy, last.xy}), (line.length, last)]
        return (*self._joined(change, facts, line, spots), [])

    def streets(self) -> tuple[StreetWays, IntArray]:
        """Return the ways, and for each the way of the cut with the same nodes; -1: none (ways)."""
        old = self.cut.streets
        n_old, kept = len(old.ways), np.flatnonzero(self.open)
        runs = np.r_[kept, n_old + np.arange(len(self.facts))]
        row = np.full(n_old + len(self.facts), -1)
        row[runs] = np.arange(len(runs))
        size = np.r_[np.diff(old.offsets), np.zeros(len(self.facts), dtype=np.int64)]
        size[list(self.drawn)] = [len(run.ids) for run in self.drawn.values()]
        offsets = run_offsets(size[runs])
        plain = np.r_[self.open, np.zeros(len(self.facts), dtype=bool)]
        plain[list(self.drawn)] = False
        # The vertices of an unchanged way are copied as a block.
        at = np.flatnonzero(np.repeat(plain[:n_old], np.diff(old.offsets)))
        to = np.arange(offsets[-1])[np.repeat(plain[runs], size[runs])]
        ids, x, y = np.empty(offsets[-1], dtype=np.int64), np.empty(offsets[-1]), np.empty(offsets[-1])
        ids[to], x[to], y[to] = old.node_ids[at], old.x[at], old.y[at]
        for nth, run in self.drawn.items():
            here = slice(offsets[row[nth]], offsets[row[nth] + 1])
            ids[here], (x[here], y[here]) = run.ids, run.read.T
        drawn = [(int(self.known["osm_id"][nth]), self._run_before(nth).ids, run.vertices)
                 for nth, run in self.drawn.items() if nth < n_old]  # fmt: skip
        signals = np.r_[old.signals, np.array(self.signals, dtype=np.int64)]
        streets = replace(
            old,
            ways=self._ways(kept),
            node_ids=ids,
            x=x,
            y=y,
            offsets=offsets,
            signals=signals,
            areas=with_new_nodes(old.areas, drawn),
        )
        return streets, np.where(plain[runs], runs, -1)

    def _ways(self, kept: IntArray) -> pd.DataFrame:
        """Return the columns of the ways that are kept, then those of the new ways."""
        ways = self.ways if self.open.all() else self.ways.iloc[kept].reset_index(drop=True)
        if not self.facts:
            return ways
        new = pd.DataFrame({name: [facts.get(name, usual(name)) for facts in self.facts] for name in ways.columns})
        return pd.concat([ways, new.astype(ways.dtypes.to_dict())], ignore_index=True)

    def _run(self, nth: int) -> _Run:
        return self.drawn[nth] if nth in self.drawn else self._run_before(nth)

    def _run_before(self, nth: int) -> _Run:
        old = self.cut.streets
        here = slice(old.offsets[nth], old.offsets[nth + 1])
        return _Run(old.node_ids[here], self.cut.xy[here], np.column_stack([old.x[here], old.y[here]]))

    def _fact(self, nth: int, name: str) -> Any:
        n_old = len(self.open)
        return self.known[name][nth] if nth < n_old else self.facts[nth - n_old][name]

    def _near(self, shape: Any, *, within_m: float) -> IntArray:
        """Return the rows of ways that may lie within a distance of a shape, ascending."""
        old = self.cut.way_tree.query(shape, predicate="dwithin", distance=within_m)
        old = old[self.open[old]]
        return np.unique(np.r_[old, np.array(list(self.drawn), dtype=np.int64)])

    def _line(self, nth: int) -> Any:
        return self.drawn[nth].line if nth in self.drawn else self.cut.way_lines[nth]

    def _nearest(self, point: FloatArray) -> _Spot | None:
        """Return the nearest place on a way that is no lift; None if it is too far away."""
        end = shapely.Point(point)
        near = [nth for nth in self._near(end, within_m=JOIN_M + SAME_NODE_M) if self._fact(nth, "form") != LIFT]
        if not near:
            return None
        near_m = shapely.distance([self._line(nth) for nth in near], end)
        best = int(np.argmin(near_m))
        return self._spot(int(near[best]), point) if near_m[best] <= JOIN_M else None

    def _spot(self, nth: int, point: FloatArray) -> _Spot:
        """Return the nearest place on one way."""
        xy = self._run(nth).xy
        step = np.diff(xy, axis=0)
        length2 = np.maximum((step**2).sum(axis=1), 1e-12)
        share = np.clip(((point - xy[:-1]) * step).sum(axis=1) / length2, 0, 1)
        foot = xy[:-1] + share[:, None] * step
        best = int(np.argmin(((foot - point) ** 2).sum(axis=1)))
        to_vertex = np.hypot(*(xy - foot[best]).T)
        vertex = int(np.argmin(to_vertex))
        if to_vertex[vertex] <= SAME_NODE_M:
            return _Spot(nth, best, (float(xy[vertex, 0]), float(xy[vertex, 1])), vertex)
        return _Spot(nth, best, self._as_kept(foot[best]), -1)

    def _crossings(self, line: Any, facts: Mapping[str, Any], ends: set[XY]) -> list[tuple[float, _Spot]]:
        """Return where a link at ground level crosses other ways there, with the distance along it [m]."""
        if facts["structure"] or facts["form"] in {LIFT, ESCALATOR}:
            return []
        crossings = []
        for nth in self._near(line, within_m=0.0).tolist():
            if self._fact(nth, "structure") or self._fact(nth, "form") in {LIFT, ESCALATOR}:
                continue
            for point in shapely.get_coordinates(shapely.intersection(self._line(nth), line)):
                along = float(line.project(shapely.Point(point)))
                if SAME_NODE_M < along < line.length - SAME_NODE_M:
                    crossings.append((along, self._spot(nth, point)))
        # A node that several ways share is joined once.
        unique = {(spot.xy, spot.run if spot.vertex < 0 else -1): (along, spot) for along, spot in crossings}
        return sorted(
            (crossing for crossing in unique.values() if crossing[1].xy not in ends), key=lambda pair: pair[0]
        )

    def _joined(
        self, change: LinkChange, facts: Mapping[str, Any], line: Any, spots: list[tuple[float, _Spot]]
    ) -> tuple["Canvas", list[Junction]]:
        """Return the canvas with a new way, and with new nodes in the ways that it meets."""
        free = 1 + self.highest
        nodes: dict[XY, int] = {}
        for _, spot in spots:
            new = free + len(nodes)
            nodes.setdefault(spot.xy, int(self._run(spot.run).ids[spot.vertex]) if spot.vertex >= 0 else new)
        taken = np.array([along for along, _ in spots])
        vertices = {along: (spot.xy, nodes[spot.xy]) for along, spot in spots}
        for nth, point in enumerate(shapely.get_coordinates(line)[1:-1]):
            along = float(line.project(shapely.Point(point)))
            if np.abs(taken - along).min() > SAME_NODE_M:
                vertices[along] = self._as_kept(point), free + len(nodes) + nth
        path = list(dict(sorted(vertices.items())).values())
        path = [step for step, before in zip(path, [None, *path], strict=False) if step != before]
        way = self._new_run([xy for xy, _ in path], [node for _, node in path])
        drawn = self._with_nodes({spot: nodes[spot.xy] for _, spot in spots if spot.vertex < 0})
        highest = max([0, *self.known["osm_id"][self.open], *(facts["osm_id"] for facts in self.facts)])
        canvas = replace(
            self,
            highest=max(self.highest, *(node for _, node in path)),
            drawn={**self.drawn, **drawn, len(self.open) + len(self.facts): way},
            facts=(*self.facts, {**facts, "osm_id": 1 + int(highest)}),
            signals=(*self.signals, *(nodes.values() if signalled(change.tags) else ())),
        )
        at = [(spot, np.round(self.cut.to_degrees.transform(*spot.xy), DEGREE_DECIMALS)) for _, spot in spots]
        return canvas, [
            Junction(change.nth, nodes[spot.xy], int(self._fact(spot.run, "osm_id")), float(lon), float(lat))
            for spot, (lon, lat) in at
        ]

    def _with_nodes(self, spots: Mapping[_Spot, int]) -> dict[int, _Run]:
        """Return the ways that get new nodes, with these nodes."""
        runs = {}
        for nth in {spot.run for spot in spots}:
            run = self._run(nth)
            own = [spot for spot in spots if spot.run == nth]
            ordered = sorted(own, key=lambda spot: (spot.after, np.hypot(*np.subtract(spot.xy, run.xy[spot.after]))))
            at = [spot.after + 1 for spot in ordered]
            new = self._new_run([spot.xy for spot in ordered], [spots[spot] for spot in ordered])
            ids = np.insert(run.ids, at, new.ids)
            runs[nth] = _Run(ids, np.insert(run.xy, at, new.xy, axis=0), np.insert(run.read, at, new.read, axis=0))
        return runs

    def _new_run(self, xy: Sequence[XY], ids: Sequence[int]) -> _Run:
        """Return new nodes with their positions, also in the CRS of the ways."""
        read = np.column_stack(self.cut.to_read.transform(*np.transpose(xy)))
        if self.cut.streets.crs == WGS84:
            read = np.round(read, DEGREE_DECIMALS)
        return _Run(np.array(ids, dtype=np.int64), np.array(xy), read)

    def _as_kept(self, point: FloatArray) -> XY:
        """Return a position in metres rounded as a file keeps it."""
        degrees = np.round(self.cut.to_degrees.transform(*point), DEGREE_DECIMALS)
        x, y = self.cut.from_degrees.transform(*degrees)
        return float(x), float(y)


def _without_twins(xy: FloatArray) -> FloatArray:
    """Return positions without those at the same spot as the one before."""
    apart = np.r_[True, np.hypot(*np.diff(xy, axis=0).T) > 1e-6]
    return xy[apart]
