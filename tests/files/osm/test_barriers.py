"""Gates, walls and stiles: whom they stop, and how ways end at them."""

from pathlib import Path

import numpy as np
import pytest
from scipy import sparse
from worlds.town import CHILD, CRS, PRAM, write_osm

from cfgeo import Network, Walker, read_network
from cfgeo.check.streets import check_gates, check_junctions
from cfgeo.files.osm.barriers import stops
from cfgeo.network.travel_time import edge_seconds

# 1 ----- 2 ----- 3 ----- 4      100 m each; 5 lies 100 m above 3
#                 |
#                 5
NODES = {1: (0, 0), 2: (100, 0), 3: (200, 0), 4: (300, 0), 5: (200, 100)}
STREET = {"highway": "residential"}
ENDS = {NODES[node] for node in (1, 3, 4, 5)}
WAYS = [(10, [1, 2, 3], STREET), (11, [3, 4], STREET), (12, [3, 5], STREET)]


@pytest.mark.parametrize(
    ("tags", "whom"),
    [
        ({"barrier": "gate"}, ""),
        ({"barrier": "gate", "access": "private"}, "all"),
        ({"barrier": "lift_gate", "access": "no"}, "all"),
        ({"barrier": "swing_gate", "foot": "no"}, "all"),
        ({"barrier": "gate", "locked": "yes"}, "all"),
        ({"barrier": "Gate", "locked": "True"}, "all"),
        ({"barrier": "gate", "locked": "yes", "access": "yes"}, "all"),
        ({"barrier": "gate", "locked": "yes", "foot": "yes"}, ""),
        ({"barrier": "gate", "access": "private", "foot": "permissive"}, ""),
        ({"barrier": "gate", "access": "No", "foot": "Designated"}, ""),
        ({"barrier": "gate", "access": "yes", "foot": "private"}, "all"),
        ({"barrier": "entrance", "access": "private"}, "all"),
        ({"barrier": "bollard", "access": "no"}, "all"),
        ({"barrier": "bollard"}, ""),
        ({"barrier": "block"}, ""),
        ({"barrier": "lift_gate"}, ""),
        ({"barrier": "cycle_barrier"}, ""),
        ({"barrier": "cycle_barrier", "stroller": "no"}, "strollers"),
        ({"barrier": "turnstile"}, "strollers"),
        ({"barrier": "full-height_turnstile"}, "strollers"),
        ({"barrier": "kissing_gate"}, "strollers"),
        ({"barrier": "kissing_gate", "stroller": "yes"}, ""),
        ({"barrier": "stile", "foot": "yes"}, "strollers"),
        ({"barrier": "stile", "foot": "no"}, "all"),
        ({"barrier": "wall"}, "all"),
        ({"barrier": "fence"}, "all"),
        ({"barrier": "hedge", "foot": "yes"}, ""),
        ({"barrier": "fence", "access": "yes"}, ""),
        ({"barrier": "no", "access": "private"}, ""),
        ({"access": "private"}, ""),
    ],
)
def test_a_barrier_stops_whom_its_tags_say(tags: dict[str, str], whom: str) -> None:
    assert stops(tags) == whom


def network_with(tmp_path: Path, **gates: dict[str, str]) -> Network:
    """Return the streets with tags on some nodes: ``n2={"barrier": "gate"}``."""
    path = tmp_path / "streets.osm"
    write_osm(path, NODES, WAYS, node_tags={int(name[1:]): tags for name, tags in gates.items()})
    return read_network(path, crs=CRS)


def reached(network: Network, walker: Walker, start: tuple[int, int]) -> set[tuple[int, int]]:
    """Return where a walker gets from the street's end at a position, in whole metres of the town."""
    seconds = np.concatenate(edge_seconds(network.edges, walker))
    u, v = network.edges["u"].to_numpy(), network.edges["v"].to_numpy()
    open_ = np.isfinite(seconds)
    links = sparse.coo_array(
        (np.ones(open_.sum()), (np.r_[u, v][open_], np.r_[v, u][open_])), shape=(len(network.nodes),) * 2
    )
    places = [(round(x - 650_000), round(y - 3_270_000)) for x, y in network.nodes[["x", "y"]].to_numpy()]
    nodes = sparse.csgraph.breadth_first_order(links.tocsr(), places.index(start), return_predecessors=False)
    return {places[node] for node in nodes}


