"""A route drawn: its pieces and steps as lines in the direction of the walk, and the heights along it."""

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cfgeo.core.arrays import enumerate_runs
from cfgeo.core.schema import (
    LEVEL,
    LIFT,
    SECONDS_PER_MINUTE,
    IntArray,
    Network,
    Positions,
)
from cfgeo.network.linear_reference import Stretches, cut_lines
from cfgeo.network.terrain import SAMPLE_M, Heights
from cfgeo.network.travel_time import PARTS, seconds_by_part
from cfgeo.network.walkers import Walker

OFF_NETWORK = "off_network"
Ends = Sequence[tuple[Positions, Any]]
"""Where a walk begins and where it ends: the position on the network (a single row), and the geometry there."""


def route_pieces(
    network: Network, walker: Walker, stretches: Stretches, arc: IntArray, *, ends: Ends
) -> gpd.GeoDataFrame:
    """Return a route as a table of its pieces, with the legs off the network at both ends.

    Parameters
    ----------
    network, walker
        The streets, and who walks.
    stretches, arc
        What :func:`route_stretches` returns.
    ends
        Where the walk begins and where it ends.

    Returns
    -------
    geopandas.GeoDataFrame
        ``part`` (of ``WALK_PARTS``, except waits, which count in the minutes of their piece), ``name``, ``length_m``,
        ``minutes``, ``edge`` (-1: off the network), ``from_share`` and ``to_share`` along it; lines in the direction of
        the walk.
    """
    return pieces_of_routes(network, walker, [(stretches, arc, ends)]).drop(columns=["route", "wait_minutes"])


def pieces_of_routes(
    network: Network, walker: Walker, routes: Sequence[tuple[Stretches, IntArray, Ends]]
) -> gpd.GeoDataFrame:
    """Return one or more routes as :func:`route_pieces` does, one after the other.

    Returns
    -------
    geopandas.GeoDataFrame
        Also ``route`` (position in ``routes``) and ``wait_minutes`` (of ``minutes``).
    """
    edges = network.edges
    edge = np.concatenate([stretches.edge for stretches, _, _ in routes])
    start = np.concatenate([stretches.start for stretches, _, _ in routes])
    end = np.concatenate([stretches.end for stretches, _, _ in routes])
    arc = np.concatenate([arc for _, arc, _ in routes])
    share, against = end - start, arc >= len(edges)
    lines = edges.geometry.to_numpy()[edge]
    lift = (edges["form"].to_numpy() == LIFT)[edge]
    lines[~lift] = cut_lines(lines[~lift], start[~lift], end[~lift])
    seconds = seconds_by_part(edges, walker)[arc]
    moving = seconds[:, : PARTS.index("wait")]
    table = gpd.GeoDataFrame(
        {
            "part": np.array(PARTS)[moving.argmax(axis=1)],
            "name": edges["name"].to_numpy()[edge],
            "length_m": edges["length_m"].to_numpy()[edge] * share,
            "minutes": seconds.sum(axis=1) * share / SECONDS_PER_MINUTE,
            "edge": edge,
            "from_share": np.where(against, end, start),
            "to_share": np.where(against, start, end),
            "route": np.repeat(np.arange(len(routes)), [len(arc) for _, arc, _ in routes]),
            "wait_minutes": seconds[:, PARTS.index("wait")] * share / SECONDS_PER_MINUTE,
        },
        geometry=np.where(against, shapely.reverse(lines), lines),
        crs=edges.crs,
    )
    first, last = (_legs(network, walker, [ends[side] for _, _, ends in routes]) for side in (0, 1))
    last["geometry"] = shapely.reverse(last.geometry.to_numpy())
    pieces = pd.concat([first, table, last], ignore_index=True).sort_values("route", kind="stable")
    return gpd.GeoDataFrame(pieces[(pieces["edge"] >= 0) | (pieces["length_m"] > 0)].reset_index(drop=True))


