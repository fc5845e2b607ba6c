"""``cfgeo.__all__`` is the public API, and every name in it is documented."""

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import cfgeo


def test_all_lists_exactly_the_public_names() -> None:
    values = {name: getattr(cfgeo, name) for name in dir(cfgeo)}
    public = {name for name, value in values.items() if name[0] != "_" and not inspect.ismodule(value)}
    assert cfgeo.__all__ == sorted(public)


@pytest.mark.parametrize("name", cfgeo.__all__)
def test_every_public_name_has_a_docstring_of_its_own(name: str) -> None:
    value = getattr(cfgeo, name)
    assert callable(value)
    assert value.__doc__
    assert value.__doc__.strip().endswith((".", '"')) or "\n" in value.__doc__


@pytest.mark.parametrize("name", [name for name in cfgeo.__all__ if inspect.isfunction(getattr(cfgeo, name))])
def test_every_public_function_is_fully_typed(name: str) -> None:
    signature = inspect.signature(getattr(cfgeo, name))
    assert signature.return_annotation is not inspect.Signature.empty
    for parameter in signature.parameters.values():
        assert parameter.annotation is not inspect.Parameter.empty, parameter.name


def test_importing_cfgeo_prints_nothing() -> None:
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", "import cfgeo"], capture_output=True, encoding="utf-8", check=False
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


def test_importing_cfgeo_does_not_import_slow_libraries() -> None:
    code = "import cfgeo, sys; print({'matplotlib', 'networkx', 'osmnx', 'scipy.ndimage'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert run.stdout.strip() == "set()"


@pytest.mark.parametrize("name", [name for name in cfgeo.__all__ if inspect.isfunction(getattr(cfgeo, name))])
def test_wherever_a_path_goes_a_string_goes(name: str) -> None:
    for parameter in inspect.signature(getattr(cfgeo, name)).parameters.values():
        said = str(parameter.annotation)
        assert "Path" not in said or "str" in said, parameter.name


def test_strings_are_paths(town_study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    study = cfgeo.load_study(str(town_study))
    results = cfgeo.run_study(study, cache="cache")
    assert len([*Path("cache").iterdir()]) >= 2
    made = {path.name for path in cfgeo.publish(results, "out", lang="en", only=("tables",))}
    assert "communities.csv" in made
    assert Path("out", "run.json").is_file()
    assert cfgeo.load_inputs(study, margin_m=2400, cache="cache").crs == results.inputs.crs
    home = results.facilities.to_crs(4326).geometry.iloc[0].centroid
    assert len(cfgeo.reach_from(study, home.x, home.y, minutes=(5,), cache="cache")) == 1
    assert cfgeo.explain_study(study, lonlat=(home.x, home.y), cache="cache")
    assert cfgeo.read_case(study, cache="cache").case.inputs.cached
    assert cfgeo.load_standard("standard.toml", folder=str(town_study.parent)).id == "town"
    Path("changes.csv").write_text(
        "action,layer,kind,name,lon,lat\nadd,schools,primary,New,106.551,29.551\n", encoding="utf-8"
    )
    scenario = cfgeo.load_scenario("changes.csv")
    assert len(cfgeo.whatif_study(study, scenario, cache="cache").scenario.changes) == 1
