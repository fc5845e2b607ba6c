"""Layers and homes → findings: places that are missing, lie elsewhere or reach no street."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cfgeo.core.findings import Findings, finding, label_of, row_of
from cfgeo.core.schema import FEW_HOMES, SWAPPED, WGS84, BoolArray
from cfgeo.core.shapes import is_blank, is_finite

MOST = 0.5
"""Where more of a layer's rows than this cannot be used, clauses would judge what is not there: that is an error."""
_SEVERAL = 2
_OUTSIDE_SHARE = 0.2
_ELSEWHERE_M = 50_000.0
"""No list reaches farther than this from its district: such positions are wrong."""
_HALF_GLOBE_KM = 20_000.0
_MOST_MEASURED = 20


def check_layer(name: str, facilities: gpd.GeoDataFrame, *, district: Any, margin_m: float, file: str = "") -> Findings:
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
    file
        The file that they are from, where the layer has several.
    """
    if len(facilities) == 0:
        return [finding("file_empty", name, row=file, file=file) if file else finding("layer_empty", name)]
    blank, swapped = is_blank(facilities.geometry.to_numpy()), swapped_rows(facilities)
    far = ~blank & ~near(facilities, district, within_m=margin_m)
    swapped[far] |= near(_with_axes_swapped(facilities[far]), district, within_m=margin_m)
    blank &= ~swapped
    far &= ~swapped
    beyond = far & near(facilities, district, within_m=_ELSEWHERE_M)
    elsewhere = far & ~beyond
    rows = [
        finding("no_position", name, row=row_of(facilities, i), name=label_of(facilities, i))
        for i in facilities.index[blank]
    ]
    rows += [
        finding("swapped", name, row=row_of(facilities, i), name=label_of(facilities, i))
        for i in facilities.index[swapped]
    ]
    unusable = blank | swapped | elsewhere
    if beyond.any():  # a city's list may well have none in the district; nothing else says so
        severity = "warning" if (unusable | beyond).all() else "note"
        names, km = _labels(facilities[beyond]), _farthest_km(facilities[beyond], district)
        rows.append(finding("far_away", name, severity=severity, names=names, km=km))
    if elsewhere.any():
        names, km = _labels(facilities[elsewhere]), _farthest_km(facilities[elsewhere], district)
        rows.append(finding("far_elsewhere", name, names=names, km=km))
    if unusable.all() or (blank | swapped).mean() > MOST:  # a province's list may lie elsewhere but for a few
        of, count, total = f"{name} ({file})" if file else name, int(unusable.sum()), len(facilities)
        rows.append(finding("layer_elsewhere", name, severity="error", row=file, of=of, count=count, total=total))
    return rows


def _labels(places: gpd.GeoDataFrame) -> tuple[str, ...]:
    return tuple(label_of(places, i) for i in places.index)


def near(places: gpd.GeoDataFrame, district: Any, *, within_m: float) -> BoolArray:
    """Return which places have a position within some metres of the district."""
    shapes = places.geometry.to_numpy()
    close = is_finite(shapes)
    shapely.prepare(district)
    close[close] = shapely.dwithin(district, shapes[close], within_m)
    return close


def swapped_rows(places: gpd.GeoDataFrame) -> BoolArray:
    """Return which rows were recognised on reading as having longitude and latitude swapped."""
    if SWAPPED not in places.columns:
        return np.zeros(len(places), dtype=bool)
    return np.array(places[SWAPPED], dtype=bool)


def _with_axes_swapped(places: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return places with longitude and latitude the other way round."""
    degrees = places.geometry.to_crs(WGS84)
    swapped = shapely.transform(degrees.to_numpy(), lambda xy: xy[:, ::-1])
    return places.set_geometry(gpd.GeoSeries(swapped, index=places.index, crs=WGS84).to_crs(places.crs))


