"""Tables → findings: faults in the data are rows, reported all at once."""

from functools import partial
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cfgeo.core.findings import Findings, finding, label_of, row_of
from cfgeo.core.schema import FEW_HOMES, SWAPPED, WGS84, BoolArray

_OUTSIDE_SHARE = 0.2
_ELSEWHERE_M = 50_000.0
"""Farther than this from its district no list reaches: its positions are of another kind."""
_AROUND_KM = 20_000.0
_MOST_SHOWN = 20


def check_layer(name: str, facilities: gpd.GeoDataFrame, *, district: Any, margin_m: float) -> Findings:
    """Find an empty layer, facilities without a position, and facilities too far from the district to count.

    Parameters
    ----------
    name
        The layer.
    facilities
        Its facilities, in the communities' CRS; ``SWAPPED`` where rows have longitude and latitude swapped.
    district
        The communities' outline.
    margin_m
        How far beyond the district a facility can still serve it [m].
    """
    if len(facilities) == 0:
        return [finding("layer_empty", name)]
    lost, swapped = _lost(facilities), swapped_rows(facilities)
    far = ~lost & ~near(facilities, district, within_m=margin_m)
    swapped[far] |= near(_turned(facilities[far]), district, within_m=margin_m)
    lost &= ~swapped
    rows = [
        finding("no_position", name, row=row_of(facilities, i), name=label_of(facilities, i))
        for i in facilities.index[lost]
    ]
    rows += [
        finding("swapped", name, row=row_of(facilities, i), name=label_of(facilities, i))
        for i in facilities.index[swapped]
    ]
    far &= ~swapped
    beyond = far & near(facilities, district, within_m=_ELSEWHERE_M)
    if beyond.any():
        some = facilities[beyond]
        rows.append(finding("far_away", name, severity="note", names=_names(some), km=_km(some, district)))
    if (far & ~beyond).any():
        some = facilities[far & ~beyond]
        rows.append(finding("far_elsewhere", name, names=_names(some), km=_km(some, district)))
    if (lost | swapped | (far & ~beyond)).all():  # nothing of it can count: not a district without such places
        severity = "error" if swapped.all() else "warning"
        rows.append(finding("layer_elsewhere", name, severity=severity, count=len(facilities)))
    return rows


def near(places: gpd.GeoDataFrame, district: Any, *, within_m: float) -> BoolArray:
    """Say which places have a position within some metres of the district."""
    shapes = places.geometry.to_numpy()
    finite = np.isfinite(shapely.bounds(shapes))  # beyond a CRS's reach metres are infinite
    found = np.asarray(np.all(finite, axis=1))
    shapely.prepare(district)
    found[found] = shapely.dwithin(district, shapes[found], within_m)
    return found


def swapped_rows(places: gpd.GeoDataFrame) -> BoolArray:
    """Say which rows have been read as having longitude and latitude swapped."""
    if SWAPPED not in places.columns:
        return np.zeros(len(places), dtype=bool)
    return np.array(places[SWAPPED], dtype=bool)


