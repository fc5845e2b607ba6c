"""The walk of each community's median child: what it consists of, step by step, and its profile."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from cfgeo.assess.case import Case
from cfgeo.assess.routes.goals import Goal, goals_of, median_children, route_minutes
from cfgeo.core.results import ROUTE_COLUMNS, WALK_PROFILE_COLUMNS, WALK_STEP_COLUMNS
from cfgeo.core.schema import FloatArray, IntArray, Positions
from cfgeo.network.linear_reference import Stretches
from cfgeo.network.terrain import Heights
from cfgeo.walk.nearest import Reach, nearest
from cfgeo.walk.route import arc_facts, route_facts, route_stretches
from cfgeo.walk.route_pieces import pieces_of_routes, route_profile, route_steps
from cfgeo.walk.search import PathTree, WalkGraph


@dataclass(frozen=True)
class MedianWalks:
    """The walks of median children.

    Attributes
    ----------
    routes : pandas.DataFrame
        ``ROUTE_COLUMNS``; NaN where nobody of a clause's ages lives.
    steps : geopandas.GeoDataFrame
        ``WALK_STEP_COLUMNS``.
    profiles : pandas.DataFrame
        ``WALK_PROFILE_COLUMNS``.
    """

    routes: pd.DataFrame
    steps: gpd.GeoDataFrame
    profiles: pd.DataFrame


_WORDS = {"code", "clause", "walker", "direction", "facility", "part", "name", "geometry"}
"""Columns of the walks that hold no number."""


def median_walks(case: Case, heights: Heights, *, layers: Collection[str] | None = None) -> MedianWalks:
    """Return the walk of each community's median child to each clause's places, and what takes its minutes.

    Parameters
    ----------
    case
        The study.
    heights
        The land, for the profiles.
    layers
        Only walks to these; to all when missing.
    """
    goals = [goal for goal in goals_of(case, None) if layers is None or goal.layer in layers]
    parts = [_median_part(case, goal, heights) for goal in goals]
    columns = ROUTE_COLUMNS, {**WALK_STEP_COLUMNS, "geometry": ""}, WALK_PROFILE_COLUMNS
    tables = zip(*parts, strict=True) if parts else ((), (), ())
    routes, steps, profiles = (_put_together(these, names) for these, names in zip(tables, columns, strict=True))
    return MedianWalks(routes, gpd.GeoDataFrame(steps, geometry="geometry", crs=case.inputs.crs), profiles)


def _put_together(tables: Sequence[pd.DataFrame], columns: Mapping[str, str]) -> pd.DataFrame:
    """Return tables one below the other; a clause that nobody walks for has an empty one, without types."""
    rows = [table for table in tables if len(table)]
    whole = pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=list(columns))
    return whole[list(columns)].astype({name: float for name in columns if name not in _WORDS})


def _median_part(case: Case, goal: Goal, heights: Heights) -> tuple[pd.DataFrame, gpd.GeoDataFrame, pd.DataFrame]:
    """Return the routes of one clause in :func:`median_walks`, their steps and their profiles."""
    reach = goal.search()
    child = median_children(case, goal, reach)
    row = pd.Index(goal.walk.demand.item).get_indexer(pd.Index(child))
    snapped = np.flatnonzero(row >= 0)
    at, facts = goal.walk.demand.take(row[snapped]), arc_facts(case.inputs.network, goal.walk.walker)
    searched = _walks(goal, reach, at, facts)
    first, last = searched.tables[0], searched.tables[-1]
    forward = first["seconds"] >= last["seconds"]
    slowest = first.where(forward, last)
    within = (slowest["seconds"] <= goal.search_s).to_numpy()
    walked = slowest[within].set_index(case.samples.codes[snapped[within]])
    ids = case.inputs.layers[goal.layer].index
    columns = {"direction": np.where(walked["from_place"].astype(bool), "from", "to")}
    columns |= {"facility": ids[walked["item"].astype(int)]}
    part = pd.DataFrame(columns, index=walked.index).join(route_minutes(walked)).reindex(case.samples.codes)
    part.loc[(child >= 0) & part["minutes"].isna().to_numpy(), "minutes"] = np.inf
    part = part.fillna({"direction": "", "facility": ""})
    part = part.assign(code=part.index.to_numpy(), clause=goal.clause, walker=goal.walk.walker.name)
    chosen = [(int(nth), 0 if forward.iloc[nth] else len(searched.tables) - 1) for nth in np.flatnonzero(within)]
    return part, *_median_steps(case, goal, heights, (searched, at, child[snapped]), chosen)


def _median_steps(
    case: Case,
    goal: Goal,
    heights: Heights,
    median: tuple["_Searched", Positions, IntArray],
    chosen: list[tuple[int, int]],
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Return the steps and the profiles of routes: ``chosen`` has the row of each and its direction."""
    (searched, at, child), network = median, case.inputs.network
    homes, places_of = case.samples.demand.geometry, case.inputs.layers[goal.layer].geometry
    routes = []
    for nth, way in chosen:
        direction, here = goal.walk.graph.directions[way], at.take(np.array([nth]))
        place, stretches, arc = searched.alone.get((nth, way)) or _course(
            goal.places, direction, searched.reach.trees[way], here, searched.tables[way]["place"].iloc[nth]
        )
        ends = [(here, homes.iloc[child[nth]]), (place, places_of.iloc[int(place.item[0])])]
        routes.append((stretches, arc, ends[::-1] if direction.from_place else ends))
    if not routes:
        nothing = gpd.GeoDataFrame(columns=[*WALK_STEP_COLUMNS, "geometry"], geometry="geometry", crs=network.edges.crs)
        return nothing, pd.DataFrame(columns=list(WALK_PROFILE_COLUMNS))
    codes = case.samples.codes[case.samples.demand_owner[child[[nth for nth, _ in chosen]]]]
    pieces = pieces_of_routes(network, goal.walk.walker, routes)
    profile = route_profile(network, pieces, heights)
    steps = route_steps(pieces)
    tables = (table.assign(code=codes[table["route"]], clause=goal.clause) for table in (steps, profile))
    steps, profile = tables
    return steps[[*WALK_STEP_COLUMNS, "geometry"]], profile[list(WALK_PROFILE_COLUMNS)]


