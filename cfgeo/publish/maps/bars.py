"""Ranked bars beside a map: a name, its value, and below both how long it is."""

from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure

from cfgeo.core.strings import Lang, text
from cfgeo.publish.maps.drawing import SOFT
from cfgeo.publish.maps.fonts import is_chinese
from cfgeo.publish.maps.labels import INK, text_width, wrapped
from cfgeo.publish.words.story.scenes import StoryBar

Chart = tuple[str, Sequence[StoryBar]]
"""A heading and its bars."""

_BAR, _BEHIND = "#3b6ea5", "#e4e9ed"
_POINTS_PER_IN = 72
_ROW, _LONG_ROW, _THICK = 2.35, 2.95, 0.38  # of the size of the letters
_HEAD = 3.6
_HEADING = 1.15


def bars_height(bars: Sequence[StoryBar], size: float, wide_pt: float) -> float:
    """Return how high a chart of some width is, its heading included [pt]."""
    return (len(bars) * _row(bars, size, wide_pt) + _HEAD) * size


def draw_bars(
    figure: Figure, box: tuple[float, float, float], chart: Chart, *, size: float, most_pt: float, lang: Lang
) -> float:
    """Draw a chart of as many bars as have room, and return where it ends [of the figure, from below].

    Parameters
    ----------
    figure
        Where.
    box
        Left, right and top [of the figure].
    chart
        Heading and ranked bars.
    size
        Of the letters [pt].
    most_pt
        How high it may be.
    lang
        Language of what says how many more there are.
    """
    (left, right, top), (heading, bars) = box, chart
    high_pt = figure.get_figheight() * _POINTS_PER_IN
    wide_pt = (right - left) * figure.get_figwidth() * _POINTS_PER_IN
    row = _row(bars, size, wide_pt)
    room = max(int((most_pt / size - _HEAD) / row), 1)
    shown = bars if len(bars) <= room else bars[: room - 1]
    axes: Any = figure.add_axes((left, top - most_pt / high_pt, right - left, most_pt / high_pt))
    axes.set(xlim=(0, wide_pt), ylim=(-most_pt, 0))
    axes.set_axis_off()
    heading_size = size * _HEADING
    lines = wrapped(heading, int(wide_pt / (0.55 * heading_size)))
    axes.text(0, 0, lines, fontsize=heading_size, fontweight="bold", color=INK, va="top", linespacing=1.15)
    y = -(2.2 + lines.count("\n") * 1.4) * size
    for bar in shown:
        # A long name has its line to itself; the value then stands beside the bar.
        value_pt = text_width(bar.value, size) + size
        is_long = _is_long(bar, size, wide_pt)
        axes.text(
            0, y, fitted(bar.name, wide_pt - (0 if is_long else value_pt), size), fontsize=size, color=INK, va="top"
        )
        below, long_pt = y - 1.75 * size, wide_pt - (value_pt if is_long else 0)
        if is_long:
            axes.text(
                wide_pt, below + _THICK * size / 2, bar.value, fontsize=size * 0.92, color=INK, ha="right", va="center"
            )
        else:
            axes.text(wide_pt, y, bar.value, fontsize=size, color=INK, ha="right", va="top")
        axes.barh(below, long_pt, _THICK * size, color=_BEHIND, align="edge")
        axes.barh(below, long_pt * min(max(bar.share, 0.0), 1.0), _THICK * size, color=_BAR, align="edge")
        y -= row * size
    if len(shown) < len(bars):
        axes.text(0, y, text("story.more", lang, count=len(bars) - len(shown)), fontsize=size, color=SOFT, va="top")
        y -= row * size
    return top + y / high_pt


def _is_long(bar: StoryBar, size: float, wide_pt: float) -> bool:
    """Return whether a name and its value have no room on one line."""
    return text_width(bar.name, size) + text_width(bar.value, size) + size > wide_pt


def _row(bars: Sequence[StoryBar], size: float, wide_pt: float) -> float:
    """Return how high each row is [of the size]: a value beside its bar stays clear of the next name."""
    return _LONG_ROW if any(_is_long(bar, size, wide_pt) for bar in bars) else _ROW


def fitted(words: str, width_pt: float, size: float) -> str:
    """Return as much of a text as has room, with an ellipsis where it is cut."""
    if text_width(words, size) <= width_pt:
        return words
    kept, used = "", text_width("…", size)
    for letter in words:
        used += (1.02 if is_chinese(letter) else 0.55) * size
        if used > width_pt:
            break
        kept += letter
    return f"{kept}…"
