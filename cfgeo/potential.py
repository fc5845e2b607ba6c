"""What projects can bring: each alone, as measured, and together, at most.

Whoever is in reach with some projects built is so by one of them alone, or by a way that takes several: new links, at
least one, and perhaps a new place at its end. Which links and places can be on such a way is found on the network that
has them all; no way is shorter than there.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from cfgeo.measure import Measured, changed
from cfgeo.nearest import nearest_seconds, search
from cfgeo.projects import Project
from cfgeo.reach import Tree, WalkGraph, node_seconds, seconds_at
from cfgeo.scenario import Change, FacilityChange, LinkChange
from cfgeo.schema import BoolArray, FloatArray, IntArray, Positions
from cfgeo.snap import snap
from cfgeo.standard import Clause
from cfgeo.trials import Outcome, Trials

_TINY = 1e-9
_HURTING = {"close", "move", "refit"}
_HELPING = {"add", "move", "enlarge"}


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
        Projects that take something from somebody, or close or move something (projects).
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
    whole, without_places = _together(trials, places=True), _together(trials, places=False)
    most = _at_most(trials, [now, trials.outcome_of(whole), *each])
    lacking = _lacking(trials, now, most.passed & ~now.passed)
    open_ = np.flatnonzero(~now.reached & most.reached & (lacking[points.clause, points.community] > 0))
    shape = (-1, len(points.weight))
    reached = np.array([outcome.reached for outcome in each], dtype=bool).reshape(shape).T
    links, places = _on_ways(trials, whole, chosen_from)
    counts = np.array([outcome.counts - now.counts for outcome in each]).reshape(len(each), *now.counts.shape)
    touching = sparse.csr_array((reached != now.reached[:, None]) | links | places)
    owners = sparse.csr_array(
        (np.ones(len(points.community)), (points.community, np.arange(len(points.community)))),
        shape=(trials.n_communities, len(points.community)),
    )
    alone = reached[open_]
    closing = [
        any(change.action in {"close", "move", "refit"} for change in project.changes) for project in chosen_from
    ]
    return Potential(
        ids=tuple(project.id for project in chosen_from),
        now=now,
        open=open_,
        alone=sparse.csr_array(alone),
        links=sparse.csr_array(links[open_] & ~alone),
        places=sparse.csr_array(places[open_] & ~alone),
        by_links=trials.outcome_of(without_places).reached[open_],
        counts=np.moveaxis(counts, 0, -1),
        lacking=lacking,
        touches=((owners @ touching).toarray() > 0) | (counts != 0).any(axis=1).T,
        most=most,
        hurts=(now.reached[:, None] & ~reached).any(axis=0) | np.array(closing, dtype=bool),
    )


def _lacking(trials: Trials, now: Outcome, winnable: BoolArray) -> FloatArray:
    """Return what communities lack of each clause (clauses × communities)."""
    asked, need = trials.asked(), np.array([clause.need for clause in trials.counted]).reshape(-1, 1)
    walks = asked - trials.by_clause(trials.points.weight * now.reached)
    walks = np.where(walks > _TINY * np.maximum(asked, 1.0), walks, 0.0)
    return np.asarray(np.vstack([walks, np.maximum(need - now.counts, 0.0)]) * winnable)


def _together(trials: Trials, *, places: bool) -> Measured:
    """Measure all projects at once as far as they help: what is moved or enlarged stands beside what was there."""
    changes: list[Change] = []
    refitted = set[tuple[int | None, str]]()
    for change in _everything(trials):
        if isinstance(change, FacilityChange):
            if places and change.shape is not None and change.action in _HELPING:
                changes.append(replace(change, action="add", kind=_kind(trials, change), facility=""))
        elif change.action == "add" or (change.action == "refit" and (change.way, change.street) not in refitted):
            changes.append(change)
            refitted.add((change.way, change.street))
    return changed(trials.base, changes, file=trials.listed.file)


def _everything(trials: Trials) -> Sequence[Change]:
    """Return the changes of all projects that are not decided."""
    return trials.listed.changes_of(project.id for project in trials.listed.projects if not project.decided)


def _kind(trials: Trials, change: FacilityChange) -> str:
    """Return the kind of what a change adds, moves or enlarges."""
    table = trials.now.case.inputs.layers[change.layer]
    meant = table[(table.index == change.facility) | (table["name"] == change.facility)]
    return change.kind if change.action == "add" or len(meant) == 0 else str(meant["kind"].iloc[0])


def _at_most(trials: Trials, outcomes: Sequence[Outcome]) -> Outcome:
    """Return what some outcomes, the first of which is that of no project, come to if each only helps."""
    reached = np.any([outcome.reached for outcome in outcomes], axis=0)
    now = outcomes[0].counts
    counts = now + sum((np.maximum(outcome.counts - now, 0.0) for outcome in outcomes[1:]), np.zeros_like(now))
    passed = trials.passing(reached, counts) | np.any([outcome.passed for outcome in outcomes], axis=0)
    return Outcome(reached, counts, np.asarray(passed))


def _on_ways(trials: Trials, whole: Measured, projects: Sequence[Project]) -> tuple[BoolArray, BoolArray]:
    """Say which projects' links and places may be on a way that brings points in reach (points × projects)."""
    case, points = whole.case, trials.points
    links = np.zeros((len(points.weight), len(projects)), dtype=bool)
    places = np.zeros_like(links)
    stretches = _stretches(trials, whole, projects)
    for nth, clause in enumerate(trials.walked):
        mine = np.flatnonzero(points.clause == nth)
        walk, limit_s, who = case.walk(clause), case.limit_s(clause), points.demand[mine]
        at = walk.demand.take(np.isin(walk.demand.item, who))
        goal = case.places(clause, walk)
        trees = search(walk.graph, goal, limit_s=limit_s).trees
        for column, project in enumerate(projects):
            near = _by_link(walk.graph, trees, goal, stretches[column], at, limit_s=limit_s)
            links[mine, column] = np.isin(who, near)
            new = [change for change in project.changes if _counts_for(trials, change, clause)]
            if new:
                there = snap(walk.index, np.array([change.shape for change in new]), snap_m=case.choices.snap_m)
                found = search(walk.graph, there, limit_s=limit_s)
                seconds = nearest_seconds(found, at, n_items=len(case.ground.demand), limit_s=limit_s)
                places[mine, column] = seconds[who] <= limit_s
    return links, places


