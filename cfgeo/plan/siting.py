"""Where new places are needed: the sites with which the most communities pass, or the most children are in reach.

The sites are a covering problem (:mod:`cfgeo.plan.optimise.covering`): of so many candidates, choose few. What they
change is then measured again with the sites built, as a run would.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from cfgeo.assess.case import Case, make_case
from cfgeo.assess.verdicts import judge_case
from cfgeo.core.errors import StudyError
from cfgeo.core.findings import findings_table
from cfgeo.core.results import Verdicts
from cfgeo.core.schema import (
    DEGREE_DECIMALS,
    FAILED,
    PASSED,
    SECONDS_PER_MINUTE,
    WGS84,
    BoolArray,
    FloatArray,
    IntArray,
)
from cfgeo.core.sites import SITE_COLUMNS, HeldBack, Objective, SiteChoices, Siting
from cfgeo.core.strings import Word
from cfgeo.plan.optimise.capacitated import allocate, most_with_capacity
from cfgeo.plan.optimise.covering import Cover, covered, gains, greedy, groups_won
from cfgeo.plan.optimise.covering_exact import Chosen, fewest, most_groups, most_weight
from cfgeo.plan.site_cover import ClauseReach, Part, cover_of, held_back, parts_of, reaches_of, site_clauses
from cfgeo.plan.worst_fifth import long_seconds, seconds_with, shortest, walks_of
from cfgeo.study.demand import CHILDREN
from cfgeo.study.standard import Clause

_MOST_SITES = 100  # with capacities, the search for the target ends at so many sites


@dataclass(frozen=True)
class _Problem:
    """A covering problem, and the study that it comes from."""

    case: Case
    choices: SiteChoices
    candidates: gpd.GeoDataFrame
    reaches: list[ClauseReach]
    parts: list[Part]
    cover: Cover
    held: pd.DataFrame  # as Siting.held
    winnable: IntArray  # positions of the communities that are the cover's groups
    capacity: FloatArray  # weight that each candidate can serve; inf: no limit (candidates)

    @property
    def capacitated(self) -> bool:
        """Whether capacities limit who is served where."""
        return bool(np.isfinite(self.capacity).any()) and self.choices.objective != "minutes"

    @property
    def uses(self) -> BoolArray:
        """Which rows of the cover take up capacity."""
        return np.concatenate([np.full(len(part.weight), part.walked) for part in self.parts])

    def reached(self, places: IntArray) -> tuple[BoolArray, float]:
        """Return which groups some candidates win, and the weight that they bring in reach or serve."""
        if not self.capacitated:
            return groups_won(self.cover, places), covered(_reach_only(self), places)
        allocation = allocate(self.cover, self.capacity, self.uses, places)
        if self.objective == "communities":
            return allocation.won, allocation.weight
        return allocation.won, allocate(_reach_only(self), self.capacity, self.uses, places).weight

    @property
    def objective(self) -> Objective:
        """The objective; ``children`` instead of ``communities`` where the sites can win no community."""
        if self.choices.objective == "communities" and not self.cover.n_groups and self.reaches:
            return "children"
        return self.choices.objective


def find_sites(
    case: Case,
    choices: SiteChoices,
    candidates: gpd.GeoDataFrame,
    *,
    about: Mapping[str, Any],
    findings: Sequence[dict[str, Any]] = (),
) -> Siting:
    """Choose sites, and measure the study with the sites built.

    Parameters
    ----------
    case
        The study.
    choices
        Layer, kind, number and objective of the sites.
    candidates
        As :mod:`cfgeo.plan.candidates` gives them.
    about
        Facts about the study, the first of :attr:`Siting.about`.
    findings
        Findings about the candidates.

    Raises
    ------
    StudyError
        No clause counts such places, or they cannot meet the target.
    """
    choices, clauses = _question(case, choices)
    before = judge_case(case)
    problem = _problem_of(case, choices, clauses, candidates, before)
    most = int((before.communities["verdict"] == PASSED).sum()) + problem.cover.n_groups
    chosen, greedy_value = _chosen(problem, before, most)
    sites, minutes = _site_table(problem, chosen.places)
    after = judge_case(with_sites(case, sites))
    return Siting(
        choices=choices,
        clauses=tuple(clause.id for clause in clauses),
        titles=_titles(case),
        objective=problem.objective,
        n_candidates=len(candidates),
        sites=sites,
        value=chosen.value,
        bound=chosen.bound,
        one_by_one=greedy_value,
        before=before.communities,
        after=after.communities,
        coverage_before=before.coverage,
        coverage_after=after.coverage,
        district_before=before.district,
        district_after=after.district,
        minutes_before=minutes[0],
        minutes_after=minutes[-1],
        held=problem.held,
        most=most,
        findings=findings_table(list(findings)),
        about={**about, "basis": case.inputs.demand_basis, "limits": _limits(problem.reaches)},
        inputs=case.inputs,
    )


def _question(case: Case, choices: SiteChoices) -> tuple[SiteChoices, list[Clause]]:
    """Return the choices with the kind of the sites, and the clauses that count them."""
    kind, clauses = site_clauses(case.standard, choices, list(case.inputs.layers))
    if choices.capacity is not None and case.inputs.demand_basis != CHILDREN:
        raise StudyError("site_capacity_basis", basis=Word(f"basis_{case.inputs.demand_basis}"))
    return replace(choices, kind=kind), clauses


def with_sites(case: Case, sites: gpd.GeoDataFrame) -> Case:
    """Return a case in which the sites are facilities of their layer, snapped to the network anew."""
    if len(sites) == 0:
        return case
    name = str(sites["layer"].iloc[0])
    layer = case.inputs.layers[name]
    new = sites[["layer", "kind", "name", "geometry"]].rename_axis("facility")
    if "capacity" in layer.columns:
        new = new.assign(capacity=sites["capacity"])
    table = gpd.GeoDataFrame(pd.concat([layer, new]), geometry="geometry", crs=case.inputs.crs) if len(layer) else new
    inputs = replace(case.inputs, layers={**case.inputs.layers, name: table})
    return make_case(inputs, case.standard, case.walkers, case.choices)


def site_gains(case: Case, choices: SiteChoices, candidates: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return what each candidate alone would add: ``communities`` that pass, ``demand`` in reach (candidates)."""
    _, clauses = site_clauses(case.standard, choices, list(case.inputs.layers))
    problem = _problem_of(case, choices, clauses, candidates, judge_case(case))
    won = gains(problem.cover, np.empty(0, dtype=np.int64), for_groups=True)[0]
    weight = gains(_reach_only(problem), np.empty(0, dtype=np.int64), for_groups=False)[0]
    return pd.DataFrame({"communities": won.astype(int), "demand": weight}, index=candidates.index)


