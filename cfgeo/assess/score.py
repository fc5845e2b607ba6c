"""The rules of judging: values and needs → verdicts of clauses, communities, street offices and the district."""

import math
from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cfgeo.core.schema import FAILED, NOT_ASSESSED, PASSED, TOLERANCE, BoolArray, Network
from cfgeo.files.cell_values import is_blank, is_yes, numbers
from cfgeo.study.standard import Clause, Standard


def judge(values: pd.Series, need: float, *, strict: bool = False) -> pd.Series:
    """Return a verdict for each value, on its index: missing values are not assessed.

    Parameters
    ----------
    values
        Shares, counts or rates.
    need
        The least that is asked for, in the same unit.
    strict
        Whether the need must be exceeded.
    """
    enough = values > least(need, strict=True) if strict else values >= least(need)
    verdict = np.where(values.isna(), NOT_ASSESSED, np.where(enough, PASSED, FAILED))
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
    met, assessed = (verdicts == PASSED).to_numpy(), (verdicts != NOT_ASSESSED).to_numpy()
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
    flags = pd.get_dummies(communities["verdict"]).reindex(columns=[PASSED, FAILED, NOT_ASSESSED], fill_value=False)
    table = flags.assign(marginal=communities["marginal"]).groupby(communities["street_office"]).sum().astype(int)
    size = communities.groupby("street_office").size()
    table.insert(0, "communities", size)
    table["share"] = table[PASSED] / size
    outline = communities[["street_office", "geometry"]].dissolve(by="street_office").geometry
    return gpd.GeoDataFrame(table, geometry=outline, crs=communities.crs)


def district_headline(communities: gpd.GeoDataFrame, clauses: pd.DataFrame, standard: Standard) -> dict[str, Any]:
    """Return the numbers of ``Results.district``; the share is of all communities, assessed or not."""
    count = len(communities)
    passed = int((communities["verdict"] == PASSED).sum())
    wanted = math.ceil(standard.target_share * count - TOLERANCE)
    judged = clauses["verdict"] != NOT_ASSESSED
    return {
        "communities": count,
        "passed": passed,
        "failed": int((communities["verdict"] == FAILED).sum()),
        "not_assessed": int((communities["verdict"] == NOT_ASSESSED).sum()),
        "marginal": int(communities["marginal"].sum()),
        "share": passed / count,
        "target": standard.target_share,
        "met": passed >= wanted,
        "needed": max(wanted - passed, 0),
        "clauses_judged": int(judged.sum()),
        "clauses_total": len(clauses),
        "required_judged": int((judged & clauses["required"]).sum()),
        "required_total": int(clauses["required"].sum()),
    }


def clause_places(clause: Clause, layers: Mapping[str, gpd.GeoDataFrame]) -> gpd.GeoDataFrame | None:
    """Return the facilities that count for a clause; None where its layer is not declared."""
    layer = layers.get(str(clause.layer))
    return None if layer is None else layer[kind_mask(layer, clause.kind)]


def kind_mask(facilities: pd.DataFrame, kinds: tuple[str, ...]) -> BoolArray:
    """Return which facilities are of some kinds; all are where no kind is named."""
    return facilities["kind"].isin(kinds).to_numpy() if kinds else np.ones(len(facilities), dtype=bool)


def count_inside(facilities: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> pd.Series:
    """Count the facilities that lie in or reach into each area, on the areas' index."""
    area, _ = shapely.STRtree(facilities.geometry.to_numpy()).query(areas.geometry.to_numpy(), predicate="intersects")
    return pd.Series(np.bincount(area, minlength=len(areas)).astype(float), index=areas.index)


def judge_district(
    clause: Clause, layers: Mapping[str, gpd.GeoDataFrame], communities: gpd.GeoDataFrame, network: Network
) -> tuple[float, str]:
    """Return the value of a district clause, in the unit of its measure, and its verdict.

    Without the data for it (an undeclared layer, a column that is missing or empty) a clause is not assessed. A
    declared layer without facilities has none: a count of 0, a share of 0.
    """
    if clause.measure == "connected":
        value = _connected(network, communities)
    else:
        places = clause_places(clause, layers)
        value = math.nan if places is None else _value(clause, in_district(places, communities), layers, communities)
    verdict = judge(pd.Series([value]), clause.need, strict=clause.strict).iloc[0]
    return value, str(verdict)


def in_district(places: gpd.GeoDataFrame, communities: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the places that lie in or reach into the district."""
    district = shapely.union_all(communities.geometry.to_numpy())
    shapely.prepare(district)
    return places[shapely.intersects(district, places.geometry.to_numpy())]


def _value(
    clause: Clause, places: gpd.GeoDataFrame, layers: Mapping[str, gpd.GeoDataFrame], communities: gpd.GeoDataFrame
) -> float:
    if clause.measure == "count":
        return _count(clause, places)
    if clause.measure == "rate":
        return _rate(places, communities)
    if clause.measure == "near":
        return _near(clause, places, layers)
    return _facility_share(clause, places)


def _count(clause: Clause, places: gpd.GeoDataFrame) -> float:
    if clause.only_where is None or len(places) == 0:
        return float(len(places))
    if clause.only_where not in places.columns or is_blank(places[clause.only_where]).all():
        return math.nan
    return float(is_yes(places[clause.only_where]).sum())


def _connected(network: Network, communities: gpd.GeoDataFrame) -> float:
    """Return the share of the district's street length on the largest component; an edge lies where its middle does."""
    district = shapely.union_all(communities.geometry.to_numpy())
    shapely.prepare(district)
    middle = shapely.line_interpolate_point(network.edges.geometry.to_numpy(), 0.5, normalized=True)
    length_m = network.edges["length_m"].to_numpy() * shapely.intersects(district, middle)
    return float(length_m[network.main].sum() / length_m.sum()) if length_m.sum() > 0 else math.nan


def _rate(places: gpd.GeoDataFrame, communities: gpd.GeoDataFrame) -> float:
    if "residents" not in communities.columns or not communities["residents"].sum() > 0:
        return math.nan
    if communities["residents"].isna().any():  # a sum of what happens to be known would raise the rate
        return math.nan
    if len(places) and ("capacity" not in places.columns or places["capacity"].isna().all()):
        return math.nan
    capacity = places["capacity"].sum() if len(places) else 0.0
    return float(capacity / communities["residents"].sum() * 1000)


def _facility_share(clause: Clause, places: gpd.GeoDataFrame) -> float:
    if len(places) == 0:
        return 0.0
    if clause.attribute not in places.columns or is_blank(places[clause.attribute]).all():
        return math.nan
    values = places[clause.attribute]
    least = clause.attribute_min
    good = is_yes(values) if least is None else numbers(values).fillna(-math.inf) >= least
    weight = pd.Series(1.0, index=places.index)
    if clause.weigh_by_capacity:
        if "capacity" not in places.columns or not places["capacity"].sum() > 0:
            return math.nan
        weight = places["capacity"].fillna(0.0)
    return float(weight[good].sum() / weight.sum())


def _near(clause: Clause, places: gpd.GeoDataFrame, layers: Mapping[str, gpd.GeoDataFrame]) -> float:
    others = layers.get(str(clause.near_layer))
    if others is None:
        return math.nan
    if len(places) == 0:
        return 0.0
    tree = shapely.STRtree(others.geometry.to_numpy())
    near, _ = tree.query(places.geometry.to_numpy(), predicate="dwithin", distance=float(clause.within_m or 0))
    return len(np.unique(near)) / len(places)
