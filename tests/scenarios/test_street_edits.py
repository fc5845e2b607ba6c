"""The streets of a study: read on demand, and changed as if all ways were cut anew."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds.scenarios import drawn
from worlds.studies import on_a_hill
from worlds.town import WAYS, write_town

from cfgeo import LinkChange, Study, load_study
from cfgeo.assess.case import Case
from cfgeo.core.scenario import LINK_TAGS
from cfgeo.core.schema import Network
from cfgeo.network.build import network_of
from cfgeo.network.edges import cut_ways
from cfgeo.network.elevation import add_elevation
from cfgeo.pipeline.case import load_case
from cfgeo.scenarios.street_edits import Streets, streets_of

SPREAD = {"rtol": 0, "atol": 1e-9}
REFITS = (
    {"highway": "footway"},
    {"highway": "secondary"},
    {"highway": "steps", "step_count": "40"},
    {"conveying": "backward"},
    {"oneway:foot": "yes"},
    {"incline": "up"},
)
SPOTS = st.tuples(st.integers(-20, 560), st.sampled_from([0, 40, 50, 100, 150, 200, 300, 450]))
ADDED = st.builds(
    lambda kind, ends, tags: drawn(kind, *ends, **tags),
    st.sampled_from(sorted(LINK_TAGS)),
    st.lists(SPOTS, min_size=2, max_size=3, unique=True),
    st.sampled_from([{}, {"highway": "primary"}, {"crossing": "traffic_signals"}]),
)
KNOWN = st.sampled_from([way for way, *_ in WAYS] + [2009, 2010])
CLOSED = st.builds(lambda way: LinkChange("close", way=way), KNOWN)
REFITTED = st.builds(lambda way, tags: LinkChange("refit", way=way, tags=tags), KNOWN, st.sampled_from(REFITS))
BATCHES = st.lists(st.lists(st.one_of(ADDED, CLOSED, REFITTED), min_size=1, max_size=4), min_size=1, max_size=3)


@pytest.fixture(scope="module")
def hill(tmp_path_factory: pytest.TempPathFactory) -> Streets:
    study = load_study(on_a_hill(write_town(tmp_path_factory.mktemp("hill"))))
    return streets_of(study, load_case(study))


def whole(streets: Streets) -> Network:
    """Return the network of all ways, cut at once, with elevation."""
    rasters = [streets.study.resolve(name) for name in streets.study.network.elevation]
    network = network_of(cut_ways(streets.laid.cut.streets, crs=streets.crs))
    return add_elevation(network, rasters, slope=streets.study.walk.slope)


def assert_whole(streets: Streets) -> None:
    """Check that a changed network equals the network cut from all ways: every edge and node with every fact."""
    network, expected = streets.network, whole(streets)
    pd.testing.assert_frame_equal(_plain(network.edges), _plain(expected.edges), **SPREAD)
    pd.testing.assert_frame_equal(network.nodes, expected.nodes, **SPREAD)
    assert shapely.equals_exact(network.edges.geometry.to_numpy(), expected.edges.geometry.to_numpy()).all()
    assert network.relief == expected.relief


def assert_was(before: Streets, after: Streets, was: np.ndarray) -> None:
    """Check that ``was`` pairs every unchanged edge with its old position, and no other edge."""
    old, new = before.network.edges, after.network.edges
    stays = np.flatnonzero(was >= 0)
    assert (old["osm_id"].to_numpy()[was[stays]] == new["osm_id"].to_numpy()[stays]).all()
    assert shapely.equals_exact(old.geometry.to_numpy()[was[stays]], new.geometry.to_numpy()[stays]).all()
    rides = (new["length_m"] == 0) & (new["form"] == "lift")
    added = new[(was < 0) & ~rides].geometry
    gone = old.drop(index=was[stays])
    assert not set(zip(added.to_wkb(), new.loc[added.index, "osm_id"], strict=True)) & set(
        zip(gone.geometry.to_wkb(), gone["osm_id"], strict=True)
    )


def _plain(edges: Any) -> pd.DataFrame:
    return pd.DataFrame(edges.drop(columns="geometry"))


def test_ways_are_read_on_demand_and_are_those_of_the_run(hill: Streets) -> None:
    streets = streets_of(hill.study, load_case(hill.study))
    assert "laid" not in vars(streets)
    assert streets.laid is streets.laid
    assert_whole(streets)
    assert streets.laid.edge.tolist() == list(range(len(streets.laid.cut.run)))


@given(BATCHES)
def test_changes_of_the_town_give_what_cutting_all_ways_gives(hill: Streets, batches: list[list[LinkChange]]) -> None:
    streets = hill
    for changes in batches:
        made, was, _, faults = streets.changed(changes)
        if faults:
            assert made is streets
            continue
        assert_whole(made)
        assert_was(streets, made, was)
        streets = made


def test_the_streets_before_are_left_unchanged(hill: Streets) -> None:
    before = _plain(hill.network.edges)
    hill.changed([drawn("stairs", (50, 100), (50, 200)), LinkChange("refit", way=2001, tags=REFITS[0])])
    pd.testing.assert_frame_equal(_plain(hill.network.edges), before)


def test_elevation_is_read_again_where_the_extent_of_the_network_changes(hill: Streets) -> None:
    near, *_ = hill.changed([LinkChange("close", way=2001)])
    assert near.laid.elevation is hill.laid.elevation
    apart, *_ = hill.changed([LinkChange("close", way=2008)])
    assert apart.laid.elevation.bounds != hill.laid.elevation.bounds
    assert_whole(apart)


@pytest.mark.shared
@settings(max_examples=5)
@given(st.integers(0, 2**32 - 1))
def test_changes_of_monaco_give_what_cutting_all_ways_gives(monaco_study: Study, monaco_case: Case, seed: int) -> None:
    streets, rng = streets_of(monaco_study, monaco_case), np.random.default_rng(seed)
    for _ in range(2):
        nodes, ways = streets.network.nodes[["x", "y"]].to_numpy(), streets.laid.cut.streets.ways
        changes = []
        for kind in LINK_TAGS:
            here = rng.integers(len(nodes))
            near = np.argsort(np.hypot(*(nodes - nodes[here]).T))[rng.integers(5, 100)]
            shape = shapely.LineString(nodes[[here, near]] + rng.normal(0, 3, (2, 2)))
            changes.append(LinkChange("add", kind, shape=shape, tags=LINK_TAGS[kind]))
        for nth, way in enumerate(rng.choice(ways["osm_id"].unique(), 6, replace=False)):
            tags = REFITS[nth % len(REFITS)]
            changes.append(
                LinkChange("refit", way=int(way), tags=tags) if nth % 2 else LinkChange("close", way=int(way))
            )
        made, was, _, faults = streets.changed(changes)
        if not faults:
            assert_whole(made)
            assert_was(streets, made, was)
            streets = made
