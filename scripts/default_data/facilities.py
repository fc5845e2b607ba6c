"""Schools, parks, clinics and the rest, with realistic gaps: some quarters have everything, some lack one thing."""

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from .land import Floats
from .people import as_lon_lat

# Number of places of each kind. They are spread evenly over where people live, then those in the street offices of
# GAPS are removed. This decides which communities pass, and why the others do not.
COUNTS = {
    ("schools", "kindergarten"): 62, ("schools", "primary"): 34, ("schools", "junior"): 28,
    ("hospitals", "community_health"): 54, ("hospitals", "general"): 7, ("hospitals", "children"): 1,
    ("hospitals", "maternity"): 2, ("activity", "childrens_centre"): 34, ("activity", "childrens_palace"): 1,
    ("sports", "court"): 34, ("sports", "playing_field"): 8, ("sports", "stadium"): 1,
    ("culture", "library"): 10, ("culture", "cultural_centre"): 6, ("culture", "art_museum"): 3,
    ("care_centres", "nursery"): 58, ("shelters", "shelter"): 14, ("study_bases", "base"): 4,
    ("scenic", "scenic"): 6, ("shopping", "shopping_district"): 4,
}  # fmt: skip
GAPS = {
    ("schools", "junior"): ("石油路街道",),
    ("hospitals", "community_health"): ("化龙桥街道", "菜园坝街道"),
    ("activity", "childrens_centre"): ("南纪门街道", "石油路街道"),
    ("sports", "court"): ("朝天门街道", "解放碑街道"),
    ("sports", "playing_field"): ("朝天门街道", "解放碑街道", "七星岗街道"),
    ("parks", ""): ("七星岗街道",),
}
PARKS = 116
NO_HOME_SHARE = 0.10  # communities without a children's home
NO_FAMILY_STATION = "菜园坝街道"

NAMES = {
    "kindergarten": "幼儿园", "primary": "小学", "junior": "中学", "community_health": "社区卫生服务中心",
    "general": "综合医院", "children": "儿童医院", "maternity": "妇幼保健院", "childrens_centre": "儿童活动中心",
    "childrens_palace": "少年宫", "court": "儿童球场", "playing_field": "儿童运动场", "stadium": "体育场",
    "library": "图书馆", "cultural_centre": "文化馆", "art_museum": "美术馆", "nursery": "托育园",
    "shelter": "应急避难场所", "base": "研学实践基地", "scenic": "景区", "shopping_district": "商圈",
    "childrens_home": "儿童之家", "station": "服务站", "calming": "稳静化路段",
}  # fmt: skip
# layer -> column -> share of yes
YES_SHARES = {
    "schools": {"certified": 0.08}, "hospitals": {"certified": 0.30}, "parks": {"certified": 0.06},
    "scenic": {"certified": 0.35}, "shopping": {"certified": 0.75}, "shelters": {"mother_baby_room": 0.7},
}  # fmt: skip
CAPACITY = {"kindergarten": (180, 330), "primary": (800, 1600), "junior": (700, 1500), "nursery": (30, 60)}


def make_facilities(
    communities: gpd.GeoDataFrame, homes: gpd.GeoDataFrame, doors: Floats, rng: np.random.Generator
) -> Mapping[str, gpd.GeoDataFrame]:
    """Return the facilities by layer (UTM): ``name``, ``kind`` and what else the layer has."""
    layers: dict[str, list[gpd.GeoDataFrame]] = {}
    for (layer, kind), count in COUNTS.items():
        points = _outside(_spread(homes, count, rng), communities, GAPS.get((layer, kind), ()))
        if layer in {"schools", "hospitals", "sports"}:
            points = pd.concat([points, _over_the_border(doors, communities, 2, rng)], ignore_index=True)
        layers.setdefault(layer, []).append(_named(gpd.GeoSeries(points, crs=homes.crs), layer, kind, communities))
    tables = {layer: pd.concat(parts, ignore_index=True) for layer, parts in layers.items()}
    tables |= _place_each(communities, homes, rng)
    tables["parks"] = _parks(communities, homes, rng)
    tables["traffic_calming"] = _calming(tables["schools"], communities, rng)
    return {layer: _attributes(layer, table, rng) for layer, table in tables.items()}


def _spread(homes: gpd.GeoDataFrame, count: int, rng: np.random.Generator) -> gpd.GeoSeries:
    """Choose homes far from each other: each next home is about the farthest from those chosen, with random weights."""
    xy = shapely.get_coordinates(homes.geometry.to_numpy())
    chosen = [int(rng.integers(len(xy)))]
    away = np.hypot(*(xy - xy[chosen[0]]).T)
    for _ in range(count - 1):
        chosen.append(int(np.argmax(away * rng.uniform(0.75, 1.0, len(xy)))))
        away = np.minimum(away, np.hypot(*(xy - xy[chosen[-1]]).T))
    return homes.geometry.iloc[chosen].reset_index(drop=True)


def _outside(points: gpd.GeoSeries, communities: gpd.GeoDataFrame, offices: tuple[str, ...]) -> gpd.GeoSeries:
    closed = communities[communities["street_office"].isin(offices)].union_all()
    return points[~points.intersects(closed)].reset_index(drop=True)


