"""Plans, sites, what-ifs, comparisons and explained walks → files, in the format that each file's name says."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from cfgeo.core.errors import OutputError
from cfgeo.core.explanation import Explanation
from cfgeo.core.plan import Plan
from cfgeo.core.sites import Siting
from cfgeo.core.strings import Lang, text
from cfgeo.core.whatif import WhatIf
from cfgeo.publish.page.comparison import comparison_html
from cfgeo.publish.page.steps import steps_html
from cfgeo.publish.page.whatif import whatif_html
from cfgeo.publish.run.differences import Comparison
from cfgeo.publish.run.folder import put, write_whole
from cfgeo.publish.tables.csv import csv_bytes, joined
from cfgeo.publish.tables.geojson import explained_geojson, geojson_bytes, whatif_geojson
from cfgeo.publish.tables.geopackage import before_and_after, geopackage_bytes
from cfgeo.publish.tables.plan_workbook import plan_workbook
from cfgeo.publish.tables.proposals import plan_shapes, plan_table, site_shapes, site_table, whatif_table
from cfgeo.publish.words.comparison import change_table, status_words
from cfgeo.publish.words.numbers import MINUTE_DECIMALS, SHARE_DECIMALS
from cfgeo.publish.words.steps import Steps, plan_steps, site_steps

TABLE, GEOPACKAGE, WORKBOOK, PAGE = ".csv", ".gpkg", ".xlsx", ".html"
GEOJSON, PICTURES = (".geojson", ".json"), (".png", ".svg", ".pdf")
EXPLAINED_FORMATS = (*GEOJSON, *PICTURES)
PLAN_FORMATS = (TABLE, *GEOJSON, GEOPACKAGE, WORKBOOK, PAGE, *PICTURES)
SITE_FORMATS = (TABLE, *GEOJSON, GEOPACKAGE, PAGE, *PICTURES)
WHATIF_FORMATS = (TABLE, PAGE, *GEOJSON)
COMPARISON_TABLE, COMPARISON_PAGE = "comparison.csv", "comparison.html"

Makers = Mapping[str, Callable[[], bytes]]
"""What makes a file of each format, by its ending with the dot."""


def require_formats(paths: Sequence[Path], known: Sequence[str]) -> None:
    """See, before any long work, that each file's format is known.

    Parameters
    ----------
    paths
        The files.
    known
        Endings of names, with their dots.

    Raises
    ------
    OutputError
        One is not.
    """
    for path in paths:
        if path.suffix.lower() not in known:
            raise OutputError("format_unknown", file=path, known=" ".join(known))


def write_one(path: Path, makers: Makers) -> None:
    """Write a file in the format that its name says.

    Parameters
    ----------
    path
        The file.
    makers
        The formats that it may have.

    Raises
    ------
    OutputError
        The format is not known, or the file cannot be written.
    """
    require_formats([path], list(makers))
    write_whole(path, makers[path.suffix.lower()]())


def geojsons(make: Callable[[], bytes]) -> Makers:
    """Return what makes GeoJSON, by either of its endings."""
    return dict.fromkeys(GEOJSON, make)


def pictures(draw: Callable[[str], bytes]) -> Makers:
    """Return what draws each kind of picture; ``draw`` takes ``png``, ``svg`` or ``pdf``."""
    return {form: partial(draw, form.removeprefix(".")) for form in PICTURES}


def write_comparison(found: Comparison, folder: Path, *, lang: Lang) -> list[Path]:
    """Write the table and the map of a comparison, and return their paths.

    Raises
    ------
    OutputError
        The folder cannot be written.
    """
    table = change_table(found, lang=lang)
    shown = table.assign(
        **{name: table[name].astype(float).round(SHARE_DECIMALS) for name in ("share_a", "share_b")},
        **{name: table[name].astype(float).round(MINUTE_DECIMALS) for name in ("minutes_a", "minutes_b")},
        comparable="yes" if found.comparable else "no",
        provenance=f"{found.b.record['study']['title']}{text('word.between', lang)}{status_words(found, lang=lang)}",
    )
    files = {COMPARISON_TABLE: csv_bytes(shown), COMPARISON_PAGE: comparison_html(found, lang=lang).encode()}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            put(folder / name, content)
    except OSError as error:
        raise OutputError("out_unwritable", folder=folder, reason=error) from error
    return [folder / name for name in files]


def write_explained(explanations: Sequence[Explanation], path: Path, *, lang: Lang) -> None:
    """Write explanations as GeoJSON or as a picture, as the file's name says.

    Parameters
    ----------
    explanations
        What :func:`cfgeo.explain_study` gives.
    path
        ``.geojson``, ``.json``, ``.png``, ``.svg`` or ``.pdf``.
    lang
        Language of the words.

    Raises
    ------
    OutputError
        The format is not known, the file cannot be written, or no font has the letters of a picture.
    """

    def picture(form: str) -> bytes:
        from cfgeo.publish.maps.explanation import explained_picture  # noqa: PLC0415  # matplotlib takes half a second

        return explained_picture(explanations, form, lang=lang)

    write_one(path, {**geojsons(lambda: explained_geojson(explanations, lang=lang).encode()), **pictures(picture)})


def write_plan(plan: Plan, path: Path, *, lang: Lang) -> None:
    """Write a plan as its name says.

    Parameters
    ----------
    plan
        What :func:`cfgeo.plan_study` gives.
    path
        ``.csv``, ``.geojson``, ``.json``, ``.gpkg``, ``.xlsx``, ``.html``, ``.png``, ``.svg`` or ``.pdf``.
    lang
        Language of the words.

    Raises
    ------
    OutputError
        The format is not known, the file cannot be written, or no font has the letters of a picture.
    """
    write_one(path, _plan_makers(plan, lang))


def _plan_makers(plan: Plan, lang: Lang) -> Makers:
    return {
        TABLE: lambda: csv_bytes(plan_table(plan, lang)),
        GEOPACKAGE: lambda: geopackage_bytes(_plan_layers(plan, lang)),
        WORKBOOK: lambda: plan_workbook(plan, lang=lang),
        PAGE: lambda: steps_html(plan_steps(plan, lang), lang=lang).encode(),
        **geojsons(lambda: geojson_bytes(plan_shapes(plan, lang))),
        **_step_pictures(lambda: plan_steps(plan, lang), lang),
    }


def _step_pictures(steps: Callable[[], Steps], lang: Lang) -> Makers:
    """Return what draws a plan or sites, as each kind of picture."""

    def picture(form: str) -> bytes:
        from cfgeo.publish.maps.steps import steps_picture  # noqa: PLC0415  # matplotlib takes half a second

        return steps_picture(steps(), form, lang=lang)

    return pictures(picture)


def _plan_layers(plan: Plan, lang: Lang) -> dict[str, gpd.GeoDataFrame]:
    return {"projects": plan_shapes(plan, lang), "communities": _communities(plan, lang)}


def _communities(plan: Plan, lang: Lang) -> gpd.GeoDataFrame:
    """Return the communities before and after, with the project by which each passes, and what holds it back."""
    areas = before_and_after(plan.before, plan.after)
    ranks = {code: float(row.rank) for row in plan.built.itertuples() for code in row.adds_codes}
    held = joined(plan.held["clauses"].map(lambda ids: tuple(plan.titles[one][lang] for one in ids)), lang).to_dict()
    passes_at = [ranks.get(code, np.nan) for code in areas["code"]]
    return areas.assign(passes_at=passes_at, held_by=[str(held.get(code, "")) for code in areas["code"]])


def write_sites(found: Siting, path: Path, *, lang: Lang) -> None:
    """Write sites as a table, layers, a page or a picture, as the file's name says.

    Parameters
    ----------
    found
        What :func:`cfgeo.site_study` gives.
    path
        ``.csv``, ``.geojson``, ``.json``, ``.gpkg``, ``.html``, ``.png``, ``.svg`` or ``.pdf``.
    lang
        Language of names.

    Raises
    ------
    OutputError
        The format is not known, the file cannot be written, or no font has the letters of a picture.
    """
    write_one(path, _site_makers(found, lang))


def _site_makers(found: Siting, lang: Lang) -> Makers:
    return {
        TABLE: lambda: csv_bytes(site_table(found, lang)),
        GEOPACKAGE: lambda: geopackage_bytes(_site_layers(found, lang)),
        PAGE: lambda: steps_html(site_steps(found, lang), lang=lang).encode(),
        **geojsons(lambda: geojson_bytes(site_shapes(found, lang))),
        **_step_pictures(lambda: site_steps(found, lang), lang),
    }


def _site_layers(found: Siting, lang: Lang) -> dict[str, gpd.GeoDataFrame]:
    shapes = site_shapes(found, lang)
    minutes = pd.to_numeric(shapes["minutes"], errors="coerce")  # ">30" is no number
    return {"sites": shapes.assign(minutes=minutes), "communities": before_and_after(found.before, found.after)}


def write_whatif(found: WhatIf, path: Path, *, lang: Lang) -> None:
    """Write a what-if as its name says: a table, a page, or communities and changes as GeoJSON.

    Parameters
    ----------
    found
        What :func:`cfgeo.whatif_study` gives.
    path
        ``.csv``, ``.html``, ``.geojson`` or ``.json``.
    lang
        Language of the words.

    Raises
    ------
    OutputError
        The format is not known, or the file cannot be written.
    """
    makers = {
        TABLE: lambda: csv_bytes(whatif_table(found, lang=lang)),
        PAGE: lambda: whatif_html(found, lang=lang).encode(),
    }
    write_one(path, {**makers, **geojsons(lambda: whatif_geojson(found, lang=lang).encode())})
