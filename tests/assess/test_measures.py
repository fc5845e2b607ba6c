"""The table of functions that measure the district."""

from typing import get_args

from cfgeo.assess.measures.district import MEASURES
from cfgeo.study.standard import Measure


def test_every_measure_of_the_district_has_a_function() -> None:
    assert set(get_args(Measure)) - set(MEASURES) == {"reach", "all_reach", "present"}
