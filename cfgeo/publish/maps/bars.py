"""Ranked bars beside a map: a name, its value, and below both how long it is."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure

from cfgeo.core.strings import Lang, text
from cfgeo.publish.maps.drawing import SOFT
from cfgeo.publish.maps.fonts import is_chinese
from cfgeo.publish.maps.labels import INK, text_width, wrapped
from cfgeo.publish.safe_text import one_line
from cfgeo.publish.words.story.scenes import StoryBar

Chart = tuple[str, Sequence[StoryBar]]
"""A heading and its bars."""

_BAR, _BEHIND = "#3b6ea5", "#e4e9ed"
_POINTS_PER_IN = 72
_ROW, _LONG_ROW, _THICK, _HEAD = 2.35, 2.95, 0.38, 3.6  # of the size of the letters
_BAR_AT, _LINE, _LATIN_EM = 1.75, 1.15, 0.56
_HEADING = 1.15


def bars_height(bars: Sequence[StoryBar], size: float, wide_pt: float) -> float:
    """Return how high a chart of some width is, its heading included [pt]."""
    return (sum(row.height for row in _rows(bars, size, wide_pt)) + _HEAD) * size


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
    rows = _rows(bars, size, wide_pt)
    room = most_pt / size - _HEAD
    if sum(row.height for row in rows) > room:
        ends = itertools.accumulate(row.height for row in rows)
        rows = [row for row, end in zip(rows, ends, strict=True) if end + _ROW <= room]
    axes: Any = figure.add_axes((left, top - most_pt / high_pt, right - left, most_pt / high_pt))
    axes.set(xlim=(0, wide_pt), ylim=(-most_pt, 0))
    axes.set_axis_off()
    heading_size = size * _HEADING
    lines = wrapped(heading, int(wide_pt / (0.55 * heading_size)))
    axes.text(0, 0, lines, fontsize=heading_size, fontweight="bold", color=INK, va="top", linespacing=1.15)
    y = -(2.2 + lines.count("\n") * 1.4) * size
    for bar, row in zip(bars, rows, strict=False):
        value_pt = text_width(bar.value, size) + size
        axes.text(0, y, row.name, fontsize=size, color=INK, va="top", linespacing=_LINE)
        below = y - row.bar_at * size
        long_pt = wide_pt - (value_pt if row.is_long else 0)
        if row.is_long:
            middle = below + _THICK * size / 2
            axes.text(wide_pt, middle, bar.value, fontsize=size * 0.92, color=INK, ha="right", va="center")
        else:
            axes.text(wide_pt, y, bar.value, fontsize=size, color=INK, ha="right", va="top")
        axes.barh(below, long_pt, _THICK * size, color=_BEHIND, align="edge")
        axes.barh(below, long_pt * min(max(bar.share, 0.0), 1.0), _THICK * size, color=_BAR, align="edge")
        y -= row.height * size
    if len(rows) < len(bars):
        axes.text(0, y, text("story.more", lang, count=len(bars) - len(rows)), fontsize=size, color=SOFT, va="top")
        y -= _ROW * size
    return top + y / high_pt


@dataclass(frozen=True)
class _Row:
    """A bar's name as it is written, whether it has its lines to itself; where the bar is, how high all [of size]."""

    name: str
    is_long: bool
    bar_at: float
    height: float


def _rows(bars: Sequence[StoryBar], size: float, wide_pt: float) -> list[_Row]:
    """Return how each bar is written: a long name on a line or two of its own, and its value beside the bar."""
    rows = []
    for bar in bars:
        name = one_line(bar.name)
        if text_width(name, size) + text_width(bar.value, size) + size <= wide_pt:
            rows.append(_Row(name, is_long=False, bar_at=_BAR_AT, height=_ROW))
            continue
        first = wrapped(name, int(wide_pt / (_LATIN_EM * size))).split("\n")[0]
        lines = [fitted(part, wide_pt, size) for part in (first, name[len(first) :].strip()) if part]
        more = (len(lines) - 1) * _LINE
        rows.append(_Row("\n".join(lines), is_long=True, bar_at=_BAR_AT + more, height=_LONG_ROW + more))
    return rows


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
