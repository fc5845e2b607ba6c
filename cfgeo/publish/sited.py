"""Sites → files: a table, GeoJSON, or a GeoPackage with the communities before and after."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from cfgeo.errors import OutputError
from cfgeo.publish.place import write_whole
from cfgeo.publish.tables import defused, made_from
from cfgeo.schema import SEARCH_MINUTES, WGS84
from cfgeo.sited import DEGREE_DECIMALS, Siting
from cfgeo.strings import Lang, text

_TABLE, _GEOJSON, _GEOPACKAGE = ".csv", (".geojson", ".json"), ".gpkg"
_FORMATS = (_TABLE, *_GEOJSON, _GEOPACKAGE)
_NO_CLOCK = "2000-01-01T00:00:00Z"  # the same inputs shall give the same bytes


def require_known_formats(paths: Sequence[Path]) -> None:
    """See, before any long work, that each file's format is known.

    Raises
    ------
    OutputError
        One is not.
    """
    for path in paths:
        if path.suffix.lower() not in _FORMATS:
            raise OutputError("format_unknown", file=path, known=" ".join(_FORMATS))


def write_sites(found: Siting, path: Path, *, lang: Lang) -> None:
    """Write sites as a table, as GeoJSON or as a GeoPackage, as the file's name says.

    Parameters
    ----------
    found
        What :func:`cfgeo.site_study` gives.
    path
        ``.csv``, ``.geojson``, ``.json`` or ``.gpkg``.
    lang
        Language of names.

    Raises
    ------
    OutputError
        The format is not known, or the file cannot be written.
    """
    require_known_formats([path])
    table, suffix = site_table(found, lang), path.suffix.lower()
    shapes = gpd.GeoDataFrame(table, geometry=found.sites.geometry.to_numpy(), crs=found.sites.crs)
    if suffix == _TABLE:
        body = defused(table).to_csv(index=False, lineterminator="\r\n").encode("utf-8-sig")
    elif suffix in _GEOJSON:
        degrees = shapes.to_crs(WGS84)
        at = shapely.transform(degrees.geometry.to_numpy(), lambda xy: xy.round(DEGREE_DECIMALS))
        body = degrees.set_geometry(at).to_json(ensure_ascii=False, drop_id=True).encode()
    else:
        body = _geopackage(found, shapes)
    write_whole(path, body)


def site_table(found: Siting, lang: Lang) -> pd.DataFrame:
    """Return the sites as they are published: ``site``, ``SITE_COLUMNS``, ``provenance``."""
    table = pd.DataFrame(found.sites.drop(columns="geometry")).reset_index()
    for column in ("adds_codes", "adds_names", "serves_codes", "serves_names"):
        table[column] = table[column].map(text("word.between", lang).join).astype("str")
    for column in ("adds_demand", "demand"):
        table[column] = table[column].astype(float).round(1)
    minutes = table["minutes"].astype(float)
    shown = minutes.round(1).astype(object).where(minutes.notna(), None)
    table["minutes"] = shown.where(~np.isinf(minutes), f">{SEARCH_MINUTES:.0f}")
    return table.assign(provenance=made_from(found.about, lang))


def _geopackage(found: Siting, sites: gpd.GeoDataFrame) -> bytes:
    """Return the layers ``sites`` and ``communities``, whose verdicts are those before and with all sites."""
    minutes = pd.to_numeric(sites["minutes"], errors="coerce")  # ">30" is no number
    before, after = found.before, found.after
    areas = before[["community", "street_office", "geometry"]].reset_index()
    areas["verdict_before"], areas["verdict_after"] = before["verdict"].to_numpy(), after["verdict"].to_numpy()
    areas["geometry"] = [shapely.multipolygons(shapely.get_parts(shape)) for shape in areas.geometry]
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _NO_CLOCK})
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "sites.gpkg"
            for name, table in {"sites": sites.assign(minutes=minutes), "communities": areas}.items():
                pyogrio.write_dataframe(table, path, layer=name, driver="GPKG", append=path.exists())
            return path.read_bytes()
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
