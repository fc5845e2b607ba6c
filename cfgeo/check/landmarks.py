"""Places that are called after a street, a station or a building of the map → where they should lie: 石油路小学.

A name on the map is a signpost: a school called after a street stands near it, whoever wrote the list. One name proves
little (a branch school keeps the name of the old one, an office moves), so what counts is how all names of a list fit,
each name once.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cfgeo.core.schema import FloatArray

_LETTERS = re.compile(r"[\u3400-\u9fff]+")
"""Chinese ones alone: the datums in question are China's."""
_LEAST_PART = 3
"""A name's first letters stand for it (枇杷山 for 枇杷山正街) where there are as many; shorter ones are whole names."""
_LEAST_WHOLE = 2
_LONGEST = 12
_SCATTERED_M = 2000.0
"""A word that stands in names farther apart than that (重庆, 人民) says nothing about where."""
_NEAR_M = (60.0, 120.0, 250.0)
"""How far from its namesake a place lies: nobody knows how good a list is, so all of these are thought likely alike."""
_NO_NAMESAKE_M = 1000.0
"""Beyond this a place's name is another's: all that is farther is equally unlikely."""


@dataclass(frozen=True)
class Signposts:
    """Places of one table that are called after something on the map.

    Attributes
    ----------
    points : numpy.ndarray
        Where each lies.
    lands : numpy.ndarray
        What each is called after.
    words : numpy.ndarray
        By which word: those of one word are one witness.
    """

    points: Any
    lands: Any
    words: Any

    @property
    def witnesses(self) -> int:
        """How many different words there are."""
        return len(set(self.words))


NOBODY = Signposts(np.empty(0, dtype=object), np.empty(0, dtype=object), np.empty(0, dtype=object))


def signposts(names: pd.Series, places: gpd.GeoSeries, known: gpd.GeoDataFrame) -> Signposts:
    """Find what places are called after: of the words of their names the longest that leads a name on the map.

    Parameters
    ----------
    names, places
        Of a table, row by row; names may be missing.
    known
        ``name`` and shapes of what is on the map, in the CRS of ``places``.
    """
    there = (names.notna() & ~(places.is_empty | places.isna())).to_numpy()
    rows = np.flatnonzero(there)
    parts = [sorted(_parts(str(name)), key=len, reverse=True) for name in names.iloc[rows]]
    lands = _lands(_leading(known["name"], set().union(*parts)), known)
    found = [(row, next((word for word in words if word in lands), "")) for row, words in zip(rows, parts, strict=True)]
    kept = [(row, word) for row, word in found if word]
    if not kept:
        return NOBODY
    at = np.array([row for row, _ in kept])
    goals = np.empty(len(kept), dtype=object)
    goals[:] = [lands[word] for _, word in kept]
    points = shapely.point_on_surface(places.to_numpy()[at])
    return Signposts(points, goals, np.array([word for _, word in kept], dtype=object))


def together(several: Iterable[Signposts]) -> Signposts:
    """Return the signposts of several tables as one table's."""
    all_of = list(several)
    if not all_of:
        return NOBODY
    return Signposts(*(np.concatenate([getattr(s, part) for s in all_of]) for part in ("points", "lands", "words")))


def log_odds(signs: Signposts, moved: Any) -> float:
    """Return how much likelier it is that the places lie where ``moved`` says, as the logarithm of odds.

    Parameters
    ----------
    signs
        Places as they are, and what they are called after.
    moved
        The same places elsewhere.
    """
    return _log_likelihood(signs, moved) - _log_likelihood(signs, signs.points)


