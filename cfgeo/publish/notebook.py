"""Results → a map for a notebook, by folium; the page of a run is made by ``page``."""

from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from cfgeo.core.errors import StudyError
from cfgeo.core.results import Results
from cfgeo.core.schema import NOT_ASSESSED, WGS84
from cfgeo.core.strings import DEFAULT_LANG, Lang
from cfgeo.publish.colours import VERDICT_FILLS
from cfgeo.publish.words.clauses.found import compare_of
from cfgeo.publish.words.clauses.standing import verdict_classes
from cfgeo.publish.words.names import verdict_names
from cfgeo.publish.words.numbers import beside_text

if TYPE_CHECKING:
    import folium


def explore(results: Results, *, clause: str | None = None, lang: Lang = DEFAULT_LANG) -> "folium.Map":
    """Return the communities as an interactive map, which a notebook shows.

    Parameters
    ----------
    results
        What :func:`cfgeo.run_study` gives.
    clause
        The id of a clause of communities, to colour by its verdicts; by the communities' own when missing.
    lang
        Language of the words.

    Raises
    ------
    StudyError
        No clause of communities has the id.
    """
    import folium  # noqa: PLC0415  # it brings much that a run does not need

    communities = results.communities
    if clause is None:
        fill, said = verdict_classes(communities), communities["verdict"].map(verdict_names(lang))
    else:
        fill, said = _of_clause(results, clause, lang)
    label = [
        f"<b>{escape(str(name))}</b> {escape(words)}"
        for name, words in zip(communities["community"], said, strict=True)
    ]
    table = communities[["geometry"]].to_crs(WGS84).assign(fill=fill.map(VERDICT_FILLS), label=label)
    west, south, east, north = table.total_bounds
    shown = folium.Map(location=[(south + north) / 2, (west + east) / 2])
    folium.GeoJson(
        table.to_json(),
        style_function=_style,
        tooltip=folium.GeoJsonTooltip(fields=["label"], labels=False, sticky=True),
    ).add_to(shown)
    shown.fit_bounds([[south, west], [north, east]])
    return shown


def _of_clause(results: Results, clause: str, lang: Lang) -> tuple[pd.Series, pd.Series]:
    """Return each community's verdict by a clause, and its words: the verdict, and the share that it rests on."""
    entry = next((each for each in results.parameters["clauses"] if each["id"] == clause), None)
    if entry is None or entry["scope"] != "community":
        known = [each["id"] for each in results.parameters["clauses"] if each["scope"] == "community"]
        raise StudyError("explore_clause", clause=clause, known=", ".join(known))
    rows = results.coverage[results.coverage["clause"] == clause].set_index("code").reindex(results.communities.index)
    verdict, compare = rows["verdict"].fillna(NOT_ASSESSED), compare_of(entry)
    pairs = zip(rows["share"], rows["need"], strict=True)
    shares = [beside_text(share, need, lang, compare=compare) if pd.notna(share) else "" for share, need in pairs]
    return verdict, (verdict.map(verdict_names(lang)) + " " + pd.Series(shares, index=verdict.index)).str.strip()


def _style(feature: dict[str, dict[str, str]]) -> dict[str, object]:
    return {"fillColor": feature["properties"]["fill"], "fillOpacity": 0.75, "color": "#ffffff", "weight": 1}
