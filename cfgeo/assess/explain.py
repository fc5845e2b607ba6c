"""Why a walk takes as long as it does: the way to the nearest place, from any point or from a community."""

import difflib
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cfgeo.assess.case import Case
from cfgeo.assess.coverage import Walk, weighted_quantile_points
from cfgeo.core.errors import PlaceError, StudyError
from cfgeo.core.explanation import Explanation, Route
from cfgeo.core.results import ROUTE_COLUMNS
from cfgeo.core.schema import SEARCH_MINUTES, SECONDS_PER_MINUTE, WALK_PARTS, WGS84, FloatArray, IntArray, Positions
from cfgeo.network.terrain import Heights, relief_rules
from cfgeo.network.travel_time import edge_seconds, snappable_edges
from cfgeo.study.communities import community_of
from cfgeo.walk.nearest import Reach, nearest, nearest_seconds, search
from cfgeo.walk.route import arc_facts, route_facts, route_pieces, route_profile, route_stretches
from cfgeo.walk.search import PathTree, WalkGraph, path_tree
from cfgeo.walk.snap import snap, snap_index

_AROUND_M = 200.0


@dataclass(frozen=True)
class _Goal:
    """What somebody walks to: the places of a clause, or of a whole layer."""

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
        """Return where one place meets the network, and each way that counts, searched from it alone."""
        places = self.places.take(self.places.item == item)
        return places, [path_tree(way, places, limit_s=self.search_s) for way in self.walk.graph.directions]


def median_routes(case: Case) -> pd.DataFrame:
    """Return the walk of each community's median child to each clause's places, with what its minutes go on.

    Returns
    -------
    pandas.DataFrame
        ``ROUTE_COLUMNS``; NaN where nobody of a clause's ages lives.
    """
    parts = [_median_part(case, goal) for goal in _goals(case, None)]
    if not parts:
        return pd.DataFrame(columns=list(ROUTE_COLUMNS))
    return pd.concat(parts, ignore_index=True)[list(ROUTE_COLUMNS)]


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
    middles = [(goal, _middle_children(case, goal, goal.search())[row]) for goal in goals]
    lived_in = [(goal, case.samples.demand.geometry.iloc[middle]) for goal, middle in middles if middle >= 0]
    if not lived_in:
        raise StudyError("community_empty", community=code)
    return [_explained(case, goal, heights, home) for goal, home in lived_in]


def _goals(case: Case, layer: str | None) -> list[_Goal]:
    """Return what clauses ask a walk to, or what of it lies in one layer."""
    if layer is not None and layer not in case.inputs.layers:
        raise StudyError("layer_unknown", layer=layer, has=", ".join(case.inputs.layers))
    goals = []
    for clause in case.reach_clauses:
        if layer in (None, clause.layer):
            walk, limit = case.walk(clause), case.limit_minutes(clause)
            titles = {"zh": clause.name, "en": clause.name_en}
            about = (clause.id, titles, str(clause.layer), clause.kind, limit, case.search_s(clause), walk)
            goals.append(_Goal(*about, case.places(clause, walk), case.weight(clause)))
    if layer is not None and not goals:
        limit = case.choices.limit_minutes
        search_s = max(limit, SEARCH_MINUTES) * SECONDS_PER_MINUTE
        weight = case.samples.demand["weight"].to_numpy()
        goals.append(_Goal("", {}, layer, (), limit, search_s, case.home, case.home.places[layer], weight))
    return goals


def _community_row(case: Case, code: str) -> int:
    table = case.inputs.communities
    named = np.flatnonzero(table["community"] == code)
    found = np.flatnonzero(table.index == code) if code in table.index else named
    if len(found) > 1:
        raise StudyError("community_twice", community=code, codes=", ".join(table.index[found]))
    if len(found) == 0:
        near = difflib.get_close_matches(code, [*table.index, *table["community"]], n=3)
        raise StudyError("community_unknown", community=code, near=", ".join(near) or str(table.index[0]))
    return int(found[0])


def _middle_children(case: Case, goal: _Goal, found: Reach) -> IntArray:
    """Return the demand point of each community's median child; -1 where none lives (communities)."""
    seconds = nearest_seconds(found, goal.walk.demand, n_items=len(case.samples.demand))
    seconds[seconds > goal.search_s] = np.inf
    return weighted_quantile_points(seconds, goal.weight, case.samples.demand_owner, n_areas=len(case.samples.codes))


def _median_part(case: Case, goal: _Goal) -> pd.DataFrame:
    """Return one clause's rows."""
    found = goal.search()
    middle = _middle_children(case, goal, found)
    row = pd.Index(goal.walk.demand.item).get_indexer(pd.Index(middle))
    snapped = np.flatnonzero(row >= 0)
    ways = _walks(goal, found, goal.walk.demand.take(row[snapped]), arc_facts(case.inputs.network, goal.walk.walker))
    slowest = ways[0] if len(ways) == 1 else ways[0].where(ways[0]["seconds"] >= ways[1]["seconds"], ways[1])
    within = (slowest["seconds"] <= goal.search_s).to_numpy()
    walked = slowest[within].set_index(case.samples.codes[snapped[within]])
    ids = case.inputs.layers[goal.layer].index
    columns = {"direction": np.where(walked["turned"].astype(bool), "from", "to")}
    columns |= {"facility": ids[walked["item"].astype(int)]}
    part = pd.DataFrame(columns, index=walked.index).join(_minutes(walked)).reindex(case.samples.codes)
    part.loc[(middle >= 0) & part["minutes"].isna().to_numpy(), "minutes"] = np.inf
    part = part.fillna({"direction": "", "facility": ""})
    return part.assign(code=part.index.to_numpy(), clause=goal.clause, walker=goal.walk.walker.name)