def _problem_of(
    case: Case, choices: SiteChoices, clauses: list[Clause], candidates: gpd.GeoDataFrame, before: Verdicts
) -> _Problem:
    reaches = reaches_of(case, clauses, candidates)
    parts = parts_of(case, clauses, reaches, candidates)
    required = [clause.id for clause in case.standard.required_of("community")]
    failing = (before.communities["verdict"] == FAILED).to_numpy()
    clauses_of = held_back(before.communities, before.coverage, parts, required)
    held = pd.DataFrame({"community": before.communities["community"].loc[clauses_of.index], "clauses": clauses_of})
    winnable = failing & ~before.communities.index.isin(held.index)
    cover = cover_of(parts, required, winnable)
    column = candidates["capacity"].fillna(np.inf if choices.capacity is None else choices.capacity)
    capacity = column.to_numpy(dtype=float) if case.inputs.demand_basis == CHILDREN else np.full(len(column), np.inf)
    return _Problem(case, choices, candidates, reaches, parts, cover, held, np.flatnonzero(winnable), capacity)


def _reach_only(problem: _Problem) -> Cover:
    """Return the cover of the reach clauses alone: the children that candidates bring in reach."""
    return cover_of(problem.parts, [], np.zeros(len(problem.case.samples.codes), dtype=bool))


def _chosen(problem: _Problem, before: Verdicts, most: int) -> tuple[Chosen, float]:
    """Return the best places, and the value that the greedy algorithm reaches."""
    choices, cover, seconds = problem.choices, problem.cover, problem.choices.seconds
    if choices.count is None:
        return _up_to_target(problem, before, most)
    if problem.capacitated:
        for_groups = problem.objective == "communities"
        cover = cover if for_groups else _reach_only(problem)
        return most_with_capacity(cover, problem.capacity, problem.uses, count=choices.count, seconds=seconds,
                                  for_groups=for_groups)  # fmt: skip
    if problem.objective == "minutes":
        walks = walks_of(problem.reaches, n_places=len(problem.candidates))
        chosen, greedy_s = shortest(walks, count=choices.count, seconds=seconds)
        minutes = (chosen.value / SECONDS_PER_MINUTE, chosen.bound / SECONDS_PER_MINUTE)
        return Chosen(chosen.places, *minutes), greedy_s / SECONDS_PER_MINUTE
    if problem.objective == "children":
        cover = _reach_only(problem)
        places = greedy(cover, count=choices.count, for_groups=False)
        return most_weight(cover, count=choices.count, seconds=seconds), covered(cover, places)
    places = greedy(cover, count=choices.count, for_groups=True)
    return most_groups(cover, count=choices.count, seconds=seconds), float(groups_won(cover, places).sum())


def _titles(case: Case) -> dict[str, dict[str, str]]:
    return {clause.id: {"zh": clause.name, "en": clause.name_en} for clause in case.standard.clause}


def _limits(reaches: Sequence[ClauseReach]) -> dict[str, float]:
    return {reach.clause.id: reach.limit_s / SECONDS_PER_MINUTE for reach in reaches}


