"""Places that carry the name of a community or street office → where they should lie: 大坪小学 in 大坪."""

import re
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

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
