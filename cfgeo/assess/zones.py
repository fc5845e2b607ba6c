"""A study's zones → what lies in each: communities and how they are judged, children, facilities, shares in reach."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cfgeo.assess.case import Case
from cfgeo.assess.measures.shares import shares_of
from cfgeo.assess.services import is_near
from cfgeo.core.results import ZONE_COLUMNS, Verdicts
from cfgeo.core.schema import BASE_LAYERS, FAILED, NOT_ASSESSED, PASSED, BoolArray, FloatArray
from cfgeo.study.standard import Clause

HALF = 0.5


def zone_table(case: Case, verdicts: Verdicts) -> gpd.GeoDataFrame:
    """Return the zones with what lies in them, as ``ZONE_COLUMNS`` promises; they may overlap.

    A community belongs to a zone that holds at least half of its demand; one without demand, half of its area.

    Parameters
    ----------
    case
        What is judged.
    verdicts
        What :func:`cfgeo.assess.verdicts.judge_case` gives for it.
    """
    zones = case.inputs.zones
    if zones is None or len(zones) == 0:
        return gpd.GeoDataFrame(columns=[*ZONE_COLUMNS, "geometry"], geometry="geometry", crs=case.inputs.crs)
    land = _land(zones)
    demand = case.samples.demand.geometry.to_numpy()
    walked = [clause for clause in case.walked_clauses if clause.scope == "community"]
    near = {clause.id: is_near(case, clause, case.walk(clause)) for clause in walked}
    rows = []
    for area in land:
        shapely.prepare(area)
        inside = shapely.intersects(area, demand)
        held, touched = _communities(case, area, inside)
        rows.append(
            {
                **_judged(verdicts.communities, held),
                "touched": int(touched.sum()),
                "demand": float(case.samples.demand["weight"].to_numpy()[inside].sum()),
                **{f"{clause.id}_share": _share(case, clause, near[clause.id], inside) for clause in walked},
                **_places(verdicts.facilities, area),
            }
        )
    return zones.join(pd.DataFrame(rows, index=zones.index))


def _land(zones: gpd.GeoDataFrame) -> Any:
    """Return the land of each zone: an area itself, what lies within ``near_m`` of a line or point."""
    shapes = zones.geometry.to_numpy()
    return shapely.buffer(shapes, np.nan_to_num(zones["near_m"].to_numpy(dtype=float)))


def _communities(case: Case, area: shapely.Geometry, inside: BoolArray) -> tuple[BoolArray, BoolArray]:
    """Return which communities belong to a zone, and which it touches (communities)."""
    shapes = case.inputs.communities.geometry.to_numpy()
    weight, owner = case.samples.demand["weight"].to_numpy(dtype=float), case.samples.demand_owner
    whole, share = shares_of(inside, weight, owner, n_areas=len(shapes))
    of_land = shapely.area(shapely.intersection(shapes, area)) / shapely.area(shapes)
    held = np.where(whole > 0, np.nan_to_num(share), of_land) >= HALF
    return held, of_land > 0


def _judged(communities: gpd.GeoDataFrame, held: BoolArray) -> dict[str, Any]:
    own = communities[held]
    counts: dict[str, int] = {str(name): int((own["verdict"] == name).sum()) for name in (PASSED, FAILED, NOT_ASSESSED)}
    share = counts[PASSED] / len(own) if len(own) else np.nan
    return {"codes": tuple(map(str, own.index)), "communities": len(own), **counts, "share": share}


def _share(case: Case, clause: Clause, near: BoolArray, inside: BoolArray) -> float:
    """Return the share of the children in a zone who have a place of a clause in reach; NaN where there are none."""
    weight: FloatArray = case.weight(clause)
    _, share = shares_of(near, weight, np.where(inside, 0, -1), n_areas=1)
    return float(share[0])


def _places(facilities: gpd.GeoDataFrame, area: shapely.Geometry) -> dict[str, int]:
    """Return how many places of each layer and kind lie in a zone, or reach into it."""
    shown = facilities[~facilities["layer"].isin(BASE_LAYERS)]
    lies = shapely.intersects(area, shown.geometry.to_numpy())
    names = shown["layer"].astype(str) + "/" + shown["kind"].astype(str) + "_places"
    counts = pd.Series(lies.astype(int), index=names.to_numpy()).groupby(level=0, sort=False).sum()
    return {str(name): int(count) for name, count in counts.items()}
