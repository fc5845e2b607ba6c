"""Networks go to networkx and OSMnx and come back the same."""

from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import LineString
from worlds.town import CHILD, CRS, NODES, PRAM, SOUTH, WEST, grid, town_streets

from cfgeo import (
    InputError,
    Inputs,
    Network,
    NetworkError,
    Walker,
    from_networkx,
    load_walkers,
    read_network,
    to_networkx,
)
from cfgeo.core.schema import EDGE_COLUMNS
from cfgeo.network.build import build_network
from cfgeo.network.travel_time import edge_seconds

_FACTS = [name for name in EDGE_COLUMNS if name not in {"u", "v"}]


def directed(network: Network, walkers: list[Walker]) -> pd.DataFrame:
    """Return a row for each direction of each edge: ends by OSM id, metres and each walker's seconds, sorted."""
    ids = network.nodes["osm_id"].to_numpy()
    edges = network.edges
    u, v = ids[edges["u"]], ids[edges["v"]]
    there, back = {"from": u, "to": v}, {"from": v, "to": u}
    for rows in (there, back):
        rows |= {name: edges[name].to_numpy() for name in ("osm_id", "form", "length_m", "ramp", "structure")}
    for walker in walkers:
        there[walker.name], back[walker.name] = edge_seconds(edges, walker)
    table = pd.concat([pd.DataFrame(there), pd.DataFrame(back)])
    rounded = table.round(6)
    return rounded.sort_values(list(rounded.columns)).reset_index(drop=True)


def assert_same(left: Network, right: Network, *, metres: float = 1e-6) -> None:
    nodes = [n.nodes.sort_values("osm_id").reset_index(drop=True) for n in (left, right)]
    assert nodes[0]["osm_id"].tolist() == nodes[1]["osm_id"].tolist()
    np.testing.assert_allclose(nodes[0][["x", "y"]], nodes[1][["x", "y"]], atol=metres)
    assert nodes[0]["component"].eq(0).tolist() == nodes[1]["component"].eq(0).tolist()
    assert len(left.edges) == len(right.edges)
    walkers = [CHILD, PRAM]
    pd.testing.assert_frame_equal(directed(left, walkers), directed(right, walkers), atol=metres)


def test_a_network_comes_back_from_networkx_the_same(town: Network) -> None:
    assert_same(town, from_networkx(to_networkx(town)))


def test_osmnx_measures_a_graph_of_ours(town: Network) -> None:
    import osmnx

    graph = to_networkx(town)
    assert {node: data["street_count"] for node, data in graph.nodes(data=True)} == osmnx.stats.count_streets_per_node(
        graph
    )
    stats = osmnx.stats.basic_stats(graph)
    assert stats["street_segment_count"] == len(town.edges)
    assert stats["street_length_total"] == pytest.approx(town.edges["length_m"].sum())
    assert stats["intersection_count"] == (np.bincount(town.edges[["u", "v"]].to_numpy().ravel()) > 1).sum()


def test_every_column_of_an_edge_comes_back(town: Network) -> None:
    back = from_networkx(to_networkx(town)).edges
    order = ["osm_id", "length_m"]
    before, after = (
        pd.DataFrame(e)
        .assign(wkb=shapely.to_wkb(shapely.normalize(e.geometry.to_numpy())))
        .sort_values([*order, "wkb"], kind="stable")
        .reset_index(drop=True)
        for e in (town.edges, back)
    )
    # A direction of the town's own may come back turned round, with all that depends on it.
    turned = before["incline"].ne(after["incline"]) | before["oneway"].ne(after["oneway"])
    assert (before.loc[turned, ["incline", "oneway"]] == -after.loc[turned, ["incline", "oneway"]]).all(axis=None)
    plain = [name for name in _FACTS if name not in {"incline", "oneway"}]
    pd.testing.assert_frame_equal(before[plain], after[plain])


@pytest.mark.shared
def test_monaco_comes_back_from_networkx_the_same(monaco: Inputs) -> None:
    network = monaco.network
    back = from_networkx(to_networkx(network))
    assert len(back.edges) == len(network.edges)
    assert len(back.nodes) == len(network.nodes)
    walkers = [load_walkers()[name] for name in ("primary", "stroller")]
    ours, theirs = (directed(n, walkers) for n in (network, back))
    # A lift's landings have no id of their own in the file and may be numbered anew.
    columns = [name for name in ours.columns if name not in {"from", "to"}]
    ours, theirs = (table.sort_values(columns).reset_index(drop=True)[columns] for table in (ours, theirs))
    pd.testing.assert_frame_equal(ours, theirs, atol=1e-6)


