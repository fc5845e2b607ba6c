"""The colours of every map, on pages and on sheets: fills are opaque, so that a swatch shows what is seen.

What stands above a fill (relief, streets, buildings) changes it little, and on flat ground not at all.
"""

from typing import Any

import numpy as np
import scipy

from cfgeo.core.schema import FloatArray

PASSED, PASSED_LOW = "#2f74b5", "#7fb2dd"
FAILED_HIGH, FAILED_LOW = "#f8c98d", "#d9822b"
OPEN = "#e1e6e9"
ELSEWHERE, PALE = "#f1f2f1", "#f7f8f6"

FAILED_STEPS = ("#fde3bf", "#f8c98d", "#eda659", "#d9822b", "#b0590f", "#7a3606")
"""Fills by how many required clauses fail: one, two, three …; the last for all further ones."""

VERDICT_FILLS = {
    "passed": PASSED,
    "passed-high": PASSED,
    "passed-low": PASSED_LOW,
    "failed": FAILED_LOW,
    "failed-high": FAILED_HIGH,
    "failed-low": FAILED_LOW,
    "not_assessed": OPEN,
    **{f"failing-{count}": fill for count, fill in enumerate(FAILED_STEPS, start=1)},
}
"""Fills by verdict, and by how near it is to the other one. In grey too, each is lighter or darker than the others."""

CHANGE_FILLS = {
    "passed": PASSED,
    "gained": "#1b8a3a",
    "lost": "#b3261e",
    "failed": FAILED_HIGH,
    "held": FAILED_LOW,
    "not_assessed": OPEN,
}
"""Fills of what changes and plans do to a verdict."""

COVERAGE_FILLS = {
    "more-many": "#1b7f75",
    "more": "#9ad4cb",
    "mixed": "#c9b3dc",
    "same": PALE,
    "less": "#e3c483",
    "less-many": "#a5661c",
}
"""Fills of what changes do to coverage, safe for colour-blind eyes: to green for more, to brown for less."""

MINUTE_FILLS = ("#08306b", "#2f74b5", "#86b9e0", "#fdd49e", "#e07b39", "#8c2d04")
"""Fills by minutes, in thirds of the limit; the first three lie within it. Every eye tells them apart."""

RATIO_STEPS = (0.5, 0.6, 0.7, 0.8)
RATIO_FILLS = ("#7f2704", "#d94801", "#fd8d3c", "#fdd0a2", "#fff5eb")
"""Fills by reach ratio, between ``RATIO_STEPS``."""

REACH_FILLS = ("#0b4f46", "#2c9c8c", "#9fdcd1")
"""Fills of areas of reach, the shortest walk first."""

LAYER_COLOURS = ("#0b5d3b", "#7b1fa2", "#00507a", "#8a3800", "#4a148c", "#3d5a00", "#880e4f", "#263238")
"""Colours of layers, in their order."""

PAPER, WATER, BLOCKS, GREEN = "#f0efea", "#bcd8e8", "#dcd9d1", "#cfe0bd"
TINTS = ("#e3ebdd", "#edeedd", "#efe6d2", "#e6d6c0")
"""Of the land outside, from the lowest to the highest."""
DARKEST, DARKEST_OPACITY, LIGHTEST, LIGHTEST_OPACITY = "#000000", 0.25, "#ffffff", 0.17
"""Shade above fills: stronger, and fills of a legend are taken for one another."""
FADE_M = 250.0
"""Over which width the relief fades to paper, where no raster reaches and at its edge."""
STREET, STREET_EDGE, STEPS, OFFICE = "#ffffff", "#5d686e", "#5b2a86", "#22313a"
STREET_OPACITY, STREET_EDGE_OPACITY = 0.5, 0.22


def rgb(colour: str) -> tuple[float, float, float]:
    """Return a colour's red, green and blue, from 0 to 1."""
    red, green, blue = (part / 255 for part in bytes.fromhex(colour[1:]))
    return red, green, blue


def relief_weight(height: FloatArray, cell_m: float) -> FloatArray:
    """Return how much of the relief is shown in each cell: 1 inside, 0 where no height is known and at the edge.

    Parameters
    ----------
    height
        Cells, NaN where no raster reaches.
    cell_m
        How wide they are.
    """
    inside = scipy.ndimage.distance_transform_edt(np.pad(np.isfinite(height), 1))[1:-1, 1:-1] * cell_m
    return np.asarray(np.clip((inside - cell_m) / FADE_M, 0.0, 1.0))


def tinted(height: FloatArray, weight: FloatArray) -> FloatArray:
    """Return the tint of heights between 0 and 1, faded to paper (rows × columns × 3, 0–1)."""
    stops = np.array([rgb(tint) for tint in TINTS])
    at = np.linspace(0.0, 1.0, len(stops))
    colour = np.stack([np.interp(height, at, stops[:, band]) for band in range(3)], axis=-1)
    paper = np.array(rgb(PAPER))
    return np.asarray(paper + (colour - paper) * weight[..., np.newaxis])


def page_colours() -> dict[str, Any]:
    """Return the colours that scripts of pages use."""
    return {
        "verdicts": VERDICT_FILLS,
        "changes": CHANGE_FILLS,
        "coverage": COVERAGE_FILLS,
        "minutes": MINUTE_FILLS,
        "ratioSteps": RATIO_STEPS,
        "ratios": RATIO_FILLS,
        "reach": REACH_FILLS,
        "layers": LAYER_COLOURS,
        "water": WATER,
        "blocks": BLOCKS,
        "green": GREEN,
        "street": {"fill": STREET, "opacity": STREET_OPACITY, "edge": STREET_EDGE, "edgeOpacity": STREET_EDGE_OPACITY},
    }
