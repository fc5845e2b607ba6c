"""Match places to the landmarks that they are named after, and ask where these say the places lie: 石油路小学.

A school named after a street stands near it, whoever wrote the list. One name proves little (a branch school keeps
the name of the old one, an office moves), so the likelihood is that of all names of a list, each name once.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cfgeo.core.clock import once
from cfgeo.core.schema import FloatArray

_LETTERS = re.compile(r"[\u3400-\u9fff]+")
"""Chinese ones alone: the datums in question are China's."""
_LEAST_PREFIX = 3
"""A name's first letters stand for it (枇杷山 for 枇杷山正街) where there are as many; shorter ones are whole names."""
_LEAST_WHOLE = 2
_LONGEST = 12
_SCATTERED_M = 2000.0
"""A word that stands in names farther apart than that (重庆, 人民) says nothing about where."""
_SCALES_M = (60.0, 120.0, 250.0)
"""Typical distances of a place from its landmark. How good a list is nobody knows: all are equally likely a priori."""
_NO_LANDMARK_M = 1000.0
"""Beyond this a place's name is another's: all that is farther is equally unlikely."""


@dataclass(frozen=True)
class NameMatches:
    """Places of one table that are named after a landmark of the map.

    Attributes
    ----------
    points : numpy.ndarray
        Where each place lies.
    landmarks : numpy.ndarray
        The geometry that each is named after.
    words : numpy.ndarray
        The word that names both. Places of one word are one witness.
    """

    points: Any
    landmarks: Any
    words: Any

    @property
    def witnesses(self) -> int:
        """How many different words there are."""
        return len(set(self.words))


NO_MATCHES = NameMatches(np.empty(0, dtype=object), np.empty(0, dtype=object), np.empty(0, dtype=object))


def match_names(names: pd.Series, places: gpd.GeoSeries, known: gpd.GeoDataFrame) -> NameMatches:
    """Match places to landmarks: by the longest word of a place's name that begins a name on the map.

    Parameters
    ----------
    names, places
        Of a table, row by row; names may be missing.
    known
        ``name`` and shapes of what is on the map, in the CRS of ``places``.
    """
    usable = (names.notna() & ~(places.is_empty | places.isna())).to_numpy()
    rows = np.flatnonzero(usable)
    substrings = [sorted(_substrings(str(name)), key=len, reverse=True) for name in names.iloc[rows]]
    landmarks = _landmarks(_prefixes(known["name"], set().union(*substrings)), known)
    longest = (next((word for word in words if word in landmarks), "") for words in substrings)
    matches = [(row, word) for row, word in zip(rows, longest, strict=True) if word]
    if not matches:
        return NO_MATCHES
    matched_rows = np.array([row for row, _ in matches])
    shapes = np.empty(len(matches), dtype=object)
    shapes[:] = [landmarks[word] for _, word in matches]
    points = shapely.point_on_surface(places.to_numpy()[matched_rows])
    return NameMatches(points, shapes, np.array([word for _, word in matches], dtype=object))


def concat_matches(several: Iterable[NameMatches]) -> NameMatches:
    """Return the matches of several tables as one table's."""
    tables = list(several)
    if not tables:
        return NO_MATCHES
    fields = ("points", "landmarks", "words")
    return NameMatches(*(np.concatenate([getattr(table, field) for table in tables]) for field in fields))


def log_likelihood_ratio(matches: NameMatches, shifted: Any) -> float:
    """Return how much likelier it is that the places lie at ``shifted``, as a log-likelihood ratio.

    Parameters
    ----------
    matches
        Places as they are, with their landmarks.
    shifted
        The same places elsewhere.
    """
    return _log_likelihood(matches, shifted) - _log_likelihood(matches, matches.points)


def _log_likelihood(matches: NameMatches, points: Any) -> float:
    """Return the log-likelihood of the distances from landmarks: a mixture over scales of heavy-tailed densities.

    At scale s the density on the plane is proportional to 1 / (1 + d²/s²), up to ``_NO_LANDMARK_M``. Places of one word
    count as one, by their mean.
    """
    distance_m = np.minimum(landmark_m(matches, points), _NO_LANDMARK_M)
    scale_m = np.array(_SCALES_M)
    normaliser = scale_m**2 * np.log1p((_NO_LANDMARK_M / scale_m) ** 2)
    log_density = -np.log1p((distance_m[:, None] / scale_m) ** 2) - np.log(normaliser)
    by_scale = pd.DataFrame(log_density).groupby(matches.words).mean().to_numpy().sum(axis=0)
    return float(np.logaddexp.reduce(by_scale))