def test_the_graph_looks_as_osmnx_makes_them(town: Network) -> None:
    import osmnx

    graph = to_networkx(town)
    nodes, edges = osmnx.convert.graph_to_gdfs(graph)
    assert len(nodes) == 27
    assert nodes.crs == CRS
    assert len(edges) == 2 * 37 - 2  # the escalator and the one-way street in one direction only
    assert {"osmid", "length", "geometry", "reversed", "highway"} <= set(edges.columns)


def test_walks_by_networkx_over_the_graph_are_those_of_the_street(town: Network) -> None:
    graph = to_networkx(town)
    metres = nx.shortest_path_length(graph, grid(200, 100), grid(200, 0), weight="length")
    assert metres == pytest.approx(300)  # round the block: not down the one-way street
    assert nx.shortest_path_length(graph, grid(200, 0), grid(200, 100), weight="length") == pytest.approx(100)


def test_a_reversed_edge_descends_what_it_climbed(town: Network) -> None:
    graph = to_networkx(town)
    foot, head = grid(0, 100), grid(0, 200)
    assert graph[foot][head][0]["incline"] == 1
    assert graph[head][foot][0]["incline"] == -1
    assert graph[head][foot][0]["geometry"].coords[0] == (WEST, SOUTH + 200)


def osmnx_graph() -> nx.MultiDiGraph:
    """Return a graph as OSMnx gives one: degrees, tags as attributes, both directions, one way simplified."""
    import osmnx

    graph = nx.MultiDiGraph(crs="EPSG:4326", simplified=True)
    metric = osmnx.projection.project_geometry
    for i, (x, y) in {1: (0, 0), 2: (100, 0), 3: (100, 100), 4: (200, 0)}.items():
        point, _ = metric(shapely.Point(WEST + x, SOUTH + y), crs=CRS, to_crs="EPSG:4326")
        graph.add_node(i, x=point.x, y=point.y, street_count=2)
    bent, _ = metric(
        LineString([(WEST, SOUTH), (WEST + 50, SOUTH + 50), (WEST + 100, SOUTH)]), crs=CRS, to_crs="EPSG:4326"
    )
    streets = [
        (1, 2, {"osmid": 10, "highway": "footway", "length": 100.0}),
        (1, 2, {"osmid": [11, 12], "highway": ["footway", "path"], "length": 141.4, "geometry": bent}),
        (2, 3, {"osmid": 13, "highway": "steps", "incline": "up", "length": 100.0}),
        (2, 4, {"osmid": 14, "highway": "steps", "conveying": "forward", "length": 100.0}),
    ]
    for u, v, data in streets:
        graph.add_edge(u, v, **data, oneway=False, reversed=False)
        if data["osmid"] != 14:
            back = {**data, "geometry": data["geometry"].reverse()} if "geometry" in data else data
            graph.add_edge(v, u, **back, oneway=False, reversed=True)
    return graph


def test_a_graph_of_osmnx_becomes_a_network_with_one_edge_a_street() -> None:
    network = from_networkx(osmnx_graph(), crs=CRS)
    edges = network.edges.set_index("osm_id")
    assert sorted(edges.index) == [10, 11, 13, 14]
    assert edges["length_m"].to_dict() == pytest.approx({10: 100, 11: 2 * np.hypot(50, 50), 13: 100, 14: 100}, abs=0.01)
    assert edges["form"].to_dict() == {10: "level", 11: "level", 13: "steps", 14: "escalator"}
    assert edges["oneway"].abs().to_dict() == {10: 0, 11: 0, 13: 0, 14: 1}


def seconds_between(network: Network, start: int, end: int, *, way: int) -> float:
    edge = int(np.flatnonzero(network.edges["osm_id"] == way)[0])
    forward_s, backward_s = edge_seconds(network.edges, CHILD)
    ids = network.nodes["osm_id"].to_numpy()
    ahead = (ids[network.edges["u"].iloc[edge]], ids[network.edges["v"].iloc[edge]]) == (start, end)
    return float(forward_s[edge] if ahead else backward_s[edge])


