"""Facilities → findings: places that are listed twice, that share one position, or that lie across water."""

import re

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cfgeo.check.layers import MOST
from cfgeo.core.arrays import least_of_each
from cfgeo.core.findings import Findings, finding, label_of, row_of
from cfgeo.core.schema import IntArray, Network, Positions
from cfgeo.core.shapes import is_finite
from cfgeo.core.strings import KIND_MARK, plain_name

_TWICE_M = 200.0
"""Two entries of one name nearer than this are one place: its gate and its back door, or taken from two maps."""
_ONE_POSITION_M = 1.0
_CROWD = 3
"""So many places of one kind at one position come from a geocoder that fell back to a district or a street."""
_IN_WATER_M = 1.0
GROUNDS_KM2 = {
    "schools": 0.5, "hospitals": 0.5, "sports": 0.5, "culture": 0.5, "activity": 0.5, "care_centres": 0.1,
    "children_homes": 0.1, "family_stations": 0.1, "protection_stations": 0.1,
}  # fmt: skip
"""What the grounds of a place may measure at most [km²]: a large secondary school or hospital has 0.2."""
_WHOLE = 0.95
"""The share of a community that an area has to cover to hold it: outlines of two maps differ at the edges."""
_LONG_M = 300.0
_M2_OF_KM2 = 1e6
_CATCHMENT = "学区|招生范围|服务范围|服务半径|划片|catchment|school district"

_PART = re.compile("(?:本部|总部|总校|(?<=[小中]学)校)$")
"""What a name may end in without meaning another place: 人民小学校, 人民小学（本部）."""
_LEAST_LETTERS = 4
_BETWEEN = "\x1f"
"""What parts two texts in a key: in no name, and no NUL, which texts that Python holds would lose."""
_STAGES = {
    "小学": "primary", "幼儿园": "kindergarten", "初级中学": "junior", "初中": "junior",
    "高级中学": "senior", "高中": "senior",
}  # fmt: skip
"""What the name of a school ends in where it says its stage."""
_DISTRICT = re.compile("^.{1,12}(?:省|市|(?<![小社园校厂片])区|县|镇|乡|街道)(?=.{4})")


def check_twice(name: str, facilities: gpd.GeoDataFrame) -> Findings:
    """Find places of one kind that are listed twice, by their names and distance, and many at one position.

    Names are the same where they differ only by width, blanks, signs, how numbers are written (第一小学, 第1小学), or
    the name of the district in front.

    Parameters
    ----------
    name
        The layer.
    facilities
        Its facilities, in a metric CRS; ``kind``, ``name``.
    """
    shapes = facilities.geometry.to_numpy()
    known = np.flatnonzero((facilities["name"] != "").to_numpy() & is_finite(shapes))
    places = facilities.iloc[known]
    plain_names = places["name"].map(plain_name)
    rows: Findings = []
    twice = _near_pairs(places, plain_names.map(lambda word: _DISTRICT.sub("", word)))
    for positions in twice:
        pair = places.iloc[list(positions)]
        (first, second), (row, other_row) = pair["name"], (row_of(facilities, i) for i in pair.index)
        apart_m = round(float(shapely.distance(*pair.geometry)))
        at = shapely.multipoints(shapely.point_on_surface(pair.geometry.to_numpy()))
        names = {"name": first, "other": second, "other_row": other_row}
        rows.append(finding("place_twice", name, row=row, at=at, apart_m=apart_m, **names))
    rows += _alike(name, facilities, places, plain_names.map(lambda word: _DISTRICT.sub("", word)))
    rows += _far_twins(name, places, plain_names, twice)
    return rows + _torn_kinds(name, places, plain_names) + _crowds(name, places)


def _near_pairs(places: gpd.GeoDataFrame, names: pd.Series) -> list[tuple[int, int]]:
    """Return positions of places behind the nearest earlier place of their kind and name, where one is nearby."""
    key = places["kind"].astype("str").str.cat(names, sep=_BETWEEN)
    repeated = np.flatnonzero(key.duplicated(keep=False))
    shapes, keys = places.geometry.to_numpy()[repeated], key.to_numpy()[repeated]
    earlier, later = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=_TWICE_M)
    same = (earlier < later) & (keys[earlier] == keys[later])
    earlier, later = earlier[same], later[same]
    nearest = np.sort(least_of_each(later, shapely.distance(shapes[earlier], shapes[later])))
    return list(zip(repeated[earlier[nearest]].tolist(), repeated[later[nearest]].tolist(), strict=True))


