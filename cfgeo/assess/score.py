"""The rules of judging: values and needs → verdicts of clauses, communities, street offices and the district."""

import math
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from cfgeo.assess.measures.values import ClauseValue
from cfgeo.core.schema import FAILED, NOT_ASSESSED, PASSED, TOLERANCE, BoolArray, FloatArray
from cfgeo.study.standard import Clause, Compare, Standard


def judge(values: pd.Series, need: float, *, strict: bool = False, compare: Compare | None = None) -> pd.Series:
    """Return a verdict for each value, on its index: missing values, or a missing need, are not assessed.

    Parameters
    ----------
    values
        Shares, counts, rates or figures.
    need
        What they are compared with, in the same unit.
    strict
        Whether the need must be exceeded, where ``compare`` does not say how to compare.
    compare
        How a value has to compare with the need.
    """
    how, found = compare or ("more_than" if strict else "at_least"), values.to_numpy(dtype=float)
    if how in ("at_most", "less_than"):
        enough = found < need - TOLERANCE if how == "less_than" else found <= need + TOLERANCE
    else:
        bound = least(need, strict=how == "more_than")
        enough = found > bound if how == "more_than" else found >= bound
    unknown = np.isnan(found) | math.isnan(need)
    verdict = np.where(unknown, NOT_ASSESSED, np.where(enough, PASSED, FAILED))
    return pd.Series(verdict, index=values.index, dtype="str")


def least(need: float, *, strict: bool = False) -> float:
    """Return the value from which a need is met: just short of it, or just past it where it must be exceeded."""
    return need + TOLERANCE if strict else need - TOLERANCE


def community_passes(met: BoolArray, assessed: BoolArray, has_demand: BoolArray) -> BoolArray:
    """Return whether each community passes: no required clause fails, and at least one is assessed.

    Where nobody lives, nothing is judged.

    Parameters
    ----------
    met, assessed
        Whether each required clause is met, and whether it could be assessed (clauses × communities).
    has_demand
        Whether children, or what stands for them, live there (communities).
    """
    return np.asarray((met | ~assessed).all(axis=0) & assessed.any(axis=0) & has_demand)


def community_verdicts(verdicts: pd.DataFrame, has_demand: pd.Series) -> pd.DataFrame:
    """Return the verdict of each community from those of its required clauses, by :func:`community_passes`.

    Parameters
    ----------
    verdicts
        Communities × required clauses.
    has_demand
        Whether children, or what stands for them, live there.

    Returns
    -------
    pandas.DataFrame
        On the same index: ``verdict``, ``judged`` (number of clauses assessed), ``failed`` (tuple of clause ids).
    """
    lived_in = has_demand.to_numpy(dtype=bool)
    met, assessed = ((verdicts == PASSED).to_numpy(dtype=bool), (verdicts != NOT_ASSESSED).to_numpy(dtype=bool))
    passes = community_passes(met.T, assessed.T, lived_in)
    failed = assessed & ~met & lived_in[:, None]
    clauses = verdicts.columns.to_numpy()
    columns = {
        "verdict": np.where(passes, PASSED, np.where(failed.any(axis=1), FAILED, NOT_ASSESSED)),
        "judged": assessed.sum(axis=1),
        "failed": [tuple(clauses[row]) for row in failed],
    }
    return pd.DataFrame(columns, index=verdicts.index)


