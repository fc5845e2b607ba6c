"""The values of clauses with some projects built, as a run would find them, and the parts that they are made of."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from cfgeo.assess.case import Case
from cfgeo.assess.measures.counted import clause_places, count_inside
from cfgeo.assess.units import OF_PLACES, measure_units, units_of
from cfgeo.assess.verdicts import judge_clauses
from cfgeo.core.results import MET
from cfgeo.core.schema import FloatArray
from cfgeo.plan.trials import VERDICT
from cfgeo.scenarios.remeasure import MeasuredCase, touches
from cfgeo.study.standard import Clause

VALUE_COLUMNS = ("scope", "found", "verdict", "passed")


def clause_values(measurement: MeasuredCase, clauses: Sequence[Clause]) -> pd.DataFrame:
    """Return ``VALUE_COLUMNS`` of some clauses (index ``clause``), as ``Results.clauses`` has them.

    Where values are missing, ``found`` is the least that the clause can come to.

    Parameters
    ----------
    measurement
        The study with projects built.
    clauses
        Those that are wanted.
    """
    case = measurement.case
    # A clause that puts others together needs these; verdicts of communities are known already.
    needed = {clause.id for clause in clauses}
    wholes = [clause for clause in clauses if clause.measure == "all_reach" and clause.scope != "community"]
    needed |= {other.id for clause in wholes for other in case.standard.services(clause)}
    every = tuple(clause for clause in case.standard.clause if clause.id in needed)
    standard = case.standard.model_copy(update={"clause": every})
    parts = [_coverage(measurement, clause) for clause in every if (clause.id, VERDICT) in measurement.verdicts]
    coverage = pd.concat(parts) if parts else pd.DataFrame({"code": [], "clause": [], "verdict": []})
    table, _ = judge_clauses(replace(case, standard=standard), coverage)
    table = table.assign(found=table["found_low"]).reindex(columns=list(VALUE_COLUMNS))
    return table.loc[[clause.id for clause in clauses]]


def _coverage(measurement: MeasuredCase, clause: Clause) -> pd.DataFrame:
    """Return what judging reads of a clause's coverage: the places only where a community without any is not judged."""
    case = measurement.case
    places = clause_places(clause, case.inputs.layers) if clause.measure in OF_PLACES else None
    return pd.DataFrame(
        {
            "code": case.samples.codes,
            "clause": clause.id,
            "verdict": measurement.verdicts[clause.id, VERDICT],
            "demand": np.where(case.samples.lived_in, 1.0, np.nan),
            "places": np.nan if places is None else count_inside(places, case.inputs.communities).to_numpy(),
        }
    )


def is_touched(base: MeasuredCase, changed: MeasuredCase, clause: Clause) -> bool:
    """Return whether what differs between two measurements can change a clause: its layers, or walks that it asks."""
    before, after = base.case, changed.case
    if clause.measure == "reach" and clause.scope != "community" and _same_walks(base, changed, clause):
        return False
    if clause.measure in ("school_routes", "length_share") and before.inputs.network is not after.inputs.network:
        return True
    layers = before.inputs.layers, after.inputs.layers
    others = [*clause.more_layers, *([] if clause.near_layer is None else [clause.near_layer])]
    if any(layers[0].get(name) is not layers[1].get(name) for name in others):
        return True
    return touches(before, after, clause) and not _same_places(before, after, clause)


def _same_walks(base: MeasuredCase, changed: MeasuredCase, clause: Clause) -> bool:
    """Return whether a clause of communities with the same walks shows that none within the limit has changed."""
    case, limit_s = base.case, base.case.limit_s(clause)
    facts = (clause.layer, clause.kind, clause.walker)
    for other in case.reach_clauses:
        if (other.layer, other.kind, other.walker) == facts and case.limit_s(other) >= limit_s:
            within, now = (side.seconds[other.id, VERDICT] <= limit_s for side in (base, changed))
            return bool(np.array_equal(within, now))
    return False


def _same_places(before: Case, after: Case, clause: Clause) -> bool:
    """Return whether a clause that reads one layer counts the same places in two cases, as of another kind's change."""
    if clause.measure == "all_reach" or before.inputs.network is not after.inputs.network:
        return False
    was, now = (clause_places(clause, case.inputs.layers) for case in (before, after))
    return was is not None and now is not None and was.equals(now)


def unit_values(clause: Clause, case: Case) -> FloatArray:
    """Return the least that a clause can come to in each unit of its scope; NaN where nothing is known (units)."""
    return np.array([value.low for value in measure_units(case, clause, units_of(case, clause.scope))], dtype=float)


def share_parts(clause: Clause, case: Case) -> FloatArray:
    """Return what of the district's places, or of their weight, has what a clause asks, and all of it (2).

    What is not known counts as missing what is asked.
    """
    (value,) = measure_units(case, clause, units_of(case, "district"))
    if np.isnan(value.low):
        return np.full(2, np.nan)
    met = (value.answers["status"] == MET).to_numpy(dtype=bool)
    weight = np.ones(len(met))
    if clause.weigh_by is not None:
        table = case.inputs.layers[str(clause.layer)]
        weight = table.loc[value.answers.index, clause.weigh_by].to_numpy(dtype=float)
    return np.array([np.nansum(weight[met]), np.nansum(weight)])
