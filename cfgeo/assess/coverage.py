"""Walking times and demand → shares of children, area and street length in reach, by community."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cfgeo.assess.measures.shares import demand_shares, ratio, shares_of
from cfgeo.core.arrays import enumerate_runs
from cfgeo.core.schema import BoolArray, Direction, FloatArray, IntArray, Network, Positions
from cfgeo.network.linear_reference import Stretches
from cfgeo.network.travel_time import edge_seconds, snappable_edges
from cfgeo.network.walkers import Walker
from cfgeo.walk.nearest import Reach, nearest_seconds, search
from cfgeo.walk.search import WalkGraph, walk_graph
from cfgeo.walk.service_area import reached_in_all_directions
from cfgeo.walk.snap import SnapIndex, snap, snap_again, snap_index

AREA_STEP_M = 25.0
TOUCH_M = 1e-6
"""What is snapped no farther than this lies on what it is snapped to."""
_MOST_AREA_POINTS = 1600
"""In a community: more would move its share of area by less than a per cent."""
_MOST_GRID_POINTS = 60_000
"""In the box around a community."""

Snapped = tuple[SnapIndex, Positions, Positions, dict[str, Positions]]
"""The edges that can be snapped to; where demand points, area points and each layer's facilities meet them."""


@dataclass(frozen=True)
class Samples:
    """What coverage is measured on, the same for every walker and clause: demand points, area points and streets.

    Attributes
    ----------
    codes : pandas.Index
        The communities.
    demand : geopandas.GeoDataFrame
        Demand points, RangeIndex.
    demand_owner : numpy.ndarray
        Position of each demand point's community; -1 for none.
    area : numpy.ndarray
        Points on a regular grid over the communities.
    area_owner : numpy.ndarray
        Position of each area point's community.
    streets : pandas.DataFrame
        The network cut by communities: ``owner``, ``edge``, ``start``, ``end``, ``length_m``.
    """

    codes: pd.Index
    demand: gpd.GeoDataFrame
    demand_owner: IntArray
    area: np.ndarray
    area_owner: IntArray
    streets: pd.DataFrame

    def by_community(self, values: FloatArray) -> FloatArray:
        """Add values of the demand points up by community (communities)."""
        inside = self.demand_owner >= 0
        owner = self.demand_owner[inside]
        return np.asarray(np.bincount(owner, weights=values[inside], minlength=len(self.codes)), dtype=np.float64)

    @property
    def lived_in(self) -> BoolArray:
        """Whether each community has demand (communities)."""
        return self.by_community(self.demand["weight"].to_numpy()) > 0


@dataclass(frozen=True)
class Walk:
    """One walker's network, and where samples and facilities meet it.

    Attributes
    ----------
    walker : Walker
    graph : WalkGraph
    index : SnapIndex
        The edges from which the walker can step off.
    demand, area : Positions
        Where demand points and area points meet the network.
    places : dict of str to Positions
        Where each layer's facilities meet it; ``item`` is the row in the layer.
    """

    walker: Walker
    graph: WalkGraph
    index: SnapIndex
    demand: Positions
    area: Positions
    places: dict[str, Positions]


SnapArea = Callable[[SnapIndex, Callable[[], Positions]], Positions]
"""Gives where area points meet the edges of an index: what a function returns, or what it returned before."""


def take_samples(communities: gpd.GeoDataFrame, demand: gpd.GeoDataFrame, network: Network) -> Samples:
    """Sort demand points, area points and streets by community, once for all clauses.

    Parameters
    ----------
    communities
        Polygons, index ``code``.
    demand
        Points with ``community`` (code, "" for none).
    network
        The streets.
    """
    shapes = communities.geometry.to_numpy()
    area, owner = area_points(shapes)
    return Samples(
        codes=communities.index,
        demand=demand,
        demand_owner=communities.index.get_indexer(demand["community"]),
        area=area,
        area_owner=owner,
        streets=cut_streets(network, covered_edges(network), shapes),
    )


def covered_edges(network: Network) -> BoolArray:
    """Return which edges count for the share of street length: those of the main component that have a length."""
    return np.asarray(network.main & (network.street_m > 0))


