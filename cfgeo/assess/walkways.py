"""What each mountain walkway is worth: it is taken out of the network, and every walk is measured again."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cfgeo.assess.case import Case
from cfgeo.assess.coverage import TOUCH_M, Walk, demand_seconds
from cfgeo.core.schema import NO_ROADS, SECONDS_PER_MINUTE, BoolArray, FloatArray, IntArray, Network, Positions
from cfgeo.network.travel_time import edge_seconds, snappable_edges
from cfgeo.study.standard import Clause
from cfgeo.walk.search import walk_graph
from cfgeo.walk.snap import LINE_WIDTH_M, SnapIndex, merged, snap, snap_index

WALKWAYS = "walkways"
"""The layer that is measured."""

LOSS_COLUMNS = ("walkway", "clause", "beyond", "extra_minutes")
_SIZES = ("length_m", "climb_m")
_ALONG = 0.8  # share of an edge that runs beside a walkway's line where the edge is the walkway


@dataclass(frozen=True)
class WalkwayLosses:
    """The named walkways, and what each clause would lose without each.

    Attributes
    ----------
    walkways : geopandas.GeoDataFrame
        Index ``walkway`` (name, in their order); ``length_m`` and ``climb_m`` of the streets taken out; lines.
    losses : pandas.DataFrame
        ``walkway``, ``clause``; ``beyond``, ``extra_minutes`` as :func:`walkway_table` has them, of this clause alone.
    """

    walkways: gpd.GeoDataFrame
    losses: pd.DataFrame


def walkway_table(case: Case) -> gpd.GeoDataFrame:
    """Measure what children would lose without each named walkway.

    Parameters
    ----------
    case
        A study; the walkways are its layer of that name. Lines with one name are one walkway.

    Returns
    -------
    geopandas.GeoDataFrame
        The most valuable first; lines. Index ``walkway`` (name); ``rank``; ``length_m`` and ``climb_m`` of the streets
        taken out (0: no street runs along it); ``beyond``: demand that no longer has a place of some clause within its
        limit, each child once a clause; ``extra_minutes``: what all walks take longer, up to the search [demand × min];
        and ``<clause>_beyond`` for each clause that asks for a walk.
    """
    found = walkway_losses(case)
    return ranked_walkways(case, found.walkways, found.losses)


def walkway_losses(case: Case, *, layers: Collection[str] | None = None) -> WalkwayLosses:
    """Measure what clauses would lose without each named walkway, one by one.

    Parameters
    ----------
    case
        As for :func:`walkway_table`.
    layers
        Only clauses of these; all when missing.
    """
    clauses = [clause for clause in case.walked_clauses if layers is None or clause.layer in layers]
    layer = case.inputs.layers.get(WALKWAYS)
    rows, shapes, losses = [], [], list[dict[str, Any]]()
    if layer is not None:
        now_s = {clause.id: _demand_seconds(case, clause, case.walk(clause)) for clause in clauses}
        for name, lines in layer[layer["name"] != ""].groupby("name"):
            closed = _edges_along(lines, str(name), case.inputs.network)
            items = layer.index.get_indexer(lines.index)
            rows.append({"walkway": str(name), **_size(case.inputs.network, closed)})
            shapes.append(shapely.union_all(lines.geometry.to_numpy()))
            losses += [{"walkway": str(name), **loss} for loss in _losses(case, closed, items, now_s=now_s)]
    table = pd.DataFrame(rows, columns=["walkway", *_SIZES]).astype(dict.fromkeys(_SIZES, float))
    walkways = gpd.GeoDataFrame(table, geometry=shapes, crs=case.inputs.crs).set_index("walkway")
    return WalkwayLosses(walkways, pd.DataFrame(losses, columns=list(LOSS_COLUMNS)))


def ranked_walkways(case: Case, walkways: gpd.GeoDataFrame, losses: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return :func:`walkway_table` from what :func:`walkway_losses` found, for all clauses."""
    clauses = [clause.id for clause in case.walked_clauses]
    of_each = {(loss["walkway"], loss["clause"]): loss for loss in losses.to_dict("records")}
    rows = []
    for name in walkways.index:
        row = {"beyond": 0.0, "extra_minutes": 0.0}
        for clause in clauses:
            loss = of_each[name, clause]
            row[f"{clause}_beyond"] = loss["beyond"]
            row["beyond"] += loss["beyond"]
            row["extra_minutes"] += loss["extra_minutes"]
        rows.append(row)
    numbers = ["beyond", "extra_minutes", *(f"{clause}_beyond" for clause in clauses)]
    lost = pd.DataFrame(rows, columns=numbers, index=walkways.index).astype(float)
    shapes = walkways.geometry
    table = gpd.GeoDataFrame(walkways[list(_SIZES)].join(lost), geometry=shapes, crs=case.inputs.crs)
    table = table.sort_values(["beyond", "extra_minutes"], ascending=False, kind="stable")
    table.insert(0, "rank", np.arange(1, len(table) + 1))
    return table


