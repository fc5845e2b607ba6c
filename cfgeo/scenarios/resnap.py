"""A case on another network: what lies beside unchanged streets keeps its place, the rest is snapped again."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cfgeo.assess.case import Case, make_case
from cfgeo.assess.coverage import Samples, Walk, covered_edges, cut_streets
from cfgeo.core.schema import BoolArray, IntArray, Network, Positions
from cfgeo.network.travel_time import edge_seconds, levelled, snappable_edges
from cfgeo.walk.search import walk_graph
from cfgeo.walk.snap import SnapIndex, snap, snap_index

_BESIDE_M = 20.0
"""Room beside a street for what meets it by lying along it."""


def on_network(
    case: Case, network: Network, was: IntArray, *, homes: Callable[[Network], gpd.GeoDataFrame] | None = None
) -> Case:
    """Return a case on another network, as :func:`cfgeo.assess.case.make_case` would make it.

    Parameters
    ----------
    case
        What is judged; is left as it is.
    network
        Most of its edges are those of the case's own network.
    was
        Which edge of the case's own network has the same line; -1: none (edges).
    homes
        Demand on a network, where homes are taken from streets.
    """
    inputs = replace(case.inputs, network=network)
    if homes is not None:
        return make_case(replace(inputs, demand=homes(network)), case.standard, case.walkers, case.choices)
    level = replace(network, edges=levelled(network.edges)) if case.level_walks else case.level_network
    same = _Same.of(was, len(case.inputs.network.edges))
    samples = _samples(case, network, same)
    known: dict[tuple[int, bytes], Walk] = {}  # walkers who can use the same edges are snapped alike

    def resnapped(walk: Walk, network: Network) -> Walk:
        seconds = edge_seconds(network.edges, walk.walker)
        usable = snappable_edges(network, *seconds)
        key = id(walk.index), usable.tobytes()
        if key not in known:
            known[key] = _resnapped(case, walk, snap_index(network, usable), same)
        graph = walk_graph(network, seconds, leg_m_s=walk.walker.level_m_s, direction=case.choices.direction)
        return replace(known[key], walker=walk.walker, graph=graph)

    return replace(
        case,
        inputs=inputs,
        samples=samples,
        walks={walker: resnapped(walk, network) for walker, walk in case.walks.items()},
        level_network=level,
        level_walks={walker: resnapped(walk, level) for walker, walk in case.level_walks.items()},
    )


@dataclass(frozen=True)
class _Same:
    """Which edge of the new network each of the old one is; -1: none (old edges)."""

    edge: IntArray
    n_after: int

    @classmethod
    def of(cls, was: IntArray, n_before: int) -> "_Same":
        edge = np.full(n_before, -1)
        stays = np.flatnonzero(was >= 0)
        edge[was[stays]] = stays
        return cls(edge, len(was))

    def moved(self, at: Positions) -> Positions:
        return replace(at, edge=self.edge[at.edge])


def _differing(before: IntArray, after: IntArray, same: _Same) -> tuple[BoolArray, BoolArray]:
    """Return which usable edges are gone (edges before), and which are new (edges after).

    Parameters
    ----------
    before, after
        The edges that can be used.
    """
    new = np.zeros(same.n_after, dtype=bool)
    new[after] = True
    edge = same.edge[before]
    stays = edge >= 0
    stays[stays] = new[edge[stays]]
    gone = np.zeros(len(same.edge), dtype=bool)
    gone[before[~stays]] = True
    new[edge[stays]] = False
    return gone, new


def _resnapped(case: Case, walk: Walk, index: SnapIndex, same: _Same) -> Walk:
    """Return a walk whose demand, area points and facilities meet the new network."""
    gone, new = _differing(walk.index.edge, index.edge, same)
    new_lines = shapely.STRtree(index.lines[new[index.edge]])
    snap_m = case.choices.snap_m

    def again(at: Positions, shapes: np.ndarray) -> Positions:
        lost = at.item[gone[at.edge]]
        beside, _ = new_lines.query(shapes, predicate="dwithin", distance=snap_m + _BESIDE_M)
        items = np.unique(np.r_[lost, beside])
        kept = same.moved(at.take(~np.isin(at.item, items)))
        snapped = snap(index, shapes[items], snap_m=snap_m)
        return _with_others(kept, replace(snapped, item=items[snapped.item]))

    places = {name: again(at, case.inputs.layers[name].geometry.to_numpy()) for name, at in walk.places.items()}
    demand = again(walk.demand, case.samples.demand.geometry.to_numpy())
    return replace(walk, index=index, demand=demand, area=again(walk.area, case.samples.area), places=places)


def _with_others(kept: Positions, new: Positions) -> Positions:
    """Return the rows of both, sorted by item; no item is in both."""
    both = Positions.concat(kept, new)
    return both.take(np.argsort(both.item, kind="stable"))


def _samples(case: Case, network: Network, same: _Same) -> Samples:
    """Return the samples with the new edges cut by communities; the others keep their cuts."""
    before, old = case.inputs.network, case.samples.streets
    was, now = np.flatnonzero(covered_edges(before)), np.flatnonzero(covered_edges(network))
    gone, new_edges = _differing(was, now, same)
    kept = old[~gone[old["edge"].to_numpy()]]
    kept = kept.assign(edge=same.edge[kept["edge"].to_numpy()])
    new = cut_streets(network, new_edges, case.inputs.communities.geometry.to_numpy())
    streets = pd.concat([kept, new]).sort_values(["owner", "edge", "start"], ignore_index=True)
    return replace(case.samples, streets=streets)
