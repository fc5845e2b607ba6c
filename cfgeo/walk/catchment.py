"""How much land lies within a walk of places, each place on its own and many at once.

Land belongs to the nearest street, no farther off than ``LAND_M``; what is reached of a street is reached of its land
in the same share. For shapes to look at see :mod:`cfgeo.walk.isochrone`.
"""

from dataclasses import dataclass

import numpy as np
import shapely
from scipy import sparse

from cfgeo.core.arrays import enumerate_runs, equal_pairs, run_offsets
from cfgeo.core.schema import LAND_M, FloatArray, IntArray, Network, Positions
from cfgeo.network.linear_reference import Stretches, split_at_places, whole_edges
from cfgeo.walk.search import WalkGraph, dijkstra_of_each, part_seconds, reversed_arcs
from cfgeo.walk.service_area import share_in

_CELL_M = 8.0
_MOST_CELLS = 8_000_000
_AT_ONCE = 4_000_000  # nodes × places


def land_of_edges(network: Network) -> FloatArray:
    """Return the land that is nearer to each edge than to any other, within ``LAND_M`` [m²] (edges).

    Bridges, tunnels and lifts have none: nobody steps off them.
    """
    from scipy import ndimage  # noqa: PLC0415  # 0.1 s, which those who only read a study do without

    edges = network.edges
    land = np.zeros(len(edges))
    ground = np.flatnonzero(~edges["structure"].to_numpy() & (edges["length_m"].to_numpy() > 0))
    if len(ground) == 0:
        return land
    west, south, east, north = edges.total_bounds
    cell_m = max(_CELL_M, float(np.sqrt((east - west + 1) * (north - south + 1) / _MOST_CELLS)))
    lines = edges.geometry.to_numpy()
    xy, owner = shapely.get_coordinates(shapely.segmentize(lines[ground], cell_m / 2), return_index=True)
    pad = int(np.ceil(LAND_M / cell_m)) + 2
    column, row = (np.floor((xy - (west, south)) / cell_m).astype(np.int64) + pad).T
    nearest = np.full((row.max() + pad + 1, column.max() + pad + 1), -1, dtype=np.int32)
    nearest[row, column] = ground[owner]
    far_m, (at_row, at_column) = ndimage.distance_transform_edt(nearest < 0, sampling=cell_m, return_indices=True)
    owner = nearest[at_row, at_column]
    part = (far_m <= LAND_M).astype(float)
    # At the rim cells count in part, and by the way to the line itself: else a strip would be as wide as cells allow.
    rim = np.nonzero(np.abs(far_m - LAND_M) <= 1.5 * cell_m)
    middles = shapely.points(west + (rim[1] - pad + 0.5) * cell_m, south + (rim[0] - pad + 0.5) * cell_m)
    part[rim] = np.clip((LAND_M - shapely.distance(middles, lines[owner[rim]])) / cell_m + 0.5, 0, 1)
    return land + np.bincount(owner.ravel(), weights=part.ravel(), minlength=len(edges)) * cell_m**2