def test_steps_of_osmnx_take_longer_up_than_down() -> None:
    network = from_networkx(osmnx_graph(), crs=CRS)
    assert seconds_between(network, 2, 3, way=13) == pytest.approx(200, abs=0.1)  # 100 m / 0.5 m/s
    assert seconds_between(network, 3, 2, way=13) == pytest.approx(125, abs=0.1)  # 100 m / 0.8 m/s


def test_an_escalator_of_osmnx_goes_one_way() -> None:
    network = from_networkx(osmnx_graph(), crs=CRS)
    assert seconds_between(network, 2, 4, way=14) == pytest.approx(200, abs=0.1)
    assert seconds_between(network, 4, 2, way=14) == np.inf


def test_a_graph_without_a_crs_of_its_own_comes_in_the_local_zone() -> None:
    assert from_networkx(osmnx_graph()).edges.crs == CRS


def test_edges_of_several_classes_of_road_count_as_the_first_and_are_counted(tmp_path: Path) -> None:
    import osmnx

    graph = osmnx_graph()
    graph.edges[2, 3, 0]["highway"] = graph.edges[3, 2, 0]["highway"] = ["steps", "steps"]  # of one class after all
    network = from_networkx(graph, crs=CRS)
    assert network.edges.set_index("osm_id")["highway"].to_dict() == {
        10: "footway",
        11: "footway",
        13: "steps",
        14: "steps",
    }
    (row,) = network.findings
    assert (row["rule"], row["severity"], row["values"]) == (
        "graph_mixed",
        "note",
        {"edges": 1, "share": 0.25},
    )  # a street, not its two directions
    assert from_networkx(to_networkx(network)).findings == ()
    osmnx.save_graphml(graph, tmp_path / "a.graphml")
    assert read_network(tmp_path / "a.graphml", crs=CRS).findings == (row,)


def test_graphml_saved_by_osmnx_reads_as_the_graph_does(tmp_path: Path) -> None:
    import osmnx

    path = tmp_path / "streets.graphml"
    osmnx.save_graphml(osmnx_graph(), path)
    assert_same(from_networkx(osmnx_graph(), crs=CRS), read_network(path, crs=CRS))


def test_our_own_graph_saved_as_graphml_reads_as_the_same_network(town: Network, tmp_path: Path) -> None:
    import osmnx

    path = tmp_path / "town.graphml"
    osmnx.save_graphml(to_networkx(town), path)
    assert_same(town, read_network(path, crs=CRS))


def test_parallel_streets_of_one_way_and_length_both_come_back() -> None:
    streets = town_streets()
    rows = streets.ways["osm_id"].isin([1010])
    run = int(np.flatnonzero(rows)[0])
    first, last = streets.offsets[run], streets.offsets[run + 1]
    twice = type(streets)(
        pd.concat([streets.ways, streets.ways[rows]], ignore_index=True),
        np.r_[streets.node_ids, streets.node_ids[first:last]],
        np.r_[streets.x, streets.x[first:last]],
        np.r_[streets.y, streets.y[first:last]],
        np.r_[streets.offsets, streets.offsets[-1] + 2],
        streets.lifts,
        streets.crs,
    )
    network = build_network(twice, crs=CRS)
    assert (network.edges["osm_id"] == 1010).sum() == 2
    assert_same(network, from_networkx(to_networkx(network)))


@pytest.mark.parametrize("name", ["node {}", "{}.5", "{}"])
def test_nodes_may_have_names(name: str) -> None:
    graph = osmnx_graph()
    named = nx.relabel_nodes(graph, {node: name.format(node) for node in graph.nodes})
    network, plain = from_networkx(named, crs=CRS), from_networkx(graph, crs=CRS)
    assert network.nodes["osm_id"].is_unique
    assert (network.nodes["osm_id"] < 0).all() == (name != "{}")
    for column in ("length_m", "form", "oneway", "incline"):
        assert network.edges.set_index("osm_id")[column].to_dict() == plain.edges.set_index("osm_id")[column].to_dict()


def test_node_numbers_that_would_collide_are_replaced() -> None:
    graph = osmnx_graph()
    network = from_networkx(nx.relabel_nodes(graph, {1: 2.5}), crs=CRS)  # int() would make a 2 of it
    assert len(network.nodes) == len(from_networkx(graph, crs=CRS).nodes)


