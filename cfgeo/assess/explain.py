"""Why a walk takes as long as it does: the route to the nearest place, from any point or from a community."""

import difflib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cfgeo.assess.case import Case
from cfgeo.assess.coverage import Walk
from cfgeo.assess.measures.counted import kind_mask
from cfgeo.assess.measures.shares import weighted_quantile_points
from cfgeo.core.errors import PlaceError, StudyError
from cfgeo.core.explanation import Explanation, Missed, Route
from cfgeo.core.results import ROUTE_COLUMNS, WALK_PROFILE_COLUMNS, WALK_STEP_COLUMNS
from cfgeo.core.schema import SEARCH_MINUTES, SECONDS_PER_MINUTE, WALK_PARTS, WGS84, FloatArray, IntArray, Positions
from cfgeo.files.vocabulary.words import perhaps_layer
from cfgeo.network.linear_reference import Stretches
from cfgeo.network.terrain import Heights, relief_rules
from cfgeo.study.communities import community_of
from cfgeo.walk.nearest import Reach, nearest, nearest_seconds, search
from cfgeo.walk.out_of_reach import out_of_reach
from cfgeo.walk.route import arc_facts, route_facts, route_stretches
from cfgeo.walk.route_pieces import pieces_of_routes, route_pieces, route_profile, route_steps
from cfgeo.walk.search import PathTree, WalkGraph, path_tree
from cfgeo.walk.snap import snap

_AROUND_M = 200.0


@dataclass(frozen=True)
class _Goal:
    """The places that somebody walks to: those of a clause, or of a whole layer."""

    clause: str
    titles: dict[str, str]
    layer: str
    kinds: tuple[str, ...]
    limit_minutes: float
    search_s: float
    walk: Walk
    places: Positions
    weight: FloatArray

    def search(self) -> Reach:
        """Search for the nearest place."""
        return search(self.walk.graph, self.places, limit_s=self.search_s)

    def alone(self, item: int) -> tuple[Positions, list[PathTree]]:
        """Return where one place meets the network, and the path tree of that place alone in each direction."""
        places = self.places.take(self.places.item == item)
        directions = self.walk.graph.directions
        return places, [path_tree(direction, places, limit_s=self.search_s) for direction in directions]


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
    goals = [goal for goal in _goals(case, None) if layers is None or goal.layer in layers]
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


def explain(
    case: Case, heights: Heights, *, lonlat: tuple[float, float] | None, code: str | None, layer: str | None
) -> list[Explanation]:
    """Explain the walks from a point, or from the median child of a community.

    Parameters
    ----------
    case
        The study.
    heights
        The land, for the profiles.
    lonlat
        The point, WGS-84 [degrees]; or else
    code
        a community, by code or name.
    layer
        Where to; all that clauses ask a walk to when missing.

    Returns
    -------
    list of Explanation
        One for each clause; for a layer that no clause asks a walk to, one by the study's own walker.

    Raises
    ------
    StudyError
        The study has no such community or layer, nobody lives there, or its standard asks for no walk.
    PlaceError
        No walkable street lies within the study's ``snap_m``.
    """
    goals = _goals(case, layer)
    if not goals:
        raise StudyError("explain_nowhere", has=", ".join(case.inputs.layers))
    if lonlat is not None:
        point = gpd.GeoSeries.from_xy([lonlat[0]], [lonlat[1]], crs=WGS84).to_crs(case.inputs.crs)
        if not np.isfinite(point.total_bounds).all():
            raise PlaceError("place_off_network", lon=lonlat[0], lat=lonlat[1], snap_m=round(case.choices.snap_m))
        return [_explained(case, goal, heights, point.iloc[0], lonlat=lonlat) for goal in goals]
    row = _community_row(case, str(code))
    points = [_median_children(case, goal, goal.search())[row] for goal in goals]
    homes = case.samples.demand.geometry
    lived_in = [(goal, homes.iloc[point]) for goal, point in zip(goals, points, strict=True) if point >= 0]
    if not lived_in:
        raise StudyError("community_empty", community=code)
    return [_explained(case, goal, heights, home) for goal, home in lived_in]