def cut_streets(network: Network, edges: BoolArray, shapes: Any) -> pd.DataFrame:
    """Cut some edges of a network by communities, as ``Samples.streets`` promises."""
    cut = snap(snap_index(network, edges), shapes, snap_m=TOUCH_M)
    length_m = network.edges["length_m"].to_numpy()[cut.edge] * (cut.end - cut.start)
    columns = {"owner": cut.item, "edge": cut.edge, "start": cut.start, "end": cut.end, "length_m": length_m}
    return pd.DataFrame(columns)


def area_points(shapes: Any) -> tuple[Any, IntArray]:
    """Return the points of a regular grid in each shape, and the position of the shape of each.

    The lattice is that of the coordinate system, and how fine it is rests on the shape alone: the same shape has the
    same points, whatever stands beside it. A box that its shape hardly fills, as where a part lies far away by an error
    of the data, makes the lattice coarser.
    """
    bounds, area_m2 = shapely.bounds(shapes), shapely.area(shapes)
    box_m2 = (bounds[:, 2] - bounds[:, 0]) * (bounds[:, 3] - bounds[:, 1])
    cells_m2 = np.maximum(area_m2 / _MOST_AREA_POINTS, box_m2 / _MOST_GRID_POINTS)
    # Each step is √2 times the one before: the points are half as many.
    coarser = np.ceil(np.log2(np.maximum(cells_m2 / AREA_STEP_M**2, 1.0)))
    step_m = (AREA_STEP_M * 2 ** (coarser / 2))[:, None]
    # The middles of cells: a border along round metres is on none.
    first = np.ceil(bounds[:, :2] / step_m - 0.5).astype(np.int64)
    count = np.floor(bounds[:, 2:] / step_m - 0.5).astype(np.int64) - first + 1
    owner, nth = enumerate_runs(count.prod(axis=1))
    columns = count[owner, 0]
    at = (first[owner] + np.column_stack([nth % columns, nth // columns]) + 0.5) * step_m[owner]
    shapely.prepare(shapes)
    inside = shapely.contains_xy(shapes[owner], at[:, 0], at[:, 1])
    return shapely.points(at[inside]), owner[inside]


def prepare_walks(  # noqa: PLR0913  (what to snap, to what, for whom, how, and what is known already)
    samples: Samples,
    network: Network,
    layers: Mapping[str, gpd.GeoDataFrame],
    walkers: Iterable[Walker],
    *,
    snap_m: float,
    direction: Direction = "worst",
    shared: dict[bytes, Snapped] | None = None,
    snap_area: SnapArea | None = None,
) -> dict[Walker, Walk]:
    """Snap demand, area and facilities for each walker; walkers who can use the same edges share the work.

    Parameters
    ----------
    samples, network, layers
        What is snapped, and to what.
    walkers
        Who walks.
    snap_m
        The longest leg off the network [m].
    direction
        Which direction counts: ``to`` the places, ``from`` them, or the ``worst`` of both.
    shared
        What was snapped before, by the edges that can be used, for networks with the same lines; grows.
    snap_area
        May know where area points meet the network.

    Returns
    -------
    dict of Walker to Walk
    """
    shared = {} if shared is None else shared
    walks: dict[Walker, Walk] = {}
    for walker in dict.fromkeys(walkers):
        seconds = edge_seconds(network.edges, walker)
        usable = snappable_edges(network, *seconds)
        key = usable.tobytes()
        if key not in shared:
            index = snap_index(network, usable)
            wider = next((known for other, known in shared.items() if _are_among(usable, other)), None)
            snapped = partial(_snap_points, index, samples.area, wider and wider[2], snap_m=snap_m)
            shared[key] = (
                index,
                _snap_points(index, samples.demand.geometry.to_numpy(), wider and wider[1], snap_m=snap_m),
                snapped() if snap_area is None else snap_area(index, snapped),
                {layer: snap(index, table.geometry.to_numpy(), snap_m=snap_m) for layer, table in layers.items()},
            )
        graph = walk_graph(network, seconds, leg_m_s=walker.level_m_s, direction=direction)
        walks[walker] = Walk(walker, graph, *shared[key])
    return walks


def _are_among(edges: BoolArray, others: bytes) -> bool:
    """Return whether all edges that can be used are among others, given as the bytes of such an array."""
    wider = np.frombuffer(others, dtype=bool)
    return len(wider) == len(edges) and bool(wider[edges].all())


def _snap_points(index: SnapIndex, points: Any, wider: Positions | None, *, snap_m: float) -> Positions:
    return snap(index, points, snap_m=snap_m) if wider is None else snap_again(index, points, wider, snap_m=snap_m)


def cover(
    samples: Samples, walk: Walk, places: Positions, weight: FloatArray, *, limit_s: float, search_s: float
) -> pd.DataFrame:
    """Return what each community has in reach.

    Demand points and area points that meet no street count as not covered.

    Parameters
    ----------
    samples, walk
        What coverage is measured on, and who walks.
    places
        Where the places meet the network.
    weight
        Of each demand point.
    limit_s
        The walk that counts as in reach [s].
    search_s
        How far the search goes, for times beyond the limit [s].

    Returns
    -------
    pandas.DataFrame
        Index ``code``; ``demand`` (NaN where there is none), ``share``, ``area_share``, ``street_share`` (0–1),
        ``median_minutes``, ``p90_minutes`` (inf: beyond the search).
    """
    reach = search(walk.graph, places, limit_s=search_s)
    demand_s = nearest_seconds(reach, walk.demand, n_items=len(samples.demand))
    demand_s[demand_s > search_s] = np.inf  # as in demand_seconds
    table = demand_shares(demand_s, weight, samples.demand_owner, n_areas=len(samples.codes), limit_s=limit_s)
    area_s = nearest_seconds(reach, walk.area, n_items=len(samples.area), limit_s=limit_s)
    reached = np.bincount(samples.area_owner[area_s <= limit_s], minlength=len(samples.codes))
    points = np.bincount(samples.area_owner, minlength=len(samples.codes))
    table["area_share"] = ratio(reached, points)
    table["street_share"] = street_shares(samples, reach, limit_s=limit_s)
    return table.set_axis(samples.codes, axis=0)


def demand_seconds(samples: Samples, walk: Walk, places: Positions, *, limit_s: float) -> FloatArray:
    """Return the walk of each demand point to the nearest of some places [s]; inf: beyond the limit (demand points)."""
    reach = search(walk.graph, places, limit_s=limit_s)
    seconds = nearest_seconds(reach, walk.demand, n_items=len(samples.demand))
    # A time beyond the search may be that of a detour: the shortest path was not searched for.
    seconds[seconds > limit_s] = np.inf
    return seconds


def share_in_reach(samples: Samples, walk: Walk, places: Positions, weight: FloatArray, *, limit_s: float) -> pd.Series:
    """Return the share of demand in reach alone, as :func:`cover` does (index ``code``)."""
    seconds = demand_seconds(samples, walk, places, limit_s=limit_s)
    return share_within(samples, seconds, weight, limit_s=limit_s)


def share_within(samples: Samples, seconds: FloatArray, weight: FloatArray, *, limit_s: float) -> pd.Series:
    """Return the share of each community's demand whose walk takes no longer than a limit (index ``code``)."""
    _, share = shares_of(seconds <= limit_s, weight, samples.demand_owner, n_areas=len(samples.codes))
    return pd.Series(share, index=samples.codes, name="share")


def street_shares(samples: Samples, reach: Reach, *, limit_s: float) -> FloatArray:
    """Return the share of each community's street length in reach, exact to the metre (communities)."""
    streets = samples.streets
    edge, owner = streets["edge"].to_numpy(), streets["owner"].to_numpy()
    parts = Stretches(edge, streets["start"].to_numpy(), streets["end"].to_numpy(), owner)
    _, share = reached_in_all_directions(reach, parts, limit_s=limit_s)
    size = (streets["end"] - streets["start"]).to_numpy()
    length_m = streets["length_m"].to_numpy()
    reached_m = length_m * np.divide(share, size, where=size > 0, out=np.zeros_like(size))
    n = len(samples.codes)
    return ratio(np.bincount(owner, weights=reached_m, minlength=n), np.bincount(owner, weights=length_m, minlength=n))
