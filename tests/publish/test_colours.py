"""A legend's swatch is the colour that is seen: measured on pictures of the page and of the sheets."""

import io
from pathlib import Path
from typing import Any

import matplotlib.image
import numpy as np
import pytest
import shapely
from matplotlib.style import context
from tools.browser import chromium, open_page
from tools.colour import LACKING, RGB, commonest, difference, lightness, seen_without
from worlds.publish_results import sample_results

from cfgeo import Results
from cfgeo.publish.colours import CHANGE_FILLS, FAILED_STEPS, MINUTE_FILLS, RATIO_FILLS, VERDICT_FILLS, WATER
from cfgeo.publish.maps.drawing import background_of
from cfgeo.publish.maps.run import Run
from cfgeo.publish.maps.sheet import drawn_sheet
from cfgeo.publish.maps.sheets import sheet_makers, style_of
from cfgeo.publish.page.run import write_page
from cfgeo.publish.pictures import saved

SEEN = 3.0  # ΔE2000 that nobody sees when a map and its legend lie apart
APART = 6.0

POINTS_IN_FILLS = """() => [...document.querySelectorAll('path.community')].map((path) => {
  const box = path.getBoundingClientRect(), points = [], inverse = path.getScreenCTM().inverse();
  for (let i = 1; i < 40; i += 1) for (let j = 1; j < 40; j += 1) {
    const at = new DOMPoint(box.x + box.width * i / 40, box.y + box.height * j / 40);
    if (path.isPointInFill(at.matrixTransform(inverse))) points.push([Math.round(at.x), Math.round(at.y)]);
  }
  return [path.getAttribute('data-fill'), points];
})"""
POINTS_IN_SWATCHES = """() => [...document.querySelectorAll('#legend rect[data-fill]')].map((rect) => {
  const box = rect.getBoundingClientRect();
  return [rect.getAttribute('data-fill'), [[Math.round(box.x + box.width / 2), Math.round(box.y + box.height / 2)]]];
})"""


def test_the_measure_is_that_of_the_paper() -> None:
    assert difference((255, 255, 255), (0, 0, 0)) == pytest.approx(100.0, abs=0.01)
    assert difference((255, 0, 0), (0, 255, 0)) == pytest.approx(86.61, abs=0.05)
    assert difference((120, 90, 30), (120, 90, 30)) == 0


@pytest.mark.parametrize("fills", [VERDICT_FILLS, CHANGE_FILLS, FAILED_STEPS, MINUTE_FILLS, RATIO_FILLS])
def test_fills_of_one_legend_are_told_apart(fills: Any) -> None:
    colours = sorted({*(fills.values() if isinstance(fills, dict) else fills), WATER})
    seen = [_rgb(colour) for colour in colours]
    for nth, one in enumerate(seen):
        assert all(difference(one, other) > APART for other in seen[nth + 1 :]), colours[nth]


def test_the_simulation_is_that_of_the_paper() -> None:
    assert seen_without((255, 255, 255), "deutan") == (255, 255, 255)
    assert difference((200, 60, 60), (90, 130, 60)) > 40
    red, green = (seen_without(colour, "deutan") for colour in ((200, 60, 60), (90, 130, 60)))
    assert difference(red, green) < 12, "who lacks middle cones takes these for one another"


@pytest.mark.parametrize("cones", LACKING)
@pytest.mark.parametrize(
    ("fills", "apart"), [(MINUTE_FILLS, 15.0), (RATIO_FILLS, 12.0), (VERDICT_FILLS, 6.0), (CHANGE_FILLS, 6.0)]
)
def test_fills_are_told_apart_without_one_kind_of_cone(fills: Any, apart: float, cones: str) -> None:
    colours = sorted({*(fills.values() if isinstance(fills, dict) else fills)})
    seen = [seen_without(_rgb(colour), cones) for colour in colours]
    for nth, one in enumerate(seen):
        assert all(difference(one, other) > apart for other in seen[nth + 1 :]), colours[nth]


@pytest.mark.parametrize("cones", LACKING)
def test_minutes_get_darker_away_from_the_limit_for_every_eye(cones: str) -> None:
    light = [lightness(seen_without(_rgb(colour), cones)) for colour in MINUTE_FILLS]
    assert light[:3] == sorted(light[:3])
    assert light[3:] == sorted(light[3:], reverse=True)


@pytest.mark.browser
def test_the_page_shows_the_colours_of_its_legend(tmp_path: Path) -> None:
    write_page(sample_results(), tmp_path / "index.html", lang="en")
    with chromium(tmp_path / "profile") as context, open_page(context, tmp_path / "index.html") as watched:
        page = watched.page
        views = page.eval_on_selector_all("#view option", "options => options.map((option) => option.value)")
        seen = 0
        for view in views:
            page.select_option("#view", view)
            picture = _pixels(page.screenshot())
            swatches = {fill: _colour(picture, points) for fill, points in page.evaluate(POINTS_IN_SWATCHES)}
            for fill, points in page.evaluate(POINTS_IN_FILLS):
                if view != "none":
                    assert difference(_colour(picture, points), swatches[fill]) < SEEN, (view, fill)
                    seen += 1
        assert seen > 20


def test_a_sheet_shows_the_colours_of_its_legend(town_results: Results) -> None:
    background = background_of(town_results.communities, town_results.inputs, town_results.ground)
    with context(style_of(town_results, "en")):
        for sheet in (make(Run(town_results, background, "en")) for make in sheet_makers(town_results)):
            if not sheet.name.startswith(("district", "clause", "terrain")):
                continue
            figure = drawn_sheet(sheet, town_results, lang="en", land=background.land)
            picture = _pixels(saved(figure, "png"))
            legend, axes = figure.legends[0], figure.axes[0]
            swatches = [patch.get_window_extent() for patch in legend.get_patches()]
            places = [((box.x0 + box.x1) / 2, picture.shape[0] - (box.y0 + box.y1) / 2) for box in swatches]
            shown = [_colour(picture, [place]) for place in places]
            for shape in town_results.communities.geometry:
                points = _grid_in(shape)
                seen = axes.transData.transform(points)
                inside = axes.bbox.contains
                at = [(x, picture.shape[0] - y) for x, y in seen if inside(x, y)]
                colour = _colour(picture, at)
                nearest = min(difference(colour, swatch) for swatch in shown)
                assert nearest < SEEN, (sheet.name, colour)


def _rgb(colour: str) -> RGB:
    red, green, blue = bytes.fromhex(colour[1:])
    return red, green, blue


def _pixels(png: bytes) -> Any:
    return np.rint(matplotlib.image.imread(io.BytesIO(png))[:, :, :3] * 255).astype(int)


def _colour(picture: Any, points: Any) -> tuple[int, int, int]:
    """Return the colour that stands at most of some points (x from the left, y from above)."""
    x, y = np.rint(np.array(points)).astype(int).T
    inside = (x >= 0) & (y >= 0) & (x < picture.shape[1]) & (y < picture.shape[0])
    return commonest(picture[y[inside], x[inside]])


def _grid_in(shape: Any) -> Any:
    west, south, east, north = shape.bounds
    x, y = np.meshgrid(np.linspace(west, east, 60), np.linspace(south, north, 60))
    points = np.column_stack([x.ravel(), y.ravel()])
    return points[shapely.contains_xy(shape, points)]
