"""Isochrones of any point and of a layer's facilities; minutes from any points to a layer's facilities."""

from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import takewhile
from pathlib import Path
from threading import Event
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from cfgeo.assess.case import Case
from cfgeo.assess.coverage import Walk, prepare_walks
from cfgeo.assess.measures.counted import kind_mask
from cfgeo.core.errors import NetworkError, PlaceError, StudyError
from cfgeo.core.schema import (
    ISOCHRONE_MINUTES,
    SEARCH_MINUTES,
    SECONDS_PER_MINUTE,
    WGS84,
    FloatArray,
    Inputs,
    Positions,
)
from cfgeo.files.vocabulary.words import perhaps_layer
from cfgeo.network.cache import folder_of
from cfgeo.network.travel_time import edge_seconds, snappable_edges
from cfgeo.network.walkers import Walker, load_walkers
from cfgeo.study.communities import read_communities
from cfgeo.study.config import Study
from cfgeo.study.settings import choices, margin_m, require_minutes, require_position, walkers_used
from cfgeo.study.sources import SourceReader
from cfgeo.study.standard import Clause
from cfgeo.study.streets import network_around
from cfgeo.study.tables import WalkChoices
from cfgeo.walk.isochrone import each_isochrone, isochrones
from cfgeo.walk.nearest import nearest_seconds, search
from cfgeo.walk.od_matrix import Pairs, pairs_within
from cfgeo.walk.search import walk_graph
from cfgeo.walk.snap import snap, snap_index

_THREADS = 2


def reach_from(
    study: Study,
    lon: float,
    lat: float,
    *,
    minutes: tuple[float, ...],
    walker: str | None = None,
    cache: str | Path | None = None,
) -> gpd.GeoDataFrame:
    """Return the land from which somebody walks to a point within some minutes, and back where that counts.

    Parameters
    ----------
    study
        Whose network is walked, and in which direction.
    lon, lat
        The point, WGS-84 [degrees].
    minutes
        The limits.
    walker
        Who walks; the study's own walker when missing.
    cache
        Folder in which networks are kept between runs; None keeps none.

    Returns
    -------
    geopandas.GeoDataFrame
        One row a limit: ``minutes``, ``walker``; multipolygons in WGS-84, with holes.

    Raises
    ------
    PlaceError
        It is no position, or no walkable street lies within the study's ``snap_m``.
    StudyError
        There is no limit, or one that nobody can walk; or no such walker.
    """
    require_minutes(minutes)
    require_position(lon, lat)
    standard, walkers = choices(study)
    name = walker or study.walk.walker
    if name not in walkers:
        raise StudyError("walker_unknown", walker=name, known=", ".join(walkers))
    own = walkers[name]
    reader = SourceReader(study)
    communities = read_communities(reader).table
    point = gpd.GeoSeries.from_xy([lon], [lat], crs=WGS84).to_crs(communities.crs)
    nowhere = PlaceError("place_off_network", lon=lon, lat=lat, snap_m=round(study.walk.snap_m))
    if not np.isfinite(point.total_bounds).all():
        raise nowhere
    # Inside the district the network of a run suffices, and it may be in the cache.
    inside = shapely.box(*communities.total_bounds).contains(point.iloc[0])
    far_m = max(
        max(minutes) * SECONDS_PER_MINUTE * own.fastest_m_s,
        margin_m(study, standard, walkers_used(study, standard, walkers)) if inside else 0.0,
    )
    place = communities.geometry if inside else point
    try:
        network = network_around(place, reader, margin_m=far_m, cache=folder_of(cache)).network
    except NetworkError as error:
        raise error if inside else nowhere from None
    seconds = edge_seconds(network.edges, own)
    at = snap(snap_index(network, snappable_edges(network, *seconds)), point.to_numpy(), snap_m=study.walk.snap_m)
    if len(at) == 0:
        raise nowhere
    graph = walk_graph(network, seconds, leg_m_s=own.level_m_s, direction=study.walk.direction)
    shapes = isochrones(graph, network, at, minutes=minutes)
    return gpd.GeoDataFrame({"minutes": minutes, "walker": name}, geometry=shapes, crs=communities.crs).to_crs(WGS84)


