"""A run's data in counts and hashes, so that a later run can be compared with it."""

import hashlib
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cfgeo.core.schema import Inputs

_MM = 3


def contents_of(inputs: Inputs) -> dict[str, Any]:
    """Return counts and hashes of the tables as they were judged: after datum, filter and projection.

    Returns
    -------
    dict
        ``communities``, ``demand``, ``network``: count or length, and hash; ``layers``: layer → kind → the same.
    """
    edges = inputs.network.edges
    length_km = pd.Series(inputs.network.street_m).groupby(edges["form"]).sum() / 1000
    return {
        "communities": {"count": len(inputs.communities), "sha256": _sha256(inputs.communities)},
        "demand": {
            "count": len(inputs.demand),
            "total": round(float(inputs.demand["weight"].sum()), 1),
            "sha256": _sha256(inputs.demand),
        },
        "network": {
            "km": {str(form): round(float(km), 3) for form, km in length_km.items()},
            "sha256": _sha256(edges),
        },
        "layers": {
            name: {
                str(kind): {"count": len(places), "sha256": _sha256(places)} for kind, places in layer.groupby("kind")
            }
            for name, layer in inputs.layers.items()
        },
    }


def _sha256(table: gpd.GeoDataFrame) -> str:
    """Return a hash of a table's rows: shapes to a millimetre, numbers to six decimals, words."""
    shapes = table.geometry.to_numpy()
    digest = hashlib.sha256(shapely.get_num_coordinates(shapes).astype("<i8").tobytes())
    # Adding 0.0 makes -0.0, which has other bytes, into 0.0.
    digest.update((shapely.get_coordinates(shapes).round(_MM) + 0.0).astype("<f8").tobytes())
    for name in sorted(map(str, table.columns.drop(table.geometry.name))):
        column = table[name]
        digest.update(f"\x1e{name}\x1e".encode())
        if pd.api.types.is_numeric_dtype(column):
            digest.update((np.asarray(column, dtype=float).round(6) + 0.0).astype("<f8").tobytes())
        else:
            digest.update("\x1f".join(map(str, column)).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()
