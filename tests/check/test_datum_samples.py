"""Points as they lie in each datum, beside one street and in a square district near Chongqing."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely import LineString, Point, box

from cfgeo.check.datum_samples import (
    DATUMS,
    OUTSIDE_PENALTY,
    Declared,
    ReferenceMap,
    Sample,
    alternatives,
    canonical,
    concat_samples,
    log_area_distance,
    log_street_distance,
    sample_tables,
    tables_by_file,
)
from cfgeo.files.positions.datum import from_wgs84, to_wgs84

CRS = "EPSG:32648"
X, Y = 650_000.0, 3_270_000.0
"""In Chongqing."""
DISTRICT = box(X - 1000, Y - 1000, X + 1000, Y + 1000)
REFERENCE = ReferenceMap(shapely.STRtree([LineString([(X - 1000, Y), (X + 1000, Y)])]), DISTRICT, CRS)


def sample_of(*places: Point, datum: str = "wgs84") -> Sample:
    return sample_tables(REFERENCE, {"layer": Declared(np.array(places), datum)})["layer"]


def test_cgcs2000_is_wgs84() -> None:
    assert [canonical(datum) for datum in ("cgcs2000", *DATUMS)] == ["wgs84", *DATUMS]
    assert alternatives("cgcs2000") == alternatives("wgs84") == ["gcj02", "bd09"]
    assert alternatives("gcj02") == ["wgs84", "bd09"]


@pytest.mark.parametrize("declared", DATUMS)
@pytest.mark.parametrize("likely", DATUMS)
def test_a_shifted_point_lies_where_the_other_datum_puts_it(declared: str, likely: str) -> None:
    degrees = gpd.GeoSeries([Point(X, Y)], crs=CRS).to_crs("EPSG:4326").iloc[0]
    written = from_wgs84(np.array([degrees.x]), np.array([degrees.y]), datum=declared)
    lon, lat = to_wgs84(*written, datum=likely)
    there = gpd.GeoSeries([Point(lon[0], lat[0])], crs="EPSG:4326").to_crs(CRS).iloc[0]
    assert REFERENCE.shifted(np.array([Point(X, Y)]), declared, likely)[0].distance(there) < 0.01
    assert REFERENCE.shift_m(declared, likely) == pytest.approx(there.distance(Point(X, Y)), abs=1)


def test_a_sample_holds_the_places_around_the_district_in_every_datum() -> None:
    here, far = Point(X, Y + 30), Point(X + 9000, Y)
    sample = sample_of(here, far, Point(), Point(np.inf, np.inf), datum="gcj02")
    assert (len(sample), sample.declared, list(sample.areas)) == (1, "gcj02", [None])
    assert sample.points["gcj02"][0].equals(here)
    assert sample.street_m["gcj02"] == pytest.approx([30.0])
    for datum in alternatives("gcj02"):
        moved = REFERENCE.shifted(np.array([here]), "gcj02", datum)
        assert sample.points[datum][0].distance(moved[0]) < 0.01
        assert sample.street_m[datum] == pytest.approx(REFERENCE.street_m(moved), abs=0.01)


def test_every_nth_of_many_places_is_sampled_with_its_own_area() -> None:
    points = shapely.points(X + np.linspace(-900, 900, 9001), Y + 10)
    areas = np.array([None] * 9000 + [DISTRICT])
    sample = sample_tables(REFERENCE, {"many": Declared(points, "wgs84", areas=areas)})["many"]
    assert len(sample) == 2251
    assert sample.areas[-1] is DISTRICT
    assert set(sample.without_areas().areas) == {None}


def test_each_table_is_sampled_in_its_own_datum() -> None:
    tables = {
        "a": Declared(np.array([Point(X, Y)]), "wgs84"),
        "none": Declared(np.array([Point(X + 9000, Y)]), "wgs84"),
        "b": Declared(np.array([Point(X, Y + 50)]), "bd09"),
        "c": Declared(np.array([Point(X, Y + 70), Point(X, Y - 90)]), "wgs84"),
    }
    samples = sample_tables(REFERENCE, tables)
    assert list(samples) == ["a", "b", "c"]
    assert [list(samples[name].street_m[samples[name].declared].round(6)) for name in samples] == [[0], [50], [70, 90]]
    both = concat_samples([samples["a"], samples["c"]])
    assert list(both.street_m["wgs84"].round(6)) == [0, 70, 90]
    assert len(both) == len(both.points["gcj02"]) == 3


def test_gains_add_streets_the_district_and_the_area_of_the_name() -> None:
    """Read as GCJ-02, a place leaves its street and its name's area; the district counts for 1.5."""
    inside, outside = Point(X, Y + 30), Point(X + 990, Y + 30)  # GCJ-02 read as WGS-84 lies east: its place is west
    sample = sample_of(inside, outside)
    streets = sample.street_gains()
    for datum in ("gcj02", "bd09"):
        then = np.minimum(sample.street_m[datum], 500)
        assert streets[datum] == pytest.approx(np.log(40) - np.log(then + 10))
        assert sample.gains(REFERENCE)[datum] == pytest.approx(streets[datum])  # neither is brought in or out
    beyond = sample_of(Point(X + 1100, Y))
    assert not REFERENCE.inside(beyond.points["wgs84"])[0]
    assert REFERENCE.inside(beyond.points["gcj02"])[0]
    assert beyond.gains(REFERENCE)["gcj02"] == pytest.approx(beyond.street_gains()["gcj02"] + OUTSIDE_PENALTY)


def test_distances_are_capped_where_they_are_no_evidence() -> None:
    assert log_street_distance(np.array([0.0, 490.0, 500.0, 9000.0])) == pytest.approx(np.log([10, 500, 510, 510]))
    points, areas = np.array([Point(X, Y)] * 3), np.array([box(X + 100, Y, X + 200, Y + 10), None, DISTRICT])
    assert log_area_distance(points, areas) == pytest.approx(np.log([150, 50, 50]))


def test_tables_are_of_one_file_where_they_have_one_datum() -> None:
    none = np.empty(0, dtype=object)
    tables = {
        "a": Declared(none, "wgs84", file="all.xlsx"),
        "b": Declared(none, "wgs84", file="all.xlsx"),
        "c": Declared(none, "gcj02", file="all.xlsx"),
        "d": Declared(none, "wgs84", sure=True, file="all.xlsx"),
        "e": Declared(none, "wgs84"),
        "f": Declared(none, "wgs84"),
    }
    assert tables_by_file(tables) == {"all.xlsx": ["a", "b"]}
    assert tables_by_file({name: tables[name] for name in "ac"}) == {}


def test_a_shift_has_one_length_wherever_the_district_is_taken_to_lie() -> None:
    moved = REFERENCE.with_district_in("wgs84", "bd09")
    assert moved.shift_m("wgs84", "gcj02") == REFERENCE.shift_m("wgs84", "gcj02")