def share_nearer(matches: NameMatches, shifted: Any) -> float:
    """Return the share of words, 0–1, whose places a shift brings nearer to their landmarks."""
    now_m, then_m = (np.minimum(landmark_m(matches, points), _NO_LANDMARK_M) for points in (matches.points, shifted))
    return float((pd.Series(now_m - then_m).groupby(matches.words).mean() > 0).mean())


def landmark_m(matches: NameMatches, points: Any) -> FloatArray:
    """Return the distance from each place to its landmark [m]."""
    return np.asarray(shapely.distance(points, matches.landmarks))


@lru_cache(maxsize=2**14)  # each list of a study is matched with all names of its map
def _substrings(name: str) -> tuple[str, ...]:
    """Return the substrings of a name's runs of letters, each once, in their order."""
    return tuple(
        dict.fromkeys(
            run[start:end]
            for run in _LETTERS.findall(name)
            for start in range(len(run))
            for end in range(start + _LEAST_WHOLE, min(start + _LONGEST, len(run)) + 1)
        )
    )


def _prefixes(names: pd.Series, words: set[str]) -> dict[str, list[int]]:
    """Return the words that begin names on the map → the rows of those names."""
    rows: dict[str, list[int]] = defaultdict(list)
    whole = set()
    for row, name in enumerate(names):
        run = _LETTERS.match(str(name))
        if run is None:
            continue
        letters = run[0]
        for end in range(_LEAST_WHOLE, min(len(letters), _LONGEST) + 1):
            if letters[:end] in words:
                rows[letters[:end]].append(row)
        if letters == name:
            whole.add(letters)
    return {word: begun for word, begun in rows.items() if len(word) >= _LEAST_PREFIX or word in whole}


def _landmarks(prefixes: Mapping[str, list[int]], known: gpd.GeoDataFrame) -> dict[str, Any]:
    """Return the geometry that each word stands for, without words in names that lie far apart."""
    holding: dict[str, list[int]] = defaultdict(list)
    for row, name in enumerate(known["name"]):
        for word in prefixes.keys() & _substrings(str(name)):
            holding[word].append(row)
    shapes = known.geometry.to_numpy()
    landmarks = {}
    for word, rows in holding.items():
        west, south, east, north = shapely.total_bounds(shapes[rows])
        if np.hypot(east - west, north - south) <= _SCATTERED_M:
            landmarks[word] = shapely.union_all(shapes[prefixes[word]])
    return landmarks


_ENDINGS = re.compile(r"(社区|街道|居委会|居民委员会|办事处|镇|乡)+$")
_LEAST_STEM = 2


def match_areas(names: pd.Series, communities: gpd.GeoDataFrame) -> Any:
    """Return the community or street office whose name a place's name holds, the longest such name; None without.

    Parameters
    ----------
    names
        Of places; may be missing.
    communities
        ``community``, ``street_office``; polygons.

    Returns
    -------
    numpy.ndarray
        A polygon or None for each name.
    """
    area_of = _areas_by_stem(communities)
    areas = np.full(len(names), None, dtype=object)
    if not area_of:
        return areas
    longest_first = sorted(area_of, key=len, reverse=True)
    pattern = re.compile("|".join(map(re.escape, longest_first)))
    for i, name in enumerate(names.fillna("").astype("str")):
        stems = pattern.findall(name)
        if stems:
            areas[i] = area_of[max(stems, key=len)]
    return areas


@once
def _areas_by_stem(communities: gpd.GeoDataFrame) -> dict[str, Any]:
    """Return the communities and street offices by what their names are without 社区 or 街道."""
    shapes_of: dict[str, list[Any]] = {}
    for column in ("street_office", "community"):
        for name, shape in zip(communities[column], communities.geometry, strict=True):
            stem = _ENDINGS.sub("", str(name))
            if len(stem) >= _LEAST_STEM:
                shapes_of.setdefault(stem, []).append(shape)
    return {stem: shapely.union_all(shapes) for stem, shapes in shapes_of.items()}
