"""Points as they lie in each datum, beside one street and in a square district near Chongqing."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely import LineString, Point, box

from cfgeo.check.datum_samples import (
    DATUMS,
    OUTSIDE,
    Ground,
    Placed,
    Sample,
    from_land,
    joined,
    log_distance,
    of_one_file,
    others,
    plain,
    sampled,
)
from cfgeo.files.datum import from_wgs84, to_wgs84

CRS = "EPSG:32648"
X, Y = 650_000.0, 3_270_000.0
"""In Chongqing."""
DISTRICT = box(X - 1000, Y - 1000, X + 1000, Y + 1000)
GROUND = Ground(shapely.STRtree([LineString([(X - 1000, Y), (X + 1000, Y)])]), DISTRICT, CRS)


def sample_of(*places: Point, datum: str = "wgs84") -> Sample:
    return sampled(GROUND, {"some": Placed(np.array(places), datum)}, DISTRICT.buffer(1200))["some"]


def test_cgcs2000_is_wgs84() -> None:
    assert [plain(datum) for datum in ("cgcs2000", *DATUMS)] == ["wgs84", *DATUMS]
    assert others("cgcs2000") == others("wgs84") == ["gcj02", "bd09"]
    assert others("gcj02") == ["wgs84", "bd09"]


@pytest.mark.parametrize("said", DATUMS)
@pytest.mark.parametrize("likely", DATUMS)
def test_what_is_moved_lies_where_the_other_datum_puts_it(said: str, likely: str) -> None:
    degrees = gpd.GeoSeries([Point(X, Y)], crs=CRS).to_crs("EPSG:4326").iloc[0]
    written = from_wgs84(np.array([degrees.x]), np.array([degrees.y]), datum=said)
    lon, lat = to_wgs84(*written, datum=likely)
    there = gpd.GeoSeries([Point(lon[0], lat[0])], crs="EPSG:4326").to_crs(CRS).iloc[0]
    assert GROUND.moved(np.array([Point(X, Y)]), said, likely)[0].distance(there) < 0.01
    assert GROUND.shift_m(said, likely) == pytest.approx(there.distance(Point(X, Y)), abs=1)


def test_a_sample_holds_the_places_around_the_district_in_every_datum() -> None:
    here, far = Point(X, Y + 30), Point(X + 9000, Y)
    some = sample_of(here, far, Point(), Point(np.inf, np.inf), datum="gcj02")
    assert (len(some), some.said, list(some.lands)) == (1, "gcj02", [None])
    assert some.at["gcj02"][0].equals(here)
    assert some.street_m["gcj02"] == pytest.approx([30.0])
    for datum in others("gcj02"):
        moved = GROUND.moved(np.array([here]), "gcj02", datum)
        assert some.at[datum][0].distance(moved[0]) < 0.01
        assert some.street_m[datum] == pytest.approx(GROUND.street_m(moved), abs=0.01)


def test_of_many_places_every_so_many_are_looked_at_with_their_own_names_land() -> None:
    points = shapely.points(X + np.linspace(-900, 900, 9001), Y + 10)
    lands = np.array([None] * 9000 + [DISTRICT])
    found = sampled(GROUND, {"many": Placed(points, "wgs84", lands=lands)}, DISTRICT.buffer(1200))["many"]
    assert len(found) == 2251
    assert found.lands[-1] is DISTRICT
    assert set(found.without_lands().lands) == {None}


def test_tables_of_several_datums_are_sampled_each_in_its_own() -> None:
    tables = {
        "a": Placed(np.array([Point(X, Y)]), "wgs84"),
        "none": Placed(np.array([Point(X + 9000, Y)]), "wgs84"),
        "b": Placed(np.array([Point(X, Y + 50)]), "bd09"),
        "c": Placed(np.array([Point(X, Y + 70), Point(X, Y - 90)]), "wgs84"),
    }
    found = sampled(GROUND, tables, DISTRICT.buffer(1200))
    assert list(found) == ["a", "b", "c"]
    assert [list(found[name].street_m[found[name].said].round(6)) for name in found] == [[0], [50], [70, 90]]
    both = joined([found["a"], found["c"]])
    assert list(both.street_m["wgs84"].round(6)) == [0, 70, 90]
    assert len(both) == len(both.at["gcj02"]) == 3


def test_gains_are_of_streets_the_district_and_the_land_of_the_name() -> None:
    """Read as GCJ-02, a place leaves its street and its name's land; the district counts for 1.5."""
    inside, outside = Point(X, Y + 30), Point(X + 990, Y + 30)  # GCJ-02 read as WGS-84 lies east: its place is west
    some = sample_of(inside, outside)
    streets = some.street_gains()
    for datum in ("gcj02", "bd09"):
        then = np.minimum(some.street_m[datum], 500)
        assert streets[datum] == pytest.approx(np.log(40) - np.log(then + 10))
        assert some.gains(GROUND)[datum] == pytest.approx(streets[datum])  # neither is brought in or out
    beyond = sample_of(Point(X + 1100, Y))
    assert not GROUND.inside(beyond.at["wgs84"])[0]
    assert GROUND.inside(beyond.at["gcj02"])[0]
    assert beyond.gains(GROUND)["gcj02"] == pytest.approx(beyond.street_gains()["gcj02"] + OUTSIDE)


def test_distances_count_up_to_where_they_say_nothing_more() -> None:
    assert log_distance(np.array([0.0, 490.0, 500.0, 9000.0])) == pytest.approx(np.log([10, 500, 510, 510]))
    points, lands = np.array([Point(X, Y)] * 3), np.array([box(X + 100, Y, X + 200, Y + 10), None, DISTRICT])
    assert from_land(points, lands) == pytest.approx(np.log([150, 50, 50]))


def test_lists_are_of_one_file_where_it_is_read_in_one_datum() -> None:
    none = np.empty(0, dtype=object)
    places = {
        "a": Placed(none, "wgs84", file="all.xlsx"),
        "b": Placed(none, "wgs84", file="all.xlsx"),
        "c": Placed(none, "gcj02", file="all.xlsx"),
        "d": Placed(none, "wgs84", sure=True, file="all.xlsx"),
        "e": Placed(none, "wgs84"),
        "f": Placed(none, "wgs84"),
    }
    assert of_one_file(places, places) == {"all.xlsx": ["a", "b"]}
    assert of_one_file(places, ["a", "c"]) == {}
