"""The whole walk against slow oracles: networkx on a split graph, and samples along every street."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from tools import oracle
from worlds.town import CHILD, PRAM, town_communities, town_demand, town_layers

from cfgeo import Inputs, Network, Study, Walker, load_inputs, load_walkers
from cfgeo.assess.coverage import Samples, Walk, cover, prepare_walks, street_shares, take_samples
from cfgeo.core.schema import Positions
from cfgeo.network.linear_reference import Stretches
from cfgeo.network.travel_time import edge_seconds
from cfgeo.walk.nearest import search
from cfgeo.walk.search import node_seconds, seconds_at, walk_graph
from cfgeo.walk.service_area import reached_parts

LIMITS_S = (300.0, 900.0)


def compare_seconds(
    network: Network, walk: Walk, layers: Mapping[str, Positions], at: Positions, *, limits_s: Sequence[float]
) -> dict[str, int]:
    """Compare the seconds from every position to every layer; return how many are within the last limit."""
    seconds = oracle.edge_seconds(network.edges, walk.walker)
    expected = oracle.seconds_to_layers(network, seconds, layers, at, leg_m_s=walk.walker.level_m_s)
    counts = {}
    for layer, theirs in expected.items():
        for limit_s in limits_s:
            node_s = node_seconds(walk.graph, layers[layer], limit_s=limit_s)
            ours = seconds_at(walk.graph, node_s, layers[layer], at)
            within = theirs <= limit_s - 1e-6
            np.testing.assert_allclose(ours[within], theirs[within], atol=1e-6, rtol=0)
            # Beyond the limit a time may be missing or too long, never too short.
            assert (ours[~within] >= theirs[~within] - 1e-6).all()
            counts[layer] = int(within.sum())
    return counts


def lengths_apart(
    network: Network, walk: Walk, places: Positions, edges: list[int], *, limit_s: float, step_m: float
) -> dict[str, int]:
    """Compare what is reached of edges with the middles of short pieces; return how many are wrong.

    ``edges`` by their reached length, ``left_out`` and ``too_far`` of the samples by the reached pieces.
    """
    node_s = node_seconds(walk.graph, places, limit_s=limit_s)
    parts = Stretches(np.array(edges), np.zeros(len(edges)), np.ones(len(edges)), np.arange(len(edges)))
    reached, share = reached_parts(walk.graph, node_s, places, parts, limit_s=limit_s)
    length_m = network.edges["length_m"].to_numpy()[edges]
    middles, metres = oracle.every_metre(network, edges, step_m=step_m)
    seconds = oracle.edge_seconds(network.edges, walk.walker)
    theirs = oracle.seconds_to_place(network, seconds, places, middles, leg_m_s=walk.walker.level_m_s)
    within = theirs <= limit_s
    sampled_m = np.bincount(np.searchsorted(edges, middles.edge), weights=metres * within, minlength=len(edges))
    # Each end of a reached piece can fall anywhere in a sample's piece.
    ends = np.bincount(reached.row, minlength=len(edges)) * 2
    off = np.abs(share * length_m - sampled_m) > np.maximum(ends, 2) * step_m / 2 + 1e-6
    # Each sample lies in a reached piece when it is within the limit by more than its own length, and the reverse.
    inside = np.zeros(len(middles), dtype=bool)
    for edge, start, end in zip(reached.edge, reached.start, reached.end, strict=True):
        inside |= (middles.edge == edge) & (middles.start >= start - 1e-9) & (middles.start <= end + 1e-9)
    left_out, too_far = ~inside & (theirs <= limit_s - 1e-6), inside & (theirs > limit_s + 1e-6)
    return {"edges": int(off.sum()), "left_out": int(left_out.sum()), "too_far": int(too_far.sum())}


NOTHING = {"edges": 0, "left_out": 0, "too_far": 0}


# --- the town ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def town_samples(town: Network) -> Samples:
    return take_samples(town_communities(), town_demand(), town)


@pytest.fixture(scope="module")
def town_walks(town: Network, town_samples: Samples) -> dict[Walker, Walk]:
    return prepare_walks(
        town_samples, town, town_layers(), [CHILD, PRAM, *load_walkers().values()], snap_m=100, direction="to"
    )


@pytest.mark.parametrize("samples", ["demand", "area"])
def test_walks_in_the_town_equal_networkx(town: Network, town_walks: dict[Walker, Walk], samples: str) -> None:
    for walk in town_walks.values():
        counts = compare_seconds(town, walk, walk.places, getattr(walk, samples), limits_s=LIMITS_S)
        assert {layer for layer, count in counts.items() if count == 0} == {"sports"}


@pytest.mark.parametrize("walker", [CHILD, PRAM], ids=["child", "pram"])
@pytest.mark.parametrize("layer", ["schools", "parks", "walkways"])
def test_reached_streets_of_the_town_equal_samples_every_ten_centimetres(
    town: Network, town_walks: dict[Walker, Walk], layer: str, walker: Walker
) -> None:
    walk = town_walks[walker]
    streets = np.flatnonzero(town.edges["length_m"] > 0).tolist()
    assert lengths_apart(town, walk, walk.places[layer], streets, limit_s=97.0, step_m=0.1) == NOTHING


@pytest.mark.parametrize(("pace", "wrong"), [(1.1, "too_far"), (0.9, "left_out")])
def test_a_wrong_pace_would_be_seen(town: Network, town_walks: dict[Walker, Walk], pace: float, wrong: str) -> None:
    walk = town_walks[CHILD]
    other = walk_graph(town, edge_seconds(town.edges, CHILD.at_pace(pace)), leg_m_s=CHILD.level_m_s)
    streets = np.flatnonzero(town.edges["length_m"] > 0).tolist()
    apart = lengths_apart(town, replace(walk, graph=other), walk.places["parks"], streets, limit_s=97.0, step_m=0.1)
    assert apart["edges"] > 0
    assert apart[wrong] > 0


def test_street_shares_of_the_town_equal_samples(
    town: Network, town_samples: Samples, town_walks: dict[Walker, Walk]
) -> None:
    walk, limit_s = town_walks[CHILD], 97.0
    places = walk.places["parks"]
    reach = search(walk.graph, places, limit_s=limit_s)
    ours = street_shares(town_samples, reach, limit_s=limit_s)
    streets = np.flatnonzero((town.edges["length_m"] > 0).to_numpy() & town.main).tolist()
    middles, metres = oracle.every_metre(town, streets, step_m=0.5)
    seconds = oracle.edge_seconds(town.edges, CHILD)
    within = oracle.seconds_to_place(town, seconds, places, middles, leg_m_s=CHILD.level_m_s) <= limit_s
    spots = town.edges.geometry.iloc[middles.edge].interpolate(middles.start, normalized=True).reset_index(drop=True)
    for position, shape in enumerate(town_communities().geometry.iloc[:3]):
        inside = spots.within(shape).to_numpy()
        assert ours[position] == pytest.approx((metres * within)[inside].sum() / metres[inside].sum(), abs=0.002)


@pytest.mark.parametrize("walker", [CHILD, PRAM], ids=["child", "pram"])
def test_area_shares_of_the_town_equal_networkx_at_each_point(
    town: Network, town_samples: Samples, town_walks: dict[Walker, Walk], walker: Walker
) -> None:
    walk, places = town_walks[walker], town_walks[walker].places["schools"]
    seconds = oracle.edge_seconds(town.edges, walker)
    theirs = oracle.seconds_to_place(town, seconds, places, walk.area, leg_m_s=walker.level_m_s)
    within = {int(item) for item, s in zip(walk.area.item, theirs, strict=True) if s <= 200}
    weight = town_samples.demand["weight"].to_numpy()
    table = cover(town_samples, walk, places, weight, limit_s=200, search_s=3600)
    for position, code in enumerate(town_samples.codes):
        points = np.flatnonzero(town_samples.area_owner == position)
        assert table.loc[code, "area_share"] == pytest.approx(sum(int(i) in within for i in points) / len(points))
    assert table["area_share"].between(0.05, 0.95).sum() == 3


# --- real studies ------------------------------------------------------------------------------------------------


def compare_study(inputs: Inputs, names: list[str]) -> pd.DataFrame:
    """Compare every layer for some walkers, at demand points; return how many walks were compared."""
    samples = take_samples(inputs.communities, inputs.demand, inputs.network)
    walkers = [load_walkers()[name] for name in names]
    walks = prepare_walks(samples, inputs.network, inputs.layers, walkers, snap_m=100)
    return pd.DataFrame(
        [compare_seconds(inputs.network, w, w.places, w.demand, limits_s=LIMITS_S) for w in walks.values()], index=names
    )


@pytest.mark.shared
def test_walks_in_monaco_equal_networkx(monaco: Inputs) -> None:
    counts = compare_study(monaco, ["stroller", "preschool", "teen"])
    assert counts.to_numpy().min() > 100
    assert counts.to_numpy().sum() > 10_000


def test_walks_in_the_default_study_equal_networkx(default_study: Study) -> None:
    counts = compare_study(load_inputs(default_study, margin_m=1500), ["stroller", "primary"])
    assert counts.to_numpy().sum() > 1000


@pytest.mark.shared
@pytest.mark.oracle
@pytest.mark.parametrize("name", ["primary", "stroller"])
def test_reached_streets_of_monaco_equal_samples_every_metre(monaco: Inputs, name: str) -> None:
    network, walker = monaco.network, load_walkers()[name]
    samples = take_samples(monaco.communities, monaco.demand, network)
    walk = prepare_walks(samples, network, monaco.layers, [walker], snap_m=100)[walker]
    random = np.random.default_rng(7)
    streets = np.flatnonzero((network.edges["length_m"] > 0).to_numpy() & network.main)
    for layer in ("parks", "schools"):
        places = walk.places[layer]
        # Streets that places lie on among them: there the pieces are.
        edges = np.union1d(random.choice(streets, 150, replace=False), random.choice(places.edge, 50))
        assert lengths_apart(network, walk, places, edges.tolist(), limit_s=240.0, step_m=1.0) == NOTHING


def test_the_oracles_own_seconds_are_those_of_the_package(town: Network) -> None:
    for walker in (CHILD, PRAM):
        np.testing.assert_allclose(oracle.edge_seconds(town.edges, walker), edge_seconds(town.edges, walker))
