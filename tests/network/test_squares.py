"""Squares are crossed: walks between their entries are as long as the shortest way inside, worked out independently."""

from itertools import combinations

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import sparse
from shapely import LineString, Point, Polygon, box
from tools.oracle import broken_promises
from worlds.squares import GAP, Town, town
from worlds.town import CRS, moved

from cfgeo import Network, Study
from cfgeo.core.schema import EDGE_COLUMNS
from cfgeo.files.osm.lines import streets_from_lines
from cfgeo.files.osm.streets import read_streets
from cfgeo.network.build import build_network, network_of
from cfgeo.network.edges import cut_ways
from cfgeo.network.squares import crossings as squares
from cfgeo.walk.snap import snap, snap_index

ROUNDING_M = 0.03
"""OpenStreetMap keeps positions to a centimetre."""
L_SHAPE = Polygon([(0, 0), (90, 0), (90, 30), (30, 30), (30, 80), (0, 80)])
U_SHAPE = Polygon([(0, 0), (100, 0), (100, 90), (70, 90), (70, 25), (30, 25), (30, 90), (0, 90)])
FOUNTAIN = Polygon([(40, 5), (60, 5), (60, 20), (40, 20)])
WITH_HOLES = box(0, 0, 100, 80) - box(10, 10, 50, 40) - Polygon([(50, 40), (90, 40), (90, 70), (50, 70)])


def walk_m(network: Network, start: int, end: int) -> float:
    """Return the length of the shortest walk between two nodes of the file."""
    at = {int(osm_id): nth for nth, osm_id in enumerate(network.nodes["osm_id"])}
    edges, n_nodes = network.edges, len(network.nodes)
    shortest = edges.groupby(["u", "v"])["length_m"].min().reset_index()
    links = sparse.coo_array((shortest["length_m"], (shortest["u"], shortest["v"])), shape=(n_nodes, n_nodes)).tocsr()
    return float(sparse.csgraph.dijkstra(links, directed=False, indices=at[start])[at[end]])


def inside_m(square: Polygon, start: tuple[float, float], end: tuple[float, float]) -> float:
    """Return the length of the shortest way inside a polygon: by all its corners, without any thought."""
    corners = {tuple(xy) for xy in shapely.get_coordinates(square).tolist()} | {start, end}
    room = square.buffer(1e-6)
    graph = nx.Graph()
    for a, b in combinations(sorted(corners), 2):
        line = shapely.LineString([a, b])
        if room.covers(line):
            graph.add_edge(a, b, weight=line.length)
    return float(nx.shortest_path_length(graph, start, end, weight="weight"))


def assert_crossed(made: Town, *, within: float = 1e-6) -> None:
    """Check every pair of entries of a town's only square."""
    network = made.network()
    assert broken_promises(network) == []
    for (one, a), (other, b) in combinations(made.entries.items(), 2):
        expected = inside_m(made.square, a, b)
        walked = walk_m(network, one, other)
        assert walked == pytest.approx(expected, rel=within, abs=ROUNDING_M), (a, b)
        assert walked >= np.hypot(*np.subtract(a, b)) - ROUNDING_M


@pytest.mark.parametrize(
    ("square", "doors"),
    [
        (box(0, 0, 80, 60), [(0, 0), (80, 60), (80, 20), (30, 0)]),
        (L_SHAPE, [(0, 80), (90, 0), (90, 30), (30, 60), (0, 0)]),
        (U_SHAPE - FOUNTAIN, [(0, 90), (100, 90), (50, 0), (70, 60), (30, 40)]),
        (WITH_HOLES, [(0, 0), (100, 80), (0, 80), (100, 0), (60, 0), (0, 25)]),
    ],
    ids=["convex", "L", "U with a fountain", "holes that touch"],
)
@pytest.mark.parametrize("mapped", ["way", "relation", "split"])
def test_walks_across_are_the_shortest_inside(square: Polygon, doors: list[tuple[float, float]], mapped: str) -> None:
    if mapped == "way" and square.interiors:
        mapped = "relation"
    assert_crossed(town(square, doors, mapped=mapped))


