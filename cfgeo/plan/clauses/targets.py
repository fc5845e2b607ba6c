"""Targets of clauses → goals of a model: what each project adds to them, as measured alone."""

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from cfgeo.assess import score
from cfgeo.assess.case import Case
from cfgeo.core.errors import StudyError
from cfgeo.core.plan import STREET_BLOCKS, PlanChoices
from cfgeo.core.schema import TOLERANCE, FloatArray
from cfgeo.plan.clauses.values import share_parts, unit_values
from cfgeo.plan.optimise.sums import Goal
from cfgeo.plan.trials import Ids, Trials
from cfgeo.study.standard import Clause, Standard

_NUMBERS = frozenset(("count", "rate", "reported"))
"""Measures of the district whose values are no shares."""
_SUMS = frozenset(("present", "count", "rate"))
_RATIOS = frozenset(("facility_share", "near"))
_LITTLE = ("at_most", "less_than")
_MARGIN = 1e-5
"""By so much at least a need has to be exceeded that shall be: less than any place or child, more than rounding."""


@dataclass(frozen=True)
class Target:
    """What a clause shall come to.

    Attributes
    ----------
    clause : Clause
    asked : float
        A share of the communities or street offices, or a number in the unit of the measure.
    weight : float
    """

    clause: Clause
    asked: float
    weight: float

    @property
    def walked(self) -> bool:
        """Whether it asks for walks of communities, which a portfolio models."""
        return self.clause.measure == "reach" and self.clause.scope == "community"

    @property
    def sign(self) -> float:
        """-1 where less is better."""
        return -1.0 if self.clause.compare in _LITTLE else 1.0

    @property
    def provable(self) -> bool:
        """Whether projects never do more together than the model promises, so that it bounds them."""
        of_district = self.clause.scope == "district" and self.clause.measure in _RATIOS
        return self.sign > 0 and (self.walked or self.clause.measure in _SUMS or of_district)


def targets_of(standard: Standard, choices: PlanChoices) -> list[Target]:
    """Return the targets of clauses that a plan is asked for, in the order of the standard; not that of street blocks.

    A clause with a weight and no target has that of the standard.

    Raises
    ------
    StudyError
        There is no such clause, or its target or weight is no such number.
    """
    known = {clause.id: clause for clause in standard.clause}
    for name in (*choices.targets, *choices.weights):
        if name not in {*known, STREET_BLOCKS}:
            near = difflib.get_close_matches(name, [*known, STREET_BLOCKS], n=3, cutoff=0.4) or list(known)
            raise StudyError("plan_clause", clause=name, near=", ".join(near))
    targets = []
    for name, clause in known.items():
        if name not in {*choices.targets, *choices.weights}:
            continue
        of_units = clause.scope != "district"
        own = clause.need if not of_units else standard.target_share if clause.required else clause.target_share
        asked, weight = choices.targets.get(name, own), choices.weights.get(name, 1.0)
        most = np.inf if not of_units and clause.measure in _NUMBERS else 1.0
        if not 0 < asked <= most or not np.isfinite(asked):
            raise StudyError("plan_clause_value", clause=name, value=asked, most="1" if most == 1 else "∞")
        if not 0 < weight < np.inf:
            raise StudyError("plan_clause_weight", clause=name, value=weight)
        targets.append(Target(clause, asked, weight))
    return targets


def vectors_of(targets: list[Target]) -> dict[str, Callable[[Case], FloatArray]]:
    """Return for each target's clause what measures the numbers that add up over projects; none for walks."""

    def measured(target: Target) -> Callable[[Case], FloatArray]:
        clause = target.clause
        if clause.scope == "district" and clause.measure in _RATIOS:
            return partial(share_parts, clause)
        return lambda case: target.sign * unit_values(clause, case)

    return {target.clause.id: measured(target) for target in targets if not target.walked}


def goals_of(
    targets: list[Target], trials: Trials, ids: tuple[str, ...], vectors: Mapping[Ids, Mapping[str, FloatArray]]
) -> list[Goal]:
    """Return the goals of a model.

    Parameters
    ----------
    targets
        What is asked for. Those of walks are counted by a portfolio each, from the second on.
    trials
        The oracle.
    ids
        The projects of the model.
    vectors
        What :func:`vectors_of` measured for each set: of no project, and of each one with what it requires.

    Raises
    ------
    StudyError
        The data does not carry a clause, so that no plan can meet its target.
    """
    goals, block = list[Goal](), 0
    for target in targets:
        clause = target.clause
        if target.walked:
            block += 1
            count = score.communities_for(target.asked, of=trials.n_communities)
            goals.append(Goal(count, np.empty(0), np.zeros((0, len(ids))), block=block, weight=target.weight))
            continue
        base = vectors[trials.decided][clause.id]
        effect = _effects(trials, ids, clause.id, vectors)
        known = ~np.isnan(base)
        if not known.any():
            raise StudyError("plan_clause_open", clause=clause.id)
        goals.append(_goal(target, base[known], np.nan_to_num(effect[known])))
    return goals


def _effects(
    trials: Trials, ids: tuple[str, ...], clause: str, vectors: Mapping[Ids, Mapping[str, FloatArray]]
) -> FloatArray:
    """Return what each project adds beside what it requires (units × projects)."""
    base = vectors[trials.decided][clause]
    own: dict[str, FloatArray] = {}
    for project in trials.listed.with_required(ids):
        if project in trials.decided:
            continue
        built = trials.standing([project])
        required = [own[other] for other in built - trials.decided - {project}]
        own[project] = vectors[built][clause] - base - sum(required, np.zeros_like(base))
    return np.array([own[project] for project in ids], dtype=float).reshape(len(ids), len(base)).T


def _goal(target: Target, base: FloatArray, effect: FloatArray) -> Goal:
    """Return the goal of a clause that counts: units with enough, a share of two sums, or one sum."""
    clause, weight = target.clause, target.weight
    margin = _MARGIN if clause.compare in ("more_than", "less_than") else 0.0
    if clause.scope != "district":
        count, need = score.communities_for(target.asked, of=len(base)), target.sign * clause.need + margin
        short = count - float((base >= need - TOLERANCE).sum())
        return Goal(count, base, effect, need=need, scale=max(short, 1.0), weight=weight)
    if clause.measure in _RATIOS:  # what is good is a share of all: good − share × all ≥ 0
        form = target.sign * np.array([[1.0, -target.asked]])
        base, effect = form @ base, form @ effect
        return Goal(margin, base, effect, scale=max(-float(base.sum()), 1.0), weight=weight)
    asked = target.sign * target.asked + margin
    short = asked - float(base.sum())
    return Goal(asked, base, effect, scale=short if short > 0 else max(abs(asked), 1.0), weight=weight)


def reached(goal: Goal, target: Target, vector: FloatArray) -> float:
    """Return what a goal comes to by a measured vector."""
    if goal.counts_units:
        return float((vector >= goal.need - TOLERANCE).sum())
    if target.clause.measure in _RATIOS:
        return target.sign * float(vector[0] - target.asked * vector[1])
    return float(vector.sum())
