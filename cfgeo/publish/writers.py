"""One file, as its name says: what sites, plans, what-ifs and explained walks have in common as CSV and GeoJSON."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely

from cfgeo.core.errors import OutputError
from cfgeo.core.schema import WGS84
from cfgeo.core.sites import DEGREE_DECIMALS
from cfgeo.core.strings import Lang, text
from cfgeo.publish.run.folder import write_whole
from cfgeo.publish.tables.csv import defused

TABLE, GEOPACKAGE, WORKBOOK, PAGE = ".csv", ".gpkg", ".xlsx", ".html"
GEOJSON, PICTURES = (".geojson", ".json"), (".png", ".svg", ".pdf")


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
