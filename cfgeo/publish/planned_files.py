"""A plan → files: table, GeoJSON, GeoPackage, workbook, page or picture, as the file's name says."""

from pathlib import Path

import geopandas as gpd
import numpy as np

from cfgeo.core.plan import Plan
from cfgeo.core.strings import Lang
from cfgeo.publish.page.steps import steps_html
from cfgeo.publish.tables.geopackage import before_and_after, geopackage_bytes
from cfgeo.publish.tables.plan_table import plan_shapes, plan_table
from cfgeo.publish.tables.plan_workbook import plan_workbook
from cfgeo.publish.words.steps import plan_steps
from cfgeo.publish.writers import (
    GEOJSON,
    GEOPACKAGE,
    PAGE,
    PICTURES,
    TABLE,
    WORKBOOK,
    Makers,
    csv_bytes,
    geojson_bytes,
    geojsons,
    joined,
    pictures,
    write_one,
)

PLAN_FORMATS = (TABLE, *GEOJSON, GEOPACKAGE, WORKBOOK, PAGE, *PICTURES)


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
    write_one(path, _makers(plan, lang))


def _makers(plan: Plan, lang: Lang) -> Makers:
    def picture(form: str) -> bytes:
        from cfgeo.publish.maps.steps import steps_picture  # noqa: PLC0415  # matplotlib takes half a second

        return steps_picture(plan_steps(plan, lang), form, lang=lang)

    return {
        TABLE: lambda: csv_bytes(plan_table(plan, lang)),
        GEOPACKAGE: lambda: geopackage_bytes(_layers(plan, lang)),
        WORKBOOK: lambda: plan_workbook(plan, lang=lang),
        PAGE: lambda: steps_html(plan_steps(plan, lang), lang=lang).encode(),
        **geojsons(lambda: geojson_bytes(plan_shapes(plan, lang))),
        **pictures(picture),
    }


def _layers(plan: Plan, lang: Lang) -> dict[str, gpd.GeoDataFrame]:
    return {"projects": plan_shapes(plan, lang), "communities": _communities(plan, lang)}


def _communities(plan: Plan, lang: Lang) -> gpd.GeoDataFrame:
    """Return the communities before and after, with the project by which each passes, and what holds it back."""
    areas = before_and_after(plan.before, plan.after)
    ranks = {code: float(row.rank) for row in plan.built.itertuples() for code in row.adds_codes}
    held = joined(plan.held["clauses"].map(lambda ids: tuple(plan.titles[one][lang] for one in ids)), lang).to_dict()
    passes_at = [ranks.get(code, np.nan) for code in areas["code"]]
    return areas.assign(passes_at=passes_at, held_by=[str(held.get(code, "")) for code in areas["code"]])
