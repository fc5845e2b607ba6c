"""Streets with names → names where they stand on a map: one a street and kilometre, on its straightest piece."""

from collections.abc import Collection, Iterator
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cfgeo.core.schema import NO_ROADS, IntArray
from cfgeo.core.shapes import StreetName

_LARGE = ("motorway", "trunk", "primary", "secondary")
_APART_M, _PIECE_M = 900.0, 90.0
_MOST = 1500


def street_names(
    edges: gpd.GeoDataFrame, bounds: tuple[float, float, float, float], *, without: Collection[str] = ()
) -> tuple[StreetName, ...]:
    """Return the names of streets in a window, large roads first, then longer ones.

    Parameters
    ----------
    edges
        Of the network: ``name``, ``highway``, lines in a metric CRS.
    bounds
        West, south, east, north.
    without
        Names that stand on the map already: a street that is called as its community is would name it twice.
    """
    named = edges[(edges["name"].astype(str) != "") & ~edges["across"].to_numpy()]
    named = named[~named["name"].isin(list(without))]
    named = named[shapely.intersects(named.geometry.to_numpy(), shapely.box(*bounds))]
    if named.empty:
        return ()
    names, street = np.unique(named["name"].to_numpy(dtype=str), return_inverse=True)
    rank = _ranks(named["highway"].astype(str).str.removesuffix("_link"), street, len(names))
    order = np.argsort(street, kind="stable")
    whole = shapely.multilinestrings(named.geometry.to_numpy()[order], indices=street[order])
    lines, owner = shapely.get_parts(shapely.line_merge(whole), return_index=True)
    order = np.lexsort((-shapely.length(lines), owner))
    found: list[StreetName] = []
    own: dict[str, list[StreetName]] = {}
    for name in _on_lines(names[owner[order]], lines[order], rank[owner[order]]):
        others = own.setdefault(name.name, [])
        if all(np.hypot(other.x - name.x, other.y - name.y) > _APART_M for other in others):
            others.append(name)
            found.append(name)
    most = sorted(found, key=lambda each: (each.rank, -each.length_m, each.name, each.x))
    return tuple(most[:_MOST])


def _ranks(classes: pd.Series, street: IntArray, n_streets: int) -> IntArray:
    """Return the rank of each street: 0 where a stretch is a large road, 2 where all are paths, else 1 (streets)."""
    is_large, is_path = classes.isin(_LARGE).to_numpy(), classes.isin(NO_ROADS).to_numpy()
    large = np.bincount(street, weights=is_large, minlength=n_streets) > 0
    paths = np.bincount(street, weights=~is_path, minlength=n_streets) == 0
    return np.where(large, 0, np.where(paths, 2, 1))


def _on_lines(names: Any, lines: Any, rank: IntArray) -> Iterator[StreetName]:
    """Yield each name on the middle of its line, along the piece around it."""
    length_m = shapely.length(lines)
    half_m = np.minimum(_PIECE_M, length_m) / 2
    begin, middle, end = (
        shapely.get_coordinates(shapely.line_interpolate_point(lines, length_m / 2 + offset_m))
        for offset_m in (-half_m, 0.0, half_m)
    )
    along = end - begin
    angle = (np.degrees(np.arctan2(along[:, 1], along[:, 0])) + 90.0) % 180.0 - 90.0
    for name, (x, y), turn, level, size_m in zip(names, middle, angle, rank, length_m, strict=True):
        yield StreetName(str(name), float(x), float(y), float(turn), int(level), float(size_m))
