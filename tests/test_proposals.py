"""Changes, sites and plans of a study: questions that make no sense are refused before anything is read."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from worlds.plans import town_projects
from worlds.scenarios import place
from worlds.town import write_town

from cfgeo import (
    FacilityChange,
    InputError,
    PlanChoices,
    Scenario,
    SiteChoices,
    Study,
    StudyError,
    load_study,
    plan_study,
    site_study,
    whatif_study,
)

WHAT_IF = Scenario("", (FacilityChange("add", "schools", kind="primary", shape=place(320, 305)),))


@pytest.fixture
def unreadable(tmp_path: Path) -> Study:
    """Return the town without its communities' file."""
    study = load_study(write_town(tmp_path))
    (tmp_path / study.boundaries.communities.path).unlink()
    return study


@pytest.mark.parametrize(("ask", "code"), [
    (lambda study: site_study(study, SiteChoices("moons", None, 1)), "layer_unknown"),
    (lambda study: plan_study(study, town_projects(), PlanChoices(budget=1.0, target=0.5)), "plan_one"),
    (lambda study: plan_study(study, town_projects(), PlanChoices(budget=1.0)), "plan_budget"),
])  # fmt: skip
def test_a_question_without_sense_is_refused_before_a_file_is_read(
    unreadable: Study, ask: Callable[[Study], Any], code: str
) -> None:
    with pytest.raises(StudyError) as said:
        ask(unreadable)
    assert said.value.code == code


@pytest.mark.parametrize("ask", [
    lambda study: whatif_study(study, WHAT_IF),
    lambda study: site_study(study, SiteChoices("schools", "primary", 1)),
    lambda study: plan_study(study, town_projects(), PlanChoices(target=0.5)),
])  # fmt: skip
def test_a_file_that_is_missing_is_told_like_in_a_run(unreadable: Study, ask: Callable[[Study], Any]) -> None:
    with pytest.raises(InputError, match="communities"):
        ask(unreadable)


def test_stages_are_told_and_the_whole_time_counts_the_reading(town_study: Path) -> None:
    told: list[str] = []
    found = whatif_study(load_study(town_study), WHAT_IF, tell=told.append)
    assert told == ["read", "snap", "score"]
    assert found.seconds["whole"] > found.seconds["again"] > 0
