"""A study's own files → the ground of its maps: relief from its rasters, the rest from its OpenStreetMap file."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from cfgeo.core.schema import WATER_LAYERS, WGS84, Box, Inputs
from cfgeo.core.shapes import Ground, single_parts
from cfgeo.files.osm.features import Tags
from cfgeo.files.osm.reader import is_osm_file
from cfgeo.network.elevation import rasters_under
from cfgeo.network.rasters.heights import Raster
from cfgeo.network.rasters.relief import Relief, contours_of, relief_of, shade_of
from cfgeo.study.config import Study
from cfgeo.study.ground.names import street_names
from cfgeo.study.ground.water import water_of
from cfgeo.study.sources import SourceReader
from cfgeo.study.streets import StudyNetwork

MARGIN_M = 400.0
_MARGIN_SHARE, _ASPECT = 0.06, 1.6  # of a screen, so that the ground does not end inside of it
_QUERIES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "water": {"natural": ("water", "bay")},
    "coast": {"natural": ("coastline",)},
    "river": {"waterway": ("river", "canal", "riverbank")},
    "stream": {"waterway": ("stream",)},
    "park": {"leisure": ("park", "garden", "pitch", "playground", "golf_course", "nature_reserve")},
    "green": {"landuse": ("grass", "forest", "meadow", "cemetery", "recreation_ground", "village_green", "orchard")},
    "wood": {"natural": ("wood", "scrub", "grassland", "heath")},
    "rail": {"railway": ("rail", "light_rail", "monorail", "tram", "funicular")},
    "building": {"building": ("*",)},
}
OWN_LAYERS = (*WATER_LAYERS, "blocks", "parks")
"""Layers of the study itself that the ground shows."""
_WIDTHS_M = {"river": 12.0, "stream": 3.0}  # of waterways that are mapped as lines
_MOST_BUILDINGS, _LEAST_BUILDING_M2, _LEAST_AREA_M2 = 8000, 60.0, 400.0
_AREA = 2


@dataclass(frozen=True)
class MapFiles:
    """What a study's files tell of the ground.

    Attributes
    ----------
    window : tuple of float
        West, south, east, north in the metric CRS [m].
    shapes : Mapping of str to numpy.ndarray
        The elements of each of ``_QUERIES``, in the metric CRS; none where the streets are no OpenStreetMap file.
    relief : Relief, optional
        None where no raster reaches into the window.
    rasters : callable
        Returns the rasters of the land under the streets; none where slopes do not count.
    """

    window: Box
    shapes: Mapping[str, Any]
    relief: Relief | None
    rasters: Callable[[], list[Raster]]


def window_of(communities: gpd.GeoDataFrame) -> Box:
    """Return west, south, east and north of the communities with a margin, in the shape of a screen [m]."""
    west, south, east, north = (float(edge) for edge in communities.total_bounds)
    pad = max(MARGIN_M, _MARGIN_SHARE * max(east - west, north - south))
    west, south, east, north = west - pad, south - pad, east + pad, north + pad
    wider = max(0.0, _ASPECT * (north - south) - (east - west)) / 2
    higher = max(0.0, (east - west) / _ASPECT - (north - south)) / 2
    return west - wider, south - higher, east + wider, north + higher


def ground_queries(study: Study, window: Box, crs: str) -> list[tuple[Tags, Box]]:
    """Return what is asked of the network's OpenStreetMap file for the ground in a window; nothing of another file."""
    if not is_osm_file(study.resolve(None)):
        return []
    west, south, east, north = gpd.GeoSeries([shapely.box(*window)], crs=crs).to_crs(WGS84).total_bounds
    return [(tags, (west, south, east, north)) for tags in _QUERIES.values()]


def read_map_files(reader: SourceReader, window: Box, crs: str, streets: StudyNetwork) -> MapFiles:
    """Return what a study's files tell of the ground in a window.

    Parameters
    ----------
    reader
        Reads the study's files.
    window, crs
        From :func:`window_of`, and its CRS.
    streets
        The network, with what was read of the rasters for this window.
    """
    path = reader.study.resolve(None)
    tables = [reader.elements(path, tags, bbox=box)[0] for tags, box in ground_queries(reader.study, window, crs)]
    shapes = [table.geometry.to_crs(crs).to_numpy() for table in tables] or [np.array([], dtype=object)] * len(_QUERIES)
    relief, rasters = _land_of(reader.study, window, crs, streets)
    return MapFiles(window, dict(zip(_QUERIES, shapes, strict=True)), relief, rasters)


