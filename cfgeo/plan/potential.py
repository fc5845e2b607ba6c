"""What projects can bring: each alone, as measured, and several together, at most.

A demand point that is in reach with a set of projects is so by one of them alone, or by a route that takes several:
one or more new links, and perhaps a new place at the end. Which links and places can be on such a route is found on
the relaxation (:mod:`cfgeo.plan.upper_bound`), on which no route is longer than with any of the sets.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from cfgeo.core.projects import Project
from cfgeo.core.scenario import LinkChange
from cfgeo.core.schema import BoolArray, FloatArray, IntArray
from cfgeo.plan.optimise.covering import TINY
from cfgeo.plan.optimise.portfolio import Portfolio
from cfgeo.plan.routes import ClauseWalks, routes_of
from cfgeo.plan.trials import Outcome, Trials
from cfgeo.plan.upper_bound import Relaxation, relax, without


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
    routes = routes_of(trials, relaxation, projects)
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
    weight = np.where(weight > TINY * np.maximum(required, 1.0), weight, 0.0)
    return np.asarray(np.vstack([weight, np.maximum(need - now.counts, 0.0)]) * winnable)


def portfolio_of(trials: Trials, potential: Potential) -> Portfolio:
    """Return the model of what projects can bring to the communities that do not pass."""
    points, open_, lacking = trials.points, potential.open, potential.lacking
    # A goal is a clause that a community lacks.
    clause, community = np.nonzero(lacking)
    goal_of = np.full(lacking.shape, -1)
    goal_of[clause, community] = np.arange(len(clause))
    point_of = points.clause[open_], points.community[open_]
    n_reach = len(trials.reach_clauses)
    counted = np.flatnonzero(clause >= n_reach)
    counts = np.zeros((len(clause), len(potential.ids)))
    added = potential.counts[clause[counted] - n_reach, community[counted]]
    counts[counted] = added / lacking[clause, community][counted, None]
    projects = [trials.listed.by_id[project_id] for project_id in potential.ids]
    position = {project_id: nth for nth, project_id in enumerate(potential.ids)}
    needs = [(nth, position[other]) for nth, project in enumerate(projects) for other in project.requires
             if other in position]  # fmt: skip
    excludes = [(nth, position[other]) for nth, project in enumerate(projects) for other in project.excludes
                if other in position and nth < position[other]]  # fmt: skip
    has_links = [any(isinstance(change, LinkChange) for change in project.changes) for project in projects]
    return Portfolio(
        cost=np.array([project.cost for project in projects], dtype=float),
        needs=np.array(needs, dtype=np.int64).reshape(-1, 2),
        excludes=np.array(excludes, dtype=np.int64).reshape(-1, 2),
        alone=potential.alone.astype(float),
        links=potential.links.astype(float),
        places=potential.places.astype(float),
        by_links=potential.by_links,
        share=np.minimum(points.weight[open_] / lacking[point_of], 1.0),
        goal=goal_of[point_of],
        counts=sparse.csr_array(np.clip(counts, 0.0, 1.0)),
        group=community,
        won=potential.now.passed,
        touches=potential.touches,
        hurts=potential.hurts,
        opens=np.array(has_links, dtype=bool),
    )


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


def reached_at_most(
    trials: Trials, potential: Potential, built: BoolArray, asked: BoolArray | None = None
) -> BoolArray:
    """Return which open points the relaxation of a set of projects brings in reach (open points).

    Parameters
    ----------
    trials, potential
        Points and projects.
    built
        The set (projects).
    asked
        Of which points that is wanted, the others count as out of reach; all when missing (open points).
    """
    relaxation = without(potential.relaxation, np.flatnonzero(~built).tolist())
    points, reached = trials.points, np.zeros(len(trials.points.weight), dtype=bool)
    wanted = np.zeros(len(points.weight), dtype=bool)
    wanted[potential.open if asked is None else potential.open[asked]] = True
    for nth, clause in enumerate(trials.reach_clauses):
        rows = np.flatnonzero((points.clause == nth) & wanted)
        if not len(rows):
            continue
        walks = ClauseWalks(relaxation, clause, points.demand[rows])
        reached[rows] = walks.within(walks.all_places)
    return reached[potential.open]


def _at_most(trials: Trials, outcomes: Sequence[Outcome], reached: BoolArray) -> Outcome:
    """Return what some outcomes, the first of which is that of no project, come to if each only helps."""
    reached = np.any([reached, *(outcome.reached for outcome in outcomes)], axis=0)
    now = outcomes[0].counts
    counts = now + sum((np.maximum(outcome.counts - now, 0.0) for outcome in outcomes[1:]), np.zeros_like(now))
    passed = trials.passing(reached, counts) | np.any([outcome.passed for outcome in outcomes], axis=0)
    return Outcome(reached, counts, np.asarray(passed))
