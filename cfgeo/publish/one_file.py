"""One file, as its name says: what sites, plans, what-ifs and explained walks have in common as CSV and GeoJSON."""

from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely

from cfgeo.errors import OutputError
from cfgeo.publish.tables import defused
from cfgeo.schema import WGS84
from cfgeo.sited import DEGREE_DECIMALS
from cfgeo.strings import Lang, text

TABLE, GEOPACKAGE, WORKBOOK, PAGE = ".csv", ".gpkg", ".xlsx", ".html"
GEOJSON, PICTURES = (".geojson", ".json"), (".png", ".svg", ".pdf")


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


def csv_bytes(table: pd.DataFrame) -> bytes:
    """Return a table as CSV that Excel shows: UTF-8 with a byte-order mark, no names that become formulas."""
    return defused(table).to_csv(index=False, lineterminator="\r\n").encode("utf-8-sig")


def geojson_bytes(shapes: gpd.GeoDataFrame) -> bytes:
    """Return a table with its shapes as GeoJSON in WGS-84."""
    degrees = shapes.to_crs(WGS84)
    at = shapely.transform(degrees.geometry.to_numpy(), lambda xy: xy.round(DEGREE_DECIMALS))
    return str(degrees.set_geometry(at).to_json(ensure_ascii=False, drop_id=True)).encode()


def joined(values: pd.Series, lang: Lang) -> pd.Series:
    """Return tuples of ids or names as texts."""
    return values.map(lambda some: text("word.between", lang).join(map(str, some)) if isinstance(some, tuple) else "")
