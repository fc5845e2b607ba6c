"""What lies under a page's communities: the ground, in the page itself; and tiles, where a study asks for them.

Tiles are loaded only after the reader switches them on.
"""

import base64
import io
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj
import scipy
import shapely

from cfgeo.core.results import Results
from cfgeo.core.schema import WGS84, FloatArray
from cfgeo.core.shapes import Ground
from cfgeo.core.strings import Lang, text
from cfgeo.publish.colours import (
    DARKEST,
    DARKEST_OPACITY,
    LIGHTEST,
    LIGHTEST_OPACITY,
    relief_weight,
    rgb,
    tinted,
)
from cfgeo.publish.geometry import LINE_TOLERANCE_M, Projector, bytes_of
from cfgeo.publish.words.sources import ground_words

if TYPE_CHECKING:
    from PIL import Image

_TIANDITU = (
    "https://t{{s}}.tianditu.gov.cn/{layer}_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER={layer}&STYLE=default"
    "&TILEMATRIXSET=w&FORMAT=tiles&TILEMATRIX={{z}}&TILEROW={{y}}&TILECOL={{x}}&tk={key}"
)
_HOSTS = {"none": "", "osm": " https://tile.openstreetmap.org", "tianditu": " https://*.tianditu.gov.cn"}
_DARK_STEPS, _LIGHT_STEPS = 14, 9
_TINT_CELLS = 3  # a cell of the tint is so many cells of the shade wide
_GRID = 24
_CONTOUR_TOLERANCE_M = 5.0


def land_data(ground: Ground | None, projector: Projector, *, crs: str, lang: Lang) -> dict[str, Any] | None:
    """Return what the page draws of the ground; None where nothing is known.

    Parameters
    ----------
    ground
        In the metric CRS.
    projector
        From that CRS to the page.
    crs
        The metric CRS.
    lang
        Language of the entry of the legend.
    """
    if ground is None:
        return None
    shapes = (ground.contours, ground.water, ground.greens, ground.buildings, ground.rails)
    made_of = [f"land {crs} {ground.bounds} {ground.names}".encode()]
    for cells in (ground.shade, ground.height):
        made_of += [repr(cells.shape).encode(), cells.tobytes()]
    for each in shapes:
        made_of += [str(len(each)).encode(), *bytes_of(each)]
    drawn = projector.pieces.text(made_of, lambda: json.dumps(_drawn(ground, projector, crs)))
    return {"words": ground_words(ground, lang), **json.loads(drawn)}


def _drawn(ground: Ground, projector: Projector, crs: str) -> dict[str, Any]:
    buildings = shapely.multipolygons(shapely.get_parts(shapely.simplify(ground.buildings, 1.0)))
    return {
        **_pictures(ground, crs),
        "contours": projector.lines(shapely.simplify(ground.contours, _CONTOUR_TOLERANCE_M)),
        "water": projector.polygons(ground.water, tolerance_m=LINE_TOLERANCE_M),
        "greens": projector.polygons(ground.greens, tolerance_m=LINE_TOLERANCE_M),
        "buildings": projector.polygons(buildings),
        "rails": projector.lines(shapely.simplify(ground.rails, LINE_TOLERANCE_M)),
        "names": [
            [name.name, *projector.point(shapely.Point(name.x, name.y)), round(name.angle_deg), name.rank]
            for name in ground.names
        ],
    }


def _pictures(ground: Ground, crs: str) -> dict[str, Any]:
    """Return shade and tint as ``data:`` addresses, and the box of both [degrees]; nothing without relief."""
    if ground.shade.size == 0:
        return {"box": None, "shade": "", "tint": ""}
    from PIL import Image  # noqa: PLC0415  # 0.06 s, and a page whose ground is kept needs none of it

    box, rows, columns = _turned(ground, crs)
    weights = relief_weight(ground.height, (ground.bounds[2] - ground.bounds[0]) / ground.height.shape[1])
    weight = scipy.ndimage.map_coordinates(weights, [rows, columns], order=1, cval=0.0)
    shade = scipy.ndimage.map_coordinates(ground.shade, [rows, columns], order=1, cval=0.0) * weight
    coarse = (slice(None, None, _TINT_CELLS), slice(None, None, _TINT_CELLS))
    height = scipy.ndimage.map_coordinates(np.nan_to_num(ground.height), [rows[coarse], columns[coarse]], order=1)
    tint = tinted(height, weight[coarse])
    return {
        "box": [round(edge, 6) for edge in box],
        "shade": _data_url(_palette(shade), "png", optimize=True),
        "tint": _data_url(Image.fromarray((tint * 255).round().astype(np.uint8)), "webp", quality=80, method=6),
    }


