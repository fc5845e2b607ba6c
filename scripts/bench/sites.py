"""Compare with spopt: the maximal covering location problem, on one and the same instance."""

import os
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import shapely
from scipy import sparse

from cfgeo import load_walkers
from cfgeo.assess.case import Case
from cfgeo.core.schema import Network
from cfgeo.core.sites import SiteChoices
from cfgeo.network.travel_time import edge_seconds, snappable_edges
from cfgeo.plan.candidates import street_candidates
from cfgeo.plan.optimise.covering import Cover
from cfgeo.plan.optimise.covering_exact import most_weight
from cfgeo.plan.siting import site_gains
from cfgeo.walk.od_matrix import Pairs, pairs_within
from cfgeo.walk.search import walk_graph
from cfgeo.walk.snap import snap, snap_index

LIMIT_S = 600.0
COUNT = 20
SEED = 20261122
FAR_S = 1e6


def sites_against_spopt(network: Network, *, n_points: int, n_places: int) -> Iterator[str]:
    """Yield a table of cfgeo and spopt, build and solve, on random homes and candidates of a network."""
    walks = _walks(network, n_points=n_points, n_places=n_places)
    weight = np.random.default_rng(SEED).integers(1, 30, n_points).astype(float)
    begun = time.process_time()
    at = (walks.point, walks.place)
    covers = sparse.csr_array((np.ones(len(walks.point)), at), shape=(n_points, n_places))
    nothing = np.empty(0)
    cover = Cover(covers, weight, np.full(n_points, -1), np.ones(n_points), nothing, nothing.astype(np.int64))
    built = time.process_time()
    ours = most_weight(cover, count=COUNT, seconds=600.0)
    solved = time.process_time()
    yield f"## Sites: {COUNT} of {n_places:,} candidates for {n_points:,} homes, {len(walks.point):,} pairs in reach"
    yield ""
    yield "Seconds of processor time, from the table of walks on:"
    yield ""
    yield "| | build | solve | both | covered | ratio to cfgeo |"
    yield "|---|---:|---:|---:|---:|---:|"
    own = solved - begun
    yield f"| cfgeo `most_weight` | {built - begun:.2f} | {solved - built:.2f} | {own:.2f} | {ours.value:,.0f} | 1 |"
    for name, solver in _solvers():
        built_s, solved_s, value = _spopt(walks, weight, n_places, solver)
        both = built_s + solved_s
        numbers = f"{built_s:.2f} | {solved_s:.2f} | {both:.2f} | {value:,.0f} | {both / own:.0f}"
        yield f"| spopt `MCLP`, {name} | {numbers} |"
    yield ""


def gains_of_a_layer(case: Case, layer: str, kind: str | None) -> Iterator[str]:
    """Yield the time that the gain of every candidate takes."""
    candidates = street_candidates(case)
    begun = time.process_time()
    site_gains(case, SiteChoices(layer, kind, 1, "children"), candidates)
    seconds = time.process_time() - begun
    count = f"{len(candidates):,}"
    yield f"Gain of each of {count} candidates every 50 m for `{layer}`, today's verdicts included: {seconds:.1f} s."
    yield ""


def _walks(network: Network, *, n_points: int, n_places: int) -> Pairs:
    walker, rng = load_walkers()["primary"], np.random.default_rng(SEED)
    seconds = edge_seconds(network.edges, walker)
    usable = snappable_edges(network, *seconds)
    lines, index = network.edges.geometry.to_numpy()[usable], snap_index(network, usable)

    def spread(n: int) -> Any:
        at = shapely.line_interpolate_point(lines[rng.integers(0, len(lines), n)], rng.random(n), normalized=True)
        return snap(index, at, snap_m=100)

    graph = walk_graph(network, seconds, leg_m_s=walker.level_m_s, direction="worst")
    return pairs_within(graph, spread(n_points), spread(n_places), most_s=np.full(n_points, LIMIT_S))


def _solvers() -> list[tuple[str, Any]]:
    import pulp  # noqa: PLC0415  (for this comparison only)

    every = {"CBC": pulp.PULP_CBC_CMD(msg=False), "HiGHS": pulp.HiGHS(msg=False)}
    return [(name, solver) for name, solver in every.items() if solver.available()]


def _spopt(walks: Pairs, weight: np.ndarray, n_places: int, solver: Any) -> tuple[float, float, float]:
    from spopt.locate import MCLP  # noqa: PLC0415  (for this comparison only)

    table = np.full((len(weight), n_places), FAR_S)
    table[walks.point, walks.place] = walks.seconds
    begun, children = time.process_time(), _children_s()
    model = MCLP.from_cost_matrix(table, weight, LIMIT_S, p_facilities=COUNT)
    built = time.process_time()
    model.solve(solver)
    used = time.process_time() - built + _children_s() - children  # CBC is a program of its own
    return built - begun, used, float(model.problem.objective.value())


def _children_s() -> float:
    times = os.times()
    return times.children_user + times.children_system
