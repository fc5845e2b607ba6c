"""Where stairs, a lift or a bridge would shorten walks: between corners that are near, but far on foot."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from cfgeo.assess.case import Case
from cfgeo.core.schema import ESCALATOR, LIFT
from cfgeo.walk.nearest import nearest_seconds, search
from cfgeo.walk.od_matrix import pairs_within
from cfgeo.walk.snap import snap

Floats = NDArray[np.float64]

APART_M = (35.0, 110.0)
FAR_M = 900.0  # no detour counts as longer
SPACING_M = 90.0
LINK_M_S = 0.9
BIG = frozenset({"primary", "secondary", "trunk"})
CLIMB_M = 6.0  # what a metre uphill costs, in metres on the level


@dataclass(frozen=True)
class Slope:
    """A pair of corners that a link could join.

    Attributes
    ----------
    ends : tuple of int
        Nodes, the lower one first.
    xy : numpy.ndarray
        Their positions (2 x 2) [m].
    rise_m, detour_m, gain : float
        Height of the second over the first, length of the walk now, weight of homes that a link brings into reach.
    at_big : bool
        Whether it crosses a big road, or begins on one.
    names : tuple of str
        Names of streets at the ends.
    """

    ends: tuple[int, int]
    xy: Floats
    rise_m: float
    detour_m: float
    gain: float
    at_big: bool
    names: tuple[str, str]

    @property
    def line(self) -> shapely.LineString:
        """The straight line."""
        return shapely.LineString(self.xy)


def slopes(case: Case, lacking: dict[str, Floats]) -> list[Slope]:
    """Return pairs of corners worth a link, the best first.

    Parameters
    ----------
    case
        The study.
    lacking
        Clause id → weight of each demand point that the clause lacks for its community; 0 for the others.
    """
    nodes, edges = case.inputs.network.nodes, case.inputs.network.edges
    inside = shapely.contains_xy(shapely.union_all(case.inputs.communities.geometry.to_numpy()), nodes["x"], nodes["y"])
    on_ground = ~(edges["structure"] | edges["form"].isin([LIFT, ESCALATOR])).to_numpy()
    ends = np.unique(edges.loc[on_ground, ["u", "v"]].to_numpy())
    usable = ends[(inside & (nodes["component"] == 0).to_numpy())[ends]]
    xy, z = nodes[["x", "y"]].to_numpy(), nodes["height_m"].fillna(0).to_numpy()
    pair = usable[cKDTree(xy[usable]).query_pairs(APART_M[1], output_type="ndarray")]
    pair = pair[np.lexsort((pair[:, 1], pair[:, 0]))]
    crow_m = np.hypot(*(xy[pair[:, 0]] - xy[pair[:, 1]]).T)
    pair, crow_m = pair[crow_m >= APART_M[0]], crow_m[crow_m >= APART_M[0]]
    pair = np.where((z[pair[:, 0]] <= z[pair[:, 1]])[:, None], pair, pair[:, ::-1])
    walk_m = _walks(edges, pair, len(nodes))
    keep = walk_m > 3 * crow_m
    pair, crow_m, walk_m = pair[keep], crow_m[keep], walk_m[keep]
    gain = sum((_gain(case, clause, weight, pair, crow_m) for clause, weight in lacking.items()), np.zeros(len(pair)))
    big = shapely.STRtree(edges.geometry[edges["highway"].isin(BIG) & on_ground].to_numpy())
    lines = shapely.linestrings(xy[pair])
    at_big = np.isin(np.arange(len(pair)), big.query(lines, predicate="intersects")[0])
    name = pd.concat([edges.groupby(end)["name"].max() for end in ("u", "v")]).groupby(level=0).max()
    candidates = [
        Slope((int(low), int(high)), xy[[low, high]], float(z[high] - z[low]), float(far), float(worth), bool(big),
              (str(name.get(low, "")), str(name.get(high, ""))))
        for (low, high), far, worth, big in zip(pair, walk_m, gain, at_big, strict=True)
    ]  # fmt: skip
    ranks = [(-round(slope.gain), -round(slope.detour_m / crow_m[i], 3), i) for i, slope in enumerate(candidates)]
    return _spread([candidates[i] for *_, i in sorted(ranks)])


def _walks(edges: pd.DataFrame, pair: NDArray[np.int64], count: int) -> Floats:
    """Return how far each pair is on foot [m], climbs included; ``FAR_M`` at most."""
    length_m = edges["length_m"].to_numpy() + CLIMB_M * (edges["climb_m"] + edges["descent_m"]).fillna(0).to_numpy()
    graph = coo_array((length_m, (edges["u"], edges["v"])), shape=(count, count)).tocsr()
    walk_m = np.full(len(pair), FAR_M)
    for starts in np.array_split(np.unique(pair[:, 0]), max(1, count // 500)):
        far_m = dijkstra(graph, directed=False, indices=starts, limit=FAR_M)
        mine = np.isin(pair[:, 0], starts)
        at = np.searchsorted(starts, pair[mine, 0])
        walk_m[mine] = np.minimum(far_m[at, pair[mine, 1]], FAR_M)
    return walk_m


def _gain(case: Case, clause: str, weight: Floats, ends: NDArray[np.int64], crow_m: Floats) -> Floats:
    """Return the weight of homes that each link brings into reach of a place; less where it falls a little short."""
    asked = next(other for other in case.reach_clauses if other.id == clause)
    walk, limit_s = case.walk(asked), case.limit_s(asked)
    corners = shapely.points(case.inputs.network.nodes[["x", "y"]].to_numpy())
    at = snap(walk.index, corners, snap_m=1.0)
    places = search(walk.graph, case.places(asked, walk), limit_s=2 * limit_s)
    node_s = np.minimum(nearest_seconds(places, at, n_items=len(corners)), 2 * limit_s)
    turned = node_s[ends[:, 0]] < node_s[ends[:, 1]]
    far, near = np.where(turned[:, None], ends[:, ::-1], ends).T
    saved = node_s[far] - node_s[near] - crow_m / LINK_M_S
    homes = walk.demand.take(weight[walk.demand.item] > 0)
    starts = at.take(np.isin(at.item, far[saved > 0]))
    walks = pairs_within(walk.graph, homes, starts, most_s=np.full(len(homes), limit_s))
    gain = np.zeros(len(ends))
    for link in np.flatnonzero(saved > 0):
        mine = walks.place == far[link]
        short_s = walks.seconds[mine] + crow_m[link] / LINK_M_S + node_s[near[link]] - limit_s
        gain[link] = weight[homes.item[walks.point[mine]]] @ np.clip(0.5 - short_s / 120, 0, 1)
    return gain


def _spread(candidates: list[Slope]) -> list[Slope]:
    """Return the slopes that have no better one nearby."""
    kept: list[Slope] = []
    middles = np.empty((0, 2))
    for slope in candidates:
        middle = slope.xy.mean(axis=0)
        if len(middles) == 0 or np.hypot(*(middles - middle).T).min() > SPACING_M:
            kept.append(slope)
            middles = np.vstack([middles, middle])
    return kept


def bridge_to(case: Case, slope: Slope) -> Floats | None:
    """Return a corner level with a slope's lower end from which a bridge could lead there, or None."""
    nodes = case.inputs.network.nodes
    main = nodes[nodes["component"] == 0]
    xy, z = main[["x", "y"]].to_numpy(), main["height_m"].fillna(0).to_numpy()
    away_m = np.hypot(*(xy - slope.xy[0]).T)
    low = float(nodes["height_m"].fillna(0).iloc[slope.ends[0]])
    fits = np.flatnonzero((away_m > APART_M[0]) & (away_m < APART_M[1]) & (np.abs(z - low) < CLIMB_M))
    back = ((xy[fits] - slope.xy[0]) * (slope.xy[1] - slope.xy[0])).sum(axis=1)
    return xy[fits[np.argmin(back)]] if len(fits) and back.min() < 0 else None
