"""A what-if → one HTML file: the map before and after, and what changes. It works with no network at all."""

from typing import Any

from cfgeo.core.scenario import Change
from cfgeo.core.schema import FAILED, NOT_ASSESSED, PASSED
from cfgeo.core.strings import Lang, name_of, section
from cfgeo.core.whatif import WhatIf
from cfgeo.publish.geometry import UNITS_PER_DEGREE, Projector, drawn_shapes, simplified_coverage, street_lines
from cfgeo.publish.page.frame import framed
from cfgeo.publish.words.changes import clause_cells
from cfgeo.publish.words.whatif import (
    change_words,
    clause_titles,
    clause_words,
    headline_words,
    shape_of,
    title_words,
    what_words,
)


def whatif_html(found: WhatIf, *, lang: Lang) -> str:
    """Return the page. The same results give the same text, apart from what it took to measure.

    Parameters
    ----------
    found
        What :func:`cfgeo.whatif_study` gives.
    lang
        Language of the page.
    """
    status = found.parameters["study"]["status"]
    return framed(
        "whatif/whatif.html",
        found.communities,
        whatif_data(found, lang=lang),
        scripts=["shared/base.js", "shared/changes.js", "whatif/whatif.js"],
        styles=["shared/changes.css"],
        lang=lang,
        title=title_words(found, lang),
        status=status,
        status_text=name_of("word", status, lang),
        say={key: words[lang] for key, words in section("whatif").items()},
        lines=[headline_words(found, lang), *change_words(found, lang)],
        clauses=clause_words(found, lang),
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
            "clauses": clause_cells(told[row.code], titles, lang),
            "shape": projector.polygons(shape),
        }
        for row, shape in zip(rows.reset_index().itertuples(), simplified_coverage(rows), strict=True)
    ]
    return {
        "lang": lang,
        "units": UNITS_PER_DEGREE,
        "bounds": [*corners[0], *corners[1]],
        "texts": {key: words[lang] for key, words in section("whatif").items()},
        "verdicts": {word: name_of("word", word, lang) for word in (PASSED, FAILED, NOT_ASSESSED)},
        "communities": communities,
        "changes": [drawn for change in found.scenario.changes for drawn in _drawn(found, change, lang)],
        "junctions": found.junctions[["lat", "lon"]].to_numpy().tolist(),
        "streets": street_lines(found.inputs.network, projector, bounds),
    }


def _drawn(found: WhatIf, change: Change, lang: Lang) -> list[dict[str, Any]]:
    """Return one change as it is drawn; nothing where only attributes of the network change."""
    shape = shape_of(found, change)
    return [] if shape is None else [{**one, "what": what_words(change, lang)} for one in drawn_shapes(shape)]
