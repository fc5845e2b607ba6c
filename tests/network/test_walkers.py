"""Walkers as data, and what a study may change of them."""

import math

import pytest

from cfgeo import WalkerError, load_walkers

NUMBERS = {"level_m_s", "level_sd_m_s", "stairs_up_m_s", "stairs_down_m_s", "ramp_m_s", "escalator_m_s"}
NUMBERS |= {"short_flight", "short_flight_m", "long_flight_m"}
NUMBERS |= {"lift_wait_s", "lift_ride_s", "signal_wait_s", "crossing_wait_s"}
GROUPS = {"level", "level_sd", "stairs", "tiring", "ramp", "escalator", "lift", "waits", "roads", "trail"}


def test_the_five_walkers_are_there() -> None:
    assert list(load_walkers()) == ["stroller", "preschool", "primary", "teen", "adult"]


@pytest.mark.parametrize("name", list(load_walkers()))
def test_every_number_has_a_source(name: str) -> None:
    sources = dict(load_walkers()[name].sources)
    assert set(sources) == {f"{group}_source" for group in GROUPS}
    assert all(sources.values())


def test_a_stroller_takes_neither_steps_nor_escalators() -> None:
    stroller = load_walkers()["stroller"]
    assert (stroller.stairs_up_m_s, stroller.stairs_down_m_s, stroller.escalator_m_s) == (0, 0, 0)
    assert stroller.ramp_m_s > 0


def test_a_study_changes_one_number_and_the_rest_stays() -> None:
    usual, own = load_walkers()["primary"], load_walkers({"primary": {"level_m_s": 1.0}})["primary"]
    assert own.level_m_s == 1.0
    # The spread stays the same share of the speed.
    assert own.level_sd_m_s == pytest.approx(usual.level_sd_m_s / usual.level_m_s)
    kept = {"level_m_s": usual.level_m_s, "level_sd_m_s": usual.level_sd_m_s}
    assert {**own.numbers(), **kept} == usual.numbers()
    assert dict(own.sources)["level_source"] == "study.toml"
    assert dict(own.sources)["stairs_source"] == dict(usual.sources)["stairs_source"]


def test_a_new_walker_takes_the_rest_from_the_adult() -> None:
    walkers = load_walkers({"grandmother": {"level_m_s": 0.8, "lift_wait_s": 90}})
    grandmother, adult = walkers["grandmother"], walkers["adult"]
    assert (grandmother.level_m_s, grandmother.lift_wait_s) == (0.8, 90.0)
    assert grandmother.stairs_up_m_s == adult.stairs_up_m_s
    assert adult.lift_s == load_walkers()["adult"].lift_s


@pytest.mark.parametrize("key", ["speed", "level", "level_m_s ", "name", "sources", "level_source"])
def test_an_unknown_number_is_named_with_those_that_are_known(key: str) -> None:
    with pytest.raises(WalkerError) as caught:
        load_walkers({"primary": {key: 1.0}})
    for lang in ("zh", "en"):
        sentence = caught.value.text(lang)
        assert "[walkers.primary]" in sentence
        assert key in sentence
        assert all(known in sentence for known in NUMBERS)


@pytest.mark.parametrize("value", [0, -1, 0.01, 4.5, math.nan, math.inf, True, "1.2", None, [1]])
def test_an_impossible_level_speed_is_refused_with_its_range(value: object) -> None:
    with pytest.raises(WalkerError) as caught:
        load_walkers({"primary": {"level_m_s": value}})
    for lang in ("zh", "en"):
        sentence = caught.value.text(lang)
        for word in ("primary", "level_m_s", str(value), "0.05", "3.0"):
            assert word in sentence


@pytest.mark.parametrize("key", sorted(NUMBERS - {"level_m_s", "short_flight", "long_flight_m"}))
def test_zero_stands_for_cannot_and_less_is_refused(key: str) -> None:
    assert getattr(load_walkers({"primary": {key: 0}})["primary"], key) == 0
    with pytest.raises(WalkerError):
        load_walkers({"primary": {key: -0.1}})


def test_a_pace_changes_the_walkers_own_speeds_and_nothing_else() -> None:
    usual = load_walkers()["primary"]
    slower = usual.at_pace(0.9)
    assert slower.level_m_s == pytest.approx(0.9 * usual.level_m_s)
    assert slower.stairs_up_m_s == pytest.approx(0.9 * usual.stairs_up_m_s)
    assert slower.stairs_down_m_s == pytest.approx(0.9 * usual.stairs_down_m_s)
    assert slower.ramp_m_s == pytest.approx(0.9 * usual.ramp_m_s)
    assert (slower.lift_s, slower.escalator_m_s, slower.name) == (usual.lift_s, usual.escalator_m_s, usual.name)
    assert usual == load_walkers()["primary"]


def test_numbers_are_those_that_a_study_can_set() -> None:
    assert set(load_walkers()["teen"].numbers()) == NUMBERS
