"""What a caller asks for is let through, or refused in both languages before any work."""

import math
from typing import Any

import pytest

from cfgeo import PlaceError, StudyError, layer_isochrones, load_study, load_walkers, reach_from
from cfgeo.core.results import Results
from cfgeo.core.strings import LANGUAGES
from cfgeo.study.arguments import require_minutes, require_position


@pytest.mark.parametrize("minutes", [(5,), (0.5, 120.0), [15, 10, 5]])
def test_walks_of_up_to_two_hours_are_let_through(minutes: Any) -> None:
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
def test_degrees_are_let_through(lon: float, lat: float) -> None:
    assert require_position(lon, lat) is None


@pytest.mark.parametrize(("lon", "lat"), [(math.nan, 29.5), (106.5, math.nan), (math.inf, 0), (29.5, 106.5), (181, 0)])
def test_what_is_no_position_is_refused(lon: float, lat: float) -> None:
    with pytest.raises(PlaceError) as caught:
        require_position(lon, lat)
    for lang in LANGUAGES:
        assert str(lat) in caught.value.text(lang)


def test_functions_for_callers_refuse_before_they_read(town_study: Any, town_results: Results) -> None:
    study = load_study(town_study)
    nothing_to_read = study.model_copy(update={"network": study.network.model_copy(update={"path": "missing.osm"})})
    for minutes in ((), (-1.0,), (math.nan,)):
        with pytest.raises(StudyError):
            reach_from(nothing_to_read, 106.5, 29.5, minutes=minutes)
        with pytest.raises(StudyError):
            layer_isochrones(town_results.inputs, "schools", walker=load_walkers()["primary"], minutes=minutes)
    with pytest.raises(PlaceError):
        reach_from(nothing_to_read, math.nan, 29.5, minutes=(5,))