def _goals(case: Case, layer: str | None) -> list[_Goal]:
    """Return the goals of all clauses that ask for a walk, or of those to one layer."""
    if layer is not None and layer not in case.inputs.layers:
        near, has = perhaps_layer(layer, case.inputs.layers), ", ".join(case.inputs.layers)
        raise StudyError("layer_unknown", layer=layer, near=near, has=has)
    goals = []
    for clause in case.walked_clauses:
        if layer in (None, clause.layer):
            walk = case.walk(clause)
            goals.append(
                _Goal(
                    clause=clause.id,
                    titles={"zh": clause.name, "en": clause.name_en},
                    layer=str(clause.layer),
                    kinds=clause.kind,
                    limit_minutes=case.limit_minutes(clause),
                    search_s=case.search_s(clause),
                    walk=walk,
                    places=case.places(clause, walk),
                    weight=case.weight(clause),
                )
            )
    if layer is not None and not goals:
        limit = case.choices.limit_minutes
        search_s = max(limit, SEARCH_MINUTES) * SECONDS_PER_MINUTE
        weight = case.samples.demand["weight"].to_numpy()
        goals.append(_Goal("", {}, layer, (), limit, search_s, case.home, case.home.places[layer], weight))
    return goals


def _community_row(case: Case, name: str) -> int:
    """Return the row of the community with a code, or else with a name."""
    table = case.inputs.communities
    rows = np.flatnonzero(table.index == name) if name in table.index else np.flatnonzero(table["community"] == name)
    if len(rows) > 1:
        raise StudyError("community_twice", community=name, codes=", ".join(table.index[rows]))
    if len(rows) == 0:
        near = difflib.get_close_matches(name, [*table.index, *table["community"]], n=3)
        raise StudyError("community_unknown", community=name, near=", ".join(near) or str(table.index[0]))
    return int(rows[0])


def _median_children(case: Case, goal: _Goal, reach: Reach) -> IntArray:
    """Return the demand point of each community's median child; -1 where none lives (communities)."""
    seconds = nearest_seconds(reach, goal.walk.demand, n_items=len(case.samples.demand))
    seconds[seconds > goal.search_s] = np.inf
    return weighted_quantile_points(seconds, goal.weight, case.samples.demand_owner, n_areas=len(case.samples.codes))


def _median_part(case: Case, goal: _Goal, heights: Heights) -> tuple[pd.DataFrame, gpd.GeoDataFrame, pd.DataFrame]:
    """Return the routes of one clause in :func:`median_walks`, their steps and their profiles."""
    reach = goal.search()
    child = _median_children(case, goal, reach)
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
    part = pd.DataFrame(columns, index=walked.index).join(_minutes(walked)).reindex(case.samples.codes)
    part.loc[(child >= 0) & part["minutes"].isna().to_numpy(), "minutes"] = np.inf
    part = part.fillna({"direction": "", "facility": ""})
    part = part.assign(code=part.index.to_numpy(), clause=goal.clause, walker=goal.walk.walker.name)
    chosen = [(int(nth), 0 if forward.iloc[nth] else len(searched.tables) - 1) for nth in np.flatnonzero(within)]
    return part, *_median_steps(case, goal, heights, (searched, at, child[snapped]), chosen)


