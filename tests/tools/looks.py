"""How a page looks, held against small pictures; ``CFGEO_RENEW_LOOKS=1`` writes them anew."""

import io
import os
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

LOOKS = Path(__file__).parents[1] / "publish" / "page" / "looks"
_WIDE_PX, _BLUR_PX, _COLOURS = 160, 2.0, 48
_MOST_MEAN, _MOST_SHARE, _FAR = 7.0, 0.06, 48
"""Of 255: how far two pictures may be apart on average, and which share of pixels may be far apart."""


def check_look(name: str, shot: bytes) -> None:
    """Fail if a screenshot does not look as its reference does; without a renewal there has to be one."""
    now = _small(Image.open(io.BytesIO(shot)))
    path = LOOKS / f"{name}.png"
    if os.environ.get("CFGEO_RENEW_LOOKS"):
        path.parent.mkdir(exist_ok=True)
        now.quantize(_COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
        return
    mean, share = apart(now, Image.open(path).convert("RGB"))
    assert mean <= _MOST_MEAN, f"{name} differs by {mean:.1f} of 255 on average"
    assert share <= _MOST_SHARE, f"{name} differs much in {share:.1%} of its pixels"


def apart(one: Image.Image, other: Image.Image) -> tuple[float, float]:
    """Return how far two pictures are apart on average, and the share of pixels that are far apart."""
    assert one.size == other.size
    blurred = (np.asarray(picture.filter(ImageFilter.GaussianBlur(_BLUR_PX)), dtype=float) for picture in (one, other))
    first, second = blurred  # blurred, so that letters of another font and edges of other lines hardly count
    differences = np.abs(first - second).max(axis=2)
    return float(differences.mean()), float((differences > _FAR).mean())


def _small(picture: Image.Image) -> Image.Image:
    high = round(picture.height * _WIDE_PX / picture.width)
    return picture.convert("RGB").resize((_WIDE_PX, high), Image.Resampling.BOX)