def _log_likelihood(signs: Signposts, points: Any) -> float:
    """Return how likely distances to namesakes are: a long tail around each of some scales, one word one vote."""
    distance_m = np.minimum(away_m(signs, points), _NO_NAMESAKE_M)
    scale_m = np.array(_NEAR_M)
    share = scale_m**2 * np.log1p((_NO_NAMESAKE_M / scale_m) ** 2)  # so that each is a density on the plane
    each = -np.log1p((distance_m[:, None] / scale_m) ** 2) - np.log(share)
    votes = pd.DataFrame(each).groupby(signs.words).mean().to_numpy().sum(axis=0)
    return float(np.logaddexp.reduce(votes))


def agreeing(signs: Signposts, moved: Any) -> float:
    """Return the share of words, 0–1, whose places come nearer by a move."""
    gain_m = np.minimum(away_m(signs, signs.points), _NO_NAMESAKE_M) - np.minimum(away_m(signs, moved), _NO_NAMESAKE_M)
    return float((pd.Series(gain_m).groupby(signs.words).mean() > 0).mean())


def away_m(signs: Signposts, points: Any) -> FloatArray:
    """Return how far each place lies from what it is called after [m]."""
    return np.asarray(shapely.distance(points, signs.lands))


def _parts(name: str) -> list[str]:
    """Return the stretches of letters in a name, each once, in their order."""
    return list(
        dict.fromkeys(
            run[start:end]
            for run in _LETTERS.findall(name)
            for start in range(len(run))
            for end in range(start + _LEAST_WHOLE, min(start + _LONGEST, len(run)) + 1)
        )
    )


def _leading(names: pd.Series, asked: set[str]) -> dict[str, list[int]]:
    """Return of the words that are asked for those that lead names on the map → the rows of those names."""
    rows: dict[str, list[int]] = defaultdict(list)
    whole = set()
    for row, name in enumerate(names):
        run = _LETTERS.match(str(name))
        if run is None:
            continue
        letters = run[0]
        for end in range(_LEAST_WHOLE, min(len(letters), _LONGEST) + 1):
            if letters[:end] in asked:
                rows[letters[:end]].append(row)
        if letters == name:
            whole.add(letters)
    return {word: found for word, found in rows.items() if len(word) >= _LEAST_PART or word in whole}


def _lands(leading: Mapping[str, list[int]], known: gpd.GeoDataFrame) -> dict[str, Any]:
    """Return where each word leads a name, without those that stand in names here and there."""
    holding: dict[str, list[int]] = defaultdict(list)
    for row, name in enumerate(known["name"]):
        for part in leading.keys() & _parts(str(name)):
            holding[part].append(row)
    shapes = known.geometry.to_numpy()
    lands = {}
    for word, rows in holding.items():
        west, south, east, north = shapely.total_bounds(shapes[rows])
        if np.hypot(east - west, north - south) <= _SCATTERED_M:
            lands[word] = shapely.union_all(shapes[leading[word]])
    return lands


_ENDINGS = re.compile(r"(社区|街道|居委会|居民委员会|办事处|镇|乡)+$")
_LEAST_LETTERS = 2


def namesakes(names: pd.Series, communities: gpd.GeoDataFrame) -> Any:
    """Return the land whose name a place's name holds, the longest such name; None where there is none.

    Parameters
    ----------
    names
        Of places; may be missing.
    communities
        ``community``, ``street_office``; polygons.
    """
    lands: dict[str, list[Any]] = {}
    for column in ("street_office", "community"):
        for name, shape in zip(communities[column], communities.geometry, strict=True):
            stem = _ENDINGS.sub("", str(name))
            if len(stem) >= _LEAST_LETTERS:
                lands.setdefault(stem, []).append(shape)
    found = np.full(len(names), None, dtype=object)
    if not lands:
        return found
    longest_first = sorted(lands, key=len, reverse=True)
    pattern = re.compile("|".join(map(re.escape, longest_first)))
    whole = {stem: shapely.union_all(shapes) for stem, shapes in lands.items()}
    for i, name in enumerate(names.fillna("").astype("str")):
        held = pattern.findall(name)
        if held:
            found[i] = whole[max(held, key=len)]
    return found
