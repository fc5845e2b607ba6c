"""Leaflet without the network: its files come from an installed package and are written into the page.

The package ``django-js-lib-leaflet`` carries them. Django is not needed: the files are read, the package is not
imported.
"""

import base64
import hashlib
import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path

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
