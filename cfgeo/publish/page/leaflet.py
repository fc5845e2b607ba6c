"""folium's map element without the network: Leaflet comes from an installed package and is written into the page.

folium links Leaflet, Bootstrap and others from a content network; with no network the page stays blank. Here
the links are empty, and Leaflet's own files, which the package ``django-js-lib-leaflet`` carries, are put in.
Django is not needed: the files are read, the package is not imported.
"""

import base64
import re
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import folium

from cfgeo.core.errors import OutputError

_PACKAGE = "js_lib_leaflet"
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
    image = _folder() / name
    return f"data:{_MEDIA_TYPES[image.suffix]};base64,{base64.b64encode(image.read_bytes()).decode('ascii')}"


def _read(name: str) -> str:
    return (_folder() / name).read_text(encoding="utf-8")


def _folder() -> Path:
    """Return where the package keeps Leaflet's files."""
    spec = find_spec(_PACKAGE)
    for place in (spec.submodule_search_locations or []) if spec else []:
        folder = Path(place) / "static" / _PACKAGE
        if (folder / "leaflet.js").is_file():
            return folder
    raise OutputError("leaflet_missing", package="django-js-lib-leaflet")