def route_steps(pieces: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Join neighbouring pieces of one part on one street to steps that can be told.

    Parameters
    ----------
    pieces
        What :func:`pieces_of_routes` returns.

    Returns
    -------
    geopandas.GeoDataFrame
        ``route``, ``part``, ``name``, ``length_m``, ``minutes``, ``wait_minutes``; lines in the direction of the walk.
    """
    keys = pieces[["route", "part", "name"]]
    step = keys.ne(keys.shift()).any(axis=1).cumsum().to_numpy() - 1
    groups = pieces.drop(columns="geometry").groupby(step)
    xy, owner = shapely.get_coordinates(pieces.geometry.to_numpy(), return_index=True)
    lines = shapely.linestrings(xy, indices=step[owner]) if len(xy) else []
    sums = groups[["length_m", "minutes", "wait_minutes"]].sum()
    return gpd.GeoDataFrame(groups[["route", "part", "name"]].first().join(sums), geometry=lines, crs=pieces.crs)


def _legs(network: Network, walker: Walker, ends: Ends) -> gpd.GeoDataFrame:
    """Return the leg from each geometry to the network, as rows of pieces: the n-th is of the n-th route."""
    edge = np.array([at.edge[0] for at, _ in ends])
    start, length_m = (np.array([getattr(at, name)[0] for at, _ in ends]) for name in ("start", "leg_m"))
    entry = shapely.line_interpolate_point(network.edges.geometry.to_numpy()[edge], start, normalized=True)
    return gpd.GeoDataFrame(
        {
            "part": OFF_NETWORK,
            "name": "",
            "length_m": length_m,
            "minutes": length_m / walker.level_m_s / SECONDS_PER_MINUTE,
            "edge": -1,
            "from_share": np.nan,
            "to_share": np.nan,
            "route": np.arange(len(ends)),
            "wait_minutes": 0.0,
        },
        geometry=shapely.shortest_line(np.array([shape for _, shape in ends], dtype=object), entry),
        crs=network.edges.crs,
    )


def route_profile(network: Network, pieces: gpd.GeoDataFrame, heights: Heights) -> pd.DataFrame:
    """Return the heights along a route: streets follow the terrain, stairs and structures run straight.

    Parameters
    ----------
    network, pieces
        The network, and what :func:`route_pieces` or :func:`pieces_of_routes` returns for it.
    heights
        Heights of the terrain.

    Returns
    -------
    pandas.DataFrame
        ``distance_m`` from the start of the route, ``height_m`` (NaN: not known), ``part`` of the piece; of several
        routes also ``route``.
    """
    edge = pieces["edge"].to_numpy()
    on_edge = np.maximum(edge, 0)  # off the network any edge will do
    street = (network.edges["form"].to_numpy() == LEVEL)[on_edge] & ~network.edges["structure"].to_numpy()[on_edge]
    follows = street | (edge < 0)
    length_m = pieces["length_m"].to_numpy()
    count = np.where(follows, np.maximum(np.ceil(length_m / SAMPLE_M), 1), 1).astype(np.int64) + 1
    owner, nth = enumerate_runs(count)
    share = nth / (count[owner] - 1)
    at = shapely.line_interpolate_point(pieces.geometry.to_numpy()[owner], share, normalized=True)
    xy = shapely.get_coordinates(at)
    terrain_m = heights(xy[:, 0], xy[:, 1])
    # At junctions, and along edges that run straight between them, the heights of the nodes count, not the raster.
    ends_m = network.nodes["height_m"].to_numpy()[network.edges[["u", "v"]].to_numpy()[on_edge]]
    begin, end = pieces["from_share"].to_numpy()[owner], pieces["to_share"].to_numpy()[owner]
    along = begin + share * (end - begin)
    straight_m = ends_m[owner, 0] + along * (ends_m[owner, 1] - ends_m[owner, 0])
    straight = ~follows[owner] | (((along == 0) | (along == 1)) & (edge[owner] >= 0))
    before_m = np.cumsum(length_m) - length_m
    columns = {"part": pieces["part"].to_numpy()[owner]}
    if "route" in pieces:
        route = pieces["route"].to_numpy()
        before_m = before_m - before_m[np.searchsorted(route, route)]
        columns["route"] = route[owner]
    distance_m = before_m[owner] + share * length_m[owner]
    return pd.DataFrame({"distance_m": distance_m, "height_m": np.where(straight, straight_m, terrain_m), **columns})
