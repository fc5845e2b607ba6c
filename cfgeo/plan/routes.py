"""Routes within the limit: which projects may be on one, or lengthen one, by Dijkstra searches on the relaxation."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cfgeo.assess.coverage import Walk
from cfgeo.core.projects import Project
from cfgeo.core.scenario import FacilityChange, LinkChange
from cfgeo.core.schema import BoolArray, IntArray, Positions
from cfgeo.files.osm.tags import signalled
from cfgeo.plan.trials import Trials
from cfgeo.plan.upper_bound import Relaxation
from cfgeo.scenarios.change_facilities import facility_ids
from cfgeo.study.standard import Clause
from cfgeo.walk.nearest import Reach, nearest_seconds, search
from cfgeo.walk.search import node_seconds, seconds_at


@dataclass(frozen=True)
class ClauseWalks:
    """The walks of one reach clause on the relaxation.

    Attributes
    ----------
    relaxation : Relaxation
    clause : Clause
    demand : numpy.ndarray
        Demand point of each point of the clause (points of the clause).
    """

    relaxation: Relaxation
    clause: Clause
    demand: IntArray

    @cached_property
    def walk(self) -> Walk:
        """The network, homes and places of the walker of the clause."""
        return self.relaxation.case.walk(self.clause)

    @cached_property
    def limit_s(self) -> float:
        """The longest walk that may be in reach [s]."""
        return self.relaxation.limit_s(self.clause)

    @cached_property
    def places(self) -> Positions:
        """Where places that count may be snapped to the network."""
        return self.relaxation.places(self.clause)

    @cached_property
    def homes(self) -> Positions:
        """Where the demand points of the clause may be snapped to the network."""
        return self.walk.demand.take(np.isin(self.walk.demand.item, self.demand))

    @cached_property
    def all_places(self) -> Reach:
        """The shortest paths to the nearest place: a bounded Dijkstra from all places at once."""
        return search(self.walk.graph, self.places, limit_s=self.limit_s)

    def within(self, reach: Reach) -> BoolArray:
        """Return which points have one of the places of a search within the limit (points of the clause)."""
        n_items = len(self.relaxation.case.samples.demand)
        seconds = nearest_seconds(reach, self.homes, n_items=n_items, limit_s=self.limit_s)
        return np.asarray(seconds[self.demand] <= self.limit_s)

    def within_items(self, items: Sequence[int] | IntArray) -> BoolArray:
        """Return which points have one of some places (rows of the layer) within the limit (points of the clause)."""
        chosen = np.isin(self.places.item, items)
        if not chosen.any():
            return np.zeros(len(self.demand), dtype=bool)
        return self.within(search(self.walk.graph, self.places.take(chosen), limit_s=self.limit_s))

    def over(self, edges: IntArray) -> BoolArray:
        """Return for which points a route over some edges may be within the limit (points of the clause).

        Such a route is at least as long as the walk from the home to the edges (Dijkstra from the edges), and from
        their nearest node on to a place (:attr:`all_places`).
        """
        if len(edges) == 0:
            return np.zeros(len(self.demand), dtype=bool)
        zero = np.zeros(len(edges))
        stretch = Positions(np.zeros(len(edges), dtype=np.int64), edges, zero, zero + 1, zero)
        reached = [np.empty(0, dtype=np.int64)]
        for direction, tree in zip(self.walk.graph.directions, self.all_places.trees, strict=True):
            nodes = np.r_[direction.u[edges], direction.v[edges]]
            onward_s = 0.0 if np.isin(self.places.edge, edges).any() else float(tree.node_s[nodes].min())
            left_s = self.limit_s - onward_s
            if left_s >= 0:
                node_s = node_seconds(direction, stretch, limit_s=left_s)
                reached.append(self.homes.item[seconds_at(direction, node_s, stretch, self.homes) <= left_s])
        return np.isin(self.demand, np.concatenate(reached))


@dataclass(frozen=True)
class Routes:
    """What projects may do to routes within the limit.

    Attributes
    ----------
    reached, by_links : numpy.ndarray
        Whether a point is in reach with all projects; with all links but no new place (points).
    links, places : numpy.ndarray
        Whether a link, or a new place, of a project may be on such a route (points × projects).
    hurts : numpy.ndarray
        Whether a project may lengthen or cut such a route (points × projects).
    """

    reached: BoolArray
    by_links: BoolArray
    links: BoolArray
    places: BoolArray
    hurts: BoolArray


def routes_of(trials: Trials, relaxation: Relaxation, projects: Sequence[Project]) -> Routes:
    """Find which projects may be on a route within the limit: bounded Dijkstra searches on the relaxation."""
    points = trials.points
    shape = len(points.weight), len(projects)
    reached, by_links = (np.zeros(shape[0], dtype=bool) for _ in range(2))
    links, places, hurts = (np.zeros(shape, dtype=bool) for _ in range(3))
    ways = relaxation.case.inputs.network.edges["osm_id"].to_numpy()
    owned = _owned(relaxation, len(projects), ways)
    for nth, clause in enumerate(trials.reach_clauses):
        rows = np.flatnonzero(points.clause == nth)
        walks = ClauseWalks(relaxation, clause, points.demand[rows])
        n_existing = len(trials.base.case.inputs.layers[str(clause.layer)])
        reached[rows] = walks.within(walks.all_places)
        by_links[rows] = walks.within_items(np.arange(n_existing))
        lasts = np.isin(ways, relaxation.lasting[walks.walk.walker])
        loose = ~(lasts | owned.any(axis=0))
        unfixed = _unfixed(walks.places, lasts)
        for column, project in enumerate(projects):
            mine = owned[column]
            moved_edges = mine | loose if _has_links(project) else mine
            moved = np.isin(walks.demand, walks.homes.item[moved_edges[walks.homes.edge]])
            over = walks.over(np.flatnonzero(mine))
            shifted = np.unique(unfixed.item[mine[unfixed.edge]])
            new = [row for owner, layer, row in relaxation.new_places if owner == column and layer == clause.layer]
            links[rows, column] = over | moved
            places[rows, column] = walks.within_items(new)
            gone = np.r_[_changed_rows(trials, project, clause), shifted]
            hurts[rows, column] = moved | walks.within_items(gone)
            if any(map(_is_roadwork, project.changes)):
                hurts[rows, column] |= over
                # Places on a closed street are snapped to another street.
                links[rows, column] |= walks.within_items(shifted)
    for disturbing, disturbed in zip(*np.nonzero(relaxation.disturbed), strict=True):
        hurts[:, disturbing] |= links[:, disturbed]
        links[:, disturbing] |= links[:, disturbed]
    return Routes(reached, by_links, links, places, hurts)


def _owned(relaxation: Relaxation, n_projects: int, ways: IntArray) -> BoolArray:
    """Return which edges are of ways that a project adds, refits or closes (projects × edges)."""
    owned = np.zeros((n_projects, len(ways)), dtype=bool)
    for way, owners in relaxation.owners.items():
        owned[np.ix_(owners, ways == way)] = True
    return owned


def _unfixed(places: Positions, lasts: BoolArray) -> Positions:
    """Return the positions of places that projects may take off their street.

    A place that a street runs through, and that stays whatever is built, stays at this street.
    """
    fixed = np.unique(places.item[lasts[places.edge] & (places.leg_m == 0)])
    return places.take(~np.isin(places.item, fixed))


def _has_links(project: Project) -> bool:
    return any(isinstance(change, LinkChange) for change in project.changes)


def _is_roadwork(change: object) -> bool:
    """Whether a change may lengthen a route that takes the changed street."""
    return isinstance(change, LinkChange) and (change.action != "add" or signalled(change.tags))


def _changed_rows(trials: Trials, project: Project, clause: Clause) -> IntArray:
    """Return the rows of places of a clause that a project closes, moves or otherwise changes."""
    table = trials.base.case.inputs.layers[str(clause.layer)]
    ids = [
        facility
        for change in project.changes
        if isinstance(change, FacilityChange) and change.action != "add" and change.layer == clause.layer
        for facility in facility_ids(table, change.facility)
    ]
    return np.asarray(table.index.get_indexer(ids), dtype=np.int64)
