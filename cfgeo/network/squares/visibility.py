"""Shortest ways inside a polygon with holes: a visibility graph, thinned to the ways that others do not add up to."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from scipy import sparse

from cfgeo.core.schema import BoolArray, FloatArray, IntArray

MOST_CORNERS = 300
"""A polygon with more corners that ways bend at is simplified; the search takes a second or two at most."""
SIMPLIFIED_M = (0.25, 0.5, 1.0)
"""Tolerances of that [m], the least that helps."""
ROUNDING_M = 1e-6
"""Rounding of coordinates: what lies farther outside a polygon is outside."""


@dataclass(frozen=True)
class InnerWays:
    """The shortest ways inside a polygon between some points.

    Attributes
    ----------
    xy : numpy.ndarray
        The points, then the corners that ways bend at (all × 2).
    metres : numpy.ndarray
        Lengths; inf where no way leads (points × points).
    before : numpy.ndarray
        The last point or corner before each, on the way from each point; negative: none (points × all).
    """

    xy: FloatArray
    metres: FloatArray
    before: IntArray

    def line(self, a: int, b: int) -> Any:
        """Return the way from one point to another as a LineString."""
        path = [b]
        while path[-1] != a:
            path.append(int(self.before[a, path[-1]]))
        return shapely.LineString(self.xy[path[::-1]])


def inner_ways(area: Any, at: FloatArray) -> InnerWays | None:
    """Return the shortest ways inside a polygon.

    The shortest way between two points bends at corners that point into the polygon only, where it touches the outline
    (Lozano-Pérez and Wesley 1979).

    Parameters
    ----------
    area
        A valid Polygon.
    at
        Points in it or on its outline (points × 2).

    Returns
    -------
    InnerWays or None
        None where the polygon has more than ``MOST_CORNERS`` such corners even when simplified.
    """
    room_m = ROUNDING_M
    corners = _corners(area)
    for tolerance_m in SIMPLIFIED_M:
        if len(corners) <= MOST_CORNERS:
            break
        area, room_m = shapely.simplify(area, tolerance_m), 1.5 * tolerance_m
        corners = _corners(area)
    if len(corners) > MOST_CORNERS:
        return None
    n_points = len(at)
    xy = np.vstack([at, corners[:, 1]])
    first, second = np.triu_indices(len(xy), 1)
    touches = np.ones(len(first), dtype=bool)
    for here, there in ((first, second), (second, first)):
        bend = here >= n_points
        touches[bend] &= _touches(corners[here[bend] - n_points], xy[there[bend]])
    first, second = first[touches], second[touches]
    room = shapely.buffer(area, room_m, join_style="mitre")
    shapely.prepare(room)
    seen = shapely.covers(room, shapely.linestrings(np.stack([xy[first], xy[second]], axis=1)))
    first, second = first[seen], second[seen]
    # A step of no length would count as none.
    metres = np.maximum(np.hypot(*(xy[first] - xy[second]).T), 1e-12)
    graph = sparse.csr_array((metres, (first, second)), shape=(len(xy), len(xy)))
    far_m, before = sparse.csgraph.dijkstra(
        graph, directed=False, indices=np.arange(n_points), return_predecessors=True
    )
    return InnerWays(xy, far_m[:, :n_points], before.astype(np.int64))


def needed(metres: FloatArray, there: FloatArray, through: BoolArray, *, stretch: float) -> IntArray:
    """Return the pairs of points that need a way of their own (pairs × 2): others do not add up to it.

    A greedy spanner (Althöfer et al. 1993): with no stretch all distances stay what they are.

    Parameters
    ----------
    metres
        Distances, symmetric; inf where no way leads (points × points).
    there
        Lengths of ways that are there already; inf: none (points × points).
    through
        Whether somebody can pass through a point without delay, from one way into another (points).
    stretch
        By which share a way may be longer than the distance.
    """
    so_far = np.full_like(metres, np.inf)
    np.fill_diagonal(so_far, 0.0)
    first, second = np.triu_indices(len(metres), 1)
    long = np.isfinite(metres[first, second]) & (metres[first, second] > ROUNDING_M)
    first, second = first[long], second[long]
    pairs = []
    for nth in np.argsort(metres[first, second], kind="stable"):
        a, b = int(first[nth]), int(second[nth])
        length_m = metres[a, b]
        limit_m = length_m * (1 + max(stretch, 1e-9)) + ROUNDING_M
        if so_far[a, b] <= limit_m:
            continue
        if not abs(there[a, b] - length_m) <= limit_m - length_m:
            pairs.append((a, b))
        to_a, from_b = so_far[:, a], so_far[b]
        if not through[a]:
            to_a = np.where(np.arange(len(metres)) == a, 0.0, np.inf)
        if not through[b]:
            from_b = np.where(np.arange(len(metres)) == b, 0.0, np.inf)
        over = to_a[:, None] + (length_m + from_b)[None, :]
        so_far = np.minimum(so_far, np.minimum(over, over.T))
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def _corners(area: Any) -> FloatArray:
    """Return the corners that point into a polygon, each after its neighbours' (corners × (before, it, after) × 2)."""
    area = shapely.orient_polygons(area)
    triples = []
    for ring in (area.exterior, *area.interiors):
        xy = shapely.get_coordinates(ring)[:-1]
        triples.append(np.stack([np.roll(xy, 1, axis=0), xy, np.roll(xy, -1, axis=0)], axis=1))
    corners = np.concatenate(triples)
    return corners[_cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 1]) < 0]


def _touches(corners: FloatArray, to: FloatArray) -> BoolArray:
    """Return whether the line from a corner to a point leaves both its neighbours on one side (pairs)."""
    at = corners[:, 1]
    before, after = (_cross(to - at, corners[:, side] - at) for side in (0, 2))
    room = 1e-9 * np.maximum(np.abs(before), np.abs(after)) ** 2
    return np.asarray(before * after >= -room - 1e-12)


def _cross(a: FloatArray, b: FloatArray) -> FloatArray:
    return np.asarray(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0])
