"""What projects can bring: each alone, as measured, and together, at most.

Whoever is in reach with some projects built is so by one of them alone, or by a way that takes several: new links, at
least one, and perhaps a new place at its end. Which links and places can be on such a way is found on a network that
has them all, on which no way is longer than with any of the sets (:mod:`cfgeo.plan.upper_bound`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from cfgeo.core.projects import Project
from cfgeo.core.scenario import FacilityChange, LinkChange
from cfgeo.core.schema import BoolArray, FloatArray, IntArray, Positions
from cfgeo.files.osm_tags import signalled
from cfgeo.plan.trials import Outcome, Trials
from cfgeo.plan.upper_bound import Generous, generous, without
from cfgeo.scenarios.change_facilities import facility_ids
from cfgeo.study.standard import Clause
from cfgeo.walk.nearest import nearest_seconds, search
from cfgeo.walk.search import PathTree, WalkGraph, node_seconds, seconds_at

_TINY = 1e-9


@dataclass(frozen=True)
class Potential:
    """What the projects of a list can bring.

    Attributes
    ----------
    ids : tuple of str
        Projects that are to be chosen from, in the order of the list: not those that are decided, or shut out by these.
    now : Outcome
        With what is decided.
    open : numpy.ndarray
        The points that count: not in reach, and perhaps so with projects (positions in ``Trials.points``).
    alone : scipy.sparse.csr_array
        1 where a project alone, with what it requires, brings a point in reach (open points × projects).
    links, places : scipy.sparse.csr_array
        1 where a project's link, or its place, may be on a way that takes several projects and brings it in reach
        (open points × projects).
    by_links : numpy.ndarray
        Whether links without a new place may do (open points).
    counts : numpy.ndarray
        How many places each project alone adds (clauses × communities × projects); below 0: it takes some.
    lacking : numpy.ndarray
        What communities that might pass with projects lack of each clause that asks for a walk (weight), and of each
        that counts places (clauses × communities); 0 elsewhere.
    touches : numpy.ndarray
        Which projects may change anything for which community (communities × projects).
    most : Outcome
        With all projects built, as if none of them hurt or shut out another.
    hurts : numpy.ndarray
        Which projects may take something from which community that it has without them (communities × projects).
    together : Generous
        The case on which nobody walks longer than with any set.
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
    together: Generous


def potential(trials: Trials) -> Potential:
    """Measure every project alone, and what all of them together could bring at most.

    Raises
    ------
    ScenarioError
        Some cannot be built.
    """
    listed = trials.listed.projects
    chosen_from = [project for project in listed if not project.decided and trials.can_stand(project.id)]
    points, now = trials.points, trials.outcome(trials.standing(()))
    each = [trials.outcome(trials.standing([project.id])) for project in chosen_from]
    together = generous(trials, chosen_from)
    ways = _on_ways(trials, together, chosen_from)
    most = _at_most(trials, [now, *each], ways.reached)
    lacking = _lacking(trials, now, most.passed & ~now.passed)
    open_ = np.flatnonzero(~now.reached & most.reached & (lacking[points.clause, points.community] > 0))
    reached = np.array([outcome.reached for outcome in each], dtype=bool).reshape(len(each), len(points.weight)).T
    counts = np.array([outcome.counts - now.counts for outcome in each]).reshape(len(each), *now.counts.shape)
    hurting = ways.hurts | (now.reached[:, None] & ~reached)
    touching = hurting | ways.links | ways.places | (reached != now.reached[:, None])
    # Closing a way may part the network in two.
    closing = np.array([_closes_a_way(project) for project in chosen_from], dtype=bool)
    alone, links, places = reached[open_], (ways.links & ~reached)[open_], (ways.places & ~reached)[open_]
    return Potential(
        ids=tuple(project.id for project in chosen_from),
        now=now,
        open=open_,
        alone=sparse.csr_array(alone),
        links=sparse.csr_array(links),
        places=sparse.csr_array(places),
        by_links=ways.by_links[open_],
        counts=np.moveaxis(counts, 0, -1),
        lacking=lacking,
        touches=_by_community(trials, touching) | (counts != 0).any(axis=1).T | closing,
        most=most,
        hurts=_by_community(trials, hurting) | (counts < 0).any(axis=1).T | closing,
        together=together,
    )


def _closes_a_way(project: Project) -> bool:
    return any(isinstance(change, LinkChange) and change.action == "close" for change in project.changes)


def _by_community(trials: Trials, marked: BoolArray) -> BoolArray:
    """Say for which communities some point is marked (communities × projects)."""
    found = np.zeros((trials.n_communities, marked.shape[1]), dtype=bool)
    np.logical_or.at(found, trials.points.community, marked)
    return found