def reached_areas(
    graph: WalkGraph, land_m2: FloatArray, places: Positions, *, n_items: int, limits_s: tuple[float, ...]
) -> FloatArray:
    """Return the land within some walks of each place on its own.

    Parameters
    ----------
    graph
        The network as the walker walks it; on all ways that count.
    land_m2
        What :func:`land_of_edges` gives.
    places
        Where the places meet the network; rows with one ``item`` are one place.
    n_items
        How many places there are.
    limits_s
        The walks [s].

    Returns
    -------
    numpy.ndarray
        m² (places × limits); NaN for a place that meets no street.
    """
    pieces, tail, head, n_nodes = _cut(graph, places)
    piece_m2 = land_m2[pieces.edge] * (pieces.end - pieces.start)
    ways = [_Way.of(way, pieces, tail, head, n_nodes) for way in graph.directions]
    area_m2 = np.full((n_items, len(limits_s)), np.nan)
    items = np.unique(places.item)
    ends = _pieces_at_nodes(tail, head, n_nodes)
    for chosen in np.array_split(items, max(1, len(items) * n_nodes // _AT_ONCE)):
        near = places.take(np.isin(places.item, chosen))
        begin = _seeds(pieces, tail, head, near, np.searchsorted(chosen, near.item), graph.leg_m_s)
        found = [way.search(begin, n_items=len(chosen), limit_s=max(limits_s)) for way in ways]
        pairs = _touched(found[0], begin, ends, n_pieces=len(pieces.edge))
        for nth, limit_s in enumerate(limits_s):
            parts = [way.reached(node_s, pairs, limit_s=limit_s) for way, node_s in zip(ways, found, strict=True)]
            reached_m2 = _on_all_ways(parts) * piece_m2[pairs.piece]
            area_m2[chosen, nth] = np.bincount(pairs.item, weights=reached_m2, minlength=len(chosen))
    return area_m2


def _cut(graph: WalkGraph, places: Positions) -> tuple[Stretches, IntArray, IntArray, int]:
    """Cut edges where places begin and end; return the pieces, their end nodes, and how many nodes there are now."""
    n_nodes = graph.reversed_csr.shape[0]
    pieces = split_at_places(whole_edges(len(graph.u)), places)
    cut = np.flatnonzero(pieces.start > 0)
    made = n_nodes + np.arange(len(cut))
    tail, head = graph.u[pieces.edge], graph.v[pieces.edge]
    tail[cut], head[cut - 1] = made, made
    return pieces, tail, head, n_nodes + len(cut)


@dataclass(frozen=True)
class _Seeds:
    """Where the search begins for each place, and the pieces that lie inside it."""

    item: IntArray
    node: IntArray
    seconds: FloatArray
    inner_item: IntArray
    inner_piece: IntArray
    inner_s: FloatArray


def _seeds(
    pieces: Stretches, tail: IntArray, head: IntArray, places: Positions, item: IntArray, leg_m_s: float
) -> _Seeds:
    row, piece = equal_pairs(places.edge, pieces.edge)
    low, high, leg_s = places.start[row], places.end[row], places.leg_m[row] / leg_m_s
    here = [(low <= at[piece]) & (at[piece] <= high) for at in (pieces.start, pieces.end)]
    node = np.r_[tail[piece[here[0]]], head[piece[here[1]]]]
    owner, seconds = item[np.r_[row[here[0]], row[here[1]]]], np.r_[leg_s[here[0]], leg_s[here[1]]]
    inner = here[0] & here[1] & (high > low)
    return _Seeds(owner, node, seconds, item[row[inner]], piece[inner], leg_s[inner])


@dataclass(frozen=True)
class _Pairs:
    """Places, and the pieces that a search from them came to; ``inner_s``: to the place that holds it whole, or inf."""

    item: IntArray
    piece: IntArray
    inner_s: FloatArray


def _pieces_at_nodes(tail: IntArray, head: IntArray, n_nodes: int) -> tuple[IntArray, IntArray]:
    """Return the pieces that end at each node: where each node's begin in the list, and the list."""
    both = np.r_[tail, head]
    order = np.argsort(both, kind="stable")
    return run_offsets(np.bincount(both, minlength=n_nodes)), order % len(tail)


def _touched(node_s: FloatArray, begin: _Seeds, ends: tuple[IntArray, IntArray], *, n_pieces: int) -> _Pairs:
    """Return the pieces beside the nodes that were found: no other one is reached."""
    first, at_nodes = ends
    row, node = np.nonzero(np.isfinite(node_s))
    pair, nth = enumerate_runs(first[node + 1] - first[node])
    beside = row[pair] * n_pieces + at_nodes[first[node][pair] + nth]
    inner = begin.inner_item * n_pieces + begin.inner_piece
    key = np.unique(np.r_[beside, inner])
    inner_s = np.full(len(key), np.inf)
    np.minimum.at(inner_s, np.searchsorted(key, inner), begin.inner_s)
    return _Pairs(key // n_pieces, key % n_pieces, inner_s)


@dataclass(frozen=True)
class _Way:
    """One way of walking the pieces."""

    tail: IntArray
    head: IntArray
    forward_s: FloatArray
    backward_s: FloatArray
    csr: sparse.csr_array

    @classmethod
    def of(cls, graph: WalkGraph, pieces: Stretches, tail: IntArray, head: IntArray, n_nodes: int) -> "_Way":
        share = pieces.end - pieces.start
        forward_s, backward_s = (part_seconds(s[pieces.edge], share) for s in (graph.forward_s, graph.backward_s))
        csr, _ = reversed_arcs(tail, head, forward_s, backward_s, n_nodes=n_nodes)
        return cls(tail, head, forward_s, backward_s, csr)

    def search(self, begin: _Seeds, *, n_items: int, limit_s: float) -> FloatArray:
        """Return the seconds from each node to each place (places × nodes); inf beyond the limit."""
        begun = (begin.item, begin.node, begin.seconds)
        return dijkstra_of_each(self.csr, *begun, n_items=n_items, limit_s=limit_s)

    def reached(self, node_s: FloatArray, pairs: _Pairs, *, limit_s: float) -> tuple[FloatArray, FloatArray]:
        """Return how much of each piece is reached from its tail and from its head (pairs)."""
        item, piece, most = pairs.item, pairs.piece, np.ones(len(pairs.item))
        from_tail = share_in(limit_s - node_s[item, self.tail[piece]], self.backward_s[piece], most)
        from_head = share_in(limit_s - node_s[item, self.head[piece]], self.forward_s[piece], most)
        return np.where(pairs.inner_s <= limit_s, 1.0, from_tail), from_head


def _on_all_ways(parts: list[tuple[FloatArray, FloatArray]]) -> FloatArray:
    """Return the share of each piece that is reached on every way: what none of their gaps leaves out."""
    gaps = [np.maximum(1 - from_tail - from_head, 0) for from_tail, from_head in parts]
    if len(parts) == 1:
        return np.asarray(1 - gaps[0])
    (tail, head), (other_tail, other_head) = parts
    common = np.maximum(np.minimum(1 - head, 1 - other_head) - np.maximum(tail, other_tail), 0)
    return np.asarray(1 - (gaps[0] + gaps[1] - common))
