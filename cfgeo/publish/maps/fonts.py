"""The font of a picture: one that has the letters of its names."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from matplotlib import font_manager

from cfgeo.core.errors import OutputError

CJK_FONTS = (
    "Noto Sans CJK SC", "Source Han Sans SC", "Source Han Sans CN", "Noto Sans SC", "Microsoft YaHei", "PingFang SC",
    "Hiragino Sans GB", "Heiti SC", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "SimHei", "SimSun", "Noto Serif CJK SC",
    "Noto Sans CJK JP", "Droid Sans Fallback", "Arial Unicode MS",
)  # fmt: skip
"""Fonts with Chinese letters that systems have, the best first."""

PACKAGE = "pylopdf_fonts_zh_cn"
"""A dependency that carries Noto Sans SC (OFL), for systems that have no such font."""

_PACKAGED = "NotoSansSC-Regular.otf"
_CJK = 0x2E7F


def is_chinese(letter: str) -> bool:
    """Return whether a letter is a Chinese one, or of another script as wide."""
    return ord(letter) > _CJK


@cache
def cjk_font() -> str | None:
    """Return the name of a font with Chinese letters, the system's or the package's; None where there is none."""
    # matplotlib keeps a list of fonts from an earlier day: one of them may be gone, and one may have come.
    manager = font_manager.fontManager
    manager.ttflist = [font for font in manager.ttflist if Path(font.fname).is_file()]
    return _listed() or _installed_since() or _packaged()


def _listed() -> str | None:
    """Return the best font with Chinese letters of those that matplotlib knows."""
    known = {font.name for font in font_manager.fontManager.ttflist}
    return next((name for name in CJK_FONTS if name in known), None)


def _installed_since() -> str | None:
    """Make fonts known to matplotlib that the system has got since, and return the best with Chinese letters."""
    known = {font.fname for font in font_manager.fontManager.ttflist}
    for path in sorted({*font_manager.findSystemFonts()} - known):
        with suppress(Exception):  # a file that is no font, or a damaged one: another may do
            font_manager.fontManager.addfont(path)
    return _listed()


def _packaged() -> str | None:
    """Make the package's font known to matplotlib and return its name; None where the package is not installed."""
    package = find_spec(PACKAGE)
    folders = package.submodule_search_locations if package else None
    files = [Path(folder, _PACKAGED) for folder in folders or () if Path(folder, _PACKAGED).is_file()]
    if not files:
        return None
    font_manager.fontManager.addfont(files[0])
    return str(font_manager.FontProperties(fname=files[0]).get_name())


def fonts_for(*words: str) -> list[str]:
    """Return the fonts for some words, in the order in which matplotlib looks for a letter.

    Raises
    ------
    OutputError
        The words are Chinese, and no font on this machine has their letters.
    """
    if not any(is_chinese(letter) for word in words for letter in word):
        return ["DejaVu Sans"]
    name = cjk_font()
    if name is None:
        raise OutputError("font_missing", fonts=", ".join(CJK_FONTS[:5]))
    return [name, "DejaVu Sans"]


def picture_style(*words: object) -> dict[str, Any]:
    """Return matplotlib's settings for pictures with some words.

    Raises
    ------
    OutputError
        The words are Chinese, and no font on this machine has their letters.
    """
    # Type 3 holds just the letters used; cutting a Chinese font down to a Type 42 takes a second a sheet.
    # A dollar sign in a name is a dollar sign. Without the salt an SVG would have other ids each time.
    style = {"font.family": fonts_for(*map(str, words)), "axes.unicode_minus": False, "text.parse_math": False}
    return {**style, "pdf.fonttype": 3, "svg.hashsalt": "cfgeo"}


@contextmanager
def rare_letters() -> Iterator[None]:
    """Draw a letter that no font here has, such as an emoji, as a box without a warning."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        yield
