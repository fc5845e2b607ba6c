"""Why a walk takes as long as it does: the route to the nearest place, from any point or from a community."""

import difflib
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from cfgeo.assess.case import Case
from cfgeo.assess.measures.counted import kind_mask
from cfgeo.assess.routes.goals import Goal, goals_of, median_children, route_minutes
from cfgeo.core.errors import PlaceError, StudyError
from cfgeo.core.explanation import Explanation, Missed, Route
from cfgeo.core.schema import SECONDS_PER_MINUTE, WALK_PARTS, WGS84, Positions
from cfgeo.network.terrain import Heights, relief_rules
from cfgeo.study.communities import community_of
from cfgeo.walk.nearest import nearest
from cfgeo.walk.out_of_reach import out_of_reach
from cfgeo.walk.route import arc_facts, route_facts, route_stretches
from cfgeo.walk.route_pieces import route_pieces, route_profile
from cfgeo.walk.search import PathTree, WalkGraph
from cfgeo.walk.snap import snap

_AROUND_M = 200.0


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
    goals = goals_of(case, layer)
    if not goals:
        raise StudyError("explain_nowhere", has=", ".join(case.inputs.layers))
    if lonlat is not None:
        point = gpd.GeoSeries.from_xy([lonlat[0]], [lonlat[1]], crs=WGS84).to_crs(case.inputs.crs)
        if not np.isfinite(point.total_bounds).all():
            raise PlaceError("place_off_network", lon=lonlat[0], lat=lonlat[1], snap_m=round(case.choices.snap_m))
        return [_explained(case, goal, heights, point.iloc[0], lonlat=lonlat) for goal in goals]
    row = _community_row(case, str(code))
    points = [median_children(case, goal, goal.search())[row] for goal in goals]
    homes = case.samples.demand.geometry
    lived_in = [(goal, homes.iloc[point]) for goal, point in zip(goals, points, strict=True) if point >= 0]
    if not lived_in:
        raise StudyError("community_empty", community=code)
    return [_explained(case, goal, heights, home) for goal, home in lived_in]


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


def _explained(
    case: Case, goal: Goal, heights: Heights, start: Any, *, lonlat: tuple[float, float] | None = None
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


def _missed(case: Case, goal: Goal, at: Positions, start: Any) -> Missed:
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


def _routes(case: Case, goal: Goal, heights: Heights, home: tuple[Positions, Any]) -> tuple[Route, ...]:
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
    goal: Goal,
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
    row = route_minutes(facts).iloc[0]
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
