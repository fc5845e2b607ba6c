"""The clauses of communities: what each finds in every community, at each pace and on level land."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from cfgeo.assess import score
from cfgeo.assess.case import Case
from cfgeo.assess.coverage import Walk, cover, share_in_reach
from cfgeo.assess.measures.counted import clause_places, presence
from cfgeo.assess.services import ServicesInReach, is_near, services_of
from cfgeo.assess.units import (
    judged_units,
    measure_units,
    units_of,
)
from cfgeo.core.results import COVERAGE_COLUMNS
from cfgeo.core.schema import (
    NOT_ASSESSED,
    BoolArray,
)
from cfgeo.network.walkers import PACES
from cfgeo.study.standard import Clause

ON_THE_LEVEL = "verdict_level"
"""Column of the verdict on the same streets if the land were level."""
VERDICT_COLUMNS = (*PACES, ON_THE_LEVEL)


def coverage_table(case: Case) -> pd.DataFrame:
    """Return every community × every community clause, with ``COVERAGE_COLUMNS``."""
    clauses = case.standard.of_scope("community")
    return pd.concat([clause_coverage(case, clause) for clause in clauses], ignore_index=True)


def clause_coverage(case: Case, clause: Clause) -> pd.DataFrame:
    """Return one clause's rows of :func:`coverage_table` (index ``code``)."""
    codes = case.samples.codes
    found: dict[str, Any] = dict.fromkeys((*PACES, ON_THE_LEVEL), NOT_ASSESSED)
    facilities = clause_places(clause, case.inputs.layers)
    most = pd.Series(np.nan, index=codes)
    if facilities is not None:
        found["places"], most = presence(clause, facilities, case.inputs.communities)
    if clause.measure == "all_reach":
        found |= _all_reach(case, clause)
    elif clause.measure not in ("reach", "present"):
        found |= _measured(case, clause)
    elif clause.measure == "reach" and facilities is not None:
        found |= _reach(case, clause)
    elif facilities is not None:
        found |= dict.fromkeys(VERDICT_COLUMNS, judge_presence(clause, found["places"], most))
    named = {"code": codes, "clause": clause.id, "measure": clause.measure, "basis": case.inputs.demand_basis}
    columns = dict.fromkeys(COVERAGE_COLUMNS, np.nan) | found | named | {"need": float(clause.need)}
    return pd.DataFrame(columns, index=codes).astype({"clause": "str", "code": "str"})


def judge_presence(clause: Clause, least: pd.Series, most: pd.Series) -> pd.Series:
    """Return the verdict of each area: not assessed where it hangs on whether a place counts.

    Parameters
    ----------
    clause
        What is asked.
    least, most
        What :func:`cfgeo.assess.measures.counted.presence` gives.
    """
    worst, best = (score.judge(number.astype(float), clause.need) for number in (least, most))
    return worst.where(worst == best, NOT_ASSESSED)


def _reach(case: Case, clause: Clause) -> dict[str, pd.Series]:
    """Return the columns of a reach clause (index ``code``)."""
    weight, limit_s, walk = case.weight(clause), case.limit_s(clause), case.walk(clause)
    places = case.places(clause, walk)
    table = cover(case.samples, walk, places, weight, limit_s=limit_s, search_s=case.search_s(clause))
    columns: dict[str, pd.Series] = {str(name): table[name] for name in table.columns}
    if case.inputs.demand_basis == "children":
        columns["children"] = table["demand"]

    def share_of(other: Walk) -> pd.Series:
        return share_in_reach(case.samples, other, case.places(clause, other), weight, limit_s=limit_s)

    columns["share_level"] = share_of(case.level_walk(clause))
    shares = {column: share_of(case.walk(clause, pace)) for column, pace in PACES.items() if pace != 1.0}
    shares |= {"verdict": table["share"], ON_THE_LEVEL: columns["share_level"]}
    for column, share in shares.items():
        columns[column] = score.judge(share, clause.need, strict=clause.strict)
    return columns


def _measured(case: Case, clause: Clause) -> dict[str, pd.Series]:
    """Return the columns of a clause that is measured on places or streets (index ``code``)."""
    units = units_of(case, "community")
    judged = judged_units(clause, measure_units(case, clause, units), units.ids)
    return {"value": judged["found"], **dict.fromkeys(VERDICT_COLUMNS, judged["verdict"])}


def _all_reach(case: Case, clause: Clause) -> dict[str, pd.Series]:
    """Return the columns of a clause that puts several services together (index ``code``)."""
    walks: dict[str, Callable[[Clause], Walk]] = {ON_THE_LEVEL: case.level_walk}
    walks |= {column: partial(case.walk, pace=pace) for column, pace in PACES.items()}
    columns: dict[str, pd.Series] = {}
    for column, walk in walks.items():
        services = services_of(case, clause, near=partial(_is_near, case, walk))
        share, verdicts = all_reach_verdicts(case, clause, services)
        columns[column] = verdicts
        if column in ("verdict", ON_THE_LEVEL):
            columns["share" if column == "verdict" else "share_level"] = share
    demand, *_ = services.all_reached(case.samples.demand_owner, n_areas=len(case.samples.codes))
    columns["demand"] = pd.Series(demand, index=case.samples.codes)
    if case.inputs.demand_basis == "children":
        columns["children"] = columns["demand"]
    return columns


def _is_near(case: Case, walk: Callable[[Clause], Walk], clause: Clause) -> BoolArray:
    return is_near(case, clause, walk(clause))


def all_reach_verdicts(case: Case, clause: Clause, services: ServicesInReach) -> tuple[pd.Series, pd.Series]:
    """Return the share of each community's children who have all of some services, and its verdict."""
    codes = case.samples.codes
    _, low, high = services.all_reached(case.samples.demand_owner, n_areas=len(codes))
    found, verdict = score.judge_intervals(clause, low, high)
    return pd.Series(found, index=codes), pd.Series(verdict, index=codes, dtype="str")
