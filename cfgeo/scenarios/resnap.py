"""A case on another network: what lies beside streets that are the same stays where it is, the rest is joined anew."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cfgeo.assess.case import Case, make_case
from cfgeo.assess.coverage import Samples, Walk
from cfgeo.core.schema import BoolArray, IntArray, Network, Positions
from cfgeo.network.travel_time import doorsteps, edge_seconds, levelled
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
    # Who does not ask what the level would be does without.
    level = replace(network, edges=levelled(network.edges)) if case.level_walks else case.level_network
    same = _Same.of(was, len(case.inputs.network.edges))
    samples = _samples(case, network, same)
    moves: dict[tuple[int, bytes], Walk] = {}

    def moved(walk: Walk, streets: Network) -> Walk:
        seconds = edge_seconds(streets.edges, walk.walker)
        usable = doorsteps(streets, *seconds)
        key = id(walk.index), usable.tobytes()
        if key not in moves:
            moves[key] = _moved(case, walk, snap_index(streets, usable), same)
        graph = walk_graph(streets, seconds, leg_m_s=walk.walker.level_m_s, direction=case.choices.direction)
        return replace(moves[key], walker=walk.walker, graph=graph)

    return replace(
        case,
        inputs=inputs,
        samples=samples,
        walks={walker: moved(walk, network) for walker, walk in case.walks.items()},
        level_network=level,
        level_walks={walker: moved(walk, level) for walker, walk in case.level_walks.items()},
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
    """Say which edges could be used before and cannot be now (edges before), and which can only now (edges after)."""
    now = np.zeros(same.n_after, dtype=bool)
    now[after] = True
    edge = same.edge[before]
    stays = edge >= 0
    stays[stays] = now[edge[stays]]
    gone = np.zeros(len(same.edge), dtype=bool)
    gone[before[~stays]] = True
    now[edge[stays]] = False
    return gone, now


def _moved(case: Case, walk: Walk, index: SnapIndex, same: _Same) -> Walk:
    """Return where everything meets the new network."""
    gone, fresh = _differing(walk.index.edge, index.edge, same)
    near = shapely.STRtree(index.lines[fresh[index.edge]])
    snap_m = case.choices.snap_m

    def again(at: Positions, shapes: np.ndarray) -> Positions:
        lost = at.item[gone[at.edge]]
        beside, _ = near.query(shapes, predicate="dwithin", distance=snap_m + _BESIDE_M)
        anew = np.unique(np.r_[lost, beside])
        kept = same.moved(at.take(~np.isin(at.item, anew)))
        new = snap(index, shapes[anew], snap_m=snap_m)
        return _with_others(kept, replace(new, item=anew[new.item]))

    places = {name: again(at, case.inputs.layers[name].geometry.to_numpy()) for name, at in walk.places.items()}
    demand = again(walk.demand, case.samples.demand.geometry.to_numpy())
    return replace(walk, index=index, demand=demand, area=again(walk.area, case.samples.area), places=places)


def _with_others(kept: Positions, new: Positions) -> Positions:
    """Return the rows of both, sorted by item as each of them is; no item is in both."""
    both = Positions.concat(kept, new)
    return both.take(np.argsort(both.item, kind="stable"))


def _samples(case: Case, network: Network, same: _Same) -> Samples:
    """Return the samples with the new streets cut by communities."""
    before, old = case.inputs.network, case.samples.streets
    was, now = (np.flatnonzero(net.main & (net.edges["length_m"].to_numpy() > 0)) for net in (before, network))
    gone, fresh = _differing(was, now, same)
    kept = old[~gone[old["edge"].to_numpy()]]
    shapes = case.inputs.communities.geometry.to_numpy()
    cut = snap(snap_index(network, fresh), shapes, snap_m=1e-6)
    length_m = network.edges["length_m"].to_numpy()[cut.edge] * (cut.end - cut.start)
    new = {"owner": cut.item, "edge": cut.edge, "start": cut.start, "end": cut.end, "length_m": length_m}
    kept = kept.assign(edge=same.edge[kept["edge"].to_numpy()])
    both = {name: np.r_[kept[name].to_numpy(), new[name]] for name in old.columns}
    streets = pd.DataFrame(both).sort_values(["owner", "edge", "start"], ignore_index=True)
    return replace(case.samples, streets=streets)
