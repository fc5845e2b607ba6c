"""What all pages have in common: one HTML file with everything in it, which runs no scripts but its own."""

import base64
import hashlib
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any

import geopandas as gpd
import jinja2
import pyproj
from markupsafe import Markup

from cfgeo.core.schema import WGS84
from cfgeo.publish.page.bundle import bundle
from cfgeo.publish.page.data import embedded_json
from cfgeo.publish.page.leaflet import leaflet_script, leaflet_style, map_parts

_START_ZOOM = 13
_USUAL = {"zoom_snap": 0.25, "attribution_control": False, "fade_animation": False}


def framed(
    page: str,
    around: gpd.GeoDataFrame,
    data: Any,
    *,
    scripts: Sequence[str],
    styles: Sequence[str],
    options: dict[str, Any] = _USUAL,
    **words: Any,
) -> str:
    """Return a page with its map, scripts, styles and data. The same values give the same text.

    folium takes what it is given for a template, so no text of the user's goes through it.

    Parameters
    ----------
    page
        Template, of the package's files for pages.
    around
        Communities, whose middle the map shows first.
    data
        What its scripts read, ready for JSON.
    scripts
        Files that the page starts with; with what they import they run as one function of the map.
    styles
        Files.
    options
        Of Leaflet's map, in folium's spelling.
    **words
        What the template writes; all of it is escaped.
    """
    element = map_parts(location=_middle(around), zoom=_START_ZOOM, **options)
    start = f"(function (map) {{\n'use strict';\n{bundle(scripts, asset)}\n}})({element.name});"
    bodies = [leaflet_script(), f"{element.script}\n{start}"]
    return template(page).render(
        **words,
        map=Markup(element.html),  # noqa: S704  (folium's own element; holds no text of the user's)
        styles=[Markup(style) for style in (leaflet_style(), *map(asset, styles))],  # noqa: S704  (our own files)
        scripts=[Markup(f"\n{body}\n") for body in bodies],  # noqa: S704  (our own files)
        hashes=" ".join(f"'{script_hash(body)}'" for body in bodies),
        data=Markup(embedded_json(data)),  # noqa: S704  (escaped there)
    )


def script_hash(script: str) -> str:
    """Return the hash by which the page's policy knows a script; no other script runs."""
    body = f"\n{script}\n".encode()
    return f"sha256-{base64.b64encode(hashlib.sha256(body).digest()).decode('ascii')}"


@cache
def asset(name: str) -> str:
    """Return the text of one of the package's files for pages."""
    return resources.files("cfgeo.publish.page").joinpath("assets", name).read_text(encoding="utf-8")


@cache
def template(name: str) -> jinja2.Template:
    """Return one of the package's pages, not filled in; what is filled in is escaped."""
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(asset),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment.get_template(name)


def _middle(around: gpd.GeoDataFrame) -> tuple[float, float]:
    """Return latitude and longitude of the middle of some communities."""
    west, south, east, north = around.total_bounds
    transformer = pyproj.Transformer.from_crs(around.crs, WGS84, always_xy=True)
    lon, lat = transformer.transform((west + east) / 2, (south + north) / 2)
    return round(lat, 5), round(lon, 5)
