"""The ground on printed maps: below the fills tint and greens, above them shade, contours, buildings and water."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from matplotlib import patheffects
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from cfgeo.core.schema import FloatArray
from cfgeo.core.shapes import Ground, StreetName
from cfgeo.publish.colours import (
    DARKEST,
    DARKEST_OPACITY,
    GREEN,
    LIGHTEST,
    LIGHTEST_OPACITY,
    PAPER,
    WATER,
    relief_weight,
    rgb,
    tinted,
)

_NAME_SIZES_PT = (8.0, 7.0, 6.5)
_HALO = [patheffects.withStroke(linewidth=1.8, foreground="white", alpha=0.8)]
_NAME_COLOUR = "#2b363c"
_MOST_NAMES = 90
_NARROWEST_M = 4500.0
"""A map that is wider than this many metres shows the names of large roads alone."""


@dataclass(frozen=True)
class Land:
    """What is drawn of the ground, prepared once for all sheets.

    Attributes
    ----------
    bounds : tuple of float
    tint, shade : numpy.ndarray, optional
        Pictures over the bounds, the second one mostly transparent; None without relief.
    contours, rails, buildings, water, greens : matplotlib.path.Path
        All of a kind in one path: a sheet is drawn several times faster than with a path for each.
    names : tuple of StreetName
    """

    bounds: tuple[float, float, float, float]
    tint: Any
    shade: Any
    contours: Path
    rails: Path
    buildings: Path
    water: Path
    greens: Path
    names: tuple[StreetName, ...]


def land_of(ground: Ground) -> Land:
    """Return what sheets draw of the ground."""
    tint = shade = None
    if ground.shade.size:
        cell_m = (ground.bounds[2] - ground.bounds[0]) / ground.height.shape[1]
        weight = relief_weight(ground.height, cell_m)
        tint = tinted(np.nan_to_num(ground.height), weight)
        shade = _transparent(ground.shade * weight)
    return Land(
        bounds=ground.bounds,
        tint=tint,
        shade=shade,
        contours=joined_path([shapely.get_coordinates(line) for line in ground.contours]),
        rails=joined_path([shapely.get_coordinates(line) for line in ground.rails]),
        buildings=_areas_path(ground.buildings),
        water=_areas_path(ground.water),
        greens=_areas_path(ground.greens),
        names=ground.names,
    )


def draw_below(axes: Any, land: Land) -> None:
    """Draw what lies below the fills, on paper."""
    axes.set_facecolor(PAPER)
    west, south, east, north = land.bounds
    if land.tint is not None:
        axes.imshow(land.tint, extent=(west, east, south, north), zorder=0.5, aspect="auto", interpolation="bilinear")
    axes.add_artist(PathPatch(land.greens, facecolor=GREEN, edgecolor="none", zorder=0.6))


def draw_above(axes: Any, land: Land) -> None:
    """Draw what lies above the fills: little, and on flat land without streets nothing."""
    west, south, east, north = land.bounds
    if land.shade is not None:
        axes.imshow(land.shade, extent=(west, east, south, north), zorder=2.2, aspect="auto", interpolation="bilinear")
    draw_lines(axes, land.contours, "black", linewidth=0.45, alpha=0.18, zorder=2.3)
    axes.add_artist(PathPatch(land.buildings, facecolor="black", alpha=0.13, linewidth=0, zorder=2.4))
    axes.add_artist(PathPatch(land.water, facecolor=WATER, edgecolor="none", zorder=2.5))
    draw_lines(axes, land.rails, "#3c4348", linewidth=0.9, alpha=0.55, linestyle="dashed", zorder=2.9)


def draw_lines(axes: Any, lines: Path, colour: str, *, zorder: float, **look: Any) -> None:
    """Draw lines that are one path; where they cross they are no darker."""
    axes.add_artist(PathPatch(lines, facecolor="none", edgecolor=colour, zorder=zorder, **look))


def draw_street_names(axes: Any, land: Land) -> None:
    """Write names of streets along them, the large ones first, where no other text stands."""
    left, right = axes.get_xlim()
    renderer = axes.figure.canvas.get_renderer()
    taken = [words.get_window_extent(renderer) for words in axes.texts]
    frame, written = axes.get_window_extent(), 0
    for name in land.names:
        if written == _MOST_NAMES or (right - left > _NARROWEST_M and name.rank):
            break
        x, y = axes.transData.transform((name.x, name.y))
        if not frame.padded(-12).contains(x, y):
            continue
        words = axes.text(
            name.x, name.y, name.name, fontsize=_NAME_SIZES_PT[name.rank], rotation=name.angle_deg, ha="center",
            va="center", color=_NAME_COLOUR, path_effects=_HALO, zorder=6.5, clip_on=True,
        )  # fmt: skip
        box = words.get_window_extent(renderer).padded(2)
        cut = not (frame.contains(box.x0, box.y0) and frame.contains(box.x1, box.y1))
        if cut or any(box.overlaps(other) for other in taken):
            words.remove()
        else:
            taken.append(box)
            written += 1


def _transparent(shade: FloatArray) -> Any:
    """Return shade as black and white of the opacity that it asks for (rows × columns × 4, 0–255)."""
    colour = np.where((shade < 0)[..., np.newaxis], rgb(DARKEST), rgb(LIGHTEST))
    opacity = np.where(shade < 0, -shade * DARKEST_OPACITY, shade * LIGHTEST_OPACITY)
    return np.rint(np.dstack([colour, opacity]) * 255).astype(np.uint8)


def joined_path(lines: Sequence[FloatArray]) -> Path:
    """Return lines as one path."""
    return Path.make_compound_path(*map(Path, lines)) if lines else Path(np.zeros((0, 2)))


def _areas_path(areas: Any) -> Path:
    """Return polygons with their holes as one path."""
    rings = shapely.get_rings(shapely.orient_polygons(areas)) if len(areas) else []
    parts = [Path(shapely.get_coordinates(ring), closed=True) for ring in rings]
    return Path.make_compound_path(*parts) if parts else Path(np.zeros((0, 2)))