def _over_the_border(
    doors: Floats, communities: gpd.GeoDataFrame, count: int, rng: np.random.Generator
) -> gpd.GeoSeries:
    """Choose places west of the district: they serve its children too."""
    points = gpd.GeoSeries(shapely.points(doors), crs=communities.crs)
    near = points[~points.intersects(communities.union_all()) & (points.x < communities.total_bounds[0] + 900)]
    return near.iloc[rng.choice(len(near), count, replace=False)]


def _named(points: gpd.GeoSeries, layer: str, kind: str, communities: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Name each place after its street office and a number, so that nobody takes it for a real place."""
    office = gpd.GeoDataFrame(geometry=points).sjoin_nearest(communities[["street_office", "geometry"]], how="left")
    office = office[~office.index.duplicated()]["street_office"].to_numpy()
    number = pd.Series(office).groupby(office).cumcount() + 1
    names = [f"{where.removesuffix('街道')}示例{NAMES[kind]}{n}" for where, n in zip(office, number, strict=True)]
    return gpd.GeoDataFrame({"name": names, "kind": kind}, geometry=points.to_numpy(), crs=communities.crs)


def _place_each(
    communities: gpd.GeoDataFrame, homes: gpd.GeoDataFrame, rng: np.random.Generator
) -> dict[str, gpd.GeoDataFrame]:
    """Return the layers with a place in every community or street office, or nearly."""
    by_community = homes.groupby("home_code").head(1).set_index("home_code").geometry
    without = rng.choice(communities.index, round(NO_HOME_SHARE * len(communities)), replace=False)
    at = by_community[~by_community.index.isin(without)]
    names = communities["community"].reindex(at.index) + "儿童之家"
    homes_table = gpd.GeoDataFrame({"name": names, "kind": "childrens_home"}, geometry=at, crs=communities.crs)
    tables = {"children_homes": homes_table.reset_index(drop=True)}
    first = communities.reset_index().groupby("street_office")["code"].first()
    for layer, name, left_out in (
        ("family_stations", "家庭教育指导服务站", NO_FAMILY_STATION),
        ("protection_stations", "未成年人保护站", ""),
    ):
        offices = first[first.index != left_out]
        at = by_community.reindex(offices).to_numpy()
        table = {"name": [f"{office}{name}" for office in offices.index], "kind": "station"}
        tables[layer] = gpd.GeoDataFrame(table, geometry=at, crs=communities.crs)
    return tables


def _parks(communities: gpd.GeoDataFrame, homes: gpd.GeoDataFrame, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Return parks as areas: a few large, most of them pockets and playgrounds."""
    points = _outside(_spread(homes, PARKS, rng), communities, GAPS["parks", ""])
    kind = rng.choice(["park", "pocket", "playground"], len(points), p=[0.25, 0.5, 0.25])
    radius_m = {"park": (50, 110), "pocket": (14, 28), "playground": (10, 18)}
    shapes = []
    for point, what in zip(points, kind, strict=True):
        turn = np.linspace(0, 2 * np.pi, 12, endpoint=False)
        reach_m = rng.uniform(*radius_m[what]) * rng.uniform(0.8, 1.2, len(turn))
        shapes.append(
            shapely.Polygon(np.column_stack([point.x + reach_m * np.cos(turn), point.y + reach_m * np.sin(turn)]))
        )
    names = {"park": "公园", "pocket": "口袋公园", "playground": "游戏场"}
    table = _named(points, "parks", "base", communities)
    table["name"] = [n.replace(NAMES["base"], names[k]) for n, k in zip(table["name"], kind, strict=True)]
    return gpd.GeoDataFrame({"name": table["name"], "kind": kind}, geometry=shapes, crs=communities.crs)


def _calming(schools: gpd.GeoDataFrame, communities: gpd.GeoDataFrame, rng: np.random.Generator) -> gpd.GeoDataFrame:
    near = schools[rng.random(len(schools)) < 0.85]
    moved = shapely.points(shapely.get_coordinates(near.geometry.to_numpy()) + rng.normal(0, 35, (len(near), 2)))
    return _named(gpd.GeoSeries(moved, crs=schools.crs), "traffic_calming", "calming", communities)


def _attributes(layer: str, table: gpd.GeoDataFrame, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Add capacities and yes/no columns."""
    table = table.copy()
    for column, share in YES_SHARES.get(layer, {}).items():
        table[column] = np.where(rng.random(len(table)) < share, "yes", "no")
    if layer in {"schools", "care_centres"}:
        low, high = np.array([CAPACITY[kind] for kind in table["kind"]]).T
        table["capacity"] = (rng.uniform(low, high) // 10 * 10).astype(int)
    if layer == "schools":
        garden = table["kind"] == "kindergarten"
        for column, share in (("public", 0.62), ("inclusive", 0.86)):
            table[column] = np.where(garden, np.where(rng.random(len(table)) < share, "yes", "no"), "")
    if layer == "hospitals":
        health = table["kind"] == "community_health"
        doctors = pd.Series(rng.choice([1, 2, 3], len(table), p=[0.15, 0.55, 0.3])).astype("Int64")
        table["child_doctors"] = doctors.where(health)
    return table


def csv_table(table: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return points as a table: name, kind, lon, lat and the rest."""
    rest = [column for column in table.columns if column not in {"name", "kind", "geometry"}]
    return pd.concat([table[["name", "kind"]], as_lon_lat(table.geometry), table[rest]], axis=1)
