"""What lies near places: another layer within some metres, straight or along streets, or none of it."""

import numpy as np
import pandas as pd
import shapely

from cfgeo.assess.measures.counted import clause_places, in_district, kind_mask
from cfgeo.assess.measures.values import NOTHING, Area, ClauseValue, answers_of
from cfgeo.core.arrays import equal_pairs
from cfgeo.core.schema import TOLERANCE, BoolArray, Positions
from cfgeo.study.standard import Clause
from cfgeo.walk.search import node_seconds, seconds_at, walk_graph


def near(clause: Clause, area: Area) -> ClauseValue:
    """Return the share of the places that have one of another layer within the clause's metres."""
    return _share(clause, area, wanted=True)


def none_within(clause: Clause, area: Area) -> ClauseValue:
    """Return the share of the places that have none of another layer within the clause's metres."""
    return _share(clause, area, wanted=False)


def _share(clause: Clause, area: Area, *, wanted: bool) -> ClauseValue:
    places, others = clause_places(clause, area.layers), area.layers.get(str(clause.near_layer))
    if places is None or others is None:
        return NOTHING
    places = in_district(places, area.communities)
    if len(places) == 0:
        return ClauseValue.known(0.0)
    others = others[kind_mask(others, clause.near_kind)]
    metres = float(clause.within_m or 0)
    if clause.along == "streets":
        has = _along_streets(_positions(places, area), _positions(others, area), area, len(places), within_m=metres)
    else:
        tree = shapely.STRtree(others.geometry.to_numpy())
        found, _ = tree.query(places.geometry.to_numpy(), predicate="dwithin", distance=metres)
        has = np.isin(np.arange(len(places)), found)
    met = has if wanted else ~has
    answers = answers_of(places, str(clause.near_layer), met, np.zeros(len(places), dtype=bool), asked=metres)
    value = float(met.mean())
    return ClauseValue(value, value, answers)


def _positions(places: pd.DataFrame, area: Area) -> Positions:
    """Return where some places of the area's layers meet the streets; ``item`` is their row."""
    parts = []
    for name in dict.fromkeys(places["layer"]):
        at = area.snapped[name]
        row = places.index.get_indexer(area.layers[name].index)[at.item]
        kept = at.take(row >= 0)
        parts.append(Positions(row[row >= 0], kept.edge, kept.start, kept.end, kept.leg_m))
    none = np.empty(0, dtype=np.int64)
    return Positions.concat(*parts) if parts else Positions(none, none, *(np.empty(0) for _ in range(3)))


def _along_streets(at: Positions, to: Positions, area: Area, n_places: int, *, within_m: float) -> BoolArray:
    """Return which places have another one within some metres of street, in whichever direction (n).

    The way from a door to the street does not count: what calms traffic stands on the street.

    Parameters
    ----------
    at, to
        Where the places, and the others, meet the streets.
    area
        The streets.
    n_places
        How many places there are.
    within_m
        Metres of street [m].
    """
    length_m = area.network.edges["length_m"].to_numpy(dtype=float)
    graph = walk_graph(area.network, (length_m, length_m), leg_m_s=1.0)  # a metre takes a second
    on_street = Positions(to.item, to.edge, to.start, to.end, np.zeros(len(to)))
    node_m = node_seconds(graph, on_street, limit_s=within_m + TOLERANCE)
    no_leg = np.zeros(len(at))
    ends = (Positions(at.item, at.edge, share, share, no_leg) for share in (at.start, at.end))
    found = np.zeros(n_places, dtype=bool)
    for end in ends:
        found[end.item[seconds_at(graph, node_m, on_street, end) <= within_m + TOLERANCE]] = True
    mine, theirs = equal_pairs(at.edge, to.edge)  # one may lie between both ends of a stretch
    overlap = (at.start[mine] <= to.end[theirs]) & (to.start[theirs] <= at.end[mine])
    found[at.item[mine[overlap]]] = True
    return found
