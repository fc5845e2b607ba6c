"""New links: where they join the ways of the town."""

import geopandas as gpd
import numpy as np
import pytest
from shapely import LineString
from worlds.scenarios import drawn, join_links
from worlds.town import CRS, LIFT, NODES, grid, moved, town_network

from cfgeo.core.schema import StreetWays
from cfgeo.files.osm.lines import streets_from_lines
from cfgeo.network.build import build_network
from cfgeo.network.networkx_graphs import ways_of_network


def nodes_of(streets: StreetWays, run: int) -> list[int]:
    return streets.node_ids[streets.offsets[run] : streets.offsets[run + 1]].tolist()


def test_a_link_joins_a_street_between_nodes_and_at_a_node() -> None:
    after, (first, last) = join_links(drawn("stairs", (50, 100), (0.4, 199.7)))
    new = max(NODES) + 1
    assert (first.node, last.node) == (new, grid(0, 200))
    assert (first.way, last.way) == (1001, 1002)
    assert nodes_of(after, len(after.ways) - 1) == [new, grid(0, 200)]
    assert nodes_of(after, 1)[:3] == [grid(0, 100), new, grid(100, 100)]
    last_row = after.ways.iloc[-1]
    assert (last_row["form"], last_row["highway"], last_row["osm_id"]) == ("steps", "steps", 2009)


def test_a_link_is_extended_to_the_streets_at_its_ends() -> None:
    after, _ = join_links(drawn("walkway", (50, 110), (50, 190)))
    xy = np.column_stack([after.x, after.y])[after.offsets[-2] :]
    assert xy[:, 1] - xy[0, 1] == pytest.approx([0, 10, 90, 100], abs=0.02)


def test_junctions_are_rounded_to_the_decimals_of_an_osm_file() -> None:
    _, junctions = join_links(drawn("walkway", (50, 110), (50, 190)))
    for junction in junctions:
        assert (junction.lon, junction.lat) == (round(junction.lon, 7), round(junction.lat, 7))


def test_a_walkway_joins_the_streets_that_it_crosses_and_a_footbridge_does_not() -> None:
    after, junctions = join_links(drawn("walkway", (150, 0), (160, 200)))
    assert [junction.way for junction in junctions] == [1000, 1001, 1002]
    assert len(nodes_of(after, len(after.ways) - 1)) == 3
    _, over = join_links(drawn("footbridge", (150, 0), (160, 200)))
    assert [junction.way for junction in over] == [1000, 1002]


def test_a_link_passes_under_a_bridge_and_may_end_on_one() -> None:
    _, under = join_links(drawn("walkway", (480, 150), (480, 0)))
    assert [junction.way for junction in under] == [2007, 2007]
    _, on = join_links(drawn("walkway", (480, 150), (480, 101)))
    assert [junction.way for junction in on] == [2007, 2006]


def test_a_crossing_with_signals_has_signals_at_its_junctions() -> None:
    after, junctions = join_links(drawn("crossing", (150, 0), (150, 100), crossing="traffic_signals"))
    assert set(after.signals) == {junction.node for junction in junctions}
    plain, _ = join_links(drawn("crossing", (150, 0), (150, 100)))
    assert len(plain.signals) == 0


def test_a_link_to_the_lift_gets_a_landing_of_its_own() -> None:
    after, junctions = join_links(drawn("walkway", (100, 150), (150, 100)))
    assert junctions[0].node == LIFT
    rides = build_network(after, crs=CRS).edges["lift_rides"]
    assert (rides > 0).sum() == (town_network().edges["lift_rides"] > 0).sum() + 1


def test_links_join_plain_lines_and_graphs_too() -> None:
    lines = gpd.GeoDataFrame(geometry=[moved(LineString([(0, y), (100, y)])) for y in (0, 100)], crs=CRS)
    after, junctions = join_links(drawn("stairs", (50, 0), (50, 100)), streets=streets_from_lines(lines))
    assert len(build_network(after, crs=CRS).edges) == 5
    assert len(junctions) == 2
    ways, _ = join_links(drawn("stairs", (50, 100), (50, 200)), streets=ways_of_network(town_network()))
    network, town = build_network(ways, crs=CRS), town_network()
    assert len(network.edges) == len(town.edges) + 3
    assert network.length_km() == pytest.approx(town.length_km() + 0.1, abs=1e-4)
