"""Streets with names → names where they stand on a map: one a street and kilometre, on its straightest piece."""

import geopandas as gpd
import numpy as np
import shapely

from cfgeo.core.schema import NO_ROADS
from cfgeo.core.shapes import StreetName

_LARGE = ("motorway", "trunk", "primary", "secondary")
_APART_M, _PIECE_M = 900.0, 90.0
_MOST = 1500


def street_names(edges: gpd.GeoDataFrame, bounds: tuple[float, float, float, float]) -> tuple[StreetName, ...]:
    """Return the names of streets in a window, large roads first, then longer ones.

    Parameters
    ----------
    edges
        Of the network: ``name``, ``highway``, lines in a metric CRS.
    bounds
        West, south, east, north.
    """
    named = edges[(edges["name"].astype(str) != "") & ~edges["across"].to_numpy()]
    named = named[shapely.intersects(named.geometry.to_numpy(), shapely.box(*bounds))]
    found: list[StreetName] = []
    for name, rows in named.groupby(named["name"].astype(str), sort=True):
        lines = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(rows.geometry.to_numpy())))
        rank = _rank(rows["highway"].astype(str).str.removesuffix("_link"))
        for line in lines[np.argsort(-shapely.length(lines), kind="stable")]:
            candidate = _on_line(str(name), line, rank)
            near = (other for other in found if other.name == candidate.name)
            if all(np.hypot(other.x - candidate.x, other.y - candidate.y) > _APART_M for other in near):
                found.append(candidate)
    order = sorted(found, key=lambda each: (each.rank, -each.length_m, each.name, each.x))
    return tuple(order[:_MOST])


def _rank(classes: "gpd.pd.Series") -> int:
    if classes.isin(_LARGE).any():
        return 0
    return 2 if classes.isin(NO_ROADS).all() else 1


def _on_line(name: str, line: shapely.LineString, rank: int) -> StreetName:
    """Return a name on the middle of a line, along the piece around it."""
    half = min(_PIECE_M, line.length) / 2
    ends = shapely.get_coordinates(
        shapely.line_interpolate_point(line, [line.length / 2 - half, line.length / 2 + half])
    )
    (x0, y0), (x1, y1) = ends
    angle = (np.degrees(np.arctan2(y1 - y0, x1 - x0)) + 90.0) % 180.0 - 90.0
    middle = shapely.get_coordinates(shapely.line_interpolate_point(line, line.length / 2))[0]
    return StreetName(name, float(middle[0]), float(middle[1]), float(angle), rank, float(line.length))
