"""Which standard and walkers a study has, and how far streets are read for them."""

import math
from pathlib import Path
from typing import Any

import pytest
from worlds.studies import edited
from worlds.town import write_town

from cfgeo import PlaceError, StudyError, layer_isochrones, load_study, load_walkers, reach_from
from cfgeo.core.results import Results
from cfgeo.core.schema import SEARCH_MINUTES
from cfgeo.core.strings import LANGUAGES
from cfgeo.study.config import Study
from cfgeo.study.settings import choices, margin_m, require_minutes, require_position, walkers_used


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """Return a town of the test's own."""
    return write_town(tmp_path / "town")


def margin(path: Path) -> float:
    study = load_study(path)
    standard, walkers = choices(study)
    return margin_m(study, standard, walkers_used(study, standard, walkers))


def test_walkers_are_the_built_in_ones_and_the_studys_own(study: Path) -> None:
    standard, walkers = choices(load_study(study))
    assert standard.id == "town"
    assert {"primary", "stroller", "child", "pram"} <= set(walkers)
    assert walkers["child"].level_m_s == 1.25


def test_only_the_studys_walker_and_those_of_clauses_are_used(study: Path) -> None:
    loaded = load_study(study)
    standard, walkers = choices(loaded)
    assert list(walkers_used(loaded, standard, walkers)) == ["child", "pram"]
    other = load_study(edited(study, 'walker = "child"', 'walker = "teen"'))
    assert list(walkers_used(other, standard, walkers)) == ["teen", "child", "pram"]


def test_the_pace_of_a_study_is_that_of_all_its_walkers(study: Path, default_study: Study) -> None:
    slow = default_study.model_copy(update={"walk": default_study.walk.model_copy(update={"pace": "v15"})})
    (_, mean), (_, v15) = choices(default_study), choices(slow)
    assert v15["primary"].level_m_s < mean["primary"].level_m_s


def test_streets_are_read_as_far_as_somebody_gets_at_the_fastest_pace_while_the_search_lasts(study: Path) -> None:
    # 30 min × 60 s × 1.25 m/s, a fifth faster down a gentle slope × 1.1; the child's belts are slower
    assert margin(study) == pytest.approx(SEARCH_MINUTES * 60 * 1.25 * 1.2 * 1.1)


def test_a_faster_walker_needs_more_streets(study: Path) -> None:
    before = margin(study)
    assert margin(edited(study, "level_m_s = 1.25", "level_m_s = 2.5")) == 2 * before


def test_a_walker_whom_no_clause_uses_needs_no_more_streets(study: Path) -> None:
    before = margin(study)
    study.write_text(
        study.read_text(encoding="utf-8") + "\n[walkers.teen]\nlevel_m_s = 2.9\n", encoding="utf-8"
    )  # no clause is the teen's
    assert margin(study) == before


def test_a_limit_beyond_the_search_needs_more_streets(study: Path) -> None:
    before = margin(study)
    standard = study.parent / "standard.toml"
    edited(standard, "limit_minutes = 5", "limit_minutes = 25")
    assert margin(study) == before, "half an hour is searched anyway"
    edited(standard, "limit_minutes = 25", "limit_minutes = 60")
    assert margin(study) == 2 * before
    edited(study, "limit_minutes = 5", "limit_minutes = 90")
    assert margin(study) == 3 * before, "the study's own limit counts where a clause has none"


@pytest.mark.parametrize("minutes", [(5,), (0.5, 120.0), [15, 10, 5]])
def test_walks_of_up_to_two_hours_are_accepted(minutes: Any) -> None:
    assert require_minutes(minutes) is None


@pytest.mark.parametrize(
    ("minutes", "shown"),
    [((), "–"), ((5, -1), "5, -1"), ((0,), "0"), ((math.nan, 5), "nan"), ((math.inf,), "inf"), ((121,), "121")],
)
def test_other_limits_are_refused(minutes: tuple[float, ...], shown: str) -> None:
    with pytest.raises(StudyError) as caught:
        require_minutes(minutes)
    for lang in LANGUAGES:
        assert shown in caught.value.text(lang)
        assert "120" in caught.value.text(lang)


@pytest.mark.parametrize(("lon", "lat"), [(106.55, 29.56), (-180, 90), (0, 0)])
def test_positions_in_degrees_are_accepted(lon: float, lat: float) -> None:
    assert require_position(lon, lat) is None


@pytest.mark.parametrize(("lon", "lat"), [(math.nan, 29.5), (106.5, math.nan), (math.inf, 0), (29.5, 106.5), (181, 0)])
def test_positions_off_the_earth_are_refused(lon: float, lat: float) -> None:
    with pytest.raises(PlaceError) as caught:
        require_position(lon, lat)
    for lang in LANGUAGES:
        assert str(lat) in caught.value.text(lang)


def test_public_functions_check_their_arguments_before_they_read(town_study: Any, town_results: Results) -> None:
    study = load_study(town_study)
    nothing_to_read = study.model_copy(update={"network": study.network.model_copy(update={"path": "missing.osm"})})
    for minutes in ((), (-1.0,), (math.nan,)):
        with pytest.raises(StudyError):
            reach_from(nothing_to_read, 106.5, 29.5, minutes=minutes)
        with pytest.raises(StudyError):
            layer_isochrones(town_results.inputs, "schools", walker=load_walkers()["primary"], minutes=minutes)
    with pytest.raises(PlaceError):
        reach_from(nothing_to_read, math.nan, 29.5, minutes=(5,))
