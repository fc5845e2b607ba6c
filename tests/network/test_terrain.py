"""Heights on edges: slopes and flights with times worked out on paper, and missing heights."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tools import oracle
from tools.oracle import network_of
from worlds.studies import edited, flat_land
from worlds.town import CHILD, CRS, PRAM, WEST, write_town

from cfgeo import (
    Inputs,
    Network,
    from_networkx,
    load_inputs,
    load_study,
    load_walkers,
    publish,
    read_network,
    run_study,
    to_networkx,
)
from cfgeo.core.findings import describe, findings_table
from cfgeo.network.cache import load_network, store_network
from cfgeo.network.elevation import add_elevation
from cfgeo.network.slope import slope_factor
from cfgeo.network.terrain import (
    FLIGHT_HIGH_M,
    PITCH_HIGH,
    PITCH_LOW,
    PITCH_USUAL,
    RISER_M,
    SLOPE_CAP,
    check_relief,
    with_relief,
)
from cfgeo.network.travel_time import climbing_m_s, edge_seconds
from cfgeo.publish.words.sources import provenance

STEPS = {"highway": "steps", "form": "steps"}
LINE = {1: (0, 0), 2: (100, 0), 3: (200, 0), 4: (300, 0)}


def plane(slope: float, *, height_m: float = 200.0) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """Return land that climbs evenly eastwards."""
    return lambda x, y: height_m + slope * (x - WEST)


def over(slope: float, *facts: dict[str, object], function: str = "tobler") -> Network:
    """Return ways of 100 m, one after the other eastwards, on land that climbs evenly."""
    ways = [(10 + i, [1 + i, 2 + i]) for i in range(len(facts))]
    return with_relief(network_of(LINE, ways, facts=list(facts)), plane(slope), slope=function)


def seconds(network: Network, walker: object = CHILD) -> tuple[list[float], list[float]]:
    forward_s, backward_s = edge_seconds(network.edges, walker)
    return forward_s.tolist(), backward_s.tolist()


# --- slope off the stairs ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "slope", "up", "down"),
    [
        # f(0.3)/f(0) = e^-1.05; f(-0.3)/f(0) = e^(-3.5·0.25 + 0.175) = e^-0.7
        ("tobler", 0.3, math.exp(-1.05), math.exp(-0.7)),
        # (0.11 + e^(-35²/1800)) / (0.11 + e^(-25/1800)); (0.11 + e^(-25²/1800)) / the same
        ("irmischer-clarke", 0.3, 0.6163 / 1.0962, (0.11 + math.exp(-625 / 1800)) / 1.0962),
        ("campbell", 0.3, 0.390, 0.532),
        ("none", 0.3, 1.0, 1.0),
    ],
)
def test_a_street_of_100_m_takes_its_seconds_by_each_function(
    function: str, slope: float, up: float, down: float
) -> None:
    network = over(slope, {}, function=function)
    there, back = seconds(network)  # 80 s on the level
    assert there[0] == pytest.approx(80 / up, rel=2e-3)
    assert back[0] == pytest.approx(80 / down, rel=2e-3)


def test_by_tobler_a_gentle_descent_is_faster_than_the_level() -> None:
    assert seconds(over(0.05, {}))[1] == [pytest.approx(80 / math.exp(0.175))]


def test_a_street_climbs_and_descends_its_metres() -> None:
    edges = over(0.1, {}).edges
    assert edges[["rise_m", "climb_m", "descent_m", "capped_m"]].iloc[0].tolist() == pytest.approx([10, 10, 0, 0])


def test_a_hill_in_the_middle_of_a_street_counts_on_both_sides() -> None:
    hill = lambda x, y: 20 - np.abs(x - WEST - 50) * 0.2  # noqa: E731
    edges = with_relief(network_of(LINE, [(10, [1, 2])]), hill, slope="tobler").edges
    assert edges[["rise_m", "climb_m", "descent_m"]].iloc[0].tolist() == pytest.approx([0, 10, 10])
    up, down = slope_factor(np.array([0.2, -0.2]), "tobler")
    assert edges["slope_forward"].iloc[0] == edges["slope_backward"].iloc[0] == pytest.approx((up + down) / 2)


def test_a_street_steeper_than_the_cap_is_walked_at_the_cap_and_reported() -> None:
    network = over(0.6, {}, {})
    assert network.edges["capped_m"].tolist() == pytest.approx([100, 100])
    assert network.edges["climb_m"].tolist() == pytest.approx([100 * SLOPE_CAP] * 2)
    (row,) = check_relief(network)
    assert (row["rule"], row["severity"], row["values"]["km"]) == ("slope_capped", "warning", 0.2)


def test_a_street_is_never_steeper_than_35_percent() -> None:
    assert over(0.34, {}).edges["capped_m"].tolist() == [0]
    capped = over(0.38, {}).edges.iloc[0]
    assert (capped["capped_m"], capped["climb_m"]) == pytest.approx((100, 35))


def test_slope_off_is_the_plain_network_exactly() -> None:
    facts = [{}, {**STEPS, "incline": 1}, {**STEPS, "step_count": 50.0}]
    ways = [(10 + i, [1 + i, 2 + i]) for i in range(3)]
    plain = with_relief(network_of(LINE, ways, facts=facts), None, slope="tobler")
    off = over(0.3, *facts, function="none")
    for walker in (CHILD, PRAM, *load_walkers().values()):
        assert seconds(off, walker) == seconds(plain, walker)
    assert off.edges["slope_forward"].tolist() == [1, 1, 1]


@pytest.mark.parametrize("structure", [True, False])
def test_a_bridge_over_a_gorge_is_level_and_a_street_is_not(structure: bool) -> None:
    gorge = lambda x, y: np.where(np.abs(x - WEST - 50) < 40, 100.0, 120.0)  # noqa: E731
    network = with_relief(network_of(LINE, [(10, [1, 2])], facts=[{"structure": structure}]), gorge, slope="tobler")
    assert (network.edges["climb_m"].iloc[0] == 0) == structure


def test_a_bridge_of_several_ways_runs_straight_from_bank_to_bank() -> None:
    gorge = lambda x, y: np.select([x < WEST + 50, x > WEST + 250], [100.0, 130.0], 20.0)  # noqa: E731
    ways = [(10, [1, 2]), (11, [2, 3]), (12, [3, 4]), (13, [1, 5]), (14, [4, 6])]
    nodes = {**LINE, 5: (-20, 0), 6: (320, 0)}
    facts = [{"structure": True}] * 3 + [{}, {}]
    network = with_relief(network_of(nodes, ways, facts=facts), gorge, slope="tobler")
    bridge = network.edges[network.edges["structure"]]
    assert bridge["rise_m"].tolist() == pytest.approx([10, 10, 10])


def test_a_footbridge_to_a_lift_is_as_high_as_its_other_end() -> None:
    slope = lambda x, y: np.where(x < WEST + 150, 130.0, 100.0)  # noqa: E731
    ways = [(10, [1, 2]), (11, [2, 3]), (12, [3, 4])]  # street, bridge to the lift at 3, street below
    network = network_of(LINE, ways, lifts=[3], facts=[{}, {"structure": True}, {}])
    edges = with_relief(network, slope, slope="tobler").edges
    assert edges.loc[edges["osm_id"] == 11, "rise_m"].tolist() == pytest.approx([0])


def test_terrain_without_a_height_is_level_and_counted_and_never_nan() -> None:
    half = lambda x, y: np.where(x > WEST + 150, np.nan, 0.1 * (x - WEST))  # noqa: E731
    facts = [{}, {}, STEPS]
    network = with_relief(
        network_of(LINE, [(10, [1, 2]), (11, [2, 3]), (12, [3, 4])], facts=facts), half, slope="tobler"
    )
    columns = ["rise_m", "climb_m", "descent_m", "flight_m", "slope_forward", "slope_backward"]
    assert not network.edges[columns].isna().any(axis=None)
    # 50 m of the second street lie on known land.
    assert network.edges["climb_m"].iloc[:2].tolist() == pytest.approx([10, 5], abs=0.6)
    assert network.edges["flight_m"].iloc[2] == pytest.approx(100 * PITCH_USUAL)
    (row,) = check_relief(network)
    assert (row["rule"], row["values"]) == ("elevation_outside", {"nodes": 2, "share": 0.5})


def test_a_raster_elsewhere_is_a_finding_and_the_walk_is_level() -> None:
    nowhere = lambda x, y: np.full(len(x), np.nan)  # noqa: E731
    network = with_relief(network_of(LINE, [(10, [1, 2])]), nowhere, slope="tobler")
    assert [row["rule"] for row in check_relief(network)] == ["elevation_elsewhere"]
    assert seconds(network) == ([80], [80])


# --- steps -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "slope", "incline", "flight_m"),
    [
        ({"step_count": 200.0, "incline": -1}, 0.4, -1, 200 * RISER_M),  # what is mapped overrules the raster
        ({"slope_tag": 0.3, "incline": 1}, 0.6, 1, 30.0),
        ({"step_count": 200.0}, 0.4, 1, 200 * RISER_M),  # the raster says which way
        ({"step_count": 200.0}, 0.005, 0, 200 * RISER_M),  # 0.5 m do not
        ({"incline": 1}, 0.4, 1, 40.0),
        ({}, -0.4, -1, 40.0),
        ({}, 2.0, 1, 100 * PITCH_HIGH),
        ({}, 0.02, 1, 100 * PITCH_LOW),
        ({"incline": -1}, 0.4, -1, 100 * PITCH_LOW),  # the raster is wrong here
        ({"step_count": 2000.0, "incline": 1}, 0.4, 1, 40.0),  # 300 m over 100 m: not believed
    ],
)
def test_a_flight_climbs_what_is_mapped_or_what_a_stair_can(
    facts: dict[str, object], slope: float, incline: int, flight_m: float
) -> None:
    edge = over(slope, {**STEPS, **facts}).edges.iloc[0]
    assert edge["incline"] == incline
    assert edge["flight_m"] == pytest.approx(flight_m)
    assert edge["climb_m"] + edge["descent_m"] == pytest.approx(flight_m)
    assert np.sign(edge["rise_m"]) == incline
    assert edge["slope_forward"] == edge["slope_backward"] == 1


def test_slope_never_slows_stairs() -> None:
    assert seconds(over(0.3, {**STEPS, "incline": 1})) == ([200], [125])


def test_steps_of_300_m_rise_are_findings_with_their_way() -> None:
    network = over(0.3, {**STEPS, "step_count": 2000.0})
    (steep,) = check_relief(network)
    assert (steep["rule"], steep["row"], steep["values"]["pitch"]) == ("steps_too_steep", "10", 3.0)
    long = {n: (500 * n, 0) for n in range(1, 4)}
    facts = [{**STEPS, "step_count": 1000.0}] * 2  # 150 m over 500 m, twice
    (high,) = {
        row["rule"]
        for row in check_relief(
            with_relief(network_of(long, [(1, [1, 2]), (2, [2, 3])], facts=facts), None, slope="none")
        )
    }
    assert high == "flight_too_high"
    assert FLIGHT_HIGH_M < 300
    for lang in ("zh", "en"):
        assert "3.0" in describe(findings_table([steep]), lang)["what"].iloc[0]


def test_of_several_flights_of_a_way_the_steepest_is_reported() -> None:
    facts = [{**STEPS, "step_count": count} for count in (1000.0, 2000.0)]  # 1.5 and 3 m a metre
    network = with_relief(network_of(LINE, [(10, [1, 2]), (10, [2, 3])], facts=facts), None, slope="none")
    (row,) = check_relief(network)
    assert (row["rule"], row["values"]["pitch"]) == ("steps_too_steep", 3.0)


@pytest.mark.parametrize("facts", [{"step_count": 10.0}, {"step_count": 1.0}, {"slope_tag": 0.0}])
def test_steps_too_few_for_a_stair_are_a_finding_and_make_nobody_quicker(facts: dict[str, float]) -> None:
    plain, few = over(0.0, dict(STEPS)), over(0.0, {**STEPS, **facts})
    (row,) = check_relief(few)
    assert (row["rule"], row["row"]) == ("steps_too_flat", "10")
    for walker in load_walkers().values():
        assert seconds(few, walker) == seconds(plain, walker)
    for lang in ("zh", "en"):
        assert describe(findings_table([row]), lang)["what"].iloc[0]


def test_a_flight_cut_in_pieces_is_as_long_as_before() -> None:
    whole = over(0.4, {**STEPS, "incline": 1})
    third = {1: (0, 0), 2: (30, 0), 3: (60, 0), 4: (100, 0)}
    ways = [(10, [1, 2]), (11, [2, 3]), (12, [3, 4])]
    cut = with_relief(network_of(third, ways, facts=[{**STEPS, "incline": 1}] * 3), plane(0.4), slope="tobler")
    assert cut.edges["flight_m"].tolist() == pytest.approx(whole.edges["flight_m"].tolist() * 3)
    for name in ("preschool", "primary", "adult"):
        walker = load_walkers()[name]
        assert sum(seconds(cut, walker)[0]) == pytest.approx(seconds(whole, walker)[0][0])


def test_a_landing_where_a_path_comes_in_ends_the_flight() -> None:
    nodes = {**LINE, 5: (100, 50)}
    facts = [{**STEPS, "incline": 1}] * 2 + [{}]
    network = with_relief(
        network_of(nodes, [(10, [1, 2]), (11, [2, 3]), (12, [2, 5])], facts=facts), plane(0.4), slope="tobler"
    )
    assert network.edges["flight_m"].tolist() == pytest.approx([40, 40, 0])


# --- kept, and given to others ------------------------------------------------------------------------------------


def test_heights_survive_networkx_there_and_back() -> None:
    network = over(0.2, {}, {**STEPS, "incline": 1})
    graph = to_networkx(network)
    assert {round(height) for _, height in graph.nodes(data="elevation")} == {200, 220, 240}
    up, down = graph.edges[1, 2, 0], graph.edges[2, 1, 0]
    assert (up["climb_m"], up["rise_m"]) == (down["descent_m"], -down["rise_m"])
    assert (up["slope_forward"], up["slope_backward"]) == (down["slope_backward"], down["slope_forward"])
    again = from_networkx(graph)
    assert seconds(again) == seconds(network)
    assert again.relief == network.relief
    np.testing.assert_allclose(again.nodes["height_m"], network.nodes["height_m"])


def test_a_cached_network_keeps_its_heights(tmp_path: Path) -> None:
    network = over(0.2, {}, {**STEPS, "incline": 1})
    store_network(tmp_path, "key", network)
    kept = load_network(tmp_path, "key")
    assert kept is not None
    assert kept.relief == network.relief
    assert seconds(kept) == seconds(network)
    assert check_relief(kept) == check_relief(network)


def test_rasters_and_slope_make_another_network_in_the_cache(tmp_path: Path) -> None:
    study = write_town(tmp_path / "town")
    flat_land(study.parent / "land.tif")
    cache = tmp_path / "cache"

    def cached() -> bool:
        return load_inputs(load_study(study), margin_m=500, cache=cache).cached

    assert [cached(), cached()] == [False, True]
    edited(study, 'path = "streets.osm"', 'path = "streets.osm"\nelevation = ["land.tif"]')
    assert [cached(), cached()] == [False, True]
    edited(study, 'direction = "to"', 'direction = "to"\nslope = "campbell"')
    assert [cached(), cached()] == [False, True]
    flat_land(study.parent / "land.tif", height_m=300)
    assert [cached(), cached()] == [False, True]
    edited(study, 'direction = "to"', 'direction = "from"')
    assert cached()


@pytest.mark.parametrize(
    ("walk", "rules"),
    [('elevation = "land.tif"', {"elevation_none": False}), ("", {"elevation_none": True})],
)
def test_every_output_says_whether_slope_is_in_it(tmp_path: Path, walk: str, rules: dict[str, bool]) -> None:
    study = write_town(tmp_path / "town")
    flat_land(study.parent / "land.tif")
    edited(study, 'path = "streets.osm"', f'path = "streets.osm"\n{walk}')
    results = run_study(load_study(study))
    present = set(results.inputs.findings["rule"])
    assert {rule: rule in present for rule in rules} == rules
    sentence = {True: "level walk: no slope", False: "slope by Tobler's function"}[rules["elevation_none"]]
    assert sentence in provenance(results, "en")
    publish(results, tmp_path / "out", lang="en", only=("map", "tables"))
    for name in ("index.html", "communities.csv", "coverage.csv", "clauses.csv", "street_offices.csv"):
        body = (tmp_path / "out" / name).read_text(encoding="utf-8-sig")
        assert (
            sentence in body
            or {True: "No slope is in it", False: "slope is taken from the elevation"}[sentence.startswith("level")]
            in body
        )


# --- real land ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def yuzhong(shared_data: Path) -> Inputs:
    return load_inputs(load_study(shared_data / "yuzhong" / "study.toml"), margin_m=1500)


@pytest.mark.shared
@pytest.mark.parametrize("study", ["yuzhong", "monaco"])
def test_real_networks_keep_their_promises(study: str, request: pytest.FixtureRequest) -> None:
    network = request.getfixturevalue(study).network
    edges = network.edges
    street = (edges["form"] == "level").to_numpy()
    assert np.isfinite(edges[["rise_m", "climb_m", "descent_m", "flight_m"]]).all(axis=None)
    assert (edges[["climb_m", "descent_m", "capped_m"]] >= 0).all(axis=None)
    assert (edges["climb_m"] - edges["descent_m"]).to_numpy() == pytest.approx(edges["rise_m"].to_numpy())
    assert (edges.loc[~street, ["slope_forward", "slope_backward"]] == 1).all(axis=None)
    least, most = slope_factor(np.array([-0.05, SLOPE_CAP]), "tobler")
    for column in ("slope_forward", "slope_backward"):
        assert edges[column].between(least - 1e-9, most + 1e-9).all()
    climbs = edges["climb_m"] + edges["descent_m"]
    assert (climbs[street] <= SLOPE_CAP * edges["length_m"][street] + 1e-6).all()
    for walker in load_walkers().values():
        up, down = edge_seconds(edges, walker)
        for ours, theirs in zip((up, down), oracle.edge_seconds(edges, walker), strict=True):
            np.testing.assert_allclose(ours, theirs)
        steps = ((edges["form"] == "steps") & (edges["incline"] != 0)).to_numpy() & np.isfinite(np.minimum(up, down))
        upwards = (edges["incline"] > 0).to_numpy()
        assert (np.where(upwards, up, down)[steps] >= np.where(upwards, down, up)[steps]).all()


@pytest.mark.shared
def test_a_sixth_of_yuzhongs_nodes_is_level_and_reported(yuzhong: Inputs) -> None:
    values = yuzhong.findings.set_index("rule")["values"]
    assert 0.1 < values["elevation_outside"]["share"] < 0.25
    assert values["slope_capped"]["share"] < 0.02
    assert yuzhong.network.nodes["height_m"].between(130, 420).mean() > 0.75


@pytest.mark.shared
def test_yuzhong_with_slope_off_is_yuzhong_without_elevation(shared_data: Path) -> None:
    plain = read_network(shared_data / "yuzhong" / "streets.osm.pbf", crs=CRS)
    raster = shared_data / "yuzhong" / "elevation_30m.tif"
    off, without = add_elevation(plain, [raster], slope="none"), add_elevation(plain, [], slope="tobler")
    pd.testing.assert_frame_equal(
        pd.DataFrame(off.edges.drop(columns="geometry")), pd.DataFrame(without.edges.drop(columns="geometry"))
    )
    level = (plain.edges["form"] == "level").to_numpy() & (plain.edges[["signal_waits", "crossing_waits"]] == 0).all(
        axis=1
    )
    for seconds in edge_seconds(off.edges, CHILD):
        assert (seconds[level] == (plain.edges["length_m"] / CHILD.level_m_s)[level])[np.isfinite(seconds[level])].all()


# --- tiring ------------------------------------------------------------------------------------------------------


@given(st.floats(0.01, 200), st.floats(0.01, 200), st.sampled_from(list(load_walkers())))
def test_longer_flights_are_never_climbed_faster_and_never_in_less_time(
    one_m: float, other_m: float, name: str
) -> None:
    walker = load_walkers()[name]
    low, high = sorted((one_m, other_m))
    slow, fast = climbing_m_s(np.array([high, low]), walker)
    assert walker.stairs_up_m_s <= slow <= fast <= max(walker.stairs_down_m_s, walker.stairs_up_m_s)
    assert fast <= walker.short_flight * walker.stairs_up_m_s + 1e-12
    if walker.stairs_up_m_s:
        assert high / slow >= low / fast


@pytest.mark.parametrize(("rise_m", "speed"), [(3.0, 0.85), (9.0, 0.675), (15.0, 0.45), (80.0, 0.45), (0.0, 0.45)])
def test_a_primary_pupil_tires_between_3_and_15_m(rise_m: float, speed: float) -> None:
    # 0.45 m/s on long flights, twice that on short ones but no faster than down (0.85); 9 m: half way, 0.45 × 1.5
    assert climbing_m_s(np.array([rise_m]), load_walkers()["primary"])[0] == pytest.approx(speed)
