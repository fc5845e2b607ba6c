"""Where area points meet the streets: taken from the cache while points and streets are the same to the byte.

No verdict rests on the share of area in reach.
"""

import hashlib
from collections.abc import Callable
from dataclasses import fields
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import shapely

from cfgeo.assess.coverage import Samples, SnapArea
from cfgeo.core.schema import Positions
from cfgeo.network.cache import AREAS, load_tables, network_key, source_hash, store_tables
from cfgeo.walk.snap import SnapIndex

_CODE = ("core", "walk")
_COLUMNS = tuple(field.name for field in fields(Positions))


def kept_area(folder: Path, samples: Samples, snap_m: float) -> SnapArea:
    """Return what gives the positions of the area points of some samples, from a folder or for it."""
    return partial(_positions, folder, shapely.get_coordinates(samples.area).tobytes(), snap_m)


def _positions(
    folder: Path, points: bytes, snap_m: float, index: SnapIndex, snapped: Callable[[], Positions]
) -> Positions:
    xy, line = shapely.get_coordinates(index.lines, return_index=True)
    made_of = [source_hash(*_CODE).encode(), repr((snap_m, np.__version__, shapely.__version__)).encode(), points]
    digest = hashlib.sha256()
    for part in (*made_of, index.edge.tobytes(), line.tobytes(), xy.tobytes()):
        digest.update(len(part).to_bytes(8))
        digest.update(part)
    key = AREAS + network_key(area=digest.hexdigest())
    tables = load_tables(folder, key)
    if tables:
        return Positions(*(tables["positions"][name].to_numpy(copy=True) for name in _COLUMNS))
    positions = snapped()
    store_tables(folder, key, {"positions": pd.DataFrame({name: getattr(positions, name) for name in _COLUMNS})})
    return positions
