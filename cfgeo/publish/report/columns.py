"""How wide the columns of a report's table are: no word of a heading or cell is broken while there is room."""

from collections.abc import Sequence

from cfgeo.publish.safe_text import width

POINT_MM = 25.4 / 72
_LATIN_EM, _BOLD_EM, _CHINESE_EM = 0.62, 0.76, 1.0
"""Widths of letters; fonts differ between machines, and those that stand in for Arial are wider."""


def word_mm(words: str, size_pt: float, *, bold: bool = False) -> float:
    """Return how wide the longest part of a text is that must not be broken [mm]; Chinese may break at each sign."""
    whole = words.replace(" %", "\N{NO-BREAK SPACE}%")  # a number stays with its sign
    longest = max((_em(word, bold=bold) for word in whole.split(" ")), default=0.0)
    return longest * size_pt * POINT_MM


def line_mm(words: str, size_pt: float, *, bold: bool = False) -> float:
    """Return how wide a text is in one line, roughly [mm]."""
    wide = width(words) - len(words)  # the signs that are two letters wide
    latin = len(words) - wide
    return (latin * (_BOLD_EM if bold else _LATIN_EM) + wide * _CHINESE_EM) * size_pt * POINT_MM


def fitted(widths: Sequence[float], least: Sequence[float], whole: float) -> list[float]:
    """Return widths that fill a line, each as wide as it must be at least.

    Parameters
    ----------
    widths
        In proportion.
    least
        What each column needs at least [mm].
    whole
        The width of the line [mm].

    Returns
    -------
    list of float
        Widths [mm]. Where the line is too narrow for all that is needed, all columns give way in proportion.
    """
    if sum(least) >= whole:
        return [need * whole / sum(least) for need in least]
    wide = list(widths)
    fixed: set[int] = set()
    while True:
        rest = whole - sum(least[i] for i in fixed)
        scale = rest / sum(wide[i] for i in range(len(wide)) if i not in fixed)
        narrow = {i for i in range(len(wide)) if i not in fixed and wide[i] * scale < least[i]}
        if not narrow:
            return [least[i] if i in fixed else wide[i] * scale for i in range(len(wide))]
        fixed |= narrow


def _em(word: str, *, bold: bool) -> float:
    """Return how wide the longest run of Latin letters in a word is, or one Chinese sign."""
    longest = run = 0.0
    for letter in word:
        if width(letter) == 2:
            longest, run = max(longest, _CHINESE_EM), 0.0
            continue
        run += _BOLD_EM if bold else _LATIN_EM
        longest = max(longest, run)
    return longest
