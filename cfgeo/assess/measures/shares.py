"""Weights of points by area → what share of them counts, and quantiles of their walks."""

import numpy as np
import pandas as pd

from cfgeo.core.schema import SECONDS_PER_MINUTE, BoolArray, FloatArray, IntArray


def shares_of(near: BoolArray, weight: FloatArray, owner: IntArray, *, n_areas: int) -> tuple[FloatArray, FloatArray]:
    """Return the weight of each area, and the share of it that is near; NaN where there is none (areas).

    Parameters
    ----------
    near, weight
        Whether each demand point counts, and what it weighs (points).
    owner
        The area of each; -1 for none (points).
    n_areas
        How many areas there are.
    """
    counted = (owner >= 0) & (weight > 0)
    near, weight, owner = near[counted], weight[counted], owner[counted]
    total = np.bincount(owner, weights=weight, minlength=n_areas)
    inside = np.bincount(owner, weights=weight * near, minlength=n_areas)
    return np.where(total > 0, total, np.nan), np.minimum(ratio(inside, total), 1.0)


def demand_shares(
    seconds: FloatArray, weight: FloatArray, owner: IntArray, *, n_areas: int, limit_s: float
) -> pd.DataFrame:
    """Return share, median and 90th percentile of weighted seconds by area.

    Parameters
    ----------
    seconds
        Of each point; inf: no place in reach (points).
    weight, owner
        Of each point; owner -1 belongs to no area (points).
    n_areas
        How many areas there are.
    limit_s
        The walk that counts as in reach [s].

    Returns
    -------
    pandas.DataFrame
        RangeIndex over the areas; ``demand``, ``share``, ``median_minutes``, ``p90_minutes``; all NaN where an area
        has no weight.
    """
    counted = (owner >= 0) & (weight > 0)
    seconds, weight, owner = seconds[counted], weight[counted], owner[counted]
    demand, share = shares_of(seconds <= limit_s, weight, owner, n_areas=n_areas)
    columns = {"demand": demand, "share": share}
    for name, part in (("median_minutes", 0.5), ("p90_minutes", 0.9)):
        point = weighted_quantile_points(seconds, weight, owner, n_areas=n_areas, part=part)
        columns[name] = np.where(point >= 0, np.append(seconds, np.nan)[point], np.nan) / SECONDS_PER_MINUTE
    return pd.DataFrame(columns)


def weighted_quantile_points(
    seconds: FloatArray, weight: FloatArray, owner: IntArray, *, n_areas: int, part: float = 0.5
) -> IntArray:
    """Return the point at the weighted quantile of each area's seconds: the median child's, by default.

    Parameters
    ----------
    seconds, weight, owner
        As for :func:`demand_shares`.
    n_areas
        How many areas there are.
    part
        The share of the weight at or below the quantile, 0–1.

    Returns
    -------
    numpy.ndarray
        Positions of points; -1 for an area without weight (areas).
    """
    counted = np.flatnonzero((owner >= 0) & (weight > 0))
    order = counted[np.lexsort((seconds[counted], owner[counted]))]
    area, weight = owner[order], weight[order]
    total = np.bincount(area, weights=weight, minlength=n_areas)
    running = np.cumsum(weight) - np.r_[0.0, np.cumsum(total)[:-1]][area]
    enough = running >= part * total[area] * (1 - 1e-12)
    first = np.flatnonzero(enough & np.r_[True, (area[1:] != area[:-1]) | ~enough[:-1]][: len(area)])
    point = np.full(n_areas, -1)
    point[area[first]] = order[first]
    return point


def ratio(part: FloatArray | IntArray, whole: FloatArray | IntArray) -> FloatArray:
    """Return part / whole, NaN where there is nothing."""
    return np.asarray(np.divide(part, whole, where=whole > 0, out=np.full(len(whole), np.nan)))
