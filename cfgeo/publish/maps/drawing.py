"""The layers of a printed map: base map, streets, communities, labels, scale bar and north arrow."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from matplotlib.patches import Polygon
from matplotlib.path import Path

from cfgeo.core.schema import BASE_LAYERS, STEPS, Inputs
from cfgeo.core.shapes import Ground
from cfgeo.publish.colours import (
    BLOCKS,
    OFFICE,
    STREET,
    STREET_EDGE,
    STREET_EDGE_OPACITY,
    STREET_OPACITY,
    WATER,
)
from cfgeo.publish.colours import (
    STEPS as STEPS_COLOUR,
)
from cfgeo.publish.geometry import outlines
from cfgeo.publish.maps.labels import HALO, INK
from cfgeo.publish.maps.land import Land, draw_above, draw_below, draw_lines, joined_path, land_of

SOFT = "#5a666d"
_MARGIN = 0.04
_SCALE_LENGTHS = (50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000)


@dataclass(frozen=True)
class Background:
    """What every map of a run shares, prepared once.

    Attributes
    ----------
    streets, steps : matplotlib.path.Path
    has_steps : bool
    offices : geopandas.GeoSeries
        Outlines by street office.
    base_map : list of tuple
        Water and blocks: layer, shapes.
    land : Land, optional
        The ground, where it is known.
    """

    streets: Path
    steps: Path
    has_steps: bool
    offices: gpd.GeoSeries
    base_map: list[tuple[str, gpd.GeoSeries]]
    land: Land | None = None


def background_of(communities: gpd.GeoDataFrame, inputs: Inputs, ground: Ground | None = None) -> Background:
    """Return what all maps of a run, a plan or sites share."""
    edges = inputs.network.edges[~inputs.network.edges["across"]]
    west, south, east, north = communities.total_bounds
    pad = _MARGIN * 2 * max(east - west, north - south)
    near = edges[edges.intersects(shapely.box(west - pad, south - pad, east + pad, north + pad))]
    is_step = (near["form"] == STEPS).to_numpy()
    offices = outlines(communities.geometry.to_numpy(), communities["street_office"])
    return Background(
        streets=_merged(near.geometry.to_numpy()[~is_step]),
        steps=_merged(near.geometry.to_numpy()[is_step]),
        has_steps=bool(is_step.any()),
        offices=gpd.GeoSeries(offices, crs=communities.crs),
        base_map=[(name, inputs.layers[name].geometry) for name in BASE_LAYERS if name in inputs.layers],
        land=None if ground is None else land_of(ground),
    )


def _merged(lines: Any) -> Path:
    """Return lines joined where they can be, as one path."""
    lines = lines[shapely.length(lines) > 0]
    whole = shapely.line_merge(shapely.multilinestrings(lines)) if len(lines) else shapely.MultiLineString()
    return joined_path([shapely.get_coordinates(line) for line in shapely.get_parts(shapely.simplify(whole, 1.0))])


def frame_map(axes: Any, bounds: Sequence[float]) -> None:
    """Set an axes to show some bounds with a margin, at one scale in both directions."""
    west, south, east, north = bounds
    box = axes.get_window_extent()
    half = np.array([(east - west) / 2, (north - south) / 2]) * (1 + 2 * _MARGIN)
    scale = max(half[0] / box.width, half[1] / box.height)
    middle = (west + east) / 2, (south + north) / 2
    axes.set_xlim(middle[0] - scale * box.width, middle[0] + scale * box.width)
    axes.set_ylim(middle[1] - scale * box.height, middle[1] + scale * box.height)
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_color(SOFT)


def draw_communities(
    axes: Any, background: Background, communities: gpd.GeoDataFrame, fills: Sequence[str], *, steps: bool = True
) -> None:
    """Draw communities, each with its fill, on the base map, under the borders of street offices."""
    draw_base_map(axes, background)
    draw_areas(axes, communities, fills)
    if background.land is not None:
        draw_above(axes, background.land)
    draw_streets(axes, background, steps=steps)
    background.offices.boundary.plot(ax=axes, color=OFFICE, linewidth=1.7, zorder=4, aspect=None)


def draw_base_map(axes: Any, background: Background) -> None:
    """Draw the ground below the fills; without it, water and blocks."""
    if background.land is not None:
        draw_below(axes, background.land)
        return
    for layer, shapes in background.base_map:
        colour = BLOCKS if layer == "blocks" else WATER
        shapes.plot(ax=axes, color=colour, linewidth=2.0, edgecolor=colour, zorder=1, aspect=None)


def draw_streets(axes: Any, background: Background, *, steps: bool = True) -> None:
    """Draw the walking network as light lines above the fills, and its stairs where they are shown."""
    for colour, alpha, width in ((STREET_EDGE, STREET_EDGE_OPACITY, 1.7), (STREET, STREET_OPACITY, 0.9)):
        draw_lines(axes, background.streets, colour, linewidth=width, alpha=alpha, zorder=3)
    if steps:
        draw_lines(axes, background.steps, STEPS_COLOUR, linewidth=0.8, zorder=3.1)


def draw_areas(axes: Any, areas: gpd.GeoDataFrame, fills: Sequence[str]) -> None:
    """Draw areas, each with its fill, and thin white borders between them."""
    for fill in dict.fromkeys(fills):
        alike = areas[[other == fill for other in fills]]
        alike.plot(ax=axes, facecolor=fill, edgecolor="none", zorder=2, aspect=None)
    areas.boundary.plot(ax=axes, color="white", linewidth=0.9, zorder=3.5, aspect=None)


def draw_scale(axes: Any) -> None:
    """Draw a scale bar in the lower left corner."""
    left, right = axes.get_xlim()
    length_m = max(length for length in _SCALE_LENGTHS if length <= max((right - left) / 4, _SCALE_LENGTHS[0]))
    share = length_m / (right - left)
    axes.plot([0.02, 0.02 + share], [0.025, 0.025], color=INK, lw=3, transform=axes.transAxes, zorder=9,
              solid_capstyle="butt")  # fmt: skip
    label = f"{length_m} m" if length_m < 1000 else f"{length_m // 1000} km"
    axes.text(0.02 + share / 2, 0.035, label, transform=axes.transAxes, ha="center", va="bottom", fontsize=9,
              path_effects=HALO, zorder=9)  # fmt: skip


def draw_north(axes: Any, word: str) -> None:
    """Draw a north arrow in the upper right corner."""
    ratio = axes.get_window_extent().width / axes.get_window_extent().height
    x, y, wide, high = 0.965, 0.9, 0.012, 0.012 * ratio * 2.6
    for side, colour in ((1, INK), (-1, "white")):
        corners = [(x, y + high), (x + side * wide, y), (x, y + 0.25 * high)]
        axes.add_patch(Polygon(corners, facecolor=colour, edgecolor=INK, lw=0.8, transform=axes.transAxes, zorder=9))
    axes.text(x, y - 0.01, word, transform=axes.transAxes, ha="center", va="top", fontsize=10, fontweight="bold",
              path_effects=HALO, zorder=9)  # fmt: skip
