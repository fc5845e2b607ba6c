"""Candidate sites as a covering problem: the clauses that count a new place, and what each candidate brings in reach.

A row of the cover is a demand point that is not in reach yet, or a community that lacks a place; a column is a
candidate; a goal is a clause of a community, and a group is a community.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy import sparse

from cfgeo.assess.case import Case
from cfgeo.assess.coverage import Walk
from cfgeo.assess.measures.counted import count_inside, kind_mask
from cfgeo.assess.score import least
from cfgeo.core.errors import StudyError
from cfgeo.core.schema import FAILED, TOLERANCE, BoolArray, FloatArray, IntArray, Positions
from cfgeo.core.sites import OBJECTIVES, SiteChoices
from cfgeo.core.strings import KIND_MARK
from cfgeo.files.vocabulary.kinds import kind_of
from cfgeo.files.vocabulary.words import perhaps_layer
from cfgeo.network.travel_time import edge_seconds, snappable_edges
from cfgeo.plan.optimise.covering import Cover
from cfgeo.study.standard import Clause, Standard
from cfgeo.walk.nearest import nearest_seconds, search
from cfgeo.walk.od_matrix import Pairs, pairs_within
from cfgeo.walk.snap import snap, snap_index


def site_clauses(standard: Standard, choices: SiteChoices, layers: Sequence[str]) -> tuple[str, list[Clause]]:
    """Return the kind of the new places, and the clauses for communities that count them.

    Parameters
    ----------
    standard
        The standard of the study.
    choices
        Layer, kind, number and objective of the sites.
    layers
        Layers that the study declares.

    Raises
    ------
    StudyError
        No clause counts such places, or the choices contradict one another.
    """
    _require_sound(choices)
    layer = choices.layer
    if layer not in layers:
        raise StudyError("layer_unknown", layer=layer, near=perhaps_layer(layer, layers), has=", ".join(layers))
    counted = [clause for clause in standard.of_scope("community") if clause.measure in ("reach", "present")]
    if choices.objective != "communities":  # children of blocks and the district gain as those of communities do
        known = {_walk_of(clause) for clause in counted}
        others = [clause for clause in standard.clause if clause.measure == "reach" and _walk_of(clause) not in known]
        counted += list({_walk_of(clause): clause for clause in others}.values())
    asking = [clause for clause in counted if clause.layer == layer]
    if not asking:
        read = dict.fromkeys(str(clause.layer) for clause in counted if clause.layer in layers)
        raise StudyError("site_layer_idle", layer=layer, standard=standard.id, read=", ".join(read))
    kinds = ", ".join(dict.fromkeys(kind for clause in asking for kind in clause.kind))
    if choices.kind is None and kinds:
        raise StudyError("site_kind_needed", layer=layer, kinds=kinds)
    kind = kind_of(choices.kind) if choices.kind else layer
    own = set(kind.split(KIND_MARK))
    counting = [clause for clause in asking if not clause.kind or not own.isdisjoint(clause.kind)]
    if not counting:
        raise StudyError("site_kind_idle", layer=layer, kind=kind, kinds=kinds)
    if choices.objective == "communities" and not any(clause.required for clause in counting):
        raise StudyError("site_not_required", layer=layer, clauses=", ".join(clause.id for clause in counting))
    if choices.objective != "communities" and not any(clause.measure == "reach" for clause in counting):
        raise StudyError("site_no_walk", layer=layer, clauses=", ".join(clause.id for clause in counting))
    return kind, counting


def _walk_of(clause: Clause) -> tuple[object, ...]:
    """Return what two clauses of one walk have in common."""
    return clause.layer, clause.kind, clause.walker, clause.limit_minutes, clause.children


def _require_sound(choices: SiteChoices) -> None:
    """Check the choices, as far as they do not depend on the study."""
    if choices.objective not in OBJECTIVES:
        raise StudyError("site_objective", objective=choices.objective, known=", ".join(OBJECTIVES))
    if choices.count is not None and choices.count < 1:
        raise StudyError("site_count", count=choices.count)
    if choices.count is None and choices.objective != "communities":
        raise StudyError("site_until_met", objective=choices.objective)
    if choices.capacity is not None and not choices.capacity > 0:
        raise StudyError("site_capacity", capacity=choices.capacity)
    if choices.capacity is not None and choices.objective == "minutes":
        raise StudyError("site_capacity_minutes")


@dataclass(frozen=True)
class ClauseReach:
    """A reach clause, and how far people walk for it without the sites.

    Attributes
    ----------
    clause : Clause
    walk : Walk
    at : Positions
        Where the candidates are snapped to the network.
    weight : numpy.ndarray
        Weight of each demand point for the clause; 0 outside all communities (demand points).
    now_s : numpy.ndarray
        Walk from each demand point to the nearest existing place [s]; inf: none within the search (demand points).
    limit_s : float
        Limit of the clause [s].
    search_s : float
        Longest walk that is looked for [s].
    """

    clause: Clause
    walk: Walk
    at: Positions
    weight: FloatArray
    now_s: FloatArray
    limit_s: float
    search_s: float

    def open_points(self) -> BoolArray:
        """Return which demand points with weight have no place within the limit (demand points)."""
        return (self.weight > 0) & (self.now_s > self.limit_s)

    def pairs(self, points: BoolArray, most_s: FloatArray, places: IntArray | None = None) -> Pairs:
        """Return the walks between demand points and candidates, none longer than a limit.

        Parameters
        ----------
        points
            Which demand points (demand points; bool).
        most_s
            Longest walk from each demand point [s] (demand points).
        places
            Positions of the candidates; all when missing.
        """
        origins = self.walk.demand.take(points[self.walk.demand.item])
        destinations = self.at if places is None else self.at.take(np.isin(self.at.item, places))
        pairs = pairs_within(self.walk.graph, origins, destinations, most_s=most_s[origins.item])
        return Pairs(origins.item[pairs.point], pairs.place, pairs.seconds)


def reaches_of(case: Case, clauses: Sequence[Clause], candidates: gpd.GeoDataFrame) -> list[ClauseReach]:
    """Return the reach clauses, with how far people walk now and where candidates are snapped to the network.

    Parameters
    ----------
    case
        The study.
    clauses
        Clauses that count a new place.
    candidates
        Candidate sites.
    """
    network, shapes, reaches = case.inputs.network, candidates.geometry.to_numpy(), []
    inside = case.samples.demand_owner >= 0
    for clause in clauses:
        if clause.measure != "reach":
            continue
        walk, search_s = case.walk(clause), case.search_s(clause)
        index = snap_index(network, snappable_edges(network, *edge_seconds(network.edges, walk.walker)))
        at = snap(index, shapes, snap_m=case.choices.snap_m)
        reach = search(walk.graph, case.places(clause, walk), limit_s=search_s)
        now_s = nearest_seconds(reach, walk.demand, n_items=len(case.samples.demand))
        now_s[now_s > search_s] = np.inf
        weight = case.weight(clause) * inside
        reaches.append(ClauseReach(clause, walk, at, weight, now_s, case.limit_s(clause), search_s))
    return reaches


@dataclass(frozen=True)
class Part:
    """What candidates can bring to one clause: rows of a cover, before its groups are known.

    Attributes
    ----------
    clause : str
        Id of the clause.
    covers : scipy.sparse.csr_array
        1 where a candidate covers a row (rows × candidates).
    weight : numpy.ndarray
        Weight of each row.
    most : numpy.ndarray
        How many candidates count for each row.
    community : numpy.ndarray
        Position of each row's community; -1: none.
    asked : numpy.ndarray
        Weight that each community still lacks for the clause; 0: none, or it is not judged (communities).
    walked : bool
        Whether rows are demand points to bring in reach. Otherwise rows are communities that count places inside,
        which have a weight only where a place is lacking.
    """

    clause: str
    covers: sparse.csr_array
    weight: FloatArray
    most: FloatArray
    community: IntArray
    asked: FloatArray
    walked: bool


def parts_of(
    case: Case, clauses: Sequence[Clause], reaches: Sequence[ClauseReach], candidates: gpd.GeoDataFrame
) -> list[Part]:
    """Return what candidates can bring to each clause."""
    by_clause = {reach.clause.id: reach for reach in reaches}
    parts = []
    for clause in clauses:
        reach = by_clause.get(clause.id)
        parts.append(_counted(case, clause, candidates) if reach is None else _walked(case, reach, len(candidates)))
    return parts


def _walked(case: Case, reach: ClauseReach, n_candidates: int) -> Part:
    """Return the demand points that a reach clause still lacks, and the candidates within its limit."""
    open_ = reach.open_points()
    pairs = reach.pairs(open_, np.full(len(open_), reach.limit_s))
    owner, n = case.samples.demand_owner, len(case.samples.codes)
    weighted = reach.weight > 0
    total = np.bincount(owner[weighted], weights=reach.weight[weighted], minlength=n)
    have = np.bincount(owner[weighted], weights=(reach.weight * (reach.now_s <= reach.limit_s))[weighted], minlength=n)
    need = least(reach.clause.need, strict=reach.clause.strict)
    asked = np.where(total > 0, np.maximum(need * total - have, 0.0), 0.0)
    rows = np.flatnonzero(open_)
    at = (np.searchsorted(rows, pairs.point), pairs.place)
    covers = sparse.csr_array((np.ones(len(pairs.point)), at), shape=(len(rows), n_candidates))
    return Part(reach.clause.id, covers, reach.weight[rows], np.ones(len(rows)), owner[rows], asked, walked=True)


def _counted(case: Case, clause: Clause, candidates: gpd.GeoDataFrame) -> Part:
    """Return the places that communities still lack for a clause that counts places, and the candidates inside them."""
    layer, areas = case.inputs.layers[str(clause.layer)], case.inputs.communities.geometry.to_numpy()
    have = count_inside(layer[kind_mask(layer, clause.kind)], case.inputs.communities).to_numpy()
    asked = np.maximum(clause.need - have, 0.0)
    area, place = shapely.STRtree(candidates.geometry.to_numpy()).query(areas, predicate="intersects")
    covers = sparse.csr_array((np.ones(len(area)), (area, place)), shape=(len(areas), len(candidates)))
    each = np.arange(len(areas))
    return Part(clause.id, covers, np.ones(len(areas)), np.maximum(asked, 1.0), each, asked, walked=False)


def cover_of(parts: Sequence[Part], required: Sequence[str], winnable: BoolArray) -> Cover:
    """Return the parts as one cover, whose groups are the communities that sites can win.

    Parameters
    ----------
    parts
        Parts of all clauses that count a new place.
    required
        Ids of the required clauses.
    winnable
        Which communities fail for these clauses alone (communities).
    """
    n = len(winnable)
    goals = np.array([(part.clause in required) * winnable * (part.asked > 0) for part in parts], dtype=bool)
    number = np.full(goals.shape, -1)
    number[goals] = np.arange(goals.sum())
    goal = [np.append(number[nth], -1)[part.community] for nth, part in enumerate(parts)]
    weight = [np.where((at >= 0) | part.walked, part.weight, 0.0) for at, part in zip(goal, parts, strict=True)]
    _, group = np.unique(np.tile(np.arange(n), (len(parts), 1))[goals], return_inverse=True)
    return Cover(
        covers=sparse.csr_array(sparse.vstack([part.covers for part in parts], format="csr")),
        weight=np.concatenate(weight),
        goal=np.concatenate(goal),
        most=np.concatenate([part.most for part in parts]),
        asked=np.array([part.asked for part in parts])[goals],
        group=group,
    )


def beyond_all(part: Part) -> BoolArray:
    """Return which communities would fail a clause with a site at every candidate (communities)."""
    brought = np.minimum(part.covers.sum(axis=1), part.most) * part.weight
    owned = part.community >= 0
    most = np.bincount(part.community[owned], weights=brought[owned], minlength=len(part.asked))
    return (part.asked > 0) & (most < part.asked * (1 - TOLERANCE))


def held_back(
    communities: pd.DataFrame, coverage: pd.DataFrame, parts: Sequence[Part], required: Sequence[str]
) -> pd.Series:
    """Return the clauses that failing communities fail whatever sites are chosen (index ``code``; tuples of ids)."""
    by_clause = {part.clause: beyond_all(part) for part in parts}
    failing = communities["verdict"] == FAILED
    wide = coverage.pivot(index="code", columns="clause", values="verdict").loc[communities.index, list(required)]
    holding = pd.DataFrame(
        {clause: (wide[clause] == FAILED) & by_clause.get(clause, True) for clause in required}, index=wide.index
    )
    names = np.array(list(required))
    held = pd.Series([tuple(names[row]) for row in holding.to_numpy(dtype=bool)], index=wide.index)
    return held[failing & (held.map(len) > 0)]