def _turned(places: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return places with longitude and latitude the other way round."""
    degrees = places.geometry.to_crs(WGS84)
    turned = shapely.transform(degrees.to_numpy(), lambda xy: xy[:, ::-1])
    return places.set_geometry(gpd.GeoSeries(turned, index=places.index, crs=WGS84).to_crs(places.crs))


def _lost(places: gpd.GeoDataFrame) -> BoolArray:
    shapes = places.geometry.to_numpy()
    return np.asarray(shapely.is_empty(shapes) | shapely.is_missing(shapes))


def _names(facilities: gpd.GeoDataFrame) -> tuple[str, ...]:
    return tuple(label_of(facilities, i) for i in facilities.index)


def _km(places: gpd.GeoDataFrame, district: Any) -> float:
    """Return how far the farthest place lies from the district [km]: where the CRS does not reach, half the globe."""
    shapes = places.geometry.to_numpy()
    if not np.isfinite(shapely.bounds(shapes)).all():
        return _AROUND_KM
    from_middle_m = shapely.distance(shapes, shapely.centroid(district))
    farthest = shapes[np.argsort(from_middle_m)[-_MOST_SHOWN:]]
    return round(float(shapely.distance(farthest, district).max()) / 1000, 1)


def check_homes(homes: gpd.GeoDataFrame, district: Any) -> Findings:
    """Find homes without a position and those with longitude and latitude swapped; none inside is an error.

    Parameters
    ----------
    homes
        Points or areas as read, in the communities' CRS.
    district
        The communities' outline.
    """
    lost, swapped, inside = _lost(homes), swapped_rows(homes), near(homes, district, within_m=0)
    outside = ~inside & ~lost
    swapped[outside] |= near(_turned(homes[outside]), district, within_m=0)
    lost &= ~swapped
    far = outside & ~swapped & ~near(homes, district, within_m=_ELSEWHERE_M)
    severity = "warning" if inside.any() else "error"
    rows: Findings = []
    if lost.any():
        about = {"points": int(lost.sum()), "share": float(lost.mean())}
        at = tuple(str(row) for row in homes.index[lost])
        rows.append(finding("demand_no_position", "demand", severity=severity, rows=at, **about))
    if swapped.any():
        about = {"points": int(swapped.sum()), "share": float(swapped.mean())}
        rows.append(finding("demand_swapped", "demand", severity=severity, **about))
    elif far.any() and inside.any():
        at = tuple(str(row) for row in homes.index[far])
        share, km = float(far.mean()), _km(homes[far], district)
        rows.append(finding("demand_far", "demand", rows=at, points=len(at), share=share, km=km))
    elif outside.any() and not inside.any():
        rows.append(finding("demand_elsewhere", "demand", severity=severity, km=_km(homes[outside], district)))
    return rows


def check_snapped(name: str, facilities: gpd.GeoDataFrame, snapped: BoolArray, *, snap_m: float) -> Findings:
    """Find facilities that lie too far from any street to be walked to."""
    row, called = partial(row_of, facilities), partial(label_of, facilities)
    return [
        finding("not_snapped", name, row=row(i), name=called(i), snap_m=round(snap_m))
        for i in facilities.index[~snapped]
    ]


def check_demand(demand: gpd.GeoDataFrame, code: pd.Series, snapped: BoolArray, *, snap_m: float) -> Findings:
    """Count demand outside any community and demand too far from any street.

    Parameters
    ----------
    demand
        Demand points with ``weight``.
    code
        Each point's community, "" for none.
    snapped
        Whether each point meets the network.
    snap_m
        The longest way to a street [m].
    """
    rows: Findings = []
    weight = demand["weight"].to_numpy()
    outside = (code == "").to_numpy()
    placed = outside & ~demand.geometry.is_empty.to_numpy()  # without a position it is another finding
    if placed.any():
        share = float(weight[placed].sum() / max(weight.sum(), 1e-9))
        severity = "warning" if share > _OUTSIDE_SHARE else "note"
        rows.append(finding("demand_outside", "demand", severity=severity, points=int(placed.sum()), share=share))
    stranded = ~outside & ~snapped
    if stranded.any():
        share = float(weight[stranded].sum() / max(weight[~outside].sum(), 1e-9))
        points, at = int(stranded.sum()), shapely.multipoints(demand.geometry.to_numpy()[stranded])
        rows.append(finding("demand_stranded", "demand", at=at, points=points, share=share, snap_m=round(snap_m)))
    return rows


def check_populated(communities: gpd.GeoDataFrame, points: pd.Series) -> Findings:
    """Find communities without demand, but for those that the study says nobody lives in, and those with hardly any.

    Parameters
    ----------
    communities
        Index ``code``; ``community``, optional ``residents``.
    points
        How many demand points each has, on the same index.
    """
    empty = points == 0
    if "residents" in communities.columns:
        empty &= communities["residents"] != 0
    rows: Findings = []
    if empty.any():
        names = tuple(str(name) for name in communities["community"][empty])
        land = shapely.union_all(communities.geometry.to_numpy()[empty])
        rows.append(finding("community_unpopulated", "demand", at=land, count=len(names), names=names))
    few = points[(points > 0) & (points < FEW_HOMES)]
    for code, number in few.items():
        name = communities["community"][code]
        rows.append(finding("few_homes", "demand", row=code, name=name, points=int(number)))
    return rows