def _lacking(trials: Trials, now: Outcome, winnable: BoolArray) -> FloatArray:
    """Return what communities lack of each clause (clauses × communities)."""
    asked, need = trials.required_weight(), np.array([clause.need for clause in trials.count_clauses]).reshape(-1, 1)
    walks = asked - trials.sum_by_clause(trials.points.weight * now.reached)
    walks = np.where(walks > _TINY * np.maximum(asked, 1.0), walks, 0.0)
    return np.asarray(np.vstack([walks, np.maximum(need - now.counts, 0.0)]) * winnable)


def apart(used: sparse.csr_array) -> list[IntArray]:
    """Return sets of projects (columns), each in one, of which no point (row) could use two of one set."""
    import networkx as nx  # noqa: PLC0415  (a tenth of a second, which nothing else here needs)

    columns = np.flatnonzero(np.asarray(used.sum(axis=0)).ravel() > 0)
    mine = used.tocsc()[:, columns].astype(float)
    both = (mine.T @ mine).tocoo()
    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(range(len(columns)))
    graph.add_edges_from((a, b) for a, b in zip(*both.coords, strict=True) if a < b)
    colour = nx.greedy_color(graph, strategy="DSATUR")
    return [columns[[n for n in range(len(columns)) if colour[n] == one]] for one in sorted(set(colour.values()))]


def in_reach(trials: Trials, able: Potential, built: BoolArray) -> BoolArray:
    """Say which points are in reach with some projects (projects), if nothing hurts (open points)."""
    return _within(trials, without(able.together, np.flatnonzero(~built).tolist()))[able.open]


def _within(trials: Trials, able: Generous) -> BoolArray:
    """Say which points are in reach if nothing hurts (points)."""
    points, reached = trials.points, np.zeros(len(trials.points.weight), dtype=bool)
    for nth, clause in enumerate(trials.reach_clauses):
        mine = np.flatnonzero(points.clause == nth)
        walk, limit_s = able.case.walk(clause), able.limit_s(clause)
        found = search(walk.graph, able.places(clause), limit_s=limit_s)
        seconds = nearest_seconds(found, walk.demand, n_items=len(able.case.samples.demand), limit_s=limit_s)
        reached[mine] = seconds[points.demand[mine]] <= limit_s
    return reached


def _at_most(trials: Trials, outcomes: Sequence[Outcome], reached: BoolArray) -> Outcome:
    """Return what some outcomes, the first of which is that of no project, come to if each only helps."""
    reached = np.any([reached, *(outcome.reached for outcome in outcomes)], axis=0)
    now = outcomes[0].counts
    counts = now + sum((np.maximum(outcome.counts - now, 0.0) for outcome in outcomes[1:]), np.zeros_like(now))
    passed = trials.passing(reached, counts) | np.any([outcome.passed for outcome in outcomes], axis=0)
    return Outcome(reached, counts, np.asarray(passed))


@dataclass(frozen=True)
class _Ways:
    """What may be on a way within the limit.

    Attributes
    ----------
    reached, by_links : numpy.ndarray
        With all projects, and with all links but none of the new places (points).
    links, places : numpy.ndarray
        Which projects' links, and places, may be on such a way (points × projects).
    hurts : numpy.ndarray
        Which projects may take a way off (points × projects).
    """

    reached: BoolArray
    by_links: BoolArray
    links: BoolArray
    places: BoolArray
    hurts: BoolArray


