"""The page of a run as a session serves it: the same, and a desk for changes."""

from typing import Any

from cfgeo.core.results import Results
from cfgeo.core.scenario import LINK_TAGS
from cfgeo.core.strings import KIND_MARK, Lang, name_of
from cfgeo.publish.page.data import signed_facilities
from cfgeo.publish.page.run import page_html
from cfgeo.publish.words.names import texts_of


def open_html(results: Results, *, lang: Lang, read_only: bool = False) -> str:
    """Return the page; the same results give the same text.

    Parameters
    ----------
    results
        The study as it is.
    lang
        Language of the page.
    read_only
        Whether it offers no changes.
    """
    return page_html(results, lang=lang, desk=desk_data(results, lang=lang, read_only=read_only))


def desk_data(results: Results, *, lang: Lang, read_only: bool) -> dict[str, Any]:
    """Return what the desk needs: ids of facilities, and what can be built."""
    facilities = signed_facilities(results.facilities)
    layers = [layer for layer in results.inputs.layers if layer in set(facilities["layer"])]
    return {
        "texts": texts_of("desk", lang),
        "readOnly": read_only,
        "ids": [str(facility) for facility in facilities.index],
        "layers": {layer: _kinds(results, layer) for layer in layers},
        "kinds": {kind: name_of("kind", kind, lang) for layer in layers for kind in _kinds(results, layer)},
        "links": {link: name_of("whatif", link, lang) for link in LINK_TAGS},
    }


def _kinds(results: Results, layer: str) -> list[str]:
    """Return the kinds that a layer's clauses ask for, then those that its places have."""
    asked = [
        kind
        for clause in results.parameters["clauses"]
        if clause.get("layer") == layer
        for kind in clause.get("kind") or ()
    ]
    own = [kind for kinds in results.inputs.layers[layer]["kind"].unique() for kind in str(kinds).split(KIND_MARK)]
    return list(dict.fromkeys([*asked, *own]))
