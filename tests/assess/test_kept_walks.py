"""Walks and isochrones of an earlier run: the same as worked out anew, and met by the same case alone."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely

from cfgeo import Results, load_study, run_study
from cfgeo.assess.case import Case, make_case
from cfgeo.assess.isochrones import isochrones_beside
from cfgeo.assess.kept import walks as kept_walks
from cfgeo.assess.kept.walks import KeptTables
from cfgeo.core.results import Walks
from cfgeo.core.schema import ROW
from cfgeo.pipeline.run import _walk_tables

TABLE = {"routes": pd.DataFrame({"minutes": [1.5]})}


def moved(case: Case) -> Case:
    schools = case.inputs.layers["schools"]
    schools = schools.set_geometry(shapely.transform(schools.geometry.to_numpy(), lambda xy: xy + np.array([0.001, 0])))
    return replace(case, inputs=replace(case.inputs, layers={**case.inputs.layers, "schools": schools}))


def renamed(case: Case) -> Case:
    schools = case.inputs.layers["schools"]
    named = schools.assign(name=["New School", *schools["name"].iloc[1:]])
    return replace(case, inputs=replace(case.inputs, layers={**case.inputs.layers, "schools": named}))


def heavier(case: Case) -> Case:
    demand = case.inputs.demand
    return replace(case, inputs=replace(case.inputs, demand=demand.assign(weight=np.nextafter(demand["weight"], 99))))


def slower(case: Case) -> Case:
    walkers = {name: replace(walker, level_m_s=walker.level_m_s - 0.01) for name, walker in case.walkers.items()}
    return replace(case, walkers=walkers)


def nearer(case: Case) -> Case:
    return replace(case, choices=case.choices.model_copy(update={"limit_minutes": 14}))


def longer(case: Case) -> Case:
    network = case.inputs.network
    edges = network.edges.assign(climb_m=network.edges["climb_m"] + 1e-9)
    return replace(case, inputs=replace(case.inputs, network=replace(network, edges=edges)))


def without_walkways(case: Case) -> Case:
    walkways = case.inputs.layers["walkways"].iloc[1:]
    return replace(case, inputs=replace(case.inputs, layers={**case.inputs.layers, "walkways": walkways}))


def asked_less(case: Case) -> Case:
    return replace(case, standard=case.standard.model_copy(update={"clause": case.standard.clause[1:]}))


@pytest.mark.parametrize("changed", [heavier, slower, nearer, longer, asked_less, without_walkways])
def test_a_case_that_differs_in_what_all_walks_rest_on_finds_nothing(
    town_case: Case, changed: Callable[[Case], Case], tmp_path: Path
) -> None:
    KeptTables(town_case, tmp_path).keep(TABLE)
    other = KeptTables(changed(town_case), tmp_path)
    assert (other.tables, other.missing) == ({}, None)
    pd.testing.assert_frame_equal(KeptTables(replace(town_case), tmp_path).tables["routes"], TABLE["routes"])


@pytest.mark.parametrize("changed", [moved, renamed])
def test_a_case_whose_schools_differ_misses_walks_to_schools_alone(
    town_case: Case, changed: Callable[[Case], Case], tmp_path: Path
) -> None:
    KeptTables(town_case, tmp_path).keep(TABLE)
    other = KeptTables(changed(town_case), tmp_path)
    assert (other.tables, other.missing) == ({}, {"schools"})


def test_rows_that_moved_in_their_file_are_the_same_case(town_case: Case, tmp_path: Path) -> None:
    KeptTables(town_case, tmp_path).keep(TABLE)
    layers = {name: table.assign(**{ROW: range(len(table))}) for name, table in town_case.inputs.layers.items()}
    again = KeptTables(replace(town_case, inputs=replace(town_case.inputs, layers=layers)), tmp_path)
    assert list(again.tables) == ["routes", "layers"]


def level(x: Any, _: Any) -> Any:
    return np.zeros(len(x))


def tables_of(case: Case, layers: set[str] | None) -> dict[str, pd.DataFrame]:
    with isochrones_beside(case, layers=layers) as isochrones:
        return {**_walk_tables(case, level, layers), "isochrones": isochrones()}


@pytest.mark.parametrize("layer", ["schools", "parks"])
def test_walks_to_one_layer_and_kept_ones_are_those_of_a_run_that_knew_none(
    town_case: Case, layer: str, tmp_path: Path
) -> None:
    KeptTables(town_case, tmp_path).keep(tables_of(town_case, None))
    inputs = town_case.inputs
    fewer = {**inputs.layers, layer: inputs.layers[layer].iloc[1:]}
    changed = make_case(replace(inputs, layers=fewer), town_case.standard, town_case.walkers, town_case.choices)
    kept = KeptTables(changed, tmp_path)
    assert kept.missing == {layer}
    anew = tables_of(changed, None)
    for name, table in kept.completed(tables_of(changed, kept.missing)).items():
        assert type(table) is type(anew[name])
        pd.testing.assert_frame_equal(pd.DataFrame(table), pd.DataFrame(anew[name]), check_exact=True, obj=name)
        assert getattr(table, "crs", None) == getattr(anew[name], "crs", None)


def test_other_source_finds_nothing(town_case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    KeptTables(town_case, tmp_path).keep(TABLE)
    monkeypatch.setattr(kept_walks, "_CODE", ("core",))
    other = KeptTables(town_case, tmp_path)
    assert (other.tables, other.missing) == ({}, None)


def test_without_a_cache_nothing_is_kept(town_case: Case) -> None:
    kept = KeptTables(town_case, None)
    kept.keep(TABLE)
    assert kept.tables == {}


def frames(results: Results) -> dict[str, pd.DataFrame]:
    walks = {name: getattr(results.walks, name) for name in Walks.__dataclass_fields__}
    tables = {"communities": results.communities, "facilities": results.facilities, "isochrones": results.isochrones}
    return {**walks, **tables}


def test_a_second_run_takes_them_and_finds_the_same(
    town_study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = load_study(town_study)
    first = run_study(study, cache=tmp_path)

    def not_again(*_: object, **__: object) -> None:
        raise AssertionError("worked out again")

    monkeypatch.setattr("cfgeo.pipeline.run.median_walks", not_again)
    monkeypatch.setattr("cfgeo.assess.isochrones.each_isochrone", not_again)
    second = run_study(study, cache=tmp_path)
    for name, table in frames(first).items():
        again = frames(second)[name]
        assert type(again) is type(table)
        pd.testing.assert_frame_equal(pd.DataFrame(table), pd.DataFrame(again), check_exact=True, obj=name)
        assert getattr(table, "crs", None) == getattr(again, "crs", None)
    with pytest.raises(AssertionError, match="again"):
        run_study(study, cache=tmp_path / "other")
