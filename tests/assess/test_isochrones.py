"""Isochrones of a point and of the facilities of a layer."""

from collections.abc import Iterator
from pathlib import Path
from threading import Event, Timer

import geopandas as gpd
import pytest
import shapely
from shapely import Point
from worlds.studies import WGS84, degrees
from worlds.town import CHILD, CRS, PRAM

from cfgeo import PlaceError, StudyError, layer_isochrones, load_study, reach_from
from cfgeo.assess.case import Case
from cfgeo.assess.isochrones import isochrones_beside
from cfgeo.core.strings import LANGUAGES


def test_the_isochrone_of_a_point_grows_with_the_minutes(town_study: Path) -> None:
    lon, lat = degrees(200, 5)
    land = reach_from(load_study(town_study), lon, lat, minutes=(1, 2, 4))
    assert land["minutes"].tolist() == [1, 2, 4]
    assert set(land["walker"]) == {"child"}
    assert land.crs == WGS84
    assert land.is_valid.all()
    metres = land.to_crs(CRS)
    assert metres.area.is_monotonic_increasing
    here = gpd.GeoSeries([Point(lon, lat)], crs=WGS84).to_crs(CRS).iloc[0]
    assert metres.distance(here).max() == 0


def test_the_isochrone_of_a_pram_is_smaller_than_that_of_a_child(town_study: Path) -> None:
    study = load_study(town_study)
    child, pram = (
        reach_from(study, *degrees(0, 105), minutes=(5,), walker=walker).to_crs(CRS) for walker in ("child", "pram")
    )
    assert pram.area.iloc[0] < child.area.iloc[0]
    assert set(pram["walker"]) == {"pram"}


def test_a_point_off_the_network_is_an_error(town_study: Path) -> None:
    for lon, lat in (degrees(200, -500), (0.0, 0.0), (-73.4, -29.5), (180.0, 90.0), (29.55, 106.55 - 90)):
        with pytest.raises(PlaceError) as caught:
            reach_from(load_study(town_study), lon, lat, minutes=(5,))
        for lang in LANGUAGES:
            assert "100" in caught.value.text(lang)
            assert str(lon) in caught.value.text(lang)


def test_the_error_about_an_unknown_walker_lists_the_known_ones(town_study: Path) -> None:
    with pytest.raises(StudyError) as caught:
        reach_from(load_study(town_study), *degrees(0, 0), minutes=(5,), walker="giant")
    for lang in LANGUAGES:
        for word in ("giant", "primary", "pram"):
            assert word in caught.value.text(lang)


def test_what_has_not_begun_is_not_drawn_when_the_work_beside_it_fails(
    town_case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[float] = []

    def slow(*_: object, minutes: tuple[float, ...]) -> Iterator[None]:
        for limit in minutes:
            begun.append(limit)
            failed.wait(10)
            yield None

    failed = Event()
    monkeypatch.setattr("cfgeo.assess.isochrones.each_isochrone", slow)
    timer = Timer(0.2, failed.set)
    timer.start()
    with pytest.raises(StudyError), isochrones_beside(town_case):
        raise StudyError("apply_what")
    timer.join()
    assert len(begun) <= 2  # one limit for each of two threads, of all clauses and limits


# Around facilities


def test_the_isochrone_of_a_layer_is_the_union_of_those_of_its_facilities(town_case: Case) -> None:
    inputs = town_case.inputs
    whole = layer_isochrones(inputs, "children_homes", walker=CHILD, minutes=(2, 4))
    each = layer_isochrones(inputs, "children_homes", walker=CHILD, minutes=(2, 4), each=True)
    assert whole[["layer", "facility", "walker", "minutes"]].to_numpy().tolist() == [
        ["children_homes", "", "child", 2], ["children_homes", "", "child", 4],
    ]  # fmt: skip
    assert each["facility"].tolist() == [f"children_homes-{n}" for n in (1, 1, 2, 2)]
    for minutes, shape in zip(whole["minutes"], whole.geometry, strict=True):
        parts = shapely.union_all(each.geometry[each["minutes"] == minutes].to_numpy())
        assert parts.symmetric_difference(shape).area < 0.05 * shape.area


def test_a_facility_without_a_street_has_an_empty_isochrone(town_case: Case) -> None:
    each = layer_isochrones(town_case.inputs, "schools", walker=PRAM, minutes=(5,), each=True)
    assert each.is_empty.tolist() == [False, False, True]
    assert each.index.tolist() == [0, 1, 2]


def test_the_error_about_an_undeclared_layer_lists_the_declared_ones(town_case: Case) -> None:
    with pytest.raises(StudyError) as caught:
        layer_isochrones(town_case.inputs, "culture", walker=CHILD, minutes=(5,))
    for lang in LANGUAGES:
        for word in ("culture", "schools", "parks"):
            assert word in caught.value.text(lang)
