"""Hashes of what was judged: the same for the same, others for others."""

import dataclasses

import geopandas as gpd
import pytest
from worlds.town import at, town_demand

from cfgeo import Results
from cfgeo.core.schema import Inputs
from cfgeo.publish.run.contents import contents_of


@pytest.fixture
def inputs(town_results: Results) -> Inputs:
    """Return the town's data."""
    return town_results.inputs


def layer_hash(inputs: Inputs, layer: gpd.GeoDataFrame) -> str:
    changed = dataclasses.replace(inputs, layers={**inputs.layers, "schools": layer})
    digest: str = contents_of(changed)["layers"]["schools"]["primary"]["sha256"]
    return digest


def test_a_hash_changes_with_places_words_and_numbers_but_not_below_a_millimetre(inputs: Inputs) -> None:
    schools = inputs.layers["schools"]
    before = layer_hash(inputs, schools)
    assert layer_hash(inputs, schools.set_geometry(schools.translate(1e-7, 0))) == before
    assert layer_hash(inputs, schools.set_index(schools.index + "x")) == before
    assert layer_hash(inputs, schools[list(reversed(schools.columns))]) == before
    others = [
        schools.set_geometry(schools.translate(0.01, 0)),
        schools.assign(name="a"),
        schools.assign(capacity=7.0),
        schools.assign(more="x"),
    ]
    assert len({before, *(layer_hash(inputs, other) for other in others)}) == 5


def test_a_kind_that_changes_leaves_the_hashes_of_other_kinds(inputs: Inputs) -> None:
    schools = inputs.layers["schools"]
    moved = schools.geometry.where(schools["kind"] != "junior", at(0, 0))
    assert layer_hash(inputs, schools.set_geometry(moved)) == layer_hash(inputs, schools)


def test_the_record_counts_the_demand(inputs: Inputs) -> None:
    facts = contents_of(inputs)["demand"]
    assert (facts["count"], facts["total"]) == (8, town_demand()["weight"].sum())
