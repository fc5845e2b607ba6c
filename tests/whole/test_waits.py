"""Waits at signals and big roads, roads that are closed, lifts, V15: each with seconds worked out on paper."""

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.sparse.csgraph import dijkstra
from tools.oracle import network_of
from worlds.town import CHILD, CRS, PRAM, SOUTH, WEST, write_osm

from cfgeo import Network, WalkerError, load_walkers, read_network
from cfgeo.core.schema import StreetWays
from cfgeo.files.osm.streets import read_streets
from cfgeo.files.osm.tags import edge_facts, signalled
from cfgeo.network.build import build_network
from cfgeo.network.travel_time import edge_seconds
from cfgeo.walk.search import walk_graph

WAITING = dataclasses.replace(CHILD, signal_wait_s=20.0, crossing_wait_s=10.0)
CROSS = {1: (0, 0), 2: (100, 0), 3: (200, 0), 4: (100, 100), 5: (100, -100)}
WAYS = [(10, [1, 2, 3]), (11, [5, 2, 4])]  # a road from west to east, a path across it


def crossing(road: str, *, signals: list[int] | None = None, across: str = "footway") -> dict[int, list[float]]:
    """Return the seconds of each way's edges, 80 s each without any wait."""
    network = network_of(CROSS, WAYS, facts=[{"highway": road}, {"highway": across}])
    if signals is not None:
        streets = _streets(road, across)
        network = build_network(dataclasses.replace(streets, signals=np.array(signals)), crs=streets.crs)
    forward_s, backward_s = edge_seconds(network.edges, WAITING)
    assert forward_s.tolist() == backward_s.tolist()
    return {way: forward_s[network.edges["osm_id"] == way].tolist() for way in (10, 11)}


def _streets(road: str, across: str) -> StreetWays:
    ids = [node for _, nodes in WAYS for node in nodes]
    xy = np.array([CROSS[i] for i in ids], dtype=float) + np.array([WEST, SOUTH])
    facts = [edge_facts({"highway": road}), edge_facts({"highway": across})]
    ways = pd.DataFrame([{**fact, "osm_id": way} for fact, (way, _) in zip(facts, WAYS, strict=True)])
    none = np.empty(0, dtype=np.int64)
    return StreetWays(ways, np.array(ids), xy[:, 0], xy[:, 1], np.array([0, 3, 6]), none, CRS)


@pytest.mark.parametrize(
    ("road", "signals", "along", "across"),
    [
        ("primary", None, [80, 80], [85, 85]),  # over the road: half of 10 s on each side
        ("primary", [2], [80, 80], [90, 90]),  # half of 20 s
        ("tertiary", None, [80, 80], [80, 80]),
        ("tertiary", [2], [80, 80], [90, 90]),
        ("residential", [2], [80, 80], [80, 80]),
        ("footway", None, [80, 80], [80, 80]),
    ],
)
def test_crossing_a_road_waits_once_and_walking_along_it_does_not_wait(
    road: str, signals: list[int] | None, along: list[float], across: list[float]
) -> None:
    assert crossing(road, signals=signals) == {10: along, 11: across}


def test_a_big_road_that_ends_here_is_not_crossed() -> None:
    network = network_of(CROSS, [(10, [1, 2]), (11, [5, 2, 4])], facts=[{"highway": "primary"}, {"highway": "footway"}])
    assert (network.edges["crossing_waits"] == 0).all()


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"highway": "traffic_signals"}, True),
        ({"highway": "crossing", "crossing": "traffic_signals"}, True),
        ({"highway": "crossing", "crossing:signals": "yes"}, True),
        ({"crossing": "traffic_signals"}, True),
        ({"highway": "crossing", "crossing": "zebra"}, False),
        ({"highway": "crossing"}, False),
    ],
)
def test_signals_are_read_from_tags(tags: dict[str, str], expected: bool) -> None:
    assert signalled(tags) == expected


@pytest.mark.parametrize("tag", ["highway=traffic_signals", "crossing=traffic_signals", "crossing:signals=yes"])
def test_signals_are_read_from_the_file(tmp_path: Path, tag: str) -> None:
    """Also where a mapper has left ``highway=crossing`` out."""
    ways = [(10, [1, 2, 3], {"highway": "primary"}), (11, [5, 2, 4], {"highway": "footway"})]
    write_osm(tmp_path / "streets.osm", CROSS, ways)
    body = (tmp_path / "streets.osm").read_text()
    opening = body[body.index('<node id="2"') : body.index("</node>", body.index('<node id="2"'))]
    key, value = tag.split("=")
    lights = opening + f'<tag k="{key}" v="{value}"/>'
    (tmp_path / "lights.osm").write_text(body.replace(opening, lights))
    assert read_streets(tmp_path / "lights.osm").signals.tolist() == [2]
    edges = read_network(tmp_path / "lights.osm", crs="EPSG:32648").edges
    assert edges.loc[edges["osm_id"] == 11, ["signal_waits", "crossing_waits"]].sum().tolist() == [1.0, 0.0]


