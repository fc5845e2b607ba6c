"""Figures as files: the same figure gives the same bytes, and a PNG of print resolution stays small enough to send."""

import io
from typing import Any

import numpy as np
import scipy
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

A3_MM = (420.0, 297.0)
_MM_PER_IN = 25.4
_UNDATED = {"pdf": {"CreationDate": None}, "svg": {"Date": None}}
_RELIEF_DPI = 150  # of what is no line in a drawing: shades without an edge
_COLOURS = 256  # of a palette
_COMMON, _FAR = 64, 96  # colours of a palette that are kept as they are, and that stand far apart
_MOST_TIMES = 200  # that a colour is counted


class StillCanvas(FigureCanvasAgg):
    """A canvas that nobody watches: geopandas asks after each layer for the whole figure to be drawn again."""

    def draw_idle(self, *args: Any, **kwargs: Any) -> None:
        """Draw nothing; files are drawn when they are saved."""


def blank_figure(size_mm: tuple[float, float], *, dpi: float) -> Figure:
    """Return an empty white figure of some width and height."""
    figure = Figure(figsize=(size_mm[0] / _MM_PER_IN, size_mm[1] / _MM_PER_IN), dpi=dpi, facecolor="white")
    StillCanvas(figure)
    return figure


def saved(figure: Figure, form: str) -> bytes:
    """Return a figure as a file: ``png`` (with a palette), ``svg`` or ``pdf``."""
    stream = io.BytesIO()
    if form != "png":
        figure.savefig(stream, format=form, dpi=min(figure.dpi, _RELIEF_DPI), metadata=_UNDATED.get(form))
        return stream.getvalue()
    figure.savefig(stream, format="rgba")
    seen = np.frombuffer(stream.getbuffer(), np.uint8).reshape(int(figure.bbox.height), int(figure.bbox.width), 4)
    file = io.BytesIO()
    with_palette(seen).save(file, "png", dpi=(figure.dpi, figure.dpi))
    return file.getvalue()


def with_palette(pixels: NDArray[np.uint8]) -> Image.Image:
    """Return a picture in at most 256 colours, each pixel in the one nearest to its own.

    A third of the size of true colour. The commonest colours, which are the fills of maps and legends, stay as they
    are; colours that are rare and unlike all others (thin lines) get one of their own, and median cut shares the rest
    among the shades of the relief. No dithering: it would put dots of other colours into flat fills.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (height, width, 3 or more)
        Red, green, blue; what comes after is left out.
    """
    packed = np.zeros(pixels.shape[:2], dtype=np.uint32)
    for band in range(3):  # in place: a sheet has 17 million pixels, and each processor draws one
        packed <<= 8
        packed |= pixels[..., band]
    counts = np.bincount(packed.ravel())
    found = np.flatnonzero(counts)
    colours = np.stack([found >> 16, found >> 8 & 255, found & 255], axis=1).astype(np.uint8)
    palette = _palette(colours, counts[found])
    nearest = np.zeros(len(counts), dtype=np.uint8)
    nearest[found] = scipy.spatial.cKDTree(palette).query(colours)[1]
    picture = Image.fromarray(nearest[packed])
    picture.putpalette(palette.tobytes())
    return picture


def _palette(colours: NDArray[np.uint8], counts: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Return at most 256 colours that stand for all of a picture's."""
    if len(colours) <= _COLOURS:
        return colours
    common = colours[np.argsort(-counts, kind="stable")[:_COMMON]]
    far = _quantized(colours, _FAR, Image.Quantize.MAXCOVERAGE)
    times = np.clip(np.sqrt(counts), 1, _MOST_TIMES).astype(int)  # flat fills would take it all
    rest = _quantized(np.repeat(colours, times, axis=0), _COLOURS - _COMMON - _FAR, Image.Quantize.MEDIANCUT)
    return np.unique(np.concatenate([common, far, rest]), axis=0)


def _quantized(colours: NDArray[np.uint8], most: int, method: Image.Quantize) -> NDArray[np.uint8]:
    """Return at most so many colours that stand for others, as Pillow chooses them."""
    chosen = Image.fromarray(colours[np.newaxis]).quantize(most, method=method).getpalette() or []
    return np.array(chosen, dtype=np.uint8).reshape(-1, 3)[:most]
