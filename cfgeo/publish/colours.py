"""The colours of every map, on pages and on sheets: fills are opaque, so that a swatch shows what is seen.

What stands above a fill (relief, streets, buildings) changes it little, and on flat ground not at all.
"""

from typing import Any

PASSED, PASSED_LOW = "#2f74b5", "#7fb2dd"
FAILED_HIGH, FAILED_LOW = "#f8c98d", "#d9822b"
OPEN = "#e1e6e9"
ELSEWHERE, PALE = "#f1f2f1", "#f7f8f6"

VERDICT_FILLS = {
    "passed": PASSED,
    "passed-high": PASSED,
    "passed-low": PASSED_LOW,
    "failed": FAILED_LOW,
    "failed-high": FAILED_HIGH,
    "failed-low": FAILED_LOW,
    "not_assessed": OPEN,
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

FAILED_STEPS = ("#fde3bf", "#f8c98d", "#eda659", "#d9822b", "#b0590f", "#7a3606")
"""Fills by how many required clauses fail: one, two, three …; the last for all further ones."""

MINUTE_FILLS = ("#003c30", "#1b7f75", "#63b7ab", "#dfb760", "#b0701e", "#543005")
"""Fills by minutes, in thirds of the limit; the first three lie within it."""

RATIO_STEPS = (0.5, 0.6, 0.7, 0.8)
RATIO_FILLS = ("#7f2704", "#d94801", "#fd8d3c", "#fdd0a2", "#fff5eb")
"""Fills by reach ratio, between ``RATIO_STEPS``."""

REACH_FILLS = ("#0b4f46", "#2c9c8c", "#9fdcd1")
"""Fills of areas of reach, the shortest walk first."""

LAYER_COLOURS = ("#0b5d3b", "#7b1fa2", "#00507a", "#8a3800", "#4a148c", "#3d5a00", "#880e4f", "#263238")
"""Colours of layers, in their order."""

PAPER, WATER, BLOCKS = "#f0efea", "#bcd8e8", "#e4e2dc"
STREET, STREET_EDGE, STEPS, OFFICE = "#ffffff", "#5d686e", "#5b2a86", "#22313a"
STREET_OPACITY, STREET_EDGE_OPACITY = 0.5, 0.22


def page_colours() -> dict[str, Any]:
    """Return the colours that scripts of pages use."""
    return {
        "verdicts": VERDICT_FILLS,
        "changes": CHANGE_FILLS,
        "failed": FAILED_STEPS,
        "minutes": MINUTE_FILLS,
        "ratioSteps": RATIO_STEPS,
        "ratios": RATIO_FILLS,
        "reach": REACH_FILLS,
        "layers": LAYER_COLOURS,
        "water": WATER,
        "blocks": BLOCKS,
        "street": {"fill": STREET, "opacity": STREET_OPACITY, "edge": STREET_EDGE, "edgeOpacity": STREET_EDGE_OPACITY},
    }
