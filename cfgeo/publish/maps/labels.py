"""Texts on printed maps: each where it has room and covers no other, beside its area with a line to it if it must."""

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from matplotlib import patheffects

from cfgeo.core.schema import BoolArray, FloatArray
from cfgeo.publish.maps.fonts import is_chinese

INK = "#111111"
HALO = [patheffects.withStroke(linewidth=2.4, foreground="white")]
Box = tuple[float, float, float, float]
"""Left, bottom, right and top [pt]."""

_NEVER_FIRST = "，。；：、）”"  # no line begins with these
_LINE = 1.15  # of the size of the letters
_ROOM = 1.05  # a text may be so much wider than its area
_AROUND = [(np.cos(angle), np.sin(angle)) for angle in np.linspace(0, 2 * np.pi, 12, endpoint=False)]
_SCALE_PT, _NORTH_PT = 30.0, (40.0, 62.0)  # what scale and north arrow take in their corners
_FURTHEST = 4  # lines of text that a label may stand from the edge of its area


class AxesPaper:
    """Points on the paper of an axes, and what is taken there.

    Parameters
    ----------
    axes
        Their limits are set.
    taken
        Boxes that texts keep clear of.
    """

    def __init__(self, axes: Any, taken: Sequence[Box] = ()) -> None:
        (left, right), (bottom, _) = axes.get_xlim(), axes.get_ylim()
        frame = axes.get_window_extent()
        to_pt = 72 / axes.figure.dpi
        self.pt_per_m = frame.width * to_pt / (right - left)
        self.width, self.height = frame.width * to_pt, frame.height * to_pt
        self._origin = np.array([left, bottom])
        scale = (0.0, 0.0, self.width * 0.29, _SCALE_PT)
        north = (self.width - _NORTH_PT[0], self.height - _NORTH_PT[1], self.width, self.height)
        self.taken = [scale, north, *taken]

    def at(self, xy: FloatArray) -> FloatArray:
        """Return positions of the map as points on the paper (n x 2)."""
        return np.asarray((xy - self._origin) * self.pt_per_m)

    def is_free(self, box: Box) -> bool:
        """Return whether a box lies on the map and covers nothing that is taken."""
        inside = box[0] >= 0 and box[1] >= 0 and box[2] <= self.width and box[3] <= self.height
        return inside and not any(
            box[0] < other[2] and box[2] > other[0] and box[1] < other[3] and box[3] > other[1] for other in self.taken
        )


def draw_labels(
    axes: Any,
    areas: gpd.GeoDataFrame,
    labels: Sequence[str],
    *,
    size: float,
    taken: Sequence[Box] = (),
    first: BoolArray | None = None,
) -> list[Box]:
    """Write a label into each area, the widest areas first.

    A label that would cover another text in the middle of its area stands above or below; one that is wider than its
    area, or has no room there, stands beside it with a line to it; else only its last line is written; else a dot
    marks that there was no room.

    Parameters
    ----------
    axes
        Their limits are set.
    areas
        Polygons.
    labels
        One or more lines each.
    size
        Of the letters [pt].
    taken
        Boxes of texts and signs that stand already [pt].
    first
        Which areas the map is about: they come first, and of the others only those with room in them are labelled.

    Returns
    -------
    list of tuple
        What is taken now.
    """
    paper = AxesPaper(axes, taken)
    shapes = areas.geometry.to_numpy()
    circles = shapely.maximum_inscribed_circle(shapes, tolerance=5.0)
    radius_pt = shapely.length(circles) * paper.pt_per_m
    middle_m = shapely.get_coordinates(shapely.get_point(circles, 0))
    middle = paper.at(middle_m)
    bounds = shapely.bounds(shapes)
    room = (bounds[:, 2] - bounds[:, 0]) * paper.pt_per_m
    about = np.ones(len(shapes), dtype=bool) if first is None else np.asarray(first)
    for nth in np.lexsort((-radius_pt, ~about)):
        x, y = middle[nth]
        if not (0 < x < paper.width and 0 < y < paper.height):
            continue
        lines = labels[nth].split("\n")
        candidates = [lines] if len(lines) == 1 else [lines, lines[-1:]]
        inside = [
            (kept, box)
            for kept in candidates
            for shift in _shifts(radius_pt[nth], len(kept), size)
            if text_width(kept[0], size) <= room[nth] * _ROOM and paper.is_free(box := _box(x, y + shift, kept, size))
        ]
        full = [chosen for chosen in inside if len(chosen[0]) == len(lines)]
        outside = [] if full or not about[nth] else _beside(paper, middle[nth], radius_pt[nth], lines, size)
        for kept, box in (full or outside or inside)[:1]:
            paper.taken.append(box)
            centre = np.array([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2])
            _write(axes, middle_m[nth], (centre - middle[nth]), "\n".join(kept), size, line=bool(outside))
        if about[nth] and not (full or outside or inside):
            axes.plot(*middle_m[nth], "o", color=INK, markersize=size / 4, zorder=8)
    return paper.taken


