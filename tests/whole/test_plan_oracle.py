"""Plans against every set of projects: towns and reserve lists drawn by lot, each set measured on its own.

``--hypothesis-profile=search`` draws many more, with 12 projects each: some 12 s a town.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds.plan_traps import CENT, planned
from worlds.terraces import Oracle, Sets, Terraces, cheapest, cost_of, terraces

from cfgeo.core.plan import Plan

FEW = settings(max_examples=max(settings().max_examples // 13, 1))
SEARCHES = settings().max_examples > settings.get_profile("default").max_examples
N_PROJECTS = 12 if SEARCHES else 9


@FEW
@given(st.integers(0, 10_000), st.sampled_from(["to", "from", "worst"]))
def test_no_set_of_projects_is_better(tmp_path_factory: pytest.TempPathFactory, seed: int, direction: str) -> None:
    town = terraces(tmp_path_factory.mktemp("terraces"), seed, n_projects=N_PROJECTS, direction=direction)
    oracle = Oracle(town)
    sets = oracle.all()
    ids = list(sets)[seed % len(sets)]
    assert (oracle.measured_anew(ids) == sets[ids]).all(), "the oracle itself"
    plan = planned(town, target=1.0)
    assert_frontier(plan, town, sets)
    assert_tables(plan, town, sets)
    assert_budgets(town, sets, plan)


def assert_frontier(plan: Plan, town: Terraces, sets: Sets) -> None:
    """Check that every number of communities costs what the cheapest of all sets costs, and that this is proven."""
    least = cheapest(town.listed, sets)
    decided = frozenset(project.id for project in town.listed.projects if project.decided)
    expected = least.loc[int(sets[decided].sum()) :]
    assert plan.frontier.index.tolist() == expected.index.tolist()
    np.testing.assert_allclose(plan.frontier["cost"], expected, rtol=0, atol=CENT)
    np.testing.assert_allclose(plan.frontier["bound"], expected, rtol=0, atol=CENT)
    for count, ids in plan.frontier["projects"].items():
        assert sets[frozenset(ids)].sum() >= count
        assert cost_of(town.listed, ids) == pytest.approx(plan.frontier["cost"][count])
    assert plan.passed == plan.most == expected.index.max()
    assert plan.cost == pytest.approx(expected.iloc[-1])
    assert plan.gap == pytest.approx(0, abs=CENT)


def assert_tables(plan: Plan, town: Terraces, sets: Sets) -> None:
    """Check that what the tables say of projects and communities holds in every set."""
    codes = town.case.samples.codes
    held = codes.isin(plan.held.index)
    assert not any((passed & held).any() for passed in sets.values())
    for project_id in plan.projects.index[plan.projects["status"] == "never"]:
        without = {ids: sets[ids - {project_id}] for ids in sets if project_id in ids and ids - {project_id} in sets}
        assert not any((sets[ids] & ~other).any() for ids, other in without.items()), f"{project_id} does matter"
    built, before, spent = set[str](), sets.get(frozenset()), 0.0
    for project_id, row in plan.built.iterrows():
        project = town.listed.by_id[str(project_id)]
        built, spent = built | {str(project_id)}, spent + project.cost
        assert set(project.requires) <= built
        assert row["cost_so_far"] == pytest.approx(spent)
        if frozenset(built) in sets:  # decided projects come one after the other, which is no set to choose
            passed = sets[frozenset(built)]
            assert row["passed"] == passed.sum(), f"after {project_id}"
            if before is not None:
                assert row["adds_codes"] == tuple(codes[passed & ~before])
            before = passed
    assert plan.built["status"].tolist() == sorted(plan.built["status"], reverse=True), "decided ones first"
    assert before is not None
    assert (plan.after["verdict"] == "passed").tolist() == before.tolist()
    assert plan.cost == pytest.approx(spent)


def assert_budgets(town: Terraces, sets: Sets, plan: Plan) -> None:
    """Check that each budget wins what the best set for it wins, and that a larger one never wins less."""
    costs = sorted({*plan.frontier["cost"], plan.cost + 1, float(plan.frontier["cost"].mean())})
    won = []
    for budget in costs[:: max(len(costs) // 2, 1)]:
        best_buy = planned(town, budget=budget)
        best = max(int(passed.sum()) for ids, passed in sets.items() if cost_of(town.listed, ids) <= budget + CENT)
        assert (best_buy.passed, best_buy.bound, best_buy.gap) == (best, best, 0)
        assert best_buy.cost <= budget + CENT
        won.append(best_buy.passed)
    assert won == sorted(won)
