"""GCJ-02 and BD-09 against published pairs, and their inverses everywhere in China."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cfgeo.files.positions.datum import Floats, from_wgs84, gcj02_from_wgs84, to_wgs84

METRES_PER_DEGREE = 111_320.0
CHINESE = ("gcj02", "bd09")
lons, lats = st.floats(74, 134), st.floats(18.5, 53.5)


def arrays(lon: float, lat: float) -> tuple[Floats, Floats]:
    return np.array([lon]), np.array([lat])


def metres_apart(a: tuple[Floats, Floats], b: tuple[Floats, Floats]) -> float:
    east = (a[0] - b[0]) * np.cos(np.radians(a[1])) * METRES_PER_DEGREE
    north = (a[1] - b[1]) * METRES_PER_DEGREE
    return float(np.hypot(east, north).max())


def test_gcj02_is_the_published_one() -> None:
    assert (
        metres_apart(gcj02_from_wgs84(*arrays(116.404, 39.915)), arrays(116.41024449916938, 39.91640428150164)) < 0.001
    )


def test_bd09_is_the_published_one() -> None:
    # The pair that every converter is tried on, from GCJ-02.
    wgs84 = to_wgs84(*arrays(116.404, 39.915), datum="gcj02")
    moved = from_wgs84(*wgs84, datum="bd09")
    assert metres_apart(moved, arrays(116.41036949371029, 39.92133699351021)) < 0.001


PUBLISHED = [  # of other converters' own tests: WGS-84, and where they say that it is
    ("gcj02", (121.5272106, 31.1774276), (121.531541859215, 31.17530398364597), 0.001),  # Shanghai
    ("gcj02", (113.912316, 22.543847), (113.9171764808363, 22.540796131694766), 0.001),  # Shenzhen
    ("gcj02", (116.377817, 39.911954), (116.38404722455657, 39.91334545536069), 0.001),  # Beijing
    # A converter of another axis (6,378,137 m): a centimetre.
    ("gcj02", (121.0917077, 30.6107779), (121.09626935575027, 30.608604331756705), 0.01),
    ("bd09", (121.0917077, 30.6107779), (121.10271732371203, 30.61484572185035), 0.01),
    # What Baidu's own service answered; it rounds on its way.
    ("bd09", (114.21892734521, 29.575429778924), (114.2307519546763, 29.57908428837437), 1.5),
    ("bd09", (114.21892734521, 29.575429778924), (114.23075654746, 29.579087603387), 1.5),
]


@pytest.mark.parametrize(("datum", "wgs84", "moved", "within_m"), PUBLISHED)
def test_pairs_of_positions_that_others_published_are_met(
    datum: str, wgs84: tuple[float, float], moved: tuple[float, float], within_m: float
) -> None:
    assert metres_apart(from_wgs84(*arrays(*wgs84), datum=datum), arrays(*moved)) < within_m
    assert metres_apart(to_wgs84(*arrays(*moved), datum=datum), arrays(*wgs84)) < within_m


def test_bd09_is_near_where_the_usual_one_step_inverse_puts_it() -> None:
    gcj02 = gcj02_from_wgs84(*to_wgs84(*arrays(116.404, 39.915), datum="bd09"))
    assert metres_apart(gcj02, arrays(116.39762729119315, 39.90865673957631)) < 1


@settings(max_examples=300, deadline=None)
@given(lon=lons, lat=lats, datum=st.sampled_from(CHINESE))
def test_the_inverse_is_exact_to_a_millimetre_all_over_china(lon: float, lat: float, datum: str) -> None:
    moved = from_wgs84(*arrays(lon, lat), datum=datum)
    assert metres_apart(moved, arrays(lon, lat)) > 10  # at least 17 m anywhere in China, as at 96.6° E, 37.15° N
    assert metres_apart(to_wgs84(*moved, datum=datum), arrays(lon, lat)) < 0.001


@pytest.mark.parametrize("datum", CHINESE)
def test_the_inverse_is_exact_on_a_grid_of_the_whole_country_every_tenth_of_a_degree(datum: str) -> None:
    lon, lat = (axis.ravel() for axis in np.meshgrid(np.linspace(73.4, 135.1, 618), np.linspace(3.8, 53.6, 499)))
    back = to_wgs84(*from_wgs84(lon, lat, datum=datum), datum=datum)
    assert metres_apart(back, (lon, lat)) < 0.001


@pytest.mark.parametrize("place", [(7.42, 43.73), (-74.0, 40.7), (151.2, -33.9), (0.0, 0.0), (60.0, 40.0)])
@pytest.mark.parametrize("datum", CHINESE)
def test_outside_china_all_is_wgs84(place: tuple[float, float], datum: str) -> None:
    lon, lat = to_wgs84(*arrays(*place), datum=datum)
    assert (lon[0], lat[0]) == place
    lon, lat = from_wgs84(*arrays(*place), datum=datum)
    assert (lon[0], lat[0]) == place


@pytest.mark.parametrize("datum", ["wgs84", "cgcs2000"])
def test_wgs84_and_cgcs2000_stay_as_they_are(datum: str) -> None:
    given_lon, given_lat = np.array([106.55, 7.42]), np.array([29.56, 43.73])
    for move in (to_wgs84, from_wgs84):
        lon, lat = move(given_lon, given_lat, datum=datum)
        assert np.array_equal(lon, given_lon)
        assert np.array_equal(lat, given_lat)


@pytest.mark.parametrize("datum", CHINESE)
def test_no_points_and_missing_points_are_allowed(datum: str) -> None:
    empty = np.array([])
    assert len(to_wgs84(empty, empty, datum=datum)[0]) == 0
    lon, lat = to_wgs84(np.array([np.nan, 106.55]), np.array([np.nan, 29.56]), datum=datum)
    assert np.isnan(lon[0])
    assert np.isfinite([lon[1], lat[1]]).all()


@pytest.mark.parametrize("datum", CHINESE)
def test_arguments_are_not_changed(datum: str) -> None:
    lon, lat = np.array([106.55]), np.array([29.56])
    to_wgs84(lon, lat, datum=datum)
    from_wgs84(lon, lat, datum=datum)
    assert (lon[0], lat[0]) == (106.55, 29.56)
