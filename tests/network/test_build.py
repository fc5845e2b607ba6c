"""Streets become a network: junctions, lifts, self-crossing ways, clipped extracts, components."""

from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st
from shapely import LineString, MultiLineString
from tools.oracle import broken_promises, network_of
from worlds.town import CRS, LIFT, NODES, SOUTH, WAYS, WEST, grid, moved, town_network, town_streets, write_osm

from cfgeo import Network, NetworkError, read_network
from cfgeo.core.schema import EDGE_COLUMNS
from cfgeo.files.osm.lines import streets_from_lines
from cfgeo.network.build import build_network, components
from cfgeo.study.demand import demand_from_streets


def links(network: Network) -> list[tuple[int, int, int, float]]:
    """Return (way, from node, to node, metres) of each edge, sorted."""
    ids = network.nodes["osm_id"].to_numpy()
    edges = network.edges
    rows = zip(edges["osm_id"], ids[edges["u"]], ids[edges["v"]], edges["length_m"].round(3), strict=True)
    return sorted((int(way), int(u), int(v), float(m)) for way, u, v, m in rows)


# --- the town ----------------------------------------------------------------------------------------------------


def test_the_town_has_the_junctions_and_streets_that_were_drawn(town: Network) -> None:
    # 20 junctions, lift, platform, cul-de-sac, 2 ends of the fragment, 2 landings of the lift; no corners.
    assert len(town.nodes) == 27
    # 4 rows × 4 blocks, 5 + 5 streets across, steps, escalator, ramp, bridge, cul-de-sac, fragment,
    # 2 + 1 edges at the lift, 2 half rides.
    assert len(town.edges) == 16 + 10 + 6 + 3 + 2
    # 26 blocks, 3 stairs and the fragment of 100 m; 50 + 40 + 50 m at the lift; bridge 300 m; cul-de-sac 400 m.
    assert town.length_km() == pytest.approx((30 * 100 + 140 + 300 + 400) / 1000)
    assert town.length_km(main_only=True) == pytest.approx(3.74)


def test_the_fragment_is_the_only_other_component(town: Network) -> None:
    apart = town.nodes[town.nodes["component"] != 0]
    assert sorted(apart["osm_id"]) == [57, 58]
    assert set(apart["component"]) == {1}


def test_columns_have_the_promised_types(town: Network) -> None:
    assert list(town.edges.columns) == [*EDGE_COLUMNS, "geometry"]
    kinds = {name: str(town.edges[name].dtype) for name, kind in EDGE_COLUMNS.items() if kind != "str"}
    assert kinds == {name: kind for name, kind in EDGE_COLUMNS.items() if kind != "str"}
    assert town.edges.crs == CRS


def test_the_towns_edges_keep_their_promises(town: Network) -> None:
    assert broken_promises(town) == []


def test_broken_promises_are_seen(town: Network) -> None:
    edges, nodes = town.edges, town.nodes
    loop = shapely.LineString([(0, 0), (10, 10), (10, 0), (0, 10)])
    crossed = edges.geometry.to_numpy().copy()
    crossed[0] = loop
    wrong = {
        "open": replace(town, edges=edges.assign(v=edges["v"].mask(edges.index == 0, edges["u"]))),
        "simple": replace(town, edges=edges.set_geometry(crossed)),
        "length": replace(town, edges=edges.assign(length_m=edges["length_m"] * 1.000001)),
        "u": replace(town, nodes=nodes.assign(x=nodes["x"] + 0.01)),
        "v": replace(town, edges=edges.assign(v=edges["v"].iloc[::-1].to_numpy())),
        "unique": replace(town, nodes=nodes.assign(osm_id=7)),
        "used": replace(town, nodes=pd.concat([nodes, nodes.tail(1)], ignore_index=True)),
    }
    assert {promise for promise, network in wrong.items() if promise not in broken_promises(network)} == set()


@pytest.mark.shared
def test_monacos_edges_keep_their_promises(shared_data: Path) -> None:
    assert broken_promises(read_network(shared_data / "monaco" / "monaco.osm.pbf", crs="EPSG:32632")) == []


@pytest.mark.shared
def test_yuzhongs_edges_keep_their_promises(shared_data: Path) -> None:
    assert broken_promises(read_network(shared_data / "yuzhong" / "streets.osm.pbf", crs=CRS)) == []


def test_the_same_streets_give_the_same_network() -> None:
    first, second = town_network(), town_network()
    pd.testing.assert_frame_equal(first.nodes, second.nodes)
    assert first.edges.to_wkb().equals(second.edges.to_wkb())


