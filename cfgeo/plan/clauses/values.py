"""The values of clauses with some projects built, as a run would find them, and the parts that they are made of."""

from collections.abc import Sequence
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd

from cfgeo.assess.case import Case
from cfgeo.assess.measures.counted import clause_places, count_inside
from cfgeo.assess.measures.district import measure
from cfgeo.assess.verdicts import district_of, judge_clauses
from cfgeo.core.results import MET
from cfgeo.core.schema import FloatArray
from cfgeo.plan.trials import VERDICT
from cfgeo.scenarios.remeasure import Measured, touches
from cfgeo.study.standard import Clause

VALUE_COLUMNS = ("scope", "found", "verdict", "passed")


def clause_values(measurement: Measured, clauses: Sequence[Clause], offices: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return ``VALUE_COLUMNS`` of some clauses (index ``clause``), as ``Results.clauses`` has them.

    Where values are missing, ``found`` is the least that the clause can come to.

    Parameters
    ----------
    measurement
        The study with projects built.
    clauses
        Those that are wanted.
    offices
        Street offices, as ``Results.street_offices``.
    """
    case, walked = measurement.case, measurement.verdicts
    parts = [
        pd.DataFrame({"code": case.samples.codes, "clause": clause.id, "verdict": walked[clause.id, VERDICT]})
        for clause in clauses
        if (clause.id, VERDICT) in walked
    ]
    coverage = pd.concat(parts) if parts else pd.DataFrame({"code": [], "clause": [], "verdict": []})
    standard = case.standard.model_copy(update={"clause": tuple(clauses)})
    area = district_of(case)
    values = {clause.id: measure(clause, area) for clause in clauses if clause.scope == "district"}
    table, _ = judge_clauses(replace(case, standard=standard), coverage, offices, values)
    return table.assign(found=table["found_low"]).reindex(columns=list(VALUE_COLUMNS))


def is_touched(before: Case, after: Case, clause: Clause) -> bool:
    """Return whether what differs between two cases can change a clause: its layers, or the streets that it asks."""
    walked = clause.measure == "connected" and before.inputs.network is not after.inputs.network
    return walked or touches(before, after, clause)


def unit_counts(clause: Clause, case: Case, offices: gpd.GeoDataFrame) -> FloatArray:
    """Return how many places each community or street office has for a clause (units)."""
    places = clause_places(clause, case.inputs.layers)
    units = case.inputs.communities if clause.scope == "community" else offices
    return np.asarray(np.zeros(len(units)) if places is None else count_inside(places, units).to_numpy())


def district_value(clause: Clause, case: Case) -> float:
    """Return the least that a clause of the district can come to; NaN where the data does not carry it."""
    return measure(clause, district_of(case)).low


def share_parts(clause: Clause, case: Case) -> FloatArray:
    """Return what of the places, or of their capacity, has what a clause asks, and all of it (2).

    What is not known counts as missing what is asked.
    """
    value = measure(clause, district_of(case))
    if np.isnan(value.low):
        return np.full(2, np.nan)
    met = (value.answers["status"] == MET).to_numpy(dtype=bool)
    weight = np.ones(len(met))
    if clause.weigh_by_capacity:
        table = case.inputs.layers[str(clause.layer)]
        weight = table.loc[value.answers.index, "capacity"].to_numpy(dtype=float)
    return np.array([np.nansum(weight[met]), np.nansum(weight)])