@st.composite
def stars(draw: st.DrawFn) -> tuple[Polygon, list[int]]:
    """Return a star-shaped square, with a hole or without, and which of its corners are doors."""
    size = draw(st.integers(4, 11))
    radius = [draw(st.integers(3, 12)) * 10.0 for _ in range(size)]
    angle = np.arange(size) * 2 * np.pi / size
    square = Polygon(np.round(np.column_stack([radius * np.cos(angle), radius * np.sin(angle)]), 3))
    if draw(st.booleans()):
        turn = draw(st.floats(0, 1))
        hole = Polygon([(8 * np.cos(a + turn), 8 * np.sin(a + turn)) for a in np.arange(3) * 2 * np.pi / 3])
        square = square - hole if square.buffer(-0.5).contains(hole) else square
    return square, draw(st.lists(st.integers(0, size - 1), min_size=2, max_size=5, unique=True))


@settings(max_examples=40, deadline=None)
@given(stars())
def test_walks_across_any_square_are_the_shortest_inside(made: tuple[Polygon, list[int]]) -> None:
    square, corners = made
    assume(square.is_valid and square.geom_type == "Polygon")
    doors = [tuple(xy) for xy in shapely.get_coordinates(square.exterior)[corners].tolist()]
    assert_crossed(town(square, doors, mapped="relation" if square.interiors else "way"))


def test_many_entries_are_thinned_to_half_a_per_cent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(squares, "MOST_EXACT", 5)
    rng = np.random.default_rng(1)
    edge = [(x, 0.0) for x in rng.uniform(1, 99, 9)] + [(x, 80.0) for x in rng.uniform(1, 99, 9)]
    made = town(box(0, 0, 100, 80), [tuple(np.round(door, 2)) for door in edge])
    assert_crossed(made, within=squares.STRETCH)
    pairs = len(made.entries) * (len(made.entries) - 1) / 2
    assert made.network().edges["across"].sum() < pairs / 2


def test_a_square_with_too_many_entries_keeps_its_outline_and_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(squares, "MOST_ENTRIES", 3)
    network = town(box(0, 0, 80, 60), [(0, 0), (80, 60), (80, 0), (0, 60)]).network()
    assert not network.edges["across"].any()
    (row,) = network.findings
    assert (row["rule"], row["values"]["count"], row["values"]["squares"]) == ("squares_too_large", 1, ("大广场",))


def test_crossings_have_the_facts_of_their_square_and_count_for_no_length_of_street() -> None:
    made = town(box(0, 0, 80, 60), [(0, 0), (80, 60)])
    network = made.network()
    crossing = network.edges[network.edges["across"]]
    assert crossing["length_m"].tolist() == pytest.approx([100.0], abs=ROUNDING_M)
    facts = crossing.iloc[0]
    assert (facts["name"], facts["highway"], facts["form"], facts["oneway"]) == ("大广场", "pedestrian", "level", 0)
    assert set(EDGE_COLUMNS) < set(network.edges.columns)
    assert network.length_km() == pytest.approx((2 * (80 + 60) + 2 * GAP) / 1000, abs=1e-4)


def test_only_the_same_storey_is_entered_inside() -> None:
    square = box(0, 0, 80, 60)
    ends = {"": 1, "layer=-1": 0, "tunnel=yes": 0, "level=-1": 0, "level=-1;0": 1, "indoor=yes": 0, "layer=0": 1}
    for tags, linked in ends.items():
        made = town(square, [(0, 0)])
        made.add_way([made.add_node(40, 30), made.add_node(45, 30)], "steps", *filter(None, [tags]))
        network = made.network()
        assert (network.edges["across"].sum() > 0) == bool(linked), tags


def test_squares_that_share_a_stretch_of_outline_are_one() -> None:
    made = town(box(0, 0, 40, 40), [(0, 0)])
    made.add_square(Polygon([(40, 0), (90, 0), (90, 40), (40, 40)]), [(90, 40)])
    network = made.network()
    first, second = made.entries
    assert walk_m(network, first, second) == pytest.approx(np.hypot(90, 40), abs=ROUNDING_M)


def test_squares_that_touch_at_a_corner_are_walked_through_it() -> None:
    made = town(box(0, 0, 40, 30), [(0, 0)])
    made.add_square(box(40, 30, 80, 60), [(80, 60)])
    first, second = made.entries
    assert walk_m(made.network(), first, second) == pytest.approx(100.0, abs=ROUNDING_M)