def test_reading_the_towns_file_gives_the_network_made_by_hand(town: Network, town_study: Path) -> None:
    read = read_network(town_study.parent / "streets.osm", crs=CRS)
    facts = [name for name in EDGE_COLUMNS if name not in {"u", "v", "length_m"}]
    by_way = ["osm_id", "length_m"]
    ours, hand = read.edges.round({"length_m": 1}), town.edges.round({"length_m": 1})
    ours, hand = (
        e.sort_values(by_way, kind="stable").reset_index(drop=True)[[*facts, "length_m"]] for e in (ours, hand)
    )
    pd.testing.assert_frame_equal(pd.DataFrame(ours), pd.DataFrame(hand), check_dtype=False, atol=0.1)
    np.testing.assert_allclose(read.edges["length_m"].sum(), town.edges["length_m"].sum(), atol=0.2)


def test_private_closed_and_motor_ways_of_the_file_are_not_walked(town_study: Path) -> None:
    read = read_network(town_study.parent / "streets.osm", crs=CRS)
    assert not read.edges["osm_id"].isin([3001, 3002, 3003]).any()


# --- junctions ---------------------------------------------------------------------------------------------------

CROSS = {1: (0, 0), 2: (100, 0), 3: (200, 0), 4: (100, 100), 5: (50, 0)}


def test_a_way_is_cut_where_another_meets_it_and_nowhere_else() -> None:
    network = network_of(CROSS, [(10, [1, 5, 2, 3]), (11, [2, 4])])
    assert links(network) == [(10, 1, 2, 100.0), (10, 2, 3, 100.0), (11, 2, 4, 100.0)]


def test_ways_that_cross_without_a_common_node_do_not_meet() -> None:
    network = network_of({1: (0, 0), 2: (100, 0), 3: (50, -50), 4: (50, 50)}, [(10, [1, 2]), (11, [3, 4])])
    assert len(network.nodes) == 4
    assert network.nodes["component"].max() == 1


def test_both_of_two_parallel_ways_stay() -> None:
    nodes = {1: (0, 0), 2: (100, 0), 3: (50, 80)}
    network = network_of(nodes, [(10, [1, 2]), (11, [1, 3, 2])])
    assert [way for way, *_ in links(network)] == [10, 11]


def test_steps_of_a_flight_are_spread_over_its_edges_by_length() -> None:
    network = network_of(CROSS, [(10, [1, 2, 3]), (11, [2, 4])], facts=[{"form": "steps", "step_count": 90.0}] * 2)
    assert network.edges.loc[network.edges["osm_id"] == 10, "step_count"].tolist() == [45.0, 45.0]


def test_no_streets_are_an_error() -> None:
    with pytest.raises(NetworkError):
        network_of({}, [])


def test_streets_without_any_length_are_an_error() -> None:
    with pytest.raises(NetworkError):
        network_of({1: (0, 0), 2: (0, 0)}, [(10, [1, 2])])


# --- odd ways ----------------------------------------------------------------------------------------------------


def test_a_closed_way_is_cut_at_every_vertex() -> None:
    nodes = {1: (0, 0), 2: (100, 0), 3: (100, 100), 4: (0, 100)}
    network = network_of(nodes, [(10, [1, 2, 3, 4, 1])])
    assert links(network) == [(10, 1, 2, 100.0), (10, 2, 3, 100.0), (10, 3, 4, 100.0), (10, 4, 1, 100.0)]
    assert broken_promises(network) == []


def test_a_way_that_goes_back_on_itself_is_cut_where_it_turns() -> None:
    # Out 100 m and back 50 m over the same ground, by nodes of its own.
    network = network_of({1: (0, 0), 2: (100, 0), 3: (50, 0)}, [(10, [1, 2, 3])])
    assert links(network) == [(10, 1, 2, 100.0), (10, 2, 3, 50.0)]
    assert broken_promises(network) == []


def test_a_way_that_crosses_itself_is_cut_at_every_vertex() -> None:
    nodes = {1: (0, 0), 2: (100, 0), 3: (100, 100), 4: (50, -50)}
    network = network_of(nodes, [(10, [1, 2, 3, 4])])
    assert len(network.edges) == 3
    assert broken_promises(network) == []


def test_a_way_that_passes_a_node_twice_is_cut_there() -> None:
    # 1 → 2 → 3 → 4 → 2: a loop at the end of a stalk.
    nodes = {1: (0, 0), 2: (100, 0), 3: (150, 50), 4: (150, -50)}
    network = network_of(nodes, [(10, [1, 2, 3, 4, 2])])
    assert len(network.edges) == 4
    assert broken_promises(network) == []


