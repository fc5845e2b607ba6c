"""A comparison of two runs → a table, and a map in one file."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from cfgeo.core.strings import Lang, name_of, text
from cfgeo.publish.compared.changes import ADDED, BETTER, GAINED, LOST, OTHER, REMOVED, WORSE
from cfgeo.publish.compared.differences import Comparison
from cfgeo.publish.geometry import COMMUNITY_TOLERANCE_M, UNITS_PER_DEGREE, Projector
from cfgeo.publish.page.frame import render_page
from cfgeo.publish.run.units import COMMUNITY, OVERALL, SCOPES
from cfgeo.publish.words.compared.comparison import (
    change_table,
    heading_lines,
    made_by,
    status_words,
    values_and_target,
)
from cfgeo.publish.words.names import map_texts, texts_of

_COLUMNS = ("name", "street_office", "clause", "change", "verdict", "values", "target", "because", "nature")
_UP, _DOWN = {GAINED, BETTER}, {LOST, WORSE}
KINDS = ("gained", "lost", "mixed", "better", "worse", "other", "added", "removed", "unchanged")
"""How a community is drawn on the map."""
SIGNS = {
    "gained": "✓", "lost": "✗", "mixed": "↕", "better": "↑", "worse": "↓", "other": "?", "added": "+", "removed": "−",
    "unchanged": "",
}  # fmt: skip
"""What stands below a community's name."""
_PLACE: dict[str, Any] = {"streets": {"path": "", "minor": "", "major": "", "steps": ""}, "ground": [], "land": None}


def comparison_html(comparison: Comparison, *, lang: Lang) -> str:
    """Return the map of a comparison with its table, which needs no network. The same runs give the same text."""
    table = change_table(comparison, lang=lang)
    areas = _areas(comparison, table, lang)
    drawn = {area["kind"] for area in areas}
    return render_page(
        "compare/compare.html",
        comparison.b.communities,
        {
            "lang": lang,
            "units": UNITS_PER_DEGREE,
            "bounds": Projector(comparison.b.communities.crs.to_string()).bounds(comparison.b.communities.total_bounds),
            "texts": map_texts("compare", lang),
            "verdicts": {},
            "areas": areas,
            **_place(comparison.b.page, lang),
        },
        scripts=["compare/compare.js"],
        styles=["shared/base.css", "shared/changes.css", "compare/compare.css"],
        lang=lang,
        lines=heading_lines(comparison, lang=lang),
        comparable=comparison.comparable,
        status=comparison.b.record["study"]["status"],
        status_text=status_words(comparison, lang=lang),
        say=texts_of("compare", lang),
        provenance=made_by(),
        sections=[
            _section(scope, [_cells(comparison, row, lang) for row in rows], lang)
            for scope in SCOPES
            if (rows := table[table["scope"] == scope].to_dict("records"))
        ],
        empty=text("compare.same", lang),
        legend=[(kind, SIGNS[kind], _kind_words(kind, lang)) for kind in KINDS if kind in drawn],
    )


def _section(scope: str, rows: list[list[str]], lang: Lang) -> tuple[str, list[str], list[list[str]]]:
    """Return the changes of units of one kind: title, headings and rows, without columns that say nothing of them."""
    shown = [nth for nth in range(len(_COLUMNS)) if any(row[nth] for row in rows)]
    headings = [text(f"compare.column_{_COLUMNS[nth]}", lang) for nth in shown]
    cells = [[row[nth] for nth in shown] for row in rows]
    return text(f"compare.scope_{scope}", lang, count=len(rows)), headings, cells


def _cells(comparison: Comparison, row: Mapping[Any, Any], lang: Lang) -> list[str]:
    """Return the cells of one change: ``_COLUMNS``."""
    verdicts = [name_of("word", word, lang) or "–" for word in (row["verdict_a"], row["verdict_b"])]
    verdict = " → ".join(verdicts) if row["verdict_a"] or row["verdict_b"] else ""
    names = [str(row[name]) for name in ("name", "street_office", "clause_name")]
    change, nature = text(f"compare.{row['change']}", lang), text(f"compare.nature_{row['nature']}", lang)
    return [*names, change, verdict, *values_and_target(comparison, row, lang), row["because"], nature]


def _areas(comparison: Comparison, table: pd.DataFrame, lang: Lang) -> list[dict[str, Any]]:
    """Return the communities of the second run, and those of the first that are gone, as they are drawn."""
    table = table[table["scope"] == COMMUNITY]
    gone = comparison.a.communities.loc[table.loc[table["change"] == REMOVED, "code"]]
    by_code = {str(code): rows for code, rows in table.groupby("code", sort=False)}
    areas = []
    for run, communities in ((comparison.b, comparison.b.communities), (comparison.a, gone)):
        projector = Projector(run.communities.crs.to_string())
        for code, row in communities.iterrows():
            rows = by_code.get(str(code), table.iloc[:0])
            lines = [
                " · ".join(cell for cell in _cells(comparison, change, lang)[2:] if cell)
                for change in rows.to_dict("records")
            ]
            kind, label = _kind(rows), projector.point(row.geometry.point_on_surface())
            shape = projector.polygons(row.geometry, tolerance_m=COMMUNITY_TOLERANCE_M)
            areas.append(
                {
                    "name": row["community"],
                    "kind": kind,
                    "sign": SIGNS[kind],
                    "lines": lines,
                    "shape": shape,
                    "label": label,
                }
            )
    return areas


def _place(page: Mapping[str, Any], lang: Lang) -> dict[str, Any]:
    """Return what the second run's page shows of the place itself; nothing where the run has no page."""
    is_packed = isinstance(page.get("streets", {}).get("path"), str)  # pages of earlier versions hold lists
    place = {key: (is_packed and page.get(key)) or empty for key, empty in _PLACE.items()}
    if place["land"] and page.get("lang") != lang:
        place["land"] = {**place["land"], "words": ""}  # they are of the other language
    return place


def _kind_words(kind: str, lang: Lang) -> str:
    """Return what a colour of the map says: of a verdict whose, since a clause gained is no community gained."""
    if kind == "gained":
        return text("compare.legend_gained", lang)
    return text("compare.legend_lost" if kind == "lost" else f"compare.{kind}", lang)


def _kind(rows: pd.DataFrame) -> str:
    """Return how a community is drawn: by its own verdict, else by what its clauses did."""
    changes = set(rows["change"])
    for kind in (ADDED, REMOVED):
        if kind in changes:
            return kind
    overall = set(rows.loc[rows["clause"] == OVERALL, "change"]) & {GAINED, LOST}
    decided = overall or changes & {GAINED, LOST} or changes & {BETTER, WORSE}
    if decided & _UP and decided & _DOWN:
        return "mixed"
    return min(decided, default=OTHER if OTHER in changes else "unchanged")