def test_a_hole_that_is_a_square_itself_is_crossed_too() -> None:
    made = town(box(0, 0, 80, 60) - box(20, 15, 60, 45), [(0, 0), (80, 60)], mapped="relation")
    first, second = made.entries
    assert walk_m(made.network(), first, second) > 100.1
    made.add_square(box(20, 15, 60, 45), [])
    assert walk_m(made.network(), first, second) == pytest.approx(100.0, abs=ROUNDING_M)


def test_an_outline_that_crosses_itself_bounds_what_it_goes_round() -> None:
    made = town(Polygon([(0, 0), (80, 60), (80, 0), (0, 60)]), [(0, 0), (0, 60), (80, 60)], check=False)
    network = made.network()
    west, north, east = made.entries
    assert walk_m(network, west, north) == pytest.approx(60.0, abs=ROUNDING_M)
    assert walk_m(network, west, east) == pytest.approx(100.0, abs=ROUNDING_M)  # along the outline


@pytest.mark.parametrize("tags", [("area=no",), ("foot=no",), ("access=private",), ()])
def test_what_is_no_open_area_is_not_crossed(tags: tuple[str, ...]) -> None:
    made = town(box(0, 0, 80, 60), [(0, 0), (80, 60)], tags=("highway=pedestrian", *tags))
    assert not made.network().edges["across"].any()


@pytest.mark.parametrize(
    "tags",
    [
        ("highway=footway", "area=yes"),
        ("highway=pedestrian", "place=square"),
        ("man_made=pier",),
        ("railway=platform",),
        ("public_transport=platform", "area=yes"),
    ],
)
def test_what_is_an_open_area_is_crossed(tags: tuple[str, ...]) -> None:
    made = town(box(0, 0, 80, 60), [(0, 0), (80, 60)], tags=tags)
    first, second = made.entries
    assert walk_m(made.network(), first, second) == pytest.approx(100.0, abs=ROUNDING_M)


def test_steps_as_an_area_are_walked_along_their_outline() -> None:
    made = town(box(0, 0, 80, 60), [(0, 0), (80, 60)], tags=("highway=steps", "area=yes"))
    network = made.network()
    assert not network.edges["across"].any()
    assert (network.edges["form"] == "steps").any()


def test_a_relation_with_a_gap_is_walked_along_what_there_is_of_it_and_named() -> None:
    made = town(box(0, 0, 80, 60), [(0, 0), (80, 60)], mapped="split")
    ((members, _),) = made.osm.relations.values()
    gone = members.pop()[1]
    del made.osm.ways[gone]
    streets = made.streets()
    assert streets.areas is None
    (row,) = streets.findings
    assert (row["rule"], row["severity"], row["values"]["squares"]) == ("squares_open", "note", "relation/501")
    assert len(streets.ways) == 3  # half of the outline, and two footways


def test_a_street_that_bounds_a_relation_is_not_doubled() -> None:
    made = town(box(0, 0, 80, 60), [(0, 0), (80, 60)], mapped="split")
    street = next(way for way, tags in made.osm.way_tags.items() if not tags)
    made.osm.way_tags[street] = {"highway": "residential", "name": "一街"}
    ways = made.streets().ways
    assert ways["osm_id"].is_unique
    assert ways.set_index("osm_id").loc[street, ["highway", "name"]].tolist() == ["residential", "一街"]
    assert made.network().edges["across"].sum() == 1


def test_a_stretch_of_an_outline_that_is_closed_by_its_own_tags_is_not_walked_along() -> None:
    made = town(box(0, 0, 80, 60), [(0, 0), (80, 60)], mapped="split")
    shut = next(way for way, tags in made.osm.way_tags.items() if not tags)
    made.osm.way_tags[shut] = {"foot": "no"}
    network = made.network()
    assert shut not in set(network.edges["osm_id"])
    assert network.edges["across"].sum() == 1


def test_a_pier_or_platform_that_no_street_meets_is_left_out() -> None:
    made = town(box(0, 0, 80, 60), [(0, 0), (80, 60)])
    before = made.network()
    for tag in ("man_made=pier", "railway=platform", "public_transport=platform"):
        made.add_way([made.add_node(500, 0), made.add_node(600, 0), made.add_node(600, 50)], "", tag)
    assert len(made.network().edges) == len(before.edges)
    made.add_way([made.add_node(80, 60), made.add_node(500, 0)], "footway")
    joined = made.network().edges
    assert len(joined) == len(before.edges) + 7  # the three share their nodes: two edges each
    assert set(joined["highway"]) == {"pedestrian", "footway", "path", "platform"}


