"""folium's map element without the network: Leaflet comes from an installed package and is written into the page.

folium links Leaflet, Bootstrap and others from a content network; with no network the page stays blank. Here
the links are empty, and Leaflet's own files, which the package ``django-js-lib-leaflet`` carries, are put in.
Django is not needed: the files are read, the package is not imported.
"""

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import folium

from cfgeo.core.errors import OutputError

_PACKAGE, _PACKAGE_NAME = "js_lib_leaflet", "django-js-lib-leaflet"
_SHA256 = {
    "leaflet.js": "db49d009c841f5ca34a888c96511ae936fd9f5533e90d8b2c4d57596f4e5641a",
    "leaflet.css": "a7837102824184820dfa198d1ebcd109ff6d0ff9a2672a074b9a1b4d147d04c6",
    "images/layers.png": "1dbbe9d028e292f36fcba8f8b3a28d5e8932754fc2215b9ac69e4cdecf5107c6",
    "images/layers-2x.png": "066daca850d8ffbef007af00b06eac0015728dee279c51f3cb6c716df7c42edf",
    "images/marker-icon.png": "574c3a5cca85f4114085b6841596d62f00d7c892c7b03f28cbfa301deb1dc437",
}
"""What goes into pages, as Leaflet 1.9.4 was released. The two files' hashes are those that leafletjs.com publishes."""
_MEDIA_TYPES = {".png": "image/png", ".svg": "image/svg+xml", ".gif": "image/gif"}
_URL = re.compile(r"url\(\s*['\"]?(?!data:|#)([^)'\"]+)['\"]?\s*\)")


@dataclass(frozen=True)
class MapParts:
    """folium's map element, rendered.

    Attributes
    ----------
    name : str
        Name of the JavaScript variable that holds the map.
    html, script : str
        The element and the statement that starts the map in it.
    """

    name: str
    html: str
    script: str


class OfflineMap(folium.Map):
    """folium's map with nothing to fetch and with the same id every time."""

    default_js: list[tuple[str, str]] = []  # noqa: RUF012  (folium's own name and type)
    default_css: list[tuple[str, str]] = []  # noqa: RUF012

    @classmethod
    def _generate_id(cls) -> str:
        # folium draws random ids; the same results shall give the same bytes.
        return "cfgeo"


def map_parts(*, location: tuple[float, float], zoom: int, **options: Any) -> MapParts:
    """Render folium's map element, without tiles and without its own controls.

    Only folium's element and script are taken, not its header: that forbids zooming by touch.

    Parameters
    ----------
    location
        Latitude and longitude of the middle.
    zoom
        Leaflet's zoom level to start with.
    **options
        Further options of Leaflet's map, in folium's spelling (``zoom_snap``).
    """
    element = OfflineMap(location=location, zoom_start=zoom, tiles=None, zoom_control=False, **options)
    figure = folium.Figure()
    element.add_to(figure)
    figure.render()
    return MapParts(name=element.get_name(), html=figure.html.render().strip(), script=figure.script.render().strip())


@cache
def leaflet_script() -> str:
    """Return Leaflet's JavaScript, without its pointer to a source map that is missing."""
    script = _read("leaflet.js")
    return re.sub(r"\n?//# sourceMappingURL=\S*\s*$", "\n", script)


@cache
def leaflet_style() -> str:
    """Return Leaflet's style sheet with its images put in as ``data:`` addresses."""
    return _URL.sub(lambda match: f"url({_data_url(match.group(1))})", _read("leaflet.css"))


def _data_url(name: str) -> str:
    return f"data:{_MEDIA_TYPES[Path(name).suffix]};base64,{base64.b64encode(_bytes(name)).decode('ascii')}"


def _read(name: str) -> str:
    return _bytes(name).decode("utf-8")


def _bytes(name: str) -> bytes:
    """Return a file of Leaflet, once its hash was checked: a page runs it in its reader's browser.

    Raises
    ------
    OutputError
        The package or the file is missing, or is not as it was released.
    """
    folder = _folder()
    try:
        content = (folder / name).read_bytes()
    except OSError:
        raise OutputError("leaflet_missing", package=_PACKAGE_NAME) from None
    if hashlib.sha256(content).hexdigest() != _SHA256.get(name):
        raise OutputError("leaflet_changed", package=_PACKAGE_NAME, file=folder / name)
    return content


def _folder() -> Path:
    """Return where the package keeps Leaflet's files."""
    spec = find_spec(_PACKAGE)
    for place in (spec.submodule_search_locations or []) if spec else []:
        folder = Path(place) / "static" / _PACKAGE
        if folder.is_dir():
            return folder
    raise OutputError("leaflet_missing", package=_PACKAGE_NAME)
