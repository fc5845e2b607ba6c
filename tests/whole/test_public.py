"""``cfgeo.__all__`` is the public API, and every name in it is documented."""

import inspect
import subprocess
import sys

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