def test_a_child_alone_does_not_walk_on_a_trunk_road_without_a_sidewalk() -> None:
    facts = [{"highway": road, "footway": own} for road, own in (("trunk", False), ("trunk", True), ("primary", False))]
    network = network_of(CROSS, [(10, [1, 2]), (11, [2, 3]), (12, [2, 4])], facts=facts)
    primary, adult = load_walkers()["primary"], load_walkers()["adult"]
    assert np.isinf(edge_seconds(network.edges, primary)[0]).tolist() == [True, False, False]
    assert np.isfinite(edge_seconds(network.edges, adult)[0]).all()
    stricter = load_walkers({"primary": {"closed_roads": ["trunk", "primary"]}})["primary"]
    assert np.isinf(edge_seconds(network.edges, stricter)[1]).tolist() == [True, False, True]


def test_v15_is_mean_less_1_04_deviations_on_stairs_too() -> None:
    mean, slow = load_walkers()["preschool"], load_walkers(pace="v15")["preschool"]
    assert slow.level_m_s == pytest.approx(0.88 - 1.04 * 0.20)
    assert slow.stairs_up_m_s == pytest.approx(0.34 * 0.672 / 0.88)
    assert (slow.lift_s, slow.escalator_m_s, slow.signal_wait_s) == (
        mean.lift_s,
        mean.escalator_m_s,
        mean.signal_wait_s,
    )
    for name, walker in load_walkers(pace="v15").items():
        assert walker.level_m_s < load_walkers()[name].level_m_s


@pytest.mark.parametrize(
    ("own", "code"),
    [
        ({"short_flight": 0.9}, "walker_number"),
        ({"lift_wait_s": -1}, "walker_number"),
        ({"level_m_s": -1.2}, "walker_number"),
        ({"short_flight_m": 20, "long_flight_m": 10}, "walker_flights"),
        ({"closed_roads": "trunk"}, "walker_roads"),
        ({"closed_roads": ["highway"]}, "walker_roads"),
        ({"lift_s": 60}, "walker_key"),
    ],
)
def test_a_number_that_no_walker_has_is_refused_in_words(own: dict[str, object], code: str) -> None:
    with pytest.raises(WalkerError) as caught:
        load_walkers({"primary": own})
    assert caught.value.code == code
    for lang in ("zh", "en"):
        assert "primary" in caught.value.text(lang)


def test_a_spread_that_leaves_no_v15_is_refused() -> None:
    with pytest.raises(WalkerError) as caught:
        load_walkers({"primary": {"level_sd_m_s": 1.2}}, pace="v15")
    assert caught.value.code == "walker_v15"


def test_part_of_a_group_names_both_sources() -> None:
    sources = dict(load_walkers({"primary": {"stairs_up_m_s": 0.5}})["primary"].sources)
    assert sources["stairs_source"].startswith("study.toml (stairs_up_m_s); up: middle of")


def test_a_pace_does_not_change_waits_and_lifts() -> None:
    facts = [{"highway": "primary"}, {"highway": "footway"}]
    edges = network_of(CROSS, WAYS, facts=facts).edges
    seconds = edge_seconds(edges, WAITING.at_pace(0.5))[0]
    assert seconds.tolist() == [160, 160, 165, 165]


@pytest.mark.parametrize(
    ("lift_s", "fastest"),
    # By the lift: 50 m + 50 m on the level and a lift; by the steps: 100 m up, 200 s.
    [(60.0, 140.0), (119.0, 199.0), (121.0, 200.0)],
)
def test_a_lift_is_taken_when_and_only_when_it_is_faster(lift_s: float, fastest: float) -> None:
    nodes = {1: (0, 0), 2: (0, 100), 3: (50, 0), 4: (50, 100), 5: (0, 50)}
    ways = [(10, [1, 2]), (11, [1, 5]), (12, [5, 2])]
    facts = [{"highway": "steps", "form": "steps", "incline": 1}, {}, {}]
    network = network_of(nodes, ways, lifts=[5], facts=facts)
    for walker in (CHILD, PRAM):
        who = dataclasses.replace(walker, lift_wait_s=lift_s)
        graph = walk_graph(network, edge_seconds(network.edges, who), leg_m_s=1.25)
        ids = network.nodes["osm_id"].tolist()
        seconds = dijkstra(graph.reversed_csr, indices=ids.index(2))[ids.index(1)]
        # A pram has no other way: 100 m at 1 m/s and the lift.
        assert seconds == pytest.approx(fastest if walker is CHILD else 100 + lift_s)


@pytest.mark.parametrize("name", ["stroller", "preschool", "primary"])
def test_a_walker_who_cannot_take_steps_never_gets_farther(name: str, town: Network) -> None:
    walker = load_walkers()[name]
    able = dataclasses.replace(walker, stairs_up_m_s=0.45, stairs_down_m_s=0.8)
    barred = dataclasses.replace(able, stairs_up_m_s=0.0, stairs_down_m_s=0.0, ramp_m_s=0.4)
    for ours, theirs in zip(edge_seconds(town.edges, barred), edge_seconds(town.edges, able), strict=True):
        assert (ours >= theirs).all()
