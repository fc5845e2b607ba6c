"""A plan → files: table, GeoJSON, GeoPackage, workbook, page or picture, as the file's name says."""

from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np

from cfgeo.planned import Plan
from cfgeo.publish.geopackage import before_and_after, geopackage_bytes
from cfgeo.publish.one_file import (
    GEOJSON,
    GEOPACKAGE,
    PAGE,
    PICTURES,
    TABLE,
    WORKBOOK,
    csv_bytes,
    geojson_bytes,
    joined,
    require_formats,
)
from cfgeo.publish.place import write_whole
from cfgeo.publish.planned_table import plan_shapes, plan_table
from cfgeo.publish.planned_workbook import plan_workbook
from cfgeo.publish.steps import plan_steps
from cfgeo.publish.steps_page import steps_html
from cfgeo.strings import Lang

_FORMATS = (TABLE, *GEOJSON, GEOPACKAGE, WORKBOOK, PAGE, *PICTURES)


def require_plan_formats(paths: Sequence[Path]) -> None:
    """See, before any long work, that each file's format is known.

    Raises
    ------
    OutputError
        One is not.
    """
    require_formats(paths, _FORMATS)


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
    require_plan_formats([path])
    suffix = path.suffix.lower()
    if suffix == TABLE:
        body = csv_bytes(plan_table(plan, lang))
    elif suffix in GEOJSON:
        body = geojson_bytes(plan_shapes(plan, lang))
    elif suffix == GEOPACKAGE:
        body = geopackage_bytes({"projects": plan_shapes(plan, lang), "communities": _communities(plan, lang)})
    elif suffix in PICTURES:
        from cfgeo.publish.steps_picture import steps_picture  # noqa: PLC0415  # matplotlib takes half a second

        body = steps_picture(plan_steps(plan, lang), suffix.removeprefix("."), lang=lang)
    elif suffix == PAGE:
        body = steps_html(plan_steps(plan, lang), lang=lang).encode()
    else:
        body = plan_workbook(plan, lang=lang)
    write_whole(path, body)


def _communities(plan: Plan, lang: Lang) -> gpd.GeoDataFrame:
    """Return the communities before and after, with the project by which each passes, and what holds it back."""
    areas = before_and_after(plan.before, plan.after)
    ranks = {code: float(row.rank) for row in plan.built.itertuples() for code in row.adds_codes}
    held = joined(plan.held["clauses"].map(lambda ids: tuple(plan.titles[one][lang] for one in ids)), lang).to_dict()
    passes_at = [ranks.get(code, np.nan) for code in areas["code"]]
    return areas.assign(passes_at=passes_at, held_by=[str(held.get(code, "")) for code in areas["code"]])
