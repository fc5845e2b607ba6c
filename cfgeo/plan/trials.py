"""Sets of projects, measured as if they stood: who is in reach then, what communities have, which of them pass."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from cfgeo.assess import score
from cfgeo.assess.case import Case
from cfgeo.assess.score import TOLERANCE
from cfgeo.core.projects import Projects
from cfgeo.core.scenario import Change
from cfgeo.core.schema import FAILED, PASSED, BoolArray, FloatArray, IntArray
from cfgeo.scenarios.remeasure import Measured, changed, measured
from cfgeo.scenarios.street_edits import Streets
from cfgeo.study.standard import Clause

VERDICT = "verdict"
_TINY = 1e-9

Ids = frozenset[str]
"""Projects that stand."""


@dataclass(frozen=True)
class Points:
    """Who has to be in reach: every demand point of some weight inside a community, once for each required clause.

    Attributes
    ----------
    clause : numpy.ndarray
        Position of its clause among those that ask for a walk (points).
    demand : numpy.ndarray
        The demand point (points).
    community : numpy.ndarray
        Position of its community (points).
    weight : numpy.ndarray
    """

    clause: IntArray
    demand: IntArray
    community: IntArray
    weight: FloatArray


@dataclass(frozen=True)
class Outcome:
    """What was measured with some projects built.

    Attributes
    ----------
    reached : numpy.ndarray
        Whether each of the points is within its clause's limit (points).
    counts : numpy.ndarray
        How many places each community has for each clause that counts them (clauses × communities).
    passed : numpy.ndarray
        Which communities pass (communities).
    """

    reached: BoolArray
    counts: FloatArray
    passed: BoolArray


class Trials:
    """Measures sets of projects, each set once.

    Parameters
    ----------
    case
        The study.
    streets
        What its network is cut from.
    listed
        The projects; shapes in the case's metric CRS. Those that are decided always stand.
    """

    def __init__(self, case: Case, streets: Streets, listed: Projects) -> None:
        self.listed = listed
        self.decided = frozenset(project.id for project in listed.projects if project.decided)
        self.now = measured(case, streets=streets, columns=(VERDICT,), beyond=False)
        self._base: Measured | None = None
        asked = [clause for clause in case.standard.of_scope("community") if clause.required]
        declared = [clause for clause in asked if clause.layer in case.inputs.layers]
        self.walked: list[Clause] = [clause for clause in declared if clause.measure == "reach"]
        self.counted: list[Clause] = [clause for clause in declared if clause.measure != "reach"]
        self.points = _points(case, self.walked)
        verdicts = [self.now.verdicts[clause.id, VERDICT] for clause in (*self.walked, *self.counted)]
        ground, inside = case.ground, case.ground.demand_owner >= 0
        weight = ground.demand["weight"].to_numpy()[inside]
        lived_in = np.bincount(ground.demand_owner[inside], weights=weight, minlength=self.n_communities) > 0
        self.judged = lived_in & np.isin(verdicts, [PASSED, FAILED]).any(axis=0)
        self._known: dict[Ids, Outcome] = {}

    def standing(self, ids: Iterable[str]) -> Ids:
        """Return what stands where some projects are built: with what they require, and what is decided."""
        return frozenset(self.listed.with_required({*ids, *self.decided}))

    def can_stand(self, one: str) -> bool:
        """Say whether a project, with what it requires, can stand beside what is decided."""
        return self.agree(self.standing([one]))

    def agree(self, ids: Ids) -> bool:
        """Say whether no project of a set shuts out another."""
        return not any(ids & set(self.listed.by_id[each].excludes) for each in ids)

    def changes_of(self, ids: Iterable[str]) -> tuple[Change, ...]:
        """Return what some projects change, what is decided first."""
        return (*self.listed.changes_of(self.decided), *self.listed.changes_of(set(ids) - self.decided))

    @property
    def base(self) -> Measured:
        """The study with what is decided.

        Raises
        ------
        ScenarioError
            It cannot be built.
        """
        if self._base is None:
            self._base = changed(self.now, self.changes_of(()), file=self.listed.file)
        return self._base

    def measured(self, ids: Iterable[str]) -> Measured:
        """Return the study with some projects beside what is decided.

        Raises
        ------
        ScenarioError
            One of them cannot be built.
        """
        return changed(self.base, self.listed.changes_of(set(ids) - self.decided), file=self.listed.file)

    def outcome(self, ids: Ids) -> Outcome:
        """Return what was measured with some projects; nothing is measured twice."""
        if ids not in self._known:
            self._known[ids] = self.outcome_of(self.measured(ids))
        return self._known[ids]

    def outcome_of(self, found: Measured) -> Outcome:
        """Return what counts of a case that was measured."""
        points, case = self.points, found.case
        within = [found.seconds[clause.id, VERDICT] <= case.limit_s(clause) for clause in self.walked]
        reached = np.array(within, dtype=bool).reshape(len(self.walked), len(case.ground.demand))
        communities = case.inputs.communities
        counts = np.zeros((len(self.counted), len(communities)))
        for row, clause in enumerate(self.counted):
            table = case.inputs.layers[str(clause.layer)]
            counts[row] = score.count_inside(table[score.kind_mask(table, clause.kind)], communities).to_numpy()
        return Outcome(reached[points.clause, points.demand], counts, found.passed)

    def costs(self, ids: Iterable[str]) -> float:
        """Return what some projects cost together."""
        return float(sum(self.listed.by_id[one].cost for one in ids))

    def asked(self) -> FloatArray:
        """Return the weight that each community has to have in reach of each clause (clauses × communities)."""
        need = [clause.need + (TOLERANCE if clause.strict else -TOLERANCE) for clause in self.walked]
        return np.asarray(self.by_clause(self.points.weight) * np.array(need).reshape(-1, 1))

    def by_clause(self, weight: FloatArray) -> FloatArray:
        """Add weights of the points up (clauses × communities)."""
        points, size = self.points, (len(self.walked), self.n_communities)
        key = points.clause * self.n_communities + points.community
        return np.asarray(np.bincount(key, weights=weight, minlength=size[0] * size[1]).reshape(size))

    @property
    def n_communities(self) -> int:
        """How many communities there are."""
        return len(self.now.case.ground.codes)

    def passing(self, reached: BoolArray, counts: FloatArray) -> BoolArray:
        """Return which communities pass if so many points are in reach and they have so many places (communities)."""
        have = self.by_clause(self.points.weight * reached)
        need = np.array([clause.need for clause in self.counted]).reshape(-1, 1)
        met = (have >= self.asked() - _TINY).all(axis=0) & (counts >= need).all(axis=0)
        return np.asarray(met & self.judged)


def _points(case: Case, clauses: list[Clause]) -> Points:
    ground, rows = case.ground, []
    for nth, clause in enumerate(clauses):
        weight = case.weight(clause)
        some = np.flatnonzero((weight > 0) & (ground.demand_owner >= 0))
        rows.append((np.full(len(some), nth), some, ground.demand_owner[some], weight[some]))
    parts = zip(*rows, strict=True) if rows else [[np.empty(0, dtype=np.int64)]] * 3 + [[np.empty(0)]]
    return Points(*(np.concatenate(list(part)) for part in parts))
