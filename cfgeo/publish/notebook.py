"""Results → what a notebook shows: a map by folium, a picture by matplotlib, a summary. ``page`` makes a run's page."""

from html import escape
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from cfgeo.core.errors import StudyError
from cfgeo.core.results import Results
from cfgeo.core.schema import NOT_ASSESSED, WGS84
from cfgeo.core.strings import DEFAULT_LANG, Lang
from cfgeo.publish.colours import VERDICT_FILLS
from cfgeo.publish.maps.fonts import picture_style, rare_letters
from cfgeo.publish.words.clauses.found import asked_words, compare_of, found_words
from cfgeo.publish.words.clauses.standing import class_legend, verdict_classes
from cfgeo.publish.words.headline import headline_text
from cfgeo.publish.words.names import clause_titles, study_title, verdict_names
from cfgeo.publish.words.numbers import beside_text

if TYPE_CHECKING:
    import folium
    from matplotlib.axes import Axes

_MOST_CLAUSES = 20
"""Required clauses that a summary lists."""


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
    import folium  # it brings much that a run does not need

    communities = results.communities
    fill, said = _verdicts(results, clause, lang)
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


def plot(results: Results, *, clause: str | None = None, ax: "Axes | None" = None, lang: Lang = DEFAULT_LANG) -> "Axes":
    """Draw the communities with matplotlib, coloured by their verdicts, and return the axes.

    Parameters
    ----------
    results
        What :func:`cfgeo.run_study` gives.
    clause
        As for :func:`explore`.
    ax
        Where to draw; on axes of their own when missing.
    lang
        Language of the words.

    Raises
    ------
    StudyError
        No clause of communities has the id.
    OutputError
        The words are Chinese, and no font on this machine has their letters.
    """
    from matplotlib import pyplot as plt  # a second that a run may do without
    from matplotlib.patches import Patch
    from matplotlib.style import context

    communities = results.communities
    fill, _ = _verdicts(results, clause, lang)
    if clause is None:
        title = study_title(results.parameters["study"], lang)
        legend = class_legend(fill, lang, most=int(communities["required"].max()))
    else:
        title = clause_titles(results.parameters, lang)[clause]
        legend = [(verdict, said) for verdict, said in verdict_names(lang).items() if verdict in set(fill)]
    style = picture_style(title, *(said for _, said in legend))
    with context(style), rare_letters():
        if ax is None:
            ax = plt.subplots()[1]
        shapes = gpd.GeoDataFrame(geometry=communities.geometry)
        shapes.plot(ax=ax, color=fill.map(VERDICT_FILLS).tolist(), edgecolor="white", linewidth=0.5, aspect="equal")
        ax.legend(
            handles=[Patch(color=VERDICT_FILLS[name], label=said) for name, said in legend],
            loc="upper left",
            bbox_to_anchor=(1, 1),
            frameon=False,
        )
        ax.set_title(title, fontfamily=style["font.family"], parse_math=False)  # axes that are given have a font
        ax.set_axis_off()
    return ax


def summary_html(results: Results, *, lang: Lang = DEFAULT_LANG) -> str:
    """Return what a run has found in a few lines and a table of its clauses, as HTML."""
    names, titles = verdict_names(lang), clause_titles(results.parameters, lang)
    entries = {clause["id"]: clause for clause in results.parameters["clauses"]}
    required = results.clauses["required"].astype(bool)
    shown = results.clauses[required].head(_MOST_CLAUSES)
    rows = [
        (titles[str(clause)], found_words(entries[clause], row, lang), asked_words(entries[clause], row, lang),
         names[row["verdict"]])
        for clause, row in shown.iterrows()
    ]  # fmt: skip
    lines = headline_text(results, (), lang=lang).splitlines()
    cells = "".join(f"<tr>{''.join(f'<td>{escape(str(cell))}</td>' for cell in row)}</tr>" for row in rows)
    return f"<div>{'<br>'.join(map(escape, lines))}<table>{cells}</table></div>"


def _verdicts(results: Results, clause: str | None, lang: Lang) -> tuple[pd.Series, pd.Series]:
    """Return each community's fill, a key of ``VERDICT_FILLS``, and its words."""
    if clause is not None:
        return _of_clause(results, clause, lang)
    communities = results.communities
    return verdict_classes(communities), communities["verdict"].map(verdict_names(lang))


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