def _turned(ground: Ground, crs: str) -> tuple[tuple[float, ...], FloatArray, FloatArray]:
    """Return a box in degrees around the cells, and row and column in them of each cell of a grid over it.

    The grid of the metric CRS is turned against north by up to a degree or two, which a picture on a page is not.
    """
    west, south, east, north = ground.bounds
    to_degrees = pyproj.Transformer.from_crs(crs, WGS84, always_xy=True)
    box = to_degrees.transform_bounds(west, south, east, north)
    height, width = ground.shade.shape
    lon, lat = np.meshgrid(np.linspace(box[0], box[2], _GRID), np.linspace(box[3], box[1], _GRID))
    x, y = to_degrees.transform(lon, lat, direction="INVERSE")
    coarse_columns = (x - west) / (east - west) * width - 0.5
    coarse_rows = (north - y) / (north - south) * height - 0.5
    at = np.meshgrid(np.linspace(0, _GRID - 1, height), np.linspace(0, _GRID - 1, width), indexing="ij")
    rows, columns = (scipy.ndimage.map_coordinates(each, at, order=1) for each in (coarse_rows, coarse_columns))
    return box, rows, columns


def _palette(shade: FloatArray) -> "Image.Image":
    """Return shade as a picture with a palette: black and white of a few opacities, which compresses well."""
    from PIL import Image  # noqa: PLC0415  # 0.06 s, and a page whose ground is kept needs none of it

    steps = np.where(shade < 0, np.rint(-shade * _DARK_STEPS), _DARK_STEPS + np.rint(shade * _LIGHT_STEPS))
    steps[np.abs(shade) < 0.5 / max(_DARK_STEPS, _LIGHT_STEPS)] = 0
    picture = Image.fromarray(steps.astype(np.uint8), mode="P")
    dark, light = ([round(255 * part) for part in rgb(colour)] for colour in (DARKEST, LIGHTEST))
    picture.putpalette(dark * (_DARK_STEPS + 1) + light * _LIGHT_STEPS)
    opacity = [DARKEST_OPACITY * step / _DARK_STEPS for step in range(_DARK_STEPS + 1)]
    opacity += [LIGHTEST_OPACITY * (step + 1) / _LIGHT_STEPS for step in range(_LIGHT_STEPS)]
    picture.info["transparency"] = bytes(round(255 * each) for each in opacity)
    return picture


def _data_url(picture: "Image.Image", form: str, **choices: Any) -> str:
    stream = io.BytesIO()
    picture.save(stream, form, **choices)
    return f"data:image/{form};base64,{base64.b64encode(stream.getvalue()).decode('ascii')}"


def tile_hosts(results: Results) -> str:
    """Return the hosts that the page may load images from, as its security policy lists them; "" for none."""
    return _HOSTS[_choices(results)["tiles"]]


def tile_data(results: Results, *, lang: Lang) -> dict[str, Any] | None:
    """Return addresses, subdomains and the credit of the tiles; None where the study asks for none."""
    choices = _choices(results)
    if choices["tiles"] == "none":
        return None
    credit = text(f"page.tiles_{choices['tiles']}", lang)
    if choices["tiles"] == "osm":
        return {"urls": ["https://tile.openstreetmap.org/{z}/{x}/{y}.png"], "subdomains": "", "credit": credit}
    urls = [_TIANDITU.format(layer=layer, key=choices["tianditu_key"]) for layer in ("vec", "cva")]
    return {"urls": urls, "subdomains": "01234567", "credit": credit}


def _choices(results: Results) -> dict[str, str]:
    return results.parameters.get("map") or {"tiles": "none"}
