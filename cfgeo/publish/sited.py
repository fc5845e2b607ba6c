"""Sites → files: a table, GeoJSON, or a GeoPackage with the communities before and after."""

from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import pandas as pd

from cfgeo.publish.geopackage import before_and_after, geopackage_bytes
from cfgeo.publish.one_file import (
    GEOJSON,
    GEOPACKAGE,
    PAGE,
    PICTURES,
    TABLE,
    csv_bytes,
    geojson_bytes,
    joined,
    require_formats,
)
from cfgeo.publish.place import write_whole
from cfgeo.publish.steps import site_steps
from cfgeo.publish.steps_page import steps_html
from cfgeo.publish.tables import made_from, shown_minutes
from cfgeo.sited import Siting
from cfgeo.strings import Lang

_FORMATS = (TABLE, *GEOJSON, GEOPACKAGE, PAGE, *PICTURES)


def require_site_formats(paths: Sequence[Path]) -> None:
    """See, before any long work, that each file's format is known.

    Raises
    ------
    OutputError
        One is not.
    """
    require_formats(paths, _FORMATS)


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
    require_site_formats([path])
    table, suffix = site_table(found, lang), path.suffix.lower()
    shapes = gpd.GeoDataFrame(table, geometry=found.sites.geometry.to_numpy(), crs=found.sites.crs)
    if suffix == TABLE:
        body = csv_bytes(table)
    elif suffix in GEOJSON:
        body = geojson_bytes(shapes)
    elif suffix in PICTURES:
        from cfgeo.publish.steps_picture import steps_picture  # noqa: PLC0415  # matplotlib takes half a second

        body = steps_picture(site_steps(found, lang), suffix.removeprefix("."), lang=lang)
    elif suffix == PAGE:
        body = steps_html(site_steps(found, lang), lang=lang).encode()
    else:
        minutes = pd.to_numeric(shapes["minutes"], errors="coerce")  # ">30" is no number
        areas = before_and_after(found.before, found.after)
        body = geopackage_bytes({"sites": shapes.assign(minutes=minutes), "communities": areas})
    write_whole(path, body)


def site_table(found: Siting, lang: Lang) -> pd.DataFrame:
    """Return the sites as they are published: ``site``, ``SITE_COLUMNS``, ``provenance``."""
    table = pd.DataFrame(found.sites.drop(columns="geometry")).reset_index()
    for column in ("adds_codes", "adds_names", "serves_codes", "serves_names"):
        table[column] = joined(table[column], lang).astype("str")
    for column in ("adds_demand", "demand"):
        table[column] = table[column].astype(float).round(1)
    table["minutes"] = shown_minutes(table["minutes"])
    return table.assign(provenance=made_from(found.about, lang))
