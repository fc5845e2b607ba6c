"""What the terrain costs: land within a walk, against a circle and against the same streets on level land."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cfgeo.assess.case import Case
from cfgeo.assess.coverage import Walk
from cfgeo.core.arrays import least_of_each
from cfgeo.core.results import REACH_RATIO_COLUMNS
from cfgeo.core.schema import ISOCHRONE_MINUTES, SECONDS_PER_MINUTE, IntArray, Positions, is_of_kinds
from cfgeo.walk.catchment import land_of_edges, reached_areas

_ARC_SEGMENTS = 32  # a circle drawn so is 0.04 % too small


@dataclass(frozen=True)
class _Group:
    """Places whose reach is measured for one walker, on the real land and on level land."""

    scope: str
    ids: list[str]
    layer: str
    kind: str
    walk: Walk
    level_walk: Walk
    shapes: gpd.GeoSeries
    at: Positions
    level_at: Positions


def reach_ratio_table(case: Case, *, layers: Collection[str] | None = None) -> pd.DataFrame:
    """Return the land within a walk of each facility, layer and community: real, in a circle, and on level land.

    A facility's and a layer's reach is that of the walkers that clauses send there; a community's is that of the
    study's own walker from its middle: the demand point nearest to the mean of its demand.

    Parameters
    ----------
    case
        The study.
    layers
        Only these, ``""`` for the communities; everything when missing.

    Returns
    -------
    pandas.DataFrame
        ``REACH_RATIO_COLUMNS``; NaN for what meets no street.
    """
    land_m2 = land_of_edges(case.inputs.network)
    minutes = tuple(sorted({*ISOCHRONE_MINUTES, case.choices.limit_minutes}))
    tables = [_ratios(group, land_m2, minutes) for group in _groups(case, layers)]
    if not tables:
        return pd.DataFrame(columns=list(REACH_RATIO_COLUMNS))
    return pd.concat(tables, ignore_index=True)[list(REACH_RATIO_COLUMNS)]


def ratios_of(table: pd.DataFrame, scope: str, minutes: float) -> pd.DataFrame:
    """Return ``circle_ratio`` and ``level_ratio`` of a scope at a limit, by id; the lowest of several walkers'."""
    rows = table[(table["scope"] == scope) & (table["minutes"] == minutes)]
    return rows.groupby("id")[["circle_ratio", "level_ratio"]].min()


def _groups(case: Case, layers: Collection[str] | None) -> Iterator[_Group]:
    clauses = {(clause.layer, clause.kind, clause.walker): clause for clause in case.walked_clauses}
    for (name, kinds, _), clause in clauses.items():
        if layers is not None and name not in layers:
            continue
        walk, level_walk = case.walk(clause), case.level_walk(clause)
        at, level_at = case.places(clause, walk), case.places(clause, level_walk)
        layer = case.inputs.layers[str(name)]
        facilities = layer[is_of_kinds(layer["kind"], kinds)]
        if len(facilities) == 0:
            continue
        row = layer.index.get_indexer(facilities.index)
        number = np.full(len(layer), -1)
        number[row] = np.arange(len(row))
        common = (str(name), "+".join(kinds), walk, level_walk)
        each = _renumbered(at, number[at.item]), _renumbered(level_at, number[level_at.item])
        yield _Group("facility", list(facilities.index), *common, facilities.geometry, *each)
        # Nobody reaches places that meet no street: their circles would only make the others look worse.
        snapped = facilities.geometry.to_numpy()[np.unique(each[0].item)]
        union = gpd.GeoSeries([shapely.union_all(snapped)], crs=layer.crs)
        together = _renumbered(at, 0 * at.item), _renumbered(level_at, 0 * level_at.item)
        yield _Group("layer", [str(name)], *common, union, *together)
    if layers is None or "" in layers:
        yield _communities(case)


def _communities(case: Case) -> _Group:
    walk, level_walk = case.home, case.level_walks[case.home.walker]
    center = _centers(case)
    lived_in = center >= 0
    demand = case.samples.demand.geometry.to_numpy()
    shapes = np.where(lived_in, demand[np.maximum(center, 0)], None) if len(demand) else np.full(len(center), None)
    number = np.full(len(demand), -1)
    number[center[lived_in]] = np.flatnonzero(lived_in)
    at, level_at = (
        _renumbered(demand_at, number[demand_at.item]).take(number[demand_at.item] >= 0)
        for demand_at in (walk.demand, level_walk.demand)
    )
    ids = [str(code) for code in case.samples.codes]
    return _Group("community", ids, "", "", walk, level_walk, gpd.GeoSeries(shapes, crs=case.inputs.crs), at, level_at)


def _centers(case: Case) -> IntArray:
    """Return the demand point nearest to the mean of each community's demand; -1 where nobody lives (communities)."""
    samples = case.samples
    weight = samples.demand["weight"].to_numpy()
    weighted = np.flatnonzero((samples.demand_owner >= 0) & (weight > 0))
    xy = shapely.get_coordinates(samples.demand.geometry.to_numpy()[weighted])
    owner, weight, n = samples.demand_owner[weighted], weight[weighted], len(samples.codes)
    total = np.bincount(owner, weights=weight, minlength=n)
    sums = [np.bincount(owner, weights=weight * xy[:, axis], minlength=n) for axis in (0, 1)]
    mean = np.column_stack(sums) / np.where(total > 0, total, 1)[:, None]
    off_m = np.hypot(*(xy - mean[owner]).T)
    first = least_of_each(owner, off_m)
    center = np.full(n, -1)
    center[owner[first]] = weighted[first]
    return center


def _renumbered(at: Positions, item: IntArray) -> Positions:
    return Positions(item, at.edge, at.start, at.end, at.leg_m)


def _ratios(group: _Group, land_m2: np.ndarray, minutes: tuple[float, ...]) -> pd.DataFrame:
    limits_s = tuple(limit * SECONDS_PER_MINUTE for limit in minutes)
    n = len(group.ids)
    speed_m_s = group.walk.walker.level_m_s
    shapes = group.shapes.to_numpy()
    circle = [
        shapely.area(shapely.buffer(shapes, speed_m_s * limit_s, quad_segs=_ARC_SEGMENTS)) for limit_s in limits_s
    ]
    reached = reached_areas(group.walk.graph, land_m2, group.at, n_items=n, limits_s=limits_s)
    level = reached_areas(group.level_walk.graph, land_m2, group.level_at, n_items=n, limits_s=limits_s)
    table = pd.DataFrame(
        {
            "scope": group.scope,
            "id": np.repeat(group.ids, len(minutes)),
            "layer": group.layer,
            "kind": group.kind,
            "walker": group.walk.walker.name,
            "minutes": np.tile(minutes, n),
            "reached_m2": reached.ravel(),
            "circle_m2": np.column_stack(circle).ravel(),
            "level_m2": level.ravel(),
        }
    )
    table.loc[table["reached_m2"].isna(), "circle_m2"] = np.nan
    table["circle_ratio"] = table["reached_m2"] / table["circle_m2"]
    table["level_ratio"] = (table["reached_m2"] / table["level_m2"]).where(table["level_m2"] > 0)
    return table