def _walks(goal: _Goal, found: Reach, at: Positions, facts: FloatArray) -> list[pd.DataFrame]:
    """Return what walks between positions and their nearest places are made of, for each way that counts."""
    ways, items = goal.walk.graph.directions, np.append(goal.places.item, -1)
    tables = [route_facts(way, tree, goal.places, at, facts) for way, tree in zip(ways, found.trees, strict=True)]
    tables = [
        table.assign(item=items[table["place"]], turned=way.from_place) for table, way in zip(tables, ways, strict=True)
    ]
    _, item = nearest(found, at)
    other = np.any([table["item"] != item for table in tables], axis=0)
    for one in np.unique(item[other & (item >= 0)]):
        rows = np.flatnonzero(other & (item == one))
        places, trees = goal.alone(one)
        for table, way, tree in zip(tables, ways, trees, strict=True):
            alone = route_facts(way, tree, places, at.take(rows), facts).assign(item=one, turned=way.from_place)
            table.iloc[rows] = alone[table.columns]
    return tables


def _minutes(facts: pd.DataFrame) -> pd.DataFrame:
    """Return facts of ways as the routes publish them."""
    columns = {"minutes": facts["seconds"] / SECONDS_PER_MINUTE}
    columns |= {f"{part}_minutes": facts[f"{part}_s"] / SECONDS_PER_MINUTE for part in WALK_PARTS}
    columns |= {"length_m": facts["length_m"] + facts["off_network_m"]}
    return pd.DataFrame(columns | {name: facts[name] for name in ("climb_m", "descent_m", "steps")}).astype(float)


def _explained(
    case: Case, goal: _Goal, heights: Heights, start: Any, *, lonlat: tuple[float, float] | None = None
) -> Explanation:
    """Explain one walk from somebody's point, or, where none is given, from the home of a median child."""
    network, walker = case.inputs.network, goal.walk.walker
    index = snap_index(network, snappable_edges(network, *edge_seconds(network.edges, walker)))
    at = snap(index, np.array([start]), snap_m=case.choices.snap_m)
    if len(at) == 0 and lonlat is not None:
        raise PlaceError("place_off_network", lon=lonlat[0], lat=lonlat[1], snap_m=round(case.choices.snap_m))
    routes = _routes(case, goal, heights, (at, start)) if len(at) else ()
    code = str(community_of(gpd.GeoDataFrame(geometry=[start], crs=case.inputs.crs), case.inputs.communities).iloc[0])
    return Explanation(
        clause=goal.clause,
        titles=goal.titles,
        layer=goal.layer,
        kinds=goal.kinds,
        walker=walker.name,
        limit_minutes=goal.limit_minutes,
        start=gpd.GeoSeries([start], crs=case.inputs.crs).to_crs(WGS84).iloc[0],
        code=code,
        community=str(case.inputs.communities["community"].get(code, "")),
        median=lonlat is None,
        routes=routes,
        slope=str(relief_rules(network)["slope"]),
        streets=_around(case, routes),
    )


def _around(case: Case, routes: tuple[Route, ...]) -> gpd.GeoDataFrame:
    """Return the streets around some routes."""
    streets = case.inputs.network.edges[["form", "geometry"]]
    boxes = [shapely.box(*route.pieces.total_bounds) for route in routes]
    near = shapely.buffer(shapely.union_all(boxes), _AROUND_M)
    return streets[streets.intersects(near)].reset_index(drop=True)


def _routes(case: Case, goal: _Goal, heights: Heights, home: tuple[Positions, Any]) -> tuple[Route, ...]:
    """Return the ways that count between a home and its nearest place; none where it lies beyond the search."""
    seconds, item = nearest(goal.search(), home[0])
    if not seconds[0] <= goal.search_s:
        return ()
    places, trees = goal.alone(item[0])
    return tuple(
        _route(case, goal, heights, home, (way, tree, places))
        for way, tree in zip(goal.walk.graph.directions, trees, strict=True)
    )


def _route(
    case: Case,
    goal: _Goal,
    heights: Heights,
    home: tuple[Positions, Any],
    searched: tuple[WalkGraph, PathTree, Positions],
) -> Route:
    """Return one way to a place, or from it, as a route."""
    network, walker, (way, tree, places), at = case.inputs.network, goal.walk.walker, searched, home[0]
    facts = route_facts(way, tree, places, at, arc_facts(network, walker))
    place = places.take(facts["place"].to_numpy()[:1])
    facility = case.inputs.layers[goal.layer].iloc[int(place.item[0])]
    ends = [home, (place, facility.geometry)]
    walked = route_stretches(way, tree, places, at)
    pieces = route_pieces(network, walker, *walked, ends=ends[::-1] if way.from_place else ends)
    said = _minutes(facts).iloc[0]
    return Route(
        direction="from" if way.from_place else "to",
        facility=str(facility.name),
        place=str(facility["name"] or facility["kind"]),
        minutes=float(said["minutes"]),
        parts={part: float(said[f"{part}_minutes"]) for part in WALK_PARTS},
        length_m=float(said["length_m"]),
        climb_m=float(said["climb_m"]),
        descent_m=float(said["descent_m"]),
        steps=float(said["steps"]),
        pieces=pieces.drop(columns=["edge", "from_share", "to_share"]),
        profile=route_profile(network, pieces, heights),
    )
