"""Read back a run that was written, to compare it with another."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio

from cfgeo.core.errors import InputError
from cfgeo.core.hashes import file_sha256
from cfgeo.publish.run.folder import GEOPACKAGE, RECORD, is_run
from cfgeo.publish.run.record import FORMAT

_COVERAGE = "coverage.csv"
_NUMBERS = ("share", "median_minutes", "places", "need")


@dataclass(frozen=True)
class PastRun:
    """One run, as read from its folder.

    Attributes
    ----------
    folder : pathlib.Path
    record : dict
        The content of ``run.json``.
    coverage : pandas.DataFrame
        Index ``code``, ``clause``; ``share``, ``median_minutes``, ``places``, ``need``, ``verdict``.
    communities : geopandas.GeoDataFrame
        Index ``code``; ``community``, ``street_office``, ``verdict``; polygons in the run's CRS.
    facilities : pandas.DataFrame
        ``layer``, ``kind``, ``name``.
    """

    folder: Path
    record: dict[str, Any]
    coverage: pd.DataFrame
    communities: gpd.GeoDataFrame
    facilities: pd.DataFrame


def load_run(folder: Path) -> PastRun:
    """Read a run's outputs.

    Raises
    ------
    InputError
        The folder holds no run, a run without tables, a run of a version that recorded too little, or tables that
        have been changed since.
    """
    if not is_run(folder):
        raise InputError("run_missing", folder=folder)
    record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    if record.get("format") != FORMAT:
        raise InputError("run_other_version", folder=folder, version=record["versions"]["cfgeo"])
    hashes = {file["path"]: file["sha256"] for file in record["outputs"]}
    for name in (_COVERAGE, GEOPACKAGE):
        if name not in hashes or not (folder / name).is_file():
            raise InputError("run_without_tables", folder=folder, file=name)
        if file_sha256(folder / name) != hashes[name]:
            raise InputError("run_altered", file=folder / name)
    path = folder / GEOPACKAGE
    communities = pyogrio.read_dataframe(
        path, layer="communities", columns=["code", "community", "street_office", "verdict"]
    )
    facilities = pyogrio.read_dataframe(
        path, layer="facilities", columns=["layer", "kind", "name"], read_geometry=False
    )
    return PastRun(folder, record, _coverage(folder / _COVERAGE), communities.set_index("code"), facilities)


def _coverage(path: Path) -> pd.DataFrame:
    """Return the coverage of a run; walks beyond the search, such as ">30", are infinite."""
    table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    for name in _NUMBERS:
        beyond = table[name].str.startswith(">")
        table[name] = pd.to_numeric(table[name].where(~beyond, ""), errors="coerce").where(~beyond, np.inf)
    return table.set_index(["code", "clause"])[[*_NUMBERS, "verdict"]]