def _edges_along(lines: gpd.GeoDataFrame, name: str, network: Network) -> BoolArray:
    """Return which edges are a walkway: those of its name beside its line; where none has it, all paths beside it."""
    edges = network.edges
    index = snap_index(network, edges["length_m"].to_numpy() > 0)
    # In one piece, so that lines beside each other do not count a street twice.
    strip = shapely.union_all(shapely.buffer(lines.geometry.to_numpy(), LINE_WIDTH_M, cap_style="flat"))
    at = snap(index, [strip], snap_m=TOUCH_M)
    beside = np.bincount(at.edge, weights=at.end - at.start, minlength=len(edges)) >= _ALONG
    same_name = beside & (edges["name"] == name).to_numpy()
    return np.asarray(same_name if same_name.any() else beside & edges["highway"].isin(NO_ROADS).to_numpy())


def _size(network: Network, closed: BoolArray) -> dict[str, float]:
    """Return how long the streets of one walkway are, and how much they climb."""
    edges = network.edges[closed]
    streets = edges[~edges["across"]]
    climb_m = float((streets["climb_m"] + streets["descent_m"]).sum())
    return {"length_m": float(streets["length_m"].sum()), "climb_m": climb_m}


def _losses(
    case: Case, closed: BoolArray, items: IntArray, *, now_s: Mapping[str, FloatArray]
) -> Iterator[dict[str, Any]]:
    """Yield what each clause loses without one walkway.

    Parameters
    ----------
    case, closed
        The study, and the edges that are the walkway.
    items
        Its rows in the layer, which are no longer places either.
    now_s
        The walks of the demand points with it, by clause [s].
    """
    detours: dict[str, Walk] = {}
    for clause in case.walked_clauses:
        if clause.id not in now_s:
            continue
        walk = case.walk(clause)
        if walk.walker.name not in detours:
            detours[walk.walker.name] = _without(case, walk, closed)
        detour = detours[walk.walker.name]
        places = case.places(clause, detour)
        if clause.layer == WALKWAYS:
            places = places.take(~np.isin(places.item, items))
        # A home that is snapped to another street, and is nearer from there, could have been left that way before.
        before_s = now_s[clause.id]
        then_s = np.maximum(_demand_seconds(case, clause, detour, places), before_s)
        weight = case.weight(clause) * (case.samples.demand_owner >= 0)
        limit_s = case.limit_s(clause)
        yield {
            "clause": clause.id,
            "beyond": float(weight[(before_s <= limit_s) & (then_s > limit_s)].sum()),
            "extra_minutes": float((weight * (then_s - before_s)).sum()) / SECONDS_PER_MINUTE,
        }


def _demand_seconds(case: Case, clause: Clause, walk: Walk, places: Positions | None = None) -> FloatArray:
    """Return the walk of each demand point to the clause's places, or others [s]; beyond the search, its end."""
    search_s = case.search_s(clause)
    places = case.places(clause, walk) if places is None else places
    return np.minimum(demand_seconds(case.samples, walk, places, limit_s=search_s), search_s)


def _without(case: Case, walk: Walk, closed: BoolArray) -> Walk:
    """Return a walk on the network without some edges; what met them is snapped to the nearest of the others."""
    network = case.inputs.network
    forward_s, backward_s = (np.where(closed, np.inf, seconds) for seconds in edge_seconds(network.edges, walk.walker))
    leg_m_s, direction = walk.walker.level_m_s, case.choices.direction
    graph = walk_graph(network, (forward_s, backward_s), leg_m_s=leg_m_s, direction=direction)
    index = snap_index(network, snappable_edges(network, forward_s, backward_s))

    def resnapped(at: Positions, shapes: gpd.GeoSeries) -> Positions:
        return _resnapped(at, shapes, closed, index, snap_m=case.choices.snap_m)

    layers = {clause.layer: case.inputs.layers[str(clause.layer)] for clause in case.walked_clauses}
    places = {str(name): resnapped(walk.places[str(name)], table.geometry) for name, table in layers.items()}
    return replace(
        walk, graph=graph, index=index, demand=resnapped(walk.demand, case.samples.demand.geometry), places=places
    )


def _resnapped(
    at: Positions, shapes: gpd.GeoSeries, closed: BoolArray, index: SnapIndex, *, snap_m: float
) -> Positions:
    """Return positions without those on closed edges; items that have none left are snapped again."""
    kept = at.take(~closed[at.edge])
    lost = np.setdiff1d(at.item, kept.item)
    if len(lost) == 0:
        return kept
    new = snap(index, shapes.to_numpy()[lost], snap_m=snap_m)
    return merged(kept, replace(new, item=lost[new.item]))
