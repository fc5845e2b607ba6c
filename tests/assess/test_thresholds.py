"""Four communities by hand: every measure exactly on, just above and just below its need, in each way to compare.

The town's numbers (``worlds/town.py``), each worked out on paper:

* ``reach``: a primary school within 300 s at 1.25 m/s. In C02 the 5 children of "park" walk 340 m on row 0 (272 s, and
  legs of 5 and 10 m: 284 s), the 10 of "east" more than 375 m: 5 of 15. In C03 the 8 of "up" of 24. All 32 of C01. The
  district has 45 of 71.
* ``all_reach``, with a children's home: "park" walks 250 m + 95 m to Low Home as well: 5 of 15 in C02.
* ``present``, ``count``: in the office North lie High School and Lost School: 2; in the district 3.
* ``rate``: 300 + 100 + 50 places for 1,000 + 2,000 + 1,500 + 0 residents: 100 per 1,000.
* ``facility_share``: 1 of 3 schools is certified; it has 300 of 450 places: 2/3.
* ``near``: only Low School has a park within 150 m (the garden's tip, 103 m): 1/3; ``none_within``: 2/3.
* ``length_share``: 150 m are refitted, 50 m are not: 3/4.
* ``connected``: rows of 4 × 400 m, columns of 500 + 500 m, steps, escalator and ramp of 100 m each, the lift's paths of
  90 + 50 m, the bridge of 300 m and the cul-de-sac of 400 m are connected, 100 m lie apart: 3,740 of 3,840 m.
* ``school_routes``: 600 of 1,000 child-metres are calm.
* ``reported``: 90 %, or 12 events.
"""

import dataclasses
from typing import Any, get_args

import geopandas as gpd
import pandas as pd
import pytest
from shapely import LineString
from worlds.town import CRS, moved

from cfgeo.assess.case import Case
from cfgeo.assess.measures.areas import measure
from cfgeo.assess.score import judge_measured
from cfgeo.assess.units import judged_units, measure_units, units_of
from cfgeo.core.schema import FAILED, PASSED
from cfgeo.study.standard import Clause, Measure

SCHOOL = {"layer": "schools", "kind": ["primary"], "walker": "child", "limit_minutes": 5, "children": ["age_6_11"]}
NEAR = {"layer": "schools", "near_layer": "parks", "within_m": 150}
CERTIFIED = {"layer": "schools", "attribute": "certified"}

# measure, scope, unit, keys of the clause, key of the need, value
VALUES: list[tuple[str, str, str, dict[str, Any], str, float]] = [
    ("reach", "community", "C01", SCHOOL, "need_share", 1.0),
    ("reach", "community", "C02", SCHOOL, "need_share", 5 / 15),
    ("reach", "community", "C03", SCHOOL, "need_share", 8 / 24),
    ("reach", "district", "", SCHOOL, "need_share", 45 / 71),
    ("all_reach", "community", "C02", {"of": ["school", "home"]}, "need_share", 5 / 15),
    ("present", "street_office", "North", {"layer": "schools"}, "need_count", 2),
    ("count", "street_office", "North", {"layer": "schools"}, "need_count", 2),
    ("count", "district", "", {"layer": "schools"}, "need_count", 3),
    ("rate", "district", "", {"layer": "schools"}, "need_rate", 100.0),
    ("facility_share", "district", "", CERTIFIED, "need_share", 1 / 3),
    ("facility_share", "district", "", {**CERTIFIED, "weigh_by": "capacity"}, "need_share", 300 / 450),
    ("near", "district", "", NEAR, "need_share", 1 / 3),
    ("none_within", "district", "", NEAR, "need_share", 2 / 3),
    ("length_share", "district", "", {"layer": "walkways", "attribute": "refitted"}, "need_share", 0.75),
    ("connected", "district", "", {}, "need_share", 3740 / 3840),
    ("school_routes", "district", "", {}, "need_share", 0.6),
    ("reported", "district", "", {"unit": "%", "indicator": ["率"]}, "need_value", 90.0),
    ("reported", "district", "", {"indicator": ["场次"]}, "need_value", 12.0),
]
COMPARED = {
    "at_least": (PASSED, PASSED, FAILED),
    "more_than": (PASSED, FAILED, FAILED),
    "at_most": (FAILED, PASSED, PASSED),
    "less_than": (FAILED, FAILED, PASSED),
}
"""Verdicts for a need just below the value, on it and just above."""
NOT_LITTLE = {"reach", "all_reach", "present", "none_within", "connected", "school_routes"}
"""Of these nobody asks for little."""


