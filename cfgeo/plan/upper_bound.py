"""The relaxation: a case with all projects at once, on which nobody walks longer than with any set of them.

Every project only helps here, so what is out of reach on the relaxation is out of reach with any set:

- all new links are drawn, each also as it is joined when its project is built alone;
- a refitted way lies beside the way as it was, and no way is closed;
- a moved or enlarged place is added to the place as it was, and no place is closed;
- a home or place is snapped to every street that some set could snap it to: the nearest street that stays whatever is
  built, and each new, refitted or closed way that is nearer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pyproj
import shapely

from cfgeo.assess.case import Case
from cfgeo.assess.coverage import Walk
from cfgeo.core.projects import Project
from cfgeo.core.scenario import FacilityChange, LinkChange, raise_faults, where_of
from cfgeo.core.schema import BoolArray, IntArray, Network, Positions, StreetWays
from cfgeo.network.build import components
from cfgeo.network.walkers import Walker
from cfgeo.plan.trials import Trials
from cfgeo.scenarios.change_areas import ways_meant
from cfgeo.scenarios.change_facilities import with_facilities
from cfgeo.scenarios.change_ways import changed_ways, is_opening
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
_SLOPE_MARGIN = 1.005
"""Longest factor by which a walk may take longer where a link cuts a street in two, each part with its own slope."""


@dataclass(frozen=True)
class Relaxation:
    """The case with all projects, each of which only helps.

    Attributes
    ----------
    case : Case
        Its layers have new places after the existing ones.
    new_places : tuple of tuple
        Project (position), layer, and row in the table of the layer.
    owners : Mapping of int to tuple of int
        Id of a way → projects (positions) that add, refit or close it.
    lasting : Mapping of Walker to numpy.ndarray
        Ids of the ways that the walker can step off whatever is built.
    disturbed : numpy.ndarray
        Whether the links of the first project may change where those of the second are joined (projects × projects).
    drawn : frozenset of int
        Ids of the ways that only projects bring.
    omitted : tuple of int
        Projects (positions) that are left out.
    """

    case: Case
    new_places: tuple[tuple[int, str, int], ...]
    owners: Mapping[int, tuple[int, ...]]
    lasting: Mapping[Walker, IntArray]
    disturbed: BoolArray
    drawn: frozenset[int]
    omitted: tuple[int, ...] = ()

    def limit_s(self, clause: Clause) -> float:
        """Return the longest walk on the relaxation that some set may bring within the limit of a clause [s]."""
        has_slopes = bool((self.case.inputs.network.edges["rise_m"] != 0).any())
        return self.case.limit_s(clause) * (_SLOPE_MARGIN if has_slopes else 1.0)

    def places(self, clause: Clause) -> Positions:
        """Return where the places that count for a clause may be snapped to the network."""
        omitted = [row for nth, layer, row in self.new_places if nth in self.omitted and layer == clause.layer]
        at = self.case.places(clause, self.case.walk(clause))
        return at.take(~np.isin(at.item, omitted))


@dataclass(frozen=True)
class _Link:
    """A link to draw: the project (position) and the change."""

    project: int
    change: LinkChange


@dataclass(frozen=True)
class _Drawing:
    """The streets with links and refitted ways of all projects; the attributes are those of :class:`Relaxation`."""

    streets: Streets
    case: Case
    owners: Mapping[int, tuple[int, ...]]
    disturbed: BoolArray


def relax(trials: Trials, projects: Sequence[Project]) -> Relaxation:
    """Return the relaxation of all sets of projects.

    Parameters
    ----------
    trials
        Their base has the decided projects built.
    projects
        The other projects, each of which can be built.
    """
    base = trials.base
    case, owners = base.case, dict[int, tuple[int, ...]]()
    disturbed, closed = np.zeros((len(projects), len(projects)), dtype=bool), list[int]()
    if base.streets is not None:
        closed = _may_close(base.streets, projects)
        if any(isinstance(change, LinkChange) for project in projects for change in project.changes):
            drawing = _with_openings(_Drawing(base.streets, case, {}, disturbed), projects)
            drawing = _with_refits(_with_links(trials, base.streets, drawing, projects), projects)
            case, owners, disturbed = drawing.case, dict(drawing.owners), drawing.disturbed
    # Places come after the streets: some can be walked to over new links alone.
    places = [(nth, _as_new(trials, change)) for nth, project in enumerate(projects) for change in project.changes
              if isinstance(change, FacilityChange) and change.shape is not None
              and change.action in _HELPING]  # fmt: skip
    case, faults = with_facilities(case, [change for _, change in places])
    raise_faults(faults, trials.listed.file)
    new_places = tuple((nth, change.layer, _row_of(case, change)) for nth, change in places)
    ids = base.case.inputs.network.edges["osm_id"].to_numpy()
    loose = [*owners, *_may_be_cut_off(base.case.inputs.network, closed, case.inputs.network)]
    loose += _squares(case.inputs.network)  # their crossings depend on the streets that enter them
    lasting = {walker: np.setdiff1d(ids[walk.index.edge], loose) for walker, walk in base.case.walks.items()}
    walks = {walker: _snapped(case, walk, lasting[walker]) for walker, walk in case.walks.items()}
    drawn = frozenset(owners) - frozenset(ids.tolist())
    return Relaxation(replace(case, walks=walks), new_places, owners, lasting, disturbed, drawn)


def without(relaxation: Relaxation, projects: Sequence[int]) -> Relaxation:
    """Return the relaxation without some projects (positions)."""
    edges = relaxation.case.inputs.network.edges
    ways = [way for way, owners in relaxation.owners.items() if way in relaxation.drawn and set(owners) <= {*projects}]
    closed = np.isin(edges["osm_id"].to_numpy(), ways)

    def walk_without(walk: Walk) -> Walk:
        seconds = [np.where(closed, np.inf, direction_s) for direction_s in walk.graph.seconds]
        graph = walk_graph(
            relaxation.case.inputs.network,
            (seconds[0], seconds[1]),
            leg_m_s=walk.walker.level_m_s,
            direction=relaxation.case.choices.direction,
        )
        places = {name: at.take(~closed[at.edge]) for name, at in walk.places.items()}
        return replace(walk, graph=graph, demand=walk.demand.take(~closed[walk.demand.edge]), places=places)

    walks = {walker: walk_without(walk) for walker, walk in relaxation.case.walks.items()}
    return replace(relaxation, case=replace(relaxation.case, walks=walks), omitted=tuple(projects))


def _may_close(streets: Streets, projects: Sequence[Project]) -> list[int]:
    """Return the ids of ways that projects close, or may close by new tags."""
    read = streets.laid.cut.streets
    ways = read.ways if read.areas is None else pd.concat([read.ways, read.areas.table])
    changes = [change for project in projects for change in project.changes if isinstance(change, LinkChange)]
    closing = [change for change in changes
               if change.action != "add" and (change.action == "close" or _ACCESS & set(change.tags))]  # fmt: skip
    return [way for change in closing for way in ways["osm_id"].to_numpy()[ways_meant(ways, change)].tolist()]


def _may_be_cut_off(network: Network, closed: Sequence[int], whole: Network) -> IntArray:
    """Return the ids of ways that may lie off the largest component when some ways are closed.

    The largest component with all of them closed is part of the largest with any set of them closed if it is longer
    than all the rest could be, new links and refitted ways included.
    """
    edges = network.edges[~np.isin(network.edges["osm_id"], closed)]
    u, v = edges["u"].to_numpy(), edges["v"].to_numpy()
    length_m = replace(network, edges=edges).street_m
    stays = components(len(network.nodes), u, v, length_m)[u] == 0
    if 2 * length_m[stays].sum() <= whole.street_m.sum():
        stays[:] = False
    return np.unique(edges["osm_id"].to_numpy()[~stays])


def _squares(network: Network) -> list[int]:
    """Return the ids of squares that are crossed."""
    across = network.edges["across"].to_numpy()
    return sorted(set(network.edges["osm_id"].to_numpy()[across].tolist()))


def _as_new(trials: Trials, change: FacilityChange) -> FacilityChange:
    """Return a place that is added, moved or enlarged as a new place."""
    table = trials.base.case.inputs.layers[change.layer]
    changed = table[(table.index == change.facility) | (table["name"] == change.facility)]
    kind = change.kind if change.action == "add" or len(changed) == 0 else str(changed["kind"].iloc[0])
    return replace(change, action="add", kind=kind, facility="", name="", attributes={})


def _row_of(case: Case, change: FacilityChange) -> int:
    shapes = case.inputs.layers[change.layer].geometry.to_numpy()
    return int(np.flatnonzero([shape is change.shape for shape in shapes])[-1])


def _with_openings(drawing: _Drawing, projects: Sequence[Project]) -> _Drawing:
    """Relaxation of closed ways: each that a project opens is open, and the gates on it."""
    owners, openings = dict(drawing.owners), list[LinkChange]()
    for nth, project in enumerate(projects):
        own = [change for change in project.changes if isinstance(change, LinkChange) and is_opening(change)]
        openings += own
        for way in drawing.streets.opened(own)[2] if own else []:
            owners[way] = (*owners.get(way, ()), nth)
    after, before, touched = drawing.streets.opened(openings)
    if not touched:
        return drawing
    return replace(drawing, streets=after, case=on_network(drawing.case, after.network, before), owners=owners)


def _with_links(trials: Trials, apart: Streets, drawing: _Drawing, projects: Sequence[Project]) -> _Drawing:
    """Relaxation of the new links: draw each beside all others and, where it differs, also as if built alone.

    A link joins whatever street is near, other links included, so how it runs depends on what else is built. A second
    copy of the link covers the sets without the others.
    """
    streets, position = drawing.streets, {project.id: nth for nth, project in enumerate(projects)}
    order = [position[required] for required in trials.listed.with_required(position) if required in position]
    links = [_Link(nth, change) for nth in order for change in projects[nth].changes
             if isinstance(change, LinkChange) and change.action == "add"]  # fmt: skip
    alone = [_line_alone(trials, apart, projects[link.project], link.change) for link in links]
    together, lines = _drawn_together(streets, links)
    line_of = dict(zip(map(id, together), lines, strict=True))
    differing = [(link, line) for link, line in zip(links, alone, strict=True)
                 if id(link) not in line_of
                 or shapely.hausdorff_distance(line_of[id(link)], line) > _SAME_LINE_M]  # fmt: skip
    copies = [replace(link, change=replace(link.change, shape=line)) for link, line in differing]
    drawn, lines = _drawn_together(streets, [*together, *copies])
    disturbed = np.zeros((len(projects), len(projects)), dtype=bool)
    for link, line in differing:
        near = np.flatnonzero(shapely.dwithin(np.array(lines, dtype=object), line, JOIN_M))
        disturbed[[drawn[nth].project for nth in near if drawn[nth].project != link.project], link.project] = True
    if not drawn:
        return replace(drawing, disturbed=disturbed)
    number = 1 + int(streets.laid.cut.streets.ways["osm_id"].max())
    owners = {**drawing.owners, **{number + nth: (link.project,) for nth, link in enumerate(drawn)}}
    after, before, _, _ = streets.changed([link.change for link in drawn])
    return _Drawing(after, on_network(drawing.case, after.network, before), owners, disturbed)


def _drawn_together(streets: Streets, links: list[_Link]) -> tuple[list[_Link], list[shapely.LineString]]:
    """Return the links that can be drawn one after the other, and how they run then."""
    while True:
        ways, _, _, faults = changed_ways(streets.laid.cut, [link.change for link in links])
        if not faults:
            return links, _last_lines(ways, len(links), streets.crs)
        # Beside all others a link may have both its ends at one spot.
        bad = {str(values["where"]) for _, values in faults}
        links = [link for link in links if str(where_of(link.change)) not in bad]


def _line_alone(trials: Trials, streets: Streets, project: Project, change: LinkChange) -> shapely.LineString:
    """Return how a link runs when its project is built with nothing but what it requires."""
    ids = trials.standing([project.id]) - trials.decided
    links = [link for link in trials.listed.changes_of(ids) if isinstance(link, LinkChange)]
    added = [link for link in links if link.action == "add"]
    ways, *_ = changed_ways(streets.laid.cut, links)
    return _last_lines(ways, len(added), streets.crs)[next(nth for nth, link in enumerate(added) if link is change)]


def _last_lines(streets: StreetWays, count: int, crs: str) -> list[shapely.LineString]:
    """Return the lines of the last ``count`` ways in the metric CRS."""
    ends = streets.offsets[len(streets.offsets) - 1 - count :]
    to_metres = pyproj.Transformer.from_crs(streets.crs, crs, always_xy=True)
    xy = np.column_stack(to_metres.transform(streets.x[ends[0] :], streets.y[ends[0] :]))
    return [shapely.LineString(xy[start - ends[0] : end - ends[0]]) for start, end in pairwise(ends)]


def _with_refits(drawing: _Drawing, projects: Sequence[Project]) -> _Drawing:
    """Relaxation of refitted and closed ways: lay a refitted copy beside each way, and close none."""
    ways, owners = drawing.streets.laid.cut.streets.ways, dict(drawing.owners)
    changes = [(nth, change) for nth, project in enumerate(projects) for change in project.changes
               if isinstance(change, LinkChange) and change.action != "add"]  # fmt: skip
    for nth, change in changes:
        for way in np.unique(ways["osm_id"].to_numpy()[ways_meant(ways, change)]).tolist():
            owners[way] = (*owners.get(way, ()), nth)
    refits = [(nth, change) for nth, change in changes if change.action == "refit"]
    if not refits:
        return replace(drawing, owners=owners)
    number = 1 + int(ways["osm_id"].max())
    owners |= {number + at: (nth,) for at, (nth, _) in enumerate(refits)}
    after, before = drawing.streets.beside([change for _, change in refits])
    return replace(drawing, streets=after, case=on_network(drawing.case, after.network, before), owners=owners)


def _snapped(case: Case, walk: Walk, lasting: IntArray) -> Walk:
    """Snap homes and places to every edge that some set of projects could snap them to."""
    stays = np.isin(case.inputs.network.edges["osm_id"].to_numpy()[walk.index.edge], lasting)
    snap_all = partial(_snap_all, walk.index, stays, snap_m=case.choices.snap_m)
    places = {name: snap_all(case.inputs.layers[name].geometry.to_numpy()) for name in walk.places}
    return replace(walk, demand=snap_all(case.samples.demand.geometry.to_numpy()), places=places)


def _snap_all(index: SnapIndex, stays: BoolArray, shapes: Any, *, snap_m: float) -> Positions:
    """Snap shapes to the nearest of the edges that stay, and to each other edge that is nearer."""
    lasting, loose = index.part(stays), index.part(~stays)
    nearest = snap(lasting, shapes, snap_m=snap_m)
    if len(loose.edge) == 0:
        return nearest
    leg_m = np.full(len(shapes), snap_m)
    np.minimum.at(leg_m, nearest.item, nearest.leg_m)
    item, at = loose.tree.query(shapes, predicate="dwithin", distance=leg_m + _TIE_M)
    leg = shapely.shortest_line(loose.lines[at], shapes[item])
    share = shapely.line_locate_point(loose.lines[at], shapely.get_point(leg, 0), normalized=True)
    nearer = Positions(item, loose.edge[at], share, share, shapely.length(leg))
    wide = np.flatnonzero(shapely.get_dimensions(shapes) > 0)
    inside = snap(loose, shapes[wide], snap_m=_TIE_M)
    return merged(merged(nearest, nearer), replace(inside, item=wide[inside.item]))
