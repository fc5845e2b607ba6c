"""A what-if → one HTML file: the map before and after, and what changes. It works with no network at all."""

from typing import Any

from cfgeo.core.scenario import Change
from cfgeo.core.strings import Lang, name_of
from cfgeo.core.whatif import WhatIf
from cfgeo.publish.geometry import UNITS_PER_DEGREE, Projector, drawn_shapes, simplified_coverage, street_lines
from cfgeo.publish.page.frame import render_page
from cfgeo.publish.words.changes import clause_cells
from cfgeo.publish.words.names import clause_titles, texts_of, verdict_names
from cfgeo.publish.words.whatif import (
    change_words,
    clause_words,
    headline_words,
    shape_of,
    title_words,
    what_words,
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
        lines=[headline_words(whatif, lang), *change_words(whatif, lang)],
        clauses=clause_words(whatif, lang),
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
    bounds = rows.total_bounds
    titles = clause_titles(whatif.parameters, lang)
    changes = dict(iter(whatif.coverage.groupby("code", sort=False)))
    communities = [
        {
            "code": str(row.code),
            "name": str(row.community),
            "office": str(row.street_office),
            "before": row.before,
            "after": row.after,
            "change": row.change,
            "clauses": clause_cells(changes[row.code], titles, lang),
            "shape": projector.polygons(shape),
        }
        for row, shape in zip(rows.reset_index().itertuples(), simplified_coverage(rows), strict=True)
    ]
    return {
        "lang": lang,
        "units": UNITS_PER_DEGREE,
        "bounds": projector.bounds(bounds),
        "texts": texts_of("whatif", lang),
        "verdicts": verdict_names(lang),
        "communities": communities,
        "changes": [drawn for change in whatif.scenario.changes for drawn in _drawn(whatif, change, lang)],
        "junctions": whatif.junctions[["lat", "lon"]].to_numpy().tolist(),
        "streets": street_lines(whatif.inputs.network, projector, bounds),
    }


def _drawn(whatif: WhatIf, change: Change, lang: Lang) -> list[dict[str, Any]]:
    """Return the shapes of one change as they are drawn; none where only attributes of the network change."""
    shape = shape_of(whatif, change)
    return [] if shape is None else [{**drawn, "what": what_words(change, lang)} for drawn in drawn_shapes(shape)]
