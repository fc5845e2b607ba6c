"""A case: the walks, places, weights and limits by which it judges clauses."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from worlds.town import CHILD

from cfgeo.assess.case import Case
from cfgeo.network.travel_time import edge_seconds, levelled
from cfgeo.network.walkers import PACES
from cfgeo.study.standard import Clause


def clause_of(case: Case, name: str) -> Clause:
    return next(clause for clause in case.standard.clause if clause.id == name)


def test_only_reach_clauses_of_declared_layers_are_walked(town_case: Case) -> None:
    # Culture is not declared. The others count places inside or judge street offices and the district.
    assert [clause.id for clause in town_case.reach_clauses] == ["school", "park"]


def test_there_is_a_walk_for_every_walker_at_every_pace(town_case: Case) -> None:
    assert len(town_case.walks) == 2 * len(PACES)
    park = clause_of(town_case, "park")
    assert town_case.walk(park).walker.name == "pram"
    for pace in PACES.values():
        walk = town_case.walk(park, pace)
        assert walk.walker.level_m_s == pytest.approx(1.0 * pace)
        assert walk.graph.leg_m_s == walk.walker.level_m_s


def test_home_is_the_walk_of_the_walker_of_the_study(town_case: Case) -> None:
    assert town_case.home is town_case.walk(clause_of(town_case, "school"))
    assert town_case.home.walker.level_m_s == CHILD.level_m_s
    pram = replace(town_case, choices=town_case.choices.model_copy(update={"walker": "pram"}))
    assert pram.home is town_case.walk(clause_of(town_case, "park"))


def test_places_of_a_clause_are_those_of_its_kinds(town_case: Case) -> None:
    school, park = clause_of(town_case, "school"), clause_of(town_case, "park")
    walk = town_case.walk(school)
    # Low School is a primary school, High School is not, Lost School meets no street.
    assert town_case.places(school, walk).item.tolist() == [0]
    assert walk.places["schools"].item.tolist() == [0, 1]
    assert set(town_case.places(park, town_case.walk(park)).item.tolist()) == {0, 1}, "no kinds: all"


def test_weights_count_the_children_of_the_ages_of_a_clause(town_case: Case) -> None:
    assert town_case.weight(clause_of(town_case, "school")).tolist() == [10, 20, 2, 10, 5, 8, 12, 4]
    assert town_case.weight(clause_of(town_case, "park")).tolist() == [2, 2, 1, 5, 4, 6, 3, 2]


def test_a_clause_without_a_limit_takes_the_limit_of_the_study(town_case: Case) -> None:
    school, park = clause_of(town_case, "school"), clause_of(town_case, "park")
    wider = replace(town_case, choices=town_case.choices.model_copy(update={"limit_minutes": 12}))
    assert [wider.limit_minutes(clause) for clause in (school, park)] == [5, 12]
    assert [wider.limit_s(clause) for clause in (school, park)] == [300, 720]


def test_the_search_covers_half_an_hour_or_the_limit_if_that_is_longer(town_case: Case) -> None:
    park = clause_of(town_case, "park")
    long = replace(town_case, choices=town_case.choices.model_copy(update={"limit_minutes": 45}))
    assert (town_case.search_s(park), long.search_s(park)) == (1800, 2700)


def test_the_level_walk_uses_the_same_streets_without_slope_and_stairs(town_case: Case) -> None:
    school = clause_of(town_case, "school")
    walk = town_case.level_walk(school)
    assert walk.walker == town_case.walk(school).walker
    network = town_case.inputs.network
    for ours, theirs in zip(
        (walk.graph.forward_s, walk.graph.backward_s), edge_seconds(levelled(network.edges), walk.walker), strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)
    pd.testing.assert_frame_equal(town_case.level_network.nodes, network.nodes)
    assert set(town_case.level_network.edges["form"]) == {"level", "lift"}


def test_samples_and_places_come_from_the_inputs(town_case: Case) -> None:
    assert town_case.samples.codes.tolist() == ["C01", "C02", "C03", "C04"]
    assert len(town_case.home.demand) == 7, "one home is stranded"
    assert set(town_case.home.places) == set(town_case.inputs.layers)