def layer_isochrones(
    inputs: Inputs,
    layer: str,
    *,
    walker: Walker,
    minutes: tuple[float, ...],
    each: bool = False,
    walk: WalkChoices | None = None,
) -> gpd.GeoDataFrame:
    """Return the land within some minutes of a layer's facilities, together or one by one.

    Parameters
    ----------
    inputs
        What :func:`cfgeo.load_inputs` gives, or ``Results.inputs``.
    layer
        A layer of the study.
    walker
        Who walks, from :func:`cfgeo.load_walkers`.
    minutes
        The limits.
    each
        One polygon a facility and limit, instead of one a limit.
    walk
        ``snap_m`` and ``direction`` as in a study's ``[walk]``, which ``Study.walk`` is; the defaults when missing.

    Returns
    -------
    geopandas.GeoDataFrame
        ``layer``, ``facility`` ("" for all together), ``walker``, ``minutes``; multipolygons in the metric CRS.
        Facilities without a street have empty ones.

    Raises
    ------
    StudyError
        The study has no such layer, or a limit is none that can be walked.
    """
    require_minutes(minutes)
    if layer not in inputs.layers:
        near, has = perhaps_layer(layer, inputs.layers), ", ".join(inputs.layers)
        raise StudyError("layer_unknown", layer=layer, near=near, has=has)
    facilities, chosen = inputs.layers[layer], walk or WalkChoices()
    seconds = edge_seconds(inputs.network.edges, walker)
    index = snap_index(inputs.network, snappable_edges(inputs.network, *seconds))
    at = snap(index, facilities.geometry.to_numpy(), snap_m=chosen.snap_m)
    graph = walk_graph(inputs.network, seconds, leg_m_s=walker.level_m_s, direction=chosen.direction)
    groups = {name: at.take(at.item == nth) for nth, name in enumerate(facilities.index)} if each else {"": at}
    rows = [
        {"layer": layer, "facility": name, "walker": walker.name, "minutes": limit, "geometry": shape}
        for name, places in groups.items()
        for limit, shape in zip(minutes, isochrones(graph, inputs.network, places, minutes=minutes), strict=True)
    ]
    return gpd.GeoDataFrame(rows, columns=["layer", "facility", "walker", "minutes", "geometry"], crs=inputs.crs)


def layer_minutes(case: Case, walk: Walk, layer: str, kinds: tuple[str, ...], points: np.ndarray) -> FloatArray:
    """Return the walk from each point to the nearest facility of a layer [min].

    Parameters
    ----------
    case
        Whose facilities, and how far off the network a point may lie.
    walk
        Who walks: :func:`walk_of`.
    layer, kinds
        Where to; facilities of every kind when none is named.
    points
        In the case's metric CRS.

    Returns
    -------
    numpy.ndarray
        inf: no facility within ``SEARCH_MINUTES``; NaN: no street within ``snap_m`` (points).
    """
    search_s = SEARCH_MINUTES * SECONDS_PER_MINUTE
    at = snap(walk.index, points, snap_m=case.choices.snap_m)
    reach = search(walk.graph, _places_of(case, walk, layer, kinds), limit_s=search_s)
    seconds = nearest_seconds(reach, at, n_items=len(points))
    seconds[seconds > search_s] = np.inf  # it may be that of a detour
    seconds[np.isin(np.arange(len(points)), at.item, invert=True)] = np.nan
    return seconds / SECONDS_PER_MINUTE


def layer_pairs(
    case: Case, walk: Walk, layer: str, kinds: tuple[str, ...], points: np.ndarray, *, most_minutes: float
) -> Pairs:
    """Return the walks between points and facilities of a layer that are no longer than some minutes.

    Parameters
    ----------
    case, walk, layer, kinds, points
        As for :func:`layer_minutes`.
    most_minutes
        The longest walk.
    """
    at = snap(walk.index, points, snap_m=case.choices.snap_m)
    most_s = np.full(len(at), most_minutes * SECONDS_PER_MINUTE)
    pairs = pairs_within(walk.graph, at, _places_of(case, walk, layer, kinds), most_s=most_s)
    return replace(pairs, point=at.item[pairs.point])