def _farthest_km(places: gpd.GeoDataFrame, district: Any) -> float:
    """Return how far the farthest place lies from the district [km]: where the CRS does not reach, half the globe.

    Only the places farthest from the centroid are measured, since the distance to an outline is slow.
    """
    shapes = places.geometry.to_numpy()
    if not np.isfinite(shapely.bounds(shapes)).all():
        return _HALF_GLOBE_KM
    centroid_m = shapely.distance(shapes, shapely.centroid(district))
    farthest = shapes[np.argsort(centroid_m)[-_MOST_MEASURED:]]
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
    blank, swapped = is_blank(homes.geometry.to_numpy()), swapped_rows(homes)
    inside = near(homes, district, within_m=0)
    outside = ~inside & ~blank
    swapped[outside] |= near(_with_axes_swapped(homes[outside]), district, within_m=0)
    blank &= ~swapped
    far = outside & ~swapped & ~near(homes, district, within_m=_ELSEWHERE_M)
    severity = "warning" if inside.any() else "error"
    rows: Findings = []
    if blank.any():
        row_names, points, share = _row_names(homes, blank), int(blank.sum()), float(blank.mean())
        rows.append(
            finding("demand_no_position", "demand", severity=severity, rows=row_names, points=points, share=share)
        )
    if swapped.any():
        points, share = int(swapped.sum()), float(swapped.mean())
        rows.append(finding("demand_swapped", "demand", severity=severity, points=points, share=share))
    elif far.any() and inside.any():
        row_names, km = _row_names(homes, far), _farthest_km(homes[far], district)
        points, share = int(far.sum()), float(far.mean())
        rows.append(finding("demand_far", "demand", rows=row_names, points=points, share=share, km=km))
    elif outside.any() and not inside.any():
        km = _farthest_km(homes[outside], district)
        rows.append(finding("demand_elsewhere", "demand", severity=severity, km=km))
    return rows


def _row_names(table: gpd.GeoDataFrame, concerned: BoolArray) -> tuple[str, ...]:
    return tuple(str(row) for row in table.index[concerned])


def check_snapped(
    name: str, facilities: gpd.GeoDataFrame, snapped: BoolArray, *, snap_m: float, walked: bool
) -> Findings:
    """Find facilities that lie too far from any street to be walked to.

    Several of which none meets a street are an error where a clause walks to them (``walked``): it would fail for a
    wrong datum, or for streets that are missing.
    """
    if walked and len(facilities) >= _SEVERAL and not snapped.any():
        count = len(facilities)
        return [finding("layer_unsnapped", name, severity="error", count=count, snap_m=round(snap_m))]
    return [
        finding("not_snapped", name, row=row_of(facilities, i), name=label_of(facilities, i), snap_m=round(snap_m))
        for i in facilities.index[~snapped]
    ]


def check_demand(
    demand: gpd.GeoDataFrame, code: pd.Series, snapped: BoolArray, *, snap_m: float, read_around: bool = False
) -> Findings:
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
        The longest distance to a street [m].
    read_around
        Whether the demand reaches beyond the communities, rightly: cfgeo itself read it as far around them as streets,
        or it is that of a whole city.
    """
    rows: Findings = []
    weight = demand["weight"].to_numpy()
    outside = (code == "").to_numpy()
    located = outside & ~demand.geometry.is_empty.to_numpy()  # those without a position have a finding of their own
    if located.any():
        share = float(weight[located].sum() / max(weight.sum(), 1e-9))
        severity = "warning" if share > _OUTSIDE_SHARE and not read_around else "note"
        rows.append(finding("demand_outside", "demand", severity=severity, points=int(located.sum()), share=share))
    stranded = ~outside & ~snapped
    if stranded.any():
        share = float(weight[stranded].sum() / max(weight[~outside].sum(), 1e-9))
        points, at = int(stranded.sum()), shapely.multipoints(demand.geometry.to_numpy()[stranded])
        rows.append(finding("demand_stranded", "demand", at=at, points=points, share=share, snap_m=round(snap_m)))
    return rows


def check_populated(communities: gpd.GeoDataFrame, points: pd.Series) -> Findings:
    """Find communities without demand, except where the study says that nobody lives, and those with hardly any.

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
    for code, count in few.items():
        name = communities["community"][code]
        rows.append(finding("few_homes", "demand", row=code, name=name, points=int(count)))
    return rows