def _median_steps(
    case: Case,
    goal: _Goal,
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


def _walks(goal: _Goal, reach: Reach, at: Positions, facts: FloatArray) -> _Searched:
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


def _minutes(facts: pd.DataFrame) -> pd.DataFrame:
    """Return facts of routes in the units of ``ROUTE_COLUMNS``."""
    columns = {"minutes": facts["seconds"] / SECONDS_PER_MINUTE}
    columns |= {f"{part}_minutes": facts[f"{part}_s"] / SECONDS_PER_MINUTE for part in WALK_PARTS}
    columns |= {"length_m": facts["length_m"] + facts["off_network_m"]}
    return pd.DataFrame(columns | {name: facts[name] for name in ("climb_m", "descent_m", "steps")}).astype(float)


def _explained(
    case: Case, goal: _Goal, heights: Heights, start: Any, *, lonlat: tuple[float, float] | None = None
) -> Explanation:
    """Explain one walk: from the point at ``lonlat``, or, without that, from the home of a median child."""
    at = snap(goal.walk.index, np.array([start]), snap_m=case.choices.snap_m)
    if len(at) == 0 and lonlat is not None:
        raise PlaceError("place_off_network", lon=lonlat[0], lat=lonlat[1], snap_m=round(case.choices.snap_m))
    routes = _routes(case, goal, heights, (at, start)) if len(at) else ()
    missed = None if routes else _missed(case, goal, at, start)
    code = str(community_of(gpd.GeoDataFrame(geometry=[start], crs=case.inputs.crs), case.inputs.communities).iloc[0])
    return Explanation(
        clause=goal.clause,
        titles=goal.titles,
        layer=goal.layer,
        kinds=goal.kinds,
        walker=goal.walk.walker.name,
        limit_minutes=goal.limit_minutes,
        start=gpd.GeoSeries([start], crs=case.inputs.crs).to_crs(WGS84).iloc[0],
        code=code,
        community=str(case.inputs.communities["community"].get(code, "")),
        median=lonlat is None,
        routes=routes,
        slope=str(relief_rules(case.inputs.network)["slope"]),
        streets=_around(case, routes, start if missed is None else missed.line),
        missed=missed,
    )


def _missed(case: Case, goal: _Goal, at: Positions, start: Any) -> Missed:
    """Return why a start has no route, and the place that is nearest."""
    layer = case.inputs.layers[goal.layer]
    shapes = layer.geometry.where(kind_mask(layer, goal.kinds), None)
    reason, item, seconds = out_of_reach(goal.walk.graph, goal.places, at, start, shapes)
    if item < 0:
        return Missed(reason, shapely.shortest_line(start, start))
    facility = layer.iloc[item]
    line = shapely.shortest_line(start, facility.geometry)
    return Missed(
        reason=reason,
        facility=str(facility.name),
        place=str(facility["name"] or facility["kind"]),
        metres=float(shapely.length(line)),
        minutes=seconds / SECONDS_PER_MINUTE,
        line=line,
    )


def _around(case: Case, routes: tuple[Route, ...], start: Any) -> gpd.GeoDataFrame:
    """Return the streets around some routes, or else around a start and its way."""
    streets = case.inputs.network.edges[["form", "geometry"]]
    boxes = [shapely.box(*route.pieces.total_bounds) for route in routes] or [shapely.box(*shapely.bounds(start))]
    near = shapely.buffer(shapely.union_all(boxes), _AROUND_M)
    return streets[streets.intersects(near)].reset_index(drop=True)


def _routes(case: Case, goal: _Goal, heights: Heights, home: tuple[Positions, Any]) -> tuple[Route, ...]:
    """Return the route in each direction between a home and its nearest place; none where that is beyond the search."""
    seconds, item = nearest(goal.search(), home[0])
    if not seconds[0] <= goal.search_s:
        return ()
    places, trees = goal.alone(item[0])
    return tuple(
        _route(case, goal, heights, home, (direction, tree, places))
        for direction, tree in zip(goal.walk.graph.directions, trees, strict=True)
    )


def _route(
    case: Case,
    goal: _Goal,
    heights: Heights,
    home: tuple[Positions, Any],
    searched: tuple[WalkGraph, PathTree, Positions],
) -> Route:
    """Return the route to a place, or from it."""
    network, walker, (direction, tree, places), at = case.inputs.network, goal.walk.walker, searched, home[0]
    facts = route_facts(direction, tree, places, at, arc_facts(network, walker))
    place = places.take(facts["place"].to_numpy()[:1])
    facility = case.inputs.layers[goal.layer].iloc[int(place.item[0])]
    ends = [home, (place, facility.geometry)]
    stretches = route_stretches(direction, tree, places, at)
    pieces = route_pieces(network, walker, *stretches, ends=ends[::-1] if direction.from_place else ends)
    row = _minutes(facts).iloc[0]
    return Route(
        direction="from" if direction.from_place else "to",
        facility=str(facility.name),
        place=str(facility["name"] or facility["kind"]),
        minutes=float(row["minutes"]),
        parts={part: float(row[f"{part}_minutes"]) for part in WALK_PARTS},
        length_m=float(row["length_m"]),
        climb_m=float(row["climb_m"]),
        descent_m=float(row["descent_m"]),
        steps=float(row["steps"]),
        pieces=pieces.drop(columns=["edge", "from_share", "to_share"]),
        profile=route_profile(network, pieces, heights),
    )
