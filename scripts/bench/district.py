"""Write a synthetic district as a study: streets, communities, homes and places to measure a whole run with."""

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import osmium
import pandas as pd
import pyproj
import shapely

from cfgeo.core.schema import WGS84, Network

LAYERS = ("schools", "hospitals", "parks", "care_centres", "culture", "sports")
HOMES_A_NODE = 2
NODES_A_COMMUNITY = 1_000
NODES_A_PLACE = 500
SEED = 20261122
_EAST, _NORTH = 500_000, 3_270_000  # the middle of its UTM zone, where a metre is a metre


def write_district(network: Network, folder: Path) -> Path:
    """Write a network and what lives on it as the files of a study; return its ``study.toml``."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(SEED)
    to_degrees = pyproj.Transformer.from_crs(network.edges.crs, WGS84, always_xy=True)
    extent_m = network.nodes[["x", "y"]].max().to_numpy()
    size = len(network.nodes)

    def degrees(xy: Any) -> Any:
        return np.column_stack(to_degrees.transform(xy[:, 0] + _EAST, xy[:, 1] + _NORTH))

    _write_streets(network, degrees(network.nodes[["x", "y"]].to_numpy()), folder / "streets.osm.pbf")
    side = max(int(np.sqrt(size / NODES_A_COMMUNITY)), 1)
    x, y = (np.linspace(0, length, side + 1) for length in extent_m)
    west, south = (each.ravel() for each in np.meshgrid(x[:-1], y[:-1]))
    cells = shapely.transform(shapely.box(west, south, west + x[1], south + y[1]), degrees)
    codes = [f"{nth:05d}" for nth in range(len(cells))]
    table = {"code": codes, "community": codes, "street_office": [code[:3] for code in codes]}
    gpd.GeoDataFrame(table, geometry=cells, crs=WGS84).to_file(folder / "communities.geojson")
    for name, count in {"homes": size * HOMES_A_NODE, **dict.fromkeys(LAYERS, size // NODES_A_PLACE)}.items():
        lon, lat = degrees(random.random((count, 2)) * extent_m).T
        pd.DataFrame({"lon": lon, "lat": lat}).round(6).to_csv(folder / f"{name}.csv", index=False)
    study = folder / "study.toml"
    layers = "".join(f'[layers.{name}]\npath = "{name}.csv"\n' for name in LAYERS)
    study.write_text(
        f'[study]\nid = "city-{size}"\ntitle = "A city of {size} nodes"\nstatus = "illustrative"\n'
        '[boundaries.communities]\npath = "communities.geojson"\n[network]\npath = "streets.osm.pbf"\n'
        f'[demand]\npath = "homes.csv"\n{layers}',
        encoding="utf-8",
    )
    return study


def _write_streets(network: Network, lonlat: Any, file: Path) -> None:
    ends = (network.edges[["u", "v"]].to_numpy() + 1).tolist()
    with osmium.SimpleWriter(str(file)) as writer:
        for nth, position in enumerate(lonlat.tolist(), start=1):
            writer.add_node(osmium.osm.mutable.Node(id=nth, location=tuple(position)))
        for nth, nodes in enumerate(ends, start=1):
            writer.add_way(osmium.osm.mutable.Way(id=nth, nodes=nodes, tags={"highway": "residential"}))
