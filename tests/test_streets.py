"""What networks are cut from: read when it is asked for, and cut as a run cuts it."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from cfgeo import load_study
from cfgeo.pipeline import load_case, streets_of


def test_the_network_is_that_of_a_run_and_is_read_when_it_is_asked_for(town_study: Path) -> None:
    study = load_study(town_study)
    case = load_case(study)
    streets = streets_of(study, case)
    assert "ways" not in vars(streets)
    made, run = streets.network(), case.inputs.network
    assert made.edges.drop(columns="geometry").equals(run.edges.drop(columns="geometry"))
    np.testing.assert_array_equal(made.nodes.to_numpy(), run.nodes.to_numpy())
    assert streets.ways is streets.ways


def test_edited_ways_stand_in_for_the_files(town_study: Path) -> None:
    study = load_study(town_study)
    streets = streets_of(study, load_case(study))
    edited = replace(streets.ways, lifts=np.empty(0, dtype=np.int64))
    network = replace(streets, edited=edited).network()
    assert not (network.edges["lift_rides"] > 0).any()
    assert (streets.network().edges["lift_rides"] > 0).any()