@pytest.mark.parametrize("position", [{}, {"x": 1.0}, {"x": "here", "y": 2.0}, {"x": float("nan"), "y": 2.0}])
def test_a_node_without_a_position_is_an_error(position: dict[str, Any]) -> None:
    graph = osmnx_graph()
    graph.nodes[3].clear()
    graph.nodes[3].update(position)
    with pytest.raises(NetworkError, match="positions"):
        from_networkx(graph, crs=CRS)


def test_a_graph_without_edges_is_an_error() -> None:
    graph = nx.MultiDiGraph(crs=CRS)
    graph.add_node(1, x=0.0, y=0.0)
    with pytest.raises(NetworkError):
        from_networkx(graph)


def test_a_file_that_is_no_graphml_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "streets.graphml"
    path.write_text("not a graph", encoding="utf-8")
    with pytest.raises(InputError):
        read_network(path, crs=CRS)


def test_the_graph_is_not_written_to() -> None:
    graph = osmnx_graph()
    before = {(u, v, k): dict(data) for u, v, k, data in graph.edges(keys=True, data=True)}
    from_networkx(graph, crs=CRS)
    assert {(u, v, k): dict(data) for u, v, k, data in graph.edges(keys=True, data=True)} == before
    assert len(NODES) > graph.number_of_nodes()


# --- graphs that were not made for walking, or not by this version of OSMnx ------------------------------------------


def drive_graph() -> nx.MultiDiGraph:
    """Return a graph for cars: a square of one-way streets, drawn around it, and a street that goes both ways."""
    graph = nx.MultiDiGraph(crs=CRS)
    for i, (x, y) in {1: (0, 0), 2: (100, 0), 3: (100, 100), 4: (0, 100), 5: (200, 0)}.items():
        graph.add_node(i, x=WEST + x, y=SOUTH + y)
    for way, (u, v) in enumerate([(1, 2), (2, 3), (3, 4), (4, 1)], 10):
        graph.add_edge(u, v, osmid=way, highway="residential", oneway=True, reversed=False, length=100.0)
    for u, v in ((2, 5), (5, 2)):
        graph.add_edge(u, v, osmid=14, highway="residential", oneway=False, reversed=u == 5, length=100.0)
    return graph


def rules(network: Network) -> dict[str, dict[str, Any]]:
    return {row["rule"]: row["values"] for row in network.findings}


def test_streets_that_are_one_way_for_cars_are_walked_both_ways_and_the_graph_is_said_to_be_for_cars() -> None:
    network = from_networkx(drive_graph(), crs=CRS)
    forward_s, backward_s = edge_seconds(network.edges, CHILD)
    assert forward_s.tolist() == backward_s.tolist() == pytest.approx([80] * 5)
    assert rules(network) == {"graph_of_cars": {"share": 0.8, "paths": 0}}


@pytest.mark.parametrize(
    ("tags", "seconds"),
    [
        ({"oneway:foot": "yes"}, (80, np.inf)),
        ({"oneway:foot": "-1"}, (np.inf, 80)),
        ({"foot:backward": "no"}, (80, np.inf)),
        ({"oneway": "True"}, (80, 80)),
    ],
)
def test_a_street_of_osmnx_is_one_way_on_foot_where_its_tags_say_so(tags: dict[str, str], seconds: Any) -> None:
    graph = drive_graph()
    graph.edges[1, 2, 0].update(tags)
    network = from_networkx(graph, crs=CRS)
    assert (seconds_between(network, 1, 2, way=10), seconds_between(network, 2, 1, way=10)) == pytest.approx(seconds)


def test_an_edge_that_is_only_there_in_reverse_climbs_the_other_way() -> None:
    graph = drive_graph()
    graph.add_edge(5, 3, osmid=15, highway="steps", incline="up", reversed=True)
    network = from_networkx(graph, crs=CRS)
    assert seconds_between(network, 3, 5, way=15) > seconds_between(network, 5, 3, way=15)


