"""New links drawn on the ways of the town: where they are joined."""

import geopandas as gpd
import numpy as np
import pytest
from shapely import LineString
from worlds.scenarios import drawn, joined
from worlds.town import CRS, LIFT, NODES, grid, moved, town_network

from cfgeo.core.schema import StreetWays
from cfgeo.network.build import build_network, streets_from_lines
from cfgeo.network.networkx_graphs import ways_of_network


def nodes_of(streets: StreetWays, run: int) -> list[int]:
    return streets.node_ids[streets.offsets[run] : streets.offsets[run + 1]].tolist()


def test_a_link_is_joined_inside_a_street_and_at_a_node() -> None:
    made, (first, last) = joined(drawn("stairs", (50, 100), (0.4, 199.7)))
    new = max(NODES) + 1
    assert (first.node, last.node) == (new, grid(0, 200))
    assert (first.way, last.way) == (1001, 1002)
    assert nodes_of(made, len(made.ways) - 1) == [new, grid(0, 200)]
    assert nodes_of(made, 1)[:3] == [grid(0, 100), new, grid(100, 100)]
    last_row = made.ways.iloc[-1]
    assert (last_row["form"], last_row["highway"], last_row["osm_id"]) == ("steps", "steps", 2009)


def test_a_link_begins_at_the_street_and_not_beside_it() -> None:
    made, _ = joined(drawn("walkway", (50, 110), (50, 190)))
    xy = np.column_stack([made.x, made.y])[made.offsets[-2] :]
    assert xy[:, 1] - xy[0, 1] == pytest.approx([0, 10, 90, 100], abs=0.02)


def test_positions_have_the_decimals_of_a_file() -> None:
    _, junctions = joined(drawn("walkway", (50, 110), (50, 190)))
    for junction in junctions:
        assert (junction.lon, junction.lat) == (round(junction.lon, 7), round(junction.lat, 7))


def test_a_link_on_the_ground_joins_what_it_crosses_and_a_bridge_does_not() -> None:
    walk, junctions = joined(drawn("walkway", (150, 0), (160, 200)))
    assert [one.way for one in junctions] == [1000, 1001, 1002]
    assert len(nodes_of(walk, len(walk.ways) - 1)) == 3
    _, over = joined(drawn("footbridge", (150, 0), (160, 200)))
    assert [one.way for one in over] == [1000, 1002]


def test_a_link_passes_under_a_bridge_and_may_end_on_one() -> None:
    _, under = joined(drawn("walkway", (480, 150), (480, 0)))
    assert [one.way for one in under] == [2007, 2007]
    _, on = joined(drawn("walkway", (480, 150), (480, 101)))
    assert [one.way for one in on] == [2007, 2006]


def test_signals_stand_where_a_crossing_with_signals_meets_a_road() -> None:
    made, junctions = joined(drawn("crossing", (150, 0), (150, 100), crossing="traffic_signals"))
    assert set(made.signals) == {one.node for one in junctions}
    plain, _ = joined(drawn("crossing", (150, 0), (150, 100)))
    assert len(plain.signals) == 0


def test_a_link_to_the_lift_gets_a_landing_of_its_own() -> None:
    made, junctions = joined(drawn("walkway", (100, 150), (150, 100)))
    assert junctions[0].node == LIFT
    rides = build_network(made, crs=CRS).edges["lift_rides"]
    assert (rides > 0).sum() == (town_network().edges["lift_rides"] > 0).sum() + 1


def test_links_join_plain_lines_and_graphs_too() -> None:
    lines = gpd.GeoDataFrame(geometry=[moved(LineString([(0, y), (100, y)])) for y in (0, 100)], crs=CRS)
    made, junctions = joined(drawn("stairs", (50, 0), (50, 100)), streets=streets_from_lines(lines))
    assert len(build_network(made, crs=CRS).edges) == 5
    assert len(junctions) == 2
    graph, _ = joined(drawn("stairs", (50, 100), (50, 200)), streets=ways_of_network(town_network()))
    network, town = build_network(graph, crs=CRS), town_network()
    assert len(network.edges) == len(town.edges) + 3
    assert network.length_km() == pytest.approx(town.length_km() + 0.1, abs=1e-4)
