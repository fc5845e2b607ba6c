"""Communities → findings: codes, names and shapes that cannot be right, and land that two or none of them have."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cfgeo.core.findings import Findings, finding
from cfgeo.core.schema import CLOSED, BoolArray, FloatArray, IntArray
from cfgeo.core.shapes import single_parts

_WIDE_M = 3.0
"""What is narrower on average is one border drawn twice, by hand or from two maps, and no land in dispute."""
_CRUMB_M2 = 10.0
"""Less is rounding: 100 m of border at a tenth of a metre."""
_TINY_M2 = 1000.0
"""Less than one block of houses: no community, but a slip of the mouse or of the units."""
_TOUCH_M, _M_OF_KM = 0.01, 1000.0
_APART_KM = 20.0
"""A part of a community that lies farther than this from all others, where another part does not, is a slip."""
_POLYGON = shapely.GeometryType.POLYGON


def check_communities(communities: gpd.GeoDataFrame) -> Findings:
    """Find missing and repeated codes and names, rows that are no polygons, rings that cross, overlaps and gaps.

    Parameters
    ----------
    communities
        As read, in a metric CRS; index: its rows as their user sees them; ``code`` (text, "" where it is missing),
        ``community``, ``street_office``.
    """
    if len(communities) == 0:
        return [finding("communities_none", "communities", severity="error")]
    rows: Findings = []
    code = communities["code"].astype(object).where(communities["code"].notna(), "").astype("str").str.strip()
    shapes, row_names = communities.geometry.to_numpy(), communities.index
    for i in np.flatnonzero(code == ""):
        rows.append(finding("code_missing", "communities", severity="error", row=row_names[i], at=shapes[i]))
    for value in sorted(set(code[code.duplicated() & (code != "")])):
        same = np.flatnonzero(code == value)
        twice, land = tuple(map(str, row_names[same])), shapely.union_all(shapely.make_valid(shapes[same]))
        rows.append(finding("code_twice", "communities", severity="error", row=value, rows=twice, at=land))
    rows += _names_twice(communities, code)
    has_area = (shapely.area(shapely.make_valid(shapes)) > 0) & (shapely.get_dimensions(shapes) == 2)
    for i in np.flatnonzero(~has_area):
        row = code.iloc[i] or row_names[i]
        rows.append(finding("not_polygon", "communities", severity="error", row=row, at=shapes[i]))
    rows += check_rings("communities", communities.set_axis(pd.Index(code)))
    rows += check_codes("communities", code)
    return rows + _land(code.to_numpy()[has_area], shapely.make_valid(shapes[has_area]))


def check_rings(layer: str, places: gpd.GeoDataFrame) -> Findings:
    """Find areas whose outline is open or crosses itself: these are repaired on reading, without loss.

    Parameters
    ----------
    layer
        What the areas are.
    places
        As read, in a metric CRS; ``CLOSED`` where rings have been closed. The index names them.
    """
    shapes = places.geometry.to_numpy()
    crossing = (shapely.get_dimensions(shapes) == 2) & ~shapely.is_valid(shapes)
    closed = np.array(places[CLOSED], dtype=bool) if CLOSED in places.columns else np.zeros(len(places), dtype=bool)
    rows = [finding("ring_closed", layer, row=places.index[i], at=shapes[i]) for i in np.flatnonzero(closed)]
    return rows + [
        finding("ring_mended", layer, row=places.index[i], at=shapely.make_valid(shapes[i]))
        for i in np.flatnonzero(crossing)
    ]


def check_shared(points: gpd.GeoDataFrame, communities: gpd.GeoDataFrame) -> Findings:
    """Count demand in several communities or on their border; each point still counts once."""
    areas = shapely.STRtree(communities.geometry.to_numpy())
    point, _ = areas.query(points.geometry.to_numpy(), predicate="intersects")
    several = np.bincount(point, minlength=len(points)) > 1
    if not several.any():
        return []
    weight = points["weight"].to_numpy()
    share = float(weight[several].sum() / max(weight.sum(), 1e-9))
    at = shapely.multipoints(points.geometry.to_numpy()[several])
    return [finding("demand_shared", "demand", severity="note", at=at, points=int(several.sum()), share=share)]


def check_codes(layer: str, codes: pd.Series) -> Findings:
    """Find codes that a spreadsheet has turned into rounded numbers."""
    rounded = codes[codes.str.fullmatch(r"\d(\.\d+)?[Ee]\+\d+")]
    return [finding("codes_rounded", layer, codes=tuple(rounded.unique()))] if len(rounded) else []


def _names_twice(communities: gpd.GeoDataFrame, code: pd.Series) -> Findings:
    """Find names that two communities of one street office share; in two offices a name may stand twice."""
    named = communities[["street_office", "community"]].astype("str").assign(code=code)
    named = named[communities["community"].notna() & (named["community"].str.strip() != "")].drop_duplicates()
    twice = named[named.duplicated(["street_office", "community"], keep=False)]
    return [
        finding("name_twice", "communities", name=name, codes=tuple(same["code"]))
        for (_, name), same in twice.groupby(["street_office", "community"], sort=False)
    ]


def _land(code: Any, shapes: Any) -> Findings:
    """Find land that two communities share, land between them that none has, and shapes too small to be one."""
    if len(shapes) == 0:
        return []
    first, second, overlaps = _overlaps(shapes)
    strips, holes = _unassigned(shapes)
    rows: Findings = []
    wide = _mean_widths(overlaps) >= _WIDE_M
    for i, j in sorted(set(zip(first[wide], second[wide], strict=True))):
        land = shapely.multipolygons(overlaps[wide & (first == i) & (second == j)])
        smaller_m2 = float(min(shapely.area(shapes[i]), shapely.area(shapes[j])))
        size = {"area_m2": round(float(land.area)), "share": land.area / smaller_m2}
        rows.append(finding("overlap", "communities", row=code[i], at=land, other=code[j], **size))
    for hole, touching in zip(holes, _neighbours(shapes, holes), strict=True):
        size_m2 = round(float(hole.area))
        rows.append(finding("gap", "communities", at=hole, area_m2=size_m2, codes=tuple(code[touching])))
    rows += _narrow(code, shapes, (first[~wide], second[~wide], overlaps[~wide]), strips)
    return rows + _small(code, shapes) + _apart(code, shapes)


def _apart(code: Any, shapes: Any) -> Findings:
    """Find communities with a part that lies far from all others, such as one that was moved, or is another place's."""
    rows: Findings = []
    bounds = shapely.bounds(shapes)
    wide = np.hypot(bounds[:, 2] - bounds[:, 0], bounds[:, 3] - bounds[:, 1]) > _APART_KM * _M_OF_KM
    for i in np.flatnonzero(wide & (len(shapes) > 1)):
        parts = shapely.get_parts(shapes[i])
        others = np.delete(shapes, i)
        away_km = np.array([shapely.distance(part, others).min() for part in parts]) / _M_OF_KM
        far = away_km > _APART_KM
        if far.any() and not far.all():
            at, km = shapely.union_all(parts[far]), round(float(away_km.max()))
            rows.append(
                finding("community_parts_apart", "communities", row=code[i], at=at, count=int(far.sum()), km=km)
            )
    return rows


