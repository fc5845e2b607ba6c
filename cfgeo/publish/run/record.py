"""The record of a run, ``run.json``: traces every number to its inputs."""

import json
import math
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyogrio
import pyproj
import shapely

from cfgeo.core.findings import describe
from cfgeo.core.hashes import file_sha256, file_size
from cfgeo.core.plan import Plan
from cfgeo.core.results import Results
from cfgeo.core.strings import Lang
from cfgeo.publish.run.contents import contents_of
from cfgeo.publish.run.folder import RECORD, put

_LIBRARIES = (
    "cfgeo", "contourpy", "django-js-lib-leaflet", "geopandas", "highspy", "jinja2", "matplotlib", "networkx",
    "numpy", "openpyxl", "osmium", "osmnx", "pandas", "pyarrow", "pyogrio", "pyproj", "python-docx", "rasterio",
    "scipy", "shapely", "xlrd", "xlsxwriter",
)  # fmt: skip

_REPORT_S, _SHEET_S, _PROJECT_S = 1.0, 0.8, 0.6
"""What a report, a map sheet and a project of a reserve list take where nothing else is known."""

FORMAT = 3
"""Version of the record's format: raised when its content no longer means the same. 2 added ``data``, ``outputs``; in 3
the hashes of ``data`` no longer depend on the order of rows, and homes have one for each community."""


def write_record(results: Results, path: Path, *, lang: Lang) -> None:
    """Write headline, clauses, inputs with SHA-256, versions, parameters, findings, and the time of the run.

    The same inputs give the same record but for the object ``run``. It stands on one line until :func:`seal`
    completes it.
    """
    offices = results.street_offices.drop(columns="geometry").reset_index()
    content = {
        "format": FORMAT,
        "study": results.parameters["study"],
        "district": results.district,
        "clauses": results.clauses.reset_index().to_dict("records"),
        "street_offices": offices.to_dict("records"),
        **({"blocks": _blocks(results)} if len(results.blocks) else {}),
        "services": results.services[results.services["code"] == ""].drop(columns="code").to_dict("records"),
        "shortfalls": results.shortfalls.to_dict("records"),
        "reported": results.inputs.reported.to_dict("records"),
        "inputs": [asdict(file) for file in results.inputs.files],
        "data": contents_of(results.inputs, results.parameters["clauses"]),
        "parameters": {key: value for key, value in results.parameters.items() if key != "map"},  # holds a key
        "network": {
            "nodes": len(results.inputs.network.nodes),
            "edges": len(results.inputs.network.edges),
            "km": round(results.inputs.network.length_km(), 3),
            "main_km": round(results.inputs.network.length_km(main_only=True), 3),
        },
        **({} if results.plan is None else {"plan": _plan(results.plan)}),
        "findings": describe(results.inputs.findings, lang).to_dict("records"),
        "language": lang,
        "versions": versions(),
        "run": {
            "finished": datetime.now(UTC).isoformat(timespec="seconds"),
            "seconds": results.seconds,
            "network_from_cache": results.inputs.cached,
            "platform": platform.platform(),
        },
    }
    path.write_text(json.dumps(_plain(content), ensure_ascii=False), encoding="utf-8")


def seal(
    folder: Path,
    names: Iterable[str],
    *,
    pending: Sequence[str] = (),
    standing: Path | None = None,
    seconds: Mapping[str, float] | None = None,
) -> bytes:
    """Complete the record in a folder by what is still being made and the SHA-256 of outputs; return its new bytes.

    Parameters
    ----------
    folder
        Of what is new.
    names
        All outputs of the run, those that are in place already too; the record itself is left out.
    pending
        Groups of outputs that are still being made.
    standing
        Folder of what is in place already: its record is carried on where there is no new one, with its hashes of what
        stays, whatever became of those files since.
    seconds
        What stages of the run took that are not in the record yet [s].
    """
    path, old = folder / RECORD, (standing or folder) / RECORD
    before = json.loads(old.read_text(encoding="utf-8"))
    content = json.loads(path.read_text(encoding="utf-8")) if path.exists() else dict(before)
    known = {file["path"]: file for file in before.get("outputs", [])}
    own_time = {"run": content.pop("run")}  # stays last
    own_time["run"]["seconds"] |= seconds or {}
    head = {"format": content.pop("format"), **({"pending": list(pending)} if pending else {})}
    content = head | {key: value for key, value in content.items() if key not in ("pending", "outputs")}
    content["outputs"] = [
        {"path": name, "sha256": file_sha256(folder / name), "size": file_size(folder / name)}
        if (folder / name).exists()
        else known[name]
        for name in names
        if name != RECORD
    ]
    put(path, _as_json(content | own_time).encode())
    return path.read_bytes()


def usual_seconds(folder: Path) -> dict[str, float]:
    """Return what each stage of the last run in a folder took [s]; nothing where there is none."""
    try:
        seconds = json.loads((folder / RECORD).read_text(encoding="utf-8"))["run"]["seconds"]
        return {str(stage): float(took) for stage, took in seconds.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def guessed_seconds(results: Results, workers: int, *, n_projects: int = 0) -> dict[str, float]:
    """Return what the long stages of a run may take [s], from its sizes: how many reports, clauses and projects."""
    reports, clauses = 1 + len(results.street_offices), len(results.parameters["clauses"])
    sheets = reports + 2 * clauses
    drawn = {"reports": _REPORT_S * reports / workers, "figures": _SHEET_S * sheets / workers}
    return {**drawn, "plan": _PROJECT_S * n_projects}


@cache
def versions() -> Mapping[str, str]:
    """Return the versions of Python and of all libraries that shape the numbers or the outputs."""
    native = {
        "gdal": pyogrio.__gdal_version_string__,
        "geos": shapely.geos_version_string,
        "proj": pyproj.proj_version_str,
    }
    return {"python": platform.python_version(), **{name: version(name) for name in _LIBRARIES}, **native}


def _blocks(results: Results) -> list[dict[Any, Any]]:
    """Return the street blocks with their verdicts."""
    table = pd.DataFrame(results.blocks.drop(columns="geometry")).reset_index()
    return table.to_dict("records")


def _plan(plan: Plan) -> dict[str, Any]:
    """Return the choices and the results of a plan."""
    return {
        "choices": asdict(plan.choices),
        "unit": plan.listed.unit,
        "built": plan.built.index.tolist(),
        "passed": plan.passed,
        "cost": plan.cost,
        "bound": plan.bound,
        "gap": plan.gap,
        "most": plan.most,
        "frontier": plan.frontier.reset_index().to_dict("records"),
    }


def _as_json(content: dict[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def _plain(value: Any) -> Any:
    """Return a value as JSON can hold it; what is missing or infinite becomes null."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or value is pd.NA or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return value
