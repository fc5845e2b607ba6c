"""The ground of a study's maps, which no number rests on: taken from the cache while all that it shows is the same."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely

from cfgeo.core.schema import Inputs
from cfgeo.core.shapes import Ground, StreetName
from cfgeo.network.cache import GROUNDS, load_tables, network_key, source_hash, store_tables
from cfgeo.study.ground.base_map import OWN_LAYERS, MapFiles, ground_of

_CODE, _LIBRARIES = ("core", "files", "network", "study"), ("contourpy", "numpy", "scipy", "shapely")
_SHAPES, _CELLS = ("contours", "water", "buildings", "greens", "rails"), ("shade", "height")
_STREETS = ("name", "highway", "structure", "across")
"""Columns of the streets that the ground shows or leaves out by."""


def kept_ground(files: MapFiles, inputs: Inputs, folder: Path | None) -> Ground:
    """Return what :func:`ground_of` does; from a folder, where it was kept there, or else keep it.

    Parameters
    ----------
    files, inputs
        As for :func:`ground_of`.
    folder
        The cache; None keeps none.
    """
    if folder is None:
        return ground_of(files, inputs)
    digest = hashlib.sha256()
    for part in _parts_of(files, inputs):
        digest.update(len(part).to_bytes(8))
        digest.update(part)
    key = GROUNDS + network_key(ground=digest.hexdigest())
    tables = load_tables(folder, key)
    if tables:
        return _unpacked(tables)
    ground = ground_of(files, inputs)
    store_tables(folder, key, _packed(ground))
    return ground


def _parts_of(files: MapFiles, inputs: Inputs) -> Iterator[bytes]:
    yield source_hash(*_CODE).encode()
    yield repr([version(library) for library in _LIBRARIES]).encode()
    yield repr((files.window, inputs.communities["community"].tolist())).encode()
    own = {name: inputs.layers[name].geometry.to_numpy() for name in OWN_LAYERS if name in inputs.layers}
    edges = inputs.network.edges
    for name, shapes in {**files.shapes, **own, "streets": edges.geometry.to_numpy()}.items():
        yield repr((name, len(shapes))).encode()
        yield from (shape or b"" for shape in shapely.to_wkb(shapes))
    yield repr([edges[name].tolist() for name in _STREETS]).encode()
    if files.relief is not None:
        yield repr((files.relief.bounds, files.relief.cell_m, files.relief.z.shape)).encode()
        yield from (files.relief.z.tobytes(), files.relief.raw.tobytes())


def _packed(ground: Ground) -> dict[str, pd.DataFrame]:
    facts = {"bounds": ground.bounds, "rows": len(ground.shade), "contour_m": ground.contour_m}
    facts |= {"water_from": ground.water_from, "names": [asdict(name) for name in ground.names]}
    shapes = [(name, shape) for name in _SHAPES for shape in shapely.to_wkb(getattr(ground, name))]
    return {
        "facts": pd.DataFrame({"json": [json.dumps(facts)]}),
        "shapes": pd.DataFrame(shapes, columns=["of", "wkb"]),
        "cells": pd.DataFrame({name: getattr(ground, name).ravel() for name in _CELLS}),
    }


def _unpacked(tables: dict[str, pd.DataFrame]) -> Ground:
    facts, shapes = json.loads(tables["facts"]["json"].iloc[0]), tables["shapes"]
    of, wkb, rows = shapes["of"].to_numpy(), shapes["wkb"].to_numpy(), facts["rows"]
    arrays: dict[str, Any] = {name: shapely.from_wkb(wkb[of == name]) for name in _SHAPES}
    for name in _CELLS:
        arrays[name] = tables["cells"][name].to_numpy().reshape(rows, -1) if rows else np.zeros((0, 0))
    west, south, east, north = facts["bounds"]
    return Ground(
        bounds=(west, south, east, north),
        contour_m=facts["contour_m"],
        water_from=tuple(facts["water_from"]),
        names=tuple(StreetName(**name) for name in facts["names"]),
        **arrays,
    )