def test_motorways_private_and_disused_streets_of_a_graph_are_not_walked() -> None:
    graph = drive_graph()
    graph.edges[1, 2, 0]["highway"] = "motorway"
    graph.edges[2, 3, 0]["access"] = "private"
    graph.edges[3, 4, 0]["highway"] = ["trunk", "primary"]
    network = from_networkx(graph, crs=CRS)
    assert sorted(network.edges["osm_id"]) == [13, 14]
    assert "trunk_closed" in rules(network)
    assert 12 in from_networkx(graph, crs=CRS, trunk_roads=True).edges["osm_id"].tolist()
    for _, _, data in graph.edges(data=True):
        data["highway"] = "motorway"
    with pytest.raises(NetworkError):
        from_networkx(graph, crs=CRS)


@pytest.mark.parametrize("kind", [nx.Graph, nx.DiGraph, nx.MultiGraph, nx.MultiDiGraph])
def test_any_class_of_graph_is_read(kind: type) -> None:
    network = from_networkx(kind(osmnx_graph()), crs=CRS)
    assert 13 in network.edges["osm_id"].tolist()
    assert (network.nodes["component"] == 0).all()
    assert network.edges["form"].value_counts()["escalator"] == 1


def undirected_graph() -> nx.MultiGraph:
    """Return a walking graph without directions, drawn from its higher node, so that networkx turns it round."""
    graph = nx.MultiGraph(crs=CRS)
    for i, (x, y) in {1: (0, 0), 2: (100, 0), 3: (100, 100)}.items():
        graph.add_node(i, x=WEST + x, y=SOUTH + y)
    bent = LineString([(WEST + 100, SOUTH), (WEST + 50, SOUTH + 50), (WEST, SOUTH)])
    graph.add_edge(1, 2, osmid=10, highway="steps", incline="up", geometry=bent)
    graph.add_edge(2, 3, osmid=11, highway="footway", oneway=True)
    return graph


def test_an_undirected_graph_is_walked_both_ways_and_keeps_its_nodes_where_they_are() -> None:
    network = from_networkx(undirected_graph(), crs=CRS)
    xy = network.nodes.set_index("osm_id")[["x", "y"]] - [WEST, SOUTH]
    assert xy.loc[1].tolist() == pytest.approx([0, 0])
    assert xy.loc[2].tolist() == pytest.approx([100, 0])
    assert all(np.isfinite(seconds).all() for seconds in edge_seconds(network.edges, CHILD))
    assert network.edges["length_m"].sum() == pytest.approx(100 + 2 * np.hypot(50, 50))
    assert "graph_of_cars" not in rules(network)


def test_stairs_of_an_undirected_graph_climb_along_their_line_and_where_they_have_none_nobody_knows() -> None:
    graph = undirected_graph()
    network = from_networkx(graph, crs=CRS)
    assert seconds_between(network, 2, 1, way=10) > seconds_between(network, 1, 2, way=10)
    del graph.edges[1, 2, 0]["geometry"]
    network = from_networkx(graph, crs=CRS)
    assert seconds_between(network, 2, 1, way=10) == seconds_between(network, 1, 2, way=10)
    graph.edges[1, 2, 0].update({"from": 2, "to": 1})
    network = from_networkx(graph, crs=CRS)
    assert seconds_between(network, 2, 1, way=10) > seconds_between(network, 1, 2, way=10)


def test_osmnxs_undirected_graph_of_a_walking_graph_reads_as_that_graph(tmp_path: Path) -> None:
    import osmnx

    graph = osmnx_graph()
    undirected = osmnx.convert.to_undirected(graph)
    path = tmp_path / "streets.graphml"
    osmnx.save_graphml(undirected, path)
    assert_same(from_networkx(graph, crs=CRS), from_networkx(undirected, crs=CRS))
    assert_same(from_networkx(graph, crs=CRS), read_network(path, crs=CRS))


def test_a_graph_without_crs_is_in_degrees_where_it_looks_so_and_says_it() -> None:
    graph = osmnx_graph()
    del graph.graph["crs"]
    network = from_networkx(graph, crs=CRS)
    assert_same(network, from_networkx(osmnx_graph(), crs=CRS))
    assert "graph_degrees" in rules(network)


def test_a_graph_whose_positions_are_no_degrees_though_it_says_so_is_an_error() -> None:
    graph = osmnx_graph()
    for _, data in graph.nodes(data=True):
        data["x"], data["y"] = data["y"], data["x"]
    with pytest.raises(NetworkError) as caught:
        from_networkx(graph, crs=CRS)
    assert caught.value.code == "graph_not_degrees"