@pytest.fixture(scope="module")
def case(town_case: Case) -> Case:
    """Return the town with walkways of two stretches, two reported figures, and the services of ``all_reach``."""
    lines = [LineString([(100, 302), (250, 302)]), LineString([(0, 202), (50, 202)])]
    index = pd.Index(["walkways-1", "walkways-2"], name="facility")
    columns = {"kind": "walkway", "name": ["a", "b"], "refitted": ["yes", "no"], "layer": "walkways"}
    walkways = gpd.GeoDataFrame(columns, geometry=[moved(line) for line in lines], crs=CRS, index=index)
    usual = {"year": 2025, "scope": "district", "area": "", "sex": "all", "source": "", "row": "2"}
    figures = [{"indicator": "率", "value": 0.9, "unit": "%"}, {"indicator": "场次", "value": 12.0, "unit": "场"}]
    reported = pd.DataFrame([{**usual, **figure} for figure in figures])
    inputs = dataclasses.replace(
        town_case.inputs, layers={**town_case.inputs.layers, "walkways": walkways}, reported=reported
    )
    walks = {"school": SCHOOL, "home": {**SCHOOL, "layer": "children_homes", "kind": []}}
    services = [Clause(id=name, name=name, name_en=name, need_share=0.8, **keys) for name, keys in walks.items()]
    standard = town_case.standard.model_copy(update={"clause": tuple(services)})
    return dataclasses.replace(town_case, inputs=inputs, standard=standard)


def verdict_of(case: Case, clause: Clause, unit: str) -> tuple[float, str]:
    """Return a clause's value in a unit of its scope, and its verdict."""
    units = units_of(case, clause.scope)
    if clause.measure == "school_routes":
        routes = pd.DataFrame({"code": ["C01", "C03"], "child_metres": [600.0, 400.0], "calm": ["yes", "no"]})
        (area,) = units.areas(case)
        value = measure(clause, dataclasses.replace(area, routes=lambda: routes))
        return value.low, str(judge_measured(clause, value)["verdict"])
    values = measure_units(case, clause, units)
    judged = judged_units(clause, values, units.ids)
    return values[units.ids.get_loc(unit)].low, str(judged.loc[unit, "verdict"])


def test_every_measure_is_here() -> None:
    assert {name for name, *_ in VALUES} == set(get_args(Measure))


ASKED = [
    pytest.param(compare, row, id=f"{row[0]}-{row[1]}-{row[2]}-{row[5]:g}-{compare}")
    for row in VALUES
    for compare in COMPARED
    if compare in ("at_least", "more_than") or row[0] not in NOT_LITTLE
]


@pytest.mark.parametrize(("compare", "row"), ASKED)
def test_a_measure_just_below_on_and_just_above_its_need(case: Case, compare: Any, row: Any) -> None:
    measured, scope, unit, keys, key, value = row
    step = 1 if key == "need_count" else value * 1e-6
    for need, verdict in zip((value - step, value, value + step), COMPARED[compare], strict=True):
        if key == "need_share" and need > 1:
            continue  # more than all cannot be asked
        clause = Clause(
            id="c", name="c", name_en="c", scope=scope, measure=measured, compare=compare, **keys, **{key: need}
        )
        found, judged = verdict_of(case, clause, unit)
        assert found * (100 if keys.get("unit") == "%" else 1) == pytest.approx(value)
        assert judged == verdict, (need, found)
