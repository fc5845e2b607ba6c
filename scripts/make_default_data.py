"""Make the default study: a model of a steep river peninsula. Names are real and public, everything else is invented.

    python scripts/make_default_data.py [--out DIR]

The same seed and library versions give the same files.
"""

import argparse
import json
import shutil
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
import shapely
from default_data.departments import aged_0_14, certified_of, department_layers, with_answers, yearly_figures
from default_data.facilities import csv_table, make_facilities
from default_data.land import CELL_M, CRS, RIVER_M, TURN_M, WEST_M, Floats, Land, degrees, make_land, place, width
from default_data.people import as_lon_lat, make_communities, make_dwellings
from default_data.streets import Streets, make_streets, write_pbf
from default_data.zones import make_zones
from make_projects import write_projects

SEED = 2026
DATA = Path(__file__).resolve().parent.parent / "data"
LIVED_ON = {"residential", "tertiary", "service", "pedestrian", "footway", "steps"}


def main() -> None:
    """Make all files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=DATA, help="folder; data/ when missing")
    write_all(parser.parse_args().out)


def write_all(folder: Path) -> None:
    """Make everything from a single seed and write it into a folder."""
    rng = np.random.default_rng(SEED)
    land = make_land()
    streets = make_streets(land, rng)
    communities = make_communities(rng)
    doors = _doors(streets)
    homes = make_dwellings(communities, doors, rng)
    facilities = make_facilities(communities, homes, doors, rng)
    homes = _ashore(homes, doors)
    residents = homes.groupby("home_code")["residents"].sum()
    more = np.random.default_rng(SEED + 1)  # what was drawn before stays as it is
    facilities = {layer: with_answers(layer, table, more) for layer, table in facilities.items()}
    facilities |= department_layers(communities, homes, facilities["schools"], more)
    for part in ("boundaries", "network", "elevation", "demand", "facilities", "figures"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    known = {"residents": residents, "age_0_14": aged_0_14(homes), "certified": certified_of(communities)}
    _write_geojson(communities.assign(**known).reset_index(), folder / "boundaries" / "communities.geojson")
    _write_geojson(make_zones(), folder / "boundaries" / "zones.geojson")
    _write_raster(land, folder / "elevation" / "elevation.tif")
    write_pbf(streets, folder / "network" / "streets.osm.pbf", water=_rivers())
    bands = [column for column in homes.columns if column.startswith("age_")]
    _write_csv(
        pd.concat([as_lon_lat(homes.geometry), homes[["residents", *bands]]], axis=1),
        folder / "demand" / "dwellings.csv",
    )
    for layer, table in facilities.items():
        if layer == "parks":
            _write_geojson(table, folder / "facilities" / "parks.geojson")
        else:
            _write_csv(csv_table(_ashore(table, doors)), folder / "facilities" / f"{layer}.csv")
    _write_csv(yearly_figures(communities, more), folder / "figures" / "reported.csv")
    if not (folder / "study.toml").exists():
        shutil.copy(DATA / "study.toml", folder)
    write_projects(folder / "study.toml", folder / "projects.csv")


def _doors(streets: Streets) -> Floats:
    """Return the nodes of the streets that people live on (n x 2)."""
    nodes = sorted({i for ids, tags in streets.ways if tags["highway"] in LIVED_ON for i in ids})
    return np.array(streets.xy)[nodes]


def _ashore(places: gpd.GeoDataFrame, doors: Floats) -> gpd.GeoDataFrame:
    """Return places, those in a river moved to the nearest door."""
    shapes, land = places.geometry.to_numpy(), shapely.points(doors)
    rivers = shapely.union_all([shapely.Polygon(ring) for ring in _rivers()])
    wet, dry = shapely.intersects(rivers, shapes), land[shapely.disjoint(rivers, land)]
    nearest = shapely.STRtree(dry).nearest(shapes[wet])
    moved = shapes.copy()
    moved[wet] = dry[nearest]
    return places.set_geometry(gpd.GeoSeries(moved, index=places.index, crs=places.crs))


def _rivers() -> list[Floats]:
    """Return the rivers' outlines, from the peninsula's bank to the far bank."""
    p = np.arange(-WEST_M, TURN_M + WEST_M + 1, 90.0)
    near, far = place(p, np.full_like(p, 1.0)), place(p, 1 + RIVER_M / width(p))
    half = len(p) // 2
    return [np.vstack([near[part], far[part][::-1]]) for part in (slice(0, half + 1), slice(half, None))]


def _write_csv(table: pd.DataFrame, path: Path) -> None:
    table.to_csv(path, index=False, encoding="utf-8", lineterminator="\n")


def _write_geojson(table: gpd.GeoDataFrame, path: Path) -> None:
    """Write one feature per line, so that a diff shows which features changed."""
    shapes = shapely.transform(table.geometry.to_numpy(), degrees)
    rows = table.drop(columns="geometry").to_dict("records")
    features = [
        json.dumps(
            {"type": "Feature", "properties": row, "geometry": shapely.geometry.mapping(shape)}, ensure_ascii=False
        )
        for row, shape in zip(rows, shapes, strict=True)
    ]
    body = ",\n".join(features)
    path.write_text(f'{{"type": "FeatureCollection", "features": [\n{body}\n]}}\n', encoding="utf-8", newline="\n")


def _write_raster(land: Land, path: Path) -> None:
    transform = rasterio.transform.from_origin(land.west_m, land.north_m, CELL_M, CELL_M)
    z = np.round(land.z).astype("int16")
    profile = {"driver": "GTiff", "dtype": "int16", "count": 1, "height": z.shape[0], "width": z.shape[1]}
    with rasterio.open(path, "w", **profile, crs=CRS, transform=transform, compress="deflate", predictor=2) as file:
        file.write(z, 1)


if __name__ == "__main__":
    main()
