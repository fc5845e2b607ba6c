"""Words of names that lead a name on the map, where these stand, and what they say together."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, Point, box, union_all

from cfgeo.check.landmarks import NOBODY, Signposts, agreeing, away_m, log_odds, namesakes, signposts, together

CRS = "EPSG:32648"
MAP = {
    "石油路": LineString([(0, 0), (800, 0)]),
    "大坪": Point(3000, 0),
    "大坪支路": LineString([(3000, 100), (3400, 100)]),
    "枇杷山正街": LineString([(5000, 0), (5000, 900)]),
    "枇杷山后街": LineString([(5200, 0), (5200, 900)]),
    "人民路": LineString([(0, 2000), (500, 2000)]),
    "人民公园": Point(4000, 2000),
    "新华路": LineString([(7000, 0), (7400, 0)]),
    "Gate 6": Point(0, 0),
}
KNOWN = gpd.GeoDataFrame({"name": list(MAP)}, geometry=list(MAP.values()), crs=CRS)


def of(names: list[str | None], at: list[tuple[float, float]] | None = None) -> Signposts:
    """Return the signposts of places with names."""
    points = gpd.GeoSeries([Point(xy) for xy in at or [(0, 0)] * len(names)], crs=CRS)
    return signposts(pd.Series(names, dtype="str"), points, KNOWN)


@pytest.mark.parametrize(
    ("name", "word", "lands"),
    [
        ("石油路小学", "石油路", ["石油路"]),
        ("大坪医院", "大坪", ["大坪", "大坪支路"]),  # a whole name may be short, and leads others
        ("大坪支路幼儿园", "大坪支路", ["大坪支路"]),  # the longest word counts
        ("枇杷山公园", "枇杷山", ["枇杷山正街", "枇杷山后街"]),
        ("重庆市石油路第2幼儿园", "石油路", ["石油路"]),
        ("人民公园球场", "人民公园", ["人民公园"]),
    ],
)
def test_a_place_is_called_after_what_the_longest_word_of_its_name_leads(
    name: str, word: str, lands: list[str]
) -> None:
    found = of([name])
    assert list(found.words) == [word]
    assert found.lands[0].equals(shapely.union_all([MAP[one] for one in lands]))


@pytest.mark.parametrize(
    "name",
    [
        "人民小学",  # 人民 leads two names, four kilometres apart, and is the whole of none
        "新华小学",  # two letters are a part of a name, not a name
        "第五十中学",
        "Gate 6 School",
        "石油",
        "",
        None,
    ],
)
def test_what_is_called_after_nothing_is_no_witness(name: str | None) -> None:
    assert of([name]).witnesses == 0


def test_a_word_that_stands_here_and_there_says_nothing() -> None:
    more = pd.concat([KNOWN, gpd.GeoDataFrame({"name": ["小石油路桥"]}, geometry=[Point(2900, 0)], crs=CRS)])
    points = gpd.GeoSeries([Point(0, 0)], crs=CRS)
    assert signposts(pd.Series(["石油路小学"]), points, more).witnesses == 0


def test_places_without_a_position_and_maps_without_names_are_no_witnesses() -> None:
    names = pd.Series(["石油路小学", "石油路中学"])
    assert signposts(names, gpd.GeoSeries([Point(), None], crs=CRS), KNOWN) is NOBODY
    assert signposts(names, gpd.GeoSeries([Point(0, 0)] * 2, crs=CRS), KNOWN.iloc[:0]) is NOBODY
    assert together([]) is NOBODY


def test_areas_are_looked_at_inside() -> None:
    park = gpd.GeoSeries([shapely.box(0, 0, 100, 100)], crs=CRS)
    found = signposts(pd.Series(["石油路公园"]), park, KNOWN)
    assert found.points[0].within(park.iloc[0])


def test_the_odds_by_hand() -> None:
    """At a scale s a distance d has the density 1 / (1 + d²/s²) / (s² ln(1 + 1000²/s²))."""
    signs = of(["石油路小学"], [(400, 300)])
    there = np.array([Point(400, 0)])
    scales = np.array([60.0, 120.0, 250.0])
    share = scales**2 * np.log(1 + (1000 / scales) ** 2)
    now, then = (np.sum(1 / (1 + (d / scales) ** 2) / share) for d in (300.0, 0.0))
    assert log_odds(signs, there) == pytest.approx(np.log(then / now))
    assert list(away_m(signs, signs.points)) == [300.0]
    assert agreeing(signs, there) == 1.0


def test_places_of_one_word_are_one_witness() -> None:
    once = of(["石油路小学"], [(400, 300)])
    thrice = of(["石油路小学", "石油路中学", "石油路医院"], [(400, 300)] * 3)
    assert (once.witnesses, thrice.witnesses) == (1, 1)
    there = np.array([Point(400, 0)] * 3)
    assert log_odds(thrice, there) == pytest.approx(log_odds(once, there[:1]))
    both = together([once, of(["大坪小学"], [(3000, -50)])])
    assert both.witnesses == 2
    assert agreeing(both, np.array([Point(400, 0), Point(3000, -90)])) == 0.5


def test_beyond_a_kilometre_it_is_another_s_name() -> None:
    signs = of(["石油路小学"], [(400, -1500)])
    assert log_odds(signs, np.array([Point(400, -9000)])) == 0.0
    assert agreeing(signs, np.array([Point(400, -1200)])) == 0.0


METRES = st.floats(-3000, 3000)


@given(st.tuples(METRES, METRES), st.tuples(METRES, METRES))
def test_there_and_back_cancel(here: tuple[float, float], there: tuple[float, float]) -> None:
    names: list[str | None] = ["石油路小学", "大坪小学"]
    one, other = of(names, [here, there]), of(names, [there, here])
    assert log_odds(one, other.points) == pytest.approx(-log_odds(other, one.points))


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
