"""Leaflet goes into a page only as it was released."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from cfgeo.core.errors import OutputError
from cfgeo.publish.page import leaflet


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of Leaflet's files that may be changed."""
    folder = tmp_path / "leaflet"
    shutil.copytree(leaflet._folder(), folder)
    monkeypatch.setattr(leaflet, "_folder", lambda: folder)
    leaflet.leaflet_script.cache_clear()
    leaflet.leaflet_style.cache_clear()
    yield folder
    leaflet.leaflet_script.cache_clear()
    leaflet.leaflet_style.cache_clear()


def test_leaflet_goes_into_a_page_as_it_was_released(package: Path) -> None:
    assert "Leaflet 1.9.4" in leaflet.leaflet_script()
    assert leaflet.leaflet_style().count("data:image/png;base64,") == 3


@pytest.mark.parametrize("name", ["leaflet.js", "leaflet.css", "images/layers.png"])
def test_a_changed_file_goes_into_no_page(package: Path, name: str) -> None:
    with (package / name).open("ab") as stream:
        stream.write(b"\nfetch('https://example.org')")
    with pytest.raises(OutputError, match="not as it was released") as caught:
        (leaflet.leaflet_script if name.endswith(".js") else leaflet.leaflet_style)()
    assert caught.value.code == "leaflet_changed"


def test_a_missing_file_is_an_error_that_names_the_package(package: Path) -> None:
    (package / "leaflet.css").unlink()
    with pytest.raises(OutputError, match="django-js-lib-leaflet"):
        leaflet.leaflet_style()