def shared_land(shapes: Any) -> list[tuple[int, int, Any]]:
    """Return the positions of each two shapes that share land wider than a border drawn twice, and that land."""
    first, second, overlaps = _overlaps(shapes)
    wide = _mean_widths(overlaps) >= _WIDE_M
    pairs = sorted(set(zip(first[wide].tolist(), second[wide].tolist(), strict=True)))
    return [(i, j, shapely.multipolygons(overlaps[wide & (first == i) & (second == j)])) for i, j in pairs]


def _overlaps(shapes: Any) -> tuple[IntArray, IntArray, Any]:
    """Return the positions of overlapping shapes, and the polygons that they share, one a row."""
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    first, second = first[first < second], second[first < second]
    overlaps, pair = _polygons(shapely.intersection(shapes[first], shapes[second]))
    return first[pair], second[pair], overlaps


def _unassigned(shapes: Any) -> tuple[Any, Any]:
    """Return the narrow strips between shapes, also where they open outwards, and the wide holes among them.

    Strips are what a morphological closing adds: the union, dilated and eroded by half the width.
    """
    whole = shapely.union_all(shapes)
    mitre: Any = {"join_style": "mitre", "mitre_limit": 5.0}
    closed = shapely.buffer(shapely.buffer(whole, _WIDE_M / 2, **mitre), -_WIDE_M / 2, **mitre)
    strips, _ = _polygons(np.array([shapely.difference(closed, whole)]))
    parts = shapely.get_parts(whole)
    filled = shapely.polygons(shapely.get_exterior_ring(parts[shapely.get_type_id(parts) == _POLYGON]))
    holes, _ = _polygons(np.array([shapely.difference(shapely.union_all(filled), whole)]))
    holes = holes[_mean_widths(holes) >= _WIDE_M]
    if len(holes):  # the corners of a hole are no strips of their own
        strips = strips[~shapely.dwithin(shapely.union_all(holes), strips, _TOUCH_M)]
    return strips[[len(touching) > 1 for touching in _neighbours(shapes, strips)]], holes