def test_a_node_repeated_at_once_leaves_no_edge_without_length() -> None:
    network = network_of({1: (0, 0), 2: (100, 0)}, [(10, [1, 1, 2, 2])])
    assert links(network) == [(10, 1, 2, 100.0)]


def test_two_nodes_at_the_same_position_inside_a_way_do_not_break_it() -> None:
    network = network_of({1: (0, 0), 2: (100, 0), 3: (100, 0), 4: (200, 0)}, [(10, [1, 2, 3, 4])])
    assert links(network) == [(10, 1, 4, 200.0)]


def test_two_junctions_at_the_same_position_stay_connected() -> None:
    # Nodes 2 and 3 lie on the same spot, joined by the way itself; a side street begins at each.
    nodes = {1: (0, 0), 2: (100, 0), 3: (100, 0), 4: (200, 0), 5: (100, 50), 6: (100, -50)}
    network = network_of(nodes, [(10, [1, 2, 3, 4]), (11, [2, 5]), (12, [3, 6])])
    assert network.nodes["component"].max() == 0
    assert broken_promises(network) == []
    homes = demand_from_streets(network)
    assert not homes.geometry.is_empty.any()
    assert homes["weight"].sum() == pytest.approx(300)


def test_a_way_that_turns_back_over_two_nodes_at_the_same_position_stays_connected() -> None:
    # Cut at every vertex because it retraces itself; 2 and 3 lie on the same spot.
    nodes = {1: (0, 0), 2: (50, 0), 3: (50, 0), 4: (100, 0), 5: (80, 0)}
    network = network_of(nodes, [(10, [1, 2, 3, 4, 5])])
    assert network.nodes["component"].max() == 0


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2, max_size=8))
def test_any_way_keeps_its_length_and_becomes_simple_edges(xy: list[tuple[int, int]]) -> None:
    nodes = {1 + i: (100.0 * x, 100.0 * y) for i, (x, y) in enumerate(xy)}
    length_m = LineString([nodes[i] for i in sorted(nodes)]).length
    way = (10, sorted(nodes))
    assume(length_m > 0)
    network = network_of(nodes, [way])
    assert broken_promises(network) == []
    assert network.length_km() * 1000 == pytest.approx(length_m)


# --- lifts -------------------------------------------------------------------------------------------------------


def test_at_a_lift_each_way_has_a_landing_and_a_ride_of_a_half_leads_to_the_lift(town: Network) -> None:
    ids = town.nodes["osm_id"].to_numpy()
    rides = town.edges[town.edges["form"] == "lift"]
    assert rides["lift_rides"].tolist() == [0.5, 0.5]
    assert set(ids[rides["u"]]) == {LIFT}
    assert (ids[rides["v"]] < 0).all()
    assert town.nodes["osm_id"].is_unique


def test_a_way_that_passes_a_lift_keeps_one_landing(town: Network) -> None:
    lower = town.edges[town.edges["osm_id"] == 2002]
    assert lower["v"].iloc[0] == lower["u"].iloc[1]
    assert town.nodes["osm_id"].to_numpy()[lower["v"].iloc[0]] != LIFT


def test_a_lift_on_one_way_alone_is_a_plain_node() -> None:
    network = network_of({1: (0, 0), 2: (100, 0), 3: (200, 0)}, [(10, [1, 2, 3])], lifts=[2])
    assert links(network) == [(10, 1, 2, 100.0), (10, 2, 3, 100.0)]


def test_a_lift_with_three_ways_has_three_landings() -> None:
    network = network_of(CROSS, [(10, [1, 2]), (11, [2, 3]), (12, [2, 4])], lifts=[2])
    assert (network.edges["form"] == "lift").sum() == 3
    assert len(network.nodes) == 4 + 3
    assert broken_promises(network) == []


def test_the_streets_are_not_written_to() -> None:
    streets = town_streets()
    ids, ways = streets.node_ids.copy(), streets.ways.copy()
    build_network(streets, crs=CRS)
    np.testing.assert_array_equal(streets.node_ids, ids)
    pd.testing.assert_frame_equal(streets.ways, ways)


# --- files -------------------------------------------------------------------------------------------------------

_ROW = {i: (100.0 * i, 0.0) for i in range(1, 8)}


def _in_file(folder: Path, missing: set[int]) -> Network:
    path = folder / "clipped.osm"
    nodes = {i: xy for i, xy in _ROW.items() if i not in missing}
    write_osm(path, nodes, [(10, list(_ROW), {"highway": "footway"})])
    return read_network(path, crs=CRS)


def test_a_way_that_runs_out_of_a_clipped_file_ends_at_its_last_node(tmp_path: Path) -> None:
    network = _in_file(tmp_path, {6, 7})
    assert [(u, v) for _, u, v, _ in links(network)] == [(1, 5)]
    assert network.length_km() * 1000 == pytest.approx(400, abs=0.1)


