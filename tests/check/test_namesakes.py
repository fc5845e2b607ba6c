"""Names of places hold names of communities, the longest counts, and what has none stands nowhere."""

import geopandas as gpd
import pandas as pd
import pytest
from shapely import box, union_all

from cfgeo.check.namesakes import namesakes

COMMUNITIES = gpd.GeoDataFrame(
    {
        "community": ["大坪正街社区", "人和街社区", "人和社区", "–", "坪"],
        "street_office": ["大坪街道", "上清寺街道", "上清寺街道", "大坪街道", "大坪街道"],
    },
    geometry=[box(i, 0, i + 1, 1) for i in range(5)],
    crs="EPSG:32648",
)
SHAPES = list(COMMUNITIES.geometry)


@pytest.mark.parametrize(
    ("name", "land"),
    [
        ("大坪正街小学", SHAPES[0]),
        ("人和街小学", SHAPES[1]),
        ("人和医院", SHAPES[2]),
        ("大坪医院", union_all([SHAPES[0], SHAPES[3], SHAPES[4]])),  # of the street office
        ("上清寺社区卫生服务中心", union_all(SHAPES[1:3])),
        ("第五十中学", None),
        ("坪", None),  # one letter names nothing
        (None, None),
    ],
)
def test_a_name_holds_the_longest(name: str | None, land: object) -> None:
    found = namesakes(pd.Series([name], dtype="str"), COMMUNITIES)
    assert found[0] is None if land is None else found[0].equals(land)


def test_communities_without_names_name_nothing() -> None:
    nameless = COMMUNITIES.assign(community="1", street_office="–")
    assert list(namesakes(pd.Series(["大坪小学", "1"]), nameless)) == [None, None]
    assert len(namesakes(pd.Series([], dtype="str"), COMMUNITIES)) == 0
