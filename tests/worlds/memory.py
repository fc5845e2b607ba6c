"""Studies of files as tables in memory, and whether two runs have equal tables."""

import dataclasses
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from cfgeo import Network, ReadStudy, Results, Study, assemble, read_network
from cfgeo.study.settings import choices, margin_m, walkers_used
from cfgeo.study.streets import box_around
from cfgeo.study.tables import Table, TableSource

OF_FILES = {"inputs.files", "inputs.cached", "seconds", "ground"}
"""What tells of files alone: their records, time, and the ground of maps, which an OpenStreetMap file tells of."""


def table_of(path: Path) -> pd.DataFrame:
    """Return a file as an analyst has it in memory; its rows are numbered as a file's are."""
    if path.suffix == ".csv":
        rows = pd.read_csv(path, dtype=str, keep_default_na=False)
        return rows.set_axis(range(2, len(rows) + 2))
    shapes = gpd.read_file(path)
    return shapes.set_axis(range(1, len(shapes) + 1))


def streets_of_files(study: Study, communities: gpd.GeoSeries) -> Network:
    """Return the streets of a study's file, level as yet, that lie around its communities."""
    standard, walkers = choices(study)
    far_m = margin_m(study, standard, walkers_used(study, standard, walkers))
    bbox = box_around(communities, margin_m=far_m)
    return read_network(study.resolve(None), crs=str(communities.crs), bbox=bbox)


def arguments_of(study: Study, network: Any) -> dict[str, Any]:
    """Return a study of files as the arguments of ``assemble``."""

    def source(about: TableSource | Table) -> dict[str, Any]:
        content = about.model_dump(exclude_unset=True)
        path = study.resolve(about.path)
        is_table = path.suffix in {".csv", ".geojson"}
        return {**content, "path": table_of(path) if is_table else str(path)}

    more: dict[str, Any] = {
        "study": study.study.model_dump(exclude_unset=True, exclude={"standard"}),
        "walk": study.walk.model_dump(exclude_unset=True),
        "walkers": study.walkers,
        "references": {name: each.model_dump() for name, each in study.references.items()},
        "reported": [source(each) for each in study.reported],
        "elevation": [study.resolve(name) for name in study.network.elevation],
    }
    if study.zones:
        more["zones"] = source(study.zones)
    name = study.study.standard
    return {
        "communities": source(study.boundaries.communities),
        "homes": source(study.demand.places) if study.demand and study.demand.places else None,
        "layers": {name: [source(part) for part in parts] for name, parts in study.layers.items()},
        "network": network,
        "standard": study.resolve(name) if name.endswith(".toml") else name,
        **more,
    }


def in_memory(study: Study, network: Any) -> ReadStudy:
    """Return a study of files, assembled from tables in memory."""
    return assemble(**arguments_of(study, network))


def differing(left: Any, right: Any, where: str = "") -> list[str]:
    """Return what differs between two values by a single bit: tables, arrays, and what holds them."""
    if where in OF_FILES:
        return []
    if dataclasses.is_dataclass(left) and not isinstance(left, type):
        names = [field.name for field in dataclasses.fields(left) if field.compare]
        left, right = ({name: getattr(each, name) for name in names} for each in (left, right))
    if isinstance(left, dict):
        keys = [] if list(left) == list(right) else [f"{where}: {list(left)} {list(right)}"]
        return keys or [row for key in left for row in differing(left[key], right[key], f"{where}.{key}".lstrip("."))]
    try:
        if isinstance(left, pd.DataFrame):
            pd.testing.assert_frame_equal(left, right, check_exact=True)
        else:
            np.testing.assert_array_equal(left, right)
    except AssertionError as error:
        return [f"{where}: {error}"]
    return []


def assert_equal(left: Results, right: Results) -> None:
    """Check that two runs have the same tables to the bit."""
    assert len(left.communities)
    differences = differing(left, right)
    if differences:
        raise AssertionError("\n".join(differences))