def street_office_table(communities: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the street offices with their communities counted.

    Returns
    -------
    geopandas.GeoDataFrame
        Index ``street_office``; ``communities``, ``passed``, ``failed``, ``not_assessed``, ``marginal`` (numbers),
        ``share`` (of all communities that pass); polygons.
    """
    table = counted_by(communities, communities["street_office"])
    outline = communities[["street_office", "geometry"]].dissolve(by="street_office").geometry
    return gpd.GeoDataFrame(table, geometry=outline, crs=communities.crs)


def block_table(communities: gpd.GeoDataFrame, held: pd.Series, blocks: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the street blocks with their communities counted, as :func:`street_office_table` does.

    Parameters
    ----------
    communities
        With their verdicts.
    held
        The block that holds each community, on the index of ``communities``; "" for none.
    blocks
        Polygons, index ``block``; ``name``.
    """
    table = counted_by(communities, held).reindex(blocks.index)
    counts = [column for column in table.columns if column != "share"]
    table[counts] = table[counts].fillna(0).astype(int)
    table.insert(0, "name", blocks["name"])
    return gpd.GeoDataFrame(table, geometry=blocks.geometry, crs=communities.crs).rename_axis("block")


def counted_by(communities: pd.DataFrame, unit: pd.Series | list[pd.Series]) -> pd.DataFrame:
    """Return how many communities of each unit pass, fail, are open and are marginal, and the share that passes."""
    flags = pd.get_dummies(communities["verdict"]).reindex(columns=[PASSED, FAILED, NOT_ASSESSED], fill_value=False)
    table = flags.assign(marginal=communities["marginal"]).groupby(unit).sum().astype(int)
    size = communities.groupby(unit).size()
    table.insert(0, "communities", size)
    table["share"] = table[PASSED] / size
    return table


def communities_for(share: float, *, of: int) -> int:
    """Return how many communities have to pass for a share of all of them: 56 of 79 for 70 %."""
    return math.ceil(share * of - TOLERANCE)


def tally(verdicts: pd.Series, target: float) -> dict[str, Any]:
    """Return how many units pass, fail and are open, and whether enough of all pass: "70 %" is judged here.

    Parameters
    ----------
    verdicts
        Of all units, assessed or not.
    target
        The share of them that has to pass, 0–1.
    """
    count, passed = len(verdicts), int((verdicts == PASSED).sum())
    wanted = communities_for(target, of=count)
    return {
        "passed": passed,
        "failed": int((verdicts == FAILED).sum()),
        "not_assessed": int((verdicts == NOT_ASSESSED).sum()),
        "share": passed / count,
        "target": target,
        "met": passed >= wanted,
        "needed": max(wanted - passed, 0),
    }


def district_headline(communities: gpd.GeoDataFrame, clauses: pd.DataFrame, standard: Standard) -> dict[str, Any]:
    """Return the numbers of ``Results.district``; the share is of all communities, assessed or not."""
    judged = clauses["verdict"] != NOT_ASSESSED
    return {
        "communities": len(communities),
        **tally(communities["verdict"], standard.target_share),
        "marginal": int(communities["marginal"].sum()),
        "clauses_judged": int(judged.sum()),
        "clauses_total": len(clauses),
        "required_judged": int((judged & clauses["required"]).sum()),
        "required_total": int(clauses["required"].sum()),
    }


def block_headline(blocks: gpd.GeoDataFrame, district: dict[str, Any], standard: Standard) -> dict[str, Any]:
    """Return the numbers of the street blocks for ``Results.district``, and those of blocks and communities together.

    The verdict of the blocks is one of its own: that blocks and communities are counted together changes neither.
    """
    own = tally(blocks["verdict"], standard.target_share)
    units, together = len(blocks) + int(district["communities"]), own["passed"] + int(district["passed"])
    both = {"units": units, "passed": together, "share": together / units}
    return {"blocks": len(blocks), **own, "together": both}


def judge_measured(clause: Clause, value: ClauseValue) -> dict[str, Any]:
    """Return the columns of ``Results.clauses`` for a clause that is a single value.

    It passes only if the worst value that the missing data allows passes, and fails only if the best one fails. Without
    the data for it (an undeclared layer, a column that is missing or empty) it is not assessed. A declared layer
    without facilities has none: a count of 0, a share of 0.
    """
    (shown,), (verdict,) = judge_intervals(clause, np.array([value.low]), np.array([value.high]))
    interval = {"found_low": value.low, "found_high": value.high, "missing": value.missing, "year": value.year}
    return {"found": float(shown), "asked": clause.need, "verdict": str(verdict), **interval}


def judge_intervals(clause: Clause, low: FloatArray, high: FloatArray) -> tuple[FloatArray, np.ndarray]:
    """Return what is shown of each value, and its verdict, as :func:`judge_measured` describes them.

    Parameters
    ----------
    clause
        What is asked.
    low, high
        The least and the greatest that each value can be; NaN where nothing is known (n).

    Returns
    -------
    shown : numpy.ndarray
        The worse end of the interval; NaN: not assessed (n).
    verdict : numpy.ndarray
        ``passed``, ``failed`` or ``not_assessed`` (n).
    """
    ends = (judge(pd.Series(end), clause.need, compare=clause.compare) for end in (low, high))
    worst, best = (end.to_numpy(dtype=object) for end in ends)
    verdict = np.where(worst == best, worst, NOT_ASSESSED)
    falls = clause.compare in ("at_most", "less_than")
    shown = np.where(np.isfinite(high), high, low) if falls else low
    return np.where(verdict == NOT_ASSESSED, math.nan, shown), verdict
