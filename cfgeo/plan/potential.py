"""What projects can bring: each alone, as measured, and several together, at most.

A demand point that is in reach with a set of projects is so by one of them alone, or by a route that takes several:
one or more new links, and perhaps a new place at the end. Which links and places can be on such a route is found on
the relaxation (:mod:`cfgeo.plan.upper_bound`), on which no route is longer than with any of the sets.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from cfgeo.assess.coverage import Walk
from cfgeo.core.projects import Project
from cfgeo.core.scenario import FacilityChange, LinkChange
from cfgeo.core.schema import BoolArray, FloatArray, IntArray, Positions
from cfgeo.files.osm_tags import signalled
from cfgeo.plan.trials import Outcome, Trials
from cfgeo.plan.upper_bound import Relaxation, relax, without
from cfgeo.scenarios.change_facilities import facility_ids
from cfgeo.study.standard import Clause
from cfgeo.walk.nearest import Reach, nearest_seconds, search
from cfgeo.walk.search import node_seconds, seconds_at

_TINY = 1e-9


@dataclass(frozen=True)
class Potential:
    """What the projects of a list can bring.

    Attributes
    ----------
    ids : tuple of str
        Projects to choose from, in the order of the list: not those that are decided, or that a decided one excludes.
    now : Outcome
        The trial of the decided projects alone.
    open : numpy.ndarray
        Points that are not in reach but may be with projects, of clauses that their community lacks (positions in
        ``Trials.points``).
    alone : scipy.sparse.csr_array
        1 where a project alone, with all that it requires, brings a point in reach (open points × projects).
    links, places : scipy.sparse.csr_array
        1 where a link, or a new place, of a project may be on a route that takes several projects and brings a point
        in reach (open points × projects).
    by_links : numpy.ndarray
        Whether links without a new place may bring a point in reach (open points).
    counts : numpy.ndarray
        How many places each project alone adds; below 0: it removes some (count clauses × communities × projects).
    lacking : numpy.ndarray
        What communities that may pass with projects lack: weight for each reach clause, then places for each count
        clause; 0 for other communities (clauses × communities).
    touches : numpy.ndarray
        Whether each project may change anything for each community (communities × projects).
    most : Outcome
        What all projects could bring if each only helped and none excluded another.
    hurts : numpy.ndarray
        Whether each project may take something from each community (communities × projects).
    relaxation : Relaxation
        The case with all projects, on which nobody walks longer than with any set.
    """

    ids: tuple[str, ...]
    now: Outcome
    open: IntArray
    alone: sparse.csr_array
    links: sparse.csr_array
    places: sparse.csr_array
    by_links: BoolArray
    counts: FloatArray
    lacking: FloatArray
    touches: BoolArray
    most: Outcome
    hurts: BoolArray
    relaxation: Relaxation


def potential_of(trials: Trials) -> Potential:
    """Measure every project alone, and bound what several of them can bring together.

    Raises
    ------
    ScenarioError
        A project cannot be built.
    """
    projects = [project for project in trials.listed.projects if not project.decided and trials.can_stand(project.id)]
    points, now = trials.points, trials.outcome(trials.standing(()))
    outcomes = [trials.outcome(trials.standing([project.id])) for project in projects]
    relaxation = relax(trials, projects)
    routes = _routes_of(trials, relaxation, projects)
    most = _at_most(trials, [now, *outcomes], routes.reached)
    lacking = _lacking(trials, now, most.passed & ~now.passed)
    open_ = np.flatnonzero(~now.reached & most.reached & (lacking[points.clause, points.community] > 0))
    reached = np.array([outcome.reached for outcome in outcomes], dtype=bool)
    reached = reached.reshape(len(outcomes), len(points.weight)).T
    counts = np.array([outcome.counts - now.counts for outcome in outcomes]).reshape(len(outcomes), *now.counts.shape)
    hurting = routes.hurts | (now.reached[:, None] & ~reached)
    touching = hurting | routes.links | routes.places | (reached != now.reached[:, None])
    # A closed way may part the network in two.
    closing = np.array([_closes_a_way(project) for project in projects], dtype=bool)
    return Potential(
        ids=tuple(project.id for project in projects),
        now=now,
        open=open_,
        alone=sparse.csr_array(reached[open_]),
        links=sparse.csr_array((routes.links & ~reached)[open_]),
        places=sparse.csr_array((routes.places & ~reached)[open_]),
        by_links=routes.by_links[open_],
        counts=np.moveaxis(counts, 0, -1),
        lacking=lacking,
        touches=_by_community(trials, touching) | (counts != 0).any(axis=1).T | closing,
        most=most,
        hurts=_by_community(trials, hurting) | (counts < 0).any(axis=1).T | closing,
        relaxation=relaxation,
    )


def _closes_a_way(project: Project) -> bool:
    return any(isinstance(change, LinkChange) and change.action == "close" for change in project.changes)


def _by_community(trials: Trials, marked: BoolArray) -> BoolArray:
    """Return whether any point of a community is marked (communities × projects)."""
    by_community = np.zeros((trials.n_communities, marked.shape[1]), dtype=bool)
    np.logical_or.at(by_community, trials.points.community, marked)
    return by_community


def _lacking(trials: Trials, now: Outcome, winnable: BoolArray) -> FloatArray:
    """Return what communities lack of each clause (clauses × communities)."""
    required = trials.required_weight()
    need = np.array([clause.need for clause in trials.count_clauses]).reshape(-1, 1)
    weight = required - trials.sum_by_clause(trials.points.weight * now.reached)
    weight = np.where(weight > _TINY * np.maximum(required, 1.0), weight, 0.0)
    return np.asarray(np.vstack([weight, np.maximum(need - now.counts, 0.0)]) * winnable)


def independent_sets(used: sparse.csr_array) -> list[IntArray]:
    """Part the projects (columns) into sets of which no point (row) can use two: graph colouring by DSATUR (Brélaz)."""
    import networkx as nx  # noqa: PLC0415  (a tenth of a second, which nothing else here needs)

    columns = np.flatnonzero(np.asarray(used.sum(axis=0)).ravel() > 0)
    incidence = used.tocsc()[:, columns].astype(float)
    shared = (incidence.T @ incidence).tocoo()
    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(range(len(columns)))
    graph.add_edges_from((a, b) for a, b in zip(*shared.coords, strict=True) if a < b)
    colour = nx.greedy_color(graph, strategy="DSATUR")
    return [columns[[n for n in range(len(columns)) if colour[n] == c]] for c in sorted(set(colour.values()))]


def reached_at_most(trials: Trials, potential: Potential, built: BoolArray) -> BoolArray:
    """Return which open points the relaxation of a set of projects brings in reach (open points).

    Parameters
    ----------
    trials, potential
        Points and projects.
    built
        The set (projects).
    """
    relaxation = without(potential.relaxation, np.flatnonzero(~built).tolist())
    points, reached = trials.points, np.zeros(len(trials.points.weight), dtype=bool)
    for nth, clause in enumerate(trials.reach_clauses):
        rows = np.flatnonzero(points.clause == nth)
        walks = _ClauseWalks(relaxation, clause, points.demand[rows])
        reached[rows] = walks.within(walks.all_places)
    return reached[potential.open]


def _at_most(trials: Trials, outcomes: Sequence[Outcome], reached: BoolArray) -> Outcome:
    """Return what some outcomes, the first of which is that of no project, come to if each only helps."""
    reached = np.any([reached, *(outcome.reached for outcome in outcomes)], axis=0)
    now = outcomes[0].counts
    counts = now + sum((np.maximum(outcome.counts - now, 0.0) for outcome in outcomes[1:]), np.zeros_like(now))
    passed = trials.passing(reached, counts) | np.any([outcome.passed for outcome in outcomes], axis=0)
    return Outcome(reached, counts, np.asarray(passed))


@dataclass(frozen=True)
class _ClauseWalks:
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
class _Routes:
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


def _routes_of(trials: Trials, relaxation: Relaxation, projects: Sequence[Project]) -> _Routes:
    """Find which projects may be on a route within the limit: bounded Dijkstra searches on the relaxation."""
    points = trials.points
    shape = len(points.weight), len(projects)
    reached, by_links = (np.zeros(shape[0], dtype=bool) for _ in range(2))
    links, places, hurts = (np.zeros(shape, dtype=bool) for _ in range(3))
    ways = relaxation.case.inputs.network.edges["osm_id"].to_numpy()
    owned = _owned(relaxation, len(projects), ways)
    for nth, clause in enumerate(trials.reach_clauses):
        rows = np.flatnonzero(points.clause == nth)
        walks = _ClauseWalks(relaxation, clause, points.demand[rows])
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
    return _Routes(reached, by_links, links, places, hurts)


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
