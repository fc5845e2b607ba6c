"""A study's files as a case, and what changes of its streets are cut from."""

from pathlib import Path

from worlds.studies import case_of, without_table
from worlds.town import write_town

from cfgeo import load_study
from cfgeo.pipeline import about_of, load_case, parameters_of, streets_of


def test_a_case_is_read_and_joined_once_as_two_stages(town_study: Path) -> None:
    told: list[str] = []
    case, expected = load_case(load_study(town_study), tell=told.append), case_of(load_study(town_study))
    assert told == ["read", "snap"]
    assert case.ground.demand.equals(expected.ground.demand)
    assert list(case.walkers) == list(expected.walkers)


def test_homes_are_taken_from_new_streets_only_where_they_are_streets(tmp_path: Path, town_study: Path) -> None:
    study = load_study(town_study)
    assert streets_of(study, load_case(study)).homes is None
    without = load_study(without_table(write_town(tmp_path), "demand"))
    case = load_case(without)
    homes = streets_of(without, case).homes
    assert homes is not None
    assert homes(case.inputs.network).geometry.geom_equals_exact(case.inputs.demand.geometry, 1e-9).all()


def test_what_numbers_stand_on(town_study: Path) -> None:
    study = load_study(town_study)
    case = case_of(study)
    about, parameters = about_of(study, case), parameters_of(study, case)
    assert (about["title"], about["standard"]) == (study.study.title, case.standard.id)
    assert set(about["dates"]) == {file.role for file in case.inputs.files if file.date}
    assert [clause["id"] for clause in parameters["clauses"]] == [clause.id for clause in case.standard.clause]
    assert set(parameters["walkers"]) == set(case.walkers)