def test_a_way_with_a_gap_in_a_clipped_file_goes_on_after_it_unconnected(tmp_path: Path) -> None:
    network = _in_file(tmp_path, {4})
    assert [(u, v) for _, u, v, _ in links(network)] == [(1, 3), (5, 7)]
    assert network.nodes["component"].max() == 1


def test_a_lone_node_between_gaps_leads_nowhere(tmp_path: Path) -> None:
    network = _in_file(tmp_path, {2, 4})  # 1 and 3 stand alone
    assert [(u, v) for _, u, v, _ in links(network)] == [(5, 7)]


# --- lines -------------------------------------------------------------------------------------------------------


def test_a_layer_of_lines_gives_the_network_of_the_same_ways() -> None:
    shapes = [[CROSS[i] for i in refs] for refs in ([1, 5, 2, 3], [2, 4])]
    lines = gpd.GeoDataFrame(geometry=[LineString(xy) for xy in shapes], crs=CRS).translate(WEST, SOUTH)
    drawn = build_network(streets_from_lines(lines.to_frame("geometry")), crs=CRS)
    ways = network_of(CROSS, [(10, [1, 5, 2, 3]), (11, [2, 4])])
    assert {shape.wkt for shape in drawn.edges.geometry} == {shape.wkt for shape in ways.edges.geometry}
    assert len(drawn.nodes) == len(ways.nodes)
    assert drawn.length_km(main_only=True) == ways.length_km(main_only=True)


def test_the_towns_ways_as_lines_with_tags_give_the_network_of_its_file(town_study: Path) -> None:
    ways = [(way, nodes, tags) for way, nodes, tags, _ in WAYS]
    lines = gpd.GeoDataFrame(
        [{"osm_id": way, **tags} for way, _, tags in ways],
        geometry=[moved(LineString([NODES[i] for i in nodes])) for _, nodes, _ in ways],
        crs=CRS,
    ).to_crs("EPSG:4326")
    drawn = build_network(streets_from_lines(lines), crs=CRS)
    read = read_network(town_study.parent / "streets.osm", crs=CRS)
    # Lines know no lifts: the lift's two landings are one node.
    assert len(drawn.nodes) == len(read.nodes) - 2
    facts = [name for name in EDGE_COLUMNS if name not in {"u", "v"}]
    streets = read.edges[read.edges["form"] != "lift"]
    ours, theirs = (
        pd.DataFrame(edges[facts]).round({"length_m": 1}).sort_values(["osm_id", "length_m"], kind="stable")
        for edges in (drawn.edges, streets)
    )
    pd.testing.assert_frame_equal(
        ours.reset_index(drop=True), theirs.reset_index(drop=True), check_dtype=False, atol=0.11
    )


def test_a_line_that_is_tagged_closed_is_not_walked() -> None:
    tagged = gpd.GeoDataFrame(
        {"highway": ["footway", "motorway", None], "foot": [None, None, "no"]},
        geometry=[LineString([(0, 0), (x, 100)]) for x in (0, 50, 100)],
        crs=CRS,
    )
    network = build_network(streets_from_lines(tagged), crs=CRS)
    # A line without a class of street is there because somebody drew it.
    assert network.edges["highway"].tolist() == ["footway", ""]


def test_lines_with_parts_and_points_among_them_are_read() -> None:
    parts = MultiLineString([[(0, 0), (100, 0)], [(100, 0), (100, 100)]])
    layer = gpd.GeoDataFrame(geometry=[shapely.Point(0, 0), parts], crs=CRS)
    network = build_network(streets_from_lines(layer), crs=CRS)
    assert (len(network.nodes), len(network.edges)) == (3, 2)


def test_a_layer_without_lines_is_an_error() -> None:
    with pytest.raises(NetworkError):
        streets_from_lines(gpd.GeoDataFrame(geometry=[shapely.Point(0, 0)], crs=CRS))


# --- components --------------------------------------------------------------------------------------------------


def test_the_longest_component_is_the_first_however_few_its_edges() -> None:
    label = components(6, np.array([0, 1, 4]), np.array([1, 2, 5]), np.array([10.0, 10.0, 50.0]))
    assert label[[4, 5]].tolist() == [0, 0]
    assert label[[0, 1, 2]].tolist() == [1, 1, 1]


def test_one_way_streets_connect_both_their_ends(town: Network) -> None:
    ids = town.nodes.set_index("osm_id")["component"]
    assert ids[[grid(200, 0), grid(200, 100), grid(200, 200)]].eq(0).all()