def _on_ways(trials: Trials, able: Generous, projects: Sequence[Project]) -> _Ways:
    """Find the ways that projects may bring or take."""
    case, points = able.case, trials.points
    shape = len(points.weight), len(projects)
    found = _Ways(*(np.zeros(shape[0], dtype=bool) for _ in range(2)), *(np.zeros(shape, dtype=bool) for _ in range(3)))
    edges = case.inputs.network.edges
    owned = _owned(able, projects, edges["osm_id"].to_numpy())
    roadworks = np.array([any(map(_is_roadwork, project.changes)) for project in projects], dtype=bool)
    for nth, clause in enumerate(trials.reach_clauses):
        mine = np.flatnonzero(points.clause == nth)
        who, walk, limit_s = points.demand[mine], case.walk(clause), able.limit_s(clause)
        at = walk.demand.take(np.isin(walk.demand.item, who))
        goal, old = able.places(clause), len(trials.base.case.inputs.layers[str(clause.layer)])
        lasts = np.isin(edges["osm_id"].to_numpy(), able.lasting[walk.walker])

        def within(places: Positions) -> BoolArray:
            reach = search(walk.graph, places, limit_s=limit_s)  # noqa: B023  (called in this round alone)
            seconds = nearest_seconds(reach, at, n_items=len(case.samples.demand), limit_s=limit_s)  # noqa: B023
            return np.asarray(seconds[who] <= limit_s)  # noqa: B023

        found.reached[mine], found.by_links[mine] = within(goal), within(goal.take(goal.item < old))
        trees = search(walk.graph, goal, limit_s=limit_s).trees
        shifted = _shifted(goal, owned, lasts)
        for column, project in enumerate(projects):
            stretch = _stretch(np.flatnonzero(owned[column]))
            moved = np.isin(
                who, at.item[owned[column][at.edge] | (_has_links(project) & ~(lasts | owned.any(axis=0))[at.edge])]
            )
            over = np.isin(who, _by_link(walk.graph, trees, goal, stretch, at, limit_s=limit_s))
            new = [row for nth_, layer, row in able.items if nth_ == column and layer == clause.layer]
            gone = np.r_[_changed_rows(trials, project, clause), shifted[column]]
            found.links[mine, column] = over | moved
            if np.isin(goal.item, new).any():
                found.places[mine, column] = within(goal.take(np.isin(goal.item, new)))
            found.hurts[mine, column] = moved | (over & roadworks[column])
            if np.isin(goal.item, gone).any():
                found.hurts[mine, column] |= within(goal.take(np.isin(goal.item, gone)))
            # Where a street is closed, what met it meets another.
            if roadworks[column] and len(shifted[column]):
                found.links[mine, column] |= within(goal.take(np.isin(goal.item, shifted[column])))
    for one, other in zip(*np.nonzero(able.disturbed), strict=True):
        found.hurts[:, one] |= found.links[:, other]
        found.links[:, one] |= found.links[:, other]
    return found


def _by_link(
    graph: WalkGraph, trees: Sequence[PathTree], goal: Positions, link: Positions, at: Positions, *, limit_s: float
) -> IntArray:
    """Return the demand points for which a way over a link to the nearest place is short enough, there or back."""
    if len(link) == 0:
        return np.empty(0, dtype=np.int64)
    found = []
    for way, tree in zip(graph.directions, trees, strict=True):
        ends = np.r_[way.u[link.edge], way.v[link.edge]]
        onward_s = 0.0 if np.isin(goal.edge, link.edge).any() else float(tree.node_s[ends].min())
        left_s = limit_s - onward_s
        if left_s >= 0:
            seconds = seconds_at(way, node_seconds(way, link, limit_s=left_s), link, at)
            found.append(at.item[seconds <= left_s])
    return np.unique(np.concatenate([np.empty(0, dtype=np.int64), *found]))


def _owned(able: Generous, projects: Sequence[Project], ways: IntArray) -> BoolArray:
    """Say which edges are a project's links, or of ways that it refits or closes (projects × edges)."""
    owned = np.zeros((len(projects), len(ways)), dtype=bool)
    for way, owners in able.owners.items():
        owned[np.ix_(owners, ways == way)] = True
    return owned


def _stretch(edge: IntArray) -> Positions:
    """Return whole edges as positions."""
    zero = np.zeros(len(edge))
    return Positions(np.zeros(len(edge), dtype=np.int64), edge, zero, zero + 1, zero)


def _shifted(goal: Positions, owned: BoolArray, lasts: BoolArray) -> list[IntArray]:
    """Return for each project the places that it may take off the street that they meet now (projects)."""
    fixed = np.unique(goal.item[lasts[goal.edge] & (goal.leg_m == 0)])  # a street that runs through a place stays there
    loose = ~np.isin(goal.item, fixed)
    return [np.unique(goal.item[loose & mine[goal.edge]]) for mine in owned]


def _has_links(project: Project) -> bool:
    return any(isinstance(change, LinkChange) for change in project.changes)


def _is_roadwork(change: object) -> bool:
    """Say whether a change may make a way longer that runs over it."""
    return isinstance(change, LinkChange) and (change.action != "add" or signalled(change.tags))


def _changed_rows(trials: Trials, project: Project, clause: Clause) -> IntArray:
    """Return the rows of a clause's places that are not where they were with a project."""
    table = trials.base.case.inputs.layers[str(clause.layer)]
    ids = [
        one
        for change in project.changes
        if isinstance(change, FacilityChange) and change.action != "add" and change.layer == clause.layer
        for one in facility_ids(table, change.facility)
    ]
    return np.asarray(table.index.get_indexer(ids), dtype=np.int64)
