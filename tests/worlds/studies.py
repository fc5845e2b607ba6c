"""Edits of studies, and the command line as a user runs it."""

import dataclasses
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import rasterio
from click.testing import Result
from shapely.geometry.base import BaseGeometry
from typer.testing import CliRunner

from cfgeo import Inputs, Network, Study, load_inputs
from cfgeo.assess.case import Case, make_case
from cfgeo.cli.main import app
from cfgeo.study.settings import choices, margin_m, walkers_used
from worlds.town import CRS, at

WGS84 = "EPSG:4326"


def edited(study: Path, old: str, new: str) -> Path:
    """Replace the first occurrence of a text in ``study.toml``. The text must be there."""
    body = study.read_text(encoding="utf-8")
    assert old in body
    study.write_text(body.replace(old, new, 1), encoding="utf-8")
    return study


def without_table(study: Path, heading: str) -> Path:
    """Remove a whole table such as ``[demand]`` from ``study.toml``."""
    before, heading_line, after = study.read_text(encoding="utf-8").partition(f"[{heading}]\n")
    assert heading_line
    _, bracket, rest = after.partition("\n[")
    study.write_text(before + bracket.lstrip("\n") + rest, encoding="utf-8")
    return study


def flat_land(path: Path, *, height_m: float = 200.0) -> Path:
    """Write an elevation raster of level terrain around the town."""
    corner = at(-1000, 1500)
    z = np.full((100, 100), height_m, dtype="float32")
    where = {"crs": CRS, "transform": rasterio.Affine(30, 0, corner.x, 0, -30, corner.y)}
    with rasterio.open(path, "w", driver="GTiff", dtype="float32", count=1, height=100, width=100, **where) as file:
        file.write(z, 1)
    return path


def on_a_hill(study: Path) -> Path:
    """Lay the town of a study over a raster of a hill."""
    with rasterio.open(flat_land(study.parent / "land.tif"), "r+") as land:
        north, east = np.mgrid[100:0:-1, 0:100]
        land.write((200 + 0.02 * (north - 40) ** 2 + 3 * np.sin(east / 3)).astype("float32"), 1)
    return edited(study, 'path = "streets.osm"', 'path = "streets.osm"\nelevation = "land.tif"')


def places(shapes: list[BaseGeometry], **columns: Any) -> gpd.GeoDataFrame:
    """Return shapes of the town, in its CRS, with some columns."""
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)


def case_of(study: Study, inputs: Inputs | None = None) -> Case:
    """Return the case of a study. Without inputs, read the files of the study."""
    standard, walkers = choices(study)
    used = walkers_used(study, standard, walkers)
    if inputs is None:
        inputs = load_inputs(study, margin_m=margin_m(study, standard, used))
    return make_case(inputs, standard, used, study.walk)


def remade(case: Case, network: Network) -> Case:
    """Return a case with another network, with everything snapped again."""
    inputs = dataclasses.replace(case.inputs, network=network)
    return make_case(inputs, case.standard, case.walkers, case.choices)


def degrees(x: float, y: float) -> tuple[float, float]:
    """Return a point of the town, given in local metres, as longitude and latitude."""
    point = gpd.GeoSeries([at(x, y)], crs=CRS).to_crs(WGS84).iloc[0]
    return point.x, point.y


def invoke(*arguments: object) -> Result:
    """Run the command line in this process. Raise any exception except an exit."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def refused(*arguments: object) -> str:
    """Run the command line where it must fail, and return its message."""
    result = invoke(*arguments)
    assert result.exit_code == 1
    assert result.stdout == ""
    return result.stderr


def cfgeo(*arguments: object, cwd: Path, cache: Path) -> subprocess.CompletedProcess[str]:
    """Run the command as a user does, in a process of its own."""
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache), "PYTHONWARNINGS": "default", "COLUMNS": "200"}
    return subprocess.run(
        [sys.executable, "-m", "cfgeo", *map(str, arguments)],
        cwd=cwd,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=900,
        check=False,
    )


def assert_calm(run: subprocess.CompletedProcess[str]) -> None:
    """Check that nothing that only a programmer understands reached the user."""
    for word in ("Traceback", "Warning", "Error: Error", "site-packages"):
        assert word not in run.stderr, run.stderr