@pytest.mark.shared
def test_walks_across_the_squares_of_monaco_are_the_shortest_inside(monaco_study: Study) -> None:
    streets = read_streets(monaco_study.resolve(None))
    cut = cut_ways(streets, crs="EPSG:32632")
    network = network_of(cut)
    n_nodes = len(network.nodes)
    lines, ends = network.edges.geometry.to_numpy(), network.edges[["u", "v"]].to_numpy()
    xy = network.nodes[["x", "y"]].to_numpy()
    compared = 0
    for square in cut.crossings.squares:
        room = square.shape.buffer(0.01)
        shapely.prepare(room)
        inside = np.flatnonzero(shapely.covers(room, lines))
        shortest = network.edges.iloc[inside].groupby(["u", "v"])["length_m"].min().reset_index()
        pairs = (shortest["length_m"].clip(lower=1e-9), (shortest["u"], shortest["v"]))
        across = inside[network.edges["across"].to_numpy()[inside]]
        doors = np.unique(ends[across])
        if not 2 <= len(doors) <= 30:
            continue
        walked = sparse.csgraph.dijkstra(
            sparse.coo_array(pairs, shape=(n_nodes, n_nodes)).tocsr(), directed=False, indices=doors
        )[:, doors]
        assert walked == pytest.approx(inside_of_all(square.shape, xy[doors]), rel=0.01, abs=0.05)
        compared += len(doors) * (len(doors) - 1) // 2
    assert compared > 300


def inside_of_all(square: Polygon, at: np.ndarray) -> np.ndarray:
    """Return what :func:`inside_m` returns, for all pairs of some places."""
    corners = np.vstack([at, np.unique(shapely.get_coordinates(square), axis=0)])
    first, second = np.triu_indices(len(corners), 1)
    lines = shapely.linestrings(np.stack([corners[first], corners[second]], axis=1))
    room = square.buffer(0.01)
    shapely.prepare(room)
    seen = shapely.covers(room, lines)
    length = np.maximum(shapely.length(lines[seen]), 1e-9)
    graph = sparse.coo_array((length, (first[seen], second[seen])), shape=(len(corners), len(corners))).tocsr()
    return sparse.csgraph.dijkstra(graph, directed=False, indices=np.arange(len(at)))[:, : len(at)]


def test_polygons_in_a_layer_of_lines_are_squares_where_their_class_says_so() -> None:
    square = box(0, 0, 80, 60) - box(30, 20, 50, 40)
    shapes = [square, box(200, 0, 300, 10), LineString([(0, 0), (-10, 0)]), LineString([(80, 60), (90, 60)])]
    table = {"highway": ["pedestrian", None, "footway", "footway"], "name": ["大广场", "路面", "", ""]}
    streets = streets_from_lines(gpd.GeoDataFrame(table, geometry=shapes, crs=CRS))
    assert [(row["rule"], row["values"]["count"]) for row in streets.findings] == [("polygons_left", 1)]
    edges = build_network(streets, crs=CRS).edges
    (crossing,) = edges[edges["across"]].itertuples()
    assert crossing.length_m == pytest.approx(inside_m(square, (0.0, 0.0), (80.0, 60.0)))
    assert crossing.length_m > 100
    assert edges.loc[~edges["across"], "length_m"].sum() == pytest.approx(2 * 140 + 20)  # nobody walks round the hole


def test_an_area_that_only_a_crossing_enters_keeps_its_nearest_street() -> None:
    network = town(box(0, 0, 80, 60), [(0, 0), (80, 60)]).network()
    playground, kiosk = moved(box(35, 25, 45, 35)), moved(Point(40, 32))
    at = snap(snap_index(network, np.ones(len(network.edges), dtype=bool)), [playground, kiosk], snap_m=100)
    across = network.edges["across"].to_numpy()[at.edge]
    of_area = at.item == 0
    assert sorted(zip(across[of_area].tolist(), np.round(at.leg_m[of_area]).tolist(), strict=True)) == [
        (False, 25),
        (True, 0),
    ]
    assert across[at.item == 1].tolist() == [True]  # a point has one place, the nearest
