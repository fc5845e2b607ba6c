"""Which standard and walkers a study has, and how far streets are read for them."""

from pathlib import Path

import pytest
from worlds.studies import edited
from worlds.town import write_town

from cfgeo import load_study
from cfgeo.core.schema import SEARCH_MINUTES
from cfgeo.study.config import Study
from cfgeo.study.settings import choices, margin_m, walkers_used


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """Return a town of the test's own."""
    return write_town(tmp_path / "town")


def margin(path: Path) -> float:
    study = load_study(path)
    standard, walkers = choices(study)
    return margin_m(study, standard, walkers_used(study, standard, walkers))


def test_the_walkers_are_those_built_in_and_the_studys_own(study: Path) -> None:
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


def test_a_walker_who_does_not_count_needs_none(study: Path) -> None:
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
