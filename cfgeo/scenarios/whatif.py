"""A study before and after changes, side by side."""

import time
from collections.abc import Sequence
from dataclasses import asdict
from itertools import product
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cfgeo.assess.case import Case
from cfgeo.assess.measures.communities import clause_coverage
from cfgeo.assess.verdicts import judge_case
from cfgeo.core.results import Verdicts
from cfgeo.core.scenario import Change, LinkChange, Scenario, raise_faults
from cfgeo.core.schema import NOT_ASSESSED, PASSED, SECONDS_PER_MINUTE, BoolArray, FloatArray
from cfgeo.core.whatif import JUNCTION_COLUMNS, WHATIF_COLUMNS, WhatIf
from cfgeo.scenarios.change_areas import ways_meant
from cfgeo.scenarios.decided import decided_already, decided_faults
from cfgeo.scenarios.idle import idle_changes
from cfgeo.scenarios.remeasure import MeasuredCase, changed, impossible, measured, touches
from cfgeo.scenarios.street_edits import Streets
from cfgeo.study.standard import Clause


def what_if(
    case: Case, scenario: Scenario, *, streets: Streets | None = None, parameters: dict[str, Any] | None = None
) -> WhatIf:
    """Judge a case before and after changes.

    Parameters
    ----------
    case
        A study as it is.
    scenario
        What changes.
    streets
        The streets that its network is cut from, where links are changed.
    parameters
        Every choice that the case rests on, to be published.

    Raises
    ------
    ScenarioError
        A change cannot be made, or is decided already; the message names all of them.
    """
    changes = scenario.in_crs(case.inputs.crs)
    again = decided_already(case, changes)
    if scenario.faults or again:
        asked = MeasuredCase(case, {}, {}, streets=streets)
        others = [change for change in changes if not any(change is known for known, _ in again)]
        raise_faults([*scenario.faults, *decided_faults(again), *impossible(asked, others)], scenario.file)
    begun = time.perf_counter()
    before = measured(case, streets=streets)
    middle = time.perf_counter()
    after = changed(before, changes, file=scenario.file)
    seconds = {"whole": middle - begun, "again": time.perf_counter() - middle}
    was = judge_case(case)
    now = judge_again(after.case, before=case, verdicts=was)
    communities = _communities(was, now)
    coverage = _coverage(before, after, was, now)
    return WhatIf(
        before=was,
        after=now,
        communities=communities,
        coverage=coverage,
        clauses=_clauses(case.standard.of_scope("community"), coverage),
        scenario=scenario,
        junctions=pd.DataFrame([asdict(junction) for junction in after.junctions], columns=list(JUNCTION_COLUMNS)),
        streets=_streets(changes, before.case, after.case),
        inputs=after.case.inputs,
        parameters=parameters or {},
        seconds=seconds,
        remarks=idle_changes(before, after, changes),
    )


def _streets(changes: Sequence[Change], *cases: Case) -> gpd.GeoDataFrame:
    """Return the existing streets that changes are about: before, or after where a change opens them."""
    rows: dict[int, dict[str, Any]] = {}
    links = [change for change in changes if isinstance(change, LinkChange) and change.action != "add"]
    for change, case in product(links, cases):
        edges = case.inputs.network.edges
        own = edges[ways_meant(edges, change)]
        if len(own) and change.nth not in rows:
            name = str(own["name"].iloc[0] or "")
            rows[change.nth] = {"name": name, "geometry": shapely.multilinestrings(own.geometry.to_numpy())}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["name", "geometry"]).rename_axis("nth")
    return gpd.GeoDataFrame(table, geometry="geometry", crs=cases[0].inputs.crs)


def judge_again(case: Case, *, before: Case, verdicts: Verdicts) -> Verdicts:
    """Judge a case after changes; the coverage of clauses that they do not touch is taken from before.

    Parameters
    ----------
    case
        What is judged.
    before, verdicts
        The case before the changes, and what :func:`cfgeo.assess.verdicts.judge_case` gave for it.
    """
    known = verdicts.coverage
    parts = [
        clause_coverage(case, clause) if touches(before, case, clause) else known[known["clause"] == clause.id]
        for clause in case.standard.of_scope("community")
    ]
    return judge_case(case, pd.concat(parts, ignore_index=True))