def _places_of(case: Case, walk: Walk, layer: str, kinds: tuple[str, ...]) -> Positions:
    """Return where facilities of a layer meet the network; refuse a layer or a kind that is not there."""
    layers = case.inputs.layers
    if layer not in layers:
        near, has = perhaps_layer(layer, layers), ", ".join(layers)
        raise StudyError("layer_unknown", layer=layer, near=near, has=has)
    of_kinds = kind_mask(layers[layer], kinds)
    if kinds and not of_kinds.any():
        has = ", ".join(sorted(set(layers[layer]["kind"])))
        raise StudyError("layer_kinds", layer=layer, kinds=", ".join(kinds), has=has)
    at = walk.places[layer]
    return at.take(of_kinds[at.item])


def walk_of(study: Study, case: Case, name: str | None) -> Walk:
    """Return the walk of a walker of a study, also of one that no clause asks for; of the study's own when missing."""
    if name is None:
        return case.home
    known = load_walkers(study.walkers, pace=study.walk.pace)
    if name not in known:
        raise StudyError("walker_unknown", walker=name, known=", ".join(known))
    walker, inputs, choices_ = known[name], case.inputs, case.choices
    if walker in case.walks:
        return case.walks[walker]
    prepare = partial(prepare_walks, snap_m=choices_.snap_m, direction=choices_.direction)
    return prepare(case.samples, inputs.network, inputs.layers, [walker])[walker]


@contextmanager
def isochrones_beside(case: Case, *, layers: Collection[str] | None = None) -> Iterator[Callable[[], gpd.GeoDataFrame]]:
    """Draw the land within 5, 10, 15 minutes and every limit of the places of each reach clause, while the block works.

    GEOS releases the interpreter's lock, so that a second processor draws while the first works on tables. What has not
    begun when the block ends is not drawn any more.

    Parameters
    ----------
    case
        The study.
    layers
        Only land around these; around all when missing.

    Yields
    ------
    callable
        Returns the isochrones, as ``Results.isochrones`` promises, as soon as all are drawn.
    """
    inputs, ended = case.inputs, Event()
    groups = {(clause.layer, clause.kind, clause.walker): clause for clause in case.walked_clauses}
    usual = {minutes for minutes in ISOCHRONE_MINUTES if minutes < case.choices.limit_minutes}
    limits = sorted(usual | {case.choices.limit_minutes} | set(map(case.limit_minutes, groups.values())))
    groups = {group: clause for group, clause in groups.items() if layers is None or clause.layer in layers}

    def draw(clause: Clause) -> list[Any]:
        walk = case.walk(clause)
        each = each_isochrone(walk.graph, inputs.network, case.places(clause, walk), minutes=tuple(limits))
        return list(takewhile(lambda _: not ended.is_set(), each))

    pool = ThreadPoolExecutor(_THREADS)
    shapes = [pool.submit(draw, clause) for clause in groups.values()]

    def drawn() -> gpd.GeoDataFrame:
        rows = [
            {"layer": layer, "kind": "+".join(kind), "walker": walker, "minutes": minutes, "geometry": shape}
            for (layer, kind, walker), own in zip(groups, shapes, strict=True)
            for minutes, shape in zip(limits, own.result(), strict=True)
        ]
        columns = ["layer", "kind", "walker", "minutes", "geometry"]
        return gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns), geometry="geometry", crs=inputs.crs)

    try:
        yield drawn
    finally:
        ended.set()
        pool.shutdown(cancel_futures=True)


def street_minutes(case: Case, *, layers: Collection[str] | None = None) -> pd.DataFrame:
    """Return the walk from the middle of each street to each clause's nearest place, as ``Walks`` promises.

    Parameters
    ----------
    case
        The study.
    layers
        Only walks to these; to all when missing.
    """
    n_edges = len(case.inputs.network.edges)
    middle, each = np.full(n_edges, 0.5), np.arange(n_edges)
    at = Positions(each, each, middle, middle, np.zeros(n_edges))
    columns = {}
    for clause in case.walked_clauses:
        if layers is not None and clause.layer not in layers:
            continue
        walk = case.walk(clause)
        places, search_s = case.places(clause, walk), case.search_s(clause)
        reach = search(walk.graph, places, limit_s=search_s)
        seconds = nearest_seconds(reach, at, n_items=n_edges)
        columns[clause.id] = np.where(seconds <= search_s, seconds, np.inf) / SECONDS_PER_MINUTE
    return pd.DataFrame(columns, index=case.inputs.network.edges.index)
