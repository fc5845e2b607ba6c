"""Where something new is needed: sites that bring the most communities over the line, or the most children in reach."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from cfgeo.assess import score
from cfgeo.assess import verdicts as assess
from cfgeo.assess.case import Case, make_case
from cfgeo.core.errors import StudyError
from cfgeo.core.findings import findings_table
from cfgeo.core.schema import FAILED, PASSED, SECONDS_PER_MINUTE, WGS84, BoolArray, FloatArray, IntArray
from cfgeo.core.sites import DEGREE_DECIMALS, SITE_COLUMNS, HeldBack, Objective, SiteChoices, Siting, Word
from cfgeo.plan.optimise.capacitated import most_with_capacity, ration
from cfgeo.plan.optimise.covering import Cover, covered, gains, greedy, groups_won
from cfgeo.plan.optimise.covering_exact import Chosen, fewest, most_groups, most_weight
from cfgeo.plan.site_cover import Field, Part, cover_of, fields_of, held_back, parts_of, site_clauses
from cfgeo.plan.worst_fifth import long_seconds, seconds_with, shortest, walked
from cfgeo.study.demand import CHILDREN
from cfgeo.study.standard import Clause

_MOST_SITES = 100  # with capacities, the target is not looked for beyond


@dataclass(frozen=True)
class _Judged:
    """The verdicts of a case, by the ordinary way."""

    coverage: pd.DataFrame
    communities: gpd.GeoDataFrame
    district: dict[str, Any]


@dataclass(frozen=True)
class _Search:
    """What a search for sites stands on."""

    case: Case
    choices: SiteChoices
    candidates: gpd.GeoDataFrame
    fields: list[Field]
    parts: list[Part]
    cover: Cover
    winnable: IntArray  # positions of the communities that are the cover's groups
    capacity: FloatArray  # what each candidate can serve; inf: any

    @property
    def rationed(self) -> bool:
        """Whether who is served where is part of the question."""
        return bool(np.isfinite(self.capacity).any()) and self.choices.objective != "minutes"

    @property
    def uses(self) -> BoolArray:
        """Which rows of the cover take up capacity."""
        return np.concatenate([np.full(len(part.weight), part.walked) for part in self.parts])

    def reached(self, places: IntArray) -> tuple[BoolArray, float]:
        """Return which groups some candidates win, and what weight they bring in reach or serve."""
        if not self.rationed:
            return groups_won(self.cover, places), covered(_walked_only(self), places)
        share = ration(self.cover, self.capacity, self.uses, places)
        if self.objective == "communities":
            return share.won, share.weight
        return share.won, ration(_walked_only(self), self.capacity, self.uses, places).weight

    @property
    def objective(self) -> Objective:
        """What is looked for: where no community can be won, the most children in reach."""
        if self.choices.objective == "communities" and not self.cover.n_groups and self.fields:
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
    """Choose sites, and measure with them as if they stood.

    Parameters
    ----------
    case
        The study.
    choices
        What is wanted.
    candidates
        As :mod:`cfgeo.plan.candidates` gives them.
    about
        The study, as :attr:`Siting.about` begins.
    findings
        About the candidates.

    Raises
    ------
    StudyError
        Nothing counts such places, or the target cannot be met with them.
    """
    kind, clauses = site_clauses(case.standard, choices, list(case.inputs.layers))
    choices = replace(choices, kind=kind)
    if choices.capacity is not None and case.inputs.demand_basis != CHILDREN:
        raise StudyError("site_capacity_basis", basis=Word(f"basis_{case.inputs.demand_basis}"))
    before = _judged(case)
    looked = _prepared(case, choices, clauses, candidates, before)
    held = _held(case, before, looked.parts)
    most = int((before.communities["verdict"] == PASSED).sum()) + looked.cover.n_groups
    chosen, first = _chosen(looked, before, held, most)
    sites, minutes = _site_table(looked, chosen.places)
    then = _judged(with_sites(case, sites))
    return Siting(
        choices=choices,
        clauses=tuple(clause.id for clause in clauses),
        titles=_titles(case),
        objective=looked.objective,
        n_candidates=len(candidates),
        sites=sites,
        value=chosen.value,
        bound=chosen.bound,
        one_by_one=first,
        before=before.communities,
        after=then.communities,
        coverage_before=before.coverage,
        coverage_after=then.coverage,
        district_before=before.district,
        district_after=then.district,
        minutes_before=minutes[0],
        minutes_after=minutes[-1],
        held=held,
        most=most,
        findings=findings_table(list(findings)),
        about={**about, "basis": case.inputs.demand_basis, "limits": _limits(looked.fields)},
        inputs=case.inputs,
    )


def with_sites(case: Case, sites: gpd.GeoDataFrame) -> Case:
    """Return a case in which sites stand as facilities of their layer, joined to the network anew."""
    if len(sites) == 0:
        return case
    name = str(sites["layer"].iloc[0])
    layer = case.inputs.layers[name]
    new = sites[["layer", "kind", "name", "geometry"]].rename_axis("facility")
    if "capacity" in layer.columns:
        new = new.assign(capacity=sites["capacity"])
    both = gpd.GeoDataFrame(pd.concat([layer, new]), geometry="geometry", crs=case.inputs.crs) if len(layer) else new
    inputs = replace(case.inputs, layers={**case.inputs.layers, name: both})
    return make_case(inputs, case.standard, case.walkers, case.choices)


def site_gains(case: Case, choices: SiteChoices, candidates: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return what each candidate alone would add: ``communities`` that pass, ``demand`` in reach (candidates)."""
    _, clauses = site_clauses(case.standard, choices, list(case.inputs.layers))
    looked = _prepared(case, choices, clauses, candidates, _judged(case))
    won = gains(looked.cover, np.empty(0, dtype=np.int64), for_groups=True)[0]
    weight = gains(_walked_only(looked), np.empty(0, dtype=np.int64), for_groups=False)[0]
    return pd.DataFrame({"communities": won.astype(int), "demand": weight}, index=candidates.index)


