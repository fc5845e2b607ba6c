"""Questions about one list never contradict each other, however little time each of them has."""

from itertools import count
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from worlds.plan_traps import CENT, of
from worlds.terraces import terraces

from cfgeo.core.plan import PlanChoices
from cfgeo.plan import frontier as module
from cfgeo.plan.frontier import Frontier, Solution, solve
from cfgeo.plan.optimise.portfolio import Wish
from cfgeo.plan.potential import Potential, potential_of
from cfgeo.plan.search import PortfolioSearch, TimeBudget
from cfgeo.plan.trials import Trials

ENOUGH = 1e6
SHORT = (0.0, 3.0, 8.0, 20.0, 60.0)
"""Each look at the clock takes a second here, so that the same is found on every machine."""


@pytest.fixture(scope="module", params=[8, 10, 15])
def listed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Trials, Potential]:
    trials = of(terraces(tmp_path_factory.mktemp("terraces"), request.param, n_projects=10, direction="to"))
    return trials, potential_of(trials)


@pytest.fixture
def ticking(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = count()
    monkeypatch.setattr("cfgeo.plan.search.time", SimpleNamespace(process_time=lambda: float(next(ticks))))


def asked(listed: tuple[Trials, Potential], seconds: float, **wanted: float) -> Solution:
    return solve(PortfolioSearch(*listed), PlanChoices(seconds=seconds, **wanted))


def sketched(listed: tuple[Trials, Potential], seconds: float) -> pd.Series:
    """Return what the sketch finds for each number of communities; inf: nothing."""
    search = PortfolioSearch(*listed)
    frontier = Frontier(search)
    frontier.sketch(TimeBudget.start(seconds).first(module._FOR_SKETCH))
    counts = range(frontier.first, frontier.most + 1)
    return pd.Series([search.best_known(Wish(at_least=n), bound=0.0).cost for n in counts], index=counts)


def questions(least: pd.Series) -> list[dict[str, float]]:
    budgets = sorted({*least, *(least + 0.5), float(least.mean())})
    return [{"target": 1.0}, {"target": 0.3}, *({"budget": float(budget)} for budget in budgets)]


@pytest.mark.usefixtures("ticking")
def test_no_question_contradicts_another(listed: tuple[Trials, Potential]) -> None:
    truth = asked(listed, ENOUGH, target=1.0)
    assert truth.proven
    least, open_, seen = truth.frontier["cost"], 0, truth.frontier["cost"] + np.inf
    for seconds in (*SHORT, ENOUGH):
        seen = np.minimum(sketched(listed, seconds).reindex(least.index), seen)
        for wanted in questions(least):
            solution = asked(listed, seconds, **wanted)
            shown = solution.frontier
            known = least.reindex(shown.index).to_numpy()
            assert (shown["cost"] >= known - CENT).all(), "nothing is cheaper than what is proven to be cheapest"
            assert (shown["bound"] <= known + CENT).all(), "no bound denies what another question finds"
            assert (shown["cost"].reindex(least.index, fill_value=np.inf) <= seen + CENT).all(), "known before"
            assert shown["cost"].is_monotonic_increasing
            if "budget" in wanted:
                money = wanted["budget"] + CENT
                assert solution.count <= least.index[least <= money].max() <= solution.bound
                assert solution.count >= seen.index[seen <= wanted["budget"]].max()
                assert shown["cost"][solution.count] <= money
                assert not (shown["cost"].loc[solution.count + 1 :] <= wanted["budget"]).any(), "its own frontier"
            open_ += not solution.proven
            assert solution.proven or seconds < ENOUGH
    assert open_, "some questions had too little time"


@pytest.mark.usefixtures("ticking")
def test_the_sketch_alone_is_quick_and_mostly_right(listed: tuple[Trials, Potential]) -> None:
    least = asked(listed, ENOUGH, target=1.0).frontier["cost"]
    found = sketched(listed, ENOUGH)
    assert (found.loc[least.index] <= least + CENT).mean() >= 0.5