def _alike(name: str, facilities: gpd.GeoDataFrame, places: gpd.GeoDataFrame, names: pd.Series) -> Findings:
    """Find places of one kind near each other whose names look like those of one place: 人民小学, 人民小学（本部）."""
    shapes, kinds = places.geometry.to_numpy(), places["kind"].to_numpy()
    stems = names.map(lambda word: _PART.sub("", word)).to_numpy()
    earlier, later = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=_TWICE_M)
    near = (earlier < later) & (kinds[earlier] == kinds[later]) & (names.to_numpy()[earlier] != names.to_numpy()[later])
    rows: Findings = []
    for i, j in zip(earlier[near], later[near], strict=True):
        if not _look_alike(stems[i], stems[j]):
            continue
        pair = places.iloc[[i, j]]
        (first, second), (row, other_row) = pair["name"], (row_of(facilities, at) for at in pair.index)
        at = shapely.multipoints(shapely.point_on_surface(pair.geometry.to_numpy()))
        about = {"name": first, "other": second, "other_row": other_row}
        apart_m = round(float(shapely.distance(*pair.geometry)))
        rows.append(finding("place_alike", name, severity="note", row=row, at=at, apart_m=apart_m, **about))
    return rows


def _look_alike(one: str, other: str) -> bool:
    """Return whether two names may be those of one place: one holds the other, and both hold the same numbers."""
    if re.findall(r"\d+", one) != re.findall(r"\d+", other) or min(len(one), len(other)) < _LEAST_LETTERS:
        return False
    return one in other or other in one


def _far_twins(name: str, places: gpd.GeoDataFrame, names: pd.Series, twice: list[tuple[int, int]]) -> Findings:
    """Find places of one kind and name that lie apart: two campuses, or a wrong position."""
    rest = np.setdiff1d(np.arange(len(places)), [later for _, later in twice])
    key = places["kind"].astype("str").str.cat(names, sep=_BETWEEN).iloc[rest]
    apart = places.iloc[rest][key.duplicated(keep=False).to_numpy()]
    if len(apart) == 0:
        return []
    at = shapely.multipoints(shapely.point_on_surface(apart.geometry.to_numpy()))
    apart_names = tuple(dict.fromkeys(apart["name"]))
    return [finding("place_apart", name, severity="note", at=at, count=len(apart), names=apart_names)]


def _torn_kinds(name: str, places: gpd.GeoDataFrame, names: pd.Series) -> Findings:
    """Find schools listed under two stages, one of which is not that of their name: 人民小学 as a junior school.

    九年一贯制学校 and 中学 are rightly listed under several stages: their names say none.
    """
    stage = names.map(lambda word: next((kind for end, kind in _STAGES.items() if word.endswith(end)), ""))
    own = places["kind"].astype("str").str.split(KIND_MARK, regex=False)
    is_stage = own.map(lambda kinds: set(kinds) <= set(_STAGES.values())).to_numpy()
    named = np.flatnonzero((stage != "").to_numpy() & is_stage)
    shapes = places.geometry.to_numpy()[named]
    one, other = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=_TWICE_M)
    rows: Findings = []
    for i, j in zip(named[one], named[other], strict=True):
        if names.iloc[i] == names.iloc[j] and stage.iloc[i] in own.iloc[i] and stage.iloc[i] not in own.iloc[j]:
            values = {"kind": own.iloc[i][0], "other": own.iloc[j][0], "other_row": row_of(places, places.index[j])}
            row = row_of(places, places.index[i])
            rows.append(finding("kinds_torn", name, severity="note", row=row, name=places["name"].iloc[i], **values))
    return rows


def _crowds(name: str, places: gpd.GeoDataFrame) -> Findings:
    """Find positions at which several places of one kind and different names stand."""
    shapes = places.geometry.to_numpy()
    grid = np.round(shapely.get_coordinates(shapely.point_on_surface(shapes)) / _ONE_POSITION_M)
    table = pd.DataFrame(grid, columns=["x", "y"], index=places.index).assign(kind=places["kind"], name=places["name"])
    table = table[shapely.get_type_id(shapes) == 0].drop_duplicates()
    crowds = [same for _, same in table.groupby(["x", "y", "kind"], sort=False) if len(same) >= _CROWD]
    return [
        finding("one_position", name, row=row_of(places, same.index[0]), count=len(same), names=tuple(same["name"]))
        for same in crowds
    ]


