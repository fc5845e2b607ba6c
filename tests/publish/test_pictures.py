"""Figures as files: small, the same each time, and in the colours that were drawn."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tools.colour import difference

from cfgeo.publish.pictures import A3_MM, blank_figure, saved, with_palette

FILLS = ((255, 255, 255), (217, 130, 43), (122, 54, 6), (187, 214, 233))
STAIRS = (91, 42, 134)
LINES = range(30, 370, 45)


def test_a_picture_of_few_colours_is_as_it_was() -> None:
    few = np.random.default_rng(1).integers(0, 256, (256, 3), dtype=np.uint8)
    seen = few[np.random.default_rng(2).integers(0, 256, (40, 50))]
    assert np.array_equal(_pixels(with_palette(seen)), seen)


@pytest.fixture(scope="module")
def relief() -> Any:
    """Return a picture as maps are: fills under many shades, a fill that is flat, a white margin, thin lines."""
    noise = np.random.default_rng(3)
    height = noise.normal(size=(400, 400)).cumsum(axis=0).cumsum(axis=1)
    shade = 1 - 0.4 * (height - height.min())[..., np.newaxis] / np.ptp(height)
    fill = np.array(FILLS, dtype=float)[np.arange(400) // 100][:, np.newaxis, :]
    seen = np.where(np.arange(400)[np.newaxis, :, np.newaxis] < 300, fill * shade, fill)
    seen += noise.uniform(-2, 2, seen.shape)
    seen[:, 300:] = fill
    columns = slice(20, 60)
    for row in LINES:  # a line, and its edge, which is half of it
        seen[row, columns] = STAIRS + noise.uniform(-4, 4, (40, 3))
        seen[row + 1, columns] = (seen[row + 1, columns] + STAIRS) / 2
    return seen.round().clip(0, 255).astype(np.uint8)


def test_fills_stay_as_they_are(relief: Any) -> None:
    shown = _pixels(with_palette(relief))
    assert len(np.unique(relief.reshape(-1, 3), axis=0)) > 5_000, "this is no picture for a palette"
    assert np.array_equal(shown[:, 300:], relief[:, 300:]), "flat fills and white are not to be tinted"


def test_rare_lines_keep_their_colour(relief: Any) -> None:
    shown = _pixels(with_palette(relief))
    for row in LINES:
        assert difference(tuple(int(band) for band in shown[row, 40]), STAIRS) < 6, row


def test_every_colour_goes_to_the_nearest_of_the_palette(relief: Any) -> None:
    picture = with_palette(relief)
    palette = np.array(picture.getpalette(), dtype=int).reshape(-1, 3)
    pixels, shown = relief[::7, ::7].reshape(-1, 3).astype(int), _pixels(picture)[::7, ::7].reshape(-1, 3)
    least = ((pixels[:, np.newaxis] - palette) ** 2).sum(axis=2).min(axis=1)
    assert np.array_equal(((pixels - shown) ** 2).sum(axis=1), least)
    assert np.sqrt(least).mean() < 4


def test_a_file_has_its_size_on_paper_and_the_same_bytes_each_time() -> None:
    files = []
    for _ in range(2):
        figure = blank_figure(A3_MM, dpi=60)
        figure.text(0.5, 0.5, "A3", color="#7b1fa2", fontsize=80)
        files.append(saved(figure, "png"))
    picture = Image.open(io.BytesIO(files[0]))
    assert files[0] == files[1]
    assert picture.info["dpi"] == pytest.approx((60, 60), abs=0.1)
    assert np.array(picture.size) / 60 * 25.4 == pytest.approx(A3_MM, abs=0.5)
    assert (123, 31, 162) in {colour for _, colour in picture.convert("RGB").getcolors(1000) or []}


def _pixels(picture: Image.Image) -> Any:
    return np.asarray(picture.convert("RGB"))
