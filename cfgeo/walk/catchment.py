"""The catchment area of each place on its own: how much land lies within a walk of it [m²].

Land belongs to the nearest street, up to ``LAND_M`` away (a Voronoi diagram of the streets, on a raster). The reached
share of a street is the reached share of its land. For shapes to draw see :mod:`cfgeo.walk.isochrone`.
"""

from dataclasses import dataclass

import numpy as np
import shapely
from scipy import sparse

from cfgeo.core.arrays import enumerate_runs, equal_pairs, run_offsets
from cfgeo.core.schema import LAND_M, FloatArray, IntArray, Network, Positions
from cfgeo.network.linear_reference import Stretches, split_at_places, whole_edges
from cfgeo.walk.isochrone import CELL_M, MOST_CELLS
from cfgeo.walk.search import AT_ONCE, WalkGraph, dijkstra_of_each, part_seconds, reversed_arcs
from cfgeo.walk.service_area import share_in

_BAND_CELLS = 1_000_000
"""Cells of the raster of land that are looked at together."""


def land_of_edges(network: Network) -> FloatArray:
    """Return the area of the land that is nearer to each edge than to any other, within ``LAND_M`` [m²] (edges).

    Bridges, tunnels and lifts have no land: nobody steps off them.
    """
    from scipy import ndimage  # noqa: PLC0415  # 0.1 s, and reading a study needs none of it

    edges = network.edges
    land = np.zeros(len(edges))
    with_land = np.flatnonzero(~edges["structure"].to_numpy() & (edges["length_m"].to_numpy() > 0))
    if len(with_land) == 0:
        return land
    west, south, east, north = edges.total_bounds
    cell_m = max(CELL_M, float(np.sqrt((east - west + 1) * (north - south + 1) / MOST_CELLS)))
    lines = edges.geometry.to_numpy()
    xy, owner = shapely.get_coordinates(shapely.segmentize(lines[with_land], cell_m / 2), return_index=True)
    pad = int(np.ceil(LAND_M / cell_m)) + 2
    column, row = (np.floor((xy - (west, south)) / cell_m).astype(np.int32) + pad).T
    owner = with_land[owner].astype(np.int32)
    del xy
    n_rows, n_columns = int(row.max()) + pad + 1, int(column.max()) + pad + 1
    # Band by band: what is nearest lies in the band or at most ``pad`` rows beside it, and memory does not grow.
    for first in range(0, n_rows, height := max(_BAND_CELLS // n_columns, pad)):
        low, last = max(first - pad, 0), min(first + height, n_rows)
        here = np.flatnonzero((row >= low) & (row < last + pad))
        if len(here) == 0:
            continue
        nearest = np.full((min(last + pad, n_rows) - low, n_columns), -1, dtype=np.int32)
        nearest[row[here] - low, column[here]] = owner[here]
        far_m, (at_row, at_column) = ndimage.distance_transform_edt(nearest < 0, sampling=cell_m, return_indices=True)
        band = slice(first - low, last - low)
        far_m, edge = far_m[band], nearest[at_row[band], at_column[band]]
        part = (far_m <= LAND_M).astype(float)
        # Cells at the rim count in part, by the distance of their middle from the line itself. Whole cells would make
        # the width of a strip of land depend on the raster.
        rim = np.nonzero(np.abs(far_m - LAND_M) <= 1.5 * cell_m)
        x, y = west + (rim[1] - pad + 0.5) * cell_m, south + (rim[0] + first - pad + 0.5) * cell_m
        from_line = shapely.distance(shapely.points(x, y), lines[edge[rim]])
        part[rim] = np.clip((LAND_M - from_line) / cell_m + 0.5, 0, 1)
        land += np.bincount(edge.ravel(), weights=part.ravel(), minlength=len(edges)) * cell_m**2
    return land


def reached_areas(
    graph: WalkGraph, land_m2: FloatArray, places: Positions, *, n_items: int, limits_s: tuple[float, ...]
) -> FloatArray:
    """Return the area within walks of each place on its own, in all directions that count.

    Parameters
    ----------
    graph
        The network with the seconds of the walker.
    land_m2
        What :func:`land_of_edges` returns.
    places
        Where the places meet the network; rows with the same ``item`` are one place.
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
    directions = [_Direction.of(direction, pieces, tail, head, n_nodes) for direction in graph.directions]
    area_m2 = np.full((n_items, len(limits_s)), np.nan)
    items = np.unique(places.item)
    incident = _pieces_at_nodes(tail, head, n_nodes)
    for chunk in np.array_split(items, max(1, len(items) * n_nodes // AT_ONCE)):
        rows = places.take(np.isin(places.item, chunk))
        seeds = _seeds(pieces, tail, head, rows, np.searchsorted(chunk, rows.item), graph.leg_m_s)
        node_s = [direction.search(seeds, n_items=len(chunk), limit_s=max(limits_s)) for direction in directions]
        pairs = _touched(node_s[0], seeds, incident, n_pieces=len(pieces.edge))
        for nth, limit_s in enumerate(limits_s):
            parts = [
                direction.reached(seconds, pairs, limit_s=limit_s)
                for direction, seconds in zip(directions, node_s, strict=True)
            ]
            reached_m2 = _in_all_directions(parts) * piece_m2[pairs.piece]
            area_m2[chunk, nth] = np.bincount(pairs.item, weights=reached_m2, minlength=len(chunk))
    return area_m2


def _cut(graph: WalkGraph, places: Positions) -> tuple[Stretches, IntArray, IntArray, int]:
    """Cut edges where places begin and end; return the pieces, their end nodes, and the number of nodes."""
    n_nodes = graph.reversed_csr.shape[0]
    pieces = split_at_places(whole_edges(len(graph.u)), places)
    cut = np.flatnonzero(pieces.start > 0)
    new = n_nodes + np.arange(len(cut))
    tail, head = graph.u[pieces.edge], graph.v[pieces.edge]
    tail[cut], head[cut - 1] = new, new
    return pieces, tail, head, n_nodes + len(cut)


@dataclass(frozen=True)
class _Seeds:
    """The nodes at which the search of each place starts, and the pieces that lie inside the place."""

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
    at_tail, at_head = ((low <= share[piece]) & (share[piece] <= high) for share in (pieces.start, pieces.end))
    node = np.r_[tail[piece[at_tail]], head[piece[at_head]]]
    seed_item, seconds = item[np.r_[row[at_tail], row[at_head]]], np.r_[leg_s[at_tail], leg_s[at_head]]
    inner = at_tail & at_head & (high > low)
    return _Seeds(seed_item, node, seconds, item[row[inner]], piece[inner], leg_s[inner])


@dataclass(frozen=True)
class _Pairs:
    """Places and the pieces that their searches reached.

    ``inner_s`` are the seconds to a place that holds the whole piece; inf where it does not.
    """

    item: IntArray
    piece: IntArray
    inner_s: FloatArray


def _pieces_at_nodes(tail: IntArray, head: IntArray, n_nodes: int) -> tuple[IntArray, IntArray]:
    """Return the pieces that end at each node in CSR layout: offsets (nodes + 1), and pieces."""
    ends = np.r_[tail, head]
    order = np.argsort(ends, kind="stable")
    return run_offsets(np.bincount(ends, minlength=n_nodes)), order % len(tail)


def _touched(node_s: FloatArray, seeds: _Seeds, incident: tuple[IntArray, IntArray], *, n_pieces: int) -> _Pairs:
    """Return the pieces beside reached nodes, and those inside places; no other piece is reached."""
    offsets, piece = incident
    row, node = np.nonzero(np.isfinite(node_s))
    pair, nth = enumerate_runs(offsets[node + 1] - offsets[node])
    beside = row[pair] * n_pieces + piece[offsets[node][pair] + nth]
    inner = seeds.inner_item * n_pieces + seeds.inner_piece
    key = np.unique(np.r_[beside, inner])
    inner_s = np.full(len(key), np.inf)
    np.minimum.at(inner_s, np.searchsorted(key, inner), seeds.inner_s)
    return _Pairs(key // n_pieces, key % n_pieces, inner_s)


@dataclass(frozen=True)
class _Direction:
    """The pieces as a graph, walked in one direction."""

    tail: IntArray
    head: IntArray
    forward_s: FloatArray
    backward_s: FloatArray
    csr: sparse.csr_array

    @classmethod
    def of(cls, graph: WalkGraph, pieces: Stretches, tail: IntArray, head: IntArray, n_nodes: int) -> "_Direction":
        share = pieces.end - pieces.start
        forward_s, backward_s = (part_seconds(s[pieces.edge], share) for s in (graph.forward_s, graph.backward_s))
        csr, _ = reversed_arcs(tail, head, forward_s, backward_s, n_nodes=n_nodes)
        return cls(tail, head, forward_s, backward_s, csr)

    def search(self, seeds: _Seeds, *, n_items: int, limit_s: float) -> FloatArray:
        """Return the seconds from each node to each place (places × nodes); inf beyond the limit."""
        return dijkstra_of_each(self.csr, seeds.item, seeds.node, seeds.seconds, n_items=n_items, limit_s=limit_s)

    def reached(self, node_s: FloatArray, pairs: _Pairs, *, limit_s: float) -> tuple[FloatArray, FloatArray]:
        """Return the share of each piece that is reached from its tail and from its head (pairs)."""
        item, piece, most = pairs.item, pairs.piece, np.ones(len(pairs.item))
        from_tail = share_in(limit_s - node_s[item, self.tail[piece]], self.backward_s[piece], most)
        from_head = share_in(limit_s - node_s[item, self.head[piece]], self.forward_s[piece], most)
        return np.where(pairs.inner_s <= limit_s, 1.0, from_tail), from_head


def _in_all_directions(parts: list[tuple[FloatArray, FloatArray]]) -> FloatArray:
    """Return the share of each piece that is reached in every direction: one minus the union of the gaps."""
    gaps = [np.maximum(1 - from_tail - from_head, 0) for from_tail, from_head in parts]
    if len(parts) == 1:
        return np.asarray(1 - gaps[0])
    (tail, head), (other_tail, other_head) = parts
    common = np.maximum(np.minimum(1 - head, 1 - other_head) - np.maximum(tail, other_tail), 0)
    return np.asarray(1 - (gaps[0] + gaps[1] - common))