def _judged(case: Case) -> _Judged:
    coverage = assess.coverage_table(case)
    communities = assess.judge_communities(case, coverage)
    clauses, _ = assess.judge_clauses(case, coverage, score.street_office_table(communities))
    return _Judged(coverage, communities, score.district_headline(communities, clauses, case.standard))


def _prepared(
    case: Case, choices: SiteChoices, clauses: list[Clause], candidates: gpd.GeoDataFrame, before: _Judged
) -> _Search:
    fields = fields_of(case, clauses, candidates)
    parts = parts_of(case, clauses, fields, candidates)
    required = [clause.id for clause in case.standard.clause if clause.required]
    failing = (before.communities["verdict"] == FAILED).to_numpy()
    held = before.communities.index.isin(held_back(before.communities, before.coverage, parts, required).index)
    winnable = failing & ~held
    cover = cover_of(parts, required, winnable)
    each = candidates["capacity"].fillna(np.inf if choices.capacity is None else choices.capacity)
    capacity = each.to_numpy(dtype=float) if case.inputs.demand_basis == CHILDREN else np.full(len(each), np.inf)
    return _Search(case, choices, candidates, fields, parts, cover, np.flatnonzero(winnable), capacity)


def _held(case: Case, before: _Judged, parts: Sequence[Part]) -> pd.DataFrame:
    required = [clause.id for clause in case.standard.clause if clause.required]
    held = held_back(before.communities, before.coverage, parts, required)
    return pd.DataFrame({"community": before.communities["community"].loc[held.index], "clauses": held})


def _walked_only(looked: _Search) -> Cover:
    """Return the cover of the clauses that ask for a walk: the children that candidates bring in reach."""
    return cover_of(looked.parts, [], np.zeros(len(looked.case.ground.codes), dtype=bool))


def _chosen(looked: _Search, before: _Judged, held: pd.DataFrame, most: int) -> tuple[Chosen, float]:
    """Return the best places, and what the best next one each time would have reached."""
    choices, cover, seconds = looked.choices, looked.cover, looked.choices.seconds
    if choices.count is None:
        return _up_to_target(looked, before, held, most)
    if looked.rationed:
        for_groups = looked.objective == "communities"
        room = (cover if for_groups else _walked_only(looked), looked.capacity, looked.uses)
        return most_with_capacity(*room, count=choices.count, seconds=seconds, for_groups=for_groups)
    if looked.objective == "minutes":
        walks = walked(looked.fields, n_places=len(looked.candidates))
        found, first_s = shortest(walks, count=choices.count, seconds=seconds)
        minutes = (found.value / SECONDS_PER_MINUTE, found.bound / SECONDS_PER_MINUTE)
        return Chosen(found.places, *minutes), first_s / SECONDS_PER_MINUTE
    if looked.objective == "children":
        cover = _walked_only(looked)
        first = greedy(cover, count=choices.count, for_groups=False)
        return most_weight(cover, count=choices.count, seconds=seconds), covered(cover, first)
    first = greedy(cover, count=choices.count, for_groups=True)
    return most_groups(cover, count=choices.count, seconds=seconds), float(groups_won(cover, first).sum())