def _shifts(radius: float, lines: int, size: float) -> list[float]:
    """Return how far above or below the middle of its area a label may stand and is still in it [pt]."""
    shift = (1 + lines / 2) * size * _LINE
    return [0.0, shift, -shift] if shift + lines * size * _LINE / 2 <= radius * _ROOM else [0.0]


def _beside(
    paper: AxesPaper, middle: FloatArray, radius: float, lines: list[str], size: float
) -> list[tuple[list[str], Box]]:
    """Return the nearest free place around an area for a label; none where there is none."""
    wide, high = _extent(lines, size)
    for further in range(1, _FURTHEST + 1):
        for east, north in _AROUND:
            reach = radius + further * size * _LINE
            x = middle[0] + east * (reach + wide / 2)
            y = middle[1] + north * (reach + high / 2)
            box = _box(x, y, lines, size)
            if paper.is_free(box):
                return [(lines, box)]
    return []


def _write(axes: Any, at_m: FloatArray, offset_pt: FloatArray, words: str, size: float, *, line: bool) -> None:
    arrow = {"arrowstyle": "-", "color": INK, "lw": 0.6, "shrinkA": 0, "shrinkB": 0} if line else None
    axes.annotate(words, at_m, xytext=offset_pt, textcoords="offset points", fontsize=size, ha="center", va="center",
                  linespacing=1.1, path_effects=HALO, color=INK, zorder=8, arrowprops=arrow)  # fmt: skip
    if line:
        axes.plot(*at_m, "o", color=INK, markersize=size / 4, zorder=8)


def _box(x: float, y: float, lines: list[str], size: float) -> Box:
    wide, high = _extent(lines, size)
    return x - wide / 2, y - high / 2, x + wide / 2, y + high / 2


def _extent(lines: list[str], size: float) -> tuple[float, float]:
    return max(text_width(line, size) for line in lines), len(lines) * size * _LINE


def text_width(words: str, size: float) -> float:
    """Return how wide a text is, roughly [pt]: Chinese letters are twice as wide as Latin ones."""
    return sum(1.02 if is_chinese(letter) else 0.55 for letter in words) * size


def wrapped(words: str, width: int) -> str:
    """Break a text into lines of a width in letters, Chinese ones counting twice."""
    lines, line, used = [], "", 0
    for part in _unbroken(words):
        size = sum(2 if is_chinese(letter) else 1 for letter in part)
        if line and used + size > width and part not in _NEVER_FIRST:
            lines.append(line.rstrip())
            line, used = part.lstrip(), size - part.startswith(" ")
        else:
            line, used = line + part, used + size
    return "\n".join([*lines, line.rstrip()])


def _unbroken(words: str) -> list[str]:
    """Return what must not be broken: Latin words with the space before them, and single Chinese letters."""
    parts: list[str] = []
    for letter in words:
        if parts and letter != " " and not is_chinese(letter) and not is_chinese(parts[-1][-1]):
            parts[-1] += letter
        else:
            parts.append(letter)
    return parts
