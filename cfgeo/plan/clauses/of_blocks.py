"""Street blocks that pass, as a target of a plan: they take the place of the communities in a search of their own."""

from dataclasses import replace

import geopandas as gpd
import numpy as np

from cfgeo.assess import score
from cfgeo.assess.case import Case
from cfgeo.assess.units import units_of
from cfgeo.core.errors import StudyError
from cfgeo.core.plan import STREET_BLOCKS, PlanChoices
from cfgeo.plan.optimise.sums import Goal
from cfgeo.plan.potential import potential_of
from cfgeo.plan.search import PortfolioSearch
from cfgeo.plan.trials import Trials

_SEARCHED = frozenset({"reach", "present"})
"""Measures that a portfolio models; other clauses of blocks are judged in the end only."""


def asks_for_blocks(choices: PlanChoices) -> bool:
    """Return whether a plan has a target for the street blocks that pass."""
    return STREET_BLOCKS in {*choices.targets, *choices.weights}


def block_search(trials: Trials) -> PortfolioSearch:
    """Return a search for street blocks that pass, by all their required clauses.

    Raises
    ------
    StudyError
        The standard requires nothing of blocks.
    """
    case = trials.now.case
    if not case.standard.required_of("block"):
        raise StudyError("plan_blocks_none", standard=case.standard.id)
    if trials.now.streets is None:
        raise ValueError("walks cannot be searched without streets")
    own = Trials(_with_blocks(case), trials.now.streets, trials.listed)
    return PortfolioSearch(own, potential_of(own))


def block_goal(search: PortfolioSearch, choices: PlanChoices, target_share: float, *, block: int) -> Goal:
    """Return the goal that so many street blocks pass.

    Parameters
    ----------
    search
        What :func:`block_search` gives.
    choices
        What is asked for.
    target_share
        That of the standard, for a weight without a target.
    block
        The place of the search among those of the model.

    Raises
    ------
    StudyError
        The target is no share, or the weight no such number.
    """
    asked, weight = choices.targets.get(STREET_BLOCKS, target_share), choices.weights.get(STREET_BLOCKS, 1.0)
    if not 0 < asked <= 1:
        raise StudyError("plan_clause_value", clause=STREET_BLOCKS, value=asked, most="1")
    if not 0 < weight < np.inf:
        raise StudyError("plan_clause_weight", clause=STREET_BLOCKS, value=weight)
    count = score.communities_for(asked, of=search.trials.n_communities)
    short = count - int(search.potential.now.passed.sum())
    none = np.zeros((1, len(search.potential.ids)))[:0]
    return Goal(count, np.empty(0), none, block=block, scale=max(short, 1.0), weight=weight)


def are_provable(case: Case) -> bool:
    """Return whether the search for blocks knows all that is required of them, so that it bounds every plan."""
    return all(
        clause.measure in _SEARCHED and (clause.layer in case.inputs.layers or clause.layer is None)
        for clause in case.standard.required_of("block")
    )


def _with_blocks(case: Case) -> Case:
    """Return a case whose communities are the street blocks, with the clauses that are required of these."""
    units = units_of(case, "block")
    names = units.shapes["name"].astype("str")
    columns = {"community": names, "street_office": names, "area_m2": units.shapes.area}
    blocks = gpd.GeoDataFrame(columns, geometry=units.shapes.geometry, crs=case.inputs.crs).rename_axis("code")
    own = np.append(blocks.index.to_numpy(dtype=object), "")[units.demand]
    demand = case.samples.demand.assign(community=own)
    clauses = tuple(clause.model_copy(update={"scope": "community"}) for clause in case.standard.required_of("block"))
    return replace(
        case,
        standard=case.standard.model_copy(update={"clause": clauses}),
        inputs=replace(case.inputs, communities=blocks, blocks=None, demand=demand),
        samples=replace(case.samples, codes=blocks.index, demand=demand, demand_owner=units.demand),
        kept={},
    )