def _polygons(shapes: Any) -> tuple[Any, IntArray]:
    """Return the polygons in shapes of any kind that are more than rounding, and the position that each is from."""
    parts, owner = single_parts(shapes)
    kept = (shapely.get_type_id(parts) == _POLYGON) & (shapely.area(parts) >= _CRUMB_M2)
    return parts[kept], owner[kept]


def _mean_widths(polygons: Any) -> FloatArray:
    """Return the mean width of long polygons: twice the area over the perimeter [m]."""
    return np.asarray(2 * shapely.area(polygons) / shapely.length(polygons))


def _neighbours(shapes: Any, places: Any) -> list[IntArray]:
    """Return the positions of the shapes that each place touches, in order."""
    place, shape = shapely.STRtree(shapes).query(places, predicate="dwithin", distance=_TOUCH_M)
    return [np.sort(shape[place == i]) for i in range(len(places))]


def _narrow(code: Any, shapes: Any, overlaps: tuple[IntArray, IntArray, Any], gaps: Any) -> Findings:
    """Report in one note where borders do not meet: two maps make hundreds of such strips."""
    first, second, shared = overlaps
    if len(shared) + len(gaps) == 0:
        return []
    concerned = np.unique(np.concatenate([first, second, *_neighbours(shapes, gaps)]))
    size = {
        "overlap_m2": round(float(shapely.area(shared).sum())),
        "gap_m2": round(float(shapely.area(gaps).sum())),
        "wide_m": round(_WIDE_M),
        "codes": tuple(code[concerned]),
    }
    at = shapely.multipolygons(np.concatenate([shared, gaps]))
    return [finding("borders_apart", "communities", severity="note", at=at, count=len(shared) + len(gaps), **size)]


def _small(code: Any, shapes: Any) -> Findings:
    """Find communities too small to be one, and crumbs of a community that lie apart from the rest of it."""
    whole_m2 = shapely.area(shapes)
    rows = [
        finding("community_tiny", "communities", row=code[i], area_m2=round(float(whole_m2[i])))
        for i in np.flatnonzero(whole_m2 < _TINY_M2)
    ]
    parts, owner = single_parts(shapes)
    area_m2 = shapely.area(parts)
    crumb: BoolArray = shapely.get_type_id(parts) == _POLYGON
    crumb &= (area_m2 < _TINY_M2) & (area_m2 < whole_m2[owner] / 100)
    if crumb.any():
        size = {"count": int(crumb.sum()), "area_m2": round(float(area_m2[crumb].sum()))}
        at = shapely.multipolygons(parts[crumb])
        codes = tuple(dict.fromkeys(code[owner[crumb]]))
        rows.append(finding("crumbs", "communities", severity="note", at=at, codes=codes, **size))
    return rows
