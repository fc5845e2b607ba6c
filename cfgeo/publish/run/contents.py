"""A run's data in counts and hashes, so that a later run can be compared with it.

Hashes are of contents: neither the order of rows nor the name of a file changes them.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pandas.util import hash_array

from cfgeo.core.schema import AGE_BANDS, COMMUNITIES, ROW, STREET_BLOCKS, Inputs, IntArray, Network

_MM = 3
_DIGITS = 12
"""Of hashes by community: there are thousands."""
_UNWALKED = ("u", "v", "osm_id", "name")
"""Columns of edges that say nothing about walks: numbers that follow from the order of a file, and names."""


def contents_of(inputs: Inputs, clauses: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """Return counts and hashes of the tables as they were judged: after datum, filter and projection.

    Parameters
    ----------
    inputs
        The tables.
    clauses
        Those of the run, as ``Results.parameters`` has them: what they read of communities is kept in full.

    Returns
    -------
    dict
        ``communities``, ``demand``, ``network``: count or length, and hash; of the demand also by community and age
        band; ``layers``: layer → kind → the same.
    """
    network = inputs.network
    length_km = pd.Series(network.street_m).groupby(network.edges["form"]).sum() / 1000
    return {
        "communities": {
            "count": len(inputs.communities),
            "sha256": _sha256(inputs.communities),
            "answers": _answers(inputs.community_answers, clauses, COMMUNITIES),
        },
        "demand": {
            "count": len(inputs.demand),
            "total": round(float(inputs.demand["weight"].sum()), 1),
            "sha256": _sha256(inputs.demand),
            "communities": _by_community(inputs.demand),
        },
        "network": {
            "km": {str(form): round(float(km), 3) for form, km in length_km.items()},
            "sha256": _sha256(_walked(network)),
        },
        "layers": {
            name: {
                str(kind): {"count": len(places), "sha256": _sha256(places.drop(columns=ROW, errors="ignore"))}
                for kind, places in layer.groupby("kind")
            }
            for name, layer in inputs.layers.items()
        },
        **_of_units(inputs, clauses),
    }


def _of_units(inputs: Inputs, clauses: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the street blocks, and what the file of the communities adds, where there is any."""
    content: dict[str, Any] = {}
    if inputs.blocks is not None:
        answers = _answers(pd.DataFrame(inputs.blocks), clauses, STREET_BLOCKS)
        content["blocks"] = {"count": len(inputs.blocks), "sha256": _sha256(inputs.blocks), "answers": answers}
    if len(inputs.community_answers.columns):
        known = inputs.communities[["geometry"]].join(inputs.community_answers)
        content["community_answers"] = {"sha256": _sha256(known)}
    return content


def _answers(table: pd.DataFrame, clauses: Sequence[Mapping[str, Any]], layer: str) -> dict[str, dict[str, str]]:
    """Return column → unit → what its file says there, of the columns that clauses read of units as places.

    Blank cells are left out.
    """
    asked = [clause for clause in clauses if clause.get("layer") == layer]
    read = {clause.get(key) for clause in asked for key in ("only_where", "attribute", "implied_by")}
    return {
        str(name): {str(code): str(cell) for code, cell in table[name].items() if not pd.isna(cell) and str(cell)}
        for name in table.columns
        if name in read
    }


def _walked(network: Network) -> gpd.GeoDataFrame:
    """Return the edges with what walks depend on, and the nodes that they lie between where these have ids."""
    ids = np.maximum(network.nodes["osm_id"].to_numpy(), 0)  # those that a file does not have are numbered
    edges = network.edges
    ends = {f"{end}_id": ids[edges[end].to_numpy()] for end in ("u", "v")}
    return edges.drop(columns=[name for name in _UNWALKED if name in edges.columns]).assign(**ends)


def _by_community(demand: gpd.GeoDataFrame) -> dict[str, dict[str, str]]:
    """Return community → age band (or ``weight``) → a hash of the homes that have any of it."""
    if "community" not in demand.columns:
        return {}
    hashes: dict[str, dict[str, str]] = {}
    for column in ("weight", *(band for band in AGE_BANDS if band in demand.columns)):
        some = demand[demand[column].fillna(0) != 0]
        keys, owners = row_keys(some[[column, some.geometry.name]]), some["community"].to_numpy().astype("str")
        order = np.lexsort((keys, owners))
        codes, starts = np.unique(owners[order], return_index=True)
        for code, own in zip(codes, np.split(keys[order], starts[1:]), strict=True):
            hashes.setdefault(str(code), {})[column] = _digest(own)[:_DIGITS]
    return hashes


def _sha256(table: gpd.GeoDataFrame) -> str:
    """Return a hash of a table's rows in any order."""
    return _digest(np.sort(row_keys(table)))


def _digest(keys: IntArray) -> str:
    return hashlib.sha256(keys.astype("<i8").tobytes()).hexdigest()


def row_keys(table: gpd.GeoDataFrame, *, decimals: int = _MM) -> IntArray:
    """Return a number for each row that follows from all that it holds, wherever it stands in its table.

    That is its shape, to so many decimals of a metre, numbers to six, and words, each with the name of its column.
    """
    xy, owner = shapely.get_coordinates(table.geometry.to_numpy(), return_index=True)
    nth = np.arange(len(owner)) - np.searchsorted(owner, owner)
    # Adding 0.0 makes -0.0, which has another hash, into 0.0.
    x, y = (hash_array(column.round(decimals) + 0.0) for column in np.ascontiguousarray(xy.T))
    keys = np.zeros(len(table), dtype=np.uint64)
    np.add.at(keys, owner, hash_array(x ^ (y << np.uint64(1)) ^ nth.astype(np.uint64)))
    for name in map(str, table.columns.drop(table.geometry.name)):
        column = table[name]
        if pd.api.types.is_numeric_dtype(column):
            cells = hash_array(np.asarray(column, dtype=float).round(6) + 0.0)
        else:
            cells = hash_array(column.map(str).to_numpy(dtype=object))
        keys += hash_array(cells ^ hash_array(np.array([name], dtype=object)))
    return keys.view(np.int64)
