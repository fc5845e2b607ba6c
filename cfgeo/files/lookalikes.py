"""What looks like a layer, streets or communities and is none: catchments of schools, bus stops, metro lines, wards.

Names in Chinese and in English have their head last, so that the word which ends last in a name says what a thing is:
人民小学公交站 is a stop, 公交小学 a school. Geometry has a say too: areas that are far too large for places, or that
tile the land between them, are zones.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

MOSTLY = 0.5
"""More than this share of a table's rows decide about it."""
LARGEST_PLACE_M2 = 200_000.0
"""The median school, hospital or hall is smaller."""
_EDGE_SHARE = 0.2
_LARGEST_BUILDING_M2 = 20_000.0
_LARGE = frozenset({"parks", "scenic", "walkways", "shopping", "study_bases", "shelters"})
"""Layers whose areas may be large."""


@dataclass(frozen=True)
class AreaFacts:
    """What the sizes of a table's areas say.

    Attributes
    ----------
    median_m2 : float
        The median area [m²].
    tiled : float
        Share of the areas that have a fifth of their outline in common with others.
    """

    median_m2: float
    tiled: float


def area_facts(areas: gpd.GeoSeries) -> AreaFacts:
    """Measure the areas of a table.

    Parameters
    ----------
    areas
        Polygons in any CRS, without blank ones.
    """
    metric = areas.to_crs(areas.estimate_utm_crs()) if len(areas) else areas
    shapes = shapely.force_2d(shapely.make_valid(metric.to_numpy()))
    if len(shapes) == 0:
        return AreaFacts(0.0, 0.0)
    outline = shapely.boundary(shapes)
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    one, other = one[one != other], other[one != other]
    common = np.bincount(one, shapely.length(shapely.intersection(outline[one], shapes[other])), len(shapes))
    tiled = common > _EDGE_SHARE * shapely.length(outline)
    return AreaFacts(float(np.median(shapely.area(shapes))), float(tiled.mean()))


def is_zone(layer: str, areas: AreaFacts | None) -> bool:
    """Return whether the areas of a layer are too large for its places, or tile the land as catchments do."""
    if areas is None or layer in _LARGE:
        return False
    return areas.median_m2 > LARGEST_PLACE_M2 or (areas.tiled > MOSTLY and areas.median_m2 > _LARGEST_BUILDING_M2)


def lookalike(word: str, group: str, others: Iterable[str] = ()) -> str:
    """Return what a name means in a group of ``lookalikes.toml``, "" where it means nothing there.

    Parameters
    ----------
    word
        The name of a file, a sheet, a place, or a kind.
    group
        ``places``, ``lines`` or ``areas``.
    others
        Words that mean something else; a name is that where one of them ends last, or ends with it and is longer.
    """
    plain = plain_name(word)
    mine = max(((*_end(plain, w), kind) for kind, words in _words()[group].items() for w in words), default=(-1, 0, ""))
    rival = max((_end(plain, plain_name(w)) for w in others), default=(-1, 0))
    return mine[2] if mine[0] > 0 and mine[:2] > rival else ""


def mostly(cells: pd.Series, group: str, others: Sequence[str] = ()) -> str:
    """Return what most cells mean in a group of ``lookalikes.toml``, "" where they do not agree."""
    known = cells.dropna().astype("str")
    meanings = known.map(lambda cell: lookalike(cell, group, others)).value_counts(normalize=True)
    return str(meanings.index[0]) if len(meanings) and meanings.iloc[0] > MOSTLY else ""


def plain_name(word: str) -> str:
    """Return a name in narrow small letters, without blanks, signs, numbers and what stands in brackets."""
    narrow = unicodedata.normalize("NFKC", word).lower()
    return re.sub(r"\(.*?\)|[\W_\d]", "", narrow)


def _end(name: str, word: str) -> tuple[int, int]:
    """Return where a word ends last in a name, and its length; (-1, 0) where it is not in it."""
    at = name.rfind(word) if word else -1
    return (at + len(word), len(word)) if at >= 0 else (-1, 0)


@cache
def _words() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads(resources.files("cfgeo.files").joinpath("lookalikes.toml").read_text(encoding="utf-8"))
