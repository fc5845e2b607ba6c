"""The best sets: every set looked at, and spopt's models of the same places on real streets."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from worlds.covers import TOWN, cover_from, covers, sets_of

from cfgeo import Inputs, load_walkers
from cfgeo.assess.coverage import prepare_walks, take_samples
from cfgeo.network.travel_time import edge_seconds, snappable_edges
from cfgeo.plan.optimise.covering import Cover, covered, groups_won
from cfgeo.plan.optimise.covering_exact import bound_of, fewest, most_groups, most_weight
from cfgeo.walk.od_matrix import pairs_within
from cfgeo.walk.snap import snap, snap_index

LONG_S = 60.0
FEW = settings(max_examples=max(settings().max_examples // 3, 1))
"""Each case solves a model or two, and looks at every set."""

theirs_is_old = pytest.mark.filterwarnings("ignore:.*PuLP 4.0.*:DeprecationWarning")


def value_of(cover: Cover, places: np.ndarray, *, for_groups: bool) -> float:
    return float(groups_won(cover, places).sum()) if for_groups else covered(cover, places)


def test_the_best_sets_of_a_small_town() -> None:
    chosen = most_groups(TOWN, count=2, seconds=LONG_S)
    assert (sorted(chosen.places), chosen.value, chosen.bound) == ([2, 3], 2, 2)
    chosen = most_weight(TOWN, count=1, seconds=LONG_S)
    assert (chosen.places.tolist(), chosen.value, chosen.bound) == ([0], 15, 15)
    assert fewest(TOWN, groups=2, seconds=LONG_S).value == 2


@FEW
@given(covers(), st.integers(1, 4), st.booleans())
def test_no_set_is_better(cover: Cover, count: int, for_groups: bool) -> None:
    solve: Callable[..., Any] = most_groups if for_groups else most_weight
    chosen = solve(cover, count=count, seconds=LONG_S)
    best = max(value_of(cover, places, for_groups=for_groups) for places in sets_of(cover, count))
    assert chosen.value == pytest.approx(best)
    assert chosen.bound == pytest.approx(best)
    assert len(chosen.places) <= count
    assert value_of(cover, chosen.places, for_groups=for_groups) == pytest.approx(best)


@FEW
@given(covers(), st.integers(1, 3))
def test_no_smaller_set_wins_as_many(cover: Cover, groups: int) -> None:
    every = np.arange(cover.n_places)
    groups = min(groups, int(groups_won(cover, every).sum()))
    chosen = fewest(cover, groups=groups, seconds=LONG_S)
    assert groups_won(cover, chosen.places).sum() >= groups
    enough = [len(places) for places in sets_of(cover, cover.n_places) if groups_won(cover, places).sum() >= groups]
    assert chosen.value == chosen.bound == len(chosen.places) == min(enough)


@FEW
@given(covers(), st.integers(1, 4), st.booleans(), st.integers(0, 10))
def test_prices_bound_every_set_and_drop_no_better_one(cover: Cover, count: int, for_groups: bool, less: int) -> None:
    values = {tuple(s.tolist()): value_of(cover, s, for_groups=for_groups) for s in sets_of(cover, count)}
    best = max(values.values())
    known = max(best - less, 0.0)
    bound, possible = bound_of(cover, count=count, known=known, for_groups=for_groups)
    assert bound >= best - 1e-6
    for places, value in values.items():
        if value > known + 1e-3:
            assert set(places) <= set(possible.tolist()), "a better set lost a place"


def test_when_time_is_up_the_bound_still_holds() -> None:
    rng = np.random.default_rng(7)
    table = (rng.random((400, 150)) < 0.06).astype(int).tolist()
    cover = cover_from(table, rng.integers(1, 9, 400).astype(float).tolist(), [-1] * 400, [], [])
    hurried = most_weight(cover, count=12, seconds=0.0)
    assert hurried.bound >= hurried.value
    assert hurried.bound < cover.weight.sum()
    assert covered(cover, hurried.places) == hurried.value


# --- against spopt -------------------------------------------------------------------------------------------------


def instance(inputs: Inputs, seed: int, *, n_places: int = 60) -> tuple[np.ndarray, np.ndarray, float]:
    """Return the walks between homes and random places of a study as a table [s], the homes' weight, and a limit."""
    walker, limit_s = load_walkers()["primary"], 420.0
    samples = take_samples(inputs.communities, inputs.demand, inputs.network)
    walk = prepare_walks(samples, inputs.network, {}, [walker], snap_m=100)[walker]
    rng = np.random.default_rng(seed)
    usable = np.flatnonzero(snappable_edges(inputs.network, *edge_seconds(inputs.network.edges, walker)))
    lines = inputs.network.edges.geometry.to_numpy()[rng.choice(usable, n_places, replace=False)]
    index = snap_index(inputs.network, snappable_edges(inputs.network, *edge_seconds(inputs.network.edges, walker)))
    at = snap(index, shapely.line_interpolate_point(lines, 0.5, normalized=True), snap_m=100)
    pairs = pairs_within(walk.graph, walk.demand, at, most_s=np.full(len(walk.demand), 1800.0))
    table = np.full((len(walk.demand), n_places), 1e6)
    table[pairs.point, pairs.place] = pairs.seconds
    return table, samples.demand["weight"].to_numpy()[walk.demand.item], limit_s


def as_cover(table: np.ndarray, weight: np.ndarray, limit_s: float, *, one_goal: bool) -> Cover:
    """Return the instance as a cover; with one goal, all that can be covered is asked for."""
    within = sparse.csr_array((table <= limit_s).astype(float))
    n = len(weight)
    if not one_goal:
        return Cover(within, weight, np.full(n, -1), np.ones(n), np.empty(0), np.empty(0, dtype=np.int64))
    zeros = np.zeros(n, dtype=np.int64)
    return Cover(within, weight, zeros, np.ones(n), np.array([weight.sum()]), np.zeros(1, dtype=np.int64))


@theirs_is_old
@pytest.mark.shared
@pytest.mark.oracle
@pytest.mark.parametrize("place", ["monaco", "yuzhong"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_most_weight_is_that_of_spopts_maximal_covering(
    request: pytest.FixtureRequest, place: str, seed: int
) -> None:
    import pulp
    from spopt.locate import MCLP

    table, weight, limit_s = instance(request.getfixturevalue(place), seed)
    theirs = MCLP.from_cost_matrix(table, weight, limit_s, p_facilities=6).solve(pulp.PULP_CBC_CMD(msg=False))
    ours = most_weight(as_cover(table, weight, limit_s, one_goal=False), count=6, seconds=LONG_S)
    assert ours.value == pytest.approx(theirs.problem.objective.value(), rel=1e-9)
    assert ours.bound == ours.value


@theirs_is_old
@pytest.mark.shared
@pytest.mark.oracle
@pytest.mark.parametrize("place", ["monaco", "yuzhong"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_fewest_places_are_those_of_spopts_set_covering(
    request: pytest.FixtureRequest, place: str, seed: int
) -> None:
    import pulp
    from spopt.locate import LSCP

    table, weight, limit_s = instance(request.getfixturevalue(place), seed)
    can = (table <= limit_s).any(axis=1)
    theirs = LSCP.from_cost_matrix(table[can], limit_s).solve(pulp.PULP_CBC_CMD(msg=False))
    ours = fewest(as_cover(table[can], weight[can], limit_s, one_goal=True), groups=1, seconds=LONG_S)
    assert ours.value == theirs.problem.objective.value()
    assert ours.bound == ours.value