def _communities(was: Verdicts, now: Verdicts) -> gpd.GeoDataFrame:
    """Return the communities with their verdicts before and after."""
    table = now.communities[["community", "street_office", "demand", "geometry"]]
    before, after = was.communities["verdict"], now.communities["verdict"]
    failed = now.communities["failed"].reindex(table.index)
    table = table.assign(
        before=before,
        after=after,
        change=_change(before, after),
        missing=failed,
        missing_before=was.communities["failed"],
    )
    return gpd.GeoDataFrame(table)


def _change(before: pd.Series, after: pd.Series) -> Any:
    gained, lost = (before != PASSED) & (after == PASSED), (before == PASSED) & (after != PASSED)
    return np.select([gained, lost], ["gained", "lost"], "")


def _coverage(before: MeasuredCase, after: MeasuredCase, was: Verdicts, now: Verdicts) -> pd.DataFrame:
    """Return every community × every community clause before and after, with ``WHATIF_COLUMNS``."""
    keys = ["code", "clause"]
    kept = ["verdict", "share", "median_minutes", "places"]
    first, second = (side.coverage.set_index(keys)[kept] for side in (was, now))
    table = first.add_suffix("_before").join(second.add_suffix("_after")).reset_index()
    table["change"] = _change(table["verdict_before"], table["verdict_after"])
    parts = [_children(before, after, clause) for clause in after.case.reach_clauses]
    if parts:
        table = table.merge(pd.concat(parts), on=keys, how="left")
    return table.reindex(columns=list(WHATIF_COLUMNS))


def _children(before: MeasuredCase, after: MeasuredCase, clause: Clause) -> pd.DataFrame:
    """Return the demand that a clause gains and loses in each community, and the minutes that its walks save."""
    case = after.case
    limit_s, search_s = case.limit_s(clause), case.search_s(clause)
    before_s, after_s = (np.minimum(side.seconds[clause.id, "verdict"], search_s) for side in (before, after))

    def total(side: MeasuredCase, values: FloatArray | BoolArray) -> FloatArray:
        return side.case.samples.by_community(side.case.weight(clause) * values)

    if before.case.samples.demand is case.samples.demand:
        gained = total(after, (before_s > limit_s) & (after_s <= limit_s))
        lost = total(after, (before_s <= limit_s) & (after_s > limit_s))
    else:  # homes are taken from streets, so new streets bring new homes: only sums can be compared
        more = total(after, after_s <= limit_s) - total(before, before_s <= limit_s)
        gained, lost = np.maximum(more, 0), np.maximum(-more, 0)
    saved = (total(before, before_s) - total(after, after_s)) / SECONDS_PER_MINUTE
    columns = {"code": case.samples.codes, "clause": clause.id, "gained": gained, "lost": lost, "minutes_saved": saved}
    return pd.DataFrame(columns)


def _clauses(clauses: Sequence[Clause], coverage: pd.DataFrame) -> pd.DataFrame:
    """Return for each community clause how many communities it gains and loses, and how much demand."""
    rows = []
    for clause in clauses:
        part = coverage[coverage["clause"] == clause.id]
        if (part["verdict_after"] == NOT_ASSESSED).all():
            continue
        counts = {f"passed_{side}": int((part[f"verdict_{side}"] == PASSED).sum()) for side in ("before", "after")}
        counts |= {f"communities_{change}": int((part["change"] == change).sum()) for change in ("gained", "lost")}
        sums = {name: float(part[name].sum()) for name in ("gained", "lost", "minutes_saved")}
        rows.append({"clause": clause.id, "measure": clause.measure, **counts, **sums})
    columns = ["clause", "measure", "passed_before", "passed_after", "communities_gained", "communities_lost"]
    return pd.DataFrame(rows, columns=[*columns, "gained", "lost", "minutes_saved"]).set_index("clause")
