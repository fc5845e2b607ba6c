"""Routes to school: the town by hand, crossings of a big road counted once, sums that agree."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import Point
from tools.oracle import Way, network_of
from worlds.studies import remade
from worlds.town import CRS, LIFT_LOWER, STEPS, at, moved

from cfgeo.assess.case import Case, make_case
from cfgeo.assess.school_routes import school_flows, school_routes, walked_edges
from cfgeo.core.results import CROSSING_COLUMNS, SCHOOL_ROUTE_COLUMNS
from cfgeo.core.schema import SCHOOLS, Network
from cfgeo.files.osm.tags import BIG_ROADS


@pytest.fixture(scope="module")
def routes(town_case: Case) -> gpd.GeoDataFrame:
    """Return the edges that the pupils of the town walk along."""
    return school_routes(town_case)[0]


# --- the town ----------------------------------------------------------------------------------------------------


def test_pupils_arrive_at_low_school_from_both_sides(routes: gpd.GeoDataFrame) -> None:
    # Low School lies on Row 0 at x = 30. From the west: "west" (10) and "up" (8), down the steps and the street
    # x = 0. From the east: "row" (20), "platform" (2), "east" (10), "park" (5), "top" (12). "stranded" cannot walk.
    first = routes[routes["rank"] == 1].iloc[0]
    assert first["name"] == "Row 0"
    assert {first["forward"], first["backward"]} == {18, 49}
    assert first["total"] == first["school"] == 67


def test_an_edge_counts_the_pupils_who_walk_along_it(routes: gpd.GeoDataFrame, town: Network) -> None:
    def on(osm_id: int) -> float:
        return float(routes.loc[routes.index.isin(np.flatnonzero(town.edges["osm_id"] == osm_id)), "total"].max())

    assert on(STEPS) == 8, "up"
    assert on(1010) == 18, "the street x = 0: up, and west from its middle"
    assert on(LIFT_LOWER) == 14, "platform and top"
    assert on(1003) == 12, "Row 300: top"
    lifts = routes[routes["form"] == "lift"]
    assert lifts["total"].tolist() == [12, 12], "in at one landing and out at the other"


def test_an_edge_that_is_walked_in_part_counts_in_full(routes: gpd.GeoDataFrame) -> None:
    assert routes["length_m"].max() == pytest.approx(100)
    assert (routes["forward"] + routes["backward"]).to_numpy() == pytest.approx(routes["total"].to_numpy())


def test_edges_are_sorted_by_pupils(routes: gpd.GeoDataFrame) -> None:
    assert routes["rank"].tolist() == list(range(1, len(routes) + 1))
    assert routes["total"].is_monotonic_decreasing
    assert (routes["total"] > 0).all()


def test_edges_name_the_community_that_they_lie_in(routes: gpd.GeoDataFrame, town_case: Case) -> None:
    communities = town_case.inputs.communities
    inside = routes[routes["code"] != ""]
    assert len(inside)
    shapes = communities.geometry.loc[inside["code"]]
    assert inside.intersects(gpd.GeoSeries(shapes.to_numpy(), index=inside.index, crs=inside.crs)).all()
    assert inside["community"].tolist() == communities["community"].loc[inside["code"]].tolist()
    assert set(inside["street_office"]) <= set(communities["street_office"])


def test_routes_have_the_declared_columns(routes: gpd.GeoDataFrame) -> None:
    assert routes.columns.tolist()[:1] == ["rank"]
    assert set(routes.columns) == {*SCHOOL_ROUTE_COLUMNS, "school", "geometry"}
    assert routes.index.name == "edge"


@pytest.mark.parametrize("case", ["town_case", "default_case"])
def test_what_a_clause_asks_is_what_the_routes_say(case: str, request: pytest.FixtureRequest) -> None:
    judged: Case = request.getfixturevalue(case)
    routes, _ = school_routes(judged)
    walked = walked_edges(judged, school_flows(judged))
    assert len(walked)
    pd.testing.assert_frame_equal(walked, pd.DataFrame(routes[["child_metres", "calm", "code"]]))


def test_a_town_without_a_big_road_has_no_crossings(town_case: Case) -> None:
    crossings = school_routes(town_case)[1]
    assert len(crossings) == 0
    assert set(crossings.columns) == {*CROSSING_COLUMNS, "school", "geometry"}
    assert crossings.crs == CRS


def test_a_study_without_clauses_for_schools_has_empty_tables_with_all_columns(town_case: Case) -> None:
    clauses = tuple(clause for clause in town_case.standard.clause if clause.layer != SCHOOLS)
    case = replace(town_case, standard=town_case.standard.model_copy(update={"clause": clauses}))
    tables = school_routes(case)
    for table, columns in zip(tables, (SCHOOL_ROUTE_COLUMNS, CROSSING_COLUMNS), strict=True):
        assert len(table) == 0
        assert set(table.columns) == {*columns, "geometry"}


def test_the_pupils_of_several_clauses_add_up(town_case: Case) -> None:
    first, *rest = town_case.standard.clause
    junior = first.model_copy(update={"id": "junior", "kind": ("junior",), "children": ("age_12_17",)})
    standard = town_case.standard.model_copy(update={"clause": (first, junior, *rest)})
    routes, _ = school_routes(replace(town_case, standard=standard))
    assert (routes["school"] + routes["junior"]).to_numpy() == pytest.approx(routes["total"].to_numpy())
    # High School stands at (350, 310), where "top" lives: its 6 older children walk no street. 15 others do.
    north = routes.loc[routes["name"] == "Row 300", "junior"].max()
    assert north == 15


def test_the_network_is_left_unchanged(town_case: Case) -> None:
    before = town_case.inputs.network.edges.copy()
    school_routes(town_case)
    assert town_case.inputs.network.edges.equals(before)


# --- crossings ---------------------------------------------------------------------------------------------------

XY = {1: (0, 0), 2: (0, 100), 3: (0, 200), 4: (-100, 100), 5: (100, 100), 6: (100, 0), 7: (100, 200), 8: (200, 100)}
"""A big road from west to east, crossed by paths at 2 and at 5::

        3         7
        |         |
    4===2=========5===8   = Big Street
        |         |
        1         6
