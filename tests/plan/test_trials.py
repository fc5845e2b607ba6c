"""Sets of projects measured: each set once, and what follows from who is in reach."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds.plan_traps import AROUND, FIRST, SECOND, of, project, school, trap
from worlds.terraces import Oracle, terraces

from cfgeo.plan.trials import Trials

FEW = settings(max_examples=max(settings().max_examples // 20, 1))


@pytest.fixture
def row(tmp_path: Path) -> Trials:
    """Return two links in a row, the second decided, the first with what requires it."""
    return of(trap(tmp_path, project("A", 2, FIRST), project("B", 3, SECOND, decided=True),
                   project("C", 4, school(-50, 5), requires=("A",)), project("X", 1, school(0, 5), excludes=("B",)),
                   ways=AROUND, homes=[(0, 20)], schools=[(300, 5)]))  # fmt: skip


def test_what_stands_is_what_is_chosen_decided_and_required(row: Trials) -> None:
    assert row.standing([]) == {"B"}
    assert row.standing(["C"]) == {"A", "B", "C"}
    assert row.cost(row.standing(["C"])) == 9
    assert [project_id for project_id in "ACX" if row.can_stand(project_id)] == ["A", "C"]


def test_four_children_have_a_school_when_both_links_stand(row: Trials) -> None:
    assert row.outcome(row.standing([])).passed.tolist() == [False]
    both = row.outcome(row.standing(["A"]))
    assert both.passed.tolist() == [True]
    assert row.outcome(row.standing(["A"])) is both, "measured once"
    assert row.points.weight.tolist() == [4]
    assert row.required_weight() == pytest.approx(np.array([[4]]), abs=1e-6)
    assert row.sum_by_clause(row.points.weight * both.reached).tolist() == [[4]]


@FEW
@given(st.integers(0, 10_000))
def test_who_is_in_reach_and_what_is_there_say_who_passes(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    town = terraces(tmp_path_factory.mktemp("terraces"), seed, n_projects=5)
    trials = of(town)
    for ids, passed in Oracle(town).all().items():
        outcome = trials.outcome(ids)
        assert outcome.passed.tolist() == passed.tolist()
        assert trials.passing(outcome.reached, outcome.counts).tolist() == passed.tolist()
