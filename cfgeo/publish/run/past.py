"""Read back a run that was written, to compare it with another."""

import json
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio

from cfgeo.core.errors import InputError
from cfgeo.core.hashes import file_sha256
from cfgeo.core.schema import COMMUNITIES, STREET_BLOCKS
from cfgeo.publish.run.folder import GEOPACKAGE, PAGE, RECORD, is_run
from cfgeo.publish.run.record import FORMAT

_COVERAGE = "coverage.csv"
_PAGE_DATA = re.compile(r'<script type="application/json" id="cfgeo-data">(.*?)</script>', re.DOTALL)
_TEXTS = ("measure", "verdict")
_NUMBERS = ("demand", "share", "value", "median_minutes", "places", "need")
_AREAS = ("street_offices", "blocks")
"""Layers of areas that have clauses of their own; a run need not have them all."""


@dataclass(frozen=True)
class PastRun:
    """One run, as read from its folder.

    Attributes
    ----------
    folder : pathlib.Path
    record : dict
        The content of ``run.json``.
    coverage : pandas.DataFrame
        Index ``code``, ``clause``; ``measure``, ``demand``, ``share``, ``value``, ``median_minutes``, ``places``,
        ``need``, ``verdict``.
    communities : geopandas.GeoDataFrame
        Index ``code``; ``community``, ``street_office``, ``verdict``, ``residents`` (NaN: not known); polygons in the
        run's CRS.
    facilities : geopandas.GeoDataFrame
        Index ``facility``; ``layer``, ``kind``, ``name``, ``community`` and what the study's files add.
    street_offices, blocks : geopandas.GeoDataFrame
        As in :class:`cfgeo.core.results.Results`; a run that judged no blocks has an empty table.
    clauses : pandas.DataFrame
        As in :class:`cfgeo.core.results.Results`.
    """

    folder: Path
    record: dict[str, Any]
    coverage: pd.DataFrame
    communities: gpd.GeoDataFrame
    facilities: gpd.GeoDataFrame
    street_offices: gpd.GeoDataFrame
    blocks: gpd.GeoDataFrame
    clauses: pd.DataFrame

    @property
    def district(self) -> dict[str, Any]:
        """The headline, as in :class:`cfgeo.core.results.Results`."""
        return dict(self.record["district"])

    @cached_property
    def network(self) -> gpd.GeoDataFrame:
        """The streets, a row for each edge."""
        return pyogrio.read_dataframe(self.folder / GEOPACKAGE, layer="network")

    @cached_property
    def page(self) -> dict[str, Any]:
        """What the run's page holds for its map; empty where the run has none, or it was changed since."""
        path = self.folder / PAGE
        hashes = {file["path"]: file["sha256"] for file in self.record.get("outputs", [])}
        if not path.is_file() or hashes.get(PAGE) != file_sha256(path):
            return {}
        held = _PAGE_DATA.search(path.read_text(encoding="utf-8"))
        return dict(json.loads(held[1])) if held else {}


def load_run(folder: Path, *, of_any_version: bool = False) -> PastRun:
    """Read a run's outputs.

    Parameters
    ----------
    folder
        That the run has written.
    of_any_version
        Whether a record of another version will do: its figures can be read, its data cannot be compared.

    Raises
    ------
    InputError
        The folder holds no run, a run without tables, a run of a version that recorded too little, or tables that
        have been changed since.
    """
    if not is_run(folder):
        raise InputError("run_missing", folder=folder)
    record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    if record.get("format") != FORMAT and not of_any_version:
        raise InputError("run_other_version", folder=folder, version=record["versions"]["cfgeo"])
    hashes = {file["path"]: file["sha256"] for file in record.get("outputs", [])}
    for name in (_COVERAGE, GEOPACKAGE):
        if name not in hashes or not (folder / name).is_file():
            raise InputError("run_without_tables", folder=folder, file=name)
        if file_sha256(folder / name) != hashes[name]:
            raise InputError("run_altered", file=folder / name)
    path = folder / GEOPACKAGE
    communities = pyogrio.read_dataframe(path, layer="communities").set_index("code")
    if "residents" not in communities.columns:
        communities["residents"] = np.nan
    named = [name for name, _ in pyogrio.list_layers(path)]
    areas = {
        name: pyogrio.read_dataframe(path, layer=name).set_index(name.removesuffix("s")) if name in named else None
        for name in _AREAS
    }
    none = gpd.GeoDataFrame(geometry=[], crs=communities.crs)
    facilities = pyogrio.read_dataframe(path, layer="facilities").set_index("facility")
    units = {COMMUNITIES: communities.assign(name=communities["community"]), STREET_BLOCKS: areas["blocks"]}
    return PastRun(
        folder=folder,
        record=record,
        coverage=_coverage(folder / _COVERAGE),
        communities=communities,
        facilities=_with_units(facilities, units, record),
        **{name: none if table is None else table for name, table in areas.items()},
        clauses=_clauses(record["clauses"]),
    )


def _with_units(
    facilities: gpd.GeoDataFrame, units: dict[str, gpd.GeoDataFrame | None], record: dict[str, Any]
) -> gpd.GeoDataFrame:
    """Return the facilities with the communities and street blocks that a clause asks as places.

    Parameters
    ----------
    units
        ``UNIT_LAYERS`` → their table with ``name``; None where the run has not written it.
    """
    asked = {clause.get("layer") for clause in record["parameters"]["clauses"]}
    tables = [facilities]
    for layer, table in units.items():
        if layer not in asked or table is None:
            continue
        role = "blocks" if layer == STREET_BLOCKS else layer
        answers: dict[str, dict[str, str]] = record["data"].get(role, {}).get("answers", {})
        places = table[["name", "geometry"]].assign(
            layer=layer,
            kind=layer,
            community=table.index if layer == COMMUNITIES else "",
            **{name: table.index.map(cells) for name, cells in answers.items()},
        )
        places.index = pd.Index([f"{layer}-{unit}" for unit in table.index], name="facility")
        tables.append(places)
    return gpd.GeoDataFrame(pd.concat(tables), geometry="geometry", crs=facilities.crs) if tables[1:] else facilities


def _clauses(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Return the clauses of a record; null is NaN."""
    table = pd.DataFrame(rows).set_index("clause")
    numbers = [name for name in ("found", "found_low", "found_high", "asked") if name in table.columns]
    return table.astype(dict.fromkeys(numbers, float))


def _coverage(path: Path) -> pd.DataFrame:
    """Return the coverage of a run; walks beyond the search, such as ">30", are infinite."""
    table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    for name in _NUMBERS:
        if name not in table.columns:
            table[name] = ""
        beyond = table[name].str.startswith(">")
        table[name] = pd.to_numeric(table[name].where(~beyond, ""), errors="coerce").where(~beyond, np.inf)
    return table.set_index(["code", "clause"])[[*_TEXTS, *_NUMBERS]]
