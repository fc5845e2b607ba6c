"""The oracle of a plan: measures a set of projects as if they were built.

A trial says which demand points are in reach, how many places each community has, and which communities pass. It
measures as a run does, so what it says is the truth; models of sets of projects are judged by it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from cfgeo.assess import score
from cfgeo.assess.case import Case
from cfgeo.assess.measures.counted import count_inside, kind_mask
from cfgeo.core.errors import ScenarioError
from cfgeo.core.projects import Projects
from cfgeo.core.scenario import Change, FacilityChange, LinkChange
from cfgeo.core.schema import NOT_ASSESSED, BoolArray, FloatArray, IntArray
from cfgeo.plan.optimise.covering import TINY
from cfgeo.scenarios.remeasure import MeasuredCase, changed, measured, narrowed
from cfgeo.scenarios.street_edits import Streets
from cfgeo.study.standard import Clause

VERDICT = "verdict"

_KEPT_STREETS = 12
"""So many sets of links are kept as measured; each holds a network."""

Ids = frozenset[str]
"""Ids of projects that are built."""


@dataclass(frozen=True)
class Points:
    """Who has to be in reach: each demand point with weight inside a community, once for each required reach clause.

    Attributes
    ----------
    clause : numpy.ndarray
        Position of the clause in ``Trials.reach_clauses`` (points).
    demand : numpy.ndarray
        Position of the demand point in the case's demand (points).
    community : numpy.ndarray
        Position of the community (points).
    weight : numpy.ndarray
        Weight of the demand point for the clause (points).
    """

    clause: IntArray
    demand: IntArray
    community: IntArray
    weight: FloatArray


@dataclass(frozen=True)
class Outcome:
    """What a trial measured.

    Attributes
    ----------
    reached : numpy.ndarray
        Whether each point is within the limit of its clause (points).
    counts : numpy.ndarray
        How many places each community has for each clause that counts places (clauses × communities).
    passed : numpy.ndarray
        Whether each community passes (communities).
    """

    reached: BoolArray
    counts: FloatArray
    passed: BoolArray


class Watcher(Protocol):
    """Keeps what it needs of measurements beside their outcomes."""

    def wants(self, ids: Ids) -> bool:
        """Whether a set has to be measured as a whole, with all clauses."""

    def watch(self, ids: Ids, measurement: MeasuredCase) -> None:
        """See what was measured of a set."""


class Trials:
    """Measures sets of projects, each set once.

    Parameters
    ----------
    case
        The study.
    streets
        The streets that its network is built from.
    listed
        The reserve list; shapes in the case's metric CRS. Decided projects are part of every set.

    Attributes
    ----------
    watcher : Watcher, optional
        Is shown what was measured of the sets that it wants.
    """

    def __init__(self, case: Case, streets: Streets, listed: Projects) -> None:
        self.listed = listed
        self.decided = frozenset(project.id for project in listed.projects if project.decided)
        self.now = measured(case, streets=streets, columns=(VERDICT,), beyond=False)
        self._base: MeasuredCase | None = None
        self._on_streets: dict[tuple[str, ...], MeasuredCase] = {}
        required = case.standard.required_of("community")
        declared = [clause for clause in required if clause.layer in case.inputs.layers]
        self.reach_clauses: list[Clause] = [clause for clause in declared if clause.measure == "reach"]
        self.count_clauses: list[Clause] = [clause for clause in declared if clause.measure == "present"]
        self.points = _points(case, self.reach_clauses)
        verdicts = [self.now.verdicts[clause.id, VERDICT] for clause in (*self.reach_clauses, *self.count_clauses)]
        assessed = [verdict != NOT_ASSESSED for verdict in verdicts]
        self.assessed = np.array(assessed, dtype=bool).reshape(-1, self.n_communities)
        self.lived_in = case.samples.lived_in
        self._known: dict[Ids, Outcome] = {}
        self.watcher: Watcher | None = None

    def standing(self, ids: Iterable[str]) -> Ids:
        """Return the set that is built when some projects are: with all that they require, and all that is decided."""
        return frozenset(self.listed.with_required({*ids, *self.decided}))

    def can_stand(self, project_id: str) -> bool:
        """Whether a project, with all that it requires, excludes nothing that is decided and is not excluded by it."""
        return self.compatible(self.standing([project_id]))

    def compatible(self, ids: Ids) -> bool:
        """Whether no project of a set excludes another."""
        return not any(ids & set(self.listed.by_id[project_id].excludes) for project_id in ids)

    def changes_of(self, ids: Iterable[str]) -> tuple[Change, ...]:
        """Return the changes of some projects, those of decided projects first."""
        return (*self.listed.changes_of(self.decided), *self.listed.changes_of(set(ids) - self.decided))

    @property
    def base(self) -> MeasuredCase:
        """The study with the decided projects built.

        Raises
        ------
        ScenarioError
            A decided project cannot be built.
        """
        if self._base is None:
            self._base = changed(self.now, self.changes_of(()), file=self.listed.file)
        return self._base

    def measured(self, ids: Iterable[str]) -> MeasuredCase:
        """Return the study with some projects, and those that are decided, built.

        Raises
        ------
        ScenarioError
            A project cannot be built.
        """
        return changed(self.base, self.listed.changes_of(set(ids) - self.decided), file=self.listed.file)

    @cached_property
    def _judged(self) -> MeasuredCase:
        """The base with nothing but what decides whether a community passes: each trial measures only that."""
        case = self.base.case
        required = case.standard.required_of("community")
        if any(clause.measure not in ("reach", "present") for clause in required):
            return self.base
        changes = self.listed.changes_of(self.listed.by_id)
        named = {change.layer for change in changes if isinstance(change, FacilityChange)}
        layers = named.union(*(clause.all_layers for clause in required))
        return narrowed(self.base, {clause.id for clause in required}, layers)

    def _trial(self, ids: Ids) -> MeasuredCase:
        """Return what decides whether communities pass, with some projects built."""
        changes = self.listed.changes_of(ids - self.decided)
        facilities = [change for change in changes if isinstance(change, FacilityChange)]
        try:
            before = self._with_links_of(ids - self.decided)
        except ScenarioError:  # all changes together say all that is wrong
            return changed(self._judged, changes, file=self.listed.file)
        return changed(before, facilities, file=self.listed.file)

    def _with_links_of(self, ids: Ids) -> MeasuredCase:
        """Return a trial with the links of some projects alone: they take long, and many sets have the same."""
        order = [project_id for project_id in self.listed.with_required(ids) if project_id in ids]
        drawn = [
            (project_id, change)
            for project_id in order
            for change in self.listed.by_id[project_id].changes
            if isinstance(change, LinkChange)
        ]
        if not drawn:
            return self._judged
        key = tuple(project_id for project_id, _ in drawn)
        if key not in self._on_streets:
            trial = changed(self._judged, [change for _, change in drawn], file=self.listed.file)
            self._on_streets[key] = trial
            if len(self._on_streets) > _KEPT_STREETS:
                del self._on_streets[next(iter(self._on_streets))]
        return self._on_streets[key]

    def outcome(self, ids: Ids) -> Outcome:
        """Return what a trial of some projects measures; no set is measured twice."""
        if ids not in self._known:
            if self.watcher is not None and self.watcher.wants(ids):
                measurement = self.measured(ids)
                self.watcher.watch(ids, measurement)
            else:
                measurement = self._trial(ids)
            self._known[ids] = self.outcome_of(measurement)
        return self._known[ids]

    def outcome_of(self, measurement: MeasuredCase) -> Outcome:
        """Return the part of a measurement that verdicts depend on."""
        points, case = self.points, measurement.case
        within = [measurement.seconds[clause.id, VERDICT] <= case.limit_s(clause) for clause in self.reach_clauses]
        reached = np.array(within, dtype=bool).reshape(len(self.reach_clauses), len(case.samples.demand))
        communities = case.inputs.communities
        counts = np.zeros((len(self.count_clauses), len(communities)))
        for row, clause in enumerate(self.count_clauses):
            table = case.inputs.layers[str(clause.layer)]
            counts[row] = count_inside(table[kind_mask(table, clause.kind)], communities).to_numpy()
        return Outcome(reached[points.clause, points.demand], counts, measurement.passed)

    def cost(self, ids: Iterable[str]) -> float:
        """Return what some projects cost together, in the unit of the list."""
        return float(sum(self.listed.by_id[project_id].cost for project_id in ids))

    def required_weight(self) -> FloatArray:
        """Return the weight that each community needs in reach for each reach clause (clauses × communities)."""
        need = [score.least(clause.need, strict=clause.strict) for clause in self.reach_clauses]
        return np.asarray(self.sum_by_clause(self.points.weight) * np.array(need).reshape(-1, 1))

    def sum_by_clause(self, weight: FloatArray) -> FloatArray:
        """Sum weights of the points for each reach clause and community (clauses × communities)."""
        points, size = self.points, (len(self.reach_clauses), self.n_communities)
        key = points.clause * self.n_communities + points.community
        return np.asarray(np.bincount(key, weights=weight, minlength=size[0] * size[1]).reshape(size))

    @property
    def judged(self) -> BoolArray:
        """Which communities have a verdict (communities)."""
        return np.asarray(self.lived_in & self.assessed.any(axis=0))

    @property
    def n_communities(self) -> int:
        """How many communities there are."""
        return len(self.now.case.samples.codes)

    def passing(self, reached: BoolArray, counts: FloatArray) -> BoolArray:
        """Return which communities pass with some points in reach and some counts of places (communities)."""
        have = self.sum_by_clause(self.points.weight * reached)
        need = np.array([clause.need for clause in self.count_clauses]).reshape(-1, 1)
        met = np.vstack([have >= self.required_weight() - TINY, counts >= need])
        return score.community_passes(met, self.assessed, self.lived_in)


def _points(case: Case, clauses: list[Clause]) -> Points:
    samples, rows = case.samples, []
    for nth, clause in enumerate(clauses):
        weight = case.weight(clause)
        demand = np.flatnonzero((weight > 0) & (samples.demand_owner >= 0))
        rows.append((np.full(len(demand), nth), demand, samples.demand_owner[demand], weight[demand]))
    parts = zip(*rows, strict=True) if rows else [[np.empty(0, dtype=np.int64)]] * 3 + [[np.empty(0)]]
    return Points(*(np.concatenate(list(part)) for part in parts))