def _up_to_target(problem: _Problem, before: Verdicts, most: int) -> tuple[Chosen, float]:
    """Return the fewest places that meet the target, and how many the greedy algorithm needs."""
    cover, needed = problem.cover, int(before.district["needed"])
    if needed > cover.n_groups:
        wanted = int(before.district["passed"]) + needed
        why = HeldBack(problem.held, _titles(problem.case))
        raise StudyError("site_target", most=most, communities=before.district["communities"], wanted=wanted, why=why)
    if needed == 0:
        return Chosen(np.empty(0, dtype=np.int64), 0.0, 0.0), 0.0
    if problem.capacitated:
        return _up_to_target_with_capacity(problem, needed)
    order = greedy(cover, count=cover.n_places, for_groups=True)
    won = np.array([groups_won(cover, order[:nth]).sum() for nth in range(len(order) + 1)])
    return fewest(cover, groups=needed, seconds=problem.choices.seconds), float(np.argmax(won >= needed))


def _up_to_target_with_capacity(problem: _Problem, needed: int) -> tuple[Chosen, float]:
    """Return the fewest places that meet the target: add one more place until they do.

    The search begins at the bound without capacities. The bound rises with it as long as each smaller number is proven
    not to suffice.
    """
    cover, seconds = problem.cover, problem.choices.seconds
    count = bound = max(int(fewest(cover, groups=needed, seconds=seconds).bound), 0)
    while True:
        chosen, _ = most_with_capacity(
            cover, problem.capacity, problem.uses, count=count, seconds=seconds, for_groups=True
        )
        n_places = len(chosen.places)
        if chosen.value >= needed:
            return Chosen(chosen.places, float(n_places), float(min(bound, n_places))), np.nan
        if count >= min(cover.n_places, _MOST_SITES):
            raise StudyError("site_target_capacity", sites=count, passed=int(chosen.value), needed=needed)
        count += 1
        bound += int(chosen.bound < needed and bound == count - 1)


def _site_table(problem: _Problem, places: IntArray) -> tuple[gpd.GeoDataFrame, list[float]]:
    """Return the sites, and the walk that nine in ten do not exceed [min] without them, with the first, and so on."""
    case, choices, chosen = problem.case, problem.choices, problem.candidates.iloc[places]
    names, codes = case.inputs.communities["community"], case.samples.codes
    degrees = chosen.representative_point().to_crs(WGS84)
    capacity = chosen["capacity"].fillna(np.nan if choices.capacity is None else choices.capacity)
    walks = walks_of(problem.reaches, places, n_places=len(problem.candidates))
    minutes = [long_seconds(seconds_with(walks, places[:n]), walks.weight) for n in range(len(places) + 1)]
    minutes = [seconds / SECONDS_PER_MINUTE for seconds in minutes]
    rows, won, reached = [], np.zeros(problem.cover.n_groups, dtype=bool), 0.0
    for nth in range(len(places)):
        won_with, weight = problem.reached(places[: nth + 1])
        adds, (demand, serves) = codes[problem.winnable[won_with & ~won]], _served(problem, places[nth])
        rows.append(
            {
                "adds_communities": len(adds),
                "adds_codes": tuple(adds),
                "adds_names": tuple(names[adds]),
                "adds_demand": weight - reached,
                "minutes": minutes[nth + 1],
                "demand": demand,
                "serves_codes": tuple(codes[serves]),
                "serves_names": tuple(names.iloc[serves]),
            }
        )
        won, reached = won_with, weight
    what = {"layer": choices.layer, "kind": choices.kind, "capacity": capacity.to_numpy()}
    where = {"rank": np.arange(1, len(places) + 1), "lon": degrees.x.round(DEGREE_DECIMALS).to_numpy()}
    where["lat"] = degrees.y.round(DEGREE_DECIMALS).to_numpy()
    at = {"name": chosen["name"].to_numpy(), "candidate": chosen.index.to_numpy(), "code": chosen["code"].to_numpy()}
    index = pd.Index([f"{choices.layer}-site-{n + 1}" for n in range(len(places))], name="site", dtype="str")
    table = pd.DataFrame({**where, **what, **at}, index=index).join(pd.DataFrame(rows, index=index))
    table["community"] = names.reindex(table["code"]).to_numpy()
    table["basis"] = case.inputs.demand_basis
    table = table.reindex(columns=list(SITE_COLUMNS))
    return gpd.GeoDataFrame(table, geometry=chosen.geometry.to_numpy(), crs=case.inputs.crs), minutes


def _served(problem: _Problem, place: int) -> tuple[float, IntArray]:
    """Return the demand within the limit of one candidate, and the communities (positions) where it lives."""
    weight, owners = 0.0, []
    for reach in problem.reaches:
        pairs = reach.pairs(reach.weight > 0, np.full(len(reach.weight), reach.limit_s), np.array([place]))
        weight += float(reach.weight[pairs.point].sum())
        owners.append(problem.case.samples.demand_owner[pairs.point])
    return weight, np.unique(np.concatenate([*owners, np.empty(0, dtype=np.int64)]))
