"""The small charts of a series: a bar a year, the target as a line, the path as ticks; drawn by a template."""

import math
from dataclasses import dataclass

from cfgeo.core.schema import FAILED, NOT_ASSESSED, PASSED
from cfgeo.publish.run.units import PER_CENT
from cfgeo.publish.words.series.lines import IndicatorLine

WIDTH, HEIGHT = 220.0, 84.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 4.0, 216.0, 16.0, 66.0
_BAR = 0.56
_LEAST_PIXELS = 1.0
_ABOVE, _LETTERS = 4.0, 12.0
"""How far a bar's number stands above it, and how high it is."""


@dataclass(frozen=True)
class YearBar:
    """A year: where its bar stands, what is written over and under it, and its target of that year [SVG]."""

    x: float
    y: float
    width: float
    height: float
    middle: float
    words_y: float
    year: int
    words: str
    verdict: str
    path_y: float | None


@dataclass(frozen=True)
class IndicatorChart:
    """The chart of one indicator [SVG], y downwards.

    Attributes
    ----------
    bars : list of YearBar
    target_y : float or None
        Where the line of the target is.
    """

    bars: list[YearBar]
    target_y: float | None


def chart_of(line: IndicatorLine) -> IndicatorChart:
    """Return the chart of an indicator; the axis begins at 0, so that bars do not exaggerate."""
    known = [number for number in line.numbers.values() if math.isfinite(number)]
    asked = [*line.path.values(), *([] if math.isnan(line.target) else [line.target])]
    top = max([*known, *asked, 1.0 if line.measure_unit == PER_CENT else 0.0], default=1.0) or 1.0

    def y(value: float) -> float:
        return round(_BOTTOM - (_BOTTOM - _TOP) * max(value, 0.0) / top, 1)

    target_y = None if math.isnan(line.target) else y(line.target)
    step = (_RIGHT - _LEFT) / len(line.numbers)
    bars = []
    for nth, (year, number) in enumerate(line.numbers.items()):
        middle = _LEFT + step * (nth + 0.5)
        at = y(number) if math.isfinite(number) else _BOTTOM
        path_y = y(line.path[year]) if year in line.path else None
        bars.append(
            YearBar(
                x=round(middle - step * _BAR / 2, 1),
                y=min(at, _BOTTOM - _LEAST_PIXELS),
                width=round(step * _BAR, 1),
                height=round(max(_BOTTOM - at, _LEAST_PIXELS), 1),
                middle=round(middle, 1),
                words_y=_words_y(at, [edge for edge in (target_y, path_y) if edge is not None]),
                year=year,
                words=line.shown[year],
                verdict=line.verdicts[year] if line.verdicts[year] in {PASSED, FAILED, NOT_ASSESSED} else "none",
                path_y=path_y,
            )
        )
    return IndicatorChart(bars, target_y)


def _words_y(bar_y: float, lines_y: list[float]) -> float:
    """Return where a bar's number stands: above the bar, and above each line that would run through it."""
    at = bar_y
    for edge in sorted(lines_y, reverse=True):
        if at - _ABOVE - _LETTERS < edge <= at:
            at = edge
    return max(at - _ABOVE, _LETTERS)