def _land_of(
    study: Study, window: Box, crs: str, streets: StudyNetwork
) -> tuple[Relief | None, Callable[[], list[Raster]]]:
    """Return the relief over a window, kept or as it was read, and what gives the rasters under the streets."""
    kept, elevation = streets.relief, streets.elevation
    relief = None if kept is None else kept.relief
    if elevation is None:
        slopes = study.walk.slope != "none"
        paths = [study.resolve(name) for name in study.network.elevation] if slopes else []
        return relief, partial(rasters_under, streets.network, paths)
    if relief is None and study.network.elevation:
        relief = relief_of(elevation.also, window=window, crs=crs)
        if kept:
            kept.keep(relief)
    return relief, partial(list[Raster], elevation.rasters or [])


def ground_of(files: MapFiles, inputs: Inputs) -> Ground:
    """Return what maps of a study show of the place itself.

    Parameters
    ----------
    files
        What its elevation rasters and its OpenStreetMap file tell.
    inputs
        Its data.
    """
    window, layers, relief = files.window, files.shapes, files.relief
    box = shapely.box(*window)
    buildings = _areas(layers["building"], box, least_m2=_LEAST_BUILDING_M2)
    buildings = buildings[np.argsort(-shapely.area(buildings), kind="stable")][:_MOST_BUILDINGS]
    if len(buildings) == 0:
        buildings = _areas(_own(inputs, "blocks"), box, least_m2=_LEAST_BUILDING_M2)
    edges = inputs.network.edges
    streets = edges.geometry.to_numpy()[~(edges["structure"].to_numpy(dtype=bool) | edges["across"].to_numpy())]
    mapped = [layers["water"], *(_own(inputs, name) for name in WATER_LAYERS)]
    water, water_from = water_of(
        window, _wet(mapped, layers), layers["coast"], relief, [*buildings, *streets[shapely.intersects(streets, box)]]
    )
    contours, contour_m = (np.array([], dtype=object), 0.0) if relief is None else contours_of(relief)
    if len(water):
        contours = single_parts(shapely.difference(contours, shapely.union_all(water)))[0]
    greens = np.concatenate([layers["park"], layers["green"], layers["wood"], _own(inputs, "parks")])
    lines = single_parts(shapely.intersection(layers["rail"], box))[0]
    return Ground(
        bounds=window if relief is None else relief.bounds,
        shade=np.zeros((0, 0)) if relief is None else shade_of(relief),
        height=np.zeros((0, 0)) if relief is None else _scaled(relief.z),
        contours=contours,
        contour_m=contour_m,
        water=water,
        water_from=water_from,
        buildings=buildings,
        greens=_areas(greens, box, least_m2=_LEAST_AREA_M2),
        rails=lines[shapely.get_dimensions(lines) == 1],
        names=street_names(edges, window, without=set(inputs.communities["community"])),
    )


def _own(inputs: Inputs, layer: str) -> Any:
    """Return the shapes of one of the study's layers."""
    return inputs.layers[layer].geometry.to_numpy() if layer in inputs.layers else np.array([], dtype=object)


def _wet(areas: list[Any], layers: Mapping[str, Any]) -> Any:
    """Return mapped water as polygons; waterways that are lines get a width."""
    shapes, _ = single_parts(np.concatenate([*areas, layers["river"]]))
    polygons = shapes[shapely.get_dimensions(shapes) == _AREA]
    wide = []
    for name, width_m in _WIDTHS_M.items():
        lines = single_parts(layers[name])[0]
        wide.append(shapely.buffer(lines[shapely.get_dimensions(lines) == 1], width_m / 2, cap_style="flat"))
    own_lines = [shape for each in areas[1:] for shape in single_parts(each)[0] if shapely.get_dimensions(shape) == 1]
    wide.append(shapely.buffer(np.array(own_lines, dtype=object), _WIDTHS_M["river"] / 2, cap_style="flat"))
    return shapely.make_valid(np.concatenate([polygons, *wide]))


def _areas(shapes: Any, box: shapely.Polygon, *, least_m2: float) -> Any:
    """Return the polygons among shapes that are large enough, within a box."""
    parts, _ = single_parts(shapely.make_valid(shapes))
    parts = parts[(shapely.get_dimensions(parts) == _AREA) & (shapely.area(parts) >= least_m2)]
    return parts[shapely.intersects(parts, box)]


def _scaled(z: Any) -> Any:
    """Return heights between the lowest (0) and the highest (1); the outermost hundredths do not count."""
    low, high = np.nanquantile(z, (0.01, 0.99))
    return np.clip((z - low) / max(high - low, 30.0), 0.0, 1.0)