def _counts_for(trials: Trials, change: Change, clause: Clause) -> bool:
    """Say whether what a change brings is a new place for a clause."""
    if isinstance(change, LinkChange) or change.shape is None or change.layer != clause.layer:
        return False
    return change.action in _HELPING and (not clause.kind or _kind(trials, change) in clause.kind)


def _by_link(
    graph: WalkGraph, trees: Sequence[Tree], goal: Positions, link: Positions, at: Positions, *, limit_s: float
) -> IntArray:
    """Return the demand points for which a way over a link to the nearest place is short enough, there or back."""
    if len(link) == 0:
        return np.empty(0, dtype=np.int64)
    found = []
    for way, tree in zip(graph.ways, trees, strict=True):
        ends = np.r_[way.u[link.edge], way.v[link.edge]]
        onward_s = 0.0 if np.isin(goal.edge, link.edge).any() else float(tree.node_s[ends].min())
        left_s = limit_s - onward_s
        if left_s >= 0:
            seconds = seconds_at(way, node_seconds(way, link, limit_s=left_s), link, at)
            found.append(at.item[seconds <= left_s])
    return np.unique(np.concatenate([np.empty(0, dtype=np.int64), *found]))


def _stretches(trials: Trials, whole: Measured, projects: Sequence[Project]) -> list[Positions]:
    """Return the edges of each project's links on the network that has them all (projects)."""
    edges = whole.case.inputs.network.edges
    ways, names = edges["osm_id"].to_numpy(), edges["name"].to_numpy()
    before = 0 if trials.base.streets is None else trials.base.streets.laid.cut.streets.ways["osm_id"].max()
    added = [change for change in _everything(trials) if isinstance(change, LinkChange) and change.action == "add"]
    way_of = {id(change): int(before) + 1 + nth for nth, change in enumerate(added)}  # new ways go on counting
    found = []
    for project in projects:
        mine = np.zeros(len(edges), dtype=bool)
        for change in project.changes:
            if isinstance(change, LinkChange):
                way = way_of.get(id(change), change.way)
                mine |= ways == way if way is not None else names == change.street
        edge = np.flatnonzero(mine)
        whole_edge = np.zeros(len(edge))
        found.append(Positions(np.zeros(len(edge), dtype=np.int64), edge, whole_edge, whole_edge + 1, whole_edge))
    return found
