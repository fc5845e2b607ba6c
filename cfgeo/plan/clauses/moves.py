"""What each project moves: every clause of the standard with it, and what it requires, built alone."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from cfgeo.assess.case import Case
from cfgeo.core.plan import MOVE_COLUMNS
from cfgeo.core.scenario import FacilityChange, LinkChange
from cfgeo.core.schema import TOLERANCE, FloatArray
from cfgeo.core.strings import Lang, Message, Sentence
from cfgeo.files.vocabulary.words import Choices
from cfgeo.plan.clauses.values import VALUE_COLUMNS, clause_values, is_touched
from cfgeo.plan.trials import VERDICT, Ids, Trials
from cfgeo.scenarios.idle import idle_changes
from cfgeo.scenarios.remeasure import MeasuredCase
from cfgeo.study.standard import Clause


@dataclass
class Moves:
    """Keeps what each project moves, while it is measured alone.

    Attributes
    ----------
    trials : Trials
        The oracle; calls :meth:`watch` with each set that it measures.
    summed : Mapping of str to callable
        What measures the numbers of a clause that add up over projects, for targets.
    tables : dict
        The table of clauses (found, verdict, passed) for each set that was watched, and what changed for people:
        clause → demand newly in reach, less what is no longer.
    remarks : dict
        Why no clause can notice a project, where that is so.
    vectors : dict
        What ``summed`` measured, for each set that was watched.
    """

    trials: Trials
    summed: Mapping[str, Callable[[Case], FloatArray]] = field(default_factory=dict)
    tables: dict[Ids, pd.DataFrame] = field(default_factory=dict)
    remarks: dict[Ids, tuple[Message, ...]] = field(default_factory=dict)
    vectors: dict[Ids, dict[str, FloatArray]] = field(default_factory=dict)

    @cached_property
    def alone(self) -> set[Ids]:
        """The sets of a single project, what it requires and what is decided."""
        return {self.trials.standing([project.id]) for project in self.trials.listed.projects}

    def wants(self, ids: Ids) -> bool:
        """Whether all clauses have to be measured with a set, for :meth:`watch`."""
        return ids not in self.tables and (bool(self.summed) or ids in self.alone or not self.tables)

    def watch(self, ids: Ids, measurement: MeasuredCase) -> None:
        """Keep the values of all clauses with some projects built; only those that the projects touch are judged."""
        base = self.trials.base
        standard = base.case.standard
        if self.trials.decided not in self.tables:
            self.tables[self.trials.decided] = clause_values(base, standard.clause).assign(gained=0.0)
            self.vectors[self.trials.decided] = {name: of(base.case) for name, of in self.summed.items()}
        if ids in self.tables:
            return
        touched = [clause for clause in standard.clause if is_touched(base, measurement, clause)]
        names = {clause.id for clause in touched}
        known = self.vectors[self.trials.decided]
        self.vectors[ids] = {
            name: of(measurement.case) if name in names else known[name] for name, of in self.summed.items()
        }
        if ids not in self.alone:
            return
        table = self.tables[self.trials.decided]
        if touched:
            judged = clause_values(measurement, touched)
            table = pd.concat([table[list(VALUE_COLUMNS)].drop(index=judged.index), judged]).reindex(table.index)
        gained = {
            clause.id: gain for clause in base.case.reach_clauses if (gain := _gained(base, measurement, clause)) != 0
        }
        self.tables[ids] = table.assign(gained=pd.Series(gained, dtype=float).reindex(table.index).fillna(0.0))
        changes = self.trials.listed.changes_of(ids - self.trials.decided)
        self.remarks[ids] = idle_changes(base, measurement, changes)

    def table(self) -> pd.DataFrame:
        """Return what each project moves alone, with ``MOVE_COLUMNS``: only clauses that it moves."""
        known, rows = self.tables[self.trials.decided], []
        for project in self.trials.listed.projects:
            values = self.tables.get(self.trials.standing([project.id]))
            if project.id in self.trials.decided or values is None:
                continue
            before, after = known["found"].astype(float), values["found"].astype(float)
            moved = (after - before).abs() > TOLERANCE
            moved |= after.isna() != before.isna()
            moved |= values["gained"].abs() > TOLERANCE
            rows += [
                {
                    "project": project.id,
                    "clause": clause,
                    "before": before[clause],
                    "after": after[clause],
                    "units": _units(known.loc[clause], values.loc[clause]),
                    "gained": float(values.loc[clause, "gained"]),
                    "helps": _helps(before[clause], after[clause], float(values.loc[clause, "gained"])),
                }
                for clause in known.index[moved.to_numpy()]
            ]
        table = pd.DataFrame(rows, columns=["project", *MOVE_COLUMNS])
        return table.astype({"project": "str", "clause": "str", "helps": bool})


def _units(before: pd.Series, after: pd.Series) -> float:
    """Return how many more communities or street offices pass; NaN for a clause of the district."""
    return np.nan if before["scope"] == "district" else float(after["passed"] - before["passed"])


def _helps(before: float, after: float, gained: float) -> bool:
    return bool(after > before + TOLERANCE or (not after < before - TOLERANCE and gained > 0))


def _gained(base: MeasuredCase, after: MeasuredCase, clause: Clause) -> float:
    """Return the demand that a reach clause gains, less what it loses."""
    case, key = base.case, (clause.id, VERDICT)
    limit_s, weight = case.limit_s(clause), case.weight(clause)
    if base.seconds[key] is after.seconds[key]:
        return 0.0
    within = (after.seconds[key] <= limit_s).astype(float) - (base.seconds[key] <= limit_s)
    owned = case.samples.demand_owner >= 0
    return float((weight * within)[owned].sum())


def reasons(moves: Moves, left: Mapping[str, Message]) -> dict[str, Message]:
    """Return why each project that moves nothing does so (id → sentence).

    Parameters
    ----------
    moves
        What was measured.
    left
        Projects that were left out, with the reason.
    """
    why, table = dict(left), moves.table()
    trials, moving = moves.trials, set(table.loc[table["helps"], "project"])
    for project in trials.listed.projects:
        ids = trials.standing([project.id])
        if project.id in trials.decided or project.id in moving:
            continue
        if not trials.can_stand(project.id):
            why[project.id] = Sentence("plan.reason_decided")
        elif (table["project"] == project.id).any():
            worse = tuple(table.loc[table["project"] == project.id, "clause"])
            why[project.id] = Sentence("plan.reason_worse", clauses=_Titles(trials.now.case, worse))
        elif remarks := moves.remarks.get(ids, ()):
            why[project.id] = remarks[0]
        else:
            why[project.id] = _why(moves, ids)
    return why


def _why(moves: Moves, ids: Ids) -> Message:
    """Return why no value changes although a clause reads what is changed."""
    trials = moves.trials
    case, changes = trials.now.case, trials.listed.changes_of(ids - trials.decided)
    facilities = [change for change in changes if isinstance(change, FacilityChange)]
    if any(isinstance(change, LinkChange) for change in changes):
        return Sentence("plan.reason_way")
    layers = {change.layer for change in facilities}
    clauses = [clause for clause in case.standard.clause if layers & {clause.layer, clause.near_layer}]
    rates = [clause for clause in clauses if clause.measure == "rate"]
    if rates and not any("capacity" in change.attributes for change in facilities):
        return Sentence("plan.reason_capacity", layer=Choices("layer_names", tuple(sorted(layers))))
    area = case.inputs.communities.geometry
    shapes = [change.shape for change in facilities if change.shape is not None]
    if shapes and not any(area.intersects(shape).any() for shape in shapes):
        return Sentence("plan.reason_outside")
    return Sentence("plan.reason_met", clauses=_Titles(case, tuple(clause.id for clause in clauses)))


class _Titles(Message):
    """Names of clauses as a list."""

    def __init__(self, case: Case, clauses: Sequence[str]) -> None:
        self.clauses = [clause for clause in case.standard.clause if clause.id in clauses]

    def text(self, lang: Lang) -> str:
        """Return the list in ``lang``."""
        joined = "、" if lang == "zh" else ", "
        return joined.join(clause.name if lang == "zh" else clause.name_en for clause in self.clauses)