def test_a_closed_gate_on_a_way_cuts_it_and_both_halves_are_walked_up_to_it(tmp_path: Path) -> None:
    network = network_with(tmp_path, n2={"barrier": "gate", "access": "private"})
    assert reached(network, CHILD, (0, 0)) == {(0, 0), (100, 0)}
    assert reached(network, CHILD, (300, 0)) == {(300, 0), (200, 0), (200, 100), (100, 0)}
    assert network.edges["length_m"].sum() == pytest.approx(400, abs=0.1)


def test_a_closed_gate_where_three_ways_meet_parts_all_of_them(tmp_path: Path) -> None:
    network = network_with(tmp_path, n3={"barrier": "gate", "locked": "yes"})
    assert reached(network, CHILD, (300, 0)) == {(300, 0), (200, 0)}
    assert reached(network, CHILD, (200, 100)) == {(200, 100), (200, 0)}
    assert len(set(network.nodes["component"])) == 3


@pytest.mark.parametrize("node", ["n2", "n3"])
def test_a_stile_stops_a_pram_and_no_child(tmp_path: Path, node: str) -> None:
    network = network_with(tmp_path, **{node: {"barrier": "stile"}})
    plain = network_with(tmp_path)
    assert reached(network, CHILD, (0, 0)) >= reached(plain, CHILD, (0, 0)) == ENDS
    assert NODES[int(node[1])] in reached(network, PRAM, (0, 0))
    assert (300, 0) not in reached(network, PRAM, (0, 0))
    assert (200, 0) in reached(network, PRAM, (300, 0))
    assert edge_seconds(network.edges, CHILD)[0].sum() == pytest.approx(400 / 1.25, abs=0.1)
    assert (network.nodes["component"] == 0).all()


def test_a_gate_at_a_dead_end_or_an_open_one_changes_nothing(tmp_path: Path) -> None:
    plain = network_with(tmp_path)
    for tags in ({"barrier": "gate"}, {"barrier": "gate", "access": "private", "foot": "yes"}):
        assert len(network_with(tmp_path, n2=tags).nodes) == len(plain.nodes)
    network = network_with(tmp_path, n4={"barrier": "gate", "access": "private"})
    assert reached(network, CHILD, (0, 0)) == ENDS


def test_gates_are_a_warning_with_what_they_cut_off_and_no_ways_that_fail_to_meet(tmp_path: Path) -> None:
    network = network_with(tmp_path, n2={"barrier": "gate", "access": "private"})
    (row,) = check_gates(network)
    assert (row["rule"], row["severity"]) == ("gates_closed", "warning")
    assert row["values"] == {"count": 1, "pieces": 1, "km": 0.1, "nodes": ("node/2",)}
    assert row["at"].geoms[0].distance(network.edges.geometry.iloc[0]) < 0.01
    district = network.edges.union_all().buffer(500)
    assert check_junctions(network, district) == []


def test_a_gate_that_cuts_nothing_off_is_a_note_and_no_gate_is_no_finding(tmp_path: Path) -> None:
    (row,) = check_gates(network_with(tmp_path, n4={"barrier": "gate", "access": "private"}))
    assert row["severity"] == "note"
    assert check_gates(network_with(tmp_path)) == []
    assert check_gates(network_with(tmp_path, n2={"barrier": "stile"})) == []


def test_several_gates_on_one_way_cut_it_into_pieces(tmp_path: Path) -> None:
    closed = {"barrier": "gate", "access": "private"}
    network = network_with(tmp_path, n1=closed, n2=closed, n3={"barrier": "stile"})
    assert reached(network, CHILD, (0, 0)) == {(0, 0), (100, 0)}
    assert reached(network, CHILD, (300, 0)) == {(300, 0), (200, 0), (200, 100), (100, 0)}
    assert set(network.nodes["shut"]) == {0, 1, 2}
