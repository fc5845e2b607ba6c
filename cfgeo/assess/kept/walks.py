"""Walks and isochrones, which no verdict rests on: taken from the cache while their case is the same to the byte."""

import hashlib
import logging
from collections.abc import Iterator, Mapping
from dataclasses import fields
from importlib.metadata import version
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cfgeo.assess.case import Case
from cfgeo.core.schema import Inputs
from cfgeo.network.cache import TABLES, load_tables, network_key, source_hash, store_tables

_CODE = ("core", "network", "walk", "study", "assess", "pipeline")
"""The wings whose source tells one way of working things out from another."""
_LIBRARIES = ("contourpy", "geopandas", "numpy", "pandas")
_NOT_IN_WALKS = {"findings", "files", "cached"}

_log = logging.getLogger(__name__)


class KeptTables:
    """Tables of one case, from an earlier run or to be kept for a later one.

    Parameters
    ----------
    case
        What they rest on.
    folder
        The cache; None keeps none.

    Attributes
    ----------
    tables : dict of str to pandas.DataFrame
        Those of an earlier run; empty where there are none.
    """

    def __init__(self, case: Case, folder: Path | None) -> None:
        self._folder, self._key, self.tables = folder, "", dict[str, pd.DataFrame]()
        if folder is not None:
            self._key = TABLES + network_key(walks=_digest(case))
            self.tables = load_tables(folder, self._key) or {}
            if self.tables:
                _log.info("walks and isochrones taken from the cache: %s", self._key)

    def keep(self, tables: Mapping[str, pd.DataFrame]) -> None:
        """Keep tables, where there were none."""
        if self._folder is not None and not self.tables:
            store_tables(self._folder, self._key, tables)


def _digest(case: Case) -> str:
    """Return a hash of all that walks and isochrones of a case are made of: its data, its choices and the code."""
    digest = hashlib.sha256()
    for part in _parts_of(case):
        digest.update(part)
        digest.update(b"\0")
    return digest.hexdigest()


def _parts_of(case: Case) -> Iterator[bytes]:
    yield source_hash(*_CODE).encode()
    yield repr([version(library) for library in _LIBRARIES]).encode()
    yield repr((case.standard, sorted(case.walkers.items()), case.choices)).encode()
    yield repr([file.sha256 for file in case.inputs.files if file.role == "elevation"]).encode()
    for field in fields(Inputs):
        if field.name not in _NOT_IN_WALKS:
            value = getattr(case.inputs, field.name)
            yield field.name.encode()
            if field.name == "layers":
                for name, table in value.items():
                    yield name.encode()
                    yield from _table_parts(table)
            elif field.name == "network":
                yield repr((value.relief, value.findings)).encode()
                yield from _table_parts(value.nodes)
                yield from _table_parts(value.edges)
            elif isinstance(value, pd.DataFrame):
                yield from _table_parts(value)
            else:
                yield repr(value).encode()


def _table_parts(table: pd.DataFrame) -> Iterator[bytes]:
    """Yield the content of a table: numbers and shapes as they lie in memory, all else as Python writes it."""
    yield repr((table.index.name, table.index.tolist())).encode()
    for name, column in table.items():
        yield repr((name, str(column.dtype))).encode()
        if isinstance(column, gpd.GeoSeries):
            yield from (shape or b"" for shape in shapely.to_wkb(column.to_numpy()))
        elif isinstance(column.dtype, np.dtype) and column.dtype.kind in "biuf":
            yield column.to_numpy().tobytes()
        else:
            yield repr(column.tolist()).encode()
