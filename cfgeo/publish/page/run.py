"""The interactive map: one HTML file with everything in it, which works with no network at all."""

import dataclasses
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cfgeo.core.results import Results
from cfgeo.core.strings import Lang, text
from cfgeo.publish.geometry import Projector
from cfgeo.publish.page.data import page_data
from cfgeo.publish.page.frame import render_page
from cfgeo.publish.page.ground import tile_hosts
from cfgeo.publish.page.links import page_links
from cfgeo.publish.page.plan import plan_chart, plan_data
from cfgeo.publish.words.run import page_words, pending_words
from cfgeo.publish.words.story.scenes import story_of

LEAFLET_VERSION = "1.9.4"
_OPTIONS = {
    "zoomSnap": 0.25,
    "zoomDelta": 0.5,
    "wheelPxPerZoomLevel": 120,
    "maxZoom": 19,
    "minZoom": 10,
    "attributionControl": False,
    "fadeAnimation": False,
}


@dataclass(frozen=True)
class PageParts:
    """What a run's page has whatever is beside it: what its scripts read, and what its template writes."""

    data: dict[str, Any]
    words: dict[str, Any]


def page_parts(results: Results, *, lang: Lang) -> PageParts:
    """Return what all pages of a run have in common, for those who write several."""
    parts = PageParts(page_data(results, lang=lang), page_words(results, lang=lang))
    results.pieces.keep()
    return parts


def write_page(results: Results, path: Path, *, lang: Lang, beside: Collection[str] = ()) -> None:
    """Write the interactive map; see :func:`page_html`."""
    path.write_text(page_html(results, lang=lang, beside=beside), encoding="utf-8", newline="\n")


def page_html(
    results: Results,
    *,
    lang: Lang,
    beside: Collection[str] = (),
    pending: Collection[str] = (),
    parts: PageParts | None = None,
    desk: dict[str, Any] | None = None,
) -> str:
    """Return the interactive map. The same results give the same text.

    Parameters
    ----------
    results
        What the run has found out.
    lang
        Language of the page.
    beside
        The groups of outputs that are beside it, and that it leads to.
    pending
        The groups of outputs that are still being made.
    parts
        What :func:`page_parts` gives, where it is there already.
    desk
        What a page that a session serves has besides.
    """
    parts = parts or page_parts(results, lang=lang)
    data = parts.data | {"links": page_links(results, beside, lang=lang)}
    data["story"] = [dataclasses.asdict(scene) for scene in story_of(results, lang, pending="plan" in pending)]
    scripts, styles, tab = ["run/page.js"], ["shared/base.css", "run/page.css", "run/story.css", "run/way.css"], ""
    chart: dict[str, Any] = {}
    if results.plan is not None:
        data["plan"] = plan_data(results.plan, Projector(results.inputs.crs), lang=lang)
        scripts.insert(0, "run/plan.js")
        styles += ["shared/frontier.css", "run/plan.css"]
        chart = plan_chart(results.plan, lang=lang)
        tab = text("run_plan.plan_tab", lang)
    if desk is not None:
        data["desk"] = desk
        scripts.append("desk/desk.js")
        styles.append("desk/desk.css")
    return render_page(
        "run/page.html",
        results.communities,
        data,
        scripts=scripts,
        styles=styles,
        options=_OPTIONS,
        **parts.words,
        plan_tab=tab,
        **chart,
        pending=pending_words(pending, lang),
        tile_hosts=tile_hosts(results),
        asks=desk is not None,
        leaflet_version=LEAFLET_VERSION,
    )
