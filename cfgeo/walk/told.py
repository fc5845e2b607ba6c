"""One way as a story: piece by piece in the order of the walk, and its heights."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cfgeo.core.schema import LEVEL, LIFT, SECONDS_PER_MINUTE, IntArray, Network, Positions
from cfgeo.network.linear_reference import cut_lines
from cfgeo.network.stretches import Stretches
from cfgeo.network.terrain import SAMPLE_M, Heights
from cfgeo.network.travel_time import PARTS, seconds_by_part
from cfgeo.network.walkers import Walker

OFF_NETWORK = "off_network"


def told_pieces(
    network: Network, walker: Walker, stretches: Stretches, arc: IntArray, *, ends: list[tuple[Positions, Any]]
) -> gpd.GeoDataFrame:
    """Return a way as its pieces, the ways off the network at both ends included.

    Parameters
    ----------
    network, walker
        Where, and who.
    stretches, arc
        What :func:`cfgeo.walk.route.one_way` gives.
    ends
        Where the walk begins and where it ends: the position on the network (one row), and what lies there.

    Returns
    -------
    geopandas.GeoDataFrame
        ``part`` (of ``WALK_PARTS`` but for the waits, which are in the minutes of their piece), ``name``, ``length_m``,
        ``minutes``, ``edge`` (-1: off the network), ``from_share`` and ``to_share`` along it; lines in the direction of
        the walk.
    """
    edges, edge = network.edges, stretches.edge
    size, against = stretches.end - stretches.start, arc >= len(network.edges)
    lines = edges.geometry.to_numpy()[edge]
    ride = (edges["form"].to_numpy() == LIFT)[edge]
    lines[~ride] = cut_lines(lines[~ride], stretches.start[~ride], stretches.end[~ride])
    seconds = seconds_by_part(edges, walker)[arc]
    moving = seconds[:, : PARTS.index("wait")]
    table = gpd.GeoDataFrame(
        {
            "part": np.array(PARTS)[moving.argmax(axis=1)],
            "name": edges["name"].to_numpy()[edge],
            "length_m": edges["length_m"].to_numpy()[edge] * size,
            "minutes": seconds.sum(axis=1) * size / SECONDS_PER_MINUTE,
            "edge": edge,
            "from_share": np.where(against, stretches.end, stretches.start),
            "to_share": np.where(against, stretches.start, stretches.end),
        },
        geometry=np.where(against, shapely.reverse(lines), lines),
        crs=edges.crs,
    )
    first, last = (_leg(network, walker, *end) for end in ends)
    last["geometry"] = shapely.reverse(last["geometry"])
    whole = pd.concat([_row(first, table), table, _row(last, table)], ignore_index=True)
    return gpd.GeoDataFrame(whole[(whole["edge"] >= 0) | (whole["length_m"] > 0)].reset_index(drop=True))


def _leg(network: Network, walker: Walker, at: Positions, shape: Any) -> dict[str, Any]:
    """Return the way from something to the network."""
    line = network.edges.geometry.iloc[int(at.edge[0])]
    door = shapely.line_interpolate_point(line, at.start[0], normalized=True)
    length_m = float(at.leg_m[0])
    minutes = length_m / walker.level_m_s / SECONDS_PER_MINUTE
    about = {"part": OFF_NETWORK, "name": "", "length_m": length_m, "minutes": minutes, "edge": -1}
    return {**about, "from_share": np.nan, "to_share": np.nan, "geometry": shapely.shortest_line(shape, door)}


def _row(leg: dict[str, Any], table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame([leg], geometry="geometry", crs=table.crs)[list(table.columns)]


def profile_of(network: Network, pieces: gpd.GeoDataFrame, heights: Heights) -> pd.DataFrame:
    """Return the heights along a way: streets follow the land, stairs and structures run straight.

    Parameters
    ----------
    network, pieces
        What :func:`told_pieces` was given, and gave.
    heights
        The land.

    Returns
    -------
    pandas.DataFrame
        ``distance_m`` from the start, ``height_m`` (NaN: not known), ``part`` of the piece that ends there.
    """
    edge = pieces["edge"].to_numpy()
    known = np.maximum(edge, 0)
    street = (network.edges["form"].to_numpy() == LEVEL)[known] & ~network.edges["structure"].to_numpy()[known]
    follows = street | (edge < 0)
    length_m = pieces["length_m"].to_numpy()
    count = np.where(follows, np.maximum(np.ceil(length_m / SAMPLE_M), 1), 1).astype(np.int64) + 1
    owner = np.repeat(np.arange(len(pieces)), count)
    nth = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    share = nth / (count[owner] - 1)
    at = shapely.line_interpolate_point(pieces.geometry.to_numpy()[owner], share, normalized=True)
    xy = shapely.get_coordinates(at)
    land_m = heights(xy[:, 0], xy[:, 1])
    # Along an edge that runs straight from end to end, and at junctions, the nodes know better than the raster.
    ends_m = network.nodes["height_m"].to_numpy()[network.edges[["u", "v"]].to_numpy()[known]]
    begin, end = pieces["from_share"].to_numpy()[owner], pieces["to_share"].to_numpy()[owner]
    along = begin + share * (end - begin)
    straight_m = ends_m[owner, 0] + along * (ends_m[owner, 1] - ends_m[owner, 0])
    node = ~follows[owner] | (((along == 0) | (along == 1)) & (edge[owner] >= 0))
    distance_m = (np.cumsum(length_m) - length_m)[owner] + share * length_m[owner]
    part = pieces["part"].to_numpy()[owner]
    return pd.DataFrame({"distance_m": distance_m, "height_m": np.where(node, straight_m, land_m), "part": part})
