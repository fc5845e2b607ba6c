"""The interactive map: one HTML file with everything in it, which works with no network at all."""

import base64
import hashlib
from collections.abc import Collection
from functools import cache
from importlib import resources
from pathlib import Path

import jinja2
import pyproj
from markupsafe import Markup

from cfgeo.publish.leaflet import leaflet_script, leaflet_style, map_parts
from cfgeo.publish.page_data import embedded_json, page_data
from cfgeo.publish.page_links import page_links
from cfgeo.publish.page_tiles import tile_hosts
from cfgeo.publish.page_words import page_words
from cfgeo.results import Results
from cfgeo.schema import WGS84
from cfgeo.strings import Lang

LEAFLET_VERSION = "1.9.4"
_SCRIPTS = (
    "core.js",
    "state.js",
    "map.js",
    "places.js",
    "walks.js",
    "popup.js",
    "table.js",
    "switches.js",
    "legend.js",
    "page.js",
)
_START_ZOOM = 13


def write_page(results: Results, path: Path, *, lang: Lang, beside: Collection[str] = ()) -> None:
    """Write the interactive map.

    Parameters
    ----------
    results
        What the run has found out.
    path
        The file to write.
    lang
        Language of the page.
    beside
        The groups of outputs that are written beside it, and that it leads to.
    """
    path.write_text(page_html(results, lang=lang, beside=beside), encoding="utf-8", newline="\n")


def page_html(results: Results, *, lang: Lang, beside: Collection[str] = ()) -> str:
    """Return the page. The same results give the same text."""
    # folium takes what it is given for a template, so no text of the user's goes through it.
    element = map_parts(
        location=_middle(results),
        zoom=_START_ZOOM,
        zoom_snap=0.25,
        zoom_delta=0.5,
        wheel_px_per_zoom_level=120,
        max_zoom=19,
        min_zoom=10,
        attribution_control=False,
        fade_animation=False,
    )
    links = page_links(results, beside, lang=lang)
    script = "\n".join(asset(name) for name in _SCRIPTS)
    start = f"(function (map) {{\n'use strict';\n{script}\n}})({element.name});"
    scripts = [leaflet_script(), f"{element.script}\n{start}"]
    return template("page.html").render(
        **page_words(results, lang=lang),
        map=Markup(element.html),  # noqa: S704  (folium's own element; holds no text of the user's)
        styles=[Markup(leaflet_style()), Markup(asset("page.css"))],  # noqa: S704  (our own files)
        scripts=[Markup(f"\n{body}\n") for body in scripts],  # noqa: S704  (our own files)
        tile_hosts=tile_hosts(results),
        hashes=" ".join(f"'{script_hash(body)}'" for body in scripts),
        data=Markup(embedded_json(page_data(results, lang=lang) | {"links": links})),  # noqa: S704  (escaped there)
        leaflet_version=LEAFLET_VERSION,
    )


def script_hash(script: str) -> str:
    """Return the hash by which the page's policy knows a script; no other script runs."""
    body = f"\n{script}\n".encode()
    return f"sha256-{base64.b64encode(hashlib.sha256(body).digest()).decode('ascii')}"


def _middle(results: Results) -> tuple[float, float]:
    """Return latitude and longitude of the middle of the communities."""
    west, south, east, north = results.communities.total_bounds
    transformer = pyproj.Transformer.from_crs(results.inputs.crs, WGS84, always_xy=True)
    lon, lat = transformer.transform((west + east) / 2, (south + north) / 2)
    return round(lat, 5), round(lon, 5)


@cache
def asset(name: str) -> str:
    """Return the text of one of the package's files for pages."""
    return resources.files("cfgeo.publish").joinpath("assets", name).read_text(encoding="utf-8")


@cache
def template(name: str) -> jinja2.Template:
    """Return one of the package's pages, not filled in; what is filled in is escaped."""
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    return environment.from_string(asset(name))
