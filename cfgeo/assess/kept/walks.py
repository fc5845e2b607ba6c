"""Walks and isochrones, which no verdict rests on: taken from the cache while their case is the same to the byte."""

import hashlib
import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from importlib.metadata import version
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cfgeo.assess.case import Case
from cfgeo.assess.walkways import WALKWAYS
from cfgeo.core.schema import ROW, Inputs
from cfgeo.network.cache import TABLES, latest_tables, load_tables, network_key, source_hash, store_tables
from cfgeo.study.standard import Clause

_CODE = ("core", "network", "walk", "study", "assess", "pipeline")
"""The wings whose source tells one way of working things out from another."""
_LIBRARIES = ("contourpy", "geopandas", "numpy", "pandas", "scipy", "shapely")
_LAYERS = "layers"
"""The table that says which layers the others rest on."""
_NOT_IN_WALKS = {"findings", "files", "cached"}

_log = logging.getLogger(__name__)


class KeptTables:
    """Tables of one case, from an earlier run or to be kept for a later one.

    Where another facility of one layer is all that has changed, the walks to other layers are as they were.

    Parameters
    ----------
    case
        What they rest on.
    folder
        The cache; None keeps none.

    Attributes
    ----------
    tables : dict of str to pandas.DataFrame
        Those of an earlier run of the same case; empty where there was none.
    missing : set of str, optional
        The layers whose walks no earlier run knew; None: of all layers, and of the communities.
    """

    def __init__(self, case: Case, folder: Path | None) -> None:
        self._folder, self._key, self.tables = folder, "", dict[str, pd.DataFrame]()
        self.missing: set[str] | None = None
        self._others, self._case = dict[str, pd.DataFrame](), case
        if folder is None:
            return
        common = TABLES + network_key(walks=_digest(_common_parts(case)))
        self._layers = {name: _digest(_layer_parts(table)) for name, table in case.inputs.layers.items()}
        self._key = f"{common}-{_digest(repr(item).encode() for item in self._layers.items())[:16]}"
        self.tables = load_tables(folder, self._key) or {}
        if self.tables:
            _log.info("walks and isochrones taken from the cache: %s", self._key)
            return
        self._others = latest_tables(folder, common)
        if self._others:
            known = self._others[_LAYERS].set_index("layer")["sha256"]
            self.missing = {name for name, digest in self._layers.items() if known.get(name) != digest}

    def completed(self, tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
        """Return tables of the missing layers with the rows of all others, in the order of a run that knew none."""
        if self.missing is None:
            return dict(tables)
        return {name: self._with_others(name, table, self._others[name]) for name, table in tables.items()}

    def keep(self, tables: Mapping[str, pd.DataFrame]) -> None:
        """Keep tables, where there were none."""
        if self._folder is not None and not self.tables:
            layers = pd.DataFrame(list(self._layers.items()), columns=["layer", "sha256"])
            store_tables(self._folder, self._key, {**tables, _LAYERS: layers})

    def _with_others(self, name: str, new: pd.DataFrame, kept: pd.DataFrame) -> pd.DataFrame:
        clauses = self._case.walked_clauses
        if name == "street_minutes":
            return pd.concat([new, kept.drop(columns=new.columns)], axis=1)[[clause.id for clause in clauses]]
        if name == "walkways":  # is the same as before: its layer is among what all of a case has in common
            return kept
        by_group = "clause" not in new
        columns = ["layer", "kind", "walker"] if by_group else ["clause"]
        # Communities, which belong to no layer, come last.
        order: dict[tuple[str, ...], int] = {("", "", self._case.home.walker.name): len(clauses)}
        for nth, clause in enumerate(clauses):
            order[_group(clause) if by_group else (clause.id,)] = nth
        layer_of = {clause.id: clause.layer for clause in clauses}
        layers = kept["layer"] if by_group else kept["clause"].map(layer_of)
        tables = [table for table in (new, kept[~layers.isin(self.missing or ())]) if len(table)]
        whole = pd.concat(tables, ignore_index=True) if tables else new
        places = [order[group] for group in zip(*(whole[column] for column in columns), strict=True)]
        return whole.iloc[np.argsort(places, kind="stable")].reset_index(drop=True)


def _group(clause: Clause) -> tuple[str, str, str]:
    return str(clause.layer), "+".join(clause.kind), str(clause.walker)


def _digest(parts: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
        digest.update(b"\0")
    return digest.hexdigest()


def _common_parts(case: Case) -> Iterator[bytes]:
    """Yield all that the walks to any layer are made of: data, choices and code, but for the places of other layers."""
    yield source_hash(*_CODE).encode()
    yield repr([version(library) for library in _LIBRARIES]).encode()
    yield repr((case.standard, sorted(case.walkers.items()), case.choices)).encode()
    yield repr([file.sha256 for file in case.inputs.files if file.role == "elevation"]).encode()
    for field in fields(Inputs):
        if field.name not in _NOT_IN_WALKS:
            value = getattr(case.inputs, field.name)
            yield field.name.encode()
            if field.name == "layers":
                yield repr(list(value)).encode()
                # Each walkway is taken out for the walks to all layers.
                yield from _layer_parts(value[WALKWAYS]) if WALKWAYS in value else ()
            elif field.name == "network":
                yield repr((value.relief, value.findings)).encode()
                yield from _table_parts(value.nodes)
                yield from _table_parts(value.edges)
            elif isinstance(value, pd.DataFrame):
                yield from _table_parts(value)
            else:
                yield repr(value).encode()


def _layer_parts(table: gpd.GeoDataFrame) -> Iterator[bytes]:
    """Yield the content of a layer; where its rows stand in their file says nothing of a walk."""
    yield from _table_parts(table.drop(columns=ROW, errors="ignore"))


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
