"""A case on which nobody walks longer than with any set of projects: what they could bring, if none of them hurt.

New links stand beside one another, each also as it is joined when it is built alone; ways that are refitted stand
beside what they were; what is moved or enlarged stands beside what was there; nothing is closed. A home or place meets
every street that it may meet with some set of projects: the nearest of those that stay as they are, and whatever new,
refitted or closed way is nearer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import pyproj
import shapely

from cfgeo.assess.case import Case
from cfgeo.assess.coverage import Walk
from cfgeo.core.projects import Project
from cfgeo.core.scenario import FacilityChange, LinkChange, raise_faults, where_of
from cfgeo.core.schema import BoolArray, IntArray, Network, Positions, StreetWays
from cfgeo.network.build import components
from cfgeo.network.travel_time import edge_seconds
from cfgeo.network.walkers import Walker
from cfgeo.plan.trials import Trials
from cfgeo.scenarios.change_facilities import with_facilities
from cfgeo.scenarios.change_ways import changed_ways, ways_meant
from cfgeo.scenarios.draw_links import JOIN_M
from cfgeo.scenarios.resnap import on_network
from cfgeo.scenarios.street_edits import Streets
from cfgeo.study.standard import Clause
from cfgeo.walk.search import walk_graph
from cfgeo.walk.snap import SnapIndex, merged, snap

_HELPING = {"add", "move", "enlarge"}
_ACCESS = {"foot", "highway"}
_SAME_LINE_M = 0.01
_TIE_M = 1e-6
_ROOM = 1.005
"""Over land: how much longer a walk may take where a link cuts a street in two, whose slope is then taken by parts."""


@dataclass(frozen=True)
class Generous:
    """What all projects could bring.

    Attributes
    ----------
    case : Case
        With new places after those that there are.
    items : tuple of tuple
        New places: project (position), layer, row of its table.
    owners : Mapping of int to tuple of int
        Projects whose link a way is, or which refit or close it, by its id.
    lasting : Mapping of Walker to numpy.ndarray
        Ids of the ways that the walker can step off whatever is built.
    disturbed : numpy.ndarray
        Whether one project may change where the links of another are joined (projects × projects).
    drawn : frozenset of int
        Ids of the ways that there are only with projects.
    gone : tuple of int
        Projects that are left out (positions).
    """

    case: Case
    items: tuple[tuple[int, str, int], ...]
    owners: Mapping[int, tuple[int, ...]]
    lasting: Mapping[Walker, IntArray]
    disturbed: BoolArray
    drawn: frozenset[int]
    gone: tuple[int, ...] = ()

    def limit_s(self, clause: Clause) -> float:
        """Return the longest walk that may be in reach of a clause with some set [s]."""
        rough = bool((self.case.inputs.network.edges["rise_m"] != 0).any())
        return self.case.limit_s(clause) * (_ROOM if rough else 1.0)

    def places(self, clause: Clause) -> Positions:
        """Return where the places that count for a clause may meet the network."""
        gone = [row for nth, layer, row in self.items if nth in self.gone and layer == clause.layer]
        at = self.case.places(clause, self.case.walk(clause))
        return at.take(~np.isin(at.item, gone))


@dataclass(frozen=True)
class _Drawn:
    """A link to be drawn: the project (position) and the change."""

    project: int
    change: LinkChange


def generous(trials: Trials, projects: Sequence[Project]) -> Generous:
    """Return the case with all projects.

    Parameters
    ----------
    trials
        What is decided stands.
    projects
        The others, each of which can be built.
    """
    base, owners = trials.base, dict[int, tuple[int, ...]]()
    case, disturbed = base.case, np.zeros((len(projects), len(projects)), dtype=bool)
    if base.streets is not None and any(isinstance(one, LinkChange) for each in projects for one in each.changes):
        streets, case, disturbed = _with_links(trials, base.streets, projects, case, owners)
        case = _beside(streets, case, projects, owners)
    # Places come after the streets: some can only be walked to over what is new.
    places = [(nth, _as_new(trials, one)) for nth, project in enumerate(projects) for one in project.changes
              if isinstance(one, FacilityChange) and one.shape is not None and one.action in _HELPING]  # fmt: skip
    case, faults = with_facilities(case, [change for _, change in places])
    raise_faults(faults, trials.listed.file)
    items = tuple((nth, change.layer, _row_of(case, change)) for nth, change in places)
    ids = base.case.inputs.network.edges["osm_id"].to_numpy()
    closed = [] if base.streets is None else _may_close(base.streets, projects)
    loose = [*owners, *_may_fall_off(base.case.inputs.network, closed, case.inputs.network)]
    lasting = {who: np.setdiff1d(ids[walk.index.edge], loose) for who, walk in base.case.walks.items()}
    walks = {who: _spread(case, walk, lasting[who]) for who, walk in case.walks.items()}
    drawn = frozenset(owners) - frozenset(ids.tolist())
    return Generous(replace(case, walks=walks), items, owners, lasting, disturbed, drawn)


def without(able: Generous, few: Sequence[int]) -> Generous:
    """Return the same without a few projects (positions)."""
    edges = able.case.inputs.network.edges
    theirs = [way for way, owners in able.owners.items() if way in able.drawn and set(owners) <= set(few)]
    closed = np.isin(edges["osm_id"].to_numpy(), theirs)

    def walk_without(walk: Walk) -> Walk:
        seconds = [np.where(closed, np.inf, each) for each in edge_seconds(edges, walk.walker)]
        graph = walk_graph(
            able.case.inputs.network,
            (seconds[0], seconds[1]),
            leg_m_s=walk.walker.level_m_s,
            direction=able.case.choices.direction,
        )
        places = {name: at.take(~closed[at.edge]) for name, at in walk.places.items()}
        return replace(walk, graph=graph, demand=walk.demand.take(~closed[walk.demand.edge]), places=places)

    walks = {who: walk_without(walk) for who, walk in able.case.walks.items()}
    return replace(able, case=replace(able.case, walks=walks), gone=tuple(few))


def _may_close(streets: Streets, projects: Sequence[Project]) -> list[int]:
    """Return the ids of ways that projects close, or may by new tags."""
    ways = streets.laid.cut.streets.ways
    changes = [one for project in projects for one in project.changes if isinstance(one, LinkChange)]
    closing = [one for one in changes if one.action != "add" and (one.action == "close" or _ACCESS & set(one.tags))]
    return [way for one in closing for way in ways["osm_id"].to_numpy()[ways_meant(ways, one)].tolist()]


def _may_fall_off(network: Network, closed: Sequence[int], whole: Network) -> IntArray:
    """Return the ids of ways that may come to lie off the largest component where some ways are closed.

    What is left of the largest with all of them closed is the largest with any set if it is longer than all the rest
    could be, new links and what is refitted included.
    """
    edges = network.edges[~np.isin(network.edges["osm_id"], closed)]
    u, v, length_m = (edges[name].to_numpy() for name in ("u", "v", "length_m"))
    stays = components(len(network.nodes), u, v, length_m)[u] == 0
    if 2 * length_m[stays].sum() <= whole.edges["length_m"].sum():
        stays[:] = False
    return np.unique(edges["osm_id"].to_numpy()[~stays])


def _as_new(trials: Trials, change: FacilityChange) -> FacilityChange:
    """Return what is added, moved or enlarged as something new."""
    table = trials.base.case.inputs.layers[change.layer]
    meant = table[(table.index == change.facility) | (table["name"] == change.facility)]
    kind = change.kind if change.action == "add" or len(meant) == 0 else str(meant["kind"].iloc[0])
    return replace(change, action="add", kind=kind, facility="", name="", attributes={})


def _row_of(case: Case, change: FacilityChange) -> int:
    shapes = case.inputs.layers[change.layer].geometry.to_numpy()
    return int(np.flatnonzero([shape is change.shape for shape in shapes])[-1])


def _with_links(
    trials: Trials,
    streets: Streets,
    projects: Sequence[Project],
    case: Case,
    owners: dict[int, tuple[int, ...]],
) -> tuple[Streets, Case, BoolArray]:
    """Draw all new links, and those once more that are joined elsewhere when they are built alone."""
    column = {project.id: nth for nth, project in enumerate(projects)}
    order = [column[one] for one in trials.listed.with_required(column) if one in column]
    wanted = [_Drawn(nth, change) for nth in order for change in projects[nth].changes
              if isinstance(change, LinkChange) and change.action == "add"]  # fmt: skip
    alone = [_line_alone(trials, streets, projects[one.project], one.change) for one in wanted]
    able, lines = _drawn_together(streets, wanted)
    runs = dict(zip(map(id, able), lines, strict=True))
    differs = [(one, line) for one, line in zip(wanted, alone, strict=True)
               if id(one) not in runs or shapely.hausdorff_distance(runs[id(one)], line) > _SAME_LINE_M]  # fmt: skip
    more = [replace(one, change=replace(one.change, shape=line)) for one, line in differs]
    drawn, lines = _drawn_together(streets, [*able, *more])
    before = int(streets.laid.cut.streets.ways["osm_id"].max())
    owners |= {before + 1 + nth: (one.project,) for nth, one in enumerate(drawn)}
    disturbed = np.zeros((len(projects), len(projects)), dtype=bool)
    for one, line in differs:
        near = np.flatnonzero(shapely.dwithin(np.array(lines, dtype=object), line, JOIN_M))
        disturbed[[drawn[nth].project for nth in near if drawn[nth].project != one.project], one.project] = True
    if not drawn:
        return streets, case, disturbed
    made, was, _, _ = streets.changed([one.change for one in drawn])
    return made, on_network(case, made.network, was), disturbed


def _drawn_together(streets: Streets, drawn: list[_Drawn]) -> tuple[list[_Drawn], list[shapely.LineString]]:
    """Return the links that can be drawn one after the other, and how they run then."""
    while True:
        ways, _, _, faults = changed_ways(streets.laid.cut, [one.change for one in drawn])
        if not faults:
            return drawn, _last_lines(ways, len(drawn), streets.crs)
        # Beside all others a link may have both its ends at one spot.
        bad = {str(values["where"]) for _, values in faults}
        drawn = [one for one in drawn if str(where_of(one.change)) not in bad]


def _line_alone(trials: Trials, streets: Streets, project: Project, change: LinkChange) -> shapely.LineString:
    """Return how a link runs when its project is built with nothing but what it requires."""
    ids = trials.standing([project.id]) - trials.decided
    links = [one for one in trials.listed.changes_of(ids) if isinstance(one, LinkChange)]
    added = [one for one in links if one.action == "add"]
    ways, *_ = changed_ways(streets.laid.cut, links)
    return _last_lines(ways, len(added), streets.crs)[next(nth for nth, one in enumerate(added) if one is change)]


def _last_lines(streets: StreetWays, count: int, crs: str) -> list[shapely.LineString]:
    """Return the lines of the last ways in the metric CRS."""
    ends = streets.offsets[len(streets.offsets) - 1 - count :]
    to_metres = pyproj.Transformer.from_crs(streets.crs, crs, always_xy=True)
    xy = np.column_stack(to_metres.transform(streets.x[ends[0] :], streets.y[ends[0] :]))
    return [shapely.LineString(xy[start - ends[0] : end - ends[0]]) for start, end in pairwise(ends)]


def _beside(streets: Streets, case: Case, projects: Sequence[Project], owners: dict[int, tuple[int, ...]]) -> Case:
    """Lay ways as they are refitted beside what they are, and note whose the ways are that are refitted or closed."""
    ways = streets.laid.cut.streets.ways
    changes = [(nth, one) for nth, project in enumerate(projects) for one in project.changes
               if isinstance(one, LinkChange) and one.action != "add"]  # fmt: skip
    for nth, change in changes:
        for way in np.unique(ways["osm_id"].to_numpy()[ways_meant(ways, change)]).tolist():
            owners[way] = (*owners.get(way, ()), nth)
    refits = [(nth, change) for nth, change in changes if change.action == "refit"]
    if not refits:
        return case
    number = 1 + int(ways["osm_id"].max())
    owners |= {number + at: (nth,) for at, (nth, _) in enumerate(refits)}
    made, was = streets.beside([change for _, change in refits])
    return on_network(case, made.network, was)


def _spread(case: Case, walk: Walk, lasting: IntArray) -> Walk:
    """Return where homes and places may meet the network with some set of projects."""
    stays = np.isin(case.inputs.network.edges["osm_id"].to_numpy()[walk.index.edge], lasting)
    meet = partial(_everywhere, walk.index, stays, snap_m=case.choices.snap_m)
    places = {name: meet(case.inputs.layers[name].geometry.to_numpy()) for name in walk.places}
    return replace(walk, demand=meet(case.samples.demand.geometry.to_numpy()), places=places)


def _everywhere(index: SnapIndex, stays: BoolArray, shapes: Any, *, snap_m: float) -> Positions:
    """Return where shapes meet what stays, and whatever else is nearer."""
    sure, perhaps = _some(index, stays), _some(index, ~stays)
    met = snap(sure, shapes, snap_m=snap_m)
    if len(perhaps.edge) == 0:
        return met
    leg_m = np.full(len(shapes), snap_m)
    np.minimum.at(leg_m, met.item, met.leg_m)
    item, at = perhaps.tree.query(shapes, predicate="dwithin", distance=leg_m + _TIE_M)
    way = shapely.shortest_line(perhaps.lines[at], shapes[item])
    share = shapely.line_locate_point(perhaps.lines[at], shapely.get_point(way, 0), normalized=True)
    nearer = Positions(item, perhaps.edge[at], share, share, shapely.length(way))
    wide = np.flatnonzero(shapely.get_dimensions(shapes) > 0)
    inside = snap(perhaps, shapes[wide], snap_m=_TIE_M)
    return merged(merged(met, nearer), replace(inside, item=wide[inside.item]))


def _some(index: SnapIndex, which: BoolArray) -> SnapIndex:
    lines = index.lines[which]
    return SnapIndex(index.edge[which], lines, shapely.STRtree(lines))
