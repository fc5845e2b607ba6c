"""A what-if → one HTML file: the map before and after, and what changes. It works with no network at all."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import shapely

from cfgeo.core.scenario import Change
from cfgeo.core.schema import NOT_ASSESSED
from cfgeo.core.strings import Lang, name_of
from cfgeo.core.whatif import WhatIf
from cfgeo.publish.geometry import UNITS_PER_DEGREE, Projector, drawn_shapes, simplified_coverage, street_lines
from cfgeo.publish.page.data import base_map
from cfgeo.publish.page.frame import render_page
from cfgeo.publish.page.ground import land_data
from cfgeo.publish.words.changes import clause_cells
from cfgeo.publish.words.names import clause_titles, map_texts, texts_of, verdict_names
from cfgeo.publish.words.numbers import SHARE_DECIMALS, number
from cfgeo.publish.words.whatif import (
    change_list,
    change_words,
    clause_words,
    cost_words,
    headline_words,
    near_words,
    shape_of,
    title_words,
)


def whatif_html(whatif: WhatIf, *, lang: Lang) -> str:
    """Return the page. The same results give the same text, apart from the seconds that measuring took.

    Parameters
    ----------
    whatif
        What :func:`cfgeo.whatif_study` gives.
    lang
        Language of the page.
    """
    status = whatif.parameters["study"]["status"]
    return render_page(
        "whatif/whatif.html",
        whatif.communities,
        whatif_data(whatif, lang=lang),
        scripts=["whatif/whatif.js"],
        styles=["shared/base.css", "shared/changes.css"],
        lang=lang,
        title=title_words(whatif, lang),
        status=status,
        status_text=name_of("word", status, lang),
        say=texts_of("whatif", lang),
        lines=[
            headline_words(whatif, lang),
            *change_words(whatif, lang),
            *cost_words(whatif.scenario.changes, lang),
        ],
        changes=change_list(whatif, lang),
        clauses=clause_words(whatif, lang),
        near=near_words(whatif, lang),
    )


def whatif_data(whatif: WhatIf, *, lang: Lang) -> dict[str, Any]:
    """Return what the page's script needs.

    Parameters
    ----------
    whatif
        What :func:`cfgeo.whatif_study` gives.
    lang
        Language of names.
    """
    projector, rows = Projector(whatif.inputs.crs), whatif.communities
    bounds, shapes = rows.total_bounds, simplified_coverage(rows)
    titles, basis = clause_titles(whatif.parameters, lang), whatif.parameters["demand_basis"]
    changes = dict(iter(whatif.coverage.groupby("code", sort=False)))
    communities = [
        {
            "code": str(row.code),
            "name": str(row.community),
            "office": str(row.street_office),
            "before": row.before,
            "after": row.after,
            "change": row.change,
            "clauses": clause_cells(changes[row.code], titles, lang, basis=basis),
            "shape": projector.polygons(shape),
            "label": projector.point(label),
        }
        for row, shape, label in zip(
            rows.reset_index().itertuples(), shapes, shapely.point_on_surface(shapes), strict=True
        )
    ]
    return {
        "lang": lang,
        "units": UNITS_PER_DEGREE,
        "bounds": projector.bounds(bounds),
        "texts": map_texts("whatif", lang),
        "verdicts": verdict_names(lang),
        "communities": communities,
        "clauses": _clause_changes(whatif, titles),
        "changes": [
            {**drawn, "what": what, "mark": str(change.nth)}
            for change, what in zip(whatif.scenario.changes, change_list(whatif, lang), strict=True)
            for drawn in _drawn(whatif, change)
        ],
        "junctions": whatif.junctions[["lat", "lon"]].to_numpy().tolist(),
        "streets": street_lines(whatif.inputs.network, projector, bounds),
        "ground": base_map(whatif.inputs, projector),
        "land": land_data(whatif.ground, projector, crs=whatif.inputs.crs, lang=lang),
    }


def _clause_changes(whatif: WhatIf, titles: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return each clause that changes somewhere, with its values in every community."""
    measures = {clause["id"]: clause["measure"] for clause in whatif.parameters["clauses"]}
    clauses = []
    for clause, rows in whatif.coverage.groupby("clause", sort=False):
        reach, by_code = measures[clause] == "reach", rows.set_index("code").reindex(whatif.communities.index)
        value = "share" if reach else "places"
        was, now = (_values(by_code[f"{value}_{side}"]) for side in ("before", "after"))
        before, after = (by_code[f"verdict_{side}"].fillna(NOT_ASSESSED).tolist() for side in ("before", "after"))
        if was != now or before != after:
            clauses.append({
                "id": clause, "name": titles[str(clause)], "reach": reach,
                "was": was, "now": now, "before": before, "after": after,
            })  # fmt: skip
    return clauses


def _values(column: pd.Series) -> list[float | None]:
    """Return shares or numbers of places as the tables round them; None where there is none."""
    return [number(value, SHARE_DECIMALS) for value in column]


def _drawn(whatif: WhatIf, change: Change) -> list[dict[str, Any]]:
    """Return the shapes of one change as they are drawn; none where it is nowhere."""
    shape = shape_of(whatif, change)
    return [] if shape is None else drawn_shapes(shape)
