"""Sites → files: a table, GeoJSON, or a GeoPackage with the communities before and after."""

from pathlib import Path

import geopandas as gpd
import pandas as pd

from cfgeo.core.sites import Siting
from cfgeo.core.strings import Lang
from cfgeo.publish.page.steps import steps_html
from cfgeo.publish.tables.csv import made_from, shown_minutes
from cfgeo.publish.tables.geopackage import before_and_after, geopackage_bytes
from cfgeo.publish.words.steps import site_steps
from cfgeo.publish.writers import (
    GEOJSON,
    GEOPACKAGE,
    PAGE,
    PICTURES,
    TABLE,
    Makers,
    csv_bytes,
    geojson_bytes,
    geojsons,
    joined,
    pictures,
    write_one,
)

SITE_FORMATS = (TABLE, *GEOJSON, GEOPACKAGE, PAGE, *PICTURES)


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
    write_one(path, _makers(found, lang))


def _makers(found: Siting, lang: Lang) -> Makers:
    def picture(form: str) -> bytes:
        from cfgeo.publish.maps.steps import steps_picture  # noqa: PLC0415  # matplotlib takes half a second

        return steps_picture(site_steps(found, lang), form, lang=lang)

    return {
        TABLE: lambda: csv_bytes(site_table(found, lang)),
        GEOPACKAGE: lambda: geopackage_bytes(_layers(found, lang)),
        PAGE: lambda: steps_html(site_steps(found, lang), lang=lang).encode(),
        **geojsons(lambda: geojson_bytes(_shapes(found, lang))),
        **pictures(picture),
    }


def site_table(found: Siting, lang: Lang) -> pd.DataFrame:
    """Return the sites as they are published: ``site``, ``SITE_COLUMNS``, ``provenance``."""
    table = pd.DataFrame(found.sites.drop(columns="geometry")).reset_index()
    for column in ("adds_codes", "adds_names", "serves_codes", "serves_names"):
        table[column] = joined(table[column], lang).astype("str")
    for column in ("adds_demand", "demand"):
        table[column] = table[column].astype(float).round(1)
    table["minutes"] = shown_minutes(table["minutes"])
    return table.assign(provenance=made_from(found.about, lang))


def _shapes(found: Siting, lang: Lang) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(site_table(found, lang), geometry=found.sites.geometry.to_numpy(), crs=found.sites.crs)


def _layers(found: Siting, lang: Lang) -> dict[str, gpd.GeoDataFrame]:
    shapes = _shapes(found, lang)
    minutes = pd.to_numeric(shapes["minutes"], errors="coerce")  # ">30" is no number
    return {"sites": shapes.assign(minutes=minutes), "communities": before_and_after(found.before, found.after)}