"""
ROAD = {"highway": "primary", "name": "Big Street"}
WAYS = [(1, [4, 2, 5, 8]), (2, [1, 2, 3]), (3, [6, 5, 7])]


def crossings_of(
    case: Case,
    homes: list[tuple[float, float, float]],
    school: tuple[float, float],
    *,
    facts: Sequence[dict[str, Any]] = (ROAD, {}, {}),
    ways: Sequence[Way] = WAYS,
) -> gpd.GeoDataFrame:
    """Return the crossings of pupils (x, y, how many) on their routes to a school, by node."""
    network = network_of(XY, ways, facts=facts)
    demand = case.inputs.demand.iloc[: len(homes)].copy()
    demand = demand.set_geometry([at(x, y) for x, y, _ in homes], crs=CRS)
    demand["age_6_11"] = [pupils for *_, pupils in homes]
    demand["community"] = "C01"
    schools = case.inputs.layers[SCHOOLS].iloc[:1].set_geometry([moved(Point(school))], crs=CRS)
    layers = {**case.inputs.layers, SCHOOLS: schools}
    inputs = replace(case.inputs, demand=demand, layers=layers, network=network)
    crossings = school_routes(make_case(inputs, case.standard, case.walkers, case.choices))[1]
    return crossings.set_index("osm_id")


def test_a_pupil_who_walks_straight_over_a_big_road_crosses_it_once(town_case: Case) -> None:
    crossings = crossings_of(town_case, [(0, 20, 3), (0, 60, 4)], (0, 190))
    assert crossings["total"].to_dict() == {2: 7}
    row = crossings.loc[2]
    assert (row["name"], row["highway"], row["rank"], row["school"]) == ("Big Street", "primary", 1, 7)
    assert crossings.geometry.iloc[0].equals_exact(at(0, 100), 1e-6)


def test_a_pupil_who_walks_along_the_road_or_turns_into_it_does_not_cross_it(town_case: Case) -> None:
    # From the west and from the south to a school on the road itself
    assert len(crossings_of(town_case, [(-90, 100, 3), (0, 20, 4)], (60, 100))) == 0
    # Along the road, then off it by a path: on which side is not known
    assert len(crossings_of(town_case, [(-90, 100, 3)], (100, 190))) == 0


def test_only_pupils_who_go_straight_over_are_counted_at_a_junction(town_case: Case) -> None:
    crossings = crossings_of(town_case, [(0, 20, 5), (100, 20, 4), (-50, 100, 2)], (100, 190))
    assert crossings["total"].to_dict() == {5: 4}, (
        "four straight over at 5; five come along the road from 2, two from 4"
    )


def test_the_end_of_a_road_is_not_crossed(town_case: Case) -> None:
    ways = [(1, [4, 2, 5]), (2, [1, 2, 3]), (3, [6, 5, 7])]
    homes = [(0.0, 20.0, 6.0), (100.0, 20.0, 4.0)]
    assert crossings_of(town_case, homes[:1], (0, 190), ways=ways)["total"].to_dict() == {2: 6}
    assert len(crossings_of(town_case, homes[1:], (100, 190), ways=ways)) == 0, "it ends at 5: who passes goes round it"


def test_a_small_road_has_no_crossings(town_case: Case) -> None:
    facts = [{"highway": "tertiary", "name": "Small Street"}, {}, {}]
    assert len(crossings_of(town_case, [(0, 20, 3)], (0, 190), facts=facts)) == 0


def test_a_child_on_the_road_without_a_route_leaves_the_count_unchanged(town_case: Case) -> None:
    # The road is walked eastward only: from (50, 100) nobody gets to the school, others do cross at 2.
    facts = [{**ROAD, "oneway": 1}, {}, {}]
    crossings = crossings_of(town_case, [(0, 20, 6), (50, 100, 4)], (0, 190), facts=facts)
    assert crossings["total"].to_dict() == {2: 6}


# --- the default study -------------------------------------------------------------------------------------------


def test_children_of_the_default_study_are_neither_lost_nor_counted_twice(default_case: Case) -> None:
    routes, crossings = school_routes(default_case)
    clauses = [clause.id for clause in default_case.reach_clauses if clause.layer == SCHOOLS]
    assert len(clauses) >= 2
    for table in (routes, crossings):
        assert table[clauses].sum(axis=1).to_numpy() == pytest.approx(table["total"].to_numpy())
        assert (table[clauses] >= 0).all(axis=None)
        assert table["total"].is_monotonic_decreasing
        assert len(table) > 20
    pupils = sum(
        default_case.weight(clause) @ (default_case.samples.demand_owner >= 0)
        for clause in default_case.reach_clauses
        if clause.layer == SCHOOLS
    )
    assert routes["total"].max() <= pupils
    assert crossings["total"].max() <= routes["total"].max()
    assert set(crossings["highway"]) <= set(BIG_ROADS)


def test_departures_equal_arrivals_at_every_junction_without_homes_or_places(default_case: Case) -> None:
    # They differ only where a route begins or ends on an edge of the junction.
    clause = next(clause for clause in default_case.reach_clauses if clause.layer == SCHOOLS)
    routes, _ = school_routes(default_case)
    edges = default_case.inputs.network.edges
    walk = default_case.walk(clause)
    places = {
        edge
        for reach_clause in default_case.reach_clauses
        if reach_clause.layer == SCHOOLS
        for edge in default_case.places(reach_clause, default_case.walk(reach_clause)).edge.tolist()
    }
    homes = set(walk.demand.edge.tolist())
    for reach_clause in default_case.reach_clauses:
        homes |= set(default_case.walk(reach_clause).demand.edge.tolist())
    n_nodes = len(default_case.inputs.network.nodes)
    arrivals, departures, ends = np.zeros(n_nodes), np.zeros(n_nodes), np.zeros(n_nodes, dtype=bool)
    u, v = (edges[side].to_numpy() for side in ("u", "v"))
    at_edge = routes.index.to_numpy()
    np.add.at(departures, u[at_edge], routes["forward"].to_numpy())
    np.add.at(arrivals, v[at_edge], routes["forward"].to_numpy())
    np.add.at(departures, v[at_edge], routes["backward"].to_numpy())
    np.add.at(arrivals, u[at_edge], routes["backward"].to_numpy())
    for edge in places | homes:
        ends[[u[edge], v[edge]]] = True
    inner = ~ends & (arrivals + departures > 0)
    assert inner.sum() > 20
    np.testing.assert_allclose(arrivals[inner], departures[inner], atol=1e-6)


@pytest.mark.shared
def test_the_crossings_of_monaco_lie_on_its_big_roads(monaco_case: Case) -> None:
    _, crossings = school_routes(monaco_case)
    edges = monaco_case.inputs.network.edges
    roads = edges[edges["highway"].isin(BIG_ROADS)].union_all()
    assert len(crossings) > 10
    assert (crossings.distance(roads) < 1e-6).all()


def test_on_level_streets_the_busiest_edge_has_the_same_pupils(town_case: Case) -> None:
    routes, _ = school_routes(remade(town_case, town_case.level_network))
    assert routes.iloc[0]["total"] == 67
