"""Measures of the district: each that a standard may name has its function."""

from typing import get_args

from cfgeo.assess.measures import MEASURES
from cfgeo.study.standard import Measure


def test_every_measure_but_those_of_communities_has_a_function() -> None:
    assert set(get_args(Measure)) - set(MEASURES) == {"reach", "present"}