_Course = tuple[Positions, Stretches, IntArray]
"""Where a place meets the network (a single row), and the stretches and arcs of the route to it or from it."""


@dataclass(frozen=True)
class _Searched:
    """Walks between positions and their nearest places: what was searched, and a table for each direction.

    Where both directions count, the nearest place may be the nearest in neither. The routes of such rows, searched from
    that place alone, stand in ``alone`` by row and direction.
    """

    reach: Reach
    tables: list[pd.DataFrame]
    alone: dict[tuple[int, int], _Course]


def _course(places: Positions, direction: WalkGraph, tree: PathTree, at: Positions, place: int) -> _Course:
    """Return the route of a single position along a path tree, to the place in a row of ``places``."""
    return places.take(np.array([int(place)])), *route_stretches(direction, tree, places, at)


def _walks(goal: Goal, reach: Reach, at: Positions, facts: FloatArray) -> _Searched:
    """Return what walks between positions and their nearest places consist of."""
    directions, items = goal.walk.graph.directions, np.append(goal.places.item, -1)
    tables = []
    for direction, tree in zip(directions, reach.trees, strict=True):
        table = route_facts(direction, tree, goal.places, at, facts)
        tables.append(table.assign(item=items[table["place"]], from_place=direction.from_place))
    _, item = nearest(reach, at)
    differs = np.any([table["item"] != item for table in tables], axis=0)
    rows: list[IntArray] = []
    alone: list[list[pd.DataFrame]] = [[] for _ in tables]
    courses: dict[tuple[int, int], _Course] = {}
    for place in np.unique(item[differs & (item >= 0)]):
        rows.append(np.flatnonzero(differs & (item == place)))
        places, trees = goal.alone(place)
        for way, (parts, direction, tree) in enumerate(zip(alone, directions, trees, strict=True)):
            part = route_facts(direction, tree, places, at.take(rows[-1]), facts)
            for row, found in zip(rows[-1], part["place"], strict=True):
                if found >= 0:
                    courses[int(row), way] = _course(places, direction, tree, at.take(np.array([row])), found)
            parts.append(part.assign(item=place, from_place=direction.from_place))
    for table, parts in zip(tables, alone, strict=True):
        if rows:
            table.iloc[np.concatenate(rows)] = pd.concat(parts, ignore_index=True)[table.columns]
    return _Searched(reach, tables, courses)
