"""The record of a run: ``run.json``, from which every number can be traced to its inputs."""

import json
import math
import platform
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cfgeo.check import describe
from cfgeo.results import Results
from cfgeo.strings import Lang

_LIBRARIES = ("cfgeo", "geopandas", "shapely", "pyproj", "numpy", "scipy", "pandas", "osmium", "osmnx", "folium")


def write_record(results: Results, path: Path, *, lang: Lang) -> None:
    """Write headline, clauses, inputs with SHA-256, versions, parameters, findings, and the run's own time.

    All but the object ``run`` is the same for the same inputs.
    """
    offices = results.street_offices.drop(columns="geometry").reset_index()
    content = {
        "study": results.parameters["study"],
        "district": results.district,
        "clauses": results.clauses.reset_index().to_dict("records"),
        "street_offices": offices.to_dict("records"),
        "inputs": [asdict(file) for file in results.inputs.files],
        "parameters": {key: value for key, value in results.parameters.items() if key != "map"},  # holds a key
        "network": {
            "nodes": len(results.inputs.network.nodes),
            "edges": len(results.inputs.network.edges),
            "km": round(results.inputs.network.length_km(), 3),
            "main_km": round(results.inputs.network.length_km(main_only=True), 3),
        },
        "findings": describe(results.inputs.findings, lang).to_dict("records"),
        "language": lang,
        "versions": {"python": platform.python_version(), **{name: version(name) for name in _LIBRARIES}},
        "run": {
            "finished": datetime.now(UTC).isoformat(timespec="seconds"),
            "seconds": results.seconds,
            "network_from_cache": results.inputs.cached,
        },
    }
    path.write_text(json.dumps(_plain(content), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _plain(value: Any) -> Any:
    """Return a value as JSON can say it: what is missing or infinite becomes null."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or value is pd.NA or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return value
