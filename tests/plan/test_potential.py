"""What projects can bring: by hand for two links in a row, and never less than any set of projects does."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds.plan_traps import AROUND, FIRST, LOOP, SECOND, gone, of, project, school, trap
from worlds.terraces import Oracle, terraces

from cfgeo.plan.potential import potential_of

FEW = settings(max_examples=max(settings().max_examples // 20, 1))


def test_two_links_in_a_row_may_help_a_point_together(tmp_path: Path) -> None:
    town = trap(tmp_path, project("A", 2, FIRST), project("B", 3, SECOND), project("C", 4, school(-50, 5)),
                project("L", 1, LOOP), project("X", 1, gone("School 0")),
                ways=AROUND, homes=[(0, 20)], schools=[(300, 5)])  # fmt: skip
    potential = potential_of(of(town))
    assert potential.ids == ("A", "B", "C", "L", "X")
    assert potential.open.tolist() == [0]
    assert potential.alone.toarray().tolist() == [[0, 0, 1, 0, 0]]
    # The loop moves the home's door, so that it may be a part of any answer.
    assert potential.links.toarray().tolist() == [[1, 1, 0, 1, 0]]
    assert potential.places.toarray().tolist() == [[0, 0, 0, 0, 0]]
    assert potential.by_links.tolist() == [True]
    assert potential.lacking == pytest.approx(4, abs=1e-6)
    assert potential.hurts.tolist() == [[False, False, False, True, True]], "the loop, and who closes the school"
    assert potential.most.passed.tolist() == [True]


@FEW
@given(st.integers(0, 10_000), st.sampled_from(["to", "from", "worst"]))
def test_no_set_brings_more_than_all_could(tmp_path_factory: pytest.TempPathFactory, seed: int, direction: str) -> None:
    town = terraces(tmp_path_factory.mktemp("terraces"), seed, n_projects=6, direction=direction)
    trials = of(town)
    potential = potential_of(trials)
    for ids in Oracle(town).all():
        outcome = trials.outcome(ids)
        assert (outcome.reached <= potential.most.reached).all(), sorted(ids)
        assert (outcome.counts <= potential.most.counts).all()
        assert (outcome.passed <= potential.most.passed).all()
