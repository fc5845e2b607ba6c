"""What all pages have in common: one HTML file with everything in it, which runs no scripts but its own."""

import base64
import hashlib
import json
from collections.abc import Iterable, Sequence
from functools import cache
from importlib import resources
from itertools import zip_longest
from typing import Any

import geopandas as gpd
import jinja2
import pyproj
from markupsafe import Markup

from cfgeo.core.schema import WGS84
from cfgeo.core.strings import Lang, name_of
from cfgeo.publish.colours import page_colours
from cfgeo.publish.page.bundle import bundle
from cfgeo.publish.page.data import embedded_json
from cfgeo.publish.page.leaflet import leaflet_script, leaflet_style
from cfgeo.publish.safe_text import clean
from cfgeo.publish.words.names import texts_of

_START_ZOOM = 13
_MAP_OPTIONS = {"zoomSnap": 0.25, "attributionControl": False, "fadeAnimation": False}


def render_page(
    name: str,
    communities: gpd.GeoDataFrame,
    data: Any,
    *,
    scripts: Sequence[str],
    styles: Sequence[str],
    options: dict[str, Any] = _MAP_OPTIONS,
    **words: Any,
) -> str:
    """Return a page with its map, scripts, styles and data. The same values give the same text.

    Parameters
    ----------
    name
        The page's template in ``assets/``.
    communities
        The map starts at the middle of them.
    data
        What the scripts read, ready for JSON.
    scripts
        Files in ``assets/`` that the page starts with. With what they import, they run as one function of the map.
    styles
        Files in ``assets/``, a later one over an earlier one.
    options
        Options of Leaflet's map.
    **words
        What the template writes; all of it is escaped.
    """
    view = json.dumps({"center": _middle(communities), "zoom": _START_ZOOM, "zoomControl": False, **options})
    start = f"(function (map) {{\n'use strict';\n{_script(*scripts)}\n}})(L.map('map', {view}));"
    bodies = [leaflet_script(), start]
    return template(name).render(
        **words,
        styles=[own_markup(style) for style in (leaflet_style(), *map(asset, styles))],
        scripts=[own_markup(f"\n{body}\n") for body in bodies],
        hashes=" ".join(f"'{script_hash(body)}'" for body in bodies),
        data=own_markup(clean(embedded_json({**data, "colours": page_colours()}))),  # escaped there
    )


def render_still(section: str, *, title: str, status: str, lang: Lang, styles: Sequence[str], **words: Any) -> str:
    """Return a page without a map and without scripts. The same values give the same text.

    Parameters
    ----------
    section
        Of the texts; the page's template has its name.
    title
        Of the page.
    status
        How good the data is.
    lang
        Language of the words.
    styles
        Files in ``assets/``, a later one over an earlier one.
    **words
        What the template writes; all of it is escaped.
    """
    return template(f"{section}/{section}.html").render(
        **words,
        title=title,
        status=status,
        status_text=name_of("word", status, lang),
        lang="zh-Hans" if lang == "zh" else "en",
        say=texts_of(section, lang),
        styles=[own_markup(asset(style)) for style in ("shared/base.css", *styles)],
        scripts=[],
        hashes="'none'",
        data="null",
    )


def still_table(
    heads: Sequence[str], rows: Iterable[Sequence[Any]], *, title: str = "", links: Iterable[str] = ()
) -> dict[str, Any]:
    """Return what the macro ``table`` of such a page writes.

    Parameters
    ----------
    heads, rows
        Names of the columns, and the cells of each row.
    title
        What stands above it.
    links
        Where the first cell of each row leads; "" for nowhere.
    """
    pairs = zip_longest(rows, links, fillvalue="")
    return {"title": title, "heads": heads, "rows": [{"cells": cells, "href": href} for cells, href in pairs]}


def own_markup(body: str) -> Markup:
    """Return markup that is not escaped: our own files alone, never a text of a user."""
    return Markup(body)  # noqa: S704


def script_hash(script: str) -> str:
    """Return the hash by which the page's Content-Security-Policy allows a script; no other script runs."""
    body = f"\n{script}\n".encode()
    return f"sha256-{base64.b64encode(hashlib.sha256(body).digest()).decode('ascii')}"


@cache
def _script(*entries: str) -> str:
    """Return the scripts of a page as one text."""
    return bundle(entries, asset)


@cache
def asset(name: str) -> str:
    """Return the text of a file in ``assets/``."""
    return resources.files("cfgeo.publish.page").joinpath("assets", name).read_text(encoding="utf-8")


@cache
def template(name: str) -> jinja2.Template:
    """Return a template in ``assets/``, which escapes what is filled in."""
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(asset),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        finalize=lambda value: clean(value) if type(value) is str else value,  # a user's text, and no markup of ours
    )
    return environment.get_template(name)


def _middle(communities: gpd.GeoDataFrame) -> tuple[float, float]:
    """Return latitude and longitude of the middle of the communities' bounds."""
    west, south, east, north = communities.total_bounds
    transformer = pyproj.Transformer.from_crs(communities.crs, WGS84, always_xy=True)
    lon, lat = transformer.transform((west + east) / 2, (south + north) / 2)
    return round(lat, 5), round(lon, 5)
