"""What other departments list: certified communities, rooms, tobacco shops, answers about places, yearly figures.

Everything is invented, drawn from a generator of its own: the places of the other modules stay as they are.
"""

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from .land import Floats

CERTIFIED = {"曾家岩社区", "红岩村社区", "桂花园新村社区", "枇杷山正街社区", "桂花园社区", "石板坡社区"}
"""Communities that are certified in the model."""
WITHOUT_ROOM = 2
TOBACCO_SHOPS, TOBACCO_TOO_NEAR, NEAR_SCHOOL_M = 60, 2, 60.0
YEARS = (2024, 2025)

# layer -> column -> share of yes, of the kinds that are asked (empty: all)
YES_SHARES: Mapping[str, Mapping[str, tuple[float, tuple[str, ...]]]] = {
    "schools": {"sports_open": (0.7, ("primary", "junior")), "parent_school": (0.96, ()), "first_aid": (0.85, ()),
                "cameras": (1.0, ())},
    "activity": {"e_reading": (0.75, ()), "cameras": (0.9, ())},
    "culture": {"e_reading": (0.8, ())},
    "parks": {"cameras": (0.7, ())},
    "shopping": {"first_aid": (0.75, ())},
}  # fmt: skip
GRADES = {"示范": 0.12, "一级": 0.38, "二级": 0.36, "三级": 0.14}
BEDS = {"general": (20, 60), "children": (300, 420), "maternity": (60, 120)}

# indicator -> unit, figures of YEARS, and how far girls lie above boys (0: sexes are not reported)
FIGURES: Mapping[str, tuple[str, tuple[float, float], float]] = {
    "学前三年毛入园率": ("%", (99.1, 100.0), 0.0), "残疾儿童入学率": ("%", (96.8, 97.4), 0.4),
    "学生体质健康优良率": ("%", (57.2, 61.5), 3.0), "体育课开足开齐率": ("%", (100.0, 100.0), 0.0),
    "新生儿死亡率": ("‰", (1.3, 1.1), -0.2), "婴儿死亡率": ("‰", (2.4, 2.2), -0.2),
    "5岁以下儿童死亡率": ("‰", (3.1, 4.2), -0.2), "0—6岁儿童眼保健和视力检查覆盖率": ("%", (93.5, 95.0), 0.6),
    "5岁以下儿童生长迟缓率": ("%", (2.1, 1.8), -0.4), "适龄儿童免疫规划疫苗接种率": ("%", (97.5, 98.2), 0.2),
    "符合条件的残疾儿童康复救助率": ("%", (100.0, 100.0), 0.0), "孤儿基本生活保障率": ("%", (100.0, 100.0), 0.0),
    "交通安全宣传活动场次": ("场", (9, 14), 0.0), "食品药品抽检合格率": ("%", (98.4, 97.6), 0.0),
}  # fmt: skip
BY_OFFICE = "适龄儿童免疫规划疫苗接种率"


def certified_of(communities: pd.DataFrame) -> pd.Series:
    """Return whether each community is certified."""
    return communities["community"].isin(CERTIFIED).map({True: "yes", False: "no"})


def aged_0_14(homes: pd.DataFrame) -> pd.Series:
    """Return how many children of 0–14 each community has: half of those of 12–17 are younger than 15."""
    numbers = homes[["age_0_2", "age_3_5", "age_6_11"]].sum(axis=1) + homes["age_12_17"] / 2
    return numbers.groupby(homes["home_code"]).sum().round().astype(int)


def with_answers(layer: str, table: gpd.GeoDataFrame, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Return places with what departments say of them, beside what they have already."""
    columns: dict[str, object] = {}
    for column, (share, kinds) in YES_SHARES.get(layer, {}).items():
        asked = table["kind"].isin(kinds) if kinds else np.ones(len(table), dtype=bool)
        columns[column] = np.where(asked, np.where(rng.random(len(table)) < share, "yes", "no"), "")
    if layer == "schools":
        grade = rng.choice(list(GRADES), len(table), p=list(GRADES.values()))
        columns["grade"] = np.where(table["kind"] == "kindergarten", grade, "")
    if layer == "family_stations":
        columns["events"] = rng.choice([3, 4, 5, 6, 8], len(table), p=[0.1, 0.3, 0.3, 0.2, 0.1])
    if layer == "hospitals":
        low, high = np.array([BEDS.get(kind, (0, 1)) for kind in table["kind"]]).T
        columns["child_beds"] = rng.integers(low, high)
        columns["paediatricians"] = np.where(
            low > 0, np.array(columns["child_beds"]) // 5, rng.integers(0, 3, len(low))
        )
    return table.assign(**columns)


def department_layers(
    communities: gpd.GeoDataFrame, homes: gpd.GeoDataFrame, schools: gpd.GeoDataFrame, rng: np.random.Generator
) -> dict[str, gpd.GeoDataFrame]:
    """Return protection rooms, tobacco shops and legal-education bases (UTM): ``name``, ``kind``."""
    at = homes.groupby("home_code").tail(1).set_index("home_code").geometry
    without = rng.choice(communities.index, WITHOUT_ROOM, replace=False)
    rooms = at[~at.index.isin(without)]
    names = communities["community"].reindex(rooms.index) + "未成年人保护工作室"
    points = homes.geometry.to_numpy()[rng.choice(len(homes), TOBACCO_SHOPS, replace=False)]
    near = shapely.dwithin(points[:, None], schools.geometry.to_numpy()[None], NEAR_SCHOOL_M).any(axis=1)
    xy: Floats = shapely.get_coordinates(schools.geometry.to_numpy()[:TOBACCO_TOO_NEAR])
    shops = [*points[~near], *shapely.points(xy + 25.0)]
    base = communities.geometry.representative_point().iloc[[len(communities) // 2]]
    return {
        "protection_rooms": _places(names.to_numpy(), "room", rooms, communities),
        "tobacco": _places([f"示例烟草零售点{i + 1}" for i in range(len(shops))], "tobacco", shops, communities),
        "legal_bases": _places(["示例青少年法治教育基地"], "base", base, communities),
    }


def _places(names: object, kind: str, points: object, communities: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    shapes = np.asarray(points)
    return gpd.GeoDataFrame({"name": names, "kind": kind}, geometry=shapes, crs=communities.crs)


def yearly_figures(communities: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return what departments report: a row for each indicator, year, area and sex."""
    rows = []
    for name, (unit, values, girls) in FIGURES.items():
        for year, value in zip(YEARS, values, strict=True):
            sexes = {"合计": 0.0} | ({"男": -girls / 2, "女": girls / 2} if girls else {})
            rows += [(name, year, "全区", sex, min(value + more, 100.0), unit) for sex, more in sexes.items()]
            if name == BY_OFFICE:
                offices = sorted(communities["street_office"].unique())
                around = np.minimum(value + rng.normal(0, 1.0, len(offices)), 100.0)
                rows += [(name, year, office, "合计", each, unit) for office, each in zip(offices, around, strict=True)]
    table = pd.DataFrame(rows, columns=["指标", "年份", "区域", "性别", "数值", "单位"])
    return table.assign(数值=[f"{value:.1f}".removesuffix(".0") for value in table["数值"]], 来源="示例（虚构）")