def test_heights_of_nodes_that_are_not_used_are_told() -> None:
    graph = osmnx_graph()
    assert "graph_heights" not in rules(from_networkx(graph, crs=CRS))
    for _, data in graph.nodes(data=True):
        data["elevation"] = "200.5"
    assert rules(from_networkx(graph, crs=CRS))["graph_heights"] == {"nodes": graph.number_of_nodes()}


@pytest.mark.parametrize("crs", ["nonsense", "epsg:1", "None", ""])
def test_a_crs_that_nobody_understands_is_as_none(crs: str) -> None:
    graph = osmnx_graph()
    graph.graph["crs"] = crs
    assert "graph_degrees" in rules(from_networkx(graph, crs=CRS))


def test_a_graph_without_classes_of_streets_whose_edges_go_one_way_is_said_too() -> None:
    graph = drive_graph()
    for _, _, data in graph.edges(data=True):
        del data["highway"]
    network = from_networkx(graph, crs=CRS)
    assert rules(network)["graph_of_cars"] == {"share": 0.8, "paths": 0}
    assert all(np.isfinite(seconds).all() for seconds in edge_seconds(network.edges, CHILD))


def test_a_projected_graph_keeps_its_crs_and_without_one_it_is_an_error() -> None:
    import osmnx

    projected = osmnx.project_graph(osmnx_graph())
    assert_same(from_networkx(projected, crs=CRS), from_networkx(osmnx_graph(), crs=CRS), metres=0.01)
    del projected.graph["crs"]
    with pytest.raises(NetworkError, match="crs"):
        from_networkx(projected, crs=CRS)


def graphml(nodes: str, edges: str, *, keys: str = "", directed: str = "directed") -> str:
    head = '<?xml version="1.0"?><graphml xmlns="http://graphml.graphdrawing.org/xmlns">'
    return f'{head}{keys}<graph edgedefault="{directed}">{nodes}{edges}</graph></graphml>'


def test_a_graph_of_another_tool_without_positions_is_a_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "yed.graphml"
    path.write_text(graphml('<node id="n0"/><node id="n1"/>', '<edge source="n0" target="n1"/>'), encoding="utf-8")
    with pytest.raises(NetworkError, match="positions"):
        read_network(path, crs=CRS)


@pytest.mark.parametrize("directed", ["directed", "undirected"])
def test_names_of_nodes_lists_and_booleans_as_texts_are_read(tmp_path: Path, directed: str) -> None:
    names = {"x": "node", "y": "node", "highway": "edge", "osmid": "edge", "reversed": "edge", "oneway": "edge"}
    keys = "".join(f'<key id="{k}" for="{of}" attr.name="{k}" attr.type="string"/>' for k, of in names.items())
    at = {"a": (106.55, 29.56), "b": (106.551, 29.56)}
    xy = {name: f'<data key="x">{x}</data><data key="y">{y}</data>' for name, (x, y) in at.items()}
    nodes = "".join(f'<node id="{name}">{data}</node>' for name, data in xy.items())
    facts = {"highway": "['steps', 'footway']", "osmid": "[12, 13]", "reversed": "[True, False]", "oneway": "False"}
    data = "".join(f'<data key="{key}">{value}</data>' for key, value in facts.items())
    path = tmp_path / "named.graphml"
    body = graphml(nodes, f'<edge source="a" target="b">{data}</edge>', keys=keys, directed=directed)
    path.write_text(body, encoding="utf-8")
    network = read_network(path, crs=CRS)
    edge = network.edges.iloc[0]
    assert (edge["osm_id"], edge["highway"], edge["form"], edge["oneway"]) == (12, "steps", "steps", 0)
    assert {"graph_mixed", "graph_degrees"} <= set(rules(network))


def test_our_own_graph_without_directions_keeps_what_is_one_way(town: Network) -> None:
    back = from_networkx(to_networkx(town).to_undirected())
    one_way = {way: oneway != 0 for way, oneway in zip(back.edges["osm_id"], back.edges["oneway"], strict=True)}
    assert {way for way, alone in one_way.items() if alone} == set(town.edges["osm_id"][town.edges["oneway"] != 0])
