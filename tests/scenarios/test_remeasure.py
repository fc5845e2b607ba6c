"""Remeasuring after changes equals measuring anew, and keeps what the changes do not touch."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import Point
from worlds.studies import case_of
from worlds.town import moved

from cfgeo import FacilityChange, load_study
from cfgeo.assess.case import Case, make_case
from cfgeo.assess.coverage import cover
from cfgeo.assess.measures.communities import VERDICT_COLUMNS
from cfgeo.assess.verdicts import judge_case
from cfgeo.core.scenario import Change
from cfgeo.core.schema import PASSED
from cfgeo.scenarios.remeasure import MeasuredCase, changed, measured


@pytest.fixture(scope="module")
def before(town_study: Path) -> MeasuredCase:
    return measured(case_of(load_study(town_study)))


def assert_as_anew(again: MeasuredCase) -> None:
    anew = measured(again.case)
    assert again.seconds.keys() == anew.seconds.keys()
    for key, seconds in anew.seconds.items():
        np.testing.assert_allclose(again.seconds[key], seconds, rtol=0, atol=1e-6, err_msg=str(key))
    assert {key: list(verdicts) for key, verdicts in again.verdicts.items()} == {
        key: list(verdicts) for key, verdicts in anew.verdicts.items()
    }


def test_the_verdicts_are_those_of_a_run(before: MeasuredCase) -> None:
    tables = judge_case(before.case)
    for clause in before.case.standard.of_scope("community"):
        part = tables.coverage[tables.coverage["clause"] == clause.id]
        for column in VERDICT_COLUMNS:
            assert list(before.verdicts[clause.id, column]) == list(part[column])
    assert list(before.passed) == list(tables.communities["verdict"] == PASSED)


def test_seconds_are_those_worked_out_by_hand(before: MeasuredCase) -> None:
    # "row" walks 120 m to Low School along row 0, 5 m and 10 m off the street: 135 m / 1.25 m/s.
    assert before.seconds["school", "verdict"][1] == pytest.approx(108, abs=0.01)


ADD = FacilityChange("add", "schools", kind="primary", shape=moved(Point(320, 205)))
MOVES: list[list[Change]] = [
    [ADD],
    [FacilityChange("close", "schools", "schools-1")],
    [FacilityChange("move", "schools", "schools-1", shape=moved(Point(320, 205)))],
    [FacilityChange("enlarge", "parks", "parks-2", shape=moved(Point(50, 150)).buffer(60))],
    [ADD, FacilityChange("close", "schools", "schools-1")],
]


@pytest.mark.parametrize("changes", MOVES, ids=lambda changes: "+".join(change.action for change in changes))
def test_remeasuring_equals_measuring_anew(changes: list[Change], before: MeasuredCase) -> None:
    again = changed(before, changes)
    assert_as_anew(again)
    assert any(not np.array_equal(again.seconds[key], before.seconds[key]) for key in before.seconds)


@given(st.lists(st.tuples(st.floats(-40, 440), st.floats(-40, 340)), min_size=1, max_size=3))
def test_one_after_the_other_is_all_at_once(before: MeasuredCase, spots: list[tuple[float, float]]) -> None:
    changes = [FacilityChange("add", "schools", kind="primary", shape=moved(Point(spot))) for spot in spots]
    one_by_one = before
    for change in changes:
        one_by_one = changed(one_by_one, [change])
    for key, seconds in changed(before, changes).seconds.items():
        np.testing.assert_allclose(one_by_one.seconds[key], seconds, rtol=0, atol=1e-9)
    assert (one_by_one.passed >= before.passed).all()  # a school more never harms


def test_clauses_that_a_change_does_not_touch_are_kept(before: MeasuredCase) -> None:
    again = changed(before, [ADD])
    for key in before.seconds:
        assert (again.seconds[key] is before.seconds[key]) == (key[0] != "school")
    refitted = changed(before, [FacilityChange("refit", "schools", "schools-1", attributes={"certified": "no"})])
    assert all(refitted.seconds[key] is before.seconds[key] for key in before.seconds)
    junior = changed(before, [FacilityChange("add", "schools", kind="junior", shape=moved(Point(320, 205)))])
    assert all(junior.seconds[key] is before.seconds[key] for key in before.seconds)


def test_only_the_requested_columns_are_measured(before: MeasuredCase) -> None:
    alone = measured(before.case, columns=("verdict",))
    assert set(alone.seconds) == {(clause.id, "verdict") for clause in before.case.reach_clauses}
    assert list(changed(alone, [ADD]).passed) == list(changed(before, [ADD]).passed)


def test_measuring_verdicts_skips_the_area(before: MeasuredCase) -> None:
    assert len(before.case.samples.area) > 0
    alone = measured(before.case, columns=("verdict",)).case
    assert [len(alone.samples.area), len(alone.samples.area_owner)] == [0, 0]
    assert all(len(walk.area) == 0 for walk in alone.walks.values())
    clause = alone.reach_clauses[0]
    walk = alone.walk(clause)
    table = cover(alone.samples, walk, alone.places(clause, walk), alone.weight(clause), limit_s=900, search_s=900)
    assert table["area_share"].isna().all()  # unknown, not 0
    assert table["share"].notna().any()


def test_measuring_verdicts_skips_base_layers(before: MeasuredCase) -> None:
    inputs, case = before.case.inputs, before.case
    wet = replace(inputs, layers={**inputs.layers, "water": inputs.layers["parks"]})
    alone = measured(make_case(wet, case.standard, case.walkers, case.choices), columns=("verdict",))
    assert all("water" not in walk.places for walk in alone.case.walks.values())
    pond = FacilityChange("add", "water", kind="park", shape=moved(Point(150, 50)).buffer(20))
    again = changed(alone, [pond, ADD])
    assert len(again.case.inputs.layers["water"]) == len(wet.layers["water"]) + 1
    assert list(again.passed) == list(changed(before, [ADD]).passed)


def test_walks_beyond_the_limit_are_searched_only_on_request(before: MeasuredCase) -> None:
    case = replace(before.case, choices=before.case.choices.model_copy(update={"limit_minutes": 2}))
    far, near = (measured(case, columns=("verdict",), beyond=beyond) for beyond in (True, False))
    for changes in ([], [ADD], [FacilityChange("close", "schools", "schools-1")]):
        far_after, near_after = changed(far, changes), changed(near, changes)
        for clause in case.reach_clauses:
            key, limit_s = (clause.id, "verdict"), case.limit_s(clause)
            expected_s = np.where(far_after.seconds[key] <= limit_s, far_after.seconds[key], np.inf)
            np.testing.assert_allclose(near_after.seconds[key], expected_s, rtol=0, atol=1e-9)
            assert list(far_after.verdicts[key]) == list(near_after.verdicts[key])
    assert any((far.seconds[key] < np.inf).sum() > (near.seconds[key] < np.inf).sum() for key in near.seconds)


@pytest.mark.shared
def test_remeasuring_equals_measuring_anew_in_monaco(monaco_case: Case) -> None:
    before = measured(monaco_case, columns=("verdict",))
    home = monaco_case.samples.demand.geometry.iloc[100]
    assert_equal_columns(changed(before, [FacilityChange("add", "schools", kind="school", shape=home)]))
    assert_equal_columns(changed(before, [FacilityChange("close", "parks", "parks-1")]))


def assert_equal_columns(again: MeasuredCase) -> None:
    for key, seconds in measured(again.case, columns=("verdict",)).seconds.items():
        np.testing.assert_allclose(again.seconds[key], seconds, rtol=0, atol=1e-6)
