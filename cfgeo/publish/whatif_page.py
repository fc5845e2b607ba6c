"""A what-if → one HTML file: the map before and after, and what changes. It works with no network at all."""

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyproj
import shapely
from markupsafe import Markup

from cfgeo.publish.leaflet import leaflet_script, leaflet_style, map_parts
from cfgeo.publish.page import asset, script_hash, template
from cfgeo.publish.page_data import embedded_json
from cfgeo.publish.page_geometry import UNITS_PER_DEGREE, Projector, simplified_coverage, street_lines
from cfgeo.publish.page_words import amount, percent
from cfgeo.publish.whatif_words import (
    change_words,
    clause_titles,
    clause_words,
    headline_words,
    shape_of,
    title_words,
    what_words,
)
from cfgeo.results import WhatIf
from cfgeo.scenario import Change
from cfgeo.schema import FAILED, NOT_ASSESSED, PASSED, SEARCH_MINUTES, WGS84
from cfgeo.strings import Lang, name_of, section

_START_ZOOM = 13
_KINDS = ("point", "line", "area")  # by dimension


def whatif_html(found: WhatIf, *, lang: Lang) -> str:
    """Return the page. The same results give the same text, apart from what it took to measure.

    Parameters
    ----------
    found
        What :func:`cfgeo.whatif_study` gives.
    lang
        Language of the page.
    """
    element = map_parts(location=_middle(found), zoom=_START_ZOOM, zoom_snap=0.25, attribution_control=False)
    start = f"(function (map) {{\n'use strict';\n{asset('whatif.js')}\n}})({element.name});"
    scripts = [leaflet_script(), f"{element.script}\n{start}"]
    status = found.parameters["study"]["status"]
    return template("whatif.html").render(
        lang=lang,
        title=title_words(found, lang),
        status=status,
        status_text=name_of("word", status, lang),
        say={key: words[lang] for key, words in section("whatif").items()},
        lines=[headline_words(found, lang), *change_words(found, lang)],
        clauses=clause_words(found, lang),
        map=Markup(element.html),  # noqa: S704  (folium's own element; holds no text of the user's)
        styles=[Markup(leaflet_style()), Markup(asset("whatif.css"))],  # noqa: S704  (our own files)
        scripts=[Markup(f"\n{body}\n") for body in scripts],  # noqa: S704  (our own files)
        hashes=" ".join(f"'{script_hash(body)}'" for body in scripts),
        data=Markup(embedded_json(whatif_data(found, lang=lang))),  # noqa: S704  (escaped there)
    )


def whatif_data(found: WhatIf, *, lang: Lang) -> dict[str, Any]:
    """Return what the page's script needs.

    Parameters
    ----------
    found
        What :func:`cfgeo.whatif_study` gives.
    lang
        Language of names.
    """
    projector, rows = Projector(found.inputs.crs), found.communities
    bounds = rows.total_bounds
    titles = clause_titles(found, lang)
    told = dict(iter(found.coverage.groupby("code", sort=False)))
    corners = projector.units(bounds.reshape(2, 2)).tolist()
    communities = [
        {
            "code": str(row.code),
            "name": str(row.community),
            "office": str(row.street_office),
            "before": row.before,
            "after": row.after,
            "change": row.change,
            "clauses": _clauses(told[row.code], titles, lang),
            "shape": projector.polygons(shape),
        }
        for row, shape in zip(rows.reset_index().itertuples(), simplified_coverage(rows), strict=True)
    ]
    return {
        "units": UNITS_PER_DEGREE,
        "bounds": [*corners[0], *corners[1]],
        "texts": {key: words[lang] for key, words in section("whatif").items()},
        "verdicts": {word: name_of("word", word, lang) for word in (PASSED, FAILED, NOT_ASSESSED)},
        "communities": communities,
        "changes": [_change(found, change, lang) for change in found.scenario.changes],
        "junctions": found.junctions[["lat", "lon"]].to_numpy().tolist(),
        "streets": street_lines(found.inputs.network, projector, bounds),
    }


def _clauses(part: pd.DataFrame, titles: dict[str, str], lang: Lang) -> list[list[str]]:
    """Return the clauses of one community that change: name, before, after, demand newly in reach or no longer."""
    rows = []
    for row in part.to_dict("records"):
        if row["change"] or any(round(row[name], 1) for name in ("gained", "lost") if pd.notna(row[name])):
            said = [_value(row, side, lang) for side in ("before", "after")]
            more = "" if pd.isna(row["gained"]) else amount(row["gained"] - row["lost"], lang)
            rows.append([titles[row["clause"]], *said, more, row["change"]])
    return rows


def _value(row: Mapping[Hashable, Any], side: str, lang: Lang) -> str:
    share, minutes = row[f"share_{side}"], row[f"median_minutes_{side}"]
    if pd.isna(share):
        return amount(row[f"places_{side}"], lang)
    walk = f">{SEARCH_MINUTES:.0f}" if np.isinf(minutes) else f"{minutes:.1f}"
    return f"{percent(share, lang)} · {walk}′"


def _change(found: WhatIf, change: Change, lang: Lang) -> dict[str, Any]:
    """Return one change with its shape as Leaflet's positions."""
    shape = shape_of(found, change)
    if shape is None:
        shape = shapely.MultiPoint()
    dimension, parts = max(0, shapely.get_dimensions(shape)), shapely.get_parts(shape)
    lines = shapely.get_exterior_ring(parts) if dimension == len(_KINDS) - 1 else parts
    at = [np.round(shapely.get_coordinates(line)[:, ::-1], 6).tolist() for line in lines]
    return {"kind": _KINDS[dimension], "at": at, "what": what_words(change, lang)}


def _middle(found: WhatIf) -> tuple[float, float]:
    west, south, east, north = found.communities.total_bounds
    transformer = pyproj.Transformer.from_crs(found.inputs.crs, WGS84, always_xy=True)
    lon, lat = transformer.transform((west + east) / 2, (south + north) / 2)
    return round(lat, 5), round(lon, 5)