def check_water(
    name: str, facilities: gpd.GeoDataFrame, at: Positions, *, network: Network, water: gpd.GeoSeries
) -> Findings:
    """Find facilities whose leg to their street leads through water: in it, or on the wrong side of a river.

    Parameters
    ----------
    name
        The layer.
    facilities
        Its facilities.
    at
        Where they meet the network.
    network
        The streets.
    water
        Areas and lines that nobody walks through.
    """
    if len(water) == 0:
        return []
    first = np.unique(at.item, return_index=True)[1]
    off: IntArray = first[at.leg_m[first] > 0]
    streets = network.edges.geometry.to_numpy()[at.edge[off]]
    snapped = shapely.line_interpolate_point(streets, at.start[off], normalized=True)
    legs = shapely.shortest_line(facilities.geometry.to_numpy()[at.item[off]], snapped)
    shapes = water.to_numpy()
    leg, shape = shapely.STRtree(shapes).query(legs, predicate="intersects")
    is_line = shapely.get_dimensions(shapes[shape]) == 1
    wet_m = shapely.length(shapely.intersection(legs[leg], shapes[shape]))
    wet = np.unique(leg[is_line | (wet_m > _IN_WATER_M)])
    return [
        finding(
            "across_water",
            name,
            row=row_of(facilities, i),
            at=line,
            name=label_of(facilities, i),
            leg_m=round(float(leg_m)),
        )
        for i, line, leg_m in zip(facilities.index[at.item[off][wet]], legs[wet], at.leg_m[off][wet], strict=True)
    ]


def check_grounds(name: str, facilities: gpd.GeoDataFrame, communities: gpd.GeoDataFrame) -> Findings:
    """Find areas too large to be the grounds of a place, lines where places are wanted, and names of catchments.

    In the catchment of a school everybody would have reached it: an area that holds a whole community, and areas that
    together cover most of the district, are errors. Parks, scenic areas and layers of one's own may be of any size.

    Parameters
    ----------
    name
        The layer.
    facilities
        Its facilities, in the communities' CRS.
    communities
        Index ``code``; ``community``; polygons.
    """
    limit_km2 = GROUNDS_KM2.get(name)
    if limit_km2 is None or len(facilities) == 0:
        return []
    shapes, land = facilities.geometry.to_numpy(), communities.geometry.to_numpy()
    dimension, km2 = shapely.get_dimensions(shapes), shapely.area(shapes) / _M2_OF_KM2
    areas = np.flatnonzero(dimension == 2)
    area, held = shapely.STRtree(land).query(shapes[areas], predicate="intersects")
    within = shapely.area(shapely.intersection(shapes[areas][area], land[held])) >= _WHOLE * shapely.area(land[held])
    holding = np.unique(areas[area[within]])
    share = shapely.area(shapely.intersection(shapely.union_all(shapes[areas]), shapely.union_all(land)))
    share /= max(shapely.area(land).sum(), 1.0)
    rows: Findings = []
    concerned = areas if share > MOST else holding
    if len(concerned):
        names = tuple(label_of(facilities, i) for i in facilities.index[concerned])
        inside = tuple(communities["community"].iloc[np.unique(held[within])]) or ("–",)
        values = {"count": len(concerned), "names": names, "share": float(share), "communities": inside}
        rows.append(finding("grounds_catchment", name, severity="error", **values))
    for i in np.setdiff1d(areas[km2[areas] > limit_km2], concerned):
        label, at = label_of(facilities, facilities.index[i]), row_of(facilities, facilities.index[i])
        rows.append(finding("grounds_large", name, row=at, name=label, km2=float(km2[i]), limit_km2=limit_km2))
    return rows + _lines(name, facilities, dimension) + _named_catchments(name, facilities, dimension)


def _lines(name: str, facilities: gpd.GeoDataFrame, dimension: IntArray) -> Findings:
    """Find lines longer than any track or wall of a place; most rows being such is an error."""
    length_m = shapely.length(facilities.geometry.to_numpy())
    lines = (dimension == 1) & (length_m > _LONG_M)
    if not lines.any():
        return []
    names = tuple(label_of(facilities, i) for i in facilities.index[lines])
    values = {"count": int(lines.sum()), "length_m": float(length_m[lines].max()), "names": names}
    return [finding("lines_for_places", name, severity="error" if lines.mean() > MOST else "warning", **values)]


def _named_catchments(name: str, facilities: gpd.GeoDataFrame, dimension: IntArray) -> Findings:
    names = facilities["name"][dimension == 0]
    named = tuple(names[names.str.contains(_CATCHMENT)])
    return [finding("named_catchment", name, names=named)] if named else []
