"""Places are matched to landmarks by words of their names; the likelihood ratio is that of all words together."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, Point, box, union_all

from cfgeo.check.landmarks import (
    NO_MATCHES,
    NameMatches,
    concat_matches,
    landmark_m,
    log_likelihood_ratio,
    match_areas,
    match_names,
    share_nearer,
)

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


def matches_of(names: list[str | None], at: list[tuple[float, float]] | None = None) -> NameMatches:
    """Return the matches of places with names."""
    points = gpd.GeoSeries([Point(xy) for xy in at or [(0, 0)] * len(names)], crs=CRS)
    return match_names(pd.Series(names, dtype="str"), points, KNOWN)


@pytest.mark.parametrize(
    ("name", "word", "landmarks"),
    [
        ("石油路小学", "石油路", ["石油路"]),
        ("大坪医院", "大坪", ["大坪", "大坪支路"]),  # a whole name may be short, and leads others
        ("大坪支路幼儿园", "大坪支路", ["大坪支路"]),  # the longest word counts
        ("枇杷山公园", "枇杷山", ["枇杷山正街", "枇杷山后街"]),
        ("重庆市石油路第2幼儿园", "石油路", ["石油路"]),
        ("人民公园球场", "人民公园", ["人民公园"]),
    ],
)
def test_a_place_is_named_after_what_the_longest_word_of_its_name_begins(
    name: str, word: str, landmarks: list[str]
) -> None:
    matches = matches_of([name])
    assert list(matches.words) == [word]
    assert matches.landmarks[0].equals(shapely.union_all([MAP[name] for name in landmarks]))


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
def test_a_name_without_a_landmark_is_no_witness(name: str | None) -> None:
    assert matches_of([name]).witnesses == 0


def test_a_word_in_names_far_apart_is_no_landmark() -> None:
    more = pd.concat([KNOWN, gpd.GeoDataFrame({"name": ["小石油路桥"]}, geometry=[Point(2900, 0)], crs=CRS)])
    points = gpd.GeoSeries([Point(0, 0)], crs=CRS)
    assert match_names(pd.Series(["石油路小学"]), points, more).witnesses == 0


def test_places_without_a_position_and_maps_without_names_are_no_witnesses() -> None:
    names = pd.Series(["石油路小学", "石油路中学"])
    assert match_names(names, gpd.GeoSeries([Point(), None], crs=CRS), KNOWN) is NO_MATCHES
    assert match_names(names, gpd.GeoSeries([Point(0, 0)] * 2, crs=CRS), KNOWN.iloc[:0]) is NO_MATCHES
    assert concat_matches([]) is NO_MATCHES


def test_an_area_is_represented_by_a_point_inside() -> None:
    park = gpd.GeoSeries([shapely.box(0, 0, 100, 100)], crs=CRS)
    matches = match_names(pd.Series(["石油路公园"]), park, KNOWN)
    assert matches.points[0].within(park.iloc[0])


def test_the_likelihood_ratio_equals_the_formula_by_hand() -> None:
    """At a scale s a distance d has the density 1 / (1 + d²/s²) / (s² ln(1 + 1000²/s²))."""
    matches = matches_of(["石油路小学"], [(400, 300)])
    there = np.array([Point(400, 0)])
    scales = np.array([60.0, 120.0, 250.0])
    share = scales**2 * np.log(1 + (1000 / scales) ** 2)
    now, then = (np.sum(1 / (1 + (d / scales) ** 2) / share) for d in (300.0, 0.0))
    assert log_likelihood_ratio(matches, there) == pytest.approx(np.log(then / now))
    assert list(landmark_m(matches, matches.points)) == [300.0]
    assert share_nearer(matches, there) == 1.0


def test_places_of_one_word_are_one_witness() -> None:
    once = matches_of(["石油路小学"], [(400, 300)])
    thrice = matches_of(["石油路小学", "石油路中学", "石油路医院"], [(400, 300)] * 3)
    assert (once.witnesses, thrice.witnesses) == (1, 1)
    there = np.array([Point(400, 0)] * 3)
    assert log_likelihood_ratio(thrice, there) == pytest.approx(log_likelihood_ratio(once, there[:1]))
    both = concat_matches([once, matches_of(["大坪小学"], [(3000, -50)])])
    assert both.witnesses == 2
    assert share_nearer(both, np.array([Point(400, 0), Point(3000, -90)])) == 0.5


def test_beyond_a_kilometre_all_distances_are_equally_likely() -> None:
    matches = matches_of(["石油路小学"], [(400, -1500)])
    assert log_likelihood_ratio(matches, np.array([Point(400, -9000)])) == 0.0
    assert share_nearer(matches, np.array([Point(400, -1200)])) == 0.0


METRES = st.floats(-3000, 3000)


@given(st.tuples(METRES, METRES), st.tuples(METRES, METRES))
def test_the_ratios_there_and_back_cancel(here: tuple[float, float], there: tuple[float, float]) -> None:
    names: list[str | None] = ["石油路小学", "大坪小学"]
    here_there, there_here = matches_of(names, [here, there]), matches_of(names, [there, here])
    forth = log_likelihood_ratio(here_there, there_here.points)
    assert forth == pytest.approx(-log_likelihood_ratio(there_here, here_there.points))


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
    ("name", "area"),
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
def test_the_longest_area_name_in_a_name_counts(name: str | None, area: object) -> None:
    areas = match_areas(pd.Series([name], dtype="str"), COMMUNITIES)
    assert areas[0] is None if area is None else areas[0].equals(area)


def test_communities_without_names_match_no_place() -> None:
    nameless = COMMUNITIES.assign(community="1", street_office="–")
    assert list(match_areas(pd.Series(["大坪小学", "1"]), nameless)) == [None, None]
    assert len(match_areas(pd.Series([], dtype="str"), COMMUNITIES)) == 0