def _titles(case: Case) -> dict[str, dict[str, str]]:
    return {clause.id: {"zh": clause.name, "en": clause.name_en} for clause in case.standard.clause}


def _limits(fields: Sequence[Field]) -> dict[str, float]:
    return {field.clause.id: field.limit_s / SECONDS_PER_MINUTE for field in fields}


def _up_to_target(looked: _Search, before: _Judged, held: pd.DataFrame, most: int) -> tuple[Chosen, float]:
    """Return the fewest places that meet the target."""
    cover, needed = looked.cover, int(before.district["needed"])
    if needed > cover.n_groups:
        why = HeldBack(
            held, {clause.id: {"zh": clause.name, "en": clause.name_en} for clause in looked.case.standard.clause}
        )
        wanted = int(before.district["passed"]) + needed
        raise StudyError("site_target", most=most, communities=before.district["communities"], wanted=wanted, why=why)
    if needed == 0:
        return Chosen(np.empty(0, dtype=np.int64), 0.0, 0.0), 0.0
    if looked.rationed:
        return _up_to_target_with_capacity(looked, needed)
    first = greedy(cover, count=cover.n_places, for_groups=True)
    won = np.array([groups_won(cover, first[:nth]).sum() for nth in range(len(first) + 1)])
    return fewest(cover, groups=needed, seconds=looked.choices.seconds), float(np.argmax(won >= needed))


def _up_to_target_with_capacity(looked: _Search, needed: int) -> tuple[Chosen, float]:
    """Return the fewest places that meet the target, by asking for one more as long as so many do not."""
    cover, seconds = looked.cover, looked.choices.seconds
    count = most = max(int(fewest(cover, groups=needed, seconds=seconds).bound), 0)
    while True:
        room = (cover, looked.capacity, looked.uses)
        found, _ = most_with_capacity(*room, count=count, seconds=seconds, for_groups=True)
        if found.value >= needed:
            return Chosen(found.places, float(len(found.places)), float(min(most, len(found.places)))), np.nan
        if count >= min(cover.n_places, _MOST_SITES):
            passed = int(found.value)
            raise StudyError("site_target_capacity", sites=count, passed=passed, needed=needed)
        count += 1
        most += int(found.bound < needed and most == count - 1)


def _site_table(looked: _Search, places: IntArray) -> tuple[gpd.GeoDataFrame, list[float]]:
    """Return the sites, and the walk that nine in ten do not exceed [min] without them, with the first, and so on."""
    case, choices, chosen = looked.case, looked.choices, looked.candidates.iloc[places]
    names, codes = case.inputs.communities["community"], case.ground.codes
    degrees = chosen.representative_point().to_crs(WGS84)
    capacity = chosen["capacity"].fillna(np.nan if choices.capacity is None else choices.capacity)
    walks = walked(looked.fields, places, n_places=len(looked.candidates))
    minutes = [long_seconds(seconds_with(walks, places[:n]), walks.weight) for n in range(len(places) + 1)]
    minutes = [seconds / SECONDS_PER_MINUTE for seconds in minutes]
    rows, won, reached = [], np.zeros(looked.cover.n_groups, dtype=bool), 0.0
    for nth in range(len(places)):
        then, weight = looked.reached(places[: nth + 1])
        adds, (demand, serves) = codes[looked.winnable[then & ~won]], _served(looked, places[nth])
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
        won, reached = then, weight
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


def _served(looked: _Search, place: int) -> tuple[float, IntArray]:
    """Return the demand within the limit of one candidate, and the communities (positions) where it lives."""
    weight, owners = 0.0, []
    for field in looked.fields:
        pairs = field.pairs(field.weight > 0, np.full(len(field.weight), field.limit_s), np.array([place]))
        weight += float(field.weight[pairs.point].sum())
        owners.append(looked.case.ground.demand_owner[pairs.point])
    return weight, np.unique(np.concatenate([*owners, np.empty(0, dtype=np.int64)]))
