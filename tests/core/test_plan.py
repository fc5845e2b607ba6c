"""Properties of a plan."""

from dataclasses import replace

import pytest

from cfgeo.core.plan import OFFICE_COLUMNS, PLAN_COLUMNS, Plan, PlanChoices


def test_the_gap_is_a_share_of_what_was_asked_for(plan: Plan) -> None:
    dear = replace(plan, cost=200.0, bound=190.0, choices=PlanChoices(target=0.7))
    assert dear.gap == pytest.approx(0.05)
    assert replace(dear, bound=200.0).gap == 0
    few = replace(plan, passed=4, bound=5.0, choices=PlanChoices(budget=1.0))
    assert few.gap == pytest.approx(0.25)


def test_what_is_built_has_a_rank(plan: Plan) -> None:
    assert plan.built["rank"].tolist() == list(range(1, len(plan.built) + 1))
    assert plan.projects.columns.tolist() == [*PLAN_COLUMNS, "geometry"]
    assert plan.offices.columns.tolist() == list(OFFICE_COLUMNS)
