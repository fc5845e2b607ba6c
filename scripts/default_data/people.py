"""The communities in their street offices, and the people who live there."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.optimize import linear_sum_assignment
from scipy.spatial import Voronoi, cKDTree

from .land import TURN_M, Floats, degrees, place
from .names import COMMUNITIES, OFFICE_AT

RESIDENTS = 580_000
DWELLINGS = 2_500
CHILD_SHARES = {"age_0_2": 0.020, "age_3_5": 0.024, "age_6_11": 0.052, "age_12_17": 0.046}
BEND_M = 14.0  # how far borders bend


def district_outline() -> shapely.Polygon:
    """Return the land between the rivers, from the western edge to the tip (UTM)."""
    p = np.arange(0, TURN_M + 1, 40.0)
    return shapely.Polygon(place(p, np.full_like(p, 1.0)))


def make_communities(rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Divide the district: 79 cells, smaller in the east, in 11 street offices (index ``code``; UTM)."""
    outline = district_outline()
    seeds = _seeds(outline, rng)
    offices = list(OFFICE_AT)
    sizes = [sum(office == name for _, name, _ in COMMUNITIES) for office in offices]
    slot = np.repeat(np.arange(len(offices)), sizes)
    centre = place(*np.array(list(OFFICE_AT.values())).T)
    for _ in range(12):
        cost = ((seeds[:, None] - centre[slot][None]) ** 2).sum(axis=2)
        row, column = linear_sum_assignment(cost)
        owner = slot[column][np.argsort(row)]
        centre = np.array([seeds[owner == nth].mean(axis=0) for nth in range(len(offices))])
    cells = _cells(seeds, outline)
    rows = []
    for nth, office in enumerate(offices):
        mine = np.flatnonzero(owner == nth)
        mine = mine[np.argsort(seeds[mine, 0])]
        names = [(code, name) for code, in_office, name in COMMUNITIES if in_office == office]
        rows += [(code, name, office, cells[i]) for (code, name), i in zip(names, mine, strict=True)]
    table = (
        pd.DataFrame(rows, columns=["code", "community", "street_office", "geometry"]).set_index("code").sort_index()
    )
    return gpd.GeoDataFrame(table, geometry="geometry", crs="EPSG:32648")


def _seeds(outline: shapely.Polygon, rng: np.random.Generator) -> Floats:
    """Spread 79 points over the district, denser in the east, by rounds of Lloyd's relaxation."""
    west, south, east, north = outline.bounds
    xy = rng.uniform((west, south), (east, north), (60_000, 2))
    xy = xy[shapely.contains_xy(outline, xy)]
    density = np.interp(xy[:, 0], [west, west + 2500, east - 1500, east], [0.5, 0.8, 2.2, 1.6])
    xy = xy[rng.random(len(xy)) < density / density.max()]
    seeds = xy[rng.choice(len(xy), len(COMMUNITIES), replace=False)]
    for _ in range(6):
        nearest = cKDTree(seeds).query(xy)[1]
        seeds = np.array([xy[nearest == i].mean(axis=0) for i in range(len(seeds))])
    return seeds


def _cells(seeds: Floats, outline: shapely.Polygon) -> list[shapely.Geometry]:
    """Return Voronoi cells whose shared borders bend alike."""
    far = np.array(outline.bounds).reshape(2, 2)
    size = far[1] - far[0]
    frame = np.vstack([far[0] - 5 * size, far[1] + 5 * size, [far[0, 0] - 5 * size[0], far[1, 1] + 5 * size[1]],
                       [far[1, 0] + 5 * size[0], far[0, 1] - 5 * size[1]]])  # fmt: skip
    diagram = Voronoi(np.vstack([seeds, frame]))
    cells = [shapely.Polygon(diagram.vertices[diagram.regions[diagram.point_region[i]]]) for i in range(len(seeds))]
    parts = shapely.set_precision(shapely.intersection(cells, outline), 0.5)
    # One net of lines, bent and cut into faces again, so that neighbours share every vertex.
    net = shapely.union_all(shapely.segmentize(shapely.boundary(parts), 60.0), grid_size=0.5)
    bent = shapely.transform(net, lambda xy: np.round(xy + _bend(xy), 1))
    faces = shapely.get_parts(shapely.polygonize([bent]))
    owner = shapely.STRtree(faces).query(shapely.points(seeds), predicate="intersects")
    chosen = {int(seed): faces[face] for seed, face in owner.T}
    if len(chosen) != len(seeds) or len(set(map(id, chosen.values()))) != len(seeds):
        raise RuntimeError("bending the borders has cut a community in two: lower BEND_M")
    return [chosen[i] for i in range(len(seeds))]


def _bend(xy: Floats) -> Floats:
    x, y = xy[:, 0], xy[:, 1]
    return BEND_M * np.column_stack([np.sin(y / 47 + x / 130), np.sin(x / 53 - y / 140)])


def make_dwellings(communities: gpd.GeoDataFrame, doors: Floats, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Place homes beside streets, in every community, denser in the east (UTM)."""
    points = gpd.GeoSeries(shapely.points(doors + rng.normal(0, 16, doors.shape)), crs=communities.crs)
    homes = gpd.GeoDataFrame(geometry=points).sjoin(communities[["community", "geometry"]], predicate="within")
    homes = homes.rename(columns={"code": "home_code", "index_right": "home_code"})
    east = homes.geometry.x.to_numpy() - homes.geometry.x.min()
    weight = np.interp(east, [0, 2500, 5200, 7200], [0.6, 1.0, 1.8, 1.2])
    chosen = rng.choice(len(homes), min(DWELLINGS, len(homes)), replace=False, p=weight / weight.sum())
    homes = homes.iloc[np.sort(chosen)].reset_index(drop=True)
    size = rng.lognormal(0, 0.6, len(homes))
    residents = np.maximum(np.round(RESIDENTS * size / size.sum()), 1).astype(int)
    young = communities.assign(f=rng.uniform(0.75, 1.3, len(communities)))["f"].reindex(homes["home_code"]).to_numpy()
    table = {"residents": residents}
    for band, share in CHILD_SHARES.items():
        table[band] = rng.poisson(residents * share * young)
    return gpd.GeoDataFrame({**table, "home_code": homes["home_code"]}, geometry=homes.geometry, crs=communities.crs)


def as_lon_lat(points: gpd.GeoSeries) -> pd.DataFrame:
    """Return points as ``lon`` and ``lat``, to 6 decimals."""
    return pd.DataFrame(degrees(shapely.get_coordinates(points.to_numpy())), columns=["lon", "lat"], index=points.index)
