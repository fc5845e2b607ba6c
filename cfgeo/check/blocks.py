"""Street blocks → findings: names and shapes that cannot be right, and communities and children that none of them has.

Street blocks (街区) are units of judgement; the base map's layer ``blocks`` has the blocks between a city's streets.
"""

import geopandas as gpd
import numpy as np
import shapely

from cfgeo.check.areas import check_rings, shared_land
from cfgeo.core.findings import Findings, finding
from cfgeo.core.schema import STREET_BLOCKS

_MOSTLY = 0.9
"""A community with less of its land in one block lies across several."""


def check_blocks(blocks: gpd.GeoDataFrame, communities: gpd.GeoDataFrame) -> Findings:
    """Find blocks without a name or a polygon, overlaps, and communities and blocks that do not fit together.

    Parameters
    ----------
    blocks
        As read, in the metric CRS of the communities; ``block`` and ``name`` (texts). The index names their rows.
    communities
        Polygons, index ``code``.
    """
    if len(blocks) == 0:
        return [finding("blocks_none", STREET_BLOCKS, severity="error")]
    rows: Findings = check_rings(STREET_BLOCKS, blocks)
    shapes = shapely.make_valid(blocks.geometry.to_numpy())
    has_area = (shapely.area(shapes) > 0) & (shapely.get_dimensions(blocks.geometry.to_numpy()) == 2)
    for i in np.flatnonzero((blocks["block"] == "").to_numpy()):
        rows.append(finding("block_unnamed", STREET_BLOCKS, severity="error", row=blocks.index[i], at=shapes[i]))
    for i in np.flatnonzero(~has_area):
        row = blocks["block"].iloc[i] or blocks.index[i]
        rows.append(finding("block_not_polygon", STREET_BLOCKS, severity="error", row=row, at=shapes[i]))
    named = blocks["block"][blocks["block"] != ""]
    for name in sorted(set(named[named.duplicated()])):
        twice = tuple(map(str, named.index[named == name]))
        rows.append(finding("block_twice", STREET_BLOCKS, severity="error", row=name, rows=twice))
    if any(row["severity"] == "error" for row in rows):
        return rows
    return rows + _fit(blocks["block"].to_numpy(), shapes, communities)


def _fit(name: np.ndarray, shapes: np.ndarray, communities: gpd.GeoDataFrame) -> Findings:
    """Find land of two blocks, communities whose middle no block or a border has, and blocks without a community."""
    rows: Findings = [
        finding("block_overlap", STREET_BLOCKS, row=name[i], at=land, other=name[j], area_m2=round(float(land.area)))
        for i, j, land in shared_land(shapes)
    ]
    middles, land = communities.representative_point().to_numpy(), communities.geometry.to_numpy()
    community, block = shapely.STRtree(shapes).query(middles, predicate="intersects")
    without = np.setdiff1d(np.arange(len(communities)), community)
    if len(without) == len(communities):
        return [finding("blocks_apart", STREET_BLOCKS, severity="error", at=shapely.multipoints(middles))]
    if len(without):
        codes = tuple(communities.index[without])
        rows.append(finding("block_gap", STREET_BLOCKS, at=shapely.union_all(land[without]), codes=codes))
    for i in np.setdiff1d(np.arange(len(shapes)), block):
        rows.append(finding("block_empty", STREET_BLOCKS, row=name[i], at=shapes[i]))
    inside = shapely.area(shapely.intersection(shapes[block], land[community])) / shapely.area(land[community])
    split = np.unique(community[inside < _MOSTLY])
    if len(split):
        codes = tuple(communities.index[split])
        rows.append(finding("block_splits", STREET_BLOCKS, severity="note", codes=codes))
    return rows


def check_block_demand(blocks: gpd.GeoDataFrame, demand: gpd.GeoDataFrame) -> Findings:
    """Find blocks in which nobody lives, and demand of communities that lies in no block.

    Parameters
    ----------
    blocks
        Polygons, index ``block``.
    demand
        Points with ``weight`` and ``community`` ("" for none).
    """
    points = demand[(demand["community"] != "") & (demand["weight"] > 0)]
    shapes = blocks.geometry.to_numpy()
    point, block = shapely.STRtree(shapes).query(points.geometry.to_numpy(), predicate="intersects")
    rows: Findings = [
        finding("block_childless", STREET_BLOCKS, row=blocks.index[i], at=shapes[i])
        for i in np.setdiff1d(np.arange(len(blocks)), block)
    ]
    outside = np.setdiff1d(np.arange(len(points)), point)
    if len(outside):
        weight = points["weight"].to_numpy()
        at = shapely.multipoints(points.geometry.to_numpy()[outside])
        share = float(weight[outside].sum() / weight.sum())
        rows.append(finding("block_outside", STREET_BLOCKS, at=at, points=len(outside), share=share))
    return rows
